/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Event logs in XES (IEEE 1849), in pieces of any size and in memory bounded by the longest trace
 * and the names of all.
 *
 *     struct xes *x = xes_new(&sink, lines_before);
 *     while (...) if (xes_feed(x, chunk, len, &err)) ...
 *     if (xes_end(x, &err)) ...
 *     xes_free(x); */
#ifndef SEAM_TRACE_XES_H
#define SEAM_TRACE_XES_H

#include "trace/reader.h"

struct xes;
/* At the first byte of a document, behind so many lines of its file; the sink is borrowed until
 * xes_free, which the caller calls. */
struct xes *xes_new(struct sink *sink, uint64_t lines_before);
/* Adds a span for each event of the traces that end in these bytes; `start` and `complete` of an
 * activity are one.  Attributes of a trace are those of its last event, as `case:key`.  ERR_INPUT
 * for XML that is no event log, ERR_LIMIT for a trace of more than 256 MiB. */
MUST_CHECK int xes_feed(struct xes *x, const char *bytes, size_t len, struct error *err);
/* What was cut off or damaged is counted, with the events before it read; ERR_INPUT with file:line
 * when there are none. */
MUST_CHECK int xes_end(struct xes *x, struct error *err);
/* NULL is fine. */
void xes_free(struct xes *x);

#endif
