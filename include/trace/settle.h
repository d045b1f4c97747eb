/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can only be told when all spans are read: judgements that stand apart from the span they
 * are of, and spans that share an id. */
#ifndef SEAM_TRACE_SETTLE_H
#define SEAM_TRACE_SETTLE_H

#include "trace/log.h"

/* A score or decision of a span; texts are ids of the set of spans. */
struct judgement {
    uint64_t span;     /* its id; 0: the root of the trace */
    uint64_t response; /* of the model's response that tells the span; 0: its ids do */
    uint32_t trace;    /* SPAN_NONE: the id alone tells */
    uint32_t decision; /* of a person; SPAN_NONE */
    uint32_t said_by;  /* whose it is (voices.h); SPAN_NONE */
    double score;      /* in [0, 1], NaN */
    uint8_t rank;      /* the highest score is taken, among equals the first */
    bool afterwards;   /* the decision is no step of the run: somebody annotated it */
    uint32_t order;    /* set by settle_judgement */
    uint32_t at;       /* the span it is of, set by settle_window; SPAN_NONE */
    uint32_t file;
    uint64_t line;
};

/* The id of a model's response (ids_span), and the index of the span that gave it. */
struct response {
    uint64_t id;
    uint32_t span;
};

/* Zeroed: nothing to settle.  settle_release. */
struct settle {
    VEC(struct judgement) judgements;
    VEC(uint32_t) shared; /* spans of servers that have the id of the client's span */
    VEC(struct response) responses;
    VEC(uint32_t) lone; /* spans that may turn out to be starts without an end (xes.c) */
    bool sampled;       /* judgements may be of spans that went: they count for no fault */
};

/* What waited at some time, to go back to when what came afterwards counts for nothing. */
struct settle_mark {
    size_t judgements, shared, responses;
};
/* What waits now. */
struct settle_mark settle_mark(const struct settle *s);
/* Forgets what came after the mark. */
void settle_back(struct settle *s, struct settle_mark mark);

/* Keeps a judgement, in the order of the calls, until settle_all; its texts are borrowed until
 * then. */
void settle_judgement(struct settle *s, const struct judgement *j);
/* The span added last shares the id of its client's span. */
void settle_shared(struct settle *s, const struct span_set *set);

/* The span to be added next, or the one of that index, gave a response of this id. */
void settle_response(struct settle *s, uint64_t response, size_t span);

/* Gives each client that shares its id an id of its own and makes it the server's parent, then
 * puts scores and decisions onto their spans; counts those whose span is not there. */
void settle_all(struct settle *s, struct span_set *set, struct quality *quality);
/* Puts onto the spans there are what is said of them, of a log of which more spans come.  All of it
 * waits on, so that later words are weighed against earlier ones. */
void settle_window(struct settle *s, struct span_set *set);
/* The set has forgotten spans and texts: new_span[old index], new_text[old id].  What was of a span
 * that is gone is forgotten; of the rest at most `most` judgements wait on, the oldest others are
 * counted as those of no span. */
void settle_keep(struct settle *s, const uint32_t *new_span, const uint32_t *new_text, size_t most,
                 struct quality *quality);
/* The same of a log of which a sample stays, of which nothing is settled yet: what is said of the
 * traces gone[old id of a text] is forgotten.  Of judgements that name no trace those of the spans
 * of `set`, which has forgotten already, stay for certain; of others none when more than `most`
 * judgements wait. */
void settle_sample(struct settle *s, const struct span_set *set, const uint32_t *new_span,
                   const uint32_t *new_text, const bool *gone, size_t most);
/* Marks the texts that wait. */
void settle_texts(const struct settle *s, bool *used);
/* Counts all judgements that wait for a span. */
void settle_end(struct settle *s, struct quality *quality);
/* Frees what waits, and zeroes *s. */
void settle_release(struct settle *s);

#endif
