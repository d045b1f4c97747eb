/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ways of items through a program, and what may become of them there: what cannot happen is
 * never looked for while it runs. */
#include "sim/queue/program.h"

#include "base/buf.h"

#include <math.h>

/* --- routes */

struct compiler {
    struct queue_program *g;
    VEC(struct route) routes;
    VEC(uint32_t) edge_of;
    VEC(struct queue_edge) edges;
};

static uint32_t edge_of(struct compiler *c, uint32_t step, int32_t to)
{
    struct queue_step *q = &c->g->step[step];
    for (uint32_t e = 0; e < q->n_edges; e++)
        if (c->edges.at[q->first_edge + e].to == to)
            return q->first_edge + e;
    vec_push(&c->edges, ((struct queue_edge){step, to}));
    q->n_edges++;
    return (uint32_t)c->edges.len - 1;
}

static int32_t compile_edge(struct compiler *c, uint32_t step, const struct edge *edge)
{
    int32_t first = (int32_t)c->routes.len;
    for (const struct edge *e = edge;; e = e->then) {
        struct route r = {.to = e ? e->to : TO_REJECT, .counter = ROUTE_FREE, .otherwise = -1};
        bool bounded = e && e->at_most != AT_MOST_NONE && e->at_most != AT_MOST_UNBOUNDED;
        if (r.to == TO_SKIP)
            r.to = pipeline_following(c->g->pipeline, step);
        r.back = r.to >= 0 && (uint32_t)r.to <= step;
        if (bounded) {
            r.counter = c->g->n_counters++;
            r.at_most = e->at_most;
            r.otherwise = (int32_t)c->routes.len + 1;
        }
        vec_push(&c->edge_of, edge_of(c, step, r.to));
        vec_push(&c->routes, r);
        if (!bounded)
            return first;
    }
}

static void compile_step(struct compiler *c, uint32_t i)
{
    struct queue_step *q = &c->g->step[i];
    const struct step *s = q->step;
    for (int k = 0; k < QUEUE_EXITS; k++)
        q->exit[k] = -1;
    q->first_edge = (uint32_t)c->edges.len;
    q->way = mem_zero(s->n_ways + 1, sizeof *q->way);
    if (s->kind == STEP_GATE) {
        q->exit[QUEUE_ABOVE] = compile_edge(c, i, &s->above);
        if (s->bands)
            q->exit[QUEUE_BETWEEN] = compile_edge(c, i, &s->between);
        q->exit[QUEUE_BELOW] = compile_edge(c, i, &s->below);
        if (s->audit.present)
            q->exit[QUEUE_AUDIT] = compile_edge(c, i, &s->audit.to);
    } else {
        for (uint32_t k = 0; k < s->n_ways; k++)
            q->way[k] = compile_edge(c, i, &s->way[k].edge);
        q->exit[QUEUE_PASS] = compile_edge(c, i, &s->next);
    }
    if (s->kind == STEP_CHECK || s->kind == STEP_REVIEW)
        q->exit[QUEUE_REJECT] = compile_edge(c, i, &s->on_reject);
    q->exit[QUEUE_FAIL] = compile_edge(c, i, &s->fallback);
    if (q->desk && c->g->pipeline->resource[q->desk - 1].waiting_room != ROOM_UNLIMITED)
        q->exit[QUEUE_FULL] = compile_edge(c, i, &c->g->pipeline->resource[q->desk - 1].when_full);
}

void queue_program_routes(struct queue_program *g)
{
    struct compiler c = {.g = g};
    for (uint32_t i = 0; i < g->n_steps; i++)
        compile_step(&c, i);
    g->route = c.routes.at;
    g->edge_of = c.edge_of.at;
    g->edge = c.edges.at;
    g->n_routes = (uint32_t)c.routes.len;
    g->n_edges = (uint32_t)c.edges.len;
    for (uint32_t i = 0; i < g->n_steps; i++)
        g->step[i].entry_slot = -1;
    for (uint32_t r = 0; r < g->n_routes; r++)
        if (g->route[r].back && g->step[g->route[r].to].entry_slot < 0)
            g->step[g->route[r].to].entry_slot = (int32_t)g->n_entry_slots++;
}

/* --- what may happen */

static void find_entry(struct queue_program *g)
{
    const struct pipeline *p = g->pipeline;
    g->class_below = mem_zero(g->n_classes, sizeof *g->class_below);
    g->bad_below = mem_zero(g->n_classes, sizeof *g->bad_below);
    g->can_be_bad |= program_entry(p, g->class_below, g->bad_below);
    g->has_worth =
        isfinite(p->worth_correct) || isfinite(p->worth_wrong) || isfinite(p->worth_rejected);
    g->can_abandon = p->leave_after_s != NULL;
    for (uint32_t i = 0; i < g->n_steps; i++)
        g->can_abandon |= g->step[i].desk && g->has_patience[g->step[i].desk - 1];
}

static bool has_budget(const struct queue_program *g, const struct step *s)
{
    bool has = s->retry.budget_kind != BUDGET_NONE;
    for (uint32_t c = 0; s->class_retry && c < g->n_classes; c++)
        has |= s->class_retry[c].budget_kind != BUDGET_NONE;
    return has;
}

/* Nothing that others do can change such a visit, and it changes nothing for others. */
static bool is_alone(const struct queue_program *g, const struct queue_step *q)
{
    return q->begins && q->has_hedge == q->races && !(g->timed && q->has_budget);
}

static void find_ends(struct queue_program *g)
{
    for (uint32_t i = 0; i < g->n_steps; i++) {
        struct queue_step *q = &g->step[i];
        q->kind = q->step->kind;
        q->decides = q->kind == STEP_CHECK || q->kind == STEP_REVIEW;
        q->has_ways = q->step->n_ways > 0;
        q->has_given = q->step->n_given > 0;
        q->has_cache = q->step->has_cache;
        q->has_breaker = q->step->breaker.failures > 0;
        q->has_budget = has_budget(g, q->step);
        q->has_hedge = q->step->hedge_copies > 0;
        q->class_retry = q->step->class_retry != NULL;
        q->tires = q->desk && q->step->fatigue.after_s > 0;
        q->simple = !q->desk && q->kind != STEP_PARALLEL;
        q->by_rate = q->desk && g->pipeline->resource[q->desk - 1].servers == 0 && !q->has_hedge &&
                     !q->has_breaker;
        q->ahead = (q->simple || q->by_rate) && q->step->parent == 0 &&
                   !(g->timed && q->has_breaker && q->has_hedge);
        q->begins = q->ahead && q->simple && !(g->timed && q->has_breaker);
        q->races = q->ahead && q->has_hedge && !q->has_breaker && q->step->hedge_copies < RACERS;
        q->alone = is_alone(g, q);
        q->can_fail |= q->step->kind == STEP_PARALLEL || q->exit[QUEUE_FULL] >= 0;
        q->instant = q->step->kind == STEP_GATE && !q->can_fail && q->n_combinations == 1 &&
                     !q->can_end[OUTCOME_WRONG] && !q->can_end[OUTCOME_MALFORMED] && !q->desk &&
                     !q->step->has_cache && q->step->hedge_copies == 0 && q->one_latency &&
                     !q->plan->latency.table && q->plan->latency.value == 0;
        for (int x = 0; x < QUEUE_EXITS; x++) {
            for (int32_t r = q->exit[x]; r >= 0; r = g->route[r].otherwise) {
                bool taken = x == QUEUE_FAIL ? q->can_fail
                             : x == QUEUE_REJECT
                                 ? q->can_reject[1] || (q->can_reject[0] && g->can_be_bad)
                                 : true;
                g->can_fail |= taken && g->route[r].to == TO_FAIL;
                g->can_reject |= taken && g->route[r].to == TO_REJECT;
            }
        }
        for (uint32_t w = 0; w < q->step->n_ways; w++) {
            for (int32_t r = q->way[w]; r >= 0; r = g->route[r].otherwise) {
                g->can_fail |= g->route[r].to == TO_FAIL;
                g->can_reject |= g->route[r].to == TO_REJECT;
            }
        }
    }
}

static bool reads_confidence(const struct condition *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        const struct condition_node *n = &c->node[i];
        const struct operand *o[] = {&n->left, &n->right};
        for (int k = 0; k < 2; k++)
            if (n->op <= CONDITION_NOT_EQUAL &&
                (o[k]->kind == OPERAND_CONFIDENCE || o[k]->kind == OPERAND_CONFIDENCE_OF))
                return true;
    }
    return false;
}

static void find_confidences(struct queue_program *g)
{
    bool asked = false;
    for (uint32_t i = 0; i < g->n_steps; i++) {
        const struct step *s = g->step[i].step;
        asked |= s->kind == STEP_GATE || (s->parallel && s->parallel->join == JOIN_BEST);
        for (uint32_t w = 0; w < s->n_ways; w++)
            asked |= s->way[w].when && reads_confidence(s->way[w].when);
    }
    g->asks_confidences = asked;
    for (uint32_t i = 0; i < g->n_steps; i++)
        g->step[i].keeps_confidence = asked && g->step[i].step->has_confidence;
}

void queue_program_possible(struct queue_program *g)
{
    find_entry(g);
    find_ends(g);
    find_confidences(g);
}
