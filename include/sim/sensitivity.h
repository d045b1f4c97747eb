/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Partial derivatives of the metrics with respect to every number of a scenario. */
#ifndef SEAM_SIM_SENSITIVITY_H
#define SEAM_SIM_SENSITIVITY_H

#include "sim/exact.h"

/* Values y[m] of m <= DERIVATIVE_MAX functions at x, and where they are sums whose parts are larger
 * than they, the size[m] of these (0 on entry); false where they are not defined. */
enum { DERIVATIVE_MAX = 12 + 2 * RESOURCES_MAX };
typedef bool derivative_of(void *arg, double x, double *y, double *size);
/* out[m]: dy/dx at x, from values in [low, high] (one-sided at its ends), first of all within
 * `width` of x; to about 1e-11 relative for smooth functions.  0 where y does not move; NaN where
 * there is no derivative (a jump or a kink at x, values that are NaN). */
void derivative(derivative_of *f, void *arg, double x, double low, double high, double width,
                size_t m, double *out);

/* Metrics of items whose derivatives are given; what evidence leaves open is shared out for the
 * first SENSITIVITY_METRICS. */
enum { SENSITIVITY_METRICS = 8, SENSITIVITY_SOLVED = 12 };
extern const char *const sensitivity_metrics[SENSITIVITY_SOLVED];

/* Adds sensitivities to *out: for each number of the scenario (parameters.h) the derivatives, per
 * inside unit, of reliability, shipped_error, auto_error, review_load, cost_per_item,
 * cost_per_correct, latency_mean, net_per_item, share_wrong, share_rejected, share_failed and
 * visits_mean, and with arrivals of each resource's
 * queue_wait_mean and utilisation ("resources.reviewers.utilisation"), those that are not 0.
 * Shares of classes, and what else adds up to 1, move along the simplex: the others keep their
 * proportions.
 *
 * `uncertain`: values at the posterior means of the evidence, with intervals from posterior draws
 * where those are cheap.  With arrivals options->work holds what one solution takes.  What is left
 * out is named in warnings, and *complete is false. */
MUST_CHECK int sensitivity_exact(const struct pipeline *p, const struct exact_options *options,
                                 bool uncertain, struct result *out, bool *complete,
                                 struct error *err);

/* Can hardly any number be moved, when a solution takes about so many ns? */
bool sensitivity_takes_long(double work);

#endif
