/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Langfuse (its public API's traces, observations and scores, and the JSON its pages save).
 *
 * An export holds the observations twice, beside the trace and in it: one of the two is read.
 * Lists of traces name their observations by id only: such a trace is a span itself. */
#include "trace/langfuse.h"

#include "trace/record.h"

static bool is_observation(struct json v)
{
    return json_present(json_get(v, "traceId")) && json_present(json_get(v, "startTime"));
}

static bool is_score(struct json v)
{
    return json_present(json_get(v, "traceId")) &&
           (json_present(json_get(v, "dataType")) ||
            (json_present(json_get(v, "source")) && json_present(json_get(v, "value"))));
}

static bool is_export(struct json v)
{
    return json_type(json_get(v, "observations")) == JSON_LIST ||
           json_type(json_pointer(v, "/trace/observations")) == JSON_LIST;
}

bool langfuse_is(struct json object)
{
    return is_export(object) || is_observation(object) || is_score(object);
}

static void read_end(struct sink *sink, struct span *span, struct json v)
{
    double latency;
    span->end_ns = record_moment(sink, json_get(v, "endTime"));
    if (span->end_ns || !span->start_ns)
        return;
    if (record_is(json_get(v, "type"), "EVENT"))
        span->end_ns = span->start_ns;
    else if (json_as_double(json_get(v, "latency"), &latency) && latency >= 0 && latency < 1e9)
        span->end_ns = span->start_ns + (int64_t)(latency * 1e9 + 0.5);
}

/* What the open span has in common with a trace that stands for one. */
static void read_rest(struct sink *sink, struct json v, struct json session)
{
    size_t len = 0;
    record_attribute(sink, "session.id", session);
    record_attribute(sink, "langfuse.observation.type", json_get(v, "type"));
    record_attribute(sink, "model", json_get(v, "model"));
    record_attribute(sink, "usageDetails", json_get(v, "usageDetails"));
    record_payload(sink, "langfuse.observation.cost_details", json_get(v, "costDetails"));
    record_attribute(sink, "total_cost", json_get2(v, "totalCost", "calculatedTotalCost"));
    record_payload(sink, "metadata", json_get(v, "metadata"));
    record_members(sink, json_pointer(v, "/metadata/attributes"));
    record_payload(sink, "output", json_get(v, "output"));
    const char *text = record_text(json_get(v, "statusMessage"), &len);
    vocabulary_status(sink->words, record_is(json_get(v, "level"), "ERROR"), text, len);
    vocabulary_close(sink->words);
}

static void read_observation(struct sink *sink, struct json v, struct json trace,
                             struct json session)
{
    struct json own = json_get(v, "traceId");
    record_at(sink, v);
    struct span *span = record_open(sink, json_present(own) ? own : trace, json_get(v, "id"),
                                    json_get(v, "parentObservationId"), json_get(v, "name"));
    if (!span)
        return;
    span->start_ns = record_moment(sink, json_get(v, "startTime"));
    read_end(sink, span, v);
    read_rest(sink, v, session);
}

static void read_trace_alone(struct sink *sink, struct json v)
{
    struct json id = json_get(v, "id");
    struct span *span = record_open(sink, id, id, (struct json){0}, json_get(v, "name"));
    if (!span)
        return;
    span->start_ns = record_moment(sink, json_get(v, "timestamp"));
    read_end(sink, span, v);
    read_rest(sink, v, json_get(v, "sessionId"));
}

static void read_score(struct sink *sink, struct json v, struct json trace)
{
    struct json own = json_get(v, "traceId");
    record_at(sink, v);
    struct opinion o = {.trace = json_present(own) ? own : trace,
                        .span = json_get(v, "observationId"),
                        .name = json_get(v, "name"),
                        .score = json_get(v, "value"),
                        .label = json_get(v, "stringValue"),
                        .who = json_get2(v, "authorUserId", "author_user_id"),
                        .human = record_is(json_get(v, "source"), "ANNOTATION")};
    if (o.human && record_is(json_get(v, "dataType"), "CORRECTION"))
        o.word = "corrected";
    record_opinion(sink, &o);
}

static void read_scores(struct sink *sink, struct json list, struct json trace)
{
    for (struct json_iter it = json_each(list); json_next(&it);)
        if (json_type(it.value) == JSON_MAP)
            read_score(sink, it.value, trace);
}

static void read_export(struct sink *sink, struct json v)
{
    struct json trace = json_get(v, "trace"), list = json_get(v, "observations");
    if (json_type(trace) != JSON_MAP)
        trace = v;
    if (json_count(list) == 0)
        list = json_get(trace, "observations");
    struct json id = json_get(trace, "id");
    bool any = false;
    for (struct json_iter it = json_each(list); json_next(&it);) {
        if (json_type(it.value) == JSON_MAP)
            read_observation(sink, it.value, id, json_get(trace, "sessionId"));
        else if (json_type(it.value) != JSON_STRING)
            record_unreadable(sink);
        any = any || json_type(it.value) == JSON_MAP;
    }
    if (!any)
        read_trace_alone(sink, trace);
    read_scores(sink, json_get(trace, "scores"), id);
    if (trace.index != v.index)
        read_scores(sink, json_get(v, "scores"), id);
}

int langfuse_read(struct json v, struct sink *sink, struct error *err)
{
    sink->quality->records++;
    if (is_export(v))
        read_export(sink, v);
    else if (is_observation(v))
        read_observation(sink, v, (struct json){0}, json_get(v, "sessionId"));
    else
        read_score(sink, v, (struct json){0});
    return 0;
}
