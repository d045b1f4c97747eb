/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Owen values of any game between steps (Owen 1977, "Values of games with a priori unions").
 *
 * For step i of layer L, with U the other layers and T the other steps of L, weighed as Shapley
 * weighs: sum over Q in U and S in T of w(|Q|; |U| + 1) w(|S|; |T| + 1) times
 * v(Q + S + i) - v(Q + S), where w(k; n) = k! (n - k - 1)! / n!.  Summed over L it is L's Shapley
 * value between layers.  Sampled: layers in a random order, steps in a random order within each;
 * a step's loss is the mean of what it adds when its turn comes. */
#include "sim/gap.h"

#include "math/interval.h"
#include "math/rng.h"

#include <math.h>
#include <string.h>

enum { EVALUATIONS_MAX = 100000, ORDERS_MIN = 20, MEMBERS_MAX = 24 };

struct game {
    gap_value *v;
    void *arg;
    struct error *err;
    uint32_t n_steps, n_layers, n_players;
    enum layer layer[LAYER_COUNT]; /* those that have steps */
    uint32_t *member[LAYER_COUNT]; /* [n_members] steps that can lose */
    uint32_t n_members[LAYER_COUNT];
    bool *perfect; /* [n_steps + 1]; steps that cannot lose always are */
    double whole[1 << LAYER_COUNT];
    bool known[1 << LAYER_COUNT]; /* v of whole layers */
};

static bool plays(const struct pipeline *p, enum layer l)
{
    return gap_has_layer(p, l) || (l == LAYER_FEEDBACK && gap_learns(p));
}

static void game_init(struct game *g, const struct pipeline *p, gap_value *v, void *arg,
                      struct error *err)
{
    *g = (struct game){.v = v, .arg = arg, .err = err, .n_steps = p->n_steps};
    g->perfect = mem_zero((size_t)p->n_steps + 1, sizeof *g->perfect);
    for (uint32_t i = 0; i < p->n_steps; i++)
        g->perfect[i] = !gap_can_lose(p, i);
    for (enum layer l = 0; l < LAYER_COUNT; l++) {
        uint32_t *member = mem_zero((size_t)p->n_steps + 1, sizeof *member), n = 0;
        for (uint32_t i = 0; i < p->n_steps; i++)
            if (p->step[i].layer == l && !g->perfect[i])
                member[n++] = i;
        if (l == LAYER_FEEDBACK && gap_learns(p))
            member[n++] = p->n_steps;
        if (n == 0) {
            mem_free(member);
            continue;
        }
        g->n_players += n;
        g->layer[g->n_layers] = l;
        g->member[g->n_layers] = member;
        g->n_members[g->n_layers++] = n;
    }
}

static void game_release(struct game *g)
{
    for (uint32_t l = 0; l < g->n_layers; l++)
        mem_free(g->member[l]);
    mem_free(g->perfect);
}

static void mark_layers(struct game *g, uint32_t layers)
{
    for (uint32_t l = 0; l < g->n_layers; l++)
        for (uint32_t k = 0; k < g->n_members[l]; k++)
            g->perfect[g->member[l][k]] = layers >> l & 1;
}

static int value_of_layers(struct game *g, uint32_t layers, double *out)
{
    if (!g->known[layers]) {
        mark_layers(g, layers);
        if (g->v(g->arg, g->perfect, &g->whole[layers], g->err))
            return -1;
        g->known[layers] = true;
    }
    *out = g->whole[layers];
    return 0;
}

/* --- every coalition */

double gap_weight(uint32_t k, uint32_t n)
{
    double choose = 1;
    for (uint32_t i = 0; i < k; i++)
        choose *= (double)(n - 1 - i) / (i + 1);
    return 1 / (n * choose);
}

static uint32_t bits(uint32_t set)
{
    return (uint32_t)__builtin_popcount(set);
}

static double evaluations(const struct game *g)
{
    double sum = ldexp(1, (int)g->n_layers);
    for (uint32_t l = 0; l < g->n_layers; l++)
        sum += ldexp(1, (int)g->n_layers - 1) * (ldexp(1, (int)g->n_members[l]) - 2);
    return sum;
}

/* v of Q with every set of layer l's steps, into value[2^members]. */
static int value_sets(struct game *g, uint32_t l, uint32_t layers, double *value)
{
    uint32_t n = g->n_members[l], sets = 1u << n;
    if (value_of_layers(g, layers, &value[0]) ||
        value_of_layers(g, layers | 1u << l, &value[sets - 1]))
        return -1;
    mark_layers(g, layers);
    for (uint32_t s = 1; s + 1 < sets; s++) {
        for (uint32_t k = 0; k < n; k++)
            g->perfect[g->member[l][k]] = s >> k & 1;
        if (g->v(g->arg, g->perfect, &value[s], g->err))
            return -1;
    }
    return 0;
}

static int weigh_layer(struct game *g, uint32_t l, struct gap *out)
{
    uint32_t n = g->n_members[l], sets = 1u << n;
    double *value = mem_zero(sets, sizeof *value);
    int status = 0;
    for (uint32_t q = 0; q < 1u << g->n_layers && !status; q++) {
        if (q >> l & 1)
            continue;
        status = value_sets(g, l, q, value);
        for (uint32_t s = 0; s < sets && !status; s++)
            for (uint32_t k = 0; k < n; k++)
                if (!(s >> k & 1))
                    out->value[GAP_STEP + g->member[l][k]] += gap_weight(bits(q), g->n_layers) *
                                                              gap_weight(bits(s), n) *
                                                              (value[s | 1u << k] - value[s]);
    }
    mem_free(value);
    return status;
}

/* --- sampled orders */

static void shuffle(struct rng_seq *rng, uint32_t *at, uint32_t n)
{
    for (uint32_t i = n; i > 1; i--) {
        uint32_t j = (uint32_t)rng_below(rng, i), x = at[i - 1];
        at[i - 1] = at[j];
        at[j] = x;
    }
}

/* A random order of steps: layers stay together. */
static void draw_order(struct game *g, struct rng_seq *rng, uint32_t *order)
{
    uint32_t layers[LAYER_COUNT], n = 0;
    for (uint32_t l = 0; l < g->n_layers; l++)
        layers[l] = l;
    shuffle(rng, layers, g->n_layers);
    for (uint32_t k = 0; k < g->n_layers; k++) {
        uint32_t l = layers[k];
        memcpy(order + n, g->member[l], g->n_members[l] * sizeof *order);
        shuffle(rng, order + n, g->n_members[l]);
        n += g->n_members[l];
    }
}

/* Adds half of what each step brings in this order (from its end, when reversed). */
static int add_order(struct game *g, const uint32_t *order, bool reversed, double *loss)
{
    double before, after;
    uint32_t all = (1u << g->n_layers) - 1;
    if (value_of_layers(g, 0, &before))
        return -1;
    mark_layers(g, 0);
    for (uint32_t k = 0; k < g->n_players; k++, before = after) {
        uint32_t i = order[reversed ? g->n_players - 1 - k : k];
        g->perfect[i] = true;
        if (k + 1 == g->n_players)
            after = g->whole[all];
        else if (g->v(g->arg, g->perfect, &after, g->err))
            return -1;
        loss[i] += (after - before) / 2;
    }
    return 0;
}

static void add_layers(const struct game *g, double *value)
{
    for (uint32_t l = 0; l < g->n_layers; l++)
        for (uint32_t k = 0; k < g->n_members[l]; k++)
            value[GAP_LAYER + g->layer[l]] += value[GAP_STEP + g->member[l][k]];
}

static int sample_orders(struct game *g, const struct gap_options *options, double most,
                         struct gap *out)
{
    size_t size = gap_size(g->n_steps);
    uint64_t pairs = (uint64_t)fmax(most / (2.0 * g->n_players), ORDERS_MIN);
    struct rng_seq rng = {.key = rng_key(options->seed, 0, 0, 0, RNG_SPLIT)};
    uint32_t *order = mem_zero(g->n_players, sizeof *order);
    double *once = mem_zero(size, sizeof *once), *square = mem_zero(size, sizeof *square);
    int status = 0;
    for (uint64_t m = 1; m <= pairs && !status; m++) {
        memset(once, 0, size * sizeof *once);
        draw_order(g, &rng, order);
        status = add_order(g, order, false, once + GAP_STEP) ||
                         add_order(g, order, true, once + GAP_STEP)
                     ? -1
                     : 0;
        add_layers(g, once);
        for (size_t i = GAP_LAYER; i < size; i++) { /* Welford 1962 */
            double d = once[i] - out->value[i];
            out->value[i] += d / (double)m;
            square[i] += d * (once[i] - out->value[i]);
        }
    }
    for (size_t i = GAP_LAYER; i < size && !status; i++) {
        struct interval ci =
            interval_mean(out->value[i], square[i] / (double)(pairs - 1), pairs, options->level);
        out->low[i] = ci.low;
        out->high[i] = ci.high;
    }
    out->orders = 2 * pairs;
    out->level = options->level;
    mem_free(order);
    mem_free(once);
    mem_free(square);
    return status;
}

/* --- the whole */

void gap_init(struct gap *g, uint32_t n_steps)
{
    *g = (struct gap){.n_steps = n_steps};
    g->value = mem_zero(gap_size(n_steps), sizeof *g->value);
    g->low = mem_zero(gap_size(n_steps), sizeof *g->low);
    g->high = mem_zero(gap_size(n_steps), sizeof *g->high);
}

void gap_release(struct gap *g)
{
    mem_free(g->value);
    mem_free(g->low);
    mem_free(g->high);
    *g = (struct gap){0};
}

static void exact_bounds(struct gap *g, size_t begin, size_t end)
{
    memcpy(g->low + begin, g->value + begin, (end - begin) * sizeof *g->value);
    memcpy(g->high + begin, g->value + begin, (end - begin) * sizeof *g->value);
}

double gap_evaluations(const struct pipeline *p)
{
    struct game g;
    game_init(&g, p, NULL, NULL, NULL);
    double n = evaluations(&g);
    game_release(&g);
    return n;
}

int gap_losses(const struct pipeline *p, gap_value *v, void *arg, const struct gap_options *options,
               struct gap *out, struct error *err)
{
    struct game g;
    double most = options->most ? (double)options->most : EVALUATIONS_MAX;
    game_init(&g, p, v, arg, err);
    gap_init(out, p->n_steps);
    uint32_t all = (1u << g.n_layers) - 1;
    int status = value_of_layers(&g, 0, &out->value[GAP_NONE]);
    if (!status)
        status = value_of_layers(&g, all, &out->value[GAP_ALL]);
    bool small = evaluations(&g) <= most;
    for (uint32_t l = 0; l < g.n_layers; l++)
        small = small && g.n_members[l] <= MEMBERS_MAX;
    if (!status && !small)
        status = sample_orders(&g, options, most, out);
    for (uint32_t l = 0; l < g.n_layers && small && !status; l++)
        status = weigh_layer(&g, l, out);
    if (!status && small)
        add_layers(&g, out->value);
    for (int l = 0; l < LAYER_COUNT; l++)
        out->value[GAP_CLOSES + l] = NAN;
    exact_bounds(out, 0, small ? gap_size(p->n_steps) : GAP_LAYER);
    exact_bounds(out, GAP_CLOSES, GAP_STEP);
    game_release(&g);
    if (status)
        gap_release(out);
    return status;
}

void gap_pool(const struct gap *each, size_t n, double level, struct gap *out)
{
    size_t size = gap_size(each[0].n_steps);
    gap_init(out, each[0].n_steps);
    out->level = level;
    out->orders = each[0].orders;
    for (size_t i = 0; i < size; i++) {
        double mean = 0, square = 0;
        for (size_t k = 0; k < n; k++) {
            double d = each[k].value[i] - mean;
            mean += d / (double)(k + 1);
            square += d * (each[k].value[i] - mean);
        }
        out->value[i] = mean;
        struct interval ci = {-INFINITY, INFINITY};
        if (n > 1)
            ci = interval_mean(mean, square / (double)(n - 1), n, level);
        out->low[i] = isnan(mean) ? NAN : ci.low;
        out->high[i] = isnan(mean) ? NAN : ci.high;
    }
}

/* --- rows */

static void put(const struct gap *g, size_t i, const char *name, struct metrics *to)
{
    double width = g->high[i] - g->low[i];
    if (!isfinite(g->value[i]))
        return;
    if (g->level == 0 || width <= 1e-14)
        metrics_add_exact(to, name, g->value[i], "1");
    else
        metrics_add(to, name, g->value[i], g->low[i], g->high[i], g->level, g->orders, "1");
}

struct metrics *gap_row(struct result *out, enum layer layer)
{
    for (size_t k = 0; k < out->layers.len; k++)
        if (!strcmp(out->layers.at[k].id, layer_name(layer)))
            return &out->layers.at[k].metrics;
    return &result_add_row(out, layers, layer_name(layer))->metrics;
}

void gap_put(const struct gap *g, const struct pipeline *p, struct result *out)
{
    for (enum layer l = 0; l < LAYER_COUNT; l++) {
        if (!plays(p, l))
            continue;
        struct metrics *to = gap_row(out, l);
        put(g, GAP_LAYER + l, "loss", to);
        put(g, GAP_CLOSES + l, "closes", to);
    }
    for (uint32_t i = 0; i < p->n_steps; i++)
        for (size_t k = 0; k < out->stages.len; k++)
            if (!strcmp(out->stages.at[k].id, p->step[i].id))
                put(g, GAP_STEP + i, "loss", &out->stages.at[k].metrics);
    if (g->orders)
        result_warn(out,
                    "loss of layers and stages: an estimate from %llu random orders, as there are "
                    "too many coalitions to weigh them all",
                    (unsigned long long)g->orders);
}
