/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/voices.h"

#include "base/buf.h"

#include <string.h>

/* Without the marks that part voices. */
static void put_plain(struct buf *out, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        buf_putc(out, s[i] == '\t' || s[i] == '\n' || s[i] == '\0' ? ' ' : s[i]);
}

uint32_t voices_put(struct span_set *set, const char *who, size_t who_len, const char *what,
                    size_t what_len)
{
    struct buf line = {0};
    uint32_t id;
    if (!who || !who_len)
        return SPAN_NONE;
    put_plain(&line, who, who_len);
    buf_putc(&line, '\t');
    put_plain(&line, what, what ? what_len : 0);
    buf_putc(&line, '\n');
    id = span_text(set, buf_text(&line), line.len);
    buf_release(&line);
    return id;
}

bool voices_next(const char **at, struct voice *out)
{
    const char *tab = strchr(*at, '\t'), *end = tab ? strchr(tab, '\n') : NULL;
    if (!end)
        return false;
    *out = (struct voice){*at, tab + 1, (size_t)(tab - *at), (size_t)(end - tab - 1)};
    *at = end + 1;
    return true;
}

static bool has(const char *lines, const struct voice *v)
{
    struct voice x;
    while (voices_next(&lines, &x))
        if (x.who_len == v->who_len && x.what_len == v->what_len &&
            memcmp(x.who, v->who, v->who_len + 1 + v->what_len) == 0)
            return true;
    return false;
}

uint32_t voices_join(struct span_set *set, uint32_t a, uint32_t b)
{
    struct buf all = {0};
    struct voice v;
    if (a == SPAN_NONE || b == SPAN_NONE || a == b)
        return a == SPAN_NONE ? b : a;
    const char *first = span_string(set, a);
    buf_puts(&all, first);
    for (const char *at = span_string(set, b); voices_next(&at, &v);)
        if (!has(first, &v))
            buf_add(&all, v.who, v.who_len + 1 + v.what_len + 1);
    uint32_t id = span_text(set, buf_text(&all), all.len);
    buf_release(&all);
    return id;
}
