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
#include "sim/gap_chain.h"

#include "sim/exact/posterior.h"

#include <math.h>
#include <string.h>

enum { LOOPED_MAX = 16 };
/* For any degree up to STEPS_MAX these are exact to rounding: the coefficients of z^d in Chebyshev
 * polynomials on [0, 1] fall like exp(-k^2 / d), and a rule of n nodes takes those up to 2 n. */
enum { NODES_MAX = 100 };

/* --- building */

double gap_pass_work(const struct chain *c)
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
            passes += exp2(layers - 1 + loops[l]) * fmin(ceil(steps[l] / 2), NODES_MAX) * 2;
    for (uint32_t k = 0; k < p->n_classes; k++)
        g->work += (passes + 3 * layers) * gap_pass_work(&g->m->chain[k]) + 300.0 * p->n_steps;
    for (int l = 0; l < LAYER_COUNT; l++)
        if (loops[l] > LOOPED_MAX)
            g->work = INFINITY;
    if (g->m->chain[0].forks) /* what a join gives is no mixture over each step inside */
        g->work = INFINITY;
}

static int build_rules(struct gap_model *g, struct error *err)
{
    const struct pipeline *p = g->m->pipeline;
    for (enum layer l = 0; l < LAYER_COUNT; l++) {
        uint32_t steps = 0;
        for (uint32_t i = 0; i < p->n_steps; i++)
            steps += p->step[i].layer == l;
        struct gap_rule *r = &g->rule[l];
        r->n = steps < 2 * NODES_MAX ? (steps + 1) / 2 : NODES_MAX;
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

void gap_model_release(struct gap_model *g)
{
    for (int l = 0; l < LAYER_COUNT; l++) {
        mem_free(g->rule[l].node);
        mem_free(g->rule[l].weight);
        if (g->skipped[l].pipeline)
            model_release(&g->skipped[l]);
        if (g->without[l].n_steps)
            pipeline_release(&g->without[l]);
    }
    mem_free(g->plain);
    mem_free(g->perfect);
    mem_free(g->player);
}

int gap_model_build(struct gap_model *g, struct model *m, struct error *err)
{
    uint32_t branches = 0;
    *g = (struct gap_model){.m = m};
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++)
        branches = m->chain[k].n_branches > branches ? m->chain[k].n_branches : branches;
    g->looped = m->looped;
    g->player = mem_zero(m->pipeline->n_steps, sizeof *g->player);
    g->plain = mem_zero(branches, sizeof *g->plain);
    g->perfect = mem_zero(branches, sizeof *g->perfect);
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
    const struct gap_rule *rule = &g->rule[l->layer];
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

static bool add_class(struct gap_model *g, struct chain *c, double share, double *loss)
{
    struct layer_steps l[LAYER_COUNT];
    uint32_t n = find_players(g, l);
    for (uint32_t q = 0; q < 1u << n; q++) {
        double scale = share * gap_weight((uint32_t)__builtin_popcount(q), n);
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

void gap_closes(struct gap_model *g, const double *theta, double *value)
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
}

/* False when items never end with some steps perfect. */
bool gap_values(struct gap_model *g, const double *theta, double *value)
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
    gap_closes(g, theta, value);
    return done;
}

/* --- any game */

void gap_game_init(struct gap_chain_game *game, struct gap_model *g, const double *theta)
{
    uint32_t classes = g->m->pipeline->n_classes, n = g->m->pipeline->n_steps;
    *game = (struct gap_chain_game){.g = g, .theta = theta};
    game->plain = mem_zero(classes, sizeof *game->plain);
    game->perfect = mem_zero(classes, sizeof *game->perfect);
    game->now = mem_zero(classes, sizeof *game->now);
    for (uint32_t k = 0; k < classes; k++) {
        struct chain *c = &g->m->chain[k];
        size_t size = c->n_branches * sizeof(double);
        if (c->forks)
            continue;
        class_start(g, c, theta);
        game->plain[k] = mem_alloc(size + 1);
        game->perfect[k] = mem_alloc(size + 1);
        game->now[k] = mem_zero(n, sizeof(bool));
        memcpy(game->plain[k], g->plain, size);
        memcpy(game->perfect[k], g->perfect, size);
        memcpy(c->weight, g->plain, size);
    }
}

void gap_game_release(struct gap_chain_game *game)
{
    for (uint32_t k = 0; k < game->g->m->pipeline->n_classes; k++) {
        chain_fill(&game->g->m->chain[k], game->theta);
        mem_free(game->plain[k]);
        mem_free(game->perfect[k]);
        mem_free(game->now[k]);
    }
    mem_free(game->plain);
    mem_free(game->perfect);
    mem_free(game->now);
}

/* Where every weight belongs to one step, only those of the steps that change are copied. */
static void copy_weights(const struct gap_chain_game *game, uint32_t class, const bool *perfect)
{
    struct chain *c = &game->g->m->chain[class];
    for (uint32_t i = 0; i < game->g->m->pipeline->n_steps; i++) {
        const double *from = perfect[i] ? game->perfect[class] : game->plain[class];
        if (perfect[i] == game->now[class][i])
            continue;
        memcpy(c->weight + c->base[i], from + c->base[i],
               (c->base[i + 1] - c->base[i]) * sizeof *from);
        game->now[class][i] = perfect[i];
    }
}

/* What a join gives rests on all steps inside it. */
static void set_steps(const struct gap_chain_game *game, uint32_t class, const bool *perfect)
{
    struct chain *c = &game->g->m->chain[class];
    chain_fill(c, game->theta);
    for (uint32_t i = 0; i < game->g->m->pipeline->n_steps; i++)
        if (perfect[i])
            chain_set_step(c, i, CHAIN_PERFECT);
}

int gap_value_of_steps(void *arg, const bool *perfect, double *out, struct error *err)
{
    const struct gap_chain_game *game = arg;
    struct model *m = game->g->m;
    double absorb[ABSORB_COUNT];
    *out = 0;
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++) {
        if (game->plain[k])
            copy_weights(game, k, perfect);
        else
            set_steps(game, k, perfect);
        if (!flow_mass(&m->chain[k], UINT32_MAX, m->mass, absorb))
            return error_set(err, ERR_NUMERIC, "items never end with some steps perfect");
        *out += m->pipeline->class[k].share * shipped_good(absorb);
    }
    return 0;
}
