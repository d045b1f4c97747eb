/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a gate, a check, a review, a retry and a route decide: one compiled table that exact,
 * simulated and real runs read alike.
 *
 * An item's passage is: enter a step; attempts until one is visibly good or they are used up;
 * then the step's exit; then the exit's edge.  Edges that can run out are counted per item. */
#ifndef SEAM_MODEL_RULES_H
#define SEAM_MODEL_RULES_H

#include "model/pipeline.h"

enum outcome {
    OUTCOME_OK,
    OUTCOME_WRONG,
    OUTCOME_ERROR,
    OUTCOME_MALFORMED,
    OUTCOME_TIMEOUT,
    OUTCOME_COUNT
};
enum exit_kind {
    EXIT_PASS,
    EXIT_FAIL,
    EXIT_REJECT,
    EXIT_ABOVE,
    EXIT_BELOW,
    EXIT_BETWEEN,
    EXIT_AUDIT,
    EXIT_KIND_COUNT
};

enum { ROUTE_FREE = UINT32_MAX };

/* A chain of alternatives: take the first whose counter is not used up. */
struct route {
    int32_t to;        /* step index or TO_* */
    uint32_t counter;  /* index of the item's counter, ROUTE_FREE when unbounded or forward */
    uint32_t at_most;  /* passes allowed (meaningless when ROUTE_FREE) */
    int32_t otherwise; /* index of the next route of the chain; -1: none (never when bounded) */
    bool back;         /* to an earlier step or the step itself: quality as on first entry there */
};

/* One further attempt after this one? Pure functions of the step. */
bool rules_retries(const struct retry *r, enum outcome o, uint32_t attempts_made);
/* The wait before attempt attempts_made + 1, u in [0, 1) for the jitter; seconds. */
double rules_backoff(const struct retry *r, uint32_t attempts_made, double u);
/* The rule of every gate: ships at c >= t; NaN (no confidence) never ships. */
static inline bool rules_gate_ships(double confidence, double threshold)
{
    return confidence >= threshold;
}
/* Has a parallel ended, of whose branches so many ended well and so many badly? */
enum joined { JOINED_NOT_YET, JOINED_OK, JOINED_FAILED };
enum joined rules_join(const struct parallel *p, uint32_t n_ok, uint32_t n_failed);
/* Effective outcome probabilities of one attempt that may time out with probability p_timeout and
 * whose unseen malformed payloads count as wrong:
 * out[OUTCOME_*] adds up to 1; OUTCOME_MALFORMED is the seen part. */
void rules_outcomes(const struct numbers *n, double p_timeout, double out[OUTCOME_COUNT]);
/* Probability that a review or check ends in each way, for an item of the given quality:
 * pass unchanged, pass and becomes good (fixes), pass and becomes bad (spoils), rejected. */
enum decision { DECIDE_PASS, DECIDE_FIX, DECIDE_SPOIL, DECIDE_REJECT, DECISION_COUNT };
/* out[DECISION_COUNT] adds up to 1; steps other than checks and reviews always pass. */
void rules_decisions(enum step_kind kind, const struct numbers *n, bool good,
                     double out[DECISION_COUNT]);

struct rules {
    const struct pipeline *pipeline; /* borrowed */
    struct route *route;
    uint32_t n_routes, n_counters;
    int32_t (*exit)[EXIT_KIND_COUNT]; /* [n_steps]: index of the first route, -1: impossible */
    int32_t *first_way;               /* [n_steps]: index into way_route of its first way */
    int32_t *way_route;               /* of each way: index of its first route */
    int32_t *entry_slot;              /* [n_steps]: index of the remembered quality on first entry
                                         for targets of back edges; -1 */
    uint32_t n_entry_slots;
    bool has_unbounded;
};
/* Compiles the routes of p, which must outlive r; the caller releases. */
void rules_init(struct rules *r, const struct pipeline *p);
/* Frees the routes and leaves *r zero. */
void rules_release(struct rules *r);
/* The route that an item with these counters takes; counts it.  Returns the route. */
const struct route *rules_take(const struct rules *r, uint32_t step, enum exit_kind exit,
                               uint32_t *counters);
/* The same along the chain that begins at a route, which is an index and not -1. */
const struct route *rules_take_from(const struct rules *r, int32_t first, uint32_t *counters);
/* First routes of all chains that leave a step, k < rules_starts: of the exits, then of the ways of
 * `next`; -1: no such chain. */
static inline uint32_t rules_starts(const struct rules *r, uint32_t step)
{
    return EXIT_KIND_COUNT + r->pipeline->step[step].n_ways;
}
/* The k-th of them. */
static inline int32_t rules_start(const struct rules *r, uint32_t step, uint32_t k)
{
    return k < EXIT_KIND_COUNT ? r->exit[step][k]
                               : r->way_route[r->first_way[step] + (int32_t)(k - EXIT_KIND_COUNT)];
}
/* Marks in seen[n_steps] where an item that leaves `from` may come to, `from` itself only if it may
 * come back; what leads on from marked steps must be marked too. */
void rules_reach(const struct rules *r, uint32_t from, bool *seen);

#endif
