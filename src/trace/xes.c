/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XES (IEEE 1849-2016): log > trace > event, with typed children that have a key and a value.
 *
 * The events of a trace wait for its end, for its name may stand behind them.  Attributes within
 * attributes are `outer.inner`.  A log that tells starts from ends in any trace does so in all: a
 * trace with starts alone was then cut short. */
#include "trace/xes.h"

#include "base/xml_read.h"
#include "trace/event_log.h"
#include "trace/record.h"
#include "trace/timestamp.h"

#include <string.h>

enum { TRACE_MAX = 256 << 20, LEVELS_MAX = 8 };
enum where { WHERE_OUTSIDE, WHERE_LOG, WHERE_TRACE, WHERE_EVENT };

/* Texts are offsets into `text`. */
struct xes_attribute {
    size_t key, value;
};
struct xes_event {
    size_t first, n; /* attributes */
    uint64_t line;
    const char *activity; /* set at the end of the trace */
    int64_t start_ns, end_ns;
    enum event_transition transition;
};

struct xes {
    struct sink *sink;
    struct xml_reader *xml;
    uint64_t lines_before, traces;
    enum where where;
    unsigned skip; /* elements deep within one that says nothing of traces */
    bool foreign;  /* the root is something else */
    bool failed, told_ends;
    struct error fault;
    struct buf root, path, text;
    VEC(size_t) path_len; /* of the attributes that are open */
    VEC(struct xes_attribute) of_trace, of_events;
    VEC(struct xes_event) events;
    struct intern names;
    VEC(uint32_t) same; /* by name: traces that have it */
    struct event_waits waits;
};

static const char *text_at(const struct xes *x, size_t offset)
{
    return x->text.data + offset;
}

static size_t keep_text(struct xes *x, const char *s)
{
    size_t at = x->text.len;
    buf_add(&x->text, s, strlen(s) + 1);
    return at;
}

/* ---- elements to attributes ---------------------------------------------------------------- */

static void begin_attribute(struct xes *x, const char *const *attributes)
{
    const char *key = xml_attribute(attributes, "key");
    const char *value = xml_attribute(attributes, "value");
    vec_push(&x->path_len, x->path.len);
    if (key && x->path_len.len <= LEVELS_MAX) {
        if (x->path.len)
            buf_putc(&x->path, '.');
        buf_puts(&x->path, key);
    }
    if (!key || !value || x->path_len.len > LEVELS_MAX)
        return;
    struct xes_attribute a = {keep_text(x, buf_text(&x->path)), keep_text(x, value)};
    if (x->where == WHERE_TRACE)
        vec_push(&x->of_trace, a);
    else
        vec_push(&x->of_events, a);
}

static void begin_event(struct xes *x)
{
    struct xes_event e = {.first = x->of_events.len,
                          .line = x->lines_before + xml_reader_line(x->xml)};
    vec_push(&x->events, e);
    x->where = WHERE_EVENT;
}

static void on_begin(void *self, const char *name, const char *const *attributes)
{
    struct xes *x = self;
    if (x->skip) {
        x->skip++;
    } else if (x->where == WHERE_OUTSIDE) {
        buf_puts(&x->root, name);
        x->foreign = strcmp(name, "log") != 0;
        x->skip = x->foreign;
        x->where = x->foreign ? WHERE_OUTSIDE : WHERE_LOG;
    } else if (x->where == WHERE_LOG) {
        x->skip = strcmp(name, "trace") != 0;
        x->where = x->skip ? WHERE_LOG : WHERE_TRACE;
    } else if (x->where == WHERE_TRACE && !x->path_len.len && strcmp(name, "event") == 0) {
        begin_event(x);
    } else {
        begin_attribute(x, attributes);
    }
}

/* ---- a trace to spans ---------------------------------------------------------------------- */

static int64_t read_time(struct xes *x, const struct xes_event *e, const char *text)
{
    struct error ignored = {0};
    int64_t ns;
    if (timestamp_parse(text, &ns, &ignored) == 0 && ns > 0)
        return ns;
    quality_note(x->sink->quality, QUALITY_BAD_TIME, x->sink->file_index, e->line);
    return 0;
}

static void understand(struct xes *x, struct xes_event *e)
{
    const char *stage_by = x->sink->options->stage_by, *named = NULL;
    for (size_t k = e->first; k < e->first + e->n; k++) {
        const char *key = text_at(x, x->of_events.at[k].key);
        const char *value = text_at(x, x->of_events.at[k].value);
        if (strcmp(key, "concept:name") == 0)
            e->activity = value;
        if (stage_by && strcmp(key, stage_by) == 0)
            named = value;
        if (event_is_called(key, event_start_names))
            e->start_ns = read_time(x, e, value);
        else if (event_is_called(key, event_end_names))
            e->end_ns = read_time(x, e, value);
        else if (event_is_called(key, event_lifecycle_names))
            e->transition = event_transition_of(value);
    }
    if (!e->activity || !*e->activity)
        e->activity = named;
    if (!e->end_ns)
        e->end_ns = e->start_ns;
}

/* The name of the trace, or its number; a number too where another trace has the same name. */
static uint32_t name_trace(struct xes *x)
{
    const char *name = NULL;
    struct buf text;
    buf_init(&text);
    for (size_t k = 0; k < x->of_trace.len; k++)
        if (strcmp(text_at(x, x->of_trace.at[k].key), "concept:name") == 0)
            name = text_at(x, x->of_trace.at[k].value);
    if (name && *name)
        buf_puts(&text, name);
    else
        buf_printf(&text, "trace %llu", (unsigned long long)x->traces);
    uint32_t id = intern_put(&x->names, buf_text(&text), text.len);
    if (id == x->same.len)
        vec_push(&x->same, 0);
    if (++x->same.at[id] > 1)
        buf_printf(&text, "#%u", x->same.at[id]);
    uint32_t trace = span_text(x->sink->set, buf_text(&text), text.len);
    buf_release(&text);
    return trace;
}

static void put_attribute(struct xes *x, const char *before, const struct xes_attribute *a)
{
    struct buf key;
    buf_init(&key);
    buf_puts(&key, before);
    buf_puts(&key, text_at(x, a->key));
    struct attribute out = {.key = buf_text(&key), .key_len = key.len, .kind = ATTRIBUTE_TEXT};
    out.text = text_at(x, a->value);
    out.text_len = strlen(out.text);
    vocabulary_attribute(x->sink->words, &out);
    buf_release(&key);
}

static void put_event(struct xes *x, uint32_t trace, const struct xes_event *e, int64_t start_ns,
                      int64_t end_ns)
{
    struct sink *sink = x->sink;
    struct span *span = vocabulary_open(sink->words);
    span->file = sink->file_index;
    span->line = e->line;
    span->trace = trace;
    span->name = span_text(sink->set, e->activity, strlen(e->activity));
    span->start_ns = start_ns ? start_ns : end_ns;
    span->end_ns = end_ns;
    if (e->transition == EVENT_START && !end_ns)
        span->flags |= SPAN_OPEN;
    for (size_t k = e->first; k < e->first + e->n; k++)
        put_attribute(x, "", &x->of_events.at[k]);
    for (size_t k = 0; e == &x->events.at[x->events.len - 1] && k < x->of_trace.len; k++)
        put_attribute(x, "case:", &x->of_trace.at[k]);
    vocabulary_status(sink->words, e->transition == EVENT_ABORT, NULL, 0);
    vocabulary_close(sink->words);
}

/* Events of other transitions (schedule, suspend, ...) are no work of their own. */
static void put_pairs(struct xes *x, uint32_t trace)
{
    for (size_t k = 0; k < x->events.len; k++) {
        const struct xes_event *e = &x->events.at[k];
        if (!e->activity || e->transition == EVENT_OTHER)
            continue;
        if (e->transition == EVENT_START) {
            event_waits_add(&x->waits, "", e->activity, (uint32_t)k);
            continue;
        }
        uint32_t from = event_waits_take(&x->waits, "", e->activity);
        put_event(x, trace, e, from == UINT32_MAX ? e->start_ns : x->events.at[from].end_ns,
                  e->end_ns);
    }
    for (size_t k = 0; k < x->events.len; k++)
        if (event_waits_has(&x->waits, (uint32_t)k))
            put_event(x, trace, &x->events.at[k], x->events.at[k].end_ns, 0);
    event_waits_clear(&x->waits);
}

static void put_instants(struct xes *x, uint32_t trace)
{
    for (size_t k = 0; k < x->events.len; k++) {
        const struct xes_event *e = &x->events.at[k];
        if (!e->activity)
            continue;
        put_event(x, trace, e, e->start_ns, e->end_ns);
        if (e->transition == EVENT_START)
            vec_push(&x->sink->later.lone, (uint32_t)x->sink->set->len - 1);
    }
}

/* Starts in traces that tell no end, of a log that tells ends: they were cut short. */
static void open_lone(struct xes *x)
{
    struct span_set *set = x->sink->set;
    struct settle *later = &x->sink->later;
    for (size_t k = 0; k < later->lone.len; k++) {
        set->end_ns[later->lone.at[k]] = 0;
        set->flags[later->lone.at[k]] |= SPAN_NO_DURATION | SPAN_OPEN;
    }
    later->lone.len = 0;
}

static void end_trace(struct xes *x)
{
    bool starts = false, ends = false;
    x->traces++;
    uint32_t trace = name_trace(x);
    for (size_t k = 0; k < x->events.len; k++) {
        struct xes_event *e = &x->events.at[k];
        understand(x, e);
        starts = starts || e->transition == EVENT_START;
        ends = ends || e->transition == EVENT_COMPLETE;
        x->sink->line = e->line;
        x->sink->quality->records++;
        if (!e->activity)
            record_unreadable(x->sink);
    }
    if (starts && ends)
        put_pairs(x, trace);
    else
        put_instants(x, trace);
    x->told_ends = x->told_ends || (starts && ends);
    if (x->told_ends)
        open_lone(x);
    x->events.len = x->of_events.len = x->of_trace.len = 0;
    buf_clear(&x->text);
}

static void on_end(void *self, const char *name)
{
    struct xes *x = self;
    if (x->skip) {
        x->skip--;
    } else if (x->path_len.len) {
        x->path.len = x->path_len.at[--x->path_len.len];
    } else if (x->where == WHERE_EVENT) {
        struct xes_event *e = &x->events.at[x->events.len - 1];
        e->n = x->of_events.len - e->first;
        x->where = WHERE_TRACE;
    } else if (x->where == WHERE_TRACE) {
        end_trace(x);
        x->where = WHERE_LOG;
    }
}

/* ---- the document -------------------------------------------------------------------------- */

struct xes *xes_new(struct sink *sink, uint64_t lines_before)
{
    struct xes *x = mem_zero(1, sizeof *x);
    x->sink = sink;
    x->lines_before = lines_before;
    x->xml = xml_reader_new(&(struct xml_handler){x, on_begin, on_end});
    buf_init(&x->root);
    buf_init(&x->path);
    buf_init(&x->text);
    intern_init(&x->names);
    event_waits_init(&x->waits);
    return x;
}

void xes_free(struct xes *x)
{
    if (!x)
        return;
    x->sink->later.lone.len = 0;
    xml_reader_free(x->xml);
    buf_release(&x->root);
    buf_release(&x->path);
    buf_release(&x->text);
    vec_release(&x->path_len);
    vec_release(&x->of_trace);
    vec_release(&x->of_events);
    vec_release(&x->events);
    vec_release(&x->same);
    intern_release(&x->names);
    event_waits_release(&x->waits);
    mem_free(x);
}

int xes_feed(struct xes *x, const char *bytes, size_t len, struct error *err)
{
    if (!x->failed)
        x->failed = xml_reader_feed(x->xml, bytes, len, &x->fault) != 0;
    if (x->foreign)
        return error_at(err, ERR_INPUT, x->sink->file, 0, 0,
                        "not a trace log: XML, but no event log in XES (its root is <%.40s>, "
                        "not <log>)",
                        buf_text(&x->root));
    if (x->text.len > TRACE_MAX)
        return error_at(err, ERR_LIMIT, x->sink->file,
                        (uint32_t)(x->lines_before + xml_reader_line(x->xml)), 0,
                        "a trace is longer than 256 MiB");
    return 0;
}

/* Damage costs the event it is in, and what is behind it. */
static void give_up(struct xes *x)
{
    if (x->where == WHERE_EVENT)
        x->events.len--;
    if (x->events.len)
        end_trace(x);
    x->sink->line = x->lines_before + x->fault.line;
    record_unreadable(x->sink);
}

int xes_end(struct xes *x, struct error *err)
{
    if (!x->failed)
        x->failed = xml_reader_end(x->xml, &x->fault) != 0;
    if (x->failed && !x->traces && !x->events.len)
        return error_at(err, ERR_INPUT, x->sink->file, (uint32_t)(x->lines_before + x->fault.line),
                        x->fault.column, "%s", x->fault.text);
    if (x->failed)
        give_up(x);
    x->sink->later.lone.len = 0;
    return 0;
}
