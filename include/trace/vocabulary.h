/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What attributes mean: the table from attribute keys to the fields of a span, for every format.
 *
 * A reader opens a draft for each span, hands over its attributes and events, and closes it:
 * the vocabulary decides between several answers by rank, reads JSON inside strings, and tells
 * errors from timeouts, malformed payloads and interrupts. */
#ifndef SEAM_TRACE_VOCABULARY_H
#define SEAM_TRACE_VOCABULARY_H

#include "base/error.h"
#include "base/json_read.h"
#include "model/span.h"
#include "trace/log.h"

enum attribute_kind { ATTRIBUTE_TEXT, ATTRIBUTE_INT, ATTRIBUTE_DOUBLE, ATTRIBUTE_BOOL };
struct attribute {
    const char *key; /* not NUL-terminated, as is text */
    size_t key_len;
    enum attribute_kind kind;
    const char *text;
    size_t text_len;
    int64_t whole; /* int and bool */
    double number; /* int, double, bool */
};

/* A JSON scalar as the value of an attribute; false for lists, maps and null. */
bool attribute_of_json(struct json value, struct attribute *out);

struct vocabulary;
/* Options are borrowed until vocabulary_free; ERR_USAGE when one cannot be understood. */
MUST_CHECK int vocabulary_new(const struct log_options *options, struct span_set *set,
                              struct quality *quality, struct vocabulary **out, struct error *err);
/* Frees the vocabulary, not the set of spans; NULL is fine. */
void vocabulary_free(struct vocabulary *v);

struct settle;
/* Where annotations of a span go that are of another one, or of the trace; borrowed. */
void vocabulary_settle(struct vocabulary *v, struct settle *later);

/* The open span; the reader fills trace, id, parent, name, times, file and line itself. */
struct span *vocabulary_open(struct vocabulary *v);
/* The same, once it is open. */
struct span *vocabulary_span(struct vocabulary *v);
/* An attribute of the open span or its event; *a and its texts are borrowed for the call. */
void vocabulary_attribute(struct vocabulary *v, const struct attribute *a);
/* The same for an attribute that counts only where an option of the user's names it. */
void vocabulary_named(struct vocabulary *v, const struct attribute *a);
/* What is known of a key; NULL: an attribute of this key tells nothing, whatever its value. */
struct vocabulary_key;
/* Looks a key of len bytes up; good until the next look-up. */
const struct vocabulary_key *vocabulary_key(struct vocabulary *v, const char *key, size_t len);
/* The table of those looked up lately, for seen_find (trace/vocabulary_keys.h). */
const struct vocabulary_key *vocabulary_seen(const struct vocabulary *v);
/* The same as vocabulary_attribute, of a key just looked up: borrowed until the next look-up. */
void vocabulary_tell(struct vocabulary *v, const struct vocabulary_key *key,
                     const struct attribute *a);
/* The keys that told nothing so far; the vocabulary's. */
struct unknown;
/* Borrowed until vocabulary_free. */
struct unknown *vocabulary_unknown(struct vocabulary *v);
/* A name (of a score) that the user may give in place of a key was met. */
void vocabulary_met(struct vocabulary *v, const char *name, size_t len);
/* What the options name and no record had, to log->missing. */
void vocabulary_missing(const struct vocabulary *v, struct trace_log *log);
/* An event of the span begins: attributes that follow are the event's. */
void vocabulary_event(struct vocabulary *v, const char *name, size_t len);
/* The status; message may be NULL. */
void vocabulary_status(struct vocabulary *v, bool failed, const char *message, size_t len);
/* The open span is linked to another one; the first link counts. */
void vocabulary_link(struct vocabulary *v, uint32_t trace, uint64_t span);
/* Decides and adds the span to the set.  A span that does nothing but annotate the one it is linked
 * to is left out. */
void vocabulary_close(struct vocabulary *v);
/* Decides and gives the span instead, for a reader that has more to say of it. */
void vocabulary_take(struct vocabulary *v, struct span *out);

#endif
