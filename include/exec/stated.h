/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kind `stated`: a step does what its numbers in the scenario say, by the dice of the call's
 * key; checks and reviews decide as stated too (a simulated reviewer). */
#ifndef SEAM_EXEC_STATED_H
#define SEAM_EXEC_STATED_H

#include "exec/stage.h"

/* Who a simulated reviewer is: nobody by name. */
#define STATED_REVIEWER "simulated"

/* The latency that a call with these numbers and this key will have, s; before any fatigue. */
double stated_latency(const struct numbers *n, uint64_t key);

#endif
