/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LangGraph's graphs, as get_graph().to_json() and draw_mermaid() write them: nodes with metadata,
 * edges that are conditional or not, with labels.  What a node does, its retry policy and the
 * recursion limit are not in them.  A node with several unconditional edges starts their targets
 * side by side; one that is interrupted waits for a person. */
#include "base/json_read.h"
#include "model/definition.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- JSON */

static int32_t end_of(const struct definition *d, const char *id, size_t len)
{
    if (len == 9 && !memcmp(id, "__start__", 9))
        return NODE_START;
    if (len == 7 && !memcmp(id, "__end__", 7))
        return NODE_END;
    return definition_find(d, id, len);
}

static bool is_end(const char *id, size_t len)
{
    return (len == 9 && !memcmp(id, "__start__", 9)) || (len == 7 && !memcmp(id, "__end__", 7));
}

/* A number, or a text that begins with one. */
static double number_of(struct json v)
{
    double x;

    return json_as_double(v, &x) ? x : NAN;
}

/* What the metadata says: thresholds, interrupts, and the rest for the comment. */
static void take_metadata(struct definition *d, struct def_node *n, struct json metadata)
{
    struct buf about = {0};

    for (struct json_iter it = json_each(metadata); json_next(&it);) {
        struct buf value = {0};
        json_dump(it.value, &value);
        buf_printf(&about, "%s%.*s = %.200s", about.len ? "; " : "", (int)it.key_len, it.key,
                   buf_text(&value));
        buf_release(&value);
        if (it.key_len == 9 && !memcmp(it.key, "threshold", 9)) {
            n->threshold = number_of(it.value);
            n->kind = STEP_GATE;
            n->layer = LAYER_AGENT;
        }
        if (it.key_len == 11 && !memcmp(it.key, "__interrupt", 11)) {
            n->kind = STEP_REVIEW;
            n->layer = LAYER_HUMAN;
        }
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

static int take_nodes(struct definition *d, struct json nodes, struct error *err)
{
    const char *id;
    size_t len;

    for (struct json_iter it = json_each(nodes); json_next(&it);) {
        if (!json_text(json_get(it.value, "id"), &id, &len))
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
        if (!json_text(json_get(it.value, "source"), &from, &from_len) ||
            !json_text(json_get(it.value, "target"), &to, &to_len))
            return fault(d->file, err, "an edge has no source or no target");
        int32_t a = end_of(d, from, from_len), b = end_of(d, to, to_len);
        if ((a == NODE_START && !is_end(from, from_len)) ||
            (b == NODE_START && !is_end(to, to_len)))
            return fault(d->file, err, "an edge leads to or from a node that is not there");
        json_as_bool(json_get(it.value, "conditional"), &conditional);
        bool has = json_text(json_get(it.value, "data"), &label, &len);
        definition_join(d, a, b, has ? label : NULL, has ? len : 0, conditional);
    }
    return 0;
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
    else
        status = take_nodes(d, json_get(root, "nodes"), err) ||
                         take_edges(d, json_get(root, "edges"), err)
                     ? -1
                     : 0;
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
    definition_note(out, "The export drops retry policies, timeouts and the recursion limit.");
    return definition_finish(out, err);
}
