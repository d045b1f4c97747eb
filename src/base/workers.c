/* SPDX-License-Identifier: GPL-3.0-or-later */
/* POSIX threads that take the next number from an atomic counter: a unit that is long holds up
 * nobody else. */
#include "base/workers.h"

#include "base/buf.h"

#include <pthread.h>
#include <unistd.h>

enum { THREADS_MAX = 1024 };

struct pool {
    const struct work *work;
    atomic_uint_fast64_t next, done;
    atomic_bool enough;
};

struct worker {
    struct pool *pool;
    uint32_t index;
    pthread_t thread;
};

static void *work_on(void *arg)
{
    struct worker *me = arg;
    const struct work *w = me->pool->work;
    uint64_t mine = 0;
    while (!atomic_load(&me->pool->enough) && (!w->stop || !atomic_load(w->stop))) {
        if (me->index == 0 && w->enough && w->enough(w->arg)) {
            atomic_store(&me->pool->enough, true);
            break;
        }
        uint64_t i = atomic_fetch_add(&me->pool->next, 1);
        if (i >= w->end)
            break;
        w->unit(w->arg, me->index, i);
        uint64_t done = atomic_fetch_add(&me->pool->done, 1) + 1;
        if (me->index == 0 && w->report && w->report_every && ++mine % w->report_every == 0)
            w->report(w->arg, done);
    }
    return NULL;
}

uint32_t workers_count(uint32_t asked)
{
    long n = asked ? (long)asked : sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : (uint32_t)n;
}

uint64_t workers_run(const struct work *w, uint32_t threads)
{
    struct pool pool = {.work = w};
    struct worker *all = mem_zero(threads, sizeof *all);
    uint32_t started = 1;
    atomic_init(&pool.next, w->begin);
    atomic_init(&pool.done, 0);
    atomic_init(&pool.enough, false);
    for (uint32_t i = 0; i < threads; i++)
        all[i] = (struct worker){.pool = &pool, .index = i};
    while (started < threads && started < w->end - w->begin &&
           pthread_create(&all[started].thread, NULL, work_on, &all[started]) == 0)
        started++;
    work_on(&all[0]);
    for (uint32_t i = 1; i < started; i++)
        pthread_join(all[i].thread, NULL);
    mem_free(all);
    return atomic_load(&pool.done);
}
