/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What spans, visits and items cost, from what their spans tell. */
#ifndef SEAM_TRACE_COSTS_H
#define SEAM_TRACE_COSTS_H

#include "trace/log.h"
#include "trace/tree.h"

/* Fills cost of the log, of each span with those below it; NULL where none tells any. */
void costs_add_up(struct trace_log *log, const struct tree *tree);
/* Of a visit, all its attempts; NaN: none tells any. */
double costs_of_visit(const struct trace_log *log, const struct log_visit *v);
/* What an item cost beyond its visits; 0 where nothing is told. */
double costs_between(const struct trace_log *log, const struct log_item *item);

#endif
