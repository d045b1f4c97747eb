/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of a tally, shared by tally.c and the files of observe.h, and by nobody else. */
#ifndef SEAM_TRACE_TALLY_PARTS_H
#define SEAM_TRACE_TALLY_PARTS_H

#include "math/agreement.h"
#include "math/values.h"
#include "model/rules.h"
#include "trace/observe.h"
#include "trace/tally.h"

/* A whole number of each item: sums of them and of their squares. */
struct tally_sums {
    uint64_t n, sum; /* n items in which it is not 0 */
    unsigned __int128 squares;
};
/* Counts one item's number. */
static inline void tally_sums_add(struct tally_sums *s, uint64_t x)
{
    s->n += x > 0;
    s->sum += x;
    s->squares += (unsigned __int128)x * x;
}

struct tally_items {
    uint64_t items, end[LOG_END_COUNT], correct, wrong, unknown, reviewed, labelled;
    uint64_t auto_shipped, auto_wrong, auto_unknown, reviewed_known, reviewed_bad;
    uint64_t draft_known, draft_bad;
    struct values shipped_s, all_s;
    struct tally_sums visits, reviews;
};

/* Sums over items of seconds on the critical path: y of a stage, x of all. */
struct tally_path {
    double y, yy, xy;
};
struct tally_paths {
    double x, xx;
    uint64_t n;
};

struct tally_stage {
    uint64_t attempts, answers, outcome[OUTCOME_COUNT];        /* answers: without cancelled ones */
    uint64_t visits, ok, first_ok, retried, retried_ok, again; /* again: more than one attempt */
    uint64_t cut;                                              /* visits that did not end */
    uint64_t approved, corrected, rejected;                    /* of a review's visits */
    uint64_t ends[LOG_END_COUNT]; /* items that end here, by enum log_end */
    struct values attempt_s, visit_s;
    struct tally_sums visits_of, attempts_of; /* of items */
    struct tally_path path;
    double cost, cost2; /* of items, and their squares */
    bool costed;        /* some visit tells a cost */
};

/* Costs of items: of those that tell one, and sums over all, in which the others count with 0. */
struct tally_costs {
    struct values told;
    double sum, squares, of_correct;
};

struct tally_name {
    uint32_t text; /* id in names.text */
    uint64_t first;
    uint64_t spans, errors, scored;
    double confidence; /* sum */
    struct values s;
};
struct tally_names {
    struct intern text;
    VEC(struct tally_name) rows;
    uint64_t batches, left_out; /* spans of names beyond TALLY_NAMES_MAX */
};
enum { TALLY_NAMES_MAX = 65536, TALLY_TASKS_MAX = 1 << 18, TALLY_ROWS_MAX = 1000000 };

struct flow_event {
    int64_t at_ns;
    int64_t step; /* that many more wait */
};
/* Arrivals at the review and ends there: each while they are few, else by slices of time. */
struct tally_flow {
    VEC(struct flow_event) events;
    struct flow_slices *slices;   /* NULL: all events are kept */
    int64_t first_ns, last_ns;    /* of the log */
    int64_t opened_ns, closed_ns; /* first and last arrival */
    uint64_t came, done;
};

/* Items with a confidence: all of them, or evenly every `stride`-th. */
enum tally_mark { TALLY_REVIEWED = 1, TALLY_GOOD = 2, TALLY_BAD = 4 };
struct tally_scores {
    VEC(double) confidence;
    VEC(uint8_t) mark;
    uint64_t seen, stride;
};

struct tally_task {
    uint64_t runs, right;
};
struct tally_tasks {
    struct intern text;
    VEC(struct tally_task) list; /* by id of its text */
    uint64_t unknown, left_out;  /* runs: of unknown truth; of tasks beyond TALLY_TASKS_MAX */
};

struct tally_reviewer {
    uint64_t reviews, said, rejected, corrected; /* said: with a verdict */
    uint64_t bad, caught, good, passed;          /* of drafts whose truth is known */
    uint64_t pairs, alike;                       /* with others who judged the same draft */
};
/* Two people, the one with the smaller number first. */
struct tally_couple {
    uint32_t a, b;
    uint64_t cell[2][2]; /* drafts that a and b let pass (1) or not (0) */
};
/* A review that took time. */
struct tally_timed {
    uint32_t who;
    int64_t asked_ns, decided_ns;
};
struct tally_reviewers {
    struct intern names, keys; /* of people; of couples */
    VEC(struct tally_reviewer) list;
    VEC(struct tally_couple) couples;
    VEC(struct judged) drafts;
    VEC(struct tally_timed) times;
    uint64_t left_out; /* votes of people, or drafts of couples, beyond what is kept */
    bool untimed;      /* times of more reviews than are kept */
};
enum { TALLY_REVIEWERS_MAX = 4096, TALLY_COUPLES_MAX = 16384 };

struct tally {
    size_t room;
    bool exact;
    uint32_t threads;
    struct tally_items items;
    VEC(struct tally_stage) stages;
    VEC(struct log_edge) edges; /* by from, then to */
    VEC(struct log_pair) pairs;
    struct tally_paths paths;
    struct tally_costs costs;
    struct tally_flow flow;
    struct tally_scores scores;
    struct tally_names names;
    struct tally_tasks tasks;
    struct tally_reviewers reviewers;
};

/* ---- counting: by the parts' own files ---------------------------------------------------- */

/* Visits by stage, each stage's by item: at[first[stage] ... first[stage + 1]). */
struct by_stage {
    uint32_t *first, *at;
};
/* The caller frees both arrays with mem_free. */
void tally_stages_sort(const struct trace_log *log, struct by_stage *out);
/* Counts the visits of one stage, in the order of the items. */
void tally_stage_add(struct tally *t, const struct trace_log *log, const struct by_stage *order,
                     uint32_t stage);
/* Spans by name: those of a group are at[first ... first + n). */
struct name_group {
    size_t first, n;
    uint32_t row; /* of names.rows */
};
struct by_name {
    uint32_t *at;
    VEC(struct name_group) groups;
};
/* Gives every name of the batch a row; the caller frees *out. */
void tally_names_sort(struct tally_names *t, const struct trace_log *log, struct by_name *out);
/* Counts the spans of one group. */
void tally_name_add(struct tally_names *t, const struct trace_log *log, const struct by_name *order,
                    size_t group);
/* Counts the critical paths of the items. */
void tally_paths_add(struct tally *t, const struct trace_log *log);
/* Counts what items and visits cost. */
void tally_costs_add(struct tally *t, const struct trace_log *log);
/* Counts who came to the review and who left it, and when. */
void tally_flow_add(struct tally_flow *f, const struct trace_log *log);
/* Puts the events in order of time, those of a slice in its middle. */
void tally_flow_sort(struct tally_flow *f);
/* Frees the events. */
void tally_flow_release(struct tally_flow *f);
/* Keeps confidences at the gate with what is known of the drafts. */
void tally_scores_add(struct tally_scores *s, const struct trace_log *log);
/* Counts runs and right runs of each task. */
void tally_tasks_add(struct tally_tasks *t, const struct trace_log *log);

/* Counts what named people said of drafts. */
void tally_reviewers_add(struct tally_reviewers *t, const struct trace_log *log);
/* Frees the lists. */
void tally_reviewers_release(struct tally_reviewers *t);

/* Puts all in order, before it is told. */
void tally_sort(struct tally *t);

/* ---- telling ------------------------------------------------------------------------------ */

void observe_stages(const struct tally *t, const struct trace_log *log, double level,
                    struct result *out);
/* Calibration and frontier, from at least 10 drafts known right or wrong; after the stages. */
void observe_confidence(const struct tally *t, const struct trace_log *log, double level,
                        struct result *out);
/* Critical paths; the backlog of the review as a resource and a curve; after the stages. */
void observe_flow(const struct tally *t, const struct trace_log *log, double level,
                  struct result *out);
/* A row for each span name, the 1,000 most frequent at most; warns of more. */
void observe_names(const struct tally *t, struct result *out);
/* The cost of items and of their visits of steps, as metrics of the whole and of out->stages;
 * nothing where the log tells none.  Intervals at `level`: Student's of means, order statistics of
 * quantiles, the delta method for the cost of a correct item. */
void observe_costs(const struct tally *t, double level, struct result *out);
/* People, couples of them and all together, where the log names who decided. */
void observe_reviewers(const struct tally *t, double level, struct result *out);
/* pass@k and pass^k, where runs repeat tasks. */
void observe_tasks(const struct tally *t, double level, struct result *out);
/* Mean per item of a whole number over n items, with Student's interval; nothing when n is 0. */
void observe_sums(struct metrics *m, const char *name, const struct tally_sums *s, uint64_t n,
                  double level);
/* Mean and quantiles by nearest rank under names[0..4]: mean, p50, p90, p95, p99, of values in
 * order. */
void observe_values(struct metrics *m, const char *const names[5], const struct values *v,
                    double level);

#endif
