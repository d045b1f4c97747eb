/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spans in columns: what every trace reader writes, and what assembly, store and replay read.
 *
 * A span keeps what the analysis asks of it and no attribute besides: who it is, when it ran, how
 * it ended, and the confidence, decision, threshold, cost, node and session that its attributes
 * told.
 * Texts are ids into `text`, equal text having equal id.  span_set_init/span_set_release. */
#ifndef SEAM_MODEL_SPAN_H
#define SEAM_MODEL_SPAN_H

#include "base/intern.h"
#include <stdbool.h>
#include <stdint.h>

enum { SPAN_NONE = UINT32_MAX }; /* no text, no span */

/* What kind of work a span says it is. */
enum span_kind {
    SPAN_OTHER,
    SPAN_MODEL,
    SPAN_TOOL,
    SPAN_DATA,
    SPAN_HUMAN,
    SPAN_AGENT,
    SPAN_JUDGE, /* guardrails and evaluators */
    SPAN_KIND_COUNT
};

enum span_flag {
    SPAN_INTERRUPT = 1,   /* stopped to wait for a person: not an error */
    SPAN_DUPLICATE = 2,   /* sent before: same trace, id, name and start */
    SPAN_NO_DURATION = 4, /* start or end missing */
    SPAN_NEGATIVE = 8,    /* ends before it starts */
    SPAN_OPEN = 32,       /* begun and, as the log says, not ended */
    SPAN_ANNOTATED = 16,  /* its decision is what a person said of it afterwards */
    SPAN_CANCELLED = 64,  /* cut short because its answer was not needed any more: no outcome */
    SPAN_NO_ATTEMPT = 128 /* a visit that made none: a cache answered, or a breaker was open */
};

/* Marks a place that is an offset in bytes from 0, in a file that has no lines. */
#define PLACE_BYTE (UINT64_C(1) << 63)

/* type, name; outcome is an enum outcome of model/rules.h, ids of spans are 0 when there is none,
 * texts SPAN_NONE, confidence, threshold and cost NaN; pass and item_end 0 where nothing is said.
 */
#define SPAN_TEXTS(X)                                                                              \
    X(uint32_t, trace)                                                                             \
    X(uint32_t, name)                                                                              \
    X(uint32_t, node)      /* the step's name in its framework */                                  \
    X(uint32_t, session)   /* session, thread or conversation */                                   \
    X(uint32_t, stage_key) /* value of the attribute named by --stage-by */                        \
    X(uint32_t, item_key)  /* value of the attribute named by --item-by */                         \
    X(uint32_t, task_key)  /* value of the attribute named by --task-by */                         \
    X(uint32_t, documents) /* ids of what it retrieved, by rank, a line each */                    \
    X(uint32_t, said_by)   /* who decided what (trace/voices.h) */                                 \
    X(uint32_t, decision)  /* what a person decided, as written */
#define SPAN_COLUMNS(X)                                                                            \
    X(int64_t, start_ns) /* since 1970-01-01 UTC; 0: missing */                                    \
    X(int64_t, end_ns)                                                                             \
    X(uint64_t, id) /* the 8 bytes of the id, or a hash of its text */                             \
    X(uint64_t, parent)                                                                            \
    X(uint64_t, line)     /* where it was read: a line, or PLACE_BYTE and an offset */             \
    X(double, confidence) /* in [0, 1] */                                                          \
    X(double, threshold)  /* of the gate that this span is */                                      \
    X(double, cost)   /* money it says it cost, itself or with what lies below; not negative */    \
    X(double, wait_s) /* of its time, at the start, in which it waited for its turn */             \
    X(uint64_t, pass) /* which visit of the step by this item: spans of one have the same */       \
    SPAN_TEXTS(X)                                                                                  \
    X(uint32_t, file)                                                                              \
    X(uint8_t, outcome)                                                                            \
    X(uint8_t, flags)                                                                              \
    X(uint8_t, kind)                                                                               \
    X(uint8_t, tries)    /* how often it was tried, itself included; 0: not told */                \
    X(uint8_t, copy)     /* of a hedge, from 1; 0: the first call of its attempt */                \
    X(uint8_t, item_end) /* 1 + enum log_end (trace/log.h), as the item's root tells */

struct span {
#define X(type, name) type name;
    SPAN_COLUMNS(X)
#undef X
};

struct span_set {
    struct intern text;
    size_t len, cap;
#define X(type, name) type *name;
    SPAN_COLUMNS(X)
#undef X
};

/* An empty set; the caller releases. */
void span_set_init(struct span_set *s);
/* Frees the columns and texts and leaves *s zero. */
void span_set_release(struct span_set *s);
/* A span with nothing known. */
void span_clear(struct span *s);
/* Marks a span whose start or end is missing, or whose end comes first, and no other. */
void span_mark_times(struct span *s);
/* Makes room for n spans in all, so that the columns need not move up to there. */
void span_set_reserve(struct span_set *set, size_t n);
/* Appends a copy of s, whose texts are ids of this set. */
void span_set_add(struct span_set *set, const struct span *s);
/* Appends all spans of `from` in their order; texts that are new get ids in the order of theirs,
 * and lines count from `lines` more. */
void span_set_append(struct span_set *set, const struct span_set *from, uint64_t lines);
/* The same of the spans [first, end) alone. */
void span_set_append_part(struct span_set *set, const struct span_set *from, size_t first,
                          size_t end, uint64_t lines);
/* Appends the n spans at[] of `from`, and the texts they have in the order of their ids there. */
void span_set_take(struct span_set *set, const struct span_set *from, const uint32_t *at, size_t n);
/* Keeps the n spans at[], which ascend, and forgets the others with all texts that neither they nor
 * used[text] ask for.  new_text[old id] of a text that stays, SPAN_NONE of others; [text.count]. */
void span_set_keep(struct span_set *set, const uint32_t *at, size_t n, bool *used,
                   uint32_t *new_text);
/* Forgets spans and texts; columns keep their memory. */
void span_set_clear(struct span_set *s);
/* The id of a text of len bytes, which is copied; the same text has the same id. */
uint32_t span_text(struct span_set *set, const char *s, size_t len);
/* Seconds from start to end without the wait for its turn; NaN when either is missing or the end
 * comes first. */
double span_duration_s(const struct span_set *set, size_t i);
/* The text of an id, "" for SPAN_NONE. */
const char *span_string(const struct span_set *set, uint32_t id);

#endif
