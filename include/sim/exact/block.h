/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The equations of a loop without a bound: I - P^T over its states, factorised, for the forward
 * and the backward passes of flow.h and adjoint.h.
 *
 * Life cycle: block_init, any number of solves, block_release. */
#ifndef SEAM_SIM_EXACT_BLOCK_H
#define SEAM_SIM_EXACT_BLOCK_H

#include "sim/exact/chain.h"

#include <gsl/gsl_linalg.h>

/* Column u holds what leaves state begin + u. */
struct block {
    uint32_t begin, n;
    double *memory;
    gsl_matrix_view lu;
    gsl_permutation order;
};
/* Of the states in `range` by the weights as filled; items stay in step `stop` (UINT32_MAX: none).
 * False when items never leave it.  To be released in either case. */
bool block_init(struct block *b, const struct chain *c, const struct chain_block *range,
                uint32_t stop);
/* Frees the factors. */
void block_release(struct block *b);
/* Forward: (I - P^T) x = x in place, x[n] at `stride` doubles from state to state; false when some
 * x is not finite. */
bool block_solve(const struct block *b, double *x, size_t stride);
/* Backward: (I - P) x = x in place, likewise. */
bool block_solve_back(const struct block *b, double *x, size_t stride);

#endif
