/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spans to trees: duplicates out, parents found, cycles cut, children in order of start.
 *
 * Linear in the spans but for one sort.  tree_build/tree_release. */
#ifndef SEAM_TRACE_TREE_H
#define SEAM_TRACE_TREE_H

#include "model/span.h"
#include "trace/book.h"
#include "trace/log.h"

struct tree {
    const struct span_set *spans; /* borrowed */
    uint32_t *order;              /* [n] span indices by trace, start, place; duplicates left out */
    size_t n;
    uint32_t *first;           /* [n_traces + 1] into order */
    uint32_t n_traces;         /* in order of first sight */
    uint32_t *up;              /* [spans->len] parent span; SPAN_NONE */
    uint32_t *child, *sibling; /* [spans->len] first child, next of the same parent */
    bool *orphan;              /* [spans->len] has a parent that is not there */
};

/* Marks duplicates in `spans`, counts faults in `quality`.  The book (NULL: there is no other
 * batch) tells and learns of which names the spans follow their parents.  threads: 0: as many as
 * there are processors; all build the same. */
void tree_build(struct span_set *spans, struct quality *quality, struct log_book *book,
                uint32_t threads, struct tree *out);
/* Frees the arrays and zeroes *t; the spans were borrowed. */
void tree_release(struct tree *t);

#endif
