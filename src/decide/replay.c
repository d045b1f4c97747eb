/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The items of a log under another policy.
 *
 * What the log shows is taken from it; what it does not show leaves bounds.  Shares are bounded by
 * resolving all of it the best and the worst way, without any assumption of why it is missing
 * (Manski 1990, "Nonparametric bounds on treatment effects", American Economic Review 80); beside
 * them stands what to expect if the unseen behaves as the fitted model says, the mean of passes
 * with parameters drawn from their posterior.  Times have no such bounds, and get the interval of
 * these passes. */
#include "decide/replay.h"

#include "decide/replay_parts.h"
#include "math/interval.h"
#include "math/rng.h"
#include "trace/observe.h"
#include "trace/quality.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    DRAWS_LEAST = 20,
    DRAWS_MOST = 200,
    ITEMS_IN_ALL = 2000000,
    BACKLOG_POINTS = 100,
};

/* ---- what is asked of a pass ------------------------------------------------------------ */

enum asked {
    RELIABILITY,
    SHARE_WRONG,
    SHARE_REJECTED,
    SHARE_FAILED,
    SHARE_ABANDONED,
    COMPLETION,
    AUTO_ERROR,
    REVIEW_LOAD,
    LATENCY_MEAN,
    LATENCY_P50,
    LATENCY_P95,
    LATENCY_P99,
    WAIT_MEAN,
    BACKLOG,
    COST,
    ASKED
};
static const struct {
    const char *name;
    bool share;
} asked[ASKED] = {
    {"reliability",     true },
    {"share_wrong",     true },
    {"share_rejected",  true },
    {"share_failed",    true },
    {"share_abandoned", true },
    {"completion",      true },
    {"auto_error",      true },
    {"review_load",     true },
    {"latency_mean",    false},
    {"latency_p50",     false},
    {"latency_p95",     false},
    {"latency_p99",     false},
    {"wait_mean",       false},
    {"review_backlog",  false},
    {"cost_per_item",   false},
};

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Mean number in review from the first arrival to the last. */
static double backlog_of(const struct replay_pass *pass)
{
    double sum = 0, span = pass->replay->span_s;
    for (size_t i = 0; i < pass->asked.len; i++)
        sum += fmax(fmin(pass->asked.at[i].end_s, span) - fmax(pass->asked.at[i].from_s, 0), 0);
    return span > 0 ? sum / span : NAN;
}

static void take(struct replay_pass *pass, double out[ASKED])
{
    double n = (double)pass->replay->log->items.len, shipped = (double)pass->n_shipped, sum = 0;
    qsort(pass->latency, pass->n_shipped, sizeof *pass->latency, by_value);
    for (size_t i = 0; i < pass->n_shipped; i++)
        sum += pass->latency[i];
    out[RELIABILITY] = (double)pass->right / n;
    out[SHARE_WRONG] = (double)pass->wrong / n;
    out[SHARE_REJECTED] = (double)pass->rejected / n;
    out[SHARE_FAILED] = (double)pass->failed / n;
    out[SHARE_ABANDONED] = (double)pass->abandoned / n;
    out[COMPLETION] = shipped / n;
    out[AUTO_ERROR] =
        pass->automatic ? (double)pass->automatic_wrong / (double)pass->automatic : NAN;
    out[REVIEW_LOAD] = (double)pass->reviewed / n;
    out[LATENCY_MEAN] = shipped > 0 ? sum / shipped : NAN;
    out[LATENCY_P50] = shipped > 0 ? sample_quantile(pass->latency, pass->n_shipped, 0.5) : NAN;
    out[LATENCY_P95] = shipped > 0 ? sample_quantile(pass->latency, pass->n_shipped, 0.95) : NAN;
    out[LATENCY_P99] = shipped > 0 ? sample_quantile(pass->latency, pass->n_shipped, 0.99) : NAN;
    out[WAIT_MEAN] = pass->waits_s / n;
    out[BACKLOG] = backlog_of(pass);
    out[COST] = pass->cost / n;
}

/* ---- passes ----------------------------------------------------------------------------- */

static void put_backlog(const struct replay_pass *pass, struct result *out)
{
    const struct replay *r = pass->replay;
    struct curve *c = result_add_curve(out, "backlog", "time", "review_backlog");
    c->resource = r->review >= 0 ? arena_strdup(&out->arena, r->policy->step[r->review].id) : NULL;
    for (int k = 0; k <= BACKLOG_POINTS; k++) {
        double t = r->span_s * k / BACKLOG_POINTS;
        size_t open = 0;
        for (size_t i = 0; i < pass->asked.len; i++)
            open += pass->asked.at[i].from_s <= t && pass->asked.at[i].end_s > t;
        struct point p = {.x = t, .y = (double)open, .low = NAN, .high = NAN};
        vec_push(&c->points, p);
    }
}

/* `curve`: NULL, or where the backlog goes. */
static void run_pass(const struct replay *r, const struct pipeline *p, enum replay_mode mode,
                     uint64_t number, double out[ASKED], struct replay_price *cost,
                     struct replay_counts *unknown, struct result *curve)
{
    struct replay_pass pass = {.replay = r, .p = p, .mode = mode, .number = number};
    rules_init(&pass.rules, p);
    replay_run(&pass);
    take(&pass, out);
    *cost = (struct replay_price){pass.cost_low / (double)r->log->items.len,
                                  pass.cost_high / (double)r->log->items.len};
    *unknown = pass.unknown;
    if (curve && r->review >= 0 && !r->log->pass.halvings)
        put_backlog(&pass, curve);
    rules_release(&pass.rules);
    vec_release(&pass.asked);
    mem_free(pass.latency);
}

static void drawn_pass(const struct replay *r, uint64_t number, double out[ASKED],
                       struct replay_price *cost, struct replay_counts *unknown,
                       struct result *curve)
{
    struct rng_seq rng = {rng_key(r->options->seed, number, 0, 0, RNG_PARAMETER), 0};
    double *theta = mem_zero(r->policy->n_evidence + 1, sizeof *theta);
    struct pipeline drawn;
    pipeline_posterior_draw(r->policy, &rng, theta);
    pipeline_with(r->policy, theta, &rng, &drawn);
    run_pass(r, &drawn, REPLAY_DRAWN, number, out, cost, unknown, curve);
    pipeline_release(&drawn);
    mem_free(theta);
}

struct outcome_of {
    double mean[ASKED], low[ASKED], high[ASKED];
    double by_mode[REPLAY_MODES][ASKED];
    struct replay_price cost; /* bounds of an item's, over all passes */
    struct replay_counts unknown;
    uint32_t draws;
    bool known; /* the log shows all of it */
};

static uint32_t draws_of(const struct replay *r)
{
    uint64_t n = ITEMS_IN_ALL / (r->log->items.len + 1);
    if (r->options->draws)
        return r->options->draws;
    return n < DRAWS_LEAST ? DRAWS_LEAST : n > DRAWS_MOST ? DRAWS_MOST : (uint32_t)n;
}

static bool is_known(const struct replay *r, const struct replay_counts *c)
{
    bool redrawn = false;
    for (uint32_t i = 0; i < r->policy->n_steps; i++)
        redrawn = redrawn || r->change[i].decisions || r->change[i].latency ||
                  (r->change[i].backoff && r->policy->step[i].retry.jitter != JITTER_NONE) ||
                  r->policy->step[i].audit.present;
    return !redrawn && c->attempts + c->visits + c->reviews + c->drafts + c->limits + c->routes +
                               c->changed + c->patience ==
                           0;
}

static void widen(struct replay_price *all, struct replay_price one)
{
    all->low = fmin(all->low, one.low);
    all->high = fmax(all->high, one.high);
}

static int run_all(const struct replay *r, struct outcome_of *o, struct result *out,
                   struct error *err)
{
    uint32_t draws = draws_of(r);
    double *value = mem_alloc(((size_t)draws + 1) * ASKED * sizeof *value), got[ASKED];
    struct replay_counts ignored;
    struct replay_price cost;
    int status = 0;
    o->cost = (struct replay_price){INFINITY, -INFINITY};
    for (o->draws = 0; o->draws < draws && !(o->draws == 1 && o->known); o->draws++) {
        if (r->options->stop && *r->options->stop) {
            status = error_set(err, ERR_INTERRUPTED, "replay: stopped before the end");
            goto done;
        }
        drawn_pass(r, o->draws, got, &cost, o->draws ? &ignored : &o->unknown,
                   o->draws ? NULL : out);
        widen(&o->cost, cost);
        o->known = is_known(r, &o->unknown);
        for (int k = 0; k < ASKED; k++)
            value[(size_t)k * draws + o->draws] = got[k];
    }
    for (int mode = REPLAY_BEST; mode < REPLAY_MODES; mode++) {
        run_pass(r, r->policy, (enum replay_mode)mode, 0, o->by_mode[mode], &cost, &ignored, NULL);
        widen(&o->cost, cost);
    }
    for (int k = 0; k < ASKED; k++) {
        double *x = &value[(size_t)k * draws];
        o->mean[k] = 0;
        qsort(x, o->draws, sizeof *x, by_value);
        for (uint32_t i = 0; i < o->draws; i++)
            o->mean[k] += x[i] / o->draws;
        double rank = floor((1 - r->options->level) / 2 * (o->draws + 1.0));
        uint32_t low = rank < 1 ? 0 : (uint32_t)rank - 1;
        o->low[k] = x[low];
        o->high[k] = x[o->draws - 1 - low];
    }
done:
    mem_free(value);
    return status;
}

/* ---- into the result -------------------------------------------------------------------- */

static bool is_review(const struct replay *r, int32_t stage)
{
    for (uint32_t i = 0; i < r->policy->n_steps; i++)
        if (r->policy->step[i].kind == STEP_REVIEW && r->stage[i] == stage)
            return true;
    return stage == r->log->review;
}

static double seen_backlog(const struct replay *r)
{
    double sum = 0;
    for (size_t v = 0; v < r->log->visits.len; v++) {
        const struct log_visit *visit = &r->log->visits.at[v];
        if (!is_review(r, (int32_t)visit->stage) || visit->item == SPAN_NONE || !visit->start_ns)
            continue;
        double from = (double)(visit->start_ns - r->t0_ns) * 1e-9;
        double to = visit->pending ? INFINITY : (double)(visit->end_ns - r->t0_ns) * 1e-9;
        sum += fmax(fmin(to, r->span_s) - from, 0);
    }
    return r->span_s > 0 ? sum / r->span_s : NAN;
}

static bool has_people(const struct replay *r)
{
    for (uint32_t i = 0; i < r->policy->n_steps; i++)
        if (r->policy->step[i].by || (r->base_step[i] >= 0 && r->base->step[r->base_step[i]].by))
            return true;
    return false;
}

/* The waits that the people of the base leave of the times in review. */
static double seen_wait(const struct replay *r)
{
    double sum = 0;
    for (size_t v = 0; v < r->log->visits.len; v++) {
        const struct log_visit *visit = &r->log->visits.at[v];
        if (!isnan(r->work[v]) && visit->item != SPAN_NONE)
            sum += (double)(visit->end_ns - visit->start_ns) * 1e-9 - r->work[v];
    }
    return sum / (double)r->log->items.len;
}

static void put_one(const struct replay *r, const struct outcome_of *o, int k,
                    const struct result *logged, struct result *out)
{
    const struct metric *was = metrics_find(&logged->metrics, asked[k].name);
    const struct metric_def *def = metric_def(asked[k].name);
    struct prediction p = {
        .metric = asked[k].name, .value = o->mean[k], .width = NAN, .score = NAN};
    p.seen = k == BACKLOG     ? seen_backlog(r)
             : k == WAIT_MEAN ? seen_wait(r)
             : was            ? was->value
                              : NAN;
    p.seen_low = was && isnan(was->value) ? was->low : p.seen;
    p.seen_high = was && isnan(was->value) ? was->high : p.seen;
    p.low = o->low[k];
    p.high = o->high[k];
    p.level = asked[k].share || o->known ? 0 : r->options->level;
    if (k == COST) {
        p.low = fmin(p.low, o->cost.low);
        p.high = fmax(p.high, o->cost.high);
        p.level = 0;
    }
    if (asked[k].share)
        for (int mode = REPLAY_BEST; mode < REPLAY_MODES; mode++) {
            p.low = fmin(p.low, o->by_mode[mode][k]);
            p.high = fmax(p.high, o->by_mode[mode][k]);
        }
    if (isnan(p.value) || (p.value == 0 && !(p.seen > 0) && p.high == 0 && k != BACKLOG))
        return;
    if ((k == BACKLOG || k == WAIT_MEAN) && r->log->pass.halvings)
        return;
    if (k == BACKLOG && r->review < 0)
        return;
    if (k == WAIT_MEAN && !has_people(r))
        return;
    bool exact = p.low == p.high;
    metrics_add(&out->metrics, asked[k].name, exact || p.level > 0 ? p.value : NAN, p.low, p.high,
                p.level, exact ? 0 : r->log->items.len, def ? def->unit : "1");
    vec_push(&out->predictions, p);
}

static void tell(const struct replay *r, const struct outcome_of *o, struct result *out)
{
    const struct replay_counts *u = &o->unknown;
    result_assume(out, "items come, and take the times and the decisions, that the log shows; what "
                       "it does not show is drawn from the scenario, independent of what the item "
                       "met before (times of a step from those of its other attempts in the log), "
                       "for the expected values, and "
                       "resolved the best and the worst way for the bounds of shares");
    if (u->attempts || u->visits)
        result_warn(out,
                    "%llu attempts were never made, for %llu visits of a step that the item never "
                    "came to and for retries that the log does not have",
                    (unsigned long long)u->attempts, (unsigned long long)u->visits);
    if (u->routes)
        result_warn(out,
                    "%llu times the log does not say which way an item takes under this policy: it "
                    "is drawn by the shares of the ways, and any end is possible for the bounds",
                    (unsigned long long)u->routes);
    if (u->changed)
        result_warn(out,
                    "%llu times an item goes another way than it did, for the policy changes the "
                    "shares of ways: which items these are is drawn, for the bounds too",
                    (unsigned long long)u->changed);
    if (u->patience)
        result_warn(out,
                    "%llu times an item waits longer than it did in the log: whether its patience "
                    "lasts is drawn, and for the bounds it always or never does",
                    (unsigned long long)u->patience);
    if (u->limits)
        result_warn(out,
                    "%llu attempts were cut off earlier than the policy would: how long they "
                    "would have taken is not known",
                    (unsigned long long)u->limits);
    if (u->reviews)
        result_warn(out,
                    "%llu reviews were never held: what people would have decided is not known",
                    (unsigned long long)u->reviews);
    if (u->drafts)
        result_warn(out,
                    "%llu drafts were never judged: what shipped unseen may be wrong; labels of a "
                    "random share of them (--labels) would narrow the bounds",
                    (unsigned long long)u->drafts);
    if (r->log->pass.halvings && has_people(r))
        result_warn(out, "people who serve a sample of the items are less busy than in truth: "
                         "latencies hold too little waiting; wait and backlog are left out");
    if (r->routed && r->review >= 0)
        result_warn(out, "the log does not show by what items go to review: those that went go, "
                         "whatever the threshold");
    if (r->policy->n_environments)
        result_warn(out, "attempts that were never made are drawn as in calm conditions");
    if (o->known)
        result_assume(out, "the log shows all of it: nothing was drawn");
}

int log_replay(const struct trace_log *log, const struct pipeline *base,
               const struct pipeline *policy, const struct replay_options *options,
               struct result *out, struct error *err)
{
    struct replay r = {.log = log, .base = base, .policy = policy, .options = options};
    struct outcome_of o = {.draws = 0};
    struct result logged;
    int status = -1;

    result_init(&logged, "replay");
    if (log->items.len == 0) {
        error_set(err, ERR_INPUT, "%s: the log has no items",
                  log->files.len ? log->files.at[0] : "log");
        goto out;
    }
    if (replay_prepare(&r, err) || run_all(&r, &o, out, err))
        goto out;
    log_observe(log, options->level, &logged);
    quality_report(log, out);
    for (int k = 0; k < ASKED; k++)
        put_one(&r, &o, k, &logged, out);
    metrics_add_count(&out->metrics, "items", log->items.len);
    out->run.present = true;
    out->run.method = "log";
    out->run.covers = "what the log does not show";
    out->run.seed = options->seed;
    out->run.trials = log->items.len;
    tell(&r, &o, out);
    status = 0;
out:
    replay_release(&r);
    result_release(&logged);
    return status;
}
