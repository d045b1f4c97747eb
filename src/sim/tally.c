/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts and sums of integers alone, so that merging is exact and its order makes no difference. */
#include "sim/tally.h"

#include <string.h>

void class_tally_init(struct class_tally *c)
{
    *c = (struct class_tally){0};
    sketch_init(&c->shipped);
    sketch_init(&c->unshipped);
    sketch_init(&c->costs);
}

void class_tally_release(struct class_tally *c)
{
    sketch_release(&c->shipped);
    sketch_release(&c->unshipped);
    sketch_release(&c->costs);
}

void class_tally_merge(struct class_tally *into, const struct class_tally *from)
{
    into->n += from->n;
    into->correct += from->correct;
    into->wrong += from->wrong;
    into->rejected += from->rejected;
    into->failed += from->failed;
    into->auto_shipped += from->auto_shipped;
    into->auto_wrong += from->auto_wrong;
    into->reviewed += from->reviewed;
    into->reviewed_bad += from->reviewed_bad;
    into->in_deadline += from->in_deadline;
    into->in_budget += from->in_budget;
    moments_merge(&into->visits, &from->visits);
    moments_merge(&into->visits2, &from->visits2);
    moments_merge(&into->visits3, &from->visits3);
    moments_merge(&into->reviews, &from->reviews);
    moments_merge(&into->shipped_time, &from->shipped_time);
    moments_merge(&into->unshipped_time, &from->unshipped_time);
    moments_merge(&into->cost, &from->cost);
    moments_merge(&into->correct_cost, &from->correct_cost);
    moments_merge(&into->net, &from->net);
    sketch_merge(&into->shipped, &from->shipped);
    sketch_merge(&into->unshipped, &from->unshipped);
    sketch_merge(&into->costs, &from->costs);
}

static bool has_visit_times(const struct step_plan *s)
{
    return s->timed || s->n_plans > 1;
}

/* Counters of two threads never share a line of the cache. */
static void *lines(size_t count, size_t size)
{
    size_t whole = (count * size + 63) / 64 * 64;
    void *p = mem_aligned(64, whole ? whole : 64);
    memset(p, 0, whole);
    return p;
}

void tally_init(struct tally *t, const struct program *g, bool step_times)
{
    *t = (struct tally){.program = g};
    t->class = lines(g->n_classes, sizeof *t->class);
    t->step = lines(g->n_steps, sizeof *t->step);
    t->plan = lines(g->n_plans, sizeof *t->plan);
    t->route = lines(g->rules.n_routes, sizeof *t->route);
    for (uint32_t c = 0; c < g->n_classes; c++)
        class_tally_init(&t->class[c]);
    for (uint32_t i = 0; step_times && i < g->n_steps; i++) {
        if (has_visit_times(&g->step[i]))
            sketch_init(&t->step[i].visit_times);
        if (g->step[i].n_plans > 1 || g->step[i].step->hedge_copies > 0)
            sketch_init(&t->step[i].attempt_times);
    }
}

/* Keeps the memory of the sketches. */
void tally_clear(struct tally *t)
{
    const struct program *g = t->program;
    for (uint32_t c = 0; c < g->n_classes; c++) {
        struct class_tally *k = &t->class[c];
        sketch_clear(&k->shipped);
        sketch_clear(&k->unshipped);
        sketch_clear(&k->costs);
        *k = (struct class_tally){
            .shipped = k->shipped, .unshipped = k->unshipped, .costs = k->costs};
    }
    for (uint32_t i = 0; i < g->n_steps; i++) {
        struct step_tally *s = &t->step[i];
        if (s->visit_times.hot)
            sketch_clear(&s->visit_times);
        if (s->attempt_times.hot)
            sketch_clear(&s->attempt_times);
        *s = (struct step_tally){.visit_times = s->visit_times, .attempt_times = s->attempt_times};
    }
    memset(t->plan, 0, g->n_plans * sizeof *t->plan);
    memset(t->route, 0, g->rules.n_routes * sizeof *t->route);
    t->endless = 0;
}

void tally_rebind(struct tally *t, const struct program *g)
{
    if (g->n_steps != t->program->n_steps || g->n_plans != t->program->n_plans ||
        g->n_classes != t->program->n_classes)
        BUG("a tally can serve programs of one shape only");
    t->program = g;
}

void tally_release(struct tally *t)
{
    for (uint32_t c = 0; t->class && c < t->program->n_classes; c++)
        class_tally_release(&t->class[c]);
    for (uint32_t i = 0; t->step && i < t->program->n_steps; i++) {
        sketch_release(&t->step[i].visit_times);
        sketch_release(&t->step[i].attempt_times);
    }
    mem_free(t->class);
    mem_free(t->step);
    mem_free(t->plan);
    mem_free(t->route);
    *t = (struct tally){0};
}

static void step_merge(struct step_tally *into, const struct step_tally *from)
{
    into->items += from->items;
    into->visits += from->visits;
    into->squares += from->squares;
    into->ok += from->ok;
    into->first_ok += from->first_ok;
    into->retried += from->retried;
    into->retried_ok += from->retried_ok;
    into->in_budget += from->in_budget;
    into->caught += from->caught;
    into->bad += from->bad;
    into->bad_shipped += from->bad_shipped;
    into->ship += from->ship;
    into->reject += from->reject;
    into->fail += from->fail;
    moments_merge(&into->visit_time, &from->visit_time);
    if (from->visit_times.hot)
        sketch_merge(&into->visit_times, &from->visit_times);
    if (from->attempt_times.hot)
        sketch_merge(&into->attempt_times, &from->attempt_times);
}

void tally_merge(struct tally *into, const struct tally *from)
{
    const struct program *g = into->program;
    for (uint32_t c = 0; c < g->n_classes; c++)
        class_tally_merge(into->class + c, from->class + c);
    for (uint32_t i = 0; i < g->n_steps; i++)
        step_merge(&into->step[i], &from->step[i]);
    for (uint32_t i = 0; i < g->n_plans; i++) {
        into->plan[i].attempts += from->plan[i].attempts;
        into->plan[i].squares += from->plan[i].squares;
        for (int k = 0; k < TRY_COUNT; k++)
            into->plan[i].end[k] += from->plan[i].end[k];
    }
    for (uint32_t i = 0; i < g->rules.n_routes; i++)
        into->route[i] += from->route[i];
    into->endless += from->endless;
}

/* --- as bytes */

static void counts_pack(struct pack *p, uint64_t *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        pack_count(p, &x[i]);
}

static void class_pack(struct class_tally *c, struct pack *p)
{
    uint64_t *count[] = {&c->n,           &c->correct,  &c->wrong,
                         &c->rejected,    &c->failed,   &c->auto_shipped,
                         &c->auto_wrong,  &c->reviewed, &c->reviewed_bad,
                         &c->in_deadline, &c->in_budget};
    struct moments *sum[] = {&c->visits,  &c->visits2,      &c->visits3,
                             &c->reviews, &c->shipped_time, &c->unshipped_time,
                             &c->cost,    &c->correct_cost, &c->net};
    for (size_t i = 0; i < sizeof count / sizeof *count; i++) {
        pack_count(p, count[i]);
        pack_check(p, *count[i] <= c->n);
    }
    for (size_t i = 0; i < sizeof sum / sizeof *sum; i++)
        moments_pack(sum[i], p);
    sketch_pack(&c->shipped, p);
    sketch_pack(&c->unshipped, p);
    sketch_pack(&c->costs, p);
}

static void step_pack(struct step_tally *s, struct pack *p)
{
    uint64_t *count[] = {&s->items,       &s->visits,     &s->squares,   &s->ok,     &s->first_ok,
                         &s->retried,     &s->retried_ok, &s->in_budget, &s->caught, &s->bad,
                         &s->bad_shipped, &s->ship,       &s->reject,    &s->fail};
    for (size_t i = 0; i < sizeof count / sizeof *count; i++)
        pack_count(p, count[i]);
    moments_pack(&s->visit_time, p);
    sketch_pack(&s->visit_times, p);
    sketch_pack(&s->attempt_times, p);
}

void tally_pack(struct tally *t, struct pack *p)
{
    const struct program *g = t->program;
    for (uint32_t c = 0; c < g->n_classes; c++)
        class_pack(&t->class[c], p);
    for (uint32_t i = 0; i < g->n_steps; i++)
        step_pack(&t->step[i], p);
    for (uint32_t i = 0; i < g->n_plans; i++) {
        pack_count(p, &t->plan[i].attempts);
        pack_count(p, &t->plan[i].squares);
        counts_pack(p, t->plan[i].end, TRY_COUNT);
    }
    counts_pack(p, t->route, g->rules.n_routes);
    pack_count(p, &t->endless);
}
