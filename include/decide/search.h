/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The search behind size_scenario: a scenario evaluated at thresholds of its gate, and the best of
 * them.  Life: fill `search`, search_draw, search_*, search_release. */
#ifndef SEAM_DECIDE_SEARCH_H
#define SEAM_DECIDE_SEARCH_H

#include "decide/asked.h"
#include "decide/size.h"

enum { SEARCH_DRAWS = 200 };

struct search {
    const struct pipeline *p;
    const struct size_options *options;
    const struct asked *asked;
    uint32_t gate;
    struct pipeline *draw; /* [n_draws] parameter sets; their gate's threshold is moved about */
    uint32_t n_draws;
    bool joint; /* each target can be met, but not all of them together */
    struct error *err;
    bool failed;
};

/* The scenario at one threshold. */
struct trial {
    double t;
    struct estimate at[ASKED_MOST];
    bool feasible;
};

/* The parameter sets of the posterior, or the one of k/n. */
void search_draw(struct search *s);
/* Frees the parameter sets; what else is in *s was borrowed. */
void search_release(struct search *s);
/* A copy of the scenario with its evidence as k/n and this threshold; pipeline_release it. */
void search_pipeline(const struct search *s, double t, struct pipeline *out);
/* Does anything that the outcome rests on come from evidence? */
bool search_has_evidence(const struct pipeline *p);
/* Mean and equal-tailed quantiles of n values of draws, which are sorted; of one draw the value
 * itself.  A NaN among them makes all NaN. */
struct estimate search_summary(double *value, uint32_t n, double level);
/* On failure s->failed is set and s->err filled. */
struct trial search_at(struct search *s, double t);
/* Best feasible point: of the grid, the edges of feasible stretches, and a refined minimum. */
bool search_best(struct search *s, const struct trial *grid, size_t n, struct trial *best);
/* The target that stands in the way: one that no threshold meets, else the worst one at the point
 * that comes nearest to meeting all (s->joint); *best is where it is best attained.  NULL: there is
 * a feasible point after all, *best. */
const struct target *search_blocking(struct search *s, const struct trial *grid, size_t n,
                                     struct trial *best);

#endif
