/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the JSON formats of spans have in common: ids, times and attributes of a record.
 *
 * A part that has the wrong shape is counted in the sink's quality with its place; the record is
 * then read without it, or left out when it has no ids. */
#ifndef SEAM_TRACE_RECORD_H
#define SEAM_TRACE_RECORD_H

#include "trace/reader.h"

/* An id as text: a string, or the digits of a bare integer (in `digits`); false for others. */
bool record_id(struct json v, char digits[24], const char **s, size_t *len);

/* Goes to the record `v`: sink->line becomes its line where the document has several. */
void record_at(struct sink *sink, struct json v);
/* Counts a record that cannot be read, at sink->line. */
void record_unreadable(struct sink *sink);

/* Opens the span of these ids and name at sink->line.  NULL, and counted, when the id of the span
 * or of the trace is missing; the parent and the name may be absent. */
struct span *record_open(struct sink *sink, struct json trace, struct json id, struct json parent,
                         struct json name);

/* Start and duration, both in units; an absent duration leaves the end at 0. */
void record_interval(struct sink *sink, struct span *span, struct json start, struct json duration,
                     int64_t unit_ns);
/* A time as text (timestamp.h), or as a number since 1970 whose size tells its unit. */
int64_t record_moment(struct sink *sink, struct json v);

/* An attribute of the open span.  The members of a map or list are attributes `key.member`, to
 * eight levels; null is none. */
void record_attribute(struct sink *sink, const char *key, struct json v);
/* The same under a key that is not NUL-terminated. */
void record_field(struct sink *sink, const char *key, size_t key_len, struct json v);
/* The same, where an option of the user's names the attribute. */
void record_named(struct sink *sink, const char *key, struct json v);
/* The members of a map as attributes. */
void record_members(struct sink *sink, struct json map);
/* The same under a key that is not NUL-terminated. */
void record_field(struct sink *sink, const char *key, size_t key_len, struct json v);
/* The same, where an option of the user's names the attribute. */
void record_named(struct sink *sink, const char *key, struct json v);
/* A text, or a map or list as JSON text, under `key`. */
void record_payload(struct sink *sink, const char *key, struct json v);

/* What somebody said of a span, or of a trace when `span` is absent or null. */
struct opinion {
    struct json trace, span;
    struct json name; /* or, when absent, the name_len bytes at name_text */
    const char *name_text;
    size_t name_len;
    struct json score; /* a number or boolean */
    struct json label;
    struct json who;  /* of several ids the one that is told */
    const char *word; /* the decision, whatever the score and label; NULL */
    bool human;
};
/* Keeps for settle_all what it means (opinion.h). */
void record_opinion(struct sink *sink, const struct opinion *o);

/* A boolean true, or the string "true". */
bool record_true(struct json v);
/* Does the string v hold this text, in either case? */
bool record_is(struct json v, const char *text);
/* A string that is not empty, or NULL. */
const char *record_text(struct json v, size_t *len);

#endif
