/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spans in columns, all grown together by doubling. */
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
#define X(type, name) mem_free(s->name);
    SPAN_COLUMNS(X)
#undef X
    memset(s, 0, sizeof *s);
}

void span_clear(struct span *s)
{
    memset(s, 0, sizeof *s);
    s->confidence = s->threshold = s->cost = NAN;
#define X(type, name) s->name = SPAN_NONE;
    SPAN_TEXTS(X)
#undef X
}

void span_mark_times(struct span *s)
{
    s->flags &= (uint8_t) ~(SPAN_NO_DURATION | SPAN_NEGATIVE);
    if (s->start_ns == 0 || s->end_ns == 0)
        s->flags |= SPAN_NO_DURATION;
    else if (s->end_ns < s->start_ns)
        s->flags |= SPAN_NEGATIVE;
}

static void set_room(struct span_set *set, size_t cap)
{
    set->cap = cap;
#define X(type, name) set->name = mem_resize(set->name, set->cap * sizeof *set->name);
    SPAN_COLUMNS(X)
#undef X
}

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

/* To where large blocks begin: one that grows stays where it happens to be. */
static void *moved(void *old, size_t used, size_t size)
{
    void *fresh = mem_alloc(size);
    if (used)
        memcpy(fresh, old, used);
    mem_free(old);
    return fresh;
}

void span_set_reserve(struct span_set *set, size_t n)
{
    if (n <= set->cap)
        return;
    set->cap = n;
#define X(type, name) set->name = moved(set->name, set->len * sizeof(type), n * sizeof(type));
    SPAN_COLUMNS(X)
#undef X
}

void span_set_clear(struct span_set *s)
{
    intern_clear(&s->text);
    s->len = 0;
}

static void move_texts(uint32_t *column, size_t n, const uint32_t *new_id)
{
    for (size_t i = 0; i < n; i++)
        if (column[i] != SPAN_NONE)
            column[i] = new_id[column[i]];
}

/* Marks the texts of the n spans at[], or where that is NULL of those from `first` on. */
static void use_texts(const struct span_set *set, const uint32_t *at, size_t first, size_t n,
                      bool *used)
{
#define X(type, name)                                                                              \
    for (size_t i = 0; i < n; i++)                                                                 \
        if (set->name[at ? at[i] : first + i] != SPAN_NONE)                                        \
            used[set->name[at ? at[i] : first + i]] = true;
    SPAN_TEXTS(X)
#undef X
}

/* The spans from `first` on have texts of another set. */
static void move_all_texts(struct span_set *set, size_t first, const uint32_t *new_id)
{
#define X(type, name) move_texts(set->name + first, set->len - first, new_id);
    SPAN_TEXTS(X)
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
#define X(type, name)                                                                              \
    for (size_t i = 0; i < n; i++)                                                                 \
        set->name[first + i] = from->name[at[i]];
    SPAN_COLUMNS(X)
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
#define X(type, name)                                                                              \
    for (size_t i = 0; i < n; i++)                                                                 \
        set->name[i] = set->name[at[i]];
    SPAN_COLUMNS(X)
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
#define X(type, name)                                                                              \
    if (n)                                                                                         \
        memcpy(set->name + at, from->name + first, n * sizeof *set->name);
    SPAN_COLUMNS(X)
#undef X
    set->len += n;
    move_all_texts(set, at, new_id);
    for (size_t i = at; i < at + n; i++)
        set->line[i] += lines;
}

void span_set_append(struct span_set *set, const struct span_set *from, uint64_t lines)
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
#define X(type, name) set->name[set->len] = s->name;
    SPAN_COLUMNS(X)
#undef X
    set->len++;
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
    return set->wait_s[i] < s ? s - set->wait_s[i] : 0;
}

const char *span_string(const struct span_set *set, uint32_t id)
{
    return id == SPAN_NONE ? "" : set->text.of[id].at;
}
