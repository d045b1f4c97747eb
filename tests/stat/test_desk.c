/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intervals of first-come desks hold the true value as often as they say, over RUNS runs: from
 * replications, and from twentieths of one long horizon.
 *
 * The values are those of M/M/3 (Erlang C) with 2 arrivals and 1 departure an hour.  The count of
 * runs that cover is binomial; each check allows five of its standard deviations (6e-7 by the
 * normal law), 70 checks, so that another set of seeds would fail by chance with probability 4e-5;
 * the seeds are fixed.  Horizons are long enough that what is left of the empty start moves the
 * mean by less than a tenth of a standard error; twentieths are a few hundred times as long as the
 * line remembers, so that their means are nearly independent. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/engine.h"
#include "sim/run.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RUNS = 300 };

static const struct truth {
    const char *name;
    double value;
} truth[] = {
    {"utilisation",       2.0 / 3                 },
    {"queue_wait_mean",   1600                    },
    {"p_wait",            4.0 / 9                 },
    {"queue_wait_p95",    3600 * 2.184802057337662},
    {"queue_length_mean", 8.0 / 9                 },
    {"in_system_mean",    8.0 / 9 + 2             },
    {"service_level",     1 - 0.16350197385397436 },
    {"wait_mean",         1600                    },
    {"latency_mean",      5200                    },
    {"latency_p95",       0                       }, /* from its tail */
    {"slo_attainment",    1 - 0.05087677469092827 },
    {"visit_latency_p95", 0                       }, /* waits, and is served */
};
enum { TRUTHS = sizeof truth / sizeof *truth, POINTS = 2 };
static const uint32_t point[POINTS] = {50, 92}; /* of the curve of latencies */

/* The sojourn of M/M/3 with lambda 2, mu 1 an hour: P(T > t) = 5/9 e^-t + 4/9 (1 + t) e^-t, the
 * wait of those who wait being exponential with rate 3 - 2 = 1. */
static double sojourn_cdf(double s)
{
    double t = s / 3600;
    return 1 - exp(-t) * (1 + 4.0 / 9 * t);
}

static double sojourn_p95(void)
{
    double low = 0, high = 20;
    for (int k = 0; k < 60; k++) {
        double t = (low + high) / 2;
        *(sojourn_cdf(3600 * t) < 0.95 ? &low : &high) = t;
    }
    return 3600 * low;
}

static const struct metric *find(const struct result *r, const char *name)
{
    const struct metric *m = metrics_find(&r->metrics, name);
    m = m ? m : metrics_find(&r->resources.at[0].metrics, name);
    return m ? m : metrics_find(&r->stages.at[r->stages.len - 1].metrics, name);
}

static void count_points(const struct result *r, uint32_t *covered)
{
    const struct curve *c = result_curve(r, "latency_cdf");
    assert_non_null(c);
    for (int i = 0; i < POINTS; i++) {
        const struct point *at = &c->points.at[point[i]];
        double value = sojourn_cdf(at->x);
        covered[i] += at->low <= value && value <= at->high;
    }
}

static void check(const struct engine_def *def, const char *before, const char *horizon,
                  double level)
{
    char text[512];
    uint32_t covered[TRUTHS + POINTS] = {0};
    struct pipeline p;
    struct faults faults;
    struct error err = {0};
    snprintf(text, sizeof text,
             "seam: 1\narrivals: {poisson: 2/h}\nhorizon: {warmup: 200h, %s}\n"
             "resources: {team: {servers: 3, answer_within: 1h}}\nobjective: {deadline: 4h}\n"
             "flow:\n%s  - review: read\n    by: team\n    latency: {exponential: {mean: 1h}}\n",
             horizon, before);
    faults_init(&faults);
    ok(scenario_parse("case.yaml", text, strlen(text), NULL, &p, &faults, &err), &err);
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        const struct run_options options = {.seed = seed, .level = level, .threads = 1};
        struct result r;
        result_init(&r, "simulate");
        ok(run_by(def, &p, &options, &r, &err), &err);
        for (int i = 0; i < TRUTHS; i++) {
            const struct metric *m = find(&r, truth[i].name);
            double value = truth[i].value > 0 ? truth[i].value : sojourn_p95();
            covered[i] += m->low <= value && value <= m->high;
        }
        count_points(&r, covered + TRUTHS);
        result_release(&r);
    }
    double want = RUNS * level, sd = sqrt(RUNS * level * (1 - level));
    for (int i = 0; i < TRUTHS + POINTS; i++)
        if (fabs(covered[i] - want) > 5 * sd)
            fail_msg("%s at %g, %s: %u of %d runs cover",
                     i < TRUTHS ? truth[i].name : "latency_cdf", level, horizon, covered[i], RUNS);
    faults_release(&faults);
    pipeline_release(&p);
}

static void replications_cover_as_they_say(void **state)
{
    check(&desk_engine, "", "length: 1000h, replications: 20", 0.95);
    check(&desk_engine, "", "length: 1000h, replications: 20",
          0.5); /* wider or narrower by a third would show */
}

static void parts_of_one_horizon_cover_as_they_say(void **state)
{
    check(&desk_engine, "", "length: 40000h, replications: 1", 0.95);
}

/* A step before the desk, so that visits are clocked apart from items; and event by event. */
static void visits_in_a_flow_are_covered_as_they_say(void **state)
{
    check(&desk_engine, "  - stage: in\n", "length: 1000h, replications: 20", 0.95);
    check(&queue_engine, "  - stage: in\n", "length: 1000h, replications: 20", 0.95);
}

static int prepare(void **state)
{
    math_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replications_cover_as_they_say),
        cmocka_unit_test(parts_of_one_horizon_cover_as_they_say),
        cmocka_unit_test(visits_in_a_flow_are_covered_as_they_say),
    };
    return cmocka_run_group_tests_name("desk (statistical)", tests, prepare, NULL);
}
