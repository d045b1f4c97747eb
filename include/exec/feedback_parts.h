/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between feedback.c, which hears of decisions, and teach.c, which turns them into weights and
 * chunks. */
#ifndef SEAM_EXEC_FEEDBACK_PARTS_H
#define SEAM_EXEC_FEEDBACK_PARTS_H

#include "exec/learnt.h"
#include "model/pipeline.h"

struct confidence_label {
    uint32_t step;
    double confidence, weight; /* 1 / the chance that it was looked at */
    bool correct;
};
/* A reviewed item. */
struct decided {
    uint64_t item;
    int verdict;            /* the last one, enum stage_verdict; -1: none yet */
    bool mended;            /* a person changed it */
    struct buf draft, held; /* JSON: what the model wrote last, what the item held at its end */
    double *confidence;     /* [n_steps] the last one of each; NaN */
    double weight;          /* of labels of the review that comes next; 0: see feedback.c */
    VEC(struct confidence_label) labels;
};
struct decisions {
    struct decided *const *at; /* [n] in the order of the items */
    size_t n;
    bool weights, notes; /* what is to be taught */
};
/* Teaches the language model and the canon of the world's stages what was decided. */
MUST_CHECK int decisions_teach(const struct decisions *d, struct world *w, const struct pipeline *p,
                               struct learnt *l, struct error *err);

#endif
