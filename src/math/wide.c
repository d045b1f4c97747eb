/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums in fixed point: a double is put, as the integer that it is, at its place in a long one (the
 * superaccumulator of Kulisch and Miranker, cut to the range of times and costs), so that no order
 * of adding changes a bit. */
#include "math/summary.h"

#include <math.h>
#include <string.h>

enum {
    UNIT = 168, /* a sum counts 2^-UNIT */
    HALF = 128, /* of them the bits in `part` */
    FRACTION_BITS = 52,
    ONE_EXPONENT = 1023 /* that of 1.0 */
};
static const double WIDE_MOST = 0x1p80;
static const __int128 SATURATED = (__int128)1 << 120, SAVED_MOST = (__int128)1 << 125;

static struct wide negative(const struct wide *w)
{
    return (struct wide){-w->whole - (w->part != 0), -w->part};
}

/* A double is m 2^e with m < 2^53: m moved to its place among the 256 bits. */
static struct wide wide_of(double x)
{
    double size = fmin(fabs(x), WIDE_MOST);
    uint64_t bits, fraction;
    memcpy(&bits, &size, sizeof bits);
    fraction = bits & (((uint64_t)1 << FRACTION_BITS) - 1);
    if (bits >> FRACTION_BITS)
        fraction |= (uint64_t)1 << FRACTION_BITS;
    int left = (int)(bits >> FRACTION_BITS) - ONE_EXPONENT - FRACTION_BITS + UNIT;
    unsigned __int128 m = fraction;
    struct wide w = {0, 0};
    if (left >= HALF)
        w.whole = (__int128)(m << (left - HALF));
    else if (left > 0)
        w = (struct wide){(__int128)(m >> (HALF - left)), m << left};
    else if (left > -FRACTION_BITS - 1)
        w.part = m >> -left;
    return x < 0 ? negative(&w) : w;
}

static bool is_saturated(const struct wide *w)
{
    return w->whole >= SATURATED;
}

void wide_merge(struct wide *into, const struct wide *from)
{
    bool carry = __builtin_add_overflow(into->part, from->part, &into->part);
    __int128 sum;
    if (!__builtin_add_overflow(into->whole, from->whole + carry, &sum))
        into->whole = sum;
}

void wide_add(struct wide *w, double x)
{
    const struct wide add = wide_of(x);
    wide_merge(w, &add);
}

/* In units of 2^-40. */
static long double wide_units(const struct wide *w)
{
    struct wide x = *w;
    if (x.whole < 0) /* its size first: -1 + 0.999... would lose all but a few digits */
        x = negative(w);
    long double size = (long double)x.whole + ldexpl((long double)x.part, -128);
    return w->whole < 0 ? -size : size;
}

double wide_value(const struct wide *w)
{
    return (double)ldexpl(wide_units(w), -40);
}

void wide_pack(struct wide *w, struct pack *p)
{
    struct wide saved = {0}, *at = p->to ? w : &saved;
    __int128 part = (__int128)at->part;
    pack_sum(p, &at->whole);
    pack_sum(p, &part);
    pack_check(p, at->whole >= -SAVED_MOST && at->whole <= SAVED_MOST);
    if (!p->to && !p->broken) {
        saved.part = (unsigned __int128)part;
        wide_merge(w, &saved);
    }
}

static void saturate(struct wide *w)
{
    if (is_saturated(w))
        *w = (struct wide){SATURATED, 0};
}

void moments_add(struct moments *m, uint64_t n, double sum, double sum2)
{
    m->n += n;
    wide_add(&m->sum, sum);
    if (sum2 >= 0x1p80)
        m->sum2 = (struct wide){SATURATED, 0};
    else
        wide_add(&m->sum2, fmax(sum2, 0));
    saturate(&m->sum2);
}

void moments_merge(struct moments *into, const struct moments *from)
{
    into->n += from->n;
    wide_merge(&into->sum, &from->sum);
    wide_merge(&into->sum2, &from->sum2);
    saturate(&into->sum2);
}

void moments_pack(struct moments *m, struct pack *p)
{
    struct moments saved = {0}, *at = p->to ? m : &saved;
    pack_count(p, &at->n);
    wide_pack(&at->sum, p);
    wide_pack(&at->sum2, p);
    pack_check(p, at->sum2.whole >= 0 && at->sum2.whole <= SATURATED);
    if (!p->to && !p->broken)
        moments_merge(m, &saved);
}

double moments_mean(const struct moments *m)
{
    return m->n == 0 ? NAN : (double)ldexpl(wide_units(&m->sum) / (long double)m->n, -40);
}

double moments_variance(const struct moments *m)
{
    if (m->n < 2)
        return 0;
    if (is_saturated(&m->sum2))
        return INFINITY;
    long double n = (long double)m->n, sum = wide_units(&m->sum);
    long double squares = wide_units(&m->sum2) - ldexpl(sum * (sum / n), -40);
    return squares > 0 ? (double)ldexpl(squares / (n - 1), -40) : 0;
}
