/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UTF-8 by the table of well-formed sequences (Unicode 15, table 3-7), eight bytes at a time where
 * all of them are ASCII. */
#include "base/utf8.h"

static bool is_continuation(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

size_t utf8_length(const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    if (len == 0)
        return 0;
    unsigned char c = s[0];
    if (c < 0x80)
        return 1;
    size_t n = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    if (c < 0xC2 || c > 0xF4 || n > len)
        return 0;
    for (size_t i = 1; i < n; i++)
        if (!is_continuation(s[i]))
            return 0;
    if ((c == 0xE0 && s[1] < 0xA0) || (c == 0xED && s[1] > 0x9F) || (c == 0xF0 && s[1] < 0x90) ||
        (c == 0xF4 && s[1] > 0x8F))
        return 0;
    return n;
}

size_t utf8_decode(const char *text, size_t len, uint32_t *c)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t n = utf8_length(text, len);
    if (n == 0)
        return 0;
    uint32_t point = n == 1 ? s[0] : s[0] & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++)
        point = point << 6 | (s[i] & 0x3F);
    *c = point;
    return n;
}

/* How many bytes from s on are ASCII, rounded down to a multiple of eight. */
static size_t ascii_run(const char *s, size_t len)
{
    size_t i = 0;
    for (uint64_t word; i + 8 <= len; i += 8) {
        memcpy(&word, s + i, 8);
        if (word & 0x8080808080808080)
            break;
    }
    return i;
}

bool utf8_valid(const char *s, size_t len)
{
    for (size_t i = ascii_run(s, len); i < len;) {
        size_t n = utf8_length(s + i, len - i);
        if (n == 0)
            return false;
        i += n;
        if (n > 1)
            i += ascii_run(s + i, len - i);
    }
    return true;
}

void utf8_mend(const char *s, size_t len, struct buf *out)
{
    for (size_t i = 0; i < len;) {
        size_t n = utf8_length(s + i, len - i);
        if (n)
            buf_add(out, s + i, n);
        else
            buf_puts(out, "\xEF\xBF\xBD");
        i += n ? n : 1;
    }
}

void utf8_clean(const char *s, size_t len, struct buf *out)
{
    for (size_t i = 0, n; i < len; i += n ? n : 1) {
        uint32_t c = 0;
        n = utf8_decode(s + i, len - i, &c);
        if (n == 0 || c == 0xFFFE || c == 0xFFFF)
            buf_puts(out, "\xEF\xBF\xBD");
        else if (c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029)
            buf_putc(out, ' ');
        else if (!utf8_turns(c))
            buf_add(out, s + i, n);
    }
}

void utf8_quote(struct buf *out, const char *text, size_t len, size_t most)
{
    size_t cut = len > most ? most : len;

    while (cut < len && cut > 0 && cut + 3 > most && ((unsigned char)text[cut] & 0xC0) == 0x80)
        cut--; /* not in the midst of a character */
    utf8_clean(text, cut, out);
    if (cut < len)
        buf_puts(out, "...");
}
