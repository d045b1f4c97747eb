/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Environments (sim/environment.h), walked on when somebody asks.  Stationary at the start: the
 * state by its share of time, what is left of it by the equilibrium law. */
#include "exec/orchestrator.h"
#include "exec/tally.h"
#include "sim/environment.h"

void run_weather_init(struct run *r)
{
    const struct pipeline *p = r->pipeline;
    r->env_start = arena_alloc(&r->arena, (p->n_environments + 1) * sizeof(double *));
    r->weather = arena_alloc(&r->arena, (p->n_environments + 1) * sizeof *r->weather);
    for (uint32_t e = 0; e < p->n_environments; e++) {
        const struct environment *env = &p->environment[e];
        r->env_start[e] = arena_alloc(&r->arena, env->n_states * sizeof *r->env_start[e]);
        environment_shares(env, r->env_start[e]);
    }
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
    w->state = environment_pick(env, r->env_start[e], rng_unit(rng_next(&w->rng)));
    w->until_s =
        r->now_s + environment_left(&env->state[w->state].lasts, rng_unit(rng_next(&w->rng)));
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
        count(env, w, w->until_s);
        w->state = environment_follow(env, w->state, rng_unit(rng_next(&w->rng)));
        w->until_s += dist_quantile(&env->state[w->state].lasts, rng_unit(rng_next(&w->rng)));
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
