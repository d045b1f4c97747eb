/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decide/compare.h"
#include "model/scenario.h"
#include "sim/exact.h"
#include "tests/support/support.h"

#include <math.h>
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
    m->p.target = (struct target *)&target;
    m->p.n_targets = 1;
    result_init(&m->r, "simulate");
    metrics_add(&m->r.metrics, "reliability", reliability, reliability - half, reliability + half,
                half > 0 ? 0.95 : 0, 1000, "1");
    metrics_add_exact(&m->r.metrics, "cost_per_correct", price, "$");
    result_judge(&m->r, &target, 1);
    m->a = (struct alternative){name, "file.yaml", &m->p, &m->r, false, NULL};
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

static void an_end_that_is_not_known_shows_no_difference(void **state)
{
    struct metric
        a = {.name = "x", .unit = "s", .value = 0.2, .low = 0.18, .high = INFINITY, .level = 0.95},
        b = {.name = "x", .unit = "s", .value = 1.3, .low = 0.12, .high = NAN, .level = 0.95};
    struct metric d = metric_difference(&a, &b);

    near(d.value, 1.1, 1e-12);
    assert_true(isinf(d.low) && d.low < 0);
    assert_true(isinf(d.high) && d.high > 0);
}

static void what_two_estimates_share_narrows_their_difference(void **state)
{
    struct metric
        a = {.name = "x", .unit = "1", .value = 0.5, .low = 0.47, .high = 0.54, .level = 0.95},
        b = {.name = "x", .unit = "1", .value = 0.7, .low = 0.66, .high = 0.73, .level = 0.95};
    struct metric d = metric_difference_of(&a, &b, 0.5);

    near(d.low, 0.2 - 0.04, 1e-12);  /* sqrt(0.04^2 + 0.04^2 - 0.04^2) */
    near(d.high, 0.2 + 0.03, 1e-12); /* sqrt(0.03^2 + 0.03^2 - 0.03^2) */
    d = metric_difference_of(&a, &a, 1);
    near(d.low, 0, 1e-12);
    near(d.high, 0, 1e-12);
}

/* y = 1.5 x has halves 1.5 times as long, and y - x = 0.5 x half as long as x. */
static void two_estimates_that_rise_and_fall_together_do_so_in_their_difference(void **state)
{
    struct metric
        x = {.name = "x", .unit = "$", .value = 1.14, .low = 1.08, .high = 1.22, .level = 0.95},
        y = {.name = "x", .unit = "$", .value = 1.71, .low = 1.62, .high = 1.83, .level = 0.95};
    struct metric d = metric_difference_of(&x, &y, 1);

    near(d.low, 0.54, 1e-12);
    near(d.high, 0.61, 1e-12);
    d = metric_difference_of(&y, &x, 1);
    near(d.low, -0.61, 1e-12);
    near(d.high, -0.54, 1e-12);
    d = metric_difference_of(&x, &y, 0.9); /* sqrt(0.09^2 + 0.06^2 - 1.8 * 0.09 * 0.06), and up */
    near(d.low, 0.57 - 0.04449719092257398, 1e-12);
    near(d.high, 0.57 + 0.05932958789676530, 1e-12);
    x.low = 1.05; /* dragged along by 0.9 * 0.09 = 0.081, and its own half is 0.09: x stays there */
    d = metric_difference_of(&x, &y, 0.9);
    near(d.low, 0.57 - 0.03923009049186606, 1e-12); /* 0.09 sqrt(1 - 0.81) */
}

/* Two scenarios that state the same evidence, of one more step each. */
static void read_text(const char *text, struct pipeline *p)
{
    struct faults faults;
    struct error err = {0};

    faults_init(&faults);
    assert_int_equal(scenario_parse("a.yaml", text, strlen(text), NULL, p, &faults, &err), 0);
    faults_release(&faults);
}

static void evidence_that_two_files_share_is_drawn_once_for_both(void **state)
{
    struct pipeline p[3];
    struct result r[3];
    struct repetitions repeats[3] = {0};
    struct alternative a[3];
    struct error err = {0};
    const struct repeat_options options = {.seed = 1, .threads = 1, .uncertainty = true};

    read_text("seam: 1\nflow:\n  - {stage: a, wrong: 30/100}\n", &p[0]);
    read_text("seam: 1\nflow:\n  - {stage: a, wrong: 30/100}\n  - {stage: b, wrong: 1%}\n", &p[1]);
    read_text("seam: 1\nflow:\n  - {stage: c, wrong: 30/100}\n", &p[2]);
    for (int i = 0; i < 3; i++) {
        result_init(&r[i], "solve");
        a[i] = (struct alternative){"x", "x.yaml", &p[i], &r[i], false, &repeats[i]};
    }
    assert_int_equal(compare_repeat(a, 3, &options, repeats, &err), 0);
    double same = compare_correlation(&a[0], &a[1], 0),
           other = compare_correlation(&a[0], &a[2], 0);
    assert_true(same > 0.99);
    assert_true(other < 0.6); /* 5 sigma of 40 repetitions */
    for (int i = 0; i < 3; i++) {
        repetitions_release(&repeats[i]);
        result_release(&r[i]);
        pipeline_release(&p[i]);
    }
}

static void a_month_is_told_in_parts_that_add_up(void **state)
{
    struct pipeline p;
    struct result r;
    struct error err = {0};
    bool complete;

    read_text("seam: 1\narrivals: {poisson: 1000/month}\nhorizon: {length: 30d}\nflow:\n"
              "  - {stage: a, wrong: 10%, cost: {per_call: $0.1, per_unit: $0.5, units: 3}}\n"
              "  - {review: b, cost: $2}\ncosts: {x: $50/month}\n",
              &p);
    result_init(&r, "solve");
    assert_int_equal(exact_solve(&p, &(struct exact_options){.level = 0.95}, &r, &complete, &err),
                     0);
    compare_add_costs(&p, &r);
    near(metrics_find(&r.metrics, "fixed_per_month")->value, 50, 1e-9);
    near(metrics_find(&r.metrics, "calls_per_month")->value, 100, 1e-9);
    near(metrics_find(&r.metrics, "units_per_month")->value, 1500, 1e-9);
    near(metrics_find(&r.metrics, "wages_per_month")->value, 2000, 1e-9);
    near(metrics_find(&r.metrics, "cost_per_month")->value, 3650, 1e-9);
    near(metrics_find(&r.metrics, "full_cost_per_correct")->value,
         3650 / (1000 * metrics_find(&r.metrics, "reliability")->value), 1e-9);
    result_release(&r);
    pipeline_release(&p);
}

static void the_simplest_that_meets_the_objective_is_named(void **state)
{
    struct made m[4];
    struct alternative a[4];
    struct result out;

    make(&m[0], "One", 1, 0.80, 0.01, 1);
    make(&m[1], "Big", 6, 0.99, 0.005, 5.25);
    make(&m[2], "Mid", 3, 0.95, 0.01, 2.13);
    make(&m[3], "Maybe", 2, 0.90, 0.01, 1.5);
    for (int i = 0; i < 4; i++)
        a[i] = m[i].a;
    result_init(&out, "compare");
    compare_alternatives(a, 4, &out);
    assert_int_equal(out.passed, PASSED_TRUE);
    assert_string_equal(out.answer.ending, "met");
    assert_string_equal(out.answer.choice, "Mid");
    const char *s = out.answer.sentence;
    assert_non_null(
        strstr(s, "The simplest that meets the objective (reliability at least 90%) is Mid "
                  "(3 steps)."));
    assert_non_null(strstr(s, "Not enough: One (reliability 80.0%, not at least 90%); "));
    assert_non_null(strstr(s, "Maybe (reliability 90.0%, not shown to be at least 90%)."));
    assert_non_null(strstr(s, "More than the job needs: Big ($5.25 a correct item instead of "
                              "$2.13)."));
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
    assert_null(out.answer.choice);
    assert_non_null(strstr(out.answer.sentence,
                           "None of the 2 meets the objective (reliability at least 90%): "
                           "One (reliability 80.00%, not at least 90%); Two"));
    assert_non_null(strstr(out.answer.sentence, " The nearest is Two."));
    result_release(&out);
    drop(&m[0]);
    drop(&m[1]);
}

/* What holds no such value, as where nothing ships, is not near, nor is one of two alike. */
static void what_is_not_known_and_who_is_as_near_is_told(void **state)
{
    static const struct target both[] = {
        {"reliability", TARGET_AT_LEAST, 0.9, "at least 90%"},
        {"latency_p95", TARGET_AT_MOST,  5,   "at most 5s"  },
    };
    struct made m[2];
    struct result out;

    make(&m[0], "One", 1, 0.80, 0, 1);
    make(&m[1], "Two", 2, 0.80, 0, 1);
    struct alternative a[] = {m[0].a, m[1].a};
    result_init(&out, "compare");
    compare_alternatives(a, 2, &out);
    assert_null(strstr(out.answer.sentence, "nearest"));
    result_release(&out);

    m[0].p.target = m[1].p.target = (struct target *)both;
    m[0].p.n_targets = m[1].p.n_targets = 2;
    ((struct metric *)metrics_find(&m[1].r.metrics, "reliability"))->value = 0.85;
    result_init(&out, "compare");
    compare_alternatives(a, 2, &out);
    assert_non_null(strstr(out.answer.sentence, "One (reliability 80.00%, not at least 90%, and "
                                                "latency p95 is not known)"));
    assert_null(strstr(out.answer.sentence, "nearest"));
    result_release(&out);
    drop(&m[0]);
    drop(&m[1]);
}

/* The answer to these, in a buffer of the test's own. */
static const char *answer_to(struct made *m, size_t n, struct result *out)
{
    struct alternative a[8];

    for (size_t i = 0; i < n; i++)
        a[i] = m[i].a;
    result_init(out, "compare");
    compare_alternatives(a, n, out);
    return out->answer.sentence;
}

static void more_steps_that_cost_less_are_not_called_more_than_the_job_needs(void **state)
{
    struct made m[3];
    struct result out;

    make(&m[0], "Few", 2, 0.95, 0, 2.13);
    make(&m[1], "Lean", 3, 0.97, 0, 0.5126);
    make(&m[2], "Grand", 6, 0.99, 0, 8.13);
    const char *s = answer_to(m, 3, &out);
    assert_non_null(strstr(s, " is Few (2 steps)."));
    assert_non_null(strstr(s, " More than the job needs: Grand ($8.13 a correct item instead of "
                              "$2.13)."));
    assert_non_null(strstr(s,
                           " More steps, and still cheaper: Lean ($0.5126 a correct item instead "
                           "of $2.13)."));
    result_release(&out);
    for (int i = 0; i < 3; i++)
        drop(&m[i]);
}

static void who_nets_more_than_the_simplest_is_named_where_it_is_shown(void **state)
{
    struct made m[3];
    struct result out;
    const double net[] = {100, 900, 5000}; /* the third does not meet the objective */

    make(&m[0], "Few", 1, 0.95, 0, 2);
    make(&m[1], "More", 4, 0.97, 0, 5);
    make(&m[2], "Rich", 2, 0.50, 0, 1);
    for (int i = 0; i < 3; i++)
        metrics_add_exact(&m[i].r.metrics, "net_per_month", net[i], "$");
    const char *s = answer_to(m, 3, &out);
    assert_non_null(strstr(s, " Yet by what items are worth More nets the most: $900.00 a month "
                              "instead of $100.00."));
    result_release(&out);

    struct metric *wide = (struct metric *)metrics_find(&m[1].r.metrics, "net_per_month");
    wide->low = 50;
    wide->high = 2000;
    wide->level = 0.95;
    assert_null(strstr(answer_to(m, 3, &out), "Yet by"));
    result_release(&out);
    for (int i = 0; i < 3; i++)
        drop(&m[i]);
}

static void every_target_missed_is_told_and_no_two_currencies_are_weighed(void **state)
{
    static const struct target both[] = {
        {"reliability",      TARGET_AT_LEAST, 0.9, "at least 90%" },
        {"cost_per_correct", TARGET_AT_MOST,  0.2, "at most $0.20"},
    };
    struct made m[3];
    struct result out;

    make(&m[0], "Poor", 1, 0.80, 0, 1.13);
    make(&m[1], "Here", 2, 0.95, 0, 2);
    make(&m[2], "There", 2, 0.96, 0, 1);
    result_judge(&m[0].r, &both[1], 1);
    m[2].p.currency = "\u20ac";
    const char *s = answer_to(m, 3, &out);
    assert_non_null(strstr(s, "Poor (reliability 80.00%, not at least 90%, and cost per correct "
                              "$1.13, not at most $0.20)"));
    assert_non_null(strstr(s, " is Here (2 steps)."));
    assert_non_null(strstr(s, " More than the job needs: There."));
    result_release(&out);
    for (int i = 0; i < 3; i++)
        drop(&m[i]);
}

static void who_is_right_as_often_is_named_with_the_best(void **state)
{
    struct made m[3];
    struct result out;

    make(&m[0], "One", 1, 0.95, 0.02, 1);
    make(&m[1], "Two", 2, 0.96, 0.02, 2);
    make(&m[2], "Three", 3, 0.50, 0.02, 3);
    for (int i = 0; i < 3; i++) {
        m[i].p.n_targets = 0;
        m[i].r.passed = PASSED_NULL;
    }
    assert_string_equal(answer_to(m, 3, &out),
                        "No objective is given (--target). Two is right most often (One perhaps as "
                        "often); a correct item is cheapest from One.");
    result_release(&out);
    for (int i = 0; i < 3; i++)
        drop(&m[i]);
}

static void what_is_alike_in_every_repetition_differs_by_nothing(void **state)
{
    struct made m[2];
    struct result out;
    struct repetitions repeats;
    struct alternative a[2];

    repeats.n = 10;
    repeats.value = mem_alloc(10 * compared_metrics_count * sizeof(double));
    for (size_t k = 0; k < 10 * compared_metrics_count; k++)
        repeats.value[k] = (double)(k % 7);
    for (int i = 0; i < 2; i++) {
        make(&m[i], i ? "Two" : "One", 1, 0.95, 0, 1);
        struct metric *r = (struct metric *)metrics_find(&m[i].r.metrics, "reliability");
        r->low = 0.91;
        r->high = 0.96;
        r->level = 0.95;
        a[i] = m[i].a;
        a[i].repeats = &repeats;
    }
    result_init(&out, "compare");
    compare_alternatives(a, 2, &out);
    const struct metric *d = metrics_find(&out.differences.at[0].metrics, "reliability");
    near(d->low, 0, 0);
    near(d->high, 0, 0);
    result_release(&out);
    m[0].p.n_targets = m[1].p.n_targets = 0;
    m[0].r.passed = m[1].r.passed = PASSED_NULL;
    result_init(&out, "compare");
    compare_alternatives(a, 2, &out);
    assert_non_null(strstr(out.answer.sentence, "One is right most often (Two as often);"));
    result_release(&out);
    repetitions_release(&repeats);
    drop(&m[0]);
    drop(&m[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_difference_has_the_root_of_the_summed_squares_of_the_halves),
        cmocka_unit_test(an_end_that_is_not_known_shows_no_difference),
        cmocka_unit_test(what_two_estimates_share_narrows_their_difference),
        cmocka_unit_test(two_estimates_that_rise_and_fall_together_do_so_in_their_difference),
        cmocka_unit_test(evidence_that_two_files_share_is_drawn_once_for_both),
        cmocka_unit_test(a_month_is_told_in_parts_that_add_up),
        cmocka_unit_test(the_simplest_that_meets_the_objective_is_named),
        cmocka_unit_test(none_that_meets_it_is_said_plainly),
        cmocka_unit_test(what_is_not_known_and_who_is_as_near_is_told),
        cmocka_unit_test(more_steps_that_cost_less_are_not_called_more_than_the_job_needs),
        cmocka_unit_test(who_nets_more_than_the_simplest_is_named_where_it_is_shown),
        cmocka_unit_test(every_target_missed_is_told_and_no_two_currencies_are_weighed),
        cmocka_unit_test(who_is_right_as_often_is_named_with_the_best),
        cmocka_unit_test(what_is_alike_in_every_repetition_differs_by_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
