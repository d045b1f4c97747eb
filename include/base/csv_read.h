/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CSV in, with header and line numbers: the only door to libcsv.
 *
 * The delimiter is told from the header line (',' ';' or TAB, whichever occurs most outside
 * quotes); a UTF-8 byte order mark is skipped.  Rows keep the line on which they begin. */
#ifndef SEAM_BASE_CSV_READ_H
#define SEAM_BASE_CSV_READ_H

#include "base/buf.h"
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct csv {
    struct arena arena;
    const char *file;
    char delimiter;
    size_t columns, rows;
    const char **header; /* [columns] */
    const char **cell;   /* [rows * columns]; "" for missing ones */
    uint32_t *line;      /* [rows], 1-based */
    uint32_t *bad;       /* [n_bad] lines of rows left out, of csv_rows */
    size_t n_bad;
};

/* Reads all of `text` (not csv_parse: that name is libcsv's).  No header, a quote that never closes
 * or stands inside a bare cell, a NUL byte or a row with more cells than the header: ERR_INPUT with
 * the line; empty lines are skipped.  `file` is borrowed.  The caller owns *out (csv_release). */
MUST_CHECK int csv_read(const char *file, const char *text, size_t len, struct csv *out,
                        struct error *err);
/* The same of a text that comes in pieces of any size, in memory bounded by the rows in *out and
 * the longest row:
 *
 *     struct csv_rows *r = csv_rows_new(file, &out);
 *     while (...) { if (csv_rows_feed(r, piece, len, last, &err)) ... csv_rows_clear(r); }
 *     csv_rows_free(r); csv_release(&out);
 *
 * Below the header rows that cannot be read (too many cells, a quote where none can stand or that
 * never closes, a row longer than 16 MiB, a NUL byte, a last one that is cut off) are left out and
 * named in out->bad; the header once more, as where files were put together, is passed over. */
struct csv_rows;
/* *out, zeroed, and the name are borrowed until csv_rows_free. */
struct csv_rows *csv_rows_new(const char *file, struct csv *out);
/* Adds the rows that end in this piece; `last`: no more text follows.  ERR_INPUT for what is no
 * table, at its header or with the last piece. */
MUST_CHECK int csv_rows_feed(struct csv_rows *r, const char *text, size_t len, bool last,
                             struct error *err);
/* Forgets the rows in *out, their lines, and those left out. */
void csv_rows_clear(struct csv_rows *r);
/* NULL is fine. */
void csv_rows_free(struct csv_rows *r);
/* Frees the table with all its cells and zeroes *c. */
void csv_release(struct csv *c);
/* Index of the first of `names` (NULL-terminated) that is a header, case-insensitively; -1. */
int csv_column(const struct csv *c, const char *const *names);
/* A cell, "" when missing, borrowed from c; an index out of range is a BUG. */
const char *csv_cell(const struct csv *c, size_t row, size_t column);

#endif
