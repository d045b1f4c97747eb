/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/fit.h"
#include "tests/support/support.h"

#include "math/gsl_guard.h"
#include "math/rng.h"
#include <math.h>

/* 3.0 is a time-out.  Values by numerical maximisation, agreeing with R's survreg and
 * fitdistcens. */
static const double cens30[30] = {1.273, 0.542, 1.29, 3.0,   3.0,   0.82,  3.0,   0.519,
                                  1.498, 1.771, 3.0,  0.362, 0.498, 0.256, 0.721, 0.316,
                                  2.173, 0.624, 0.91, 3.0,   2.321, 1.017, 2.431, 2.616,
                                  3.0,   0.878, 1.96, 1.579, 1.472, 1.127};

static struct fit fit_of(enum dist_family family, const double *value, const bool *censored,
                         size_t n)
{
    struct fit f;
    struct error err = {0};
    ok(fit_family(family, value, censored, n, &f, &err), &err);
    assert_int_equal(f.dist.family, family);
    assert_int_equal(f.dist.evidence, n);
    return f;
}

static struct fit fit_cens30(enum dist_family family)
{
    bool censored[30];
    for (int i = 0; i < 30; i++)
        censored[i] = cens30[i] == 3;
    return fit_of(family, cens30, censored, 30);
}

static void censored_fits_match_independent_values(void **state)
{
    struct fit f = fit_cens30(DIST_LOGNORMAL);
    near(f.dist.a, 0.31251591796060874, 1e-5);
    near(f.dist.b, 0.8846551160604615, 1e-5);
    near(f.log_likelihood, -37.21439817550136, 1e-7);
    near(f.aic, 78.42879635100272, 1e-6);
    f = fit_cens30(DIST_WEIBULL);
    near(f.dist.a, 1.3503663550291212, 1e-5);
    near(f.dist.b, 1.9667716129588886, 1e-5);
    near(f.log_likelihood, -38.75596049544312, 1e-7);
    near(f.aic, 81.51192099088624, 1e-6);
    f = fit_cens30(DIST_GAMMA);
    near(f.dist.a, 1.7230905093031343, 1e-5);
    near(f.dist.b, 1.0528658128114063, 1e-5);
    near(f.log_likelihood, -38.3000821770128, 1e-7);
    near(f.aic, 80.6001643540256, 1e-6);
    f = fit_cens30(DIST_EXPONENTIAL);
    near(f.dist.a, 1.95725, 1e-9);
    near(f.log_likelihood, -40.11697024334128, 1e-8);
    near(f.aic, 2 + 2 * 40.11697024334128, 1e-7);
}

static void what_is_not_marked_censored_is_taken_as_seen(void **state)
{
    near(fit_of(DIST_LOGNORMAL, cens30, NULL, 30).dist.a, 0.21554696180243513, 1e-9);
    double seen[30];
    size_t n = 0;
    for (int i = 0; i < 30; i++)
        if (cens30[i] < 3)
            seen[n++] = cens30[i];
    assert_int_equal(n, 24);
    near(fit_of(DIST_LOGNORMAL, seen, NULL, n).dist.a, -0.005219369913983474, 1e-9);
}

static void the_distance_is_to_kaplan_and_meier(void **state)
{
    /* by a plain product over the risk sets in exact fractions */
    near(fit_cens30(DIST_EXPONENTIAL).ks, 0.12464836164549883, 1e-12);
    /* F(2) = 1 - e^-1 with one value, whose own step is from 0 to 1 */
    static const double two[] = {2};
    near(fit_of(DIST_EXPONENTIAL, two, NULL, 1).ks, 1 - exp(-1), 1e-14);
}

/* Roots of the likelihood equations by bisection with another digamma function. */
static const double twelve[] = {0.42, 0.61, 0.73, 0.55, 0.88, 0.35,
                                0.69, 0.77, 0.93, 0.48, 0.81, 0.66};

static void gamma_and_beta_solve_their_likelihood_equations(void **state)
{
    struct fit f = fit_of(DIST_GAMMA, twelve, NULL, 12);
    near_rel(f.dist.a, 12.92334779344943, 1e-7);
    near_rel(f.dist.b, 0.05081242702448332, 1e-7);
    f = fit_of(DIST_BETA, twelve, NULL, 12);
    near_rel(f.dist.a, 4.309495791138109, 1e-7);
    near_rel(f.dist.b, 2.2339004874100903, 1e-7);
    near(f.log_likelihood, 4.603947658394091, 1e-9);
    near(f.aic, 4 - 2 * 4.603947658394091, 1e-9);
}

static void a_normal_far_from_its_cut_has_the_plain_moments(void **state)
{
    static const double x[] = {99, 101, 100, 103, 97};
    struct fit f = fit_of(DIST_NORMAL, x, NULL, 5);
    near(f.dist.a, 100, 1e-6);
    near(f.dist.b, 2, 1e-6);
    near(f.log_likelihood, -2.5 * (log(2 * M_PI * 4) + 1), 1e-9);
    /* falling off from 0: the half-normal, whose sd is the root of the mean square */
    static const double half[] = {0.1, 0.2, 0.3, 0.5, 0.9, 1.6, 3};
    f = fit_of(DIST_NORMAL, half, NULL, 7);
    assert_true(f.dist.a == 0);
    near(f.dist.b, sqrt((0.01 + 0.04 + 0.09 + 0.25 + 0.81 + 2.56 + 9) / 7), 1e-4);
}

static void scale_moves_the_scale_alone(void **state)
{
    static const enum dist_family family[] = {DIST_EXPONENTIAL, DIST_LOGNORMAL, DIST_GAMMA,
                                              DIST_WEIBULL, DIST_NORMAL};
    static const double factor[] = {1e-9, 1e12};
    for (int k = 0; k < 5; k++) {
        for (int j = 0; j < 2; j++) {
            double x[12];
            for (int i = 0; i < 12; i++)
                x[i] = twelve[i] * factor[j];
            struct fit f = fit_of(family[k], twelve, NULL, 12), g = fit_of(family[k], x, NULL, 12);
            near_rel(dist_quantile(&g.dist, 0.9), factor[j] * dist_quantile(&f.dist, 0.9), 1e-6);
            near(g.log_likelihood, f.log_likelihood - 12 * log(factor[j]), 1e-7);
            near(g.ks, f.ks, 1e-6);
        }
    }
}

static void what_the_data_do_not_determine_is_refused(void **state)
{
    static const double same[] = {2, 2, 2}, zero[] = {0, 1, 2}, nan_in[] = {1, NAN, 2};
    static const bool all[] = {true, true, true};
    static const double one[] = {0.5, 1};
    struct fit f;
    struct error err = {0};
    assert_int_equal(fit_family(DIST_LOGNORMAL, NULL, NULL, 0, &f, &err), -1);
    error_is(&err, ERR_NUMERIC, "there are no values");
    assert_int_equal(fit_family(DIST_GAMMA, same, NULL, 3, &f, &err), -1);
    error_is(&err, ERR_NUMERIC, "two different");
    assert_int_equal(fit_family(DIST_WEIBULL, cens30, all, 3, &f, &err), -1);
    error_is(&err, ERR_NUMERIC, "censored");
    assert_int_equal(fit_family(DIST_EXPONENTIAL, zero, NULL, 3, &f, &err), -1);
    error_is(&err, ERR_NUMERIC, "above 0");
    assert_int_equal(fit_family(DIST_GAMMA, nan_in, NULL, 3, &f, &err), -1);
    error_is(&err, ERR_NUMERIC, "not a number");
    assert_int_equal(fit_family(DIST_BETA, one, NULL, 2, &f, &err), -1);
    error_is(&err, ERR_NUMERIC, "between 0 and 1");
    assert_int_equal(fit_family(DIST_PARETO, cens30, NULL, 30, &f, &err), -1);
    error_is(&err, ERR_NUMERIC, "no fit");
}

static void values_very_near_each_other_are_fitted_too(void **state)
{
    /* ln X of a gamma or lognormal of tiny spread is normal: sd 1e-4, mean 1 */
    enum { N = 2000 };
    static double x[N];
    static bool censored[N];
    struct rng_seq rng = {rng_key(5, 0, 0, 0, RNG_SPLIT), 0};
    for (int i = 0; i < N; i++) {
        x[i] = exp(1e-4 * rng_normal(&rng));
        censored[i] = x[i] > 1 + 1e-4;
        x[i] = fmin(x[i], 1 + 1e-4);
    }
    near_rel(1 / sqrt(fit_of(DIST_GAMMA, x, censored, N).dist.a), 1e-4, 0.06);
    near_rel(fit_of(DIST_LOGNORMAL, x, censored, N).dist.b, 1e-4, 0.06);
    near(fit_of(DIST_LOGNORMAL, x, censored, N).dist.a, 0, 2e-5);
    assert_true(fit_of(DIST_WEIBULL, x, censored, N).dist.a > 1e3);
}

static double sample(struct rng_seq *rng, enum dist_family family)
{
    switch (family) {
    case DIST_LOGNORMAL:
        return exp(-3 + 0.8 * rng_normal(rng));
    case DIST_GAMMA:
        return 0.01 * rng_gamma(rng, 2.5);
    case DIST_WEIBULL:
        return pow(-log(rng_unit(rng_next(rng))), 0.5);
    default:
        return (rng_below(rng, 2) ? 1 : 5) * exp(0.1 * rng_normal(rng)); /* two humps */
    }
}

static void the_family_that_made_the_data_is_chosen(void **state)
{
    static const enum dist_family family[] = {DIST_LOGNORMAL, DIST_GAMMA, DIST_WEIBULL,
                                              DIST_EMPIRICAL};
    enum { N = 1500 };
    static double x[N];
    struct arena arena;
    arena_init(&arena);
    for (int k = 0; k < 4; k++) {
        struct rng_seq rng = {rng_key(1, 0, 0, (uint32_t)k, RNG_SPLIT), 0};
        for (int i = 0; i < N; i++)
            x[i] = sample(&rng, family[k]);
        struct fit f;
        struct error err = {0};
        fit_choose(x, NULL, N, 1, &arena, &f);
        assert_int_equal(f.dist.family, family[k]);
        assert_int_equal(f.dist.evidence, N);
        ok(dist_check(&f.dist, &err), &err);
        if (family[k] != DIST_EMPIRICAL)
            within(f.p, 0.05, 1);
        else
            assert_int_equal(f.dist.n, 1000);
    }
    arena_release(&arena);
}

static void the_choice_never_fails(void **state)
{
    static const double same[] = {2, 2, 2}, one[] = {7}, wild[] = {NAN, INFINITY, 3, -INFINITY};
    static const double spread[] = {1e-300, 1e-100, 1, 1e100, 1e300, 1e-200, 1e200, 5};
    static const bool all[] = {true, true, true, true, true, true, true, true};
    struct arena arena;
    struct fit f;
    struct error err = {0};
    arena_init(&arena);
    fit_choose(NULL, NULL, 0, 1, &arena, &f);
    assert_int_equal(f.dist.family, DIST_CONSTANT);
    assert_int_equal(f.dist.evidence, 0);
    fit_choose(one, NULL, 1, 1, &arena, &f);
    assert_int_equal(f.dist.family, DIST_CONSTANT);
    near(f.dist.a, 7, 0);
    fit_choose(same, NULL, 3, 1, &arena, &f);
    assert_int_equal(f.dist.family, DIST_CONSTANT);
    assert_int_equal(f.dist.evidence, 3);
    fit_choose(wild, NULL, 4, 1, &arena, &f);
    assert_int_equal(f.dist.family, DIST_CONSTANT);
    near(f.dist.a, 3, 0);
    fit_choose(spread, NULL, 8, 1, &arena, &f);
    ok(dist_check(&f.dist, &err), &err);
    fit_choose(spread, all, 8, 1, &arena, &f);
    assert_int_equal(f.dist.family, DIST_EMPIRICAL);
    near(f.dist.values[0], 1e300, 0);
    fit_choose_confidence(NULL, 0, 1, &arena, &f);
    assert_int_equal(f.dist.family, DIST_CONSTANT);
    arena_release(&arena);
}

static void zeros_are_lifted_when_few_and_kept_when_many(void **state)
{
    enum { N = 400 };
    static double x[N];
    struct rng_seq rng = {rng_key(2, 0, 0, 0, RNG_SPLIT), 0};
    for (int i = 0; i < N; i++)
        x[i] = sample(&rng, DIST_WEIBULL);
    struct arena arena;
    struct fit f;
    arena_init(&arena);
    x[17] = 0;
    x[99] = -0.001;
    fit_choose(x, NULL, N, 1, &arena, &f);
    assert_int_equal(f.dist.family, DIST_WEIBULL);
    for (int i = 0; i < 40; i++)
        x[i] = 0;
    fit_choose(x, NULL, N, 1, &arena, &f);
    assert_int_equal(f.dist.family, DIST_EMPIRICAL);
    near(dist_cdf(&f.dist, 0), 41.0 / N, 1e-12);
    arena_release(&arena);
}

static void few_values_give_the_empirical_distribution_of_kaplan_and_meier(void **state)
{
    /* F is 1/5 at 1, 1 - 4/5 2/3 = 7/15 at 3, 1 at 5; quantiles at 0.1, 0.3, ... */
    static const double x[] = {5, 2, 3, 1, 4}, want[] = {1, 3, 5, 5, 5};
    static const bool censored[] = {false, true, false, false, true};
    struct arena arena;
    struct fit f;
    arena_init(&arena);
    fit_choose(x, censored, 5, 1, &arena, &f);
    assert_int_equal(f.dist.family, DIST_EMPIRICAL);
    assert_int_equal(f.dist.n, 5);
    assert_int_equal(f.dist.evidence, 5);
    for (int i = 0; i < 5; i++)
        near(f.dist.values[i], want[i], 0);
    /* without censoring: the values */
    fit_choose(x, NULL, 4, 1, &arena, &f);
    static const double sorted[] = {1, 2, 3, 5};
    for (int i = 0; i < 4; i++)
        near(f.dist.values[i], sorted[i], 0);
    arena_release(&arena);
}

static void confidences_are_beta_or_empirical(void **state)
{
    enum { N = 500 };
    static double x[N];
    struct rng_seq rng = {rng_key(3, 0, 0, 0, RNG_SPLIT), 0};
    for (int i = 0; i < N; i++)
        x[i] = rng_beta(&rng, 8, 2);
    struct arena arena;
    struct fit f;
    arena_init(&arena);
    fit_choose_confidence(x, N, 1, &arena, &f);
    assert_int_equal(f.dist.family, DIST_BETA);
    within(f.dist.a / f.dist.b, 3.5, 4.5);
    x[3] = 1;
    fit_choose_confidence(x, N, 1, &arena, &f);
    assert_int_equal(f.dist.family, DIST_EMPIRICAL);
    near(dist_max(&f.dist), 1, 0);
    arena_release(&arena);
}

static void the_order_of_the_values_changes_nothing(void **state)
{
    double back[30];
    bool censored[30], censored_back[30];
    for (int i = 0; i < 30; i++) {
        censored[i] = cens30[i] == 3;
        back[29 - i] = cens30[i];
        censored_back[29 - i] = censored[i];
    }
    struct arena arena;
    struct fit a, b;
    arena_init(&arena);
    fit_choose(cens30, censored, 30, 4, &arena, &a);
    fit_choose(back, censored_back, 30, 4, &arena, &b);
    assert_true(a.dist.a == b.dist.a);
    assert_true(a.dist.b == b.dist.b);
    assert_true(a.p == b.p);
    assert_int_equal(a.dist.family, DIST_LOGNORMAL);
    arena_release(&arena);
}

int main(void)
{
    math_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(censored_fits_match_independent_values),
        cmocka_unit_test(what_is_not_marked_censored_is_taken_as_seen),
        cmocka_unit_test(the_distance_is_to_kaplan_and_meier),
        cmocka_unit_test(gamma_and_beta_solve_their_likelihood_equations),
        cmocka_unit_test(a_normal_far_from_its_cut_has_the_plain_moments),
        cmocka_unit_test(scale_moves_the_scale_alone),
        cmocka_unit_test(what_the_data_do_not_determine_is_refused),
        cmocka_unit_test(values_very_near_each_other_are_fitted_too),
        cmocka_unit_test(the_family_that_made_the_data_is_chosen),
        cmocka_unit_test(the_choice_never_fails),
        cmocka_unit_test(zeros_are_lifted_when_few_and_kept_when_many),
        cmocka_unit_test(few_values_give_the_empirical_distribution_of_kaplan_and_meier),
        cmocka_unit_test(confidences_are_beta_or_empirical),
        cmocka_unit_test(the_order_of_the_values_changes_nothing),
    };
    return cmocka_run_group_tests_name("fit", tests, NULL, NULL);
}
