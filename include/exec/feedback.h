/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decisions of people become labels, and labels change what the next run is made of.
 *
 * A listener keeps, of each item that a person reviewed, what was drafted with which confidence and
 * what the person made of it.  feedback_learn then does what the scenario's `feedback: learns`
 * says: recalibrate: the step's confidences are labelled, and fitted anew; wrong, power_law: the
 * language model's weights take a step towards each value that a person passed or put in; canon:
 * what a person put in becomes a chunk of the canon, with the words the brief used for the subject
 * as an alias where it was called by no name that is known. Labels are verdicts, right or wrong; a
 * reviewer who errs teaches the error. */
#ifndef SEAM_EXEC_FEEDBACK_H
#define SEAM_EXEC_FEEDBACK_H

#include "exec/event.h"
#include "exec/learnt.h"
#include "model/learning.h"

struct feedback_run;
/* For one run of p, which outlives it; feedback_free. */
struct feedback_run *feedback_new(const struct pipeline *p);
/* NULL is fine. */
void feedback_free(struct feedback_run *f);
/* What hands it to the run; good as long as f. */
struct run_listener feedback_listener(struct feedback_run *f);
/* After the run, adds what its labels teach to *l; `w` is the world that the run was made with,
 * NULL where no stage is of the built-in world. */
MUST_CHECK int feedback_learn(struct feedback_run *f, struct world *w, struct learnt *l,
                              struct error *err);
/* The maps of the steps whose confidences were labelled, fitted as each step says, in `arena`:
 * [n_steps], NULL where nothing was learnt. */
const struct calibration_map **feedback_maps(const struct pipeline *p, const struct learnt *l,
                                             struct arena *arena);

#endif
