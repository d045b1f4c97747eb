/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trees of spans to items, visits and attempts. */
#ifndef SEAM_TRACE_ASSEMBLE_H
#define SEAM_TRACE_ASSEMBLE_H

#include "trace/book.h"
#include "trace/log.h"
#include "trace/tree.h"

/* The operations of every trace: spans of which each is an attempt at a step. */
struct operations {
    uint32_t *span;  /* by trace, in order of start */
    uint32_t *first; /* [n_traces + 1] */
    size_t n;
};

/* With `by_key`, the topmost spans that have a stage_key; else the level below the root at which
 * most traces of that root's name have two spans or more.  Names that begin with "__" are a
 * framework's own and left out.  The book (NULL: there is no other batch) tells and learns what
 * other batches show.  threads: 0: as many as there are processors; all find the same.  Release
 * with operations_release. */
void operations_find(const struct tree *tree, bool by_key, struct log_book *book, uint32_t threads,
                     struct operations *out);
/* Frees both arrays and zeroes *o. */
void operations_release(struct operations *o);
/* Span indices in order of start; equal starts keep their order. */
void operations_sort(const struct span_set *s, uint32_t *at, size_t n);

/* Fills items, visits, attempts, stages (in order of first sight, behind those there are), item_of,
 * span_item, and counts traces; the book tells and learns the stages' names, NULL: there are none
 * yet. */
void assemble(struct trace_log *log, const struct tree *tree, const struct operations *ops,
              struct log_book *book);
/* All of it, from the spans of a log to its visits; faults of the data are counted.  ERR_LIMIT for
 * more than LOG_STAGES_MAX names of steps. */
MUST_CHECK int log_assemble(struct trace_log *log, const struct log_options *options,
                            struct log_book *book, struct error *err);

#endif
