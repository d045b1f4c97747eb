/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The general engine: any pipeline, event by event.
 *
 * Untimed pipelines: each item alone, with its own paths of the environments.  Timed ones: whole
 * horizons with arrivals, desks, calendars and everything that items share.  The numbers that an
 * item meets depend on (seed, replication, item, step, visit, attempt, purpose) and on nothing
 * else; what is merged is integers, so that any count of threads gives the same bits. */
#ifndef SEAM_SIM_QUEUE_H
#define SEAM_SIM_QUEUE_H

#include "base/error.h"
#include "model/pipeline.h"
#include "model/result.h"
#include "sim/run.h"

/* Features that this engine runs, as FEATURE(...) bits. */
uint64_t queue_features(void);
/* Does it run this pipeline? */
int queue_supports(const struct pipeline *p);
/* Fills *out as run_simulate does (that is who calls it).  options->trials counts items of an
 * untimed pipeline, replications of a timed one (0: 1,000,000, or those of the horizon).
 * ERR_UNSUPPORTED names what it does not run. */
MUST_CHECK int queue_run(const struct pipeline *p, const struct run_options *options,
                         struct result *out, struct error *err);
/* For outer loops: one draw of the parameters, on this thread, under a replication number of its
 * own: `items` items, or one horizon.  Brief metrics (metrics.h). */
MUST_CHECK int queue_draw(const struct pipeline *p, uint64_t seed, uint64_t replication,
                          uint64_t items, double level, struct result *out, struct error *err);
/* The curves and warnings of a plain run alone (what an outer loop over a timed pipeline lacks). */
MUST_CHECK int queue_series(const struct pipeline *p, const struct run_options *options,
                            struct result *out, struct error *err);
/* Does some step ask for this resource?  Others have no row in results. */
bool queue_uses(const struct pipeline *p, uint32_t resource);
/* Replications of a timed pipeline when nobody asks for another number. */
uint64_t queue_replications(const struct pipeline *p);

#endif
