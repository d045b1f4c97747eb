/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A horizon: arrivals in blocks that never reach over the end of a unit of time, each block through
 * the flow, those who came to a desk into its line, and the line served as far as is certain.
 *
 * The last arrival of a block is the mark up to which it is: who arrives later can reach no desk
 * before.  After the end others arrive until that mark has passed the last of the cohort to reach a
 * desk, and nobody of it is where others may overtake him, or as much time again has passed. */
#include "sim/desk.h"

#include "sim/queue/sim.h"
#include <math.h>
#include <string.h>

static const double GUARD_LEAST_S = 52.0 * WEEK_S;

/* --- life */

static const struct pipeline *pipeline_of(const struct desk_sim *s)
{
    return s->program->queue.pipeline;
}

struct desk_sim *desk_sim_new(const struct desk_program *g)
{
    const struct pipeline *p = g->queue.pipeline;
    struct desk_sim *s = mem_aligned(64, sizeof *s);
    memset(s, 0, sizeof *s);
    s->program = g;
    s->batch = batch_new(&g->items);
    tally_init(&s->counts, &g->items, false);
    s->line = mem_zero(p->n_resources + 1, sizeof *s->line);
    s->seen = mem_zero(p->n_resources + 1, sizeof *s->seen);
    for (uint32_t r = 0; r < p->n_resources; r++)
        desk_line_init(&s->line[r], p, r);
    customers_room(&s->chunk, LANES);
    customers_room(&s->left_desk, LANES);
    customers_room(&s->alike, LANES);
    return s;
}

static void seen_release(struct desk_sim *s)
{
    for (uint32_t r = 0; r < pipeline_of(s)->n_resources; r++) {
        mem_free(s->seen[r].inside_at);
        mem_free(s->seen[r].waiting);
        mem_free(s->seen[r].inside);
        mem_free(s->seen[r].open_s);
        mem_free(s->seen[r].closed_work_s);
        s->seen[r] = (struct desk_clock){0};
    }
}

void desk_sim_free(struct desk_sim *s)
{
    if (!s)
        return;
    seen_release(s);
    for (uint32_t r = 0; r < pipeline_of(s)->n_resources; r++)
        desk_line_release(&s->line[r]);
    customers_release(&s->chunk);
    customers_release(&s->left_desk);
    customers_release(&s->alike);
    tally_release(&s->counts);
    batch_free(s->batch);
    mem_free(s->line);
    mem_free(s->seen);
    mem_free(s);
}

void desk_sim_flush(struct desk_sim *s, struct queue_tally *t)
{
    struct sketch *to = &t->step[0].visits.sketch;
    for (uint32_t c = 0; s->program->bare && c < s->program->items.n_classes; c++) {
        const struct sketch *from = &t->class[c].shipped.sketch;
        if (!from->hot)
            continue;
        if (!to->hot)
            sketch_init(to);
        sketch_merge(to, from);
    }
    for (int k = 0; k < VISIT_QUANTILES; k++)
        moments_merge(&t->step[0].spread[k], &t->spread[SPREAD_SHIPPED + k]);
}

/* --- arrivals */

/* Is somebody of the cohort where one who arrives now may be served before him? */
static bool may_be_overtaken(const struct desk_sim *s)
{
    for (uint32_t r = 0; r < pipeline_of(s)->n_resources; r++) {
        const struct desk_order *o = s->line[r].order;
        if (o && o->overtakes && o->cohort > 0)
            return true;
    }
    return false;
}

/* False: nobody arrives any more who could matter. */
static bool somebody_arrives(struct desk_sim *s)
{
    if (s->next == s->arrivals) {
        s->next = s->arrivals = 0;
        desk_fill_arrivals(s);
    }
    if (s->next == s->arrivals)
        return false;
    double at = s->arrival[s->next];
    return at < 2 * s->end_s && (at < s->end_s || at < s->last_reach_s || may_be_overtaken(s));
}

/* --- a block */

/* Those who wait at a desk's step: where and when they reach it. */
static uint32_t note_reach(struct desk_sim *s, uint32_t step, uint16_t *lane)
{
    const struct batch *b = s->batch;
    uint32_t n = b->waiting[step], m = 0;
    if (b->listed[step]) {
        memcpy(lane, b->pending[step].lane, n * sizeof *lane);
    } else {
        for (uint32_t i = 0; i < LANES && m < n; i++) {
            lane[m] = (uint16_t)i;
            m += b->at[i] == (int32_t)step;
        }
    }
    for (uint32_t k = 0; k < n; k++) {
        s->reach[lane[k]] = b->time[lane[k]];
        s->desk[lane[k]] = pipeline_of(s)->step[step].by;
        s->step[lane[k]] = step;
        s->batch->held[lane[k]] = 1;
    }
    return n;
}

static void run_flow(struct desk_sim *s, uint32_t n)
{
    struct batch *b = s->batch;
    uint16_t lane[LANES];
    uint32_t i, n_steps = s->program->items.n_steps;
    bool sampled = s->unit < s->tally->n_units && s->unit_blocks % SAMPLE_EVERY == 0;
    batch_start(b, s->seed, s->replication, s->block, n, sampled, &s->counts);
    memset(b->held, 0, LANES * sizeof *b->held);
    while ((i = batch_next(b)) < n_steps) {
        bool desk = pipeline_of(s)->step[i].by > 0;
        uint32_t m = desk ? note_reach(s, i, lane) : 0;
        batch_visit(b, i);
        for (uint32_t k = 0; k < m; k++)
            s->service[lane[k]] = b->time[lane[k]] - s->reach[lane[k]];
    }
}

/* The customers of a block go to their lines. */
static void join_lines(struct desk_sim *s, const double *arrival, uint32_t n)
{
    const struct batch *b = s->batch;
    bool several = b->program->n_classes > 1, counts = s->unit < s->tally->n_units;
    for (uint32_t r = 0; r < pipeline_of(s)->n_resources; r++)
        customers_room(&s->line[r].pool, n);
    for (uint32_t i = 0; i < n; i++) {
        if (!b->held[i])
            continue;
        struct customers *c = &s->line[s->desk[i] - 1].pool;
        double reach = arrival[i] + s->reach[i];
        c->reach[c->n] = reach;
        c->service[c->n] = s->service[i];
        c->arrive[c->n] = arrival[i];
        c->took[c->n] = b->time[i];
        c->kind[c->n++] =
            desk_kind(s->unit, several ? b->class[i] : 0, s->step[i], desk_end_of(b, i));
        s->last_reach_s = counts && reach > s->last_reach_s ? reach : s->last_reach_s;
    }
}

static void run_bare(struct desk_sim *s, double *arrival, uint32_t n)
{
    const struct step *step = s->program->items.step[0].step;
    uint32_t end = class_end(ITEM_SHIPPED, true, step->kind == STEP_REVIEW, false);
    struct customers c = {.n = n,
                          .reach = arrival,
                          .service = s->service,
                          .arrive = arrival,
                          .took = s->service,
                          .same = desk_kind(s->unit, 0, 0, end)};
    size_t first = (size_t)(arrival - s->arrival);
    if (s->program->items.n_classes > 1) {
        c.kind = s->kind;
        for (uint32_t i = 0; i < n; i++)
            s->kind[i] = desk_kind(s->unit, s->class[first + i], 0, end);
    }
    desk_count_bare(s, s->work + first, s->class + first, n);
    if (s->unit < s->tally->n_units)
        s->last_reach_s = arrival[n - 1];
    desk_line_serve_now(s, step->by - 1, &c);
}

static void run_block(struct desk_sim *s, double *arrival, uint32_t n)
{
    if (s->program->bare) {
        run_bare(s, arrival, n);
    } else {
        run_flow(s, n);
        join_lines(s, arrival, n);
        if (s->unit < s->tally->n_units)
            desk_count_block(s, arrival);
        for (uint32_t r = 0; r < pipeline_of(s)->n_resources; r++)
            desk_line_serve(s, r, arrival[n - 1], false);
    }
    s->block++;
    s->unit_blocks++;
}

/* --- the horizon */

static void clear_clock(const struct desk_sim *s, struct desk_clock *c, uint32_t resource)
{
    const struct queue_tally *t = s->tally;
    if (!c->inside_at) {
        struct calendar hours;
        calendar_start(&hours, &pipeline_of(s)->resource[resource],
                       pipeline_of(s)->horizon.starts_s);
        c->inside_at = mem_zero(t->n_units + 1, sizeof *c->inside_at);
        c->waiting = mem_zero(t->n_instants + 1, sizeof *c->waiting);
        c->inside = mem_zero(t->n_instants + 1, sizeof *c->inside);
        c->open_s = mem_zero(t->n_units, sizeof *c->open_s);
        c->closed_work_s = mem_zero(t->n_units, sizeof *c->closed_work_s);
        for (uint32_t u = 0; u < t->n_units; u++)
            c->open_s[u] = calendar_open_s(&hours, desk_begin_of(s, u), desk_begin_of(s, u + 1));
    }
    memset(c->inside_at, 0, (t->n_units + 1) * sizeof *c->inside_at);
    memset(c->waiting, 0, (t->n_instants + 1) * sizeof *c->waiting);
    memset(c->inside, 0, (t->n_instants + 1) * sizeof *c->inside);
    memset(c->closed_work_s, 0, t->n_units * sizeof *c->closed_work_s);
}

static void start(struct desk_sim *s, struct queue_tally *t)
{
    const struct pipeline *p = pipeline_of(s);
    const struct horizon *h = &p->horizon;
    if (!s->tally || s->tally->n_units != t->n_units || s->tally->n_instants != t->n_instants)
        seen_release(s);
    s->tally = t;
    s->batch->clocked = t->step;
    s->start_s = h->warmup_s;
    s->end_s = h->warmup_s + h->length_s;
    s->unit_s = h->length_s / t->n_units;
    s->guard_s = 2 * s->end_s + fmax(s->end_s, GUARD_LEAST_S);
    s->unit = t->n_units;
    s->block = s->unit_blocks = s->fills = 0;
    s->last_reach_s = s->now_s = 0;
    s->arrivals = s->next = s->left = 0;
    arrivals_start(&s->walk, &s->program->queue, s->seed, s->replication);
    for (uint32_t r = 0; r < p->n_resources; r++) {
        desk_line_clear(&s->line[r]);
        clear_clock(s, &s->seen[r], r);
    }
}

/* How many arrivals from the next one on belong to one unit of time. */
static uint32_t take_block(struct desk_sim *s)
{
    double at = s->arrival[s->next];
    uint32_t unit = desk_unit_at(s, at), n = 1, left = s->arrivals - s->next;
    double until = unit < s->tally->n_units ? desk_begin_of(s, unit + 1)
                   : at < s->start_s        ? s->start_s
                                            : 2 * s->end_s;
    if (unit != s->unit) {
        desk_end_unit(s);
        s->unit = unit;
        s->unit_blocks = 0;
    }
    if (s->arrival[s->arrivals - 1] < until)
        return left;
    while (n < left && s->arrival[s->next + n] < until)
        n++;
    return n;
}

/* The replication event by event, because somebody is still inside when the guard strikes. */
static bool by_events(struct desk_sim *s)
{
    struct queue_sim *sim = queue_sim_new(&s->program->queue);
    struct queue_tally t;
    sim->stop = s->stop;
    queue_tally_init(&t, &s->program->queue, s->tally->n_units);
    bool whole = queue_sim_horizon(sim, s->seed, s->replication, &t);
    if (s->program->bare && t.step[0].visits.sketch.hot) { /* see desk_sim_flush */
        sketch_clear(&t.step[0].visits.sketch);
        memset(t.step[0].spread, 0, sizeof t.step[0].spread);
    }
    queue_tally_merge(s->tally, &t);
    queue_tally_release(&t);
    queue_sim_free(sim);
    return whole;
}

/* Nothing of the replication is counted. */
static void break_off(struct desk_sim *s)
{
    desk_end_unit(s);
    s->tally->endless = s->endless;
    queue_tally_drop(s->tally);
}

bool desk_sim_horizon(struct desk_sim *s, uint64_t seed, uint64_t replication,
                      struct queue_tally *t)
{
    s->seed = seed;
    s->replication = replication;
    start(s, t);
    s->endless = t->endless;
    s->beyond_guard = false;
    while (somebody_arrives(s)) {
        uint32_t n = take_block(s);
        run_block(s, s->arrival + s->next, n);
        s->next += n;
        if (s->stop && atomic_load(s->stop)) {
            break_off(s);
            return false;
        }
    }
    desk_end_unit(s);
    for (uint32_t r = 0; r < pipeline_of(s)->n_resources; r++)
        desk_line_serve(s, r, INFINITY, true);
    if (s->beyond_guard) {
        break_off(s);
        return by_events(s);
    }
    desk_count_horizon(s);
    for (uint32_t u = 0; u < t->n_units; u++)
        queue_tally_close(t, u);
    queue_tally_drop(t);
    return true;
}
