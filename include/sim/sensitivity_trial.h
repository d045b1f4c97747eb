/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The metrics of a pipeline as functions of one of its numbers at a time.
 *
 * Life cycle: trial_init, then trial_choose and trial_value for one number after another, then
 * trial_release. */
#ifndef SEAM_SIM_SENSITIVITY_TRIAL_H
#define SEAM_SIM_SENSITIVITY_TRIAL_H

#include "sim/exact/adjoint.h"
#include "sim/exact/values.h"
#include "sim/parameters.h"
#include "sim/sensitivity.h"

/* --- metrics from totals (sim/sensitivity_metrics.c) */

/* Each metric of the solve is a quotient of two sums over the totals of adjoint.h. */
struct quotients {
    double above[SENSITIVITY_SOLVED][TOTAL_COUNT], below[SENSITIVITY_SOLVED][TOTAL_COUNT];
    bool whole[SENSITIVITY_SOLVED]; /* below is 1 */
    bool known[SENSITIVITY_SOLVED];
};
/* Of a pipeline with these worths; what *m cannot know is NaN. */
void quotients_set(struct quotients *q, const struct pipeline *p, const struct model *m);
/* y[SENSITIVITY_SOLVED] at total[TOTAL_COUNT]; NaN where there is no value. */
void quotients_values(const struct quotients *q, const double *total, double *y);
/* Derivatives of the metrics by the totals, there; a row of NaN where there is no value. */
void quotients_slopes(const struct quotients *q, const double *total,
                      double slope[SENSITIVITY_SOLVED][TOTAL_COUNT]);
/* of_class[n_classes]: the totals of each class, by a filled model; with adjoint[n_classes] solves
 * those too.  Errors as of flow_solve. */
MUST_CHECK int model_totals(struct model *m, struct adjoint *adjoint,
                            double (*of_class)[TOTAL_COUNT], struct error *err);
/* total[TOTAL_COUNT]: those of all items, by the shares of the classes. */
void totals_mix(const struct pipeline *p, double (*of_class)[TOTAL_COUNT], double *total);

/* --- one number at a time (sim/sensitivity_trial.c) */

/* How a value is had. */
enum trial_way {
    TRIAL_ADJOINT, /* the step alone, by what the chain makes of its numbers: a value less a
                      constant */
    TRIAL_ANEW,    /* a chain of its own for each value */
    TRIAL_WHOLE    /* solved as a whole, desks and all */
};
struct trial {
    const struct pipeline *base; /* borrowed: the numbers to come back to */
    struct pipeline work;        /* the numbers that move; the chain's own */
    struct arena arena;
    struct model m;
    struct adjoint *adjoint;                       /* [n_classes] NULL: not to be had */
    double (*of_class)[TOTAL_COUNT];               /* [n_classes] totals at the base, */
    double value[SENSITIVITY_SOLVED];              /* the metrics there, */
    double slope[SENSITIVITY_SOLVED][TOTAL_COUNT]; /* and derivatives of the metrics by them */
    struct exact_options options;                  /* of whole solutions */
    bool timed;
    double whole_work; /* about the ns of a whole solution */
    size_t n_metrics;
    const char **metric;       /* [n_metrics] names, in the arena */
    const struct parameter *q; /* the one that moves, */
    enum trial_way way;        /* and how, */
    double low, high;          /* in which range */
    VEC(uint32_t) touched;     /* steps whose numbers in the chain move with it */
    struct error err;
};

/* For the n numbers of *base, which must outlive it.  Errors as model_build's and exact_solve's. */
MUST_CHECK int trial_init(struct trial *t, const struct pipeline *base,
                          const struct exact_options *options, const struct parameter *q, size_t n,
                          struct error *err);
/* Frees all of it. */
void trial_release(struct trial *t);
/* Moves *q from now on, or nothing (NULL), with all numbers as they were. */
void trial_choose(struct trial *t, const struct parameter *q);
/* About the ns of one value with the number chosen. */
double trial_work(const struct trial *t);
/* Where the number chosen may be moved to: the range that is stated, or what keeps a threshold
 * among the others. */
void trial_range(const struct trial *t, double *low, double *high);
/* y[n_metrics] with the number chosen at x, by way of TRIAL_ADJOINT less a constant and with the
 * size of its parts; false where there is no such pipeline or no answer. */
bool trial_value(void *trial, double x, double *y, double *size);
/* slope[n_metrics] of the number chosen: 0 where it is no more than the error of times that come by
 * inversion. */
void trial_drop_errors(const struct trial *t, double *slope);

#endif
