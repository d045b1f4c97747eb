/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A document as one self-contained page that needs no JavaScript and asks for nothing outside. */
#ifndef SEAM_REPORT_HTML_H
#define SEAM_REPORT_HTML_H

#include "base/error.h"
#include "report/document.h"

enum { REPORT_BYTES_MAX = 2 * 1024 * 1024 };

/* Appends the page.  Long tables are cut, shorter where the page would be larger than
 * REPORT_BYTES_MAX; ERR_LIMIT when it still is. */
MUST_CHECK int html_page(const struct document *d, struct buf *out, struct error *err);
/* Text, cleaned and escaped for element content and quoted attributes. */
void html_escape(struct buf *out, const char *s);

#endif
