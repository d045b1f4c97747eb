/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums over units -> metrics, stages, classes, edges, resources, environments and curves. */
#ifndef SEAM_SIM_QUEUE_METRICS_H
#define SEAM_SIM_QUEUE_METRICS_H

#include "sim/metrics.h"
#include "sim/queue/tally.h"

/* Untimed: shares have Wilson intervals (items are independent), the rest Student's over units.
 * Timed: Student's over replications, or over twentieths of a single one (batch means); ratios by
 * the delta method. */
void queue_metrics(const struct queue_tally *t, const struct metrics_options *options,
                   struct result *out);
/* Curves and warnings of timed runs: backlog, in_system; overload, a warm-up that was too short
 * (MSER-5; White, Simulation 69, 1997), items that did not end. */
void queue_curves(const struct queue_tally *t, double level, struct result *out);
/* Takes in the times of a unit's shipped items, of all classes. */
void queue_cdf_add(struct queue_tally *t, const struct unit_cells *c);
/* Adds the sums of other units. */
void queue_cdf_merge(struct cdf_sums *into, const struct cdf_sums *from);
/* Saves the sums, or adds saved ones. */
void queue_cdf_pack(struct cdf_sums *s, struct pack *p);
/* Frees the sums. */
void queue_cdf_release(struct cdf_sums *s);
/* latency_cdf, with intervals from the spread between units; nothing of less than two. */
void queue_cdf_curve(const struct queue_tally *t, double level, struct result *out);
/* Adds those warnings, and the assumption of batch means, to *out. */
void queue_warn(const struct queue_tally *t, struct result *out);

#endif
