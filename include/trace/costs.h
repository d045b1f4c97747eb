/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What spans, visits and items cost, from what their spans tell. */
#ifndef SEAM_TRACE_COSTS_H
#define SEAM_TRACE_COSTS_H

#include "model/result.h"
#include "trace/log.h"
#include "trace/tree.h"

/* Fills cost and costed of the log and the cost of its items; after the visits are made. */
void costs_sum(struct trace_log *log, const struct tree *tree);
/* Of a visit, all its attempts; NaN: none tells any. */
double costs_of_visit(const struct trace_log *log, const struct log_visit *v);
/* What an item cost beyond its visits; 0 where nothing is told. */
double costs_between(const struct trace_log *log, const struct log_item *item);

/* The cost of items and of their visits of steps, as metrics of the whole and of out->stages;
 * nothing where the log tells none.  Intervals at `level`: Student's of means, order statistics of
 * quantiles, the delta method for the cost of a correct item. */
void observe_costs(const struct trace_log *log, double level, struct result *out);

#endif
