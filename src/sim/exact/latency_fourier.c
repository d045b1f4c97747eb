/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Points s = sigma + i k step of a window, and sums of exponentials at all of them.
 *
 * The sum over arbitrary x_j is a fast Fourier transform of the masses smeared over a grid by a
 * Gaussian, whose own transform is divided out (Greengard and Lee, "Accelerating the nonuniform
 * fast Fourier transform", SIAM Review 46, 2004): twice oversampled, SPREAD grid points to each
 * side, error about exp(-0.75 pi SPREAD) = 5e-15. */
#include "sim/exact/latency.h"

#include <gsl/gsl_fft_real.h>
#include <math.h>

enum { SPREAD = 14, SHORT_LIST = 32 };

static const double PI = 3.14159265358979323846;
/* exp(-DAMPING) is added to F by the repetition of the series, exp(DAMPING / 4) multiplies the
 * rounding errors at t_max. */
static const double DAMPING = 24;

void window_set(struct window *w, double t_max, uint32_t n, double least)
{
    *w = (struct window){.t_max = t_max, .period = 4 * t_max, .least = least, .n = n};
    w->sigma = DAMPING / w->period;
    w->step = 2 * PI / w->period;
    w->grain = 2 / (w->step * n);
}

void wave_delay(const struct window *w, uint32_t b, double x, struct wave *out)
{
    double turn = w->step * x, damp = exp(-w->sigma * x);
    double re = damp * cos(turn * b * WAVE_WIDTH), im = -damp * sin(turn * b * WAVE_WIDTH);
    double c = cos(turn), s = -sin(turn);
    for (int i = 0; i < WAVE_WIDTH; i++) {
        out->re[i] = re;
        out->im[i] = im;
        double next = re * c - im * s;
        im = re * s + im * c;
        re = next;
    }
}

static void smear(const struct window *w, const struct weighted *at, size_t len, double *grid)
{
    size_t size = 4 * (size_t)w->n;
    double alpha = 0.75 * PI / SPREAD, bell[SPREAD + 1];
    for (int l = 0; l <= SPREAD; l++)
        bell[l] = exp(-alpha * l * l);
    for (size_t j = 0; j < len; j++) {
        double place = at[j].x / w->period * (double)size, floor_place = floor(place);
        double d = place - floor_place;
        double mass = at[j].mass * exp(-w->sigma * at[j].x - alpha * d * d);
        double up = exp(2 * alpha * d), down = 1 / up;
        size_t middle = (size_t)floor_place;
        double m = mass;
        for (size_t l = 0; l <= SPREAD; l++, m *= up)
            grid[(middle + l) & (size - 1)] += m * bell[l];
        m = mass * down;
        for (size_t l = 1; l < SPREAD; l++, m *= down)
            grid[(middle - l) & (size - 1)] += m * bell[l];
    }
}

void window_transform(const struct window *w, const struct weighted *at, size_t len,
                      struct wave *out)
{
    size_t size = 4 * (size_t)w->n;
    double *grid = mem_zero(size, sizeof *grid);
    double tau = PI * SPREAD / (12.0 * w->n * w->n), scale = sqrt(PI / tau) / (double)size;
    smear(w, at, len, grid);
    gsl_fft_real_radix2_transform(grid, 1, size);
    for (size_t k = 0; k < w->n; k++) {
        double sharpen = scale * exp(tau * (double)k * (double)k);
        struct wave *to = &out[k / WAVE_WIDTH];
        to->re[k % WAVE_WIDTH] = sharpen * grid[k];
        to->im[k % WAVE_WIDTH] = k ? sharpen * grid[size - k] : 0;
    }
    mem_free(grid);
}

void window_add(const struct window *w, const struct weighted *at, size_t len, struct wave *out)
{
    if (len > SHORT_LIST) {
        struct wave *sum = mem_alloc(window_waves(w) * sizeof *sum);
        window_transform(w, at, len, sum);
        for (uint32_t b = 0; b < window_waves(w); b++)
            wave_add(&out[b], &sum[b], 1);
        mem_free(sum);
        return;
    }
    for (size_t j = 0; j < len; j++)
        for (uint32_t b = 0; b < window_waves(w); b++) {
            struct wave delay;
            wave_delay(w, b, at[j].x, &delay);
            wave_add(&out[b], &delay, at[j].mass);
        }
}
