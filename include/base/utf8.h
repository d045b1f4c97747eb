/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef SEAM_BASE_UTF8_H
#define SEAM_BASE_UTF8_H

#include "base/buf.h"

#include <string.h>

/* Bytes of the character at s, 1 to 4; 0 when the `len` bytes there begin with none. */
size_t utf8_length(const char *s, size_t len);
/* As utf8_length, with the character's code point; *c is left alone where there is none. */
size_t utf8_decode(const char *s, size_t len, uint32_t *c);
static inline uint64_t utf8_word(const char *s)
{
    uint64_t word;
    memcpy(&word, s, 8);
    return word;
}

/* Is all of the text ASCII?  Eight bytes at a time from both ends, which may overlap. */
static inline bool utf8_is_ascii(const char *s, size_t len)
{
    uint64_t any = 0;
    if (len < 8) {
        for (size_t i = 0; i < len; i++)
            any |= (unsigned char)s[i];
        return !(any & 0x80);
    }
    any = utf8_word(s) | utf8_word(s + len - 8);
    if (len > 16)
        any |= utf8_word(s + 8) | utf8_word(s + len - 16);
    size_t i = 16;
    for (; i + 48 < len; i += 32)
        any |=
            utf8_word(s + i) | utf8_word(s + i + 8) | utf8_word(s + i + 16) | utf8_word(s + i + 24);
    for (; i + 16 < len; i += 8)
        any |= utf8_word(s + i);
    return !(any & 0x8080808080808080);
}

/* Does it turn the writing direction of the text around it (UAX 9: embeddings, overrides and
 * isolates), or is it a byte order mark? */
static inline bool utf8_turns(uint32_t c)
{
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

/* Is all of the text UTF-8? */
bool utf8_valid(const char *s, size_t len);
/* Appends the text with U+FFFD for each byte that is part of no character. */
void utf8_mend(const char *s, size_t len, struct buf *out);
/* Appends the text as a sentence, a terminal or a page may hold it: a space for each control
 * character (C0, DEL, C1) and line or paragraph separator, U+FFFD for each byte that is part of no
 * character and for U+FFFE and U+FFFF, which neither YAML nor XML may hold, and without what
 * utf8_turns. */
void utf8_clean(const char *s, size_t len, struct buf *out);
/* Has the text characters beyond ASCII, which no id can spell? */
static inline bool utf8_beyond_ascii(const char *text)
{
    while (*text && (unsigned char)*text < 0x80)
        text++;
    return *text != '\0';
}
/* Appends at most `most` bytes of the text for a sentence: UTF-8, on one line, "..." where cut. */
void utf8_quote(struct buf *out, const char *text, size_t len, size_t most);

#endif
