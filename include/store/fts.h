/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Full-text search in memory: sqlite's FTS5, ranked by BM25 (Robertson and Zaragoza 2009, with k1 =
 * 1.2 and b = 0.75).
 *
 * Life: fts_open, fts_add for each document, then fts_search from any thread; fts_close. */
#ifndef SEAM_STORE_FTS_H
#define SEAM_STORE_FTS_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct fts;
struct fts_hit {
    uint32_t document;
    double score; /* BM25, the higher the better */
};

MUST_CHECK int fts_open(struct fts **out, struct error *err);
/* NULL is fine. */
void fts_close(struct fts *f);
/* Adds a document under a number of its own. */
MUST_CHECK int fts_add(struct fts *f, uint32_t document, const char *text, size_t len,
                       struct error *err);
/* The k best documents that hold any of the query's words, the best first, ties by number; *n of
 * them.  The query is any bytes: its words are looked for as words, never as operators; of more
 * than FTS_WORDS different ones the rest is left out. */
enum { FTS_WORDS = 64 };
MUST_CHECK int fts_search(struct fts *f, const char *query, size_t len, size_t k,
                          struct fts_hit *hits, size_t *n, struct error *err);

#endif
