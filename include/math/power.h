/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many labels a certificate by the exact binomial test needs, before any label exists. */
#ifndef SEAM_MATH_POWER_H
#define SEAM_MATH_POWER_H

#include <stdint.h>

struct power_plan {
    uint64_t zero_errors; /* shipped labels that certify when none of them is wrong */
    uint64_t first;       /* shipped labels at which the power first reaches what is asked */
    uint64_t stays;       /* and from which on it stays there: the power saws */
};

/* Test of "risk > target" at one threshold fixed beforehand: passes when
 * P(Bin(m, target) <= errors) <= d.  target, d, power in (0, 1), truth >= 0 the risk that is
 * really there.  first and stays are 0 when there is no such number up to 1e12 (truth too near the
 * target or above it). */
struct power_plan power_labels(double target, double truth, double d, double power);

/* The power of that test with m labels: P(Bin(m, truth) <= c), c being the most errors that pass;
 * 0 when not even none of them do. */
double power_at(double target, double truth, double d, uint64_t m);
/* The fewest labels that pass with c errors: a tooth of the saw begins there, and ends before that
 * of c + 1.  0 beyond 1e12. */
uint64_t power_tooth(double target, double d, uint64_t c);

#endif
