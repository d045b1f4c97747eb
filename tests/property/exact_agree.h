/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scenario solved and simulated: what both say must agree within 5 standard errors. */
#ifndef SEAM_TESTS_EXACT_AGREE_H
#define SEAM_TESTS_EXACT_AGREE_H

#include "model/scenario.h"
#include "sim/exact.h"
#include "sim/run.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

/* Attempts of one item share its fate: their rates spread wider than independent ones. */
static const double spread_of_attempts = 4;

struct agreeing {
    const char *text;
    double trials;
    uint64_t seed;
};

static double value(const struct metrics *m, const char *name)
{
    const struct metric *found = metrics_find(m, name);
    return found ? found->value : NAN;
}

static void compare(const struct metrics *exact, const struct metrics *simulated, const char *name,
                    double sigma, const struct agreeing *a)
{
    double x = value(exact, name), s = value(simulated, name);
    if (isnan(x) || isnan(s))
        return;
    if (!(fabs(s - x) <= 5 * sigma + 1e-6 * fabs(x))) {
        print_error("seed %d: %s is %.9g by solve and %.9g by simulate (sigma %.3g) of\n%s",
                    (int)a->seed, name, x, s, sigma, a->text);
        fail();
    }
}

static void compare_top(const struct metrics *exact, const struct metrics *simulated,
                        const struct agreeing *a)
{
    static const char *const shares[] = {"reliability",     "share_wrong",    "share_rejected",
                                         "share_failed",    "review_load",    "completion",
                                         "share_abandoned", "slo_attainment", "budget_attainment"};
    static const char *const means[][2] = {
        {"visits_mean",      "visits_sd"     },
        {"cost_per_item",    "cost_sd"       },
        {"latency_all_mean", "latency_all_sd"}
    };
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        double p = value(exact, shares[i]);
        compare(exact, simulated, shares[i], sqrt(fmax(p * (1 - p), 9 / a->trials) / a->trials), a);
    }
    for (size_t i = 0; i < sizeof means / sizeof *means; i++) {
        double sd = value(exact, means[i][1]);
        sd = isnan(sd) ? value(simulated, means[i][1]) : sd;
        compare(exact, simulated, means[i][0], sd / sqrt(a->trials), a);
    }
}

/* Returns whether the pipeline is one that both can do.  means_only: without laws of times. */
static bool agree(const char *text, uint64_t trials, uint64_t seed, bool means_only)
{
    const struct agreeing of = {text, (double)trials, seed}, *a = &of;
    struct error err = {0};
    struct faults faults;
    struct pipeline p;
    struct result exact, simulated;
    bool complete;
    faults_init(&faults);
    int status = scenario_parse("random.yaml", text, strlen(text), NULL, &p, &faults, &err);
    faults_release(&faults);
    if (status) {
        assert_int_equal(err.code, ERR_INPUT);
        return false;
    }
    result_init(&exact, "solve");
    result_init(&simulated, "simulate");
    struct exact_options solve = {.level = 0.95, .values_only = true, .means_only = means_only};
    struct run_options run = {.trials = trials, .seed = seed, .threads = 1, .level = 0.95};
    bool can = !exact_solve(&p, &solve, &exact, &complete, &err);
    if (can) {
        ok(run_simulate(&p, &run, &simulated, &err), &err);
        compare_top(&exact.metrics, &simulated.metrics, a);
        for (size_t k = 0; k < exact.stages.len; k++) {
            const struct metrics *s = &result_stage(&simulated, exact.stages.at[k].id)->metrics;
            double visits = value(&exact.stages.at[k].metrics, "visits_per_item");
            const char *const rates[] = {"ok_rate", "wrong_rate", "error_rate", "malformed_rate",
                                         "timeout_rate"};
            double attempts = value(&exact.stages.at[k].metrics, "attempts_per_item");
            for (size_t i = 0; i < 5 && attempts > 0; i++) {
                double rate = value(&exact.stages.at[k].metrics, rates[i]),
                       n = attempts * a->trials;
                compare(&exact.stages.at[k].metrics, s, rates[i],
                        sqrt(spread_of_attempts * fmax(rate * (1 - rate), 9 / n) / n), a);
            }
            double left = value(&exact.stages.at[k].metrics, "exit_abandon");
            compare(&exact.stages.at[k].metrics, s, "exit_abandon",
                    sqrt(fmax(left * (1 - left), 9 / a->trials) / a->trials), a);
            compare(&exact.stages.at[k].metrics, s, "attempts_per_item",
                    2 * sqrt(fmax(attempts, 9 / a->trials) * (1 + attempts) / a->trials), a);
            compare(&exact.stages.at[k].metrics, s, "visits_per_item",
                    sqrt(fmax(visits, 9 / a->trials) * (1 + visits) / a->trials), a);
        }
    } else {
        assert_true(err.code == ERR_UNSUPPORTED);
    }
    result_release(&exact);
    result_release(&simulated);
    pipeline_release(&p);
    return can;
}

#endif
