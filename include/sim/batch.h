/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Independent items in blocks of LANES: structure of arrays, one pass per step.
 *
 * An item is a lane of a block.  Its random numbers depend on (seed, replication, block, lane,
 * step, visit, attempt, purpose) and on nothing else: not on what became of other items, not on
 * the thread. */
#ifndef SEAM_SIM_BATCH_H
#define SEAM_SIM_BATCH_H

#include "math/rng.h"
#include "sim/compile.h"
#include "sim/lanes.h"
#include "sim/queue/tally.h"
#include "sim/tally.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    VISITS_MAX = 1000000, /* of one item; then it fails */
    SAMPLE_EVERY = 16     /* every so many blocks, visits are timed one by one */
};

/* Items of one step in lists: lanes, as many as `n`. */
struct lane_list {
    uint32_t n;
    uint16_t *lane; /* [LANES] */
};

/* The workspace of one thread; allocate with batch_new. */
struct batch {
    const struct program *program; /* borrowed */
    struct tally *tally;           /* borrowed */
    struct step_values *clocked;   /* borrowed [n_steps]; NULL, or where times of visits and
                                      attempts go instead of the tally's sketches */
    const atomic_bool *stop;       /* borrowed, set by whoever may break blocks off; NULL */
    uint32_t passes;               /* of the block: visits by lists of items */
    uint64_t seed, replication, block;
    uint32_t n_items;
    bool sampled;

    /* one value for each lane */
    int32_t *at, *good, *visits, *reviews, *reviewed_bad;
    uint16_t *class;
    uint8_t *held; /* 1: its time is told later, by an engine that lets items wait */
    double *time, *cost, *visit_time;
    int32_t **visit_row, **attempt_row, **entry_row; /* counters and remembered quality */
    float **confidence_row;
    uint8_t **bad_row;  /* [n_steps]: bad on first reaching the step */
    uint8_t **last_row; /* enum last */
    uint32_t *counters; /* [LANES][n_counters] */

    /* one value for each place of a pass */
    uint64_t *draw, *dense;
    uint32_t *low, *low2;
    int32_t *high, *here, *late, *never;
    float *value, *value2;
    uint16_t *pick; /* plan of an item in this visit */
    struct lane_list first, retry, again, ok, failed, split, spare, *pending; /* [n_steps] */
    uint32_t *waiting;        /* [n_steps]: items at the step */
    bool *listed;             /* [n_steps]: pending holds them all */
    bool *begun;              /* [n_steps]: has had items in this block */
    double *asked_confidence; /* [n_steps]: of one item, for conditions */
    uint32_t *asked_visits;   /* [n_steps] */
    void *memory;             /* owned: all of the above */
};

/* Features of the language that this engine does, as FEATURE(...) bits. */
uint64_t batch_features(void);
/* A batch of LANES items of g, which must outlive it; free with batch_free. */
struct batch *batch_new(const struct program *g);
/* Frees the batch; NULL is none. */
void batch_free(struct batch *b);
/* Another program of the same shape. */
void batch_rebind(struct batch *b, const struct program *g);
/* Runs items [block * LANES, block * LANES + n) of the stream (seed, replication), n <= LANES, and
 * adds them to *out.  False: broken off by b->stop, *out is of no use. */
bool batch_run(struct batch *b, uint64_t seed, uint64_t replication, uint64_t block, uint32_t n,
               struct tally *out);

/* --- the same in parts, for engines that do something between the visits */

/* The block's items stand at the first step.  sampled: visits are timed one by one. */
void batch_start(struct batch *b, uint64_t seed, uint64_t replication, uint64_t block, uint32_t n,
                 bool sampled, struct tally *out);
/* The lowest step at which items wait, to be visited next; n_steps: all have ended. */
uint32_t batch_next(const struct batch *b);
/* Visits of all items that wait at a step. */
void batch_visit(struct batch *b, uint32_t step);

/* The lanes of one class, or all of them. */
struct lane_group {
    uint32_t n;
    const int32_t *at, *good, *visits, *reviews, *reviewed_bad;
    const uint8_t *held;
    const double *time, *cost;
};
struct gathered {
    int32_t at[LANES], good[LANES], visits[LANES], reviews[LANES], reviewed_bad[LANES];
    uint8_t held[LANES];
    double time[LANES], cost[LANES];
} __attribute__((aligned(64)));
/* The items of a class, in *to where there are several classes. */
struct lane_group batch_group(const struct batch *b, uint32_t class, struct gathered *to);

/* --- between batch.c, batch_*.c */

/* One visit by items that share a plan. */
struct visit {
    struct batch *b;
    uint32_t step;
    const struct step_plan *s;
    const struct plan *c;
    struct step_tally *count;
    struct plan_tally *ends;
    bool timed; /* visit_time is kept */
};

/* One number for each place: of the first attempt of a first visit from the block's dense stream
 * where the step has one, else by random access. */
void batch_draw(struct batch *b, uint32_t step, enum rng_purpose purpose, uint32_t attempt,
                const uint16_t *lane, uint32_t n, uint64_t *out);
/* The same at every visit: the number of the first one. */
void batch_draw_once(struct batch *b, uint32_t step, enum rng_purpose purpose, const uint16_t *lane,
                     uint32_t n, uint64_t *out);
/* values for each place from the low halves of numbers. */
void sampler_fill(const struct sampler *s, const uint32_t *low, uint32_t n, float *out);

/* batch_route.c: sends items on over an exit. */
void batch_route(struct batch *b, uint32_t step, enum exit_kind exit, const uint16_t *lane,
                 uint32_t n);
/* The same over the ways of `next`, after a visit that passed. */
void batch_pass(struct batch *b, uint32_t step, const struct lane_list *l);
/* The same for n items whose lanes already say where they are. */
void batch_send(struct batch *b, uint32_t step, int32_t to, uint32_t n);

/* batch_settle.c: what follows the attempts, for the items in b->ok and b->failed. */
void batch_settle(const struct visit *v);
/* Time of an attempt or of a wait; the visit's first when `attempt` is 0. */
void batch_spend(const struct visit *v, uint16_t lane, double x, uint32_t attempt);
/* Which plan each item of a list is under: b->pick. */
void batch_pick(struct batch *b, uint32_t step, const struct lane_list *l);
/* Takes cache hits out of the list into b->ok. */
void batch_ask_cache(const struct visit *v, struct lane_list *l);

/* Where an attempt leads. */
enum fate { FATE_OK, FATE_RETRY, FATE_FAIL };
/* Where each end of attempt `attempt` (the first is 0) leads by the retries of the visit. */
void batch_find_fates(const struct visit *v, uint32_t attempt, enum fate fate[TRY_COUNT]);
/* How an attempt ends by its number h in [0, 2^31). */
int32_t batch_widen(const struct plan *c, uint64_t u); /* h where the plan is wide */
enum try_end batch_end_of(const struct plan *c, int32_t high);
/* Quality and last end after an attempt. */
void batch_mark(const struct visit *v, uint16_t lane, enum try_end end);
/* batch_hedge.c: one attempt by each item of `l`, with its copies; sorted as `to` says. */
void batch_hedge(const struct visit *v, const struct lane_list *l, uint32_t attempt,
                 struct lane_list *to[3]);

/* Counts what became of the block's items. */
void batch_count(struct batch *b);

/* Adds a lane behind the others. */
static inline void lane_push(struct lane_list *l, uint16_t lane)
{
    l->lane[l->n++] = lane;
}

#endif
