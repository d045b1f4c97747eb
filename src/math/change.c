/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A test martingale on ranks.
 *
 * Whatever the (continuous) law of m + n exchangeable values, the probability that a further one
 * lies above the r-th smallest of the first m is Beta(m + 1 - r, r), the law of a uniform order
 * statistic (David and Nagaraja 2003, 2.2); so which of the others do is Polya's urn, a law without
 * unknowns.  The likelihood ratio of any other law to it is a test martingale (Shafer, Shen,
 * Vereshchagin and Vovk 2011), and so is a mixture: here over cuts at quantiles, over laws with a
 * share above the cut that is tilted or free (Krichevsky and Trofimov 1981), and over the times
 * from which they hold, as restarts.  By Ville's inequality it ever reaches x with probability
 * 1 / x at most (Ramdas, Gruenwald, Vovk and Shafer 2023, "Game-theoretic statistics").
 * Since when: posterior of a change point in Bernoulli trials (Smith 1975). */
#include "math/change.h"

#include "base/buf.h"
#include "math/rng.h"

#include <math.h>
#include <stdlib.h>

enum { CUTS = 17, STARTS = 8, LAWS = 5 };

/* Cuts lie at these quantiles; in the tails a little above twice as far out each. */
static const double quantiles[CUTS] = {0,    0.005, 0.01, 0.02, 0.05, 0.1,  0.2,   0.35, 0.5,
                                       0.65, 0.8,   0.9,  0.95, 0.98, 0.99, 0.995, 1};
static const double tilts[LAWS - 1] = {-1.2, -0.4, 0.4, 1.2}; /* of the log odds */

struct entry {
    double value;
    uint64_t tie;
};

static int by_value(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x->tie < y->tie ? -1 : x->tie > y->tie;
}

static bool is_above(const struct entry *x, const struct entry *cut)
{
    return by_value(x, cut) > 0;
}

static double log_beta(double a, double b)
{
    return lgamma(a) + lgamma(b) - lgamma(a + b);
}

/* k of n by a law of Beta(a, b): the logarithm of the probability of each such order. */
static double log_urn(double a, double b, double at_start, double k, double n)
{
    return log_beta(a + k, b + n - k) - at_start;
}

/* What is known of the cuts: their places in the baseline, and the counts above at each look. */
struct board {
    size_t m, cuts, looks;
    uint64_t rank[CUTS];
    struct entry cut[CUTS];
    size_t at[CHANGE_LOOKS + 1];            /* at[0] = 0 */
    uint64_t above[CHANGE_LOOKS + 1][CUTS]; /* values above the cut among the first at[] */
};

static void place_cuts(const double *before, size_t m, uint64_t key, struct board *b)
{
    struct entry *sorted = mem_alloc(m * sizeof *sorted);
    for (size_t i = 0; i < m; i++)
        sorted[i] = (struct entry){before[i], rng_at(key, i)};
    qsort(sorted, m, sizeof *sorted, by_value);
    b->m = m;
    for (size_t q = 0; q < CUTS; q++) {
        uint64_t rank = (uint64_t)llround(quantiles[q] * (double)(m + 1));
        rank = rank < 1 ? 1 : rank > m ? m : rank;
        if (b->cuts && b->rank[b->cuts - 1] == rank)
            continue;
        b->rank[b->cuts] = rank;
        b->cut[b->cuts++] = sorted[rank - 1];
    }
    mem_free(sorted);
}

static void count_above(const double *after, size_t n, uint64_t key, struct board *b)
{
    uint64_t cell[CUTS + 1] = {0}; /* values with so many cuts below */
    size_t seen = 0;
    b->looks = n < CHANGE_LOOKS ? n : CHANGE_LOOKS;
    for (size_t look = 1; look <= b->looks; look++) {
        for (b->at[look] = look * n / b->looks; seen < b->at[look]; seen++) {
            struct entry x = {after[seen], rng_at(key, b->m + seen)};
            size_t low = 0, high = b->cuts;
            while (low < high) {
                size_t middle = (low + high) / 2;
                if (is_above(&x, &b->cut[middle]))
                    low = middle + 1;
                else
                    high = middle;
            }
            cell[low]++;
        }
        uint64_t sum = 0;
        for (size_t j = b->cuts; j-- > 0;)
            b->above[look][j] = sum += cell[j + 1];
    }
}

/* Running sum of terms given by their logarithms. */
struct log_sum {
    double most, sum;
};

static void log_sum_add(struct log_sum *s, double x)
{
    if (x > s->most) {
        s->sum = s->sum * exp(s->most - x) + 1;
        s->most = x;
    } else {
        s->sum += exp(x - s->most);
    }
}

struct mixture {
    struct log_sum value[CHANGE_LOOKS + 1];
    double most[CHANGE_LOOKS + 1]; /* the greatest term */
    size_t cut[CHANGE_LOOKS + 1];  /* and its cut */
};

static void add_term(struct mixture *mix, size_t look, double term, size_t cut)
{
    log_sum_add(&mix->value[look], term);
    if (term > mix->most[look]) {
        mix->most[look] = term;
        mix->cut[look] = cut;
    }
}

/* The laws that bet from `start` on at one cut, together of this weight.  Those that are tilted are
 * a quarter as sure of themselves as the urn is. */
static void bet(const struct board *b, size_t start, size_t j, double log_weight,
                struct mixture *mix)
{
    double k0 = (double)b->above[start][j], n0 = (double)b->at[start];
    double a0 = (double)(b->m + 1 - b->rank[j]) + k0, b0 = (double)b->rank[j] + n0 - k0;
    double null_start = log_beta(a0, b0), a[LAWS], c[LAWS], law_start[LAWS];
    for (size_t i = 0; i < LAWS; i++) {
        double mean = 1 / (1 + b0 / a0 * exp(i ? -tilts[i - 1] : 0));
        double strength = fmax((a0 + b0) / 4, 2);
        a[i] = i ? strength * mean : 0.5;
        c[i] = i ? strength * (1 - mean) : 0.5;
        law_start[i] = log_beta(a[i], c[i]);
    }
    for (size_t look = 1; look <= b->looks; look++) {
        double n = (double)b->at[look] - n0, k = (double)b->above[look][j] - k0;
        if (look <= start) {
            add_term(mix, look, log_weight, j);
            continue;
        }
        double null = log_urn(a0, b0, null_start, k, n);
        for (size_t i = 0; i < LAWS; i++)
            add_term(mix, look,
                     log_weight - log(LAWS) + log_urn(a[i], c[i], law_start[i], k, n) - null, j);
    }
}

/* Half of the wealth is bet from the first value on, the other half by restarts. */
static void bet_all(const struct board *b, struct mixture *mix)
{
    size_t start[STARTS] = {0}, starts = 1;
    for (size_t i = 1; i < STARTS; i++)
        if (i * b->looks / STARTS > start[starts - 1])
            start[starts++] = i * b->looks / STARTS;
    for (size_t look = 0; look <= b->looks; look++) {
        mix->value[look] = (struct log_sum){-INFINITY, 0};
        mix->most[look] = -INFINITY;
    }
    for (size_t s = 0; s < starts; s++) {
        double share = starts == 1 ? 1 : s ? 0.5 / (double)(starts - 1) : 0.5;
        for (size_t j = 0; j < b->cuts; j++)
            bet(b, start[s], j, log(share / (double)b->cuts), mix);
    }
}

void change_test(const double *before, size_t m, const double *after, size_t n, uint64_t key,
                 struct change *out)
{
    struct board *b = mem_zero(1, sizeof *b);
    struct mixture *mix = mem_zero(1, sizeof *mix);
    size_t best = 1;
    *out = (struct change){0};
    place_cuts(before, m, key, b);
    count_above(after, n, key, b);
    bet_all(b, mix);
    out->looks = b->looks;
    for (size_t look = 1; look <= b->looks; look++) {
        out->at[look - 1] = b->at[look];
        out->path[look - 1] = mix->value[look].most + log(mix->value[look].sum);
        if (out->path[look - 1] > out->path[best - 1])
            best = look;
    }
    size_t j = mix->cut[best];
    out->log_e = fmax(out->path[best - 1], 0);
    out->cut = b->cut[j].value;
    out->cut_tie = b->cut[j].tie;
    out->rank = b->rank[j];
    out->above_before = (double)(m - b->rank[j]) / (double)m;
    out->above_after = (double)b->above[b->looks][j] / (double)n;
    mem_free(mix);
    mem_free(b);
}

size_t change_found(const struct change *c, double log_e)
{
    size_t look = 0;
    while (look < c->looks && !(c->path[look] >= log_e))
        look++;
    return look;
}

void change_since(const double *after, size_t m, size_t n, uint64_t key, struct change *c)
{
    struct entry cut = {c->cut, c->cut_tie};
    double *weight = mem_alloc(n * sizeof *weight), most = -INFINITY, sum = 0, below = 0;
    uint64_t k = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        struct entry x = {after[i], rng_at(key, m + i)};
        all += is_above(&x, &cut);
    }
    for (size_t s = 0; s < n; s++) {
        struct entry x = {after[s], rng_at(key, m + s)};
        double later = (double)(all - k), left = (double)(n - s);
        weight[s] = log_beta((double)(m + 1 - c->rank + k), (double)(c->rank + s - k)) +
                    log_beta(0.5 + later, 0.5 + left - later);
        if (weight[s] > most) {
            most = weight[s];
            c->since = s;
        }
        k += is_above(&x, &cut);
    }
    for (size_t s = 0; s < n; s++)
        sum += exp(weight[s] - most);
    c->since_low = c->since_high = c->since;
    for (size_t s = 0; s < n; s++) {
        double before = below / sum;
        below += exp(weight[s] - most);
        if (before < 0.025 && below / sum >= 0.025 && s < c->since)
            c->since_low = s;
        if (before < 0.975 && below / sum >= 0.975 && s > c->since)
            c->since_high = s;
    }
    mem_free(weight);
}
