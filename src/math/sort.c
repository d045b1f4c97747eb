/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Radix sort from the lowest digit on, of 11 bits each (Knuth, TAOCP 3, 5.2.5, algorithm R), on the
 * bits of the numbers, turned so that they order as unsigned integers.  Bits in front that all
 * numbers share are left out.  Three digits of the rest nearly always tell all numbers apart, and
 * straight insertion (5.2.1, algorithm S) puts those right that they do not; only where many share
 * them all digits are gone through.  The digits are counted in one pass. */
#include "math/sort.h"

#include "base/buf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DIGIT = 11, VALUES = 1 << DIGIT, LEADING = 3, FEW = 256, STEPS = 4 };

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

/* How many bits it takes to tell the n >= 1 numbers apart, from the lowest on. */
static unsigned bits_of(const uint64_t *x, size_t n)
{
    uint64_t differ = 0;
    for (size_t i = 1; i < n; i++)
        differ |= x[i] ^ x[0];
    return differ ? 64 - (unsigned)__builtin_clzll(differ) : 0;
}

/* Sorts by three digits from bit `low` on, with the help of room for as many numbers; returns where
 * they lie then. */
static uint64_t *sort_digits(uint64_t *x, uint64_t *room, size_t n, unsigned low)
{
    uint64_t *from = x, *to = room;
    uint32_t(*count)[VALUES] = mem_zero(LEADING, sizeof *count);
    for (size_t i = 0; i < n; i++)
        for (unsigned d = 0; d < LEADING; d++)
            count[d][x[i] >> low >> d * DIGIT & (VALUES - 1)]++;
    for (unsigned d = 0; d < LEADING; d++) {
        unsigned shift = low + d * DIGIT;
        if (count[d][from[0] >> shift & (VALUES - 1)] == n) /* all share it */
            continue;
        pass(from, to, n, count[d], shift);
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    mem_free(count);
    return from;
}

/* By straight insertion; false, with the numbers in some order, when it takes too long. */
static bool insert_all(uint64_t *x, size_t n)
{
    size_t left = STEPS * n;
    for (size_t i = 1; i < n; i++) {
        uint64_t here = x[i];
        size_t at = i;
        for (; at > 0 && x[at - 1] > here; at--)
            x[at] = x[at - 1];
        x[at] = here;
        if (i - at > left)
            return false;
        left -= i - at;
    }
    return true;
}

/* Sorts n >= 1 integers with the help of as many; returns where they lie then. */
static uint64_t *sort_bits(uint64_t *x, uint64_t *room, size_t n)
{
    enum { HALF = LEADING * DIGIT }; /* of the 64 bits, or more */
    unsigned bits = bits_of(x, n), low = bits > HALF ? bits - HALF : 0;
    uint64_t *sorted = sort_digits(x, room, n, low);
    if (low == 0 || insert_all(sorted, n))
        return sorted;
    sorted = sort_digits(sorted, sorted == x ? room : x, n, 0);
    return sort_digits(sorted, sorted == x ? room : x, n, HALF);
}

void sort_integers(uint64_t *x, size_t n)
{
    if (n < FEW || n > UINT32_MAX) {
        if (n > 1)
            qsort(x, n, sizeof *x, by_size);
        return;
    }
    uint64_t *room = mem_alloc(n * sizeof *room), *sorted = sort_bits(x, room, n);
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
    const uint64_t *sorted = sort_bits(key, key + n, n);
    for (size_t i = 0; i < n; i++)
        x[i] = number_of(sorted[i]);
    mem_free(key);
}
