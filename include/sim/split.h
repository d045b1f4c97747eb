/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rare events of queues: splitting in place of plain estimates of shares below 1e-5. */
#ifndef SEAM_SIM_SPLIT_H
#define SEAM_SIM_SPLIT_H

#include "sim/run.h"

/* A share that a plain run can tell nothing of: below 1e-5, and with an interval up to at most
 * 1e-3. */
bool split_is_rare(double share, double low, double high);

/* Bounds of the effort, in events of the engine: no less, no more, whatever the run had. */
struct split_effort {
    double least, most;
};

/* Looks through the result of a run of p, which is timed: rare block_rate, abandon_rate, p_wait and
 * 1 - service_level of desks, and rare shares of items (of all, of classes, and the stages' exits)
 * that end rejected or failed for want of room or abandoned for want of patience, are estimated
 * anew by splitting (split_walk.h), of horizons with at most about twice as many events as the run
 * had (`effort`, NULL: 8 million to 400 million; and one horizon at least); an assumption says so,
 * and how many independent sightings the estimate is worth.  Where too little was seen the plain
 * estimate stays.
 *
 * The number inside at a desk must be what leads to the event: work with a heavy tail may fill a
 * room by one long call, which is not found this way.  Pipelines with environments whose states are
 * hardly ever met within the effort are left alone.  The same bits on any number of threads. */
MUST_CHECK int split_improve(const struct pipeline *p, const struct run_options *options,
                             const struct split_effort *effort, struct result *out,
                             struct error *err);

#endif
