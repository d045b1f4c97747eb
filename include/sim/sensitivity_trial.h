/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The metrics of a pipeline as functions of one of its numbers at a time.
 *
 * Life cycle: trial_init, then trial_choose and trial_value for one number after another, then
 * trial_release. */
#ifndef SEAM_SIM_SENSITIVITY_TRIAL_H
#define SEAM_SIM_SENSITIVITY_TRIAL_H

#include "sim/exact/values.h"
#include "sim/parameters.h"
#include "sim/sensitivity.h"

/* How a value is had. */
enum trial_way {
    TRIAL_REFILL, /* the chain, with other numbers in one step */
    TRIAL_ANEW,   /* a chain of its own for each value */
    TRIAL_WHOLE   /* solved as a whole, desks and all */
};
struct trial {
    const struct pipeline *base; /* borrowed: the numbers to come back to */
    struct pipeline work;        /* the numbers that move; the chain's own */
    struct arena arena;
    struct model m;
    struct exact_options options; /* of whole solutions */
    bool timed, draws; /* draws: some gate does, so that confidences are not bands alone */
    double whole_work; /* about the ns of a whole solution */
    size_t n_metrics;
    const char **metric;       /* [n_metrics] names, in the arena */
    const struct parameter *q; /* the one that moves */
    struct error err;
};

/* For the n numbers of *base, which must outlive it.  Errors as model_build's and exact_solve's. */
MUST_CHECK int trial_init(struct trial *t, const struct pipeline *base,
                          const struct exact_options *options, const struct parameter *q, size_t n,
                          struct error *err);
/* Frees all of it. */
void trial_release(struct trial *t);
/* The way for a number, and about the ns of one value. */
enum trial_way trial_way(const struct trial *t, const struct parameter *q);
double trial_work(const struct trial *t, const struct parameter *q);
/* Moves *q from now on, or nothing (NULL), with all numbers as they were. */
void trial_choose(struct trial *t, const struct parameter *q);
/* y[n_metrics] with the number chosen at x; false where there is no such pipeline or no answer. */
bool trial_value(void *trial, double x, double *y);

#endif
