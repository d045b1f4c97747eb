/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --sweep PATH=FROM:TO:N: the same command at N values of one number. */
#ifndef SEAM_CLI_SWEEP_H
#define SEAM_CLI_SWEEP_H

#include "cli/cli.h"

/* Computes one point; *complete as for cli_finish. */
typedef int sweep_point(const struct cli *cli, const struct pipeline *p, struct result *out,
                        bool *complete, struct error *err);

/* Runs every point and fills *out with one curve (id "sweep") for each headline metric, x being
 * the swept value.  *p is the last point's pipeline, for the caller to release. */
MUST_CHECK int sweep_run(const struct cli *cli, const char *path, sweep_point *point,
                         struct result *out, struct pipeline *p, bool *complete, struct error *err);

#endif
