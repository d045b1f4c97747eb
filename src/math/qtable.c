/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drawing from quantile tables, eight draws at a time where they are smooth. */
#include "qtable_kinds.h"

#include "base/buf.h"
#include "math/eight.h"
#include "math/multiversion.h"
#include <string.h>

enum { ONE = EIGHT_ONE, MANTISSA = EIGHT_MANTISSA, HALF_EXPONENT = EIGHT_HALF_EXPONENT };

static inline float smooth_at(const struct qtable *t, uint32_t u)
{
    const struct smooth s = smooth_of((const float(*)[4])t->row, t->bits);
    return smooth_draw(&s, u);
}

enum { CHUNK = 256 };

MULTIVERSION static size_t fill_wide(const struct qtable *t, const uint32_t *u, size_t n,
                                     float *out)
{
    const float(*row)[4] = (const float(*)[4])t->row;
    const int bits = t->bits;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint32_t cell[8] __attribute__((aligned(32)));
        eight_ints v;
        eight_floats d, y;
        memcpy(&v, u + i, sizeof v);
        eight_cells(bits, &v, (eight_ints *)cell, &d);
        eight_draws(row, cell, &d, &y);
        memcpy(out + i, &y, sizeof y);
    }
    return i;
}

static size_t fill_narrow(const struct qtable *t, const uint32_t *u, size_t n, float *out)
{
    uint32_t cell[CHUNK] __attribute__((aligned(32)));
    float place[CHUNK] __attribute__((aligned(32)));
    size_t i = 0;
    for (; i + CHUNK <= n; i += CHUNK) {
        narrow_cells(t->bits, u + i, CHUNK, cell, place);
        narrow_draws((const float(*)[4])t->row, cell, place, CHUNK, out + i);
    }
    return i;
}

static size_t fill_smooth(const struct qtable *t, const uint32_t *u, size_t n, float *out)
{
    return eight_is_wide() ? fill_wide(t, u, n, out) : fill_narrow(t, u, n, out);
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

const float (*qtable_smooth(const struct qtable *t, int *bits))[4]
{
    *bits = t->bits;
    return t->kind == QTABLE_SMOOTH ? (const float(*)[4])t->row : NULL;
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
