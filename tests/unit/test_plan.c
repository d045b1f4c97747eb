/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Planned labels: the published sample sizes, the exact power, and what a pilot leaves to do. */
#include "tests/support/support.h"

#include "decide/plan.h"
#include "math/gsl_guard.h"
#include "math/interval.h"
#include "math/power.h"

#include <math.h>
#include <string.h>

static struct target at_most(const char *metric, double value)
{
    return (struct target){metric, TARGET_AT_MOST, value, "at most"};
}

static struct plan_options options_for(const struct target *targets, uint32_t n)
{
    return (struct plan_options){.method = RISK_SPLIT,
                                 .level = 0.95,
                                 .traffic_per_day = NAN,
                                 .targets = targets,
                                 .n_targets = n};
}

static const struct row *row_with(const struct result *r, double truth, double load)
{
    for (size_t i = 0; i < r->plan.len; i++) {
        const struct metrics *m = &r->plan.at[i].metrics;
        const struct metric *error = metrics_find(m, "assumed_error"),
                            *reviewed = metrics_find(m, "review_load");
        if (error && reviewed && fabs(error->value - truth) < 1e-12 &&
            fabs(reviewed->value - load) < 1e-12)
            return &r->plan.at[i];
    }
    return NULL;
}

static double number(const struct row *row, const char *name)
{
    const struct metric *m = row ? metrics_find(&row->metrics, name) : NULL;
    return m ? m->value : NAN;
}

static void zero_errors_and_half_the_target_need_the_published_numbers(void **state)
{
    static const struct {
        double target;
        uint64_t zero, zero_split, first, stays;
    } want[] = {
        {0.05,  59,  79,  361,  434 },
        {0.02,  149, 199, 969,  1091},
        {0.01,  299, 399, 1941, 2185},
        {0.005, 598, 798, 3885, 4374}
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        struct target t = at_most("auto_error", want[i].target);
        struct plan_options options = options_for(&t, 1);
        struct error err = {0};
        struct result r;
        result_init(&r, "size");
        ok(plan_labels(&options, &r, &err), &err);
        const struct row *none = row_with(&r, 0, 0), *half = row_with(&r, want[i].target / 2, 0);
        near(number(none, "labels_fixed"), (double)want[i].zero, 0);
        near(number(none, "labels_split"), (double)want[i].zero_split, 0);
        near(number(half, "labels_first"), (double)want[i].first, 0);
        near(number(half, "labels_shipped"), (double)want[i].stays, 0);
        near(number(row_with(&r, want[i].target / 2, 0.5), "labels_fixed"),
             2 * (double)want[i].stays, 0);
        assert_string_equal(r.answer.ending, "planned");
        assert_int_equal(r.passed, PASSED_NULL);
        result_release(&r);
    }
}

static void a_quarter_rounded_up_leaves_the_labels_that_certify(void **state)
{
    for (uint64_t m = 1; m < 3000; m += 7) {
        uint64_t all = plan_labels_in_all(m, 0.2, true);
        uint64_t wanted = plan_labels_in_all(m, 0.2, false);
        assert_true((double)wanted * 0.8 >= (double)m - 1e-6);
        assert_true((double)(wanted - 1) * 0.8 < (double)m);
        assert_true(all - (all + 3) / 4 >= wanted);
        assert_true(all - 1 - (all + 2) / 4 < wanted);
    }
}

static void the_power_curve_is_the_exact_one_at_both_ends_of_every_tooth(void **state)
{
    struct target t[] = {at_most("auto_error", 0.05), at_most("review_load", 0.25)};
    struct plan_options options = options_for(t, 2);
    struct error err = {0};
    struct result r;
    result_init(&r, "size");
    ok(plan_labels(&options, &r, &err), &err);
    const struct curve *c = result_curve(&r, "power");
    assert_true(c && c->points.len > 20);
    size_t rises = 0;
    for (size_t i = 0; i < c->points.len; i++) {
        const struct point *p = &c->points.at[i];
        uint64_t m = (uint64_t)llround(floor(p->x * 0.75 + 1e-9)), passes = 0;
        while (binomial_cdf(passes, m, 0.05) <= 0.05)
            passes++;
        near(p->y, binomial_cdf(passes - 1, m, 0.025), 1e-12);
        rises += i && p->y > p[-1].y;
    }
    assert_int_equal(rises, c->points.len / 2 - 1); /* falls inside each tooth, rises between */
    near(power_at(0.05, 0.025, 0.05, 58), 0, 0);
    near_rel(power_at(0.05, 0.025, 0.05, 59), pow(0.975, 59), 1e-12);
    result_release(&r);
}

static void traffic_turns_labels_into_audits_a_day_and_days(void **state)
{
    struct target t[] = {at_most("auto_error", 0.05), at_most("review_load", 0.2)};
    struct plan_options options = options_for(t, 2);
    struct error err = {0};
    struct result r;
    options.traffic_per_day = 200;
    result_init(&r, "size");
    ok(plan_labels(&options, &r, &err), &err);
    size_t audits = 0;
    for (size_t i = 0; i < r.plan.len; i++) {
        const struct row *row = &r.plan.at[i];
        if (strcmp(row->kind, "audit"))
            continue;
        audits++;
        near_rel(number(row, "audits_a_day"), 160 * number(row, "audit_share"), 1e-12);
        near(number(row, "days"), ceil(434 / (160 * number(row, "audit_share"))), 0);
    }
    assert_int_equal(audits, 6);
    result_release(&r);
}

/* 200 labels at each of four confidences, of which so many are wrong. */
static void fill_pilot(struct scored *s, const int wrong[4])
{
    for (int i = 0; i < 800; i++)
        s[i] = (struct scored){
            .confidence = 0.9 - 0.1 * (i / 200), .weight = 1, .correct = i % 200 >= wrong[i / 200]};
}

static void a_pilot_names_a_threshold_and_how_many_more(void **state)
{
    static const int wrong[4] = {1, 2, 60, 90};
    struct scored s[800];
    struct target t = at_most("auto_error", 0.05);
    struct plan_options options = options_for(&t, 1);
    struct error err = {0};
    struct result r;
    fill_pilot(s, wrong);
    result_init(&r, "size");
    ok(plan_more(s, 800, &options, &r, &err), &err);
    near(r.answer.threshold, 0.8, 1e-12);
    assert_int_equal(r.answer.m, 400);
    assert_int_equal(r.answer.k, 3);
    /* half of the items ship there */
    assert_int_equal(r.answer.labels_needed, 2 * power_labels(0.05, 3.5 / 401, 0.05, 0.8).stays);
    result_release(&r);
}

static void a_pilot_that_errs_as_much_as_the_target_names_no_number(void **state)
{
    static const int wrong[4] = {20, 20, 20, 20};
    struct scored s[800];
    struct target t = at_most("auto_error", 0.05);
    struct plan_options options = options_for(&t, 1);
    struct error err = {0};
    struct result r;
    fill_pilot(s, wrong);
    result_init(&r, "size");
    ok(plan_more(s, 800, &options, &r, &err), &err);
    assert_int_equal(r.answer.labels_needed, 0);
    assert_string_equal(r.answer.ending, "too few labels");
    assert_int_equal(r.passed, PASSED_FALSE);
    result_release(&r);
}

static void what_cannot_be_planned_is_refused(void **state)
{
    struct target shipped = at_most("shipped_error", 0.05), whole = at_most("auto_error", 1),
                  load = at_most("review_load", 0.2), fine = at_most("auto_error", 0.05);
    const struct target *bad[] = {&shipped, &whole, &load};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct plan_options options = options_for(bad[i], 1);
        struct error err = {0};
        struct result r;
        result_init(&r, "size");
        assert_int_equal(plan_labels(&options, &r, &err), -1);
        error_is(&err, ERR_USAGE, "");
        result_release(&r);
    }
    struct plan_options sgr = options_for(&fine, 1);
    struct error err = {0};
    struct result r;
    sgr.method = RISK_SGR;
    result_init(&r, "size");
    assert_int_equal(plan_labels(&sgr, &r, &err), -1);
    error_is(&err, ERR_USAGE, "sgr");
    result_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_errors_and_half_the_target_need_the_published_numbers),
        cmocka_unit_test(a_quarter_rounded_up_leaves_the_labels_that_certify),
        cmocka_unit_test(the_power_curve_is_the_exact_one_at_both_ends_of_every_tooth),
        cmocka_unit_test(traffic_turns_labels_into_audits_a_day_and_days),
        cmocka_unit_test(a_pilot_names_a_threshold_and_how_many_more),
        cmocka_unit_test(a_pilot_that_errs_as_much_as_the_target_names_no_number),
        cmocka_unit_test(what_cannot_be_planned_is_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
