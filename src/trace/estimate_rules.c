/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ways that a confidence decides.
 *
 * Of the items that pass a step, one way is taken by those below a confidence (or from one on): by
 * 99 in 100 at least, of twenty items and five on either side.  Perfect separation of so many by
 * chance is rarer than 1 in 15,000.  The step that gave the confidence gives it in the scenario
 * too, as they were seen (a law that fits as a whole may be wrong at the cut), drawn anew at each
 * visit by what the item holds then. */
#include "trace/discover.h"
#include "trace/estimate_flow_parts.h"

#include <math.h>

enum { MOVES_LEAST = 20, SIDE_LEAST = 5, AGAINST = 100 };

static int32_t aim_of(const struct flow_plan *p, const struct outflow *o, int32_t to)
{
    bool gate = false, known = false;
    for (size_t i = 0; i < o->aim.len; i++) {
        gate = gate || o->aim.at[i].to == TO_GATE;
        known = known || o->aim.at[i].to == to;
    }
    return known ? to : gate && estimate_is_gates(p, to) ? TO_GATE : TO_SKIP;
}

/* Of n moves, which those to `to` are in r: the rule that they are below, or above, a cut. */
static void try_rule(struct outflow *o, struct routed *r, size_t n, int32_t to, bool below)
{
    double low = 0, high = 1;
    uint64_t wrong;
    discover_cut(r, n, &low, &high, &wrong);
    bool worse = o->rule.found &&
                 (wrong > o->rule.wrong || (wrong == o->rule.wrong && (o->rule.below || !below)));
    if (wrong * AGAINST > n || !(low < high) || worse)
        return;
    o->rule = (struct aim_rule){.found = true,
                                .below = below,
                                .to = to,
                                .threshold = discover_shortest(low, high),
                                .n = n,
                                .wrong = wrong};
}

/* The moves with a confidence, all of one scorer; 0: there are others. */
static size_t take_moves(const struct flow_plan *p, const struct outflow *o, struct aimed *out)
{
    size_t n = 0, without = 0;
    for (size_t i = 0; i < o->aimed.len; i++) {
        struct aimed m = o->aimed.at[i];
        m.to = aim_of(p, o, m.to);
        if (m.to == TO_SKIP)
            continue;
        if (isnan(m.confidence)) {
            without++;
            continue;
        }
        if (n && m.scorer != out[0].scorer)
            return 0;
        out[n++] = m;
    }
    return without * AGAINST > n ? 0 : n;
}

static void find_rule(const struct flow_plan *p, struct outflow *o)
{
    struct aimed *move = mem_alloc((o->aimed.len + 1) * sizeof *move);
    struct routed *r = mem_alloc((o->aimed.len + 1) * sizeof *r);
    size_t n = o->aim.len > 1 ? take_moves(p, o, move) : 0;
    for (size_t i = 0; n >= MOVES_LEAST && i < o->aim.len; i++) {
        for (int below = 1; below >= 0; below--) {
            size_t taken = 0;
            for (size_t k = 0; k < n; k++) {
                bool so = move[k].to == o->aim.at[i].to;
                taken += so;
                r[k] = (struct routed){move[k].confidence, so == (below == 1)};
            }
            if (taken >= SIDE_LEAST && n - taken >= SIDE_LEAST)
                try_rule(o, r, n, o->aim.at[i].to, below);
        }
    }
    if (o->rule.found)
        o->rule.scorer = move[0].scorer;
    mem_free(move);
    mem_free(r);
}

bool estimate_has_rule(const struct flow_plan *p, const struct outflow *o)
{
    struct outflow tried = *o; /* its lists are shared, and only read */
    tried.rule.found = false;
    find_rule(p, &tried);
    return tried.rule.found;
}

/* The part that gives a confidence anyway; -1. */
static int32_t other_giver(const struct estimate *e)
{
    if (e->gate >= 0 && e->routed)
        return (int32_t)estimate_routing_part(e);
    return e->log->scorer >= 0 ? e->draft : -1;
}

/* The part that gives the confidence of a stage at a place: its own in the same branch and outside
 * of parallels, what holds the joined drafts behind its parallel; -1. */
static int32_t giver_of(const struct estimate *e, int32_t scorer, int32_t place)
{
    const struct structure *s = e->flow;
    int32_t giver = s->place_of[scorer];
    if (giver < 0)
        return -1;
    const struct structure_place *of = &s->place.at[giver], *at = &s->place.at[place];
    if (of->parent == 0 || (of->parent == at->parent && of->branch == at->branch))
        return e->part[e->plan->part_of[giver]].role == PART_STAGE ? e->plan->part_of[giver] : -1;
    for (uint32_t i = 0; i < e->n_parts && at->parent == 0; i++)
        if (e->part[i].role == PART_WAYPOINT && e->part[i].of == OF_JOIN &&
            e->part[i].holds == scorer)
            return (int32_t)i;
    return -1;
}

/* Would the confidence be that of its step, here and at the gate? */
static bool holds(const struct estimate *e, int32_t place, const struct aim_rule *rule)
{
    int32_t from = giver_of(e, rule->scorer, place), at = e->plan->part_of[place];
    int32_t other = other_giver(e);
    bool same = !e->routed && e->log->scorer == rule->scorer;
    if (from < 0 || from > at)
        return false;
    if (other == from)
        return same;
    return same || other < 0 || other < from || other > at;
}

/* Notes that the part gives the confidence of a rule; false where there is room for no more. */
static bool is_given(struct estimate *e, int32_t part, const struct aim_rule *rule)
{
    for (uint32_t i = 0; i < e->n_given; i++)
        if (e->given[i].part == part)
            return true;
    if (e->n_given == ESTIMATE_GIVEN_MAX)
        return false;
    e->given[e->n_given].part = part;
    e->given[e->n_given++].stage = rule->scorer;
    return true;
}

void estimate_find_rules(struct estimate *e)
{
    struct flow_plan *p = e->plan;
    for (uint32_t k = 0; k < p->n_places; k++) {
        struct outflow *o = &p->place[k][EXIT_OF_PASS];
        if (p->own == (int32_t)k)
            continue;
        find_rule(p, o);
        int32_t from = o->rule.found ? giver_of(e, o->rule.scorer, (int32_t)k) : -1;
        if (o->rule.found && (!holds(e, (int32_t)k, &o->rule) || !is_given(e, from, &o->rule)))
            o->rule.found = false;
    }
}

bool estimate_is_ruled(const struct estimate *e, int32_t stage)
{
    for (uint32_t i = 0; i < e->n_given; i++)
        if (e->given[i].stage == stage)
            return true;
    return false;
}

/* Does what an item holds at a part have the quality of its draft, rather than that it came with?
 */
static bool is_of_draft(const struct estimate *e, uint32_t part)
{
    int32_t place = e->part[part].place;
    bool in_branch =
        place >= 0 && e->part[part].role == PART_STAGE && e->flow->place.at[place].parent;
    return (int32_t)part == e->draft || (e->draft >= 0 && (int32_t)part > e->draft && !in_branch);
}

/* The confidences of a step, all visits: of an item's last visit by its draft, of those before it,
 * which were sent back, and of steps without the draft, as of either. */
static size_t take_confidences(const struct estimate *e, uint32_t part, int32_t stage, bool bad,
                               double *out)
{
    bool of_draft = is_of_draft(e, part), joined = e->part[part].role == PART_WAYPOINT;
    const struct trace_log *log = e->log;
    size_t n = 0;
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        bool last = true;
        if (joined) { /* of several the best, as at the gate */
            if (!isnan(it->confidence) && (it->draft == LOG_BAD) == bad)
                out[n++] = it->confidence;
            continue;
        }
        for (uint32_t v = it->first_visit + it->n_visits; v-- > it->first_visit;) {
            const struct log_visit *visit = &log->visits.at[v];
            if ((int32_t)visit->stage != stage || isnan(visit->confidence))
                continue;
            if (!last || !of_draft || (it->draft == LOG_BAD) == bad)
                out[n++] = visit->confidence;
            last = false;
        }
    }
    return n;
}

static void put_ruled(struct estimate *e, uint32_t part, int32_t stage)
{
    struct step *s = &e->out->step[part];
    int32_t other = other_giver(e);
    double *x = mem_alloc((e->log->visits.len + 1) * sizeof *x);
    size_t n_good = take_confidences(e, part, stage, false, x);
    struct dist good = estimate_as_seen(e, x, n_good);
    size_t n_bad = take_confidences(e, part, stage, true, x);
    struct dist bad = estimate_as_seen(e, x, n_bad);
    mem_free(x);
    s->has_confidence = true;
    s->numbers->confidence_good = n_good ? good : bad;
    s->numbers->confidence_bad = n_bad ? bad : good;
    if (e->gate >= 0 && other >= 0 && other != (int32_t)part &&
        (e->routed || e->log->scorer != stage))
        e->out->step[e->gate].gate_of = other;
}

void estimate_ruled_confidence(struct estimate *e)
{
    for (uint32_t i = 0; i < e->n_given; i++)
        put_ruled(e, (uint32_t)e->given[i].part, e->given[i].stage);
}
