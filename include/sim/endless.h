/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loops without a bound: those that items never leave are refused before a run, and it is told how
 * long the others are. */
#ifndef SEAM_SIM_ENDLESS_H
#define SEAM_SIM_ENDLESS_H

#include "base/error.h"
#include "model/pipeline.h"
#include "sim/run.h"

/* Steps that an item visits on the mean, where loops have no bound; 0 where all have one, and for
 * timed pipelines, whose horizon ends what goes round in time (and whose engine breaks off what
 * takes none).  With options->uncertainty at the means of the evidence.  ERR_NUMERIC: items never
 * leave a loop. */
MUST_CHECK int endless_visits(const struct pipeline *p, const struct run_options *options,
                              double *visits, struct error *err);

/* What a run may do by itself, and at most, in visits of steps. */
enum { ENDLESS_DEFAULT_WORK = 100000000 };
static const double ENDLESS_MOST_WORK = 1e11;

/* Where items make so many visits each: sets the trials that nobody asked for so that they are soon
 * done, and ends stopping rules in time.  *fewer: those are fewer than
 * usual.  ERR_USAGE: more were asked for than can be done. */
MUST_CHECK int endless_limit(double visits, uint64_t usual, struct run_options *options,
                             bool *fewer, struct error *err);

#endif
