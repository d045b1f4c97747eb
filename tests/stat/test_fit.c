/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Does p mean what it says?  For data of the fitted family p is at most 0.05 in about 5% of all
 * samples, with and without censoring; for data of another one far more often.  300 samples:
 * 10% is 4 standard deviations above 5%; seeds are fixed. */
#include "math/fit.h"
#include "tests/support/support.h"

#include "math/gsl_guard.h"
#include "math/rng.h"
#include <math.h>

enum { SAMPLES = 300, N = 80 };

static double rejected(enum dist_family family, double humps, double limit, uint64_t seed)
{
    double count = 0;
    for (uint64_t r = 0; r < SAMPLES; r++) {
        struct rng_seq rng = {rng_key(seed, r, 0, 0, RNG_SPLIT), 0};
        double x[N];
        bool censored[N];
        for (int i = 0; i < N; i++) {
            x[i] = exp(0.7 * rng_normal(&rng) + (i % 2 ? humps : 0));
            double cut = limit > 0   ? limit
                         : limit < 0 ? -limit * rng_unit(rng_next(&rng))
                                     : INFINITY;
            censored[i] = x[i] > cut;
            x[i] = fmin(x[i], cut);
        }
        struct fit f;
        struct error err = {0};
        ok(fit_family(family, x, censored, N, &f, &err), &err);
        count += fit_goodness(&f, x, censored, N, r) <= 0.05;
    }
    return count / SAMPLES;
}

static void true_families_are_rejected_about_as_often_as_promised(void **state)
{
    within(rejected(DIST_LOGNORMAL, 0, 0, 1), 0.01, 0.1);
    within(rejected(DIST_LOGNORMAL, 0, 2, 2), 0.01, 0.1);  /* one time-out */
    within(rejected(DIST_LOGNORMAL, 0, -6, 3), 0.01, 0.1); /* limits of many lengths */
}

static void wrong_families_are_rejected_often(void **state)
{
    within(rejected(DIST_EXPONENTIAL, 0, 0, 4), 0.5, 1);
    within(rejected(DIST_LOGNORMAL, 3, 0, 5), 0.9, 1);
}

int main(void)
{
    math_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(true_families_are_rejected_about_as_often_as_promised),
        cmocka_unit_test(wrong_families_are_rejected_often),
    };
    return cmocka_run_group_tests_name("fit (statistical)", tests, NULL, NULL);
}
