/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The windows of a backtest, simulated once for each draw of the parameters. */
#include "base/progress.h"
#include "base/workers.h"
#include "decide/backtest_parts.h"
#include "math/rng.h"
#include "model/hours.h"
#include "sim/queue/metrics.h"
#include "sim/queue/sim.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS_IN_ALL = 2000000, DRAWS_LEAST = 100, DRAWS_MOST = 199 };

struct predicting {
    struct backtest *b;
    double *instant;      /* [b->n] starts of all items */
    size_t *warm;         /* [windows + 1] first item of its warm-up */
    double *value;        /* [metric][window][draw] */
    pthread_mutex_t lock; /* of what follows */
    bool failed;
    struct error err;
};

static double *value_at(const struct predicting *p, int metric, uint32_t window, uint64_t draw)
{
    const struct backtest *b = p->b;
    return &p->value[((size_t)metric * (b->windows + 1) + window) * b->draws + draw];
}

/* ---- one window of one draw ------------------------------------------------------------- */

/* A week and a window, or two weeks where people have hours: as far as there is a log. */
static size_t warm_up(const struct backtest *b, const struct backtest_window *w)
{
    bool hours = b->desk >= 0 && b->pipeline->resource[b->desk].n_hours > 0;
    double from = w->from_s - fmax(hours ? 2 * WEEK_S : DAY_S, w->to_s - w->from_s);
    size_t i = w->begin;
    while (b->timed && i > 0 && b->item[i - 1].start_s >= from)
        i--;
    return i;
}

/* The instants of the window and its warm-up, from the warm-up's first, which is the week's
 * second that it was. */
static void set_time(const struct predicting *p, const struct backtest_window *w, size_t warm,
                     double *instant, struct pipeline *drawn)
{
    const struct backtest *b = p->b;
    double origin = warm < w->begin ? p->instant[warm] : w->from_s;
    for (size_t i = warm; i < w->end; i++)
        instant[i - warm] = p->instant[i] - origin;
    drawn->arrivals = (struct arrivals){.kind = ARRIVALS_FILE,
                                        .instants = instant,
                                        .n_instants = w->end - warm,
                                        .file = "",
                                        .column_name = ""};
    drawn->horizon =
        (struct horizon){.warmup_s = w->from_s - origin,
                         .length_s = w->to_s - w->from_s,
                         .starts_s = hours_week_second(b->t0_ns + (int64_t)(origin * 1e9)),
                         .observe_s = w->to_s - w->from_s,
                         .replications = 1};
}

static double metric_of(const struct metrics *m, const char *name)
{
    const struct metric *at = metrics_find(m, name);
    return at ? at->value : NAN;
}

static double backlog_of(const struct backtest *b, const struct backtest_window *w,
                         const struct result *r)
{
    if (b->desk >= 0)
        return r->resources.len > (size_t)b->desk
                   ? metric_of(&r->resources.at[b->desk].metrics, "in_system_mean")
                   : NAN;
    double per_item = metric_of(&r->metrics, "reviews_per_item");
    const struct row *row = b->review ? result_stage(r, b->review) : NULL;
    double each = row && per_item > 0 ? metric_of(&row->metrics, "visit_latency_mean") : 0;
    return per_item * each * (double)(w->end - w->begin) / (w->to_s - w->from_s);
}

/* The model's attempts at a step all cost the same; those of a window of n items do not, and their
 * mean misses it by a normal variate (central limit theorem) of the variance that they have. */
static double cost_of(const struct backtest *b, const struct result *r, uint32_t k, uint64_t draw)
{
    struct rng_seq rng = {rng_key(b->options->seed, draw, k + 1, 0, RNG_PARAMETER), 0};
    double n = (double)(b->window[k].end - b->window[k].begin), variance = 0;
    for (uint32_t i = 0; i < b->pipeline->n_steps; i++) {
        const struct step *s = &b->pipeline->step[i];
        const struct row *row = s->cost_seen.sd > 0 ? result_stage(r, s->id) : NULL;
        double attempts = row ? metric_of(&row->metrics, "attempts_per_item") : NAN;
        if (attempts > 0)
            variance += attempts * s->cost_seen.sd * s->cost_seen.sd / n;
    }
    return fmax(metric_of(&r->metrics, "cost_per_item") + sqrt(variance) * rng_normal(&rng), 0);
}

static void take(struct predicting *p, const struct result *r, uint32_t k, uint64_t draw)
{
    for (int m = 0; m < BACKTEST_METRICS; m++)
        *value_at(p, m, k, draw) = m == BACKTEST_BACKLOG ? backlog_of(p->b, &p->b->window[k], r)
                                   : m == BACKTEST_COST  ? cost_of(p->b, r, k, draw)
                                                        : metric_of(&r->metrics, backtest_names[m]);
}

static uint64_t replication_of(const struct backtest *b, uint64_t draw, uint32_t k)
{
    return draw * (b->windows + 1) + k + 1;
}

/* Each window is a horizon of its own. */
static int simulate_timed(struct predicting *p, struct pipeline *drawn, uint64_t draw,
                          struct error *err)
{
    const struct backtest *b = p->b;
    double *instant = mem_alloc((b->n + 1) * sizeof *instant);
    int status = 0;
    for (uint32_t k = 0; !status && k <= b->windows; k++) {
        struct result r;
        set_time(p, &b->window[k], p->warm[k], instant, drawn);
        result_init(&r, "draw");
        status = b->engine->draw(b->engine, drawn, b->options->seed, replication_of(b, draw, k), 0,
                                 b->options->level, &r, err);
        if (!status)
            take(p, &r, k, draw);
        result_release(&r);
    }
    mem_free(instant);
    return status;
}

/* Items alone: one program for all windows. */
static int simulate_items(struct predicting *p, const struct pipeline *drawn, uint64_t draw,
                          struct error *err)
{
    const struct backtest *b = p->b;
    const struct metrics_options brief = {.level = b->options->level, .brief = true};
    struct queue_program program;
    if (queue_program_init(&program, drawn, err))
        return -1;
    struct queue_sim *sim = queue_sim_new(&program);
    for (uint32_t k = 0; k <= b->windows; k++) {
        struct queue_tally tally;
        struct result r;
        queue_tally_init(&tally, &program, 1);
        result_init(&r, "draw");
        (void)queue_sim_items(sim, b->options->seed, replication_of(b, draw, k), 0,
                              b->window[k].end - b->window[k].begin, &tally);
        queue_tally_flush(&tally);
        queue_metrics(&tally, &brief, &r);
        take(p, &r, k, draw);
        result_release(&r);
        queue_tally_release(&tally);
    }
    queue_sim_free(sim);
    queue_program_release(&program);
    return 0;
}

static void make_untimed(struct pipeline *p)
{
    p->arrivals = (struct arrivals){.kind = ARRIVALS_NONE};
    p->horizon = (struct horizon){0};
}

static void do_draw(void *arg, uint32_t worker, uint64_t draw)
{
    struct predicting *p = arg;
    const struct pipeline *fitted = p->b->pipeline;
    struct rng_seq rng = {rng_key(p->b->options->seed, draw, 0, 0, RNG_PARAMETER), 0};
    double *theta = mem_zero(fitted->n_evidence + 1, sizeof *theta);
    struct pipeline drawn;
    struct error err = {0};
    int status;

    pipeline_posterior_draw(fitted, &rng, theta);
    pipeline_with(fitted, theta, &rng, &drawn);
    if (!p->b->timed)
        make_untimed(&drawn);
    status =
        p->b->timed ? simulate_timed(p, &drawn, draw, &err) : simulate_items(p, &drawn, draw, &err);
    if (status) {
        pthread_mutex_lock(&p->lock);
        if (!p->failed)
            p->err = err;
        p->failed = true;
        pthread_mutex_unlock(&p->lock);
    }
    pipeline_release(&drawn);
    mem_free(theta);
}

/* ---- over the draws --------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Order statistics of the draws, which leave (1 - level) / 2 outside on each side. */
static void take_interval(struct predicting *p, int metric, uint32_t k)
{
    struct backtest *b = p->b;
    double *x = value_at(p, metric, k, 0), mean = 0;
    uint32_t n = 0;
    b->window[k].expected[metric] = (struct backtest_range){NAN, NAN};
    b->window[k].mean[metric] = NAN;
    for (uint32_t r = 0; r < b->draws; r++)
        if (!isnan(x[r]))
            x[n++] = x[r];
    if (n < DRAWS_LEAST / 2)
        return;
    qsort(x, n, sizeof *x, by_value);
    for (uint32_t r = 0; r < n; r++)
        mean += x[r] / n;
    double rank = floor((1 - b->options->level) / 2 * (n + 1.0));
    uint32_t low = rank < 1 ? 0 : (uint32_t)rank - 1;
    b->window[k].expected[metric] = (struct backtest_range){x[low], x[n - 1 - low]};
    b->window[k].mean[metric] = mean;
}

static uint32_t draws_for(const struct backtest *b, const size_t *warm)
{
    uint64_t items = 1, n;
    for (uint32_t k = 0; k <= b->windows; k++)
        items += b->window[k].end - warm[k];
    n = ITEMS_IN_ALL / items;
    return n < DRAWS_LEAST ? DRAWS_LEAST : n > DRAWS_MOST ? DRAWS_MOST : (uint32_t)n;
}

static void prepare(struct predicting *p)
{
    struct backtest *b = p->b;
    p->instant = mem_alloc((b->n + 1) * sizeof *p->instant);
    p->warm = mem_alloc((b->windows + 1) * sizeof *p->warm);
    for (size_t i = 0; i < b->n; i++)
        p->instant[i] = b->item[i].start_s;
    for (uint32_t k = 0; k <= b->windows; k++)
        p->warm[k] = warm_up(b, &b->window[k]);
    b->draws = b->options->draws ? b->options->draws : draws_for(b, p->warm);
    b->threads = workers_count(b->options->threads);
    b->threads = b->threads > b->draws ? b->draws : b->threads;
    p->value = mem_alloc((size_t)BACKTEST_METRICS * (b->windows + 1) * b->draws * sizeof *p->value);
}

static void report(void *arg, uint64_t done)
{
    const struct predicting *p = arg;
    progress_tell(p->b->options->progress, "draws", (double)done, p->b->draws);
}

int backtest_predict(struct backtest *b, struct error *err)
{
    struct predicting p = {.b = b};
    int status = 0;

    b->engine = &queue_engine;
    pthread_mutex_init(&p.lock, NULL);
    prepare(&p);
    struct work work = {.begin = 0,
                        .end = b->draws,
                        .stop = b->options->stop,
                        .unit = do_draw,
                        .arg = &p,
                        .report = report,
                        .report_every = 1};
    uint64_t done = workers_run(&work, b->threads);
    if (p.failed) {
        *err = p.err;
        status = -1;
    } else if (done < b->draws) {
        status = error_set(err, ERR_INTERRUPTED, "backtest: stopped before the end");
    }
    for (int m = 0; !status && m < BACKTEST_METRICS; m++)
        for (uint32_t k = 0; k <= b->windows; k++)
            take_interval(&p, m, k);
    pthread_mutex_destroy(&p.lock);
    mem_free(p.instant);
    mem_free(p.warm);
    mem_free(p.value);
    return status;
}
