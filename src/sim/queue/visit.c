/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A visit as a small machine of states: cache, breaker, attempts (each one call, or several when
 * hedged) with backoff between them, then confidence, decision, and the way on.
 *
 * Where nothing that others do can change a visit, and it changes nothing for others, the whole of
 * it is made at once, ahead of the clock: no event of others could come between.  So is the good
 * end of a visit where only its beginning (rate limit, breaker) or a failure (retry budget) meets
 * others; what it changes for them waits until its time has come (sim/queue/guard.c).  What would
 * end after the item's deadline is left to it. */
#include "sim/queue/visit.h"

/* Is there another attempt, and after how long? */
static bool tries_again(struct queue_sim *s, const struct path *p, double *wait)
{
    const struct retry *r = retry_of(s, p);
    if (!rules_retries(r, (enum outcome)p->outcome, p->attempts) ||
        !budget_spend(s, p->step, s->item[p->item].class, r))
        return false;
    double u = r->jitter == JITTER_NONE ? 0 : rng_unit(path_number(p, p->attempts, FOR_BACKOFF));
    *wait = rules_backoff(r, p->attempts, u);
    return true;
}

/* Goes ahead of the clock by so much, unless the item's deadline comes first: its event ends it. */
VISIT_INLINE bool runs_on(struct queue_sim *s, const struct path *p, double span_s)
{
    s->clock.now_s += span_s;
    return s->clock.now_s < s->item[p->item].leaves_s;
}

/* After a failed attempt.  True: the next one begins at once. */
static bool goes_on(struct queue_sim *s, uint32_t path)
{
    struct path *p = &s->path[path];
    double wait;
    if (!tries_again(s, p, &wait)) {
        visit_fail(s, path);
        return false;
    }
    if (!(wait > 0))
        return true;
    if (p->at->begins)
        return runs_on(s, p, wait);
    p->awaits = AWAITS_BACKOFF;
    clock_set(&s->clock, s->clock.now_s + wait, OWNER_PATH, path);
    return false;
}

/* --- attempts that are single calls and begin at once: they need no records of their own, and no
 * events either where they may end ahead of the clock */

/* An attempt is over.  True: another one begins at once. */
VISIT_INLINE bool answered(struct queue_sim *s, uint32_t path, struct path *p)
{
    const struct queue_step *q = p->at;
    enum try_end end = (enum try_end)p->end;
    count_answer(s, p, end, p->took_s);
    if (q->has_breaker && s->clock.now_s > s->clock.event_s && !q->alone)
        breaker_note_ok(s, p->step);
    else if (q->has_breaker)
        breaker_note(s, p->step, p->probe, is_failure(end));
    if (is_failure(end)) {
        p->outcome = (uint8_t)outcome_of(end);
        return goes_on(s, path);
    }
    visit_ok(s, path, end);
    return false;
}

/* False: the breaker is open. */
VISIT_INLINE bool draw_simple(struct queue_sim *s, struct path *p)
{
    const struct queue_step *q = p->at;
    p->probe = false;
    if (q->has_breaker && !breaker_lets(s, p->step, &p->probe))
        return false;
    if (q->has_budget && p->attempts == 0)
        budget_earn(s, p->step, s->item[p->item].class, retry_of(s, p));
    p->attempts++;
    struct drawn d = call_draw(s, p, p->number++);
    p->plan = d.plan;
    p->tired = d.tired;
    p->end = (uint8_t)d.end;
    p->took_s = d.took_s;
    return true;
}

VISIT_INLINE void attempt_simple(struct queue_sim *s, uint32_t path, struct path *p)
{
    const struct queue_step *q = p->at;
    do {
        if (!draw_simple(s, p)) {
            p->outcome = OUTCOME_ERROR;
            visit_fail(s, path);
            return;
        }
        double span_s = p->took_s;
        if (q->has_hedge && span_s > p->plan->hedge_after_s) {
            if (!q->races) {
                attempt_await_copies(s, path);
                return;
            }
            if (!attempt_race(s, p))
                return;
            span_s = 0;
        }
        if (!q->alone && (!q->ahead || p->probe || is_failure((enum try_end)p->end))) {
            p->awaits = AWAITS_ANSWER;
            clock_set(&s->clock, s->clock.now_s + span_s, OWNER_PATH, path);
            return;
        }
        if (!runs_on(s, p, span_s))
            return;
    } while (answered(s, path, p) && !sim_stopped(s));
}

VISIT_INLINE void attempt_here(struct queue_sim *s, uint32_t path, struct path *p)
{
    if (p->at->simple || (p->at->by_rate && desk_passes(s, p->at->desk - 1)))
        attempt_simple(s, path, p);
    else
        attempt_call(s, path);
}

static void attempt(struct queue_sim *s, uint32_t path)
{
    attempt_here(s, path, &s->path[path]);
}

void attempt_again(struct queue_sim *s, uint32_t path)
{
    if (goes_on(s, path))
        attempt(s, path);
}

void visit_event(struct queue_sim *s, uint32_t path)
{
    struct path *p = &s->path[path];
    uint8_t awaited = p->awaits;
    p->awaits = AWAITS_NOTHING;
    switch (awaited) {
    case AWAITS_CACHE:
        visit_ok_at_once(s, path);
        break;
    case AWAITS_BACKOFF:
        attempt(s, path);
        break;
    case AWAITS_VISIT:
        visit_begin(s, path);
        break;
    case AWAITS_ANSWER:
        if (answered(s, path, p))
            attempt(s, path);
        break;
    default:
        attempt_hedge(s, path);
    }
}

/* --- the beginning of a visit */

static int32_t given_of(const struct queue_sim *s, uint32_t path)
{
    const struct path *p = &s->path[path];
    const struct step *step = p->at->step;
    const uint8_t *flags = path_flags(s, path);
    for (uint32_t i = 0; i < step->n_given; i++) {
        const struct given *g = &step->given[i];
        bool holds = g->kind == GIVEN_BAD       ? !p->good
                     : g->kind == GIVEN_FAILED  ? flags[g->of] & FLAG_FAILED
                     : g->kind == GIVEN_WRONG   ? flags[g->of] & FLAG_WRONG
                     : g->kind == GIVEN_SKIPPED ? path_visits(s, path)[g->of] == 0
                                                : s->item[p->item].class == g->of;
        if (holds)
            return (int32_t)i;
    }
    return -1;
}

/* Counts the visit, and makes the path one that makes it. */
VISIT_INLINE void count_entry(struct queue_sim *s, uint32_t path, struct path *p,
                              const struct queue_step *q)
{
    const struct queue_program *g = s->program;
    struct item *item = &s->item[p->item];
    size_t row = item->class;
    if (q->has_given)
        row += (size_t)(given_of(s, path) + 1) * g->n_classes;
    p->row = &q->plan[row * q->n_combinations];
    uint32_t visit = ++path_visits(s, path)[p->step];
    p->stream = stream_of(p->step, visit);
    p->sums = item->sums + s->tally->at.step + p->step * STEP_SUMS;
    p->sums[STEP_VISITS]++;
    item->visits++;
    if (q->kind == STEP_REVIEW && item->reviews++ == 0)
        item->reviewed_bad = !p->good;
    uint8_t *flags = &path_flags(s, path)[p->step];
    bool bad_first = visit == 1 && !p->good;
    item->was_bad |= bad_first;
    if (q->entry_slot >= 0 && path_entries(s, path)[q->entry_slot] == ENTRY_UNSET)
        path_entries(s, path)[q->entry_slot] = p->good ? ENTRY_GOOD : ENTRY_BAD;
    *flags = bad_first ? FLAG_BAD : *flags & FLAG_BAD;
}

/* The visit of a gate that takes no time and cannot fail. */
static void pass_at_once(struct queue_sim *s, uint32_t path)
{
    struct path *p = &s->path[path];
    p->plan = plan_of(s, p);
    p->attempts = 1;
    p->sums[STEP_ATTEMPTS]++;
    p->sums[STEP_COST] += p->plan->cost;
    s->item[p->item].cost += p->plan->cost;
    count_answer(s, p, TRY_OK, 0);
    visit_ok_at_once(s, path);
}

/* False: the cache has it not. */
static bool from_cache(struct queue_sim *s, uint32_t path)
{
    struct path *p = &s->path[path];
    p->plan = plan_of(s, p);
    if (path_number(p, 0, FOR_CACHE) >= p->plan->hit_below)
        return false;
    double x = law_draw(&p->plan->cache_latency, path_number(p, 0, FOR_CACHE_LATENCY));
    if (p->at->ahead) {
        if (runs_on(s, p, x))
            visit_ok_at_once(s, path);
        return true;
    }
    p->awaits = AWAITS_CACHE;
    clock_set(&s->clock, s->clock.now_s + x, OWNER_PATH, path);
    return true;
}

void visit_begin(struct queue_sim *s, uint32_t path)
{
    struct path *p = &s->path[path];
    const struct queue_step *q = &s->program->step[p->step];
    p->at = q;
    p->phase = PHASE_BUSY;
    p->visit_s = s->clock.now_s;
    p->attempts = p->number = 0;
    p->tired = false;
    p->outcome = OUTCOME_OK;
    count_entry(s, path, p, q);
    p->plan = p->row;
    if (q->kind == STEP_PARALLEL)
        join_fork(s, path);
    else if (q->instant)
        pass_at_once(s, path);
    else if (!q->has_cache || !from_cache(s, path))
        attempt_here(s, path, p);
}

void visit_later(struct queue_sim *s, uint32_t path, double at_s)
{
    s->path[path].phase = PHASE_BUSY;
    s->path[path].awaits = AWAITS_VISIT;
    clock_set(&s->clock, at_s, OWNER_PATH, path);
}
