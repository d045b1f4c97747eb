/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scenario file to a pipeline: YAML, includes, settings, every key by its row of the schema,
 * evidence into groups, then the checks of the whole.  Nothing stops at the first fault but text
 * that is not YAML.  Here are the top of the file and the whole. */
#include "base/file.h"
#include "model/result.h"
#include "model/scenario_internal.h"

#include <stdio.h>
#include <string.h>

/* --- readers of the top */

void read_version(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    uint32_t version;

    if (value_count(r, v, &version) == 0 && version != 1)
        fault_at(r, v, "this program reads version 1 of the language, not %u", version);
}

/* Its steps are in the flow already (expand_includes). */
void read_include(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
}

void read_worth(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    r->p->worth_correct = r->p->worth_wrong = r->p->worth_rejected = 0;
    read_map(r, v, AT_WORTH, v);
}

static void read_class(struct reading *r, const struct yaml_node *key, const struct yaml_node *v,
                       struct class_def *out)
{
    out->id = arena_strdup(&r->p->arena, key->text);
    if (!is_name(key->text))
        fault_at(r, key, "`%.60s` is not a name: letters, digits, `_` and `-`", key->text);
    else if (is_dist_word(key->text))
        fault_at(r, key, "a class may not be called `%s`: that is a distribution", key->text);
    else if (schema_find(AT_COST, key->text) || strcmp(key->text, "share") == 0 ||
             strcmp(key->text, "evidence") == 0)
        fault_at(r, key, "a class may not be called `%s`: that is a key", key->text);
    r->class = out;
    read_map(r, v, AT_CLASS, key);
    r->class = NULL;
}

void read_classes(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    uint64_t before;

    if (v->kind != YAML_MAP || v->n == 0 || v->n > CLASSES_MAX) {
        fault_at(r, v, "`classes` is a map from names to {share: 30%%}, with 1 to %d classes",
                 CLASSES_MAX);
        return;
    }
    r->p->class = arena_alloc(&r->p->arena, v->n * sizeof *r->p->class);
    r->p->n_classes = v->n;
    r->p->classes_line = v->line;
    r->p->classes_column = v->column;
    r->p->classes_origin = origin_of(v);
    r->p->input_wrong = arena_alloc(&r->p->arena, v->n * sizeof *r->p->input_wrong);
    for (uint32_t c = 0; c < v->n; c++)
        r->p->class[c].id = "";
    before = fault_count(r);
    for (uint32_t c = 0; c < v->n; c++)
        read_class(r, v->key[c], v->child[c], &r->p->class[c]);
    if (fault_count(r) > before)
        for (uint32_t c = 0; c < v->n; c++) /* their sum would be a second fault of one mistake */
            r->p->class[c].share = c == 0;
}

static void read_objective_target(struct reading *r, const struct yaml_node *key,
                                  const struct yaml_node *v, struct target *out)
{
    const struct metric_def *def = metric_def(key->text);
    struct error err = {0};
    const char *number;

    if (def == NULL) {
        const char **names = mem_zero(metric_defs_count, sizeof *names);
        for (size_t i = 0; i < metric_defs_count; i++)
            names[i] = metric_defs[i].name;
        fault_at(r, key, "`%.60s` is not a metric%s", key->text,
                 did_you_mean(r, key, key->text, names, metric_defs_count));
        mem_free(names);
        return;
    }
    r->key = key->text;
    if (want_scalar(r, v, "a target (at most 1%, at least 99%, least, most)"))
        return;
    if (units_target(v->text, &out->kind, &out->value, &err)) {
        fault_at(r, v, "`%s`: %s", def->name, err.text);
        return;
    }
    number = v->text + strcspn(v->text, "0123456789.+-$");
    /* "at most 1d": the number again, in the metric's own unit */
    if ((out->kind == TARGET_AT_MOST || out->kind == TARGET_AT_LEAST) &&
        metric_value(def, number, &out->value, &err)) {
        fault_at(r, v, "`%s`: %s", def->name, err.text);
        return;
    }
    out->metric = def->name;
    out->text = arena_strdup(&r->p->arena, v->text);
    r->p->n_targets++;
}

void read_objective(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    if (v->kind != YAML_MAP) {
        fault_at(r, v, "`objective` is a map from metrics to targets");
        return;
    }
    r->p->target = arena_alloc(&r->p->arena, (v->n + 1) * sizeof *r->p->target);
    for (uint32_t i = 0; i < v->n; i++) {
        const struct schema_key *own = schema_find(AT_OBJECTIVE, v->key[i]->text);
        if (own)
            read_key(r, own, v->key[i], v->child[i]);
        else
            read_objective_target(r, v->key[i], v->child[i], &r->p->target[r->p->n_targets]);
    }
}

void read_costs(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    struct error err = {0};

    if (v->kind != YAML_MAP) {
        fault_at(r, v, "`costs` is a map from names to rates, such as {vector_db: $50/month}");
        return;
    }
    r->p->cost = arena_alloc(&r->p->arena, (v->n + 1) * sizeof *r->p->cost);
    for (uint32_t i = 0; i < v->n; i++) {
        struct fixed_cost *out = &r->p->cost[r->p->n_costs];
        out->name = arena_strdup(&r->p->arena, v->key[i]->text);
        r->key = out->name;
        if (!is_name(out->name))
            fault_at(r, v->key[i], "`%.60s` is not a name: letters, digits, `_` and `-`",
                     out->name);
        else if (want_scalar(r, v->child[i], "money over time ($50/month)") == 0) {
            if (units_rate(v->child[i]->text, &out->per_s, &err))
                fault_at(r, v->child[i], "`%s`: %s", out->name, err.text);
            else
                r->p->n_costs++;
        }
    }
}

/* --- evidence */

static bool same_group(const struct found_evidence *a, const struct found_evidence *b)
{
    return a->group != GROUP_NONE && a->group == b->group && a->scope == b->scope &&
           a->evidence.n == b->evidence.n && strcmp(a->class_id, b->class_id) == 0;
}

static void renumber(struct number *x, void *place)
{
    if (x->evidence)
        x->evidence = ((const uint32_t *)place)[x->evidence - 1] + 1;
}

/* Lists what was found with the members of each group side by side. */
static void group_evidence(struct reading *r)
{
    size_t n = r->evidence.len;
    uint32_t *place = mem_zero(n + 1, sizeof *place), next = 0, groups = 0;
    bool *placed = mem_zero(n + 1, sizeof *placed);

    r->p->evidence = arena_alloc(&r->p->arena, (n + 1) * sizeof *r->p->evidence);
    for (uint32_t i = 0; i < n; i++) {
        if (placed[i])
            continue;
        for (uint32_t j = i; j < n && r->evidence.at[j].block == r->evidence.at[i].block; j++) {
            if (placed[j] || (j > i && !same_group(&r->evidence.at[i], &r->evidence.at[j])))
                continue;
            place[j] = next;
            r->p->evidence[next] = r->evidence.at[j].evidence;
            r->p->evidence[next++].group = groups;
            placed[j] = true;
        }
        groups++;
    }
    r->p->n_evidence = next;
    pipeline_each_number(r->p, renumber, place);
    mem_free(place);
    mem_free(placed);
}

/* --- the whole */

static void hash(struct reading *r, const char *text, size_t len)
{
    struct buf all;

    buf_init(&all);
    buf_add(&all, text, len);
    for (size_t i = 0; i < r->included.len; i++)
        buf_printf(&all, "\n# include %s\n%s", r->included.at[i].file, r->included.at[i].text);
    buf_add(&all, buf_text(&r->data), r->data.len);
    for (size_t i = 0; r->options && i < r->options->n_set; i++)
        buf_printf(&all, "\n--set %s=%s", r->options->set[i].path, r->options->set[i].value);
    file_sha256(buf_text(&all), all.len, r->p->sha256);
    buf_release(&all);
}

static void read_tree(struct reading *r)
{
    struct pipeline *p = r->p;
    const struct yaml_node *root = r->y->root;

    p->n_classes = 1;
    p->class = arena_alloc(&p->arena, sizeof *p->class);
    p->class[0] = (struct class_def){.id = "", .share = 1};
    p->input_wrong = arena_alloc(&p->arena, sizeof *p->input_wrong);
    p->file = arena_strdup(&p->arena, r->y->file);
    if (root == NULL || (root->kind == YAML_SCALAR && *root->text == '\0')) {
        faults_add(r->faults, 1, 1, NULL,
                   "the file is empty: a scenario needs `seam: 1` and a `flow`");
        return;
    }
    if (root->kind != YAML_MAP) {
        fault_at(r, root, "this is not a scenario: it begins with `seam: 1` and has a `flow`");
        return;
    }
    expand_includes(r);
    apply_settings(r);
    for (uint32_t i = 0; i < r->y->n_duplicates; i++)
        fault_at(r, r->y->duplicate[i], "key `%.60s` appears twice in this map",
                 r->y->duplicate[i]->text);
    read_map(r, root, AT_TOP, root);
    group_evidence(r);
    if (p->n_steps == 0)
        return;
    check_parts(r);
    pipeline_check_numbers(p, r->faults);
    if (!r->broken_flow)
        pipeline_check_flow(p, r->faults);
}

/* A fault in an included file has its own "file:line:column" as origin: the line to show. */
static void show_included(struct reading *r)
{
    for (size_t i = 0; i < r->faults->list.len; i++) {
        struct fault *f = &r->faults->list.at[i];
        for (size_t j = 0; f->origin && f->source == NULL && j < r->included.len; j++) {
            const char *file = r->included.at[j].file;
            size_t len = strlen(file);
            unsigned line, column;
            if (strncmp(f->origin, file, len) != 0 ||
                sscanf(f->origin + len, ":%u:%u", &line, &column) != 2)
                continue;
            f->source = arena_strdup(&r->faults->arena, r->included.at[j].text);
            f->source_line = line;
            f->source_column = column;
        }
    }
}

int scenario_fail_with(const struct faults *faults, const char *file, struct error *err)
{
    const struct fault *f = &faults->list.at[0];

    if (f->origin)
        return error_set(err, ERR_INPUT, "%s: %s", f->origin, f->text);
    return error_at(err, ERR_INPUT, file, f->line, f->column, "%s", f->text);
}

int scenario_parse(const char *file, const char *text, size_t len,
                   const struct scenario_options *options, struct pipeline *out,
                   struct faults *faults, struct error *err)
{
    struct yaml y;
    struct reading r = {
        .y = &y, .p = out, .faults = faults, .options = options, .class_id = "", .path = ""};
    int status = 0;

    pipeline_init(out);
    if (yaml_parse(file, text, len, &y, err)) {
        faults_add(faults, err->line, err->column, NULL, "%s", sentence_of(err, file));
        return -1;
    }
    read_tree(&r);
    hash(&r, text, len);
    show_included(&r);
    if (faults->list.len) {
        status = scenario_fail_with(faults, file, err);
        pipeline_release(out);
    }
    vec_release(&r.evidence);
    vec_release(&r.included);
    buf_release(&r.data);
    yaml_release(&y);
    return status;
}

int scenario_read(const char *path, const struct scenario_options *options, struct pipeline *out,
                  struct faults *faults, struct error *err)
{
    struct buf text;
    int status = -1;

    pipeline_init(out);
    buf_init(&text);
    if (file_read(path, YAML_TEXT_MAX, &text, err) == 0)
        status = scenario_parse(path, buf_text(&text), text.len, options, out, faults, err);
    buf_release(&text);
    return status;
}
