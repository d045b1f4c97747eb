/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The game between steps on the chain of sim/exact/chain.h: all Owen values in a few passes.
 *
 * Life cycle: gap_model_build on a built model, gap_values for any numbers, gap_model_release. */
#ifndef SEAM_SIM_GAP_CHAIN_H
#define SEAM_SIM_GAP_CHAIN_H

#include "sim/exact/values.h"
#include "sim/gap.h"

/* Gauss nodes for a layer, on [0, 1]. */
struct gap_rule {
    uint32_t n;
    double *node, *weight;
};

struct gap_model {
    struct model *m;                   /* borrowed */
    const bool *looped;                /* [n_steps] an item may come back to it, of m */
    struct gap_rule rule[LAYER_COUNT]; /* for the layers that have steps */
    double *plain, *perfect;           /* [branches of the largest chain] */
    bool *player;                      /* [n_steps] perfection changes something, in this class */
    struct pipeline without[LAYER_COUNT];
    struct model skipped[LAYER_COUNT]; /* pipeline NULL: none */
    double work;                       /* about the ns of one gap_values */
};

/* `m` has the branches of perfect steps (what_if).  ERR_NUMERIC. */
MUST_CHECK int gap_model_build(struct gap_model *g, struct model *m, struct error *err);
/* Frees the rules, weights and pipelines without a layer. */
void gap_model_release(struct gap_model *g);
/* Fills value[gap_size()] with the evidence at theta (NULL: as written).  False when items never
 * end with some steps perfect.  Only where `work` is affordable; it is infinite where a layer has
 * too many steps on loops. */
bool gap_values(struct gap_model *g, const double *theta, double *value);
/* What the layers close, into value, whose GAP_NONE stands; NaN where items then never end. */
void gap_closes(struct gap_model *g, const double *theta, double *value);
/* Roughly the nanoseconds of one pass. */
double gap_pass_work(const struct chain *c);

/* v(S) for gap_losses.  Life cycle: gap_game_init, the game, gap_game_release. */
struct gap_chain_game {
    struct gap_model *g;       /* borrowed; its chains are the game's until the release */
    const double *theta;       /* borrowed */
    double **plain, **perfect; /* [n_classes][branches] weights; NULL for a class with parallels */
    bool **now; /* [n_classes][n_steps] which steps' weights are perfect in the chain */
};
/* Fills the chains with the evidence at theta (NULL: as written). */
void gap_game_init(struct gap_chain_game *game, struct gap_model *g, const double *theta);
/* Fills them so again, and frees the weights. */
void gap_game_release(struct gap_chain_game *game);
gap_value gap_value_of_steps;

#endif
