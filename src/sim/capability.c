/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the models could do and what the pipeline does: the product over stages of the layer model
 * of the exact probability that a visit ends ok, less the reliability that was met. */
#include "sim/estimate.h"

#include "sim/exact/chain.h"
#include <math.h>

static double capability_of(const struct pipeline *p, uint32_t class, bool *any)
{
    double product = 1;
    for (uint32_t i = 0; i < p->n_steps; i++) {
        const struct step *s = &p->step[i];
        if (s->kind != STEP_STAGE || s->layer != LAYER_MODEL)
            continue;
        struct attempt_time time;
        struct visit_law law;
        attempt_time_set(&time, &s->numbers[class].latency, s->numbers[class].timeout_s);
        visit_law_set(&law, &s->numbers[class], s->class_retry ? &s->class_retry[class] : &s->retry,
                      &time, NULL);
        product *= law.ok;
        *any = true;
    }
    return product;
}

void put_gap(const struct writer *w, const struct pipeline *p, uint32_t class)
{
    double capability = p->capability;
    bool known = !isnan(capability);
    if (!known) {
        capability = 0;
        for (uint32_t c = 0; c < p->n_classes; c++)
            if (class == p->n_classes || c == class)
                capability +=
                    (class == p->n_classes ? p->class[c].share : 1) * capability_of(p, c, &known);
    }
    if (!known)
        return;
    const struct metric *r = metrics_find(w->to, "reliability");
    put_exact(w, "capability", capability, "1");
    if (r)
        metrics_add(w->to, "gap", capability - r->value, capability - r->high, capability - r->low,
                    r->level, r->n, "1");
}
