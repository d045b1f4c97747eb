/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The labels sorted once into tie groups: every method walks over those. */
#include "math/risk_parts.h"

#include "math/rng.h"
#include "math/sort.h"
#include <string.h>

/* --- sorting: one integer a row, most confident first, wrong before right: all bits of the
 * confidence and a 0 for "right", turned over */

static uint64_t key_of(const struct scored *s)
{
    double c = s->confidence > 0 ? s->confidence : 0; /* also takes the sign off -0 */
    uint64_t bits;
    memcpy(&bits, &c, sizeof bits);
    return ~(bits << 1 | (s->correct ? 0 : 1));
}

static double key_confidence(uint64_t key)
{
    uint64_t bits = ~key >> 1;
    double c;
    memcpy(&c, &bits, sizeof c);
    return c;
}

uint64_t *risk_sorted(const struct scored *s, size_t n)
{
    uint64_t *key = mem_alloc((n + 1) * sizeof *key);
    for (size_t i = 0; i < n; i++)
        key[i] = key_of(&s[i]);
    sort_integers(key, n);
    return key;
}

/* --- the frontier */

struct frontier frontier_of(const uint64_t *key, size_t n)
{
    size_t distinct = n > 0;
    for (size_t i = 1; i < n; i++)
        distinct += key[i] >> 1 != key[i - 1] >> 1;
    struct frontier f = {mem_alloc((distinct + 1) * sizeof *f.at), 0, n, 0};
    uint64_t errors = 0;
    for (size_t i = 0; i < n; i++) {
        errors += ~key[i] & 1;
        if (i + 1 == n || key[i + 1] >> 1 != key[i] >> 1)
            f.at[f.len++] = (struct risk_point){key_confidence(key[i]), i + 1, errors,
                                                1 - (double)(i + 1) / (double)n};
    }
    f.errors = errors;
    return f;
}

void risk_frontier(const struct scored *s, size_t n, struct risk_point **out, size_t *n_out)
{
    uint64_t *key = risk_sorted(s, n);
    struct frontier f = frontier_of(key, n);
    mem_free(key);
    *out = f.at;
    *n_out = f.len;
}

const struct risk_point *frontier_at(const struct frontier *f, double threshold)
{
    size_t low = 0, high = f->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (f->at[middle].threshold >= threshold)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? &f->at[low - 1] : NULL;
}

size_t frontier_shipping(const struct frontier *f, uint64_t m)
{
    size_t low = 0, high = f->len - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (f->at[middle].m >= m)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

size_t *frontier_grid(const struct frontier *f, size_t grid, size_t *len)
{
    size_t *at = mem_alloc(grid * sizeof *at);
    *len = 0;
    for (size_t j = 1; j <= grid; j++) {
        uint64_t m = (uint64_t)(((__uint128_t)f->n * j + grid - 1) / grid);
        size_t i = frontier_shipping(f, m);
        if (*len == 0 || at[*len - 1] != i)
            at[(*len)++] = i;
    }
    return at;
}

/* Selection sampling (Fan, Muller and Rezucha 1962; Knuth 3.4.2, algorithm S). */
void risk_draw_quarter(const uint64_t *key, size_t n, uint64_t seed, uint64_t *chosen,
                       uint64_t *rest)
{
    struct rng_seq rng = {rng_key(seed, 0, 0, 0, RNG_SPLIT), 0};
    size_t wanted = (n + 3) / 4, n_chosen = 0, n_rest = 0;
    for (size_t i = 0; i < n; i++) {
        if (rng_below(&rng, n - i) < wanted - n_chosen)
            chosen[n_chosen++] = key[i];
        else
            rest[n_rest++] = key[i];
    }
}
