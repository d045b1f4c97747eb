/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two lists, of words and of directions, made one by reciprocal rank fusion (Cormack, Clarke and
 * Buettcher 2009: 1 / (60 + rank), summed), then faded by age. */
#include "exec/retrieve.h"

#include "exec/embedding.h"
#include "exec/question.h"
#include "store/fts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIMENSIONS = 128, DEPTH = 50 /* of each list */, TOLD = 64, NAMES = 8, FUSION = 60 };
static const double FADING = 0.04;
static const double TELLING = 3;
/* times the score, of a chunk that tells what is asked */ /* of a score, an episode */

struct retriever {
    const struct canon *canon;
    struct fts *words;
    struct embedding *directions;
    VEC(struct told) told; /* by chunk */
    size_t *first_told;    /* [chunks + 1] */
};

/* What the chunks seem to tell. */
static void read_told(struct retriever *r)
{
    const struct canon *c = r->canon;
    struct told told[TOLD];

    r->first_told = mem_zero(c->chunk.len + 1, sizeof *r->first_told);
    for (size_t i = 0; i < c->chunk.len; i++) {
        const char *text = c->chunk.at[i].text;
        size_t n = questions_told(c, text, strlen(text), told, TOLD);
        for (size_t k = 0; k < n; k++)
            vec_push(&r->told, told[k]);
        r->first_told[i + 1] = r->told.len;
    }
}

static bool tells(const struct retriever *r, uint32_t chunk, const struct question *q)
{
    for (size_t i = r->first_told[chunk]; i < r->first_told[chunk + 1]; i++)
        if (r->told.at[i].subject == q->subject && r->told.at[i].attribute == q->attribute)
            return true;
    return false;
}

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
    read_told(r);
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
    vec_release(&r->told);
    mem_free(r->first_told);
    mem_free(r);
}

/* The candidates of one question, by one way of searching or by both. */
struct list {
    struct retrieved of[2 * DEPTH];
    size_t n;
};

static void add(struct list *l, uint32_t chunk, double score)
{
    size_t i = 0;

    while (i < l->n && l->of[i].chunk != chunk)
        i++;
    if (i == l->n)
        l->of[l->n++] = (struct retrieved){chunk, 0};
    l->of[i].score += score;
}

static int by_score(const void *a, const void *b)
{
    const struct retrieved *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->chunk < y->chunk ? -1 : x->chunk > y->chunk;
}

/* Leaves out what is not written yet; what tells what is asked counts more, the newer the more. */
static void rank_again(const struct retriever *r, const struct question *q, uint32_t episode,
                       struct list *l)
{
    size_t n = 0;

    for (size_t i = 0; i < l->n; i++) {
        uint32_t written = r->canon->chunk.at[l->of[i].chunk].episode;
        if (episode && written > episode)
            continue;
        l->of[n] = l->of[i];
        if (tells(r, l->of[i].chunk, q)) {
            l->of[n].score *= TELLING;
            if (episode)
                l->of[n].score *= exp(-FADING * (episode - (written ? written : 1)));
        }
        n++;
    }
    l->n = n;
    qsort(l->of, n, sizeof *l->of, by_score);
}

/* The full name and the aliases; 0 of no subject. */
static size_t names_of(const struct canon *c, uint32_t subject, const char *names[NAMES])
{
    size_t n = 0;

    if (subject == CANON_NONE)
        return 0;
    names[n++] = c->subject.at[subject].name;
    for (size_t i = 0; i < c->subject.at[subject].aliases.len && n < NAMES; i++)
        names[n++] = c->subject.at[subject].aliases.at[i];
    return n;
}

static int ask_words(struct retriever *r, const struct question *question, uint32_t episode,
                     struct list *l, struct error *err)
{
    struct fts_hit hit[DEPTH];
    size_t n = 0;

    l->n = 0;
    const char *names[NAMES];
    struct fts_query query = {buf_text(&question->words), question->words.len, names,
                              names_of(r->canon, question->subject, names)};
    if (fts_search(r->words, &query, DEPTH, hit, &n, err))
        return -1;
    for (size_t i = 0; i < n; i++)
        add(l, hit[i].document, hit[i].score);
    rank_again(r, question, episode, l);
    return 0;
}

static void ask_directions(struct retriever *r, const struct question *question, uint32_t episode,
                           struct list *l)
{
    struct embedding_hit hit[DEPTH];
    struct buf text = {0};
    size_t n;

    buf_printf(&text, "%s %s", buf_text(&question->name), buf_text(&question->words));
    n = embedding_search(r->directions, buf_text(&text), text.len, DEPTH, hit);
    buf_release(&text);

    l->n = 0;
    for (size_t i = 0; i < n; i++)
        add(l, hit[i].text, hit[i].score);
    rank_again(r, question, episode, l);
}

static int ask_one(struct retriever *r, const struct question *question,
                   const struct retrieve_options *o, struct list *l, struct error *err)
{
    struct list words = {.n = 0}, directions = {.n = 0};

    l->n = 0;
    if (o->by != BY_EMBEDDING && ask_words(r, question, o->episode, &words, err))
        return -1;
    if (o->by != BY_BM25)
        ask_directions(r, question, o->episode, &directions);
    if (o->by != BY_BOTH) {
        *l = o->by == BY_BM25 ? words : directions;
        return 0;
    }
    for (size_t i = 0; i < words.n; i++)
        add(l, words.of[i].chunk, 1.0 / (FUSION + i + 1));
    for (size_t i = 0; i < directions.n; i++)
        add(l, directions.of[i].chunk, 1.0 / (FUSION + i + 1));
    qsort(l->of, l->n, sizeof *l->of, by_score);
    return 0;
}

/* The lists in turns: the best of each, then the second of each. */
static size_t take_turns(const struct list *l, size_t lists, size_t k, struct retrieved *out)
{
    size_t n = 0, left = lists;

    for (size_t rank = 0; left && n < k; rank++) {
        left = 0;
        for (size_t i = 0; i < lists && n < k; i++) {
            size_t seen = 0;
            if (rank >= l[i].n)
                continue;
            left++;
            while (seen < n && out[seen].chunk != l[i].of[rank].chunk)
                seen++;
            if (seen == n)
                out[n++] = l[i].of[rank];
        }
    }
    return n;
}

int retriever_ask(struct retriever *r, const char *text, size_t len,
                  const struct retrieve_options *options, struct retrieved *out, size_t *n,
                  struct error *err)
{
    struct questions q = {0};
    struct list *lists = mem_alloc(QUESTIONS * sizeof *lists);
    int status = 0;

    questions_read(r->canon, text, len, &q);
    for (size_t i = 0; i < q.n && status == 0; i++)
        status = ask_one(r, &q.of[i], options, &lists[i], err);
    *n = status
             ? 0
             : take_turns(lists, q.n, options->k < RETRIEVE_MAX ? options->k : RETRIEVE_MAX, out);
    mem_free(lists);
    questions_release(&q);
    return status;
}
