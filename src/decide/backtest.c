/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A fit to the first part of a log predicts the rest.
 *
 * The log is cut at an instant; what is fitted knows nothing of later.  The rest is parted into
 * windows of equally many items.  For each draw of the parameters from their posterior each window
 * is simulated with as many items as came (where items wait for one another or share their
 * conditions: at the instants at which they came, after a warm-up by those before them), so that
 * the interval between two quantiles of the draws covers what is not known of the parameters and
 * the chance of so few items: a posterior predictive interval (Gelman et al., Bayesian Data
 * Analysis, 3rd ed., 1.3).  Whether it held is counted, and sharpness is rewarded by the interval
 * score (Gneiting and Raftery 2007, 6.2): its width, and 2 / (1 - level) times what was missed by.
 *
 * Items that failed or have not ended are kept: they are in every share, and what is not yet known
 * of a window leaves bounds. */
#include "decide/backtest.h"

#include "decide/backtest_parts.h"
#include "math/interval.h"
#include "trace/estimate.h"
#include "trace/quality.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOWS_DEFAULT = 10, WINDOW_LEAST = 10, PART_LEAST = 10 };

const char *const backtest_names[BACKTEST_METRICS] = {
    "reliability", "completion",  "share_failed",   "latency_p50",
    "latency_p95", "review_load", "review_backlog", "cost_per_item",
};

/* ---- what came -------------------------------------------------------------------------- */

static int by_start(const void *a, const void *b)
{
    const struct backtest_item *x = a, *y = b;
    return x->start_s < y->start_s ? -1 : x->start_s > y->start_s;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void take_reviews(const struct trace_log *log, const struct log_item *it, struct backtest *b,
                         struct backtest_item *out)
{
    for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++) {
        const struct log_visit *visit = &log->visits.at[v];
        if ((int32_t)visit->stage != log->review || !visit->start_ns)
            continue;
        double from = (double)(visit->start_ns - b->t0_ns) * 1e-9;
        double to = visit->pending ? INFINITY : (double)(visit->end_ns - b->t0_ns) * 1e-9;
        vec_push(&b->reviews, ((struct backtest_review){from, fmax(to, from)}));
        out->in_review_s += fmax(to - from, 0);
    }
}

static void take_items(const struct trace_log *log, struct backtest *b)
{
    b->item = mem_alloc((log->items.len + 1) * sizeof *b->item);
    b->t0_ns = INT64_MAX;
    for (size_t i = 0; i < log->items.len; i++)
        if (log->items.at[i].start_ns && log->items.at[i].start_ns < b->t0_ns)
            b->t0_ns = log->items.at[i].start_ns;
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        if (!it->start_ns)
            continue;
        struct backtest_item *out = &b->item[b->n++];
        *out = (struct backtest_item){.start_s = (double)(it->start_ns - b->t0_ns) * 1e-9,
                                      .latency_s = (double)(it->end_ns - it->start_ns) * 1e-9,
                                      .end = it->end,
                                      .shipped = (enum log_truth)it->shipped,
                                      .cost = isnan(it->cost) ? 0 : it->cost,
                                      .reviewed = it->reviewed};
        take_reviews(log, it, b, out);
    }
    qsort(b->item, b->n, sizeof *b->item, by_start);
}

/* The p-quantile of the shipped items: where those on their way never ship, and where they ship
 * last of all. */
static struct backtest_range seen_latency(const struct backtest *b, const struct backtest_window *w,
                                          double p)
{
    double *x = mem_alloc((w->end - w->begin + 1) * sizeof *x);
    struct backtest_range out = {NAN, NAN};
    size_t n = 0, open = 0;
    for (size_t i = w->begin; i < w->end; i++) {
        open += b->item[i].end == LOG_UNFINISHED;
        if (b->item[i].end == LOG_SHIPPED)
            x[n++] = b->item[i].latency_s;
    }
    qsort(x, n, sizeof *x, by_value);
    if (n) {
        size_t last = sample_rank(n + open, p);
        out.low = sample_quantile(x, n, p);
        out.high = last <= n ? x[last - 1] : INFINITY;
    }
    mem_free(x);
    return out;
}

/* Mean number in review.  With people: over the window's time.  Else: of the window's items, whose
 * time in review counts whole, as Little's law has it. */
static struct backtest_range seen_backlog(const struct backtest *b, const struct backtest_window *w)
{
    double sum = 0, length = w->to_s - w->from_s;
    if (b->desk < 0) {
        for (size_t i = w->begin; i < w->end; i++)
            sum += b->item[i].in_review_s;
        return (struct backtest_range){isinf(sum) ? 0 : sum / length, sum / length};
    }
    for (size_t i = 0; i < b->reviews.len; i++) {
        const struct backtest_review *r = &b->reviews.at[i];
        sum += fmax(fmin(r->to_s, w->to_s) - fmax(r->from_s, w->from_s), 0);
    }
    return (struct backtest_range){sum / length, sum / length};
}

/* Mean over the items; what those on their way will cost is not known. */
static struct backtest_range seen_cost(const struct backtest *b, const struct backtest_window *w)
{
    double sum = 0, n = (double)(w->end - w->begin);
    bool open = false;
    for (size_t i = w->begin; i < w->end; i++) {
        sum += b->item[i].cost;
        open = open || b->item[i].end == LOG_UNFINISHED;
    }
    return (struct backtest_range){sum / n, open ? INFINITY : sum / n};
}

static struct backtest_range share_of(uint64_t k, uint64_t maybe, uint64_t n)
{
    return (struct backtest_range){(double)k / (double)n, (double)(k + maybe) / (double)n};
}

static void look(const struct backtest *b, struct backtest_window *w)
{
    uint64_t n = w->end - w->begin, shipped = 0, right = 0, unknown = 0, failed = 0, open = 0;
    uint64_t reviewed = 0, may_be_reviewed = 0;
    for (size_t i = w->begin; i < w->end; i++) {
        const struct backtest_item *it = &b->item[i];
        bool ships = it->end == LOG_SHIPPED, on_its_way = it->end == LOG_UNFINISHED;
        shipped += ships;
        right += ships && it->shipped == LOG_GOOD;
        unknown += ships && it->shipped == LOG_UNKNOWN;
        failed += log_end_fails(it->end);
        open += on_its_way;
        reviewed += it->reviewed;
        may_be_reviewed += on_its_way && !it->reviewed;
    }
    w->seen[BACKTEST_RELIABILITY] = share_of(right, unknown + open, n);
    w->seen[BACKTEST_COMPLETION] = share_of(shipped, open, n);
    w->seen[BACKTEST_FAILED] = share_of(failed, open, n);
    w->seen[BACKTEST_P50] = seen_latency(b, w, 0.5);
    w->seen[BACKTEST_P95] = seen_latency(b, w, 0.95);
    w->seen[BACKTEST_LOAD] = share_of(reviewed, may_be_reviewed, n);
    w->seen[BACKTEST_BACKLOG] = seen_backlog(b, w);
    w->seen[BACKTEST_COST] = seen_cost(b, w);
}

/* ---- windows ---------------------------------------------------------------------------- */

/* Windows of equally many items; each lasts to the start of the next one's first.  The last of the
 * list is all of them together. */
static void part(struct backtest *b, size_t first, uint32_t asked)
{
    size_t n = b->n - first, most = n / WINDOW_LEAST;
    double end_s = b->item[b->n - 1].start_s;
    b->windows = asked < most ? asked : (uint32_t)most;
    b->windows = b->windows ? b->windows : 1;
    b->window = mem_zero(b->windows + 1, sizeof *b->window);
    for (uint32_t k = 0; k <= b->windows; k++) {
        struct backtest_window *w = &b->window[k];
        bool all = k == b->windows;
        w->begin = first + (all ? 0 : n * k / b->windows);
        w->end = first + (all ? n : n * (k + 1) / b->windows);
        w->from_s = k == 0 || all ? b->split_s : b->item[w->begin].start_s;
        w->to_s = w->end < b->n ? b->item[w->end].start_s : end_s;
        w->to_s = fmax(w->to_s, w->from_s + 1e-6);
    }
}

static int split(struct backtest *b, const struct backtest_options *o, const char *file,
                 size_t *first, struct error *err)
{
    double last = b->n ? b->item[b->n - 1].start_s : 0;
    b->split_s = o->part * last;
    for (*first = 0; *first < b->n && b->item[*first].start_s <= b->split_s;)
        ++*first;
    if (*first >= PART_LEAST && b->n - *first >= WINDOW_LEAST)
        return 0;
    return error_set(err, ERR_INPUT,
                     "%s: %zu items begin in the first %g%% of the log's time and %zu later; a "
                     "backtest needs at least %d and %d",
                     file, *first, 100 * o->part, b->n - *first, PART_LEAST, WINDOW_LEAST);
}

/* ---- how it went ------------------------------------------------------------------------ */

static enum coverage covered(struct backtest_range expected, struct backtest_range seen)
{
    if (isnan(expected.low) || isnan(seen.low))
        return COVERAGE_UNKNOWN;
    if (seen.low >= expected.low && seen.high <= expected.high)
        return COVERAGE_YES;
    return seen.high < expected.low || seen.low > expected.high ? COVERAGE_NO : COVERAGE_UNKNOWN;
}

/* Of a value that is known; bounds are scored at the one nearer to the interval. */
static double interval_score(struct backtest_range expected, struct backtest_range seen,
                             double level)
{
    double missed = fmax(fmax(expected.low - seen.high, seen.low - expected.high), 0);
    return expected.high - expected.low + 2 / (1 - level) * missed;
}

static void put_curve(const struct backtest *b, int metric, struct result *out)
{
    static const char *const words[] = {
        [COVERAGE_UNKNOWN] = "not known", [COVERAGE_YES] = "covered", [COVERAGE_NO] = "missed"};
    struct curve *c = result_add_curve(out, "backtest", "time", backtest_names[metric]);
    for (uint32_t k = 0; k < b->windows; k++) {
        const struct backtest_window *w = &b->window[k];
        bool known = w->seen[metric].low == w->seen[metric].high;
        struct point p = {.x = (w->from_s + w->to_s) / 2,
                          .y = known ? w->seen[metric].low : NAN,
                          .low = w->expected[metric].low,
                          .high = w->expected[metric].high,
                          .at = words[covered(w->expected[metric], w->seen[metric])]};
        vec_push(&c->points, p);
    }
}

static void put_metric(const struct backtest *b, int metric, double level, struct result *out)
{
    const struct backtest_window *all = &b->window[b->windows];
    struct backtest_range seen = all->seen[metric];
    struct prediction p = {.metric = backtest_names[metric],
                           .value = all->mean[metric],
                           .low = all->expected[metric].low,
                           .high = all->expected[metric].high,
                           .level = level,
                           .seen = seen.low == seen.high ? seen.low : NAN,
                           .seen_low = seen.low,
                           .seen_high = seen.high,
                           .covered = covered(all->expected[metric], seen),
                           .windows = b->windows};
    double width = 0, score = 0;
    for (uint32_t k = 0; k < b->windows; k++) {
        struct backtest_range e = b->window[k].expected[metric], s = b->window[k].seen[metric];
        enum coverage c = covered(e, s);
        if (c == COVERAGE_UNKNOWN)
            continue;
        p.scored++;
        p.held += c == COVERAGE_YES;
        width += e.high - e.low;
        score += interval_score(e, s, level);
    }
    p.width = p.scored ? width / (double)p.scored : NAN;
    p.score = p.scored ? score / (double)p.scored : NAN;
    vec_push(&out->predictions, p);
    put_curve(b, metric, out);
}

/* Does the log tell of this metric at all? */
static bool is_told(const struct backtest *b, int metric)
{
    if (metric == BACKTEST_BACKLOG && b->sampled)
        return false;
    if (metric == BACKTEST_LOAD || metric == BACKTEST_BACKLOG)
        return b->review != NULL;
    return metric != BACKTEST_COST || b->costed;
}

/* Certain of every window, and right: there was nothing to predict. */
static bool is_certain(const struct backtest *b, int metric)
{
    bool certain = true;
    for (uint32_t k = 0; certain && k <= b->windows; k++) {
        struct backtest_range e = b->window[k].expected[metric], s = b->window[k].seen[metric];
        certain = e.low == e.high && s.low == e.low && s.high == e.low;
    }
    return certain;
}

static void sum_up(const struct backtest *b, double level, struct result *out)
{
    uint64_t scored = 0, held = 0;
    for (size_t i = 0; i < out->predictions.len; i++) {
        scored += out->predictions.at[i].scored;
        held += out->predictions.at[i].held;
    }
    if (scored) {
        struct interval i = interval_wilson(held, scored, level);
        metrics_add(&out->metrics, "coverage", (double)held / (double)scored, i.low, i.high, level,
                    scored, "1");
    }
    metrics_add_count(&out->metrics, "items", b->n);
    if (scored && binomial_cdf(held, scored, level) < 0.01)
        result_warn(out,
                    "%llu of %llu intervals held, fewer than %g%% would by chance (p < 1%%): the "
                    "system changed after the first part, or the model lacks something that moves "
                    "it",
                    (unsigned long long)held, (unsigned long long)scored, 100 * level);
}

static void put_run(const struct backtest *b, const struct backtest_options *o, size_t first,
                    struct result *out)
{
    out->run.present = true;
    out->run.method = "log";
    out->run.engine = b->engine->name;
    out->run.covers = "sampling and parameters";
    out->run.seed = o->seed;
    out->run.trials = b->draws;
    out->run.threads = b->threads;
    struct buf time = {0};
    units_put_duration(&time, b->split_s);
    result_assume(out,
                  "fitted to the %s items that began in the first %s, those on their way then "
                  "unfinished; the other %s are predicted, in %u windows of equally many",
                  result_count(out, first), buf_text(&time), result_count(out, b->n - first),
                  b->windows);
    buf_release(&time);
    result_assume(out, b->timed ? "the instants at which items came are taken from the log"
                                : "items are independent of one another, as in the fitted model");
    result_assume(out, "the windows of one log, and its metrics, are not independent: their "
                       "coverage is less certain than its interval says");
}

/* The resource of a step; -1: it has none. */
static int32_t desk_of(const struct pipeline *p, const char *review)
{
    int32_t step = review ? pipeline_step(p, review) : -1;
    return step >= 0 ? (int32_t)p->step[step].by - 1 : -1;
}

int log_backtest(struct trace_log *log, const struct backtest_options *options, struct result *out,
                 struct error *err)
{
    struct fit_options fit = {.seed = options->seed};
    struct backtest b = {.options = options};
    const char **notes = NULL;
    struct pipeline p;
    struct result info;
    size_t first;
    int status = -1;

    pipeline_init(&p);
    result_init(&info, "fit");
    take_items(log, &b);
    b.costed = log->costed > 0;
    b.sampled = log->pass.halvings > 0;
    if (split(&b, options, log->files.len ? log->files.at[0] : "log", &first, err))
        goto out;
    quality_report(log, out);
    log_cut(log, b.t0_ns + (int64_t)(b.split_s * 1e9));
    if (log_fit(log, &fit, &p, &notes, &info, err))
        goto out;
    b.pipeline = &p;
    b.review = log->review >= 0 ? log->stages.at[log->review].id : NULL;
    b.desk = desk_of(&p, b.review);
    b.timed = p.n_resources > 0 || p.n_environments > 0;
    part(&b, first, options->windows ? options->windows : WINDOWS_DEFAULT);
    for (uint32_t k = 0; k <= b.windows; k++)
        look(&b, &b.window[k]);
    if (backtest_predict(&b, err))
        goto out;
    for (int k = 0; k < BACKTEST_METRICS; k++)
        if (is_told(&b, k) && !is_certain(&b, k))
            put_metric(&b, k, options->level, out);
    sum_up(&b, options->level, out);
    put_run(&b, options, first, out);
    for (size_t i = 0; i < info.warnings.len; i++)
        result_warn(out, "the fit: %s", info.warnings.at[i]);
    status = 0;
out:
    pipeline_release(&p);
    result_release(&info);
    vec_release(&b.reviews);
    mem_free(b.item);
    mem_free(b.window);
    return status;
}
