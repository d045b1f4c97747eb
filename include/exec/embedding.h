/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An index of texts by directions: hashed words and character n-grams, reduced to a few hundred
 * dimensions.  A name with a slip of the pen still shares most of its n-grams.
 *
 * Life: embedding_new of all texts, then embedding_search from any thread; embedding_free. */
#ifndef SEAM_EXEC_EMBEDDING_H
#define SEAM_EXEC_EMBEDDING_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct embedding;
struct embedding_hit {
    uint32_t text; /* its index */
    double score;  /* cosine, -1 to 1 */
};
/* The index of n texts in at most `dimensions`; the texts are not kept. */
MUST_CHECK int embedding_new(const char *const *text, size_t n, size_t dimensions,
                             struct embedding **out, struct error *err);
/* NULL is fine. */
void embedding_free(struct embedding *e);
/* The k nearest texts, the nearest first, ties by index; returns how many, 0 for a query without
 * letters or of unknown ones alone. */
size_t embedding_search(const struct embedding *e, const char *query, size_t len, size_t k,
                        struct embedding_hit *hits);

#endif
