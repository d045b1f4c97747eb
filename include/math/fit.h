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
    double ks; /* Kolmogorov-Smirnov distance (against Kaplan-Meier when censored) */
    double p;  /* its p-value with the parameters estimated (parametric bootstrap, 199 draws);
                  NaN when not computed */
};

/* Maximum likelihood of one family (exponential, lognormal, gamma, weibull, normal, beta) from n
 * values > 0 of which censored[i] (may be NULL) are only known to be at least value[i].  beta takes
 * values below 1.  evidence is n, p is NaN.
 * ERR_NUMERIC with a sentence when the data do not determine it (all equal, too few, none
 * uncensored) or a value is outside the family's support. */
MUST_CHECK int fit_family(enum dist_family family, const double *value, const bool *censored,
                          size_t n, struct fit *out, struct error *err);
/* p for a fit from fit_family: the share of 199 samples drawn from it, censored as the data are and
 * refitted, whose distance is at least as large (Stute, Gonzalez Manteiga and Presedo Quindimil
 * 1993).  Of more than 2,000 values 2,000 evenly spaced order statistics are tested, so that a
 * misfit too small to be seen in 2,000 values does not reject. */
double fit_goodness(const struct fit *fit, const double *value, const bool *censored, size_t n,
                    uint64_t seed);

/* The best of lognormal, gamma, weibull (and exponential) by AIC whose p is at least 0.05; when
 * none fits, the empirical distribution (values copied to arena, at most 1,000 evenly spaced
 * quantiles, of Kaplan-Meier where some are censored; what lies beyond the last
 * known value is put at the largest limit).  Fewer than 5 uncensored values give the empirical
 * distribution too; n = 0 or all equal a constant.  Values that are not finite are left out;
 * values <= 0 (a clock's resolution) become half the smallest positive value when they are at most
 * 1% of all, else the empirical distribution has them as 0.  evidence is the number of values.
 * Never fails. */
void fit_choose(const double *value, const bool *censored, size_t n, uint64_t seed,
                struct arena *arena, struct fit *out);
/* The same for confidences in [0, 1]: beta, else empirical (always when a value is 0 or 1). */
void fit_choose_confidence(const double *value, size_t n, uint64_t seed, struct arena *arena,
                           struct fit *out);

#endif
