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

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* to[l * n] = transposed m[n * l] */
static void transpose(const double *m, size_t n, size_t l, double *to)
{
    for (size_t r = 0; r < n; r++)
        for (size_t j = 0; j < l; j++)
            to[j * n + r] = m[r * l + j];
}

/* Makes the l vectors v[l * n] orthonormal; those that depend on others become 0. */
static void orthonormal(double *v, size_t l, size_t n)
{
    for (size_t j = 0; j < l; j++) {
        double *mine = v + j * n, before = sqrt(dot(mine, mine, n));
        for (int twice = 0; twice < 2; twice++)
            for (size_t i = 0; i < j; i++) {
                double along = dot(v + i * n, mine, n);
                for (size_t r = 0; r < n; r++)
                    mine[r] -= along * v[i * n + r];
            }
        double length = sqrt(dot(mine, mine, n));
        double scale = length > 1e-12 * before ? 1 / length : 0;
        for (size_t r = 0; r < n; r++)
            mine[r] *= scale;
    }
}

/* The columns of m[n * l] made orthonormal; room[l * n]. */
static void orthonormal_columns(double *m, size_t n, size_t l, double *room)
{
    transpose(m, n, l, room);
    orthonormal(room, l, n);
    transpose(room, l, n, m);
}

/* The right vectors from b = transposed a, times an orthonormal basis of its range: b's own left
 * vectors, by the eigenvectors of transposed b times b.  room[l * cols]. */
static int small_problem(const double *b, size_t cols, size_t l, size_t k, double *room,
                         double *right, double *singular, struct error *err)
{
    gsl_matrix *gram = gsl_matrix_calloc(l, l), *vectors = gsl_matrix_calloc(l, l);
    gsl_vector *values = gsl_vector_calloc(l);
    gsl_eigen_symmv_workspace *work = gsl_eigen_symmv_alloc(l);
    int status = 0;

    if (!gram || !vectors || !values || !work)
        mem_exhausted();
    transpose(b, cols, l, room);
    for (size_t i = 0; i < l; i++)
        for (size_t j = 0; j <= i; j++) {
            double product = dot(room + i * cols, room + j * cols, cols);
            gsl_matrix_set(gram, i, j, product);
            gsl_matrix_set(gram, j, i, product);
        }
    if (gsl_eigen_symmv(gram, values, vectors, work) ||
        gsl_eigen_symmv_sort(values, vectors, GSL_EIGEN_SORT_VAL_DESC)) {
        status = error_set(err, ERR_NUMERIC, "singular values: the iteration does not end");
        goto out;
    }
    double largest = sqrt(fmax(gsl_vector_get(values, 0), 0));
    memset(right, 0, cols * k * sizeof *right);
    for (size_t j = 0; j < k; j++) {
        double s = j < l ? sqrt(fmax(gsl_vector_get(values, j), 0)) : 0;
        /* eigenvalues are squares, exact to 1e-16 of the largest */
        singular[j] = s > 1e-7 * largest ? s : 0;
    }
    for (size_t c = 0; c < cols; c++)
        for (size_t i = 0; i < l; i++) {
            const double *vector = gsl_matrix_const_ptr(vectors, i, 0);
            for (size_t j = 0; j < k && j < l && singular[j] > 0; j++)
                right[c * k + j] += b[c * l + i] / singular[j] * vector[j];
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
    double *x, *y, *room;
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
    room = mem_alloc((a->rows > a->cols ? a->rows : a->cols) * l * sizeof *room);
    for (size_t i = 0; i < a->cols * l; i++)
        x[i] = rng_normal(&r);
    for (int step = 0; step <= POWER_STEPS; step++) {
        times(a, l, x, y);
        orthonormal_columns(y, a->rows, l, room);
        times_transposed(a, l, y, x);
        if (step < POWER_STEPS)
            orthonormal_columns(x, a->cols, l, room);
    }
    status = small_problem(x, a->cols, l, k, room, right, singular, err);
    mem_free(x);
    mem_free(y);
    mem_free(room);
    return status;
}
