/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Customers of a desk as the columns of a table, and sums over them.
 *
 * begin[n] is when each is served; all times are in seconds. */
#ifndef SEAM_SIM_DESK_CUSTOMERS_H
#define SEAM_SIM_DESK_CUSTOMERS_H

#include <stdbool.h>
#include <stdint.h>

struct customers {
    uint32_t n, cap;
    double *reach, *service; /* s: when they come, and how long they take */
    double *arrive, *took;   /* s: when the item arrived; its time without the wait */
    uint64_t *kind;          /* see desk_kind; NULL: all are of the kind `same` */
    uint64_t same;
};

/* Room for n more customers. */
void customers_room(struct customers *c, uint32_t n);
/* Frees the columns and leaves *c zero. */
void customers_release(struct customers *c);

/* Of customers: what their desk counts. */
struct come {
    double wait, service, last; /* sums; when the last of them is done */
    uint32_t waited, late;      /* late: not served within the limit */
};

/* Of n customers; their waits into wait[].  `limit`: the longest that is not late. */
struct come customers_come(const double *reach, const double *service, const double *begin,
                           uint32_t n, double limit, float *wait);

/* Of customers: what their items count. */
struct gone {
    double wait, squares, visit; /* sums: waits, what they add to squares of times, visits */
    double last;                 /* end of an item */
    uint32_t late;               /* by their wait beyond the deadline */
};
/* Of customers [0, n); their items' times into value[]. */
struct gone customers_gone(const struct customers *c, const double *begin, uint32_t n,
                           double deadline, float *value);
/* customers_come and customers_gone at once, of items that come to the desk as they arrive, do
 * nothing else and take `service` there. */
struct come customers_come_and_go(const double *reach, const double *service, const double *begin,
                                  uint32_t n, double limit, double deadline, float *wait,
                                  float *value, struct gone *gone);

/* How many of n customers come before an instant and leave the line, or the desk, after it. */
void customers_there(const double *reach, const double *begin, const double *service, uint32_t n,
                     double at, int32_t *waiting, int32_t *inside);
/* Are n >= 1 kinds the same one? */
bool customers_alike(const uint64_t *kind, uint32_t n);

#endif
