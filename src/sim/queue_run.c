/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Units of work are blocks of items or whole replications, taken by index; each is counted apart
 * and becomes integers when it is closed, so that the merged tally has the same bits on any number
 * of threads. */
#include "sim/queue.h"

#include "math/gsl_guard.h"
#include "sim/queue_metrics.h"
#include "sim/queue_sim.h"
#include "sim/until.h"
#include "sim/workers.h"

enum {
    BLOCK_MAX = 1024,
    BLOCKS_LEAST = 256,
    BATCHES = 20,
    REPORT_BLOCKS = 64,
    FIRST_LOOK = 1 << 14,
    REPLICATIONS_LEAST = 20, /* of a first look */
    REPLICATIONS_MAX = 1000000
};
static const uint64_t ITEMS_DEFAULT = 1000000, ITEMS_MAX = 10000000000;

uint64_t queue_features(void)
{
    return FEATURE(HEDGE) | FEATURE(CACHE) | FEATURE(BREAKER) | FEATURE(RETRY_BUDGET) |
           FEATURE(CLASS_RETRY) | FEATURE(NEXT) | FEATURE(WHEN) | FEATURE(GIVEN) | FEATURE(BANDS) |
           FEATURE(THRESHOLD_DIST) | FEATURE(AUDIT) | FEATURE(PARALLEL) | FEATURE(FATIGUE) |
           FEATURE(RESOURCES) | FEATURE(HOURS) | FEATURE(DISCIPLINE) | FEATURE(WAITING_ROOM) |
           FEATURE(PATIENCE) | FEATURE(RATE_LIMIT) | FEATURE(ENVIRONMENTS) | FEATURE(ARRIVALS) |
           FEATURE(BATCH_ARRIVALS) | FEATURE(DEADLINE);
}

int queue_supports(const struct pipeline *p)
{
    return (pipeline_features(p) & ~queue_features()) == 0;
}

uint64_t queue_replications(const struct pipeline *p)
{
    return p->horizon.replications ? p->horizon.replications : 1;
}

bool queue_uses(const struct pipeline *p, uint32_t resource)
{
    for (uint32_t i = 0; i < p->n_steps; i++)
        if (p->step[i].by == resource + 1)
            return true;
    return false;
}

struct crew {
    const struct run_options *options;
    const struct queue_program *program;
    uint64_t trials, block, begun; /* units begun: where the next ones start */
    uint32_t threads;
    struct queue_sim **sim;
    struct queue_tally *tally; /* [threads] */
    struct queue_tally sum;
};

static uint64_t units_of(const struct crew *c, uint64_t trials)
{
    return (trials + c->block - 1) / c->block;
}

static void crew_init(struct crew *c, const struct queue_program *g,
                      const struct run_options *options, uint64_t trials)
{
    bool grows = options->n_until > 0;
    *c = (struct crew){.options = options, .program = g, .trials = trials};
    c->block = g->timed ? 1 : trials / BLOCKS_LEAST;
    c->block = c->block < 1 ? 1 : c->block > BLOCK_MAX || grows ? BLOCK_MAX : c->block;
    c->block = g->timed ? 1 : c->block;
    c->threads = workers_count(options->threads);
    uint64_t units = units_of(c, trials);
    c->threads = c->threads < units ? c->threads : (uint32_t)units;
    uint32_t parts = g->timed && units == 1 ? BATCHES : 1;
    c->sim = mem_zero(c->threads, sizeof(struct queue_sim *));
    c->tally = mem_zero(c->threads, sizeof *c->tally);
    queue_tally_init(&c->sum, g, parts);
    for (uint32_t i = 0; i < c->threads; i++) {
        c->sim[i] = queue_sim_new(g);
        c->sim[i]->stop = options->stop;
        queue_tally_init(&c->tally[i], g, parts);
    }
}

static void crew_release(struct crew *c)
{
    for (uint32_t i = 0; i < c->threads; i++) {
        queue_sim_free(c->sim[i]);
        queue_tally_release(&c->tally[i]);
    }
    queue_tally_release(&c->sum);
    mem_free(c->sim);
    mem_free(c->tally);
}

static void do_unit(void *arg, uint32_t worker, uint64_t i)
{
    struct crew *c = arg;
    if (c->program->timed) {
        (void)queue_sim_horizon(c->sim[worker], c->options->seed, i, &c->tally[worker]);
        return;
    }
    uint64_t first = i * c->block, left = c->trials - first;
    queue_sim_items(c->sim[worker], c->options->seed, 0, first, left < c->block ? left : c->block,
                    &c->tally[worker]);
}

static void report(void *arg, uint64_t done)
{
    struct crew *c = arg;
    uint64_t trials = (c->begun + done) * c->block;
    c->options->progress(c->options->progress_arg, trials < c->trials ? trials : c->trials,
                         c->trials);
}

static uint64_t done_of(const struct crew *c)
{
    return c->program->timed ? c->sum.observed : c->sum.items;
}

/* Runs up to so many trials in all, and merges.  True: stopped before. */
static bool advance(void *arg, uint64_t trials)
{
    struct crew *c = arg;
    const struct run_options *o = c->options;
    uint32_t parts = c->sum.n_units;
    struct work w = {.begin = c->begun,
                     .end = units_of(c, trials),
                     .stop = o->stop,
                     .unit = do_unit,
                     .arg = c,
                     .report = o->progress ? report : NULL,
                     .report_every = c->program->timed ? 1 : REPORT_BLOCKS};
    c->begun += workers_run(&w, c->threads);
    queue_tally_release(&c->sum);
    queue_tally_init(&c->sum, c->program, parts);
    for (uint32_t i = 0; i < c->threads; i++)
        queue_tally_merge(&c->sum, &c->tally[i]);
    return c->begun < w.end || done_of(c) < trials;
}

static void fill(void *arg, const struct metrics_options *options, struct result *out)
{
    const struct crew *c = arg;
    queue_metrics(&c->sum, options, out);
}

static uint64_t count(void *arg)
{
    return done_of(arg);
}

static void describe(const struct crew *c, bool partial, struct result *out)
{
    const struct pipeline *p = c->program->pipeline;
    out->run = (struct run_info){.present = true,
                                 .method = "monte-carlo",
                                 .engine = "queue",
                                 .version = SEAM_VERSION,
                                 .covers = "sampling",
                                 .seed = c->options->seed,
                                 .trials = done_of(c),
                                 .threads = c->threads,
                                 .partial = partial};
    if (!out->currency && p->currency)
        out->currency = result_text(out, "%s", p->currency);
}

static uint64_t trials_of(const struct queue_program *g, const struct run_options *o)
{
    if (o->n_until)
        return o->max_trials ? o->max_trials : g->timed ? REPLICATIONS_MAX : ITEMS_MAX;
    if (o->trials)
        return o->trials;
    return g->timed ? queue_replications(g->pipeline) : ITEMS_DEFAULT;
}

static uint64_t first_look(const struct queue_program *g, const struct run_options *o)
{
    uint64_t asked = o->trials ? o->trials : queue_replications(g->pipeline);
    return !g->timed ? FIRST_LOOK : asked > REPLICATIONS_LEAST ? asked : REPLICATIONS_LEAST;
}

static void say(const struct crew *c, struct result *out)
{
    if (c->program->timed)
        queue_curves(&c->sum, c->options->level, out);
    queue_warn(&c->sum, out);
}

int queue_run(const struct pipeline *p, const struct run_options *options, struct result *out,
              struct error *err)
{
    struct queue_program g;
    struct crew c;
    bool partial = false;
    int status = 0;
    if (pipeline_needs(p, "simulate", queue_features(), err))
        return -1;
    math_init();
    if (queue_program_init(&g, p, err))
        return -1;
    crew_init(&c, &g, options, trials_of(&g, options));
    if (options->n_until) {
        const struct until until = {.first = first_look(&g, options),
                                    .most = c.trials,
                                    .advance = advance,
                                    .fill = fill,
                                    .count = count,
                                    .trials = g.timed ? "replications" : "items",
                                    .arg = &c};
        status = until_run(&until, options, out, &partial, err);
    } else {
        const struct metrics_options how = {.level = options->level};
        partial = advance(&c, c.trials);
        queue_metrics(&c.sum, &how, out);
    }
    if (!status && options->progress)
        options->progress(options->progress_arg, done_of(&c), done_of(&c));
    if (!status) {
        describe(&c, partial, out);
        say(&c, out);
    }
    crew_release(&c);
    queue_program_release(&g);
    return status;
}

/* --- for outer loops */

int queue_draw(const struct pipeline *p, uint64_t seed, uint64_t replication, uint64_t items,
               double level, struct result *out, struct error *err)
{
    const struct metrics_options brief = {.level = level, .brief = true};
    struct queue_program g;
    struct queue_tally t;
    if (queue_program_init(&g, p, err))
        return -1;
    struct queue_sim *s = queue_sim_new(&g);
    queue_tally_init(&t, &g, g.timed ? BATCHES : 1);
    if (g.timed)
        (void)queue_sim_horizon(s, seed, replication, &t);
    uint64_t block = items / BATCHES < BLOCK_MAX ? items / BATCHES + 1 : BLOCK_MAX;
    for (uint64_t at = 0; !g.timed && at < items; at += block)
        queue_sim_items(s, seed, replication, at, items - at < block ? items - at : block, &t);
    queue_tally_flush(&t);
    queue_metrics(&t, &brief, out);
    queue_tally_release(&t);
    queue_sim_free(s);
    queue_program_release(&g);
    return 0;
}

int queue_series(const struct pipeline *p, const struct run_options *options, struct result *out,
                 struct error *err)
{
    struct queue_program g;
    struct crew c;
    struct result all;
    if (queue_program_init(&g, p, err))
        return -1;
    struct run_options plain = *options;
    const struct metrics_options how = {.level = plain.level};
    plain.n_until = 0;
    plain.progress = NULL;
    crew_init(&c, &g, &plain, trials_of(&g, &plain));
    (void)advance(&c, c.trials);
    queue_curves(&c.sum, plain.level, out);
    result_init(&all, "series"); /* what the warnings speak of */
    queue_metrics(&c.sum, &how, &all);
    queue_warn(&c.sum, &all);
    for (size_t i = 0; i < all.warnings.len; i++)
        result_warn(out, "%s", all.warnings.at[i]);
    result_release(&all);
    crew_release(&c);
    queue_program_release(&g);
    return 0;
}
