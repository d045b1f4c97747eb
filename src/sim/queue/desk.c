/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Resources: servers with a line before them, or a bucket of tokens.
 *
 * The line is a list where the first or the last to come is served first, else a heap by (key,
 * interrupted work first, first come).  Every change of state first adds the time since the last
 * one to the integrals of the unit of time that runs. */
#include "sim/queue/sim.h"

#include <math.h>

static double *desk_sums(const struct queue_sim *s, uint32_t unit, uint32_t desk)
{
    return tally_unit(s->tally, unit) + s->tally->at.desk + desk * DESK_SUMS;
}

static bool is_list(const struct desk *d)
{
    return d->resource->discipline == DISCIPLINE_FIFO || d->resource->discipline == DISCIPLINE_LIFO;
}

static bool is_rate(const struct desk *d)
{
    return d->resource->servers == 0;
}

static inline void count(const struct queue_sim *s, struct desk *d)
{
    double dt = s->clock.now_s - d->since_s;
    d->since_s = s->clock.now_s;
    d->waiting_s += dt * d->waiting;
    d->busy_s[d->hours.open] += dt * d->busy;
    d->open_s += d->hours.open ? dt : 0;
}

void desk_close_unit(struct queue_sim *s, uint32_t desk)
{
    struct desk *d = &s->desk[desk];
    double *u = desk_sums(s, s->window, desk), span = s->clock.now_s - d->begun_s;
    count(s, d);
    u[DESK_SPAN] += span;
    u[DESK_WAITING] += d->waiting_s;
    u[DESK_SYSTEM] += d->waiting_s + d->busy_s[false] + d->busy_s[true];
    u[DESK_OPEN] += is_rate(d) ? span : d->open_s * d->servers;
    u[DESK_BUSY] += d->busy_s[true];
    d->begun_s = s->clock.now_s;
    d->waiting_s = d->open_s = d->busy_s[false] = d->busy_s[true] = 0;
}

/* --- the line */

static bool before(const struct call *a, const struct call *b)
{
    if (a->key != b->key)
        return a->key < b->key;
    if (a->interrupted != b->interrupted)
        return a->interrupted;
    return a->order < b->order;
}

static void put_at(struct queue_sim *s, struct desk *d, uint32_t i, uint32_t call)
{
    d->heap[i] = call;
    s->call[call].before = i;
}

static void rise(struct queue_sim *s, struct desk *d, uint32_t i, uint32_t call)
{
    for (; i > 0 && before(&s->call[call], &s->call[d->heap[(i - 1) / 2]]); i = (i - 1) / 2)
        put_at(s, d, i, d->heap[(i - 1) / 2]);
    put_at(s, d, i, call);
}

static void sink(struct queue_sim *s, struct desk *d, uint32_t i, uint32_t call)
{
    for (;;) {
        uint32_t k = 2 * i + 1;
        if (k + 1 < d->waiting && before(&s->call[d->heap[k + 1]], &s->call[d->heap[k]]))
            k++;
        if (k >= d->waiting || !before(&s->call[d->heap[k]], &s->call[call]))
            break;
        put_at(s, d, i, d->heap[k]);
        i = k;
    }
    put_at(s, d, i, call);
}

static void line_up_heap(struct queue_sim *s, struct desk *d, uint32_t call)
{
    if (d->waiting == d->heap_cap) {
        d->heap_cap = d->heap_cap ? 2 * d->heap_cap : 16;
        d->heap = mem_resize(d->heap, d->heap_cap * sizeof *d->heap);
    }
    rise(s, d, d->waiting++, call);
}

/* Interrupted work goes to the front of a list, others where the discipline says. */
static void line_up(struct queue_sim *s, struct desk *d, uint32_t call)
{
    struct call *c = &s->call[call];
    if (!is_list(d)) {
        line_up_heap(s, d, call);
        return;
    }
    bool front = c->interrupted || d->resource->discipline == DISCIPLINE_LIFO;
    c->before = front ? NONE : d->last;
    c->after = front ? d->first : NONE;
    if (c->before != NONE)
        s->call[c->before].after = call;
    else
        d->first = call;
    if (c->after != NONE)
        s->call[c->after].before = call;
    else
        d->last = call;
    d->waiting++;
}

static void step_out(struct queue_sim *s, struct desk *d, uint32_t call)
{
    struct call *c = &s->call[call];
    d->waiting--;
    if (!is_list(d)) {
        uint32_t i = c->before, last = d->heap[d->waiting];
        if (last == call)
            return;
        if (i > 0 && before(&s->call[last], &s->call[d->heap[(i - 1) / 2]]))
            rise(s, d, i, last);
        else
            sink(s, d, i, last);
        return;
    }
    if (c->before != NONE)
        s->call[c->before].after = c->after;
    else
        d->first = c->after;
    if (c->after != NONE)
        s->call[c->after].before = c->before;
    else
        d->last = c->before;
}

static uint32_t head(const struct desk *d)
{
    return is_list(d) ? d->first : d->heap[0];
}

/* --- serving */

static void end_wait(struct queue_sim *s, uint32_t call)
{
    struct call *c = &s->call[call];
    double waited = s->clock.now_s - c->since_s;
    c->waited_s += waited;
    s->item[c->item].wait_s += waited;
}

static void take_token(struct desk *d)
{
    d->tokens = d->tokens > 1 ? d->tokens - 1 : 0;
}

static void serve(struct queue_sim *s, uint32_t desk, uint32_t call)
{
    struct desk *d = &s->desk[desk];
    struct call *c = &s->call[call];
    if (!c->started)
        c->in_time = within_s(s, c->waited_s, d->resource->answer_within_s);
    if (s->splits && !c->started && c->waited_s > 0) {
        desk_sums(s, c->unit, desk)[DESK_STARTS]++;
        desk_sums(s, c->unit, desk)[DESK_STARTS + 1] += !c->in_time;
    }
    if (is_rate(d)) {
        take_token(d);
        desk_sums(s, s->window, desk)[DESK_BUSY] += 1 / d->resource->rate_per_s;
    } else {
        c->place = d->busy;
        d->running[d->busy++] = call;
    }
    call_begin(s, call);
}

static void fill(struct queue_sim *s, struct desk *d)
{
    const struct resource *r = d->resource;
    double now = s->clock.now_s;
    double tokens = d->tokens + (now - d->filled_s) * r->rate_per_s;
    double holds = r->burst > 1 ? r->burst : 1;
    d->tokens = tokens < holds ? tokens : holds;
    d->filled_s = now;
}

static bool has_room(const struct desk *d)
{
    return is_rate(d) ? d->tokens >= 1 - 1e-9 : d->hours.open && d->busy < d->servers;
}

/* Those at the head of the line begin, while there is somebody free. */
static void pull(struct queue_sim *s, uint32_t desk)
{
    struct desk *d = &s->desk[desk];
    while (d->waiting > 0 && has_room(d)) {
        uint32_t call = head(d);
        step_out(s, d, call);
        if (s->call[call].patient)
            clock_drop(&s->clock, OWNER_CALL, call);
        end_wait(s, call);
        serve(s, desk, call);
        d = &s->desk[desk];
    }
    if (is_rate(d) && d->waiting > 0) {
        double wait = fmax(1 - d->tokens, 0) / d->resource->rate_per_s;
        clock_drop(&s->clock, OWNER_OTHER, OTHER_DESK + desk);
        clock_set(&s->clock, s->clock.now_s + wait, OWNER_OTHER, OTHER_DESK + desk);
    }
}

static void stop_running(struct desk *d, struct queue_sim *s, uint32_t call)
{
    uint32_t last = d->running[--d->busy];
    d->running[s->call[call].place] = last;
    s->call[last].place = s->call[call].place;
}

static void interrupt(struct queue_sim *s, struct desk *d, uint32_t call)
{
    stop_running(d, s, call);
    call_stop(s, call);
    if (d->resource->discipline == DISCIPLINE_SHORTEST)
        s->call[call].key = s->call[call].left_s;
    line_up(s, d, call);
}

/* --- asking */

static double key_of(struct queue_sim *s, const struct desk *d, uint32_t call)
{
    const struct item *item = &s->item[s->call[call].item];
    const struct pipeline *p = s->program->pipeline;
    double leave = p->leave_after_s ? p->leave_after_s[item->class] : INFINITY;
    uint32_t priority = p->class[item->class].priority;
    switch (d->resource->discipline) {
    case DISCIPLINE_PRIORITY:
    case DISCIPLINE_PREEMPTIVE:
        return priority ? priority : UINT32_MAX;
    case DISCIPLINE_DEADLINE:
        return item->entered_s + (isfinite(leave) ? leave : 0);
    case DISCIPLINE_SHORTEST:
        return call_length(s, call);
    default:
        return 0;
    }
}

/* The one that began last of the lowest class, when that is lower than `key`; NONE. */
static uint32_t victim(const struct queue_sim *s, const struct desk *d, double key)
{
    uint32_t lowest = NONE;
    for (uint32_t i = 0; i < d->busy; i++) {
        const struct call *c = &s->call[d->running[i]];
        const struct call *v = lowest == NONE ? NULL : &s->call[lowest];
        bool lower = c->key > key &&
                     (!v || c->key > v->key || (c->key == v->key && c->since_s >= v->since_s));
        lowest = lower ? d->running[i] : lowest;
    }
    return lowest;
}

static void be_patient(struct queue_sim *s, uint32_t desk, uint32_t call)
{
    struct call *c = &s->call[call];
    const struct path *p = &s->path[c->path];
    const struct law *law =
        &s->program->patience[desk * s->program->n_classes + s->item[c->item].class];
    double x = law_draw(law, path_number(p, c->number, FOR_PATIENCE));
    c->patient = true;
    clock_set(&s->clock, s->clock.now_s + x, OWNER_CALL, call);
}

enum asked desk_ask(struct queue_sim *s, uint32_t call, bool patient)
{
    struct call *c = &s->call[call];
    uint32_t desk = c->desk;
    struct desk *d = &s->desk[desk];
    count(s, d);
    if (is_rate(d))
        fill(s, d);
    if (d->freed)
        pull(s, desk);
    desk_sums(s, s->window, desk)[DESK_ASKED]++;
    c->state = CALL_WAITING;
    c->unit = s->window;
    c->joined_s = c->since_s = s->clock.now_s;
    c->order = d->joined++;
    c->key = is_list(d) ? 0 : key_of(s, d, call);
    if (d->waiting == 0 && has_room(d)) {
        serve(s, desk, call);
        return ASKED_BEGUN;
    }
    if (d->resource->discipline == DISCIPLINE_PREEMPTIVE && d->hours.open) {
        uint32_t lower = victim(s, d, c->key);
        if (lower != NONE) {
            interrupt(s, d, lower);
            serve(s, desk, call);
            return ASKED_BEGUN;
        }
    }
    if (d->waiting >= d->resource->waiting_room) {
        desk_sums(s, s->window, desk)[DESK_BLOCKED]++;
        return ASKED_FULL;
    }
    line_up(s, d, call);
    if (patient && s->program->has_patience[desk])
        be_patient(s, desk, call);
    if (is_rate(d))
        pull(s, desk);
    return ASKED_WAITS;
}

bool desk_passes(struct queue_sim *s, uint32_t desk)
{
    struct desk *d = &s->desk[desk];
    double *u = desk_sums(s, s->window, desk);
    if (d->waiting > 0)
        return false;
    fill(s, d);
    if (!has_room(d))
        return false;
    take_token(d);
    u[DESK_BUSY] += 1 / d->resource->rate_per_s;
    u[DESK_ASKED]++;
    u[DESK_CALLS + desk_call(false, false, true, within_s(s, 0, d->resource->answer_within_s))]++;
    if (s->window < s->tally->n_units)
        tally_wait(s->tally, s->window, desk, 0);
    return true;
}

/* --- leaving */

static void count_call(struct queue_sim *s, uint32_t desk, const struct call *c, bool gave_up)
{
    double *u = desk_sums(s, c->unit, desk);
    u[DESK_CALLS + desk_call(gave_up, c->waited_s > 0, c->started, c->started && c->in_time)]++;
    u[DESK_WAITS + c->started] += c->waited_s;
    if (c->unit < s->tally->n_units)
        tally_wait(s->tally, c->unit, desk, c->waited_s);
}

static void leave(struct queue_sim *s, uint32_t call, bool gave_up)
{
    const struct call *c = &s->call[call];
    uint32_t desk = c->desk;
    struct desk *d = &s->desk[desk];
    count(s, d);
    if (c->state == CALL_WAITING) {
        if (c->patient && !c->started)
            clock_drop(&s->clock, OWNER_CALL, call);
        step_out(s, d, call);
        end_wait(s, call);
        count_call(s, desk, c, gave_up && !c->started);
        return;
    }
    if (!is_rate(d))
        stop_running(d, s, call);
    count_call(s, desk, c, false);
    if (is_rate(d) || s->ending || d->freed)
        return;
    d->freed = true;
    d->next_freed = s->first_freed;
    s->first_freed = desk;
}

void desk_settle_all(struct queue_sim *s)
{
    while (s->first_freed != NONE) {
        uint32_t desk = s->first_freed;
        s->first_freed = s->desk[desk].next_freed;
        s->desk[desk].freed = false;
        pull(s, desk);
    }
}

void desk_leave(struct queue_sim *s, uint32_t call)
{
    leave(s, call, false);
}

void desk_withdraw(struct queue_sim *s, uint32_t call, bool gave_up)
{
    leave(s, call, gave_up);
}

/* --- its own events */

static void close_desk(struct queue_sim *s, struct desk *d)
{
    while (d->resource->at_close == CLOSE_INTERRUPT && d->busy > 0) {
        uint32_t latest = d->running[0]; /* the first to come ends up at the front */
        for (uint32_t i = 1; i < d->busy; i++)
            if (s->call[d->running[i]].order > s->call[latest].order)
                latest = d->running[i];
        interrupt(s, d, latest);
    }
}

void desk_event(struct queue_sim *s, uint32_t desk)
{
    struct desk *d = &s->desk[desk];
    count(s, d);
    if (is_rate(d)) {
        fill(s, d);
        d->tokens = fmax(d->tokens, 1); /* what the event was set for */
        pull(s, desk);
        return;
    }
    bool was_open = d->hours.open;
    calendar_turn(&d->hours);
    clock_set(&s->clock, fmax(d->hours.next_s, s->clock.now_s), OWNER_OTHER, OTHER_DESK + desk);
    if (was_open && !d->hours.open)
        close_desk(s, d);
    else
        pull(s, desk);
}

void desk_clear(struct queue_sim *s)
{
    for (uint32_t r = 0; r < s->program->pipeline->n_resources; r++) {
        struct desk *d = &s->desk[r];
        const struct resource *law = &s->program->pipeline->resource[r];
        *d = (struct desk){.resource = law,
                           .servers = law->servers,
                           .first = NONE,
                           .last = NONE,
                           .heap = d->heap,
                           .heap_cap = d->heap_cap,
                           .running = d->running,
                           .tokens = fmax(law->burst, 1)};
        calendar_start(&d->hours, law, s->program->pipeline->horizon.starts_s);
        if (isfinite(d->hours.next_s))
            clock_set(&s->clock, d->hours.next_s, OWNER_OTHER, OTHER_DESK + r);
    }
    s->first_freed = NONE;
}
