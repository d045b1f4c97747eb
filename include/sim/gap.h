/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The coordination gap: which layer and which step loses how much of the reliability.
 *
 * v(S) is the reliability with the steps of S perfect: no error, wrong, malformed or timeout (a
 * latency stays as it is), sensitivity and specificity 1, whatever `given`, fatigue and
 * environments say; repair, fixes, routes and confidences stay.  Nobody runs out of patience at a
 * resource all of whose steps are in S, nor of time when all steps are.  What is bad on entry is
 * nobody's loss: v(all) may be below 1.
 *
 * The loss of a layer is its Shapley value in the game between layers (Shapley 1953), that of a
 * step its Owen value, layers being unions formed beforehand (Owen 1977): the losses of a layer's
 * steps add up to its own, and all to v(all) - v(none).
 *
 * Feedback is a player of the layer of that name besides its steps: with it, the silent failures
 * that its rules make rarer are at their floors, as after endlessly many labels (a calibration that
 * is fitted again has none, and is no part of it).
 *
 * `closes` of a layer is what the reliability falls by when its steps are skipped: a stage, check
 * or review becomes an instant visit at no cost that passes the item on as it is, the way it goes
 * when all is well; a gate sends every item `above`; a step that gave a confidence gives none, so
 * that gates that ask for it send the item `below`; what other steps state for `given` it was
 * skipped holds; a parallel itself stays.  It is negative where the pipeline would be better off
 * without. */
#ifndef SEAM_SIM_GAP_H
#define SEAM_SIM_GAP_H

#include "model/pipeline.h"
#include "model/result.h"

/* Where things stand in the arrays of struct gap. */
enum {
    GAP_NONE,                             /* v(none), the reliability as it is */
    GAP_ALL,                              /* v(all) */
    GAP_LAYER,                            /* + enum layer: loss; 0 for a layer without steps */
    GAP_CLOSES = GAP_LAYER + LAYER_COUNT, /* + enum layer: NaN when it is not known */
    GAP_STEP = GAP_CLOSES + LAYER_COUNT,  /* + step, + n_steps for feedback itself: loss */
};

struct gap {
    uint32_t n_steps;
    double *value;      /* [gap_size()] owned */
    double *low, *high; /* [gap_size()] owned; equal to value where exact */
    double level;       /* of [low, high]; 0: exact */
    uint64_t orders;    /* sampled; 0: every coalition was weighed */
};
struct gap_options {
    uint64_t most; /* evaluations of v; 0: 100,000 */
    uint64_t seed; /* of sampled orders */
    double level;  /* of their intervals */
};

/* Entries of a gap: those before GAP_STEP, the steps, and feedback behind them. */
static inline size_t gap_size(uint32_t n_steps)
{
    return GAP_STEP + (size_t)n_steps + 1;
}
void gap_init(struct gap *g, uint32_t n_steps); /* all 0, exact */
void gap_release(struct gap *g);

/* How Shapley weighs a coalition of k of n - 1 others: k! (n - k - 1)! / n!. */
double gap_weight(uint32_t k, uint32_t n);

/* v of the players marked in perfect[n_steps + 1], the last being feedback. */
typedef int gap_value(void *arg, const bool *perfect, double *out, struct error *err);
/* Losses (closes are NaN).  Every coalition is weighed where that takes at most `most` evaluations,
 * else random orders are sampled in pairs, each with its reverse (Castro, Gomez and Tejada 2009).
 * -1 when v fails. */
MUST_CHECK int gap_losses(const struct pipeline *p, gap_value *v, void *arg,
                          const struct gap_options *options, struct gap *out, struct error *err);

/* Evaluations of v that weighing every coalition takes. */
double gap_evaluations(const struct pipeline *p);

/* The same and closes, over any engine that tells a pipeline's reliability.  A simulation takes the
 * same seed at every call (common random numbers). */
typedef int gap_reliability(const struct pipeline *p, void *arg, double *out, struct error *err);
MUST_CHECK int gap_of_pipeline(const struct pipeline *p, gap_reliability *reliability, void *arg,
                               const struct gap_options *options, struct gap *out,
                               struct error *err);
/* Independent repetitions (a simulation under n seeds) to their mean with Student intervals. */
void gap_pool(const struct gap *each, size_t n, double level, struct gap *out);

/* Copies to change: they share texts and edges, so p must outlive them; pipeline_release. */
void gap_perfect(const struct pipeline *p, const bool *perfect, struct pipeline *out);
/* Do labels make silent failures rarer, so that feedback is a player? */
bool gap_learns(const struct pipeline *p);
/* Can the reliability be another when the step is perfect: has it outcomes or decisions that err,
 * or is there anything that items may leave in? */
bool gap_can_lose(const struct pipeline *p, uint32_t step);
/* A copy in which every visit to the step, which is no parallel, fails visibly. */
void gap_failing(const struct pipeline *p, uint32_t step, struct pipeline *out);
/* A copy in which each step of the layer is skipped. */
void gap_skip(const struct pipeline *p, enum layer layer, struct pipeline *out);
/* Does any step belong to the layer? */
bool gap_has_layer(const struct pipeline *p, enum layer layer);

/* The row of a layer, added where it is not yet. */
struct metrics *gap_row(struct result *out, enum layer layer);
/* Rows of layers (loss, closes) and loss of the stages already in *out; a warning with the word
 * "estimate" when orders were sampled. */
void gap_put(const struct gap *g, const struct pipeline *p, struct result *out);

#endif
