/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LangGraph's graphs as draw_mermaid() writes them: a line for each node,
 * `id(name<hr/><small><em>key = value</em></small>)`, whose metadata may go over several lines, and
 * one for each edge: `a --> b;`, or dotted when it is conditional, `a -. &nbsp;label&nbsp; .-> b;`.
 * Shapes and labels that people write by hand (`a[x] -->|label| b{y}`) are read too. */
#include "model/import_langgraph.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ABREAST_MAX = 64 };

/* A place in one line. */
struct cursor {
    const char *at, *end;
};

struct mermaid {
    struct definition *d;
    VEC(int32_t) first, last; /* nodes that are drawn as the beginning, and the end */
    VEC(const char *) names;  /* [nodes]: what a node's line calls it; NULL */
    size_t line;              /* of the text, from 1 */
    bool unclosed;            /* no </em> stands behind the lines so far */
};

static bool starts(const struct cursor *c, const char *what)
{
    size_t n = strlen(what);

    return (size_t)(c->end - c->at) >= n && !memcmp(c->at, what, n);
}

/* Finds a text in the rest of the line; NULL. */
static const char *find(const char *s, const char *end, const char *what)
{
    size_t n = strlen(what);

    for (; s + n <= end; s++)
        if (!memcmp(s, what, n))
            return s;
    return NULL;
}

static void skip_spaces(struct cursor *c)
{
    while (c->at < c->end && (unsigned char)*c->at <= ' ')
        c->at++;
}

/* Bytes of the id at s: up to a space, a shape, a class or an arrow. */
static size_t id_len(const char *s, const char *end)
{
    const char *at = s;

    for (; at < end && (unsigned char)*at > ' ' && !strchr("([{<>;|&", *at); at++) {
        bool arrow = at + 1 < end && ((*at == '-' && (at[1] == '-' || at[1] == '.')) ||
                                      (*at == '=' && at[1] == '='));
        if (arrow || (at + 2 < end && !memcmp(at, ":::", 3)))
            break;
    }
    return (size_t)(at - s);
}

/* A label on one line: tags and &nbsp; become spaces, which are never two. */
static const char *plain_label(struct definition *d, const char *s, const char *end)
{
    struct buf out = {0};

    while (s < end) {
        const char *close = *s == '<' ? memchr(s, '>', (size_t)(end - s)) : NULL;
        bool space = close || (unsigned char)*s <= ' ';
        size_t n = close ? (size_t)(close + 1 - s) : 1;
        if (end - s >= 5 && !memcmp(s, "&nbsp", 5)) {
            space = true;
            n = 5 + (end - s > 5 && s[5] == ';');
        }
        if (!space && *s != '"')
            buf_putc(&out, *s);
        else if (space && out.len && out.data[out.len - 1] != ' ')
            buf_putc(&out, ' ');
        s += n;
    }
    while (out.len && out.data[out.len - 1] == ' ')
        out.data[--out.len] = '\0';
    const char *kept = out.len ? arena_strdup(&d->arena, buf_text(&out)) : NULL;
    buf_release(&out);
    return kept;
}

/* "key = value", one to a line. */
static void take_metadata(struct definition *d, int32_t node, const char *s, const char *end)
{
    char *text = arena_strndup(&d->arena, s, (size_t)(end - s));
    struct buf about = {0};

    for (char *line = text, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        line += strspn(line, " \t\r");
        char *equals = strchr(line, '=');
        if (!equals)
            continue;
        buf_printf(&about, "%s%.200s", about.len ? "; " : "", line);
        size_t key = (size_t)(equals - line);
        while (key > 0 && line[key - 1] == ' ')
            key--;
        char *value = equals + 1 + strspn(equals + 1, " "), *rest;
        double x = strtod(value, &rest);
        langgraph_take_member(d, &d->nodes.at[node], line, key,
                              rest > value && rest[strspn(rest, " \r")] == '\0' ? x : NAN, value);
    }
    if (about.len)
        d->nodes.at[node].about = arena_strdup(&d->arena, buf_text(&about));
    buf_release(&about);
}

/* The shape behind an id, and in it the node's name and metadata. */
static void take_shape(struct mermaid *m, struct cursor *c, int32_t node)
{
    static const char opening[] = "([{", closing[] = ")]}";
    const char *kind = c->at < c->end && *c->at ? strchr(opening, *c->at) : NULL;
    const char *inner = c->at;
    size_t depth = 0;

    if (!kind)
        return;
    for (char open = *kind, close = closing[kind - opening]; c->at < c->end; c->at++) {
        depth += *c->at == open;
        depth -= *c->at == close;
        if (depth == 0)
            break;
    }
    const char *end = c->at;
    c->at += c->at < c->end;
    while (inner < end && strchr("([{/", *inner))
        inner++;
    while (end > inner && strchr(")]}/", end[-1]))
        end--;
    if (node < 0)
        return;
    const char *em = find(inner, end, "<em>"), *em_end = em ? find(em, end, "</em>") : NULL;
    const char *line = find(inner, end, "<hr/>");
    if (em_end)
        take_metadata(m->d, node, em + 4, em_end);
    if ((size_t)node < m->names.len)
        m->names.at[node] = plain_label(m->d, inner, line ? line : end);
}

static int hex_of(const char *s, const char *end, int digits)
{
    int code = 0;

    if (end - s < digits)
        return -1;
    for (int i = 0; i < digits; i++) {
        const char *at = strchr("0123456789abcdef", tolower((unsigned char)s[i]));
        if (!at || !*at)
            return -1;
        code = 16 * code + (int)(at - "0123456789abcdef");
    }
    return code;
}

/* A code point of [0x80, 0xffff]. */
static void put_code(struct buf *out, int code)
{
    if (code >= 0x800)
        buf_putc(out, (char)(0xe0 | code >> 12));
    buf_putc(out, (char)(code >= 0x800 ? 0x80 | (code >> 6 & 0x3f) : 0xc0 | code >> 6));
    buf_putc(out, (char)(0x80 | (code & 0x3f)));
}

/* Ids stand with what is neither letter, digit, - nor _ as \ and its code point in hex:
 * "research\3a__start__" is research:__start__.  Two digits where those are such a sign, else four.
 */
static const char *plain_id(struct definition *d, const char *s, size_t n, size_t *len)
{
    struct buf out = {0};

    for (const char *at = s, *end = s + n; at < end; at++) {
        int two = *at == '\\' ? hex_of(at + 1, end, 2) : -1, four = hex_of(at + 1, end, 4);
        if (two >= 0x20 && two < 0x7f && !isalnum(two)) {
            buf_putc(&out, (char)two);
            at += 2;
        } else if (*at == '\\' && four >= 0x80 && (four < 0xd800 || four > 0xdfff)) {
            put_code(&out, four);
            at += 4;
        } else
            buf_putc(&out, *at);
    }
    const char *id = arena_strndup(&d->arena, buf_text(&out), out.len);
    *len = out.len;
    buf_release(&out);
    return id;
}

/* What an id is drawn as: LangGraph calls the beginning and the end of a graph so, whatever their
 * ids. */
static void take_class(struct mermaid *m, struct cursor *c, int32_t node)
{
    if (!starts(c, ":::"))
        return;
    c->at += 3;
    size_t n = id_len(c->at, c->end);
    if (node >= 0 &&
        (langgraph_is_word(c->at, n, "first") || langgraph_is_word(c->at, n, "startclass")))
        vec_push(&m->first, node);
    if (node >= 0 &&
        (langgraph_is_word(c->at, n, "last") || langgraph_is_word(c->at, n, "endclass")))
        vec_push(&m->last, node);
    c->at += n;
}

/* An id with what stands behind it; false when there is none. */
static bool take_node(struct mermaid *m, struct cursor *c, int32_t *node)
{
    size_t n, len;

    skip_spaces(c);
    n = id_len(c->at, c->end);
    if (n == 0)
        return false;
    const char *id = plain_id(m->d, c->at, n, &len);
    *node = langgraph_node(m->d, id, len);
    if (*node == NODE_START && !langgraph_is_end(id, len)) {
        *node = definition_add(m->d, id, len);
        m->d->nodes.at[*node].passes = langgraph_is_inner_end(id, len);
        vec_push(&m->names, NULL);
    }
    c->at += n;
    take_shape(m, c, *node);
    take_class(m, c, *node);
    skip_spaces(c);
    return true;
}

/* An arrow with its label (NULL: none); false when there is none. */
static bool take_arrow(struct mermaid *m, struct cursor *c, bool *dotted, const char **label)
{
    const char *close;

    *label = NULL;
    *dotted = starts(c, "-.");
    if (starts(c, "-.->") || starts(c, "-->") || starts(c, "==>") || starts(c, "---"))
        c->at += *dotted ? 4 : 3;
    else if (*dotted || starts(c, "--")) {
        close = find(c->at + 2, c->end, *dotted ? ".->" : "-->");
        if (!close)
            return false;
        *label = plain_label(m->d, c->at + 2, close);
        c->at = close + 3;
    } else
        return false;
    skip_spaces(c);
    if (c->at < c->end && *c->at == '|') {
        close = memchr(c->at + 1, '|', (size_t)(c->end - c->at - 1));
        if (!close)
            return false;
        *label = plain_label(m->d, c->at + 1, close);
        c->at = close + 1;
    }
    return true;
}

/* Lines of the drawing, not of the graph. */
static bool is_drawing(const struct cursor *c)
{
    static const char *const words[] = {"graph",    "flowchart", "classDef",  "class", "style",
                                        "subgraph", "end",       "linkStyle", "click", "direction"};
    const char *end = c->at;

    while (end < c->end && isalpha((unsigned char)*end))
        end++;
    if (starts(c, "%%") || (end < c->end && !strchr(" \t\r;", *end)))
        return starts(c, "%%");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (langgraph_is_word(c->at, (size_t)(end - c->at), words[i]))
            return !find(c->at, c->end, "-->") && !find(c->at, c->end, "-.");
    return false;
}

/* "a & b": several nodes at once; false when there is none. */
static bool take_nodes(struct mermaid *m, struct cursor *c, int32_t *nodes, size_t *n)
{
    *n = 0;
    do {
        if (*n == ABREAST_MAX || !take_node(m, c, &nodes[*n]))
            return false;
        (*n)++;
    } while (c->at < c->end && *c->at == '&' && c->at++);
    return true;
}

static int take_line(struct mermaid *m, struct cursor c, struct error *err)
{
    int32_t from[ABREAST_MAX], to[ABREAST_MAX];
    size_t n, k;
    const char *label;
    bool dotted;

    skip_spaces(&c);
    if (c.at == c.end || is_drawing(&c) || !take_nodes(m, &c, from, &n))
        return 0;
    while (take_arrow(m, &c, &dotted, &label)) {
        if (!take_nodes(m, &c, to, &k))
            return error_set(err, ERR_INPUT, "%s:%zu: an arrow that leads to no node", m->d->file,
                             m->line);
        for (size_t i = 0; i < n * k; i++)
            if (from[i / k] != NODE_END && to[i % k] != NODE_START)
                definition_join(m->d, from[i / k], to[i % k], label, label ? strlen(label) : 0,
                                dotted);
        memcpy(from, to, sizeof from);
        n = k;
    }
    if (c.at < c.end && *c.at != ';')
        return error_set(
            err, ERR_INPUT, "%s:%zu: neither a node, `a(name)`, nor an edge, `a --> b`: %.40s",
            m->d->file, m->line, arena_strndup(&m->d->arena, c.at, (size_t)(c.end - c.at)));
    return 0;
}

static bool is_head(const struct cursor *c)
{
    return starts(c, "graph ") || starts(c, "flowchart ");
}

bool mermaid_is_graph(const char *text, size_t len)
{
    const char *end = text + len;

    for (const char *line = text; line && line < end;) {
        struct cursor c = {line, end};
        skip_spaces(&c);
        if (is_head(&c))
            return true;
        line = memchr(c.at, '\n', (size_t)(end - c.at));
        line += line != NULL;
    }
    return false;
}

/* The end of the line, behind metadata that goes over several. */
static const char *line_end_of(struct mermaid *m, const char *s, const char *end)
{
    const char *stop = memchr(s, '\n', (size_t)(end - s));
    const char *em = find(s, stop ? stop : end, "<em>");

    if (em && !m->unclosed && !find(em, stop ? stop : end, "</em>")) {
        const char *close = find(em, end, "</em>");
        if (close)
            stop = memchr(close, '\n', (size_t)(end - close));
        m->unclosed = !close;
    }
    return stop ? stop : end;
}

/* The graph stands from its first line on, up to the end of the text or of the fence around it. */
static int take_lines(struct mermaid *m, const char *text, const char *end, struct error *err)
{
    bool inside = false, ended = false;

    while (text < end && !m->d->dropped) {
        const char *stop = line_end_of(m, text, end);
        struct cursor c = {text, stop};
        m->line++;
        skip_spaces(&c);
        if (ended && is_head(&c)) {
            definition_note(m->d, "The first of its graphs is read; another begins in line %zu.",
                            m->line);
            return 0;
        }
        ended = ended || (inside && starts(&c, "```"));
        inside = inside || is_head(&c);
        if (inside && !ended && take_line(m, c, err))
            return -1;
        for (const char *s = text; s < stop; s++)
            m->line += *s == '\n';
        text = stop + (stop < end);
    }
    return 0;
}

/* The node stands for where all begins, or ends. */
static void be_end(struct definition *d, int32_t node, bool begins)
{
    for (size_t i = 0; i < d->edges.len; i++) {
        struct def_edge *e = &d->edges.at[i];
        e->from = begins && e->from == node ? NODE_START : e->from;
        e->to = !begins && e->to == node ? NODE_END : e->to;
    }
    d->nodes.at[node].fails = true; /* no step */
}

/* Is the name no other's?  Nodes of graphs inside may be drawn alike, and their ids tell them
 * apart; an id that is a path is the name, as in JSON. */
static bool is_only(const struct mermaid *m, size_t node)
{
    for (size_t i = 0; i < m->names.len; i++)
        if (i != node && m->names.at[i] && !strcmp(m->names.at[i], m->names.at[node]))
            return false;
    return true;
}

/* People draw choices with full lines, and say at each when it is taken. */
static void choose_by_label(struct definition *d)
{
    for (size_t i = 0; i < d->edges.len; i++) {
        size_t beside = 0;
        for (size_t k = 0; k < d->edges.len && d->edges.at[i].label; k++)
            beside += k != i && d->edges.at[k].from == d->edges.at[i].from;
        if (beside)
            d->edges.at[i].conditional = true;
    }
}

int mermaid_read(struct definition *d, const char *text, size_t len, struct error *err)
{
    struct mermaid m = {.d = d};
    int status = take_lines(&m, text, text + len, err);

    for (size_t i = 0; i < m.first.len + m.last.len && !status; i++)
        be_end(d, i < m.first.len ? m.first.at[i] : m.last.at[i - m.first.len], i < m.first.len);
    if (!status) {
        choose_by_label(d);
        if (!definition_begin(d) && d->nodes.len && !d->dropped) {
            definition_join(d, NODE_START, 0, NULL, 0, false);
            definition_note(d, "It shows no beginning: it is taken to begin with the first node.");
        }
    }
    vec_release(&m.first);
    vec_release(&m.last);
    for (size_t i = 0; i < m.names.len && i < d->nodes.len && !status; i++)
        if (m.names.at[i] && !strchr(d->nodes.at[i].title, ':') && is_only(&m, i))
            definition_rename(d, (int32_t)i, m.names.at[i], strlen(m.names.at[i]));
    vec_release(&m.names);
    return status;
}
