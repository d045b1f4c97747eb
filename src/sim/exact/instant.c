/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The series of latency_total.c at one instant, term by term: exp(s x) / s gives F, and its
 * integrals over [a, x], (exp(s x) - exp(s a)) / s^2 and (exp(s x) (s x - 1) - exp(s a) (s a - 1))
 * / s^3, those of F and of t F; a is so far before 0 that what the window blurs there is counted,
 * for it keeps its place on the average.  A kink's own terms 1 / (s + lambda)^m are gamma laws,
 * P(m, lambda t) / lambda^m (Abramowitz and Stegun 6.5.13), whose integrals are int P(m, z) dt = u
 * P(m, z) - m / lambda P(m + 1, z), int t P(m, z) dt = u^2 / 2 P(m, z) - m (m + 1) / (2 lambda^2)
 * P(m + 2, z),  z = lambda u. */
#include "sim/exact/instant.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The same instant, as sums of constants come to it. */
static const double SAME = 1e-12;
/* lambda t_max, and a kink whose terms would swamp the rest is cut, as in latency_total.c. */
static const double FADE = 10, SWAMP = 1e4;
/* Grains beyond which the soft cut blurs nothing: exp(-(2 t / grain)^2 / 484) below rounding. */
static const double BLUR = 70;

struct complex_pair {
    double re, im;
};

static struct complex_pair times(struct complex_pair a, struct complex_pair b)
{
    return (struct complex_pair){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

/* exp(s x) / s, and its integrals over t and t dt up to x. */
static void point_until(double sigma, double omega, double x,
                        struct complex_pair out[INSTANT_PARTS])
{
    double square = sigma * sigma + omega * omega, grow = exp(sigma * x);
    struct complex_pair inverse = {sigma / square, -omega / square};
    struct complex_pair e = {grow * cos(omega * x), grow * sin(omega * x)};
    struct complex_pair sx = times(e, (struct complex_pair){sigma * x - 1, omega * x});
    out[INSTANT_SHARE] = times(e, inverse);
    out[INSTANT_AREA] = times(out[INSTANT_SHARE], inverse);
    out[INSTANT_MOMENT] = times(times(times(sx, inverse), inverse), inverse);
}

static double start_of(const struct instant *at)
{
    return -BLUR * at->window.grain;
}

/* What the point s gives F(x) and its integrals. */
static void point_weights(const struct instant *at, double omega,
                          struct complex_pair out[INSTANT_PARTS])
{
    struct complex_pair start[INSTANT_PARTS];
    point_until(at->window.sigma, omega, at->x, out);
    point_until(at->window.sigma, omega, start_of(at), start);
    for (int part = INSTANT_AREA; part < INSTANT_PARTS; part++) {
        out[part].re -= start[part].re;
        out[part].im -= start[part].im;
    }
}

/* The same soft cut as of a total: 1 well below the middle, 0 well above; all but the first point
 * stand for those of negative frequency too. */
static double soft(uint32_t k, uint32_t n)
{
    if (k == 0)
        return 1;
    return k <= n / 2 ? erfc(11 * ((double)k / n - 0.5))
                      : 2 - erfc(11 * ((double)(n - k) / n - 0.5));
}

void instant_init(struct instant *at, double x, uint32_t points)
{
    *at = (struct instant){.x = x};
    window_set(&at->window, 1.25 * x, points, 1e-14);
    uint32_t n = at->window.n;
    double lambda = FADE / at->window.t_max, sigma = at->window.sigma;
    for (int part = 0; part < INSTANT_PARTS; part++)
        for (int rule = 0; rule < INSTANT_RULES; rule++)
            at->weight[part][rule] =
                mem_zero(instant_waves(at, rule) + 1, sizeof *at->weight[part][rule]);
    at->fade = mem_zero(n / WAVE_WIDTH, sizeof *at->fade);
    for (uint32_t k = 0; k < n; k++) {
        uint32_t b = k / WAVE_WIDTH, i = k % WAVE_WIDTH;
        double omega = at->window.step * k, re = sigma + lambda;
        struct complex_pair of[INSTANT_PARTS];
        point_weights(at, omega, of);
        for (int part = 0; part < INSTANT_PARTS; part++)
            for (int rule = 0; rule < INSTANT_RULES; rule++) {
                if (b >= instant_waves(at, rule))
                    continue;
                double weight = soft(rule == INSTANT_COARSE ? 2 * k : k, n) / at->window.period;
                at->weight[part][rule][b].re[i] = weight * of[part].re;
                at->weight[part][rule][b].im[i] = weight * of[part].im;
            }
        at->fade[b].re[i] = re / (re * re + omega * omega);
        at->fade[b].im[i] = -omega / (re * re + omega * omega);
    }
}

void instant_release(struct instant *at)
{
    for (int part = 0; part < INSTANT_PARTS; part++)
        for (int rule = 0; rule < INSTANT_RULES; rule++)
            mem_free(at->weight[part][rule]);
    mem_free(at->fade);
    vec_release(&at->kinks);
    *at = (struct instant){0};
}

void instant_add(const struct instant *at, uint32_t b, const struct wave *wave,
                 struct instant_value *to)
{
    for (int part = 0; part < INSTANT_PARTS; part++)
        for (int rule = 0; rule < INSTANT_RULES; rule++)
            if (b < instant_waves(at, rule))
                to->of[part][rule] += instant_dot(&at->weight[part][rule][b], wave);
}

void instant_kinks(struct instant *at, uint32_t law, const struct kinks *kinks, double p,
                   double delay)
{
    double lambda = FADE / at->window.t_max;
    for (size_t j = 0; j < kinks->len; j++) {
        struct instant_kink add = {.law = law, .kink = {.x = kinks->at[j].x + delay}};
        const double *c = kinks->at[j].c;
        double unit = SWAMP * lambda;
        add.kink.c[0] = p * c[0];
        for (int m = 1; m < KINK_ORDERS && fabs(c[m]) <= unit; m++, unit *= lambda) {
            double factor = p * c[m];
            for (int i = 0; m + i < KINK_ORDERS; i++) {
                add.kink.c[m + i] += factor;
                factor *= lambda * (m + i) / (i + 1);
            }
        }
        vec_push(&at->kinks, add);
    }
}

/* --- kinks put right */

/* P(m, z) for m = 0 .. n - 1. */
static void gamma_laws(double z, double *out, int n)
{
    double term = exp(-z), below = -expm1(-z);
    out[0] = 1;
    for (int m = 1; m < n; m++) {
        out[m] = fmax(0, below);
        term *= z / m;
        below -= term;
    }
}

/* What the kinks' own terms are at the instant, u behind the kink: F, and the integrals. */
static void kink_truth(const struct instant *at, double x, double out[KINK_ORDERS][INSTANT_PARTS])
{
    double lambda = FADE / at->window.t_max, u = at->x - x, p[KINK_ORDERS + 2], unit = 1;
    memset(out, 0, KINK_ORDERS * sizeof *out);
    if (!(u > SAME * at->x))
        return;
    gamma_laws(lambda * u, p, KINK_ORDERS + 2);
    for (int m = 0; m < KINK_ORDERS; m++, unit /= lambda) {
        double area = u * p[m] - m / lambda * p[m + 1];
        double moment = u * u / 2 * p[m] - m * (m + 1) / (2 * lambda * lambda) * p[m + 2];
        out[m][INSTANT_SHARE] = unit * p[m];
        out[m][INSTANT_AREA] = unit * area;
        out[m][INSTANT_MOMENT] = unit * (x * area + moment);
    }
}

/* What the series repeats of all that has arrived, by F and its integrals, for a mass of 1. */
static double again(const struct instant *at, int part)
{
    double once = exp(-at->window.sigma * at->window.period), sum = once / (1 - once);
    double a = start_of(at), x = at->x;
    return part == INSTANT_SHARE  ? sum
           : part == INSTANT_AREA ? sum * (x - a)
                                  : sum * (x * x - a * a) / 2;
}

struct correction {
    double of[KINK_ORDERS][INSTANT_PARTS][INSTANT_RULES];
};

/* The truth less what the window makes of the terms of a kink at x. */
static void correct(const struct instant *at, double x, bool areas, struct correction *out)
{
    double truth[KINK_ORDERS][INSTANT_PARTS], lambda = FADE / at->window.t_max, unit = 1;
    int parts = areas ? INSTANT_PARTS : INSTANT_SHARE + 1;
    kink_truth(at, x, truth);
    memset(out, 0, sizeof *out);
    for (uint32_t b = 0; b < window_waves(&at->window); b++) {
        struct wave term;
        wave_delay(&at->window, b, x, &term);
        for (int m = 0; m < KINK_ORDERS; m++) {
            for (int part = 0; part < parts; part++)
                for (int rule = 0; rule < INSTANT_RULES; rule++)
                    if (b < instant_waves(at, rule))
                        out->of[m][part][rule] -= instant_dot(&at->weight[part][rule][b], &term);
            wave_multiply(&term, &at->fade[b]);
        }
    }
    for (int m = 0; m < KINK_ORDERS; m++, unit /= lambda)
        for (int part = 0; part < parts; part++)
            for (int rule = 0; rule < INSTANT_RULES; rule++)
                out->of[m][part][rule] += truth[m][part] + unit * again(at, part);
}

static int by_place(const void *a, const void *b)
{
    double x = ((const struct instant_kink *)a)->kink.x,
           y = ((const struct instant_kink *)b)->kink.x;
    return (x > y) - (x < y);
}

static void apply(const struct correction *c, const struct kink *k, struct instant_value *to)
{
    for (int m = 0; m < KINK_ORDERS; m++)
        for (int part = 0; part < INSTANT_PARTS && k->c[m] != 0; part++)
            for (int rule = 0; rule < INSTANT_RULES; rule++)
                to->of[part][rule] += k->c[m] * c->of[m][part][rule];
}

void instant_settle(struct instant *at, const double *mass, const uint8_t *parts, uint32_t n_laws,
                    struct instant_value *value)
{
    for (uint32_t i = 0; i < n_laws; i++)
        for (int part = 0; part < INSTANT_PARTS; part++)
            for (int rule = 0; rule < INSTANT_RULES; rule++)
                value[i].of[part][rule] -= mass[i] * again(at, part);
    if (at->kinks.len > 1)
        qsort(at->kinks.at, at->kinks.len, sizeof *at->kinks.at, by_place);
    for (size_t j = 0; j < at->kinks.len;) {
        double x = at->kinks.at[j].kink.x;
        size_t end = j;
        bool areas = false;
        for (; end < at->kinks.len && at->kinks.at[end].kink.x - x <= SAME * x; end++)
            areas = areas || parts[at->kinks.at[end].law] > 1;
        struct correction c;
        correct(at, x, areas, &c);
        for (; j < end; j++) {
            apply(&c, &at->kinks.at[j].kink, &value[at->kinks.at[j].law]);
            if (fabs(x - at->x) <= SAME * at->x)
                at->tied = fmax(at->tied, at->kinks.at[j].kink.c[0]);
        }
    }
    at->kinks.len = 0;
}
