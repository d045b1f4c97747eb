/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Evidence in scenarios with desks: the whole is solved at the nodes of a quadrature rule, for the
 * means, and at draws from the posteriors, for the intervals and the shares by parameter.
 *
 * A wait is no polynomial of the evidence, but smooth as long as its desk keeps up: a rule's mean
 * that is further from the mean of the draws than chance explains gives way to it.  Where a desk
 * cannot keep up at some draw there is no mean, as waits there have no end. */
#include "sim/exact/queue.h"

#include "math/rng.h"
#include "sim/exact/posterior.h"
#include "sim/variance.h"

#include <math.h>
#include <stdlib.h>

enum { DRAWS = 200, NODES_MAX = 100 };
/* about ns: of all draws, and half as much of the nodes; of one's quantiles of latency */
static const double WORK_MAX = 4e9, LATENCY_WORK = 4e6;

/* All lists of metrics of a result, in an order that all solutions of one scenario share. */
struct lists {
    VEC(struct metrics *) at;
};

static void lists_of(struct result *r, struct lists *l)
{
    *l = (struct lists){{0}};
    vec_push(&l->at, &r->metrics);
#define ROWS(rows)                                                                                 \
    for (size_t i = 0; i < r->rows.len; i++)                                                       \
        vec_push(&l->at, &r->rows.at[i].metrics);
    ROWS(stages)
    ROWS(edges)
    ROWS(resources)
    ROWS(environments)
    ROWS(classes)
#undef ROWS
}

struct gathering {
    const struct pipeline *p;
    const struct exact_options *options; /* of one solution: the numbers as they are */
    struct lists out;
    size_t n;     /* metrics of the result, list by list */
    double *sum;  /* [n]: by the rule; NaN where a node lacks the metric */
    double *seen; /* [n * DRAWS] */
    struct variance variance;
};

static int solve_at(const struct gathering *g, const struct pipeline *at, struct result *r,
                    struct lists *l, struct error *err)
{
    bool complete;
    result_init(r, "draw");
    *l = (struct lists){{0}};
    if (exact_queue_solve(at, g->options, r, &complete, err))
        return -1;
    lists_of(r, l);
    if (l->at.len != g->out.at.len)
        return error_set(err, ERR_NUMERIC, "other parts of the scenario are in use at some draws");
    return 0;
}

/* The metric k of the gathered result's list i; NaN where it is not known. */
static double value_in(const struct gathering *g, const struct lists *l, size_t i, size_t k)
{
    const struct metric *m = metrics_find(l->at.at[i], g->out.at.at[i]->list.at[k].name);
    return m ? m->value : NAN;
}

static int add_node(void *arg, const double *theta, double weight, struct error *err)
{
    struct gathering *g = arg;
    struct pipeline at;
    struct result r;
    struct lists l;
    pipeline_with(g->p, theta, NULL, &at);
    int status = solve_at(g, &at, &r, &l, err);
    for (size_t i = 0, n = 0; !status && i < l.at.len; i++)
        for (size_t k = 0; k < g->out.at.at[i]->list.len; k++)
            g->sum[n++] += weight * value_in(g, &l, i, k);
    vec_release(&l.at);
    result_release(&r);
    pipeline_release(&at);
    return status;
}

static int add_draw(struct gathering *g, uint32_t draw, double *theta, struct error *err)
{
    struct rng_seq rng = {.key = rng_key(g->options->seed, 4, draw, 0, RNG_PARAMETER)};
    struct pipeline at;
    struct result r;
    struct lists l;
    pipeline_posterior_draw(g->p, &rng, theta);
    pipeline_with(g->p, theta, &rng, &at);
    int status = solve_at(g, &at, &r, &l, err);
    for (size_t i = 0, n = 0; !status && i < l.at.len; i++)
        for (size_t k = 0; k < g->out.at.at[i]->list.len; k++)
            g->seen[n++ * DRAWS + draw] = value_in(g, &l, i, k);
    if (!status)
        variance_put_features(&g->variance, draw, theta, &at);
    for (uint32_t m = 0; m < SENSITIVITY_METRICS && !status; m++) {
        const struct metric *of = metrics_find(&r.metrics, sensitivity_metrics[m]);
        if (of)
            variance_put_value(&g->variance, draw, m, of->value, 0);
    }
    vec_release(&l.at);
    result_release(&r);
    pipeline_release(&at);
    return status;
}

static int draw_all(struct gathering *g, struct error *err)
{
    double *theta = mem_zero((size_t)g->p->n_evidence + 1, sizeof *theta);
    int status = 0;
    for (uint32_t d = 0; d < DRAWS && !status; d++)
        status = add_draw(g, d, theta, err);
    mem_free(theta);
    return status;
}

/* Puts the posterior's mean and interval in; false where only some draws have the metric.  What
 * none has, as losses, stays as it is. */
static bool settle(struct metric *m, double ruled, double *x, double level)
{
    double mean = 0, squares = 0;
    uint32_t known = 0;
    for (uint32_t d = 0; d < DRAWS; d++) {
        mean += x[d] / DRAWS;
        known += isfinite(x[d]);
    }
    if (known < DRAWS)
        return known == 0;
    for (uint32_t d = 0; d < DRAWS; d++)
        squares += (x[d] - mean) * (x[d] - mean);
    double sd = sqrt(squares / (DRAWS - 1));
    qsort(x, DRAWS, sizeof *x, posterior_by_value);
    bool trusted =
        isfinite(ruled) && fabs(ruled - mean) <= 5 * sd / sqrt(DRAWS) + 1e-9 * fabs(mean);
    m->value = trusted ? ruled : mean;
    m->low = m->high = m->value;
    m->level = 0;
    if (!(x[DRAWS - 1] - x[0] > 1e-12 * fabs(mean)))
        return true;
    m->low = posterior_quantile(x, DRAWS, (1 - level) / 2);
    m->high = posterior_quantile(x, DRAWS, (1 + level) / 2);
    m->level = level;
    m->sd_parameters = sd;
    return true;
}

static bool settle_all(struct gathering *g)
{
    bool all = true;
    for (size_t i = 0, n = 0; i < g->out.at.len; i++) {
        struct metrics *of = g->out.at.at[i];
        size_t kept = 0;
        for (size_t k = 0; k < of->list.len; k++, n++) {
            struct metric m = of->list.at[k];
            if (settle(&m, g->sum[n], g->seen + n * DRAWS, g->options->level))
                of->list.at[kept++] = m;
        }
        all = all && kept == of->list.len;
        of->list.len = kept;
    }
    return all;
}

static int gather(struct gathering *g, double work, double *nodes, struct error *err)
{
    work += LATENCY_WORK;
    if (work * DRAWS > WORK_MAX)
        return error_set(err, ERR_LIMIT, "it takes too long to be solved for many of its draws");
    bool fitted = g->variance.n_dists > 0;
    struct quadrature rule =
        quadrature_choose(g->p->n_evidence, fitted ? 0 : fmin(NODES_MAX, WORK_MAX / 2 / work));
    *nodes = rule.nodes;
    if (rule.nodes > 0 && quadrature_run(g->p, &rule, add_node, g, err))
        return -1;
    for (size_t i = 0; i < g->n && !(rule.nodes > 0); i++)
        g->sum[i] = NAN;
    return draw_all(g, err);
}

void exact_queue_posterior(const struct pipeline *p, const struct exact_options *options,
                           double work, struct result *out)
{
    struct exact_options point = *options;
    struct gathering g = {.p = p, .options = &point};
    struct error err = {0};
    double nodes = 0;
    point.uncertainty = false;
    point.values_only = true;
    point.work = NULL;
    lists_of(out, &g.out);
    for (size_t i = 0; i < g.out.at.len; i++)
        g.n += g.out.at.at[i]->list.len;
    g.sum = mem_zero(g.n + 1, sizeof *g.sum);
    g.seen = mem_zero(g.n * DRAWS + 1, sizeof *g.seen);
    variance_init(&g.variance, p, DRAWS);
    if (gather(&g, work, &nodes, &err)) {
        result_warn(out, "evidence is taken as k/n, as a wait is not averaged over it: %s",
                    err.text);
    } else {
        bool all = settle_all(&g);
        out->run.covers = "parameters";
        out->run.seed = options->seed;
        if (nodes > 0)
            result_assume(out,
                          "values are posterior means, by a rule of %g nodes where %d draws bear "
                          "it out; intervals are posterior quantiles from those draws",
                          nodes, DRAWS);
        else
            result_assume(out, "values are means and intervals quantiles of %d posterior draws",
                          DRAWS);
        if (!options->values_only)
            result_assume(out, "losses and derivatives are those with evidence as k/n");
        if (!all)
            result_warn(out, "metrics that some draws of the evidence lack are left out");
        if (!options->values_only)
            variance_put(&g.variance, options->level, out);
    }
    variance_release(&g.variance);
    vec_release(&g.out.at);
    mem_free(g.sum);
    mem_free(g.seen);
}
