/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values under evidence: means by the rules of sim/exact/quadrature.c, quantiles by draws from the
 * posteriors (which also redraw distributions that were fitted from data). */
#include "sim/exact/posterior.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NODES_MAX = 60000, DRAWS_MAX = 2000, DRAWS_MIN = 200, DRAWN_MAX = 8000000 };
static const double MEAN_WORK = 1.2e9, DRAW_WORK = 8e8, DRAW_WORK_MAX = 2e10; /* about ns */

struct mean {
    struct model *m;
    size_t size;
    double *values, *sum;
};

static int add_node(void *arg, const double *theta, double weight, struct error *err)
{
    struct mean *mean = arg;
    if (model_values(mean->m, theta, mean->values, err))
        return -1;
    for (size_t i = 0; i < mean->size; i++)
        mean->sum[i] += weight * mean->values[i];
    return 0;
}

static int run_rule(struct model *m, const struct quadrature *rule, double *sum, struct error *err)
{
    struct mean mean = {.m = m, .size = model_size(m), .sum = sum};
    mean.values = mem_zero(mean.size, sizeof *mean.values);
    memset(sum, 0, mean.size * sizeof *sum);
    int status = quadrature_run(m->pipeline, rule, add_node, &mean, err);
    mem_free(mean.values);
    return status;
}

/* Full grids converge beyond double precision here; a sparse grid is held against the one a level
 * below. */
static int posterior_means(struct posterior *q, struct model *m, struct error *err)
{
    double most = fmin(NODES_MAX, MEAN_WORK / model_work(m));
    q->rule = quadrature_choose(m->pipeline->n_evidence, most);
    q->error = NAN;
    if (!q->rule.nodes)
        return m->pipeline->n_evidence ? 0 : model_values(m, NULL, q->value, err);
    q->error = 0;
    if (!q->rule.points) {
        struct quadrature below = {.level = q->rule.level - 1};
        if (run_rule(m, &below, q->value, err))
            return -1;
        q->error = q->value[TOP_RELIABILITY];
    }
    if (run_rule(m, &q->rule, q->value, err))
        return -1;
    if (!q->rule.points)
        q->error = fabs(q->error - q->value[TOP_RELIABILITY]);
    return 0;
}

/* --- draws */

static int draw_all(struct posterior *q, struct model *m, uint64_t seed, double *drawn,
                    struct error *err)
{
    const struct pipeline *p = m->pipeline;
    size_t size = model_size(m);
    struct rng_seq rng = {.key = rng_key(seed, 0, 0, 0, RNG_PARAMETER)};
    double *theta = mem_zero((size_t)p->n_evidence + 1, sizeof *theta);
    int status = 0;
    for (uint32_t d = 0; d < q->draws && !status; d++) {
        struct arena arena;
        arena_init(&arena);
        pipeline_posterior_draw(p, &rng, theta);
        struct rng_seq costs = {.key = rng_key(seed, 0, d, 1, RNG_PARAMETER)};
        for (uint32_t k = 0; k < p->n_classes && m->redraws; k++)
            chain_redraw(&m->chain[k], &rng, &arena);
        for (uint32_t k = 0; k < p->n_classes && m->recosts; k++)
            chain_recost(&m->chain[k], &costs);
        if (m->redraws)
            model_attempts(m);
        status = model_values(m, theta, drawn + d * size, err);
        arena_release(&arena);
        for (uint32_t k = 0; k < p->n_classes && m->redraws; k++)
            chain_redraw(&m->chain[k], NULL, NULL);
        for (uint32_t k = 0; k < p->n_classes && m->recosts; k++)
            chain_recost(&m->chain[k], NULL);
    }
    if (m->redraws)
        model_attempts(m);
    mem_free(theta);
    return status;
}

int posterior_by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double posterior_quantile(const double *x, uint32_t n, double p)
{
    double at = (n - 1) * p;
    uint32_t i = (uint32_t)at;
    return i + 1 < n ? x[i] + (at - i) * (x[i + 1] - x[i]) : x[n - 1];
}

static void draws_to_bounds(struct posterior *q, size_t size, double level, const double *drawn)
{
    double *column = mem_zero(q->draws, sizeof *column);
    for (size_t i = 0; i < size; i++) {
        uint32_t n = 0;
        double sum = 0, squares = 0;
        for (uint32_t d = 0; d < q->draws; d++)
            if (!isnan(drawn[d * size + i]))
                sum += column[n++] = drawn[d * size + i];
        q->low[i] = q->high[i] = NAN;
        if (isnan(q->error))
            q->value[i] = n == q->draws ? sum / n : NAN;
        if (n < q->draws)
            continue;
        for (uint32_t d = 0; d < n; d++)
            squares += (column[d] - sum / n) * (column[d] - sum / n);
        q->sd[i] = n > 1 ? sqrt(squares / (n - 1)) : 0;
        qsort(column, n, sizeof *column, posterior_by_value);
        q->low[i] = posterior_quantile(column, n, (1 - level) / 2);
        q->high[i] = posterior_quantile(column, n, (1 + level) / 2);
    }
    mem_free(column);
}

int posterior_init(struct posterior *q, struct model *m, double level, uint64_t seed,
                   struct error *err)
{
    size_t size = model_size(m);
    *q = (struct posterior){.error = NAN};
    if (model_work(m) * DRAWS_MIN > DRAW_WORK_MAX)
        return error_set(err, ERR_LIMIT,
                         "%s: the exact chain is too large to be solved for many draws of the "
                         "evidence: use --no-uncertainty, or simulate",
                         m->pipeline->file ? m->pipeline->file : "flow");
    q->value = mem_zero(size, sizeof *q->value);
    q->low = mem_zero(size, sizeof *q->low);
    q->high = mem_zero(size, sizeof *q->high);
    q->sd = mem_zero(size, sizeof *q->sd);
    double draws = fmin(DRAWS_MAX, fmin(DRAW_WORK / model_work(m), DRAWN_MAX / (double)size));
    q->draws = (uint32_t)fmax(DRAWS_MIN, draws);
    double *drawn = mem_zero(q->draws * size, sizeof *drawn);
    int status = posterior_means(q, m, err);
    bool no_rule = isnan(q->error) && !m->pipeline->n_evidence;
    if (no_rule)
        q->error = 0;
    if (!status)
        status = draw_all(q, m, seed, drawn, err);
    if (!status)
        draws_to_bounds(q, size, level, drawn);
    mem_free(drawn);
    if (status)
        posterior_release(q);
    return status;
}

void posterior_release(struct posterior *q)
{
    mem_free(q->value);
    mem_free(q->low);
    mem_free(q->high);
    mem_free(q->sd);
    *q = (struct posterior){0};
}
