/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Owen values from the chain by the multilinear extension (Owen 1972, "Multilinear extensions of
 * games"): with each step of a layer perfect by the chance s on its own, the reliability f is a
 * polynomial of s, and a step's value is the integral over [0, 1] of its partial derivative, which
 * a Gauss rule takes exactly.
 *
 * A step that an item visits once at most is perfect by chance when its branches are mixed, and
 * all partial derivatives come from one pass forward and one backward.  Steps on a loop keep their
 * perfection from visit to visit: their sets are listed.  Other layers are perfect as a whole or
 * not at all: their sets are listed too. */
#include "sim/gap_exact.h"

#include "math/interval.h"
#include "sim/exact_posterior.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LOOPED_MAX = 16, NODES_MAX = 3000, DRAWS_MAX = 1000, DRAWS_MIN = 100 };
static const double WORK_MAX = 3e7, MEAN_WORK = 1e8, DRAW_WORK = 2e8; /* about ns */

struct rule {
    uint32_t n;
    double *node, *weight;
};

struct gap_model {
    struct model *m;               /* borrowed */
    bool *looped;                  /* [n_steps] an item may come back to it */
    struct rule rule[LAYER_COUNT]; /* for the layers that have steps */
    double *plain, *perfect;       /* [branches of the largest chain] */
    bool *player;                  /* [n_steps] perfection changes something, in this class */
    struct pipeline without[LAYER_COUNT];
    struct model skipped[LAYER_COUNT]; /* pipeline NULL: none */
    double work;                       /* about the ns of one gap_values */
};

/* --- building */

static bool leads_to(const struct rules *r, uint32_t from, uint32_t to, bool *seen)
{
    for (int e = 0; e < EXIT_KIND_COUNT; e++)
        for (int32_t k = r->exit[from][e]; k >= 0; k = r->route[k].otherwise) {
            int32_t next = r->route[k].to;
            if (next < 0 || seen[next])
                continue;
            seen[next] = true;
            if ((uint32_t)next == to || leads_to(r, (uint32_t)next, to, seen))
                return true;
        }
    return false;
}

static void find_loops(struct gap_model *g)
{
    uint32_t n = g->m->pipeline->n_steps;
    bool *seen = mem_zero(n, sizeof *seen);
    for (uint32_t i = 0; i < n; i++) {
        memset(seen, 0, n * sizeof *seen);
        g->looped[i] = leads_to(&g->m->rules, i, i, seen);
    }
    mem_free(seen);
}

static double pass_work(const struct chain *c)
{
    double sum = 3.0 * c->n_hops + 3.0 * c->n_states + 200;
    for (uint32_t b = 0; b < c->n_blocks; b++) {
        double n = c->block[b].end - c->block[b].begin;
        sum += n * n * n / 12 + 1000;
    }
    return sum;
}

static void count_work(struct gap_model *g)
{
    const struct pipeline *p = g->m->pipeline;
    double steps[LAYER_COUNT] = {0}, loops[LAYER_COUNT] = {0}, layers = 0, passes = 2;
    for (uint32_t i = 0; i < p->n_steps; i++) {
        steps[p->step[i].layer]++;
        loops[p->step[i].layer] += g->looped[i];
    }
    for (int l = 0; l < LAYER_COUNT; l++)
        layers += steps[l] > 0;
    for (int l = 0; l < LAYER_COUNT; l++)
        if (steps[l] > 0)
            passes += exp2(layers - 1 + loops[l]) * ceil(steps[l] / 2) * 2;
    for (uint32_t k = 0; k < p->n_classes; k++)
        g->work += (passes + 3 * layers) * pass_work(&g->m->chain[k]) + 300.0 * p->n_steps;
    for (int l = 0; l < LAYER_COUNT; l++)
        if (loops[l] > LOOPED_MAX)
            g->work = INFINITY;
}

static int build_rules(struct gap_model *g, struct error *err)
{
    const struct pipeline *p = g->m->pipeline;
    for (enum layer l = 0; l < LAYER_COUNT; l++) {
        uint32_t steps = 0;
        for (uint32_t i = 0; i < p->n_steps; i++)
            steps += p->step[i].layer == l;
        struct rule *r = &g->rule[l];
        r->n = (steps + 1) / 2;
        r->node = mem_zero((size_t)r->n + 1, sizeof *r->node);
        r->weight = mem_zero((size_t)r->n + 1, sizeof *r->weight);
        if (r->n && quadrature_beta(1, 1, r->n, r->node, r->weight, err))
            return -1;
    }
    return 0;
}

/* A pipeline without a layer may have no end of its own (a loop that only that layer left). */
static void build_skipped(struct gap_model *g)
{
    const struct pipeline *p = g->m->pipeline;
    for (enum layer l = 0; l < LAYER_COUNT; l++) {
        struct error none = {0};
        if (!gap_has_layer(p, l))
            continue;
        gap_skip(p, l, &g->without[l]);
        if (model_build(&g->skipped[l], &g->without[l], 0, false, &none))
            g->skipped[l].pipeline = NULL;
    }
}

static void gap_model_release(struct gap_model *g)
{
    for (int l = 0; l < LAYER_COUNT; l++) {
        mem_free(g->rule[l].node);
        mem_free(g->rule[l].weight);
        if (g->skipped[l].pipeline)
            model_release(&g->skipped[l]);
        if (g->without[l].n_steps)
            pipeline_release(&g->without[l]);
    }
    mem_free(g->looped);
    mem_free(g->plain);
    mem_free(g->perfect);
    mem_free(g->player);
}

static int gap_model_build(struct gap_model *g, struct model *m, struct error *err)
{
    uint32_t branches = 0;
    *g = (struct gap_model){.m = m};
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++)
        branches = m->chain[k].n_branches > branches ? m->chain[k].n_branches : branches;
    g->looped = mem_zero(m->pipeline->n_steps, sizeof *g->looped);
    g->player = mem_zero(m->pipeline->n_steps, sizeof *g->player);
    g->plain = mem_zero(branches, sizeof *g->plain);
    g->perfect = mem_zero(branches, sizeof *g->perfect);
    find_loops(g);
    count_work(g);
    if (build_rules(g, err)) {
        gap_model_release(g);
        return -1;
    }
    build_skipped(g);
    return 0;
}

/* --- one class */

static double shipped_good(const double absorb[ABSORB_COUNT])
{
    return absorb[absorb_index(ABSORB_SHIP, true, false)] +
           absorb[absorb_index(ABSORB_SHIP, true, true)];
}

/* Step i perfect with chance z, on its own at each visit. */
static void mix_step(const struct gap_model *g, struct chain *c, uint32_t i, double z)
{
    for (uint32_t b = c->base[i]; b < c->base[i + 1]; b++)
        c->weight[b] = z == 0   ? g->plain[b]
                       : z == 1 ? g->perfect[b]
                                : (1 - z) * g->plain[b] + z * g->perfect[b];
}

/* Fills the class's weights, keeps them plain and perfect, and finds the players. */
static void class_start(struct gap_model *g, struct chain *c, const double *theta)
{
    uint32_t n = g->m->pipeline->n_steps;
    chain_fill(c, theta);
    memcpy(g->plain, c->weight, c->n_branches * sizeof *g->plain);
    for (uint32_t i = 0; i < n; i++)
        chain_set_step(c, i, CHAIN_PERFECT);
    memcpy(g->perfect, c->weight, c->n_branches * sizeof *g->perfect);
    for (uint32_t i = 0; i < n; i++) {
        size_t width = (c->base[i + 1] - c->base[i]) * sizeof *g->plain;
        g->player[i] = memcmp(g->plain + c->base[i], g->perfect + c->base[i], width) != 0;
    }
}

static void class_end(struct gap_model *g, struct chain *c)
{
    for (uint32_t i = 0; i < g->m->pipeline->n_steps; i++)
        chain_set_step(c, i, CHAIN_AS_FILLED);
}

static bool class_value(struct gap_model *g, struct chain *c, double z, double *out)
{
    double absorb[ABSORB_COUNT];
    for (uint32_t i = 0; i < g->m->pipeline->n_steps; i++)
        mix_step(g, c, i, z);
    if (!flow_mass(c, UINT32_MAX, g->m->mass, absorb))
        return false;
    *out = shipped_good(absorb);
    return true;
}

/* Adds scale * df/dz of the layer's steps that are visited once. */
static bool add_derivatives(struct gap_model *g, const struct chain *c, enum layer layer,
                            double scale, double *loss)
{
    const double *good = g->m->bad;
    if (!flow_ships(c, true, g->m->bad))
        return false;
    for (uint32_t s = 0; s < c->n_states; s++) {
        const struct chain_state *at = &c->state[s];
        uint32_t i = at->step;
        if (!g->player[i] || g->looped[i] || g->m->pipeline->step[i].layer != layer)
            continue;
        double sum = 0;
        for (uint32_t h = at->hop; h < at[1].hop; h++) {
            const struct hop *hop = &c->hop[h];
            double then = hop->to >= 0 ? good[hop->to]
                                       : (uint32_t)(-1 - hop->to) / 2 ==
                                             absorb_index(ABSORB_SHIP, true, false) / 2;
            sum += (g->perfect[hop->branch] - g->plain[hop->branch]) * then;
        }
        loss[i] += scale * g->m->mass[s] * sum;
    }
    return true;
}

struct layer_steps {
    enum layer layer;
    uint32_t looped[LOOPED_MAX], n_looped, n_once;
};

/* The looped steps perfect as in `set`, the others with chance z: adds what the point weighs. */
static bool add_point(struct gap_model *g, struct chain *c, const struct layer_steps *l, double z,
                      uint32_t set, double scale, double *loss)
{
    double absorb[ABSORB_COUNT], r = l->n_looped, k = __builtin_popcount(set);
    for (uint32_t j = 0; j < l->n_looped; j++)
        mix_step(g, c, l->looped[j], set >> j & 1);
    if (!flow_mass(c, UINT32_MAX, g->m->mass, absorb))
        return false;
    double value = scale * shipped_good(absorb);
    for (uint32_t j = 0; j < l->n_looped; j++)
        loss[l->looped[j]] += set >> j & 1 ? value * pow(z, k - 1) * pow(1 - z, r - k)
                                           : -value * pow(z, k) * pow(1 - z, r - k - 1);
    return !l->n_once ||
           add_derivatives(g, c, l->layer, scale * pow(z, k) * pow(1 - z, r - k), loss);
}

/* The other layers are mixed already. */
static bool add_layer(struct gap_model *g, struct chain *c, const struct layer_steps *l,
                      double scale, double *loss)
{
    const struct pipeline *p = g->m->pipeline;
    const struct rule *rule = &g->rule[l->layer];
    for (uint32_t node = 0; node < rule->n; node++) {
        double z = rule->node[node];
        for (uint32_t i = 0; i < p->n_steps; i++)
            if (p->step[i].layer == l->layer && g->player[i] && !g->looped[i])
                mix_step(g, c, i, z);
        for (uint32_t set = 0; set < 1u << l->n_looped; set++)
            if (!add_point(g, c, l, z, set, scale * rule->weight[node], loss))
                return false;
    }
    return true;
}

static uint32_t find_players(const struct gap_model *g, struct layer_steps out[LAYER_COUNT])
{
    const struct pipeline *p = g->m->pipeline;
    uint32_t n = 0;
    for (enum layer l = 0; l < LAYER_COUNT; l++) {
        struct layer_steps at = {.layer = l};
        for (uint32_t i = 0; i < p->n_steps; i++) {
            if (p->step[i].layer != l || !g->player[i])
                continue;
            if (g->looped[i])
                at.looped[at.n_looped++] = i;
            else
                at.n_once++;
        }
        if (at.n_looped + at.n_once)
            out[n++] = at;
    }
    return n;
}

static void mix_layer(const struct gap_model *g, struct chain *c, enum layer layer, double z)
{
    for (uint32_t i = 0; i < g->m->pipeline->n_steps; i++)
        if (g->m->pipeline->step[i].layer == layer)
            mix_step(g, c, i, z);
}

/* k! (n - k - 1)! / n! */
static double shapley_weight(uint32_t k, uint32_t n)
{
    double choose = 1;
    for (uint32_t i = 0; i < k; i++)
        choose *= (double)(n - 1 - i) / (i + 1);
    return 1 / (n * choose);
}

static bool add_class(struct gap_model *g, struct chain *c, double share, double *loss)
{
    struct layer_steps l[LAYER_COUNT];
    uint32_t n = find_players(g, l);
    for (uint32_t q = 0; q < 1u << n; q++) {
        double scale = share * shapley_weight((uint32_t)__builtin_popcount(q), n);
        for (uint32_t k = 0; k < n; k++)
            mix_layer(g, c, l[k].layer, q >> k & 1);
        for (uint32_t k = 0; k < n; k++) {
            if (q >> k & 1)
                continue;
            if (!add_layer(g, c, &l[k], scale, loss))
                return false;
            mix_layer(g, c, l[k].layer, 0);
        }
    }
    return true;
}

/* --- all classes */

static bool add_closes(struct gap_model *g, const double *theta, double *value)
{
    for (enum layer l = 0; l < LAYER_COUNT; l++) {
        struct error none = {0};
        struct model *m = &g->skipped[l];
        value[GAP_CLOSES + l] = NAN;
        if (!m->pipeline || model_sums(m, theta, &none))
            continue;
        const double *mass = m->top[0].mass;
        value[GAP_CLOSES + l] = value[GAP_NONE] - shipped_good(mass);
    }
    return true;
}

/* False when items never end with some steps perfect. */
static bool gap_values(struct gap_model *g, const double *theta, double *value)
{
    const struct pipeline *p = g->m->pipeline;
    bool done = true;
    memset(value, 0, gap_size(p->n_steps) * sizeof *value);
    for (uint32_t k = 0; k < p->n_classes && done; k++) {
        struct chain *c = &g->m->chain[k];
        double share = p->class[k].share, all = 0, none = 0;
        class_start(g, c, theta);
        done = class_value(g, c, 1, &all) && class_value(g, c, 0, &none) &&
               add_class(g, c, share, value + GAP_STEP);
        value[GAP_ALL] += share * all;
        value[GAP_NONE] += share * none;
        class_end(g, c);
    }
    for (uint32_t i = 0; i < p->n_steps; i++)
        value[GAP_LAYER + p->step[i].layer] += value[GAP_STEP + i];
    return done && add_closes(g, theta, value);
}

/* v(S) for gap_losses, at the numbers last filled. */
struct chain_game {
    struct gap_model *g;
    const double *theta;
};

static int value_of_steps(void *arg, const bool *perfect, double *out, struct error *err)
{
    const struct chain_game *game = arg;
    struct model *m = game->g->m;
    double absorb[ABSORB_COUNT];
    *out = 0;
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++) {
        struct chain *c = &m->chain[k];
        chain_fill(c, game->theta);
        for (uint32_t i = 0; i < m->pipeline->n_steps; i++)
            if (perfect[i])
                chain_set_step(c, i, CHAIN_PERFECT);
        bool done = flow_mass(c, UINT32_MAX, m->mass, absorb);
        chain_fill(c, game->theta);
        if (!done)
            return error_set(err, ERR_NUMERIC, "items never end with some steps perfect");
        *out += m->pipeline->class[k].share * shipped_good(absorb);
    }
    return 0;
}

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

/* One draw of all evidence; distributions are redrawn in a pipeline of their own. */
static int draw_once(struct gap_model *g, struct rng_seq *rng, double *theta, double *value,
                     bool *done, struct error *err)
{
    const struct pipeline *p = g->m->pipeline;
    struct pipeline drawn;
    struct gap_model fresh;
    struct model m;
    pipeline_posterior_draw(p, rng, theta);
    if (!g->m->redraws) {
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
    double cost = g->work + (g->m->redraws ? 2e4 * p->n_steps * LAYER_COUNT : 0);
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
        cost += pass_work(&g->m->chain[k]) + 600.0 * p->n_steps;
    struct chain_game game = {g, theta};
    struct gap_options how = {.seed = options->seed,
                              .level = options->level,
                              .most = (uint64_t)fmin(1e5, fmax(2e3, MEAN_WORK / cost))};
    if (gap_losses(p, value_of_steps, &game, &how, out, err))
        return -1;
    add_closes(g, theta, out->value);
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

int gap_exact(struct model *m, const struct exact_options *options, bool uncertain,
              struct result *out, bool *complete, struct error *err)
{
    struct gap_model g;
    struct gap gap = {0};
    struct error none = {0};
    bool done = false;
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
