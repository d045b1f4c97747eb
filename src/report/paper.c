/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The document as a page for WeasyPrint 57, which knows neither grids nor variables nor isolation
 * of directions: plain colours, tables to the width of the paper, and cells that are not all ASCII
 * set apart by U+2066 and U+2069 (UAX 9, 2.4.2), so that a name written from right to left turns
 * nothing around it. */
#include "report/html_parts.h"
#include "report/pdf.h"

#include "base/utf8.h"
#include "report/svg.h"

#include <string.h>

/* Cells of a table at most: what nobody reads on paper is in the page for screens. */
enum { CELLS = 150 };

static const char style[] =
    "@page{size:A4;margin:19mm 17mm 18mm;@bottom-left{content:string(subject);"
    "font:8pt 'DejaVu Sans',sans-serif;color:#59636d}"
    "@bottom-right{content:counter(page) ' of ' counter(pages);"
    "font:8pt 'DejaVu Sans',sans-serif;color:#59636d}}\n"
    "@page:first{@bottom-left{content:''}}\n"
    "body{font:9.5pt/1.5 'DejaVu Sans','Noto Sans','Noto Color Emoji',sans-serif;color:#1c2126;"
    "margin:0}\n"
    "h1{font-size:20pt;line-height:1.2;margin:0 0 2mm;string-set:subject content();"
    "overflow-wrap:anywhere}\n"
    "h2{font-size:13pt;line-height:1.3;margin:9mm 0 3mm;padding-top:3mm;"
    "border-top:.3mm solid #dde1e6;break-after:avoid}\n"
    "h3{font-size:10pt;margin:5mm 0 2mm;break-after:avoid}\n"
    "p,ul{margin:2mm 0;overflow-wrap:anywhere}ul{padding-left:5mm}li{margin:1mm 0}\n"
    ".sub,.note,.absent,figcaption span,caption{color:#59636d}\n"
    "a{color:#005a9c;text-decoration:none}\n"
    "a.behind::after{content:', page ' target-counter(attr(href),page)}\n"
    ".contents{list-style:none;padding:0;columns:2;font-size:8.5pt;margin:4mm 0}\n"
    ".contents a::after{content:leader('.') target-counter(attr(href),page)}\n"
    ".verdict{font-size:11pt;padding:3mm 4mm;border-left:1.2mm solid #59636d;background:#f6f7f9}\n"
    ".verdict.good{border-color:#0a6b4b}.verdict.bad{border-color:#a6340a}"
    ".verdict.unsure{border-color:#7a5200}\n"
    ".good{color:#0a6b4b}.bad{color:#a6340a}.unsure{color:#7a5200}"
    "p.good,p.bad,p.unsure{color:#1c2126}\n"
    ".cards{margin:3mm 0}.cards div{display:inline-block;vertical-align:top;width:38mm;"
    "margin:0 2mm 2mm 0;padding:2mm 3mm;background:#f6f7f9;border-radius:1mm}\n"
    ".cards dt{color:#59636d;font-size:7.5pt}.cards dd{margin:0;font-size:13pt;line-height:1.3}"
    ".cards dd+dd{font-size:7.5pt;color:#59636d}\n"
    "table{border-collapse:collapse;font-size:7.8pt;line-height:1.35;max-width:100%;"
    "table-layout:fixed;margin:2mm 0}\n"
    "caption{text-align:left;padding:0 0 1mm;font-size:8.5pt;break-after:avoid}\n"
    "th,td{padding:.9mm 1.5mm;text-align:left;vertical-align:top;"
    "border-bottom:.2mm solid #dde1e6;overflow-wrap:break-word}\n"
    "th:first-child{padding-left:0}thead th{color:#59636d;font-weight:600;vertical-align:bottom}"
    "thead th:first-child{width:48mm}"
    "tbody th{font-weight:500}.n{text-align:right}tr{break-inside:avoid}\n"
    "table.broad thead th:first-child{width:36mm}.broad td,.broad th+th{"
    "padding-left:1mm;padding-right:1mm}.note{font-size:8.5pt}\n"
    ".numbers table{font-size:6.6pt;line-height:1.3}.numbers th,.numbers td{padding:.5mm 1.2mm}\n"
    "figure{margin:4mm 0 6mm;break-inside:avoid}figcaption strong{display:block}"
    "figcaption span{display:block;font-size:8.5pt}\n"
    "svg{display:block;width:150mm;max-width:100%;height:auto;margin:2mm 0;"
    "font-family:'DejaVu Sans',sans-serif}\n"
    ".pair{margin:0}\n"
    "pre{background:#f6f7f9;padding:2mm 3mm;font-size:7.8pt;white-space:pre-wrap;"
    "overflow-wrap:anywhere}\n"
    "footer{color:#59636d;font-size:8pt;margin-top:8mm}\n";

/* Sets apart the texts between tags that hold more than ASCII. */
static void isolate(struct buf *out, const char *page, size_t len)
{
    const char *at = page, *end = page + len;
    while (at < end) {
        const char *open = memchr(at, '<', (size_t)(end - at));
        size_t n = (size_t)((open ? open : end) - at);
        bool apart = !utf8_is_ascii(at, n);
        if (apart)
            buf_puts(out, "\u2066");
        buf_add(out, at, n);
        if (apart)
            buf_puts(out, "\u2069");
        if (!open)
            return;
        const char *close = memchr(open, '>', (size_t)(end - open));
        at = close ? close + 1 : end;
        buf_add(out, open, (size_t)(at - open));
    }
}

static void put_contents(const struct document *d, bool numbers, struct buf *out)
{
    buf_puts(out, "<ol class=\"contents\">\n");
    for (size_t i = 0; i < d->sections.len; i++) {
        const struct section *s = &d->sections.at[i];
        if (!s->blocks.len)
            continue;
        buf_printf(out, "<li><a href=\"#%s\">", s->id);
        html_escape(out, s->title);
        buf_puts(out, "</a></li>\n");
    }
    if (numbers)
        buf_puts(out, "<li><a href=\"#numbers\">The numbers behind it</a></li>\n");
    buf_puts(out, "</ol>\n");
}

void report_paper(const struct document *d, struct buf *out)
{
    struct buf text = {0}, numbers = {0};
    struct page page = {.out = &text, .aside = &numbers, .cells = CELLS};
    for (size_t i = 0; i < d->sections.len; i++)
        if (d->sections.at[i].blocks.len)
            html_section(&page, &d->sections.at[i]);
    buf_puts(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n");
    html_element(out, "title", NULL, d->title);
    buf_printf(out,
               "\n<meta name=\"generator\" content=\"Seam\">\n<style>\n%s</style></head>\n"
               "<body>\n",
               style);
    struct buf body = {0};
    html_element(&body, "h1", NULL, d->title);
    if (*d->subtitle)
        html_element(&body, "p", "sub", d->subtitle);
    put_contents(d, numbers.len > 0, &body);
    buf_add(&body, buf_text(&text), text.len);
    if (numbers.len) {
        buf_puts(&body,
                 "<section class=\"numbers\"><h2 id=\"numbers\">The numbers behind it</h2>\n");
        buf_add(&body, buf_text(&numbers), numbers.len);
        buf_puts(&body, "</section>\n");
    }
    isolate(out, buf_text(&body), body.len);
    buf_puts(out, "</body></html>\n");
    buf_release(&body);
    buf_release(&text);
    buf_release(&numbers);
}

int report_pdf(const struct document *d, const struct typeset_options *options, struct buf *pdf,
               struct error *err)
{
    struct buf page = {0};
    report_paper(d, &page);
    int status = typeset(&page, options, pdf, err);
    buf_release(&page);
    return status;
}
