/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maps that correct confidences: fitted to labels, applied, and read backwards.
 *
 * Every map rises (it may be level), so that the ranking stays; isotonic maps add ties. */
#ifndef SEAM_MATH_RECALIBRATE_H
#define SEAM_MATH_RECALIBRATE_H

#include "base/buf.h"
#include "math/calibration.h"
#include <stdbool.h>
#include <stddef.h>

/* From [0, 1] to [0, 1].  n > 0: linear between the knots (raw[i], corrected[i]), raw strictly
 * ascending, corrected not falling, and level outside.  n = 0: the logistic function of
 *     linear x + a ln x - b ln(1 - x) + c,   linear, a, b >= 0,
 * which is Platt's map (a = b = 0), that of a temperature T (a = b = 1 / T, the others 0), the
 * beta map (linear = 0), and with a = b = 1 the identity. */
struct calibration_map {
    double linear, a, b, c;
    size_t n;
    const double *raw, *corrected; /* [n], borrowed */
};

enum calibration_fit { FIT_ISOTONIC, FIT_PLATT, FIT_BETA, FIT_TEMPERATURE };

/* The map that makes n >= 1 labelled confidences (in [0, 1], weights above 0) most likely; what it
 * points to is the arena's.  Where no rising map of the kind does better than a level one, it is
 * level at the share of the correct. */
void calibration_fit(enum calibration_fit method, const struct scored *s, size_t n,
                     struct arena *arena, struct calibration_map *out);
/* The corrected confidence of x in [0, 1]. */
double calibration_map_at(const struct calibration_map *m, double x);
/* The largest x with a corrected confidence of at most y; -1 where there is none. */
double calibration_map_last(const struct calibration_map *m, double y);
/* The smallest x with a corrected confidence of at least y; 2 where there is none. */
double calibration_map_first(const struct calibration_map *m, double y);
/* The x behind a corrected confidence; where the map is level there, the middle of that stretch. */
double calibration_map_back(const struct calibration_map *m, double y);
/* Has it the same value everywhere? */
bool calibration_map_is_level(const struct calibration_map *m);

#endif
