/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The coordination gap from the absorbing chain: exact where coalitions are too many to list.
 *
 * With evidence, values are means over its posterior and intervals its quantiles. */
#ifndef SEAM_SIM_GAP_EXACT_H
#define SEAM_SIM_GAP_EXACT_H

#include "sim/exact.h"
#include "sim/exact/values.h"
#include "sim/gap.h"

/* Adds layers and the stages' loss to *out, whose stages are there already.  `uncertain`: evidence
 * as posteriors.  What cannot be had is named in warnings, and *complete is false. */
MUST_CHECK int gap_exact(struct model *m, const struct exact_options *options, bool uncertain,
                         struct result *out, bool *complete, struct error *err);

#endif
