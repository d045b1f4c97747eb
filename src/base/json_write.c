/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON out, RFC 8259.  Besides what the standard demands, DEL and the C1 controls are escaped, so
 * that JSON shown in a terminal cannot steer it.  UTF-8 is checked by the table of the Unicode
 * standard (15.0, table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF. */
#include "base/json_write.h"

#include "base/units.h"

#include <math.h>
#include <string.h>

void json_init(struct json_write *w, struct buf *out, int indent)
{
    *w = (struct json_write){.out = out, .indent = indent};
}

static void new_line(struct json_write *w)
{
    if (w->indent == 0)
        return;
    buf_putc(w->out, '\n');
    for (int i = 0; i < w->depth * w->indent; i++)
        buf_putc(w->out, ' ');
}

/* Sets whether the level we are on has an element; returns whether it had. */
static bool set_has(struct json_write *w, bool has)
{
    uint64_t *word = &w->has[w->depth / 64], bit = UINT64_C(1) << w->depth % 64;
    bool before = *word & bit;

    *word = has ? *word | bit : *word & ~bit;
    return before;
}

/* The comma and the line break that go in front of the next key or value. */
static void begin(struct json_write *w)
{
    if (w->after_key) {
        w->after_key = false;
        return;
    }
    if (set_has(w, true))
        buf_putc(w->out, ',');
    if (w->depth > 0)
        new_line(w);
}

void json_open(struct json_write *w, char bracket)
{
    if (w->depth + 1 >= JSON_LEVELS)
        BUG("JSON nested deeper than %d", w->depth);
    begin(w);
    buf_putc(w->out, bracket);
    w->depth++;
    set_has(w, false);
}

void json_close(struct json_write *w, char bracket)
{
    if (w->depth == 0 || w->after_key)
        BUG("JSON closed with '%c' where a value or nothing is open", bracket);
    bool filled = set_has(w, false);
    w->depth--;
    if (filled)
        new_line(w);
    buf_putc(w->out, bracket);
}

/* Length of the UTF-8 character at s, 0 when there is none. */
static size_t character(const unsigned char *s, size_t len)
{
    if (s[0] < 0x80)
        return 1;
    size_t n = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
    if (s[0] < 0xC2 || s[0] > 0xF4 || n > len)
        return 0;
    unsigned char low = s[0] == 0xE0 ? 0xA0 : s[0] == 0xF0 ? 0x90 : 0x80;
    unsigned char high = s[0] == 0xED ? 0x9F : s[0] == 0xF4 ? 0x8F : 0xBF;
    if (s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    return n;
}

/* The letter of a two-character escape, 0 where \u is needed. */
static char short_escape(unsigned char c)
{
    switch (c) {
    case '"':
        return '"';
    case '\\':
        return '\\';
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

static void put_string(struct buf *out, const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    buf_putc(out, '"');
    for (size_t i = 0; i < len;) {
        size_t run = i;
        while (run < len && is_plain(s[run]))
            run++;
        buf_add(out, text + i, run - i);
        if ((i = run) == len)
            break;
        size_t n = character(s + i, len - i);
        char letter = short_escape(s[i]);
        if (n == 0)
            buf_puts(out, "\xEF\xBF\xBD");
        else if (letter)
            buf_printf(out, "\\%c", letter);
        else if (n == 1)
            buf_printf(out, "\\u%04x", (unsigned)s[i]);
        else if (n == 2 && s[i] == 0xC2 && s[i + 1] < 0xA0)
            buf_printf(out, "\\u%04x", (unsigned)s[i + 1]);
        else
            buf_add(out, text + i, n);
        i += n ? n : 1;
    }
    buf_putc(out, '"');
}

void json_key(struct json_write *w, const char *key)
{
    if (w->after_key || w->depth == 0)
        BUG("JSON key \"%s\" where a value belongs", key);
    begin(w);
    put_string(w->out, key, strlen(key));
    buf_puts(w->out, w->indent ? ": " : ":");
    w->after_key = true;
}

void json_string_n(struct json_write *w, const char *s, size_t len)
{
    begin(w);
    put_string(w->out, s, len);
}

void json_string(struct json_write *w, const char *s)
{
    json_string_n(w, s, strlen(s));
}

void json_number(struct json_write *w, double x)
{
    begin(w);
    if (isfinite(x))
        units_put_exact(w->out, x);
    else
        buf_puts(w->out, "null");
}

void json_uint(struct json_write *w, uint64_t n)
{
    begin(w);
    buf_printf(w->out, "%llu", (unsigned long long)n);
}

void json_bool(struct json_write *w, bool b)
{
    begin(w);
    buf_puts(w->out, b ? "true" : "false");
}

void json_raw(struct json_write *w, const char *json)
{
    begin(w);
    buf_puts(w->out, json);
}

void json_null(struct json_write *w)
{
    begin(w);
    buf_puts(w->out, "null");
}
