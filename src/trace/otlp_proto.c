/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OTLP messages: ResourceSpans > ScopeSpans > Span, walked in place.
 *
 * Field numbers are those of opentelemetry-proto's trace.proto, common.proto and resource.proto.
 * As the encoding allows, fields may come in any order, unknown ones are skipped, and of a field
 * that occurs once the last one counts.  Attributes are told before the status and the status
 * before the events, as the reader of OTLP/JSON does, whatever their order. */
#include "trace/otlp_proto.h"

#include "base/utf8.h"
#include "trace/ids.h"
#include "trace/log_record.h"
#include "trace/otlp_plain.h"

#include <string.h>

#define BYTES(number) PROTO_TAG(number, PROTO_BYTES)
enum {
    REQUEST_RESOURCES = BYTES(1),
    RESOURCE_RESOURCE = BYTES(1), /* its attributes are field 1 */
    RESOURCE_SCOPES = BYTES(2),
    RESOURCE_LIBRARIES = BYTES(1000), /* before version 0.15, and of the same shape as a scope */
    SCOPE_SCOPE = BYTES(1),           /* its attributes are field 3 */
    SCOPE_SPANS = BYTES(2),
    SPAN_TRACE_ID = BYTES(1),
    SPAN_SPAN_ID = BYTES(2),
    SPAN_PARENT_ID = BYTES(4),
    SPAN_NAME = BYTES(5),
    SPAN_START = PROTO_TAG(7, PROTO_FIXED64),
    SPAN_END = PROTO_TAG(8, PROTO_FIXED64),
    SPAN_ATTRIBUTES = BYTES(9),
    SPAN_EVENTS = BYTES(11),
    SPAN_LINKS = BYTES(13),
    LINK_TRACE_ID = BYTES(1),
    LINK_SPAN_ID = BYTES(2),
    LINK_ATTRIBUTES = BYTES(4),
    SPAN_STATUS = BYTES(15),
    RECORD_TIME = PROTO_TAG(1, PROTO_FIXED64),
    RECORD_SEVERITY = PROTO_TAG(2, PROTO_VARINT),
    RECORD_BODY = BYTES(5),
    RECORD_ATTRIBUTES = BYTES(6),
    RECORD_FLAGS = PROTO_TAG(8, PROTO_FIXED32),
    RECORD_TRACE_ID = BYTES(9),
    RECORD_SPAN_ID = BYTES(10),
    RECORD_OBSERVED = PROTO_TAG(11, PROTO_FIXED64),
    RECORD_EVENT = BYTES(12),
    STATUS_MESSAGE = BYTES(2),
    STATUS_CODE = PROTO_TAG(3, PROTO_VARINT),
    EVENT_NAME = BYTES(2),
    EVENT_ATTRIBUTES = BYTES(3),
    LIST_VALUES = BYTES(1),
};

/* ---- faults ------------------------------------------------------------------------------ */

int otlp_proto_fault(struct otlp_proto *p, uint64_t at, const char *why, struct error *err)
{
    struct sink *sink = p->sink;
    if (p->faults++ == 0) {
        p->first_at = at;
        p->first_why = why;
    }
    quality_note(sink->quality, QUALITY_UNREADABLE, sink->file_index, PLACE_BYTE | at);
    if (!sink->options->strict)
        return 0;
    return error_set(err, ERR_INPUT, "%s: byte %llu: %s", sink->file, (unsigned long long)at, why);
}

static uint64_t offset_of(const struct otlp_proto *p, const uint8_t *at)
{
    return p->offset + (uint64_t)(at - p->base);
}

/* Remembers why the span at hand cannot be read. */
static bool broken(struct otlp_proto *p, const char *why, const uint8_t *where)
{
    p->why = why;
    p->where = where;
    return false;
}

/* The walk over `in` has come to its end, and not to a fault. */
static bool is_done(struct otlp_proto *p, const struct proto *in)
{
    return in->fault ? broken(p, in->fault, in->at) : true;
}

static int report(struct otlp_proto *p, struct error *err)
{
    return otlp_proto_fault(p, offset_of(p, p->where), p->why, err);
}

/* ---- values ------------------------------------------------------------------------------ */

/* The bytes as UTF-8, in `room` when they had to be mended. */
static void read_text(struct otlp_proto *p, struct proto_bytes bytes, struct buf *room,
                      const char **s, size_t *len)
{
    *s = (const char *)bytes.at;
    *len = proto_len(bytes);
    if (utf8_is_ascii(*s, *len) || utf8_valid(*s, *len))
        return;
    quality_note(p->sink->quality, QUALITY_BAD_TEXT, p->sink->file_index,
                 PLACE_BYTE | offset_of(p, bytes.at));
    buf_clear(room);
    utf8_mend(*s, *len, room);
    *s = buf_text(room);
    *len = room->len;
}

static bool check_value(struct otlp_proto *p, struct proto_bytes bytes, int depth);

/* An attribute that nothing is asked of is well formed all the same. */
static bool check_attribute(struct otlp_proto *p, struct proto_bytes bytes, int depth)
{
    struct proto in = proto_walk(bytes);
    struct proto_field f;
    while (proto_next(&in, &f))
        if (f.tag == KEY_VALUE_VALUE && !check_value(p, f.bytes, depth))
            return false;
    return is_done(p, &in);
}

/* So are the elements of an array or a map, which hold further ones. */
static bool check_elements(struct otlp_proto *p, struct proto_bytes bytes, bool map, int depth)
{
    struct proto in = proto_walk(bytes);
    struct proto_field f;
    if (depth > OTLP_DEPTH_MAX)
        return broken(p, "a value is nested deeper than 100", bytes.at);
    while (proto_next(&in, &f))
        if (f.tag == LIST_VALUES &&
            !(map ? check_attribute(p, f.bytes, depth) : check_value(p, f.bytes, depth)))
            return false;
    return is_done(p, &in);
}

static bool check_value(struct otlp_proto *p, struct proto_bytes bytes, int depth)
{
    struct proto in = proto_walk(bytes);
    struct proto_field f;
    while (proto_next(&in, &f))
        if ((f.tag == VALUE_ARRAY || f.tag == VALUE_MAP) &&
            !check_elements(p, f.bytes, f.tag == VALUE_MAP, depth + 1))
            return false;
    return is_done(p, &in);
}

/* A message whose attributes are not asked for: a resource or a scope. */
static bool check_message(struct otlp_proto *p, struct proto_bytes bytes, uint32_t attributes)
{
    struct proto in = proto_walk(bytes);
    struct proto_field f;
    while (proto_next(&in, &f))
        if (f.tag == attributes && !check_attribute(p, f.bytes, 0))
            return false;
    return is_done(p, &in);
}

/* Of the choices in AnyValue the last one holds; *has is false for one that is no text or number.
 * A text is left where it lies. */
static bool read_value(struct otlp_proto *p, struct proto_bytes bytes, struct attribute *a,
                       bool *has, struct proto_bytes *text)
{
    struct proto in = proto_walk(bytes);
    struct proto_field f;
    *has = false;
    while (proto_next(&in, &f)) {
        switch (f.tag) {
        case VALUE_STRING:
            a->kind = ATTRIBUTE_TEXT;
            *text = f.bytes;
            break;
        case VALUE_BOOL:
            otlp_put_number(a, ATTRIBUTE_BOOL, f.value);
            break;
        case VALUE_INT:
            otlp_put_number(a, ATTRIBUTE_INT, f.value);
            break;
        case VALUE_DOUBLE:
            otlp_put_number(a, ATTRIBUTE_DOUBLE, f.value);
            break;
        case VALUE_ARRAY:
        case VALUE_MAP:
            if (!check_elements(p, f.bytes, f.tag == VALUE_MAP, 1))
                return false;
            break;
        case VALUE_BYTES:
            break;
        default:
            continue;
        }
        *has = f.tag < VALUE_ARRAY;
    }
    return is_done(p, &in);
}

/* *has is false for one without a key, or a value that attributes have. */
static bool take_attribute(struct otlp_proto *p, struct proto_bytes bytes, struct attribute *a,
                           bool *has)
{
    struct proto in = proto_walk(bytes);
    struct proto_field f;
    struct proto_bytes key = {0}, text = {0};
    *has = false;
    *a = (struct attribute){0};
    while (proto_next(&in, &f))
        if (f.tag == KEY_VALUE_KEY)
            key = f.bytes;
        else if (f.tag == KEY_VALUE_VALUE && !read_value(p, f.bytes, a, has, &text))
            return false;
    if (!is_done(p, &in))
        return false;
    if (key.at)
        read_text(p, key, &p->key, &a->key, &a->key_len);
    *has = *has && key.at;
    if (*has && a->kind == ATTRIBUTE_TEXT)
        read_text(p, text, &p->text, &a->text, &a->text_len);
    return true;
}

static bool read_attribute(struct otlp_proto *p, struct proto_bytes bytes)
{
    struct attribute a;
    bool has;
    if (!take_attribute(p, bytes, &a, &has))
        return false;
    if (has)
        vocabulary_attribute(p->sink->words, &a);
    else if (a.key_len)
        (void)vocabulary_key(p->sink->words, a.key, a.key_len); /* is it known? */
    return true;
}

/* ---- spans ------------------------------------------------------------------------------- */

struct status {
    bool failed;
    struct proto_bytes message; /* at is NULL: none */
};

static bool read_status(struct otlp_proto *p, struct proto_bytes bytes, struct status *out)
{
    struct proto in = proto_walk(bytes);
    struct proto_field f;
    while (proto_next(&in, &f))
        if (f.tag == STATUS_CODE)
            out->failed = f.value == 2;
        else if (f.tag == STATUS_MESSAGE)
            out->message = f.bytes;
    return is_done(p, &in);
}

static void tell_status(struct otlp_proto *p, const struct status *status)
{
    const char *s = NULL;
    size_t len = 0;
    if (status->message.at)
        read_text(p, status->message, &p->text, &s, &len);
    vocabulary_status(p->sink->words, status->failed, s, len);
}

static bool read_event(struct otlp_proto *p, struct proto_bytes bytes)
{
    struct proto in = proto_walk(bytes);
    struct proto all = in;
    struct proto_bytes name = {0};
    struct proto_field f;
    const char *s = "";
    size_t len = 0;
    while (proto_next(&in, &f))
        if (f.tag == EVENT_NAME)
            name = f.bytes;
    if (!is_done(p, &in))
        return false;
    if (name.at)
        read_text(p, name, &p->text, &s, &len);
    vocabulary_event(p->sink->words, s, len);
    while (proto_next(&all, &f)) {
        if (f.tag == EVENT_ATTRIBUTES && !read_attribute(p, f.bytes))
            return false;
        all.at = otlp_plain_attributes(p->sink->words, all.at, all.end, EVENT_ATTRIBUTES);
    }
    return true;
}

static bool read_link(struct otlp_proto *p, struct proto_bytes bytes)
{
    struct proto in = proto_walk(bytes);
    struct proto_field f;
    struct proto_bytes trace = {0}, span = {0};
    while (proto_next(&in, &f))
        if (f.tag == LINK_TRACE_ID)
            trace = f.bytes;
        else if (f.tag == LINK_SPAN_ID)
            span = f.bytes;
        else if (f.tag == LINK_ATTRIBUTES && !check_attribute(p, f.bytes, 0))
            return false;
    if (!is_done(p, &in))
        return false;
    if (trace.at && span.at)
        vocabulary_link(p->sink->words, ids_trace_bytes(p->sink->set, trace.at, proto_len(trace)),
                        ids_span_bytes(span.at, proto_len(span)));
    return true;
}

static bool read_events(struct otlp_proto *p, struct proto_bytes bytes)
{
    struct proto in = proto_walk(bytes);
    struct proto_field f;
    while (proto_next(&in, &f))
        if (f.tag == SPAN_EVENTS && !read_event(p, f.bytes))
            return false;
    return true;
}

static int64_t read_time(struct otlp_proto *p, uint64_t ns, const uint8_t *where)
{
    if (ns <= INT64_MAX)
        return (int64_t)ns;
    quality_note(p->sink->quality, QUALITY_BAD_TIME, p->sink->file_index,
                 PLACE_BYTE | offset_of(p, where));
    return 0;
}

/* Spans of a trace mostly follow each other. */
static uint32_t trace_of(struct otlp_proto *p, struct proto_bytes id)
{
    size_t n = proto_len(id);
    if (n == sizeof p->last_id && p->has_last && memcmp(p->last_id, id.at, n) == 0)
        return p->last_trace;
    uint32_t trace = ids_trace_bytes(p->sink->set, id.at, n);
    p->has_last = n == sizeof p->last_id;
    if (p->has_last)
        memcpy(p->last_id, id.at, n);
    p->last_trace = trace;
    return trace;
}

static uint32_t name_of(struct otlp_proto *p, struct proto_bytes bytes)
{
    const char *s;
    size_t len;
    read_text(p, bytes, &p->text, &s, &len);
    return span_text(p->sink->set, s, len);
}

/* One field of a span, whose tag is at `where`; events must wait for the others. */
static bool read_part(struct otlp_proto *p, const struct proto_field *f, const uint8_t *where,
                      struct span *span, struct status *status)
{
    switch (f->tag) {
    case SPAN_TRACE_ID:
        span->trace = trace_of(p, f->bytes);
        return true;
    case SPAN_SPAN_ID:
        span->id = ids_span_bytes(f->bytes.at, proto_len(f->bytes));
        return true;
    case SPAN_PARENT_ID:
        span->parent = ids_span_bytes(f->bytes.at, proto_len(f->bytes));
        return true;
    case SPAN_NAME:
        span->name = name_of(p, f->bytes);
        return true;
    case SPAN_START:
        span->start_ns = read_time(p, f->value, where);
        return true;
    case SPAN_END:
        span->end_ns = read_time(p, f->value, where);
        return true;
    case SPAN_ATTRIBUTES:
        return read_attribute(p, f->bytes);
    case SPAN_LINKS:
        return read_link(p, f->bytes);
    case SPAN_STATUS:
        return read_status(p, f->bytes, status);
    }
    return true;
}

/* Takes the ids that a span begins with, as senders write them; gives what comes behind them. */
static const uint8_t *read_ids(struct otlp_proto *p, struct proto_bytes bytes, struct span *span)
{
    enum { TRACE = 16, SPAN = 8, HEAD = 2 };
    const uint8_t *at = bytes.at, *id = at + HEAD + TRACE;
    if (proto_len(bytes) < HEAD + TRACE + HEAD + SPAN || at[0] != SPAN_TRACE_ID || at[1] != TRACE ||
        id[0] != SPAN_SPAN_ID || id[1] != SPAN)
        return at;
    span->trace = trace_of(p, proto_bytes(at + HEAD, TRACE));
    span->id = ids_span_bytes(id + HEAD, SPAN);
    at = id + HEAD + SPAN;
    if (bytes.end - at < HEAD + SPAN || at[0] != SPAN_PARENT_ID || at[1] != SPAN)
        return at;
    span->parent = ids_span_bytes(at + HEAD, SPAN);
    return at + HEAD + SPAN;
}

static bool read_span(struct otlp_proto *p, struct proto_bytes bytes)
{
    struct proto in = proto_walk(bytes);
    struct sink *sink = p->sink;
    struct proto_bytes events = {0};
    const uint8_t *begin = in.at, *where;
    struct status status = {0};
    struct proto_field f;
    struct span *span = vocabulary_open(sink->words);
    span->file = sink->file_index;
    span->line = PLACE_BYTE | offset_of(p, begin);
    where = in.at = read_ids(p, bytes, span);
    for (; proto_next_number(&in, &f) || proto_next(&in, &f); where = in.at) {
        if (f.tag == SPAN_EVENTS && !events.at)
            events = (struct proto_bytes){where, in.end};
        if (!read_part(p, &f, where, span, &status))
            return false;
        if (in.at < in.end && *in.at == SPAN_ATTRIBUTES)
            in.at = otlp_plain_attributes(sink->words, in.at, in.end, SPAN_ATTRIBUTES);
    }
    if (!is_done(p, &in))
        return false;
    if (span->trace == SPAN_NONE)
        return broken(p, "a span has no trace_id", begin);
    if (span->name == SPAN_NONE)
        span->name = span_text(sink->set, "", 0);
    tell_status(p, &status);
    if (events.at && !read_events(p, events))
        return false;
    vocabulary_close(sink->words);
    return true;
}

/* ---- log records ------------------------------------------------------------------------- */

/* Where a ScopeSpans has spans, a ScopeLogs has log records: the first field that only one of the
 * two has tells which. */
static bool is_log_record(struct proto_bytes bytes)
{
    struct proto in = proto_walk(bytes);
    struct proto_field f;
    while (proto_next(&in, &f))
        switch (f.tag) {
        case SPAN_TRACE_ID:
        case SPAN_SPAN_ID:
        case SPAN_START:
        case SPAN_END:
            return false;
        case RECORD_TIME:
        case RECORD_SEVERITY:
        case RECORD_FLAGS:
        case RECORD_OBSERVED:
        case RECORD_ATTRIBUTES:
            return true;
        default:
            break;
        }
    return false;
}

static bool read_told(struct otlp_proto *p, struct proto_bytes bytes, struct log_record *r)
{
    struct attribute a;
    bool has;
    if (!take_attribute(p, bytes, &a, &has))
        return false;
    if (has)
        log_record_attribute(r, &a);
    return true;
}

/* The members of a body that is a map. */
static bool read_body(struct otlp_proto *p, struct proto_bytes bytes, struct log_record *r)
{
    struct proto in = proto_walk(bytes);
    struct proto_field f, member;
    if (!check_value(p, bytes, 0))
        return false;
    while (proto_next(&in, &f))
        if (f.tag == VALUE_MAP) {
            struct proto map = proto_walk(f.bytes);
            while (proto_next(&map, &member))
                if (member.tag == LIST_VALUES && !read_told(p, member.bytes, r))
                    return false;
        }
    return true;
}

static bool read_record_part(struct otlp_proto *p, const struct proto_field *f,
                             struct log_record *r)
{
    const char *s;
    size_t len;
    switch (f->tag) {
    case RECORD_TRACE_ID:
        r->trace = ids_trace_bytes(p->sink->set, f->bytes.at, proto_len(f->bytes));
        return true;
    case RECORD_SPAN_ID:
        r->span = ids_span_bytes(f->bytes.at, proto_len(f->bytes));
        return true;
    case RECORD_EVENT:
        read_text(p, f->bytes, &p->text, &s, &len);
        log_record_name(r, s, len);
        return true;
    case RECORD_ATTRIBUTES:
        return read_told(p, f->bytes, r);
    case RECORD_BODY:
        return read_body(p, f->bytes, r);
    }
    return true;
}

static bool read_log_record(struct otlp_proto *p, struct proto_bytes bytes)
{
    struct proto in = proto_walk(bytes);
    struct log_record r = {.sink = p->sink};
    struct proto_field f;
    bool fine = true;
    p->sink->line = PLACE_BYTE | offset_of(p, in.at);
    log_record_open(&r);
    while (fine && proto_next(&in, &f))
        fine = read_record_part(p, &f, &r);
    fine = fine && is_done(p, &in);
    if (fine)
        log_record_close(&r);
    log_record_release(&r);
    return fine;
}

/* ---- what spans lie in ------------------------------------------------------------------- */

static int read_scope(struct otlp_proto *p, struct proto_bytes bytes, struct error *err)
{
    struct proto in = proto_walk(bytes);
    struct proto_field f;
    while (proto_next(&in, &f)) {
        bool fine = f.tag == SCOPE_SPANS   ? is_log_record(f.bytes) ? read_log_record(p, f.bytes)
                                                                    : read_span(p, f.bytes)
                      : f.tag == SCOPE_SCOPE ? check_message(p, f.bytes, BYTES(3))
                                           : true;
        if (!fine && report(p, err))
            return -1;
    }
    return is_done(p, &in) ? 0 : report(p, err);
}

/* A sender of the time between the two names may have set both: then the new one counts. */
static uint32_t name_of_scopes(struct proto_bytes bytes)
{
    struct proto in = proto_walk(bytes);
    struct proto_field f;
    uint32_t tag = RESOURCE_SCOPES;
    while (proto_next(&in, &f)) {
        if (f.tag == RESOURCE_SCOPES)
            return f.tag;
        if (f.tag == RESOURCE_LIBRARIES)
            tag = f.tag;
    }
    return tag;
}

static int read_resource(struct otlp_proto *p, struct proto_bytes bytes, struct error *err)
{
    struct proto in = proto_walk(bytes);
    uint32_t scopes = name_of_scopes(bytes);
    struct proto_field f;
    while (proto_next(&in, &f)) {
        if (f.tag == scopes && read_scope(p, f.bytes, err))
            return -1;
        if (f.tag == RESOURCE_RESOURCE && !check_message(p, f.bytes, BYTES(1)) && report(p, err))
            return -1;
    }
    return is_done(p, &in) ? 0 : report(p, err);
}

int otlp_proto_read(struct otlp_proto *p, struct proto_bytes bytes, struct error *err)
{
    struct proto in = proto_walk(bytes);
    struct proto_field f;
    while (proto_next(&in, &f))
        if (f.tag == REQUEST_RESOURCES && read_resource(p, f.bytes, err))
            return -1;
    return is_done(p, &in) ? 0 : report(p, err);
}

void otlp_proto_release(struct otlp_proto *p)
{
    buf_release(&p->key);
    buf_release(&p->text);
}
