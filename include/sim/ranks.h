/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Processes that share a run, numbered from 0; each calls the functions of run.h with the same
 * arguments, and rank 0 alone has the result.
 *
 * A door to a message system fills a struct ranks with the two ways to pass bytes (mpi.c); all that
 * ranks do together is made of these.  Every rank must make the same calls in the same order. */
#ifndef SEAM_SIM_RANKS_H
#define SEAM_SIM_RANKS_H

#include "base/buf.h"
#include "base/error.h"

struct ranks {
    uint32_t rank, size;
    /* Sends bytes to a rank that receives; replaces *out by the bytes that a rank sends.  A message
     * that cannot be passed ends all ranks. */
    void (*send)(void *arg, uint32_t to, const void *bytes, size_t len);
    void (*receive)(void *arg, uint32_t from, struct buf *out);
    void *arg;
};

/* A process that is alone. */
extern const struct ranks ranks_alone;

/* What the program starts and ends with (ranks_start.c or mpi.c): the ranks that it is one of.
 * argc and argv may be changed. */
void ranks_start(int *argc, char ***argv, struct ranks *out);
/* Waits for all ranks. */
void ranks_end(void);

/* Rank 0 takes in what all others put, in the order of a tree: a rank first takes in what those
 * below it put, and then puts once. */
struct ranks_fold {
    void (*put)(void *arg, struct buf *out); /* appends */
    void (*take)(void *arg, const void *bytes, size_t len);
    void *arg;
};
/* Folds what all ranks have into rank 0, in log2(size) steps. */
void ranks_fold(const struct ranks *r, const struct ranks_fold *fold);
/* Replaces the bytes by those of rank 0. */
void ranks_broadcast(const struct ranks *r, struct buf *bytes);
/* What all ranks have, one after another in order of rank: for every rank.  `all` is replaced. */
void ranks_all(const struct ranks *r, const struct buf *mine, struct buf *all);
/* Does every rank say 0?  If not: -1, with the error of the first that does not. */
MUST_CHECK int ranks_agree(const struct ranks *r, int status, struct error *err);

#endif
