/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small tokenizer over gnuplot's SVG: tags and attributes pass when they are on the lists below,
 * text is escaped anew, everything else (prolog, comments, scripts, filters, styles, titles) goes.
 * What comes out holds only what was written here, so it cannot carry more than the lists allow. */
#include "report/svg.h"

#include "report/document.h"
#include "report/html.h"

#include <stdio.h>
#include <string.h>

static const char *const elements[] = {"g",    "path",  "rect",     "circle", "line", "polygon",
                                       "text", "tspan", "polyline", "use",    "defs"};
/* Left out with all they hold. */
static const char *const swallowed[] = {"title", "desc", "filter", "script", "style"};
static const char *const attributes[] = {"x",
                                         "y",
                                         "width",
                                         "height",
                                         "cx",
                                         "cy",
                                         "r",
                                         "d",
                                         "points",
                                         "transform",
                                         "fill",
                                         "stroke",
                                         "opacity",
                                         "fill-opacity",
                                         "stroke-opacity",
                                         "stroke-width",
                                         "stroke-dasharray",
                                         "stroke-linecap",
                                         "stroke-linejoin",
                                         "font-size",
                                         "font-weight",
                                         "text-anchor",
                                         "dy",
                                         "dx",
                                         "x1",
                                         "x2",
                                         "y1",
                                         "y2",
                                         "id",
                                         "color"};

/* The colours that the pictures use, and the page's names for them. */
static const struct {
    int rgb[3];
    const char *paint;
} colours[] = {
    {{0, 0, 0},       "currentColor"           },
    {{0, 114, 178},   "var(--c1,#0072b2)"      },
    {{213, 94, 0},    "var(--c2,#d55e00)"      },
    {{0, 158, 115},   "var(--c3,#009e73)"      },
    {{184, 82, 143},  "var(--c4,#b8528f)"      },
    {{184, 122, 0},   "var(--c5,#b87a00)"      },
    {{86, 180, 233},  "var(--c6,#56b4e9)"      },
    {{221, 225, 230}, "var(--grid,#dde1e6)"    },
    {{120, 128, 136}, "var(--soft,#788088)"    },
    {{89, 99, 109},   "var(--soft,#59636d)"    },
    {{255, 255, 255}, "var(--bg,#fff)"         },
    {{116, 189, 236}, "var(--data,#74bdec)"    },
    {{245, 205, 88},  "var(--tool,#f5cd58)"    },
    {{21, 131, 95},   "var(--model,#15835f)"   },
    {{27, 85, 146},   "var(--agent,#1b5592)"   },
    {{223, 109, 26},  "var(--human,#df6d1a)"   },
    {{94, 32, 87},    "var(--feedback,#5e2057)"},
};

struct span {
    const char *at;
    size_t len;
};

static bool span_is(struct span s, const char *word)
{
    return s.len == strlen(word) && !memcmp(s.at, word, s.len);
}

static bool listed(struct span s, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (span_is(s, words[i]))
            return true;
    return false;
}
#define LISTED(s, words) listed(s, words, sizeof words / sizeof *words)

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == ':' || c == '.';
}

/* Next attribute of a tag; false at its end.  The value is without its quotes. */
static bool next_attribute(const char **at, const char *end, struct span *name, struct span *value)
{
    const char *p = *at;
    while (p < end && (is_space(*p) || *p == '/'))
        p++;
    name->at = p;
    while (p < end && name_char(*p))
        p++;
    name->len = (size_t)(p - name->at);
    while (p < end && is_space(*p))
        p++;
    if (!name->len || p == end || *p++ != '=')
        return false;
    while (p < end && is_space(*p))
        p++;
    if (p == end || (*p != '"' && *p != '\''))
        return false;
    const char *close = memchr(p + 1, *p, (size_t)(end - p - 1));
    if (!close)
        return false;
    *value = (struct span){p + 1, (size_t)(close - p - 1)};
    *at = close + 1;
    return true;
}

/* Values are numbers, geometry and colours: no quotes, no markup, no references. */
static bool plain_value(struct span v)
{
    for (size_t i = 0; i < v.len; i++)
        if (v.at[i] == '"' || v.at[i] == '\'' || v.at[i] == '<' || v.at[i] == '>' ||
            v.at[i] == '&' || v.at[i] == ':' || v.at[i] == '\\')
            return false;
    return !(v.len >= 3 && !memcmp(v.at, "url", 3));
}

/* The page's paint for a colour; NULL when it has none. */
static const char *paint_of(struct span v)
{
    char text[64];
    int rgb[3];
    if (v.len >= sizeof text)
        return NULL;
    memcpy(text, v.at, v.len);
    text[v.len] = '\0';
    if (!strcmp(text, "black") || !strcmp(text, "currentColor"))
        return "currentColor";
    if (!strcmp(text, "white"))
        return "var(--bg,#fff)";
    if (sscanf(text, "rgb( %d , %d , %d )", &rgb[0], &rgb[1], &rgb[2]) != 3)
        return NULL;
    for (size_t i = 0; i < sizeof colours / sizeof *colours; i++)
        if (!memcmp(rgb, colours[i].rgb, sizeof rgb))
            return colours[i].paint;
    return NULL;
}

static bool is_paint(struct span name)
{
    return span_is(name, "fill") || span_is(name, "stroke") || span_is(name, "color");
}

/* Paints with a name of the page go to `style`: var() is no presentation attribute. */
static void put_attribute(struct buf *out, struct buf *style, struct span name, struct span value,
                          const char *prefix)
{
    if (span_is(name, "xlink:href") || span_is(name, "href")) {
        struct span target = {value.at + 1, value.len ? value.len - 1 : 0};
        if (value.len > 1 && value.at[0] == '#' && plain_value(target))
            buf_printf(out, " href=\"#%s-%.*s\"", prefix, (int)target.len, target.at);
        return;
    }
    const char *paint = is_paint(name) ? paint_of(value) : NULL;
    if (!LISTED(name, attributes) || !plain_value(value))
        return;
    if (span_is(name, "color") && !(paint && paint[0] == 'v'))
        return; /* as the text around */
    if (paint && paint[0] == 'v') {
        buf_printf(style, "%.*s:%s;", (int)name.len, name.at, paint);
        return;
    }
    buf_printf(out, " %.*s=\"", (int)name.len, name.at);
    if (span_is(name, "id"))
        buf_printf(out, "%s-", prefix);
    if (paint)
        buf_puts(out, paint);
    else
        buf_add(out, value.at, value.len);
    buf_putc(out, '"');
}

static void put_tag(struct buf *out, struct span tag, const char *at, const char *end,
                    const char *prefix)
{
    struct span name, value;
    bool closed = end > at && end[-1] == '/';
    struct buf style;
    buf_init(&style);
    buf_printf(out, "<%.*s", (int)tag.len, tag.at);
    while (next_attribute(&at, end, &name, &value))
        put_attribute(out, &style, name, value, prefix);
    if (style.len)
        buf_printf(out, " style=\"%s\"", buf_text(&style));
    buf_puts(out, closed ? "/>" : ">");
    buf_release(&style);
}

/* Character data, with gnuplot's own escapes undone and all done again. */
static void put_text(struct buf *out, const char *s, size_t len)
{
    static const struct {
        const char *entity, *text;
    } known[] = {
        {"&amp;",  "&" },
        {"&lt;",   "<" },
        {"&gt;",   ">" },
        {"&quot;", "\""},
        {"&apos;", "'" }
    };
    struct buf plain;
    bool blank = true;
    buf_init(&plain);
    for (size_t i = 0; i < len;) {
        size_t k = 0, n = sizeof known / sizeof *known;
        while (k < n && (len - i < strlen(known[k].entity) ||
                         memcmp(s + i, known[k].entity, strlen(known[k].entity))))
            k++;
        buf_putc(&plain, k < n ? known[k].text[0] : s[i]);
        blank = blank && k == n && is_space(s[i]);
        i += k < n ? strlen(known[k].entity) : 1;
    }
    if (!blank)
        html_escape(out, buf_text(&plain));
    buf_release(&plain);
}

/* Past the end of an element that is left out. */
static const char *swallow(struct span tag, const char *at, const char *end)
{
    for (; at < end; at++)
        if (*at == '<' && (size_t)(end - at) > tag.len + 2 && at[1] == '/' &&
            !memcmp(at + 2, tag.at, tag.len))
            return at;
    return end;
}

static void read_size(const char *at, const char *end, double *width, double *height)
{
    struct span name, value;
    char text[64];
    while (next_attribute(&at, end, &name, &value))
        if (span_is(name, "viewBox") && value.len < sizeof text) {
            memcpy(text, value.at, value.len);
            text[value.len] = '\0';
            if (sscanf(text, "%*f %*f %lf %lf", width, height) != 2)
                *width = *height = 0;
        }
}

int svg_clean(const char *text, size_t len, const char *prefix, struct buf *out, double *width,
              double *height, struct error *err)
{
    const char *at = text, *end = text + len;
    *width = *height = 0;
    while (at < end) {
        const char *open = memchr(at, '<', (size_t)(end - at));
        put_text(out, at, (size_t)((open ? open : end) - at));
        if (!open)
            break;
        const char *close = memchr(open, '>', (size_t)(end - open));
        if (!close)
            return error_set(err, ERR_INPUT, "picture: its SVG is cut");
        bool ends = open + 1 < close && open[1] == '/';
        struct span tag = {open + 1 + ends, 0};
        while (tag.at + tag.len < close && name_char(tag.at[tag.len]))
            tag.len++;
        at = close + 1;
        if (span_is(tag, "svg") && !ends)
            read_size(tag.at + tag.len, close, width, height);
        else if (LISTED(tag, elements) && ends)
            buf_printf(out, "</%.*s>", (int)tag.len, tag.at);
        else if (LISTED(tag, elements))
            put_tag(out, tag, tag.at + tag.len, close, prefix);
        else if (LISTED(tag, swallowed) && !ends && close[-1] != '/')
            at = swallow(tag, at, end);
    }
    if (!(*width > 0 && *height > 0))
        return error_set(err, ERR_INPUT, "picture: no SVG with a viewBox");
    return 0;
}

void svg_put_figure(struct buf *out, const struct figure *f)
{
    buf_printf(out, "<svg role=\"img\" viewBox=\"0 0 %g %g\" aria-labelledby=\"%s-t %s-d\">",
               f->width, f->height, f->id, f->id);
    buf_printf(out, "<title id=\"%s-t\">", f->id);
    html_escape(out, f->title);
    buf_printf(out, "</title><desc id=\"%s-d\">", f->id);
    html_escape(out, f->description);
    buf_puts(out, "</desc>");
    buf_puts(out, f->svg);
    buf_puts(out, "</svg>");
}
