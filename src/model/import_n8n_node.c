/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a node of an n8n workflow is and does.  Retries are retryOnFail with maxTries (clamped to
 * 2..5, by default 3) and waitBetweenTries (to 0..5000 ms, by default 1000); onError says whether
 * the workflow goes on; a wait for an answer is a person's, one for a time is that time; an IF that
 * holds one number of [0, 1] against something is a gate. */
#include "model/import_n8n.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool n8n_text_is(struct json v, const char *word)
{
    const char *s;
    size_t n;

    return json_text(v, &s, &n) && n == strlen(word) && !memcmp(s, word, n);
}

bool n8n_type_has(struct json node, const char *word)
{
    const char *s;
    size_t n, k = strlen(word);

    if (!json_text(json_get(node, "type"), &s, &n))
        return false;
    for (size_t i = 0; i + k <= n; i++)
        if (!memcmp(s + i, word, k))
            return true;
    return false;
}

static double clamp(struct json v, double low, double high, double otherwise)
{
    double x;

    if (!json_as_double(v, &x))
        return otherwise;
    return fmax(low, fmin(high, x));
}

/* An amount of time as n8n states it: {"amount": 5, "unit": "minutes"}; NaN. */
static double amount_of(struct json holder, const char *amount, const char *unit, double usual_s)
{
    static const struct {
        const char *unit;
        double s;
    } units[] = {
        {"seconds", 1    },
        {"minutes", 60   },
        {"hours",   3600 },
        {"days",    86400}
    };
    double x, each = usual_s;

    if (!json_as_double(json_get(holder, amount), &x) || !(x > 0))
        return NAN;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (n8n_text_is(json_get(holder, unit), units[i].unit))
            each = units[i].s;
    return x * each;
}

/* Waits for a time, or for an answer, which may have a limit. */
static void take_wait(struct def_node *n, struct json node)
{
    struct json parameters = json_get(node, "parameters"), resume = json_get(parameters, "resume");
    bool answers = n8n_text_is(resume, "webhook") || n8n_text_is(resume, "form"), limited = false;
    double s;

    if (!n8n_type_has(node, ".wait")) { /* sendAndWait */
        s = amount_of(json_pointer(parameters, "/options/limitWaitTime/values"), "resumeAmount",
                      "resumeUnit", 3600);
        n->timeout_s = isfinite(s) ? s : n->timeout_s;
        n->goes_on = n->goes_on || isfinite(s);
        return;
    }
    json_as_bool(json_get(parameters, "limitWaitTime"), &limited);
    if (answers && limited) {
        s = amount_of(parameters, "resumeAmount", "resumeUnit", 3600);
        n->timeout_s = isfinite(s) ? s : n->timeout_s;
        n->goes_on = n->goes_on || isfinite(s);
    }
    if (!answers)
        n->takes_s = amount_of(parameters, "amount", "unit", 3600);
}

/* What its type is in the language. */
static void take_type(struct def_node *n, struct json node)
{
    static const struct {
        const char *word;
        enum layer layer;
    } types[] = {
        {"vectorStore",          LAYER_DATA },
        {"retriever",            LAYER_DATA },
        {"lmChat",               LAYER_MODEL},
        {"chainLlm",             LAYER_MODEL},
        {"chainRetrieval",       LAYER_MODEL},
        {"chainSummarization",   LAYER_MODEL},
        {"informationExtractor", LAYER_MODEL},
        {"textClassifier",       LAYER_MODEL},
        {"sentimentAnalysis",    LAYER_MODEL},
        {"langchain.agent",      LAYER_MODEL},
        {"openAi",               LAYER_MODEL},
        {"httpRequest",          LAYER_TOOL },
        {"executeWorkflow",      LAYER_TOOL },
    };
    bool asks = n8n_text_is(json_get(json_get(node, "parameters"), "operation"), "sendAndWait");

    n->fails = n8n_type_has(node, ".stopAndError");
    if (asks || n8n_type_has(node, ".wait") || n8n_type_has(node, ".form")) {
        bool answers = asks || n8n_type_has(node, ".form") ||
                       n8n_text_is(json_pointer(node, "/parameters/resume"), "webhook") ||
                       n8n_text_is(json_pointer(node, "/parameters/resume"), "form");
        n->kind = answers || n->kind == STEP_REVIEW ? STEP_REVIEW : STEP_STAGE;
        n->layer = n->kind == STEP_REVIEW ? LAYER_HUMAN : LAYER_AGENT;
        take_wait(n, node);
        return;
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (n8n_type_has(node, types[i].word)) {
            n->kind = STEP_STAGE;
            n->layer = types[i].layer;
            return;
        }
    if (n->kind == STEP_REVIEW) {
        n->kind = STEP_STAGE; /* a name alone does not make a code node a person */
        n->layer = LAYER_AGENT;
    }
}

/* The one comparison of an IF's first version: conditions.number[0], and no others. */
static bool only_number(struct json conditions, struct json *out)
{
    size_t n = 0;

    if (json_type(conditions) != JSON_MAP)
        return false;
    for (struct json_iter it = json_each(conditions); json_next(&it);)
        n += json_type(it.value) == JSON_LIST ? json_count(it.value) : 0;
    struct json_iter it = json_each(json_get(conditions, "number"));
    if (n != 1 || !json_next(&it))
        return false;
    *out = it.value;
    return true;
}

/* +1: passes numbers above it, -1: those below, 0: neither. */
static int direction_of(struct json operation)
{
    static const char *const above[] = {"gt", "gte", "larger", "largerEqual"};
    static const char *const below[] = {"lt", "lte", "smaller", "smallerEqual"};

    for (size_t i = 0; i < sizeof above / sizeof *above; i++) {
        if (n8n_text_is(operation, above[i]))
            return 1;
        if (n8n_text_is(operation, below[i]))
            return -1;
    }
    return 0;
}

/* An IF that holds one number of [0, 1] against something: which items its first output gets, as
 * direction_of; 0: it does not. */
static int gate_direction(struct json node, double *threshold)
{
    struct json conditions = json_pointer(node, "/parameters/conditions"), one;
    struct json_iter it = json_each(json_get(conditions, "conditions"));
    int direction;

    if (!n8n_type_has(node, "n8n-nodes-base.if"))
        return 0;
    if (only_number(conditions, &one)) {
        direction = direction_of(json_get(one, "operation"));
        one = json_get(one, "value2");
    } else if (json_count(json_get(conditions, "conditions")) == 1 && json_next(&it)) {
        direction = direction_of(json_pointer(it.value, "/operator/operation"));
        one = json_get(it.value, "rightValue");
    } else
        return 0;
    bool known = json_as_double(one, threshold) && *threshold >= 0 && *threshold <= 1;
    return known ? direction : 0;
}

static void take_settings(struct definition *d, struct def_node *n, struct json node)
{
    bool retries = false, goes_on = false;
    double ms;

    json_as_bool(json_get(node, "retryOnFail"), &retries);
    if (retries) {
        n->attempts = (uint32_t)clamp(json_get(node, "maxTries"), 2, 5, 3);
        n->wait_s = clamp(json_get(node, "waitBetweenTries"), 0, 5000, 1000) / 1e3;
    }
    json_as_bool(json_get(node, "continueOnFail"), &goes_on);
    n->goes_on = goes_on || n8n_text_is(json_get(node, "onError"), "continueRegularOutput");
    if (json_as_double(json_pointer(node, "/parameters/options/timeout"), &ms) && ms > 0)
        n->timeout_s = ms / 1e3;
    const char *type;
    size_t len;
    if (json_text(json_get(node, "type"), &type, &len))
        n->about = arena_strndup(&d->arena, type, len);
}

bool n8n_is_disabled(struct json node)
{
    bool disabled = false;

    json_as_bool(json_get(node, "disabled"), &disabled);
    return disabled;
}

bool n8n_on_failure(struct json node)
{
    return n8n_type_has(node, ".errorTrigger");
}

bool n8n_is_trigger(struct json node)
{
    static const char *const words[] = {"rigger", ".webhook",  ".start",
                                        ".cron",  ".interval", ".emailReadImap"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (n8n_type_has(node, words[i]))
            return !n8n_on_failure(node);
    return false;
}

/* What a switch calls its output. */
static void name_by_number(struct json node, size_t i, struct buf *out)
{
    static const char *const places[] = {"/parameters/rules/values", "/parameters/rules/rules"};
    bool batches = n8n_type_has(node, ".splitInBatches");
    double version = 1;
    const char *s;
    size_t n, k;

    json_as_double(json_get(node, "typeVersion"), &version);
    if (batches)
        buf_puts(out, (i == 0) == (version >= 3) ? "done" : "loop");
    for (size_t p = 0; p < 2 && !batches && n8n_type_has(node, ".switch"); p++) {
        k = 0;
        for (struct json_iter it = json_each(json_pointer(node, places[p])); json_next(&it); k++)
            if (k == i && json_text(json_get(it.value, "outputKey"), &s, &n))
                buf_add(out, s, n);
    }
    if (!out->len)
        buf_printf(out, "output %zu", i);
}

bool n8n_is_choice(struct json node)
{
    double version = 1;

    json_as_double(json_get(node, "typeVersion"), &version);
    return n8n_type_has(node, ".if") || n8n_type_has(node, ".switch") ||
           n8n_type_has(node, ".filter") || n8n_type_has(node, "textClassifier") ||
           n8n_type_has(node, "sentimentAnalysis") ||
           (n8n_type_has(node, ".splitInBatches") && version >= 2);
}

void n8n_name_output(struct json node, size_t i, struct buf *out)
{
    double threshold;
    int direction = gate_direction(node, &threshold);

    if (direction)
        buf_puts(out, (i == 0) == (direction > 0) ? "above" : "below");
    else if (n8n_type_has(node, ".if"))
        buf_puts(out, i == 0 ? "true" : "false");
    else
        name_by_number(node, i, out);
}

void n8n_take_node(struct definition *d, struct def_node *n, struct json node)
{
    double threshold;

    take_type(n, node);
    take_settings(d, n, node);
    if (gate_direction(node, &threshold)) {
        n->kind = STEP_GATE;
        n->layer = LAYER_AGENT;
        n->threshold = threshold;
    }
}
