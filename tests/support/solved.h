/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scenario with what was solved of it, and its metrics by name: NAN where there is none. */
#ifndef SEAM_TESTS_SOLVED_H
#define SEAM_TESTS_SOLVED_H

#include "model/pipeline.h"
#include "model/result.h"

#include <math.h>

struct solved {
    struct pipeline p;
    struct result r;
    bool complete;
};

static inline void done(struct solved *s)
{
    result_release(&s->r);
    pipeline_release(&s->p);
}

static inline double in(const struct metrics *m, const char *name)
{
    const struct metric *found = metrics_find(m, name);
    return found ? found->value : NAN;
}
static inline double top(const struct solved *s, const char *name)
{
    return in(&s->r.metrics, name);
}
static inline double stage(const struct solved *s, const char *id, const char *name)
{
    return in(&result_stage(&s->r, id)->metrics, name);
}

#endif
