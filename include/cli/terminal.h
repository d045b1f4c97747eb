/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A terminal of which single keys are read: raw, on a screen of its own, and as it was before after
 * every way out (closing, exit, a signal, a crash). */
#ifndef SEAM_CLI_TERMINAL_H
#define SEAM_CLI_TERMINAL_H

#include "base/buf.h"
#include "base/error.h"

/* Keys that are no byte. */
enum {
    KEY_NONE = -1, /* nothing came in time, or the window changed */
    KEY_UP = 256,
    KEY_DOWN,
    KEY_LEFT,
    KEY_RIGHT,
    KEY_HOME,
    KEY_END,
    KEY_PAGE_UP,
    KEY_PAGE_DOWN,
    KEY_DELETE,
    KEY_GONE, /* the terminal was closed */
    KEY_ENTER = 13,
    KEY_ESCAPE = 27,
    KEY_BACKSPACE = 127
};

/* Takes hold of standard input and output, which are terminals; one at a time.  ERR_IO. */
MUST_CHECK int terminal_open(struct error *err);
/* Puts the terminal back where it is held; a signal handler may call it. */
void terminal_close(void);
/* Gives it to another program for a while, and takes it again. */
void terminal_lend(void);
/* Takes it back from the other program. */
void terminal_take(void);
/* Of the terminal behind a descriptor; 80 where there is none. */
int terminal_columns(int fd);
/* TERM names one that knows more than lines: colours, and a line drawn anew. */
bool terminal_is_smart(void);
/* Columns and rows; 80 x 24 where it does not say. */
void terminal_size(int *columns, int *rows);
/* The next key, waiting up to wait_s for it. */
int terminal_key(double wait_s);
/* Writes to the screen. */
void terminal_put(const struct buf *text);

#endif
