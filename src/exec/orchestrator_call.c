/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One call of a stage: it waits for its resource, then maybe for a thread, works, rests until its
 * answer counts, and ends; or its time limit ends it, or nobody needs it any more. */
#include "exec/orchestrator.h"

#include <math.h>

static void start(struct run *r, struct run_call *c);

static struct run_call *call_take(struct run *r, struct run_path *p)
{
    struct run_call *c = r->free_calls;
    if (c) {
        r->free_calls = c->next;
        struct buf merged = c->job.merged;
        struct stage_answer answer = c->job.answer;
        *c = (struct run_call){
            .job = {.merged = merged, .answer = answer}
        };
    } else {
        c = mem_zero(1, sizeof *c);
    }
    buf_clear(&c->job.merged);
    c->path = p;
    c->next = p->calls;
    p->calls = c;
    p->n_calls++;
    c->cost = NAN;
    return c;
}

static void give_back(struct run *r, struct run_call *c)
{
    const struct stage_kind *kind = c->job.stage ? c->job.stage->kind : NULL;
    if (kind && kind->drop_waiting && c->job.answer.waiting)
        kind->drop_waiting(c->job.stage->self, c->job.answer.waiting);
    stage_answer_release(&c->job.answer);
    text_drop(c->job.payload);
    c->job.payload = NULL;
    c->next = r->free_calls;
    r->free_calls = c;
}

static void unlink_call(struct run_call *c)
{
    struct run_call **at = &c->path->calls;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    c->path->n_calls--;
    c->path = NULL;
}

/* --- the clock goes with the wall while somebody waits for a thread's work */

static void works(struct run *r, struct run_call *c)
{
    c->state = CALL_WORKS;
    c->work_s = r->now_s;
    if (r->at_work++ == 0) {
        r->anchor_s = r->now_s;
        r->anchor_w = r->options->setting.clock_s();
    }
}

static void works_no_more(struct run *r)
{
    if (--r->at_work == 0) {
        r->anchor_s = r->now_s;
        r->anchor_w = r->options->setting.clock_s();
    }
}

/* --- beginning */

static void resolve(struct run *r, struct run_call *c)
{
    const struct run_path *p = c->path;
    const struct run_step *s = &r->step[p->step];
    c->numbers = run_path_numbers(r, p);
    c->tired = c->desk && s->step->fatigue.after_s > 0 &&
               run_desk_tired(r, c->desk, s->step->fatigue.after_s);
    if (!s->n_touches && !c->tired)
        return;
    if (s->n_touches) {
        uint32_t state[ENVIRONMENTS_MAX];
        run_weather_now(r, p->item, state);
        numbers_resolve(r->pipeline, p->step, p->item->class, (int32_t)p->given - 1, state,
                        &c->own);
    } else {
        c->own = *c->numbers;
    }
    if (c->tired)
        c->own.sensitivity.value = s->step->fatigue.sensitivity[p->item->class];
    c->numbers = &c->own;
}

/* What the stage is asked with, as of now. */
static void fill(struct run *r, struct run_call *c)
{
    struct run_path *p = c->path;
    const struct run_item *item = p->item;
    enum run_quality quality = run_path_quality(r, p);
    resolve(r, c);
    text_drop(c->job.payload);
    c->job.payload = text_hold(p->held.payload);
    c->job.stage = &r->step[p->step].stage;
    c->job.owner = c;
    c->job.call = (struct stage_call){
        .item = item->id,
        .index = item->index,
        .step = p->step,
        .class = item->class,
        .path = p->index,
        .visit = p->visits[p->step],
        .attempt = c->number,
        .key = run_number(r, p, RNG_ATTEMPT, c->number),
        .payload = c->job.payload->data,
        .payload_len = c->job.payload->len,
        .time_limit_s = c->numbers->timeout_s,
        .now_s = r->now_s,
        .cancelled = &c->job.cancelled,
        .numbers = c->numbers,
        .good = quality != RUN_BAD,
        .truth = item->truth,
        .truth_len = item->truth_len,
    };
}

bool run_call_out(struct run *r, struct run_path *p, bool first, bool probe)
{
    struct run_call *c = call_take(r, p);
    c->number = ++p->number;
    c->copy = first ? 0 : p->copies;
    c->first = first;
    c->probe = probe;
    c->desk = r->step[p->step].desk;
    c->asked_s = r->now_s;
    p->item->attempts++;
    if (!c->desk) {
        run_call_begin(r, c);
        return true;
    }
    if (run_desk_ask(r, c) != ASKED_FULL)
        return true;
    p->item->attempts--;
    unlink_call(c);
    give_back(r, c);
    return false;
}

static void tell_begin(struct run *r, const struct run_call *c)
{
    struct run_event e = run_event_of(r, RUN_ATTEMPT_BEGAN, c->path);
    e.attempt = c->number;
    e.copy = c->copy;
    e.asked_s = c->asked_s;
    e.begin_s = e.end_s = c->begin_s;
    e.payload = c->job.payload->data;
    e.payload_len = c->job.payload->len;
    run_tell(r, &e);
}

/* The times of copies begin with the attempt's first call. */
static void await_copies(struct run *r, struct run_call *c)
{
    struct run_path *p = c->path;
    if (!c->first || r->step[p->step].step->hedge_copies == 0)
        return;
    p->attempt_s = r->now_s;
    p->awaits = AWAITS_HEDGE;
    timer_set(&r->timers, &p->timer, TIMER_PATH, p, r->now_s + c->numbers->hedge_after_s);
}

static void hold(struct run *r, struct run_call *c)
{
    c->state = CALL_HELD;
    c->job.next = NULL;
    if (r->held_last)
        r->held_last->job.next = &c->job;
    else
        r->held_first = c;
    r->held_last = c;
}

static bool recall(struct run *r, struct run_call *c)
{
    const struct run_memory *m = r->options->memory;
    double asked_s = r->now_s, begin_s = r->now_s, end_s = r->now_s;
    struct error err = {0};

    stage_answer_init(&c->job.answer);
    if (!m || !m->recall(m->arg, &c->job.call, &c->job.answer, &asked_s, &begin_s, &end_s))
        return false;
    if (c->job.answer.output.len > 0 &&
        payload_put(r->tool, c->job.call.payload, c->job.call.payload_len,
                    c->job.answer.output.data, c->job.answer.output.len, &c->job.merged, &err))
        stage_answer_fail(&c->job.answer, OUTCOME_MALFORMED, "%s", err.text);
    c->recalled = c->began = true;
    c->state = CALL_RESTS;
    c->begin_s = r->now_s;
    c->recalled_s = fmax(end_s - begin_s, 0);
    r->recalling++;
    r->past_s = fmax(r->past_s, r->now_s + c->recalled_s);
    timer_set(&r->timers, &c->timer, TIMER_CALL, c, r->now_s + c->recalled_s);
    await_copies(r, c);
    return true;
}

void run_call_begin(struct run *r, struct run_call *c)
{
    fill(r, c);
    const struct stage_kind *kind = c->job.stage->kind;
    if (r->options->memory && recall(r, c))
        return;
    bool again = kind->quick && kind->by_numbers; /* answers as it did, at the same time */
    if (r->options->memory && !again) {
        hold(r, c);
        return;
    }
    if (kind->quick || pool_has_room(r->pool))
        start(r, c);
    else
        hold(r, c);
}

/* Is something still to come that has happened in the run which is taken up again? */
static bool is_past(const struct run *r)
{
    const struct timer *t = timers_next(&r->timers);
    return r->recalling > 0 || (r->options->memory && t && t->at_s <= r->past_s);
}

void run_calls_hand_out(struct run *r)
{
    while (r->held_first && !is_past(r) && !r->draining) {
        struct run_call *c = r->held_first;
        if (c->path && !c->job.stage->kind->quick && !pool_has_room(r->pool))
            return;
        r->held_first = c->job.next ? c->job.next->owner : NULL;
        if (!r->held_first)
            r->held_last = NULL;
        if (!c->path) { /* cancelled meanwhile */
            give_back(r, c);
            continue;
        }
        fill(r, c);
        start(r, c);
    }
}

/* --- answers */

/* Of a call whose time is up: whatever it answers. */
static void end_late(struct run *r, struct run_call *c);
static void end(struct run *r, struct run_call *c, const struct stage_answer *a);

static double limit_at(const struct run_call *c)
{
    return c->begin_s + c->numbers->timeout_s;
}

static void rest_until(struct run *r, struct run_call *c, double at_s)
{
    c->state = CALL_RESTS;
    timer_set(&r->timers, &c->timer, TIMER_CALL, c, fmin(at_s, limit_at(c)));
}

/* The stage has spoken, now.  False: the call is over. */
static bool answered(struct run *r, struct run_call *c)
{
    struct stage_answer *a = &c->job.answer;
    double after = a->after_s > 0 ? a->after_s : 0;
    if (c->tired && c->job.stage->kind->by_numbers)
        after *= r->step[c->path->step].step->fatigue.slower;
    if (a->state == STAGE_LATER) {
        rest_until(r, c, r->now_s + (a->again_s > 0 ? a->again_s : 0));
        return true;
    }
    if (r->now_s - c->begin_s + after > c->numbers->timeout_s) {
        stage_answer_fail(a, OUTCOME_TIMEOUT, "it took longer than its time limit");
        rest_until(r, c, INFINITY);
    } else if (after > 0) {
        rest_until(r, c, r->now_s + after);
    } else {
        end(r, c, a);
        return false;
    }
    return true;
}

/* False: the call is over. */
static bool ask(struct run *r, struct run_call *c)
{
    void *waiting = c->job.answer.waiting;
    stage_answer_release(&c->job.answer);
    c->job.call.waiting = waiting;
    if (c->job.stage->kind->quick) {
        job_do(&c->job, r->tool, NULL);
        c->job.call.waiting = NULL;
        return answered(r, c);
    }
    works(r, c);
    if (isfinite(c->numbers->timeout_s))
        timer_set(&r->timers, &c->timer, TIMER_CALL, c, fmax(limit_at(c), r->now_s));
    pool_give(r->pool, &c->job);
    return true;
}

static void start(struct run *r, struct run_call *c)
{
    c->begin_s = r->now_s;
    c->began = true;
    tell_begin(r, c);
    atomic_store(&c->job.cancelled, false);
    stage_answer_init(&c->job.answer);
    if (ask(r, c))
        await_copies(r, c);
}

void run_call_worked(struct run *r, struct run_call *c)
{
    c->job.call.waiting = NULL;
    if (!c->path) { /* nobody waits any more */
        give_back(r, c);
        return;
    }
    timer_drop(&r->timers, &c->timer);
    works_no_more(r);
    (void)answered(r, c);
}

void run_call_event(struct run *r, struct run_call *c)
{
    if (c->state == CALL_WAITS) { /* its patience is over */
        run_item_end(r, c->path->item, RUN_END_ABANDONED);
        return;
    }
    if (c->state == CALL_WORKS) {
        end_late(r, c);
        return;
    }
    if (!c->recalled && c->job.answer.state == STAGE_LATER) {
        if (r->now_s >= limit_at(c)) {
            end_late(r, c);
        } else if (c->job.stage->kind->quick || pool_has_room(r->pool)) {
            (void)ask(r, c);
        } else { /* soon, when a thread is free */
            timer_set(&r->timers, &c->timer, TIMER_CALL, c, r->now_s + 0.01);
        }
        return;
    }
    end(r, c, &c->job.answer);
}

/* --- the end */

static void tell_end(struct run *r, const struct run_call *c, const struct stage_answer *a,
                     bool cancelled)
{
    struct run_event e = run_event_of(r, RUN_ATTEMPT_ENDED, c->path);
    bool silent = a->outcome == OUTCOME_WRONG || (a->outcome == OUTCOME_MALFORMED && a->unseen);
    enum step_kind kind = r->step[c->path->step].step->kind;
    e.recalled = c->recalled;
    e.attempt = c->number;
    e.copy = c->copy;
    e.asked_s = c->asked_s;
    e.begin_s = c->begin_s;
    e.end_s = r->now_s;
    e.hidden = c->made_wrong ? OUTCOME_WRONG : a->outcome;
    e.outcome = silent ? OUTCOME_OK : a->outcome;
    e.cancelled = cancelled;
    e.confidence = a->confidence;
    e.cost = c->cost;
    e.verdict = !cancelled && (kind == STEP_CHECK || kind == STEP_REVIEW) ? (int)a->verdict : -1;
    e.who = buf_text(&a->who);
    e.says = buf_text(&a->says);
    e.attributes = buf_text(&a->attributes);
    if (a->output.len > 0) {
        e.payload = a->output.data;
        e.payload_len = a->output.len;
    }
    run_tell(r, &e);
}

static void pay(struct run *r, struct run_call *c, const struct stage_answer *a)
{
    c->cost = a && !isnan(a->cost) ? a->cost : c->numbers->cost_call;
    c->path->item->cost += c->cost;
    (void)r;
}

/* A struct that a thread is at stays until it is done. */
static void forsake(struct run *r, struct run_call *c)
{
    works_no_more(r);
    pool_forsake(r->pool, &c->job);
}

static void finish(struct run *r, struct run_call *c, const struct stage_answer *a, bool at_work)
{
    struct run_path *p = c->path;
    bool failed = a->outcome == OUTCOME_ERROR || a->outcome == OUTCOME_TIMEOUT ||
                  (a->outcome == OUTCOME_MALFORMED && !a->unseen);
    if (c->desk)
        run_desk_leave(r, c, false);
    run_breaker_note(r, p, c->probe, failed);
    pay(r, c, a);
    c->made_wrong = a->outcome == OUTCOME_OK && !c->job.stage->kind->by_numbers &&
                    r->step[p->step].step->kind == STEP_STAGE &&
                    run_path_made_wrong(r, p, &c->job.merged);
    tell_end(r, c, a, false);
    r->recalling -= c->recalled;
    unlink_call(c);
    p->outcome = failed ? a->outcome : OUTCOME_OK;
    if (!failed || p->n_calls == 0) {
        if (p->n_calls > 0 || p->awaits != AWAITS_NOTHING)
            run_visit_withdraw(r, p, false);
        if (failed)
            run_attempt_again(r, p);
        else
            run_visit_ok(r, p, c, a);
    }
    if (!at_work)
        give_back(r, c);
}

static void end(struct run *r, struct run_call *c, const struct stage_answer *a)
{
    finish(r, c, a, false);
}

static void end_late(struct run *r, struct run_call *c)
{
    struct stage_answer late;
    bool at_work = c->state == CALL_WORKS;
    stage_answer_init(&late);
    stage_answer_fail(&late, OUTCOME_TIMEOUT, "it took longer than its time limit");
    if (at_work)
        forsake(r, c);
    finish(r, c, &late, at_work);
    stage_answer_release(&late);
}

void run_call_cancel(struct run *r, struct run_call *c, bool gave_up)
{
    struct stage_answer none;
    bool at_work = c->state == CALL_WORKS, held = c->state == CALL_HELD;
    stage_answer_init(&none);
    if (c->probe)
        run_breaker_forget(r, c->path);
    timer_drop(&r->timers, &c->timer);
    if (c->desk)
        run_desk_leave(r, c, gave_up);
    if (at_work)
        forsake(r, c);
    if (c->began) {
        pay(r, c, NULL);
        tell_end(r, c, &none, true);
        r->recalling -= c->recalled;
    } else {
        c->path->item->attempts--;
    }
    unlink_call(c);
    if (!at_work && !held)
        give_back(r, c);
}
