/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A parallel in the exact chain: each branch is a chain of its own, and the join is a choice among
 * outcomes, whose probabilities and times follow from those of the branches.
 *
 * A state at a parallel is in the unit UNIT_FORK of its context (which `given` of the steps inside
 * hold by what the item did before); its branches are the outcomes of the join, by the item's
 * quality, and each leads to a unit UNIT_JOIN, a visit that always ends in this outcome and has the
 * law of the time until then.
 *
 * Life cycle: forks_init (in units_init), forks_build (when all units have their numbers), then
 * fork_refill after numbers changed and forks_time before times are asked for; forks_release. */
#ifndef SEAM_SIM_EXACT_FORK_H
#define SEAM_SIM_EXACT_FORK_H

#include "sim/exact/chain.h"
#include "sim/exact/latency.h"

/* --- branches (sim/exact/branch.c) */

/* A way in which a branch ends; `level` is 1 + the band of its last confidence among those of the
 * parallel, 0 for none, and `unit`, `of_good`, `band` say which law that confidence has in which of
 * the branch's own bands. */
struct branch_end {
    uint32_t state; /* of the branch's chain */
    bool ok, good, of_good;
    uint32_t level, unit, band;
};
struct branch {
    struct arena arena;
    struct pipeline pipeline; /* the branch's steps, then two that stand for its ends */
    struct rules rules;
    struct chain chain;
    uint32_t first, n_steps; /* of the whole pipeline; without the ends */
    uint32_t n_ends;
    struct branch_end *end;
    double *p[2];         /* [n_ends] probabilities, by the quality at the start */
    double *in_time[2];   /* [n_ends] of those, by a visit that ended visibly ok */
    double *visits[2];    /* [n_units] */
    double *caught[2];    /* [n_units] items rejected, mended or spoiled */
    double (*gain[2])[4]; /* [n_ends] E[X | end], E[X^2 | end] of cost, then of visits */
    bool once;            /* one attempt of one step */
    char *seen;           /* what its times rest on, as of the last branch_moved */
};
/* Outer `given` of the steps in the parallel: bit g of a context says that the g-th holds. */
enum { CONTEXT_GIVENS_MAX = 4 };
/* What a `given` of a step inside the parallel asks about the time before it? */
bool given_is_outer(const struct pipeline *p, uint32_t parallel, const struct given *g);
/* How many such `given` the steps inside have; at most CONTEXT_GIVENS_MAX in a pipeline that is
 * solved. */
uint32_t context_givens(const struct pipeline *p, uint32_t parallel);
/* Confidences inside, and where the last of them goes. */
bool parallel_scores(const struct pipeline *p, uint32_t parallel);
/* The parallel whose confidence a gate of this step asks, else the step itself. */
uint32_t scorer_named(const struct pipeline *p, uint32_t step);
/* --- limits (sim/exact/limits.c, sim/exact/limits_parallel.c) */

/* Can an item at `from` come to `to` without a new confidence of `scorer` (UINT32_MAX: at all)? */
bool comes_again(const struct pipeline *p, const struct rules *r, uint32_t from, uint32_t to,
                 uint32_t scorer);
/* Does a gate draw its threshold, or whom it audits by their confidence? */
bool gate_draws(const struct step *s);
/* NULL, or why a step in or around parallels cannot be had exactly: a literal. */
const char *inside_lacks(const struct pipeline *p, const struct rules *r, uint32_t step);

/* The chain of one branch of a parallel of c, in a context, with the branches of perfect and
 * failing steps too (what_if); errors as of chain_build, *b is zero then. */
MUST_CHECK int branch_init(struct branch *b, const struct chain *c, uint32_t parallel,
                           uint32_t branch, uint32_t context, bool what_if, struct error *err);
/* Frees all of the branch and leaves *b zero. */
void branch_release(struct branch *b);
/* Takes the numbers of the whole chain's units over; perfect[n_steps] and failing of that chain. */
void branch_take(struct branch *b, const struct chain *c);
/* Probabilities and visits. */
void branch_solve(struct branch *b);
/* Has anything that its times rest on (weights, latencies, limits, retries; no prices) changed
 * since the last call? */
bool branch_moved(struct branch *b);
/* The whole chain's unit for one of the branch's own, UNIT_NONE for those of its ends. */
uint32_t branch_outer(const struct branch *b, const struct chain *c, uint32_t unit);

/* --- the algebra of a join (sim/exact/join.c) */

/* Outcomes: 0 failed, then 1 + good * n_levels + level. */
struct join_rule {
    enum join join;
    uint32_t n, k;     /* branches with their copies */
    uint32_t n_levels; /* of confidence: none, then bands; 1 where no branch gives any */
};
static inline uint32_t join_outcomes(const struct join_rule *r)
{
    return 1 + 2 * r->n_levels;
}
/* What a branch may have come to at an instant. */
struct branch_now {
    const struct branch_end *end;
    uint32_t n_ends;
    const double *p; /* [n_ends] */
};
/* Places of a confidence, ascending, where `best` compares. */
struct best_grid {
    uint32_t n;         /* places */
    double **below;     /* [ends of all branches][2 n] P(C < there), then P(C = there) */
    double **mass;      /* [ends of all branches][n] that a rule gives the place */
    uint32_t *end_from; /* [n]: first end of a copy's branch */
};
/* How joins that wait for all, and `all`, stand by then; now[n].  out[join_outcomes] are
 * the probabilities that the join is done. */
void join_waiting(const struct join_rule *r, const struct branch_now *now,
                  const struct best_grid *best, double *out);
/* Joins done at the k-th ok one: P(done and ok), P(failed) by then. */
void join_counting(const struct join_rule *r, const struct branch_now *now, double out[2]);
/* Adds the rate at which the join is done ok in each outcome when branch copy `i` ends at rates
 * rate[n_ends], the copies before it being as in `before`, those behind as in `after`. */
void join_race(const struct join_rule *r, uint32_t i, const double *rate,
               const struct branch_now *before, const struct branch_now *after, double *out);
static inline bool join_races(const struct join_rule *r)
{
    return r->join == JOIN_ANY || r->join == JOIN_K_OF_N;
}

/* --- forks (sim/exact/fork.c) */

struct fork {
    uint32_t step, context, unit, join; /* its units: the fork, the first outcome */
    struct join_rule rule;
    struct branch *branch; /* [n_branches] */
    uint32_t n_branches, n_outcomes;
    bool cancels; /* some branch may be cancelled */
    struct best_grid best;
    bool timeless;                 /* nothing takes time */
    bool once;                     /* all branches are of one attempt */
    bool stale;                    /* times are to be worked out anew */
    double doubt;                  /* what the laws of time do not hold, as a probability */
    bool used[2];                  /* items of this quality come here */
    bool tied;                     /* branches of several steps may end at one instant, and race */
    struct branch_times *times[2]; /* [n_branches], those of them that are known */
    double *p[2];                  /* [n_outcomes] */
    double (*gain[2])[4];          /* [n_outcomes] E[X | outcome], E[X^2 | outcome] of cost, then of
                                      visits (the parallel's own included); NaN: not known */
    struct latency_law *law;       /* [2 * n_outcomes] by quality, then outcome */
};
struct forks {
    struct fork *at;
    uint32_t n;
    uint32_t *of_unit; /* [n_units] 1 + fork, of forks and outcomes */
};
/* Units of one parallel and context. */
uint32_t fork_outcomes(const struct chain *c, uint32_t parallel);
static inline const struct fork *fork_of(const struct chain *c, uint32_t unit)
{
    return &c->forks->at[c->forks->of_unit[unit] - 1];
}
/* Times and costs of all outcomes, where they are stale: before flow_solve. */
void forks_time(struct chain *c);
/* E[X | outcome], E[X^2 | outcome] of cost, then of visits: double[4]. */
static inline const double *fork_gain(const struct chain *c, uint32_t unit)
{
    const struct fork *f = fork_of(c, unit);
    uint32_t k = unit - f->join;
    return f->gain[k / f->n_outcomes][k % f->n_outcomes];
}
/* Roughly the ns of refilling all, and of their times. */
double forks_work(const struct chain *c, bool timed);
/* Does a branch take time whose law comes by inversion? */
static inline bool forks_invert(const struct chain *c)
{
    bool some = false;
    for (uint32_t k = 0; c->forks && k < c->forks->n; k++)
        some = some || (!c->forks->at[k].once && !c->forks->at[k].timeless);
    return some;
}
/* When the states are known: which forks items of which quality come to. */
void forks_mark(struct chain *c);
/* Builds the forks of all parallels of c, owned by c, with their branches; errors as of
 * branch_init. */
MUST_CHECK int forks_build(struct chain *c, bool what_if, struct error *err);
/* Frees the forks; nothing where there are none. */
void forks_release(struct chain *c);
/* Probabilities anew, of one parallel, or of all (UINT32_MAX). */
void forks_refill(struct chain *c, uint32_t parallel);
/* Adds the visits of the steps inside to mass[n_units]. */
/* n: visits of state s at n[s * stride]; caught[n_units] likewise, may be NULL. */
void forks_masses(const struct chain *c, const double *n, size_t stride, double *mass,
                  double *caught);

#endif
