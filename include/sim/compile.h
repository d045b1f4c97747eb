/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pipeline and rules -> the flat program that the Monte Carlo engines run.
 *
 * A program is read-only once compiled and shared by all threads.  It borrows the pipeline, which
 * must outlive it, and, where a base program is given, that program's quantile tables. */
#ifndef SEAM_SIM_COMPILE_H
#define SEAM_SIM_COMPILE_H

#include "base/error.h"
#include "model/pipeline.h"
#include "model/rules.h"

/* An attempt's outcome is read off a number h that is uniform on [0, 2^31): the first cut with
 * h <= cut names it, and above the last one it is plainly ok.  A cut of -1 is never met. */
enum cut { CUT_ERROR, CUT_SEEN, CUT_UNSEEN, CUT_WRONG, CUT_REPAIR, CUT_COUNT };
/* The same as indexes of counters; SEEN and UNSEEN are malformed payloads. */
enum try_end {
    TRY_ERROR,
    TRY_SEEN,
    TRY_UNSEEN,
    TRY_WRONG,
    TRY_REPAIRED,
    TRY_OK,
    TRY_LATE,
    TRY_COUNT
};

/* A distribution, compiled. */
struct sampler {
    struct qtable *table; /* NULL: always `value` */
    bool owned, fine;     /* fine: those made in its stead are not coarse */
    double value;
    const struct dist *dist; /* borrowed */
};

/* What one visit of a step does to one kind of item (a class, under the `given` that holds; kinds
 * that share all numbers share a plan). */
struct plan {
    const struct numbers *numbers; /* borrowed */
    const struct retry *retry;     /* borrowed */
    int32_t cut[CUT_COUNT];        /* ascending */
    uint64_t wide_cut[CUT_COUNT];  /* on 64 bits, where `wide` */
    bool wide;                     /* some outcome is rarer than 31 bits tell well */
    bool uncertain;                /* some cut can be met */
    bool taints;                   /* an attempt can turn a good item bad or a bad one good */
    bool can_be_late, can_fail, can_spoil, can_change;
    bool can_reject[2]; /* bad, good items */
    struct sampler latency;
    const float (*smooth)[4]; /* the latency's rows where it is one smooth curve; NULL */
    int smooth_bits;
    double limit_s; /* INFINITY: none */
    double budget_s, cost;
    struct sampler confidence[2];              /* of bad, of good items */
    uint64_t change_below[2], reject_below[2]; /* a decision's 64-bit cuts for bad, good items */
    float threshold, threshold_high; /* floats, like the confidences they are compared with */
    struct sampler threshold_dist;   /* where the step draws it */
    double audit;
    uint64_t hit_below; /* 0: no cache */
    struct sampler cache_latency;
};

struct step_plan {
    const struct step *step; /* borrowed */
    enum step_kind kind;
    uint32_t n_plans;
    struct plan *plan;    /* [n_plans] */
    uint16_t *plan_of;    /* [n_classes][1 + step->n_given]: of a class when none holds, when the
                             first given holds, ... */
    struct way_plan *way; /* [step->n_ways] */
    bool way_drawn;       /* some way is by probability */
    uint32_t first_plan;  /* index of plan[0] among all plans of the program */
    bool dense;           /* items normally come here: numbers of first attempts of first visits
                             are drawn for the whole block */
    bool revisited;       /* an item may come here more than once */
    bool plain;           /* a visit that ends well does nothing but take one free edge */
    bool masked;          /* a first attempt may be made by all lanes at once */
    bool at_once;         /* a masked visit is one pass; see batch_visit.c */
    bool timed;           /* time of visits must be followed item by item in sampled blocks */
    bool budgeted;
    int32_t confidence_row;         /* where its confidence is kept, -1: nobody asks for it */
    int32_t gate_row;               /* the confidence that a gate reads */
    int32_t visit_row, attempt_row; /* counters per item; -1: at most one */
    int32_t last_row;               /* how its last visit ended, enum last; -1: nobody asks */
    int32_t entry_row;              /* quality remembered on first entry; -1 */
};

/* How the last visit of a step by an item ended. */
enum last { LAST_NEVER, LAST_OK, LAST_WRONG, LAST_FAILED };

/* A way on, compiled. */
struct way_plan {
    uint64_t *below;       /* owned [n_classes]: holds when the visit's number is below; the way by
                              probability that completes them has UINT64_MAX and always holds */
    struct condition when; /* n > 0: by condition, its nodes owned */
};

struct program {
    const struct pipeline *pipeline; /* borrowed */
    struct rules rules;
    uint32_t n_steps, n_classes, n_plans;
    struct step_plan *step;
    uint64_t *class_below; /* [n_classes]: cumulative shares on 64 bits */
    uint64_t *bad_below;   /* [n_classes]: share that enters bad */
    uint32_t n_visit_rows, n_attempt_rows, n_entry_rows, n_confidence_rows, n_last_rows;
    bool few_visits;  /* of one item, at most LANES_SMALL */
    uint32_t n_asked; /* steps whose visits or confidences some condition asks for */
    uint32_t *asked;  /* [n_asked] */
    bool asks_last;   /* somebody reads the last confidence that an item was given */
    bool enters_bad, can_be_bad, can_fail, can_reject; /* with a probability above 0 */
    bool has_time, has_cost, has_worth, has_review;
    double time_scale, cost_scale; /* powers of 2 that bring sums near 1 */
};

/* base: NULL, or a program of the same flow whose tables serve where the distributions are equal;
 * the others are then coarse, good for some thousands of items.
 * ERR_NUMERIC or ERR_INPUT when a distribution cannot be tabled.  On success the caller releases.
 */
MUST_CHECK int program_init(struct program *g, const struct pipeline *p, const struct program *base,
                            struct error *err);
/* A base whose tables serve programs that run as long as its own: what is not equal gets a fine
 * one.
 */
void program_lend(struct program *g);
/* Frees tables, plans and rules, and leaves *g zero. */
void program_release(struct program *g);

/* --- between compile.c, compile_asked.c and the compiler of the event engine */

/* The 64-bit number below which uniform numbers lie with probability p. */
uint64_t program_below(double p);
/* share[CUT_COUNT]: probabilities of the outcomes in the order of enum cut; what is left of them is
 * ok, of which the share `repair` mends. */
void program_cut_shares(const struct numbers *n, double *share);
/* Makes the cuts, [n_classes] each, of the class and the quality that items enter with; can some
 * enter bad? */
bool program_entry(const struct pipeline *p, uint64_t *class_below, uint64_t *bad_below);
/* Powers of 2 that bring sums of times and of costs near 1: about 1 / those of one pass. */
void program_scales(const struct pipeline *p, double *time, double *cost);
/* Compiles the ways of a step into its plan, which owns them. */
void program_add_ways(struct program *g, uint32_t step);
/* Frees the ways of a step's plan. */
void program_release_ways(struct step_plan *s);
/* What conditions, gates and `given` ask about the past of an item: its rows. */
void program_find_asked(struct program *g);

#endif
