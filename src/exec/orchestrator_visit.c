/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A visit as a small machine of states: cache, breaker, attempts (each one call, or several when
 * hedged) with backoff between them, then what was answered, and the way on. */
#include "exec/orchestrator.h"
#include "exec/tally.h"

#include <math.h>

/* Attempts that follow each other without a wait go by the clock now and then, so that they do not
 * pile up on the stack. */
enum { AT_ONCE = 16 };

/* --- the beginning */

static uint32_t given_of(struct run *r, struct run_path *p)
{
    const struct step *s = r->step[p->step].step;
    for (uint32_t i = 0; i < s->n_given; i++) {
        const struct given *g = &s->given[i];
        bool holds = g->kind == GIVEN_BAD       ? run_path_quality(r, p) == RUN_BAD
                     : g->kind == GIVEN_FAILED  ? p->flags[g->of] & FLAG_FAILED
                     : g->kind == GIVEN_WRONG   ? p->flags[g->of] & FLAG_WRONG
                     : g->kind == GIVEN_SKIPPED ? p->visits[g->of] == 0
                                                : p->item->class == g->of;
        if (holds)
            return i + 1;
    }
    return 0;
}

static void count_entry(struct run *r, struct run_path *p)
{
    const struct run_step *s = &r->step[p->step];
    struct run_item *item = p->item;
    p->before = run_path_quality(r, p);
    p->given = s->step->n_given ? given_of(r, p) : 0;
    p->visits[p->step]++;
    item->visits++;
    if (item->counts)
        run_tally_entered(r->tally, p->step, item->unit);
    if (item->reached[p->step] == REACHED_NOT)
        item->reached[p->step] = (signed char)p->before;
    if (s->entry_slot >= 0 && !p->entry[s->entry_slot].payload)
        p->entry[s->entry_slot] = run_holding_keep(&p->held);
    p->flags[p->step] = 0;
    if (s->step->kind != STEP_REVIEW)
        return;
    if (item->reviews++ == 0)
        item->reviewed_quality = p->before;
    item->was_audited |= item->audited;
    item->audited = false;
}

static bool from_cache(struct run *r, struct run_path *p)
{
    struct numbers n = *run_path_numbers(r, p);
    if (r->step[p->step].n_touches) {
        uint32_t state[ENVIRONMENTS_MAX];
        run_weather_now(r, p->item, state);
        numbers_resolve(r->pipeline, p->step, p->item->class, (int32_t)p->given - 1, state, &n);
    }
    if (rng_unit(run_number(r, p, RNG_CACHE, 0)) >= n.cache_hit.value)
        return false;
    double x = dist_quantile(&n.cache_latency, rng_unit(run_number(r, p, RNG_CACHE, 1)));
    p->cached = true;
    p->awaits = AWAITS_CACHE;
    timer_set(&r->timers, &p->timer, TIMER_PATH, p, r->now_s + x);
    return true;
}

static void attempt(struct run *r, struct run_path *p)
{
    bool probe;
    if (!run_breaker_lets(r, p, &probe)) {
        p->outcome = OUTCOME_ERROR;
        run_visit_fail(r, p);
        return;
    }
    if (p->attempts == 0)
        run_budget_earn(r, p);
    p->copies = 0;
    p->attempts++;
    p->awaits = AWAITS_NOTHING;
    if (run_call_out(r, p, true, probe))
        return;
    p->attempts--;
    if (probe)
        run_breaker_forget(r, p);
    run_route_full(r, p);
}

void run_visit_begin(struct run *r, struct run_path *p)
{
    const struct step *s = r->step[p->step].step;
    p->phase = PATH_BUSY;
    p->visit_s = r->now_s;
    p->attempts = p->number = 0;
    p->outcome = OUTCOME_OK;
    p->verdict = -1;
    p->threshold = NAN;
    p->cached = false;
    count_entry(r, p);
    if (s->kind == STEP_PARALLEL)
        run_join_fork(r, p);
    else if (!s->has_cache || !from_cache(r, p))
        attempt(r, p);
}

/* --- between attempts */

void run_attempt_again(struct run *r, struct run_path *p)
{
    const struct retry *retry = run_retry_of(r, p);
    if (!rules_retries(retry, p->outcome, p->attempts) || !run_budget_spend(r, p)) {
        run_visit_fail(r, p);
        return;
    }
    double u = 0;
    if (retry->jitter != JITTER_NONE)
        u = rng_unit(run_number(r, p, RNG_BACKOFF, p->attempts));
    double wait = rules_backoff(retry, p->attempts, u);
    if (wait <= 0 && p->attempts % AT_ONCE) {
        attempt(r, p);
        return;
    }
    p->awaits = AWAITS_BACKOFF;
    timer_set(&r->timers, &p->timer, TIMER_PATH, p, r->now_s + wait);
}

static void hedge(struct run *r, struct run_path *p)
{
    if (!run_breaker_is_closed(r, p))
        return;
    uint32_t copy = ++p->copies, most = r->step[p->step].step->hedge_copies;
    double after_s = run_path_numbers(r, p)->hedge_after_s;
    if (copy < most) { /* before the copy: it may end the visit */
        p->awaits = AWAITS_HEDGE;
        timer_set(&r->timers, &p->timer, TIMER_PATH, p,
                  fmax(p->attempt_s + after_s * (copy + 1), r->now_s));
    }
    (void)run_call_out(r, p, false, false);
}

void run_visit_event(struct run *r, struct run_path *p)
{
    enum awaits awaited = p->awaits;
    p->awaits = AWAITS_NOTHING;
    if (awaited == AWAITS_CACHE)
        run_visit_ok(r, p, NULL, NULL);
    else if (awaited == AWAITS_BACKOFF)
        attempt(r, p);
    else
        hedge(r, p);
}

/* --- the end */

void run_visit_withdraw(struct run *r, struct run_path *p, bool gave_up)
{
    while (p->calls)
        run_call_cancel(r, p->calls, gave_up);
    timer_drop(&r->timers, &p->timer);
    p->awaits = AWAITS_NOTHING;
}

void run_visit_fail(struct run *r, struct run_path *p)
{
    p->flags[p->step] |= FLAG_FAILED;
    run_route_exit(r, p, EXIT_FAIL);
}

static void take_answer(struct run *r, struct run_path *p, const struct run_call *c,
                        const struct stage_answer *a)
{
    const struct run_step *s = &r->step[p->step];
    bool by_numbers = s->stage.kind->by_numbers;
    bool spoilt = a->outcome == OUTCOME_WRONG || (a->outcome == OUTCOME_MALFORMED && a->unseen);
    if (spoilt || c->made_wrong)
        p->flags[p->step] |= FLAG_WRONG;
    if (c->job.merged.len > 0) {
        text_drop(p->held.payload);
        p->held.payload = text_new(c->job.merged.data, c->job.merged.len);
        p->held.judged = JUDGE_NOT;
    }
    p->held.real |= !by_numbers;
    p->held.spoilt |= spoilt;
    if (a->repaired)
        p->held.spoilt = false;
    else if (by_numbers && a->verdict == STAGE_EDIT)
        p->held.spoilt = true;
    if (s->step->kind == STEP_CHECK || s->step->kind == STEP_REVIEW)
        p->verdict = (int)a->verdict;
    if (!isnan(a->confidence) || s->step->has_confidence) {
        double x = fmin(fmax(a->confidence, 0), 1);
        p->confidence = isnan(a->confidence) ? NAN
                        : s->corrects        ? calibration_map_at(&s->map, x)
                                             : x;
        p->confidence_of[p->step] = p->confidence;
    }
}

void run_visit_ok(struct run *r, struct run_path *p, struct run_call *c,
                  const struct stage_answer *a)
{
    const struct step *s = r->step[p->step].step;
    p->outcome = OUTCOME_OK;
    if (c)
        take_answer(r, p, c, a);
    if (p->verdict == STAGE_REJECT)
        run_route_exit(r, p, EXIT_REJECT);
    else if (s->kind == STEP_GATE)
        run_route_gate(r, p, c ? c->numbers : run_path_numbers(r, p));
    else
        run_route_pass(r, p);
}
