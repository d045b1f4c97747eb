/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/rng.h"
#include "math/values.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

/* n numbers from 10 microseconds to an hour, and the same in order. */
static double *spread(size_t n, uint64_t seed)
{
    struct rng_seq rng = {rng_key(seed, 0, 0, 0, RNG_SPLIT), 0};
    double *x = mem_alloc(n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = exp(log(1e-5) + (double)rng_below(&rng, 1 << 20) / (1 << 20) * log(3600 / 1e-5));
    return x;
}

static void kept_numbers_have_their_own_ranks(void **state)
{
    static const double x[] = {0.5, 0.125, 3, 0, 3};
    struct values v = {0};
    double low, high, mean, variance;
    for (size_t i = 0; i < 5; i++)
        values_add(&v, x[i]);
    values_sort(&v);
    assert_true(values_exact(&v));
    assert_int_equal(values_n(&v), 5);
    near(values_rank(&v, 1, NULL, NULL), 0, 0);
    near(values_rank(&v, 3, &low, &high), 0.5, 0);
    near(low, 0.5, 0);
    near(high, 0.5, 0);
    values_moments(&v, &mean, &variance);
    near(mean, 1.325, 1e-15);
    near(variance, 2.371875, 1e-14); /* by hand: (18.265625 - 5 * 1.325^2) / 4 */
    values_release(&v);
}

static void counted_numbers_are_off_by_less_than_is_said(void **state)
{
    enum { N = 20000 };
    struct values kept = {0}, counted = {0};
    double *x = spread(N, 7), worst = 0;
    for (size_t i = 0; i < N; i++) {
        values_add(&kept, x[i]);
        values_add(&counted, x[i]);
    }
    values_count_in_cells(&counted);
    values_sort(&kept);
    assert_false(values_exact(&counted));
    assert_int_equal(values_n(&counted), N);
    for (uint64_t r = 1; r <= N; r++) {
        double low, high, is = values_rank(&kept, r, NULL, NULL);
        double told = values_rank(&counted, r, &low, &high);
        worst = fmax(worst, fabs(told - is) / is);
        assert_true(low <= is && is <= high);
    }
    assert_true(worst < VALUES_OFF);
    assert_true(worst > 0.004); /* cells are as wide as is said, and no narrower */
    double mean[2], variance[2];
    values_moments(&kept, &mean[0], &variance[0]);
    values_moments(&counted, &mean[1], &variance[1]);
    near(mean[1] / mean[0], 1, 1e-12);
    near(variance[1] / variance[0], 1, 1e-12);
    mem_free(x);
    values_release(&kept);
    values_release(&counted);
}

static void order_makes_no_difference_to_counted_numbers(void **state)
{
    enum { N = 3000 };
    struct values up = {0}, down = {0};
    double *x = spread(N, 3);
    for (size_t i = 0; i < N; i++) {
        values_add(&up, x[i]);
        values_add(&down, x[N - 1 - i]);
        if (i == 10)
            values_count_in_cells(&up);
    }
    values_count_in_cells(&down);
    double a[2], b[2];
    values_moments(&up, &a[0], &a[1]);
    values_moments(&down, &b[0], &b[1]);
    assert_memory_equal(a, b, sizeof a);
    for (uint64_t r = 1; r <= N; r += 7)
        near(values_rank(&up, r, NULL, NULL), values_rank(&down, r, NULL, NULL), 0);
    mem_free(x);
    values_release(&up);
    values_release(&down);
}

static void more_numbers_than_the_limit_are_counted(void **state)
{
    struct values v = {0};
    for (uint32_t i = 0; i < VALUES_MAX; i++)
        values_add(&v, 1 + (i & 1));
    assert_true(values_exact(&v));
    values_add(&v, 0);
    assert_false(values_exact(&v));
    assert_int_equal(values_n(&v), VALUES_MAX + 1);
    assert_int_equal(values_bytes(&v), 0);
    near(values_rank(&v, 1, NULL, NULL), 0, 0);
    near(values_rank(&v, VALUES_MAX / 2, NULL, NULL), 1, VALUES_OFF);
    near(values_rank(&v, VALUES_MAX + 1, NULL, NULL), 2, 2 * VALUES_OFF);
    values_release(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_numbers_have_their_own_ranks),
        cmocka_unit_test(counted_numbers_are_off_by_less_than_is_said),
        cmocka_unit_test(order_makes_no_difference_to_counted_numbers),
        cmocka_unit_test(more_numbers_than_the_limit_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
