/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/rng.h"
#include "math/summary.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 20000 };

/* Values over many octaves, exponentially spread, from a fixed key. */
static void fill_values(float *x, size_t n, uint64_t key)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(-log(rng_unit(rng_at(key, i))) * 0.2);
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void empty_has_no_quantile(void **state)
{
    struct sketch s;
    sketch_init(&s);
    assert_true(isnan(sketch_quantile(&s, 0.5)));
    assert_true(isnan(sketch_rank(&s, 1)));
    assert_true(isnan(sketch_cdf(&s, 1)));
    sketch_release(&s);
}

static void edges_rise_and_bracket_their_values(void **state)
{
    near(sketch_edge(0), 0, 0);
    near(sketch_edge(1), 0x1p-30, 0);
    near(sketch_edge(sketch_cells() - 1), 0x1p50, 0);
    assert_true(isinf(sketch_edge(sketch_cells())));
    for (size_t i = 1; i < sketch_cells() - 1; i++) {
        double low = sketch_edge(i), high = sketch_edge(i + 1);
        assert_true(low < high && high <= low * (1 + 1.0 / SKETCH_PER_OCTAVE));
        assert_int_equal(sketch_cell_of(low), i);
        assert_int_equal(sketch_cell_of((low + high) / 2), i);
    }
    assert_int_equal(sketch_cell_of(0), 0);
    assert_int_equal(sketch_cell_of(1e-10), 0);
    assert_int_equal(sketch_cell_of(INFINITY), sketch_cells() - 1);
}

static void quantiles_are_within_half_a_cell_of_the_sorted_values(void **state)
{
    static float x[N];
    struct sketch s;
    sketch_init(&s);
    fill_values(x, N, 1);
    sketch_add_many(&s, x, N);
    qsort(x, N, sizeof *x, by_value);
    assert_int_equal(s.n, N);
    for (int k = 1; k < 100; k++) /* smallest x with F(x) >= p: rank ceil(n p) = 200 k */
        near_rel(sketch_quantile(&s, k / 100.0), x[200 * k - 1], 0.0005);
    for (uint64_t r = 1; r <= N; r += 37)
        near_rel(sketch_rank(&s, r), x[r - 1], 0.001);
    assert_true(sketch_rank(&s, 1) == x[0] && sketch_rank(&s, N) == x[N - 1]);
    assert_true(sketch_quantile(&s, 0) == x[0] && sketch_quantile(&s, 1) == x[N - 1]);
    for (int k = 1; k < 50; k++)
        near(sketch_cdf(&s, x[400 * k - 1]), 400.0 * k / N, 3.0 / N);
    sketch_release(&s);
}

static void one_value_comes_back_to_the_bit(void **state)
{
    struct sketch s;
    sketch_init(&s);
    for (int i = 0; i < 1000; i++)
        sketch_add(&s, 0.1);
    assert_true(sketch_quantile(&s, 0.5) == 0.1);
    assert_true(sketch_cdf(&s, 0.1) == 1 && sketch_cdf(&s, 0.0999) == 0);
    sketch_release(&s);
}

/* 2 s, 4 s after a retry, 6 s after two: no interpolation may blur them. */
static void atoms_come_back_exactly(void **state)
{
    static float x[10000];
    struct sketch s;
    sketch_init(&s);
    for (int i = 0; i < 10000; i++)
        x[i] = i % 100 < 90 ? 2.1f : i % 100 < 97 ? 4.3f : 6.7f;
    sketch_add_many(&s, x, 10000);
    assert_true(sketch_quantile(&s, 0.5) == 2.1f);
    assert_true(sketch_quantile(&s, 0.90) == 2.1f);
    assert_true(sketch_quantile(&s, 0.9001) == 4.3f);
    assert_true(sketch_quantile(&s, 0.95) == 4.3f);
    assert_true(sketch_quantile(&s, 0.99) == 6.7f);
    near(sketch_cdf(&s, 4.3), 0.97, 0);
    near(sketch_cdf(&s, 4.2999), 0.90, 0);
    near(sketch_cdf(&s, 2), 0, 0);
    sketch_release(&s);
}

static void zeros_and_tiny_values_are_zeros(void **state)
{
    struct sketch s;
    sketch_init(&s);
    for (int i = 0; i < 60; i++)
        sketch_add(&s, i < 50 ? 0.0 : 1e-12);
    for (int i = 0; i < 40; i++)
        sketch_add(&s, 5);
    near(sketch_quantile(&s, 0.5), 0, 0);
    near(sketch_quantile(&s, 0.6), 0, 0);
    near(sketch_quantile(&s, 0.61), 5, 0);
    near(sketch_cdf(&s, 0.001), 0.6, 0);
    sketch_release(&s);
}

static void values_beyond_the_last_octave_are_bounded_by_the_largest(void **state)
{
    struct sketch s;
    sketch_init(&s);
    sketch_add(&s, 1);
    for (int i = 0; i < 10; i++)
        sketch_add(&s, 3e15);
    near(sketch_quantile(&s, 1), 3e15, 0);
    within(sketch_quantile(&s, 0.5), 0x1p50, 3e15);
    sketch_release(&s);
}

static void the_ways_to_add_agree(void **state)
{
    static float x[1003];
    struct sketch a, b;
    sketch_init(&a);
    sketch_init(&b);
    fill_values(x, 1003, 2);
    x[5] = 0;
    for (int i = 0; i < 1003; i++)
        sketch_add(&b, x[i]);
    sketch_add_many(&a, x, 1003);
    assert_memory_equal(a.hot, b.hot, sketch_cells() * sizeof *a.hot);
    assert_true(a.min == b.min && a.max == b.max && a.n == b.n);
    sketch_release(&a);
    sketch_release(&b);
}

static void same_sketch(const struct sketch *a, const struct sketch *b)
{
    assert_int_equal(a->n, b->n);
    assert_true(a->min == b->min && a->max == b->max);
    for (size_t i = 0; i < sketch_cells(); i++) {
        struct sketch_cell p = sketch_cell_at(a, i), q = sketch_cell_at(b, i);
        assert_true(p.n == q.n && p.low == q.low);
    }
}

static void merging_in_any_order_changes_no_bit(void **state)
{
    static float x[N];
    struct sketch part[5], forward, backward, whole;
    sketch_init(&forward);
    sketch_init(&backward);
    sketch_init(&whole);
    fill_values(x, N, 3);
    for (int k = 0; k < 5; k++) {
        sketch_init(&part[k]);
        sketch_add_many(&part[k], x + k * (N / 5), N / 5);
    }
    sketch_add_many(&whole, x, N);
    for (int k = 0; k < 5; k++) {
        sketch_merge(&forward, &part[k]);
        sketch_merge(&backward, &part[4 - k]);
    }
    same_sketch(&forward, &whole);
    same_sketch(&backward, &whole);
    for (int k = 0; k < 5; k++)
        sketch_release(&part[k]);
    sketch_release(&forward);
    sketch_release(&backward);
    sketch_release(&whole);
}

/* 2^24 values empty the packed words; nothing may be lost or change. */
static void counts_past_the_packed_words_are_kept(void **state)
{
    static float x[4096];
    struct sketch s, doubled;
    sketch_init(&s);
    sketch_init(&doubled);
    fill_values(x, 2048, 4);
    for (int i = 2048; i < 4096; i++)
        x[i] = 1.75f + 0x1p-12f; /* in one cell more than its share, with all low bits counting */
    for (int i = 0; i < 4100; i++)
        sketch_add_many(&s, x, 4096);
    assert_int_equal(s.n, 4100u * 4096);
    size_t at = sketch_cell_of(x[4095]);
    struct sketch_cell c = sketch_cell_at(&s, at);
    assert_true(c.n >= 4100u * 2048 && c.low >= c.n / 2 * 2048);
    sketch_merge(&doubled, &s);
    sketch_merge(&doubled, &s);
    struct sketch_cell d = sketch_cell_at(&doubled, at);
    assert_true(d.n == 2 * c.n && d.low == 2 * c.low && doubled.n == 2 * s.n);
    near(sketch_quantile(&doubled, 0.99), x[4095], 0);
    sketch_release(&s);
    sketch_release(&doubled);
}

static void a_cleared_sketch_is_an_empty_one(void **state)
{
    struct sketch s, fresh;
    sketch_init(&s);
    sketch_init(&fresh);
    static float x[1000];
    fill_values(x, 1000, 5);
    sketch_add_many(&s, x, 1000);
    sketch_clear(&s);
    same_sketch(&s, &fresh);
    sketch_release(&s);
    sketch_release(&fresh);
}

static void a_stored_sketch_comes_back(void **state)
{
    static float x[5000];
    struct sketch s, copy;
    sketch_init(&s);
    sketch_init(&copy);
    fill_values(x, 5000, 6);
    sketch_add_many(&s, x, 5000);
    for (size_t i = 0; i < sketch_cells(); i++) {
        struct sketch_cell c = sketch_cell_at(&s, i);
        if (c.n > 0)
            sketch_restore(&copy, i, c);
    }
    copy.min = s.min;
    copy.max = s.max;
    same_sketch(&s, &copy);
    near(sketch_quantile(&copy, 0.9), sketch_quantile(&s, 0.9), 0);
    sketch_release(&s);
    sketch_release(&copy);
}

/* 1, 2, 3, 4, 10: mean 4, sample variance 50 / 4. */
static void moments_are_those_of_the_values(void **state)
{
    struct moments m = {0};
    assert_true(isnan(moments_mean(&m)));
    near(moments_variance(&m), 0, 0);
    moments_add(&m, 5, 20, 130);
    near(moments_mean(&m), 4, 1e-15);
    near(moments_variance(&m), 12.5, 1e-12);
}

static void moments_keep_microseconds_and_signs(void **state)
{
    struct moments m = {0};
    for (int i = 0; i < 1000; i++) /* blocks of 1024 values of 3 us and of 5 us */
        moments_add(&m, 1024, 1024 * 4e-6, 512 * (9e-12 + 25e-12));
    near_rel(moments_mean(&m), 4e-6, 1e-9);
    near_rel(moments_variance(&m), 1e-12, 0.01);
    struct moments negative = {0};
    moments_add(&negative, 2, -3, 5);
    near(moments_mean(&negative), -1.5, 1e-12);
    near(moments_variance(&negative), 0.5, 1e-12);
}

/* Half of the values are 3e-9, half 5e-9, in a scale where others are 1: the sum of their squares
 * is 2^-56. */
static void moments_keep_what_is_a_billion_times_smaller(void **state)
{
    struct moments m = {0}, one = {0};
    for (int i = 0; i < 1000; i++)
        moments_add(&m, 2, 8e-9, 9e-18 + 25e-18);
    near_rel(moments_mean(&m), 4e-9, 1e-15);
    near_rel(moments_variance(&m), 1e-18 * 2000 / 1999, 1e-12);
    moments_add(&one, 1, 1, 1);
    moments_merge(&m, &one);
    near_rel(moments_mean(&m), (1 + 8e-6) / 2001, 1e-15);
}

/* 2^-168 apart, below 0 and across it. */
/* Below 2^-30 only the least value is kept; zeros are told apart. */
static void tiny_values_lie_between_the_least_and_the_first_edge(void **state)
{
    struct sketch s;
    double low, high;
    sketch_init(&s);
    for (int i = 1; i <= 100; i++)
        sketch_add(&s, i < 90 ? 1.1e-12 * i : 1);
    sketch_rank_within(&s, 50, &low, &high);
    near_rel(low, 1.1e-12, 1e-6);
    near_rel(high, 0x1p-30, 0);
    sketch_clear(&s);
    for (int i = 1; i <= 100; i++)
        sketch_add(&s, i < 90 ? 0 : 1);
    sketch_rank_within(&s, 50, &low, &high);
    assert_true(low == 0 && high == 0);
    sketch_release(&s);
}

static void wide_sums_are_exact(void **state)
{
    struct wide w = {0};
    wide_add(&w, -1);
    wide_add(&w, 1 - 0x1p-53);
    near_rel(wide_value(&w), -0x1p-53, 0);
    wide_add(&w, 0x1p-53);
    wide_add(&w, -0x1p-168);
    near_rel(wide_value(&w), -0x1p-168, 0);
    wide_add(&w, 0x1p-168);
    assert_true(wide_is_zero(&w));
    wide_add(&w, 0x1p79);
    wide_add(&w, 0x1p-100);
    wide_add(&w, -0x1p79);
    near_rel(wide_value(&w), 0x1p-100, 0);
}

/* Powers of two over the whole range, with full mantissas: what is below 2^-168 is cut, what is
 * above 2^80 is held at it, whatever the sign. */
static void wide_sums_hold_every_double_of_their_range(void **state)
{
    for (int e = -170; e <= 80; e++) {
        struct wide w = {0}, back = {0};
        double x = ldexp(1 + 0x1p-52, e), held = e == 80 ? 0x1p80 : x;
        if (e - 52 < -168)
            held = ldexp(floor(ldexp(x, 168)), -168);
        wide_add(&w, x);
        near_rel(wide_value(&w), held, 0);
        wide_add(&back, -x);
        near_rel(wide_value(&back), -held, 0);
        wide_merge(&w, &back);
        assert_true(wide_is_zero(&w));
    }
    struct wide none = {0};
    wide_add(&none, 0x1p-1074);
    wide_add(&none, 0);
    assert_true(wide_is_zero(&none));
    wide_add(&none, INFINITY);
    near_rel(wide_value(&none), 0x1p80, 0);
}

static void merging_moments_in_any_order_changes_no_bit(void **state)
{
    struct moments part[4] = {{0}}, forward = {0}, backward = {0};
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < 100; i++) {
            double x = rng_unit(rng_at(7, (uint64_t)(100 * k + i))) * pow(10, 3 * k - 4);
            moments_add(&part[k], 1, x, x * x);
        }
    for (int k = 0; k < 4; k++) {
        moments_merge(&forward, &part[k]);
        moments_merge(&backward, &part[3 - k]);
    }
    assert_int_equal(forward.n, 400);
    assert_memory_equal(&forward.sum, &backward.sum, sizeof forward.sum);
    assert_memory_equal(&forward.sum2, &backward.sum2, sizeof forward.sum2);
}

static void a_sum_of_squares_out_of_range_says_infinity(void **state)
{
    struct moments m = {0}, into = {0};
    moments_add(&m, 10, 1e30, 1e60);
    assert_true(isinf(moments_variance(&m)));
    moments_merge(&into, &m);
    moments_merge(&into, &m);
    assert_true(isinf(moments_variance(&into)));
}

/* Masks send values to one of two sketches; n is no multiple of the block, and a part may be empty
 * in a block. */
static void parted_values_go_where_their_masks_say(void **state)
{
    enum { M = 1000 };
    static float x[M], some[2][M];
    static int32_t where[M];
    size_t n[2] = {0, 0};
    struct sketch in, out, want[2];
    for (int i = 0; i < M; i++) {
        x[i] = (float)((i * 7919) % 997) * 0.37f;
        where[i] = i < 300 ? 0 : i % 3 ? -1 : 0;
        int k = where[i] & 1;
        some[k][n[k]++] = x[i];
    }
    sketch_init(&in);
    sketch_init(&out);
    sketch_add_parted(&in, &out, where, x, M);
    const struct sketch *got[2] = {&out, &in};
    for (int k = 0; k < 2; k++) {
        sketch_init(&want[k]);
        for (size_t i = 0; i < n[k]; i++)
            sketch_add(&want[k], some[k][i]);
        assert_int_equal(got[k]->n, want[k].n);
        assert_true(got[k]->min == want[k].min && got[k]->max == want[k].max);
        assert_memory_equal(got[k]->hot, want[k].hot, sketch_cells() * sizeof *got[k]->hot);
        sketch_release(&want[k]);
    }
    sketch_release(&in);
    sketch_release(&out);
}

/* 0.489 is a third of the values, the others lie evenly between 0.1 and 0.7: its cell holds both,
 * so the value at its rank is known to the cell only, and lies in it. */
static void an_atom_among_other_values_is_held_by_its_cell(void **state)
{
    struct sketch s;
    double low, high;

    sketch_init(&s);
    for (int i = 0; i < 100000; i++)
        sketch_add(&s, i % 3 ? 0.1 + 0.6 * ((double)i + 0.5) / 100000 : 0.489);
    uint64_t below = 0;
    for (int i = 0; i < 100000; i++)
        below += i % 3 && 0.1 + 0.6 * ((double)i + 0.5) / 100000 < 0.489;
    sketch_rank_within(&s, below + 1000, &low, &high);
    within(0.489, low, high);
    assert_true(high - low <= 0.001 * 0.489);
    sketch_rank_within(&s, 2000, &low, &high);
    assert_true(low == high); /* no atom there */
    sketch_release(&s);
}

static void coarse_cells_are_sixteen_of_the_sketch(void **state)
{
    enum { MANY = 1000 };
    float x[MANY];
    struct sketch both, alone;
    struct sketch_coarse coarse = {COARSE_CELLS, 0, mem_zero(COARSE_CELLS, sizeof(uint32_t))};
    uint32_t low = COARSE_CELLS, high = 0;
    assert_int_equal(sketch_coarse_of(0), 0);
    assert_int_equal(sketch_coarse_of(0x1p-31), 0);
    assert_int_equal(sketch_coarse_of(0x1p-30), 1);
    assert_int_equal(sketch_coarse_of(1), 1 + 30 * 64);
    assert_int_equal(sketch_coarse_of(1.5), 1 + 30 * 64 + 32);
    assert_int_equal(sketch_coarse_of(1e30), COARSE_CELLS - 1);
    for (int i = 0; i < MANY; i++)
        x[i] = i % 7 ? (float)ldexp(1 + (i * 37 % 101) / 101.0, i % 40 - 35) : 0;
    sketch_init(&both);
    sketch_init(&alone);
    sketch_add_coarsely(&both, x, MANY, &coarse);
    sketch_add_many(&alone, x, MANY);
    for (int i = 0; i < MANY; i++) {
        uint32_t k = sketch_coarse_of(x[i]);
        low = k < low ? k : low;
        high = k >= high ? k + 1 : high;
        coarse.cell[k]--;
    }
    for (uint32_t k = 0; k < COARSE_CELLS; k++)
        assert_int_equal(coarse.cell[k], 0);
    assert_int_equal(coarse.low, low);
    assert_int_equal(coarse.high, high);
    for (size_t i = 0; i < sketch_cells(); i++) {
        struct sketch_cell a = sketch_cell_at(&both, i), b = sketch_cell_at(&alone, i);
        assert_int_equal(a.n, b.n);
        assert_int_equal(a.low, b.low);
    }
    sketch_release(&both);
    sketch_release(&alone);
    mem_free(coarse.cell);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_has_no_quantile),
        cmocka_unit_test(edges_rise_and_bracket_their_values),
        cmocka_unit_test(quantiles_are_within_half_a_cell_of_the_sorted_values),
        cmocka_unit_test(one_value_comes_back_to_the_bit),
        cmocka_unit_test(atoms_come_back_exactly),
        cmocka_unit_test(zeros_and_tiny_values_are_zeros),
        cmocka_unit_test(values_beyond_the_last_octave_are_bounded_by_the_largest),
        cmocka_unit_test(the_ways_to_add_agree),
        cmocka_unit_test(parted_values_go_where_their_masks_say),
        cmocka_unit_test(merging_in_any_order_changes_no_bit),
        cmocka_unit_test(counts_past_the_packed_words_are_kept),
        cmocka_unit_test(a_cleared_sketch_is_an_empty_one),
        cmocka_unit_test(a_stored_sketch_comes_back),
        cmocka_unit_test(moments_are_those_of_the_values),
        cmocka_unit_test(moments_keep_microseconds_and_signs),
        cmocka_unit_test(moments_keep_what_is_a_billion_times_smaller),
        cmocka_unit_test(tiny_values_lie_between_the_least_and_the_first_edge),
        cmocka_unit_test(wide_sums_are_exact),
        cmocka_unit_test(wide_sums_hold_every_double_of_their_range),
        cmocka_unit_test(merging_moments_in_any_order_changes_no_bit),
        cmocka_unit_test(an_atom_among_other_values_is_held_by_its_cell),
        cmocka_unit_test(a_sum_of_squares_out_of_range_says_infinity),
        cmocka_unit_test(coarse_cells_are_sixteen_of_the_sketch),
    };
    return cmocka_run_group_tests_name("summary", tests, NULL, NULL);
}
