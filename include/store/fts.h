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
/* What is looked for: any bytes, read as words and never as operators. */
struct fts_query {
    const char *words; /* each for itself */
    size_t words_len;
    const char *const *phrase; /* [n_phrases], each all its words in a row */
    size_t n_phrases;
};
/* The k best documents that hold any of it, the best first, ties by number; *n of them.  Of more
 * than FTS_WORDS different words the rest is left out. */
enum { FTS_WORDS = 64 };
MUST_CHECK int fts_search(struct fts *f, const struct fts_query *query, size_t k,
                          struct fts_hit *hits, size_t *n, struct error *err);

#endif
