/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report on paper: A4 pages of the same document, with what a screen folds away at the end. */
#ifndef SEAM_REPORT_PDF_H
#define SEAM_REPORT_PDF_H

#include "base/error.h"
#include "report/document.h"

enum { TYPESET_SECONDS = 120, PDF_BYTES_MAX = 64 << 20 };

struct typeset_options {
    const char *program;            /* NULL: "weasyprint", looked up in PATH */
    const char *const *environment; /* of the typesetter, as environ; NULL: none */
    double (*clock_s)(void);        /* monotonic seconds */
    unsigned seconds;               /* 0: TYPESET_SECONDS */
};

/* Sets the document as PDF.  ERR_IO: the typesetter is missing, failed (its own words) or took too
 * long. */
MUST_CHECK int report_pdf(const struct document *d, const struct typeset_options *options,
                          struct buf *pdf, struct error *err);
/* The page that is set: HTML with styles that the typesetter knows, no request, no script. */
void report_paper(const struct document *d, struct buf *out);
/* Sets a page, the only door to the typesetter. */
MUST_CHECK int typeset(const struct buf *page, const struct typeset_options *options,
                       struct buf *pdf, struct error *err);

#endif
