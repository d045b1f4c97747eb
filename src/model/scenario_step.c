/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flow: which steps there are, then each step's keys, then what their defaults come to. */
#include "model/scenario_internal.h"

#include <math.h>
#include <string.h>

/* Names that a target may have without being a step. */
static const char *const target_words[] = {"ship", "reject", "fail", "skip"};

/* --- numbers */

void read_reliability(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    for (uint32_t c = 0; c < r->p->n_classes; c++) {
        struct number *error = &r->step->numbers[c].error, *first = &r->step->numbers[0].error;
        const struct yaml_node *n = for_class(r, v, c);
        if (n == v && c > 0) {
            *error = *first;
            continue;
        }
        if (n == NULL || value_probability(r, n, error))
            continue;
        error->value = 1 - error->value;
        if (error->evidence) {
            struct evidence *e = &r->evidence.at[error->evidence - 1].evidence;
            e->k = e->n - e->k;
            error->value = (double)e->k / (double)e->n;
        }
    }
}

void read_threshold(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    for (uint32_t c = 0; c < r->p->n_classes; c++) {
        const struct yaml_node *n = for_class(r, v, c);
        double value;
        if (n == NULL)
            continue;
        if (n->kind != YAML_SCALAR) {
            unsupported_at(
                r, n, n->kind == YAML_LIST ? "three-band thresholds" : "threshold distributions");
            return;
        }
        if (value_share(r, n, &value) == 0)
            r->step->numbers[c].threshold = (struct number){.value = value};
    }
}

static double *cost_of(struct reading *r, const struct yaml_node *map, const char *key, uint32_t c,
                       double missing, double *out)
{
    const struct yaml_node *n = yaml_get(map, key);
    const struct schema_key *k = schema_find(AT_COST, key);
    const char *outer = r->key;
    int status = 0;

    *out = missing;
    n = n ? for_class(r, n, c) : NULL;
    r->key = key;
    if (n)
        status = k->type == VALUE_MONEY ? value_money(r, n, out) : value_number(r, n, out);
    if (n && status == 0 && !(*out >= 0)) {
        fault_at(r, n, "`%s` is not negative", key);
        *out = missing;
    }
    r->key = outer;
    return out;
}

void read_cost(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    if (v->kind == YAML_MAP && !is_per_class(r, v)) {
        for (uint32_t i = 0; i < v->n; i++) {
            const struct yaml_node *key = v->key[i];
            static const char *const keys[] = {"per_call", "per_unit", "units"};
            if (!schema_find(AT_COST, key->text))
                fault_at(r, key, "unknown key `%.60s` in cost%s", key->text,
                         did_you_mean(r, key, key->text, keys, 3));
        }
    }
    for (uint32_t c = 0; c < r->p->n_classes; c++) {
        const struct yaml_node *n = for_class(r, v, c);
        double *out = &r->step->numbers[c].cost_call, call, unit, units;
        if (n == NULL)
            continue;
        if (n->kind != YAML_MAP) {
            if (value_money(r, n, out) == 0 && *out < 0)
                fault_at(r, n, "`cost` is not negative");
            continue;
        }
        *out = *cost_of(r, n, "per_call", c, 0, &call) +
               *cost_of(r, n, "per_unit", c, 0, &unit) * *cost_of(r, n, "units", c, 1, &units);
        if (!isfinite(*out))
            fault_at(r, n, "`cost` is too large");
    }
}

void read_confidence(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    if (r->step->kind == STEP_GATE) {
        unsupported_at(r, v, "confidence on a gate");
        return;
    }
    r->step->has_confidence = true;
    read_map(r, v, AT_CONFIDENCE, v);
}

/* --- retries */

void read_retry_for(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    static const char *const words[] = {"error", "malformed", "timeout", NULL};
    uint32_t n = v->kind == YAML_LIST ? v->n : 1;
    uint32_t on = 0;

    for (uint32_t i = 0; i < n; i++) {
        int which = 0;
        if (value_word(r, v->kind == YAML_LIST ? v->child[i] : v, words, &which) == 0)
            on |= 1u << which;
    }
    if (n == 0)
        fault_at(r, v, "`for` names at least one of error, malformed, timeout");
    r->step->retry.on = on;
}

/* --- edges */

/* Is it one of those steps that are refused themselves? */
static bool is_refused_step(const struct reading *r, const char *name)
{
    const struct yaml_node *flow = yaml_get(r->y->root, "flow");

    for (uint32_t i = 0; flow->kind == YAML_LIST && i < flow->n; i++) {
        const struct yaml_node *own = yaml_get(flow->child[i], "parallel");
        if (own && own->kind == YAML_SCALAR && strcmp(own->text, name) == 0)
            return true;
    }
    return false;
}

static void fault_target(struct reading *r, const struct yaml_node *v)
{
    enum { WORDS = sizeof target_words / sizeof *target_words };
    const char **names;
    size_t n = 0;

    r->broken_flow = true;
    if (is_refused_step(r, v->text))
        return;
    names = mem_zero(r->p->n_steps + WORDS, sizeof *names);
    for (size_t i = 0; i < WORDS; i++)
        names[n++] = target_words[i];
    for (uint32_t i = 0; i < r->p->n_steps; i++)
        names[n++] = r->p->step[i].id;
    fault_at(r, v, "`%s`: no step is called `%.60s`%s", r->key, v->text,
             did_you_mean(r, v, v->text, names, n));
    mem_free(names);
}

static int32_t following(const struct reading *r)
{
    int32_t next = (int32_t)(r->step - r->p->step) + 1;

    return next < (int32_t)r->p->n_steps ? next : TO_SHIP;
}

static void read_target(struct reading *r, const struct yaml_node *v, struct edge *edge)
{
    edge->line = v->line;
    edge->column = v->column;
    edge->origin = v->origin;
    if (want_scalar(r, v, "a target (a step's name, ship, reject, fail, skip)"))
        return;
    if (strcmp(v->text, "ship") == 0)
        edge->to = TO_SHIP;
    else if (strcmp(v->text, "reject") == 0)
        edge->to = TO_REJECT;
    else if (strcmp(v->text, "fail") == 0)
        edge->to = TO_FAIL;
    else if (strcmp(v->text, "skip") == 0)
        edge->to = following(r);
    else if ((edge->to = pipeline_step(r->p, v->text)) < 0) {
        edge->to = TO_REJECT;
        fault_target(r, v);
    }
}

static void read_edge_into(struct reading *r, const struct yaml_node *v, struct edge *edge)
{
    struct edge *outer = r->edge;

    *edge = (struct edge){.to = TO_REJECT,
                          .at_most = AT_MOST_NONE,
                          .line = v->line,
                          .column = v->column,
                          .origin = v->origin};
    if (v->kind != YAML_MAP) {
        read_target(r, v, edge);
        return;
    }
    r->edge = edge;
    read_map(r, v, AT_EDGE, v);
    r->edge = outer;
    if (edge->then && edge->at_most == AT_MOST_NONE && yaml_get(v, "at_most") == NULL)
        fault_at(r, v, "`then` needs `at_most`: without a bound it is never used");
}

void read_edge(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    read_edge_into(r, v, (struct edge *)((char *)r->step + k->offset));
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

    read_edge_into(r, v, then);
    r->edge->then = then;
}

void read_gate_of(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    if (want_scalar(r, v, "a step's name"))
        return;
    r->step->gate_of = pipeline_step(r->p, v->text);
    if (r->step->gate_of < 0)
        fault_target(r, v);
}

/* --- steps */

static const enum place kind_place[STEP_KIND_COUNT] = {[STEP_STAGE] = AT_STAGE,
                                                       [STEP_CHECK] = AT_CHECK,
                                                       [STEP_GATE] = AT_GATE,
                                                       [STEP_REVIEW] = AT_REVIEW};

/* The key of `map` that says what kind of step it is; -1 when none or none that runs. */
static int kind_of(struct reading *r, const struct yaml_node *map, uint32_t *at)
{
    static const char *const kinds[] = {"stage", "check", "gate", "review", "parallel"};
    int kind = -1;

    for (uint32_t i = 0; i < map->n; i++) {
        for (int k = 0; k < 5; k++) {
            if (strcmp(map->key[i]->text, kinds[k]) != 0)
                continue;
            if (kind >= 0) {
                fault_at(r, map->key[i], "a step is one thing: `%s` and `%s` in one map",
                         kinds[kind], kinds[k]);
                return -1;
            }
            kind = k;
            *at = i;
        }
    }
    if (kind == 4 || (kind < 0 && yaml_get(map, "include"))) {
        const struct yaml_node *key = kind == 4 ? map->key[*at] : map->key[0];
        unsupported_at(r, key, key->text);
        return -1;
    }
    if (kind < 0)
        fault_at(r, map->n ? map->key[0] : map,
                 "a step begins with its kind and name, as in `stage: draft`: one of stage, check, "
                 "gate, review%s",
                 map->n ? did_you_mean(r, map->key[0], map->key[0]->text, kinds, 4) : "");
    return kind;
}

static bool is_target_word(const char *s)
{
    for (size_t i = 0; i < sizeof target_words / sizeof *target_words; i++)
        if (strcmp(s, target_words[i]) == 0)
            return true;
    return false;
}

static void check_step_name(struct reading *r, const struct yaml_node *n)
{
    int32_t other;

    if (!is_name(n->text)) {
        fault_at(r, n, "`%.60s` is not a name: letters, digits, `_` and `-`, at most 100 of them",
                 n->text);
        return;
    }
    if (is_target_word(n->text))
        fault_at(r, n, "a step may not be called `%s`: that is a target of its own", n->text);
    other = pipeline_step(r->p, n->text);
    if (other >= 0)
        fault_at(r, n, "two steps are called `%s`; the first is in line %u", n->text,
                 r->p->step[other].line);
}

void numbers_default(struct numbers *n)
{
    *n = (struct numbers){.timeout_s = INFINITY, .budget_s = INFINITY};
    n->validation.value = n->sensitivity.value = n->specificity.value = 1;
    n->latency = n->confidence_good = n->confidence_bad = dist_constant(0);
}

static void init_step(struct reading *r, struct step *s)
{
    int32_t next;

    r->step = s;
    next = following(r);
    s->numbers = arena_alloc(&r->p->arena, r->p->n_classes * sizeof *s->numbers);
    for (uint32_t c = 0; c < r->p->n_classes; c++)
        numbers_default(&s->numbers[c]);
    s->layer = LAYER_AGENT;
    s->retry = (struct retry){.attempts = 1, .on = RETRY_ALL, .factor = 2, .max_s = INFINITY};
    s->gate_of = -1;
    s->next = (struct edge){.to = next, .at_most = AT_MOST_NONE};
    s->above = s->below = s->next;
    s->fallback = (struct edge){.to = TO_FAIL, .at_most = AT_MOST_NONE};
    s->on_reject = (struct edge){.to = TO_REJECT, .at_most = AT_MOST_NONE};
}

/* First pass: names and kinds, so that targets can be told; map[i] is the map of step i. */
static void list_steps(struct reading *r, const struct yaml_node *flow,
                       const struct yaml_node **map)
{
    uint32_t at = 0;

    for (uint32_t i = 0; i < flow->n; i++) {
        const struct yaml_node *n = flow->child[i], *name;
        int kind;
        if (n->kind != YAML_MAP) {
            fault_at(r, n, "a step is a map, as in `- stage: draft`");
            continue;
        }
        kind = kind_of(r, n, &at);
        if (kind < 0) {
            r->broken_flow = true;
            continue;
        }
        name = n->child[at];
        r->key = n->key[at]->text;
        const char *id = "";
        if (value_text(r, name, &id) == 0)
            check_step_name(r, name);
        map[r->p->n_steps] = n;
        r->p->step[r->p->n_steps++] = (struct step){
            .id = id, .kind = (enum step_kind)kind, .line = name->line, .column = name->column};
    }
}

static void check_reliability(struct reading *r, const struct yaml_node *map)
{
    for (uint32_t i = 0; i < map->n; i++)
        if (strcmp(map->key[i]->text, "error") == 0 && yaml_get(map, "reliability"))
            fault_at(r, map->key[i], "`reliability` is short for `error`: write one of them");
}

void read_flow(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    const struct yaml_node **map;

    if (v->kind != YAML_LIST || v->n == 0) {
        fault_at(r, v, "`flow` is a list of steps, with at least one");
        return;
    }
    if (v->n > STEPS_MAX) {
        fault_at(r, v, "%u steps; at most %d are read", v->n, STEPS_MAX);
        return;
    }
    map = mem_zero(v->n, sizeof *map);
    r->p->step = arena_alloc(&r->p->arena, v->n * sizeof *r->p->step);
    list_steps(r, v, map);
    for (uint32_t i = 0; i < r->p->n_steps; i++)
        init_step(r, &r->p->step[i]);
    for (uint32_t i = 0; i < r->p->n_steps; i++) {
        r->step = &r->p->step[i];
        read_map(r, map[i], kind_place[r->step->kind], map[i]);
        check_reliability(r, map[i]);
    }
    r->step = NULL;
    mem_free(map);
}
