/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sizing of a whole pipeline: what was searched, chosen and compared, and its way into a result.
 * Between src/decide/size_pipeline.c and size_answer.c. */
#ifndef SEAM_DECIDE_SIZING_H
#define SEAM_DECIDE_SIZING_H

#include "decide/explore.h"

enum { CONTEST_MOST = 32, TRIES_MOST = 6 };

enum sizing_ending { SIZING_MET, SIZING_INFEASIBLE, SIZING_NOT_SHOWN };

/* A target that no setting meets, and where it is best attained. */
struct blocked {
    uint32_t target;
    struct candidate at;
};

struct sizing {
    const struct pipeline *p;           /* borrowed: as written */
    const struct size_options *options; /* borrowed */
    struct asked asked;
    struct settings settings;
    struct evaluator e;
    struct pool pool;
    bool evidence;             /* something rests on evidence, and it counts */
    struct candidate *contest; /* owned [n_contest]: all by the same fresh random numbers */
    uint32_t n_contest;
    struct candidate chosen;
    int32_t tied[CONTEST_MOST]; /* indices into contest of settings not shown to be worse */
    uint32_t n_tied;
    uint32_t tries; /* confirmations, each with fresh random numbers */
    enum sizing_ending ending;
    struct blocked blocked[ASKED_TARGETS]; /* none: each target can be met, not all together */
    uint32_t n_blocked;
    double passed[SETTINGS_MOST], wrong; /* of all items: shipped wrong by each of the gates that
                                            ship, and in all */
    uint32_t gate[SETTINGS_MOST], n_gates;
    struct result confirmed; /* all metrics at the chosen settings */
};

/* The difference of two contestants' goals, a less b, in the metric's own sign. */
struct estimate sizing_difference(const struct sizing *z, const struct candidate *a,
                                  const struct candidate *b);
/* Index of the frontier's x among the metrics: review_load, or cost where nobody reviews or cost
 * is to be least. */
uint32_t sizing_axis(const struct sizing *z);
/* The answer in words and numbers, the frontier and its assumptions, into *out.  frontier: the
 * candidates of the curve. */
void sizing_answer(const struct sizing *z, const struct candidate *frontier, size_t n,
                   struct result *out);
/* The answer's list of settings. */
void sizing_put_settings(const struct settings *s, const double *x, struct result *out);

#endif
