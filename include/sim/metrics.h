/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counters -> metrics, stages, classes and edges of a result, each with its interval. */
#ifndef SEAM_SIM_METRICS_H
#define SEAM_SIM_METRICS_H

#include "model/result.h"
#include "sim/tally.h"

struct metrics_options {
    double level; /* of intervals */
    /* For outer loops: low and high are value -+ one standard error by the normal approximation,
     * and nothing is said in words. */
    bool brief;
    bool means_only; /* shares and means of all items, and nothing else */
};

/* Adds to metrics, stages, classes, edges, assumptions and warnings of *out.
 *
 * Shares have Wilson intervals, means Student's, ratios the delta method's, quantiles those of
 * order statistics, standard deviations the asymptotic one from the fourth moment.  A quantile
 * whose upper limit needs more items than there are has high = INFINITY. */
void metrics_fill(const struct tally *t, const struct metrics_options *options, struct result *out);

/* Says what attempt_latency is of where attempts are hedged. */
void say_hedged(struct result *out);

#endif
