/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The adjoint of the absorbing chain: the derivatives of what items add up to by every number that
 * the chain is filled with (the weights of branches, what visits add) from one pass forward and one
 * backward.
 *
 * Life cycle: adjoint_init for a built chain, adjoint_solve for any filling of it, then adjoint_add
 * for the numbers as they are filled at that time; adjoint_release. */
#ifndef SEAM_SIM_EXACT_ADJOINT_H
#define SEAM_SIM_EXACT_ADJOINT_H

#include "sim/exact/flow.h"

/* Sums over all items of a class, per item: where they end (of the shipped by quality and review,
 * as absorb_index), time of the shipped in s, cost and visits of all, and items reviewed. */
enum item_total {
    TOTAL_SHIP,
    TOTAL_REJECTED = TOTAL_SHIP + 4,
    TOTAL_FAILED,
    TOTAL_REVIEWED,
    TOTAL_TIME,
    TOTAL_COST,
    TOTAL_VISITS,
    TOTAL_COUNT
};

/* What the weight of a branch brings about, but for what its own visit adds and less the mean of
 * the branches beside it; and what multiplies the weight times the time, and times the cost and the
 * visits, that it adds. */
struct adjoint_branch {
    double total[TOTAL_COUNT], shipped, n;
};
struct adjoint {
    const struct chain *chain;     /* borrowed */
    double *value;                 /* [n_states][TOTAL_COUNT] still to come from a state on */
    struct adjoint_branch *branch; /* [n_branches] */
    double start[2][TOTAL_COUNT];  /* by the share of items that enter bad and good */
};
/* Takes room for the chain, which must outlive it. */
void adjoint_init(struct adjoint *a, const struct chain *c);
/* Frees it and leaves *a zero. */
void adjoint_release(struct adjoint *a);
/* total[TOTAL_COUNT]: the sums themselves, from what flow_solve gave about 0. */
void adjoint_totals(const struct chain *c, const struct flow *state, const struct flow *absorb,
                    double *total);
/* All derivatives at the numbers as filled; state[n_states] as flow_solve gives it about 0.  False
 * when items never leave a loop. */
bool adjoint_solve(struct adjoint *a, const struct flow *state);
/* Adds to total[TOTAL_COUNT] what is linear in the branches of a step and what they add, as filled
 * now, and has the derivatives of the totals; to size[TOTAL_COUNT] its parts without their signs,
 * which rounding errors go by. */
void adjoint_add(const struct adjoint *a, uint32_t step, double *total, double *size);
/* The same by the share of bad items at the start. */
void adjoint_add_start(const struct adjoint *a, double *total, double *size);

#endif
