/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clocks and opening hours without a simulation: the week's second of an instant, and when it is
 * next open. */
#ifndef SEAM_MODEL_HOURS_H
#define SEAM_MODEL_HOURS_H

#include "model/pipeline.h"

/* Second of the week in [0, WEEK_S), Monday 00:00 UTC being 0, of nanoseconds since 1970. */
double hours_week_second(int64_t unix_ns);
/* How long after second `week_s` of the week it is open, s; 0: it is, or there are no hours
 * (n 0: always open).  `hours` is sorted and disjoint, as in struct resource. */
double hours_until_open(const struct opening *hours, uint32_t n, double week_s);

#endif
