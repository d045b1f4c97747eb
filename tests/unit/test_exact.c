/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exact chain against closed forms.  The cases with a letter and a number (A01, B03, ...) are
 * textbook models whose values were computed apart from this program, by two methods each. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/exact.h"
#include "sim/exact/posterior.h"
#include "tests/support/flow.h"
#include "tests/support/solved.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

static void solve(struct solved *s, const char *flow, bool uncertainty)
{
    struct error err = {0};
    struct exact_options options = {.level = 0.95, .uncertainty = uncertainty, .seed = 1};
    flow_read(flow, &s->p);
    result_init(&s->r, "solve");
    ok(exact_solve(&s->p, &options, &s->r, &s->complete, &err), &err);
}

static double edge(const struct solved *s, const char *from, const char *to, const char *name)
{
    for (size_t i = 0; i < s->r.edges.len; i++)
        if (!strcmp(s->r.edges.at[i].from, from) && !strcmp(s->r.edges.at[i].to, to))
            return in(&s->r.edges.at[i].metrics, name);
    return NAN;
}
static bool warned(const struct solved *s, const char *part)
{
    for (size_t i = 0; i < s->r.warnings.len; i++)
        if (strstr(s->r.warnings.at[i], part))
            return true;
    return false;
}

/* --- series, retries, fallbacks */

static const char six[] = "flow:\n"
                          "  - stage: s1\n    error: 3%\n"
                          "  - stage: s2\n    error: 3%\n"
                          "  - stage: s3\n    error: 3%\n"
                          "  - stage: s4\n    error: 3%\n"
                          "  - stage: s5\n    error: 3%\n"
                          "  - stage: s6\n    error: 3%\n";

static void six_stages_of_97_percent_are_0_97_to_the_sixth(void **state) /* A01 */
{
    struct solved s;
    solve(&s, six, true);
    near(top(&s, "reliability"), 0.832972004929, 1e-15);
    near(top(&s, "share_failed"), 1 - 0.832972004929, 1e-15);
    near_rel(top(&s, "visits_mean"), 5.567599835699999, 1e-12);
    near_rel(top(&s, "visits_sd"), 1.1911140340930145, 1e-12); /* sigma of 1e6 items, times 1e3 */
    near_rel(stage(&s, "s4", "exit_fail"), 0.02738019, 1e-12);
    near_rel(edge(&s, "s4", "fail", "share"), 0.03, 1e-12);
    near_rel(stage(&s, "s1", "birnbaum"), pow(0.97, 5), 1e-12);
    near_rel(stage(&s, "s1", "improvement"), pow(0.97, 5) * 0.03, 1e-12);
    near(top(&s, "latency_p99"), 0, 0);
    near(top(&s, "cost_p95"), 0, 0);
    assert_true(s.complete);
    assert_int_equal(s.r.warnings.len, 0);
    done(&s);
}

static void silent_failures_ship_and_nothing_fails(void **state)
{
    struct solved s;
    solve(&s,
          "flow:\n  - stage: a\n    wrong: 3%\n  - stage: b\n    wrong: 3%\n"
          "  - stage: c\n    malformed: 3%\n    validation: 50%\n",
          true);
    near_rel(top(&s, "reliability"), 0.97 * 0.97 * 0.97, 1e-14);
    near_rel(top(&s, "share_failed"), 0.015, 1e-13);
    near_rel(top(&s, "share_wrong"), 0.985 - 0.97 * 0.97 * 0.97, 1e-13);
    near_rel(stage(&s, "c", "malformed_rate"), 0.03, 1e-14);
    near_rel(stage(&s, "b", "escape_rate"), 0.985, 1e-14); /* a visible failure of c stops some */
    near_rel(stage(&s, "a", "wrong_rate"), 0.03, 1e-14);
    near_rel(stage(&s, "a", "ok_rate"), 0.97, 1e-14);
    done(&s);
}

static void a_fallback_takes_what_three_attempts_leave(void **state) /* A06 */
{
    struct solved s = {.complete = false};
    struct error err = {0};
    struct exact_options options = {.level = 0.95};
    flow_read("flow:\n  - stage: primary\n    error: 10%\n    retry: {attempts: 3}\n"
              "    fallback: backup\n"
              "  - stage: backup\n    error: 20%\n    retry: {attempts: 2}\n",
              &s.p);
    s.p.step[0].next.to = TO_SHIP;
    result_init(&s.r, "solve");
    ok(exact_solve(&s.p, &options, &s.r, &s.complete, &err), &err);
    near_rel(top(&s, "reliability"), 0.99996, 1e-14);
    near_rel(top(&s, "share_failed"), 4e-5, 1e-12);
    near_rel(stage(&s, "primary", "attempts_per_item"), 1.11, 1e-14);
    near_rel(stage(&s, "backup", "attempts_per_item"), 0.0012, 1e-12);
    near_rel(stage(&s, "backup", "exit_ship") / top(&s, "reliability"), 0.0009600384015360615,
             1e-11);
    near_rel(stage(&s, "primary", "success_rate"), 0.999, 1e-14);
    near_rel(stage(&s, "primary", "first_try_rate"), 0.9, 1e-14);
    near_rel(stage(&s, "primary", "retry_success_rate"), 0.99, 1e-14);
    done(&s);
}

static void only_the_outcomes_named_are_retried(void **state)
{
    struct solved s;
    solve(&s,
          "flow:\n  - stage: a\n    error: 10%\n    malformed: 20%\n"
          "    retry: {attempts: 2, for: [malformed]}\n",
          true);
    /* ends: ok 0.7, failed 0.1, tried again 0.2 */
    near_rel(top(&s, "reliability"), 0.7 * 1.2, 1e-14);
    near_rel(top(&s, "share_failed"), 0.1 * 1.2 + 0.04, 1e-14);
    near_rel(stage(&s, "a", "attempts_per_item"), 1.2, 1e-14);
    done(&s);
}

/* Bounded retransmission: chunks of at most max + 1 tries, each lost with 1 - 0.98 * 0.99. */
static double chunk_failures(int chunks, int tries)
{
    struct solved s;
    struct buf flow;
    buf_init(&flow);
    buf_puts(&flow, "flow:\n");
    for (int i = 0; i < chunks; i++)
        buf_printf(&flow, "  - stage: c%d\n    error: 0.0298\n    retry: {attempts: %d}\n", i,
                   tries);
    solve(&s, buf_text(&flow), true);
    double failed = top(&s, "share_failed");
    done(&s);
    buf_release(&flow);
    return failed;
}

static void retransmission_agrees_with_published_fractions(void **state) /* QVBS brp, p1 */
{
    near_rel(chunk_failures(16, 3), 0.0004233334437734179, 1e-12);
    near_rel(chunk_failures(16, 4), 1.2617766036232592e-05, 1e-12);
    near_rel(chunk_failures(64, 3), 0.0016922588112982383, 1e-12);
    near_rel(chunk_failures(64, 6), 4.482058790996953e-08, 1e-11);
}

/* --- time */

static void backoff_adds_to_the_time_of_retries(void **state) /* B01 */
{
    struct solved s;
    solve(&s,
          "flow:\n  - stage: a\n    error: 20%\n    latency: {exponential: {mean: 1s}}\n"
          "    retry: {attempts: 4, backoff: {initial: 500ms, factor: 2}}\n",
          true);
    near_rel(top(&s, "reliability"), 0.9984, 1e-14);
    near_rel(stage(&s, "a", "attempts_per_item"), 1.248, 1e-14);
    near_rel(top(&s, "latency_all_mean"), 1.404, 1e-13);
    near_rel(top(&s, "latency_mean"), 1.3942307692307694, 1e-13);
    near_rel(top(&s, "latency_all_sd"), 1.4747148876986353, 1e-11);
    near_rel(top(&s, "latency_sd"), 1.4533445240960316, 1e-11);
    near_rel(stage(&s, "a", "visit_latency_mean"), 1.404, 1e-13);
    near_rel(stage(&s, "a", "attempt_latency_p95"), log(20), 1e-12);
    near_rel(top(&s, "latency_p95"), 4.284004832817367, 1e-9);
    assert_true(s.complete);
    done(&s);
}

static void jitter_has_its_mean_and_variance(void **state)
{
    /* always two attempts of 0 s and one wait: full is uniform on [0, 6], equal on [3, 6] */
    const char *flow = "flow:\n  - stage: a\n    error: 100%%\n    retry: {attempts: 2, "
                       "backoff: {initial: 6s, jitter: %s}}\n";
    double mean[] = {6, 3, 4.5}, sd[] = {0, 6 / sqrt(12), 3 / sqrt(12)};
    const char *jitter[] = {"none", "full", "equal"};
    for (int i = 0; i < 3; i++) {
        struct solved s;
        struct buf text;
        buf_init(&text);
        buf_printf(&text, flow, jitter[i]);
        solve(&s, buf_text(&text), true);
        near_rel(top(&s, "latency_all_mean"), mean[i], 1e-14);
        near(top(&s, "latency_all_sd"), sd[i], 1e-12);
        assert_true(isnan(top(&s, "latency_mean")));
        buf_release(&text);
        done(&s);
    }
}

static void a_timeout_takes_exactly_its_limit(void **state) /* B03 */
{
    struct solved s;
    solve(&s,
          "flow:\n  - stage: a\n    latency: {lognormal: {mu: 0.6931471805599453, sigma: 0.8}}\n"
          "    timeout: 5s\n    retry: {attempts: 3, backoff: {initial: 1s, factor: 1}}\n",
          true);
    near_rel(stage(&s, "a", "timeout_rate"), 0.12602932342076767, 1e-11);
    near_rel(top(&s, "reliability"), 0.9979982270590623, 1e-12);
    near_rel(top(&s, "share_failed"), 0.002001772940937753, 1e-11);
    near_rel(stage(&s, "a", "attempt_latency_mean"), 2.379345138895201, 1e-11);
    near_rel(stage(&s, "a", "attempt_latency_p90"), 5, 0);
    near_rel(top(&s, "latency_all_mean"), 2.858917178364061, 1e-11);
    near_rel(top(&s, "latency_mean"), 2.830553163097894, 1e-11);
    near_rel(top(&s, "latency_all_sd"), 2.648680078826207, 1e-9);
    done(&s);
}

static void small_timeout_probabilities_keep_their_digits(void **state)
{
    struct solved s;
    solve(&s,
          "flow:\n  - stage: a\n    latency: {exponential: {mean: 1s}}\n    timeout: 40s\n"
          "    retry: {attempts: 2}\n",
          true);
    near_rel(stage(&s, "a", "timeout_rate"), exp(-40), 1e-12);
    near_rel(top(&s, "share_failed"), exp(-80), 1e-12);
    done(&s);
}

static void moments_of_a_sum_add_up(void **state) /* B06 */
{
    struct solved s;
    solve(&s,
          "flow:\n  - stage: a\n    latency: {lognormal: {mu: 0, sigma: 0.5}}\n"
          "  - stage: b\n    latency: {gamma: {shape: 2, scale: 0.5s}}\n"
          "  - stage: c\n    latency: {weibull: {shape: 1.5, scale: 1s}}\n",
          true);
    near_rel(top(&s, "latency_mean"), 3.0358937460177597, 1e-11);
    near_rel(top(&s, "latency_sd"), 1.1137262405215738, 1e-10);
    done(&s);
}

static void constant_latencies_give_the_whole_distribution(void **state)
{
    struct solved s;
    solve(&s,
          "objective: {deadline: 5.5s}\n"
          "flow:\n  - stage: a\n    error: 10%\n    latency: 1s\n"
          "    retry: {attempts: 3, backoff: {initial: 2s, factor: 2}}\n    budget: 4s\n"
          "  - stage: b\n    wrong: 20%\n    latency: 0.5s\n",
          true);
    /* 1.5 s (0.9), 4.5 s (0.09), 9.5 s (0.009); failed after 9 s (0.001) */
    near(top(&s, "latency_p50"), 1.5, 1e-15);
    near(top(&s, "latency_p90"), 1.5, 1e-15); /* 0.9 / 0.999 */
    near(top(&s, "latency_p95"), 4.5, 1e-15);
    near(top(&s, "latency_p99"), 4.5, 1e-15);
    near(top(&s, "latency_p999"), 9.5, 1e-15);
    near(top(&s, "latency_all_p90"), 1.5, 1e-15); /* F(1.5) = 0.9 itself */
    near_rel(top(&s, "slo_attainment"), 0.99 * 0.8, 1e-14);
    near(stage(&s, "a", "visit_latency_p90"), 1, 1e-15);
    near(stage(&s, "a", "visit_latency_p99"), 4, 1e-15);
    near_rel(stage(&s, "a", "within_budget"), 0.99, 1e-14);
    near(stage(&s, "b", "visit_latency_p99"), 0.5, 0);
    assert_true(s.complete);
    done(&s);
}

static void a_constant_time_has_no_spread(void **state)
{
    struct solved s;
    solve(&s,
          "flow:\n  - stage: a\n    error: 7%\n    latency: 0.1s\n"
          "  - stage: b\n    error: 3%\n    latency: 0.7s\n  - stage: c\n    latency: 1d\n",
          true);
    near(top(&s, "latency_sd"), 0, 0);
    near_rel(top(&s, "latency_mean"), 86400.8, 1e-15);
    done(&s);
}

static void moments_that_do_not_exist_are_named(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - stage: a\n    latency: {pareto: {min: 1s, shape: 0.9}}\n", true);
    assert_true(isnan(top(&s, "latency_mean")));
    assert_true(warned(&s, "no finite mean"));
    near(top(&s, "reliability"), 1, 0);
    done(&s);
}

/* --- loops */

static void a_critic_and_a_writer_of_four_rounds(void **state) /* C01 */
{
    struct solved s;
    solve(&s,
          "flow:\n  - stage: draft\n    layer: model\n    wrong: 30%\n    cost: {per_call: $2}\n"
          "  - check: critic\n    sensitivity: 80%\n    specificity: 90%\n"
          "    on_reject: {goto: draft, at_most: 3, then: reject}\n",
          true);
    near_rel(top(&s, "reliability"), 0.90461133, 1e-13);
    near_rel(top(&s, "share_wrong"), 0.08615345999999999, 1e-13);
    near_rel(top(&s, "share_rejected"), 0.009235209999999999, 1e-13);
    near_rel(stage(&s, "draft", "visits_per_item"), 1.435891, 1e-13);
    near_rel(top(&s, "shipped_error"), 6.0 / 69, 1e-13);
    near_rel(top(&s, "cost_per_item"), 2 * 1.435891, 1e-13);
    near_rel(stage(&s, "critic", "caught_rate"), 0.31, 1e-13);
    near_rel(top(&s, "capability"), 0.7, 1e-14);
    near_rel(top(&s, "gap"), 0.7 - 0.90461133, 1e-12);
    /* perfect writer: a right draft is rejected four times with 1e-4 */
    near_rel(stage(&s, "draft", "improvement"), 0.9999 - 0.90461133, 1e-12);
    near_rel(stage(&s, "critic", "birnbaum"), 1 - pow(0.3, 4), 1e-12);
    done(&s);
}

static void a_loop_without_a_bound_is_geometric(void **state)
{
    struct solved s;
    solve(&s,
          "flow:\n  - stage: draft\n    wrong: 30%\n    latency: 2s\n    cost: {per_call: $3}\n"
          "  - check: critic\n    sensitivity: 80%\n    specificity: 90%\n"
          "    on_reject: {goto: draft, at_most: unbounded}\n",
          true);
    double p = 0.69, q = 0.31; /* 0.7 * 0.9 + 0.3 * 0.2 */
    near_rel(top(&s, "reliability"), 0.63 / p, 1e-13);
    near_rel(top(&s, "share_wrong"), 0.06 / p, 1e-13);
    near_rel(stage(&s, "draft", "visits_per_item"), 1 / p, 1e-13);
    near_rel(top(&s, "visits_mean"), 2 / p, 1e-13);
    near_rel(top(&s, "visits_sd"), 2 * sqrt(q) / p, 1e-12);
    near_rel(top(&s, "latency_mean"), 2 / p, 1e-13);
    near_rel(top(&s, "latency_sd"), 2 * sqrt(q) / p, 1e-12);
    near_rel(top(&s, "cost_sd"), 3 * sqrt(q) / p, 1e-12);
    near_rel(stage(&s, "critic", "escape_rate"), (0.2 + 0.8 * 0.06 / p), 1e-12);
    near_rel(stage(&s, "draft", "improvement"), 1 - 0.63 / p, 1e-12);
    assert_true(warned(&s, "without a bound"));
    done(&s);
}

static void going_back_to_a_skipped_step_keeps_the_quality(void **state)
{
    struct solved s;
    solve(&s,
          "flow:\n  - stage: a\n    wrong: 50%\n  - check: c\n    sensitivity: 100%\n"
          "    on_reject: d\n  - stage: b\n  - stage: ship_it\n    error: 100%\n"
          "    fallback: ship\n  - check: d\n    sensitivity: 50%\n"
          "    on_reject: {goto: b, at_most: 1, then: reject}\n",
          true);
    /* bad ones reach d without b; half of them go back to b, still bad, and ship */
    near_rel(top(&s, "reliability"), 0.5, 1e-14);
    near_rel(top(&s, "share_wrong"), 0.5, 1e-14);
    near_rel(stage(&s, "b", "visits_per_item"), 0.75, 1e-14);
    done(&s);
}

static void going_back_restores_the_quality_of_the_first_entry(void **state)
{
    struct solved s;
    solve(&s,
          "flow:\n  - stage: brief\n    wrong: 10%\n  - stage: draft\n    wrong: 30%\n"
          "  - check: critic\n    sensitivity: 100%\n"
          "    on_reject: {goto: draft, at_most: 1, then: ship}\n",
          true);
    near_rel(top(&s, "reliability"), 0.9 * 0.91, 1e-14);
    near_rel(top(&s, "share_wrong"), 0.1 + 0.9 * 0.09, 1e-14);
    /* redrafted: bad briefs, and bad drafts of good briefs */
    near_rel(stage(&s, "draft", "visits_per_item"), 1 + 0.1 + 0.9 * 0.3, 1e-14);
    near_rel(edge(&s, "critic", "draft", "per_item"), 0.37, 1e-14);
    near_rel(edge(&s, "critic", "draft", "share"), 0.37 / 1.37, 1e-14);
    done(&s);
}

static void an_endless_loop_has_no_answer(void **state)
{
    struct error err = {0};
    struct pipeline p;
    struct result r;
    bool complete;
    flow_read("flow:\n  - stage: draft\n  - check: critic\n    sensitivity: 100%\n"
              "    specificity: 0%\n    on_reject: {goto: draft, at_most: unbounded}\n",
              &p);
    result_init(&r, "solve");
    assert_int_equal(exact_solve(&p, &(struct exact_options){.level = 0.95}, &r, &complete, &err),
                     -1);
    error_is(&err, ERR_NUMERIC, "without end");
    result_release(&r);
    pipeline_release(&p);
}

static void too_many_states_are_refused_by_their_number(void **state)
{
    struct error err = {0};
    struct pipeline p;
    struct result r;
    bool complete;
    flow_read("flow:\n  - stage: draft\n    wrong: 30%\n  - check: critic\n    sensitivity: 90%\n"
              "    on_reject: {goto: draft, at_most: 1000, then: reject}\n",
              &p);
    result_init(&r, "solve");
    struct exact_options options = {.level = 0.95, .max_states = 500};
    assert_int_equal(exact_solve(&p, &options, &r, &complete, &err), -1);
    error_is(&err, ERR_LIMIT, "more than 500 states");
    options.max_states = 0;
    ok(exact_solve(&p, &options, &r, &complete, &err), &err);
    near_rel(metrics_find(&r.metrics, "reliability")->value, 0.7 / 0.73, 1e-13);
    result_release(&r);
    pipeline_release(&p);
}

/* --- gates and reviews */

static const char desk[] =
    "flow:\n  - stage: answer\n    layer: model\n    wrong: 10%%\n"
    "    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
    "  - gate: sure\n    threshold: %g\n    above: ship\n    below: desk\n"
    "  - review: desk\n    sensitivity: 90%%\n    specificity: 98%%\n"
    "    fixes: 100%%\n    spoils: 100%%\n";

static void a_gate_before_a_fallible_reviewer(void **state) /* D01 */
{
    /* threshold, review load, error among unseen, shipped error, bad among reviewed */
    static const double want[][5] = {
        {0.5, 0.06757812499999998, 0.05362379555927943,  0.05535156250000001,  0.7398843930635841 },
        {0.7, 0.2600949106,        0.02204066471988239,  0.028205258212,       0.32177484675472917},
        {0.8, 0.48679485440000014, 0.011285935165806721, 0.023064537088000003, 0.19352710725777134},
        {0.9, 0.7965008802000002,  0.004206406400387783, 0.024717537604000007, 0.12447443871638296},
    };
    for (int i = 0; i < 4; i++) {
        struct solved s;
        struct buf flow;
        buf_init(&flow);
        buf_printf(&flow, desk, want[i][0]);
        solve(&s, buf_text(&flow), true);
        near_rel(top(&s, "review_load"), want[i][1], 1e-11);
        near_rel(top(&s, "auto_error"), want[i][2], 1e-11);
        near_rel(top(&s, "shipped_error"), want[i][3], 1e-11);
        near_rel(top(&s, "review_precision"), want[i][4], 1e-11);
        near_rel(top(&s, "completion"), 1, 1e-14);
        near(stage(&s, "sure", "threshold"), want[i][0], 0);
        double bad_unseen = want[i][2] * (1 - want[i][1]) / 0.1;
        near_rel(stage(&s, "sure", "escape_rate"), bad_unseen + 0.1 * (1 - bad_unseen), 1e-11);
        assert_true(s.complete);

        struct exact_point point;
        struct error err = {0};
        ok(exact_point(&s.p, &point, &err), &err);
        near_rel(point.auto_wrong / point.auto_shipped, want[i][2], 1e-11);
        near_rel(point.wrong, want[i][3], 1e-11);
        near_rel(point.reviewed, want[i][1], 1e-11);
        near_rel(point.reviewed_bad / point.reviewed, want[i][4], 1e-11);
        buf_release(&flow);
        done(&s);
    }
}

static void small_tails_of_confidence_keep_their_digits(void **state)
{
    struct solved s;
    solve(&s,
          "flow:\n  - stage: a\n    wrong: 10%\n"
          "    confidence: {good: {beta: {a: 1, b: 1}}, bad: {beta: {a: 1, b: 8}}}\n"
          "  - gate: sure\n    threshold: 0.99\n    below: reject\n",
          true);
    near_rel(top(&s, "share_wrong"), 1e-17, 1e-12); /* 0.1 * 0.01^8 */
    near_rel(top(&s, "reliability"), 0.009, 1e-13);
    done(&s);
}

static void a_gate_asks_whom_it_names_or_who_spoke_last(void **state)
{
    const char *flow = "flow:\n  - stage: a\n    wrong: 50%%\n"
                       "    confidence: {good: 0.9, bad: 0.1}\n"
                       "  - stage: b\n    error: 25%%\n    fallback: skip\n"
                       "    confidence: {good: 0.3, bad: 0.7}\n"
                       "  - gate: g\n    threshold: 0.5\n%s    below: reject\n";
    double want[2][2] = {
        {0.5,   0    },
        {0.125, 0.375}
    }; /* b fails: a's word is the last */
    for (int i = 0; i < 2; i++) {
        struct solved s;
        struct buf text;
        buf_init(&text);
        buf_printf(&text, flow, i ? "" : "    of: a\n");
        solve(&s, buf_text(&text), true);
        near_rel(top(&s, "reliability"), want[i][0], 1e-14);
        near(top(&s, "share_wrong"), want[i][1], 1e-15);
        buf_release(&text);
        done(&s);
    }
}

static void equal_confidence_ships(void **state)
{
    struct solved s;
    solve(&s,
          "flow:\n  - stage: a\n    wrong: 50%\n    confidence: {good: 0.8, bad: 0.7}\n"
          "  - gate: g\n    threshold: 0.8\n    below: reject\n",
          true);
    near(top(&s, "reliability"), 0.5, 0);
    near(top(&s, "share_rejected"), 0.5, 0);
    done(&s);
}

static void a_review_is_counted_once_an_item_and_by_visits(void **state)
{
    struct solved s;
    solve(&s,
          "flow:\n  - stage: a\n    wrong: 50%\n"
          "  - review: r\n    sensitivity: 80%\n    fixes: 25%\n"
          "    on_reject: {goto: a, at_most: 1, then: reject}\n",
          true);
    /* rejected 0.5 * 0.8 * 0.75 = 0.3 in each round; fixed 0.1; passed bad 0.1 */
    near_rel(top(&s, "review_load"), 1, 1e-14);
    near_rel(top(&s, "reviews_per_item"), 1.3, 1e-14);
    near_rel(top(&s, "review_precision"), 0.5, 1e-14);
    near_rel(top(&s, "reliability"), 0.6 * 1.3, 1e-14);
    near_rel(top(&s, "share_wrong"), 0.1 * 1.3, 1e-14);
    near_rel(top(&s, "share_rejected"), 0.09, 1e-14);
    assert_true(isnan(top(&s, "auto_error"))); /* nothing ships unseen */
    done(&s);
}

static void bad_input_may_be_repaired(void **state)
{
    struct solved s;
    solve(&s, "wrong: 20%\nflow:\n  - stage: a\n    wrong: 10%\n    repair: 50%\n", true);
    near_rel(top(&s, "reliability"), 0.8 * 0.9 + 0.2 * 0.9 * 0.5, 1e-14);
    near_rel(stage(&s, "a", "escape_rate"), 0.55, 1e-14);
    done(&s);
}

/* --- cost, worth, classes */

static const char paid[] = "%sflow:\n"
                           "  - stage: a\n    error: 5%%\n    cost: {per_call: $1}\n%s"
                           "  - stage: b\n    error: 10%%\n    cost: {per_call: $2}\n%s"
                           "  - stage: c\n    error: 20%%\n    cost: {per_call: $5}\n%s";

static void cost_of_a_correct_item_counts_the_failed_ones(void **state) /* H01, H02 */
{
    struct solved s;
    struct buf flow;
    buf_init(&flow);
    buf_printf(&flow, paid, "", "", "", "");
    solve(&s, buf_text(&flow), true);
    near_rel(top(&s, "reliability"), 0.684, 1e-14);
    near_rel(top(&s, "cost_per_item"), 7.175, 1e-14);
    near_rel(top(&s, "cost_per_correct"), 10.489766081871345, 1e-14);
    near_rel(top(&s, "cost_sd"), sqrt(4.144375), 1e-13);
    done(&s);

    const char *retry = "    retry: {attempts: 3}\n";
    buf_clear(&flow);
    buf_printf(&flow, paid, "objective: {budget: $10}\nworth: {correct: $40, wrong: $-300}\n",
               retry, retry, retry);
    solve(&s, buf_text(&flow), true);
    near_rel(top(&s, "reliability"), 0.9908841239999999, 1e-14);
    near_rel(top(&s, "cost_per_item"), 9.465248275, 1e-13);
    near_rel(top(&s, "cost_per_correct"), 9.552326095195367, 1e-13);
    near_rel(top(&s, "cost_sd"), 2.6599224927823584, 1e-9);
    near(top(&s, "cost_p95"), 15, 1e-12);
    near(top(&s, "cost_p99"), 18, 1e-12);
    near_rel(top(&s, "budget_attainment"), 0.789434875, 1e-13);
    near_rel(top(&s, "net_per_item"), 40 * 0.9908841239999999 - 9.465248275, 1e-13);
    struct exact_point point;
    struct error err = {0};
    ok(exact_point(&s.p, &point, &err), &err);
    near_rel(sqrt(point.cost2 - point.cost * point.cost), 2.6599224927823584, 1e-9);
    done(&s);
    buf_release(&flow);
}

static void classes_are_mixed_as_items_not_as_rates(void **state)
{
    struct solved s;
    solve(
        &s,
        "classes:\n  easy: {share: 70%}\n  hard: {share: 30%}\n"
        "flow:\n  - stage: a\n    wrong: {easy: 1%, hard: 20%}\n"
        "    error: {easy: 0, hard: 50%}\n    latency: {easy: 1s, hard: 4s}\n"
        "  - stage: b\n    wrong: {easy: 1%, hard: 20%}\n    latency: {exponential: {mean: 1s}}\n",
        true);
    double easy = 0.99 * 0.99, hard = 0.3 * 0.8, shipped = 0.7 + 0.3 * 0.5;
    near_rel(top(&s, "reliability"), 0.7 * easy + 0.3 * hard, 1e-14);
    near_rel(top(&s, "shipped_error"), 1 - (0.7 * easy + 0.3 * hard) / shipped, 1e-13);
    near_rel(top(&s, "latency_mean"), (0.7 * 2 + 0.15 * 5) / shipped, 1e-13);
    near_rel(stage(&s, "a", "attempt_latency_p50"), 1, 1e-15);
    near_rel(stage(&s, "a", "attempt_latency_p90"), 4, 1e-15);
    near_rel(stage(&s, "b", "visits_per_item"), 0.85, 1e-14);
    assert_int_equal(s.r.classes.len, 2);
    assert_string_equal(s.r.classes.at[1].id, "hard");
    near_rel(in(&s.r.classes.at[1].metrics, "reliability"), hard, 1e-14);
    near_rel(in(&s.r.classes.at[1].metrics, "latency_mean"), 5, 1e-14);
    near_rel(in(&s.r.classes.at[0].metrics, "shipped_error"), 1 - easy, 1e-12);
    done(&s);
}

/* --- evidence */

static void posterior_mean_of_a_power_is_a_moment_of_the_beta(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - stage: a\n    error: 3/100\n    retry: {attempts: 3}\n", true);
    /* E[p^3], p ~ Beta(3.5, 97.5) */
    double third = 3.5 / 101 * (4.5 / 102) * (5.5 / 103);
    near_rel(top(&s, "share_failed"), third, 1e-11);
    near_rel(top(&s, "reliability"), 1 - third, 1e-14);
    near_rel(stage(&s, "a", "attempts_per_item"), 1 + 3.5 / 101 + 3.5 * 4.5 / (101.0 * 102), 1e-13);
    assert_string_equal(s.r.run.covers, "parameters");
    assert_true(s.complete);
    done(&s);

    solve(&s, "flow:\n  - stage: a\n    error: 3/100\n    retry: {attempts: 3}\n", false);
    near_rel(top(&s, "share_failed"), 0.03 * 0.03 * 0.03, 1e-13);
    done(&s);
}

static void outcomes_of_one_step_share_a_dirichlet_posterior(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - stage: a\n    error: 3/100\n    wrong: 5/100\n    retry: {attempts: 2}\n",
          true);
    double n = 101.5, e = 3.5, w = 5.5, g = 92.5;
    near_rel(top(&s, "share_wrong"), w / n + e * w / (n * (n + 1)), 1e-13);
    near_rel(top(&s, "reliability"), g / n + e * g / (n * (n + 1)), 1e-13);
    near_rel(top(&s, "share_failed"), e * (e + 1) / (n * (n + 1)), 1e-12);
    done(&s);
}

static void quadrature_gives_the_moments_of_the_beta(void **state)
{
    static const double ab[][2] = {
        {0.5,   0.5 },
        {3.5,   97.5},
        {0.5,   1e6 },
        {1e6,   0.5 },
        {0.5,   1e12},
        {500.5, 0.5 },
        {1e5,   1e5 },
        {7.5,   2.5 }
    };
    static const uint32_t points[] = {1, 2, 4, 16, 48};
    for (size_t i = 0; i < sizeof ab / sizeof *ab; i++)
        for (size_t k = 0; k < sizeof points / sizeof *points; k++) {
            double node[48], weight[48], a = ab[i][0], b = ab[i][1], want = 1;
            struct error err = {0};
            ok(quadrature_beta(a, b, points[k], node, weight, &err), &err);
            /* E[x^j] = a (a + 1) ... / ((a + b) (a + b + 1) ...), up to degree 2n - 1 */
            for (uint32_t j = 0; j < 2 * points[k] && j < 6; j++) {
                double got = 0;
                for (uint32_t q = 0; q < points[k]; q++)
                    got += weight[q] * pow(node[q], j);
                near_rel(got, want, 1e-11);
                want *= (a + j) / (a + b + j);
            }
        }
}

static void the_rule_follows_from_the_number_of_evidences(void **state)
{
    assert_int_equal(quadrature_choose(1, 60000).points, 48);
    assert_int_equal(quadrature_choose(6, 60000).points, 6);
    assert_int_equal(quadrature_choose(7, 60000).points, 4);
    assert_int_equal(quadrature_choose(8, 60000).points, 0);
    assert_true(quadrature_choose(8, 60000).level >= 3);
    /* level 1: one node, and 2 in each direction, and the one again */
    assert_int_equal((int)quadrature_choose(100, 250).nodes, 201);
    assert_int_equal((int)quadrature_choose(100, 200).nodes, 0);
}

static void intervals_are_those_of_the_posterior(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - stage: a\n    error: 3/100\n", true);
    const struct metric *m = metrics_find(&s.r.metrics, "share_failed");
    near_rel(m->value, 3.5 / 101, 1e-13);
    /* quantiles of Beta(3.5, 97.5), and the errors of 2,000 draws from its density there */
    within_sigma(m->low, 0.0085203, 0.000413, 5);
    within_sigma(m->high, 0.0778877, 0.00179, 5);
    near(m->level, 0.95, 0);
    done(&s);
}

static void many_evidences_are_averaged_on_a_sparse_grid(void **state)
{
    struct solved s;
    struct buf flow;
    buf_init(&flow);
    buf_puts(&flow, "flow:\n");
    for (int i = 0; i < 12; i++)
        buf_printf(&flow, "  - stage: s%d\n    error: 3/100\n", i);
    solve(&s, buf_text(&flow), true);
    near_rel(top(&s, "reliability"), pow(97.5 / 101, 12), 1e-10);
    near_rel(stage(&s, "s11", "visits_per_item"), pow(97.5 / 101, 11), 1e-10);
    done(&s);
    buf_release(&flow);
}

static void evidence_for_several_classes_is_one(void **state)
{
    struct solved s;
    solve(&s,
          "classes:\n  x: {share: 50%}\n  y: {share: 50%}\n"
          "flow:\n  - stage: a\n    error: 1/10\n  - stage: b\n    error: {x: 0, y: 2/10}\n",
          true);
    near_rel(top(&s, "reliability"), 9.5 / 11 * (0.5 + 0.5 * 8.5 / 11), 1e-13);
    done(&s);
}

/* Two classes pay one step's cost, 2 seen from 25 amounts that deviate by 1: all of them deviate
 * together by 1 / 5, by a gamma law of shape 25 * 2^2 = 100: 2 * 0.81364 to 2 * 1.20529 (quantiles
 * of chi-square with 200 degrees over 200; checked by 400,000 draws), and 1 that is certain. */
static void costs_have_the_evidence_of_what_they_were_seen_from(void **state)
{
    struct solved s;
    solve(&s,
          "classes:\n  x: {share: 50%}\n  y: {share: 50%}\n"
          "flow:\n  - stage: a\n    cost: {per_call: $2, sd: $1, evidence: 25}\n"
          "  - stage: b\n    cost: $1\n",
          true);
    const struct metric *m = metrics_find(&s.r.metrics, "cost_per_item");
    near(m->value, 3, 1e-12);
    within_sigma(m->low, 1 + 2 * 0.81364, 0.011, 5);
    within_sigma(m->high, 1 + 2 * 1.20529, 0.014, 5);
    done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(six_stages_of_97_percent_are_0_97_to_the_sixth),
        cmocka_unit_test(silent_failures_ship_and_nothing_fails),
        cmocka_unit_test(a_fallback_takes_what_three_attempts_leave),
        cmocka_unit_test(only_the_outcomes_named_are_retried),
        cmocka_unit_test(retransmission_agrees_with_published_fractions),
        cmocka_unit_test(backoff_adds_to_the_time_of_retries),
        cmocka_unit_test(jitter_has_its_mean_and_variance),
        cmocka_unit_test(a_timeout_takes_exactly_its_limit),
        cmocka_unit_test(small_timeout_probabilities_keep_their_digits),
        cmocka_unit_test(moments_of_a_sum_add_up),
        cmocka_unit_test(constant_latencies_give_the_whole_distribution),
        cmocka_unit_test(a_constant_time_has_no_spread),
        cmocka_unit_test(moments_that_do_not_exist_are_named),
        cmocka_unit_test(a_critic_and_a_writer_of_four_rounds),
        cmocka_unit_test(a_loop_without_a_bound_is_geometric),
        cmocka_unit_test(going_back_to_a_skipped_step_keeps_the_quality),
        cmocka_unit_test(going_back_restores_the_quality_of_the_first_entry),
        cmocka_unit_test(an_endless_loop_has_no_answer),
        cmocka_unit_test(too_many_states_are_refused_by_their_number),
        cmocka_unit_test(a_gate_before_a_fallible_reviewer),
        cmocka_unit_test(small_tails_of_confidence_keep_their_digits),
        cmocka_unit_test(a_gate_asks_whom_it_names_or_who_spoke_last),
        cmocka_unit_test(equal_confidence_ships),
        cmocka_unit_test(a_review_is_counted_once_an_item_and_by_visits),
        cmocka_unit_test(bad_input_may_be_repaired),
        cmocka_unit_test(cost_of_a_correct_item_counts_the_failed_ones),
        cmocka_unit_test(classes_are_mixed_as_items_not_as_rates),
        cmocka_unit_test(posterior_mean_of_a_power_is_a_moment_of_the_beta),
        cmocka_unit_test(outcomes_of_one_step_share_a_dirichlet_posterior),
        cmocka_unit_test(quadrature_gives_the_moments_of_the_beta),
        cmocka_unit_test(the_rule_follows_from_the_number_of_evidences),
        cmocka_unit_test(intervals_are_those_of_the_posterior),
        cmocka_unit_test(many_evidences_are_averaged_on_a_sparse_grid),
        cmocka_unit_test(evidence_for_several_classes_is_one),
        cmocka_unit_test(costs_have_the_evidence_of_what_they_were_seen_from),
    };
    math_init();
    return cmocka_run_group_tests_name("exact", tests, NULL, NULL);
}
