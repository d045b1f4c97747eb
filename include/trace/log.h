/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trace log, read whole: items, their visits of steps, and the attempts of each visit.
 *
 *     struct trace_log log;
 *     if (log_read(paths, n, &options, &log, &err)) ...
 *     log_labels(&log, "labels.csv", &err);      // trace/labels.h
 *     log_observe(&log, 0.95, &result);          // trace/observe.h
 *     log_fit(&log, &fit_options, ...);          // trace/estimate.h
 *     log_release(&log);
 *
 * A trace is an item; one resumed after an interrupt is joined to the trace that was interrupted
 * by session, thread or conversation id; `item_by` overrides both.  The operations of an item are
 * the spans below its root; those of one step follow one another as further attempts of a visit
 * when the one before failed or was interrupted (and, if it failed, no operation of another step
 * lies between the two), as further visits when it did not. */
#ifndef SEAM_TRACE_LOG_H
#define SEAM_TRACE_LOG_H

#include "base/buf.h"
#include "base/error.h"
#include "model/pipeline.h"
#include "model/span.h"
#include "trace/folded.h"
#include <stdbool.h>
#include <stdint.h>

/* Each ATTR is an attribute, a column, or `attribute:/json/pointer` into a JSON string; NULL: what
 * the vocabulary knows. */
enum { LOG_LINE_MAX = 256 << 20 };
struct log_options {
    const char *stage_by, *item_by, *task_by, *confidence, *decision, *reviewer_by, *cost;
    const char *failure_when;  /* "ATTR = VALUE", also != < > contains */
    const char *const *prices; /* n_prices of them, "MODEL = INPUT / OUTPUT" (trace/prices.h) */
    size_t n_prices;
    bool documents;                  /* keep what was retrieved */
    bool strict;                     /* faults of the data (orphans, cycles, ...) are errors */
    uint32_t threads;                /* 0: as many as there are processors; all read the same */
    size_t line_max;                 /* bytes of a line or document that is read; 0: LOG_LINE_MAX */
    const struct progress *progress; /* bytes of each file that are read; NULL: nobody looks */
};

/* Faults of the data are counted, and the first few places of each kind are kept. */
#define QUALITY_TABLE(X)                                                                           \
    X(DUPLICATE, "duplicate")                                                                      \
    X(ORPHAN, "orphan")                                                                            \
    X(CYCLE, "cycle")                                                                              \
    X(NO_DURATION, "no duration")                                                                  \
    X(NEGATIVE, "negative duration")                                                               \
    X(BAD_SCORE, "score outside 0 to 1")                                                           \
    X(BAD_COST, "cost outside 0 to 1e15")                                                          \
    X(BAD_TIME, "time out of range")                                                               \
    X(BAD_TEXT, "text that is not UTF-8")                                                          \
    X(UNREADABLE, "unreadable record")                                                             \
    X(STRAY, "judgement of no span")                                                               \
    X(FOREIGN, "file that is no trace log")                                                        \
    X(MIXED, "trace of two runs")                                                                  \
    X(EARLY, "span before its parent")                                                             \
    X(LATE, "late span")                                                                           \
    X(UNKNOWN, "unknown attribute") /* no fault: each key once */
enum quality_kind {
#define X(name, text) QUALITY_##name,
    QUALITY_TABLE(X)
#undef X
        QUALITY_KIND_COUNT
};
/* The words of QUALITY_TABLE for a fault; static. */
const char *quality_kind_name(enum quality_kind kind);
enum { QUALITY_PLACES = 5 };
struct quality {
    uint64_t records; /* requests, lines or rows */
    uint64_t asides;  /* log records that say nothing of a span */
    uint64_t traces, roots, errors, interrupts;
    uint64_t count[QUALITY_KIND_COUNT];
    struct {
        uint32_t file;
        uint64_t line; /* or PLACE_BYTE and an offset; 0: the whole file */
    } place[QUALITY_KIND_COUNT][QUALITY_PLACES];
};
/* Counts a fault, and keeps its place if it is among the first QUALITY_PLACES of its kind. */
void quality_note(struct quality *q, enum quality_kind kind, uint32_t file, uint64_t line);
/* Adds the records and faults of a later part of the same file, whose lines count from `lines`. */
void quality_merge(struct quality *q, const struct quality *from, uint64_t lines);
/* Appends a place: "file:12", "file: byte 345", or "file". */
void quality_put_place(struct buf *out, const char *file, uint64_t line);

/* One pass of an item through a step: spans attempt[first_attempt ... + n_attempts). */
struct log_visit {
    int64_t start_ns, end_ns; /* of all its attempts; 0 where unknown */
    double confidence;        /* NaN */
    uint32_t item;
    uint32_t first_attempt, n_attempts;
    uint32_t hidden;     /* further tries that no span of their own shows */
    uint32_t decision;   /* text id; SPAN_NONE */
    uint16_t stage;      /* at most LOG_STAGES_MAX */
    uint8_t outcome;     /* of the last attempt (enum outcome) */
    bool pending : 1;    /* interrupted and never resumed */
    bool cut : 1;        /* all its attempts were cancelled: it neither failed nor passed */
    bool no_attempt : 1; /* its one span is no attempt */
};

/* Attempts of a visit; spans that are none do not count. */
static inline uint32_t log_attempts(const struct log_visit *v)
{
    return v->no_attempt ? 0 : v->n_attempts;
}

#define LOG_ENDS(X)                                                                                \
    X(SHIPPED, "shipped")                                                                          \
    X(REJECTED, "rejected")                                                                        \
    X(FAILED, "failed") X(UNFINISHED, "unfinished") X(ABANDONED, "abandoned")
enum log_end {
#define X(name, word) LOG_##name,
    LOG_ENDS(X)
#undef X
        LOG_END_COUNT
};
/* The end that a word tells, -1 when it is none. */
int log_end_of(const char *word, size_t len);
/* Where an item with this end went, as a TO_* target; TO_SKIP: nowhere yet. */
int32_t log_end_target(enum log_end end);

enum log_truth { LOG_UNKNOWN = -1, LOG_BAD = 0, LOG_GOOD = 1 };
/* LOG_AUTOMATIC: nobody looked; such a visit of the review is left out of the visits. */
enum log_verdict {
    LOG_NO_VERDICT,
    LOG_APPROVED,
    LOG_CORRECTED,
    LOG_REJECTED_BY_REVIEW,
    LOG_AUTOMATIC
};

/* Did the item end without a result, and nobody had rejected it? */
static inline bool log_end_fails(enum log_end end)
{
    return end == LOG_FAILED || end == LOG_ABANDONED;
}

struct log_item {
    uint32_t id;                    /* text id: its first trace, or the value of item_by */
    uint32_t first_visit, n_visits; /* in order of start */
    int64_t start_ns, end_ns;       /* of all its spans but branches that it did not wait for */
    enum log_end end;
    bool reviewed;               /* sent to review at least once */
    bool root_failed;            /* its last root span ended in an error */
    bool rooted;                 /* the log holds a root span of it */
    bool enclosed;               /* one that holds others, and tells when it was over */
    uint8_t told_end;            /* 1 + enum log_end, as its root tells; 0: not told */
    enum log_verdict verdict;    /* the last word of people in its run */
    double confidence;           /* at the gate; NaN */
    double cost;                 /* of all its spans; NaN: none tells any */
    double weight;               /* 1 / probability of its audit, from a label file; 0: not said */
    int8_t label, shipped_label; /* enum log_truth, from a label file */
    int8_t said, said_shipped;   /* the same, from annotations by people */
    int8_t draft, shipped;       /* enum log_truth, from labels, annotations or decisions */
};

struct log_stage {
    const char *id;   /* letters, digits, _ and - ; two names of steps never share one */
    const char *name; /* as written, where it has letters that ids do not have; NULL */
    enum layer layer;
    enum step_kind kind;
    uint64_t visits, attempts;
    uint64_t kinds[SPAN_KIND_COUNT], inner[SPAN_KIND_COUNT]; /* of its spans, of those below */
    uint64_t interrupts, decisions, confidences, hidden;
    uint64_t scored; /* items of which it gave the confidence at the gate */
    bool people;     /* people decide there: the review, and others like it */
    bool asked;      /* whether they do is settled */
};

/* Names of steps in a log: a scenario fitted from it has some steps more (orchestration, gate), and
 * at most STEPS_MAX of them. */
enum { LOG_STAGES_MAX = 900 };

/* A visit leads to the visits that begin when it is over, and to no others behind those. */
struct log_edge {
    int32_t from, to; /* stage; to may be TO_SHIP, TO_REJECT or TO_FAIL; from -1: the start */
    uint64_t count;
};

/* Two steps of which visits overlap. */
struct log_pair {
    uint32_t a, b;           /* stages, a <= b */
    uint64_t together, both; /* items in which they overlap, and that have both */
    uint32_t last_item;
};

/* How a log was read that did not fit into memory at once (trace/stream.h). */
struct log_pass {
    uint64_t batches;      /* 0: it was read whole */
    uint64_t memory;       /* the bound, bytes */
    uint64_t stretch;      /* spans without one of its own that end a trace */
    uint64_t spans, items; /* counted and forgotten */
    uint64_t early;        /* traces that were before the end of the log */
    uint64_t waiting;      /* of these, by their traces, while they waited for a person */
    uint64_t held;         /* the most spans at once, where they were more than fit; 0 */
    bool other_review, other_roots, other_names; /* later batches show others than the first */
    /* of a log of which a sample of the traces stayed (trace/sample.h) */
    bool thinned;                     /* read so, whether it fitted or not */
    uint32_t halvings;                /* one trace in 2^halvings stayed; 0: all */
    uint64_t gone_spans, gone_traces; /* that went */
};

/* What an option names and no record has. */
struct log_missing {
    const char *option, *name, *nearest; /* nearest NULL: none is near */
};
enum { LOG_MISSING_MAX = 8 };

struct trace_log {
    struct arena arena;
    const char *format; /* "otlp-json", "otlp-proto", "jaeger", ..., "event-csv", "mixed" */
    VEC(const char *) files;
    struct span_set spans;
    struct quality quality;
    VEC(struct log_item) items;
    VEC(struct log_visit) visits; /* by item, then start */
    VEC(uint32_t) attempts;       /* span indices, by visit, then start */
    VEC(struct log_stage) stages; /* in the order of the flow */
    VEC(struct log_edge) edges;
    VEC(struct log_pair) pairs;
    uint32_t *item_of;            /* [spans.text.count] by trace or item text: item, SPAN_NONE */
    uint32_t *span_item;          /* [spans.len]: item, SPAN_NONE for duplicates */
    int32_t review, gate, scorer; /* stages; -1: none.  scorer gave the confidence at the gate */
    double threshold;             /* of the gate; NaN */
    bool threshold_logged;        /* an attribute said so */
    uint64_t gate_mixed;          /* items on the wrong side of the threshold */
    uint64_t annotated;           /* drafts and runs that people judged in annotations */
    double *cost;                 /* [spans.len] of a span with all below it; NaN: not told */
    uint64_t costed;              /* items of which some span tells its cost */
    const char *unknown[QUALITY_PLACES]; /* keys of the first attributes that tell nothing; NULL */
    struct log_missing missing[LOG_MISSING_MAX];
    uint32_t n_missing;
    bool user_decision, labelled;
    int64_t until_ns; /* what came later was cut off (log_cut); 0: nothing was */
    uint32_t threads; /* 0: as many as there are processors */
    struct log_pass pass;
    struct folded folded;
};

/* Reads the logs into one: files, "-" for standard input, and folders, in which files that are no
 * logs are counted and passed over.  ERR_INPUT with file:line for what is not a log, ERR_IO for
 * what cannot be read, ERR_USAGE for an option that cannot be understood, ERR_LIMIT for more than
 * LOG_STAGES_MAX names of steps.  The caller releases *out, also after an error. */
MUST_CHECK int log_read(const char *const *paths, size_t n, const struct log_options *options,
                        struct trace_log *out, struct error *err);
/* The same from `len` bytes in memory that messages call `name`. */
MUST_CHECK int log_read_text(const char *name, const char *text, size_t len,
                             const struct log_options *options, struct trace_log *out,
                             struct error *err);
/* The two halves of log_read.  The first gathers files, format, spans and what was wrong with them;
 * the second makes items of it, for which of the options it asks strict, and whether stage_by,
 * item_by and decision were given.  log_init: a log of no spans, for whoever has them from
 * elsewhere. */
void log_init(struct trace_log *log);
MUST_CHECK int log_collect(const char *const *paths, size_t n, const struct log_options *options,
                           struct trace_log *out, struct error *err);
MUST_CHECK int log_settle(struct trace_log *log, const struct log_options *options,
                          struct error *err);
/* Frees the log with its spans and all texts, and zeroes *log. */
void log_release(struct trace_log *log);
/* Keeps the items i with keep[i] and forgets the rest: steps, edges and gate stay as they are. */
void log_keep(struct trace_log *log, const bool *keep);
/* The log as it was at an instant: items that begin later are forgotten, those on their way are
 * unfinished, and the gate is found anew from what is left. */
void log_cut(struct trace_log *log, int64_t until_ns);

#endif
