/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names, life and evidence of pipelines.
 *
 * Evidence k of n has the posterior of Jeffreys' prior: Beta(k + 1/2, n - k + 1/2), and for the
 * outcomes of one step with the same n the Dirichlet with k_i + 1/2 each and n - sum k + 1/2 for
 * what is left (Jeffreys 1946; Gelman et al., Bayesian Data Analysis, 3rd ed., 2.8 and 3.4). */
#include "model/pipeline.h"

#include "math/rng.h"

#include <math.h>
#include <string.h>

const char *layer_name(enum layer l)
{
    static const char *const names[] = {
#define X(name, word) word,
        LAYER_TABLE(X)
#undef X
    };
    return names[l];
}

const char *step_kind_name(enum step_kind k)
{
    static const char *const names[] = {
#define X(name, word) word,
        STEP_TABLE(X)
#undef X
    };
    return names[k];
}

void pipeline_init(struct pipeline *p)
{
    memset(p, 0, sizeof *p);
    arena_init(&p->arena);
    p->name = p->about = p->file = "";
    p->currency = "$";
    p->capability = NAN;
    p->deadline_s = p->budget = INFINITY;
    p->worth_correct = p->worth_wrong = p->worth_rejected = NAN;
}

void pipeline_release(struct pipeline *p)
{
    arena_release(&p->arena);
    memset(p, 0, sizeof *p);
}

int32_t pipeline_step(const struct pipeline *p, const char *id)
{
    for (uint32_t i = 0; i < p->n_steps; i++)
        if (strcmp(p->step[i].id, id) == 0)
            return (int32_t)i;
    return -1;
}

/* The end of the group that begins at evidence i; *rest is n less the k of all members. */
static uint32_t group_end(const struct pipeline *p, uint32_t i, double *rest)
{
    uint32_t end = i;
    uint64_t k = 0;

    for (; end < p->n_evidence && p->evidence[end].group == p->evidence[i].group; end++)
        k += p->evidence[end].k;
    *rest = p->evidence[i].n > k ? (double)(p->evidence[i].n - k) : 0.0;
    return end;
}

void pipeline_posterior_mean(const struct pipeline *p, double *theta)
{
    for (uint32_t i = 0, end; i < p->n_evidence; i = end) {
        double rest, total;
        end = group_end(p, i, &rest);
        total = rest + 0.5;
        for (uint32_t j = i; j < end; j++)
            total += (double)p->evidence[j].k + 0.5;
        for (uint32_t j = i; j < end; j++)
            theta[j] = ((double)p->evidence[j].k + 0.5) / total;
    }
}

/* A Dirichlet draw is a set of gammas over their sum (Devroye 1986, XI.4). */
void pipeline_posterior_draw(const struct pipeline *p, struct rng_seq *rng, double *theta)
{
    for (uint32_t i = 0, end; i < p->n_evidence; i = end) {
        double rest, total;
        end = group_end(p, i, &rest);
        if (end == i + 1) {
            theta[i] = rng_beta(rng, (double)p->evidence[i].k + 0.5, rest + 0.5);
            continue;
        }
        total = rng_gamma(rng, rest + 0.5);
        for (uint32_t j = i; j < end; j++)
            total += theta[j] = rng_gamma(rng, (double)p->evidence[j].k + 0.5);
        for (uint32_t j = i; j < end; j++)
            theta[j] /= total;
    }
}

static void set_number(struct number *x, const double *theta)
{
    if (x->evidence)
        x->value = theta[x->evidence - 1];
}

/* Outcomes that rest on different evidence are drawn apart: together they may pass 1 in the far
 * tail, and are then scaled to it. */
static void bound_outcomes(struct numbers *n)
{
    double sum = n->error.value + n->wrong.value + n->malformed.value;

    if (sum > 1.0) {
        n->error.value /= sum;
        n->wrong.value /= sum;
        n->malformed.value /= sum;
    }
}

static void set_numbers(struct numbers *n, const double *theta)
{
    struct number *all[] = {&n->error,  &n->wrong,       &n->malformed,   &n->validation,
                            &n->repair, &n->sensitivity, &n->specificity, &n->fixes,
                            &n->spoils, &n->threshold};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        set_number(all[i], theta);
    if (n->error.evidence || n->wrong.evidence || n->malformed.evidence)
        bound_outcomes(n);
}

/* Are they one distribution of the file, used for two classes? */
static bool same_dist(const struct dist *a, const struct dist *b)
{
    return a->family == b->family && a->a == b->a && a->b == b->b && a->c == b->c && a->n == b->n &&
           a->values == b->values && a->weights == b->weights && a->part == b->part &&
           a->evidence == b->evidence;
}

static struct dist *dist_at(struct numbers *n, int which)
{
    return which == 0 ? &n->latency : which == 1 ? &n->confidence_good : &n->confidence_bad;
}

static void redraw_step(const struct pipeline *p, const struct step *from, struct rng_seq *rng,
                        struct arena *arena, struct step *to)
{
    for (int which = 0; which < (from->has_confidence ? 3 : 1); which++) {
        for (uint32_t c = 0; c < p->n_classes; c++) {
            const struct dist *d = dist_at(&from->numbers[c], which);
            uint32_t first = 0;
            while (!same_dist(dist_at(&from->numbers[first], which), d))
                first++;
            if (first < c)
                *dist_at(&to->numbers[c], which) = *dist_at(&to->numbers[first], which);
            else
                dist_redraw(d, rng, arena, dist_at(&to->numbers[c], which));
        }
    }
}

void pipeline_with(const struct pipeline *p, const double *theta, struct rng_seq *rng,
                   struct pipeline *out)
{
    *out = *p;
    arena_init(&out->arena);
    out->step = arena_alloc(&out->arena, (p->n_steps + 1) * sizeof *out->step);
    out->input_wrong = arena_alloc(&out->arena, p->n_classes * sizeof *out->input_wrong);
    for (uint32_t c = 0; c < p->n_classes; c++) {
        out->input_wrong[c] = p->input_wrong[c];
        set_number(&out->input_wrong[c], theta);
    }
    for (uint32_t i = 0; i < p->n_steps; i++) {
        struct step *s = &out->step[i];
        *s = p->step[i];
        s->numbers = arena_alloc(&out->arena, p->n_classes * sizeof *s->numbers);
        memcpy(s->numbers, p->step[i].numbers, p->n_classes * sizeof *s->numbers);
        for (uint32_t c = 0; c < p->n_classes; c++)
            set_numbers(&s->numbers[c], theta);
        if (rng)
            redraw_step(p, &p->step[i], rng, &out->arena, s);
    }
}
