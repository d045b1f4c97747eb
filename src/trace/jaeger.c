/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Jaeger's JSON (jaeger-idl, model/json/model.go): microseconds, references in place of a parent,
 * tags as lists of {key, type, value}, the resource apart under `processes`.
 *
 * An error is the tag `error` true (OpenTracing) or otel.status_code ERROR.  A reference into
 * another trace is a link, not a parent; of several into the same trace CHILD_OF goes first. */
#include "trace/jaeger.h"

#include "trace/record.h"

#include <strings.h>

/* The processes of a trace by their keys: names are looked up once for each span. */
struct processes {
    struct intern keys;
    VEC(struct json) at;
};

bool jaeger_is(struct json trace)
{
    return json_type(json_get(trace, "spans")) == JSON_LIST &&
           (json_present(json_get(trace, "traceID")) ||
            json_present(json_get(trace, "processes")) ||
            json_present(json_pointer(trace, "/spans/0/spanID")));
}

static void find_processes(struct json trace, struct processes *out)
{
    struct json all = json_get(trace, "processes");
    intern_init(&out->keys);
    if (json_type(all) != JSON_MAP)
        return;
    for (struct json_iter it = json_each(all); json_next(&it);)
        if (intern_put(&out->keys, it.key, it.key_len) == out->at.len)
            vec_push(&out->at, it.value);
}

/* Tags of the open span; notes how it ended among them. */
static void read_tags(struct sink *sink, struct json tags, bool *failed, struct json *message)
{
    for (struct json_iter it = json_each(tags); json_next(&it);) {
        struct json value = json_get(it.value, "value");
        struct json key = json_get(it.value, "key");
        struct attribute a = {0};
        if (!json_text(key, &a.key, &a.key_len) || !attribute_of_json(value, &a))
            continue;
        if (record_is(key, "error"))
            *failed = *failed || record_true(value);
        else if (record_is(key, "otel.status_code"))
            *failed = *failed || record_is(value, "ERROR");
        else if (record_is(key, "otel.status_description"))
            *message = value;
        vocabulary_attribute(sink->words, &a);
    }
}

static void read_process(struct sink *sink, const struct processes *p, struct json span)
{
    const char *key;
    size_t len;
    bool ignored = false;
    struct json process = json_get(span, "process"), none;
    if (!json_present(process) && json_text(json_get(span, "processID"), &key, &len)) {
        uint32_t id = intern_find(&p->keys, key, len);
        if (id != UINT32_MAX)
            process = p->at.at[id];
    }
    record_attribute(sink, "service.name", json_get(process, "serviceName"));
    read_tags(sink, json_get(process, "tags"), &ignored, &none);
}

/* Logs are events: their name is the field `event`, or the message of old instrumentations. */
static void read_logs(struct sink *sink, struct json logs)
{
    for (struct json_iter it = json_each(logs); json_next(&it);) {
        struct json fields = json_get(it.value, "fields"), ignored;
        const char *name = "";
        size_t len = 0;
        bool failed = false;
        for (struct json_iter f = json_each(fields); json_next(&f);)
            if (record_is(json_get(f.value, "key"), "event") &&
                !json_text(json_get(f.value, "value"), &name, &len))
                len = 0;
        vocabulary_event(sink->words, name, len);
        read_tags(sink, fields, &failed, &ignored);
    }
}

static bool same_trace(struct json reference, struct json trace)
{
    const char *a, *b;
    size_t n, m;
    struct json named = json_get(reference, "traceID");
    if (!json_text(named, &a, &n) || !json_text(trace, &b, &m))
        return !json_present(named);
    return n == m && strncasecmp(a, b, n) == 0;
}

static struct json parent_of(struct json span, struct json trace)
{
    struct json parent = json_get(span, "parentSpanID");
    bool sure = false;
    for (struct json_iter it = json_each(json_get(span, "references")); json_next(&it);) {
        bool child = record_is(json_get(it.value, "refType"), "CHILD_OF");
        if (sure || !same_trace(it.value, trace) || (json_present(parent) && !child))
            continue;
        parent = json_get(it.value, "spanID");
        sure = child;
    }
    return parent;
}

static void read_span(struct sink *sink, struct json v, struct json trace,
                      const struct processes *processes)
{
    bool failed = false;
    struct json message = {0}, own = json_get(v, "traceID");
    size_t len = 0;
    record_at(sink, v);
    if (json_type(v) != JSON_MAP) {
        record_unreadable(sink);
        return;
    }
    if (json_present(own))
        trace = own;
    struct span *span = record_open(sink, trace, json_get(v, "spanID"), parent_of(v, trace),
                                    json_get(v, "operationName"));
    if (!span)
        return;
    record_interval(sink, span, json_get(v, "startTime"), json_get(v, "duration"), 1000);
    read_process(sink, processes, v);
    read_tags(sink, json_get(v, "tags"), &failed, &message);
    const char *text = record_text(message, &len);
    vocabulary_status(sink->words, failed, text, len);
    read_logs(sink, json_get(v, "logs"));
    vocabulary_close(sink->words);
}

int jaeger_read(struct json trace, struct sink *sink, struct error *err)
{
    struct processes processes = {0};
    find_processes(trace, &processes);
    for (struct json_iter it = json_each(json_get(trace, "spans")); json_next(&it);)
        read_span(sink, it.value, json_get(trace, "traceID"), &processes);
    intern_release(&processes.keys);
    vec_release(&processes.at);
    sink->quality->records++;
    return 0;
}
