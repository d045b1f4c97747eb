/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The batch engine's units are blocks of LANES items.
 *
 * Where loops have no bound a block may take half a minute: items that only the guard ends make a
 * million visits.  Such blocks are counted apart, so that they can be broken off without a trace:
 * the first one of each thread, and those after one that was long. */
#include "sim/batch.h"

#include "sim/engine.h"

struct state {
    struct program program;
    struct batch **batch; /* [threads] */
    struct tally *tally;  /* [threads] */
    struct tally sum;
    struct tally *apart; /* [threads]; of the block that runs */
    bool *is_long;       /* [threads]: may be, like the one before */
};

enum { LONG_PASSES = 10000 };
enum { FIRST_LOOK = 1 << 14 };

uint64_t batch_features(void)
{
    return FEATURE(HEDGE) | FEATURE(CACHE) | FEATURE(CLASS_RETRY) | FEATURE(NEXT) | FEATURE(WHEN) |
           FEATURE(GIVEN) | FEATURE(BANDS) | FEATURE(THRESHOLD_DIST) | FEATURE(AUDIT);
}

static bool supports(const struct pipeline *p)
{
    return !(pipeline_features(p) & ~batch_features());
}

static const char *trials_word(const struct pipeline *p)
{
    return "items";
}

static uint64_t trials(const struct pipeline *p)
{
    return 1000000;
}

static uint64_t first(const struct pipeline *p, uint64_t asked)
{
    return FIRST_LOOK;
}

static uint64_t most(const struct pipeline *p)
{
    return 10000000000;
}

static int open(struct engine *e, const struct pipeline *p, struct error *err)
{
    struct state *s = mem_zero(1, sizeof *s);
    if (program_init(&s->program, p, e->options.like, err)) {
        mem_free(s);
        return -1;
    }
    e->state = s;
    e->block = LANES;
    uint64_t units = engine_units(e, e->options.trials);
    if (e->options.threads > units)
        e->options.threads = units ? (uint32_t)units : 1;
    s->batch = mem_zero(e->options.threads, sizeof(struct batch *));
    s->tally = mem_zero(e->options.threads, sizeof *s->tally);
    s->apart = mem_zero(e->options.threads, sizeof *s->apart);
    s->is_long = mem_zero(e->options.threads, sizeof *s->is_long);
    for (uint32_t i = 0; i < e->options.threads; i++) {
        s->batch[i] = batch_new(&s->program);
        s->is_long[i] = s->program.rules.has_unbounded;
        tally_init(&s->tally[i], &s->program, !e->options.means_only);
        if (s->is_long[i])
            tally_init(&s->apart[i], &s->program, !e->options.means_only);
    }
    tally_init(&s->sum, &s->program, !e->options.means_only);
    return 0;
}

static void close(struct engine *e)
{
    struct state *s = e->state;
    for (uint32_t i = 0; i < e->options.threads; i++) {
        batch_free(s->batch[i]);
        tally_release(&s->tally[i]);
        if (s->program.rules.has_unbounded)
            tally_release(&s->apart[i]);
    }
    tally_release(&s->sum);
    mem_free(s->batch);
    mem_free(s->tally);
    mem_free(s->apart);
    mem_free(s->is_long);
    program_release(&s->program);
    mem_free(s);
}

static bool unit(struct engine *e, uint32_t worker, uint64_t i, uint64_t n)
{
    struct state *s = e->state;
    struct batch *b = s->batch[worker];
    bool apart = s->is_long[worker];
    struct tally *to = apart ? &s->apart[worker] : &s->tally[worker];
    b->stop = apart ? e->options.stop : NULL;
    bool done = batch_run(b, e->options.seed, 0, i, (uint32_t)n, to);
    if (apart && done)
        tally_merge(&s->tally[worker], to);
    if (apart)
        tally_clear(to);
    s->is_long[worker] = s->program.rules.has_unbounded && b->passes > LONG_PASSES;
    return done;
}

static void merge(struct engine *e)
{
    struct state *s = e->state;
    for (uint32_t i = 0; i < e->options.threads; i++) {
        tally_merge(&s->sum, &s->tally[i]);
        tally_clear(&s->tally[i]);
    }
}

static void clear(struct engine *e)
{
    struct state *s = e->state;
    tally_clear(&s->sum);
}

static void pack(struct engine *e, struct pack *p)
{
    struct state *s = e->state;
    tally_pack(&s->sum, p);
}

static uint64_t count(const struct engine *e)
{
    const struct state *s = e->state;
    uint64_t n = 0;
    for (uint32_t c = 0; c < s->program.n_classes; c++)
        n += s->sum.class[c].n;
    return n;
}

static void fill(const struct engine *e, const struct metrics_options *options, struct result *out)
{
    const struct state *s = e->state;
    metrics_fill(&s->sum, options, out);
}

static void say(const struct engine *e, double level, struct result *out)
{
}

const struct engine_def batch_engine = {
    .name = "batch",
    .supports = supports,
    .trials_word = trials_word,
    .trials = trials,
    .first = first,
    .most = most,
    .open = open,
    .close = close,
    .unit = unit,
    .merge = merge,
    .clear = clear,
    .pack = pack,
    .count = count,
    .fill = fill,
    .say = say,
};
