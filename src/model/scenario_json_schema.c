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

static const char *def_of(const struct schema_key *k)
{
    switch (k->type) {
    case VALUE_PROBABILITY:
        return "probability";
    case VALUE_DURATION:
        return "duration";
    case VALUE_MONEY:
        return "money";
    case VALUE_DIST:
        return "time";
    case VALUE_SCORE:
        return "score";
    case VALUE_EDGE:
        return "edge";
    default:
        return NULL;
    }
}

static const char *place_def(enum place place)
{
    switch ((int)place) {
    case AT_RETRY:
        return "retry";
    case AT_BACKOFF:
        return "backoff";
    case AT_COST:
        return "cost";
    case AT_CONFIDENCE:
        return "confidence";
    case AT_CLASS:
        return "class";
    case AT_WORTH:
        return "worth";
    case AT_OBJECTIVE:
        return "objective";
    default:
        return NULL;
    }
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
    put_pair(w, "type", "object");
    json_key(w, "additionalProperties");
    json_open(w, '{');
    put_ref(w, def);
    json_close(w, '}');
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

static void put_retry_for(struct json_write *w)
{
    static const char *const words[] = {"error", "malformed", "timeout", NULL};

    put_pair(w, "type", "array");
    json_key(w, "items");
    json_open(w, '{');
    put_words(w, words);
    json_close(w, '}');
}

/* Keys whose rows have readers of their own, and so a form of their own; false for the others. */
static bool put_special(struct json_write *w, const struct schema_key *k)
{
    if (strcmp(k->key, "flow") == 0) {
        put_pair(w, "type", "array");
        json_key(w, "minItems");
        json_uint(w, 1);
        json_key(w, "items");
        json_open(w, '{');
        put_ref(w, "step");
        json_close(w, '}');
    } else if (strcmp(k->key, "for") == 0) {
        put_retry_for(w);
    } else if (strcmp(k->key, "at_most") == 0) {
        put_ref(w, "at_most");
    } else if (strcmp(k->key, "cost") == 0) {
        put_per_class(w, "cost");
    } else if (strcmp(k->key, "costs") == 0) {
        put_pair(w, "type", "object");
    } else if (strcmp(k->key, "classes") == 0) {
        put_pair(w, "type", "object");
        json_key(w, "additionalProperties");
        json_open(w, '{');
        put_ref(w, "class");
        json_close(w, '}');
    } else {
        return false;
    }
    return true;
}

static void put_value(struct json_write *w, const struct schema_key *k)
{
    const char *def = def_of(k);

    if (k->flags & KEY_UNSUPPORTED) {
        json_key(w, "not");
        json_open(w, '{');
        json_close(w, '}');
    } else if (put_special(w, k)) {
        return;
    } else if (def && (k->slot == IN_NUMBERS || k->slot == IN_INPUT)) {
        put_per_class(w, def);
    } else if (def) {
        put_ref(w, def);
    } else if (k->inner && place_def(k->inner)) {
        put_ref(w, place_def(k->inner));
    } else if (k->type == VALUE_WORD) {
        put_words(w, k->words);
    } else if (k->type == VALUE_COUNT || k->type == VALUE_NUMBER) {
        put_number_range(w, k);
    } else if (k->type == VALUE_TEXT) {
        json_key(w, "type");
        json_open(w, '[');
        json_string(w, "string");
        json_string(w, "number");
        json_close(w, ']');
    }
}

static void put_key(struct json_write *w, const struct schema_key *k)
{
    struct buf help;

    buf_init(&help);
    buf_printf(&help, "%s%s", k->flags & KEY_UNSUPPORTED ? "not supported yet: " : "", k->help);
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
        if (schema_keys[i].where & place)
            put_key(w, &schema_keys[i]);
    json_close(w, '}');
    json_key(w, "required");
    json_open(w, '[');
    if (needed)
        json_string(w, needed);
    for (size_t i = 0; i < schema_keys_count; i++)
        if ((schema_keys[i].where & place) && (schema_keys[i].flags & KEY_NEEDED))
            json_string(w, schema_keys[i].key);
    json_close(w, ']');
    json_key(w, "additionalProperties");
    json_bool(w, place == AT_OBJECTIVE);
}

static void put_form(struct json_write *w, const struct dist_form *f, bool score)
{
    json_open(w, '{');
    put_pair(w, "type", "object");
    json_key(w, "properties");
    json_open(w, '{');
    for (size_t i = 0; i < f->n_params; i++) {
        json_key(w, f->param[i]);
        json_open(w, '{');
        if (f->kind[i] == DIST_PLAIN)
            put_pair(w, "type", "number");
        else
            put_ref(w, f->kind[i] == DIST_RATE ? "rate" : score ? "probability" : "duration");
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

static void put_dist_words(struct json_write *w, bool score)
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
                put_form(w, &dist_forms[j], score);
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

/* A constant or a distribution, of a duration or of a confidence. */
static void put_dist_def(struct json_write *w, const char *name, bool score)
{
    json_key(w, name);
    json_open(w, '{');
    json_key(w, "anyOf");
    json_open(w, '[');
    json_open(w, '{');
    put_ref(w, score ? "probability" : "duration");
    json_close(w, '}');
    json_open(w, '{');
    put_pair(w, "type", "object");
    json_key(w, "properties");
    json_open(w, '{');
    put_dist_words(w, score);
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

static void put_step_def(struct json_write *w)
{
    static const char *const kinds[] = {"stage", "check", "gate", "review"};

    json_key(w, "step");
    json_open(w, '{');
    json_key(w, "oneOf");
    json_open(w, '[');
    for (size_t i = 0; i < 4; i++) {
        json_open(w, '{');
        put_ref(w, kinds[i]);
        json_close(w, '}');
    }
    json_close(w, ']');
    json_close(w, '}');
}

static void put_defs(struct json_write *w)
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
    put_dist_def(w, "time", false);
    put_dist_def(w, "score", true);
    put_either_def(w, "edge", NULL, AT_EDGE);
    put_either_def(w, "cost", "money", AT_COST);
    put_object_def(w, "retry", AT_RETRY, NULL);
    put_object_def(w, "backoff", AT_BACKOFF, NULL);
    put_object_def(w, "confidence", AT_CONFIDENCE, NULL);
    put_object_def(w, "class", AT_CLASS, NULL);
    put_object_def(w, "worth", AT_WORTH, NULL);
    put_object_def(w, "objective", AT_OBJECTIVE, NULL);
    put_object_def(w, "stage", AT_STAGE, "stage");
    put_object_def(w, "check", AT_CHECK, "check");
    put_object_def(w, "gate", AT_GATE, "gate");
    put_object_def(w, "review", AT_REVIEW, "review");
    put_step_def(w);
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
