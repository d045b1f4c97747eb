/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run as spans: a root for each item, below it a span for each attempt, and one for each visit
 * that made none (gates, answers of a cache, breakers that were open).
 *
 * What the run counted can be counted again from the spans: `seam.visit` and `seam.path` say which
 * visit an attempt is of, `seam.copy` which call of a hedge, `seam.cancelled` that nobody waited
 * any more, `seam.outcome` how it ended, `seam.wait_s` how long it waited for its turn (the span
 * begins when it asked for it), `seam.item.end` on the root where the item ended.  Besides them
 * stand the conventions of others: gen_ai.* and mcp.* as the stages tell them, confidences as
 * events `gen_ai.evaluation.result`, error.type, session.id, openinference.span.kind. */
#ifndef SEAM_EXEC_TRACER_H
#define SEAM_EXEC_TRACER_H

#include "exec/event.h"
#include "model/pipeline.h"

/* Where requests go, a line each, with so many spans in it.  Any thread, one at a time. */
struct trace_sink {
    void *arg;
    /* -1 with err: the run ends with it. */
    int (*lines)(void *arg, const char *text, size_t len, uint64_t spans, struct error *err);
};

struct tracer_options {
    const struct pipeline *pipeline;
    const char *run;       /* names the run, as text: the same after a resume, another of another */
    const char *version;   /* of this program */
    int64_t start_unix_ns; /* when the run's clock was 0 */
    struct trace_sink sink;
};

struct tracer;
/* Options are borrowed until tracer_free. */
struct tracer *tracer_new(const struct tracer_options *options);
/* Its ear, for run_options.listeners. */
struct run_listener tracer_listener(struct tracer *t);
/* Hands over what still waits; the run is over. */
MUST_CHECK int tracer_end(struct tracer *t, struct error *err);
/* Frees it; what tracer_end did not hand over is lost.  NULL is fine. */
void tracer_free(struct tracer *t);

#endif
