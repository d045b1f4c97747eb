/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report: one self-contained page that needs no JavaScript and asks for nothing outside. */
#ifndef SEAM_REPORT_HTML_H
#define SEAM_REPORT_HTML_H

#include "base/error.h"
#include "model/result.h"
#include "report/document.h"
#include "report/plot.h"

enum { REPORT_BYTES_MAX = 2 * 1024 * 1024 };

struct html_options {
    const char *title;   /* NULL: from the scenario */
    const char *command; /* how to make it again; NULL: left out */
    const char *time;    /* when it was made, as text; NULL: left out */
    struct plot_options plot;
};

/* The page of one or several results of one subject (replay, simulate, size side by side).
 * Long tables are cut, shorter where the page would be larger than REPORT_BYTES_MAX; ERR_LIMIT when
 * it still is.  NULL options are defaults. */
MUST_CHECK int report_html(const struct result *const *results, size_t n,
                           const struct html_options *options, struct buf *out, struct error *err);
/* The document behind the page: the sections 1 to 14 that have content. */
void report_build(const struct result *const *results, size_t n, const struct html_options *options,
                  struct document *out);
/* Text, cleaned and escaped for element content and quoted attributes. */
void html_escape(struct buf *out, const char *s);

#endif
