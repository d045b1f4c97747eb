/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results as tables: what the terminal and the page both show. */
#ifndef SEAM_REPORT_TABLE_H
#define SEAM_REPORT_TABLE_H

#include "model/result.h"
#include "report/document.h"

/* Each returns NULL when the results have nothing for it. */

/* Stages in groups of metrics: outcomes, time and cost, where items end, confidence. */
enum { TABLE_STAGE_GROUPS = 4 };
/* A row for each stage with the metrics of `group` < TABLE_STAGE_GROUPS. */
struct table *table_stages(struct document *d, const struct result *r, size_t group);
/* Rows of any other list with all their metrics; `first` heads the column of ids. */
struct table *table_rows_of(struct document *d, const struct result *r, const char *caption,
                            const char *first, const struct row *rows, size_t n);
/* The classes of items, or what else these rows are: groups of labels, models of a cascade. */
struct table *table_classes(struct document *d, const struct result *r);
/* Are they such, which belong to a threshold and not to the stages? */
bool table_is_sized(const struct result *r);
/* A row for each edge: from, to, share of visits, and counts where known. */
struct table *table_edges(struct document *d, const struct result *r);
/* Of n rows or points about `most` > 0 are shown, each step-th and the last: the step, at least 1.
 */
size_t table_thin(size_t n, size_t most);
/* The one shown after i < n; n after the last. */
size_t table_thin_next(size_t i, size_t n, size_t step);
/* The points of one curve, thinned to some 120 rows, as the note then says; never NULL. */
struct table *table_curve(struct document *d, const struct result *r, const struct curve *c);
/* Objectives with their error budget, and their windows that are shown. */
struct table *table_objectives(struct document *d, const struct result *r);
/* Where the time of items goes: the shares of the stages in their critical paths. */
struct table *table_time(struct document *d, const struct result *r);
/* The windows of the objectives that are shown. */
struct table *table_windows(struct document *d, const struct result *r);
/* Chances that one, or that all, of k runs of a task are right. */
struct table *table_tasks(struct document *d, const struct result *r);
/* Recall and mean reciprocal rank of the span names that retrieve. */
struct table *table_retrieval(struct document *d, const struct result *r);
/* People who review: how much, how fast, how they agree; `more` says where the intervals are. */
struct table *table_reviewers(struct document *d, const struct result *r, const char *more);
/* How pairs of them, and all, agree on drafts that several judged. */
struct table *table_agreement(struct document *d, const struct result *r);
/* What drift found, the strongest evidence first; `all`: those that are no alarm too, not the five
 * strongest of them alone, and where the two logs differ most. */
struct table *table_changes(struct document *d, const struct result *r, bool all);
/* What feedback changes, a row for each cycle. */
struct table *table_learning(struct document *d, const struct result *r);
/* Labels and audits to come: by assumed error and review load; by audited share; by threshold of a
 * pilot; by design of the audit, and the strata of the stratified one. */
struct table *table_plan_labels(struct document *d, const struct result *r);
/* Audits of so many a day: by audited share. */
struct table *table_plan_audits(struct document *d, const struct result *r);
/* What a pilot says: by threshold. */
struct table *table_plan_pilot(struct document *d, const struct result *r);
/* By design of the audit: labels, cost a day, widths. */
struct table *table_plan_designs(struct document *d, const struct result *r);
/* The strata of the stratified design. */
struct table *table_plan_strata(struct document *d, const struct result *r);
/* Architectures side by side, each against the first, and a metric of their layers with the gap. */
struct table *table_alternatives(struct document *d, const struct result *r);
/* What a month of each costs, by kind; NULL where no cost of a month is known. */
struct table *table_alternative_costs(struct document *d, const struct result *r);
/* Each of the others less the first, with intervals. */
struct table *table_differences(struct document *d, const struct result *r);
/* `loss` or `closes` of each layer of each, under the caption. */
struct table *table_gap(struct document *d, const struct result *r, const char *metric,
                        const char *caption);
/* Four ways to the same numbers: one table of all items, then one of each stage. */
size_t table_compared_groups(const struct result *r);
/* The table of group < table_compared_groups. */
struct table *table_compared(struct document *d, const struct result *r, size_t group);
/* What was expected and what came, a row for each metric. */
struct table *table_predictions(struct document *d, const struct result *r);
/* The `at_most` strongest sensitivities, strongest first. */
struct table *table_sensitivities(struct document *d, const struct result *r, size_t at_most);
/* The answer's threshold as it is told: the one of fewer digits, else six digits, rounded up. */
void table_put_threshold(struct buf *out, const struct answer *a);
/* What the answer says, one known fact a row. */
struct table *table_answer(struct document *d, const struct result *r);
/* All counts of the quality of data, a column for each result that has them. */
struct table *table_data(struct document *d, const struct result *const *results, size_t n);

/* How a result is called beside others: "the log", "simulated", with its scenario's name, or a
 * number, where two are of one command. */
const char *table_label(struct document *d, const struct result *const *results, size_t n,
                        size_t i);

#endif
