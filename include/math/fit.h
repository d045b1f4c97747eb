/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distributions from data: maximum likelihood with right-censoring, goodness of fit, choice. */
#ifndef SEAM_MATH_FIT_H
#define SEAM_MATH_FIT_H

#include "base/buf.h"
#include "base/error.h"
#include "math/dist.h"
#include <stdbool.h>
#include <stddef.h>

struct fit {
    struct dist dist;
    double log_likelihood, aic;
    double ks;   /* Kolmogorov-Smirnov distance (against Kaplan-Meier when censored) */
    double p;    /* its p-value with the parameters estimated (parametric bootstrap, 199 draws);
                    NaN when not computed */
};

/* Maximum likelihood of one family (exponential, lognormal, gamma, weibull, normal, beta) from n
 * values > 0 of which censored[i] (may be NULL) are only known to be at least value[i].
 * ERR_NUMERIC with a sentence when the data do not determine it (all equal, too few, none
 * uncensored). */
MUST_CHECK int fit_family(enum dist_family family, const double *value, const bool *censored,
                          size_t n, struct fit *out, struct error *err);
/* The best of lognormal, gamma, weibull (and exponential) by AIC whose p is at least 0.05; when
 * none fits, the empirical distribution (values copied to arena, at most 1,000 evenly spaced
 * quantiles).  n = 0 or all equal gives a constant.  Never fails. */
void fit_choose(const double *value, const bool *censored, size_t n, uint64_t seed,
                struct arena *arena, struct fit *out);
/* The same for confidences in [0, 1]: beta, else empirical. */
void fit_choose_confidence(const double *value, size_t n, uint64_t seed, struct arena *arena,
                           struct fit *out);

#endif
