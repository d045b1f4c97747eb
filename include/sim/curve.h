/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The distribution of a sketch's values as the curve `latency_cdf`. */
#ifndef SEAM_SIM_CURVE_H
#define SEAM_SIM_CURVE_H

#include "math/summary.h"
#include "model/result.h"

enum { CURVE_POINTS = 102 };

/* Ascending values x[CURVE_POINTS], in s, about evenly spread over the shares of what the sketch
 * holds; returns how many there are (fewer where values repeat, 0 while it is empty). */
uint32_t curve_grid(const struct sketch *s, double *x);
/* Adds latency_cdf: at each x of the grid the share at or below, with its Wilson interval. */
void curve_latency(const struct sketch *s, double level, struct result *out);

#endif
