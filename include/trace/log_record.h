/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A log record beside the spans: what it says of one of them.
 *
 *     struct log_record r = {.sink = sink};
 *     log_record_open(&r);
 *     ... ids in r.trace and r.span, log_record_name, log_record_attribute ...
 *     log_record_close(&r);
 *     log_record_release(&r);
 *
 * An event gen_ai.evaluation.result is a score of the span (or of the one that gave the response
 * gen_ai.response.id); any other record says what its attributes mean: a confidence, a decision.
 * Records that say neither are counted. */
#ifndef SEAM_TRACE_LOG_RECORD_H
#define SEAM_TRACE_LOG_RECORD_H

#include "trace/reader.h"

struct log_record {
    struct sink *sink;
    uint32_t trace; /* SPAN_NONE */
    uint64_t span;  /* 0 */
    bool evaluation;
    uint64_t response;
    double score;
    struct buf name, label; /* of the evaluation */
};

/* Begins a record, at sink->line. */
void log_record_open(struct log_record *r);
/* The name of the event, wherever the record has it. */
void log_record_name(struct log_record *r, const char *name, size_t len);
/* An attribute, or a member of the body; borrowed for the call. */
void log_record_attribute(struct log_record *r, const struct attribute *a);
/* Hands on what it says. */
void log_record_close(struct log_record *r);
/* Frees the texts of the record. */
void log_record_release(struct log_record *r);

#endif
