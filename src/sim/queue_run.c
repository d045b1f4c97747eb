/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Units of work are blocks of items or whole replications, taken by index; each is counted apart
 * and becomes integers when it is closed, so that the merged tally has the same bits on any number
 * of threads. */
#include "sim/queue.h"

#include "math/gsl_guard.h"
#include "sim/queue_metrics.h"
#include "sim/queue_sim.h"
#include "sim/workers.h"

enum { BLOCK_MAX = 1024, BLOCKS_LEAST = 256, BATCHES = 20, REPORT_BLOCKS = 64 };
static const uint64_t ITEMS_DEFAULT = 1000000;

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

struct crew {
    const struct run_options *options;
    const struct queue_program *program;
    uint64_t trials, units, block;
    uint32_t threads;
    struct queue_sim **sim;
    struct queue_tally *tally; /* [threads] */
};

static void crew_init(struct crew *c, const struct queue_program *g,
                      const struct run_options *options)
{
    const struct horizon *h = &g->pipeline->horizon;
    *c = (struct crew){.options = options, .program = g, .trials = options->trials};
    if (c->trials == 0)
        c->trials = !g->timed ? ITEMS_DEFAULT : h->replications ? h->replications : 1;
    c->block = g->timed ? 1 : c->trials / BLOCKS_LEAST;
    c->block = c->block < 1 ? 1 : c->block > BLOCK_MAX ? BLOCK_MAX : c->block;
    c->units = (c->trials + c->block - 1) / c->block;
    c->threads = workers_count(options->threads);
    c->threads = c->threads < c->units ? c->threads : (uint32_t)c->units;
    c->sim = mem_zero(c->threads, sizeof(struct queue_sim *));
    c->tally = mem_zero(c->threads, sizeof *c->tally);
    for (uint32_t i = 0; i < c->threads; i++) {
        c->sim[i] = queue_sim_new(g);
        c->sim[i]->stop = options->stop;
        queue_tally_init(&c->tally[i], g, g->timed && c->units == 1 ? BATCHES : 1);
    }
}

static void crew_release(struct crew *c)
{
    for (uint32_t i = 0; i < c->threads; i++) {
        queue_sim_free(c->sim[i]);
        queue_tally_release(&c->tally[i]);
    }
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
    uint64_t trials = done * c->block;
    c->options->progress(c->options->progress_arg, trials < c->trials ? trials : c->trials,
                         c->trials);
}

static void describe(const struct crew *c, const struct queue_tally *sum, bool partial,
                     struct result *out)
{
    const struct pipeline *p = c->program->pipeline;
    bool timed = c->program->timed;
    out->run = (struct run_info){.present = true,
                                 .method = "monte-carlo",
                                 .engine = "queue",
                                 .version = SEAM_VERSION,
                                 .covers = "sampling",
                                 .seed = c->options->seed,
                                 .trials = timed ? sum->observed : sum->items,
                                 .threads = c->threads,
                                 .partial = partial};
    if (!out->currency && p->currency)
        out->currency = result_text(out, "%s", p->currency);
}

int queue_run(const struct pipeline *p, const struct run_options *options, struct result *out,
              struct error *err)
{
    struct queue_program g;
    struct crew c;
    if (pipeline_needs(p, "simulate", queue_features(), err))
        return -1;
    math_init();
    if (queue_program_init(&g, p, err))
        return -1;
    struct run_options o = *options;
    o.level = o.level > 0 && o.level < 1 ? o.level : 0.95;
    crew_init(&c, &g, &o);
    struct work w = {.end = c.units,
                     .stop = o.stop,
                     .unit = do_unit,
                     .arg = &c,
                     .report = o.progress ? report : NULL,
                     .report_every = g.timed ? 1 : REPORT_BLOCKS};
    uint64_t done = workers_run(&w, c.threads);
    struct queue_tally *sum = &c.tally[0];
    for (uint32_t i = 1; i < c.threads; i++)
        queue_tally_merge(sum, &c.tally[i]);
    if (o.progress)
        o.progress(o.progress_arg, done * c.block, done * c.block);
    struct metrics_options how = {.level = o.level};
    queue_metrics(sum, &how, out);
    describe(&c, sum, done < c.units || (g.timed && sum->observed < c.units), out);
    if (g.timed)
        queue_curves(sum, o.level, out);
    queue_warn(sum, out);
    crew_release(&c);
    queue_program_release(&g);
    return 0;
}
