/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Resources and feedback, and what the parts of a file say of each other. */
#include "model/scenario_internal.h"

#include <math.h>
#include <string.h>

/* --- resources */

void read_hours(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    value_hours(r, v, &r->resource->hours, &r->resource->n_hours);
}

void read_patience(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    static const struct schema_key row = {.key = "patience", .type = VALUE_DIST};
    struct dist *out = arena_alloc(&r->p->arena, r->p->n_classes * sizeof *out);

    for (uint32_t c = 0; c < r->p->n_classes; c++)
        out[c] = dist_constant(0);
    read_classes_of(r, &row, v, out, sizeof *out);
    r->resource->patience = out;
}

static bool has_priorities(const struct pipeline *p)
{
    for (uint32_t c = 0; c < p->n_classes; c++)
        if (p->class[c].priority)
            return true;
    return false;
}

static void check_resource(struct reading *r, const struct yaml_node *key,
                           const struct yaml_node *v)
{
    static const char *const of_servers[] = {"hours", "at_close", "discipline", "cost"};
    const struct yaml_node *rate = yaml_get(v, "rate");

    if (!rate == !yaml_get(v, "servers")) {
        fault_at(r, key,
                 rate ? "`%s` has `servers` or a `rate`, not both"
                      : "`%s` needs `servers`, or a `rate`",
                 key->text);
        return;
    }
    if (rate == NULL && yaml_get(v, "burst"))
        fault_at(r, yaml_get(v, "burst"), "`burst` goes with `rate`");
    if (rate && r->resource->rate_per_s == 0)
        fault_at(r, rate, "`rate`: at 0 nothing ever begins");
    for (size_t i = 0; rate && i < 4; i++)
        if (yaml_get(v, of_servers[i]))
            fault_at(r, yaml_get(v, of_servers[i]), "`%s` goes with `servers`, not with a `rate`",
                     of_servers[i]);
    if (yaml_get(v, "at_close") && !yaml_get(v, "hours"))
        fault_at(r, yaml_get(v, "at_close"),
                 "`at_close` goes with `hours`: without them the "
                 "resource never closes");
}

static void read_resource(struct reading *r, const struct yaml_node *key, const struct yaml_node *v,
                          struct resource *out)
{
    uint64_t before;

    *out = (struct resource){
        .id = arena_strdup(&r->p->arena, key->text),
        .line = key->line,
        .column = key->column,
        .burst = 1,
        .waiting_room = ROOM_UNLIMITED,
        .when_full = {.to = TO_REJECT, .at_most = AT_MOST_NONE},
        .answer_within_s = INFINITY
    };
    want_name(r, key);
    r->resource = out;
    before = fault_count(r);
    read_map(r, v, AT_RESOURCE, key);
    if (fault_count(r) == before)
        check_resource(r, key, v);
    if (!yaml_get(v, "discipline") && out->servers && has_priorities(r->p))
        out->discipline = DISCIPLINE_PRIORITY;
    r->resource = NULL;
}

void read_resources(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    if ((v->kind == YAML_MAP && v->n == 0) || want_map(r, v, "names to {servers, hours, ...}"))
        return;
    if (v->n > RESOURCES_MAX) {
        fault_at(r, v, "%u resources; at most %d are read", v->n, RESOURCES_MAX);
        return;
    }
    r->p->resource = arena_alloc(&r->p->arena, v->n * sizeof *r->p->resource);
    for (uint32_t i = 0; i < v->n; i++)
        read_resource(r, v->key[i], v->child[i], &r->p->resource[i]);
    r->p->n_resources = v->n;
}

/* --- feedback */

void read_feedback(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    r->p->feedback = (struct feedback){
        .line = v->line, .column = v->column, .cycles = 12, .labels = LABELS_REVIEW | LABELS_AUDIT};
    read_map(r, v, AT_FEEDBACK, v);
    if (yaml_get(r->y->root, "arrivals") == NULL)
        fault_at(r, v,
                 "`feedback` needs `arrivals`: a cycle is a time, and without arrivals "
                 "nothing says how many labels it brings");
}

void read_feedback_labels(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    static const char *const words[] = {"review", "audit", NULL};
    uint32_t mask = 0;

    if (want_list(r, v, "labels"))
        return;
    for (uint32_t i = 0; i < v->n; i++) {
        int which = 0;
        if (value_word(r, v->child[i], words, &which) == 0)
            mask |= 1u << which;
    }
    r->p->feedback.labels = mask;
}

void read_learn_step(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    struct learn *out = r->learn;
    const struct step *s;
    int32_t step;

    out->kind = strcmp(k->key, "step") == 0    ? LEARN_POWER_LAW
                : strcmp(k->key, "canon") == 0 ? LEARN_CANON
                                               : LEARN_RECALIBRATE;
    if (want_scalar(r, v, "a step's name") || (step = want_step(r, v, v->text)) < 0)
        return;
    out->step = (uint32_t)step;
    s = &r->p->step[step];
    if (out->kind == LEARN_RECALIBRATE && !s->has_confidence)
        fault_at(r, v, "`recalibrate`: `%s` gives no confidence", s->id);
    if (out->kind != LEARN_RECALIBRATE && s->kind != STEP_STAGE)
        fault_at(r, v, "`%s`: `%s` is no stage, so it has no `wrong` that could fall", k->key,
                 s->id);
}

static void read_learn(struct reading *r, const struct yaml_node *v, struct learn *out)
{
    static const char *const heads[] = {"step", "canon", "recalibrate"};
    uint64_t before = fault_count(r);
    int n = 0;

    r->learn = out;
    read_map(r, v, AT_LEARN, v);
    r->learn = NULL;
    for (int i = 0; i < 3; i++)
        n += yaml_get(v, heads[i]) != NULL;
    if (fault_count(r) > before)
        return;
    if (n != 1)
        fault_at(r, v, "an entry of learns has one of `step`, `canon`, `recalibrate`");
    else if (out->kind == LEARN_RECALIBRATE && yaml_get(v, "wrong"))
        fault_at(r, v, "`recalibrate` stands alone: `wrong` falls for a `step` or a `canon`");
    else if (out->kind != LEARN_RECALIBRATE && !yaml_get(v, "wrong"))
        fault_at(r, v,
                 "`wrong` is needed: how it falls, as in {power_law: {exponent: 0.25, per: "
                 "1000}}");
}

void read_learns(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    struct learn *all;

    if (want_list(r, v, "learns"))
        return;
    all = arena_alloc(&r->p->arena, v->n * sizeof *all);
    for (uint32_t i = 0; i < v->n; i++)
        read_learn(r, v->child[i], &all[i]);
    r->p->feedback.learn = all;
    r->p->feedback.n_learns = v->n;
}

/* --- the parts together */

static const struct resource *resource_of(const struct pipeline *p, const struct step *s)
{
    return s->by && s->by <= p->n_resources ? &p->resource[s->by - 1] : NULL;
}

/* Where those go that find no place: a way that is open from every step that asks. */
static void check_when_full(struct reading *r, const struct step *s, const struct resource *q)
{
    const struct edge *e = &q->when_full;

    if (e->to >= 0 && s->parent)
        faults_add(r->faults, e->line, e->column, e->origin,
                   "`when_full`: `%s` lies inside a parallel and cannot send items to `%s`; write "
                   "fail, reject or skip",
                   s->id, r->p->step[e->to].id);
}

void check_parts(struct reading *r)
{
    struct pipeline *p = r->p;

    for (uint32_t i = 0; i < p->n_steps; i++) {
        const struct step *s = &p->step[i];
        const struct resource *q = resource_of(p, s);
        if (s->by && q == NULL)
            r->broken_flow = true; /* the resources were refused */
        if (q)
            check_when_full(r, s, q);
        if (s->fatigue.after_s > 0 && (!s->by || (q && q->n_hours == 0)))
            faults_add(r->faults, s->line, s->column, s->origin,
                       "the `fatigue` of `%s` counts hours on duty: it needs `by`, a resource with "
                       "`hours`",
                       s->id);
    }
}
