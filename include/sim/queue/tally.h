/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the general engine counts.
 *
 * A unit is what one estimate of every mean is made from, alike and nearly independent of the next:
 * a block of items (untimed), a replication, or with a single replication a twentieth of it.  While
 * a unit runs its sums are doubles, added in the order of events; when it is closed they become
 * sums over units of y, x, y^2, x^2 and xy in fixed point for every ratio y/x that is reported.
 * All that is merged is integers. */
#ifndef SEAM_SIM_QUEUE_TALLY_H
#define SEAM_SIM_QUEUE_TALLY_H

#include "sim/queue/intake.h"
#include "sim/queue/program.h"

enum item_end { ITEM_SHIPPED, ITEM_REJECTED, ITEM_FAILED, ITEM_ABANDONED, ITEM_UNFINISHED };
enum { ITEM_ENDS = ITEM_UNFINISHED + 1 };

/* --- sums of a unit.  First what is added up as it happens, few sums for each thing that happens;
 * then what is made of those when the unit is closed.
 * What an item of a class ends with: */
enum class_sum {
    CLASS_N,    /* entered */
    CLASS_ENDS, /* by how it ended, its quality, whether it was reviewed, whether bad then */
    CLASS_TOOK = CLASS_ENDS + ITEM_ENDS * 8, /* time of those not shipped, of those shipped */
    CLASS_TOOK2 = CLASS_TOOK + 2,
    CLASS_LATE = CLASS_TOOK2 + 2, /* shipped correct, after the deadline */
    CLASS_OVER,                   /* cost above the budget */
    CLASS_VISITS,
    CLASS_VISITS2,
    CLASS_REVIEWS,
    CLASS_WAIT,
    CLASS_COST,
    CLASS_COST2,
    /* made of those */
    CLASS_CORRECT,
    CLASS_WRONG,
    CLASS_SHIPPED,
    CLASS_REJECTED,
    CLASS_FAILED,
    CLASS_ABANDONED,
    CLASS_UNFINISHED,
    CLASS_AUTO,
    CLASS_AUTO_WRONG,
    CLASS_REVIEWED,
    CLASS_REVIEWED_BAD,
    CLASS_IN_DEADLINE,
    CLASS_IN_BUDGET,
    CLASS_SHIPPED_TIME,
    CLASS_SHIPPED_TIME2,
    CLASS_ENDED,
    CLASS_TIME,
    CLASS_TIME2,
    CLASS_NET,
    CLASS_SUMS
};
/* Index of an item's end among CLASS_ENDS. */
static inline uint32_t class_end(enum item_end how, bool good, bool reviewed, bool reviewed_bad)
{
    return (uint32_t)how * 8 + good * 4u + reviewed * 2u + reviewed_bad;
}
/* of a step */
enum step_sum {
    STEP_VISITS,
    STEP_VISIT_ENDS,                       /* by whether it was ok, and whether retried */
    STEP_VISIT_TIME = STEP_VISIT_ENDS + 4, /* of visits that were clocked */
    STEP_UNCLOCKED,                        /* visits whose time was not followed */
    STEP_OVER,                             /* beyond the step's budget of time */
    STEP_CAUGHT,
    STEP_BAD,
    STEP_BAD_SHIPPED,
    STEP_SHIPS,
    STEP_REJECTS,
    STEP_FAILS,
    STEP_ABANDONS,
    STEP_ATTEMPTS,
    STEP_END_OK,
    STEP_END_WRONG,
    STEP_END_ERROR,
    STEP_END_MALFORMED,
    STEP_END_LATE,
    STEP_ATTEMPT_TIME,
    STEP_COST,
    /* made of those */
    STEP_TIMED, /* visits that ended */
    STEP_CLOCKED,
    STEP_OK,
    STEP_FIRST_OK,
    STEP_RETRIED,
    STEP_RETRIED_OK,
    STEP_IN_BUDGET,
    STEP_ANSWERS, /* attempts that were not cancelled */
    STEP_SUMS
};
/* of a resource */
enum desk_sum {
    DESK_BUSY,
    DESK_OPEN,
    DESK_WAITING,
    DESK_SYSTEM,
    DESK_SPAN,
    DESK_ASKED,
    DESK_BLOCKED,
    DESK_GROWTH,
    DESK_CALLS,                   /* by whether it gave up, waited, was served, was so in time */
    DESK_WAITS = DESK_CALLS + 16, /* of those not served, of those served */
    DESK_STARTS = DESK_WAITS + 2, /* first starts after a wait, after too long a one: split.h */
    /* made of those */
    DESK_JOINED = DESK_STARTS + 2,
    DESK_ABANDONED,
    DESK_WAITED,
    DESK_IN_TIME,
    DESK_SERVED,
    DESK_WAIT,
    DESK_WAIT_SERVED,
    DESK_SUMS
};
/* Index of a call among DESK_CALLS. */
static inline uint32_t desk_call(bool gave_up, bool waited, bool served, bool in_time)
{
    return gave_up * 8u + waited * 4u + served * 2u + in_time;
}
enum weather_sum { WEATHER_CALM, WEATHER_SPAN, WEATHER_UNDISTURBED, WEATHER_ONE, WEATHER_SUMS };
enum top_sum { TOP_SPENT, TOP_NET, TOP_MONTHS, TOP_SUMS };

/* Sums over units for a ratio of means y/x. */
struct pair_sums {
    struct wide y, x, yy, xx, xy;
};
enum { CLASS_QUANTILES = 5, COST_QUANTILES = 2 };
/* Statistics of a unit that are not ratios, over the units that have them. */
enum class_spread {
    SPREAD_SHIPPED_SD,
    SPREAD_TIME_SD,
    SPREAD_COST_SD,
    SPREAD_VISITS_SD,
    SPREAD_SHIPPED,
    SPREAD_TIME = SPREAD_SHIPPED + CLASS_QUANTILES,
    SPREAD_COST = SPREAD_TIME + CLASS_QUANTILES,
    CLASS_SPREADS = SPREAD_COST + COST_QUANTILES
};
extern const double class_quantiles[CLASS_QUANTILES], cost_quantiles[COST_QUANTILES];

struct class_values {
    struct intake shipped, unshipped, costs;
};
enum { VISIT_QUANTILES = 4 };
struct step_values {
    struct intake visits, attempts;
    uint32_t cells; /* of the visits, among a unit's cells; 0: none */
    struct moments spread[VISIT_QUANTILES];
};
extern const double visit_quantiles[VISIT_QUANTILES];
/* Shares of the shipped items up to the end of each coarse cell, summed over units. */
struct cdf_sums {
    uint64_t units;
    uint64_t *share,
        *square;     /* NULL, or owned [COARSE_CELLS]: of units in whose range the cell is */
    uint64_t *whole; /* [COARSE_CELLS + 1]: units whose items all lie below the cell */
};

/* Where each kind of sum begins in a unit. */
struct sum_places {
    uint32_t class, step, desk, weather, edge, top, all;
};

struct queue_tally {
    const struct queue_program *program; /* borrowed */
    uint32_t n_units;                    /* open at once; unit n_units is never counted */
    struct sum_places at;
    double *sum;     /* [(n_units + 1) * at.all] */
    uint64_t closed; /* units closed */
    uint32_t n_pairs;
    struct pair_sums *pair;     /* [n_pairs], in the order of queue_pair */
    struct class_values *class; /* that of all is made of the others when it is flushed */
    struct step_values *step;
    struct intake *wait;      /* [n_resources] */
    struct moments *spread;   /* [(all + 1) * CLASS_SPREADS] */
    struct moments *wait_p95; /* [n_resources] */
    struct unit_cells *cells; /* timed: [n_units][n_cells]: of classes, resources, steps */
    struct cdf_sums cdf;
    uint32_t n_cells, cell_classes;
    uint64_t endless, items, unfinished;
    /* curves: sums over replications at instants k * observe_s, k < n_instants */
    uint32_t n_instants;
    uint64_t *waiting, *waiting2, *inside, *inside2; /* [n_resources * n_instants] */
    uint64_t observed;                               /* replications in them */
    uint32_t *series; /* of the replication that runs: [2 * n_resources * n_instants] */
};

/* Ratios that are reported: sum y / sum x.  Tables for a class (and for all of them), a step, a
 * resource, an environment and the whole. */
enum pair_kind { PAIR_SHARE, PAIR_MEAN, PAIR_TOTAL }; /* total: no spread is kept */
enum pair_scale { PAIR_PLAIN, PAIR_TIME, PAIR_TIME2, PAIR_COST, PAIR_COST2 };
struct pair_def {
    const char *name; /* of the metric; "": an ingredient */
    uint32_t y, x;
    enum pair_kind kind;
    enum pair_scale scale; /* of y */
    bool of_all;           /* x is a sum of all items */
};
extern const struct pair_def class_pairs[], step_pairs[], desk_pairs[], weather_pairs[],
    top_pairs[];
extern const uint32_t n_class_pairs, n_step_pairs, n_desk_pairs, n_weather_pairs, n_top_pairs;
enum pair_list { PAIRS_CLASS, PAIRS_STEP, PAIRS_DESK, PAIRS_WEATHER, PAIRS_EDGE, PAIRS_TOP };

/* An empty tally of n_units units of g, which must outlive it; the caller releases. */
void queue_tally_init(struct queue_tally *t, const struct queue_program *g, uint32_t n_units);
/* Frees the tally; nothing for one that is zero. */
void queue_tally_release(struct queue_tally *t);
/* Index of the block of all classes; blocks before it are the classes when there are several. */
static inline uint32_t tally_all(const struct queue_program *g)
{
    return g->n_classes > 1 ? g->n_classes : 0;
}
/* The sums of a unit, [at.all]; of the tally. */
static inline double *tally_unit(const struct queue_tally *t, uint32_t unit)
{
    return t->sum + (size_t)unit * t->at.all;
}
/* Makes the sums of a unit, u[at.all], that are made of others (sim/queue/pairs.c). */
void tally_derive(const struct queue_tally *t, double *u);
/* Takes unit u in, and clears it. */
void queue_tally_close(struct queue_tally *t, uint32_t u);
/* The sums of a unit, out[at.all], which is then clear again and was never counted. */
void queue_tally_take(struct queue_tally *t, uint32_t unit, double *out);
/* Forgets what is in one unit. */
void queue_tally_clear(struct queue_tally *t, uint32_t unit);
/* Forgets what is in the units that are open. */
void queue_tally_drop(struct queue_tally *t);
/* Adds what `from`, of the same program, has taken in; flushes `from`. */
void queue_tally_merge(struct queue_tally *into, struct queue_tally *from);
/* Saves what was taken in, or adds a saved tally of the same program (base/pack.h). */
void queue_tally_pack(struct queue_tally *t, struct pack *p);
/* Adds other sums of pairs. */
void pair_sums_merge(struct pair_sums *into, const struct pair_sums *from);
/* Saves the sums, or adds saved ones. */
void pair_sums_pack(struct pair_sums *s, struct pack *p);
/* Can what a visit of a step takes depend on what others take? */
bool tally_depends(const struct queue_program *g, uint32_t step);
/* Makes the sketches of all classes from those of each. */
void queue_tally_flush(struct queue_tally *t);
/* Place of a row's pair k in t->pair (edges: k = 0). */
uint32_t tally_pair(const struct queue_tally *t, enum pair_list list, uint32_t row, uint32_t k);
/* intake_send, and those held go to the unit's own cells too (timed).  From now on they are of
 * another unit. */
void tally_send(struct queue_tally *t, struct intake *v, uint32_t cells, uint32_t unit);
/* One value of a unit that counts; `cells`: its place among the unit's cells. */
static inline void tally_put(struct queue_tally *t, struct intake *v, uint32_t cells, uint32_t unit,
                             double x)
{
    if (v->n == INTAKE_HELD || v->unit != unit)
        tally_send(t, v, cells, unit);
    v->held[v->n++] = (float)x;
}
/* The same as tally_put for x[n]. */
void tally_put_many(struct queue_tally *t, struct intake *v, uint32_t cells, uint32_t unit,
                    const float *x, uint32_t n);
/* Kinds of values of a class in the cells of a unit. */
enum cell_kind { CELLS_SHIPPED, CELLS_UNSHIPPED, CELLS_COST, CELL_KINDS };
static inline uint32_t tally_cells(const struct queue_tally *t, uint32_t class, enum cell_kind kind)
{
    return (t->cell_classes > 1 ? class : 0) * CELL_KINDS + kind;
}
/* Time x in seconds of one item of a class, shipped or not. */
static inline void tally_time(struct queue_tally *t, uint32_t unit, uint32_t class, bool shipped,
                              double x)
{
    struct intake *v = shipped ? &t->class[class].shipped : &t->class[class].unshipped;
    tally_put(t, v, tally_cells(t, class, shipped ? CELLS_SHIPPED : CELLS_UNSHIPPED), unit, x);
}
/* Cost of one item. */
static inline void tally_cost(struct queue_tally *t, uint32_t unit, uint32_t class, double x)
{
    tally_put(t, &t->class[class].costs, tally_cells(t, class, CELLS_COST), unit, x);
}
/* Time in s that one visit of a step took. */
static inline void tally_visit(struct queue_tally *t, uint32_t unit, uint32_t step, double x)
{
    struct step_values *v = &t->step[step];
    if (v->cells)
        tally_put(t, &v->visits, v->cells, unit, x);
    else
        intake_put(&v->visits, x);
}
/* The same for n visits. */
static inline void tally_visits(struct queue_tally *t, uint32_t unit, uint32_t step, const float *x,
                                uint32_t n)
{
    struct step_values *v = &t->step[step];
    if (v->cells)
        tally_put_many(t, &v->visits, v->cells, unit, x, n);
    else
        intake_put_many(&v->visits, x, n);
}
/* Time in s that one call waited at a desk. */
static inline void tally_wait(struct queue_tally *t, uint32_t unit, uint32_t desk, double x)
{
    tally_put(t, &t->wait[desk], t->cell_classes * CELL_KINDS + desk, unit, x);
}

#endif
