/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much of the time environments spend in their states. */
#ifndef SEAM_SIM_ENVIRONMENT_H
#define SEAM_SIM_ENVIRONMENT_H

#include "model/pipeline.h"

/* The stationary law pi[n] of a chain with the transition probabilities or rates a[n][n], whose
 * diagonal does not matter, by elimination without subtraction (Grassmann, Taksar and Heyman,
 * Operations Research 33, 1985); a is used up. */
void stationary_law(double *a, uint32_t n, double *pi);
/* P(the state that follows `from` is `to`). */
double environment_next(const struct environment *e, uint32_t from, uint32_t to);
/* share[n_states]: of the time, in the long run; they add up to 1. */
void environment_shares(const struct environment *e, double *share);
/* The state with cumulative share of time above u in [0, 1), of share[n_states]. */
uint32_t environment_pick(const struct environment *e, const double *share, double u);
/* The state that follows `from` for u in [0, 1). */
uint32_t environment_follow(const struct environment *e, uint32_t from, double u);
/* What is left of a state at an instant taken at random, s, for u in (0, 1): the equilibrium law,
 * E[min(X, x)] = u E[X] (Cox, "Renewal Theory", 1962, 5.1). */
double environment_left(const struct dist *lasts, double u);

#endif
