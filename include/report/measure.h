/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the evidence leaves open, and where more of it would narrow the answer. */
#ifndef SEAM_REPORT_MEASURE_H
#define SEAM_REPORT_MEASURE_H

#include "model/result.h"
#include "report/document.h"

/* "reliability: ±1.2 points, of which parameters ±1.1 and sampling ±0.5", in the document's arena;
 * NULL when nothing is known of the parameters' part. */
const char *measure_split(struct document *d, const struct result *r);
/* The parameters by their share of the variance of reliability, at most `at_most`, with what four
 * times the evidence on each would leave of the interval; NULL when no share is known. */
struct table *measure_table(struct document *d, const struct result *r, size_t at_most);
/* "Measure flow.draft.error first: ..."; NULL when more evidence on any one would change little. */
const char *measure_advice(struct document *d, const struct result *r);

#endif
