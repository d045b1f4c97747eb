/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Event logs in CSV: a row for each event of a case, as process mining has them; in pieces of any
 * size, in memory bounded by the longest row and by the starts whose end has not come.
 *
 *     struct event_csv *e = event_csv_new(&sink);
 *     while (...) if (event_csv_feed(e, piece, len, &err)) ...
 *     if (event_csv_end(e, &err)) ...
 *     event_csv_free(e); */
#ifndef SEAM_TRACE_EVENT_CSV_H
#define SEAM_TRACE_EVENT_CSV_H

#include "trace/reader.h"

struct event_csv;
/* At the first byte of a file; the sink is borrowed until event_csv_free. */
struct event_csv *event_csv_new(struct sink *sink);
/* Adds a span for each event.  Headers are known by several names (case_id, case,
 * case:concept:name; activity, concept:name; start, end, timestamp, ...); rows of lifecycle
 * `start` and `complete` are paired in order, all of them where the first 4 MiB show both, else
 * those from where both have shown.  Every column is an attribute; the columns that item_by and
 * stage_by name stand in for the case and the activity.  ERR_INPUT with file:line. */
MUST_CHECK int event_csv_feed(struct event_csv *e, const char *text, size_t len, struct error *err);
/* The log ends; the same errors. */
MUST_CHECK int event_csv_end(struct event_csv *e, struct error *err);
/* NULL is fine. */
void event_csv_free(struct event_csv *e);

#endif
