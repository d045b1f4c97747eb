/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Verification bias: labels exist where people looked.  What ships unseen is known from audits
 * alone; this says what a set of labels with their sources and weights certifies about it, and
 * which audit would. */
#ifndef SEAM_DECIDE_AUDIT_H
#define SEAM_DECIDE_AUDIT_H

#include "math/calibration.h"
#include "model/pipeline.h"
#include "model/result.h"

/* Labels, and what is known of the items they were taken from.  Reviewed items are all labelled
 * (weight 1), an audited one stands for `weight` items, as does one of source "all". */
struct audit_sample {
    const struct scored *at; /* [n] borrowed */
    size_t n;
    double threshold;     /* in use where the labels come from; NaN: not known */
    double items_per_day; /* NaN: not known */
    double share_shipped; /* of the items, unseen; NaN: not known */
    const double
        *shipped; /* [n_shipped] confidences of what shipped unseen; borrowed, may be NULL */
    size_t n_shipped;
};

struct audit_options {
    double level, threshold; /* threshold: fixed beforehand; NaN: to be chosen */
    uint64_t seed;
    size_t grid; /* 0: 100 */
    const struct target *targets;
    uint32_t n_targets;
};

/* Are these labels other than a plain sample of all items: weighted, of an audit, or of both
 * reviewed and audited items? */
bool audit_is_one(const struct scored *s, size_t n);

/* What the labels say of the items that ship at the threshold, or of one that a quarter of the
 * labels chooses: the weighted estimate, its bound (Clopper and Pearson where all weights are
 * equal, betting where they are not), curves `frontier` and `frontier_certified`, the answer with
 * its ending.  Without a threshold and without labels of reviewed items it is of all that ships
 * now.  ERR_INPUT when no audited or plain label lies at or above the threshold. */
MUST_CHECK int audit_size(const struct audit_sample *s, const struct audit_options *options,
                          struct result *out, bool *certified, struct error *err);

/* For labels of reviewed items alone: the ending `not identifiable`, and which audits would tell:
 * labels needed, share, cost a day; designs with the width that they buy; strata with the
 * probabilities to log.  Fills the answer and the rows `plan`. */
MUST_CHECK int audit_propose(const struct audit_sample *s, const struct audit_options *options,
                             struct result *out, struct error *err);

#endif
