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
/* As realloc, keeping the bytes that fit; what is new is not cleared, `old` may be NULL. */
void *mem_resize(void *old, size_t size);
void *mem_aligned(size_t alignment, size_t size); /* for mem_free */
/* Frees what any of these returned; NULL is fine. */
void mem_free(void *p);
/* Gives what is freed back to the system, where the C library can. */
void mem_trim(void);
/* A copy of the text that the caller frees with mem_free. */
char *mem_strdup(const char *s);
/* What a failed allocation does, for libraries with memory of their own: one line, status 5. */
NORETURN void mem_exhausted(void);
/* For tests: the n-th allocation from now fails (0 switches off). */
void mem_fail_at(uint64_t n);

struct buf {
    char *data; /* owned; NULL while empty */
    size_t len, cap;
};

/* Makes it empty; takes no memory. */
void buf_init(struct buf *b);
/* Frees the text and leaves it empty, as after buf_init. */
void buf_release(struct buf *b);
void buf_clear(struct buf *b); /* keeps the memory */
/* Appends `len` bytes, which do not lie in b itself. */
void buf_add(struct buf *b, const void *bytes, size_t len);
/* Appends a text up to its NUL. */
void buf_puts(struct buf *b, const char *s);
/* Appends one byte. */
void buf_putc(struct buf *b, char c);
/* Appends formatted text of any length. */
void buf_printf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
/* The same from a list of arguments, which the caller ends with va_end. */
void buf_vprintf(struct buf *b, const char *format, va_list args);
/* Room for `extra` more bytes; returns where they go.  buf_extend then takes in as many of them as
 * were written, and terminates. */
char *buf_reserve(struct buf *b, size_t extra);
/* Takes in `written` bytes, at most those reserved; more is a BUG. */
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

/* Makes it empty; takes no memory. */
void arena_init(struct arena *a);
/* Frees all that came from the arena and leaves it empty. */
void arena_release(struct arena *a);
void *arena_alloc(struct arena *a, size_t size); /* cleared, aligned to 16 */
/* A copy of the text that lives as long as the arena. */
char *arena_strdup(struct arena *a, const char *s);
/* A copy of `len` bytes, with a NUL behind, that lives as long as the arena. */
char *arena_strndup(struct arena *a, const char *s, size_t len);
/* Formatted text of any length that lives as long as the arena. */
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
/* Room for n elements in all. */
#define vec_reserve(v, n)                                                                          \
    ((n) > (v)->cap                                                                                \
         ? ((v)->at = mem_resize((v)->at, (n) * sizeof *(v)->at), (v)->cap = (n), (void)0)         \
         : (void)0)
#define vec_release(v) (mem_free((v)->at), (v)->at = NULL, (v)->len = (v)->cap = 0)
/* For vec_push: doubles *cap (8 at first) and moves the array to where as many elements fit. */
void *vec_grow_(void *at, size_t *cap, size_t size);

/* The candidate nearest to `word` by edit distance (transpositions count once), NULL when none is
 * near enough to be meant (more than a third of its length away). */
const char *nearest_word(const char *word, const char *const *candidates, size_t n);

#endif
