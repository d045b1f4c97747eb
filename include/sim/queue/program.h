/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pipeline -> the flat program of the general engine: read-only once made, shared by all threads.
 *
 * A step has a plan for each (given that holds, class, state of the environments that touch it).
 * Equal distributions share a quantile table. */
#ifndef SEAM_SIM_QUEUE_PROGRAM_H
#define SEAM_SIM_QUEUE_PROGRAM_H

#include "math/eight.h"
#include "model/pipeline.h"
#include "model/rules.h"
#include "sim/compile.h"

/* A distribution to draw from by one 32-bit number. */
struct law {
    const struct qtable *table; /* NULL: always `value` */
    double value;
    struct smooth smooth; /* its rows: NULL unless the table is smooth */
};

struct queue_plan {
    struct law latency;
    double limit_s, budget_s, cost, hedge_after_s;
    uint64_t cut[CUT_COUNT]; /* 64-bit numbers below cut[k], not below cut[k - 1], end so */
    bool uncertain;
    struct law confidence[2], cache_latency, threshold_law;
    double threshold, threshold_high, audit;
    uint64_t hit_below;
    uint64_t change_below[2], reject_below[2]; /* for bad, good items */
    uint64_t tired_change_below[2], tired_reject_below[2];
};

enum queue_exit {
    QUEUE_PASS,
    QUEUE_FAIL,
    QUEUE_REJECT,
    QUEUE_ABOVE,
    QUEUE_BETWEEN,
    QUEUE_BELOW,
    QUEUE_AUDIT,
    QUEUE_FULL,
    QUEUE_EXITS
};

/* An environment that overrides numbers of a step. */
struct touch {
    uint32_t environment, stride;
};

enum { RACERS = 8 }; /* calls of an attempt that may race */
struct queue_step {
    const struct step *step; /* borrowed */
    enum step_kind kind;
    bool has_given, has_cache, has_breaker, has_budget, has_hedge, class_retry;
    bool tires;              /* whoever works at its desk */
    struct queue_plan *plan; /* [(1 + n_given) * n_classes * n_combinations] */
    bool own_plans;          /* of a program that shares the rest with its base */
    uint32_t n_combinations, n_touches;
    struct touch *touch;
    int32_t exit[QUEUE_EXITS]; /* index of the first route; -1: impossible */
    int32_t *way;              /* [n_ways]: likewise */
    int32_t entry_slot;        /* where the quality on first entry is remembered; -1 */
    uint32_t first_edge, n_edges;
    uint32_t desk;      /* 1 + resource, 0: none, or nobody waits (untimed) */
    bool simple;        /* its attempts are calls without desk */
    bool by_rate;       /* its desk is a bucket of tokens, and there are no hedges nor a breaker */
    bool ahead;         /* after a visibly ok answer of such a call the item may go on at once */
    bool begins;        /* so it may begin a visit, for nobody else matters at that instant */
    bool alone;         /* a visit concerns nobody but the item (see sim/queue/visit.c) */
    bool races;         /* the calls of an attempt are run against each other at once */
    bool instant;       /* a gate whose visit takes no time and cannot fail */
    bool can_fail;      /* visibly */
    bool can_reject[2]; /* a check or review: bad, good items */
    bool can_end[5];    /* ways to end an attempt with a probability above 0: ok, wrong, error,
                           malformed, timeout */
    bool one_latency;   /* every attempt draws from numbers[0].latency alone */
    bool keeps_confidence;
    bool decides;  /* a check or review */
    bool has_ways; /* on from it, before `next` */
};

/* Routes of a step that lead to the same place. */
struct queue_edge {
    uint32_t from;
    int32_t to;
};

/* Time until an environment leaves the state it is in at an instant taken at random: u -> x with
 * E[min(X, x)] = u E[X]  (the equilibrium law of renewal theory; Cox 1962, 5.2). */
enum { RESIDUAL_NODES = 2048 };
struct queue_state {
    struct law lasts;
    double mean_s;
    float *residual; /* [RESIDUAL_NODES + 1]; NULL: memoryless */
    double *leave;   /* [n_states]: cumulative weights of the next state */
    bool calm;       /* overrides nothing */
};
struct queue_environment {
    uint32_t n_states;
    struct queue_state *state;
    double *start; /* [n_states]: cumulative probabilities of the state at the start */
};

struct queue_program {
    const struct pipeline *pipeline; /* borrowed */
    bool timed;
    uint32_t n_steps, n_classes, n_routes, n_counters, n_entry_slots, n_edges;
    struct queue_step *step;
    struct route *route;
    uint32_t *edge_of; /* [n_routes] */
    struct queue_edge *edge;
    struct queue_environment *environment;
    struct law *patience; /* [n_resources * n_classes]; table and value: see has_patience */
    bool *has_patience;   /* [n_resources] */
    struct law every, batch;
    uint64_t *class_below, *bad_below; /* [n_classes] */
    bool asks_confidences;             /* some gate or condition reads a confidence */
    bool can_be_bad, can_fail, can_reject, can_abandon;
    bool has_time, has_cost, has_worth, has_review;
    double time_scale, cost_scale;
    /* of the counters of a path: byte offsets in a blob of `stride` bytes */
    size_t at_visits, at_confidence, at_flags, at_counters, at_entry, stride;
    struct table_set *tables; /* owned */
};

/* Compiles a pipeline, which must outlive g; errors say what of it cannot be run. */
MUST_CHECK int queue_program_init(struct queue_program *g, const struct pipeline *p,
                                  struct error *err);
/* Frees plans, tables and rules, and leaves *g zero. */
void queue_program_release(struct queue_program *g);
/* The program of another pipeline of the same shape that differs from the base's in the numbers of
 * the steps marked in changed[n_steps] alone: what it can it shares with the base, which must
 * outlive it.  Only for running: what is counted is counted into tallies of the base.  Release with
 * queue_program_drop. */
MUST_CHECK int queue_program_change(struct queue_program *g, const struct queue_program *base,
                                    const struct pipeline *p, const bool *changed,
                                    struct error *err);
/* Frees what it does not share with the base, and leaves *g zero. */
void queue_program_drop(struct queue_program *g);
/* sim/queue/program_routes.c, for queue_program_init: routes and edges of the steps. */
void queue_program_routes(struct queue_program *g);
/* What may happen to items, by the plans and the routes. */
void queue_program_possible(struct queue_program *g);
/* The state's remaining time at an instant taken at random. */
double queue_residual(const struct env_state *d, const struct queue_state *s, uint64_t u);

/* A value of the law from the 64 random bits u. */
static inline double law_draw(const struct law *l, uint64_t u)
{
    if (l->smooth.row)
        return (double)smooth_draw(&l->smooth, (uint32_t)(u >> 32));
    return l->table ? (double)qtable_at(l->table, (uint32_t)(u >> 32)) : l->value;
}

#endif
