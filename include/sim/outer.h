/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The outer loop over parameters: what is not known of them, and what `trials` items would show. */
#ifndef SEAM_SIM_OUTER_H
#define SEAM_SIM_OUTER_H

#include "base/workers.h"
#include "sim/run.h"

struct engine_def; /* sim/engine.h */
struct keeper;     /* sim/checkpoint.h */

/* Is there anything to draw: numbers with evidence, distributions fitted from observations? */
bool outer_needed(const struct pipeline *p);
/* Fills *out as run_simulate does.  Each draw of the parameters is simulated by the engine with
 * some items of its own; values are means over the draws, intervals the quantiles of the draws
 * after their spread by so few items is exchanged for that of `trials` items. */
MUST_CHECK int outer_run(const struct pipeline *p, const struct run_options *options,
                         const struct engine_def *def, struct keeper *keeper, struct result *out,
                         struct error *err);

#endif
