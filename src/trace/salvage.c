/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One walk keeps the containers that are open, and of each list where its last whole element
 * ends. */
#include "trace/salvage.h"

#include <string.h>

struct open {
    bool list, record; /* record: a map that has told an id */
    bool key;          /* the next string of the map is a key */
    size_t end;        /* of the list's last whole element */
};
struct walk {
    VEC(struct open) open;
};

/* The keys by which records of the formats tell who they are. */
static bool is_id(const char *key, size_t len)
{
    static const char *const ids[] = {"spanId", "span_id",  "spanID",    "id",
                                      "run_id", "event_id", "startTime", "context"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (strlen(ids[i]) == len && memcmp(ids[i], key, len) == 0)
            return true;
    return false;
}

static struct open *top(struct walk *w)
{
    return w->open.len ? &w->open.at[w->open.len - 1] : NULL;
}

static void push(struct walk *w, bool list, size_t end)
{
    vec_push(&w->open, ((struct open){.list = list, .key = !list, .end = end}));
}

static void pop(struct walk *w, size_t end)
{
    if (w->open.len)
        w->open.len--;
    if (top(w) && top(w)->list)
        top(w)->end = end;
}

/* The string that begins at `at`; behind it, or len. */
static size_t pass_string(const char *text, size_t len, size_t at)
{
    for (at++; at < len && text[at] != '"'; at++)
        at += text[at] == '\\';
    return at < len ? at + 1 : len;
}

static void walk(struct walk *w, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        struct open *t = top(w);
        switch (text[i]) {
        case '{':
        case '[':
            push(w, text[i] == '[', i + 1);
            break;
        case '}':
        case ']':
            pop(w, i + 1);
            break;
        case ',':
            if (t && t->list)
                t->end = i;
            else if (t)
                t->key = true;
            break;
        case '"': {
            size_t end = pass_string(text, len, i);
            if (t && t->key && end < len)
                t->record = t->record || is_id(text + i + 1, end - i - 2);
            if (t)
                t->key = false;
            i = end - 1;
            break;
        }
        default:
            break;
        }
    }
}

/* The list whose element is the record at hand. */
static size_t list_of_record(const struct walk *w)
{
    size_t found = SIZE_MAX;
    for (size_t k = 0; k < w->open.len; k++) {
        if (!w->open.at[k].list)
            continue;
        found = k;
        if (k + 1 < w->open.len && w->open.at[k + 1].record)
            break;
    }
    return found;
}

bool salvage(const char *text, size_t len, size_t *cut, size_t *begin, struct buf *closing)
{
    struct walk w = {0};
    walk(&w, text, len);
    size_t list = list_of_record(&w);
    if (list != SIZE_MAX) {
        *cut = *begin = w.open.at[list].end;
        while (*begin < len && strchr(", \t\r\n", text[*begin]) && text[*begin])
            ++*begin;
        for (size_t k = list + 1; k-- > 0;)
            buf_putc(closing, w.open.at[k].list ? ']' : '}');
    }
    vec_release(&w.open);
    return list != SIZE_MAX;
}

size_t salvage_document(const char *text, size_t len)
{
    size_t depth = 0;
    for (size_t i = 0; i < len; i++)
        switch (text[i]) {
        case '{':
        case '[':
            depth++;
            break;
        case '}':
        case ']':
            if (depth <= 1)
                return i + 1;
            depth--;
            break;
        case '"':
            i = pass_string(text, len, i) - 1;
            break;
        default:
            break;
        }
    return 0;
}
