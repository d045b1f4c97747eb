/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cycles of feedback: what labels change, cycle after cycle.
 *
 * A replication is a chain of horizons under the same random numbers.  Cycle 0 is the pipeline as
 * written; cycle k = 1..cycles is the pipeline with what the labels of the cycles before it change
 * (learning.h).  A cycle's labels are the verdicts, right or wrong, that reviewers (and audits, as
 * `labels` says) give within cycle_s of the end of the warm-up; of a horizon that is shorter they
 * count the more.  The confidences behind labels that a refit uses are those that the items showed,
 * taken back through the map of their cycle; where that was level, the middle of the stretch.
 *
 * Metrics are those of cycle 0: the pipeline as written, as solve gives them.  The curves
 * `learning` have x = "cycle" and y = "labels" (so far), "reliability", "shipped_error",
 * "review_load", and for each rule "flow.STEP.wrong" (mean over the classes) or "flow.STEP.ece" (of
 * the labels of the cycle, in 15 bins), each a mean over replications with Student's interval, and
 * at = "labels=N". The row `feedback` of layers has `closes`: the mean gain of reliability over
 * cycles 1..cycles. */
#ifndef SEAM_SIM_FEEDBACK_H
#define SEAM_SIM_FEEDBACK_H

#include "sim/engine.h"

/* The engine of pipelines with feedback: the general one, horizon after horizon. */
extern const struct engine_def feedback_engine;

#endif
