/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a number of items will show by a scenario with evidence: apart from tests that run
 * scenarios, as the options of both have one name. */
#ifndef SEAM_TESTS_PREDICTING_H
#define SEAM_TESTS_PREDICTING_H

#include "model/pipeline.h"
#include "model/result.h"

/* Metrics with prediction intervals of this level, into an initialised result. */
void predict(const struct pipeline *p, uint64_t items, double level, struct result *out);

#endif
