/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exact chain and the simulation of the same random pipelines agree: they share the rules and
 * nothing else.
 *
 * Each of PIPELINES pipelines gives at most 70 comparisons at 5 standard errors (6e-7 each when
 * the estimate is normal), so that another seed would fail by chance with probability 1e-3 at
 * most; the seed is fixed and printed with the pipeline when a comparison fails. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/exact.h"
#include "sim/run.h"
#include "tests/property/random_flow.h"

#include <string.h>

enum { PIPELINES = 48, WITH_PARALLELS = 16, TRIALS = 100000, SEED = 77 };

static const double FIVE_SIGMA = 1 - 5.733e-7; /* P(|Z| < 5) */

/* Parses and compares; false when the random flow is refused (a gate that nobody told a
 * confidence, a step that cannot be reached). */
static bool agree(const char *text, uint64_t seed)
{
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
    struct exact_options solve = {.level = 0.95, .values_only = true};
    struct run_options run = {.trials = TRIALS, .seed = seed, .threads = 1, .level = FIVE_SIGMA};
    status = exact_solve(&p, &solve, &exact, &complete, &err);
    if (status && err.code == ERR_UNSUPPORTED &&
        (strstr(text, "parallel") || strstr(text, "hedge"))) {
        result_release(&exact);
        result_release(&simulated);
        pipeline_release(&p);
        return false;
    }
    ok(status, &err);
    ok(run_simulate(&p, &run, &simulated, &err), &err);
    const struct held held = {.way = "simulate", .text = text, .trials = TRIALS, .seed = SEED};
    compare_top(&exact.metrics, &simulated.metrics, &held);
    for (size_t k = 0; k < exact.stages.len; k++)
        compare_stage(&exact.stages.at[k], result_stage(&simulated, exact.stages.at[k].id), &held);
    result_release(&exact);
    result_release(&simulated);
    pipeline_release(&p);
    return true;
}

static void simulation_agrees_with_the_exact_chain(void **state)
{
    uint32_t compared = 0;
    for (uint32_t i = 0; i < PIPELINES; i++) {
        struct maker m;
        make_text(&m, SEED, i, false);
        compared += agree(buf_text(&m.text), SEED + i);
        buf_release(&m.text);
    }
    within(compared, PIPELINES / 2, PIPELINES);
}

static void they_agree_on_parallels(void **state)
{
    uint32_t compared = 0;
    for (uint32_t i = 0; i < WITH_PARALLELS; i++) {
        struct maker m;
        make_text(&m, SEED, 1000 + i, true);
        compared += agree(buf_text(&m.text), SEED + i);
        buf_release(&m.text);
    }
    within(compared, WITH_PARALLELS / 4, WITH_PARALLELS);
}

/* An item may go back to a step that it skipped on its way: its quality is then as it is. */
static void they_agree_on_going_back_to_a_step_never_entered(void **state)
{
    assert_true(agree("seam: 1\nflow:\n"
                      "  - stage: a\n    wrong: 30%\n    error: 50%\n    fallback: c\n"
                      "  - stage: b\n    wrong: 10%\n"
                      "  - check: c\n    sensitivity: 50%\n    specificity: 80%\n"
                      "    on_reject: {goto: b, at_most: 2, then: reject}\n",
                      SEED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simulation_agrees_with_the_exact_chain),
        cmocka_unit_test(they_agree_on_parallels),
        cmocka_unit_test(they_agree_on_going_back_to_a_step_never_entered),
    };
    math_init();
    return cmocka_run_group_tests_name("exact and simulated", tests, NULL, NULL);
}
