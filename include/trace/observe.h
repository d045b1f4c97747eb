/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the running system did: a log as a result. */
#ifndef SEAM_TRACE_OBSERVE_H
#define SEAM_TRACE_OBSERVE_H

#include "model/result.h"
#include "trace/log.h"

/* Fills metrics, stages, edges, curves, names, tasks, data quality and warnings of *out
 * (initialised by the caller, who judges and releases it).  Shares have Wilson intervals over the
 * items, visits or attempts seen, quantiles (nearest rank) those of order statistics, both at
 * `level`.  What is not known of some items is given as bounds: value NaN, low and high, level 0.
 */
void log_observe(const struct trace_log *log, double level, struct result *out);

/* The same from a tally of the log's items, which it puts in order. */
struct tally;
/* As log_observe. */
void observe_tally(struct tally *t, const struct trace_log *log, double level, struct result *out);
/* Of the same the stages and the span names alone. */
void observe_steps(struct tally *t, const struct trace_log *log, double level, struct result *out);

/* k of n with its Wilson interval; nothing when n is 0. */
void observe_share(struct metrics *m, const char *name, uint64_t k, uint64_t n, double level);
/* Mean of n values, the k at x and n - k zeros, with Student's interval; nothing when n is 0. */
void observe_mean(struct metrics *m, const char *name, const double *x, size_t k, size_t n,
                  double level, const char *unit);
/* The quantile p by nearest rank of n >= 1 ascending values that are not negative. */
void observe_quantile(struct metrics *m, const char *name, const double *sorted, size_t n, double p,
                      double level, const char *unit);
/* Sorts x; mean and quantiles by nearest rank under names[0..4]: mean, p50, p90, p95, p99. */
void observe_latency(struct metrics *m, const char *const names[5], double *x, size_t n,
                     double level);
/* Seconds from first start to last end of a visit or item; NaN when unknown. */
double observe_span_s(int64_t start_ns, int64_t end_ns);
/* Time of an item that none of its visits accounts for, s; NaN when unknown. */
double observe_between_s(const struct trace_log *log, const struct log_item *item);
/* The step whose drafts the labels judge: the model's step nearest before the gate, else the one
 * that gave the confidence, else the last stage before the review; -1. */
int32_t observe_draft_stage(const struct trace_log *log);

#endif
