/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run_simulate against the plain simulation: each runs `replications` times on its own random
 * numbers, and each metric that the plain one gives is compared by Welch's test (Biometrika 34,
 * 1947) on the values of the replications.
 *
 * The false-alarm budget of a whole test program is PLAIN_FALSE_ALARMS, divided evenly over at most
 * PLAIN_COMPARISONS comparisons (Bonferroni).  Under the hypothesis that both draw from the same
 * law the difference of two replications is symmetric, so skewed metrics do no harm. */
#ifndef SEAM_TESTS_PLAIN_COMPARE_H
#define SEAM_TESTS_PLAIN_COMPARE_H

#include "base/buf.h"
#include "tests/support/plain_sim.h"

#define PLAIN_FALSE_ALARMS 1e-4
enum { PLAIN_COMPARISONS = 40000 };

struct plain_comparison {
    const char *name, *text; /* a scenario without its first line */
    uint32_t replications;
    uint64_t items; /* of an untimed replication */
    uint64_t seed;
    bool strict; /* the engine must give every metric that the plain simulation gives always */
    enum plain_fault broken;
};
struct plain_verdict {
    uint32_t compared, differ;
    double worst;    /* largest |t| over its limit */
    struct buf told; /* what differs; the caller releases */
};

/* A scenario that does not parse, or a run that fails, fails the test. */
void plain_compare(const struct plain_comparison *c, struct plain_verdict *out);

/* Writes the template `text` to *out: "?(a|b)" becomes a, or b where `classes` is set, and
 * "@(a|b|...)" one of its parts by chance, from `seed`. */
void plain_expand(const char *text, bool classes, uint64_t seed, struct buf *out);

#endif
