/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line at the foot of the terminal: how far, how fast, how long still. */
#ifndef SEAM_CLI_PROGRESS_BAR_H
#define SEAM_CLI_PROGRESS_BAR_H

#include "base/progress.h"
#include "cli/cli.h"

enum { PROGRESS_WHAT = 40 };

struct progress_bar {
    struct progress progress; /* to be handed to the work */
    bool wanted;              /* standard error is a smart terminal, and not --quiet */
    double begun_s, shown_s;
    double last;
    char what[PROGRESS_WHAT * 4 + 1];
    bool shown;
};

/* Nothing is shown in the first half second, nor more often than five times a second. */
void progress_open(struct progress_bar *bar, const struct cli *cli);
/* What the work is handed: NULL where nothing is to be shown. */
const struct progress *progress_of(const struct progress_bar *bar);
/* The form that runs call: `arg` is the bar, and what is counted are items. */
void progress_items(void *arg, uint64_t done, uint64_t of);
/* The line in `width` columns: name, gauge, share, rate and time left.  of: 0 when not known. */
void progress_put_line(const char *what, double done, double of, double elapsed_s, size_t width,
                       struct buf *out);
/* Wipes the line. */
void progress_close(struct progress_bar *bar);

#endif
