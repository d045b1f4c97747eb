/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What runs a pipeline's trials: numbered units of work, counted in integers.
 *
 * A unit's numbers depend on (seed, its index) alone, and what it counts is merged as integers, so
 * that any share-out of the units over threads, processes and resumed runs ends in the same bits.
 * Life of an engine: open, unit (by any worker, each with its own index), merge, then count, fill,
 * say and pack of the sum; close.
 *
 * How to add one: a struct engine_def in a file of its own and a row in engine_for, the special
 * ones before the general ones. */
#ifndef SEAM_SIM_ENGINE_H
#define SEAM_SIM_ENGINE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/pack.h"
#include "model/pipeline.h"
#include "model/result.h"
#include "sim/metrics.h"
#include <stdatomic.h>

struct engine_options {
    uint64_t trials; /* at most, in all */
    uint64_t seed;
    uint32_t threads;           /* workers, at least 1 */
    bool grows;                 /* a stopping rule asks for more and more trials */
    bool means_only;            /* no more than means and shares of all items will be asked for */
    const struct program *like; /* lends its tables (batch engine); NULL */
    const atomic_bool *stop;    /* NULL, or: units may be broken off once it is set */
};

struct engine {
    const struct engine_def *def;
    struct engine_options options; /* threads: no more than there are units */
    uint64_t block;                /* trials of one unit; the last unit may have fewer */
    uint32_t parts;                /* in which a unit is counted: sums of other parts do not add */
    atomic_bool endless;           /* set by a unit that was broken off for engine_endless */
    void *state;
};

struct engine_def {
    const char *name; /* of results: run.engine */
    bool (*supports)(const struct pipeline *p);
    const char *(*trials_word)(const struct pipeline *p); /* what a trial is: "items" */
    uint64_t (*trials)(const struct pipeline *p);         /* when nobody asks for a number */
    /* Trials of a stopping rule: its first look, and its end. */
    uint64_t (*first)(const struct pipeline *p, uint64_t asked);
    uint64_t (*most)(const struct pipeline *p);
    /* e->def and e->options are set; fills the rest.  p outlives the engine. */
    int (*open)(struct engine *e, const struct pipeline *p, struct error *err);
    void (*close)(struct engine *e);
    /* Does unit i, of n trials, with the worker's own things.  False: broken off by `stop`, and
     * nothing of it is counted. */
    bool (*unit)(struct engine *e, uint32_t worker, uint64_t i, uint64_t n);
    /* Adds what the workers counted to the sum, and empties them. */
    void (*merge)(struct engine *e);
    void (*clear)(struct engine *e); /* empties the sum */
    /* Saves the sum, or adds a saved one (base/pack.h) of the same pipeline, block and parts. */
    void (*pack)(struct engine *e, struct pack *p);
    uint64_t (*count)(const struct engine *e); /* trials in the sum */
    void (*fill)(const struct engine *e, const struct metrics_options *options, struct result *out);
    /* Curves and warnings of a whole run. */
    void (*say)(const struct engine *e, double level, struct result *out);
    /* For outer loops: one draw of the parameters, on this thread, under a replication number of
     * its own: `items` items, or one horizon.  Brief metrics (metrics.h).  NULL: see outer.c. */
    int (*draw)(const struct engine_def *def, const struct pipeline *p, uint64_t seed,
                uint64_t replication, uint64_t items, double level, struct result *out,
                struct error *err);
};

extern const struct engine_def batch_engine, desk_engine, queue_engine;

/* The engine for a pipeline: the fastest that does all of it; NULL: none does. */
const struct engine_def *engine_for(const struct pipeline *p);
/* Features that some engine does, as FEATURE(...) bits. */
uint64_t engine_features(void);
/* Opens an engine; -1: ERR_*, nothing is open. */
MUST_CHECK int engine_open(struct engine *e, const struct engine_def *def, const struct pipeline *p,
                           const struct engine_options *options, struct error *err);
/* ERR_NUMERIC: items go round loops without a bound again and again while no time passes. */
MUST_CHECK int engine_endless(struct error *err);
/* Units that make so many trials. */
uint64_t engine_units(const struct engine *e, uint64_t trials);

#endif
