/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random numbers drawn from other distributions than their own, so that rare things happen often,
 * and the weight that makes up for it (importance sampling).
 *
 * A draw is a 64-bit number u.  Each kind of draw names the regions of u that lead off the common
 * way: an error, a timeout, a miss of a reviewer, the far tail of a confidence.  At a site (a step,
 * a kind of draw, and whether rare regions were met before, at this step and at others) u comes
 * from a mixture: from region k with probability share[k], else from all numbers alike.
 *
 * There are two sets of shares, and an item is drawn by one of them, from start to end.  Its weight
 * is 1 / (half the density of its draws by either set, against the uniform one): what one set would
 * overlook the other keeps from having a huge weight. */
#ifndef SEAM_SIM_TILT_H
#define SEAM_SIM_TILT_H

#include "base/buf.h"
#include "sim/queue/program.h"
#include <stdbool.h>
#include <stdint.h>

enum tilt_kind {
    TILT_QUALITY,
    TILT_LATENCY,
    TILT_OUTCOME,
    TILT_DECISION,
    TILT_CONFIDENCE,
    TILT_WAY,
    TILT_KINDS
};
enum { TILT_REGIONS = 8, TILT_CONTEXTS = 4 };

struct tilt_region {
    uint64_t first, last; /* both inside */
};
struct tilt_site {
    double share[TILT_REGIONS]; /* add up to less than 1; all 0: drawn as it is */
};
/* A draw that was made: for learning the shares. */
struct tilt_mark {
    uint32_t site;
    float part[TILT_REGIONS]; /* probability that it came from each region */
};

enum { TILT_SETS = 2 };
struct tilt {
    const struct tilt_site *site[TILT_SETS]; /* each [tilt_sites()] borrowed */
    uint8_t *possible; /* [tilt_sites()] borrowed, or NULL: regions that exist, as bits */
    uint32_t set;      /* that the item is drawn by */
    bool tails;        /* latencies and confidences have far tails as regions */
    bool learns;       /* keeps marks */
    double log_density[TILT_SETS]; /* of the item's draws so far */
    uint32_t step;                 /* of its last draw */
    uint32_t met_here, met;        /* rare regions that it met at that step, and elsewhere before */
    uint64_t draws;                /* that could have been tilted, of all items */
    VEC(struct tilt_mark) marks;   /* of the item */
};

/* Sites of a program with so many steps. */
uint32_t tilt_sites(uint32_t n_steps);
/* A new item, to be drawn by a set. */
void tilt_begin(struct tilt *t, uint32_t set);
/* Its weight. */
double tilt_weight(const struct tilt *t);
/* Frees the marks. */
void tilt_release(struct tilt *t);

/* The number to use instead of u, uniform on 64 bits, when an item is drawn bad below bad_below. */
uint64_t tilt_quality(struct tilt *t, uint64_t bad_below, uint64_t u);
/* Instead of u for a latency by this plan: late ones and, with tails, long ones more often. */
uint64_t tilt_latency(struct tilt *t, uint32_t step, const struct queue_plan *plan, uint64_t u);
/* Instead of u for the outcome of an attempt: each that is not ok more often. */
uint64_t tilt_outcome(struct tilt *t, uint32_t step, const struct queue_plan *plan, uint64_t u);
/* change, reject: numbers below them change the quality, or are caught. */
uint64_t tilt_decision(struct tilt *t, uint32_t step, uint64_t change, uint64_t reject, uint64_t u);
/* Instead of u for a confidence: with tails, very low and very high ones more often. */
uint64_t tilt_confidence(struct tilt *t, uint32_t step, uint64_t u);
/* Ways by probability, in their order, for a class. */
uint64_t tilt_way(struct tilt *t, uint32_t step, const struct step *of, uint32_t class, uint64_t u);

#endif
