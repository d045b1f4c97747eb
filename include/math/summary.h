/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mergeable summaries made of integers, so that the order of merging never changes a bit.
 *
 * struct sketch: a log-bucket histogram of non-negative values, SKETCH_PER_OCTAVE linear cells an
 * octave from 1e-9 up, one cell for smaller values and exact zeros.  A quantile is off by at most
 * half a cell (0.05% of the value); it is exact where all values of its cell are one value at the
 * edge of the data.
 * struct moments: n, sum and sum of squares in fixed point. */
#ifndef SEAM_MATH_SUMMARY_H
#define SEAM_MATH_SUMMARY_H

#include "base/buf.h"
#include <stddef.h>
#include <stdint.h>

enum { SKETCH_PER_OCTAVE = 1024 };

struct sketch {
    uint64_t *cell; /* owned */
    uint64_t n;
    double min, max; /* of what was added; INFINITY, -INFINITY while empty */
};

void sketch_init(struct sketch *s);
void sketch_release(struct sketch *s);
void sketch_clear(struct sketch *s);
void sketch_add(struct sketch *s, double x);
/* The hot path: n values >= 0, NaN is a mistake of the caller. */
void sketch_add_many(struct sketch *s, const float *x, size_t n);
void sketch_add_doubles(struct sketch *s, const double *x, size_t n);
void sketch_merge(struct sketch *into, const struct sketch *from);
/* Smallest value x with F(x) >= p, interpolated inside the cell, clamped to [min, max]; NaN while
 * empty. */
double sketch_quantile(const struct sketch *s, double p);
/* The value of rank r, 1 <= r <= n (for intervals by order statistics). */
double sketch_rank(const struct sketch *s, uint64_t r);
/* Share of values <= x. */
double sketch_cdf(const struct sketch *s, double x);
/* One past the last cell index; the edges of cell i (for plots and for persistence). */
size_t sketch_cells(void);
double sketch_edge(size_t i);

/* Sums in fixed point: value * 2^30 in 128 bits.  Block sums come in as doubles that were added in
 * a fixed order and are rounded once; from there on all is integer. */
struct moments {
    uint64_t n;
    __int128 sum, sum2;
};
void moments_add(struct moments *m, uint64_t n, double sum, double sum2);
void moments_merge(struct moments *into, const struct moments *from);
double moments_mean(const struct moments *m);     /* NaN while empty */
double moments_variance(const struct moments *m); /* sample variance, n - 1; 0 for n < 2 */

#endif
