/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is counted of the items of a log, batch by batch; a log read whole is one batch.
 *
 *     struct tally *t = tally_new(0);
 *     tally_add(t, &log);                       // each batch
 *     observe_tally(t, &log, 0.95, &result);    // trace/observe.h
 *     tally_free(t);
 *
 * Counts are whole numbers; quantiles are of all values up to VALUES_MAX of them (math/values.h).
 * Each row is counted by one thread in the order of the items: the same bits on any number. */
#ifndef SEAM_TRACE_TALLY_H
#define SEAM_TRACE_TALLY_H

#include "trace/discover.h"

struct tally;
/* An empty tally.  room: bytes for values that are kept as they are, 0 for no limit: where all
 * together need more, the longest rows are counted in cells. */
struct tally *tally_new(size_t room);
/* NULL is fine. */
void tally_free(struct tally *t);
/* Counts all items of a batch, and its edges; the stages are those of the batches before and maybe
 * more.  log->threads of them. */
void tally_add(struct tally *t, const struct trace_log *log);
/* After discover_order: the stages have other numbers; new_of[old number]. */
void tally_renumber(struct tally *t, const uint32_t *new_of);
/* The arguments of discover_finish: items with a confidence, and for each of n_stages whether it
 * failed.  Both are the caller's to free (mem_free). */
void tally_routed(const struct tally *t, size_t n_stages, struct routed **items, size_t *n,
                  bool **failed);
/* Are all quantiles of the tally exact? */
bool tally_exact(const struct tally *t);

#endif
