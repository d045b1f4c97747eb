/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random timed scenarios that hold the features asked for, and the pairs to ask for. */
#ifndef SEAM_TESTS_RANDOM_PIPELINE_H
#define SEAM_TESTS_RANDOM_PIPELINE_H

#include "base/buf.h"
#include "math/rng.h"

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

/* A scenario that has all of `features`, and a quarter of the others. */
static void make_pipeline(uint32_t features, uint64_t seed, uint32_t days, struct buf *to)
{
    struct making m = {
        {rng_key(seed, features, 0, 0, RNG_SPLIT), 0},
        features, to
    };
    m.has |= (uint32_t)(rng_next(&m.rng) & rng_next(&m.rng)) & HAS_ALL; /* a quarter of the rest */
    if (features == HAS_RATE || (features & HAS_PREEMPTION))
        m.has |= HAS_CLASSES;
    buf_printf(to, "arrivals: {poisson: %s%s}\n", PICK(&m, "2/h", "5/h"),
               has(&m, HAS_BATCH) ? ", batch: {discrete: {values: [1, 2, 9], weights: [0.5, 0.4, "
                                    "0.1]}}"
                                  : "");
    buf_printf(to, "horizon: {warmup: 2d, length: %ud, replications: 2, observe: 1d}\n", days);
    if (has(&m, HAS_CLASSES))
        buf_puts(to, "classes:\n  hot: {share: 30%, priority: 1}\n  cold: {share: 50%, priority: "
                     "2}\n  rest: {share: 20%}\n");
    if (has(&m, HAS_DEADLINE))
        buf_printf(to, "deadline: %s\n", PICK(&m, "20m", "2h", "1d"));
    make_flow(&m);
    make_shared(&m);
}

#endif
