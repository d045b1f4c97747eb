/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A report for machines: its sections with their words, tables and pictures' data, and the results
 * behind it, which `seam report` reads again from there. */
#ifndef SEAM_REPORT_REPORT_JSON_H
#define SEAM_REPORT_REPORT_JSON_H

#include "model/result.h"
#include "report/document.h"

#define REPORT_SCHEMA "seam.report/1"

/* Appends {"schema": "seam.report/1", "title", "subtitle", "sections": [{"id", "title", "blocks":
 * [...]}], "results": [{"schema": "seam.result/1", ...}]}.  before: so many results are of the
 * first of two sides, as in struct report_options; 0: there are none, and no "before". */
void report_json(const struct document *d, const struct result *const *results, size_t n,
                 size_t before, struct buf *out);

#define PLOT_SCHEMA "seam.plot/1"

/* Appends {"schema": "seam.plot/1", "kind", "title", "description", "missing" (why there is no
 * picture), "data": {"columns", "rows"}, "files": [...]}, a line; files: the n written ones. */
void report_json_figure(const struct figure *f, const char *kind, const struct buf *files, size_t n,
                        struct buf *out);

#endif
