/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Derivatives by Chebyshev interpolation (Trefethen, Approximation Theory and Approximation
 * Practice, 2013, chs. 3, 8 and 21): the interpolant at the extrema of T_n is differentiated term
 * by term, d/dt T_k = k U_{k-1}.  Each doubling of n keeps the values of the last; two that agree
 * to half the digits mean that the better one has them all, as the error falls geometrically.
 * Where they do not agree the interval holds a kink or a bend, and shrinks around x. */
#include "sim/sensitivity.h"

#include <math.h>
#include <string.h>

enum { N_MAX = 16, SHRINKS = 7 };
static const double AGREE = 1e-7, ROUNDING = 2e-16;

struct points {
    derivative_of *f;
    void *arg;
    double low, high; /* the interval */
    size_t m;
    double y[N_MAX + 1][DERIVATIVE_MAX], size[N_MAX + 1][DERIVATIVE_MAX];
    bool known[N_MAX + 1];
    const double *cosine; /* [2 N_MAX]: cos(j pi / N_MAX) */
};

/* The values at cos(j pi / n), j = 0..n. */
static bool fill(struct points *p, uint32_t n)
{
    for (uint32_t j = 0; j <= N_MAX; j += N_MAX / n) {
        if (p->known[j])
            continue;
        double t = p->cosine[j], mid = (p->low + p->high) / 2, r = (p->high - p->low) / 2;
        double x = j == 0 ? p->high : j == N_MAX ? p->low : mid + r * t;
        memset(p->size[j], 0, sizeof p->size[j]);
        if (!p->f(p->arg, x, p->y[j], p->size[j]))
            return false;
        p->known[j] = true;
    }
    return true;
}

/* The interpolant of degree n of function i, differentiated at x. */
static double slope(const struct points *p, uint32_t n, size_t i, double x)
{
    double r = (p->high - p->low) / 2, t = (x - p->low) / r - 1, sum = 0;
    double u = 1, before = 0; /* U_{k-1}, U_{k-2} */
    t = fmax(-1, fmin(1, t));
    for (uint32_t k = 1; k <= n; k++) {
        double c = 0;
        for (uint32_t j = 0; j <= n; j++) {
            double end = j == 0 || j == n ? 0.5 : 1;
            c += end * p->y[j * (N_MAX / n)][i] * p->cosine[k * j % (2 * n) * (N_MAX / n)];
        }
        sum += (k == n ? 0.5 : 1) * 2 / n * c * k * u;
        double next = 2 * t * u - before;
        before = u;
        u = next;
    }
    return sum / r;
}

/* What rounding of the values can do to a slope. */
static double noise(const struct points *p, uint32_t n, size_t i)
{
    double most = 0;
    for (uint32_t j = 0; j <= N_MAX; j += N_MAX / n)
        most = fmax(most, fmax(fabs(p->y[j][i]), p->size[j][i]));
    return 4 * ROUNDING * n * n * most * 2 / (p->high - p->low);
}

static bool constant(const struct points *p, uint32_t n, size_t i)
{
    for (uint32_t j = 0; j <= N_MAX; j += N_MAX / n)
        if (p->y[j][i] != p->y[0][i])
            return false;
    return true;
}

/* A function that is nowhere on the interval has no slope, and no smaller interval gives one. */
static bool nowhere(const struct points *p, uint32_t n, size_t i)
{
    for (uint32_t j = 0; j <= N_MAX; j += N_MAX / n)
        if (!isnan(p->y[j][i]))
            return false;
    return true;
}

/* Settles what it can on this interval; *left counts the others.  False where f is not defined. */
static bool settle(struct points *p, double x, double *out, bool *settled, size_t *left)
{
    for (uint32_t n = 4; n <= N_MAX && *left; n *= 2) {
        if (!fill(p, n))
            return false;
        for (size_t i = 0; i < p->m; i++) {
            if (settled[i])
                continue;
            if (nowhere(p, n, i) || constant(p, n, i)) {
                out[i] = isnan(p->y[0][i]) ? NAN : 0;
                settled[i] = true;
                --*left;
                continue;
            }
            double d = slope(p, n, i, x), check = slope(p, n / 2, i, x), small = noise(p, n, i);
            if (!(fabs(d - check) <= AGREE * fabs(d) + small))
                continue;
            out[i] = fabs(d) <= small ? 0 : d;
            settled[i] = true;
            --*left;
        }
    }
    return true;
}

void derivative(derivative_of *f, void *arg, double x, double low, double high, double width,
                size_t m, double *out)
{
    bool settled[DERIVATIVE_MAX] = {false};
    double cosine[2 * N_MAX];
    size_t left = m;
    for (size_t i = 0; i < m; i++)
        out[i] = NAN;
    for (int j = 0; j < 2 * N_MAX; j++)
        cosine[j] = cos(j * M_PI / N_MAX);
    for (int shrink = 0; shrink < SHRINKS && left; shrink++, width /= 5) {
        /* x off the middle, where an even kink would look flat */
        static const double sides[3][2] = {
            {1, 0.8},
            {0, 2  },
            {2, 0  }
        };
        for (int side = 0; side < 3 && left; side++) {
            struct points p;
            memset(p.known, 0, sizeof p.known);
            p.f = f;
            p.arg = arg;
            p.m = m;
            p.cosine = cosine;
            p.low = fmax(low, x - sides[side][0] * width);
            p.high = fmin(high, x + sides[side][1] * width);
            if (!(p.high > p.low))
                continue;
            if (settle(&p, x, out, settled, &left))
                break; /* one-sided only where both sides are not to be had */
        }
    }
}
