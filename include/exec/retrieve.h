/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The chunks of a canon that fit a text best: by words (BM25), by directions, or by both. */
#ifndef SEAM_EXEC_RETRIEVE_H
#define SEAM_EXEC_RETRIEVE_H

#include "exec/canon.h"

enum retrieve_by { BY_BOTH, BY_BM25, BY_EMBEDDING };

struct retriever;
struct retrieved {
    uint32_t chunk;
    double score; /* BM25, cosine, or the sum of 1 / (60 + rank) over both; less for what is old */
};
/* An index of the chunks of `c`, which is borrowed until retriever_free. */
MUST_CHECK int retriever_new(const struct canon *c, struct retriever **out, struct error *err);
/* NULL is fine. */
void retriever_free(struct retriever *r);
struct retrieve_options {
    enum retrieve_by by;
    uint32_t episode; /* chunks of later ones do not exist yet; 0: all do */
    size_t k;         /* chunks to give, at most RETRIEVE_MAX */
};
enum { RETRIEVE_MAX = 100 };
/* The chunks that answer a text, *n of them in out[k].  Each of its questions (exec/question.h) is
 * searched alone, what is older counts less, and the lists are taken in turns.  Any thread, any
 * bytes. */
MUST_CHECK int retriever_ask(struct retriever *r, const char *text, size_t len,
                             const struct retrieve_options *options, struct retrieved *out,
                             size_t *n, struct error *err);

#endif
