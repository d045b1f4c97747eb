/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "exec/event.h"

#include <math.h>

const char *run_end_name(enum run_end end)
{
    static const char *const name[RUN_END_COUNT] = {
#define X(id, word) word,
        RUN_END_TABLE(X)
#undef X
    };
    return name[end];
}

double run_audit_weight(const struct pipeline *p, const struct run_event *e)
{
    const struct step *step = &p->step[e->step];
    if (e->kind != RUN_VISIT_ENDED || e->exit != EXIT_AUDIT || !step->audit.present)
        return NAN;
    double chance = audit_probability(step->audit.design, step->numbers[e->class].audit.value,
                                      e->confidence, e->threshold);
    return chance > 0 ? 1 / chance : NAN;
}
