/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LU factors with partial pivoting (Golub and Van Loan, Matrix Computations, 2013, ch. 3). */
#include "sim/exact/block.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_permute_vector.h>
#include <math.h>

bool block_init(struct block *b, const struct chain *c, const struct chain_block *range,
                uint32_t stop)
{
    uint32_t n = range->end - range->begin;
    int sign;
    *b = (struct block){.begin = range->begin, .n = n, .order = {.size = n}};
    b->memory = mem_zero((size_t)n * n, sizeof *b->memory);
    b->order.data = mem_zero(n, sizeof *b->order.data);
    b->lu = gsl_matrix_view_array(b->memory, n, n);
    for (uint32_t u = 0; u < n; u++) {
        const struct chain_state *s = &c->state[range->begin + u];
        b->memory[(size_t)u * n + u] += 1;
        for (uint32_t h = s->hop; h < s[1].hop && s->step != stop; h++) {
            int64_t v = (int64_t)c->hop[h].to - range->begin;
            if (v >= 0 && v < n)
                b->memory[(size_t)v * n + u] -= c->weight[c->hop[h].branch];
        }
    }
    if (gsl_linalg_LU_decomp(&b->lu.matrix, &b->order, &sign))
        return false;
    for (uint32_t u = 0; u < n; u++)
        if (!(fabs(b->memory[(size_t)u * n + u]) > 0))
            return false;
    return true;
}

void block_release(struct block *b)
{
    mem_free(b->memory);
    mem_free(b->order.data);
}

static bool all_finite(const struct block *b, const double *x, size_t stride)
{
    for (uint32_t u = 0; u < b->n; u++)
        if (!isfinite(x[u * stride]))
            return false;
    return true;
}

bool block_solve(const struct block *b, double *x, size_t stride)
{
    gsl_vector_view v = gsl_vector_view_array_with_stride(x, stride, b->n);
    return !gsl_linalg_LU_svx(&b->lu.matrix, &b->order, &v.vector) && all_finite(b, x, stride);
}

/* P A = L U, so A^T x = b is U^T y = b, L^T z = y, x = P^T z. */
bool block_solve_back(const struct block *b, double *x, size_t stride)
{
    gsl_vector_view v = gsl_vector_view_array_with_stride(x, stride, b->n);
    gsl_blas_dtrsv(CblasUpper, CblasTrans, CblasNonUnit, &b->lu.matrix, &v.vector);
    gsl_blas_dtrsv(CblasLower, CblasTrans, CblasUnit, &b->lu.matrix, &v.vector);
    return !gsl_permute_vector_inverse(&b->order, &v.vector) && all_finite(b, x, stride);
}
