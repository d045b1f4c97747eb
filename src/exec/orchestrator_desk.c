/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Resources: servers with a line before them and hours, or a bucket of tokens.
 *
 * The line is a heap by (claim, first come).  Every change first adds the time since the last one
 * to the integrals.  A server that becomes free turns to its line when all that follows from that
 * at the same instant is done. */
#include "exec/fault.h"
#include "exec/orchestrator.h"
#include "exec/stated.h"
#include "exec/tally.h"
#include "model/hours.h"

#include <math.h>

#define A_TOKEN (1 - 1e-9)

static bool is_rate(const struct desk *d)
{
    return d->law->servers == 0;
}

static void count(struct run *r, struct desk *d)
{
    double dt = r->now_s - d->since_s;
    d->since_s = r->now_s;
    if (!r->looked)
        run_tally_look(r->tally, d->index, fmin(r->now_s, r->end_s), d->waiting,
                       d->waiting + d->busy);
    if (!r->tally || r->unit == RUN_NO_UNIT)
        return;
    double *u = r->tally->desk[d->index].unit[r->unit];
    u[RUN_DESK_SPAN] += dt;
    u[RUN_DESK_WAITING] += dt * d->waiting;
    u[RUN_DESK_SYSTEM] += dt * (d->waiting + d->busy);
    if (is_rate(d)) {
        u[RUN_DESK_OPEN] += dt;
    } else if (d->open) {
        u[RUN_DESK_BUSY] += dt * d->busy;
        u[RUN_DESK_OPEN] += dt * d->servers;
    }
}

/* The unit's part of the time in which items arrived, up to an instant. */
static void count_span(struct run *r, double to_s)
{
    double from_s = fmax(r->unit_s, r->start_s);
    to_s = fmin(to_s, r->end_s);
    if (!r->tally || r->arrived)
        return;
    for (uint32_t k = 0; k < r->pipeline->n_resources; k++) {
        struct desk *d = &r->desk[k];
        uint32_t inside = d->waiting + d->busy;
        run_tally_add(r->tally, k, r->unit, RUN_DESK_GROWTH, (double)inside - d->at_start);
        d->at_start = inside;
    }
    if (r->unit != RUN_NO_UNIT && to_s > from_s)
        r->tally->span_s[r->unit] += to_s - from_s;
    r->unit_s = r->unit == RUN_NO_UNIT ? r->start_s : to_s;
}

void run_desks_turn(struct run *r, uint32_t unit)
{
    for (uint32_t k = 0; k < r->pipeline->n_resources; k++)
        count(r, &r->desk[k]);
    count_span(r, r->now_s);
    run_weather_turn(r);
    r->unit = unit;
}

void run_desks_arrived(struct run *r, double at_s)
{
    count_span(r, at_s);
    r->arrived = true;
}

void run_desks_look_last(struct run *r, bool complete)
{
    for (uint32_t k = 0; k < r->pipeline->n_resources; k++)
        count(r, &r->desk[k]);
    for (uint32_t k = 0; complete && isfinite(r->end_s) && k < r->pipeline->n_resources; k++)
        run_tally_look(r->tally, k, r->end_s, r->desk[k].waiting,
                       r->desk[k].waiting + r->desk[k].busy);
    if (r->timed)
        run_desks_arrived(r, complete && isfinite(r->end_s) ? r->end_s : r->now_s);
    r->looked = true;
}

/* --- hours */

static double week_second(const struct run *r, double at_s)
{
    double x = fmod(at_s + r->pipeline->horizon.starts_s, WEEK_S);
    return x < 0 ? x + WEEK_S : x;
}

/* Whether it is open from now on, with how many servers, and until when it is so. */
static void look_at_clock(struct run *r, struct desk *d)
{
    const struct resource *law = d->law;
    const struct injected *faults = r->options->faults;
    double week_s = week_second(r, r->now_s), nearest = INFINITY;
    bool open = law->n_hours == 0;

    for (uint32_t i = 0; i < law->n_hours; i++) {
        const struct opening *o = &law->hours[i];
        bool inside = week_s >= o->from_s && week_s < o->to_s;
        open |= inside;
        double edge = inside ? o->to_s : o->from_s;
        double away = edge - week_s;
        nearest = fmin(nearest, away > 0 ? away : away + WEEK_S);
    }
    if (open && !d->open)
        d->opened_s = r->now_s;
    d->open = open;
    d->servers = law->servers;
    if (faults) {
        int64_t more = injected_servers(faults, d->index, r->now_s);
        int64_t servers = (int64_t)law->servers + more;
        d->servers = servers > 0 ? (uint32_t)servers : 0;
        nearest = fmin(nearest, injected_turn(faults, d->index, r->now_s) - r->now_s);
    }
    if (isfinite(nearest))
        timer_set(&r->timers, &d->timer, TIMER_DESK, d, r->now_s + nearest);
}

/* At the start it may have been open for long: since the beginning of the opening, which may lie
 * before the end of the week. */
static double opened_before(const struct run *r, const struct resource *law)
{
    double week_s = week_second(r, 0);
    for (uint32_t i = 0; i < law->n_hours; i++) {
        const struct opening *o = &law->hours[i], *last = &law->hours[law->n_hours - 1];
        if (week_s < o->from_s || week_s >= o->to_s)
            continue;
        double begun = o->from_s;
        if (begun == 0 && last->to_s == WEEK_S)
            begun = last->from_s - WEEK_S;
        return begun - week_s;
    }
    return 0;
}

bool run_desk_tired(const struct run *r, const struct desk *d, double after_s)
{
    return d->law->n_hours > 0 && r->now_s - d->opened_s >= after_s;
}

/* --- the line */

static bool before(const struct run_call *a, const struct run_call *b)
{
    return a->claim < b->claim || (a->claim == b->claim && a->order < b->order);
}

static void put(struct desk *d, uint32_t i, struct run_call *c)
{
    d->line[i] = c;
    c->place = i;
}

static void rise(struct desk *d, uint32_t i, struct run_call *c)
{
    for (; i > 0 && before(c, d->line[(i - 1) / 2]); i = (i - 1) / 2)
        put(d, i, d->line[(i - 1) / 2]);
    put(d, i, c);
}

static void sink(struct desk *d, uint32_t i, struct run_call *c)
{
    for (;;) {
        uint32_t k = 2 * i + 1;
        if (k + 1 < d->waiting && before(d->line[k + 1], d->line[k]))
            k++;
        if (k >= d->waiting || !before(d->line[k], c))
            break;
        put(d, i, d->line[k]);
        i = k;
    }
    put(d, i, c);
}

static void line_up(struct desk *d, struct run_call *c)
{
    if (d->waiting == d->cap) {
        d->cap = d->cap ? 2 * d->cap : 16;
        d->line = mem_resize(d->line, d->cap * sizeof(struct run_call *));
    }
    c->state = CALL_WAITS;
    rise(d, d->waiting++, c);
}

static void step_out(struct desk *d, struct run_call *c)
{
    struct run_call *last = d->line[--d->waiting];
    uint32_t i = c->place;
    if (last == c)
        return;
    if (i > 0 && before(last, d->line[(i - 1) / 2]))
        rise(d, i, last);
    else
        sink(d, i, last);
}

/* --- serving */

static void fill(struct run *r, struct desk *d)
{
    double holds = d->law->burst > 1 ? d->law->burst : 1;
    double tokens = d->tokens + (r->now_s - d->filled_s) * d->law->rate_per_s;
    d->tokens = tokens < holds ? tokens : holds;
    d->filled_s = r->now_s;
}

static bool has_room(const struct desk *d)
{
    return is_rate(d) ? d->tokens >= A_TOKEN : d->open && d->busy < d->servers;
}

static void serve(struct run *r, struct desk *d, struct run_call *c)
{
    double waited = r->now_s - c->asked_s;
    c->path->item->wait_s += waited;
    run_tally_served(r->tally, d->index, c->unit, waited, d->law->answer_within_s);
    if (is_rate(d)) {
        d->tokens = d->tokens > 1 ? d->tokens - 1 : 0;
        run_tally_add(r->tally, d->index, r->unit, RUN_DESK_BUSY, 1 / d->law->rate_per_s);
    } else {
        d->busy++;
    }
    c->state = CALL_RESTS;
    run_call_begin(r, c);
}

static void pull(struct run *r, struct desk *d)
{
    if (is_rate(d))
        fill(r, d);
    while (d->waiting > 0 && has_room(d) && !r->draining) {
        struct run_call *c = d->line[0];
        count(r, d);
        step_out(d, c);
        timer_drop(&r->timers, &c->timer);
        serve(r, d, c);
    }
    if (is_rate(d) && d->waiting > 0) {
        timer_drop(&r->timers, &d->timer);
        timer_set(&r->timers, &d->timer, TIMER_DESK, d,
                  r->now_s + fmax(1 - d->tokens, 0) / d->law->rate_per_s);
    }
}

static double claim_of(const struct run *r, const struct desk *d, const struct run_call *c)
{
    const struct run_item *item = c->path->item;
    const double *leave = r->pipeline->leave_after_s;
    double deadline = leave ? leave[item->class] : INFINITY;
    uint32_t priority = r->pipeline->class[item->class].priority;
    switch (d->law->discipline) {
    case DISCIPLINE_LIFO:
        return -(double)d->joined;
    case DISCIPLINE_PRIORITY:
        return priority ? priority : UINT32_MAX;
    case DISCIPLINE_DEADLINE:
        return item->entered_s + (isfinite(deadline) ? deadline : 0);
    case DISCIPLINE_SHORTEST: {
        const struct numbers *n = run_path_numbers(r, c->path);
        uint64_t key = run_number(r, c->path, RNG_ATTEMPT, c->number);
        bool stated = r->step[c->path->step].stage.kind->by_numbers;
        double x = stated ? stated_latency(n, key) : dist_mean(&n->latency);
        return fmin(x, n->timeout_s);
    }
    default:
        return 0;
    }
}

enum asked run_desk_ask(struct run *r, struct run_call *c)
{
    struct desk *d = c->desk;
    count(r, d);
    if (is_rate(d))
        fill(r, d);
    if (d->freed)
        pull(r, d); /* who waits comes before who asks */
    c->unit = r->unit;
    run_tally_add(r->tally, d->index, c->unit, RUN_DESK_ASKED, 1);
    c->asked_s = r->now_s;
    c->order = d->joined++;
    c->claim = claim_of(r, d, c);
    if (d->waiting == 0 && has_room(d)) {
        serve(r, d, c);
        return ASKED_BEGUN;
    }
    if (d->waiting >= d->law->waiting_room) {
        run_tally_add(r->tally, d->index, c->unit, RUN_DESK_BLOCKED, 1);
        return ASKED_FULL;
    }
    line_up(d, c);
    if (c->first && d->law->patience) {
        uint64_t u = run_number(r, c->path, RNG_DECISION, c->number);
        double x = dist_quantile(&d->law->patience[c->path->item->class], rng_unit(u));
        timer_set(&r->timers, &c->timer, TIMER_CALL, c, r->now_s + x);
    }
    if (is_rate(d))
        pull(r, d);
    return ASKED_WAITS;
}

void run_desk_leave(struct run *r, struct run_call *c, bool gave_up)
{
    struct desk *d = c->desk;
    count(r, d);
    if (c->state == CALL_WAITS) {
        double waited = r->now_s - c->asked_s;
        timer_drop(&r->timers, &c->timer);
        step_out(d, c);
        c->path->item->wait_s += waited;
        run_tally_left(r->tally, d->index, c->unit, waited, gave_up);
        return;
    }
    if (is_rate(d))
        return;
    d->busy--;
    d->freed = r->freed = true;
}

void run_desks_settle(struct run *r)
{
    r->freed = false;
    for (uint32_t k = 0; k < r->pipeline->n_resources; k++) {
        struct desk *d = &r->desk[k];
        if (!d->freed)
            continue;
        d->freed = false;
        pull(r, d);
    }
}

/* --- its own events */

void run_desk_event(struct run *r, struct desk *d)
{
    count(r, d);
    if (is_rate(d)) {
        fill(r, d);
        d->tokens = fmax(d->tokens, 1); /* what the event was set for */
    } else {
        look_at_clock(r, d);
    }
    pull(r, d);
}

void run_desks_init(struct run *r)
{
    uint32_t n = r->pipeline->n_resources;
    r->desk = arena_alloc(&r->arena, (n + 1) * sizeof *r->desk);
    for (uint32_t k = 0; k < n; k++) {
        struct desk *d = &r->desk[k];
        const struct resource *law = &r->pipeline->resource[k];
        *d = (struct desk){.law = law, .index = k, .tokens = fmax(law->burst, 1)};
        if (!r->timed || law->servers == 0) {
            d->open = true;
            continue;
        }
        look_at_clock(r, d);
        d->opened_s = opened_before(r, law);
    }
}

void run_desks_close(struct run *r)
{
    run_desks_turn(r, RUN_NO_UNIT);
    for (uint32_t k = 0; k < r->pipeline->n_resources; k++)
        mem_free(r->desk[k].line);
}
