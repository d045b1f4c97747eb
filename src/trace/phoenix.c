/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Phoenix (Arize-ai/phoenix, the REST API's Span and SpanAnnotation): OpenInference attributes,
 * flat or nested, with ISO times; what people and evaluators said stands apart, by span or by
 * trace. */
#include "trace/phoenix.h"

#include "trace/record.h"

static bool is_annotation(struct json v)
{
    return (json_present(json_get(v, "span_id")) || json_present(json_get(v, "trace_id"))) &&
           (json_present(json_get(v, "annotator_kind")) || json_present(json_get(v, "result")));
}

bool phoenix_is(struct json object)
{
    struct json context = json_get(object, "context");
    return json_present(json_get(context, "trace_id")) ||
           json_present(json_get(context, "span_id")) || is_annotation(object);
}

/* The user who is signed in, else what the annotator calls itself. */
static struct json who_of(struct json v)
{
    struct json user = json_get(v, "user_id");
    size_t len;
    return record_text(user, &len) || json_type(user) == JSON_INT ? user
                                                                  : json_get(v, "identifier");
}

static void read_annotation(struct sink *sink, struct json v)
{
    struct json result = json_get(v, "result");
    if (json_type(result) != JSON_MAP)
        result = v;
    struct opinion o = {.trace = json_get(v, "trace_id"),
                        .span = json_get(v, "span_id"),
                        .name = json_get(v, "name"),
                        .score = json_get(result, "score"),
                        .label = json_get(result, "label"),
                        .who = who_of(v),
                        .human = record_is(json_get(v, "annotator_kind"), "HUMAN")};
    record_opinion(sink, &o);
}

static void read_events(struct sink *sink, struct json list)
{
    for (struct json_iter it = json_each(list); json_next(&it);) {
        size_t len = 0;
        const char *name = record_text(json_get(it.value, "name"), &len);
        vocabulary_event(sink->words, name ? name : "", len);
        record_members(sink, json_get(it.value, "attributes"));
    }
}

static void read_attributes(struct sink *sink, struct json v)
{
    if (json_type(v) == JSON_MAP)
        record_members(sink, v);
    else
        record_payload(sink, "metadata", v); /* JSON in a string, as GraphQL answers */
}

int phoenix_read(struct json v, struct sink *sink, struct error *err)
{
    struct json context = json_get(v, "context");
    size_t len = 0;
    sink->quality->records++;
    if (is_annotation(v)) {
        read_annotation(sink, v);
        return 0;
    }
    struct span *span =
        record_open(sink, json_get(context, "trace_id"), json_get(context, "span_id"),
                    json_get(v, "parent_id"), json_get(v, "name"));
    if (!span)
        return 0;
    span->start_ns = record_moment(sink, json_get(v, "start_time"));
    span->end_ns = record_moment(sink, json_get(v, "end_time"));
    record_attribute(sink, "openinference.span.kind", json_get(v, "span_kind"));
    read_attributes(sink, json_get(v, "attributes"));
    const char *text = record_text(json_get(v, "status_message"), &len);
    vocabulary_status(sink->words, record_is(json_get(v, "status_code"), "ERROR"), text, len);
    read_events(sink, json_get(v, "events"));
    vocabulary_close(sink->words);
    return 0;
}
