/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LangGraph's graphs, as get_graph().to_json() and draw_mermaid() write them: nodes with metadata,
 * edges that are conditional or not, with labels.  What a node does, its retry policy and the
 * recursion limit are not in them, but metadata may say such things by the usual names.  A node
 * with several unconditional edges starts their targets side by side; one that is interrupted waits
 * for a person.  Plain runnables (LangChain's) have numbers for ids, and schemas where they begin
 * and end. */
#include "base/json_read.h"
#include "model/definition.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- JSON */

static bool is_word(const char *s, size_t len, const char *word)
{
    return len == strlen(word) && !memcmp(s, word, len);
}

static bool is_end(const char *id, size_t len)
{
    return is_word(id, len, "__start__") || is_word(id, len, "__end__");
}

static int32_t end_of(const struct definition *d, const char *id, size_t len)
{
    if (is_word(id, len, "__start__"))
        return NODE_START;
    if (is_word(id, len, "__end__"))
        return NODE_END;
    return definition_find(d, id, len);
}

/* A number, or a text that begins with one. */
static double number_of(struct json v)
{
    double x;

    return json_as_double(v, &x) ? x : NAN;
}

static bool is_one_of(const struct json_iter *it, const char *const *words)
{
    for (; *words; words++)
        if (is_word(it->key, it->key_len, *words))
            return true;
    return false;
}

/* "any", "all", or how many of them. */
static void take_join(struct definition *d, struct def_node *n, struct json value)
{
    const char *s;
    size_t len;
    double k;

    if (json_as_double(value, &k) && k >= 1 && k <= 64 && k == floor(k))
        n->join = arena_printf(&d->arena, "%g", k);
    else if (json_text(value, &s, &len) && is_word(s, len, "any"))
        n->join = "any";
}

static const char *const attempt_words[] = {"max_attempts", "maxAttempts", "attempts", NULL};

/* A retry policy: {"max_attempts": 3, "initial_interval": 0.5}. */
static void take_retry(struct def_node *n, struct json policy)
{
    if (json_type(policy) != JSON_MAP)
        return;
    for (struct json_iter it = json_each(policy); json_next(&it);) {
        double x = number_of(it.value);
        if (is_one_of(&it, attempt_words) && x > 0)
            n->attempts = (uint32_t)fmin(x, 100);
        else if (is_word(it.key, it.key_len, "initial_interval") && x > 0)
            n->wait_s = x;
    }
}

/* One member of the metadata: thresholds, interrupts, limits. */
static void take_member(struct definition *d, struct def_node *n, const struct json_iter *it)
{
    static const char *const seconds[] = {"timeout", "timeout_s", "timeout_seconds", NULL};
    static const char *const ms[] = {"timeout_ms", "timeoutMs", NULL};
    static const char *const retries[] = {"retries", "max_retries", "maxRetries", NULL};
    double x = number_of(it->value);
    bool positive = isfinite(x) && x > 0;

    if (is_word(it->key, it->key_len, "threshold") ||
        is_word(it->key, it->key_len, "confidence_threshold")) {
        n->threshold = x >= 0 && x <= 1 ? x : NAN;
        n->kind = STEP_GATE;
        n->layer = LAYER_AGENT;
    } else if (is_word(it->key, it->key_len, "__interrupt")) {
        n->kind = STEP_REVIEW;
        n->layer = LAYER_HUMAN;
    } else if (is_word(it->key, it->key_len, "join"))
        take_join(d, n, it->value);
    else if (is_one_of(it, seconds) && positive)
        n->timeout_s = x;
    else if (is_one_of(it, ms) && positive)
        n->timeout_s = x / 1e3;
    else if (is_one_of(it, attempt_words) && positive)
        n->attempts = (uint32_t)fmin(x, 100);
    else if (is_one_of(it, retries) && positive)
        n->attempts = 1 + (uint32_t)fmin(x, 99);
    else if (is_word(it->key, it->key_len, "retry") ||
             is_word(it->key, it->key_len, "retry_policy"))
        take_retry(n, it->value);
}

/* What the metadata says, and all of it for the comment. */
static void take_metadata(struct definition *d, struct def_node *n, struct json metadata)
{
    struct buf about = {0};

    for (struct json_iter it = json_each(metadata); json_next(&it);) {
        struct buf value = {0};
        json_dump(it.value, &value);
        buf_printf(&about, "%s%.*s = %.200s", about.len ? "; " : "", (int)it.key_len, it.key,
                   buf_text(&value));
        buf_release(&value);
        take_member(d, n, &it);
    }
    if (about.len)
        n->about = arena_strdup(&d->arena, buf_text(&about));
    buf_release(&about);
}

static int fault(const char *file, struct error *err, const char *what)
{
    return error_set(err, ERR_INPUT,
                     "%s: %s; a LangGraph definition is what get_graph().to_json() or "
                     "draw_mermaid() gives",
                     file, what);
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
    size_t len;

    for (struct json_iter it = json_each(nodes); json_next(&it);) {
        if (!id_of(d, json_get(it.value, "id"), &id, &len))
            return fault(d->file, err, "a node has no id");
        if (is_end(id, len))
            continue;
        int32_t at = definition_add(d, id, len);
        take_metadata(d, &d->nodes.at[at], json_get(it.value, "metadata"));
    }
    return 0;
}

static int take_edges(struct definition *d, struct json edges, struct error *err)
{
    const char *from, *to, *label;
    size_t from_len, to_len, len;

    for (struct json_iter it = json_each(edges); json_next(&it);) {
        bool conditional = false;
        if (!id_of(d, json_get(it.value, "source"), &from, &from_len) ||
            !id_of(d, json_get(it.value, "target"), &to, &to_len))
            return fault(d->file, err, "an edge has no source or no target");
        int32_t a = end_of(d, from, from_len), b = end_of(d, to, to_len);
        if ((a == NODE_START && !is_end(from, from_len)) ||
            (b == NODE_START && !is_end(to, to_len)))
            return fault(d->file, err, "an edge leads to or from a node that is not there");
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
        if (!id_of(d, json_get(it.value, "id"), &id, &len) || is_end(id, len))
            continue;
        int32_t at = (int32_t)i++;
        bool schema = json_text(json_get(it.value, "type"), &type, &type_len) &&
                      is_word(type, type_len, "schema");
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

/* --- Mermaid */

static size_t word_len(const char *s, const char *end)
{
    const char *at = s;

    while (at < end && (unsigned char)*at > ' ' && !strchr("([{<>-;:", *at))
        at++;
    return (size_t)(at - s);
}

/* Finds a text within the line; NULL. */
static const char *find(const char *s, const char *end, const char *what)
{
    size_t n = strlen(what);

    for (; s + n <= end; s++)
        if (!memcmp(s, what, n))
            return s;
    return NULL;
}

static int32_t mermaid_node(struct definition *d, const char *s, size_t len)
{
    if (is_end(s, len))
        return end_of(d, s, len);
    int32_t at = definition_find(d, s, len);
    return at == NODE_START ? definition_add(d, s, len) : at;
}

/* "name(label<hr/><small><em>threshold = 0.85</em></small>)" */
static void mermaid_metadata(struct definition *d, int32_t at, const char *s, const char *end)
{
    const char *em = find(s, end, "<em>"), *close = em ? find(em, end, "</em>") : NULL, *equals;

    if (at < 0 || !close)
        return;
    struct def_node *n = &d->nodes.at[at];
    em += 4;
    n->about = arena_strndup(&d->arena, em, (size_t)(close - em));
    equals = strchr(n->about, '=');
    if (equals && !strncmp(n->about, "threshold", 9)) {
        n->kind = STEP_GATE;
        n->layer = LAYER_AGENT;
        n->threshold = strtod(equals + 1, NULL);
    } else if (!strncmp(n->about, "__interrupt", 11)) {
        n->kind = STEP_REVIEW;
        n->layer = LAYER_HUMAN;
    }
}

/* "a --> b;" or "a -. &nbsp;label&nbsp; .-> b;" */
static void mermaid_line(struct definition *d, const char *s, const char *end)
{
    const char *arrow = find(s, end, "-->"), *dotted = find(s, end, "-.");
    size_t n = word_len(s, end);

    if (n == 0 || !memcmp(s, "%%", 2) || (n == 5 && !memcmp(s, "graph", 5)) ||
        (n == 8 && (!memcmp(s, "classDef", 8) || !memcmp(s, "subgraph", 8))))
        return;
    int32_t from = mermaid_node(d, s, n);
    if (!arrow && !dotted) {
        mermaid_metadata(d, from, s, end);
        return;
    }
    const char *head = dotted ? find(dotted + 2, end, ".->") : arrow;
    if (!head)
        return;
    const char *to = head + 3;
    while (to < end && *to == ' ')
        to++;
    int32_t target = mermaid_node(d, to, word_len(to, end));
    const char *label = dotted ? dotted + 2 : NULL, *label_end = head;
    const char *nbsp = label ? find(label, head, "&nbsp;") : NULL;
    if (nbsp) {
        label = nbsp + 6;
        label_end = find(label, head, "&nbsp;");
        label_end = label_end ? label_end : head;
    }
    bool has = label && label < label_end && *label != '-';
    definition_join(d, from, target, has ? label : NULL, has ? (size_t)(label_end - label) : 0,
                    dotted != NULL);
}

static void read_mermaid(struct definition *d, const char *text, size_t len)
{
    const char *end = text + len;
    bool in_head = false;

    while (text < end) {
        const char *line_end = memchr(text, '\n', (size_t)(end - text));
        const char *next = line_end ? line_end + 1 : end;
        line_end = line_end ? line_end : end;
        while (text < line_end && (unsigned char)*text <= ' ')
            text++;
        bool fence = line_end - text >= 3 && !memcmp(text, "---", 3);
        in_head = fence ? !in_head : in_head; /* the front matter */
        if (!fence && !in_head)
            mermaid_line(d, text, line_end);
        text = next;
    }
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
    } else if (find(text, text + len, "graph TD") || find(text, text + len, "graph LR"))
        read_mermaid(out, text, len);
    else
        return fault(file, err, "this is neither JSON nor a Mermaid graph");
    definition_note(out, "The export drops the recursion limit, which bounds all loops together.");
    out->drops = "retry, timeout: the export drops them";
    return definition_finish(out, err);
}
