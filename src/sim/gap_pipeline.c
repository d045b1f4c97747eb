/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pipelines with perfect steps and without a layer, for any engine. */
#include "sim/gap.h"

#include "model/learning.h"

#include <math.h>

static void make_perfect(struct numbers *n, void *unused)
{
    n->error = n->wrong = n->malformed = (struct number){0};
    n->sensitivity = n->specificity = (struct number){.value = 1};
    n->timeout_s = INFINITY;
}

/* Nobody leaves a desk all of whose steps are perfect, nor a pipeline all of whose steps are. */
static void nobody_leaves(const bool *perfect, struct pipeline *p)
{
    bool all = true;
    for (uint32_t i = 0; i < p->n_steps; i++)
        all = all && perfect[i];
    if (all)
        p->leave_after_s = NULL;
    for (uint32_t r = 0; r < p->n_resources; r++) {
        bool whole = true;
        for (uint32_t i = 0; i < p->n_steps; i++)
            whole = whole && (perfect[i] || p->step[i].by != r + 1);
        if (whole)
            p->resource[r].patience = NULL;
    }
}

bool gap_learns(const struct pipeline *p)
{
    bool some = false;
    for (uint32_t l = 0; l < p->feedback.n_learns && p->feedback.cycle_s > 0; l++)
        some = some || p->feedback.learn[l].kind != LEARN_RECALIBRATE;
    return some;
}

static void put_at_floor(struct numbers *n, void *learn)
{
    n->wrong = (struct number){.value = learning_wrong(learn, n->wrong.value, INFINITY)};
}

static void learn_all(struct pipeline *p)
{
    for (uint32_t l = 0; l < p->feedback.n_learns; l++)
        if (p->feedback.learn[l].kind != LEARN_RECALIBRATE)
            pipeline_change_numbers(p, p->feedback.learn[l].step, put_at_floor,
                                    (void *)&p->feedback.learn[l]);
}

void gap_perfect(const struct pipeline *p, const bool *perfect, struct pipeline *out)
{
    pipeline_copy(p, out);
    if (gap_learns(p) && perfect[p->n_steps])
        learn_all(out);
    for (uint32_t i = 0; i < p->n_steps; i++) {
        if (!perfect[i])
            continue;
        pipeline_change_numbers(out, i, make_perfect, NULL);
        if (p->step[i].fatigue.after_s > 0) {
            double *sure = arena_alloc(&out->arena, p->n_classes * sizeof *sure);
            for (uint32_t c = 0; c < p->n_classes; c++)
                sure[c] = 1;
            out->step[i].fatigue.sensitivity = sure;
        }
    }
    nobody_leaves(perfect, out);
}

static void look_for_errors(struct numbers *n, void *found)
{
    const struct number *faults[] = {&n->error, &n->wrong, &n->malformed};
    const struct number *verdicts[] = {&n->sensitivity, &n->specificity};
    bool any = isfinite(n->timeout_s);
    for (int k = 0; k < 3; k++)
        any = any || faults[k]->value > 0 || faults[k]->evidence;
    for (int k = 0; k < 2; k++)
        any = any || verdicts[k]->value < 1 || verdicts[k]->evidence;
    *(bool *)found |= any;
}

bool gap_can_lose(const struct pipeline *p, uint32_t step)
{
    struct pipeline copy;
    const struct step *s = &p->step[step];
    bool found =
        (p->leave_after_s && s->kind != STEP_GATE) || (s->by && p->resource[s->by - 1].patience);
    pipeline_copy(p, &copy);
    pipeline_change_numbers(&copy, step, look_for_errors, &found);
    pipeline_release(&copy);
    return found && s->kind != STEP_PARALLEL;
}

static void make_failing(struct numbers *n, void *unused)
{
    n->wrong = n->malformed = (struct number){0};
    n->error = (struct number){.value = 1};
    n->timeout_s = INFINITY;
}

void gap_failing(const struct pipeline *p, uint32_t step, struct pipeline *out)
{
    pipeline_copy(p, out);
    pipeline_change_numbers(out, step, make_failing, NULL);
    out->step[step].has_cache = false;
}

static void make_nothing(struct numbers *n, void *unused)
{
    *n = numbers_instant();
}

/* A gate and a review become stages: what is skipped neither asks nor decides. */
static void skip_step(struct pipeline *p, uint32_t i)
{
    struct step *s = &p->step[i];
    if (s->kind == STEP_PARALLEL)
        return;
    pipeline_change_numbers(p, i, make_nothing, NULL);
    if (s->kind == STEP_GATE) {
        s->next = s->above;
        s->n_ways = 0;
    }
    s->kind = STEP_STAGE;
    s->has_confidence = s->has_cache = s->bands = s->draws_threshold = false;
    s->retry = (struct retry){.attempts = 1, .on = RETRY_ALL, .factor = 2, .max_s = INFINITY};
    s->class_retry = NULL;
    s->by = s->n_given = s->hedge_copies = 0;
    s->breaker = (struct breaker){0};
    s->audit = (struct audit){0};
    s->fatigue = (struct fatigue){0};
}

/* What `given` says of a step that was never entered holds from the outset, and what stands behind
 * it never. */
static void settle_given(struct step *s, const struct pipeline *p, enum layer layer)
{
    for (uint32_t g = 0; g < s->n_given; g++) {
        const struct given *at = &s->given[g];
        if (at->kind != GIVEN_SKIPPED || p->step[at->of].layer != layer ||
            p->step[at->of].kind == STEP_PARALLEL)
            continue;
        s->numbers = at->override.numbers;
        s->n_given = g;
    }
}

void gap_skip(const struct pipeline *p, enum layer layer, struct pipeline *out)
{
    pipeline_copy(p, out);
    for (uint32_t i = 0; i < p->n_steps; i++) {
        if (p->step[i].layer == layer)
            skip_step(out, i);
        else
            settle_given(&out->step[i], p, layer);
    }
}

bool gap_has_layer(const struct pipeline *p, enum layer layer)
{
    for (uint32_t i = 0; i < p->n_steps; i++)
        if (p->step[i].layer == layer)
            return true;
    return false;
}

struct engine {
    const struct pipeline *p;
    gap_reliability *reliability;
    void *arg;
};

static int value_of_pipeline(void *arg, const bool *perfect, double *out, struct error *err)
{
    const struct engine *e = arg;
    struct pipeline better;
    gap_perfect(e->p, perfect, &better);
    int status = e->reliability(&better, e->arg, out, err);
    pipeline_release(&better);
    return status;
}

int gap_of_pipeline(const struct pipeline *p, gap_reliability *reliability, void *arg,
                    const struct gap_options *options, struct gap *out, struct error *err)
{
    struct engine e = {p, reliability, arg};
    if (gap_losses(p, value_of_pipeline, &e, options, out, err))
        return -1;
    int status = 0;
    for (enum layer l = 0; l < LAYER_COUNT && !status; l++) {
        if (!gap_has_layer(p, l))
            continue;
        struct pipeline rest;
        double without = NAN;
        gap_skip(p, l, &rest);
        status = reliability(&rest, arg, &without, err);
        pipeline_release(&rest);
        size_t i = GAP_CLOSES + l;
        out->value[i] = out->low[i] = out->high[i] = out->value[GAP_NONE] - without;
    }
    if (status)
        gap_release(out);
    return status;
}
