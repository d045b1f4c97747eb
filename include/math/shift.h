/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Have scores shifted?  Three classical alarms on two samples of one number.  They tell that scores
 * look different, never that anything is wrong. */
#ifndef SEAM_MATH_SHIFT_H
#define SEAM_MATH_SHIFT_H

#include <stdbool.h>
#include <stddef.h>

enum shift_kind { SHIFT_PSI, SHIFT_KS, SHIFT_CUSUM, SHIFT_KINDS };
struct shift {
    double value, bar; /* an alarm when value >= bar */
    bool alarm;
    size_t at; /* CUSUM: values of `after` when it rang; else n */
};

/* Holds n >= 1 later values in order of time against m >= 1 of a baseline, none NaN.  If all come
 * from one continuous law, each rings with probability d at most, for m and n of some dozens and
 * up; ties make them ring less.
 *   PSI: population stability index over the tenths of the baseline; the bar is 0.25, the custom of
 *   credit scoring, or what chance gives (Yurdakul and Naranjo 2020), whichever is greater;
 *   KS: two-sample distance (Smirnov 1948);
 *   CUSUM: Page's 1954, two-sided, on normal scores by the baseline's ranks, with slack 1/2. */
void shift_test(const double *before, size_t m, const double *after, size_t n, double d,
                struct shift out[SHIFT_KINDS]);

/* "psi", "ks", "cusum" */
const char *shift_name(enum shift_kind kind);

/* P(K > x) of Kolmogorov's distribution, x >= 0. */
double kolmogorov_upper(double x);

#endif
