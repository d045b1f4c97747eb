/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between the files that make visits: what becomes of a call is drawn as it begins (inline, for it
 * is asked at every attempt), and counted as it ends. */
#ifndef SEAM_SIM_QUEUE_VISIT_H
#define SEAM_SIM_QUEUE_VISIT_H

#include "sim/queue/sim.h"
#include "sim/tilt.h"

#define VISIT_INLINE static inline __attribute__((always_inline))

/* The retries of the step that the path is at. */
static inline const struct retry *retry_of(const struct queue_sim *s, const struct path *p)
{
    const struct queue_step *q = p->at;
    return q->class_retry ? &q->step->class_retry[s->item[p->item].class] : &q->step->retry;
}

/* --- a call begins */

VISIT_INLINE double latency_of(struct queue_sim *s, const struct path *p, uint32_t number,
                               const struct queue_plan *plan)
{
    if (!plan->latency.table)
        return plan->latency.value;
    uint64_t u = path_number(p, number, FOR_LATENCY);
    return law_draw(&plan->latency, s->tilt ? tilt_latency(s->tilt, p->step, plan, u) : u);
}

VISIT_INLINE enum try_end end_of(struct queue_sim *s, const struct path *p, uint32_t number,
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
VISIT_INLINE struct drawn call_draw(struct queue_sim *s, const struct path *p, uint32_t number)
{
    const struct queue_step *q = p->at;
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
    if (d.plan->cost != 0) {
        p->sums[STEP_COST] += d.plan->cost;
        s->item[p->item].cost += d.plan->cost;
    }
    return d;
}

/* --- a call ends */

/* Does the caller see that the call failed? */
static inline bool is_failure(enum try_end end)
{
    return end == TRY_ERROR || end == TRY_SEEN || end == TRY_LATE;
}

/* The outcome that an end of a try counts as. */
static inline enum outcome outcome_of(enum try_end end)
{
    static const uint8_t shown[TRY_COUNT] = {
        [TRY_ERROR] = OUTCOME_ERROR, [TRY_SEEN] = OUTCOME_MALFORMED, [TRY_LATE] = OUTCOME_TIMEOUT};
    return (enum outcome)shown[end];
}

VISIT_INLINE void count_answer(struct queue_sim *s, const struct path *p, enum try_end end,
                               double took)
{
    static const uint8_t sum[TRY_COUNT] = {
        [TRY_ERROR] = STEP_END_ERROR,      [TRY_SEEN] = STEP_END_MALFORMED,
        [TRY_UNSEEN] = STEP_END_MALFORMED, [TRY_WRONG] = STEP_END_WRONG,
        [TRY_REPAIRED] = STEP_END_OK,      [TRY_OK] = STEP_END_OK,
        [TRY_LATE] = STEP_END_LATE};
    p->sums[sum[end]]++;
    p->sums[STEP_ATTEMPT_TIME] += took;
    if (!p->at->one_latency && s->item[p->item].counts)
        intake_put(&s->tally->step[p->step].attempts, took);
}

/* --- sim/queue/call.c: calls with records of their own, and hedged attempts */

/* Begins an attempt by such a call. */
void attempt_call(struct queue_sim *s, uint32_t path);
/* The call just drawn takes so long that copies will begin: it gets a record beside theirs. */
void attempt_await_copies(struct queue_sim *s, uint32_t path);
/* Runs the attempt whose first call was just drawn, up to the call that decides it: that one is the
 * path's, and the time is its end.  False: the item's deadline comes before. */
MUST_CHECK bool attempt_race(struct queue_sim *s, struct path *p);
/* The time of an attempt's next copy has come. */
void attempt_hedge(struct queue_sim *s, uint32_t path);
/* --- sim/queue/visit.c */

/* After a failed attempt: another one, now or later, or the visit fails. */
void attempt_again(struct queue_sim *s, uint32_t path);

/* --- sim/queue/outcome.c: how a visit ends, and what follows */

/* With the good answer of an attempt. */
void visit_ok(struct queue_sim *s, uint32_t path, enum try_end end);
/* Without any answer. */
void visit_ok_at_once(struct queue_sim *s, uint32_t path);
/* With a failure: by the step's exit for those. */
void visit_fail(struct queue_sim *s, uint32_t path);
/* No place in the waiting room: by the room's own edge. */
void visit_turned_away(struct queue_sim *s, uint32_t path);

#endif
