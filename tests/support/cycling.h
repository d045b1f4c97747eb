/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two cycles of scenarios/reference-learning.yaml in the built-in world. */
#ifndef SEAM_TESTS_CYCLING_H
#define SEAM_TESTS_CYCLING_H

#include "model/result.h"

/* So many items to each part; off: nothing is learnt.  The caller releases *r. */
void cycling_run(uint64_t items, bool off, double level, struct result *r);
/* The curve's value at a cycle; NaN where there is no such curve. */
double cycling_at(const struct result *r, const char *y, size_t cycle);

#endif
