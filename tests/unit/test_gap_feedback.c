/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What not having learnt yet loses: feedback as a player beside steps, by hand and by simulation.
 *
 * A model is silently wrong in 20% (after endless labels 5%), and a reviewer misses one in ten of
 * what is.  v is 0.98, with feedback at its floor 0.995, with the model or the reviewer perfect 1:
 * feedback brings 0.015 where it comes before both, one order in three; model and reviewer 0.02
 * where they come first (one in three), 0.005 behind feedback alone (one in six). */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/exact.h"
#include "sim/importance.h"
#include "sim/run.h"
#include "tests/support/solved.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

#define FLOW(wrong)                                                                                \
    "seam: 1\narrivals: {poisson: 10/h}\nhorizon: {length: 400h}\nflow:\n"                         \
    "  - stage: answer\n    layer: model\n    wrong: " wrong "\n"                                  \
    "  - review: desk\n    layer: human\n    sensitivity: 90%\n    fixes: 100%\n"
/* 1680 labels a cycle. */
#define FEEDBACK                                                                                   \
    "feedback:\n  cycle: 1w\n  cycles: 2\n  learns:\n"                                             \
    "    - {step: answer, wrong: {power_law: {exponent: 1, per: 1680, floor: 5%}}}\n"

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

static const struct metric *layer(const struct result *r, const char *id, const char *name)
{
    const struct metric *found = NULL;
    for (size_t i = 0; i < r->layers.len; i++)
        if (!strcmp(r->layers.at[i].id, id)) {
            assert_null(found);
            found = metrics_find(&r->layers.at[i].metrics, name);
        }
    assert_non_null(found);
    return found;
}

static void feedback_loses_what_it_has_not_taught_yet(void **state)
{
    struct solved s;
    solve(&s, FLOW("20%") FEEDBACK);
    near(layer(&s.r, "feedback", "loss")->value, 0.005, 1e-12);
    near(layer(&s.r, "model", "loss")->value, 0.0075, 1e-12);
    near(layer(&s.r, "human", "loss")->value, 0.0075, 1e-12);
    near(stage(&s, "answer", "loss"), 0.0075, 1e-12);
    done(&s);
}

/* Wrong in 12.5% and 10% after one and two cycles: gains of 0.75 and 1 points. */
static void feedback_closes_what_its_cycles_gain(void **state)
{
    struct solved s;
    solve(&s, FLOW("20%") FEEDBACK);
    near(layer(&s.r, "feedback", "closes")->value, 0.00875, 1e-12);
    done(&s);
}

static void evidence_gives_losses_with_feedback_intervals(void **state)
{
    struct solved s;
    solve(&s, FLOW("20/100") FEEDBACK);
    double w = 20.5 / 101;
    const struct metric *loss = layer(&s.r, "feedback", "loss");
    near(loss->value, (w - 0.05) * 0.1 / 3, 1e-12);
    assert_true(loss->low < loss->value && loss->value < loss->high);
    done(&s);
}

static void without_feedback_there_is_no_such_player(void **state)
{
    struct solved s;
    solve(&s, FLOW("20%"));
    assert_int_equal(s.r.layers.len, 2);
    near(layer(&s.r, "model", "loss")->value, 0.01, 1e-12);
    done(&s);
}

/* Eight repetitions: Student's 97.5% of 7 degrees is 2.36, and three such half-widths are passed
 * by chance in one of 5,000. */
static void simulated_losses_agree(void **state)
{
    static const struct {
        const char *id;
        double loss;
    } of[] = {
        {"feedback", 0.005 },
        {"model",    0.0075},
        {"human",    0.0075}
    };
    struct error err = {0};
    struct pipeline p;
    struct result r;
    struct run_options run = {.trials = 2, .seed = 5, .threads = 1, .level = 0.95};
    parse(FLOW("20%") FEEDBACK, &p);
    result_init(&r, "simulate");
    ok(importance_simulate(&p, &run, &r, &err), &err);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        const struct metric *loss = layer(&r, of[i].id, "loss");
        near(loss->value, of[i].loss, 3 * (loss->high - loss->value));
        assert_true(loss->high - loss->value < 0.004);
    }
    result_release(&r);
    pipeline_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(feedback_loses_what_it_has_not_taught_yet),
        cmocka_unit_test(feedback_closes_what_its_cycles_gain),
        cmocka_unit_test(evidence_gives_losses_with_feedback_intervals),
        cmocka_unit_test(without_feedback_there_is_no_such_player),
        cmocka_unit_test(simulated_losses_agree),
    };
    math_init();
    return cmocka_run_group_tests_name("losses with feedback", tests, NULL, NULL);
}
