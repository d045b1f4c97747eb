/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Latent semantic indexing (Deerwester and others 1990) of hashed features (Weinberger and others
 * 2009): words, and the 3- and 4-grams of their letters with their ends (Bojanowski and others
 * 2017), weighted by 1 + ln tf and inverse document frequency.  A text is the projection of its
 * features on the largest right singular vectors, made a unit vector. */
#include "exec/embedding.h"

#include "base/buf.h"
#include "math/svd.h"

#include <math.h>
#include <string.h>

enum { FEATURES = 2048, WORD_MAX = 40, KEY = 1 };
static const double GRAM_WEIGHT = 0.15; /* of an n-gram, against 1 of a word */

struct embedding {
    size_t n, dimensions;
    float *place;   /* [n * dimensions], unit vectors */
    double *idf;    /* [FEATURES] */
    double *vector; /* [FEATURES * dimensions] */
};

/* ---- features ------------------------------------------------------------------------------- */

struct features {
    double weight[FEATURES]; /* sums of weights: the term frequency */
    uint32_t of[FEATURES];   /* those that are not 0 */
    size_t n;
};

/* FNV-1a, 32 bits. */
static uint32_t hash(const char *s, size_t len, uint32_t h)
{
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)s[i]) * UINT32_C(16777619);
    return h ^ (h >> 15);
}

static void add_feature(struct features *f, uint32_t h, double weight)
{
    h %= FEATURES;
    if (f->weight[h] == 0)
        f->of[f->n++] = h;
    f->weight[h] += weight;
}

static void add_word(struct features *f, const char *word, size_t len)
{
    char ends[WORD_MAX + 2];

    ends[0] = '<';
    memcpy(ends + 1, word, len);
    ends[len + 1] = '>';
    add_feature(f, hash(word, len, UINT32_C(2166136261)), 1);
    for (size_t size = 3; size <= 4; size++)
        for (size_t i = 0; i + size <= len + 2; i++)
            add_feature(f, hash(ends + i, size, UINT32_C(3323198485)), GRAM_WEIGHT);
}

static void read_features(const char *text, size_t len, struct features *f)
{
    char word[WORD_MAX];
    size_t n = 0;

    memset(f, 0, sizeof *f);
    for (size_t i = 0; i <= len; i++) {
        unsigned char c = i < len ? (unsigned char)text[i] : ' ';
        if (c >= 'A' && c <= 'Z')
            c |= 0x20;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80) {
            if (n < WORD_MAX)
                word[n++] = (char)c;
        } else if (n) {
            add_word(f, word, n);
            n = 0;
        }
    }
}

static double weight_of(const struct features *f, const double *idf, uint32_t h)
{
    return (1 + log(1 + f->weight[h])) * idf[h];
}

/* ---- the index ------------------------------------------------------------------------------- */

struct rows {
    size_t *first;
    VEC(uint32_t) col;
    VEC(double) value;
};

/* The features of all texts: first their frequencies, then their weights. */
static void make_rows(const char *const *text, size_t n, double *idf, struct rows *rows)
{
    struct features *f = mem_alloc(sizeof *f);

    for (size_t i = 0; i < n; i++) {
        read_features(text[i], strlen(text[i]), f);
        for (size_t k = 0; k < f->n; k++)
            idf[f->of[k]]++;
    }
    for (size_t h = 0; h < FEATURES; h++)
        idf[h] = idf[h] > 0 ? log((1 + (double)n) / idf[h]) : 0;
    for (size_t i = 0; i < n; i++) {
        rows->first[i] = rows->col.len;
        read_features(text[i], strlen(text[i]), f);
        double squares = 0;
        for (size_t k = 0; k < f->n; k++) {
            double w = weight_of(f, idf, f->of[k]);
            squares += w * w;
            vec_push(&rows->col, f->of[k]);
            vec_push(&rows->value, w);
        }
        for (size_t e = rows->first[i]; e < rows->value.len; e++)
            rows->value.at[e] /= sqrt(squares);
    }
    rows->first[n] = rows->col.len;
    mem_free(f);
}

/* Its place: the features on the singular vectors, of length 1; all 0 where there are none. */
static void project(const struct embedding *e, const struct features *f, float *place)
{
    double *sum = mem_zero(e->dimensions, sizeof *sum), squares = 0;

    for (size_t k = 0; k < f->n; k++) {
        double w = weight_of(f, e->idf, f->of[k]);
        const double *v = e->vector + f->of[k] * e->dimensions;
        for (size_t j = 0; j < e->dimensions; j++)
            sum[j] += w * v[j];
    }
    for (size_t j = 0; j < e->dimensions; j++)
        squares += sum[j] * sum[j];
    for (size_t j = 0; j < e->dimensions; j++)
        place[j] = squares > 0 ? (float)(sum[j] / sqrt(squares)) : 0;
    mem_free(sum);
}

int embedding_new(const char *const *text, size_t n, size_t dimensions, struct embedding **out,
                  struct error *err)
{
    struct embedding *e = mem_zero(1, sizeof *e);
    struct rows rows = {.first = mem_zero(n + 1, sizeof *rows.first)};
    struct features *f = mem_alloc(sizeof *f);
    double *singular = mem_zero(dimensions + 1, sizeof *singular);
    int status;

    e->n = n;
    e->dimensions = dimensions;
    e->idf = mem_zero(FEATURES, sizeof *e->idf);
    e->vector = mem_zero(FEATURES, dimensions * sizeof *e->vector);
    e->place = mem_zero(n + 1, dimensions * sizeof *e->place);
    make_rows(text, n, e->idf, &rows);
    struct sparse a = {n, FEATURES, rows.first, rows.col.at, rows.value.at};
    status = svd_truncated(&a, dimensions, KEY, e->vector, singular, err);
    for (size_t i = 0; i < n && status == 0; i++) {
        read_features(text[i], strlen(text[i]), f);
        project(e, f, e->place + i * dimensions);
    }
    mem_free(singular);
    mem_free(f);
    mem_free(rows.first);
    vec_release(&rows.col);
    vec_release(&rows.value);
    if (status) {
        embedding_free(e);
        return -1;
    }
    *out = e;
    return 0;
}

void embedding_free(struct embedding *e)
{
    if (!e)
        return;
    mem_free(e->place);
    mem_free(e->idf);
    mem_free(e->vector);
    mem_free(e);
}

size_t embedding_search(const struct embedding *e, const char *query, size_t len, size_t k,
                        struct embedding_hit *hits)
{
    struct features *f = mem_alloc(sizeof *f);
    float *place = mem_alloc((e->dimensions + 1) * sizeof *place), any = 0;
    size_t n = 0;

    read_features(query, len, f);
    project(e, f, place);
    for (size_t j = 0; j < e->dimensions; j++)
        any += place[j] * place[j];
    for (size_t i = 0; i < e->n && any > 0 && k; i++) {
        float dot = 0;
        for (size_t j = 0; j < e->dimensions; j++)
            dot += place[j] * e->place[i * e->dimensions + j];
        if (n == k && dot <= hits[n - 1].score)
            continue;
        size_t at = n < k ? n++ : n - 1;
        for (; at > 0 && hits[at - 1].score < dot; at--)
            hits[at] = hits[at - 1];
        hits[at] = (struct embedding_hit){(uint32_t)i, dot};
    }
    mem_free(place);
    mem_free(f);
    return n;
}
