/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrivals.  A weekly schedule by inversion of its cumulative rate (Cinlar, "Introduction to
 * Stochastic Processes", 1975, 4.7); a daily wave by thinning (Lewis and Shedler, Naval Research
 * Logistics 26, 1979).  Untimed items enter as soon as there is room. */
#include "exec/orchestrator.h"
#include "exec/tally.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double exponential(struct arriving *w)
{
    return -log(rng_unit(rng_next(&w->rng)));
}

/* Rows of the week one after the other, each used up before the next. */
static double by_schedule(struct arriving *w, const struct pipeline *p)
{
    const struct arrivals *a = &p->arrivals;
    double left = exponential(w);
    for (;; w->row++) {
        if (w->row == a->n_schedule) {
            w->row = 0;
            w->week++;
        }
        const struct rate_interval *row = &a->schedule[w->row];
        double week_s = (double)w->week * WEEK_S - p->horizon.starts_s;
        double from = fmax(week_s + row->from_s, w->base_s), to = week_s + row->to_s;
        double holds = from < to ? (to - from) * row->rate_per_s : 0;
        if (left < holds)
            return w->base_s = from + left / row->rate_per_s;
        left -= holds;
        w->base_s = fmax(w->base_s, to);
    }
}

static double by_day(struct arriving *w, const struct pipeline *p, double t)
{
    const struct arrivals *a = &p->arrivals;
    const double most = a->mean_per_s + a->amplitude_per_s, turn = 6.283185307179586;
    for (;;) {
        t += exponential(w) / most;
        double angle = turn * (t + p->horizon.starts_s - a->peak_s) / DAY_S;
        if (rng_unit(rng_next(&w->rng)) * most < a->mean_per_s + a->amplitude_per_s * cos(angle))
            return t;
    }
}

static double next_instant(struct run *r)
{
    struct arriving *w = &r->arriving;
    const struct arrivals *a = &r->pipeline->arrivals;
    switch (a->kind) {
    case ARRIVALS_POISSON:
        return r->now_s + exponential(w) / a->rate_per_s;
    case ARRIVALS_EVERY:
        return r->now_s + dist_quantile(&a->every, rng_unit(rng_next(&w->rng)));
    case ARRIVALS_SCHEDULE:
        return by_schedule(w, r->pipeline);
    case ARRIVALS_DAILY:
        return by_day(w, r->pipeline, r->now_s);
    case ARRIVALS_FILE:
        return w->instant < a->n_instants ? a->instants[w->instant++] : INFINITY;
    default:
        return INFINITY;
    }
}

static uint64_t batch(struct run *r)
{
    const struct arrivals *a = &r->pipeline->arrivals;
    if (!a->has_batch)
        return 1;
    double n = rint(dist_quantile(&a->batch, rng_unit(rng_next(&r->arriving.rng))));
    return n < 1 ? 1 : n > 1e9 ? 1000000000 : (uint64_t)n;
}

/* --- an item */

static struct run_item *item_take(struct run *r)
{
    uint32_t n = r->pipeline->n_steps, e = r->pipeline->n_environments;
    struct run_item *item = r->free_items;
    if (item) {
        r->free_items = item->next;
    } else {
        item = mem_zero(1, sizeof *item);
        item->reached = mem_alloc(n + 1);
        if (!r->timed) {
            item->guard = mem_zero(n, sizeof(struct guard *));
            item->weather = mem_zero(e + 1, sizeof *item->weather);
        }
    }
    struct run_item fresh = {
        .reached = item->reached, .guard = item->guard, .weather = item->weather};
    *item = fresh;
    memset(item->reached, REACHED_NOT, n + 1);
    if (e && !r->timed)
        memset(item->weather, 0, e * sizeof *item->weather);
    return item;
}

static uint32_t class_named(const struct pipeline *p, const char *name)
{
    for (uint32_t c = 0; c < p->n_classes; c++)
        if (!strcmp(p->class[c].id, name))
            return c;
    return UINT32_MAX;
}

static uint32_t class_of(const struct run *r, const struct run_item *item, const char *name)
{
    const struct pipeline *p = r->pipeline;
    uint32_t named = name && *name ? class_named(p, name) : UINT32_MAX, c = 0;
    if (named != UINT32_MAX)
        return named;
    double u = rng_unit(rng_at(rng_key(r->options->seed, 0, item->index, 0, RNG_CLASS), 0));
    while (c + 1 < p->n_classes && u >= p->class[c].share)
        u -= p->class[c++].share;
    return c;
}

static void take_input(struct run *r, struct run_item *item, struct holding *held)
{
    const struct run_input *in = r->options->input;
    const char *id = NULL, *class = NULL, *payload = NULL, *truth = NULL;
    if (in)
        in->item(in->arg, item->index, &id, &class, &payload, &truth);
    snprintf(item->own_id, sizeof item->own_id, "%llu", (unsigned long long)item->index + 1);
    item->id = id && *id ? id : item->own_id;
    item->truth = truth && *truth ? truth : NULL;
    item->truth_len = item->truth ? strlen(truth) : 0;
    item->class = class_of(r, item, class);
    held->payload =
        payload && *payload ? text_new(payload, strlen(payload)) : text_hold(r->nothing);
    held->judged = JUDGE_NOT;
    double wrong = r->pipeline->input_wrong[item->class].value;
    if (wrong > 0 && !item->truth) {
        uint64_t key = rng_key(r->options->seed, 0, item->index, 0, RNG_QUALITY);
        held->spoilt = rng_unit(rng_at(key, 0)) < wrong;
    }
}

static void tell_begun(struct run *r, const struct run_item *item)
{
    struct run_event e = run_event_of(r, RUN_ITEM_BEGAN, item->path);
    e.payload = item->path->held.payload->data;
    e.payload_len = item->path->held.payload->len;
    run_tell(r, &e);
}

/* Parts of the run: of the cohort's time, of its items in their order, or, where they are
 * independent, by turns. */
static uint32_t unit_of(const struct run *r, const struct run_item *item)
{
    double at = (double)item->index / (double)r->n_items;
    if (!r->timed)
        return (uint32_t)(item->index % RUN_UNITS);
    if (isfinite(r->end_s))
        at = (r->now_s - r->start_s) / (r->end_s - r->start_s);
    at *= RUN_UNITS;
    return at < 0 ? 0 : at >= RUN_UNITS ? RUN_UNITS - 1 : (uint32_t)at;
}

static void enter(struct run *r)
{
    struct run_item *item = item_take(r);
    item->index = r->n_entered++;
    item->entered_s = r->now_s;
    item->reviewed_quality = RUN_UNKNOWN;
    item->counts = r->now_s >= r->start_s && r->now_s < r->end_s;
    item->unit = unit_of(r, item);
    uint32_t unit = item->counts ? item->unit : RUN_NO_UNIT;
    if (r->timed && unit != r->unit)
        run_desks_turn(r, unit);
    struct run_path *p = item->path = run_path_take(r, item);
    take_input(r, item, &p->held);
    item->next = r->inside;
    if (r->inside)
        r->inside->previous = item;
    r->inside = item;
    r->n_inside++;
    r->n_cohort += item->counts;
    const double *leave = r->pipeline->leave_after_s;
    if (leave && isfinite(leave[item->class]))
        timer_set(&r->timers, &item->timer, TIMER_ITEM, item, r->now_s + leave[item->class]);
    tell_begun(r, item);
    run_path_ready(r, p);
}

void run_items_enter(struct run *r)
{
    while (!r->timed && r->n_entered < r->n_items && r->n_inside < r->in_flight && !r->draining)
        enter(r);
}

static void set_next(struct run *r)
{
    double at_s = next_instant(r);
    bool trails = at_s >= r->end_s && (r->n_cohort == 0 || at_s >= 2 * r->end_s);
    r->arriving.over = !isfinite(at_s) || trails || r->n_entered >= r->n_items;
    if (r->arriving.over && !isfinite(r->end_s))
        run_desks_arrived(r, r->now_s);
    if (!r->arriving.over)
        timer_set(&r->timers, &r->arriving.timer, TIMER_ARRIVAL, &r->arriving,
                  fmax(at_s, r->now_s));
}

void run_arrivals_event(struct run *r)
{
    for (uint64_t n = batch(r); n > 0 && r->n_entered < r->n_items; n--)
        enter(r);
    set_next(r);
}

void run_arrivals_begin(struct run *r)
{
    const struct pipeline *p = r->pipeline;
    r->arriving.rng =
        (struct rng_seq){rng_key(r->options->seed, 0, 0, UINT32_MAX - 2, RNG_ATTEMPT), 0};
    for (uint32_t i = 0; i < p->arrivals.n_schedule; i++)
        if (p->arrivals.schedule[i].to_s <= p->horizon.starts_s)
            r->arriving.row = i + 1;
    if (r->timed)
        set_next(r);
}
