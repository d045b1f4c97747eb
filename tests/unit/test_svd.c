/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"

#include "math/gsl_guard.h"
#include "math/rng.h"
#include "math/svd.h"

#include <math.h>

/* [[1 0 2] [0 3 0] [4 0 5] [0 6 0]]: transposed times itself is [17 0 22; 0 45 0; 22 0 29], whose
 * eigenvalues are 45 and 23 +- sqrt(36 + 484) = 45.8035085, 0.1964915. */
static const size_t first[] = {0, 2, 3, 5, 6};
static const uint32_t col[] = {0, 2, 1, 0, 2, 1};
static const double value[] = {1, 2, 3, 4, 5, 6};
static const struct sparse small = {4, 3, first, col, value};

static void singular_values_and_vectors_are_those_worked_by_hand(void **state)
{
    double right[12], singular[4];
    struct error err = {0};

    ok(svd_truncated(&small, 4, 1, right, singular, &err), &err);
    near(singular[0], sqrt(23 + sqrt(520)), 1e-12);
    near(singular[1], sqrt(45), 1e-12);
    near(singular[2], sqrt(23 - sqrt(520)), 1e-9);
    near(singular[3], 0, 0);
    /* the first vector is (22, 0, 45.8035085 - 17), of length 1 */
    double length = hypot(22, 6 + sqrt(520));
    near(fabs(right[0]), 22 / length, 1e-9);
    near(fabs(right[8]), (6 + sqrt(520)) / length, 1e-9);
    near(right[4], 0, 1e-9);
    near(fabs(right[5]), 1, 1e-9);
}

/* A matrix of rank 3 by its making: its squares add up to those of 3 singular values alone. */
static void a_matrix_of_rank_three_has_three(void **state)
{
    enum { N = 60, M = 40, K = 6 };
    static double values[N * M], right[M * K];
    static uint32_t columns[N * M];
    static size_t starts[N + 1];
    double singular[K], squares = 0, sum = 0;
    struct rng_seq r = {99, 0};
    double left[N][3], top[3][M];
    struct error err = {0};

    for (int j = 0; j < 3; j++) {
        for (int i = 0; i < N; i++)
            left[i][j] = rng_normal(&r);
        for (int i = 0; i < M; i++)
            top[j][i] = rng_normal(&r);
    }
    for (int i = 0; i < N; i++)
        for (int c = 0; c < M; c++) {
            size_t e = (size_t)i * M + c;
            columns[e] = (uint32_t)c;
            values[e] = left[i][0] * top[0][c] + left[i][1] * top[1][c] + left[i][2] * top[2][c];
            squares += values[e] * values[e];
            starts[i + 1] = e + 1;
        }
    struct sparse a = {N, M, starts, columns, values};
    ok(svd_truncated(&a, K, 5, right, singular, &err), &err);
    for (int j = 0; j < 3; j++)
        sum += singular[j] * singular[j];
    near_rel(sum, squares, 1e-10);
    for (int j = 3; j < K; j++)
        near(singular[j], 0, 0);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j <= i; j++) {
            double dot = 0;
            for (int c = 0; c < M; c++)
                dot += right[c * K + i] * right[c * K + j];
            near(dot, i == j, 1e-9);
        }
}

static void what_is_empty_or_not_finite_is_no_accident(void **state)
{
    static const size_t none[] = {0, 0};
    static const size_t one[] = {0, 1};
    static const uint32_t at[] = {0};
    static const double bad[] = {NAN};
    double right[3] = {1, 1, 1}, singular[1] = {1};
    struct error err = {0};

    ok(svd_truncated(&(struct sparse){1, 3, none, at, bad}, 1, 1, right, singular, &err), &err);
    near(singular[0] + right[0] + right[1] + right[2], 0, 0);
    ok(svd_truncated(&(struct sparse){0, 3, none, at, bad}, 1, 1, right, singular, &err), &err);
    assert_int_equal(
        svd_truncated(&(struct sparse){1, 3, one, at, bad}, 1, 1, right, singular, &err), -1);
    error_is(&err, ERR_NUMERIC, "not finite");
}

static int begin(void **state)
{
    math_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(singular_values_and_vectors_are_those_worked_by_hand),
        cmocka_unit_test(a_matrix_of_rank_three_has_three),
        cmocka_unit_test(what_is_empty_or_not_finite_is_no_accident),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
