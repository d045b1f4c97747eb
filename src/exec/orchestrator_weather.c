/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Environments: semi-Markov processes (Cinlar, "Introduction to Stochastic Processes", 1975, ch.
 * 10), walked on when somebody asks.  Stationary at the start: the state by its share of time, what
 * is left of it by the equilibrium law, E[min(X, x)] = u E[X] (Cox, "Renewal Theory", 1962). */
#include "exec/orchestrator.h"
#include "exec/tally.h"

#include <math.h>

static double leads(const struct environment *e, uint32_t from, uint32_t to)
{
    const double *p = e->state[from].to;
    return p ? p[to] : to == (from + 1) % e->n_states;
}

/* Shares of visits of the chain of states: powers of the lazy chain, which cannot be periodic, by
 * repeated squaring. */
static void visit_shares(const struct environment *e, double *share)
{
    uint32_t n = e->n_states;
    double *a = mem_alloc((size_t)n * n * sizeof *a), *b = mem_alloc((size_t)n * n * sizeof *b);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++)
            a[i * n + j] = (leads(e, i, j) + (i == j)) / 2;
    for (int k = 0; k < 60; k++) {
        for (uint32_t i = 0; i < n; i++) {
            double total = 0;
            for (uint32_t j = 0; j < n; j++) {
                double sum = 0;
                for (uint32_t m = 0; m < n; m++)
                    sum += a[i * n + m] * a[m * n + j];
                total += b[i * n + j] = sum;
            }
            for (uint32_t j = 0; j < n; j++)
                b[i * n + j] /= total;
        }
        double *swap = a;
        a = b;
        b = swap;
    }
    for (uint32_t j = 0; j < n; j++)
        share[j] = a[j];
    mem_free(a);
    mem_free(b);
}

void run_weather_init(struct run *r)
{
    const struct pipeline *p = r->pipeline;
    r->env_start = arena_alloc(&r->arena, (p->n_environments + 1) * sizeof(double *));
    r->weather = arena_alloc(&r->arena, (p->n_environments + 1) * sizeof *r->weather);
    for (uint32_t e = 0; e < p->n_environments; e++) {
        const struct environment *env = &p->environment[e];
        double *start = arena_alloc(&r->arena, env->n_states * sizeof *start), sum = 0, total = 0;
        visit_shares(env, start);
        for (uint32_t k = 0; k < env->n_states; k++)
            total += start[k] *= dist_mean(&env->state[k].lasts);
        for (uint32_t k = 0; k < env->n_states; k++) {
            sum += start[k];
            start[k] = sum / total;
        }
        r->env_start[e] = start;
    }
}

/* What is left of a state at an instant taken at random: by bisection. */
static double residual(const struct dist *lasts, double u)
{
    double mean = dist_mean(lasts), low = 0, high = mean;
    while (isfinite(high) && dist_capped_moment(lasts, high, 1) < u * mean)
        high *= 2;
    for (int k = 0; k < 60; k++) {
        double middle = (low + high) / 2;
        if (dist_capped_moment(lasts, middle, 1) < u * mean)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

static uint32_t pick(const double *cumulative, uint32_t n, double u)
{
    uint32_t k = 0;
    while (k + 1 < n && u >= cumulative[k])
        k++;
    return k;
}

static void begin(struct run *r, uint32_t e, uint64_t item, struct weather *w)
{
    const struct environment *env = &r->pipeline->environment[e];
    *w = (struct weather){
        .rng = {rng_key(r->options->seed, item, e, UINT32_MAX - 1, RNG_QUALITY), 0},
        .begun = true,
        .counted_s = r->now_s,
        .unit_s = r->now_s,
    };
    w->state = pick(r->env_start[e], env->n_states, rng_unit(rng_next(&w->rng)));
    w->until_s = r->now_s + residual(&env->state[w->state].lasts, rng_unit(rng_next(&w->rng)));
}

static void count(const struct environment *env, struct weather *w, double to_s)
{
    if (env->state[w->state].n_overrides == 0)
        w->calm_s += to_s - w->counted_s;
    w->counted_s = to_s;
}

static void walk(struct run *r, uint32_t e, struct weather *w)
{
    const struct environment *env = &r->pipeline->environment[e];
    while (w->until_s <= r->now_s) {
        double u = rng_unit(rng_next(&w->rng)), sum = 0;
        uint32_t from = w->state, to = env->n_states - 1;
        count(env, w, w->until_s);
        for (uint32_t k = 0; k < env->n_states; k++) {
            sum += leads(env, from, k);
            if (u < sum) {
                to = k;
                break;
            }
        }
        w->state = to;
        w->until_s += dist_quantile(&env->state[to].lasts, rng_unit(rng_next(&w->rng)));
    }
    count(env, w, r->now_s);
}

void run_weather_now(struct run *r, struct run_item *item, uint32_t *state)
{
    struct weather *all = r->timed ? r->weather : item->weather;
    for (uint32_t e = 0; e < r->pipeline->n_environments; e++) {
        if (!all[e].begun)
            begin(r, e, r->timed ? 0 : item->index + 1, &all[e]);
        walk(r, e, &all[e]);
        state[e] = all[e].state;
    }
}

void run_weather_turn(struct run *r)
{
    for (uint32_t e = 0; r->timed && e < r->pipeline->n_environments; e++) {
        struct weather *w = &r->weather[e];
        if (!w->begun)
            continue;
        walk(r, e, w);
        run_tally_weather(r->tally, e, r->unit, w->calm_s, r->now_s - w->unit_s);
        w->calm_s = 0;
        w->unit_s = r->now_s;
    }
}
