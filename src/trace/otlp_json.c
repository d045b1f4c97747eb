/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OTLP/JSON: resourceSpans > scopeSpans > spans, walked once.
 *
 * Follows opentelemetry-proto's trace.proto in the JSON mapping of the OTLP specification, with
 * what writers do in fact: the Collector's pdata (64-bit numbers as strings, zero fields left
 * out), gogo/protobuf (enum names, base64), Python (snake_case). */
#include "trace/otlp_json.h"

#include "trace/ids.h"
#include "trace/log_record.h"
#include "trace/record.h"

#include <string.h>

bool otlp_json_is(struct json root)
{
    static const char *const keys[] = {"resourceSpans", "resource_spans",  "resourceLogs",
                                       "resource_logs", "resourceMetrics", "resource_metrics"};
    if (json_type(root) != JSON_MAP)
        return false;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (json_present(json_get(root, keys[i])))
            return true;
    return json_count(root) == 0;
}

/* One of the three shapes of AnyValue that hold a number or a text; false for the others. */
static bool read_value(struct json any, struct attribute *out)
{
    for (struct json_iter it = json_each(any); json_next(&it);) {
        const char *k = it.key;
        size_t n = it.key_len;
        bool flag;
#define IS(word) (n == sizeof word - 1 && memcmp(k, word, n) == 0)
        if (IS("stringValue") || IS("string_value")) {
            out->kind = ATTRIBUTE_TEXT;
            return json_text(it.value, &out->text, &out->text_len);
        }
        if (IS("intValue") || IS("int_value")) {
            out->kind = ATTRIBUTE_INT;
            if (!json_as_double(it.value, &out->number))
                return false;
            if (!json_as_i64(it.value, &out->whole))
                out->kind = ATTRIBUTE_DOUBLE; /* beyond 64 bits */
            return true;
        }
        if (IS("doubleValue") || IS("double_value")) {
            out->kind = ATTRIBUTE_DOUBLE;
            return json_as_double(it.value, &out->number);
        }
        if (IS("boolValue") || IS("bool_value")) {
            out->kind = ATTRIBUTE_BOOL;
            if (!json_as_bool(it.value, &flag))
                return false;
            out->whole = flag;
            out->number = flag;
            return true;
        }
#undef IS
    }
    return false;
}

/* An element of a list of attributes; false when it has no value that attributes have. */
static bool read_attribute(struct json v, struct attribute *a)
{
    *a = (struct attribute){0};
    return json_text(json_get(v, "key"), &a->key, &a->key_len) &&
           read_value(json_get(v, "value"), a);
}

static void read_attributes(struct json list, struct sink *sink)
{
    struct attribute a;
    for (struct json_iter it = json_each(list); json_next(&it);)
        if (read_attribute(it.value, &a))
            vocabulary_attribute(sink->words, &a);
        else if (a.key_len && json_count(json_get(it.value, "value")))
            (void)vocabulary_key(sink->words, a.key, a.key_len); /* is it known? */
}

static void read_events(struct json list, struct sink *sink)
{
    for (struct json_iter it = json_each(list); json_next(&it);) {
        const char *name = "";
        size_t len = 0;
        if (!json_text(json_get(it.value, "name"), &name, &len))
            len = 0;
        vocabulary_event(sink->words, name, len);
        read_attributes(json_get(it.value, "attributes"), sink);
    }
}

static void read_links(struct json list, struct sink *sink)
{
    char digits[24];
    const char *trace, *span;
    size_t n, m;
    for (struct json_iter it = json_each(list); json_next(&it);)
        if (record_id(json_get2(it.value, "traceId", "trace_id"), digits, &trace, &n) &&
            json_text(json_get2(it.value, "spanId", "span_id"), &span, &m))
            vocabulary_link(sink->words, ids_trace(sink->set, trace, n), ids_span(span, m));
}

static void read_status(struct json status, struct sink *sink)
{
    const char *message = NULL, *name;
    size_t len = 0, n;
    int64_t code = 0;
    struct json c = json_get(status, "code");
    if (!json_as_i64(c, &code) && json_text(c, &name, &n))
        code = (n == 17 && memcmp(name, "STATUS_CODE_ERROR", 17) == 0) ||
                       (n == 5 && memcmp(name, "ERROR", 5) == 0)
                   ? 2
                   : 0;
    if (!json_text(json_get(status, "message"), &message, &len))
        message = NULL;
    vocabulary_status(sink->words, code == 2, message, len);
}

static int64_t read_time(struct json v, struct sink *sink)
{
    uint64_t ns;
    if (!json_present(v) || json_type(v) == JSON_NULL)
        return 0;
    if (!json_as_u64(v, &ns) || ns > INT64_MAX) {
        quality_note(sink->quality, QUALITY_BAD_TIME, sink->file_index, sink->line);
        return 0;
    }
    return (int64_t)ns;
}

/* The parts of a span, found in one walk over its keys. */
enum part { TRACE, SPAN, PARENT, NAME, START, END, ATTRIBUTES, EVENTS, STATUS, LINKS, PARTS };
static const struct {
    const char *key, *snake;
} parts[PARTS] = {
    {"traceId",           "trace_id"            },
    {"spanId",            "span_id"             },
    {"parentSpanId",      "parent_span_id"      },
    {"name",              "name"                },
    {"startTimeUnixNano", "start_time_unix_nano"},
    {"endTimeUnixNano",   "end_time_unix_nano"  },
    {"attributes",        "attributes"          },
    {"events",            "events"              },
    {"status",            "status"              },
    {"links",             "links"               },
};

static void find_parts(struct json span, struct json found[PARTS])
{
    memset(found, 0, PARTS * sizeof found[0]);
    for (struct json_iter it = json_each(span); json_next(&it);)
        for (size_t i = 0; i < PARTS; i++)
            if ((strlen(parts[i].key) == it.key_len &&
                 memcmp(parts[i].key, it.key, it.key_len) == 0) ||
                (strlen(parts[i].snake) == it.key_len &&
                 memcmp(parts[i].snake, it.key, it.key_len) == 0)) {
                found[i] = it.value;
                break;
            }
}

static void read_span(struct json v, struct sink *sink)
{
    struct json part[PARTS];
    char digits[24];
    const char *s;
    size_t len;
    if (json_type(v) != JSON_MAP) {
        record_unreadable(sink);
        return;
    }
    record_at(sink, v);
    find_parts(v, part);
    struct span *span = vocabulary_open(sink->words);
    span->file = sink->file_index;
    span->line = sink->line;
    if (record_id(part[TRACE], digits, &s, &len))
        span->trace = ids_trace(sink->set, s, len);
    if (span->trace == SPAN_NONE) {
        record_unreadable(sink);
        return;
    }
    if (record_id(part[SPAN], digits, &s, &len))
        span->id = ids_span(s, len);
    if (record_id(part[PARENT], digits, &s, &len))
        span->parent = ids_span(s, len);
    bool has_name = json_text(part[NAME], &s, &len);
    span->name = span_text(sink->set, has_name ? s : "", has_name ? len : 0);
    span->start_ns = read_time(part[START], sink);
    span->end_ns = read_time(part[END], sink);
    read_attributes(part[ATTRIBUTES], sink);
    read_status(part[STATUS], sink);
    read_events(part[EVENTS], sink);
    read_links(part[LINKS], sink);
    vocabulary_close(sink->words);
}

/* The elements of a list that may be absent; what is none is counted. */
static struct json_iter elements(struct sink *sink, struct json v)
{
    if (json_present(v) && json_type(v) != JSON_LIST && json_type(v) != JSON_NULL) {
        record_unreadable(sink);
        return json_each((struct json){0});
    }
    return json_each(v);
}

/* The attributes of a log record, or the members of its body. */
static void read_told(struct json list, struct log_record *r)
{
    struct attribute a;
    for (struct json_iter it = json_each(list); json_next(&it);)
        if (read_attribute(it.value, &a))
            log_record_attribute(r, &a);
}

static void read_log_record(struct json v, struct log_record *r)
{
    struct sink *sink = r->sink;
    char digits[24];
    const char *s;
    size_t len;
    if (json_type(v) != JSON_MAP) {
        record_unreadable(sink);
        return;
    }
    record_at(sink, v);
    log_record_open(r);
    if (record_id(json_get2(v, "traceId", "trace_id"), digits, &s, &len))
        r->trace = ids_trace(sink->set, s, len);
    if (record_id(json_get2(v, "spanId", "span_id"), digits, &s, &len))
        r->span = ids_span(s, len);
    if (json_text(json_get2(v, "eventName", "event_name"), &s, &len))
        log_record_name(r, s, len);
    struct json body = json_get(v, "body"), map = json_get2(body, "kvlistValue", "kvlist_value");
    read_told(json_get(map, "values"), r);
    read_told(json_get(v, "attributes"), r);
    log_record_close(r);
}

static void read_logs(struct json resources, struct sink *sink)
{
    struct log_record record = {.sink = sink};
    for (struct json_iter r = elements(sink, resources); json_next(&r);) {
        struct json scopes = json_get2(r.value, "scopeLogs", "scope_logs");
        for (struct json_iter s = elements(sink, scopes); json_next(&s);) {
            struct json records = json_get2(s.value, "logRecords", "log_records");
            for (struct json_iter it = elements(sink, records); json_next(&it);)
                read_log_record(it.value, &record);
        }
    }
    log_record_release(&record);
}

int otlp_json_read(struct json root, struct sink *sink, struct error *err)
{
    struct json resources = json_get2(root, "resourceSpans", "resource_spans");
    sink->quality->records++;
    read_logs(json_get2(root, "resourceLogs", "resource_logs"), sink);
    for (struct json_iter r = elements(sink, resources); json_next(&r);) {
        struct json scopes = json_get2(r.value, "scopeSpans", "scope_spans");
        if (!json_present(scopes))
            scopes = json_get(r.value, "instrumentationLibrarySpans");
        for (struct json_iter s = elements(sink, scopes); json_next(&s);)
            for (struct json_iter it = elements(sink, json_get(s.value, "spans")); json_next(&it);)
                read_span(it.value, sink);
    }
    return 0;
}
