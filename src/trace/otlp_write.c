/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OTLP/JSON out, in the JSON mapping of the OTLP specification 1.x: lowerCamelCase keys, ids in
 * lower-case hex, 64-bit numbers as strings of digits, enums as numbers.
 *
 * Ids: FNV-1a over the texts (Fowler, Noll and Vo 1991; RFC 9923), and the output function of
 * SplitMix64 over numbers, one after another. */
#include "trace/otlp_write.h"

#include "math/rng.h"

#include <math.h>
#include <string.h>

uint64_t otlp_id(const uint64_t *part, size_t n)
{
    uint64_t h = n;
    for (size_t i = 0; i < n; i++)
        h = rng_at(h ^ part[i], i);
    return h ? h : 1;
}

uint64_t otlp_id_of_text(const char *s)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
    return h ? h : 1;
}

struct attribute otlp_text(const char *key, const char *text)
{
    return (struct attribute){.key = key,
                              .key_len = strlen(key),
                              .kind = ATTRIBUTE_TEXT,
                              .text = text,
                              .text_len = strlen(text)};
}

struct attribute otlp_whole(const char *key, int64_t n)
{
    return (struct attribute){
        .key = key, .key_len = strlen(key), .kind = ATTRIBUTE_INT, .whole = n, .number = (double)n};
}

struct attribute otlp_real(const char *key, double x)
{
    return (struct attribute){
        .key = key, .key_len = strlen(key), .kind = ATTRIBUTE_DOUBLE, .number = x};
}

/* ---- parts ------------------------------------------------------------------------------ */

static void put_hex(char at[16], uint64_t x)
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < 16; i++)
        at[i] = digits[x >> (60 - 4 * i) & 15];
}

/* An id of one or two parts. */
static void put_id(struct otlp_write *w, const char *key, const uint64_t *part, size_t n)
{
    char id[32];
    for (size_t i = 0; i < n; i++)
        put_hex(id + 16 * i, part[i]);
    json_key(&w->json, key);
    json_string_n(&w->json, id, 16 * n);
}

static void put_whole(struct otlp_write *w, const char *key, int64_t n)
{
    char digits[24], *at = digits + sizeof digits;
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10));
    if (n < 0)
        *--at = '-';
    json_key(&w->json, key);
    json_string_n(&w->json, at, (size_t)(digits + sizeof digits - at));
}

/* An AnyValue; a double that is none is a text, as the JSON mapping of protobuf has it. */
static void put_value(struct otlp_write *w, const struct attribute *a)
{
    struct json_write *j = &w->json;
    json_open(j, '{');
    if (a->kind == ATTRIBUTE_TEXT) {
        json_key(j, "stringValue");
        json_string_n(j, a->text, a->text_len);
    } else if (a->kind == ATTRIBUTE_INT) {
        put_whole(w, "intValue", a->whole);
    } else if (a->kind == ATTRIBUTE_BOOL) {
        json_key(j, "boolValue");
        json_bool(j, a->whole != 0);
    } else {
        json_key(j, "doubleValue");
        if (isfinite(a->number))
            json_number(j, a->number);
        else
            json_string(j, isnan(a->number) ? "NaN" : a->number > 0 ? "Infinity" : "-Infinity");
    }
    json_close(j, '}');
}

static void put_key(struct otlp_write *w, const char *key, size_t len)
{
    json_key(&w->json, "key");
    json_string_n(&w->json, key, len);
}

static void put_attribute(struct otlp_write *w, const struct attribute *a)
{
    json_open(&w->json, '{');
    put_key(w, a->key, a->key_len);
    json_key(&w->json, "value");
    put_value(w, a);
    json_close(&w->json, '}');
}

static bool all_scalars(struct json list)
{
    struct attribute a;
    for (struct json_iter it = json_each(list); json_next(&it);)
        if (!attribute_of_json(it.value, &a))
            return false;
    return true;
}

/* A list of scalars as such, any other value as JSON text. */
static void put_composite(struct otlp_write *w, struct json value)
{
    struct json_write *j = &w->json;
    struct attribute a = {0};
    json_open(j, '{');
    if (json_type(value) == JSON_LIST && all_scalars(value)) {
        json_key(j, "arrayValue");
        json_open(j, '{');
        json_key(j, "values");
        json_open(j, '[');
        for (struct json_iter it = json_each(value); json_next(&it);)
            if (attribute_of_json(it.value, &a))
                put_value(w, &a);
        json_close(j, ']');
        json_close(j, '}');
    } else {
        struct buf text = {0};
        json_dump(value, &text);
        json_key(j, "stringValue");
        json_string_n(j, text.data, text.len);
        buf_release(&text);
    }
    json_close(j, '}');
}

/* Members of a map; null says nothing. */
static void put_more(struct otlp_write *w, struct json more)
{
    for (struct json_iter it = json_each(more); json_next(&it);) {
        struct attribute a = {.key = it.key, .key_len = it.key_len};
        if (json_type(it.value) == JSON_NULL || !it.key)
            continue;
        if (attribute_of_json(it.value, &a)) {
            put_attribute(w, &a);
            continue;
        }
        json_open(&w->json, '{');
        put_key(w, it.key, it.key_len);
        json_key(&w->json, "value");
        put_composite(w, it.value);
        json_close(&w->json, '}');
    }
}

static void put_attributes(struct otlp_write *w, const struct attribute *a, size_t n,
                           struct json more)
{
    json_key(&w->json, "attributes");
    json_open(&w->json, '[');
    for (size_t i = 0; i < n; i++)
        put_attribute(w, &a[i]);
    put_more(w, more);
    json_close(&w->json, ']');
}

/* ---- requests --------------------------------------------------------------------------- */

void otlp_begin(struct otlp_write *w, struct buf *out, const struct otlp_from *from)
{
    struct json_write *j = &w->json;
    json_init(j, out, 0);
    w->spans = 0;
    json_open(j, '{');
    json_key(j, "resourceSpans");
    json_open(j, '[');
    json_open(j, '{');
    json_key(j, "resource");
    json_open(j, '{');
    json_key(j, "attributes");
    json_open(j, '[');
    struct attribute own[2] = {otlp_text("service.name", from->service),
                               otlp_text("service.version", from->version)};
    put_attribute(w, &own[0]);
    put_attribute(w, &own[1]);
    for (size_t i = 0; i < from->n; i++)
        put_attribute(w, &from->attribute[i]);
    json_close(j, ']');
    json_close(j, '}');
    json_key(j, "scopeSpans");
    json_open(j, '[');
    json_open(j, '{');
    json_key(j, "scope");
    json_open(j, '{');
    json_key(j, "name");
    json_string(j, "seam");
    json_key(j, "version");
    json_string(j, from->version);
    json_close(j, '}');
    json_key(j, "spans");
    json_open(j, '[');
}

void otlp_end(struct otlp_write *w)
{
    struct json_write *j = &w->json;
    json_close(j, ']'); /* spans */
    json_close(j, '}');
    json_close(j, ']'); /* scopeSpans */
    json_close(j, '}');
    json_close(j, ']'); /* resourceSpans */
    json_close(j, '}');
    buf_putc(j->out, '\n');
}

static void put_events(struct otlp_write *w, const struct otlp_event *e, size_t n)
{
    struct json_write *j = &w->json;
    json_key(j, "events");
    json_open(j, '[');
    for (size_t i = 0; i < n; i++) {
        json_open(j, '{');
        put_whole(w, "timeUnixNano", e[i].at_ns);
        json_key(j, "name");
        json_string(j, e[i].name);
        put_attributes(w, e[i].attribute, e[i].n, (struct json){0});
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_status(struct otlp_write *w, const struct otlp_out *s)
{
    struct json_write *j = &w->json;
    json_key(j, "status");
    json_open(j, '{');
    if (s->message && *s->message) {
        json_key(j, "message");
        json_string(j, s->message);
    }
    if (s->status) {
        json_key(j, "code");
        json_uint(j, s->status);
    }
    json_close(j, '}');
}

void otlp_span(struct otlp_write *w, const struct otlp_out *s)
{
    struct json_write *j = &w->json;
    json_open(j, '{');
    put_id(w, "traceId", s->trace, 2);
    put_id(w, "spanId", &s->id, 1);
    if (s->parent)
        put_id(w, "parentSpanId", &s->parent, 1);
    json_key(j, "name");
    json_string(j, s->name);
    json_key(j, "kind");
    json_uint(j, s->kind);
    put_whole(w, "startTimeUnixNano", s->start_ns);
    put_whole(w, "endTimeUnixNano", s->end_ns);
    put_attributes(w, s->attribute, s->n, s->more);
    if (s->n_events)
        put_events(w, s->event, s->n_events);
    put_status(w, s);
    json_close(j, '}');
    w->spans++;
}
