/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which evidence leaves the metrics open: shares of their variance, by regression over draws of the
 * parameters.
 *
 * What is drawn is described by features: each number with evidence by its value, each distribution
 * with evidence by its mean and its mean square up to a high quantile.  Life: init; for each draw
 * its features and its values; put; release. */
#ifndef SEAM_SIM_VARIANCE_H
#define SEAM_SIM_VARIANCE_H

#include "model/pipeline.h"
#include "model/result.h"
#include "sim/exact.h"
#include "sim/sensitivity.h"

struct variance_dist;
struct variance {
    const struct pipeline *pipeline; /* borrowed */
    struct arena arena;
    uint32_t n_draws, n_features;
    uint32_t n_dists;
    struct variance_dist *dist;
    double *x; /* [n_draws * n_features] */
    double *y,
        *fuzz; /* [SENSITIVITY_METRICS * n_draws]: values, NaN: none; their sampling variance */
};

/* Up to n_draws draws of p, which outlives it; the caller releases. */
void variance_init(struct variance *v, const struct pipeline *p, uint32_t n_draws);
/* Frees the draws. */
void variance_release(struct variance *v);
/* What was drawn: theta[n_evidence], and the pipeline with it (pipeline_with). */
void variance_put_features(struct variance *v, uint32_t draw, const double *theta,
                           const struct pipeline *drawn);
/* What a draw showed of sensitivity_metrics[metric], and the standard error of it (0: exact). */
void variance_put_value(struct variance *v, uint32_t draw, uint32_t metric, double value,
                        double error);
/* Adds the shares to the rows of out->sensitivities, with intervals; says how they are made.  Left
 * out: shares of a metric whose variance by the parameters is not seen above the noise. */
void variance_put(const struct variance *v, double level, struct result *out);

/* The same by exact values at draws of its own, where `work` (about ns of one) allows it; nothing
 * without evidence. */
MUST_CHECK int variance_exact(const struct pipeline *p, const struct exact_options *options,
                              double work, struct result *out, struct error *err);

#endif
