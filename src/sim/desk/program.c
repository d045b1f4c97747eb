/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which pipelines the desk engine runs, and what it makes of them. */
#include "sim/desk.h"

#include <math.h>

/* --- is it of the kind? */

static const uint64_t FEATURES =
    FEATURE(CACHE) | FEATURE(CLASS_RETRY) | FEATURE(NEXT) | FEATURE(WHEN) | FEATURE(GIVEN) |
    FEATURE(BANDS) | FEATURE(THRESHOLD_DIST) | FEATURE(AUDIT) | FEATURE(RESOURCES) |
    FEATURE(ARRIVALS) | FEATURE(BATCH_ARRIVALS) | FEATURE(HOURS) | FEATURE(DISCIPLINE);

static bool asks_age(const struct condition *c)
{
    for (uint32_t i = 0; c && i < c->n; i++) {
        const struct condition_node *n = &c->node[i];
        if (n->op < CONDITION_NOT && (n->left.kind == OPERAND_AGE || n->right.kind == OPERAND_AGE))
            return true;
    }
    return false;
}

/* Does the way of an item depend on how long it waited? */
static bool asks_ages(const struct pipeline *p)
{
    for (uint32_t i = 0; i < p->n_steps; i++)
        for (uint32_t w = 0; w < p->step[i].n_ways; w++)
            if (asks_age(p->step[i].way[w].when))
                return true;
    return false;
}

/* A visit holds a server once, and its budget of time is one for a class. */
static bool simple_visit(const struct pipeline *p, const struct step *s)
{
    if (s->has_cache || s->retry.attempts > 1)
        return false;
    for (uint32_t c = 0; s->class_retry && c < p->n_classes; c++)
        if (s->class_retry[c].attempts > 1)
            return false;
    for (uint32_t k = 0; k < s->n_given; k++)
        if (s->given[k].override.set & 1u << NUMBERS_BUDGET)
            return false;
    return true;
}

/* Can an item that leaves this step come to a desk? */
static bool leads_to_desk(const struct pipeline *p, const struct rules *r, uint32_t from)
{
    bool *seen = mem_zero(p->n_steps, sizeof *seen), found = false;
    rules_reach(r, from, seen);
    for (uint32_t i = 0; i < p->n_steps; i++)
        found |= seen[i] && p->step[i].by;
    mem_free(seen);
    return found;
}

/* Every item comes to at most one desk, once. */
static bool at_most_once(const struct pipeline *p)
{
    struct rules r;
    bool once = true;
    rules_init(&r, p);
    for (uint32_t i = 0; i < p->n_steps && once; i++)
        if (p->step[i].by)
            once = simple_visit(p, &p->step[i]) && !leads_to_desk(p, &r, i);
    rules_release(&r);
    return once;
}

static bool loops_have_bounds(const struct pipeline *p)
{
    struct rules r;
    rules_init(&r, p);
    bool has = r.has_unbounded;
    rules_release(&r);
    return !has;
}

static double most_per_s(const struct pipeline *p)
{
    const struct arrivals *a = &p->arrivals;
    double most = 0, end = p->horizon.warmup_s + p->horizon.length_s;
    switch (a->kind) {
    case ARRIVALS_POISSON:
        most = a->rate_per_s;
        break;
    case ARRIVALS_EVERY:
        most = 1 / dist_mean(&a->every);
        break;
    case ARRIVALS_SCHEDULE:
        for (uint32_t i = 0; i < a->n_schedule; i++)
            most = fmax(most, a->schedule[i].rate_per_s);
        break;
    case ARRIVALS_DAILY:
        most = a->mean_per_s + a->amplitude_per_s;
        break;
    default:
        most = (double)a->n_instants / end;
    }
    return a->has_batch ? most * dist_mean(&a->batch) : most;
}

/* The share of time that a resource is open. */
static double share_open(const struct resource *r)
{
    double open = r->n_hours ? 0 : WEEK_S;
    for (uint32_t k = 0; k < r->n_hours; k++)
        open += r->hours[k].to_s - r->hours[k].from_s;
    return open / WEEK_S;
}

/* An overloaded desk falls behind by (load - 1) s in a second, where others may overtake until as
 * much time again has passed.  Does it stay far from the guard of the horizon even when every item
 * comes to it? */
static bool ends_in_time(const struct pipeline *p)
{
    double end = p->horizon.warmup_s + p->horizon.length_s, spare = fmax(end, 52.0 * WEEK_S);
    for (uint32_t i = 0; i < p->n_steps; i++) {
        const struct step *s = &p->step[i];
        if (!s->by)
            continue;
        const struct resource *r = &p->resource[s->by - 1];
        double work = 0;
        for (uint32_t c = 0; c < p->n_classes; c++)
            work =
                fmax(work, dist_capped_moment(&s->numbers[c].latency, s->numbers[c].timeout_s, 1));
        double load = most_per_s(p) * work / (r->servers * share_open(r));
        bool plain = !desk_has_order(p, s->by - 1);
        if (!((load - 1) * end <= (plain ? end + spare : spare / 2) / 2))
            return false;
    }
    return true;
}

static bool means_are_finite(const struct pipeline *p)
{
    for (uint32_t i = 0; i < p->n_steps; i++)
        for (uint32_t c = 0; c < p->n_classes; c++)
            if (!isfinite(dist_capped_moment(&p->step[i].numbers[c].latency,
                                             p->step[i].numbers[c].timeout_s, 1)))
                return false;
    return true;
}

/* --- coincidences */

/* Has a law no value that comes twice? */
static bool is_smooth(const struct dist *d)
{
    switch (d->family) {
    case DIST_EXPONENTIAL:
    case DIST_LOGNORMAL:
    case DIST_GAMMA:
    case DIST_WEIBULL:
    case DIST_NORMAL:
    case DIST_UNIFORM:
    case DIST_TRIANGULAR:
    case DIST_PERT:
    case DIST_PARETO:
    case DIST_BETA:
        return true;
    default:
        return false;
    }
}

static bool is_smooth_work(const struct step *s, uint32_t n_classes)
{
    bool smooth = true;
    for (uint32_t c = 0; c < n_classes; c++)
        smooth &= is_smooth(&s->numbers[c].latency) && isinf(s->numbers[c].timeout_s);
    for (uint32_t k = 0; k < s->n_given; k++)
        smooth &= !(s->given[k].override.set & (1u << NUMBERS_LATENCY | 1u << NUMBERS_TIMEOUT));
    return smooth;
}

/* At a desk with an order of its own it matters who is first when one comes as the hours change,
 * or as another leaves.  Can neither happen? */
static bool no_coincidences(const struct pipeline *p)
{
    const struct arrivals *a = &p->arrivals;
    bool apart = a->kind == ARRIVALS_POISSON || a->kind == ARRIVALS_SCHEDULE ||
                 a->kind == ARRIVALS_DAILY || (a->kind == ARRIVALS_EVERY && is_smooth(&a->every));
    for (uint32_t i = 0; i < p->n_steps; i++) {
        const struct step *s = &p->step[i];
        if (!s->by || !desk_has_order(p, s->by - 1))
            continue;
        bool in_turn = p->resource[s->by - 1].discipline == DISCIPLINE_FIFO;
        if (!apart || (a->has_batch && !in_turn && !is_smooth_work(s, p->n_classes)))
            return false;
    }
    return true;
}

/* --- all together */

bool desk_supports(const struct pipeline *p)
{
    uint64_t used = pipeline_features(p);
    return !(used & ~FEATURES) && (used & FEATURE(RESOURCES)) && (used & FEATURE(ARRIVALS)) &&
           !asks_ages(p) && at_most_once(p) && loops_have_bounds(p) && means_are_finite(p) &&
           ends_in_time(p) && no_coincidences(p);
}

/* --- its programs */

/* One step, served by the desk alike for all classes, after which every item ships correct. */
static bool is_bare(const struct program *g)
{
    const struct step_plan *s = &g->step[0];
    const struct plan *c = &s->plan[0];
    if (g->n_steps > 1 || s->n_plans > 1 || g->enters_bad || g->can_be_bad || g->has_cost ||
        s->step->n_ways > 0 || s->step->n_given > 0)
        return false;
    const struct route *pass = &g->rules.route[g->rules.exit[0][EXIT_PASS]];
    return !c->uncertain && !c->can_be_late && c->change_below[1] == 0 && c->reject_below[1] == 0 &&
           pass->to == TO_SHIP && (s->kind == STEP_STAGE || s->kind == STEP_REVIEW);
}

/* The edges of the queue program are its routes, those to one place together. */
static void find_edges(struct desk_program *g)
{
    const struct rules *r = &g->items.rules;
    g->edge_of = mem_zero(r->n_routes + 1, sizeof *g->edge_of);
    for (uint32_t i = 0; i < g->items.n_steps; i++) {
        const struct queue_step *q = &g->queue.step[i];
        for (uint32_t k = 0; k < rules_starts(r, i); k++)
            for (int32_t at = rules_start(r, i, k); at >= 0; at = r->route[at].otherwise)
                for (uint32_t e = q->first_edge; e < q->first_edge + q->n_edges; e++)
                    if (g->queue.edge[e].to == r->route[at].to)
                        g->edge_of[at] = e;
    }
}

/* Visits are followed at all steps but those of desks, whose times come with the waits; nobody asks
 * for the spread of attempts. */
static void follow_visits(struct program *g)
{
    for (uint32_t i = 0; i < g->n_steps; i++) {
        g->step[i].timed = !g->step[i].step->by;
        g->step[i].attempt_row = -1;
    }
}

int desk_program_init(struct desk_program *g, const struct pipeline *p, struct error *err)
{
    static const struct dist gap = {.family = DIST_EXPONENTIAL, .a = 1};
    *g = (struct desk_program){0};
    if (program_init(&g->items, p, NULL, err))
        return -1;
    if (queue_program_init(&g->queue, p, err)) {
        program_release(&g->items);
        return -1;
    }
    bool poisson = p->arrivals.kind == ARRIVALS_POISSON || p->arrivals.kind == ARRIVALS_SCHEDULE;
    if (poisson && !p->arrivals.has_batch) {
        g->gap = qtable_new(&gap, err);
        if (!g->gap) {
            desk_program_release(g);
            return -1;
        }
    }
    follow_visits(&g->items);
    find_edges(g);
    g->bare = is_bare(&g->items);
    return 0;
}

void desk_program_release(struct desk_program *g)
{
    program_release(&g->items);
    queue_program_release(&g->queue);
    qtable_free(g->gap);
    mem_free(g->edge_of);
    *g = (struct desk_program){0};
}
