/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far an item that took a way nobody was seen to take may lie from the others: so far a mean's
 * interval reaches, times the share of items that may have been missed. */
#ifndef SEAM_SIM_MOST_H
#define SEAM_SIM_MOST_H

#include "model/pipeline.h"

/* 0: it is the same for every item.  With loops an item may do more than this, hardly ever. */
struct item_most {
    double visits, attempts, cost, seconds, shipped_s, net; /* shipped_s: of shipped items */
};
/* Of an item that visits every step once, with all its attempts. */
void item_most(const struct pipeline *p, struct item_most *out);
/* Of one visit of a step; again: items may come to it more or less often. */
void step_most(const struct pipeline *p, uint32_t step, bool again, struct item_most *out);

#endif
