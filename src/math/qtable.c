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
static inline uint32_t inner(uint32_t u, uint32_t from, uint64_t stretch)
{
    return (uint32_t)(((u - from) * stretch + stretch / 2) >> 32);
}

static inline uint32_t start_of(const struct qtable *t, size_t i)
{
    return i == 0 ? 0 : t->last[i - 1] + 1;
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
        return qtable_at(t->part[i], inner(u, start_of(t, i), t->stretch[i])) + t->shift;
    }
    default:
        return t->least;
    }
}

/* A split of few parts, part by part: the draws that fall to it are gathered, made, and put back
 * where they belong. */
static void fill_split(const struct qtable *t, const uint32_t *u, size_t n, float *out)
{
    enum { CHUNK = 256 };
    uint32_t inside[CHUNK];
    uint16_t place[CHUNK + 1];
    float drawn[CHUNK];

    for (size_t at = 0; at < n; at += CHUNK) {
        const size_t chunk = n - at < CHUNK ? n - at : CHUNK;
        for (size_t i = 0; i < t->n; i++) {
            const uint32_t from = start_of(t, i), span = t->last[i] - from;
            const uint64_t stretch = t->stretch[i];
            size_t count = 0;
            for (size_t k = 0; k < chunk; k++) {
                place[count] = (uint16_t)k;
                count += u[at + k] - from <= span;
            }
            for (size_t k = 0; k < count; k++)
                inside[k] = inner(u[at + place[k]], from, stretch);
            qtable_fill(t->part[i], inside, count, drawn);
            for (size_t k = 0; k < count; k++)
                out[at + place[k]] = drawn[k] + t->shift;
        }
    }
}

void qtable_fill(const struct qtable *t, const uint32_t *u, size_t n, float *out)
{
    enum { FEW = 6 };
    size_t i = 0;
    if (t->kind == QTABLE_SMOOTH) {
        for (i = fill_smooth(t, u, n, out); i < n; i++)
            out[i] = smooth_at(t, u[i]);
    } else if (t->kind == QTABLE_STEPS) {
        for (; i < n; i++)
            out[i] = t->value[range_of(t, u[i])];
    } else if (t->kind == QTABLE_SPLIT && t->n <= FEW) {
        fill_split(t, u, n, out);
    } else if (t->kind == QTABLE_SPLIT) {
        for (; i < n; i++)
            out[i] = qtable_at(t, u[i]);
    } else {
        for (; i < n; i++)
            out[i] = t->least;
    }
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
