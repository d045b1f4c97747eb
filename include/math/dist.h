/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of distributions: check, cdf, quantile, mean, variance.  None takes negative values.
 *
 * A struct dist is a plain value in canonical parameters (below); arrays and parts are borrowed
 * (they live in the pipeline's arena).  Adding a family: a row in DIST_TABLE, its functions in
 * dist_smooth.c or dist_parts.c, and the parameter sets under which people write it in dist_forms.
 * Call math_init (math/gsl_guard.h) before anything here.
 *
 *   family       a, b, c                      support
 *   constant     a = value                    {a}
 *   exponential  a = mean                     [0, inf)
 *   lognormal    a = mu (of ln), b = sigma    (0, inf)
 *   gamma        a = shape, b = scale         [0, inf)      (erlang is one)
 *   weibull      a = shape, b = scale         [0, inf)
 *   normal       a = mean >= 0, b = sd of the uncut law, which is then conditioned on being >= 0
 *                (not censored: there is no atom at 0, and the mean is a little above a)
 *   uniform      a = from, b = to
 *   triangular   a = min, b = mode, c = max
 *   pert         a = min, b = mode, c = max   (beta, weight 4)
 *   pareto       a = min, b = shape           [a, inf)
 *   beta         a, b                         [0, 1]
 *   discrete     values ascending, weights that add up to 1 (within 1e-6)
 *   empirical    values ascending, each 1/n (or with weights), equal ones allowed
 *   mixture      part[n], weights that add up to 1
 *   shifted      part[0] moved by a
 *   mapped       a confidence part[0] corrected by `map` (dist_map makes them; nobody writes them)
 */
#ifndef SEAM_MATH_DIST_H
#define SEAM_MATH_DIST_H

#include "base/buf.h"
#include "base/error.h"
#include "math/gsl_guard.h"
#include "math/qtable.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* clang-format off */
#define DIST_TABLE(X)             \
    X(CONSTANT, "constant")       \
    X(EXPONENTIAL, "exponential") \
    X(LOGNORMAL, "lognormal")     \
    X(GAMMA, "gamma")             \
    X(WEIBULL, "weibull")         \
    X(NORMAL, "normal")           \
    X(UNIFORM, "uniform")         \
    X(TRIANGULAR, "triangular")   \
    X(PERT, "pert")               \
    X(PARETO, "pareto")           \
    X(BETA, "beta")               \
    X(DISCRETE, "discrete")       \
    X(EMPIRICAL, "empirical")     \
    X(MIXTURE, "mixture")         \
    X(SHIFTED, "shifted")         \
    X(MAPPED, "mapped")
/* clang-format on */

enum dist_family {
#define X(name, word) DIST_##name,
    DIST_TABLE(X)
#undef X
        DIST_FAMILY_COUNT
};

struct dist_form;
struct calibration_map;
struct dist {
    enum dist_family family;
    double a, b, c;
    size_t n;
    const double *values, *weights;
    const struct dist *part;
    const struct calibration_map *map; /* mapped */
    uint64_t evidence;            /* observations it was fitted from; 0: taken as known exactly */
    const struct dist_form *form; /* how it was written, NULL: in canonical parameters */
    double written[3];            /* the parameters of that form */
};

/* What a parameter means to people, so that the scenario reader knows its unit. */
enum dist_param_kind {
    DIST_VALUE, /* in the quantity's own unit */
    DIST_PLAIN, /* a number */
    DIST_RATE   /* per second */
};

/* One way to write a family: `{lognormal: {p50: 45ms, p95: 160ms}}`. */
struct dist_form {
    const char *word; /* "lognormal", "erlang" */
    const char *param[3];
    enum dist_param_kind kind[3];
    size_t n_params;
    /* Canonical, checked parameters from the written ones; ERR_INPUT with a sentence when
     * impossible.  A spread of 0 (p50 = p95, sd = 0) gives a constant. */
    int (*build)(const double *p, struct dist *out, struct error *err);
};
extern const struct dist_form dist_forms[];
extern const size_t dist_forms_count;

/* The word of a family, "unknown" for what is none; static. */
const char *dist_family_name(enum dist_family f);
/* Are they written down alike: the same family and numbers, the same arrays and parts?  Which
 * observations they were fitted from is not asked. */
bool dist_same(const struct dist *a, const struct dist *b);
/* The law of a confidence after its correction: values are corrected one by one, a smooth law
 * becomes a mapped one.  d is a law on [0, 1]; *out borrows from d, from *m and from the arena. */
void dist_map(const struct dist *d, const struct calibration_map *m, struct arena *arena,
              struct dist *out);
/* Always `value`, which is not checked here (dist_check). */
struct dist dist_constant(double value);
/* Parameters in range, weights summing to 1, values ascending; ERR_INPUT with a sentence. */
MUST_CHECK int dist_check(const struct dist *d, struct error *err);
double dist_cdf(const struct dist *d, double x);   /* P(X <= x) */
double dist_below(const struct dist *d, double x); /* P(X < x): differs at atoms */
/* The complements, small values to full precision: P(X > x), P(X >= x)  (dist_tail.c). */
double dist_above(const struct dist *d, double x);
/* P(X >= x), which differs from dist_above at atoms. */
double dist_from(const struct dist *d, double x);
double dist_quantile(const struct dist *d, double p); /* smallest x with F(x) >= p */
/* The quantile of 1 - q, exact for the smallest q. */
double dist_quantile_upper(const struct dist *d, double q);
double dist_mean(const struct dist *d); /* may be INFINITY (pareto) */
/* May be INFINITY, as the mean. */
double dist_variance(const struct dist *d);
/* The lower end of the support. */
double dist_min(const struct dist *d);
/* The upper end of the support; INFINITY where there is none. */
double dist_max(const struct dist *d);
/* E[min(X, t)^k] and E[X^k; X <= t], k = 1 or 2, in closed form (1e-12 relative where t is not far
 * below the bulk).  t may be INFINITY. */
double dist_capped_moment(const struct dist *d, double t, int k);
/* E[X^k; X <= t]; 0 for t below the support. */
double dist_partial_moment(const struct dist *d, double t, int k);

/* For the outer loop of `--uncertainty`: another distribution that the observations behind d
 * (d->evidence of them) make plausible.  Exponential, pareto, lognormal and normal: the
 * conjugate posterior under Jeffreys' prior.  Gamma, weibull, beta: normal in the logarithms of
 * the parameters with the Fisher information of the observations.  Discrete and empirical: Bayesian
 * bootstrap (Rubin 1981).  Mixture: weights likewise, then its parts.  Constant, uniform,
 * triangular and pert are taken as known.  Without evidence, d itself.  The family never changes;
 * arrays come from `arena`. */
struct rng_seq;
/* Where the draw leaves the range of a parameter, *out is d itself. */
void dist_redraw(const struct dist *d, struct rng_seq *rng, struct arena *arena, struct dist *out);

#endif
