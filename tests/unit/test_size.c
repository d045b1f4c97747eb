/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sizing: the thresholds of a scenario against closed forms, and the endings from labels. */
#include "tests/support/support.h"

#include "decide/size.h"
#include "math/gsl_guard.h"
#include "math/rng.h"
#include "model/scenario.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A model right with 0.9; Beta(8,2) when right and Beta(3,3) when wrong; a fallible reviewer who
 * changes all that she rejects. */
static const char *const review_text = "seam: 1\n"
                                       "flow:\n"
                                       "  - stage: answer\n"
                                       "    layer: model\n"
                                       "    wrong: 10%%\n"
                                       "    latency: {exponential: {mean: 1s}}\n"
                                       "    confidence:\n"
                                       "      good: {beta: {a: 8, b: 2}}\n"
                                       "      bad: {beta: {a: 3, b: 3}}\n"
                                       "  - gate: confident\n"
                                       "    threshold: 0.5\n"
                                       "    above: ship\n"
                                       "    below: desk\n"
                                       "  - review: desk\n"
                                       "    layer: human\n"
                                       "    sensitivity: 90%%\n"
                                       "    specificity: 98%%\n"
                                       "    fixes: 100%%\n"
                                       "    spoils: 100%%\n"
                                       "objective: {%s}\n";

static int size_text(const char *text, const char *objective, struct result *out, bool *met,
                     struct error *err)
{
    struct size_options options = {
        .level = 0.95, .seed = 1, .threads = 1, .trials = 10000, .uncertainty = true};
    char full[2048];
    struct pipeline p;
    struct faults faults;

    snprintf(full, sizeof full, text, objective);
    faults_init(&faults);
    pipeline_init(&p);
    ok(scenario_parse("test.yaml", full, strlen(full), NULL, &p, &faults, err), err);
    result_init(out, "size");
    int status = size_scenario(&p, &options, out, met, err);
    pipeline_release(&p);
    faults_release(&faults);
    return status;
}

/* Closed form: the root of P(wrong | c >= t) = a for these Betas, worked out with 30 digits. */
static void the_threshold_is_the_root_of_the_selective_risk(void **state)
{
    static const struct {
        const char *objective;
        double t, load;
    } row[] = {
        {"auto_error: at most 1%", 0.8150572582196028, 0.5299285054488436},
        {"auto_error: at most 2%", 0.7164620791069812, 0.2900262962667419}
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct error err = {0};
        struct result r;
        bool met;
        ok(size_text(review_text, row[i].objective, &r, &met, &err), &err);
        assert_true(met);
        near_rel(r.answer.threshold, row[i].t, 1e-9);
        near_rel(r.answer.review_load, row[i].load, 1e-9);
        assert_string_equal(r.answer.ending, "met");
        result_release(&r);
    }
}

static void the_least_shipped_error_is_inside_and_not_at_full_review(void **state)
{
    struct error err = {0};
    struct result r;
    bool met;

    ok(size_text(review_text, "shipped_error: least", &r, &met, &err), &err);
    assert_true(met);
    near_rel(r.answer.threshold, 0.8209794929322183, 1e-9);
    near_rel(metrics_find(&r.metrics, "shipped_error")->value, 0.02291120025444185, 1e-9);
    result_release(&r);
}

static void what_no_threshold_attains_is_named_with_its_best_value(void **state)
{
    struct error err = {0};
    struct result r;
    bool met;

    ok(size_text(review_text, "shipped_error: at most 1%", &r, &met, &err), &err);
    assert_false(met);
    assert_string_equal(r.answer.ending, "infeasible");
    assert_string_equal(r.answer.risk, "shipped_error");
    near_rel(r.answer.best_attainable, 0.02291120025444185, 1e-9);
    struct target target = {"shipped_error", TARGET_AT_MOST, 0.01, "at most 1%"};
    result_judge(&r, &target, 1);
    assert_int_equal(metrics_find(&r.metrics, "shipped_error")->verdict, VERDICT_INFEASIBLE);
    assert_int_equal(r.passed, PASSED_FALSE);
    result_release(&r);
}

static void two_targets_hold_together_or_the_worse_is_named(void **state)
{
    struct error err = {0};
    struct result r;
    bool met;

    ok(size_text(review_text, "auto_error: at most 2%, review_load: at most 30%", &r, &met, &err),
       &err);
    assert_true(met);
    near_rel(r.answer.threshold, 0.7164620791069812, 1e-9);
    result_release(&r);
    ok(size_text(review_text, "auto_error: at most 2%, review_load: at most 20%", &r, &met, &err),
       &err);
    assert_false(met);
    assert_string_equal(r.answer.ending, "infeasible");
    text_has(r.answer.sentence, "each alone can be met");
    assert_true(isnan(r.answer.best_attainable));
    result_release(&r);
    ok(size_text(review_text, "auto_error: at most 0.0000001%", &r, &met, &err), &err);
    assert_true(met); /* beyond the last point of the grid below 1 */
    result_release(&r);
}

static void a_quantile_target_is_searched_by_simulation(void **state)
{
    struct error err = {0};
    struct result r;
    bool met;

    ok(size_text(review_text, "auto_error: at most 3%, latency_p95: at most 4s", &r, &met, &err),
       &err);
    assert_true(met);
    assert_string_equal(r.answer.method, "monte-carlo");
    within(r.answer.threshold, 0.62, 0.75); /* exact: 0.6536, on a grid of 1/40 */
    result_release(&r);
}

static void with_evidence_the_whole_interval_meets_the_target(void **state)
{
    struct error err = {0};
    struct result sure, unsure;
    char text[2048];
    bool met;

    ok(size_text(review_text, "auto_error: at most 2%", &sure, &met, &err), &err);
    snprintf(text, sizeof text, "%s", review_text);
    memcpy(strstr(text, "wrong: 10%%"), "wrong: 9/90", strlen("wrong: 9/90"));
    ok(size_text(text, "auto_error: at most 2%", &unsure, &met, &err), &err);
    assert_true(met);
    assert_true(unsure.answer.threshold > sure.answer.threshold + 0.01);
    assert_true(unsure.answer.bound <= 0.02);
    result_release(&sure);
    result_release(&unsure);
}

static void a_scenario_without_a_gate_or_a_target_is_refused(void **state)
{
    struct error err = {0};
    struct result r;
    bool met;

    assert_int_equal(size_text("seam: 1\nflow:\n  - stage: a\n    error: 3%%\nobjective: {%s}\n",
                               "reliability: at least 90%", &r, &met, &err),
                     -1);
    error_is(&err, ERR_UNSUPPORTED, "no gate");
    result_release(&r);
    memset(&err, 0, sizeof err);
    assert_int_equal(size_text(review_text, "", &r, &met, &err), -1);
    error_is(&err, ERR_USAGE, "needs a target");
    result_release(&r);
}

/* n labels whose error falls with confidence: P(wrong | c) = 0.4 (1 - c)^2. */
static struct scored *labels_new(size_t n, uint64_t seed)
{
    struct scored *s = mem_zero(n, sizeof *s);
    struct rng_seq rng = {rng_key(seed, 0, 0, 0, RNG_SPLIT), 0};

    for (size_t i = 0; i < n; i++) {
        double c = rng_unit(rng_next(&rng));
        s[i] = (struct scored){.confidence = c,
                               .weight = 1,
                               .correct = rng_unit(rng_next(&rng)) > 0.4 * (1 - c) * (1 - c)};
    }
    return s;
}

static void size_with(const struct scored *s, size_t n, const char *metric, double at_most,
                      enum risk_method method, struct result *r, bool *certified)
{
    struct error err = {0};
    struct target t = {metric, TARGET_AT_MOST, at_most, "at most"};
    struct size_labels_options o = {
        .method = method, .level = 0.95, .seed = 1, .targets = &t, .n_targets = 1};

    result_init(r, "size");
    ok(size_labels(s, n, &o, r, certified, &err), &err);
}

static void labels_end_in_one_of_three_ways(void **state)
{
    struct scored *s = labels_new(4000, 7);
    struct result r;
    bool certified;

    size_with(s, 4000, "auto_error", 0.05, RISK_SPLIT, &r, &certified);
    assert_true(certified);
    assert_string_equal(r.answer.ending, "certified");
    assert_true(r.answer.bound <= 0.05);
    assert_true(r.answer.review_load < 0.6);
    assert_non_null(metrics_find(&r.metrics, "ece"));
    result_release(&r);

    size_with(s, 40, "auto_error", 0.01, RISK_SPLIT, &r, &certified);
    assert_false(certified);
    assert_string_equal(r.answer.ending, "too few labels");
    assert_true(r.answer.labels_needed > 40);
    result_release(&r);

    size_with(s, 4000, "auto_error", 0.05, RISK_PLUG_IN, &r, &certified);
    assert_false(certified);
    assert_null(r.answer.ending);
    result_release(&r);
    mem_free(s);
}

static void labels_say_nothing_of_shipped_error(void **state)
{
    struct scored *s = labels_new(100, 7);
    struct error err = {0};
    struct target t = {"shipped_error", TARGET_AT_MOST, 0.01, "at most 1%"};
    struct size_labels_options o = {.level = 0.95, .targets = &t, .n_targets = 1};
    struct result r;
    bool certified;

    result_init(&r, "size");
    assert_int_equal(size_labels(s, 100, &o, &r, &certified, &err), -1);
    error_is(&err, ERR_USAGE, "shipped_error");
    result_release(&r);
    mem_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_threshold_is_the_root_of_the_selective_risk),
        cmocka_unit_test(the_least_shipped_error_is_inside_and_not_at_full_review),
        cmocka_unit_test(what_no_threshold_attains_is_named_with_its_best_value),
        cmocka_unit_test(two_targets_hold_together_or_the_worse_is_named),
        cmocka_unit_test(a_quantile_target_is_searched_by_simulation),
        cmocka_unit_test(with_evidence_the_whole_interval_meets_the_target),
        cmocka_unit_test(a_scenario_without_a_gate_or_a_target_is_refused),
        cmocka_unit_test(labels_end_in_one_of_three_ways),
        cmocka_unit_test(labels_say_nothing_of_shipped_error),
    };
    math_init();
    return cmocka_run_group_tests_name("size", tests, NULL, NULL);
}
