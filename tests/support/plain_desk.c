/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is served when: lines, disciplines, rooms, patience, calendars, rate limits. */
#include "model/rules.h"
#include "tests/support/plain_sim_parts.h"

static const struct resource *resource_of(const struct plain *s, const struct plain_call *c)
{
    return &s->p->resource[c->resource - 1];
}

/* A resource's metrics are of the calls that ask within the horizon, whosever they are. */
static bool in_horizon(const struct plain *s)
{
    return s->now_s >= s->start_s && s->now_s < s->end_s;
}

static uint32_t in_state(const struct plain *s, uint32_t resource, enum plain_state state)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->call.len; i++)
        n += s->call.at[i].live && s->call.at[i].resource == resource + 1 &&
             s->call.at[i].state == state;
    return n;
}

static uint32_t rank_of(const struct plain *s, const struct plain_call *c)
{
    uint32_t priority = s->p->class[c->class].priority;
    return priority ? priority : UINT32_MAX;
}

static double due_s(const struct plain *s, const struct plain_call *c)
{
    const struct plain_item *item = &s->item.at[s->path.at[c->path].item];
    double after_s = s->p->leave_after_s ? s->p->leave_after_s[c->class] : 0;
    return item->entered_s + (isfinite(after_s) ? after_s : 0);
}

/* Is a served before b?  Interrupted work comes before other work of the same claim. */
static bool before(const struct plain *s, const struct plain_call *a, const struct plain_call *b)
{
    enum discipline d = resource_of(s, a)->discipline;
    if (s->broken == PLAIN_FIRST_COME)
        d = DISCIPLINE_FIFO;
    if (d == DISCIPLINE_LIFO)
        return a->order > b->order;
    if ((d == DISCIPLINE_PRIORITY || d == DISCIPLINE_PREEMPTIVE) && rank_of(s, a) != rank_of(s, b))
        return rank_of(s, a) < rank_of(s, b);
    if (d == DISCIPLINE_DEADLINE && due_s(s, a) != due_s(s, b))
        return due_s(s, a) < due_s(s, b);
    if (d == DISCIPLINE_SHORTEST && a->length_s != b->length_s)
        return a->length_s < b->length_s;
    if (a->interrupted != b->interrupted)
        return a->interrupted;
    return a->order < b->order;
}

static uint32_t first_in_line(const struct plain *s, uint32_t resource)
{
    uint32_t best = NOBODY;
    for (uint32_t i = 0; i < s->call.len; i++) {
        const struct plain_call *c = &s->call.at[i];
        if (c->live && c->resource == resource + 1 && c->state == CALL_IN_LINE &&
            (best == NOBODY || before(s, c, &s->call.at[best])))
            best = i;
    }
    return best;
}

/* Among the served of the lowest class, the one that began last. */
static uint32_t to_interrupt(const struct plain *s, uint32_t resource)
{
    uint32_t worst = NOBODY;
    for (uint32_t i = 0; i < s->call.len; i++) {
        const struct plain_call *c = &s->call.at[i], *w = &s->call.at[worst == NOBODY ? i : worst];
        if (c->live && c->resource == resource + 1 && c->state == CALL_SERVED &&
            (worst == NOBODY || rank_of(s, c) > rank_of(s, w) ||
             (rank_of(s, c) == rank_of(s, w) && c->began_s >= w->began_s)))
            worst = i;
    }
    return worst;
}

/* --- rate limits */

static double tokens_now(const struct plain *s, uint32_t resource)
{
    const struct resource *r = &s->p->resource[resource];
    const struct plain_bucket *b = &s->desk[resource].tokens;
    return fmin(r->burst, b->tokens + (s->now_s - b->filled_s) * r->rate_per_s);
}

/* When the next token will be there for one that waits; one that is there already is taken by
 * plain_serve_all. */
double plain_token_s(const struct plain *s, uint32_t resource)
{
    double missing = 1 - tokens_now(s, resource);
    if (first_in_line(s, resource) == NOBODY)
        return INFINITY;
    return missing <= 1e-9 ? INFINITY : s->now_s + missing / s->p->resource[resource].rate_per_s;
}

/* --- serving */

static uint32_t free_servers(const struct plain *s, uint32_t resource)
{
    return s->p->resource[resource].servers - in_state(s, resource, CALL_SERVED);
}

static bool may_begin(const struct plain *s, uint32_t resource)
{
    if (s->p->resource[resource].servers == 0)
        return tokens_now(s, resource) >= 1 - 1e-9;
    return (s->desk[resource].is_open || s->broken == PLAIN_BEGINS_CLOSED) &&
           (int32_t)free_servers(s, resource) > 0;
}

static void end_of_wait(struct plain *s, struct plain_call *c)
{
    double wait_s = s->now_s - c->joined_s;
    c->waited_s += wait_s;
    if (c->path != NOBODY)
        s->item.at[s->path.at[c->path].item].wait_s += wait_s;
}

static void serve(struct plain *s, uint32_t call)
{
    struct plain_call *c = &s->call.at[call];
    struct plain_desk *d = &s->desk[c->resource - 1];
    const struct resource *r = resource_of(s, c);
    end_of_wait(s, c);
    if (r->servers == 0)
        d->tokens = (struct plain_bucket){true, tokens_now(s, c->resource - 1) - 1, s->now_s};
    c->state = CALL_SERVED;
    c->began_s = s->now_s;
    c->interrupted = false;
    if (c->begun && s->broken != PLAIN_PREEMPTED_RESTARTS) {
        c->ends_s = s->now_s + c->left_s;
        double limit_s = fmax(s->now_s, c->first_s + c->numbers.timeout_s);
        if (s->broken == PLAIN_TIMEOUT_INTERRUPTED && c->ends_s > limit_s) {
            c->ends_s = limit_s;
            c->outcome = OUTCOME_TIMEOUT;
        }
        return;
    }
    c->first_s = s->now_s;
    const struct fatigue *f = &s->p->step[s->path.at[c->path].step].fatigue;
    c->tired = f->after_s > 0 && r->n_hours && s->now_s - d->opened_s >= f->after_s &&
               s->broken != PLAIN_NOT_TIRED;
    plain_call_begins(s, call);
}

/* Back into the line; who has been served once does not lose patience. */
static void interrupt(struct plain *s, uint32_t call)
{
    struct plain_call *c = &s->call.at[call];
    const struct resource *r = resource_of(s, c);
    c->left_s = c->length_s = c->ends_s - s->now_s;
    c->state = CALL_IN_LINE;
    c->interrupted = true;
    c->joined_s = s->now_s;
    c->leaves_line_s = INFINITY;
    if (r->patience && s->broken == PLAIN_PATIENCE_ANEW)
        c->leaves_line_s = s->now_s + plain_draw(s, &r->patience[c->class]);
}

static bool serve_one(struct plain *s, uint32_t resource)
{
    uint32_t next = first_in_line(s, resource), victim;
    if (next == NOBODY)
        return false;
    if (may_begin(s, resource)) {
        serve(s, next);
        return true;
    }
    if (s->p->resource[resource].discipline != DISCIPLINE_PREEMPTIVE || !s->desk[resource].is_open)
        return false;
    victim = to_interrupt(s, resource);
    if (victim == NOBODY || rank_of(s, &s->call.at[victim]) <= rank_of(s, &s->call.at[next]))
        return false;
    interrupt(s, victim);
    serve(s, next);
    return true;
}

bool plain_serve_all(struct plain *s)
{
    bool any = false;
    for (uint32_t r = 0; r < s->p->n_resources; r++)
        while (serve_one(s, r))
            any = true;
    return any;
}

static bool can_interrupt(const struct plain *s, const struct plain_call *c)
{
    uint32_t victim = to_interrupt(s, c->resource - 1);
    return resource_of(s, c)->discipline == DISCIPLINE_PREEMPTIVE &&
           s->desk[c->resource - 1].is_open && victim != NOBODY &&
           rank_of(s, &s->call.at[victim]) > rank_of(s, c);
}

void plain_ask(struct plain *s, uint32_t call)
{
    struct plain_call *c = &s->call.at[call];
    uint32_t resource = c->resource - 1, line;
    struct plain_desk *d = &s->desk[resource];
    const struct resource *r = resource_of(s, c);
    while (serve_one(s, resource)) /* who waits comes before who asks */
        ;
    line = in_state(s, resource, CALL_IN_LINE);
    bool at_once = (line == 0 && may_begin(s, resource)) || can_interrupt(s, c);
    bool rework = s->path.at[c->path].came_back && s->broken == PLAIN_ROOM_REWORK;
    c->counted = in_horizon(s);
    d->asked += c->counted;
    if (!at_once && line >= r->waiting_room && !rework) {
        d->blocked += c->counted;
        plain_no_place(s, call);
        return;
    }
    c->live = true;
    c->state = CALL_IN_LINE;
    c->order = s->order++;
    c->joined_s = s->now_s;
    bool for_ever = !c->first_copy || !r->patience ||
                    (s->path.at[c->path].came_back && s->broken == PLAIN_REWORK_PATIENT);
    c->leaves_line_s = for_ever ? INFINITY : s->now_s + plain_draw(s, &r->patience[c->class]);
    d->joined += c->counted;
    if (at_once)
        while (serve_one(s, resource))
            ;
}

void plain_leave_lines(struct plain *s, uint32_t path)
{
    for (uint32_t i = 0; i < s->call.len; i++) {
        const struct plain_call *c = &s->call.at[i];
        if (c->live && c->path == path && c->state == CALL_IN_LINE && !c->begun)
            s->desk[c->resource - 1].abandoned += c->counted;
    }
}

void plain_let_go(struct plain *s, uint32_t call)
{
    struct plain_call *c = &s->call.at[call];
    if (c->resource == 0)
        return;
    struct plain_desk *d = &s->desk[c->resource - 1];
    if (c->state == CALL_IN_LINE)
        end_of_wait(s, c);
    if (c->counted) {
        d->waited += c->waited_s > 0;
        d->in_time += c->waited_s <= resource_of(s, c)->answer_within_s;
        d->wait += c->waited_s;
        vec_push(&d->waits, c->waited_s);
        d->served += c->begun;
        d->wait_served += c->begun ? c->waited_s : 0;
    }
}

/* --- opening and closing */

/* Last come first, so that the first to come ends up in front where the last is served first. */
static void stop_work(struct plain *s, uint32_t resource)
{
    for (;;) {
        uint32_t last = NOBODY;
        for (uint32_t i = 0; i < s->call.len; i++) {
            const struct plain_call *c = &s->call.at[i];
            if (c->live && c->resource == resource + 1 && c->state == CALL_SERVED &&
                (last == NOBODY || c->order > s->call.at[last].order))
                last = i;
        }
        if (last == NOBODY)
            return;
        interrupt(s, last);
        if (s->p->resource[resource].discipline == DISCIPLINE_LIFO)
            s->call.at[last].order = s->order++;
    }
}

void plain_desk_turn(struct plain *s, uint32_t resource)
{
    const struct resource *r = &s->p->resource[resource];
    struct plain_desk *d = &s->desk[resource];
    d->is_open = !d->is_open;
    d->changes_s = plain_next_change(s, r, s->now_s);
    if (d->is_open)
        d->opened_s = s->now_s;
    else if (r->at_close == CLOSE_INTERRUPT)
        stop_work(s, resource);
}

void plain_desk_pass(struct plain *s, double until_s)
{
    double from_s = fmax(s->now_s, s->start_s), to_s = fmin(until_s, s->end_s);
    if (to_s <= from_s)
        return;
    for (uint32_t r = 0; r < s->p->n_resources; r++) {
        struct plain_desk *d = &s->desk[r];
        d->span += to_s - from_s;
        d->open += d->is_open ? s->p->resource[r].servers * (to_s - from_s) : 0;
        d->busy += d->is_open ? in_state(s, r, CALL_SERVED) * (to_s - from_s) : 0;
        d->waiting += in_state(s, r, CALL_IN_LINE) * (to_s - from_s);
    }
    s->weather_span += to_s - from_s;
    for (uint32_t e = 0; e < s->p->n_environments; e++)
        if (plain_calm(&s->p->environment[e], s->state[e]))
            s->calm_s[e] += to_s - from_s;
}
