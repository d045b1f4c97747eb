/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/dist.h"
#include "math/gsl_guard.h"
#include "math/recalibrate.h"
#include "tests/support/support.h"

#include <math.h>

static void tails_are_the_complements_of_the_distribution(void **state)
{
    static const double values[] = {0.5, 1, 2}, weights[] = {0.2, 0.5, 0.3}, halves[] = {0.5, 0.5};
    struct dist parts[] = {
        {.family = DIST_EXPONENTIAL, .a = 1},
        {.family = DIST_CONSTANT,    .a = 1}
    };
    static const double raw[] = {0.2, 0.5, 1}, corrected[] = {0.1, 0.4, 0.9};
    const struct calibration_map knots = {.n = 3, .raw = raw, .corrected = corrected};
    const struct dist uniform = {.family = DIST_UNIFORM, .a = 0, .b = 1};
    const struct dist all[] = {
        {.family = DIST_CONSTANT, .a = 1  },
        {                         .family = DIST_EXPONENTIAL,                 .a = 2        },
        {  .family = DIST_LOGNORMAL,               .a = 0,                       .b = 0.5},
        {      .family = DIST_GAMMA,               .a = 2,                       .b = 0.7},
        {    .family = DIST_WEIBULL,                 .a = 1.5,                         .b = 1},
        {     .family = DIST_NORMAL,               .a = 1,                       .b = 0.6},
        {    .family = DIST_UNIFORM,                 .a = 0.5,                         .b = 2},
        { .family = DIST_TRIANGULAR,                 .a = 0.2,                   .b = 1, .c = 3},
        {                         .family = DIST_PERT,               .a = 0.2,   .b = 1, .c = 3},
        {                   .family = DIST_PARETO,   .a = 0.5, .b = 1.7},
        {.family = DIST_BETA,     .a = 2,   .b = 3},
        {                     .family = DIST_DISCRETE, .n = 3,   .values = values, .weights = weights},
        {.family = DIST_EMPIRICAL,                       .n = 3,        .values = values},
        {                .family = DIST_MIXTURE,                       .n = 2,          .part = parts, .weights = halves},
        {.family = DIST_SHIFTED,      .a = 0.5,              .part = parts},
        {                           .family = DIST_MAPPED,          .part = &uniform,     .map = &knots},
    };
    static const double at[] = {0, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3.5};
    assert_int_equal(sizeof all / sizeof *all, DIST_FAMILY_COUNT);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (size_t k = 0; k < sizeof at / sizeof *at; k++) {
            near(dist_above(&all[i], at[k]), 1 - dist_cdf(&all[i], at[k]), 1e-12);
            near(dist_from(&all[i], at[k]), 1 - dist_below(&all[i], at[k]), 1e-12);
        }
}

static void far_tails_keep_their_digits(void **state)
{
    struct dist exponential = {.family = DIST_EXPONENTIAL, .a = 1};
    struct dist beta = {.family = DIST_BETA, .a = 1, .b = 8};
    struct dist weibull = {.family = DIST_WEIBULL, .a = 2, .b = 1};
    struct dist lognormal = {.family = DIST_LOGNORMAL, .a = 0, .b = 1};
    struct dist gamma = {.family = DIST_GAMMA, .a = 2, .b = 1};
    near_rel(dist_above(&exponential, 100), exp(-100), 1e-14);
    near_rel(dist_from(&beta, 0.99), 1e-16, 1e-12);
    near_rel(dist_above(&weibull, 10), exp(-100), 1e-14);
    near_rel(dist_above(&gamma, 50), 51 * exp(-50), 1e-12);
    /* the normal tail at 10: 7.619853024160527e-24 */
    near_rel(dist_above(&lognormal, exp(10)), 7.619853024160527e-24, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tails_are_the_complements_of_the_distribution),
        cmocka_unit_test(far_tails_keep_their_digits),
    };
    math_init();
    return cmocka_run_group_tests_name("dist tails", tests, NULL, NULL);
}
