/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/flow.h"
#include "tests/support/place.h"
#include "tests/support/support.h"

#include "exec/kinds.h"
#include "store/queue.h"

#include <string.h>

static const char flow[] = "flow:\n"
                           "  - stage: draft\n"
                           "    exec: {builtin: nothing}\n"
                           "  - review: human\n"
                           "    sensitivity: 90%\n"
                           "    by: desk\n"
                           "    exec: {builtin: queue, claim: 2m, undo: 0s}\n"
                           "resources:\n"
                           "  desk: {servers: 1, answer_within: 30m}\n"
                           "arrivals: {poisson: 1/h}\n"
                           "horizon: {length: 1d}\n";

static double now(void)
{
    return 5000;
}

struct bench {
    struct pipeline p;
    struct store *store;
    struct json_reader *reader;
    struct stage_setting setting;
    atomic_bool stop;
    void *self;
};

static int open_stage(struct bench *b, const char *path, const char *exec, uint32_t step,
                      struct error *err)
{
    flow_read(flow, &b->p);
    ok(store_open(path, &b->store, err), err);
    b->reader = json_reader_new();
    b->setting = (struct stage_setting){.pipeline = &b->p,
                                        .step = step,
                                        .store = b->store,
                                        .run = 1,
                                        .clock_s = now,
                                        .unix_s = now,
                                        .stop = &b->stop};
    const char *text = exec ? exec : b->p.step[step].exec;
    ok(json_parse(b->reader, text, strlen(text), &b->setting.exec, err), err);
    return queue_kind.open(&b->setting, &b->self, err);
}

static void close_bench(struct bench *b)
{
    if (b->self)
        queue_kind.close(b->self);
    json_reader_free(b->reader);
    store_close(b->store);
    pipeline_release(&b->p);
}

static struct stage_call a_call(void *waiting)
{
    return (struct stage_call){.item = "brief-1",
                               .index = 3,
                               .step = 1,
                               .visit = 1,
                               .attempt = 1,
                               .payload = "{\"text\":\"x\"}tail",
                               .payload_len = 12,
                               .waiting = waiting};
}

static void ask(struct bench *b, struct stage_answer *a)
{
    struct stage_call c = a_call(a->waiting);
    stage_answer_release(a);
    queue_kind.call(b->self, &c, a);
}

static struct task claimed(struct bench *b, struct arena *arena)
{
    struct task t = {0};
    struct error err = {0};
    bool is;
    ok(queue_claim(b->store, "ann", now(), NULL, arena, &t, &is, &err), &err);
    assert_true(is);
    return t;
}

static void decide(struct bench *b, int64_t id, enum task_verdict verdict, const char *edit)
{
    struct task_decision d = {verdict, "ann", "because", edit, now()};
    struct error err = {0};
    ok(queue_decide(b->store, id, &d, &err), &err);
}

static void an_item_waits_until_a_person_has_decided(void **state)
{
    struct place *at = *state;
    struct bench b = {0};
    struct stage_answer a;
    struct arena arena;
    struct error err = {0};
    arena_init(&arena);
    stage_answer_init(&a);
    ok(open_stage(&b, at->path, NULL, 1, &err), &err);
    ask(&b, &a);
    assert_int_equal(a.state, STAGE_LATER);
    within(a.again_s, 0.1, 5);
    struct task t = claimed(&b, &arena);
    assert_string_equal(t.payload, "{\"text\":\"x\"}");
    assert_string_equal(t.step_id, "human");
    near(t.claim_s, 120, 0);
    near(t.due_s, now() + 1800, 1e-9);
    decide(&b, t.id, TASK_EDIT, "{\"text\":\"y\"}");
    ask(&b, &a);
    assert_int_equal(a.state, STAGE_DONE);
    assert_int_equal(a.verdict, STAGE_EDIT);
    assert_string_equal(buf_text(&a.output), "{\"text\":\"y\"}");
    assert_string_equal(buf_text(&a.who), "ann");
    assert_string_equal(buf_text(&a.says), "because");
    a.waiting = NULL;
    ask(&b, &a); /* a resumed run finds it at once */
    assert_int_equal(a.state, STAGE_DONE);
    stage_answer_release(&a);
    arena_release(&arena);
    close_bench(&b);
}

static uint64_t waiting(struct bench *b)
{
    struct queue_count n;
    struct error err = {0};
    ok(queue_count(b->store, "ann", now(), &n, &err), &err);
    return n.waiting;
}

static void a_task_is_withdrawn_when_not_needed_and_stays_when_the_run_is_broken_off(void **state)
{
    struct place *at = *state;
    struct bench b = {0};
    struct stage_answer a;
    struct error err = {0};
    stage_answer_init(&a);
    ok(open_stage(&b, at->path, NULL, 1, &err), &err);
    ask(&b, &a);
    atomic_store(&b.stop, true);
    queue_kind.drop_waiting(b.self, a.waiting);
    assert_int_equal(waiting(&b), 1);
    atomic_store(&b.stop, false);
    stage_answer_release(&a);
    ask(&b, &a);
    queue_kind.drop_waiting(b.self, a.waiting);
    assert_int_equal(waiting(&b), 0);
    close_bench(&b);
}

static void refused(void **state, const char *exec, uint32_t step, const char *part)
{
    struct place *at = *state;
    struct bench b = {0};
    struct error err = {0};
    assert_int_equal(open_stage(&b, at->path, exec, step, &err), -1);
    error_is(&err, ERR_INPUT, part);
    close_bench(&b);
}

static void what_the_queue_cannot_be_is_refused_with_the_place(void **state)
{
    refused(state, NULL, 0, "is for reviews");
    refused(state, "{\"builtin\":\"queue\",\"claim\":5}", 1, "`claim` of the queue is a duration");
    refused(state, "{\"builtin\":\"queue\",\"clam\":\"5m\"}", 1, "did you mean `claim`");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)
        T(an_item_waits_until_a_person_has_decided),
        T(a_task_is_withdrawn_when_not_needed_and_stays_when_the_run_is_broken_off),
        T(what_the_queue_cannot_be_is_refused_with_the_place),
    };
    return cmocka_run_group_tests_name("queue_stage", tests, NULL, NULL);
}
