/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drives items through a scenario: a simulation's loop of events, whose calls are real and whose
 * clock goes with the wall while any of them is at work. */
#include "exec/orchestrator.h"

#include "exec/tally.h"
#include "model/learning.h"

#include <math.h>
#include <string.h>

enum {
    THREADS_BLOCKING = 16, /* where stages block and the caller does not say how many */
    IN_FLIGHT = 256
};
#define LOOK_S        0.05            /* on the wall: how often Ctrl-C is asked for */
#define DRAIN_S       0.4             /* on the wall: for calls in flight when stopped */
#define FOLLOW_MOST_S (52.0 * WEEK_S) /* after the last arrivals, as simulations do */

/* --- telling */

void run_tell(struct run *r, struct run_event *e)
{
    if (r->tally)
        run_tally_note(r->tally, e);
    for (size_t i = 0; i < r->options->n_listeners && !r->status; i++) {
        const struct run_listener *l = &r->options->listeners[i];
        r->status = l->event(l->arg, e, r->err);
    }
}

struct run_event run_event_of(const struct run *r, enum run_event_kind kind,
                              const struct run_path *p)
{
    const struct run_item *item = p->item;
    return (struct run_event){
        .kind = kind,
        .item = item->index,
        .id = item->id,
        .class = item->class,
        .path = p->index,
        .step = p->step,
        .visit = p->visits[p->step],
        .asked_s = r->now_s,
        .begin_s = r->now_s,
        .end_s = r->now_s,
        .confidence = NAN,
        .threshold = NAN,
        .verdict = -1,
        .who = "",
        .says = "",
        .attributes = "",
        .quality = RUN_UNKNOWN,
        .counts = item->counts,
        .unit = item->unit,
    };
}

/* --- paths */

void run_path_ready(struct run *r, struct run_path *p)
{
    p->phase = PATH_READY;
    p->in_ready = true;
    p->next_ready = NULL;
    if (r->ready_last)
        r->ready_last->next_ready = p;
    else
        r->ready_first = p;
    r->ready_last = p;
}

static struct run_path *path_make(const struct run *r)
{
    uint32_t n = r->pipeline->n_steps;
    struct run_path *p = mem_zero(1, sizeof *p);
    p->visits = mem_alloc((n + 1) * sizeof *p->visits);
    p->counters = mem_alloc((r->n_counters + 1) * sizeof *p->counters);
    p->confidence_of = mem_alloc((n + 1) * sizeof *p->confidence_of);
    p->flags = mem_alloc(n + 1);
    p->entry = mem_zero(r->n_entry_slots + 1, sizeof *p->entry);
    return p;
}

struct run_path *run_path_take(struct run *r, struct run_item *item)
{
    uint32_t n = r->pipeline->n_steps;
    struct run_path *p = r->free_paths;
    if (p)
        r->free_paths = p->next_ready;
    else
        p = path_make(r);
    *p = (struct run_path){.item = item,
                           .confidence = NAN,
                           .threshold = NAN,
                           .verdict = -1,
                           .visits = p->visits,
                           .counters = p->counters,
                           .confidence_of = p->confidence_of,
                           .flags = p->flags,
                           .entry = p->entry};
    memset(p->visits, 0, n * sizeof *p->visits);
    memset(p->counters, 0, r->n_counters * sizeof *p->counters);
    memset(p->flags, 0, n);
    for (uint32_t i = 0; i < n; i++)
        p->confidence_of[i] = NAN;
    return p;
}

void run_path_copy(const struct run *r, struct run_path *to, const struct run_path *from)
{
    uint32_t n = r->pipeline->n_steps;
    to->held = run_holding_keep(&from->held);
    to->confidence = from->confidence;
    memcpy(to->visits, from->visits, n * sizeof *to->visits);
    memcpy(to->flags, from->flags, n);
    memcpy(to->confidence_of, from->confidence_of, n * sizeof *to->confidence_of);
}

static void path_free(struct run *r, struct run_path *p)
{
    p->next_ready = r->free_paths;
    r->free_paths = p;
}

void run_path_drop(struct run *r, struct run_path *p)
{
    struct run_path *next;
    for (struct run_path *c = p->child; c; c = next) {
        next = c->sibling;
        run_path_drop(r, c);
    }
    p->child = NULL;
    run_holding_drop(&p->held);
    for (uint32_t i = 0; i < r->n_entry_slots; i++)
        run_holding_drop(&p->entry[i]);
    if (p->in_ready)
        p->dead = true; /* its memory is given back when its turn comes */
    else
        path_free(r, p);
}

void run_path_stop(struct run *r, struct run_path *p, bool gave_up)
{
    for (struct run_path *c = p->child; c; c = c->sibling)
        run_path_stop(r, c, gave_up);
    run_visit_withdraw(r, p, gave_up);
}

/* --- items */

static void leave(struct run *r, struct run_item *item)
{
    if (item->previous)
        item->previous->next = item->next;
    else
        r->inside = item->next;
    if (item->next)
        item->next->previous = item->previous;
    r->n_inside--;
    r->n_cohort -= item->counts;
    for (uint32_t i = 0; item->guard && i < r->pipeline->n_steps; i++) {
        run_guard_free(item->guard[i]);
        item->guard[i] = NULL;
    }
    item->next = r->free_items;
    r->free_items = item;
}

void run_item_end(struct run *r, struct run_item *item, enum run_end end)
{
    struct run_path *p = item->path;
    run_path_stop(r, p, end == RUN_END_ABANDONED);
    timer_drop(&r->timers, &item->timer);
    struct run_event e = run_event_of(r, RUN_ITEM_ENDED, p);
    e.asked_s = e.begin_s = item->entered_s;
    e.end = end;
    e.quality = run_path_quality(r, p);
    e.cost = item->cost;
    e.reviewed = item->reviews > 0;
    e.audited = item->was_audited;
    e.visits = item->visits;
    e.attempts = item->attempts;
    e.reviews = item->reviews;
    e.wait_s = item->wait_s;
    e.reviewed_quality = item->reviewed_quality;
    e.reached = item->reached;
    e.payload = p->held.payload->data;
    e.payload_len = p->held.payload->len;
    run_tell(r, &e);
    run_path_drop(r, p);
    leave(r, item);
}

/* --- opening and closing */

/* Edges of a full room have counters and places to come back to of their own. */
static void add_room_edges(struct run *r, uint32_t step)
{
    const struct step *s = &r->pipeline->step[step];
    if (!s->by)
        return;
    r->step[step].full_counter = r->n_counters;
    for (const struct edge *e = &r->pipeline->resource[s->by - 1].when_full; e; e = e->then) {
        r->n_counters++;
        if (e->to >= 0 && (uint32_t)e->to <= step && r->step[e->to].entry_slot < 0)
            r->step[e->to].entry_slot = (int32_t)r->n_entry_slots++;
    }
}

static uint32_t touches(const struct pipeline *p, uint32_t step)
{
    uint32_t n = 0;
    for (uint32_t e = 0; e < p->n_environments; e++) {
        bool touched = false;
        for (uint32_t k = 0; k < p->environment[e].n_states; k++)
            for (uint32_t o = 0; o < p->environment[e].state[k].n_overrides; o++)
                touched |= p->environment[e].state[k].override[o].step == step;
        n += touched;
    }
    return n;
}

static int open_stage(struct run *r, uint32_t i, struct error *err)
{
    struct run_step *s = &r->step[i];
    struct stage_setting setting = r->options->setting;
    setting.pipeline = r->given;
    setting.step = i;
    setting.exec = (struct json){0};
    setting.seed = r->options->seed;
    if (s->step->exec) {
        s->exec = json_reader_new();
        if (json_parse(s->exec, s->step->exec, strlen(s->step->exec), &setting.exec, err))
            return error_prefix(err, "%s: exec", s->step->id);
    }
    const struct stage_kind *kind = r->options->own_kind ? r->options->own_kind(&setting) : NULL;
    if (!kind)
        kind = stage_kind_of(&setting, err);
    if (!kind || kind->open(&setting, &s->stage.self, err))
        return -1;
    s->stage.kind = kind;
    s->stage.faults = r->options->faults;
    s->corrects = !kind->by_numbers && learning_map(r->given, i, &r->arena, &s->map);
    if (!kind->by_numbers && r->options->map && r->options->map[i]) {
        s->corrects = true;
        s->map = *r->options->map[i];
    }
    return 0;
}

static int open_steps(struct run *r, struct error *err)
{
    const struct pipeline *p = r->pipeline;
    r->step = arena_alloc(&r->arena, (p->n_steps + 1) * sizeof *r->step);
    r->guard = arena_alloc(&r->arena, (p->n_steps + 1) * sizeof(struct guard *));
    r->n_counters = r->rules.n_counters;
    r->n_entry_slots = r->rules.n_entry_slots;
    for (uint32_t i = 0; i < p->n_steps; i++) {
        r->step[i].step = &p->step[i];
        r->step[i].entry_slot = r->rules.entry_slot[i];
        r->step[i].n_touches = touches(p, i);
    }
    for (uint32_t i = 0; i < p->n_steps; i++) {
        add_room_edges(r, i);
        if (r->timed && p->step[i].by)
            r->step[i].desk = &r->desk[p->step[i].by - 1];
        if (p->step[i].kind != STEP_PARALLEL && open_stage(r, i, err))
            return -1;
    }
    return 0;
}

static uint32_t threads(const struct run *r)
{
    if (r->options->threads)
        return r->options->threads;
    return THREADS_BLOCKING;
}

static int refuse(const struct pipeline *p, struct error *err)
{
    for (uint32_t k = 0; k < p->n_resources; k++) {
        const struct resource *law = &p->resource[k];
        bool preempts = law->discipline == DISCIPLINE_PREEMPTIVE;
        const char *what = preempts                           ? "discipline: preemptive"
                           : law->at_close == CLOSE_INTERRUPT ? "at_close: interrupt"
                                                              : NULL;
        if (what && law->servers > 0)
            return error_at(err, ERR_UNSUPPORTED, p->file ? p->file : "scenario", law->line,
                            law->column,
                            "`%s`: `%s` is simulated, but not executed: a real call cannot be "
                            "stopped halfway and taken up again; `%s` can be executed",
                            law->id, what, preempts ? "discipline: priority" : "at_close: finish");
    }
    return 0;
}

static int open(struct run *r, const struct pipeline *p, struct error *err)
{
    if (p->arrivals.kind != ARRIVALS_NONE && refuse(p, err))
        return -1;
    r->pipeline = learning_none(p, &r->store);
    r->timed = p->arrivals.kind != ARRIVALS_NONE;
    rules_init(&r->rules, r->pipeline);
    r->nothing = text_new("{}", 2);
    r->tool = payload_tool_new();
    run_desks_init(r);
    run_weather_init(r);
    r->n_items = r->options->items ? r->options->items : UINT64_MAX;
    if (r->options->input && r->options->input->items < r->n_items)
        r->n_items = r->options->input->items;
    r->end_s = INFINITY;
    r->past_s = r->options->memory ? r->options->memory->upto_s : 0;
    if (r->timed && r->n_items == UINT64_MAX) {
        r->start_s = p->horizon.warmup_s;
        r->end_s = p->horizon.warmup_s + p->horizon.length_s;
    }
    /* by the number of items a run may be much shorter than its horizon: begins fine */
    run_tally_watch(r->tally, p->horizon.observe_s > 0
                                  ? p->horizon.observe_s / (isfinite(r->end_s) ? 1 : 1024)
                                  : 1);
    r->unit = r->start_s > 0 ? RUN_NO_UNIT : 0;
    r->in_flight = r->options->in_flight ? r->options->in_flight : IN_FLIGHT;
    r->pool = pool_new(threads(r), r->options->setting.clock_s);
    return open_steps(r, err);
}

static void free_lists(struct run *r)
{
    for (struct run_item *i = r->free_items, *next; i; i = next) {
        next = i->next;
        mem_free(i->reached);
        mem_free(i->guard);
        mem_free(i->weather);
        mem_free(i);
    }
    for (struct run_path *p = r->free_paths, *next; p; p = next) {
        next = p->next_ready;
        mem_free(p->visits);
        mem_free(p->counters);
        mem_free(p->confidence_of);
        mem_free(p->flags);
        mem_free(p->entry);
        mem_free(p);
    }
    for (struct run_call *c = r->free_calls, *next; c; c = next) {
        next = c->next;
        buf_release(&c->job.merged);
        mem_free(c);
    }
}

static void close(struct run *r)
{
    for (uint32_t i = 0; r->step && i < r->pipeline->n_steps; i++) {
        struct stage *s = &r->step[i].stage;
        if (s->kind && s->kind->close)
            s->kind->close(s->self);
        json_reader_free(r->step[i].exec);
        run_guard_free(r->guard[i]);
    }
    free_lists(r);
    payload_tool_free(r->tool);
    text_drop(r->nothing);
    timers_release(&r->timers);
    rules_release(&r->rules);
    arena_release(&r->arena);
    pipeline_release(&r->store);
}

/* --- the loop */

static bool is_stopped(const struct run *r)
{
    return r->status || (r->options->stop && atomic_load(r->options->stop));
}

static struct run_path *take_ready(struct run *r)
{
    struct run_path *p = r->ready_first;
    r->ready_first = p->next_ready;
    if (!r->ready_first)
        r->ready_last = NULL;
    p->in_ready = false;
    return p;
}

/* All that can begin at this instant. */
static void begin_all(struct run *r)
{
    while (!is_stopped(r) && !r->draining) {
        run_items_enter(r);
        if (r->ready_first) {
            struct run_path *p = take_ready(r);
            if (p->dead)
                path_free(r, p);
            else
                run_visit_begin(r, p);
        } else if (r->freed) {
            run_desks_settle(r);
        } else {
            uint64_t inside = r->n_inside;
            run_calls_hand_out(r);
            if (!r->ready_first && !r->freed && r->n_inside == inside) /* or others may enter */
                return;
        }
    }
}

static void happen(struct run *r, struct timer *t)
{
    void *owner = t->owner;
    enum timer_kind kind = t->kind;
    r->now_s = fmax(r->now_s, t->at_s);
    timer_drop(&r->timers, t);
    switch (kind) {
    case TIMER_CALL:
        run_call_event(r, owner);
        break;
    case TIMER_PATH:
        run_visit_event(r, owner);
        break;
    case TIMER_ITEM:
        run_item_end(r, owner, RUN_END_ABANDONED);
        break;
    case TIMER_DESK:
        run_desk_event(r, owner);
        break;
    case TIMER_ARRIVAL:
        run_arrivals_event(r);
    }
    begin_all(r);
}

/* The run's clock; never behind what has happened. */
static double clock_now(const struct run *r)
{
    double scale = r->at_work > 0 ? 1 : r->options->time_scale;
    if (!isfinite(scale))
        return INFINITY;
    double wall_s = r->options->setting.clock_s ? r->options->setting.clock_s() : 0;
    return fmax(r->now_s, r->anchor_s + (wall_s - r->anchor_w) * scale);
}

/* What happens before an instant, happens first. */
static void happen_until(struct run *r, double before_s)
{
    for (struct timer *t; !is_stopped(r) && (t = timers_next(&r->timers)) && t->at_s < before_s;)
        happen(r, t);
}

static void take_done(struct run *r)
{
    struct job *next;
    for (struct job *j = pool_done(r->pool); j; j = next) {
        struct run_call *c = j->owner;
        next = j->next;
        if (c->path && !r->draining)
            happen_until(r, fmax(r->now_s, c->work_s + j->took_s));
        if (c->path)
            r->now_s = fmax(r->now_s, c->work_s + j->took_s);
        run_call_worked(r, c);
        begin_all(r);
    }
}

static void wait_for(struct run *r, const struct timer *t)
{
    double wall_s = LOOK_S;
    if (t) {
        double scale = r->at_work > 0 ? 1 : r->options->time_scale;
        wall_s = fmin(wall_s, fmax(t->at_s - clock_now(r), 0) / scale);
    }
    pool_wait(r->pool, wall_s);
}

static bool is_over(const struct run *r)
{
    if (!r->timed)
        return r->n_inside == 0 && r->n_entered >= r->n_items;
    if (r->arriving.over && r->n_inside == 0)
        return true;
    double last_s = 2 * r->end_s;
    return isfinite(r->end_s) && ((r->now_s >= r->end_s && r->n_cohort == 0) ||
                                  r->now_s > last_s + fmax(r->end_s, FOLLOW_MOST_S));
}

static void drive(struct run *r)
{
    if (r->options->setting.clock_s)
        r->anchor_w = r->options->setting.clock_s();
    run_arrivals_begin(r);
    begin_all(r);
    while (!is_over(r) && !is_stopped(r)) {
        if (pool_given(r->pool) > 0)
            take_done(r);
        if (is_stopped(r)) /* meanwhile: nothing was begun after it */
            break;
        struct timer *t = timers_next(&r->timers);
        if (t && (t->at_s <= r->past_s || t->at_s <= clock_now(r)))
            happen(r, t);
        else if (t || pool_given(r->pool) > 0)
            wait_for(r, t);
        else if (!is_over(r))
            BUG("%llu items are inside, and nothing will happen", (unsigned long long)r->n_inside);
    }
}

/* What had begun may end, for a moment. */
static void let_end(struct run *r)
{
    double (*clock_s)(void) = r->options->setting.clock_s;
    double until_s = clock_s ? clock_s() + DRAIN_S : 0;
    while (r->at_work > 0 && clock_s && clock_s() < until_s && !r->status) {
        take_done(r);
        if (r->at_work > 0)
            pool_wait(r->pool, fmin(LOOK_S, fmax(until_s - clock_s(), 0)));
    }
}

/* Calls in flight get a moment, and are taken back: what hangs is killed.  All that is inside is
 * unfinished then. */
static void drain(struct run *r)
{
    r->draining = true;
    let_end(r);
    while (r->inside)
        run_item_end(r, r->inside, RUN_END_UNFINISHED);
    while (r->ready_first)
        path_free(r, take_ready(r));
    r->recalling = 0;
    r->past_s = -1;
    r->draining = false;
    run_calls_hand_out(r); /* all cancelled: gives them back */
    r->draining = true;
    while (pool_given(r->pool) > 0) {
        take_done(r);
        if (pool_given(r->pool) > 0)
            pool_wait(r->pool, LOOK_S);
    }
}

int run_pipeline(const struct pipeline *p, const struct run_options *options,
                 struct run_tally *tally, struct error *err)
{
    struct run r = {.given = p, .options = options, .tally = tally, .err = err};
    arena_init(&r.arena);
    pipeline_init(&r.store);
    int status = open(&r, p, err);
    if (!status) {
        drive(&r);
        bool stopped = !is_over(&r);
        run_desks_look_last(&r, !stopped);
        drain(&r);
        run_desks_close(&r);
        status = r.status;
        if (tally)
            run_tally_close(tally,
                            &(struct tally_end){.partial = stopped && !r.status, .timed = r.timed});
    }
    pool_free(r.pool);
    close(&r);
    return status;
}
