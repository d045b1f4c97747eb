/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Made logs for backtests, as CSV. */
#ifndef SEAM_TESTS_BACKTEST_LOG_H
#define SEAM_TESTS_BACKTEST_LOG_H

#include "base/buf.h"
#include "math/rng.h"

#include <math.h>

struct made {
    unsigned n;
    double error, error_later; /* before and after the middle */
    unsigned open;             /* the last so many items wait for a review */
    uint64_t seed;
};

static inline void put_event(struct buf *b, unsigned item, const char *step, double from, double to,
                             const char *rest)
{
    buf_printf(b, "%u,%s,%.3f,%.3f,%s\n", item, step, 1767571200 + from, 1767571200 + to, rest);
}

/* An item a minute; `work` takes lognormal times, every fourth item is reviewed. */
static inline struct buf make_log(const struct made *m)
{
    struct rng_seq rng = {rng_key(9 + m->seed, m->n, 0, 0, RNG_SPLIT), 0};
    struct buf b;
    buf_init(&b);
    buf_puts(&b, "case_id,activity,start,end,outcome,decision\n");
    for (unsigned i = 0; i < m->n; i++) {
        double t = 60.0 * i, end = t + exp(0.5 * rng_normal(&rng));
        double p = 2 * i < m->n ? m->error : m->error_later;
        bool fails = rng_unit(rng_next(&rng)) < p, review = i % 4 == 0 && !fails;
        put_event(&b, i, "work", t, end, fails ? "error," : ",");
        if (review && i + m->open < m->n)
            put_event(&b, i, "human_review", end, end + 30 * exp(0.5 * rng_normal(&rng)),
                      ",approve");
    }
    return b;
}

#endif
