/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Do the intervals of calibration and ranking hold what they promise?  Labels are drawn again and
 * again from populations whose measures are known. */
#include "math/calibration.h"
#include "tests/support/support.h"

#include "math/rng.h"
#include <math.h>

enum { POPULATION = 200000, MOST = 1000, REPETITIONS = 1000, BINS = 15 };

enum kind { OVERCONFIDENT, CALIBRATED, VERBAL, KINDS };

static struct scored draw_label(struct rng_seq *rng, enum kind kind)
{
    double c = kind == CALIBRATED ? rng_beta(rng, 2, 1) : rng_beta(rng, 3, 1.2);
    if (kind == VERBAL)
        c = ceil(c * 12) / 12;
    double right = kind == CALIBRATED ? c : 0.2 + 0.8 * c * c;
    return (struct scored){
        .confidence = c, .weight = 1, .correct = rng_unit(rng_next(rng)) < right};
}

static void measure(const struct scored *s, size_t n, double value[MEASURE_COUNT],
                    struct interval range[MEASURE_COUNT])
{
    struct calibration c;
    calibration_compute(s, n, BINS, false, &c);
    calibration_measures(s, n, &c, 0.95, value, range);
}

/* The share of intervals that miss, and their mean width, of samples of n. */
static void repeat(const struct scored *all, size_t n, struct rng_seq *rng,
                   double missed[MEASURE_COUNT], double width[MEASURE_COUNT])
{
    double truth[MEASURE_COUNT], value[MEASURE_COUNT];
    struct interval range[MEASURE_COUNT];
    struct scored sample[MOST];
    measure(all, POPULATION, truth, range);
    for (int k = 0; k < MEASURE_COUNT; k++)
        missed[k] = width[k] = 0;
    for (int r = 0; r < REPETITIONS; r++) {
        for (size_t i = 0; i < n; i++)
            sample[i] = all[rng_below(rng, POPULATION)];
        measure(sample, n, value, range);
        for (int k = 0; k < MEASURE_COUNT; k++) {
            missed[k] +=
                (truth[k] < range[k].low || truth[k] > range[k].high) / (double)REPETITIONS;
            width[k] += (range[k].high - range[k].low) / REPETITIONS;
            assert_true(range[k].low <= value[k] && value[k] <= range[k].high);
        }
    }
}

/* 1,000 repetitions: 5% are seen as 7.2% or more with probability 0.1%; with 50 labels the normal
 * law itself is off by about that. */
static void check_kind(enum kind kind)
{
    static const struct {
        size_t n;
        double missed, width;
    } row[] = {
        {50,   0.085, 0.35},
        {200,  0.072, 0.18},
        {1000, 0.072, 0.09}
    };
    struct scored *all = mem_zero(POPULATION, sizeof *all);
    struct rng_seq rng = {rng_key(5, kind, 0, 0, RNG_SPLIT), 0};
    double missed[MEASURE_COUNT], width[MEASURE_COUNT];
    for (size_t i = 0; i < POPULATION; i++)
        all[i] = draw_label(&rng, kind);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        repeat(all, row[i].n, &rng, missed, width);
        for (int k = 0; k < MEASURE_COUNT; k++) {
            within(missed[k], 0, row[i].missed);
            within(width[k], 0, row[i].width); /* promising all of [0, 1] is no interval */
        }
    }
    mem_free(all);
}

static void intervals_hold_the_measures_of_the_population(void **state)
{
    for (enum kind kind = 0; kind < KINDS; kind++)
        check_kind(kind);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_hold_the_measures_of_the_population),
    };
    return cmocka_run_group_tests_name("calibration (statistical)", tests, NULL, NULL);
}
