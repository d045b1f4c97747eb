/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of kinks: the leading terms of a transform as s grows, exp(-s x) times powers of 1/s.
 * They add and multiply like the transforms themselves; powers beyond the last are cut, so that
 * a sum of many continuous times has none left. */
#include "sim/exact/latency.h"

#include <math.h>
#include <stdlib.h>

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

static int by_x(const void *a, const void *b)
{
    double x = ((const struct kink *)a)->x, y = ((const struct kink *)b)->x;
    return (x > y) - (x < y);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double weight(const struct kink *k, double grain)
{
    double most = 0, unit = 1;
    for (int m = 0; m < KINK_ORDERS; m++, unit *= grain)
        most = fmax(most, fabs(k->c[m]) * unit);
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
    qsort(w, k->len, sizeof *w, by_value);
    drop(k, limits->grain, nextafter(w[k->len - limits->len - 1], INFINITY));
    mem_free(w);
}

void kinks_tidy(struct kinks *k, const struct kink_limits *limits)
{
    size_t kept = 0;
    if (k->len > 1)
        qsort(k->at, k->len, sizeof *k->at, by_x);
    for (size_t i = 0; i < k->len && k->at[i].x <= limits->x_max; i++) {
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

void kinks_product(const struct kinks *a, const struct kinks *b, struct kink_limits *limits,
                   struct kinks *out)
{
    size_t pairs = a->len * b->len;
    if (pairs > limits->pairs)
        return;
    limits->pairs -= pairs;
    for (size_t i = 0; i < a->len; i++)
        for (size_t j = 0; j < b->len; j++) {
            struct kink k = {.x = a->at[i].x + b->at[j].x};
            for (int m = 0; m < KINK_ORDERS; m++)
                for (int l = 0; l <= m; l++)
                    k.c[m] += a->at[i].c[l] * b->at[j].c[m - l];
            if (k.x <= limits->x_max && weight(&k, limits->grain) >= limits->least)
                vec_push(out, k);
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
