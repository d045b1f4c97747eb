/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quantiles of time and cost in untimed environments: a phase-type law by its own differential
 * equations, constants by the probabilities of a two-state chain, and the two limits of weather
 * that never changes and weather that always does. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/exact.h"
#include "tests/support/solved.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void solve(struct solved *s, const char *text)
{
    struct error err = {0};
    struct faults faults;
    struct exact_options options = {
        .level = 0.95, .uncertainty = true, .seed = 1, .values_only = true};
    faults_init(&faults);
    ok(scenario_parse("case.yaml", text, strlen(text), NULL, &s->p, &faults, &err), &err);
    faults_release(&faults);
    result_init(&s->r, "solve");
    ok(exact_solve(&s->p, &options, &s->r, &s->complete, &err), &err);
}

/* Up for 6 s, down for 2 s: leaves `up` at rate 1/6, `down` at 1/2, per s. */
#define WEATHER(steps)                                                                             \
    "environments:\n  sky:\n    up: {lasts: {exponential: {mean: 6s}}}\n"                          \
    "    down: {lasts: {exponential: {mean: 2s}}, steps: {" steps "}}\n"
static const double UP = 0.75, DOWN = 0.25, FALL = 1.0 / 6, RISE = 0.5;

/* P(up after t | up, or down), and P(down after t | down). */
static double stays_up(double t)
{
    return UP + DOWN * exp(-(FALL + RISE) * t);
}
static double rises(double t)
{
    return UP - UP * exp(-(FALL + RISE) * t);
}
static double stays_down(double t)
{
    return 1 - rises(t);
}

/* --- exponential attempts that fail when they begin down, tried again until one does not */

/* P(T <= t) by Runge and Kutta: an attempt that began up; one that began down, up now; and down. */
static double phase_type(double mu, double t)
{
    double y[3] = {UP, 0, DOWN};
    int steps = 4000;
    double h = t / steps;
    for (int n = 0; n < steps; n++) {
        double k[4][3], z[3];
        for (int s = 0; s < 4; s++) {
            double part = s == 0 ? 0 : s == 3 ? h : h / 2;
            for (int i = 0; i < 3; i++)
                z[i] = y[i] + (s ? part * k[s - 1][i] : 0);
            k[s][0] = -mu * z[0] + mu * z[1];
            k[s][1] = -(mu + FALL) * z[1] + RISE * z[2];
            k[s][2] = -RISE * z[2] + FALL * z[1];
        }
        for (int i = 0; i < 3; i++)
            y[i] += h / 6 * (k[0][i] + 2 * k[1][i] + 2 * k[2][i] + k[3][i]);
    }
    return 1 - y[0] - y[1] - y[2];
}

static void retries_in_an_outage_have_a_phase_type_law(void **state)
{
    struct solved s;
    solve(&s, "seam: 1\nobjective: {deadline: 3s}\nflow:\n  - stage: a\n"
              "    latency: {exponential: {mean: 800ms}}\n    budget: 2s\n"
              "    retry: {attempts: 200}\n" WEATHER("a: {error: 1}"));
    static const char *const name[] = {"latency_p50", "latency_p90", "latency_p99",
                                       "latency_all_p95"};
    static const double p[] = {0.5, 0.9, 0.99, 0.95};
    for (int k = 0; k < 4; k++)
        near(phase_type(1.25, top(&s, name[k])), p[k], 1e-7);
    near(phase_type(1.25, stage(&s, "a", "visit_latency_p95")), 0.95, 1e-7);
    near(stage(&s, "a", "within_budget"), phase_type(1.25, 2), 1e-9);
    near(top(&s, "slo_attainment"), phase_type(1.25, 3), 1e-9);
    done(&s);
}

/* --- constants */

/* 1 s up, 3 s down, twice. */
static void constant_latencies_are_atoms_of_the_joint_chain(void **state)
{
    static const char text[] =
        "seam: 1\nobjective: {deadline: %gs}\nflow:\n"
        "  - stage: a\n    latency: 1s\n  - stage: b\n    latency: 1s\n" WEATHER(
            "a: {latency: 3s}, b: {latency: 3s}");
    double two = UP * stays_up(1), six = DOWN * stays_down(3);
    double at[][2] = {
        {1.9, 0      },
        {2,   two    },
        {3.9, two    },
        {4.1, 1 - six},
        {6,   1      }
    };
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        struct solved s;
        char full[600];
        snprintf(full, sizeof full, text, at[i][0]);
        solve(&s, full);
        near(top(&s, "slo_attainment"), at[i][1], 1e-9);
        near_rel(top(&s, "latency_p50"), two >= 0.5 ? 2 : 4, 1e-9);
        near_rel(top(&s, "latency_p999"), 6, 1e-9);
        done(&s);
    }
}

/* An attempt costs 1 and takes 1 s; down it fails, and there are three of them. */
static void costs_of_attempts_in_an_outage_have_known_chances(void **state)
{
    static const char text[] =
        "seam: 1\nobjective: {budget: %g}\nflow:\n  - stage: a\n"
        "    latency: 1s\n    cost: 1\n    retry: {attempts: 3}\n" WEATHER("a: {error: 1}");
    double one = UP, two = one + DOWN * rises(1);
    double at[][2] = {
        {0.9, 0  },
        {1.1, one},
        {2.1, two},
        {3,   1  }
    };
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        struct solved s;
        char full[600];
        snprintf(full, sizeof full, text, at[i][0]);
        solve(&s, full);
        near(top(&s, "budget_attainment"), at[i][1], 1e-12);
        near_rel(top(&s, "cost_p95"), two >= 0.95 ? 2 : 3, 1e-12);
        near_rel(top(&s, "cost_p99"), 3, 1e-12);
        done(&s);
    }
}

/* --- limits */

#define STAGES                                                                                     \
    "  - stage: a\n    latency: {gamma: {shape: 2, scale: 300ms}}\n    error: 10%\n"               \
    "    timeout: 2s\n    retry: {attempts: 3, backoff: {initial: 400ms}}\n    cost: 2\n"

static void weather_that_never_changes_is_a_class(void **state)
{
    static const char *const names[] = {"latency_p50",     "latency_p95",    "latency_p999",
                                        "latency_all_p90", "slo_attainment", "cost_p95"};
    struct solved weather, classes;
    solve(&weather,
          "seam: 1\nobjective: {deadline: 1500ms}\nflow:\n" STAGES
          "environments:\n  e:\n    up: {lasts: {exponential: {mean: 3000000w}}}\n"
          "    down: {lasts: {exponential: {mean: 1000000w}}, steps: {a: {error: 60%}}}\n");
    solve(&classes, "seam: 1\nobjective: {deadline: 1500ms}\n"
                    "classes: {up: {share: 75%}, down: {share: 25%}}\nflow:\n" STAGES
                    "    given: {class.down: {error: 60%}}\n");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        near_rel(top(&weather, names[i]), top(&classes, names[i]), 1e-6);
    done(&weather);
    done(&classes);
}

static void weather_that_always_changes_is_a_mixture(void **state)
{
    static const char *const names[] = {"latency_p50", "latency_p95", "latency_p999",
                                        "slo_attainment", "cost_p95"};
    struct solved weather, mixed;
    solve(&weather, "seam: 1\nobjective: {deadline: 1500ms}\nflow:\n" STAGES
                    "environments:\n  e:\n    up: {lasts: {exponential: {mean: 3us}}}\n"
                    "    down: {lasts: {exponential: {mean: 1us}}, steps: {a: {error: 60%}}}\n");
    solve(&mixed, "seam: 1\nobjective: {deadline: 1500ms}\nflow:\n"
                  "  - stage: a\n    latency: {gamma: {shape: 2, scale: 300ms}}\n"
                  "    error: 22.5%\n    timeout: 2s\n"
                  "    retry: {attempts: 3, backoff: {initial: 400ms}}\n    cost: 2\n");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        near_rel(top(&weather, names[i]), top(&mixed, names[i]), 1e-5);
    done(&weather);
    done(&mixed);
}

static void too_many_joint_states_are_named(void **state)
{
    struct solved s;
    bool named = false;
    solve(&s, "seam: 1\nflow:\n  - stage: a\n    latency: 1s\nenvironments:\n  e:\n"
              "    up: {lasts: {erlang: {k: 9, mean: 1h}}}\n"
              "    down: {lasts: {exponential: {mean: 1h}}, steps: {a: {error: 1}}}\n");
    for (size_t i = 0; i < s.r.warnings.len; i++)
        named = named || strstr(s.r.warnings.at[i], "the environments have too many joint states");
    assert_true(named);
    assert_null(metrics_find(&s.r.metrics, "latency_p50"));
    done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retries_in_an_outage_have_a_phase_type_law),
        cmocka_unit_test(constant_latencies_are_atoms_of_the_joint_chain),
        cmocka_unit_test(costs_of_attempts_in_an_outage_have_known_chances),
        cmocka_unit_test(weather_that_never_changes_is_a_class),
        cmocka_unit_test(weather_that_always_changes_is_a_mixture),
        cmocka_unit_test(too_many_joint_states_are_named),
    };
    math_init();
    return cmocka_run_group_tests_name("exact times in the weather", tests, NULL, NULL);
}
