/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/dist.h"
#include "math/gamma.h"
#include "math/rng.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

/* Means, variances, F(t) and E[X^k; X <= t], by numerical integration of the densities with mpmath
 * at 30 digits. */
static const struct {
    struct dist d;
    double mean, variance, t, share, partial1, partial2;
} known[] = {
    {{.family = DIST_EXPONENTIAL, .a = 2},
     2.0,                 4.0,
     1.5,  0.52763344725898529,
     0.34671706540644853,   0.32404351795851101   },
    {{.family = DIST_LOGNORMAL, .a = -1, .b = 0.5},
     0.4168620196785084,  0.049356216697984702,
     0.45, 0.65652022598606414,
     0.19232224639511635,   0.061416253482014486  },
    {{.family = DIST_LOGNORMAL, .a = 0.7, .b = 1.5},
     6.2027950191048651,  326.56280181629665,
     3.0,  0.60478086004510974,
     0.67333388206287235,   1.1411243625580342    },
    {{.family = DIST_GAMMA, .a = 2.5, .b = 3},
     7.5,                 22.5,
     6.0,  0.45058404864721977,
     1.6516694364321306,    6.9762635120052653    },
    {{.family = DIST_GAMMA, .a = 0.4, .b = 2},
     0.8,                 1.6,
     0.3,  0.50603587224593673,
     0.041475031277603845,  0.0071239876215471004 },
    {{.family = DIST_GAMMA, .a = 900, .b = 0.01},
     9.0,                 0.09,
     9.1,  0.63427895502119997,
     5.5952598984264029,    49.382710344265878    },
    {{.family = DIST_WEIBULL, .a = 1.7, .b = 4},
     3.5689780099972968,  4.6696772359336535,
     2.5,  0.36222883965406291,
     0.54087767845668998,   0.95411114557873686   },
    {{.family = DIST_WEIBULL, .a = 0.6, .b = 1},
     1.504575488251556,   6.9967808682781392,
     0.8,  0.58300859093353123,
     0.1412834413081315,    0.064086288729006773  },
    {{.family = DIST_NORMAL, .a = 2, .b = 1},
     2.05524786267899,    0.88645194831142355,
     1.7,  0.36770375480246517,
     0.40038894408697101,   0.50502871504159341   },
    {{.family = DIST_NORMAL, .a = 0.3, .b = 1},
     0.91722085361273444, 0.43387216178174711,
     0.1,  0.062552190106675537,
     0.0031406367326054385, 0.00020979373524400225},
    {{.family = DIST_UNIFORM, .a = 1, .b = 4},
     2.5,                 0.75,
     2.25, 0.41666666666666667,
     0.67708333333333333,   1.1545138888888889    },
    {{.family = DIST_TRIANGULAR, .a = 1, .b = 2, .c = 6},
     3.0,                 1.1666666666666667,
     3.5,  0.6875,
     1.6458333333333333,    4.1901041666666667    },
    {{.family = DIST_PERT, .a = 1, .b = 2, .c = 6},
     2.5,                 0.75,
     3.5,  0.85792997743038102,
     1.9285456458250428,    4.6769370129713644    },
    {{.family = DIST_PARETO, .a = 1.5, .b = 3.2},
     2.1818181818181818,  1.2396694214876033,
     2.5,  0.80497782248735419,
     1.4726466272267425,    2.7496303747892366    },
    {{.family = DIST_BETA, .a = 9, .b = 1.5},
     0.85714285714285714, 0.01064773735581189,
     0.9,  0.5833699061537594,
     0.4630260055730181,    0.37222257117823921   },
    {{.family = DIST_BETA, .a = 0.5, .b = 0.7},
     0.41666666666666667, 0.11047979797979798,
     0.2,  0.36470920861186558,
     0.02474342599400422,   0.0029921092583549027 },
};
enum { KNOWN = sizeof known / sizeof known[0] };

static const double tenths[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
static const double counting[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
static const struct dist ten = {
    .family = DIST_DISCRETE, .n = 10, .values = counting, .weights = tenths};
static const struct dist few = {.family = DIST_EMPIRICAL, .n = 4, .values = counting};

static void moments_are_those_of_the_density(void **state)
{
    for (size_t i = 0; i < KNOWN; i++) {
        near_rel(dist_mean(&known[i].d), known[i].mean, 1e-12);
        near_rel(dist_variance(&known[i].d), known[i].variance, 1e-11);
    }
}

static void partial_and_capped_moments_are_those_of_the_density(void **state)
{
    for (size_t i = 0; i < KNOWN; i++) {
        const struct dist *d = &known[i].d;
        double t = known[i].t, beyond = 1 - known[i].share;
        near_rel(dist_cdf(d, t), known[i].share, 1e-12);
        near_rel(dist_partial_moment(d, t, 1), known[i].partial1, 1e-12);
        near_rel(dist_partial_moment(d, t, 2), known[i].partial2, 1e-12);
        near_rel(dist_capped_moment(d, t, 1), known[i].partial1 + t * beyond, 1e-12);
        near_rel(dist_capped_moment(d, t, 2), known[i].partial2 + t * t * beyond, 1e-12);
        near_rel(dist_capped_moment(d, INFINITY, 1), known[i].mean, 1e-12);
        near(dist_partial_moment(d, dist_min(d) / 2 - 1, 1), 0, 0);
    }
}

static void the_cdf_undoes_the_quantile(void **state)
{
    static const double p[] = {1e-10, 1e-6, 1e-3, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.99};
    for (size_t i = 0; i < KNOWN; i++) {
        struct error err = {0};
        double before = -1;
        ok(dist_check(&known[i].d, &err), &err);
        for (size_t k = 0; k < sizeof p / sizeof *p; k++) {
            double x = dist_quantile(&known[i].d, p[k]);
            near_rel(dist_cdf(&known[i].d, x), p[k],
                     x > dist_min(&known[i].d) + 1e-3 ? 1e-9 : 1e-5);
            assert_true(x > before);
            before = x;
        }
    }
}

static void the_far_upper_tail_keeps_its_digits(void **state)
{
    struct dist exponential = {.family = DIST_EXPONENTIAL, .a = 1};
    near_rel(dist_quantile_upper(&exponential, 1e-30), 30 * M_LN10, 1e-14);
    struct dist pareto = {.family = DIST_PARETO, .a = 1, .b = 2};
    near_rel(dist_quantile_upper(&pareto, 1e-20), 1e10, 1e-12);
    /* mpmath: Q(z) = 1e-20 */
    struct dist lognormal = {.family = DIST_LOGNORMAL, .a = 0, .b = 1};
    near_rel(log(dist_quantile_upper(&lognormal, 1e-20)), 9.262340089798408, 1e-12);
    for (size_t i = 0; i < KNOWN; i++)
        near_rel(dist_quantile_upper(&known[i].d, 0.25), dist_quantile(&known[i].d, 0.75), 1e-12);
}

static void tails_keep_their_digits_where_the_cdf_is_1(void **state)
{
    for (size_t i = 0; i < KNOWN; i++) {
        const struct dist *d = &known[i].d;
        near_rel(dist_above(d, known[i].t), 1 - known[i].share, 1e-11);
        double x = dist_quantile_upper(d, 1e-9);
        near_rel(dist_above(d, x), 1e-9, dist_max(d) < 10 ? 1e-3 : 1e-8);
        near_rel(dist_from(d, x), dist_above(d, x), 1e-15);
        near(dist_above(d, dist_min(d)), 1, 0);
    }
    near(dist_above(&ten, 9), 0.1, 1e-15);
    near(dist_from(&ten, 9), 0.2, 1e-15);
    near(dist_above(&few, 3), 0.25, 0);
    struct dist parts[] = {dist_constant(0.1), ten}; /* no weights: half and half */
    struct dist m = {.family = DIST_MIXTURE, .n = 2, .part = parts};
    near(dist_above(&m, 8), 0.1, 1e-15);
    struct dist s = {.family = DIST_SHIFTED, .a = 0.2, .part = parts, .n = 1};
    near(dist_above(&s, 0.1 + 0.2), 0, 0);
    near(dist_from(&s, 0.1 + 0.2), 1, 0);
    near(dist_above(&s, 0.25), 1, 0);
}

/* Weibull of shape 1 and gamma of shape 1 are exponential; beta(1, 1) is uniform; erlang of 2. */
static void families_meet_where_they_should(void **state)
{
    struct dist exponential = {.family = DIST_EXPONENTIAL, .a = 3};
    struct dist gamma = {.family = DIST_GAMMA, .a = 1, .b = 3};
    struct dist weibull = {.family = DIST_WEIBULL, .a = 1, .b = 3};
    for (double x = 0.01; x < 40; x *= 1.7) {
        near_rel(dist_cdf(&gamma, x), dist_cdf(&exponential, x), 1e-13);
        near_rel(dist_cdf(&weibull, x), dist_cdf(&exponential, x), 1e-13);
        near_rel(dist_partial_moment(&weibull, x, 2), dist_partial_moment(&exponential, x, 2),
                 1e-12);
    }
    struct dist erlang = {.family = DIST_GAMMA, .a = 2, .b = 1};
    near_rel(dist_cdf(&erlang, 3), 1 - exp(-3) * 4, 1e-14);
    struct dist beta = {.family = DIST_BETA, .a = 1, .b = 1};
    near_rel(dist_cdf(&beta, 0.3), 0.3, 1e-14);
    struct dist uncut = {.family = DIST_NORMAL, .a = 50, .b = 1};
    near(dist_quantile(&uncut, 0.975), 50 + 1.959963984540054, 1e-12);
}

/* Values of P(a, x) and Q(a, x) by mpmath at 30 digits. */
static void incomplete_gammas_hold_for_large_shapes(void **state)
{
    near_rel(gamma_lower(40, 30), 0.046253037645842036, 1e-12);
    near_rel(gamma_lower(1e4, 9900), 0.15865119219356466, 1e-11);
    near_rel(gamma_upper(1e6, 1001500), 0.066861104235897762, 1e-11);
    for (double a = 301; a < 1e9; a *= 7) {
        double x = gamma_inverse(a, 1e-6, 1 - 1e-6);
        near_rel(gamma_lower(a, x), 1e-6, 1e-9);
        x = gamma_inverse(a, 1 - 1e-6, 1e-6);
        near_rel(gamma_upper(a, x), 1e-6, 1e-9);
        near(gamma_lower(a, a) + gamma_upper(a, a), 1, 1e-14);
        /* the median lies within 1/3 of a below it (Chen and Rubin 1986) */
        within(gamma_inverse(a, 0.5, 0.5), a - 1.0 / 3 - 1e-7, a - 1.0 / 3 + 0.01);
    }
}

static void infinite_moments_say_so(void **state)
{
    struct dist one = {.family = DIST_PARETO, .a = 1, .b = 1};
    assert_true(isinf(dist_mean(&one)) && isinf(dist_variance(&one)));
    near_rel(dist_capped_moment(&one, M_E, 1), 2, 1e-14); /* 1 + ln t */
    struct dist two = {.family = DIST_PARETO, .a = 1, .b = 1.5};
    near_rel(dist_mean(&two), 3, 1e-14);
    assert_true(isinf(dist_variance(&two)));
}

static void a_discrete_quantile_is_the_smallest_value_that_reaches_p(void **state)
{
    near(dist_quantile(&ten, 0.7), 7, 0);
    near(dist_quantile(&ten, 0.7001), 8, 0);
    near(dist_quantile(&ten, 0.8), 8, 0);
    near(dist_quantile(&ten, 0), 1, 0);
    near(dist_quantile(&ten, 1), 10, 0);
    near(dist_quantile(&few, 0.5), 2, 0);
    near(dist_quantile(&few, 0.51), 3, 0);
    near(dist_quantile(&few, 0.75), 3, 0);
    static const double holes[] = {0, 0.5, 0, 0.5, 0};
    struct dist holed = {.family = DIST_DISCRETE, .n = 5, .values = counting, .weights = holes};
    near(dist_quantile(&holed, 0), 2, 0);
    near(dist_quantile(&holed, 0.5), 2, 0);
    near(dist_quantile(&holed, 1), 4, 0);
}

static void atoms_tell_below_from_up_to(void **state)
{
    struct dist c = dist_constant(2);
    near(dist_cdf(&c, 2), 1, 0);
    near(dist_below(&c, 2), 0, 0);
    near(dist_cdf(&c, 1.999), 0, 0);
    near(dist_cdf(&ten, 3), 0.3, 1e-15);
    near(dist_below(&ten, 3), 0.2, 1e-15);
    near(dist_cdf(&ten, 3.5), 0.3, 1e-15);
    near(dist_mean(&ten), 5.5, 1e-14);
    near(dist_variance(&ten), 8.25, 1e-13);
    near(dist_partial_moment(&ten, 3, 2), 1.4, 1e-14);
    near(dist_capped_moment(&ten, 3, 1), 0.1 + 0.2 + 0.3 * 8, 1e-14);
    near(dist_variance(&few), 1.25, 1e-14);
}

/* 30% an answer from a cache after exactly 0.1, else exponential of mean 2. */
static void mixtures_mix(void **state)
{
    static const double weights[] = {0.3, 0.7};
    struct dist parts[] = {
        dist_constant(0.1), {.family = DIST_EXPONENTIAL, .a = 2}
    };
    struct dist m = {.family = DIST_MIXTURE, .n = 2, .part = parts, .weights = weights};
    struct error err = {0};
    ok(dist_check(&m, &err), &err);
    near_rel(dist_mean(&m), 0.03 + 1.4, 1e-14);
    near_rel(dist_variance(&m), 0.003 + 0.7 * 8 - 1.43 * 1.43, 1e-13);
    near_rel(dist_below(&m, 0.1), 0.7 * -expm1(-0.05), 1e-14);
    near_rel(dist_cdf(&m, 0.1), 0.3 + 0.7 * -expm1(-0.05), 1e-14);
    assert_true(dist_quantile(&m, 0.2) == 0.1);
    near_rel(dist_quantile(&m, 0.02), -2 * log1p(-0.02 / 0.7), 1e-11);
    near_rel(dist_quantile(&m, 0.9), -2 * log(0.1 / 0.7), 1e-12);
    near_rel(dist_quantile_upper(&m, 1e-9), -2 * log(1e-9 / 0.7), 1e-8);
    near(dist_min(&m), 0, 0);
    assert_true(isinf(dist_max(&m)));
}

static void shifting_moves_everything(void **state)
{
    struct dist part = {.family = DIST_GAMMA, .a = 2.5, .b = 3};
    struct dist s = {.family = DIST_SHIFTED, .a = 0.7, .part = &part, .n = 1};
    near_rel(dist_mean(&s), 8.2, 1e-13);
    near_rel(dist_variance(&s), 22.5, 1e-13);
    near_rel(dist_cdf(&s, 6.7), 0.45058404864721977, 1e-12);
    near_rel(dist_partial_moment(&s, 6.7, 1), 1.6516694364321306 + 0.7 * 0.45058404864721977,
             1e-12);
    near_rel(dist_quantile(&s, 0.3), 0.7 + dist_quantile(&part, 0.3), 1e-14);
    struct dist atom = dist_constant(0.1);
    struct dist moved = {.family = DIST_SHIFTED, .a = 0.2, .part = &atom, .n = 1};
    double at = dist_quantile(&moved, 0.5);
    near(dist_cdf(&moved, at), 1, 0);
    near(dist_below(&moved, at), 0, 0);
}

static void check_names_what_is_wrong(void **state)
{
    static const double falling[] = {2, 1}, halves[] = {0.5, 0.5}, light[] = {0.5, 0.4},
                        negative[] = {-1, 1}, odd[] = {1.5, -0.5};
    const struct dist inner = {.family = DIST_UNIFORM, .a = 1, .b = 2};
    const struct dist bad_part = {.family = DIST_GAMMA, .a = 0, .b = 1};
    const struct {
        struct dist d;
        const char *says;
    } bad[] = {
        {{.family = DIST_CONSTANT, .a = -1},                                       "negative"              },
        {{.family = DIST_CONSTANT, .a = NAN},                                      "negative"              },
        {{.family = DIST_EXPONENTIAL, .a = 0},                                     "mean"                  },
        {{.family = DIST_EXPONENTIAL, .a = INFINITY},                              "mean"                  },
        {{.family = DIST_LOGNORMAL, .a = 0, .b = 0},                               "sigma"                 },
        {{.family = DIST_LOGNORMAL, .a = NAN, .b = 1},                             "mu"                    },
        {{.family = DIST_GAMMA, .a = -2, .b = 1},                                  "shape"                 },
        {{.family = DIST_WEIBULL, .a = 2, .b = 0},                                 "scale"                 },
        {{.family = DIST_NORMAL, .a = -1, .b = 1},                                 "mean"                  },
        {{.family = DIST_NORMAL, .a = 1, .b = 0},                                  "deviation"             },
        {{.family = DIST_UNIFORM, .a = 2, .b = 2},                                 "above from"            },
        {{.family = DIST_TRIANGULAR, .a = 1, .b = 5, .c = 4},                      "must rise"             },
        {{.family = DIST_PERT, .a = 1, .b = 1, .c = 1},                            "must rise"             },
        {{.family = DIST_PARETO, .a = 1, .b = 0},                                  "shape"                 },
        {{.family = DIST_BETA, .a = 1, .b = 0},                                    "b is 0"                },
        {{.family = DIST_DISCRETE},                                                "at least one value"    },
        {{.family = DIST_DISCRETE, .n = 2, .values = falling, .weights = halves},  "must rise"             },
        {{.family = DIST_DISCRETE, .n = 2, .values = counting, .weights = light},  "add up to 0.9"         },
        {{.family = DIST_DISCRETE, .n = 2, .values = negative, .weights = halves}, "negative"              },
        {{.family = DIST_DISCRETE, .n = 2, .values = counting, .weights = odd},    "weight 1"              },
        {{.family = DIST_MIXTURE, .n = 1, .part = &bad_part},                      "mixture: part 1: gamma"},
        {{.family = DIST_SHIFTED, .a = -1.5, .part = &inner},                      "can become negative"   },
        {{.family = DIST_FAMILY_COUNT},                                            "not a family"          },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct error err = {0};
        assert_int_equal(dist_check(&bad[i].d, &err), -1);
        error_is(&err, ERR_INPUT, bad[i].says);
    }
}

static const struct dist_form *form(const char *word, const char *first, const char *second)
{
    for (size_t i = 0; i < dist_forms_count; i++) {
        const struct dist_form *f = &dist_forms[i];
        if (strcmp(f->word, word) == 0 && strcmp(f->param[0], first) == 0 &&
            (!second || strcmp(f->param[1], second) == 0))
            return f;
    }
    fail_msg("no form %s %s", word, first);
    return NULL;
}

static struct dist built(const char *word, const char *first, const char *second, double a,
                         double b)
{
    struct dist d = {0};
    struct error err = {0};
    ok(form(word, first, second)->build((const double[]){a, b, 9}, &d, &err), &err);
    return d;
}

static void percentiles_come_out_as_written(void **state)
{
    static const char *const words[] = {"lognormal", "gamma", "weibull", "normal"};
    for (size_t i = 0; i < 4; i++) {
        for (double ratio = 1.02; ratio < 30; ratio *= 2.1) {
            struct dist d = built(words[i], "p50", "p95", 0.045, 0.045 * ratio);
            if (d.family == DIST_NORMAL) { /* of the law before the cut */
                near_rel(d.a, 0.045, 1e-14);
                near_rel(d.a + 1.6448536269514722 * d.b, 0.045 * ratio, 1e-14);
                continue;
            }
            near_rel(dist_quantile(&d, 0.5), 0.045, 1e-9);
            near_rel(dist_quantile(&d, 0.95), 0.045 * ratio, 1e-9);
        }
        struct dist c = built(words[i], "p50", "p95", 3, 3);
        assert_int_equal(c.family, DIST_CONSTANT);
        near(c.a, 3, 0);
    }
}

static void means_and_deviations_come_out_as_written(void **state)
{
    static const char *const words[] = {"lognormal", "gamma"};
    for (size_t i = 0; i < 2; i++) {
        struct dist d = built(words[i], "mean", "sd", 42, 15);
        near_rel(dist_mean(&d), 42, 1e-12);
        near_rel(sqrt(dist_variance(&d)), 15, 1e-12);
    }
    struct dist d = built("erlang", "k", "mean", 3, 6);
    near_rel(dist_mean(&d), 6, 1e-14);
    near_rel(dist_variance(&d), 12, 1e-14);
    d = built("exponential", "rate", NULL, 4, 0);
    near(d.a, 0.25, 0);
    d = built("exponential", "mean", NULL, 4, 0);
    near(d.a, 4, 0);
    d = built("beta", "mean", "n", 0.9, 20);
    near(d.a, 18, 1e-14);
    near(d.b, 2, 1e-14);
    d = built("lognormal", "p50", "sigma", 2, 0.5);
    near_rel(dist_quantile(&d, 0.5), 2, 1e-14);
    near(d.b, 0.5, 0);
    d = built("lognormal", "mu", "sigma", -1, 0.5);
    near_rel(dist_mean(&d), 0.4168620196785084, 1e-13);
    d = built("pert", "min", NULL, 1, 2);
    near(d.c, 9, 0);
}

static void impossible_numbers_are_refused_with_a_sentence(void **state)
{
    static const double zeros[3] = {0, 0, 0}, falling[3] = {5, 2, 1}, bad[3] = {NAN, NAN, NAN};
    for (size_t i = 0; i < dist_forms_count; i++) {
        struct dist d = dist_constant(77);
        struct error err = {0};
        assert_int_equal(dist_forms[i].build(bad, &d, &err), -1);
        error_is(&err, ERR_INPUT, "");
        assert_true(d.a == 77);
        assert_int_equal(dist_forms[i].build(zeros, &d, &err), -1);
        if (strcmp(dist_forms[i].param[0], "p50") == 0 && dist_forms[i].kind[1] == DIST_VALUE)
            assert_int_equal(dist_forms[i].build(falling, &d, &err), -1);
    }
    struct dist d;
    struct error err = {0};
    assert_int_equal(form("erlang", "k", NULL)->build((const double[]){2.5, 1}, &d, &err), -1);
    error_is(&err, ERR_INPUT, "erlang: k is 2.5");
}

static void without_evidence_nothing_is_redrawn(void **state)
{
    struct rng_seq rng = {1, 0};
    struct arena arena;
    struct dist out;
    arena_init(&arena);
    for (size_t i = 0; i < KNOWN; i++) {
        dist_redraw(&known[i].d, &rng, &arena, &out);
        assert_memory_equal(&out, &known[i].d, sizeof out);
    }
    dist_redraw(&ten, &rng, &arena, &out);
    assert_ptr_equal(out.weights, tenths);
    arena_release(&arena);
}

enum { REDRAWS = 20000 };

/* Variances of the two parameters as mapped by f (ln or identity), and their covariance, over
 * redraws with n observations, times n. */
static void spread(struct dist d, double n, bool log_a, double *vaa, double *vbb, double *vab)
{
    struct rng_seq rng = {rng_key(11, 0, 0, (uint32_t)d.family, RNG_PARAMETER), 0};
    double a = 0, b = 0, aa = 0, bb = 0, ab = 0;
    d.evidence = (uint64_t)n;
    for (int i = 0; i < REDRAWS; i++) {
        struct dist out;
        dist_redraw(&d, &rng, NULL, &out);
        assert_int_equal(out.family, d.family);
        double x = log_a ? log(out.a / d.a) : out.a - d.a, y = d.b > 0 ? log(out.b / d.b) : 0;
        a += x, b += y, aa += x * x, bb += y * y, ab += x * y;
    }
    a /= REDRAWS, b /= REDRAWS;
    *vaa = n * (aa / REDRAWS - a * a);
    *vbb = n * (bb / REDRAWS - b * b);
    *vab = n * (ab / REDRAWS - a * b);
}

/* The inverse Fisher informations by mpmath (that of the weibull by integrating products of
 * scores); a variance over 20,000 redraws has a standard error of 1%. */
static void redraws_spread_as_the_observations_allow(void **state)
{
    double vaa, vbb, vab;
    spread((struct dist){.family = DIST_WEIBULL, .a = 1.7, .b = 4}, 10000, true, &vaa, &vbb, &vab);
    near_rel(vaa, 0.60792710185402663, 0.05);
    near_rel(vbb, 0.38362107226973253, 0.05);
    near_rel(vab, 0.1511894444386428, 0.15);
    spread((struct dist){.family = DIST_BETA, .a = 9, .b = 1.5}, 10000, true, &vaa, &vbb, &vab);
    near_rel(vaa, 2.1900180644052886, 0.05);
    near_rel(vbb, 1.6615527395317625, 0.05);
    near_rel(vab, 1.5725749627642169, 0.05);
    spread((struct dist){.family = DIST_GAMMA, .a = 2.5, .b = 3}, 10000, true, &vaa, &vbb, &vab);
    near_rel(vaa, 1.7707389703492661, 0.05);
    near_rel(vaa + vbb + 2 * vab, 0.4, 0.05); /* of ln mean */
    spread((struct dist){.family = DIST_LOGNORMAL, .a = 0, .b = 2}, 10000, false, &vaa, &vbb, &vab);
    near_rel(vaa, 4, 0.05);
    near_rel(vbb, 0.5, 0.05);
    near(vab, 0, 0.1);
    spread((struct dist){.family = DIST_EXPONENTIAL, .a = 2}, 10000, true, &vaa, &vbb, &vab);
    near_rel(vaa, 1, 0.05);
}

/* sigma'^2 / sigma^2 = 4 / chi^2_4 has the mean 2, and mu' the variance sigma^2 2 / 5. */
static void few_observations_give_the_heavy_tails_of_student(void **state)
{
    double vaa, vbb, vab;
    spread((struct dist){.family = DIST_LOGNORMAL, .a = 0, .b = 1}, 5, false, &vaa, &vbb, &vab);
    within(vaa, 1.8, 2.2);
}

/* Dirichlet(n w): the variance of a weight is w (1 - w) / (n + 1). */
static void weights_are_redrawn_by_the_bayesian_bootstrap(void **state)
{
    struct rng_seq rng = {rng_key(12, 0, 0, 0, RNG_PARAMETER), 0};
    struct arena arena;
    struct dist d = ten, out;
    double first = 0, first2 = 0;
    arena_init(&arena);
    d.evidence = 50;
    for (int i = 0; i < REDRAWS; i++) {
        dist_redraw(&d, &rng, &arena, &out);
        double sum = 0;
        for (size_t k = 0; k < 10; k++)
            sum += out.weights[k];
        near(sum, 1, 1e-12);
        first += out.weights[0];
        first2 += out.weights[0] * out.weights[0];
    }
    first /= REDRAWS;
    within_sigma(first, 0.1, sqrt(0.09 / 51 / REDRAWS), 5.0);
    near_rel(first2 / REDRAWS - first * first, 0.09 / 51, 0.1);
    arena_release(&arena);
}

static void parts_are_redrawn_by_their_own_evidence(void **state)
{
    struct rng_seq rng = {3, 0};
    struct arena arena;
    arena_init(&arena);
    struct dist part = {.family = DIST_LOGNORMAL, .a = 0, .b = 1, .evidence = 20}, out;
    struct dist s = {.family = DIST_SHIFTED, .a = 1, .part = &part, .n = 1};
    dist_redraw(&s, &rng, &arena, &out);
    assert_true(out.part->b != 1 && out.a == 1 && part.b == 1);
    struct dist parts[2] = {dist_constant(1), part};
    static const double half[] = {0.5, 0.5};
    struct dist m = {
        .family = DIST_MIXTURE, .n = 2, .part = parts, .weights = half, .evidence = 100};
    dist_redraw(&m, &rng, &arena, &out);
    assert_true(out.weights[0] != 0.5 && out.part[1].b != 1 && out.part[0].a == 1);
    near(out.weights[0] + out.weights[1], 1, 1e-12);
    arena_release(&arena);
}

static int start(void **state)
{
    math_init();
    math_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_those_of_the_density),
        cmocka_unit_test(partial_and_capped_moments_are_those_of_the_density),
        cmocka_unit_test(the_cdf_undoes_the_quantile),
        cmocka_unit_test(the_far_upper_tail_keeps_its_digits),
        cmocka_unit_test(tails_keep_their_digits_where_the_cdf_is_1),
        cmocka_unit_test(families_meet_where_they_should),
        cmocka_unit_test(incomplete_gammas_hold_for_large_shapes),
        cmocka_unit_test(infinite_moments_say_so),
        cmocka_unit_test(a_discrete_quantile_is_the_smallest_value_that_reaches_p),
        cmocka_unit_test(atoms_tell_below_from_up_to),
        cmocka_unit_test(mixtures_mix),
        cmocka_unit_test(shifting_moves_everything),
        cmocka_unit_test(check_names_what_is_wrong),
        cmocka_unit_test(percentiles_come_out_as_written),
        cmocka_unit_test(means_and_deviations_come_out_as_written),
        cmocka_unit_test(impossible_numbers_are_refused_with_a_sentence),
        cmocka_unit_test(without_evidence_nothing_is_redrawn),
        cmocka_unit_test(redraws_spread_as_the_observations_allow),
        cmocka_unit_test(few_observations_give_the_heavy_tails_of_student),
        cmocka_unit_test(weights_are_redrawn_by_the_bayesian_bootstrap),
        cmocka_unit_test(parts_are_redrawn_by_their_own_evidence),
    };
    return cmocka_run_group_tests_name("dist", tests, start, NULL);
}
