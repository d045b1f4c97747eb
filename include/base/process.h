/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Child processes with pipes, from programs of many threads.
 *
 *     struct process p;
 *     if (process_start(argv, environment, folder, &p, &err)) ...
 *     process_write(&p, text, len, &limit, &err) ... read(p.out, ...)
 *     process_stop(&p, 0.2, &limit, &status);
 *
 * A child leads a process group of its own, so that it dies with all that it started and is not
 * hit by a Ctrl-C meant for us; it inherits no descriptor but its three, no signal mask and no
 * ignored signal.  No shell is involved. */
#ifndef SEAM_BASE_PROCESS_H
#define SEAM_BASE_PROCESS_H

#include "base/error.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* How long to wait for something: until clock_s() reaches until_s, or *cancelled is set (NULL:
 * never). */
struct process_limit {
    double (*clock_s)(void); /* monotonic seconds */
    double until_s;          /* INFINITY: no limit */
    const atomic_bool *cancelled;
};
enum process_event {
    PROCESS_READY,
    PROCESS_LATE,      /* the limit has passed */
    PROCESS_CANCELLED, /* or nobody waits any more */
    PROCESS_BROKEN     /* the descriptor is closed on the other side, or failed */
};

struct process {
    pid_t pid;        /* 0: none */
    int in, out, err; /* ours: written to its standard input, read from the other two; -1: closed;
                         they do not block */
};

/* Starts argv[0] (NULL-terminated argv): a file in `folder` where there is one of this name, else
 * found on PATH.  It begins in `folder`, so that files its arguments name are there too (NULL: in
 * our own).  `environment` as environ; NULL: none.  ERR_IO when it cannot be started.  The caller
 * ends it with process_stop. */
MUST_CHECK int process_start(const char *const *argv, const char *const *environment,
                             const char *folder, struct process *out, struct error *err);
/* Waits until fd can be read (or has ended), or written. */
enum process_event process_wait(int fd, bool to_write, const struct process_limit *limit);
/* Writes what the child's input takes at once, 0 bytes when it is full; false: nobody reads it any
 * more.  Never raises SIGPIPE. */
MUST_CHECK bool process_write_some(struct process *p, const char *bytes, size_t len,
                                   size_t *written);
/* Writes all of it to the child's input; never raises SIGPIPE. */
MUST_CHECK enum process_event process_write(struct process *p, const char *bytes, size_t len,
                                            const struct process_limit *limit);
/* Closes the child's input, so that it sees the end. */
void process_close_input(struct process *p);
/* Has the child ended?  Then *status is as waitpid tells it, its group is killed, and it is no
 * more. */
bool process_ended(struct process *p, int *status);
/* Waits up to the limit for its end; what still runs then gets SIGTERM, and after grace_s SIGKILL,
 * with its whole group.  Closes the descriptors; *status (may be NULL) as waitpid tells it. */
void process_stop(struct process *p, double grace_s, const struct process_limit *limit,
                  int *status);
/* "exit status 3", "killed by signal 11 (Segmentation fault)" into out. */
void process_put_status(int status, char *out, size_t size);

#endif
