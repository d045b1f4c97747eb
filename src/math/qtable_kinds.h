/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of a quantile table: private to its builder and to the code that draws.
 *
 * Smooth.  m = min(u, ~u) counts from the nearer end, x = m + 1/2 as a float (at most 2^31 - 128).
 * The exponent of x and the first `bits` of its mantissa choose a cell, the rest of the mantissa is
 * the place d in [0, 2^-bits) inside it, and the draw is c0 + d (c1 + d (c2 + d c3)).  Cells of
 * the upper half of u follow those of the lower.
 * Steps.  value[i] for u in (last[i - 1], last[i]]; guide[u >> guide_shift] is where to look first.
 * Split.  Part i for u in the same ranges, with u spread over the whole range again. */
#ifndef SEAM_MATH_QTABLE_KINDS_H
#define SEAM_MATH_QTABLE_KINDS_H

#include "math/qtable.h"

enum qtable_kind { QTABLE_CONSTANT, QTABLE_SMOOTH, QTABLE_STEPS, QTABLE_SPLIT };

enum {
    QTABLE_OCTAVES = 32,
    QTABLE_BITS_MIN = QTABLE_BITS_LEAST,
    QTABLE_BITS_MAX = 9,
    QTABLE_GUIDE_BITS = 12
};

struct qtable {
    enum qtable_kind kind;
    float least, most;

    float (*row)[4]; /* owned [2 << bits << 5], aligned to 64 */
    int bits;

    size_t n;
    uint32_t *last;  /* owned [n] */
    uint16_t *guide; /* owned [1 << QTABLE_GUIDE_BITS]; saturates at 65535 */
    float *value;    /* owned [n] */

    struct qtable **part; /* owned [n], each owned */
    uint64_t *stretch;    /* owned [n]; 2^64 over the length of the part's range */
    float shift;          /* added to every draw of a split */
};

#endif
