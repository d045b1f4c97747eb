/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Candidates are taken by index from one counter; each is computed whole by one thread.  Parts of
 * a simulated candidate are sums of its engine, packed away and added up again, so that the whole
 * is that of all its trials. */
#include "decide/evaluate.h"

#include "base/pack.h"
#include "base/progress.h"
#include "base/workers.h"
#include "decide/search.h"
#include "sim/engine.h"
#include "sim/exact.h"
#include "sim/outer.h"

#include <math.h>
#include <string.h>

/* Visits of steps in one search, about: at some millions a second, 10 to 20 seconds of work. */
static const double WORK = 1e8;
/* More than this is done only where few candidates need it. */
static const double WORK_MOST = 2e9, USUAL = 600;
enum { ITEMS_LEAST = 20000, ITEMS_MOST = 400000, HORIZONS_LEAST = 4 };

/* --- one candidate */

struct job {
    const struct evaluator *e;
    struct candidate *c;
    uint64_t seed, trials;
    bool batches;
    size_t n; /* candidates in all */
    struct fault_of {
        struct error err;
        uint64_t i; /* UINT64_MAX: none */
    } * fault;      /* [threads] */
};

static int run_units(struct engine *en, uint64_t from, uint64_t upto, uint64_t trials,
                     struct error *err)
{
    for (uint64_t i = from; i < upto; i++) {
        uint64_t n = trials - i * en->block < en->block ? trials - i * en->block : en->block;
        if (!en->def->unit(en, 0, i, n)) {
            if (atomic_load(&en->endless))
                return engine_endless(err);
            return error_set(err, ERR_INTERRUPTED, "stopped before the search was done");
        }
    }
    en->def->merge(en);
    return 0;
}

static void read_metrics(const struct job *j, const struct engine *en, struct candidate *c,
                         double *goal)
{
    const struct asked *a = j->e->asked;
    const struct metrics_options how = {.level = j->e->options->level,
                                        .means_only = j->e->means_only};
    struct result r;

    result_init(&r, "size");
    en->def->fill(en, &how, &r);
    if (goal)
        *goal = asked_of_result(a, a->goal, &r).value;
    for (uint32_t m = 0; !goal && m < a->n_metrics; m++)
        c->at[m] = asked_of_result(a, m, &r);
    result_release(&r);
}

/* The trials in parts, then together. */
static int run_parts(const struct job *j, struct engine *en, struct candidate *c, struct error *err)
{
    uint64_t units = engine_units(en, j->trials);
    uint64_t parts = units < BATCHES_MOST ? units : BATCHES_MOST;
    struct buf kept[BATCHES_MOST] = {{0}};
    int status = 0;

    for (uint64_t b = 0; b < parts && !status; b++) {
        struct pack to = pack_writer(&kept[b]);
        status = run_units(en, units * b / parts, units * (b + 1) / parts, j->trials, err);
        if (status)
            break;
        read_metrics(j, en, c, &c->batch[b]);
        en->def->pack(en, &to);
        en->def->clear(en);
    }
    for (uint64_t b = 0; b < parts; b++) {
        struct pack from = pack_reader(buf_text(&kept[b]), kept[b].len);
        if (!status)
            en->def->pack(en, &from);
        buf_release(&kept[b]);
    }
    c->n_batches = (uint32_t)parts;
    return status;
}

static int simulate(const struct job *j, const struct pipeline *p, struct candidate *c,
                    struct error *err)
{
    const struct engine_options how = {.trials = j->trials,
                                       .seed = j->seed,
                                       .threads = 1,
                                       .means_only = j->e->means_only,
                                       .stop = j->e->options->stop};
    struct engine en;

    if (engine_open(&en, engine_for(p), p, &how, err))
        return -1;
    int status = j->batches ? run_parts(j, &en, c, err)
                            : run_units(&en, 0, engine_units(&en, j->trials), j->trials, err);
    if (!status)
        read_metrics(j, &en, c, NULL);
    if (!status)
        c->trials = j->trials;
    en.def->close(&en);
    return status;
}

static int by_chain(const struct evaluator *e, const struct pipeline *p, struct candidate *c,
                    struct error *err)
{
    struct exact_point at;

    if (exact_point(p, &at, err))
        return -1;
    for (uint32_t m = 0; m < e->asked->n_metrics; m++) {
        double value = asked_of_point(p, &at, e->asked->metric[m]);
        c->at[m] = (struct estimate){value, value, value};
    }
    c->trials = 1;
    return 0;
}

/* Choices that make no scenario (the low threshold above the high one) are none. */
static bool apply(const struct evaluator *e, const struct candidate *c, struct applied *out)
{
    const struct settings *s = e->settings;
    struct error ignored = {0};

    for (uint32_t i = 0; i < s->n; i++)
        if (s->v[i].above >= 0 && !(c->x[i] <= c->x[s->v[i].above])) {
            *out = (struct applied){0};
            return false;
        }
    if (settings_apply(s, c->x, c->out_of,
                       e->options->uncertainty ? EVIDENCE_MEANS : EVIDENCE_SHARES, 0, out,
                       &ignored))
        return false;
    if (c->closed)
        out->p.step[c->closed - 1].above = (struct edge){.to = TO_REJECT, .at_most = AT_MOST_NONE};
    return true;
}

static int one(const struct job *j, struct candidate *c, struct error *err)
{
    struct applied applied;
    int status = 0;

    c->trials = 0;
    if (apply(j->e, c, &applied))
        status =
            j->e->simulated ? simulate(j, &applied.p, c, err) : by_chain(j->e, &applied.p, c, err);
    applied_release(&applied);
    return status;
}

void evaluate_exact(const struct evaluator *e, struct candidate *c)
{
    const struct job j = {.e = e};
    struct error ignored = {0};

    if (one(&j, c, &ignored))
        c->trials = 0;
}

static void unit(void *arg, uint32_t worker, uint64_t i)
{
    struct job *j = arg;
    struct fault_of *f = &j->fault[worker];
    struct error err = {0};

    if (one(j, &j->c[i], &err) && i < f->i) {
        f->i = i;
        f->err = err;
    }
}

static void report(void *arg, uint64_t done)
{
    const struct job *j = arg;
    progress_tell(j->e->options->progress, "settings", (double)done, (double)j->n);
}

int evaluate(const struct evaluator *e, struct candidate *c, size_t n, uint64_t seed,
             uint64_t trials, bool batches, struct error *err)
{
    uint32_t threads = n < e->threads ? (uint32_t)n : e->threads;
    struct job j = {.e = e, .c = c, .n = n, .seed = seed, .trials = trials, .batches = batches};
    const struct work w = {.end = n,
                           .unit = unit,
                           .arg = &j,
                           .stop = e->options->stop,
                           .report = report,
                           .report_every = 1};
    const struct fault_of *first = NULL;

    if (!n)
        return 0;
    j.fault = mem_zero(threads, sizeof *j.fault);
    for (uint32_t t = 0; t < threads; t++)
        j.fault[t].i = UINT64_MAX;
    workers_run(&w, threads);
    for (uint32_t t = 0; t < threads; t++)
        if (j.fault[t].i < UINT64_MAX && (!first || j.fault[t].i < first->i))
            first = &j.fault[t];
    if (first)
        *err = first->err;
    bool failed = first;
    mem_free(j.fault);
    if (e->options->stop && atomic_load(e->options->stop))
        return error_set(err, ERR_INTERRUPTED, "%s: stopped before the search was done",
                         e->settings->p->file);
    return failed ? -1 : 0;
}

/* --- what the evidence leaves open */

int evaluate_draws(struct evaluator *e, struct candidate *c, struct error *err)
{
    double(*value)[SEARCH_DRAWS] = mem_zero(ASKED_MOST, sizeof *value);
    struct candidate middle = *c, drawn;
    uint32_t n = e->asked->n_metrics;
    int status = 0;

    evaluate_exact(e, &middle);
    for (uint32_t d = 0; d < SEARCH_DRAWS && !status; d++) {
        struct applied applied;
        drawn = *c;
        status = settings_apply(e->settings, c->x, c->out_of, EVIDENCE_DRAWN, d, &applied, err);
        if (!status)
            status = by_chain(e, &applied.p, &drawn, err);
        applied_release(&applied);
        for (uint32_t m = 0; m < n; m++)
            value[m][d] = drawn.at[m].value;
    }
    for (uint32_t m = 0; m < n && !status; m++) {
        c->at[m] = search_summary(value[m], SEARCH_DRAWS, e->options->level);
        double at = middle.at[m].value, unit = fabs(at) > 0 ? fabs(at) : INFINITY;
        e->below[m] = fmax((at - c->at[m].low) / unit, 0);
        e->above[m] = fmax((c->at[m].high - at) / unit, 0);
    }
    c->trials = SEARCH_DRAWS;
    mem_free(value);
    return status;
}

/* --- the way, and how much of it */

/* Do engines tell it where they are asked for means alone? */
static bool is_mean(const char *metric)
{
    static const char *const means[] = {
        "reliability",      "completion",   "shipped_error",   "auto_error",   "review_load",
        "reviews_per_item", "share_wrong",  "share_rejected",  "share_failed", "cost_per_item",
        "cost_per_correct", "net_per_item", "review_precision"};
    bool any = false;

    for (size_t i = 0; i < sizeof means / sizeof *means; i++)
        any = any || !strcmp(metric, means[i]);
    return any;
}

/* Does the chain take the scenario? */
static bool solves(const struct evaluator *e, const double *x)
{
    struct applied applied;
    struct exact_point point;
    struct error why = {0};
    bool takes = settings_apply(e->settings, x, 0, EVIDENCE_SHARES, 0, &applied, &why) == 0 &&
                 exact_point(&applied.p, &point, &why) == 0;
    applied_release(&applied);
    return takes;
}

int evaluator_init(struct evaluator *e, const struct asked *asked, const struct settings *settings,
                   const struct size_options *options, struct error *err)
{
    const struct pipeline *p = settings->p;
    double x[SETTINGS_MOST];

    *e = (struct evaluator){.asked = asked,
                            .settings = settings,
                            .options = options,
                            .threads = workers_count(options->threads),
                            .means_only = true};
    for (uint32_t m = 0; m < asked->n_metrics; m++)
        e->means_only = e->means_only && is_mean(asked->metric[m]);
    for (uint32_t i = 0; i < settings->n; i++)
        x[i] = settings->v[i].to;
    e->simulated = !asked->by_chain || !solves(e, x);
    return e->simulated
               ? pipeline_needs(p, "size",
                                engine_features() | FEATURE(CALIBRATION) | FEATURE(FEEDBACK), err)
               : 0;
}

/* Visits of one trial. */
static double visits_of(const struct pipeline *p)
{
    double items = arrivals_rate(&p->arrivals) * (p->horizon.warmup_s + p->horizon.length_s);
    return p->n_steps * (p->arrivals.kind != ARRIVALS_NONE ? fmax(1, items) : 1);
}

uint64_t evaluate_trials(const struct evaluator *e, double share, size_t n)
{
    const struct pipeline *p = e->settings->p;
    double least = ITEMS_LEAST, most = ITEMS_MOST;

    if (!e->simulated)
        return 1;
    if (p->arrivals.kind != ARRIVALS_NONE) {
        least = HORIZONS_LEAST;
        most = 50.0 * fmax(p->horizon.replications, HORIZONS_LEAST);
    }
    return (uint64_t)fmin(fmax(share * WORK / (visits_of(p) * (double)(n ? n : 1)), least), most);
}

double evaluate_room(const struct evaluator *e)
{
    const struct pipeline *p = e->settings->p;
    uint64_t least = e->options->trials                  ? e->options->trials
                     : p->arrivals.kind != ARRIVALS_NONE ? HORIZONS_LEAST
                                                         : ITEMS_LEAST;
    double usual = USUAL * visits_of(p) * (double)least;
    return e->simulated ? fmin(1, WORK_MOST / usual) : 1;
}

/* --- against the targets */

struct estimate candidate_estimate(const struct evaluator *e, const struct candidate *c, uint32_t m,
                                   bool sure)
{
    struct estimate x = c->at[m];

    if (!sure)
        return (struct estimate){x.value, x.value, x.value};
    if (c->trials == SEARCH_DRAWS && !e->simulated)
        return x;
    double below = e->below[m] * fabs(x.value), above = e->above[m] * fabs(x.value);
    x.low = x.value - (1 + e->caution) * hypot(x.value - x.low, below);
    x.high = x.value + (1 + e->caution) * hypot(x.high - x.value, above);
    return x;
}

double candidate_shortfall(const struct evaluator *e, const struct candidate *c, uint32_t k,
                           bool sure)
{
    struct estimate x;

    if (!c->trials)
        return INFINITY;
    x = candidate_estimate(e, c, e->asked->of_target[k], sure);
    return asked_shortfall(&e->asked->p->target[k], &x);
}

double candidate_worst(const struct evaluator *e, const struct candidate *c, bool sure)
{
    double worst = c->trials ? 0 : INFINITY;

    for (uint32_t k = 0; k < e->asked->p->n_targets; k++)
        worst = fmax(worst, candidate_shortfall(e, c, k, sure));
    return worst;
}

bool candidate_meets(const struct evaluator *e, const struct candidate *c, bool sure)
{
    return candidate_worst(e, c, sure) == 0;
}
