/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam size --plan: labels and audits that are still to come. */
#ifndef SEAM_CLI_SIZE_PLAN_H
#define SEAM_CLI_SIZE_PLAN_H

#include "cli/cli.h"
#include "math/risk.h"

/* Does the line ask for a plan: --plan, or a target without anything to size? */
bool size_plan_asked(const struct cli *cli);
/* Fills the plan; *targets is an empty pipeline that takes the line's --target. */
MUST_CHECK int size_plan(const struct cli *cli, struct pipeline *targets, struct result *r,
                         struct error *err);
/* --traffic in items a day; NaN when not given. */
MUST_CHECK int size_traffic(const struct cli *cli, double *per_day, struct error *err);
/* A method by its name; ERR_USAGE names the nearest. */
MUST_CHECK int size_method(const char *word, enum risk_method *out, struct error *err);

/* From labels of a cheap and a strong model, with --costs. */
struct scored_labels;
MUST_CHECK int size_two_models(const struct cli *cli, const struct pipeline *targets,
                               const struct scored_labels *labels, struct result *r,
                               bool *certified, struct error *err);
/* "sensitivity=93%,specificity=98%", each maybe as counts, 93/100; what is not said is 100%. */
MUST_CHECK int size_reviewer(const char *text, struct risk_reviewer *out, struct error *err);

#endif
