/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a sizing asks of every setting: the metrics of the targets, the one to make best, and those
 * that the frontier is drawn in. */
#ifndef SEAM_DECIDE_ASKED_H
#define SEAM_DECIDE_ASKED_H

#include "base/error.h"
#include "model/pipeline.h"
#include "model/result.h"
#include "sim/exact.h"

enum { ASKED_TARGETS = 32, ASKED_MOST = ASKED_TARGETS + 5 };

/* One metric at one setting. */
struct estimate {
    double value, low, high; /* NaN: this setting has no such metric */
};

struct asked {
    const struct pipeline *p; /* borrowed: whose targets */
    const char *metric[ASKED_MOST];
    uint32_t n_metrics;
    uint32_t of_target[ASKED_TARGETS]; /* index into metric */
    uint32_t goal, load, cost, risk;   /* the same; risk: the error that the frontier shows */
    uint32_t wrong;                    /* share_wrong */
    double goal_sign;                  /* 1: least, -1: most */
    bool stated;                       /* some target is `least` or `most` */
    bool timed;                        /* some target rests on latencies, waits or staff */
    bool by_chain;                     /* the exact chain has all of them but the frontier's */
};

/* Reads p's targets, and p's worths, which decide what is best where no `least` or `most` does.
 * ERR_USAGE: no target, several optima, or targets that contradict each other. */
MUST_CHECK int asked_plan(const struct pipeline *p, struct asked *out, struct error *err);
/* A metric of what the chain says of p; NaN: it has none, as the error of nothing shipped. */
double asked_of_point(const struct pipeline *p, const struct exact_point *x, const char *metric);
/* The metric of a result; of a resource's metric the least favourable of the resources.  i: index
 * into metric. */
struct estimate asked_of_result(const struct asked *a, uint32_t i, const struct result *r);
/* Does the whole interval meet the target?  A risk of nothing shipped (NaN) does not. */
bool asked_meets(const struct target *t, const struct estimate *e);
/* How far the interval's worse end is beyond the target, relative to it; negative where it is met,
 * INFINITY: NaN. */
double asked_excess(const struct target *t, const struct estimate *e);
/* How far the interval is from meeting it, relative to the target; 0: met, INFINITY: NaN. */
double asked_shortfall(const struct target *t, const struct estimate *e);
/* What is to be made least; INFINITY for NaN. */
double asked_goal(const struct asked *a, const struct estimate *at);

#endif
