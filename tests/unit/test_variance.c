/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shares of the variance by parameter, and the two parts of an interval, against closed forms:
 * products of Beta variables, Dirichlet moments, inverse gamma moments.
 *
 * Shares are held to five standard errors, which their intervals are made of; deviations of a
 * sample of n to five times 1/sqrt(2n) and its kurtosis. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/exact.h"
#include "sim/run.h"
#include "sim/variance.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

enum { DRAWS = 500 };

static void parse(const char *text, struct pipeline *p)
{
    struct error err = {0};
    struct faults faults;
    struct scenario_options options = {0};
    faults_init(&faults);
    ok(scenario_parse("test.yaml", text, strlen(text), &options, p, &faults, &err), &err);
    faults_release(&faults);
}

static void solve(const char *text, struct result *r)
{
    struct exact_options options = {.level = 0.95, .uncertainty = true, .seed = 5};
    struct pipeline p;
    struct error err = {0};
    bool complete;
    parse(text, &p);
    result_init(r, "solve");
    ok(exact_solve(&p, &options, r, &complete, &err), &err);
    pipeline_release(&p);
}

/* The shares alone. */
static void share(const char *text, struct result *r)
{
    struct exact_options options = {.level = 0.95, .uncertainty = true, .seed = 5};
    struct pipeline p;
    struct error err = {0};
    parse(text, &p);
    result_init(r, "solve");
    ok(variance_exact(&p, &options, 1e3, r, &err), &err);
    pipeline_release(&p);
}

static void simulate(const char *text, uint64_t trials, struct result *r)
{
    struct run_options options = {.trials = trials,
                                  .seed = 5,
                                  .threads = 1,
                                  .level = 0.95,
                                  .uncertainty = true,
                                  .draws = DRAWS};
    struct pipeline p;
    struct error err = {0};
    parse(text, &p);
    result_init(r, "simulate");
    ok(run_simulate(&p, &options, r, &err), &err);
    pipeline_release(&p);
}

static const struct sensitivity *row(const struct result *r, const char *parameter,
                                     const char *metric)
{
    for (size_t i = 0; i < r->sensitivities.len; i++) {
        const struct sensitivity *s = &r->sensitivities.at[i];
        if (!strcmp(s->parameter, parameter) && !strcmp(s->metric, metric))
            return s;
    }
    return NULL;
}

/* Half the interval is 1.96 standard errors where no end is cut off. */
static void share_is(const struct result *r, const char *parameter, const char *metric, double want)
{
    const struct sensitivity *s = row(r, parameter, metric);
    assert_non_null(s);
    assert_true(s->shared);
    double up = s->variance_share_high - s->variance_share;
    double down = s->variance_share - s->variance_share_low;
    within_sigma(s->variance_share, want, fmax(fmax(up, down), 2e-4) / 1.96, 5);
    within(up, 0, 0.08);
}

static double beta_moment(double a, double b, int k)
{
    double m = 1;
    for (int i = 0; i < k; i++)
        m *= (a + i) / (a + b + i);
    return m;
}

/* --- stages in a row, each of which succeeds with a probability of its own */

static const char series[] = "seam: 1\n"
                             "name: series\n"
                             "flow:\n"
                             "  - stage: a\n    error: 4/50\n"
                             "  - stage: b\n    error: 30/1000\n"
                             "  - stage: c\n    error: 10/90\n";
static const double seen[3][2] = {
    {4,  50  },
    {30, 1000},
    {10, 90  }
};

/* Of the product of the stages' success: the variance, and what each stage alone makes of it. */
static double product_variance(double part[3])
{
    double first[3], second[3], variance = 1, mean = 1;
    for (int i = 0; i < 3; i++) {
        double a = seen[i][1] - seen[i][0] + 0.5, b = seen[i][0] + 0.5;
        first[i] = beta_moment(a, b, 1);
        second[i] = beta_moment(a, b, 2);
        mean *= first[i];
        variance *= second[i];
    }
    for (int i = 0; i < 3; i++) {
        double others = mean / first[i];
        part[i] = (second[i] - first[i] * first[i]) * others * others;
    }
    return variance - mean * mean;
}

static void shares_of_a_product_are_those_in_closed_form(void **state)
{
    double part[3], variance = product_variance(part);
    struct result exact, drawn;
    solve(series, &exact);
    simulate(series, 4000, &drawn);
    for (int i = 0; i < 3; i++) {
        const char *path[] = {"flow.a.error", "flow.b.error", "flow.c.error"};
        share_is(&exact, path[i], "reliability", part[i] / variance);
        share_is(&drawn, path[i], "reliability", part[i] / variance);
    }
    near(row(&exact, "flow.a.error", "reliability")->variance_share, part[0] / variance, 0.01);
    assert_false(isnan(row(&exact, "flow.a.error", "reliability")->value));
    result_release(&exact);
    result_release(&drawn);
}

static void the_interval_is_split_into_parameters_and_sampling(void **state)
{
    double part[3], variance = product_variance(part), mean = 1, square = 1;
    const uint64_t trials = 3000;
    struct result exact, drawn;
    for (int i = 0; i < 3; i++) {
        double a = seen[i][1] - seen[i][0] + 0.5, b = seen[i][0] + 0.5;
        mean *= beta_moment(a, b, 1);
        square *= beta_moment(a, b, 2);
    }
    solve(series, &exact);
    simulate(series, trials, &drawn);
    const struct metric *m = metrics_find(&exact.metrics, "reliability");
    within_sigma(m->sd_parameters, sqrt(variance), sqrt(variance / 1000), 5);
    near(m->sd_sampling, 0, 0);
    m = metrics_find(&drawn.metrics, "reliability");
    within_sigma(m->sd_parameters, sqrt(variance), sqrt(variance / DRAWS), 5);
    near_rel(m->sd_sampling, sqrt((mean - square) / (double)trials), 0.02);
    result_release(&exact);
    result_release(&drawn);
}

/* --- outcomes of one step */

static void outcomes_of_one_step_share_what_they_explain(void **state)
{
    struct result r;
    solve("seam: 1\nname: both\nflow:\n  - stage: a\n    error: 20/400\n    wrong: 8/400\n", &r);
    /* 1 - error - wrong: covariance of each with the sum, over the variance of the sum */
    double total = 20.5 + 8.5 + 372.5, e = 20.5 / total, w = 8.5 / total;
    double variance = (e + w) * (1 - e - w);
    share_is(&r, "flow.a.error", "reliability", e * (1 - e - w) / variance);
    share_is(&r, "flow.a.wrong", "reliability", w * (1 - e - w) / variance);
    near(row(&r, "flow.a.error", "reliability")->variance_share, 20.5 / 29, 1e-6);
    result_release(&r);
}

/* --- distributions */

static void fitted_distributions_share_the_variance_of_the_time(void **state)
{
    static const char text[] =
        "seam: 1\nname: times\nflow:\n"
        "  - stage: a\n    latency: {exponential: {mean: 3s}, evidence: 60}\n"
        "  - stage: b\n    latency: {exponential: {mean: 5s}, evidence: 400}\n";
    /* mean n / G, G ~ gamma(n): variance mean^2 n^2 / ((n - 1)^2 (n - 2)); the part of it up to a
     * high quantile, which is the feature, is but nearly straight in it */
    double a = 9 * 3600.0 / (59 * 59 * 58.0), b = 25 * 160000.0 / (399.0 * 399 * 398);
    struct result exact, drawn;
    share(text, &exact);
    simulate(text, 4000, &drawn);
    share_is(&exact, "flow.a.latency", "latency_mean", a / (a + b));
    share_is(&drawn, "flow.b.latency", "latency_mean", b / (a + b));
    assert_true(isnan(row(&exact, "flow.a.latency", "latency_mean")->value));
    assert_null(row(&exact, "flow.a.latency", "reliability")); /* which does not move */
    result_release(&exact);
    result_release(&drawn);
}

/* --- desks */

/* The mean of f over Beta(a, b) with a far end that does not matter, by Simpson's rule. */
static double over_beta(double f(double x), double a, double b, double most)
{
    enum { N = 20000 };
    double sum = 0, log_norm = lgamma(a + b) - lgamma(a) - lgamma(b);
    for (int i = 1; i < N; i++) {
        double x = most * i / N;
        double density = exp(log_norm + (a - 1) * log(x) + (b - 1) * log1p(-x));
        sum += (i % 2 ? 4 : 2) * density * f(x);
    }
    return sum * most / N / 3;
}

/* M/M/1 at 1.25 departures a minute, to which 1 arrives, but for those lost before: in minutes. */
static double wait(double lost)
{
    double rate = 1 - lost;
    return rate / 1.25 / (1.25 - rate);
}
static double wait_squared(double lost)
{
    return wait(lost) * wait(lost);
}

static const struct metric *of_desk(const struct result *r, const char *name)
{
    assert_int_equal(r->resources.len, 1);
    const struct metric *m = metrics_find(&r->resources.at[0].metrics, name);
    assert_non_null(m);
    return m;
}

static void waits_are_averaged_over_the_evidence(void **state)
{
    struct result r;
    solve("seam: 1\nname: desk\narrivals: {poisson: 60/h}\nhorizon: {length: 8w}\nresources: "
          "{desk: {servers: 1}}\n"
          "flow:\n  - stage: a\n    error: 6/80\n"
          "  - review: b\n    by: desk\n    latency: {exponential: {mean: 48s}}\n",
          &r);
    const struct metric *m = of_desk(&r, "queue_wait_mean");
    double mean = over_beta(wait, 6.5, 74.5, 0.6), square = over_beta(wait_squared, 6.5, 74.5, 0.6);
    double sd = sqrt(square - mean * mean);
    near_rel(m->value, 60 * mean, 1e-9);
    within_sigma(m->sd_parameters, 60 * sd, 60 * sd / sqrt(200), 5);
    within(60 * mean, m->low, m->high);
    share_is(&r, "flow.a.error", "reliability", 1);
    result_release(&r);
}

static void a_desk_that_may_not_keep_up_has_no_mean(void **state)
{
    struct result r;
    solve("seam: 1\nname: desk\narrivals: {poisson: 60/h}\nhorizon: {length: 8w}\nresources: "
          "{desk: {servers: 1}}\n"
          "flow:\n  - stage: a\n    error: 4/80\n"
          "  - review: b\n    by: desk\n    latency: {exponential: {mean: 62s}}\n",
          &r);
    near_rel(of_desk(&r, "queue_wait_mean")->value, 62 * (0.95 * 62 / 60) / (1 - 0.95 * 62 / 60),
             1e-9); /* at 4/80 */
    bool told = false;
    for (size_t i = 0; i < r.warnings.len; i++)
        told = told || strstr(r.warnings.at[i], "evidence is taken as k/n");
    assert_true(told);
    near(of_desk(&r, "queue_wait_mean")->sd_parameters, 0, 0);
    result_release(&r);
}

/* --- noise */

static void what_the_noise_hides_has_no_share(void **state)
{
    /* Evidence of a hundred million cases, and 2,000 items a draw. */
    struct result r;
    simulate("seam: 1\nname: sure\nflow:\n  - stage: a\n    error: 5000000/100000000\n"
             "  - stage: b\n    error: 5%\n",
             2000, &r);
    const struct metric *m = metrics_find(&r.metrics, "reliability");
    near_rel(m->sd_sampling, sqrt(0.9025 * 0.0975 / 2000), 0.02);
    assert_null(row(&r, "flow.a.error", "reliability"));
    result_release(&r);
}

static void noise_of_the_items_is_taken_off_the_shares(void **state)
{
    /* Sampling makes as much of the draws' spread as the parameters do, and none of the shares. */
    double part[3], variance = product_variance(part);
    struct result r;
    simulate(series, 200, &r);
    const struct metric *m = metrics_find(&r.metrics, "reliability");
    within(m->sd_sampling / m->sd_parameters, 0.4, 1);
    share_is(&r, "flow.a.error", "reliability", part[0] / variance);
    share_is(&r, "flow.c.error", "reliability", part[2] / variance);
    result_release(&r);
}

static void a_run_without_evidence_has_no_shares(void **state)
{
    struct result r;
    simulate("seam: 1\nname: sure\nflow:\n  - stage: a\n    error: 5%\n", 2000, &r);
    near(metrics_find(&r.metrics, "reliability")->sd_parameters, 0, 0);
    assert_int_equal(r.sensitivities.len, 0);
    result_release(&r);
}

/* 500 horizons of some 100 items each, one of five wrong: sd of the mean sqrt(0.2 * 0.8 / 100 /
 * 500), however many trials the interval is for. */
static void no_trials_make_a_mean_surer_than_its_draws(void **state)
{
    struct result r;
    double sd = sqrt(0.2 * 0.8 / 100 / DRAWS);
    simulate("seam: 1\nname: hour\narrivals: {poisson: 100/h}\nhorizon: {length: 1h}\n"
             "flow:\n  - stage: a\n    wrong: 20000000/100000000\n",
             2000, &r);
    const struct metric *m = metrics_find(&r.metrics, "share_wrong");
    within(m->sd_sampling, 0.8 * sd, 1.3 * sd);
    assert_true(m->high - m->low > 2 * 1.5 * sd);
    near(m->value, 0.2, 4 * sd);
    result_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_of_a_product_are_those_in_closed_form),
        cmocka_unit_test(the_interval_is_split_into_parameters_and_sampling),
        cmocka_unit_test(outcomes_of_one_step_share_what_they_explain),
        cmocka_unit_test(fitted_distributions_share_the_variance_of_the_time),
        cmocka_unit_test(waits_are_averaged_over_the_evidence),
        cmocka_unit_test(a_desk_that_may_not_keep_up_has_no_mean),
        cmocka_unit_test(what_the_noise_hides_has_no_share),
        cmocka_unit_test(noise_of_the_items_is_taken_off_the_shares),
        cmocka_unit_test(a_run_without_evidence_has_no_shares),
        cmocka_unit_test(no_trials_make_a_mean_surer_than_its_draws),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
