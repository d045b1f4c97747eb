/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A person at a terminal: a child on a pseudo-terminal, keys typed at it, and what it shows. */
#ifndef SEAM_TESTS_PTY_H
#define SEAM_TESTS_PTY_H

#include "base/buf.h"

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

struct pty {
    int master, slave; /* the slave is kept open to ask for its settings */
    pid_t child;
    struct buf shown; /* everything since pty_forget */
    struct termios before;
};
/* Starts `child`, whose standard streams are the terminal; its return is the exit status. */
void pty_start(struct pty *p, int columns, int rows, int (*child)(void *arg), void *arg);
void pty_type(struct pty *p, const char *keys);
void pty_resize(struct pty *p, int columns, int rows);
/* Waits until the text was shown; fails after some seconds. */
void pty_expect(struct pty *p, const char *text);
void pty_forget(struct pty *p);
/* Waits for the child's end; its status as waitpid has it. */
int pty_wait(struct pty *p);
/* Are the settings those of the beginning? */
bool pty_is_restored(const struct pty *p);
void pty_close(struct pty *p);

#endif
