/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The general engine: any pipeline, event by event.
 *
 * Untimed pipelines: each item alone, with its own paths of the environments.  Timed ones: whole
 * horizons with arrivals, desks, calendars and everything that items share.  The numbers that an
 * item meets depend on (seed, replication, item, step, visit, attempt, purpose) and on nothing
 * else; what is merged is integers, so that any count of threads gives the same bits. */
#ifndef SEAM_SIM_QUEUE_H
#define SEAM_SIM_QUEUE_H

#include "model/pipeline.h"
#include <stdbool.h>
#include <stdint.h>

/* Features of the language that this engine does, as FEATURE(...) bits. */
uint64_t queue_features(void);
/* Does some step ask for this resource?  Others have no row in results. */
bool queue_uses(const struct pipeline *p, uint32_t resource);

#endif
