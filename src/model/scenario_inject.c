/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of faults.  Environments are read as those of a scenario, over steps in which nothing ever
 * goes wrong, so that what a state says of a step is what it adds. */
#include "model/injection.h"
#include "model/scenario_internal.h"

#include <math.h>
#include <string.h>

/* Keys that are none of `known` are faults. */
static void check_keys(struct reading *r, const struct yaml_node *map, const char *const *known,
                       const char *of)
{
    size_t n = 0;
    while (known[n])
        n++;
    for (uint32_t i = 0; i < map->n; i++) {
        const char *key = map->key[i]->text;
        size_t k = 0;
        while (k < n && strcmp(known[k], key) != 0)
            k++;
        if (k == n)
            fault_at(r, map->key[i], "`%.60s` is not a key of %s%s", key, of,
                     did_you_mean(r, map->key[i], key, known, n));
    }
}

static void read_share(struct reading *r, const struct yaml_node *map, const char *key, double *out)
{
    const struct yaml_node *v = yaml_get(map, key);
    struct number x = {0};
    r->key = key;
    if (v && value_probability(r, v, &x) == 0)
        *out = x.value;
}

static void read_slow(struct reading *r, const struct yaml_node *v, struct injection_step *out)
{
    static const char *const known[] = {"share", "by", NULL};
    r->key = "slow";
    if (want_map(r, v, "{share, by}, as in {share: 10%, by: 2s}"))
        return;
    check_keys(r, v, known, "slow");
    out->slow = 1;
    read_share(r, v, "share", &out->slow);
    r->key = "by";
    if (!yaml_get(v, "by"))
        fault_at(r, v, "`slow` needs `by`: how much longer the answer takes, as in by: 2s");
    else
        value_dist(r, yaml_get(v, "by"), QUANTITY_TIME, &out->slow_by);
}

/* Some attempt of the step has a limit? */
static bool has_limit(const struct pipeline *p, const struct step *s)
{
    for (uint32_t c = 0; c < p->n_classes; c++)
        if (isfinite(s->numbers[c].timeout_s))
            return true;
    return false;
}

static void read_step(struct reading *r, const struct pipeline *p, const struct yaml_node *key,
                      const struct yaml_node *v, struct injection_step *all)
{
    static const char *const known[] = {"error", "timeout", "malformed", "wrong", "slow", NULL};
    int32_t at = want_step(r, key, key->text);
    if (at < 0)
        return;
    const struct step *s = &p->step[at];
    struct injection_step *out = &all[at];
    r->key = s->id;
    if (s->kind == STEP_GATE || s->kind == STEP_PARALLEL) {
        fault_at(r, key, "`%s` is a %s and makes no attempts that could fail", s->id,
                 step_kind_name(s->kind));
        return;
    }
    if (want_map(r, v, "shares of attempts, as in {error: 5%, timeout: 2%}"))
        return;
    check_keys(r, v, known, "a step's faults");
    out->present = true;
    read_share(r, v, "error", &out->error);
    read_share(r, v, "timeout", &out->timeout);
    read_share(r, v, "malformed", &out->malformed);
    read_share(r, v, "wrong", &out->wrong);
    if (yaml_get(v, "slow"))
        read_slow(r, yaml_get(v, "slow"), out);
    double sum = out->error + out->timeout + out->malformed + out->wrong;
    if (sum > 1 + 1e-12)
        fault_at(r, v,
                 "`error`, `timeout`, `malformed` and `wrong` of `%s` add up to %.6g, above 1",
                 s->id, sum);
    if (out->wrong > 0 && s->kind != STEP_STAGE)
        fault_at(r, yaml_get(v, "wrong"), "`%s` is a %s: `wrong` answers are those of stages",
                 s->id, step_kind_name(s->kind));
    if (out->timeout > 0 && !has_limit(p, s))
        fault_at(r, yaml_get(v, "timeout"),
                 "`%s` has no `timeout` in the scenario: an answer that is held back would never "
                 "come; give the step one, as in timeout: 10s",
                 s->id);
}

static void read_steps(struct reading *r, const struct pipeline *p, const struct yaml_node *v,
                       struct injection *out)
{
    r->key = "steps";
    if (want_map(r, v, "steps to faults, as in {retrieve: {error: 5%}}"))
        return;
    for (uint32_t i = 0; i < v->n; i++)
        read_step(r, p, v->key[i], v->child[i], out->step);
}

/* What states change: outcomes, and how much longer it takes. */
static void check_environments(struct reading *r, const struct pipeline *p)
{
    const uint32_t allowed = 1u << NUMBERS_ERROR | 1u << NUMBERS_MALFORMED | 1u << NUMBERS_LATENCY;
    for (uint32_t e = 0; e < p->n_environments; e++)
        for (uint32_t s = 0; s < p->environment[e].n_states; s++) {
            const struct env_state *state = &p->environment[e].state[s];
            for (uint32_t k = 0; k < state->n_overrides; k++)
                if (state->override[k].override.set & ~allowed)
                    faults_add(r->faults, state->line, state->column, NULL,
                               "`%s`: a state of injected faults changes `error` and `malformed`, "
                               "and adds `latency`, of a step; what else it says of `%s` belongs "
                               "in the scenario",
                               state->id, p->step[state->override[k].step].id);
        }
}

/* --- resources */

static int32_t want_resource(struct reading *r, const struct pipeline *p,
                             const struct yaml_node *key)
{
    const char *names[RESOURCES_MAX];
    for (uint32_t i = 0; i < p->n_resources; i++) {
        names[i] = p->resource[i].id;
        if (strcmp(names[i], key->text) == 0)
            return (int32_t)i;
    }
    fault_at(r, key, "no resource is called `%.60s`%s", key->text,
             did_you_mean(r, key, key->text, names, p->n_resources));
    return -1;
}

static void read_shift(struct reading *r, const struct resource *of, const struct yaml_node *v,
                       struct injection_shift *out)
{
    static const char *const known[] = {"from", "to", "servers", NULL};
    const struct yaml_node *from = yaml_get(v, "from"), *to = yaml_get(v, "to"),
                           *servers = yaml_get(v, "servers");
    double n = 0;
    r->key = of->id;
    if (want_map(r, v, "{from, to, servers}, as in {from: 2h, to: 4h, servers: -1}"))
        return;
    check_keys(r, v, known, "a change of servers");
    if (!from || !servers) {
        fault_at(r, v,
                 "a change of servers needs `from` and `servers`, as in {from: 2h, to: 4h, "
                 "servers: -1}");
        return;
    }
    r->key = "from";
    out->to_s = INFINITY;
    if (value_duration(r, from, &out->from_s))
        return;
    r->key = "to";
    if (to && value_duration(r, to, &out->to_s))
        return;
    if (!(out->to_s > out->from_s))
        fault_at(r, to, "`to` is later than `from`");
    r->key = "servers";
    if (value_number(r, servers, &n))
        return;
    out->servers = (int32_t)fmax(fmin(n, 1e6), -1e6);
    if (n != out->servers || n == 0)
        fault_at(r, servers, "`servers` is how many more or fewer: a whole number such as -1");
    else if (of->servers == 0)
        fault_at(r, servers, "`%s` is a rate limit and has no servers", of->id);
    else if (n < -(double)of->servers)
        fault_at(r, servers, "`%s` has %u servers: no more than these can leave", of->id,
                 of->servers);
}

static void read_shifts(struct reading *r, const struct pipeline *p, const struct yaml_node *v,
                        struct injection *out)
{
    size_t n = 0;
    r->key = "resources";
    if (want_map(r, v, "names to changes, as in {editors: [{from: 2h, to: 4h, servers: -1}]}"))
        return;
    for (uint32_t i = 0; i < v->n; i++)
        n += v->child[i]->n;
    out->shift = arena_alloc(&out->p.arena, (n + 1) * sizeof *out->shift);
    for (uint32_t i = 0; i < v->n; i++) {
        int32_t at = want_resource(r, p, v->key[i]);
        if (at < 0 || want_list(r, v->child[i], v->key[i]->text))
            continue;
        for (uint32_t k = 0; k < v->child[i]->n; k++) {
            struct injection_shift *shift = &out->shift[out->n_shifts++];
            shift->resource = (uint32_t)at;
            read_shift(r, &p->resource[at], v->child[i]->child[k], shift);
        }
    }
}

/* --- the whole */

/* The pipeline's steps as they would be if nothing ever went wrong in them. */
static void shadow(const struct pipeline *p, struct pipeline *out)
{
    pipeline_init(out);
    out->name = p->name;
    out->currency = p->currency;
    out->n_classes = p->n_classes;
    out->class = p->class;
    out->n_resources = p->n_resources;
    out->resource = p->resource;
    out->n_steps = p->n_steps;
    out->step = arena_alloc(&out->arena, (p->n_steps + 1) * sizeof *out->step);
    for (uint32_t i = 0; i < p->n_steps; i++) {
        out->step[i] = p->step[i];
        out->step[i].numbers = arena_alloc(&out->arena, p->n_classes * sizeof *out->step->numbers);
        for (uint32_t c = 0; c < p->n_classes; c++)
            numbers_default(&out->step[i].numbers[c]);
    }
}

static void read_seed(struct reading *r, const struct yaml_node *v, uint64_t *out)
{
    double x = 0;
    r->key = "seed";
    if (value_number(r, v, &x))
        return;
    if (!(x >= 0 && x < 9007199254740992.0 && x == floor(x)))
        fault_at(r, v, "`seed` is a whole number from 0");
    else
        *out = (uint64_t)x;
}

static void read_faults(struct reading *r, const struct pipeline *p, struct injection *out)
{
    static const char *const known[] = {"seed", "steps", "environments", "resources", NULL};
    const struct yaml_node *root = r->y->root, *v;
    if (!root || root->kind != YAML_MAP || root->n == 0) {
        faults_add(r->faults, 1, 1, NULL,
                   "this is no file of faults: it has `steps`, `environments` or `resources`, as "
                   "in steps: {retrieve: {error: 5%%}}");
        return;
    }
    for (uint32_t i = 0; i < r->y->n_duplicates; i++)
        fault_at(r, r->y->duplicate[i], "key `%.60s` appears twice in this map",
                 r->y->duplicate[i]->text);
    check_keys(r, root, known, "a file of faults");
    if ((v = yaml_get(root, "seed")))
        read_seed(r, v, &out->seed);
    if ((v = yaml_get(root, "steps")))
        read_steps(r, p, v, out);
    if ((v = yaml_get(root, "environments"))) {
        r->key = "environments";
        read_environments(r, schema_find(AT_TOP, "environments"), v);
        check_environments(r, &out->p);
    }
    if ((v = yaml_get(root, "resources")))
        read_shifts(r, p, v, out);
}

int injection_parse(const char *file, const char *text, size_t len, const struct pipeline *p,
                    struct faults *faults, struct injection *out, struct error *err)
{
    struct yaml y;
    struct reading r = {
        .y = &y, .p = &out->p, .faults = faults, .class_id = "", .path = "", .key = ""};
    memset(out, 0, sizeof *out);
    if (yaml_parse(file, text, len, &y, err)) {
        faults_add(faults, err->line, err->column, NULL, "%s", sentence_of(err, file));
        return -1;
    }
    shadow(p, &out->p);
    out->seed = 1;
    out->step = arena_alloc(&out->p.arena, (p->n_steps + 1) * sizeof *out->step);
    for (uint32_t i = 0; i < p->n_steps; i++)
        out->step[i].slow_by = dist_constant(0);
    read_faults(&r, p, out);
    int status = faults->list.len ? scenario_fail_with(faults, file, err) : 0;
    if (status)
        injection_release(out);
    vec_release(&r.evidence);
    buf_release(&r.data);
    yaml_release(&y);
    return status;
}

void injection_release(struct injection *x)
{
    pipeline_release(&x->p);
    memset(x, 0, sizeof *x);
}
