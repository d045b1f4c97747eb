/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Brackets are counted outside strings; whether an element is JSON the parser says. */
#include "trace/elements.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t pass_blanks(const char *text, size_t len, size_t at)
{
    while (at < len && is_blank(text[at]))
        at++;
    return at;
}

/* Behind `c` and the blanks around it; 0 where something else stands. */
static size_t pass_mark(const char *text, size_t len, size_t at, char c)
{
    at = pass_blanks(text, len, at);
    return at < len && text[at] == c ? pass_blanks(text, len, at + 1) : 0;
}

size_t elements_begin(const char *text, size_t len, const char *const *keys, size_t n, int *key)
{
    size_t at = pass_mark(text, len, 0, '{');
    *key = -1;
    if (!at)
        return pass_mark(text, len, 0, '[');
    for (size_t k = 0; k < n; k++) {
        size_t size = strlen(keys[k]);
        bool here = len - at >= size + 2 && text[at] == '"' && text[at + size + 1] == '"' &&
                    memcmp(text + at + 1, keys[k], size) == 0;
        size_t colon = here ? pass_mark(text, len, at + size + 2, ':') : 0;
        *key = (int)k;
        if (here)
            return colon ? pass_mark(text, len, colon, '[') : 0;
    }
    return 0;
}

/* Behind the string that goes on at `at`, or where the text ends. */
static size_t pass_text(struct elements *e, const char *text, size_t len, size_t at)
{
    for (; at < len && e->text; at++)
        if (e->escaped)
            e->escaped = false;
        else if (text[at] == '\\')
            e->escaped = true;
        else if (text[at] == '"')
            e->text = false;
    return at;
}

static enum elements_found found(struct elements *e, size_t end, size_t at, size_t *to)
{
    e->within = false;
    e->at = at;
    *to = end;
    return ELEMENTS_ONE;
}

enum elements_found elements_next(struct elements *e, const char *text, size_t len, size_t *begin,
                                  size_t *end)
{
    for (size_t at = e->text ? pass_text(e, text, len, e->at) : e->at; at < len; at++) {
        char c = text[at];
        bool closes = c == ']' || c == '}';
        *begin = e->begin;
        if (e->depth == 0 && e->within && (c == ',' || closes)) /* behind a bare word */
            return found(e, at, at, end);
        if (e->depth == 0 && closes) {
            e->at = *end = at + 1;
            return ELEMENTS_END;
        }
        if (is_blank(c) || (c == ',' && e->depth == 0))
            continue;
        if (!e->within)
            e->begin = at;
        e->within = true;
        *begin = e->begin;
        e->depth += c == '{' || c == '[';
        if (closes && --e->depth == 0)
            return found(e, at + 1, at + 1, end);
        if (c == '"') {
            e->text = true;
            at = pass_text(e, text, len, at + 1) - 1;
        }
    }
    e->at = len;
    return ELEMENTS_MORE;
}

void elements_drop(struct elements *e, size_t n)
{
    e->at -= n;
    e->begin -= e->within ? n : 0;
}
