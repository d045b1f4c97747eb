/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What cycles of feedback have taught (exec/feedback.h), and how the built-in stages get at it.
 *
 * learnt_init; learnt_read or what feedback puts in; learnt_give to the world of the next run,
 * which borrows it; learnt_release. */
#ifndef SEAM_EXEC_LEARNT_H
#define SEAM_EXEC_LEARNT_H

#include "exec/canon.h"
#include "exec/language.h"
#include "exec/world.h"
#include "math/calibration.h"

/* Labelled confidences of one step, of all cycles so far. */
struct learnt_labels {
    char *step; /* its id */
    VEC(struct scored) row;
};

struct learnt {
    uint32_t cycles;
    uint64_t labels, mended; /* decisions of people; those that changed the item */
    uint64_t steps;          /* of the language model: the version of its weights */
    struct buf notes;        /* JSON lines by which the canon is extended */
    struct buf weights;      /* as language_save wrote them; empty: as the canon teaches them */
    VEC(struct learnt_labels) confidence;
};

/* Makes it empty: nothing was learnt. */
void learnt_init(struct learnt *l);
/* Frees all and leaves it empty. */
void learnt_release(struct learnt *l);
/* The labels of a step, added when it has none yet; borrowed until the next is added. */
struct learnt_labels *learnt_of(struct learnt *l, const char *step);
/* As JSON, appended, and read back into an empty one: ERR_INPUT, with `name` in front. */
void learnt_write(const struct learnt *l, struct buf *out);
MUST_CHECK int learnt_read(struct learnt *l, const char *name, const char *text, size_t len,
                           struct error *err);

/* Gives it to a world in which nothing was opened yet. */
MUST_CHECK int learnt_give(const struct learnt *l, struct world *w, struct error *err);
/* The language model of a canon, taught by it once for all stages of the world, with the weights
 * that were learnt since; borrowed from the world. */
MUST_CHECK int learnt_language(struct world *w, const struct canon *c, const struct language **out,
                               struct error *err);
/* A model of one's own of the same kind, to go on teaching; learnt may be NULL.  language_free. */
MUST_CHECK int learnt_open_language(const struct learnt *learnt, const struct canon *c,
                                    struct language **out, struct error *err);

#endif
