/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A million draws of each family against its distribution function.
 *
 * The largest distance between the two, over 999 quantiles, is compared with the bound of
 * Dvoretzky, Kiefer and Wolfowitz (Massart's constant, 1990): P(distance > e) <= 2 exp(-2 n e^2).
 * Each of the comparisons may fail by chance with probability 2e-8, all together with 1e-6; seeds
 * are fixed.  Power: a scale that is wrong by 2% must be found. */
#include "math/dist.h"
#include "math/rng.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>

enum { N = 1 << 20, BLOCK = 1024, GRID = 1000 };

static double bound(void)
{
    return sqrt(log(2 / 2e-8) / (2.0 * N));
}

/* N draws, in blocks keyed as the simulator's are, low or high halves of the 64 bits. */
static void draw(const struct dist *d, unsigned half, float *out)
{
    uint64_t wide[BLOCK] __attribute__((aligned(64)));
    uint32_t u[BLOCK];
    struct error err = {0};
    struct qtable *t = qtable_new(d, &err);
    ok(t ? 0 : -1, &err);
    for (size_t at = 0; at < N; at += BLOCK) {
        struct rng r;
        rng_init(&r, rng_key(2024, 0, at / BLOCK, (uint32_t)d->family, RNG_ATTEMPT));
        rng_fill(&r, wide, BLOCK);
        for (size_t i = 0; i < BLOCK; i++)
            u[i] = (uint32_t)(wide[i] >> (32 * half));
        qtable_fill(t, u, BLOCK, out + at);
    }
    qtable_free(t);
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double share_up_to(const float *sorted, double x)
{
    size_t from = 0, to = N;
    while (from < to) {
        size_t mid = (from + to) / 2;
        if (sorted[mid] <= x * (1 + 2e-7))
            from = mid + 1;
        else
            to = mid;
    }
    return (double)from / N;
}

/* The largest distance between the draws of `made` and the distribution function of `law`. */
static double distance(const struct dist *made, const struct dist *law, unsigned half)
{
    float *x = mem_alloc(N * sizeof *x);
    double worst = 0;
    draw(made, half, x);
    qsort(x, N, sizeof *x, by_value);
    for (int k = 1; k < GRID; k++) {
        double q = dist_quantile(law, (double)k / GRID);
        worst = fmax(worst, fabs(share_up_to(x, q) - dist_cdf(law, q)));
    }
    mem_free(x);
    return worst;
}

static const double values[] = {1, 2, 5, 7}, weights[] = {0.1, 0.2, 0.3, 0.4};
static const struct dist parts[] = {
    {.family = DIST_LOGNORMAL, .a = 0, .b = 0.5},
    {.family = DIST_CONSTANT,                        .a = 4       },
    {.family = DIST_EXPONENTIAL,                        .a = 9}
};
static const double shares[] = {0.5, 0.2, 0.3};

static const struct dist discrete = {
    .family = DIST_DISCRETE, .n = 4, .values = values, .weights = weights};
static const struct dist empirical = {.family = DIST_EMPIRICAL, .n = 4, .values = values};
static const struct dist mixture = {
    .family = DIST_MIXTURE, .n = 3, .part = parts, .weights = shares};
static const struct dist shifted = {.family = DIST_SHIFTED, .a = 0.7, .part = &parts[2], .n = 1};

static const struct dist laws[] = {
    {.family = DIST_EXPONENTIAL, .a = 2   },
    {                    .family = DIST_LOGNORMAL,                   .a = -1,  .b = 0.5},
    {                    .family = DIST_LOGNORMAL,                    .a = 1,  .b = 2.5},
    {                    .family = DIST_GAMMA,                  .a = 2.5,    .b = 3},
    {                    .family = DIST_GAMMA,                  .a = 0.3,    .b = 3},
    {                    .family = DIST_GAMMA,                 .a = 5000, .b = 0.01},
    {                    .family = DIST_WEIBULL,                  .a = 1.7,    .b = 4},
    {                    .family = DIST_WEIBULL,                  .a = 0.4,    .b = 4},
    {                    .family = DIST_NORMAL,                    .a = 2,    .b = 1},
    {                    .family = DIST_NORMAL,                    .a = 0,    .b = 1},
    {                    .family = DIST_UNIFORM,                    .a = 1,    .b = 4},
    {                    .family = DIST_TRIANGULAR,                    .a = 1,    .b = 2, .c = 6},
    {              .family = DIST_PERT,        .a = 1,    .b = 2, .c = 6},
    {.family = DIST_PARETO,                          .a = 1.5,               .b = 1.2},
    { .family = DIST_BETA,                          .a = 9,                 .b = 1.5},
    {    .family = DIST_BETA,                          .a = 0.5,                 .b = 0.7},
};

static void draws_with_atoms_and_parts_follow_their_law(void **state)
{
    const struct dist *const all[] = {&discrete, &empirical, &mixture, &shifted};
    for (size_t i = 0; i < 4; i++)
        for (unsigned half = 0; half < 2; half++)
            within(distance(all[i], all[i], half), 0, bound());
}

static void draws_follow_their_law(void **state)
{
    for (size_t i = 0; i < sizeof laws / sizeof laws[0]; i++)
        for (unsigned half = 0; half < 2; half++)
            within(distance(&laws[i], &laws[i], half), 0, bound());
}

static void a_scale_two_percent_off_is_found(void **state)
{
    const struct dist made = {.family = DIST_EXPONENTIAL, .a = 2.04};
    const struct dist law = {.family = DIST_EXPONENTIAL, .a = 2};
    within(distance(&made, &law, 0), bound(), 1);
}

/* Chi-square of 256 cells for each byte of the numbers, and of 64 x 64 cells for pairs of numbers
 * one and eight apart (neighbouring lanes, and successive numbers of a lane). */
static void streams_are_even_in_every_byte_and_in_pairs(void **state)
{
    uint64_t *x = mem_aligned(64, N * sizeof *x);
    struct rng r;
    rng_init(&r, rng_key(77, 1, 2, 3, RNG_OUTCOME));
    rng_fill(&r, x, N);
    for (unsigned byte = 0; byte < 8; byte++) {
        double count[256] = {0}, chi2 = 0;
        for (size_t i = 0; i < N; i++)
            count[x[i] >> (8 * byte) & 255]++;
        for (int k = 0; k < 256; k++)
            chi2 += (count[k] - N / 256) * (count[k] - N / 256) / (N / 256);
        within_sigma(chi2, 255, sqrt(2 * 255), 5.0);
    }
    for (size_t apart = 1; apart <= 8; apart += 7) {
        static double count[64 * 64];
        double chi2 = 0, expected = (double)(N - apart) / (64 * 64);
        for (int k = 0; k < 64 * 64; k++)
            count[k] = 0;
        for (size_t i = apart; i < N; i++)
            count[(x[i] >> 58) * 64 + (x[i - apart] >> 58)]++;
        for (int k = 0; k < 64 * 64; k++)
            chi2 += (count[k] - expected) * (count[k] - expected) / expected;
        within_sigma(chi2, 64 * 64 - 1, sqrt(2.0 * 64 * 64), 5.0);
    }
    mem_free(x);
}

/* Streams of neighbouring keys share nothing: the correlation of their numbers. */
static void neighbouring_keys_are_independent(void **state)
{
    uint64_t a[BLOCK] __attribute__((aligned(64))), b[BLOCK] __attribute__((aligned(64)));
    double sum = 0;
    for (uint64_t block = 0; block < N / BLOCK; block++) {
        struct rng r;
        rng_init(&r, rng_key(5, 0, block, 1, RNG_ATTEMPT));
        rng_fill(&r, a, BLOCK);
        rng_init(&r, rng_key(5, 0, block, 2, RNG_ATTEMPT));
        rng_fill(&r, b, BLOCK);
        for (size_t i = 0; i < BLOCK; i++)
            sum += (rng_unit(a[i]) - 0.5) * (rng_unit(b[i]) - 0.5);
    }
    within_sigma(sum / N, 0, 1 / 12.0 / sqrt(N), 5.0);
}

static int start(void **state)
{
    math_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_follow_their_law),
        cmocka_unit_test(draws_with_atoms_and_parts_follow_their_law),
        cmocka_unit_test(a_scale_two_percent_off_is_found),
        cmocka_unit_test(streams_are_even_in_every_byte_and_in_pairs),
        cmocka_unit_test(neighbouring_keys_are_independent),
    };
    return cmocka_run_group_tests_name("samplers", tests, start, NULL);
}
