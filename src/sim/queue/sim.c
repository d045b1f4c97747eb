/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loop: whoever is ready goes on, then the next event.
 *
 * A horizon begins empty at t = 0.  The cohort are the arrivals in [warm-up, warm-up + length).
 * Others keep arriving after that, so that the cohort's last members meet the same competition as
 * the first, until all of the cohort have ended or as much time again has passed; then the rest
 * drains away.  Who is still inside when the guard strikes is unfinished. */
#include "sim/queue/sim.h"

#include <math.h>

static const double GUARD_LEAST_S = 52.0 * WEEK_S;

/* --- life */

struct queue_sim *queue_sim_new(const struct queue_program *g)
{
    const struct pipeline *p = g->pipeline;
    struct queue_sim *s = mem_zero(1, sizeof *s);
    s->program = g;
    s->free_item = s->free_path = s->free_call = s->ready_first = s->ready_last = NONE;
    s->desk = mem_zero(p->n_resources + 1, sizeof *s->desk);
    for (uint32_t r = 0; r < p->n_resources; r++)
        s->desk[r].running = mem_zero(p->resource[r].servers + 1, sizeof *s->desk[r].running);
    s->breaker = mem_zero(g->n_steps, sizeof *s->breaker);
    s->bucket = mem_zero((size_t)g->n_steps * g->n_classes, sizeof *s->bucket);
    s->weather = mem_zero(p->n_environments + 1, sizeof *s->weather);
    return s;
}

void queue_sim_free(struct queue_sim *s)
{
    if (!s)
        return;
    for (uint32_t r = 0; r < s->program->pipeline->n_resources; r++) {
        mem_free(s->desk[r].heap);
        mem_free(s->desk[r].running);
    }
    for (uint32_t i = 0; i < s->program->n_steps; i++) {
        mem_free(s->breaker[i].mark);
        mem_free(s->breaker[i].ok.at);
    }
    for (size_t i = 0; i < (size_t)s->program->n_steps * s->program->n_classes; i++)
        mem_free(s->bucket[i].earns.at);
    clock_release(&s->clock);
    mem_free(s->item);
    mem_free(s->path);
    mem_free(s->call);
    mem_free(s->blob);
    mem_free(s->desk);
    mem_free(s->breaker);
    mem_free(s->bucket);
    for (uint32_t e = 0; e < s->program->pipeline->n_environments; e++)
        mem_free(s->weather[e].spell);
    mem_free(s->weather);
    mem_free(s);
}

static void forget_items(struct queue_sim *s)
{
    s->item_used = s->path_used = s->call_used = 0;
    s->free_item = s->free_path = s->free_call = s->ready_first = s->ready_last = NONE;
    s->items_inside = s->cohort_inside = 0;
}

/* A path that goes through steps where it is alone may be ahead of the clock; it waits where it
 * meets others again. */
static void run_ready(struct queue_sim *s)
{
    while (s->ready_first != NONE && !sim_stopped(s)) {
        uint32_t path = s->ready_first;
        struct path *p = &s->path[path];
        s->ready_first = p->next;
        p->ready = false;
        if (p->phase == PHASE_DEAD) {
            path_free(s, path);
        } else if (p->ready_s > s->clock.event_s &&
                   (!s->program->step[p->step].begins || p->ready_s > s->guard_s)) {
            visit_later(s, path, p->ready_s);
        } else {
            s->clock.now_s = p->ready_s;
            visit_begin(s, path);
            s->clock.now_s = s->clock.event_s;
        }
    }
}

static void own_event(struct queue_sim *s, uint32_t owner)
{
    uint32_t index = owner / OWNER_KINDS;
    switch (owner % OWNER_KINDS) {
    case OWNER_CALL:
        if (s->call[index].state == CALL_RUNNING)
            visit_call_done(s, index);
        else
            item_end(s, s->path[s->call[index].path].item, ITEM_ABANDONED);
        break;
    case OWNER_PATH:
        visit_event(s, index);
        break;
    default:
        item_end(s, index, ITEM_ABANDONED);
    }
    s->clock.now_s = s->clock.event_s; /* a path may have gone ahead of it */
}

static void take_stream(struct queue_sim *s, uint64_t seed, uint64_t replication)
{
    s->seed = seed;
    s->replication = replication;
    s->items_key = rng_key(seed, replication, 0, UINT32_MAX, RNG_ATTEMPT);
}

/* --- untimed */

void queue_sim_alone(struct queue_sim *s, uint64_t seed, uint64_t replication,
                     struct queue_tally *t)
{
    take_stream(s, seed, replication);
    s->tally = t;
    s->window = t->n_units;
    s->guarded = false;
    s->guard_s = INFINITY;
    for (uint32_t i = 0; i < s->program->n_steps; i++) {
        const struct step *step = s->program->step[i].step;
        s->guarded |= step->breaker.failures > 0 || step->class_retry ||
                      step->retry.budget_kind != BUDGET_NONE;
    }
}

void queue_sim_item(struct queue_sim *s, uint64_t number, uint32_t unit)
{
    uint32_t owner;
    clock_clear(&s->clock);
    forget_items(s);
    if (s->guarded)
        guard_clear(s);
    item_enter(s, number, unit);
    if (s->program->pipeline->n_environments)
        weather_start(s, s->item[0].key);
    run_ready(s);
    while (s->items_inside > 0 && (owner = clock_next(&s->clock)) != NONE) {
        own_event(s, owner);
        run_ready(s);
    }
}

bool queue_sim_items(struct queue_sim *s, uint64_t seed, uint64_t replication, uint64_t first,
                     uint64_t n, struct queue_tally *t)
{
    queue_sim_alone(s, seed, replication, t);
    for (uint64_t i = first; i < first + n; i++)
        queue_sim_item(s, i, 0);
    if (s->stopped)
        queue_tally_drop(t);
    else
        queue_tally_close(t, 0);
    return !s->stopped;
}

/* --- timed */

static void set_other(struct queue_sim *s, double at_s, uint32_t which)
{
    if (isfinite(at_s))
        clock_set(&s->clock, fmax(at_s, s->clock.now_s), OWNER_OTHER, which);
}

static double month_s(void)
{
    return 30.0 * DAY_S;
}

/* The unit of time that ran is over: its integrals, wages and fixed costs. */
static void close_window(struct queue_sim *s)
{
    const struct pipeline *p = s->program->pipeline;
    double *unit = tally_unit(s->tally, s->window), spent = 0;
    for (uint32_t r = 0; r < p->n_resources; r++) {
        double *u = unit + s->tally->at.desk + r * DESK_SUMS;
        uint32_t inside = s->desk[r].waiting + s->desk[r].busy;
        desk_close_unit(s, r);
        u[DESK_GROWTH] += ((double)inside - s->desk[r].at_start) * DAY_S;
        spent += u[DESK_OPEN] * p->resource[r].cost_per_s;
    }
    for (uint32_t k = 0; k < p->n_costs; k++)
        spent += p->cost[k].per_s * s->unit_s;
    weather_close(s);
    unit[s->tally->at.top + TOP_SPENT] += spent;
    unit[s->tally->at.top + TOP_NET] -= spent;
    unit[s->tally->at.top + TOP_MONTHS] += s->unit_s / month_s();
}

static void next_window(struct queue_sim *s)
{
    uint32_t n = s->tally->n_units, next = s->window == n ? 0 : s->window + 1;
    if (s->window < n) {
        close_window(s);
    } else {
        for (uint32_t r = 0; r < s->program->pipeline->n_resources; r++)
            desk_close_unit(s, r);
        for (uint32_t e = 0; e < s->program->pipeline->n_environments; e++) {
            (void)weather_at(s, e);
            s->weather[e].since_s = s->clock.now_s;
            s->weather[e].calm_s = 0;
            s->weather[e].disturbed = false;
        }
    }
    s->window = next;
    for (uint32_t r = 0; r < s->program->pipeline->n_resources; r++)
        s->desk[r].at_start = s->desk[r].waiting + s->desk[r].busy;
    if (next < n)
        set_other(s, next + 1 == n ? s->end_s : s->start_s + (next + 1) * s->unit_s, OTHER_WINDOW);
}

static void observe(struct queue_sim *s)
{
    const struct pipeline *p = s->program->pipeline;
    struct queue_tally *t = s->tally;
    for (uint32_t r = 0; r < p->n_resources; r++) {
        uint32_t *at = t->series + 2 * ((size_t)r * t->n_instants + s->observed);
        at[0] = s->desk[r].waiting;
        at[1] = s->desk[r].waiting + s->desk[r].busy;
    }
    if (++s->observed < t->n_instants)
        set_other(s, fmin(s->observed * p->horizon.observe_s, s->end_s), OTHER_OBSERVE);
}

static void arrive(struct queue_sim *s)
{
    uint32_t n = arrivals_batch(&s->arrivals, s->program);
    for (uint32_t k = 0; k < n && !sim_stopped(s); k++)
        item_enter(s, s->arrived++, s->window);
    double next = arrivals_next(&s->arrivals, s->program, s->clock.now_s);
    if (next < 2 * s->end_s)
        set_other(s, next, OTHER_ARRIVAL);
}

static void start_horizon(struct queue_sim *s, struct queue_tally *t)
{
    const struct horizon *h = &s->program->pipeline->horizon;
    s->tally = t;
    s->start_s = h->warmup_s;
    s->end_s = h->warmup_s + h->length_s;
    s->unit_s = h->length_s / t->n_units;
    s->window = t->n_units;
    s->observed = 0;
    s->ending = false;
    clock_clear(&s->clock);
    forget_items(s);
    guard_clear(s);
    desk_clear(s);
    weather_start(s, s->seed);
    if (s->start_s > 0)
        set_other(s, s->start_s, OTHER_WINDOW);
    else
        next_window(s);
    s->guard_s = 2 * s->end_s + fmax(s->end_s, GUARD_LEAST_S);
    set_other(s, s->guard_s, OTHER_GUARD);
    if (t->n_instants)
        observe(s);
    s->arrived = 0;
    arrivals_start(&s->arrivals, s->program, s->seed, s->replication);
    set_other(s, arrivals_next(&s->arrivals, s->program, s->clock.now_s), OTHER_ARRIVAL);
}

static void take_series(struct queue_sim *s)
{
    struct queue_tally *t = s->tally;
    size_t n = (size_t)s->program->pipeline->n_resources * t->n_instants;
    for (size_t i = 0; i < n; i++) {
        uint64_t waiting = t->series[2 * i], inside = t->series[2 * i + 1];
        t->waiting[i] += waiting;
        t->waiting2[i] += waiting * waiting;
        t->inside[i] += inside;
        t->inside2[i] += inside * inside;
    }
    t->observed++;
}

/* False: nothing more can happen. */
static bool other_event(struct queue_sim *s, uint32_t which)
{
    switch (which) {
    case OTHER_ARRIVAL:
        arrive(s);
        return true;
    case OTHER_WINDOW:
        next_window(s);
        return true;
    case OTHER_OBSERVE:
        observe(s);
        return true;
    case OTHER_GUARD:
        return false;
    default:
        desk_event(s, which - OTHER_DESK);
        return true;
    }
}

static bool cohort_ended(const struct queue_sim *s)
{
    return s->clock.now_s >= s->end_s && s->window == s->tally->n_units &&
           s->observed == s->tally->n_instants && s->cohort_inside == 0;
}

void queue_sim_begin(struct queue_sim *s, uint64_t seed, uint64_t replication,
                     struct queue_tally *t)
{
    take_stream(s, seed, replication);
    s->stopped = false;
    s->guarded_items = 0;
    start_horizon(s, t);
}

static inline bool step(struct queue_sim *s)
{
    if (cohort_ended(s) || sim_stopped(s))
        return false;
    uint32_t owner = clock_next(&s->clock);
    if (owner == NONE)
        return false;
    if (owner % OWNER_KINDS != OWNER_OTHER)
        own_event(s, owner);
    else if (!other_event(s, owner / OWNER_KINDS))
        return false;
    run_ready(s);
    desk_settle(s);
    return true;
}

bool queue_sim_step(struct queue_sim *s)
{
    return step(s);
}

/* Everybody who is still inside. */
void queue_sim_finish(struct queue_sim *s)
{
    s->ending = true; /* nothing begins any more */
    for (uint32_t i = 0; i < s->item_used; i++)
        if (s->item[i].live)
            item_end(s, i, ITEM_UNFINISHED);
    run_ready(s);
}

bool queue_sim_horizon(struct queue_sim *s, uint64_t seed, uint64_t replication,
                       struct queue_tally *t)
{
    queue_sim_begin(s, seed, replication, t);
    while (step(s))
        continue;
    if (s->stopped) {
        queue_tally_drop(t);
        return false;
    }
    queue_sim_finish(s);
    take_series(s);
    for (uint32_t u = 0; u < t->n_units; u++)
        queue_tally_close(t, u);
    queue_tally_drop(t);
    return true;
}
