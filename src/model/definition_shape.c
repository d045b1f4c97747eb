/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A definition is put in shape: nodes that are no steps (where a graph inside a graph begins and
 * ends) are passed over, and a person who is asked before or after a step gets a step of their
 * own. */
#include "model/definition.h"

#include <math.h>
#include <string.h>

/* --- nodes that are no steps */

struct ways {
    size_t in, out, plain_in, plain_out, beside; /* beside: other ways of those it is led to from */
};

static struct ways ways_of(const struct definition *d, int32_t node)
{
    struct ways w = {0};

    for (size_t i = 0; i < d->edges.len; i++) {
        const struct def_edge *e = &d->edges.at[i];
        w.in += e->to == node;
        w.plain_in += e->to == node && !e->conditional;
        w.out += e->from == node;
        w.plain_out += e->from == node && !e->conditional;
        for (size_t k = 0; k < d->edges.len && e->to == node; k++)
            w.beside += k != i && d->edges.at[k].from == e->from;
    }
    return w;
}

/* Can the ways out of it be those of the nodes that lead to it?  What it starts side by side, and
 * what it chooses, stays what it is only where nothing else is chosen or started before it. */
static bool can_pass(const struct ways *w)
{
    if (w->out < 2)
        return true;
    if (w->plain_out == w->out)
        return w->plain_in == w->in && w->beside == 0;
    return w->plain_out == 0 && (w->plain_in == 0 || w->beside == 0);
}

static const char *both_labels(struct definition *d, const char *a, const char *b)
{
    return !a ? b : !b || strcmp(a, b) == 0 ? a : arena_printf(&d->arena, "%.200s, %.200s", a, b);
}

static void pass_over(struct definition *d, int32_t node)
{
    size_t edges = d->edges.len, n = 0;
    bool chooses = ways_of(d, node).out > 1;

    for (size_t i = 0; i < edges; i++)
        for (size_t k = 0; k < edges && d->edges.at[i].to == node && !d->dropped; k++) {
            struct def_edge in = d->edges.at[i], out = d->edges.at[k];
            if (out.from != node || out.to == node)
                continue;
            const char *label = both_labels(d, in.label, out.label);
            if (in.error)
                definition_join_error(d, in.from, out.to);
            else
                definition_join(d, in.from, out.to, label, label ? strlen(label) : 0,
                                in.conditional || (out.conditional && chooses));
        }
    for (size_t i = 0; i < d->edges.len; i++)
        if (d->edges.at[i].from != node && d->edges.at[i].to != node)
            d->edges.at[n++] = d->edges.at[i];
    d->edges.len = n;
    d->nodes.at[node].fails = true; /* no step, and nothing leads to it */
}

void definition_pass_over(struct definition *d)
{
    for (size_t i = 0; i < d->nodes.len && !d->dropped; i++) {
        struct ways w = ways_of(d, (int32_t)i);
        if (!d->nodes.at[i].passes)
            continue;
        if (w.out == 0)
            definition_join(d, (int32_t)i, NODE_END, NULL, 0, false);
        if (can_pass(&w))
            pass_over(d, (int32_t)i);
        else {
            d->nodes.at[i].kind = STEP_STAGE;
            d->nodes.at[i].layer = LAYER_AGENT;
            d->nodes.at[i].takes_s = 0;
        }
    }
}

/* --- people who are asked */

/* Is the step called like one that a person does? */
static bool is_persons(const struct def_node *n)
{
    static const char *const words[] = {"human", "approv",   "ask",   "confirm", "review", "user",
                                        "hitl",  "feedback", "input", "consent", NULL};

    return n->kind == STEP_REVIEW || definition_label_has(n->title, words);
}

static int32_t add_person(struct definition *d, int32_t node, const char *when)
{
    const char *title =
        arena_printf(&d->arena, "approval %s %.200s", when, d->nodes.at[node].title);
    int32_t at = definition_add(d, title, strlen(title));

    d->nodes.at[at].kind = STEP_REVIEW;
    d->nodes.at[at].layer = LAYER_HUMAN;
    d->nodes.at[at].about = "the graph is interrupted here until a person goes on";
    return at;
}

static void ask_about(struct definition *d, int32_t node)
{
    unsigned asks = d->nodes.at[node].asks;

    if (is_persons(&d->nodes.at[node])) {
        d->nodes.at[node].kind = STEP_REVIEW;
        d->nodes.at[node].layer = LAYER_HUMAN;
        return;
    }
    if (asks & ASKS_BEFORE) {
        int32_t person = add_person(d, node, "before");
        for (size_t i = 0; i < d->edges.len; i++)
            if (d->edges.at[i].to == node)
                d->edges.at[i].to = person;
        definition_join(d, person, node, NULL, 0, false);
    }
    if (asks & ASKS_AFTER) {
        int32_t person = add_person(d, node, "after");
        for (size_t i = 0; i < d->edges.len; i++)
            if (d->edges.at[i].from == node)
                d->edges.at[i].from = person;
        definition_join(d, node, person, NULL, 0, false);
    }
}

void definition_ask(struct definition *d)
{
    size_t n = d->nodes.len;

    for (size_t i = 0; i < n && !d->dropped; i++)
        if (d->nodes.at[i].asks)
            ask_about(d, (int32_t)i);
}

/* --- ways that are always taken beside ways that are not */

/* One of them stands for all: a step that takes no time and starts them. */
static void gather(struct definition *d, int32_t node)
{
    const char *title = arena_printf(&d->arena, "after %.200s", d->nodes.at[node].title);
    int32_t at = definition_add(d, title, strlen(title));

    d->nodes.at[at].kind = STEP_STAGE;
    d->nodes.at[at].layer = LAYER_AGENT;
    d->nodes.at[at].takes_s = 0;
    d->nodes.at[at].about = "starts what follows side by side";
    for (size_t i = 0; i < d->edges.len; i++) {
        struct def_edge *e = &d->edges.at[i];
        if (e->from == node && !e->error && !e->conditional)
            e->from = at;
    }
    definition_join(d, node, at, NULL, 0, false);
}

void definition_gather(struct definition *d)
{
    size_t n = d->nodes.len;
    struct {
        uint32_t always, sometimes;
    } *ways = mem_zero(n + 1, sizeof *ways);

    for (size_t i = 0; i < d->edges.len; i++) {
        const struct def_edge *e = &d->edges.at[i];
        if (e->from < 0 || e->error)
            continue;
        ways[e->from].sometimes += e->conditional;
        ways[e->from].always += !e->conditional && e->to >= 0;
    }
    for (size_t i = 0; i < n && !d->dropped; i++)
        if (ways[i].sometimes && ways[i].always > 1)
            gather(d, (int32_t)i);
    mem_free(ways);
}

/* --- where it begins */

bool definition_begin(struct definition *d)
{
    bool *led = mem_zero(d->nodes.len + 1, 1), some = false;

    for (size_t i = 0; i < d->edges.len; i++) {
        some = some || d->edges.at[i].from == NODE_START;
        if (d->edges.at[i].to >= 0)
            led[d->edges.at[i].to] = true;
    }
    bool stated = some;
    for (size_t i = 0; i < d->nodes.len && !stated && !d->dropped; i++)
        if (!led[i] && !d->nodes.at[i].fails) {
            definition_join(d, NODE_START, (int32_t)i, NULL, 0, false);
            some = true;
        }
    mem_free(led);
    return some;
}
