/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of a run on their way to a sketch, and to a coarse histogram of the unit they are of.
 *
 * What is zeroed holds nothing and is ready; memory comes with the first value that needs it. */
#ifndef SEAM_SIM_QUEUE_INTAKE_H
#define SEAM_SIM_QUEUE_INTAKE_H

#include "math/summary.h"

#include <stdint.h>

/* Values of one unit, for the spread of quantiles between units. */
struct unit_cells {
    uint64_t n;
    struct sketch_coarse at; /* its cells owned */
};
/* Adds n values. */
void unit_cells_add(struct unit_cells *c, const float *x, uint32_t n);
/* Adds those of another. */
void unit_cells_merge(struct unit_cells *into, const struct unit_cells *from);
/* The value of rank p n, by its place in its cell; c->n > 0. */
double unit_cells_quantile(const struct unit_cells *c, double p);
/* Empties the cells, and keeps their memory. */
void unit_cells_clear(struct unit_cells *c);

/* A sketch, without memory until first used, and values on their way to it: those of a block or a
 * horizon that is not over yet, which may still be dropped. */
enum { INTAKE_HELD = 1024 };
struct intake {
    struct sketch sketch, open; /* open: of what runs, where it was too much to hold */
    uint32_t n, sent, unit;     /* held; of those, in the cells of a unit; the unit of the others */
    float held[INTAKE_HELD];
};
/* Frees the sketches. */
void intake_release(struct intake *v);
/* Sends the values held on, so that there is room. */
void intake_send(struct intake *v);
static inline void intake_put(struct intake *v, double x)
{
    if (v->n == INTAKE_HELD)
        intake_send(v);
    v->held[v->n++] = (float)x;
}
/* Takes in n values of any number, outside of the cells of a unit. */
void intake_put_many(struct intake *v, const float *x, uint32_t n);
/* Holds as many of n values as there is room for, and tells how many these are. */
uint32_t intake_hold(struct intake *v, const float *x, uint32_t n);
/* n values that are held nowhere: to the sketch of what is open, and to a unit's cells. */
void intake_pass(struct intake *v, struct unit_cells *c, const float *x, uint32_t n);
/* What is open counts from now on. */
void intake_commit(struct intake *v);
/* What is open never counts. */
void intake_drop(struct intake *v);
/* Adds what counts in another. */
void intake_merge(struct intake *into, const struct intake *from);
/* Forgets what counts. */
void intake_forget(struct intake *v);

#endif
