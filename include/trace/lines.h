/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cutting text at the ends of lines. */
#ifndef SEAM_TRACE_LINES_H
#define SEAM_TRACE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Is one of the eight bytes from s on a newline (Warren, Hacker's Delight, 6-1)? */
static inline bool lines_eight(const char *s)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word;
    memcpy(&word, s, 8);
    word ^= ones * '\n';
    return (word - ones) & ~word & ones * 0x80;
}

/* Bytes up to and with the last newline. */
static inline size_t lines_whole(const char *s, size_t len)
{
    while (len >= 8 && !lines_eight(s + len - 8))
        len -= 8;
    while (len && s[len - 1] != '\n')
        len--;
    return len;
}

/* Bytes of the lines to take up next of whole ones: not more than `most`, but one line at least. */
static inline size_t lines_block(const char *s, size_t len, size_t most)
{
    if (len <= most)
        return len;
    size_t whole = lines_whole(s, most);
    const char *newline = whole ? NULL : (const char *)memchr(s + most, '\n', len - most);
    return newline ? (size_t)(newline - s) + 1 : whole;
}

/* Nothing but what JSON takes for blanks. */
static inline bool lines_blank(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (s[i] != ' ' && s[i] != '\t' && s[i] != '\r' && s[i] != '\n')
            return false;
    return true;
}

#endif
