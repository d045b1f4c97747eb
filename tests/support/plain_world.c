/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happens to the pipeline from outside: arrivals, calendars, environments. */
#include "tests/support/plain_sim_parts.h"

#include <string.h>

/* --- arrivals */

static double week_second(const struct plain *s, double at_s)
{
    return fmod(s->p->horizon.starts_s + at_s, WEEK_S);
}

static double rate_at(const struct plain *s, double at_s)
{
    const struct arrivals *a = &s->p->arrivals;
    double clock_s = week_second(s, at_s);
    if (s->broken == PLAIN_EVEN_DAY) { /* the mean rate at every hour */
        double all = 0;
        for (uint32_t k = 0; k < a->n_schedule; k++)
            all += a->schedule[k].rate_per_s * (a->schedule[k].to_s - a->schedule[k].from_s);
        return a->kind == ARRIVALS_DAILY ? a->mean_per_s : all / WEEK_S;
    }
    if (a->kind == ARRIVALS_DAILY)
        return a->mean_per_s + a->amplitude_per_s * cos(2 * M_PI * (clock_s - a->peak_s) / DAY_S);
    for (uint32_t k = 0; k < a->n_schedule; k++)
        if (clock_s >= a->schedule[k].from_s && clock_s < a->schedule[k].to_s)
            return a->schedule[k].rate_per_s;
    return 0;
}

/* Thinning: candidates at the highest rate, kept in the proportion of the rate there (Lewis and
 * Shedler 1979). */
static double thinned(struct plain *s, double from_s)
{
    const struct arrivals *a = &s->p->arrivals;
    double highest = a->mean_per_s + a->amplitude_per_s;
    for (uint32_t k = 0; a->kind == ARRIVALS_SCHEDULE && k < a->n_schedule; k++)
        highest = fmax(k ? highest : 0, a->schedule[k].rate_per_s);
    for (;;) {
        from_s += -log(plain_unit(s)) / highest;
        if (plain_chance(s, rate_at(s, from_s) / highest))
            return from_s;
    }
}

void plain_next_arrival(struct plain *s)
{
    const struct arrivals *a = &s->p->arrivals;
    switch (a->kind) {
    case ARRIVALS_POISSON:
        s->arrives_s = s->now_s - log(plain_unit(s)) / a->rate_per_s;
        break;
    case ARRIVALS_EVERY:
        s->arrives_s = s->now_s + plain_draw(s, &a->every);
        break;
    case ARRIVALS_SCHEDULE:
    case ARRIVALS_DAILY:
        s->arrives_s = thinned(s, s->now_s);
        break;
    case ARRIVALS_FILE:
        s->arrives_s = s->instant < a->n_instants ? a->instants[s->instant++] : INFINITY;
        break;
    case ARRIVALS_NONE:
        s->arrives_s = INFINITY;
    }
}

static uint32_t draw_class(struct plain *s)
{
    double u = plain_unit(s), sum = 0;
    for (uint32_t c = 0; c + 1 < s->p->n_classes; c++) {
        sum += s->p->class[c].share;
        if (u < sum)
            return c;
    }
    return s->p->n_classes - 1;
}

static uint32_t free_item(struct plain *s)
{
    for (uint32_t i = 0; i < s->item.len; i++)
        if (!s->item.at[i].live)
            return i;
    vec_push(&s->item, (struct plain_item){0});
    s->item.at[s->item.len - 1].state = mem_zero(s->p->n_environments + 1, sizeof(uint32_t));
    s->item.at[s->item.len - 1].changes_s = mem_zero(s->p->n_environments + 1, sizeof(double));
    return (uint32_t)s->item.len - 1;
}

static uint32_t free_path(struct plain *s)
{
    for (uint32_t i = 0; i < s->path.len; i++)
        if (!s->path.at[i].live)
            return i;
    vec_push(&s->path, (struct plain_path){0});
    return (uint32_t)s->path.len - 1;
}

static void enter(struct plain *s, uint32_t class)
{
    const struct pipeline *p = s->p;
    uint32_t i = free_item(s), w = free_path(s);
    struct plain_item *item = &s->item.at[i];
    struct plain_path *path = &s->path.at[w];
    uint32_t *state = item->state;
    double *changes_s = item->changes_s;
    *item = (struct plain_item){.live = true,
                                .class = class,
                                .entered_s = s->now_s,
                                .leaves_s = p->leave_after_s ? s->now_s + p->leave_after_s[class]
                                                             : INFINITY,
                                .state = state,
                                .changes_s = changes_s};
    item->cohort = !s->timed || (s->now_s >= s->start_s && s->now_s < s->end_s);
    if (!s->timed)
        plain_weather_begin(s, state, changes_s);
    *path = (struct plain_path){.live = true,
                                .item = i,
                                .parent = NOBODY,
                                .phase = PATH_NEXT,
                                .until_s = s->now_s,
                                .next = 0,
                                .good = !plain_chance(s, p->input_wrong[class].value),
                                .confidence = NAN};
    for (uint32_t k = 0; k < PLAIN_STEPS; k++)
        path->at[k].confidence = path->at[k].threshold = NAN;
}

void plain_arrive(struct plain *s)
{
    const struct arrivals *a = &s->p->arrivals;
    double items = s->timed && a->has_batch ? fmax(1, floor(plain_draw(s, &a->batch) + 0.5)) : 1;
    if (s->broken == PLAIN_BATCH_ONE)
        items = 1;
    uint32_t first = draw_class(s);
    for (double k = 0; k < items; k++)
        enter(s, k == 0 || s->broken == PLAIN_BATCH_ONE_CLASS ? first : draw_class(s));
    if (s->timed)
        plain_next_arrival(s);
}

/* --- calendars, by walking the openings */

bool plain_is_open(const struct plain *s, const struct resource *r, double at_s)
{
    double clock_s = week_second(s, at_s);
    for (uint32_t k = 0; k < r->n_hours; k++)
        if (clock_s >= r->hours[k].from_s && clock_s < r->hours[k].to_s)
            return true;
    return r->n_hours == 0;
}

/* The first instant after at_s at which an opening begins or ends, and the desk was in the other
 * state just before. */
double plain_next_change(const struct plain *s, const struct resource *r, double at_s)
{
    double week_s = floor((s->p->horizon.starts_s + at_s) / WEEK_S) * WEEK_S, best = INFINITY;
    for (double week = 0; week < 3 && best == INFINITY; week++)
        for (uint32_t k = 0; k < 2 * r->n_hours; k++) {
            const struct opening *o = &r->hours[k / 2];
            double edge_s =
                week_s + week * WEEK_S + (k % 2 ? o->to_s : o->from_s) - s->p->horizon.starts_s;
            if (edge_s > at_s && edge_s < best &&
                plain_is_open(s, r, edge_s - 0.001) != plain_is_open(s, r, edge_s + 0.001))
                best = edge_s;
        }
    return best;
}

/* --- environments */

bool plain_calm(const struct environment *e, uint32_t state)
{
    return e->state[state].n_overrides == 0;
}

static uint32_t draw_next_state(struct plain *s, const struct environment *e, uint32_t state)
{
    if (!e->state[state].to)
        return (state + 1) % e->n_states;
    double u = plain_unit(s);
    for (uint32_t k = 0; k + 1 < e->n_states; k++)
        if ((u -= e->state[state].to[k]) < 0)
            return k;
    return e->n_states - 1;
}

/* Stationary: it has run for a long time, and that from a place in a round that is as likely as any
 * other. */
void plain_weather_begin(struct plain *s, uint32_t *state, double *changes_s)
{
    for (uint32_t k = 0; k < s->p->n_environments; k++) {
        const struct environment *e = &s->p->environment[k];
        double round_s = 0;
        for (uint32_t j = 0; j < e->n_states; j++)
            round_s += dist_mean(&e->state[j].lasts);
        double at_s = -round_s * (20 + plain_unit(s));
        state[k] = 0;
        while ((changes_s[k] = at_s + plain_draw(s, &e->state[state[k]].lasts)) <= 0) {
            at_s = changes_s[k];
            state[k] = draw_next_state(s, e, state[k]);
        }
    }
}

void plain_weather_turn(struct plain *s, uint32_t environment, uint32_t *state, double *changes_s)
{
    const struct environment *e = &s->p->environment[environment];
    state[environment] = draw_next_state(s, e, state[environment]);
    changes_s[environment] += plain_draw(s, &e->state[state[environment]].lasts);
}

const uint32_t *plain_weather(const struct plain *s, const struct plain_item *item)
{
    return s->timed ? s->state : item->state;
}
