/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/change.h"
#include "tests/support/support.h"

#include "math/rng.h"
#include <math.h>
#include <string.h>

enum { M = 400, N = 600 };

static double unit(uint64_t *at)
{
    return rng_unit(rng_at(7, (*at)++));
}

/* One value against one: it lies above or below it with probability 1/2, whatever the law, and of
 * two cuts at the same rank one is kept.  Free law 1/2, tilted ones 1/(1 + e^-t): worked out by
 * hand the mixture is the mean over the laws of p / (1/2), p the law's chance of what happened. */
static void one_value_against_one_is_worth_what_the_laws_say(void **state)
{
    static const double tilts[] = {-1.2, -0.4, 0.4, 1.2};
    double before = 1, up = 2, down = 0, high = 0.5, low = 0.5;
    struct change c;
    for (int i = 0; i < 4; i++) {
        double p = 1 / (1 + exp(-tilts[i]));
        high += p;
        low += 1 - p;
    }
    change_test(&before, 1, &up, 1, 3, &c);
    near(c.path[0], log(high / 5 / 0.5), 1e-12);
    near(c.above_after, 1, 0);
    change_test(&before, 1, &down, 1, 3, &c);
    near(c.path[0], log(low / 5 / 0.5), 1e-12);
    near(c.above_after, 0, 0);
    near(c.log_e, fmax(0, c.path[0]), 0);
}

/* The mean of the e-process over all orders of few values is 1 at each look: a martingale that
 * starts from 1, whatever the values are. */
static void over_all_orders_its_mean_is_one(void **state)
{
    double value[6] = {1, 2, 3, 4, 5, 6}, sum[3] = {0};
    size_t perm[6], count = 0;
    for (perm[0] = 0; perm[0] < 6; perm[0]++)
        for (perm[1] = 0; perm[1] < 6; perm[1]++)
            for (perm[2] = 0; perm[2] < 6; perm[2]++)
                for (perm[3] = 0; perm[3] < 6; perm[3]++)
                    for (perm[4] = 0; perm[4] < 6; perm[4]++)
                        for (perm[5] = 0; perm[5] < 6; perm[5]++) {
                            unsigned seen = 0;
                            double x[6];
                            struct change c;
                            for (int i = 0; i < 6; i++) {
                                seen |= 1U << perm[i];
                                x[i] = value[perm[i]];
                            }
                            if (seen != 63)
                                continue;
                            count++;
                            change_test(x, 3, x + 3, 3, 1, &c);
                            assert_int_equal(c.looks, 3);
                            for (int i = 0; i < 3; i++)
                                sum[i] += exp(c.path[i]);
                        }
    assert_int_equal(count, 720);
    for (int i = 0; i < 3; i++)
        near(sum[i] / 720, 1, 1e-12);
}

static void a_shift_is_found_with_its_time(void **state)
{
    double before[M], after[N];
    uint64_t at = 0;
    struct change c;
    for (size_t i = 0; i < M; i++)
        before[i] = unit(&at);
    for (size_t i = 0; i < N; i++)
        after[i] = unit(&at) + (i >= 350 ? 0.3 : 0);
    change_test(before, M, after, N, 5, &c);
    assert_true(c.log_e > log(1e6));
    change_since(after, M, N, 5, &c);
    within((double)c.since, 335, 365);
    assert_true(c.since_low <= 350 && 350 <= c.since_high);
    assert_true(c.since_high - c.since_low < 60);
    size_t found = change_found(&c, log(1e4));
    assert_true(found < c.looks && c.at[found] > 350);
    assert_int_equal(change_found(&c, 1e9), c.looks);
}

static void rare_failures_that_multiply_are_found(void **state)
{
    double before[M * 5], after[N];
    uint64_t at = 0;
    struct change c;
    for (size_t i = 0; i < M * 5; i++)
        before[i] = unit(&at) < 0.02;
    for (size_t i = 0; i < N; i++)
        after[i] = unit(&at) < 0.1;
    change_test(before, M * 5, after, N, 5, &c);
    assert_true(c.log_e > log(1e6));
    assert_true(c.above_after > c.above_before);
}

static void failures_never_seen_before_are_found(void **state)
{
    double before[M] = {0}, after[N] = {0};
    struct change c;
    for (size_t i = 0; i < N; i += 12)
        after[i] = 1;
    change_test(before, M, after, N, 5, &c);
    assert_true(c.log_e > log(1e6));
}

/* Only ranks count: a rising function of all values changes nothing. */
static void only_ranks_count(void **state)
{
    double before[M], after[N];
    uint64_t at = 90;
    struct change one, two;
    for (size_t i = 0; i < M; i++)
        before[i] = unit(&at);
    for (size_t i = 0; i < N; i++)
        after[i] = unit(&at) * 1.2;
    change_test(before, M, after, N, 5, &one);
    for (size_t i = 0; i < M; i++)
        before[i] = exp(20 * before[i]);
    for (size_t i = 0; i < N; i++)
        after[i] = exp(20 * after[i]);
    change_test(before, M, after, N, 5, &two);
    assert_memory_equal(one.path, two.path, sizeof one.path);
    near(two.cut, exp(20 * one.cut), 1e-6 * two.cut);
}

static void nothing_is_shown_where_nothing_varies(void **state)
{
    double before[M] = {0}, after[N] = {0};
    struct change c;
    change_test(before, M, after, N, 5, &c);
    assert_true(c.log_e < log(20));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_value_against_one_is_worth_what_the_laws_say),
        cmocka_unit_test(over_all_orders_its_mean_is_one),
        cmocka_unit_test(a_shift_is_found_with_its_time),
        cmocka_unit_test(rare_failures_that_multiply_are_found),
        cmocka_unit_test(failures_never_seen_before_are_found),
        cmocka_unit_test(only_ranks_count),
        cmocka_unit_test(nothing_is_shown_where_nothing_varies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
