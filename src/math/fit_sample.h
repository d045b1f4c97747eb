/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sorted sample with what the likelihoods need of it; internal to fit*.c. */
#ifndef SEAM_MATH_FIT_SAMPLE_H
#define SEAM_MATH_FIT_SAMPLE_H

#include "math/fit.h"

struct fit_row {
    double x;
    bool censored;
};

enum { FIT_LIMITS_MAX = 4096 };

struct fit_sample {
    struct fit_row *row; /* owned; ascending, uncensored before censored where equal */
    double *ln;          /* owned; of row[i].x / scale */
    size_t n, n_seen;    /* seen: uncensored */
    double scale;        /* geometric mean of all x */
    /* sums over the seen, of x / scale */
    double sum, sum_ln, sum_ln_centred2, sum_ln_complement; /* the last of ln(1 - x), unscaled */
    double mean_ln_seen, spread; /* spread: standard deviation of ln x over the seen */
    /* the distinct censored values over scale, and how often each occurs */
    size_t n_limits;
    double limit[FIT_LIMITS_MAX], weight[FIT_LIMITS_MAX];
};

/* Room for n rows, from mem_alloc; the rows are to be filled by the caller. */
struct fit_sample *fit_sample_new(size_t n);
void fit_sample_free(struct fit_sample *s);
/* Sorts the first n rows and fills all the rest; more than max_limits distinct censored values are
 * merged with their neighbours. */
void fit_sample_prepare(struct fit_sample *s, size_t n, size_t max_limits);
/* As fit_family, without ks. */
MUST_CHECK int fit_sample_family(enum dist_family family, const struct fit_sample *s,
                                 struct fit *out, struct error *err);
/* Kolmogorov-Smirnov distance between d and the Kaplan-Meier estimate. */
double fit_sample_distance(const struct fit_sample *s, const struct dist *d);

#endif
