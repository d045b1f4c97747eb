/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Untimed environments solved: closed forms, and the same thing said in two ways.  F01 and F02 are
 * textbook models whose values were computed apart from this program. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/exact.h"
#include "sim/run.h"
#include "tests/support/solved.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

static void parse(const char *text, struct pipeline *p)
{
    struct error err = {0};
    struct faults faults;
    faults_init(&faults);
    ok(scenario_parse("case.yaml", text, strlen(text), NULL, p, &faults, &err), &err);
    faults_release(&faults);
}

static void solve(struct solved *s, const char *text)
{
    struct error err = {0};
    struct exact_options options = {.level = 0.95, .uncertainty = true, .seed = 1};
    parse(text, &s->p);
    result_init(&s->r, "solve");
    ok(exact_solve(&s->p, &options, &s->r, &s->complete, &err), &err);
}

static double simulated(const char *text, uint64_t trials, const char *name)
{
    struct error err = {0};
    struct pipeline p;
    struct result r;
    struct run_options run = {.trials = trials, .seed = 7, .threads = 1, .level = 0.95};
    parse(text, &p);
    result_init(&r, "simulate");
    ok(run_simulate(&p, &run, &r, &err), &err);
    double value = in(&r.metrics, name);
    result_release(&r);
    pipeline_release(&p);
    return value;
}

/* --- F01, F02 */

#define PROVIDER(steps)                                                                            \
    "environments:\n  provider:\n    up: {lasts: {exponential: {mean: 10h}}}\n"                    \
    "    down: {lasts: {exponential: {mean: 1h}}, steps: {" steps "}}\n"

static void f01_two_stages_share_an_outage(void **state)
{
    static const char text[] =
        "seam: 1\nflow:\n  - stage: a\n    error: 2%\n  - stage: pause\n    latency: 15m\n"
        "  - stage: b\n    error: 2%\n" PROVIDER("a: {error: 1}, b: {error: 1}");
    struct solved s;
    solve(&s, text);
    near_rel(top(&s, "reliability"), 0.8540076914996081, 1e-9);
    near_rel(stage(&s, "b", "success_rate"), 0.9585800618873154, 1e-9);
    near_rel(in(&s.r.environments.at[0].metrics, "availability"), 10.0 / 11, 1e-12);
    done(&s);
    near(simulated(text, 100000, "reliability"), 0.8540076914996081, 0.0017654925 * sqrt(10));
}

#define RETRIES(initial, factor)                                                                   \
    "seam: 1\nflow:\n  - stage: a\n    error: 2%\n"                                                \
    "    retry: {attempts: 3, backoff: {initial: " initial ", factor: " factor                     \
    "}}\n" PROVIDER("a: {error: 1}")

static void f02_retries_fall_into_the_same_outage(void **state)
{
    struct solved s;
    solve(&s, RETRIES("15m", "1"));
    near_rel(top(&s, "reliability"), 0.9438340241021742, 1e-9);
    done(&s);
    solve(&s, RETRIES("1h", "2"));
    near_rel(top(&s, "reliability"), 0.9921933878129922, 1e-9);
    done(&s);
    near(simulated(RETRIES("15m", "1"), 100000, "reliability"), 0.9438340241021742,
         0.0011512098 * sqrt(10));
    near(simulated(RETRIES("1h", "2"), 100000, "reliability"), 0.9921933878129922,
         0.00044004744 * sqrt(10));
}

/* --- closed forms */

/* E[exp(Q L)] of an exponential L of mean m is (I - m Q)^-1.  Three states in a ring, each of mean
 * 1 s, have complex eigenvalues; with r = m: the inverse of the circulant (1 + r) I - r P, P the
 * ring, is sum_k (r / (1 + r))^k P^k / (1 + r). */
static void a_ring_of_states_turns(void **state)
{
    struct solved s;
    double r = 2, x = r / (1 + r), all = 1 / (1 + r) / (1 - x * x * x);
    double stays = all, once = all * x, twice = all * x * x;
    solve(&s, "seam: 1\nflow:\n  - stage: a\n    latency: {exponential: {mean: 2s}}\n"
              "  - stage: b\n"
              "environments:\n  ring:\n    x: {lasts: {exponential: {mean: 1s}}, steps: {a: {error:"
              " 1}}}\n    y: {lasts: {exponential: {mean: 1s}}, steps: {b: {error: 20%}}}\n"
              "    z: {lasts: {exponential: {mean: 1s}}, steps: {b: {error: 70%}}}\n");
    near_rel(stage(&s, "a", "success_rate"), 2.0 / 3, 1e-12);
    /* From y: stays, once to z, twice to x; from z: stays, once to x, twice to y. */
    double fails = (0.2 * stays + 0.7 * once + 0.7 * stays + 0.2 * twice) / 2;
    near_rel(stage(&s, "b", "error_rate"), fails, 1e-12);
    near_rel(top(&s, "latency_all_mean"), 2, 1e-12);
    done(&s);
}

/* Latencies of one state each: a mixture. */
static void a_state_slows_a_step_down(void **state)
{
    struct solved s;
    solve(&s, "seam: 1\nflow:\n  - stage: a\n    latency: {exponential: {mean: 1s}}\n"
              "    cost: {per_call: 2}\n"
              "environments:\n  e:\n    up: {lasts: {exponential: {mean: 30s}}}\n"
              "    down: {lasts: {exponential: {mean: 10s}}, steps: {a: {latency: {exponential: "
              "{mean: 5s}}, cost: {per_call: 6}}}}\n");
    near_rel(top(&s, "latency_mean"), 0.75 * 1 + 0.25 * 5, 1e-12);
    near_rel(top(&s, "latency_sd"), sqrt(0.75 * 2 + 0.25 * 50 - 4), 1e-11);
    near_rel(top(&s, "cost_per_item"), 3, 1e-12);
    near_rel(top(&s, "cost_sd"), sqrt(12 - 9), 1e-12);
    done(&s);
}

/* A timeout of T in the state that is late for sure takes exp(Q T) along. */
static void a_limit_moves_the_weather_on(void **state)
{
    struct solved s;
    double e = exp(-(1.0 / 10 + 1.0 / 30) * 3), stays = 0.25 + 0.75 * e;
    solve(&s, "seam: 1\nflow:\n  - stage: a\n    timeout: 3s\n    retry: {attempts: 2}\n"
              "environments:\n  e:\n    up: {lasts: {exponential: {mean: 30s}}}\n"
              "    down: {lasts: {exponential: {mean: 10s}}, steps: {a: {latency: 9s}}}\n");
    near_rel(top(&s, "reliability"), 1 - 0.25 * stays, 1e-12);
    near_rel(stage(&s, "a", "visit_latency_mean"), 3 * 0.25 + 3 * 0.25 * stays, 1e-12);
    near_rel(stage(&s, "a", "timeout_rate"), (0.25 + 0.25 * stays) / 1.25, 1e-12);
    done(&s);
}

/* --- the same in two ways */

static void same(const char *a, const char *b, double tolerance)
{
    static const char *const names[] = {"reliability",   "share_wrong", "latency_mean",
                                        "latency_sd",    "visits_mean", "cost_per_item",
                                        "latency_all_sd"};
    struct solved x, y;
    solve(&x, a);
    solve(&y, b);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        near_rel(top(&x, names[i]), top(&y, names[i]), tolerance);
    done(&x);
    done(&y);
}

#define WORK                                                                                       \
    "seam: 1\nwrong: 10%\nflow:\n  - stage: a\n    error: 5%\n    wrong: 3%\n"                     \
    "    latency: {lognormal: {p50: 1s, p95: 4s}}\n    timeout: 6s\n    cost: {per_call: 1}\n"     \
    "    retry: {attempts: 3, backoff: {initial: 1s, jitter: full}}\n"                             \
    "  - check: b\n    sensitivity: 80%\n    specificity: 90%\n    latency: 2s\n"                  \
    "    on_reject: {goto: a, at_most: 2, then: reject}\n"

static void an_erlang_is_states_in_order(void **state)
{
    same(WORK "environments:\n  e:\n    up: {lasts: {exponential: {mean: 20s}}}\n"
              "    down: {lasts: {erlang: {k: 3, mean: 6s}}, steps: {a: {error: 60%}}}\n",
         WORK "environments:\n  e:\n    up: {lasts: {exponential: {mean: 20s}}}\n"
              "    d1: {lasts: {exponential: {mean: 2s}}, steps: {a: {error: 60%}}}\n"
              "    d2: {lasts: {exponential: {mean: 2s}}, steps: {a: {error: 60%}}}\n"
              "    d3: {lasts: {exponential: {mean: 2s}}, steps: {a: {error: 60%}}}\n",
         1e-11);
}

static void a_mixture_is_a_choice_of_states(void **state)
{
    same(WORK "environments:\n  e:\n    up: {lasts: {exponential: {mean: 20s}}}\n"
              "    down: {lasts: {mixture: [{weight: 0.3, exponential: {mean: 1s}}, {weight: 0.7, "
              "exponential: {mean: 9s}}]}, steps: {a: {error: 60%}}}\n",
         WORK "environments:\n  e:\n    up: {lasts: {exponential: {mean: 20s}}, to: {d1: 0.3, d2: "
              "0.7}}\n"
              "    d1: {lasts: {exponential: {mean: 1s}}, to: {up: 1}, steps: {a: {error: 60%}}}\n"
              "    d2: {lasts: {exponential: {mean: 9s}}, to: {up: 1}, steps: {a: {error: 60%}}}\n",
         1e-11);
}

static void two_environments_are_one_of_joint_states(void **state)
{
    same(WORK "environments:\n"
              "  e:\n    up: {lasts: {exponential: {mean: 20s}}}\n"
              "    down: {lasts: {exponential: {mean: 5s}}, steps: {a: {error: 60%}}}\n"
              "  f:\n    calm: {lasts: {exponential: {mean: 10s}}}\n"
              "    busy: {lasts: {exponential: {mean: 4s}}, steps: {b: {latency: 5s, specificity: "
              "50%}}}\n",
         WORK
         "environments:\n  e:\n"
         "    uc: {lasts: {exponential: {rate: 0.15/s}}, to: {dc: 0.3333333333333333, ub: "
         "0.6666666666666667}}\n"
         "    dc: {lasts: {exponential: {rate: 0.3/s}}, to: {uc: 0.6666666666666667, db: "
         "0.3333333333333333}, steps: {a: {error: 60%}}}\n"
         "    ub: {lasts: {exponential: {rate: 0.3/s}}, to: {uc: 0.8333333333333333, db: "
         "0.1666666666666667}, steps: {b: {latency: 5s, specificity: 50%}}}\n"
         "    db: {lasts: {exponential: {rate: 0.45/s}}, to: {ub: 0.4444444444444444, dc: "
         "0.5555555555555556}, steps: {a: {error: 60%}, b: {latency: 5s, specificity: 50%}}}\n",
         1e-11);
}

/* Weather that never changes within an item is a class; weather that changes at once is a mixture
 * in each attempt. */
static void slow_and_fast_weather_have_limits(void **state)
{
    struct solved s;
    solve(&s, "seam: 1\nflow:\n  - stage: a\n    latency: {gamma: {mean: 1s, sd: 500ms}}\n"
              "    retry: {attempts: 2}\nenvironments:\n  e:\n"
              "    up: {lasts: {exponential: {mean: 3000000w}}}\n"
              "    down: {lasts: {exponential: {mean: 1000000w}}, steps: {a: {error: 50%}}}\n");
    near_rel(top(&s, "reliability"), 1 - 0.25 * 0.25, 1e-10);
    done(&s);
    solve(&s, "seam: 1\nflow:\n  - stage: a\n    latency: {gamma: {mean: 1h, sd: 30m}}\n"
              "    retry: {attempts: 2}\nenvironments:\n  e:\n"
              "    up: {lasts: {exponential: {mean: 3us}}}\n"
              "    down: {lasts: {exponential: {mean: 1us}}, steps: {a: {error: 50%}}}\n");
    near_rel(top(&s, "reliability"), 1 - 0.125 * 0.125, 1e-10);
    near_rel(top(&s, "latency_all_mean"), 3600 * 1.125, 1e-10);
    done(&s);
}

/* --- refusals */

static void refused(const char *text, enum error_code code, const char *part)
{
    struct error err = {0};
    struct exact_options options = {.level = 0.95};
    struct pipeline p;
    struct result r;
    bool complete;
    parse(text, &p);
    result_init(&r, "solve");
    assert_int_equal(exact_solve(&p, &options, &r, &complete, &err), -1);
    error_is(&err, code, part);
    result_release(&r);
    pipeline_release(&p);
}

static void what_is_not_exact_is_named(void **state)
{
    refused("seam: 1\nflow:\n  - stage: a\nenvironments:\n  e:\n    up: {lasts: 3h}\n"
            "    down: {lasts: {exponential: {mean: 1h}}, steps: {a: {error: 1}}}\n",
            ERR_UNSUPPORTED, "not exact (environment `e`): its state `up` lasts neither");
    refused("seam: 1\nflow:\n  - stage: a\nenvironments:\n  e:\n"
            "    up: {lasts: {erlang: {k: 64, mean: 1h}}}\n"
            "    down: {lasts: {exponential: {mean: 1h}}, steps: {a: {error: 1}}}\n",
            ERR_LIMIT, "together they have 65 states");
    refused("seam: 1\nflow:\n  - stage: a\n    latency: {exponential: {mean: 1s}}\n"
            "    hedge: {after: 1s}\nenvironments:\n  e:\n"
            "    up: {lasts: {exponential: {mean: 1h}}}\n"
            "    down: {lasts: {exponential: {mean: 1h}}, steps: {a: {wrong: 1}}}\n",
            ERR_UNSUPPORTED, "hedged");
}

/* An environment that touches nothing changes nothing, however it lasts. */
static void idle_environments_are_no_part_of_it(void **state)
{
    struct solved s;
    solve(&s, "seam: 1\nflow:\n  - stage: a\n    error: 10%\nenvironments:\n  e:\n"
              "    up: {lasts: 3h}\n    down: {lasts: 1h}\n");
    near_rel(top(&s, "reliability"), 0.9, 1e-15);
    near(in(&s.r.environments.at[0].metrics, "availability"), 1, 0);
    done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(f01_two_stages_share_an_outage),
        cmocka_unit_test(f02_retries_fall_into_the_same_outage),
        cmocka_unit_test(a_ring_of_states_turns),
        cmocka_unit_test(a_state_slows_a_step_down),
        cmocka_unit_test(a_limit_moves_the_weather_on),
        cmocka_unit_test(an_erlang_is_states_in_order),
        cmocka_unit_test(a_mixture_is_a_choice_of_states),
        cmocka_unit_test(two_environments_are_one_of_joint_states),
        cmocka_unit_test(slow_and_fast_weather_have_limits),
        cmocka_unit_test(what_is_not_exact_is_named),
        cmocka_unit_test(idle_environments_are_no_part_of_it),
    };
    math_init();
    return cmocka_run_group_tests_name("exact weather", tests, NULL, NULL);
}
