/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The few metrics that answer "how reliable is it, and at what price", and all the others.
 *
 * To change the choice: the table `chosen` in headline.c.  A metric with a target is always among
 * them. */
#ifndef SEAM_REPORT_HEADLINE_H
#define SEAM_REPORT_HEADLINE_H

#include "model/result.h"
#include "report/document.h"

/* NULL when there is no row.  Several results stand side by side, one column for
 * each, headed by table_label. */
struct table *headline_table(struct document *d, const struct result *const *results, size_t n);
/* The metrics that are not in headline_table. */
struct table *headline_rest(struct document *d, const struct result *const *results, size_t n);
/* Those, but for times and costs where there are none. */
struct table *headline_told(struct document *d, const struct result *const *results, size_t n);
/* What each metric of the results is, in words. */
struct table *headline_words(struct document *d, const struct result *const *results, size_t n);
/* Does the metric stand in the first of the two tables? */
bool headline_shows(const struct result *const *results, size_t n, const char *name);
/* Good for a pass, bad for a fail or infeasible, unsure for not shown, else plain. */
enum tone headline_tone(enum verdict v);

#endif
