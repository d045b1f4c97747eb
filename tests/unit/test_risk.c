/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/risk.h"
#include "tests/support/support.h"

#include "math/interval.h"
#include "math/power.h"
#include "math/rng.h"
#include <math.h>

/* 200 distinct confidences; the traces were computed apart from this program, the bounds with
 * multiple precision. */
static const struct {
    double confidence;
    int correct;
} sgr200[] = {
    {0.7741, 0},
    {0.8338, 1},
    {0.9162, 1},
    {0.9335, 1},
    {0.6059, 1},
    {0.6256, 1},
    {0.5438, 1},
    {0.5470, 1},
    {0.7859, 1},
    {0.9327, 0},
    {0.7779, 1},
    {0.8500, 1},
    {0.9849, 1},
    {0.8820, 0},
    {0.6912, 0},
    {0.5362, 0},
    {0.7004, 1},
    {0.9751, 1},
    {0.7550, 1},
    {0.8890, 1},
    {0.7974, 1},
    {0.6781, 1},
    {0.6837, 0},
    {0.9382, 1},
    {0.9460, 1},
    {0.8404, 0},
    {0.9821, 1},
    {0.5586, 0},
    {0.7952, 0},
    {0.6994, 1},
    {0.7464, 1},
    {0.8328, 1},
    {0.9904, 1},
    {0.9115, 1},
    {0.9330, 1},
    {0.9815, 1},
    {0.8618, 1},
    {0.9894, 1},
    {0.8854, 1},
    {0.5101, 0},
    {0.9603, 1},
    {0.5974, 0},
    {0.9676, 1},
    {0.8268, 1},
    {0.7287, 0},
    {0.7558, 1},
    {0.9440, 1},
    {0.7411, 1},
    {0.8014, 1},
    {0.7365, 0},
    {0.9964, 1},
    {0.8199, 0},
    {0.6654, 1},
    {0.8137, 0},
    {0.9225, 1},
    {0.4869, 0},
    {0.5595, 0},
    {0.8203, 1},
    {0.9910, 1},
    {0.6180, 0},
    {0.6612, 0},
    {0.6641, 1},
    {0.6789, 1},
    {0.8557, 1},
    {0.9531, 1},
    {0.8555, 1},
    {0.9006, 1},
    {0.7714, 1},
    {0.9216, 1},
    {0.7678, 1},
    {0.7392, 1},
    {0.7865, 0},
    {0.8087, 1},
    {0.7961, 1},
    {0.8238, 1},
    {0.6097, 0},
    {0.7580, 0},
    {0.8641, 1},
    {0.6477, 0},
    {0.7497, 1},
    {0.9740, 1},
    {0.5823, 0},
    {0.7765, 1},
    {0.8325, 1},
    {0.7646, 1},
    {0.8852, 0},
    {0.5000, 1},
    {0.8141, 1},
    {0.8660, 1},
    {0.7621, 1},
    {0.7589, 1},
    {0.8099, 0},
    {0.7969, 0},
    {0.8464, 1},
    {0.7383, 0},
    {0.6359, 1},
    {0.8805, 1},
    {0.7183, 1},
    {0.7316, 1},
    {0.7850, 1},
    {0.8732, 1},
    {0.9333, 1},
    {0.9488, 1},
    {0.4709, 0},
    {0.8461, 1},
    {0.8649, 1},
    {0.8585, 1},
    {0.6752, 1},
    {0.8242, 0},
    {0.8045, 1},
    {0.5200, 1},
    {0.9790, 1},
    {0.8659, 1},
    {0.9783, 1},
    {0.8180, 1},
    {0.7789, 0},
    {0.6973, 0},
    {0.7697, 1},
    {0.3614, 0},
    {0.7638, 1},
    {0.5518, 0},
    {0.7422, 1},
    {0.8046, 0},
    {0.7060, 1},
    {0.9633, 1},
    {0.9159, 1},
    {0.6953, 1},
    {0.8021, 1},
    {0.7369, 1},
    {0.7905, 1},
    {0.7642, 1},
    {0.9247, 1},
    {0.7854, 1},
    {0.7909, 1},
    {0.7817, 1},
    {0.6023, 1},
    {0.8496, 1},
    {0.6270, 0},
    {0.9579, 1},
    {0.8485, 1},
    {0.7960, 1},
    {0.6798, 0},
    {0.8906, 1},
    {0.7941, 0},
    {0.4658, 1},
    {0.7379, 1},
    {0.9631, 1},
    {0.8455, 1},
    {0.8647, 1},
    {0.9373, 1},
    {0.9294, 1},
    {0.8938, 1},
    {0.8153, 1},
    {0.8898, 1},
    {0.8800, 1},
    {0.9060, 1},
    {0.7085, 1},
    {0.5723, 1},
    {0.7347, 1},
    {0.9812, 1},
    {0.7400, 1},
    {0.7542, 1},
    {0.7804, 1},
    {0.3441, 0},
    {0.6298, 0},
    {0.6022, 1},
    {0.9207, 1},
    {0.6566, 1},
    {0.7139, 1},
    {0.9968, 1},
    {0.9563, 1},
    {0.8950, 1},
    {0.6339, 1},
    {0.9154, 0},
    {0.9496, 1},
    {0.9372, 0},
    {0.5762, 1},
    {0.8288, 1},
    {0.7848, 1},
    {0.8020, 1},
    {0.8665, 1},
    {0.6804, 1},
    {0.8006, 0},
    {0.9315, 1},
    {0.9275, 1},
    {0.6745, 1},
    {0.9355, 1},
    {0.9066, 1},
    {0.9375, 1},
    {0.9760, 1},
    {0.7390, 1},
    {0.7467, 1},
    {0.5995, 1},
    {0.8251, 1},
    {0.8881, 0},
    {0.9365, 1},
    {0.9357, 1},
    {0.6252, 1},
    {0.5774, 1},
    {0.5765, 1},
};

struct trace_row {
    size_t z;
    double threshold;
    uint64_t m, k;
    double bound;
};
static const struct trace_row trace_25[] = {
    {101, 0.8014, 100, 12, 0.21225848017070684},
    {51,  0.7085, 150, 23, 0.23113911782294164},
    {26,  0.618,  175, 32, 0.257764371754942  },
    {39,  0.6752, 162, 27, 0.24290678017828007},
    {33,  0.6477, 168, 29, 0.24804590339607563},
    {30,  0.6298, 171, 30, 0.250455797303634  },
    {32,  0.6359, 169, 29, 0.24664650496062493},
    {31,  0.6339, 170, 29, 0.24526275615609955},
};
static const struct trace_row trace_12[] = {
    {101, 0.8014, 100, 12, 0.21225848017070684},
    {151, 0.9006, 50,  3,  0.18206000347353057},
    {176, 0.944,  25,  0,  0.16077888838866516},
    {188, 0.9751, 13,  0,  0.28614753660725034},
    {194, 0.9821, 7,   0,  0.4652755999733036 },
    {197, 0.9904, 4,   0,  0.6656298475117892 },
    {199, 0.9964, 2,   0,  0.8881966011250106 },
    {200, 0.9968, 1,   0,  0.9875             },
};

static void fill_sgr200(struct scored s[200])
{
    for (int i = 0; i < 200; i++)
        s[i] = (struct scored){sgr200[i].confidence, 1, sgr200[i].correct != 0, 0, 0};
}

static void check_trace(double target, const struct trace_row *want, struct risk_step *converged)
{
    struct scored s[200];
    struct risk_step step[RISK_STEPS_MAX];
    fill_sgr200(s);
    assert_int_equal(risk_sgr_trace(s, 200, target, 0.9, step, converged), 8);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(step[i].z, want[i].z);
        near(step[i].point.threshold, want[i].threshold, 1e-12);
        assert_int_equal(step[i].point.m, want[i].m);
        assert_int_equal(step[i].point.k, want[i].k);
        near(step[i].bound, want[i].bound, 1e-7);
        assert_int_equal(step[i].holds, want[i].bound < target);
    }
}

static struct risk_answer choose(enum risk_method method, const struct scored *s, size_t n,
                                 struct risk_options o)
{
    struct risk_answer out;
    struct error err = {0};
    ok(risk_choose(method, s, n, &o, &out, &err), &err);
    return out;
}

static void sgr_takes_the_steps_of_the_paper(void **state)
{
    struct risk_step converged;
    check_trace(0.25, trace_25, &converged);
    near(converged.point.threshold, 0.6339, 1e-12);
    near((double)converged.point.m / 200, 0.85, 1e-12);
    near(converged.bound, 0.24526275615609955, 1e-7);
    assert_true(converged.holds);
    check_trace(0.12, trace_12, &converged);
    near(converged.point.threshold, 0.9968, 1e-12);
    near((double)converged.point.m / 200, 0.005, 1e-12);
    near(converged.bound, 0.9875, 1e-7);
    assert_false(converged.holds);
}

static void sgr_answers_with_the_last_threshold_that_holds_or_none(void **state)
{
    struct scored s[200];
    fill_sgr200(s);
    struct risk_answer a = choose(RISK_SGR, s, 200, (struct risk_options){0.25, 0.9});
    assert_int_equal(a.ending, RISK_CERTIFIED);
    near(a.threshold, 0.6339, 1e-12);
    assert_int_equal(a.m, 170);
    assert_int_equal(a.k, 29);
    near(a.bound, 0.24526275615609955, 1e-7);
    assert_int_equal(a.tests, 8);
    near(a.review_load, 0.15, 1e-12);
    a = choose(RISK_SGR, s, 200, (struct risk_options){0.12, 0.9});
    assert_false(a.found);
    assert_int_equal(a.ending, RISK_TOO_FEW);
    assert_true(a.labels_needed > 200);
    assert_true(isnan(a.threshold));
}

static struct risk_answer all_right(enum risk_method method, size_t n, double target)
{
    struct scored *s = mem_zero(n, sizeof *s);
    for (size_t i = 0; i < n; i++)
        s[i] = (struct scored){0.9, 1, true, 0, 0};
    struct risk_answer a = choose(method, s, n, (struct risk_options){target, 0.95, 3, 0, 0.5});
    mem_free(s);
    return a;
}

static void zero_errors_certify_from_the_known_numbers_of_labels(void **state)
{
    static const struct {
        double target;
        size_t exact, split;
    } row[] = {
        {0.05,  59,  79 },
        {0.02,  149, 199},
        {0.01,  299, 399},
        {0.005, 598, 798}
    };
    for (int i = 0; i < 4; i++) {
        struct risk_answer a = all_right(RISK_EXACT, row[i].exact, row[i].target);
        assert_int_equal(a.ending, RISK_CERTIFIED);
        assert_true(a.bound <= row[i].target);
        a = all_right(RISK_EXACT, row[i].exact - 1, row[i].target);
        assert_int_equal(a.ending, RISK_TOO_FEW);
        assert_int_equal(a.labels_needed, row[i].exact);
        a = all_right(RISK_SPLIT, row[i].split, row[i].target);
        assert_int_equal(a.ending, RISK_CERTIFIED);
        assert_int_equal(a.m, row[i].split);
        assert_int_equal(a.m_certify, row[i].exact);
        a = all_right(RISK_SPLIT, row[i].split - 1, row[i].target);
        assert_int_equal(a.ending, RISK_TOO_FEW);
        assert_int_equal(a.labels_needed, row[i].split);
    }
}

/* Power 80%, d = 5%, truth at half the target; found by trying every number of labels. */
static void the_planner_gives_the_known_numbers_of_labels(void **state)
{
    static const struct {
        double target;
        uint64_t zero, first, stays;
    } row[] = {
        {0.05,  59,  361,  434 },
        {0.02,  149, 969,  1091},
        {0.01,  299, 1941, 2185},
        {0.005, 598, 3885, 4374}
    };
    for (int i = 0; i < 4; i++) {
        struct power_plan p = power_labels(row[i].target, row[i].target / 2, 0.05, 0.8);
        assert_int_equal(p.zero_errors, row[i].zero);
        assert_int_equal(p.first, row[i].first);
        assert_int_equal(p.stays, row[i].stays);
    }
    struct power_plan none = power_labels(0.05, 0.06, 0.05, 0.8);
    assert_int_equal(none.first, 0);
    assert_int_equal(none.stays, 0);
    assert_int_equal(power_labels(0.05, 0, 0.05, 0.8).stays, 59);
}

static double plain_power(uint64_t m, double target, double truth, double d)
{
    uint64_t passes = 0; /* one more than the errors that pass */
    while (passes <= m && binomial_cdf(passes, m, target) <= d)
        passes++;
    return passes ? binomial_cdf(passes - 1, m, truth) : 0;
}

static void the_planner_agrees_with_trying_every_number(void **state)
{
    /* target, truth, d, power; in the last two the peaks or troughs do not rise steadily */
    static const double row[][4] = {
        {0.1,   0.03,     0.05, 0.8},
        {0.2,   0.12,     0.05, 0.8},
        {0.3,   0.2,      0.05, 0.8},
        {0.474, 0.380622, 0.1,  0.5},
        {0.326, 0.261778, 0.1,  0.5}
    };
    for (int i = 0; i < 5; i++) {
        const double *r = row[i];
        struct power_plan p = power_labels(r[0], r[1], r[2], r[3]);
        uint64_t first = 0, last_below = 0;
        for (uint64_t m = 1; m < 600; m++) {
            bool reaches = plain_power(m, r[0], r[1], r[2]) >= r[3];
            if (reaches && !first)
                first = m;
            if (!reaches)
                last_below = m;
        }
        assert_int_equal(p.first, first);
        assert_int_equal(p.stays, last_below + 1);
    }
}

/* A model of verbal confidences: six values, better at the top. */
static void fill_verbal(struct scored *s, size_t n, double worst, uint64_t seed)
{
    struct rng_seq rng = {rng_key(seed, 0, 0, 0, RNG_SPLIT), 0};
    for (size_t i = 0; i < n; i++) {
        double level = (double)rng_below(&rng, 6);
        bool wrong = rng_unit(rng_next(&rng)) < worst * (6 - level) / 6;
        s[i] = (struct scored){0.5 + level / 10, 1, !wrong, 0, 0};
    }
}

static void tie_groups_ship_whole(void **state)
{
    static struct scored s[3000];
    fill_verbal(s, 3000, 0.4, 5);
    struct risk_point *point;
    size_t n_points;
    risk_frontier(s, 3000, &point, &n_points);
    assert_int_equal(n_points, 6);
    assert_int_equal(point[5].m, 3000);
    for (enum risk_method m = 0; m < RISK_CRC; m++) {
        struct risk_answer a = choose(m, s, 3000, (struct risk_options){0.2, 0.95, 1, 0, 0.8});
        assert_true(a.found);
        bool is_point = false;
        for (size_t i = 0; i < n_points; i++)
            is_point |= point[i].m == a.m && point[i].k == a.k;
        assert_true(is_point);
        near(a.risk, (double)a.k / (double)a.m, 1e-15);
        near(a.review_load, 1 - (double)a.m / 3000, 1e-15);
        if (m != RISK_PLUG_IN)
            assert_true(a.bound <= 0.2);
    }
    mem_free(point);
}

static void the_order_of_the_labels_changes_nothing(void **state)
{
    static struct scored s[3000], back[3000];
    fill_verbal(s, 3000, 0.4, 6);
    for (int i = 0; i < 3000; i++)
        back[2999 - i] = s[i];
    for (enum risk_method m = 0; m < RISK_CRC; m++) {
        struct risk_options o = {0.2, 0.95, 9, 0, 0.8};
        struct risk_answer a = choose(m, s, 3000, o), b = choose(m, back, 3000, o);
        assert_true(a.threshold == b.threshold);
        assert_int_equal(a.k_certify, b.k_certify);
        assert_int_equal(a.m_certify, b.m_certify);
    }
}

static void the_seed_chooses_the_quarter(void **state)
{
    static struct scored s[400];
    fill_verbal(s, 400, 0.3, 2);
    uint64_t seen[20], distinct = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct risk_answer a = choose(RISK_SPLIT, s, 400, (struct risk_options){0.3, 0.95, seed});
        assert_true(a.found);
        seen[seed] = a.m_certify * 1000 + a.k_certify;
        for (uint64_t i = 0; i < seed; i++)
            distinct += seen[i] != seen[seed];
    }
    assert_true(distinct > 100);
}

static void a_target_below_every_risk_is_infeasible(void **state)
{
    static struct scored s[20000];
    fill_verbal(s, 20000, 0.9, 3); /* the best level is wrong in 15% */
    static const enum risk_method method[] = {RISK_SPLIT, RISK_SGR, RISK_GRID};
    for (int i = 0; i < 3; i++) {
        struct risk_answer a = choose(method[i], s, 20000, (struct risk_options){0.05, 0.95, 1});
        assert_int_equal(a.ending, RISK_INFEASIBLE);
        assert_false(a.found);
        assert_int_equal(a.labels_needed, 0);
        /* the smallest bound, by trying all six */
        struct risk_point *point;
        size_t n_points;
        double best = 1;
        risk_frontier(s, 20000, &point, &n_points);
        for (size_t j = 0; j < n_points; j++)
            best = fmin(best, interval_upper(point[j].k, point[j].m, 0.05));
        mem_free(point);
        near(a.best_attainable, best, 1e-9);
    }
    struct risk_answer a =
        choose(RISK_EXACT, s, 20000, (struct risk_options){0.05, 0.95, 1, 0, 0.8});
    assert_int_equal(a.ending, RISK_INFEASIBLE);
    near(a.best_attainable, a.bound, 0);
}

static void the_smallest_bound_is_found_among_distinct_thresholds(void **state)
{
    static struct scored s[4000];
    struct rng_seq rng = {rng_key(4, 0, 0, 0, RNG_SPLIT), 0};
    for (int i = 0; i < 4000; i++) {
        double c = rng_unit(rng_next(&rng));
        s[i] = (struct scored){c, 1, rng_unit(rng_next(&rng)) < 0.3 + 0.3 * c, 0, 0};
    }
    struct risk_answer a = choose(RISK_SGR, s, 4000, (struct risk_options){0.05, 0.95});
    assert_int_equal(a.ending, RISK_INFEASIBLE);
    struct risk_point *point;
    size_t n_points;
    double best = 1;
    risk_frontier(s, 4000, &point, &n_points);
    for (size_t j = 0; j < n_points; j++)
        best = fmin(best, interval_upper(point[j].k, point[j].m, 1 - 0.95));
    mem_free(point);
    near(a.best_attainable, best, 1e-9);
}

static void few_labels_are_too_few_whatever_they_say(void **state)
{
    static const struct scored one[] =
        {
            {0.9, 1, true, 0, 0}
    },
                               wrong[] = {{0.9, 1, false, 0, 0}};
    for (enum risk_method m = 0; m < RISK_PLUG_IN; m++) {
        struct risk_answer a = choose(m, one, 1, (struct risk_options){0.05, 0.95, 1, 0, 0.5});
        assert_int_equal(a.ending, RISK_TOO_FEW);
        assert_false(a.found);
        assert_true(a.labels_needed >= 59);
    }
    struct risk_answer a = choose(RISK_SPLIT, wrong, 1, (struct risk_options){0.05, 0.95, 1});
    assert_int_equal(a.ending, RISK_TOO_FEW);
    assert_int_equal(a.labels_needed, 482); /* 361 shipped on three quarters */
}

static void what_is_needed_is_enough_in_four_cases_of_five(void **state)
{
    /* 500 labels that all ship, 20 wrong, target 5%: P(pass | truth 4%) at what is asked for */
    static struct scored s[500];
    for (int i = 0; i < 500; i++)
        s[i] = (struct scored){0.9, 1, i >= 20, 0, 0};
    struct risk_answer a = choose(RISK_EXACT, s, 500, (struct risk_options){0.05, 0.95, 1, 0, 0.5});
    assert_int_equal(a.ending, RISK_TOO_FEW);
    assert_true(plain_power(a.labels_needed, 0.05, 0.04, 0.05) >= 0.8);
    assert_true(plain_power(a.labels_needed - 1, 0.05, 0.04, 0.05) < 0.8);
}

static void labels_are_counted_in_all_not_only_where_they_ship(void **state)
{
    /* a quarter ships at 2 wrong of 100, the rest is all wrong: four labels for one that ships */
    static struct scored s[400];
    for (int i = 0; i < 400; i++)
        s[i] = (struct scored){i < 100 ? 0.9 : 0.4, 1, i >= 2 && i < 100, 0, 0};
    struct risk_answer a = choose(RISK_SGR, s, 400, (struct risk_options){0.05, 0.95});
    assert_int_equal(a.ending, RISK_TOO_FEW);
    assert_int_equal(a.tests, 2);
    assert_int_equal(a.labels_needed, 4 * power_labels(0.05, 0.02, 0.025, 0.8).first);
}

static void plug_in_takes_the_laxest_threshold_that_looks_right(void **state)
{
    static const struct scored s[] = {
        {0.9, 1, true,  0, 0},
        {0.8, 1, false, 0, 0},
        {0.7, 1, true,  0, 0},
        {0.6, 1, true,  0, 0},
        {0.5, 1, false, 0, 0},
        {0.4, 1, false, 0, 0}
    };
    struct risk_answer a = choose(RISK_PLUG_IN, s, 6, (struct risk_options){0.25, 0.95});
    assert_true(a.found);
    assert_int_equal(a.ending, RISK_NONE);
    near(a.threshold, 0.6, 0); /* not monotone: 1/2 at 0.8, 1/4 at 0.6 */
    assert_int_equal(a.m, 4);
    assert_int_equal(a.k, 1);
    assert_true(isnan(a.bound));
    /* 0.2 is met by the strictest alone */
    near(choose(RISK_PLUG_IN, s, 6, (struct risk_options){0.2, 0.95}).threshold, 0.9, 0);
}

static void exact_ships_at_and_above_its_threshold(void **state)
{
    static struct scored s[200];
    for (int i = 0; i < 200; i++)
        s[i] = (struct scored){i < 100 ? 0.8 : 0.7, 1, i < 100, 0, 0};
    struct risk_answer a = choose(RISK_EXACT, s, 200, (struct risk_options){0.05, 0.95, 1, 0, 0.8});
    assert_int_equal(a.m, 100);
    assert_int_equal(a.k, 0);
    near(a.bound, 1 - pow(0.05, 0.01), 1e-12);
    a = choose(RISK_EXACT, s, 200, (struct risk_options){0.05, 0.95, 1, 0, 0.81});
    assert_int_equal(a.m, 0);
    assert_true(isnan(a.risk)); /* nothing shipped is no risk, not zero risk */
    assert_false(a.found);
    near(a.bound, 1, 0);
}

static void grid_shares_the_error_over_its_distinct_thresholds(void **state)
{
    static struct scored s[3000];
    fill_verbal(s, 3000, 0.4, 5);
    struct risk_answer a = choose(RISK_GRID, s, 3000, (struct risk_options){0.2, 0.95});
    assert_int_equal(a.tests, 6);
    near(a.bound, interval_upper(a.k, a.m, 0.05 / 6), 1e-12);
}

static void impossible_options_are_refused(void **state)
{
    static const struct scored s[] = {
        {0.9, 1, true, 0, 0}
    };
    struct risk_answer a;
    struct error err = {0};
    struct risk_options o = {0.05, 0.95};
    assert_int_equal(risk_choose(RISK_SGR, s, 0, &o, &a, &err), -1);
    error_is(&err, ERR_INPUT, "labels");
    o.target = 1;
    assert_int_equal(risk_choose(RISK_SGR, s, 1, &o, &a, &err), -1);
    error_is(&err, ERR_INPUT, "target");
    o = (struct risk_options){0.05, 95};
    assert_int_equal(risk_choose(RISK_SGR, s, 1, &o, &a, &err), -1);
    error_is(&err, ERR_INPUT, "level");
    o = (struct risk_options){0.05, 0.95, .threshold = NAN};
    assert_int_equal(risk_choose(RISK_EXACT, s, 1, &o, &a, &err), -1);
    error_is(&err, ERR_INPUT, "threshold");
}

static void names_are_those_of_the_command_line(void **state)
{
    assert_string_equal(risk_method_name(RISK_PLUG_IN), "plug-in");
    assert_string_equal(risk_ending_name(RISK_TOO_FEW), "too few labels");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sgr_takes_the_steps_of_the_paper),
        cmocka_unit_test(sgr_answers_with_the_last_threshold_that_holds_or_none),
        cmocka_unit_test(zero_errors_certify_from_the_known_numbers_of_labels),
        cmocka_unit_test(the_planner_gives_the_known_numbers_of_labels),
        cmocka_unit_test(the_planner_agrees_with_trying_every_number),
        cmocka_unit_test(tie_groups_ship_whole),
        cmocka_unit_test(the_order_of_the_labels_changes_nothing),
        cmocka_unit_test(the_seed_chooses_the_quarter),
        cmocka_unit_test(a_target_below_every_risk_is_infeasible),
        cmocka_unit_test(the_smallest_bound_is_found_among_distinct_thresholds),
        cmocka_unit_test(few_labels_are_too_few_whatever_they_say),
        cmocka_unit_test(what_is_needed_is_enough_in_four_cases_of_five),
        cmocka_unit_test(labels_are_counted_in_all_not_only_where_they_ship),
        cmocka_unit_test(plug_in_takes_the_laxest_threshold_that_looks_right),
        cmocka_unit_test(exact_ships_at_and_above_its_threshold),
        cmocka_unit_test(grid_shares_the_error_over_its_distinct_thresholds),
        cmocka_unit_test(impossible_options_are_refused),
        cmocka_unit_test(names_are_those_of_the_command_line),
    };
    return cmocka_run_group_tests_name("risk", tests, NULL, NULL);
}
