/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results as tables: what the terminal and the page both show. */
#ifndef SEAM_REPORT_TABLE_H
#define SEAM_REPORT_TABLE_H

#include "model/result.h"
#include "report/document.h"

/* Each returns NULL when the results have nothing for it.  Several results stand side by side,
 * one column for each, headed by report_label. */
struct table *table_headline(struct document *d, const struct result *const *results, size_t n);
/* Has one of the results more than an exact 0 of this time or money? */
bool table_shows(const struct result *const *results, size_t n, const char *name);
/* Stages in groups of metrics: outcomes, time and cost, where items end, confidence.  `brief` takes
 * the few columns that a terminal has room for. */
enum { TABLE_STAGE_GROUPS = 4 };
struct table *table_stages(struct document *d, const struct result *r, size_t group, bool brief);
/* Rows of any other list with all their metrics; `first` heads the column of ids. */
struct table *table_rows_of(struct document *d, const struct result *r, const char *caption,
                            const char *first, const struct row *rows, size_t n);
struct table *table_edges(struct document *d, const struct result *r);
struct table *table_curve(struct document *d, const struct result *r, const struct curve *c);
struct table *table_sensitivities(struct document *d, const struct result *r, size_t at_most);
struct table *table_answer(struct document *d, const struct result *r);
struct table *table_data(struct document *d, const struct result *const *results, size_t n);

/* How a result is called beside others: its command, and its scenario's name where two results of
 * one command differ. */
const char *table_label(struct document *d, const struct result *const *results, size_t n,
                        size_t i);

#endif
