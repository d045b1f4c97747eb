/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/rules.h"
#include "tests/support/support.h"

#include <math.h>

static void retries_stop_at_the_last_attempt_and_at_other_outcomes(void **state)
{
    struct retry r = {.attempts = 3, .on = RETRY_ERROR | RETRY_TIMEOUT};
    assert_true(rules_retries(&r, OUTCOME_ERROR, 1));
    assert_true(rules_retries(&r, OUTCOME_TIMEOUT, 2));
    assert_false(rules_retries(&r, OUTCOME_ERROR, 3));
    assert_false(rules_retries(&r, OUTCOME_MALFORMED, 1));
    r.on = RETRY_ALL;
    assert_true(rules_retries(&r, OUTCOME_MALFORMED, 1));
    assert_false(rules_retries(&r, OUTCOME_OK, 1));
    assert_false(rules_retries(&r, OUTCOME_WRONG, 1));
    r.attempts = 1;
    assert_false(rules_retries(&r, OUTCOME_ERROR, 1));
}

static void backoff_grows_to_its_limit_and_jitter_shortens_it(void **state)
{
    struct retry r = {.attempts = 9, .initial_s = 0.5, .factor = 2, .max_s = 3};
    double want[] = {0.5, 1, 2, 3, 3};
    for (uint32_t k = 0; k < 5; k++)
        near(rules_backoff(&r, k + 1, 0.25), want[k], 0);
    near(rules_backoff(&r, 5000, 0), 3, 0);
    r.jitter = JITTER_FULL;
    near(rules_backoff(&r, 2, 0.25), 0.25, 0);
    r.jitter = JITTER_EQUAL;
    near(rules_backoff(&r, 2, 0.25), 0.625, 0);
    r = (struct retry){.attempts = 2, .factor = 2, .max_s = INFINITY};
    near(rules_backoff(&r, 2000, 0.5), 0, 0);
}

static void outcomes_of_an_attempt_add_up_to_one(void **state)
{
    struct numbers n = {
        .error.value = 0.1, .wrong.value = 0.05, .malformed.value = 0.2, .validation.value = 0.75};
    double out[OUTCOME_COUNT], sum = 0;
    rules_outcomes(&n, 0.5, out);
    near(out[OUTCOME_TIMEOUT], 0.5, 0);
    near(out[OUTCOME_ERROR], 0.05, 1e-16);
    near(out[OUTCOME_MALFORMED], 0.075, 1e-16);
    near(out[OUTCOME_WRONG], 0.5 * (0.05 + 0.05), 1e-16);
    for (int o = 0; o < OUTCOME_COUNT; o++)
        sum += out[o];
    near(sum, 1, 1e-15);
}

static void reviewers_err_both_ways_and_checks_only_sort(void **state)
{
    struct numbers n = {.sensitivity.value = 0.9,
                        .specificity.value = 0.98,
                        .fixes.value = 0.4,
                        .spoils.value = 0.25};
    double d[DECISION_COUNT];
    rules_decisions(STEP_REVIEW, &n, false, d);
    near(d[DECIDE_PASS], 0.1, 1e-15);
    near(d[DECIDE_FIX], 0.36, 1e-15);
    near(d[DECIDE_REJECT], 0.54, 1e-15);
    near(d[DECIDE_SPOIL], 0, 0);
    rules_decisions(STEP_REVIEW, &n, true, d);
    near(d[DECIDE_PASS], 0.98, 0);
    near(d[DECIDE_SPOIL], 0.005, 1e-15);
    near(d[DECIDE_REJECT], 0.015, 1e-15);
    near(d[DECIDE_FIX], 0, 0);
    rules_decisions(STEP_CHECK, &n, false, d);
    near(d[DECIDE_REJECT], 0.9, 0);
    near(d[DECIDE_FIX], 0, 0);
    rules_decisions(STEP_GATE, &n, false, d);
    near(d[DECIDE_PASS], 1, 0);
}

static void a_parallel_ends_as_soon_as_its_join_is_settled(void **state)
{
    static const struct {
        enum join join;
        uint32_t k, n_ok, n_failed; /* of 3 */
        enum joined want;
    } cases[] = {
        {JOIN_ALL,      3, 2, 0, JOINED_NOT_YET},
        {JOIN_ALL,      3, 3, 0, JOINED_OK     },
        {JOIN_ALL,      3, 0, 1, JOINED_FAILED },
        {JOIN_ANY,      1, 1, 0, JOINED_OK     },
        {JOIN_ANY,      1, 0, 2, JOINED_NOT_YET},
        {JOIN_ANY,      1, 0, 3, JOINED_FAILED },
        {JOIN_K_OF_N,   2, 1, 1, JOINED_NOT_YET},
        {JOIN_K_OF_N,   2, 2, 0, JOINED_OK     },
        {JOIN_K_OF_N,   2, 1, 2, JOINED_FAILED },
        {JOIN_VOTE,     2, 2, 0, JOINED_NOT_YET}, /* all votes are counted */
        {JOIN_VOTE,     2, 2, 1, JOINED_OK     },
        {JOIN_VOTE,     3, 2, 1, JOINED_FAILED },
        {JOIN_MAJORITY, 2, 2, 0, JOINED_NOT_YET},
        {JOIN_MAJORITY, 2, 1, 2, JOINED_FAILED },
        {JOIN_BEST,     1, 2, 0, JOINED_NOT_YET},
        {JOIN_BEST,     1, 1, 2, JOINED_OK     },
        {JOIN_BEST,     1, 0, 3, JOINED_FAILED },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct parallel p = {.join = cases[i].join, .n = 3, .k = cases[i].k};
        assert_int_equal(rules_join(&p, cases[i].n_ok, cases[i].n_failed), cases[i].want);
    }
}

static void a_gate_ships_at_its_threshold_and_never_without_confidence(void **state)
{
    assert_true(rules_gate_ships(0.8, 0.8));
    assert_false(rules_gate_ships(nextafter(0.8, 0), 0.8));
    assert_false(rules_gate_ships(NAN, 0));
}

/* draft, critic (rejected: draft twice, then desk once, then ship), desk (rejected: unbounded). */
struct flow {
    struct step step[3];
    struct edge then[2];
    struct pipeline p;
    struct rules r;
};

static void flow_init(struct flow *f)
{
    *f = (struct flow){
        .p = {.step = f->step, .n_steps = 3, .n_classes = 1}
    };
    for (int i = 0; i < 3; i++) {
        f->step[i].next = (struct edge){.to = i < 2 ? i + 1 : TO_SHIP, .at_most = AT_MOST_NONE};
        f->step[i].fallback = (struct edge){.to = TO_FAIL, .at_most = AT_MOST_NONE};
    }
    f->step[1].kind = STEP_CHECK;
    f->step[2].kind = STEP_REVIEW;
    f->then[1] = (struct edge){.to = TO_SHIP, .at_most = AT_MOST_NONE};
    f->then[0] = (struct edge){.to = 2, .at_most = 1, .then = &f->then[1]};
    f->step[1].on_reject = (struct edge){.to = 0, .at_most = 2, .then = &f->then[0]};
    f->step[2].on_reject = (struct edge){.to = 2, .at_most = AT_MOST_UNBOUNDED};
    rules_init(&f->r, &f->p);
}

static void edges_run_out_and_their_then_follows(void **state)
{
    struct flow f;
    uint32_t counters[8] = {0};
    int32_t want[] = {0, 0, 2, TO_SHIP, TO_SHIP};
    flow_init(&f);
    assert_int_equal(f.r.n_counters, 2);
    for (int i = 0; i < 5; i++)
        assert_int_equal(rules_take(&f.r, 1, EXIT_REJECT, counters)->to, want[i]);
    assert_int_equal(rules_take(&f.r, 0, EXIT_PASS, counters)->to, 1);
    assert_int_equal(rules_take(&f.r, 0, EXIT_FAIL, counters)->to, TO_FAIL);
    rules_release(&f.r);
}

static void an_edge_without_then_rejects_when_it_runs_out(void **state)
{
    struct flow f;
    uint32_t counters[8] = {0};
    flow_init(&f);
    rules_release(&f.r);
    f.step[1].on_reject.then = NULL;
    rules_init(&f.r, &f.p);
    rules_take(&f.r, 1, EXIT_REJECT, counters);
    rules_take(&f.r, 1, EXIT_REJECT, counters);
    assert_int_equal(rules_take(&f.r, 1, EXIT_REJECT, counters)->to, TO_REJECT);
    rules_release(&f.r);
}

static void targets_of_edges_that_go_back_are_remembered(void **state)
{
    struct flow f;
    uint32_t counters[8] = {0};
    flow_init(&f);
    assert_int_equal(f.r.n_entry_slots, 2);
    assert_true(f.r.entry_slot[0] >= 0);
    assert_int_equal(f.r.entry_slot[1], -1);
    assert_true(f.r.entry_slot[2] >= 0);
    assert_true(rules_take(&f.r, 1, EXIT_REJECT, counters)->back);
    assert_false(rules_take(&f.r, 1, EXIT_PASS, counters)->back);
    assert_true(f.r.has_unbounded);
    assert_int_equal(f.r.exit[0][EXIT_REJECT], -1);
    assert_int_equal(f.r.exit[0][EXIT_ABOVE], -1);
    rules_release(&f.r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retries_stop_at_the_last_attempt_and_at_other_outcomes),
        cmocka_unit_test(backoff_grows_to_its_limit_and_jitter_shortens_it),
        cmocka_unit_test(outcomes_of_an_attempt_add_up_to_one),
        cmocka_unit_test(reviewers_err_both_ways_and_checks_only_sort),
        cmocka_unit_test(a_parallel_ends_as_soon_as_its_join_is_settled),
        cmocka_unit_test(a_gate_ships_at_its_threshold_and_never_without_confidence),
        cmocka_unit_test(edges_run_out_and_their_then_follows),
        cmocka_unit_test(an_edge_without_then_rejects_when_it_runs_out),
        cmocka_unit_test(targets_of_edges_that_go_back_are_remembered),
    };
    return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
