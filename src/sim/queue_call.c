/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A call: one latency and one outcome, drawn when it begins (that is, at the end of its wait); the
 * state of the environments at that instant counts.  Interrupted work keeps what it drew. */
#include "sim/queue_sim.h"

#include <math.h>

const struct queue_plan *plan_of(struct queue_sim *s, const struct path *p)
{
    const struct queue_step *q = &s->program->step[p->step];
    uint32_t kind = (uint32_t)(p->given + 1), k = 0;
    for (uint32_t t = 0; t < q->n_touches; t++)
        k += q->touch[t].stride * weather_at(s, q->touch[t].environment);
    uint32_t row = kind * s->program->n_classes + s->item[p->item].class;
    return &q->plan[(size_t)row * q->n_combinations + k];
}

static double latency_of(struct queue_sim *s, const struct call *c, const struct path *p,
                         const struct queue_plan *plan, bool tired)
{
    double x = plan->latency.value;
    if (plan->latency.table)
        x = law_draw(&plan->latency, number_of(p->key, p->step, path_visits(s, c->path)[p->step],
                                               c->number, FOR_LATENCY));
    return tired ? x * s->program->step[p->step].step->fatigue.slower : x;
}

static enum try_end end_of(struct queue_sim *s, const struct call *c, const struct path *p,
                           const struct queue_plan *plan)
{
    if (!plan->uncertain)
        return TRY_OK;
    uint64_t u =
        number_of(p->key, p->step, path_visits(s, c->path)[p->step], c->number, FOR_OUTCOME);
    int end = TRY_ERROR;
    for (int i = 0; i < CUT_COUNT; i++)
        end += u >= plan->cut[i];
    return (enum try_end)end;
}

double call_length(struct queue_sim *s, uint32_t call)
{
    const struct call *c = &s->call[call];
    const struct path *p = &s->path[c->path];
    const struct queue_plan *plan = plan_of(s, p);
    return fmin(latency_of(s, c, p, plan, false), plan->limit_s);
}

void call_draw(struct queue_sim *s, struct call *c, const struct path *p)
{
    const struct queue_step *q = &s->program->step[p->step];
    const struct item *item = &s->item[p->item];
    const struct queue_plan *plan = plan_of(s, p);
    double *u = tally_unit(s->tally, item->unit) + s->tally->at.step + p->step * STEP_SUMS;
    double after = q->step->fatigue.after_s;
    c->tired = after > 0 && q->desk && calendar_tired(s, &s->desk[q->desk - 1], after);
    double x = latency_of(s, c, p, plan, c->tired);
    bool late = x > plan->limit_s;
    c->plan = plan;
    c->end = (uint8_t)(late ? TRY_LATE : end_of(s, c, p, plan));
    c->left_s = c->took_s = late ? plan->limit_s : x;
    u[STEP_ATTEMPTS]++;
    u[STEP_COST] += plan->cost;
    s->item[p->item].cost += plan->cost;
}

void call_begin(struct queue_sim *s, uint32_t call)
{
    struct call *c = &s->call[call];
    struct path *p = &s->path[c->path];
    bool first = !c->started;
    if (first) {
        call_draw(s, c, p);
        c->started = true;
    }
    c->state = CALL_RUNNING;
    c->interrupted = false;
    c->since_s = s->clock.now_s;
    clock_set(&s->clock, s->clock.now_s + c->left_s, OWNER_CALL, call);
    if (!first || !c->first || s->program->step[p->step].step->hedge_copies == 0)
        return;
    p->attempt_s = s->clock.now_s;
    p->awaits = AWAITS_HEDGE;
    clock_set(&s->clock, s->clock.now_s + c->plan->hedge_after_s, OWNER_PATH, c->path);
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
