/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sorting of many numbers at once. */
#ifndef SEAM_MATH_SORT_H
#define SEAM_MATH_SORT_H

#include <stddef.h>
#include <stdint.h>

/* Sorts n numbers upward, none of them NaN; -0 comes before 0. */
void sort_doubles(double *x, size_t n);
/* Sorts n integers upward. */
void sort_integers(uint64_t *x, size_t n);

#endif
