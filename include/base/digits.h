/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digits in text, eight at a time in one 64-bit word (Lemire, "Number parsing at a gigabyte per
 * second", Software: Practice and Experience 51, 2021, section 4; Warren, Hacker's Delight,
 * chapter 6, for the comparisons of bytes). */
#ifndef SEAM_BASE_DIGITS_H
#define SEAM_BASE_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define DIGITS_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Eight characters, the first one in the lowest byte. */
static inline uint64_t digits_load(const char *s)
{
    uint64_t word;
    memcpy(&word, s, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* 0x80 in each byte of w that is at least `low`; no byte of w is above 0x7f. */
static inline uint64_t digits_from(uint64_t w, uint8_t low)
{
    return (w + DIGITS_EACH(0x80 - low)) & DIGITS_EACH(0x80);
}

/* 0x80 in each byte that is between `low` and `high`. */
static inline uint64_t digits_between(uint64_t w, uint8_t low, uint8_t high)
{
    return digits_from(w, low) & ~digits_from(w, (uint8_t)(high + 1));
}

/* The number that eight decimal digits write; false when one of them is none. */
static inline bool digits_eight(const char *s, uint64_t *out)
{
    uint64_t w = digits_load(s);
    if ((w & DIGITS_EACH(0x80)) || digits_between(w, '0', '9') != DIGITS_EACH(0x80))
        return false;
    w -= DIGITS_EACH('0');
    w = w * 10 + (w >> 8); /* pairs, in every other byte */
    uint64_t low = (w & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x000F424000000064);
    uint64_t high = (w >> 16 & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x0000271000000001);
    *out = (low + high) >> 32;
    return true;
}

/* The number that `len` decimal digits write, 1 to 19 of them, zeros in front or not. */
static inline bool digits_number(const char *s, size_t len, uint64_t *out)
{
    uint64_t sum = 0, eight;
    if (len == 0 || len > 19)
        return false;
    for (; len >= 8; s += 8, len -= 8) {
        if (!digits_eight(s, &eight))
            return false;
        sum = sum * 100000000 + eight;
    }
    for (; len; s++, len--) {
        if (*s < '0' || *s > '9')
            return false;
        sum = sum * 10 + (uint64_t)(*s - '0');
    }
    *out = sum;
    return true;
}

/* The 32 bits that eight digits of hex write, in either case. */
static inline bool digits_hex_eight(const char *s, uint32_t *out)
{
    uint64_t w = digits_load(s), lower = w | DIGITS_EACH(0x20);
    uint64_t good = digits_between(w & DIGITS_EACH(0x7f), '0', '9') |
                    digits_between(lower & DIGITS_EACH(0x7f), 'a', 'f');
    if ((w & DIGITS_EACH(0x80)) || good != DIGITS_EACH(0x80))
        return false;
    w = (w & DIGITS_EACH(0x0f)) + (w >> 6 & DIGITS_EACH(1)) * 9; /* a nibble in each byte */
    w = (w << 4 | w >> 8) & UINT64_C(0x00FF00FF00FF00FF);        /* a byte in every other one */
    w = (w | w >> 8) & UINT64_C(0x0000FFFF0000FFFF);
    *out = __builtin_bswap32((uint32_t)(w | w >> 16));
    return true;
}

#endif
