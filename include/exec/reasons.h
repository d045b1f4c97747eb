/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why attempts of a run failed: what stages said, gathered to the sentences that are alike.
 *
 * Sentences of one step and outcome are alike when they differ in digits alone.  Steps that act by
 * the scenario's numbers give no reasons. */
#ifndef SEAM_EXEC_REASONS_H
#define SEAM_EXEC_REASONS_H

#include "exec/event.h"
#include "model/result.h"

struct reasons;
/* For a run of p, which outlives it; reasons_free. */
struct reasons *reasons_new(const struct pipeline *p);
/* NULL is fine. */
void reasons_free(struct reasons *r);
/* A listener (struct run_listener) whose arg is a struct reasons. */
int reasons_event(void *reasons, const struct run_event *e, struct error *err);
enum { REASONS_TOLD = 8 };
/* Adds a warning for each of the commonest, REASONS_TOLD at most: how many attempts, and one
 * sentence, the first by its bytes so that the order of events does not show. */
void reasons_warn(struct reasons *r, struct result *out);

#endif
