/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers of which quantiles are asked: kept themselves up to a limit, counted in cells beyond it.
 *
 * Cells are those of struct sketch_coarse, 64 of equal width an octave from 2^-30 to 2^50: a value
 * told as the middle of its cell is off by less than 1/128 of itself (VALUES_OFF, 0.8%).  What is
 * counted does not depend on the order of the numbers.  Zeroed: none; values_release. */
#ifndef SEAM_MATH_VALUES_H
#define SEAM_MATH_VALUES_H

#include "math/summary.h"

/* VALUES_MAX: so many are kept as they are. */
enum { VALUES_MAX = 1000000 };
#define VALUES_OFF 0.008

struct values {
    double *at; /* owned [len], as they came; NULL once they are counted in cells */
    size_t len, cap;
    struct values_cells *cells; /* owned; NULL while the numbers are kept */
};

/* x >= 0, not NaN. */
void values_add(struct values *v, double x);
/* Counts them in cells from now on, which gives their memory back. */
void values_count_in_cells(struct values *v);
/* Frees all and leaves none. */
void values_release(struct values *v);
/* How many there are. */
uint64_t values_n(const struct values *v);
/* Are they kept as they came? */
bool values_exact(const struct values *v);
/* The bytes that grow with the numbers. */
size_t values_bytes(const struct values *v);

/* Puts kept numbers in order, before ranks are asked. */
void values_sort(struct values *v);
/* The number of rank r, 1 <= r <= n; in *low and *high (either may be NULL) where it lies for
 * sure. */
double values_rank(const struct values *v, uint64_t r, double *low, double *high);
/* Mean and sample variance (n - 1; 0 for n < 2); of kept numbers in the order they stand in. */
void values_moments(const struct values *v, double *mean, double *variance);

#endif
