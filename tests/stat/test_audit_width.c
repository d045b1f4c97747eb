/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An audit is chosen by the width that it promises: is that the width one gets?  Items with their
 * own chance to be wrong are audited again and again under each design, and the spread of the
 * weighted estimate is held against the promise.  2,000 repetitions tell a standard deviation to
 * 1.6%; 8% is five of those. */
#include "decide/audit.h"
#include "math/betting.h"
#include "tests/support/support.h"

#include "math/gsl_guard.h"
#include "math/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS = 5000, REPETITIONS = 2000 };

static double confidence[ITEMS]; /* ascending, from 0.8 to 1 */

static void make_items(void)
{
    for (int i = 0; i < ITEMS; i++)
        confidence[i] = 0.8 + 0.1995 * sqrt((i + 0.5) / ITEMS);
}

static double number(const struct result *r, const char *kind, const char *id, const char *name)
{
    for (size_t i = 0; i < r->plan.len; i++) {
        const struct row *row = &r->plan.at[i];
        const struct metric *m = metrics_find(&row->metrics, name);
        if (!strcmp(row->kind, kind) && strstr(row->id, id) && m)
            return m->value;
    }
    return NAN;
}

static bool errs(struct rng_seq *rng, int i)
{
    return rng_unit(rng_next(rng)) < 1 - confidence[i];
}

/* Each item by itself, with this probability. */
static size_t draw_each(struct rng_seq *rng, const double *p, struct weighed *out)
{
    size_t n = 0;
    for (int i = 0; i < ITEMS; i++)
        if (rng_unit(rng_next(rng)) < p[i])
            out[n++] = (struct weighed){1 / p[i], errs(rng, i)};
    return n;
}

/* As many from each of five strata of 1,000 as their probability says. */
static size_t draw_strata(struct rng_seq *rng, const double share[5], struct weighed *out)
{
    size_t n = 0;
    for (int h = 0; h < 5; h++) {
        size_t wanted = (size_t)lround(1000 * share[h]);
        for (size_t k = 0; k < wanted; k++)
            out[n++] = (struct weighed){1000.0 / (double)wanted,
                                        errs(rng, 1000 * h + (int)rng_below(rng, 1000))};
    }
    return n;
}

/* The deviation of the estimates, as half of a 95% interval. */
static double spread(const double *p, const double *strata)
{
    static struct weighed s[ITEMS];
    double sum = 0, squares = 0;
    for (uint64_t r = 0; r < REPETITIONS; r++) {
        struct rng_seq rng = {rng_key(31, r, 0, 0, RNG_AUDIT), 0};
        size_t n = strata ? draw_strata(&rng, strata, s) : draw_each(&rng, p, s);
        double x = weighed_mean(s, n).estimate;
        sum += x;
        squares += x * x;
    }
    double mean = sum / REPETITIONS;
    return 1.959963984540054 * sqrt(squares / REPETITIONS - mean * mean);
}

static void every_design_has_the_width_that_it_promises(void **state)
{
    static double p[ITEMS];
    static const struct scored reviewed = {
        .confidence = 0.5, .weight = 1, .source = LABEL_REVIEWED};
    struct target target = {"auto_error", TARGET_AT_MOST, 0.05, "at most 5%"};
    struct audit_options options = {
        .level = 0.95, .threshold = NAN, .targets = &target, .n_targets = 1};
    struct error err = {0};
    struct result r;
    make_items();
    /* all items within a month: the labels are 434 of 5,000 */
    struct audit_sample sample = {.at = &reviewed,
                                  .n = 1,
                                  .threshold = 0.8,
                                  .items_per_day = ITEMS / 30.0,
                                  .share_shipped = 1,
                                  .shipped = confidence,
                                  .n_shipped = ITEMS};
    result_init(&r, "size");
    ok(audit_propose(&sample, &options, &r, &err), &err);
    double labels = number(&r, "design", "uniform", "labels"), share[5], all = 0;
    for (int i = 0; i < ITEMS; i++)
        p[i] = labels / ITEMS;
    double got = spread(p, NULL), promised = number(&r, "design", "uniform", "half_width");
    print_message("uniform: promised %.4f, got %.4f\n", promised, got);
    near_rel(got, promised, 0.08);

    for (int i = 0; i < ITEMS; i++)
        all += p[i] = 0.5 + (1 - confidence[i]) / (1 - 0.8);
    for (int i = 0; i < ITEMS; i++)
        p[i] *= labels / all;
    got = spread(p, NULL);
    promised = number(&r, "design", "half near", "half_width");
    print_message("half near the threshold: promised %.4f, got %.4f\n", promised, got);
    near_rel(got, promised, 0.08);

    size_t h = 0;
    for (size_t i = 0; i < r.plan.len && h < 5; i++)
        if (!strcmp(r.plan.at[i].kind, "stratum"))
            share[h++] = metrics_find(&r.plan.at[i].metrics, "audit_share")->value;
    assert_int_equal(h, 5);
    got = spread(NULL, share);
    promised = number(&r, "design", "stratified", "half_width");
    print_message("stratified: promised %.4f, got %.4f\n", promised, got);
    near_rel(got, promised, 0.08);
    result_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_design_has_the_width_that_it_promises),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
