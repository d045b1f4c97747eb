/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/recalibrate.h"
#include "tests/support/support.h"

#include "math/dist.h"
#include "math/rng.h"
#include <math.h>

static const double confidence[] = {0.12, 0.25, 0.31, 0.42, 0.48, 0.55, 0.55, 0.63,
                                    0.71, 0.78, 0.84, 0.88, 0.93, 0.97, 0.99};
static const int correct[] = {0, 0, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0};
enum { N = sizeof correct / sizeof *correct };

static struct calibration_map fitted(enum calibration_fit method, struct arena *arena)
{
    struct scored s[N];
    struct calibration_map m;
    for (size_t i = 0; i < N; i++)
        s[i] = (struct scored){.confidence = confidence[i], .weight = 1, .correct = correct[i]};
    calibration_fit(method, s, N, arena, &m);
    return m;
}

/* By a search along the coordinates in another language, polished to a gradient of 1e-15. */
static void fits_are_where_the_likelihood_of_the_labels_is_largest(void **state)
{
    struct calibration_map m = fitted(FIT_PLATT, NULL);
    near(m.linear, 2.3272746347139024, 1e-7);
    near(m.c, -1.0427338243592479, 1e-7);
    m = fitted(FIT_TEMPERATURE, NULL);
    near(m.a, 0.2782982476665319, 1e-8);
    near(m.b, m.a, 0);
    near(m.c, 0, 0);
}

/* Freely the slope of -ln(1 - x) would be -0.601; the best map that rises has it at 0. */
static void a_beta_map_never_falls(void **state)
{
    struct calibration_map m = fitted(FIT_BETA, NULL);
    near(m.a, 1.2395071794650623, 1e-7);
    near(m.b, 0, 0);
    near(m.c, 1.1395620976011278, 1e-7);
}

static void labels_against_the_confidence_give_a_level_map(void **state)
{
    const struct scored s[] = {
        {.confidence = 0.2, .weight = 1, .correct = true },
        {.confidence = 0.4, .weight = 2, .correct = true },
        {.confidence = 0.9, .weight = 1, .correct = false},
    };
    const enum calibration_fit all[] = {FIT_PLATT, FIT_BETA, FIT_TEMPERATURE};
    for (size_t i = 0; i < 3; i++) {
        struct calibration_map m;
        calibration_fit(all[i], s, 3, NULL, &m);
        assert_true(calibration_map_is_level(&m));
        /* Platt's targets: (3 * 4/5 + 1 * 1/3) / 4 */
        near(calibration_map_at(&m, 0.7), (3 * 0.8 + 1.0 / 3) / 4, 1e-9);
    }
}

/* Pooled by hand: 0 0 | 1 0 | 1 0 1 (a tie of two) ... */
static void isotonic_pools_violators_and_ties(void **state)
{
    struct arena arena;
    arena_init(&arena);
    struct calibration_map m = fitted(FIT_ISOTONIC, &arena);
    near(calibration_map_at(&m, 0), 0, 0);
    near(calibration_map_at(&m, 0.25), 0, 0);
    near(calibration_map_at(&m, 0.31), 0.5, 1e-15);
    near(calibration_map_at(&m, 0.42), 0.5, 1e-15);
    near(calibration_map_at(&m, 0.28), 0.25, 1e-12); /* half-way between two blocks */
    near(calibration_map_at(&m, 0.48), 0.6, 1e-15);  /* 1, 0 1, 1, 0 */
    near(calibration_map_at(&m, 0.71), 0.6, 1e-15);
    near(calibration_map_at(&m, 0.78), 5.0 / 6, 1e-15);
    near(calibration_map_at(&m, 1), 5.0 / 6, 1e-15);
    near(calibration_map_back(&m, 0.25), 0.28, 1e-12);
    near(calibration_map_back(&m, 0.5), (0.31 + 0.42) / 2, 1e-12);
    near(calibration_map_first(&m, 0.6), 0.48, 1e-12);
    near(calibration_map_last(&m, 0.6), 0.71, 1e-12);
    near(calibration_map_first(&m, 0.9), 2, 0);
    near(calibration_map_last(&m, -0.1), -1, 0);
    arena_release(&arena);
}

static void a_tie_is_pooled_before_its_neighbours(void **state)
{
    const struct scored s[] = {
        {.confidence = 0.1, .weight = 1, .correct = false},
        {.confidence = 0.2, .weight = 1, .correct = false},
        {.confidence = 0.2, .weight = 3, .correct = true },
    };
    struct arena arena;
    struct calibration_map m;
    arena_init(&arena);
    calibration_fit(FIT_ISOTONIC, s, 3, &arena, &m);
    near(calibration_map_at(&m, 0.1), 0, 0);
    near(calibration_map_at(&m, 0.2), 0.75, 1e-15);
    arena_release(&arena);
}

/* For confidences that are Beta(a1, b1) when right and Beta(a0, b0) when wrong the posterior is a
 * beta map: logit P = logit(share) + ln B(a0, b0) / B(a1, b1) + (a1 - a0) ln x + (b1 - b0) ln(1-x).
 * A fit to 40,000 labels is within five of its standard errors at every place. */
static void a_beta_fit_finds_the_posterior_of_beta_confidences(void **state)
{
    const double a1 = 9, b1 = 1.5, a0 = 4, b0 = 3, share = 0.8;
    enum { LABELS = 40000 };
    struct scored *s = mem_zero(LABELS, sizeof *s);
    struct rng_seq rng = {rng_key(1, 0, 0, 0, RNG_SPLIT), 0};
    for (size_t i = 0; i < LABELS; i++) {
        s[i].correct = rng_unit(rng_next(&rng)) < share;
        s[i].weight = 1;
        s[i].confidence = s[i].correct ? rng_beta(&rng, a1, b1) : rng_beta(&rng, a0, b0);
    }
    struct calibration_map m;
    calibration_fit(FIT_BETA, s, LABELS, NULL, &m);
    double c = log(share / (1 - share)) + lgamma(a0) + lgamma(b0) - lgamma(a0 + b0) - lgamma(a1) -
               lgamma(b1) + lgamma(a1 + b1);
    for (double x = 0.3; x < 0.96; x += 0.05) {
        double z = c + (a1 - a0) * log(x) + (b1 - b0) * log1p(-x), p = 1 / (1 + exp(-z));
        /* at most a tenth of the labels bear on one place: 2 sqrt(p q / 4000) */
        within_sigma(calibration_map_at(&m, x), p, 2 * sqrt(p * (1 - p) / 4000), 5.0);
    }
    mem_free(s);
}

static void a_mapped_law_is_that_of_the_corrected_values(void **state)
{
    const struct dist uniform = {.family = DIST_UNIFORM, .a = 0, .b = 1};
    const struct calibration_map tempered = {.a = 2, .b = 2, .c = 0.5};
    struct arena arena;
    struct dist d;
    struct error err = {0};
    arena_init(&arena);
    dist_map(&uniform, &tempered, &arena, &d);
    ok(dist_check(&d, &err), &err);
    for (double y = 0.05; y < 1; y += 0.1) {
        double x = 1 / (1 + exp(-(log(y / (1 - y)) - 0.5) / 2));
        near(dist_cdf(&d, y), x, 1e-12);
        near(dist_above(&d, y), 1 - x, 1e-12);
        near(dist_quantile(&d, x), y, 1e-12);
    }
    const struct calibration_map same = {.a = 1, .b = 1};
    dist_map(&uniform, &same, &arena, &d);
    near(dist_mean(&d), 0.5, 1e-12);
    near(dist_variance(&d), 1.0 / 12, 1e-12);
    near(dist_partial_moment(&d, 0.5, 2), 0.125 / 3, 1e-12);
    arena_release(&arena);
}

static void knots_make_atoms_where_the_map_is_level(void **state)
{
    static const double raw[] = {0.2, 0.5, 1}, corrected[] = {0.1, 0.4, 0.9};
    const struct calibration_map m = {.n = 3, .raw = raw, .corrected = corrected};
    const struct dist uniform = {.family = DIST_UNIFORM, .a = 0, .b = 1};
    struct arena arena;
    struct dist d;
    struct error err = {0};
    double sum = 0;
    arena_init(&arena);
    dist_map(&uniform, &m, &arena, &d);
    near(dist_cdf(&d, 0.1), 0.2, 1e-15);
    near(dist_below(&d, 0.1), 0, 0);
    near(dist_from(&d, 0.1), 1, 0);
    near(dist_above(&d, 0.1), 0.8, 1e-15);
    near(dist_mean(&d), 0.2 * 0.1 + 0.3 * 0.25 + 0.5 * 0.65, 1e-10);
    struct qtable *t = qtable_new(&d, &err);
    assert_non_null(t);
    for (uint32_t i = 0; i < 4096; i++) {
        double u = (i + 0.5) / 4096, y = qtable_at(t, (i << 20) + (1u << 19));
        near(y, u < 0.2 ? 0.1 : u < 0.5 ? u - 0.1 : u - 0.1, 2e-6);
        sum += y / 4096;
    }
    near(sum, 0.42, 1e-4);
    qtable_free(t);
    arena_release(&arena);
}

static void values_are_corrected_one_by_one(void **state)
{
    static const double values[] = {0.1, 0.3, 0.8}, weights[] = {0.2, 0.3, 0.5};
    const struct dist seen = {
        .family = DIST_DISCRETE, .n = 3, .values = values, .weights = weights, .evidence = 10};
    const struct calibration_map platt = {.linear = 4, .c = -2};
    struct arena arena;
    struct dist d;
    arena_init(&arena);
    dist_map(&seen, &platt, &arena, &d);
    assert_int_equal(d.family, DIST_DISCRETE);
    assert_int_equal(d.evidence, 10);
    near(d.values[2], 1 / (1 + exp(-1.2)), 1e-15);
    near(dist_cdf(&d, 1 / (1 + exp(0.8))), 0.5, 1e-15);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits_are_where_the_likelihood_of_the_labels_is_largest),
        cmocka_unit_test(a_beta_map_never_falls),
        cmocka_unit_test(labels_against_the_confidence_give_a_level_map),
        cmocka_unit_test(isotonic_pools_violators_and_ties),
        cmocka_unit_test(a_tie_is_pooled_before_its_neighbours),
        cmocka_unit_test(a_beta_fit_finds_the_posterior_of_beta_confidences),
        cmocka_unit_test(a_mapped_law_is_that_of_the_corrected_values),
        cmocka_unit_test(knots_make_atoms_where_the_map_is_level),
        cmocka_unit_test(values_are_corrected_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
