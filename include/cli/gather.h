/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is shown: results of --json files, scenarios (solved and simulated), trace logs, in any mix.
 */
#ifndef SEAM_CLI_GATHER_H
#define SEAM_CLI_GATHER_H

#include "cli/cli.h"

enum { GATHERED_MAX = 16 };

enum gathered_kind { GATHERED_RESULT, GATHERED_SCENARIO, GATHERED_LOG };
struct gathered {
    struct result result[GATHERED_MAX];
    size_t n;
    enum gathered_kind last; /* what the last of them came from */
};

/* Adds the one result of a --json file or of a log, the two of a scenario, or all of a report.  *g
 * starts as zeros; the caller gives it to gathered_release, also after an error.
 * ERR_INTERRUPTED: what is half counted makes no page and no picture. */
MUST_CHECK int gather(const struct cli *cli, const char *path, struct gathered *g,
                      struct error *err);
/* Where `path` is standard input: it is read from its beginning again. */
MUST_CHECK int gather_again(const char *path, struct error *err);
/* A further result of this command, empty; ERR_USAGE: there is no room for it. */
struct result *gathered_next(const struct cli *cli, struct gathered *g, const char *command,
                             struct error *err);
/* Frees the results. */
void gathered_release(struct gathered *g);

#endif
