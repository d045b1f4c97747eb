/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compiles a pipeline's edges into chains of routes, and holds the few rules that every engine
 * must decide alike: outcomes of an attempt, retries, backoff, joins, a reviewer's decision.
 *
 * An edge that can run out becomes a route with a counter, followed by the routes of its `then`;
 * the chain ends at a route that is free. */
#include "model/rules.h"

#include <math.h>
#include <string.h>

bool rules_retries(const struct retry *r, enum outcome o, uint32_t attempts_made)
{
    if (attempts_made >= r->attempts)
        return false;
    switch (o) {
    case OUTCOME_ERROR:
        return r->on & RETRY_ERROR;
    case OUTCOME_MALFORMED:
        return r->on & RETRY_MALFORMED;
    case OUTCOME_TIMEOUT:
        return r->on & RETRY_TIMEOUT;
    default:
        return false;
    }
}

enum joined rules_join(const struct parallel *p, uint32_t n_ok, uint32_t n_failed)
{
    bool all_in = n_ok + n_failed == p->n;
    switch (p->join) {
    case JOIN_ALL:
    case JOIN_ANY:
    case JOIN_K_OF_N:
        if (n_ok >= p->k)
            return JOINED_OK;
        return p->n - n_failed < p->k ? JOINED_FAILED : JOINED_NOT_YET;
    case JOIN_VOTE:
    case JOIN_MAJORITY:
        if (all_in)
            return n_ok >= p->k ? JOINED_OK : JOINED_FAILED;
        break;
    case JOIN_BEST:
        if (all_in)
            return n_ok > 0 ? JOINED_OK : JOINED_FAILED;
    }
    return JOINED_NOT_YET;
}

double rules_backoff(const struct retry *r, uint32_t attempts_made, double u)
{
    if (!(r->initial_s > 0))
        return 0;
    double wait = fmin(r->initial_s * pow(r->factor, (double)attempts_made - 1), r->max_s);
    switch (r->jitter) {
    case JITTER_FULL:
        return wait * u;
    case JITTER_EQUAL:
        return wait / 2 + wait / 2 * u;
    default:
        return wait;
    }
}

void rules_outcomes(const struct numbers *n, double p_timeout, double out[OUTCOME_COUNT])
{
    double error = n->error.value, wrong = n->wrong.value, malformed = n->malformed.value;
    double in_time = 1 - p_timeout;
    out[OUTCOME_OK] = fmax(0, in_time * (1 - error - wrong - malformed));
    out[OUTCOME_WRONG] = in_time * (wrong + malformed * (1 - n->validation.value));
    out[OUTCOME_ERROR] = in_time * error;
    out[OUTCOME_MALFORMED] = in_time * malformed * n->validation.value;
    out[OUTCOME_TIMEOUT] = p_timeout;
}

void rules_decisions(enum step_kind kind, const struct numbers *n, bool good,
                     double out[DECISION_COUNT])
{
    memset(out, 0, DECISION_COUNT * sizeof *out);
    if (kind != STEP_CHECK && kind != STEP_REVIEW) {
        out[DECIDE_PASS] = 1;
        return;
    }
    double pass = good ? n->specificity.value : 1 - n->sensitivity.value;
    double caught = good ? 1 - n->specificity.value : n->sensitivity.value;
    double changed = 0;
    if (kind == STEP_REVIEW)
        changed = good ? n->spoils.value : n->fixes.value;
    out[DECIDE_PASS] = pass;
    out[good ? DECIDE_SPOIL : DECIDE_FIX] = caught * changed;
    out[DECIDE_REJECT] = caught * (1 - changed);
}

/* --- routes */

struct compiler {
    struct rules *rules;
    VEC(struct route) routes;
    uint32_t n_counters, n_ways;
};

static int32_t compile_edge(struct compiler *c, uint32_t step, const struct edge *edge)
{
    int32_t first = (int32_t)c->routes.len;
    for (const struct edge *e = edge;; e = e->then) {
        struct route r = {.to = e ? e->to : TO_REJECT, .counter = ROUTE_FREE, .otherwise = -1};
        bool bounded = e && e->at_most != AT_MOST_NONE && e->at_most != AT_MOST_UNBOUNDED;
        r.back = r.to >= 0 && (uint32_t)r.to <= step;
        if (e && e->at_most == AT_MOST_UNBOUNDED && r.back)
            c->rules->has_unbounded = true;
        if (bounded) {
            r.counter = c->n_counters++;
            r.at_most = e->at_most;
            r.otherwise = (int32_t)c->routes.len + 1;
        }
        vec_push(&c->routes, r);
        if (!bounded)
            return first;
    }
}

static void compile_step(struct compiler *c, uint32_t i, const struct step *s)
{
    int32_t *exit = c->rules->exit[i];
    for (int k = 0; k < EXIT_KIND_COUNT; k++)
        exit[k] = -1;
    exit[EXIT_FAIL] = compile_edge(c, i, &s->fallback);
    if (s->kind == STEP_GATE) {
        exit[EXIT_ABOVE] = compile_edge(c, i, &s->above);
        exit[EXIT_BELOW] = compile_edge(c, i, &s->below);
        if (s->bands)
            exit[EXIT_BETWEEN] = compile_edge(c, i, &s->between);
        if (s->audit.present)
            exit[EXIT_AUDIT] = compile_edge(c, i, &s->audit.to);
        return;
    }
    for (uint32_t k = 0; k < s->n_ways; k++)
        c->rules->way_route[c->n_ways++] = compile_edge(c, i, &s->way[k].edge);
    exit[EXIT_PASS] = compile_edge(c, i, &s->next);
    if (s->kind == STEP_CHECK || s->kind == STEP_REVIEW)
        exit[EXIT_REJECT] = compile_edge(c, i, &s->on_reject);
}

void rules_init(struct rules *r, const struct pipeline *p)
{
    *r = (struct rules){.pipeline = p};
    r->exit = mem_zero(p->n_steps, sizeof *r->exit);
    r->entry_slot = mem_zero(p->n_steps, sizeof *r->entry_slot);
    r->first_way = mem_zero(p->n_steps, sizeof *r->first_way);
    struct compiler c = {.rules = r};
    uint32_t n_ways = 0;
    for (uint32_t i = 0; i < p->n_steps; i++)
        n_ways += p->step[i].n_ways;
    r->way_route = mem_zero((size_t)n_ways + 1, sizeof *r->way_route);
    for (uint32_t i = 0; i < p->n_steps; i++) {
        r->entry_slot[i] = -1;
        r->first_way[i] = (int32_t)c.n_ways;
        compile_step(&c, i, &p->step[i]);
    }
    r->route = c.routes.at;
    r->n_routes = (uint32_t)c.routes.len;
    r->n_counters = c.n_counters;
    for (uint32_t i = 0; i < r->n_routes; i++) {
        int32_t to = r->route[i].to;
        if (r->route[i].back && r->entry_slot[to] < 0)
            r->entry_slot[to] = (int32_t)r->n_entry_slots++;
    }
}

void rules_release(struct rules *r)
{
    mem_free(r->route);
    mem_free(r->exit);
    mem_free(r->entry_slot);
    mem_free(r->first_way);
    mem_free(r->way_route);
    *r = (struct rules){0};
}

const struct route *rules_take_from(const struct rules *r, int32_t first, uint32_t *counters)
{
    for (int32_t i = first;; i = r->route[i].otherwise) {
        const struct route *route = &r->route[i];
        if (route->counter == ROUTE_FREE)
            return route;
        if (counters[route->counter] < route->at_most) {
            counters[route->counter]++;
            return route;
        }
    }
}

const struct route *rules_take(const struct rules *r, uint32_t step, enum exit_kind exit,
                               uint32_t *counters)
{
    int32_t first = r->exit[step][exit];
    if (first < 0)
        BUG("step %u has no such exit", step);
    return rules_take_from(r, first, counters);
}

void rules_reach(const struct rules *r, uint32_t from, bool *seen)
{
    VEC(uint32_t) next = {0};
    vec_push(&next, from);
    while (next.len > 0) {
        uint32_t at = next.at[--next.len];
        for (uint32_t k = 0; k < rules_starts(r, at); k++)
            for (int32_t i = rules_start(r, at, k); i >= 0; i = r->route[i].otherwise) {
                int32_t to = r->route[i].to;
                if (to < 0 || seen[to])
                    continue;
                seen[to] = true;
                vec_push(&next, (uint32_t)to);
            }
    }
    vec_release(&next);
}
