/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "exec/pool.h"
#include "tests/support/stage_call.h"
#include "tests/support/support.h"

static void answer_at_once(void *self, const struct stage_call *c, struct stage_answer *a)
{
}

static const struct stage_kind kind = {.word = "quick", .call = answer_at_once};
static const struct stage stage = {.kind = &kind};

static struct job *wait_for(struct pool *p)
{
    struct job *first = NULL;

    while (pool_given(p) > 0) {
        struct job *done = pool_done(p);
        if (done)
            first = done;
        else
            pool_wait(p, 1);
    }
    return first;
}

/* A time limit may pass between the taking back of an answer and its turn. */
static void a_job_forsaken_after_it_was_taken_back_holds_no_thread(void **state)
{
    struct pool *p = pool_new(1, stage_bench_clock_s);
    struct job j = {.stage = &stage};

    for (int i = 0; i < 3; i++) {
        atomic_store(&j.cancelled, false);
        stage_answer_init(&j.answer);
        assert_true(pool_has_room(p));
        pool_give(p, &j);
        assert_false(pool_has_room(p));
        assert_ptr_equal(wait_for(p), &j);
        pool_forsake(p, &j);
        assert_true(pool_has_room(p));
        stage_answer_release(&j.answer);
    }
    buf_release(&j.merged);
    pool_free(p);
}

static void a_job_forsaken_at_work_leaves_its_place_to_another(void **state)
{
    struct pool *p = pool_new(1, stage_bench_clock_s);
    struct job j = {.stage = &stage};

    stage_answer_init(&j.answer);
    pool_give(p, &j);
    pool_forsake(p, &j);
    assert_true(pool_has_room(p));
    assert_int_equal(pool_given(p), 1);
    assert_ptr_equal(wait_for(p), &j);
    assert_true(pool_has_room(p));
    stage_answer_release(&j.answer);
    buf_release(&j.merged);
    pool_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_forsaken_after_it_was_taken_back_holds_no_thread),
        cmocka_unit_test(a_job_forsaken_at_work_leaves_its_place_to_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
