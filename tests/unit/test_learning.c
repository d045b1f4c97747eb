/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/gsl_guard.h"
#include "math/rng.h"
#include "model/learning.h"
#include "model/scenario.h"
#include "tests/support/flow.h"
#include "tests/support/support.h"

#include <math.h>

#define FLOW                                                                                       \
    "name: T\n"                                                                                    \
    "classes: {easy: {share: 50%}, hard: {share: 50%}}\n"                                          \
    "flow:\n"                                                                                      \
    "  - stage: write\n"                                                                           \
    "    wrong: {easy: 4%, hard: 30%}\n"                                                           \
    "    given: {bad: {wrong: 50%}}\n"
#define DESK                                                                                       \
    "  - gate: sure\n"                                                                             \
    "    threshold: 80%\n"                                                                         \
    "    below: desk\n"                                                                            \
    "    above: ship\n"                                                                            \
    "  - review: desk\n"                                                                           \
    "arrivals: {poisson: 10/h}\n"                                                                  \
    "horizon: {length: 10h}\n"

/* By hand: 1% + 9% / (1 + 3000 / 1000)^0.5 = 5.5%. */
static void a_power_law_falls_towards_its_floor(void **state)
{
    const struct learn l = {LEARN_POWER_LAW, 0, 0.5, 1000, 0.01};
    near(learning_wrong(&l, 0.1, 0), 0.1, 0);
    near(learning_wrong(&l, 0.1, 3000), 0.055, 1e-15);
    near(learning_wrong(&l, 0.1, 1e30), 0.01, 1e-12);
    near(learning_wrong(&l, 0.005, 3000), 0.005, 0); /* never above what it was */
}

static void every_wrong_of_the_step_falls_and_the_rest_stays(void **state)
{
    struct pipeline p, q;
    flow_read(FLOW "    confidence: {good: 0.9, bad: 0.3}\n" DESK
                   "feedback: {cycle: 1h, learns: [{step: write, wrong: {power_law: {exponent: 1, "
                   "per: 100, floor: 2%}}}]}\n",
              &p);
    learning_apply(&p, &(struct lessons){.labels = 100}, &q);
    near(q.step[0].numbers[0].wrong.value, 0.03, 1e-15);
    near(q.step[0].numbers[1].wrong.value, 0.16, 1e-15);
    near(q.step[0].given[0].override.numbers[0].wrong.value, 0.26, 1e-15);
    near(p.step[0].numbers[0].wrong.value, 0.04, 0);
    near(q.step[1].numbers[0].threshold.value, 0.8, 0);
    assert_true(q.feedback.cycle_s == 0);
    pipeline_release(&q);
    pipeline_release(&p);
}

static void a_canon_counts_what_reviewers_mended(void **state)
{
    struct pipeline p, q;
    flow_read(FLOW "    confidence: {good: 0.9, bad: 0.3}\n" DESK
                   "feedback: {cycle: 1h, learns: [{canon: write, wrong: {power_law: {exponent: 1, "
                   "per: 100, floor: 2%}}}]}\n",
              &p);
    learning_apply(&p, &(struct lessons){.labels = 1e9, .mended = 100}, &q);
    near(q.step[0].numbers[0].wrong.value, 0.03, 1e-15);
    pipeline_release(&q);
    pipeline_release(&p);
}

/* tests/data/scenario_labels.csv: 0.4 and 0.6 are wrong, 0.7, 0.8, 0.9, 0.95 correct. */
static void a_calibration_is_fitted_to_its_labels(void **state)
{
    struct pipeline p, store;
    flow_read(FLOW "    confidence: {labels: scenario_labels.csv, calibration: isotonic}\n" DESK,
              &p);
    const struct pipeline *q = learning_none(&p, &store);
    assert_ptr_equal(q, &store);
    near(dist_from(&q->step[0].numbers[1].confidence_good, 1), 1, 1e-15);
    near(dist_cdf(&q->step[0].numbers[1].confidence_bad, 0), 1, 1e-15);
    assert_true((pipeline_features(q) & FEATURE(CALIBRATION)) == 0);
    pipeline_release(&store);
    pipeline_release(&p);
}

static void without_calibration_and_feedback_nothing_is_copied(void **state)
{
    struct pipeline p, store;
    flow_read(FLOW "    confidence: {good: 0.9, bad: 0.3}\n" DESK, &p);
    assert_ptr_equal(learning_none(&p, &store), &p);
    pipeline_release(&store);
    pipeline_release(&p);
}

/* Expected calibration error of 40,000 confidences of one step, 85% of whose items are good. */
static double ece_of(const struct pipeline *p)
{
    enum { N = 40000 };
    const struct numbers *n = &p->step[0].numbers[0];
    struct scored *s = mem_zero(N, sizeof *s);
    struct calibration *c = mem_zero(1, sizeof *c);
    struct rng_seq rng = {rng_key(1, 0, 0, 0, RNG_SPLIT), 0};
    for (size_t i = 0; i < N; i++) {
        s[i].correct = rng_unit(rng_next(&rng)) < 0.85;
        s[i].weight = 1;
        s[i].confidence = dist_quantile(s[i].correct ? &n->confidence_good : &n->confidence_bad,
                                        rng_unit(rng_next(&rng)));
    }
    calibration_compute(s, N, 15, false, c);
    double ece = c->ece;
    mem_free(s);
    mem_free(c);
    return ece;
}

/* Beta(6, 4) and Beta(3, 4) are far too shy for a stage that is right 85% of the time.  A level
 * sample of 40,000 shows an error of about sqrt(2 p q / (pi n / 15)) / 15 a bin: 0.005 in all. */
static void a_refit_makes_confidences_honest(void **state)
{
    struct pipeline p, q;
    enum { LABELS = 20000 };
    struct scored *s = mem_zero(LABELS, sizeof *s);
    struct rng_seq rng = {rng_key(2, 0, 0, 0, RNG_SPLIT), 0};
    struct calibration_map m;
    flow_read("name: T\nflow:\n  - stage: write\n    wrong: 15%\n"
              "    confidence: {good: {beta: {a: 6, b: 4}}, bad: {beta: {a: 3, b: 4}}}\n" DESK
              "feedback: {cycle: 1h, learns: [{recalibrate: write}]}\n",
              &p);
    for (size_t i = 0; i < LABELS; i++) {
        s[i].correct = rng_unit(rng_next(&rng)) < 0.85;
        s[i].weight = 1;
        s[i].confidence = s[i].correct ? rng_beta(&rng, 6, 4) : rng_beta(&rng, 3, 4);
    }
    assert_int_equal(learning_fit(&p.step[0]), FIT_BETA);
    calibration_fit(learning_fit(&p.step[0]), s, LABELS, NULL, &m);
    const struct calibration_map *maps[3] = {&m};
    learning_apply(&p, &(struct lessons){.labels = LABELS, .map = maps}, &q);
    within(ece_of(&p), 0.2, 1);
    within(ece_of(&q), 0, 0.015);
    pipeline_release(&q);
    pipeline_release(&p);
    mem_free(s);
}

int main(void)
{
    math_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_power_law_falls_towards_its_floor),
        cmocka_unit_test(every_wrong_of_the_step_falls_and_the_rest_stays),
        cmocka_unit_test(a_canon_counts_what_reviewers_mended),
        cmocka_unit_test(a_calibration_is_fitted_to_its_labels),
        cmocka_unit_test(without_calibration_and_feedback_nothing_is_copied),
        cmocka_unit_test(a_refit_makes_confidences_honest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
