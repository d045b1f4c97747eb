/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ids, times and attributes of JSON records.
 *
 * Times are kept in integers: a double holds microseconds since 1970 exactly, nanoseconds not. */
#include "trace/record.h"

#include "trace/ids.h"
#include "trace/opinion.h"
#include "trace/timestamp.h"

#include <math.h>
#include <string.h>
#include <strings.h>

enum { LEVELS_MAX = 8 };

bool record_id(struct json v, char digits[24], const char **s, size_t *len)
{
    uint64_t u;
    if (json_text(v, s, len))
        return true;
    if (!json_as_u64(v, &u))
        return false;
    char *at = digits + 23;
    *at = '\0';
    do
        *--at = (char)('0' + u % 10);
    while (u /= 10);
    *s = at;
    *len = (size_t)(digits + 23 - at);
    return true;
}

void record_at(struct sink *sink, struct json v)
{
    if (sink->document)
        sink->line = sink->document_line +
                     json_lines_before(&sink->place, v, sink->document, sink->document_len);
}

void record_unreadable(struct sink *sink)
{
    quality_note(sink->quality, QUALITY_UNREADABLE, sink->file_index, sink->line);
}

struct span *record_open(struct sink *sink, struct json trace, struct json id, struct json parent,
                         struct json name)
{
    char digits[24];
    const char *s;
    size_t len;
    struct span *span = vocabulary_open(sink->words);
    span->file = sink->file_index;
    span->line = sink->line;
    if (record_id(trace, digits, &s, &len))
        span->trace = ids_trace(sink->set, s, len);
    if (record_id(id, digits, &s, &len))
        span->id = ids_span(s, len);
    if (span->trace == SPAN_NONE || span->id == 0) {
        record_unreadable(sink);
        return NULL;
    }
    if (record_id(parent, digits, &s, &len))
        span->parent = ids_span(s, len);
    bool named = json_text(name, &s, &len);
    span->name = span_text(sink->set, named ? s : "", named ? len : 0);
    return span;
}

static int64_t bad_time(struct sink *sink)
{
    quality_note(sink->quality, QUALITY_BAD_TIME, sink->file_index, sink->line);
    return 0;
}

static bool is_absent(struct json v)
{
    return !json_present(v) || json_type(v) == JSON_NULL;
}

/* A count of units as nanoseconds; false when it is no number or does not fit. */
static bool scaled(struct json v, int64_t unit_ns, int64_t *out)
{
    double x;
    if (json_as_i64(v, out))
        return !__builtin_mul_overflow(*out, unit_ns, out);
    if (!json_as_double(v, &x) || !(fabs(x) * (double)unit_ns < 9.2e18))
        return false;
    *out = llround(x * (double)unit_ns);
    return true;
}

/* A number of units since 1970 as nanoseconds; 0 when absent or null, and for what is no such time
 * between 1970 and 2262, which is counted. */
static int64_t record_time(struct sink *sink, struct json v, int64_t unit_ns)
{
    int64_t ns;
    if (is_absent(v))
        return 0;
    return scaled(v, unit_ns, &ns) && ns >= 0 ? ns : bad_time(sink);
}

void record_interval(struct sink *sink, struct span *span, struct json start, struct json duration,
                     int64_t unit_ns)
{
    int64_t ns, end;
    span->start_ns = record_time(sink, start, unit_ns);
    if (is_absent(duration) || !span->start_ns)
        return;
    if (scaled(duration, unit_ns, &ns) && !__builtin_add_overflow(span->start_ns, ns, &end))
        span->end_ns = end;
    else
        bad_time(sink);
}

int64_t record_moment(struct sink *sink, struct json v)
{
    struct error ignored = {0};
    char text[64];
    const char *s;
    size_t len;
    int64_t ns;
    if (is_absent(v))
        return 0;
    if (!json_text(v, &s, &len)) {
        double x;
        if (!json_as_double(v, &x) || !(x >= 1e8))
            return bad_time(sink);
        return record_time(sink, v,
                           x < 1e11   ? 1000000000
                           : x < 1e14 ? 1000000
                           : x < 1e17 ? 1000
                                      : 1);
    }
    if (len == 0)
        return 0;
    if (len >= sizeof text || memchr(s, '\0', len))
        return bad_time(sink);
    memcpy(text, s, len);
    text[len] = '\0';
    return timestamp_parse(text, &ns, &ignored) == 0 && ns > 0 ? ns : bad_time(sink);
}

/* ---- attributes -------------------------------------------------------------------------- */

/* A walk through maps and lists within an attribute. */
struct descent {
    struct vocabulary *words;
    void (*put)(struct vocabulary *words, const struct attribute *a);
    struct buf key;
};

static void add_attribute(struct descent *d, struct json v, unsigned levels);

static void add_members(struct descent *d, struct json v, unsigned levels)
{
    size_t stem = d->key.len, index = 0;
    for (struct json_iter it = json_each(v); json_next(&it); index++) {
        buf_puts(&d->key, stem ? "." : "");
        if (it.key)
            buf_add(&d->key, it.key, it.key_len);
        else
            buf_printf(&d->key, "%zu", index);
        add_attribute(d, it.value, levels);
        d->key.len = stem;
    }
}

static void add_attribute(struct descent *d, struct json v, unsigned levels)
{
    struct attribute a = {.key = buf_text(&d->key), .key_len = d->key.len};
    enum json_type type = json_type(v);
    if ((type == JSON_MAP || type == JSON_LIST) && levels)
        add_members(d, v, levels - 1);
    else if (attribute_of_json(v, &a))
        d->put(d->words, &a);
}

void record_field(struct sink *sink, const char *key, size_t key_len, struct json v)
{
    struct descent d = {sink->words, vocabulary_attribute, {0}};
    buf_add(&d.key, key, key_len);
    add_attribute(&d, v, LEVELS_MAX);
    buf_release(&d.key);
}

void record_attribute(struct sink *sink, const char *key, struct json v)
{
    record_field(sink, key, strlen(key), v);
}

void record_named(struct sink *sink, const char *key, struct json v)
{
    struct descent d = {sink->words, vocabulary_named, {0}};
    buf_puts(&d.key, key);
    add_attribute(&d, v, LEVELS_MAX);
    buf_release(&d.key);
}

void record_members(struct sink *sink, struct json map)
{
    struct descent d = {sink->words, vocabulary_attribute, {0}};
    if (json_type(map) == JSON_MAP)
        add_members(&d, map, LEVELS_MAX - 1);
    buf_release(&d.key);
}

void record_payload(struct sink *sink, const char *key, struct json v)
{
    struct attribute a = {.key = key, .key_len = strlen(key)};
    enum json_type type = json_type(v);
    struct buf text;
    buf_init(&text);
    if (type == JSON_MAP || type == JSON_LIST) {
        json_dump(v, &text);
        a.kind = ATTRIBUTE_TEXT;
        a.text = buf_text(&text);
        a.text_len = text.len;
        vocabulary_attribute(sink->words, &a);
    } else if (attribute_of_json(v, &a)) {
        vocabulary_attribute(sink->words, &a);
    }
    buf_release(&text);
}

bool record_true(struct json v)
{
    bool flag;
    return (json_as_bool(v, &flag) && flag) || record_is(v, "true");
}

bool record_is(struct json v, const char *text)
{
    const char *s;
    size_t len;
    return json_text(v, &s, &len) && len == strlen(text) && strncasecmp(s, text, len) == 0;
}

const char *record_text(struct json v, size_t *len)
{
    const char *s;
    return json_text(v, &s, len) && *len ? s : NULL;
}

/* ---- opinions ---------------------------------------------------------------------------- */

static bool number_or_flag(struct json v, double *out)
{
    bool flag;
    if (json_type(v) == JSON_STRING)
        return false;
    if (!json_as_bool(v, &flag))
        return json_as_double(v, out) && isfinite(*out);
    *out = flag;
    return true;
}

void record_opinion(struct sink *sink, const struct opinion *o)
{
    struct judgement j = {.trace = SPAN_NONE, .file = sink->file_index, .line = sink->line};
    struct said said = {.name = o->name_text,
                        .name_len = o->name_len,
                        .word = o->word,
                        .score = NAN,
                        .human = o->human};
    char digits[24], who[24];
    const char *s;
    size_t len;
    if (record_id(o->trace, digits, &s, &len))
        j.trace = ids_trace(sink->set, s, len);
    if (record_id(o->span, digits, &s, &len))
        j.span = ids_span(s, len);
    if (!j.span && j.trace == SPAN_NONE) {
        record_unreadable(sink);
        return;
    }
    if (json_present(o->name))
        said.name = record_text(o->name, &said.name_len);
    said.label = record_text(o->label, &said.label_len);
    if (!record_id(o->who, who, &said.who, &said.who_len))
        said.who_len = 0;
    if (!number_or_flag(o->score, &said.score))
        said.score = NAN;
    vocabulary_met(sink->words, said.name, said.name_len);
    if (opinion_judge(&said, sink->options, sink->set, sink->quality, &j))
        settle_judgement(&sink->later, &j);
}
