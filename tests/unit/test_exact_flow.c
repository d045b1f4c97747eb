/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exact chain with ways, conditions, given, caches, bands, audits and drawn thresholds, against
 * closed forms.  Cases with a letter and a number are textbook models whose values were computed
 * apart from this program. */
#include "model/scenario.h"
#include "sim/exact.h"
#include "tests/support/flow.h"
#include "tests/support/solved.h"
#include "tests/support/support.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

static void solve(struct solved *s, const char *flow)
{
    struct error err = {0};
    struct exact_options options = {.level = 0.95, .values_only = true, .seed = 1};
    flow_read(flow, &s->p);
    result_init(&s->r, "solve");
    ok(exact_solve(&s->p, &options, &s->r, &s->complete, &err), &err);
}

static void refused(const char *flow, const char *why)
{
    struct error err = {0};
    struct exact_options options = {.level = 0.95, .values_only = true, .seed = 1};
    struct solved s;
    flow_read(flow, &s.p);
    result_init(&s.r, "solve");
    assert_int_equal(exact_solve(&s.p, &options, &s.r, &s.complete, &err), -1);
    error_is(&err, ERR_UNSUPPORTED, why);
    done(&s);
}

/* --- ways */

/* C03 */
static void routing_by_probability_is_the_absorbing_chain(void **state)
{
    (void)state;
    struct solved s;
    solve(&s, "flow:\n"
              "  - stage: extract\n    cost: {per_call: 2}\n"
              "    latency: {exponential: {mean: 1s}}\n"
              "  - stage: validate\n    cost: {per_call: 1}\n"
              "    latency: {exponential: {mean: 500ms}}\n"
              "    next: [{to: classify, probability: 80%}, {to: repair, probability: 15%}, "
              "{to: fail, probability: 5%}]\n"
              "  - stage: repair\n    cost: {per_call: 1}\n"
              "    latency: {exponential: {mean: 800ms}}\n"
              "    next: [{to: validate, probability: 70%, at_most: unbounded}, "
              "{to: extract, probability: 20%, at_most: unbounded}, "
              "{to: human, probability: 10%}]\n"
              "  - stage: classify\n    cost: {per_call: 3}\n"
              "    latency: {exponential: {mean: 2s}}\n"
              "    next: [{to: ship, probability: 85%}, "
              "{to: extract, probability: 5%, at_most: unbounded}, "
              "{to: human, probability: 10%}]\n"
              "  - stage: human\n    cost: {per_call: 50}\n"
              "    latency: {exponential: {mean: 10s}}\n    error: 3%\n");
    near_rel(top(&s, "completion"), 0.935939393939394, 1e-9);
    near_rel(stage(&s, "extract", "visits_per_item"), 1.084848484848485, 1e-9);
    near_rel(stage(&s, "validate", "visits_per_item"), 1.2121212121212122, 1e-9);
    near_rel(stage(&s, "classify", "visits_per_item"), 0.9696969696969697, 1e-9);
    near_rel(stage(&s, "repair", "visits_per_item"), 0.18181818181818182, 1e-9);
    near_rel(stage(&s, "human", "visits_per_item"), 0.11515151515151516, 1e-9);
    near_rel(top(&s, "cost_per_item"), 12.23030303030303, 1e-9);
    near_rel(top(&s, "latency_all_mean"), 4.927272727272728, 1e-9);
    near_rel(top(&s, "visits_mean"), 3.5636363636363635, 1e-9);
    near_rel(pow(top(&s, "visits_sd"), 2), 1.7046831955922883, 1e-9);
    near_rel(top(&s, "latency_all_p50"), 3.4999552589048033, 1e-7);
    near_rel(top(&s, "latency_all_p95"), 13.60860729429354, 1e-7);
    near_rel(top(&s, "latency_all_p99"), 28.55417665285607, 1e-7);
    done(&s);
}

/* A draft goes back while its confidence is below 0.6 and it was written once. */
static void conditions_see_confidences_and_visits(void **state)
{
    (void)state;
    struct solved s;
    solve(&s, "flow:\n"
              "  - stage: draft\n    wrong: 20%\n"
              "    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
              "    next: [{to: draft, when: \"confidence < 0.6 and visits(draft) < 2\", "
              "at_most: 5}, {to: reject, when: \"confidence <= 0.6\"}, ship]\n");
    double low = 0.8 * gsl_cdf_beta_P(0.6, 8, 2) + 0.2 * gsl_cdf_beta_P(0.6, 3, 3);
    near_rel(stage(&s, "draft", "visits_per_item"), 1 + low, 1e-12);
    near_rel(top(&s, "share_rejected"), low * low, 1e-12);
    near_rel(top(&s, "reliability"), (1 + low) * 0.8 * gsl_cdf_beta_Q(0.6, 8, 2), 1e-12);
    done(&s);
}

static void a_way_holds_when_the_draw_falls_into_it_and_conditions_stand_between(void **state)
{
    (void)state;
    struct solved s;
    solve(&s, "classes: {a: {share: 25%}, b: {share: 75%}}\nflow:\n"
              "  - stage: one\n"
              "    next: [{to: reject, probability: 30%}, {to: ship, when: \"class == a\"}, "
              "{to: fail, probability: 50%}, ship]\n");
    near_rel(top(&s, "share_rejected"), 0.3, 1e-12);
    near_rel(top(&s, "share_failed"), 0.75 * 0.5, 1e-12);
    near_rel(top(&s, "reliability"), 0.25 * 0.7 + 0.75 * 0.2, 1e-12);
    done(&s);
}

/* --- given */

static void numbers_change_with_what_happened_before(void **state)
{
    (void)state;
    struct solved s;
    solve(&s, "wrong: 10%\nflow:\n"
              "  - stage: look\n    error: 20%\n    wrong: 5%\n    fallback: skip\n"
              "  - stage: write\n    wrong: 8%\n"
              "    given: {look.failed: {wrong: 30%}, look.wrong: {repair: 50%}, "
              "bad: {repair: 40%}}\n");
    /* after look: failed 0.2 (quality kept); silent 0.05 (bad); else 0.75 */
    double good = 0.2 * 0.9 * 0.7 + 0.05 * 0.92 * 0.5 + 0.75 * (0.9 * 0.92 + 0.1 * 0.92 * 0.4);
    near_rel(top(&s, "reliability"), good, 1e-12);
    near_rel(stage(&s, "write", "wrong_rate"), 0.2 * 0.3 + 0.8 * 0.08, 1e-12);
    done(&s);
}

static void a_step_not_entered_was_skipped(void **state)
{
    (void)state;
    struct solved s;
    solve(&s, "flow:\n"
              "  - stage: start\n    next: [{to: write, probability: 40%}, {to: look}]\n"
              "  - stage: look\n    latency: 1s\n"
              "  - stage: write\n    wrong: 10%\n    given: {look.skipped: {wrong: 50%}}\n");
    near_rel(top(&s, "reliability"), 0.4 * 0.5 + 0.6 * 0.9, 1e-12);
    done(&s);
}

/* --- caches, retries by class */

static void a_hit_takes_its_own_time_and_makes_no_attempt(void **state)
{
    (void)state;
    struct solved s;
    solve(&s, "wrong: 10%\nflow:\n"
              "  - stage: ask\n    error: 20%\n    repair: 50%\n    latency: 10s\n"
              "    cost: {per_call: 4}\n    cache: {hit: 30%, latency: 1s}\n"
              "    retry: {attempts: 2}\n");
    near_rel(top(&s, "share_failed"), 0.7 * 0.04, 1e-12);
    near_rel(top(&s, "reliability"), 0.3 * 0.9 + 0.7 * 0.96 * 0.95, 1e-12);
    near_rel(stage(&s, "ask", "visits_per_item"), 1, 1e-12);
    near_rel(stage(&s, "ask", "attempts_per_item"), 0.7 * 1.2, 1e-12);
    near_rel(top(&s, "cost_per_item"), 4 * 0.7 * 1.2, 1e-12);
    near_rel(top(&s, "latency_all_mean"), 0.3 * 1 + 0.7 * 12, 1e-12);
    near_rel(top(&s, "visits_mean"), 1, 1e-12);
    near_rel(top(&s, "latency_p50"), 10, 1e-12);
    done(&s);
}

static void classes_may_retry_more(void **state)
{
    (void)state;
    struct solved s;
    solve(&s, "classes: {a: {share: 50%}, b: {share: 50%}}\nflow:\n"
              "  - stage: ask\n    error: 20%\n"
              "    retry: {attempts: {a: 1, b: 3}}\n");
    near_rel(top(&s, "reliability"), 0.5 * 0.8 + 0.5 * 0.992, 1e-12);
    done(&s);
}

/* B08 */
static void the_first_of_hedged_copies_answers(void **state)
{
    (void)state;
    struct solved s;
    solve(&s, "flow:\n"
              "  - stage: ask\n    wrong: 10%\n    latency: {lognormal: {mu: 0, sigma: 1}}\n"
              "    cost: {per_call: 3}\n    hedge: {after: 0s}\n");
    near_rel(top(&s, "latency_mean"), 0.7905620507528528, 1e-8);
    near_rel(stage(&s, "ask", "attempts_per_item"), 2, 1e-12);
    near_rel(top(&s, "reliability"), 0.9, 1e-12);
    assert_false(s.complete);
    done(&s);
    solve(&s, "flow:\n"
              "  - stage: ask\n    latency: {lognormal: {mu: 0, sigma: 1}}\n"
              "    cost: {per_call: 3}\n    hedge: {after: 2s}\n");
    near_rel(top(&s, "latency_mean"), 1.318593800368674, 1e-8);
    near_rel(stage(&s, "ask", "attempts_per_item"), 1.2441085957855829, 1e-9);
    near_rel(top(&s, "cost_per_item"), 3 * 1.2441085957855829, 1e-9);
    near_rel(pow(top(&s, "cost_sd"), 2), 9 * 0.2441085957855829 * (1 - 0.2441085957855829), 1e-9);
    near_rel(top(&s, "latency_p95"), 3.235780831424773, 1e-7);
    done(&s);
}

/* --- gates */

static const char scored[] =
    "flow:\n"
    "  - stage: model\n    wrong: 10%\n"
    "    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n";

static void a_gate_with_two_thresholds_has_three_sides(void **state)
{
    (void)state;
    struct solved s;
    char text[600];
    snprintf(text, sizeof text,
             "%s  - gate: three\n    threshold: [60%%, 80%%]\n    above: ship\n"
             "    between: fail\n    below: reject\n",
             scored);
    solve(&s, text);
    near_rel(top(&s, "reliability"), 0.9 * gsl_cdf_beta_Q(0.8, 8, 2), 1e-12);
    near_rel(top(&s, "share_rejected"),
             0.9 * gsl_cdf_beta_P(0.6, 8, 2) + 0.1 * gsl_cdf_beta_P(0.6, 3, 3), 1e-12);
    done(&s);
}

static void an_audit_reviews_a_share_of_what_would_ship(void **state)
{
    (void)state;
    struct solved s;
    char text[700];
    snprintf(text, sizeof text,
             "%s  - gate: auto\n    threshold: 70%%\n    above: ship\n    below: desk\n"
             "    audit: 20%%\n"
             "  - review: desk\n    sensitivity: 90%%\n    specificity: 98%%\n    fixes: 100%%\n",
             scored);
    solve(&s, text);
    double good = 0.9 * gsl_cdf_beta_Q(0.7, 8, 2), bad = 0.1 * gsl_cdf_beta_Q(0.7, 3, 3);
    near_rel(top(&s, "review_load"), 1 - 0.8 * (good + bad), 1e-12);
    near_rel(top(&s, "auto_error"), bad / (good + bad), 1e-12);
    near_rel(top(&s, "share_wrong"), 0.8 * bad + (0.1 - 0.8 * bad) * 0.1, 1e-12);
    done(&s);
}

/* The midpoint rule, apart from the program. */
static double integral(double (*f)(double, double, double), double a, double b, double from,
                       double to)
{
    int n = 200000;
    double sum = 0, h = (to - from) / n;
    for (int i = 0; i < n; i++)
        sum += f(from + (i + 0.5) * h, a, b) * h;
    return sum;
}
static double near_audit(double c, double a, double b)
{
    return fmin(1, 2 * 0.7 * (1 - c) / 0.3) * gsl_ran_beta_pdf(c, a, b);
}
static void an_audit_near_the_threshold_weighs_the_confidence(void **state)
{
    (void)state;
    struct solved s;
    char text[700];
    snprintf(text, sizeof text,
             "%s  - gate: auto\n    threshold: 70%%\n    above: ship\n    below: reject\n"
             "    audit: {share: 70%%, by: desk, design: near_threshold}\n"
             "  - review: desk\n    fixes: 0\n",
             scored);
    solve(&s, text);
    double audited =
        0.9 * integral(near_audit, 8, 2, 0.7, 1) + 0.1 * integral(near_audit, 3, 3, 0.7, 1);
    near_rel(top(&s, "review_load"), audited, 1e-8);
    near_rel(top(&s, "reliability"), 0.9 * gsl_cdf_beta_Q(0.7, 8, 2), 1e-12);
    done(&s);
}

static double drawn(double c, double a, double b)
{
    return gsl_cdf_flat_P(c, 0.5, 0.9) * gsl_ran_beta_pdf(c, a, b);
}
static void a_drawn_threshold_is_integrated_over(void **state)
{
    (void)state;
    struct solved s;
    char text[700];
    snprintf(text, sizeof text,
             "%s  - gate: auto\n    threshold: {uniform: {from: 0.5, to: 0.9}}\n"
             "    above: ship\n    below: reject\n",
             scored);
    solve(&s, text);
    near_rel(top(&s, "reliability"), 0.9 * integral(drawn, 8, 2, 0, 1), 1e-8);
    near_rel(top(&s, "share_wrong"), 0.1 * integral(drawn, 3, 3, 0, 1), 1e-8);
    done(&s);
}

/* D06 */
static void two_gates_in_sequence(void **state)
{
    (void)state;
    struct solved s;
    solve(&s, "flow:\n"
              "  - stage: a\n    wrong: 15%\n    cost: {per_call: 1}\n"
              "    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
              "  - gate: cheap\n    threshold: 80%\n    above: ship\n    below: fresh\n"
              "  - stage: fresh\n    repair: 100%\n"
              "  - stage: b\n    wrong: 5%\n    cost: {per_call: 10}\n"
              "    confidence: {good: {beta: {a: 9, b: 1.5}}, bad: {beta: {a: 3, b: 2}}}\n"
              "  - gate: strong\n    threshold: 70%\n    above: ship\n    below: again\n"
              "  - stage: again\n    repair: 100%\n"
              "  - stage: human\n    wrong: 3%\n    cost: {per_call: 200}\n");
    near_rel(1 - stage(&s, "b", "visits_per_item"), 0.4879115263999998, 1e-9);
    near_rel(stage(&s, "human", "visits_per_item"), 0.05862653171252495, 1e-9);
    near_rel(top(&s, "shipped_error"), 0.01936481671911975, 1e-9);
    near_rel(top(&s, "cost_per_item"), 17.846191078504994, 1e-9);
    done(&s);
}

static void what_the_chain_cannot_do_is_named(void **state)
{
    (void)state;
    char text[900];
    refused("flow:\n  - stage: a\n    next: [{to: reject, when: \"age > 3s\"}]\n", "age");
    snprintf(text, sizeof text,
             "%s  - gate: auto\n    threshold: {uniform: {from: 0.5, to: 0.9}}\n"
             "    above: ship\n    below: {goto: model, at_most: 2}\n",
             scored);
    refused(text, "drawn once");
    refused("flow:\n  - stage: a\n    error: 5%\n    latency: 1s\n    hedge: {after: 2s}\n"
            "    retry: {attempts: 2, for: [timeout]}\n",
            "hedged attempt");
}

int main(void)
{

    const struct CMUnitTest tests[] = {
        cmocka_unit_test(routing_by_probability_is_the_absorbing_chain),
        cmocka_unit_test(conditions_see_confidences_and_visits),
        cmocka_unit_test(a_way_holds_when_the_draw_falls_into_it_and_conditions_stand_between),
        cmocka_unit_test(numbers_change_with_what_happened_before),
        cmocka_unit_test(a_step_not_entered_was_skipped),
        cmocka_unit_test(a_hit_takes_its_own_time_and_makes_no_attempt),
        cmocka_unit_test(classes_may_retry_more),
        cmocka_unit_test(the_first_of_hedged_copies_answers),
        cmocka_unit_test(a_gate_with_two_thresholds_has_three_sides),
        cmocka_unit_test(an_audit_reviews_a_share_of_what_would_ship),
        cmocka_unit_test(an_audit_near_the_threshold_weighs_the_confidence),
        cmocka_unit_test(a_drawn_threshold_is_integrated_over),
        cmocka_unit_test(two_gates_in_sequence),
        cmocka_unit_test(what_the_chain_cannot_do_is_named),
    };
    return cmocka_run_group_tests_name("exact_flow", tests, NULL, NULL);
}
