/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Desks without a common event list.
 *
 * Where items compete at desks alone, each at most once in its life, and nobody is turned away or
 * leaves, nothing that befalls an item but its wait depends on the others.  So items run in blocks
 * as in the block engine, as if nobody ever waited; those that came to a desk are then put in the
 * order of coming there, take the server that is free first (Kiefer and Wolfowitz, "On the theory
 * of queues with many servers", Transactions of the AMS 78, 1955), and their wait is added to what
 * was counted.  A desk with hours or another order of service walks through its own events.
 *
 * A replication of which somebody is still inside when the guard of the horizon strikes is run
 * event by event instead. */
#ifndef SEAM_SIM_DESK_H
#define SEAM_SIM_DESK_H

#include "math/rng.h"
#include "sim/batch.h"
#include "sim/desk/customers.h"
#include "sim/desk/order.h"
#include "sim/queue/arrive.h"
#include "sim/queue/tally.h"
#include <stdatomic.h>

/* Read-only once made. */
struct desk_program {
    struct program items;
    struct queue_program queue; /* what is counted, and its names */
    struct qtable *gap;         /* of Poisson arrivals, maybe by schedule: times between them, mean
                                   1; else NULL */
    uint32_t *edge_of;          /* [items.rules.n_routes]: edge of the queue program */
    bool bare; /* every item goes to the one desk at once, is served by one law, and ships: no
                  blocks of items are needed */
};

/* The line before a desk. */
struct desk_line {
    uint32_t servers;
    struct desk_order *order; /* NULL: always open, first come first served */
    double *free_at; /* [servers] when they are free: ascending, or a heap; see sim/desk/line.c */
    struct customers pool; /* not served yet, the first `kept` since an earlier look */
    uint32_t kept;
    struct rank *rank, *spare; /* [rank_cap]: scratch of sorting */
    uint32_t *later;           /* [rank_cap]: who is kept */
    uint32_t rank_cap;
};
struct rank {
    double at;
    uint32_t i;
};

/* What a desk has of a horizon besides its sums. */
struct desk_clock {
    int64_t *inside_at;        /* [n_units + 1]: in the system when a unit of time begins, ends */
    double *open_s;            /* [n_units] */
    double *closed_work_s;     /* [n_units]: of all servers together, while closed */
    int32_t *waiting, *inside; /* [n_instants + 1]: changes from one instant to the next */
};

struct desk_sim {
    const struct desk_program *program; /* borrowed */
    struct queue_tally *tally;          /* borrowed */
    const atomic_bool *stop;            /* borrowed; NULL */
    struct batch *batch;
    struct tally counts; /* of the blocks of the unit that runs */
    uint64_t seed, replication, block, unit_blocks;

    double start_s, end_s, unit_s, guard_s;
    uint32_t unit;       /* of arrivals; n_units of the tally: not of the cohort */
    double last_reach_s; /* of the cohort */
    bool beyond_guard;   /* somebody of the cohort ends after the guard of the horizon */
    uint64_t endless;    /* of the tally, when the replication began */

    struct arrival_walk walk;
    double arrival[LANES] __attribute__((aligned(64)));
    float work[LANES] __attribute__((aligned(64))); /* bare: service of each */
    uint16_t class[LANES];                          /* bare, with several */
    uint64_t kind[LANES] __attribute__((aligned(64)));
    uint32_t arrivals, next; /* in arrival[]; of those, taken */
    uint64_t fills;
    uint32_t left; /* of the batch that arrives */
    double now_s;  /* of the last one drawn */

    struct desk_line *line;  /* [n_resources] */
    struct desk_clock *seen; /* [n_resources] */
    double reach[LANES], service[LANES] __attribute__((aligned(64)));
    uint32_t desk[LANES], step[LANES]; /* desk: 1 + resource; step: where */
    struct customers chunk;            /* [LANES] */
    struct customers left_desk;        /* [LANES]: of one with an order, with begin[] */
    struct customers alike;            /* [LANES]: of one kind, with alike_begin[] */
    double alike_begin[LANES] __attribute__((aligned(64)));
    double begin[LANES] __attribute__((aligned(64)));
    float wait[LANES] __attribute__((aligned(64))), value[LANES] __attribute__((aligned(64)));
};

/* What a customer's item is: all that its time is counted by. */
static inline uint64_t desk_kind(uint32_t unit, uint32_t class, uint32_t step, uint32_t end)
{
    return (uint64_t)unit << 48 | (uint64_t) class << 32 | (uint64_t)step << 16 | end;
}
/* The parts of a desk_kind. */
static inline uint32_t kind_unit(uint64_t k)
{
    return (uint32_t)(k >> 48);
}
static inline uint32_t kind_class(uint64_t k)
{
    return (uint32_t)(k >> 32) & 0xffff;
}
static inline uint32_t kind_step(uint64_t k)
{
    return (uint32_t)(k >> 16) & 0xffff;
}
static inline uint32_t kind_end(uint64_t k) /* see class_end */
{
    return (uint32_t)k & 0xffff;
}

/* Does this engine run all of p, as the general engine would? */
bool desk_supports(const struct pipeline *p);
/* On success the caller releases; p outlives it. */
MUST_CHECK int desk_program_init(struct desk_program *g, const struct pipeline *p,
                                 struct error *err);
/* Frees programs and tables, and leaves *g zero. */
void desk_program_release(struct desk_program *g);

/* A simulation of g, which must outlive it; free with desk_sim_free. */
struct desk_sim *desk_sim_new(const struct desk_program *g);
/* Frees the simulation; NULL is none. */
void desk_sim_free(struct desk_sim *s);
/* One horizon into the units of *t, which are closed.  False: stopped half-way. */
bool desk_sim_horizon(struct desk_sim *s, uint64_t seed, uint64_t replication,
                      struct queue_tally *t);
/* What is left out of *t while horizons run, once for each tally: visits of a bare program take as
 * long as its items. */
void desk_sim_flush(struct desk_sim *s, struct queue_tally *t);

/* --- between the files of the engine */

/* sim/desk/line.c */
void desk_line_init(struct desk_line *l, const struct pipeline *p, uint32_t resource);
/* Frees its servers and line. */
void desk_line_release(struct desk_line *l);
/* All servers free, nobody there. */
void desk_line_clear(struct desk_line *l);
/* Puts those who reach the desk by `upto` in order and serves them; nobody who is still to come
 * reaches it before.  May wait for more of them where `all` is false. */
void desk_line_serve(struct desk_sim *s, uint32_t desk, double upto, bool all);
/* The same for at most LANES who come in order and before all others, with an empty pool. */
void desk_line_serve_now(struct desk_sim *s, uint32_t desk, const struct customers *c);

/* sim/desk/count.c: the customers of one desk, at most LANES, in order, with begin[] */
void desk_count(struct desk_sim *s, uint32_t desk, const struct customers *c, const double *begin);
/* The same for some who left in any order. */
void desk_count_left(struct desk_sim *s, uint32_t desk, const struct customers *c,
                     const double *begin);
/* Somebody waited until `begin` and was then served until `end`, when he was interrupted or left.
 */
void desk_count_part(struct desk_sim *s, uint32_t desk, double since, double begin, double end);
/* He leaves, after parts that were counted. */
void desk_count_parted(struct desk_sim *s, uint32_t desk, const struct guest *g, double end);
/* One server worked while the desk was closed. */
void desk_count_closed(struct desk_sim *s, uint32_t desk, double from, double to);
/* Units of time of a horizon that is over: utilisation, wages, curves. */
void desk_count_horizon(struct desk_sim *s);

/* sim/desk/arrive.c */
/* The next arrivals, at most LANES, to s->arrival; of a bare program s->work and s->class too. */
void desk_fill_arrivals(struct desk_sim *s);

/* sim/desk/items.c */
/* How a lane's item ended; see class_end. */
uint32_t desk_end_of(const struct batch *b, uint32_t lane);
/* Counts the items of a block that has ended; held ones without their time in sketches. */
void desk_count_block(struct desk_sim *s, const double *arrival);
/* The same for n items of a bare program with these service times, which go to s->service, and
 * classes. */
void desk_count_bare(struct desk_sim *s, const float *service, const uint16_t *class, uint32_t n);
/* What was counted of steps goes to the unit that ends. */
void desk_end_unit(struct desk_sim *s);

/* The unit of time of an instant; n_units: before the warm-up is over or after the end. */
static inline uint32_t desk_unit_at(const struct desk_sim *s, double at)
{
    uint32_t n = s->tally->n_units;
    if (!(at >= s->start_s) || at >= s->end_s)
        return n;
    uint32_t u = (uint32_t)((at - s->start_s) / s->unit_s);
    return u < n ? u : n - 1;
}
/* When unit u <= n_units begins. */
static inline double desk_begin_of(const struct desk_sim *s, uint32_t u)
{
    return u >= s->tally->n_units ? s->end_s : s->start_s + u * s->unit_s;
}

#endif
