/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Does a second cycle of feedback do better on 2,000 held-out briefs?  The same briefs in both
 * cycles, with intervals of the paired difference at 99%: if nothing were learnt, one of them would
 * be above 0 for one seed in 100.  test_cycles_off.c is the same without feedback. */
#include "tests/support/cycling.h"
#include "tests/support/support.h"

enum { ITEMS = 2000 };

static void above_zero(const struct result *r, const char *name, const char *what)
{
    const struct metric *gain = metrics_find(&r->metrics, name);
    assert_non_null(gain);
    assert_int_equal(gain->n, ITEMS);
    print_message("%s: %+.1f points (%.1f to %.1f)\n", what, 100 * gain->value, 100 * gain->low,
                  100 * gain->high);
    within(gain->low, 1e-9, 1);
}

static void a_second_cycle_is_better_on_held_out_briefs(void **state)
{
    struct result r;
    (void)state;
    cycling_run(ITEMS, false, 0.99, &r);
    above_zero(&r, "unaided_gain", "right before any person looked");
    above_zero(&r, "learning_gain", "right in the end");
    assert_true(cycling_at(&r, "flow.generate.wrong", 1) <
                cycling_at(&r, "flow.generate.wrong", 0));
    assert_true(cycling_at(&r, "flow.generate.ece", 1) < cycling_at(&r, "flow.generate.ece", 0));
    assert_true(cycling_at(&r, "review_load", 1) < cycling_at(&r, "review_load", 0));
    result_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_cycle_is_better_on_held_out_briefs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
