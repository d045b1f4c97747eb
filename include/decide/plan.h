/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Before the labels exist: how many labels or audits certify a target, and how many more after a
 * pilot. */
#ifndef SEAM_DECIDE_PLAN_H
#define SEAM_DECIDE_PLAN_H

#include "math/risk.h"
#include "model/pipeline.h"
#include "model/result.h"

/* The power that a number of labels must reach, and stay at, to be called enough. */
#define PLAN_POWER 0.8

struct plan_options {
    enum risk_method method; /* split or exact: what `labels_needed` of the answer is for */
    double level;
    double traffic_per_day; /* items; NaN: not said */
    const struct target
        *targets; /* one on auto_error, at most; review_load beside it is expected */
    uint32_t n_targets;
};

/* The targets that labels of what ships are planned and judged by: auto_error, and review_load
 * beside it (NULL when not given), both at most.  ERR_USAGE for others, saying that labels are
 * `used` ("planned") for these. */
MUST_CHECK int plan_targets(const struct target *targets, uint32_t n, const char *used,
                            const struct target **risk, const struct target **load,
                            struct error *err);

/* Labels of all items that leave `shipped` labels for the certificate at this review load, when a
 * threshold is fixed beforehand, or a quarter of them (rounded up) chooses it first. */
uint64_t plan_labels_in_all(uint64_t shipped, double review_load, bool split);

/* Fills the rows `plan` (kinds "labels" and, with traffic, "audit"), the curves `labels_needed` and
 * `power`, and the answer, which has no verdict.  ERR_USAGE for targets or methods that cannot be
 * planned. */
MUST_CHECK int plan_labels(const struct plan_options *options, struct result *out,
                           struct error *err);

/* The same from n >= 1 labels of a random sample of all items: rows of kind "pilot", one for each
 * of some thresholds, the answer's threshold being the one that needs the fewest further labels,
 * fixed from here on (`--method exact --threshold T` on the new labels). */
MUST_CHECK int plan_more(const struct scored *pilot, size_t n, const struct plan_options *options,
                         struct result *out, struct error *err);

/* Shares of what ships unseen that may be audited: what each costs a day, of `shipped_per_day`
 * items, and when `labels` are there.  Rows of kind "audit". */
void plan_audits(double shipped_per_day, uint64_t labels, struct result *out);

#endif
