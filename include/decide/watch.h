/* SPDX-License-Identifier: GPL-3.0-or-later */
/* After launch: has the share of errors risen above its target?  Looked at after every label, with
 * a stated rate of false alarms; and have the confidences shifted?, which proves nothing. */
#ifndef SEAM_DECIDE_WATCH_H
#define SEAM_DECIDE_WATCH_H

#include "decide/drift.h"
#include "math/calibration.h"
#include "model/pipeline.h"
#include "model/result.h"

struct watch_label {
    double weight; /* 1 / probability of the audit */
    bool wrong;
    double at_s;      /* seconds since 1970; NaN: not known */
    const char *name; /* of its item or line; borrowed */
};

struct watch {
    VEC(struct watch_label) labels; /* in order of time; owned */
    VEC(double) before, now;        /* confidences, in order of time; owned */
    double threshold;               /* in use; NaN */
};

/* Metrics that can be watched: auto_error (drafts that ship unseen), shipped_error (what left),
 * review_precision (drafts that were reviewed), each `at most`.  ERR_USAGE for anything else. */
MUST_CHECK int watch_target(const struct target *targets, uint32_t n, const struct target **out,
                            struct error *err);

/* The labels of the items of `watched` that the metric is about, and the confidences of the other
 * two sides.  Release with watch_release. */
void watch_take(const struct drift_side *watched, const struct drift_side *before,
                const struct drift_side *now, const char *metric, struct watch *out);
/* The same of label rows in the order of the file: the first `part` of them is the baseline of the
 * confidences, all are watched. */
void watch_take_rows(const struct scored *rows, size_t n, double part, const char *metric,
                     struct arena *names, struct watch *out);
/* Frees the lists and leaves *w zero. */
void watch_release(struct watch *w);

/* Fills metrics, one row of `changes`, the curve `evidence`, the answer and warnings of *out.
 * *alarm: the errors are shown to be above the target, or (a warning) confidences have shifted.
 * ERR_INPUT when there is no label to watch. */
MUST_CHECK int watch(const struct watch *w, const struct target *target,
                     const struct drift_options *options, struct result *out, bool *alarm,
                     struct error *err);

#endif
