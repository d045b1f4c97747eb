/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Architectures side by side: what each attains and costs, what it differs by from the first, which
 * layers of the coordination gap it closes, and the simplest one that meets the objective. */
#ifndef SEAM_DECIDE_COMPARE_H
#define SEAM_DECIDE_COMPARE_H

#include "model/pipeline.h"
#include "model/result.h"

/* One of them, solved or simulated and judged by its targets; all borrowed. */
struct alternative {
    const char *name, *file;
    const struct pipeline *pipeline;
    const struct result *result;
};

/* Fills alternatives, differences, layers (kind: the alternative) and the answer of *out, which the
 * caller made and releases.  The simplest is the one with the fewest steps, and among those the one
 * that costs least for a correct item.  Intervals of differences: method of variance estimates
 * recovery (Zou and Donner 2008), for results of separate runs. */
void compare_alternatives(const struct alternative *a, size_t n, struct result *out);

#endif
