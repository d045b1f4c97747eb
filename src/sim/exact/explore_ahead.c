/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the rest of an item's way may still ask: a fixed point over the routes, backwards (the data
 * flow of live variables; Aho, Lam, Sethi and Ullman, Compilers, 2006, ch. 9.2). */
#include "sim/exact/explore.h"

#include "sim/exact/fork.h"

#include <math.h>

/* --- words */

void explorer_questions(struct explorer *x)
{
    uint32_t word = WORD_BANDS + x->n_steps;
    for (uint32_t i = 0; i < x->n_steps; i++) {
        const struct step *s = &x->p->step[i];
        for (uint32_t g = 0; g < s->n_given; g++)
            if (s->given[g].kind != GIVEN_BAD && s->given[g].kind != GIVEN_CLASS &&
                !x->past[s->given[g].of])
                x->past[s->given[g].of] = word++;
        for (uint32_t w = 0; w < s->n_ways; w++)
            for (uint32_t k = 0; s->way[w].when && k < s->way[w].when->n; k++) {
                const struct condition_node *n = &s->way[w].when->node[k];
                const struct operand *o = n->left.kind == OPERAND_VISITS ? &n->left : &n->right;
                const struct operand *v = o == &n->left ? &n->right : &n->left;
                if (n->op >= CONDITION_NOT || o->kind != OPERAND_VISITS)
                    continue;
                if (!x->visits[o->of])
                    x->visits[o->of] = word++;
                double most = fmin(fmax(v->value, 0), 1e9) + 2;
                if (most > x->visits_max[o->of])
                    x->visits_max[o->of] = (uint32_t)most;
            }
        for (uint32_t k = 0; k < x->n_steps; k++)
            x->remembers[k] |= x->c->remembers ||
                               ((s->draws_threshold || s->audit.present) && s->kind == STEP_GATE &&
                                (s->gate_of < 0 || scorer_named(x->p, (uint32_t)s->gate_of) == k));
    }
    x->n_questions = word - WORD_BANDS - x->n_steps;
    x->counters = word;
}

/* --- what lies ahead */

static bool merge(bool *into, const bool *from, uint32_t n, uint32_t except)
{
    bool changed = false;
    for (uint32_t i = 0; i < n; i++)
        if (from[i] && !into[i] && i != except)
            into[i] = changed = true;
    return changed;
}

/* What lies ahead of the target of one route lies ahead of its step. */
static bool look_along(struct explorer *x, uint32_t step, bool failed, const struct route *route)
{
    uint32_t n = x->n_steps, q = x->n_questions, to = (uint32_t)route->to;
    if (route->to < 0)
        return false;
    bool overwritten = x->p->step[step].has_confidence && !failed;
    bool changed = merge(x->ahead + step * n, x->ahead + to * n, n, UINT32_MAX);
    changed |= merge(x->asks + step * n, x->asks + to * n, n, overwritten ? step : UINT32_MAX);
    changed |= merge(x->asks_last + step, x->asks_last + to, overwritten ? 0 : 1, UINT32_MAX);
    changed |= merge(x->asked + step * q, x->asked + to * q, q, UINT32_MAX);
    return changed;
}

static bool look_ahead_once(struct explorer *x, uint32_t step)
{
    bool changed = false;
    for (uint32_t e = 0; e < rules_starts(x->r, step); e++)
        for (int32_t k = rules_start(x->r, step, e); k >= 0; k = x->r->route[k].otherwise)
            changed |= look_along(x, step, e == EXIT_FAIL, &x->r->route[k]);
    return changed;
}

static void note_route(struct explorer *x, uint32_t step, const struct route *route)
{
    if (route->counter != ROUTE_FREE)
        x->counter_step[route->counter] = step;
    for (uint32_t i = 0; i < x->n_steps && route->back; i++)
        if (x->ahead[i * x->n_steps + step])
            x->slot_ahead[i * x->r->n_entry_slots + (uint32_t)x->r->entry_slot[route->to]] = true;
}

static void note_word(struct explorer *x, uint32_t step, uint32_t word)
{
    x->asked[step * x->n_questions + word - WORD_BANDS - x->n_steps] = true;
}

static void note_operand(struct explorer *x, uint32_t step, const struct operand *o)
{
    bool scores = x->p->step[step].has_confidence;
    if (o->kind == OPERAND_VISITS)
        note_word(x, step, x->visits[o->of]);
    else if (o->kind == OPERAND_CONFIDENCE && !scores)
        x->asks_last[step] = true;
    else if (o->kind == OPERAND_CONFIDENCE_OF && !(scores && o->of == step))
        x->asks[step * x->n_steps + o->of] = true;
}

/* What a visit of the step itself asks. */
static void note_questions(struct explorer *x, uint32_t i)
{
    const struct step *s = &x->p->step[i];
    x->ahead[i * x->n_steps + i] = true;
    if (s->kind == STEP_GATE && s->gate_of >= 0 && s->gate_of != (int32_t)i)
        x->asks[i * x->n_steps + scorer_named(x->p, (uint32_t)s->gate_of)] = true;
    if (s->kind == STEP_GATE && s->gate_of < 0 && !s->has_confidence)
        x->asks_last[i] = true;
    for (uint32_t g = 0; g < s->n_given; g++)
        if (s->given[g].kind != GIVEN_BAD && s->given[g].kind != GIVEN_CLASS)
            note_word(x, i, x->past[s->given[g].of]);
    for (uint32_t w = 0; w < s->n_ways; w++) {
        const struct condition *c = s->way[w].when;
        for (uint32_t k = 0; c && k < c->n; k++)
            if (c->node[k].op < CONDITION_NOT) {
                note_operand(x, i, &c->node[k].left);
                note_operand(x, i, &c->node[k].right);
            }
    }
}

/* What the steps inside ask about the time before. */
static void note_context(struct explorer *x, uint32_t parallel)
{
    for (uint32_t i = 0; i < x->n_steps; i++)
        for (uint32_t g = 0; x->p->step[i].parent == parallel + 1 && g < x->p->step[i].n_given; g++)
            if (given_is_outer(x->p, parallel, &x->p->step[i].given[g]))
                note_word(x, parallel, x->past[x->p->step[i].given[g].of]);
}

void explorer_look_ahead(struct explorer *x)
{
    uint32_t n = x->n_steps;
    for (uint32_t i = 0; i < n; i++) {
        note_questions(x, i);
        if (x->p->step[i].parallel)
            note_context(x, i);
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t i = n; i-- > 0;)
            changed |= look_ahead_once(x, i);
    }
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t e = 0; e < rules_starts(x->r, i); e++)
            for (int32_t k = rules_start(x->r, i, e); k >= 0; k = x->r->route[k].otherwise)
                note_route(x, i, &x->r->route[k]);
}
