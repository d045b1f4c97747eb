/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The largest singular values of a sparse matrix and their right vectors. */
#ifndef SEAM_MATH_SVD_H
#define SEAM_MATH_SVD_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* A sparse matrix by rows: row i has the entries first[i] to first[i + 1]. */
struct sparse {
    size_t rows, cols;
    const size_t *first; /* [rows + 1] */
    const uint32_t *col;
    const double *value;
};

/* The k largest singular values of `a`, falling, into singular[k], and their right singular vectors
 * into right[cols * k]: component c of vector j is right[c * k + j].  Beyond the rank both are 0.
 * The same key gives the same bits.  ERR_NUMERIC when an entry is not finite. */
MUST_CHECK int svd_truncated(const struct sparse *a, size_t k, uint64_t key, double *right,
                             double *singular, struct error *err);

#endif
