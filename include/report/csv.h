/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A result as one long CSV table (RFC 4180, LF): part, id, metric, x, value, low, high, level, n,
 * unit, target, verdict, note.
 *
 * A text cell that begins with = + - @ TAB or CR gets an apostrophe in front, so that no
 * spreadsheet computes it; numbers stay numbers. */
#ifndef SEAM_REPORT_CSV_H
#define SEAM_REPORT_CSV_H

#include "model/result.h"

/* Appends the header and a line for each number and each note of the result. */
void report_csv(const struct result *r, struct buf *out);
/* One text cell, quoted where needed. */
void csv_put_text(struct buf *out, const char *s);

#endif
