/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Units of work are taken by index from a counter by all threads, and merged as integers, so that
 * the sum has the same bits on any number of threads. */
#include "sim/run.h"

#include "math/gsl_guard.h"
#include "model/learning.h"
#include "sim/engine.h"
#include "sim/outer.h"
#include "sim/rare.h"
#include "sim/until.h"
#include "sim/workers.h"

enum { REPORT_TRIALS = 1 << 19 };

struct run {
    const struct run_options *options;
    struct engine engine;
    uint64_t begun; /* units begun: where the next ones start */
};

static void do_unit(void *arg, uint32_t worker, uint64_t i)
{
    struct run *r = arg;
    struct engine *e = &r->engine;
    uint64_t first = i * e->block, left = e->options.trials - first;
    (void)e->def->unit(e, worker, i, left < e->block ? left : e->block);
}

static void report(void *arg, uint64_t done)
{
    const struct run *r = arg;
    uint64_t trials = (r->begun + done) * r->engine.block, all = r->engine.options.trials;
    r->options->progress(r->options->progress_arg, trials < all ? trials : all, all);
}

/* Runs up to so many trials in all, and merges.  True: stopped before. */
static bool advance(void *arg, uint64_t trials)
{
    struct run *r = arg;
    struct engine *e = &r->engine;
    uint64_t every = REPORT_TRIALS / e->block;
    struct work w = {.begin = r->begun,
                     .end = engine_units(e, trials),
                     .stop = r->options->stop,
                     .unit = do_unit,
                     .arg = r,
                     .report = r->options->progress ? report : NULL,
                     .report_every = every < 1 || e->block == 1 ? 1 : every};
    r->begun += workers_run(&w, e->options.threads);
    e->def->merge(e);
    return r->begun < w.end || e->def->count(e) < trials;
}

static void fill(void *arg, const struct metrics_options *options, struct result *out)
{
    const struct run *r = arg;
    r->engine.def->fill(&r->engine, options, out);
}

static uint64_t count(void *arg)
{
    const struct run *r = arg;
    return r->engine.def->count(&r->engine);
}

static void describe(const struct run *r, const struct pipeline *p, bool partial,
                     struct result *out)
{
    out->run = (struct run_info){.present = true,
                                 .method = "monte-carlo",
                                 .engine = r->engine.def->name,
                                 .version = SEAM_VERSION,
                                 .covers = "sampling",
                                 .seed = r->options->seed,
                                 .trials = r->engine.def->count(&r->engine),
                                 .threads = r->engine.options.threads,
                                 .partial = partial};
    if (!out->currency && p->currency)
        out->currency = result_text(out, "%s", p->currency);
}

static uint64_t trials_of(const struct engine_def *def, const struct pipeline *p,
                          const struct run_options *o)
{
    if (o->n_until)
        return o->max_trials ? o->max_trials : def->most(p);
    return o->trials ? o->trials : def->trials(p);
}

static int estimate(struct run *r, const struct pipeline *p, bool *partial, struct result *out,
                    struct error *err)
{
    const struct run_options *o = r->options;
    const struct engine_def *def = r->engine.def;
    if (o->n_until) {
        const struct until until = {.first = def->first(p, o->trials),
                                    .most = r->engine.options.trials,
                                    .advance = advance,
                                    .fill = fill,
                                    .count = count,
                                    .trials = def->trials_word(p),
                                    .arg = r};
        return until_run(&until, o, out, partial, err);
    }
    const struct metrics_options how = {.level = o->level, .means_only = o->means_only};
    *partial = advance(r, r->engine.options.trials);
    fill(r, &how, out);
    return 0;
}

int run_by(const struct engine_def *def, const struct pipeline *p,
           const struct run_options *options, struct result *out, struct error *err)
{
    const struct engine_options how = {.trials = trials_of(def, p, options),
                                       .seed = options->seed,
                                       .threads = workers_count(options->threads),
                                       .grows = options->n_until > 0,
                                       .means_only = options->means_only,
                                       .stop = options->stop};
    struct run r = {.options = options};
    bool partial = false;
    math_init();
    if (engine_open(&r.engine, def, p, &how, err))
        return -1;
    int status = estimate(&r, p, &partial, out, err);
    if (!status) {
        uint64_t done = count(&r);
        if (options->progress)
            options->progress(options->progress_arg, done, done);
        describe(&r, p, partial, out);
        if (!options->means_only)
            def->say(&r.engine, options->level, out);
    }
    def->close(&r.engine);
    return status;
}

static int simulate(const struct pipeline *p, const struct run_options *options, struct result *out,
                    struct error *err)
{
    const struct engine_def *def = engine_for(p);
    if (!def)
        BUG("no engine does these features together");
    if (!options->uncertainty || !outer_needed(p)) {
        struct run_options o = *options;
        if (run_by(def, p, options, out, err))
            return -1;
        o.trials = out->run.trials;
        return o.means_only ? 0 : rare_improve(p, &o, out, err);
    }
    if (options->n_until)
        return error_set(err, ERR_USAGE,
                         "until: more items do not narrow what the evidence leaves open; add "
                         "--no-uncertainty to take the evidence as it is, or give --trials");
    struct run_options o = *options;
    o.trials = o.trials ? o.trials : def->trials(p);
    math_init();
    return outer_run(p, &o, def, out, err);
}

int run_simulate(const struct pipeline *p, const struct run_options *options, struct result *out,
                 struct error *err)
{
    struct run_options o = *options;
    struct pipeline store;
    if (pipeline_needs(p, "simulate", engine_features() | FEATURE(CALIBRATION), err))
        return -1;
    o.level = o.level > 0 && o.level < 1 ? o.level : 0.95;
    learning_assume(p, out);
    if (pipeline_features(p) & FEATURE(FEEDBACK))
        return simulate(p, &o, out, err);
    int status = simulate(learning_none(p, &store), &o, out, err);
    pipeline_release(&store);
    return status;
}
