/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of keys as a JSON Schema (draft 2020-12), for editors that complete and check YAML.
 * It is as strict as a schema can be; sums, loops and reachability stay with the reader. */
#include "base/json_write.h"
#include "model/scenario_internal.h"

#include <string.h>

#define NUMBER_PATTERN "[+-]?([0-9][0-9_]*\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?"

static void put_pair(struct json_write *w, const char *key, const char *text)
{
    json_key(w, key);
    json_string(w, text);
}

static void put_ref(struct json_write *w, const char *name)
{
    char ref[64] = "#/$defs/";

    strncat(ref, name, sizeof ref - strlen(ref) - 1);
    put_pair(w, "$ref", ref);
}

/* A number, or text with a unit. */
static void put_scalar(struct json_write *w, const char *name, const char *help,
                       const char *pattern)
{
    json_key(w, name);
    json_open(w, '{');
    put_pair(w, "description", help);
    json_key(w, "anyOf");
    json_open(w, '[');
    json_open(w, '{');
    put_pair(w, "type", "number");
    json_close(w, '}');
    json_open(w, '{');
    put_pair(w, "type", "string");
    put_pair(w, "pattern", pattern);
    json_close(w, '}');
    json_close(w, ']');
    json_close(w, '}');
}

static void put_words(struct json_write *w, const char *const *words)
{
    json_key(w, "enum");
    json_open(w, '[');
    for (; *words; words++)
        json_string(w, *words);
    json_close(w, ']');
}

/* The definition of a plain value; NULL when the row says more. */
static const char *def_of(const struct schema_key *k)
{
    switch (k->type) {
    case VALUE_PROBABILITY:
        return "probability";
    case VALUE_DURATION:
        return "duration";
    case VALUE_RATE:
        return "rate";
    case VALUE_MONEY:
        return "money";
    case VALUE_DIST:
        return "time";
    case VALUE_SCORE:
        return "score";
    case VALUE_SIZE:
        return "size";
    case VALUE_CLOCK:
        return "clock";
    case VALUE_HOURS:
        return "hours";
    case VALUE_EDGE:
        return "edge";
    default:
        return NULL;
    }
}

/* What the definition of a place is called. */
static const char *const place_defs[PLACE_COUNT] = {
    [PLACE_STAGE] = "stage",
    [PLACE_CHECK] = "check",
    [PLACE_GATE] = "gate",
    [PLACE_REVIEW] = "review",
    [PLACE_PARALLEL] = "parallel",
    [PLACE_RETRY] = "retry",
    [PLACE_BACKOFF] = "backoff",
    [PLACE_COST] = "cost",
    [PLACE_CONFIDENCE] = "confidence",
    [PLACE_EDGE] = "edge",
    [PLACE_CLASS] = "class",
    [PLACE_WORTH] = "worth",
    [PLACE_OBJECTIVE] = "objective",
    [PLACE_WAY] = "way",
    [PLACE_HEDGE] = "hedge",
    [PLACE_CACHE] = "cache",
    [PLACE_BREAKER] = "breaker",
    [PLACE_AUDIT] = "audit",
    [PLACE_FATIGUE] = "fatigue",
    [PLACE_RESOURCE] = "resource",
    [PLACE_ARRIVALS] = "arrivals",
    [PLACE_SCHEDULE] = "schedule",
    [PLACE_DAILY] = "daily",
    [PLACE_HORIZON] = "horizon",
    [PLACE_STATE] = "state",
    [PLACE_FEEDBACK] = "feedback",
    [PLACE_LEARN] = "learn",
    [PLACE_LEARNT] = "learnt",
    [PLACE_POWER_LAW] = "power_law",
};

static const char *place_def(enum place place)
{
    for (size_t i = 0; i < PLACE_COUNT; i++)
        if ((uint32_t)place == 1u << i)
            return place_defs[i];
    return place == AT_STEP ? "step" : NULL;
}

/* An object whose values are all of one kind. */
static void put_map_of(struct json_write *w, const char *def)
{
    put_pair(w, "type", "object");
    if (def == NULL)
        return;
    json_key(w, "additionalProperties");
    json_open(w, '{');
    put_ref(w, def);
    json_close(w, '}');
}

static void put_list_of(struct json_write *w, const char *def)
{
    put_pair(w, "type", "array");
    json_key(w, "minItems");
    json_uint(w, 1);
    if (def == NULL)
        return;
    json_key(w, "items");
    json_open(w, '{');
    put_ref(w, def);
    json_close(w, '}');
}

/* The value, or a map from classes to values. */
static void put_per_class(struct json_write *w, const char *def)
{
    json_key(w, "anyOf");
    json_open(w, '[');
    json_open(w, '{');
    put_ref(w, def);
    json_close(w, '}');
    json_open(w, '{');
    put_map_of(w, def);
    json_close(w, '}');
    json_close(w, ']');
}

static void put_number_range(struct json_write *w, const struct schema_key *k)
{
    put_pair(w, "type", k->type == VALUE_COUNT ? "integer" : "number");
    if (k->low == 0 && k->high == 0)
        return;
    json_key(w, "minimum");
    json_number(w, k->low);
    json_key(w, "maximum");
    json_number(w, k->high);
}

static void put_text(struct json_write *w)
{
    json_key(w, "type");
    json_open(w, '[');
    json_string(w, "string");
    json_string(w, "number");
    json_close(w, ']');
}

/* Keys whose rows have readers of their own, and so a form of their own. */
static const struct {
    enum place where;
    const char *key, *def;
    enum { FORM_VALUE, FORM_PER_CLASS, FORM_LIST, FORM_MAP } form;
} special[] = {
    {AT_TOP,      "flow",         "steps",       FORM_VALUE    },
    {AT_PARALLEL, "branch",       "steps",       FORM_VALUE    },
    {AT_PARALLEL, "branches",     "steps",       FORM_LIST     },
    {AT_TOP,      "costs",        NULL,          FORM_MAP      },
    {AT_TOP,      "deadline",     "duration",    FORM_PER_CLASS},
    {AT_TOP,      "environments", "environment", FORM_MAP      },
    {AT_TOP,      "objective",    "objective",   FORM_VALUE    },
    {AT_STAGE,    "given",        "overrides",   FORM_VALUE    },
    {AT_STATE,    "steps",        "overrides",   FORM_VALUE    },
    {AT_STATE,    "to",           "probability", FORM_MAP      },
    {AT_STAGE,    "next",         "way",         FORM_LIST     },
    {AT_STAGE,    "cost",         "cost",        FORM_PER_CLASS},
    {AT_GATE,     "threshold",    "threshold",   FORM_PER_CLASS},
    {AT_GATE,     "audit",        "audit",       FORM_PER_CLASS},
    {AT_WAY,      "probability",  "probability", FORM_PER_CLASS},
    {AT_EDGE,     "at_most",      "at_most",     FORM_VALUE    },
    {AT_RETRY,    "for",          "failures",    FORM_PER_CLASS},
    {AT_RETRY,    "budget",       "retries",     FORM_PER_CLASS},
    {AT_FATIGUE,  "sensitivity",  "probability", FORM_PER_CLASS},
    {AT_RESOURCE, "patience",     "time",        FORM_PER_CLASS},
    {AT_FEEDBACK, "labels",       "judges",      FORM_VALUE    },
};

static bool put_special(struct json_write *w, const struct schema_key *k)
{
    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        if (!(k->where & (uint32_t)special[i].where) || strcmp(k->key, special[i].key) != 0)
            continue;
        switch (special[i].form) {
        case FORM_VALUE:
            put_ref(w, special[i].def);
            break;
        case FORM_PER_CLASS:
            put_per_class(w, special[i].def);
            break;
        case FORM_LIST:
            put_list_of(w, special[i].def);
            break;
        case FORM_MAP:
            put_map_of(w, special[i].def);
        }
        return true;
    }
    return false;
}

static void put_value(struct json_write *w, const struct schema_key *k)
{
    const char *def = def_of(k);
    bool per_class = k->slot == IN_NUMBERS || k->slot == IN_INPUT || k->slot == IN_RETRY;

    if (put_special(w, k))
        return;
    if (def && per_class)
        put_per_class(w, def);
    else if (def)
        put_ref(w, def);
    else if (k->type == VALUE_MAP)
        put_ref(w, place_def(k->inner));
    else if (k->type == VALUE_NAMED)
        put_map_of(w, place_def(k->inner));
    else if (k->type == VALUE_LIST)
        put_list_of(w, place_def(k->inner));
    else if (per_class)
        return; /* a count or a word, or a map from classes to such */
    else if (k->type == VALUE_WORD)
        put_words(w, k->words);
    else if (k->type == VALUE_COUNT || k->type == VALUE_NUMBER)
        put_number_range(w, k);
    else if (k->type == VALUE_TEXT)
        put_text(w);
}

static void put_key(struct json_write *w, const struct schema_key *k)
{
    struct buf help;

    buf_init(&help);
    buf_puts(&help, k->help);
    if (*k->missing)
        buf_printf(&help, " (default: %s)", k->missing);
    json_key(w, k->key);
    json_open(w, '{');
    put_pair(w, "description", buf_text(&help));
    put_value(w, k);
    json_close(w, '}');
    buf_release(&help);
}

/* The keys of one place, as the body of an object schema. */
static void put_place(struct json_write *w, enum place place, const char *needed)
{
    put_pair(w, "type", "object");
    json_key(w, "properties");
    json_open(w, '{');
    for (size_t i = 0; i < schema_keys_count; i++)
        if (schema_keys[i].where & (uint32_t)place)
            put_key(w, &schema_keys[i]);
    json_close(w, '}');
    json_key(w, "required");
    json_open(w, '[');
    if (needed)
        json_string(w, needed);
    for (size_t i = 0; i < schema_keys_count; i++)
        if ((schema_keys[i].where & (uint32_t)place) && (schema_keys[i].flags & KEY_NEEDED))
            json_string(w, schema_keys[i].key);
    json_close(w, ']');
    json_key(w, "additionalProperties");
    json_bool(w, place == AT_OBJECTIVE);
}

static const char *quantity_def(enum quantity q)
{
    return q == QUANTITY_SCORE ? "probability" : q == QUANTITY_TIME ? "duration" : "number";
}

static void put_form(struct json_write *w, const struct dist_form *f, enum quantity q)
{
    json_open(w, '{');
    put_pair(w, "type", "object");
    json_key(w, "properties");
    json_open(w, '{');
    for (size_t i = 0; i < f->n_params; i++) {
        json_key(w, f->param[i]);
        json_open(w, '{');
        if (f->kind[i] == DIST_PLAIN || (f->kind[i] == DIST_VALUE && q == QUANTITY_PLAIN))
            put_pair(w, "type", "number");
        else
            put_ref(w, f->kind[i] == DIST_RATE ? "rate" : quantity_def(q));
        json_close(w, '}');
    }
    json_close(w, '}');
    json_key(w, "required");
    json_open(w, '[');
    for (size_t i = 0; i < f->n_params; i++)
        json_string(w, f->param[i]);
    json_close(w, ']');
    json_key(w, "additionalProperties");
    json_bool(w, false);
    json_close(w, '}');
}

static void put_dist_words(struct json_write *w, enum quantity q)
{
    static const char *const lists[] = {"discrete", "empirical", "mixture", "shifted"};

    for (size_t i = 0; i < dist_forms_count; i++) {
        if (i > 0 && strcmp(dist_forms[i].word, dist_forms[i - 1].word) == 0)
            continue;
        json_key(w, dist_forms[i].word);
        json_open(w, '{');
        json_key(w, "anyOf");
        json_open(w, '[');
        for (size_t j = i; j < dist_forms_count; j++)
            if (strcmp(dist_forms[i].word, dist_forms[j].word) == 0)
                put_form(w, &dist_forms[j], q);
        json_close(w, ']');
        json_close(w, '}');
    }
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        json_key(w, lists[i]);
        json_open(w, '{');
        put_pair(w, "type", strcmp(lists[i], "mixture") == 0 ? "array" : "object");
        json_close(w, '}');
    }
}

/* A constant or a distribution. */
static void put_dist_def(struct json_write *w, const char *name, enum quantity q)
{
    json_key(w, name);
    json_open(w, '{');
    json_key(w, "anyOf");
    json_open(w, '[');
    json_open(w, '{');
    put_ref(w, quantity_def(q));
    json_close(w, '}');
    json_open(w, '{');
    put_pair(w, "type", "object");
    json_key(w, "properties");
    json_open(w, '{');
    put_dist_words(w, q);
    json_key(w, "evidence");
    json_open(w, '{');
    put_pair(w, "description", "how many observations it was fitted from");
    put_pair(w, "type", "integer");
    json_key(w, "minimum");
    json_uint(w, 1);
    json_close(w, '}');
    json_close(w, '}');
    json_key(w, "additionalProperties");
    json_bool(w, false);
    json_close(w, '}');
    json_close(w, ']');
    json_close(w, '}');
}

static void put_object_def(struct json_write *w, const char *name, enum place place,
                           const char *needed)
{
    json_key(w, name);
    json_open(w, '{');
    put_place(w, place, needed);
    json_close(w, '}');
}

/* A short form (a reference or a type), or the map of `place`. */
static void put_either_def(struct json_write *w, const char *name, const char *ref,
                           enum place place)
{
    json_key(w, name);
    json_open(w, '{');
    json_key(w, "anyOf");
    json_open(w, '[');
    json_open(w, '{');
    if (ref)
        put_ref(w, ref);
    else
        put_pair(w, "type", "string");
    json_close(w, '}');
    json_open(w, '{');
    put_place(w, place, NULL);
    json_close(w, '}');
    json_close(w, ']');
    json_close(w, '}');
}

static void put_choice(struct json_write *w, const char *const *defs)
{
    json_key(w, "anyOf");
    json_open(w, '[');
    for (; *defs; defs++) {
        json_open(w, '{');
        put_ref(w, *defs);
        json_close(w, '}');
    }
    json_close(w, ']');
}

static void put_choice_def(struct json_write *w, const char *name, const char *const *defs)
{
    json_key(w, name);
    json_open(w, '{');
    put_choice(w, defs);
    json_close(w, '}');
}

static void put_include_def(struct json_write *w)
{
    json_key(w, "include");
    json_open(w, '{');
    put_pair(w, "description", "a step list from a file beside this one");
    put_pair(w, "type", "object");
    json_key(w, "properties");
    json_open(w, '{');
    json_key(w, "include");
    json_open(w, '{');
    put_pair(w, "type", "string");
    json_close(w, '}');
    json_close(w, '}');
    json_key(w, "required");
    json_open(w, '[');
    json_string(w, "include");
    json_close(w, ']');
    json_key(w, "additionalProperties");
    json_bool(w, false);
    json_close(w, '}');
}

static void put_list_def(struct json_write *w, const char *name, const char *item)
{
    json_key(w, name);
    json_open(w, '{');
    put_list_of(w, item);
    json_close(w, '}');
}

static void put_words_def(struct json_write *w, const char *name, const char *const *words)
{
    json_key(w, name);
    json_open(w, '{');
    put_pair(w, "type", "array");
    json_key(w, "items");
    json_open(w, '{');
    put_words(w, words);
    json_close(w, '}');
    json_close(w, '}');
}

static void put_scalars(struct json_write *w)
{
    put_scalar(w, "probability", "0.03, 3% or 3/100 (evidence: 3 seen in 100)",
               "^\\s*" NUMBER_PATTERN "\\s*(%|/\\s*[0-9][0-9_]*)?\\s*$");
    put_scalar(w, "duration", "200ms, 42s, 1.5h",
               "^\\s*" NUMBER_PATTERN "\\s*(ns|us|ms|s|m|h|d|w|month)\\s*$");
    put_scalar(w, "money", "$0.002, $-300 or a number",
               "^\\s*[^0-9.+ -]*\\s*" NUMBER_PATTERN "\\s*$");
    put_scalar(w, "rate", "40/h, $45/h",
               "^\\s*[^0-9.+ -]*\\s*" NUMBER_PATTERN "\\s*/\\s*(ns|us|ms|s|m|h|d|w|month)\\s*$");
    put_scalar(w, "at_most", "a count, or unbounded", "^unbounded$");
    put_scalar(w, "retries", "retries over time (2/s), or a share of calls (10%)",
               "^\\s*" NUMBER_PATTERN "\\s*(%|/\\s*[0-9a-z]+)?\\s*$");
    put_scalar(w, "number", "a plain number", "^\\s*" NUMBER_PATTERN "\\s*$");
    put_scalar(w, "clock", "\"09:00\" or \"mon 09:00\"",
               "^\\s*([A-Za-z, -]+\\s+)?[0-9]{1,2}:[0-9]{2}\\s*$");
    put_scalar(w, "opening", "\"mon-fri 09:00-18:00\"",
               "^\\s*([A-Za-z, -]+\\s+)?[0-9]{1,2}:[0-9]{2}\\s*-\\s*[0-9]{1,2}:[0-9]{2}\\s*$");
}

static void put_shapes(struct json_write *w)
{
    static const char *const kinds[] = {"stage",    "check",   "gate", "review",
                                        "parallel", "include", NULL};
    static const char *const steps[] = {"step_list", "include", NULL};
    static const char *const hours[] = {"opening", "openings", NULL};
    static const char *const threshold[] = {"score", "bands", NULL};
    static const char *const failures[] = {"error", "malformed", "timeout", NULL};
    static const char *const judges[] = {"review", "audit", NULL};

    put_dist_def(w, "time", QUANTITY_TIME);
    put_dist_def(w, "score", QUANTITY_SCORE);
    put_dist_def(w, "size", QUANTITY_PLAIN);
    put_choice_def(w, "step", kinds);
    put_include_def(w);
    put_list_def(w, "step_list", "step");
    put_choice_def(w, "steps", steps);
    put_list_def(w, "openings", "opening");
    put_choice_def(w, "hours", hours);
    put_list_def(w, "bands", "probability");
    put_choice_def(w, "threshold", threshold);
    put_words_def(w, "failures", failures);
    put_words_def(w, "judges", judges);
    json_key(w, "environment");
    json_open(w, '{');
    put_map_of(w, "state");
    json_close(w, '}');
    json_key(w, "overrides");
    json_open(w, '{');
    put_pair(w, "type", "object");
    json_key(w, "additionalProperties");
    json_open(w, '{');
    put_pair(w, "type", "object");
    json_close(w, '}');
    json_close(w, '}');
}

/* Every place by its rows; an edge, a way, a cost and an audit also have a short form. */
static void put_defs(struct json_write *w)
{
    put_scalars(w);
    put_shapes(w);
    for (size_t i = 1; i < PLACE_COUNT; i++) {
        enum place place = (enum place)(1 << i);
        const char *kind = place & (AT_STEP | AT_PARALLEL) ? place_defs[i] : NULL;
        if (place == AT_EDGE || place == AT_WAY)
            put_either_def(w, place_defs[i], NULL, place);
        else if (place == AT_COST || place == AT_AUDIT)
            put_either_def(w, place_defs[i], place == AT_COST ? "money" : "probability", place);
        else
            put_object_def(w, place_defs[i], place, kind);
    }
}

void scenario_put_json_schema(struct buf *out)
{
    struct json_write w;

    json_init(&w, out, 2);
    json_open(&w, '{');
    put_pair(&w, "$schema", "https://json-schema.org/draft/2020-12/schema");
    put_pair(&w, "title", "Seam scenario");
    put_place(&w, AT_TOP, NULL);
    json_key(&w, "$defs");
    json_open(&w, '{');
    put_defs(&w);
    json_close(&w, '}');
    json_close(&w, '}');
    buf_putc(out, '\n');
}
