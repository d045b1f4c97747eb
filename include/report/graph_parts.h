/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all drawings of a flow say: the ways out of a step, and its facts in words. */
#ifndef SEAM_REPORT_GRAPH_PARTS_H
#define SEAM_REPORT_GRAPH_PARTS_H

#include "base/buf.h"
#include "model/pipeline.h"

/* A way out of a step.  The texts live in the arena. */
struct graph_way {
    int32_t to;         /* a step, or TO_SHIP, TO_REJECT, TO_FAIL, TO_JOIN, TO_SKIP */
    const char *when;   /* "below 80%"; "" for what is taken when nothing else is */
    const char *bound;  /* "at most 2 times, then desk"; "" */
    int32_t then;       /* where it leads when its bound is used up */
    bool bounded, fail; /* fail: behind a visible failure or a rejection */
};
struct graph_ways {
    VEC(struct graph_way) list;
};
/* All ways out of step i, in the order in which they are asked; the branches of a parallel are
 * none.  *out is cleared first; vec_release its list. */
void graph_ways(const struct pipeline *p, uint32_t i, struct arena *arena, struct graph_ways *out);
/* "ship", "reject", "fail", "join", or the step's name. */
const char *graph_target(const struct pipeline *p, int32_t to);
/* Appends what the step is and does: "check, agent: finds 90% of the bad, up to 3 attempts". */
void graph_put_facts(const struct pipeline *p, uint32_t i, struct buf *out);
/* "all of 2 must end well": how the branches join. */
void graph_put_join(const struct parallel *par, struct buf *out);

#endif
