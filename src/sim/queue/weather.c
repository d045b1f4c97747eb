/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Environments: alternating processes, walked on only when somebody asks.
 *
 * Stationary at the start: the state by the share of time spent in it, what is left of it by the
 * equilibrium law (Cox, "Renewal Theory", 1962). */
#include "sim/queue/sim.h"

#include <math.h>

static double unit_53(struct rng_seq *rng)
{
    return ldexp((double)(rng_next(rng) >> 11), -53);
}

static void begin(struct queue_sim *s, uint32_t e)
{
    const struct queue_environment *q = &s->program->environment[e];
    struct environment_state *w = &s->weather[e];
    double u = unit_53(&w->rng);
    w->begun = true;
    w->state = 0;
    while (w->state + 1 < q->n_states && u >= q->start[w->state])
        w->state++;
    w->until_s = queue_residual(&s->program->pipeline->environment[e].state[w->state],
                                &q->state[w->state], rng_next(&w->rng));
}

static void count_until(const struct queue_sim *s, uint32_t e, double to_s)
{
    struct environment_state *w = &s->weather[e];
    if (s->program->environment[e].state[w->state].calm)
        w->calm_s += to_s - w->since_s;
    else
        w->disturbed |= to_s > w->since_s;
    w->since_s = to_s;
}

uint32_t weather_at(struct queue_sim *s, uint32_t e)
{
    const struct queue_environment *q = &s->program->environment[e];
    struct environment_state *w = &s->weather[e];
    if (!w->begun)
        begin(s, e);
    while (w->until_s <= s->clock.now_s) {
        const struct queue_state *at = &q->state[w->state];
        count_until(s, e, w->until_s);
        double u = unit_53(&w->rng);
        uint32_t to = 0;
        while (to + 1 < q->n_states && u >= at->leave[to])
            to++;
        w->state = to;
        w->until_s += law_draw(&q->state[to].lasts, rng_next(&w->rng));
    }
    return w->state;
}

void weather_start(struct queue_sim *s, uint64_t key)
{
    for (uint32_t e = 0; e < s->program->pipeline->n_environments; e++)
        s->weather[e] = (struct environment_state){
            .rng = {rng_key(key, s->replication, e, UINT32_MAX - 1, RNG_QUALITY), 0}
        };
}

void weather_close(struct queue_sim *s)
{
    for (uint32_t e = 0; e < s->program->pipeline->n_environments; e++) {
        double *u = tally_unit(s->tally, s->window) + s->tally->at.weather + e * WEATHER_SUMS;
        struct environment_state *w = &s->weather[e];
        (void)weather_at(s, e);
        count_until(s, e, s->clock.now_s);
        u[WEATHER_CALM] += w->calm_s;
        u[WEATHER_SPAN] += s->unit_s;
        u[WEATHER_UNDISTURBED] += !w->disturbed;
        u[WEATHER_ONE]++;
        w->calm_s = 0;
        w->disturbed = false;
    }
}
