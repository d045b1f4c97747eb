/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For how many of its branches a parallel waits: shared by structure_moves.c and structure_joins.c,
 * and by nobody else. */
#ifndef SEAM_TRACE_STRUCTURE_PARTS_H
#define SEAM_TRACE_STRUCTURE_PARTS_H

#include "trace/structure.h"

/* A branch in one pass. */
struct branch_end {
    int64_t start_ns, end_ns, sure_end_ns; /* of all its visits */
    bool there, ok;                        /* the item was in it; its last visit ended well */
    bool cut;                              /* its last visit was cancelled */
};

/* What the passes through a parallel show of its join. */
struct joins {
    uint64_t passes, followed; /* those that a step follows */
    uint64_t full;             /* with all branches */
    uint64_t early;            /* of those followed, before all branches were over */
    uint64_t raced, told;      /* of the full ones: the last of a few that ended well cut the others
                                  off; of these, those whose spans say so */
    uint64_t pooled;           /* a copy that begins after another one ended */
    uint64_t on;               /* full ones after which the item went on */
    /* [branches + 1] those followed, by how many branches were over; those raced, by how many had
     * ended well; those that went on, likewise */
    uint64_t *ended, *won, *ok_on;
};

/* Did the last of few branches that ended well cut the others off?  Marks those as cut, and counts
 * those that ended well in *won.  least_ns: what ends within it ends at once; turn: which is taken
 * for the first of those that nothing tells apart. */
bool joins_race(struct branch_end *b, uint32_t n, int64_t least_ns, uint32_t turn, uint32_t *won);
/* Counts one pass.  until_ns: when the item went on, INT64_MAX: nothing follows. */
void joins_count(struct joins *j, struct branch_end *b, uint32_t n, int64_t least_ns,
                 int64_t until_ns, bool went_on);
/* For how many branches items wait; *why says where that cannot be told. */
void joins_settle(const struct joins *j, struct structure_place *p, struct buf *why);
/* What ends within this time ends at once by the clock of the log. */
int64_t joins_least_ns(const struct trace_log *log);

#endif
