/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A desk with hours, or with another order than first come first served, for the engine of desks.
 *
 * Where work is never interrupted the end of a service is known when it begins, and only who waits
 * is remembered (sim/desk/order.c); else those in service too (sim/desk/break.c). */
#ifndef SEAM_SIM_DESK_ORDER_H
#define SEAM_SIM_DESK_ORDER_H

#include "sim/calendar.h"

struct customers;
struct desk_sim;

/* Who has come to a desk with hours, or with another order than that of coming. */
struct guest {
    double reach, service, arrive, took;
    uint64_t kind;
    double since, begin, left, waited; /* waits since; began last; work left then; waits so far */
    double key;
    uint64_t turn;  /* among equal keys: interrupted work first, then the order of coming */
    uint32_t next;  /* in its line, or of the free */
    uint32_t place; /* among those in service */
    bool parted, late;
};
/* Until when one serves. */
struct leaving {
    double at;
    uint32_t who;
};
struct desk_order {
    const struct resource *resource; /* borrowed */
    struct calendar hours;
    double starts_s, turned_s; /* of the horizon, in its week; when the hours last changed */
    uint32_t servers, busy, waiting, cohort; /* cohort: of those here, in a unit that counts */
    bool overtakes;                          /* may who arrives later be served before? */
    bool by_key;                             /* the line is a heap, else lists by rank */
    bool breaks;                             /* may work be interrupted? */
    double now_s;                            /* without: of the last beginning, or longer wait */
    double *free_at;         /* without: of all servers, then INFINITY: ascending, or a heap */
    uint32_t *rank, n_ranks; /* [n_classes]: the list of a class */
    struct line_ends {
        uint32_t first, last;
    } * list; /* [n_ranks] */
    uint32_t *heap, heap_cap;
    struct leaving *leaving; /* [servers]: with: a heap of those in service */
    uint32_t *running;       /* [servers]: the same by place */
    struct guest *guest;
    uint32_t cap, used, first_free;
    uint64_t joined;
};

/* Does a resource need more than first come first served? */
bool desk_has_order(const struct pipeline *p, uint32_t resource);
/* Such a desk, empty; p must outlive it; free with desk_order_free. */
struct desk_order *desk_order_new(const struct pipeline *p, uint32_t resource);
/* Frees the desk; NULL is none. */
void desk_order_free(struct desk_order *o);
/* Nobody there, at the start of the calendar. */
void desk_order_clear(struct desk_order *o);
/* What happens at the desk by `upto`, with customers who come by then, in order. */
void desk_order_serve(struct desk_sim *s, uint32_t desk, const struct customers *c, double upto);

/* --- between the two files */

enum { NOBODY = UINT32_MAX };
static const uint64_t FRESH = UINT64_C(1) << 63; /* of a turn: not interrupted */

/* The customer's record, who is not in the line yet. */
uint32_t guest_new(struct desk_order *o, const struct customers *c, uint32_t i);
/* Gives a record back, for guest_new to take again. */
void guest_free(struct desk_order *o, uint32_t who);
/* Puts him in the line where the discipline says. */
void desk_order_wait(struct desk_order *o, uint32_t who);
/* Takes the next one out of the line, which is not empty. */
uint32_t desk_order_next(struct desk_order *o);
/* He has begun at `begin` and was or will be served without a break: he is counted with others. */
void desk_order_note(struct desk_sim *s, uint32_t desk, const struct guest *g, double begin);
/* Counts those who were noted. */
void desk_order_count(struct desk_sim *s, uint32_t desk);
/* sim/desk/break.c: what happens, where work may be interrupted */
void desk_break_serve(struct desk_sim *s, uint32_t desk, const struct customers *c, double upto);

#endif
