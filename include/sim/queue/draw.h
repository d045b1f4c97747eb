/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of a call of the general engine, drawn as it begins; inline, for it is asked at
 * every attempt. */
#ifndef SEAM_SIM_QUEUE_DRAW_H
#define SEAM_SIM_QUEUE_DRAW_H

#include "sim/queue/sim.h"
#include "sim/tilt.h"

static inline double latency_of(struct queue_sim *s, const struct path *p, uint32_t number,
                                const struct queue_plan *plan)
{
    if (!plan->latency.table)
        return plan->latency.value;
    uint64_t u = path_number(p, number, FOR_LATENCY);
    return law_draw(&plan->latency, s->tilt ? tilt_latency(s->tilt, p->step, plan, u) : u);
}

static inline enum try_end end_of(struct queue_sim *s, const struct path *p, uint32_t number,
                                  const struct queue_plan *plan)
{
    if (!plan->uncertain)
        return TRY_OK;
    uint64_t u = path_number(p, number, FOR_OUTCOME);
    if (s->tilt)
        u = tilt_outcome(s->tilt, p->step, plan, u);
    if (u >= plan->cut[CUT_COUNT - 1])
        return (enum try_end)(TRY_ERROR + CUT_COUNT);
    int end = TRY_ERROR;
    for (int i = 0; i < CUT_COUNT; i++)
        end += u >= plan->cut[i];
    return (enum try_end)end;
}

/* What becomes of a call. */
struct drawn {
    const struct queue_plan *plan;
    double took_s;
    enum try_end end;
    bool tired;
};
/* Draws what becomes of the path's call `number` that begins now, and counts it. */
static inline struct drawn call_draw(struct queue_sim *s, const struct path *p, uint32_t number)
{
    const struct queue_step *q = &s->program->step[p->step];
    struct drawn d = {.plan = plan_of(s, p), .end = TRY_LATE};
    double x = latency_of(s, p, number, d.plan);
    if (q->tires &&
        calendar_tired(&s->desk[q->desk - 1].hours, s->clock.now_s, q->step->fatigue.after_s)) {
        d.tired = true;
        x *= q->step->fatigue.slower;
    }
    if (x > d.plan->limit_s)
        x = d.plan->limit_s;
    else
        d.end = end_of(s, p, number, d.plan);
    d.took_s = x;
    p->sums[STEP_ATTEMPTS]++;
    p->sums[STEP_COST] += d.plan->cost;
    s->item[p->item].cost += d.plan->cost;
    return d;
}

#endif
