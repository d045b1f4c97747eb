/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gauss-Jacobi rules by the eigenvalues of the Jacobi matrix (Golub and Welsch 1969), on [0, 1]
 * with the weight of a Beta density; the recurrence is written without differences of large
 * parameters.  Over several evidences: the full grid while it is small, else a sparse grid by the
 * combination technique (Smolyak 1963; Novak and Ritter 1999), level k being exact for total
 * degree 2k + 1. */
#include "sim/exact/posterior.h"

#include <gsl/gsl_eigen.h>
#include <gsl/gsl_integration.h>
#include <math.h>

enum { POINTS_MAX = 48, POINTS_MIN = 4, LEVEL_MAX = 5 };

/* --- one dimension */

/* Diagonal of the Jacobi matrix for the density x^(a-1) (1-x)^(b-1). */
static double jacobi_middle(double a, double b, double n)
{
    double s = a + b - 2;
    if (n == 0)
        return a / (a + b);
    return (2 * n * n + 2 * n * (s + 1) + s * a) / ((2 * n + s) * (2 * n + s + 2));
}

/* Square of the entry beside it, n >= 1. */
static double jacobi_beside(double a, double b, double n)
{
    double s = a + b - 2, m = 2 * n + s;
    if (n == 1)
        return a * b / ((a + b) * (a + b) * (a + b + 1));
    return n * (n + a - 1) * (n + b - 1) * (n + s) / (m * m * (m + 1) * (m - 1));
}

/* The uniform law: nodes by Newton's method, which is cheap for hundreds of them. */
static int uniform_rule(uint32_t n, double *node, double *weight)
{
    gsl_integration_glfixed_table *t = gsl_integration_glfixed_table_alloc(n);
    for (uint32_t i = 0; i < n && t; i++)
        gsl_integration_glfixed_point(0, 1, i, &node[i], &weight[i], t);
    int status = t ? 0 : -1;
    gsl_integration_glfixed_table_free(t);
    return status;
}

int quadrature_beta(double a, double b, uint32_t n, double *node, double *weight, struct error *err)
{
    if (a == 1 && b == 1 && !uniform_rule(n, node, weight))
        return 0;
    gsl_matrix *matrix = gsl_matrix_calloc(n, n), *vectors = gsl_matrix_calloc(n, n);
    gsl_vector *values = gsl_vector_calloc(n);
    gsl_eigen_symmv_workspace *work = gsl_eigen_symmv_alloc(n);
    for (uint32_t i = 0; i < n && matrix; i++) {
        gsl_matrix_set(matrix, i, i, jacobi_middle(a, b, i));
        if (i + 1 < n) {
            double beside = sqrt(jacobi_beside(a, b, i + 1));
            gsl_matrix_set(matrix, i, i + 1, beside);
            gsl_matrix_set(matrix, i + 1, i, beside);
        }
    }
    int status =
        !matrix || !vectors || !values || !work || gsl_eigen_symmv(matrix, values, vectors, work);
    for (uint32_t i = 0; i < n && !status; i++) {
        double first = gsl_matrix_get(vectors, 0, i);
        node[i] = fmin(1, fmax(0, gsl_vector_get(values, i)));
        weight[i] = first * first;
    }
    gsl_eigen_symmv_free(work);
    gsl_vector_free(values);
    gsl_matrix_free(matrix);
    gsl_matrix_free(vectors);
    if (status)
        return error_set(err, ERR_NUMERIC, "quadrature: no rule for Beta(%g, %g)", a, b);
    return 0;
}

/* --- several dimensions */

/* Nodes of the sparse grid's tensor products whose orders above 1 add up to `level`. */
static double products(uint32_t dimensions, uint32_t level)
{
    double count[LEVEL_MAX + 1] = {1};
    for (uint32_t d = 0; d < dimensions; d++)
        for (uint32_t l = level + 1; l-- > 0;) {
            double sum = 0;
            for (uint32_t j = 0; j <= l; j++)
                sum += (j + 1) * count[l - j];
            count[l] = sum;
        }
    return count[level];
}

static double sparse_nodes(uint32_t dimensions, uint32_t level)
{
    double sum = 0;
    for (uint32_t l = 0; l <= level; l++)
        sum += products(dimensions, l);
    return sum;
}

struct quadrature quadrature_choose(uint32_t dimensions, double max_nodes)
{
    struct quadrature q = {0};
    if (!dimensions)
        return q;
    double points = floor(pow(max_nodes, 1.0 / dimensions) * (1 + 1e-12));
    if (points >= POINTS_MIN) {
        q.points = (uint32_t)fmin(points, POINTS_MAX);
        q.nodes = pow(q.points, dimensions);
        return q;
    }
    while (q.level < LEVEL_MAX && sparse_nodes(dimensions, q.level + 1) <= max_nodes)
        q.level++;
    q.nodes = q.level ? sparse_nodes(dimensions, q.level) : 0;
    return q;
}

struct walk {
    const struct pipeline *p;
    uint32_t n, max_points;
    double *node, *weight; /* [n][points - 1][max_points] */
    double *theta, *left;  /* left[i]: what members before i of its group leave */
    bool *first;           /* of its group */
    quadrature_visit *visit;
    void *arg;
    struct error *err;
};

static const double *row(const struct walk *w, const double *table, uint32_t i, uint32_t points)
{
    return table + ((size_t)i * w->max_points + points - 1) * w->max_points;
}

static int tables_init(struct walk *w, uint32_t least_points, struct error *err)
{
    const struct evidence *e = w->p->evidence;
    for (uint32_t i = 0, end; i < w->n; i = end) {
        double rest = (double)e[i].n + 0.5;
        for (end = i; end < w->n && e[end].group == e[i].group; end++)
            rest -= (double)e[end].k;
        rest = fmax(rest, 0.5);
        w->first[i] = true;
        for (uint32_t j = end; j-- > i;) {
            double a = (double)e[j].k + 0.5;
            for (uint32_t points = least_points; points <= w->max_points; points++)
                if (quadrature_beta(a, rest, points, (double *)row(w, w->node, j, points),
                                    (double *)row(w, w->weight, j, points), err))
                    return -1;
            rest += a;
        }
    }
    return 0;
}

static int walk_from(struct walk *w, uint32_t i, uint32_t points, uint32_t level, double weight);

static int walk_points(struct walk *w, uint32_t i, uint32_t here, uint32_t points, uint32_t level,
                       double weight)
{
    const double *node = row(w, w->node, i, here), *share = row(w, w->weight, i, here);
    double left = w->first[i] ? 1 : w->left[i];
    for (uint32_t k = 0; k < here; k++) {
        w->theta[i] = left * node[k];
        w->left[i + 1] = left * (1 - node[k]);
        if (walk_from(w, i + 1, points, level, weight * share[k]))
            return -1;
    }
    return 0;
}

/* points > 0: that many in each direction; else products whose orders above 1 add up to level. */
static int walk_from(struct walk *w, uint32_t i, uint32_t points, uint32_t level, double weight)
{
    if (i == w->n)
        return w->visit(w->arg, w->theta, weight, w->err);
    if (points)
        return walk_points(w, i, points, points, 0, weight);
    for (uint32_t l = i + 1 == w->n ? level : 0; l <= level; l++)
        if (walk_points(w, i, l + 1, 0, level - l, weight))
            return -1;
    return 0;
}

static double choose(double n, uint32_t k)
{
    double c = 1;
    for (uint32_t i = 0; i < k; i++)
        c *= (n - i) / (i + 1);
    return c;
}

int quadrature_run(const struct pipeline *p, const struct quadrature *q, quadrature_visit *visit,
                   void *arg, struct error *err)
{
    struct walk w = {.p = p, .n = p->n_evidence, .visit = visit, .arg = arg, .err = err};
    w.max_points = q->points ? q->points : q->level + 1;
    size_t size = (size_t)w.n * w.max_points * w.max_points;
    w.node = mem_zero(size, sizeof *w.node);
    w.weight = mem_zero(size, sizeof *w.weight);
    w.theta = mem_zero((size_t)w.n + 1, sizeof *w.theta);
    w.left = mem_zero((size_t)w.n + 2, sizeof *w.left);
    w.first = mem_zero((size_t)w.n + 1, sizeof *w.first);
    int status = tables_init(&w, q->points ? q->points : 1, err);
    if (!status && q->points)
        status = walk_from(&w, 0, q->points, 0, 1);
    for (uint32_t j = 0; j <= q->level && j < w.n && !q->points && !status; j++)
        status = walk_from(&w, 0, 0, q->level - j, (j % 2 ? -1 : 1) * choose((double)w.n - 1, j));
    mem_free(w.node);
    mem_free(w.weight);
    mem_free(w.theta);
    mem_free(w.left);
    mem_free(w.first);
    return status;
}
