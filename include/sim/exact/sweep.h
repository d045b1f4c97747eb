/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several functions of one variable at once, cell by cell from left to right: cells are halved
 * until Legendre polynomials hold all of them, and what jumps is met between the cells. */
#ifndef SEAM_SIM_EXACT_SWEEP_H
#define SEAM_SIM_EXACT_SWEEP_H

#include "sim/exact/latency.h"

struct sweep_cut {
    double x;
    bool rough, jumps; /* not smooth here; a jump */
};
struct sweep {
    uint32_t rows;
    double tolerance; /* of a row, absolute */
    /* y[rows] at x; `left`: just before it. */
    void (*at)(const void *arg, double x, bool left, double *y);
    /* One cell: value[rows][PANEL_NODES] at its nodes; its ends are rough or not. */
    void (*cell)(void *arg, const struct panel *where, double *const *value);
    void (*jump)(void *arg, double x);
    void *arg;
    VEC(struct sweep_cut) cuts; /* in any order */
};
/* Calls cell and jump in order of x, and releases the cuts.  The largest part of a row that its
 * polynomials do not hold; within the tolerance when all is well. */
double panels_sweep(struct sweep *s);

/* A law from P(in it, after x) in its panels and masses of its atoms, which become shares; each
 * panel knew the atoms before it alone, and what is continuous begins where the first panel does.
 */
void latency_law_settle(struct latency_law *law, double mass);
/* P(X <= x) of a settled law, x >= 0. */
double latency_law_by(const struct latency_law *law, double x);

/* --- when a branch ends (sim/exact/branch_times.c) */

struct branch;
struct branch_times {
    const struct branch *branch; /* borrowed */
    uint32_t good;               /* quality at the start */
    const struct dist *latency;  /* of a branch of one attempt */
    double limit_s, in_time, lost_in_time, late;
    struct latency_law *law; /* [n_ends] of others, owned */
    double doubt;            /* what those do not hold, as a probability */
    VEC(struct sweep_cut) cuts;
};
/* Of a filled branch, which must outlive t, for items that enter it good (1) or bad (0). */
void branch_times_init(struct branch_times *t, const struct branch *b, uint32_t good);
/* Frees the laws and cuts. */
void branch_times_release(struct branch_times *t);
/* P(ended in e by x; just before x), for each end. */
void branch_times_at(const struct branch_times *t, double x, bool left, double *p);

#endif
