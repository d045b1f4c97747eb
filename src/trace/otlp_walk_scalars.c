/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scalars of the walk, by RFC 8259: a number or a string is checked in full before it is taken. */
#include "trace/otlp_walk_parts.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool walk_has_escape_behind(struct otlp_walk *w, const char *s, const char *end)
{
    if (end > w->line_end) /* of a line that is cut off, into the next one */
        return true;
    const char *found = memchr(s, '\\', (size_t)(w->line_end - s));
    w->scanned = s;
    w->escape = found ? found : w->line_end;
    return w->escape < end;
}

/* The code unit that \u and four digits at s stand for; -1 for what is none and for halves of
 * surrogate pairs. */
static int unit_of(const char *s, const char *end)
{
    int unit = 0;
    if (end - s < 6)
        return -1;
    for (int i = 2; i < 6; i++) {
        char c = s[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit >= 0xD800 && unit <= 0xDFFF ? -1 : unit;
}

/* What the letter behind a backslash stands for; 0 for one that has no meaning, 1 for `u`. */
static const char meant[UCHAR_MAX + 1] = {
    ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b', ['f'] = '\f',
    ['n'] = '\n', ['r'] = '\r',  ['t'] = '\t', ['u'] = 1};

bool walk_escapes_are_known(struct piece s)
{
    const char *at = s.at, *end = s.at + s.len;
    while ((at = memchr(at, '\\', (size_t)(end - at)))) {
        if (at + 1 == end || !meant[(unsigned char)at[1]] || (at[1] == 'u' && unit_of(at, end) < 0))
            return false;
        at += at[1] == 'u' ? 6 : 2;
    }
    return true;
}

static void put_unit(struct buf *out, int unit)
{
    if (unit < 0x80) {
        buf_putc(out, (char)unit);
        return;
    }
    if (unit < 0x800) {
        buf_putc(out, (char)(0xC0 | unit >> 6));
    } else {
        buf_putc(out, (char)(0xE0 | unit >> 12));
        buf_putc(out, (char)(0x80 | (unit >> 6 & 0x3F)));
    }
    buf_putc(out, (char)(0x80 | (unit & 0x3F)));
}

bool walk_text_of(struct otlp_walk *w, struct buf *room, struct piece *s)
{
    const char *at = s->at, *end = s->at + s->len, *next;
    if (!walk_has_escape(w, *s))
        return true;
    if (!walk_escapes_are_known(*s))
        return false;
    buf_clear(room);
    for (; (next = memchr(at, '\\', (size_t)(end - at))); at = next) {
        buf_add(room, at, (size_t)(next - at));
        if (next[1] == 'u')
            put_unit(room, unit_of(next, end));
        else
            buf_putc(room, meant[(unsigned char)next[1]]);
        next += next[1] == 'u' ? 6 : 2;
    }
    buf_add(room, at, (size_t)(end - at));
    *s = (struct piece){room->data, room->len};
    return true;
}

static inline const char *pass_digits(const char *s, struct numeral *n, unsigned *count)
{
    for (; *s >= '0' && *s <= '9'; s++, ++*count)
        n->digits = n->digits * 10 + (uint64_t)(*s - '0');
    return s;
}

static bool number_by_text(struct numeral *n, const char *begin, const char *end)
{
    char *stop;
    n->by_text = true;
    n->value = strtod(begin, &stop);
    return stop == end && isfinite(n->value);
}

bool walk_number_at(const struct otlp_walk *w, const uint32_t *p, struct numeral *n)
{
    const char *begin = w->text + *p, *end = walk_end_of(w, p), *s = begin;
    unsigned count = 0, whole;
    *n = (struct numeral){.negative = *s == '-', .whole = true};
    s += n->negative;
    bool zero = *s == '0';
    s = pass_digits(s, n, &count);
    whole = count;
    if (count == 0 || (zero && count > 1))
        return false;
    if (*s == '.') {
        n->whole = false;
        s = pass_digits(s + 1, n, &count);
        n->places = count - whole;
        if (n->places == 0)
            return false;
    }
    bool exponent = *s == 'e' || *s == 'E';
    if (exponent) {
        unsigned digits = 0;
        struct numeral ignored = {0};
        n->whole = false;
        s += 1 + (s[1] == '+' || s[1] == '-');
        s = pass_digits(s, &ignored, &digits);
        if (digits == 0)
            return false;
    }
    if (s != end || (n->whole && (count > 18 || (n->negative && n->digits == 0))))
        return false;
    return (!exponent && count <= 18) || number_by_text(n, begin, end);
}

/* Exact parts divide with one rounding (Clinger, PLDI 1990). */
double walk_number_value(const struct otlp_walk *w, const uint32_t *p, const struct numeral *n)
{
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                  1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
    if (n->by_text)
        return n->value;
    if (!n->whole && n->digits > UINT64_C(1) << 53)
        return strtod(w->text + *p, NULL);
    double x = (double)n->digits / tens[n->places];
    return n->negative ? -x : x;
}

bool walk_word_at(const struct otlp_walk *w, const uint32_t *p, const char *word)
{
    size_t len = strlen(word);
    const char *begin = w->text + *p;
    return (size_t)(walk_end_of(w, p) - begin) == len && memcmp(begin, word, len) == 0;
}
