/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Randomised subspace iteration (Halko, Martinsson and Tropp 2011, algorithms 4.4 and 5.1): the
 * range of the matrix is met by a few random directions, made sharper by two power steps, and the
 * small problem that is left is solved as a symmetric eigenproblem (GSL).
 *
 * Directions are made orthonormal by modified Gram and Schmidt, twice over (Giraud, Langou and
 * Rozloznik 2005: twice is enough). */
#include "math/svd.h"

#include "base/buf.h"
#include "math/rng.h"

#include <gsl/gsl_eigen.h>
#include <math.h>
#include <string.h>

enum { EXTRA = 8, POWER_STEPS = 2, STREAM = 0x737664 /* "svd" */ };

/* y[rows * l] = a x[cols * l] */
static void times(const struct sparse *a, size_t l, const double *x, double *y)
{
    memset(y, 0, a->rows * l * sizeof *y);
    for (size_t i = 0; i < a->rows; i++)
        for (size_t e = a->first[i]; e < a->first[i + 1]; e++) {
            const double *from = x + a->col[e] * l;
            for (size_t j = 0; j < l; j++)
                y[i * l + j] += a->value[e] * from[j];
        }
}

/* x[cols * l] = transposed a, times y[rows * l] */
static void times_transposed(const struct sparse *a, size_t l, const double *y, double *x)
{
    memset(x, 0, a->cols * l * sizeof *x);
    for (size_t i = 0; i < a->rows; i++)
        for (size_t e = a->first[i]; e < a->first[i + 1]; e++) {
            double *to = x + a->col[e] * l;
            for (size_t j = 0; j < l; j++)
                to[j] += a->value[e] * y[i * l + j];
        }
}

/* Dot product of columns i and j of m[n * l]. */
static double column_dot(const double *m, size_t n, size_t l, size_t i, size_t j)
{
    double sum = 0;

    for (size_t r = 0; r < n; r++)
        sum += m[r * l + i] * m[r * l + j];
    return sum;
}

/* Makes the columns of m[n * l] orthonormal; those that depend on others become 0. */
static void orthonormal(double *m, size_t n, size_t l)
{
    for (size_t j = 0; j < l; j++) {
        double before = sqrt(column_dot(m, n, l, j, j));
        for (int twice = 0; twice < 2; twice++)
            for (size_t i = 0; i < j; i++) {
                double along = column_dot(m, n, l, i, j);
                for (size_t r = 0; r < n; r++)
                    m[r * l + j] -= along * m[r * l + i];
            }
        double length = sqrt(column_dot(m, n, l, j, j));
        double scale = length > 1e-12 * before ? 1 / length : 0;
        for (size_t r = 0; r < n; r++)
            m[r * l + j] *= scale;
    }
}

/* The right vectors from b = transposed a, times an orthonormal basis of its range: b's own left
 * vectors, by the eigenvectors of transposed b times b. */
static int small_problem(const double *b, size_t cols, size_t l, size_t k, double *right,
                         double *singular, struct error *err)
{
    gsl_matrix *gram = gsl_matrix_calloc(l, l), *vectors = gsl_matrix_calloc(l, l);
    gsl_vector *values = gsl_vector_calloc(l);
    gsl_eigen_symmv_workspace *work = gsl_eigen_symmv_alloc(l);
    int status = 0;

    if (!gram || !vectors || !values || !work)
        mem_exhausted();
    for (size_t i = 0; i < l; i++)
        for (size_t j = 0; j <= i; j++) {
            double dot = column_dot(b, cols, l, i, j);
            gsl_matrix_set(gram, i, j, dot);
            gsl_matrix_set(gram, j, i, dot);
        }
    if (gsl_eigen_symmv(gram, values, vectors, work) ||
        gsl_eigen_symmv_sort(values, vectors, GSL_EIGEN_SORT_VAL_DESC)) {
        status = error_set(err, ERR_NUMERIC, "singular values: the iteration does not end");
        goto out;
    }
    double largest = sqrt(fmax(gsl_vector_get(values, 0), 0));
    for (size_t j = 0; j < k; j++) {
        double s = j < l ? sqrt(fmax(gsl_vector_get(values, j), 0)) : 0;
        /* eigenvalues are squares, exact to 1e-16 of the largest */
        singular[j] = s > 1e-7 * largest ? s : 0;
        for (size_t c = 0; c < cols; c++) {
            double sum = 0;
            for (size_t i = 0; i < l && singular[j] > 0; i++)
                sum += b[c * l + i] * gsl_matrix_get(vectors, i, j);
            right[c * k + j] = singular[j] > 0 ? sum / singular[j] : 0;
        }
    }
out:
    gsl_eigen_symmv_free(work);
    gsl_vector_free(values);
    gsl_matrix_free(vectors);
    gsl_matrix_free(gram);
    return status;
}

int svd_truncated(const struct sparse *a, size_t k, uint64_t key, double *right, double *singular,
                  struct error *err)
{
    size_t least = a->rows < a->cols ? a->rows : a->cols;
    size_t l = k + EXTRA < least ? k + EXTRA : least;
    struct rng_seq r = {rng_key(key, 0, 0, STREAM, RNG_SPLIT), 0};
    double *x, *y;
    int status;

    for (size_t e = 0; e < a->first[a->rows]; e++)
        if (!isfinite(a->value[e]))
            return error_set(err, ERR_NUMERIC, "singular values: an entry is not finite");
    if (l == 0) {
        memset(singular, 0, k * sizeof *singular);
        memset(right, 0, a->cols * k * sizeof *right);
        return 0;
    }
    x = mem_alloc(a->cols * l * sizeof *x);
    y = mem_alloc(a->rows * l * sizeof *y);
    for (size_t i = 0; i < a->cols * l; i++)
        x[i] = rng_normal(&r);
    for (int step = 0; step <= POWER_STEPS; step++) {
        times(a, l, x, y);
        orthonormal(y, a->rows, l);
        times_transposed(a, l, y, x);
        if (step < POWER_STEPS)
            orthonormal(x, a->cols, l);
    }
    status = small_problem(x, a->cols, l, k, right, singular, err);
    mem_free(x);
    mem_free(y);
    return status;
}
