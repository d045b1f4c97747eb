/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of a threshold from labels, shared by the size_labels*.c files and by nobody else. */
#ifndef SEAM_DECIDE_SIZE_LABELS_H
#define SEAM_DECIDE_SIZE_LABELS_H

#include "decide/size.h"

/* What the line asks of the labels. */
struct labels_ask {
    struct risk_target risk[RISK_TARGETS_MAX]; /* [n_risks] */
    const struct target *of[RISK_TARGETS_MAX]; /* the line's words for each */
    size_t n_risks;
    const struct target *load; /* the strictest "review_load at most"; NULL */
};

/* The labels with what is known of them. */
struct labels_case {
    const struct scored *at;
    size_t n;
    uint64_t errors;
    const struct size_labels_options *options;
    const struct labels_ask *ask;
    struct risk_point *point; /* [n_points] the plain frontier, owned */
    size_t n_points;
};
/* The answer's fields, its sentence, and the metrics of the chosen threshold. */
void labels_put_answer(const struct labels_case *c, const struct risk_answer *a,
                       struct result *out);
/* The risks of the targets at the chosen threshold, with intervals and verdicts. */
void labels_put_risks(const struct labels_case *c, const struct risk_answer *a, struct result *out);

/* frontier, frontier_certified, frontier_perfect; calibration with its metrics; review load against
 * the number of labels. */
void labels_put_frontiers(const struct labels_case *c, struct result *out);
/* Metrics of calibration and ranking with intervals, and the curve `calibration`. */
void labels_put_calibration(const struct labels_case *c, struct result *out);
/* The curve `load_by_labels`: review load against the number of labels. */
void labels_put_load_curve(const struct labels_case *c, struct result *out);

/* Rows of `classes`: every group at the chosen threshold, and a word on the worst one, which is
 * returned for the sentence (NULL: there are no groups). */
const char *labels_put_groups(const struct labels_case *c, const struct risk_answer *a,
                              struct result *out);
/* A threshold of its own for every group. */
MUST_CHECK int labels_by_group(const struct labels_case *c, struct result *out, bool *certified,
                               struct error *err);

#endif
