/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Visits, attempts, copies: what a step does with an item. */
#include "model/rules.h"
#include "tests/support/plain_sim_parts.h"

#include <string.h>

enum { ENDLESS = 1000000 };

static struct plain_item *item_of(struct plain *s, uint32_t path)
{
    return &s->item.at[s->path.at[path].item];
}

static const struct step *step_of(const struct plain *s, uint32_t path)
{
    return &s->p->step[s->path.at[path].step];
}

static const struct retry *retry_of(struct plain *s, uint32_t path)
{
    const struct step *st = step_of(s, path);
    return st->class_retry ? &st->class_retry[item_of(s, path)->class] : &st->retry;
}

/* --- a visit begins */

static bool given_holds(const struct plain_path *w, const struct given *g, uint32_t class)
{
    switch (g->kind) {
    case GIVEN_BAD:
        return !w->good;
    case GIVEN_FAILED:
        return w->at[g->of].failed;
    case GIVEN_WRONG:
        return w->at[g->of].wrong;
    case GIVEN_SKIPPED:
        return !w->at[g->of].entered;
    case GIVEN_CLASS:
        return class == g->of;
    }
    return false;
}

static void numbers_now(struct plain *s, uint32_t path, struct numbers *out)
{
    const struct plain_path *w = &s->path.at[path];
    const uint32_t *state = plain_weather(s, item_of(s, path));
    if (s->broken == PLAIN_RETRY_SEES_FIRST && w->attempts > 1)
        state = w->first_state;
    numbers_resolve(s->p, w->step, item_of(s, path)->class, w->given, state, out);
}

static void try_cache_or_attempt(struct plain *s, uint32_t path)
{
    struct plain_path *w = &s->path.at[path];
    struct numbers n;
    numbers_now(s, path, &n);
    w->numbers = n;
    if (step_of(s, path)->has_cache && plain_chance(s, n.cache_hit.value)) {
        w->phase = PATH_CACHED;
        w->until_s = s->now_s + plain_draw(s, &n.cache_latency);
        return;
    }
    plain_attempt(s, path);
}

void plain_visit(struct plain *s, uint32_t path, uint32_t step)
{
    struct plain_path *w = &s->path.at[path];
    struct plain_item *item = item_of(s, path);
    const struct step *st = &s->p->step[step];
    struct plain_memory *m = &w->at[step];
    w->came_back = m->entered;
    w->step = step;
    if (w->parent == NOBODY) /* who ends in a branch ends at the parallel */
        item->last_step = step;
    item->visits++;
    m->visits++;
    if (!m->entered) {
        m->entered_good = w->good;
        item->bad_at[step] |= !w->good;
    }
    m->entered = true;
    s->step[step].visits += item->cohort;
    item->reviewed |= st->kind == STEP_REVIEW;
    item->reviews += st->kind == STEP_REVIEW;
    w->visit_s = s->now_s;
    w->attempts = 0;
    w->probe = w->first_failed = w->silent = false;
    w->outcome = OUTCOME_OK;
    w->given = -1;
    for (uint32_t k = 0; k < st->n_given && w->given < 0; k++)
        if (given_holds(w, &st->given[k], item->class))
            w->given = (int32_t)k;
    m->failed = m->wrong = false; /* until this visit ends so */
    memcpy(w->first_state, plain_weather(s, item), s->p->n_environments * sizeof(uint32_t));
    if (item->visits > ENDLESS)
        plain_item_ends(s, w->item, END_FAILED, false);
    else if (s->broken == PLAIN_DEADLINE_AT_STEPS && s->now_s >= item->leaves_s)
        plain_item_ends(s, w->item, END_ABANDONED, false);
    else if (st->parallel)
        plain_fork(s, path);
    else
        try_cache_or_attempt(s, path);
}

void plain_cached(struct plain *s, uint32_t path)
{
    plain_visit_ends(s, path, true);
}

/* --- breakers */

/* May an attempt begin?  The first one after `open_for` is a probe. */
static bool breaker_lets_through(struct plain *s, uint32_t path)
{
    const struct breaker *b = &step_of(s, path)->breaker;
    struct plain_breaker *k = &s->breaker[s->path.at[path].step];
    if (!s->timed || b->failures <= 0 || k->state == BREAKER_CLOSED)
        return true;
    if (k->state == BREAKER_OPEN && s->now_s >= k->opened_s + b->open_for_s) {
        k->state = s->broken == PLAIN_PROBE_ALL ? BREAKER_OPEN : BREAKER_PROBING;
        s->path.at[path].probe = true;
        return true;
    }
    return false;
}

static void breaker_sees(struct plain *s, uint32_t step, bool failed)
{
    const struct breaker *b = &s->p->step[step].breaker;
    struct plain_breaker *k = &s->breaker[step];
    double all = 0, bad = 0;
    if (!s->timed || b->failures <= 0 || k->state != BREAKER_CLOSED)
        return;
    vec_push(&k->ended, ((struct plain_end){s->now_s, failed}));
    for (size_t i = 0; i < k->ended.len; i++)
        if (k->ended.at[i].at_s > s->now_s - b->window_s) {
            all++;
            bad += k->ended.at[i].failed;
        }
    if (all >= b->calls && bad >= b->failures * all) {
        k->state = BREAKER_OPEN;
        k->opened_s = s->now_s;
    }
}

/* The probe's attempt is over: `ok`, failed, or (neither) taken away. */
static void probe_ends(struct plain *s, uint32_t path, bool ok, bool failed)
{
    struct plain_path *w = &s->path.at[path];
    struct plain_breaker *k = &s->breaker[w->step];
    if (!w->probe)
        return;
    w->probe = false;
    k->state = ok ? BREAKER_CLOSED : BREAKER_OPEN;
    if (ok && s->broken != PLAIN_BREAKER_KEEPS_WINDOW)
        k->ended.len = 0;
    if (failed)
        k->opened_s = s->now_s;
}

/* --- attempts */

static struct plain_bucket *bucket_of(struct plain *s, uint32_t path, double *holds)
{
    const struct retry *r = retry_of(s, path);
    uint32_t class = step_of(s, path)->class_retry ? item_of(s, path)->class : 0;
    struct plain_bucket *b = &s->budget[s->path.at[path].step * s->p->n_classes + class];
    *holds = r->budget_kind == BUDGET_RATE ? fmax(1, r->budget) : 10;
    if (!b->used)
        *b = (struct plain_bucket){true, *holds, s->now_s};
    if (r->budget_kind == BUDGET_RATE)
        b->tokens = fmin(*holds, b->tokens + (s->now_s - b->filled_s) * r->budget);
    b->filled_s = s->now_s;
    return b;
}

static bool retry_is_paid(struct plain *s, uint32_t path)
{
    double holds;
    if (!s->timed || retry_of(s, path)->budget_kind == BUDGET_NONE ||
        s->broken == PLAIN_BUDGET_FREE)
        return true;
    struct plain_bucket *b = bucket_of(s, path, &holds);
    if (b->tokens < 1 - 1e-9)
        return false;
    b->tokens -= 1;
    return true;
}

void plain_attempt(struct plain *s, uint32_t path)
{
    struct plain_path *w = &s->path.at[path];
    double holds;
    if (!breaker_lets_through(s, path)) {
        w->outcome = OUTCOME_ERROR;
        plain_visit_ends(s, path, false);
        return;
    }
    w->attempts++;
    w->copies = 0;
    w->attempt_s = INFINITY;
    w->phase = PATH_TRYING;
    if (w->attempts == 1 && s->timed && retry_of(s, path)->budget_kind == BUDGET_SHARE) {
        struct plain_bucket *b = bucket_of(s, path, &holds);
        b->tokens = fmin(holds, b->tokens + retry_of(s, path)->budget);
    }
    plain_copy(s, path);
}

static uint32_t free_call(struct plain *s)
{
    for (uint32_t i = 0; i < s->call.len; i++)
        if (!s->call.at[i].live)
            return i;
    vec_push(&s->call, (struct plain_call){0});
    return (uint32_t)s->call.len - 1;
}

/* One more call for the running attempt: the first one, or a hedge's copy. */
void plain_copy(struct plain *s, uint32_t path)
{
    uint32_t i = free_call(s);
    struct plain_path *w = &s->path.at[path];
    struct plain_call *c = &s->call.at[i];
    bool free_copy = w->copies > 0 && s->broken == PLAIN_COPY_FREE_OF_LIMIT;
    *c = (struct plain_call){.path = path,
                             .first_copy = w->copies == 0,
                             .class = item_of(s, path)->class,
                             .resource = s->timed && !free_copy ? step_of(s, path)->by : 0,
                             .leaves_line_s = INFINITY,
                             .joined_s = s->now_s};
    c->u_latency = plain_unit(s);
    c->u_outcome = plain_unit(s);
    c->u_seen = plain_unit(s);
    c->u_repair = plain_unit(s);
    numbers_now(s, path, &c->numbers);
    c->length_s = fmin(dist_quantile(&c->numbers.latency, c->u_latency), c->numbers.timeout_s);
    w->copies++;
    if (c->resource)
        plain_ask(s, i);
    else
        plain_call_begins(s, i);
}

/* The time of a copy has come; while the breaker is open there is none, nor a later one. */
void plain_hedge(struct plain *s, uint32_t path)
{
    struct plain_path *w = &s->path.at[path];
    if (s->breaker[w->step].state == BREAKER_CLOSED)
        plain_copy(s, path);
    else
        w->copies = UINT32_MAX;
}

double plain_copy_s(const struct plain *s, uint32_t path)
{
    const struct plain_path *w = &s->path.at[path];
    if (w->copies > s->p->step[w->step].hedge_copies)
        return INFINITY;
    return w->attempt_s + w->copies * w->hedge_after_s;
}

static enum outcome drawn_outcome(const struct plain_call *c)
{
    const struct numbers *n = &c->numbers;
    double u = c->u_outcome;
    if ((u -= n->error.value) < 0)
        return OUTCOME_ERROR;
    if ((u -= n->wrong.value) < 0)
        return OUTCOME_WRONG;
    if ((u -= n->malformed.value) < 0)
        return OUTCOME_MALFORMED;
    return OUTCOME_OK;
}

/* The wait is over: the work starts, and is paid. */
void plain_call_begins(struct plain *s, uint32_t call)
{
    struct plain_call *c = &s->call.at[call];
    struct plain_path *w = &s->path.at[c->path];
    const struct step *st = &s->p->step[w->step];
    numbers_now(s, c->path, &c->numbers); /* the state of the environments is that of now */
    double latency_s =
        dist_quantile(&c->numbers.latency, c->u_latency) * (c->tired ? st->fatigue.slower : 1);
    double limit_s = c->numbers.timeout_s;
    if (s->broken == PLAIN_TIMEOUT_IN_QUEUE)
        limit_s = fmax(0, limit_s - c->waited_s);
    if (c->tired)
        c->numbers.sensitivity.value = st->fatigue.sensitivity[c->class];
    c->outcome = latency_s > limit_s ? OUTCOME_TIMEOUT : drawn_outcome(c);
    c->live = true;
    c->state = CALL_SERVED;
    c->ends_s = s->now_s + fmin(latency_s, limit_s);
    if (!c->begun) {
        struct plain_item *item = &s->item.at[w->item];
        item->cost += c->numbers.cost_call;
        s->step[w->step].attempts += item->cohort;
        s->step[w->step].cost += item->cohort ? c->numbers.cost_call : 0;
    }
    c->begun = true;
    if (w->attempt_s == INFINITY) {
        w->attempt_s = s->now_s;
        w->hedge_after_s = c->numbers.hedge_after_s;
    }
}

static bool others_run(const struct plain *s, uint32_t path)
{
    for (uint32_t i = 0; i < s->call.len; i++)
        if (s->call.at[i].live && s->call.at[i].path == path)
            return true;
    return false;
}

static void hold_server(struct plain *s, uint32_t path, double until_s)
{
    uint32_t i = free_call(s);
    s->call.at[i] = (struct plain_call){.live = true,
                                        .path = NOBODY,
                                        .class = item_of(s, path)->class,
                                        .resource = step_of(s, path)->by,
                                        .state = CALL_SERVED,
                                        .begun = true,
                                        .began_s = s->now_s,
                                        .ends_s = until_s};
}

static void attempt_failed(struct plain *s, uint32_t path)
{
    struct plain_path *w = &s->path.at[path];
    const struct retry *r = retry_of(s, path);
    static const uint32_t bit[OUTCOME_COUNT] = {[OUTCOME_ERROR] = RETRY_ERROR,
                                                [OUTCOME_MALFORMED] = RETRY_MALFORMED,
                                                [OUTCOME_TIMEOUT] = RETRY_TIMEOUT};
    w->first_failed |= w->attempts == 1;
    if (w->attempts >= r->attempts || !(r->on & bit[w->outcome]) || !retry_is_paid(s, path)) {
        plain_visit_ends(s, path, false);
        return;
    }
    double wait_s =
        r->initial_s > 0 ? fmin(r->initial_s * pow(r->factor, w->attempts - 1), r->max_s) : 0;
    if (r->jitter == JITTER_FULL)
        wait_s *= plain_unit(s);
    else if (r->jitter == JITTER_EQUAL)
        wait_s *= 0.5 + plain_unit(s) / 2;
    w->phase = PATH_WAITING_TO_RETRY;
    w->until_s = s->now_s + wait_s;
    if (s->broken == PLAIN_BACKOFF_HOLDS && step_of(s, path)->by)
        hold_server(s, path, w->until_s);
}

static void attempt_ok(struct plain *s, uint32_t path, const struct plain_call *c, bool silent)
{
    struct plain_path *w = &s->path.at[path];
    w->outcome = OUTCOME_OK;
    w->silent = silent;
    if (silent)
        w->good = false;
    else if (!w->good && c->u_repair < c->numbers.repair.value)
        w->good = true;
    plain_visit_ends(s, path, true);
}

void plain_call_ends(struct plain *s, uint32_t call)
{
    struct plain_call c = s->call.at[call];
    if (c.path == NOBODY) { /* a cancelled copy that kept its server */
        s->call.at[call].live = false;
        return;
    }
    struct plain_path *w = &s->path.at[c.path];
    bool unseen = c.outcome == OUTCOME_MALFORMED && c.u_seen >= c.numbers.validation.value;
    bool failed = c.outcome != OUTCOME_OK && c.outcome != OUTCOME_WRONG && !unseen;
    struct plain_step *sums = &s->step[w->step];
    bool cohort = s->item.at[w->item].cohort;
    plain_let_go(s, call);
    s->call.at[call].live = false;
    sums->answers += cohort;
    sums->end[c.outcome] += cohort;
    breaker_sees(s, w->step, failed);
    w->outcome = failed ? c.outcome : OUTCOME_OK;
    if (failed && others_run(s, c.path))
        return;
    probe_ends(s, c.path, !failed, failed);
    plain_cancel(s, c.path);
    w->numbers = c.numbers;
    if (failed)
        attempt_failed(s, c.path);
    else
        attempt_ok(s, c.path, &c, unseen || c.outcome == OUTCOME_WRONG);
}

/* A full room.  The other calls of the attempt go on, if there are any. */
void plain_no_place(struct plain *s, uint32_t call)
{
    uint32_t path = s->call.at[call].path;
    const struct edge *edge = &s->p->resource[s->call.at[call].resource - 1].when_full;
    s->call.at[call].live = false;
    if (others_run(s, path))
        return;
    probe_ends(s, path, false, false);
    s->path.at[path].at[s->path.at[path].step].failed = true;
    plain_count_visit(s, path, false);
    plain_take(s, path, edge);
}

void plain_cancel(struct plain *s, uint32_t path)
{
    for (uint32_t i = 0; i < s->call.len; i++) {
        struct plain_call *c = &s->call.at[i];
        if (!c->live || c->path != path)
            continue;
        plain_let_go(s, i);
        if (s->broken == PLAIN_BREAKER_COUNTS_CANCELLED)
            breaker_sees(s, s->path.at[path].step, true);
        bool keeps = s->broken == PLAIN_HEDGE_HOLDS && c->resource && c->state == CALL_SERVED;
        c->live = keeps;
        c->path = keeps ? NOBODY : path;
    }
    probe_ends(s, path, false, false);
}
