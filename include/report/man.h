/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Documents as manual pages: man(7) macros, of which no text can make more. */
#ifndef SEAM_REPORT_MAN_H
#define SEAM_REPORT_MAN_H

#include "report/document.h"

/* The line .TH: name and section of the page, date ("2026-01-31", may be ""), program with its
 * version, title of the manual. */
struct man_head {
    const char *name, *section, *date, *source, *manual;
};
/* Sections are .SH, headings and folds .SS, plain tables of two columns lists of terms, other
 * tables literal text; words in `backticks` are bold.  Pictures are left out. */
void man_document(const struct document *d, const struct man_head *head, struct buf *out);
/* Appends `text` so that neither a character nor a line of it is a request or an escape. */
void man_put_text(struct buf *out, const char *text);

#endif
