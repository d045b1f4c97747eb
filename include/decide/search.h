/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The search behind size_scenario: a scenario evaluated at thresholds of its gate, and the best of
 * them.  Life: fill `search`, search_draw, search_*, search_release. */
#ifndef SEAM_DECIDE_SEARCH_H
#define SEAM_DECIDE_SEARCH_H

#include "decide/size.h"

enum {
    SEARCH_DRAWS = 200,
    SEARCH_TARGETS = 32,
    SEARCH_METRICS = SEARCH_TARGETS + 3,
    UNTIMED_TRIALS = 200000 /* of one simulated point */
};

/* One metric at one threshold. */
struct estimate {
    double value, low, high;
};

struct search {
    const struct pipeline *p;
    const struct size_options *options;
    uint32_t gate;
    struct pipeline *draw; /* [n_draws] parameter sets; their gate's threshold is moved about */
    uint32_t n_draws;
    bool simulated;
    /* what is asked: the metrics of the targets, then the goal, review load and the risk */
    const char *metric[SEARCH_METRICS];
    uint32_t n_metrics;
    uint32_t goal, load, risk; /* indices into metric */
    double goal_sign;          /* 1: least, -1: most */
    const char *goal_name;
    bool joint; /* each target can be met, but not all of them together */
    struct error *err;
    bool failed;
};

/* The scenario at one threshold. */
struct trial {
    double t;
    struct estimate at[SEARCH_METRICS];
    bool feasible;
};

/* Can the exact chain give this metric for a search? */
bool search_is_exact(const char *metric);
/* Index of `metric` among those that every trial holds; added when new. */
uint32_t search_want(struct search *s, const char *metric);
/* The parameter sets of the posterior, or the one of k/n. */
void search_draw(struct search *s);
/* Frees the parameter sets; what else is in *s was borrowed. */
void search_release(struct search *s);
/* A copy of the scenario with its evidence as k/n and this threshold; pipeline_release it. */
void search_pipeline(const struct search *s, double t, struct pipeline *out);
/* On failure s->failed is set and s->err filled. */
struct trial search_at(struct search *s, double t);
/* Every metric by simulation at t; trials 0: the default of a run. */
MUST_CHECK int search_simulate(struct search *s, double t, uint64_t trials, struct result *out);
/* Best feasible point: of the grid, the edges of feasible stretches, and a refined minimum. */
bool search_best(struct search *s, const struct trial *grid, size_t n, struct trial *best);
/* The target that stands in the way: one that no threshold meets, else the worst one at the point
 * that comes nearest to meeting all (s->joint); *best is where it is best attained.  NULL: there is
 * a feasible point after all, *best. */
const struct target *search_blocking(struct search *s, const struct trial *grid, size_t n,
                                     struct trial *best);

#endif
