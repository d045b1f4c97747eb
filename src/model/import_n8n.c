/* SPDX-License-Identifier: GPL-3.0-or-later */
/* n8n's workflows: nodes with types and settings, `main` connections from outputs to inputs.  An
 * execution that holds its workflow (workflowData) is read as that.  Retries are retryOnFail with
 * maxTries (clamped to 2..5, by default 3) and waitBetweenTries (to 0..5000 ms, by default 1000);
 * onError says whether the workflow goes on; a wait for an answer is a person's, one for a time is
 * that time.  A disabled node hands on what comes to it.  Several triggers are a choice.  Nodes
 * that other nodes use as their model, memory or tool (ai_ connections) are told in the comment of
 * those; a model's timeout and retries are theirs. */
#include "base/json_read.h"
#include "model/definition.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool text_is(struct json v, const char *word)
{
    const char *s;
    size_t n;

    return json_text(v, &s, &n) && n == strlen(word) && !memcmp(s, word, n);
}

static bool type_has(struct json node, const char *word)
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
        if (text_is(json_get(holder, unit), units[i].unit))
            each = units[i].s;
    return x * each;
}

/* Waits for a time, or for an answer, which may have a limit. */
static void take_wait(struct def_node *n, struct json node)
{
    struct json parameters = json_get(node, "parameters"), resume = json_get(parameters, "resume");
    bool answers = text_is(resume, "webhook") || text_is(resume, "form"), limited = false;
    double s;

    if (!type_has(node, ".wait")) { /* sendAndWait */
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
    if (answers || n->kind == STEP_REVIEW)
        return;
    n->kind = STEP_STAGE;
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
    bool asks = text_is(json_get(json_get(node, "parameters"), "operation"), "sendAndWait");

    n->fails = type_has(node, ".stopAndError");
    if (asks || type_has(node, ".wait") || type_has(node, ".form")) {
        bool answers = asks || type_has(node, ".form") ||
                       text_is(json_pointer(node, "/parameters/resume"), "webhook") ||
                       text_is(json_pointer(node, "/parameters/resume"), "form");
        n->kind = answers || n->kind == STEP_REVIEW ? STEP_REVIEW : STEP_STAGE;
        n->layer = n->kind == STEP_REVIEW ? LAYER_HUMAN : LAYER_AGENT;
        take_wait(n, node);
        return;
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (type_has(node, types[i].word)) {
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

/* An IF that holds one number against a confidence is a gate; *low: its first output is the one
 * below the threshold. */
static bool take_gate(struct def_node *n, struct json node, bool *low)
{
    struct json list = json_pointer(json_get(node, "parameters"), "/conditions/conditions");
    struct json_iter it = json_each(list);
    const char *s, *left;
    size_t len, left_len;
    double x;

    struct json old;

    *low = false;
    if (type_has(node, "n8n-nodes-base.if") &&
        only_number(json_pointer(node, "/parameters/conditions"), &old)) {
        if (!json_as_double(json_get(old, "value2"), &x) || !(x >= 0 && x <= 1))
            return false;
        bool above = text_is(json_get(old, "operation"), "larger") ||
                     text_is(json_get(old, "operation"), "largerEqual");
        *low = !above;
        if (text_is(json_get(old, "operation"), "equal") ||
            text_is(json_get(old, "operation"), "notEqual"))
            return false;
        n->kind = STEP_GATE;
        n->layer = LAYER_AGENT;
        n->threshold = x;
        return true;
    }
    if (!type_has(node, "n8n-nodes-base.if") || json_count(list) != 1 || !json_next(&it) ||
        !json_as_double(json_get(it.value, "rightValue"), &x) || !(x >= 0 && x <= 1) ||
        !json_text(json_pointer(it.value, "/operator/operation"), &s, &len) || len < 2 ||
        !json_text(json_get(it.value, "leftValue"), &left, &left_len))
        return false;
    *low = s[0] == 'l' || s[0] == 's'; /* lt, lte, smaller */
    n->kind = STEP_GATE;
    n->layer = LAYER_AGENT;
    n->threshold = x;
    return true;
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
    n->goes_on = goes_on || text_is(json_get(node, "onError"), "continueRegularOutput");
    if (json_as_double(json_pointer(node, "/parameters/options/timeout"), &ms) && ms > 0)
        n->timeout_s = ms / 1e3;
    const char *type;
    size_t len;
    if (json_text(json_get(node, "type"), &type, &len))
        n->about = arena_strndup(&d->arena, type, len);
}

static bool is_disabled(struct json node)
{
    bool disabled = false;

    json_as_bool(json_get(node, "disabled"), &disabled);
    return disabled;
}

static bool is_left_out(struct json node)
{
    return is_disabled(node) || type_has(node, "stickyNote");
}

static bool is_trigger(struct json node)
{
    return type_has(node, "rigger") || type_has(node, ".webhook") || type_has(node, ".start") ||
           type_has(node, ".cron");
}

/* The node of a name in the workflow's list. */
static struct json node_named(struct json nodes, const char *name, size_t len)
{
    const char *s;
    size_t n;

    for (struct json_iter it = json_each(nodes); json_next(&it);)
        if (json_text(json_get(it.value, "name"), &s, &n) && n == len && !memcmp(s, name, len))
            return it.value;
    return (struct json){0};
}

/* Does an output lead anywhere by `main`? */
static bool is_on_the_way(struct json connections, struct json nodes, struct json node)
{
    const char *s;
    size_t n;

    if (!json_text(json_get(node, "name"), &s, &n))
        return false;
    for (struct json_iter it = json_each(connections); json_next(&it);) {
        bool from = it.key_len == n && !memcmp(it.key, s, n);
        if (from && json_present(json_get(it.value, "main")))
            return true;
        for (struct json_iter out = json_each(json_get(it.value, "main")); json_next(&out);)
            for (struct json_iter to = json_each(out.value); json_next(&to);)
                if (json_present(json_get(to.value, "node"))) {
                    const char *t;
                    size_t k;
                    if (json_text(json_get(to.value, "node"), &t, &k) && k == n && !memcmp(t, s, n))
                        return true;
                }
    }
    return json_count(nodes) == 1;
}

static void take_nodes(struct definition *d, struct json nodes, struct json connections)
{
    const char *s;
    size_t n;

    for (struct json_iter it = json_each(nodes); json_next(&it);) {
        if (!json_text(json_get(it.value, "name"), &s, &n) || is_left_out(it.value) ||
            is_trigger(it.value))
            continue;
        if (!is_on_the_way(connections, nodes, it.value)) {
            definition_note(d, "Used by other nodes, or on its own: %.*s.", (int)n, s);
            continue;
        }
        int32_t at = definition_add(d, s, n);
        bool low;
        take_type(&d->nodes.at[at], it.value);
        take_settings(d, &d->nodes.at[at], it.value);
        take_gate(&d->nodes.at[at], it.value, &low);
    }
}

/* All that is known while connections are read. */
struct wiring {
    struct definition *d;
    struct json nodes, connections;
    size_t triggers; /* that lead anywhere */
};

/* What a switch calls its output; an empty text when it has no name. */
static void name_output(struct json node, size_t i, struct buf *out)
{
    static const char *const places[] = {"/parameters/rules/values", "/parameters/rules/rules"};
    bool batches = type_has(node, ".splitInBatches");
    double version = 1;
    const char *s;
    size_t n, k;

    json_as_double(json_get(node, "typeVersion"), &version);
    if (batches)
        buf_puts(out, (i == 0) == (version >= 3) ? "done" : "loop");
    for (size_t p = 0; p < 2 && !batches && type_has(node, ".switch"); p++) {
        k = 0;
        for (struct json_iter it = json_each(json_pointer(node, places[p])); json_next(&it); k++)
            if (k == i && json_text(json_get(it.value, "outputKey"), &s, &n))
                buf_add(out, s, n);
    }
    if (!out->len)
        buf_printf(out, "output %zu", i);
}

static bool is_choice(struct json node)
{
    double version = 1;

    json_as_double(json_get(node, "typeVersion"), &version);
    return type_has(node, ".if") || type_has(node, ".switch") || type_has(node, ".filter") ||
           type_has(node, "textClassifier") || type_has(node, "sentimentAnalysis") ||
           (type_has(node, ".splitInBatches") && version >= 2);
}

/* Joins to a node of the list, and behind a disabled one to what follows it. */
static void join_to(const struct wiring *w, int32_t from, const char *name, size_t len,
                    const char *label, bool conditional, int depth)
{
    int32_t to = definition_find(w->d, name, len);
    struct json node = node_named(w->nodes, name, len), main;

    if (to >= 0) {
        definition_join(w->d, from, to, label, label ? strlen(label) : 0, conditional);
        return;
    }
    if (depth > 50 || !is_disabled(node))
        return;
    char *key = arena_strndup(&w->d->arena, name, len);
    main = json_get(json_get(w->connections, key), "main");
    struct json_iter out = json_each(main); /* by its first output */
    if (!json_next(&out))
        return;
    for (struct json_iter it = json_each(out.value); json_next(&it);)
        if (json_text(json_get(it.value, "node"), &name, &len))
            join_to(w, from, name, len, label, conditional, depth + 1);
}

/* One output of a choice that starts several nodes side by side leads to a step that does so; the
 * node that they are joined to. */
static int32_t beside(const struct wiring *w, int32_t from, struct json targets, bool *choice,
                      const struct buf *label)
{
    struct buf title = {0};

    if (from < 0 || !*choice || json_count(targets) < 2)
        return from;
    buf_printf(&title, "%s %s", w->d->nodes.at[from].title, buf_text(label));
    int32_t at = definition_add(w->d, title.data, title.len);
    buf_release(&title);
    w->d->nodes.at[at].kind = STEP_STAGE;
    w->d->nodes.at[at].layer = LAYER_AGENT;
    w->d->nodes.at[at].takes_s = 0;
    w->d->nodes.at[at].about = "starts what follows side by side";
    definition_join(w->d, from, at, buf_text(label), label->len, true);
    *choice = false;
    return at;
}

/* The ways on from output `i` of a node (NODE_START: of a trigger). */
static void take_output(const struct wiring *w, struct json node, int32_t from, struct json targets,
                        size_t i, size_t outputs)
{
    bool choice = is_choice(node);
    bool errors = text_is(json_get(node, "onError"), "continueErrorOutput") && i + 1 == outputs &&
                  outputs > 1;
    struct def_node ignored = {0};
    struct buf label = {0};
    bool low = false;
    const char *s;
    size_t n;

    if (from >= 0 && take_gate(&ignored, node, &low))
        buf_puts(&label, (i == 0) != low ? "above" : "below");
    else if (type_has(node, ".if"))
        buf_puts(&label, i == 0 ? "true" : "false");
    else
        name_output(node, i, &label);
    from = beside(w, from, targets, &choice, &label);
    for (struct json_iter it = json_each(targets); json_next(&it);) {
        if (!json_text(json_get(it.value, "node"), &s, &n))
            continue;
        if (errors && from >= 0) {
            if (definition_find(w->d, s, n) >= 0)
                w->d->nodes.at[from].on_error = definition_find(w->d, s, n);
        } else
            join_to(w, from, s, n, choice ? buf_text(&label) : NULL,
                    choice || (from < 0 && w->triggers > 1), 0);
    }
    buf_release(&label);
}

/* A model's timeout and retries hold for the node that uses it, where that says nothing itself. */
static void take_model(const struct wiring *w, struct json model, struct json connection)
{
    struct json options = json_pointer(model, "/parameters/options");
    const char *s, *called;
    size_t n, called_len;
    double ms, retries;

    if (!json_text(json_get(model, "name"), &called, &called_len))
        return;
    for (struct json_iter out = json_each(connection); json_next(&out);)
        for (struct json_iter to = json_each(out.value); json_next(&to);) {
            int32_t at = json_text(json_get(to.value, "node"), &s, &n) ? definition_find(w->d, s, n)
                                                                       : NODE_START;
            if (at < 0)
                continue;
            struct def_node *user = &w->d->nodes.at[at];
            if (json_as_double(json_get(options, "timeout"), &ms) && ms > 0)
                user->timeout_s = fmin(user->timeout_s, ms / 1e3);
            if (json_as_double(json_get(options, "maxRetries"), &retries) && retries > 0 &&
                user->attempts == 1)
                user->attempts = 1 + (uint32_t)fmin(retries, 99);
            user->about = arena_printf(&w->d->arena, "%s%sby %.*s", user->about ? user->about : "",
                                       user->about ? "; " : "", (int)called_len, called);
        }
}

static bool leads_on(struct json main)
{
    for (struct json_iter out = json_each(main); json_next(&out);)
        if (json_count(out.value) > 0)
            return true;
    return false;
}

static void take_connections(struct wiring *w)
{
    for (struct json_iter it = json_each(w->connections); json_next(&it);) {
        struct json node = node_named(w->nodes, it.key, it.key_len);
        w->triggers +=
            is_trigger(node) && !is_left_out(node) && leads_on(json_get(it.value, "main"));
    }
    for (struct json_iter it = json_each(w->connections); json_next(&it);) {
        struct json node = node_named(w->nodes, it.key, it.key_len);
        struct json main = json_get(it.value, "main");
        int32_t from = definition_find(w->d, it.key, it.key_len);
        size_t i = 0, outputs = json_count(main);
        take_model(w, node, json_get(it.value, "ai_languageModel"));
        if (is_left_out(node) || (from < 0 && !is_trigger(node)))
            continue;
        for (struct json_iter out = json_each(main); json_next(&out); i++)
            take_output(w, node, from, out.value, i, outputs);
    }
}

/* An output of a choice that leads nowhere ends the item there. */
static void end_choices(struct definition *d)
{
    for (size_t i = 0; i < d->nodes.len; i++) {
        size_t n = 0, conditional = 0;
        for (size_t k = 0; k < d->edges.len; k++)
            if (d->edges.at[k].from == (int32_t)i) {
                n++;
                conditional += d->edges.at[k].conditional;
            }
        if (n == 1 && conditional == 1)
            definition_join(d, (int32_t)i, NODE_END, "otherwise", 9, true);
    }
}

/* Without a trigger it begins where nothing leads to. */
static void find_start(struct definition *d)
{
    for (size_t i = 0; i < d->edges.len; i++)
        if (d->edges.at[i].from == NODE_START)
            return;
    for (size_t i = 0; i < d->nodes.len; i++) {
        bool led = false;
        for (size_t k = 0; k < d->edges.len; k++)
            led = led || d->edges.at[k].to == (int32_t)i || d->nodes.at[i].on_error == (int32_t)i;
        if (!led)
            definition_join(d, NODE_START, (int32_t)i, NULL, 0, false);
    }
}

static bool waits(const struct definition *d)
{
    for (size_t i = 0; i < d->nodes.len; i++)
        if (d->nodes.at[i].kind == STEP_REVIEW)
            return true;
    return false;
}

static int take_workflow(struct definition *d, struct json root, struct error *err)
{
    struct json workflow = root, nodes, connections;
    const char *s;
    size_t n;
    double seconds;

    if (json_present(json_get(root, "workflowData")))
        workflow = json_get(root, "workflowData");
    nodes = json_get(workflow, "nodes");
    connections = json_get(workflow, "connections");
    if (json_type(nodes) != JSON_LIST || json_type(connections) != JSON_MAP)
        return error_set(err, ERR_INPUT,
                         "%s: has no `nodes` and `connections`: an n8n definition is an exported "
                         "workflow, or an execution with its workflowData",
                         d->file);
    if (json_text(json_get(workflow, "name"), &s, &n))
        d->name = arena_strndup(&d->arena, s, n);
    take_nodes(d, nodes, connections);
    if (json_as_double(json_pointer(workflow, "/settings/executionTimeout"), &seconds) &&
        seconds > 0) {
        if (waits(d))
            definition_note(d,
                            "Its work may take %g s; the time that it waits for people does not "
                            "count.",
                            seconds);
        else
            d->deadline_s = seconds;
    }
    struct wiring w = {d, nodes, connections, 0};
    take_connections(&w);
    end_choices(d);
    find_start(d);
    return definition_finish(d, err);
}

int definition_n8n(const char *file, const char *text, size_t len, struct definition *out,
                   struct error *err)
{
    struct json_reader *reader = json_reader_new();
    struct json root;
    int status;

    definition_init(out, "n8n", file);
    status = json_parse(reader, text, len, &root, err);
    if (status)
        error_prefix(err, "%s", file);
    else {
        struct json_iter it = json_each(root); /* the command line exports a list */
        if (json_type(root) == JSON_LIST && json_next(&it))
            root = it.value;
        status = take_workflow(out, root, err);
    }
    json_reader_free(reader);
    return status;
}
