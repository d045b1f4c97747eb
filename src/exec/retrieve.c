/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two lists, of words and of directions, made one by reciprocal rank fusion (Cormack, Clarke and
 * Buettcher 2009: 1 / (60 + rank), summed). */
#include "exec/retrieve.h"

#include "exec/embedding.h"
#include "store/fts.h"

#include <string.h>

enum { DIMENSIONS = 128, DEPTH = 50 /* of each list, at least */, FUSION = 60 };

struct retriever {
    const struct canon *canon;
    struct fts *words;
    struct embedding *directions;
};

int retriever_new(const struct canon *c, struct retriever **out, struct error *err)
{
    struct retriever *r = mem_zero(1, sizeof *r);
    const char **text = mem_zero(c->chunk.len + 1, sizeof *text);
    int status = fts_open(&r->words, err);

    r->canon = c;
    for (size_t i = 0; i < c->chunk.len && status == 0; i++) {
        text[i] = c->chunk.at[i].text;
        status = fts_add(r->words, (uint32_t)i, text[i], strlen(text[i]), err);
    }
    if (status == 0)
        status = embedding_new(text, c->chunk.len, DIMENSIONS, &r->directions, err);
    mem_free(text);
    if (status) {
        retriever_free(r);
        return -1;
    }
    *out = r;
    return 0;
}

void retriever_free(struct retriever *r)
{
    if (!r)
        return;
    fts_close(r->words);
    embedding_free(r->directions);
    mem_free(r);
}

struct fused {
    struct retrieved of[2 * RETRIEVE_MAX];
    size_t n;
};

static void fuse(struct fused *f, uint32_t chunk, size_t rank)
{
    size_t i = 0;

    while (i < f->n && f->of[i].chunk != chunk)
        i++;
    if (i == f->n)
        f->of[f->n++] = (struct retrieved){chunk, 0};
    f->of[i].score += 1.0 / (FUSION + rank);
}

/* Puts the k best of the fused in front; ties by chunk. */
static size_t best_of(struct fused *f, size_t k, struct retrieved *out)
{
    size_t n = 0;

    for (; n < k && n < f->n; n++) {
        size_t best = n;
        for (size_t i = n + 1; i < f->n; i++)
            if (f->of[i].score > f->of[best].score ||
                (f->of[i].score == f->of[best].score && f->of[i].chunk < f->of[best].chunk))
                best = i;
        struct retrieved swap = f->of[n];
        f->of[n] = f->of[best];
        f->of[best] = swap;
        out[n] = f->of[n];
    }
    return n;
}

int retriever_ask(struct retriever *r, const char *query, size_t len, enum retrieve_by by, size_t k,
                  struct retrieved *out, size_t *n, struct error *err)
{
    struct fts_hit word[RETRIEVE_MAX];
    struct embedding_hit near[RETRIEVE_MAX];
    struct fused fused = {.n = 0};
    size_t depth, words = 0, nears = 0;

    k = k < RETRIEVE_MAX ? k : RETRIEVE_MAX;
    depth = by != BY_BOTH || k > DEPTH ? k : DEPTH;
    if (by != BY_EMBEDDING && fts_search(r->words, query, len, depth, word, &words, err))
        return -1;
    if (by != BY_BM25)
        nears = embedding_search(r->directions, query, len, depth, near);
    *n = by == BY_BM25 ? words : nears;
    for (size_t i = 0; i < words; i++) {
        fuse(&fused, word[i].document, i + 1);
        if (by == BY_BM25)
            out[i] = (struct retrieved){word[i].document, word[i].score};
    }
    for (size_t i = 0; i < nears; i++) {
        fuse(&fused, near[i].text, i + 1);
        if (by == BY_EMBEDDING)
            out[i] = (struct retrieved){near[i].text, near[i].score};
    }
    if (by == BY_BOTH)
        *n = best_of(&fused, k, out);
    return 0;
}
