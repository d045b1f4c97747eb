/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small logs as text, for the tests of the trace modules. */
#ifndef SEAM_TESTS_LOG_TEXT_H
#define SEAM_TESTS_LOG_TEXT_H

#include "model/rules.h"
#include "tests/support/support.h"
#include "trace/log.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* One request with one span; `more` is "" or further members, beginning with a comma. */
static inline void put_span(struct buf *b, const char *trace, const char *id, const char *parent,
                            const char *name, unsigned start_ms, unsigned end_ms, const char *more)
{
    buf_printf(b,
               "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":\"%s\","
               "\"spanId\":\"%s\",\"parentSpanId\":\"%s\",\"name\":\"%s\","
               "\"startTimeUnixNano\":\"%llu\",\"endTimeUnixNano\":\"%llu\"%s}]}]}]}\n",
               trace, id, parent, name, 1700000000000000000ULL + start_ms * 1000000ULL,
               1700000000000000000ULL + end_ms * 1000000ULL, more);
}

#define TEXT_ATTRIBUTE(key, value) "{\"key\":\"" key "\",\"value\":{\"stringValue\":\"" value "\"}}"
#define ATTRIBUTES(list)           ",\"attributes\":[" list "]"
#define FAILED                     ",\"status\":{\"code\":2}"

static inline void read_ok(const char *text, const struct log_options *options,
                           struct trace_log *log)
{
    struct error err = {0};
    ok(log_read_text("log", text, strlen(text), options, log, &err), &err);
}

/* A text that is put together; good until the next one. */
PRINTF_LIKE(1, 2) static inline const char *composed(const char *format, ...)
{
    static char text[16384];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    assert_in_range(n, 0, sizeof text - 1);
    return text;
}

static inline void read_refused(const char *text, const struct log_options *options,
                                enum error_code code, const char *part)
{
    struct trace_log log;
    struct error err = {0};
    assert_int_equal(log_read_text("log", text, strlen(text), options, &log, &err), -1);
    error_is(&err, code, part);
    log_release(&log);
}

static inline int32_t stage_named(const struct trace_log *log, const char *id)
{
    for (size_t s = 0; s < log->stages.len; s++)
        if (strcmp(log->stages.at[s].id, id) == 0)
            return (int32_t)s;
    fail_msg("no stage %s", id);
    return -1;
}

/* What a log says of its first span: a confidence (NaN: none) and a decision ("": none). */
static inline void first_span_says(const char *text, const struct log_options *options,
                                   double confidence, const char *decision)
{
    struct trace_log log;
    read_ok(text, options, &log);
    double got = log.spans.confidence[0];
    const char *said = span_string(&log.spans, log.spans.decision[0]);
    if ((isnan(confidence) ? !isnan(got) : got != confidence) || strcmp(said, decision) != 0)
        fail_msg("%s gives %g and \"%s\", not %g and \"%s\"", text, got, said, confidence,
                 decision);
    log_release(&log);
}

/* How a log's first span ended. */
static inline void first_span_ends(const char *text, enum outcome outcome, bool interrupt)
{
    struct trace_log log;
    read_ok(text, NULL, &log);
    if (log.spans.outcome[0] != outcome ||
        ((log.spans.flags[0] & SPAN_INTERRUPT) != 0) != interrupt)
        fail_msg("%s ends with %d%s, not %d", text, log.spans.outcome[0],
                 log.spans.flags[0] & SPAN_INTERRUPT ? ", interrupted" : "", outcome);
    log_release(&log);
}

#endif
