/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrivals in blocks, and what the items of a bare program are. */
#include "sim/desk.h"

#include "math/multiversion.h"
#include <string.h>

typedef double four __attribute__((vector_size(32), aligned(8), may_alias));
typedef float four_floats __attribute__((vector_size(16), aligned(4), may_alias));

/* v[i] = v[0] + ... + v[i]. */
static inline __attribute__((always_inline)) void add_up(four *v)
{
    const four none = {0};
    *v += __builtin_shufflevector(none, *v, 0, 4, 5, 6);
    *v += __builtin_shufflevector(none, *v, 0, 1, 4, 5);
}

/* now + each * (x[0] + ... + x[i]) for LANES gaps; the last one. */
MULTIVERSION static double sum_up(const float *x, double each, double now, double *to)
{
    for (uint32_t i = 0; i < LANES; i += 8) {
        four a = __builtin_convertvector(*(const four_floats *)(x + i), four) * each;
        four b = __builtin_convertvector(*(const four_floats *)(x + i + 4), four) * each;
        add_up(&a);
        add_up(&b);
        b += a[3];
        *(four *)(to + i) = a + now;
        *(four *)(to + i + 4) = b + now;
        now += b[3];
    }
    return now;
}

MULTIVERSION static void split(const uint64_t *restrict x, uint32_t *restrict low,
                               uint32_t *restrict high)
{
    for (int i = 0; i < LANES; i++) {
        low[i] = (uint32_t)x[i];
        high[i] = (uint32_t)(x[i] >> 32);
    }
}

/* --- a bare program: service and class */

/* Services from the high halves of b->low2. */
static void fill_service(struct desk_sim *s)
{
    sampler_fill(&s->program->items.step[0].plan[0].latency, s->batch->low2, LANES, s->work);
}

/* class[i]: how many of the shares, added up, x[i] is not below; the last one is for all others. */
MULTIVERSION static void choose(const uint64_t *restrict x, const uint64_t *restrict below,
                                uint32_t n_classes, uint16_t *restrict class)
{
    memset(class, 0, LANES * sizeof *class);
    for (uint32_t c = 0; c + 1 < n_classes; c++)
        for (int i = 0; i < LANES; i++)
            class[i] = (uint16_t)(class[i] + (x[i] >= below[c]));
}

static void fill_classes(struct desk_sim *s, uint64_t fill)
{
    const struct program *g = &s->program->items;
    struct rng r;
    if (!s->program->bare || g->n_classes == 1)
        return;
    rng_init(&r, rng_key(s->seed, s->replication, fill, 0, RNG_CLASS));
    rng_fill(&r, s->batch->draw, LANES);
    choose(s->batch->draw, g->class_below, g->n_classes, s->class);
}

/* --- arrivals */

/* Times between them, of mean 1, to b->value.  One number has such a time in its low half and, of a
 * bare program, the service in its high one. */
static void fill_gaps(struct desk_sim *s, uint64_t fill)
{
    struct batch *b = s->batch;
    struct rng r;
    rng_init(&r, rng_key(s->seed, s->replication, fill, UINT32_MAX - 3, RNG_ATTEMPT));
    rng_fill(&r, b->draw, LANES);
    split(b->draw, b->low, b->low2);
    qtable_fill(s->program->gap, b->low, LANES, b->value);
}

static void fill_poisson(struct desk_sim *s)
{
    double each = 1 / s->program->queue.pipeline->arrivals.rate_per_s;
    s->now_s = sum_up(s->batch->value, each, s->now_s, s->arrival);
    s->arrivals = LANES;
}

/* Of a weekly schedule; stops after the first that is too late for anything. */
static void fill_schedule(struct desk_sim *s)
{
    const float *gap = s->batch->value;
    s->arrivals = 0;
    while (s->arrivals < LANES && s->now_s < 2 * s->end_s) {
        s->now_s = arrivals_by_schedule(&s->walk, &s->program->queue, gap[s->arrivals]);
        s->arrival[s->arrivals++] = s->now_s;
    }
}

/* One by one; stops likewise. */
static void fill_walk(struct desk_sim *s)
{
    const struct queue_program *g = &s->program->queue;
    s->arrivals = 0;
    while (s->arrivals < LANES && s->now_s < 2 * s->end_s) {
        if (s->left == 0) {
            s->now_s = arrivals_next(&s->walk, g, s->now_s);
            s->left = arrivals_batch(&s->walk, g);
        }
        s->left--;
        s->arrival[s->arrivals++] = s->now_s;
    }
}

static void fill_numbers(struct desk_sim *s, uint64_t fill)
{
    struct batch *b = s->batch;
    struct rng r;
    rng_init(&r, rng_key(s->seed, s->replication, fill, 0, RNG_ATTEMPT));
    rng_fill(&r, b->draw, LANES);
    split(b->draw, b->low, b->low2);
}

void desk_fill_arrivals(struct desk_sim *s)
{
    uint64_t fill = s->fills++;
    bool bare = s->program->bare;
    if (s->program->gap)
        fill_gaps(s, fill);
    else if (bare)
        fill_numbers(s, fill);
    if (bare)
        fill_service(s);
    if (!s->program->gap)
        fill_walk(s);
    else if (s->program->queue.pipeline->arrivals.kind == ARRIVALS_POISSON)
        fill_poisson(s);
    else
        fill_schedule(s);
    fill_classes(s, fill);
}
