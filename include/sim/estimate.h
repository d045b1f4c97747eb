/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One estimate with its interval into a list of metrics: shares, means, deviations, quantiles. */
#ifndef SEAM_SIM_ESTIMATE_H
#define SEAM_SIM_ESTIMATE_H

#include "math/summary.h"
#include "model/result.h"
#include "sim/metrics.h"

struct writer {
    struct metrics *to;
    const struct metrics_options *options;
    const char *money; /* unit */
    bool alike;        /* times are all the same */
};

/* k of n; nothing when n = 0. */
void put_share(const struct writer *w, const char *name, uint64_t k, uint64_t n);
/* The same, exactly 0 where the scenario leaves no way for it to happen. */
void put_share_if(const struct writer *w, const char *name, bool possible, uint64_t k, uint64_t n);
/* What n values may hold without a sign: an interval about `value` that comes from less than a
 * handful of values unlike the others reaches -log((1 - level) / 2) / n (the share of which nothing
 * was seen) times `most` further to either side, `most` being how far such a value may lie off
 * (sim/most.h); 0: all are alike. */
struct interval allow_unseen(const struct writer *w, struct interval at, double value, uint64_t n,
                             double most);
/* A mean with the variance of one value; `most` as above. */
void put_mean(const struct writer *w, const char *name, double mean, double variance, uint64_t n,
              const char *unit, double most);
/* E[y]/E[x] of n pairs; nothing when E[x] = 0. */
struct pair_moments {
    double mean_y, mean_x, var_y, var_x, cov;
    uint64_t n;
};
/* Of paired sums, with an interval by the delta method; `most` as above, of y. */
void put_ratio(const struct writer *w, const char *name, const struct pair_moments *p,
               const char *unit, double most);
/* A standard deviation, from the variance and the fourth central moment; `most` as above. */
void put_deviation(const struct writer *w, const char *name, double variance, double fourth,
                   uint64_t n, const char *unit, double most);
/* The p-quantile of a sketch with its interval; nothing when the sketch is empty. */
void put_quantile(const struct writer *w, const char *name, const struct sketch *s, double p,
                  const char *unit);
/* The same of values that depend on one another: their mean varies `excess` >= 1 times as much as
 * that of independent ones (a design effect: Kish, "Survey Sampling", 1965, 8.2). */
void put_quantile_of_clusters(const struct writer *w, const char *name, const struct sketch *s,
                              double p, double excess, const char *unit);
/* A value without an interval. */
void put_exact(const struct writer *w, const char *name, double value, const char *unit);
/* `capability`, as given or that of the stages of layer model, exactly; `gap`, what it has above
 * the reliability that is in w->to.  class: one of them, or n_classes for all; nothing without
 * either. */
void put_gap(const struct writer *w, const struct pipeline *p, uint32_t class);
/* The variance of what a sketch holds. */
double sketch_variance(const struct sketch *s);
/* The fourth central moment of what a sketch holds. */
double sketch_fourth(const struct sketch *s, double mean);

#endif
