/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who wins and when: the parts of a fork that need the times of its branches, or compare their
 * confidences. */
#ifndef SEAM_SIM_EXACT_FORK_TIMES_H
#define SEAM_SIM_EXACT_FORK_TIMES_H

#include "sim/exact/fork.h"

/* The only outcome in which the join can be ok, where the join races and there is one; else 0. */
uint32_t fork_only_outcome(const struct fork *f, uint32_t q);
/* Fills f->p[q] where the join races between several outcomes. */
void fork_race(struct fork *f, uint32_t q);
/* Forgets the times of one branch, whose numbers moved. */
void fork_times_forget(struct fork *f, uint32_t branch);
/* Frees the times of all branches. */
void fork_times_release(struct fork *f);
/* Fills f->law of items of quality q. */
void fork_laws(struct fork *f, uint32_t q);
/* The places where `best` compares, from the confidences as filled (sim/exact/best.c). */
void best_refill(struct fork *f);
/* Frees the places. */
void best_release(struct fork *f);

#endif
