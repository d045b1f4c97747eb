/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Made logs of two steps that share their conditions, as CSV. */
#ifndef SEAM_TESTS_WEATHER_LOG_H
#define SEAM_TESTS_WEATHER_LOG_H

#include "base/buf.h"
#include "math/rng.h"

#include <math.h>

static const double weather_error[2][2] = {
    {0.01, 0.02},
    {0.3,  0.5 }
}; /* [disturbed][step] */

/* n items, one a minute: `search`, and 5 s later `write`.  Conditions are disturbed for `bad_s` and
 * calm for `calm_s` on average; bad_s 0: always calm, with twice the failures. */
static inline struct buf weather_log(unsigned n, double calm_s, double bad_s, uint64_t seed)
{
    struct rng_seq rng = {rng_key(seed, 0, 0, 0, RNG_SPLIT), 0};
    struct buf b;
    bool bad = false;
    double until = -calm_s * log(rng_unit(rng_next(&rng)));
    buf_init(&b);
    buf_puts(&b, "case_id,activity,start,end,outcome\n");
    for (unsigned i = 0; i < n; i++)
        for (int step = 0; step < 2; step++) {
            double t = 60.0 * i + 5 * step;
            while (bad_s > 0 && until < t) {
                bad = !bad;
                until -= (bad ? bad_s : calm_s) * log(rng_unit(rng_next(&rng)));
            }
            double p = bad_s > 0 ? weather_error[bad][step] : 2 * weather_error[0][step];
            bool failed = rng_unit(rng_next(&rng)) < p;
            buf_printf(&b, "%u,%s,%.0f,%.0f,%s\n", i, step ? "write" : "search", 1767571200 + t,
                       1767571201 + t, failed ? "error" : "");
        }
    return b;
}

#endif
