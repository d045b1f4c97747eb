/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decide/compare.h"
#include "model/scenario.h"
#include "tests/support/support.h"

#include <string.h>

/* An alternative of so many steps with these values, judged by "reliability at least 90%". */
struct made {
    struct pipeline p;
    struct result r;
    struct alternative a;
};

static void make(struct made *m, const char *name, uint32_t steps, double reliability, double half,
                 double price)
{
    static const struct target target = {"reliability", TARGET_AT_LEAST, 0.9, "at least 90%"};

    pipeline_init(&m->p);
    m->p.n_steps = steps;
    result_init(&m->r, "simulate");
    metrics_add(&m->r.metrics, "reliability", reliability, reliability - half, reliability + half,
                half > 0 ? 0.95 : 0, 1000, "1");
    metrics_add_exact(&m->r.metrics, "cost_per_correct", price, "$");
    result_judge(&m->r, &target, 1);
    m->a = (struct alternative){name, "file.yaml", &m->p, &m->r};
}

static void drop(struct made *m)
{
    m->p.n_steps = 0;
    pipeline_release(&m->p);
    result_release(&m->r);
}

static void a_difference_has_the_root_of_the_summed_squares_of_the_halves(void **state)
{
    struct metric
        a = {.name = "x", .unit = "1", .value = 0.5, .low = 0.47, .high = 0.54, .level = 0.95},
        b = {.name = "x", .unit = "1", .value = 0.7, .low = 0.66, .high = 0.73, .level = 0.95};
    struct metric d = metric_difference(&a, &b);

    near(d.value, 0.2, 1e-15);
    near(d.low, 0.2 - 0.05656854249492380, 1e-12);  /* sqrt(0.04^2 + 0.04^2) */
    near(d.high, 0.2 + 0.04242640687119285, 1e-12); /* sqrt(0.03^2 + 0.03^2) */
    a.level = b.level = 0;
    d = metric_difference(&a, &b);
    near(d.low, d.value, 0);
    near(d.level, 0, 0);
}

static void the_simplest_that_meets_the_objective_is_named(void **state)
{
    struct made m[4];
    struct alternative a[4];
    struct result out;

    make(&m[0], "One", 1, 0.80, 0.01, 1);
    make(&m[1], "Big", 6, 0.99, 0.005, 5.251);
    make(&m[2], "Mid", 3, 0.95, 0.01, 2.126);
    make(&m[3], "Maybe", 2, 0.90, 0.01, 1.5);
    for (int i = 0; i < 4; i++)
        a[i] = m[i].a;
    result_init(&out, "compare");
    compare_alternatives(a, 4, &out);
    assert_int_equal(out.passed, PASSED_TRUE);
    assert_string_equal(out.answer.ending, "met");
    const char *s = out.answer.sentence;
    assert_non_null(strstr(s, "The simplest that meets the objective is Mid (3 steps)."));
    assert_non_null(strstr(s, "Not enough: One (reliability 80.0%, not at least 90%); "));
    assert_non_null(strstr(s, "Maybe (reliability 90.0%, not shown to be at least 90%)."));
    assert_non_null(strstr(s, "More than the job needs: Big ($5.251 a correct item instead of "
                              "$2.126)."));
    assert_int_equal(out.alternatives.len, 4);
    assert_int_equal(out.differences.len, 3);
    near(metrics_find(&out.differences.at[0].metrics, "reliability")->value, 0.19, 1e-12);
    result_release(&out);
    for (int i = 0; i < 4; i++)
        drop(&m[i]);
}

static void none_that_meets_it_is_said_plainly(void **state)
{
    struct made m[2];
    struct result out;

    make(&m[0], "One", 1, 0.80, 0, 1);
    make(&m[1], "Two", 2, 0.85, 0, 1);
    struct alternative a[] = {m[0].a, m[1].a};
    result_init(&out, "compare");
    compare_alternatives(a, 2, &out);
    assert_int_equal(out.passed, PASSED_FALSE);
    assert_string_equal(out.answer.ending, "infeasible");
    assert_non_null(
        strstr(out.answer.sentence, "None of the 2 meets the objective: One (reliability 80.00%"));
    result_release(&out);
    drop(&m[0]);
    drop(&m[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_difference_has_the_root_of_the_summed_squares_of_the_halves),
        cmocka_unit_test(the_simplest_that_meets_the_objective_is_named),
        cmocka_unit_test(none_that_meets_it_is_said_plainly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
