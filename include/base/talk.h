/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A child process that is told something and answers: its input written, its output and its errors
 * read at once, so that no pipe that fills holds either side up.
 *
 *     struct talk t;
 *     if (talk_begin(&t, argv, environment, folder, &err)) ...
 *     enum talk_end end = talk(&t, request, len, false, 1 << 20, &limit);
 *     talk_stop(&t, &limit);
 *     talk_release(&t); */
#ifndef SEAM_BASE_TALK_H
#define SEAM_BASE_TALK_H

#include "base/buf.h"
#include "base/process.h"

enum talk_end {
    TALK_LINE, /* a whole line is in `out` */
    TALK_OVER, /* it has closed its output, or ended */
    TALK_FLOOD,
    TALK_LATE,
    TALK_CANCELLED
};
struct talk {
    struct process process;
    struct buf out; /* what it answered; what follows a line stays for the next */
    struct buf err; /* the last of what it wrote to its standard error */
    int status;     /* of one that has ended, as waitpid tells it */
};
MUST_CHECK int talk_begin(struct talk *t, const char *const *argv, const char *const *environment,
                          const char *folder, struct error *err);
/* Writes the request and reads.  With `line`: until a whole line is in t->out, leaving the input
 * open; else until the end of its output, after closing the input.  More than `most` bytes are a
 * flood.  A child that does not read all of the request may still answer. */
enum talk_end talk(struct talk *t, const char *request, size_t len, bool line, size_t most,
                   const struct process_limit *limit);
/* Is nothing there to be read, and the child alive?  Else it is out of step. */
bool talk_is_quiet(struct talk *t);
/* Waits for its end within the limit, then ends it and its group; t->status. */
void talk_stop(struct talk *t, const struct process_limit *limit);
/* Frees the texts; the child has been stopped. */
void talk_release(struct talk *t);
/* Appends the last lines of its standard error, on one line; false: it wrote nothing there. */
bool talk_put_errors(const struct talk *t, struct buf *out);

#endif
