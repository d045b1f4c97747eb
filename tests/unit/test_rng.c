/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/gsl_guard.h"
#include "math/rng.h"
#include "tests/support/support.h"

#include <math.h>

/* Vigna's splitmix64.c from state 1234567. */
static void splitmix_gives_the_published_outputs(void **state)
{
    static const uint64_t want[] = {6457827717110365317u, 3203168211198807973u,
                                    9817491932198370423u, 4593380528125082431u,
                                    16408922859458223821u};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(rng_at(1234567, i), want[i]);
}

/* xoshiro256plusplus.c from state {1, 2, 3, 4}. */
static void every_lane_gives_the_published_outputs(void **state)
{
    static const uint64_t want[] = {41943041u,
                                    58720359u,
                                    3588806011781223u,
                                    3591011842654386u,
                                    9228616714210784205u,
                                    9973669472204895162u,
                                    14011001112246962877u,
                                    12406186145184390807u,
                                    15849039046786891736u,
                                    10450023813501588000u};
    struct rng r;
    uint64_t out[80] __attribute__((aligned(64)));
    for (unsigned word = 0; word < 4; word++)
        for (unsigned lane = 0; lane < 8; lane++)
            r.s[word][lane] = word + 1;
    rng_fill(&r, out, 80);
    for (size_t i = 0; i < 80; i++)
        assert_int_equal(out[i], want[i / 8]);
}

/* Computed in Python from the two published algorithms. */
static void lanes_are_seeded_in_turn_from_splitmix(void **state)
{
    static const uint64_t first[16] = {
        0x610e053dd55ab68,  0x2b889af47e07786,  0x5d83e2f795e2dab3, 0x882a5ca7bb7a37f4,
        0x9421a74ddb64d54c, 0x76031900fdc8dfe4, 0x2387a23b7983980f, 0x50e4db9b5beefbd0,
        0x70c979e26e27fbac, 0x73a6414a20d94736, 0x5111521da4fcc87,  0xc775c19e9cf67d10,
        0x852ca4c9eba3f23d, 0x481b488a210603f3, 0x57f41dd478924a10, 0x173fc850cb87ad4e};
    static const uint64_t fourth[8] = {0x3890aaecd9fa80a,  0xfe38d7ee31509ccb, 0x934e80b7894b8e02,
                                       0x1cb830ec6fb5194a, 0x913cb8392460ff24, 0x9fb0b38469045f1,
                                       0x7b30ea70be9a7dbe, 0xaa3845bbde2f27c9};
    struct rng r;
    uint64_t out[32] __attribute__((aligned(64)));
    rng_init(&r, 1234567);
    rng_fill(&r, out, 32);
    assert_memory_equal(out, first, sizeof first);
    assert_memory_equal(out + 24, fourth, sizeof fourth);
}

static void filling_in_parts_is_filling_at_once(void **state)
{
    struct rng a, b;
    uint64_t whole[128] __attribute__((aligned(64))), parts[128] __attribute__((aligned(64)));
    rng_init(&a, 9);
    rng_init(&b, 9);
    rng_fill(&a, whole, 128);
    rng_fill(&b, parts, 8);
    rng_fill(&b, parts + 8, 0);
    rng_fill(&b, parts + 8, 120);
    assert_memory_equal(whole, parts, sizeof whole);
}

/* Computed in Python from the definition; they must never change, or old results could not be
 * repeated. */
static void keys_stay_what_they_are(void **state)
{
    assert_int_equal(rng_key(1, 0, 0, 0, RNG_ATTEMPT), 0xaad4eaaad4ce4bf2);
    assert_int_equal(rng_key(42, 7, 1000003, 5, RNG_CONFIDENCE), 0x82fdcfc6107717d5);
}

static void one_bit_of_any_field_changes_half_the_key(void **state)
{
    const uint64_t base = rng_key(1, 2, 3, 4, 5);
    for (unsigned field = 0; field < 5; field++) {
        unsigned bits = field < 3 ? 64 : 32;
        double flips = 0;
        for (unsigned bit = 0; bit < bits; bit++) {
            uint64_t f[5] = {1, 2, 3, 4, 5};
            f[field] ^= (uint64_t)1 << bit;
            uint64_t key = rng_key(f[0], f[1], f[2], (uint32_t)f[3], (uint32_t)f[4]);
            flips += __builtin_popcountll(key ^ base);
        }
        within_sigma(flips / bits, 32, 4 / sqrt(bits), 5.0);
    }
}

static void fields_do_not_stand_for_each_other(void **state)
{
    assert_int_not_equal(rng_key(1, 2, 0, 0, 0), rng_key(2, 1, 0, 0, 0));
    assert_int_not_equal(rng_key(1, 0, 2, 0, 0), rng_key(1, 2, 0, 0, 0));
    assert_int_not_equal(rng_key(1, 0, 0, 2, 3), rng_key(1, 0, 0, 3, 2));
    assert_int_not_equal(rng_key(0, 0, 0, 0, 0), 0);
}

static void unit_is_never_0_or_1(void **state)
{
    assert_true(rng_unit(0) > 0);
    assert_true(rng_unit(UINT64_MAX) < 1);
    near(rng_unit((uint64_t)1 << 63), 0.5, 1e-15);
}

enum { DRAWS = 200000 };

/* Mean and variance of n draws against the law's own, by their standard errors. */
static void check_moments(double (*draw)(struct rng_seq *, const double *), const double *arg,
                          double mean, double variance, double excess_kurtosis)
{
    struct rng_seq s = {rng_key(3, 0, 0, 0, RNG_PARAMETER), 0};
    double sum = 0, sum2 = 0;
    for (int i = 0; i < DRAWS; i++) {
        double x = draw(&s, arg) - mean;
        assert_true(isfinite(x));
        sum += x;
        sum2 += x * x;
    }
    within_sigma(sum / DRAWS, 0, sqrt(variance / DRAWS), 5.0);
    within_sigma(sum2 / DRAWS, variance, variance * sqrt((2 + excess_kurtosis) / DRAWS), 5.0);
}

static double draw_normal(struct rng_seq *s, const double *arg)
{
    return rng_normal(s);
}

static double draw_gamma(struct rng_seq *s, const double *arg)
{
    return rng_gamma(s, arg[0]);
}

static double draw_beta(struct rng_seq *s, const double *arg)
{
    return rng_beta(s, arg[0], arg[1]);
}

/* Gamma of shape a: mean a, variance a, excess kurtosis 6 / a.  Beta: the usual forms. */
static void variates_have_the_moments_of_their_law(void **state)
{
    static const double shapes[] = {0.3, 1, 2.5, 40};
    static const double betas[][2] = {
        {0.5, 0.5 },
        {3.5, 97.5},
        {9,   1.5 }
    };
    math_init();
    check_moments(draw_normal, NULL, 0, 1, 0);
    for (size_t i = 0; i < 4; i++)
        check_moments(draw_gamma, &shapes[i], shapes[i], shapes[i], 6 / shapes[i]);
    for (size_t i = 0; i < 3; i++) {
        double a = betas[i][0], b = betas[i][1], n = a + b;
        double kurtosis =
            6 * ((a - b) * (a - b) * (n + 1) - a * b * (n + 2)) / (a * b * (n + 2) * (n + 3));
        check_moments(draw_beta, betas[i], a / n, a * b / (n * n * (n + 1)), kurtosis);
    }
}

static void tiny_beta_shapes_do_not_divide_0_by_0(void **state)
{
    struct rng_seq s = {17, 0};
    for (int i = 0; i < 1000; i++)
        within(rng_beta(&s, 1e-4, 1e-4), 0, 1);
}

static void below_is_even_over_its_range(void **state)
{
    struct rng_seq s = {rng_key(5, 0, 0, 0, RNG_SPLIT), 0};
    double count[7] = {0};
    for (int i = 0; i < DRAWS; i++) {
        uint64_t x = rng_below(&s, 7);
        assert_true(x < 7);
        count[x]++;
    }
    for (int i = 0; i < 7; i++)
        within_sigma(count[i] / DRAWS, 1.0 / 7, sqrt(6.0 / 49 / DRAWS), 5.0);
    assert_int_equal(rng_below(&s, 1), 0);
}

/* With n = 3 * 2^62 plain multiplication would give multiples of 3 half of the chances. */
static void below_is_unbiased_for_huge_ranges(void **state)
{
    struct rng_seq s = {rng_key(6, 0, 0, 0, RNG_SPLIT), 0};
    double multiples = 0;
    for (int i = 0; i < DRAWS; i++)
        multiples += rng_below(&s, (uint64_t)3 << 62) % 3 == 0;
    within_sigma(multiples / DRAWS, 1.0 / 3, sqrt(2.0 / 9 / DRAWS), 5.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splitmix_gives_the_published_outputs),
        cmocka_unit_test(every_lane_gives_the_published_outputs),
        cmocka_unit_test(lanes_are_seeded_in_turn_from_splitmix),
        cmocka_unit_test(filling_in_parts_is_filling_at_once),
        cmocka_unit_test(keys_stay_what_they_are),
        cmocka_unit_test(one_bit_of_any_field_changes_half_the_key),
        cmocka_unit_test(fields_do_not_stand_for_each_other),
        cmocka_unit_test(unit_is_never_0_or_1),
        cmocka_unit_test(variates_have_the_moments_of_their_law),
        cmocka_unit_test(tiny_beta_shapes_do_not_divide_0_by_0),
        cmocka_unit_test(below_is_even_over_its_range),
        cmocka_unit_test(below_is_unbiased_for_huge_ranges),
    };
    return cmocka_run_group_tests_name("rng", tests, NULL, NULL);
}
