/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From step to step: exits, the ways of `next`, and the way back. */
#include "sim/batch.h"

#include <math.h>
#include <string.h>

/* The lanes go to `to`; a step they arrive at lists them as long as it lists all who wait. */
static void arrive(struct batch *b, int32_t to, const uint16_t *lane, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++)
        b->at[lane[k]] = to;
    if (to < 0)
        return;
    struct lane_list *list = &b->pending[to];
    if (b->waiting[to] == 0) {
        b->listed[to] = true;
        list->n = 0;
    }
    b->waiting[to] += n;
    if (!b->listed[to])
        return;
    memcpy(list->lane + list->n, lane, n * sizeof *lane);
    list->n += n;
}

static void count_end(struct step_tally *s, int32_t to, uint32_t n)
{
    s->ship += to == TO_SHIP ? n : 0;
    s->reject += to == TO_REJECT ? n : 0;
    s->fail += to == TO_FAIL ? n : 0;
}

void batch_send(struct batch *b, uint32_t step, int32_t to, uint32_t n)
{
    if (n == 0)
        return;
    count_end(&b->tally->step[step], to, n);
    if (to < 0)
        return;
    b->waiting[to] += n;
    b->listed[to] = false;
}

/* Back at an earlier step the work is done again: quality is what it was on first entry there (as
 * it is, when the item has not been there yet). */
static void go_back(struct batch *b, const struct route *r, uint16_t lane, struct step_tally *s)
{
    if (b->visits[lane] >= VISITS_MAX) {
        b->at[lane] = TO_FAIL;
        b->tally->endless++;
        count_end(s, TO_FAIL, 1);
        return;
    }
    const struct step_plan *to = &b->program->step[r->to];
    if (to->entry_row >= 0 && to->visit_row >= 0 && b->visit_row[to->visit_row][lane] > 0)
        b->good[lane] = b->entry_row[to->entry_row][lane];
    arrive(b, r->to, &lane, 1);
}

/* Along the chain of routes that begins at `first`. */
static void route_from(struct batch *b, uint32_t step, int32_t first, const uint16_t *lane,
                       uint32_t n)
{
    const struct rules *rules = &b->program->rules;
    struct step_tally *s = &b->tally->step[step];
    if (n == 0)
        return;
    if (first < 0)
        BUG("step %u has no such exit", step);
    const struct route *r = &rules->route[first];
    if (r->counter == ROUTE_FREE && !r->back) {
        b->tally->route[r - rules->route] += n;
        count_end(s, r->to, n);
        arrive(b, r->to, lane, n);
        return;
    }
    for (uint32_t k = 0; k < n; k++) {
        r = rules_take_from(rules, first, b->counters + (size_t)lane[k] * rules->n_counters);
        b->tally->route[r - rules->route]++;
        if (r->back) {
            go_back(b, r, lane[k], s);
            continue;
        }
        count_end(s, r->to, 1);
        arrive(b, r->to, &lane[k], 1);
    }
}

void batch_route(struct batch *b, uint32_t step, enum exit_kind exit, const uint16_t *lane,
                 uint32_t n)
{
    route_from(b, step, b->program->rules.exit[step][exit], lane, n);
}

/* --- the ways of `next`: tried one after the other by those who took none before */

/* What an item shows at the end of a visit that passed: its last attempt was ok, or there was
 * none. */
static bool holds(struct batch *b, const struct condition *when, uint16_t lane)
{
    const struct program *g = b->program;
    struct condition_facts facts = {.confidence = NAN,
                                    .age_s = b->time[lane],
                                    .confidence_of = b->asked_confidence,
                                    .visits = b->asked_visits,
                                    .outcome = OUTCOME_OK,
                                    .class = b->class[lane]};
    if (g->asks_last)
        facts.confidence = b->confidence_row[0][lane];
    for (uint32_t k = 0; k < g->n_asked; k++) {
        uint32_t i = g->asked[k];
        int32_t row = g->step[i].confidence_row;
        b->asked_visits[i] = (uint32_t)b->visit_row[g->step[i].visit_row][lane];
        b->asked_confidence[i] = row < 0 ? NAN : b->confidence_row[row][lane];
    }
    return condition_holds(when, &facts);
}

static bool takes(struct batch *b, const struct way_plan *w, uint16_t lane, uint64_t u)
{
    if (!w->below)
        return holds(b, &w->when, lane);
    uint64_t below = w->below[b->class[lane]];
    return below == UINT64_MAX || u < below;
}

void batch_pass(struct batch *b, uint32_t step, const struct lane_list *l)
{
    const struct rules *rules = &b->program->rules;
    const struct step_plan *s = &b->program->step[step];
    if (s->step->n_ways == 0) {
        batch_route(b, step, EXIT_PASS, l->lane, l->n);
        return;
    }
    uint16_t *left = b->spare.lane, *taken = b->split.lane;
    uint32_t n = l->n;
    memcpy(left, l->lane, n * sizeof *left);
    if (s->way_drawn)
        batch_draw(b, step, RNG_WAY, 0, left, n, b->draw);
    for (uint32_t w = 0; w < s->step->n_ways; w++) {
        uint32_t m = 0, kept = 0;
        for (uint32_t k = 0; k < n; k++) {
            uint16_t lane = left[k];
            uint64_t u = s->way_drawn ? b->draw[k] : 0;
            bool took = takes(b, &s->way[w], lane, u);
            taken[m] = left[kept] = lane;
            b->draw[kept] = u;
            m += took;
            kept += !took;
        }
        route_from(b, step, rules_start(rules, step, EXIT_KIND_COUNT + w), taken, m);
        n = kept;
    }
    batch_route(b, step, EXIT_PASS, left, n);
}
