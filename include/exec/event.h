/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happens in a run, told as it happens: the journal, the traces and the tally listen.
 *
 * Events of one item come in their order; those of different items may come from several threads
 * at once, so a listener locks what it shares.  Texts are borrowed for the call. */
#ifndef SEAM_EXEC_EVENT_H
#define SEAM_EXEC_EVENT_H

#include "base/error.h"
#include "model/pipeline.h"
#include "model/rules.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum run_event_kind {
    RUN_ITEM_BEGAN,    /* item, class, payload: its input */
    RUN_ATTEMPT_BEGAN, /* at begin_s; told of attempts that were really made alone; payload: what
                          it is asked with */
    RUN_ATTEMPT_ENDED, /* with all that it answered */
    RUN_VISIT_ENDED,   /* outcome of the visit, how the step was left (exit), where to */
    RUN_ITEM_ENDED     /* end, quality, payload: what it held last */
};

/* Where an item of a run ended. */
#define RUN_END_TABLE(X)                                                                           \
    X(SHIPPED, "shipped")                                                                          \
    X(REJECTED, "rejected")                                                                        \
    X(FAILED, "failed") X(ABANDONED, "abandoned") X(UNFINISHED, "unfinished")
enum run_end {
#define X(name, word) RUN_END_##name,
    RUN_END_TABLE(X)
#undef X
        RUN_END_COUNT
};
/* Its word, a literal. */
const char *run_end_name(enum run_end end);

enum run_quality { RUN_UNKNOWN = -1, RUN_BAD = 0, RUN_GOOD = 1 };
enum { REACHED_NOT = 3, RUN_UNITS = 40 };

struct run_event {
    enum run_event_kind kind;
    bool recalled; /* from the journal of a run that was broken off: it happened then */
    uint64_t item; /* index, from 0 */
    const char *id;
    uint32_t class;
    uint32_t path, step, visit, attempt; /* as in struct stage_call */
    uint32_t copy;                       /* of a hedge, from 1; 0: the first call of the attempt */
    double asked_s;        /* when it asked for its resource; begin_s where it did not wait */
    double begin_s, end_s; /* the run's clock; RUN_ITEM_ENDED: of the item, from its entry */
    enum outcome outcome;  /* as the pipeline sees it; cancelled: see below */
    enum outcome hidden;   /* what it was: wrong, or malformed and not seen; of real stages wrong,
                              where the truth is known and their answer makes the item so */
    bool cancelled;        /* cut short because its answer was not needed any more */
    bool cached;           /* the visit was answered by the cache */
    enum exit_kind exit;   /* RUN_VISIT_ENDED */
    int32_t to;            /* RUN_VISIT_ENDED: a step or TO_* */
    double confidence, threshold; /* NaN: none; threshold: of a gate, at its visit */
    double cost;                  /* of the attempt; of the item in RUN_ITEM_ENDED */
    int verdict;                  /* enum stage_verdict of a check or review; -1: none */
    const char *who;              /* "rule", a reviewer, a model; "" : the stage itself */
    const char *says;             /* why; "" */
    const char *attributes;       /* for the trace, see struct stage_answer; "" */
    const char *payload;          /* JSON object; NULL: unchanged */
    size_t payload_len;
    enum run_end end;         /* RUN_ITEM_ENDED */
    enum run_quality quality; /* RUN_VISIT_ENDED: before the visit */
    enum run_quality left;    /* RUN_VISIT_ENDED: after it */
    bool reviewed, audited;   /* RUN_ITEM_ENDED: sent to a review at least once; by an audit */
    bool counts;              /* is the item one of those that metrics speak of? */
    uint32_t unit;            /* of RUN_UNITS parts of the run, the one it belongs to */
    /* RUN_ITEM_ENDED, attempts: RUN_VISIT_ENDED too, 0 where a cache answered, a breaker was open
     * or a gate decided */
    uint32_t visits, attempts, reviews;
    double wait_s;                     /* for resources */
    enum run_quality reviewed_quality; /* on its way to the first review */
    const signed char *reached; /* [n_steps]: enum run_quality on first reaching it; REACHED_NOT */
};

/* RUN_VISIT_ENDED of a gate that sends the item to an audit: 1 / the chance that it was sent, as
 * the rules state it; NaN elsewhere. */
double run_audit_weight(const struct pipeline *p, const struct run_event *e);

struct run_listener {
    void *arg;
    /* -1 with err when it cannot be kept: the run then drains and ends with that error. */
    int (*event)(void *arg, const struct run_event *e, struct error *err);
};

#endif
