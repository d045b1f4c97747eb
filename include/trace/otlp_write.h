/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spans out as OTLP/JSON: one ExportTraceServiceRequest a line, as the Collector's file exporter
 * writes them and an OTLP/HTTP endpoint takes them.
 *
 *     struct otlp_write w;
 *     otlp_begin(&w, &buf, &from);   // a request at the end of buf
 *     otlp_span(&w, &span);          // as often as there are spans
 *     otlp_end(&w);                  // closes it with a newline
 *
 * Ids are hashes of what a span is of (otlp_id), so that what is sent again has the ids of the
 * first time.  All texts are borrowed for the call; what is not UTF-8 in them gets U+FFFD. */
#ifndef SEAM_TRACE_OTLP_WRITE_H
#define SEAM_TRACE_OTLP_WRITE_H

#include "base/json_read.h"
#include "base/json_write.h"
#include "trace/vocabulary.h"

/* Kinds and states by their numbers in opentelemetry-proto's trace.proto. */
enum otlp_kind { OTLP_INTERNAL = 1, OTLP_CLIENT = 3 };
enum otlp_status { OTLP_UNSET = 0, OTLP_OK = 1, OTLP_ERROR = 2 };

struct otlp_event {
    const char *name;
    int64_t at_ns;
    const struct attribute *attribute; /* [n] */
    size_t n;
};

struct otlp_out {
    uint64_t trace[2], id, parent; /* parent 0: none */
    const char *name;
    enum otlp_kind kind;
    int64_t start_ns, end_ns;          /* since 1970-01-01 UTC */
    const struct attribute *attribute; /* [n] */
    size_t n;
    struct json more;               /* a map whose members are attributes too; absent: none */
    const struct otlp_event *event; /* [n_events] */
    size_t n_events;
    enum otlp_status status;
    const char *message; /* NULL: none */
};

/* Who sends: service.name and the version of scope and service. */
struct otlp_from {
    const char *service, *version;
    const struct attribute *attribute; /* [n] more of the resource */
    size_t n;
};

struct otlp_write {
    struct json_write json;
    size_t spans; /* in this request */
};

/* Opens a request at the end of `out`, which is borrowed until otlp_end. */
void otlp_begin(struct otlp_write *w, struct buf *out, const struct otlp_from *from);
/* Adds a span. */
void otlp_span(struct otlp_write *w, const struct otlp_out *span);
/* Closes the request and its line. */
void otlp_end(struct otlp_write *w);

/* An id that is never 0 from n numbers: the same numbers, the same id. */
uint64_t otlp_id(const uint64_t *part, size_t n);
/* The same of a text. */
uint64_t otlp_id_of_text(const char *s);

/* Attributes of the three common kinds; `key` and `text` end with NUL and are borrowed. */
struct attribute otlp_text(const char *key, const char *text);
/* A whole number. */
struct attribute otlp_whole(const char *key, int64_t n);
/* A number with a fraction. */
struct attribute otlp_real(const char *key, double x);

#endif
