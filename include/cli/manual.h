/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manual: chapters of prose (manual_text.c), each with what is drawn from the tables behind it.
 *
 * To add a chapter: a row in manual_text.c.  Its text is paragraphs with blank lines between; a
 * line that begins with two spaces is kept as it is (a command after "$ ", a file, an output); "* "
 * begins a point of a list, "= " the term that the following lines explain, "# " a heading; words
 * in `backticks` are literal. */
#ifndef SEAM_CLI_MANUAL_H
#define SEAM_CLI_MANUAL_H

#include "report/document.h"

/* What of a chapter is drawn from a table, behind its text. */
enum manual_drawn {
    DRAWN_NOTHING,
    DRAWN_COMMANDS, /* commands with their examples and own options */
    DRAWN_OPTIONS,  /* options that several commands share */
    DRAWN_KEYS,     /* the keys of scenarios */
    DRAWN_METRICS,  /* names of metrics and what they mean */
    DRAWN_STATUS    /* exit statuses */
};

struct manual_chapter {
    const char *id;    /* of `seam help ID` */
    const char *title; /* "FROM A LOG TO A REPORT" */
    const char *text;
    enum manual_drawn drawn;
};
extern const struct manual_chapter manual_chapters[];
extern const size_t manual_chapters_count;

/* The chapter called `id`; NULL: there is none. */
const struct manual_chapter *manual_chapter(const char *id);
/* One chapter as a document, which the caller releases. */
void manual_document(const struct manual_chapter *chapter, struct document *out);
/* The whole manual with NAME and SYNOPSIS, as the man page seam(1). */
void manual_put_man(struct buf *out);

#endif
