/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Injected faults come back out of the traces of an executed run: errors, timeouts, malformed and
 * slow answers, and an outage that steps share, of 2,000 items each.
 *
 * False alarms: each of the 9 rates may lie 5 standard deviations from what was injected, which
 * happens to one of 9 with probability 5e-6, and under fixed seeds never.  The rates are those of
 * the file of faults, which the fit does not see, and not those that the scenario states. */
#include "tests/support/support.h"
#include "tests/support/traced.h"

#include "math/dist.h"

#include <math.h>
#include <string.h>

enum { ITEMS = 2000 };

static const char untimed[] = "seam: 1\n"
                              "name: Hidden\n"
                              "flow:\n"
                              "  - stage: retrieve\n"
                              "    layer: data\n"
                              "    error: 4%\n"
                              "    timeout: 2s\n"
                              "    latency: {lognormal: {p50: 100ms, p95: 300ms}}\n"
                              "    retry: {attempts: 3}\n"
                              "  - stage: draft\n"
                              "    layer: model\n"
                              "    latency: {lognormal: {p50: 2s, sigma: 0.4}}\n"
                              "    retry: {attempts: 3}\n";

static const struct numbers *numbers_of(const struct pipeline *fitted, const char *step)
{
    int32_t at = pipeline_step(fitted, step);
    assert_true(at >= 0);
    return fitted->step[at].numbers;
}

/* The rate within its interval: k of n seen, by the binomial's deviation at what was injected. */
static void rate_is(const struct pipeline *fitted, const char *what, struct number x, double want)
{
    assert_true(x.evidence > 0);
    double n = (double)fitted->evidence[x.evidence - 1].n;
    print_message("%s: %.4f of %.0f, injected %.4f\n", what, x.value, n, want);
    within_sigma(x.value, want, sqrt(want * (1 - want) / n), 5.0);
}

static double share_above(const struct dist *d, double x_s)
{
    return 1 - dist_cdf(d, x_s);
}

static void share_is(const char *what, double share, double n, double want)
{
    print_message("%s: %.4f of %.0f, injected %.4f\n", what, share, n, want);
    within_sigma(share, want, sqrt(want * (1 - want) / n), 5.0);
}

static void rates_of_attempts_come_back(void **state)
{
    static const char faults[] =
        "seed: 9\nsteps:\n"
        "  retrieve: {error: 5%, timeout: 3%}\n"
        "  draft: {error: 6%, malformed: 4%, slow: {share: 10%, by: 60s}}\n";
    const struct traced_options how = {.faults = faults, .items = ITEMS, .seed = 3};
    struct traced run;
    struct trace_log log = {0};
    struct pipeline fitted;
    (void)state;
    traced_run(untimed, &how, &run);
    traced_fit(&run, &log, &fitted);
    const struct numbers *retrieve = numbers_of(&fitted, "retrieve");
    const struct numbers *draft = numbers_of(&fitted, "draft");
    /* its own 4% happen to those that nothing was done to, but is held back all the same */
    rate_is(&fitted, "error of retrieve", retrieve->error, 0.05 + 0.92 * 0.04);
    rate_is(&fitted, "error of draft", draft->error, 0.06);
    rate_is(&fitted, "malformed of draft", draft->malformed, 0.04);
    double attempts = (double)fitted.evidence[retrieve->error.evidence - 1].n;
    share_is("timeout of retrieve", share_above(&retrieve->latency, retrieve->timeout_s), attempts,
             0.03);
    attempts = (double)fitted.evidence[draft->error.evidence - 1].n;
    share_is("slow of draft", share_above(&draft->latency, 30), attempts, 0.10);
    pipeline_release(&fitted);
    log_release(&log);
    traced_release(&run);
}

static const char timed[] = "seam: 1\n"
                            "name: Hidden\n"
                            "arrivals: {poisson: 20/h}\n"
                            "horizon: {length: 4w}\n"
                            "flow:\n"
                            "  - stage: search\n"
                            "    layer: data\n"
                            "    latency: {lognormal: {p50: 1s, sigma: 0.4}}\n"
                            "  - stage: write\n"
                            "    layer: model\n"
                            "    latency: {lognormal: {p50: 5s, sigma: 0.4}}\n";

static void an_outage_comes_back_as_an_environment(void **state)
{
    static const char faults[] =
        "seed: 5\n"
        "steps: {search: {error: 2%}, write: {error: 3%}}\n"
        "environments:\n"
        "  provider:\n"
        "    up: {lasts: {exponential: {mean: 6h}}}\n"
        "    down: {lasts: {exponential: {mean: 1h}}, steps: {search: {error: 60%}, "
        "write: {error: 70%}}}\n";
    const double up_h = 6, down_h = 1, span_h = ITEMS / 20.0;
    const struct traced_options how = {.faults = faults, .items = ITEMS, .seed = 4};
    struct traced run;
    struct trace_log log = {0};
    struct pipeline fitted;
    (void)state;
    traced_run(timed, &how, &run);
    traced_fit(&run, &log, &fitted);
    assert_int_equal(fitted.n_environments, 1);
    const struct environment *e = &fitted.environment[0];
    assert_int_equal(e->n_states, 2);
    assert_int_equal(e->state[1].n_overrides, 2);
    static const double calm[] = {0.02, 0.03}, disturbed[] = {0.60, 0.70};
    static const char *const step[] = {"search", "write"};
    for (int k = 0; k < 2; k++) {
        rate_is(&fitted, step[k], numbers_of(&fitted, step[k])->error, calm[k]);
        for (uint32_t o = 0; o < 2; o++)
            if (e->state[1].override[o].step == (uint32_t)pipeline_step(&fitted, step[k]))
                rate_is(&fitted, step[k], e->state[1].override[o].override.numbers->error,
                        disturbed[k]);
    }
    /* the share of time down of an alternating renewal process over a long time (Cox, Renewal
     * Theory, 1962, 7.4): variance 2 u^2 d^2 / ((u + d)^3 t) */
    double up_s = e->state[0].lasts.a, down_s = e->state[1].lasts.a;
    double down = down_s / (up_s + down_s), want = down_h / (up_h + down_h);
    double sigma = sqrt(2 * up_h * up_h * down_h * down_h / (pow(up_h + down_h, 3) * span_h));
    print_message("down: %.4f of the time, injected %.4f\n", down, want);
    within_sigma(down, want, sigma, 5.0);
    pipeline_release(&fitted);
    log_release(&log);
    traced_release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_of_attempts_come_back),
        cmocka_unit_test(an_outage_comes_back_as_an_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
