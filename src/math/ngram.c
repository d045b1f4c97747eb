/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Interpolated modified Kneser-Ney smoothing (Kneser and Ney, "Improved backing-off for m-gram
 * language modeling", ICASSP 1995; Chen and Goodman, "An empirical study of smoothing techniques
 * for language modeling", Computer Speech and Language 13, 1999, eq. 26):
 *
 *     P_k(w | h) = max(c(h w) - D(c(h w)), 0) / c(h .) + g(h) P_k-1(w | h'),
 *
 * h' being h without its first token, D one of three discounts by the count, g(h) what the
 * discounts took.  At the highest order c counts occurrences, below it the different tokens in
 * front of h w; n-grams that start with the sequence's beginning, before which nothing can differ,
 * are counted as they occur.  P_0 is uniform over all tokens but the beginning.
 *
 * An n-gram is packed in 64 bits, 16 a token, the last token lowest: sorted, those of one history
 * stand together in the order of their tokens. */
#include "math/ngram.h"

#include "base/buf.h"
#include "math/sort.h"

struct context {
    uint64_t key;         /* the history */
    uint32_t first, upto; /* its n-grams */
    double total, rest;   /* c(h .), g(h) */
};
struct level {
    uint64_t *key;   /* [n], ascending */
    uint32_t *count; /* [n] */
    size_t n;
    struct context *context; /* [n_contexts], ascending */
    size_t n_contexts;
    double discount[3];
};
struct ngram {
    uint32_t order, n_tokens;
    VEC(uint32_t) text; /* sequences with order - 1 beginnings before and an end behind each */
    struct level level[NGRAM_ORDER_MAX + 1]; /* by order, from 1 */
};

struct ngram *ngram_new(uint32_t order)
{
    struct ngram *m = mem_zero(1, sizeof *m);
    if (order < 1 || order > NGRAM_ORDER_MAX)
        BUG("n-grams of order %u", order);
    m->order = order;
    return m;
}

static void level_release(struct level *l)
{
    mem_free(l->key);
    mem_free(l->count);
    mem_free(l->context);
    *l = (struct level){0};
}

void ngram_free(struct ngram *m)
{
    if (!m)
        return;
    for (uint32_t k = 1; k <= m->order; k++)
        level_release(&m->level[k]);
    vec_release(&m->text);
    mem_free(m);
}

void ngram_add(struct ngram *m, const uint32_t *token, size_t n)
{
    for (uint32_t i = 1; i < m->order; i++)
        vec_push(&m->text, NGRAM_BEGIN);
    for (size_t i = 0; i < n; i++) {
        if (token[i] <= NGRAM_END || token[i] >= NGRAM_TOKENS_MAX)
            BUG("token %u in a sequence", token[i]);
        vec_push(&m->text, token[i]);
    }
    vec_push(&m->text, NGRAM_END);
}

/* --- counting */

/* The last k tokens of a packed n-gram. */
static uint64_t last_of(uint64_t key, uint32_t k)
{
    return k < 4 ? key & ((UINT64_C(1) << 16 * k) - 1) : key;
}

/* Keys in any order -> different ones with their counts. */
static void count_keys(struct level *l, uint64_t *key, size_t n)
{
    sort_integers(key, n);
    l->key = mem_alloc((n + 1) * sizeof *l->key);
    l->count = mem_alloc((n + 1) * sizeof *l->count);
    for (size_t i = 0; i < n; i++)
        if (l->n && l->key[l->n - 1] == key[i]) {
            l->count[l->n - 1]++;
        } else {
            l->key[l->n] = key[i];
            l->count[l->n++] = 1;
        }
}

static void count_highest(struct ngram *m)
{
    uint64_t key = 0, *keys = mem_alloc((m->text.len + 1) * sizeof *keys);
    size_t n = 0;
    for (size_t i = 0; i < m->text.len; i++) {
        key = last_of(key << 16 | m->text.at[i], m->order);
        if (m->text.at[i] != NGRAM_BEGIN)
            keys[n++] = key;
    }
    count_keys(&m->level[m->order], keys, n);
    mem_free(keys);
}

/* Order k from order k + 1: each different n-gram above counts once, those that start with the
 * beginning as often as they occur. */
static void count_below(struct ngram *m, uint32_t k)
{
    const struct level *above = &m->level[k + 1];
    VEC(uint64_t) keys = {0};
    for (size_t i = 0; i < above->n; i++) {
        uint64_t key = last_of(above->key[i], k);
        uint32_t times = k > 1 && key >> 16 * (k - 1) == NGRAM_BEGIN ? above->count[i] : 1;
        for (uint32_t t = 0; t < times; t++)
            vec_push(&keys, key);
    }
    count_keys(&m->level[k], keys.at, keys.len);
    vec_release(&keys);
}

/* Chen and Goodman's eq. 26, from how many n-grams were seen 1, 2, 3 and 4 times; where one of
 * these is missing, Ney's single discount. */
static void estimate_discounts(struct level *l)
{
    double n[5] = {0};
    for (size_t i = 0; i < l->n; i++)
        if (l->count[i] <= 4)
            n[l->count[i]]++;
    double y = n[1] > 0 && n[2] > 0 ? n[1] / (n[1] + 2 * n[2]) : 0.5;
    for (int i = 0; i < 3; i++) {
        double d = n[i + 1] > 0 && n[i + 2] > 0 ? i + 1 - (i + 2) * y * n[i + 2] / n[i + 1] : y;
        l->discount[i] = d > 0 && d < i + 1 ? d : y;
    }
}

static double discount_of(const struct level *l, uint32_t count)
{
    return l->discount[count > 3 ? 2 : count - 1];
}

static void find_contexts(struct level *l)
{
    l->context = mem_alloc((l->n + 1) * sizeof *l->context);
    for (size_t i = 0; i < l->n; i++) {
        uint64_t key = l->key[i] >> 16;
        if (!l->n_contexts || l->context[l->n_contexts - 1].key != key)
            l->context[l->n_contexts++] = (struct context){.key = key, .first = (uint32_t)i};
        struct context *c = &l->context[l->n_contexts - 1];
        c->upto = (uint32_t)i + 1;
        c->total += l->count[i];
        c->rest += discount_of(l, l->count[i]);
    }
    for (size_t i = 0; i < l->n_contexts; i++)
        l->context[i].rest /= l->context[i].total;
}

void ngram_build(struct ngram *m, uint32_t n_tokens)
{
    if (n_tokens <= NGRAM_END || n_tokens > NGRAM_TOKENS_MAX)
        BUG("a vocabulary of %u tokens", n_tokens);
    m->n_tokens = n_tokens;
    for (uint32_t k = m->order; k >= 1; k--) {
        level_release(&m->level[k]);
        if (k == m->order)
            count_highest(m);
        else
            count_below(m, k);
        estimate_discounts(&m->level[k]);
        find_contexts(&m->level[k]);
    }
}

void ngram_discounts(const struct ngram *m, uint32_t k, double at[3])
{
    for (int i = 0; i < 3; i++)
        at[i] = m->level[k].discount[i];
}

/* --- asking */

static uint64_t pack_history(const struct ngram *m, const uint32_t *history, size_t n)
{
    uint64_t key = 0; /* beginnings, where history is short */
    for (size_t i = n < m->order - 1 ? 0 : n - (m->order - 1); i < n; i++)
        key = key << 16 | (history[i] < NGRAM_TOKENS_MAX ? history[i] : NGRAM_TOKENS_MAX);
    return key;
}

/* NULL: nothing was seen after this history. */
static const struct context *context_of(const struct level *l, uint64_t key)
{
    size_t low = 0, high = l->n_contexts;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (l->context[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < l->n_contexts && l->context[low].key == key ? &l->context[low] : NULL;
}

static uint32_t count_of(const struct level *l, const struct context *c, uint64_t key)
{
    size_t low = c->first, high = c->upto;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (l->key[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c->upto && l->key[low] == key ? l->count[low] : 0;
}

double ngram_probability(const struct ngram *m, const uint32_t *history, size_t n, uint32_t token)
{
    uint64_t key = pack_history(m, history, n);
    if (token == NGRAM_BEGIN || token >= m->n_tokens)
        return 0;
    double p = 1.0 / (m->n_tokens - 1);
    for (uint32_t k = 1; k <= m->order; k++) {
        const struct level *l = &m->level[k];
        uint64_t h = k > 1 ? last_of(key, k - 1) : 0;
        const struct context *c = context_of(l, h);
        if (!c)
            continue;
        uint32_t count = count_of(l, c, h << 16 | token);
        p = c->rest * p + (count ? (count - discount_of(l, count)) / c->total : 0);
    }
    return p;
}

void ngram_law(const struct ngram *m, const uint32_t *history, size_t n, double *p)
{
    uint64_t key = pack_history(m, history, n);
    for (uint32_t t = 0; t < m->n_tokens; t++)
        p[t] = t == NGRAM_BEGIN ? 0 : 1.0 / (m->n_tokens - 1);
    for (uint32_t k = 1; k <= m->order; k++) {
        const struct level *l = &m->level[k];
        const struct context *c = context_of(l, k > 1 ? last_of(key, k - 1) : 0);
        if (!c)
            continue;
        for (uint32_t t = 0; t < m->n_tokens; t++)
            p[t] *= c->rest;
        for (uint32_t i = c->first; i < c->upto; i++)
            p[l->key[i] & 0xffff] += (l->count[i] - discount_of(l, l->count[i])) / c->total;
    }
}
