/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Threads that take numbered units of work from one counter. */
#ifndef SEAM_BASE_WORKERS_H
#define SEAM_BASE_WORKERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct work {
    uint64_t begin, end;     /* units [begin, end) */
    const atomic_bool *stop; /* NULL, or: take no more when set */
    /* Does unit `i` with worker's own things; worker counts from 0. */
    void (*unit)(void *arg, uint32_t worker, uint64_t i);
    /* NULL, or asked by worker 0 before each of its units: true: nobody takes more. */
    bool (*enough)(void *arg);
    void *arg;
    /* Called by worker 0 after every `report_every` units that it did (0: never), with how many all
     * have done. */
    void (*report)(void *arg, uint64_t done);
    uint64_t report_every;
};

/* 0: as many as there are processors. */
uint32_t workers_count(uint32_t asked);
/* Returns when all units are done, or those in flight when stopped; how many were done, which are
 * the first ones.  The caller is worker 0; fewer threads than asked run when the system gives no
 * more. */
uint64_t workers_run(const struct work *w, uint32_t threads);

#endif
