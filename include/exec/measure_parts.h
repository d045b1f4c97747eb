/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How sums of a tally become metrics: between the files exec/measure*.c alone. */
#ifndef SEAM_EXEC_MEASURE_PARTS_H
#define SEAM_EXEC_MEASURE_PARTS_H

#include "exec/tally.h"

struct run_filling {
    const struct run_tally *tally;
    struct metrics *to;
    double level;
    const char *money;
};

/* Sums of one kind in each unit: of a class, a step. */
struct run_column {
    const double *first;
    size_t stride;
};
static inline double run_column_at(struct run_column c, uint32_t unit)
{
    return c.first[unit * c.stride];
}
/* Over all units. */
double run_column_total(struct run_column c);
/* Sums of a class, of a step and of a desk, by unit. */
struct run_column run_column_of_class(const struct run_filling *f, uint32_t c,
                                      enum run_class_sum k);
/* The same of another unit. */
struct run_column run_column_of_step(const struct run_filling *f, uint32_t i, enum run_step_sum k);
/* The same of another unit. */
struct run_column run_column_of_desk(const struct run_filling *f, uint32_t k,
                                     enum run_desk_sum what);

/* y / x, at least `least`; nothing where x is 0. */
void run_put_ratio(const struct run_filling *f, const char *name, struct run_column y,
                   struct run_column x, const char *unit, double least);
/* The same of what is counted over time, in `least` to `most`: what it rests on are the units. */
void run_put_over_time(const struct run_filling *f, const char *name, struct run_column y,
                       struct run_column x, const char *unit, double least, double most);
/* k of n items. */
void run_put_share(const struct run_filling *f, const char *name, struct run_column k,
                   struct run_column n);
/* k of n things of which an item may have several, which may share its weather. */
void run_put_share_of_steps(const struct run_filling *f, const char *name, struct run_column k,
                            struct run_column n);
/* k of n known, and `unknown` more that may be. */
void run_put_bounded(const struct run_filling *f, const char *name, struct run_column k,
                     struct run_column unknown, struct run_column n);

struct run_quantile {
    const char *name;
    double p;
};
/* How much more the mean of values varies than that of as many independent ones would; at least
 * 1. */
double run_excess_of(const struct run_filling *f, const struct values *v, struct run_column y,
                     struct run_column x);
/* Quantiles with their ranks of as many independent values as these are worth. */
void run_put_quantiles(const struct run_filling *f, struct values *v, const struct run_quantile *q,
                       size_t n_quantiles, double excess, const char *unit);
/* The deviation of n values with this variance and fourth central moment. */
void run_put_deviation(const struct run_filling *f, const char *name, double variance,
                       double fourth, uint64_t n, double excess, const char *unit);
/* The deviation of values. */
void run_put_spread(const struct run_filling *f, const char *name, struct values *v, double excess,
                    const char *unit);

/* measure_time.c: resources, environments, a month's money and the curves of a timed run. */
void run_put_timed(struct run_filling *f, struct result *out);
/* measure_gap.c: capability and gap, of all items or of a class. */
void run_put_gap(const struct run_filling *f, uint32_t class);

#endif
