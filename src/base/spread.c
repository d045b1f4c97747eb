/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pieces are taken in order, so that the one whose turn it is has always been taken by somebody:
 * waiting for it ends. */
#include "base/spread.h"

#include "base/workers.h"

enum { FEW = 4 }; /* pieces below FEW are not worth a thread */

uint64_t spread_pieces(const struct spread *s)
{
    return (s->n + s->each - 1) / s->each;
}

uint32_t spread_threads(const struct spread *s, uint32_t asked)
{
    uint64_t pieces = spread_pieces(s);
    uint32_t threads = workers_count(asked);
    return pieces < FEW ? 1 : pieces < threads ? (uint32_t)pieces : threads;
}

static void do_piece(void *arg, uint32_t worker, uint64_t i)
{
    const struct spread *s = arg;
    size_t begin = (size_t)i * s->each, rest = s->n - begin;
    struct spread_part part = {worker, i, begin, begin + (rest < s->each ? rest : s->each)};
    s->piece(s->arg, &part);
}

void spread_run(const struct spread *s, uint32_t threads)
{
    struct spread own = *s;
    struct work work = {.end = spread_pieces(s), .unit = do_piece, .arg = &own};
    workers_run(&work, threads);
}

void turns_init(struct turns *t)
{
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->passed, NULL);
    t->next = 0;
}

void turns_release(struct turns *t)
{
    pthread_cond_destroy(&t->passed);
    pthread_mutex_destroy(&t->lock);
}

void turns_wait(struct turns *t, uint64_t piece)
{
    pthread_mutex_lock(&t->lock);
    while (t->next != piece)
        pthread_cond_wait(&t->passed, &t->lock);
}

void turns_pass(struct turns *t)
{
    t->next++;
    pthread_cond_broadcast(&t->passed);
    pthread_mutex_unlock(&t->lock);
}
