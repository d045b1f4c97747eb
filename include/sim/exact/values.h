/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All metrics of a pipeline at one set of parameters, as one flat array of numbers: what
 * quadrature averages and draws sort.  NaN: there is no such value.
 *
 * The array holds TOP_COUNT values for all items, then (with more than one class) for each class,
 * then STAGE_COUNT for each step, then EDGE_COUNT for each edge that items take. */
#ifndef SEAM_SIM_EXACT_VALUES_H
#define SEAM_SIM_EXACT_VALUES_H

#include "sim/exact/flow.h"

#define TOP_TABLE(X)                                                                               \
    X(RELIABILITY, "reliability")                                                                  \
    X(WRONG, "share_wrong")                                                                        \
    X(REJECTED, "share_rejected")                                                                  \
    X(FAILED, "share_failed")                                                                      \
    X(ABANDONED, "share_abandoned")                                                                \
    X(COMPLETION, "completion")                                                                    \
    X(SHIPPED_ERROR, "shipped_error")                                                              \
    X(AUTO_ERROR, "auto_error")                                                                    \
    X(REVIEW_LOAD, "review_load")                                                                  \
    X(REVIEWS, "reviews_per_item")                                                                 \
    X(REVIEW_PRECISION, "review_precision")                                                        \
    X(LATENCY_MEAN, "latency_mean")                                                                \
    X(LATENCY_SD, "latency_sd")                                                                    \
    X(LATENCY_P50, "latency_p50")                                                                  \
    X(LATENCY_P90, "latency_p90")                                                                  \
    X(LATENCY_P95, "latency_p95")                                                                  \
    X(LATENCY_P99, "latency_p99")                                                                  \
    X(LATENCY_P999, "latency_p999")                                                                \
    X(ALL_MEAN, "latency_all_mean")                                                                \
    X(ALL_SD, "latency_all_sd")                                                                    \
    X(ALL_P50, "latency_all_p50")                                                                  \
    X(ALL_P90, "latency_all_p90")                                                                  \
    X(ALL_P95, "latency_all_p95")                                                                  \
    X(ALL_P99, "latency_all_p99")                                                                  \
    X(ALL_P999, "latency_all_p999")                                                                \
    X(SLO, "slo_attainment")                                                                       \
    X(VISITS_MEAN, "visits_mean")                                                                  \
    X(VISITS_SD, "visits_sd")                                                                      \
    X(COST, "cost_per_item")                                                                       \
    X(COST_SD, "cost_sd")                                                                          \
    X(COST_P95, "cost_p95")                                                                        \
    X(COST_P99, "cost_p99")                                                                        \
    X(COST_PER_CORRECT, "cost_per_correct")                                                        \
    X(BUDGET, "budget_attainment")                                                                 \
    X(NET, "net_per_item")                                                                         \
    X(CAPABILITY, "capability")                                                                    \
    X(GAP, "gap")
enum top_value {
#define X(name, word) TOP_##name,
    TOP_TABLE(X)
#undef X
        TOP_COUNT
};

#define STAGE_TABLE(X)                                                                             \
    X(VISITS, "visits_per_item")                                                                   \
    X(ATTEMPTS, "attempts_per_item")                                                               \
    X(OK_RATE, "ok_rate")                                                                          \
    X(WRONG_RATE, "wrong_rate")                                                                    \
    X(ERROR_RATE, "error_rate")                                                                    \
    X(MALFORMED_RATE, "malformed_rate")                                                            \
    X(TIMEOUT_RATE, "timeout_rate")                                                                \
    X(SUCCESS_RATE, "success_rate")                                                                \
    X(FIRST_TRY_RATE, "first_try_rate")                                                            \
    X(RETRY_SUCCESS_RATE, "retry_success_rate")                                                    \
    X(ATTEMPT_MEAN, "attempt_latency_mean")                                                        \
    X(ATTEMPT_P50, "attempt_latency_p50")                                                          \
    X(ATTEMPT_P90, "attempt_latency_p90")                                                          \
    X(ATTEMPT_P95, "attempt_latency_p95")                                                          \
    X(ATTEMPT_P99, "attempt_latency_p99")                                                          \
    X(VISIT_MEAN, "visit_latency_mean")                                                            \
    X(VISIT_P50, "visit_latency_p50")                                                              \
    X(VISIT_P90, "visit_latency_p90")                                                              \
    X(VISIT_P95, "visit_latency_p95")                                                              \
    X(VISIT_P99, "visit_latency_p99")                                                              \
    X(WITHIN_BUDGET, "within_budget")                                                              \
    X(EXIT_SHIP, "exit_ship")                                                                      \
    X(EXIT_REJECT, "exit_reject")                                                                  \
    X(EXIT_FAIL, "exit_fail")                                                                      \
    X(EXIT_ABANDON, "exit_abandon")                                                                \
    X(CAUGHT_RATE, "caught_rate")                                                                  \
    X(ESCAPE_RATE, "escape_rate")                                                                  \
    X(COST, "cost_per_item")                                                                       \
    X(THRESHOLD, "threshold")                                                                      \
    X(BIRNBAUM, "birnbaum")                                                                        \
    X(IMPROVEMENT, "improvement")
enum stage_value {
#define X(name, word) STAGE_##name,
    STAGE_TABLE(X)
#undef X
        STAGE_COUNT
};

enum edge_value { EDGE_SHARE, EDGE_PER_ITEM, EDGE_COUNT };

extern const char *const top_names[TOP_COUNT];
extern const char *const stage_names[STAGE_COUNT];

/* What a class (or all, as a mixture of classes) adds up to; all linear in the items. */
struct top_sums {
    double mass[ABSORB_COUNT], t1[ABSORB_COUNT], t2[ABSORB_COUNT];
    double c1, c2, v1, v2;
    double reviewed, reviewed_bad, reviews, capability;
    double left, left_t1, left_t2; /* items that reach their deadline */
};
struct stage_sums {
    double visits, attempts, rate[OUTCOME_COUNT], visibly_ok, first_ok, retried, retried_ok;
    double attempt_s, visit_s, within_budget, exit[ABSORB_KIND_COUNT], caught, cost;
    double first_bad, escaped, perfect, failing;
    double closed, answers, left; /* visits and attempts that end, and visits that the item leaves
                                     in the midst of */
};

struct edge_place {
    uint32_t from, column; /* of model.flow */
    int32_t to;            /* a step or TO_* */
};

struct waits;
struct deadline;
struct model {
    const struct pipeline *pipeline; /* borrowed */
    const struct waits *waits;       /* borrowed; NULL: nobody waits */
    struct weather *weather;         /* NULL: no environment touches a step */
    struct rules rules;
    struct chain *chain;   /* [n_classes] */
    bool whole;            /* stages and edges too */
    bool what_if;          /* and escape rates and importances */
    bool point;            /* only one set of parameters is asked for */
    bool redraws;          /* some distribution has evidence */
    bool recosts;          /* some cost has evidence: the values are linear in it */
    bool no_time, no_cost; /* every latency, every price is 0 */
    bool hedged;           /* some attempt is: quantiles of time and cost are not had */
    bool infinite[2];      /* moments of latency that do not exist */
    struct flow_about about;
    uint32_t room;      /* states of the largest chain, or steps */
    struct flow *state; /* workspaces */
    double *mass, *bad, *good;
    bool *looped; /* [n_steps] an item may come back to it */
    uint32_t n_looped;
    struct top_sums *top;      /* [1 + n_classes] */
    struct stage_sums *stage;  /* [n_steps] */
    double *flow;              /* [n_steps][n_steps + 3] */
    struct deadline *deadline; /* NULL: nobody has left so far (sim/exact/deadline.h) */
    struct flow *left;         /* [n_classes] items that reach their deadline: n, t1, t2 */
    double *visits;            /* [n_steps][n_classes], as shares of all items */
    double *tries;             /* [n_units][n_classes] attempts */
    double (*attempt)[4];      /* [n_steps] p50, p90, p95, p99 of min(latency, timeout); NaN where
                                  classes differ */
    struct edge_place *edge;
    uint32_t n_edges;
};

/* Builds the chains; ERR_LIMIT.  `whole`: values of stages and edges will be asked for. */
MUST_CHECK int model_build(struct model *m, const struct pipeline *p, uint32_t max_states,
                           bool whole, struct error *err);
/* Puts waits before the attempts of some steps; between model_build and model_start. */
void model_wait(struct model *m, const struct waits *waits);
/* Can what an item waits at this step not be told by more than its mean, or has its visit several
 * attempts whose waits depend on each other? */
bool model_wait_vague(const struct model *m, uint32_t step);
/* Do items of some class wait there at all? */
bool model_waits_at(const struct model *m, uint32_t step);
/* Finds the edges in use and the middle to take moments about; before the first model_values. */
MUST_CHECK int model_start(struct model *m, const double *theta, struct error *err);
/* After chain_redraw: what depends on distributions alone. */
void model_attempts(struct model *m);
/* Frees the chains and arrays and leaves *m zero. */
void model_release(struct model *m);
uint32_t model_scopes(const struct model *m); /* 1, or 1 + n_classes */
size_t model_size(const struct model *m);     /* length of the array */
size_t model_stage_at(const struct model *m, uint32_t step);
/* Index of the first of the EDGE_COUNT values of an edge. */
size_t model_edge_at(const struct model *m, uint32_t edge);
/* Flows of one class as filled, into m->state and absorb[ABSORB_COUNT], of all that is before its
 * deadline, and into m->left. */
MUST_CHECK int model_flow(struct model *m, uint32_t class, struct flow *absorb, struct error *err);
/* Do items of some class leave at a deadline? */
bool model_leaves(const struct model *m);
/* Fills the chains with theta (NULL: as written) and the sums of all classes. */
MUST_CHECK int model_sums(struct model *m, const double *theta, struct error *err);
/* The same and all values. */
MUST_CHECK int model_values(struct model *m, const double *theta, double *values,
                            struct error *err);
/* Are all visits by the step's own numbers; and of one attempt at most? */
bool model_plain(const struct model *m, uint32_t step);
/* Do all classes make one attempt at most in a visit to the step? */
bool model_once(const struct model *m, uint32_t step);
/* Does the step state a time budget, for some class? */
bool model_has_budget(const struct model *m, uint32_t step);
/* What is not known of a step inside a parallel whose branches may be cancelled: what the cancelled
 * would have answered, or also how often they are called. */
enum model_cut { CUT_NOTHING, CUT_ANSWERS, CUT_ALL };
/* What is not known of this step. */
enum model_cut model_cut(const struct model *m, uint32_t step);
/* Does a branch of a parallel begin with the step? */
bool model_begins(const struct model *m, uint32_t step);
/* To build a model takes about so many times as long as to solve it. */
enum { MODEL_BUILDS = 8, MODEL_FILL = 300 /* ns of a step with other numbers */ };
/* Roughly the nanoseconds of one model_values. */
double model_work(const struct model *m);

/* --- distributions of finite support (sim/exact/atoms.c) */

/* The cost or time of an item as a list of values with their probabilities. */
struct atoms {
    double *x, *mass;
    size_t n;
    double total;
};
enum atoms_of { ATOMS_COST, ATOMS_TIME };
enum atoms_part { ATOMS_SHIPPED_GOOD, ATOMS_SHIPPED_BAD, ATOMS_NOT_SHIPPED, ATOMS_PARTS };
/* Can there be such a list: constant latencies and waits, no loop without a bound? */
bool atoms_possible(const struct model *m, enum atoms_of of);
/* Quantiles and attainments of all scopes into values (as from model_values, at the numbers last
 * filled).  False when there are too many atoms: nothing is set. */
bool model_atoms(const struct model *m, enum atoms_of of, double *values);

#endif
