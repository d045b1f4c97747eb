/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Thresholds from labels: risks of all items, reviewers, groups, and labels that can say little. */
#include "tests/support/support.h"

#include "base/csv_read.h"
#include "decide/size.h"
#include "math/gsl_guard.h"
#include "math/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 100 labels: 60 at 0.9 of which 1 is wrong, 40 at 0.5 of which 15 are. */
static void fill_hundred(struct scored s[100])
{
    for (int i = 0; i < 100; i++)
        s[i] = (struct scored){
            .confidence = i < 60 ? 0.9 : 0.5, .weight = 1, .correct = !(i == 0 || i >= 85)};
}

static struct risk_answer at_threshold(const struct scored *s, size_t n,
                                       const struct risk_target *t, size_t n_targets,
                                       const struct risk_reviewer *reviewer)
{
    const struct risk_options o = {.level = 0.95,
                                   .threshold = 0.9,
                                   .targets = t,
                                   .n_targets = n_targets,
                                   .reviewer = reviewer};
    struct risk_answer a;
    struct error err = {0};
    ok(risk_choose(RISK_EXACT, s, n, &o, &a, &err), &err);
    return a;
}

/* Bounds by exact sums of binomial probabilities, worked out apart from this program. */
static void the_error_that_ships_is_bounded_with_the_reviewers(void **state)
{
    struct scored s[100];
    const struct risk_reviewer known = {0.9, 0.98, 0, 0, 0, 0},
                               seen = {0.9, 0.98, 180, 200, 490, 500};
    const struct risk_target t = {RISK_SHIPPED, 0.12};
    fill_hundred(s);
    struct risk_answer a = at_threshold(s, 100, &t, 1, &known);
    assert_true(a.found);
    near(a.risk, 0.03, 1e-15); /* (1 + 15 * 0.1 + 25 * 0.02) / 100 */
    near(a.bound, 0.09034075706831456, 1e-9);
    near(a.at[0].low, 0.01073536495405034, 1e-9);
    a = at_threshold(s, 100, &t, 1, &seen);
    near(a.bound, 0.11938262369824408, 1e-9);
}

static void errors_of_all_items_are_counted_over_all_of_them(void **state)
{
    struct scored s[100];
    const struct risk_target t[2] = {
        {RISK_JOINT, 0.1},
        {RISK_AUTO,  0.2}
    };
    fill_hundred(s);
    s[0].correct = true;
    struct risk_answer a = at_threshold(s, 100, t, 1, NULL);
    near(a.risk, 0, 0);
    near(a.bound, 1 - pow(0.05, 1.0 / 100), 1e-12);
    a = at_threshold(s, 100, t, 2, NULL); /* two claims share the error */
    assert_int_equal(a.tests, 2);
    near(a.at[0].bound, 1 - pow(0.025, 1.0 / 100), 1e-12);
    near(a.at[1].bound, 1 - pow(0.025, 1.0 / 60), 1e-12);
}

/* Conformal risk control by hand: n = 9, (k + 1) / 10 <= 0.2 holds for k <= 1. */
static void conformal_risk_control_takes_the_largest_coverage(void **state)
{
    static const struct scored s[9] = {
        {.confidence = 0.9, .weight = 1, .correct = true },
        {.confidence = 0.8, .weight = 1, .correct = false},
        {.confidence = 0.7, .weight = 1, .correct = true },
        {.confidence = 0.6, .weight = 1, .correct = true },
        {.confidence = 0.5, .weight = 1, .correct = false},
        {.confidence = 0.4, .weight = 1, .correct = true },
        {.confidence = 0.3, .weight = 1, .correct = true },
        {.confidence = 0.2, .weight = 1, .correct = true },
        {.confidence = 0.1, .weight = 1, .correct = true }
    };
    struct risk_target t = {RISK_JOINT, 0.2};
    struct risk_options o = {.level = 0.95, .targets = &t, .n_targets = 1};
    struct risk_answer a;
    struct error err = {0};
    ok(risk_choose(RISK_CRC, s, 9, &o, &a, &err), &err);
    assert_true(a.found);
    near(a.threshold, 0.6, 0);
    assert_int_equal(a.ending, RISK_NONE);
    t.at_most = 0.05; /* not even k = 0 */
    ok(risk_choose(RISK_CRC, s, 9, &o, &a, &err), &err);
    assert_false(a.found);
    t.kind = RISK_AUTO;
    assert_int_equal(risk_choose(RISK_CRC, s, 9, &o, &a, &err), -1);
    error_is(&err, ERR_INPUT, "in expectation");
}

/* --- the command's answers */

struct question {
    const char *metric[2];
    double at_most[2];
    enum risk_method method;
    const struct risk_reviewer *reviewer;
    const char **groups;
    size_t n_groups;
    bool per_group;
};

static int ask(const struct scored *s, size_t n, const struct question *q, struct result *r,
               bool *certified, struct error *err)
{
    struct target t[2];
    uint32_t n_targets = 0;
    for (; n_targets < 2 && q->metric[n_targets]; n_targets++)
        t[n_targets] =
            (struct target){q->metric[n_targets], TARGET_AT_MOST, q->at_most[n_targets], "at most"};
    struct size_labels_options o = {.method = q->method,
                                    .level = 0.95,
                                    .seed = 1,
                                    .targets = t,
                                    .n_targets = n_targets,
                                    .reviewer = q->reviewer,
                                    .groups = q->groups,
                                    .n_groups = q->n_groups,
                                    .per_group = q->per_group};
    result_init(r, "size");
    return size_labels(s, n, &o, r, certified, err);
}

/* P(wrong | c) = 0.4 (1 - c)^2 in group 0, and `bad` in group 1, or the same below 0. */
static struct scored *two_groups(size_t n, double bad)
{
    struct scored *s = mem_zero(n, sizeof *s);
    struct rng_seq rng = {rng_key(3, 0, 0, 0, RNG_SPLIT), 0};
    for (size_t i = 0; i < n; i++) {
        double c = rng_unit(rng_next(&rng));
        uint32_t group = i % 10 == 0;
        double wrong = group && bad >= 0 ? bad : 0.4 * (1 - c) * (1 - c);
        s[i] = (struct scored){.confidence = c,
                               .weight = 1,
                               .correct = rng_unit(rng_next(&rng)) >= wrong,
                               .group = group};
    }
    return s;
}

static const char *names[2] = {"easy", "hard"};

static bool warned(const struct result *r, const char *part)
{
    for (size_t i = 0; i < r->warnings.len; i++)
        if (strstr(r->warnings.at[i], part))
            return true;
    return false;
}

static void the_group_that_a_certificate_for_all_hides_is_named(void **state)
{
    struct scored *s = two_groups(6000, 0.3);
    struct question q = {
        .metric = {"auto_error"}, .at_most = {0.1}, .groups = names, .n_groups = 2};
    struct error err = {0};
    struct result r;
    bool certified;
    ok(ask(s, 6000, &q, &r, &certified, &err), &err);
    assert_true(certified);
    text_has(r.answer.sentence, "Worst of 2 groups there: hard");
    assert_true(warned(&r, "group hard breaks the target"));
    assert_int_equal(r.classes.len, 2);
    assert_string_equal(r.classes.at[0].id, "hard");
    within(metrics_find(&r.classes.at[0].metrics, "auto_error")->value, 0.2, 0.4);
    result_release(&r);
    q.per_group = true;
    q.method = RISK_GRID;
    ok(ask(s, 6000, &q, &r, &certified, &err), &err);
    assert_true(certified);
    assert_string_equal(r.classes.at[0].id, "hard"); /* reviewed whole */
    near(metrics_find(&r.classes.at[0].metrics, "review_load")->value, 1, 0);
    assert_string_equal(r.classes.at[1].id, "easy");
    assert_true(metrics_find(&r.classes.at[1].metrics, "auto_error")->high <= 0.1);
    assert_true(isnan(r.answer.threshold));
    assert_int_equal(r.answer.tests, 200);
    result_release(&r);
    mem_free(s);
}

static void groups_that_fare_alike_bring_no_warning(void **state)
{
    struct scored *s = two_groups(6000, -1);
    struct question q = {
        .metric = {"auto_error"}, .at_most = {0.09}, .groups = names, .n_groups = 2};
    struct error err = {0};
    struct result r;
    bool certified;
    ok(ask(s, 6000, &q, &r, &certified, &err), &err);
    assert_true(certified);
    assert_int_equal(r.warnings.len, 0);
    result_release(&r);
    mem_free(s);
}

static void a_review_load_alone_is_met_and_its_error_bounded(void **state)
{
    struct scored *s = two_groups(6000, 0.01);
    const struct question q = {.metric = {"review_load"}, .at_most = {0.05}};
    struct error err = {0};
    struct result r;
    bool certified;
    ok(ask(s, 6000, &q, &r, &certified, &err), &err);
    assert_true(certified);
    const struct metric *load = metrics_find(&r.metrics, "review_load");
    assert_true(load->high <= 0.05 && load->value > 0.04); /* as much review as is allowed */
    near(r.answer.bound, interval_upper(r.answer.k, r.answer.m, 0.05), 1e-15);
    result_release(&r);
    mem_free(s);
}

static void two_targets_share_the_guarantee_or_are_named_together(void **state)
{
    struct scored *s = two_groups(6000, 0.01);
    const struct risk_reviewer poor = {0.6, 0.9, 0, 0, 0, 0};
    struct question q = {
        .metric = {"auto_error", "review_load"},
          .at_most = {0.02,         0.1          }
    };
    struct error err = {0};
    struct result r;
    bool certified;
    ok(ask(s, 6000, &q, &r, &certified, &err), &err);
    assert_false(certified);
    assert_string_equal(r.answer.ending, "certified"); /* the error is, the load is not met */
    assert_int_equal(metrics_find(&r.metrics, "review_load")->verdict, VERDICT_FAIL);
    text_has(r.answer.sentence, "no two of them together");
    result_release(&r);
    q = (struct question){
        .metric = {"auto_error", "shipped_error"},
          .at_most = {0.05,         0.005          },
          .reviewer = &poor
    };
    ok(ask(s, 6000, &q, &r, &certified, &err), &err);
    assert_string_equal(r.answer.ending, "infeasible");
    text_has(r.answer.sentence, "auto_error at most 5% and shipped_error at most 0.5%");
    result_release(&r);
    mem_free(s);
}

static void labels_that_can_say_little_say_so(void **state)
{
    static struct scored s[2000];
    struct question q = {.metric = {"auto_error"}, .at_most = {0.05}};
    struct error err = {0};
    struct result r;
    bool certified;
    for (int i = 0; i < 2000; i++) /* constant confidence, all right */
        s[i] = (struct scored){.confidence = 0.8, .weight = 1, .correct = true};
    ok(ask(s, 2000, &q, &r, &certified, &err), &err);
    assert_true(certified);
    assert_true(warned(&r, "every label has the same confidence"));
    assert_true(warned(&r, "all 2000 labels are right"));
    assert_null(metrics_find(&r.metrics, "auroc"));
    near(metrics_find(&r.metrics, "aurc")->value, 0, 0);
    result_release(&r);
    ok(ask(s, 9, &q, &r, &certified, &err), &err);
    assert_string_equal(r.answer.ending, "too few labels");
    assert_true(warned(&r, "9 labels are too few to measure calibration"));
    assert_null(metrics_find(&r.metrics, "ece"));
    result_release(&r);
}

static void what_cannot_be_asked_of_labels_is_refused(void **state)
{
    static struct scored s[50];
    static const struct {
        struct question q;
        const char *part;
    } row[] = {
        {{.metric = {"latency_p95"}, .at_most = {0.5}},
         "labels alone say nothing about latency_p95"                                         },
        {{.metric = {"shipped_error"}, .at_most = {0.5}},                  "--reviewer"       },
        {{.metric = {NULL}},                                               "needs a target"   },
        {{.metric = {"auto_error"}, .at_most = {0.1}, .method = RISK_CRC}, "joint_error alone"},
        {{.metric = {"auto_error"}, .at_most = {1}},                       "something between"},
        {{.metric = {"joint_error"},
          .at_most = {0.1},
          .groups = names,
          .n_groups = 2,
          .per_group = true},
         "--per-group takes one target"                                                       },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct error err = {0};
        struct result r;
        bool certified;
        for (int k = 0; k < 50; k++)
            s[k] = (struct scored){.confidence = k / 50.0, .weight = 1, .correct = k % 3};
        assert_int_equal(ask(s, 50, &row[i].q, &r, &certified, &err), -1);
        error_is(&err, ERR_USAGE, row[i].part);
        result_release(&r);
    }
}

static void smaller_sets_of_labels_are_certified_at_more_review(void **state)
{
    struct scored *s = two_groups(6000, 0.01);
    const struct question q = {.metric = {"auto_error"}, .at_most = {0.05}};
    struct error err = {0};
    struct result r;
    bool certified;
    ok(ask(s, 6000, &q, &r, &certified, &err), &err);
    const struct curve *c = result_curve(&r, "load_by_labels");
    assert_non_null(c);
    const struct point *first = &c->points.at[0], *last = &c->points.at[c->points.len - 1];
    near(first->y, 1, 0); /* 30 labels certify nothing */
    near(last->x, 6000, 0);
    near(last->y, r.answer.review_load, 0);
    for (size_t i = 1; i < c->points.len; i++)
        assert_true(c->points.at[i].y < c->points.at[i - 1].y + 0.1);
    result_release(&r);
    mem_free(s);
}

/* --- recalibration */

/* Right with probability c^2: overconfident. */
static struct scored *overconfident(size_t n)
{
    struct scored *s = mem_zero(n, sizeof *s);
    struct rng_seq rng = {rng_key(4, 0, 0, 0, RNG_SPLIT), 0};
    for (size_t i = 0; i < n; i++) {
        double c = 0.4 + 0.6 * rng_unit(rng_next(&rng));
        s[i] = (struct scored){
            .confidence = c, .weight = 1, .correct = rng_unit(rng_next(&rng)) < c * c};
    }
    return s;
}

static void recalibrated(const struct scored *s, size_t n, int method, struct result *r,
                         struct csv *knots)
{
    const struct question q = {.metric = {"auto_error"}, .at_most = {0.2}};
    struct error err = {0};
    struct buf csv;
    bool certified;
    buf_init(&csv);
    ok(ask(s, n, &q, r, &certified, &err), &err);
    assert_true(certified);
    const struct recalibrate_options o = {.method = method, .level = 0.95, .seed = 1};
    ok(size_recalibrate(s, n, &o, r, &csv, &err), &err);
    ok(csv_read("map.csv", buf_text(&csv), csv.len, knots, &err), &err);
    buf_release(&csv);
}

static void every_map_mends_overconfidence_and_keeps_the_ranking(void **state)
{
    enum { ROWS = 3000 };
    struct scored *s = overconfident(ROWS);
    for (int m = 0; m < RECALIBRATE_METHODS; m++) {
        struct result r;
        struct csv knots;
        double before = -1, after = -1;
        recalibrated(s, ROWS, m, &r, &knots);
        const struct metrics *of = &r.metrics;
        within(metrics_find(of, "ece")->value, 0.12, 0.2);
        within(metrics_find(of, "ece_recalibrated")->value, 0, m == FIT_TEMPERATURE ? 0.15 : 0.05);
        assert_true(metrics_find(of, "brier_recalibrated")->value <
                    metrics_find(of, "brier")->value);
        near(metrics_find(of, "auroc_recalibrated")->value, metrics_find(of, "auroc")->value,
             0.015);
        for (size_t i = 0; i < knots.rows; i++) { /* what a scenario takes */
            double x = strtod(csv_cell(&knots, i, 0), NULL),
                   y = strtod(csv_cell(&knots, i, 1), NULL);
            assert_true(x > before && y >= after && y >= 0 && y <= 1);
            before = x;
            after = y;
        }
        csv_release(&knots);
        result_release(&r);
    }
    mem_free(s);
}

/* The kept map at the threshold, and at the next confidence below it. */
static void the_threshold_behind_a_map_parts_the_same_labels(void **state)
{
    enum { ROWS = 3000 };
    struct scored *s = overconfident(ROWS);
    struct result r;
    struct csv knots;
    double raw[1000], corrected[1000];
    recalibrated(s, ROWS, FIT_BETA, &r, &knots);
    for (size_t i = 0; i < knots.rows; i++) {
        raw[i] = strtod(csv_cell(&knots, i, 0), NULL);
        corrected[i] = strtod(csv_cell(&knots, i, 1), NULL);
    }
    const struct calibration_map map = {.n = knots.rows, .raw = raw, .corrected = corrected};
    double t = metrics_find(&r.metrics, "threshold_recalibrated")->value;
    uint64_t m = 0, k = 0;
    for (size_t i = 0; i < ROWS; i++)
        if (calibration_map_at(&map, s[i].confidence) >= t) {
            m++;
            k += !s[i].correct;
        }
    assert_int_equal(m, r.answer.m);
    assert_int_equal(k, r.answer.k);
    csv_release(&knots);
    result_release(&r);
    mem_free(s);
}

static void many_labels_are_gathered_without_changing_the_map(void **state)
{
    enum { ROWS = 20500 };
    struct scored *s = overconfident(ROWS);
    struct result r;
    struct csv knots;
    recalibrated(s, ROWS, FIT_PLATT, &r, &knots);
    /* the likelihood of all rows has its maximum where that of the gathered ones does */
    struct arena arena;
    struct calibration_map map;
    arena_init(&arena);
    calibration_fit(FIT_PLATT, s, ROWS, &arena, &map);
    for (size_t i = 0; i < knots.rows; i += 20)
        near(strtod(csv_cell(&knots, i, 1), NULL),
             calibration_map_at(&map, strtod(csv_cell(&knots, i, 0), NULL)), 1e-4);
    arena_release(&arena);
    csv_release(&knots);
    result_release(&r);
    mem_free(s);
}

static void labels_of_one_kind_are_no_ground_for_a_map(void **state)
{
    static struct scored s[100];
    struct error err = {0};
    struct result r;
    for (int i = 0; i < 100; i++)
        s[i] = (struct scored){.confidence = i / 100.0, .weight = 1, .correct = true};
    result_init(&r, "size");
    const struct recalibrate_options o = {.method = RECALIBRATE_BEST, .level = 0.95};
    assert_int_equal(size_recalibrate(s, 100, &o, &r, NULL, &err), -1);
    error_is(&err, ERR_INPUT, "of both kinds");
    result_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_error_that_ships_is_bounded_with_the_reviewers),
        cmocka_unit_test(errors_of_all_items_are_counted_over_all_of_them),
        cmocka_unit_test(conformal_risk_control_takes_the_largest_coverage),
        cmocka_unit_test(the_group_that_a_certificate_for_all_hides_is_named),
        cmocka_unit_test(groups_that_fare_alike_bring_no_warning),
        cmocka_unit_test(a_review_load_alone_is_met_and_its_error_bounded),
        cmocka_unit_test(two_targets_share_the_guarantee_or_are_named_together),
        cmocka_unit_test(labels_that_can_say_little_say_so),
        cmocka_unit_test(what_cannot_be_asked_of_labels_is_refused),
        cmocka_unit_test(smaller_sets_of_labels_are_certified_at_more_review),
        cmocka_unit_test(every_map_mends_overconfidence_and_keeps_the_ranking),
        cmocka_unit_test(the_threshold_behind_a_map_parts_the_same_labels),
        cmocka_unit_test(many_labels_are_gathered_without_changing_the_map),
        cmocka_unit_test(labels_of_one_kind_are_no_ground_for_a_map),
    };
    math_init();
    return cmocka_run_group_tests_name("size from labels", tests, NULL, NULL);
}
