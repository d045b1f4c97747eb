/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LangSmith runs and feedback (langsmith-sdk, schemas.py: Run, Feedback).
 *
 * A run names its parent and trace; where an export left them out, dotted_order tells both: the
 * runs from the root down, each as {time}Z{id}, with dots between.  session_id is the project, not
 * a session: that stands in the metadata (session_id, thread_id or conversation_id). */
#include "trace/langsmith.h"

#include "trace/ids.h"
#include "trace/record.h"

#include <string.h>

static bool is_feedback(struct json v)
{
    return json_present(json_get(v, "run_id")) && json_present(json_get(v, "key"));
}

bool langsmith_is(struct json object)
{
    return json_present(json_get(object, "run_type")) || is_feedback(object);
}

/* The id of the run in a segment "20240102T030405000006Z{id}". */
static bool id_in(const char *segment, size_t len, const char **id, size_t *id_len)
{
    const char *z = len ? memchr(segment, 'Z', len) : NULL;
    if (!z || z + 1 == segment + len)
        return false;
    *id = z + 1;
    *id_len = (size_t)(segment + len - *id);
    return true;
}

struct ancestry {
    const char *root, *parent; /* NULL: not told */
    size_t root_len, parent_len;
};

static struct ancestry read_order(struct json order)
{
    struct ancestry a = {0};
    const char *s;
    size_t len;
    if (!json_text(order, &s, &len))
        return a;
    const char *end = s + len;
    for (bool first = true; s < end; first = false) {
        const char *dot = memchr(s, '.', (size_t)(end - s));
        const char *stop = dot ? dot : end;
        if (first && !id_in(s, (size_t)(stop - s), &a.root, &a.root_len))
            a.root = NULL;
        if (dot && !id_in(s, (size_t)(stop - s), &a.parent, &a.parent_len))
            a.parent = NULL;
        s = stop + 1;
    }
    return a;
}

static bool is_given(struct json v)
{
    return json_type(v) != JSON_NULL;
}

/* Its ids; NULL, and counted, when they are not told. */
static struct span *open_run(struct sink *sink, struct json v)
{
    struct json id = json_get(v, "id"), parent = json_get(v, "parent_run_id");
    struct json trace = json_get(v, "trace_id");
    struct ancestry told = read_order(json_get(v, "dotted_order"));
    bool root = !is_given(parent) && !told.parent;
    if (!is_given(trace) && !told.root && !root) {
        record_unreadable(sink);
        return NULL;
    }
    struct span *span =
        record_open(sink, is_given(trace) ? trace : id, id, parent, json_get(v, "name"));
    if (span && !is_given(trace) && told.root)
        span->trace = ids_trace(sink->set, told.root, told.root_len);
    if (span && !is_given(parent) && told.parent)
        span->parent = ids_span(told.parent, told.parent_len);
    return span;
}

/* "retry:attempt:2", as RunnableRetry tags the runs after the first. */
static void read_tries(struct sink *sink, struct json tags)
{
    static const char mark[] = "retry:attempt:";
    const char *s;
    size_t len, n = sizeof mark - 1;
    for (struct json_iter it = json_each(tags); json_next(&it);)
        if (json_text(it.value, &s, &len) && len > n && memcmp(s, mark, n) == 0) {
            struct attribute a = {.key = "attempt_number", .key_len = 14, .kind = ATTRIBUTE_TEXT};
            a.text = s + n;
            a.text_len = len - n;
            vocabulary_attribute(sink->words, &a);
        }
}

/* {"key": {"n": 2, "avg": 0.5}}: who gave it is not told. */
static void read_stats(struct sink *sink, struct json run)
{
    struct json stats = json_get(run, "feedback_stats");
    if (json_type(stats) != JSON_MAP)
        return;
    for (struct json_iter it = json_each(stats); json_next(&it);) {
        struct opinion o = {.span = json_get(run, "id"),
                            .name_text = it.key,
                            .name_len = it.key_len,
                            .score = json_get(it.value, "avg")};
        record_opinion(sink, &o);
    }
}

static void read_feedback(struct sink *sink, struct json v)
{
    struct json source = json_pointer(v, "/feedback_source/type");
    struct json label = json_get(v, "value"), score = json_get(v, "score");
    bool human = !record_is(source, "api") && !record_is(source, "model") &&
                 !record_is(source, "auto_eval") && !record_is(source, "evaluator");
    struct opinion o = {.span = json_get(v, "run_id"),
                        .name = json_get(v, "key"),
                        .score = score,
                        .label = label,
                        .who = json_pointer(v, "/feedback_source/user_id"),
                        .human = human && is_given(source)};
    if (o.human && is_given(json_get(v, "correction")))
        o.word = "corrected";
    record_opinion(sink, &o);
}

int langsmith_read(struct json v, struct sink *sink, struct error *err)
{
    size_t len = 0;
    sink->quality->records++;
    if (is_feedback(v)) {
        read_feedback(sink, v);
        return 0;
    }
    struct span *span = open_run(sink, v);
    if (!span)
        return 0;
    span->start_ns = record_moment(sink, json_get(v, "start_time"));
    span->end_ns = record_moment(sink, json_get(v, "end_time"));
    record_attribute(sink, "run_type", json_get(v, "run_type"));
    record_attribute(sink, "tags", json_get(v, "tags"));
    record_attribute(sink, "total_cost", json_get(v, "total_cost"));
    record_attribute(sink, "prompt_tokens", json_get(v, "prompt_tokens"));
    record_attribute(sink, "completion_tokens", json_get(v, "completion_tokens"));
    read_tries(sink, json_get(v, "tags"));
    record_members(sink, json_pointer(v, "/extra/metadata"));
    record_payload(sink, "outputs", json_get(v, "outputs"));
    record_payload(sink, "output", json_pointer(v, "/outputs/output"));
    const char *text = record_text(json_get(v, "error"), &len);
    vocabulary_status(sink->words, text || record_is(json_get(v, "status"), "error"), text, len);
    if (record_is(json_get(v, "status"), "interrupted"))
        vocabulary_event(sink->words, "interrupt", 9);
    vocabulary_close(sink->words);
    read_stats(sink, v);
    return 0;
}
