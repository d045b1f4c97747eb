/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The chunks of a canon that fit a text best: by words (BM25), by directions, or by both. */
#ifndef SEAM_EXEC_RETRIEVE_H
#define SEAM_EXEC_RETRIEVE_H

#include "exec/canon.h"

enum retrieve_by { BY_BOTH, BY_BM25, BY_EMBEDDING };

struct retriever;
struct retrieved {
    uint32_t chunk;
    double score; /* BM25, cosine, or the sum of 1 / (60 + rank) over both lists */
};
/* An index of the chunks of `c`, which is borrowed until retriever_free. */
MUST_CHECK int retriever_new(const struct canon *c, struct retriever **out, struct error *err);
/* NULL is fine. */
void retriever_free(struct retriever *r);
/* The k best chunks (at most RETRIEVE_MAX), the best first; *n of them.  Any thread, any bytes. */
enum { RETRIEVE_MAX = 200 };
MUST_CHECK int retriever_ask(struct retriever *r, const char *query, size_t len,
                             enum retrieve_by by, size_t k, struct retrieved *out, size_t *n,
                             struct error *err);

#endif
