/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The few columns and rows that answer most questions, where there is no room for all of them.
 *
 * Columns that are zero everywhere are left out, and rows that have nothing.  Each returns NULL
 * when nothing is left. */
#ifndef SEAM_REPORT_BRIEF_H
#define SEAM_REPORT_BRIEF_H

#include "model/result.h"
#include "report/document.h"

/* One row for each stage, at most `width` columns of a terminal wide if it can be: intervals first
 * stand everywhere, then at the silent mistakes alone, then nowhere, and the note ends in
 * `elsewhere`: where all of them are to be had. */
struct table *brief_stages(struct document *d, const struct result *r, size_t width,
                           const char *elsewhere);
/* The stages that lose something. */
struct table *brief_losses(struct document *d, const struct result *r);
/* The layers that lose something, and what each of them closes. */
struct table *brief_layers(struct document *d, const struct result *r);
/* Threshold, ECE and AUROC of each stage; NULL where only thresholds are known. */
struct table *brief_confidence(struct document *d, const struct result *r);
/* The curves `sweep`: a row for each value, a column for each metric that is not zero throughout.
 */
struct table *brief_sweep(struct document *d, const struct result *r);
/* A row for each span name: spans, errors, latencies and the mean confidence. */
struct table *brief_names(struct document *d, const struct result *r);
/* The counts above zero; the note tells the others. */
struct table *brief_data(struct document *d, const struct result *r);

#endif
