/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cycles of feedback without simulation. */
#ifndef SEAM_SIM_EXACT_FEEDBACK_H
#define SEAM_SIM_EXACT_FEEDBACK_H

#include "sim/exact.h"

/* ERR_UNSUPPORTED, with the place and the assumption that fails, for feedback that has no exact
 * learning curve. */
MUST_CHECK int exact_feedback_can(const struct pipeline *p, struct error *err);
/* Adds the curves `learning` of feedback.h, every cycle in its steady state with the mean number of
 * labels of the cycles before it, to *out. */
MUST_CHECK int exact_feedback(const struct pipeline *p, const struct exact_options *options,
                              struct result *out, bool *complete, struct error *err);

#endif
