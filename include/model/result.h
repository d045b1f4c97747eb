/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one shape that every command fills: metrics, rows, curves, an answer, data quality.
 *
 * JSON, CSV, terminal tables, pages and the store are all drawn from this struct.  It lives in one
 * arena; strings handed to the result_* functions are copied.  Units: seconds, probabilities in
 * [0, 1], one currency, counts. */
#ifndef SEAM_MODEL_RESULT_H
#define SEAM_MODEL_RESULT_H

#include "base/buf.h"
#include "base/error.h"
#include "base/units.h"
#include <stdbool.h>
#include <stdint.h>

enum verdict { VERDICT_NONE, VERDICT_PASS, VERDICT_FAIL, VERDICT_NOT_SHOWN, VERDICT_INFEASIBLE };
const char *verdict_name(enum verdict v); /* "pass" "fail" "not shown" "infeasible" */

/* An exact value has low = high = value.  NaN low: no interval (counts of rows of names, data).
 * Under evidence the variance of the estimate is sd_sampling^2 + sd_parameters^2. */
struct metric {
    const char *name;
    double value, low, high;
    double sd_sampling;   /* of as many trials as the interval is for; 0: none, or not told apart */
    double sd_parameters; /* of what the evidence leaves open; 0: none */
    double level;         /* 0: exact or a count */
    uint64_t n;           /* what the estimate rests on; 0: not said */
    const char *unit;     /* "1", "s", "$", "count", "time": an instant, seconds since 1970 */
    const char *target;   /* NULL, or "at least 95%" */
    enum verdict verdict;
};
struct metrics {
    VEC(struct metric) list;
};

/* A stage, resource, environment, layer, class or span name, with its metrics. */
struct row {
    const char *id;
    const char *name;  /* stages: as people call it, where the id does not tell; NULL */
    const char *layer; /* stages */
    const char *kind;  /* stages: "stage", "gate", ... */
    struct metrics metrics;
};
struct edge_row {
    const char *from, *to;
    uint64_t count;
    struct metrics metrics;
};
struct point {
    double x, y, low, high; /* NaN: absent */
    const char *at;         /* NULL, or "threshold=0.8" */
};
struct curve {
    const char *id, *x, *y; /* id: one of the names in the interface, such as "frontier" */
    const char *resource;   /* NULL */
    VEC(struct point) points;
};
/* What a number of the scenario does to a metric. */
struct sensitivity {
    const char *parameter, *metric;
    double value, low, high; /* the derivative per inside unit; NaN: not known */
    double at;               /* the parameter's own value; NaN: not known */
    bool probability;        /* it is one */
    bool shared;             /* the number rests on evidence, and its share is known: */
    double variance_share, variance_share_low, variance_share_high; /* of sd_parameters^2 */
};
/* What was expected, and what came: of the rest of a log by a fit to its first part (backtest), or
 * under another policy beside what the system did (replay). */
enum coverage { COVERAGE_UNKNOWN, COVERAGE_YES, COVERAGE_NO };
struct prediction {
    const char *stage; /* whose metric it is; NULL: the whole's */
    const char *metric;
    double value, low, high;          /* expected; value NaN: low and high are all that is known */
    double level;                     /* of the interval; 0: bounds */
    double seen, seen_low, seen_high; /* seen NaN: only its bounds are known */
    enum coverage covered;            /* does the interval hold what was seen? */
    uint64_t windows, scored, held;   /* windows of time, those of which enough is known to say, and
                                         those whose interval held; 0: none */
    double width, score;              /* means over the scored windows of the interval's width, and
                                         of its score (Gneiting and Raftery 2007, 6.2); NaN */
};
/* One number by four ways: the scenario solved and simulated, the run, and the run's traces. */
#define VIEW_TABLE(X)                                                                              \
    X(EXACT, "exact")                                                                              \
    X(SIMULATED, "simulated") X(EXECUTED, "executed") X(REPLAYED, "replayed")
enum view_way {
#define X(name, word) VIEW_##name,
    VIEW_TABLE(X)
#undef X
        VIEW_COUNT
};
/* The way's word, a literal. */
const char *view_name(enum view_way v);
struct view_value {
    double value, low, high; /* NaN: it has none */
};
struct side_by_side {
    const char *stage; /* NULL: of all items */
    const char *metric;
    struct view_value view[VIEW_COUNT];
    double difference, low, high; /* executed less exact, or less simulated where that is not known;
                                     NaN */
    const char *why;              /* NULL, or why a way has no value */
};
struct answer_setting {
    const char *path; /* "flow.confident.threshold" */
    double value;     /* inside units */
};
/* Other settings that meet the targets and are not shown to be worse: no clear winner. */
struct answer_rival {
    const char *at, *metric;      /* "confident.threshold=0.8, editors.servers=3"; of the goal */
    double difference, low, high; /* the rival's less the answer's; with its interval */
};
struct answer {
    bool present;
    double threshold, bound, level; /* NaN: absent */
    double threshold_shown;         /* of fewer digits, deciding the same of all labels; 0: none */
    uint64_t m, k, tests, labels_needed;
    double review_load, risk_value, best_attainable; /* NaN: absent */
    const char *parameter;                           /* NULL, or the path that was sized */
    const char *method, *risk, *population, *ending; /* NULL: JSON null */
    const char *sentence;                            /* the answer in plain words */
    const char *choice;                    /* NULL, or the alternative that `seam compare` names */
    const struct answer_setting *settings; /* [n_settings], in the result's arena */
    size_t n_settings;
    const struct answer_rival *rivals; /* [n_rivals], in the result's arena */
    size_t n_rivals;
};
struct data_place {
    const char *kind, *place;
};
struct data_quality {
    bool present;
    const char *format, *percentiles;
    uint64_t records, spans, duplicates, traces, items, roots, orphans, cycles, errors, interrupts,
        no_duration, negative_duration, unreadable, unknown_attributes;
    uint64_t kept_traces,
        kept_spans; /* of a log of which a sample was kept; 0: it was read whole */
    VEC(struct data_place) places;
};
struct run_info {
    bool present;
    const char *method, *engine, *version, *covers;
    uint64_t seed, trials;
    uint32_t threads;
    double elapsed_s;
    bool partial;
    int64_t kept; /* its number in the store, where it was given one before its end; 0: none */
};
enum passed { PASSED_NULL, PASSED_FALSE, PASSED_TRUE };

struct result {
    struct arena arena;
    const char *command;
    enum passed passed;
    const char *scenario_name, *scenario_file, *scenario_sha256; /* NULL: absent */
    const char *currency;
    struct run_info run;
    struct metrics metrics;
    VEC(struct row) stages, resources, environments, layers, classes, names;
    VEC(struct row) reviewers;  /* kind "reviewer", "pair" ("ann, bob") or "all" */
    VEC(struct row) objectives; /* id as written */
    VEC(struct row) windows;    /* id the objective, kind why it is shown */
    VEC(struct row) changes;    /* of drift: id a stage or "" for all items, kind the metric */
    VEC(struct row)
    alternatives;                /* of compare: id its name, kind its file; layers have its name as
                                    their kind */
    VEC(struct row) differences; /* the same less the first of them */
    VEC(struct row) plan; /* of labels to come: kind "labels", "audit", "pilot", "design", ... */
    VEC(struct edge_row) edges;
    VEC(struct curve) curves;
    VEC(struct sensitivity) sensitivities;
    VEC(struct prediction) predictions;
    VEC(struct side_by_side) compared; /* those of a stage side by side */
    struct answer answer;
    struct data_quality data;
    VEC(const char *) assumptions, warnings;
};

/* An empty result of a command, whose name is copied; the caller releases. */
void result_init(struct result *r, const char *command);
/* Frees the rows, the curves and the texts of the result. */
void result_release(struct result *r);
/* A formatted text in the result's arena: good until result_release. */
const char *result_text(struct result *r, const char *format, ...) PRINTF_LIKE(2, 3);
/* "12,002", for a sentence. */
const char *result_count(struct result *r, uint64_t n);
/* Adds a formatted warning, unless the same text stands there already. */
void result_warn(struct result *r, const char *format, ...) PRINTF_LIKE(2, 3);
/* Adds a formatted assumption. */
void result_assume(struct result *r, const char *format, ...) PRINTF_LIKE(2, 3);

/* Adds a metric.  `name` and `unit` are kept, not copied: literals, or texts of the result's arena
 * (result_text).  The pointer is good until the next metric is added. */
struct metric *metrics_add(struct metrics *m, const char *name, double value, double low,
                           double high, double level, uint64_t n, const char *unit);
/* A metric without an interval, see metrics_add: low and high are the value. */
struct metric *metrics_add_exact(struct metrics *m, const char *name, double value,
                                 const char *unit);
/* A count: no interval. */
struct metric *metrics_add_count(struct metrics *m, const char *name, uint64_t count);
const struct metric *metrics_find(const struct metrics *m, const char *name); /* NULL */
/* *after less *before, two independent estimates, named and measured like *after.  The halves of
 * its interval are the roots of the summed squares of theirs: the method of variance estimates
 * recovery (G. Y. Zou and A. Donner, Statistics in Medicine 27, 2008; Newcombe's interval of
 * proportions is a case of it).  Exact when both are. */
struct metric metric_difference(const struct metric *before, const struct metric *after);
/* The same of two estimates with this correlation, which takes twice the product of the halves away
 * under the root (G. Y. Zou, Psychological Methods 12, 2007); where the one drags the other along,
 * both are taken on the same side, so that nothing is left of the difference of one and itself. */
struct metric metric_difference_of(const struct metric *before, const struct metric *after,
                                   double correlation);
/* The table of metric names: unit, one line of help and whose it is; NULL for an unknown name.
 * Targets are set on METRIC_TOP ones, and on METRIC_RESOURCE ones of all resources that have it. */
enum metric_scope {
    METRIC_TOP,
    METRIC_STAGE,
    METRIC_RESOURCE,
    METRIC_ENVIRONMENT,
    METRIC_LAYER,
    METRIC_EDGE,
    METRIC_NAME,
    METRIC_CHANGE,
    METRIC_PLAN,
    METRIC_OBJECTIVE,
    METRIC_REVIEWER
};
struct metric_def {
    const char *name, *unit, *help;
    enum metric_scope scope;
    bool share; /* a probability or a difference of two: shown as a percentage */
};
/* The definition of a metric by its name; NULL when there is none. */
const struct metric_def *metric_def(const char *name);
/* The number of a target or a width in the metric's own unit: a share as 3% or 0.03, a time with
 * its unit.  ERR_USAGE with a sentence without a place, as units.h has it. */
MUST_CHECK int metric_value(const struct metric_def *def, const char *text, double *out,
                            struct error *err);
extern const struct metric_def metric_defs[];
extern const size_t metric_defs_count;

/* Adds and returns a row of a list, e.g. result_row(r, &r->stages ...). */
#define result_add_row(r, list, row_id)                                                            \
    (vec_push(&(r)->list, ((struct row){.id = arena_strdup(&(r)->arena, (row_id))})),              \
     &(r)->list.at[(r)->list.len - 1])
/* The row of a parameter and a metric, which are copied when it is new (its value is then NaN).
 * Rows with a share are put first, and only those are looked through.  The pointer is good until
 * the next is added. */
struct sensitivity *result_sensitivity(struct result *r, const char *parameter, const char *metric);
/* Adds an empty curve, with its texts copied; the pointer is good until the next is added. */
/* What people call it: its name, or its id where it has none. */
static inline const char *row_called(const struct row *row)
{
    return row->name ? row->name : row->id;
}
struct step;
/* The row of a step, without metrics. */
struct row *result_add_stage(struct result *r, const struct step *s);
struct curve *result_add_curve(struct result *r, const char *id, const char *x, const char *y);
const struct curve *result_curve(const struct result *r, const char *id); /* first; NULL */
const struct row *result_stage(const struct result *r, const char *id);   /* NULL */

/* The counts of data_quality by their JSON names, in the order of the interface. */
struct data_count {
    const char *name, *words; /* "no_duration", "spans without a duration" */
    size_t offset;
    bool rare; /* shown where it is not 0 */
};
/* The table of all *n counts, which is static. */
const struct data_count *data_counts(size_t *n);
/* The count in d that c names. */
uint64_t data_count_get(const struct data_quality *d, const struct data_count *c);
/* Sets the count in d that c names to n. */
void data_count_set(struct data_quality *d, const struct data_count *c, uint64_t n);

/* Holds metrics against targets: pass when the whole interval meets it, fail when the whole
 * interval misses it, else not shown (with a warning that says what would show it); a metric that
 * the result lacks is a warning.  `least` and `most` get no verdict.  Sets r->passed: true when all
 * pass, false otherwise, untouched without targets.  A verdict that stands already (infeasible) is
 * kept when it is the worse one. */
struct target;
/* Sets the verdicts of the metrics that targets[n] name, and r->passed, as said above. */
void result_judge(struct result *r, const struct target *targets, uint32_t n);
/* The same of the metrics of one row, which warnings call `owner`. */
void result_judge_row(struct result *r, struct metrics *metrics, const char *owner,
                      const struct target *targets, uint32_t n);

/* {"schema": "seam.result/1", ...}; parts with nothing to say are left out. */
void result_write_json(const struct result *r, struct buf *out);
/* Reads it back.  0: the caller releases *out.  ERR_INPUT names `file`; *out is then empty. */
MUST_CHECK int result_read_json(const char *file, const char *text, size_t len, struct result *out,
                                struct error *err);

#endif
