/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums over units -> metrics, stages, classes, edges, resources, environments and curves. */
#ifndef SEAM_SIM_QUEUE_METRICS_H
#define SEAM_SIM_QUEUE_METRICS_H

#include "sim/metrics.h"
#include "sim/queue_tally.h"

/* Untimed: shares have Wilson intervals (items are independent), the rest Student's over units.
 * Timed: Student's over replications, or over twentieths of a single one (batch means); ratios by
 * the delta method. */
void queue_metrics(const struct queue_tally *t, const struct metrics_options *options,
                   struct result *out);
/* Curves and warnings of timed runs: backlog, in_system; overload, a warm-up that was too short
 * (MSER-5; White, Simulation 69, 1997), items that did not end. */
void queue_curves(const struct queue_tally *t, double level, struct result *out);
/* Adds those warnings, and the assumption of batch means, to *out. */
void queue_warn(const struct queue_tally *t, struct result *out);

#endif
