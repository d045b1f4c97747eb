/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pipeline as plain structs: what every engine, fit and report speaks of.
 *
 * A pipeline is loaded whole (scenario.h) or built by fit, lives in one arena and dies in one call
 * (pipeline_release).  It is trusted past pipeline_check: the engines have no error paths for
 * impossible pipelines.  An engine that does not do all of it begins with pipeline_needs.
 *
 * Per-class values: every step has one struct numbers for each class (one, when the scenario names
 * no classes), fully resolved.  A struct that is all zero says that its part is absent: no hedge,
 * no cache, no resource.  Seconds, probabilities in [0, 1], one currency; clocks are seconds of the
 * week in [0, WEEK_S), 0 being Monday 00:00. */
#ifndef SEAM_MODEL_PIPELINE_H
#define SEAM_MODEL_PIPELINE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/units.h"
#include "math/dist.h"
#include "model/faults.h"
#include <stdbool.h>
#include <stdint.h>

#define LAYER_TABLE(X)                                                                             \
    X(DATA, "data")                                                                                \
    X(TOOL, "tool") X(AGENT, "agent") X(HUMAN, "human") X(FEEDBACK, "feedback") X(MODEL, "model")
enum layer {
#define X(name, word) LAYER_##name,
    LAYER_TABLE(X)
#undef X
        LAYER_COUNT
};
/* The layer's word in scenarios, a literal. */
const char *layer_name(enum layer l);

#define STEP_TABLE(X)                                                                              \
    X(STAGE, "stage")                                                                              \
    X(CHECK, "check")                                                                              \
    X(GATE, "gate")                                                                                \
    X(REVIEW, "review")                                                                            \
    X(PARALLEL, "parallel")
enum step_kind {
#define X(name, word) STEP_##name,
    STEP_TABLE(X)
#undef X
        STEP_KIND_COUNT
};
/* The kind's word in scenarios, a literal. */
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
    uint32_t group; /* members of a group are adjacent in the table */
};

/* What one attempt of a step does, for one class of items.
 *
 * field: type, name, meaning.  `given` and environments override any of them. */
#define NUMBERS_TABLE(X)                                                                           \
    X(ERROR, struct number, error) /* outcome probabilities; the rest is ok */                     \
    X(WRONG, struct number, wrong)                                                                 \
    X(MALFORMED, struct number, malformed)                                                         \
    X(VALIDATION, struct number, validation)   /* share of malformed payloads that are seen */     \
    X(REPAIR, struct number, repair)           /* a bad item becomes good on ok */                 \
    X(SENSITIVITY, struct number, sensitivity) /* check, review */                                 \
    X(SPECIFICITY, struct number, specificity)                                                     \
    X(FIXES, struct number, fixes)                                                                 \
    X(SPOILS, struct number, spoils)                                                               \
    X(THRESHOLD, struct number, threshold)           /* gate; with bands the lower one */          \
    X(THRESHOLD_HIGH, struct number, threshold_high) /* only when step.bands: >= threshold */      \
    X(THRESHOLD_DIST, struct dist, threshold_dist)   /* only when step.draws_threshold */          \
    X(AUDIT, struct number, audit)                   /* gate: see struct audit */                  \
    X(LATENCY, struct dist, latency)                                                               \
    X(TIMEOUT, double, timeout_s)         /* INFINITY: none */                                     \
    X(BUDGET, double, budget_s)           /* INFINITY: none; reported, not enforced */             \
    X(COST, double, cost_call)            /* paid by every attempt: per_call + per_unit * units */ \
    X(GOOD, struct dist, confidence_good) /* only when step.has_confidence */                      \
    X(BAD, struct dist, confidence_bad)                                                            \
    X(HIT, struct number, cache_hit) /* see step.has_cache */                                      \
    X(HIT_LATENCY, struct dist, cache_latency)                                                     \
    X(HEDGE_AFTER, double, hedge_after_s) /* see step.hedge_copies */
struct numbers {
#define X(name, type, field) type field;
    NUMBERS_TABLE(X)
#undef X
};
enum numbers_field {
#define X(name, type, field) NUMBERS_##name,
    NUMBERS_TABLE(X)
#undef X
        NUMBERS_FIELD_COUNT
};

/* Numbers that stand in for a step's own: those of the fields in `set` (bits 1 << NUMBERS_*). */
struct override {
    uint32_t set;
    struct numbers *numbers; /* [n_classes], fully resolved: the step's own where not set */
};

/* `given`: the first that holds when a visit begins overrides the step's numbers for that visit.
 * A step's name speaks of that step's last visit by this item; one that was cut short neither
 * failed nor was wrong. */
enum given_kind {
    GIVEN_BAD,     /* the item arrives bad */
    GIVEN_FAILED,  /* `of` ended visibly failed (also when its fallback went on) */
    GIVEN_WRONG,   /* `of` ended with a silent failure: wrong, or malformed and not seen */
    GIVEN_SKIPPED, /* `of` was never entered */
    GIVEN_CLASS    /* the item is of class `of` */
};
struct given {
    enum given_kind kind;
    uint32_t of; /* step or class index; unused for GIVEN_BAD */
    uint32_t line, column;
    struct override override;
};

/* Where an item goes.  to >= 0 is a step's index.
 * Inside a branch of a parallel: TO_JOIN ends the branch visibly ok (written `ship`, or what
 * follows its last step); TO_FAIL and TO_REJECT end it visibly failed; no other step than those of
 * the branch is a target.
 * TO_SKIP stands only in resource.when_full: the step that follows the one that asked. */
enum { TO_SHIP = -1, TO_REJECT = -2, TO_FAIL = -3, TO_JOIN = -4, TO_SKIP = -5 };
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
/* Retry budget (timed runs), a token bucket of the step, full at the start; a retry takes a token,
 * and without one the visit ends as if the attempts were used up. */
enum retry_budget {
    BUDGET_NONE,
    BUDGET_RATE, /* fills with `budget` tokens a second, holds one second's worth, at least 1 */
    BUDGET_SHARE /* every first attempt adds `budget` of a token; holds 10 */
};
struct retry {
    uint32_t attempts;               /* >= 1, the first included */
    uint32_t on;                     /* RETRY_* mask */
    double initial_s, factor, max_s; /* wait before attempt k+1: min(initial * factor^(k-1), max) */
    enum jitter jitter;              /* full: uniform in [0, w]; equal: w/2 + uniform in [0, w/2] */
    enum retry_budget budget_kind;
    double budget;
};

/* Breaker (timed runs), one for the step and all its items: when at least `calls` attempts ended
 * within the last `window_s` and at least the share `failures` of them failed visibly, it opens.
 * While it is open a visit fails at once, without attempt, latency or cost.  After `open_for_s` one
 * attempt is let through: when it is visibly ok the breaker closes with an empty window, else it
 * opens again. */
struct breaker {
    double failures; /* in (0, 1]; 0: no breaker */
    double window_s, open_for_s;
    uint32_t calls;
};

/* --- conditions of `next` edges: "confidence < 0.6 and visits(drafts) < 2"
 *
 * A tree in an array, children before parents, the root last. */
enum operand_kind {
    OPERAND_VALUE,         /* a number, seconds for age */
    OPERAND_CONFIDENCE,    /* the last confidence that the item was given; NaN: none */
    OPERAND_CONFIDENCE_OF, /* that of `of`, NaN when it gave none */
    OPERAND_VISITS,        /* visits of step `of` by this item, the current one included */
    OPERAND_AGE,           /* seconds since the item entered, waiting included */
    OPERAND_OUTCOME,       /* what the visit's last attempt showed, as enum outcome of rules.h: ok,
                              error, malformed or timeout (wrong is silent, and shows as ok) */
    OPERAND_CLASS          /* the item's class, compared with a class index */
};
struct operand {
    enum operand_kind kind;
    uint32_t of; /* step index */
    double value;
};
enum condition_op {
    CONDITION_LESS,
    CONDITION_AT_MOST,
    CONDITION_MORE,
    CONDITION_AT_LEAST,
    CONDITION_EQUAL,
    CONDITION_NOT_EQUAL,
    CONDITION_NOT,
    CONDITION_AND,
    CONDITION_OR
};
struct condition_node {
    enum condition_op op;
    struct operand left, right; /* comparisons; false where NaN is compared, except != */
    uint32_t a, b;              /* not (a), and, or: nodes before this one */
};
struct condition {
    const char *text; /* as written */
    uint32_t line, column;
    const char *origin;
    uint32_t n;
    const struct condition_node *node; /* [n] */
};
/* What an item shows at the end of a visit. */
struct condition_facts {
    double confidence, age_s;
    const double *confidence_of; /* [n_steps]; NaN where none */
    const uint32_t *visits;      /* [n_steps] */
    uint32_t outcome, class;
};
/* Does a condition of at least one node hold for these facts? */
bool condition_holds(const struct condition *c, const struct condition_facts *facts);

/* One `next` edge that may not hold.  The visit draws one u in [0, 1) for all its ways: a way by
 * probability holds when u lies in [sum of the probabilities before it, that sum + its own). */
struct way {
    struct number *probability;   /* [n_classes]; NULL: by `when` */
    const struct condition *when; /* NULL: by probability */
    struct edge edge;
};

/* Audit of a gate: of the items that its `above` would let through, the share numbers.audit goes to
 * the review `to` all the same.
 *   uniform: each with probability share;
 *   near_threshold: at confidence c and threshold t (with bands the high one) with probability
 *   audit_probability = min(1, 2 share (1 - c) / (1 - t)), which is share on the average of
 *   confidences spread evenly over [t, 1]. */
enum audit_design { AUDIT_UNIFORM, AUDIT_NEAR_THRESHOLD };
struct audit {
    bool present;
    enum audit_design design;
    struct edge to; /* a review step */
};
/* The probability in [0, 1] that an item with this confidence is audited, see struct audit. */
double audit_probability(enum audit_design design, double share, double confidence,
                         double threshold);

/* Fatigue of a review whose resource has hours: once its server has been on duty for after_s since
 * the calendar opened, visits have this sensitivity and their latency is `slower` times longer. */
struct fatigue {
    double after_s;      /* 0: none */
    double *sensitivity; /* [n_classes] */
    double slower;       /* >= 1 */
};

/* --- parallel
 *
 * A parallel is a step of its own: visits, latency (from its start to the completed join), budget,
 * fallback (the join failed) and next are its own; it makes no attempt and has no cost.  The steps
 * of its branches follow it in the step table, branch after branch, each with step.parent; there
 * are no parallels inside parallels.  `copies` run the one branch so many times: its steps stand
 * once in the table, and their counts are those of all copies.
 *
 * Every copy of a branch starts with the item's quality and confidences at the start of the
 * parallel, and with the counters of its own edges at 0.  With n = branches * copies, and of those
 * that ended visibly ok when the join is done:
 *   all         waits for n; fails as soon as one fails; good if all are good
 *   any         the first ok one, its quality; fails when all failed
 *   k of n      done at the k-th ok one, its k taken; fails as soon as that is out of reach; good
 *               if all k taken are good
 *   vote        (vote k of n) waits for n; fails with fewer than k ok; good when at least k of the
 *               ok ones are good
 *   majority    vote with k = n / 2 + 1
 *   best        waits for n; fails when all failed; quality and confidence of the ok one with the
 *               highest confidence (the first in order among equals)
 * Latency ends with the branch that completes the join; the others are cancelled then, and pay the
 * call they are in and their time until then.
 * The item leaves with the k-th highest last confidence of the branches taken (all: k = n; any,
 * best: k = 1; a branch without one counts as lowest and gives none), and the confidence of each
 * step inside by the same rule among the copies taken of its own branch.  A failed join leaves the
 * confidences as they were.  A step inside counts as failed or wrong when it was in any copy. */
enum join { JOIN_ALL, JOIN_ANY, JOIN_K_OF_N, JOIN_VOTE, JOIN_MAJORITY, JOIN_BEST };
struct parallel {
    enum join join;
    uint32_t k, n; /* all: k = n; any, best: k = 1 */
    uint32_t copies, n_branches;
    const uint32_t *first; /* [n_branches + 1]: branch b is the steps first[b] .. first[b + 1] - 1,
                              entered at first[b] */
};

enum calibration_method {
    CALIBRATE_NONE,
    CALIBRATE_ISOTONIC,
    CALIBRATE_PLATT,
    CALIBRATE_BETA,
    CALIBRATE_TEMPERATURE,
    CALIBRATE_FILE
};
/* Behind a confidence: `labels` made confidence_good and confidence_bad empirical, with the values
 * of the correct and the other rows as they are in the file; `method` is fitted to those and
 * corrects every confidence before it is compared.  CALIBRATE_FILE: the corrected confidence is
 * linear between the knots (raw[i], corrected[i]), both ascending, and level outside. */
struct confidence_source {
    const char *labels; /* NULL, or the file as named in the scenario */
    double right;       /* share of the labels, by weight, that is correct */
    enum calibration_method method;
    const char *file; /* CALIBRATE_FILE */
    uint32_t n;
    const double *raw, *corrected; /* [n] */
};

/* What an attempt's cost was seen from: so many amounts, with this standard deviation.  Under
 * uncertainty all attempts cost a gamma variate of mean 1 and variance (sd / cost)^2 / n more or
 * less; without evidence (n = 0) they cost what is written. */
struct cost_evidence {
    double sd;
    uint64_t n;
};

/* A key of a map, and its place in the file, from 1. */
struct key_place {
    const char *key;
    uint32_t line, column;
};

struct step {
    const char *id;
    const char *name; /* as people call it, in any letters; NULL: by its id */
    enum step_kind kind;
    enum layer layer;
    double unit_share;                     /* of its cost (class 0): per_unit * units / all */
    uint32_t line, column;                 /* of its name; 0 when built */
    const char *origin;                    /* NULL, or where its name stands besides the file */
    uint32_t outcome_line, outcome_column; /* of its last outcome probability */
    const char *outcome_origin;            /* NULL, or the --set that wrote that */
    struct numbers *numbers;               /* [pipeline.n_classes] */
    struct retry retry;
    const struct retry *class_retry; /* [n_classes]; NULL: `retry` holds for all classes */
    bool has_confidence;
    int32_t gate_of;          /* gate: index of the step whose confidence counts; -1: the last one
                                 that gave the item a confidence */
    struct edge next;         /* after a visit that ends visibly ok, or a pass, when no way holds */
    struct edge fallback;     /* attempts used up; default TO_FAIL */
    struct edge above, below; /* gate */
    struct edge on_reject;    /* check, review; default TO_REJECT */

    uint32_t parent;                 /* 1 + index of the parallel it is in; 0: none */
    uint32_t branch;                 /* of that parallel */
    const struct parallel *parallel; /* STEP_PARALLEL */
    uint32_t by; /* 1 + index of the resource whose server (or token) each attempt holds, from the
                    end of its wait until it ends; none is held during backoff; 0: none.  The
                    attempt starts, counts and pays at the end of its wait: one cancelled before
                    was none */
    uint32_t n_ways; /* tried in order before `next` */
    struct way *way;
    bool ways_complete; /* their probabilities add up to 1: `next` is never taken, and what rounding
                           leaves belongs to the last way by probability */
    uint32_t n_given;
    struct given *given;
    uint32_t hedge_copies; /* copy j = 1..copies of an attempt starts when it has run for
                              j * hedge_after_s with no visibly ok answer; the attempt ends with the
                              first visibly ok answer, else with the last one; each copy may time
                              out and counts as an attempt, though not as one of retry.attempts; 0:
                              no hedge.  When its time comes while the breaker is not closed there
                              is no copy, nor a later one; nor one that finds the room full */
    bool has_cache; /* with probability cache_hit a visit takes cache_latency, no attempt, no cost,
                       is ok and leaves the quality as it is; drawn before the breaker is asked */
    struct breaker breaker;
    bool bands;           /* gate with two thresholds: above at c >= threshold_high, between at
                             threshold <= c < threshold_high, else below */
    bool draws_threshold; /* drawn from threshold_dist once for an item and gate, the same at later
                             visits; numbers.threshold is its mean */
    struct edge between;
    struct audit audit;
    struct fatigue fatigue;
    struct confidence_source confidence;
    struct cost_evidence cost_seen;
    const char *exec; /* NULL, or how the step is run for real: a JSON object (exec/stage.h) */
    uint32_t exec_line, exec_column;
    struct key_place *exec_key; /* [n_exec_keys] where its keys stand in the file */
    uint32_t n_exec_keys;
};

/* --- resources */
enum { DAY_S = 86400, WEEK_S = 604800 };
struct opening {
    double from_s, to_s; /* half-open, seconds of the week, from < to <= WEEK_S */
};
enum discipline {
    DISCIPLINE_FIFO,
    DISCIPLINE_LIFO,
    DISCIPLINE_PRIORITY,   /* by class, the lowest number first; first come within a class */
    DISCIPLINE_PREEMPTIVE, /* the same, and one of a higher class interrupts the one that began last
                              of the lowest class; interrupted work resumes where it stopped, before
                              others of its class */
    DISCIPLINE_DEADLINE, /* the item that entered the pipeline plus its class's `deadline` (without
                            one: entered) first */
    DISCIPLINE_SHORTEST  /* the attempt with the shortest latency first */
};
enum at_close {
    CLOSE_FINISH,   /* work begun before closing is finished; nothing begins after */
    CLOSE_INTERRUPT /* work stops at closing, goes back into the line and resumes where it stopped,
                       before other work of the same claim (lifo: in the order of coming) */
};
enum { ROOM_UNLIMITED = UINT32_MAX };
/* In untimed scenarios items never wait for one another.
 *
 * Who waits comes before who asks at the same instant.  A server that becomes free turns to its
 * line when all that follows from that at the same instant is done, so that copies and branches
 * that are needed no more do not begin.  Metrics of a resource are of the calls that ask for it
 * within the horizon, whosever they are. */
struct resource {
    const char *id;
    uint32_t line, column;
    uint32_t servers;         /* 0: a rate limit */
    double rate_per_s, burst; /* rate limit: a token bucket that fills at rate_per_s up to burst,
                                 full at the start; an attempt takes one token, first come first
                                 served, and holds nothing */
    uint32_t n_hours;
    const struct opening *hours; /* sorted, apart from each other (only one that runs over Sunday
                                    night is two: ..WEEK_S and 0..); n_hours 0: always open */
    enum at_close at_close;
    enum discipline discipline;
    uint32_t waiting_room;  /* places to wait, servers not counted; 0: a loss system */
    struct edge when_full;  /* who finds no place; default TO_REJECT */
    struct dist *patience;  /* [n_classes]: how long one waits before its item leaves as abandoned,
                               drawn when it joins.  Work that has begun and was interrupted does
                               not leave the line again, nor do copies of a hedge; NULL: for ever */
    double answer_within_s; /* of service_level; INFINITY: not stated */
    double cost_per_s;      /* of one server while on duty, busy or not */
};

/* --- environments
 *
 * A process that all items share (timed), or that each item has for itself (untimed); stationary at
 * the start.  The state at the start of an attempt decides its numbers: the step's own, then those
 * of the `given` that holds, then those of each environment in turn (numbers_resolve). */
struct state_override {
    uint32_t step;
    struct override override;
};
struct env_state {
    const char *id;
    uint32_t line, column;
    struct dist lasts; /* finite mean, not 0 for sure */
    const double *to;  /* [n_states], add up to 1; NULL: the next one in order, the last then 0 */
    uint32_t n_overrides;
    struct state_override *override;
};
struct environment {
    const char *id;
    uint32_t line, column;
    uint32_t n_states;
    struct env_state *state;
};

/* --- arrivals and the horizon */
enum arrivals_kind {
    ARRIVALS_NONE,     /* untimed: items are independent */
    ARRIVALS_POISSON,  /* rate_per_s */
    ARRIVALS_EVERY,    /* times between arrivals from `every`, the first after one of them */
    ARRIVALS_SCHEDULE, /* Poisson, weekly: rate of the interval, 0 outside all */
    ARRIVALS_DAILY,    /* Poisson with the rate
                          mean_per_s + amplitude_per_s * cos(2 pi (t - peak_s) / DAY_S) */
    ARRIVALS_FILE      /* at instants, seconds after the start */
};
struct rate_interval {
    double from_s, to_s; /* as struct opening */
    double rate_per_s;
};
struct arrivals {
    enum arrivals_kind kind;
    uint32_t line, column;
    double rate_per_s;
    struct dist every;
    uint32_t n_schedule;
    const struct rate_interval *schedule;       /* sorted, disjoint (rates of overlapping rows
                                                   are added up) */
    double mean_per_s, amplitude_per_s, peak_s; /* amplitude <= mean */
    size_t n_instants;
    const double *instants;         /* ascending */
    const char *file, *column_name; /* as named in the scenario */
    bool has_batch;
    struct dist batch; /* items of one arrival: the draw rounded to a whole number, at least 1 */
};
/* Items arrive on until twice the end of the horizon, while some of its own are inside; these may
 * take as long as the horizon or 52 weeks more, then they are unfinished. */
/* Items a second in the long run: over the day, the week, or up to the last instant of a file; 0
 * for none. */
double arrivals_rate(const struct arrivals *a);
struct horizon {
    double warmup_s, length_s; /* length counts after the warm-up; 0 in untimed scenarios */
    double starts_s;           /* second of the week at t = 0 */
    double observe_s;          /* step of the series */
    uint32_t replications;
};

/* --- feedback: after each cycle of cycle_s the rules change the steps named
 *
 * A label is the verdict of a review, right or wrong; a review to which an audit sent the item is
 * one of the audit.  Metrics are those of the pipeline as written, before anything is learnt; what
 * is learnt shows in the curves `learning` (sim/feedback.h), cycle after cycle. */
enum { LABELS_REVIEW = 1, LABELS_AUDIT = 2 };
enum learn_kind {
    LEARN_POWER_LAW,   /* wrong(n) = floor + (wrong(0) - floor) (1 + n / per)^(-exponent), never
                          above wrong(0), after n labels */
    LEARN_RECALIBRATE, /* the step's calibration is fitted again to the labels so far; where the
                          scenario names no method, as a beta map */
    LEARN_CANON        /* as power law, n counting the labels of items that a reviewer mended */
};
struct learn {
    enum learn_kind kind;
    uint32_t step;
    double exponent, per, floor;
};
struct feedback {
    uint32_t line, column; /* 0 and cycle_s 0: none */
    double cycle_s;
    uint32_t cycles;
    uint32_t labels; /* LABELS_* mask: whose labels count */
    uint32_t n_learns;
    const struct learn *learn;
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
    uint32_t priority; /* 1 is served first; 0: not stated, last */
};

struct fixed_cost {
    const char *name;
    double per_s;
};

struct pipeline {
    struct arena arena;
    const char *name, *about, *file, *currency; /* currency: "$" by default */
    char sha256[65]; /* of the scenario, its files and its settings; "" when built */
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
    double capability;          /* NaN: worked out from the stages of layer model */
    double deadline_s, budget;  /* objective: INFINITY when not stated */
    double worth_correct, worth_wrong, worth_rejected; /* NaN when no worth is stated */

    double *leave_after_s; /* [n_classes]: `deadline`, the age at which an item leaves as abandoned,
                              even inside a step; NULL: none */
    uint32_t leave_line, leave_column;
    uint32_t n_resources, n_environments;
    struct resource *resource;
    struct environment *environment;
    struct arrivals arrivals;
    struct horizon horizon;
    struct feedback feedback;
};

enum { STEPS_MAX = 1000, CLASSES_MAX = 100, RESOURCES_MAX = 100, ENVIRONMENTS_MAX = 20 };
/* An empty pipeline with the defaults of a scenario's numbers; the caller releases. */
void pipeline_init(struct pipeline *p);
/* Frees the arena, which holds all that the pipeline owns, and leaves *p zero. */
void pipeline_release(struct pipeline *p);
/* Index of a step, -1 when absent. */
int32_t pipeline_step(const struct pipeline *p, const char *id);
/* Index of the step that follows in the order written: past a parallel's branches; TO_SHIP after
 * the last one, TO_JOIN after the last one of a branch. */
int32_t pipeline_following(const struct pipeline *p, uint32_t step);
/* What an attempt of `step` does for class `class` when given[given] holds (-1: none) and the
 * environments are in state[n_environments] (NULL: where no state overrides anything).  Later
 * environments win where two state the same number.  Outcomes that together would pass 1 make room
 * for those that the environments state: the others are scaled to what those leave. */
void numbers_resolve(const struct pipeline *p, uint32_t step, uint32_t class, int32_t given,
                     const uint32_t *state, struct numbers *out);
/* Those of an attempt that takes no time, costs nothing and always passes the item on as it is. */
struct numbers numbers_instant(void);
/* Outcomes in `set` (1 << NUMBERS_...) go before the others where together they would pass 1. */
void numbers_make_room(struct numbers *n, uint32_t set);
/* Takes the fields in `set` over from another. */
void numbers_take(struct numbers *to, const struct numbers *from, uint32_t set);
/* Calls `visit` for each struct number of the pipeline once. */
void pipeline_each_number(struct pipeline *p, void (*visit)(struct number *x, void *arg),
                          void *arg);

/* Parts of the language that an engine may not do. */
#define FEATURE_TABLE(X)                                                                           \
    X(HEDGE, "hedge")                                                                              \
    X(CACHE, "cache")                                                                              \
    X(BREAKER, "breaker")                                                                          \
    X(RETRY_BUDGET, "retry budget")                                                                \
    X(CLASS_RETRY, "retry for each class")                                                         \
    X(NEXT, "next") /* by probability */                                                           \
    X(WHEN, "next when")                                                                           \
    X(GIVEN, "given")                                                                              \
    X(BANDS, "bands") /* gates with two thresholds */                                              \
    X(THRESHOLD_DIST, "threshold distribution")                                                    \
    X(AUDIT, "audit")                                                                              \
    X(PARALLEL, "parallel")                                                                        \
    X(CALIBRATION, "calibration")                                                                  \
    X(FATIGUE, "fatigue")                                                                          \
    X(RESOURCES, "resources") /* some step has `by`: servers, first come first served */           \
    X(HOURS, "hours")                                                                              \
    X(DISCIPLINE, "discipline") /* not fifo */                                                     \
    X(WAITING_ROOM, "waiting room")                                                                \
    X(PATIENCE, "patience")                                                                        \
    X(RATE_LIMIT, "rate limit")                                                                    \
    X(ENVIRONMENTS, "environments")                                                                \
    X(ARRIVALS, "arrivals")                                                                        \
    X(BATCH_ARRIVALS, "batch arrivals")                                                            \
    X(DEADLINE, "deadline")                                                                        \
    X(FEEDBACK, "feedback")
enum pipeline_feature {
#define X(name, word) FEATURE_##name,
    FEATURE_TABLE(X)
#undef X
        FEATURE_COUNT
};
/* Bit of a feature: FEATURE(HEDGE) | FEATURE(CACHE). */
#define FEATURE(name) (UINT64_C(1) << FEATURE_##name)
/* The feature's word in messages, a literal. */
const char *feature_name(enum pipeline_feature f);
/* The features in use; resources that no step asks for are not. */
uint64_t pipeline_features(const struct pipeline *p);
/* 0 when every feature in use is in `supported`; else ERR_UNSUPPORTED, "file:line:column: not
 * supported yet by <who>: <feature>" and where it is used. */
MUST_CHECK int pipeline_needs(const struct pipeline *p, const char *who, uint64_t supported,
                              struct error *err);

/* Everything that can be wrong with a pipeline as a whole: outcome sums above 1, steps that cannot
 * be reached, loops without a bound, gates without a confidence before them, shares that do not
 * add up.  Adds to `faults`. */
void pipeline_check(const struct pipeline *p, struct faults *faults);
/* Its two halves: the graph, and the sums. */
void pipeline_check_flow(const struct pipeline *p, struct faults *faults);
/* Adds a fault for each sum of outcomes, of states or of shares that cannot be. */
void pipeline_check_numbers(const struct pipeline *p, struct faults *faults);

struct rng_seq;
/* By what the costs of a step that are its own are multiplied in a draw of the parameters (see
 * struct cost_evidence); 1 without evidence. */
double step_cost_factor(const struct step *s, struct rng_seq *rng);
/* Is a cost of the step, which has so many classes, its own, and not one that `given` states? */
bool step_cost_is_own(const struct step *s, uint32_t classes, double cost);
/* A copy of `p` (shallow: shares ids, edges and conditions, so p must outlive it) whose numbers
 * with evidence are replaced by theta[i] for evidence i, everywhere they stand (`given`,
 * environments, ways), and whose distributions with evidence are redrawn by `rng` when it is not
 * NULL.  Release with pipeline_release. */
/* Fills *out, whatever it held, from p and theta[n_evidence]. */
void pipeline_with(const struct pipeline *p, const double *theta, struct rng_seq *rng,
                   struct pipeline *out);
/* The same with all numbers as they are: a copy to change. */
void pipeline_copy(const struct pipeline *p, struct pipeline *out);
/* Calls `change` for every struct numbers that may hold for a step of such a copy, class by class:
 * its own, those of `given`, those of environments. */
void pipeline_change_numbers(struct pipeline *p, uint32_t step,
                             void (*change)(struct numbers *n, void *arg), void *arg);
/* What people cost a second whether items come or not, by their calendars. */
double pipeline_wages(const struct pipeline *p);
/* What fixed prices cost a second. */
double pipeline_fixed_costs(const struct pipeline *p);
/* Posterior means, and one draw, of all evidence: theta[n_evidence]. */
void pipeline_posterior_mean(const struct pipeline *p, double *theta);
/* Draws theta[n_evidence] from the posteriors (Jeffreys), those of one group together. */
void pipeline_posterior_draw(const struct pipeline *p, struct rng_seq *rng, double *theta);

#endif
