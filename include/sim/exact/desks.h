/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The desks of a scenario with arrivals: which theory holds for each of them, and why not. */
#ifndef SEAM_SIM_EXACT_DESKS_H
#define SEAM_SIM_EXACT_DESKS_H

#include "sim/exact/queue.h"
#include "sim/exact/wait.h"

enum office_kind {
    OFFICE_PRODUCT, /* M/M/c without end, first come first served: items may come again */
    OFFICE_POISSON, /* its arrivals must be a Poisson process of one rate */
    OFFICE_CYCLE    /* hours, or arrivals that change: the Kolmogorov equations */
};
/* A resource and the steps that ask for it. */
struct office {
    const struct resource *resource;
    enum office_kind kind;
    uint32_t n_steps, *step; /* owned */
    bool first_come;         /* all items wait alike, and in the order they come */
    bool exponential;        /* work, with the mean mean_s for all */
    bool leaves;             /* some items leave unserved */
    double mean_s, patience_s;
    bool delayed;               /* arrivals follow a cosine, and take time to come here: */
    double turn[2];             /* of its factor, exp(-i omega T) on the average of them */
    double attempts;            /* that ask for it, per item */
    double *tries;              /* [n_classes][n_steps] owned: the same by class and step */
    struct desk_stream *stream; /* [n_classes][n_steps] owned */
    struct wait_law *wait;      /* [n_classes] owned; leaves: of those who are served */
    struct wait_law left;       /* of those whose patience ends */
    struct desk_values value;
    double work; /* of a cycle, in the units of walk_work */
};
struct offices {
    const struct pipeline *p; /* borrowed */
    uint32_t n;
    struct office *at;
    bool *reach; /* [n_steps][n_steps]: may an item at one step come to the other later? */
};

/* Finds the desks that steps ask for; the caller releases.  ERR_UNSUPPORTED with the assumption
 * that fails. */
MUST_CHECK int offices_find(struct offices *o, const struct pipeline *p, struct error *err);
/* Frees all of it. */
void offices_release(struct offices *o);
/* Solves a desk with hours or changing arrivals, and adds its curves.  When its steady state is not
 * what the horizon shows, its values are those of the horizon, begun empty, and waits are NaN. */
MUST_CHECK int office_cycle(const struct offices *o, struct office *of, struct result *out,
                            struct error *err);
/* Why the law of an item's time is not that of the sum of its waits and works; NULL when it is. */
const char *offices_lack_law(const struct offices *o);
/* --- items that leave a desk unserved (sim/exact/leave.c) */

/* Can the chain tell of them? No, when other steps ask what happened at such a desk. */
bool leave_can(const struct offices *o);
/* Gives every step of a desk that is left unserved a door and a step where patience ends; p is a
 * copy of o->p. */
void leave_split(const struct offices *o, struct pipeline *p);
/* Waits for that pipeline, [n_classes][its n_steps]; the caller frees with mem_free. */
const struct wait_law **leave_waits(const struct offices *o);
/* Makes one row of a door and its step in a result of that pipeline. */
void leave_merge(const struct offices *o, struct result *out);

/* "file:line:column: not exact (`id`): what; use simulate" */
int office_refuse(const struct pipeline *p, const struct resource *r, const char *what,
                  struct error *err);

#endif
