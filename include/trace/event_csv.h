/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Event logs in CSV: a row for each event of a case, as process mining has them. */
#ifndef SEAM_TRACE_EVENT_CSV_H
#define SEAM_TRACE_EVENT_CSV_H

#include "trace/reader.h"

/* Adds a span for each event.  Headers are known by several names (case_id, case,
 * case:concept:name; activity, concept:name; start, end, timestamp, ...); rows of lifecycle
 * `start` and `complete` are paired in order.  Every column is an attribute; the columns that
 * item_by and stage_by name stand in for the case and the activity.  ERR_INPUT with file:line. */
MUST_CHECK int event_csv_read(const char *text, size_t len, struct sink *sink, struct error *err);

#endif
