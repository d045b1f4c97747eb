/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A map of the file by its rows of the schema: each key to its reader or its slot, unknown and
 * missing keys to faults, values that differ by class to each class. */
#include "model/scenario_internal.h"

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

const char *enter_path(struct reading *r, const char *name)
{
    const char *outer = r->path;

    r->path = arena_printf(&r->p->arena, "%s%s%s", outer, *outer ? "." : "", name);
    return outer;
}

uint32_t enter_scope(struct reading *r)
{
    uint32_t outer = r->scope;

    r->scope = ++r->scopes;
    return outer;
}

/* --- keys by the table */

static int in_range(struct reading *r, const struct schema_key *k, const struct yaml_node *n,
                    double value)
{
    if ((k->low == 0 && k->high == 0) || (value >= k->low && value <= k->high))
        return 0;
    if (k->low > 0 && k->low <= 1e-9)
        fault_at(r, n, "`%s` is more than 0 and at most %g, not %g", k->key, k->high, value);
    else
        fault_at(r, n, "`%s` lies between %g and %g, not %g", k->key, k->low, k->high, value);
    return -1;
}

static void read_plain(struct reading *r, const struct schema_key *k, const struct yaml_node *n,
                       double *out)
{
    double value = 0;
    int status = k->type == VALUE_PROBABILITY ? value_share(r, n, &value)
                 : k->type == VALUE_DURATION  ? value_duration(r, n, &value)
                 : k->type == VALUE_RATE      ? value_rate(r, n, &value)
                 : k->type == VALUE_MONEY     ? value_money(r, n, &value)
                 : k->type == VALUE_CLOCK     ? value_clock(r, n, &value)
                                              : value_number(r, n, &value);

    if (status == 0 && in_range(r, k, n, value) == 0)
        *out = value;
}

static bool is_number_slot(const struct schema_key *k)
{
    return k->slot == IN_NUMBERS || k->slot == IN_INPUT;
}

/* One value of the row's type into `out`. */
static void read_value(struct reading *r, const struct schema_key *k, const struct yaml_node *n,
                       void *out)
{
    uint32_t count = 0;
    int word = 0;

    switch (k->type) {
    case VALUE_TEXT:
        value_text(r, n, out);
        break;
    case VALUE_PROBABILITY:
        if (is_number_slot(k))
            value_probability(r, n, out);
        else
            read_plain(r, k, n, out);
        break;
    case VALUE_DURATION:
    case VALUE_RATE:
    case VALUE_MONEY:
    case VALUE_NUMBER:
    case VALUE_CLOCK:
        read_plain(r, k, n, out);
        break;
    case VALUE_COUNT:
        if (value_count(r, n, &count) == 0 && in_range(r, k, n, count) == 0)
            *(uint32_t *)out = count;
        break;
    case VALUE_DIST:
    case VALUE_SCORE:
    case VALUE_SIZE:
        value_dist(r, n,
                   k->type == VALUE_DIST    ? QUANTITY_TIME
                   : k->type == VALUE_SCORE ? QUANTITY_SCORE
                                            : QUANTITY_PLAIN,
                   out);
        break;
    case VALUE_WORD:
        if (value_word(r, n, k->words, &word) == 0)
            *(int *)out = word;
        break;
    default:
        BUG("schema row %s needs a reader", k->key);
    }
}

static size_t size_of(const struct schema_key *k)
{
    switch (k->type) {
    case VALUE_PROBABILITY:
        return is_number_slot(k) ? sizeof(struct number) : sizeof(double);
    case VALUE_DIST:
    case VALUE_SCORE:
    case VALUE_SIZE:
        return sizeof(struct dist);
    case VALUE_COUNT:
        return sizeof(uint32_t);
    case VALUE_WORD:
        return sizeof(int);
    default:
        return sizeof(double);
    }
}

void read_classes_of(struct reading *r, const struct schema_key *k, const struct yaml_node *value,
                     void *first, size_t stride)
{
    for (uint32_t c = 0; c < r->p->n_classes; c++) {
        const struct yaml_node *n = for_class(r, value, c);
        char *at = (char *)first + c * stride;
        if (n == value && c > 0)
            memcpy(at, first, size_of(k)); /* one place of the file is read once */
        else if (n)
            read_value(r, k, n, at);
    }
    r->class_id = "";
}

static void *slot_of(struct reading *r, const struct schema_key *k, size_t *stride)
{
    char *base = NULL;

    *stride = 0;
    switch (k->slot) {
    case IN_PIPELINE:
        base = (char *)r->p;
        break;
    case IN_STEP:
        base = (char *)r->step;
        break;
    case IN_NUMBERS:
        base = (char *)r->numbers;
        *stride = sizeof *r->numbers;
        break;
    case IN_INPUT:
        base = (char *)r->p->input_wrong;
        *stride = sizeof *r->p->input_wrong;
        break;
    case IN_RETRY:
        base = (char *)r->retry;
        *stride = sizeof *r->retry;
        break;
    case IN_CLASS:
        base = (char *)r->class;
        break;
    case IN_RESOURCE:
        base = (char *)r->resource;
        break;
    case IN_LEARN:
        base = (char *)r->learn;
        break;
    case IN_NONE:
        BUG("schema row %s has no slot", k->key);
    }
    return base + k->offset;
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

/* The bit of the field that the row fills. */
static uint32_t field_of(const struct schema_key *k)
{
#define X(name, type, field)                                                                       \
    if (k->offset == offsetof(struct numbers, field))                                              \
        return 1u << NUMBERS_##name;
    NUMBERS_TABLE(X)
#undef X
    return 0;
}

static void read_slot(struct reading *r, const struct schema_key *k, const struct yaml_node *value)
{
    size_t stride;
    void *at = slot_of(r, k, &stride);

    if (stride)
        read_classes_of(r, k, value, at, stride);
    else if (is_per_class(r, value))
        fault_at(r, value, "`%s` is the same for all classes", k->key);
    else
        read_value(r, k, value, at);
}

void read_key(struct reading *r, const struct schema_key *k, const struct yaml_node *key,
              const struct yaml_node *value)
{
    const char *outer = r->key;

    r->key = k->key;
    if ((k->flags & KEY_OUTCOME) && r->set == NULL)
        note_outcome(r, value);
    if (k->slot == IN_NUMBERS && r->set)
        *r->set |= field_of(k);
    if (k->read)
        k->read(r, k, value);
    else if (k->type == VALUE_MAP)
        read_map(r, value, k->inner, key);
    else if (k->slot != IN_NONE)
        read_slot(r, k, value);
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
        if (schema_keys[i].where & (uint32_t)place)
            words[n++] = schema_keys[i].key;
    if (place == AT_PARALLEL && schema_find(AT_STAGE, key->text))
        fault_at(r, key,
                 "a parallel makes no attempts of its own: `%s` is a key of the steps inside it",
                 key->text);
    else if (other)
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
        if ((k->where & (uint32_t)place) && (k->flags & KEY_NEEDED) &&
            yaml_get(map, k->key) == NULL)
            fault_at(r, owner, "%s needs `%s`: %s", place_name(place), k->key, k->help);
    }
}

/* In which of three passes a key is read. */
static int pass_of(const struct schema_key *k)
{
    return k->flags & KEY_FIRST ? 0 : k->flags & KEY_LAST ? 2 : 1;
}

void read_map(struct reading *r, const struct yaml_node *map, enum place place,
              const struct yaml_node *owner)
{
    bool seen[SCHEMA_KEYS_MAX] = {false}; /* a key that appears twice is read once */

    if (map->kind != YAML_MAP) {
        fault_at(r, map, "%s is a map of keys and values", place_name(place));
        return;
    }
    for (int pass = 0; pass < 3; pass++) {
        for (uint32_t i = 0; i < map->n; i++) {
            const struct schema_key *k = schema_find(place, map->key[i]->text);
            if (k && (seen[k - schema_keys] || pass_of(k) != pass))
                continue;
            if (k) {
                seen[k - schema_keys] = true;
                read_key(r, k, map->key[i], map->child[i]);
            } else if (pass == 2) {
                fault_key(r, map->key[i], place);
            }
        }
    }
    check_needed(r, map, place, owner);
}
