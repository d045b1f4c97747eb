/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Documents and results for a terminal: tables that fit its width, no control characters. */
#ifndef SEAM_REPORT_TEXT_H
#define SEAM_REPORT_TEXT_H

#include "model/result.h"
#include "report/document.h"

struct text_options {
    int width;  /* columns; 0: 80; at least 40 are taken */
    bool color; /* verdicts in colour (SGR) */
    bool quiet; /* headline and answer only */
    bool airy;  /* a blank line between blocks, for prose */
};

/* The summary that every command prints: what was done, the answer, the headline with intervals,
 * targets and verdicts, stages, edges, names, data quality.  The further metrics and the curves are
 * in JSON and CSV.  NULL options are 80 columns without colour. */
void report_text(const struct result *r, const struct text_options *options, struct buf *out);
/* Any document. A table too wide for the terminal is told in parts that repeat its first column. */
void text_document(const struct document *d, const struct text_options *options, struct buf *out);
/* One table with its caption and note; NULL options as above. */
void text_table(const struct table *t, const struct text_options *options, struct buf *out);
/* Columns of a terminal that the table takes uncut. */
size_t text_table_width(const struct table *t);

#endif
