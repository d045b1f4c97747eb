/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is counted while items run: integers only, so that tallies merge in any order to the same
 * bits. */
#ifndef SEAM_SIM_TALLY_H
#define SEAM_SIM_TALLY_H

#include "math/summary.h"
#include "sim/compile.h"
#include <stdint.h>

/* Items of one class.  Times and costs in moments are multiplied by the program's scales. */
struct class_tally {
    uint64_t n, correct, wrong, rejected, failed;
    uint64_t auto_shipped, auto_wrong; /* shipped without a review */
    uint64_t reviewed, reviewed_bad;   /* sent to review at least once; bad when first sent */
    uint64_t in_deadline;              /* correct, and in time */
    uint64_t in_budget;
    struct moments visits, visits2, visits3; /* of visits per item, their squares, their cubes */
    struct moments reviews;                  /* review visits per item */
    struct moments shipped_time, unshipped_time;
    struct moments cost, correct_cost; /* correct_cost: cost of correct items, 0 of others */
    struct moments net;                /* worth less cost, as costs */
    struct sketch shipped, unshipped;  /* times, s */
    struct sketch costs;
};

/* Attempts of a step by one kind of item; `squares` sums the square of each item's attempts. */
struct plan_tally {
    uint64_t attempts, squares, end[TRY_COUNT];
};

struct step_tally {
    uint64_t items, visits, squares; /* items that came at least once; squares of visits per item */
    uint64_t ok, first_ok, retried, retried_ok, in_budget, caught;
    uint64_t bad, bad_shipped;   /* items bad on first reaching it; of them shipped bad */
    uint64_t ship, reject, fail; /* items that end here */
    struct moments visit_time;   /* of the sampled blocks */
    struct sketch visit_times;   /* s; without memory where visits are not followed */
    struct sketch attempt_times; /* s; where kinds of items differ in it */
};

struct tally {
    const struct program *program; /* borrowed */
    struct class_tally *class;     /* [n_classes] */
    struct step_tally *step;       /* [n_steps] */
    struct plan_tally *plan;       /* [n_plans] */
    uint64_t *route;               /* [n_routes]: items that took it */
    uint64_t endless;              /* items ended by the guard of unbounded loops */
};

/* An empty tally of g, which must outlive it, with or without the sketches of the steps' times; the
 * caller releases. */
void tally_init(struct tally *t, const struct program *g, bool step_times);
/* Sets all counts to zero and keeps the memory of the sketches. */
void tally_clear(struct tally *t);
/* Frees the tally and leaves *t zero. */
void tally_release(struct tally *t);
/* Adds the counts and values of `from`, a tally of the same program. */
void tally_merge(struct tally *into, const struct tally *from);
/* Saves the tally, or adds a saved one of the same program (base/pack.h). */
void tally_pack(struct tally *t, struct pack *p);
/* The same program's tally read as another program's of the same shape (for outer loops). */
void tally_rebind(struct tally *t, const struct program *g);
/* Adds one class to another. */
void class_tally_merge(struct class_tally *into, const struct class_tally *from);
/* An empty tally of one class; the caller releases. */
void class_tally_init(struct class_tally *c);
/* Frees the sketches of the class. */
void class_tally_release(struct class_tally *c);

#endif
