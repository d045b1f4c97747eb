/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of scenario_* share: the schema table and the state of one reading.
 *
 * Adding a key: a row in schema_keys (scenario_schema.c).  Where its type reads itself, that is
 * all; else a reader in scenario_read.c or scenario_step.c, named in the row. */
#ifndef SEAM_MODEL_SCENARIO_INTERNAL_H
#define SEAM_MODEL_SCENARIO_INTERNAL_H

#include "base/yaml_read.h"
#include "model/pipeline.h"
#include "model/scenario.h"

/* The maps of the language; a key may stand in several. */
enum place {
    AT_TOP = 1 << 0,
    AT_STAGE = 1 << 1,
    AT_CHECK = 1 << 2,
    AT_GATE = 1 << 3,
    AT_REVIEW = 1 << 4,
    AT_PARALLEL = 1 << 5,
    AT_STEP = AT_STAGE | AT_CHECK | AT_GATE | AT_REVIEW,
    AT_RETRY = 1 << 6,
    AT_BACKOFF = 1 << 7,
    AT_COST = 1 << 8,
    AT_CONFIDENCE = 1 << 9,
    AT_EDGE = 1 << 10,
    AT_CLASS = 1 << 11,
    AT_WORTH = 1 << 12,
    AT_OBJECTIVE = 1 << 13,
};
const char *place_name(enum place place); /* "a stage", "the top of the file" */

enum value_type {
    VALUE_TEXT,
    VALUE_PROBABILITY, /* struct number in IN_NUMBERS and IN_INPUT, double elsewhere */
    VALUE_DURATION,
    VALUE_MONEY,
    VALUE_NUMBER,
    VALUE_COUNT, /* uint32_t */
    VALUE_DIST,  /* of a duration */
    VALUE_SCORE, /* a distribution on [0, 1] */
    VALUE_WORD,  /* an enum: index in `words` */
    VALUE_EDGE,
    VALUE_MAP,   /* of keys of `inner` */
    VALUE_NAMED, /* a map from names to values */
    VALUE_LIST,
    VALUE_ANY, /* kept out of the model */
};

/* Where the value goes; VALUE_MAP without a reader passes its own base on. */
enum slot { IN_NONE, IN_PIPELINE, IN_STEP, IN_NUMBERS, IN_INPUT };

enum {
    KEY_NEEDED = 1,
    KEY_FIRST = 2,       /* read before its siblings, which depend on it */
    KEY_UNSUPPORTED = 4, /* of the language, but not run by this version */
    KEY_OUTCOME = 8,     /* its place is that of the step's outcomes */
};

struct reading;
struct schema_key {
    uint32_t where; /* enum place bits */
    const char *key;
    enum value_type type;
    uint32_t flags;
    enum place inner;         /* VALUE_MAP, and the values of VALUE_NAMED */
    double low, high;         /* inclusive range; both 0: none beyond the type's own */
    const char *const *words; /* VALUE_WORD: NULL-terminated */
    const char *missing;      /* what holds without it; "" when nothing does */
    enum slot slot;
    size_t offset;
    void (*read)(struct reading *r, const struct schema_key *k, const struct yaml_node *value);
    const char *help;
};
enum { SCHEMA_KEYS_MAX = 128 };
extern const struct schema_key schema_keys[];
extern const size_t schema_keys_count;
/* The row of `key` in `place`, NULL when there is none. */
const struct schema_key *schema_find(enum place place, const char *key);
/* The first place that has `key`, 0 when none does. */
enum place schema_place_of(const char *key);

/* One evidence as it is met, before groups are made. */
struct found_evidence {
    struct evidence evidence;
    uint32_t step;        /* UINT32_MAX: the input */
    bool outcome;         /* error, wrong or malformed: may share a group */
    const char *class_id; /* "": serves all classes */
};

struct reading {
    struct yaml *y;
    struct pipeline *p;
    struct faults *faults;
    const struct scenario_options *options;
    struct step *step;             /* being read; NULL outside the flow */
    const char *class_id;          /* being read; "" for all */
    const char *key;               /* being read, for paths */
    struct edge *edge;             /* being read */
    const struct yaml_node *asked; /* the last question to is_per_class, and its answer */
    bool asked_per_class;
    bool broken_flow; /* an edge or a step is missing: its graph cannot be checked */
    VEC(struct found_evidence) evidence;
};

/* A fault at n, or of the --set that wrote n or something in it. */
void fault_at(struct reading *r, const struct yaml_node *n, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* The --set that wrote n or something in it; NULL. */
const char *origin_of(const struct yaml_node *n);
/* The sentence of an error without the place in front of it. */
const char *sentence_of(const struct error *err, const char *file);
/* "not supported yet: what"; inside the flow, its graph is not checked then. */
void unsupported_at(struct reading *r, const struct yaml_node *n, const char *what);
/* "; did you mean `x`?" into a small buffer, or "" when nothing is near. */
const char *did_you_mean(struct reading *r, const struct yaml_node *at, const char *word,
                         const char *const *candidates, size_t n);

/* Reads every key of `map` by the schema of `place`. */
void read_map(struct reading *r, const struct yaml_node *map, enum place place,
              const struct yaml_node *owner);
/* The value for class `c`: that class's entry of a per-class map, else `value`; NULL with a fault
 * when the class has no entry. */
const struct yaml_node *for_class(struct reading *r, const struct yaml_node *value, uint32_t c);
bool is_per_class(struct reading *r, const struct yaml_node *value);

/* scenario_values.c: one value each; -1 with a fault added. */
int value_probability(struct reading *r, const struct yaml_node *n, struct number *out);
int value_share(struct reading *r, const struct yaml_node *n, double *out); /* no evidence */
int value_duration(struct reading *r, const struct yaml_node *n, double *out);
int value_money(struct reading *r, const struct yaml_node *n, double *out);
int value_number(struct reading *r, const struct yaml_node *n, double *out);
int value_count(struct reading *r, const struct yaml_node *n, uint32_t *out);
int value_text(struct reading *r, const struct yaml_node *n, const char **out);
int value_word(struct reading *r, const struct yaml_node *n, const char *const *words, int *out);
bool is_name(const char *s);
/* A scalar, or a fault "`key` is ...". */
int want_scalar(struct reading *r, const struct yaml_node *n, const char *what);
/* scenario_step.c: what holds where a step says nothing. */
void numbers_default(struct numbers *n);
/* scenario_dist.c */
int value_dist(struct reading *r, const struct yaml_node *n, bool score, struct dist *out);
bool is_dist_word(const char *word);

/* scenario_step.c: readers of the table. */
void read_reliability(struct reading *r, const struct schema_key *k, const struct yaml_node *v);
void read_retry_for(struct reading *r, const struct schema_key *k, const struct yaml_node *v);
void read_cost(struct reading *r, const struct schema_key *k, const struct yaml_node *v);
void read_confidence(struct reading *r, const struct schema_key *k, const struct yaml_node *v);
void read_gate_of(struct reading *r, const struct schema_key *k, const struct yaml_node *v);
void read_threshold(struct reading *r, const struct schema_key *k, const struct yaml_node *v);
void read_edge(struct reading *r, const struct schema_key *k, const struct yaml_node *v);
void read_at_most(struct reading *r, const struct schema_key *k, const struct yaml_node *v);
void read_goto(struct reading *r, const struct schema_key *k, const struct yaml_node *v);
void read_then(struct reading *r, const struct schema_key *k, const struct yaml_node *v);
void read_flow(struct reading *r, const struct schema_key *k, const struct yaml_node *v);
/* scenario_read.c */
void read_version(struct reading *r, const struct schema_key *k, const struct yaml_node *v);
void read_classes(struct reading *r, const struct schema_key *k, const struct yaml_node *v);
void read_objective(struct reading *r, const struct schema_key *k, const struct yaml_node *v);
void read_costs(struct reading *r, const struct schema_key *k, const struct yaml_node *v);
void read_worth(struct reading *r, const struct schema_key *k, const struct yaml_node *v);

/* scenario_set.c: applies every --set to the tree; faults carry it as their origin. */
void apply_settings(struct reading *r);

#endif
