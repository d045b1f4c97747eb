/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LangGraph's graphs, as get_graph().to_json() writes them: nodes with metadata,
 * edges that are conditional or not, with labels.  What a node does, its retry policy and the
 * recursion limit are not in them, but metadata may say such things by the usual names.  A node
 * with several unconditional edges starts their targets side by side; one that is interrupted waits
 * for a person.  Plain runnables (LangChain's) have numbers for ids, and schemas where they begin
 * and end. */
#include "model/import_langgraph.h"
#include "base/json_read.h"
#include "base/utf8.h"

#include <math.h>
#include <string.h>

/* Steps of a run, where its configuration states no other. */
enum { RECURSION_LIMIT = 25 };

/* --- JSON */

bool langgraph_is_word(const char *s, size_t len, const char *word)
{
    return len == strlen(word) && !memcmp(s, word, len);
}

bool langgraph_is_end(const char *id, size_t len)
{
    return langgraph_is_word(id, len, "__start__") || langgraph_is_word(id, len, "__end__");
}

bool langgraph_is_inner_end(const char *id, size_t len)
{
    static const char *const ends[] = {":__start__", ":__end__", "___start__", "___end__"};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t n = strlen(ends[i]);
        if (len > n && !memcmp(id + len - n, ends[i], n))
            return true;
    }
    return false;
}

int32_t langgraph_node(const struct definition *d, const char *id, size_t len)
{
    if (langgraph_is_word(id, len, "__start__"))
        return NODE_START;
    if (langgraph_is_word(id, len, "__end__"))
        return NODE_END;
    return definition_find(d, id, len);
}

/* A number, or a text that is one. */
static double number_of(struct json v)
{
    double x;

    return json_as_double(v, &x) ? x : NAN;
}

static bool is_one_of(const char *key, size_t len, const char *const *words)
{
    for (; *words; words++)
        if (langgraph_is_word(key, len, *words))
            return true;
    return false;
}

static const char *const attempt_words[] = {"max_attempts", "maxAttempts", "attempts", NULL};
static const char *const wait_words[] = {"initial_interval", "initialInterval", NULL};

void langgraph_take_member(struct definition *d, struct def_node *n, const char *key, size_t len,
                           double x, const char *text)
{
    static const char *const thresholds[] = {"threshold", "confidence_threshold", NULL};
    static const char *const seconds[] = {"timeout", "timeout_s", "timeout_seconds", NULL};
    static const char *const ms[] = {"timeout_ms", "timeoutMs", NULL};
    static const char *const retries[] = {"retries", "max_retries", "maxRetries", NULL};
    bool positive = isfinite(x) && x > 0;

    if (is_one_of(key, len, thresholds)) {
        n->threshold = x >= 0 && x <= 1 ? x : NAN;
        n->kind = STEP_GATE;
        n->layer = LAYER_AGENT;
    } else if (langgraph_is_word(key, len, "__interrupt")) {
        n->asks |= strstr(text, "before") ? ASKS_BEFORE : 0;
        n->asks |= strstr(text, "after") ? ASKS_AFTER : 0;
    } else if (langgraph_is_word(key, len, "join")) {
        if (x >= 1 && x <= 64 && x == floor(x))
            n->join = arena_printf(&d->arena, "%g", x);
        else if (langgraph_is_word(text, strlen(text), "any"))
            n->join = "any";
    } else if (is_one_of(key, len, seconds) && positive)
        n->timeout_s = x;
    else if (is_one_of(key, len, ms) && positive)
        n->timeout_s = x / 1e3;
    else if (is_one_of(key, len, attempt_words) && positive)
        n->attempts = (uint32_t)fmax(fmin(x, 100), 1);
    else if (is_one_of(key, len, retries) && positive)
        n->attempts = 1 + (uint32_t)fmin(x, 99);
    else if (is_one_of(key, len, wait_words) && positive)
        n->wait_s = x;
}

/* What the metadata says, and all of it for the comment. */
static void take_metadata(struct definition *d, struct def_node *n, struct json metadata)
{
    struct buf about = {0}, value = {0};

    for (struct json_iter it = json_each(metadata); json_next(&it);) {
        bool retry = langgraph_is_word(it.key, it.key_len, "retry") ||
                     langgraph_is_word(it.key, it.key_len, "retry_policy");
        const char *s;
        size_t len;
        buf_clear(&value);
        if (json_text(it.value, &s, &len))
            buf_add(&value, s, len);
        else
            json_dump(it.value, &value);
        buf_printf(&about, "%s%.*s = ", about.len ? "; " : "", (int)it.key_len, it.key);
        utf8_quote(&about, buf_text(&value), value.len, 200);
        langgraph_take_member(d, n, it.key, it.key_len, number_of(it.value), buf_text(&value));
        for (struct json_iter m = json_each(it.value); retry && json_next(&m);)
            langgraph_take_member(d, n, m.key, m.key_len, number_of(m.value), "");
    }
    if (about.len)
        n->about = arena_strdup(&d->arena, buf_text(&about));
    buf_release(&about);
    buf_release(&value);
}

static int fault(const char *file, struct error *err, const char *what)
{
    return error_set(err, ERR_INPUT,
                     "%s: %s; a LangGraph definition is what get_graph().to_json() or "
                     "draw_mermaid() gives",
                     file, what);
}

/* "nodes[3] has the id of another node: "x"" */
static int fault_at(const struct definition *d, const char *list, size_t i, const char *what,
                    const char *name, size_t len, struct error *err)
{
    struct buf quoted = {0};

    utf8_quote(&quoted, name, len, 60);
    error_set(err, ERR_INPUT, "%s: %s[%zu] has %s: \"%s\"", d->file, list, i, what,
              buf_text(&quoted));
    buf_release(&quoted);
    return -1;
}

/* An id as text: a name, or a number. */
static bool id_of(struct definition *d, struct json v, const char **id, size_t *len)
{
    double x;

    if (json_text(v, id, len))
        return true;
    if (!json_as_double(v, &x))
        return false;
    *id = arena_printf(&d->arena, "%.17g", x);
    *len = strlen(*id);
    return true;
}

/* Nodes by their ids, which a numbered one loses for its name at the end. */
static int take_nodes(struct definition *d, struct json nodes, struct error *err)
{
    const char *id;
    size_t len, i = 0;

    for (struct json_iter it = json_each(nodes); json_next(&it) && !d->dropped; i++) {
        if (!id_of(d, json_get(it.value, "id"), &id, &len))
            return error_set(err, ERR_INPUT, "%s: nodes[%zu] has no id", d->file, i);
        if (langgraph_is_end(id, len))
            continue;
        if (definition_find(d, id, len) >= 0)
            return fault_at(d, "nodes", i, "the id of another node", id, len, err);
        int32_t at = definition_add(d, id, len);
        d->nodes.at[at].passes = langgraph_is_inner_end(id, len);
        take_metadata(d, &d->nodes.at[at], json_get(it.value, "metadata"));
    }
    return 0;
}

static int take_edges(struct definition *d, struct json edges, struct error *err)
{
    const char *from, *to, *label;
    size_t from_len, to_len, len, i = 0;

    for (struct json_iter it = json_each(edges); json_next(&it) && !d->dropped; i++) {
        bool conditional = false;
        if (!id_of(d, json_get(it.value, "source"), &from, &from_len) ||
            !id_of(d, json_get(it.value, "target"), &to, &to_len))
            return error_set(err, ERR_INPUT, "%s: edges[%zu] has no source or no target", d->file,
                             i);
        int32_t a = langgraph_node(d, from, from_len), b = langgraph_node(d, to, to_len);
        if (a == NODE_START && !langgraph_is_end(from, from_len))
            return fault_at(d, "edges", i, "a source that is no node", from, from_len, err);
        if (b == NODE_START && !langgraph_is_end(to, to_len))
            return fault_at(d, "edges", i, "a target that is no node", to, to_len, err);
        if (b == NODE_START || a == NODE_END)
            continue; /* nothing comes before the beginning, nor after the end */
        json_as_bool(json_get(it.value, "conditional"), &conditional);
        bool has = json_text(json_get(it.value, "data"), &label, &len);
        definition_join(d, a, b, has ? label : NULL, has ? len : 0, conditional);
    }
    return 0;
}

/* Schemas where a graph without __start__ and __end__ begins and ends are no steps; numbers give
 * way to names. */
static void take_plain(struct definition *d, struct json nodes)
{
    size_t i = 0;
    const char *id, *name;
    size_t len, name_len;

    for (struct json_iter it = json_each(nodes); json_next(&it) && i < d->nodes.len;) {
        struct json data = json_get(it.value, "data");
        const char *type;
        size_t type_len;
        if (!id_of(d, json_get(it.value, "id"), &id, &len) || langgraph_is_end(id, len))
            continue;
        int32_t at = (int32_t)i++;
        if (d->nodes.at[at].passes)
            continue;
        bool schema = json_text(json_get(it.value, "type"), &type, &type_len) &&
                      langgraph_is_word(type, type_len, "schema");
        for (size_t k = 0; k < d->edges.len && schema; k++) {
            struct def_edge *e = &d->edges.at[k];
            e->from = e->from == at ? NODE_START : e->from;
            e->to = e->to == at ? NODE_END : e->to;
        }
        d->nodes.at[at].fails = schema; /* no step */
        bool numbered = json_type(json_get(it.value, "id")) != JSON_STRING;
        if (numbered &&
            (json_text(json_get(data, "name"), &name, &name_len) ||
             json_text(data, &name, &name_len)) &&
            name_len > 0)
            definition_rename(d, at, name, name_len);
    }
}

static int read_json(struct definition *d, const char *text, size_t len, struct error *err)
{
    struct json_reader *reader = json_reader_new();
    struct json root;
    int status = json_parse(reader, text, len, &root, err);

    if (status)
        error_prefix(err, "%s", d->file);
    else if (json_type(json_get(root, "graphs")) == JSON_MAP)
        status = fault(d->file, err,
                       "this is the list of graphs that a server runs, which says only where their "
                       "code is");
    else if (json_type(json_get(root, "nodes")) != JSON_LIST ||
             json_type(json_get(root, "edges")) != JSON_LIST)
        status = fault(d->file, err, "there are no lists `nodes` and `edges`");
    else {
        status = take_nodes(d, json_get(root, "nodes"), err) ||
                         take_edges(d, json_get(root, "edges"), err)
                     ? -1
                     : 0;
        if (!status)
            take_plain(d, json_get(root, "nodes"));
    }
    json_reader_free(reader);
    return status;
}

int definition_langgraph(const char *file, const char *text, size_t len, struct definition *out,
                         struct error *err)
{
    size_t at = 0;

    definition_init(out, "LangGraph", file);
    while (at < len && (unsigned char)text[at] <= ' ')
        at++;
    if (at < len && text[at] == '{') {
        if (read_json(out, text, len, err))
            return -1;
    } else if (!mermaid_is_graph(text, len))
        return fault(file, err, "this is neither JSON nor a Mermaid graph");
    else if (mermaid_read(out, text, len, err))
        return -1;
    definition_pass_over(out);
    definition_ask(out);
    out->steps_limit = RECURSION_LIMIT;
    definition_note(out,
                    "The export drops the recursion limit, which bounds all loops together: loops "
                    "that nothing else ends are bounded as its default of %d steps does.",
                    RECURSION_LIMIT);
    out->drops = "retry, timeout: the export drops them";
    return definition_finish(out, err);
}
