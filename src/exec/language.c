/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The law of the next token, drawing from it, and learning.
 *
 * P(w) = sum of the shares of the places that say w + the sentinel's share times the n-grams' P(w)
 * (language_copy.c).  Learning follows the gradient of ln P of what was right, one example at a
 * time, each weight at its own pace (AdaGrad: Duchi, Hazan and Singer, JMLR 12, 2011).  Drawing
 * takes p^(1/T), as is usual, and of that the nucleus (Holtzman and others, "The curious case of
 * neural text degeneration", ICLR 2020). */
#include "base/json_write.h"
#include "exec/language_parts.h"
#include "math/rng.h"
#include <math.h>
#include <string.h>

/* The step of AdaGrad, and what its sums of squares begin with. */
#define PACE  0.2
#define START 0.05

void language_build(struct language *l)
{
    names_sort(l);
    ngram_build(l->grams, l->words.count);
}

/* --- the law */

enum { HISTORY = SLOT_TOKENS + LANGUAGE_VALUE_MAX };

/* The n-grams' law and the shares of copying after n tokens. */
static void weigh(const struct language *l, struct reading *r, const uint32_t *written, size_t n)
{
    uint32_t history[HISTORY];
    size_t k = 0, from = r->plain && n > NGRAM_ORDER_MAX ? n - NGRAM_ORDER_MAX : 0;
    r->n_grams = l->words.count;
    r->n_p = r->n_grams + r->own.count;
    if (r->n_p > r->room) {
        r->room = r->n_p + 64;
        r->p = mem_resize(r->p, r->room * sizeof *r->p);
        r->grams =
            mem_resize(r->grams, 2 * r->room * sizeof *r->grams); /* and a law to draw from */
    }
    for (size_t i = 0; i < r->n_prompt; i++)
        history[k++] = r->prompt[i];
    for (size_t i = from; i < n && k < HISTORY; i++)
        history[k++] = written[i];
    ngram_law(l->grams, history, k, r->grams);
    copy_weigh(l, r, written, n);
}

void language_law(const struct language *l, struct reading *r, const uint32_t *written, size_t n,
                  const double **p, size_t *n_p)
{
    weigh(l, r, written, n);
    for (size_t i = 0; i < r->n_p; i++)
        r->p[i] = r->sentinel * copy_frequent(r, (uint32_t)i);
    for (size_t i = 0; i < r->candidate.len; i++)
        r->p[r->candidate.at[i].token] += r->candidate.at[i].share;
    *p = r->p;
    *n_p = r->n_p;
}

double language_log_p(const struct language *l, struct reading *r, const uint32_t *written,
                      size_t n, uint32_t next)
{
    const double *p;
    size_t n_p;
    language_law(l, r, written, n, &p, &n_p);
    return next < n_p ? log(p[next]) : -INFINITY;
}

/* --- drawing */

/* The least probability (over the largest) that is drawn from: the smallest set of tokens that
 * holds `top` of the law keeps those at and above it.  Found by halving, to a part in 2^20. */
static double least_drawn(const double *q, size_t n, double sum, double top)
{
    double low = 0, high = 1;
    for (int step = 0; step < 20 && top < 1; step++) {
        double middle = (low + high) / 2, held = 0;
        for (size_t t = 0; t < n; t++)
            held += q[t] >= middle ? q[t] : 0;
        *(held >= top * sum ? &low : &high) = middle;
    }
    return low;
}

/* A token by p^(1/T) among those that a value may hold, the nucleus of them; at T = 0 the most
 * probable.  p is changed. */
static uint32_t draw_token(double *p, size_t n_p, bool first, const struct language_drawing *how,
                           double u)
{
    double sum = 0, held = 0, most = 0;
    uint32_t best = LANGUAGE_UNKNOWN;
    p[LANGUAGE_UNKNOWN] = 0;
    if (first)
        p[NGRAM_END] = 0;
    for (uint32_t t = 0; t < n_p; t++)
        if (p[t] > most) {
            most = p[t];
            best = t;
        }
    if (how->temperature <= 0 || most <= 0)
        return best;
    for (uint32_t t = 0; t < n_p; t++)
        sum += p[t] = pow(p[t] / most, 1 / how->temperature);
    double least = least_drawn(p, n_p, sum, how->top);
    for (uint32_t t = 0; t < n_p; t++)
        held += p[t] >= least ? p[t] : 0;
    u *= held;
    for (uint32_t t = 0; t < n_p; t++) {
        u -= p[t] >= least ? p[t] : 0;
        if (u < 0)
            return t;
    }
    return best;
}

/* What the draw of a token was worth, before the law is cut. */
static void note_token(const struct reading *r, uint32_t next, double p, struct language_value *out)
{
    out->log_p += log(p);
    out->copied += 1 - r->sentinel * copy_frequent(r, next) / p;
}

void language_draw(const struct language *l, struct reading *r, const struct language_drawing *how,
                   uint64_t key, struct language_value *out)
{
    *out = (struct language_value){0};
    while (!out->ended && out->n < LANGUAGE_VALUE_MAX) {
        const double *p;
        size_t n_p;
        language_law(l, r, out->token, out->n, &p, &n_p);
        memcpy(r->grams + n_p, p, n_p * sizeof *p);
        uint32_t next =
            draw_token(r->grams + n_p, n_p, out->n == 0, how, rng_unit(rng_at(key, out->n)));
        note_token(r, next, p[next], out);
        if (next == NGRAM_END)
            out->ended = true;
        else
            out->token[out->n++] = next;
    }
    out->copied /= (double)out->n + out->ended;
}

/* --- learning */

double language_slope(const struct language *l, struct reading *r, const char *right, double *slope)
{
    size_t len = strlen(right), n;
    uint32_t *token = mem_alloc((len + 1) * sizeof *token);
    double sum = 0;
    n = language_encode(l, r, right, token, len);
    token[n] = NGRAM_END;
    for (size_t i = 0; i < n + 1; i++) {
        sum += language_log_p(l, r, token, i, token[i]);
        copy_slope(r, i, token[i], slope);
    }
    mem_free(token);
    return sum;
}

double language_point(struct language *l, struct reading *r, const char *right)
{
    r->alone = true;
    double sum = language_step(l, r, right);
    r->alone = false;
    return sum;
}

double language_step(struct language *l, struct reading *r, const char *right)
{
    memset(l->slope, 0, sizeof l->slope);
    double sum = language_slope(l, r, right, l->slope);
    for (size_t i = 0; i < WEIGHTS; i++) {
        double g = l->slope[i];
        if (g == 0)
            continue;
        l->square[i] += g * g;
        l->weight[i] += PACE * g / sqrt(START + l->square[i]);
    }
    return sum;
}

size_t language_weights(void)
{
    return WEIGHTS;
}

double *language_weight(struct language *l)
{
    return l->weight;
}

/* --- kept */

void language_save(const struct language *l, struct buf *out)
{
    struct json_write w;
    json_init(&w, out, 0);
    json_open(&w, '{');
    json_key(&w, "weights");
    json_uint(&w, WEIGHTS);
    json_key(&w, "learned");
    json_open(&w, '[');
    for (uint32_t i = 0; i < WEIGHTS; i++) {
        if (l->square[i] == 0)
            continue;
        json_uint(&w, i);
        json_number(&w, l->weight[i]);
        json_number(&w, l->square[i]);
    }
    json_close(&w, ']');
    json_close(&w, '}');
}

int language_load(struct language *l, struct json saved, struct error *err)
{
    uint64_t n = 0, at = 0;
    double weight = 0;
    int k = 0;
    if (!json_as_u64(json_get(saved, "weights"), &n) || n != WEIGHTS)
        return error_set(err, ERR_INPUT, "language: not the weights of this model");
    memset(l->weight, 0, sizeof l->weight);
    memset(l->square, 0, sizeof l->square);
    for (struct json_iter it = json_each(json_get(saved, "learned")); json_next(&it);
         k = (k + 1) % 3) {
        double x;
        bool read = k == 0 ? json_as_u64(it.value, &at) && at < WEIGHTS
                           : json_as_double(it.value, &x) && isfinite(x) && (k == 1 || x >= 0);
        if (!read)
            return error_set(err, ERR_INPUT, "language: a weight that is none");
        if (k == 1)
            weight = x;
        if (k == 2) {
            l->weight[at] = weight;
            l->square[at] = x;
        }
    }
    return 0;
}
