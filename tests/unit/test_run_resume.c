/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs that are broken off and taken up again, through the executor and the journal. */
#include "tests/support/flow.h"
#include "tests/support/place.h"
#include "tests/support/support.h"

#include "exec/journal.h"

#include <math.h>
#include <time.h>
#include <unistd.h>

enum { ITEMS = 1500 };

static double wall(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

struct watch {
    uint64_t ended, made, stop_at; /* stop_at: 0: never */
    double time_scale;             /* 0: nothing is waited for */
    atomic_bool stop;
};

static int see(void *arg, const struct run_event *e, struct error *err)
{
    struct watch *w = arg;
    (void)err;
    w->made += e->kind == RUN_ATTEMPT_ENDED && !e->recalled && !e->cancelled;
    w->ended += e->kind == RUN_ITEM_ENDED && e->end != RUN_END_UNFINISHED;
    if (w->stop_at && w->ended >= w->stop_at)
        atomic_store(&w->stop, true);
    return 0;
}

/* Runs as far as the watch lets it; what the store then holds of it. */
static struct journal_count run(struct store *s, const char *flow, int64_t resume, struct watch *w)
{
    struct pipeline p;
    struct error err = {0};
    struct run_journal *j = NULL;
    struct journal_count count;
    flow_read(flow, &p);
    const struct run_journal_options o = {
        .pipeline = &p, .seed = 3, .time = "2026-01-01T00:00:00Z", .resume = resume};
    ok(run_journal_open(s, &o, &j, &err), &err);
    const struct run_listener listeners[] = {
        run_journal_listener(j), {w, see}
    };
    const struct run_options options = {
        .items = ITEMS,
        .seed = 3,
        .threads = 2,
        .time_scale = w->time_scale > 0 ? w->time_scale : INFINITY,
        .memory = run_journal_memory(j),
        .listeners = listeners,
        .n_listeners = 2,
        .stop = &w->stop,
        .setting = {.pipeline = &p, .clock_s = wall, .seed = 3}
    };
    int64_t id = run_journal_id(j);
    ok(run_pipeline(&p, &options, NULL, &err), &err);
    ok(run_journal_close(j, !atomic_load(&w->stop), NULL, &err), &err);
    ok(journal_count(s, id, &count, &err), &err);
    pipeline_release(&p);
    return count;
}

static struct store *open_store(void **state)
{
    struct place *at = *state;
    struct store *s = NULL;
    struct error err = {0};
    ok(store_open(at->path, &s, &err), &err);
    return s;
}

static void what_was_done_before_a_break_is_not_done_again(void **state)
{
    static const char flow[] = "flow:\n  - stage: work\n    exec: {builtin: nothing}\n";
    struct store *s = open_store(state);
    struct watch first = {.stop_at = 400}, second = {.stop_at = 0};
    struct journal_count count = run(s, flow, RESUME_NONE, &first);
    within((double)count.ended, 400, ITEMS - 1);
    uint64_t before = count.ended;
    count = run(s, flow, RESUME_LAST, &second);
    assert_int_equal(count.ended, ITEMS);
    assert_int_equal(count.items, ITEMS);
    assert_int_equal(second.ended, ITEMS);
    assert_int_equal(second.made, ITEMS - before);
    store_close(s);
}

/* Items that came an hour apart: as long as they are recalled, no hour is waited for again. */
static void the_past_is_not_waited_for_again(void **state)
{
    static const char flow[] = "arrivals: {poisson: 1/h}\n"
                               "horizon: {length: 52w}\n"
                               "flow:\n"
                               "  - stage: work\n"
                               "    latency: 20m\n";
    struct store *s = open_store(state);
    struct watch first = {.stop_at = 200};
    struct journal_count count = run(s, flow, RESUME_NONE, &first);
    assert_true(count.last_s > 100 * 3600.0);
    struct watch second = {.stop_at = count.ended - 1, .time_scale = 1};
    double began = wall();
    alarm(300); /* else it would be days */
    run(s, flow, RESUME_LAST, &second);
    alarm(0);
    assert_true(wall() - began < 300);
    assert_true(second.ended >= count.ended - 1);
    store_close(s);
}

struct ends {
    uint64_t of[RUN_END_COUNT];
    double cost;
};

static void count_end(void *arg, const struct journal_row *r)
{
    struct ends *e = arg;
    if (r->kind == JOURNAL_ENDED) {
        e->of[r->ending]++;
        e->cost += r->cost;
    }
}

static struct ends ends_of(struct store *s, int64_t run)
{
    struct ends e = {.cost = 0};
    struct error err = {0};
    ok(journal_each(s, run, JOURNAL_ALL, count_end, &e, &err), &err);
    return e;
}

static void a_broken_run_ends_as_an_unbroken_one(void **state)
{
    static const char flow[] = "flow:\n"
                               "  - stage: draft\n"
                               "    wrong: 20%\n"
                               "    error: 20%\n"
                               "    cost: $0.01\n"
                               "    retry: {attempts: 2}\n"
                               "    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, "
                               "b: 3}}}\n"
                               "  - gate: sure\n"
                               "    threshold: 80%\n"
                               "    above: ship\n"
                               "    below: look\n"
                               "  - check: look\n"
                               "    sensitivity: 90%\n"
                               "    specificity: 90%\n";
    struct store *s = open_store(state);
    struct watch whole = {.stop_at = 0}, parts[3] = {{.stop_at = 300}, {.stop_at = 900}, {0}};
    run(s, flow, RESUME_NONE, &whole);
    for (int i = 0; i < 3; i++)
        run(s, flow, i ? RESUME_LAST : RESUME_NONE, &parts[i]);
    struct ends a = ends_of(s, 1), b = ends_of(s, 2);
    for (int i = 0; i < RUN_END_COUNT; i++)
        assert_int_equal(a.of[i], b.of[i]);
    near(b.cost, a.cost, 1e-9);
    assert_true(a.of[RUN_END_SHIPPED] > 0 && a.of[RUN_END_REJECTED] > 0 &&
                a.of[RUN_END_FAILED] > 0);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)
        T(what_was_done_before_a_break_is_not_done_again),
        T(the_past_is_not_waited_for_again),
        T(a_broken_run_ends_as_an_unbroken_one),
    };
    return cmocka_run_group_tests_name("run_resume", tests, NULL, NULL);
}
