/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edges: targets, {goto, at_most, then}, and the lists of `next`.
 *
 * What lies inside a parallel is a world of its own: no edge leads in from outside, and a branch
 * ends by `ship`, `fail` or `reject` and leads nowhere else. */
#include "model/scenario_internal.h"

#include <string.h>

/* Names that a target may have without being a step. */
static const char *const target_words[] = {"ship", "reject", "fail", "skip"};

/* Is it one of those steps that are refused themselves? */
static bool is_refused_step(const struct yaml_node *n, const char *name)
{
    for (uint32_t i = 0; n && n->kind != YAML_SCALAR && i < n->n; i++) {
        for (const char *const *word = step_words; n->kind == YAML_MAP && *word; word++)
            if (strcmp(n->key[i]->text, *word) == 0 && n->child[i]->kind == YAML_SCALAR &&
                strcmp(n->child[i]->text, name) == 0)
                return true;
        if (is_refused_step(n->child[i], name))
            return true;
    }
    return false;
}

static void fault_step(struct reading *r, const struct yaml_node *v, const char *name, bool target)
{
    enum { WORDS = sizeof target_words / sizeof *target_words };
    const char **names;
    size_t n = 0;

    r->broken_flow = true;
    if (is_refused_step(yaml_get(r->y->root, "flow"), name))
        return;
    names = mem_zero(r->p->n_steps + WORDS, sizeof *names);
    for (size_t i = 0; target && i < WORDS; i++)
        names[n++] = target_words[i];
    for (uint32_t i = 0; i < r->p->n_steps; i++)
        names[n++] = r->p->step[i].id;
    fault_at(r, v, "`%s`: no step is called `%.60s`%s", r->key, name,
             did_you_mean(r, v, name, names, n));
    mem_free(names);
}

int32_t want_step(struct reading *r, const struct yaml_node *n, const char *name)
{
    int32_t step = pipeline_step(r->p, name);

    if (step < 0)
        fault_step(r, n, name, false);
    return step;
}

/* May the step being read (none: a resource) send items to `to`? */
static void check_walls(struct reading *r, const struct yaml_node *v, int32_t to)
{
    const struct step *from = r->step, *there = &r->p->step[to];
    uint32_t inside = from ? from->parent : 0;

    if (there->parent == inside && (inside == 0 || there->branch == from->branch))
        return;
    r->broken_flow = true;
    if (there->parent && there->parent != inside)
        fault_at(r, v, "`%s`: `%s` lies inside the parallel `%s`; from outside items go to `%s`",
                 r->key, there->id, r->p->step[there->parent - 1].id,
                 r->p->step[there->parent - 1].id);
    else
        fault_at(r, v,
                 "`%s`: `%s` lies outside of this branch of `%s`; a branch ends by ship, fail or "
                 "reject",
                 r->key, there->id, r->p->step[inside - 1].id);
}

static void read_target(struct reading *r, const struct yaml_node *v, struct edge *edge)
{
    edge->line = v->line;
    edge->column = v->column;
    edge->origin = v->origin;
    if (want_scalar(r, v, "a target (a step's name, ship, reject, fail, skip)")) {
        r->broken_flow = true;
        return;
    }
    if (strcmp(v->text, "ship") == 0) {
        edge->to = r->step && r->step->parent ? TO_JOIN : TO_SHIP;
    } else if (strcmp(v->text, "reject") == 0) {
        edge->to = TO_REJECT;
    } else if (strcmp(v->text, "fail") == 0) {
        edge->to = TO_FAIL;
    } else if (strcmp(v->text, "skip") == 0) {
        edge->to = r->step ? pipeline_following(r->p, (uint32_t)(r->step - r->p->step)) : TO_SKIP;
    } else if ((edge->to = pipeline_step(r->p, v->text)) < 0) {
        edge->to = TO_REJECT;
        fault_step(r, v, v->text, true);
    } else {
        check_walls(r, v, edge->to);
    }
}

static void read_edge_into(struct reading *r, const struct yaml_node *v, enum place place,
                           struct edge *edge)
{
    struct edge *outer = r->edge;

    *edge = (struct edge){.to = TO_REJECT,
                          .at_most = AT_MOST_NONE,
                          .line = v->line,
                          .column = v->column,
                          .origin = v->origin};
    if (v->kind != YAML_MAP && place == AT_EDGE) {
        read_target(r, v, edge);
        return;
    }
    r->edge = edge;
    read_map(r, v, place, v);
    r->edge = outer;
    if (edge->then && edge->at_most == AT_MOST_NONE && yaml_get(v, "at_most") == NULL)
        fault_at(r, v, "`then` needs `at_most`: without a bound it is never used");
}

void read_edge(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    char *base = k->slot == IN_RESOURCE ? (char *)r->resource : (char *)r->step;

    read_edge_into(r, v, AT_EDGE, (struct edge *)(void *)(base + k->offset));
}

void read_goto(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    read_target(r, v, r->edge);
}

void read_at_most(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    uint32_t count;

    if (v->kind == YAML_SCALAR && strcmp(v->text, "unbounded") == 0) {
        r->edge->at_most = AT_MOST_UNBOUNDED;
        return;
    }
    r->edge->at_most = 0;
    if (value_count(r, v, &count))
        return;
    if (count > k->high)
        fault_at(r, v, "`at_most` is at most %.0f, or unbounded", k->high);
    r->edge->at_most = count;
}

void read_then(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    struct edge *then = arena_alloc(&r->p->arena, sizeof *then);

    read_edge_into(r, v, AT_EDGE, then);
    r->edge->then = then;
}

void read_gate_of(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    if (want_scalar(r, v, "a step's name") == 0)
        r->step->gate_of = want_step(r, v, v->text);
}

/* --- next */

static void read_probability(struct reading *r, const struct yaml_node *v, struct way *way)
{
    static const struct schema_key row = {
        .key = "probability", .type = VALUE_PROBABILITY, .slot = IN_NUMBERS};

    r->key = "probability";
    way->probability = arena_alloc(&r->p->arena, r->p->n_classes * sizeof *way->probability);
    read_classes_of(r, &row, v, way->probability, sizeof *way->probability);
}

static void read_way(struct reading *r, const struct yaml_node *v, struct way *way)
{
    const struct yaml_node *probability = yaml_get(v, "probability"), *when = yaml_get(v, "when");
    char name[32] = "";
    const char *outer;
    struct buf number;

    read_edge_into(r, v, AT_WAY, &way->edge);
    if (probability && when)
        fault_at(r, v, "an edge is taken by `probability` or by `when`, not by both");
    buf_init(&number);
    buf_printf(&number, "%u", (unsigned)(way - r->step->way));
    memcpy(name, buf_text(&number), number.len < sizeof name ? number.len : sizeof name - 1);
    buf_release(&number);
    outer = enter_path(r, name);
    if (probability)
        read_probability(r, probability, way);
    r->key = "when";
    if (when && (way->when = value_condition(r, when)) == NULL)
        r->broken_flow = true;
    r->path = outer;
}

/* The probabilities of each class: at most 1, and with no edge for the rest exactly 1. */
static void check_sums(struct reading *r, const struct yaml_node *list, bool bare)
{
    struct step *s = r->step;
    bool any = false;

    for (uint32_t c = 0; c < r->p->n_classes; c++) {
        double sum = 0;
        for (uint32_t i = 0; i < s->n_ways; i++) {
            any = any || s->way[i].probability;
            sum += s->way[i].probability ? s->way[i].probability[c].value : 0;
        }
        if (!any)
            return;
        if (sum > 1 + 1e-9 || (!bare && sum < 1 - 1e-9)) {
            fault_at(r, list, "the probabilities of `next` add up to %.12g, not 1%s", sum,
                     sum < 1 ? "; a last edge {to: STEP} without one takes what is left" : "");
            return;
        }
    }
    s->ways_complete = !bare;
}

void read_next(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    struct step *s = r->step;
    const char *outer = r->path;
    uint32_t outer_scope = r->scope;
    bool bare = false;
    uint64_t before = fault_count(r);

    if (v->kind != YAML_LIST || v->n == 0) {
        fault_at(r, v, "`next` is a list of edges, as in [{to: desk, when: \"confidence < 0.6\"}]");
        r->broken_flow = true;
        return;
    }
    enter_path(r, "next");
    enter_scope(r);
    s->way = arena_alloc(&r->p->arena, (v->n + 1) * sizeof *s->way);
    for (uint32_t i = 0; i < v->n; i++) {
        const struct yaml_node *n = v->child[i];
        if (yaml_get(n, "probability") || yaml_get(n, "when")) {
            read_way(r, n, &s->way[s->n_ways++]);
        } else {
            if (i + 1 < v->n)
                fault_at(r, n,
                         "only the last edge of `next` may be without `probability` or "
                         "`when`: those after it are never taken");
            read_edge_into(r, n, n->kind == YAML_MAP ? AT_WAY : AT_EDGE, &s->next);
            bare = true;
        }
    }
    if (fault_count(r) == before)
        check_sums(r, v, bare);
    else
        r->broken_flow = true;
    r->path = outer;
    r->scope = outer_scope;
}
