/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trials are followed depth first, so that one simulation for each level is memory enough, and all
 * of them count into the same unit: whenever another trial or level takes over, what has been
 * counted since is taken out, weighed and kept. */
#include "sim/split_walk.h"

#include <math.h>
#include <string.h>

enum { STOP_EVERY = 1024 };

void split_walk_init(struct split_walk *w, const struct split_plan *plan)
{
    size_t sums = (size_t)plan->n_units * plan->n_targets;
    *w = (struct split_walk){.plan = plan};
    queue_tally_init(&w->tally, plan->program, plan->n_units);
    mem_free(w->tally.cells); /* spreads of quantiles: nobody asks for them here */
    w->tally.cells = NULL;
    w->sim = mem_zero(plan->n_levels + 1, sizeof(struct queue_sim *));
    for (uint32_t k = 0; k <= plan->n_levels; k++) {
        w->sim[k] = queue_sim_new(plan->program);
        w->sim[k]->splits = true;
        w->weight[k] = pow(SPLIT_TRIALS, -(double)k);
    }
    w->inside = mem_zero(plan->n_desks + 1, sizeof *w->inside);
    w->y = mem_zero(sums + 1, sizeof *w->y);
    w->x = mem_zero(sums + 1, sizeof *w->x);
    w->seen = mem_zero(plan->n_targets + 1, sizeof *w->seen);
    w->square = mem_zero(plan->n_targets + 1, sizeof *w->square);
}

void split_walk_release(struct split_walk *w)
{
    for (uint32_t k = 0; w->sim && k <= w->plan->n_levels; k++)
        queue_sim_free(w->sim[k]);
    queue_tally_release(&w->tally);
    mem_free(w->sim);
    mem_free(w->inside);
    mem_free(w->y);
    mem_free(w->x);
    mem_free(w->seen);
    mem_free(w->square);
    *w = (struct split_walk){0};
}

/* --- where a trial is */

static uint32_t inside_of(const struct queue_sim *s, const struct split_desk *d)
{
    uint32_t n = s->desk[d->resource].waiting + s->desk[d->resource].busy;
    return n < d->n ? n : d->n - 1;
}

static uint32_t level_of(const struct split_plan *plan, const struct queue_sim *s)
{
    uint32_t level = 0;
    for (uint32_t d = 0; d < plan->n_desks; d++) {
        uint32_t here = plan->desk[d].level[inside_of(s, &plan->desk[d])];
        level = here > level ? here : level;
    }
    return level;
}

static void note_census(struct split_walk *w, const struct queue_sim *s, uint32_t level)
{
    for (uint32_t d = 0; d < w->plan->n_desks; d++) {
        uint32_t n = inside_of(s, &w->plan->desk[d]);
        w->census[d].weight[n] += w->weight[level];
        for (uint32_t k = w->inside[d] + 1; k <= n; k++)
            w->census[d].rises[k]++;
    }
}

/* --- what was counted */

static double taken(const struct split_places *p, const double *unit)
{
    double sum = 0;
    for (size_t i = 0; i < p->list.len; i++)
        sum += unit[p->list.at[i]];
    return sum;
}

static void clear(const struct split_places *p, double *unit)
{
    for (size_t i = 0; i < p->list.len; i++)
        unit[p->list.at[i]] = 0;
}

static void take_unit(struct split_walk *w, uint32_t u, double weight)
{
    const struct split_plan *plan = w->plan;
    double *unit = tally_unit(&w->tally, u);
    for (uint32_t t = 0; t < plan->n_targets; t++) {
        size_t i = (size_t)u * plan->n_targets + t;
        double y = taken(&plan->target[t].y, unit);
        w->x[i] += weight * taken(&plan->target[t].x, unit);
        w->y[i] += weight * y;
        w->seen[t] += y;
        w->square[t] += weight * weight * y;
    }
    for (uint32_t t = 0; t < plan->n_targets; t++) {
        clear(&plan->target[t].y, unit);
        clear(&plan->target[t].x, unit);
    }
}

/* Keeps what the trial has counted at this level. */
static void take(struct split_walk *w, const struct queue_sim *s, uint32_t level)
{
    uint32_t n = w->plan->n_units, last = s->window < n ? s->window : n - 1;
    if (s->clock.now_s < s->start_s)
        return;
    for (uint32_t u = w->first; u <= last; u++)
        take_unit(w, u, w->weight[level]);
}

/* The first unit that somebody inside, or what comes, may still be counted in.  Of the trial that
 * all others split off from. */
static void find_first(struct split_walk *w, const struct queue_sim *s)
{
    w->window = s->window;
    if (s->clock.now_s < s->start_s)
        return;
    w->first = s->window < w->plan->n_units ? s->window : w->plan->n_units - 1;
    for (uint32_t i = 0; i < s->item_used; i++)
        if (s->item[i].live && s->item[i].unit < w->first)
            w->first = s->item[i].unit;
    for (uint32_t i = 0; i < s->call_used; i++)
        if (s->call[i].state != CALL_FREE && s->call[i].unit < w->first)
            w->first = s->call[i].unit;
}

/* --- trials */

/* One event.  False: the trial's horizon is over, or all is broken off. */
static bool advance(struct split_walk *w, struct queue_sim *s, uint32_t level)
{
    const struct split_plan *plan = w->plan;
    if (++w->events > plan->most_events)
        w->broken = true;
    if (w->events % STOP_EVERY == 0 && plan->stop && atomic_load(plan->stop))
        w->broken = true;
    if (w->broken)
        return false;
    for (uint32_t d = 0; w->census && d < plan->n_desks; d++)
        w->inside[d] = inside_of(s, &plan->desk[d]);
    if (!queue_sim_step(s))
        return false;
    if (w->census)
        note_census(w, s, level);
    return true;
}

static bool follow(struct split_walk *w, struct queue_sim *s, uint32_t level);

/* The trial has risen to this level: others go on from where it is, then it does so itself.  False:
 * its horizon is over. */
static bool split(struct split_walk *w, struct queue_sim *s, uint32_t level)
{
    for (uint32_t k = 1; k < SPLIT_TRIALS && !w->broken; k++) {
        uint64_t salt =
            rng_key(w->plan->seed, w->replication, ++w->clones, UINT32_MAX - 3, RNG_SPLIT);
        queue_sim_copy(w->sim[level], s, salt);
        (void)follow(w, w->sim[level], level);
    }
    return !w->broken && follow(w, s, level);
}

/* Follows a trial until it is below the level.  False: its horizon is over. */
static bool follow(struct split_walk *w, struct queue_sim *s, uint32_t level)
{
    for (;;) {
        uint32_t at = level_of(w->plan, s);
        if (at != level)
            take(w, s, level);
        if (at < level)
            return true;
        if (at > level && !split(w, s, level + 1))
            return false;
        if (at > level)
            continue;
        if (level == 0 && s->window != w->window)
            find_first(w, s);
        if (!advance(w, s, level))
            break;
    }
    if (!w->broken) {
        queue_sim_finish(s);
        take(w, s, level);
    }
    return false;
}

bool split_walk_run(struct split_walk *w, uint64_t replication)
{
    size_t sums = (size_t)w->plan->n_units * w->plan->n_targets;
    memset(w->y, 0, sums * sizeof *w->y);
    memset(w->x, 0, sums * sizeof *w->x);
    w->replication = replication;
    w->clones = w->events = 0;
    w->first = 0;
    w->broken = false;
    queue_sim_begin(w->sim[0], w->plan->seed, replication, &w->tally);
    w->window = w->sim[0]->window;
    (void)follow(w, w->sim[0], 0);
    queue_tally_drop(&w->tally);
    return !w->broken;
}
