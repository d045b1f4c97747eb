/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items to visits and attempts, piece by piece of the items. */
#ifndef SEAM_TRACE_VISITS_H
#define SEAM_TRACE_VISITS_H

#include "trace/assemble.h"

/* Which traces are of which item. */
struct item_traces {
    size_t items;
    const uint32_t *id;    /* [items] text */
    uint32_t *head, *next; /* [items], [n_traces]: the first of an item, the one behind a trace */
};

/* Fills items, visits, attempts and span_item, the counts of the stages, and those of roots, errors
 * and interrupts; stage_of[raw name].  The costs of spans were added up.  log->threads of them make
 * the same. */
void visits_make(struct trace_log *log, const struct tree *tree, const struct operations *ops,
                 const uint32_t *stage_of, const struct item_traces *traces);

/* Adds what is counted of a stage. */
void visits_count(struct log_stage *to, const struct log_stage *from);

#endif
