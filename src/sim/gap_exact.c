/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Losses as a result: means over the evidence by quadrature, intervals by posterior draws, sampled
 * orders where the coalitions are too many, and a sentence for what is left out. */
#include "sim/gap_exact.h"

#include "math/interval.h"
#include "sim/exact/fork.h"
#include "sim/exact/posterior.h"
#include "sim/gap_chain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NODES_MAX = 3000, DRAWS_MAX = 1000, DRAWS_MIN = 100 };
static const double WORK_MAX = 3e7, MEAN_WORK = 1e8, DRAW_WORK = 2e8;     /* about ns */
static const double ANEW_WORK = 1e9, ANEW_BASE = 1e5, ANEW_MOST = 1.5e10; /* the same */

/* --- evidence */

struct mean {
    struct gap_model *g;
    double *value, *sum;
    bool done;
};

static int add_node(void *arg, const double *theta, double weight, struct error *err)
{
    struct mean *mean = arg;
    mean->done = mean->done && gap_values(mean->g, theta, mean->value);
    for (size_t i = 0; i < gap_size(mean->g->m->pipeline->n_steps) && mean->done; i++)
        mean->sum[i] += weight * mean->value[i];
    return 0;
}

/* Means over the evidence, or without a rule the values at its means. */
static int means(struct gap_model *g, struct gap *out, bool *done, struct error *err)
{
    const struct pipeline *p = g->m->pipeline;
    double *value = mem_zero(gap_size(p->n_steps), sizeof *value);
    double *theta = mem_zero((size_t)p->n_evidence + 1, sizeof *theta);
    struct quadrature rule = quadrature_choose(p->n_evidence, fmin(NODES_MAX, MEAN_WORK / g->work));
    struct mean mean = {.g = g, .value = value, .sum = out->value, .done = true};
    int status = 0;
    if (rule.nodes) {
        status = quadrature_run(p, &rule, add_node, &mean, err);
    } else {
        pipeline_posterior_mean(p, theta);
        mean.done = gap_values(g, theta, out->value);
    }
    *done = mean.done;
    mem_free(value);
    mem_free(theta);
    return status;
}

/* Do redrawn distributions change where items go: late attempts, confidences? */
static bool redraws_decide(const struct model *m)
{
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++) {
        const struct chain *c = &m->chain[k];
        for (uint32_t u = 0; u < c->n_units; u++) {
            const struct numbers *n = &c->numbers[u];
            if (c->bands[u].evidence || (n->latency.evidence && isfinite(n->timeout_s)) || c->sky)
                return true;
        }
    }
    return false;
}

/* One draw of all evidence; distributions are redrawn in a pipeline of their own. */
static int draw_once(struct gap_model *g, struct rng_seq *rng, double *theta, double *value,
                     bool *done, struct error *err)
{
    const struct pipeline *p = g->m->pipeline;
    struct pipeline drawn;
    struct gap_model fresh;
    struct model m;
    pipeline_posterior_draw(p, rng, theta);
    if (!redraws_decide(g->m)) {
        *done = gap_values(g, theta, value);
        return 0;
    }
    int status = -1;
    pipeline_with(p, theta, rng, &drawn);
    if (!model_build(&m, &drawn, 0, true, err)) {
        status = gap_model_build(&fresh, &m, err);
        if (!status) {
            *done = gap_values(&fresh, theta, value);
            gap_model_release(&fresh);
        }
        model_release(&m);
    }
    pipeline_release(&drawn);
    return status;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void bounds(struct gap *g, const double *drawn, uint32_t draws, double level)
{
    size_t size = gap_size(g->n_steps);
    double *column = mem_zero(draws, sizeof *column);
    g->level = level;
    for (size_t i = 0; i < size; i++) {
        for (uint32_t d = 0; d < draws; d++)
            column[d] = drawn[d * size + i];
        qsort(column, draws, sizeof *column, by_value);
        g->low[i] = sample_quantile_linear(column, draws, (1 - level) / 2);
        g->high[i] = sample_quantile_linear(column, draws, (1 + level) / 2);
    }
    mem_free(column);
}

static int draw_bounds(struct gap_model *g, const struct exact_options *options, struct gap *out,
                       bool *done, struct error *err)
{
    const struct pipeline *p = g->m->pipeline;
    size_t size = gap_size(p->n_steps);
    double cost = g->work + (redraws_decide(g->m) ? 2e4 * p->n_steps * LAYER_COUNT : 0);
    uint32_t draws = (uint32_t)fmax(DRAWS_MIN, fmin(DRAWS_MAX, DRAW_WORK / cost));
    struct rng_seq rng = {.key = rng_key(options->seed, 1, 0, 0, RNG_PARAMETER)};
    double *drawn = mem_zero(draws * size, sizeof *drawn);
    double *theta = mem_zero((size_t)p->n_evidence + 1, sizeof *theta);
    int status = 0;
    *done = true;
    for (uint32_t d = 0; d < draws && *done && !status; d++)
        status = draw_once(g, &rng, theta, drawn + d * size, done, err);
    if (!status && *done)
        bounds(out, drawn, draws, options->level);
    mem_free(drawn);
    mem_free(theta);
    return status;
}

/* --- the whole */

static int sample(struct gap_model *g, const struct exact_options *options, const double *theta,
                  struct gap *out, struct error *err)
{
    const struct pipeline *p = g->m->pipeline;
    double cost = 0;
    for (uint32_t k = 0; k < p->n_classes; k++)
        cost += gap_pass_work(&g->m->chain[k]) + 600.0 * p->n_steps +
                3 * forks_work(&g->m->chain[k], false);
    struct gap_chain_game game;
    struct gap_options how = {.seed = options->seed,
                              .level = options->level,
                              .most = (uint64_t)fmin(1e5, fmax(2e3, MEAN_WORK / cost))};
    gap_game_init(&game, g, theta);
    int status = gap_losses(p, gap_value_of_steps, &game, &how, out, err);
    gap_game_release(&game);
    if (status)
        return -1;
    gap_closes(g, theta, out->value);
    for (int l = 0; l < LAYER_COUNT; l++)
        out->low[GAP_CLOSES + l] = out->high[GAP_CLOSES + l] = out->value[GAP_CLOSES + l];
    return 0;
}

static int solve(struct gap_model *g, const struct exact_options *options, bool uncertain,
                 struct gap *out, bool *done, struct error *err)
{
    const struct pipeline *p = g->m->pipeline;
    size_t size = gap_size(p->n_steps) * sizeof *out->value;
    if (g->work > WORK_MAX) {
        double *theta = mem_zero((size_t)p->n_evidence + 1, sizeof *theta);
        pipeline_posterior_mean(p, theta);
        *done = !sample(g, options, uncertain ? theta : NULL, out, err);
        mem_free(theta);
        return 0;
    }
    gap_init(out, p->n_steps);
    int status = 0;
    if (uncertain)
        status = means(g, out, done, err);
    else
        *done = gap_values(g, NULL, out->value);
    memcpy(out->low, out->value, size);
    memcpy(out->high, out->value, size);
    if (uncertain && !status && *done)
        status = draw_bounds(g, options, out, done, err);
    if (status || !*done)
        gap_release(out);
    return status;
}

/* What is left out, and what a reader must know. */
static void say(const struct gap_model *g, const struct gap *gap, bool uncertain,
                struct result *out, bool *complete)
{
    const struct metric *r = metrics_find(&out->metrics, "reliability");
    for (enum layer l = 0; l < LAYER_COUNT; l++)
        if (gap_has_layer(g->m->pipeline, l) && isnan(gap->value[GAP_CLOSES + l]))
            result_assume(out, "closes of layer %s: without its steps the items never end",
                          layer_name(l));
    if (gap->orders)
        *complete = false;
    if (uncertain && gap->orders)
        result_warn(out, "loss, closes: at the means of the evidence");
    else if (uncertain && r && fabs(r->value - gap->value[GAP_NONE]) > 1e-9)
        result_assume(out,
                      "loss, closes: averaged over the evidence by a coarser rule, whose "
                      "reliability is %.9g",
                      gap->value[GAP_NONE]);
}

/* --- where it is no matter of the chain's ways alone: items leave at a deadline, labels teach */

static int reliability_of(const struct pipeline *p, void *unused, double *out, struct error *err)
{
    struct pipeline written = *p;
    struct exact_point at;
    written.feedback = (struct feedback){0};
    if (exact_point(&written, &at, err))
        return -1;
    *out = at.correct;
    return 0;
}

static int importance(const struct pipeline *p, uint32_t step, double *birnbaum,
                      double *improvement, double r, struct error *err)
{
    bool *perfect = mem_zero((size_t)p->n_steps + 1, sizeof *perfect);
    struct pipeline other;
    double best, worst;
    perfect[step] = true;
    gap_perfect(p, perfect, &other);
    int status = reliability_of(&other, NULL, &best, err);
    pipeline_release(&other);
    gap_failing(p, step, &other);
    status = status || reliability_of(&other, NULL, &worst, err) ? -1 : 0;
    pipeline_release(&other);
    mem_free(perfect);
    *birnbaum = best - worst;
    *improvement = best - r;
    return status;
}

static void put_importances(const struct pipeline *p, double r, struct result *out)
{
    for (uint32_t i = 0; i < p->n_steps; i++) {
        struct error none = {0};
        double birnbaum, improvement;
        if (p->step[i].parallel || i >= out->stages.len ||
            importance(p, i, &birnbaum, &improvement, r, &none))
            continue;
        struct metrics *to = &out->stages.at[i].metrics;
        metrics_add_exact(to, "birnbaum", birnbaum, "1");
        metrics_add_exact(to, "improvement", improvement, "1");
    }
}

/* The losses at one set of the evidence (NULL: as written); every coalition is a pipeline of its
 * own. */
static int losses_at(const struct model *m, const struct exact_options *options,
                     const double *theta, const struct gap_options *how, struct gap *gap,
                     struct error *err)
{
    struct pipeline at;
    if (theta)
        pipeline_with(m->pipeline, theta, NULL, &at);
    else
        pipeline_copy(m->pipeline, &at);
    if (options->learns)
        at.feedback = options->learns->feedback;
    int status = gap_of_pipeline(&at, reliability_of, NULL, how, gap, err);
    pipeline_release(&at);
    return status;
}

static double anew_work(const struct model *m)
{
    return MODEL_BUILDS * model_work(m) + ANEW_BASE;
}

static bool takes_too_long(const struct model *m, double solutions)
{
    return solutions * model_work(m) > ANEW_MOST;
}

/* Intervals by draws of the evidence, where there is time for enough of them. */
static int draw_anew(const struct model *m, const struct exact_options *options,
                     const struct gap_options *how, struct gap *gap, uint32_t *draws,
                     struct error *err)
{
    const struct pipeline *p = m->pipeline;
    double each = anew_work(m) * (gap_evaluations(p) * 2 + LAYER_COUNT);
    size_t size = gap_size(p->n_steps);
    *draws = (uint32_t)fmin(DRAWS_MAX, ANEW_WORK / each);
    if (*draws < DRAWS_MIN || gap->orders)
        *draws = 0;
    struct rng_seq rng = {.key = rng_key(options->seed, 1, 0, 0, RNG_PARAMETER)};
    double *drawn = mem_zero(*draws * size + 1, sizeof *drawn);
    double *theta = mem_zero((size_t)p->n_evidence + 1, sizeof *theta);
    int status = 0;
    for (uint32_t d = 0; d < *draws && !status; d++) {
        struct gap once;
        pipeline_posterior_draw(p, &rng, theta);
        status = losses_at(m, options, theta, how, &once, err);
        if (!status) {
            memcpy(drawn + d * size, once.value, size * sizeof *drawn);
            gap_release(&once);
        }
    }
    if (!status && *draws)
        bounds(gap, drawn, *draws, options->level);
    mem_free(drawn);
    mem_free(theta);
    return status;
}

static int solve_anew(const struct model *m, const struct exact_options *options, bool uncertain,
                      struct result *out, bool *complete, struct error *err)
{
    const struct pipeline *p = m->pipeline;
    struct gap_options how = {.seed = options->seed,
                              .level = options->level,
                              .most = (uint64_t)fmax(40 * p->n_steps, ANEW_WORK / anew_work(m))};
    struct gap gap;
    uint32_t draws = 0;
    if (takes_too_long(m, fmin(gap_evaluations(p), (double)how.most) + LAYER_COUNT)) {
        result_warn(out,
                    "loss, closes%s: left out, as solving the scenario anew for each set of "
                    "perfect steps would take too long; seam simulate gives them",
                    model_leaves(m) ? ", birnbaum, improvement" : "");
        *complete = false;
        return 0;
    }
    double *theta = mem_zero((size_t)p->n_evidence + 1, sizeof *theta);
    pipeline_posterior_mean(p, theta);
    int status = losses_at(m, options, uncertain ? theta : NULL, &how, &gap, err);
    if (!status && uncertain && p->n_evidence)
        status = draw_anew(m, options, &how, &gap, &draws, err);
    if (!status) {
        struct pipeline learning = *p, mean;
        if (options->learns)
            learning.feedback = options->learns->feedback;
        gap_put(&gap, &learning, out);
        if (model_leaves(m)) {
            pipeline_with(p, theta, NULL, &mean);
            put_importances(uncertain ? &mean : p, gap.value[GAP_NONE], out);
            pipeline_release(&mean);
        }
        if (gap.orders)
            *complete = false;
        if (uncertain)
            result_warn(out, "loss, closes%s: at the means of the evidence%s",
                        model_leaves(m) ? ", birnbaum, improvement" : "",
                        draws ? ", with intervals from draws of it" : ", without intervals");
        gap_release(&gap);
    }
    mem_free(theta);
    return status;
}

int gap_exact(struct model *m, const struct exact_options *options, bool uncertain,
              struct result *out, bool *complete, struct error *err)
{
    struct gap_model g;
    struct gap gap = {0};
    struct error none = {0};
    bool done = false;
    bool learns = options->learns && options->learns->n_steps == m->pipeline->n_steps;
    if (model_leaves(m) || learns) {
        if (!solve_anew(m, options, uncertain, out, complete, &none))
            return 0;
        result_warn(out, "loss, closes: left out, as %s", none.text);
        *complete = false;
        return 0;
    }
    if (!m->what_if) {
        result_warn(out, "loss, closes: left out, as the chain is too large");
        *complete = false;
        return 0;
    }
    if (gap_model_build(&g, m, err))
        return -1;
    int status = solve(&g, options, uncertain, &gap, &done, &none);
    if (status || !done) {
        result_warn(out, "loss, closes: left out, as %s",
                    status ? none.text : "items never end with some steps perfect");
        *complete = false;
    } else {
        gap_put(&gap, m->pipeline, out);
        say(&g, &gap, uncertain, out, complete);
        gap_release(&gap);
    }
    gap_model_release(&g);
    return 0;
}
