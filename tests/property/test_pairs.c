/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features of timed pipelines in pairs, where simulators break: over random pipelines that hold
 * both of a pair, nobody is lost (whoever arrived has ended, or is unfinished), nothing is kept (at
 * the end every server is free, no line, no slot, no event of an item is left), time never runs
 * backwards (an event set into the past ends the program), and any count of threads gives the same
 * numbers.  A failure prints the seed and the pipeline. */
#include "math/gsl_guard.h"
#include "math/rng.h"
#include "model/scenario.h"
#include "sim/engine.h"
#include "sim/queue.h"
#include "sim/queue_sim.h"
#include "sim/run.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

enum { SEEDS = 6 };

/* --- features that a random pipeline can be told to hold */
enum feature {
    HAS_TIMEOUT = 1,
    HAS_PREEMPTION = 2,
    HAS_SHIFTS = 4,
    HAS_INTERRUPT = 8,
    HAS_HEDGE = 16,
    HAS_RETRY = 32,
    HAS_BUDGET = 64,
    HAS_WEATHER = 128,
    HAS_PATIENCE = 256,
    HAS_REWORK = 512,
    HAS_ROOM = 1024,
    HAS_BREAKER = 2048,
    HAS_RATE = 4096,
    HAS_PARALLEL = 8192,
    HAS_DEADLINE = 16384,
    HAS_BATCH = 32768,
    HAS_AUDIT = 65536,
    HAS_CLASSES = 131072,
    HAS_ALL = 262143
};

struct pair {
    const char *name;
    uint32_t both;
};
static const struct pair pairs[] = {
    {"timeout x preemption",          HAS_TIMEOUT | HAS_PREEMPTION             },
    {"timeout x shift end",           HAS_TIMEOUT | HAS_SHIFTS | HAS_INTERRUPT },
    {"timeout x hedge",               HAS_TIMEOUT | HAS_HEDGE                  },
    {"retry x shift end",             HAS_RETRY | HAS_SHIFTS                   },
    {"retry x retry budget",          HAS_RETRY | HAS_BUDGET                   },
    {"retry x environment",           HAS_RETRY | HAS_WEATHER                  },
    {"patience x preemption",         HAS_PATIENCE | HAS_PREEMPTION            },
    {"patience x rework",             HAS_PATIENCE | HAS_REWORK                },
    {"patience x shift end",          HAS_PATIENCE | HAS_SHIFTS | HAS_INTERRUPT},
    {"full waiting room x rework",    HAS_ROOM | HAS_REWORK                    },
    {"hedge x breaker",               HAS_HEDGE | HAS_BREAKER                  },
    {"hedge x rate limit",            HAS_HEDGE | HAS_RATE                     },
    {"breaker x environment",         HAS_BREAKER | HAS_WEATHER                },
    {"parallel x timeout",            HAS_PARALLEL | HAS_TIMEOUT               },
    {"parallel x shared resource",    HAS_PARALLEL                             },
    {"loop x deadline",               HAS_REWORK | HAS_DEADLINE                },
    {"priority x batch arrivals",     HAS_CLASSES | HAS_BATCH                  },
    {"audit x review overload",       HAS_AUDIT                                },
    {"class x every one",             HAS_ALL                                  },
    {"preemption x shift x room",     HAS_PREEMPTION | HAS_SHIFTS | HAS_ROOM   },
    {"hedge x patience x deadline",   HAS_HEDGE | HAS_PATIENCE | HAS_DEADLINE  },
    {"parallel x deadline x hedge",   HAS_PARALLEL | HAS_DEADLINE | HAS_HEDGE  },
    {"parallel x patience x breaker", HAS_PARALLEL | HAS_PATIENCE | HAS_BREAKER},
};
enum { PAIRS = sizeof pairs / sizeof *pairs };

struct making {
    struct rng_seq rng;
    uint32_t has;
    struct buf *to;
};

static uint64_t below(struct making *m, uint64_t n)
{
    return rng_below(&m->rng, n);
}

static const char *one_of(struct making *m, const char *const *of, uint64_t n)
{
    return of[below(m, n)];
}
#define PICK(m, ...)                                                                               \
    one_of(m, (const char *const[]){__VA_ARGS__},                                                  \
           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static bool has(const struct making *m, enum feature f)
{
    return m->has & f;
}

/* The parts that any step with attempts may have; `pad` indents. */
static void make_attempts(struct making *m, const char *pad)
{
    buf_printf(m->to, "%serror: %s\n%swrong: %s\n%slatency: %s\n", pad, PICK(m, "5%", "20%", "40%"),
               pad, PICK(m, "0%", "10%"), pad,
               PICK(m, "10m", "{exponential: {mean: 10m}}", "{lognormal: {p50: 6m, p95: 30m}}"));
    if (has(m, HAS_TIMEOUT))
        buf_printf(m->to, "%stimeout: %s\n", pad, PICK(m, "8m", "10m", "20m"));
    if (has(m, HAS_HEDGE))
        buf_printf(m->to, "%shedge: {after: %s, copies: %s}\n", pad, PICK(m, "0s", "3m", "10m"),
                   PICK(m, "1", "2"));
    if (has(m, HAS_RETRY))
        buf_printf(m->to, "%sretry: {attempts: %s, backoff: {initial: %s, jitter: %s}%s}\n", pad,
                   PICK(m, "2", "4"), PICK(m, "0s", "30s", "1h"), PICK(m, "none", "full"),
                   !has(m, HAS_BUDGET) ? "" : PICK(m, ", budget: 10%", ", budget: 2/h"));
    if (has(m, HAS_BREAKER))
        buf_printf(m->to, "%sbreaker: {failures: %s, window: 1h, calls: %s, open_for: %s}\n", pad,
                   PICK(m, "20%", "50%"), PICK(m, "1", "5"), PICK(m, "1m", "2h"));
}

static void make_flow(struct making *m)
{
    buf_puts(m->to, "flow:\n  - stage: first\n    by: pool\n");
    make_attempts(m, "    ");
    buf_printf(m->to, "    fallback: %s\n", PICK(m, "fail", "skip", "desk"));
    buf_puts(m->to, "    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n");
    if (has(m, HAS_PARALLEL)) {
        buf_printf(m->to,
                   "  - parallel: many\n    copies: 3\n    join: %s\n    fallback: %s\n"
                   "    branch:\n      - stage: one\n        by: %s\n",
                   PICK(m, "all", "any", "2 of 3", "vote 2 of 3", "majority", "best"),
                   PICK(m, "fail", "skip"), PICK(m, "pool", "team"));
        make_attempts(m, "        ");
        buf_puts(m->to,
                 "      - stage: two\n        error: 10%\n        latency: 2m\n"
                 "        confidence: {good: {beta: {a: 5, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n");
    }
    if (has(m, HAS_REWORK))
        buf_printf(m->to,
                   "  - check: critic\n    sensitivity: 80%%\n    specificity: 70%%\n"
                   "    latency: %s\n    on_reject: {goto: first, at_most: %s, then: %s}\n",
                   PICK(m, "0s", "1m"), PICK(m, "2", "5", "unbounded"),
                   PICK(m, "reject", "desk", "ship"));
    buf_printf(m->to, "  - gate: sure\n    threshold: %s\n    above: ship\n    below: desk\n",
               PICK(m, "70%", "90%", "99%"));
    if (has(m, HAS_AUDIT))
        buf_printf(m->to, "    audit: {share: 30%%, by: desk, design: %s}\n",
                   PICK(m, "uniform", "near_threshold"));
    buf_printf(m->to,
               "  - review: desk\n    by: team\n    sensitivity: 90%%\n    specificity: 95%%\n"
               "    fixes: 40%%\n    latency: %s\n",
               PICK(m, "{exponential: {mean: 15m}}", "12m"));
    if (has(m, HAS_REWORK))
        buf_puts(m->to, "    on_reject: {goto: first, at_most: 1, then: reject}\n");
}

static void make_resource(struct making *m, const char *name)
{
    buf_printf(m->to, "  %s: {servers: %s", name, PICK(m, "1", "2", "4"));
    if (has(m, HAS_PREEMPTION))
        buf_puts(m->to, ", discipline: preemptive");
    else
        buf_printf(m->to, ", discipline: %s",
                   PICK(m, "fifo", "lifo", "priority", "deadline", "shortest"));
    if (has(m, HAS_SHIFTS))
        buf_printf(m->to, ", hours: %s, at_close: %s",
                   PICK(m, "\"mon-sun 08:00-16:00\"", "\"mon-fri 09:00-12:00\"",
                        "\"mon-sun 00:00-24:00\""),
                   has(m, HAS_INTERRUPT) ? "interrupt" : PICK(m, "interrupt", "finish"));
    if (has(m, HAS_ROOM))
        buf_printf(m->to, ", waiting_room: %s, when_full: %s", PICK(m, "0", "1", "5"),
                   PICK(m, "reject", "skip", "fail"));
    if (has(m, HAS_PATIENCE))
        buf_printf(m->to, ", patience: %s",
                   PICK(m, "{exponential: {mean: 20m}}", "15m", "{exponential: {mean: 1d}}"));
    buf_puts(m->to, "}\n");
}

static void make_shared(struct making *m)
{
    buf_puts(m->to, "resources:\n");
    if (has(m, HAS_RATE))
        buf_printf(m->to, "  pool: {rate: %s, burst: %s}\n", PICK(m, "4/h", "10/h"),
                   PICK(m, "1", "3"));
    else
        make_resource(m, "pool");
    make_resource(m, "team");
    if (has(m, HAS_WEATHER))
        buf_printf(m->to,
                   "environments:\n  provider:\n    up: {lasts: {exponential: {mean: 1d}}}\n"
                   "    down: {lasts: %s, steps: {first: {error: 90%%}}}\n",
                   PICK(m, "{lognormal: {p50: 1h, p95: 5h}}", "2h"));
}

static void make_pipeline(uint32_t features, uint64_t seed, struct buf *to)
{
    struct making m = {
        {rng_key(seed, features, 0, 0, RNG_SPLIT), 0},
        features, to
    };
    m.has |= (uint32_t)(rng_next(&m.rng) & rng_next(&m.rng)) & HAS_ALL; /* a quarter of the rest */
    if (features == HAS_RATE || (features & HAS_PREEMPTION))
        m.has |= HAS_CLASSES;
    buf_printf(to, "seam: 1\narrivals: {poisson: %s%s}\n", PICK(&m, "2/h", "5/h"),
               has(&m, HAS_BATCH) ? ", batch: {discrete: {values: [1, 2, 9], weights: [0.5, 0.4, "
                                    "0.1]}}"
                                  : "");
    buf_puts(to, "horizon: {warmup: 2d, length: 14d, replications: 2, observe: 1d}\n");
    if (has(&m, HAS_CLASSES))
        buf_puts(to, "classes:\n  hot: {share: 30%, priority: 1}\n  cold: {share: 50%, priority: "
                     "2}\n  rest: {share: 20%}\n");
    if (has(&m, HAS_DEADLINE))
        buf_printf(to, "deadline: %s\n", PICK(&m, "20m", "2h", "1d"));
    make_flow(&m);
    make_shared(&m);
}

/* --- what must hold */

static double total(const struct queue_tally *t, const struct pair_def *defs, uint32_t n,
                    enum pair_list list, uint32_t row, uint32_t y)
{
    for (uint32_t k = 0; k < n; k++)
        if (defs[k].y == y)
            return ldexp((double)t->pair[tally_pair(t, list, row, k)].y, -40);
    fail_msg("sum %u is in no ratio", y);
    return 0;
}

static double of_items(const struct queue_tally *t, uint32_t y)
{
    return total(t, class_pairs, n_class_pairs, PAIRS_CLASS, tally_all(t->program), y);
}

static void nobody_is_lost(const struct queue_tally *t, const char *text)
{
    double ended = of_items(t, CLASS_CORRECT) + of_items(t, CLASS_WRONG) +
                   of_items(t, CLASS_REJECTED) + of_items(t, CLASS_FAILED) +
                   of_items(t, CLASS_ABANDONED) + of_items(t, CLASS_UNFINISHED);
    if (t->items == 0 || ended != (double)t->items)
        fail_msg("%llu arrived, %g ended\n%s", (unsigned long long)t->items, ended, text);
    if (of_items(t, CLASS_SHIPPED) != of_items(t, CLASS_CORRECT) + of_items(t, CLASS_WRONG))
        fail_msg("shipped is not correct and wrong\n%s", text);
    for (uint32_t i = 0; i < t->program->n_steps; i++) {
        double answers = 0,
               attempts = total(t, step_pairs, n_step_pairs, PAIRS_STEP, i, STEP_ATTEMPTS);
        static const uint32_t ends[] = {STEP_END_OK, STEP_END_WRONG, STEP_END_ERROR,
                                        STEP_END_MALFORMED, STEP_END_LATE};
        for (int k = 0; k < 5; k++)
            answers += total(t, step_pairs, n_step_pairs, PAIRS_STEP, i, ends[k]);
        if (answers > attempts)
            fail_msg("step %u: %g answers to %g attempts\n%s", i, answers, attempts, text);
    }
    for (uint32_t r = 0; r < t->program->pipeline->n_resources; r++) {
        double served = total(t, desk_pairs, n_desk_pairs, PAIRS_DESK, r, DESK_BUSY);
        if (!(served >= 0))
            fail_msg("resource %u was busy for %g s\n%s", r, served, text);
    }
}

static void nothing_is_kept(const struct queue_sim *s, const char *text)
{
    uint32_t paths = 0, calls = 0, items = 0;
    for (uint32_t r = 0; r < s->program->pipeline->n_resources; r++)
        if (s->desk[r].busy || s->desk[r].waiting)
            fail_msg("resource %u: %u busy, %u wait\n%s", r, s->desk[r].busy, s->desk[r].waiting,
                     text);
    for (uint32_t i = 0; i < s->path_used; i++)
        paths += s->path[i].phase != PHASE_FREE;
    for (uint32_t i = 0; i < s->call_used; i++)
        calls += s->call[i].state != CALL_FREE;
    for (uint32_t i = 0; i < s->item_used; i++)
        items += s->item[i].live;
    if (paths || calls || items || s->items_inside || s->cohort_inside)
        fail_msg("%u paths, %u calls, %u items are left\n%s", paths, calls, items, text);
    for (uint32_t i = s->clock.hole; i < s->clock.n; i++)
        if ((uint32_t)s->clock.heap[i] % OWNER_KINDS != OWNER_OTHER)
            fail_msg("an event of owner %u is left\n%s", (uint32_t)s->clock.heap[i], text);
    for (uint32_t i = 0; i < s->program->n_steps; i++)
        if (s->breaker[i].probing)
            fail_msg("the breaker of step %u waits for a probe for ever\n%s", i, text);
}

static void parse(const char *text, size_t len, struct pipeline *p)
{
    struct error err = {0};
    struct faults faults;
    faults_init(&faults);
    if (scenario_parse("case.yaml", text, len, NULL, p, &faults, &err))
        fail_msg("%s\n%s", err.text, text);
    faults_release(&faults);
}

static void run_json(const struct pipeline *p, uint32_t threads, struct buf *out)
{
    const struct run_options options = {.trials = 3, .seed = 5, .level = 0.95, .threads = threads};
    struct error err = {0};
    struct result r;
    result_init(&r, "simulate");
    ok(run_by(&queue_engine, p, &options, &r, &err), &err);
    r.run.threads = 0;
    result_write_json(&r, out);
    result_release(&r);
}

static void check_pipeline(const char *text, size_t len, uint64_t seed)
{
    struct error err = {0};
    struct pipeline p;
    struct queue_program g;
    struct queue_tally t;
    parse(text, len, &p);
    ok(queue_program_init(&g, &p, &err), &err);
    struct queue_sim *s = queue_sim_new(&g);
    queue_tally_init(&t, &g, 1);
    for (uint64_t r = 0; r < 2; r++) {
        if (!queue_sim_horizon(s, seed, r, &t))
            fail_msg("stopped\n%s", text);
        nothing_is_kept(s, text);
    }
    nobody_is_lost(&t, text);
    queue_tally_release(&t);
    queue_sim_free(s);
    queue_program_release(&g);
    pipeline_release(&p);
}

static void pairs_of_features_lose_and_keep_nothing(void **state)
{
    for (int k = 0; k < PAIRS; k++) {
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            struct buf text;
            buf_init(&text);
            buf_printf(&text, "# %s, seed %llu\n", pairs[k].name, (unsigned long long)seed);
            make_pipeline(pairs[k].both, seed, &text);
            check_pipeline(buf_text(&text), text.len, seed);
            buf_release(&text);
        }
    }
}

static void any_count_of_threads_gives_the_same_numbers(void **state)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct buf text, one, many;
        struct pipeline p;
        buf_init(&text);
        buf_init(&one);
        buf_init(&many);
        make_pipeline((uint32_t)(seed * 40503) & HAS_ALL, seed, &text);
        parse(buf_text(&text), text.len, &p);
        run_json(&p, 1, &one);
        run_json(&p, 3, &many);
        assert_string_equal(buf_text(&one), buf_text(&many));
        pipeline_release(&p);
        buf_release(&text);
        buf_release(&one);
        buf_release(&many);
    }
}

static int prepare(void **state)
{
    math_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_of_features_lose_and_keep_nothing),
        cmocka_unit_test(any_count_of_threads_gives_the_same_numbers),
    };
    return cmocka_run_group_tests_name("pairs", tests, prepare, NULL);
}
