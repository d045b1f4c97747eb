/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Laws of the times of visits in environments: E[exp(-s T); how the environments are afterwards], a
 * matrix for each latency, and products of those along the attempts of a visit. */
#ifndef SEAM_SIM_EXACT_WEATHER_TIMES_H
#define SEAM_SIM_EXACT_WEATHER_TIMES_H

#include "sim/exact/weather.h"

/* Joint states beyond which the laws of times are not worked out. */
enum { SKY_TIMES_MAX = 8 };

struct sky_spectra {
    const struct chain *chain; /* borrowed */
    uint32_t n, n_laws, waves;
    const struct weather_law **law; /* [n_laws] of the chain */
    struct wave **wave;             /* [n_laws] owned: [n][n][waves] */
    struct kinks *kinks;            /* [n_laws][n][n] */
    struct sky_attempt *attempt;    /* [n_units] */
    double **weight; /* [n_units][2] NULL, or [n][width / n]: of branches of items of one quality
                        that begin their last attempt in one weather */
};
/* Of the visits of one step, or of all (UINT32_MAX), in a window; the caller releases. */
void sky_spectra_init(struct sky_spectra *s, const struct chain *c, const struct window *w,
                      uint32_t step);
/* Frees all and leaves *s zero. */
void sky_spectra_release(struct sky_spectra *s);

/* out[END_COUNT] of a visit as of latency_unit_wave and latency_unit_kinks, and out[n_ends] of all
 * its ends in chain.end. */
void sky_visit_wave(const struct sky_spectra *s, uint32_t unit, uint32_t b,
                    struct wave out[END_COUNT]);
/* The same in kinks; adds to out. */
void sky_visit_kinks(const struct sky_spectra *s, uint32_t unit, struct kink_limits *limits,
                     struct kinks out[END_COUNT]);
/* Of all its ends, out[n_ends]. */
void sky_ends_wave(const struct sky_spectra *s, uint32_t unit, uint32_t b, struct wave *out);
/* The same in kinks; adds to out[n_ends]. */
void sky_ends_kinks(const struct sky_spectra *s, uint32_t unit, struct kink_limits *limits,
                    struct kinks *out);
/* Roughly the ns of one point of all visits of a chain; 0 without environments. */
double sky_times_work(const struct chain *c);

#endif
