/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Label files: the truth about items of a log, or labelled confidences for a threshold. */
#ifndef SEAM_TRACE_LABELS_H
#define SEAM_TRACE_LABELS_H

#include "math/calibration.h"
#include "trace/log.h"

/* Columns `item` (a trace id of the item, or its item id), `correct` (of the draft at the gate)
 * and `shipped_correct` (of what left); one of the two may be missing, and cells may be empty.
 * Values: 0, 1, true, false.  `weight`: 1 / probability of its audit, 1 or more.  Items that the
 * log does not hold are passed over.  ERR_INPUT with file:line; also when two rows contradict each
 * other or no label fits the log. */
MUST_CHECK int log_labels(struct trace_log *log, const char *labels_path, struct error *err);

/* The same in steps, for a log whose items come in batches.  Read: the caller frees *out, also
 * after an error.  Put: labels the items there are.  Check: ERR_INPUT when no label fitted. */
struct item_labels;
MUST_CHECK int item_labels_read(const char *path, struct item_labels **out, struct error *err);
MUST_CHECK int item_labels_put(struct item_labels *l, struct trace_log *log, struct error *err);
MUST_CHECK int item_labels_check(const struct item_labels *l, struct error *err);
/* NULL is fine. */
void item_labels_free(struct item_labels *l);

/* Rows of a label file for `seam size`: columns `confidence`, `correct`, and maybe `id`, `group`,
 * `weight` (1 / probability of being labelled, 1 or more) and `source` (all, reviewed, audit; empty
 * for all).  Each id stands once. */
struct scored_labels {
    struct scored *at; /* [len], owned; group, source and weight as in the file */
    size_t len, cap;
    const char **group; /* [groups] names; group of a row indexes them */
    size_t groups;      /* 1 where the file has none: "" */
    uint64_t of_source[LABEL_SOURCES];
    uint64_t n_rounded; /* confidences beyond 0 or 1 by no more than CONFIDENCE_SLACK */
    bool weighted;      /* a weight other than 1 */
    /* What a stronger model answers to the same items, columns `confidence_2` and `correct_2`;
     * NULL: the file has none. */
    struct second_answer {
        double confidence;
        bool correct;
    } * second;         /* [len], owned */
    bool reviewed_only; /* every row says it was labelled because it was reviewed */
    struct arena arena;
};
/* ERR_INPUT with file:line.  The caller releases *out, also after an error. */
MUST_CHECK int labels_read(const char *path, struct scored_labels *out, struct error *err);
/* Frees the rows with all names and zeroes *l. */
void labels_release(struct scored_labels *l);

#endif
