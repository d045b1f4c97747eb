/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quantiles at thousands of neighbouring probabilities, by walking along the quantile function
 * instead of inverting at each: private to the builder of quantile tables. */
#ifndef SEAM_MATH_QTABLE_WALK_H
#define SEAM_MATH_QTABLE_WALK_H

#include "math/dist.h"

enum { WALK_ORDER = 6 };

struct walk {
    const struct dist *d;              /* without its map */
    const struct calibration_map *map; /* NULL: none */
    bool upper;                        /* from the upper tail: t = q, else t = p */
    bool is_beta;                      /* walked along a beta law, else along a gamma of scale 1 */
    double a, b, log_scale;            /* its parameters; ln of its density's constant */
    double x;                          /* its quantile at the end of the last step */
    double term[WALK_ORDER + 1];       /* the series over the last step, in its fraction s */
};

/* Takes d's tail from probability t (of p or q) on; false when its family is not walked. */
bool walk_start(struct walk *w, const struct dist *d, bool upper, double t);
/* One step of this width in tail probability, from where the last one ended. */
void walk_step(struct walk *w, double width);
/* The quantile of d at the fraction s of the last step. */
double walk_value(const struct walk *w, double s);

#endif
