/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls with records of their own, at desks and of hedged attempts: one latency and one outcome,
 * drawn when it begins (that is, at the end of its wait); the state of the environments at that
 * instant counts.  Interrupted work keeps what it drew. */
#include "sim/queue/visit.h"

#include <math.h>

const struct queue_plan *plan_in_weather(struct queue_sim *s, const struct path *p)
{
    const struct queue_step *q = p->at;
    uint32_t k = 0;
    for (uint32_t t = 0; t < q->n_touches; t++)
        k += q->touch[t].stride * weather_at(s, q->touch[t].environment);
    return &p->row[k];
}

double call_length(struct queue_sim *s, uint32_t call)
{
    const struct call *c = &s->call[call];
    const struct path *p = &s->path[c->path];
    const struct queue_plan *plan = plan_of(s, p);
    return fmin(latency_of(s, p, c->number, plan), plan->limit_s);
}

void call_begin(struct queue_sim *s, uint32_t call)
{
    struct call *c = &s->call[call];
    double now = s->clock.now_s;
    bool first = !c->started;
    if (first) {
        struct drawn d = call_draw(s, &s->path[c->path], c->number);
        c->plan = d.plan;
        c->left_s = c->took_s = d.took_s;
        c->end = (uint8_t)d.end;
        c->tired = d.tired;
        c->started = true;
    }
    c->state = CALL_RUNNING;
    c->interrupted = false;
    c->since_s = now;
    clock_set(&s->clock, now + c->left_s, OWNER_CALL, call);
    struct path *p = &s->path[c->path];
    if (!first || !c->first || !p->at->has_hedge)
        return;
    p->attempt_s = now;
    p->awaits = AWAITS_HEDGE;
    clock_set(&s->clock, now + c->plan->hedge_after_s, OWNER_PATH, c->path);
}

void call_stop(struct queue_sim *s, uint32_t call)
{
    struct call *c = &s->call[call];
    clock_drop(&s->clock, OWNER_CALL, call);
    c->left_s = fmax(c->left_s - (s->clock.now_s - c->since_s), 0);
    c->since_s = s->clock.now_s;
    c->state = CALL_WAITING;
    c->interrupted = true;
}

/* --- those of a path */

static void link_call(struct queue_sim *s, uint32_t path, uint32_t call)
{
    struct path *p = &s->path[path];
    s->call[call].next = p->calls;
    if (p->calls != NONE)
        s->call[p->calls].previous = call;
    p->calls = call;
    p->n_calls++;
}

static void unlink_call(struct queue_sim *s, uint32_t call)
{
    const struct call *c = &s->call[call];
    struct path *p = &s->path[c->path];
    if (c->previous != NONE)
        s->call[c->previous].next = c->next;
    else
        p->calls = c->next;
    if (c->next != NONE)
        s->call[c->next].previous = c->previous;
    p->n_calls--;
    call_free(s, call);
}

/* One more call of the attempt.  False: the room was full, and there is no such call. */
static bool call_out(struct queue_sim *s, uint32_t path, bool first, bool probe)
{
    uint32_t call = call_new(s);
    struct call *c = &s->call[call];
    struct path *p = &s->path[path];
    uint32_t desk = p->at->desk;
    c->path = path;
    c->item = p->item;
    c->number = p->number++;
    c->first = first;
    c->probe = probe;
    c->desk = desk - 1; /* NONE: 0 - 1 */
    link_call(s, path, call);
    if (!desk) {
        call_begin(s, call);
        return true;
    }
    if (desk_ask(s, call, first) != ASKED_FULL)
        return true;
    unlink_call(s, call);
    return false;
}

void attempt_call(struct queue_sim *s, uint32_t path)
{
    struct path *p = &s->path[path];
    const struct queue_step *q = p->at;
    bool probe = false;
    if (q->has_breaker && !breaker_lets(s, p->step, &probe)) {
        p->outcome = OUTCOME_ERROR;
        visit_fail(s, path);
        return;
    }
    if (q->has_budget && p->attempts == 0)
        budget_earn(s, p->step, s->item[p->item].class, retry_of(s, p));
    p->copies = 0;
    p->awaits = AWAITS_NOTHING;
    if (call_out(s, path, true, probe)) {
        s->path[path].attempts++;
        return;
    }
    if (probe)
        breaker_forget(s, s->path[path].step);
    visit_turned_away(s, path);
}

void visit_withdraw(struct queue_sim *s, uint32_t path, bool gave_up)
{
    struct path *p = &s->path[path];
    while (p->calls != NONE) {
        uint32_t call = p->calls;
        struct call *c = &s->call[call];
        bool running = c->state == CALL_RUNNING;
        if (c->probe)
            breaker_forget(s, p->step);
        if (running)
            clock_drop(&s->clock, OWNER_CALL, call);
        if (c->desk != NONE)
            desk_withdraw(s, call, gave_up);
        unlink_call(s, call);
    }
    if (p->awaits == AWAITS_ANSWER && p->probe)
        breaker_forget(s, p->step);
    if (p->awaits)
        clock_drop(&s->clock, OWNER_PATH, path);
    p->awaits = AWAITS_NOTHING;
}

void visit_call_done(struct queue_sim *s, uint32_t call)
{
    struct call *c = &s->call[call];
    uint32_t path = c->path;
    struct path *p = &s->path[path];
    const struct queue_step *q = p->at;
    enum try_end end = (enum try_end)c->end;
    bool failed = is_failure(end);
    if (q->desk)
        desk_leave(s, call);
    if (q->has_breaker)
        breaker_note(s, p->step, c->probe, failed);
    p->plan = c->plan;
    p->tired = c->tired;
    count_answer(s, p, end, c->took_s);
    unlink_call(s, call);
    p->outcome = (uint8_t)outcome_of(end);
    if (failed && p->n_calls > 0)
        return;
    if (p->n_calls > 0 || p->awaits)
        visit_withdraw(s, path, false);
    if (!failed)
        visit_ok(s, path, end);
    else
        attempt_again(s, path);
}

/* --- hedged attempts */

void attempt_await_copies(struct queue_sim *s, uint32_t path)
{
    uint32_t call = call_new(s);
    struct call *c = &s->call[call];
    struct path *p = &s->path[path];
    c->path = path;
    c->item = p->item;
    c->number = p->number - 1;
    c->first = true;
    c->probe = p->probe;
    c->desk = NONE;
    c->plan = p->plan;
    c->left_s = c->took_s = p->took_s;
    c->end = p->end;
    c->tired = p->tired;
    c->started = true;
    link_call(s, path, call);
    call_begin(s, call);
    p->copies = 0;
    p->attempt_s = s->clock.now_s;
    p->awaits = AWAITS_HEDGE;
    clock_set(&s->clock, s->clock.now_s + p->plan->hedge_after_s, OWNER_PATH, path);
}

void attempt_hedge(struct queue_sim *s, uint32_t path)
{
    struct path *p = &s->path[path];
    if (p->at->has_breaker && !breaker_is_closed(s, p->step))
        return;
    p->copies++;
    (void)call_out(s, path, false, false);
    p = &s->path[path];
    if (p->copies >= p->at->step->hedge_copies)
        return;
    p->awaits = AWAITS_HEDGE;
    double after = plan_of(s, p)->hedge_after_s * (p->copies + 1);
    clock_set(&s->clock, fmax(p->attempt_s + after, s->clock.now_s), OWNER_PATH, path);
}

/* --- a race: the calls of a hedged attempt, where nothing of others can come between */

struct racer {
    struct drawn call;
    double ends_s;
};

/* Takes out the call that ends first; of several the one that began first. */
static struct racer first_to_end(struct racer *r, uint32_t *n)
{
    uint32_t first = 0;
    for (uint32_t i = 1; i < *n; i++)
        first = r[i].ends_s < r[first].ends_s ? i : first;
    struct racer out = r[first];
    --*n;
    for (uint32_t i = first; i < *n; i++)
        r[i] = r[i + 1];
    return out;
}

static double next_end(const struct racer *r, uint32_t n)
{
    double least = r[0].ends_s;
    for (uint32_t i = 1; i < n; i++)
        least = fmin(least, r[i].ends_s);
    return least;
}

static void take_decision(struct path *p, const struct drawn *d)
{
    p->plan = d->plan;
    p->tired = d->tired;
    p->end = (uint8_t)d->end;
    p->took_s = d->took_s;
}

bool attempt_race(struct queue_sim *s, struct path *p)
{
    const uint32_t most = p->at->step->hedge_copies;
    const double began_s = s->clock.now_s;
    struct racer racer[RACERS] = {
        {{p->plan, p->took_s, (enum try_end)p->end, p->tired}, began_s + p->took_s}
    };
    double copy_s = began_s + p->plan->hedge_after_s;
    uint32_t n = 1, copies = 0;
    for (;;) {
        double end_s = next_end(racer, n);
        s->clock.now_s = fmin(copy_s, end_s);
        if (!(s->clock.now_s < s->item[p->item].leaves_s))
            return false;
        if (copy_s < end_s) {
            struct drawn d = call_draw(s, p, p->number++);
            racer[n++] = (struct racer){d, copy_s + d.took_s};
            copies++;
            double after_s = plan_of(s, p)->hedge_after_s * (copies + 1);
            copy_s = copies < most ? fmax(began_s + after_s, copy_s) : INFINITY;
            continue;
        }
        struct drawn d = first_to_end(racer, &n).call;
        if (n == 0 || !is_failure(d.end)) {
            take_decision(p, &d);
            return true;
        }
        count_answer(s, p, d.end, d.took_s);
    }
}
