/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line of text, edited key by key; UTF-8 as it is typed. */
#ifndef SEAM_CLI_LINE_EDITOR_H
#define SEAM_CLI_LINE_EDITOR_H

#include "base/buf.h"

struct line_editor {
    struct buf text;
    size_t at; /* byte of the cursor */
};
/* Starts with a text, the cursor at its end; release text. */
void line_editor_start(struct line_editor *e, const char *text);
/* What a key (terminal.h) does to the line; keys that do nothing are passed over. */
void line_editor_key(struct line_editor *e, int key);
/* Appends the part of the line that fits into `width` columns and shows the cursor; *column: where
 * the cursor stands in it, from 0. */
void line_editor_show(const struct line_editor *e, int width, struct buf *out, int *column);

#endif
