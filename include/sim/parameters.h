/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The numbers of a pipeline, one by one: their paths, values, ranges, and how to change them.
 *
 * Paths are those of --set.  A distribution's parameters are those that it was written with
 * (flow.draft.latency.lognormal.p50).  What is the same for all classes is one parameter.  Whole
 * numbers (attempts, at_most, k of an Erlang) are none, nor are lists of values and weights. */
#ifndef SEAM_SIM_PARAMETERS_H
#define SEAM_SIM_PARAMETERS_H

#include "model/pipeline.h"

enum parameter_kind {
    PARAMETER_PROBABILITY, /* a struct number of a step */
    PARAMETER_AMOUNT,      /* a double of a step: seconds, money */
    PARAMETER_DIST,        /* of a distribution of a step */
    PARAMETER_RETRY,       /* a double of a step's struct retry */
    PARAMETER_WAY,         /* of a way of `next`, where they need not add up to 1 */
    PARAMETER_INPUT,       /* share of items that enter bad */
    PARAMETER_SHARE        /* of a class: the others keep their proportions */
};
enum { PARAMETER_DEPTH = 6, PARAMETER_ALL = -1 };

struct parameter {
    const char *path;
    enum parameter_kind kind;
    uint32_t step;
    int32_t class; /* PARAMETER_ALL: of all classes */
    enum numbers_field field;
    size_t offset;    /* in struct numbers or struct retry; which way */
    double value;     /* as it is */
    double low, high; /* where the others allow it to be; may be infinite */
    double width;     /* a distance over which it is natural to move it */
    bool decides;     /* thresholds and confidences: moves the bands between them */
    bool takes_time;  /* latencies and timeouts */
    uint32_t n_route, route[PARAMETER_DEPTH]; /* parts to go down to, inside a distribution */
    int32_t written;                          /* which parameter of the form; -1: its `a` */
};

/* All parameters in the order of the pipeline; array and paths live in `arena`. */
void parameters_list(const struct pipeline *p, struct arena *arena, struct parameter **out,
                     size_t *n);
/* Puts x into *p, a copy that is the caller's to change; new parts come from `arena`.  False when
 * there is no such distribution (p95 below p50): *p is unchanged then. */
bool parameter_set(const struct parameter *q, struct pipeline *p, struct arena *arena, double x);

#endif
