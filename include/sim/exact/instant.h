/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Laws of times at one instant x: P(T < x) and, where moments up to x are wanted, the integrals of
 * P(T <= t) and of t P(T <= t) over [0, x].
 *
 * What a window makes of F(x) is linear in the transform, so that thousands of laws are told at one
 * instant by a sum over points each, without any of them being kept: weights once for the instant,
 * products with them wave by wave, and kinks put right afterwards. */
#ifndef SEAM_SIM_EXACT_INSTANT_H
#define SEAM_SIM_EXACT_INSTANT_H

#include "sim/exact/latency.h"

enum { INSTANT_SHARE, INSTANT_AREA, INSTANT_MOMENT, INSTANT_PARTS };
/* By all points of the window, and by half of them, which tells the error. */
enum { INSTANT_FINE, INSTANT_COARSE, INSTANT_RULES };
struct instant_value {
    double of[INSTANT_PARTS][INSTANT_RULES];
};

struct instant_kink {
    struct kink kink;
    uint32_t law; /* index into the values */
};
struct instant {
    struct window window;
    double x;
    struct wave *weight[INSTANT_PARTS][INSTANT_RULES]; /* [window_waves] owned */
    struct wave *fade;                                 /* [window_waves] owned: 1 / (s + lambda) */
    VEC(struct instant_kink) kinks;                    /* held until instant_settle */
    double tied; /* the largest atom that was met at x itself */
};
/* For x > 0 in s by so many points, a power of 2; the caller releases. */
void instant_init(struct instant *at, double x, uint32_t points);
/* Frees the weights and kinks, and leaves *at zero. */
void instant_release(struct instant *at);
static inline uint32_t instant_waves(const struct instant *at, int rule)
{
    return rule == INSTANT_COARSE ? window_waves(&at->window) / 2 : window_waves(&at->window);
}
/* Re sum of weight times wave. */
static inline double instant_dot(const struct wave *weight, const struct wave *wave)
{
    double sum = 0;
    for (int i = 0; i < WAVE_WIDTH; i++)
        sum += weight->re[i] * wave->re[i] - weight->im[i] * wave->im[i];
    return sum;
}
/* Adds wave b of a law. */
void instant_add(const struct instant *at, uint32_t b, const struct wave *wave,
                 struct instant_value *to);
/* Holds kinks of a law, `delay` s later and times p. */
void instant_kinks(struct instant *at, uint32_t law, const struct kinks *kinks, double p,
                   double delay);
/* All waves of value[n_laws], of these masses, are added: puts their kinks right and drops them.
 * parts: of law i that are wanted. */
void instant_settle(struct instant *at, const double *mass, const uint8_t *parts, uint32_t n_laws,
                    struct instant_value *value);

#endif
