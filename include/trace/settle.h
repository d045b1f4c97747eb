/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can only be told when all spans are read: judgements that stand apart from the span they
 * are of, and spans that share an id. */
#ifndef SEAM_TRACE_SETTLE_H
#define SEAM_TRACE_SETTLE_H

#include "trace/log.h"

/* A score or decision of a span; texts are ids of the set of spans. */
struct judgement {
    uint64_t span;     /* its id; 0: the root of the trace */
    uint32_t trace;    /* SPAN_NONE: the id alone tells */
    uint32_t decision; /* of a person; SPAN_NONE */
    double score;      /* in [0, 1], NaN */
    uint8_t rank;      /* the highest score is taken, among equals the first */
    bool afterwards;   /* the decision is no step of the run: somebody annotated it */
    uint32_t order;    /* set by settle_judgement */
    uint32_t file;
    uint64_t line;
};

/* Zeroed: nothing to settle.  settle_release. */
struct settle {
    VEC(struct judgement) judgements;
    VEC(uint32_t) shared; /* spans of servers that have the id of the client's span */
};

/* Keeps a judgement, in the order of the calls, until settle_all; its texts are borrowed until
 * then. */
void settle_judgement(struct settle *s, const struct judgement *j);
/* The span added last shares the id of its client's span. */
void settle_shared(struct settle *s, const struct span_set *set);

/* Gives each client that shares its id an id of its own and makes it the server's parent, then
 * puts scores and decisions onto their spans; counts those whose span is not there. */
void settle_all(struct settle *s, struct span_set *set, struct quality *quality);
/* Frees what waits, and zeroes *s. */
void settle_release(struct settle *s);

#endif
