/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stopping rule of `--until`, for any engine: more and more trials, until each metric asked for
 * is known well enough.
 *
 * Look j uses intervals at the level that shares the error out over all looks
 * (interval_look_level), so that the interval at which a run stops holds at the level asked for. */
#ifndef SEAM_SIM_UNTIL_H
#define SEAM_SIM_UNTIL_H

#include "sim/metrics.h"
#include "sim/run.h"

/* An engine that can go on: how many trials at the first look (then twice as many), and at most. */
struct until {
    uint64_t first, most;
    uint64_t known; /* looks at fewer trials were taken, and did not reach the half-widths */
    const struct ranks *ranks; /* rank 0 looks and fills */
    /* Runs up to so many trials in all; *stopped: before. */
    int (*advance)(void *arg, uint64_t trials, bool *stopped, struct error *err);
    /* The metrics of what was run. */
    void (*fill)(void *arg, const struct metrics_options *options, struct result *out);
    uint64_t (*count)(void *arg); /* trials so far */
    const char *trials;           /* "items" */
    void *arg;
};

/* Fills *out with the metrics of all trials; those asked for have the interval of the last look,
 * and a warning where they were not reached.  ERR_USAGE: there is no such metric. */
MUST_CHECK int until_run(const struct until *u, const struct run_options *options,
                         struct result *out, bool *partial, struct error *err);

#endif
