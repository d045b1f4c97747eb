/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cycles of feedback, executed: does a later cycle do better on items that none has seen?
 *
 * Cycle k = 0, 1, ... runs fresh items, whose labels teach the cycles after it (exec/feedback.h),
 * and the same held-out items as every other cycle, whose labels teach nothing.  Each run draws its
 * random numbers anew, so that a difference between cycles has to stand out from their noise.
 *
 * Metrics are those of the held-out items in cycle 0, `learning_gain` is the reliability of the
 * last cycle less that of the first, item by item, with the interval of paired differences
 * (Student); the curves `learning` are those of sim/feedback.h. */
#ifndef SEAM_EXEC_CYCLES_H
#define SEAM_EXEC_CYCLES_H

#include "exec/learnt.h"
#include "exec/run.h"
#include "model/result.h"

struct cycles_options {
    uint32_t cycles;               /* at least 1 */
    uint64_t items;                /* of each cycle, and held out */
    const struct run_input *input; /* (cycles + 1) * items of them: the held-out ones last */
    bool off;                      /* nothing is learnt */
    double level;
};
/* *l: what was learnt before, and in the end what was learnt in all; stopped early, what was until
 * then.  `run` says how: seed, threads, time_scale, faults, stop, setting (each run has a world of
 * its own, in setting.folder).  Its listeners are told of every item once, as of one run: the fresh
 * ones of each cycle, and the held-out ones of the last.  *out is filled. */
MUST_CHECK int run_cycles(const struct pipeline *p, const struct run_options *run,
                          const struct cycles_options *o, struct learnt *l, struct result *out,
                          struct error *err);

#endif
