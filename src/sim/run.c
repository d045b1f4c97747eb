/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Units of work are shared out over ranks and threads (share.c) and merged as integers, so that the
 * sum has the same bits on any number of them.  Progress is kept in whole units: the last unit of a
 * run, where it is shorter, comes last and is never kept, so that a run can go on past its end. */
#include "sim/run.h"

#include "base/workers.h"
#include "math/gsl_guard.h"
#include "model/learning.h"
#include "sim/checkpoint.h"
#include "sim/endless.h"
#include "sim/engine.h"
#include "sim/outer.h"
#include "sim/rare.h"
#include "sim/until.h"

#include <stdio.h>
#include <string.h>

enum { REPORT_TRIALS = 1 << 19 };

struct run {
    const struct run_options *options;
    struct keeper *keeper;
    struct engine engine;
    struct share *share; /* of whole units: the keeper's */
    uint64_t ended;      /* units done before those that are shared out */
    uint64_t target;     /* trials gone for */
    const char *word;    /* what a trial is */
    bool unkept;         /* something is not kept yet */
};

static bool do_unit(void *arg, uint32_t worker, uint64_t i)
{
    struct run *r = arg;
    return r->engine.def->unit(&r->engine, worker, i, r->engine.block);
}

static void report(void *arg, uint64_t done)
{
    const struct run *r = arg;
    uint64_t trials = (r->ended + done) * r->engine.block, all = r->engine.options.trials;
    r->options->progress(r->options->progress_arg, trials < all ? trials : all, all);
}

/* --- the sum of all ranks, on rank 0 */

static void put_sum(void *arg, struct buf *out)
{
    struct engine *e = arg;
    struct pack p = pack_writer(out);
    e->def->pack(e, &p);
    e->def->clear(e);
}

static void take_sum(void *arg, const void *bytes, size_t len)
{
    struct engine *e = arg;
    struct pack p = pack_reader(bytes, len);
    e->def->pack(e, &p);
    if (!pack_whole(&p))
        BUG("a rank's sum is broken");
}

static void merge(struct run *r)
{
    const struct ranks_fold fold = {put_sum, take_sum, &r->engine};
    r->engine.def->merge(&r->engine);
    ranks_fold(r->keeper->ranks, &fold);
}

/* --- keeping progress */

static void keep_sum(struct run *r)
{
    struct checkpoint_units *u = &r->keeper->at.units;
    if (!r->keeper->how || r->keeper->ranks->rank > 0)
        return;
    struct pack p = pack_writer(&u->sum);
    buf_clear(&u->sum);
    r->engine.def->pack(&r->engine, &p);
    u->target = r->target;
    keeper_write(r->keeper);
    r->unkept = false;
}

static void keep(void *arg)
{
    struct run *r = arg;
    merge(r);
    keep_sum(r);
}

static int cannot(const struct run *r, struct error *err, const char *format, ...)
    PRINTF_LIKE(3, 4);

static int cannot(const struct run *r, struct error *err, const char *format, ...)
{
    struct buf why = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&why, format, args);
    va_end(args);
    (void)error_set(err, ERR_INPUT, "%s: cannot go on: %s", r->keeper->how->name, buf_text(&why));
    buf_release(&why);
    return -1;
}

/* Would the looks that a run with these options takes have gone past what is kept? */
static bool looks_agree(const struct checkpoint_units *u, const struct run_options *o,
                        uint64_t first)
{
    if (o->n_until == 0)
        return true;
    if (u->first != first)
        return false;
    for (uint64_t k = 0; k < u->n_until; k++) {
        bool met = false;
        for (size_t i = 0; i < o->n_until; i++)
            met = met || (!strcmp(u->until[k].metric, o->until[i].metric) &&
                          o->until[i].half_width <= u->until[k].half_width);
        if (!met)
            return false;
    }
    return true;
}

/* Goes on from what is kept. */
static int resume(struct run *r, uint64_t first, struct error *err)
{
    struct checkpoint_units *u = &r->keeper->at.units;
    struct engine *e = &r->engine;
    unsigned long long most = e->options.trials, had = u->target;
    if (u->parts != e->parts)
        return cannot(r, err, "one horizon alone is counted in %u parts, several are counted whole",
                      (unsigned)(u->parts > e->parts ? u->parts : e->parts));
    if (u->block != e->block)
        return cannot(r, err, "it counts in units of %llu items, a run of %llu in units of %llu",
                      (unsigned long long)u->block, most, (unsigned long long)e->block);
    if (u->target > e->options.trials)
        return cannot(r, err, "it went for %llu trials already, which is more than %llu", had,
                      most);
    if (!looks_agree(u, r->options, first))
        return cannot(r, err,
                      "it is not of a run with these --until, or wider ones, and might have ended "
                      "before");
    if (r->keeper->ranks->rank == 0) {
        struct pack p = pack_reader(buf_text(&u->sum), u->sum.len);
        if (u->sum.len > 0) /* else it was kept before anything was done */
            e->def->pack(e, &p);
        if (!pack_whole(&p) ||
            e->def->count(e) != (u->share.upto - share_left(&u->share)) * e->block)
            return cannot(r, err, "what it counted does not belong to this scenario");
    }
    r->target = u->target;
    return 0;
}

static int begin_keeping(struct run *r, uint64_t first, struct error *err)
{
    struct checkpoint_units *u = &r->keeper->at.units;
    const struct run_options *o = r->options;
    int status = 0;
    if (!r->keeper->how)
        return 0;
    if (r->keeper->resumed && u->present)
        status = resume(r, first, err);
    if (ranks_agree(r->keeper->ranks, status, err))
        return -1;
    u->present = true;
    u->block = r->engine.block;
    u->parts = r->engine.parts;
    u->first = o->n_until ? first : 0;
    u->n_until = o->n_until;
    for (size_t i = 0; i < o->n_until; i++) {
        (void)snprintf(u->until[i].metric, sizeof u->until[i].metric, "%s", o->until[i].metric);
        u->until[i].half_width = o->until[i].half_width;
    }
    u->target = r->target;
    return 0;
}

/* --- running */

/* The unit that has fewer trials than the others. */
static bool do_short_unit(struct run *r, uint64_t i, uint64_t n)
{
    struct engine *e = &r->engine;
    bool whole = r->keeper->ranks->rank > 0 || e->def->unit(e, 0, i, n);
    e->def->merge(e);
    return whole;
}

/* A unit was given up: loops without a bound take no time. */
static int failed(void *arg, struct error *err)
{
    struct run *r = arg;
    return atomic_load(&r->engine.endless) ? engine_endless(err) : 0;
}

/* Runs up to so many trials in all, and merges.  *stopped: before. */
static int advance(void *arg, uint64_t trials, bool *stopped, struct error *err)
{
    struct run *r = arg;
    struct engine *e = &r->engine;
    uint64_t whole = trials / e->block, every = REPORT_TRIALS / e->block;
    const struct share_job job = {.ranks = r->keeper->ranks,
                                  .threads = e->options.threads,
                                  .stop = r->options->stop,
                                  .clock_s = r->options->clock_s,
                                  .keep_every_s = keeper_every(r->keeper),
                                  .unit = do_unit,
                                  .keep = keep,
                                  .failed = failed,
                                  .report = r->options->progress ? report : NULL,
                                  .report_every = every < 1 || e->block == 1 ? 1 : every,
                                  .arg = r};
    r->target = trials;
    share_extend(r->share, whole);
    r->ended = r->share->upto - share_left(r->share);
    r->unkept = true;
    if (share_run(r->share, &job, err))
        return -1;
    merge(r);
    *stopped = share_left(r->share) > 0;
    if (trials % e->block == 0 || *stopped)
        return 0;
    keep_sum(r);
    *stopped = !do_short_unit(r, whole, trials % e->block);
    return 0;
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
                                 .threads = r->engine.options.threads * r->keeper->ranks->size,
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

static int estimate(struct run *r, uint64_t first, bool *partial, struct result *out,
                    struct error *err)
{
    const struct run_options *o = r->options;
    const struct metrics_options how = {.level = o->level, .means_only = o->means_only};
    if (o->n_until) {
        const struct until until = {.first = first,
                                    .most = r->engine.options.trials,
                                    .known = r->target,
                                    .ranks = r->keeper->ranks,
                                    .advance = advance,
                                    .fill = fill,
                                    .count = count,
                                    .trials = r->word,
                                    .arg = r};
        return until_run(&until, o, out, partial, err);
    }
    if (advance(r, r->engine.options.trials, partial, err))
        return -1;
    if (r->keeper->ranks->rank == 0)
        fill(r, &how, out);
    return 0;
}

static int run_all(struct run *r, const struct pipeline *p, struct result *out, struct error *err)
{
    const struct run_options *o = r->options;
    const struct engine_def *def = r->engine.def;
    uint64_t first = def->first(p, o->trials);
    if (o->first_look && o->first_look < first)
        first = o->first_look;
    bool partial = false;
    if (begin_keeping(r, first, err) || keeper_begin(r->keeper, err))
        return -1;
    r->share->kept_s = o->clock_s ? o->clock_s() : 0;
    if (estimate(r, first, &partial, out, err))
        return -1;
    if (r->unkept)
        keep_sum(r);
    uint64_t done = count(r);
    if (o->progress)
        o->progress(o->progress_arg, done, done);
    describe(r, p, partial, out);
    if (r->keeper->ranks->rank == 0 && !o->means_only)
        def->say(&r->engine, o->level, out);
    return 0;
}

int run_kept(const struct engine_def *def, const struct pipeline *p,
             const struct run_options *options, struct keeper *keeper, struct result *out,
             struct error *err)
{
    const struct engine_options how = {.trials = trials_of(def, p, options),
                                       .seed = options->seed,
                                       .threads = run_threads(options),
                                       .grows = options->n_until > 0,
                                       .means_only = options->means_only,
                                       .like = options->like,
                                       .stop = options->stop};
    struct run r = {.options = options,
                    .keeper = keeper,
                    .share = &keeper->at.units.share,
                    .word = def->trials_word(p)};
    math_init();
    if (engine_open(&r.engine, def, p, &how, err))
        return -1;
    int status = run_all(&r, p, out, err);
    def->close(&r.engine);
    return status;
}

static int run_alone(const struct engine_def *def, const struct pipeline *p,
                     const struct run_options *options, struct result *out, struct error *err)
{
    struct keeper keeper;
    int status = keeper_open(&keeper, p, def, options, false, err);
    if (!status)
        status = run_kept(def, p, options, &keeper, out, err);
    keeper_close(&keeper, status ? NULL : out);
    return status;
}

/* Long loops are cut to what is soon done: `trials` is no promise here, and n tells it. */
int run_by(const struct engine_def *def, const struct pipeline *p,
           const struct run_options *options, struct result *out, struct error *err)
{
    struct run_options o = *options;
    double visits;
    if (endless_visits(p, options, &visits, err))
        return -1;
    if (o.trials && (double)o.trials * visits > ENDLESS_DEFAULT_WORK)
        o.trials = (uint64_t)(ENDLESS_DEFAULT_WORK / visits) + 1;
    return run_alone(def, p, &o, out, err);
}

uint32_t run_threads(const struct run_options *options)
{
    bool several = options->ranks && options->ranks->size > 1;
    return workers_count(options->threads || !several ? options->threads : 1);
}

/* Rare shares, by rank 0 alone.  What is stopped meanwhile is not whole. */
static int improve(const struct pipeline *p, const struct run_options *o, struct result *out,
                   struct error *err)
{
    const struct ranks *ranks = o->ranks ? o->ranks : &ranks_alone;
    struct buf stopped = {0};
    int status = ranks->rank == 0 ? rare_improve(p, o, out, err) : 0;
    buf_putc(&stopped, o->stop && atomic_load(o->stop));
    ranks_broadcast(ranks, &stopped);
    out->run.partial = out->run.partial || buf_text(&stopped)[0] != 0;
    buf_release(&stopped);
    return ranks_agree(ranks, status, err);
}

/* Refuses loops that items never leave; of those that are long, fewer items are run. */
static int limit_loops(const struct pipeline *p, const struct engine_def *def,
                       struct run_options *o, struct result *out, struct error *err)
{
    double visits;
    bool fewer;
    if (endless_visits(p, o, &visits, err) || endless_limit(visits, def->trials(p), o, &fewer, err))
        return -1;
    if (fewer)
        result_warn(out,
                    "items visit about %.3g steps each, as a loop has no bound: %llu items were "
                    "simulated instead of %llu; --trials sets another number",
                    visits, (unsigned long long)o->trials, (unsigned long long)def->trials(p));
    return 0;
}

static int simulate(const struct pipeline *p, const struct run_options *options, struct result *out,
                    struct error *err)
{
    const struct engine_def *def = engine_for(p);
    struct run_options limited = *options;
    if (!def)
        BUG("no engine does these features together");
    if (limit_loops(p, def, &limited, out, err))
        return -1;
    options = &limited;
    if (!options->uncertainty || !outer_needed(p)) {
        struct run_options o = *options;
        if (run_alone(def, p, options, out, err))
            return -1;
        o.trials = out->run.trials;
        return o.means_only ? 0 : improve(p, &o, out, err);
    }
    if (options->n_until)
        return error_set(err, ERR_USAGE,
                         "until: more items do not narrow what the evidence leaves open; add "
                         "--no-uncertainty to take the evidence as it is, or give --trials");
    struct run_options o = *options;
    struct keeper keeper;
    o.trials = o.trials ? o.trials : def->trials(p);
    math_init();
    int status = keeper_open(&keeper, p, def, &o, true, err);
    if (!status)
        status = outer_run(p, &o, def, &keeper, out, err);
    keeper_close(&keeper, status ? NULL : out);
    return status;
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
