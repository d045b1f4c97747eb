/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trace logs in the store: spans in columns, read once and answered from afterwards. */
#ifndef SEAM_STORE_LOGS_H
#define SEAM_STORE_LOGS_H

#include "model/span.h"
#include "store/store.h"

/* What is known of an import besides its spans: its files, options and what was wrong with it. */
enum stored_kind {
    STORED_FILE,   /* name: the path; in the order of the spans' `file` */
    STORED_OPTION, /* name: an option, text: what it was */
    STORED_COUNT,  /* name: what, number: how many */
    STORED_PLACE,  /* name: of what, file and line: where */
    STORED_FOLDED  /* name: of spans, text: their wait in seconds, number: the most tries */
};
struct stored_fact {
    enum stored_kind kind;
    const char *name, *text; /* text may be NULL */
    uint64_t number, line;
    uint32_t file;
};

/* Adds a log of one format in one transaction: all of it is there afterwards, or nothing. */
MUST_CHECK int store_add_log(struct store *s, const char *format, const struct span_set *spans,
                             const struct stored_fact *facts, size_t n_facts, const char *time,
                             int64_t *id, struct error *err);

/* What store_read_logs hands over, in the order of the imports; texts are borrowed for the call.
 * `file` of a place counts the files of all logs before it. */
struct stored_reader {
    void *arg;
    void (*log)(void *arg, const char *format, uint64_t spans);
    void (*fact)(void *arg, const struct stored_fact *fact);
};
/* Appends the spans of every log to an empty `spans`; `file` counts on over all logs.  ERR_INPUT
 * when the store holds no log. */
MUST_CHECK int store_read_logs(struct store *s, const struct stored_reader *reader,
                               struct span_set *spans, struct error *err);

/* Does the file begin as an sqlite database? */
bool store_is(const char *path);

#endif
