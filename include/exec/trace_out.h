/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the spans of a run go: a file, which is there whole at the end or not at all, or an
 * OTLP/HTTP endpoint.
 *
 * To an endpoint a thread of its own sends request after request (opentelemetry-proto, OTLP/HTTP
 * with JSON): 429, 502, 503, 504 and broken connections are tried again with the same ids, after
 * what Retry-After says or else longer and longer; what is refused otherwise is lost.  The run
 * never waits for it: beyond TRACE_WAITING_MAX bytes that wait, further requests are lost and
 * counted. */
#ifndef SEAM_EXEC_TRACE_OUT_H
#define SEAM_EXEC_TRACE_OUT_H

#include "base/error.h"
#include "exec/tracer.h"

enum { TRACE_WAITING_MAX = 64 << 20 };

struct trace_out_options {
    const char *to;             /* FILE, "-" or URL; a URL without a path gets /v1/traces */
    double (*clock_s)(void);    /* monotonic wall seconds */
    double patience_s;          /* for one request, and for what waits at the end; 0: 20 */
    const char *const *headers; /* "Name: value", NULL-terminated, or NULL */
};

struct trace_out;
/* ERR_IO where the file cannot be written, ERR_USAGE for what is no URL. */
MUST_CHECK int trace_out_open(const struct trace_out_options *options, struct trace_out **out,
                              struct error *err);
/* For the tracer. */
struct trace_sink trace_out_sink(struct trace_out *o);
/* What came of it. */
struct trace_told {
    uint64_t sent, lost; /* spans */
    char why[256];       /* of the last loss; "" */
};
/* Waits for what is still to be sent, patience_s at most, or puts the file in its place; frees o in
 * any case.  Spans that were lost are no error. */
MUST_CHECK int trace_out_close(struct trace_out *o, struct trace_told *told, struct error *err);
/* Leaves no file behind, sends nothing more; NULL is fine. */
void trace_out_drop(struct trace_out *o);

#endif
