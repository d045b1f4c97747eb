/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bets on a share of errors: numbers worked out by another program from the definitions, and what
 * must hold for any labels.  Whether the bounds keep their promise: tests/stat/test_betting.c. */
#include "math/betting.h"
#include "tests/support/support.h"

#include "math/gsl_guard.h"
#include "math/rng.h"

#include <math.h>

/* weights 20, 5, 10, 20 of which the first and third are wrong */
static const struct weighed four[] = {
    {20, true },
    {5,  false},
    {10, true },
    {20, false}
};

static void the_estimate_is_the_ratio_of_the_weighted_sums(void **state)
{
    struct weighed_mean m = weighed_mean(four, 4);
    near_rel(m.estimate, 30.0 / 55, 1e-15);
    near_rel(m.total, 55, 1e-15);
    near_rel(m.effective, 55.0 * 55 / 925, 1e-15);
    /* sqrt(20^2 + 10^2) 25/55 and sqrt(5^2 + 20^2) 30/55 together, over 55 */
    near_rel(m.se, sqrt(500 * 625.0 / 3025 + 425 * 900.0 / 3025) / 55, 1e-14);
    assert_false(m.equal);
    near(m.most, 20, 0);
    assert_true(isnan(weighed_mean(NULL, 0).estimate));
    assert_true(weighed_mean(four, 1).equal);
}

/* Without an error the order of the bets is all one. */
static void no_errors_give_the_bound_worked_out_by_hand(void **state)
{
    static const struct {
        size_t n;
        double d, upper, log_e;
    } want[] = {
        {300, 0.05, 0.013339216540993489, 4.509860078750912 },
        {59,  0.05, 0.06515184254560391,  0.8936958220569328},
        {40,  0.01, 0.13992645878078033,  0.6076066197590092}
    };
    struct weighed s[300];
    for (size_t i = 0; i < 300; i++)
        s[i] = (struct weighed){7, false};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        near_rel(betting_upper(s, want[i].n, want[i].d, 3), want[i].upper, 1e-9);
        near_rel(betting_log_e(s, want[i].n, 0.02, want[i].d, 3), want[i].log_e, 1e-9);
        near(betting_lower(s, want[i].n, want[i].d, 3), 0, 1e-12);
    }
}

static void fill(struct weighed *s, size_t n, uint64_t seed)
{
    struct rng_seq rng = {rng_key(seed, 0, 0, 0, RNG_AUDIT), 0};
    for (size_t i = 0; i < n; i++) {
        double w = 1 + (double)rng_below(&rng, 4) * 8;
        s[i] = (struct weighed){w, rng_unit(rng_next(&rng)) < 0.4 / w + 0.05};
    }
}

static void a_bound_is_where_the_capital_reaches_one_in_d(void **state)
{
    struct weighed s[500], other[500];
    fill(s, 500, 1);
    double upper = betting_upper(s, 500, 0.05, 9), lower = betting_lower(s, 500, 0.05, 9);
    struct weighed_mean m = weighed_mean(s, 500);
    near(betting_log_e(s, 500, upper, 0.05, 9), log(20), 1e-6);
    assert_true(lower < m.estimate && m.estimate < upper);
    assert_true(betting_upper(s, 500, 0.01, 9) > upper);
    /* capital grows with the share that is bet against */
    for (double a = 0.01; a < 0.98; a += 0.01)
        assert_true(betting_log_e(s, 500, a, 0.05, 9) < betting_log_e(s, 500, a + 0.01, 0.05, 9));
    /* weights count as multiples of each other */
    for (size_t i = 0; i < 500; i++)
        other[i] = (struct weighed){s[i].weight * 3, s[i].wrong};
    near_rel(betting_upper(other, 500, 0.05, 9), upper, 1e-10);
    for (size_t i = 0; i < 500; i++)
        other[i] = (struct weighed){s[i].weight, !s[i].wrong};
    near_rel(betting_upper(other, 500, 0.05, 9), 1 - lower, 1e-12);
}

static void nothing_and_errors_alone_have_bounds_too(void **state)
{
    struct weighed s[30];
    for (size_t i = 0; i < 30; i++)
        s[i] = (struct weighed){2, true};
    near(betting_upper(s, 30, 0.05, 1), 1, 1e-9);
    assert_true(betting_lower(s, 30, 0.05, 1) > 0.5);
    near(betting_upper(s, 0, 0.05, 1), 1, 0);
    near(betting_lower(s, 0, 0.05, 1), 0, 0);
    near(betting_log_e(s, 0, 0.5, 0.05, 1), 0, 0);
}

/* The mixture written out: every alternative from every start, its product, its weight. */
static void the_alarm_is_the_mean_over_alternatives_of_likelihood_ratios(void **state)
{
    static const bool wrong[] = {true, false, true, true, false};
    struct alarm a;
    alarm_init(&a, 0.1, 1);
    near_rel(exp(alarm_add(&a, 1, wrong[0])), 1.8167376590033844, 1e-12);
    for (size_t i = 1; i < 5; i++)
        alarm_add(&a, 1, wrong[i]);
    near_rel(exp(a.log_e), 8.554719378066594, 1e-12);
    assert_int_equal(a.n, 5);
    alarm_init(&a, 0.1, 1);
    near_rel(exp(alarm_add(&a, 1, false)), 0.9092513712218462, 1e-12);
    alarm_init(&a, 0.1, 20);
    for (size_t i = 0; i < 4; i++)
        alarm_add(&a, four[i].weight, four[i].wrong);
    near_rel(exp(a.log_e), 2.407721569319664, 1e-12);
}

static void the_alarm_tells_since_when(void **state)
{
    struct alarm a;
    alarm_init(&a, 0.02, 1);
    for (int i = 0; i < 1000; i++)
        alarm_add(&a, 1, i % 100 == 50);
    assert_true(a.log_e < log(20));
    int i = 1000;
    for (; a.log_e < log(20) && i < 2000; i++)
        alarm_add(&a, 1, i % 10 == 0);
    assert_true(i < 1300);
    assert_int_equal(alarm_since(&a), 1000);
    within(alarm_share(&a), 0.05, 0.2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_estimate_is_the_ratio_of_the_weighted_sums),
        cmocka_unit_test(no_errors_give_the_bound_worked_out_by_hand),
        cmocka_unit_test(a_bound_is_where_the_capital_reaches_one_in_d),
        cmocka_unit_test(nothing_and_errors_alone_have_bounds_too),
        cmocka_unit_test(the_alarm_is_the_mean_over_alternatives_of_likelihood_ratios),
        cmocka_unit_test(the_alarm_tells_since_when),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
