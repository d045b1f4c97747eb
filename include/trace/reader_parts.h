/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of the reader, shared by reader.c and reader_document.c, and by nobody else. */
#ifndef SEAM_TRACE_READER_PARTS_H
#define SEAM_TRACE_READER_PARTS_H

#include "trace/elements.h"
#include "trace/otlp_stream.h"
#include "trace/otlp_walk.h"
#include "trace/reader.h"
#include "trace/xes.h"

#define READER_OTLP_JSON "otlp-json"
enum { READER_LONG = 2 << 20 }; /* bytes of a document that may be read element by element */

enum mode {
    MODE_START,
    MODE_LINES,
    MODE_DOCUMENT,
    MODE_ELEMENTS, /* of the long list that a document is */
    MODE_REST,     /* what comes behind that */
    MODE_LOGGER,
    MODE_TEXT, /* rows of CSV */
    MODE_MESSAGES,
    MODE_XML
};
struct feed {
    struct sink *sink;
    enum mode mode;
    struct buf carry; /* what is not read yet */
    struct buf mended;
    struct otlp_stream *messages;
    struct xes *events;
    struct event_csv *rows;
    struct otlp_walk *walk; /* from the first line on */
    struct elements list;
    const char *wrap; /* what goes around each element; NULL: nothing */
    bool listed;      /* the document at hand was looked at: is it a list? */
    bool in_map;      /* the first member of a map */
    struct buf wrapped;
    bool leaving;   /* within a line that is too long */
    bool begun;     /* blanks, at least, are behind us */
    uint32_t lines; /* already read */
    const char *format;
};

/* What was read is of that format. */
void reader_note_format(struct feed *f, const char *name);
/* JSON at sink->line, whose bytes that are no UTF-8 are mended: *s and *len are then those of the
 * mended text, good until the next call. */
MUST_CHECK int reader_parse(struct feed *f, const char **s, size_t *len, struct json *root,
                            struct error *fault);
/* Reads a document at sink->line: an object of a format, a list of them, or an answer that wraps
 * such a list.  What no format knows is counted when others are known, and else refused. */
MUST_CHECK int reader_document(struct feed *f, struct json root, struct error *err);
/* Reads what is whole of a document at sink->line that is cut off or damaged at byte `fault`, and
 * counts the record at hand.  False, and nothing done, when none is known. */
bool reader_damaged(struct feed *f, const char *s, size_t len, const struct error *fault,
                    int *status, struct error *err);
/* Reads what is carried over: a document over several lines, or several of them. */
MUST_CHECK int reader_whole(struct feed *f, struct error *err);
/* Is the long document that is carried over a list?  Then its elements are read one by one from
 * here on, in MODE_ELEMENTS. */
MUST_CHECK int reader_begin_elements(struct feed *f, struct error *err);
/* Reads the whole elements of what is carried over. */
MUST_CHECK int reader_elements(struct feed *f, struct error *err);
/* The document ends, or what comes behind it. */
MUST_CHECK int reader_end_elements(struct feed *f, struct error *err);

/* Between records: makes room where that is due. */
MUST_CHECK int reader_relieve_feed(struct feed *f, struct error *err);
/* Forgets the first n bytes. */
void reader_drop_front(struct buf *b, size_t n);

#endif
