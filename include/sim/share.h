/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Units of work shared out over ranks and threads, in slices of time between which ranks agree and
 * progress can be kept; what is not done yet is known to every rank. */
#ifndef SEAM_SIM_SHARE_H
#define SEAM_SIM_SHARE_H

#include "base/pack.h"
#include "sim/ranks.h"
#include <stdatomic.h>

/* Units [begin, end). */
struct span {
    uint64_t begin, end;
};

/* The units below `upto`, less those that are left: the same on every rank. */
struct share {
    uint64_t upto;
    VEC(struct span) left; /* ascending, apart from each other, none empty */
    double kept_s;         /* rank 0: when progress was kept, by the clock */
};

/* Frees the list. */
void share_release(struct share *s);
/* Adds the units from `upto` to `end`, if there are any. */
void share_extend(struct share *s, uint64_t end);
/* Units that are left. */
uint64_t share_left(const struct share *s);
/* Saves it, or reads it into an empty one. */
void share_pack(struct share *s, struct pack *p);

struct share_job {
    const struct ranks *ranks;
    uint32_t threads;        /* of this rank */
    const atomic_bool *stop; /* NULL, or: leave the rest when it is set on any rank */
    double (*clock_s)(void); /* NULL: the time is not looked at */
    double keep_every_s;     /* 0: `keep` is never called */
    /* Does a unit; false: it was broken off, nothing of it counts, and it stays left.  Called by
     * worker 0 ... threads - 1 at a time. */
    bool (*unit)(void *arg, uint32_t worker, uint64_t i);
    /* Keeps progress: called on every rank when no unit is under way. */
    void (*keep)(void *arg);
    /* Has something failed on this rank?  Then every rank stops, with the error of one of them. */
    int (*failed)(void *arg, struct error *err); /* NULL: nothing can fail */
    /* NULL, or called now and then, on rank 0, with units done of all that share_run began with. */
    void (*report)(void *arg, uint64_t done);
    uint64_t report_every; /* units of worker 0 */
    void *arg;
};

/* Does what is left.  0: all is done, or it was stopped and some is left; -1: failed, the same
 * error on every rank. */
MUST_CHECK int share_run(struct share *s, const struct share_job *job, struct error *err);

#endif
