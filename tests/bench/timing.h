/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CPU time and medians for the benches. */
#ifndef SEAM_TESTS_BENCH_TIMING_H
#define SEAM_TESTS_BENCH_TIMING_H

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

/* Since `start`, one value of n, in ns. */
static inline double ns_each(clock_t start, uint64_t n)
{
    return (double)(clock() - start) / CLOCKS_PER_SEC / (double)n * 1e9;
}

static inline int timing_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts x on its way. */
static inline double median(double *x, size_t n)
{
    qsort(x, n, sizeof *x, timing_order);
    return x[n / 2];
}

#endif
