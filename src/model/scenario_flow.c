/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flow: first which steps there are, in one flat table with the branches of parallels behind
 * them, then each step's keys. */
#include "model/scenario_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BRANCHES_MAX = 100, COPIES_MAX = 1000 };

/* The first pass over the file's lists. */
struct listing {
    struct reading *r;
    VEC(struct step) steps;
    VEC(const struct yaml_node *) map; /* of each step */
};

/* --- names and kinds */

/* The key of `map` that says what kind of step it is; -1 with a fault. */
static int kind_of(struct reading *r, const struct yaml_node *map, uint32_t *at)
{
    int kind = -1;

    for (uint32_t i = 0; i < map->n; i++) {
        for (int k = 0; k < STEP_KIND_COUNT; k++) {
            if (strcmp(map->key[i]->text, step_words[k]) != 0)
                continue;
            if (kind >= 0) {
                fault_at(r, map->key[i], "a step is one thing: `%s` and `%s` in one map",
                         step_words[kind], step_words[k]);
                return -1;
            }
            kind = k;
            *at = i;
        }
    }
    if (kind < 0 && yaml_get(map, "include"))
        fault_at(r, map->key[0], "`include` stands alone in its place of the list");
    else if (kind < 0)
        fault_at(r, map->n ? map->key[0] : map,
                 "a step begins with its kind and name, as in `stage: draft`: one of stage, check, "
                 "gate, review, parallel%s",
                 map->n
                     ? did_you_mean(r, map->key[0], map->key[0]->text, step_words, STEP_KIND_COUNT)
                     : "");
    return kind;
}

static bool is_target_word(const char *s)
{
    return strcmp(s, "ship") == 0 || strcmp(s, "reject") == 0 || strcmp(s, "fail") == 0 ||
           strcmp(s, "skip") == 0;
}

static void check_step_name(struct listing *l, const struct yaml_node *n)
{
    struct reading *r = l->r;

    if (!want_name(r, n))
        return;
    if (is_target_word(n->text))
        fault_at(r, n, "a step may not be called `%s`: that is a target of its own", n->text);
    for (size_t i = 0; i < l->steps.len; i++) {
        if (strcmp(l->steps.at[i].id, n->text) == 0) {
            fault_at(r, n, "two steps are called `%s`; the first is in line %u", n->text,
                     l->steps.at[i].line);
            return;
        }
    }
}

/* --- parallels */

static void list_steps(struct listing *l, const struct yaml_node *flow, uint32_t parent,
                       uint32_t branch);

/* The word at *s, moved past it; "" at the end. */
static size_t next_word(const char **s)
{
    size_t n = 0;

    *s += strspn(*s, " ");
    while ((*s)[n] && (*s)[n] != ' ')
        n++;
    return n;
}

static bool take_word(const char **s, const char *word)
{
    const char *at = *s;
    size_t n = next_word(&at);

    if (n != strlen(word) || strncmp(at, word, n) != 0)
        return false;
    *s = at + n;
    return true;
}

/* "2 of 3" into k and n. */
static bool take_k_of_n(const char **s, uint32_t *k, uint32_t *n)
{
    char *end;
    unsigned long x;

    *s += strspn(*s, " ");
    x = strtoul(*s, &end, 10);
    if (end == *s || x > COPIES_MAX * BRANCHES_MAX)
        return false;
    *k = (uint32_t)x;
    *s = end;
    if (!take_word(s, "of"))
        return false;
    *s += strspn(*s, " ");
    x = strtoul(*s, &end, 10);
    if (end == *s || x > COPIES_MAX * BRANCHES_MAX)
        return false;
    *n = (uint32_t)x;
    *s = end;
    return true;
}

static void read_join(struct reading *r, const struct yaml_node *v, struct parallel *par)
{
    const char *s = v->text;
    uint32_t k = 0, n = 0;
    bool known = true;

    r->key = "join";
    if (want_scalar(r, v, "all, any, 2 of 3, vote 2 of 3, majority or best"))
        return;
    if (take_word(&s, "all")) {
        par->join = JOIN_ALL;
        k = par->n;
    } else if (take_word(&s, "any")) {
        par->join = JOIN_ANY;
        k = 1;
    } else if (take_word(&s, "majority")) {
        par->join = JOIN_MAJORITY;
        k = par->n / 2 + 1;
    } else if (take_word(&s, "best")) {
        par->join = JOIN_BEST;
        k = 1;
    } else {
        par->join = take_word(&s, "vote") ? JOIN_VOTE : JOIN_K_OF_N;
        known = take_k_of_n(&s, &k, &n);
    }
    if (!known || next_word(&s) > 0) {
        static const char *const words[] = {"all", "any", "vote", "majority", "best"};
        fault_at(r, v, "`join` is all, any, 2 of 3, vote 2 of 3, majority or best, not `%.40s`%s",
                 v->text, did_you_mean(r, v, v->text, words, 5));
        return;
    }
    par->k = k;
    if (n && n != par->n)
        fault_at(r, v, "`join` speaks of %u, but the parallel has %u branch%s", n, par->n,
                 par->n == 1 ? "" : "es");
    else if (k < 1 || k > par->n)
        fault_at(r, v, "`join`: %u of %u cannot be", k, par->n);
}

static uint32_t copies_of(struct reading *r, const struct yaml_node *n)
{
    uint32_t copies = 1;

    r->key = "copies";
    if (n == NULL || value_count(r, n, &copies))
        return 1;
    if (copies >= 1 && copies <= COPIES_MAX)
        return copies;
    fault_at(r, n, "`copies` lies between 1 and %d, not %u", COPIES_MAX, copies);
    return 1;
}

static void list_branch(struct listing *l, const struct yaml_node *list, uint32_t parent,
                        uint32_t branch)
{
    size_t before = l->steps.len;

    if (list->kind != YAML_LIST || list->n == 0)
        fault_at(l->r, list, "a branch is a list of steps, with at least one");
    else
        list_steps(l, list, parent, branch);
    l->r->broken_flow |= l->steps.len == before;
}

static void list_parallel(struct listing *l, uint32_t index, const struct yaml_node *map,
                          const struct yaml_node *owner)
{
    struct reading *r = l->r;
    const struct yaml_node *list = yaml_get(map, "branches"), *one = yaml_get(map, "branch"),
                           *copies = yaml_get(map, "copies"), *join = yaml_get(map, "join");
    struct parallel *par = arena_alloc(&r->p->arena, sizeof *par);
    uint32_t *first, n = list && list->kind == YAML_LIST && !one ? list->n : 1;

    if (n < 1 || n > BRANCHES_MAX || !!list == !!one || (list && list->kind != YAML_LIST)) {
        r->broken_flow = true;
        fault_at(r, list ? list : owner,
                 list && one ? "a parallel has `branches`, or one `branch` and `copies`, not both"
                 : list      ? "`branches` is a list of step lists, with 1 to %d of them"
                        : "a parallel needs `branches` (a list of step lists), or one `branch` "
                          "and `copies`",
                 BRANCHES_MAX);
        n = 0;
    }
    if (list && copies)
        fault_at(r, copies, "`copies` goes with `branch`, not with `branches`");
    first = arena_alloc(&r->p->arena, (n + 1) * sizeof *first);
    *par = (struct parallel){
        .n_branches = n, .first = first, .copies = list ? 1 : copies_of(r, copies)};
    par->n = par->k = n * par->copies;
    for (uint32_t b = 0; b < n; b++) {
        first[b] = (uint32_t)l->steps.len;
        list_branch(l, one ? one : list->child[b], index + 1, b);
    }
    first[n] = (uint32_t)l->steps.len;
    if (join && n)
        read_join(r, join, par);
    l->steps.at[index].parallel = par;
}

/* --- the list */

static void list_steps(struct listing *l, const struct yaml_node *flow, uint32_t parent,
                       uint32_t branch)
{
    struct reading *r = l->r;
    uint32_t at = 0;

    for (uint32_t i = 0; i < flow->n; i++) {
        const struct yaml_node *n = flow->child[i], *name;
        const char *id = "";
        int kind = -1;
        if (n->kind != YAML_MAP)
            fault_at(r, n, "a step is a map, as in `- stage: draft`");
        else
            kind = kind_of(r, n, &at);
        if (kind == STEP_PARALLEL && parent) {
            fault_at(r, n->key[at], "a parallel inside a parallel is not read: `%s` is one already",
                     l->steps.at[parent - 1].id);
            kind = -1;
        }
        if (kind < 0) {
            r->broken_flow = true;
            continue;
        }
        name = n->child[at];
        r->key = n->key[at]->text;
        if (value_text(r, name, &id) == 0)
            check_step_name(l, name);
        if (l->steps.len == STEPS_MAX) {
            fault_at(r, n, "more than %d steps; so many are read", STEPS_MAX);
            r->broken_flow = true;
            return;
        }
        vec_push(&l->map, n);
        vec_push(&l->steps, ((struct step){.id = id,
                                           .kind = (enum step_kind)kind,
                                           .line = name->line,
                                           .column = name->column,
                                           .origin = name->origin,
                                           .parent = parent,
                                           .branch = branch}));
        if (kind == STEP_PARALLEL)
            list_parallel(l, (uint32_t)l->steps.len - 1, n, name);
    }
}

/* --- each step */

void numbers_default(struct numbers *n)
{
    *n = (struct numbers){.timeout_s = INFINITY, .budget_s = INFINITY};
    n->validation.value = n->sensitivity.value = n->specificity.value = 1;
    n->latency = n->confidence_good = n->confidence_bad = dist_constant(0);
    n->threshold_dist = n->cache_latency = dist_constant(0);
}

static void init_step(struct reading *r, uint32_t i)
{
    struct step *s = &r->p->step[i];
    int32_t next = pipeline_following(r->p, i);

    s->numbers = arena_alloc(&r->p->arena, r->p->n_classes * sizeof *s->numbers);
    for (uint32_t c = 0; c < r->p->n_classes; c++)
        numbers_default(&s->numbers[c]);
    s->layer = LAYER_AGENT;
    s->retry = (struct retry){.attempts = 1, .on = RETRY_ALL, .factor = 2, .max_s = INFINITY};
    s->gate_of = -1;
    s->next = (struct edge){.to = next, .at_most = AT_MOST_NONE};
    s->above = s->below = s->between = s->next;
    s->fallback = (struct edge){.to = TO_FAIL, .at_most = AT_MOST_NONE};
    s->on_reject = (struct edge){.to = TO_REJECT, .at_most = AT_MOST_NONE};
    s->breaker.calls = 10;
}

static void check_reliability(struct reading *r, const struct yaml_node *map)
{
    for (uint32_t i = 0; i < map->n; i++)
        if (strcmp(map->key[i]->text, "error") == 0 && yaml_get(map, "reliability"))
            fault_at(r, map->key[i], "`reliability` is short for `error`: write one of them");
}

static bool same_retry(const struct retry *a, const struct retry *b)
{
    return a->attempts == b->attempts && a->on == b->on && a->initial_s == b->initial_s &&
           a->factor == b->factor && a->max_s == b->max_s && a->jitter == b->jitter &&
           a->budget_kind == b->budget_kind && a->budget == b->budget;
}

static void read_step(struct reading *r, struct step *s, const struct yaml_node *map)
{
    const char *outer = r->path;
    uint32_t classes = r->p->n_classes;

    r->step = s;
    r->numbers = s->numbers;
    r->retry = arena_alloc(&r->p->arena, classes * sizeof *r->retry);
    for (uint32_t c = 0; c < classes; c++)
        r->retry[c] = s->retry;
    r->block++;
    r->scope = ++r->scopes;
    r->path = arena_printf(&r->p->arena, "flow.%s", s->id);
    read_map(r, map, place_of_kind(s->kind), map);
    check_reliability(r, map);
    if (s->bands && yaml_get(map, "between") == NULL)
        fault_at(r, map,
                 "a gate with two thresholds needs `between`: where an item between them "
                 "goes");
    if (s->kind == STEP_GATE && !s->bands && yaml_get(map, "between"))
        fault_at(r, yaml_get(map, "between"), "`between` needs two thresholds: [low, high]");
    s->retry = r->retry[0];
    for (uint32_t c = 1; c < classes; c++)
        if (!same_retry(&r->retry[c], &r->retry[0]))
            s->class_retry = r->retry;
    r->path = outer;
    r->step = NULL;
    r->numbers = NULL;
    r->retry = NULL;
}

/* `join` and its siblings are read with the list of steps. */
void read_parallel_part(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
}

void read_flow(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    struct listing l = {.r = r};

    if (v->kind == YAML_LIST && v->n == 0 && r->broken_flow)
        return; /* its one `include` was refused */
    if (v->kind != YAML_LIST || v->n == 0) {
        fault_at(r, v, "`flow` is a list of steps, with at least one");
        return;
    }
    if (v->n > STEPS_MAX) {
        fault_at(r, v, "%u steps; at most %d are read", v->n, STEPS_MAX);
        return;
    }
    list_steps(&l, v, 0, 0);
    r->p->n_steps = (uint32_t)l.steps.len;
    r->p->step = arena_alloc(&r->p->arena, (l.steps.len + 1) * sizeof *r->p->step);
    if (l.steps.len)
        memcpy(r->p->step, l.steps.at, l.steps.len * sizeof *r->p->step);
    for (uint32_t i = 0; i < r->p->n_steps; i++)
        init_step(r, i);
    for (uint32_t i = 0; i < r->p->n_steps; i++)
        read_step(r, &r->p->step[i], l.map.at[i]);
    vec_release(&l.steps);
    vec_release(&l.map);
}
