/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intervals of executed timed runs hold what is exact, although neighbours in a line are not
 * independent: of SEEDS runs of scenarios/review-desk.yaml, 95% intervals of 40 batches, which
 * begin with an empty desk.
 *
 * An interval that holds with probability 0.9 or more holds in fewer than LEAST of SEEDS runs with
 * probability 1e-5 at most (binomial); one that takes waits as independent holds in about half. */
#include "base/file.h"
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/exact.h"
#include "tests/support/executed.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>

enum { SEEDS = 100, ITEMS = 6000, LEAST = 77 };

static const char *const names[] = {"latency_mean", "latency_sd",        "latency_p50",
                                    "latency_p95",  "utilisation",       "queue_wait_mean",
                                    "p_wait",       "queue_length_mean", "service_level"};
enum { NAMES = sizeof names / sizeof *names };

static const struct metric *find(const struct result *r, const char *name)
{
    const struct metric *m = metrics_find(&r->metrics, name);
    return m ? m : metrics_find(&r->resources.at[0].metrics, name);
}

static void intervals_hold_the_exact_values(void **state)
{
    struct error err = {0};
    struct faults faults;
    struct pipeline p;
    struct result exact;
    struct buf text = {0};
    uint32_t held[NAMES] = {0};
    bool complete;
    faults_init(&faults);
    ok(file_read("scenarios/review-desk.yaml", 1 << 20, &text, &err), &err);
    ok(scenario_parse("scenarios/review-desk.yaml", text.data, text.len, NULL, &p, &faults, &err),
       &err);
    result_init(&exact, "solve");
    struct exact_options solve = {.level = 0.95, .values_only = true};
    ok(exact_solve(&p, &solve, &exact, &complete, &err), &err);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct result r;
        struct executed how = {.items = ITEMS, .seed = seed};
        result_init(&r, "run");
        ok(execute(&p, &how, &r, &err), &err);
        for (int k = 0; k < NAMES; k++) {
            const struct metric *m = find(&r, names[k]), *x = find(&exact, names[k]);
            assert_non_null(m);
            assert_non_null(x);
            held[k] += m->low <= x->value && x->value <= m->high;
        }
        result_release(&r);
    }
    for (int k = 0; k < NAMES; k++) {
        if (held[k] < LEAST)
            fail_msg("%s: held in %u of %d", names[k], (unsigned)held[k], SEEDS);
        print_message("%s: held in %u of %d\n", names[k], (unsigned)held[k], SEEDS);
    }
    result_release(&exact);
    faults_release(&faults);
    pipeline_release(&p);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_hold_the_exact_values),
    };
    math_init();
    return cmocka_run_group_tests_name("coverage of executed runs", tests, NULL, NULL);
}
