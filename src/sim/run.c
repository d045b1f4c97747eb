/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks are taken by index from a counter and counted in integers, so that the merged tally has
 * the same bits on any number of threads. */
#include "sim/run.h"

#include "math/gsl_guard.h"
#include "sim/batch.h"
#include "sim/metrics.h"
#include "sim/outer.h"
#include "sim/queue.h"
#include "sim/until.h"

#include <math.h>
#include <string.h>

/* Features of the language that the batch engine does, as FEATURE(...) bits. */
static const uint64_t BATCH = FEATURE(HEDGE) | FEATURE(CACHE) | FEATURE(CLASS_RETRY) |
                              FEATURE(NEXT) | FEATURE(WHEN) | FEATURE(GIVEN) | FEATURE(BANDS) |
                              FEATURE(THRESHOLD_DIST) | FEATURE(AUDIT);

enum { FIRST_LOOK = 1 << 14, BLOCKS_PER_REPORT = 512 };
static const uint64_t TRIALS_DEFAULT = 1000000, MAX_TRIALS_DEFAULT = 10000000000;

struct crew {
    const struct run_options *options;
    const struct program *program;
    uint64_t trials, blocks_before;
    uint32_t threads;
    struct batch **batch;
    struct tally *tally; /* [threads] */
    struct tally *sum;   /* borrowed: of all threads */
};

static void crew_init(struct crew *c, const struct program *g, const struct run_options *options,
                      uint64_t trials)
{
    uint64_t blocks = (trials + LANES - 1) / LANES;
    *c = (struct crew){.options = options, .program = g, .trials = trials};
    c->threads = workers_count(options->threads);
    if (c->threads > blocks)
        c->threads = blocks ? (uint32_t)blocks : 1;
    c->batch = mem_zero(c->threads, sizeof(struct batch *));
    c->tally = mem_zero(c->threads, sizeof *c->tally);
    for (uint32_t i = 0; i < c->threads; i++) {
        c->batch[i] = batch_new(g);
        tally_init(&c->tally[i], g);
    }
}

static void crew_release(struct crew *c)
{
    for (uint32_t i = 0; i < c->threads; i++) {
        batch_free(c->batch[i]);
        tally_release(&c->tally[i]);
    }
    mem_free(c->batch);
    mem_free(c->tally);
}

static void do_block(void *arg, uint32_t worker, uint64_t block)
{
    struct crew *c = arg;
    uint64_t left = c->trials - block * LANES;
    batch_run(c->batch[worker], c->options->seed, 0, block, left < LANES ? (uint32_t)left : LANES,
              &c->tally[worker]);
}

static void report(void *arg, uint64_t done)
{
    struct crew *c = arg;
    uint64_t items = (c->blocks_before + done) * LANES;
    c->options->progress(c->options->progress_arg, items < c->trials ? items : c->trials,
                         c->trials);
}

/* Runs blocks up to `trials` items.  Returns whether it was stopped before. */
static bool crew_run(struct crew *c, uint64_t trials)
{
    struct work w = {.begin = c->blocks_before,
                     .end = (trials + LANES - 1) / LANES,
                     .stop = c->options->stop,
                     .unit = do_block,
                     .arg = c,
                     .report = c->options->progress ? report : NULL,
                     .report_every = BLOCKS_PER_REPORT};
    uint64_t done = workers_run(&w, c->threads);
    bool stopped = done < w.end - w.begin;
    c->blocks_before += done;
    return stopped;
}

static void crew_merge(const struct crew *c, struct tally *into)
{
    tally_clear(into);
    for (uint32_t i = 0; i < c->threads; i++)
        tally_merge(into, &c->tally[i]);
}

static uint64_t items_of(const struct tally *t)
{
    uint64_t n = 0;
    for (uint32_t c = 0; c < t->program->n_classes; c++)
        n += t->class[c].n;
    return n;
}

/* --- for the stopping rule */

static bool advance(void *arg, uint64_t trials)
{
    struct crew *c = arg;
    bool stopped = crew_run(c, trials);
    crew_merge(c, c->sum);
    return stopped;
}

static void fill(void *arg, const struct metrics_options *options, struct result *out)
{
    const struct crew *c = arg;
    metrics_fill(c->sum, options, out);
}

static uint64_t count(void *arg)
{
    const struct crew *c = arg;
    return items_of(c->sum);
}

/* --- */

static void describe(const struct pipeline *p, const struct run_options *o, uint64_t trials,
                     uint32_t threads, bool partial, struct result *out)
{
    out->run = (struct run_info){.present = true,
                                 .method = "monte-carlo",
                                 .engine = "batch",
                                 .version = SEAM_VERSION,
                                 .covers = "sampling",
                                 .seed = o->seed,
                                 .trials = trials,
                                 .threads = threads,
                                 .partial = partial};
    if (!out->currency && p->currency)
        out->currency = result_text(out, "%s", p->currency);
}

static int run_plain(const struct pipeline *p, const struct run_options *o, struct result *out,
                     struct error *err)
{
    uint64_t trials = o->n_until ? (o->max_trials ? o->max_trials : MAX_TRIALS_DEFAULT) : o->trials;
    struct program g;
    struct crew crew;
    struct tally sum;
    bool partial = false;
    int status = 0;

    if (program_init(&g, p, NULL, err))
        return -1;
    crew_init(&crew, &g, o, trials);
    tally_init(&sum, &g);
    if (o->n_until) {
        const struct until until = {FIRST_LOOK, trials, advance, fill, count, "items", &crew};
        crew.sum = &sum;
        status = until_run(&until, o, out, &partial, err);
    } else {
        partial = crew_run(&crew, trials);
        crew_merge(&crew, &sum);
        struct metrics_options options = {.level = o->level};
        metrics_fill(&sum, &options, out);
    }
    uint64_t done = items_of(&sum);
    if (!status && o->progress)
        o->progress(o->progress_arg, done, done);
    describe(p, o, done, crew.threads, partial, out);
    crew_release(&crew);
    tally_release(&sum);
    program_release(&g);
    return status;
}

int run_simulate(const struct pipeline *p, const struct run_options *options, struct result *out,
                 struct error *err)
{
    struct run_options o = *options;
    bool queue = pipeline_features(p) & ~BATCH;
    if (pipeline_needs(p, "simulate", BATCH | queue_features(), err))
        return -1;
    math_init();
    o.level = o.level > 0 && o.level < 1 ? o.level : 0.95;
    bool outer = o.uncertainty && outer_needed(p), timed = p->arrivals.kind != ARRIVALS_NONE;
    if (!o.trials && (outer || !queue))
        o.trials = timed ? queue_replications(p) : TRIALS_DEFAULT;
    if (outer && o.n_until)
        return error_set(err, ERR_USAGE,
                         "until: more items do not narrow what the evidence leaves open; add "
                         "--no-uncertainty to take the evidence as it is, or give --trials");
    if (outer)
        return outer_run(p, &o, queue, out, err);
    return queue ? queue_run(p, &o, out, err) : run_plain(p, &o, out, err);
}
