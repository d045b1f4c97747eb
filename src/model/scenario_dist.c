/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distributions of a scenario.  The families and the sets of parameters under which people write
 * them are those of dist_forms; here are the lists (discrete, empirical, mixture), and the checks
 * of what a duration and a confidence may be. */
#include "model/scenario_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EVIDENCE_MAX = 1000000000 };

static const char *const list_words[] = {"discrete", "empirical", "mixture", "shifted"};

static int read_dist(struct reading *r, const struct yaml_node *n, enum quantity q,
                     struct dist *out);

bool is_dist_word(const char *word)
{
    for (size_t i = 0; i < sizeof list_words / sizeof *list_words; i++)
        if (strcmp(word, list_words[i]) == 0)
            return true;
    for (size_t i = 0; i < dist_forms_count; i++)
        if (strcmp(word, dist_forms[i].word) == 0)
            return true;
    return false;
}

/* A value in the quantity's own unit. */
static int read_quantity(struct reading *r, const struct yaml_node *n, enum quantity q, double *out)
{
    switch (q) {
    case QUANTITY_SCORE:
        return value_share(r, n, out);
    case QUANTITY_TIME:
        return value_duration(r, n, out);
    default:
        return value_number(r, n, out);
    }
}

static bool form_fits(const struct dist_form *form, const struct yaml_node *map)
{
    if (map->kind != YAML_MAP || map->n != form->n_params)
        return false;
    for (size_t i = 0; i < form->n_params; i++)
        if (yaml_get(map, form->param[i]) == NULL)
            return false;
    return true;
}

/* "mu, sigma or p50, sigma or ..." */
static void fault_params(struct reading *r, const struct yaml_node *key,
                         const struct yaml_node *map)
{
    struct buf sets;
    bool first = true;

    buf_init(&sets);
    for (size_t i = 0; i < dist_forms_count; i++) {
        const struct dist_form *f = &dist_forms[i];
        if (strcmp(f->word, key->text) != 0)
            continue;
        buf_puts(&sets, first ? "{" : " or {");
        for (size_t j = 0; j < f->n_params; j++)
            buf_printf(&sets, "%s%s", j ? ", " : "", f->param[j]);
        buf_puts(&sets, "}");
        first = false;
    }
    fault_at(r, map, "`%s` is written with %s", key->text, buf_text(&sets));
    buf_release(&sets);
}

static int read_form(struct reading *r, const struct yaml_node *key, const struct yaml_node *map,
                     enum quantity q, struct dist *out)
{
    const struct dist_form *form = NULL;
    struct error err = {0};
    double value[3] = {0};

    for (size_t i = 0; i < dist_forms_count && form == NULL; i++)
        if (strcmp(dist_forms[i].word, key->text) == 0 && form_fits(&dist_forms[i], map))
            form = &dist_forms[i];
    if (form == NULL) {
        fault_params(r, key, map);
        return -1;
    }
    for (size_t i = 0; i < form->n_params; i++) {
        const struct yaml_node *n = yaml_get(map, form->param[i]);
        const char *outer = r->key;
        int status;
        r->key = form->param[i];
        status = form->kind[i] == DIST_VALUE  ? read_quantity(r, n, q, &value[i])
                 : form->kind[i] == DIST_RATE ? value_rate(r, n, &value[i])
                                              : value_number(r, n, &value[i]);
        r->key = outer;
        if (status)
            return -1;
    }
    if (form->build(value, out, &err) == 0) {
        out->form = form;
        memcpy(out->written, value, sizeof value);
        return 0;
    }
    fault_at(r, map, "%s", err.text);
    return -1;
}

/* Only these keys, and `needed` of them from the first. */
static int check_keys(struct reading *r, const struct yaml_node *owner, const struct yaml_node *map,
                      const char *const *keys, size_t n, size_t needed)
{
    if (map->kind != YAML_MAP) {
        fault_at(r, map, "`%s` is a map with `%s`", owner->text, keys[0]);
        return -1;
    }
    for (uint32_t i = 0; i < map->n; i++) {
        size_t j = 0;
        while (j < n && strcmp(keys[j], map->key[i]->text) != 0)
            j++;
        if (j == n) {
            fault_at(r, map->key[i], "unknown key `%.60s` in %s%s", map->key[i]->text, owner->text,
                     did_you_mean(r, map->key[i], map->key[i]->text, keys, n));
            return -1;
        }
    }
    for (size_t j = 0; j < needed; j++) {
        if (yaml_get(map, keys[j]) == NULL) {
            fault_at(r, owner, "`%s` needs `%s`", owner->text, keys[j]);
            return -1;
        }
    }
    return 0;
}

struct weighted {
    double value, weight;
};

static int by_value(const void *a, const void *b)
{
    double x = ((const struct weighted *)a)->value, y = ((const struct weighted *)b)->value;

    return (x > y) - (x < y);
}

static void keep_sorted(struct reading *r, struct weighted *w, size_t n, bool weights,
                        struct dist *out)
{
    double *values = arena_alloc(&r->p->arena, n * sizeof *values);
    double *shares = weights ? arena_alloc(&r->p->arena, n * sizeof *shares) : NULL;

    qsort(w, n, sizeof *w, by_value);
    for (size_t i = 0; i < n; i++) {
        values[i] = w[i].value;
        if (shares)
            shares[i] = w[i].weight;
    }
    out->n = n;
    out->values = values;
    out->weights = shares;
}

void dist_of_values(struct reading *r, const double *values, const double *weights, size_t n,
                    struct dist *out)
{
    struct weighted *w = mem_zero(n + 1, sizeof *w);

    *out = (struct dist){.family = DIST_EMPIRICAL};
    for (size_t i = 0; i < n; i++)
        w[i] = (struct weighted){values[i], weights ? weights[i] : 0};
    keep_sorted(r, w, n, weights != NULL, out);
    mem_free(w);
}

static int read_discrete(struct reading *r, const struct yaml_node *key,
                         const struct yaml_node *map, enum quantity q, struct dist *out)
{
    static const char *const keys[] = {"values", "weights"};
    const struct yaml_node *values, *weights;
    struct weighted *w;
    double sum = 0;
    int status = 0;

    if (check_keys(r, key, map, keys, 2, 2))
        return -1;
    values = yaml_get(map, "values");
    weights = yaml_get(map, "weights");
    if (want_list(r, values, "values") || want_list(r, weights, "weights"))
        return -1;
    if (values->n != weights->n) {
        fault_at(r, weights, "%u weights for %u values", weights->n, values->n);
        return -1;
    }
    w = mem_zero(values->n, sizeof *w);
    for (uint32_t i = 0; i < values->n && status == 0; i++) {
        status = read_quantity(r, values->child[i], q, &w[i].value) ||
                         value_share(r, weights->child[i], &w[i].weight)
                     ? -1
                     : 0;
        sum += w[i].weight;
    }
    if (status == 0 && !(fabs(sum - 1) <= 1e-9)) {
        fault_at(r, weights, "the weights add up to %.12g, not 1", sum);
        status = -1;
    }
    out->family = DIST_DISCRETE;
    if (status == 0)
        keep_sorted(r, w, values->n, true, out);
    mem_free(w);
    return status;
}

static int read_empirical_file(struct reading *r, const struct yaml_node *map, enum quantity q,
                               struct dist *out)
{
    size_t n = 0;
    double *values = read_data_column(r, yaml_get(map, "file"), yaml_get(map, "column"), q, &n);

    if (values == NULL)
        return -1;
    dist_of_values(r, values, NULL, n, out);
    mem_free(values);
    return 0;
}

static int read_empirical(struct reading *r, const struct yaml_node *key,
                          const struct yaml_node *map, enum quantity q, struct dist *out)
{
    static const char *const by_values[] = {"values"}, *const by_file[] = {"file", "column"};
    const struct yaml_node *values = yaml_get(map, "values");
    struct weighted *w;
    int status = 0;

    out->family = DIST_EMPIRICAL;
    if (map->kind == YAML_MAP && yaml_get(map, "file"))
        return check_keys(r, key, map, by_file, 2, 2) ? -1 : read_empirical_file(r, map, q, out);
    if (check_keys(r, key, map, by_values, 1, 1) || want_list(r, values, "values"))
        return -1;
    w = mem_zero(values->n, sizeof *w);
    for (uint32_t i = 0; i < values->n && status == 0; i++)
        status = read_quantity(r, values->child[i], q, &w[i].value);
    if (status == 0)
        keep_sorted(r, w, values->n, false, out);
    mem_free(w);
    return status;
}

/* One `{weight: 70%, lognormal: {...}}`. */
static int read_part(struct reading *r, const struct yaml_node *part, enum quantity q,
                     double *weight, struct dist *out)
{
    const struct yaml_node *w = yaml_get(part, "weight");
    struct yaml_node rest;

    if (part->kind != YAML_MAP || w == NULL) {
        fault_at(r, part, "a part of a mixture is {weight, <distribution>}");
        return -1;
    }
    if (value_share(r, w, weight))
        return -1;
    rest = *part;
    rest.n = 0;
    rest.key = arena_alloc(&r->p->arena, part->n * sizeof *rest.key);
    rest.child = arena_alloc(&r->p->arena, part->n * sizeof *rest.child);
    for (uint32_t i = 0; i < part->n; i++) {
        if (part->child[i] == w)
            continue;
        rest.key[rest.n] = part->key[i];
        rest.child[rest.n++] = part->child[i];
    }
    return read_dist(r, &rest, q, out);
}

static int read_mixture(struct reading *r, const struct yaml_node *list, enum quantity q,
                        struct dist *out)
{
    struct dist *part;
    double *weights, sum = 0;

    if (want_list(r, list, "mixture"))
        return -1;
    part = arena_alloc(&r->p->arena, list->n * sizeof *part);
    weights = arena_alloc(&r->p->arena, list->n * sizeof *weights);
    for (uint32_t i = 0; i < list->n; i++) {
        if (read_part(r, list->child[i], q, &weights[i], &part[i]))
            return -1;
        sum += weights[i];
    }
    if (!(fabs(sum - 1) <= 1e-9)) {
        fault_at(r, list, "the weights add up to %.12g, not 1", sum);
        return -1;
    }
    *out = (struct dist){.family = DIST_MIXTURE, .n = list->n, .part = part, .weights = weights};
    return 0;
}

static int read_shifted(struct reading *r, const struct yaml_node *key, const struct yaml_node *map,
                        enum quantity q, struct dist *out)
{
    static const char *const keys[] = {"by", "of"};
    struct dist *part = arena_alloc(&r->p->arena, sizeof *part);

    if (check_keys(r, key, map, keys, 2, 2))
        return -1;
    *out = (struct dist){.family = DIST_SHIFTED, .n = 1, .part = part};
    return read_quantity(r, yaml_get(map, "by"), q, &out->a) ||
                   read_dist(r, yaml_get(map, "of"), q, part)
               ? -1
               : 0;
}

static void fault_word(struct reading *r, const struct yaml_node *key)
{
    const char *words[64];
    size_t n = 0;

    for (size_t i = 0; i < sizeof list_words / sizeof *list_words; i++)
        words[n++] = list_words[i];
    for (size_t i = 0; i < dist_forms_count && n < 64; i++)
        words[n++] = dist_forms[i].word;
    fault_at(r, key, "`%.60s` is not a distribution%s", key->text,
             did_you_mean(r, key, key->text, words, n));
}

static int read_family(struct reading *r, const struct yaml_node *key,
                       const struct yaml_node *value, enum quantity q, struct dist *out)
{
    if (strcmp(key->text, "discrete") == 0)
        return read_discrete(r, key, value, q, out);
    if (strcmp(key->text, "empirical") == 0)
        return read_empirical(r, key, value, q, out);
    if (strcmp(key->text, "mixture") == 0)
        return read_mixture(r, value, q, out);
    if (strcmp(key->text, "shifted") == 0)
        return read_shifted(r, key, value, q, out);
    if (!is_dist_word(key->text)) {
        fault_word(r, key);
        return -1;
    }
    return read_form(r, key, value, q, out);
}

static int read_evidence(struct reading *r, const struct yaml_node *n, struct dist *out)
{
    uint32_t count;

    if (value_count(r, n, &count))
        return -1;
    if (count < 1 || count > EVIDENCE_MAX) {
        fault_at(r, n, "`evidence` counts the observations behind a distribution: 1 to %d",
                 EVIDENCE_MAX);
        return -1;
    }
    out->evidence = count;
    return 0;
}

static int read_dist(struct reading *r, const struct yaml_node *n, enum quantity q,
                     struct dist *out)
{
    static const char *const words[][3] = {
        {"a duration",         "1s",  "3s"  },
        {"a number in [0, 1]", "0.8", "0.95"},
        {"a number",           "2",   "5"   }
    };
    const struct yaml_node *key = NULL, *value = NULL, *evidence = NULL;

    *out = (struct dist){0};
    if (n->kind == YAML_SCALAR) {
        *out = dist_constant(0);
        return read_quantity(r, n, q, &out->a);
    }
    for (uint32_t i = 0; n->kind == YAML_MAP && i < n->n; i++) {
        if (strcmp(n->key[i]->text, "evidence") == 0) {
            evidence = n->child[i];
        } else if (key) {
            fault_at(r, n->key[i], "`%.60s`: a distribution has one name, and `%.60s` is one",
                     n->key[i]->text, key->text);
            return -1;
        } else {
            key = n->key[i];
            value = n->child[i];
        }
    }
    if (key == NULL) {
        fault_at(r, n, "`%s` is %s or a distribution such as {lognormal: {p50: %s, p95: %s}}",
                 r->key, words[q][0], words[q][1], words[q][2]);
        return -1;
    }
    if (read_family(r, key, value, q, out))
        return -1;
    return evidence ? read_evidence(r, evidence, out) : 0;
}

int value_dist(struct reading *r, const struct yaml_node *n, enum quantity q, struct dist *out)
{
    struct error err = {0};

    if (read_dist(r, n, q, out))
        return -1;
    if (dist_check(out, &err)) {
        fault_at(r, n, "`%s`: %s", r->key, err.text);
        return -1;
    }
    if (dist_min(out) < 0 || (q == QUANTITY_SCORE && dist_max(out) > 1)) {
        fault_at(r, n,
                 q == QUANTITY_SCORE
                     ? "`%s`: a confidence lies in [0, 1], and this reaches from %g to %g"
                 : q == QUANTITY_TIME
                     ? "`%s`: a duration is not negative, and this reaches from %g to %g"
                     : "`%s` is not negative, and this reaches from %g to %g",
                 r->key, dist_min(out), dist_max(out));
        return -1;
    }
    return 0;
}
