/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A branch as a pipeline of its own: its steps, then two that stand for its ends, visibly ok and
 * visibly failed, where the item's past is kept as far as the join asks about it.  What its steps
 * ask about the time before the parallel is the context, and holds or does not from the start. */
#include "sim/exact/fork.h"

#include "sim/exact/flow.h"
#include <math.h>
#include <string.h>

/* --- what a parallel asks and tells */

static bool is_inside(const struct pipeline *p, uint32_t parallel, uint32_t step)
{
    return p->step[step].parent == parallel + 1;
}

bool given_is_outer(const struct pipeline *p, uint32_t parallel, const struct given *g)
{
    return g->kind != GIVEN_BAD && g->kind != GIVEN_CLASS && !is_inside(p, parallel, g->of);
}

uint32_t context_givens(const struct pipeline *p, uint32_t parallel)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->n_steps; i++)
        for (uint32_t g = 0; is_inside(p, parallel, i) && g < p->step[i].n_given; g++)
            n += given_is_outer(p, parallel, &p->step[i].given[g]);
    return n;
}

bool parallel_scores(const struct pipeline *p, uint32_t parallel)
{
    for (uint32_t i = 0; i < p->n_steps; i++)
        if (is_inside(p, parallel, i) && p->step[i].has_confidence)
            return true;
    return false;
}

uint32_t scorer_named(const struct pipeline *p, uint32_t step)
{
    return p->step[step].parent ? p->step[step].parent - 1 : step;
}

/* --- the derived pipeline */

struct deriving {
    struct branch *b;
    const struct pipeline *p;
    uint32_t class, parallel, context, given; /* outer `given` counted so far */
    uint32_t n;                               /* steps of the branch */
};

static void shift_edge(struct deriving *d, struct edge *e)
{
    if (e->to >= 0)
        e->to -= (int32_t)d->b->first;
    else
        e->to = (int32_t)(e->to == TO_SHIP || e->to == TO_JOIN ? d->n : d->n + 1);
    if (e->at_most == AT_MOST_NONE || e->at_most == AT_MOST_UNBOUNDED)
        return;
    struct edge *then = arena_alloc(&d->b->arena, sizeof *then);
    *then = e->then ? *e->then : (struct edge){.to = TO_REJECT, .at_most = AT_MOST_NONE};
    shift_edge(d, then);
    e->then = then;
}

static void shift_operand(const struct deriving *d, struct operand *o)
{
    if (o->kind == OPERAND_CLASS)
        *o = (struct operand){.kind = OPERAND_VALUE, .value = d->class};
    if (o->kind == OPERAND_CONFIDENCE_OF || o->kind == OPERAND_VISITS)
        o->of -= d->b->first;
}

static const struct condition *shift_condition(struct deriving *d, const struct condition *c)
{
    struct condition *out = arena_alloc(&d->b->arena, sizeof *out);
    struct condition_node *node = arena_alloc(&d->b->arena, c->n * sizeof *node);
    memcpy(node, c->node, c->n * sizeof *node);
    for (uint32_t i = 0; i < c->n; i++) {
        shift_operand(d, &node[i].left);
        shift_operand(d, &node[i].right);
    }
    *out = *c;
    out->node = node;
    return out;
}

/* Of the item's class alone; in a branch it has not been in a sibling's steps. */
static void shift_given(struct deriving *d, struct given *g)
{
    bool holds = g->kind == GIVEN_CLASS && g->of == d->class;
    g->override.numbers += d->class;
    if (g->kind == GIVEN_BAD)
        return;
    if (g->kind != GIVEN_CLASS && given_is_outer(d->p, d->parallel, g))
        holds = d->context >> d->given++ & 1;
    else if (g->kind != GIVEN_CLASS && g->of >= d->b->first && g->of < d->b->first + d->n) {
        g->of -= d->b->first;
        return;
    } else if (g->kind != GIVEN_CLASS) {
        holds = g->kind == GIVEN_SKIPPED;
    }
    g->kind = GIVEN_CLASS;
    g->of = holds ? 0 : UINT32_MAX;
}

static void derive_step(struct deriving *d, struct step *s)
{
    struct edge *edges[] = {&s->next,      &s->fallback, &s->above,   &s->below,
                            &s->on_reject, &s->between,  &s->audit.to};
    for (size_t k = 0; k < sizeof edges / sizeof *edges; k++)
        shift_edge(d, edges[k]);
    s->parent = 0;
    s->numbers += d->class;
    s->class_retry = s->class_retry ? s->class_retry + d->class : NULL;
    s->gate_of = s->gate_of >= 0 ? s->gate_of - (int32_t)d->b->first : s->gate_of;
    struct given *given = arena_alloc(&d->b->arena, (s->n_given + 1) * sizeof *given);
    for (uint32_t g = 0; g < s->n_given; g++) {
        given[g] = s->given[g];
        shift_given(d, &given[g]);
    }
    s->given = given;
    struct way *way = arena_alloc(&d->b->arena, (s->n_ways + 1) * sizeof *way);
    for (uint32_t k = 0; k < s->n_ways; k++) {
        way[k] = s->way[k];
        if (way[k].probability)
            way[k].probability += d->class;
        if (way[k].when)
            way[k].when = shift_condition(d, way[k].when);
        shift_edge(d, &way[k].edge);
    }
    s->way = way;
}

/* An instant step; that of the ok end asks for the last confidence between the parallel's bands. */
static void derive_end(struct deriving *d, const struct bands *bands, bool asks, struct step *s)
{
    struct numbers *n = arena_alloc(&d->b->arena, sizeof *n);
    *n = numbers_instant();
    *s = (struct step){
        .id = "end",
        .numbers = n,
        .gate_of = -1,
        .retry = {.attempts = 1,            .on = RETRY_ALL, .factor = 2, .max_s = INFINITY},
        .next = {.to = TO_SHIP,       .at_most = AT_MOST_NONE                     },
        .fallback = {.to = TO_FAIL,.at_most = AT_MOST_NONE},
        .on_reject = {.to = TO_REJECT,       .at_most = AT_MOST_NONE                                 },
    };
    if (!asks)
        return;
    struct condition *when = arena_alloc(&d->b->arena, sizeof *when);
    struct condition_node *node = arena_alloc(&d->b->arena, (bands->n + 1) * sizeof *node);
    for (uint32_t i = 0; i <= bands->n; i++)
        node[i] = (struct condition_node){
            .op = CONDITION_AT_LEAST,
            .left = {.kind = OPERAND_CONFIDENCE                },
            .right = { .kind = OPERAND_VALUE, .value = i ? bands->threshold[i - 1] : -1}
        };
    *when = (struct condition){.text = "", .n = bands->n + 1, .node = node};
    s->way = arena_alloc(&d->b->arena, sizeof *s->way);
    s->way[0] = (struct way){
        .when = when, .edge = {.to = TO_SHIP, .at_most = AT_MOST_NONE}
    };
    s->n_ways = 1;
}

static void derive(struct branch *b, const struct chain *c, uint32_t parallel, uint32_t branch,
                   uint32_t context)
{
    const struct pipeline *p = c->pipeline;
    const struct parallel *par = p->step[parallel].parallel;
    struct deriving d = {b, p, c->class, parallel, context, 0, 0};
    b->first = par->first[branch];
    d.n = b->n_steps = par->first[branch + 1] - b->first;
    b->pipeline = *p;
    b->pipeline.n_steps = d.n + 2;
    b->pipeline.step = arena_alloc(&b->arena, (d.n + 2) * sizeof *b->pipeline.step);
    for (uint32_t i = par->first[0]; i < b->first; i++)
        for (uint32_t g = 0; g < p->step[i].n_given; g++)
            d.given += given_is_outer(p, parallel, &p->step[i].given[g]);
    for (uint32_t i = 0; i < d.n; i++) {
        b->pipeline.step[i] = p->step[b->first + i];
        derive_step(&d, &b->pipeline.step[i]);
    }
    derive_end(&d, &c->bands[parallel], parallel_scores(p, parallel), &b->pipeline.step[d.n]);
    derive_end(&d, &c->bands[parallel], false, &b->pipeline.step[d.n + 1]);
    b->pipeline.n_classes = 1;
    b->pipeline.class = p->class + c->class;
    b->pipeline.input_wrong = arena_alloc(&b->arena, sizeof(struct number));
    *b->pipeline.input_wrong = (struct number){.value = 0.5};
    b->pipeline.n_environments = 0;
}

/* --- ends */

static struct branch_end end_of(const struct branch *b, const struct bands *outer, uint32_t state)
{
    const struct chain_state *s = &b->chain.state[state];
    struct branch_end e = {.state = state, .ok = s->step == b->n_steps, .good = s->good};
    if (!e.ok || !s->scorer || !s->band)
        return e;
    e.unit = s->scorer - 1;
    const struct bands *own = &b->chain.bands[e.unit];
    e.band = (s->band - 1) % (own->n + 1);
    e.of_good = s->band - 1 > own->n;
    e.level = 1;
    for (uint32_t i = 0; i < outer->n && e.band; i++)
        e.level += outer->threshold[i] <= own->threshold[e.band - 1];
    return e;
}

static void find_ends(struct branch *b, const struct bands *outer)
{
    const struct chain *c = &b->chain;
    b->end = mem_zero((size_t)c->n_states + 1, sizeof *b->end);
    for (uint32_t s = 0; s < c->n_states; s++)
        if (c->state[s].step >= b->n_steps && c->unit[c->state[s].unit].kind == UNIT_VISIT)
            b->end[b->n_ends++] = end_of(b, outer, s);
}

static bool is_end(const struct branch *b, int32_t state)
{
    return state >= 0 && b->chain.state[state].step >= b->n_steps;
}

static bool is_once(const struct branch *b)
{
    const struct chain *c = &b->chain;
    for (int q = 0; q < 2; q++) {
        const struct chain_state *s = &c->state[c->start[q]];
        if (c->unit[s->unit].kind != UNIT_VISIT || chain_retry(c, s->unit)->attempts > 1 ||
            c->pipeline->step[s->step].hedge_copies)
            return false;
        for (uint32_t h = s->hop; h < s[1].hop; h++)
            if (!is_end(b, c->hop[h].to))
                return false;
    }
    return true;
}

int branch_init(struct branch *b, const struct chain *c, uint32_t parallel, uint32_t branch,
                uint32_t context, bool what_if, struct error *err)
{
    struct chain_options options = {.what_if = what_if, .remembers = true};
    *b = (struct branch){0};
    arena_init(&b->arena);
    derive(b, c, parallel, branch, context);
    rules_init(&b->rules, &b->pipeline);
    if (chain_build(&b->chain, &b->pipeline, &b->rules, 0, &options, err)) {
        rules_release(&b->rules);
        arena_release(&b->arena);
        *b = (struct branch){0};
        return -1;
    }
    b->chain.n_slots = 0; /* evidence comes with the numbers of the whole chain */
    find_ends(b, &c->bands[parallel]);
    b->once = is_once(b);
    for (int q = 0; q < 2; q++) {
        b->p[q] = mem_zero((size_t)b->n_ends + 1, sizeof(double));
        b->in_time[q] = mem_zero((size_t)b->n_ends + 1, sizeof(double));
        b->visits[q] = mem_zero(b->chain.n_units, sizeof(double));
        b->caught[q] = mem_zero(b->chain.n_units, sizeof(double));
        b->gain[q] = mem_zero((size_t)b->n_ends + 1, sizeof *b->gain[q]);
    }
    return 0;
}

void branch_release(struct branch *b)
{
    for (int q = 0; q < 2; q++) {
        mem_free(b->p[q]);
        mem_free(b->in_time[q]);
        mem_free(b->visits[q]);
        mem_free(b->caught[q]);
        mem_free(b->gain[q]);
    }
    mem_free(b->end);
    mem_free(b->seen);
    if (b->chain.pipeline)
        chain_release(&b->chain);
    if (b->rules.pipeline)
        rules_release(&b->rules);
    arena_release(&b->arena);
    *b = (struct branch){0};
}

/* --- numbers */

uint32_t branch_outer(const struct branch *b, const struct chain *c, uint32_t unit)
{
    uint32_t step = b->chain.unit[unit].step;
    if (step >= b->n_steps)
        return UNIT_NONE;
    return unit == step ? b->first + step
                        : c->extra[b->first + step] + (unit - b->chain.extra[step]);
}

static void change(struct numbers *n, enum chain_step how)
{
    if (how == CHAIN_AS_FILLED)
        return;
    n->error.value = how == CHAIN_FAILING;
    n->wrong.value = n->malformed.value = 0;
    n->sensitivity.value = n->specificity.value = 1;
    if (how == CHAIN_PERFECT)
        n->timeout_s = INFINITY;
}

void branch_take(struct branch *b, const struct chain *c)
{
    struct chain *own = &b->chain;
    for (uint32_t u = 0; u < own->n_units; u++) {
        uint32_t from = branch_outer(b, c, u);
        if (from == UNIT_NONE)
            continue;
        own->numbers[u] = c->numbers[from];
        own->time[u] = c->time[from];
        bool timed = own->unit[u].kind == UNIT_VISIT;
        enum chain_step how = c->how[own->unit[u].step + b->first];
        if ((timed || own->unit[u].kind == UNIT_HIT) && how != CHAIN_AS_FILLED) {
            change(&own->numbers[u], how);
            if (isfinite(c->numbers[from].timeout_s))
                attempt_time_set(&own->time[u], &own->numbers[u].latency,
                                 own->numbers[u].timeout_s);
        }
        if (timed)
            hedge_refill(own, u);
        if (unit_counts(&own->unit[u]))
            bands_refill(own, u);
    }
    for (uint32_t i = 0; i < b->n_steps; i++)
        b->pipeline.step[i].retry = *chain_retry(c, b->first + i);
    for (uint32_t i = 0; i < b->n_steps; i++)
        memcpy(own->way[i], c->way[b->first + i], b->pipeline.step[i].n_ways * sizeof **own->way);
    chain_fill(own, NULL);
}

static size_t seen_size(const struct chain *c)
{
    return c->n_branches * sizeof(double) + c->n_units * sizeof(struct numbers) +
           c->pipeline->n_steps * sizeof(struct retry);
}

bool branch_moved(struct branch *b)
{
    const struct chain *c = &b->chain;
    size_t size = seen_size(c), weights = c->n_branches * sizeof(double);
    char *now = mem_zero(size, 1), *to = now + weights;
    bool drawn = false;
    memcpy(now, c->weight, weights);
    for (uint32_t u = 0; u < c->n_units; u++, to += sizeof(struct numbers)) {
        struct numbers n;
        memcpy(&n, &c->numbers[u], sizeof n);
        n.cost_call = n.budget_s = 0;
        memcpy(to, &n, sizeof n);
        drawn = drawn || n.latency.evidence; /* its parts may be others at the same place */
    }
    for (uint32_t i = 0; i < c->pipeline->n_steps; i++)
        memcpy(to + i * sizeof(struct retry), &c->pipeline->step[i].retry, sizeof(struct retry));
    bool moved = drawn || !b->seen || memcmp(b->seen, now, size) != 0;
    mem_free(b->seen);
    b->seen = now;
    return moved;
}

/* The share of each end that comes from a visit which was visibly ok. */
static void split_ends(struct branch *b, uint32_t q)
{
    const struct chain *c = &b->chain;
    const struct chain_state *s = &c->state[c->start[q]];
    uint32_t failed = branch_first(c, s->unit, s->good);
    for (uint32_t e = 0; e < b->n_ends; e++) {
        b->in_time[q][e] = 0;
        for (uint32_t h = s->hop; h < s[1].hop; h++)
            if (c->hop[h].to == (int32_t)b->end[e].state && c->hop[h].branch != failed)
                b->in_time[q][e] += c->weight[c->hop[h].branch];
    }
}

static void gains(struct branch *b, uint32_t q, const struct flow *at)
{
    for (uint32_t e = 0; e < b->n_ends; e++) {
        const struct flow *f = &at[b->end[e].state];
        double moment[4] = {f->c1, f->c2, f->v1, f->v2};
        for (int k = 0; k < 4; k++)
            b->gain[q][e][k] = f->n > 0 ? moment[k] / f->n : 0;
    }
}

void branch_solve(struct branch *b)
{
    struct chain *c = &b->chain;
    struct flow *state = mem_zero((size_t)c->n_states + 1, sizeof *state), absorb[ABSORB_COUNT];
    struct flow_about zero = {0};
    struct error none = {0};
    for (uint32_t q = 0; q < 2; q++) {
        c->input_wrong.value = q ? 0 : 1;
        memset(b->visits[q], 0, c->n_units * sizeof(double));
        memset(b->caught[q], 0, c->n_units * sizeof(double));
        if (flow_solve(c, &zero, state, absorb, &none))
            memset(state, 0, c->n_states * sizeof *state);
        for (uint32_t e = 0; e < b->n_ends; e++)
            b->p[q][e] = state[b->end[e].state].n;
        for (uint32_t s = 0; s < c->n_states; s++) {
            uint32_t u = c->state[s].unit;
            b->visits[q][u] += state[s].n;
            b->caught[q][u] += state[s].n * c->caught[2 * u + c->state[s].good];
        }
        gains(b, q, state);
        if (b->once)
            split_ends(b, q);
    }
    mem_free(state);
}
