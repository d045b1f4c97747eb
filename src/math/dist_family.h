/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a family of distributions is made of: private to the dist files and the quantile tables. */
#ifndef SEAM_MATH_DIST_FAMILY_H
#define SEAM_MATH_DIST_FAMILY_H

#include "math/dist.h"
#include <math.h>

struct dist_ops {
    int (*check)(const struct dist *d, struct error *err);
    double (*cdf)(const struct dist *d, double x);   /* any x */
    double (*below)(const struct dist *d, double x); /* NULL: no atoms, as cdf */
    /* Both p and q = 1 - p, so that neither tail loses digits; p = 0 and q = 0 are the ends. */
    double (*quantile)(const struct dist *d, double p, double q);
    double (*partial)(const struct dist *d, double t, int k); /* E[X^k; X <= t], t > least value */
    double (*variance)(const struct dist *d);                 /* NULL: from the moments */
};

extern const struct dist_ops dist_smooth_ops[]; /* by family, EXPONENTIAL to BETA */
extern const struct dist_ops dist_parts_ops[];  /* by family, the others but mapped */
extern const struct dist_ops dist_mapped_ops;

const struct dist_ops *dist_ops_of(const struct dist *d);
/* Has it a continuous, strictly rising quantile function? */
bool dist_is_smooth(const struct dist *d);
/* weights[n] or, when NULL, 1/n. */
static inline double dist_weight(const struct dist *d, size_t i)
{
    return d->weights ? d->weights[i] : 1.0 / (double)d->n;
}

/* x less d's shift, to the last bit generous upwards (direction 1) or downwards (-1), so that atoms
 * of the part are found again behind the rounding of the shift. */
static inline double dist_moved_back(const struct dist *d, double x, int direction)
{
    return x - d->a + direction * 2.3e-16 * fmax(fabs(x), fabs(d->a));
}

#endif
