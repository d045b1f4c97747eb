/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a node of an n8n workflow is and does.  Retries are retryOnFail with maxTries (clamped to
 * 2..5, by default 3) and waitBetweenTries (to 0..5000 ms, by default 1000); onError says whether
 * the workflow goes on; a wait for an answer is a person's, one for a time is that time. */
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
static void take_wait(struct definition *d, struct def_node *n, struct json node)
{
    struct json parameters = json_get(node, "parameters"), resume = json_get(parameters, "resume");
    bool answers = n8n_text_is(resume, "webhook") || n8n_text_is(resume, "form"), limited = false;
    double s, version = 1;
    const char *text;
    size_t len;

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
    if (answers)
        return;
    json_as_double(json_get(node, "typeVersion"), &version);
    n->takes_s = amount_of(parameters, "amount", "unit", version < 1.1 ? 3600 : 1);
    if (json_text(json_get(parameters, "amount"), &text, &len) && !isfinite(n->takes_s))
        n8n_tell(d, n, "waits as long as an expression says: ",
                 arena_strndup(&d->arena, text, len < 120 ? len : 120));
    if (json_text(json_get(parameters, "dateTime"), &text, &len))
        n8n_tell(d, n, "waits until ", arena_strndup(&d->arena, text, len < 120 ? len : 120));
}

/* --- types */

/* Nodes of n8n itself, which only move items about. */
static bool is_inner(struct json node)
{
    static const char *const words[] = {
        ".set",          ".code",          ".function",     ".if",         ".switch",
        ".merge",        ".noOp",          ".filter",       ".itemLists",  ".splitOut",
        ".aggregate",    ".sort",          ".limit",        ".dateTime",   ".crypto",
        ".html",         ".markdown",      ".xml",          ".wait",       ".splitInBatches",
        ".respondToWeb", ".removeDupl",    ".renameKeys",   ".summarize",  ".compareDatasets",
        ".execution",    ".convertToFile", ".extractFrom",  ".moveBinary", ".form",
        ".evaluation",   ".stopAndError",  ".executionDat", ".start",      NULL};

    for (size_t i = 0; words[i]; i++)
        if (n8n_type_has(node, "n8n-nodes-base") && n8n_type_has(node, words[i]))
            return true;
    return !n8n_type_has(node, "n8n-nodes-base"); /* nor do others say what they do */
}

/* What its type is in the language; LAYER_COUNT: it does not say. */
static enum layer layer_of(struct json node)
{
    static const struct {
        const char *word;
        enum layer layer;
    } types[] = {
        {"vectorStore",            LAYER_DATA },
        {"retriever",              LAYER_DATA },
        {"lmChat",                 LAYER_MODEL},
        {"chainLlm",               LAYER_MODEL},
        {"chainRetrieval",         LAYER_MODEL},
        {"chainSummarization",     LAYER_MODEL},
        {"informationExtractor",   LAYER_MODEL},
        {"textClassifier",         LAYER_MODEL},
        {"sentimentAnalysis",      LAYER_MODEL},
        {"langchain.agent",        LAYER_MODEL},
        {"openAi",                 LAYER_MODEL},
        {"langchain.anthropic",    LAYER_MODEL},
        {"langchain.googleGemini", LAYER_MODEL},
        {"langchain.ollama",       LAYER_MODEL},
        {"langchain.guardrails",   LAYER_AGENT},
        {"langchain.tool",         LAYER_TOOL },
        {"langchain.mcpClient",    LAYER_TOOL },
        {"langchain.chat",         LAYER_TOOL },
        {"httpRequest",            LAYER_TOOL },
        {"executeWorkflow",        LAYER_TOOL },
        {".postgres",              LAYER_DATA },
        {".mySql",                 LAYER_DATA },
        {".mongoDb",               LAYER_DATA },
        {".supabase",              LAYER_DATA },
        {".redis",                 LAYER_DATA },
        {".elasticsearch",         LAYER_DATA },
        {".dataTable",             LAYER_DATA },
    };

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (n8n_type_has(node, types[i].word))
            return types[i].layer;
    return LAYER_COUNT;
}

bool n8n_asks_before_tool(struct json node)
{
    return n8n_type_has(node, "HitlTool");
}

/* Its operation is one of those of a node that may do several things. */
static bool does(struct json node, const char *operation)
{
    return n8n_text_is(json_pointer(node, "/parameters/operation"), operation);
}

/* Does it ask a person, or wait? */
static bool take_asking(struct definition *d, struct def_node *n, struct json node)
{
    bool asks = does(node, "sendAndWait") || n8n_asks_before_tool(node);
    bool form = n8n_type_has(node, "n8n-nodes-base.form") && !does(node, "completion");
    bool waits = n8n_type_has(node, "n8n-nodes-base.wait");

    if (!asks && !form && !waits)
        return false;
    bool answers = asks || form ||
                   n8n_text_is(json_pointer(node, "/parameters/resume"), "webhook") ||
                   n8n_text_is(json_pointer(node, "/parameters/resume"), "form");
    n->kind = answers || n->kind == STEP_REVIEW ? STEP_REVIEW : STEP_STAGE;
    n->layer = n->kind == STEP_REVIEW ? LAYER_HUMAN : LAYER_AGENT;
    take_wait(d, n, node);
    return true;
}

/* The type says more than the name; of a node that may do anything the name tells what it does. */
static void take_type(struct definition *d, struct def_node *n, struct json node)
{
    enum layer layer = layer_of(node);

    n->fails = n8n_type_has(node, ".stopAndError");
    if (take_asking(d, n, node))
        return;
    bool person = n->kind == STEP_REVIEW; /* a name alone does not make one of a node */
    n->kind = n8n_type_has(node, "langchain.guardrails") && n8n_outputs(node) == 2 ? STEP_CHECK
                                                                                   : STEP_STAGE;
    if (layer != LAYER_COUNT)
        n->layer = layer;
    else if (person || n8n_outputs(node) > 0)
        n->layer = LAYER_AGENT;
    else if (!is_inner(node) && (n->layer == LAYER_AGENT || n->layer == LAYER_MODEL))
        n->layer = LAYER_TOOL;
}

/* --- settings */

void n8n_tell(struct definition *d, struct def_node *n, const char *before, const char *text)
{
    n->about = arena_printf(&d->arena, "%s%s%s%s", n->about ? n->about : "", n->about ? "; " : "",
                            before, text);
}

/* Its type without the package. */
static void tell_type(struct definition *d, struct def_node *n, struct json node)
{
    static const char *const packages[] = {"n8n-nodes-base.", "@n8n/n8n-nodes-langchain."};
    const char *type;
    size_t len;

    if (!json_text(json_get(node, "type"), &type, &len))
        return;
    for (size_t i = 0; i < 2; i++) {
        size_t k = strlen(packages[i]);
        if (len > k && !memcmp(type, packages[i], k)) {
            type += k;
            len -= k;
        }
    }
    n->about = arena_strndup(&d->arena, type, len);
}

/* What its settings say besides: a condition, another workflow, rounds. */
static void tell_settings(struct definition *d, struct def_node *n, struct json node)
{
    struct json workflow = json_pointer(node, "/parameters/workflowId");
    struct buf text = {0};
    const char *s;
    size_t len;
    bool waits = true;
    double rounds;

    n8n_put_condition(node, &text);
    if (text.len)
        n8n_tell(d, n, "", buf_text(&text));
    buf_release(&text);
    if (json_text(json_get(workflow, "cachedResultName"), &s, &len) ||
        json_text(json_get(workflow, "value"), &s, &len) || json_text(workflow, &s, &len))
        n8n_tell(d, n, "runs the workflow ", arena_strndup(&d->arena, s, len < 120 ? len : 120));
    json_as_bool(json_pointer(node, "/parameters/options/waitForSubWorkflow"), &waits);
    if (!waits)
        n8n_tell(d, n, "", "does not wait for it");
    if (json_as_double(json_pointer(node, "/parameters/options/maxIterations"), &rounds))
        n->about = arena_printf(&d->arena, "%s; at most %.15g rounds",
                                n->about ? n->about : "agent", rounds);
    if (json_as_double(json_pointer(node, "/parameters/batchSize"), &rounds) &&
        n8n_type_has(node, ".splitInBatches"))
        n->about = arena_printf(&d->arena, "%s of %.15g; how many there are it does not say",
                                n->about, rounds);
}

static void take_settings(struct def_node *n, struct json node)
{
    bool retries = false, goes_on = false, never = false;
    double ms;

    json_as_bool(json_get(node, "retryOnFail"), &retries);
    if (retries) {
        n->attempts = (uint32_t)clamp(json_get(node, "maxTries"), 2, 5, 3);
        n->wait_s = clamp(json_get(node, "waitBetweenTries"), 0, 5000, 1000) / 1e3;
    }
    json_as_bool(json_get(node, "continueOnFail"), &goes_on);
    json_as_bool(json_pointer(node, "/parameters/options/response/response/neverError"), &never);
    n->goes_on =
        n->goes_on || goes_on || n8n_text_is(json_get(node, "onError"), "continueRegularOutput");
    if (json_as_double(json_pointer(node, "/parameters/options/timeout"), &ms) && ms > 0)
        n->timeout_s = ms / 1e3;
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

void n8n_take_node(struct definition *d, struct def_node *n, struct json node)
{
    double threshold;

    tell_type(d, n, node);
    take_type(d, n, node);
    take_settings(n, node);
    tell_settings(d, n, node);
    if (n8n_gate(node, &threshold)) {
        n->kind = STEP_GATE;
        n->layer = LAYER_AGENT;
        n->threshold = threshold;
    }
}
