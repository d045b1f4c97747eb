/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The items of a log under another policy: other thresholds, retries, routes, reviewers, hours,
 * rate limits, patience. */
#ifndef SEAM_DECIDE_REPLAY_H
#define SEAM_DECIDE_REPLAY_H

#include "base/error.h"
#include "model/pipeline.h"
#include "model/result.h"
#include "trace/log.h"
#include <stdatomic.h>

struct replay_options {
    double level;
    uint64_t seed;
    uint32_t draws;          /* of what the log does not show; 0: as many as are quick, 20 to 200 */
    const atomic_bool *stop; /* NULL, or: give up when set */
};

/* Takes the logged items through `policy`: arrivals, attempts, confidences, decisions, ways and
 * times are those of the log wherever it has them.  `base` is the same scenario before the change:
 * what the two say alike is taken from the log.  Fills metrics, predictions (as logged, expected,
 * bounds), the curve `backlog`, warnings and assumptions.
 *
 * What the log does not show (attempts never made, steps never visited, reviews never held, drafts
 * never judged) is drawn from `policy` for the expected values, its times from the step's other
 * attempts in the log, and resolved the worst and the best way for the bounds of shares; times
 * have an interval at `level`.
 * ERR_USAGE for a change that is no policy, ERR_UNSUPPORTED for a part of the language that a
 * replay cannot do, ERR_INTERRUPTED when stopped. */
MUST_CHECK int log_replay(const struct trace_log *log, const struct pipeline *base,
                          const struct pipeline *policy, const struct replay_options *options,
                          struct result *out, struct error *err);

#endif
