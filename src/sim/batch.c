/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drives the items of a block through the flow: the lowest step at which items wait is visited by
 * all of them at once, so that items sent back catch up before the others are judged further on.
 *
 * Where most of the block is at a step, a pass goes over all lanes under a mask; else over a list
 * of lanes.  Both take each lane's numbers from the same place, so the choice changes nothing.
 *
 * Numbers: a step that items normally reach has a dense stream for each purpose (xoshiro256++, one
 * number for each lane, drawn whether or not the lane is there); every further attempt and visit,
 * and every step off the normal way, uses SplitMix64 by random access at (visit, attempt, lane). */
#include "sim/batch.h"

#include "base/buf.h"
#include <math.h>
#include <string.h>

/* --- the workspace: one piece of memory, laid out twice: to measure it, and to hand it out */

/* Rows of LANES values would otherwise all begin in the same lines of the cache. */
enum { STAGGER = 5 * 64 };

struct layout {
    char *base; /* NULL: measuring */
    size_t used;
};

static void *take(struct layout *l, size_t count, size_t size)
{
    void *p = l->base ? l->base + l->used : NULL;
    l->used += (count * size + 63) / 64 * 64 + STAGGER;
    return p;
}

#define TAKE(field, count) ((field) = take(l, (count), sizeof *(field)))
#define TAKE_ROWS(rows, n)                                                                         \
    do {                                                                                           \
        TAKE(rows, n);                                                                             \
        for (uint32_t r_ = 0; r_ < (n); r_++) {                                                    \
            void *row_ = take(l, LANES, sizeof **(rows));                                          \
            if (l->base)                                                                           \
                (rows)[r_] = row_;                                                                 \
        }                                                                                          \
    } while (0)

static void lay_out_items(struct batch *b, struct layout *l)
{
    const struct program *g = b->program;
    TAKE(b->at, LANES);
    TAKE(b->good, LANES);
    TAKE(b->visits, LANES);
    TAKE(b->reviews, LANES);
    TAKE(b->reviewed_bad, LANES);
    TAKE(b->class, LANES);
    TAKE(b->held, LANES);
    TAKE(b->time, LANES);
    TAKE(b->cost, LANES);
    TAKE(b->visit_time, LANES);
    TAKE_ROWS(b->visit_row, g->n_visit_rows);
    TAKE_ROWS(b->attempt_row, g->n_attempt_rows);
    TAKE_ROWS(b->entry_row, g->n_entry_rows);
    TAKE_ROWS(b->confidence_row, g->n_confidence_rows);
    TAKE_ROWS(b->bad_row, g->n_steps);
    TAKE_ROWS(b->last_row, g->n_last_rows);
    TAKE(b->counters, (size_t)LANES * g->rules.n_counters);
}

static void lay_out_passes(struct batch *b, struct layout *l)
{
    const struct program *g = b->program;
    struct lane_list *lists[] = {&b->first,  &b->retry, &b->again, &b->ok,
                                 &b->failed, &b->split, &b->spare};
    TAKE(b->draw, LANES);
    TAKE(b->dense, LANES);
    TAKE(b->low, LANES);
    TAKE(b->low2, LANES);
    TAKE(b->high, LANES);
    TAKE(b->here, LANES);
    TAKE(b->late, LANES);
    TAKE(b->never, LANES);
    TAKE(b->value, LANES);
    TAKE(b->value2, LANES);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        TAKE(lists[i]->lane, LANES);
    TAKE(b->pick, LANES);
    TAKE(b->pending, g->n_steps);
    for (uint32_t i = 0; i < g->n_steps; i++) {
        uint16_t *lane = take(l, LANES, sizeof *lane);
        if (l->base)
            b->pending[i].lane = lane;
    }
    TAKE(b->waiting, g->n_steps);
    TAKE(b->listed, g->n_steps);
    TAKE(b->begun, g->n_steps);
    TAKE(b->asked_confidence, g->n_steps);
    TAKE(b->asked_visits, g->n_steps);
}

static void fill_good(struct batch *b)
{
    for (uint32_t i = 0; i < LANES; i++)
        b->good[i] = 1;
}

struct batch *batch_new(const struct program *g)
{
    struct batch *b = mem_zero(1, sizeof *b);
    struct layout l = {NULL, 0};
    b->program = g;
    lay_out_items(b, &l);
    lay_out_passes(b, &l);
    b->memory = mem_aligned(64, l.used);
    memset(b->memory, 0, l.used);
    l = (struct layout){b->memory, 0};
    lay_out_items(b, &l);
    lay_out_passes(b, &l);
    fill_good(b);
    return b;
}

void batch_free(struct batch *b)
{
    if (b)
        mem_free(b->memory);
    mem_free(b);
}

void batch_rebind(struct batch *b, const struct program *g)
{
    const struct program *old = b->program;
    if (g->n_steps != old->n_steps || g->n_visit_rows != old->n_visit_rows ||
        g->n_attempt_rows != old->n_attempt_rows || g->n_entry_rows != old->n_entry_rows ||
        g->n_confidence_rows != old->n_confidence_rows || g->n_last_rows != old->n_last_rows ||
        g->rules.n_counters != old->rules.n_counters)
        BUG("a batch can serve programs of one shape only");
    b->program = g;
    fill_good(b);
}

/* --- numbers */

static void fill_dense(struct batch *b, uint64_t key, uint64_t *out)
{
    struct rng r;
    rng_init(&r, key);
    rng_fill(&r, out, LANES);
}

static bool all_lanes_in_order(const uint16_t *lane, uint32_t n)
{
    if (n < LANES)
        return false;
    for (uint32_t k = 0; k < LANES; k++)
        if (lane[k] != k)
            return false;
    return true;
}

/* visit in 0.. below 2^20, attempt in 0.. below 2^24, lane below 2^10. */
static uint64_t sparse_index(uint32_t visit, uint32_t attempt, uint32_t lane)
{
    return (uint64_t)visit << 34 | (uint64_t)attempt << 10 | lane;
}

void batch_draw(struct batch *b, uint32_t step, enum rng_purpose purpose, uint32_t attempt,
                const uint16_t *lane, uint32_t n, uint64_t *out)
{
    const struct step_plan *s = &b->program->step[step];
    const int32_t *visits = s->visit_row >= 0 ? b->visit_row[s->visit_row] : NULL;
    uint64_t key = rng_key(b->seed, b->replication, b->block, step, purpose);
    bool dense = s->dense && attempt == 0, any_first = !visits;

    for (uint32_t k = 0; dense && !any_first && k < n; k++)
        any_first = visits[lane[k]] == 1;
    dense = dense && any_first;
    if (dense && !visits && all_lanes_in_order(lane, n)) {
        fill_dense(b, key, out);
        return;
    }
    if (dense)
        fill_dense(b, key, b->dense);
    for (uint32_t k = 0; k < n; k++) {
        uint32_t visit = visits ? (uint32_t)visits[lane[k]] - 1 : 0;
        out[k] = dense && visit == 0 ? b->dense[lane[k]]
                                     : rng_at(key, sparse_index(visit, attempt, lane[k]));
    }
}

void batch_draw_once(struct batch *b, uint32_t step, enum rng_purpose purpose, const uint16_t *lane,
                     uint32_t n, uint64_t *out)
{
    uint64_t key = rng_key(b->seed, b->replication, b->block, step, purpose);
    bool dense = b->program->step[step].dense;
    if (dense)
        fill_dense(b, key, b->dense);
    for (uint32_t k = 0; k < n; k++)
        out[k] = dense ? b->dense[lane[k]] : rng_at(key, sparse_index(0, 0, lane[k]));
}

void sampler_fill(const struct sampler *s, const uint32_t *low, uint32_t n, float *out)
{
    if (s->table) {
        qtable_fill(s->table, low, n, out);
        return;
    }
    for (uint32_t k = 0; k < n; k++)
        out[k] = (float)s->value;
}

/* --- a block */

static void clear_rows(int32_t **row, uint32_t n)
{
    for (uint32_t r = 0; r < n; r++)
        memset(row[r], 0, LANES * sizeof *row[r]);
}

static void clear_items(struct batch *b)
{
    const struct program *g = b->program;
    memset(b->visits, 0, LANES * sizeof *b->visits);
    memset(b->time, 0, LANES * sizeof *b->time);
    if (g->has_cost)
        memset(b->cost, 0, LANES * sizeof *b->cost);
    if (g->has_review) {
        memset(b->reviews, 0, LANES * sizeof *b->reviews);
        memset(b->reviewed_bad, 0, LANES * sizeof *b->reviewed_bad);
    }
    clear_rows(b->visit_row, g->n_visit_rows);
    clear_rows(b->attempt_row, g->n_attempt_rows);
    for (uint32_t r = 0; r < g->n_confidence_rows; r++)
        for (uint32_t i = 0; i < LANES; i++)
            b->confidence_row[r][i] = NAN;
    for (uint32_t r = 0; r < g->n_last_rows; r++)
        memset(b->last_row[r], LAST_NEVER, LANES * sizeof *b->last_row[r]);
    for (uint32_t i = 0; g->can_be_bad && i < g->n_steps; i++)
        memset(b->bad_row[i], 0, LANES * sizeof *b->bad_row[i]);
    memset(b->counters, 0, (size_t)LANES * g->rules.n_counters * sizeof *b->counters);
    memset(b->waiting, 0, g->n_steps * sizeof *b->waiting);
    memset(b->listed, 0, g->n_steps * sizeof *b->listed);
    memset(b->begun, 0, g->n_steps * sizeof *b->begun);
}

/* Classes and the quality on entry, drawn before the first step (whose index the keys carry). */
static void enter_items(struct batch *b)
{
    const struct program *g = b->program;
    lanes_enter(b->n_items, b->at);
    if (g->can_be_bad)
        fill_good(b);
    if (g->n_classes > 1) {
        fill_dense(b, rng_key(b->seed, b->replication, b->block, 0, RNG_CLASS), b->dense);
        for (uint32_t i = 0; i < LANES; i++) {
            uint16_t c = 0;
            while (b->dense[i] >= g->class_below[c] && c + 1u < g->n_classes)
                c++;
            b->class[i] = c;
        }
    }
    if (g->enters_bad) {
        fill_dense(b, rng_key(b->seed, b->replication, b->block, 0, RNG_QUALITY), b->dense);
        for (uint32_t i = 0; i < LANES; i++)
            b->good[i] = b->dense[i] >= g->bad_below[b->class[i]];
    }
    b->waiting[0] = b->n_items;
}

void batch_start(struct batch *b, uint64_t seed, uint64_t replication, uint64_t block, uint32_t n,
                 bool sampled, struct tally *out)
{
    b->seed = seed;
    b->replication = replication;
    b->block = block;
    b->n_items = n;
    b->sampled = sampled;
    b->tally = out;
    clear_items(b);
    enter_items(b);
}

uint32_t batch_next(const struct batch *b)
{
    uint32_t i = 0;
    while (i < b->program->n_steps && b->waiting[i] == 0)
        i++;
    return i;
}

bool batch_run(struct batch *b, uint64_t seed, uint64_t replication, uint64_t block, uint32_t n,
               struct tally *out)
{
    uint32_t i;
    batch_start(b, seed, replication, block, n, block % SAMPLE_EVERY == 0, out);
    for (b->passes = 0; (i = batch_next(b)) < b->program->n_steps; b->passes++) {
        if (b->stop && atomic_load(b->stop))
            return false;
        batch_visit(b, i);
    }
    batch_count(b);
    return true;
}
