/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A log of any length as a uniform sample of its traces, in one pass and bounded memory.
 *
 * What asks for all items at once (a fit, a backtest, another policy) reads a log that fits whole.
 * Of a longer one whole traces stay, those whose hash begins with enough zeros: one half of them, a
 * quarter, and so on, the largest of these shares that fits.  Which traces stay depends on their
 * ids alone, not on the order of the spans or the number of threads.  What one value of item_by
 * tells stays or goes together, and so does a session from the trace on in which it was first
 * interrupted: an item is never cut in two.
 *
 * Spans and traces that went are counted.  Rates, latencies and confidences of the sample are those
 * of the log with the evidence of the sample; arrivals are scaled; whatever items do to one another
 * (queues, backlogs) does not show in a sample. */
#ifndef SEAM_TRACE_SAMPLE_H
#define SEAM_TRACE_SAMPLE_H

#include "model/result.h"
#include "trace/log.h"

/* Of the bytes of the whole process, at least SAMPLE_LEAST. */
#define SAMPLE_LEAST (UINT64_C(64) << 20)
/* Spans that `memory` bytes have room for, with all that is made of them. */
size_t sample_room(uint64_t memory);

/* As log_read, of which at most about `room` spans stay; log->pass tells what went.  The caller
 * releases *out, also after an error. */
MUST_CHECK int log_read_sample(const char *const *paths, size_t n,
                               const struct log_options *options, size_t room, uint64_t memory,
                               struct trace_log *out, struct error *err);
/* Traces of the log for each one that stayed: 1 for a log that was read whole. */
double sample_scale(const struct trace_log *log);
/* Says what share of the log stayed, and what that changes; nothing of a log read whole. */
void sample_report(const struct trace_log *log, struct result *out);

#endif
