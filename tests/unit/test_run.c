/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole runs.  The cases with a letter and a number (A01, B03, ...) are textbook models whose exact
 * values were computed apart from this program; the tolerances are five standard errors at a
 * million items, under a fixed seed. */
#include "math/gsl_guard.h"
#include "math/interval.h"
#include "model/scenario.h"
#include "sim/endless.h"
#include "sim/run.h"
#include "tests/support/flow.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

struct ran {
    struct pipeline p;
    struct result r;
};

static void run_with(struct ran *x, const struct run_options *options)
{
    struct error err = {0};
    result_init(&x->r, "simulate");
    ok(run_simulate(&x->p, options, &x->r, &err), &err);
}

static void run(struct ran *x, const char *flow)
{
    struct run_options options = {.seed = 1, .level = 0.95};
    flow_read(flow, &x->p);
    run_with(x, &options);
}

static void done(struct ran *x)
{
    result_release(&x->r);
    pipeline_release(&x->p);
}

static const struct metric *find(const struct metrics *m, const char *name)
{
    const struct metric *found = metrics_find(m, name);
    if (!found)
        fail_msg("there is no %s", name);
    return found;
}

static double top(const struct ran *x, const char *name)
{
    return find(&x->r.metrics, name)->value;
}

static double stage(const struct ran *x, const char *id, const char *name)
{
    return find(&result_stage(&x->r, id)->metrics, name)->value;
}

/* --- textbook models */

static const char six[] = "flow:\n"
                          "  - stage: a\n    error: 3%\n  - stage: b\n    error: 3%\n"
                          "  - stage: c\n    error: 3%\n  - stage: d\n    error: 3%\n"
                          "  - stage: e\n    error: 3%\n  - stage: f\n    error: 3%\n";

static void six_stages_of_97_percent(void **state) /* A01 */
{
    struct ran x;
    run(&x, six);
    near(top(&x, "reliability"), 0.832972004929, 0.00187);
    near(top(&x, "visits_mean"), 5.5675998357, 0.00596);
    near(top(&x, "visits_sd"), 1.1911140340930145, 0.0042); /* sd of 1.19 over a million */
    near(stage(&x, "d", "exit_fail"), 0.02738019, 0.00082);
    near(top(&x, "share_wrong"), 0, 0);
    const struct metric *m = find(&x.r.metrics, "reliability");
    within(m->high - m->low, 0.001455, 0.001470); /* 2 * 1.96 * 0.000373 */
    assert_int_equal(m->n, 1000000);
    done(&x);
}

static void a_fallback_takes_what_three_attempts_leave(void **state) /* A06 */
{
    struct ran x;
    struct run_options options = {.seed = 1, .level = 0.95};
    flow_read("flow:\n  - stage: primary\n    error: 10%\n    retry: {attempts: 3}\n"
              "    fallback: backup\n"
              "  - stage: backup\n    error: 20%\n    retry: {attempts: 2}\n",
              &x.p);
    x.p.step[0].next.to = TO_SHIP;
    run_with(&x, &options);
    near(top(&x, "reliability"), 0.99996, 3.2e-5);
    near(stage(&x, "primary", "attempts_per_item"), 1.11, 0.00172);
    near(stage(&x, "backup", "attempts_per_item"), 0.0012, 0.0002);
    near(stage(&x, "backup", "exit_ship") / top(&x, "completion"), 0.0009600384, 0.000155);
    done(&x);
}

static void retries_wait_twice_as_long_each_time(void **state) /* B01 */
{
    struct ran x;
    run(&x, "flow:\n  - stage: a\n    error: 20%\n    latency: {exponential: {mean: 1s}}\n"
            "    retry: {attempts: 4, backoff: {initial: 0.5s, factor: 2}}\n");
    near(top(&x, "reliability"), 0.9984, 0.0002);
    near(stage(&x, "a", "attempts_per_item"), 1.248, 0.00273);
    near(top(&x, "latency_all_mean"), 1.404, 0.00737);
    near(top(&x, "latency_mean"), 1.3942307692, 0.00727);
    near(top(&x, "latency_p50"), 0.9402466658, 0.00698);
    near(top(&x, "latency_p95"), 4.2840048328, 0.0333);
    near(top(&x, "latency_p99"), 6.8024577566, 0.0777);
    near(stage(&x, "a", "visit_latency_mean"), 1.404, 4 * 0.00737);
    near(stage(&x, "a", "attempt_latency_p50"), log(2), 1e-12);
    done(&x);
}

static void a_timeout_cuts_an_attempt(void **state) /* B03 */
{
    struct ran x;
    run(&x, "flow:\n  - stage: a\n    latency: {lognormal: {mu: 0.6931471805599453, sigma: 0.8}}\n"
            "    timeout: 5s\n    retry: {attempts: 3, backoff: {initial: 1s, factor: 1}}\n");
    near(stage(&x, "a", "timeout_rate"), 0.12602932342, 0.00166);
    near(top(&x, "reliability"), 0.99799822706, 0.000224);
    near(stage(&x, "a", "attempt_latency_mean"), 2.379345138895, 1e-9);
    near(top(&x, "latency_all_mean"), 2.858917178, 0.01325);
    near(top(&x, "latency_mean"), 2.830553163, 0.01288);
    near(top(&x, "latency_p50"), 1.995989861, 0.01);
    near(top(&x, "latency_p95"), 8.390338699, 0.0425);
    near(top(&x, "latency_p99"), 13.1531922, 0.0917);
    near(top(&x, "latency_all_p999"), 17, 0); /* 0.2% of items take exactly that */
    done(&x);
}

static void quantiles_of_a_sum_are_not_sums_of_quantiles(void **state) /* B06 */
{
    struct ran x;
    run(&x, "flow:\n  - stage: a\n    latency: {lognormal: {mu: 0, sigma: 0.5}}\n"
            "  - stage: b\n    latency: {gamma: {shape: 2, scale: 0.5s}}\n"
            "  - stage: c\n    latency: {weibull: {shape: 1.5, scale: 1s}}\n");
    near(top(&x, "latency_mean"), 3.035893746, 0.00557);
    near(top(&x, "latency_sd"), 1.113726241, 0.00494);
    near(top(&x, "latency_p50"), 2.890971126, 0.00673);
    near(top(&x, "latency_p95"), 5.075977701, 0.01701);
    near(top(&x, "latency_p99"), 6.267305482, 0.03542);
    near(top(&x, "completion"), 1, 0);
    done(&x);
}

static void a_writer_and_a_critic_in_a_loop(void **state) /* C01 */
{
    struct ran x;
    run(&x, "flow:\n  - stage: draft\n    wrong: 30%\n    layer: model\n"
            "  - check: critic\n    sensitivity: 80%\n    specificity: 90%\n"
            "    on_reject: {goto: draft, at_most: 3, then: reject}\n");
    near(top(&x, "reliability"), 0.90461133, 0.00147);
    near(top(&x, "share_wrong"), 0.08615346, 0.00141);
    near(top(&x, "share_rejected"), 0.00923521, 0.00048);
    near(top(&x, "shipped_error"), 0.0869565217, 0.00142);
    near(stage(&x, "draft", "visits_per_item"), 1.435891, 0.00374);
    near(stage(&x, "critic", "caught_rate"), 0.31, 0.002);
    near(top(&x, "capability"), 0.7, 1e-15);
    near(top(&x, "gap"), 0.7 - 0.90461133, 0.00147);
    done(&x);
}

static void a_gate_before_a_fallible_reviewer(void **state) /* D01 */
{
    static const struct {
        const char *threshold;
        double load, auto_error, shipped_error, precision, tol[4];
    } want[] = {
        {"50%",
         0.067578125,  0.0536237956,
         0.0553515625, 0.7398843931,
         {.00126, .00117, .00115, .0085} },
        {"70%",
         0.2600949106, 0.0220406647,
         0.0282052582, 0.3217747,
         {.0022, .00086, .00083, .0046}  },
        {"80%",
         0.4867948544, 0.0112859358,
         0.0230645371, 0.1935271073,
         {.0025, .00074, .00076, .00284} },
        {"90%",
         0.7965008802, 0.0042064064,
         0.0247175376, 0.1244744387,
         {.00202, .00072, .00078, .00186}},
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        struct ran x;
        struct buf flow;
        buf_init(&flow);
        buf_printf(&flow,
                   "flow:\n  - stage: model\n    wrong: 10%%\n    confidence: {good: {beta: {a: 8, "
                   "b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
                   "  - gate: sure\n    threshold: %s\n    above: ship\n    below: desk\n"
                   "  - review: desk\n    sensitivity: 90%%\n    specificity: 98%%\n"
                   "    fixes: 100%%\n    spoils: 100%%\n",
                   want[i].threshold);
        run(&x, buf_text(&flow));
        near(top(&x, "review_load"), want[i].load, want[i].tol[0]);
        near(top(&x, "auto_error"), want[i].auto_error, want[i].tol[1]);
        near(top(&x, "shipped_error"), want[i].shipped_error, want[i].tol[2]);
        near(top(&x, "review_precision"), want[i].precision, want[i].tol[3]);
        near(top(&x, "completion"), 1, 0);
        done(&x);
        buf_release(&flow);
    }
}

static void cost_of_a_correct_item_counts_the_failed_ones(void **state) /* H01, H02 */
{
    struct ran x;
    run(&x, "flow:\n  - stage: a\n    error: 5%\n    cost: {per_call: $1}\n"
            "  - stage: b\n    error: 10%\n    cost: {per_call: $2}\n"
            "  - stage: c\n    error: 20%\n    cost: {per_call: $5}\n");
    near(top(&x, "reliability"), 0.684, 0.00233);
    near(top(&x, "cost_per_item"), 7.175, 0.0102);
    near(top(&x, "cost_per_correct"), 10.4897660819, 0.0294);
    const struct metric *m = find(&x.r.metrics, "cost_per_correct");
    near_rel((m->high - m->low) / 2, 1.959964 * 0.005867, 0.01);
    done(&x);
    run(&x, "flow:\n"
            "  - stage: a\n    error: 5%\n    cost: {per_call: $1}\n    retry: {attempts: 3}\n"
            "  - stage: b\n    error: 10%\n    cost: {per_call: $2}\n    retry: {attempts: 3}\n"
            "  - stage: c\n    error: 20%\n    cost: {per_call: $5}\n    retry: {attempts: 3}\n");
    near(top(&x, "reliability"), 0.990884124, 0.00048);
    near(top(&x, "cost_per_item"), 9.465248275, 0.01332);
    near(top(&x, "cost_per_correct"), 9.5523260952, 0.01535);
    near(top(&x, "cost_p95"), 15, 0);
    near(top(&x, "cost_p99"), 18, 0);
    near(stage(&x, "b", "cost_per_item"), 2 * 1.11 * 0.999875, 0.004);
    done(&x);
}

/* --- definitions */

static void objectives_and_worth_have_their_metrics(void **state)
{
    struct ran x;
    run(&x, "objective: {deadline: 2s, budget: $0.5}\n"
            "worth: {correct: $10, wrong: $-30, rejected: $1}\n"
            "flow:\n  - stage: a\n    wrong: 10%\n    error: 20%\n"
            "    latency: {exponential: {mean: 1s}}\n    budget: 500ms\n"
            "    cost: {per_call: $0.4}\n    retry: {attempts: 2}\n");
    /* in time and right at the first attempt, or at the second (a sum of two: gamma of shape 2) */
    double first = 0.7 * (1 - exp(-2)), second = 0.2 * 0.7 * (1 - 3 * exp(-2));
    near(top(&x, "slo_attainment"), first + second, 0.0024);
    near(top(&x, "budget_attainment"), 0.8, 0.002); /* one attempt costs $0.4, two $0.8 */
    near(top(&x, "net_per_item"), 10 * 0.7 * 1.2 - 30 * 0.1 * 1.2 - 0.4 * 1.2, 0.08);
    double in_budget = 0.8 * (1 - exp(-0.5)) + 0.2 * (1 - 1.5 * exp(-0.5));
    near(stage(&x, "a", "within_budget"), in_budget, 0.0025);
    done(&x);
    run(&x, six);
    assert_null(metrics_find(&x.r.metrics, "slo_attainment"));
    assert_null(metrics_find(&x.r.metrics, "cost_per_item"));
    assert_null(metrics_find(&x.r.metrics, "net_per_item"));
    near(top(&x, "latency_p99"), 0, 0);
    done(&x);
}

static void classes_have_metrics_of_their_own(void **state)
{
    struct ran x;
    run(&x, "classes: {easy: {share: 75%}, hard: {share: 25%}}\n"
            "flow:\n  - stage: a\n    wrong: {easy: 2%, hard: 30%}\n"
            "    latency: {easy: 1s, hard: {exponential: {mean: 4s}}}\n"
            "    cost: {per_call: {easy: $1, hard: $3}}\n");
    assert_int_equal(x.r.classes.len, 2);
    const struct metrics *easy = &x.r.classes.at[0].metrics, *hard = &x.r.classes.at[1].metrics;
    near(find(easy, "share_wrong")->value, 0.02, 0.0009);
    near(find(hard, "share_wrong")->value, 0.3, 0.0046);
    near(top(&x, "share_wrong"), 0.09, 0.0015);
    near(find(easy, "latency_p99")->value, 1, 0);
    near(find(easy, "latency_sd")->value, 0, 0);
    near(find(hard, "latency_mean")->value, 4, 0.04);
    near(top(&x, "cost_per_item"), 1.5, 0.005);
    near(stage(&x, "a", "cost_per_item"), 1.5, 0.005);
    assert_int_equal(find(easy, "reliability")->n + find(hard, "reliability")->n, 1000000);
    done(&x);
}

static void edges_share_out_the_visits_of_their_start(void **state)
{
    struct ran x;
    uint64_t from_a = 0;
    run(&x, "flow:\n  - stage: a\n    error: 25%\n    fallback: skip\n  - stage: b\n");
    for (size_t i = 0; i < x.r.edges.len; i++) {
        const struct edge_row *e = &x.r.edges.at[i];
        if (!strcmp(e->from, "a")) {
            assert_string_equal(e->to, "b"); /* both ways out are one edge */
            from_a += e->count;
        }
    }
    assert_int_equal(from_a, 1000000);
    done(&x);
}

/* --- runs */

static const char mixed[] =
    "wrong: 2%\nclasses: {easy: {share: 75%}, hard: {share: 25%}}\n"
    "flow:\n  - stage: a\n    error: 10%\n    wrong: {easy: 5%, hard: 20%}\n"
    "    latency: {lognormal: {p50: 1s, p95: 3s}}\n    timeout: 4s\n    cost: {per_call: $0.1}\n"
    "    retry: {attempts: 3, backoff: {initial: 100ms, jitter: full}}\n"
    "    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
    "  - gate: g\n    threshold: 70%\n    above: ship\n    below: r\n"
    "  - review: r\n    sensitivity: 90%\n    specificity: 95%\n    fixes: 50%\n"
    "    latency: {gamma: {mean: 60s, sd: 30s}}\n    on_reject: {goto: a, at_most: 2, then: "
    "reject}\n";

static void as_json(const char *flow, const struct run_options *options, struct buf *out)
{
    struct ran x;
    flow_read(flow, &x.p);
    run_with(&x, options);
    x.r.run.threads = 0;
    result_write_json(&x.r, out);
    done(&x);
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
    static const char evidence[] = "flow:\n  - stage: a\n    error: 3/100\n    wrong: 5/80\n"
                                   "    latency: {lognormal: {p50: 1s, p95: 3s}, evidence: 50}\n";
    struct run_options plain = {.trials = 200001, .seed = 3, .level = 0.95};
    struct run_options outer = {
        .trials = 5000, .seed = 3, .level = 0.95, .uncertainty = true, .draws = 60};
    for (int k = 0; k < 2; k++) {
        struct buf one, many;
        struct run_options options = k ? outer : plain;
        buf_init(&one);
        options.threads = 1;
        as_json(k ? evidence : mixed, &options, &one);
        for (uint32_t threads = 2; threads <= 8; threads *= 4) {
            buf_init(&many);
            options.threads = threads;
            as_json(k ? evidence : mixed, &options, &many);
            assert_string_equal(buf_text(&one), buf_text(&many));
            buf_release(&many);
        }
        options.seed = 4;
        buf_init(&many);
        as_json(k ? evidence : mixed, &options, &many);
        assert_string_not_equal(buf_text(&one), buf_text(&many));
        buf_release(&many);
        buf_release(&one);
    }
}

static void a_run_until_stops_at_the_look_that_reaches_the_width(void **state)
{
    struct ran x;
    struct run_until until = {"reliability", 0.005};
    struct run_options options = {.seed = 1, .level = 0.95, .until = &until, .n_until = 1};
    flow_read(six, &x.p);
    run_with(&x, &options);
    /* half-widths z_j sqrt(0.139 / n): 0.0065, 0.0054, then 0.0042 at 2^16, j = 3 */
    assert_int_equal(x.r.run.trials, 1 << 16);
    const struct metric *m = find(&x.r.metrics, "reliability");
    double z = normal_quantile(0.5 + interval_look_level(0.95, 3) / 2);
    near_rel((m->high - m->low) / 2, z * sqrt(m->value * (1 - m->value) / 65536), 1e-3);
    assert_int_equal(x.r.warnings.len, 0);
    done(&x);
    options.max_trials = 20000;
    flow_read(six, &x.p);
    run_with(&x, &options);
    assert_int_equal(x.r.run.trials, 20000);
    text_has(x.r.warnings.at[0], "reliability: the half-width after 20000 items");
    done(&x);
}

static void until_an_unknown_metric_is_a_mistake(void **state)
{
    struct ran x;
    struct error err = {0};
    struct run_until until = {"relaibility", 0.005};
    struct run_options options = {.seed = 1, .level = 0.95, .until = &until, .n_until = 1};
    flow_read(six, &x.p);
    result_init(&x.r, "simulate");
    assert_int_equal(run_simulate(&x.p, &options, &x.r, &err), -1);
    error_is(&err, ERR_USAGE, "relaibility");
    done(&x);
}

static void a_stopped_run_says_what_it_has_and_that_it_is_partial(void **state)
{
    struct ran x;
    atomic_bool stop = true;
    struct run_options options = {.seed = 1, .level = 0.95, .stop = &stop};
    flow_read(mixed, &x.p);
    run_with(&x, &options);
    assert_true(x.r.run.partial);
    assert_int_equal(x.r.run.trials, 0);
    done(&x);
}

struct seen {
    uint64_t calls, last, of;
};

static void note(void *arg, uint64_t at, uint64_t of)
{
    struct seen *s = arg;
    assert_true(at >= s->last && at <= of);
    *s = (struct seen){s->calls + 1, at, of};
}

static void progress_rises_to_the_end(void **state)
{
    struct ran x;
    struct seen seen = {0};
    struct run_options options = {.trials = 3000000,
                                  .seed = 1,
                                  .threads = 1,
                                  .level = 0.95,
                                  .progress = note,
                                  .progress_arg = &seen};
    flow_read(six, &x.p);
    run_with(&x, &options);
    assert_true(seen.calls > 3);
    assert_int_equal(seen.last, 3000000);
    done(&x);
}

/* One step takes thirty years and the other a second: 1, 2 or 3 attempts of 1 s, 1.11 on the mean.
 * The block engine, and the general one (for the breaker, which nothing opens). */
static void short_times_beside_long_ones_keep_their_intervals(void **state)
{
    static const char *const more[] = {"", "    breaker: {failures: 100%, window: 1m, calls: 1000, "
                                           "open_for: 1s}\n"};
    for (int k = 0; k < 2; k++) {
        struct ran x;
        struct buf text = {0};
        struct run_options options = {.trials = 100000, .seed = 1, .level = 0.9999};
        buf_printf(&text,
                   "flow:\n  - stage: big\n    latency: {exponential: {mean: 1000000000s}}\n"
                   "  - stage: small\n    error: 10%%\n    retry: {attempts: 3}\n"
                   "    latency: {exponential: {mean: 1s}}\n%s",
                   more[k]);
        flow_read(buf_text(&text), &x.p);
        run_with(&x, &options);
        const struct metric *m = find(&result_stage(&x.r, "small")->metrics, "visit_latency_mean");
        assert_true(m->low < 1.11 && 1.11 < m->high && m->low < m->value && m->value < m->high);
        within(m->high - m->low, 0.001, 0.2);
        buf_release(&text);
        done(&x);
    }
}

/* One call in ten takes 100 s, and its copy after 2 s is soon done nine times in ten: of the calls
 * that answer 99% take 1 s, where of those that are made one in ten takes 100 s. */
static void attempts_of_hedges_are_the_calls_that_answer(void **state)
{
    static const char *const more[] = {"", "    breaker: {failures: 100%, window: 1m, calls: 1000, "
                                           "open_for: 1s}\n"};
    for (int k = 0; k < 2; k++) {
        struct ran x;
        struct buf text = {0};
        struct run_options options = {.trials = 200000, .seed = 1, .level = 0.9999};
        buf_printf(&text,
                   "flow:\n  - stage: a\n    latency: {discrete: {values: [1s, 100s], weights: "
                   "[90%%, 10%%]}}\n    hedge: {after: 2s}\n%s",
                   more[k]);
        flow_read(buf_text(&text), &x.p);
        run_with(&x, &options);
        near(stage(&x, "a", "attempt_latency_p95"), 1, 1e-6);
        bool said = false;
        for (size_t i = 0; i < x.r.assumptions.len; i++)
            said |= strstr(x.r.assumptions.at[i], "the calls that answered") != NULL;
        assert_true(said);
        buf_release(&text);
        done(&x);
    }
}

static void what_cannot_be_reached_is_not_gone_for(void **state)
{
    static const struct run_until never[] = {
        {"shipped_error", 0.001},
        {"latency_mean",  0.01 },
        {"reliability",   1e-12}
    };
    static const char *const flow[] = {"flow:\n  - stage: a\n    error: 100%\n",
                                       "flow:\n  - stage: a\n    error: 100%\n    latency: 1s\n",
                                       "flow:\n  - stage: a\n    error: 10%\n"};
    for (int k = 0; k < 3; k++) {
        struct ran x;
        bool said = false;
        struct run_options options = {.until = &never[k], .n_until = 1, .seed = 1, .level = 0.95};
        flow_read(flow[k], &x.p);
        run_with(&x, &options);
        assert_true(x.r.run.trials <= 1 << 17);
        for (size_t i = 0; i < x.r.warnings.len; i++)
            said |= strstr(x.r.warnings.at[i], "out of reach") != NULL;
        assert_true(said);
        done(&x);
    }
}

/* Every item is made wrong, caught and sent back. */
#define ROUND_AND_ROUND                                                                            \
    "flow:\n  - stage: a\n    wrong: 100%\n  - check: c\n    sensitivity: 100%\n"                  \
    "    on_reject: {goto: a, at_most: unbounded}\n"

static void refused(const char *text, enum error_code code, const char *why,
                         const struct run_options *options)
{
    struct error err = {0};
    struct ran x;
    flow_read(text, &x.p);
    result_init(&x.r, "simulate");
    assert_int_equal(run_simulate(&x.p, options, &x.r, &err), -1);
    error_is(&err, code, why);
    done(&x);
}

static void loops_that_no_item_leaves_are_refused(void **state)
{
    const struct run_options options = {.seed = 1, .threads = 2, .level = 0.95};
    refused(ROUND_AND_ROUND, ERR_NUMERIC,
                 "flow.a: items go round this loop without end (more than a million", &options);
    /* one item in a hundred is caught in the loop */
    refused("flow:\n  - stage: a\n    wrong: 1%\n  - stage: b\n  - check: c\n"
                 "    sensitivity: 100%\n    on_reject: {goto: b, at_most: unbounded}\n",
                 ERR_NUMERIC, "flow.b: items go round this loop without end", &options);
    /* ages, which the chain does not know */
    refused("flow:\n  - stage: a\n  - stage: b\n    next:\n"
                 "      - {to: a, when: \"age < 1h\", at_most: unbounded}\n      - to: ship\n",
                 ERR_NUMERIC, "flow.a: items go round this loop without end (3 of the first 3",
                 &options);
}

static void loops_that_take_no_time_end_a_horizon(void **state)
{
    const struct run_options options = {.seed = 1, .threads = 2, .level = 0.95};
    refused("arrivals: {poisson: 1/s}\nhorizon: {length: 1h}\n" ROUND_AND_ROUND, ERR_NUMERIC,
                 "round a loop without a bound again and again while hardly any time passes",
                 &options);
    struct ran x; /* where time passes the horizon ends them: 15 of them at once, all unfinished */
    flow_read("arrivals: {every: 1h}\nhorizon: {length: 1d}\nflow:\n  - stage: a\n"
              "    wrong: 100%\n    latency: 1d\n  - check: c\n    sensitivity: 100%\n"
              "    on_reject: {goto: a, at_most: unbounded}\n",
              &x.p);
    run_with(&x, &options);
    near(top(&x, "share_unfinished"), 1, 0);
    done(&x);
}

static void what_the_guard_of_loops_ends_is_reported(void **state)
{
    struct ran x;
    bool said = false;
    struct run_options options = {.trials = 6, .seed = 1, .level = 0.95};
    flow_read("deadline: 1w\nflow:\n  - stage: a\n    wrong: 30%\n  - stage: b\n  - check: c\n"
              "    sensitivity: 100%\n    on_reject: {goto: b, at_most: unbounded}\n",
              &x.p);
    run_with(&x, &options);
    for (size_t i = 0; i < x.r.warnings.len; i++)
        said |= strstr(x.r.warnings.at[i], "of 6 items were ended by the guard") != NULL;
    assert_true(said == (top(&x, "share_failed") > 0));
    assert_true(said);
    done(&x);
}

/* A thousand rounds of two steps each. */
static void long_loops_are_run_with_fewer_items(void **state)
{
    static const char text[] = "flow:\n  - stage: a\n    wrong: 99.99%\n  - check: c\n"
                               "    sensitivity: 100%\n"
                               "    on_reject: {goto: a, at_most: unbounded}\n";
    struct run_options options = {.trials = 10000000000000, .seed = 1, .threads = 1, .level = 0.95};
    refused(text, ERR_USAGE, "items visit 2e+04 steps each", &options);
    struct ran x;
    flow_read(text, &x.p);
    options.trials = 20;
    run_with(&x, &options);
    assert_int_equal(x.r.run.trials, 20);
    assert_int_equal(x.r.warnings.len, 0);
    done(&x);
    uint64_t usual = 1000000;
    bool fewer;
    struct error err = {0};
    options.trials = 0;
    ok(endless_limit(2e4, usual, &options, &fewer, &err), &err);
    assert_true(fewer);
    assert_int_equal(options.trials, 5000);
    options.trials = 0;
    ok(endless_limit(50, usual, &options, &fewer, &err), &err);
    assert_false(fewer);
    assert_int_equal(options.trials, 0);
}

/* --- evidence: 3 of 100 has the posterior Beta(3.5, 97.5) */

static const char seen_3_of_100[] = "flow:\n  - stage: a\n    error: 3/100\n";

static void intervals_with_evidence_hold_the_posterior(void **state)
{
    struct ran x;
    struct run_options options = {
        .trials = 10000000, .seed = 1, .level = 0.95, .uncertainty = true};
    flow_read(seen_3_of_100, &x.p);
    run_with(&x, &options);
    const struct metric *m = find(&x.r.metrics, "share_failed");
    near(m->value, 3.5 / 101, 5 * 0.0181 / sqrt(1000)); /* sd of the posterior, 1000 draws */
    near_rel(m->low, beta_quantile(0.025, 3.5, 97.5), 0.25);
    near_rel(m->high, beta_quantile(0.975, 3.5, 97.5), 0.15);
    assert_string_equal(x.r.run.covers, "sampling and parameters");
    assert_int_equal(x.r.edges.len, 2); /* to ship, to fail: of the trials, not of all draws */
    within((double)(x.r.edges.at[0].count + x.r.edges.at[1].count), 1e7 - 1, 1e7 + 1);
    done(&x);
    options.uncertainty = false;
    flow_read(seen_3_of_100, &x.p);
    run_with(&x, &options);
    near(top(&x, "share_failed"), 0.03, 5 * sqrt(0.03 * 0.97 / 1e7));
    assert_string_equal(x.r.run.covers, "sampling");
    done(&x);
}

/* The failures among 200 new items are beta-binomial; its quantiles at 2.5% and 97.5%, summed apart
 * from this program, are 1 and 18. */
static void with_few_items_they_predict_what_a_log_would_show(void **state)
{
    struct ran x;
    struct run_options options = {.trials = 200, .seed = 1, .level = 0.95, .uncertainty = true};
    flow_read(seen_3_of_100, &x.p);
    run_with(&x, &options);
    const struct metric *m = find(&x.r.metrics, "share_failed");
    within(m->low * 200, 0, 1);
    within(m->high * 200, 16, 20);
    done(&x);
}

/* Shipped with 0.9, whatever the time; exponential times: the share done by x is 1 - e^-x. */
static void the_curve_of_latencies_is_that_of_shipped_items(void **state)
{
    struct ran x;
    run(&x, "flow:\n  - stage: a\n    latency: {exponential: {mean: 1s}}\n    error: 10%\n");
    const struct curve *c = result_curve(&x.r, "latency_cdf");
    assert_non_null(c);
    assert_true(c->points.len > 95);
    for (size_t i = 0; i < c->points.len; i++) {
        const struct point *p = &c->points.at[i];
        double exact = -expm1(-p->x);
        within_sigma(p->y, exact, sqrt(exact * (1 - exact) / 9e5), 5);
        assert_true(p->low <= p->y && p->y <= p->high);
        near(p->high - p->low, 2 * 1.96 * sqrt(p->y * (1 - p->y) / 9e5), 2e-5);
        assert_true(i == 0 || p->x > p[-1].x);
    }
    done(&x);
    run(&x, "flow:\n  - stage: a\n    latency: 2s\n    timeout: 3s\n");
    c = result_curve(&x.r, "latency_cdf");
    assert_int_equal(c->points.len, 1);
    near(c->points.at[0].x, 2, 0);
    near(c->points.at[0].y, 1, 0);
    done(&x);
}

/* A fraction of 20/100 fast items (1s, else 2s): the share done by 1s has the posterior Beta(20.5,
 * 80.5) of the evidence, 2.5% and 97.5% quantiles 0.1308 and 0.2863 (by numerical integration). */
static void with_evidence_the_curve_holds_the_posterior(void **state)
{
    struct ran x;
    const struct run_options options = {
        .trials = 1000000, .seed = 1, .level = 0.95, .uncertainty = true};
    flow_read("flow:\n  - stage: a\n    error: 80/100\n    fallback: b\n    latency: 1s\n    "
              "next: [ship]\n  - stage: b\n    latency: 1s\n",
              &x.p);
    run_with(&x, &options);
    const struct curve *c = result_curve(&x.r, "latency_cdf");
    assert_int_equal(c->points.len, 2);
    const struct point *p = &c->points.at[0];
    near(p->x, 1, 0);
    near(p->y, 20.5 / 101, 0.01);
    near(p->low, 0.1308, 0.012);
    near(p->high, 0.2863, 0.016);
    near(c->points.at[1].y, 1, 0);
    done(&x);
}

static void certain_scenarios_need_no_outer_loop(void **state)
{
    struct ran x;
    struct run_options options = {.trials = 1000, .seed = 1, .level = 0.95, .uncertainty = true};
    flow_read(six, &x.p);
    run_with(&x, &options);
    assert_string_equal(x.r.run.covers, "sampling");
    done(&x);
}

static int prepare(void **state)
{
    math_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(six_stages_of_97_percent),
        cmocka_unit_test(a_fallback_takes_what_three_attempts_leave),
        cmocka_unit_test(retries_wait_twice_as_long_each_time),
        cmocka_unit_test(a_timeout_cuts_an_attempt),
        cmocka_unit_test(quantiles_of_a_sum_are_not_sums_of_quantiles),
        cmocka_unit_test(a_writer_and_a_critic_in_a_loop),
        cmocka_unit_test(a_gate_before_a_fallible_reviewer),
        cmocka_unit_test(cost_of_a_correct_item_counts_the_failed_ones),
        cmocka_unit_test(objectives_and_worth_have_their_metrics),
        cmocka_unit_test(classes_have_metrics_of_their_own),
        cmocka_unit_test(edges_share_out_the_visits_of_their_start),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(a_run_until_stops_at_the_look_that_reaches_the_width),
        cmocka_unit_test(until_an_unknown_metric_is_a_mistake),
        cmocka_unit_test(a_stopped_run_says_what_it_has_and_that_it_is_partial),
        cmocka_unit_test(progress_rises_to_the_end),
        cmocka_unit_test(short_times_beside_long_ones_keep_their_intervals),
        cmocka_unit_test(attempts_of_hedges_are_the_calls_that_answer),
        cmocka_unit_test(what_cannot_be_reached_is_not_gone_for),
        cmocka_unit_test(loops_that_no_item_leaves_are_refused),
        cmocka_unit_test(loops_that_take_no_time_end_a_horizon),
        cmocka_unit_test(what_the_guard_of_loops_ends_is_reported),
        cmocka_unit_test(long_loops_are_run_with_fewer_items),
        cmocka_unit_test(intervals_with_evidence_hold_the_posterior),
        cmocka_unit_test(with_few_items_they_predict_what_a_log_would_show),
        cmocka_unit_test(the_curve_of_latencies_is_that_of_shipped_items),
        cmocka_unit_test(with_evidence_the_curve_holds_the_posterior),
        cmocka_unit_test(certain_scenarios_need_no_outer_loop),
    };
    return cmocka_run_group_tests_name("run", tests, prepare, NULL);
}
