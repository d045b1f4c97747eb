/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The search over several settings at once: a design that fills the space, clouds about the best
 * that shrink, and where values are exact a constrained minimisation at the end. */
#ifndef SEAM_DECIDE_EXPLORE_H
#define SEAM_DECIDE_EXPLORE_H

#include "decide/evaluate.h"

/* What is looked for. */
enum aim_kind {
    AIM_GOAL,   /* the best of those that meet every target */
    AIM_TARGET, /* the best value of target k alone */
    AIM_JOINT   /* the least of the worst shortfalls */
};
struct aim {
    enum aim_kind kind;
    uint32_t k;
};

struct pool {
    const struct evaluator *e;
    VEC(struct candidate) list;
    uint64_t trials; /* of the candidates that compete: the most that any had so far */
};

/* Evaluates the first candidates: points that fill the ranges, under every combination of whole
 * numbers where these are few, and the scenario as it is.  trials 0: as many as go into that share
 * of the whole work (evaluate_trials). */
MUST_CHECK int explore_design(struct pool *pool, uint64_t seed, uint64_t trials, double share,
                              struct error *err);
/* Evaluates clouds about the best, `rounds` times, each narrower. */
MUST_CHECK int explore_refine(struct pool *pool, struct aim aim, uint32_t rounds, uint64_t seed,
                              uint64_t trials, struct error *err);
/* The best with stage out_of - 1 left out (0: none left out) among those with the most trials; -1:
 * there is none. */
int64_t explore_best(const struct pool *pool, struct aim aim, uint32_t out_of);
/* Exact candidates: a minimum from *c on, to nearly all digits; *c meets every target and still
 * does afterwards. */
void explore_polish(const struct evaluator *e, struct candidate *c);
/* Candidates that no other one beats in both the frontier's axes, ascending in x, as indices into
 * the pool (the caller frees with mem_free).  x: index of a metric. */
size_t *explore_frontier(const struct pool *pool, uint32_t x, size_t *n);
/* Keeps of at[n] so many as a picture shows, evenly along x; how many. */
size_t explore_thin(const struct pool *pool, uint32_t x, size_t *at, size_t n);
/* Evaluates what the frontier lacks: its own points by so many trials, settings about them and
 * between neighbours. */
MUST_CHECK int explore_fill(struct pool *pool, uint32_t x, uint64_t seed, uint64_t trials,
                            struct error *err);

#endif
