/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can become of items at all: of shares that nothing leads to, 0 is the exact value. */
#ifndef SEAM_SIM_POSSIBLE_H
#define SEAM_SIM_POSSIBLE_H

#include "model/result.h"
#include "sim/queue/program.h"

/* Shares of ends that no item can come to, and ratios of them, are 0 exactly: in a result of g that
 * has none of them. */
void possible_settle(const struct queue_program *g, struct result *out);
/* Is there any metric that possible_settle may change? */
bool possible_asks(const struct result *out);

#endif
