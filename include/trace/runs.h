/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Traces that hold more than one run, parted. */
#ifndef SEAM_TRACE_RUNS_H
#define SEAM_TRACE_RUNS_H

#include "trace/log.h"
#include "trace/tree.h"

/* Gives spans that lie in the trace of another run the trace of their own, a new one where they
 * have none, and puts those whose parent stays behind below the root of their run.
 *
 * A run is told by its root: one with another session than the root of the trace has, or a further
 * root of the same name that begins before the other ends where nearly all traces have one alone.
 * With `by_item` the spans of each item_key are a run, and only they.  Counts traces of two runs
 * (not with by_item).  True: spans were changed, and the tree holds no more. */
bool runs_part(const struct tree *tree, bool by_item, struct span_set *spans,
               struct quality *quality);

#endif
