/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The general engine and that of desks: units of work are blocks of items or whole
 * replications, taken by index; each is counted apart and becomes integers when it is closed, so
 * that the merged tally has the same bits on any number of threads. */
#include "sim/queue.h"

#include "sim/desk.h"
#include "sim/engine.h"
#include "sim/queue/metrics.h"
#include "sim/queue/sim.h"

enum {
    BLOCK_MAX = 1024,
    BLOCKS_LEAST = 256,
    BATCHES = 20,
    FIRST_LOOK = 1 << 14,
    REPLICATIONS_LEAST = 20, /* of a first look */
    REPLICATIONS_MAX = 1000000
};
static const uint64_t ITEMS_DEFAULT = 1000000, ITEMS_MAX = 10000000000;

uint64_t queue_features(void)
{
    return FEATURE(HEDGE) | FEATURE(CACHE) | FEATURE(BREAKER) | FEATURE(RETRY_BUDGET) |
           FEATURE(CLASS_RETRY) | FEATURE(NEXT) | FEATURE(WHEN) | FEATURE(GIVEN) | FEATURE(BANDS) |
           FEATURE(THRESHOLD_DIST) | FEATURE(AUDIT) | FEATURE(PARALLEL) | FEATURE(FATIGUE) |
           FEATURE(RESOURCES) | FEATURE(HOURS) | FEATURE(DISCIPLINE) | FEATURE(WAITING_ROOM) |
           FEATURE(PATIENCE) | FEATURE(RATE_LIMIT) | FEATURE(ENVIRONMENTS) | FEATURE(ARRIVALS) |
           FEATURE(BATCH_ARRIVALS) | FEATURE(DEADLINE);
}

static bool supports(const struct pipeline *p)
{
    return (pipeline_features(p) & ~queue_features()) == 0;
}

static uint64_t replications(const struct pipeline *p)
{
    return p->horizon.replications ? p->horizon.replications : 1;
}

bool queue_uses(const struct pipeline *p, uint32_t resource)
{
    for (uint32_t i = 0; i < p->n_steps; i++)
        if (p->step[i].by == resource + 1)
            return true;
    return false;
}

/* Who runs units: one of the two. */
struct worker {
    struct queue_sim *sim;
    struct desk_sim *desk;
    struct queue_tally tally;
};

struct state {
    bool by_desk;
    union {
        struct queue_program queue;
        struct desk_program desk;
    } own;
    const struct queue_program *program; /* in `own` */
    struct worker *worker;               /* [threads] */
    struct queue_tally sum;
};

static int compile(struct state *s, const struct pipeline *p, struct error *err)
{
    if (s->by_desk ? desk_program_init(&s->own.desk, p, err)
                   : queue_program_init(&s->own.queue, p, err))
        return -1;
    s->program = s->by_desk ? &s->own.desk.queue : &s->own.queue;
    return 0;
}

static void forget(struct state *s)
{
    if (s->by_desk)
        desk_program_release(&s->own.desk);
    else
        queue_program_release(&s->own.queue);
}

static void hire(const struct state *s, struct worker *w, uint32_t parts, const atomic_bool *stop)
{
    queue_tally_init(&w->tally, s->program, parts);
    if (s->by_desk) {
        w->desk = desk_sim_new(&s->own.desk);
        w->desk->stop = stop;
    } else {
        w->sim = queue_sim_new(s->program);
        w->sim->stop = stop;
    }
}

static void dismiss(struct worker *w)
{
    desk_sim_free(w->desk);
    queue_sim_free(w->sim);
    queue_tally_release(&w->tally);
}

static bool horizon(struct worker *w, uint64_t seed, uint64_t replication)
{
    return w->desk ? desk_sim_horizon(w->desk, seed, replication, &w->tally)
                   : queue_sim_horizon(w->sim, seed, replication, &w->tally);
}

static bool gave_up(const struct worker *w)
{
    return w->sim && w->sim->guarded_items >= QUEUE_GUARDED_MOST;
}

/* All that the worker has seen is in its tally. */
static void hand_in(struct worker *w)
{
    if (w->desk)
        desk_sim_flush(w->desk, &w->tally);
    queue_tally_flush(&w->tally);
}

static const char *trials_word(const struct pipeline *p)
{
    return p->arrivals.kind != ARRIVALS_NONE ? "replications" : "items";
}

static uint64_t trials(const struct pipeline *p)
{
    return p->arrivals.kind != ARRIVALS_NONE ? replications(p) : ITEMS_DEFAULT;
}

static uint64_t first(const struct pipeline *p, uint64_t asked)
{
    if (p->arrivals.kind == ARRIVALS_NONE)
        return FIRST_LOOK;
    asked = asked ? asked : replications(p);
    return asked > REPLICATIONS_LEAST ? asked : REPLICATIONS_LEAST;
}

static uint64_t most(const struct pipeline *p)
{
    return p->arrivals.kind != ARRIVALS_NONE ? REPLICATIONS_MAX : ITEMS_MAX;
}

/* Replications are units; items come in blocks, of which there are enough for a spread. */
static uint64_t block_of(const struct engine *e, bool timed)
{
    uint64_t block = e->options.trials / BLOCKS_LEAST;
    if (timed)
        return 1;
    return block < 1 ? 1 : block > BLOCK_MAX || e->options.grows ? BLOCK_MAX : block;
}

/* A horizon that is alone is counted in parts. */
static uint32_t parts_of(const struct engine *e, bool timed)
{
    return timed && e->options.trials == 1 ? BATCHES : 1;
}

static int open(struct engine *e, const struct pipeline *p, struct error *err)
{
    struct state *s = mem_zero(1, sizeof *s);
    s->by_desk = e->def == &desk_engine;
    if (compile(s, p, err)) {
        mem_free(s);
        return -1;
    }
    e->state = s;
    e->block = block_of(e, s->program->timed);
    uint64_t units = engine_units(e, e->options.trials);
    if (e->options.threads > units)
        e->options.threads = units ? (uint32_t)units : 1;
    uint32_t parts = e->parts = parts_of(e, s->program->timed);
    s->worker = mem_zero(e->options.threads, sizeof *s->worker);
    queue_tally_init(&s->sum, s->program, parts);
    for (uint32_t i = 0; i < e->options.threads; i++)
        hire(s, &s->worker[i], parts, e->options.stop);
    return 0;
}

static void close(struct engine *e)
{
    struct state *s = e->state;
    for (uint32_t i = 0; i < e->options.threads; i++)
        dismiss(&s->worker[i]);
    queue_tally_release(&s->sum);
    mem_free(s->worker);
    forget(s);
    mem_free(s);
}

static bool unit(struct engine *e, uint32_t worker, uint64_t i, uint64_t n)
{
    struct state *s = e->state;
    struct worker *w = &s->worker[worker];
    if (s->program->timed) {
        bool whole = !atomic_load(&e->endless) && horizon(w, e->options.seed, i);
        if (!whole && gave_up(w))
            atomic_store(&e->endless, true);
        return whole;
    }
    return queue_sim_items(w->sim, e->options.seed, 0, i * e->block, n, &w->tally);
}

static void empty(struct queue_tally *t)
{
    const struct queue_program *g = t->program;
    uint32_t parts = t->n_units;
    queue_tally_release(t);
    queue_tally_init(t, g, parts);
}

static void merge(struct engine *e)
{
    struct state *s = e->state;
    for (uint32_t i = 0; i < e->options.threads; i++) {
        hand_in(&s->worker[i]);
        queue_tally_merge(&s->sum, &s->worker[i].tally);
        empty(&s->worker[i].tally);
    }
}

static void clear(struct engine *e)
{
    struct state *s = e->state;
    empty(&s->sum);
}

static void pack(struct engine *e, struct pack *p)
{
    struct state *s = e->state;
    queue_tally_pack(&s->sum, p);
}

static uint64_t count(const struct engine *e)
{
    const struct state *s = e->state;
    return s->program->timed ? s->sum.observed : s->sum.items;
}

static void fill(const struct engine *e, const struct metrics_options *options, struct result *out)
{
    const struct state *s = e->state;
    queue_metrics(&s->sum, options, out);
}

static void say(const struct engine *e, double level, struct result *out)
{
    const struct state *s = e->state;
    if (s->program->timed)
        queue_curves(&s->sum, level, out);
    queue_warn(&s->sum, out);
}

static int draw(const struct engine_def *def, const struct pipeline *p, uint64_t seed,
                uint64_t replication, uint64_t items, double level, struct result *out,
                struct error *err)
{
    const struct metrics_options brief = {.level = level, .brief = true};
    struct state s = {.by_desk = def == &desk_engine};
    struct worker w = {0};
    int status = 0;
    if (compile(&s, p, err))
        return -1;
    bool timed = s.program->timed;
    hire(&s, &w, timed ? BATCHES : 1, NULL);
    if (timed && !horizon(&w, seed, replication))
        status = engine_endless(err);
    uint64_t block = items / BATCHES < BLOCK_MAX ? items / BATCHES + 1 : BLOCK_MAX;
    for (uint64_t at = 0; !timed && at < items; at += block)
        (void)queue_sim_items(w.sim, seed, replication, at, items - at < block ? items - at : block,
                              &w.tally);
    hand_in(&w);
    if (!status)
        queue_metrics(&w.tally, &brief, out);
    dismiss(&w);
    forget(&s);
    return status;
}

#define GENERAL(its_name, does)                                                                    \
    {                                                                                              \
        .name = its_name, .supports = does, .trials_word = trials_word, .trials = trials,          \
        .first = first, .most = most, .open = open, .close = close, .unit = unit, .merge = merge,  \
        .clear = clear, .pack = pack, .count = count, .fill = fill, .say = say, .draw = draw       \
    }
const struct engine_def queue_engine = GENERAL("queue", supports);
const struct engine_def desk_engine = GENERAL("desk", desk_supports);
