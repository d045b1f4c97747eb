/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Eight at a time: the inner steps of rng_fill and qtable_fill, for loops that use the numbers
 * where they are made.
 *
 * All are inlined into functions marked MULTIVERSION.  Vectors are of 32 bytes: wider ones go
 * through memory where the machine has AVX2 only. */
#ifndef SEAM_MATH_EIGHT_H
#define SEAM_MATH_EIGHT_H

#include "math/multiversion.h"
#include "math/qtable.h"
#include "math/rng.h"
#include <stdbool.h>
#include <string.h>

typedef uint64_t eight_longs __attribute__((vector_size(32), may_alias)); /* half of eight */
typedef int32_t eight_ints __attribute__((vector_size(32), may_alias));
typedef float eight_floats __attribute__((vector_size(32), may_alias));
typedef float eight_row __attribute__((vector_size(16), may_alias));

#define EIGHT_INLINE static inline __attribute__((always_inline))

/* --- xoshiro256++ in 8 lanes */

struct eight_rng {
    eight_longs a[4], b[4]; /* lanes 0-3 and 4-7 of the four words */
};

EIGHT_INLINE void eight_rng_load(struct eight_rng *s, const struct rng *r)
{
    for (int w = 0; w < 4; w++) {
        s->a[w] = ((const eight_longs *)r->s)[2 * w];
        s->b[w] = ((const eight_longs *)r->s)[2 * w + 1];
    }
}

EIGHT_INLINE void eight_rng_store(const struct eight_rng *s, struct rng *r)
{
    for (int w = 0; w < 4; w++) {
        ((eight_longs *)r->s)[2 * w] = s->a[w];
        ((eight_longs *)r->s)[2 * w + 1] = s->b[w];
    }
}

#define EIGHT_ROTATE(x, k) ((x) << (k) | (x) >> (64 - (k)))

/* One step of four lanes: the output into *out, the state moved on. */
EIGHT_INLINE void eight_rng_half(eight_longs s[4], eight_longs *out)
{
    eight_longs sum = s[0] + s[3], t = s[1] << 17;
    *out = EIGHT_ROTATE(sum, 23) + s[0];
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = EIGHT_ROTATE(s[3], 45);
}

/* For eight_rng_next: a gets lanes 0, 1, 4, 5 and b lanes 2, 3, 6, 7, so that halves of numbers
 * come out in order. */
EIGHT_INLINE void eight_rng_load_crossed(struct eight_rng *s, const struct rng *r)
{
    for (int w = 0; w < 4; w++) {
        eight_longs x = ((const eight_longs *)r->s)[2 * w];
        eight_longs y = ((const eight_longs *)r->s)[2 * w + 1];
        s->a[w] = __builtin_shufflevector(x, y, 0, 1, 4, 5);
        s->b[w] = __builtin_shufflevector(x, y, 2, 3, 6, 7);
    }
}

/* The next eight numbers as their low halves and their high ones. */
EIGHT_INLINE void eight_rng_next(struct eight_rng *crossed, eight_ints *low, eight_ints *high)
{
    eight_longs x, y;
    eight_rng_half(crossed->a, &x);
    eight_rng_half(crossed->b, &y);
    eight_floats p = (eight_floats)x, q = (eight_floats)y; /* floats have the better shuffle */
    *low = (eight_ints)__builtin_shufflevector(p, q, 0, 2, 8, 10, 4, 6, 12, 14);
    *high = (eight_ints)__builtin_shufflevector(p, q, 1, 3, 9, 11, 5, 7, 13, 15);
}

/* --- smooth quantile tables; see qtable_smooth */

enum { EIGHT_ONE = 0x3f800000, EIGHT_MANTISSA = 23, EIGHT_HALF_EXPONENT = 126 /* of x = 1/2 */ };

/* The row at so many bytes from the first: an index would cost a shift for each. */
#define EIGHT_ROW(row, at) (*(const eight_row *)((const char *)(row) + (at)))
/* Rows of the draws i and i + 4, side by side. */
#define EIGHT_ROWS(row, at, i)                                                                     \
    __builtin_shufflevector(EIGHT_ROW(row, (at)[i]), EIGHT_ROW(row, (at)[(i) + 4]), 0, 1, 2, 3, 4, \
                            5, 6, 7)

/* Where the rows of eight 32-bit uniforms begin, in bytes, and their places inside the cells. */
EIGHT_INLINE void eight_cells(int bits_of_cell, const eight_ints *u, eight_ints *at,
                              eight_floats *place)
{
    const int rest = EIGHT_MANTISSA - bits_of_cell;
    const int32_t first = EIGHT_HALF_EXPONENT << bits_of_cell, side = 32 << bits_of_cell;
    const int32_t inside = (1 << rest) - 1;
    eight_ints upper = *u >> 31, bits;
    eight_floats x = __builtin_convertvector(*u ^ upper, eight_floats) + 0.5f;
    bits = (eight_ints)x;
    bits += bits > (EIGHT_ONE + (31 << EIGHT_MANTISSA) - 1); /* x rounded up to 2^31 */
    *at = ((bits >> rest) - first + (upper & side)) << 4;
    *place = (eight_floats)((bits & inside) | EIGHT_ONE) - 1;
}

/* Rows of eight cells are loaded as four floats each and transposed, because AVX2 gathers take
 * three times as long. */
EIGHT_INLINE void eight_draws(const float (*row)[4], const uint32_t *at, const eight_floats *place,
                              eight_floats *out)
{
    const eight_floats d = *place;
    eight_floats a = EIGHT_ROWS(row, at, 0), b = EIGHT_ROWS(row, at, 1);
    eight_floats c = EIGHT_ROWS(row, at, 2), e = EIGHT_ROWS(row, at, 3);
    eight_floats ab01 = __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13);
    eight_floats ab23 = __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
    eight_floats ce01 = __builtin_shufflevector(c, e, 0, 8, 1, 9, 4, 12, 5, 13);
    eight_floats ce23 = __builtin_shufflevector(c, e, 2, 10, 3, 11, 6, 14, 7, 15);
    eight_floats c0 = __builtin_shufflevector(ab01, ce01, 0, 1, 8, 9, 4, 5, 12, 13);
    eight_floats c1 = __builtin_shufflevector(ab01, ce01, 2, 3, 10, 11, 6, 7, 14, 15);
    eight_floats c2 = __builtin_shufflevector(ab23, ce23, 0, 1, 8, 9, 4, 5, 12, 13);
    eight_floats c3 = __builtin_shufflevector(ab23, ce23, 2, 3, 10, 11, 6, 7, 14, 15);
    *out = c0 + d * (c1 + d * (c2 + d * c3));
}

/* The same for one: a table's rows, and what its cells' bits make. */
struct smooth {
    const float (*row)[4];
    int rest;
    int32_t first, side, inside;
};
static inline struct smooth smooth_of(const float (*row)[4], int bits_of_cell)
{
    const int rest = EIGHT_MANTISSA - bits_of_cell;
    return (struct smooth){row, rest, EIGHT_HALF_EXPONENT << bits_of_cell, 32 << bits_of_cell,
                           (1 << rest) - 1};
}
/* The value of the smooth table at the 32 random bits u. */
static inline float smooth_draw(const struct smooth *s, uint32_t u)
{
    const int32_t upper = (int32_t)u >> 31;
    float x = (float)((int32_t)u ^ upper) + 0.5f, d;
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits -= bits > EIGHT_ONE + (31 << EIGHT_MANTISSA) - 1;
    const float *c = s->row[(bits >> s->rest) - s->first + (upper & s->side)];
    bits = (bits & s->inside) | EIGHT_ONE;
    memcpy(&d, &bits, sizeof d);
    d -= 1;
    return c[0] + d * (c[1] + d * (c[2] + d * c[3]));
}

/* --- the same for machines whose vectors have 16 bytes: there GCC takes 32 bytes apart one value
 * at a time, but for sums and shifts */

/* Does this machine run the AVX2 versions? */
static inline bool eight_is_wide(void)
{
#if defined(__AVX2__)
    return true;
#elif defined(MULTIVERSION_WIDE)
    return MULTIVERSION_WIDE;
#else
    return false;
#endif
}

/* eight_cells for n numbers. */
EIGHT_INLINE void narrow_cells(int bits_of_cell, const uint32_t *restrict u, int n,
                               uint32_t *restrict at, float *restrict place)
{
    const int rest = EIGHT_MANTISSA - bits_of_cell;
    const int32_t first = EIGHT_HALF_EXPONENT << bits_of_cell, side = 32 << bits_of_cell;
    const int32_t inside = (1 << rest) - 1;
    for (int i = 0; i < n; i++) {
        int32_t upper = (int32_t)u[i] >> 31, bits, one;
        float x = (float)((int32_t)u[i] ^ upper) + 0.5f, y;
        memcpy(&bits, &x, sizeof bits);
        bits -= bits > (EIGHT_ONE + (31 << EIGHT_MANTISSA) - 1); /* x rounded up to 2^31 */
        at[i] = (uint32_t)((bits >> rest) - first + (upper & side)) << 4;
        one = (bits & inside) | EIGHT_ONE;
        memcpy(&y, &one, sizeof y);
        place[i] = y - 1;
    }
}

/* eight_draws for n, a multiple of 4. */
EIGHT_INLINE void narrow_draws(const float (*row)[4], const uint32_t *restrict at,
                               const float *restrict place, int n, float *restrict out)
{
    for (int i = 0; i < n; i += 4) {
        eight_row a = EIGHT_ROW(row, at[i]), b = EIGHT_ROW(row, at[i + 1]);
        eight_row c = EIGHT_ROW(row, at[i + 2]), e = EIGHT_ROW(row, at[i + 3]), d;
        eight_row ab01 = __builtin_shufflevector(a, b, 0, 4, 1, 5);
        eight_row ab23 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
        eight_row ce01 = __builtin_shufflevector(c, e, 0, 4, 1, 5);
        eight_row ce23 = __builtin_shufflevector(c, e, 2, 6, 3, 7);
        eight_row c0 = __builtin_shufflevector(ab01, ce01, 0, 1, 4, 5);
        eight_row c1 = __builtin_shufflevector(ab01, ce01, 2, 3, 6, 7);
        eight_row c2 = __builtin_shufflevector(ab23, ce23, 0, 1, 4, 5);
        eight_row c3 = __builtin_shufflevector(ab23, ce23, 2, 3, 6, 7);
        memcpy(&d, place + i, sizeof d);
        d = c0 + d * (c1 + d * (c2 + d * c3));
        memcpy(out + i, &d, sizeof d);
    }
}

#endif
