/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Threads that call stages which may block, and hand the answers back.
 *
 * One thread gives and takes; the others know nothing but the job that they are at. */
#ifndef SEAM_EXEC_POOL_H
#define SEAM_EXEC_POOL_H

#include "exec/payload.h"
#include "exec/stage.h"

/* A kind, opened for a step. */
struct stage {
    const struct stage_kind *kind;
    void *self;
    const struct injected *faults; /* NULL: none */
};

struct job {
    struct job *next;
    const struct stage *stage;
    struct stage_call call; /* payload: borrowed from `payload` */
    struct stage_answer answer;
    struct text *payload; /* held by the giver */
    struct buf merged;    /* the payload with the answer over it; empty: unchanged */
    atomic_bool cancelled;
    bool back;     /* it was taken back: no thread is at it */
    double took_s; /* on the wall */
    void *owner;
};
/* Makes the call and puts its answer over the payload; an answer that is no object becomes a
 * malformed one. */
void job_do(struct job *j, struct payload_tool *tool, double (*clock_s)(void));

struct pool;
/* No thread runs before it is needed; at most `threads` at once work on jobs that somebody waits
 * for. */
struct pool *pool_new(uint32_t threads, double (*clock_s)(void));
/* Waits for the threads to end; NULL is fine. */
void pool_free(struct pool *p);
/* Is a thread free? */
bool pool_has_room(const struct pool *p);
/* Hands out a job, which stays where it is until it is taken back. */
void pool_give(struct pool *p, struct job *j);
/* Nobody waits for a job that was given out: another thread may take its place.  Of one that was
 * just taken back, with others, nobody wants to know. */
void pool_forsake(struct pool *p, struct job *j);
/* All that are done, in the order they ended, as a list; NULL: none. */
struct job *pool_done(struct pool *p);
/* Waits until a job is done or so many wall seconds are over. */
void pool_wait(struct pool *p, double wall_s);
/* Jobs given and not taken back. */
uint32_t pool_given(const struct pool *p);

#endif
