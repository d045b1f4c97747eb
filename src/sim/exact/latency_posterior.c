/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Time quantiles and attainments under evidence: posterior means by a small quadrature rule,
 * intervals by draws from the posteriors.
 *
 * A quantile is no polynomial of the evidence, and where times have few values it jumps, which
 * a sparse rule with its negative weights does not bear: a rule's mean that is further from the
 * mean of the draws than chance explains gives way to it.  Distributions that are redrawn stay as
 * written in the means. */
#include "sim/exact/latency.h"
#include "sim/exact/posterior.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DRAWS_MAX = 400, DRAWS_MIN = 100, NODES_MAX = 2000 };
static const double MEAN_WORK = 2e8, DRAW_WORK = 4e8, DRAW_WORK_MAX = 8e9; /* about ns */

/* Far below the width of an interval. */
static const struct latency_options roughly = {
    .items = true, .tolerance = 1e-5, .points_max = 2048, .least_kink = 3e-6};

struct gathering {
    struct model *m;
    size_t *index, n; /* values that are wanted */
    double *values;   /* [model_size] workspace */
    double *sum;      /* [n] */
};

static bool is_visit_time(size_t k)
{
    return (k >= STAGE_VISIT_P50 && k <= STAGE_VISIT_P99) || k == STAGE_WITHIN_BUDGET;
}

static bool is_item_time(size_t k)
{
    return (k >= TOP_LATENCY_P50 && k <= TOP_LATENCY_P999) ||
           (k >= TOP_ALL_P50 && k <= TOP_ALL_P999) || k == TOP_SLO;
}

static void gathering_init(struct gathering *g, struct model *m, const double *known)
{
    *g = (struct gathering){.m = m};
    size_t stages = model_stage_at(m, 0), edges = model_edge_at(m, 0);
    g->index = mem_zero(edges + 1, sizeof *g->index);
    g->values = mem_zero(model_size(m), sizeof *g->values);
    for (size_t i = 0; i < edges; i++)
        if (isnan(known[i]) &&
            (i < stages ? is_item_time(i % TOP_COUNT) : is_visit_time((i - stages) % STAGE_COUNT)))
            g->index[g->n++] = i;
    g->sum = mem_zero(g->n + 1, sizeof *g->sum);
}

static void gathering_release(struct gathering *g)
{
    mem_free(g->index);
    mem_free(g->values);
    mem_free(g->sum);
}

static int values_at(struct gathering *g, const double *theta, struct error *err)
{
    struct latency_outcome outcome;
    if (model_values(g->m, theta, g->values, err))
        return -1;
    if (atoms_possible(g->m, ATOMS_TIME))
        model_atoms(g->m, ATOMS_TIME, g->values);
    model_latency(g->m, &roughly, g->values, &outcome);
    latency_outcome_release(&outcome);
    return 0;
}

/* --- means */

static int add_node(void *arg, const double *theta, double weight, struct error *err)
{
    struct gathering *g = arg;
    if (values_at(g, theta, err))
        return -1;
    for (size_t i = 0; i < g->n; i++)
        g->sum[i] += weight * g->values[g->index[i]];
    return 0;
}

/* mean[n], and mean[n] by a rule one level below where the grid is sparse. */
static int means(struct gathering *g, const struct quadrature *rule, double *mean, double *below,
                 struct error *err)
{
    struct quadrature lower = {.level = rule->level - 1};
    int status = 0;
    if (!rule->points) {
        memset(g->sum, 0, g->n * sizeof *g->sum);
        status = quadrature_run(g->m->pipeline, &lower, add_node, g, err);
        memcpy(below, g->sum, g->n * sizeof *below);
    }
    memset(g->sum, 0, g->n * sizeof *g->sum);
    if (!status)
        status = quadrature_run(g->m->pipeline, rule, add_node, g, err);
    memcpy(mean, g->sum, g->n * sizeof *mean);
    if (rule->points)
        memcpy(below, mean, g->n * sizeof *below);
    return status;
}

/* --- draws */

static int draw(struct gathering *g, uint64_t seed, uint32_t draws, double *drawn,
                struct error *err)
{
    struct model *m = g->m;
    const struct pipeline *p = m->pipeline;
    struct rng_seq rng = {.key = rng_key(seed, 0, 0, 0, RNG_PARAMETER)};
    double *theta = mem_zero((size_t)p->n_evidence + 1, sizeof *theta);
    int status = 0;
    for (uint32_t d = 0; d < draws && !status; d++) {
        struct arena arena;
        arena_init(&arena);
        pipeline_posterior_draw(p, &rng, theta);
        for (uint32_t k = 0; k < p->n_classes && m->redraws; k++)
            chain_redraw(&m->chain[k], &rng, &arena);
        status = values_at(g, theta, err);
        for (size_t i = 0; i < g->n && !status; i++)
            drawn[i * draws + d] = g->values[g->index[i]];
        arena_release(&arena);
        for (uint32_t k = 0; k < p->n_classes && m->redraws; k++)
            chain_redraw(&m->chain[k], NULL, NULL);
    }
    mem_free(theta);
    return status;
}

/* Mean and standard deviation, NaN when a draw has no value; sorts x. */
struct spread {
    double mean, sd;
};
static struct spread spread_of(double *x, uint32_t n)
{
    struct spread s = {0};
    for (uint32_t d = 0; d < n; d++)
        s.mean += x[d] / n;
    for (uint32_t d = 0; d < n; d++)
        s.sd += (x[d] - s.mean) * (x[d] - s.mean) / (n - 1);
    s.sd = sqrt(s.sd);
    if (!isnan(s.mean))
        qsort(x, n, sizeof *x, posterior_by_value);
    return s;
}

static void settle(const struct gathering *g, double level, const double *mean, const double *below,
                   double *drawn, struct posterior *q, struct latency_posterior *out)
{
    uint32_t n = out->draws;
    bool ruled = out->nodes > 0;
    for (size_t i = 0; i < g->n; i++) {
        double *x = drawn + i * n;
        struct spread s = spread_of(x, n);
        double value = mean[i], error = fabs(mean[i] - below[i]);
        if (isnan(s.mean))
            continue;
        double chance = g->m->redraws ? 3 * s.sd : 5 * s.sd / sqrt(n);
        if (!ruled || !(fabs(value - s.mean) <= chance + 1e-9 * s.mean)) {
            value = s.mean;
            error = s.sd / sqrt(n);
        }
        q->value[g->index[i]] = value;
        q->sd[g->index[i]] = s.sd;
        q->low[g->index[i]] = posterior_quantile(x, n, (1 - level) / 2);
        q->high[g->index[i]] = posterior_quantile(x, n, (1 + level) / 2);
        if (error > out->error * value) {
            out->error = error / value;
            out->worst = g->index[i];
        }
    }
}

int latency_posterior(struct model *m, double level, uint64_t seed, struct posterior *q,
                      struct latency_posterior *out, struct error *err)
{
    double work = model_work(m) + model_latency_work(m);
    *out = (struct latency_posterior){0};
    if (work * DRAWS_MIN > DRAW_WORK_MAX)
        return 0;
    struct gathering g;
    gathering_init(&g, m, q->value);
    struct quadrature rule =
        quadrature_choose(m->pipeline->n_evidence, fmin(NODES_MAX, MEAN_WORK / work));
    out->draws = (uint32_t)fmax(DRAWS_MIN, fmin(DRAWS_MAX, DRAW_WORK / work));
    out->nodes = rule.nodes;
    double *mean = mem_zero(g.n + 1, sizeof *mean), *below = mem_zero(g.n + 1, sizeof *below);
    double *drawn = mem_zero(g.n * out->draws + 1, sizeof *drawn);
    int status = 0;
    if (rule.nodes > 0) {
        status = means(&g, &rule, mean, below, err);
    } else if (!m->pipeline->n_evidence) {
        out->nodes = 1;
        status = add_node(&g, NULL, 1, err);
        memcpy(mean, g.sum, g.n * sizeof *mean);
        memcpy(below, g.sum, g.n * sizeof *below);
    }
    if (!status)
        status = draw(&g, seed, out->draws, drawn, err);
    if (!status)
        settle(&g, level, mean, below, drawn, q, out);
    out->answered = !status;
    mem_free(mean);
    mem_free(below);
    mem_free(drawn);
    gathering_release(&g);
    return status;
}
