/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spans in columns, all grown together by doubling; those of SPAN_RARE from the first span on that
 * says something there.  The others lie in one block, which so is large enough for large pages
 * early: the first touch of each page of 4 KiB is a fault, about two microseconds in a virtual
 * machine. */
#include "model/span.h"

#include <math.h>
#include <string.h>

void span_set_init(struct span_set *s)
{
    memset(s, 0, sizeof *s);
    intern_init(&s->text);
}

void span_set_release(struct span_set *s)
{
    intern_release(&s->text);
    mem_free(s->block);
#define X(type, name, absent) mem_free(s->rare.name);
    SPAN_RARE(X)
#undef X
    memset(s, 0, sizeof *s);
}

/* A span with nothing known. */
static const struct span none = {
#define X(type, name, absent) .name = (absent),
    SPAN_COLUMNS(X)
#undef X
};

void span_clear(struct span *s)
{
    *s = none;
}

void span_mark_times(struct span *s)
{
    s->flags &= (uint8_t) ~(SPAN_NO_DURATION | SPAN_NEGATIVE);
    if (s->start_ns == 0 || s->end_ns == 0)
        s->flags |= SPAN_NO_DURATION;
    else if (s->end_ns < s->start_ns)
        s->flags |= SPAN_NEGATIVE;
}

static void *moved(const void *old, size_t used, void *fresh)
{
    return used ? memcpy(fresh, old, used) : fresh;
}

/* Bytes of a column in the block.  The next one begins with a line of the cache, and not a multiple
 * of a page behind: columns that do push each other out of the first cache. */
static size_t column_bytes(size_t cap, size_t size)
{
    enum { LINE = 64 };
    return (cap * size + LINE - 1) / LINE * LINE + LINE;
}

static void set_room(struct span_set *set, size_t cap)
{
    size_t bytes = 0;
#define X(type, name, absent) bytes += column_bytes(cap, sizeof(type));
    SPAN_OFTEN(X)
#undef X
    char *block = mem_alloc(bytes), *at = block;
#define X(type, name, absent)                                                                      \
    set->name = moved(set->name, set->len * sizeof(type), at);                                     \
    at += column_bytes(cap, sizeof(type));
    SPAN_OFTEN(X)
#undef X
    mem_free(set->block);
    set->block = block;
    set->cap = cap;
#define X(type, name, absent)                                                                      \
    if (set->rare.name)                                                                            \
        set->rare.name = mem_resize(set->rare.name, cap * sizeof(type));
    SPAN_RARE(X)
#undef X
}

/* A rare column of which the spans there say nothing. */
#define BEGIN(set, type, name, absent)                                                             \
    do {                                                                                           \
        if ((set)->rare.name)                                                                      \
            break;                                                                                 \
        (set)->rare.name = mem_alloc(((set)->cap ? (set)->cap : 1) * sizeof(type));                \
        for (size_t begin_ = 0; begin_ < (set)->len; begin_++)                                     \
            (set)->rare.name[begin_] = (absent);                                                   \
    } while (0)

/* Room for n spans more. */
static void make_room(struct span_set *set, size_t n)
{
    size_t cap = set->cap ? set->cap : 256;
    if (n <= set->cap - set->len)
        return;
    while (cap - set->len < n)
        cap *= 2;
    set_room(set, cap);
}

void span_set_reserve(struct span_set *set, size_t n)
{
    if (n > set->cap)
        set_room(set, n);
}

void span_set_clear(struct span_set *s)
{
    intern_clear(&s->text);
    s->len = 0;
}

/* NULL: a column that nobody has. */
static void move_texts(uint32_t *column, size_t first, size_t end, const uint32_t *new_id)
{
    for (size_t i = first; column && i < end; i++)
        if (column[i] != SPAN_NONE)
            column[i] = new_id[column[i]];
}

static void use_column(const uint32_t *column, const uint32_t *at, size_t first, size_t n,
                       bool *used)
{
    for (size_t i = 0; column && i < n; i++)
        if (column[at ? at[i] : first + i] != SPAN_NONE)
            used[column[at ? at[i] : first + i]] = true;
}

/* Marks the texts of the n spans at[], or where that is NULL of those from `first` on. */
static void use_texts(const struct span_set *set, const uint32_t *at, size_t first, size_t n,
                      bool *used)
{
#define X(type, name, absent) use_column(set->name, at, first, n, used);
    SPAN_TEXTS_OFTEN(X)
#undef X
#define X(type, name, absent) use_column(set->rare.name, at, first, n, used);
    SPAN_TEXTS_RARE(X)
#undef X
}

/* The spans from `first` on have texts of another set. */
static void move_all_texts(struct span_set *set, size_t first, const uint32_t *new_id)
{
#define X(type, name, absent) move_texts(set->name, first, set->len, new_id);
    SPAN_TEXTS_OFTEN(X)
#undef X
#define X(type, name, absent) move_texts(set->rare.name, first, set->len, new_id);
    SPAN_TEXTS_RARE(X)
#undef X
}

/* Texts of n spans of another set, see use_texts. */
static uint32_t *take_texts(struct span_set *set, const struct span_set *from, const uint32_t *at,
                            size_t first, size_t n)
{
    bool *used = mem_zero((size_t)from->text.count + 1, sizeof *used);
    uint32_t *new_id = mem_alloc(((size_t)from->text.count + 1) * sizeof *new_id);
    use_texts(from, at, first, n, used);
    intern_merge_used(&set->text, &from->text, used, new_id);
    mem_free(used);
    return new_id;
}

void span_set_take(struct span_set *set, const struct span_set *from, const uint32_t *at, size_t n)
{
    size_t first = set->len;
    uint32_t *new_id = take_texts(set, from, at, 0, n);
    make_room(set, n);
#define X(type, name, absent)                                                                      \
    for (size_t i = 0; i < n; i++)                                                                 \
        set->name[first + i] = from->name[at[i]];
    SPAN_OFTEN(X)
#undef X
#define X(type, name, absent)                                                                      \
    if (from->rare.name)                                                                           \
        BEGIN(set, type, name, absent);                                                            \
    for (size_t i = 0; set->rare.name && i < n; i++)                                               \
        set->rare.name[first + i] = from->rare.name ? from->rare.name[at[i]] : (absent);
    SPAN_RARE(X)
#undef X
    set->len += n;
    move_all_texts(set, first, new_id);
    mem_free(new_id);
}

void span_set_keep(struct span_set *set, const uint32_t *at, size_t n, bool *used,
                   uint32_t *new_text)
{
    struct intern old = set->text;
    use_texts(set, at, 0, n, used);
    intern_init_like(&set->text, &old);
    intern_merge_used(&set->text, &old, used, new_text);
    intern_release(&old);
#define X(type, name, absent)                                                                      \
    for (size_t i = 0; i < n; i++)                                                                 \
        set->name[i] = set->name[at[i]];
    SPAN_OFTEN(X)
#undef X
#define X(type, name, absent)                                                                      \
    for (size_t i = 0; set->rare.name && i < n; i++)                                               \
        set->rare.name[i] = set->rare.name[at[i]];
    SPAN_RARE(X)
#undef X
    set->len = n;
    move_all_texts(set, 0, new_text);
}

/* Appends n spans whose texts have the ids new_id[]. */
static void append(struct span_set *set, const struct span_set *from, size_t first, size_t n,
                   uint64_t lines, const uint32_t *new_id)
{
    size_t at = set->len;
    make_room(set, n);
    if (n == 0)
        return;
#define X(type, name, absent) memcpy(set->name + at, from->name + first, n * sizeof(type));
    SPAN_OFTEN(X)
#undef X
#define X(type, name, absent)                                                                      \
    if (from->rare.name) {                                                                         \
        BEGIN(set, type, name, absent);                                                            \
        memcpy(set->rare.name + at, from->rare.name + first, n * sizeof(type));                    \
    } else if (set->rare.name) {                                                                   \
        for (size_t i = at; i < at + n; i++)                                                       \
            set->rare.name[i] = (absent);                                                          \
    }
    SPAN_RARE(X)
#undef X
    set->len += n;
    move_all_texts(set, at, new_id);
    for (size_t i = at; i < at + n; i++)
        set->line[i] += lines;
}

/* Appends all spans of `from` in their order; texts that are new get ids in the order of theirs,
 * and lines count from `lines` more. */
static void span_set_append(struct span_set *set, const struct span_set *from, uint64_t lines)
{
    uint32_t *new_id = mem_alloc(((size_t)from->text.count + 1) * sizeof *new_id);
    intern_merge(&set->text, &from->text, new_id);
    append(set, from, 0, from->len, lines, new_id);
    mem_free(new_id);
}

void span_set_append_part(struct span_set *set, const struct span_set *from, size_t first,
                          size_t end, uint64_t lines)
{
    if (first == 0 && end == from->len) {
        span_set_append(set, from, lines);
        return;
    }
    uint32_t *new_id = take_texts(set, from, NULL, first, end - first);
    append(set, from, first, end - first, lines, new_id);
    mem_free(new_id);
}

void span_set_add(struct span_set *set, const struct span *s)
{
    make_room(set, 1);
#define X(type, name, absent) set->name[set->len] = s->name;
    SPAN_OFTEN(X)
#undef X
#define X(type, name, absent)                                                                      \
    if (set->rare.name || memcmp(&s->name, &none.name, sizeof none.name) != 0) {                   \
        BEGIN(set, type, name, absent);                                                            \
        set->rare.name[set->len] = s->name;                                                        \
    }
    SPAN_RARE(X)
#undef X
    set->len++;
}

void span_set_row(const struct span_set *set, size_t i, struct span *out)
{
    memset(out, 0, sizeof *out);
#define X(type, name, absent) out->name = set->name[i];
    SPAN_OFTEN(X)
#undef X
#define X(type, name, absent) out->name = span_##name(set, i);
    SPAN_RARE(X)
#undef X
}

void span_set_said_by(struct span_set *set, size_t i, uint32_t said_by)
{
    if (said_by != SPAN_NONE)
        BEGIN(set, uint32_t, said_by, SPAN_NONE);
    if (set->rare.said_by)
        set->rare.said_by[i] = said_by;
}

uint32_t span_text(struct span_set *set, const char *s, size_t len)
{
    return intern_put(&set->text, s, len);
}

double span_duration_s(const struct span_set *set, size_t i)
{
    if (set->flags[i] & (SPAN_NO_DURATION | SPAN_NEGATIVE))
        return NAN;
    double s = (double)(set->end_ns[i] - set->start_ns[i]) * 1e-9;
    double wait_s = span_wait_s(set, i);
    return wait_s < s ? s - wait_s : 0;
}

const char *span_string(const struct span_set *set, uint32_t id)
{
    return id == SPAN_NONE ? "" : set->text.of[id].at;
}
