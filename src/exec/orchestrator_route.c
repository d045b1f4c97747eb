/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way on after a visit: gates, ways, edges that run out, going back, and the end. */
#include "exec/orchestrator.h"
#include "exec/tally.h"

enum { VISITS_MAX = 1000000 };

const struct numbers *run_path_numbers(const struct run *r, const struct run_path *p)
{
    const struct step *s = r->step[p->step].step;
    const struct numbers *n = p->given ? s->given[p->given - 1].override.numbers : s->numbers;
    return &n[p->item->class];
}

static void tell_visit(struct run *r, struct run_path *p, enum exit_kind exit, int32_t to)
{
    struct run_event e = run_event_of(r, RUN_VISIT_ENDED, p);
    e.begin_s = e.asked_s = p->visit_s;
    e.outcome = e.hidden = p->outcome;
    e.exit = exit;
    e.to = to;
    e.cached = p->cached;
    e.confidence = p->confidence;
    e.threshold = p->threshold;
    e.verdict = p->verdict;
    e.quality = p->before;
    e.left = run_path_quality(r, p);
    e.attempts = p->attempts;
    run_tell(r, &e);
}

static void end_path(struct run *r, struct run_path *p, int32_t to)
{
    if (p->parent) {
        run_join_note(r, p, to == TO_JOIN || to == TO_SHIP);
        return;
    }
    run_item_end(r, p->item,
                 to == TO_SHIP || to == TO_JOIN ? RUN_END_SHIPPED
                 : to == TO_REJECT              ? RUN_END_REJECTED
                                                : RUN_END_FAILED);
}

/* Back at an earlier step the work is done again, on what the item held when it first came there.
 * False: it has been round too often. */
static bool go_back(struct run *r, struct run_path *p, int32_t to)
{
    if (p->item->visits >= VISITS_MAX) {
        if (r->tally)
            r->tally->endless++;
        run_item_end(r, p->item, RUN_END_FAILED);
        return false;
    }
    const struct holding *first = &p->entry[r->step[to].entry_slot];
    if (first->payload) {
        struct holding before = run_holding_keep(first);
        run_holding_drop(&p->held);
        p->held = before;
    }
    return true;
}

static void go(struct run *r, struct run_path *p, enum exit_kind exit, int32_t to, bool back)
{
    tell_visit(r, p, exit, to);
    if (to < 0) {
        end_path(r, p, to);
        return;
    }
    if (back && !go_back(r, p, to))
        return;
    p->step = (uint32_t)to;
    run_path_ready(r, p);
}

void run_route_exit(struct run *r, struct run_path *p, enum exit_kind exit)
{
    const struct route *route = rules_take(&r->rules, p->step, exit, p->counters);
    go(r, p, exit, route->to, route->back);
}

void run_route_full(struct run *r, struct run_path *p)
{
    const struct edge *e = &r->step[p->step].desk->law->when_full;
    uint32_t counter = r->step[p->step].full_counter;
    for (; e; e = e->then) {
        if (e->at_most == AT_MOST_NONE || e->at_most == AT_MOST_UNBOUNDED)
            break;
        if (p->counters[counter] < e->at_most) {
            p->counters[counter]++;
            break;
        }
        counter++;
    }
    int32_t to = e ? e->to : TO_REJECT;
    if (to == TO_SKIP)
        to = pipeline_following(r->pipeline, p->step);
    p->outcome = OUTCOME_ERROR;
    p->flags[p->step] |= FLAG_FAILED;
    go(r, p, EXIT_FAIL, to, to >= 0 && (uint32_t)to <= p->step);
}

/* --- ways */

static bool way_holds(const struct run *r, const struct run_path *p, const struct way *way)
{
    struct condition_facts facts = {.confidence = p->confidence,
                                    .age_s = r->now_s - p->item->entered_s,
                                    .confidence_of = p->confidence_of,
                                    .visits = p->visits,
                                    .outcome = p->outcome,
                                    .class = p->item->class};
    return condition_holds(way->when, &facts);
}

void run_route_pass(struct run *r, struct run_path *p)
{
    const struct step *s = r->step[p->step].step;
    int32_t first = -1, last = -1;
    double sum = 0;

    if (s->n_ways == 0) {
        run_route_exit(r, p, EXIT_PASS);
        return;
    }
    double u = (double)(run_number(r, p, RNG_WAY, 0) >> 11) * 0x1p-53;
    for (uint32_t w = 0; w < s->n_ways && first < 0; w++) {
        const struct way *way = &s->way[w];
        int32_t route = r->rules.way_route[r->rules.first_way[p->step] + (int32_t)w];
        if (!way->probability) {
            first = way_holds(r, p, way) ? route : -1;
            continue;
        }
        double low = sum;
        sum += way->probability[p->item->class].value;
        last = route;
        first = u >= low && u < sum ? route : -1;
    }
    if (first < 0 && s->ways_complete)
        first = last;
    if (first < 0) {
        run_route_exit(r, p, EXIT_PASS);
        return;
    }
    const struct route *route = rules_take_from(&r->rules, first, p->counters);
    go(r, p, EXIT_PASS, route->to, route->back);
}

/* --- gates */

/* Drawn once for an item and gate. */
static double drawn_threshold(const struct run *r, const struct run_path *p,
                              const struct numbers *n)
{
    uint64_t key = rng_key(r->options->seed, 0, p->item->index, p->step, RNG_THRESHOLD);
    return dist_quantile(&n->threshold_dist, rng_unit(rng_at(key, 0)));
}

void run_route_gate(struct run *r, struct run_path *p, const struct numbers *n)
{
    const struct step *s = r->step[p->step].step;
    double c = s->gate_of < 0 ? p->confidence : p->confidence_of[s->gate_of];
    double low = s->draws_threshold ? drawn_threshold(r, p, n) : n->threshold.value;
    double high = s->bands ? n->threshold_high.value : low;
    enum exit_kind exit = rules_gate_ships(c, high)              ? EXIT_ABOVE
                          : s->bands && rules_gate_ships(c, low) ? EXIT_BETWEEN
                                                                 : EXIT_BELOW;
    p->threshold = high;
    if (exit == EXIT_ABOVE && s->audit.present) {
        double share = audit_probability(s->audit.design, n->audit.value, c, high);
        if (rng_unit(run_number(r, p, RNG_AUDIT, 0)) < share)
            exit = EXIT_AUDIT;
        p->item->audited = exit == EXIT_AUDIT;
    }
    run_route_exit(r, p, exit);
}
