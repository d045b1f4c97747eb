/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Alarms on scores ring falsely no more than they say, on scores of any law, with ties too, and do
 * ring when scores shift.  d = 5%, 2,000 repetitions, fixed seeds: 6.5% is 3.1 standard deviations
 * above it. */
#include "math/shift.h"
#include "tests/support/support.h"

#include "math/gsl_guard.h"
#include "math/rng.h"

#include <math.h>

enum { REPETITIONS = 2000 };

static void fill(double *x, size_t n, double b, double steps, struct rng_seq *rng)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = rng_beta(rng, 4, b);
        if (steps > 0)
            x[i] = round(x[i] * steps) / steps;
    }
}

static void ring(size_t m, size_t n, double later, double steps, double out[SHIFT_KINDS])
{
    static double before[2000], after[2000];
    for (int k = 0; k < SHIFT_KINDS; k++)
        out[k] = 0;
    for (uint64_t r = 0; r < REPETITIONS; r++) {
        struct rng_seq rng = {rng_key(21, r, 0, 0, RNG_SPLIT), 0};
        struct shift s[SHIFT_KINDS];
        fill(before, m, 1.5, steps, &rng);
        fill(after, n, later, steps, &rng);
        shift_test(before, m, after, n, 0.05, s);
        for (int k = 0; k < SHIFT_KINDS; k++)
            out[k] += (double)s[k].alarm / REPETITIONS;
    }
}

static void scores_that_have_not_shifted_ring_no_more_than_promised(void **state)
{
    static const struct {
        size_t m, n;
        double steps;
    } row[] = {
        {60,  140, 0 },
        {300, 700, 0 },
        {300, 700, 12}
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        double rang[SHIFT_KINDS];
        ring(row[i].m, row[i].n, 1.5, row[i].steps, rang);
        for (int k = 0; k < SHIFT_KINDS; k++) {
            print_message("%zu and %zu, %s: %.4f\n", row[i].m, row[i].n,
                          shift_name((enum shift_kind)k), rang[k]);
            within(rang[k], 0, 0.065);
        }
    }
}

static void scores_that_have_shifted_ring(void **state)
{
    double rang[SHIFT_KINDS];
    ring(300, 700, 3, 0, rang);
    for (int k = 0; k < SHIFT_KINDS; k++)
        within(rang[k], 0.9, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_that_have_not_shifted_ring_no_more_than_promised),
        cmocka_unit_test(scores_that_have_shifted_ring),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
