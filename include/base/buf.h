/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory: growing strings and arrays, and arenas.
 *
 * Every allocation of the program passes through mem_alloc and its kin.  They never return NULL:
 * when memory is out (or a test asks for failure at the n-th call) the process says so in one
 * line and ends with status 5.  Output files are written beside and renamed, so nothing
 * half-written is left behind.
 *
 * struct buf: a growing byte string, always NUL-terminated once non-empty; buf_init/buf_release.
 * struct arena: many small things that live and die together; arena_init/arena_release.
 * VEC: `VEC(struct thing) things = {0}; vec_push(&things, t); vec_release(&things);` */
#ifndef SEAM_BASE_BUF_H
#define SEAM_BASE_BUF_H

#include "base/error.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *mem_alloc(size_t size);              /* not cleared */
void *mem_zero(size_t count, size_t size); /* cleared; the product is checked */
void *mem_resize(void *old, size_t size);
void *mem_aligned(size_t alignment, size_t size); /* for mem_free */
void mem_free(void *p);
char *mem_strdup(const char *s);
/* For tests: the n-th allocation from now fails (0 switches off). */
void mem_fail_at(uint64_t n);

struct buf {
    char *data; /* owned; NULL while empty */
    size_t len, cap;
};

void buf_init(struct buf *b);
void buf_release(struct buf *b);
void buf_clear(struct buf *b); /* keeps the memory */
void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *b, const char *format, va_list args);
/* Room for `extra` more bytes; returns where they go.  buf_extend then takes in as many of them as
 * were written, and terminates. */
char *buf_reserve(struct buf *b, size_t extra);
void buf_extend(struct buf *b, size_t written);
/* The text, "" when empty; borrowed until the next change. */
const char *buf_text(const struct buf *b);
/* The text as a heap string that the caller frees with mem_free; b is empty afterwards. */
char *buf_detach(struct buf *b);

struct arena_block;
struct arena {
    struct arena_block *blocks;
    size_t used, total;
};

void arena_init(struct arena *a);
void arena_release(struct arena *a);
void *arena_alloc(struct arena *a, size_t size); /* cleared, aligned to 16 */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t len);
char *arena_printf(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3);

/* Growing arrays of any element type. */
#define VEC(type)                                                                                  \
    struct {                                                                                       \
        type *at;                                                                                  \
        size_t len, cap;                                                                           \
    }
#define vec_push(v, value)                                                                         \
    ((v)->len == (v)->cap ? ((v)->at = vec_grow_((v)->at, &(v)->cap, sizeof *(v)->at), (void)0)    \
                          : (void)0,                                                               \
     (v)->at[(v)->len++] = (value))
#define vec_release(v) (mem_free((v)->at), (v)->at = NULL, (v)->len = (v)->cap = 0)
void *vec_grow_(void *at, size_t *cap, size_t size);

/* Interned strings: equal text, equal id; ids count from 0 in order of first sight.  The texts
 * live in the table.  A NUL byte inside a text ends it. */
struct intern {
    struct arena arena;
    const char **text; /* [count] */
    uint32_t *slot;    /* open addressing, id + 1 */
    uint32_t count, slots;
};

void intern_init(struct intern *t);
void intern_release(struct intern *t);
uint32_t intern_put(struct intern *t, const char *s, size_t len);
/* UINT32_MAX when absent. */
uint32_t intern_find(const struct intern *t, const char *s, size_t len);

/* The candidate nearest to `word` by edit distance (transpositions count once), NULL when none is
 * near enough to be meant (more than a third of its length away). */
const char *nearest_word(const char *word, const char *const *candidates, size_t n);

#endif
