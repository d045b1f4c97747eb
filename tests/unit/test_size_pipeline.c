/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sizing of several settings at once: against optima of closed forms that were worked out apart
 * (sums of beta distributions by continued fractions, then bisection and golden section), and
 * against Erlang's formulas where staff is sized. */
#include "tests/support/support.h"

#include "decide/size.h"
#include "math/gsl_guard.h"
#include "model/scenario.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Case D06 of the cascades: a cheap model, a strong one that answers anew, a person; %s: what the
 * strong one costs, and the objective. */
static const char *const cascade = "seam: 1\n"
                                   "flow:\n"
                                   "  - stage: cheap\n"
                                   "    layer: model\n"
                                   "    wrong: 15%%\n"
                                   "    cost: $1\n"
                                   "    confidence: {good: {beta: {a: 8, b: 2}}, "
                                   "bad: {beta: {a: 3, b: 3}}}\n"
                                   "  - gate: cheap-sure\n"
                                   "    of: cheap\n"
                                   "    threshold: 50%%\n"
                                   "    above: ship\n"
                                   "    below: strong\n"
                                   "  - stage: strong\n"
                                   "    layer: model\n"
                                   "    wrong: 5%%\n"
                                   "    repair: 100%%\n"
                                   "    cost: %s\n"
                                   "    confidence: {good: {beta: {a: 9, b: 1.5}}, "
                                   "bad: {beta: {a: 3, b: 2}}}\n"
                                   "  - gate: strong-sure\n"
                                   "    of: strong\n"
                                   "    threshold: 50%%\n"
                                   "    above: ship\n"
                                   "    below: person\n"
                                   "  - stage: person\n"
                                   "    layer: human\n"
                                   "    wrong: 3%%\n"
                                   "    repair: 100%%\n"
                                   "    cost: $200\n"
                                   "objective: {%s}\n";

/* Sure and wrong: four of ten errors are made with the highest confidence, so that the error of
 * what ships unseen falls and then rises with the threshold. */
static const char *const overconfident = "seam: 1\n"
                                         "flow:\n"
                                         "  - stage: answer\n"
                                         "    layer: model\n"
                                         "    wrong: 10%%\n"
                                         "    latency: {exponential: {mean: 1s}}\n"
                                         "    confidence:\n"
                                         "      good: {beta: {a: 8, b: 2}}\n"
                                         "      bad: {mixture: [{weight: 0.6, beta: {a: 3, b: 3}}, "
                                         "{weight: 0.4, beta: {a: 30, b: 1.2}}]}\n"
                                         "  - gate: confident\n"
                                         "    threshold: 0.9\n"
                                         "    above: ship\n"
                                         "    below: desk\n"
                                         "  - review: desk\n"
                                         "    layer: human\n"
                                         "%s"
                                         "objective: {%s}\n";

/* Below the low threshold nothing ships, between the two a person looks. */
static const char *const bands = "seam: 1\n"
                                 "flow:\n"
                                 "  - stage: answer\n"
                                 "    layer: model\n"
                                 "    wrong: 10%%\n"
                                 "    confidence: {good: {beta: {a: 8, b: 2}}, "
                                 "bad: {beta: {a: 3, b: 3}}}\n"
                                 "  - gate: confident\n"
                                 "    threshold: [0.2, 0.9]\n"
                                 "    above: ship\n"
                                 "    between: desk\n"
                                 "    below: reject\n"
                                 "  - review: desk\n"
                                 "    layer: human\n"
                                 "    sensitivity: 90%%\n"
                                 "    specificity: 98%%\n"
                                 "    fixes: 100%%\n"
                                 "    spoils: 100%%\n"
                                 "%s"
                                 "objective: {%s}\n";

/* Case E01, M/M/c: two an hour, an hour each; the servers are to be found. */
static const char *const desk = "seam: 1\n"
                                "arrivals: {poisson: 2/h}\n"
                                "horizon: {warmup: 2w, length: 26w, replications: 8}\n"
                                "flow:\n"
                                "  - review: desk\n"
                                "    layer: human\n"
                                "    by: reviewers\n"
                                "    latency: {exponential: {mean: 1h}}\n"
                                "resources:\n"
                                "  reviewers: {servers: 3, answer_within: 1h%s}\n"
                                "objective: {%s}\n";

struct source {
    char text[4096];
};

static int parse(void *arg, const struct setting *set, size_t n, struct pipeline *out,
                 struct error *err)
{
    const struct source *s = arg;
    struct scenario_options options = {.set = set, .n_set = n};
    struct faults faults;

    faults_init(&faults);
    pipeline_init(out);
    int status = scenario_parse("test.yaml", s->text, strlen(s->text), &options, out, &faults, err);
    faults_release(&faults);
    return status;
}

static int size_with(const char *text, const char *part, const char *objective,
                     struct size_options options, struct result *out, bool *met, struct error *err)
{
    struct source source;
    struct pipeline p;

    snprintf(source.text, sizeof source.text, text, part, objective);
    ok(parse(&source, NULL, 0, &p, err), err);
    options.level = 0.95;
    options.seed = options.seed ? options.seed : 1;
    options.threads = options.threads ? options.threads : 1;
    options.read = parse;
    options.read_arg = &source;
    result_init(out, "size");
    int status = size_scenario(&p, &options, out, met, err);
    if (!status)
        result_judge(out, p.target, p.n_targets);
    pipeline_release(&p);
    return status;
}

static double setting(const struct result *r, const char *path)
{
    for (size_t i = 0; i < r->answer.n_settings; i++)
        if (!strcmp(r->answer.settings[i].path, path))
            return r->answer.settings[i].value;
    return NAN;
}

static double metric(const struct result *r, const char *name)
{
    const struct metric *m = metrics_find(&r->metrics, name);
    return m ? m->value : NAN;
}

static void two_gates_at_fixed_thresholds_are_the_published_cascade(void **state)
{
    const struct size_vary vary[] = {
        {.path = "flow.cheap-sure.threshold",  .from = 0.8, .to = 0.8},
        {.path = "flow.strong-sure.threshold", .from = 0.7, .to = 0.7}
    };
    struct error err = {0};
    struct result r;
    bool met;

    ok(size_with(cascade, "$10", "shipped_error: at most 2%, cost_per_item: least",
                 (struct size_options){.vary = vary, .n_vary = 2}, &r, &met, &err),
       &err);
    assert_true(met);
    near_rel(metric(&r, "shipped_error"), 0.01936481671911975, 1e-9);
    near_rel(metric(&r, "cost_per_item"), 17.846191078504994, 1e-9);
    /* 0.15 P(Beta(3,3) >= 0.8); 0.05 of what goes on, times P(Beta(3,2) >= 0.7); 0.03 of the rest
     */
    bool told = false;
    for (size_t i = 0; i < r.assumptions.len; i++)
        told = told || strstr(r.assumptions.at[i],
                              "1.94% ship wrong: `cheap-sure` lets 0.869% through, "
                              "`strong-sure` lets 0.892% through, and the rest, 0.176%");
    assert_true(told);
    result_release(&r);
}

static void a_number_with_evidence_is_known_once_it_is_chosen(void **state)
{
    const struct size_vary vary = {.path = "flow.call.error", .from = 0.03, .to = 0.03};
    struct error err = {0};
    struct result r;
    bool met;

    ok(size_with("seam: 1\nflow:\n  - stage: call\n    error: 10/100\n%sobjective: {%s}\n", "",
                 "reliability: at least 97%",
                 (struct size_options){.vary = &vary, .n_vary = 1, .uncertainty = true}, &r, &met,
                 &err),
       &err);
    assert_true(met);
    near_rel(metrics_find(&r.metrics, "reliability")->low, 0.97, 1e-12);
    result_release(&r);
}

static void two_thresholds_together_are_the_cheapest_that_meet_the_target(void **state)
{
    struct error err = {0};
    struct result r;
    bool met;

    ok(size_with(cascade, "$10", "shipped_error: at most 2%, cost_per_item: least",
                 (struct size_options){0}, &r, &met, &err),
       &err);
    assert_true(met);
    assert_string_equal(r.answer.method, "exact chain");
    near(setting(&r, "flow.cheap-sure.threshold"), 0.8167126481467408, 2e-5);
    near(setting(&r, "flow.strong-sure.threshold"), 0.6577378057518388, 2e-5);
    near_rel(metric(&r, "cost_per_item"), 15.28539596701524, 1e-5);
    assert_true(metric(&r, "shipped_error") <= 0.02);
    assert_int_equal(r.passed, PASSED_TRUE);
    const struct curve *c = result_curve(&r, "frontier");
    assert_string_equal(c->x, "cost_per_item");
    for (size_t i = 1; i < c->points.len; i++)
        assert_true(c->points.at[i].x > c->points.at[i - 1].x &&
                    c->points.at[i].y < c->points.at[i - 1].y);
    text_has(c->points.at[0].at, "strong-sure.threshold=");
    result_release(&r);
}

static void a_stage_that_does_not_pay_is_named(void **state)
{
    struct error err = {0};
    struct result r;
    bool met;

    ok(size_with(cascade, "$250", "shipped_error: at most 3.5%, cost_per_item: least",
                 (struct size_options){0}, &r, &met, &err),
       &err);
    assert_true(met);
    text_has(r.answer.sentence, "`strong` does not pay");
    text_has(r.answer.sentence, "$55.59"); /* cheap and person alone: 55.58760535986 */
    assert_null(strstr(r.answer.sentence, "`cheap` does not pay"));
    result_release(&r);
}

static void what_no_two_thresholds_attain_is_named_with_the_best_value(void **state)
{
    struct error err = {0};
    struct result r;
    bool met;

    ok(size_with(cascade, "$10", "shipped_error: at most 1%", (struct size_options){0}, &r, &met,
                 &err),
       &err);
    assert_false(met);
    assert_string_equal(r.answer.ending, "infeasible");
    near(r.answer.best_attainable, 0.015078909431338976, 1e-7);
    assert_int_equal(metrics_find(&r.metrics, "shipped_error")->verdict, VERDICT_INFEASIBLE);
    result_release(&r);
    ok(size_with(cascade, "$10", "shipped_error: at most 2%, cost_per_item: at most 10",
                 (struct size_options){0}, &r, &met, &err),
       &err);
    assert_false(met);
    text_has(r.answer.sentence, "each alone can be met");
    assert_int_equal(r.passed, PASSED_FALSE);
    result_release(&r);
}

static void both_thresholds_of_a_gate_with_bands_are_found(void **state)
{
    struct error err = {0};
    struct result r;
    bool met;

    ok(size_with(bands, "", "shipped_error: at most 2%, completion: at least 85%",
                 (struct size_options){0}, &r, &met, &err),
       &err);
    assert_true(met);
    near(setting(&r, "flow.confident.threshold.0"), 0.6189909540495707, 2e-6);
    near(setting(&r, "flow.confident.threshold.1"), 0.7328151929053197, 2e-6);
    near(r.answer.review_load, 0.1725973533229298, 1e-5);
    result_release(&r);
}

static void worths_decide_what_is_best_where_the_scenario_states_them(void **state)
{
    struct error err = {0};
    struct result least, worth;
    bool met;

    ok(size_with(bands, "", "shipped_error: at most 5%", (struct size_options){0}, &least, &met,
                 &err),
       &err);
    ok(size_with(bands, "worth: {correct: $1, wrong: $-20}\n", "shipped_error: at most 5%",
                 (struct size_options){0}, &worth, &met, &err),
       &err);
    near(least.answer.review_load, 0, 1e-9); /* reject what is not sure: nobody need look */
    assert_true(worth.answer.review_load > 0.1);
    assert_true(isfinite(metric(&worth, "net_per_item")));
    result_release(&least);
    result_release(&worth);
}

static void attempts_and_audit_shares_are_settings_too(void **state)
{
    const struct size_vary attempts = {
        .path = "flow.call.retry.attempts", .from = 1, .to = 6, .whole = true};
    const struct size_vary audit = {.path = "flow.confident.audit", .from = 0, .to = 0.5};
    struct error err = {0};
    struct result r;
    bool met;

    ok(size_with("seam: 1\nflow:\n  - stage: call\n    error: 10%%\n    cost: $1\n%s"
                 "objective: {%s}\n",
                 "", "reliability: at least 99.9%, cost_per_item: least",
                 (struct size_options){.vary = &attempts, .n_vary = 1}, &r, &met, &err),
       &err);
    assert_true(met); /* 1 - 0.1^3 */
    near(setting(&r, "flow.call.retry.attempts"), 3, 0);
    near_rel(metric(&r, "cost_per_item"), 1.11, 1e-12);
    result_release(&r);
    /* ship at 0.8: 0.5792% of all are wrong and unseen, 9.4208% go to a reviewer who misses a
     * tenth; an audited share s takes off 0.9 s of the unseen.  A path that the file does not
     * state. */
    ok(size_with("seam: 1\nflow:\n"
                 "  - stage: answer\n    wrong: 10%%\n"
                 "    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
                 "  - gate: confident\n    threshold: 0.8\n    above: ship\n    below: desk\n"
                 "  - review: desk\n    sensitivity: 90%%\n    fixes: 100%%\n%sobjective: {%s}\n",
                 "", "shipped_error: at most 1.45%",
                 (struct size_options){.vary = &audit, .n_vary = 1}, &r, &met, &err),
       &err);
    assert_true(met);
    near(setting(&r, "flow.confident.audit"), 0.0007128 / 0.0052128, 2e-6);
    result_release(&r);
}

static void risk_that_rises_again_with_the_threshold_is_searched_not_bisected(void **state)
{
    struct size_options simulated = {.trials = 5000};
    struct error err = {0};
    struct result r;
    bool met;

    ok(size_with(overconfident, "", "auto_error: at most 6.4%", (struct size_options){0}, &r, &met,
                 &err),
       &err);
    assert_true(met);
    near_rel(r.answer.threshold, 0.6513837612093787, 1e-9);
    result_release(&r);
    /* as a simulation: of what ships unseen 9.1% are wrong at 0.3, 6.4% at 0.65, 15.8% at 0.9 */
    ok(size_with(overconfident, "", "auto_error: at most 8.5%, latency_p99: at most 1h", simulated,
                 &r, &met, &err),
       &err);
    assert_true(met);
    assert_string_equal(r.answer.method, "monte-carlo");
    within(r.answer.threshold, 0.4, 0.8);
    result_release(&r);
}

static void evidence_must_meet_the_target_with_its_whole_interval(void **state)
{
    struct error err = {0};
    struct result sure, unsure;
    char text[2048];
    bool met;

    const char *sure_part = strstr(bands, "wrong: 10%%");
    snprintf(text, sizeof text, "%.*swrong: 90/900%s", (int)(sure_part - bands), bands,
             sure_part + strlen("wrong: 10%%"));
    ok(size_with(text, "", "shipped_error: at most 3%, completion: at least 80%",
                 (struct size_options){.uncertainty = true}, &unsure, &met, &err),
       &err);
    assert_true(met);
    assert_true(unsure.answer.bound <= 0.03);
    ok(size_with(text, "", "shipped_error: at most 3%, completion: at least 80%",
                 (struct size_options){0}, &sure, &met, &err),
       &err);
    assert_true(unsure.answer.review_load > sure.answer.review_load + 0.01);
    result_release(&sure);
    result_release(&unsure);
}

static void settings_and_rivals_are_read_back_from_json(void **state)
{
    const struct answer_setting settings[] = {
        {"flow.a.threshold",    0.85},
        {"resources.r.servers", 3   }
    };
    const struct answer_rival rival = {"a.threshold=0.8", "review_load", 0.01, -0.02, 0.04};
    struct error err = {0};
    struct result r, back;
    struct buf first, second;

    buf_init(&first);
    buf_init(&second);
    result_init(&r, "size");
    r.answer = (struct answer){.present = true,
                               .threshold = NAN,
                               .bound = NAN,
                               .level = 0.95,
                               .ending = "met",
                               .settings = settings,
                               .n_settings = 2,
                               .rivals = &rival,
                               .n_rivals = 1};
    result_write_json(&r, &first);
    ok(result_read_json("r.json", buf_text(&first), first.len, &back, &err), &err);
    assert_int_equal(back.answer.n_settings, 2);
    near(setting(&back, "resources.r.servers"), 3, 0);
    assert_int_equal(back.answer.n_rivals, 1);
    near(back.answer.rivals[0].low, -0.02, 0);
    result_write_json(&back, &second);
    assert_string_equal(buf_text(&first), buf_text(&second));
    buf_release(&first);
    buf_release(&second);
    result_release(&back);
    result_release(&r);
}

/* Erlang C: three servers are busy 2/3 of the time and let items wait 26.7 minutes on the mean,
 * four half the time and 5.2 minutes. */
static void the_fewest_reviewers_that_meet_a_target_of_time_are_found(void **state)
{
    static const char *const objective[] = {
        "queue_wait_mean: at most 15m", "utilisation: at most 60%", "latency_mean: at most 70m"};
    struct error err = {0};
    struct result r;
    bool met;

    for (size_t i = 0; i < sizeof objective / sizeof *objective; i++) {
        ok(size_with(desk, "", objective[i], (struct size_options){.trials = 4}, &r, &met, &err),
           &err);
        assert_true(met);
        near(setting(&r, "resources.reviewers.servers"), 4, 0);
        assert_int_equal(r.passed, PASSED_TRUE);
        result_release(&r);
    }
    ok(size_with(desk, "", "latency_mean: at most 30m", (struct size_options){.trials = 4}, &r,
                 &met, &err),
       &err);
    assert_false(met);
    assert_string_equal(r.answer.ending, "infeasible");
    within(r.answer.best_attainable, 3400, 3800); /* nobody is served faster than in an hour */
    result_release(&r);
}

static void answers_are_the_same_on_any_count_of_threads(void **state)
{
    struct buf text[2];
    struct error err = {0};
    bool met;

    for (int i = 0; i < 2; i++) {
        struct result r;
        buf_init(&text[i]);
        ok(size_with(desk, ", patience: {exponential: {mean: 1h}}", "share_abandoned: at most 8%",
                     (struct size_options){.trials = 2, .threads = i ? 3 : 1}, &r, &met, &err),
           &err);
        r.run.threads = 1;
        result_write_json(&r, &text[i]);
        result_release(&r);
    }
    assert_string_equal(buf_text(&text[0]), buf_text(&text[1]));
    buf_release(&text[0]);
    buf_release(&text[1]);
}

static void what_cannot_be_sized_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *objective;
        struct size_vary vary;
        enum error_code code;
        const char *part;
    } row[] = {
        {"shipped_error: at most 2%",
         {.path = "flow.cheap-sure.threshold", .from = 0.5, .to = 1.5},
         ERR_USAGE,                                                                "flow.cheap-sure.threshold=1.5"},
        {"shipped_error: at most 2%",
         {.path = "flow.cheap-sure.threshold", .from = 0.9, .to = 0.5},
         ERR_USAGE,                                                                "begins above its end"         },
        {"shipped_error: at most 2%",
         {.path = "flow.cheep-sure.threshold", .from = 0, .to = 1},
         ERR_USAGE,                                                                "did you mean `cheap-sure`"    },
        {"shipped_error: least, cost_per_item: least", {0},             ERR_USAGE, "to be best"                   },
        {"",                                           {0},             ERR_USAGE, "needs a target"               }
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct error err = {0};
        struct result r;
        bool met;
        assert_int_equal(size_with(cascade, "$10", row[i].objective,
                                   (struct size_options){.vary = &row[i].vary,
                                                         .n_vary = row[i].vary.path != NULL},
                                   &r, &met, &err),
                         -1);
        error_is(&err, row[i].code, row[i].part);
        result_release(&r);
    }
}

static void targets_that_contradict_each_other_are_refused(void **state)
{
    struct target both[] = {
        {"reliability", TARGET_AT_LEAST, 0.99, "at least 99%"},
        {"reliability", TARGET_AT_MOST,  0.9,  "at most 90%" }
    };
    struct source source;
    struct error err = {0};
    struct pipeline p;
    struct result r;
    bool met;

    snprintf(source.text, sizeof source.text, cascade, "$10", "");
    ok(parse(&source, NULL, 0, &p, &err), &err);
    p.target = both;
    p.n_targets = 2;
    result_init(&r, "size");
    assert_int_equal(
        size_scenario(&p, &(struct size_options){.level = 0.95, .seed = 1}, &r, &met, &err), -1);
    error_is(&err, ERR_USAGE, "contradict each other");
    both[1].value = 0.995; /* a narrow range is no contradiction */
    memset(&err, 0, sizeof err);
    ok(size_scenario(&p, &(struct size_options){.level = 0.95, .seed = 1}, &r, &met, &err), &err);
    assert_false(met);
    result_release(&r);
    pipeline_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_gates_at_fixed_thresholds_are_the_published_cascade),
        cmocka_unit_test(a_number_with_evidence_is_known_once_it_is_chosen),
        cmocka_unit_test(two_thresholds_together_are_the_cheapest_that_meet_the_target),
        cmocka_unit_test(a_stage_that_does_not_pay_is_named),
        cmocka_unit_test(what_no_two_thresholds_attain_is_named_with_the_best_value),
        cmocka_unit_test(both_thresholds_of_a_gate_with_bands_are_found),
        cmocka_unit_test(worths_decide_what_is_best_where_the_scenario_states_them),
        cmocka_unit_test(attempts_and_audit_shares_are_settings_too),
        cmocka_unit_test(risk_that_rises_again_with_the_threshold_is_searched_not_bisected),
        cmocka_unit_test(evidence_must_meet_the_target_with_its_whole_interval),
        cmocka_unit_test(settings_and_rivals_are_read_back_from_json),
        cmocka_unit_test(the_fewest_reviewers_that_meet_a_target_of_time_are_found),
        cmocka_unit_test(answers_are_the_same_on_any_count_of_threads),
        cmocka_unit_test(what_cannot_be_sized_is_refused_with_its_place),
        cmocka_unit_test(targets_that_contradict_each_other_are_refused),
    };
    math_init();
    return cmocka_run_group_tests_name("size_pipeline", tests, NULL, NULL);
}
