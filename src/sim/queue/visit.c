/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A visit as a small machine of states: cache, breaker, attempts (each one call, or several when
 * hedged) with backoff between them, then confidence, decision, and the way on.
 *
 * Where nothing is shared (no resource, breaker, budget, hedge, environment of all items) the whole
 * visit is made at once, ahead of the clock: no event of others could come between.  Where only its
 * beginning or a failure meets others (environment, budget) that is so for its good end.  What
 * would end after the item's deadline is left to it. */
#include "sim/queue/draw.h"

#include <math.h>

static inline const struct queue_step *step_of(const struct queue_sim *s, const struct path *p)
{
    return &s->program->step[p->step];
}

static inline const struct retry *retry_of(const struct queue_sim *s, const struct path *p)
{
    const struct queue_step *q = step_of(s, p);
    return q->class_retry ? &q->step->class_retry[s->item[p->item].class] : &q->step->retry;
}

/* --- the end of a visit */

static inline __attribute__((always_inline)) void close_visit(struct queue_sim *s, uint32_t path,
                                                              bool ok)
{
    struct path *p = &s->path[path];
    double took = s->clock.now_s - p->visit_s;
    const struct queue_plan *plan = p->plan ? p->plan : step_of(s, p)->plan;
    p->awaits = AWAITS_NOTHING;
    p->sums[STEP_VISIT_ENDS + ok * 2 + (p->attempts > 1)]++;
    p->sums[STEP_VISIT_TIME] += took;
    if (!within_s(s, took, plan->budget_s))
        p->sums[STEP_OVER]++;
    if (s->item[p->item].counts)
        tally_visit(s->tally, s->item[p->item].unit, p->step, took);
    if (!ok)
        path_flags(s, path)[p->step] |= FLAG_FAILED;
}

void visit_close(struct queue_sim *s, uint32_t path, bool ok)
{
    close_visit(s, path, ok);
}

static void visit_fail(struct queue_sim *s, uint32_t path)
{
    close_visit(s, path, false);
    route_take(s, path, s->program->step[s->path[path].step].exit[QUEUE_FAIL]);
}

static void pass_gate(struct queue_sim *s, uint32_t path)
{
    struct path *p = &s->path[path];
    const struct queue_step *q = &s->program->step[p->step];
    const struct queue_plan *plan = p->plan;
    int32_t of = q->step->gate_of;
    double c = of < 0 ? p->confidence : path_confidences(s, path)[of];
    double low = plan->threshold, high = q->step->bands ? plan->threshold_high : low;
    c = (double)(float)c;
    if (q->step->draws_threshold) {
        uint64_t u = item_number(&s->item[p->item], p->step, FOR_THRESHOLD);
        low = high = (double)(float)law_draw(&plan->threshold_law, u);
    }
    enum queue_exit exit = rules_gate_ships(c, high)                    ? QUEUE_ABOVE
                           : q->step->bands && rules_gate_ships(c, low) ? QUEUE_BETWEEN
                                                                        : QUEUE_BELOW;
    if (exit == QUEUE_ABOVE && q->step->audit.present) {
        double share = audit_probability(q->step->audit.design, plan->audit, c, high);
        if (rng_unit(path_number(p, 0, FOR_AUDIT)) < share)
            exit = QUEUE_AUDIT;
        s->item[p->item].audited = exit == QUEUE_AUDIT;
    }
    route_take(s, path, q->exit[exit]);
}

static void give_confidence(struct queue_sim *s, uint32_t path)
{
    struct path *p = &s->path[path];
    if (!step_of(s, p)->keeps_confidence)
        return;
    uint64_t u = path_number(p, 0, FOR_CONFIDENCE);
    if (s->tilt)
        u = tilt_confidence(s->tilt, p->step, u);
    p->confidence = law_draw(&p->plan->confidence[p->good], u);
    path_confidences(s, path)[p->step] = p->confidence;
}

/* A reviewer's verdict is a label. */
static void note_label(struct queue_sim *s, uint32_t path, bool caught, bool change)
{
    struct label_sink *l = s->labels;
    const struct path *p = &s->path[path];
    uint32_t whose = s->item[p->item].audited ? LABELS_AUDIT : LABELS_REVIEW;
    s->item[p->item].audited = false;
    if (!(l->whose & whose) || s->clock.now_s < l->from_s || !(s->clock.now_s < l->upto_s))
        return;
    l->n++;
    l->mended += change && !p->good;
    for (uint32_t k = 0; k < l->n_asked; k++) {
        double c = path_confidences(s, path)[l->asked[k]];
        if (!isnan(c))
            vec_push(&l->rows[k].list,
                     ((struct scored){.confidence = c, .weight = 1, .correct = !caught}));
    }
}

static void decide(struct queue_sim *s, uint32_t path)
{
    struct path *p = &s->path[path];
    const struct queue_plan *plan = p->plan;
    const uint64_t *changes = p->tired ? plan->tired_change_below : plan->change_below;
    const uint64_t *rejects = p->tired ? plan->tired_reject_below : plan->reject_below;
    uint64_t u = path_number(p, 0, FOR_DECISION);
    if (s->tilt)
        u = tilt_decision(s->tilt, p->step, changes[p->good], rejects[p->good], u);
    bool change = u < changes[p->good], caught = u < rejects[p->good];
    p->sums[STEP_CAUGHT] += caught;
    if (s->labels && s->program->step[p->step].kind == STEP_REVIEW)
        note_label(s, path, caught, change);
    p->good = p->good != change;
    give_confidence(s, path); /* of the quality that the decision left */
    if (caught && !change)
        route_take(s, path, s->program->step[p->step].exit[QUEUE_REJECT]);
    else
        route_pass(s, path);
}

/* The visit ended visibly ok. */
static void visit_ok(struct queue_sim *s, uint32_t path)
{
    struct path *p = &s->path[path];
    const struct queue_step *q = &s->program->step[p->step];
    close_visit(s, path, true);
    if (q->keeps_confidence && q->kind != STEP_CHECK && q->kind != STEP_REVIEW)
        give_confidence(s, path);
    switch (q->kind) {
    case STEP_GATE:
        pass_gate(s, path);
        break;
    case STEP_CHECK:
    case STEP_REVIEW:
        decide(s, path);
        break;
    default:
        if (q->step->n_ways == 0)
            route_take(s, path, q->exit[QUEUE_PASS]);
        else
            route_pass(s, path);
    }
}

/* --- attempts */

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
    uint32_t desk = step_of(s, p)->desk;
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

/* No place in the waiting room: the visit ends by the room's own edge. */
static void turn_away(struct queue_sim *s, uint32_t path)
{
    close_visit(s, path, false);
    route_take(s, path, s->program->step[s->path[path].step].exit[QUEUE_FULL]);
}

static void attempt_call(struct queue_sim *s, uint32_t path)
{
    struct path *p = &s->path[path];
    const struct queue_step *q = step_of(s, p);
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
    turn_away(s, path);
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

/* Is there another attempt, and after how long? */
static bool tries_again(struct queue_sim *s, uint32_t path, double *wait)
{
    struct path *p = &s->path[path];
    const struct retry *r = retry_of(s, p);
    if (!rules_retries(r, (enum outcome)p->outcome, p->attempts) ||
        !budget_spend(s, p->step, s->item[p->item].class, r))
        return false;
    double u = r->jitter == JITTER_NONE ? 0 : rng_unit(path_number(p, p->attempts, FOR_BACKOFF));
    *wait = rules_backoff(r, p->attempts, u);
    return true;
}

/* Goes ahead of the clock by so much, unless the item's deadline comes first: its event ends it. */
static bool runs_on(struct queue_sim *s, const struct path *p, double span_s)
{
    s->clock.now_s += span_s;
    return s->clock.now_s < s->item[p->item].leaves_s;
}

/* After a failed attempt.  True: the next one begins at once. */
static bool goes_on(struct queue_sim *s, uint32_t path)
{
    struct path *p = &s->path[path];
    double wait;
    if (!tries_again(s, path, &wait)) {
        visit_fail(s, path);
        return false;
    }
    if (!(wait > 0))
        return true;
    if (step_of(s, p)->begins)
        return runs_on(s, p, wait);
    p->awaits = AWAITS_BACKOFF;
    clock_set(&s->clock, s->clock.now_s + wait, OWNER_PATH, path);
    return false;
}

static const enum step_sum end_sum[TRY_COUNT] = {
    [TRY_ERROR] = STEP_END_ERROR,      [TRY_SEEN] = STEP_END_MALFORMED,
    [TRY_UNSEEN] = STEP_END_MALFORMED, [TRY_WRONG] = STEP_END_WRONG,
    [TRY_REPAIRED] = STEP_END_OK,      [TRY_OK] = STEP_END_OK,
    [TRY_LATE] = STEP_END_LATE};
static const enum outcome shown[TRY_COUNT] = {
    [TRY_ERROR] = OUTCOME_ERROR, [TRY_SEEN] = OUTCOME_MALFORMED, [TRY_LATE] = OUTCOME_TIMEOUT};

static inline void count_answer(struct queue_sim *s, const struct path *p,
                                const struct queue_step *q, enum try_end end, double took)
{
    p->sums[end_sum[end]]++;
    p->sums[STEP_ATTEMPT_TIME] += took;
    if (!q->one_latency && s->item[p->item].counts)
        values_put(&s->tally->step[p->step].attempts, took);
}

static inline __attribute__((always_inline)) void attempt_ok(struct queue_sim *s, uint32_t path,
                                                             enum try_end end)
{
    struct path *p = &s->path[path];
    bool spoilt = end == TRY_WRONG || end == TRY_UNSEEN;
    if (spoilt)
        path_flags(s, path)[p->step] |= FLAG_WRONG;
    p->good = spoilt ? false : end == TRY_REPAIRED ? true : p->good;
    p->outcome = OUTCOME_OK;
    visit_ok(s, path);
}

static bool is_failure(enum try_end end)
{
    return end == TRY_ERROR || end == TRY_SEEN || end == TRY_LATE;
}

/* An attempt is over.  True: another one begins at once. */
static inline __attribute__((always_inline)) bool answered(struct queue_sim *s, uint32_t path)
{
    struct path *p = &s->path[path];
    const struct queue_step *q = step_of(s, p);
    enum try_end end = (enum try_end)p->end;
    count_answer(s, p, q, end, p->took_s);
    if (q->has_breaker && s->clock.now_s > s->clock.event_s && !q->alone)
        breaker_note_ok(s, p->step);
    else if (q->has_breaker)
        breaker_note(s, p->step, p->probe, is_failure(end));
    p->outcome = (uint8_t)shown[end];
    if (is_failure(end))
        return goes_on(s, path);
    attempt_ok(s, path, end);
    return false;
}

/* False: the breaker is open. */
static bool draw_simple(struct queue_sim *s, struct path *p, const struct queue_step *q)
{
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

/* The call just drawn takes so long that copies will begin: it gets a record beside theirs. */
static void await_copies(struct queue_sim *s, uint32_t path)
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

/* Runs the attempt whose first call was just drawn, up to the call that decides it: that one is the
 * path's.  False: the item's deadline comes before. */
static bool race(struct queue_sim *s, struct path *p)
{
    const struct queue_step *q = step_of(s, p);
    const double began_s = s->clock.now_s, after_s = p->plan->hedge_after_s;
    struct racer racer[RACERS] = {
        {{p->plan, p->took_s, (enum try_end)p->end, p->tired}, began_s + p->took_s}
    };
    uint32_t n = 1, copies = 0;
    for (;;) {
        double copy_s =
            copies < q->step->hedge_copies ? began_s + after_s * (copies + 1) : INFINITY;
        double end_s = next_end(racer, n);
        s->clock.now_s = fmin(copy_s, end_s);
        if (!(s->clock.now_s < s->item[p->item].leaves_s))
            return false;
        if (copy_s < end_s) {
            struct drawn d = call_draw(s, p, p->number++);
            racer[n++] = (struct racer){d, s->clock.now_s + d.took_s};
            copies++;
            continue;
        }
        struct drawn d = first_to_end(racer, &n).call;
        if (n > 0 && is_failure(d.end)) {
            count_answer(s, p, q, d.end, d.took_s);
            continue;
        }
        p->plan = d.plan;
        p->tired = d.tired;
        p->end = (uint8_t)d.end;
        p->took_s = d.took_s;
        return true;
    }
}

/* Attempts that are single calls and begin at once: they need no records of their own, and no
 * events either where they may end ahead of the clock. */
static inline __attribute__((always_inline)) void attempt_simple(struct queue_sim *s, uint32_t path)
{
    struct path *p = &s->path[path];
    const struct queue_step *q = step_of(s, p);
    do {
        if (!draw_simple(s, p, q)) {
            p->outcome = OUTCOME_ERROR;
            visit_fail(s, path);
            return;
        }
        double span_s = p->took_s;
        if (q->has_hedge && span_s > p->plan->hedge_after_s) {
            if (!q->races) {
                await_copies(s, path);
                return;
            }
            if (!race(s, p))
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
    } while (answered(s, path) && !sim_stopped(s));
}

static inline __attribute__((always_inline)) void attempt_here(struct queue_sim *s, uint32_t path)
{
    const struct queue_step *q = step_of(s, &s->path[path]);
    if (q->simple || (q->by_rate && desk_passes(s, q->desk - 1)))
        attempt_simple(s, path);
    else
        attempt_call(s, path);
}

static void attempt(struct queue_sim *s, uint32_t path)
{
    attempt_here(s, path);
}

void visit_call_done(struct queue_sim *s, uint32_t call)
{
    struct call *c = &s->call[call];
    uint32_t path = c->path;
    struct path *p = &s->path[path];
    const struct queue_step *q = step_of(s, p);
    enum try_end end = (enum try_end)c->end;
    bool failed = is_failure(end);
    if (q->desk)
        desk_leave(s, call);
    if (q->has_breaker)
        breaker_note(s, p->step, c->probe, failed);
    p->plan = c->plan;
    p->tired = c->tired;
    count_answer(s, p, q, end, c->took_s);
    unlink_call(s, call);
    p->outcome = (uint8_t)shown[end];
    if (failed && p->n_calls > 0)
        return;
    if (p->n_calls > 0 || p->awaits)
        visit_withdraw(s, path, false);
    if (!failed)
        attempt_ok(s, path, end);
    else if (goes_on(s, path))
        attempt(s, path);
}

static void hedge(struct queue_sim *s, uint32_t path)
{
    struct path *p = &s->path[path];
    const struct step *step = s->program->step[p->step].step;
    if (step_of(s, p)->has_breaker && !breaker_is_closed(s, p->step))
        return;
    p->copies++;
    (void)call_out(s, path, false, false);
    p = &s->path[path];
    if (p->copies >= step->hedge_copies)
        return;
    p->awaits = AWAITS_HEDGE;
    double after = plan_of(s, p)->hedge_after_s * (p->copies + 1);
    clock_set(&s->clock, fmax(p->attempt_s + after, s->clock.now_s), OWNER_PATH, path);
}

void visit_event(struct queue_sim *s, uint32_t path)
{
    struct path *p = &s->path[path];
    uint8_t awaited = p->awaits;
    p->awaits = AWAITS_NOTHING;
    switch (awaited) {
    case AWAITS_CACHE:
        visit_ok(s, path);
        break;
    case AWAITS_BACKOFF:
        attempt(s, path);
        break;
    case AWAITS_VISIT:
        visit_begin(s, path);
        break;
    case AWAITS_ANSWER:
        if (answered(s, path))
            attempt(s, path);
        break;
    default:
        hedge(s, path);
    }
}

/* --- the beginning of a visit */

static int32_t given_of(const struct queue_sim *s, uint32_t path)
{
    const struct path *p = &s->path[path];
    const struct step *step = s->program->step[p->step].step;
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

static inline void count_entry(struct queue_sim *s, uint32_t path, const struct queue_step *q)
{
    struct path *p = &s->path[path];
    struct item *item = &s->item[p->item];
    uint8_t *flags = &path_flags(s, path)[p->step];
    uint32_t visit = ++path_visits(s, path)[p->step];
    p->stream = stream_of(p->step, visit);
    p->sums = item->sums + s->tally->at.step + p->step * STEP_SUMS;
    p->sums[STEP_VISITS]++;
    item->visits++;
    *flags &= FLAG_BAD;
    if (visit == 1 && !p->good) {
        *flags = FLAG_BAD;
        item->was_bad = true;
    }
    if (q->entry_slot >= 0 && path_entries(s, path)[q->entry_slot] == ENTRY_UNSET)
        path_entries(s, path)[q->entry_slot] = p->good ? ENTRY_GOOD : ENTRY_BAD;
    if (q->kind == STEP_REVIEW && item->reviews++ == 0)
        item->reviewed_bad = !p->good;
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
    count_answer(s, p, step_of(s, p), TRY_OK, 0);
    visit_ok(s, path);
}

/* False: the cache has it not. */
static bool from_cache(struct queue_sim *s, uint32_t path)
{
    struct path *p = &s->path[path];
    p->plan = plan_of(s, p);
    if (path_number(p, 0, FOR_CACHE) >= p->plan->hit_below)
        return false;
    double x = law_draw(&p->plan->cache_latency, path_number(p, 0, FOR_CACHE_LATENCY));
    if (step_of(s, p)->ahead) {
        if (runs_on(s, p, x))
            visit_ok(s, path);
        return true;
    }
    p->awaits = AWAITS_CACHE;
    clock_set(&s->clock, s->clock.now_s + x, OWNER_PATH, path);
    return true;
}

void visit_begin(struct queue_sim *s, uint32_t path)
{
    struct path *p = &s->path[path];
    const struct queue_step *q = step_of(s, p);
    p->phase = PHASE_BUSY;
    p->visit_s = s->clock.now_s;
    p->attempts = p->number = 0;
    p->tired = false;
    p->outcome = OUTCOME_OK;
    p->plan = NULL;
    p->given = q->has_given ? given_of(s, path) : -1; /* of the visits before this one */
    count_entry(s, path, q);
    if (q->kind == STEP_PARALLEL)
        join_fork(s, path);
    else if (q->instant)
        pass_at_once(s, path);
    else if (!q->has_cache || !from_cache(s, path))
        attempt_here(s, path);
}

void visit_later(struct queue_sim *s, uint32_t path, double at_s)
{
    s->path[path].phase = PHASE_BUSY;
    s->path[path].awaits = AWAITS_VISIT;
    clock_set(&s->clock, at_s, OWNER_PATH, path);
}
