/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Good and bad events of objectives.  Slices are as narrow as SLO_SLICES of them allow: when a
 * later (or earlier) event falls beside them, pairs are merged until it does not. */
#include "model/rules.h"
#include "trace/observe.h"
#include "trace/slo_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH_LEAST = 1000000 };

struct slo_events *slo_events_new(const struct objective *objective, size_t n)
{
    struct slo_events *e = mem_zero(1, sizeof *e);
    e->objective = objective;
    e->n = n;
    e->series = mem_zero(n + 1, sizeof *e->series);
    return e;
}

void slo_events_free(struct slo_events *e)
{
    if (!e)
        return;
    for (size_t i = 0; i < e->n; i++) {
        vec_release(&e->series[i].events);
        mem_free(e->series[i].slice);
    }
    mem_free(e->series);
    mem_free(e);
}

/* ---- what is good ------------------------------------------------------------------------- */

/* 1 good, 0 bad, -1 does not count. */
static int judge_item(const struct objective *o, const struct log_item *it)
{
    double s = observe_span_s(it->start_ns, it->end_ns);
    if (it->end == LOG_UNFINISHED)
        return -1;
    if (o->kind == OBJECTIVE_COMPLETION)
        return it->end == LOG_SHIPPED;
    if (o->kind == OBJECTIVE_LATENCY)
        return it->end != LOG_SHIPPED || isnan(s) ? -1 : s <= o->limit_s;
    if (it->end != LOG_SHIPPED)
        return 0;
    return it->shipped == LOG_UNKNOWN ? -1 : it->shipped == LOG_GOOD;
}

static int judge_visit(const struct objective *o, const struct log_visit *v)
{
    double s = observe_span_s(v->start_ns, v->end_ns);
    if (v->pending)
        return -1;
    if (o->kind == OBJECTIVE_SUCCESS)
        return v->outcome == OUTCOME_OK;
    return isnan(s) ? -1 : s <= o->limit_s;
}

/* ---- slices ------------------------------------------------------------------------------- */

/* Twice as wide, from a base that is a multiple of the width; all series alike. */
static void widen(struct slo_events *e)
{
    int64_t width = 2 * e->width_ns, base = e->base_ns / width * width;
    size_t shift = (size_t)((e->base_ns - base) / e->width_ns);
    for (size_t s = 0; s < e->n; s++) {
        struct slo_slice *at = e->series[s].slice;
        for (size_t k = 0; at && k < SLO_SLICES; k++) {
            struct slo_slice one = at[k];
            at[k] = (struct slo_slice){0};
            at[(k + shift) / 2].n += one.n;
            at[(k + shift) / 2].bad += one.bad;
        }
    }
    e->width_ns = width;
    e->base_ns = base;
}

/* Slices that begin earlier: what they hold moves up.  There is room for that behind the last. */
static void move_up(struct slo_events *e, size_t by)
{
    for (size_t s = 0; s < e->n; s++) {
        struct slo_slice *at = e->series[s].slice;
        if (!at)
            continue;
        memmove(at + by, at, (SLO_SLICES - by) * sizeof *at);
        memset(at, 0, by * sizeof *at);
    }
    e->base_ns -= (int64_t)by * e->width_ns;
}

/* Room for the time between the first and the last event, with a slice to spare at both ends. */
static void make_room(struct slo_events *e, int64_t from_ns, int64_t to_ns)
{
    if (!e->width_ns) {
        e->width_ns = WIDTH_LEAST;
        e->base_ns = from_ns / e->width_ns * e->width_ns;
    }
    e->top_ns = to_ns > e->top_ns ? to_ns : e->top_ns;
    while ((e->top_ns - (from_ns < e->base_ns ? from_ns : e->base_ns)) / e->width_ns + 2 >=
           SLO_SLICES)
        widen(e);
    if (from_ns < e->base_ns)
        move_up(e, (size_t)((e->base_ns - from_ns + e->width_ns - 1) / e->width_ns));
}

static void put_slice(const struct slo_events *e, struct slo_series *s, int64_t at_ns, bool good)
{
    if (!s->slice)
        s->slice = mem_zero(SLO_SLICES, sizeof *s->slice);
    struct slo_slice *at = at_ns ? &s->slice[(at_ns - e->base_ns) / e->width_ns] : &s->untimed;
    at->n++;
    at->bad += !good;
}

/* ---- counting ----------------------------------------------------------------------------- */

static void put_event(const struct slo_events *e, struct slo_series *s, int64_t at_ns, int good,
                      bool batch)
{
    if (good < 0)
        return;
    if (batch)
        put_slice(e, s, at_ns, good > 0);
    else
        vec_push(&s->events, ((struct slo_event){at_ns, 1, !good}));
}

static int32_t stage_of(const struct objective *o, const struct trace_log *log)
{
    for (size_t s = 0; *o->stage && s < log->stages.len; s++)
        if (!strcmp(o->stage, log->stages.at[s].id))
            return (int32_t)s;
    return -1;
}

static void gather(struct slo_events *e, size_t which, const struct trace_log *log, bool batch)
{
    const struct objective *o = &e->objective[which];
    struct slo_series *series = &e->series[which];
    int32_t stage = stage_of(o, log);
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        if (!*o->stage)
            put_event(e, series, it->start_ns, judge_item(o, it), batch);
        for (uint32_t k = 0; stage >= 0 && k < it->n_visits; k++) {
            const struct log_visit *v = &log->visits.at[it->first_visit + k];
            if ((int32_t)v->stage == stage)
                put_event(e, series, v->start_ns, judge_visit(o, v), batch);
        }
    }
}

/* From the first start of an item or visit to the last. */
static void find_starts(const struct trace_log *log, int64_t *first, int64_t *last)
{
    *first = *last = 0;
    for (size_t i = 0; i < log->items.len + log->visits.len; i++) {
        int64_t at = i < log->items.len ? log->items.at[i].start_ns
                                        : log->visits.at[i - log->items.len].start_ns;
        if (at && (!*first || at < *first))
            *first = at;
        *last = at > *last ? at : *last;
    }
}

void slo_events_add(struct slo_events *e, const struct trace_log *log, bool batch)
{
    int64_t first, last;
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        if (it->start_ns && (!e->first_ns || it->start_ns < e->first_ns))
            e->first_ns = it->start_ns;
        e->last_ns = it->end_ns > e->last_ns ? it->end_ns : e->last_ns;
    }
    find_starts(log, &first, &last);
    if (batch && first)
        make_room(e, first, last);
    for (size_t k = 0; k < e->n; k++)
        gather(e, k, log, batch);
}

/* ---- in order ----------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
    const struct slo_event *x = a, *y = b;
    if (x->at_ns != y->at_ns)
        return x->at_ns < y->at_ns ? -1 : 1;
    return x->bad < y->bad ? 1 : x->bad > y->bad ? -1 : 0;
}

static void take_slices(const struct slo_events *e, struct slo_series *s)
{
    if (s->untimed.n)
        vec_push(&s->events, ((struct slo_event){e->first_ns, s->untimed.n, s->untimed.bad}));
    for (size_t k = 0; s->slice && k < SLO_SLICES; k++)
        if (s->slice[k].n)
            vec_push(&s->events, ((struct slo_event){e->base_ns + (int64_t)k * e->width_ns,
                                                     s->slice[k].n, s->slice[k].bad}));
    mem_free(s->slice);
    s->slice = NULL;
    s->untimed = (struct slo_slice){0};
}

void slo_events_sort(struct slo_events *e)
{
    if (e->last_ns < e->first_ns)
        e->last_ns = e->first_ns;
    for (size_t i = 0; i < e->n; i++) {
        struct slo_series *s = &e->series[i];
        take_slices(e, s);
        for (size_t k = 0; k < s->events.len; k++)
            if (s->events.at[k].at_ns < e->first_ns)
                s->events.at[k].at_ns = e->first_ns;
        if (s->events.len)
            qsort(s->events.at, s->events.len, sizeof *s->events.at, by_time);
    }
}
