/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passes over a filled chain: where items go, and the moments of what they gather on the way.
 *
 * One pass in topological order, as every hop leads forward; inside a block (a loop without a
 * bound) a dense LU solve of at most FLOW_BLOCK_MAX states. */
#ifndef SEAM_SIM_EXACT_FLOW_H
#define SEAM_SIM_EXACT_FLOW_H

#include "sim/exact/chain.h"

enum { FLOW_BLOCK_MAX = 3000 };

/* Expected visits, and E[X^k; here] of time, cost and visits so far, X less `about`. */
struct flow {
    double n, t1, t2, c1, c2, v1, v2;
};
struct flow_about {
    double time_s, cost, visits; /* moments are taken about these, against cancellation */
};

/* Moments [2] of the visits that a visit to this unit counts; those of a parallel with what is
 * inside. */
const double *flow_visits(const struct chain *c, uint32_t unit);
/* Fills state[n_states] (on entry to each) and absorb[ABSORB_COUNT].  ERR_NUMERIC when items never
 * leave a loop, ERR_LIMIT when a block is too large. */
MUST_CHECK int flow_solve(const struct chain *c, const struct flow_about *about, struct flow *state,
                          struct flow *absorb, struct error *err);
/* Expected visits alone; items stay at their first entry of step `stop` (UINT32_MAX: none).
 * False when items never leave a loop. */
bool flow_mass(const struct chain *c, uint32_t stop, double *mass, double absorb[ABSORB_COUNT]);
/* P(ships good, or bad | state) for each state; false as above. */
bool flow_ships(const struct chain *c, bool good, double *p);

#endif
