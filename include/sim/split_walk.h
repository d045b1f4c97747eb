/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One horizon of the general engine by RESTART (Villén-Altamirano and Villén-Altamirano 1991;
 * L'Ecuyer, Demers and Tuffin, ACM TOMACS 17, 2007).
 *
 * The state has a level: the highest of those that the desks concerned have by how many wait and
 * are served there.  Where a trial rises to a level it is split: SPLIT_TRIALS go on from there with
 * numbers of their own, all but one until they fall below the level again.  What is counted at
 * level k weighs SPLIT_TRIALS^-k, so that the expectation of every sum is that of a plain run. */
#ifndef SEAM_SIM_SPLIT_WALK_H
#define SEAM_SIM_SPLIT_WALK_H

#include "base/buf.h"
#include "sim/queue/sim.h"

enum { SPLIT_TRIALS = 4, SPLIT_LEVELS = 24 };

/* Places in a unit of the tally, as they are while it runs, whose sum is meant. */
struct split_places {
    VEC(uint32_t) list;
};
/* A ratio that is wanted: the rare y, of x. */
struct split_target {
    struct split_places y, x;
};
struct split_desk {
    uint32_t resource, n; /* n: numbers inside that are told apart; more are as n - 1 */
    uint8_t *level;       /* [n]: rises with the number inside */
};
/* What all walks share; borrowed by them. */
struct split_plan {
    const struct queue_program *program;
    uint64_t seed, most_events; /* of one horizon; more is a failure */
    const atomic_bool *stop;    /* NULL */
    uint32_t n_units;           /* parts of a horizon */
    uint32_t n_levels;          /* above level 0 */
    uint32_t n_desks, n_targets;
    struct split_desk *desk;
    struct split_target *target;
};

/* Where the trials have been, desk by desk. */
struct split_census {
    double *weight;  /* [n]: weighted events with so many inside */
    uint64_t *rises; /* [n]: how often trials rose to so many */
};

struct split_walk {
    const struct split_plan *plan;
    struct queue_tally tally;
    struct queue_sim **sim; /* [n_levels + 1]: the trials that wait for one another */
    double weight[SPLIT_LEVELS + 1];
    struct split_census *census; /* [n_desks] borrowed; NULL: none is kept */
    uint32_t *inside;            /* [n_desks]: before the event */
    uint64_t replication, clones, events;
    uint32_t first, window; /* units below `first` are over; the window when that was seen */
    bool broken;
    double *y, *x;         /* [n_units * n_targets]: of the horizon */
    double *seen, *square; /* [n_targets]: rare events seen, and the sum of their squared weights */
};

/* A walk by the plan, which outlives it; release it. */
void split_walk_init(struct split_walk *w, const struct split_plan *plan);
/* Frees the walk, not the plan. */
void split_walk_release(struct split_walk *w);
/* Walks through a horizon: w->y and w->x are its weighted sums, seen and square go on.  False:
 * stopped, or more events than the plan allows. */
bool split_walk_run(struct split_walk *w, uint64_t replication);

#endif
