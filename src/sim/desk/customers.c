/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums over many customers, four at a time: elements i, i + 4, ... of a column make one of four
 * partial sums, and these are added in one order, so that every machine comes to the same bits. */
#include "sim/desk/customers.h"

#include "base/buf.h"
#include "math/multiversion.h"
#include "sim/lanes.h"

/* Wherever they begin. */
typedef double four __attribute__((vector_size(32), aligned(8), may_alias));
typedef int64_t four_masks __attribute__((vector_size(32), aligned(8), may_alias));
typedef float four_floats __attribute__((vector_size(16), aligned(4), may_alias));

#define ADD_FOUR(s) (((s)[0] + (s)[1]) + ((s)[2] + (s)[3]))
#define AT(x, i)    (*(const four *)((x) + (i)))
#define FOUR(x)     ((four){(x), (x), (x), (x)})

void customers_room(struct customers *c, uint32_t n)
{
    if (c->n + n <= c->cap)
        return;
    while (c->n + n > c->cap)
        c->cap = c->cap ? 2 * c->cap : LANES;
    c->reach = mem_resize(c->reach, c->cap * sizeof *c->reach);
    c->service = mem_resize(c->service, c->cap * sizeof *c->service);
    c->arrive = mem_resize(c->arrive, c->cap * sizeof *c->arrive);
    c->took = mem_resize(c->took, c->cap * sizeof *c->took);
    c->kind = mem_resize(c->kind, c->cap * sizeof *c->kind);
}

void customers_release(struct customers *c)
{
    mem_free(c->reach);
    mem_free(c->service);
    mem_free(c->arrive);
    mem_free(c->took);
    mem_free(c->kind);
    *c = (struct customers){0};
}

static double most_of(const four *x)
{
    double a = (*x)[0] > (*x)[1] ? (*x)[0] : (*x)[1], b = (*x)[2] > (*x)[3] ? (*x)[2] : (*x)[3];
    return a > b ? a : b;
}

MULTIVERSION struct come customers_come(const double *reach, const double *service,
                                        const double *begin, uint32_t n, double limit, float *wait)
{
    four sum = {0}, work = {0}, last = {0};
    four_masks waited = {0}, late = {0};
    uint32_t i = 0;
    for (; i + 4 <= n; i += 4) {
        four w = AT(begin, i) - AT(reach, i), x = AT(service, i), end = AT(begin, i) + x;
        four_masks later = end > last;
        sum += w;
        work += x;
        waited -= w > FOUR(0);
        late -= w > FOUR(limit) + AT(begin, i) * 1e-14;
        last = (four)(((four_masks)end & later) | ((four_masks)last & ~later));
        *(four_floats *)(wait + i) = __builtin_convertvector(w, four_floats);
    }
    struct come c = {ADD_FOUR(sum), ADD_FOUR(work), most_of(&last), (uint32_t)ADD_FOUR(waited),
                     (uint32_t)ADD_FOUR(late)};
    for (; i < n; i++) {
        double w = begin[i] - reach[i], end = begin[i] + service[i];
        c.wait += w;
        c.service += service[i];
        c.waited += w > 0;
        c.late += w > limit + begin[i] * 1e-14;
        c.last = end > c.last ? end : c.last;
        wait[i] = (float)w;
    }
    return c;
}

MULTIVERSION struct gone customers_gone(const struct customers *c, const double *begin, uint32_t n,
                                        double deadline, float *value)
{
    four sum = {0}, squares = {0}, last = {0}, visit = {0};
    four_masks late = {0};
    uint32_t i = 0;
    for (; i + 4 <= n; i += 4) {
        four w = AT(begin, i) - AT(c->reach, i), took = AT(c->took, i), all = took + w;
        four end = AT(c->arrive, i) + all, limit = FOUR(deadline) + end * 1e-14;
        four_masks later = end > last;
        sum += w;
        visit += w + AT(c->service, i);
        squares += w * (took + all);
        late -= (all > limit) & (took <= FOUR(deadline));
        last = (four)(((four_masks)end & later) | ((four_masks)last & ~later));
        *(four_floats *)(value + i) = __builtin_convertvector(all, four_floats);
    }
    struct gone g = {ADD_FOUR(sum), ADD_FOUR(squares), ADD_FOUR(visit), most_of(&last),
                     (uint32_t)ADD_FOUR(late)};
    for (; i < n; i++) {
        double w = begin[i] - c->reach[i], all = c->took[i] + w, end = c->arrive[i] + all;
        g.wait += w;
        g.visit += w + c->service[i];
        g.squares += w * (c->took[i] + all);
        g.late += all > deadline + end * 1e-14 && c->took[i] <= deadline;
        g.last = end > g.last ? end : g.last;
        value[i] = (float)all;
    }
    return g;
}

MULTIVERSION struct come customers_come_and_go(const double *reach, const double *service,
                                               const double *begin, uint32_t n, double limit,
                                               double deadline, float *wait, float *value,
                                               struct gone *gone)
{
    four sum = {0}, work = {0}, last = {0}, squares = {0};
    four_masks waited = {0}, late = {0}, over = {0};
    uint32_t i = 0;
    for (; i + 4 <= n; i += 4) {
        four b = AT(begin, i), x = AT(service, i), w = b - AT(reach, i), all = w + x, end = b + x;
        four_masks later = end > last;
        sum += w;
        work += x;
        squares += w * (x + all);
        waited -= w > FOUR(0);
        late -= w > FOUR(limit) + b * 1e-14;
        over += (all > FOUR(deadline) + end * 1e-14) & (x <= FOUR(deadline));
        last = (four)(((four_masks)end & later) | ((four_masks)last & ~later));
        *(four_floats *)(wait + i) = __builtin_convertvector(w, four_floats);
        *(four_floats *)(value + i) = __builtin_convertvector(all, four_floats);
    }
    struct come c = {ADD_FOUR(sum), ADD_FOUR(work), most_of(&last), (uint32_t)ADD_FOUR(waited),
                     (uint32_t)ADD_FOUR(late)};
    struct gone g = {.squares = ADD_FOUR(squares), .late = (uint32_t)-ADD_FOUR(over)};
    for (; i < n; i++) {
        double x = service[i], w = begin[i] - reach[i], all = w + x, end = begin[i] + x;
        c.wait += w;
        c.service += x;
        c.waited += w > 0;
        c.late += w > limit + begin[i] * 1e-14;
        c.last = end > c.last ? end : c.last;
        g.squares += w * (x + all);
        g.late += all > deadline + end * 1e-14 && x <= deadline;
        wait[i] = (float)w;
        value[i] = (float)all;
    }
    g.wait = c.wait;
    g.visit = c.wait + c.service;
    g.last = c.last;
    *gone = g;
    return c;
}

MULTIVERSION void customers_there(const double *reach, const double *begin, const double *service,
                                  uint32_t n, double at, int32_t *waiting, int32_t *inside)
{
    four_masks waits = {0}, is = {0};
    uint32_t i = 0;
    for (; i + 4 <= n; i += 4) {
        four_masks came = AT(reach, i) < FOUR(at), begun = AT(begin, i) <= FOUR(at);
        four_masks gone = AT(begin, i) + AT(service, i) <= FOUR(at);
        waits -= came & ~begun;
        is -= came & ~gone;
    }
    *waiting = (int32_t)ADD_FOUR(waits);
    *inside = (int32_t)ADD_FOUR(is);
    for (; i < n; i++) {
        *waiting += reach[i] < at && begin[i] > at;
        *inside += reach[i] < at && begin[i] + service[i] > at;
    }
}

MULTIVERSION bool customers_alike(const uint64_t *kind, uint32_t n)
{
    const int64_t first = (int64_t)kind[0];
    const four_masks same = {first, first, first, first};
    four_masks other = {0};
    uint32_t i = 0;
    for (; i + 4 <= n; i += 4)
        other |= *(const four_masks *)(kind + i) ^ same;
    uint64_t rest = 0;
    for (; i < n; i++)
        rest |= kind[i] ^ kind[0];
    return (other[0] | other[1] | other[2] | other[3]) == 0 && rest == 0;
}
