/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of scenario_* share: the schema table and the state of one reading.
 *
 * Adding a key: a row in schema_keys (scenario_schema.c).  Where its type reads itself, that is
 * all; else a reader in the file of its subject, named in the row. */
#ifndef SEAM_MODEL_SCENARIO_INTERNAL_H
#define SEAM_MODEL_SCENARIO_INTERNAL_H

#include "base/csv_read.h"
#include "base/yaml_read.h"
#include "model/pipeline.h"
#include "model/scenario.h"

/* The maps of the language; a key may stand in several. */
#define PLACE_TABLE(X)                                                                             \
    X(TOP, "the top of the file")                                                                  \
    X(STAGE, "a stage")                                                                            \
    X(CHECK, "a check")                                                                            \
    X(GATE, "a gate")                                                                              \
    X(REVIEW, "a review")                                                                          \
    X(PARALLEL, "a parallel")                                                                      \
    X(RETRY, "retry")                                                                              \
    X(BACKOFF, "backoff")                                                                          \
    X(COST, "cost")                                                                                \
    X(CONFIDENCE, "confidence")                                                                    \
    X(EDGE, "an edge")                                                                             \
    X(CLASS, "a class")                                                                            \
    X(WORTH, "worth")                                                                              \
    X(OBJECTIVE, "the objective")                                                                  \
    X(WAY, "an edge of next")                                                                      \
    X(HEDGE, "hedge")                                                                              \
    X(CACHE, "cache")                                                                              \
    X(BREAKER, "breaker")                                                                          \
    X(AUDIT, "audit")                                                                              \
    X(FATIGUE, "fatigue")                                                                          \
    X(RESOURCE, "a resource")                                                                      \
    X(ARRIVALS, "arrivals")                                                                        \
    X(SCHEDULE, "a row of schedule")                                                               \
    X(DAILY, "daily")                                                                              \
    X(HORIZON, "the horizon")                                                                      \
    X(STATE, "a state of an environment")                                                          \
    X(FEEDBACK, "feedback")                                                                        \
    X(LEARN, "an entry of learns")                                                                 \
    X(LEARNT, "what is learnt")                                                                    \
    X(POWER_LAW, "power_law")
enum place_index {
#define X(name, words) PLACE_##name,
    PLACE_TABLE(X)
#undef X
        PLACE_COUNT
};
enum place {
#define X(name, words) AT_##name = 1 << PLACE_##name,
    PLACE_TABLE(X)
#undef X
        AT_STEP = AT_STAGE | AT_CHECK | AT_GATE | AT_REVIEW, /* what makes attempts */
};
const char *place_name(enum place place); /* "a stage", "the top of the file" */

enum value_type {
    VALUE_TEXT,
    VALUE_PROBABILITY, /* struct number in IN_NUMBERS and IN_INPUT, double elsewhere */
    VALUE_DURATION,
    VALUE_RATE, /* per second */
    VALUE_MONEY,
    VALUE_NUMBER,
    VALUE_COUNT, /* uint32_t */
    VALUE_DIST,  /* of a duration */
    VALUE_SCORE, /* a distribution on [0, 1] */
    VALUE_SIZE,  /* a distribution of plain numbers */
    VALUE_WORD,  /* an enum: index in `words` */
    VALUE_CLOCK, /* second of the day, or with a day's name of the week */
    VALUE_HOURS,
    VALUE_EDGE,
    VALUE_MAP,   /* of keys of `inner` */
    VALUE_NAMED, /* a map from names to maps of keys of `inner`, or to values */
    VALUE_LIST,  /* of maps of keys of `inner`, or of values */
    VALUE_ANY,   /* whatever its reader takes */
};

/* Where the value goes; VALUE_MAP without a reader passes its own base on. */
enum slot {
    IN_NONE,
    IN_PIPELINE,
    IN_STEP,
    IN_NUMBERS, /* for each class, here and in the next two */
    IN_INPUT,
    IN_RETRY,
    IN_CLASS,
    IN_RESOURCE,
    IN_LEARN,
};

enum {
    KEY_NEEDED = 1,
    KEY_FIRST = 2,    /* read before its siblings, which depend on it */
    KEY_LAST = 4,     /* read after its siblings, on which it depends */
    KEY_OUTCOME = 8,  /* its place is that of the step's outcomes */
    KEY_CHANGES = 16, /* `given` and environments may change it */
};

struct reading;
struct schema_key {
    uint32_t where; /* enum place bits */
    const char *key;
    enum value_type type;
    uint32_t flags;
    enum place inner;         /* VALUE_MAP, and the values of VALUE_NAMED and VALUE_LIST */
    double low, high;         /* inclusive range; both 0: none beyond the type's own */
    const char *const *words; /* VALUE_WORD: NULL-terminated; other types: words allowed besides */
    const char *missing;      /* what holds without it; "" when nothing does */
    enum slot slot;
    size_t offset;
    void (*read)(struct reading *r, const struct schema_key *k, const struct yaml_node *value);
    const char *help;
};
enum { SCHEMA_KEYS_MAX = 192 };
extern const struct schema_key schema_keys[];
extern const size_t schema_keys_count;
/* The row of `key` in `place`, NULL when there is none. */
const struct schema_key *schema_find(enum place place, const char *key);
/* The first place that has `key`, 0 when none does. */
enum place schema_place_of(const char *key);
/* The place of a step of this kind. */
enum place place_of_kind(enum step_kind kind);
/* "stage", "check", ...: the keys that name a step, NULL-terminated. */
extern const char *const step_words[];
extern const char *const calibration_words[];

/* One evidence as it is met, before groups are made. */
enum evidence_group { GROUP_NONE, GROUP_OUTCOME, GROUP_WAY };
struct found_evidence {
    struct evidence evidence;
    uint32_t block;            /* of the file: a step, a state; found one after another */
    uint32_t scope;            /* which map of numbers it was found in, within the block */
    enum evidence_group group; /* those of one scope and n share a posterior */
    const char *class_id;      /* "": serves all classes */
};

/* A file that was included. */
struct included {
    const char *file, *text;
};

struct reading {
    struct yaml *y;
    struct pipeline *p;
    struct faults *faults;
    const struct scenario_options *options;
    struct step *step;             /* being read; NULL outside the flow */
    struct numbers *numbers;       /* [n_classes] being read */
    uint32_t *set;                 /* NULL, or the fields of `numbers` that are stated */
    struct retry *retry;           /* [n_classes] of the step */
    struct class_def *class;       /* being read */
    struct resource *resource;     /* being read */
    struct learn *learn;           /* being read */
    const char *class_id;          /* being read; "" for all */
    const char *key;               /* being read, for sentences */
    const char *path;              /* of the map being read: "flow.draft" */
    uint32_t block, scope, scopes; /* where evidence is found; the scopes so far */
    struct edge *edge;             /* being read */
    const struct yaml_node *asked; /* the last question to is_per_class, and its answer */
    bool asked_per_class;
    bool broken_flow; /* an edge or a step is missing: its graph cannot be checked */
    VEC(struct found_evidence) evidence;
    VEC(struct included) included;
    struct buf data; /* what names the files of data that were read, for the scenario's hash */
};

/* A fault at n, or of the --set that wrote n or something in it. */
void fault_at(struct reading *r, const struct yaml_node *n, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* The --set that wrote n or something in it; NULL. */
const char *origin_of(const struct yaml_node *n);
/* The sentence of an error without the place in front of it. */
const char *sentence_of(const struct error *err, const char *file);
/* "; did you mean `x`?" into a small buffer, or "" when nothing is near. */
const char *did_you_mean(struct reading *r, const struct yaml_node *at, const char *word,
                         const char *const *candidates, size_t n);
/* The first fault as the error; always -1. */
int scenario_fail_with(const struct faults *faults, const char *file, struct error *err);
/* Faults so far. */
uint64_t fault_count(const struct reading *r);

/* scenario_map.c: every key of `map` by the schema of `place`. */
void read_map(struct reading *r, const struct yaml_node *map, enum place place,
              const struct yaml_node *owner);
/* One value by its row of the schema, with r->key set meanwhile; faults are added. */
void read_key(struct reading *r, const struct schema_key *k, const struct yaml_node *key,
              const struct yaml_node *value);
/* A value that may be given per class into at(c) = first + c * stride. */
void read_classes_of(struct reading *r, const struct schema_key *k, const struct yaml_node *value,
                     void *first, size_t stride);
/* The value for class `c`: that class's entry of a per-class map, else `value`; NULL with a fault
 * when the class has no entry. */
const struct yaml_node *for_class(struct reading *r, const struct yaml_node *value, uint32_t c);
/* Is the value a map with an entry for a named class? */
bool is_per_class(struct reading *r, const struct yaml_node *value);
/* Enters the part `name` of the path; the old one is returned, to be put back. */
const char *enter_path(struct reading *r, const char *name);
/* Enters a map of numbers of its own; the old scope is returned, to be put back. */
uint32_t enter_scope(struct reading *r);

/* scenario_values.c: one value each; -1 with a fault added. */
int value_probability(struct reading *r, const struct yaml_node *n, struct number *out);
int value_share(struct reading *r, const struct yaml_node *n, double *out); /* no evidence */
int value_duration(struct reading *r, const struct yaml_node *n, double *out);
/* A rate per second, not negative; with a sign of money it must be the pipeline's currency. */
int value_rate(struct reading *r, const struct yaml_node *n, double *out);
/* An amount of money in the pipeline's currency. */
int value_money(struct reading *r, const struct yaml_node *n, double *out);
/* A plain number. */
int value_number(struct reading *r, const struct yaml_node *n, double *out);
/* A whole number from 0 to UINT32_MAX - 2. */
int value_count(struct reading *r, const struct yaml_node *n, uint32_t *out);
/* A scalar as text, copied into the pipeline's arena. */
int value_text(struct reading *r, const struct yaml_node *n, const char **out);
/* *out is the index in words, which end with NULL. */
int value_word(struct reading *r, const struct yaml_node *n, const char *const *words, int *out);
/* 1 to 100 ASCII letters, digits, `_` and `-`? */
bool is_name(const char *s);
/* A name of a map's entry: well formed, else a fault. */
bool want_name(struct reading *r, const struct yaml_node *n);
/* A scalar, or a fault "`key` is ...". */
int want_scalar(struct reading *r, const struct yaml_node *n, const char *what);
/* A map that is not empty, or -1 with a fault "`key` is a map from ...". */
int want_map(struct reading *r, const struct yaml_node *n, const char *what);
/* A list that is not empty, or -1 with a fault. */
int want_list(struct reading *r, const struct yaml_node *n, const char *key);

/* scenario_clock.c */
int value_clock(struct reading *r, const struct yaml_node *n, double *out);
/* "mon-fri 09:00-18:00" or a list of such into sorted openings that do not touch. */
int value_hours(struct reading *r, const struct yaml_node *n, const struct opening **out,
                uint32_t *n_out);
/* The intervals from "mon-fri 09:00" to "18:00"; at most SPANS_MAX of them. */
enum { SPANS_MAX = 16 };
/* Openings in s from Monday 00:00 into out[SPANS_MAX], *n_out of them; -1 with a fault. */
int value_span(struct reading *r, const struct yaml_node *from, const struct yaml_node *to,
               struct opening *out, uint32_t *n_out);

/* scenario_dist.c */
enum quantity { QUANTITY_TIME, QUANTITY_SCORE, QUANTITY_PLAIN };
/* A distribution of no negative values, of a score within [0, 1]; -1 with a fault. */
int value_dist(struct reading *r, const struct yaml_node *n, enum quantity q, struct dist *out);
/* Does the word name a form of distribution or a list of values? */
bool is_dist_word(const char *word);
/* Empirical, from values in any order; weights may be NULL. */
void dist_of_values(struct reading *r, const double *values, const double *weights, size_t n,
                    struct dist *out);
/* scenario_data.c: a CSV beside the scenario; csv_release and buf_release. */
int read_data_csv(struct reading *r, const struct yaml_node *name, struct buf *text,
                  struct csv *out);
/* The index of the column called `name`, -1 with a fault at n. */
int want_column(struct reading *r, const struct yaml_node *n, const struct csv *csv,
                const char *name);
/* A column of durations (plain numbers are seconds), confidences or plain numbers, heap; NULL with
 * a fault. */
double *read_data_column(struct reading *r, const struct yaml_node *file,
                         const struct yaml_node *column, enum quantity q, size_t *n);
/* Puts the step lists of `include` in their places. */
void expand_includes(struct reading *r);

/* scenario_when.c: a condition, NULL with a fault. */
const struct condition *value_condition(struct reading *r, const struct yaml_node *n);
/* The step called `name`, -1 with a fault at n. */
int32_t want_step(struct reading *r, const struct yaml_node *n, const char *name);

/* What holds where a step says nothing. */
void numbers_default(struct numbers *n);

/* Readers of the table, in the file of their subject. */
#define READER(name)                                                                               \
    void name(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
/* scenario_step.c */
READER(read_reliability);
READER(read_retry);
READER(read_retry_for);
READER(read_retry_budget);
READER(read_cost);
READER(read_confidence);
READER(read_labels);
READER(read_calibration);
READER(read_threshold);
READER(read_audit);
READER(read_audit_by);
READER(read_hedge);
READER(read_cache);
READER(read_fatigue);
READER(read_fatigue_sensitivity);
READER(read_by);
/* scenario_exec.c */
READER(read_exec);
/* scenario_edge.c */
READER(read_gate_of);
READER(read_edge);
READER(read_at_most);
READER(read_goto);
READER(read_then);
READER(read_next);
/* scenario_flow.c */
READER(read_flow);
READER(read_parallel_part);
/* scenario_change.c */
READER(read_given);
READER(read_environments);
/* scenario_read.c */
READER(read_version);
READER(read_classes);
READER(read_objective);
READER(read_costs);
READER(read_worth);
READER(read_include);
/* scenario_time.c */
READER(read_deadline);
READER(read_arrivals);
READER(read_schedule);
READER(read_instants);
READER(read_batch);
READER(read_horizon);
/* scenario_world.c */
READER(read_resources);
READER(read_hours);
READER(read_patience);
READER(read_feedback);
READER(read_feedback_labels);
READER(read_learns);
READER(read_learn_step);
#undef READER
/* What the parts say of each other, once all are read. */
void check_parts(struct reading *r);

/* scenario_set.c: applies every --set to the tree; faults carry it as their origin. */
void apply_settings(struct reading *r);

#endif
