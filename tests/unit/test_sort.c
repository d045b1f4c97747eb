/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"

#include "math/rng.h"
#include "math/sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void numbers_of_any_size_and_sign_come_in_order(void **state)
{
    enum { MOST = 5000 };
    static const size_t sizes[] = {0, 1, 2, 255, 256, 257, MOST};
    double *x = mem_alloc(MOST * sizeof *x), *want = mem_alloc(MOST * sizeof *want);
    struct rng_seq rng = {rng_key(5, 0, 0, 0, RNG_SPLIT), 0};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        for (int spread = 0; spread < 4; spread++) {
            size_t n = sizes[s];
            for (size_t i = 0; i < n; i++) {
                double u = (double)rng_below(&rng, 1000000) / 999983 - (spread == 1 ? 0.5 : 0);
                x[i] = spread == 2   ? 1
                       : spread == 3 ? ldexp(u, (int)rng_below(&rng, 600) - 300)
                                     : u;
            }
            if (n > 3 && spread == 1) {
                x[1] = INFINITY;
                x[3] = -INFINITY;
                x[2] = 0;
            }
            memcpy(want, x, n * sizeof *x);
            if (n)
                qsort(want, n, sizeof *want, by_value);
            sort_doubles(x, n);
            for (size_t i = 0; i < n; i++)
                assert_true(x[i] == want[i]);
        }
    mem_free(x);
    mem_free(want);
}

/* Of leading bits that a few far numbers make worthless. */
static void numbers_that_differ_in_their_last_bits_alone_come_in_order(void **state)
{
    enum { MOST = 5000 };
    static const uint64_t far[] = {0, UINT64_C(1) << 33, UINT64_C(1) << 34, UINT64_C(1) << 63};
    uint64_t *x = mem_alloc(MOST * sizeof *x);
    struct rng_seq rng = {rng_key(6, 0, 0, 0, RNG_SPLIT), 0};
    for (size_t s = 0; s < sizeof far / sizeof far[0]; s++)
        for (uint64_t each = 1; each <= 7; each += 3) {
            uint64_t sum = 0, after = 0;
            for (size_t i = 0; i < MOST; i++) {
                x[i] = 1000 + rng_below(&rng, MOST) * each;
                if (i % 1000 == 17)
                    x[i] += far[s];
                sum += x[i];
            }
            sort_integers(x, MOST);
            for (size_t i = 0; i < MOST; i++) {
                assert_true(i == 0 || x[i - 1] <= x[i]);
                after += x[i];
            }
            assert_true(sum == after);
        }
    mem_free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_any_size_and_sign_come_in_order),
        cmocka_unit_test(numbers_that_differ_in_their_last_bits_alone_come_in_order),
    };
    return cmocka_run_group_tests_name("sort", tests, NULL, NULL);
}
