/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Has the law of a stream changed, and since when?  Evidence that holds at any time. */
#ifndef SEAM_MATH_CHANGE_H
#define SEAM_MATH_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHANGE_LOOKS = 64 };

struct change {
    size_t looks, at[CHANGE_LOOKS]; /* after at[i] values of the current stream, ascending ... */
    double path[CHANGE_LOOKS];      /* ... the natural logarithm of the e-process was path[i] */
    double log_e;                   /* the greatest of them, or 0 */
    /* The cut that tells most: the value, and the shares of each stream above it. */
    double cut, above_before, above_after;
    uint64_t cut_tie; /* parts equal values */
    uint64_t rank;    /* of the cut among the baseline's values */
    /* Most likely and 95% bounds of the number of values before the change (change_since). */
    size_t since, since_low, since_high;
};

/* Holds n >= 1 values of a current stream, in order of time, against m >= 1 of a baseline; none is
 * NaN.  If all are exchangeable, P(log_e >= ln x) <= 1 / x for every x >= 1, however long the
 * stream goes on.  Equal values are parted by random numbers of `key`. */
void change_test(const double *before, size_t m, const double *after, size_t n, uint64_t key,
                 struct change *out);
/* The index of the first look with an e-process of `log_e` at least; looks when there is none. */
size_t change_found(const struct change *c, double log_e);
/* Fills since* of what change_test filled, from the same values. */
void change_since(const double *after, size_t m, size_t n, uint64_t key, struct change *c);

#endif
