/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs that repeat a task, and documents that were retrieved: what judgements say of both. */
#ifndef SEAM_TRACE_REPEATS_H
#define SEAM_TRACE_REPEATS_H

#include "model/result.h"
#include "trace/log.h"

/* Of n runs of a task c are right: the chance that at least one of k drawn runs is right, and that
 * all k are; unbiased for k runs of the task.  1 <= k <= n, c <= n. */
double pass_at_k(uint64_t n, uint64_t c, uint64_t k);
/* The chance that all k are right. */
double pass_all_k(uint64_t n, uint64_t c, uint64_t k);

/* Which documents are relevant to which items, from a CSV of item, document and maybe relevant, in
 * steps, for a log whose items come in batches.  Read: ERR_INPUT with file:line; the caller frees
 * *out, also after an error; the path is borrowed until then.  Add: scores the items of a log, or
 * of a batch, that was read with `documents`; items that nobody judged do not count, and a document
 * counts where it first stands.  Put: adds recall_at_k (of all that was handed on) and mrr to the
 * span names that retrieved, and to the stages whose attempts they are, with the curve recall_at_k;
 * ERR_INPUT when no item fitted. */
struct relevance;
MUST_CHECK int relevance_read(const char *path, struct relevance **out, struct error *err);
void relevance_add(struct relevance *r, const struct trace_log *log);
MUST_CHECK int relevance_put(const struct relevance *r, double level, struct result *out,
                             struct error *err);
/* NULL is fine. */
void relevance_free(struct relevance *r);
/* The same of a log that is read whole. */
MUST_CHECK int observe_relevance(const struct trace_log *log, const char *path, double level,
                                 struct result *out, struct error *err);

#endif
