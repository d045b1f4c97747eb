/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes to spans: the format is told from the content, never from the file's name.
 *
 * To add a format in JSON, a document that shows itself by a key: write `trace/<format>.h` with a
 * function of the shape of the table in reader_document.c, and add its row.  Others are told by
 * their first bytes and read in pieces: a mode of reader.c, as event_csv.h and otlp_stream.h. */
#ifndef SEAM_TRACE_READER_H
#define SEAM_TRACE_READER_H

#include "base/error.h"
#include "base/json_read.h"
#include "trace/log.h"
#include "trace/settle.h"
#include "trace/vocabulary.h"

struct sink;
/* What is done between records while the set holds `room` spans or more.  It may forget spans and
 * texts, so that ids of texts change. */
struct relief {
    size_t room;
    int (*give)(void *arg, struct sink *sink, struct error *err);
    void *arg;
};

/* Where a reader puts what it reads. */
struct sink {
    struct span_set *set;
    struct quality *quality;
    struct vocabulary *words;
    struct json_reader *json;
    struct folded *folded; /* what definitions tell; NULL: nobody asks */
    struct settle later;
    struct crewai *crewai;   /* events that wait for their other half; NULL: none was read */
    struct autogen *autogen; /* turns of agents that still go on; the same */
    const struct log_options *options;
    struct relief *relief; /* NULL: none */
    bool failed;           /* it could not be given: `why` */
    struct error why;
    const char *file; /* for messages */
    uint32_t file_index;
    uint64_t line; /* of the record's first byte, 1-based; PLACE_BYTE and an offset in binary */
    /* a document over several lines, in which records tell their own line; NULL: there is none */
    const char *document;
    size_t document_len;
    uint32_t document_line; /* of its first byte */
    struct json_place place;
};

/* Adds the spans of one file to the sink; *format is its format's name.  ERR_INPUT with file:line
 * for what cannot be read as any format. */
MUST_CHECK int reader_file(const char *path, struct sink *sink, const char **format,
                           struct error *err);
/* The same from bytes in memory. */
MUST_CHECK int reader_text(const char *text, size_t len, struct sink *sink, const char **format,
                           struct error *err);

/* Asks for relief where it is due; *moved: ids of texts may have changed. */
MUST_CHECK int reader_relieve(struct sink *sink, bool *moved, struct error *err);

/* At the end of all files: settles what only then can be told. */
void reader_end(struct sink *sink);
/* Of that only the spans that still come, without what is said of spans. */
void reader_end_spans(struct sink *sink);
/* Frees what waits in the sink, also after an error. */
void reader_release(struct sink *sink);

#endif
