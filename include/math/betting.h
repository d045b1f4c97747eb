/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The share of errors from labels drawn with unequal probabilities: estimates, bounds that hold at
 * any sample size, and an alarm that may be looked at after every label.
 *
 * A label of weight w = 1 / (its probability of being drawn) that is wrong has value 1.  The labels
 * are independent draws; no item that could have been drawn has a greater weight than the greatest
 * here (or the one given): a smaller probability that never struck cannot be seen in the labels. */
#ifndef SEAM_MATH_BETTING_H
#define SEAM_MATH_BETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weighed {
    double weight; /* > 0, finite */
    bool wrong;
};

struct weighed_mean {
    double estimate; /* sum of w over the wrong / sum of w; NaN for n = 0 */
    double se;       /* by linearisation (Hajek 1971) */
    double
        effective; /* (sum w)^2 / sum w^2: labels of equal weights that say as much (Kish 1965) */
    double total;  /* sum w: how many items the labels stand for */
    double most;   /* the greatest weight */
    bool equal;    /* all weights are equal */
};
/* The Horvitz-Thompson sums of n labels and what follows from them. */
struct weighed_mean weighed_mean(const struct weighed *s, size_t n);

/* The natural logarithm of the capital won by betting on a share below `a` in (0, 1): if the share
 * is `a` or more, it reaches ln x with probability 1 / x at most (Waudby-Smith and Ramdas 2024,
 * predictable plug-in bets for 1 - d).  The order of the bets is drawn from `key`. */
double betting_log_e(const struct weighed *s, size_t n, double a, double d, uint64_t key);
/* One-sided bounds of the share, each wrong with probability d at most; 1 and 0 for n = 0. */
double betting_upper(const struct weighed *s, size_t n, double d, uint64_t key);
/* The lower one; 0 for n = 0. */
double betting_lower(const struct weighed *s, size_t n, double d, uint64_t key);

/* Evidence that the share of errors is above `target`, label after label: the mean over
 * alternatives (their share of errors, and the label from which it holds) of products of
 * likelihood ratios.  While the share is at most the target, it ever reaches x with probability
 * 1 / x at most (Ville 1939). */
enum { ALARM_SHARES = 6 };
struct alarm {
    double target, most;           /* share in (0, 1); the greatest weight that can come */
    double bet[ALARM_SHARES];      /* stakes, per unit of w / most (e - target) */
    double log_sum[ALARM_SHARES];  /* of the alternatives that have begun */
    double run[ALARM_SHARES];      /* greatest product over starts, its logarithm ... */
    size_t run_from[ALARM_SHARES]; /* ... and that start */
    size_t n;
    double log_e; /* after n labels */
};
/* `most`: the greatest weight that can come; 1 where all labels are drawn alike. */
void alarm_init(struct alarm *a, double target, double most);
/* Takes the next label in order of time, weight <= most; returns log_e. */
double alarm_add(struct alarm *a, double weight, bool wrong);
/* The label, from 0, since when the share is most likely above the target: the start of the
 * greatest product (Page 1954). */
size_t alarm_since(const struct alarm *a);
/* The alternative share of that product. */
double alarm_share(const struct alarm *a);

#endif
