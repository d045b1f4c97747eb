/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the draws of the parameters come to together: means, and intervals that cover parameters and
 * sampling. */
#ifndef SEAM_SIM_OUTER_RESULT_H
#define SEAM_SIM_OUTER_RESULT_H

#include "sim/outer_draws.h"

/* All borrowed. */
struct outer_result {
    const struct pipeline *pipeline;
    const struct draws *draws;
    bool timed;
    uint64_t items;  /* of each draw; timed: horizons, 1 */
    uint64_t trials; /* items (horizons) that intervals are for */
    double level;
    uint32_t n_grid;
    const double *grid; /* [n_grid], s: where the curve of latencies was looked at */
};
/* Rows, metrics and the curve of latencies, into an empty result. */
void outer_result_put(const struct outer_result *o, struct result *out);

#endif
