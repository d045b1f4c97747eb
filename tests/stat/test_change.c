/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the e-process promises and what it finds, over many streams of known truth.  Seeds are
 * fixed; a share that is promised to be 5% at most may come to 5% plus five standard deviations. */
#include "math/change.h"
#include "tests/support/support.h"

#include "math/rng.h"
#include <math.h>

enum { M = 300, N = 500, RUNS = 1500 };

enum law { LAW_NORMAL, LAW_RARE, LAW_LEVELS, LAW_HEAVY, LAWS };

static double draw(enum law law, double shift, struct rng_seq *rng)
{
    switch (law) {
    case LAW_NORMAL:
        return rng_normal(rng) + shift;
    case LAW_RARE:
        return rng_unit(rng_next(rng)) < 0.03 + shift;
    case LAW_LEVELS:
        return floor(5 * rng_unit(rng_next(rng))) + (shift > 0);
    case LAW_HEAVY:
        return (1 + shift) * exp(2 * rng_normal(rng));
    case LAWS:
        break;
    }
    return 0;
}

static void fill(double *x, size_t n, size_t change, enum law law, double shift, uint64_t seed,
                 uint64_t run)
{
    struct rng_seq rng = {rng_key(seed, run, 0, law, RNG_SPLIT), 0};
    for (size_t i = 0; i < n; i++)
        x[i] = draw(law, i >= change ? shift : 0, &rng);
}

/* At the level x = 20 and at 4, where the bound is not far from what happens. */
static void false_alarms_are_as_rare_as_promised(void **state)
{
    static double before[M], after[N];
    for (enum law law = 0; law < LAWS; law++) {
        int above_20 = 0, above_4 = 0;
        for (uint64_t run = 0; run < RUNS; run++) {
            struct change c;
            fill(before, M, M, law, 0, 1, run);
            fill(after, N, N, law, 0, 2, run);
            change_test(before, M, after, N, run, &c);
            above_20 += c.log_e >= log(20);
            above_4 += c.log_e >= log(4);
        }
        within(above_20, 0, RUNS / 20.0 + 5 * sqrt(RUNS / 20.0));
        within(above_4, 1, RUNS / 4.0 + 5 * sqrt(RUNS / 4.0)); /* and it does bet */
    }
}

/* An alarm at 1000 (20 tests at 5%) after the change, and the 95% window holds its begin: of 400
 * runs nine in ten at least, by five standard deviations of 0.95. */
static void changes_are_found_and_dated(void **state)
{
    static const double shift[LAWS] = {0.8, 0.15, 1, 3.5};
    static double before[M], after[N];
    enum { CHANGE = 200, SOME = 400 };
    for (enum law law = 0; law < LAWS; law++) {
        int found = 0, early = 0, held = 0, narrow = 0;
        for (uint64_t run = 0; run < SOME; run++) {
            struct change c;
            fill(before, M, M, law, 0, 3, run);
            fill(after, N, CHANGE, law, shift[law], 4, run);
            change_test(before, M, after, N, run, &c);
            if (c.log_e < log(1000))
                continue;
            found++;
            early += c.at[change_found(&c, log(1000))] <= CHANGE;
            change_since(after, M, N, run, &c);
            held += c.since_low <= CHANGE && CHANGE <= c.since_high;
            narrow += c.since_high - c.since_low <= 100;
        }
        within(found, 0.9 * SOME, SOME);
        within(early, 0, 5);
        within(held, (0.95 - 5 * sqrt(0.95 * 0.05 / SOME)) * found, found);
        within(narrow, 0.6 * found, found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(false_alarms_are_as_rare_as_promised),
        cmocka_unit_test(changes_are_found_and_dated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
