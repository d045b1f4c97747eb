/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spans in columns: what every trace reader writes, and what assembly, store and replay read.
 *
 * A span keeps what the analysis asks of it and no attribute besides: who it is, when it ran, how
 * it ended, and the confidence, decision, threshold, cost, node and session that its attributes
 * told.  Columns of which most logs say nothing take no memory until one does.
 * Texts are ids into `text`, equal text having equal id.  span_set_init/span_set_release. */
#ifndef SEAM_MODEL_SPAN_H
#define SEAM_MODEL_SPAN_H

#include "base/intern.h"
#include <math.h>
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

/* Of item_end: on a root 1 + enum log_end (trace/log.h), as it tells; and whether what left was
 * right, on another span whether the draft that it was given was. */
enum span_told { SPAN_TOLD_END = 15, SPAN_TOLD_BAD = 16, SPAN_TOLD_GOOD = 32 };

/* Marks a place that is an offset in bytes from 0, in a file that has no lines. */
#define PLACE_BYTE (UINT64_C(1) << 63)

/* type, name, what stands there when nothing is said.  Texts are ids; outcome is an enum outcome of
 * model/rules.h. */
#define SPAN_TEXTS_OFTEN(X)                                                                        \
    X(uint32_t, trace, SPAN_NONE)                                                                  \
    X(uint32_t, name, SPAN_NONE)                                                                   \
    X(uint32_t, session, SPAN_NONE)  /* session, thread or conversation */                         \
    X(uint32_t, decision, SPAN_NONE) /* what a person decided, as written */
#define SPAN_TEXTS_RARE(X)                                                                         \
    X(uint32_t, node, SPAN_NONE)      /* the step's name in its framework */                       \
    X(uint32_t, stage_key, SPAN_NONE) /* value of the attribute named by --stage-by */             \
    X(uint32_t, item_key, SPAN_NONE)  /* value of the attribute named by --item-by */              \
    X(uint32_t, task_key, SPAN_NONE)  /* value of the attribute named by --task-by */              \
    X(uint32_t, documents, SPAN_NONE) /* ids of what it retrieved, by rank, a line each */         \
    X(uint32_t, said_by, SPAN_NONE)   /* who decided what (trace/voices.h) */
#define SPAN_OFTEN(X)                                                                              \
    X(int64_t, start_ns, 0) /* since 1970-01-01 UTC; 0: missing */                                 \
    X(int64_t, end_ns, 0)                                                                          \
    X(uint64_t, id, 0) /* the 8 bytes of the id, or a hash of its text */                          \
    X(uint64_t, parent, 0)                                                                         \
    X(uint64_t, line, 0)       /* where it was read: a line, or PLACE_BYTE and an offset */        \
    X(double, confidence, NAN) /* in [0, 1] */                                                     \
    SPAN_TEXTS_OFTEN(X)                                                                            \
    X(uint32_t, file, 0)                                                                           \
    X(uint8_t, outcome, 0)                                                                         \
    X(uint8_t, flags, 0)                                                                           \
    X(uint8_t, kind, 0)                                                                            \
    X(uint8_t, tries, 0) /* how often it was tried, itself included; 0: not told */
#define SPAN_RARE(X)                                                                               \
    X(double, threshold, NAN) /* of the gate that this span is */                                  \
    X(double, cost, NAN) /* money it says it cost, itself or with what lies below; not negative */ \
    X(double, wait_s, 0) /* of its time, at the start, in which it waited for its turn */          \
    X(uint64_t, pass, 0) /* which visit of the step by this item: spans of one have the same */    \
    SPAN_TEXTS_RARE(X)                                                                             \
    X(uint8_t, copy, 0)     /* of a hedge, from 1; 0: the first call of its attempt */             \
    X(uint8_t, item_end, 0) /* what is told of the item, see enum span_told */
#define SPAN_COLUMNS(X) SPAN_OFTEN(X) SPAN_RARE(X)

struct span {
#define X(type, name, absent) type name;
    SPAN_COLUMNS(X)
#undef X
};

#define X(type, name, absent) type *name;
struct span_set {
    struct intern text;
    size_t len, cap;
    void *block; /* owned; in it lie these: */
    SPAN_OFTEN(X)
    /* NULL as long as no span says anything: span_cost and the like, span_set_row */
    struct {
        SPAN_RARE(X)
    } rare;
};
#undef X

/* What span i says in a rare column. */
#define X(type, name, absent)                                                                      \
    static inline type span_##name(const struct span_set *s, size_t i)                             \
    {                                                                                              \
        return s->rare.name ? s->rare.name[i] : (absent);                                          \
    }
SPAN_RARE(X)
#undef X

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
/* All that span i says. */
void span_set_row(const struct span_set *set, size_t i, struct span *out);
/* Span i says who decided what. */
void span_set_said_by(struct span_set *set, size_t i, uint32_t said_by);
/* Appends the spans [first, end) of `from` in their order; texts that are new get ids in the order
 * of theirs, and lines count from `lines` more. */
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
/* The text that names the step of span i: of an attribute, of its framework, or its own name. */
static inline uint32_t span_step(const struct span_set *s, size_t i)
{
    uint32_t key = span_stage_key(s, i), node = span_node(s, i);
    return key != SPAN_NONE ? key : node != SPAN_NONE ? node : s->name[i];
}
/* The text of an id, "" for SPAN_NONE. */
const char *span_string(const struct span_set *set, uint32_t id);

#endif
