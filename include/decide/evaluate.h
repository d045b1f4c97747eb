/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The metrics that a sizing asks for at many settings, by the exact chain or by simulation.
 *
 * Simulated settings share their random numbers (seed, replication, item, step, attempt): what
 * differs between two of them is the settings.  Numbers are the same on any count of threads. */
#ifndef SEAM_DECIDE_EVALUATE_H
#define SEAM_DECIDE_EVALUATE_H

#include "decide/settings.h"

enum { BATCHES_MOST = 20 };

/* One setting, and what came of it. */
struct candidate {
    double x[SETTINGS_MOST];
    uint32_t out_of;                /* 0, or 1 + which stage is left out */
    uint32_t closed;                /* 0, or 1 + the gate that rejects what it would ship */
    struct estimate at[ASKED_MOST]; /* valid when trials > 0 */
    uint64_t trials; /* 1: exact, SEARCH_DRAWS: over draws; 0: no scenario, or not evaluated */
    uint32_t n_batches;
    double batch[BATCHES_MOST]; /* the goal in equal parts of the trials */
};

struct evaluator {
    const struct asked *asked;
    const struct settings *settings;
    const struct size_options *options;
    bool simulated;
    uint32_t threads;
    /* What the evidence leaves open: how far intervals reach below and above what is known of a
     * value at the posterior means, as a share of the value (rates that are estimated from counts
     * are uncertain in proportion). */
    double below[ASKED_MOST], above[ASKED_MOST];
    double caution;  /* intervals are taken as so many times wider again: 0 as they are */
    bool means_only; /* no metric asks for more than means of all items */
};

/* Chooses the way by what is asked and what the chain can do.  -1: the scenario cannot be run. */
MUST_CHECK int evaluator_init(struct evaluator *e, const struct asked *asked,
                              const struct settings *settings, const struct size_options *options,
                              struct error *err);
/* Fills `at` of n candidates, all by the same random numbers, of `trials` trials each; batches:
 * their parts too.  Settings that make no scenario keep trials = 0.  ERR_INTERRUPTED when
 * stopped. */
MUST_CHECK int evaluate(const struct evaluator *e, struct candidate *c, size_t n, uint64_t seed,
                        uint64_t trials, bool batches, struct error *err);
/* The exact chain alone, on this thread; candidates as above. */
void evaluate_exact(const struct evaluator *e, struct candidate *c);
/* Sets below and above by what draws of the evidence do to an exact candidate, and fills its
 * intervals. */
MUST_CHECK int evaluate_draws(struct evaluator *e, struct candidate *c, struct error *err);
/* Trials of a candidate when `share` of the whole work goes to `n` of them. */
uint64_t evaluate_trials(const struct evaluator *e, double share, size_t n);

/* Metric m with its interval, what the evidence leaves open included; not sure: the value alone. */
struct estimate candidate_estimate(const struct evaluator *e, const struct candidate *c, uint32_t m,
                                   bool sure);
/* In (0, 1]: how much of the usual number of candidates a scenario leaves time for; below 1 where
 * one trial is long. */
double evaluate_room(const struct evaluator *e);
/* Does it meet every target?  sure: with its whole interval. */
bool candidate_meets(const struct evaluator *e, const struct candidate *c, bool sure);
/* How far it is from meeting target k, 0 when met; relative to the target. */
double candidate_shortfall(const struct evaluator *e, const struct candidate *c, uint32_t k,
                           bool sure);
/* The worst of these. */
double candidate_worst(const struct evaluator *e, const struct candidate *c, bool sure);

#endif
