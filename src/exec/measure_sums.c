/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums and values as metrics.  Shares of independent items have Wilson intervals; ratios of sums,
 * and all of timed runs, whose items are not independent, come from the spread between the parts of
 * the run (batch means with the ratio estimator: Law, "Simulation Modeling and Analysis", 2015,
 * 9.5); quantiles have those of order statistics. */
#include "exec/measure_parts.h"

#include "math/interval.h"

#include <float.h>
#include <math.h>

double run_column_total(struct run_column c)
{
    double sum = 0;
    for (uint32_t u = 0; u < RUN_UNITS; u++)
        sum += run_column_at(c, u);
    return sum;
}

struct run_column run_column_of_class(const struct run_filling *f, uint32_t c, enum run_class_sum k)
{
    return (struct run_column){&f->tally->class[c].unit[0][k], RUN_CLASS_SUMS};
}

struct run_column run_column_of_step(const struct run_filling *f, uint32_t i, enum run_step_sum k)
{
    return (struct run_column){&f->tally->step[i].unit[0][k], RUN_STEP_SUMS};
}

struct run_column run_column_of_desk(const struct run_filling *f, uint32_t k,
                                     enum run_desk_sum what)
{
    return (struct run_column){&f->tally->desk[k].unit[0][what], RUN_DESK_SUMS};
}

/* Half-width of y / x from the spread between units; INFINITY where fewer than two have any x. */
static double ratio_error(const struct run_filling *f, struct run_column y, struct run_column x)
{
    double n = 0, sx = run_column_total(x), r = run_column_total(y) / sx, ss = 0;
    for (uint32_t u = 0; u < RUN_UNITS; u++) {
        double off = run_column_at(y, u) - r * run_column_at(x, u);
        n += run_column_at(x, u) != 0 || run_column_at(y, u) != 0;
        ss += off * off;
    }
    if (n < 2)
        return INFINITY;
    double t = student_quantile(1 - (1 - f->level) / 2, n - 1);
    return t * sqrt(ss * n / (n - 1)) / fabs(sx);
}

void run_put_ratio(const struct run_filling *f, const char *name, struct run_column y,
                   struct run_column x, const char *unit, double least)
{
    double sx = run_column_total(x), r = run_column_total(y) / sx;
    if (!(sx != 0))
        return;
    double error = ratio_error(f, y, x) + DBL_EPSILON * fabs(sx * r); /* and of rounding */
    metrics_add(f->to, name, r, fmax(r - error, least), r + error, f->level,
                (uint64_t)llround(fabs(sx)), unit);
}

void run_put_over_time(const struct run_filling *f, const char *name, struct run_column y,
                       struct run_column x, const char *unit, double least, double most)
{
    double sx = run_column_total(x), r = run_column_total(y) / sx;
    if (!(sx > 0))
        return;
    double error = ratio_error(f, y, x);
    metrics_add(f->to, name, r, fmax(r - error, least), fmin(r + error, most), f->level, RUN_UNITS,
                unit);
}

/* k of n.  of_steps: several of one item, which may share its weather. */
static void put_share_of(const struct run_filling *f, const char *name, struct run_column k,
                         struct run_column n, bool of_steps)
{
    double sk = run_column_total(k), sn = run_column_total(n), p = sk / sn, error = 0;
    if (!(sn > 0))
        return;
    if (f->tally->end.timed || (of_steps && f->tally->pipeline->n_environments > 0))
        error = ratio_error(f, k, n);
    struct interval at = {p - error, p + error};
    if (!(error > 0))
        at = interval_wilson((uint64_t)sk, (uint64_t)sn, f->level);
    metrics_add(f->to, name, p, fmax(at.low, 0), fmin(at.high, 1), f->level, (uint64_t)sn, "1");
}

void run_put_share(const struct run_filling *f, const char *name, struct run_column k,
                   struct run_column n)
{
    put_share_of(f, name, k, n, false);
}

void run_put_share_of_steps(const struct run_filling *f, const char *name, struct run_column k,
                            struct run_column n)
{
    put_share_of(f, name, k, n, true);
}

void run_put_bounded(const struct run_filling *f, const char *name, struct run_column k,
                     struct run_column unknown, struct run_column n)
{
    double sn = run_column_total(n), may = run_column_total(unknown);
    if (may == 0)
        run_put_share(f, name, k, n);
    else if (sn > 0)
        metrics_add(f->to, name, NAN, run_column_total(k) / sn, (run_column_total(k) + may) / sn, 0,
                    (uint64_t)sn, "1");
}

/* --- quantiles and deviations */

/* How much more the mean of values varies than that of as many independent ones would (a design
 * effect: Kish, "Survey Sampling", 1965, 8.2), from the spread between units; at least 1. */
double run_excess_of(const struct run_filling *f, const struct values *v, struct run_column y,
                     struct run_column x)
{
    double mean, variance, n = (double)values_n(v);
    if (n < 2)
        return 1;
    values_moments(v, &mean, &variance);
    double error = ratio_error(f, y, x) / student_quantile(1 - (1 - f->level) / 2, RUN_UNITS - 1);
    return variance > 0 && isfinite(error) ? fmin(fmax(error * error * n / variance, 1), n) : 1;
}

/* Ranks of as many independent values as these are worth, in these. */
void run_put_quantiles(const struct run_filling *f, struct values *v, const struct run_quantile *q,
                       size_t n_quantiles, double excess, const char *unit)
{
    uint64_t n = values_n(v), worth = (uint64_t)fmax((double)n / excess, 1);
    if (n == 0)
        return;
    values_sort(v);
    for (size_t k = 0; k < n_quantiles; k++) {
        uint64_t low, high, rank = sample_rank(n, q[k].p);
        double lowest = 0, highest = INFINITY;
        interval_quantile_ranks(worth, q[k].p, f->level, &low, &high, NULL);
        double each = (double)n / (double)worth;
        uint64_t from = (uint64_t)fmax(floor((double)low * each), 1);
        uint64_t upto = (uint64_t)fmin(ceil((double)high * each), (double)n);
        if (low)
            values_rank(v, from, &lowest, NULL);
        if (high <= worth)
            values_rank(v, upto, NULL, &highest);
        metrics_add(f->to, q[k].name, values_rank(v, rank ? rank : 1, NULL, NULL), lowest, highest,
                    f->level, n, unit);
    }
}

/* The deviation of n values, with the interval that their fourth moment gives it (delta method). */
void run_put_deviation(const struct run_filling *f, const char *name, double variance,
                       double fourth, uint64_t n, double excess, const char *unit)
{
    double sd = sqrt(fmax(variance, 0)), error = INFINITY;
    if (n < 1)
        return;
    if (n > 1 && sd > 0)
        error = normal_quantile(1 - (1 - f->level) / 2) *
                sqrt(fmax(fourth - variance * variance, 0) * excess / (double)n) / (2 * sd);
    else if (n > 1)
        error = 0;
    metrics_add(f->to, name, sd, fmax(sd - error, 0), sd + error, f->level, n, unit);
}

void run_put_spread(const struct run_filling *f, const char *name, struct values *v, double excess,
                    const char *unit)
{
    double mean, variance, fourth = 0;
    uint64_t n = values_n(v);
    if (n == 0)
        return;
    values_moments(v, &mean, &variance);
    if (values_exact(v)) {
        for (size_t i = 0; i < v->len; i++)
            fourth += pow(v->at[i] - mean, 4) / (double)n;
    } else {
        fourth = 3 * variance * variance;
    }
    run_put_deviation(f, name, variance, fourth, n, excess, unit);
}
