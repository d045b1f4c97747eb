/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics as people read them: 83.30%, 83.30% (83.23-83.37), 213 ms (at least 200), $0.0021.
 *
 * The digits follow the interval: its half-width is given with one or two significant digits.
 * Exact values get four.  0% and 100% without digits behind are exactly none and all. */
#ifndef SEAM_REPORT_FORMAT_H
#define SEAM_REPORT_FORMAT_H

#include "base/buf.h"
#include "model/result.h"

/* The value alone, the interval alone ("" for an exact value or a count), or both.  `currency`
 * NULL is "$". */
void format_value(struct buf *out, const struct metric *m, const char *currency);
/* The interval alone, as 83.23-83.37%. */
void format_interval(struct buf *out, const struct metric *m, const char *currency);
/* The value with its interval behind; the interval alone where the value is NaN. */
void format_both(struct buf *out, const struct metric *m, const char *currency);
/* A plain number with up to `digits` significant digits, no trailing zeros. */
void format_number(struct buf *out, double x, int digits);
/* How the result was made: "Monte Carlo, 1,000,000 trials, seed 1", "200 items from otlp-json
 * (1,511 spans)", "exact, by absorbing chain". */
void format_method(struct buf *out, const struct result *r);
/* Does the metric count as a share of something (from the table of metrics)? */
bool format_is_share(const char *name);
/* "attempts_per_item" -> "attempts per item", "latency_p95" -> "latency p95". */
void format_name(struct buf *out, const char *name);

#endif
