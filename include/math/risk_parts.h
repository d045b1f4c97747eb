/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of a threshold's choice, shared by the risk_*.c files and by nobody else. */
#ifndef SEAM_MATH_RISK_PARTS_H
#define SEAM_MATH_RISK_PARTS_H

#include "math/risk.h"

/* The tie groups of labels, strictest first. */
struct frontier {
    struct risk_point *at; /* owned */
    size_t len;
    uint64_t n, errors; /* of all labels */
};

/* Labels as integers, most confident first, wrong before right: n + 1 from mem_alloc. */
uint64_t *risk_sorted(const struct scored *s, size_t n);
/* Of sorted labels; the caller frees f.at. */
struct frontier frontier_of(const uint64_t *sorted, size_t n);
/* The laxest point at or above a threshold; NULL when nothing ships. */
const struct risk_point *frontier_at(const struct frontier *f, double threshold);
/* Index of the first point that ships at least m labels. */
size_t frontier_shipping(const struct frontier *f, uint64_t m);
/* Indices of the distinct tie groups at `grid` evenly spaced coverages, strictest first; from
 * mem_alloc. */
size_t *frontier_grid(const struct frontier *f, size_t grid, size_t *len);
/* A random quarter of the sorted labels, rounded up, to one side, the others to the other side,
 * both still sorted. */
void risk_draw_quarter(const uint64_t *sorted, size_t n, uint64_t seed, uint64_t *chosen,
                       uint64_t *rest);

/* What is asked of a threshold: every one of the targets. */
struct demand {
    const struct risk_target *at;
    size_t n;
    const struct risk_reviewer *reviewer;
};
/* The demand of options, in *own when they name a single auto_error. */
struct demand risk_demand(const struct risk_options *o, struct risk_target *own);

/* The value of a risk where p ships and the other labels of f are reviewed; p NULL: all are. */
double risk_value(enum risk_kind kind, const struct risk_reviewer *reviewer,
                  const struct frontier *f, const struct risk_point *p);
/* The same with reviewers' rates that rest on counts at their bounds at d. */
double risk_value_of_many(enum risk_kind kind, const struct risk_reviewer *reviewer,
                          const struct frontier *f, const struct risk_point *p, double d);
/* Upper and lower confidence bounds of it, one-sided, each wrong with probability d at most. */
double risk_upper(enum risk_kind kind, const struct risk_reviewer *reviewer,
                  const struct frontier *f, const struct risk_point *p, double d);
/* The lower bound, as risk_upper. */
double risk_lower(enum risk_kind kind, const struct risk_reviewer *reviewer,
                  const struct frontier *f, const struct risk_point *p, double d);
/* Is every target shown to hold at p, d being shared out among them? */
bool demand_holds(const struct demand *want, const struct frontier *f, const struct risk_point *p,
                  double d);
/* Do the labels themselves meet every target at p? */
bool demand_looks_met(const struct demand *want, const struct frontier *f,
                      const struct risk_point *p);
/* How many standard errors the labels are on the safe side of the nearest target. */
double demand_margin(const struct demand *want, const struct frontier *f,
                     const struct risk_point *p);
/* P(Bin(m, target) >= k) <= d. */
bool risk_excludes(const struct risk_point *p, double target, double d);

/* Why there is no threshold: the ending, and what it goes with.  `each` is the error share of one
 * test, `share` the part of the labels that certifies. */
void risk_explain(const struct frontier *f, const struct demand *want, double d, double each,
                  double share, struct risk_answer *out);
/* Labels in all that would show the targets with 80% power, see struct risk_answer. */
uint64_t risk_labels_needed(const struct frontier *f, const struct demand *want, double d,
                            double share);

#endif
