/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mender copies a text and looks at its escapes and numbers alone.  The scanner goes by the
 * grammar of RFC 8259 from byte to byte, with the brackets that are open on a stack. */
#include "base/json_text.h"

#include "base/buf.h"

#include <stdint.h>
#include <string.h>

/* ---- mending ---------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The code unit of an escape at s (\u and four hex digits), or -1. */
static int escape_unit(const char *s, const char *end)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    int unit = 0;
    if (end - s < 6 || s[0] != '\\' || s[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        const char *digit = memchr(digits, s[i], sizeof digits - 1);
        if (!digit)
            return -1;
        int value = (int)(digit - digits);
        unit = 16 * unit + (value < 16 ? value : value - 6);
    }
    return unit;
}

/* Copies the escape at s (a backslash) to out, mended; returns what follows it. */
static const char *mend_escape(const char *s, const char *end, struct buf *out)
{
    int unit = escape_unit(s, end);
    if (unit < 0xD800 || unit > 0xDFFF) {
        size_t n = end - s < 2 ? 1 : 2;
        buf_add(out, s, n);
        return s + n;
    }
    int low = unit < 0xDC00 ? escape_unit(s + 6, end) : -1;
    if (low >= 0xDC00 && low <= 0xDFFF) {
        buf_add(out, s, 12);
        return s + 12;
    }
    buf_puts(out, "\\ufffd");
    return s + 6;
}

/* Does an integer of n digits, the first of them no zero, fit neither int64 nor uint64? */
static bool is_wide(const char *digits, size_t n, bool negative)
{
    const char *most = negative ? "9223372036854775808" : "18446744073709551615";
    size_t len = strlen(most);
    return (n > len || (n == len && memcmp(digits, most, n) > 0)) && *digits != '0';
}

/* Copies the number at s to out; an integer beyond 64 bits is put in quotes, so that no digit of it
 * is lost. */
static const char *mend_number(const char *s, const char *end, struct buf *out)
{
    const char *first = s + (*s == '-'), *stop = first;
    while (stop < end && is_digit(*stop))
        stop++;
    bool whole = stop == end || (*stop != '.' && *stop != 'e' && *stop != 'E');
    bool quoted = whole && is_wide(first, (size_t)(stop - first), *s == '-');
    if (quoted)
        buf_putc(out, '"');
    buf_add(out, s, (size_t)(stop - s));
    if (quoted)
        buf_putc(out, '"');
    return stop;
}

void json_mend(const char *text, size_t len, struct buf *out)
{
    const char *s = text, *end = text + len;
    bool in_string = false, in_number = false;
    buf_clear(out);
    while (s < end) {
        bool starts = !in_string && !in_number && (is_digit(*s) || *s == '-');
        if (in_string && *s == '\\') {
            s = mend_escape(s, end, out);
        } else if (starts) {
            s = mend_number(s, end, out);
            in_number = true;
        } else {
            if (*s == '"')
                in_string = !in_string;
            in_number = in_number && (is_digit(*s) || strchr("+-.eE", *s));
            buf_putc(out, *s++);
        }
    }
}

/* ---- where a text goes wrong ------------------------------------------------------------- */

struct scan {
    const char *at, *end;
    bool too_deep;
};

static void skip_space(struct scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
        s->at++;
}

static bool scan_string(struct scan *s)
{
    if (s->at == s->end || *s->at != '"')
        return false;
    for (s->at++; s->at < s->end; s->at++) {
        if (*s->at == '"') {
            s->at++;
            return true;
        }
        if ((unsigned char)(*s->at) < 0x20)
            return false;
        if (*s->at != '\\')
            continue;
        if (s->at + 1 == s->end) {
            s->at++;
            return false;
        }
        if (!strchr("\"\\/bfnrtu", s->at[1]) || (s->at[1] == 'u' && escape_unit(s->at, s->end) < 0))
            return false;
        s->at++;
    }
    return false;
}

static bool scan_digits(struct scan *s)
{
    if (s->at == s->end || !is_digit(*s->at))
        return false;
    while (s->at < s->end && is_digit(*s->at))
        s->at++;
    return true;
}

static bool scan_number(struct scan *s)
{
    if (s->at < s->end && *s->at == '-')
        s->at++;
    bool zero = s->at < s->end && *s->at == '0';
    const char *first = s->at;
    if (!scan_digits(s))
        return false;
    if (zero && s->at > first + 1) {
        s->at = first + 1;
        return false;
    }
    if (s->at < s->end && *s->at == '.') {
        s->at++;
        if (!scan_digits(s))
            return false;
    }
    if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
        s->at++;
        if (s->at < s->end && (*s->at == '+' || *s->at == '-'))
            s->at++;
        return scan_digits(s);
    }
    return true;
}

static bool scan_scalar(struct scan *s)
{
    static const char *const words[] = {"true", "false", "null"};
    if (s->at == s->end)
        return false;
    if (*s->at == '"')
        return scan_string(s);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(s->end - s->at) >= n && memcmp(s->at, words[i], n) == 0) {
            s->at += n;
            return true;
        }
    }
    return scan_number(s);
}

/* Leaves s->at where the grammar of RFC 8259 is first broken; true when it never is. */
static bool scan_document(struct scan *s)
{
    char closes[1024];
    size_t depth = 0;
    bool want_value = true, may_close = false;
    for (;;) {
        skip_space(s);
        if (!want_value && depth == 0)
            return s->at == s->end;
        if (s->at == s->end)
            return false;
        if (depth && *s->at == closes[depth - 1] && (!want_value || may_close)) {
            s->at++;
            depth--;
            want_value = may_close = false;
            continue;
        }
        if (!want_value) {
            if (*s->at != ',')
                return false;
            s->at++;
            skip_space(s);
            want_value = true;
            may_close = false;
        }
        if (depth && closes[depth - 1] == '}') {
            if (!scan_string(s))
                return false;
            skip_space(s);
            if (s->at == s->end || *s->at != ':')
                return false;
            s->at++;
            skip_space(s);
        }
        if (s->at < s->end && (*s->at == '{' || *s->at == '[')) {
            s->too_deep = depth == sizeof closes;
            if (s->too_deep)
                return false;
            closes[depth++] = *s->at == '{' ? '}' : ']';
            s->at++;
            may_close = true;
            continue;
        }
        if (!scan_scalar(s))
            return false;
        want_value = false;
    }
}

int json_fault(const char *text, size_t len, const char *else_say, struct error *err)
{
    struct scan s = {text, text + len, false};
    skip_space(&s);
    if (s.at == s.end)
        return error_set(err, ERR_INPUT, "not JSON: nothing is there");
    if (scan_document(&s))
        return error_set(err, ERR_INPUT, "not JSON: %s", else_say);
    if (s.too_deep)
        return error_set(err, ERR_LIMIT, "JSON is nested deeper than 1,024");
    size_t at = (size_t)(s.at - text) + 1;
    unsigned char c = s.at < s.end ? (unsigned char)*s.at : 0;
    if (s.at == s.end)
        error_set(err, ERR_INPUT, "not JSON: the text ends in the middle, at byte %zu", len);
    else if (c > 0x20 && c < 0x7f)
        error_set(err, ERR_INPUT, "not JSON: unexpected '%c' at byte %zu", c, at);
    else
        error_set(err, ERR_INPUT, "not JSON: unexpected byte 0x%02x at byte %zu", c, at);
    err->column = at < UINT32_MAX ? (uint32_t)at : 0;
    return -1;
}
