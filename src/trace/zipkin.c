/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Zipkin v2 (zipkin-api, zipkin2-api.yaml): microseconds, tags of strings, annotations.
 *
 * The tag `error` makes an error whatever its value.  A server may report under the id of the
 * client's span (`shared`): the two are told apart when all spans are read (settle.h), and what the
 * server did is below the server's. */
#include "trace/zipkin.h"

#include "trace/record.h"

bool zipkin_is(struct json span)
{
    static const char *const own[] = {"id",   "parentId",      "timestamp",
                                      "kind", "localEndpoint", "duration"};
    static const char *const others[] = {"startTime", "observations", "spanId", "type"};
    bool is = false;
    if (!json_present(json_get(span, "traceId")))
        return false;
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        is = is || json_present(json_get(span, own[i]));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        is = is && !json_present(json_get(span, others[i]));
    return is;
}

static void read_annotations(struct sink *sink, struct json list)
{
    for (struct json_iter it = json_each(list); json_next(&it);) {
        size_t len = 0;
        const char *value = record_text(json_get(it.value, "value"), &len);
        if (value)
            vocabulary_event(sink->words, value, len);
    }
}

int zipkin_read(struct json v, struct sink *sink, struct error *err)
{
    struct json tags = json_get(v, "tags"), error = json_get(tags, "error");
    size_t len = 0;
    sink->quality->records++;
    struct span *span = record_open(sink, json_get(v, "traceId"), json_get(v, "id"),
                                    json_get(v, "parentId"), json_get(v, "name"));
    if (!span)
        return 0;
    record_interval(sink, span, json_get(v, "timestamp"), json_get(v, "duration"), 1000);
    record_attribute(sink, "service.name", json_pointer(v, "/localEndpoint/serviceName"));
    record_attribute(sink, "span.kind", json_get(v, "kind"));
    record_members(sink, tags);
    const char *message = record_text(error, &len);
    vocabulary_status(sink->words, json_present(error), message, len);
    read_annotations(sink, json_get(v, "annotations"));
    vocabulary_close(sink->words);
    if (record_true(json_get(v, "shared")))
        settle_shared(&sink->later, sink->set);
    return 0;
}
