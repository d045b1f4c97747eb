/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/calibration.h"
#include "tests/support/support.h"

#include "math/rng.h"
#include <math.h>
#include <string.h>

struct pair {
    double confidence;
    int correct;
};

static struct calibration of_pairs(const struct pair *p, size_t n, size_t bins, bool right_closed)
{
    struct scored *s = mem_zero(n, sizeof *s);
    for (size_t i = 0; i < n; i++)
        s[i] = (struct scored){p[i].confidence, 1, p[i].correct != 0, 0, 0};
    struct calibration c;
    calibration_compute(s, n, bins, right_closed, &c);
    mem_free(s);
    return c;
}
#define OF(pairs, bins, right_closed)                                                              \
    of_pairs(pairs, sizeof pairs / sizeof *pairs, bins, right_closed)

/* Distinct confidences, none on an edge; values by exact fractions and by scikit-learn. */
static const struct pair distinct[] = {
    {0.856, 1},
    {0.720, 1},
    {0.626, 0},
    {0.699, 1},
    {0.634, 0},
    {0.576, 0},
    {0.746, 1},
    {0.901, 1},
    {0.516, 1},
    {0.324, 1},
    {0.619, 0},
    {0.825, 1},
    {0.778, 1},
    {0.652, 1},
    {0.466, 0},
    {0.340, 0},
    {0.475, 0},
    {0.290, 0},
    {0.742, 1},
    {0.602, 1},
    {0.414, 1},
    {0.537, 1},
    {0.617, 0},
    {0.554, 1},
    {0.717, 1},
    {0.616, 1},
    {0.555, 1},
    {0.799, 1},
    {0.729, 0},
    {0.870, 1},
    {0.956, 1},
    {0.723, 1},
    {0.809, 1},
    {0.882, 1},
    {0.788, 1},
    {0.532, 1},
    {0.964, 1},
    {0.679, 1},
    {0.780, 1},
    {0.591, 0},
    {0.876, 1},
    {0.519, 0},
    {0.745, 1},
    {0.943, 1},
    {0.774, 0},
    {0.926, 1},
    {0.875, 1},
    {0.456, 0},
    {0.914, 1},
    {0.649, 1},
    {0.731, 0},
    {0.639, 1},
    {0.703, 0},
    {0.955, 1},
    {0.874, 1},
    {0.732, 1},
    {0.903, 1},
    {0.813, 1},
    {0.705, 0},
    {0.550, 0},
};

static void measures_of_distinct_confidences_match_independent_values(void **state)
{
    struct calibration c = OF(distinct, 10, false);
    near(c.ece, 0.07181666666666667, 1e-10);
    near(c.mce, 0.29, 1e-10);
    near(c.brier, 0.16639158333333334, 1e-10);
    near(c.log_loss, 0.4943351015442906, 1e-10);
    near(c.aurc, 0.11557191144994519, 1e-10);
    near(c.aurc_optimal, 0.052810675587620697, 1e-10);
    near(c.eaurc, 0.06276123586232449, 1e-10);
    near(c.auroc, 0.8042328042328042, 1e-10);
    near(OF(distinct, 6, false).ece_mass, 0.07938333333333329, 1e-10);
    /* no confidence is on an edge */
    near(OF(distinct, 10, true).ece, c.ece, 1e-15);
}

static const struct pair tied[] = {
    {1.00, 1},
    {0.90, 1},
    {0.90, 0},
    {0.90, 1},
    {0.80, 1},
    {0.80, 0},
    {0.75, 1},
    {0.60, 0},
    {0.60, 1},
    {0.55, 1},
    {0.50, 0},
    {0.50, 1},
};

static void ties_and_edges_match_independent_values(void **state)
{
    struct calibration c = OF(tied, 10, false);
    near(c.ece, 0.18333333333333332, 1e-12);
    near(OF(tied, 10, true).ece, 0.10833333333333334, 1e-12);
    near(c.aurc, 0.26294041606541607, 1e-12);
    near(c.aurc_least, 0.2132034632034632, 1e-12);
    near(c.aurc_most, 0.31730699855699857, 1e-12);
    near(c.auroc, 0.578125, 1e-12);
}

static void brier_is_the_sum_of_its_parts(void **state)
{
    struct calibration c = OF(distinct, 10, false);
    near(c.brier_reliability - c.brier_resolution + c.brier_uncertainty, c.brier, 1e-15);
    near(c.brier_uncertainty, 42.0 * 18 / 3600, 1e-15);
    /* two values, each alone in its bin: the parts of Murphy 1973 by hand */
    static const struct pair two[] = {
        {0.8, 1},
        {0.8, 1},
        {0.8, 0},
        {0.3, 0}
    };
    c = OF(two, 10, false);
    near(c.brier_reliability, 0.75 * pow(0.8 - 2.0 / 3, 2) + 0.25 * 0.09, 1e-15);
    near(c.brier_resolution, 0.75 * pow(2.0 / 3 - 0.5, 2) + 0.25 * 0.25, 1e-15);
    near(c.brier_uncertainty, 0.25, 1e-15);
}

static void bins_hold_their_rows_and_intervals(void **state)
{
    struct calibration c = OF(tied, 10, false);
    const struct calibration_bin *top = &c.bin[9];
    assert_int_equal(top->n, 4); /* 1.0 and the three of 0.9 */
    assert_int_equal(top->correct, 3);
    near(top->confidence, 0.925, 1e-15);
    near(top->accuracy, 0.75, 1e-15);
    near(top->accuracy_low, 0.1941204497, 1e-9); /* R: binom.test(3, 4) */
    near(top->accuracy_high, 0.9936905367, 1e-9);
    assert_int_equal(c.bin[0].n, 0);
    assert_true(isnan(c.bin[0].accuracy));
    near(c.bin[3].low, 0.3, 1e-15);
}

static void an_edge_as_written_is_an_edge(void **state)
{
    for (size_t bins = 1; bins <= CALIBRATION_BINS_MAX; bins++) {
        for (size_t i = 0; i <= bins; i++) {
            const struct pair one[] = {
                {(double)i / (double)bins, 1}
            };
            size_t left = i < bins ? i : bins - 1, right = i > 0 ? i - 1 : 0;
            assert_int_equal(OF(one, bins, false).bin[left].n, 1);
            assert_int_equal(OF(one, bins, true).bin[right].n, 1);
        }
    }
}

static void a_certain_answer_that_is_wrong_costs_everything(void **state)
{
    static const struct pair wrong_one[] =
        {
            {1,   0},
            {0.5, 1}
    },
                             wrong_zero[] = {{0, 1}, {0.5, 1}};
    static const struct pair right[] = {
        {1, 1},
        {0, 0}
    };
    assert_true(isinf(OF(wrong_one, 10, false).log_loss));
    assert_true(isinf(OF(wrong_zero, 10, false).log_loss));
    near(OF(right, 10, false).log_loss, 0, 0);
}

static void one_class_has_no_auroc_and_the_rest_is_finite(void **state)
{
    static const struct pair good[] =
        {
            {0.9, 1},
            {0.2, 1}
    },
                             bad[] = {{0.9, 0}, {0.2, 0}};
    struct calibration c = OF(good, 10, false);
    assert_true(isnan(c.auroc));
    near(c.aurc, 0, 0);
    near(c.augrc, 0, 0);
    c = OF(bad, 10, false);
    assert_true(isnan(c.auroc));
    near(c.aurc, 1, 1e-15);
    near(c.eaurc, 0, 1e-15);
    near(c.augrc, 0.75, 1e-15); /* (1/2 + 2/2) / 2 */
}

static void augrc_is_the_mean_joint_risk(void **state)
{
    /* order by confidence: right, wrong, right, wrong: errors 0 1 1 2 of 4 */
    static const struct pair p[] = {
        {0.9, 1},
        {0.8, 0},
        {0.7, 1},
        {0.6, 0}
    };
    near(OF(p, 10, false).augrc, 4.0 / 16, 1e-15);
    near(OF(p, 10, false).aurc, (0 + 1.0 / 2 + 1.0 / 3 + 2.0 / 4) / 4, 1e-15);
    /* all tied: 1/2 at every length */
    static const struct pair t[] = {
        {0.9, 1},
        {0.9, 0}
    };
    near(OF(t, 10, false).aurc, 0.5, 1e-15);
    near(OF(t, 10, false).augrc, 0.375, 1e-15);
}

enum { MANY = 3000 };

/* Confidences of two decimals, so with many ties. */
static void make_many(struct pair *p)
{
    struct rng_seq rng = {rng_key(7, 0, 0, 0, RNG_SPLIT), 0};
    for (int i = 0; i < MANY; i++) {
        p[i].confidence = (double)rng_below(&rng, 101) / 100;
        p[i].correct = rng_unit(rng_next(&rng)) < 0.3 + 0.6 * p[i].confidence;
    }
}

static void measures_match_their_plain_definitions(void **state)
{
    static struct pair p[MANY];
    make_many(p);
    double pairs = 0, wins = 0, brier = 0, aurc = 0, right[20] = {0}, sum[20] = {0}, ece = 0;
    for (int i = 0; i < MANY; i++) {
        int bin = (int)fmin(floor(p[i].confidence * 100 + 0.5) / 5, 19);
        right[bin] += p[i].correct;
        sum[bin] += p[i].confidence;
        brier += pow(p[i].confidence - p[i].correct, 2) / MANY;
        double above = 0, above_wrong = 0, same = 0, same_wrong = 0;
        for (int j = 0; j < MANY; j++) {
            bool higher = p[j].confidence > p[i].confidence,
                 tie = p[j].confidence == p[i].confidence;
            above += higher, above_wrong += higher && !p[j].correct;
            same += tie, same_wrong += tie && !p[j].correct;
            if (p[i].correct && !p[j].correct)
                pairs++, wins += tie ? 0.5 : !higher;
        }
        for (int r = 1; r <= same; r++) /* the row is the r-th of its tie with chance 1 / same */
            aurc += (above_wrong + same_wrong * r / same) / (above + r) / same / MANY;
    }
    for (int b = 0; b < 20; b++)
        ece += fabs(right[b] - sum[b]) / MANY;
    struct calibration c = OF(p, 20, false);
    near(c.auroc, wins / pairs, 1e-12);
    near(c.brier, brier, 1e-12);
    near(c.ece, ece, 1e-12);
    near(c.aurc, aurc, 1e-12);
}

static void the_order_of_the_rows_changes_nothing(void **state)
{
    static struct pair p[MANY], back[MANY];
    make_many(p);
    for (int i = 0; i < MANY; i++)
        back[MANY - 1 - i] = p[i];
    struct calibration a = OF(p, 15, false), b = OF(back, 15, false);
    assert_memory_equal(&a, &b, sizeof a);
}

static void equal_mass_bins_share_a_tie_in_proportion(void **state)
{
    /* one value, accuracy 1/2, confidence 0.7: every bin has the same gap */
    static const struct pair p[] = {
        {0.7, 1},
        {0.7, 0},
        {0.7, 1},
        {0.7, 0},
        {0.7, 1},
        {0.7, 0}
    };
    near(OF(p, 3, false).ece_mass, 0.2, 1e-15);
    near(OF(p, 100, false).ece_mass, 0.2, 1e-15); /* more bins than rows */
    /* 4 rows in 2 bins, by hand: |(0.1 + 0.2) - 1| / 4 + |(0.8 + 0.9) - 1| / 4 */
    static const struct pair q[] = {
        {0.1, 0},
        {0.2, 1},
        {0.8, 0},
        {0.9, 1}
    };
    near(OF(q, 2, false).ece_mass, 0.35, 1e-15);
}

/* Influence by the jackknife (Tukey 1958): leaving each label out in turn gives the variance that
 * the influence functions give, up to terms of 1 / n. */
static void intervals_agree_with_leaving_each_label_out(void **state)
{
    enum { ROWS = 800 };
    static struct scored s[ROWS], rest[ROWS];
    struct calibration c, without;
    struct rng_seq rng = {rng_key(9, 0, 0, 0, RNG_SPLIT), 0};
    double value[MEASURE_COUNT], mean[3] = {0}, square[3] = {0};
    struct interval range[MEASURE_COUNT];
    for (size_t i = 0; i < ROWS; i++)
        s[i] = (struct scored){.confidence = (double)rng_below(&rng, 201) / 200, .weight = 1};
    for (size_t i = 0; i < ROWS; i++)
        s[i].correct = rng_unit(rng_next(&rng)) < 0.3 + 0.6 * s[i].confidence;
    calibration_compute(s, ROWS, 10, false, &c);
    calibration_measures(s, ROWS, &c, 0.95, value, range);
    near(value[MEASURE_AURC], c.aurc, 0);
    for (size_t out = 0; out < ROWS; out++) {
        memcpy(rest, s, sizeof s);
        rest[out] = rest[ROWS - 1];
        calibration_compute(rest, ROWS - 1, 10, false, &without);
        const double at[3] = {without.brier, without.aurc, without.augrc};
        for (int k = 0; k < 3; k++) {
            mean[k] += at[k] / ROWS;
            square[k] += at[k] * at[k] / ROWS;
        }
    }
    const double z = student_quantile(0.975, ROWS - 1);
    double sd[3];
    for (int k = 0; k < 3; k++)
        sd[k] = sqrt((ROWS - 1) * (square[k] - mean[k] * mean[k]));
    near_rel(range[MEASURE_BRIER].high - value[MEASURE_BRIER], z * sd[0], 0.01);
    near_rel(log(range[MEASURE_AURC].high / value[MEASURE_AURC]), z * sd[1] / value[MEASURE_AURC],
             0.02);
    near_rel(sqrt(range[MEASURE_AUGRC].high) - sqrt(value[MEASURE_AUGRC]),
             z * sd[2] / (2 * sqrt(value[MEASURE_AUGRC])), 0.02);
}

/* By hand from DeLong, DeLong and Clarke-Pearson 1988: right 0.9 0.8 0.6, wrong 0.7 0.5. Placements
 * of the right ones 1, 1, 1/2, of the wrong ones 2/3, 1; AUROC 5/6; variance (1/12) / 3 + (1/18) /
 * 2 = 1/18. */
static void auroc_has_the_variance_of_delong(void **state)
{
    static const struct scored s[] = {
        {0.9, 1, true,  0, 0},
        {0.8, 1, true,  0, 0},
        {0.7, 1, false, 0, 0},
        {0.6, 1, true,  0, 0},
        {0.5, 1, false, 0, 0}
    };
    struct calibration c;
    double value[MEASURE_COUNT], area = 5.0 / 6;
    struct interval range[MEASURE_COUNT];
    calibration_compute(s, 5, 10, false, &c);
    calibration_measures(s, 5, &c, 0.95, value, range);
    near(value[MEASURE_AUROC], area, 1e-15);
    /* student_quantile(0.975, 4), from tables */
    double half = 2.7764451051977987 * sqrt(1.0 / 18) / (area * (1 - area));
    near(range[MEASURE_AUROC].low, 1 / (1 + exp(half - log(5))), 1e-12);
    near(range[MEASURE_AUROC].high, 1 / (1 + exp(-half - log(5))), 1e-12);
}

static void labels_of_one_kind_have_the_bounds_of_a_binomial(void **state)
{
    static struct scored s[100];
    struct calibration c;
    double value[MEASURE_COUNT];
    struct interval range[MEASURE_COUNT];
    for (int i = 0; i < 100; i++)
        s[i] = (struct scored){.confidence = 0.5 + i / 250.0, .weight = 1, .correct = true};
    calibration_compute(s, 100, 10, false, &c);
    calibration_measures(s, 100, &c, 0.95, value, range);
    double u = 1 - pow(0.025, 0.01);
    near(range[MEASURE_AUGRC].high, u, 1e-12);
    near(range[MEASURE_AURC].high, u * (1 - log(u)), 1e-12);
    assert_true(isnan(value[MEASURE_AUROC]));
    s[0].correct = false; /* the ranking is perfect: one wrong label, and it comes last */
    calibration_compute(s, 100, 10, false, &c);
    calibration_measures(s, 100, &c, 0.95, value, range);
    near(value[MEASURE_AUROC], 1, 0);
    near(range[MEASURE_AUROC].low, 0.025, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures_of_distinct_confidences_match_independent_values),
        cmocka_unit_test(ties_and_edges_match_independent_values),
        cmocka_unit_test(brier_is_the_sum_of_its_parts),
        cmocka_unit_test(bins_hold_their_rows_and_intervals),
        cmocka_unit_test(an_edge_as_written_is_an_edge),
        cmocka_unit_test(a_certain_answer_that_is_wrong_costs_everything),
        cmocka_unit_test(one_class_has_no_auroc_and_the_rest_is_finite),
        cmocka_unit_test(augrc_is_the_mean_joint_risk),
        cmocka_unit_test(measures_match_their_plain_definitions),
        cmocka_unit_test(the_order_of_the_rows_changes_nothing),
        cmocka_unit_test(equal_mass_bins_share_a_tie_in_proportion),
        cmocka_unit_test(intervals_agree_with_leaving_each_label_out),
        cmocka_unit_test(auroc_has_the_variance_of_delong),
        cmocka_unit_test(labels_of_one_kind_have_the_bounds_of_a_binomial),
    };
    return cmocka_run_group_tests_name("calibration", tests, NULL, NULL);
}
