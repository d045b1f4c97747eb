/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One visit by all items that wait at a step: attempts until each is visibly ok or used up, then
 * confidence, decision, and the way on.
 *
 * The first attempt of most steps goes over all lanes under a mask while at least five eighths of
 * the block are there; everything else goes over lists. */
#include "sim/batch.h"

#include <string.h>

enum { WHOLE_FROM = LANES / 8 * 5 };

static struct visit visit_of(struct batch *b, uint32_t step, uint32_t plan)
{
    const struct step_plan *s = &b->program->step[step];
    return (struct visit){
        .b = b,
        .step = step,
        .s = s,
        .c = &s->plan[plan],
        .count = &b->tally->step[step],
        .ends = &b->tally->plan[s->first_plan + plan],
        .timed =
            s->budgeted ||
            (b->sampled && (b->clocked ? s->timed : b->tally->step[step].visit_times.hot != NULL))};
}

/* --- entering */

static void enter_list(const struct visit *v, const struct lane_list *l)
{
    struct batch *b = v->b;
    int32_t *row = v->s->visit_row >= 0 ? b->visit_row[v->s->visit_row] : NULL;
    int32_t *entry = v->s->entry_row >= 0 ? b->entry_row[v->s->entry_row] : NULL;
    bool can_be_bad = b->program->can_be_bad;
    for (uint32_t k = 0; k < l->n; k++) {
        uint16_t lane = l->lane[k];
        b->visits[lane]++;
        if (row && ++row[lane] > 1)
            continue;
        v->count->items++;
        if (entry)
            entry[lane] = b->good[lane];
        if (can_be_bad)
            b->bad_row[v->step][lane] = !b->good[lane];
    }
    v->count->visits += l->n;
    if (v->s->kind != STEP_REVIEW)
        return;
    for (uint32_t k = 0; k < l->n; k++) {
        uint16_t lane = l->lane[k];
        if (b->reviews[lane]++ == 0)
            b->reviewed_bad[lane] = !b->good[lane];
    }
}

/* --- attempts over a list */

/* Tells a 64-bit number apart and puts the answer where the plan's cuts look for it. */
int32_t batch_widen(const struct plan *c, uint64_t u)
{
    int32_t cell = 0;
    for (int i = 0; i < CUT_COUNT; i++)
        cell += u >= c->wide_cut[i];
    return cell << 27;
}

static void widen(const struct plan *c, const uint64_t *draw, uint32_t n, int32_t *high)
{
    for (uint32_t k = 0; k < n; k++)
        high[k] = batch_widen(c, draw[k]);
}

/* Numbers of one attempt: high (outcomes) and value (latencies) for each place. */
static void draw_list(const struct visit *v, const struct lane_list *l, uint32_t attempt)
{
    struct batch *b = v->b;
    const struct plan *c = v->c;
    if (c->latency.table || (c->uncertain && !c->wide)) {
        batch_draw(b, v->step, RNG_ATTEMPT, attempt, l->lane, l->n, b->draw);
        for (uint32_t k = 0; k < l->n; k++) {
            b->low[k] = (uint32_t)b->draw[k];
            b->high[k] = (int32_t)(b->draw[k] >> 33);
        }
    }
    if (c->wide) {
        batch_draw(b, v->step, RNG_OUTCOME, attempt, l->lane, l->n, b->draw);
        widen(c, b->draw, l->n, b->high);
    }
    if (c->latency.table)
        qtable_fill(c->latency.table, b->low, l->n, b->value);
}

void batch_find_fates(const struct visit *v, uint32_t attempt, enum fate fate[TRY_COUNT])
{
    const struct retry *r = v->c->retry;
    const enum outcome visible[] = {OUTCOME_ERROR, OUTCOME_MALFORMED, OUTCOME_TIMEOUT};
    const enum try_end end[] = {TRY_ERROR, TRY_SEEN, TRY_LATE};
    for (int k = 0; k < TRY_COUNT; k++)
        fate[k] = FATE_OK;
    for (int k = 0; k < 3; k++)
        fate[end[k]] = rules_retries(r, visible[k], attempt + 1) ? FATE_RETRY : FATE_FAIL;
}

enum try_end batch_end_of(const struct plan *c, int32_t high)
{
    int end = TRY_ERROR;
    for (int i = 0; i < CUT_COUNT; i++)
        end += high > c->cut[i];
    return (enum try_end)end;
}

void batch_mark(const struct visit *v, uint16_t lane, enum try_end end)
{
    /* Quality after an attempt: bit 0 kept by `keep`, set by `put`. */
    static const uint8_t keep[TRY_COUNT] = {1, 1, 0, 0, 0, 1, 1};
    static const uint8_t put[TRY_COUNT] = {0, 0, 0, 0, 1, 0, 0};
    static const uint8_t last[TRY_COUNT] = {LAST_FAILED, LAST_FAILED, LAST_WRONG, LAST_WRONG,
                                            LAST_OK,     LAST_OK,     LAST_FAILED};
    v->b->good[lane] = (v->b->good[lane] & keep[end]) | put[end];
    if (v->s->last_row >= 0)
        v->b->last_row[v->s->last_row][lane] = last[end];
}

void batch_spend(const struct visit *v, uint16_t lane, double x, uint32_t attempt)
{
    struct batch *b = v->b;
    b->time[lane] += x;
    if (v->timed)
        b->visit_time[lane] = attempt == 0 ? x : b->visit_time[lane] + x;
}

/* One attempt by each item of `l`; those that may try again go to `retry`. */
static void attempt_list(const struct visit *v, const struct lane_list *l, uint32_t attempt,
                         struct lane_list *retry)
{
    struct batch *b = v->b;
    const struct plan *c = v->c;
    struct lane_list *to[] = {&b->ok, retry, &b->failed};
    int32_t *tries = v->s->attempt_row >= 0 ? b->attempt_row[v->s->attempt_row] : NULL;
    struct intake *clocked = b->sampled && b->clocked ? &b->clocked[v->step].attempts : NULL;
    struct sketch *times =
        b->sampled && !b->clocked && v->count->attempt_times.hot ? &v->count->attempt_times : NULL;
    enum fate fate[TRY_COUNT];
    float limit = (float)c->limit_s;

    if (v->s->step->hedge_copies > 0) {
        batch_hedge(v, l, attempt, to);
        return;
    }
    batch_find_fates(v, attempt, fate);
    draw_list(v, l, attempt);
    for (uint32_t k = 0; k < l->n; k++) {
        uint16_t lane = l->lane[k];
        double x = c->latency.table ? b->value[k] : c->latency.value;
        bool late = c->latency.table ? b->value[k] > limit : x > c->limit_s;
        enum try_end end = late ? TRY_LATE : c->uncertain ? batch_end_of(c, b->high[k]) : TRY_OK;
        x = late ? c->limit_s : x;
        v->ends->end[end]++;
        batch_spend(v, lane, x, attempt);
        batch_mark(v, lane, end);
        lane_push(to[fate[end]], lane);
        if (tries)
            tries[lane]++;
        if (times)
            sketch_add(times, x);
        if (clocked)
            intake_put(clocked, x);
    }
    v->ends->attempts += l->n;
    for (uint32_t k = 0; b->program->has_cost && k < l->n; k++)
        b->cost[l->lane[k]] += c->cost;
}

/* The waits before another attempt. */
static void back_off(const struct visit *v, const struct lane_list *l, uint32_t attempts_made)
{
    const struct retry *r = v->c->retry;
    struct batch *b = v->b;
    if (!(r->initial_s > 0))
        return;
    double wait = rules_backoff(r, attempts_made, 0);
    if (r->jitter != JITTER_NONE)
        batch_draw(b, v->step, RNG_BACKOFF, attempts_made, l->lane, l->n, b->draw);
    for (uint32_t k = 0; k < l->n; k++) {
        if (r->jitter != JITTER_NONE)
            wait = rules_backoff(r, attempts_made, rng_unit(b->draw[k]));
        batch_spend(v, l->lane[k], wait, attempts_made);
    }
}

/* Attempts after the first, by those in b->retry, until none is left to try. */
static void try_again(const struct visit *v)
{
    struct batch *b = v->b;
    v->count->retried += b->retry.n;
    uint32_t ok = b->ok.n;
    for (uint32_t attempt = 1; b->retry.n > 0; attempt++) {
        back_off(v, &b->retry, attempt);
        b->again.n = 0;
        attempt_list(v, &b->retry, attempt, &b->again);
        struct lane_list swap = b->retry;
        b->retry = b->again;
        b->again = swap;
    }
    v->count->retried_ok += b->ok.n - ok;
}

static void visit_list(struct batch *b, uint32_t step, uint32_t plan, const struct lane_list *l)
{
    struct visit v = visit_of(b, step, plan);
    b->ok.n = b->failed.n = b->retry.n = 0;
    enter_list(&v, l);
    if (v.s->step->has_cache) {
        b->spare.n = l->n;
        memcpy(b->spare.lane, l->lane, l->n * sizeof *l->lane);
        l = &b->spare;
        batch_ask_cache(&v, &b->spare);
    }
    attempt_list(&v, l, 0, &b->retry);
    v.count->first_ok += b->ok.n;
    try_again(&v);
    v.count->ok += b->ok.n;
    batch_settle(&v);
}

/* --- the first attempt over all lanes */

static void enter_whole(const struct visit *v, uint32_t n)
{
    struct batch *b = v->b;
    lanes_here(b->at, (int32_t)v->step, b->here);
    if (v->s->visit_row >= 0)
        lanes_increment(b->here, b->visit_row[v->s->visit_row]);
    if (v->s->attempt_row >= 0)
        lanes_increment(b->here, b->attempt_row[v->s->attempt_row]);
    if (v->s->entry_row >= 0)
        lanes_keep(b->here, b->good, b->entry_row[v->s->entry_row]);
    if (b->program->can_be_bad)
        lanes_mark_bad(b->here, b->good, b->bad_row[v->step]);
    v->count->items += n;
    v->count->visits += n;
    v->ends->attempts += n;
}

/* The passes of lanes_attempt, and the time of those who are late. */
static struct lanes_failed attempt_at_once(const struct visit *v, bool moves, int32_t pass,
                                           int32_t fail)
{
    struct batch *b = v->b;
    const struct plan *c = v->c;
    const struct lanes_attempt a = {.row = c->smooth,
                                    .bits = c->smooth_bits,
                                    .step = (int32_t)v->step,
                                    .cut = c->cut[CUT_SEEN],
                                    .pass = pass,
                                    .fail = fail,
                                    .limit = (float)c->limit_s};
    const struct lanes_items items = {.at = b->at,
                                      .visits = b->visits,
                                      .time = b->time,
                                      .late = b->late,
                                      .here = b->here,
                                      .high = b->high};
    uint64_t key = rng_key(b->seed, b->replication, b->block, v->step, RNG_ATTEMPT);
    struct lanes_failed f = lanes_attempt(&a, key, moves, c->can_be_late, &items);
    if (f.late)
        lanes_add_constant(b->late, c->limit_s, b->time);
    return f;
}

/* Numbers and times of the attempt.  Returns how many are late, with their mask in *late. */
static uint32_t draw_whole(const struct visit *v, uint32_t n, const int32_t **late)
{
    struct batch *b = v->b;
    const struct plan *c = v->c;
    struct rng r;
    uint32_t n_late = 0;
    *late = b->never;
    if (c->smooth && !c->wide) {
        n_late = attempt_at_once(v, false, 0, 0).late;
        *late = n_late ? b->late : b->never;
        return n_late;
    }
    if (c->latency.table || (c->uncertain && !c->wide)) {
        rng_init(&r, rng_key(b->seed, b->replication, b->block, v->step, RNG_ATTEMPT));
        rng_fill(&r, b->draw, LANES);
        lanes_split(b->draw, b->low, b->high);
    }
    if (c->wide) {
        rng_init(&r, rng_key(b->seed, b->replication, b->block, v->step, RNG_OUTCOME));
        rng_fill(&r, b->draw, LANES);
        widen(c, b->draw, LANES, b->high);
    }
    if (c->latency.table) {
        qtable_fill(c->latency.table, b->low, LANES, b->value);
        if (c->can_be_late)
            n_late = lanes_late(b->here, b->value, (float)c->limit_s, b->late);
        *late = n_late ? b->late : b->never;
        lanes_add_time(b->here, n_late ? *late : NULL, b->value, b->time);
        if (n_late)
            lanes_add_constant(*late, c->limit_s, b->time);
    } else if (c->can_be_late) {
        *late = b->here;
        n_late = n;
        lanes_add_constant(b->here, c->limit_s, b->time);
    } else if (c->latency.value > 0) {
        lanes_add_constant(b->here, c->latency.value, b->time);
    }
    return n_late;
}

/* Counts of the ways to end, from how many lie at or below each cut; n_failed are late or at or
 * below the cut of visible failures. */
static void count_ends(const struct visit *v, uint32_t n, uint32_t n_late, uint32_t n_failed,
                       const int32_t *late)
{
    const int32_t *cuts = v->c->cut;
    uint32_t below = 0;
    int32_t cut = -1;
    for (int i = 0; i < CUT_COUNT; i++) {
        uint32_t upto = below;
        if (cuts[i] == cuts[CUT_SEEN])
            upto = n_failed - n_late;
        else if (v->c->uncertain && cuts[i] > cut)
            upto = lanes_count(v->b->here, late, v->b->high, cuts[i]);
        cut = cuts[i];
        v->ends->end[i] += upto - below;
        below = upto;
    }
    v->ends->end[TRY_OK] += n - n_late - below;
    v->ends->end[TRY_LATE] += n_late;
}

/* Sorts those here that failed into b->retry and b->failed, and the others (but for a plain step)
 * into b->ok. */
static void sort_whole(const struct visit *v, const int32_t *late, const int32_t *high)
{
    struct batch *b = v->b;
    uint8_t failed[LANES] __attribute__((aligned(64))), passed[LANES] __attribute__((aligned(64)));
    enum fate fate[TRY_COUNT];
    batch_find_fates(v, 0, fate);
    lanes_flags(b->here, late, high, v->c->cut[CUT_SEEN], failed, passed);
    for (uint32_t i = 0; i < LANES; i += 8) {
        uint64_t eight; /* few fail: most words are 0 */
        memcpy(&eight, failed + i, sizeof eight);
        for (uint32_t k = i; eight != 0 && k < i + 8; k++) {
            if (!failed[k])
                continue;
            enum try_end end = late[k] ? TRY_LATE : batch_end_of(v->c, high[k]);
            lane_push(fate[end] == FATE_RETRY ? &b->retry : &b->failed, (uint16_t)k);
        }
    }
    uint32_t n = 0;
    for (uint32_t i = 0; !v->s->plain && i < LANES; i++) {
        b->ok.lane[n] = (uint16_t)i;
        n += passed[i];
    }
    b->ok.n = n;
}

/* Masks send on those of a plain step that are done; all others are sorted into lists. */
static void leave_whole(const struct visit *v, uint32_t n, uint32_t n_late, const int32_t *late)
{
    struct batch *b = v->b;
    const struct rules *rules = &b->program->rules;
    const int32_t *high = v->c->uncertain ? b->high : b->never;
    const int32_t here = (int32_t)v->step, cut = v->c->cut[CUT_SEEN];
    const int32_t way = rules->exit[v->step][EXIT_PASS], out = rules->exit[v->step][EXIT_FAIL];
    bool plain = v->s->plain, again = v->c->can_fail && v->c->retry->attempts > 1;
    if (again || !plain)
        sort_whole(v, late, high);
    uint32_t n_failed = lanes_go(b->here, late, high, cut, plain ? rules->route[way].to : here,
                                 plain && !again ? rules->route[out].to : here, b->at, b->visits);
    uint32_t n_passed = n - n_failed;
    count_ends(v, n, n_late, n_failed, late);
    v->count->first_ok += n_passed;
    v->count->ok += n_passed;
    if (plain) {
        b->tally->route[way] += n_passed;
        batch_send(b, v->step, rules->route[way].to, n_passed);
    }
    if (plain && !again) {
        b->tally->route[out] += n_failed;
        batch_send(b, v->step, rules->route[out].to, n_failed);
        return;
    }
    uint32_t first_ok = b->ok.n;
    try_again(v);
    v->count->ok += b->ok.n - first_ok;
    batch_settle(v);
}

/* A plain step with one smooth table, no second attempt and one way to fail: two passes in all. */
static void visit_at_once(const struct visit *v, uint32_t n)
{
    struct batch *b = v->b;
    const struct plan *c = v->c;
    const struct rules *rules = &b->program->rules;
    const int32_t way = rules->exit[v->step][EXIT_PASS], out = rules->exit[v->step][EXIT_FAIL];
    const int32_t pass = rules->route[way].to, fail = rules->route[out].to;
    if (b->program->can_be_bad || c->cost != 0)
        lanes_here(b->at, (int32_t)v->step, b->here);
    if (b->program->can_be_bad)
        lanes_mark_bad(b->here, b->good, b->bad_row[v->step]);
    if (c->cost != 0)
        lanes_add_constant(b->here, c->cost, b->cost);
    struct lanes_failed f = attempt_at_once(v, true, pass, fail);
    v->count->items += n;
    v->count->visits += n;
    v->count->first_ok += n - f.failed;
    v->count->ok += n - f.failed;
    v->ends->attempts += n;
    v->ends->end[c->cut[CUT_ERROR] >= 0 ? TRY_ERROR : TRY_SEEN] += f.failed - f.late;
    v->ends->end[TRY_LATE] += f.late;
    v->ends->end[TRY_OK] += n - f.failed;
    b->tally->route[way] += n - f.failed;
    b->tally->route[out] += f.failed;
    batch_send(b, v->step, pass, n - f.failed);
    batch_send(b, v->step, fail, f.failed);
}

static void visit_whole(struct batch *b, uint32_t step, uint32_t n)
{
    struct visit v = visit_of(b, step, 0);
    const struct plan *c = v.c;
    const int32_t *late;

    if (v.s->at_once) {
        visit_at_once(&v, n);
        return;
    }

    b->ok.n = b->failed.n = b->retry.n = 0;
    enter_whole(&v, n);
    uint32_t n_late = draw_whole(&v, n, &late);
    if (b->program->has_cost && c->cost != 0)
        lanes_add_constant(b->here, c->cost, b->cost);
    if (c->taints)
        lanes_taint(b->here, late, b->high, c->cut[CUT_SEEN], c->cut[CUT_WRONG], c->cut[CUT_REPAIR],
                    b->good);
    leave_whole(&v, n, n_late, late);
}

/* --- all who wait */

static void list_waiting(struct batch *b, uint32_t step, uint32_t n)
{
    struct lane_list *l = &b->first;
    l->n = n;
    if (b->listed[step]) {
        memcpy(l->lane, b->pending[step].lane, n * sizeof *l->lane);
        return;
    }
    uint32_t m = 0;
    for (uint32_t i = 0; i < LANES && m < n; i++) {
        l->lane[m] = (uint16_t)i;
        m += b->at[i] == (int32_t)step;
    }
}

void batch_visit(struct batch *b, uint32_t step)
{
    const struct step_plan *s = &b->program->step[step];
    uint32_t n = b->waiting[step];
    bool whole = s->masked && !b->begun[step] && n >= WHOLE_FROM && !(b->sampled && s->timed);
    if (!whole)
        list_waiting(b, step, n);
    b->waiting[step] = 0;
    b->begun[step] = true;
    if (whole) {
        visit_whole(b, step, n);
        return;
    }
    if (s->n_plans == 1) {
        visit_list(b, step, 0, &b->first);
        return;
    }
    batch_pick(b, step, &b->first);
    for (uint32_t plan = 0; plan < s->n_plans; plan++) {
        b->split.n = 0;
        for (uint32_t k = 0; k < b->first.n; k++)
            if (b->pick[b->first.lane[k]] == plan)
                lane_push(&b->split, b->first.lane[k]);
        if (b->split.n > 0)
            visit_list(b, step, plan, &b->split);
    }
}
