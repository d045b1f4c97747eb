/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which threshold?  From a scenario: the gate's threshold with the least review load (or the
 * objective's own `least` / `most`) among those that meet every target.  From labels: a threshold
 * whose selective risk is certified. */
#ifndef SEAM_DECIDE_SIZE_H
#define SEAM_DECIDE_SIZE_H

#include "base/error.h"
#include "math/recalibrate.h"
#include "math/risk.h"
#include "model/pipeline.h"
#include "model/result.h"
#include "model/scenario.h"
#include <stdatomic.h>

/* A number that may change, and between which values. */
struct size_vary {
    const char *path;
    double from, to;      /* inside units */
    uint64_t n;           /* so many values, evenly spaced; 0: any between */
    bool duration, whole; /* how its ends are written: as durations, as whole numbers */
};

struct size_options {
    double level;
    uint64_t seed, trials; /* trials: of each simulated setting; 0: as many as fit the search */
    uint32_t threads;      /* 0: all processors */
    bool uncertainty;      /* a target is met when its whole posterior interval meets it */
    const struct size_vary
        *vary; /* none: all thresholds, and reviewers where a target needs time */
    size_t n_vary;
    /* NULL, or reads the scenario with more settings, for paths that only a reader can set, and to
     * hold ranges against the language's limits; called by several threads at once. */
    int (*read)(void *arg, const struct setting *set, size_t n, struct pipeline *out,
                struct error *err);
    void *read_arg;
    const atomic_bool *stop;
    const struct progress *progress; /* settings tried, round by round; NULL: nobody looks */
};

/* Finds the settings that meet every target, and of those the best (decide/asked.h).  Fills the
 * metrics there, the curve `frontier`, and the answer.
 * What the exact chain answers is searched exactly, risk not being taken to be monotone; the rest
 * by simulation under common random numbers, and the answer is confirmed with fresh ones.
 * ERR_USAGE when p has no target, or some that contradict each other; ERR_UNSUPPORTED when there is
 * nothing to vary.  *met: do the chosen settings meet every target? */
MUST_CHECK int size_scenario(const struct pipeline *p, const struct size_options *options,
                             struct result *out, bool *met, struct error *err);

/* The curve `frontier` alone, whatever the targets: of a scenario whose one gate the exact chain
 * answers at every threshold.  Of others nothing is added. */
MUST_CHECK int size_frontier(const struct pipeline *p, const struct size_options *options,
                             struct result *out, struct error *err);

struct size_labels_options {
    enum risk_method method;
    double level, threshold; /* threshold: for RISK_EXACT */
    uint64_t seed;
    size_t grid;                  /* 0: 100 */
    size_t bins;                  /* of ece and the diagram, up to CALIBRATION_BINS_MAX; 0: 15 */
    const struct target *targets; /* on auto_error, joint_error, shipped_error, review_load */
    uint32_t n_targets;
    const struct risk_reviewer *reviewer; /* NULL: not said */
    const char **groups;                  /* [n_groups] names; fewer than 2: no groups */
    size_t n_groups;
    bool per_group; /* a threshold for every group, by the grid method unless said */
};

/* Labels of a random sample of all items, without weights.  Fills metrics (risks, review_load,
 * calibration and ranking), the rows `classes` (groups at the threshold), the curves `frontier`,
 * `frontier_certified`, `frontier_perfect`, `calibration` and `load_by_labels`, and the answer with
 * its ending.  With a review load alone, the threshold is the strictest one within it, chosen
 * without a look at any label, and the answer is the bound there. ERR_USAGE for targets that labels
 * alone say nothing about. */
MUST_CHECK int size_labels(const struct scored *labels, size_t n,
                           const struct size_labels_options *options, struct result *out,
                           bool *certified, struct error *err);

/* What a map would mend: metrics ece_recalibrated, brier_recalibrated, auroc_recalibrated (cross-
 * fitted) and the curve `calibration_recalibrated`; the map of all labels as the CSV that a
 * scenario's `calibration` reads, appended to *csv (may be NULL), and the answer's threshold behind
 * it.  ERR_INPUT for fewer than 20 labels, or of one kind only. */
enum { SIZE_BINS = 15, RECALIBRATE_METHODS = FIT_TEMPERATURE + 1, RECALIBRATE_BEST = -1 };
/* [enum calibration_fit] "isotonic", "platt", "beta", "temperature" */
extern const char *const recalibrate_words[RECALIBRATE_METHODS];
struct recalibrate_options {
    int method; /* enum calibration_fit, or RECALIBRATE_BEST */
    double level;
    uint64_t seed;
    size_t bins; /* 0: 15 */
};
MUST_CHECK int size_recalibrate(const struct scored *labels, size_t n,
                                const struct recalibrate_options *options, struct result *out,
                                struct buf *csv, struct error *err);

#endif
