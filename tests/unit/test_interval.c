/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/interval.h"
#include "tests/support/support.h"

#include <math.h>

/* Computed apart from this program and agreeing with R (prop.test, binom.test) and statsmodels. */
static const struct {
    uint64_t k, n;
    double level, want[6]; /* Wilson, Clopper-Pearson, Jeffreys: low, high */
} binomial_rows[] = {
  /* clang-format off */
    {0, 20, 0.95,
     {0.0, 0.16112515805281938, 0.0,
      0.1684334709830853, 0.0, 0.11663898290487539}},
    {1, 20, 0.95,
     {0.008881448800795402, 0.23613119344674205, 0.0012650894979498047,
      0.24873276277202777, 0.0054490325814266025, 0.2108186362492652}},
    {5, 50, 0.95,
     {0.04347576493189041, 0.21360231437479654, 0.033275093589022475,
      0.21813536643420225, 0.0391943643941838, 0.2053548280230476}},
    {97, 100, 0.95,
     {0.9154806357094724, 0.9897454759759611, 0.91482394702572,
      0.9937700284616936, 0.9221124305735975, 0.9914797168925964}},
    {832, 1000, 0.95,
     {0.8075669791195391, 0.8538920532460522, 0.8073589445854947,
      0.8546677507252728, 0.8078849002870434, 0.8541966679262757}},
    {20, 20, 0.95,
     {0.8388748419471806, 1.0, 0.8315665290169147,
      1.0, 0.8833610170951246, 1.0}},
    {832972, 1000000, 0.99,
     {0.8320090048623161, 0.8339305766974179, 0.832009129577523,
      0.8339317005041001, 0.832009630724839, 0.8339312016561757}},
  /* clang-format on */
};

static void binomial_intervals_match_independent_values(void **state)
{
    for (size_t i = 0; i < sizeof binomial_rows / sizeof *binomial_rows; i++) {
        uint64_t k = binomial_rows[i].k, n = binomial_rows[i].n;
        double level = binomial_rows[i].level;
        struct interval got[3] = {interval_wilson(k, n, level),
                                  interval_clopper_pearson(k, n, level),
                                  interval_jeffreys(k, n, level)};
        for (int j = 0; j < 3; j++) {
            near(got[j].low, binomial_rows[i].want[2 * j], 1e-9);
            near(got[j].high, binomial_rows[i].want[2 * j + 1], 1e-9);
        }
    }
}

static void ends_are_exact_at_no_and_all_successes(void **state)
{
    for (uint64_t n = 1; n <= 1000000000000; n *= 10) {
        assert_true(interval_wilson(0, n, 0.95).low == 0);
        assert_true(interval_wilson(n, n, 0.95).high == 1);
        assert_true(interval_clopper_pearson(0, n, 0.95).low == 0);
        assert_true(interval_clopper_pearson(n, n, 0.95).high == 1);
        assert_true(interval_jeffreys(0, n, 0.95).low == 0);
        assert_true(interval_jeffreys(n, n, 0.95).high == 1);
        assert_true(interval_upper(n, n, 0.05) == 1);
        /* (1 - p)^n = d */
        near_rel(interval_upper(0, n, 0.05), -expm1(log(0.05) / (double)n), 1e-11);
    }
}

static void nothing_seen_says_nothing(void **state)
{
    struct interval all[] = {interval_wilson(0, 0, 0.95), interval_clopper_pearson(0, 0, 0.95),
                             interval_jeffreys(0, 0, 0.95)};
    for (int i = 0; i < 3; i++) {
        assert_true(all[i].low == 0);
        assert_true(all[i].high == 1);
    }
    assert_true(interval_upper(0, 0, 0.05) == 1);
}

/* By 60-digit arithmetic: bisection of the summed binomial probabilities. */
static void upper_bounds_hold_for_a_trillion_trials(void **state)
{
    near_rel(interval_upper(0, 1000000000000, 0.05), 2.9957322735495037875e-12, 1e-11);
    near_rel(interval_upper(3, 1000000000000, 0.05), 7.7536565279142978011e-12, 1e-11);
    near_rel(interval_upper(40, 1000000000000, 0.025), 5.4468646963590034372e-11, 1e-11);
    near_rel(interval_upper(2000, 1000000000000, 0.025), 2.0896174393521943330e-9, 1e-11);
    near_rel(interval_upper(1, 1000000000, 1e-9), 2.3939727590988554244e-8, 1e-11);
}

/* By exact integers and 60-digit arithmetic. */
static void binomial_tails_hold_where_counts_are_large(void **state)
{
    near_rel(binomial_cdf(9900, 20000, 0.5), 0.079691717992366892802, 1e-11);
    near_rel(binomial_cdf(9000, 20000, 0.5), 9.7704138529144807484e-46, 1e-11);
    near_rel(binomial_cdf(10000, 20000, 0.5), 0.50282091265611021003, 1e-11);
    near_rel(binomial_cdf(3400, 7000, 0.5), 0.0086883929549211310185, 1e-11);
    near_rel(binomial_cdf(9805, 1000000, 0.01), 0.025028546282047839801, 1e-11);
    near_rel(binomial_cdf(9700, 1000000, 0.01), 0.0012493412682678860295, 1e-11);
    near_rel(binomial_cdf(60500, 200000, 0.3), 0.99266822542819002523, 1e-11);
    /* the normal law, whose error is of order 1/n here */
    near(binomial_cdf(499999000000, 1000000000000, 0.5), erfc((1e6 - 0.5) / 5e5 / sqrt(2)) / 2,
         1e-10);
    assert_true(binomial_cdf(5, 5, 0.3) == 1);
    near(binomial_cdf(0, 5, 0.3), 0.16807, 1e-14);
}

static void beta_quantile_inverts_its_distribution(void **state)
{
    static const double parameter[] = {0.5, 1, 3, 30, 2999, 3001, 1e6, 1e9, 1e12};
    static const double p[] = {1e-12, 1e-3, 0.025, 0.5, 0.975, 1 - 1e-6};
    for (int i = 0; i < 9; i++) {
        for (int j = 0; j < 9; j++) {
            for (int k = 0; k < 6; k++) {
                double w = beta_quantile_logit(p[k], parameter[i], parameter[j]);
                struct log_tails t =
                    beta_log_tails(parameter[i], parameter[j], 1 / (1 + exp(-w)), 1 / (1 + exp(w)));
                if (p[k] < 0.6)
                    near_rel(exp(t.lower), p[k], 5e-9);
                else
                    near_rel(exp(t.upper), 1 - p[k], 5e-9);
            }
        }
    }
    near(beta_quantile(0.3, 1, 1), 0.3, 1e-15);
    near(beta_quantile(0.25, 2, 1), 0.5, 1e-15);
    assert_true(beta_quantile(0, 2, 3) == 0);
    assert_true(beta_quantile(1, 2, 3) == 1);
}

static void extreme_shapes_follow_the_power_law(void **state)
{
    /* I_x(a, 1) = x^a, far below the smallest double */
    near_rel(beta_quantile_logit(1e-9, 0.01, 1), log(1e-9) / 0.01, 1e-12);
    near_rel(beta_quantile_logit(1 - 0x1p-30, 1, 0.01), -log(0x1p-30) / 0.01, 1e-12);
}

/* Abramowitz and Stegun, table 26.10; one degree of freedom is tan(pi (p - 1/2)). */
static void student_quantiles_are_those_of_the_tables(void **state)
{
    near_rel(student_quantile(0.975, 1), tan(M_PI * 0.475), 1e-13);
    near_rel(student_quantile(0.975, 10), 2.2281388519862747, 1e-12);
    near(student_quantile(0.995, 30), 2.750, 5e-4);
    near(student_quantile(0.025, 10), -2.228, 5e-4);
    near(student_quantile(0.975, 1e12), 1.959963984540054, 1e-10);
    assert_true(student_quantile(0.5, 7) == 0);
    near(normal_quantile(0.975), 1.959963984540054, 1e-14);
    assert_true(isinf(normal_quantile(0)));
}

/* n, p at level 0.95, agreeing with R's qbinom and pbinom. */
static const struct {
    uint64_t n;
    double p;
    uint64_t l, u;
    double coverage;
} rank_rows[] = {
    {100,     0.5,  40,     61,     0.9647997997822952},
    {1000,    0.95, 936,    964,    0.9580952682226543},
    {1000,    0.99, 983,    997,    0.976094763497977 },
    {50,      0.99, 48,     51,     0.9861827291693995},
    {1000000, 0.99, 989805, 990196, 0.9505711243554504},
};

static void quantile_ranks_match_independent_values(void **state)
{
    for (size_t i = 0; i < sizeof rank_rows / sizeof *rank_rows; i++) {
        uint64_t l, u;
        double coverage;
        interval_quantile_ranks(rank_rows[i].n, rank_rows[i].p, 0.95, &l, &u, &coverage);
        assert_int_equal(l, rank_rows[i].l);
        assert_int_equal(u, rank_rows[i].u);
        near(coverage, rank_rows[i].coverage, 1e-9);
    }
    uint64_t l, u;
    interval_quantile_ranks(1, 0.5, 0.95, &l, &u, NULL);
    assert_int_equal(l, 0);
    assert_int_equal(u, 2);
}

static void mean_and_ratio_follow_their_formulas(void **state)
{
    /* 2.228138852 * sqrt(4 / 11) */
    struct interval m = interval_mean(5, 4, 11, 0.95);
    near(m.high - 5, 2.2281388519862747 * sqrt(4.0 / 11), 1e-12);
    near(5 - m.low, m.high - 5, 1e-12);
    assert_true(isinf(interval_mean(1, 1, 1, 0.95).high));
    near(interval_mean(1, 0, 9, 0.95).low, 1, 0);
    /* y = 2 x exactly: no variance is left */
    struct interval r = interval_ratio(6, 3, 4, 1, 2, 50, 0.95);
    near(r.low, 2, 1e-12);
    near(r.high, 2, 1e-12);
    /* x known: the interval of the mean of y over x */
    r = interval_ratio(6, 3, 4, 0, 0, 11, 0.95);
    near(r.high - 2, 2.2281388519862747 * sqrt(4.0 / 11) / 3, 1e-12);
    assert_true(isinf(interval_ratio(1, 0, 1, 1, 0, 10, 0.95).low));
}

static void looks_share_out_the_error(void **state)
{
    double spent = 0;
    for (unsigned j = 1; j <= 1000; j++)
        spent += 1 - interval_look_level(0.95, j);
    near(spent, 0.05 * (1 - 1.0 / 1001), 1e-12);
    near(interval_look_level(0.95, 1), 0.975, 1e-15);
}

/* Twenty lognormal values; p95 by nearest rank and by interpolation, checked against R's quantile
 * types 1 and 7. */
static void sample_quantiles_follow_their_two_definitions(void **state)
{
    static const double ascending[] = {0.366, 0.378, 0.438, 0.567, 0.678, 0.87,  0.905,
                                       1.053, 1.221, 1.246, 1.292, 1.437, 1.821, 2.145,
                                       2.252, 2.527, 2.661, 2.848, 4.567, 8.655};

    near(sample_quantile(ascending, 20, 0.95), 4.567, 1e-12);
    near(sample_quantile_linear(ascending, 20, 0.95), 4.7714, 1e-10);
    assert_int_equal(sample_rank(20, 0.95), 19);
    assert_int_equal(sample_rank(20, 0), 1);
    assert_int_equal(sample_rank(20, 1), 20);
    assert_int_equal(sample_rank(1, 0.5), 1);
    near(sample_quantile_linear(ascending, 1, 0.5), 0.366, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(binomial_intervals_match_independent_values),
        cmocka_unit_test(ends_are_exact_at_no_and_all_successes),
        cmocka_unit_test(nothing_seen_says_nothing),
        cmocka_unit_test(upper_bounds_hold_for_a_trillion_trials),
        cmocka_unit_test(binomial_tails_hold_where_counts_are_large),
        cmocka_unit_test(beta_quantile_inverts_its_distribution),
        cmocka_unit_test(extreme_shapes_follow_the_power_law),
        cmocka_unit_test(student_quantiles_are_those_of_the_tables),
        cmocka_unit_test(quantile_ranks_match_independent_values),
        cmocka_unit_test(mean_and_ratio_follow_their_formulas),
        cmocka_unit_test(sample_quantiles_follow_their_two_definitions),
        cmocka_unit_test(looks_share_out_the_error),
    };
    return cmocka_run_group_tests_name("interval", tests, NULL, NULL);
}
