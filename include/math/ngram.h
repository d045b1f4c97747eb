/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Probabilities of the next token after the few before it: n-grams with interpolated, modified
 * Kneser-Ney smoothing.
 *
 * Tokens are numbers below a vocabulary's size; two of them are the sequence's ends.  Life:
 * ngram_new, ngram_add for each sequence, ngram_build, then as many questions as are asked, from
 * any thread; more may be added and built anew.  ngram_free. */
#ifndef SEAM_MATH_NGRAM_H
#define SEAM_MATH_NGRAM_H

#include <stddef.h>
#include <stdint.h>

enum {
    NGRAM_BEGIN = 0, /* stands before a sequence, is never next */
    NGRAM_END = 1,   /* stands behind it */
    NGRAM_ORDER_MAX = 4,
    NGRAM_TOKENS_MAX = 65535
};

struct ngram;
/* An empty model of sequences, `order` from 1 to NGRAM_ORDER_MAX. */
struct ngram *ngram_new(uint32_t order);
/* NULL is fine. */
void ngram_free(struct ngram *m);
/* Counts a sequence of n tokens, none of them NGRAM_BEGIN or NGRAM_END, which are put around it. */
void ngram_add(struct ngram *m, const uint32_t *token, size_t n);
/* Turns what was added into probabilities over a vocabulary of n_tokens, at least one more than
 * the largest token added. */
void ngram_build(struct ngram *m, uint32_t n_tokens);
/* The probability that `token` comes after the last of the n tokens of history; where there are
 * fewer than order - 1 of them the sequence began there.  0 for NGRAM_BEGIN. */
double ngram_probability(const struct ngram *m, const uint32_t *history, size_t n, uint32_t token);
/* The law of all tokens as built: p[n_tokens], which add up to 1. */
void ngram_law(const struct ngram *m, const uint32_t *history, size_t n, double *p);
/* The discounts of n-grams seen once, twice and more often: at[0..2], 1 <= k <= order. */
void ngram_discounts(const struct ngram *m, uint32_t k, double at[3]);

#endif
