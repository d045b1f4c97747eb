/* SPDX-License-Identifier: GPL-3.0-or-later */
/* n8n executions (n8n-workflow, IRunExecutionData; flatted by WebReflection).
 *
 * Flatted data are walked in place: each member is looked up when it is asked for, so that shared
 * and circular values cost nothing.  Nodes hand on all fields of their items; what a node says is
 * what its item has and the item before it had not.  A node that gives several items says nothing
 * of one trace, save that it failed when each of them bears a new `error`.  Retries within a node
 * are folded into one run by n8n itself: the definition of the workflow, in the execution's
 * workflowData or in a file of its own, tells which nodes have them (n8n's WorkflowExecute:
 * maxTries from 2 to 5, 3 where it is not said; waitBetweenTries from 0 to 5000 ms, 1000). */
#include "trace/n8n.h"

#include "trace/folded.h"
#include "trace/ids.h"
#include "trace/record.h"

#include <math.h>
#include <string.h>

static const char root_id[] = "execution";

/* Runs of a node: runs[first ... + n). */
struct node {
    size_t first, n;
};
/* The values of a flatted list, or none: then everything stands where it is. */
struct view {
    VEC(struct json) at;
    struct intern names; /* of nodes */
    VEC(struct node) nodes;
    VEC(struct json) runs;
};

static struct json resolve(const struct view *w, struct json v)
{
    uint64_t index;
    if (!w->at.len || json_type(v) != JSON_STRING)
        return v;
    return json_as_u64(v, &index) && index < w->at.len ? w->at.at[index] : (struct json){0};
}

static struct json part(const struct view *w, struct json map, const char *key)
{
    return resolve(w, json_get(map, key));
}

static bool is_flatted(struct json list)
{
    struct json_iter it = json_each(list);
    return json_type(list) == JSON_LIST && json_next(&it) &&
           json_type(json_get(it.value, "resultData")) == JSON_STRING;
}

static bool is_definition(struct json v)
{
    return json_type(json_get(v, "nodes")) == JSON_LIST &&
           json_type(json_get(v, "connections")) == JSON_MAP;
}

bool n8n_is(struct json v)
{
    struct json data = json_get(v, "data");
    bool stored = json_type(data) == JSON_STRING && json_present(json_get(v, "workflowId"));
    return stored || is_definition(v) || is_flatted(v) ||
           json_type(json_get(data, "resultData")) == JSON_MAP ||
           json_type(json_pointer(v, "/resultData/runData")) == JSON_MAP;
}

static void fill_view(struct view *w, struct json list)
{
    for (struct json_iter it = json_each(list); json_next(&it);)
        vec_push(&w->at, it.value);
}

/* ---- what a node said -------------------------------------------------------------------- */

/* The items a run gave, over all its outputs: how many, and the first of them. */
static size_t items_of(const struct view *w, struct json run, struct json *first)
{
    struct json outputs = part(w, part(w, run, "data"), "main");
    size_t n = 0;
    for (struct json_iter o = json_each(outputs); json_next(&o);)
        for (struct json_iter it = json_each(resolve(w, o.value)); json_next(&it); n++)
            if (!json_present(*first))
                *first = part(w, resolve(w, it.value), "json");
    return n;
}

static struct json item_before(const struct view *w, struct json run)
{
    struct json source = {0}, before = {0};
    struct json_iter it = json_each(part(w, run, "source"));
    const char *name;
    size_t len;
    uint64_t index = 0;
    if (json_next(&it))
        source = resolve(w, it.value);
    if (!json_text(part(w, source, "previousNode"), &name, &len))
        return before;
    if (!json_as_u64(json_get(source, "previousNodeRun"), &index))
        index = 0;
    uint32_t node = intern_find(&w->names, name, len);
    if (node != UINT32_MAX && index < w->nodes.at[node].n)
        items_of(w, w->runs.at[w->nodes.at[node].first + index], &before);
    return before;
}

static bool same_value(struct json a, struct json b)
{
    const char *s, *t;
    size_t n, m;
    double x, y;
    bool p, q;
    if (json_text(a, &s, &n))
        return json_text(b, &t, &m) && n == m && memcmp(s, t, n) == 0;
    if (json_as_double(a, &x))
        return json_as_double(b, &y) && x == y;
    return json_as_bool(a, &p) && json_as_bool(b, &q) && p == q;
}

static struct json member(const struct view *w, struct json map, const char *key, size_t len)
{
    struct json found = {0};
    if (json_type(map) == JSON_MAP)
        for (struct json_iter it = json_each(map); json_next(&it);)
            if (it.key_len == len && memcmp(it.key, key, len) == 0)
                found = it.value;
    return resolve(w, found);
}

/* Attributes of the open span from its only item; *failed when its items bear a new error. */
static void read_items(struct sink *sink, const struct view *w, struct json run, bool *failed)
{
    enum { FIELDS_MAX = 256 };
    struct json item = {0}, before = item_before(w, run);
    size_t n = items_of(w, run, &item), fields = 0;
    struct json error = part(w, item, "error");
    *failed = json_type(error) != JSON_NULL && json_type(part(w, before, "error")) == JSON_NULL;
    if (*failed)
        record_attribute(sink, "exception.message", part(w, error, "message"));
    if (n != 1 || json_type(item) != JSON_MAP)
        return;
    for (struct json_iter it = json_each(item); json_next(&it) && fields < FIELDS_MAX; fields++) {
        struct attribute a = {.key = it.key, .key_len = it.key_len};
        struct json value = resolve(w, it.value);
        if (attribute_of_json(value, &a) &&
            !same_value(value, member(w, before, it.key, it.key_len)))
            vocabulary_attribute(sink->words, &a);
    }
}

/* ---- the definition ------------------------------------------------------------------------ */

/* A whole number, else the default; n8n keeps it within its bounds. */
static double kept_within(struct json v, double low, double high, double otherwise)
{
    double x;
    if (!json_as_double(v, &x) || !isfinite(x))
        x = otherwise;
    return fmin(fmax(x, low), high);
}

static void read_definition(struct sink *sink, struct json definition)
{
    for (struct json_iter it = json_each(json_get(definition, "nodes")); json_next(&it);) {
        size_t len = 0;
        const char *name = record_text(json_get(it.value, "name"), &len);
        if (!name || !record_true(json_get(it.value, "retryOnFail")))
            continue;
        folded_note(sink->folded, name, len,
                    (struct folded_node){
                        (uint32_t)kept_within(json_get(it.value, "maxTries"), 2, 5, 3),
                        kept_within(json_get(it.value, "waitBetweenTries"), 0, 5000, 1000) / 1000});
    }
}

/* In the execution, as it is or as JSON text. */
static void find_definition(struct sink *sink, struct json v)
{
    struct json definition = json_get(v, "workflowData"), root = {0};
    struct json_reader *inner = NULL;
    struct error ignored = {0};
    const char *text;
    size_t len;
    if (!sink->folded)
        return;
    if (json_text(definition, &text, &len)) {
        inner = json_reader_new();
        if (json_parse(inner, text, len, &root, &ignored) == 0)
            definition = root;
    }
    if (json_type(json_get(definition, "nodes")) == JSON_LIST)
        read_definition(sink, definition);
    else
        sink->folded->untold++;
    json_reader_free(inner);
}

/* ---- runs and the execution --------------------------------------------------------------- */

static const char *message_of(const struct view *w, struct json error, size_t *len)
{
    const char *text = record_text(part(w, error, "message"), len);
    return text ? text : record_text(error, len);
}

struct execution {
    uint32_t trace, retry_of;
    int64_t start_ns, end_ns; /* of all runs */
};

static void read_run(struct sink *sink, const struct view *w, struct execution *x, const char *node,
                     size_t node_len, struct json run, size_t index)
{
    struct buf id;
    size_t len = 0;
    bool item_failed;
    if (json_type(run) != JSON_MAP) {
        record_unreadable(sink);
        return;
    }
    struct span *span = vocabulary_open(sink->words);
    buf_init(&id);
    buf_add(&id, node, node_len);
    buf_printf(&id, "#%zu", index);
    span->file = sink->file_index;
    span->line = sink->line;
    span->trace = x->trace;
    span->id = ids_span(buf_text(&id), id.len);
    span->parent = ids_span(root_id, sizeof root_id - 1);
    span->name = span_text(sink->set, node, node_len);
    buf_release(&id);
    record_interval(sink, span, json_get(run, "startTime"), json_get(run, "executionTime"),
                    1000000);
    if (span->start_ns && (!x->start_ns || span->start_ns < x->start_ns))
        x->start_ns = span->start_ns;
    if (span->end_ns > x->end_ns)
        x->end_ns = span->end_ns;
    read_items(sink, w, run, &item_failed);
    struct json error = part(w, run, "error"), status = part(w, run, "executionStatus");
    const char *text = message_of(w, error, &len);
    bool failed = item_failed || json_type(error) != JSON_NULL || record_is(status, "error") ||
                  record_is(status, "crashed");
    vocabulary_status(sink->words, failed, text, len);
    const struct folded_node *folds = sink->folded ? folded_find(sink->folded, node) : NULL;
    if (failed && folds && folds->tries)
        span->tries = (uint8_t)folds->tries;
    if (record_is(status, "waiting"))
        vocabulary_event(sink->words, "interrupt", 9);
    vocabulary_close(sink->words);
}

/* Finds all runs, then reads them: what one says depends on those before it. */
static void find_runs(struct sink *sink, struct view *w, struct json run_data)
{
    for (struct json_iter node = json_each(run_data); json_next(&node);) {
        struct json list = resolve(w, node.value);
        if (json_type(list) != JSON_LIST ||
            intern_put(&w->names, node.key, node.key_len) != w->nodes.len) {
            record_unreadable(sink);
            continue;
        }
        size_t first = w->runs.len;
        for (struct json_iter it = json_each(list); json_next(&it);)
            vec_push(&w->runs, resolve(w, it.value));
        vec_push(&w->nodes, ((struct node){first, w->runs.len - first}));
    }
}

static void read_runs(struct sink *sink, const struct view *w, struct execution *x)
{
    for (uint32_t node = 0; node < w->nodes.len; node++) {
        const char *name = w->names.of[node].at;
        for (size_t k = 0; k < w->nodes.at[node].n; k++) {
            struct json run = w->runs.at[w->nodes.at[node].first + k];
            if (!w->at.len)
                record_at(sink, run);
            read_run(sink, w, x, name, strlen(name), run, k);
        }
    }
}

static void read_root(struct sink *sink, const struct view *w, const struct execution *x,
                      struct json v, struct json result)
{
    struct json status = json_get(v, "status"), error = part(w, result, "error");
    size_t len = 0;
    const char *name = record_text(json_pointer(v, "/workflowData/name"), &len);
    struct span *span = vocabulary_open(sink->words);
    span->file = sink->file_index;
    span->line = sink->line;
    span->trace = x->trace;
    span->id = ids_span(root_id, sizeof root_id - 1);
    span->name = name ? span_text(sink->set, name, len) : span_text(sink->set, "workflow", 8);
    span->item_key = x->retry_of;
    span->start_ns = record_moment(sink, json_get(v, "startedAt"));
    span->end_ns = record_moment(sink, json_get(v, "stoppedAt"));
    if (!span->start_ns)
        span->start_ns = x->start_ns;
    if (!span->end_ns)
        span->end_ns = x->end_ns;
    const char *text = message_of(w, error, &len);
    bool failed = json_type(error) != JSON_NULL || record_is(status, "error") ||
                  record_is(status, "crashed") || record_is(status, "canceled");
    vocabulary_status(sink->words, failed, text, len);
    vocabulary_close(sink->words);
}

/* The id, else the start: of the execution, or of the data alone. */
static uint32_t trace_of(struct sink *sink, const struct view *w, struct json v, struct json data)
{
    struct json established =
        part(w, part(w, part(w, data, "executionData"), "runtimeData"), "establishedAt");
    struct json told[] = {json_get(v, "id"), json_get(v, "startedAt"), established};
    char digits[24];
    const char *s;
    size_t len;
    for (size_t i = 0; i < 3; i++)
        if (record_id(told[i], digits, &s, &len) && len)
            return ids_trace(sink->set, s, len);
    return SPAN_NONE;
}

static void read_data(struct sink *sink, struct view *w, struct json v, struct json data)
{
    struct execution x = {.trace = trace_of(sink, w, v, data), .retry_of = SPAN_NONE};
    struct json result = part(w, data, "resultData");
    uint32_t line = sink->line;
    char digits[24];
    const char *s;
    size_t len;
    struct json run_data = part(w, result, "runData");
    if (x.trace == SPAN_NONE || json_type(run_data) != JSON_MAP) {
        record_unreadable(sink);
        return;
    }
    if (!sink->options->item_by && record_id(json_get(v, "retryOf"), digits, &s, &len) && len)
        x.retry_of = ids_trace(sink->set, s, len);
    find_runs(sink, w, run_data);
    read_runs(sink, w, &x);
    sink->line = line;
    read_root(sink, w, &x, v, result);
}

int n8n_read(struct json v, struct sink *sink, struct error *err)
{
    struct view w = {0};
    intern_init(&w.names);
    struct json data = json_get(v, "data"), root = {0};
    struct json_reader *inner = NULL;
    struct error ignored = {0};
    const char *text;
    size_t len;
    sink->quality->records++;
    if (is_definition(v)) {
        if (sink->folded) {
            read_definition(sink, v);
            sink->folded->alone++;
        }
        return 0;
    }
    find_definition(sink, v);
    if (json_text(data, &text, &len)) {
        inner = json_reader_new();
        if (json_parse(inner, text, len, &root, &ignored) == 0)
            data = root;
    } else if (json_type(v) == JSON_LIST) {
        data = v;
    } else if (!json_present(data)) {
        data = v;
    }
    if (is_flatted(data)) {
        fill_view(&w, data);
        data = w.at.at[0];
    }
    read_data(sink, &w, v, data);
    vec_release(&w.at);
    vec_release(&w.nodes);
    vec_release(&w.runs);
    intern_release(&w.names);
    json_reader_free(inner);
    return 0;
}
