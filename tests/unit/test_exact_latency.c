/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact distributions of time against closed forms (bisected here, apart from the program) and
 * textbook cases whose quantiles were computed apart from this program, by two methods each. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/exact.h"
#include "sim/exact/latency.h"
#include "sim/run.h"
#include "tests/support/flow.h"
#include "tests/support/solved.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

static void solve_with(struct solved *s, const char *flow, bool uncertainty)
{
    struct error err = {0};
    struct exact_options options = {.level = 0.95, .uncertainty = uncertainty, .seed = 1};
    flow_read(flow, &s->p);
    result_init(&s->r, "solve");
    ok(exact_solve(&s->p, &options, &s->r, &s->complete, &err), &err);
}

static void solve(struct solved *s, const char *flow)
{
    solve_with(s, flow, false);
}

static const char *const shipped_name[] = {"latency_p50", "latency_p90", "latency_p95",
                                           "latency_p99", "latency_p999"};
static const char *const all_name[] = {"latency_all_p50", "latency_all_p90", "latency_all_p95",
                                       "latency_all_p99", "latency_all_p999"};
static const char *const visit_name[] = {"visit_latency_p50", "visit_latency_p90",
                                         "visit_latency_p95", "visit_latency_p99"};
static const double share[] = {0.5, 0.9, 0.95, 0.99, 0.999};

/* The x where a rising f reaches y. */
static double reach(double (*f)(double), double y)
{
    double low = 0, high = 1;
    while (f(high) < y)
        high *= 2;
    for (int i = 0; i < 200; i++)
        *(f(low / 2 + high / 2) >= y ? &high : &low) = low / 2 + high / 2;
    return high;
}

static void quantiles_are(const struct solved *s, const char *const *name, size_t n,
                          double (*f)(double), double rel)
{
    for (size_t k = 0; k < n; k++)
        near_rel(top(s, name[k]), reach(f, share[k]), rel);
}

/* P(sum of n exponentials of mean 1 <= x) */
static double erlang(int n, double x)
{
    double term = 1, sum = 0;
    for (int k = 0; k < n; k++, term *= x / k)
        sum += term;
    return x > 0 ? 1 - exp(-x) * sum : 0;
}

/* --- sums */

static double erlang_2(double x)
{
    return erlang(2, x);
}
static double erlang_5(double x)
{
    return erlang(5, x);
}
/* means 1 and 3 */
static double two_exponentials(double x)
{
    return 1 - (3 * exp(-x / 3) - exp(-x)) / 2;
}
/* uniform on [1, 2] and on [0, 2] */
static double two_uniforms(double x)
{
    double u = x - 1;
    if (u <= 0)
        return 0;
    return u <= 1 ? u * u / 4 : u <= 2 ? (2 * u - 1) / 4 : u <= 3 ? 1 - (3 - u) * (3 - u) / 4 : 1;
}

static void a_step_that_never_asks_has_no_latency_to_miss(void **state)
{
    (void)state;
    struct solved s;
    solve(&s, "flow:\n  - stage: a\n    error: 100%\n    latency: 1s\n"
              "    cache: {hit: 100%, latency: 1ms}\n");
    assert_int_equal(s.r.warnings.len, 0);
    done(&s);
}

static void exponentials_add_up_to_an_erlang_law(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - stage: a\n    latency: {exponential: {mean: 1s}}\n"
              "  - stage: b\n    latency: {gamma: {shape: 3, scale: 1s}}\n"
              "  - stage: c\n    latency: {exponential: {mean: 1s}}\n");
    quantiles_are(&s, shipped_name, 5, erlang_5, 1e-9);
    quantiles_are(&s, all_name, 5, erlang_5, 1e-9);
    assert_true(s.complete);
    done(&s);
    solve(&s, "flow:\n  - stage: a\n    latency: {exponential: {mean: 1s}}\n"
              "  - stage: b\n    latency: {exponential: {mean: 3s}}\n");
    quantiles_are(&s, shipped_name, 5, two_exponentials, 1e-9);
    done(&s);
}

static void laws_that_begin_steeply_add_up(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - stage: a\n    latency: {gamma: {shape: 0.3, scale: 1s}}\n"
              "  - stage: b\n    latency: {gamma: {shape: 1.7, scale: 1s}}\n");
    quantiles_are(&s, shipped_name, 5, erlang_2, 1e-8);
    done(&s);
    solve(&s, "flow:\n  - stage: a\n    latency: {uniform: {from: 1s, to: 2s}}\n"
              "  - stage: b\n    latency: {uniform: {from: 0s, to: 2s}}\n");
    quantiles_are(&s, shipped_name, 5, two_uniforms, 1e-9);
    done(&s);
}

static void a_lognormal_a_gamma_and_a_weibull(void **state) /* B06 */
{
    struct solved s;
    solve(&s, "flow:\n  - stage: a\n    latency: {lognormal: {mu: 0, sigma: 0.5}}\n"
              "  - stage: b\n    latency: {gamma: {shape: 2, scale: 0.5s}}\n"
              "  - stage: c\n    latency: {weibull: {shape: 1.5, scale: 1s}}\n");
    near_rel(top(&s, "latency_p50"), 2.890971126287469, 1e-9);
    near_rel(top(&s, "latency_p95"), 5.075977701066757, 1e-9);
    near_rel(top(&s, "latency_p99"), 6.267305481679541, 1e-9);
    assert_true(s.complete);
    done(&s);
}

/* --- heavy tails */

static double pareto_09(double x)
{
    return x > 1 ? 1 - pow(x, -0.9) : 0;
}
static double lognormal_2(double x)
{
    return x > 0 ? erfc(-log(x) / (2 * sqrt(2))) / 2 : 0;
}

static void heavy_tails_neither_wrap_round_nor_take_forever(void **state)
{
    /* the second step takes no time: nothing is convolved, but all of it is transformed */
    struct solved s;
    solve(&s, "flow:\n  - stage: a\n    latency: {lognormal: {mu: 0, sigma: 2}}\n"
              "  - stage: b\n    error: 1%\n");
    quantiles_are(&s, shipped_name, 5, lognormal_2, 1e-8);
    done(&s);
    solve(&s, "flow:\n  - stage: a\n    latency: {pareto: {min: 1s, shape: 0.9}}\n");
    quantiles_are(&s, all_name, 5, pareto_09, 1e-8);
    done(&s);
}

/* --- retries, waits, timeouts */

/* Up to four exponential attempts, 80% good, after waits of 0, 0.5, 1.5, 3.5 s. */
static double shipped_after_waits(double x)
{
    static const double wait[] = {0, 0.5, 1.5, 3.5};
    double sum = 0;
    for (int k = 0; k < 4; k++)
        sum += 0.8 * pow(0.2, k) * erlang(k + 1, x - wait[k]);
    return sum / 0.9984;
}
static double all_after_waits(double x)
{
    return 0.9984 * shipped_after_waits(x) + 0.0016 * erlang(4, x - 3.5);
}

static void waits_shift_the_mixture_of_attempts(void **state) /* B01 */
{
    struct solved s;
    solve(&s, "objective: {deadline: 3.5s}\n"
              "flow:\n  - stage: a\n    error: 20%\n    latency: {exponential: {mean: 1s}}\n"
              "    retry: {attempts: 4, backoff: {initial: 500ms, factor: 2}}\n"
              "    budget: 1500ms\n");
    near_rel(top(&s, "latency_p50"), 0.9402466657037752, 1e-10);
    near_rel(top(&s, "latency_p95"), 4.284004832817367, 1e-10);
    near_rel(top(&s, "latency_p99"), 6.802457756618616, 1e-10);
    quantiles_are(&s, shipped_name, 5, shipped_after_waits, 1e-9);
    quantiles_are(&s, all_name, 5, all_after_waits, 1e-9);
    for (int k = 0; k < 4; k++)
        near_rel(stage(&s, "a", visit_name[k]), reach(all_after_waits, share[k]), 1e-9);
    /* both at a corner of F */
    near_rel(top(&s, "slo_attainment"), 0.9984 * shipped_after_waits(3.5), 1e-8);
    near_rel(stage(&s, "a", "within_budget"), all_after_waits(1.5), 1e-8);
    assert_true(s.complete);
    done(&s);
}

static void a_timeout_is_an_atom_and_leaves_a_gap(void **state) /* B03 */
{
    struct solved s;
    solve(&s,
          "objective: {deadline: 5s}\n"
          "flow:\n  - stage: a\n    latency: {lognormal: {mu: 0.6931471805599453, sigma: 0.8}}\n"
          "    timeout: 5s\n    retry: {attempts: 3, backoff: {initial: 1s, factor: 1}}\n"
          "    budget: 6s\n");
    near_rel(top(&s, "latency_p50"), 1.9959898609522813, 1e-9);
    near_rel(top(&s, "latency_p95"), 8.3903386989135, 1e-9);
    near_rel(top(&s, "latency_p99"), 13.153192200582414, 1e-9);
    near_rel(top(&s, "latency_all_p999"), 17, 0);  /* 0.2% fail after exactly 17 s */
    near_rel(top(&s, "latency_all_p50"), 2, 1e-9); /* the median of the first attempt */
    near_rel(top(&s, "slo_attainment"), 1 - 0.12602932342076767, 1e-8);
    near_rel(stage(&s, "a", "within_budget"), 1 - 0.12602932342076767, 1e-8);
    assert_true(s.complete);
    done(&s);
}

/* One attempt in two fails after an exponential second; then a wait, uniform on [w, 2]. */
static double wait_from;
static double jittered(double x)
{
    double sum = 0, n = 4000, width = (2 - wait_from) / n; /* Simpson's rule; smooth between */
    for (int k = 0; k <= n; k++)
        sum += (k == 0 || k == n ? 1 : k % 2 ? 4 : 2) * erlang(2, x - wait_from - k * width);
    return 0.5 * erlang(1, x) + 0.5 * sum / (3 * n);
}

static void jitter_spreads_the_wait(void **state)
{
    static const char *const kind[] = {"full", "equal"};
    for (int i = 0; i < 2; i++) {
        struct solved s;
        struct buf flow;
        buf_init(&flow);
        buf_printf(&flow,
                   "flow:\n  - stage: a\n    error: 50%%\n    latency: {exponential: {mean: 1s}}\n"
                   "    retry: {attempts: 2, backoff: {initial: 2s, jitter: %s}}\n",
                   kind[i]);
        solve(&s, buf_text(&flow));
        wait_from = i;
        for (size_t k = 1; k < 5; k++)
            near_rel(top(&s, all_name[k]), reach(jittered, share[k]), 1e-8);
        buf_release(&flow);
        done(&s);
    }
}

static void atoms_and_gaps_keep_their_edges(void **state)
{
    /* 1, 2 or 5 s and then a constant: F is flat between, p50 is reached exactly */
    struct solved s;
    solve(&s, "objective: {deadline: 2.25s}\n"
              "flow:\n  - stage: a\n    latency: {discrete: {values: [1s, 2s, 5s], "
              "weights: [0.5, 0.3, 0.2]}}\n"
              "  - stage: b\n    latency: 250ms\n");
    near(top(&s, "latency_p50"), 1.25, 1e-15);
    near(top(&s, "latency_p90"), 5.25, 1e-15);
    near_rel(top(&s, "slo_attainment"), 0.8, 1e-12);
    done(&s);
    /* 90% within [0, 1], the rest within [5, 6] */
    solve(&s, "flow:\n  - stage: a\n    latency: {mixture: [{weight: 0.9, uniform: {from: 0s, "
              "to: 1s}}, {weight: 0.1, uniform: {from: 5s, to: 6s}}]}\n");
    near_rel(top(&s, "latency_p50"), 0.5 / 0.9, 1e-9);
    near_rel(top(&s, "latency_p90"), 1, 1e-9);
    near_rel(top(&s, "latency_p95"), 5.5, 1e-9);
    near_rel(top(&s, "latency_p999"), 5.99, 1e-9);
    done(&s);
}

/* --- loops and classes */

static void a_loop_without_a_bound_is_geometric(void **state)
{
    /* 0.31 of the drafts are rejected: a geometric number of exponentials is exponential */
    struct solved s;
    double p = 1 - (0.3 * 0.8 + 0.7 * 0.1);
    solve(&s, "flow:\n  - stage: draft\n    wrong: 30%\n"
              "  - check: critic\n    sensitivity: 80%\n    specificity: 90%\n"
              "    latency: {exponential: {mean: 1s}}\n"
              "    on_reject: {goto: draft, at_most: unbounded}\n");
    for (size_t k = 0; k < 5; k++)
        near_rel(top(&s, shipped_name[k]), -log1p(-share[k]) / p, 1e-9);
    done(&s);
    /* the same in steps of 2.7 s: n with 1 - 0.31^n >= share */
    static const double rounds[] = {1, 2, 3, 4, 6};
    solve(&s, "flow:\n  - stage: draft\n    wrong: 30%\n    latency: 2s\n"
              "  - check: critic\n    sensitivity: 80%\n    specificity: 90%\n    latency: 0.7s\n"
              "    on_reject: {goto: draft, at_most: unbounded}\n");
    for (size_t k = 0; k < 5; k++)
        near_rel(top(&s, shipped_name[k]), 2.7 * rounds[k], 1e-14);
    done(&s);
}

/* 30% have means of 1 s, 70% of 2 s, and two attempts if the first fails, as one in ten does. */
static double class_x(double x)
{
    return 0.9 * erlang(1, x) + 0.1 * erlang(2, x);
}
static double both_classes(double x)
{
    return 0.3 * class_x(x) + 0.7 * class_x(x / 2);
}

static void classes_are_mixed_as_laws(void **state)
{
    struct solved s;
    solve(&s, "classes: {x: {share: 30%}, y: {share: 70%}}\n"
              "flow:\n  - stage: a\n    error: 10%\n    retry: {attempts: 2}\n"
              "    latency: {x: {exponential: {mean: 1s}}, y: {exponential: {mean: 2s}}}\n"
              "    budget: {x: 1s, y: 3s}\n");
    quantiles_are(&s, all_name, 5, both_classes, 1e-9);
    for (size_t k = 0; k < 5; k++)
        near_rel(in(&s.r.classes.at[0].metrics, all_name[k]), reach(class_x, share[k]), 1e-9);
    for (size_t k = 0; k < 4; k++)
        near_rel(stage(&s, "a", visit_name[k]), reach(both_classes, share[k]), 1e-9);
    near_rel(stage(&s, "a", "within_budget"), 0.3 * class_x(1) + 0.7 * class_x(1.5), 1e-9);
    done(&s);
}

/* A cache hit takes 1 s; a miss, one or two exponential attempts of mean 1 s. */
static double hit_or_miss(double x)
{
    return 0.3 * (x >= 1) + 0.7 * class_x(x);
}

static void visits_of_several_kinds_are_mixed(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - stage: a\n    error: 10%\n    retry: {attempts: 2}\n"
              "    latency: {exponential: {mean: 1s}}\n    cache: {hit: 30%, latency: 1s}\n"
              "    budget: 2s\n");
    for (size_t k = 1; k < 4; k++)
        near_rel(stage(&s, "a", visit_name[k]), reach(hit_or_miss, share[k]), 1e-9);
    near_rel(stage(&s, "a", "visit_latency_p50"), 1, 1e-12); /* F jumps there from 0.43 to 0.73 */
    near_rel(stage(&s, "a", "within_budget"), hit_or_miss(2), 1e-9);
    done(&s);
}

static void the_curve_is_the_distribution(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - stage: a\n    latency: {exponential: {mean: 1s}}\n"
              "  - stage: b\n    latency: {exponential: {mean: 3s}}\n    error: 5%\n");
    const struct curve *c = result_curve(&s.r, "latency_cdf");
    assert_non_null(c);
    within((double)c->points.len, 90, 200);
    for (size_t i = 0; i < c->points.len; i++) {
        near(c->points.at[i].y, two_exponentials(c->points.at[i].x), 1e-5);
        assert_true(!i || c->points.at[i].x > c->points.at[i - 1].x);
    }
    done(&s);
}

/* --- evidence */

static double p_again; /* one exponential attempt, or two with this probability */
static double one_or_two(double x)
{
    return (1 - p_again) * erlang(1, x) + p_again * erlang(2, x);
}

static void quantiles_under_evidence_are_posterior_means(void **state)
{
    /* Beta(20.5, 80.5) by the trapezoidal rule, 400 points over all that matters */
    struct solved s;
    double sum = 0, mean = 0, mean2 = 0;
    for (int i = 1; i < 400; i++) {
        p_again = i / 800.0;
        double density = exp(19.5 * log(p_again / 0.2) + 79.5 * log((1 - p_again) / 0.8));
        double q = reach(one_or_two, 0.95);
        sum += density;
        mean += density * q;
        mean2 += density * q * q;
    }
    mean /= sum;
    double sd = sqrt(mean2 / sum - mean * mean);
    solve_with(&s,
               "flow:\n  - stage: a\n    error: 20/100\n    retry: {attempts: 2}\n"
               "    latency: {exponential: {mean: 1s}}\n",
               true);
    const struct metric *m = metrics_find(&s.r.metrics, "latency_all_p95");
    const struct metric *v = metrics_find(&result_stage(&s.r, "a")->metrics, "visit_latency_p95");
    near_rel(m->value, mean, 1e-6);
    near_rel(v->value, mean, 1e-6);
    /* posterior quantiles of at least 100 draws, near a normal law's */
    within_sigma(m->low, mean - 1.96 * sd, 0.35 * sd, 3);
    within_sigma(m->high, mean + 1.96 * sd, 0.35 * sd, 3);
    done(&s);
}

static void values_that_jump_are_means_of_draws(void **state)
{
    /* p90 is 1 s or 2.5 s, as the share of errors is below 10% or above: no rule of few nodes */
    struct solved s;
    solve_with(&s,
               "flow:\n  - stage: a\n    error: 10/100\n    latency: 1s\n"
               "    retry: {attempts: 2, backoff: {initial: 500ms}}\n",
               true);
    double p = metrics_find(&s.r.metrics, "latency_all_p90")->value;
    within(p, 1.5, 2.1); /* about half of 1.5 s above 1 */
    near(top(&s, "latency_all_p50"), 1, 1e-12);
    near(top(&s, "latency_all_p999"), 2.5, 1e-12);
    done(&s);
}

/* --- many steps */

static void put_long_flow(struct buf *out)
{
    buf_puts(out, "flow:\n");
    for (int i = 0; i < 20; i++)
        buf_printf(out,
                   "  - stage: s%d\n    error: %d%%\n    timeout: %ds\n"
                   "    latency: {lognormal: {p50: %dms, p95: %dms}}\n"
                   "    retry: {attempts: 3, backoff: {initial: 200ms, factor: 2, jitter: %s}}\n",
                   i, 1 + i % 4, 3 + i % 5, 80 + 37 * i, (80 + 37 * i) * (2 + i % 3),
                   i % 2 ? "full" : "none");
}

static void twenty_steps_agree_with_simulation(void **state)
{
    struct solved s;
    struct result simulated;
    struct error err = {0};
    struct buf flow;
    /* 14 order-statistic intervals of 5 sigma, under a fixed seed */
    struct run_options run = {.trials = 300000, .seed = 3, .threads = 1, .level = 1 - 5.7e-7};
    buf_init(&flow);
    put_long_flow(&flow);
    solve(&s, buf_text(&flow));
    result_init(&simulated, "simulate");
    ok(run_simulate(&s.p, &run, &simulated, &err), &err);
    for (size_t k = 0; k < 10; k++) {
        const char *name = k < 5 ? shipped_name[k] : all_name[k - 5];
        const struct metric *m = metrics_find(&simulated.metrics, name);
        within(top(&s, name), m->low, m->high);
        within((m->high - m->low) / m->value, 0, 0.06); /* it would show a mistake */
    }
    for (size_t k = 0; k < 4; k++) {
        const struct metric *m =
            metrics_find(&result_stage(&simulated, "s7")->metrics, visit_name[k]);
        within(stage(&s, "s7", visit_name[k]), m->low, m->high);
    }
    assert_true(s.complete);
    result_release(&simulated);
    buf_release(&flow);
    done(&s);
}

/* --- parts */

static void a_sum_of_exponentials_is_transformed_to_rounding(void **state)
{
    struct window w;
    struct weighted at[40];
    window_set(&w, 3, 128, 1e-14);
    struct wave out[128 / WAVE_WIDTH];
    for (int j = 0; j < 40; j++)
        at[j] = (struct weighted){0.1 * j + 0.01 * (j % 7), 1.0 / 40};
    window_transform(&w, at, 40, out);
    for (int k = 0; k < 120; k += 7) {
        double re = 0, im = 0;
        for (int j = 0; j < 40; j++) {
            double damp = exp(-w.sigma * at[j].x) / 40;
            re += damp * cos(w.step * k * at[j].x);
            im -= damp * sin(w.step * k * at[j].x);
        }
        near(out[k / WAVE_WIDTH].re[k % WAVE_WIDTH], re, 2e-13);
        near(out[k / WAVE_WIDTH].im[k % WAVE_WIDTH], im, 2e-13);
    }
}

static void kinks_multiply_as_series(void **state)
{
    /* (2 e^-s + 3/s)(5 + 7 e^-2s / s^2), cut after 1/s^3 */
    struct window w;
    struct kinks a = {0}, b = {0}, c = {0};
    window_set(&w, 10, 512, 1e-14);
    struct kink_limits limits = kink_limits(&w);
    kinks_put(&a, 1, 0, 2);
    kinks_put(&a, 0, 1, 3);
    kinks_put(&b, 0, 0, 5);
    kinks_put(&b, 2, 2, 7);
    kinks_product(&a, &b, &limits, &c);
    kinks_tidy(&c, &limits);
    assert_int_equal(c.len, 4);
    near(c.at[0].c[1], 15, 0);
    near(c.at[1].x, 1, 0);
    near(c.at[1].c[0], 10, 0);
    near(c.at[2].x, 2, 0);
    near(c.at[2].c[3], 21, 0);
    near(c.at[3].x, 3, 0);
    near(c.at[3].c[2], 14, 0);
    kinks_release(&a);
    kinks_release(&b);
    kinks_release(&c);
}

/* An hour for sure among milliseconds moves every quantile by an hour and spoils none, on every
 * way, in the loop, in the visit, and for the deadline. */
static void an_hour_for_sure_spoils_no_milliseconds(void **state)
{
    static const char flow[] = "objective: {deadline: %s}\nflow:\n"
                               "  - stage: a\n    wrong: 20%%\n"
                               "    latency: {lognormal: {p50: 20ms, p95: 80ms}}\n"
                               "    next: [{to: c, probability: 30%%}, b]\n"
                               "  - stage: b\n    latency: {exponential: {mean: 15ms}}\n"
                               "  - check: c\n    sensitivity: 50%%\n    specificity: 90%%\n"
                               "    latency: {gamma: {mean: 30ms, sd: 10ms}}\n"
                               "    on_reject: {goto: b, at_most: 2, then: hour}\n"
                               "  - stage: hour\n    latency: {shifted: {by: %s, of: {exponential: "
                               "{mean: 5ms}}}}\n";
    struct buf with = {0}, without = {0};
    struct solved x, y;
    buf_printf(&with, flow, "3600.1s", "1h");
    buf_printf(&without, flow, "100ms", "0s");
    solve(&x, buf_text(&with));
    solve(&y, buf_text(&without));
    for (size_t i = 0; i < 5; i++) {
        near(top(&x, shipped_name[i]) - 3600, top(&y, shipped_name[i]), 1e-7);
        near(top(&x, all_name[i]) - 3600, top(&y, all_name[i]), 1e-7);
    }
    near(top(&x, "slo_attainment"), top(&y, "slo_attainment"), 1e-7);
    near(stage(&x, "hour", "visit_latency_p95") - 3600, stage(&y, "hour", "visit_latency_p95"),
         1e-9);
    done(&x);
    done(&y);
    buf_release(&with);
    buf_release(&without);
}

/* One item in ten takes an hour more: quantiles above 90% are those of that tenth, an hour later,
 * and the share in time is the mixture's. */
static void an_hour_for_some_leaves_each_part_its_own_time(void **state)
{
    static const char flow[] = "objective: {deadline: %s}\nflow:\n"
                               "  - stage: a\n    latency: {lognormal: {p50: 20ms, p95: 80ms}}\n"
                               "    next: [{to: ship, probability: %s}, hour]\n"
                               "  - stage: hour\n    latency: {shifted: {by: %s, of: {gamma: "
                               "{mean: 15ms, sd: 5ms}}}}\n";
    struct buf whole = {0}, part = {0};
    struct solved x, y;
    buf_printf(&whole, flow, "3600.05s", "90%", "1h");
    buf_printf(&part, flow, "50ms", "0%", "0s");
    solve(&x, buf_text(&whole));
    solve(&y, buf_text(&part));
    near(top(&x, "latency_p95") - 3600, top(&y, "latency_p50"), 1e-7);
    near(top(&x, "latency_p99") - 3600, top(&y, "latency_p90"), 1e-7);
    near(top(&x, "latency_p999") - 3600, top(&y, "latency_p99"), 1e-7);
    near(top(&x, "slo_attainment"), 0.9 + 0.1 * top(&y, "slo_attainment"), 1e-7);
    double z = 0.13971029888186212; /* normal quantile of 0.5 / 0.9 */
    double sigma = log(4) / 1.6448536269514722;
    near_rel(top(&x, "latency_p50"), 0.02 * exp(sigma * z), 1e-7);
    assert_int_equal(x.r.warnings.len, 0);
    done(&x);
    done(&y);
    buf_release(&whole);
    buf_release(&part);
}

/* Through the loop none, one, two or three times: 1, 1/4, 1/16, 1/64 of the items go on. */
static void hours_in_a_loop_are_parts_too(void **state)
{
    struct solved s;
    solve(&s, "objective: {deadline: 3601s}\nflow:\n"
              "  - check: c\n    specificity: 75%\n    sensitivity: 0%\n"
              "    latency: {exponential: {mean: 10ms}}\n"
              "    on_reject: {goto: hour, at_most: 3, then: reject}\n    next: [ship]\n"
              "  - stage: hour\n    latency: {shifted: {by: 1h, of: {exponential: {mean: 10ms}}}}\n"
              "    next: [{to: c, at_most: 10}]\n");
    double shipped = 0.75 * (1 + 1 / 4.0 + 1 / 16.0 + 1 / 64.0);
    near_rel(top(&s, "reliability"), shipped, 1e-12);
    near_rel(top(&s, "slo_attainment"), 0.75 * (1 + 1 / 4.0), 1e-7);
    /* p90: one hour and three exponentials, an Erlang's quantile at p of its part */
    double p = (0.9 * shipped - 0.75) / (0.75 / 4), low = 0, high = 1;
    for (int i = 0; i < 100; i++) {
        double t = (low + high) / 2, z = t / 0.01;
        *(1 - exp(-z) * (1 + z + z * z / 2) < p ? &low : &high) = t;
    }
    near(top(&s, "latency_p90") - 3600, low, 1e-7);
    within(top(&s, "latency_p95"), 7200, 7201); /* 94.1% are through after an hour, 98.8% two */
    within(top(&s, "latency_p99"), 10800, top(&s, "latency_p999"));
    within(top(&s, "latency_p999"), 10800, 10801);
    done(&s);
}

/* Where the tail of one part reaches into the next they stay one law:
 * F(x) = 0.7 G(x) + 0.3 G(x - 3600), G(x) = 1 - (0.01 / x)^0.9. */
static void parts_that_reach_into_each_other_are_one(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - stage: a\n    latency: {pareto: {min: 10ms, shape: 0.9}}\n"
              "    next: [{to: ship, probability: 70%}, hour]\n"
              "  - stage: hour\n    latency: 1h\n");
    double p95 = 3600 + 0.01 * pow(0.05 / 0.3, -1 / 0.9);
    double p95_given = top(&s, "latency_p95");
    assert_true(isnan(p95_given) || fabs(p95_given - p95) < 1e-3 * p95);
    assert_false(top(&s, "latency_p90") > top(&s, "latency_p95"));
    assert_false(top(&s, "latency_p95") > top(&s, "latency_p99"));
    near_rel(top(&s, "latency_p50"), 0.01 * pow(1 - 0.5 / 0.7, -1 / 0.9), 1e-5);
    done(&s);
}

static void nothing_shipped_has_no_latency(void **state)
{
    struct solved s;
    solve(&s, "flow:\n  - stage: a\n    error: 100%\n    latency: {exponential: {mean: 1s}}\n");
    assert_true(isnan(top(&s, "latency_p50")));
    near_rel(top(&s, "latency_all_p50"), log(2), 1e-9);
    done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_that_never_asks_has_no_latency_to_miss),
        cmocka_unit_test(exponentials_add_up_to_an_erlang_law),
        cmocka_unit_test(laws_that_begin_steeply_add_up),
        cmocka_unit_test(a_lognormal_a_gamma_and_a_weibull),
        cmocka_unit_test(heavy_tails_neither_wrap_round_nor_take_forever),
        cmocka_unit_test(waits_shift_the_mixture_of_attempts),
        cmocka_unit_test(a_timeout_is_an_atom_and_leaves_a_gap),
        cmocka_unit_test(jitter_spreads_the_wait),
        cmocka_unit_test(atoms_and_gaps_keep_their_edges),
        cmocka_unit_test(a_loop_without_a_bound_is_geometric),
        cmocka_unit_test(classes_are_mixed_as_laws),
        cmocka_unit_test(visits_of_several_kinds_are_mixed),
        cmocka_unit_test(the_curve_is_the_distribution),
        cmocka_unit_test(quantiles_under_evidence_are_posterior_means),
        cmocka_unit_test(values_that_jump_are_means_of_draws),
        cmocka_unit_test(twenty_steps_agree_with_simulation),
        cmocka_unit_test(a_sum_of_exponentials_is_transformed_to_rounding),
        cmocka_unit_test(kinks_multiply_as_series),
        cmocka_unit_test(an_hour_for_sure_spoils_no_milliseconds),
        cmocka_unit_test(an_hour_for_some_leaves_each_part_its_own_time),
        cmocka_unit_test(hours_in_a_loop_are_parts_too),
        cmocka_unit_test(parts_that_reach_into_each_other_are_one),
        cmocka_unit_test(nothing_shipped_has_no_latency),
    };
    math_init();
    return cmocka_run_group_tests_name("exact latency", tests, NULL, NULL);
}
