/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory: allocation that ends the process instead of failing, growing strings, arenas (blocks
 * that double up to 4 MiB; what is larger than a block gets one of its own) and the nearest word by
 * optimal string alignment (Damerau 1964; the restricted form, three rows of the table at a time).
 */
#include "base/buf.h"

#include <ctype.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <unistd.h>
#if defined(__linux__) && defined(__GLIBC__)
#include <malloc.h>
#include <sys/mman.h>
#endif

enum { LARGE = 1 << 20, LARGE_PAGE = 2 << 20 };

/* The one switch of the layer that is not an argument: tests of running out of memory set it. */
static _Atomic uint64_t fail_in;

NORETURN void mem_exhausted(void)
{
    static const char text[] = "seam: out of memory\n";
    ssize_t written = write(2, text, sizeof text - 1);
    (void)written; /* nowhere left to say that stderr is gone */
    _exit(5);
}

void mem_fail_at(uint64_t n)
{
    atomic_store(&fail_in, n);
}

static void count_down(void)
{
    if (atomic_load_explicit(&fail_in, memory_order_relaxed) == 0)
        return;
    if (atomic_fetch_sub(&fail_in, 1) == 1)
        mem_exhausted();
}

static void *checked(void *p)
{
    if (!p)
        mem_exhausted();
    return p;
}

/* Asks for pages of 2 MiB under a large block, where the system has them: the first touch of each
 * page of 4 KiB is a fault, which takes as long as filling it. */
static void *in_large_pages(void *p, size_t size)
{
#ifdef MADV_HUGEPAGE
    if (size >= LARGE) {
        uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), begin = (uintptr_t)p & ~(page - 1);
        uintptr_t end = ((uintptr_t)p + malloc_usable_size(p) + page - 1) & ~(page - 1);
        (void)madvise((void *)begin, end - begin, MADV_HUGEPAGE); /* it works without, too */
    }
#endif
    return p;
}

void *mem_alloc(size_t size)
{
    void *p;
    count_down();
    if (size < LARGE_PAGE)
        return in_large_pages(checked(malloc(size ? size : 1)), size);
    if (posix_memalign(&p, LARGE_PAGE, size) != 0)
        mem_exhausted();
    return in_large_pages(p, size);
}

void *mem_zero(size_t count, size_t size)
{
    count_down();
    return in_large_pages(checked(calloc(count ? count : 1, size ? size : 1)), count * size);
}

void *mem_resize(void *old, size_t size)
{
    if (!old)
        return mem_alloc(size);
    count_down();
    return in_large_pages(checked(realloc(old, size ? size : 1)), size);
}

void *mem_aligned(size_t alignment, size_t size)
{
    void *p = NULL;
    count_down();
    if (alignment < sizeof(void *))
        alignment = sizeof(void *);
    if (alignment & (alignment - 1))
        BUG("alignment %zu is no power of two", alignment);
    if (posix_memalign(&p, alignment, size ? size : 1) != 0)
        mem_exhausted();
    return p;
}

void mem_free(void *p)
{
    free(p);
}

void mem_trim(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

char *mem_strdup(const char *s)
{
    size_t size = strlen(s) + 1;
    return memcpy(mem_alloc(size), s, size);
}

void *vec_grow_(void *at, size_t *cap, size_t size)
{
    size_t more = *cap ? 2 * *cap : 8;
    if (more < *cap || more > SIZE_MAX / size)
        mem_exhausted();
    *cap = more;
    return mem_resize(at, more * size);
}

/* --- growing strings */

void buf_init(struct buf *b)
{
    *b = (struct buf){0};
}

void buf_release(struct buf *b)
{
    mem_free(b->data);
    buf_init(b);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    if (b->data)
        b->data[0] = '\0';
}

char *buf_reserve(struct buf *b, size_t extra)
{
    if (extra >= SIZE_MAX / 2 - b->len)
        mem_exhausted();
    size_t need = b->len + extra + 1;
    if (need > b->cap) {
        size_t cap = b->cap < 32 ? 64 : 2 * b->cap;
        b->cap = cap > need ? cap : need;
        b->data = mem_resize(b->data, b->cap);
        b->data[b->len] = '\0';
    }
    return b->data + b->len;
}

void buf_extend(struct buf *b, size_t written)
{
    if (written >= b->cap - b->len)
        BUG("%zu bytes were written where %zu were reserved", written, b->cap - b->len);
    b->len += written;
    b->data[b->len] = '\0';
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
    char *to = buf_reserve(b, len);
    if (len)
        memcpy(to, bytes, len);
    buf_extend(b, len);
}

void buf_puts(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
    *buf_reserve(b, 1) = c;
    buf_extend(b, 1);
}

void buf_vprintf(struct buf *b, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    buf_reserve(b, 64);
    size_t room = b->cap - b->len;
    int n = vsnprintf(b->data + b->len, room, format, args);
    if (n < 0)
        BUG("the format \"%s\" cannot be written", format);
    if ((size_t)n >= room)
        vsnprintf(buf_reserve(b, (size_t)n), (size_t)n + 1, format, again);
    va_end(again);
    buf_extend(b, (size_t)n);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_vprintf(b, format, args);
    va_end(args);
}

const char *buf_text(const struct buf *b)
{
    return b->len ? b->data : "";
}

char *buf_detach(struct buf *b)
{
    char *text = b->data ? b->data : mem_strdup("");
    buf_init(b);
    return text;
}

/* --- arenas */

enum { ARENA_FIRST = 4096, ARENA_LARGEST = 4 << 20, ARENA_ALIGN = 16 };

struct arena_block {
    struct arena_block *next;
    size_t size;
    _Alignas(ARENA_ALIGN) char bytes[];
};

void arena_init(struct arena *a)
{
    *a = (struct arena){0};
}

void arena_release(struct arena *a)
{
    for (struct arena_block *block = a->blocks; block;) {
        struct arena_block *next = block->next;
        mem_free(block);
        block = next;
    }
    arena_init(a);
}

static struct arena_block *new_block(struct arena *a, size_t size)
{
    struct arena_block *block = mem_zero(1, sizeof *block + size);
    block->size = size;
    a->total += size;
    return block;
}

void *arena_alloc(struct arena *a, size_t size)
{
    if (size > SIZE_MAX / 4)
        mem_exhausted();
    size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    struct arena_block *head = a->blocks;
    if (!head || size > head->size - a->used) {
        size_t room = a->total < ARENA_FIRST     ? ARENA_FIRST
                      : a->total > ARENA_LARGEST ? ARENA_LARGEST
                                                 : a->total;
        if (head && size > room / 4) { /* its own block, behind the one in use */
            struct arena_block *own = new_block(a, size);
            own->next = head->next;
            head->next = own;
            return own->bytes;
        }
        struct arena_block *block = new_block(a, size > room ? size : room);
        block->next = head;
        a->blocks = head = block;
        a->used = 0;
    }
    void *p = head->bytes + a->used;
    a->used += size;
    return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
    char *copy = arena_alloc(a, len + 1);
    if (len)
        memcpy(copy, s, len);
    return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return arena_strndup(a, s, strlen(s));
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    if (n < 0)
        BUG("the format \"%s\" cannot be written", format);
    char *text = arena_alloc(a, (size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}

/* --- the nearest word */

enum { WORD_MAX = 64 };

static bool same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edit distance without regard to case; both at most WORD_MAX long. */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= m; j++)
        above[j] = j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = above[j - 1] + !same_letter(a[i - 1], b[j - 1]);
            row[j] = least(row[j], 1 + least(above[j], row[j - 1]));
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
                same_letter(a[i - 2], b[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[m];
}

const char *nearest_word(const char *word, const char *const *candidates, size_t n)
{
    size_t len = strlen(word);
    if (len > WORD_MAX)
        return NULL;
    const char *best = NULL;
    size_t best_away = len / 3 + 1;
    for (size_t i = 0; i < n; i++) {
        size_t other = strlen(candidates[i]);
        if (other > WORD_MAX)
            continue;
        size_t away = distance(word, len, candidates[i], other);
        if (away < best_away) {
            best_away = away;
            best = candidates[i];
        }
    }
    return best;
}
