/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pipeline as plain structs: what every engine, fit and report speaks of.
 *
 * A pipeline is loaded whole (scenario.h) or built by fit, lives in one arena and dies in one call
 * (pipeline_release).  It is trusted past pipeline_check: the engines have no error paths for
 * impossible pipelines.
 *
 * Per-class values: every step has one struct numbers for each class (one, when the scenario names
 * no classes), fully resolved. */
#ifndef SEAM_MODEL_PIPELINE_H
#define SEAM_MODEL_PIPELINE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/units.h"
#include "math/dist.h"
#include <stdbool.h>
#include <stdint.h>

#define LAYER_TABLE(X)                                                                             \
    X(DATA, "data") X(TOOL, "tool") X(AGENT, "agent") X(HUMAN, "human")                            \
    X(FEEDBACK, "feedback") X(MODEL, "model")
enum layer {
#define X(name, word) LAYER_##name,
    LAYER_TABLE(X)
#undef X
        LAYER_COUNT
};
const char *layer_name(enum layer l);

#define STEP_TABLE(X) X(STAGE, "stage") X(CHECK, "check") X(GATE, "gate") X(REVIEW, "review")
enum step_kind {
#define X(name, word) STEP_##name,
    STEP_TABLE(X)
#undef X
        STEP_KIND_COUNT
};
const char *step_kind_name(enum step_kind k);

/* A probability, maybe with evidence behind it. */
struct number {
    double value;      /* with evidence: k/n */
    uint32_t evidence; /* 1 + index into pipeline.evidence; 0: none */
};

/* k of n seen.  Members of one group are outcomes of one step with the same n: they share a
 * Dirichlet posterior (k_i + 1/2, and 1/2 + what is left); a group of one is Beta(k+1/2, n-k+1/2).
 * The same file place used for several classes is one evidence. */
struct evidence {
    const char *path; /* "flow.retrieve.error" */
    uint64_t k, n;
    uint32_t group;   /* members of a group are adjacent in the table */
};

/* What one attempt of a step does, for one class of items. */
struct numbers {
    struct number error, wrong, malformed; /* outcome probabilities; the rest is ok */
    struct number validation;              /* share of malformed payloads that are seen */
    struct number repair;                  /* a bad item becomes good on ok */
    struct number sensitivity, specificity, fixes, spoils; /* check, review */
    struct number threshold;               /* gate */
    struct dist latency;
    double timeout_s; /* INFINITY: none */
    double budget_s;  /* INFINITY: none; reported, not enforced */
    double cost_call; /* paid by every attempt: per_call + per_unit * units */
    struct dist confidence_good, confidence_bad; /* only when step.has_confidence */
};

/* Where an item goes.  to >= 0 is a step's index. */
enum { TO_SHIP = -1, TO_REJECT = -2, TO_FAIL = -3 };
enum { AT_MOST_NONE = UINT32_MAX, AT_MOST_UNBOUNDED = UINT32_MAX - 1 };
struct edge {
    int32_t to;
    uint32_t at_most;        /* passes by one item in its life; AT_MOST_NONE on forward edges */
    const struct edge *then; /* when at_most is used up; NULL: TO_REJECT */
    uint32_t line, column;
    const char *origin; /* NULL, or the --set that wrote it */
};

enum { RETRY_ERROR = 1, RETRY_MALFORMED = 2, RETRY_TIMEOUT = 4, RETRY_ALL = 7 };
enum jitter { JITTER_NONE, JITTER_FULL, JITTER_EQUAL };
struct retry {
    uint32_t attempts; /* >= 1, the first included */
    uint32_t on;       /* RETRY_* mask */
    double initial_s, factor, max_s; /* wait before attempt k+1: min(initial * factor^(k-1), max) */
    enum jitter jitter; /* full: uniform in [0, w]; equal: w/2 + uniform in [0, w/2] */
};

struct step {
    const char *id;
    enum step_kind kind;
    enum layer layer;
    uint32_t line, column;                 /* of its name; 0 when built */
    uint32_t outcome_line, outcome_column; /* of its last outcome probability */
    const char *outcome_origin;            /* NULL, or the --set that wrote that */
    struct numbers *numbers; /* [pipeline.n_classes] */
    struct retry retry;
    bool has_confidence;
    int32_t gate_of;         /* gate: index of the step whose confidence counts; -1: the last one
                                that gave the item a confidence */
    struct edge next;        /* after a visit that ends visibly ok, or a pass */
    struct edge fallback;    /* attempts used up; default TO_FAIL */
    struct edge above, below;/* gate */
    struct edge on_reject;   /* check, review; default TO_REJECT */
};

struct target {
    const char *metric;
    enum target_kind kind;
    double value;
    const char *text; /* as written */
};

struct class_def {
    const char *id;
    double share;
};

struct fixed_cost {
    const char *name;
    double per_s;
};

struct pipeline {
    struct arena arena;
    const char *name, *about, *file, *currency; /* currency: "$" by default */
    char sha256[65];        /* of the scenario text with overrides applied; "" when built */
    uint32_t classes_line, classes_column; /* 0 when there are none */
    const char *classes_origin;            /* NULL, or the --set that changed one */
    uint32_t n_steps, n_classes; /* n_classes >= 1; class[0].id is "" when none are named */
    struct step *step;
    struct class_def *class;
    uint32_t n_evidence;
    struct evidence *evidence;
    uint32_t n_targets;
    struct target *target;
    uint32_t n_costs;
    struct fixed_cost *cost;
    struct number *input_wrong; /* [n_classes]: share of items that enter bad */
    double capability;      /* NaN: worked out from the stages of layer model */
    double deadline_s, budget; /* objective: INFINITY when not stated */
    double worth_correct, worth_wrong, worth_rejected; /* NaN when no worth is stated */
};

void pipeline_init(struct pipeline *p);
void pipeline_release(struct pipeline *p);
/* Index of a step, -1 when absent. */
int32_t pipeline_step(const struct pipeline *p, const char *id);

/* Faults of a scenario, each with its place. */
struct fault {
    uint32_t line, column;
    const char *origin; /* NULL, or the --set that caused it */
    const char *text;   /* a sentence, with the nearest key where one is near */
    bool unsupported;   /* right, but of a part of the language that this version does not run */
};
struct faults {
    struct arena arena;
    VEC(struct fault) list; /* the first FAULTS_MAX, in the order of the file, each once */
    uint64_t dropped;       /* beyond FAULTS_MAX */
};
enum { FAULTS_MAX = 20, STEPS_MAX = 1000, CLASSES_MAX = 100 };
void faults_init(struct faults *f);
void faults_release(struct faults *f);
void faults_add(struct faults *f, uint32_t line, uint32_t column, const char *origin,
                const char *format, ...) PRINTF_LIKE(5, 6);

/* "not supported yet: " and the sentence. */
void faults_add_unsupported(struct faults *f, uint32_t line, uint32_t column, const char *origin,
                            const char *format, ...) PRINTF_LIKE(5, 6);
/* Would a fault of this place still be listed? (Before costly sentences.) */
bool faults_wants(const struct faults *f, uint32_t line, uint32_t column);

/* Everything that can be wrong with a pipeline as a whole: outcome sums above 1, steps that cannot
 * be reached, loops without a bound, gates without a confidence before them, shares that do not
 * add up.  Adds to `faults`. */
void pipeline_check(const struct pipeline *p, struct faults *faults);
/* Its two halves: the graph, and the sums. */
void pipeline_check_flow(const struct pipeline *p, struct faults *faults);
void pipeline_check_numbers(const struct pipeline *p, struct faults *faults);

/* A copy of `p` (shallow: shares ids and edges, so p must outlive it) whose numbers with evidence
 * are replaced by theta[i] for evidence i, and whose distributions with evidence are redrawn by
 * `rng` when it is not NULL.  Release with pipeline_release. */
struct rng_seq;
void pipeline_with(const struct pipeline *p, const double *theta, struct rng_seq *rng,
                   struct pipeline *out);
/* Posterior means, and one draw, of all evidence: theta[n_evidence]. */
void pipeline_posterior_mean(const struct pipeline *p, double *theta);
void pipeline_posterior_draw(const struct pipeline *p, struct rng_seq *rng, double *theta);

#endif
