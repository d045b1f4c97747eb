/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A hedged attempt: copy j of a call starts when the attempt has run for j * after with an answer
 * still to come and none that is visibly ok.  It ends with the first ok answer, else with the last
 * one; calls under way are cancelled then, and have been paid.
 *
 * Item by item: what a copy draws depends on (visit, attempt, copy) alone, so it is drawn again
 * where it is needed again. */
#include "sim/batch.h"

#include "math/qtable.h"
#include <math.h>

struct answer {
    double at_s, took_s; /* since the attempt began; of the call alone */
    enum try_end end;
};

struct hedged {
    double end_s; /* of the attempt */
    enum try_end end;
    uint32_t calls;
};

/* Attempts and copies are numbered through. */
static uint64_t draw(const struct visit *v, enum rng_purpose purpose, uint32_t number,
                     uint16_t lane)
{
    uint64_t u;
    batch_draw(v->b, v->step, purpose, number, &lane, 1, &u);
    return u;
}

static struct answer answer_of(const struct visit *v, uint16_t lane, uint32_t attempt,
                               uint32_t copy, uint64_t first)
{
    const struct plan *c = v->c;
    uint32_t number = attempt * (v->s->step->hedge_copies + 1) + copy;
    uint64_t u = copy == 0 ? first : draw(v, RNG_ATTEMPT, number, lane);
    int32_t high = (int32_t)(u >> 33);
    double x = c->latency.value;
    bool late = x > c->limit_s;
    if (c->latency.table) {
        float drawn = qtable_at(c->latency.table, (uint32_t)u);
        x = drawn;
        late = drawn > (float)c->limit_s;
    }
    if (c->wide)
        high = batch_widen(c, draw(v, RNG_OUTCOME, number, lane));
    x = late ? c->limit_s : x;
    enum try_end end = late ? TRY_LATE : c->uncertain ? batch_end_of(c, high) : TRY_OK;
    return (struct answer){copy * c->numbers->hedge_after_s + x, x, end};
}

static bool is_ok(enum try_end end)
{
    return end != TRY_ERROR && end != TRY_SEEN && end != TRY_LATE;
}

static struct hedged race(const struct visit *v, uint16_t lane, uint32_t attempt, uint64_t first)
{
    struct hedged h = {.end_s = INFINITY, .calls = 0};
    double ok_s = INFINITY, last_s = 0;
    for (uint32_t copy = 0; copy <= v->s->step->hedge_copies; copy++) {
        double starts_s = copy * v->c->numbers->hedge_after_s;
        if (copy > 0 && (ok_s <= starts_s || last_s <= starts_s))
            break;
        struct answer a = answer_of(v, lane, attempt, copy, first);
        h.calls++;
        if (is_ok(a.end) && a.at_s < ok_s) {
            ok_s = a.at_s;
            h.end = a.end;
        }
        if (!(ok_s < INFINITY) && a.at_s >= last_s)
            h.end = a.end;
        last_s = fmax(last_s, a.at_s);
    }
    h.end_s = fmin(ok_s, last_s);
    return h;
}

/* Those that answered before the attempt was over, the winner included. */
static void count_answers(const struct visit *v, uint16_t lane, uint32_t attempt, uint64_t first,
                          const struct hedged *h)
{
    struct batch *b = v->b;
    struct sketch *times =
        b->sampled && v->count->attempt_times.hot ? &v->count->attempt_times : NULL;
    for (uint32_t copy = 0; copy < h->calls; copy++) {
        struct answer a = answer_of(v, lane, attempt, copy, first);
        if (a.at_s > h->end_s)
            continue;
        v->ends->end[a.end]++;
        if (times)
            sketch_add(times, a.took_s);
    }
}

void batch_hedge(const struct visit *v, const struct lane_list *l, uint32_t attempt,
                 struct lane_list *to[3])
{
    struct batch *b = v->b;
    int32_t *tries = v->s->attempt_row >= 0 ? b->attempt_row[v->s->attempt_row] : NULL;
    enum fate fate[TRY_COUNT];
    uint32_t number = attempt * (v->s->step->hedge_copies + 1);
    batch_find_fates(v, attempt, fate);
    batch_draw(b, v->step, RNG_ATTEMPT, number, l->lane, l->n, b->draw);
    for (uint32_t k = 0; k < l->n; k++) {
        uint16_t lane = l->lane[k];
        struct hedged h = race(v, lane, attempt, b->draw[k]);
        count_answers(v, lane, attempt, b->draw[k], &h);
        batch_spend(v, lane, h.end_s, attempt);
        batch_mark(v, lane, h.end);
        lane_push(to[fate[h.end]], lane);
        v->ends->attempts += h.calls;
        if (tries)
            tries[lane] += (int32_t)h.calls;
        if (b->program->has_cost)
            b->cost[lane] += h.calls * v->c->cost;
    }
}
