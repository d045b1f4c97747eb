/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stages that block: threads, time limits on the wall, answers that nobody waits for, Ctrl-C, and
 * runs that are taken up again. */
#include "tests/support/executed.h"
#include "tests/support/support.h"

#include "exec/run.h"
#include "exec/tally.h"
#include "math/gsl_guard.h"
#include "model/scenario.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct told {
    uint32_t began, ended[RUN_END_COUNT], attempts, cancelled, timeouts, recalled;
    double last_s;
    uint32_t stop_after; /* items; 0: never */
    atomic_bool stop;
    bool fail;
    VEC(double) ends_s; /* of attempts, in the order of their items */
};

static int note(void *arg, const struct run_event *e, struct error *err)
{
    struct told *t = arg;
    if (e->kind == RUN_ATTEMPT_BEGAN)
        t->began++;
    if (e->kind == RUN_ATTEMPT_ENDED) {
        t->attempts++;
        t->cancelled += e->cancelled;
        t->recalled += e->recalled;
        t->timeouts += e->outcome == OUTCOME_TIMEOUT;
        t->last_s = e->end_s - e->begin_s;
    }
    if (e->kind != RUN_ITEM_ENDED)
        return 0;
    t->ended[e->end]++;
    if (t->stop_after && t->ended[RUN_END_SHIPPED] >= t->stop_after)
        atomic_store(&t->stop, true);
    return t->fail ? error_set(err, ERR_IO, "the listener is full") : 0;
}

/* --- a kind of our own: a person who decides when asked the third time, a minute apart */

static atomic_int people_asked, people_dropped;

static int person_open(const struct stage_setting *s, void **self, struct error *err)
{
    (void)s;
    (void)err;
    *self = NULL;
    return 0;
}

static void person_call(void *self, const struct stage_call *c, struct stage_answer *a)
{
    (void)self;
    intptr_t asked = (intptr_t)c->waiting + 1;
    atomic_fetch_add(&people_asked, 1);
    if (asked < 3) {
        a->state = STAGE_LATER;
        a->again_s = 60;
        a->waiting = (void *)asked;
        return;
    }
    a->verdict = STAGE_EDIT;
    buf_puts(&a->output, "{\"by\": \"hand\"}");
}

static void person_drop(void *self, void *waiting)
{
    (void)self;
    (void)waiting;
    atomic_fetch_add(&people_dropped, 1);
}

/* --- another: a call that ends when as many as there are threads have been inside together */

enum { MEETING = 8, LONG_S = 50 }; /* LONG_S: more than any machine needs for what takes no time */
static atomic_int inside;
static atomic_bool all_met;

static void meet_call(void *self, const struct stage_call *c, struct stage_answer *a)
{
    double began_s = test_clock_s();
    (void)self;
    (void)c;
    if (atomic_fetch_add(&inside, 1) + 1 == MEETING)
        atomic_store(&all_met, true);
    while (!atomic_load(&all_met) && test_clock_s() - began_s < LONG_S)
        usleep(500);
    atomic_fetch_sub(&inside, 1);
    buf_puts(&a->output, "{}");
}

static const struct stage_kind *own(const struct stage_setting *s)
{
    static const struct stage_kind meet = {
        .word = "meet", .open = person_open, .call = meet_call, .close = NULL};
    if (!strcmp(s->pipeline->step[s->step].id, "meet"))
        return &meet;
    static const struct stage_kind kind = {.word = "person",
                                           .open = person_open,
                                           .call = person_call,
                                           .drop_waiting = person_drop,
                                           .close = NULL};
    return s->pipeline->step[s->step].kind == STEP_REVIEW ? &kind : NULL;
}

static int run(const char *text, uint64_t items, uint32_t threads, struct told *t,
               const struct run_memory *memory, struct run_tally *tally, struct error *err)
{
    struct faults faults;
    struct pipeline p;
    struct run_listener listener = {t, note};
    faults_init(&faults);
    ok(scenario_parse("test.yaml", text, strlen(text), NULL, &p, &faults, err), err);
    faults_release(&faults);
    struct run_options options = {
        .items = items,
        .seed = 1,
        .threads = threads,
        .time_scale = INFINITY,
        .listeners = &listener,
        .n_listeners = 1,
        .memory = memory,
        .stop = &t->stop,
        .own_kind = own,
        .setting = {.clock_s = test_clock_s, .folder = "tests/data"},
    };
    if (tally)
        run_tally_init(tally, &p);
    int status = run_pipeline(&p, &options, tally, err);
    if (tally) /* which borrows the pipeline */
        run_tally_release(tally);
    pipeline_release(&p);
    return status;
}

#define SLEEPS                                                                                     \
    "seam: 1\nflow:\n  - stage: a\n    exec: {command: [sh, -c, \"sleep 0.05; echo {}\"]}\n"

static void calls_go_on_at_once_on_as_many_threads(void **state)
{
    struct error err = {0};
    struct told t = {.began = 0};
    atomic_store(&all_met, false);
    ok(run("seam: 1\nflow:\n  - stage: meet\n", 16, MEETING, &t, NULL, NULL, &err), &err);
    assert_int_equal(t.ended[RUN_END_SHIPPED], 16);
    assert_true(atomic_load(&all_met));
    within(t.last_s, 0, LONG_S);
}

static void who_takes_longer_than_the_limit_is_not_waited_for(void **state)
{
    struct error err = {0};
    struct told t = {.began = 0};
    double began_s = test_clock_s();
    ok(run("seam: 1\nflow:\n  - stage: a\n    exec: {command: [sh, -c, \"sleep 100; echo {}\"]}\n"
           "    timeout: 60ms\n    retry: {attempts: 2}\n",
           2, 2, &t, NULL, NULL, &err),
       &err);
    assert_int_equal(t.ended[RUN_END_FAILED], 2);
    assert_int_equal(t.timeouts, 4);
    within(t.last_s, 0.06 - 1e-9, LONG_S);
    within(test_clock_s() - began_s, 0.12, LONG_S);
}

static void branches_that_are_needed_no_more_are_cancelled(void **state)
{
    struct error err = {0};
    struct told t = {.began = 0};
    double began_s = test_clock_s();
    ok(run("seam: 1\nflow:\n  - parallel: p\n    join: any\n    branches:\n"
           "      - [{stage: a, exec: {command: [sh, -c, \"sleep 0.02; echo {}\"]}}]\n"
           "      - [{stage: b, exec: {command: [sh, -c, \"sleep 100; echo {}\"]}}]\n",
           1, 2, &t, NULL, NULL, &err),
       &err);
    assert_int_equal(t.ended[RUN_END_SHIPPED], 1);
    assert_int_equal(t.cancelled, 1);
    within(test_clock_s() - began_s, 0.02, LONG_S);
}

static void waits_are_jumped_over_only_while_nobody_works(void **state)
{
    struct error err = {0};
    struct told t = {.began = 0};
    double began_s = test_clock_s();
    ok(run("seam: 1\nflow:\n  - stage: a\n    exec: {command: [sh, -c, \"sleep 0.02; echo {}\"]}\n"
           "  - stage: b\n    latency: 1000s\n",
           4, 4, &t, NULL, NULL, &err),
       &err);
    assert_int_equal(t.ended[RUN_END_SHIPPED], 4);
    near(t.last_s, 1000, 1e-6);
    within(test_clock_s() - began_s, 0.02, LONG_S);
}

static void when_stopped_what_has_begun_is_ended_and_no_more_begins(void **state)
{
    struct error err = {0};
    struct told t = {.stop_after = 4};
    ok(run(SLEEPS, 1000, 2, &t, NULL, NULL, &err), &err);
    within(t.ended[RUN_END_SHIPPED], 4, 8);
    assert_int_equal(t.cancelled, 0);
    assert_true(t.ended[RUN_END_UNFINISHED] > 0);
    assert_int_equal(t.began, t.attempts);
}

static void a_listener_that_fails_ends_the_run(void **state)
{
    struct error err = {0};
    struct told t = {.fail = true};
    for (uint32_t threads = 1; threads <= 2; threads++) { /* with one, nobody is at work then */
        assert_int_equal(run(SLEEPS, 10, threads, &t, NULL, NULL, &err), -1);
        error_is(&err, ERR_IO, "the listener is full");
    }
}

static void a_person_is_asked_again_and_holds_no_thread(void **state)
{
    struct error err = {0};
    struct told t = {.began = 0};
    atomic_store(&people_asked, 0);
    atomic_store(&people_dropped, 0);
    ok(run("seam: 1\nflow:\n  - review: r\n", 50, 1, &t, NULL, NULL, &err), &err);
    assert_int_equal(t.ended[RUN_END_SHIPPED], 50);
    assert_int_equal(t.attempts, 50);
    assert_int_equal(atomic_load(&people_asked), 150);
    assert_int_equal(atomic_load(&people_dropped), 0);
    within(t.last_s, 120, 121);
}

static void a_task_that_nobody_waits_for_is_dropped(void **state)
{
    struct error err = {0};
    struct told t = {.began = 0};
    atomic_store(&people_dropped, 0);
    ok(run("seam: 1\nflow:\n  - review: r\n    timeout: 90s\n", 3, 2, &t, NULL, NULL, &err), &err);
    assert_int_equal(t.ended[RUN_END_FAILED], 3);
    assert_int_equal(t.timeouts, 3);
    near(t.last_s, 90, 1e-9);
    assert_int_equal(atomic_load(&people_dropped), 3);
    ok(run("seam: 1\ndeadline: 70s\nflow:\n  - review: r\n", 3, 2, &t, NULL, NULL, &err), &err);
    assert_int_equal(t.ended[RUN_END_ABANDONED], 3);
    assert_int_equal(atomic_load(&people_dropped), 6);
}

/* --- memory: answers of the first half of a run */

struct half {
    uint64_t upto;
    uint32_t asked;
};

static bool recall(void *arg, const struct stage_call *call, struct stage_answer *a,
                   double *asked_s, double *begin_s, double *end_s)
{
    struct half *h = arg;
    h->asked++;
    if (call->index >= h->upto)
        return false;
    *asked_s = *begin_s = 10;
    *end_s = 13;
    buf_puts(&a->output, "{\"from\": \"memory\"}");
    return true;
}

static void what_is_remembered_is_not_asked_again(void **state)
{
    struct error err = {0};
    struct told t = {.began = 0};
    struct half half = {.upto = 10};
    struct run_memory memory = {&half, recall};
    double began_s = test_clock_s();
    ok(run(SLEEPS, 16, 6, &t, &memory, NULL, &err), &err);
    assert_int_equal(t.ended[RUN_END_SHIPPED], 16);
    assert_int_equal(t.recalled, 10);
    assert_int_equal(t.began, 6);
    within(test_clock_s() - began_s, 0.05, LONG_S);
}

static void a_program_that_is_not_there_is_said_before_anything_runs(void **state)
{
    struct error err = {0};
    struct told t = {.began = 0};
    assert_int_equal(run("seam: 1\nflow:\n  - stage: a\n    exec: {comand: [sleep]}\n", 1, 1, &t,
                         NULL, NULL, &err),
                     -1);
    error_is(&err, ERR_INPUT, "test.yaml:4:12: `a`:");
    assert_int_equal(t.began, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_go_on_at_once_on_as_many_threads),
        cmocka_unit_test(who_takes_longer_than_the_limit_is_not_waited_for),
        cmocka_unit_test(branches_that_are_needed_no_more_are_cancelled),
        cmocka_unit_test(waits_are_jumped_over_only_while_nobody_works),
        cmocka_unit_test(when_stopped_what_has_begun_is_ended_and_no_more_begins),
        cmocka_unit_test(a_listener_that_fails_ends_the_run),
        cmocka_unit_test(a_person_is_asked_again_and_holds_no_thread),
        cmocka_unit_test(a_task_that_nobody_waits_for_is_dropped),
        cmocka_unit_test(what_is_remembered_is_not_asked_again),
        cmocka_unit_test(a_program_that_is_not_there_is_said_before_anything_runs),
    };
    math_init();
    return cmocka_run_group_tests_name("runs that block", tests, NULL, NULL);
}
