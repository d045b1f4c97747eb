/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drawing from quantile tables.
 *
 * Eight draws at a time: the rows of eight cells are loaded as four floats each and transposed,
 * because AVX2 gathers take three times as long.  The vectors are of 32 bytes; wider ones go
 * through memory where the machine has none. */
#include "qtable_kinds.h"

#include "base/buf.h"
#include "math/multiversion.h"
#include <string.h>

static const float X_MAX = 0x1.fffffep30f; /* the float below 2^31 */
enum { ONE = 0x3f800000, MANTISSA = 23, HALF_EXPONENT = 126 /* of x = 1/2 */ };

/* u counted from the nearer end: u or ~u. */
static inline uint32_t fold(uint32_t u)
{
    return u ^ (uint32_t)((int32_t)u >> 31);
}

static inline float smooth_at(const struct qtable *t, uint32_t u)
{
    float x = (float)(int32_t)fold(u) + 0.5f, d;
    x = x < X_MAX ? x : X_MAX;
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    int32_t side = QTABLE_OCTAVES << t->bits, rest = MANTISSA - t->bits;
    int32_t cell = (bits >> rest) - (HALF_EXPONENT << t->bits) + ((int32_t)u >> 31 & side);
    bits = (bits & ((1 << rest) - 1)) | ONE;
    memcpy(&d, &bits, sizeof d);
    d -= 1;
    const float *c = t->row[cell];
    return c[0] + d * (c[1] + d * (c[2] + d * c[3]));
}

typedef uint32_t uints __attribute__((vector_size(32)));
typedef int32_t ints __attribute__((vector_size(32)));
typedef float floats __attribute__((vector_size(32)));
typedef float four __attribute__((vector_size(16), aligned(16), may_alias));

/* Rows of the draws i and i + 4, side by side. */
#define TWO_ROWS(row, cell, i)                                                                     \
    __builtin_shufflevector(*(const four *)(row)[(cell)[i]],                                       \
                            *(const four *)(row)[(cell)[(i) + 4]], 0, 1, 2, 3, 4, 5, 6, 7)

MULTIVERSION static size_t fill_smooth(const struct qtable *t, const uint32_t *u, size_t n,
                                       float *out)
{
    const float(*row)[4] = (const float(*)[4])t->row;
    const int rest = MANTISSA - t->bits;
    const int32_t first = HALF_EXPONENT << t->bits, side = QTABLE_OCTAVES << t->bits;
    const int32_t inside = (1 << rest) - 1;
    size_t i = 0;

    for (; i + 8 <= n; i += 8) {
        ints v, upper, bits, cells;
        floats x, d;
        int32_t cell[8] __attribute__((aligned(32)));
        memcpy(&v, u + i, sizeof v);
        upper = v >> 31;
        x = __builtin_convertvector(v ^ upper, floats) + 0.5f;
        memcpy(&bits, &x, sizeof bits);
        ints over = bits > (ONE + (31 << MANTISSA) - 1); /* x rounded up to 2^31 */
        bits += over;
        cells = (bits >> rest) - first + (upper & side);
        memcpy(cell, &cells, sizeof cells);
        bits = (bits & inside) | ONE;
        memcpy(&d, &bits, sizeof d);
        d -= 1;

        floats a = TWO_ROWS(row, cell, 0), b = TWO_ROWS(row, cell, 1);
        floats c = TWO_ROWS(row, cell, 2), e = TWO_ROWS(row, cell, 3);
        floats ab01 = __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13);
        floats ab23 = __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
        floats ce01 = __builtin_shufflevector(c, e, 0, 8, 1, 9, 4, 12, 5, 13);
        floats ce23 = __builtin_shufflevector(c, e, 2, 10, 3, 11, 6, 14, 7, 15);
        floats c0 = __builtin_shufflevector(ab01, ce01, 0, 1, 8, 9, 4, 5, 12, 13);
        floats c1 = __builtin_shufflevector(ab01, ce01, 2, 3, 10, 11, 6, 7, 14, 15);
        floats c2 = __builtin_shufflevector(ab23, ce23, 0, 1, 8, 9, 4, 5, 12, 13);
        floats c3 = __builtin_shufflevector(ab23, ce23, 2, 3, 10, 11, 6, 7, 14, 15);
        floats y = c0 + d * (c1 + d * (c2 + d * c3));
        memcpy(out + i, &y, sizeof y);
    }
    return i;
}

/* The range of t->last that holds u. */
static inline size_t range_of(const struct qtable *t, uint32_t u)
{
    size_t i = t->guide[u >> (32 - QTABLE_GUIDE_BITS)];
    while (t->last[i] < u)
        i++;
    return i;
}

/* Part i's own uniform: the middle of u's cell, stretched. */
static inline uint32_t inner(const struct qtable *t, size_t i, uint32_t u)
{
    uint32_t from = i == 0 ? 0 : t->last[i - 1] + 1;
    double x = ((double)(u - from) + 0.5) * t->stretch[i];
    return x < 0x1p32 - 1 ? (uint32_t)x : UINT32_MAX;
}

float qtable_at(const struct qtable *t, uint32_t u)
{
    switch (t->kind) {
    case QTABLE_SMOOTH:
        return smooth_at(t, u);
    case QTABLE_STEPS:
        return t->value[range_of(t, u)];
    case QTABLE_SPLIT: {
        size_t i = range_of(t, u);
        return qtable_at(t->part[i], inner(t, i, u)) + t->shift;
    }
    default:
        return t->least;
    }
}

void qtable_fill(const struct qtable *t, const uint32_t *u, size_t n, float *out)
{
    size_t i = t->kind == QTABLE_SMOOTH ? fill_smooth(t, u, n, out) : 0;
    for (; i < n; i++)
        out[i] = qtable_at(t, u[i]);
}

double qtable_max(const struct qtable *t)
{
    return t->most;
}

bool qtable_is_constant(const struct qtable *t, double *value)
{
    if (t->least != t->most)
        return false;
    *value = t->least;
    return true;
}

void qtable_free(struct qtable *t)
{
    if (!t)
        return;
    for (size_t i = 0; t->part && i < t->n; i++)
        qtable_free(t->part[i]);
    mem_free(t->part);
    mem_free(t->stretch);
    mem_free(t->row);
    mem_free(t->last);
    mem_free(t->guide);
    mem_free(t->value);
    mem_free(t);
}
