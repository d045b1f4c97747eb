/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys looked up lately: most attributes of a log have one of few keys, so that a reader finds what
 * is known of them without a call.
 *
 * A table of 1024 places by the length and the bytes at both ends, which tell nearly all keys
 * apart; of two keys that fall on one place the later one stands there and the earlier one beside
 * it. */
#ifndef SEAM_TRACE_VOCABULARY_KEYS_H
#define SEAM_TRACE_VOCABULARY_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { SEEN_KEYS = 1024, SEEN_LENGTH = 60 };
struct vocabulary_key {
    char key[SEEN_LENGTH];
    uint8_t len;   /* 0: nobody stands here */
    uint8_t row;   /* 1 + row of meaning_words; 0: none */
    bool is_named; /* by an option */
    bool tells;    /* one of the two */
};

static inline uint64_t seen_word(const char *s)
{
    uint64_t word;
    memcpy(&word, s, 8);
    return word;
}

/* The place of a key of at most SEEN_LENGTH bytes. */
static inline size_t seen_place(const char *key, size_t len)
{
    uint64_t first = 0, last = 0;
    if (len >= 8) {
        first = seen_word(key);
        last = seen_word(key + len - 8);
    } else {
        memcpy(&first, key, len);
    }
    uint64_t all = (first ^ (last << 21 | last >> 43)) + len; /* Fibonacci hashing */
    return (size_t)(all * UINT64_C(0x9e3779b97f4a7c15) >> 54) % SEEN_KEYS;
}

/* Eight bytes at a time; the last ones overlap those before. */
static inline bool seen_same(const char *a, const char *b, size_t len)
{
    if (len < 8)
        return memcmp(a, b, len) == 0;
    uint64_t differ =
        (seen_word(a) ^ seen_word(b)) | (seen_word(a + len - 8) ^ seen_word(b + len - 8));
    for (size_t i = 8; i + 8 < len; i += 8)
        differ |= seen_word(a + i) ^ seen_word(b + i);
    return differ == 0;
}

/* What is known of a key of 1 to SEEN_LENGTH bytes that stands in its place or beside it; NULL:
 * it was not looked up lately. */
static inline const struct vocabulary_key *seen_find(const struct vocabulary_key *seen,
                                                     const char *key, size_t len, size_t place)
{
    if (seen[place].len == len && seen_same(seen[place].key, key, len))
        return &seen[place];
    place ^= 1;
    return seen[place].len == len && seen_same(seen[place].key, key, len) ? &seen[place] : NULL;
}

#endif
