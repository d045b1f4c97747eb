/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the page for screens (html.h) and the one for paper (pdf.h) are put together from. */
#ifndef SEAM_REPORT_HTML_PARTS_H
#define SEAM_REPORT_HTML_PARTS_H

#include "report/html.h"

/* The page that grows.  With `aside` it is for paper: what a screen folds away goes there, to stand
 * at the end, and a link stays in its place. */
struct page {
    struct buf *out, *aside; /* borrowed; aside NULL: a screen */
    size_t cells;            /* of a table at most */
    size_t folds, depth;     /* links so far; folds that are open */
};

/* <tag class="a">text</tag>, the text escaped; no class when NULL. */
void html_element(struct buf *out, const char *tag, const char *class, const char *text);
/* A section with its heading and all its blocks. */
void html_section(struct page *page, const struct section *s);
/* The style sheet: the paints for light stand between the first two, those for dark between the
 * second and the third. */
extern const char html_style_start[], html_style_dark[], html_style[];

#endif
