/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A walk along the places of tokens.
 *
 * simdjson's first stage tells where the tokens of a text are and that its strings are well formed;
 * every token is then looked at once, in the order in which it must come.  So the grammar of RFC
 * 8259 is checked in full, while values that nobody asks for are neither copied nor converted.
 *
 * Each function takes the place of its first token and gives the one behind its last, or NULL for
 * anything unexpected: then the whole line is given back. */
#include "trace/otlp_walk_parts.h"

#include "base/digits.h"
#include "trace/ids.h"

#include <string.h>

struct otlp_walk *otlp_walk_new(struct sink *sink)
{
    struct otlp_walk *w = mem_zero(1, sizeof *w);
    w->sink = sink;
    w->index = json_index_new();
    w->seen = vocabulary_seen(sink->words);
    return w;
}

void otlp_walk_free(struct otlp_walk *w)
{
    if (!w)
        return;
    json_index_free(w->index);
    buf_release(&w->plain[0]);
    buf_release(&w->plain[1]);
    mem_free(w);
}

void otlp_walk_forget(struct otlp_walk *w)
{
    memset(w->traces, 0, sizeof w->traces);
}

bool otlp_walk_begin(struct otlp_walk *w, const char *text, size_t len)
{
    size_t n;
    w->text = text;
    bool found = json_index_find(w->index, text, len, &w->at, &n);
    w->last = found ? w->at + n : NULL;
    return found;
}

/* ---- maps and lists ---------------------------------------------------------------------- */

/* What is known of the map at hand, from the members that were met. */
struct parts {
    unsigned met; /* a bit for each part that may come once */
    const uint32_t *events, *links;
    struct piece link_trace; /* of a link; at is NULL: none */
    uint64_t link_span;
    bool failed;
    struct piece message; /* at is NULL: none */
};
/* Takes the value at p of a member of a map. */
#define MEMBER(name)                                                                               \
    static const uint32_t *name(struct otlp_walk *w, const uint32_t *p, struct piece key,          \
                                struct parts *parts)

/* A member that does not count: a key with `_` may be the second spelling of one that does. */
static const uint32_t *pass_member(struct otlp_walk *w, const uint32_t *p, struct piece key)
{
    return walk_has_escape(w, key) || memchr(key.at, '_', key.len) ? NULL : walk_pass_value(w, p);
}

static inline bool first_time(struct parts *parts, unsigned part)
{
    bool first = !(parts->met & 1u << part);
    parts->met |= 1u << part;
    return first;
}

static inline const uint32_t *read_map(struct otlp_walk *w, const uint32_t *p,
                                       const uint32_t *(*member)(struct otlp_walk *,
                                                                 const uint32_t *, struct piece,
                                                                 struct parts *),
                                       struct parts *parts)
{
    struct piece key;
    if (!walk_is(w, p, '{'))
        return NULL;
    if (walk_is(w, p + 1, '}'))
        return p + 2;
    do {
        p++;
        if (!walk_string_at(w, p, &key) || !walk_is(w, p + 1, ':') ||
            !(p = member(w, p + 2, key, parts)))
            return NULL;
    } while (walk_is(w, p, ','));
    return walk_is(w, p, '}') ? p + 1 : NULL;
}

static inline const uint32_t *read_list(struct otlp_walk *w, const uint32_t *p,
                                        const uint32_t *(*element)(struct otlp_walk *,
                                                                   const uint32_t *))
{
    if (!walk_is(w, p, '['))
        return NULL;
    if (walk_is(w, p + 1, ']'))
        return p + 2;
    do {
        if (!(p = element(w, p + 1)))
            return NULL;
    } while (walk_is(w, p, ','));
    return walk_is(w, p, ']') ? p + 1 : NULL;
}

/* ---- spans ------------------------------------------------------------------------------- */

enum part {
    TRACE,
    SPAN,
    PARENT,
    NAME,
    START,
    END,
    ATTRIBUTES,
    EVENTS,
    LINKS,
    STATUS,
    CODE,
    MESSAGE
};

MEMBER(read_status)
{
    struct numeral n;
    if (PIECE_IS(key, "code")) {
        if (!first_time(parts, CODE) || walk_is(w, p, '"') || !walk_number_at(w, p, &n) || !n.whole)
            return NULL;
        parts->failed = n.digits == 2 && !n.negative;
        return p + 1;
    }
    if (!PIECE_IS(key, "message"))
        return pass_member(w, p, key);
    return first_time(parts, MESSAGE) && walk_pass_string(w, p) &&
                   walk_string_at(w, p, &parts->message)
               ? p + 1
               : NULL;
}

MEMBER(read_event_part)
{
    if (PIECE_IS(key, "name")) {
        struct piece s;
        if (!first_time(parts, NAME) || !walk_string_at(w, p, &s) ||
            !walk_text_of(w, &w->plain[1], &s))
            return NULL;
        vocabulary_event(w->sink->words, s.at, s.len);
        return p + 1;
    }
    if (!PIECE_IS(key, "attributes"))
        return pass_member(w, p, key);
    /* the name comes first, for it says what the attributes are of */
    bool named = parts->met & 1u << NAME;
    return named && first_time(parts, ATTRIBUTES) ? walk_attributes(w, p) : NULL;
}

static const uint32_t *read_event(struct otlp_walk *w, const uint32_t *p)
{
    struct parts parts = {0};
    p = read_map(w, p, read_event_part, &parts);
    if (p && !parts.met)
        vocabulary_event(w->sink->words, "", 0);
    return p;
}

static uint32_t trace_of(struct otlp_walk *w, const char *hex)
{
    uint64_t h = digits_load(hex + 8) * UINT64_C(0x9e3779b97f4a7c15);
    struct known_trace *known = &w->traces[(h >> 32) % TRACES_KEPT];
    if (memcmp(known->hex, hex, TRACE_HEX) != 0) {
        memcpy(known->hex, hex, TRACE_HEX);
        known->text = ids_trace(w->sink->set, hex, TRACE_HEX);
    }
    return known->text;
}

/* The 16 digits of a span's id; 0 for an empty string. */
static const uint32_t *read_span_id(struct otlp_walk *w, const uint32_t *p, uint64_t *out)
{
    struct piece s;
    uint32_t high = 0, low = 0;
    if (!walk_string_at(w, p, &s) || (s.len && s.len != SPAN_HEX))
        return NULL;
    if (s.len && !(digits_hex_eight(s.at, &high) && digits_hex_eight(s.at + 8, &low)))
        return NULL;
    *out = (uint64_t)high << 32 | low;
    return p + 1;
}

/* Nanoseconds as a number, or as its digits in a string. */
static const uint32_t *read_time(struct otlp_walk *w, const uint32_t *p, int64_t *out)
{
    struct piece s;
    uint64_t ns;
    if (!walk_string_at(w, p, &s)) {
        s.at = w->text + *p;
        s.len = (size_t)(walk_end_of(w, p) - s.at);
        if (*s.at == '0' && s.len > 1)
            return NULL;
    }
    if (!digits_number(s.at, s.len, &ns) || ns > INT64_MAX)
        return NULL;
    *out = (int64_t)ns;
    return p + 1;
}

static const uint32_t *read_name(struct otlp_walk *w, const uint32_t *p, uint32_t *out)
{
    struct piece s;
    if (!walk_string_at(w, p, &s) || !walk_text_of(w, &w->plain[1], &s))
        return NULL;
    *out = span_text(w->sink->set, s.at, s.len);
    return p + 1;
}

static const uint32_t *read_trace_id(struct otlp_walk *w, const uint32_t *p, uint32_t *out)
{
    struct piece s;
    if (!walk_string_at(w, p, &s) || s.len != TRACE_HEX || walk_has_escape(w, s))
        return NULL;
    *out = trace_of(w, s.at);
    return p + 1;
}

MEMBER(read_link_part)
{
    if (PIECE_IS(key, "traceId")) {
        if (!first_time(parts, TRACE) || !walk_string_at(w, p, &parts->link_trace) ||
            parts->link_trace.len != TRACE_HEX || walk_has_escape(w, parts->link_trace))
            return NULL;
        return p + 1;
    }
    if (!PIECE_IS(key, "spanId"))
        return pass_member(w, p, key);
    return first_time(parts, SPAN) ? read_span_id(w, p, &parts->link_span) : NULL;
}

static const uint32_t *read_link(struct otlp_walk *w, const uint32_t *p)
{
    struct parts parts = {0};
    p = read_map(w, p, read_link_part, &parts);
    if (p && parts.met & 1u << TRACE && parts.met & 1u << SPAN)
        vocabulary_link(w->sink->words, trace_of(w, parts.link_trace.at), parts.link_span);
    return p;
}

/* The parts of a span by the length of their keys, which differ in all but two. */
static int part_of(struct piece key)
{
    switch (key.len) {
    case 4:
        return PIECE_IS(key, "name") ? NAME : -1;
    case 5:
        return PIECE_IS(key, "links") ? LINKS : -1;
    case 6:
        return PIECE_IS(key, "spanId")   ? SPAN
               : PIECE_IS(key, "events") ? EVENTS
               : PIECE_IS(key, "status") ? STATUS
                                         : -1;
    case 7:
        return PIECE_IS(key, "traceId") ? TRACE : -1;
    case 10:
        return PIECE_IS(key, "attributes") ? ATTRIBUTES : -1;
    case 12:
        return PIECE_IS(key, "parentSpanId") ? PARENT : -1;
    case 15:
        return PIECE_IS(key, "endTimeUnixNano") ? END : -1;
    case 17:
        return PIECE_IS(key, "startTimeUnixNano") ? START : -1;
    }
    return -1;
}

MEMBER(read_span_part)
{
    struct span *span = vocabulary_span(w->sink->words);
    int part = part_of(key);
    if (part < 0)
        return pass_member(w, p, key);
    if (!first_time(parts, (unsigned)part))
        return NULL;
    switch (part) {
    case TRACE:
        return read_trace_id(w, p, &span->trace);
    case SPAN:
        return read_span_id(w, p, &span->id);
    case PARENT:
        return read_span_id(w, p, &span->parent);
    case NAME:
        return read_name(w, p, &span->name);
    case START:
        return read_time(w, p, &span->start_ns);
    case END:
        return read_time(w, p, &span->end_ns);
    case ATTRIBUTES: /* after the texts that are told first, as otlp_json does */
        return parts->met & 1u << TRACE && parts->met & 1u << NAME ? walk_attributes(w, p) : NULL;
    case EVENTS: /* once the span's own attributes are known */
        parts->events = p;
        return walk_pass_value(w, p);
    case LINKS: /* and these last */
        parts->links = p;
        return walk_pass_value(w, p);
    default:
        return read_map(w, p, read_status, parts);
    }
}

static const uint32_t *read_span(struct otlp_walk *w, const uint32_t *p)
{
    struct parts parts = {0};
    struct sink *sink = w->sink;
    struct span *span = vocabulary_open(sink->words);
    span->file = sink->file_index;
    span->line = sink->line;
    p = read_map(w, p, read_span_part, &parts);
    if (!p || span->trace == SPAN_NONE)
        return NULL;
    if (span->name == SPAN_NONE)
        span->name = span_text(sink->set, "", 0);
    if (parts.message.at && !walk_text_of(w, &w->plain[1], &parts.message))
        return NULL;
    vocabulary_status(sink->words, parts.failed, parts.message.at, parts.message.len);
    if (parts.events && !read_list(w, parts.events, read_event))
        return NULL;
    if (parts.links && !read_list(w, parts.links, read_link))
        return NULL;
    vocabulary_close(sink->words);
    return p;
}

/* ---- what spans lie in ------------------------------------------------------------------- */

MEMBER(read_scope_part)
{
    if (!PIECE_IS(key, "spans"))
        return pass_member(w, p, key);
    return first_time(parts, SPAN) ? read_list(w, p, read_span) : NULL;
}

static const uint32_t *read_scope(struct otlp_walk *w, const uint32_t *p)
{
    struct parts parts = {0};
    return read_map(w, p, read_scope_part, &parts);
}

/* Before version 0.15 scopes had a longer name. */
MEMBER(read_resource_part)
{
    if (PIECE_IS(key, "instrumentationLibrarySpans"))
        return NULL;
    if (!PIECE_IS(key, "scopeSpans"))
        return pass_member(w, p, key);
    return first_time(parts, SPAN) ? read_list(w, p, read_scope) : NULL;
}

static const uint32_t *read_resource(struct otlp_walk *w, const uint32_t *p)
{
    struct parts parts = {0};
    return read_map(w, p, read_resource_part, &parts);
}

MEMBER(read_request_part)
{
    return PIECE_IS(key, "resourceSpans") && first_time(parts, SPAN)
               ? read_list(w, p, read_resource)
               : NULL;
}

bool otlp_walk_line(struct otlp_walk *w, const char *begin, const char *end)
{
    struct sink *sink = w->sink;
    struct quality before = *sink->quality;
    size_t spans = sink->set->len;
    struct settle_mark settled = settle_mark(&sink->later);
    struct parts parts = {0};
    const uint32_t *p = w->at;
    while (w->text + *p < begin) /* tokens of lines left alone */
        p++;
    w->at = p;
    w->line_end = end;
    w->scanned = w->escape = begin;
    p = read_map(w, p, read_request_part, &parts);
    /* the request ends in this line, and nothing follows it there */
    if (p && parts.met && w->text + p[-1] < end && w->text + *p >= end) {
        sink->quality->records++;
        w->at = p;
        return true;
    }
    *sink->quality = before;
    sink->set->len = spans;
    settle_back(&sink->later, settled);
    return false;
}
