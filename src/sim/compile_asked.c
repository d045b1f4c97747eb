/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What must be remembered of an item because something ahead asks for it: confidences (gates and
 * conditions), visits (conditions), how the last visit of a step ended (`given`); and the ways of
 * `next`, compiled. */
#include "sim/compile.h"

#include <string.h>

/* --- ways */

static bool is_confidence(const struct operand *x)
{
    return x->kind == OPERAND_CONFIDENCE || x->kind == OPERAND_CONFIDENCE_OF;
}

/* Confidences are floats: so are the values that they are compared with. */
static void copy_condition(const struct condition *from, struct condition *to)
{
    struct condition_node *node = mem_zero(from->n, sizeof *node);
    memcpy(node, from->node, from->n * sizeof *node);
    for (uint32_t i = 0; i < from->n; i++) {
        struct operand *left = &node[i].left, *right = &node[i].right;
        if (is_confidence(left) && right->kind == OPERAND_VALUE)
            right->value = (float)right->value;
        if (is_confidence(right) && left->kind == OPERAND_VALUE)
            left->value = (float)left->value;
    }
    *to = *from;
    to->node = node;
}

void program_add_ways(struct program *g, uint32_t step)
{
    struct step_plan *s = &g->step[step];
    const struct step *of = s->step;
    double *sum = mem_zero(g->n_classes, sizeof *sum);
    uint32_t last = of->n_ways;
    s->way = mem_zero(of->n_ways + 1, sizeof *s->way);
    for (uint32_t k = 0; k < of->n_ways; k++) {
        struct way_plan *w = &s->way[k];
        if (!of->way[k].probability) {
            copy_condition(of->way[k].when, &w->when);
            continue;
        }
        last = k;
        s->way_drawn = true;
        w->below = mem_zero(g->n_classes, sizeof *w->below);
        for (uint32_t c = 0; c < g->n_classes; c++) {
            sum[c] += of->way[k].probability[c].value;
            w->below[c] = program_below(sum[c]);
        }
    }
    for (uint32_t c = 0; of->ways_complete && last < of->n_ways && c < g->n_classes; c++)
        s->way[last].below[c] = UINT64_MAX;
    mem_free(sum);
}

void program_release_ways(struct step_plan *s)
{
    for (uint32_t k = 0; s->way && k < s->step->n_ways; k++) {
        mem_free(s->way[k].below);
        if (s->way[k].when.n > 0)
            mem_free((void *)s->way[k].when.node);
    }
    mem_free(s->way);
}

/* --- who asks */

static void ask(struct program *g, uint32_t step)
{
    for (uint32_t k = 0; k < g->n_asked; k++)
        if (g->asked[k] == step)
            return;
    g->asked[g->n_asked++] = step;
}

static void ask_confidence(struct program *g, int32_t of)
{
    g->asks_last |= of < 0;
    if (of >= 0 && g->step[of].confidence_row < 0)
        g->step[of].confidence_row = (int32_t)++g->n_confidence_rows;
}

static void ask_operand(struct program *g, const struct operand *x)
{
    if (x->kind == OPERAND_CONFIDENCE)
        ask_confidence(g, -1);
    if (x->kind == OPERAND_CONFIDENCE_OF)
        ask_confidence(g, (int32_t)x->of);
    if (x->kind == OPERAND_CONFIDENCE_OF || x->kind == OPERAND_VISITS)
        ask(g, x->of);
}

static void ask_condition(struct program *g, const struct condition *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        if (c->node[i].op >= CONDITION_NOT)
            continue;
        ask_operand(g, &c->node[i].left);
        ask_operand(g, &c->node[i].right);
    }
}

static void ask_given(struct program *g, const struct given *x)
{
    if (x->kind != GIVEN_FAILED && x->kind != GIVEN_WRONG && x->kind != GIVEN_SKIPPED)
        return;
    if (g->step[x->of].last_row < 0)
        g->step[x->of].last_row = (int32_t)g->n_last_rows++;
}

/* Row 0 of confidences is the last one an item was given, the others are those of steps that
 * somebody names.  A step whose confidence nobody reads draws none. */
void program_find_asked(struct program *g)
{
    g->asked = mem_zero(g->n_steps, sizeof *g->asked);
    for (uint32_t i = 0; i < g->n_steps; i++)
        g->step[i].confidence_row = g->step[i].gate_row = g->step[i].last_row = -1;
    for (uint32_t i = 0; i < g->n_steps; i++) {
        struct step_plan *s = &g->step[i];
        for (uint32_t k = 0; k < s->step->n_ways; k++)
            ask_condition(g, &s->way[k].when);
        for (uint32_t k = 0; k < s->step->n_given; k++)
            ask_given(g, &s->step->given[k]);
        if (s->kind != STEP_GATE)
            continue;
        int32_t of = s->step->gate_of;
        ask_confidence(g, of);
        s->gate_row = of < 0 ? 0 : g->step[of].confidence_row;
    }
    for (uint32_t i = 0; i < g->n_steps; i++)
        if (g->asks_last && g->step[i].step->has_confidence && g->step[i].confidence_row < 0)
            g->step[i].confidence_row = 0;
    if (g->asks_last || g->n_confidence_rows > 0)
        g->n_confidence_rows++;
}
