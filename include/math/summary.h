/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mergeable summaries made of integers, so that the order of merging never changes a bit.
 *
 * struct sketch: a log-bucket histogram of non-negative values, SKETCH_PER_OCTAVE linear cells an
 * octave from 2^-30 (about 1e-9) to 2^50, one cell for smaller values and exact zeros, one for
 * larger ones.  Each cell holds a count and the sum of the 13 bits of the values, as floats, that
 * the cell drops; so a cell that holds one value many times (a constant latency, sums of them)
 * knows that value to the last bit of a float.  A quantile inside a cell of spread values is
 * interpolated: off by less than a cell (0.1% of the value), in practice by far less.
 * struct moments: n, sum and sum of squares in fixed point. */
#ifndef SEAM_MATH_SUMMARY_H
#define SEAM_MATH_SUMMARY_H

#include "base/buf.h"
#include "base/pack.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SKETCH_PER_OCTAVE = 1024, SKETCH_LOW = -30, SKETCH_HIGH = 50 };

struct sketch_cell {
    uint64_t n, low; /* values; sum over them of the low 13 bits of each as a float */
};

struct sketch {
    uint64_t *hot;            /* owned [sketch_cells()]; n and low of a cell packed in one word */
    struct sketch_cell *cold; /* owned; NULL until the packed words were nearly full */
    uint64_t hot_n;           /* values counted in hot */
    uint64_t n;
    double min, max; /* of what was added; INFINITY, -INFINITY while empty */
};

/* Makes it empty, with all its cells (640 KiB); sketch_release it. */
void sketch_init(struct sketch *s);
/* Frees the cells; nothing can be added before the next sketch_init. */
void sketch_release(struct sketch *s);
/* Makes it empty and keeps the packed cells for what comes next. */
void sketch_clear(struct sketch *s);
/* x >= 0; NaN is a mistake of the caller. */
void sketch_add(struct sketch *s, double x);
/* The hot path: n values >= 0. */
void sketch_add_many(struct sketch *s, const float *x, size_t n);
/* The same into two: x[i] goes to `in` where where[i] is -1, to `out` where it is 0.  Values of
 * either sign of 0 count as 0. */
void sketch_add_parted(struct sketch *in, struct sketch *out, const int32_t *where, const float *x,
                       size_t n);
/* A histogram of one cell for values below 2^SKETCH_LOW and then 16 of the sketch's cells to one.
 */
enum {
    COARSE_PER_OCTAVE = SKETCH_PER_OCTAVE / 16,
    COARSE_CELLS = (SKETCH_HIGH - SKETCH_LOW) * COARSE_PER_OCTAVE + 2
};
struct sketch_coarse {
    uint32_t low, high; /* cells in use: [low, high) */
    uint32_t *cell;     /* [COARSE_CELLS] */
};
/* As sketch_add_many, into both. */
void sketch_add_coarsely(struct sketch *s, const float *x, size_t n, struct sketch_coarse *coarse);
/* The coarse cell of x >= 0. */
uint32_t sketch_coarse_of(double x);
/* Adds all that `from` holds; the order of merging makes no difference. */
void sketch_merge(struct sketch *into, const struct sketch *from);
/* Smallest value x with F(x) >= p, interpolated inside the cell, clamped to [min, max]; NaN while
 * empty. */
double sketch_quantile(const struct sketch *s, double p);
/* The value of rank r, 1 <= r <= n (for intervals by order statistics); NaN while empty. */
double sketch_rank(const struct sketch *s, uint64_t r);
/* Where that value lies for sure: one point where it is known or values lie evenly around it, the
 * whole cell where an atom stands among other values. */
void sketch_rank_within(const struct sketch *s, uint64_t r, double *low, double *high);
/* Share of values <= x; NaN while empty. */
double sketch_cdf(const struct sketch *s, double x);

/* For plots and for persistence: the number of cells, the lower edge of cell i (0 for the first;
 * INFINITY for i = sketch_cells()), the cell of a value, what a cell holds, and adding a stored
 * cell back (whose min and max the caller sets). */
size_t sketch_cells(void);
/* The lower edge of cell i. */
double sketch_edge(size_t i);
/* The cell of x >= 0, below sketch_cells(). */
size_t sketch_cell_of(double x);
/* What cell i < sketch_cells() holds. */
struct sketch_cell sketch_cell_at(const struct sketch *s, size_t i);
/* Adds a stored cell to cell i; min and max stay as they are. */
void sketch_restore(struct sketch *s, size_t i, struct sketch_cell cell);
/* Saves the sketch, or adds a saved one (pack.h).  One without memory saves as an empty one, and
 * takes in nothing else. */
void sketch_pack(struct sketch *s, struct pack *p);

/* A sum of doubles in fixed point, an integer of 2^-168: the same in whatever order they are added.
 * What is above 2^-115 is held to its last digit, so that the shortest and the longest times can
 * stand in one scale. */
struct wide {
    __int128 whole;         /* of 2^-40, rounded down */
    unsigned __int128 part; /* of 2^-168 */
};
/* Adds x, cut to [-2^80, 2^80]. */
void wide_add(struct wide *w, double x);
/* Adds another sum; the order of merging makes no difference. */
void wide_merge(struct wide *into, const struct wide *from);
/* Saves it, or adds a saved one. */
void wide_pack(struct wide *w, struct pack *p);
/* The sum as a double. */
double wide_value(const struct wide *w);
/* Is nothing in it, or do its values cancel to the last digit? */
static inline bool wide_is_zero(const struct wide *w)
{
    return w->whole == 0 && w->part == 0;
}

/* Block sums come in as doubles that were added in a fixed order; from there on all is integer.  A
 * sum of squares beyond 2^80 stays at its bound and the variance is then INFINITY. */
struct moments {
    uint64_t n;
    struct wide sum, sum2;
};
/* Adds a block of n values by their sum and their sum of squares. */
void moments_add(struct moments *m, uint64_t n, double sum, double sum2);
/* Adds all that `from` holds; the order of merging makes no difference. */
void moments_merge(struct moments *into, const struct moments *from);
/* Saves them, or adds saved ones. */
void moments_pack(struct moments *m, struct pack *p);
double moments_mean(const struct moments *m);     /* NaN while empty */
double moments_variance(const struct moments *m); /* sample variance, n - 1; 0 for n < 2 */

#endif
