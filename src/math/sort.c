/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Radix sort from the lowest digit on, of 11 bits each (Knuth, TAOCP 3, 5.2.5, algorithm R), on the
 * bits of the numbers, turned so that they order as unsigned integers.  All digits are counted in
 * one pass, and a digit that all numbers share costs nothing more. */
#include "math/sort.h"

#include "base/buf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DIGIT = 11, VALUES = 1 << DIGIT, DIGITS = 6, FEW = 256 };

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Sign first: negative numbers have all bits flipped, the others their sign. */
static uint64_t key_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits ^ (-(bits >> 63) | UINT64_C(1) << 63);
}

static double number_of(uint64_t key)
{
    double x;
    uint64_t bits = key ^ (-(uint64_t) !(key >> 63) | UINT64_C(1) << 63);
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void pass(const uint64_t *from, uint64_t *to, size_t n, uint32_t *count, unsigned shift)
{
    uint32_t at = 0;
    for (size_t v = 0; v < VALUES; v++) {
        uint32_t here = count[v];
        count[v] = at;
        at += here;
    }
    for (size_t i = 0; i < n; i++)
        to[count[from[i] >> shift & (VALUES - 1)]++] = from[i];
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Sorts n >= 1 integers with the help of as many; returns where they lie then. */
static uint64_t *sort_digits(uint64_t *x, uint64_t *room, size_t n)
{
    uint64_t *from = x, *to = room;
    uint32_t(*count)[VALUES] = mem_zero(DIGITS, sizeof *count);
    for (size_t i = 0; i < n; i++)
        for (unsigned d = 0; d < DIGITS; d++)
            count[d][x[i] >> d * DIGIT & (VALUES - 1)]++;
    for (unsigned d = 0; d < DIGITS; d++) {
        if (count[d][from[0] >> d * DIGIT & (VALUES - 1)] == n)
            continue;
        pass(from, to, n, count[d], d * DIGIT);
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    mem_free(count);
    return from;
}

void sort_integers(uint64_t *x, size_t n)
{
    if (n < FEW || n > UINT32_MAX) {
        if (n > 1)
            qsort(x, n, sizeof *x, by_size);
        return;
    }
    uint64_t *room = mem_alloc(n * sizeof *room), *sorted = sort_digits(x, room, n);
    if (sorted != x)
        memcpy(x, sorted, n * sizeof *x);
    mem_free(room);
}

void sort_doubles(double *x, size_t n)
{
    if (n < FEW || n > UINT32_MAX) {
        if (n > 1)
            qsort(x, n, sizeof *x, by_value);
        return;
    }
    uint64_t *key = mem_alloc(2 * n * sizeof *key);
    for (size_t i = 0; i < n; i++)
        key[i] = key_of(x[i]);
    const uint64_t *sorted = sort_digits(key, key + n, n);
    for (size_t i = 0; i < n; i++)
        x[i] = number_of(sorted[i]);
    mem_free(key);
}
