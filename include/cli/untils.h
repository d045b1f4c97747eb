/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --until METRIC=WIDTH: the half-widths at which a simulation is enough. */
#ifndef SEAM_CLI_UNTILS_H
#define SEAM_CLI_UNTILS_H

#include "cli/cli.h"
#include "sim/run.h"

enum { UNTIL_MAX = 8 };
struct untils {
    struct run_until list[UNTIL_MAX]; /* names in `name`: not to be copied */
    char name[UNTIL_MAX][64];
    size_t n;
};
/* Those of the line; ERR_USAGE says what is wrong with one. */
MUST_CHECK int untils_read(const struct cli *cli, struct untils *out, struct error *err);

#endif
