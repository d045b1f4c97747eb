/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scenario compiled for the batch engine, with a tally that its blocks are counted in. */
#ifndef SEAM_TESTS_BATCH_CASES_H
#define SEAM_TESTS_BATCH_CASES_H

#include "sim/batch.h"
#include "tests/support/flow.h"
#include "tests/support/support.h"

enum { SEED = 7 };

struct setup {
    struct pipeline p;
    struct program g;
    struct batch *b;
    struct tally t;
};

static inline void set_up(struct setup *s, const char *flow)
{
    struct error err = {0};
    flow_read(flow, &s->p);
    ok(program_init(&s->g, &s->p, NULL, &err), &err);
    s->b = batch_new(&s->g);
    tally_init(&s->t, &s->g, true);
}

static inline void tear_down(struct setup *s)
{
    batch_free(s->b);
    tally_release(&s->t);
    program_release(&s->g);
    pipeline_release(&s->p);
}

static inline void run_blocks(struct setup *s, uint64_t blocks)
{
    for (uint64_t i = 0; i < blocks; i++)
        batch_run(s->b, SEED, 0, i, LANES, &s->t);
}

#endif
