/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pipeline with other values for what rests on evidence.  Everything that holds a number or a
 * distribution is copied; names, edges and conditions are shared. */
#include "model/pipeline.h"

#include "math/rng.h"

#include <string.h>

struct copying {
    const struct pipeline *from;
    struct pipeline *out;
    struct rng_seq *rng;
};

static void *copy_of(struct copying *w, const void *from, size_t count, size_t size)
{
    void *to = arena_alloc(&w->out->arena, (count + 1) * size);

    if (count)
        memcpy(to, from, count * size);
    return to;
}

static void copy_override(struct copying *w, struct override *o)
{
    o->numbers = copy_of(w, o->numbers, w->from->n_classes, sizeof *o->numbers);
}

static void copy_step(struct copying *w, struct step *s)
{
    uint32_t classes = w->from->n_classes;

    s->numbers = copy_of(w, s->numbers, classes, sizeof *s->numbers);
    s->given = copy_of(w, s->given, s->n_given, sizeof *s->given);
    for (uint32_t i = 0; i < s->n_given; i++)
        copy_override(w, &s->given[i].override);
    if (s->class_retry)
        s->class_retry = copy_of(w, s->class_retry, classes, sizeof *s->class_retry);
    if (s->fatigue.sensitivity)
        s->fatigue.sensitivity =
            copy_of(w, s->fatigue.sensitivity, classes, sizeof *s->fatigue.sensitivity);
    s->way = copy_of(w, s->way, s->n_ways, sizeof *s->way);
    for (uint32_t i = 0; i < s->n_ways; i++)
        if (s->way[i].probability)
            s->way[i].probability =
                copy_of(w, s->way[i].probability, classes, sizeof *s->way[i].probability);
}

static void copy_environment(struct copying *w, struct environment *e)
{
    e->state = copy_of(w, e->state, e->n_states, sizeof *e->state);
    for (uint32_t i = 0; i < e->n_states; i++) {
        struct env_state *s = &e->state[i];
        if (s->to)
            s->to = copy_of(w, s->to, e->n_states, sizeof *s->to);
        s->override = copy_of(w, s->override, s->n_overrides, sizeof *s->override);
        for (uint32_t j = 0; j < s->n_overrides; j++)
            copy_override(w, &s->override[j].override);
    }
}

static void copy_all(struct copying *w)
{
    const struct pipeline *p = w->from;
    struct pipeline *out = w->out;

    out->input_wrong = copy_of(w, p->input_wrong, p->n_classes, sizeof *p->input_wrong);
    out->class = copy_of(w, p->class, p->n_classes, sizeof *p->class);
    out->cost = copy_of(w, p->cost, p->n_costs, sizeof *p->cost);
    if (p->leave_after_s)
        out->leave_after_s = copy_of(w, p->leave_after_s, p->n_classes, sizeof *p->leave_after_s);
    out->step = copy_of(w, p->step, p->n_steps, sizeof *p->step);
    for (uint32_t i = 0; i < p->n_steps; i++)
        copy_step(w, &out->step[i]);
    out->environment = copy_of(w, p->environment, p->n_environments, sizeof *p->environment);
    for (uint32_t i = 0; i < p->n_environments; i++)
        copy_environment(w, &out->environment[i]);
    out->resource = copy_of(w, p->resource, p->n_resources, sizeof *p->resource);
    for (uint32_t i = 0; i < p->n_resources; i++)
        if (out->resource[i].patience)
            out->resource[i].patience =
                copy_of(w, out->resource[i].patience, p->n_classes, sizeof(struct dist));
}

/* --- probabilities */

static void set_number(struct number *x, void *theta)
{
    if (x->evidence)
        x->value = ((const double *)theta)[x->evidence - 1];
}

/* Outcomes that rest on different evidence are drawn apart: together they may pass 1 in the far
 * tail, and are then scaled to it. */
static void bound_outcomes(struct numbers *n)
{
    double sum = n->error.value + n->wrong.value + n->malformed.value;

    if (!(n->error.evidence || n->wrong.evidence || n->malformed.evidence) || !(sum > 1.0))
        return;
    n->error.value /= sum;
    n->wrong.value /= sum;
    n->malformed.value /= sum;
}

/* Ways that are the only ones, or more than 1 together, are scaled to 1: of a Dirichlet's shares
 * some over their sum are Dirichlet again. */
static void bound_ways(const struct step *s, uint32_t c)
{
    double sum = 0;

    for (uint32_t i = 0; i < s->n_ways; i++)
        sum += s->way[i].probability ? s->way[i].probability[c].value : 0;
    if (!(s->ways_complete || sum > 1.0) || !(sum > 0))
        return;
    for (uint32_t i = 0; i < s->n_ways; i++)
        if (s->way[i].probability)
            s->way[i].probability[c].value /= sum;
}

/* --- every struct numbers of one step: its own, then those of `given`, then the environments' */

struct each_numbers {
    const struct pipeline *p;
    uint32_t step, given, environment, state, override;
    bool begun;
};

static struct numbers *next_numbers(struct each_numbers *e)
{
    const struct step *s = &e->p->step[e->step];

    if (!e->begun) {
        e->begun = true;
        return s->numbers;
    }
    if (e->given < s->n_given)
        return s->given[e->given++].override.numbers;
    for (; e->environment < e->p->n_environments; e->environment++, e->state = 0) {
        const struct environment *env = &e->p->environment[e->environment];
        for (; e->state < env->n_states; e->state++, e->override = 0) {
            const struct env_state *t = &env->state[e->state];
            while (e->override < t->n_overrides) {
                const struct state_override *o = &t->override[e->override++];
                if (o->step == e->step)
                    return o->override.numbers;
            }
        }
    }
    return NULL;
}

/* --- distributions */

/* Are they one distribution of the file, used twice? */
static bool same_dist(const struct dist *a, const struct dist *b)
{
    return dist_same(a, b) && a->evidence == b->evidence;
}

enum { STEP_DISTS = 5 };

static struct dist *dist_at(struct numbers *n, int which)
{
    struct dist *all[STEP_DISTS] = {&n->latency, &n->confidence_good, &n->confidence_bad,
                                    &n->threshold_dist, &n->cache_latency};

    return all[which];
}

struct redrawn {
    struct dist from, to;
};

/* One distribution of the file is drawn once, wherever it stands in the step. */
static void redraw_dists(struct copying *w, uint32_t step, int which)
{
    struct each_numbers each = {.p = w->out, .step = step};
    struct numbers *n;
    VEC(struct redrawn) known = {0};

    while ((n = next_numbers(&each)) != NULL) {
        for (uint32_t c = 0; c < w->from->n_classes; c++) {
            struct dist *d = dist_at(&n[c], which);
            size_t k = 0;
            while (k < known.len && !same_dist(&known.at[k].from, d))
                k++;
            if (k == known.len) {
                struct redrawn r = {.from = *d};
                dist_redraw(d, w->rng, &w->out->arena, &r.to);
                vec_push(&known, r);
            }
            *d = known.at[k].to;
        }
    }
    vec_release(&known);
}

static void redraw(struct copying *w, struct dist *d)
{
    struct dist from = *d;

    dist_redraw(&from, w->rng, &w->out->arena, d);
}

double step_cost_factor(const struct step *s, struct rng_seq *rng)
{
    double own = s->numbers[0].cost_call, sd = s->cost_seen.sd;

    if (!s->cost_seen.n || !(sd > 0) || !(own > 0))
        return 1;
    double shape = (double)s->cost_seen.n * (own / sd) * (own / sd);
    return rng_gamma(rng, shape) / shape;
}

bool step_cost_is_own(const struct step *s, uint32_t classes, double cost)
{
    for (uint32_t c = 0; c < classes; c++)
        if (s->numbers[c].cost_call == cost)
            return true;
    return false;
}

static void redraw_cost(struct copying *w, uint32_t step)
{
    const struct step *from = &w->from->step[step];
    struct each_numbers each = {.p = w->out, .step = step};
    double factor = step_cost_factor(from, w->rng);
    struct numbers *n;

    while ((n = next_numbers(&each)) != NULL)
        for (uint32_t c = 0; c < w->from->n_classes; c++)
            if (step_cost_is_own(from, w->from->n_classes, n[c].cost_call))
                n[c].cost_call *= factor;
}

static void redraw_all(struct copying *w)
{
    struct pipeline *p = w->out;

    for (uint32_t i = 0; i < p->n_steps; i++) {
        redraw_dists(w, i, 0);
        for (int which = 1; which < 3 && p->step[i].has_confidence; which++)
            redraw_dists(w, i, which);
        if (p->step[i].draws_threshold)
            redraw_dists(w, i, 3);
        if (p->step[i].has_cache)
            redraw_dists(w, i, 4);
        redraw_cost(w, i);
    }
    for (uint32_t i = 0; i < p->n_environments; i++)
        for (uint32_t j = 0; j < p->environment[i].n_states; j++)
            redraw(w, &p->environment[i].state[j].lasts);
    for (uint32_t i = 0; i < p->n_resources; i++) {
        struct dist *patience = p->resource[i].patience;
        for (uint32_t c = 0; patience && c < p->n_classes; c++) {
            if (c > 0 &&
                same_dist(&w->from->resource[i].patience[c], &w->from->resource[i].patience[c - 1]))
                patience[c] = patience[c - 1];
            else
                redraw(w, &patience[c]);
        }
    }
    redraw(w, &p->arrivals.every);
    redraw(w, &p->arrivals.batch);
}

/* Evidence as the numbers say it now. */
static void read_theta(struct number *x, void *theta)
{
    if (x->evidence)
        ((double *)theta)[x->evidence - 1] = x->value;
}

void pipeline_copy(const struct pipeline *p, struct pipeline *out)
{
    double *theta = mem_zero((size_t)p->n_evidence + 1, sizeof *theta);

    pipeline_each_number((struct pipeline *)p, read_theta, theta);
    pipeline_with(p, theta, NULL, out);
    mem_free(theta);
}

void pipeline_change_numbers(struct pipeline *p, uint32_t step,
                             void (*change)(struct numbers *n, void *arg), void *arg)
{
    struct each_numbers each = {.p = p, .step = step};
    struct numbers *n;

    while ((n = next_numbers(&each)) != NULL)
        for (uint32_t c = 0; c < p->n_classes; c++)
            change(&n[c], arg);
}

void pipeline_with(const struct pipeline *p, const double *theta, struct rng_seq *rng,
                   struct pipeline *out)
{
    struct copying w = {.from = p, .out = out, .rng = rng};

    *out = *p;
    arena_init(&out->arena);
    copy_all(&w);
    pipeline_each_number(out, set_number, (void *)theta);
    for (uint32_t i = 0; i < p->n_steps; i++) {
        struct each_numbers each = {.p = out, .step = i};
        struct numbers *n;
        while ((n = next_numbers(&each)) != NULL)
            for (uint32_t c = 0; c < p->n_classes; c++)
                bound_outcomes(&n[c]);
        for (uint32_t c = 0; c < p->n_classes; c++)
            bound_ways(&out->step[i], c);
    }
    if (rng)
        redraw_all(&w);
}
