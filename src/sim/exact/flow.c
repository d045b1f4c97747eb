/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Forward and backward equations of the absorbing chain (Kemeny and Snell 1960, ch. 3), and
 * moments of rewards over transitions: with X gathered before and Y in the visit, independent
 * given how it ends, E[(X+Y)^2; end] = E[X^2] + 2 E[X] E[Y|end] + E[Y^2|end], each weighted with
 * the probability of being there. */
#include "sim/exact/flow.h"

#include "sim/exact/block.h"
#include "sim/exact/fork.h"

#include <string.h>

enum { FLOW_PARTS = sizeof(struct flow) / sizeof(double) };
static const double VISITS_MAX = 1e6; /* the guard of loops without a bound */

/* --- moments */

const double *flow_visits(const struct chain *c, uint32_t unit)
{
    static const double none[2] = {0, 0}, one[2] = {1, 1};
    if (c->unit[unit].kind == UNIT_JOIN)
        return fork_gain(c, unit) + 2;
    return unit_counts(&c->unit[unit]) ? one : none;
}

/* With what an end adds; visits[k - 1] = E[visits^k | end]. */
static struct flow flow_after(const struct flow *f, const struct chain_end *g,
                              const double visits[2])
{
    return (struct flow){
        .n = f->n,
        .t1 = f->t1 + f->n * g->time[0],
        .t2 = f->t2 + 2 * f->t1 * g->time[0] + f->n * g->time[1],
        .c1 = f->c1 + f->n * g->cost[0],
        .c2 = f->c2 + 2 * f->c1 * g->cost[0] + f->n * g->cost[1],
        .v1 = f->v1 + f->n * visits[0],
        .v2 = f->v2 + 2 * f->v1 * visits[0] + f->n * visits[1],
    };
}

static inline void flow_add(struct flow *to, const struct flow *g, double p)
{
    to->n += p * g->n;
    to->t1 += p * g->t1;
    to->t2 += p * g->t2;
    to->c1 += p * g->c1;
    to->c2 += p * g->c2;
    to->v1 += p * g->v1;
    to->v2 += p * g->v2;
}

/* Sends on what state s holds, over hops that leave [0, end). */
static void flow_send(const struct chain *c, uint32_t s, uint32_t end, struct flow *state,
                      struct flow *absorb)
{
    const struct chain_state *from = &c->state[s];
    const double *visits = flow_visits(c, from->unit);
    uint32_t last = UINT32_MAX;
    struct flow after = {0};
    for (uint32_t h = from->hop; h < from[1].hop; h++) {
        const struct hop *hop = &c->hop[h];
        if (c->end_of[hop->branch] != last) {
            last = c->end_of[hop->branch];
            after = flow_after(&state[s], &c->end[last], visits);
        }
        if (hop->to < 0)
            flow_add(&absorb[-1 - hop->to], &after, c->weight[hop->branch]);
        else if ((uint32_t)hop->to >= end)
            flow_add(&state[hop->to], &after, c->weight[hop->branch]);
    }
}

/* Adds to the right-hand sides of order k (1 or 2) what visits inside the block gather; lower
 * orders are solved. */
static void block_gather(const struct chain *c, const struct block *b, int order,
                         struct flow *state)
{
    for (uint32_t s = b->begin; s < b->begin + b->n; s++) {
        const struct chain_state *from = &c->state[s];
        const double *visits = flow_visits(c, from->unit);
        struct flow lower = state[s];
        lower.t2 = lower.c2 = lower.v2 = 0;
        if (order == 1)
            lower.t1 = lower.c1 = lower.v1 = 0;
        for (uint32_t h = from->hop; h < from[1].hop; h++) {
            int64_t to = c->hop[h].to;
            if (to < b->begin || to >= b->begin + b->n)
                continue;
            double p = c->weight[c->hop[h].branch];
            struct flow g = flow_after(&lower, &c->end[c->end_of[c->hop[h].branch]], visits);
            if (order == 1) {
                state[to].t1 += p * g.t1;
                state[to].c1 += p * g.c1;
                state[to].v1 += p * g.v1;
            } else {
                state[to].t2 += p * g.t2;
                state[to].c2 += p * g.c2;
                state[to].v2 += p * g.v2;
            }
        }
    }
}

static bool block_flow(const struct chain *c, const struct chain_block *range, struct flow *state)
{
    struct block b;
    struct flow *x = &state[range->begin];
    bool done = block_init(&b, c, range, UINT32_MAX) && block_solve(&b, &x->n, FLOW_PARTS);
    if (done) {
        block_gather(c, &b, 1, state);
        done = block_solve(&b, &x->t1, FLOW_PARTS) && block_solve(&b, &x->c1, FLOW_PARTS) &&
               block_solve(&b, &x->v1, FLOW_PARTS);
    }
    if (done) {
        block_gather(c, &b, 2, state);
        done = block_solve(&b, &x->t2, FLOW_PARTS) && block_solve(&b, &x->c2, FLOW_PARTS) &&
               block_solve(&b, &x->v2, FLOW_PARTS);
    }
    for (uint32_t u = 0; u < b.n; u++)
        done = done && x[u].n <= VISITS_MAX;
    block_release(&b);
    return done;
}

static void start_flow(const struct chain *c, const struct flow_about *about, struct flow *state)
{
    double share[2] = {c->input_wrong.value, 1 - c->input_wrong.value};
    for (int q = 0; q < 2; q++) {
        if (c->start[q] < 0)
            continue;
        for (uint32_t k = 0; k < c->n_weather; k++) {
            double n = share[q] * c->weather_start[k];
            struct flow f = {.n = n,
                             .t1 = -n * about->time_s,
                             .t2 = n * about->time_s * about->time_s,
                             .c1 = -n * about->cost,
                             .c2 = n * about->cost * about->cost,
                             .v1 = -n * about->visits,
                             .v2 = n * about->visits * about->visits};
            flow_add(&state[c->start[q] + k], &f, 1);
        }
    }
}

static int endless(const struct chain *c, const struct chain_block *b, struct error *err)
{
    const struct pipeline *p = c->pipeline;
    const struct step *s = &p->step[c->state[b->begin].step];
    return error_set(err, ERR_NUMERIC,
                     "flow.%s: items go round this loop without end (more than a million visits "
                     "each): give its edge an at_most",
                     s->id);
}

static int too_large(const struct chain *c, const struct chain_block *b, struct error *err)
{
    return error_set(err, ERR_LIMIT,
                     "flow.%s: the loop without a bound has %u states, and at most %d are solved "
                     "exactly: use simulate",
                     c->pipeline->step[c->state[b->begin].step].id, b->end - b->begin,
                     FLOW_BLOCK_MAX);
}

int flow_solve(const struct chain *c, const struct flow_about *about, struct flow *state,
               struct flow *absorb, struct error *err)
{
    memset(state, 0, c->n_states * sizeof *state);
    memset(absorb, 0, ABSORB_COUNT * sizeof *absorb);
    start_flow(c, about, state);
    uint32_t s = 0;
    for (uint32_t k = 0; k <= c->n_blocks; k++) {
        const struct chain_block *b = k < c->n_blocks ? &c->block[k] : NULL;
        for (uint32_t until = b ? b->begin : c->n_states; s < until; s++)
            flow_send(c, s, s + 1, state, absorb);
        if (!b)
            break;
        if (b->end - b->begin > FLOW_BLOCK_MAX)
            return too_large(c, b, err);
        if (!block_flow(c, b, state))
            return endless(c, b, err);
        for (; s < b->end; s++)
            flow_send(c, s, b->end, state, absorb);
    }
    return 0;
}

/* --- visits alone */

static void mass_send(const struct chain *c, uint32_t s, uint32_t end, double *mass, double *absorb)
{
    const struct chain_state *from = &c->state[s];
    double n = mass[s];
    for (uint32_t h = from->hop; h < from[1].hop; h++) {
        const struct hop *hop = &c->hop[h];
        if (hop->to < 0)
            absorb[-1 - hop->to] += n * c->weight[hop->branch];
        else if ((uint32_t)hop->to >= end)
            mass[hop->to] += n * c->weight[hop->branch];
    }
}

static bool block_mass(const struct chain *c, const struct chain_block *range, uint32_t stop,
                       double *mass)
{
    struct block b;
    bool empty = true;
    for (uint32_t s = range->begin; s < range->end && empty; s++)
        empty = !(mass[s] > 0);
    if (empty)
        return true;
    bool done = block_init(&b, c, range, stop) && block_solve(&b, mass + range->begin, 1);
    for (uint32_t s = range->begin; s < range->end && done; s++)
        done = mass[s] <= VISITS_MAX;
    block_release(&b);
    return done;
}

bool flow_mass(const struct chain *c, uint32_t stop, double *mass, double absorb[ABSORB_COUNT])
{
    memset(mass, 0, c->n_states * sizeof *mass);
    memset(absorb, 0, ABSORB_COUNT * sizeof *absorb);
    double share[2] = {c->input_wrong.value, 1 - c->input_wrong.value};
    for (int q = 0; q < 2; q++)
        for (uint32_t k = 0; k < c->n_weather && c->start[q] >= 0; k++)
            mass[c->start[q] + k] += share[q] * c->weather_start[k];
    uint32_t s = 0;
    for (uint32_t k = 0; k <= c->n_blocks; k++) {
        const struct chain_block *b = k < c->n_blocks ? &c->block[k] : NULL;
        for (uint32_t until = b ? b->begin : c->n_states; s < until; s++)
            if (c->state[s].step != stop)
                mass_send(c, s, s + 1, mass, absorb);
        if (!b)
            break;
        if (!block_mass(c, b, stop, mass))
            return false;
        for (; s < b->end; s++)
            if (c->state[s].step != stop)
                mass_send(c, s, b->end, mass, absorb);
    }
    return true;
}

/* --- backward */

static double ships(const struct chain *c, bool good, uint32_t s, uint32_t begin, uint32_t end,
                    const double *p)
{
    const struct chain_state *from = &c->state[s];
    double sum = 0;
    for (uint32_t h = from->hop; h < from[1].hop; h++) {
        int32_t to = c->hop[h].to;
        double then = 0;
        if (to < 0)
            then = (uint32_t)(-1 - to) / 2 == absorb_index(ABSORB_SHIP, good, false) / 2;
        else if ((uint32_t)to < begin || (uint32_t)to >= end)
            then = p[to];
        sum += c->weight[c->hop[h].branch] * then;
    }
    return sum;
}

bool flow_ships(const struct chain *c, bool good, double *p)
{
    uint32_t s = c->n_states;
    for (uint32_t k = c->n_blocks;; k--) {
        for (uint32_t until = k ? c->block[k - 1].end : 0; s > until; s--)
            p[s - 1] = ships(c, good, s - 1, 0, 0, p);
        if (!k)
            return true;
        const struct chain_block *range = &c->block[k - 1];
        struct block b;
        bool done = block_init(&b, c, range, UINT32_MAX);
        for (; s > range->begin; s--)
            p[s - 1] = ships(c, good, s - 1, range->begin, range->end, p);
        done = done && block_solve_back(&b, p + range->begin, 1);
        block_release(&b);
        if (!done)
            return false;
    }
}
