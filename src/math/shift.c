/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PSI = sum (q - p) ln(q / p) over bins, with half an item added to each so that none is empty;
 * n m / (n + m) of it is nearly chi-square with bins - 1 degrees when nothing has changed.
 * Smirnov's distance with the correction of Stephens 1970.  Page's CUSUM of normal scores x:
 * S = max(0, S + x - 1/2), whose maximum over n steps reaches h with probability
 * n exp(-(h + 1.166)) nearly, at most (Siegmund 1985, chapter 10, with the overshoot 0.583 at both
 * ends). */
#include "math/shift.h"

#include "base/buf.h"
#include "math/gamma.h"
#include "math/interval.h"
#include "math/sort.h"

#include <math.h>
#include <string.h>

enum { BINS = 10 };
static const double PSI_CUSTOM = 0.25, SLACK = 0.5, OVERSHOOT = 1.166;

const char *shift_name(enum shift_kind kind)
{
    static const char *const names[SHIFT_KINDS] = {"psi", "ks", "cusum"};
    return names[kind];
}

double kolmogorov_upper(double x)
{
    double sum = 0;
    if (x < 0.2)
        return 1;
    for (int k = 1; k < 101; k++) {
        double term = exp(-2.0 * k * k * x * x);
        sum += k % 2 ? term : -term;
        if (term < 1e-18)
            break;
    }
    return fmin(1, 2 * sum);
}

/* Values of the ascending x below v, and at or below it. */
static size_t below(const double *x, size_t n, double v, bool with_ties)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (x[middle] < v || (with_ties && x[middle] == v))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct shift psi(const double *before, size_t m, const double *after, size_t n, double d)
{
    double cut[BINS - 1], value = 0;
    size_t cuts = 0;
    for (int b = 1; b < BINS; b++) {
        double c = sample_quantile(before, m, (double)b / BINS);
        if (c < before[m - 1] && (!cuts || c > cut[cuts - 1]))
            cut[cuts++] = c;
    }
    size_t bins = cuts + 1, from[2] = {0};
    for (size_t b = 0; b < bins; b++) {
        size_t to[2] = {m, n};
        if (b < cuts) {
            to[0] = below(before, m, cut[b], true);
            to[1] = below(after, n, cut[b], true);
        }
        double p = ((double)(to[0] - from[0]) + 0.5) / ((double)m + 0.5 * (double)bins);
        double q = ((double)(to[1] - from[1]) + 0.5) / ((double)n + 0.5 * (double)bins);
        value += (q - p) * log(q / p);
        memcpy(from, to, sizeof from);
    }
    if (!cuts) /* one value fills the baseline */
        return (struct shift){.bar = PSI_CUSTOM, .at = n};
    double chance =
        2 * gamma_inverse(0.5 * (double)cuts, 1 - d, d) * (1 / (double)m + 1 / (double)n);
    struct shift s = {.value = value, .bar = fmax(PSI_CUSTOM, chance), .at = n};
    s.alarm = s.value >= s.bar;
    return s;
}

static struct shift ks(const double *before, size_t m, const double *after, size_t n, double d)
{
    double most = 0, equal = (double)m * (double)n / (double)(m + n);
    double root = sqrt(equal) + 0.12 + 0.11 / sqrt(equal), low = 0, high = 10;
    for (size_t i = 0, j = 0; i < m && j < n;) {
        double v = fmin(before[i], after[j]);
        while (i < m && before[i] == v)
            i++;
        while (j < n && after[j] == v)
            j++;
        most = fmax(most, fabs((double)i / (double)m - (double)j / (double)n));
    }
    while (high - low > 1e-12) {
        double middle = (low + high) / 2;
        if (kolmogorov_upper(middle) > d)
            low = middle;
        else
            high = middle;
    }
    struct shift s = {.value = most, .bar = high / root, .at = n};
    s.alarm = s.value >= s.bar;
    return s;
}

static struct shift cusum(const double *before, size_t m, const double *after, size_t n, double d)
{
    double up = 0, down = 0;
    struct shift s = {.bar = log(2 * (double)n / d) - OVERSHOOT, .at = n};
    for (size_t i = 0; i < n; i++) {
        double rank =
            0.5 * (double)(below(before, m, after[i], false) + below(before, m, after[i], true));
        double x = normal_quantile((rank + 0.5) / ((double)m + 1));
        up = fmax(0, up + x - SLACK);
        down = fmax(0, down - x - SLACK);
        s.value = fmax(s.value, fmax(up, down));
        if (s.value >= s.bar && !s.alarm) {
            s.alarm = true;
            s.at = i + 1;
        }
    }
    return s;
}

void shift_test(const double *before, size_t m, const double *after, size_t n, double d,
                struct shift out[SHIFT_KINDS])
{
    double *x = mem_alloc((m + n) * sizeof *x), *y = x + m;
    memcpy(x, before, m * sizeof *x);
    memcpy(y, after, n * sizeof *y);
    sort_doubles(x, m);
    sort_doubles(y, n);
    out[SHIFT_PSI] = psi(x, m, y, n, d);
    out[SHIFT_KS] = ks(x, m, y, n, d);
    out[SHIFT_CUSUM] = cusum(x, m, after, n, d);
    mem_free(x);
}
