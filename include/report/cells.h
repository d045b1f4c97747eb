/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cells and columns of one kind each, and lists of metric names: what the tables are built of. */
#ifndef SEAM_REPORT_CELLS_H
#define SEAM_REPORT_CELLS_H

#include "model/result.h"
#include "report/document.h"

typedef void (*format_fn)(struct buf *, const struct metric *, const char *currency);
/* "" where `m` is NULL. */
void cell_metric(struct document *d, struct table *t, const struct metric *m, const char *currency,
                 format_fn format);
/* A row's id, behind its name where it has one: "検索 (step_2)". */
void cell_row(struct document *d, struct table *t, const struct row *row);
/* The same of the stage with this id; the id alone where there is no such stage. */
void cell_stage(struct document *d, struct table *t, const struct result *r, const char *id);
/* A metric's name in words. */
void cell_name(struct document *d, struct table *t, const char *name);
/* A plain number with up to `digits` significant digits. */
void cell_number(struct document *d, struct table *t, double x, int digits);
/* A whole number, as 1,000,000. */
void cell_count(struct document *d, struct table *t, uint64_t n);
/* A column of numbers headed by a metric's name in words. */
void column_name(struct document *d, struct table *t, const char *name);

/* Names of metrics, each once, borrowed. */
struct metric_names {
    VEC(const char *) list;
};
/* Adds the names that are not yet in the list; they must outlive it. */
void metric_names_add(struct metric_names *names, const struct metrics *metrics);
/* Into the order of the table of metrics; unknown names last, as they came. */
void metric_names_sort(struct metric_names *names);
/* Frees the list; the names were borrowed. */
void metric_names_release(struct metric_names *names);

#endif
