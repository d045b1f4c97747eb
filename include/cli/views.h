/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One scenario seen in four ways, side by side: solved, simulated, executed, replayed. */
#ifndef SEAM_CLI_VIEWS_H
#define SEAM_CLI_VIEWS_H

#include "cli/cli.h"

/* Solves and simulates the pipeline, and puts both beside what was executed (*out, which becomes
 * the result of the comparison) and what was read from its traces.  Errors but those that say that
 * a way has no answer. */
MUST_CHECK int views_compare(const struct cli *cli, const struct pipeline *p,
                             const struct result *replayed, struct result *out, struct error *err);
/* What a run of `items` items will show, by the numbers that were fitted and the changes of
 * --then: metrics with prediction intervals. */
MUST_CHECK int views_predict(const struct cli *cli, const struct pipeline *fitted, bool timed,
                             uint64_t items, struct result *out, struct error *err);
/* Adds to out->predictions what was expected and what came. */
void views_judge(const struct result *expected, const struct result *came, double level,
                 struct result *out);

#endif
