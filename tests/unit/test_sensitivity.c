/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Derivatives against closed forms, and against the scenario solved again with --set.  A08 and I01
 * are textbook models whose values were computed apart from this program. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/exact.h"
#include "sim/parameters.h"
#include "sim/sensitivity.h"
#include "tests/support/flow.h"
#include "tests/support/solved.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- derivatives of one variable */

static bool exponential(void *arg, double x, double *y, double *size)
{
    y[0] = exp(3 * x);
    y[1] = 7;
    return true;
}
static bool cubic(void *arg, double x, double *y, double *size)
{
    y[0] = 2 - 5 * x + x * x * x;
    return true;
}
static bool kink(void *arg, double x, double *y, double *size)
{
    y[0] = fmax(0, x - *(double *)arg);
    return true;
}
static bool jump(void *arg, double x, double *y, double *size)
{
    y[0] = x >= *(double *)arg;
    return true;
}
static bool only_above_one(void *arg, double x, double *y, double *size)
{
    y[0] = sqrt(x);
    return x >= 1;
}
static bool narrow(void *arg, double x, double *y, double *size)
{
    y[0] = erf((x - 0.5) / 1e-3);
    return true;
}

static void smooth_functions_have_eleven_digits(void **state)
{
    double d[2];
    derivative(exponential, NULL, 0.4, -INFINITY, INFINITY, 0.05, 2, d);
    near_rel(d[0], 3 * exp(1.2), 1e-12);
    near(d[1], 0, 0);
    derivative(cubic, NULL, 0.3, 0, 1, 0.05, 1, d);
    near_rel(d[0], -5 + 3 * 0.09, 1e-13);
    derivative(narrow, NULL, 0.5005, 0, 1, 0.05, 1, d); /* bends within a fiftieth of the width */
    near_rel(d[0], 2e3 / sqrt(M_PI) * exp(-0.25), 1e-9);
}

static void ends_of_the_range_are_one_sided(void **state)
{
    double d[2];
    derivative(cubic, NULL, 0, 0, 1, 0.05, 1, d);
    near_rel(d[0], -5, 1e-12);
    derivative(cubic, NULL, 1, 0, 1, 0.05, 1, d);
    near_rel(d[0], -2, 1e-12);
    derivative(only_above_one, NULL, 1, 0, INFINITY, 0.05, 1, d);
    near_rel(d[0], 0.5, 1e-11);
    derivative(cubic, NULL, 0.3, 0.3, 0.3, 0.05, 1, d);
    assert_true(isnan(d[0]));
}

static bool counted_nowhere(void *arg, double x, double *y, double *size)
{
    ++*(int *)arg;
    y[0] = x;
    y[1] = NAN;
    return true;
}

static void what_is_nowhere_costs_no_search(void **state)
{
    int calls = 0;
    double d[2];
    derivative(counted_nowhere, &calls, 0.5, 0, 1, 0.05, 2, d);
    near_rel(d[0], 1, 1e-12);
    assert_true(isnan(d[1]));
    assert_int_equal(calls, 5);
}

static void kinks_and_jumps_have_none_at_their_place_alone(void **state)
{
    double d[2], at = 0.4;
    derivative(kink, &at, 0.4, 0, 1, 0.05, 1, d);
    assert_true(isnan(d[0]));
    derivative(jump, &at, 0.4, 0, 1, 0.05, 1, d);
    assert_true(isnan(d[0]));
    derivative(kink, &at, 0.41, 0, 1, 0.05, 1, d);
    near_rel(d[0], 1, 1e-12);
    derivative(jump, &at, 0.39, 0, 1, 0.05, 1, d);
    near(d[0], 0, 0);
}

/* --- of scenarios */

static void solve(struct solved *s, const char *flow)
{
    struct error err = {0};
    struct exact_options options = {.level = 0.95, .uncertainty = true, .seed = 1};
    flow_read_with(flow, NULL, &s->p);
    result_init(&s->r, "solve");
    ok(exact_solve(&s->p, &options, &s->r, &s->complete, &err), &err);
}

static const struct sensitivity *find(const struct solved *s, const char *path, const char *metric)
{
    for (size_t i = 0; i < s->r.sensitivities.len; i++) {
        const struct sensitivity *at = &s->r.sensitivities.at[i];
        if (!strcmp(at->parameter, path) && !strcmp(at->metric, metric))
            return at;
    }
    return NULL;
}

/* 0 where it is not listed. */
static double slope(const struct solved *s, const char *path, const char *metric)
{
    const struct sensitivity *found = find(s, path, metric);
    return found ? found->value : 0;
}

/* R = 0.8 (p + (1 - p - q) 0.9) 0.95 */
static void ways_by_probability_have_derivatives(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - stage: a\n    wrong: 20%\n"
              "    next: [{to: c, probability: 30%}, {to: reject, probability: 0%}, b]\n"
              "  - stage: b\n    wrong: 10%\n  - stage: c\n    error: 5%\n");
    near_rel(slope(&s, "flow.a.next.0.probability", "reliability"), 0.8 * 0.1 * 0.95, 1e-11);
    near_rel(slope(&s, "flow.a.next.1.probability", "reliability"), -0.8 * 0.9 * 0.95, 1e-11);
    near_rel(slope(&s, "flow.b.wrong", "reliability"), -0.8 * 0.7 * 0.95, 1e-11);
    near(find(&s, "flow.b.wrong", "reliability")->at, 0.1, 0);
    assert_true(find(&s, "flow.b.wrong", "reliability")->probability);
    assert_true(find(&s, "flow.a.next.0.probability", "reliability")->probability);
    done(&s);
}

static void steps_in_series_have_birnbaums_importance(void **state) /* A08 */
{
    static const double want[] = {0.8285206500000001, 0.8634057300000002, 0.8456035500000001,
                                  0.8210565000000001, 0.911372715};
    struct solved s;
    solve(&s, "flow:\n  - stage: s1\n    reliability: 99%\n  - stage: s2\n    reliability: 95%\n"
              "  - stage: s3\n    reliability: 97%\n  - stage: s4\n    reliability: 99.9%\n"
              "  - stage: s5\n    reliability: 90%\n");
    for (int i = 0; i < 5; i++)
        near_rel(slope(&s, arena_printf(&s.r.arena, "flow.s%d.error", i + 1), "reliability"),
                 -want[i], 1e-12);
    /* visits by all but the last, failures by each; nothing else moves anything */
    assert_int_equal(s.r.sensitivities.len, 5 + 4 + 5);
    assert_true(s.complete);
    done(&s);
}

static const char gate_review[] =
    "flow:\n  - stage: answer\n    wrong: 10%\n    confidence:\n"
    "      good: {beta: {a: 8, b: 2}}\n      bad: {beta: {a: 3, b: 3}}\n"
    "  - gate: g\n    threshold: 80%\n    above: ship\n    below: desk\n"
    "  - review: desk\n    sensitivity: 90%\n    specificity: 98%\n    fixes: 100%\n"
    "    spoils: 100%\n";

static void a_threshold_trades_review_for_errors(void **state) /* I01 */
{
    struct solved s;
    solve(&s, gate_review);
    near_rel(slope(&s, "flow.g.threshold", "review_load"), 2.7947089920000012, 1e-12);
    near_rel(slope(&s, "flow.g.threshold", "auto_error"), -0.08818909143258384, 1e-12);
    near_rel(slope(&s, "flow.g.threshold", "shipped_error"), -0.014761820159999946, 1e-11);
    near_rel(slope(&s, "flow.g.threshold", "reliability"), 0.014761820159999946, 1e-11);
    /* at its bound: 90% of the wrong ones below are caught, and then mended */
    near_rel(slope(&s, "flow.desk.fixes", "reliability"), 0.1 * 0.94208 * 0.9, 1e-11);
    done(&s);
}

static void retries_make_errors_matter_by_powers(void **state)
{
    struct solved s;
    solve(&s,
          "flow:\n  - stage: a\n    error: 20%\n    cost: $2\n    retry: {attempts: 3, backoff: "
          "{initial: 3s, factor: 2, max: 5s}}\n    latency: {exponential: {mean: 1s}}\n");
    double e = 0.2, r = 1 - e * e * e;
    near_rel(slope(&s, "flow.a.error", "reliability"), -3 * e * e, 1e-12);
    near_rel(slope(&s, "flow.a.error", "cost_per_item"), 2 * (1 + 2 * e), 1e-12);
    near_rel(slope(&s, "flow.a.cost", "cost_per_item"), 1 + e + e * e, 1e-12);
    double cost = 2 * (1 + e + e * e);
    near_rel(slope(&s, "flow.a.error", "cost_per_correct"),
             (2 * (1 + 2 * e) * r + cost * 3 * e * e) / (r * r), 1e-12);
    /* of shipped items, e / (1 + e + e^2) waited once and e^2 / (1 + e + e^2) twice */
    double n = 1 + e + e * e;
    near_rel(slope(&s, "flow.a.retry.backoff.initial", "latency_mean"), (e + e * e) / n, 1e-11);
    near_rel(slope(&s, "flow.a.retry.backoff.max", "latency_mean"), e * e / n, 1e-11);
    near(slope(&s, "flow.a.retry.backoff.factor", "latency_mean"), 0, 0); /* 6 s are cut to 5 */
    near_rel(slope(&s, "flow.a.latency.exponential.mean", "latency_mean"),
             (1 + 2 * e + 3 * e * e) / n, 1e-11);
    near(slope(&s, "flow.a.cost", "reliability"), 0, 0);
    done(&s);
}

static void distributions_move_by_the_parameters_they_were_written_with(void **state)
{
    static const double z = 1.6448536269514722; /* normal quantile of 0.95 */
    struct solved s;
    solve(&s, "flow:\n  - stage: a\n    latency: {lognormal: {p50: 2s, p95: 6s}}\n"
              "  - stage: b\n    latency: {mixture: [{weight: 25%, gamma: {mean: 3s, sd: 1s}}, "
              "{weight: 75%, shifted: {by: 500ms, of: {lognormal: {mu: -1, sigma: 0.5}}}}]}\n"
              "  - stage: c\n    latency: 4s\n");
    double sigma = log(3) / z, mean = 2 * exp(sigma * sigma / 2), part = exp(-1 + 0.125);
    near_rel(slope(&s, "flow.a.latency.lognormal.p50", "latency_mean"), mean / 2 * (1 - sigma / z),
             1e-11);
    near_rel(slope(&s, "flow.a.latency.lognormal.p95", "latency_mean"), mean * sigma / z / 6,
             1e-11);
    near_rel(slope(&s, "flow.b.latency.mixture.0.gamma.mean", "latency_mean"), 0.25, 1e-11);
    near_rel(slope(&s, "flow.b.latency.mixture.1.shifted.by", "latency_mean"), 0.75, 1e-11);
    near_rel(slope(&s, "flow.b.latency.mixture.1.shifted.of.lognormal.mu", "latency_mean"),
             0.75 * part, 1e-11);
    near_rel(slope(&s, "flow.b.latency.mixture.1.shifted.of.lognormal.sigma", "latency_mean"),
             0.75 * part * 0.5, 1e-11);
    near_rel(slope(&s, "flow.c.latency", "latency_mean"), 1, 1e-11);
    done(&s);
}

static void a_timeout_lets_through_by_its_density(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - stage: a\n    error: 10%\n    latency: {exponential: {mean: 2s}}\n"
              "    timeout: 3s\n");
    near_rel(slope(&s, "flow.a.timeout", "reliability"), 0.9 * 0.5 * exp(-1.5), 1e-11);
    near_rel(slope(&s, "flow.a.latency.exponential.mean", "reliability"), -0.9 * 0.75 * exp(-1.5),
             1e-11);
    done(&s);
}

static void shares_of_classes_move_along_the_simplex(void **state)
{
    struct solved s;
    solve(&s, "wrong: {a: 0%, b: 2%, c: 0%}\n"
              "classes: {a: {share: 50%}, b: {share: 30%}, c: {share: 20%}}\n"
              "flow:\n  - stage: x\n    wrong: {a: 1%, b: 5%, c: 10%}\n");
    double r[] = {0.99, 0.98 * 0.95, 0.9};
    double others = (0.3 * r[1] + 0.2 * r[2]) / 0.5;
    near_rel(slope(&s, "classes.a.share", "reliability"), r[0] - others, 1e-11);
    near_rel(slope(&s, "wrong.b", "reliability"), -0.3 * 0.95, 1e-12);
    near_rel(slope(&s, "wrong.c", "reliability"), -0.2 * 0.9, 1e-12); /* from its bound */
    near_rel(slope(&s, "flow.x.wrong.c", "reliability"), -0.2, 1e-12);
    near_rel(slope(&s, "flow.x.wrong.b", "reliability"), -0.3 * 0.98, 1e-12);
    done(&s);
}

static void numbers_at_their_bounds_have_one_sided_slopes(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - stage: a\n    wrong: 10%\n    malformed: 5%\n    validation: 0%\n"
              "  - check: c\n    sensitivity: 100%\n    specificity: 0.9\n"
              "  - stage: d\n    error: 60%\n    wrong: 40%\n    fallback: skip\n");
    /* caught less often, wrong ones ship: all of which step d, when it does not fail, makes bad */
    near_rel(slope(&s, "flow.a.wrong", "reliability"), -0.9 * 0.6, 1e-12);
    near(slope(&s, "flow.a.validation", "reliability"), 0, 0);
    near_rel(slope(&s, "flow.c.sensitivity", "shipped_error"),
             -0.15 * 0.6 * 0.85 * 0.9 / (0.85 * 0.9 * 0.85 * 0.9), 1e-10);
    near(slope(&s, "flow.d.error", "reliability"), 0, 0); /* who is failed goes on as well */
    done(&s);
}

static void a_jump_is_named_and_left_out(void **state)
{
    struct solved s;
    bool said = false;
    solve(&s, "flow:\n  - stage: a\n    wrong: 10%\n    confidence: {good: 0.8, bad: 0.3}\n"
              "  - gate: g\n    threshold: 80%\n    above: ship\n    below: fail\n");
    assert_null(find(&s, "flow.g.threshold", "reliability"));
    for (size_t i = 0; i < s.r.assumptions.len; i++)
        said = said || (strstr(s.r.assumptions.at[i], "no derivative") &&
                        strstr(s.r.assumptions.at[i], "flow.g.threshold"));
    assert_true(said);
    near_rel(slope(&s, "flow.a.wrong", "reliability"), -1, 1e-12);
    done(&s);
}

/* Two gates ship c >= max(t1, t2), and F(c) = c^2. */
static void thresholds_may_lie_close_to_each_other(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - stage: a\n    confidence: {good: {beta: {a: 2, b: 1}}, bad: 0.1}\n"
              "  - gate: g1\n    threshold: 70%\n    above: g2\n    below: fail\n"
              "  - gate: g2\n    threshold: 72%\n    above: ship\n    below: fail\n");
    near_rel(slope(&s, "flow.g2.threshold", "reliability"), -2 * 0.72, 1e-10);
    near(slope(&s, "flow.g1.threshold", "reliability"), 0, 0);
    near_rel(slope(&s, "flow.a.confidence.good.beta.a", "reliability"), -0.72 * 0.72 * log(0.72),
             1e-10);
    done(&s);
}

static void equal_thresholds_are_a_kink(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - stage: a\n    confidence: {good: {beta: {a: 2, b: 1}}, bad: 0.1}\n"
              "  - gate: g1\n    threshold: 70%\n    above: g2\n    below: fail\n"
              "  - gate: g2\n    threshold: 70%\n    above: ship\n    below: fail\n");
    assert_null(find(&s, "flow.g1.threshold", "reliability"));
    assert_null(find(&s, "flow.g2.threshold", "reliability"));
    near_rel(slope(&s, "flow.a.confidence.good.beta.a", "reliability"), -0.49 * log(0.7), 1e-10);
    done(&s);
}

static void a_threshold_may_move_to_where_no_confidence_was(void **state)
{
    struct solved s;
    solve(&s,
          "flow:\n  - stage: a\n    confidence: {good: {uniform: {from: 0.5, to: 1}}, bad: 0.1}\n"
          "  - gate: g\n    threshold: 52%\n    above: ship\n    below: fail\n");
    near_rel(slope(&s, "flow.g.threshold", "reliability"), -2, 1e-10); /* 0 below 0.5 */
    done(&s);
}

/* --- paths */

static const char rich[] =
    "wrong: 2%\nclasses: {easy: {share: 70%}, hard: {share: 30%}}\n"
    "flow:\n"
    "  - stage: retrieve\n    error: 5%\n    malformed: 2%\n    validation: 60%\n"
    "    retry: {attempts: 3, backoff: {initial: 200ms, factor: 1.5, max: 10s}}\n"
    "    fallback: skip\n    latency: {lognormal: {p50: 1s, p95: 4s}}\n    timeout: 5s\n"
    "    cost: {easy: $0.1, hard: $0.3}\n"
    "  - stage: draft\n    wrong: {easy: 10%, hard: 30%}\n    repair: 20%\n    cost: $2\n"
    "    latency: {easy: {gamma: {mean: 2s, sd: 1s}}, hard: {weibull: {p50: 3s, p95: 9s}}}\n"
    "    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {mean: 50%, n: 6}}}\n"
    "  - check: critic\n    sensitivity: 80%\n    specificity: 90%\n"
    "    latency: {mixture: [{weight: 20%, exponential: {rate: 0.5/s}}, "
    "{weight: 80%, uniform: {from: 1s, to: 2s}}]}\n"
    "    on_reject: {goto: draft, at_most: 2, then: desk}\n"
    "  - gate: confident\n    of: draft\n    threshold: {easy: 75%, hard: 80%}\n    above: ship\n"
    "    below: desk\n"
    "  - review: desk\n    sensitivity: 90%\n    specificity: 97%\n    fixes: 60%\n    spoils: "
    "10%\n"
    "    latency: {shifted: {by: 1m, of: {pareto: {min: 1m, shape: 3.5}}}}\n";

/* The scenario solved again with --set PATH=x. */
static void solve_with(const char *path, double x, struct result *r)
{
    struct error err = {0};
    struct exact_options options = {.level = 0.95, .values_only = true, .means_only = true};
    struct pipeline p;
    bool complete;
    char value[64];
    snprintf(value, sizeof value, strstr(path, ".rate") ? "%.17g/s" : "%.17g", x);
    bool seconds = strstr(path, "latency") && !strstr(path, "shape") && !strstr(path, ".rate");
    if (seconds || strstr(path, "timeout") || strstr(path, "initial") ||
        strstr(path, "backoff.max"))
        snprintf(value, sizeof value, "%.15fs", x);
    flow_read_with(rich, &(struct setting){path, value}, &p);
    result_init(r, "solve");
    ok(exact_solve(&p, &options, r, &complete, &err), &err);
    pipeline_release(&p);
}

static void every_path_can_be_set_and_its_slope_is_seen(void **state)
{
    struct solved s;
    struct arena arena;
    struct parameter *q;
    size_t n, seen = 0;
    arena_init(&arena);
    solve(&s, rich);
    parameters_list(&s.p, &arena, &q, &n);
    for (size_t k = 0; k < n; k++) {
        struct result up, down;
        double h = 1e-4 * fmax(0.05, fabs(q[k].value));
        if (q[k].kind == PARAMETER_SHARE || q[k].written == WRITTEN_WEIGHT)
            continue; /* what adds up to 1 is set all at once */
        solve_with(q[k].path, q[k].value + h, &up);
        solve_with(q[k].path, q[k].value - h, &down);
        for (size_t i = 0; i < up.metrics.list.len; i++) {
            const struct metric *m = &up.metrics.list.at[i];
            const struct sensitivity *found = find(&s, q[k].path, m->name);
            const struct metric *low = metrics_find(&down.metrics, m->name);
            if (!found)
                continue;
            near((m->value - low->value) / (2 * h), found->value,
                 2e-5 * fabs(found->value) + 1e-7 * fabs(m->value));
            seen++;
        }
        result_release(&up);
        result_release(&down);
    }
    size_t shares = 0;
    for (size_t i = 0; i < s.r.sensitivities.len; i++)
        shares += !strncmp(s.r.sensitivities.at[i].parameter, "classes.", 8) ||
                  strstr(s.r.sensitivities.at[i].parameter, ".weight");
    assert_int_equal(seen + shares, s.r.sensitivities.len);
    arena_release(&arena);
    done(&s);
}

static bool listed(const struct parameter *q, size_t n, const char *path)
{
    for (size_t k = 0; k < n; k++)
        if (!strcmp(q[k].path, path))
            return true;
    return false;
}

static void every_number_that_can_be_set_is_a_parameter(void **state)
{
    struct pipeline p;
    struct arena arena;
    struct parameter *q;
    const char **path;
    size_t n, n_paths;
    arena_init(&arena);
    flow_read_with(rich, NULL, &p);
    parameters_list(&p, &arena, &q, &n);
    scenario_paths(&p, &arena, &path, &n_paths);
    assert_true(n_paths > 15);
    for (size_t i = 0; i < n_paths; i++)
        if (!strstr(path[i], "attempts") && !listed(q, n, path[i]))
            fail_msg("%s is no parameter", path[i]);
    assert_true(listed(q, n, "flow.critic.latency.mixture.1.uniform.to"));
    assert_true(listed(q, n, "flow.draft.latency.hard.weibull.p95"));
    assert_true(listed(q, n, "flow.draft.confidence.bad.beta.mean"));
    arena_release(&arena);
    pipeline_release(&p);
}

/* --- evidence */

static void evidence_is_differentiated_at_its_mean_with_an_interval(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - stage: a\n    error: 3/100\n  - stage: b\n    wrong: 10/80\n");
    const struct sensitivity *d = find(&s, "flow.a.error", "reliability");
    double b = 10.5 / 81;
    near_rel(d->value, -(1 - b), 1e-12);
    /* 2.5% and 97.5% points of Beta(10.5, 70.5): 0.0660 and 0.2099 */
    within(d->low, -(1 - 0.05), -(1 - 0.08));
    within(d->high, -(1 - 0.19), -(1 - 0.24));
    near_rel(top(&s, "reliability"), (1 - 3.5 / 101) * (1 - b), 1e-12);
    done(&s);
}

static void two_evidences_that_say_the_same_are_two_parameters(void **state)
{
    struct solved s;
    solve(&s, "classes: {a: {share: 50%}, b: {share: 50%}}\n"
              "flow:\n  - stage: x\n    wrong: {a: 3/100, b: 3/100}\n");
    near_rel(slope(&s, "flow.x.wrong.a", "reliability"), -0.5, 1e-12);
    near_rel(slope(&s, "flow.x.wrong.b", "reliability"), -0.5, 1e-12);
    done(&s);
}

static void values_alone_have_no_sensitivities(void **state)
{
    struct error err = {0};
    struct exact_options options = {.level = 0.95, .values_only = true, .means_only = true};
    struct pipeline p;
    struct result r;
    bool complete;
    flow_read_with(gate_review, NULL, &p);
    result_init(&r, "solve");
    ok(exact_solve(&p, &options, &r, &complete, &err), &err);
    assert_int_equal(r.sensitivities.len, 0);
    assert_int_equal(r.layers.len, 0);
    result_release(&r);
    pipeline_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smooth_functions_have_eleven_digits),
        cmocka_unit_test(ways_by_probability_have_derivatives),
        cmocka_unit_test(ends_of_the_range_are_one_sided),
        cmocka_unit_test(what_is_nowhere_costs_no_search),
        cmocka_unit_test(kinks_and_jumps_have_none_at_their_place_alone),
        cmocka_unit_test(steps_in_series_have_birnbaums_importance),
        cmocka_unit_test(a_threshold_trades_review_for_errors),
        cmocka_unit_test(retries_make_errors_matter_by_powers),
        cmocka_unit_test(distributions_move_by_the_parameters_they_were_written_with),
        cmocka_unit_test(a_timeout_lets_through_by_its_density),
        cmocka_unit_test(shares_of_classes_move_along_the_simplex),
        cmocka_unit_test(numbers_at_their_bounds_have_one_sided_slopes),
        cmocka_unit_test(a_jump_is_named_and_left_out),
        cmocka_unit_test(thresholds_may_lie_close_to_each_other),
        cmocka_unit_test(equal_thresholds_are_a_kink),
        cmocka_unit_test(a_threshold_may_move_to_where_no_confidence_was),
        cmocka_unit_test(every_path_can_be_set_and_its_slope_is_seen),
        cmocka_unit_test(every_number_that_can_be_set_is_a_parameter),
        cmocka_unit_test(evidence_is_differentiated_at_its_mean_with_an_interval),
        cmocka_unit_test(two_evidences_that_say_the_same_are_two_parameters),
        cmocka_unit_test(values_alone_have_no_sensitivities),
    };
    math_init();
    return cmocka_run_group_tests_name("sensitivity", tests, NULL, NULL);
}
