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

struct numbers numbers_instant(void)
{
    return (struct numbers){.validation = {.value = 1},
                            .specificity = {.value = 1},
                            .latency = dist_constant(0),
                            .threshold_dist = dist_constant(0),
                            .confidence_good = dist_constant(0),
                            .confidence_bad = dist_constant(0),
                            .cache_latency = dist_constant(0),
                            .timeout_s = INFINITY,
                            .budget_s = INFINITY};
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
    p->horizon.replications = 20;
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

static void visit_numbers(struct numbers *n, uint32_t n_classes,
                          void (*visit)(struct number *x, void *arg), void *arg)
{
    for (uint32_t c = 0; c < n_classes; c++) {
        struct numbers *m = &n[c];
        struct number *all[] = {&m->error,         &m->wrong,  &m->malformed,   &m->validation,
                                &m->repair,        &m->audit,  &m->sensitivity, &m->specificity,
                                &m->fixes,         &m->spoils, &m->threshold,   &m->cache_hit,
                                &m->threshold_high};
        for (size_t i = 0; i < sizeof all / sizeof *all; i++)
            visit(all[i], arg);
    }
}

void pipeline_each_number(struct pipeline *p, void (*visit)(struct number *x, void *arg), void *arg)
{
    for (uint32_t c = 0; c < p->n_classes; c++)
        visit(&p->input_wrong[c], arg);
    for (uint32_t i = 0; i < p->n_steps; i++) {
        struct step *s = &p->step[i];
        visit_numbers(s->numbers, p->n_classes, visit, arg);
        for (uint32_t g = 0; g < s->n_given; g++)
            visit_numbers(s->given[g].override.numbers, p->n_classes, visit, arg);
        for (uint32_t w = 0; w < s->n_ways; w++)
            for (uint32_t c = 0; s->way[w].probability && c < p->n_classes; c++)
                visit(&s->way[w].probability[c], arg);
    }
    for (uint32_t e = 0; e < p->n_environments; e++)
        for (uint32_t t = 0; t < p->environment[e].n_states; t++) {
            struct env_state *state = &p->environment[e].state[t];
            for (uint32_t o = 0; o < state->n_overrides; o++)
                visit_numbers(state->override[o].override.numbers, p->n_classes, visit, arg);
        }
}

double arrivals_rate(const struct arrivals *a)
{
    double rate = a->kind == ARRIVALS_POISSON ? a->rate_per_s : 0;

    if (a->kind == ARRIVALS_EVERY)
        rate = 1 / dist_mean(&a->every);
    else if (a->kind == ARRIVALS_DAILY)
        rate = a->mean_per_s;
    else if (a->kind == ARRIVALS_FILE && a->n_instants && a->instants[a->n_instants - 1] > 0)
        rate = (double)a->n_instants / a->instants[a->n_instants - 1];
    for (uint32_t i = 0; a->kind == ARRIVALS_SCHEDULE && i < a->n_schedule; i++)
        rate += a->schedule[i].rate_per_s * (a->schedule[i].to_s - a->schedule[i].from_s) / WEEK_S;
    return rate * (a->has_batch ? dist_mean(&a->batch) : 1);
}

double pipeline_wages(const struct pipeline *p)
{
    double sum = 0;

    for (uint32_t r = 0; r < p->n_resources; r++) {
        const struct resource *desk = &p->resource[r];
        double open_s = desk->n_hours ? 0 : WEEK_S;
        for (uint32_t h = 0; h < desk->n_hours; h++)
            open_s += desk->hours[h].to_s - desk->hours[h].from_s;
        sum += desk->cost_per_s * (desk->servers ? desk->servers : 1) * open_s / WEEK_S;
    }
    return sum;
}

double pipeline_fixed_costs(const struct pipeline *p)
{
    double sum = 0;

    for (uint32_t k = 0; k < p->n_costs; k++)
        sum += p->cost[k].per_s;
    return sum;
}
