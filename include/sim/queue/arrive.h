/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The instants at which items arrive, one after the other. */
#ifndef SEAM_SIM_QUEUE_ARRIVE_H
#define SEAM_SIM_QUEUE_ARRIVE_H

#include "math/rng.h"
#include "sim/queue/program.h"

struct arrival_walk {
    struct rng_seq rng;
    double base_s; /* schedule: where the walk stands */
    uint64_t week;
    uint32_t row;
    size_t instant; /* of a file: the next one */
};

/* Before the first arrival of a replication. */
void arrivals_start(struct arrival_walk *w, const struct queue_program *g, uint64_t seed,
                    uint64_t replication);
/* The next one after now_s, the last one (at the start: 0); INFINITY: no more. */
double arrivals_next(struct arrival_walk *w, const struct queue_program *g, double now_s);
/* The same by a schedule, where the one before and the next are `left` arrivals apart at the rates
 * that hold between them. */
double arrivals_by_schedule(struct arrival_walk *w, const struct queue_program *g, double left);
/* How many items arrive at once. */
uint32_t arrivals_batch(struct arrival_walk *w, const struct queue_program *g);

#endif
