/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside chain_explore: the words of a state, and which of them the rest of the way asks about. */
#ifndef SEAM_SIM_EXACT_EXPLORE_H
#define SEAM_SIM_EXACT_EXPLORE_H

#include "sim/exact/chain.h"

enum { WORD_UNIT, WORD_ITEM, WORD_LAST, WORD_BANDS };

struct explorer {
    struct chain *c;
    const struct pipeline *p;
    const struct rules *r;
    const bool *possible;
    uint32_t n_steps, counters, slots, length; /* word offsets; words of a state */
    uint32_t *past, *visits;                   /* [n_steps] words, 0 where nobody asks */
    uint32_t *visits_max;   /* [n_steps] beyond which no condition tells visits apart */
    uint32_t n_questions;   /* words from the first of these to the counters */
    bool *asked;            /* [n_steps][n_questions] */
    bool *remembers;        /* [n_steps] the quality of the item scored counts at a gate ahead */
    double *confidences;    /* [n_steps] for conditions, */
    uint32_t *counts;       /* and visits */
    bool *ahead;            /* [n_steps][n_steps]: u may still be visited by an item entering x */
    bool *asks;             /* [n_steps][n_steps]: a gate ahead of x asks scorer s by name */
    bool *asks_last;        /* [n_steps] a gate ahead of x asks whoever spoke last */
    uint32_t *counter_step; /* [n_counters] step whose exit counts it */
    bool *slot_ahead;       /* [n_steps][n_entry_slots] */
    VEC(uint32_t) words;
    VEC(struct chain_state) states;
    VEC(struct hop) hops;
    uint32_t *table, table_size; /* state + 1 */
};

/* Numbers the words that conditions and `given` ask about, into past, visits, visits_max, remembers
 * and counters. */
void explorer_questions(struct explorer *x);
/* Fills what lies ahead of each step: ahead, asks, asks_last, asked, counter_step, slot_ahead. */
void explorer_look_ahead(struct explorer *x);

#endif
