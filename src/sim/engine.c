/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engines by rank: the first that does all that a pipeline asks is the fastest for it. */
#include "sim/engine.h"

#include "sim/batch.h"
#include "sim/feedback.h"
#include "sim/queue.h"
#include "sim/queue/sim.h"

static const struct engine_def *const engines[] = {&feedback_engine, &batch_engine, &desk_engine,
                                                   &queue_engine};

const struct engine_def *engine_for(const struct pipeline *p)
{
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
        if (engines[i]->supports(p))
            return engines[i];
    return NULL;
}

uint64_t engine_features(void)
{
    return batch_features() | queue_features() | FEATURE(FEEDBACK);
}

int engine_open(struct engine *e, const struct engine_def *def, const struct pipeline *p,
                const struct engine_options *options, struct error *err)
{
    *e = (struct engine){.def = def, .options = *options, .parts = 1};
    return def->open(e, p, err);
}

int engine_endless(struct error *err)
{
    return error_set(err, ERR_NUMERIC,
                     "flow: items go round a loop without a bound again and again while hardly any "
                     "time passes (%d of one replication made more than a million visits each): "
                     "give its edge an at_most, or its steps a latency",
                     QUEUE_GUARDED_MOST);
}

uint64_t engine_units(const struct engine *e, uint64_t trials)
{
    return trials / e->block + (trials % e->block > 0);
}
