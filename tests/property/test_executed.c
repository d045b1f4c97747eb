/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Executed with stated stages and a clock that jumps, random scenarios come out as solved: the
 * executor has the rules and the distributions in common with the exact chain, and nothing else.
 *
 * Each of the pipelines gives at most 70 comparisons at 5 standard errors (6e-7 each when the
 * estimate is normal), so that another seed would fail by chance with probability 2e-3 at most; the
 * seed is fixed and printed with the pipeline when a comparison fails. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/exact.h"
#include "tests/property/random_flow.h"
#include "tests/support/executed.h"

enum { PIPELINES = 32, WITH_PARALLELS = 6, ITEMS = 5000, SEED = 91 };
static const double FIVE_SIGMA = 1 - 5.733e-7; /* P(|Z| < 5) */

/* False when the random flow is refused, or not solved. */
static bool agree(const char *text, uint64_t seed)
{
    struct error err = {0};
    struct faults faults;
    struct pipeline p;
    struct result exact, executed;
    bool complete;
    faults_init(&faults);
    int status = scenario_parse("random.yaml", text, strlen(text), NULL, &p, &faults, &err);
    faults_release(&faults);
    if (status)
        return false;
    result_init(&exact, "solve");
    result_init(&executed, "run");
    struct exact_options solve = {.level = 0.95, .values_only = true};
    status = exact_solve(&p, &solve, &exact, &complete, &err);
    if (!status) {
        struct executed how = {.items = ITEMS, .seed = seed, .level = FIVE_SIGMA};
        ok(execute(&p, &how, &executed, &err), &err);
        const struct held held = {.way = "run", .text = text, .trials = ITEMS, .seed = SEED};
        compare_top(&exact.metrics, &executed.metrics, &held);
        for (size_t k = 0; k < exact.stages.len; k++)
            compare_stage(&exact.stages.at[k], result_stage(&executed, exact.stages.at[k].id),
                          &held);
    }
    result_release(&exact);
    result_release(&executed);
    pipeline_release(&p);
    return status == 0;
}

static void they_come_out_as_solved(void **state)
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

static void and_so_do_parallels_and_hedges(void **state)
{
    uint32_t compared = 0;
    for (uint32_t i = 0; i < WITH_PARALLELS; i++) {
        struct maker m;
        make_text(&m, SEED, 4000 + i, true);
        compared += agree(buf_text(&m.text), SEED + i);
        buf_release(&m.text);
    }
    within(compared, WITH_PARALLELS / 4, WITH_PARALLELS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_come_out_as_solved),
        cmocka_unit_test(and_so_do_parallels_and_hedges),
    };
    math_init();
    return cmocka_run_group_tests_name("executed and solved", tests, NULL, NULL);
}
