/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where reliability is lost, and which numbers matter, by simulation: for what solve cannot do. */
#ifndef SEAM_SIM_IMPORTANCE_H
#define SEAM_SIM_IMPORTANCE_H

#include "sim/run.h"

/* How many items (untimed), or horizons (timed), all of it takes. */
double importance_trials(const struct pipeline *p, const struct run_options *options);

/* Is that little enough to be done unasked? */
bool importance_is_quick(const struct pipeline *p, const struct run_options *options);

/* Adds to *out, the result of a run of p: loss and closes of layers, loss, birnbaum and improvement
 * of its stages (gap.h), and sensitivities, as sensitivity_exact does, by central differences.
 *
 * Options: seed, trials (of the run), level, threads, stop, uncertainty (then at the means of the
 * evidence).  Every value is a mean over repetitions under different seeds with Student's interval;
 * within a repetition all pipelines meet the same random numbers.  When stopped it adds nothing. */
MUST_CHECK int importance_simulate(const struct pipeline *p, const struct run_options *options,
                                   struct result *out, struct error *err);

#endif
