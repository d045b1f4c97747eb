/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cycles of feedback against closed forms, and calibrated confidences in every engine. */
#include "math/gsl_guard.h"
#include "model/learning.h"
#include "model/scenario.h"
#include "sim/engine.h"
#include "sim/exact.h"
#include "sim/run.h"
#include "tests/support/flow.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

static void simulate(const char *flow, const struct run_options *options, struct pipeline *p,
                     struct result *r)
{
    struct error err = {0};
    flow_read(flow, p);
    result_init(r, "simulate");
    ok(run_simulate(p, options, r, &err), &err);
}

static const struct point *learnt(const struct result *r, const char *y, size_t k)
{
    for (size_t i = 0; i < r->curves.len; i++) {
        const struct curve *c = &r->curves.at[i];
        if (!strcmp(c->id, "learning") && !strcmp(c->y, y) && k < c->points.len)
            return &c->points.at[k];
    }
    fail_msg("no point %zu of learning, %s", k, y);
    return NULL;
}

static bool says(const struct result *r, const char *part)
{
    for (size_t i = 0; i < r->warnings.len; i++)
        if (strstr(r->warnings.at[i], part))
            return true;
    for (size_t i = 0; i < r->assumptions.len; i++)
        if (strstr(r->assumptions.at[i], part))
            return true;
    return false;
}

#define WRITE                                                                                      \
    "flow:\n"                                                                                      \
    "  - stage: write\n"                                                                           \
    "    wrong: 10%\n"
#define TIMED                                                                                      \
    "arrivals: {poisson: 60/h}\n"                                                                  \
    "horizon: {warmup: 1h, length: 20h, replications: 20}\n"
#define POWER "[{step: write, wrong: {power_law: {exponent: 0.5, per: 600, floor: 2%}}}]"

/* Everything is reviewed without error, 600 items a cycle: after k cycles the stage is wrong with
 * 2% + 8% / sqrt(1 + k), all of which is caught. */
static void labels_of_perfect_reviews_lower_wrong_as_the_law_says(void **state)
{
    const struct run_options options = {.seed = 1, .level = 0.95};
    struct pipeline p;
    struct result r;
    simulate(WRITE "  - review: desk\n" TIMED "feedback: {cycle: 10h, cycles: 3, learns: " POWER
                   "}\n",
             &options, &p, &r);
    for (size_t k = 0; k <= 3; k++) {
        double n = 600.0 * (double)k, wrong = 0.02 + 0.08 / sqrt(1 + (double)k);
        const struct point *at = learnt(&r, "labels", k);
        near(at->x, (double)k, 0);
        within_sigma(at->y, n, sqrt(n / 20), 5.0);
        /* d wrong / d n <= 0.08 / 2 / 600 */
        within_sigma(learnt(&r, "flow.write.wrong", k)->y, wrong, 1e-9 + 0.04 / 600 * sqrt(n / 20),
                     5.0);
        at = learnt(&r, "reliability", k);
        within_sigma(at->y, 1 - wrong, sqrt(wrong / (1200 * 20)), 5.0);
        assert_true(at->low < at->y && at->y < at->high);
        near(learnt(&r, "review_load", k)->y, 1, 1e-12);
    }
    near(metrics_find(&r.metrics, "reliability")->value, learnt(&r, "reliability", 0)->y, 1e-12);
    near(learnt(&r, "flow.write.wrong", 0)->low, 0.1, 1e-9);
    assert_true(says(&r, "reliability is 4"));
    assert_int_equal(r.layers.len, 1);
    /* (8% (3 - 1/sqrt 2 - 1/sqrt 3 - 1/2)) / 3 = 3.24% */
    within_sigma(metrics_find(&r.layers.at[0].metrics, "closes")->value, 0.03241, 0.0015, 5.0);
    result_release(&r);
    pipeline_release(&p);
}

/* A fifth of what would ship unseen is audited; other reviews do not count. */
static void only_audits_count_where_the_scenario_says_so(void **state)
{
    const struct run_options options = {.seed = 1, .level = 0.95};
    struct pipeline p;
    struct result r;
    simulate(WRITE "    confidence: {good: {discrete: {values: [0.3, 0.9], weights: [0.5, 0.5]}}, "
                   "bad: 0.9}\n"
                   "  - gate: sure\n    threshold: 80%\n    above: ship\n    below: desk\n"
                   "    audit: {share: 20%, by: desk}\n"
                   "  - review: desk\n" TIMED "feedback: {cycle: 10h, cycles: 1, labels: [audit], "
                   "learns: " POWER "}\n",
             &options, &p, &r);
    within_sigma(learnt(&r, "labels", 1)->y, 600 * 0.55 * 0.2, sqrt(66.0 / 20), 5.0);
    result_release(&r);
    pipeline_release(&p);
}

/* Reviewers catch the wrong tenth and mend half of it: 30 of 600 a cycle. */
static void a_canon_grows_with_what_is_mended(void **state)
{
    const struct run_options options = {.seed = 1, .level = 0.95};
    struct pipeline p;
    struct result r;
    simulate(WRITE "  - review: desk\n    fixes: 50%\n" TIMED
                   "feedback: {cycle: 10h, cycles: 1, learns: [{canon: write, wrong: {power_law: "
                   "{exponent: 1, per: 30, floor: 2%}}}]}\n",
             &options, &p, &r);
    /* 2% + 8% / (1 + Poisson(30) / 30), to the second order 6% + 8% / 8 / 30 */
    within_sigma(learnt(&r, "flow.write.wrong", 1)->y, 0.06 + 0.01 / 30, 0.02 / sqrt(30.0 * 20),
                 5.0);
    result_release(&r);
    pipeline_release(&p);
}

/* A cycle of 40 hours, a horizon of 20: each label stands for two. */
static void a_cycle_may_be_longer_than_the_horizon(void **state)
{
    const struct run_options options = {.seed = 1, .level = 0.95, .trials = 4};
    struct pipeline p;
    struct result r;
    simulate(WRITE "  - review: desk\n" TIMED "feedback: {cycle: 40h, cycles: 1, learns: " POWER
                   "}\n",
             &options, &p, &r);
    within_sigma(learnt(&r, "labels", 1)->y, 2400, 2 * sqrt(1200.0 / 4), 5.0);
    assert_true(says(&r, "each label stands for 2"));
    result_release(&r);
    pipeline_release(&p);
}

static void where_no_labels_come_it_is_said(void **state)
{
    const struct run_options options = {.seed = 1, .level = 0.95, .trials = 3};
    struct pipeline p;
    struct result r;
    simulate(WRITE TIMED "feedback: {cycle: 10h, cycles: 2, learns: " POWER "}\n", &options, &p,
             &r);
    assert_true(says(&r, "no labels came"));
    near(learnt(&r, "flow.write.wrong", 2)->y, 0.1, 1e-9);
    result_release(&r);
    pipeline_release(&p);
}

#define SHY                                                                                        \
    WRITE                                                                                          \
    "    confidence: {good: {beta: {a: 6, b: 4}}, bad: {beta: {a: 3, b: 4}}}\n"                    \
    "  - gate: sure\n    threshold: 85%\n    above: ship\n    below: desk\n    audit: 10%\n"       \
    "  - review: desk\n    sensitivity: 90%\n    fixes: 50%\n" TIMED                               \
    "feedback: {cycle: 10h, cycles: 2, learns: [{recalibrate: write}]}\n"

/* Shy confidences send nearly all to review; once corrected, most items ship unseen. */
static void a_refit_corrects_what_the_gate_sees(void **state)
{
    const struct run_options options = {.seed = 1, .level = 0.95};
    struct pipeline p;
    struct result r;
    simulate(SHY, &options, &p, &r);
    within(learnt(&r, "review_load", 0)->y, 0.9, 1);
    within(learnt(&r, "review_load", 1)->y, 0.1, 0.5);
    within(learnt(&r, "flow.write.ece", 0)->y, 0.25, 1);
    within(learnt(&r, "flow.write.ece", 1)->y, 0, 0.1);
    result_release(&r);
    pipeline_release(&p);
}

static void the_same_bits_come_on_any_number_of_threads(void **state)
{
    static const char *const of[] = {"labels", "reliability", "review_load", "flow.write.ece"};
    struct run_options options = {.seed = 7, .level = 0.95, .trials = 5, .threads = 1};
    struct pipeline p, q;
    struct result r, s;
    simulate(SHY, &options, &p, &r);
    options.threads = 2;
    simulate(SHY, &options, &q, &s);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        for (size_t k = 0; k <= 2; k++) {
            const struct point *a = learnt(&r, of[i], k), *b = learnt(&s, of[i], k);
            assert_true(a->y == b->y && a->low == b->low && a->high == b->high);
        }
    assert_true(metrics_find(&r.metrics, "latency_mean") == NULL ||
                metrics_find(&r.metrics, "latency_mean")->value ==
                    metrics_find(&s.metrics, "latency_mean")->value);
    result_release(&r);
    result_release(&s);
    pipeline_release(&p);
    pipeline_release(&q);
}

/* Metrics are those of the pipeline without its feedback, to the bit. */
static void cycle_0_is_the_pipeline_as_written(void **state)
{
    const struct run_options options = {.seed = 3, .level = 0.95, .trials = 3};
    struct error err = {0};
    struct pipeline p, store;
    struct result r, s;
    simulate(SHY, &options, &p, &r);
    result_init(&s, "simulate");
    ok(run_simulate(learning_none(&p, &store), &options, &s, &err), &err);
    assert_true(metrics_find(&r.metrics, "reliability")->value ==
                metrics_find(&s.metrics, "reliability")->value);
    assert_true(metrics_find(&r.metrics, "reliability")->high ==
                metrics_find(&s.metrics, "reliability")->high);
    assert_true(learnt(&r, "review_load", 0)->y == metrics_find(&s.metrics, "review_load")->value);
    result_release(&r);
    result_release(&s);
    pipeline_release(&store);
    pipeline_release(&p);
}

/* The recursion of scenarios/feedback-compounds.yaml by hand, with the incomplete beta integrals
 * summed apart from this program. */
static void solve_follows_the_mean_number_of_labels(void **state)
{
    const struct exact_options exact = {.level = 0.95};
    struct scenario_options none = {0};
    struct error err = {0};
    struct faults faults;
    struct pipeline p;
    struct result r;
    bool complete;
    faults_init(&faults);
    ok(scenario_read("scenarios/feedback-compounds.yaml", &none, &p, &faults, &err), &err);
    result_init(&r, "solve");
    ok(exact_solve(&p, &exact, &r, &complete, &err), &err);
    near(learnt(&r, "labels", 1)->y, 860.3086, 1e-3);
    near(learnt(&r, "labels", 8)->y, 6380.9, 0.05);
    near(learnt(&r, "reliability", 0)->y, 0.9771808, 1e-9);
    near(learnt(&r, "reliability", 8)->y, 0.992737572, 1e-8);
    near(learnt(&r, "review_load", 8)->y, 0.460357421, 1e-8);
    near(learnt(&r, "flow.answer.wrong", 8)->y, 0.0477389271, 1e-9);
    result_release(&r);
    pipeline_release(&p);
    faults_release(&faults);
}

static void solve_names_what_it_cannot_learn(void **state)
{
    const struct exact_options exact = {.level = 0.95};
    struct error err = {0};
    struct pipeline p;
    struct result r;
    bool complete;
    flow_read(SHY, &p);
    result_init(&r, "solve");
    assert_int_equal(exact_solve(&p, &exact, &r, &complete, &err), -1);
    error_is(&err, ERR_UNSUPPORTED, "fitted to random labels");
    result_release(&r);
    pipeline_release(&p);
}

/* --- calibrated confidences */

/* Beta confidences with knots, and rows of labels with a fit: exact, by blocks and by events. */
static void all_engines_see_the_same_corrected_confidences(void **state)
{
    static const char *const confidence[] = {
        "{good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}, calibration: scenario_knots.csv}",
        "{labels: scenario_labels.csv, calibration: platt}",
        "{labels: scenario_labels.csv, calibration: isotonic}",
    };
    for (size_t i = 0; i < sizeof confidence / sizeof *confidence; i++) {
        const struct run_options options = {.seed = 1, .level = 0.95, .trials = 200000};
        const struct exact_options exact = {.level = 0.95, .values_only = true};
        const struct engine_def *const engine[] = {&batch_engine, &queue_engine};
        struct buf text;
        struct error err = {0};
        struct pipeline p, store;
        struct result r;
        bool complete;
        buf_init(&text);
        buf_puts(&text, WRITE "    confidence: ");
        buf_puts(&text, confidence[i]);
        buf_puts(&text, "\n  - gate: sure\n    threshold: 70%\n    above: ship\n    below: desk\n"
                        "  - review: desk\n    sensitivity: 90%\n    fixes: 50%\n");
        flow_read(buf_text(&text), &p);
        result_init(&r, "solve");
        ok(exact_solve(&p, &exact, &r, &complete, &err), &err);
        double load = metrics_find(&r.metrics, "review_load")->value;
        double right = metrics_find(&r.metrics, "reliability")->value;
        result_release(&r);
        const struct pipeline *q = learning_none(&p, &store);
        for (size_t e = 0; e < 2; e++) {
            result_init(&r, "simulate");
            ok(run_by(engine[e], q, &options, &r, &err), &err);
            within_sigma(metrics_find(&r.metrics, "review_load")->value, load,
                         sqrt(load * (1 - load) / 200000) + 1e-9, 5.0);
            within_sigma(metrics_find(&r.metrics, "reliability")->value, right,
                         sqrt(right * (1 - right) / 200000), 5.0);
            result_release(&r);
        }
        pipeline_release(&store);
        pipeline_release(&p);
        buf_release(&text);
    }
}

/* A gate at 0.7 of corrected values is one at 0.8 of raw ones where the map goes from (0.5, 0.4)
 * to (1, 0.9): P(good >= 0.8) for Beta(2, 1) is 1 - 0.64, for the bad Beta(1, 1) 0.2. */
static void a_gate_compares_the_corrected_confidence(void **state)
{
    const struct exact_options exact = {.level = 0.95, .values_only = true};
    struct error err = {0};
    struct pipeline p;
    struct result r;
    bool complete;
    flow_read(WRITE "    confidence: {good: {beta: {a: 2, b: 1}}, bad: {beta: {a: 1, b: 1}}, "
                    "calibration: scenario_knots.csv}\n"
                    "  - gate: sure\n    threshold: 70%\n    above: ship\n    below: desk\n"
                    "  - review: desk\n",
              &p);
    result_init(&r, "solve");
    ok(exact_solve(&p, &exact, &r, &complete, &err), &err);
    near(metrics_find(&r.metrics, "review_load")->value, 1 - 0.9 * 0.36 - 0.1 * 0.2, 1e-12);
    assert_true(says(&r, "scenario_knots.csv"));
    result_release(&r);
    pipeline_release(&p);
}

int main(void)
{
    math_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_of_perfect_reviews_lower_wrong_as_the_law_says),
        cmocka_unit_test(only_audits_count_where_the_scenario_says_so),
        cmocka_unit_test(a_canon_grows_with_what_is_mended),
        cmocka_unit_test(a_cycle_may_be_longer_than_the_horizon),
        cmocka_unit_test(where_no_labels_come_it_is_said),
        cmocka_unit_test(a_refit_corrects_what_the_gate_sees),
        cmocka_unit_test(the_same_bits_come_on_any_number_of_threads),
        cmocka_unit_test(cycle_0_is_the_pipeline_as_written),
        cmocka_unit_test(solve_follows_the_mean_number_of_labels),
        cmocka_unit_test(solve_names_what_it_cannot_learn),
        cmocka_unit_test(all_engines_see_the_same_corrected_confidences),
        cmocka_unit_test(a_gate_compares_the_corrected_confidence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
