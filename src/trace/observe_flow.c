/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the time of items goes, and whether the review keeps up.
 *
 * The critical path of an item runs back from its end: the visit that ended last before it, then
 * the one that ended last before that one began, and so on; what lies between is nobody's (Zhang et
 * al. 2022, "CRISP", USENIX ATC, there of calls).  The shares are ratios of means over the items
 * (delta method).  A backlog grows when arrivals outrun completions: mean and Student's interval of
 * the net flow over equal windows, whose dependence in a steady queue (what came must go) makes the
 * interval too wide rather than too narrow. */
#include "trace/observe.h"

#include "math/interval.h"

#include <math.h>
#include <stdlib.h>

enum { FLOW_WINDOWS = 20, BACKLOG_POINTS = 200 };

/* ---- critical path ---------------------------------------------------------------------- */

struct leg {
    int64_t start_ns, end_ns;
    uint32_t stage;
};

/* The last to end first; of two that end at once the one that took longer. */
static int by_end(const void *a, const void *b)
{
    const struct leg *x = a, *y = b;
    if (x->end_ns != y->end_ns)
        return x->end_ns > y->end_ns ? -1 : 1;
    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    return x->stage < y->stage ? -1 : x->stage > y->stage;
}

/* Sums over items, for each stage: its seconds on the path, their squares and products with the
 * item's seconds. */
struct path_sums {
    double y, yy, xy;
};

struct paths {
    const struct trace_log *log;
    VEC(struct leg) legs;
    double *of; /* [stages] seconds of one item */
    struct path_sums *sum;
    double x, xx; /* seconds of items */
    uint64_t n;
};

static void walk_item(struct paths *p, const struct log_item *it)
{
    int64_t at = it->end_ns;
    p->legs.len = 0;
    for (uint32_t k = it->first_visit; k < it->first_visit + it->n_visits; k++) {
        const struct log_visit *v = &p->log->visits.at[k];
        if (v->start_ns && v->end_ns >= v->start_ns && !v->pending)
            vec_push(&p->legs, ((struct leg){v->start_ns, v->end_ns, v->stage}));
    }
    if (p->legs.len)
        qsort(p->legs.at, p->legs.len, sizeof *p->legs.at, by_end);
    for (size_t k = 0; k < p->legs.len; k++) {
        const struct leg *leg = &p->legs.at[k];
        if (leg->end_ns > at)
            continue;
        p->of[leg->stage] += (double)(leg->end_ns - leg->start_ns) * 1e-9;
        at = leg->start_ns;
    }
}

static void add_item(struct paths *p, const struct log_item *it)
{
    double x = observe_span_s(it->start_ns, it->end_ns);
    if (isnan(x) || it->end == LOG_UNFINISHED)
        return;
    p->n++;
    p->x += x;
    p->xx += x * x;
    walk_item(p, it);
    for (uint32_t k = it->first_visit; k < it->first_visit + it->n_visits; k++) {
        uint32_t stage = p->log->visits.at[k].stage;
        double y = p->of[stage];
        p->of[stage] = 0;
        p->sum[stage].y += y;
        p->sum[stage].yy += y * y;
        p->sum[stage].xy += x * y;
    }
}

static void put_share(const struct paths *p, const struct path_sums *s, double level,
                      struct metrics *m, const char *name)
{
    double n = (double)p->n, mean_x = p->x / n, mean_y = s->y / n, free = n > 1 ? n - 1 : 1;
    struct interval i = interval_ratio(mean_y, mean_x, (s->yy - n * mean_y * mean_y) / free,
                                       (p->xx - n * mean_x * mean_x) / free,
                                       (s->xy - n * mean_x * mean_y) / free, p->n, level);
    metrics_add(m, name, mean_y / mean_x, fmax(i.low, 0), fmin(i.high, 1), level, p->n, "1");
}

static void put_paths(const struct trace_log *log, double level, struct result *out)
{
    struct paths p = {.log = log};
    p.of = mem_zero(log->stages.len + 1, sizeof *p.of);
    p.sum = mem_zero(log->stages.len + 1, sizeof *p.sum);
    for (size_t i = 0; i < log->items.len; i++)
        add_item(&p, &log->items.at[i]);
    for (size_t s = 0; s < log->stages.len && p.n > 1 && p.x > 0; s++) {
        struct row *row = &out->stages.at[s];
        put_share(&p, &p.sum[s], level, &row->metrics, "critical_share");
    }
    mem_free(p.of);
    mem_free(p.sum);
    vec_release(&p.legs);
}

/* ---- backlog of the review -------------------------------------------------------------- */

struct flow_event {
    int64_t at_ns;
    int step; /* +1: comes, -1: is done */
};

static int by_time(const void *a, const void *b)
{
    const struct flow_event *x = a, *y = b;
    if (x->at_ns != y->at_ns)
        return x->at_ns < y->at_ns ? -1 : 1;
    return y->step - x->step;
}

struct flow {
    VEC(struct flow_event) events;
    int64_t first_ns, last_ns;    /* of the log */
    int64_t opened_ns, closed_ns; /* first and last arrival */
    uint64_t came, done;
};

static void gather(const struct trace_log *log, struct flow *f)
{
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        if (it->start_ns && (!f->first_ns || it->start_ns < f->first_ns))
            f->first_ns = it->start_ns;
        f->last_ns = it->end_ns > f->last_ns ? it->end_ns : f->last_ns;
        for (uint32_t k = it->first_visit; k < it->first_visit + it->n_visits; k++) {
            const struct log_visit *v = &log->visits.at[k];
            if ((int32_t)v->stage != log->review || !v->start_ns)
                continue;
            vec_push(&f->events, ((struct flow_event){v->start_ns, 1}));
            f->opened_ns = f->came && f->opened_ns < v->start_ns ? f->opened_ns : v->start_ns;
            f->closed_ns = v->start_ns > f->closed_ns ? v->start_ns : f->closed_ns;
            f->came++;
            if (v->pending || v->end_ns < v->start_ns)
                continue;
            vec_push(&f->events, ((struct flow_event){v->end_ns, -1}));
            f->done++;
        }
    }
    if (f->events.len)
        qsort(f->events.at, f->events.len, sizeof *f->events.at, by_time);
}

/* The backlog after what happened by `share` of the time between two; *at goes on. */
static int64_t backlog_at(const struct flow *f, int64_t from_ns, int64_t to_ns, double share,
                          size_t *at, int64_t backlog)
{
    int64_t until = from_ns + (int64_t)(share * (double)(to_ns - from_ns));
    for (; *at < f->events.len && f->events.at[*at].at_ns <= until; ++*at)
        backlog += f->events.at[*at].step;
    return backlog;
}

static void put_curve(const struct flow *f, const char *id, struct result *out)
{
    struct curve *c = result_add_curve(out, "backlog", "time", "backlog");
    double span = (double)(f->last_ns - f->first_ns) * 1e-9;
    int64_t backlog = 0;
    size_t at = 0;
    c->resource = id;
    for (size_t k = 0; k <= BACKLOG_POINTS; k++) {
        double share = (double)k / BACKLOG_POINTS;
        backlog = backlog_at(f, f->first_ns, f->last_ns, share, &at, backlog);
        struct point p = {.x = share * span, .y = (double)backlog, .low = NAN, .high = NAN};
        vec_push(&c->points, p);
    }
}

/* From the first arrival to the last: what is worked off when nobody comes any more does not undo
 * the growth. */
static void put_growth(const struct flow *f, const char *id, double level, struct metrics *m,
                       struct result *out)
{
    double days = (double)(f->closed_ns - f->opened_ns) * 1e-9 / 86400, mean, ss = 0;
    double net[FLOW_WINDOWS];
    int64_t backlog = 0;
    size_t at = 0;
    for (size_t k = 0; k < FLOW_WINDOWS; k++) {
        double share = (double)(k + 1) / FLOW_WINDOWS;
        int64_t then = backlog_at(f, f->opened_ns, f->closed_ns, share, &at, backlog);
        net[k] = (double)(then - backlog) * FLOW_WINDOWS / days;
        backlog = then;
    }
    mean = (double)backlog / days;
    for (size_t k = 0; k < FLOW_WINDOWS; k++)
        ss += (net[k] - mean) * (net[k] - mean);
    struct interval t = interval_mean(mean, ss / (FLOW_WINDOWS - 1), FLOW_WINDOWS, level);
    metrics_add(m, "backlog_growth", mean, t.low, t.high, level, f->came, "1");
    if (t.low > 0)
        result_warn(
            out, "the backlog of %s grew: %llu came, %llu were done, and %lld waited at the end",
            id, (unsigned long long)f->came, (unsigned long long)f->done, (long long)backlog);
}

static void put_backlog(const struct trace_log *log, double level, struct result *out)
{
    struct flow f = {0};
    if (log->review < 0)
        return;
    gather(log, &f);
    if (f.came >= 2 && f.closed_ns > f.opened_ns) {
        struct row *row = result_add_row(out, resources, log->stages.at[log->review].id);
        metrics_add_exact(&row->metrics, "arrivals", (double)f.came, "count");
        metrics_add_exact(&row->metrics, "completions", (double)f.done, "count");
        put_growth(&f, row->id, level, &row->metrics, out);
        put_curve(&f, row->id, out);
    }
    vec_release(&f.events);
}

void observe_flow(const struct trace_log *log, double level, struct result *out)
{
    put_paths(log, level, out);
    put_backlog(log, level, out);
}
