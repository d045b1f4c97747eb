/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rare events: importance sampling in place of plain estimates of probabilities below 1e-5. */
#ifndef SEAM_SIM_RARE_H
#define SEAM_SIM_RARE_H

#include "sim/run.h"

/* Looks through the result of a run of p: shares of items and of shipped items (of all and of each
 * class) and the stages' exits that are below 1e-5 are estimated anew by importance sampling, with
 * at most about as many items again as the run had (65,536 to 4 million); an assumption says so,
 * with the effective sample size.  Where the weights degenerate the exact value is taken when there
 * is one; else the plain estimate stays, and a warning says so.  Of timed pipelines what queues
 * cause is estimated by splitting (split.h), and what items do by themselves, where nothing that
 * they share changes it, as if there were no arrivals.  The same bits on any number of threads. */
MUST_CHECK int rare_improve(const struct pipeline *p, const struct run_options *options,
                            struct result *out, struct error *err);

#endif
