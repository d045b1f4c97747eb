/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items that leave at their deadline, even inside a step, where nobody waits for anybody: what has
 * not ended before it ends there.
 *
 * Time decides nothing else, so that the chain without the deadline tells where an item would be,
 * and the laws of the times at which it comes to each step and leaves it say how much of that is
 * before the deadline. */
#ifndef SEAM_SIM_EXACT_DEADLINE_H
#define SEAM_SIM_EXACT_DEADLINE_H

#include "sim/exact/values.h"

struct deadline;
/* NULL, or why the chain cannot have them: a literal. */
const char *deadline_lacks(const struct pipeline *p);
/* Do items of this class leave at one that some time could reach? */
bool deadline_holds(const struct model *m, uint32_t class);
/* After flow_solve of a class: state[].n become visits that begin before the deadline; absorb[].n,
 * .t1 and .t2 those of items that end before it; absorb[0] has all of cost and visits, NaN where
 * not known; and m->left[class] those that leave.  ERR_NUMERIC where too little is known of the
 * times. */
MUST_CHECK int deadline_flow(struct model *m, uint32_t class, struct flow *state,
                             struct flow *absorb, struct error *err);
/* Adds the class's visits, attempts and edges to m->stage and m->flow, after deadline_flow. */
void deadline_stages(struct model *m, uint32_t class, double share);
/* What is not had of a step besides times. */
bool deadline_hides(const struct model *m, uint32_t step);
/* F(x) less of what is known of it, the largest so far. */
double deadline_error(const struct model *m);
/* The largest share of items whose time is the deadline itself. */
double deadline_tied(const struct model *m);
/* The share of a scope (0: all, then classes) that would end as `of` says without it. */
double deadline_free(const struct model *m, uint32_t scope, uint32_t of);
/* The one deadline of a scope in s, NaN where classes differ. */
double deadline_of(const struct model *m, uint32_t scope);
/* Roughly the ns of one deadline_flow of all classes. */
double deadline_work(const struct model *m);
/* Frees all of m->deadline. */
void deadline_release(struct model *m);

#endif
