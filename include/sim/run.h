/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Monte Carlo runs: blocks over threads, stopping rules, the outer loop over parameters, sweeps.
 *
 * The same pipeline, seed and trials give the same numbers on any count of threads. */
#ifndef SEAM_SIM_RUN_H
#define SEAM_SIM_RUN_H

#include "base/error.h"
#include "model/pipeline.h"
#include "model/result.h"
#include "sim/ranks.h"
#include <stdatomic.h>

struct engine_def; /* sim/engine.h */

struct run_until {
    const char *metric;
    double half_width; /* absolute, in the metric's unit */
};

/* Where progress is kept, and where a run goes on from. */
struct run_keep {
    const char *name;   /* of what is resumed, for errors: "six.seamrun"; NULL: from the start */
    const void *resume; /* on rank 0: what `write` was given by the run that is resumed */
    size_t resume_len;
    /* Replaces what was written before; NULL: nothing is kept.  On rank 0 only. */
    int (*write)(void *arg, const void *bytes, size_t len, struct error *err);
    void *arg;
    double every_s; /* at least so often, and at the start and the end */
};

struct run_options {
    uint64_t trials;  /* 0: 1,000,000 */
    uint64_t seed;    /* default 1 */
    uint32_t threads; /* 0: all processors */
    double level;
    const struct run_until *until;
    size_t n_until;
    uint64_t max_trials; /* with until; 0: 1e10 */
    uint64_t first_look; /* trials of its first look at most; 0: as the engine says */
    bool uncertainty;    /* outer loop over evidence; the interval is then of what `trials` new
                            items would show: sampling and parameters */
    bool means_only;     /* of all items alone: for many runs that differ a little */
    const struct program *like; /* of a run that differs a little: lends its tables; NULL */
    uint32_t draws;             /* outer draws; 0: 1,000 */
    const atomic_bool *stop;    /* NULL, or set by a signal: finish with what there is */
    void (*progress)(void *arg, uint64_t done, uint64_t of); /* NULL; one thread calls it */
    void *progress_arg;
    double (*clock_s)(void);     /* NULL, or seconds that pass; needed to keep progress in time */
    const struct run_keep *keep; /* NULL: nothing is kept */
    const struct ranks *ranks;   /* NULL: one process.  Rank 0 has the result; others fill `run` */
};

/* Fills *out (initialised by the caller, who judges and releases it).  ERR_UNSUPPORTED names what
 * no engine does; ERR_INPUT says why a run cannot go on from what was kept of another. */
MUST_CHECK int run_simulate(const struct pipeline *p, const struct run_options *options,
                            struct result *out, struct error *err);

/* Threads of a process: as asked; 0: all processors, or one for each of several ranks. */
uint32_t run_threads(const struct run_options *options);

/* The same as run_simulate by a chosen engine that supports p, with the parameters as written. */
MUST_CHECK int run_by(const struct engine_def *def, const struct pipeline *p,
                      const struct run_options *options, struct result *out, struct error *err);

#endif
