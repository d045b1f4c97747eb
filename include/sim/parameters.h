/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The numbers of a pipeline, one by one: their paths, values, ranges, and how to change them.
 *
 * Paths are those of --set.  A distribution's parameters are those that it was written with
 * (flow.draft.latency.lognormal.p50).  What is the same for all classes is one parameter.  Whole
 * numbers (attempts, at_most, servers, k of an Erlang) are none, nor are lists of values and
 * weights, rows of a schedule, clock times of a calendar, horizons and feedback. */
#ifndef SEAM_SIM_PARAMETERS_H
#define SEAM_SIM_PARAMETERS_H

#include "model/pipeline.h"

enum parameter_kind {
    PARAMETER_NUMBER, /* a struct number */
    PARAMETER_AMOUNT, /* a double */
    PARAMETER_DIST,   /* of a struct dist */
    PARAMETER_SHARE   /* one of several that add up to 1: the others keep their proportions */
};
/* The struct that holds it. */
enum parameter_where {
    IN_STEP,        /* numbers of step */
    IN_GIVEN,       /* of its given[index] */
    IN_STATE,       /* of environment[index].state[state].override[item] */
    IN_RETRY,       /* struct retry of step */
    IN_HELPER,      /* struct step: breaker, fatigue */
    IN_TIRED,       /* fatigue.sensitivity of step */
    IN_WAY,         /* way[index] of step */
    IN_INPUT,       /* input_wrong */
    IN_CLASS,       /* class[index] */
    IN_LASTS,       /* environment[index].state[state].lasts */
    IN_TO,          /* environment[index].state[state].to[item] */
    IN_RESOURCE,    /* resource[index] */
    IN_PATIENCE,    /* resource[index].patience */
    IN_LEAVE_AFTER, /* leave_after_s */
    IN_COST,        /* cost[index] */
    IN_PIPELINE     /* struct pipeline, arrivals included */
};
enum { PARAMETER_DEPTH = 6, PARAMETER_ALL = -1 };
/* What of a distribution moves, when it is no parameter of its form. */
enum { WRITTEN_A = -1, WRITTEN_WEIGHT = -2 };

struct parameter {
    const char *path;
    enum parameter_kind kind;
    enum parameter_where where;
    uint32_t step, index, state, item;
    int32_t class; /* PARAMETER_ALL: of all classes */
    enum numbers_field field;
    size_t offset;    /* in the struct that holds it */
    double value;     /* as it is */
    double low, high; /* where the others allow it to be; may be infinite */
    double width;     /* a distance over which it is natural to move it */
    bool probability; /* in [0, 1], and no share */
    bool decides;     /* thresholds and confidences: moves the bands between them */
    bool takes_time;  /* latencies and timeouts */
    bool still;       /* moves none of the metrics of sensitivity.h */
    uint32_t n_route, route[PARAMETER_DEPTH]; /* parts to go down to, inside a distribution */
    int32_t written;                          /* which parameter of the form, or WRITTEN_... */
};

/* All parameters in the order of the pipeline; array and paths live in `arena`. */
void parameters_list(const struct pipeline *p, struct arena *arena, struct parameter **out,
                     size_t *n);
/* Puts x into *p, a copy that is the caller's to change; new parts come from `arena`.  False when
 * there is no such distribution (p95 below p50): *p is unchanged then. */
bool parameter_set(const struct parameter *q, struct pipeline *p, struct arena *arena, double x);

/* --- inside */

struct parameter_list {
    const struct pipeline *p;
    struct arena *arena;
    VEC(struct parameter) at;
};
/* Adds what a distribution was written with; q holds all but its last steps.  score: on [0, 1]. */
void parameters_add_dist(struct parameter_list *list, struct parameter q, const char *prefix,
                         const struct dist *d, bool score);
/* Were they written alike, their parts included? */
bool parameters_same_dist(const struct dist *a, const struct dist *b);
/* Adds the numbers of what items are when they come: capability, `wrong`, shares of classes. */
void parameters_add_input(struct parameter_list *list);
/* Adds those of what is around `flow`: environments, resources, arrivals, costs and worths. */
void parameters_add_world(struct parameter_list *list);
/* Adds those of a step that are not in struct numbers. */
void parameters_add_helpers(struct parameter_list *list, uint32_t step);
/* Where it stands for a class: a struct number, a double or a struct dist. */
void *parameter_place(const struct parameter *q, struct pipeline *p, uint32_t class);
/* *d with x in the place of one number; false when there is no such distribution. */
bool parameter_rebuilt(const struct parameter *q, const struct dist *d, double x,
                       struct arena *arena, struct dist *out);

#endif
