/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A document as Markdown (CommonMark with the tables of GitHub's dialect) that reads well on a
 * forge and in a terminal; its pictures are files beside it.
 *
 * Texts come out as they are: nothing in them is markup, a link, a mention or a formula. */
#ifndef SEAM_REPORT_MARKDOWN_H
#define SEAM_REPORT_MARKDOWN_H

#include "report/document.h"

/* Appends the text.  Pictures are called by figure_file. */
void markdown_page(const struct document *d, struct buf *out);
/* One text, for the middle of a line. */
void markdown_escape(struct buf *out, const char *s);

#endif
