/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the report says in words, read in its Markdown. */
#include "tests/support/support.h"

#include "report/build.h"
#include "report/markdown.h"

#include <math.h>
#include <string.h>

static const struct report_options alone = {.plot = {.gnuplot = "/no/gnuplot"}};

static void says(const struct result *const *results, size_t n,
                 const struct report_options *options, const char *want)
{
    struct document d;
    struct buf page = {0};
    report_build(results, n, options, &d);
    markdown_page(&d, &page);
    text_has(buf_text(&page), want);
    document_release(&d);
    buf_release(&page);
}

static bool has(const struct result *const *results, size_t n, const struct report_options *options,
                const char *text)
{
    struct document d;
    struct buf page = {0};
    report_build(results, n, options, &d);
    markdown_page(&d, &page);
    bool found = strstr(buf_text(&page), text) != NULL;
    document_release(&d);
    buf_release(&page);
    return found;
}

static void say(const struct result *r, const char *want)
{
    says(&r, 1, &alone, want);
}

static struct metric *judged(struct result *r, const char *name, const char *target, enum verdict v)
{
    struct metric *m = metrics_add_exact(&r->metrics, name, 0.9, "1");
    m->target = target;
    m->verdict = v;
    return m;
}

static void the_first_sentence_counts_the_targets(void **state)
{
    struct result r;
    result_init(&r, "solve");
    judged(&r, "reliability", "at least 80%", VERDICT_PASS);
    say(&r, "**Yes: at least 80% of all items end right.**");
    judged(&r, "completion", "at least 80%", VERDICT_PASS);
    say(&r, "**Yes: at least 80% of all items end right, and at least 80% of all items are "
            "shipped.**");
    struct metric *m = judged(&r, "review_load", "at most 95%", VERDICT_PASS);
    say(&r, "**Yes: all 3 targets are met.**");
    m->low = 0.85;
    m->level = 0.95;
    say(&r, "**Yes: all 3 targets are met, even at the worse ends of the intervals.**");
    m->verdict = VERDICT_NOT_SHOWN;
    say(&r, "**Not shown: these numbers do not settle whether all 3 targets are met.**");
    m->verdict = VERDICT_FAIL;
    say(&r, "**No: “at most 95% of the items go to review” is missed.**");
    for (size_t i = 0; i < r.metrics.list.len; i++)
        r.metrics.list.at[i].verdict = VERDICT_FAIL;
    say(&r, "**No: 3 of 3 targets are missed.**");
    result_release(&r);
}

static void what_a_setting_mends_is_not_only_missed(void **state)
{
    struct result now, then;
    const struct result *both[] = {&now, &then};
    result_init(&now, "replay");
    result_init(&then, "size");
    struct metric *m = judged(&now, "auto_error", "at most 5%", VERDICT_FAIL);
    says(both, 2, &alone, "**No: “at most 5% of what ships unseen is wrong” is missed.**");
    judged(&then, "auto_error", "at most 5%", VERDICT_PASS);
    says(both, 2, &alone,
         "**Not as it is: “at most 5% of what ships unseen is wrong” is missed. At the setting "
         "below it is met.**");
    m = judged(&now, "reliability", "at least 99%", VERDICT_FAIL);
    says(both, 2, &alone,
         "**No: “at most 5% of what ships unseen is wrong” and “at least 99% of all items end "
         "right” are missed.**");
    m->verdict = VERDICT_PASS;
    says(both, 2, &alone,
         "**Not as it is: “at most 5% of what ships unseen is wrong” is missed. At");
    now.data.present = true;
    says(both, 2, &alone, "\nOf 1,000 such items some 900 end right");
    then.answer = (struct answer){.present = true,
                                  .threshold = 0.75,
                                  .bound = 0.045,
                                  .level = 0.95,
                                  .review_load = 0.1,
                                  .risk_value = NAN,
                                  .best_attainable = NAN,
                                  .ending = "certified",
                                  .sentence = "Ship at confidence 0.75 and above."};
    says(both, 2, &alone, "\nAs it ran, of 1,000 such items some 900 end right");
    result_release(&now);
    result_release(&then);
}

static void bounds_say_of_how_many_the_truth_is_known(void **state)
{
    struct result r;
    result_init(&r, "replay");
    metrics_add(&r.metrics, "reliability", NAN, 0.25, 1, 0.95, 200, "1");
    say(&r, "**Of all items, 25.0–100% end right: the truth is not known of all of them.**");
    metrics_add(&r.metrics, "label_coverage", 0.25, 0.195, 0.314, 0.95, 200, "1");
    say(&r, "25.0–100% end right: the truth is known of 25.0% of them.**");
    say(&r, "The truth of 25.0% of the items is known.");
    r.metrics.list.at[1].value = 0;
    say(&r, "25.0–100% end right: nobody has judged what shipped.**");
    say(&r, "- Judge a random share of the items");
    result_release(&r);
}

static struct metric *lost_at(struct result *r, const char *id, double improvement)
{
    struct row *row = result_add_row(r, stages, id);
    return metrics_add_exact(&row->metrics, "improvement", improvement, "1");
}

static void advice_claims_no_more_than_the_numbers(void **state)
{
    struct result r;
    result_init(&r, "solve");
    struct metric *m = lost_at(&r, "read", 1.5e-16);
    say(&r, "*Nothing stands out");
    m->value = m->low = m->high = 0.02;
    say(&r, "the whole by 2.00% of all items.\n");
    lost_at(&r, "write", 0.02);
    say(&r, "Start with any of read, write: made perfect, each would raise");
    m = lost_at(&r, "think", 0.05);
    say(&r, "Start with think: made perfect, it would raise the reliability of the whole by 5.00% "
            "of all items, more than anywhere else.\n");
    m->low = 0.01;
    m->high = 0.09;
    m->level = 0.95;
    say(&r, ", as far as these numbers tell more than anywhere else.\n");
    m->low = m->high = 0.05;
    m->level = 0;
    judged(&r, "reliability", "at least 95%", VERDICT_FAIL);
    say(&r, "That alone would meet the target.");
    r.metrics.list.at[0].value = 0.89;
    say(&r, "That alone would not meet the target.");
    result_release(&r);
}

static void what_is_not_shown_is_settled_by_more_of_the_right_thing(void **state)
{
    struct result r;
    result_init(&r, "replay");
    r.run =
        (struct run_info){.present = true, .method = "log", .covers = "sampling", .trials = 200};
    judged(&r, "auto_error", "at most 1%", VERDICT_NOT_SHOWN);
    say(&r, "more items would narrow it");
    r.run.method = "monte-carlo";
    say(&r, "more trials would narrow it");
    r.run.engine = "labels";
    say(&r, "more labels would narrow it");
    r.run.covers = "sampling and parameters";
    say(&r, "more evidence would narrow it");
    result_release(&r);
}

static void the_nearest_to_what_cannot_be_had_is_no_advice(void **state)
{
    struct result r;
    result_init(&r, "size");
    r.answer = (struct answer){.present = true,
                               .threshold = 0.820979,
                               .bound = NAN,
                               .level = 0.95,
                               .review_load = 0.5474,
                               .risk_value = 0.0229,
                               .best_attainable = 0.0229112,
                               .parameter = "flow.gate.threshold",
                               .risk = "shipped_error",
                               .ending = "infeasible"};
    const struct result *one = &r;
    assert_false(has(&one, 1, &alone, "Set flow.gate.threshold"));
    say(&r, "the best attainable value is 2.29%, with flow.gate.threshold at 0.820979.");
    say(&r, "**No: no setting meets the target that was asked for.**");
    judged(&r, "completion", "at least 80%", VERDICT_PASS);
    say(&r, "**No: no setting meets the target that was asked for.**");
    judged(&r, "shipped_error", "at most 1%", VERDICT_INFEASIBLE);
    say(&r, "**No: no setting meets every target.**");
    r.metrics.list.at[0].target = NULL;
    say(&r, "**No: no setting meets “at most 1% of what ships is wrong”.**");
    r.answer.ending = "met";
    r.answer.best_attainable = NAN;
    say(&r, "- Set flow.gate.threshold to 0.820979: 54.7% of the items then go to review.");
    result_release(&r);
}

static void sides_say_which_of_them_is_not_known(void **state)
{
    static const struct report_options sides = {
        .before = 1, .side = {"plan", "june"},
             .plot = {.gnuplot = "/no/gnuplot"     }
    };
    struct result plan, log;
    const struct result *both[] = {&plan, &log};
    result_init(&plan, "solve");
    result_init(&log, "replay");
    metrics_add_exact(&plan.metrics, "reliability", 0.9, "1");
    metrics_add_exact(&plan.metrics, "latency_p95", 0, "s");
    metrics_add(&log.metrics, "reliability", NAN, 0.25, 1, 0.95, 200, "1");
    metrics_add(&log.metrics, "latency_p95", 0.2, 0.18, 0.21, 0.95, 200, "s");
    says(both, 2, &sides, "as it is not known of all items of june whether they are right.**");
    assert_false(has(both, 2, &sides, "latency p95 rises")); /* the plan states no times */
    metrics_add(&log.metrics, "completion", 0.7, 0.65, 0.75, 0.95, 200, "1");
    says(both, 2, &sides,
         "**Worse: with june fewer items end right, whatever the truth of those that nobody "
         "judged.**");
    plan.metrics.list.at[0].value = NAN;
    says(both, 2, &sides, "as it is not known of all their items whether they are right.**");
    result_release(&plan);
    result_release(&log);
}

static void what_takes_no_time_has_no_rows_of_zeros(void **state)
{
    static const struct report_options sides = {
        .before = 1, .side = {"plan", "june"},
             .plot = {.gnuplot = "/no/gnuplot"     }
    };
    struct result a, b;
    const struct result *both[] = {&a, &b};
    result_init(&a, "solve");
    result_init(&b, "solve");
    for (int i = 0; i < 2; i++) {
        struct metrics *m = i ? &b.metrics : &a.metrics;
        metrics_add_exact(m, "reliability", 0.9, "1");
        metrics_add_exact(m, "latency_p90", 0, "s");
        metrics_add_exact(m, "cost_sd", 0, "$");
        metrics_add_exact(m, "visits_sd", 0, "1");
    }
    const struct report_options *const ways[] = {&alone, &sides};
    for (size_t i = 0; i < 2; i++) {
        assert_true(has(both, 2, ways[i], "\n| visits sd "));
        assert_false(has(both, 2, ways[i], " 0 s |"));
        assert_false(has(both, 2, ways[i], "$0 |"));
    }
    metrics_add_exact(&b.metrics, "latency_p99", 2, "s");
    assert_true(has(both, 2, &alone, " 0 s |"));
    assert_false(has(both, 2, &alone, "$0 |"));
    result_release(&a);
    result_release(&b);
}

static void who_has_gates_is_told_of_size(void **state)
{
    struct result r;
    const struct result *one = &r;
    result_init(&r, "simulate");
    struct row *row = result_add_row(&r, stages, "sure");
    say(&r, "*No gate decides by a confidence");
    row->kind = "gate";
    judged(&r, "auto_error", "at most 5%", VERDICT_PASS);
    say(&r, "*No threshold was looked for here. `seam size FILE --json` looks for one that meets "
            "the targets");
    r.data.present = true;
    assert_false(has(&one, 1, &alone, "looked for here."));
    result_release(&r);
}

static void a_fall_is_told_without_a_sign(void **state)
{
    struct result r;
    result_init(&r, "run");
    metrics_add(&r.metrics, "reliability", 0.9, 0.89, 0.91, 0.95, 1000, "1");
    struct metric *m =
        metrics_add(&r.metrics, "learning_gain", -0.05, -0.06, -0.03, 0.95, 1000, "1");
    say(&r, "\nReliability falls from cycle to cycle, in all by 5.0% (3.0–6.0) of all items.");
    m->value = 0.05;
    m->low = 0.03;
    m->high = 0.06;
    say(&r, "reliability gains 5.0% (3.0–6.0) of all items.");
    result_release(&r);
}

static void a_forecast_of_which_nothing_came_did_not_hold(void **state)
{
    struct result r;
    result_init(&r, "backtest");
    for (int i = 0; i < 2; i++)
        vec_push(&r.predictions, ((struct prediction){.metric = "completion",
                                                      .value = 0.9,
                                                      .low = 0.8,
                                                      .high = 0.95,
                                                      .seen = 0.5,
                                                      .seen_low = 0.4,
                                                      .seen_high = 0.6,
                                                      .windows = 1,
                                                      .covered = COVERAGE_NO}));
    say(&r, "**The forecast did not hold: of 2 numbers 0 came within their intervals.**");
    r.predictions.at[1].covered = COVERAGE_YES;
    say(&r, "**The forecast held in part: of 2 numbers 1 came within their intervals.**");
    result_release(&r);
}

static void names_keep_their_letters_at_the_start_of_a_sentence(void **state)
{
    struct result r;
    result_init(&r, "solve");
    result_assume(&r, "caught_rate counts rejects");
    result_assume(&r, "june.jsonl: read whole");
    result_assume(&r, "losses are means");
    say(&r, "- caught_rate counts rejects.");
    say(&r, "- june.jsonl: read whole.");
    say(&r, "- Losses are means.");
    result_release(&r);
}

static void one_model_needs_no_label_in_front(void **state)
{
    struct result exact, sampled;
    const struct result *both[] = {&exact, &sampled};
    result_init(&exact, "solve");
    result_init(&sampled, "simulate");
    metrics_add_exact(&exact.metrics, "reliability", 0.9, "1");
    metrics_add(&sampled.metrics, "reliability", 0.9, 0.89, 0.91, 0.95, 1000, "1");
    exact.scenario_sha256 = "ab";
    sampled.scenario_sha256 = "ab";
    says(both, 2, &alone, "- **reliability: 90.00%**");
    sampled.scenario_sha256 = "cd";
    says(both, 2, &alone, "- **reliability (the exact solution): 90.00%**");
    result_release(&exact);
    result_release(&sampled);
}

static void the_date_is_told_as_people_tell_it(void **state)
{
    struct result r;
    const struct result *one = &r;
    struct report_options options = alone;
    result_init(&r, "solve");
    options.time = "2026-03-01T09:05:59Z";
    says(&one, 1, &options, "; 1 March 2026, 09:05 UTC");
    says(&one, 1, &options, "Made at 2026-03-01T09:05:59Z.");
    result_release(&r);
}

static void a_sweep_is_told_by_its_ends_and_a_table(void **state)
{
    struct result r;
    result_init(&r, "solve");
    struct curve *c = result_add_curve(&r, "sweep", "flow.read.error", "reliability");
    for (int i = 0; i < 3; i++)
        vec_push(
            &c->points,
            ((struct point){
                .x = 0.05 * i, .y = 0.9 - 0.1 * i, .low = 0.9 - 0.1 * i, .high = 0.9 - 0.1 * i}));
    say(&r, "**With flow.read.error changed, reliability is 90.00% at 0 and 70.00% at 0.1.**");
    say(&r, "|            0.05 |      80.00% |");
    result_release(&r);
}

static void what_was_stopped_says_so_in_front(void **state)
{
    struct result r;
    result_init(&r, "simulate");
    metrics_add(&r.metrics, "reliability", 0.9, 0.89, 0.91, 0.95, 1000, "1");
    r.run = (struct run_info){
        .present = true, .method = "monte-carlo", .covers = "sampling", .trials = 1000};
    const struct result *one = &r;
    assert_false(has(&one, 1, &alone, "Stopped before the end:"));
    r.run.partial = true;
    say(&r, "\nStopped before the end: these are the numbers of what was done by then.\n");
    result_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_sentence_counts_the_targets),
        cmocka_unit_test(what_a_setting_mends_is_not_only_missed),
        cmocka_unit_test(bounds_say_of_how_many_the_truth_is_known),
        cmocka_unit_test(advice_claims_no_more_than_the_numbers),
        cmocka_unit_test(what_is_not_shown_is_settled_by_more_of_the_right_thing),
        cmocka_unit_test(the_nearest_to_what_cannot_be_had_is_no_advice),
        cmocka_unit_test(sides_say_which_of_them_is_not_known),
        cmocka_unit_test(what_takes_no_time_has_no_rows_of_zeros),
        cmocka_unit_test(who_has_gates_is_told_of_size),
        cmocka_unit_test(a_fall_is_told_without_a_sign),
        cmocka_unit_test(a_forecast_of_which_nothing_came_did_not_hold),
        cmocka_unit_test(names_keep_their_letters_at_the_start_of_a_sentence),
        cmocka_unit_test(one_model_needs_no_label_in_front),
        cmocka_unit_test(the_date_is_told_as_people_tell_it),
        cmocka_unit_test(a_sweep_is_told_by_its_ends_and_a_table),
        cmocka_unit_test(what_was_stopped_says_so_in_front),
    };
    return cmocka_run_group_tests_name("report_words", tests, NULL, NULL);
}
