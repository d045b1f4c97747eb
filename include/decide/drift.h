/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Has a stage changed between two logs, or along one?  With a false-alarm rate over all tests. */
#ifndef SEAM_DECIDE_DRIFT_H
#define SEAM_DECIDE_DRIFT_H

#include "model/result.h"
#include "trace/log.h"

/* Items of a log, in order of their start. */
struct drift_side {
    const struct trace_log *log; /* borrowed */
    uint32_t *item;              /* [n] owned */
    size_t n;
};

struct drift_options {
    double level;  /* 1 - the rate of false alarms, of all tests together */
    uint64_t seed; /* of the random numbers that part equal values */
};

/* All items of a log, or those from `first` to `last` of all in order of start, as shares in
 * [0, 1].  Release with drift_side_release. */
void drift_side_take(const struct trace_log *log, double first, double last,
                     struct drift_side *out);
/* Frees what the side took and leaves *s zero. */
void drift_side_release(struct drift_side *s);

/* Fills changes, curves, answer, warnings and assumptions of *out (initialised by the caller);
 * *alarm: at least one test says changed.  ERR_INPUT when a side has fewer than DRIFT_LEAST items.
 */
enum { DRIFT_LEAST = 20 };
MUST_CHECK int drift(const struct drift_side *before, const struct drift_side *now,
                     const struct drift_options *options, struct result *out, bool *alarm,
                     struct error *err);

#endif
