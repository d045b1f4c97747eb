/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scenario file to a pipeline: YAML, settings, every key by its row of the schema, evidence
 * into groups, then the checks of the whole.  Nothing stops at the first fault but text that is
 * not YAML. */
#include "base/file.h"
#include "model/result.h"
#include "model/scenario_internal.h"

#include <math.h>
#include <string.h>

/* --- per-class values */

bool is_per_class(struct reading *r, const struct yaml_node *value)
{
    if (value->kind != YAML_MAP || *r->p->class[0].id == '\0')
        return false;
    if (r->asked == value)
        return r->asked_per_class;
    r->asked = value;
    r->asked_per_class = false;
    for (uint32_t c = 0; c < r->p->n_classes && !r->asked_per_class; c++)
        r->asked_per_class = yaml_get(value, r->p->class[c].id) != NULL;
    return r->asked_per_class;
}

static void check_class_keys(struct reading *r, const struct yaml_node *value)
{
    const char *names[CLASSES_MAX];

    for (uint32_t c = 0; c < r->p->n_classes; c++)
        names[c] = r->p->class[c].id;
    for (uint32_t i = 0; i < value->n; i++) {
        const char *key = value->key[i]->text;
        uint32_t c = 0;
        while (c < r->p->n_classes && strcmp(names[c], key) != 0)
            c++;
        if (c == r->p->n_classes)
            fault_at(r, value->key[i], "no class is called `%.60s`%s", key,
                     did_you_mean(r, value->key[i], key, names, r->p->n_classes));
    }
}

const struct yaml_node *for_class(struct reading *r, const struct yaml_node *value, uint32_t c)
{
    const struct yaml_node *own;

    r->class_id = "";
    if (!is_per_class(r, value))
        return value;
    if (c == 0)
        check_class_keys(r, value);
    own = yaml_get(value, r->p->class[c].id);
    if (own)
        r->class_id = r->p->class[c].id;
    else
        fault_at(r, value, "`%s` has no value for class `%s`", r->key, r->p->class[c].id);
    return own;
}

/* --- keys by the table */

static int in_range(struct reading *r, const struct schema_key *k, const struct yaml_node *n,
                    double value)
{
    if ((k->low == 0 && k->high == 0) || (value >= k->low && value <= k->high))
        return 0;
    fault_at(r, n, "`%s` lies between %g and %g, not %g", k->key, k->low, k->high, value);
    return -1;
}

/* One value of the row's type into `out`. */
static void read_value(struct reading *r, const struct schema_key *k, const struct yaml_node *n,
                       void *out)
{
    double value = 0;
    uint32_t count = 0;
    int word = 0;

    switch (k->type) {
    case VALUE_TEXT:
        value_text(r, n, out);
        break;
    case VALUE_PROBABILITY:
        if (k->slot == IN_NUMBERS || k->slot == IN_INPUT)
            value_probability(r, n, out);
        else
            value_share(r, n, out);
        break;
    case VALUE_DURATION:
        value_duration(r, n, out);
        break;
    case VALUE_MONEY:
        value_money(r, n, out);
        break;
    case VALUE_NUMBER:
        if (value_number(r, n, &value) == 0 && in_range(r, k, n, value) == 0)
            *(double *)out = value;
        break;
    case VALUE_COUNT:
        if (value_count(r, n, &count) == 0 && in_range(r, k, n, count) == 0)
            *(uint32_t *)out = count;
        break;
    case VALUE_DIST:
    case VALUE_SCORE:
        value_dist(r, n, k->type == VALUE_SCORE, out);
        break;
    case VALUE_WORD:
        if (value_word(r, n, k->words, &word) == 0)
            *(int *)out = word;
        break;
    default:
        BUG("schema row %s needs a reader", k->key);
    }
}

static size_t size_of(enum value_type type)
{
    return type == VALUE_PROBABILITY                   ? sizeof(struct number)
           : type == VALUE_DIST || type == VALUE_SCORE ? sizeof(struct dist)
                                                       : sizeof(double);
}

static void *slot_of(struct reading *r, const struct schema_key *k, uint32_t c)
{
    return k->slot == IN_INPUT ? (char *)&r->p->input_wrong[c]
                               : (char *)&r->step->numbers[c] + k->offset;
}

/* A value that may be given per class; one place of the file is read once. */
static void read_numbers(struct reading *r, const struct schema_key *k,
                         const struct yaml_node *value)
{
    for (uint32_t c = 0; c < r->p->n_classes; c++) {
        const struct yaml_node *n = for_class(r, value, c);
        if (n == value && c > 0)
            memcpy(slot_of(r, k, c), slot_of(r, k, 0), size_of(k->type));
        else if (n)
            read_value(r, k, n, slot_of(r, k, c));
    }
    r->class_id = "";
}

static void note_outcome(struct reading *r, const struct yaml_node *value)
{
    const struct yaml_node *at = value->kind == YAML_MAP && value->n ? value->child[0] : value;
    struct step *s = r->step;

    if (at->origin == NULL && s->outcome_origin)
        return;
    if (at->origin == NULL && (at->line < s->outcome_line ||
                               (at->line == s->outcome_line && at->column < s->outcome_column)))
        return;
    s->outcome_line = at->line;
    s->outcome_column = at->column;
    s->outcome_origin = at->origin;
}

static const char *unsupported_name(struct reading *r, const struct schema_key *k)
{
    if (k->where & (AT_RETRY | AT_CONFIDENCE))
        return arena_printf(&r->faults->arena, "%s.%s", place_name(k->where), k->key);
    if (k->where == AT_CLASS)
        return arena_printf(&r->faults->arena, "class %s", k->key);
    return k->key;
}

static void read_key(struct reading *r, const struct schema_key *k, const struct yaml_node *key,
                     const struct yaml_node *value)
{
    const char *outer = r->key;

    r->key = k->key;
    if (k->flags & KEY_OUTCOME)
        note_outcome(r, value);
    if (k->flags & KEY_UNSUPPORTED)
        unsupported_at(r, key, unsupported_name(r, k));
    else if (k->read)
        k->read(r, k, value);
    else if (k->type == VALUE_MAP)
        read_map(r, value, k->inner, key);
    else if (k->slot == IN_NUMBERS || k->slot == IN_INPUT)
        read_numbers(r, k, value);
    else if (k->slot != IN_NONE && is_per_class(r, value))
        unsupported_at(r, value, arena_printf(&r->faults->arena, "`%s` for each class", k->key));
    else if (k->slot != IN_NONE)
        read_value(r, k, value,
                   (char *)(k->slot == IN_STEP ? (void *)r->step : (void *)r->p) + k->offset);
    r->key = outer;
}

static void fault_key(struct reading *r, const struct yaml_node *key, enum place place)
{
    const char *words[SCHEMA_KEYS_MAX], *colon = strchr(key->text, ':');
    enum place other = schema_place_of(key->text);
    size_t n = 0;

    if (colon) {
        char lead[32] = "";
        if ((size_t)(colon - key->text) < sizeof lead)
            memcpy(lead, key->text, (size_t)(colon - key->text));
        if (schema_find(place, lead)) {
            fault_at(r, key, "put a space after the colon: `%s: %.40s`", lead, colon + 1);
            return;
        }
    }
    for (size_t i = 0; i < schema_keys_count && n < SCHEMA_KEYS_MAX; i++)
        if (schema_keys[i].where & place)
            words[n++] = schema_keys[i].key;
    if (other)
        fault_at(r, key, "`%s` is not a key of %s, but of %s", key->text, place_name(place),
                 place_name(other));
    else
        fault_at(r, key, "unknown key `%.60s`%s", key->text,
                 did_you_mean(r, key, key->text, words, n));
}

static void check_needed(struct reading *r, const struct yaml_node *map, enum place place,
                         const struct yaml_node *owner)
{
    for (size_t i = 0; i < schema_keys_count; i++) {
        const struct schema_key *k = &schema_keys[i];
        if ((k->where & place) && (k->flags & KEY_NEEDED) && yaml_get(map, k->key) == NULL)
            fault_at(r, owner, "%s needs `%s`: %s", place_name(place), k->key, k->help);
    }
}

void read_map(struct reading *r, const struct yaml_node *map, enum place place,
              const struct yaml_node *owner)
{
    bool seen[SCHEMA_KEYS_MAX] = {false}; /* a key that appears twice is read once */

    if (map->kind != YAML_MAP) {
        fault_at(r, map, "%s is a map of keys and values", place_name(place));
        return;
    }
    for (int first = 1; first >= 0; first--) {
        for (uint32_t i = 0; i < map->n; i++) {
            const struct schema_key *k = schema_find(place, map->key[i]->text);
            if (k && seen[k - schema_keys])
                continue;
            if (k && !!(k->flags & KEY_FIRST) == first) {
                seen[k - schema_keys] = true;
                read_key(r, k, map->key[i], map->child[i]);
            }
            if (k == NULL && !first)
                fault_key(r, map->key[i], place);
        }
    }
    check_needed(r, map, place, owner);
}

/* --- readers of the top */

void read_version(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    uint32_t version;

    if (value_count(r, v, &version) == 0 && version != 1)
        fault_at(r, v, "this program reads version 1 of the language, not %u", version);
}

void read_worth(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    r->p->worth_correct = r->p->worth_wrong = r->p->worth_rejected = 0;
    read_map(r, v, AT_WORTH, v);
}

static void read_class(struct reading *r, const struct yaml_node *key, const struct yaml_node *v,
                       struct class_def *out)
{
    const struct yaml_node *share = yaml_get(v, "share");

    out->id = arena_strdup(&r->p->arena, key->text);
    if (!is_name(key->text))
        fault_at(r, key, "`%.60s` is not a name: letters, digits, `_` and `-`", key->text);
    else if (is_dist_word(key->text))
        fault_at(r, key, "a class may not be called `%s`: that is a distribution", key->text);
    else if (schema_find(AT_COST, key->text) || strcmp(key->text, "evidence") == 0)
        fault_at(r, key, "a class may not be called `%s`: that is a key", key->text);
    read_map(r, v, AT_CLASS, key);
    r->key = "share";
    if (share)
        value_share(r, share, &out->share);
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
    before = r->faults->list.len + r->faults->dropped;
    for (uint32_t c = 0; c < v->n; c++)
        read_class(r, v->key[c], v->child[c], &r->p->class[c]);
    if (r->faults->list.len + r->faults->dropped > before)
        for (uint32_t c = 0; c < v->n; c++) /* their sum would be a second fault of one mistake */
            r->p->class[c].share = c == 0;
}

/* "at most 1d": the number again, in the metric's own unit. */
static int check_unit(struct reading *r, const struct yaml_node *v, const struct metric_def *def,
                      const char *number)
{
    struct error err = {0};
    double value;
    uint64_t k, n;
    int status = 0;

    if (strcmp(def->unit, "s") == 0)
        status = units_duration(number, &value, &err);
    else if (strcmp(def->unit, "1") == 0)
        status = strchr(number, '%') ? units_probability(number, &value, &k, &n, &err)
                                     : units_number(number, &value, &err);
    else if (strcmp(def->unit, "$") == 0)
        status = units_money(number, &value, &err);
    else
        status = units_number(number, &value, &err);
    if (status)
        fault_at(r, v, "`%s`: %s", def->name, err.text);
    return status;
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
    if ((out->kind == TARGET_AT_MOST || out->kind == TARGET_AT_LEAST) &&
        check_unit(r, v, def, number))
        return;
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

/* Outcomes of one step, of the same n, that serve the same classes. */
static bool same_group(const struct found_evidence *a, const struct found_evidence *b)
{
    return a->outcome && b->outcome && a->evidence.n == b->evidence.n &&
           strcmp(a->class_id, b->class_id) == 0;
}

static void renumber(struct number *x, const uint32_t *place)
{
    if (x->evidence)
        x->evidence = place[x->evidence - 1] + 1;
}

static void renumber_all(struct pipeline *p, const uint32_t *place)
{
    for (uint32_t c = 0; c < p->n_classes; c++)
        renumber(&p->input_wrong[c], place);
    for (uint32_t i = 0; i < p->n_steps; i++) {
        for (uint32_t c = 0; c < p->n_classes; c++) {
            struct numbers *n = &p->step[i].numbers[c];
            struct number *all[] = {&n->error,       &n->wrong,  &n->malformed,
                                    &n->validation,  &n->repair, &n->sensitivity,
                                    &n->specificity, &n->fixes,  &n->spoils};
            for (size_t j = 0; j < sizeof all / sizeof *all; j++)
                renumber(all[j], place);
        }
    }
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
        /* Evidence is found step by step: the rest of a group lies within the same step. */
        for (uint32_t j = i; j < n && r->evidence.at[j].step == r->evidence.at[i].step; j++) {
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
    renumber_all(r->p, place);
    mem_free(place);
    mem_free(placed);
}

/* --- the whole */

static void hash(struct reading *r, const char *text, size_t len)
{
    struct buf all;

    buf_init(&all);
    buf_add(&all, text, len);
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
    apply_settings(r);
    for (uint32_t i = 0; i < r->y->n_duplicates; i++)
        fault_at(r, r->y->duplicate[i], "key `%.60s` appears twice in this map",
                 r->y->duplicate[i]->text);
    read_map(r, root, AT_TOP, root);
    group_evidence(r);
    if (p->n_steps == 0)
        return;
    pipeline_check_numbers(p, r->faults);
    if (!r->broken_flow)
        pipeline_check_flow(p, r->faults);
}

/* The first fault as the error; always -1. */
static int fail_with(const struct faults *faults, const char *file, struct error *err)
{
    const struct fault *f = &faults->list.at[0];
    enum error_code code = f->unsupported ? ERR_UNSUPPORTED : ERR_INPUT;

    if (f->origin)
        return error_set(err, code, "%s: %s", f->origin, f->text);
    return error_at(err, code, file, f->line, f->column, "%s", f->text);
}

int scenario_parse(const char *file, const char *text, size_t len,
                   const struct scenario_options *options, struct pipeline *out,
                   struct faults *faults, struct error *err)
{
    struct yaml y;
    struct reading r = {.y = &y, .p = out, .faults = faults, .options = options, .class_id = ""};
    int status = 0;

    pipeline_init(out);
    if (yaml_parse(file, text, len, &y, err)) {
        faults_add(faults, err->line, err->column, NULL, "%s", sentence_of(err, file));
        return -1;
    }
    read_tree(&r);
    hash(&r, text, len);
    if (faults->list.len) {
        status = fail_with(faults, file, err);
        pipeline_release(out);
    }
    vec_release(&r.evidence);
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
