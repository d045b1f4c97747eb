/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What labels change: pure functions from what was learnt to a changed pipeline. */
#ifndef SEAM_MODEL_LEARNING_H
#define SEAM_MODEL_LEARNING_H

#include "math/recalibrate.h"
#include "model/pipeline.h"
#include "model/result.h"

/* The probability of `wrong` after n >= 0 labels under a power law (LEARN_POWER_LAW, LEARN_CANON):
 * floor + (wrong - floor) (1 + n / per)^(-exponent), never above `wrong`. */
double learning_wrong(const struct learn *l, double wrong, double n);
/* How a step's confidences are fitted again: as the scenario says, a beta map where it does not. */
enum calibration_fit learning_fit(const struct step *s);
/* The map of a step's calibration as written: fitted to its labels, or of its file.  False: it has
 * none.  What it points to is the arena's, or the pipeline's. */
bool learning_map(const struct pipeline *p, uint32_t step, struct arena *arena,
                  struct calibration_map *out);

/* What was learnt so far. */
struct lessons {
    double labels, mended;              /* labels; those of items that a reviewer mended */
    const struct calibration_map **map; /* [n_steps], NULL: the step's map as written */
};
/* A copy of p with what was learnt, that has neither calibrations nor feedback of its own: every
 * confidence has the law of its corrected value.  p must outlive it; pipeline_release. */
void learning_apply(const struct pipeline *p, const struct lessons *l, struct pipeline *out);
/* The pipeline before anything is learnt: p itself where nothing is calibrated or learnt, else such
 * a copy, *store.  pipeline_release(store) in either case. */
const struct pipeline *learning_none(const struct pipeline *p, struct pipeline *store);
/* Says in the assumptions of *out what corrects the confidences of each calibrated step. */
void learning_assume(const struct pipeline *p, struct result *out);

#endif
