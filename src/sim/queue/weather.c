/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Environments: alternating processes that nothing else changes, walked on only when somebody asks.
 * A path that runs ahead of the clock asks for what comes later: so what was drawn is kept from the
 * event that happens onwards.
 *
 * Stationary at the start: the state by the share of time spent in it, what is left of it by the
 * equilibrium law (Cox, "Renewal Theory", 1962). */
#include "sim/queue/sim.h"

#include <math.h>

static double unit_53(struct rng_seq *rng)
{
    return ldexp((double)(rng_next(rng) >> 11), -53);
}

static inline struct spell *spell_of(const struct environment_state *w, uint32_t i)
{
    return &w->spell[(w->head + i) & (w->cap - 1)];
}

static void push(struct environment_state *w, double until_s, uint32_t state)
{
    if (w->n == w->cap) {
        uint32_t cap = w->cap ? 2 * w->cap : 4;
        w->spell = mem_resize(w->spell, cap * sizeof *w->spell);
        for (uint32_t i = 0; i < w->head; i++) /* those that had gone round */
            w->spell[w->cap + i] = w->spell[i];
        w->cap = cap;
    }
    *spell_of(w, w->n++) = (struct spell){until_s, state};
}

static void begin(struct queue_sim *s, uint32_t e)
{
    const struct queue_environment *q = &s->program->environment[e];
    struct environment_state *w = &s->weather[e];
    double u = unit_53(&w->rng);
    uint32_t state = 0;
    while (state + 1 < q->n_states && u >= q->start[state])
        state++;
    push(w,
         queue_residual(&s->program->pipeline->environment[e].state[state], &q->state[state],
                        rng_next(&w->rng)),
         state);
}

/* Draws the state after the last one. */
static void go_on(struct queue_sim *s, uint32_t e)
{
    const struct queue_environment *q = &s->program->environment[e];
    struct environment_state *w = &s->weather[e];
    const struct spell last = *spell_of(w, w->n - 1);
    double u = unit_53(&w->rng);
    uint32_t to = 0;
    while (to + 1 < q->n_states && u >= q->state[last.state].leave[to])
        to++;
    push(w, last.until_s + law_draw(&q->state[to].lasts, rng_next(&w->rng)), to);
}

static void count_until(const struct queue_sim *s, uint32_t e, double to_s)
{
    struct environment_state *w = &s->weather[e];
    if (s->program->environment[e].state[spell_of(w, 0)->state].calm)
        w->calm_s += to_s - w->since_s;
    else
        w->disturbed |= to_s > w->since_s;
    w->since_s = to_s;
}

/* Nobody will ask any more for what was over when this event happens. */
static void forget_past(struct queue_sim *s, uint32_t e)
{
    struct environment_state *w = &s->weather[e];
    while (spell_of(w, 0)->until_s <= s->clock.event_s) {
        count_until(s, e, spell_of(w, 0)->until_s);
        if (w->n == 1)
            go_on(s, e);
        w->head = (w->head + 1) & (w->cap - 1);
        w->n--;
    }
}

uint32_t weather_at(struct queue_sim *s, uint32_t e)
{
    struct environment_state *w = &s->weather[e];
    double now = s->clock.now_s;
    if (w->n == 0)
        begin(s, e);
    forget_past(s, e);
    if (now < spell_of(w, 0)->until_s)
        return spell_of(w, 0)->state;
    while (spell_of(w, w->n - 1)->until_s <= now)
        go_on(s, e);
    uint32_t low = 1, high = w->n - 1; /* the first one that lasts longer */
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (now < spell_of(w, middle)->until_s)
            high = middle;
        else
            low = middle + 1;
    }
    return spell_of(w, low)->state;
}

void weather_start(struct queue_sim *s, uint64_t key)
{
    for (uint32_t e = 0; e < s->program->pipeline->n_environments; e++) {
        struct environment_state *w = &s->weather[e];
        *w = (struct environment_state){
            .rng = {rng_key(key, s->replication, e, UINT32_MAX - 1, RNG_QUALITY), 0},
            .spell = w->spell,
            .cap = w->cap,
        };
    }
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
