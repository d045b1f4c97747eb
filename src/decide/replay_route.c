/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which way an item goes on.
 *
 * Where a step has several ways, the logged visits tell: of the steps that its ways lead to (past
 * those that are no steps of the log), the one that the item came to first after what was made
 * again so far; when no visit is left, the end that the item took.  A policy that changes the ways,
 * and an item that is where the log never saw it, have ways drawn by their shares. */
#include "decide/replay_parts.h"
#include "math/rng.h"

#include <math.h>

enum { DEEP = 8 };

double replay_unit(const struct replay_pass *pass, const struct passage *w, uint32_t purpose,
                   uint64_t k)
{
    uint64_t key = rng_key(pass->replay->options->seed, pass->number, w->item,
                           w->at >= 0 ? (uint32_t)w->at : UINT32_MAX, purpose);
    bool again = w->at >= 0 && pass->replay->again[w->at];
    uint64_t branch = w->parent >= 0 ? w->copy + 1 : 0, visit = again ? w->visits : 0;
    return rng_unit(rng_at(key, k + (visit << 24) + (branch << 48)));
}

/* Does a target lead to a visit of this stage, with no other step of the log between? */
static bool leads_to(const struct replay *r, int32_t to, int32_t stage, int deep)
{
    const struct pipeline *p = r->policy;
    if (to < 0 || deep > DEEP)
        return false;
    const struct step *s = &p->step[to];
    if (r->stage[to] >= 0)
        return r->stage[to] == stage;
    if (s->kind == STEP_PARALLEL) {
        for (uint32_t i = s->parallel->first[0]; i < s->parallel->first[s->parallel->n_branches];
             i++)
            if (r->stage[i] == stage)
                return true;
        return false;
    }
    if (s->kind == STEP_GATE)
        return leads_to(r, s->above.to, stage, deep + 1) ||
               leads_to(r, s->below.to, stage, deep + 1) ||
               (s->bands && leads_to(r, s->between.to, stage, deep + 1));
    for (uint32_t k = 0; k < s->n_ways; k++)
        if (leads_to(r, s->way[k].edge.to, stage, deep + 1))
            return true;
    return leads_to(r, s->next.to, stage, deep + 1);
}

/* Does it lead to this end so? */
static bool ends_in(const struct replay *r, int32_t to, int32_t end, int deep)
{
    if (to == end)
        return true;
    if (to < 0 || deep > DEEP || r->stage[to] >= 0)
        return false;
    const struct step *s = &r->policy->step[to];
    if (s->kind == STEP_PARALLEL)
        return false;
    if (s->kind == STEP_GATE)
        return ends_in(r, s->above.to, end, deep + 1) || ends_in(r, s->below.to, end, deep + 1);
    for (uint32_t k = 0; k < s->n_ways; k++)
        if (ends_in(r, s->way[k].edge.to, end, deep + 1))
            return true;
    return ends_in(r, s->next.to, end, deep + 1);
}

/* Where way k of a step leads; its last one is `next`. */
static int32_t target(const struct step *s, uint32_t k)
{
    return k < s->n_ways ? s->way[k].edge.to : s->next.to;
}

bool replay_inside(const struct replay *r, uint32_t step, int32_t stage)
{
    const struct parallel *par = r->policy->step[step].parallel;
    for (uint32_t i = par ? par->first[0] : 0; par && i < par->first[par->n_branches]; i++)
        if (r->stage[i] == stage)
            return true;
    return false;
}

/* The way that the log shows, n_ways: `next`; -1: it shows none. */
static int32_t logged_way(const struct replay_pass *pass, const struct passage *w)
{
    const struct replay *r = pass->replay;
    const struct log_item *it = replay_item_of(pass, w);
    const struct step *s = &pass->p->step[w->at];
    uint32_t end = it->first_visit + it->n_visits;
    uint32_t from = pass->item[w->item].cursor;
    if (w->parent >= 0 && w->visit != SPAN_NONE)
        from = w->visit + 1;
    for (uint32_t v = from; v < end; v++) {
        int32_t stage = (int32_t)r->log->visits.at[v].stage;
        if (pass->used[v] || replay_inside(r, (uint32_t)w->at, stage))
            continue;
        if (w->parent >= 0 && !replay_inside(r, s->parent - 1, stage))
            break; /* the branches were over */
        for (uint32_t k = 0; k <= s->n_ways; k++)
            if (leads_to(r, target(s, k), stage, 0))
                return (int32_t)k;
    }
    int32_t leaves = w->parent >= 0 ? TO_JOIN : log_end_target(it->end);
    for (uint32_t k = 0; k <= s->n_ways; k++)
        if (ends_in(r, target(s, k), leaves, 0))
            return (int32_t)k;
    return -1;
}

static bool holds(const struct replay_pass *pass, const struct passage *w, const struct way *way,
                  double *u)
{
    if (way->probability)
        return (*u -= way->probability[0].value) < 0;
    const struct replay_item *it = &pass->item[w->item];
    struct condition_facts facts = {.confidence = it->confidence,
                                    .age_s = w->now_s - it->start_s,
                                    .visits = pass->visits_of + (size_t)w->item * pass->p->n_steps,
                                    .outcome = OUTCOME_OK};
    return condition_holds(way->when, &facts);
}

/* Is it by `when` alone which of these ways an item takes? */
static bool by_condition(const struct replay_pass *pass, const struct passage *w)
{
    const struct step *s = &pass->p->step[w->at];
    for (uint32_t k = 0; k < s->n_ways; k++)
        if (s->way[k].probability)
            return false;
    return true;
}

static void take(struct replay_pass *pass, struct passage *w, int32_t way)
{
    const struct rules *rules = &pass->rules;
    const struct step *s = &pass->p->step[w->at];
    if (way >= (int32_t)s->n_ways)
        w->at = rules_take(rules, (uint32_t)w->at, EXIT_PASS, w->counters)->to;
    else
        w->at = rules_take_from(rules, rules->way_route[rules->first_way[w->at] + way], w->counters)
                    ->to;
}

static void draw_way(struct replay_pass *pass, struct passage *w)
{
    const struct step *s = &pass->p->step[w->at];
    double u = replay_unit(pass, w, RNG_WAY, 0);
    uint32_t k = 0;
    while (k < s->n_ways && !holds(pass, w, &s->way[k], &u))
        k++;
    if (k == s->n_ways && s->ways_complete)
        k--;
    take(pass, w, (int32_t)k);
}

/* Where the log shows no way: drawn; for the bounds the item is lost, or ships right or wrong. */
static void miss_way(struct replay_pass *pass, struct passage *w)
{
    struct replay_item *it = &pass->item[w->item];
    pass->unknown.routes++;
    if (pass->mode == REPLAY_DRAWN || w->parent >= 0) {
        draw_way(pass, w);
        return;
    }
    it->good = pass->mode == REPLAY_BEST;
    it->reviewed = it->reviewed || (pass->mode == REPLAY_LOST && pass->replay->review >= 0);
    w->at = pass->mode == REPLAY_LOST ? TO_FAIL : TO_SHIP;
}

/* The share of way k (n_ways: of `next`). */
static double share_of(const struct step *s, uint32_t k)
{
    double rest = 1;
    if (k < s->n_ways)
        return s->way[k].probability ? s->way[k].probability[0].value : 0;
    for (uint32_t i = 0; i < s->n_ways; i++)
        rest -= share_of(s, i);
    return fmax(rest, 0);
}

/* Shares that a policy changed: as few items as can be go another way than in the log (the maximal
 * coupling of the two laws), those of ways with a smaller share, to ways with a larger one. */
static void change_way(struct replay_pass *pass, struct passage *w, int32_t logged)
{
    const struct step *s = &pass->p->step[w->at];
    const struct step *was = &pass->replay->base->step[pass->replay->base_step[w->at]];
    const struct step *is = &pass->replay->policy->step[w->at];
    double before = share_of(was, (uint32_t)logged), now = share_of(is, (uint32_t)logged);
    double more = 0, u = replay_unit(pass, w, RNG_WAY, 1);
    if (replay_unit(pass, w, RNG_WAY, 0) * before < now || s->n_ways != was->n_ways) {
        take(pass, w, logged);
        return;
    }
    for (uint32_t k = 0; k <= s->n_ways; k++)
        more += fmax(share_of(is, k) - share_of(was, k), 0);
    u *= more;
    for (uint32_t k = 0; k <= s->n_ways; k++) {
        u -= fmax(share_of(is, k) - share_of(was, k), 0);
        if (u < 0) {
            logged = (int32_t)k;
            break;
        }
    }
    pass->unknown.changed++;
    take(pass, w, logged);
}

/* Did the item use up a way back that the policy allows more often than the base? */
static bool at_old_bound(const struct replay_pass *pass, const struct passage *w)
{
    const struct rules *rules = &pass->rules;
    const struct step *s = &pass->p->step[w->at];
    const struct step *was = &pass->replay->base->step[pass->replay->base_step[w->at]];
    for (uint32_t k = 0; k < s->n_ways && k < was->n_ways; k++) {
        uint32_t before = was->way[k].edge.at_most, now = s->way[k].edge.at_most;
        uint32_t counter =
            rules->route[rules->way_route[rules->first_way[w->at] + (int32_t)k]].counter;
        if (before < AT_MOST_UNBOUNDED && now > before && now != AT_MOST_NONE &&
            counter != ROUTE_FREE && w->counters[counter] >= before)
            return true;
    }
    return false;
}

void replay_leave(struct replay_pass *pass, struct passage *w, enum exit_kind exit)
{
    const struct step *s = &pass->p->step[w->at];
    if (exit != EXIT_PASS || s->n_ways == 0) {
        w->at = rules_take(&pass->rules, (uint32_t)w->at, exit, w->counters)->to;
        return;
    }
    if (by_condition(pass, w)) {
        draw_way(pass, w);
        return;
    }
    int32_t way = logged_way(pass, w);
    bool changed = pass->replay->change[w->at].ways, known = pass->replay->base_step[w->at] >= 0;
    if (way < 0 || (changed && (!known || at_old_bound(pass, w))))
        miss_way(pass, w);
    else if (changed)
        change_way(pass, w, way);
    else
        take(pass, w, way);
}
