/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A desk whose arrivals or hours come back every day or week: M(t)/M(t)/c/K+M by the Kolmogorov
 * equations.
 *
 * Life cycle: cycle_desk_init (from a resource and the arrivals), cycle_steady or cycle_transient,
 * cycle_desk_release.  Seconds throughout. */
#ifndef SEAM_SIM_EXACT_CYCLE_H
#define SEAM_SIM_EXACT_CYCLE_H

#include "base/error.h"
#include "model/pipeline.h"

/* While it lasts, arrivals come at mean + amplitude cos(2 pi (t + offset_s) / DAY_S) a second, t
 * from its beginning. */
struct cycle_piece {
    double length_s;
    bool open;
    double mean_per_s, amplitude_per_s, offset_s;
};

struct cycle_desk {
    uint32_t servers, room; /* places to wait; ROOM_UNLIMITED */
    double mean_s;          /* of the exponential work */
    double patience_s;      /* mean of the exponential patience; INFINITY */
    bool interrupt;         /* work stops at closing, else it is finished */
    double origin_s;        /* second of the week at which the cycle begins: an opening, or 0 */
    double period_s;        /* DAY_S or WEEK_S */
    VEC(struct cycle_piece) piece;
};

/* Integrals over time, and counts. */
struct cycle_sums {
    double time_s, open_s, waiting, system, busy; /* busy: servers, while open */
    double asked, waited, blocked, abandoned;     /* items */
};
struct cycle_point {
    double at_s;                   /* asked for: since the start */
    double waiting, system, empty; /* E, E, P */
};
struct cycle_values {
    struct cycle_sums sums;
    double lost;     /* share of arrivals that find the cut end of a line without end */
    double residual; /* of the steady state: sum of |p - p P| */
    double left;     /* E[in system] at the end */
    double work;     /* that it took, in the units of walk_work */
};

/* The cycle of arrivals (those of `share` of all items) at a resource with servers. */
void cycle_desk_init(struct cycle_desk *d, const struct resource *r, const struct arrivals *a,
                     double share, double mean_s, double patience_s);
/* Frees the pieces. */
void cycle_desk_release(struct cycle_desk *d);
/* Work that arrives in a cycle by the work that can be done in it; 0 where items leave unserved,
 * as there is always a steady state then. */
double cycle_load(const struct cycle_desk *d);

/* The periodic steady state: sums over one cycle, and the point[n] at ascending at_s in
 * [0, period], counted from the second starts_s of the week.  ERR_NUMERIC when the load is not
 * below 1, ERR_UNSUPPORTED when a cycle holds too many events. */
MUST_CHECK int cycle_steady(const struct cycle_desk *d, double starts_s, struct cycle_point *point,
                            size_t n, struct cycle_values *out, struct error *err);
/* Begun empty at the second starts_s of the week: sums over [from_s, to_s] after the start, and
 * points in [0, to_s].  Errors as cycle_steady's second. */
MUST_CHECK int cycle_transient(const struct cycle_desk *d, double starts_s, double from_s,
                               double to_s, struct cycle_point *point, size_t n,
                               struct cycle_values *out, struct error *err);

/* --- the equations (sim/exact/cycle_walk.c) */

/* Probabilities of n items at the desk, n < levels, at one instant of the cycle.  While the desk is
 * closed those in work (finished in overtime, or kept) are apart from those in line: `line` is the
 * law of the line when all servers had work at closing, times its probability; `fresh` the law of a
 * line that was empty at closing, and work[b] the probability that b servers had work then. */
struct cycle_walk {
    const struct cycle_desk *desk;
    size_t levels, piece;
    double into_s; /* the piece */
    bool open;
    double *p;             /* [levels] */
    double *line, *fresh;  /* [levels] */
    double *work;          /* [servers] */
    double closed_s;       /* since closing */
    double *down, *sum[3]; /* [levels] rates of leaving; workspaces */
    double **term;         /* of the series, a ring */
};
/* Empty at the second starts_s of the week; the caller releases. */
void walk_init(struct cycle_walk *w, const struct cycle_desk *d, size_t levels, double starts_s);
/* Frees the vectors. */
void walk_release(struct cycle_walk *w);
/* Onwards by dt seconds; sums, when not NULL, are added to. */
void walk_on(struct cycle_walk *w, double dt, struct cycle_sums *sums);
/* What can be seen now; at_s is left alone. */
void walk_look(const struct cycle_walk *w, struct cycle_point *out);
/* About the products of one cycle. */
double walk_work(const struct cycle_desk *d, size_t levels);
/* The longest line that is possible + 1, or 0 when it is endless. */
size_t walk_levels(const struct cycle_desk *d);

#endif
