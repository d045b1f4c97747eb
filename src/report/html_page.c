/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page for screens (WCAG 2.1 A and AA): language, landmarks, contrast of 4.5 in light and dark.
 * The content policy forbids every request, so that the page proves it makes none. */
#include "report/html_parts.h"

#include "report/svg.h"

/* Cells of a table at most; a page that grows too large is made again with fewer. */
enum { CELLS_MAX = 6000, CELLS_LEAST = 300 };

static void put_document(const struct document *d, size_t cells, struct buf *out)
{
    struct page page = {.out = out, .cells = cells};
    buf_puts(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                  "style-src 'unsafe-inline'\">\n"
                  "<meta name=\"referrer\" content=\"no-referrer\">\n");
    html_element(out, "title", NULL, d->title);
    buf_printf(out, "\n<style>\n%s%s%s%s%s%s\n</style></head>\n<body>\n<header>", html_style_start,
               svg_paints_light, html_style_dark, svg_paints_dark, html_style, svg_classes);
    html_element(out, "h1", NULL, d->title);
    if (*d->subtitle)
        html_element(out, "p", "sub", d->subtitle);
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
            html_section(&page, &d->sections.at[i]);
    buf_puts(out, "</main>\n<footer>Made by Seam. This page holds all that it shows, and asks for "
                  "nothing outside.</footer>\n</body></html>\n");
}

int html_page(const struct document *d, struct buf *out, struct error *err)
{
    struct buf page;
    int status = 0;
    buf_init(&page);
    for (size_t cells = CELLS_MAX; cells >= CELLS_LEAST; cells /= 2) {
        buf_clear(&page);
        put_document(d, cells, &page);
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
    buf_release(&page);
    return status;
}
