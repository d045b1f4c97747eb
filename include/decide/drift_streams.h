/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What drift watches: one number of each item, for every stage and for items as a whole. */
#ifndef SEAM_DECIDE_DRIFT_STREAMS_H
#define SEAM_DECIDE_DRIFT_STREAMS_H

#include "decide/drift.h"

enum drift_kind { DRIFT_SHARE, DRIFT_TIME, DRIFT_NUMBER };

struct drift_values {
    double *at;     /* [len] in order of the items */
    uint32_t *item; /* [len] */
    size_t len, cap;
};

struct drift_stream {
    const char *stage;  /* borrowed from a log; "" for all items */
    const char *metric; /* static */
    enum drift_kind kind;
    struct drift_values before, now;
};

struct drift_streams {
    struct drift_stream *at;
    size_t len, cap;
};

/* Every stream of the two, in the order of the flow, also those with too few values to tell
 * anything.  Release with drift_streams_release. */
void drift_streams_make(const struct drift_side *before, const struct drift_side *now,
                        uint64_t seed, struct drift_streams *out);
/* Frees the streams and leaves *s zero. */
void drift_streams_release(struct drift_streams *s);

#endif
