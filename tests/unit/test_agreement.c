/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/agreement.h"
#include "math/rng.h"
#include "tests/support/support.h"

#include <math.h>

/* Krippendorff 2011, part A: two observers, ten units, 0 or 1; alpha is 0.095. */
static void alpha_is_krippendorffs(void **state)
{
    static const int meg[10] = {0, 1, 0, 0, 0, 0, 0, 0, 1, 0},
                     owen[10] = {1, 1, 1, 0, 0, 1, 0, 0, 0, 0};
    struct judged at[10];
    struct agreement a;
    for (size_t i = 0; i < 10; i++) {
        uint32_t yes = (uint32_t)(meg[i] + owen[i]);
        at[i] = (struct judged){yes, 2 - yes, 1};
    }
    agreement_of(at, 10, 0.95, &a);
    near(a.alpha, 1 - 19.0 * 4 / (14 * 6), 1e-12); /* 0.0952 */
    near(a.share, 0.6, 1e-12);
    assert_int_equal(a.things, 10);
    assert_int_equal(a.pairs, 10);
    assert_true(a.of_alpha.low < a.alpha && a.alpha < a.of_alpha.high);
    assert_true(a.of_share.low < 0.6 && 0.6 < a.of_share.high);
}

/* Three judges of four things, by hand: 2:1 and 1:2 disagree by 2 * 2 * 1 / (3 - 1) = 2 each, of
 * 12 values, six of each kind. */
static void more_judges_weigh_by_their_number(void **state)
{
    static const struct judged at[] = {
        {3, 0, 1},
        {2, 1, 1},
        {1, 2, 1},
        {0, 3, 1},
        {1, 0, 7}  /* one judge tells nothing */
    };
    struct agreement a;
    agreement_of(at, 5, 0.95, &a);
    assert_int_equal(a.things, 4);
    assert_int_equal(a.pairs, 12);
    near(a.share, 1 - 4.0 / 12, 1e-12); /* 8 of 12 pairs agree */
    near(a.alpha, 1 - 4.0 * 11 / (2 * 6 * 6), 1e-12);
}

static void of_no_pairs_nothing_is_said(void **state)
{
    static const struct judged at[] = {
        {1, 0, 3},
        {0, 1, 2}
    };
    struct agreement a;
    agreement_of(at, 2, 0.95, &a);
    assert_true(isnan(a.share) && isnan(a.alpha));
    assert_int_equal(a.things, 0);
}

/* All agree: the share is 1, alpha unknown where no one said no, and neither interval a point. */
static void agreement_without_exception_is_not_certain(void **state)
{
    static const struct judged all_yes[] = {
        {2, 0, 30}
    };
    static const struct judged both[] = {
        {2, 0, 15},
        {0, 2, 15}
    };
    struct agreement a;
    agreement_of(all_yes, 1, 0.95, &a);
    near(a.share, 1, 0);
    assert_true(isnan(a.alpha));
    assert_in_range((int)(1000 * a.of_share.low), 850, 960);
    agreement_of(both, 2, 0.95, &a);
    near(a.alpha, 1, 0);
    assert_in_range((int)(1000 * a.of_alpha.low), 700, 950);
}

/* 20 yes-yes, 5, 10, 15 no-no: 0.7 seen, 0.5 by chance. */
static void kappa_is_cohens(void **state)
{
    static const uint64_t cell[2][2] = {
        {15, 10},
        {5,  20}
    };
    near(agreement_kappa(cell), 0.4, 1e-12);
    struct interval i = agreement_kappa_interval(cell, 0.95);
    /* 300,000 draws of the same posterior by another program: 0.1304 to 0.6100. */
    near(i.low, 0.1304, 0.02);
    near(i.high, 0.6100, 0.02);
}

/* 300 times 60 things of two judges, each wrong by 10% or 20% of a truth that is yes by 70%.  The
 * share of intervals that miss the true values lies within 5% +- 3.3 deviations (false alarm
 * 1/1000 each). */
static void intervals_hold_the_truth(void **state)
{
    enum { TRIES = 300, THINGS = 60 };
    double truth = 0.7, e = 0.1, f = 0.2;
    double yy = truth * (1 - e) * (1 - f) + (1 - truth) * e * f;
    double nn = truth * e * f + (1 - truth) * (1 - e) * (1 - f);
    double p = truth * (1 - e) + (1 - truth) * e, q = truth * (1 - f) + (1 - truth) * f;
    double chance = p * q + (1 - p) * (1 - q), kappa = (yy + nn - chance) / (1 - chance);
    double yes = (p + q) / 2, alpha = 1 - (1 - yy - nn) / (2 * yes * (1 - yes));
    struct rng_seq rng = {rng_key(7, 0, 0, 0, RNG_SPLIT), 0};
    int missed[3] = {0};
    for (int k = 0; k < TRIES; k++) {
        uint64_t cell[2][2] = {{0}};
        for (int i = 0; i < THINGS; i++) {
            bool good = rng_unit(rng_next(&rng)) < truth;
            bool a = good != (rng_unit(rng_next(&rng)) < e);
            bool b = good != (rng_unit(rng_next(&rng)) < f);
            cell[a][b]++;
        }
        struct judged at[] = {
            {2, 0, cell[1][1]             },
            {1, 1, cell[1][0] + cell[0][1]},
            {0, 2, cell[0][0]             }
        };
        struct agreement a;
        struct interval i = agreement_kappa_interval(cell, 0.95);
        agreement_of(at, 3, 0.95, &a);
        missed[0] += !(i.low <= kappa && kappa <= i.high);
        missed[1] += !(a.of_alpha.low <= alpha && alpha <= a.of_alpha.high);
        missed[2] += !(a.of_share.low <= yy + nn && yy + nn <= a.of_share.high);
    }
    for (int k = 0; k < 3; k++)
        assert_in_range(missed[k], 3, 27); /* 15 +- 3.3 * 3.77 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alpha_is_krippendorffs),
        cmocka_unit_test(more_judges_weigh_by_their_number),
        cmocka_unit_test(of_no_pairs_nothing_is_said),
        cmocka_unit_test(agreement_without_exception_is_not_certain),
        cmocka_unit_test(kappa_is_cohens),
        cmocka_unit_test(intervals_hold_the_truth),
    };
    return cmocka_run_group_tests_name("agreement", tests, NULL, NULL);
}
