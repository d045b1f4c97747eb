/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A document: sections of paragraphs, lists, tables and figures, drawn by text.h, html.h,
 * markdown.h and json.h.
 *
 * Everything lives in the document's arena and dies with document_release; texts handed in are
 * cleaned (text_clean), cut at TEXT_MAX bytes, and copied.  Build it in order: section, then its
 * blocks; a table row by row, cell by cell. */
#ifndef SEAM_REPORT_DOCUMENT_H
#define SEAM_REPORT_DOCUMENT_H

#include "base/buf.h"
#include <stdbool.h>
#include <stddef.h>

enum { TEXT_MAX = 4000 };

enum tone { TONE_PLAIN, TONE_GOOD, TONE_BAD, TONE_UNSURE };

struct cell {
    const char *text; /* "" when empty */
    enum tone tone;
};
struct column {
    const char *title;
    bool number; /* right-aligned */
};
struct table {
    const char *caption;
    VEC(struct column) columns;
    VEC(struct cell) cells; /* row by row */
    const char *note;       /* NULL, or a line below */
    bool plain;             /* text only: no row headers */
};
struct figure {
    const char *id, *title, *description;
    const char *svg;             /* the inside of an <svg>, clean (svg.h); NULL: absent */
    const char *missing;         /* why it is absent; NULL */
    const char *script, *points; /* what gnuplot draws it from (plot.h); NULL: not by gnuplot */
    const char *subject;         /* the line under its title where it stands alone (plot.h); NULL */
    double width, height;        /* without title and subject */
    struct table *data;          /* NULL */
};

enum block_kind {
    BLOCK_PARAGRAPH,
    BLOCK_NUMBER, /* a headline: text is the value, note its name, more a word on it */
    BLOCK_BULLET,
    BLOCK_CODE,
    BLOCK_VERDICT,
    BLOCK_HEADING, /* of what follows in the section */
    BLOCK_ABSENT,  /* why something is not here, and what would bring it */
    BLOCK_TABLE,
    BLOCK_FIGURE,
    BLOCK_FOLD, /* opens, under the heading `text`, what lasts to the next BLOCK_UNFOLD */
    BLOCK_UNFOLD,
    BLOCK_PAIR, /* opens what stands side by side where there is room, to the next BLOCK_UNPAIR */
    BLOCK_UNPAIR
};
struct block {
    enum block_kind kind;
    const char *text, *note, *more;
    enum tone tone;
    struct table *table;
    struct figure *figure;
};
struct section {
    const char *id, *title;
    VEC(struct block) blocks;
};
struct document {
    struct arena arena;
    const char *title, *subtitle;
    VEC(struct section) sections;
    VEC(struct table *) tables;
};

/* An empty document that the caller gives to document_release. */
void document_init(struct document *d, const char *title, const char *subtitle);
/* Frees the document with all its sections, tables, figures and texts. */
void document_release(struct document *d);
/* Opens a section; blocks go to the last one.  A section left without blocks is not drawn. */
void document_section(struct document *d, const char *id, const char *title);
/* A block of formatted text at the end of the last section. */
void document_text(struct document *d, enum block_kind kind, enum tone tone, const char *format,
                   ...) PRINTF_LIKE(4, 5);
/* A headline: `text` is the value, `note` its name, `more` a word on it or "". */
void document_number(struct document *d, enum tone tone, const char *note, const char *text,
                     const char *more);
/* The table is not yet part of a section (document_add_table, or figure.data). */
struct table *document_table(struct document *d, const char *caption);
/* Puts the table at the end of the last section; NULL is left out. */
void document_add_table(struct document *d, struct table *t);
/* Tables that stand folded away under a heading, where the medium can; NULL ones are left out. */
void document_fold(struct document *d, const char *heading, struct table *const *tables, size_t n);
/* A block without a text: BLOCK_UNFOLD, BLOCK_PAIR, BLOCK_UNPAIR. */
void document_mark(struct document *d, enum block_kind kind);
/* Has the last section a block yet? */
bool document_said(const struct document *d);
/* Is block i the first of a run of bullets, or of headlines?  For media that put a list around it.
 */
bool document_run_starts(const struct section *s, size_t i);
/* Is it the last of one? */
bool document_run_ends(const struct section *s, size_t i);
/* A figure without its picture, not yet part of a section (document_add_figure). */
struct figure *document_figure(struct document *d, const char *id, const char *title,
                               const char *description);
/* Puts the figure at the end of the last section. */
void document_add_figure(struct document *d, struct figure *f);

enum { FIGURE_FILE_MAX = 64 };
/* The file that a figure's picture is written to, beside a document that shows it from there:
 * "report-03-frontier.svg", from its place and its kind. */
void figure_file(const struct document *d, const struct figure *f, char out[FIGURE_FILE_MAX]);

/* One more column; all of them come before the first cell. */
void table_column(struct document *d, struct table *t, const char *title, bool number);
/* The next cell of the row, or the first of the next row. */
void table_cell(struct document *d, struct table *t, enum tone tone, const char *text);
/* Full rows; 0 without columns. */
size_t table_rows(const struct table *t);

/* Appends `s` fit for people's eyes: bytes that are not UTF-8 become U+FFFD, control characters
 * (C0, DEL, C1) and line separators a space, and the marks that turn the direction of what follows
 * (U+202A-202E, U+2066-2069) go. */
void text_clean(struct buf *out, const char *s);
/* Columns that the cleaned text takes on a terminal (wide characters 2, combining marks 0). */
size_t text_width(const char *s);
/* Bytes of `s` whose characters fit into `width` columns. */
size_t text_fit(const char *s, size_t width);
/* Appends the words of `s`, cleaned already, in lines of `width` columns that begin behind `indent`
 * ones; the first begins at `column`.  A word is never cut. */
void text_fill(struct buf *out, const char *s, size_t column, size_t indent, size_t width);
/* Appends `s`, cleaned already, in at most `width` columns: of what is too long, `head` columns
 * from its start and as many as are left from its end, as names and paths differ at their ends. */
void text_cut(struct buf *out, const char *s, size_t width, size_t head);

#endif
