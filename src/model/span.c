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
    s->trace = s->name = s->node = s->session = SPAN_NONE;
    s->stage_key = s->item_key = s->task_key = s->documents = s->decision = SPAN_NONE;
}

void span_mark_times(struct span *s)
{
    s->flags &= (uint8_t) ~(SPAN_NO_DURATION | SPAN_NEGATIVE);
    if (s->start_ns == 0 || s->end_ns == 0)
        s->flags |= SPAN_NO_DURATION;
    else if (s->end_ns < s->start_ns)
        s->flags |= SPAN_NEGATIVE;
}

/* Room for n spans more. */
static void make_room(struct span_set *set, size_t n)
{
    if (n <= set->cap - set->len)
        return;
    while (set->cap - set->len < n)
        set->cap = set->cap ? 2 * set->cap : 256;
#define X(type, name) set->name = mem_resize(set->name, set->cap * sizeof *set->name);
    SPAN_COLUMNS(X)
#undef X
}

void span_set_clear(struct span_set *s)
{
    intern_release(&s->text);
    s->len = 0;
}

static void move_texts(uint32_t *column, size_t n, const uint32_t *new_id)
{
    for (size_t i = 0; i < n; i++)
        if (column[i] != SPAN_NONE)
            column[i] = new_id[column[i]];
}

/* The column, when it is one of texts; else NULL. */
#define TEXTS(column)                                                                              \
    _Generic((column), uint32_t *                                                                  \
             : (void *)(column) == (void *)set->file ? NULL : (void *)(column), default            \
             : NULL)

void span_set_append(struct span_set *set, const struct span_set *from, uint64_t lines)
{
    size_t at = set->len, n = from->len;
    uint32_t *new_id = mem_alloc(((size_t)from->text.count + 1) * sizeof *new_id);
    for (uint32_t id = 0; id < from->text.count; id++)
        new_id[id] = span_text(set, from->text.text[id], strlen(from->text.text[id]));
    make_room(set, n);
#define X(type, name)                                                                              \
    if (n)                                                                                         \
        memcpy(set->name + at, from->name, n * sizeof *set->name);
    SPAN_COLUMNS(X)
#undef X
    uint32_t *const texts[] = {
#define X(type, name) TEXTS(set->name),
        SPAN_COLUMNS(X)
#undef X
    };
    for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++)
        if (texts[t])
            move_texts(texts[t] + at, n, new_id);
    for (size_t i = at; i < at + n; i++)
        set->line[i] += lines;
    set->len += n;
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
    return (double)(set->end_ns[i] - set->start_ns[i]) * 1e-9;
}

const char *span_string(const struct span_set *set, uint32_t id)
{
    return id == SPAN_NONE ? "" : set->text.text[id];
}
