/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Documents as one HTML page (WCAG 2.1 A and AA): language, landmarks, captions, header cells with
 * their scope, pictures with title and description, contrast of 4.5 in light and dark, nothing told
 * by colour alone.  The content policy forbids every request, so that the page proves it makes
 * none. */
#include "report/html.h"

#include "report/svg.h"

#include <string.h>

/* Cells of a table at most; a page that grows too large is made again with fewer. */
enum { CELLS_MAX = 6000, CELLS_LEAST = 300 };

/* Between the paints for light and those for dark, and behind them. */
static const char style_start[] =
    ":root{color-scheme:light dark;--good:#0a6b4b;--bad:#a6340a;--unsure:#7a5200;--link:#005a9c;";
static const char style_dark[] = "}\n@media(prefers-color-scheme:dark){:root{--good:#5fd0a5;"
                                 "--bad:#ff9b73;--unsure:#f0c060;--link:#7cc0ff;";
static const char style[] =
    "}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--bg);color:var(--fg);"
    "font:16px/1.6 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif}\n"
    "header,main,footer,nav{max-width:60rem;margin:0 auto;padding:0 1.5rem}\n"
    "header{padding-top:3rem}\n"
    "h1{font-size:2rem;line-height:1.2;margin:0 0 .4rem;letter-spacing:-.01em;"
    "overflow-wrap:anywhere}\n"
    "h2{font-size:1.3rem;line-height:1.3;margin:3.2rem 0 1rem;padding-top:1.2rem;"
    "border-top:1px solid var(--grid)}\n"
    "p,ul{margin:.6rem 0;max-width:46rem;overflow-wrap:anywhere}\n"
    "ul{padding-left:1.3rem}li{margin:.35rem 0}\n"
    ".sub,figcaption span,caption,.note{color:var(--soft)}\n"
    "a{color:var(--link)}\n"
    "nav ol{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;margin:1.2rem 0 0;"
    "padding:0;font-size:.9rem}\n"
    ".verdict{font-size:1.15rem;padding:1rem 1.3rem;border-left:.35rem solid var(--soft);"
    "background:var(--card);max-width:none;border-radius:0 .4rem .4rem 0}\n"
    ".verdict.good{border-color:var(--good)}.verdict.bad{border-color:var(--bad)}"
    ".verdict.unsure{border-color:var(--unsure)}\n"
    "td.good,dd.good{color:var(--good)}td.bad,dd.bad{color:var(--bad)}"
    "td.unsure,dd.unsure{color:var(--unsure)}\n"
    ".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));gap:.9rem;"
    "margin:1.2rem 0}\n"
    ".cards div{background:var(--card);border-radius:.5rem;padding:.9rem 1.1rem}\n"
    ".cards dt{color:var(--soft);font-size:.85rem}"
    ".cards dd{margin:0;font-size:1.45rem;line-height:1.3;font-variant-numeric:tabular-nums}"
    ".cards dd+dd{font-size:.85rem;color:var(--soft)}\n"
    ".scroll{overflow-x:auto;margin:1.2rem 0}\n"
    "table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums;"
    "min-width:24rem}\n"
    "caption{text-align:left;padding:0 0 .5rem;font-size:.9rem}\n"
    "th,td{padding:.4rem .9rem;text-align:left;vertical-align:top;border-bottom:1px solid "
    "var(--grid);unicode-bidi:isolate}\n"
    "th:first-child{padding-left:0}\n"
    "thead th{color:var(--soft);font-weight:600;vertical-align:bottom}"
    "tbody th{font-weight:500;min-width:7rem;max-width:22rem;overflow-wrap:break-word}\n"
    "details{margin:.9rem 0}details>.scroll{margin-top:.9rem}\n"
    "td{max-width:34rem;overflow-wrap:break-word}\n"
    ".n{text-align:right;white-space:nowrap}\n"
    "thead .n{white-space:normal;min-width:6.5rem}\n"
    "figure{margin:1.8rem 0 2.4rem}\n"
    "figcaption strong{display:block}figcaption span{display:block;max-width:46rem;"
    "font-size:.92rem}\n"
    ".pic{overflow-x:auto;margin:.8rem 0}\n"
    "svg{display:block;width:100%;height:auto;min-width:30rem;max-width:47.5rem;"
    "font-family:inherit;font-variant-numeric:tabular-nums}\n"
    "summary{cursor:pointer;color:var(--link);font-size:.9rem}\n"
    "pre{background:var(--card);padding:.9rem 1.1rem;border-radius:.4rem;overflow-x:auto;"
    "font-size:.88rem;white-space:pre-wrap;overflow-wrap:anywhere}\n"
    "footer{color:var(--soft);font-size:.85rem;padding:3rem 1.5rem}\n"
    ":focus-visible{outline:3px solid var(--c1);outline-offset:2px}\n"
    "@media(max-width:40rem){header,main,footer,nav{padding-left:1rem;padding-right:1rem}"
    "th,td{padding:.4rem .5rem}table{min-width:0}thead .n{min-width:4.5rem}"
    "tbody th{min-width:5.5rem}}\n"
    "@media print{:root{--bg:#fff;--fg:#000;--soft:#444;--card:#f4f4f4;--grid:#ccc}"
    "body{font-size:10.5pt}nav{display:none}h2{break-after:avoid}"
    "figure,tr,.cards div{break-inside:avoid}.scroll,.pic{overflow:visible}"
    "svg{min-width:0;max-width:100%}header,main,footer{max-width:none;padding:0}}\n";

void html_escape(struct buf *out, const char *s)
{
    struct buf clean;
    buf_init(&clean);
    text_clean(&clean, s);
    for (const char *at = buf_text(&clean); *at; at++) {
        switch (*at) {
        case '&':
            buf_puts(out, "&amp;");
            break;
        case '<':
            buf_puts(out, "&lt;");
            break;
        case '>':
            buf_puts(out, "&gt;");
            break;
        case '"':
            buf_puts(out, "&quot;");
            break;
        case '\'':
            buf_puts(out, "&#39;");
            break;
        default:
            buf_putc(out, *at);
        }
    }
    buf_release(&clean);
}

/* <tag class="a">text</tag>, the text escaped; no class when NULL. */
static void element(struct buf *out, const char *tag, const char *class, const char *text)
{
    buf_printf(out, "<%s", tag);
    if (class && *class)
        buf_printf(out, " class=\"%s\"", class);
    buf_putc(out, '>');
    html_escape(out, text);
    buf_printf(out, "</%s>", tag);
}

static const char *tone_class(enum tone tone)
{
    static const char *const classes[] = {
        [TONE_PLAIN] = "", [TONE_GOOD] = "good", [TONE_BAD] = "bad", [TONE_UNSURE] = "unsure"};
    return classes[tone];
}

static void put_head_row(const struct table *t, struct buf *out)
{
    buf_puts(out, "<thead><tr>");
    for (size_t c = 0; c < t->columns.len; c++) {
        buf_printf(out, "<th scope=\"col\"%s>", t->columns.at[c].number ? " class=\"n\"" : "");
        html_escape(out, t->columns.at[c].title);
        buf_puts(out, "</th>");
    }
    buf_puts(out, "</tr></thead>");
}

static void put_row(const struct table *t, size_t row, struct buf *out)
{
    buf_puts(out, "<tr>");
    for (size_t c = 0; c < t->columns.len; c++) {
        const struct cell *cell = &t->cells.at[row * t->columns.len + c];
        bool number = t->columns.at[c].number;
        if (c == 0 && !number) {
            buf_puts(out, "<th scope=\"row\">");
            html_escape(out, cell->text);
            buf_puts(out, "</th>");
            continue;
        }
        const char *tone = tone_class(cell->tone);
        buf_puts(out, "<td");
        if (number || *tone)
            buf_printf(out, " class=\"%s%s%s\"", number ? "n" : "", number && *tone ? " " : "",
                       tone);
        buf_putc(out, '>');
        html_escape(out, cell->text);
        buf_puts(out, "</td>");
    }
    buf_puts(out, "</tr>\n");
}

static void put_table(const struct table *t, size_t cells, struct buf *out)
{
    size_t rows = table_rows(t), most = t->columns.len ? cells / t->columns.len : 0;
    buf_puts(out, "<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"");
    html_escape(out, t->caption);
    buf_puts(out, "\"><table><caption>");
    html_escape(out, t->caption);
    if (rows > most)
        buf_printf(out, " (the first %zu of %zu rows)", most, rows);
    buf_puts(out, "</caption>");
    put_head_row(t, out);
    buf_puts(out, "<tbody>\n");
    for (size_t r = 0; r < rows && r < most; r++)
        put_row(t, r, out);
    buf_puts(out, "</tbody></table></div>\n");
    if (t->note)
        element(out, "p", "note", t->note);
}

static void put_figure(const struct figure *f, size_t cells, struct buf *out)
{
    buf_puts(out, "<figure><figcaption>");
    element(out, "strong", NULL, f->title);
    element(out, "span", NULL, f->description);
    buf_puts(out, "</figcaption>");
    if (f->svg) {
        buf_puts(out, "<div class=\"pic\" tabindex=\"0\" role=\"group\" aria-label=\"");
        html_escape(out, f->title);
        buf_puts(out, "\">");
        svg_put_figure(out, f);
        buf_puts(out, "</div>");
    } else {
        buf_puts(out, "<p class=\"note\">The picture is not here: ");
        html_escape(out, f->missing ? f->missing : "it was not drawn");
        buf_puts(out, ". Its data follows.</p>");
    }
    if (f->data) {
        buf_printf(out, "<details%s><summary>Data of \u201c", f->svg ? "" : " open");
        html_escape(out, f->title);
        buf_puts(out, "\u201d as a table</summary>");
        put_table(f->data, cells, out);
        buf_puts(out, "</details>");
    }
    buf_puts(out, "</figure>\n");
}

/* A card: the name, the value, and what stands in brackets behind it on a line of its own. */
static void put_number(const struct block *b, struct buf *out)
{
    const char *bracket = strstr(b->text, " (");
    size_t len = bracket ? (size_t)(bracket - b->text) : strlen(b->text);
    buf_puts(out, "<div>");
    element(out, "dt", NULL, b->note);
    buf_printf(out, "<dd class=\"%s\">", tone_class(b->tone));
    char *value = mem_alloc(len + 1);
    memcpy(value, b->text, len);
    value[len] = '\0';
    html_escape(out, value);
    mem_free(value);
    buf_puts(out, "</dd>");
    if (bracket)
        element(out, "dd", NULL, bracket + 1);
    buf_puts(out, "</div>");
}

static void put_block(const struct block *b, size_t cells, struct buf *out)
{
    switch (b->kind) {
    case BLOCK_PARAGRAPH:
        element(out, "p", NULL, b->text);
        break;
    case BLOCK_VERDICT:
        buf_printf(out, "<p class=\"verdict %s\">", tone_class(b->tone));
        html_escape(out, b->text);
        buf_puts(out, "</p>");
        break;
    case BLOCK_BULLET:
        element(out, "li", NULL, b->text);
        break;
    case BLOCK_NUMBER:
        put_number(b, out);
        break;
    case BLOCK_CODE:
        buf_puts(out, "<pre><code>");
        html_escape(out, b->text);
        buf_puts(out, "</code></pre>");
        break;
    case BLOCK_TABLE:
        put_table(b->table, cells, out);
        break;
    case BLOCK_FIGURE:
        put_figure(b->figure, cells, out);
        break;
    case BLOCK_FOLD:
        buf_puts(out, "<details>");
        element(out, "summary", NULL, b->text);
        break;
    case BLOCK_UNFOLD:
        buf_puts(out, "</details>");
        break;
    case BLOCK_HEADING:
        element(out, "h3", NULL, b->text);
        break;
    case BLOCK_ABSENT:
        element(out, "p", "absent", b->text);
        break;
    case BLOCK_PAIR:
        buf_puts(out, "<div class=\"pair\">");
        break;
    case BLOCK_UNPAIR:
        buf_puts(out, "</div>");
        break;
    }
    buf_putc(out, '\n');
}

static void put_section(const struct section *s, size_t cells, struct buf *out)
{
    buf_printf(out, "<section aria-labelledby=\"%s\"><h2 id=\"%s\">", s->id, s->id);
    html_escape(out, s->title);
    buf_puts(out, "</h2>\n");
    for (size_t i = 0; i < s->blocks.len; i++) {
        bool bullets = s->blocks.at[i].kind == BLOCK_BULLET;
        if (document_run_starts(s, i))
            buf_puts(out, bullets ? "<ul>\n" : "<dl class=\"cards\">\n");
        put_block(&s->blocks.at[i], cells, out);
        if (document_run_ends(s, i))
            buf_puts(out, bullets ? "</ul>\n" : "</dl>\n");
    }
    buf_puts(out, "</section>\n");
}

static void put_document(const struct document *d, size_t cells, struct buf *out)
{
    buf_puts(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                  "style-src 'unsafe-inline'\">\n"
                  "<meta name=\"referrer\" content=\"no-referrer\">\n");
    element(out, "title", NULL, d->title);
    buf_printf(out, "\n<style>\n%s%s%s%s%s%s\n</style></head>\n<body>\n<header>", style_start,
               svg_paints_light, style_dark, svg_paints_dark, style, svg_classes);
    element(out, "h1", NULL, d->title);
    if (*d->subtitle)
        element(out, "p", "sub", d->subtitle);
    buf_puts(out, "</header>\n<nav aria-label=\"Sections\"><ol>\n");
    for (size_t i = 0; i < d->sections.len; i++) {
        const struct section *s = &d->sections.at[i];
        if (!s->blocks.len)
            continue;
        buf_printf(out, "<li><a href=\"#%s\">", s->id);
        html_escape(out, s->title);
        buf_puts(out, "</a></li>\n");
    }
    buf_puts(out, "</ol></nav>\n<main>\n");
    for (size_t i = 0; i < d->sections.len; i++)
        if (d->sections.at[i].blocks.len)
            put_section(&d->sections.at[i], cells, out);
    buf_puts(out, "</main>\n<footer>Made by Seam. This page holds all that it shows, and asks for "
                  "nothing outside.</footer>\n</body></html>\n");
}

int report_html(const struct result *const *results, size_t n, const struct html_options *options,
                struct buf *out, struct error *err)
{
    struct document d;
    struct buf page;
    int status = 0;
    buf_init(&page);
    report_build(results, n, options, &d);
    for (size_t cells = CELLS_MAX; cells >= CELLS_LEAST; cells /= 2) {
        buf_clear(&page);
        put_document(&d, cells, &page);
        if (page.len <= REPORT_BYTES_MAX)
            break;
    }
    if (page.len > REPORT_BYTES_MAX)
        status = error_set(err, ERR_LIMIT,
                           "report: the page would have %zu bytes, more than %d; report fewer "
                           "results at a time",
                           page.len, (int)REPORT_BYTES_MAX);
    else
        buf_add(out, page.data, page.len);
    document_release(&d);
    buf_release(&page);
    return status;
}
