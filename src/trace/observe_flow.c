/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the time of items goes, and whether the review keeps up.
 *
 * The critical path of an item runs back from its end: the visit that ended last before it, then
 * the one that ended last before that one began, and so on; what lies between is nobody's (Zhang et
 * al. 2022, "CRISP", USENIX ATC, there of calls).  The shares are ratios of means over the items
 * (delta method).  A backlog grows when arrivals outrun completions: mean and Student's interval of
 * the net flow over equal windows, whose dependence in a steady queue (what came must go) makes the
 * interval too wide rather than too narrow. */
#include "trace/tally_parts.h"

#include "base/units.h"
#include "math/interval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FLOW_WINDOWS = 20, BACKLOG_POINTS = 200, SLICES = 1 << 16 };

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

/* An item has few legs, which come nearly in order of their start. */
static void sort_legs(struct leg *at, size_t n)
{
    enum { FEW = 32 };
    if (n > FEW) {
        qsort(at, n, sizeof *at, by_end);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        struct leg leg = at[i];
        size_t k = i;
        for (; k > 0 && by_end(&at[k - 1], &leg) > 0; k--)
            at[k] = at[k - 1];
        at[k] = leg;
    }
}

struct path_walk {
    const struct trace_log *log;
    VEC(struct leg) legs;
    double *of; /* [stages] seconds of one item */
};

static void walk_item(struct path_walk *p, const struct log_item *it)
{
    int64_t at = it->end_ns;
    p->legs.len = 0;
    for (uint32_t k = it->first_visit + it->n_visits; k-- > it->first_visit;) {
        const struct log_visit *v = &p->log->visits.at[k];
        if (v->start_ns && v->end_ns >= v->start_ns && !v->pending)
            vec_push(&p->legs, ((struct leg){v->start_ns, v->end_ns, v->stage}));
    }
    sort_legs(p->legs.at, p->legs.len);
    for (size_t k = 0; k < p->legs.len; k++) {
        const struct leg *leg = &p->legs.at[k];
        if (leg->end_ns > at)
            continue;
        p->of[leg->stage] += (double)(leg->end_ns - leg->start_ns) * 1e-9;
        at = leg->start_ns;
    }
}

static void add_item(struct path_walk *p, struct tally *t, const struct log_item *it)
{
    double x = observe_span_s(it->start_ns, it->end_ns);
    if (isnan(x) || it->end == LOG_UNFINISHED)
        return;
    t->paths.n++;
    t->paths.x += x;
    t->paths.xx += x * x;
    walk_item(p, it);
    for (uint32_t k = it->first_visit; k < it->first_visit + it->n_visits; k++) {
        uint32_t stage = p->log->visits.at[k].stage;
        struct tally_path *sum = &t->stages.at[stage].path;
        double y = p->of[stage];
        p->of[stage] = 0;
        sum->y += y;
        sum->yy += y * y;
        sum->xy += x * y;
    }
}

void tally_paths_add(struct tally *t, const struct trace_log *log)
{
    struct path_walk p = {.log = log, .of = mem_zero(log->stages.len + 1, sizeof(double))};
    for (size_t i = 0; i < log->items.len; i++)
        add_item(&p, t, &log->items.at[i]);
    mem_free(p.of);
    vec_release(&p.legs);
}

static void put_share(const struct tally_paths *p, const struct tally_path *s, double level,
                      struct metrics *m, const char *name)
{
    double n = (double)p->n, mean_x = p->x / n, mean_y = s->y / n, free = n > 1 ? n - 1 : 1;
    struct interval i = interval_ratio(mean_y, mean_x, (s->yy - n * mean_y * mean_y) / free,
                                       (p->xx - n * mean_x * mean_x) / free,
                                       (s->xy - n * mean_x * mean_y) / free, p->n, level);
    metrics_add(m, name, mean_y / mean_x, fmax(i.low, 0), fmin(i.high, 1), level, p->n, "1");
}

static void put_paths(const struct tally *t, double level, struct result *out)
{
    for (size_t s = 0; s < t->stages.len && t->paths.n > 1 && t->paths.x > 0; s++)
        put_share(&t->paths, &t->stages.at[s].path, level, &out->stages.at[s].metrics,
                  "critical_share");
}

/* ---- backlog of the review: counting ---------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
    const struct flow_event *x = a, *y = b;
    if (x->at_ns != y->at_ns)
        return x->at_ns < y->at_ns ? -1 : 1;
    return (y->step > x->step) - (y->step < x->step);
}

/* Slice k is [k << shift, (k + 1) << shift), for k of [low, high], which are SLICES at most; its
 * counts stand at k % SLICES. */
struct flow_slices {
    uint64_t came[SLICES], done[SLICES];
    unsigned shift;
    int64_t low, high; /* high < low: none yet */
};

static size_t place(int64_t k)
{
    return (size_t)((uint64_t)k % SLICES);
}

/* Each two slices become one. */
static void widen(struct flow_slices *s)
{
    uint64_t *came = mem_zero(SLICES, sizeof *came), *done = mem_zero(SLICES, sizeof *done);
    for (int64_t k = s->low; k <= s->high; k++) {
        came[place(k >> 1)] += s->came[place(k)];
        done[place(k >> 1)] += s->done[place(k)];
    }
    memcpy(s->came, came, sizeof s->came);
    memcpy(s->done, done, sizeof s->done);
    s->low >>= 1;
    s->high >>= 1;
    s->shift++;
    mem_free(came);
    mem_free(done);
}

static void slice_event(struct flow_slices *s, const struct flow_event *e)
{
    for (;;) {
        int64_t k = e->at_ns >> s->shift;
        int64_t low = s->high < s->low || k < s->low ? k : s->low;
        int64_t high = s->high < s->low || k > s->high ? k : s->high;
        if (high - low < SLICES) {
            s->low = low;
            s->high = high;
            *(e->step > 0 ? &s->came[place(k)] : &s->done[place(k)]) += 1;
            return;
        }
        widen(s);
    }
}

static void add_event(struct tally_flow *f, int64_t at_ns, int step)
{
    struct flow_event e = {at_ns, step};
    if (!f->slices && f->events.len < TALLY_ROWS_MAX) {
        vec_push(&f->events, e);
        return;
    }
    if (!f->slices) {
        f->slices = mem_zero(1, sizeof *f->slices);
        f->slices->low = 1;
        for (size_t i = 0; i < f->events.len; i++)
            slice_event(f->slices, &f->events.at[i]);
        vec_release(&f->events);
    }
    slice_event(f->slices, &e);
}

void tally_flow_add(struct tally_flow *f, const struct trace_log *log)
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
            add_event(f, v->start_ns, 1);
            f->opened_ns = f->came && f->opened_ns < v->start_ns ? f->opened_ns : v->start_ns;
            f->closed_ns = v->start_ns > f->closed_ns ? v->start_ns : f->closed_ns;
            f->came++;
            if (v->pending || v->end_ns < v->start_ns)
                continue;
            add_event(f, v->end_ns, -1);
            f->done++;
        }
    }
}

void tally_flow_sort(struct tally_flow *f)
{
    const struct flow_slices *s = f->slices;
    if (s) {
        f->events.len = 0;
        for (int64_t k = s->low; k <= s->high; k++) {
            int64_t middle = (int64_t)((uint64_t)k << s->shift) + ((INT64_C(1) << s->shift) >> 1);
            if (s->came[place(k)])
                vec_push(&f->events, ((struct flow_event){middle, (int64_t)s->came[place(k)]}));
            if (s->done[place(k)])
                vec_push(&f->events, ((struct flow_event){middle, -(int64_t)s->done[place(k)]}));
        }
    }
    if (f->events.len)
        qsort(f->events.at, f->events.len, sizeof *f->events.at, by_time);
}

void tally_flow_release(struct tally_flow *f)
{
    vec_release(&f->events);
    mem_free(f->slices);
    f->slices = NULL;
}

/* ---- backlog of the review: telling ----------------------------------------------------- */

/* The backlog after what happened by `share` of the time between two; *at goes on. */
static int64_t backlog_at(const struct tally_flow *f, int64_t from_ns, int64_t to_ns, double share,
                          size_t *at, int64_t backlog)
{
    int64_t until = from_ns + (int64_t)(share * (double)(to_ns - from_ns));
    for (; *at < f->events.len && f->events.at[*at].at_ns <= until; ++*at)
        backlog += f->events.at[*at].step;
    return backlog;
}

static void put_curve(const struct tally_flow *f, const char *id, struct result *out)
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
static void put_growth(const struct tally_flow *f, const char *id, double level, struct metrics *m,
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

static void put_backlog(const struct tally_flow *f, const struct trace_log *log, double level,
                        struct result *out)
{
    if (log->review < 0 || f->came < 2 || f->closed_ns <= f->opened_ns)
        return;
    struct row *row = result_add_row(out, resources, log->stages.at[log->review].id);
    metrics_add_exact(&row->metrics, "arrivals", (double)f->came, "count");
    metrics_add_exact(&row->metrics, "completions", (double)f->done, "count");
    put_growth(f, row->id, level, &row->metrics, out);
    put_curve(f, row->id, out);
    if (f->slices) {
        struct buf width = {0};
        units_put_duration(&width, ldexp(1e-9, (int)f->slices->shift));
        result_assume(out, "the backlog of %s is counted in slices of time of %s", row->id,
                      buf_text(&width));
        buf_release(&width);
    }
}

void observe_flow(const struct tally *t, const struct trace_log *log, double level,
                  struct result *out)
{
    put_paths(t, level, out);
    put_backlog(&t->flow, log, level, out);
}
