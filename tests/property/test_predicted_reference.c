/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reference pipeline predicted first and executed after, with few items: what
 * tests/tools/slow-reference.test.sh does with many.
 *
 * Its failure rates stand in no file: the fit reads the traces of a run with seed A.  The fit is
 * simulated under another threshold, with the uncertainty of what it saw, and a run under that
 * threshold with seed B, of other briefs, must lie within the intervals; with the generator's
 * counted failures doubled it must not.  Times are held to nothing.
 *
 * False alarms: METRICS intervals at level 1 - BUDGET / METRICS are all held but for a chance of
 * BUDGET; the seeds are fixed. */
#include "tests/support/support.h"

#include "base/file.h"
#include "exec/world.h"
#include "math/gsl_guard.h"
#include "tests/support/predicting.h"
#include "tests/support/traced.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ITEMS = 100, METRICS = 4 };
static const double BUDGET = 0.01;

static const struct metrics *generator(const struct result *r)
{
    for (size_t i = 0; i < r->stages.len; i++)
        if (strcmp(r->stages.at[i].id, "generate") == 0)
            return &r->stages.at[i].metrics;
    return NULL;
}

static bool held(const struct metrics *expected, const struct metrics *came, const char *name)
{
    const struct metric *m = metrics_find(expected, name), *c = metrics_find(came, name);
    assert_true(m && c);
    bool in = c->value >= m->low - 1e-12 && c->value <= m->high + 1e-12;
    if (!in)
        print_message("%s: expected %g (%g to %g), came %g\n", name, m->value, m->low, m->high,
                      c->value);
    return in;
}

/* How many of the metrics came as they were expected. */
static int kept(const struct result *expected, const struct result *came)
{
    return held(&expected->metrics, &came->metrics, "reliability") +
           held(&expected->metrics, &came->metrics, "share_wrong") +
           held(&expected->metrics, &came->metrics, "review_load") +
           held(generator(expected), generator(came), "wrong_rate");
}

/* What the traces of a run let expect of as many other items. */
static void expect(const struct traced *a, const struct setting *set, struct result *out)
{
    struct trace_log log = {0};
    struct pipeline fitted, changed;
    struct buf text = {0};
    traced_fit(a, &log, &fitted);
    fitted.arrivals.kind = ARRIVALS_NONE;
    fitted.horizon = (struct horizon){0};
    scenario_write(&fitted, "", NULL, &text);
    traced_parse(buf_text(&text), set, &changed);
    result_init(out, "simulate");
    predict(&changed, ITEMS, 1 - BUDGET / METRICS, out);
    buf_release(&text);
    pipeline_release(&changed);
    pipeline_release(&fitted);
    log_release(&log);
}

/* The program that was built beside the tests: it serves the tools of the built-in world. */
static void find_program(char path[4096])
{
    ssize_t n = readlink("/proc/self/exe", path, 4000);
    assert_true(n > 0);
    path[n] = '\0';
    for (int k = 0; k < 3; k++) /* tests/property/test_... */
        *strrchr(path, '/') = '\0';
    strcat(path, "/seam");
}

static void the_reference_comes_as_predicted_and_twice_the_failures_do_not(void **state)
{
    const struct setting set = {"flow.confident.threshold", "0.5"};
    struct world *w = world_new("scenarios/");
    struct traced_options how = {.items = ITEMS, .seed = 21, .world = w, .folder = "scenarios/"};
    struct buf text = {0};
    struct error err = {0};
    struct traced a, b;
    struct result expected;
    char faults[80], program[4096];
    (void)state;

    find_program(program);
    how.program = program;

    ok(file_read("scenarios/reference.yaml", 1 << 20, &text, &err), &err);
    traced_run(buf_text(&text), &how, &a);
    expect(&a, &set, &expected);
    how.set = &set;
    how.seed = 22;
    traced_run(buf_text(&text), &how, &b);
    assert_int_equal(kept(&expected, &b.r), METRICS);
    traced_release(&b);

    double wrong = metrics_find(generator(&a.r), "wrong_rate")->value;
    assert_true(wrong > 0); /* and as many of those that were right make it twice that */
    snprintf(faults, sizeof faults, "{seed: 5, steps: {generate: {wrong: %.6f}}}",
             wrong / (1 - wrong));
    how.faults = faults;
    traced_run(buf_text(&text), &how, &b);
    assert_int_not_equal(kept(&expected, &b.r), METRICS);
    assert_false(held(generator(&expected), generator(&b.r), "wrong_rate"));
    traced_release(&b);
    result_release(&expected);
    traced_release(&a);
    buf_release(&text);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_comes_as_predicted_and_twice_the_failures_do_not),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
