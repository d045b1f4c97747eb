/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A row of n things cut into pieces of equal length, which threads take from one counter.
 *
 *     struct spread s = {.n = items, .each = 512, .piece = count_piece, .arg = &counting};
 *     spread_run(&s, spread_threads(&s, options->threads));
 *
 * The pieces are the same on any number of threads.  What they add up must be whole numbers, or be
 * put together in their order: struct turns. */
#ifndef SEAM_BASE_SPREAD_H
#define SEAM_BASE_SPREAD_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

/* What a thread is asked to do: things [begin, end), which are piece number `piece`; `worker`
 * counts from 0. */
struct spread_part {
    uint32_t worker;
    uint64_t piece;
    size_t begin, end;
};
struct spread {
    size_t n, each;
    void (*piece)(void *arg, const struct spread_part *part);
    void *arg;
};
/* How many pieces there are. */
uint64_t spread_pieces(const struct spread *s);
/* How many threads are worth while of those asked for (0: as many as there are processors). */
uint32_t spread_threads(const struct spread *s, uint32_t asked);
/* Returns when all pieces are done. */
void spread_run(const struct spread *s, uint32_t threads);

/* Pieces that put what they made behind what the pieces before them made. */
struct turns {
    pthread_mutex_t lock;
    pthread_cond_t passed;
    uint64_t next;
};
/* It is piece 0's turn. */
void turns_init(struct turns *t);
/* Frees the lock; nobody waits. */
void turns_release(struct turns *t);
/* Waits until all pieces before this one have passed; nobody else goes on until it does, too. */
void turns_wait(struct turns *t, uint64_t piece);
/* Ends the turn of the piece that waited for it. */
void turns_pass(struct turns *t);

#endif
