/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cheap model, strong model, people: both thresholds from labels of what each model answers to the
 * same items. */
#ifndef SEAM_DECIDE_CASCADE_H
#define SEAM_DECIDE_CASCADE_H

#include "base/error.h"
#include "model/pipeline.h"
#include "model/result.h"

/* One item that both models answered. */
struct cascade_label {
    double confidence[2]; /* of the cheap and of the strong model, in [0, 1] */
    bool correct[2];
};

struct cascade_options {
    double level;
    uint64_t seed;
    const struct target *targets; /* one on auto_error, at most */
    uint32_t n_targets;
    double cost[3]; /* of a call of the cheap and the strong model, and of a person's answer */
};

/* The item ships the cheap answer at a confidence of t1 and above, else the strong answer at t2 and
 * above, else a person answers.  Fills the certified thresholds of least cost (the answer is t1,
 * rows `classes` hold each stage's threshold, share, error and cost), metrics auto_error,
 * review_load and cost_per_item, and warnings that name a stage which does not pay.  ERR_USAGE for
 * other targets, ERR_INPUT for fewer than 8 labels. */
MUST_CHECK int size_cascade(const struct cascade_label *labels, size_t n,
                            const struct cascade_options *options, struct result *out,
                            bool *certified, struct error *err);

#endif
