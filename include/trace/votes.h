/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What named people said of items: at steps where people decide, and in annotations afterwards.
 *
 * A draft is what people judge: that of an item is another one when it was drafted anew after
 * somebody had judged it, and when one of them corrected it.
 *
 *     struct votes v;
 *     votes_of(&log, &v);
 *     ... v.at[0 ... v.len) by item, draft and person ...
 *     votes_release(&v); */
#ifndef SEAM_TRACE_VOTES_H
#define SEAM_TRACE_VOTES_H

#include "base/intern.h"
#include "trace/log.h"

struct vote {
    uint32_t who; /* id in names */
    uint32_t item, draft;
    enum log_verdict said;        /* of one person the last word on a draft; LOG_NO_VERDICT */
    int8_t truth;                 /* enum log_truth: what a label says of this draft */
    int64_t asked_ns, decided_ns; /* 0: not known, as of annotations */
    uint32_t visit;               /* SPAN_NONE: an annotation */
    uint32_t order;               /* in which it was met */
};
struct votes {
    struct intern names;
    VEC(struct vote) list;
};
/* All of them; the caller releases. */
void votes_of(const struct trace_log *log, struct votes *out);
/* Frees the list and the names. */
void votes_release(struct votes *v);

/* The times of reviews, s: from when one was asked for, or from the same person's decision before
 * it, to its decision; into out[n], NaN where it is not known. */
void votes_times(const struct vote *at, size_t n, double *out);

#endif
