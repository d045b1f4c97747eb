/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the models could do and what the pipeline does: the product over the stages of layer model
 * of the share of visits that, handed what is right, end ok and right; less the reliability.  The
 * share's intervals are Wilson's, put together for the product and the difference by MOVER (Zou and
 * Donner, Statistics in Medicine 27, 2008).  A class without visits of a stage takes those of all
 * classes. */
#include "exec/measure_parts.h"

#include "math/interval.h"

#include <math.h>

struct measured {
    double value, low, high; /* of 0 to 1 */
    uint64_t n;              /* least visits that any stage rests on */
};

static struct run_capable visits_of(const struct run_filling *f, uint32_t i, uint32_t class)
{
    const struct run_capable *by = f->tally->step[i].capable;
    struct run_capable sum = {0};
    if (by[class].of > 0)
        return by[class];
    for (uint32_t c = 0; c < f->tally->pipeline->n_classes; c++) {
        sum.right += by[c].right;
        sum.of += by[c].of;
    }
    return sum;
}

/* The product of a class; false: there is no such stage, or nothing is known of one. */
static bool product_of(const struct run_filling *f, uint32_t class, struct measured *out)
{
    const struct pipeline *p = f->tally->pipeline;
    double below = 0, above = 0; /* squares of relative distances to the bounds */
    *out = (struct measured){.value = 1, .n = UINT64_MAX};
    for (uint32_t i = 0; i < p->n_steps; i++) {
        if (p->step[i].kind != STEP_STAGE || p->step[i].layer != LAYER_MODEL)
            continue;
        struct run_capable v = visits_of(f, i, class);
        if (v.of == 0)
            return false;
        double share = (double)v.right / (double)v.of;
        struct interval at = interval_wilson(v.right, v.of, f->level);
        below += share > 0 ? pow((share - at.low) / share, 2) : 0;
        above += share > 0 ? pow((at.high - share) / share, 2) : INFINITY;
        out->value *= share;
        out->n = v.of < out->n ? v.of : out->n;
    }
    out->low = fmax(out->value * (1 - sqrt(below)), 0);
    out->high = out->value > 0 ? fmin(out->value * (1 + sqrt(above)), 1) : 1;
    return out->n != UINT64_MAX;
}

/* Of all: the mean over classes by their items. */
static bool capability_of(const struct run_filling *f, uint32_t class, struct measured *out)
{
    const struct pipeline *p = f->tally->pipeline;
    double n = 0, below = 0, above = 0;
    if (p->n_classes == 1 || class < p->n_classes)
        return product_of(f, class < p->n_classes ? class : 0, out);
    *out = (struct measured){.n = UINT64_MAX};
    n = run_column_total(run_column_of_class(f, p->n_classes, RUN_N));
    for (uint32_t c = 0; c < p->n_classes; c++) {
        double share = run_column_total(run_column_of_class(f, c, RUN_N)) / n;
        struct measured one;
        if (!(share > 0))
            continue;
        if (!product_of(f, c, &one))
            return false;
        out->value += share * one.value;
        below += pow(share * (one.value - one.low), 2);
        above += pow(share * (one.high - one.value), 2);
        out->n = one.n < out->n ? one.n : out->n;
    }
    out->low = fmax(out->value - sqrt(below), 0);
    out->high = fmin(out->value + sqrt(above), 1);
    return true;
}

void run_put_gap(const struct run_filling *f, uint32_t class)
{
    double stated = f->tally->pipeline->capability;
    struct measured can = {stated, stated, stated, 0};
    if (!isnan(stated))
        metrics_add_exact(f->to, "capability", stated, "1");
    else if (capability_of(f, class, &can))
        metrics_add(f->to, "capability", can.value, can.low, can.high, f->level, can.n, "1");
    else
        return;
    const struct metric *r = metrics_find(f->to, "reliability");
    if (!r || isnan(r->value))
        return;
    double reliability = r->value, gap = can.value - reliability;
    metrics_add(f->to, "gap", gap, gap - hypot(can.value - can.low, r->high - reliability),
                gap + hypot(can.high - can.value, reliability - r->low), f->level, r->n, "1");
}
