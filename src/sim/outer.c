/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each draw of the parameters from their posterior is one unit of work: a program of its own, some
 * items under a replication number of its own, and every metric with its standard error; what they
 * come to together is outer_result.h's. */
#include "sim/outer.h"

#include "math/rng.h"
#include "sim/batch.h"
#include "sim/checkpoint.h"
#include "sim/curve.h"
#include "sim/engine.h"
#include "sim/metrics.h"
#include "sim/outer_draws.h"
#include "sim/outer_result.h"
#include "sim/variance.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

enum {
    DRAWS_DEFAULT = 1000,
    GRID_BLOCKS = 16,
    HORIZONS_DEFAULT = 200, /* draws of a timed pipeline, each for one horizon */
    ITEMS_LEAST = 2000,
    ITEMS_IN_ALL = 20000000,
    DRAWS_PER_REPORT = 8
};

struct outer {
    const struct pipeline *pipeline;
    const struct run_options *options;
    const struct engine_def *def;
    const struct program *base; /* of the batch engine; NULL: by def->draw */
    struct keeper *keeper;
    uint32_t threads;
    uint64_t items; /* of each draw; timed: horizons, 1 */
    bool timed;
    struct batch **batch;
    struct tally *tally; /* [threads] */
    struct draws draws;
    uint64_t ended; /* draws done before those that are shared out */
    uint32_t n_grid;
    double grid[CURVE_POINTS]; /* s: where the curve of latencies is looked at */
    pthread_mutex_t lock;
    bool failed;
    struct error err;
};

static bool fitted(const struct dist *d)
{
    return d->evidence > 0;
}

bool outer_needed(const struct pipeline *p)
{
    if (p->n_evidence > 0)
        return true;
    for (uint32_t i = 0; i < p->n_steps; i++) {
        const struct step *s = &p->step[i];
        if (s->cost_seen.n && s->cost_seen.sd > 0)
            return true;
        for (uint32_t c = 0; c < p->n_classes; c++) {
            const struct numbers *n = &s->numbers[c];
            if (fitted(&n->latency) ||
                (s->has_confidence && (fitted(&n->confidence_good) || fitted(&n->confidence_bad))))
                return true;
        }
    }
    return false;
}

/* --- a draw */

static int simulate_by_engine(struct outer *o, uint64_t r, const struct pipeline *drawn,
                              struct error *err)
{
    struct result out;
    result_init(&out, "draw");
    int status = o->def->draw(o->def, drawn, o->options->seed, r + 1, o->items, o->options->level,
                              &out, err);
    if (!status)
        draw_take(&o->draws.draw[r], &out);
    result_release(&out);
    return status;
}

/* Times of the shipped items of all classes; `own` is released by the caller. */
static const struct sketch *shipped_of(const struct tally *t, struct sketch *own)
{
    *own = (struct sketch){0};
    if (t->program->n_classes == 1)
        return &t->class[0].shipped;
    sketch_init(own);
    for (uint32_t c = 0; c < t->program->n_classes; c++)
        sketch_merge(own, &t->class[c].shipped);
    return own;
}

/* Shares of the shipped items at each time of the grid. */
static void take_curve(const struct outer *o, struct draw *d, const struct tally *t)
{
    struct sketch own;
    const struct sketch *all = shipped_of(t, &own);
    for (uint32_t i = 0; i < o->n_grid && all->n > 0; i++) {
        double y = sketch_cdf(all, o->grid[i]), n = (double)all->n;
        struct seen s = {SECTION_CURVE, i, "latency_cdf", "1", y, sqrt(y * (1 - y) / n)};
        vec_push(&d->seen, s);
    }
    sketch_release(&own);
}

/* The grid comes from the parameters as written. */
static void find_grid(struct outer *o)
{
    struct sketch own;
    for (uint64_t block = 0; block < GRID_BLOCKS; block++)
        batch_run(o->batch[0], o->options->seed, 0, block, LANES, &o->tally[0]);
    o->n_grid = curve_grid(shipped_of(&o->tally[0], &own), o->grid);
    sketch_release(&own);
    tally_clear(&o->tally[0]);
}

static void simulate(struct outer *o, uint32_t worker, uint64_t r, const struct program *g)
{
    struct batch *b = o->batch[worker];
    struct tally *t = &o->tally[worker];
    const struct metrics_options brief = {.level = o->options->level, .brief = true};
    struct result out;
    batch_rebind(b, g);
    tally_rebind(t, g);
    tally_clear(t);
    for (uint64_t at = 0; at < o->items; at += LANES) {
        uint64_t left = o->items - at;
        batch_run(b, o->options->seed, r + 1, at / LANES, left < LANES ? (uint32_t)left : LANES, t);
    }
    result_init(&out, "draw");
    metrics_fill(t, &brief, &out);
    draw_take(&o->draws.draw[r], &out);
    take_curve(o, &o->draws.draw[r], t);
    result_release(&out);
    batch_rebind(b, o->base);
    tally_rebind(t, o->base);
}

static bool do_draw(void *arg, uint32_t worker, uint64_t r)
{
    struct outer *o = arg;
    struct rng_seq rng = {rng_key(o->options->seed, r, 0, 0, RNG_PARAMETER), 0};
    double *theta = mem_zero(o->pipeline->n_evidence + 1, sizeof *theta);
    struct pipeline drawn;
    struct program g;
    struct error err = {0};

    pipeline_posterior_draw(o->pipeline, &rng, theta);
    pipeline_with(o->pipeline, theta, &rng, &drawn);
    if (o->base ? program_init(&g, &drawn, o->base, &err)
                : simulate_by_engine(o, r, &drawn, &err)) {
        pthread_mutex_lock(&o->lock);
        if (!o->failed)
            o->err = err;
        o->failed = true;
        pthread_mutex_unlock(&o->lock);
    } else if (o->base) {
        simulate(o, worker, r, &g);
        program_release(&g);
    }
    pipeline_release(&drawn);
    mem_free(theta);
    return true;
}

static void report(void *arg, uint64_t done)
{
    struct outer *o = arg;
    o->options->progress(o->options->progress_arg, (o->ended + done) * o->items,
                         o->draws.n * o->items);
}

static void put_result(const struct outer *o, struct result *out)
{
    const struct outer_result r = {.pipeline = o->pipeline,
                                   .draws = &o->draws,
                                   .timed = o->timed,
                                   .items = o->items,
                                   .trials = o->options->trials,
                                   .level = o->options->level,
                                   .n_grid = o->n_grid,
                                   .grid = o->grid};
    outer_result_put(&r, out);
}

/* --- shares of the variance */

/* A draw's parameters, which depend on the seed and its number alone, and its metrics. */
static void share_draw(const struct outer *o, uint32_t r, double *theta, struct variance *v)
{
    struct rng_seq rng = {rng_key(o->options->seed, r, 0, 0, RNG_PARAMETER), 0};
    const struct draw *d = &o->draws.draw[r];
    struct pipeline drawn;
    pipeline_posterior_draw(o->pipeline, &rng, theta);
    pipeline_with(o->pipeline, theta, &rng, &drawn);
    variance_put_features(v, r, theta, &drawn);
    pipeline_release(&drawn);
    for (size_t i = 0; i < d->seen.len && d->seen.at[i].section == SECTION_TOP; i++)
        for (uint32_t m = 0; m < SENSITIVITY_METRICS; m++)
            if (!strcmp(d->seen.at[i].name, sensitivity_metrics[m]))
                variance_put_value(v, r, m, d->seen.at[i].value, d->seen.at[i].error);
}

static void put_variance(const struct outer *o, struct result *out)
{
    double *theta = mem_zero(o->pipeline->n_evidence + 1, sizeof *theta);
    struct variance v;
    variance_init(&v, o->pipeline, o->draws.n);
    for (uint32_t r = 0; r < o->draws.n; r++)
        if (o->draws.draw[r].done)
            share_draw(o, r, theta, &v);
    variance_put(&v, o->options->level, out);
    variance_release(&v);
    mem_free(theta);
}

/* --- */

static void outer_init(struct outer *o, const struct pipeline *p, const struct engine_def *def,
                       const struct program *base, struct keeper *keeper,
                       const struct run_options *options)
{
    bool timed = p->arrivals.kind != ARRIVALS_NONE;
    uint32_t draws = options->draws ? options->draws : timed ? HORIZONS_DEFAULT : DRAWS_DEFAULT;
    uint64_t each = ITEMS_IN_ALL / draws;
    *o = (struct outer){.pipeline = p,
                        .options = options,
                        .def = def,
                        .base = base,
                        .keeper = keeper,
                        .timed = timed};
    o->threads = run_threads(options);
    o->threads = o->threads < draws ? o->threads : draws;
    o->items = each > ITEMS_LEAST ? each : ITEMS_LEAST;
    o->items = o->items < options->trials ? o->items : options->trials;
    o->items = timed ? 1 : o->items;
    o->batch = mem_zero(o->threads, sizeof(struct batch *));
    o->tally = mem_zero(o->threads, sizeof *o->tally);
    for (uint32_t i = 0; base && i < o->threads; i++) {
        o->batch[i] = batch_new(base);
        tally_init(&o->tally[i], base, true);
    }
    pthread_mutex_init(&o->lock, NULL);
    if (base)
        find_grid(o);
    draws_init(&o->draws, p, draws, o->n_grid);
}

static void outer_release(struct outer *o)
{
    for (uint32_t i = 0; o->base && i < o->threads; i++) {
        batch_free(o->batch[i]);
        tally_release(&o->tally[i]);
    }
    draws_release(&o->draws);
    mem_free(o->batch);
    mem_free(o->tally);
    pthread_mutex_destroy(&o->lock);
}

static void describe(const struct outer *o, uint64_t done, struct result *out)
{
    const struct pipeline *p = o->pipeline;
    bool partial = share_left(&o->keeper->at.draws.share) > 0;
    uint64_t trials = o->options->trials, drawn = done * o->items;
    out->run = (struct run_info){.present = true,
                                 .method = "monte-carlo",
                                 .engine = o->def->name,
                                 .version = SEAM_VERSION,
                                 .covers = "sampling and parameters",
                                 .seed = o->options->seed,
                                 .trials = partial && drawn < trials ? drawn : trials,
                                 .threads = o->threads * o->keeper->ranks->size,
                                 .partial = partial};
    if (!out->currency && p->currency)
        out->currency = result_text(out, "%s", p->currency);
    result_assume(out,
                  "parameters with evidence were drawn %llu times from their posteriors, with %llu "
                  "%s for each; intervals are for what %llu new %s would show",
                  (unsigned long long)done, (unsigned long long)o->items,
                  o->timed ? "horizon" : "items", (unsigned long long)o->options->trials,
                  o->timed ? "horizons" : "items");
}

static void copy_row(const struct row *from, struct row *to)
{
    for (size_t i = 0; i < from->metrics.list.len; i++)
        vec_push(&to->metrics.list, from->metrics.list.at[i]);
}

/* Curves, rows of layers and what is said of a run with the parameters as they are written. */
static int add_series(const struct pipeline *p, const struct run_options *options,
                      const struct engine_def *def, struct keeper *keeper, struct result *out,
                      struct error *err)
{
    struct run_options plain = *options;
    struct result r;
    plain.progress = NULL;
    result_init(&r, "series");
    int status = run_kept(def, p, &plain, keeper, &r, err);
    for (size_t i = 0; !status && i < r.curves.len; i++) {
        const struct curve *from = &r.curves.at[i];
        struct curve *to = result_add_curve(out, from->id, from->x, from->y);
        to->resource = from->resource ? result_text(out, "%s", from->resource) : NULL;
        for (size_t k = 0; k < from->points.len; k++) {
            struct point at = from->points.at[k];
            at.at = at.at ? result_text(out, "%s", at.at) : NULL;
            vec_push(&to->points, at);
        }
    }
    for (size_t i = 0; !status && i < r.layers.len; i++)
        copy_row(&r.layers.at[i], result_add_row(out, layers, r.layers.at[i].id));
    for (size_t i = 0; !status && i < r.assumptions.len; i++)
        result_assume(out, "%s", r.assumptions.at[i]);
    for (size_t i = 0; !status && i < r.warnings.len; i++)
        result_warn(out, "%s", r.warnings.at[i]);
    out->run.partial = out->run.partial || r.run.partial;
    result_release(&r);
    return status;
}

/* --- over ranks, and kept */

static void put_draws(void *arg, struct buf *out)
{
    struct pack p = pack_writer(out);
    draws_pack(arg, &p);
    draws_clear(arg);
}

static void take_draws(void *arg, const void *bytes, size_t len)
{
    struct pack p = pack_reader(bytes, len);
    draws_pack(arg, &p);
    if (!pack_whole(&p))
        BUG("a rank's draws are broken");
}

/* All draws to rank 0, which keeps them. */
static void keep(void *arg)
{
    struct outer *o = arg;
    const struct ranks_fold fold = {put_draws, take_draws, &o->draws};
    struct checkpoint_draws *kept = &o->keeper->at.draws;
    ranks_fold(o->keeper->ranks, &fold);
    if (!o->keeper->how || o->keeper->ranks->rank > 0)
        return;
    struct pack p = pack_writer(&kept->seen);
    buf_clear(&kept->seen);
    draws_pack(&o->draws, &p);
    keeper_write(o->keeper);
}

static int failed(void *arg, struct error *err)
{
    struct outer *o = arg;
    if (o->failed)
        *err = o->err;
    return o->failed;
}

static int resume(struct outer *o, struct error *err)
{
    struct checkpoint_draws *kept = &o->keeper->at.draws;
    const char *name = o->keeper->how->name;
    if (kept->n != o->draws.n || kept->items != o->items)
        return error_set(err, ERR_INPUT,
                         "%s: cannot go on: it draws the parameters %llu times for %llu %s each, "
                         "this run %llu times for %llu",
                         name, (unsigned long long)kept->n, (unsigned long long)kept->items,
                         o->def->trials_word(o->pipeline), (unsigned long long)o->draws.n,
                         (unsigned long long)o->items);
    if (o->keeper->ranks->rank == 0) {
        struct pack p = pack_reader(buf_text(&kept->seen), kept->seen.len);
        if (kept->seen.len > 0) /* else it was kept before anything was done */
            draws_pack(&o->draws, &p);
        if (!pack_whole(&p) || draws_done(&o->draws) != kept->share.upto - share_left(&kept->share))
            return error_set(err, ERR_INPUT,
                             "%s: cannot go on: its draws do not belong to this scenario", name);
    }
    return 0;
}

static int begin_keeping(struct outer *o, struct error *err)
{
    struct checkpoint_draws *kept = &o->keeper->at.draws;
    int status = 0;
    if (!o->keeper->how)
        return 0;
    if (o->keeper->resumed && kept->present)
        status = resume(o, err);
    if (ranks_agree(o->keeper->ranks, status, err))
        return -1;
    kept->present = true;
    kept->n = o->draws.n;
    kept->items = o->items;
    return keeper_begin(o->keeper, err);
}

static int draw_all(struct outer *o, struct error *err)
{
    const struct run_options *options = o->options;
    struct share *share = &o->keeper->at.draws.share;
    const struct share_job job = {.ranks = o->keeper->ranks,
                                  .threads = o->threads,
                                  .stop = options->stop,
                                  .clock_s = options->clock_s,
                                  .keep_every_s = keeper_every(o->keeper),
                                  .unit = do_draw,
                                  .keep = keep,
                                  .failed = failed,
                                  .report = options->progress ? report : NULL,
                                  .report_every = DRAWS_PER_REPORT,
                                  .arg = o};
    if (begin_keeping(o, err))
        return -1;
    share->kept_s = options->clock_s ? options->clock_s() : 0;
    share_extend(share, o->draws.n);
    o->ended = o->draws.n - share_left(share);
    if (share_run(share, &job, err))
        return -1;
    keep(o);
    return 0;
}

int outer_run(const struct pipeline *p, const struct run_options *options,
              const struct engine_def *def, struct keeper *keeper, struct result *out,
              struct error *err)
{
    struct program base;
    struct outer o;
    bool timed = p->arrivals.kind != ARRIVALS_NONE;
    if (!def->draw && program_init(&base, p, NULL, err))
        return -1;
    outer_init(&o, p, def, def->draw ? NULL : &base, keeper, options);
    int status = draw_all(&o, err);
    if (!status) {
        uint64_t done = draws_done(&o.draws);
        if (options->progress)
            options->progress(options->progress_arg, done, done);
        if (keeper->ranks->rank == 0) {
            put_result(&o, out);
            put_variance(&o, out);
        }
        describe(&o, done, out);
    }
    outer_release(&o);
    if (!def->draw)
        program_release(&base);
    return status || !timed ? status : add_series(p, options, def, keeper, out, err);
}
