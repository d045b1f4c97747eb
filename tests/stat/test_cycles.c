/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Does a second cycle of feedback do better, and only with feedback?  The built-in world, held-out
 * briefs.  If nothing were learnt, the interval that shows the gain would be above 0 for one seed
 * in 200, and those that show none would miss 0 for one in a million. */
#include "exec/cycles.h"
#include "exec/world.h"
#include "model/scenario.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>
#include <time.h>

static double clock_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void run(uint64_t items, bool off, double level, struct result *r)
{
    struct pipeline p;
    struct faults faults = {0};
    struct scenario_options o = {0};
    struct error err = {0};
    struct learnt l;
    struct cycles_options c = {.cycles = 2, .items = items, .off = off, .level = level};
    ok(scenario_read("scenarios/reference-learning.yaml", &o, &p, &faults, &err), &err);
    struct world *w = world_new("scenarios/");
    ok(world_briefs(w, &p, 1, 3 * items, &c.input, &err), &err);
    struct run_options how = {
        .seed = 1,
        .time_scale = INFINITY,
        .setting = {.pipeline = &p, .folder = "scenarios/", .clock_s = clock_s, .unix_s = clock_s}
    };
    learnt_init(&l);
    result_init(r, "run");
    ok(run_cycles(&p, &how, &c, &l, r, &err), &err);
    assert_true(off ? l.steps == 0 : l.steps > items / 2);
    learnt_release(&l);
    world_free(w);
    pipeline_release(&p);
}

static double at_cycle(const struct result *r, const char *y, size_t cycle)
{
    for (size_t i = 0; i < r->curves.len; i++)
        if (strcmp(r->curves.at[i].y, y) == 0)
            return r->curves.at[i].points.at[cycle].y;
    return NAN;
}

static void a_second_cycle_is_better_on_held_out_briefs(void **state)
{
    struct result r;
    run(800, false, 0.99, &r);
    const struct metric *gain = metrics_find(&r.metrics, "unaided_gain");
    assert_int_equal(gain->n, 800);
    print_message("right before any person looked: %.1f%% more (%.1f%% to %.1f%%)\n",
                  100 * gain->value, 100 * gain->low, 100 * gain->high);
    within(gain->low, 1e-9, 1);
    assert_true(at_cycle(&r, "flow.generate.ece", 1) < at_cycle(&r, "flow.generate.ece", 0));
    assert_true(at_cycle(&r, "review_load", 1) < at_cycle(&r, "review_load", 0));
    /* what ships is no worse for it, as far as so many items can tell */
    assert_true(metrics_find(&r.metrics, "learning_gain")->high > 0);
    result_release(&r);
}

static void without_feedback_no_difference_is_shown(void **state)
{
    struct result r;
    run(150, true, 1 - 1e-6, &r);
    const struct metric *gain = metrics_find(&r.metrics, "unaided_gain");
    assert_true(gain->low < 0 && gain->high > 0);
    gain = metrics_find(&r.metrics, "learning_gain");
    assert_true(gain->low < 0 && gain->high > 0);
    result_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_cycle_is_better_on_held_out_briefs),
        cmocka_unit_test(without_feedback_no_difference_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
