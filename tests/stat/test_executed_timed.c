/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Timed scenarios executed (stated stages, a clock that jumps) and simulated come out alike: they
 * share rules and distributions, and no line of the engines.
 *
 * Random scenarios with desks, hours, patience, rooms, rate limits, breakers, budgets, hedges,
 * environments, parallels, deadlines, batches, audits and classes.  Each gives at most 40
 * comparisons of pooled ratios over HORIZONS horizons at 6.5 standard errors with 2 (HORIZONS - 1)
 * degrees of freedom or so (1.2e-7 each by Student with 38), 1e-4 for all of another seed. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/run.h"
#include "tests/property/random_pipeline.h"
#include "tests/support/executed.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { HORIZONS = 20, DAYS = 12, SEED = 5 };
static const double Z = 6.5;

/* A ratio over horizons: values with their weights. */
struct pooled {
    double y[HORIZONS], x[HORIZONS];
};

static double pooled_value(const struct pooled *p, double *error)
{
    double sy = 0, sx = 0, ss = 0;
    for (int k = 0; k < HORIZONS; k++) {
        sy += p->y[k];
        sx += p->x[k];
    }
    for (int k = 0; k < HORIZONS; k++) {
        double off = p->y[k] - sy / sx * p->x[k];
        ss += off * off;
    }
    *error = sqrt(ss * HORIZONS / (HORIZONS - 1)) / sx;
    return sy / sx;
}

static void take(struct pooled *p, int k, const struct metrics *m, const char *name)
{
    const struct metric *found = metrics_find(m, name);
    p->y[k] = found ? found->value * (double)found->n : 0;
    p->x[k] = found ? (double)found->n : 0;
}

static const char *const top[] = {"reliability",     "share_rejected", "share_failed",
                                  "share_abandoned", "review_load",    "latency_all_mean",
                                  "wait_mean",       "visits_mean",    "cost_per_item"};
static const char *const of_step[] = {"attempts_per_item", "error_rate", "timeout_rate",
                                      "success_rate"};
enum { TOP = sizeof top / sizeof *top, OF_STEP = sizeof of_step / sizeof *of_step, STEPS = 24 };

struct compared {
    struct pooled top[TOP], step[STEPS][OF_STEP];
};

static void take_all(struct compared *c, int k, const struct result *r)
{
    for (uint32_t i = 0; i < TOP; i++)
        take(&c->top[i], k, &r->metrics, top[i]);
    for (size_t s = 0; s < r->stages.len && s < STEPS; s++)
        for (uint32_t i = 0; i < OF_STEP; i++)
            take(&c->step[s][i], k, &r->stages.at[s].metrics, of_step[i]);
}

static void compare(const char *whose, const char *name, const struct pooled *run,
                    const struct pooled *sim, const char *text)
{
    double run_error, sim_error, run_is = pooled_value(run, &run_error),
                                 sim_is = pooled_value(sim, &sim_error);
    if (isnan(run_is) || isnan(sim_is))
        return;
    double error = hypot(run_error, sim_error);
    double n = 0;
    for (int k = 0; k < HORIZONS; k++)
        n += run->x[k];
    if (!(fabs(run_is - sim_is) <= Z * error + 20 / n + 1e-6 * fabs(sim_is))) {
        fprintf(stderr, "%s %s is %.6g executed and %.6g simulated (error %.3g) of\n%s", whose,
                name, run_is, sim_is, error, text);
        fail();
    }
}

/* False: what it holds is not executed. */
static bool agree(const char *text, uint64_t seed)
{
    static struct compared run, sim;
    struct error err = {0};
    struct faults faults;
    struct pipeline p;
    faults_init(&faults);
    ok(scenario_parse("random.yaml", text, strlen(text), NULL, &p, &faults, &err), &err);
    faults_release(&faults);
    int status = 0;
    for (int k = 0; k < HORIZONS && !status; k++) {
        struct result executed, simulated;
        struct executed how = {.seed = seed + (uint64_t)k};
        struct run_options options = {
            .trials = 1, .seed = seed + 1000 + (uint64_t)k, .threads = 1, .level = 0.95};
        result_init(&executed, "run");
        result_init(&simulated, "simulate");
        status = execute(&p, &how, &executed, &err);
        if (!status) {
            ok(run_simulate(&p, &options, &simulated, &err), &err);
            take_all(&run, k, &executed);
            take_all(&sim, k, &simulated);
        }
        result_release(&executed);
        result_release(&simulated);
    }
    if (status)
        assert_int_equal(err.code, ERR_UNSUPPORTED);
    for (uint32_t i = 0; i < TOP && !status; i++)
        compare("all:", top[i], &run.top[i], &sim.top[i], text);
    for (uint32_t s = 0; s < p.n_steps && s < STEPS && !status; s++)
        for (uint32_t i = 0; i < OF_STEP; i++)
            compare(p.step[s].id, of_step[i], &run.step[s][i], &sim.step[s][i], text);
    pipeline_release(&p);
    return status == 0;
}

static void executed_and_simulated_are_alike(void **state)
{
    uint32_t compared = 0, n = 0;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (pairs[i].both & (HAS_PREEMPTION | HAS_INTERRUPT))
            continue;
        struct buf text = {0};
        n++;
        buf_puts(&text, "seam: 1\n");
        make_pipeline(pairs[i].both, SEED, DAYS, &text);
        compared += agree(buf_text(&text), SEED * 100000 + i * 100);
        buf_release(&text);
    }
    within(compared, n / 3, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(executed_and_simulated_are_alike),
    };
    math_init();
    return cmocka_run_group_tests_name("executed and simulated, timed", tests, NULL, NULL);
}
