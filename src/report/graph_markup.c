/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Graphs for other programs.  Nodes are called s0, s1, ... and by their ends; every text that came
 * from a scenario is inside quotes, with what the language would take for more than text written as
 * entities: graphviz's (HTML), Mermaid's ("#35;"). */
#include "report/document.h"
#include "report/graph.h"
#include "report/graph_parts.h"

#include <string.h>

typedef void put_fn(struct buf *out, const char *text);

static void put_dot_text(struct buf *out, const char *text)
{
    struct buf clean;
    buf_init(&clean);
    text_clean(&clean, text);
    for (const char *c = buf_text(&clean); *c; c++)
        switch (*c) {
        case '&':
            buf_puts(out, "&amp;");
            break;
        case '"':
            buf_puts(out, "&quot;");
            break;
        case '\\':
            buf_puts(out, "\\\\");
            break;
        default:
            buf_putc(out, *c);
        }
    buf_release(&clean);
}

static void put_mermaid_text(struct buf *out, const char *text)
{
    struct buf clean;
    buf_init(&clean);
    text_clean(&clean, text);
    for (const char *c = buf_text(&clean); *c; c++)
        if (strchr("\"#&<>`\\{}[]|;*~$", *c))
            buf_printf(out, "#%d;", *c);
        else
            buf_putc(out, *c);
    buf_release(&clean);
}

/* The facts without the kind and the layer, which the drawing has; "" where there are no others. */
static void put_label(const struct pipeline *p, uint32_t i, const char *newline, put_fn *put,
                      struct buf *out)
{
    enum { LINE = 30 };
    struct buf facts;
    size_t at = 0;
    buf_init(&facts);
    graph_put_facts(p, i, &facts);
    put(out, p->step[i].id);
    buf_puts(out, newline);
    for (const char *word = buf_text(&facts); *word;) {
        size_t len = strcspn(word, " ");
        char *one = mem_alloc(len + 1);
        memcpy(one, word, len);
        one[len] = '\0';
        if (at && at + len > LINE) {
            buf_puts(out, newline);
            at = 0;
        }
        buf_puts(out, at ? " " : "");
        put(out, one);
        at += len + 1;
        mem_free(one);
        word += len;
        word += strspn(word, " ");
    }
    buf_release(&facts);
}

/* The name of the node where a way ends; a join is the parallel's own second node. */
static void put_node(const struct pipeline *p, uint32_t from, int32_t to, struct buf *out)
{
    if (to == TO_SKIP)
        to = pipeline_following(p, from);
    if (to >= 0)
        buf_printf(out, "s%d", (int)to);
    else if (to == TO_JOIN || p->step[from].parent)
        buf_printf(out, "join%u", p->step[from].parent - 1);
    else
        buf_puts(out, to == TO_SHIP ? "ship" : to == TO_FAIL ? "failed" : "reject");
}

static void put_source(const struct pipeline *p, uint32_t i, struct buf *out)
{
    buf_printf(out, "%s%u", p->step[i].parallel ? "join" : "s", i);
}

/* Are there items that end so? */
static bool ends(const struct pipeline *p, struct arena *arena, int32_t to)
{
    struct graph_ways ways = {0};
    bool any = false;
    for (uint32_t i = 0; i < p->n_steps; i++) {
        graph_ways(p, i, arena, &ways);
        for (size_t k = 0; k < ways.list.len; k++) {
            const struct graph_way *w = &ways.list.at[k];
            any = any || (!p->step[i].parent && (w->to == to || (w->bounded && w->then == to)));
        }
    }
    vec_release(&ways.list);
    return any;
}

static void put_way_label(const struct graph_way *w, put_fn *put, const char *newline,
                          struct buf *out)
{
    put(out, w->when);
    if (*w->when && *w->bound)
        buf_puts(out, newline);
    put(out, w->bound);
}

/* ---- graphviz ------------------------------------------------------------------------------- */

static void put_dot_step(const struct pipeline *p, uint32_t i, struct buf *out)
{
    static const char *const looks[STEP_KIND_COUNT] = {
        [STEP_STAGE] = "shape=box",          [STEP_CHECK] = "shape=octagon",
        [STEP_GATE] = "shape=diamond",       [STEP_REVIEW] = "shape=box, style=\"rounded,bold\"",
        [STEP_PARALLEL] = "shape=trapezium",
    };
    buf_printf(out, "  s%u [%s, label=\"", i, looks[p->step[i].kind]);
    put_label(p, i, "\\n", put_dot_text, out);
    buf_puts(out, "\"];\n");
    if (!p->step[i].parallel)
        return;
    buf_printf(out, "  join%u [shape=invtrapezium, label=\"", i);
    struct buf join;
    buf_init(&join);
    graph_put_join(p->step[i].parallel, &join);
    put_dot_text(out, buf_text(&join));
    buf_puts(out, "\"];\n");
    buf_release(&join);
}

static void put_dot_way(const struct pipeline *p, uint32_t i, const struct graph_way *w,
                        struct buf *out)
{
    bool back = w->to >= 0 && (uint32_t)w->to <= i;
    buf_puts(out, "  ");
    put_source(p, i, out);
    buf_puts(out, " -> ");
    put_node(p, i, w->to, out);
    buf_puts(out, " [label=\"");
    put_way_label(w, put_dot_text, "\\n", out);
    buf_printf(out, "\"%s%s];\n", w->fail ? ", style=dashed" : "",
               back ? ", constraint=false" : "");
    if (w->bounded && w->then != w->to) {
        buf_puts(out, "  ");
        put_source(p, i, out);
        buf_puts(out, " -> ");
        put_node(p, i, w->then, out);
        buf_puts(out, " [label=\"used up\", style=dotted];\n");
    }
}

static void put_dot_branches(const struct pipeline *p, uint32_t i, struct buf *out)
{
    const struct parallel *par = p->step[i].parallel;
    for (uint32_t b = 0; b < par->n_branches; b++) {
        buf_printf(out, "  subgraph cluster_%u_%u {\n    style=dashed;\n    label=\"", i, b);
        if (par->copies > 1)
            buf_printf(out, "%u copies", par->copies);
        else
            buf_printf(out, "branch %u of %u", b + 1, par->n_branches);
        buf_puts(out, "\";\n   ");
        for (uint32_t k = par->first[b]; k < par->first[b + 1]; k++)
            buf_printf(out, " s%u;", k);
        buf_printf(out, "\n  }\n  s%u -> s%u;\n", i, par->first[b]);
    }
}

void graph_put_dot(const struct pipeline *p, struct buf *out)
{
    static const struct {
        int32_t to;
        const char *look;
    } end[] = {
        {TO_SHIP,   "ship [shape=doublecircle, label=\"ship\"]"},
        {TO_REJECT, "reject [shape=circle, label=\"reject\"]"  },
        {TO_FAIL,   "failed [shape=circle, label=\"fail\"]"    }
    };
    struct graph_ways ways = {0};
    struct arena arena;
    arena_init(&arena);
    buf_puts(out, "digraph seam {\n  label=\"");
    put_dot_text(out, p->name ? p->name : "");
    buf_puts(out, "\";\n  labelloc=t;\n  fontname=\"sans-serif\";\n  node "
                  "[fontname=\"sans-serif\", fontsize=11];\n"
                  "  edge [fontname=\"sans-serif\", fontsize=10];\n"
                  "  items [shape=point, xlabel=\"items\"];\n");
    for (uint32_t i = 0; i < p->n_steps; i++)
        put_dot_step(p, i, out);
    for (size_t k = 0; k < sizeof end / sizeof *end; k++)
        if (ends(p, &arena, end[k].to))
            buf_printf(out, "  %s;\n", end[k].look);
    buf_puts(out, "  items -> s0;\n");
    for (uint32_t i = 0; i < p->n_steps; i++) {
        if (p->step[i].parallel)
            put_dot_branches(p, i, out);
        graph_ways(p, i, &arena, &ways);
        for (size_t k = 0; k < ways.list.len; k++)
            put_dot_way(p, i, &ways.list.at[k], out);
    }
    buf_puts(out, "}\n");
    vec_release(&ways.list);
    arena_release(&arena);
}

/* ---- Mermaid -------------------------------------------------------------------------------- */

static void put_mermaid_step(const struct pipeline *p, uint32_t i, const char *indent,
                             struct buf *out)
{
    static const char *const open[STEP_KIND_COUNT] = {[STEP_STAGE] = "[\"",
                                                      [STEP_CHECK] = "{{\"",
                                                      [STEP_GATE] = "{\"",
                                                      [STEP_REVIEW] = "([\"",
                                                      [STEP_PARALLEL] = "[/\""};
    static const char *const shut[STEP_KIND_COUNT] = {[STEP_STAGE] = "\"]",
                                                      [STEP_CHECK] = "\"}}",
                                                      [STEP_GATE] = "\"}",
                                                      [STEP_REVIEW] = "\"])",
                                                      [STEP_PARALLEL] = "\"\\]"};
    enum step_kind kind = p->step[i].kind;
    buf_printf(out, "%ss%u%s", indent, i, open[kind]);
    put_label(p, i, "<br>", put_mermaid_text, out);
    buf_printf(out, "%s\n", shut[kind]);
    if (!p->step[i].parallel)
        return;
    struct buf join;
    buf_init(&join);
    graph_put_join(p->step[i].parallel, &join);
    buf_printf(out, "%sjoin%u[\\\"", indent, i);
    put_mermaid_text(out, buf_text(&join));
    buf_puts(out, "\"/]\n");
    buf_release(&join);
}

static void put_mermaid_way(const struct pipeline *p, uint32_t i, const struct graph_way *w,
                            struct buf *out)
{
    buf_puts(out, "    ");
    put_source(p, i, out);
    buf_puts(out, w->fail ? " -.->" : " -->");
    if (*w->when || *w->bound) {
        buf_puts(out, "|\"");
        put_way_label(w, put_mermaid_text, "<br>", out);
        buf_puts(out, "\"|");
    }
    buf_putc(out, ' ');
    put_node(p, i, w->to, out);
    buf_putc(out, '\n');
    if (w->bounded && w->then != w->to) {
        buf_puts(out, "    ");
        put_source(p, i, out);
        buf_puts(out, " -.->|\"used up\"| ");
        put_node(p, i, w->then, out);
        buf_putc(out, '\n');
    }
}

static void put_mermaid_branches(const struct pipeline *p, uint32_t i, struct buf *out)
{
    const struct parallel *par = p->step[i].parallel;
    for (uint32_t b = 0; b < par->n_branches; b++) {
        if (par->copies > 1)
            buf_printf(out, "    subgraph branch%u_%u[\"%u copies\"]\n", i, b, par->copies);
        else
            buf_printf(out, "    subgraph branch%u_%u[\"branch %u of %u\"]\n", i, b, b + 1,
                       par->n_branches);
        for (uint32_t k = par->first[b]; k < par->first[b + 1]; k++)
            put_mermaid_step(p, k, "        ", out);
        buf_printf(out, "    end\n    s%u --> s%u\n", i, par->first[b]);
    }
}

void graph_put_mermaid(const struct pipeline *p, struct buf *out)
{
    static const struct {
        int32_t to;
        const char *look;
    } end[] = {
        {TO_SHIP,   "ship(((\"ship\")))"  },
        {TO_REJECT, "reject((\"reject\"))"},
        {TO_FAIL,   "failed((\"fail\"))"  }
    };
    struct graph_ways ways = {0};
    struct arena arena;
    arena_init(&arena);
    buf_puts(out, "flowchart TD\n    items((\"items\"))\n");
    for (uint32_t i = 0; i < p->n_steps; i++) {
        if (!p->step[i].parent)
            put_mermaid_step(p, i, "    ", out);
        if (p->step[i].parallel)
            put_mermaid_branches(p, i, out);
    }
    for (size_t k = 0; k < sizeof end / sizeof *end; k++)
        if (ends(p, &arena, end[k].to))
            buf_printf(out, "    %s\n", end[k].look);
    buf_puts(out, "    items --> s0\n");
    for (uint32_t i = 0; i < p->n_steps; i++) {
        graph_ways(p, i, &arena, &ways);
        for (size_t k = 0; k < ways.list.len; k++)
            put_mermaid_way(p, i, &ways.list.at[k], out);
    }
    vec_release(&ways.list);
    arena_release(&arena);
}
