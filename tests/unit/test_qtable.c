/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/dist.h"
#include "math/rng.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

static const struct dist smooth[] = {
    {.family = DIST_EXPONENTIAL, .a = 2},
    {                         .family = DIST_EXPONENTIAL,                 .a = 1e-6      },
    {  .family = DIST_LOGNORMAL,                 .a = -3,                       .b = 0.02},
    {  .family = DIST_LOGNORMAL,                  .a = -1,                        .b = 0.5},
    {  .family = DIST_LOGNORMAL,                    .a = 3,                          .b = 2},
    {  .family = DIST_LOGNORMAL,                    .a = 3,                          .b = 5},
    {      .family = DIST_GAMMA,                    .a = 2.5,                          .b = 3},
    {      .family = DIST_GAMMA,                    .a = 1,                          .b = 1},
    {      .family = DIST_GAMMA,                    .a = 0.5,                          .b = 2},
    {      .family = DIST_GAMMA,                    .a = 0.1,                          .b = 2},
    {      .family = DIST_GAMMA,                    .a = 0.02,                          .b = 2},
    {      .family = DIST_GAMMA,                  .a = 80,                        .b = 0.1},
    {      .family = DIST_GAMMA,                 .a = 1e6,                       .b = 1e-6},
    {    .family = DIST_WEIBULL,                    .a = 0.3,                          .b = 1},
    {    .family = DIST_WEIBULL,                    .a = 0.05,                          .b = 1},
    {    .family = DIST_WEIBULL,                    .a = 3,                          .b = 1},
    {     .family = DIST_NORMAL,                  .a = 1,                        .b = 0.3},
    {     .family = DIST_NORMAL,                    .a = 0,                          .b = 1},
    {     .family = DIST_NORMAL,                    .a = 8,                          .b = 1},
    {    .family = DIST_UNIFORM,                    .a = 0,                          .b = 2},
    {    .family = DIST_UNIFORM,                    .a = 5,                          .b = 6},
    { .family = DIST_TRIANGULAR,                    .a = 1,                    .b = 1, .c = 5},
    {                         .family = DIST_PERT,                    .a = 0, .b = 1, .c = 5},
    {                   .family = DIST_PERT,        .a = 2, .b = 5, .c = 5},
    {.family = DIST_PARETO,                          .a = 1,            .b = 2},
    {     .family = DIST_PARETO,                          .a = 1,            .b = 0.3},
    {.family = DIST_BETA,                          .a = 9,              .b = 1.5},
    {       .family = DIST_BETA,                          .a = 400,              .b = 3},
    {.family = DIST_BETA,                          .a = 0.5,              .b = 0.5},
    {       .family = DIST_BETA,                          .a = 0.1,              .b = 0.05},
    {.family = DIST_BETA,                          .a = 1,              .b = 1},
};
enum { SMOOTH = sizeof smooth / sizeof smooth[0] };

static const double values[] = {1, 2.5, 3, 10}, weights[] = {0.25, 0, 0.5, 0.25};
static const struct dist discrete = {
    .family = DIST_DISCRETE, .n = 4, .values = values, .weights = weights};
static const struct dist empirical = {.family = DIST_EMPIRICAL, .n = 4, .values = values};
static const struct dist triangular = {.family = DIST_TRIANGULAR, .a = 1, .b = 2, .c = 6};
static const struct dist parts[] = {
    {.family = DIST_LOGNORMAL, .a = 0, .b = 0.5},
    {.family = DIST_CONSTANT,                        .a = 4       },
    {.family = DIST_EXPONENTIAL,                        .a = 9},
};
static const double shares[] = {0.5, 0.2, 0.3};
static const struct dist mixture = {
    .family = DIST_MIXTURE, .n = 3, .part = parts, .weights = shares};
static const struct dist shifted = {.family = DIST_SHIFTED, .a = 0.7, .part = &parts[2], .n = 1};
static const struct dist shifted_steps = {
    .family = DIST_SHIFTED, .a = 0.5, .part = &discrete, .n = 1};
static const struct dist shifted_mixture = {
    .family = DIST_SHIFTED, .a = 2, .part = &mixture, .n = 1};

static struct qtable *table_of(const struct dist *d)
{
    struct error err = {0};
    struct qtable *t = qtable_new(d, &err);
    ok(t ? 0 : -1, &err);
    return t;
}

static double exact(const struct dist *d, uint32_t u)
{
    double near_end = ((double)(u >> 31 ? ~u : u) + 0.5) * 0x1p-32;
    return u >> 31 ? dist_quantile_upper(d, near_end) : dist_quantile(d, near_end);
}

static void check_draw(const struct qtable *t, const struct dist *d, uint32_t u)
{
    float got = qtable_at(t, u);
    double want = exact(d, u);
    if (want < 1e27 && fabs(got - want) > 1e-6 * want + 1e-12 * qtable_max(t))
        fail_msg("%s(%g, %g) at u = %u: %.9g, but the quantile is %.9g",
                 dist_family_name(d->family), d->a, d->b, u, got, want);
    assert_true(got >= (float)dist_min(d) && got <= (float)dist_max(d) && got <= qtable_max(t));
}

static void draws_are_the_quantiles_to_1e_6(void **state)
{
    for (size_t i = 0; i < SMOOTH; i++) {
        struct qtable *t = table_of(&smooth[i]);
        for (uint64_t m = 0; m < (uint64_t)1 << 31; m += 1 + m / 61) {
            check_draw(t, &smooth[i], (uint32_t)m);
            check_draw(t, &smooth[i], ~(uint32_t)m);
        }
        check_draw(t, &smooth[i], 0x7fffffff);
        check_draw(t, &smooth[i], 0x80000000);
        qtable_free(t);
    }
}

static void coarse_draws_are_the_quantiles_to_1e_3(void **state)
{
    for (size_t i = 0; i < SMOOTH; i++) {
        struct error err = {0};
        struct qtable *t = qtable_new_coarse(&smooth[i], &err);
        ok(t ? 0 : -1, &err);
        for (uint64_t m = 0; m < (uint64_t)1 << 31; m += 1 + m / 31) {
            double low = exact(&smooth[i], (uint32_t)m), high = exact(&smooth[i], ~(uint32_t)m);
            if (high > 1e27)
                continue; /* cut at 1e30 */
            near(qtable_at(t, (uint32_t)m), low, 1e-3 * low + 1e-9 * qtable_max(t));
            near(qtable_at(t, ~(uint32_t)m), high, 1e-3 * high + 1e-9 * qtable_max(t));
        }
        qtable_free(t);
    }
}

/* Around every joint of the pieces of the finest table: 512 cells an octave. */
static void draws_rise_with_u(void **state)
{
    for (size_t i = 0; i < SMOOTH; i++) {
        struct qtable *t = table_of(&smooth[i]);
        float before = -1;
        for (int half = 0; half < 2; half++)
            for (int k = 0; k < 32 * 512; k++) {
                int at = half == 0 ? k : 32 * 512 - 1 - k;
                double start = ldexp(1 + at % 512 / 512.0, at / 512 - 1);
                for (int step = -2; step <= 2; step++) {
                    double m = floor(start) + (half == 0 ? step : -step);
                    if (m < 0 || m >= 0x1p31)
                        continue;
                    float x = qtable_at(t, half == 0 ? (uint32_t)m : ~(uint32_t)m);
                    if (x < before && floor(start) > 4096) /* below, visits overlap */
                        fail_msg("%s(%g, %g) falls at u = %g", dist_family_name(smooth[i].family),
                                 smooth[i].a, smooth[i].b, m);
                    before = x;
                }
            }
        before = -1;
        for (uint32_t u = 0; u < 5000; u++) {
            assert_true(qtable_at(t, u) >= before);
            before = qtable_at(t, u);
        }
        qtable_free(t);
    }
}

/* Steps of 2^32 over the golden ratio visit the whole range evenly. */
static void filling_gives_the_single_draws(void **state)
{
    static const struct dist *const all[] = {
        &smooth[3], &smooth[9], &smooth[29],    &discrete, &empirical,      &triangular,
        &mixture,   &shifted,   &shifted_steps, &parts[1], &shifted_mixture};
    uint32_t u[1031];
    float out[1031];
    for (size_t i = 0; i < 1031; i++)
        u[i] = i == 7 ? 0 : i == 9 ? UINT32_MAX : i == 11 ? 0x7fffffff : (uint32_t)i * 2654435769u;
    for (size_t k = 0; k < sizeof all / sizeof all[0]; k++) {
        struct qtable *t = table_of(all[k]);
        for (size_t n = 0; n <= 1031; n += n < 20 ? 1 : 337) {
            memset(out, 0xff, sizeof out);
            qtable_fill(t, u, n, out);
            for (size_t i = 0; i < n; i++)
                assert_true(out[i] == qtable_at(t, u[i]));
            assert_true(n == 1031 || isnan(out[n]));
        }
        qtable_free(t);
    }
}

static void steps_fall_where_the_weights_say(void **state)
{
    struct qtable *t = table_of(&discrete);
    assert_true(qtable_at(t, 0) == 1 && qtable_at(t, 0x3fffffff) == 1);
    assert_true(qtable_at(t, 0x40000000) == 3 && qtable_at(t, 0xbfffffff) == 3);
    assert_true(qtable_at(t, 0xc0000000) == 10 && qtable_at(t, UINT32_MAX) == 10);
    near(qtable_max(t), 10, 0);
    qtable_free(t);
    t = table_of(&shifted_steps);
    assert_true(qtable_at(t, 0) == 1.5f && qtable_at(t, UINT32_MAX) == 10.5f);
    qtable_free(t);
    t = table_of(&empirical);
    assert_true(qtable_at(t, 0x40000000) == 2.5f && qtable_at(t, 0x80000000) == 3);
    qtable_free(t);
}

static void weightless_values_are_never_drawn(void **state)
{
    static const double ends[] = {0, 0.5, 0.5, 0};
    struct dist d = {.family = DIST_DISCRETE, .n = 4, .values = values, .weights = ends};
    struct qtable *t = table_of(&d);
    assert_true(qtable_at(t, 0) == 2.5f && qtable_at(t, UINT32_MAX) == 3);
    near(qtable_max(t), 3, 0);
    qtable_free(t);
}

static void many_values_keep_their_order(void **state)
{
    enum { MANY = 70000 };
    double *x = mem_alloc(MANY * sizeof *x);
    for (size_t i = 0; i < MANY; i++)
        x[i] = (double)i;
    struct dist d = {.family = DIST_EMPIRICAL, .n = MANY, .values = x};
    struct qtable *t = table_of(&d);
    for (uint64_t u = 0; u < (uint64_t)1 << 32; u += 12345678)
        near(qtable_at(t, (uint32_t)u), floor(((double)u + 0.5) * 0x1p-32 * MANY), 0);
    assert_true(qtable_at(t, UINT32_MAX) == MANY - 1);
    qtable_free(t);
    mem_free(x);
}

/* The mean and the second moment over 2^16 even strata. */
static void check_stratified(const struct dist *d, double tolerance)
{
    struct qtable *t = table_of(d);
    double sum = 0, sum2 = 0;
    for (uint32_t i = 0; i < 1 << 16; i++) {
        double x = qtable_at(t, i << 16 | 0x8000);
        assert_true(x >= 0 && x <= qtable_max(t));
        sum += x;
        sum2 += x * x;
    }
    near_rel(sum / 65536, dist_mean(d), tolerance);
    near_rel(sum2 / 65536, dist_partial_moment(d, INFINITY, 2), 20 * tolerance);
    qtable_free(t);
}

static void mixtures_have_their_moments(void **state)
{
    check_stratified(&mixture, 1e-4);
    check_stratified(&shifted_mixture, 1e-4);
    check_stratified(&triangular, 1e-6);
    check_stratified(&shifted, 1e-4);
}

static void mixtures_choose_parts_by_their_weights(void **state)
{
    struct qtable *t = table_of(&mixture);
    const double half = 0x1p31, fifth = 0.2 * 0x1p32;
    assert_true(qtable_at(t, (uint32_t)half) == 4);
    assert_true(qtable_at(t, (uint32_t)(half + fifth) - 1) == 4);
    assert_true(qtable_at(t, (uint32_t)(half + fifth) + 1) != 4);
    near_rel(qtable_at(t, (uint32_t)(half / 2)), 1, 1e-6); /* the median of the lognormal */
    qtable_free(t);
}

static void a_triangular_law_rises_through_its_mode(void **state)
{
    struct qtable *t = table_of(&triangular);
    float before = -1;
    for (uint64_t u = 0; u < (uint64_t)1 << 32; u += 400009) {
        double p = ((double)u + 0.5) * 0x1p-32;
        float x = qtable_at(t, (uint32_t)u);
        near_rel(x, dist_quantile(&triangular, p), 1e-6);
        assert_true(x >= before);
        before = x;
    }
    assert_true(qtable_at(t, 0) >= 1 && qtable_at(t, UINT32_MAX) <= 6);
    qtable_free(t);
}

static void constants_are_known_as_such(void **state)
{
    double value = 0;
    struct qtable *t = table_of(&parts[1]);
    assert_true(qtable_is_constant(t, &value) && value == 4);
    near(qtable_at(t, 123456), 4, 0);
    near(qtable_max(t), 4, 0);
    qtable_free(t);
    struct dist twice = {.family = DIST_SHIFTED, .a = 1, .part = &parts[1], .n = 1};
    t = table_of(&twice);
    assert_true(qtable_is_constant(t, &value) && value == 5);
    qtable_free(t);
    t = table_of(&smooth[3]);
    assert_false(qtable_is_constant(t, &value));
    qtable_free(t);
    qtable_free(NULL);
}

static void huge_tails_stay_finite(void **state)
{
    static const struct dist wild[] = {
        {.family = DIST_PARETO,    .a = 1e6,  .b = 0.05},
        {.family = DIST_WEIBULL,   .a = 0.02, .b = 1e6 },
        {.family = DIST_LOGNORMAL, .a = 100,  .b = 10  }
    };
    for (size_t i = 0; i < 3; i++) {
        struct qtable *t = table_of(&wild[i]);
        for (uint64_t u = 0; u < (uint64_t)1 << 32; u += 1234567)
            assert_true(qtable_at(t, (uint32_t)u) >= 0 && qtable_at(t, (uint32_t)u) <= 1e30f);
        assert_true(qtable_at(t, UINT32_MAX) <= 1e30f);
        within(qtable_max(t), 1, 1.000001e30);
        qtable_free(t);
    }
}

static int start(void **state)
{
    math_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_are_the_quantiles_to_1e_6),
        cmocka_unit_test(coarse_draws_are_the_quantiles_to_1e_3),
        cmocka_unit_test(draws_rise_with_u),
        cmocka_unit_test(filling_gives_the_single_draws),
        cmocka_unit_test(steps_fall_where_the_weights_say),
        cmocka_unit_test(weightless_values_are_never_drawn),
        cmocka_unit_test(many_values_keep_their_order),
        cmocka_unit_test(mixtures_have_their_moments),
        cmocka_unit_test(mixtures_choose_parts_by_their_weights),
        cmocka_unit_test(a_triangular_law_rises_through_its_mode),
        cmocka_unit_test(constants_are_known_as_such),
        cmocka_unit_test(huge_tails_stay_finite),
    };
    return cmocka_run_group_tests_name("qtable", tests, start, NULL);
}
