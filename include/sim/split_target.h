/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What splitting is asked for: rare shares in a result, and the sums that they are made of. */
#ifndef SEAM_SIM_SPLIT_TARGET_H
#define SEAM_SIM_SPLIT_TARGET_H

#include "model/result.h"
#include "sim/split_walk.h"

/* A metric of the result that is to be replaced. */
struct split_wish {
    struct metric *metric; /* of the result, borrowed */
    const char *of;        /* "" or whose it is: "desk " */
    bool complement;       /* 1 - metric is rare */
    bool leaves;           /* by the deadline of items, too */
};
/* Wishes and their sums, side by side; and the desks that lead to them. */
struct split_wishes {
    VEC(struct split_wish) list;
    VEC(struct split_target) sums;
    bool *desk; /* [n_resources] */
};

/* Finds what is rare in *out and due to queues; the caller releases. */
void split_wishes_find(struct split_wishes *w, const struct queue_program *g, struct result *out);
/* Frees the list and leaves *w zero. */
void split_wishes_release(struct split_wishes *w);

#endif
