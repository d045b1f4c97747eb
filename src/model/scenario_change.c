/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Other numbers for a step: under a condition of the item (`given`), and in a state of an
 * environment.  Each begins as a copy of the step's own numbers and takes over what is stated. */
#include "model/scenario_internal.h"

#include <math.h>
#include <string.h>

/* The keys of `map` over the numbers of step `s`. */
static void read_override(struct reading *r, struct step *s, const struct yaml_node *map,
                          struct override *out)
{
    struct numbers *outer_numbers = r->numbers;
    struct step *outer_step = r->step;
    uint32_t *outer_set = r->set, outer_scope = enter_scope(r);
    enum place place = place_of_kind(s->kind);

    out->numbers = arena_alloc(&r->p->arena, r->p->n_classes * sizeof *out->numbers);
    memcpy(out->numbers, s->numbers, r->p->n_classes * sizeof *out->numbers);
    r->numbers = out->numbers;
    r->step = s;
    r->set = &out->set;
    for (uint32_t i = 0; i < map->n; i++) {
        const struct schema_key *k = schema_find(place, map->key[i]->text);
        if (k && (k->flags & KEY_CHANGES))
            read_key(r, k, map->key[i], map->child[i]);
        else
            fault_at(r, map->key[i], "`%.60s` is not a number of `%s` that can change here%s",
                     map->key[i]->text, s->id,
                     s->kind == STEP_PARALLEL ? ": name the steps inside it" : "");
    }
    r->numbers = outer_numbers;
    r->step = outer_step;
    r->set = outer_set;
    r->scope = outer_scope;
}

/* --- given */

static int class_index(struct reading *r, const struct yaml_node *key, const char *name)
{
    const char *names[CLASSES_MAX];

    for (uint32_t c = 0; c < r->p->n_classes; c++) {
        names[c] = r->p->class[c].id;
        if (*name && strcmp(names[c], name) == 0)
            return (int)c;
    }
    fault_at(r, key, "no class is called `%.60s`%s", name,
             did_you_mean(r, key, name, names, r->p->n_classes));
    return -1;
}

/* "bad", "retrieve.failed", "class.dialogue"; -1 with a fault. */
static int read_given_key(struct reading *r, const struct yaml_node *key, struct given *out)
{
    static const struct {
        const char *word;
        enum given_kind kind;
    } ends[] = {
        {".failed",  GIVEN_FAILED },
        {".wrong",   GIVEN_WRONG  },
        {".skipped", GIVEN_SKIPPED}
    };
    size_t len = strlen(key->text);
    int of;

    if (strcmp(key->text, "bad") == 0) {
        out->kind = GIVEN_BAD;
        return 0;
    }
    if (strncmp(key->text, "class.", 6) == 0) {
        out->kind = GIVEN_CLASS;
        of = class_index(r, key, key->text + 6);
        out->of = (uint32_t)of;
        return of < 0 ? -1 : 0;
    }
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t end = strlen(ends[i].word);
        if (len <= end || strcmp(key->text + len - end, ends[i].word) != 0)
            continue;
        out->kind = ends[i].kind;
        of = want_step(r, key, arena_strndup(&r->p->arena, key->text, len - end));
        out->of = (uint32_t)of;
        return of < 0 ? -1 : 0;
    }
    fault_at(r, key,
             "`%.60s` is no condition of `given`: write bad, STEP.failed, STEP.wrong, "
             "STEP.skipped or class.NAME",
             key->text);
    return -1;
}

void read_given(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    struct step *s = r->step;
    const char *outer = r->path;

    if (want_map(r, v, "conditions to numbers, as in {bad: {wrong: 30%}}"))
        return;
    s->given = arena_alloc(&r->p->arena, v->n * sizeof *s->given);
    enter_path(r, "given");
    for (uint32_t i = 0; i < v->n; i++) {
        struct given *out = &s->given[s->n_given];
        const char *path = enter_path(r, v->key[i]->text);
        out->line = v->key[i]->line;
        out->column = v->key[i]->column;
        if (read_given_key(r, v->key[i], out) == 0) {
            if (v->child[i]->kind == YAML_MAP) {
                read_override(r, s, v->child[i], &out->override);
                s->n_given++;
            } else {
                fault_at(r, v->child[i], "`%s` is a map of numbers, as in {wrong: 30%%}",
                         v->key[i]->text);
            }
        }
        r->path = path;
    }
    r->path = outer;
}

/* --- environments */

static void read_state_steps(struct reading *r, const struct yaml_node *v, struct env_state *out)
{
    r->key = "steps";
    if (want_map(r, v, "steps to numbers, as in {generate: {error: 90%}}"))
        return;
    out->override = arena_alloc(&r->p->arena, v->n * sizeof *out->override);
    enter_path(r, "steps");
    for (uint32_t i = 0; i < v->n; i++) {
        struct state_override *o = &out->override[out->n_overrides];
        const char *path = enter_path(r, v->key[i]->text);
        int32_t step = want_step(r, v->key[i], v->key[i]->text);
        if (step >= 0 && v->child[i]->kind != YAML_MAP) {
            fault_at(r, v->child[i], "`%.60s` is a map of numbers, as in {error: 90%%}",
                     v->key[i]->text);
        } else if (step >= 0) {
            o->step = (uint32_t)step;
            read_override(r, &r->p->step[step], v->child[i], &o->override);
            out->n_overrides++;
        }
        r->path = path;
    }
}

static void read_to(struct reading *r, const struct yaml_node *v, const struct environment *e,
                    struct env_state *out)
{
    const char **names = mem_zero(e->n_states + 1, sizeof *names);
    double *to = arena_alloc(&r->p->arena, e->n_states * sizeof *to), sum = 0;
    uint64_t before = fault_count(r);

    r->key = "to";
    for (uint32_t i = 0; i < e->n_states; i++)
        names[i] = e->state[i].id;
    if (want_map(r, v, "states to weights, as in {down: 70%, slow: 30%}") == 0) {
        for (uint32_t i = 0; i < v->n; i++) {
            uint32_t s = 0;
            while (s < e->n_states && strcmp(names[s], v->key[i]->text) != 0)
                s++;
            if (s == e->n_states)
                fault_at(r, v->key[i], "`%s` has no state called `%.60s`%s", e->id, v->key[i]->text,
                         did_you_mean(r, v->key[i], v->key[i]->text, names, e->n_states));
            else if (value_share(r, v->child[i], &to[s]) == 0)
                sum += to[s];
        }
        if (fault_count(r) == before && !(fabs(sum - 1) <= 1e-9))
            fault_at(r, v, "the weights add up to %.12g, not 1", sum);
        out->to = to;
    }
    mem_free(names);
}

static void read_state(struct reading *r, const struct yaml_node *key, const struct yaml_node *v,
                       const struct environment *e, struct env_state *out)
{
    const struct yaml_node *lasts = yaml_get(v, "lasts"), *to = yaml_get(v, "to"),
                           *steps = yaml_get(v, "steps");
    const char *outer = enter_path(r, key->text);

    r->block++;
    read_map(r, v, AT_STATE, key);
    r->key = "lasts";
    if (lasts && value_dist(r, lasts, QUANTITY_TIME, &out->lasts) == 0 &&
        !(dist_mean(&out->lasts) > 0 && isfinite(dist_mean(&out->lasts))))
        fault_at(r, lasts, "`lasts`: a state lasts some time, and its mean is finite");
    if (to)
        read_to(r, to, e, out);
    if (steps)
        read_state_steps(r, steps, out);
    r->path = outer;
}

static void read_environment(struct reading *r, const struct yaml_node *key,
                             const struct yaml_node *v, struct environment *out)
{
    const char *outer = r->path;

    out->id = arena_strdup(&r->p->arena, key->text);
    out->line = key->line;
    out->column = key->column;
    want_name(r, key);
    r->key = out->id;
    if (want_map(r, v, "states to {lasts, steps}"))
        return;
    out->n_states = v->n;
    out->state = arena_alloc(&r->p->arena, v->n * sizeof *out->state);
    for (uint32_t i = 0; i < v->n; i++) {
        out->state[i] = (struct env_state){.id = arena_strdup(&r->p->arena, v->key[i]->text),
                                           .line = v->key[i]->line,
                                           .column = v->key[i]->column,
                                           .lasts = dist_constant(1)};
        want_name(r, v->key[i]);
    }
    enter_path(r, out->id);
    for (uint32_t i = 0; i < v->n; i++)
        read_state(r, v->key[i], v->child[i], out, &out->state[i]);
    r->path = outer;
}

void read_environments(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    if ((v->kind == YAML_MAP && v->n == 0) || want_map(r, v, "names to states"))
        return;
    if (v->n > ENVIRONMENTS_MAX) {
        fault_at(r, v, "%u environments; at most %d are read", v->n, ENVIRONMENTS_MAX);
        return;
    }
    r->p->environment = arena_alloc(&r->p->arena, v->n * sizeof *r->p->environment);
    enter_path(r, "environments");
    for (uint32_t i = 0; i < v->n; i++)
        read_environment(r, v->key[i], v->child[i], &r->p->environment[i]);
    r->p->n_environments = v->n;
    r->path = "";
}
