/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Thresholds with a guarantee from labelled confidences.
 *
 * Ship S(t) = {c >= t}; m = |S(t)|, k = errors in it; selective risk k/m (`auto_error`); review
 * load 1 - m/n.  Tied confidences ship together or not at all. */
#ifndef SEAM_MATH_RISK_H
#define SEAM_MATH_RISK_H

#include "base/buf.h"
#include "base/error.h"
#include "math/calibration.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RISK_METHODS(X)                                                                            \
    X(SPLIT, "split")                                                                              \
    X(SGR, "sgr") X(GRID, "grid") X(EXACT, "exact") X(PLUG_IN, "plug-in") X(CRC, "crc")
enum risk_method {
#define X(name, word) RISK_##name,
    RISK_METHODS(X)
#undef X
        RISK_METHOD_COUNT
};

/* clang-format off */
#define RISK_ENDINGS(X)            \
    X(NONE, "none")                \
    X(CERTIFIED, "certified")      \
    X(INFEASIBLE, "infeasible")    \
    X(TOO_FEW, "too few labels")   \
    X(NOT_IDENTIFIABLE, "not identifiable")
/* clang-format on */
enum risk_ending {
#define X(name, word) RISK_##name,
    RISK_ENDINGS(X)
#undef X
};

/* One distinct threshold: everything at or above it ships. */
struct risk_point {
    double threshold;
    uint64_t m, k;      /* shipped, errors among them */
    double review_load; /* 1 - m/n */
};

/* The plug-in frontier: all distinct thresholds, strictest first.  *out is from mem_alloc, *n_out
 * its length; the caller frees it. */
void risk_frontier(const struct scored *s, size_t n, struct risk_point **out, size_t *n_out);

/* The risks of a threshold: wrong / shipped without a review; wrong and shipped without a review /
 * all items; wrong / all items when those who review let some wrong ones through and spoil some
 * right ones, everything shipping in the end. */
#define RISK_KINDS(X) X(AUTO, "auto_error") X(JOINT, "joint_error") X(SHIPPED, "shipped_error")
enum risk_kind {
#define X(name, word) RISK_##name,
    RISK_KINDS(X)
#undef X
        RISK_KIND_COUNT
};
struct risk_target {
    enum risk_kind kind;
    double at_most;
};
/* Of the wrong items that they see, people catch `sensitivity`; of the right ones they let
 * `specificity` pass.  With n > 0 the rate was seen as k of n and is bounded in turn. */
struct risk_reviewer {
    double sensitivity, specificity;
    uint64_t sensitivity_k, sensitivity_n, specificity_k, specificity_n;
};
enum { RISK_TARGETS_MAX = 8 };

struct risk_options {
    double target;                     /* a in (0, 1): P(error | shipped) at most this */
    double level;                      /* 1 - d */
    uint64_t seed;                     /* split */
    size_t grid;                       /* coverages walked; 0 = 100 */
    double threshold;                  /* exact */
    const struct risk_target *targets; /* in place of `target`, all together; d is shared out */
    size_t n_targets;
    const struct risk_reviewer *reviewer; /* for RISK_SHIPPED */
};

/* When nothing is certified.  Let m0 be the labels that certify when none of them is wrong.
 * infeasible: n >= m0, and at every threshold that ships at least m0 labels the risk is above the
 * target with confidence `level` (P(Bin(m, target) >= k) <= 1 - level).  A claim over all of them
 * needs no correction: each must be excluded by itself (Berger 1982, intersection-union tests).
 * too few: anything else. */

/* One risk at the chosen threshold. */
struct risk_shown {
    enum risk_kind kind;
    double at_most, value;
    double low, high; /* two-sided interval at `level`, of all labels */
    double bound;     /* see risk_answer.bound */
};
/* One risk where p ships (NULL: nothing does) of n labels, `errors` of them wrong; bound: one-sided
 * at `level`, as if the threshold had been fixed beforehand. */
void risk_at(enum risk_kind kind, const struct risk_reviewer *reviewer, const struct risk_point *p,
             uint64_t n, uint64_t errors, double level, struct risk_shown *out);

struct risk_answer {
    enum risk_method method;
    double level;
    struct risk_shown at[RISK_TARGETS_MAX]; /* [n_targets], when there is a threshold */
    size_t n_targets;
    enum risk_ending ending; /* NONE for plug-in */
    bool found;              /* is there a threshold? */
    double threshold;        /* NaN when not found; of exact: as asked, with its numbers, always */
    uint64_t n, m, k;        /* of all labels at that threshold */
    uint64_t m_certify, k_certify; /* of the part that certified (split), else = m, k */
    double review_load, risk;      /* 1 - m/n, the first target's risk: k/m (NaN for m = 0) */
    double bound;                  /* one-sided upper bound on that risk at `level`; NaN for
                                      plug-in and crc, which were chosen after looking */
    uint32_t tests;                /* how many tests shared the error budget */
    /* Too few: labels in all for 80% power, if the risk of the best threshold is what was seen;
     * where no threshold looks safe: for half the target and no review at all.  0: not needed. */
    uint64_t labels_needed;
    double best_attainable; /* infeasible: the smallest bound over all thresholds, else NaN */
};

/* ERR_INPUT for n = 0, or a target or level outside (0, 1).  The order of the rows does not matter.
 * Methods as in RISK_METHODS: split: fixed
 * sequence after a quarter chooses the start (Angelopoulos et al., Learn then Test,
 * arXiv 2110.01052); sgr: Geifman and El-Yaniv 2017; grid: Bonferroni; exact: one threshold fixed
 * beforehand (Clopper and Pearson 1934); plug-in: no guarantee; crc: the joint risk is within the
 * target in expectation only (conformal risk control). */
MUST_CHECK int risk_choose(enum risk_method method, const struct scored *s, size_t n,
                           const struct risk_options *options, struct risk_answer *out,
                           struct error *err);
/* One step of SGR's binary search over the `distinct` thresholds, laxest = 1. */
struct risk_step {
    size_t z;
    struct risk_point point;
    double bound; /* at d / steps */
    bool holds;
};
enum { RISK_STEPS_MAX = 64 };
/* All steps, and in *converged one more evaluation at the strictest position that is left (what
 * the authors' program ends with).  Returns how many steps: ceil(log2(distinct + 1)). */
size_t risk_sgr_trace(const struct scored *s, size_t n, double target, double level,
                      struct risk_step steps[RISK_STEPS_MAX], struct risk_step *converged);

/* The word of RISK_METHODS for a method; static. */
const char *risk_method_name(enum risk_method m);
/* The metric that a risk is: "auto_error"; static. */
const char *risk_kind_name(enum risk_kind k);
/* The word of RISK_ENDINGS for an ending; static. */
const char *risk_ending_name(enum risk_ending e);

#endif
