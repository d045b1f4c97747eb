/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam size FILE: settings of a scenario, and the numbers that --vary names. */
#ifndef SEAM_CLI_SIZE_VARY_H
#define SEAM_CLI_SIZE_VARY_H

#include "cli/cli.h"

/* Reads the scenario into *p, the caller's to release in any case, and sizes it. */
MUST_CHECK int size_from_scenario(const struct cli *cli, const char *path, struct pipeline *p,
                                  struct result *r, bool *met, struct error *err);

#endif
