/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the numbers of a pipeline stand, and how one of them is changed. */
#include "sim/parameters.h"

#include <string.h>

static void *field_at(void *of, size_t offset)
{
    return (char *)of + offset;
}

static void *in_retry(const struct step *s, uint32_t class, size_t offset)
{
    const struct retry *r = s->class_retry ? &s->class_retry[class] : &s->retry;
    return field_at((void *)r, offset);
}

static struct env_state *state_of(const struct parameter *q, struct pipeline *p)
{
    return &p->environment[q->index].state[q->state];
}

static void *in_step(const struct parameter *q, struct pipeline *p, uint32_t class)
{
    struct step *s = &p->step[q->step];
    switch (q->where) {
    case IN_STEP:
        return field_at(&s->numbers[class], q->offset);
    case IN_GIVEN:
        return field_at(&s->given[q->index].override.numbers[class], q->offset);
    case IN_RETRY:
        return in_retry(s, class, q->offset);
    case IN_HELPER:
        return field_at(s, q->offset);
    case IN_TIRED:
        return &s->fatigue.sensitivity[class];
    default:
        return &s->way[q->index].probability[class];
    }
}

void *parameter_place(const struct parameter *q, struct pipeline *p, uint32_t class)
{
    switch (q->where) {
    case IN_STATE:
        return field_at(&state_of(q, p)->override[q->item].override.numbers[class], q->offset);
    case IN_INPUT:
        return &p->input_wrong[class];
    case IN_CLASS:
        return &p->class[q->index].share;
    case IN_LASTS:
        return &state_of(q, p)->lasts;
    case IN_TO:
        return (void *)&state_of(q, p)->to[q->item];
    case IN_RESOURCE:
        return field_at(&p->resource[q->index], q->offset);
    case IN_PATIENCE:
        return &p->resource[q->index].patience[class];
    case IN_LEAVE_AFTER:
        return &p->leave_after_s[class];
    case IN_COST:
        return &p->cost[q->index].per_s;
    case IN_PIPELINE:
        return field_at(p, q->offset);
    default:
        return in_step(q, p, class);
    }
}

/* Where the step's own number holds too: overrides that do not set the field. */
static void put_overrides(const struct parameter *q, struct pipeline *p, uint32_t c,
                          const void *value, size_t size)
{
    const struct step *s = &p->step[q->step];
    uint32_t bit = 1u << q->field;
    for (uint32_t g = 0; g < s->n_given; g++)
        if (!(s->given[g].override.set & bit))
            memcpy(field_at(&s->given[g].override.numbers[c], q->offset), value, size);
    for (uint32_t e = 0; e < p->n_environments; e++)
        for (uint32_t t = 0; t < p->environment[e].n_states; t++) {
            const struct env_state *state = &p->environment[e].state[t];
            for (uint32_t o = 0; o < state->n_overrides; o++)
                if (state->override[o].step == q->step && !(state->override[o].override.set & bit))
                    memcpy(field_at(&state->override[o].override.numbers[c], q->offset), value,
                           size);
        }
}

static bool put_dist(const struct parameter *q, void *at, struct arena *arena, double x)
{
    struct dist d;
    if (!parameter_rebuilt(q, at, x, arena, &d))
        return false;
    memcpy(at, &d, sizeof d);
    return true;
}

/* --- shares: the others keep their proportions */

/* The k-th of those that add up to 1; NULL: none, *more false behind the last. */
static double *share_at(const struct parameter *q, struct pipeline *p, uint32_t class, uint32_t k,
                        bool *more)
{
    const struct step *s = &p->step[q->step];
    struct parameter other = *q;
    *(q->where == IN_TO ? &other.item : &other.index) = k;
    *more = k < (q->where == IN_CLASS ? p->n_classes
                 : q->where == IN_TO  ? p->environment[q->index].n_states
                                      : s->n_ways);
    if (!*more || (q->where == IN_WAY && !s->way[k].probability))
        return NULL;
    void *at = parameter_place(&other, p, class);
    return q->where == IN_WAY ? &((struct number *)at)->value : at;
}

static void put_share(const struct parameter *q, struct pipeline *p, uint32_t class, double x)
{
    uint32_t own = q->where == IN_TO ? q->item : q->index;
    bool more = true;
    double *at = share_at(q, p, class, own, &more), rest = 1 - *at;
    *at = x;
    for (uint32_t k = 0; more; k++) {
        double *other = share_at(q, p, class, k, &more);
        if (other && k != own && rest > 0)
            *other *= (1 - x) / rest;
    }
}

bool parameter_set(const struct parameter *q, struct pipeline *p, struct arena *arena, double x)
{
    for (uint32_t c = 0; c < p->n_classes; c++) {
        if (q->class != PARAMETER_ALL && q->class != (int32_t)c)
            continue;
        void *at = parameter_place(q, p, c);
        size_t size = sizeof(double);
        if (q->kind == PARAMETER_DIST) {
            size = sizeof(struct dist);
            if (!put_dist(q, at, arena, x))
                return false; /* before any class was changed: they are the same */
        } else if (q->kind == PARAMETER_SHARE) {
            put_share(q, p, c, x);
        } else if (q->kind == PARAMETER_NUMBER) {
            size = sizeof(struct number);
            ((struct number *)at)->value = x;
        } else {
            memcpy(at, &x, size);
        }
        if (q->where == IN_STEP)
            put_overrides(q, p, c, at, size);
    }
    return true;
}
