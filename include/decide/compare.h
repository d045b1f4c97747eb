/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Architectures side by side: what each attains and costs, what it differs by from the first, which
 * layers of the coordination gap it closes, and the simplest one that meets the objective. */
#ifndef SEAM_DECIDE_COMPARE_H
#define SEAM_DECIDE_COMPARE_H

#include "base/error.h"
#include "model/pipeline.h"
#include "model/result.h"
#include <stdatomic.h>

/* What one alternative showed in repetitions that all of them make alike: under the same seeds,
 * with the same values for evidence that they share. */
struct repetitions {
    uint32_t n;
    double *value; /* [n * compared_metrics_count], NaN: none; owned */
};

/* One of them, solved or simulated and judged by its targets; all borrowed. */
struct alternative {
    const char *name, *file;
    const struct pipeline *pipeline;
    const struct result *result;
    bool simulated;
    const struct repetitions *repeats; /* NULL: a result that nothing is known to go along with */
};

/* What is set side by side, in this order, where a result has it. */
extern const char *const compared_metrics[];
extern const size_t compared_metrics_count;

/* Fills alternatives, differences, layers (kind: the alternative) and the answer of *out, which the
 * caller made and releases.  The simplest is the one with the fewest steps, and among those the one
 * that costs least for a correct item. */
void compare_alternatives(const struct alternative *a, size_t n, struct result *out);

/* What `is`, of one alternative, is more than `was`, of another, with the interval that their
 * repetitions allow; both are compared_metrics[metric], or any when metric is beyond those. */
struct metric compare_difference(const struct alternative *before, const struct alternative *after,
                                 size_t metric, const struct metric *was, const struct metric *is);
/* Do two objectives ask for the same? */
bool compare_same_targets(const struct pipeline *a, const struct pipeline *b);
/* The answer and `passed` of *out, in words: the simplest that meets the objective, which ones miss
 * it by what, which do more than the job needs, and which nets more by what items are worth. */
void compare_answer(const struct alternative *a, size_t n, struct result *out);

/* Adds the parts of cost_per_month to a result of p that holds it: fixed_per_month,
 * calls_per_month, units_per_month, wages_per_month, which add up to it; and
 * full_cost_per_correct. */
void compare_add_costs(const struct pipeline *p, struct result *r);

struct repeat_options {
    uint64_t seed;
    uint32_t threads;
    bool uncertainty; /* draw evidence */
    const atomic_bool *stop;
};
/* Repeats each alternative where any of them is not exact; repeats[n] are released by the caller.
 * Without stop, nothing depends on the count of threads. */
MUST_CHECK int compare_repeat(const struct alternative *a, size_t n,
                              const struct repeat_options *options, struct repetitions *repeats,
                              struct error *err);
/* Frees what compare_repeat put into one; an empty one is fine. */
void repetitions_release(struct repetitions *r);
/* The correlation of two alternatives' estimates of compared_metrics[metric], a lower limit of it;
 * 0 where it is not known. */
double compare_correlation(const struct alternative *a, const struct alternative *b, size_t metric);

#endif
