/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of a backtest, shared by its files and by nobody else. */
#ifndef SEAM_DECIDE_BACKTEST_PARTS_H
#define SEAM_DECIDE_BACKTEST_PARTS_H

#include "decide/backtest.h"
#include "sim/engine.h"

enum backtest_metric {
    BACKTEST_RELIABILITY,
    BACKTEST_COMPLETION,
    BACKTEST_FAILED,
    BACKTEST_P50,
    BACKTEST_P95,
    BACKTEST_LOAD,
    BACKTEST_BACKLOG,
    BACKTEST_COST,
    BACKTEST_METRICS
};
extern const char *const backtest_names[BACKTEST_METRICS];

struct backtest_item {
    double start_s, latency_s; /* since the log's first item; latency: until its last sign */
    double in_review_s;        /* INFINITY: it is still there */
    double cost;               /* so far */
    enum log_end end;
    enum log_truth shipped;
    bool reviewed;
};
struct backtest_review {
    double from_s, to_s; /* to_s INFINITY: still open */
};
struct backtest_range {
    double low, high; /* both NaN: nothing is known */
};
struct backtest_window {
    size_t begin, end; /* items */
    double from_s, to_s;
    struct backtest_range seen[BACKTEST_METRICS], expected[BACKTEST_METRICS];
    double mean[BACKTEST_METRICS]; /* of the draws */
};
struct backtest {
    const struct backtest_options *options;
    const struct pipeline *pipeline; /* as fitted */
    const char *review;              /* its step's name; NULL: there is none */
    bool costed;                     /* some item tells its cost */
    bool sampled;                    /* the log is a sample: it shows no backlog */
    int32_t desk;                    /* resource of the review; -1 */
    bool timed;                      /* items are simulated together */
    int64_t t0_ns;
    double split_s;
    size_t n;
    struct backtest_item *item; /* [n] in order of start */
    VEC(struct backtest_review) reviews;
    uint32_t windows;
    struct backtest_window *window; /* [windows + 1], the last is all of them */
    const struct engine_def *engine;
    uint32_t draws, threads;
};

/* Fills engine, draws, threads, and expected and mean of every window. */
MUST_CHECK int backtest_predict(struct backtest *b, struct error *err);

#endif
