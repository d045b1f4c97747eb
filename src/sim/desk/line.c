/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The line before a desk: customers come in blocks, out of order by the time they spent on the way.
 * Those whose turn is certain are sorted (merge sort, stable: equal times in the order of arrival)
 * and served.  They are looked at again only when as many have come as were kept, so that the work
 * for one customer does not grow with how many are on their way.
 *
 * Service is Kiefer and Wolfowitz's recursion over the times at which the servers are free: who is
 * next begins at max(his time, the least of them), and that becomes the end of his service.  For
 * few servers the times are kept in order by one pass of minima and maxima without a branch, whose
 * chain from customer to customer is a max, a sum and a min; for many in a heap. */
#include "sim/desk.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { SORTED_MAX = 16, LOOK_FROM = 256, RUN = 16 };

/* --- a table of customers */

static void copy_customer(struct customers *to, uint32_t k, const struct customers *from,
                          uint32_t i)
{
    to->reach[k] = from->reach[i];
    to->service[k] = from->service[i];
    to->arrive[k] = from->arrive[i];
    to->took[k] = from->took[i];
    to->kind[k] = from->kind[i];
}

void desk_line_init(struct desk_line *l, const struct pipeline *p, uint32_t resource)
{
    *l = (struct desk_line){.servers = p->resource[resource].servers};
    l->free_at = mem_zero(l->servers, sizeof *l->free_at);
    if (desk_has_order(p, resource))
        l->order = desk_order_new(p, resource);
}

void desk_line_release(struct desk_line *l)
{
    desk_order_free(l->order);
    mem_free(l->free_at);
    mem_free(l->rank);
    mem_free(l->spare);
    mem_free(l->later);
    customers_release(&l->pool);
    *l = (struct desk_line){0};
}

void desk_line_clear(struct desk_line *l)
{
    memset(l->free_at, 0, l->servers * sizeof *l->free_at);
    l->pool.n = l->kept = 0;
    if (l->order)
        desk_order_clear(l->order);
}

/* --- service */

/* One double where min and max have no branch: GCC makes jumps of `a < b ? a : b` in a chain, and
 * those are guessed wrong half of the time. */
#ifdef __SSE2__
typedef __m128d one;
#define ONE(p)      _mm_load_sd(p)
#define LEAST(a, b) _mm_min_sd(a, b)
#define MOST(a, b)  _mm_max_sd(a, b)
#define SUM(a, b)   _mm_add_sd(a, b)
#define STORE(p, a) _mm_store_sd(p, a)
#else
typedef double one;
#define ONE(p)      (*(p))
#define LEAST(a, b) ((a) < (b) ? (a) : (b))
#define MOST(a, b)  ((a) > (b) ? (a) : (b))
#define SUM(a, b)   ((a) + (b))
#define STORE(p, a) (*(p) = (a))
#endif

/* `free_at` ascending; c is a constant where this is inlined, so that it stays in registers. */
static inline __attribute__((always_inline)) void
serve_sorted(double *free_at, const uint32_t c, const struct customers *from, double *begin)
{
    const double *reach = from->reach, *service = from->service;
    one f[SORTED_MAX];
    for (uint32_t k = 0; k < c; k++)
        f[k] = ONE(free_at + k);
    for (uint32_t i = 0; i < from->n; i++) {
        one at = MOST(f[0], ONE(reach + i)), end = SUM(at, ONE(service + i));
        STORE(begin + i, at);
        /* end takes its place among f[1] ... f[c - 1], and those below it move down by one */
        f[0] = c > 1 ? LEAST(end, f[1]) : end;
#pragma GCC unroll 16
        for (uint32_t k = 1; k + 1 < c; k++)
            f[k] = MOST(f[k], LEAST(end, f[k + 1]));
        if (c > 1)
            f[c - 1] = MOST(f[c - 1], end);
    }
    for (uint32_t k = 0; k < c; k++)
        STORE(free_at + k, f[k]);
}

static void serve_heap(double *f, uint32_t c, const struct customers *from, double *begin)
{
    for (uint32_t i = 0; i < from->n; i++) {
        double reach = from->reach[i], at = f[0] > reach ? f[0] : reach;
        double end = at + from->service[i];
        uint32_t k = 0, child;
        begin[i] = at;
        while ((child = 2 * k + 1) < c) {
            child += child + 1 < c && f[child + 1] < f[child];
            if (!(f[child] < end))
                break;
            f[k] = f[child];
            k = child;
        }
        f[k] = end;
    }
}

static void serve(struct desk_line *l, const struct customers *from, double *begin)
{
    switch (l->servers) {
#define SORTED(c)                                                                                  \
    case c:                                                                                        \
        serve_sorted(l->free_at, c, from, begin);                                                  \
        break;
        SORTED(1)
        SORTED(2)
        SORTED(3)
        SORTED(4)
        SORTED(5)
        SORTED(6)
        SORTED(7)
        SORTED(8)
        SORTED(9)
        SORTED(10)
        SORTED(11)
        SORTED(12)
        SORTED(13)
        SORTED(14)
        SORTED(15)
        SORTED(16)
#undef SORTED
    default:
        serve_heap(l->free_at, l->servers, from, begin);
    }
}

void desk_line_serve_now(struct desk_sim *s, uint32_t desk, const struct customers *c)
{
    if (c->n == 0)
        return;
    if (s->line[desk].order) {
        desk_order_serve(s, desk, c, c->reach[c->n - 1]);
        return;
    }
    serve(&s->line[desk], c, s->begin);
    desk_count(s, desk, c, s->begin);
}

/* --- order */

static void sort_run(struct rank *a, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        struct rank x = a[i];
        uint32_t k = i;
        for (; k > 0 && a[k - 1].at > x.at; k--)
            a[k] = a[k - 1];
        a[k] = x;
    }
}

static void merge(const struct rank *a, uint32_t n_a, const struct rank *b, uint32_t n_b,
                  struct rank *to)
{
    uint32_t i = 0, j = 0, k = 0;
    while (i < n_a && j < n_b)
        to[k++] = b[j].at < a[i].at ? b[j++] : a[i++];
    memcpy(to + k, a + i, (n_a - i) * sizeof *to);
    memcpy(to + k + (n_a - i), b + j, (n_b - j) * sizeof *to);
}

static void sort_ranks(struct desk_line *l, uint32_t n)
{
    for (uint32_t i = 0; i < n; i += RUN)
        sort_run(l->rank + i, n - i < RUN ? n - i : RUN);
    for (uint32_t width = RUN; width < n; width *= 2) {
        for (uint32_t i = 0; i < n; i += 2 * width) {
            uint32_t n_a = n - i < width ? n - i : width;
            uint32_t n_b = n - i - n_a < width ? n - i - n_a : width;
            merge(l->rank + i, n_a, l->rank + i + n_a, n_b, l->spare + i);
        }
        struct rank *swap = l->rank;
        l->rank = l->spare;
        l->spare = swap;
    }
}

static void rank_room(struct desk_line *l, uint32_t n)
{
    if (n <= l->rank_cap)
        return;
    l->rank_cap = l->pool.cap;
    l->rank = mem_resize(l->rank, l->rank_cap * sizeof *l->rank);
    l->spare = mem_resize(l->spare, l->rank_cap * sizeof *l->spare);
    l->later = mem_resize(l->later, l->rank_cap * sizeof *l->later);
}

/* Ranks those who reach the desk by `upto`; the others are listed in `later`. */
static uint32_t rank_ready(struct desk_line *l, double upto)
{
    const struct customers *c = &l->pool;
    uint32_t ready = 0, later = 0;
    rank_room(l, c->n);
    for (uint32_t i = 0; i < c->n; i++) {
        bool is_later = c->reach[i] > upto;
        l->rank[ready] = (struct rank){c->reach[i], i};
        l->later[later] = i;
        ready += !is_later;
        later += is_later;
    }
    return ready;
}

static bool in_order(const struct customers *c, double upto)
{
    uint32_t i = 1;
    while (i < c->n && c->reach[i - 1] <= c->reach[i])
        i++;
    return i >= c->n && c->n > 0 && c->reach[c->n - 1] <= upto;
}

static void serve_as_they_are(struct desk_sim *s, uint32_t desk)
{
    const struct customers *c = &s->line[desk].pool;
    for (uint32_t at = 0; at < c->n; at += LANES) {
        struct customers part = {.n = c->n - at < LANES ? c->n - at : LANES,
                                 .reach = c->reach + at,
                                 .service = c->service + at,
                                 .arrive = c->arrive + at,
                                 .took = c->took + at,
                                 .kind = c->kind + at};
        desk_line_serve_now(s, desk, &part);
    }
}

static void serve_in_order(struct desk_sim *s, uint32_t desk, double upto)
{
    struct desk_line *l = &s->line[desk];
    struct customers *c = &l->pool;
    uint32_t ready = rank_ready(l, upto), later = c->n - ready;
    sort_ranks(l, ready);
    for (uint32_t at = 0; at < ready; at += LANES) {
        s->chunk.n = ready - at < LANES ? ready - at : LANES;
        for (uint32_t k = 0; k < s->chunk.n; k++)
            copy_customer(&s->chunk, k, c, l->rank[at + k].i);
        desk_line_serve_now(s, desk, &s->chunk);
    }
    for (uint32_t k = 0; k < later; k++)
        copy_customer(c, k, c, l->later[k]);
    c->n = l->kept = later;
    s->chunk.n = 0;
    if (l->order)
        desk_order_serve(s, desk, &s->chunk, upto);
}

void desk_line_serve(struct desk_sim *s, uint32_t desk, double upto, bool all)
{
    struct desk_line *l = &s->line[desk];
    if (in_order(&l->pool, upto)) {
        serve_as_they_are(s, desk);
        l->pool.n = l->kept = 0;
        if (all && l->order) /* who waits still; the pool is empty */
            desk_order_serve(s, desk, &l->pool, upto);
    } else if (all || l->pool.n - l->kept >= (l->kept > LOOK_FROM ? l->kept : LOOK_FROM)) {
        serve_in_order(s, desk, upto);
    }
}
