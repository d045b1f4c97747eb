/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands before and after the attempts of a visit: the `given` that holds, the cache;
 * confidences, gates, decisions, and the exit. */
#include "sim/batch.h"

#include <math.h>
#include <string.h>

/* --- before */

static bool holds(const struct batch *b, const struct given *x, uint16_t lane)
{
    switch (x->kind) {
    case GIVEN_BAD:
        return !b->good[lane];
    case GIVEN_CLASS:
        return b->class[lane] == x->of;
    default:
        break;
    }
    uint8_t last = b->last_row[b->program->step[x->of].last_row][lane];
    return last == (x->kind == GIVEN_FAILED  ? LAST_FAILED
                    : x->kind == GIVEN_WRONG ? LAST_WRONG
                                             : LAST_NEVER);
}

void batch_pick(struct batch *b, uint32_t step, const struct lane_list *l)
{
    const struct step_plan *s = &b->program->step[step];
    uint32_t n_given = s->step->n_given;
    for (uint32_t k = 0; k < l->n; k++) {
        uint16_t lane = l->lane[k];
        uint32_t g = 0;
        while (g < n_given && !holds(b, &s->step->given[g], lane))
            g++;
        uint32_t kind = g < n_given ? g + 1 : 0;
        b->pick[lane] = s->plan_of[b->class[lane] * (1 + n_given) + kind];
    }
}

/* A hit is ok without an attempt, and leaves the quality as it is. */
void batch_ask_cache(const struct visit *v, struct lane_list *l)
{
    struct batch *b = v->b;
    const struct plan *c = v->c;
    uint32_t hits = 0, misses = 0;
    batch_draw(b, v->step, RNG_CACHE, 0, l->lane, l->n, b->draw);
    for (uint32_t k = 0; k < l->n; k++) {
        uint16_t lane = l->lane[k];
        bool hit = b->draw[k] < c->hit_below;
        b->ok.lane[hits] = l->lane[misses] = lane;
        b->low[hits] = (uint32_t)b->draw[k];
        hits += hit;
        misses += !hit;
    }
    l->n = misses;
    b->ok.n = hits;
    sampler_fill(&c->cache_latency, b->low, hits, b->value);
    for (uint32_t k = 0; k < hits; k++) {
        batch_spend(v, b->ok.lane[k], c->cache_latency.table ? b->value[k] : c->cache_latency.value,
                    0);
        if (v->s->last_row >= 0)
            b->last_row[v->s->last_row][b->ok.lane[k]] = LAST_OK;
    }
}

/* --- after */

static void time_visits(const struct visit *v, const struct lane_list *l)
{
    struct batch *b = v->b;
    struct step_tally *s = v->count;
    double sum = 0, sum2 = 0, scale = b->program->time_scale;
    bool sampled = b->sampled && (b->clocked ? v->s->timed : s->visit_times.hot != NULL);
    for (uint32_t k = 0; k < l->n; k++) {
        double x = b->visit_time[l->lane[k]];
        s->in_budget += x <= v->c->budget_s;
        b->value[k] = (float)x;
        sum += x * scale;
        sum2 += x * scale * (x * scale);
    }
    if (!sampled)
        return;
    if (b->clocked)
        intake_put_many(&b->clocked[v->step].visits, b->value, l->n);
    else
        sketch_add_many(&s->visit_times, b->value, l->n);
    moments_add(&s->visit_time, l->n, sum, sum2);
}

/* Confidences by the quality that the items have now: numbers sorted into those of bad and of good
 * items, each through its own table. */
static void give_confidence(const struct visit *v, const struct lane_list *l)
{
    struct batch *b = v->b;
    const struct sampler *by = v->c->confidence;
    float *row = b->confidence_row[v->s->confidence_row];
    uint16_t *lane[2] = {b->retry.lane, b->again.lane};
    uint32_t *low[2] = {b->low, b->low2}, n[2] = {0, 0};
    if (by[0].table || by[1].table)
        batch_draw(b, v->step, RNG_CONFIDENCE, 0, l->lane, l->n, b->draw);
    for (uint32_t k = 0; k < l->n; k++) {
        uint32_t good = (uint32_t)b->good[l->lane[k]];
        lane[0][n[0]] = lane[1][n[1]] = l->lane[k];
        low[0][n[0]] = low[1][n[1]] = (uint32_t)b->draw[k];
        n[1] += good;
        n[0] = k + 1 - n[1];
    }
    for (int good = 0; good < 2; good++) {
        sampler_fill(&by[good], low[good], n[good], b->value);
        for (uint32_t k = 0; k < n[good]; k++)
            row[lane[good][k]] = b->value[k];
    }
    if (v->s->confidence_row == 0 || !b->program->asks_last)
        return;
    for (uint32_t k = 0; k < l->n; k++)
        b->confidence_row[0][l->lane[k]] = row[l->lane[k]];
}

/* Thresholds of the items of a gate that draws them: b->value2. */
static void draw_thresholds(const struct visit *v, const struct lane_list *l)
{
    struct batch *b = v->b;
    const struct sampler *by = &v->c->threshold_dist;
    if (by->table)
        batch_draw_once(b, v->step, RNG_THRESHOLD, l->lane, l->n, b->draw);
    for (uint32_t k = 0; by->table && k < l->n; k++)
        b->low[k] = (uint32_t)b->draw[k];
    sampler_fill(by, b->low, l->n, b->value2);
}

/* Is an item that may pass at confidence c and threshold t audited all the same? */
static bool is_audited(const struct visit *v, uint64_t u, double c, double t)
{
    return rng_unit(u) < audit_probability(v->s->step->audit.design, v->c->audit, c, t);
}

static void pass_gate(const struct visit *v, const struct lane_list *l)
{
    struct batch *b = v->b;
    const struct plan *c = v->c;
    const struct step *step = v->s->step;
    const float *row = v->s->gate_row >= 0 ? b->confidence_row[v->s->gate_row] : NULL;
    struct lane_list above = {0, b->retry.lane}, below = {0, b->again.lane};
    struct lane_list between = {0, b->split.lane}, audited = {0, b->spare.lane};
    if (step->draws_threshold)
        draw_thresholds(v, l);
    if (c->audit > 0)
        batch_draw(b, v->step, RNG_AUDIT, 0, l->lane, l->n, b->draw);
    for (uint32_t k = 0; k < l->n; k++) {
        uint16_t lane = l->lane[k];
        double x = row ? row[lane] : NAN;
        double low = step->draws_threshold ? b->value2[k] : c->threshold;
        double high = step->bands ? c->threshold_high : low;
        if (!rules_gate_ships(x, low))
            lane_push(&below, lane);
        else if (!rules_gate_ships(x, high))
            lane_push(&between, lane);
        else if (c->audit > 0 && is_audited(v, b->draw[k], x, high))
            lane_push(&audited, lane);
        else
            lane_push(&above, lane);
    }
    batch_route(b, v->step, EXIT_ABOVE, above.lane, above.n);
    batch_route(b, v->step, EXIT_BETWEEN, between.lane, between.n);
    batch_route(b, v->step, EXIT_BELOW, below.lane, below.n);
    batch_route(b, v->step, EXIT_AUDIT, audited.lane, audited.n);
}

/* A gate with one threshold for all, and no audit. */
static void pass_plain_gate(const struct visit *v, const struct lane_list *l)
{
    struct batch *b = v->b;
    const float *row = v->s->gate_row >= 0 ? b->confidence_row[v->s->gate_row] : NULL;
    uint16_t *above = b->retry.lane, *below = b->again.lane;
    uint32_t m = 0;
    for (uint32_t k = 0; k < l->n; k++) {
        uint16_t lane = l->lane[k];
        above[m] = below[k - m] = lane;
        m += row && rules_gate_ships(row[lane], v->c->threshold);
    }
    batch_route(b, v->step, EXIT_ABOVE, above, m);
    batch_route(b, v->step, EXIT_BELOW, below, l->n - m);
}

static void decide(const struct visit *v, const struct lane_list *l)
{
    struct batch *b = v->b;
    struct lane_list pass = {0, b->retry.lane}, reject = {0, b->again.lane};
    bool rejected[LANES];
    if (v->c->can_change || v->c->can_reject[0] || v->c->can_reject[1])
        batch_draw(b, v->step, RNG_DECISION, 0, l->lane, l->n, b->draw);
    else
        memset(b->draw, 0, l->n * sizeof *b->draw);
    for (uint32_t k = 0; k < l->n; k++) {
        int32_t *good = &b->good[l->lane[k]];
        bool change = b->draw[k] < v->c->change_below[*good];
        bool caught = b->draw[k] < v->c->reject_below[*good];
        *good ^= change;
        v->count->caught += caught;
        rejected[k] = caught && !change;
    }
    if (v->s->confidence_row >= 0) /* of the quality that the decision left */
        give_confidence(v, l);
    for (uint32_t k = 0; k < l->n; k++)
        lane_push(rejected[k] ? &reject : &pass, l->lane[k]);
    batch_pass(b, v->step, &pass);
    batch_route(b, v->step, EXIT_REJECT, reject.lane, reject.n);
}

void batch_settle(const struct visit *v)
{
    struct batch *b = v->b;
    const struct step *step = v->s->step;
    if (v->timed) {
        time_visits(v, &b->ok);
        time_visits(v, &b->failed);
    }
    batch_route(b, v->step, EXIT_FAIL, b->failed.lane, b->failed.n);
    if (b->ok.n == 0)
        return;
    bool decides = v->s->kind == STEP_CHECK || v->s->kind == STEP_REVIEW;
    if (v->s->confidence_row >= 0 && !decides)
        give_confidence(v, &b->ok);
    if (decides)
        decide(v, &b->ok);
    else if (v->s->kind != STEP_GATE)
        batch_pass(b, v->step, &b->ok);
    else if (step->bands || step->draws_threshold || v->c->audit > 0)
        pass_gate(v, &b->ok);
    else
        pass_plain_gate(v, &b->ok);
}
