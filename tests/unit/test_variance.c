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

enum { DRAWS = 1000 };

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
    solve(text, &exact);
    simulate(text, 4000, &drawn);
    share_is(&exact, "flow.a.latency", "latency_mean", a / (a + b));
    share_is(&drawn, "flow.b.latency", "latency_mean", b / (a + b));
    assert_true(isnan(row(&exact, "flow.a.latency", "latency_mean")->value));
    assert_null(row(&exact, "flow.a.latency", "reliability")); /* which does not move */
    result_release(&exact);
    result_release(&drawn);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_of_a_product_are_those_in_closed_form),
        cmocka_unit_test(the_interval_is_split_into_parameters_and_sampling),
        cmocka_unit_test(outcomes_of_one_step_share_what_they_explain),
        cmocka_unit_test(fitted_distributions_share_the_variance_of_the_time),
        cmocka_unit_test(what_the_noise_hides_has_no_share),
        cmocka_unit_test(noise_of_the_items_is_taken_off_the_shares),
        cmocka_unit_test(a_run_without_evidence_has_no_shares),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
