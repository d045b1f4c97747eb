/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What will happen when: a heap of timers that live in what they belong to; at equal
 * times those of paths (a backoff, a copy of a call) last, then in the order they were set. */
#ifndef SEAM_EXEC_TIMER_H
#define SEAM_EXEC_TIMER_H

#include "base/buf.h"

enum timer_kind { TIMER_CALL, TIMER_PATH, TIMER_ITEM, TIMER_DESK, TIMER_ARRIVAL };
struct timer {
    double at_s;
    uint64_t order;
    uint32_t place; /* 1 + place in the heap; 0: not set */
    enum timer_kind kind;
    void *owner;
};
struct timers {
    struct timer **heap; /* owned */
    uint32_t n, cap;
    uint64_t set;
};

/* Frees the heap and leaves *t zero. */
void timers_release(struct timers *t);
/* Sets a timer, which was not set, and which stays where it is until it is taken or dropped. */
void timer_set(struct timers *t, struct timer *timer, enum timer_kind kind, void *owner,
               double at_s);
/* Nothing when it is not set. */
void timer_drop(struct timers *t, struct timer *timer);
/* The next one, still set; NULL: none. */
struct timer *timers_next(const struct timers *t);

#endif
