/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way on after a visit, an item's entry, and its end. */
#include "sim/queue/sim.h"
#include "sim/tilt.h"

#include "sim/batch.h"
#include <math.h>
#include <string.h>

/* --- the end of an item */

static void count_cost(struct queue_sim *s, const struct item *item, double *u)
{
    u[CLASS_COST] += item->cost;
    u[CLASS_COST2] += item->cost * item->cost;
    u[CLASS_OVER] += !(item->cost <= s->program->pipeline->budget);
    if (item->counts)
        tally_cost(s->tally, item->unit, item->class, item->cost);
}

static void count_time(struct queue_sim *s, const struct item *item, bool shipped, bool good,
                       double *u)
{
    double took = s->clock.now_s - item->entered_s;
    u[CLASS_TOOK + shipped] += took;
    u[CLASS_TOOK2 + shipped] += took * took;
    if (shipped && good && !within_s(s, took, s->program->pipeline->deadline_s))
        u[CLASS_LATE]++;
    if (item->counts)
        tally_time(s->tally, item->unit, item->class, shipped, took);
}

static void count_end(struct queue_sim *s, const struct item *item, enum item_end how, bool good,
                      double *u)
{
    u[CLASS_ENDS + class_end(how, good, item->reviews > 0, item->reviewed_bad)]++;
    u[CLASS_VISITS] += item->visits;
    u[CLASS_VISITS2] += (double)item->visits * item->visits;
    u[CLASS_REVIEWS] += item->reviews;
    u[CLASS_WAIT] += item->wait_s;
    if (how != ITEM_UNFINISHED)
        count_time(s, item, how == ITEM_SHIPPED, good, u);
    if (s->program->has_cost)
        count_cost(s, item, u);
}

static void count_steps(struct queue_sim *s, uint32_t path, double *u, enum item_end how)
{
    static const enum step_sum ends[] = {STEP_SHIPS, STEP_REJECTS, STEP_FAILS, STEP_ABANDONS};
    const struct path *p = &s->path[path];
    const uint8_t *flags = path_flags(s, path);
    double *steps = u + s->tally->at.step;
    if (how != ITEM_UNFINISHED)
        steps[p->step * STEP_SUMS + ends[how]]++;
    for (uint32_t i = 0; s->item[p->item].was_bad && i < s->program->n_steps; i++) {
        bool bad = flags[i] & FLAG_BAD;
        steps[i * STEP_SUMS + STEP_BAD] += bad;
        steps[i * STEP_SUMS + STEP_BAD_SHIPPED] += bad && how == ITEM_SHIPPED && !p->good;
    }
}

/* A path on which nothing is going on needs no stopping. */
static bool is_busy(const struct path *p)
{
    return p->n_calls > 0 || p->awaits || p->children != NONE;
}

void item_end(struct queue_sim *s, uint32_t i, enum item_end how)
{
    struct item *item = &s->item[i];
    uint32_t path = item->path;
    double *unit = item->sums;
    if (is_busy(&s->path[path]))
        path_stop(s, path, how == ITEM_ABANDONED);
    double *u = unit + (size_t)item->class * CLASS_SUMS;
    bool good = s->path[path].good;
    count_end(s, item, how, good, u);
    count_steps(s, path, unit, how);
    s->items_inside--;
    s->cohort_inside -= item->counts;
    if (s->program->pipeline->leave_after_s)
        clock_drop(&s->clock, OWNER_ITEM, i);
    path_drop(s, path);
    item_free(s, i);
}

/* --- its entry */

void item_enter(struct queue_sim *s, uint64_t number, uint32_t unit)
{
    const struct queue_program *g = s->program;
    uint32_t i = item_new(s), path = path_new(s);
    struct item *item = &s->item[i];
    struct path *p = &s->path[path];
    item->key = rng_at(s->items_key, number);
    item->entered_s = s->clock.now_s;
    item->unit = unit;
    item->sums = tally_unit(s->tally, unit);
    item->counts = unit < s->tally->n_units;
    item->path = path;
    if (g->n_classes > 1) {
        uint64_t u = item_number(item, 0, FOR_CLASS);
        while (u >= g->class_below[item->class] && item->class + 1u < g->n_classes)
            item->class ++;
    }
    item->sums[(size_t)item->class * CLASS_SUMS + CLASS_N]++;
    p->key = item->key;
    p->item = i;
    p->good = true;
    if (g->bad_below[item->class] > 0) {
        uint64_t u = item_number(item, 0, FOR_QUALITY);
        u = s->tilt ? tilt_quality(s->tilt, g->bad_below[item->class], u) : u;
        p->good = u >= g->bad_below[item->class];
    }
    p->confidence = NAN;
    memset(s->blob + path * g->stride, 0, g->stride);
    for (uint32_t k = 0; g->asks_confidences && k < g->n_steps; k++)
        path_confidences(s, path)[k] = NAN;
    s->items_inside++;
    s->cohort_inside += item->counts;
    const double *leave = g->pipeline->leave_after_s;
    item->leaves_s = leave ? s->clock.now_s + leave[item->class] : INFINITY;
    if (item->leaves_s < INFINITY)
        clock_set(&s->clock, item->leaves_s, OWNER_ITEM, i);
    path_make_ready(s, path);
}

/* --- the way on */

static void route_end(struct queue_sim *s, uint32_t path, int32_t to)
{
    const struct path *p = &s->path[path];
    if (p->parent != NONE) {
        join_note(s, path, to == TO_JOIN || to == TO_SHIP);
        return;
    }
    item_end(s, p->item,
             to == TO_SHIP || to == TO_JOIN ? ITEM_SHIPPED
             : to == TO_REJECT              ? ITEM_REJECTED
                                            : ITEM_FAILED);
}

/* Back at an earlier step the work is done again: quality is what it was on first entry there. */
static bool go_back(struct queue_sim *s, uint32_t path, int32_t to)
{
    struct path *p = &s->path[path];
    if (s->item[p->item].visits >= VISITS_MAX) {
        s->tally->endless += s->item[p->item].counts;
        s->guarded_items++;
        s->stopped |= s->program->timed && s->guarded_items == QUEUE_GUARDED_MOST;
        item_end(s, p->item, ITEM_FAILED);
        return false;
    }
    uint8_t entry = path_entries(s, path)[s->program->step[to].entry_slot];
    if (entry != ENTRY_UNSET)
        p->good = entry == ENTRY_GOOD;
    return true;
}

/* The first route from this one that has room, which it takes. */
static int32_t with_room(struct queue_sim *s, uint32_t path, int32_t first)
{
    const struct route *route = s->program->route;
    uint32_t *counters = path_counters(s, path);
    int32_t i = first;
    while (route[i].counter != ROUTE_FREE && counters[route[i].counter] >= route[i].at_most)
        i = route[i].otherwise;
    if (route[i].counter != ROUTE_FREE)
        counters[route[i].counter]++;
    return i;
}

void route_take(struct queue_sim *s, uint32_t path, int32_t first)
{
    const struct queue_program *g = s->program;
    struct path *p = &s->path[path];
    if (first < 0)
        BUG("step %u has no such exit", p->step);
    int32_t i = g->route[first].counter == ROUTE_FREE ? first : with_room(s, path, first);
    const struct route *r = &g->route[i];
    s->item[p->item].sums[s->tally->at.edge + g->edge_of[i]]++;
    if (r->to < 0) {
        route_end(s, path, r->to);
        return;
    }
    if (r->back && !go_back(s, path, r->to))
        return;
    p->step = (uint32_t)r->to;
    path_make_ready(s, path);
}

static bool way_holds(struct queue_sim *s, uint32_t path, const struct way *way)
{
    const struct path *p = &s->path[path];
    const struct item *item = &s->item[p->item];
    struct condition_facts facts = {.confidence = p->confidence,
                                    .age_s = s->clock.now_s - item->entered_s,
                                    .confidence_of = path_confidences(s, path),
                                    .visits = path_visits(s, path),
                                    .outcome = p->outcome,
                                    .class = item->class};
    return condition_holds(way->when, &facts);
}

void route_pass(struct queue_sim *s, uint32_t path)
{
    const struct path *p = &s->path[path];
    const struct queue_step *q = &s->program->step[p->step];
    uint32_t class = s->item[p->item].class;
    double sum = 0, u = 0;
    int32_t taken = q->exit[QUEUE_PASS], last = -1;
    if (q->step->n_ways) {
        uint64_t x = path_number(p, 0, FOR_WAY);
        x = s->tilt ? tilt_way(s->tilt, p->step, q->step, class, x) : x;
        u = (double)(x >> 11) * 0x1p-53;
    }
    uint32_t w = 0;
    for (; w < q->step->n_ways; w++) {
        const struct way *way = &q->step->way[w];
        if (!way->probability) {
            if (way_holds(s, path, way))
                break;
            continue;
        }
        double low = sum;
        sum += way->probability[class].value;
        last = q->way[w];
        if (u >= low && u < sum)
            break;
    }
    if (w < q->step->n_ways)
        taken = q->way[w];
    else if (q->step->ways_complete && last >= 0)
        taken = last;
    route_take(s, path, taken);
}
