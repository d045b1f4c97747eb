/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was done with an item of an executed run: every attempt and decision, who took it and why.
 */
#ifndef SEAM_CLI_TRAIL_H
#define SEAM_CLI_TRAIL_H

#include "cli/cli.h"
#include "store/journal.h"

struct trail_row {
    struct journal_row row; /* texts live as long as the trail */
    const char *step;       /* "" of the item's beginning and end */
    const char *what;       /* such as "error", "0.62 below 0.8: to human", "shipped" */
};
struct trail {
    struct arena texts;
    struct journal_run run;
    const char *class;
    VEC(struct trail_row) rows;
};
/* Reads it; release also after an error. */
MUST_CHECK int trail_read(struct store *s, int64_t run, uint64_t item, struct trail *out,
                          struct error *err);
/* Frees the rows and texts. */
void trail_release(struct trail *t);
/* The confidence and threshold of the last gate; NaN: none. */
void trail_gate(const struct trail *t, double *confidence, double *threshold);
/* `seam runs show RUN --item ID`. */
MUST_CHECK int trail_print(const struct cli *cli, struct store *s, int64_t run, const char *id,
                           struct error *err);

#endif
