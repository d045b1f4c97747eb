/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks are taken by index from a counter and counted in integers, so that the merged tally has
 * the same bits on any number of threads.
 *
 * Stopping rule: looks at 2^14, 2^15, ... items; look j uses intervals at the level that shares the
 * error out over all looks (interval_look_level), so that the interval at which a run stops holds
 * at the level asked for. */
#include "sim/run.h"

#include "math/gsl_guard.h"
#include "math/interval.h"
#include "sim/batch.h"
#include "sim/metrics.h"
#include "sim/outer.h"
#include "sim/queue.h"

#include <math.h>
#include <string.h>

/* Features of the language that the batch engine does, as FEATURE(...) bits. */
static const uint64_t BATCH = 0;

enum { FIRST_LOOK = 1 << 14, BLOCKS_PER_REPORT = 512 };
static const uint64_t TRIALS_DEFAULT = 1000000, MAX_TRIALS_DEFAULT = 10000000000;

struct crew {
    const struct run_options *options;
    const struct program *program;
    uint64_t trials, blocks_before;
    uint32_t threads;
    struct batch **batch;
    struct tally *tally; /* [threads] */
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

/* --- the stopping rule */

/* Half-widths at this look, and the asked metrics' intervals into `final`.  -1: not a metric. */
static int look(const struct tally *t, const struct run_options *o, unsigned j, bool *reached,
                struct metrics *final, struct error *err)
{
    struct metrics_options options = {.level = interval_look_level(o->level, j)};
    struct result r;
    int status = 0;
    result_init(&r, "look");
    metrics_fill(t, &options, &r);
    *reached = true;
    final->list.len = 0;
    for (size_t i = 0; i < o->n_until && !status; i++) {
        const struct metric *m = metrics_find(&r.metrics, o->until[i].metric);
        if (!m && !metric_def(o->until[i].metric))
            status =
                error_set(err, ERR_USAGE, "until: there is no metric \"%s\"", o->until[i].metric);
        *reached = *reached && m && (m->high - m->low) / 2 <= o->until[i].half_width;
        if (m)
            vec_push(&final->list, *m);
    }
    result_release(&r);
    return status;
}

/* The intervals of the last look replace the plain ones; they hold at the level asked for. */
static void take_final(const struct metrics *final, struct result *out)
{
    for (size_t i = 0; i < final->list.len; i++) {
        for (size_t k = 0; k < out->metrics.list.len; k++) {
            struct metric *m = &out->metrics.list.at[k];
            if (strcmp(m->name, final->list.at[i].name))
                continue;
            m->low = final->list.at[i].low;
            m->high = final->list.at[i].high;
        }
    }
}

static void warn_unreached(const struct run_options *o, uint64_t n, struct result *out)
{
    for (size_t i = 0; i < o->n_until; i++) {
        const struct metric *m = metrics_find(&out->metrics, o->until[i].metric);
        if (!m)
            result_warn(out,
                        "%s: not among this scenario's metrics, so its half-width was not "
                        "reached",
                        o->until[i].metric);
        else if ((m->high - m->low) / 2 > o->until[i].half_width)
            result_warn(out, "%s: the half-width after %llu items is %.3g, not the %.3g asked for",
                        m->name, (unsigned long long)n, (m->high - m->low) / 2,
                        o->until[i].half_width);
    }
}

static int run_until(struct crew *c, struct tally *sum, struct result *out, bool *partial,
                     struct error *err)
{
    const struct run_options *o = c->options;
    struct metrics final = {{0}};
    bool reached = false;
    int status = 0;
    uint64_t trials = FIRST_LOOK;
    for (unsigned j = 1; !reached && !*partial && !status; j++) {
        trials = trials < c->trials ? trials : c->trials;
        *partial = crew_run(c, trials);
        crew_merge(c, sum);
        status = look(sum, o, j, &reached, &final, err);
        if (trials == c->trials)
            break;
        trials *= 2;
    }
    if (!status) {
        struct metrics_options options = {.level = o->level};
        metrics_fill(sum, &options, out);
        take_final(&final, out);
        if (!reached)
            warn_unreached(o, items_of(sum), out);
    }
    vec_release(&final.list);
    return status;
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
        status = run_until(&crew, &sum, out, &partial, err);
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
    bool outer = o.uncertainty && outer_needed(p);
    if (queue)
        return queue_run(p, &o, out, err);
    o.trials = o.trials ? o.trials : TRIALS_DEFAULT;
    if (outer && o.n_until)
        return error_set(err, ERR_USAGE,
                         "until: more items do not narrow what the evidence leaves open; add "
                         "--no-uncertainty to take the evidence as it is, or give --trials");
    return outer ? outer_run(p, &o, out, err) : run_plain(p, &o, out, err);
}
