/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of kinks: the leading terms of a transform as s grows, exp(-s x) times powers of 1/s.
 * They add and multiply like the transforms themselves; powers beyond the last are cut, so that
 * a sum of many continuous times has none left. */
#include "sim/exact/latency.h"

#include "math/sort.h"

#include <math.h>

enum { KINKS_MAX = 1000, PAIRS_MAX = 300000 };

struct kink_limits kink_limits(const struct window *w)
{
    return (struct kink_limits){.x_max = 1.25 * w->t_max,
                                .grain = w->grain,
                                .least = w->least,
                                .len = KINKS_MAX,
                                .pairs = PAIRS_MAX};
}

void kinks_put(struct kinks *to, double x, int order, double c)
{
    struct kink k = {.x = x};
    k.c[order] = c;
    vec_push(to, k);
}

void kinks_add(struct kinks *to, const struct kinks *from, double p)
{
    kinks_add_later(to, from, p, 0);
}

void kinks_add_later(struct kinks *to, const struct kinks *from, double p, double delay)
{
    for (size_t i = 0; i < from->len; i++) {
        struct kink k = from->at[i];
        k.x += delay;
        for (int m = 0; m < KINK_ORDERS; m++)
            k.c[m] *= p;
        vec_push(to, k);
    }
}

/* Where a kink lies, and which of the list it is. */
struct place {
    double x;
    size_t i;
};

/* The end of the run of places in order that begins at `from`. */
static size_t run_end(const struct place *p, size_t from, size_t n)
{
    while (++from < n && p[from - 1].x <= p[from].x)
        ;
    return from < n ? from : n;
}

/* One pass: of each two runs one. */
static void merge_runs(const struct place *from, struct place *to, size_t n)
{
    for (size_t at = 0; at < n;) {
        size_t i = at, middle = run_end(from, at, n), j = middle;
        size_t end = middle < n ? run_end(from, middle, n) : n;
        for (; i < middle && j < end; at++)
            to[at] = from[j].x < from[i].x ? from[j++] : from[i++];
        for (; i < middle; at++)
            to[at] = from[i++];
        for (; j < end; at++)
            to[at] = from[j++];
    }
}

/* By natural merging (Knuth, TAOCP 3, 5.2.4, algorithm N): sums and products are made of few runs,
 * and equals stay in their order.  Returns where they lie: here or in the room behind. */
static struct place *sort_places(struct place *p, size_t n)
{
    struct place *to = p + n;
    while (run_end(p, 0, n) < n) {
        merge_runs(p, to, n);
        struct place *swap = p;
        p = to;
        to = swap;
    }
    return p;
}

static double weight(const struct kink *k, double grain)
{
    double most = 0, unit = 1;
    for (int m = 0; m < KINK_ORDERS; m++, unit *= grain) {
        double here = fabs(k->c[m]) * unit;
        most = here > most ? here : most;
    }
    return most;
}

static void drop(struct kinks *k, double grain, double least)
{
    size_t kept = 0;
    for (size_t i = 0; i < k->len; i++)
        if (weight(&k->at[i], grain) >= least)
            k->at[kept++] = k->at[i];
    k->len = kept;
}

static void drop_slightest(struct kinks *k, const struct kink_limits *limits)
{
    double *w = mem_alloc(k->len * sizeof *w);
    for (size_t i = 0; i < k->len; i++)
        w[i] = weight(&k->at[i], limits->grain);
    sort_doubles(w, k->len);
    drop(k, limits->grain, nextafter(w[k->len - limits->len - 1], INFINITY));
    mem_free(w);
}

/* By x, up to the last that matters. */
static void sort_kinks(struct kinks *k, double x_max)
{
    size_t n = 0;
    struct place *room = mem_alloc(2 * k->len * sizeof *room);
    for (size_t i = 0; i < k->len; i++)
        if (k->at[i].x <= x_max)
            room[n++] = (struct place){k->at[i].x, i};
    const struct place *sorted = sort_places(room, n);
    struct kinks out = {0};
    vec_reserve(&out, n);
    for (size_t i = 0; i < n; i++)
        vec_push(&out, k->at[sorted[i].i]);
    mem_free(room);
    kinks_release(k);
    *k = out;
}

void kinks_tidy(struct kinks *k, const struct kink_limits *limits)
{
    size_t kept = 0;
    if (k->len > 0)
        sort_kinks(k, limits->x_max);
    for (size_t i = 0; i < k->len; i++) {
        if (kept && k->at[i].x - k->at[kept - 1].x <= 1e-12 * k->at[i].x)
            for (int m = 0; m < KINK_ORDERS; m++)
                k->at[kept - 1].c[m] += k->at[i].c[m];
        else
            k->at[kept++] = k->at[i];
    }
    k->len = kept;
    drop(k, limits->grain, limits->least);
    if (k->len > limits->len)
        drop_slightest(k, limits);
}

/* The highest power of 1/s that a kink has. */
static int order(const struct kink *k)
{
    int m = KINK_ORDERS - 1;
    while (m > 0 && k->c[m] == 0)
        m--;
    return m;
}

void kinks_product(const struct kinks *a, const struct kinks *b, struct kink_limits *limits,
                   struct kinks *out)
{
    size_t pairs = a->len * b->len;
    if (pairs > limits->pairs)
        return;
    limits->pairs -= pairs;
    for (size_t i = 0; i < a->len; i++) {
        int of_a = order(&a->at[i]);
        for (size_t j = 0; j < b->len; j++) {
            struct kink k = {.x = a->at[i].x + b->at[j].x};
            if (k.x > limits->x_max)
                continue;
            int of_b = order(&b->at[j]);
            for (int m = 0; m <= of_a + of_b && m < KINK_ORDERS; m++)
                for (int l = m > of_b ? m - of_b : 0; l <= m && l <= of_a; l++)
                    k.c[m] += a->at[i].c[l] * b->at[j].c[m - l];
            if (weight(&k, limits->grain) >= limits->least)
                vec_push(out, k);
        }
    }
}

double kinks_atom(const struct kinks *k, double x)
{
    double mass = 0;
    for (size_t i = 0; i < k->len && k->at[i].x <= x; i++)
        mass = k->at[i].x == x ? k->at[i].c[0] : 0;
    return mass;
}

void kinks_release(struct kinks *k)
{
    vec_release(k);
}
