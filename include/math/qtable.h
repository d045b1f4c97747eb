/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quantile tables: one 32-bit uniform -> one draw, by cubic pieces over u with at least 16 cells an
 * octave towards both tails; steps, atoms and constants exactly; mixtures by component.
 *
 * Draws rise with u (to the last bit of a float inside a piece; mixtures only component by
 * component), so that common random numbers and antithetic pairs come free.  Draws are never
 * negative, never outside the support, and never above 1e30. */
#ifndef SEAM_MATH_QTABLE_H
#define SEAM_MATH_QTABLE_H

#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dist;
struct qtable;

/* Owned by the caller (qtable_free); keeps nothing of d.  d has passed dist_check; NULL with err
 * set (ERR_NUMERIC) when its quantiles cannot be computed. */
struct qtable *qtable_new(const struct dist *d, struct error *err);
/* The same with a relative error of 1e-3 (or 1e-9 of the largest draw), made in a quarter of the
 * time: for a few thousand draws. */
struct qtable *qtable_new_coarse(const struct dist *d, struct error *err);
/* Frees the table with its parts; NULL is fine. */
void qtable_free(struct qtable *t);
/* out[i] = F^-1((u[i] + 0.5) / 2^32); the vectorised path.  Relative error 1e-6, or absolute error
 * 1e-12 of the largest draw where draws are that near to 0 (1e-3 for betas with shapes below 0.01,
 * and within a factor of 1000 of the bound of 1e30).  Parts of mixtures and of triangular laws have
 * their own u rounded to 32 bits. */
void qtable_fill(const struct qtable *t, const uint32_t *u, size_t n, float *out);
/* One draw, the same to the bit. */
float qtable_at(const struct qtable *t, uint32_t u);
enum { QTABLE_BITS_LEAST = 4 };
/* The rows of a table that is one smooth curve, and the bits of its cells, for eight_smooth; NULL
 * for others.  Borrowed. */
const float (*qtable_smooth(const struct qtable *t, int *bits))[4];
/* Largest x the table can return (bounds the fixed-point sums). */
double qtable_max(const struct qtable *t);
/* Is it one value whatever u is? */
bool qtable_is_constant(const struct qtable *t, double *value);

#endif
