/* SPDX-License-Identifier: GPL-3.0-or-later */
/* n8n's workflows: nodes with types and settings, `main` connections from outputs to inputs.  An
 * execution that holds its workflow (workflowData) is read as that.  Retries are retryOnFail with
 * maxTries (clamped to 2..5, by default 3) and waitBetweenTries (to 0..5000 ms, by default 1000);
 * onError says whether the workflow goes on; a wait is a person's.  Nodes that other nodes use as
 * their model, memory or tool (ai_ connections) are told in the comment of those. */
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

/* What its type is in the language. */
static void take_type(struct def_node *n, struct json node)
{
    static const struct {
        const char *word;
        enum step_kind kind;
        enum layer layer;
    } types[] = {
        {".wait",           STEP_REVIEW, LAYER_HUMAN},
        {".form",           STEP_REVIEW, LAYER_HUMAN},
        {"vectorStore",     STEP_STAGE,  LAYER_DATA },
        {"retriever",       STEP_STAGE,  LAYER_DATA },
        {"lmChat",          STEP_STAGE,  LAYER_MODEL},
        {"chainLlm",        STEP_STAGE,  LAYER_MODEL},
        {"langchain.agent", STEP_STAGE,  LAYER_MODEL},
        {"openAi",          STEP_STAGE,  LAYER_MODEL},
        {"httpRequest",     STEP_STAGE,  LAYER_TOOL },
        {"executeWorkflow", STEP_STAGE,  LAYER_TOOL },
    };

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (type_has(node, types[i].word)) {
            n->kind = types[i].kind;
            n->layer = types[i].layer;
            return;
        }
    if (n->kind == STEP_REVIEW &&
        !text_is(json_get(json_get(node, "parameters"), "operation"), "sendAndWait"))
        n->kind = STEP_STAGE; /* a name alone does not make a code node a person */
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

    *low = false;
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

static bool is_left_out(struct json node)
{
    bool disabled = false;

    json_as_bool(json_get(node, "disabled"), &disabled);
    return disabled || type_has(node, "stickyNote");
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

/* The ways on from output `i` of a node (NODE_START: of a trigger). */
static void take_output(struct definition *d, struct json node, int32_t from, struct json targets,
                        size_t i, size_t outputs)
{
    bool choice = type_has(node, ".if") || type_has(node, ".switch") || type_has(node, ".filter");
    bool errors = text_is(json_get(node, "onError"), "continueErrorOutput") && i + 1 == outputs &&
                  outputs > 1;
    const char *s;
    size_t n;

    for (struct json_iter it = json_each(targets); json_next(&it);) {
        if (!json_text(json_get(it.value, "node"), &s, &n))
            continue;
        int32_t to = definition_find(d, s, n);
        struct def_node ignored = {0};
        bool low = false;
        char label[40];
        if (to < 0)
            continue;
        if (errors) {
            d->nodes.at[from].on_error = to;
            continue;
        }
        if (from >= 0 && take_gate(&ignored, node, &low))
            snprintf(label, sizeof label, "%s", (i == 0) != low ? "above" : "below");
        else if (type_has(node, ".if"))
            snprintf(label, sizeof label, "%s", i == 0 ? "true" : "false");
        else
            snprintf(label, sizeof label, "output %zu", i);
        definition_join(d, from, to, choice ? label : NULL, choice ? strlen(label) : 0, choice);
    }
}

static void take_connections(struct definition *d, struct json nodes, struct json connections)
{
    for (struct json_iter it = json_each(connections); json_next(&it);) {
        struct json node = node_named(nodes, it.key, it.key_len);
        struct json main = json_get(it.value, "main");
        int32_t from = definition_find(d, it.key, it.key_len);
        size_t i = 0, outputs = json_count(main);
        if (is_left_out(node) || (from < 0 && !is_trigger(node)))
            continue;
        for (struct json_iter out = json_each(main); json_next(&out); i++)
            take_output(d, node, from, out.value, i, outputs);
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
    take_connections(d, nodes, connections);
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
