/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Briefs drawn from a canon: what a shot of an episode must show, in the words of people.
 *
 * Brief number `index` depends on the seed and the index alone.  Its wording uses names and
 * aliases, leaves things out, and has slips of the pen. */
#ifndef SEAM_EXEC_BRIEF_H
#define SEAM_EXEC_BRIEF_H

#include "exec/canon.h"
#include "exec/run.h"

enum { BRIEF_WANTS = 8 };
struct brief_want {
    uint32_t subject, attribute, value; /* indices into the canon; value: the truth */
};
struct brief {
    char id[40];
    const char *class; /* "dialogue", "action" or "crowd", a literal */
    uint32_t episode, n_wants;
    struct brief_want want[BRIEF_WANTS];
};

/* Draws the brief; its wording is appended to *text. */
void brief_draw(const struct canon *c, uint64_t seed, uint64_t index, struct brief *b,
                struct buf *text);
/* Appends {"shot": {"<subject>.<attribute>": value, ...}}. */
void brief_put_truth(const struct canon *c, const struct brief *b, struct buf *out);

/* The first `items` briefs of the seed as the input of a run. */
struct brief_source;
/* Draws `items` briefs of the canon, which outlives the source, by the seed. */
struct brief_source *brief_source_new(const struct canon *c, uint64_t seed, uint64_t items);
/* Borrowed until brief_source_free. */
const struct run_input *brief_source_input(struct brief_source *s);
/* NULL is fine. */
void brief_source_free(struct brief_source *s);

#endif
