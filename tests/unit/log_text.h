/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small logs as text, for the tests of the trace modules. */
#ifndef SEAM_TESTS_LOG_TEXT_H
#define SEAM_TESTS_LOG_TEXT_H

#include "tests/support/support.h"
#include "trace/log.h"

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

#endif
