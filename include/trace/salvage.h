/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is whole of a JSON document that is cut off or damaged. */
#ifndef SEAM_TRACE_SALVAGE_H
#define SEAM_TRACE_SALVAGE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Of `len` bytes that are JSON up to there: *cut bytes of them, up to the last whole element of a
 * list, with `closing` (which the caller releases) behind them, are a document.  The element left
 * out is the record at hand: the outermost map in a list that tells the id of a span or run, or
 * when none does the innermost one; it begins at *begin.  False when no list is open. */
bool salvage(const char *text, size_t len, size_t *cut, size_t *begin, struct buf *closing);
/* Bytes up to the end of the first document of a text, by its brackets; 0 when it does not end. */
size_t salvage_document(const char *text, size_t len);

#endif
