/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cheap model, strong model, people: thresholds against a plain count, and stages that do not
 * pay. */
#include "tests/support/support.h"

#include "decide/cascade.h"
#include "math/gsl_guard.h"
#include "math/interval.h"
#include "math/rng.h"

#include <math.h>
#include <string.h>

enum { ROWS = 20000 };

/* A cheap model right with 0.85, Beta(8,2) when right and Beta(3,3) when wrong; a strong one, right
 * with 0.95, Beta(9,1.5) and Beta(3,2), that knows nothing of the first. */
static struct cascade_label *labels_new(size_t n)
{
    struct cascade_label *s = mem_alloc(n * sizeof *s);
    struct rng_seq rng = {rng_key(6, 0, 0, 0, RNG_SPLIT), 0};
    for (size_t i = 0; i < n; i++) {
        bool a = rng_unit(rng_next(&rng)) < 0.85, b = rng_unit(rng_next(&rng)) < 0.95;
        s[i] = (struct cascade_label){
            {a ? rng_beta(&rng, 8, 2) : rng_beta(&rng, 3, 3),
             b ? rng_beta(&rng, 9, 1.5) : rng_beta(&rng, 3, 2)},
            {a,                b              }
        };
    }
    return s;
}

static int size_with(const struct cascade_label *s, size_t n, double target, double strong,
                     struct result *r, bool *certified, struct error *err)
{
    const struct target t = {"auto_error", TARGET_AT_MOST, target, "at most"};
    const struct cascade_options o = {
        .level = 0.95, .seed = 1, .targets = &t, .n_targets = 1, .cost = {1, strong, 200}
    };
    result_init(r, "size");
    return size_cascade(s, n, &o, r, certified, err);
}

static double threshold_of(const struct result *r, size_t row)
{
    return metrics_find(&r->classes.at[row].metrics, "threshold")->value;
}

static void what_is_said_of_the_stages_is_what_a_plain_count_finds(void **state)
{
    struct cascade_label *s = labels_new(ROWS);
    struct error err = {0};
    struct result r;
    bool certified;
    ok(size_with(s, ROWS, 0.02, 10, &r, &certified, &err), &err);
    assert_true(certified);
    double t1 = threshold_of(&r, 0), t2 = threshold_of(&r, 1), cost = 0;
    uint64_t m = 0, k = 0, people = 0;
    for (size_t i = 0; i < ROWS; i++) {
        int model = s[i].confidence[0] >= t1 ? 0 : s[i].confidence[1] >= t2 ? 1 : 2;
        cost += model == 0 ? 1 : model == 1 ? 11 : 211;
        people += model == 2;
        m += model < 2;
        k += model < 2 && !s[i].correct[model];
    }
    assert_int_equal(r.answer.m, m);
    assert_int_equal(r.answer.k, k);
    near(r.answer.review_load, (double)people / ROWS, 1e-12);
    near_rel(metrics_find(&r.metrics, "cost_per_item")->value, cost / ROWS, 1e-9);
    assert_true(r.answer.bound <= 0.02);
    assert_int_equal(r.warnings.len, 0); /* both models pay */
    /* shipping at 0.8 and 0.7 errs 1.9% of what models ship and costs 17.85 (total probability) */
    within(metrics_find(&r.metrics, "cost_per_item")->value, 15, 21);
    result_release(&r);
    mem_free(s);
}

static void a_model_that_costs_more_than_people_does_not_pay(void **state)
{
    struct cascade_label *s = labels_new(ROWS);
    struct error err = {0};
    struct result r;
    bool certified;
    ok(size_with(s, ROWS, 0.02, 300, &r, &certified, &err), &err);
    assert_true(certified);
    assert_int_equal(r.warnings.len, 1);
    text_has(r.warnings.at[0], "the strong model does not pay");
    result_release(&r);
    mem_free(s);
}

static void what_labels_cannot_certify_is_said(void **state)
{
    struct cascade_label *s = labels_new(ROWS);
    struct error err = {0};
    struct result r;
    bool certified;
    ok(size_with(s, 60, 0.005, 10, &r, &certified, &err), &err);
    assert_false(certified);
    assert_string_equal(r.answer.ending, "too few labels");
    result_release(&r);
    assert_int_equal(size_with(s, 7, 0.02, 10, &r, &certified, &err), -1);
    error_is(&err, ERR_INPUT, "8 or more");
    result_release(&r);
    mem_free(s);
}

/* The guarantee, against a population; 400 repetitions see 5% as 9% or more with 0.1%. */
static void certified_pairs_break_the_target_no_more_than_promised(void **state)
{
    enum { REPETITIONS = 400, SAMPLE = 1500 };
    struct cascade_label *all = labels_new(ROWS), *s = mem_alloc(SAMPLE * sizeof *s);
    struct rng_seq rng = {rng_key(8, 0, 0, 0, RNG_SPLIT), 0};
    double found = 0, broken = 0;
    for (int rep = 0; rep < REPETITIONS; rep++) {
        struct error err = {0};
        struct result r;
        bool certified;
        for (size_t i = 0; i < SAMPLE; i++)
            s[i] = all[rng_below(&rng, ROWS)];
        ok(size_with(s, SAMPLE, 0.03, 10, &r, &certified, &err), &err);
        if (certified) {
            double t1 = threshold_of(&r, 0), t2 = threshold_of(&r, 1), m = 0, k = 0;
            for (size_t i = 0; i < ROWS; i++) {
                int model = all[i].confidence[0] >= t1 ? 0 : all[i].confidence[1] >= t2 ? 1 : 2;
                m += model < 2;
                k += model < 2 && !all[i].correct[model];
            }
            found++;
            broken += k > 0.03 * m;
        }
        result_release(&r);
    }
    within(found / REPETITIONS, 0.8, 1);
    within(broken / REPETITIONS, 0, 0.09);
    mem_free(s);
    mem_free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_of_the_stages_is_what_a_plain_count_finds),
        cmocka_unit_test(a_model_that_costs_more_than_people_does_not_pay),
        cmocka_unit_test(what_labels_cannot_certify_is_said),
        cmocka_unit_test(certified_pairs_break_the_target_no_more_than_promised),
    };
    math_init();
    return cmocka_run_group_tests_name("cascade", tests, NULL, NULL);
}
