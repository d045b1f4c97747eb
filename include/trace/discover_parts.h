/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of discover, shared by discover.c and discover_items.c, and by nobody else. */
#ifndef SEAM_TRACE_DISCOVER_PARTS_H
#define SEAM_TRACE_DISCOVER_PARTS_H

#include "trace/log.h"

/* Drops passes through the review that nobody looked at, and fills reviewed and confidence of every
 * item.  Visits have the stages new_of[theirs] from then on; NULL: the same. */
void discover_settle(struct trace_log *log, const uint32_t *new_of);
/* Verdict and end of every item, once it is known where people decide. */
void discover_ends(struct trace_log *log, bool has_roots);
/* Annotations by people are decisions where they stand on a review, labels elsewhere: of what the
 * run shipped on its root, of the draft on any other span. */
void discover_hear(struct trace_log *log);

#endif
