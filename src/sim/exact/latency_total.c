/* SPDX-License-Identifier: GPL-3.0-or-later */
/* F(t) of a law in its window: the kinks in closed form, the smooth rest as a Fourier series.
 *
 * A kink exp(-s x) c / s^m is taken off as powers of 1 / (s + lambda), which have the same leading
 * terms and die out within t_max; in time they are incomplete gamma functions.
 * The rest, divided by s, is cut off softly by an error function (Vandeven, "Family of spectral
 * filters for discontinuous problems", J. Sci. Comput. 6, 1991), so that what n points do not
 * resolve blurs its own surroundings and nothing else. */
#include "sim/exact/latency.h"

#include <math.h>
#include <string.h>

/* lambda t_max; and a kink whose terms would swamp the rest is cut. */
static const double FADE = 10, SWAMP = 1e4;
static const double SLACK = 1e-12; /* of F, as parts of its mass */

static double fade(const struct window *w)
{
    return FADE / w->t_max;
}

/* --- getting ready */

/* c[m] / s^m as powers of 1 / (s + lambda):
 * s^-m = sum_i binomial(m - 1 + i, i) lambda^i (s + lambda)^-(m + i). */
static void faded(struct kink *k, double lambda)
{
    double d[KINK_ORDERS] = {k->c[0]}, unit = SWAMP * lambda;
    for (int m = 1; m < KINK_ORDERS && fabs(k->c[m]) <= unit; m++, unit *= lambda) {
        double factor = k->c[m];
        for (int i = 0; m + i < KINK_ORDERS; i++) {
            d[m + i] += factor;
            factor *= lambda * (m + i) / (i + 1);
        }
    }
    memcpy(k->c, d, sizeof d);
}

/* 1 / (s + add) */
static void wave_inverse(const struct window *w, uint32_t b, double add, struct wave *out)
{
    for (int i = 0; i < WAVE_WIDTH; i++) {
        double re = w->sigma + add, im = w->step * (b * WAVE_WIDTH + (uint32_t)i);
        double square = re * re + im * im;
        out->re[i] = re / square;
        out->im[i] = -im / square;
    }
}

/* Takes the terms of one order off: those of all kinks times (s + lambda)^-order. */
static void take_off_kinks(struct total *t, const struct window *w, int order)
{
    struct weighted *at = mem_alloc((t->kinks.len + 1) * sizeof *at);
    size_t len = 0;
    for (size_t j = 0; j < t->kinks.len; j++)
        if (t->kinks.at[j].c[order] != 0)
            at[len++] = (struct weighted){t->kinks.at[j].x, -t->kinks.at[j].c[order]};
    if (len) {
        struct wave *sum = mem_zero(window_waves(w), sizeof *sum);
        window_add(w, at, len, sum);
        for (uint32_t b = 0; b < window_waves(w); b++) {
            struct wave inverse;
            wave_inverse(w, b, fade(w), &inverse);
            for (int m = 0; m < order; m++)
                wave_multiply(&sum[b], &inverse);
            wave_add(&t->wave[b], &sum[b], 1);
        }
        mem_free(sum);
    }
    mem_free(at);
}

/* The weight of point k of n is 1 well below n / 2 and 0 well above, 4e-15 away from both at the
 * ends; twice that, for the points of negative frequency. */
static void soften(struct total *t, const struct window *w)
{
    uint32_t n = w->n;
    double *soft = mem_alloc(n * sizeof *soft);
    for (uint32_t k = 0; k <= n / 2; k++) {
        soft[k] = erfc(11 * ((double)k / n - 0.5));
        if (k > 0)
            soft[n - k] = 2 - soft[k];
    }
    soft[0] = 1;
    t->coarse = mem_alloc(window_waves(w) / 2 * sizeof *t->coarse);
    for (uint32_t k = 0; k < n; k++) {
        struct wave *fine = &t->wave[k / WAVE_WIDTH];
        uint32_t i = k % WAVE_WIDTH;
        if (k < n / 2) {
            t->coarse[k / WAVE_WIDTH].re[i] = fine->re[i] * soft[2 * k];
            t->coarse[k / WAVE_WIDTH].im[i] = fine->im[i] * soft[2 * k];
        }
        fine->re[i] *= soft[k];
        fine->im[i] *= soft[k];
    }
    mem_free(soft);
}

void total_ready(struct total *t, const struct window *w)
{
    struct kink_limits limits = kink_limits(w);
    double lambda = fade(w);
    limits.least *= t->mass;
    kinks_tidy(&t->kinks, &limits);
    t->smooth_mass = t->mass;
    for (size_t j = 0; j < t->kinks.len; j++) {
        double unit = 1;
        faded(&t->kinks.at[j], lambda);
        for (int m = 0; m < KINK_ORDERS; m++, unit /= lambda)
            t->smooth_mass -= t->kinks.at[j].c[m] * unit;
    }
    for (int m = 0; m < KINK_ORDERS; m++)
        take_off_kinks(t, w, m);
    for (uint32_t b = 0; b < window_waves(w); b++) {
        struct wave s;
        wave_inverse(w, b, 0, &s);
        wave_multiply(&t->wave[b], &s);
    }
    soften(t, w);
    t->last = total_cdf(t, w, w->t_max, false, NULL);
}

void total_release(struct total *t)
{
    mem_free(t->wave);
    mem_free(t->coarse);
    kinks_release(&t->kinks);
}

/* --- evaluation */

/* The kink's share of F and of the density at u >= 0 behind it: c[m] / lambda^m times the
 * incomplete gamma function P(m, lambda u) (Abramowitz and Stegun 6.5.13). */
static double kink_cdf(const struct kink *k, double lambda, double u, double *density)
{
    bool atom = true;
    for (int m = 1; m < KINK_ORDERS; m++)
        atom = atom && k->c[m] == 0;
    if (atom)
        return k->c[0];
    double z = lambda * u, term = exp(-z), below = -expm1(-z), unit = 1, sum = k->c[0];
    for (int m = 1; m < KINK_ORDERS; m++) {
        *density += k->c[m] * unit * term;
        unit /= lambda;
        sum += k->c[m] * unit * below;
        term *= z / m;
        below -= term;
    }
    return sum;
}

/* sum_k g_k exp(i k turn), and *slope = sum_k k g_k i exp(i k turn), their real parts: a sum over
 * waves for each place in a wave, then one over places. */
static double series(const struct wave *wave, uint32_t waves, double turn, double *slope)
{
    struct wave sum, sum_b;
    wave_set(&sum, 0);
    wave_set(&sum_b, 0);
    double c = cos(WAVE_WIDTH * turn), s = sin(WAVE_WIDTH * turn), re = 1, im = 0;
    for (uint32_t b = 0; b < waves; b++) {
        struct wave here;
        for (int i = 0; i < WAVE_WIDTH; i++) {
            here.re[i] = wave[b].re[i] * re - wave[b].im[i] * im;
            here.im[i] = wave[b].re[i] * im + wave[b].im[i] * re;
        }
        wave_add(&sum, &here, 1);
        wave_add(&sum_b, &here, b);
        double next = re * c - im * s;
        im = re * s + im * c;
        re = next;
    }
    double f = 0;
    *slope = 0;
    for (int i = 0; i < WAVE_WIDTH; i++) {
        double ci = cos(i * turn), si = sin(i * turn);
        f += sum.re[i] * ci - sum.im[i] * si;
        double k_re = WAVE_WIDTH * sum_b.re[i] + i * sum.re[i];
        double k_im = WAVE_WIDTH * sum_b.im[i] + i * sum.im[i];
        *slope -= k_re * si + k_im * ci;
    }
    return f;
}

double total_cdf(const struct total *t, const struct window *w, double x, bool coarse,
                 double *density)
{
    uint32_t waves = window_waves(w);
    double slope,
        f = series(coarse ? t->coarse : t->wave, coarse ? waves / 2 : waves, w->step * x, &slope);
    double grow = exp(w->sigma * x) / w->period, again = exp(-w->sigma * w->period);
    double sum = grow * f - t->smooth_mass * again / (1 - again);
    double d = grow * (w->sigma * f + w->step * slope);
    for (size_t j = 0; j < t->kinks.len && t->kinks.at[j].x <= x * (1 + 1e-12); j++)
        sum += kink_cdf(&t->kinks.at[j], fade(w), fmax(0, x - t->kinks.at[j].x), &d);
    if (density)
        *density = d;
    return sum;
}

/* Narrows [low, high] to the atoms around the quantile; true when it is at one, *high. */
static bool at_atom(const struct total *t, const struct window *w, double want, double *low,
                    double *high)
{
    struct kinks atoms = {0};
    double least = SLACK * t->mass;
    for (size_t j = 0; j < t->kinks.len && t->kinks.at[j].x <= w->t_max; j++)
        if (t->kinks.at[j].c[0] > least)
            vec_push(&atoms, t->kinks.at[j]);
    size_t from = 0, to = atoms.len;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (total_cdf(t, w, atoms.at[mid].x, false, NULL) >= want)
            to = mid;
        else
            from = mid + 1;
    }
    bool found = false;
    if (from > 0)
        *low = atoms.at[from - 1].x;
    if (from < atoms.len) {
        *high = atoms.at[from].x;
        found = total_cdf(t, w, *high, false, NULL) - atoms.at[from].c[0] < want;
    }
    kinks_release(&atoms);
    return found;
}

bool total_quantile(const struct total *t, const struct window *w, double f, double *x)
{
    double want = f - SLACK * t->mass, low = 0, high = w->t_max;
    if (t->last < want)
        return false;
    if (at_atom(t, w, want, &low, &high)) {
        *x = high;
        return true;
    }
    double at = *x > low && *x < high ? *x : low / 2 + high / 2, last = high - low;
    for (int round = 0; round < 200 && high - low > 1e-15 * high; round++) {
        double density, over = total_cdf(t, w, at, false, &density) - want;
        *(over >= 0 ? &high : &low) = at;
        double next = density > 0 ? at - over / density : NAN;
        bool newton = next > low && next < high && fabs(next - at) < 0.5 * last;
        last = newton ? fabs(next - at) : high - low;
        if (newton && last <= 1e-13 * at) {
            at = next;
            break;
        }
        at = newton ? next : low / 2 + high / 2;
    }
    *x = at;
    return true;
}
