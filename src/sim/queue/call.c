/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A call: one latency and one outcome, drawn when it begins (that is, at the end of its wait); the
 * state of the environments at that instant counts.  Interrupted work keeps what it drew. */
#include "sim/queue/draw.h"

#include <math.h>

const struct queue_plan *plan_in_weather(struct queue_sim *s, const struct queue_step *q,
                                         uint32_t row)
{
    uint32_t k = 0;
    for (uint32_t t = 0; t < q->n_touches; t++)
        k += q->touch[t].stride * weather_at(s, q->touch[t].environment);
    return &q->plan[(size_t)row * q->n_combinations + k];
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
    if (!first || !c->first || !s->program->step[p->step].has_hedge)
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
