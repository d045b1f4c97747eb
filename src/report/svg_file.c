/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A figure as a file of its own.  Shown as an image it sees nothing of the page around it, so it
 * brings the paints along, for light and for dark (CSS Color Adjustment 1, 2.2). */
#include "report/svg.h"

#include "report/html.h"
#include "report/plot.h"

#include <string.h>

const char svg_paints_light[] =
    "--bg:#fff;--fg:#1c2126;--soft:#59636d;--card:#f6f7f9;--grid:#dde1e6;"
    "--c1:#0072b2;--c2:#d55e00;--c3:#009e73;--c4:#b8528f;--c5:#b87a00;--c6:#2b8fc7;"
    "--data:#74bdec;--tool:#f5cd58;--model:#15835f;--agent:#1b5592;--human:#df6d1a;"
    "--feedback:#5e2057";
const char svg_paints_dark[] =
    "--bg:#14171a;--fg:#e6e9ec;--soft:#a3adb7;--card:#1d2227;--grid:#363e46;"
    "--c1:#5ab0f0;--c2:#ff8f4d;--c3:#3ecf9f;--c4:#e3a0c6;--c5:#f2bd4b;--c6:#86c9f0;"
    "--data:#9fd4f7;--tool:#ffe08a;--model:#38b48b;--agent:#4c90d6;--human:#fa9d5c;"
    "--feedback:#a35ea3";
const char svg_classes[] =
    ".box{fill:var(--card);stroke:var(--grid)}.ink{fill:var(--fg)}.quiet{fill:var(--soft)}"
    ".way{fill:none;stroke:var(--soft)}.tip{fill:var(--soft)}.back{stroke:var(--c2)}"
    ".backtip{fill:var(--c2)}";

static void put_heading(struct buf *out, const struct figure *f)
{
    buf_puts(out, "<text class=\"ink\" x=\"9\" y=\"23\" font-size=\"17\">");
    html_escape(out, f->title);
    buf_puts(out, "</text><text class=\"quiet\" x=\"9\" y=\"43\" font-size=\"14\">");
    html_escape(out, f->subject);
    buf_printf(out, "</text><g transform=\"translate(0,%g)\">", plot_heading(f));
}

void svg_put_file(struct buf *out, const struct figure *f)
{
    double height = f->height + plot_heading(f);
    buf_printf(out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"%g\" "
               "height=\"%g\" viewBox=\"0 0 %g %g\" font-family=\"system-ui,sans-serif\">\n<title>",
               f->width, height, f->width, height);
    html_escape(out, f->title);
    buf_puts(out, "</title><desc>");
    html_escape(out, f->description);
    buf_printf(out,
               "</desc>\n<style>svg{%s;color:var(--fg)}\n@media(prefers-color-scheme:dark){svg{%s}}"
               "\n%s</style>\n<rect width=\"100%%\" height=\"100%%\" style=\"fill:var(--bg)\"/>",
               svg_paints_light, svg_paints_dark, svg_classes);
    if (f->subject)
        put_heading(out, f);
    buf_puts(out, f->svg);
    buf_puts(out, f->subject ? "</g></svg>\n" : "</svg>\n");
}

/* The paint of `var(--name,fallback)` at s; what follows it in *end. */
static void put_variable(struct buf *out, const char *s, const char **end)
{
    const char *name = s + strlen("var("), *close = strchr(s, ')');
    size_t len = strcspn(name, ",)");
    const char *at = svg_paints_light;
    *end = close ? close + 1 : s + strlen(s);
    while ((at = strstr(at, "--"))) {
        if (!strncmp(at, name, len) && at[len] == ':') {
            buf_add(out, at + len + 1, strcspn(at + len + 1, ";"));
            return;
        }
        at += 2;
    }
    buf_puts(out, "#000");
}

/* The value of an attribute (` name="`) of the tag that begins at `tag`; NULL: it has none. */
static const char *attribute(const char *tag, const char *name, size_t *len)
{
    const char *end = strchr(tag, '>');
    const char *at = strstr(tag, name);
    if (!end || !at || at > end)
        return NULL;
    at += strlen(name);
    *len = strcspn(at, "\"");
    return at;
}

/* The mark that `use` refers to, in its colour: typesetters do not hand that down into it. */
static void put_mark(struct buf *out, const char *svg, const char *use, const char *colour,
                     int depth)
{
    static const char *const kept[] = {" transform=\"", " fill=\"", " stroke=\""};
    enum { DEPTH = 4 };
    size_t len;
    const char *id = attribute(use, " href=\"#", &len), *tag = svg;
    struct buf key;
    if (!id || depth == DEPTH)
        return;
    buf_puts(out, "<g");
    for (size_t k = 0; k < sizeof kept / sizeof *kept; k++) {
        size_t n;
        const char *value = attribute(use, kept[k], &n);
        if (value && n == strlen("currentColor") && !strncmp(value, "currentColor", n))
            buf_printf(out, "%s%s\"", kept[k], colour);
        else if (value)
            buf_printf(out, "%s%.*s\"", kept[k], (int)n, value);
    }
    buf_putc(out, '>');
    buf_init(&key);
    buf_printf(&key, " id=\"%.*s\"", (int)len, id);
    tag = strstr(svg, buf_text(&key));
    buf_release(&key);
    while (tag && tag > svg && *tag != '<')
        tag--;
    if (tag && !strncmp(tag, "<use ", 5))
        put_mark(out, svg, tag, colour, depth + 1);
    else if (tag)
        for (const char *end = strchr(tag, '>'); end && tag <= end;) {
            static const char current[] = "currentColor", name[] = " id=\"";
            if (!strncmp(tag, current, sizeof current - 1)) {
                buf_puts(out, colour);
                tag += sizeof current - 1;
            } else if (!strncmp(tag, name, sizeof name - 1)) {
                tag += sizeof name - 1;
                tag += strcspn(tag, "\"") + 1;
            } else {
                buf_putc(out, *tag++);
            }
        }
    buf_puts(out, "</g>");
}

/* A `use` in a colour of its own as the mark it refers to; false: it is none. */
static bool put_coloured(struct buf *out, const char *svg, const char **s)
{
    size_t len;
    const char *style = attribute(*s, " style=\"color:", &len), *rest;
    struct buf colour;
    if (!style || strncmp(style, "var(--", 6) || !attribute(*s, " href=\"#", &len))
        return false;
    buf_init(&colour);
    put_variable(&colour, style, &rest);
    put_mark(out, svg, *s, buf_text(&colour), 0);
    buf_release(&colour);
    *s = strchr(*s, '>') + 1;
    return true;
}

/* A text with its paints instead of their names, and references as SVG 1.1 writes them. */
static void put_plain_paints(struct buf *out, const char *svg)
{
    static const char current[] = "currentColor";
    for (const char *s = svg; *s;) {
        const char *at = s;
        while (*at && strncmp(at, "var(--", 6) && strncmp(at, current, sizeof current - 1) &&
               strncmp(at, " href", 5) && strncmp(at, "<use ", 5))
            at++;
        buf_add(out, s, (size_t)(at - s));
        s = at;
        if (*at == '<' && put_coloured(out, svg, &s))
            continue;
        if (*at == '<')
            buf_putc(out, *s++);
        else if (*at == 'v')
            put_variable(out, at, &s);
        else if (*at == ' ') {
            buf_puts(out, " xlink:href");
            s += strlen(" href");
        } else if (*at) {
            buf_puts(out, "#1c2126");
            s += sizeof current - 1;
        }
    }
}

void svg_put_paper(struct buf *out, const struct figure *f)
{
    buf_printf(out, "<svg viewBox=\"0 0 %g %g\" width=\"%g\" height=\"%g\"><style>", f->width,
               f->height, f->width, f->height);
    put_plain_paints(out, svg_classes);
    buf_puts(out, "</style>");
    put_plain_paints(out, f->svg);
    buf_puts(out, "</svg>");
}
