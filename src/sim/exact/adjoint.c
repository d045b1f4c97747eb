/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reverse accumulation (Griewank and Walther, Evaluating Derivatives, 2008, ch. 3) over the
 * equations of flow.c.  With n_s visits of a state, w the weight of a hop that leads to u and adds
 * g, a total X solves X_s = sum of w (g + X_u), and moving w and g moves X by the sum over the hops
 * of n_s (d(w g) + X_u dw): no pass for each number.  The time of the shipped is a sum over ways
 * that end well, so that g counts with the chance S_u to be shipped from there, and with it t_s,
 * the time gathered before: n_s (S_u d(w g) + X_u dw) + t_s S_u dw.  Costs and visits gathered
 * before are those of all ways, which no number changes, as the weights out of a state add up to 1.
 * Products w g stay whole, as g alone is not known for an end that cannot be. */
#include "sim/exact/adjoint.h"

#include "sim/exact/block.h"
#include "sim/exact/fork.h"

#include <math.h>
#include <string.h>

void adjoint_init(struct adjoint *a, const struct chain *c)
{
    *a = (struct adjoint){.chain = c};
    a->value = mem_zero((size_t)c->n_states * TOTAL_COUNT + 1, sizeof *a->value);
    a->branch = mem_zero((size_t)c->n_branches + 1, sizeof *a->branch);
}

void adjoint_release(struct adjoint *a)
{
    mem_free(a->value);
    mem_free(a->branch);
    *a = (struct adjoint){0};
}

void adjoint_totals(const struct chain *c, const struct flow *state, const struct flow *absorb,
                    double *total)
{
    memset(total, 0, TOTAL_COUNT * sizeof *total);
    for (uint32_t k = 0; k < ABSORB_COUNT; k++) {
        uint32_t into = k < 4                    ? TOTAL_SHIP + k
                        : k / 4 == ABSORB_REJECT ? (uint32_t)TOTAL_REJECTED
                                                 : (uint32_t)TOTAL_FAILED;
        total[into] += absorb[k].n;
        total[TOTAL_TIME] += k < 4 ? absorb[k].t1 : 0;
        total[TOTAL_COST] += absorb[k].c1;
        total[TOTAL_VISITS] += absorb[k].v1;
    }
    for (uint32_t s = 0; s < c->n_states; s++)
        if (c->state[s].reviewed == REVIEW_FIRST)
            total[TOTAL_REVIEWED] += state[s].n;
}

/* --- backward */

static double ships(const double *value)
{
    return value[TOTAL_SHIP] + value[TOTAL_SHIP + 1] + value[TOTAL_SHIP + 2] +
           value[TOTAL_SHIP + 3];
}

/* Means of what a hop adds when it is taken. */
struct gain {
    double time, cost, visits;
};

/* What the outcome of a parallel adds counts when the parallel comes to it, as its chance and its
 * time move together. */
static struct gain gain_of(const struct chain *c, uint32_t unit, uint32_t branch)
{
    const struct chain_unit *u = &c->unit[unit];
    if (!(c->weight[branch] > 0) || u->kind == UNIT_JOIN)
        return (struct gain){0};
    if (u->kind == UNIT_FORK) {
        uint32_t outcome = branch - u->first - 1, join = unit + 1 + outcome;
        bool failed = outcome % fork_outcomes(c, u->step) == 0;
        const struct chain_end *end =
            &c->end[c->unit[join].first_end + (failed ? END_FAILED : END_OK)];
        return (struct gain){end->time[0], end->cost[0], flow_visits(c, join)[0]};
    }
    const struct chain_end *end = &c->end[c->end_of[branch]];
    return (struct gain){end->time[0], end->cost[0], flow_visits(c, unit)[0]};
}

/* What is to come at the target of a hop. */
static const double *beyond(const struct adjoint *a, const struct hop *hop)
{
    static const double ends[][TOTAL_COUNT] = {{[TOTAL_SHIP] = 1},     {[TOTAL_SHIP + 1] = 1},
                                               {[TOTAL_SHIP + 2] = 1}, {[TOTAL_SHIP + 3] = 1},
                                               {[TOTAL_REJECTED] = 1}, {[TOTAL_FAILED] = 1}};
    if (hop->to >= 0)
        return a->value + (size_t)hop->to * TOTAL_COUNT;
    uint32_t k = (uint32_t)(-1 - hop->to);
    return ends[k < 4 ? k : 3 + k / 4];
}

static bool inside(const struct hop *hop, const struct chain_block *b)
{
    return b && hop->to >= (int64_t)b->begin && hop->to < (int64_t)b->end;
}

/* What the visit in a state adds itself, and over hops that leave the block what is to come. */
static void gather(const struct adjoint *a, uint32_t s, const struct chain_block *block)
{
    const struct chain *c = a->chain;
    const struct chain_state *at = &c->state[s];
    double sum[TOTAL_COUNT] = {0};
    sum[TOTAL_REVIEWED] = at->reviewed == REVIEW_FIRST;
    for (uint32_t h = at->hop; h < at[1].hop; h++) {
        const struct hop *hop = &c->hop[h];
        struct gain gain = gain_of(c, at->unit, hop->branch);
        double w = c->weight[hop->branch];
        sum[TOTAL_COST] += w * gain.cost;
        sum[TOTAL_VISITS] += w * gain.visits;
        if (inside(hop, block))
            continue;
        const double *then = beyond(a, hop);
        for (int x = 0; x < TOTAL_COUNT; x++)
            sum[x] += w * then[x];
        sum[TOTAL_TIME] += w * gain.time * ships(then);
    }
    memcpy(a->value + (size_t)s * TOTAL_COUNT, sum, sizeof sum);
}

/* The time of hops inside a block, when the chances to be shipped are known. */
static void gather_time(const struct adjoint *a, const struct chain_block *b)
{
    const struct chain *c = a->chain;
    for (uint32_t s = b->begin; s < b->end; s++)
        for (uint32_t h = c->state[s].hop; h < c->state[s + 1].hop; h++) {
            const struct hop *hop = &c->hop[h];
            struct gain gain = gain_of(c, c->state[s].unit, hop->branch);
            if (inside(hop, b))
                a->value[(size_t)s * TOTAL_COUNT + TOTAL_TIME] +=
                    c->weight[hop->branch] * gain.time * ships(beyond(a, hop));
        }
}

static bool block_values(const struct adjoint *a, const struct chain_block *range)
{
    struct block b;
    double *x = a->value + (size_t)range->begin * TOTAL_COUNT;
    bool done = block_init(&b, a->chain, range, UINT32_MAX);
    for (uint32_t s = range->begin; s < range->end; s++)
        gather(a, s, range);
    for (int k = 0; k < TOTAL_COUNT && done; k++)
        done = k == TOTAL_TIME || block_solve_back(&b, x + k, TOTAL_COUNT);
    if (done) {
        gather_time(a, range);
        done = block_solve_back(&b, x + TOTAL_TIME, TOTAL_COUNT);
    }
    block_release(&b);
    return done;
}

/* --- derivatives */

/* Adds those by the weights of the hops out of a state. */
static void derive(struct adjoint *a, uint32_t s, const struct flow *state)
{
    const struct chain *c = a->chain;
    double n = state[s].n, t = state[s].t1;
    for (uint32_t h = c->state[s].hop; h < c->state[s + 1].hop && n > 0; h++) {
        const double *then = beyond(a, &c->hop[h]);
        struct adjoint_branch *by = &a->branch[c->hop[h].branch];
        double shipped = ships(then);
        for (int x = 0; x < TOTAL_COUNT; x++)
            by->total[x] += n * then[x];
        by->total[TOTAL_TIME] += t * shipped;
        by->shipped += n * shipped;
        by->n += n;
    }
}

/* Weights of n branches add up to 1, so that only what sets a branch apart from their mean counts;
 * the mean taken off, equal ones weigh nothing, whatever rounding does to the weights. */
static void centre(struct adjoint *a, uint32_t first, uint32_t n)
{
    for (int x = 0; x < TOTAL_COUNT; x++) {
        double mean = 0, weight = 0;
        for (uint32_t b = first; b < first + n; b++) {
            double w = a->branch[b].n > 0 ? a->chain->weight[b] : 0;
            mean += w * a->branch[b].total[x];
            weight += w;
        }
        for (uint32_t b = first; b < first + n && weight > 0; b++)
            a->branch[b].total[x] -= a->branch[b].n > 0 ? mean / weight : 0;
    }
}

/* Branches of which one is taken: of a visit by an item of one quality, of one choice. */
static void centre_unit(struct adjoint *a, const struct chain_unit *u)
{

    uint32_t all = unit_branches(a->chain, u), skip = u->width ? 0 : 1;
    uint32_t width = u->width               ? u->width
                     : u->kind == UNIT_SOFT ? (uint32_t)SOFT_WAYS
                     : u->kind == UNIT_FORK ? fork_outcomes(a->chain, u->step)
                                            : all - 1;
    for (uint32_t b = skip; b + width <= all; b += width)
        centre(a, u->first + b, width);
}

static void derive_start(struct adjoint *a)
{
    const struct chain *c = a->chain;
    memset(a->start, 0, sizeof a->start);
    for (int q = 0; q < 2; q++)
        for (uint32_t k = 0; k < c->n_weather && c->start[q] >= 0; k++) {
            const double *value = a->value + ((size_t)c->start[q] + k) * TOTAL_COUNT;
            for (int x = 0; x < TOTAL_COUNT; x++)
                a->start[q][x] += c->weather_start[k] * value[x];
        }
}

bool adjoint_solve(struct adjoint *a, const struct flow *state)
{
    const struct chain *c = a->chain;
    uint32_t s = c->n_states;
    for (uint32_t k = c->n_blocks;; k--) {
        for (uint32_t until = k ? c->block[k - 1].end : 0; s > until; s--)
            gather(a, s - 1, NULL);
        if (!k)
            break;
        if (!block_values(a, &c->block[k - 1]))
            return false;
        s = c->block[k - 1].begin;
    }
    memset(a->branch, 0, c->n_branches * sizeof *a->branch);
    for (s = 0; s < c->n_states; s++)
        derive(a, s, state);
    for (uint32_t u = 0; u < c->n_units; u++)
        centre_unit(a, &c->unit[u]);
    derive_start(a);
    return true;
}

static void add_product(double by, double x, double *total, double *size)
{
    *total += by * x;
    *size += fabs(by * x);
}

static void add_unit(const struct adjoint *a, uint32_t u, double *total, double *size)
{
    const struct chain *c = a->chain;
    uint32_t first = c->unit[u].first, end = first + unit_branches(c, &c->unit[u]);
    for (uint32_t b = first; b < end; b++) {
        const struct adjoint_branch *by = &a->branch[b];
        double w = c->weight[b];
        if (!(w > 0) || !(by->n > 0))
            continue;
        struct gain gain = gain_of(c, u, b);
        for (int x = 0; x < TOTAL_COUNT; x++)
            add_product(by->total[x], w, total + x, size + x);
        add_product(by->shipped, w * gain.time, total + TOTAL_TIME, size + TOTAL_TIME);
        add_product(by->n, w * gain.cost, total + TOTAL_COST, size + TOTAL_COST);
        add_product(by->n, w * gain.visits, total + TOTAL_VISITS, size + TOTAL_VISITS);
    }
}

void adjoint_add(const struct adjoint *a, uint32_t step, double *total, double *size)
{
    const struct chain *c = a->chain;
    add_unit(a, step, total, size);
    for (uint32_t u = c->extra[step]; u < c->extra[step + 1]; u++)
        add_unit(a, u, total, size);
}

void adjoint_add_start(const struct adjoint *a, double *total, double *size)
{
    double wrong = a->chain->input_wrong.value;
    bool both = a->chain->start[0] >= 0 && a->chain->start[1] >= 0;
    for (int x = 0; x < TOTAL_COUNT && both; x++)
        add_product(a->start[0][x] - a->start[1][x], wrong, total + x, size + x);
}
