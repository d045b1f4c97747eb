/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of a vocabulary: shared by vocabulary.c and vocabulary_*.c, and by nobody else. */
#ifndef SEAM_TRACE_VOCABULARY_PARTS_H
#define SEAM_TRACE_VOCABULARY_PARTS_H

#include "base/buf.h"
#include "base/json_read.h"
#include "trace/named.h"
#include "trace/note.h"
#include "trace/prices.h"
#include "trace/unknown.h"
#include "trace/vocabulary.h"
#include "trace/vocabulary_keys.h"

enum { RANK_USER = 9, RANK_OUTPUT = 1, KINDS_SEEN = 16 };

/* What a call used, where the user tells prices. */
struct usage {
    uint8_t rank_model, rank_input, rank_output; /* 0: not told */
    double input, output;                        /* tokens */
    struct buf model;
};

struct vocabulary {
    const struct log_options *options;
    struct settle *later; /* NULL: nobody settles */
    struct span_set *set;
    struct quality *quality;
    struct named_path stage_by, item_by, task_by, confidence, decision, reviewer, cost;
    struct named_condition failure;
    struct prices prices;
    bool names; /* an option names an attribute */
    struct unknown unknown;
    struct json_reader *json;
    struct arena arena;          /* of texts taken from options */
    struct vocabulary_key *seen; /* [SEEN_KEYS + 1] by seen_place; last: a key too long for that */
    struct vocabulary_key kinds[KINDS_SEEN]; /* words for kinds; row: the kind, tells: it is one */
    /* the open span */
    struct span span;
    bool failed, interrupted, in_event;
    int outcome; /* enum outcome, as a run of this program tells it; -1 */
    uint8_t rank_kind, rank_node, rank_session, rank_score, rank_decision, rank_threshold;
    uint8_t rank_cost, rank_reviewer;
    struct usage usage;
    double event_score;
    bool event_score_named;
    struct buf error_text, scratch, documents, reviewer_text;
    struct notes notes;
    uint32_t link_trace; /* SPAN_NONE: no link */
    uint64_t link_span, response;
};

/* A score of this rank for the open span, unless one of a higher rank was told. */
void vocabulary_score(struct vocabulary *v, uint8_t rank, double x);
/* A cost of this rank likewise; `adding`: of costs of one rank those told one after another add up.
 */
void vocabulary_cost(struct vocabulary *v, uint8_t rank, bool adding, double x);
/* Takes in what a failure says of itself: len bytes, some lines. */
void vocabulary_error_text(struct vocabulary *v, const char *s, size_t len);

/* The first text of a rank for one of the open span's fields, unless it has one of a higher rank;
 * *rank_now is the rank of what *field holds. */
void vocabulary_put_text(struct vocabulary *v, uint8_t *rank_now, uint8_t rank, uint32_t *field,
                         const struct attribute *a);
/* Who reviewed it, likewise. */
void vocabulary_put_reviewer(struct vocabulary *v, uint8_t rank, const struct attribute *a);

/* vocabulary_value.c: a number, from numbers and from text that is one. */
bool vocabulary_number(struct vocabulary *v, const struct attribute *a, double *out);
/* The value as text, in v->scratch unless it is text already. */
void vocabulary_text(struct vocabulary *v, const struct attribute *a, const char **s, size_t *len);
/* The value as a text of the set; SPAN_NONE when it is empty. */
uint32_t vocabulary_intern(struct vocabulary *v, const struct attribute *a);
/* JSON inside a text; false when there is none.  *root holds until the next one is read. */
bool vocabulary_json(struct vocabulary *v, const struct attribute *a, struct json *root);

/* vocabulary_named.c: does an option name this key? */
bool vocabulary_is_named(const struct vocabulary *v, const char *key, size_t len);
/* What an attribute says that an option names. */
void vocabulary_apply_named(struct vocabulary *v, const struct attribute *a);

#endif
