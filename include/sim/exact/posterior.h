/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Posterior means of all values by quadrature over the evidence, and their posterior quantiles by
 * draws.
 *
 * Each evidence is a Beta variable of its own: groups that share a Dirichlet posterior are broken
 * like a stick, v_1 = theta_1, v_2 = theta_2 / (1 - theta_1), ..., which are independent. */
#ifndef SEAM_SIM_EXACT_POSTERIOR_H
#define SEAM_SIM_EXACT_POSTERIOR_H

#include "sim/exact/values.h"

/* Nodes and weights (which add up to 1) of the n-point Gauss rule for Beta(a, b): exact for
 * polynomials of degree 2n - 1.  ERR_NUMERIC when the eigenvalues do not converge. */
MUST_CHECK int quadrature_beta(double a, double b, uint32_t n, double *node, double *weight,
                               struct error *err);

/* Calls visit(arg, theta, weight) at each node of a rule over all evidence of p; stops and returns
 * -1 when visit does. */
typedef int quadrature_visit(void *arg, const double *theta, double weight, struct error *err);
struct quadrature {
    uint32_t points; /* of a full grid, in each direction; 0: a sparse grid of this level */
    uint32_t level;
    double nodes; /* how many there are */
};
/* The best rule with at most max_nodes nodes; points = level = 0 when there is none. */
struct quadrature quadrature_choose(uint32_t dimensions, double max_nodes);
/* Calls visit at every node with theta and its weight, which add up to 1; errors are those of
 * visit, and ERR_NUMERIC. */
MUST_CHECK int quadrature_run(const struct pipeline *p, const struct quadrature *q,
                              quadrature_visit *visit, void *arg, struct error *err);

struct posterior {
    double *value, *low, *high, *sd; /* [model_size] owned */
    struct quadrature rule;
    double error; /* of reliability, estimated: 0 on a full grid, NaN without a rule */
    uint32_t draws;
};
/* `level` is that of [low, high].  model_start has been called. */
MUST_CHECK int posterior_init(struct posterior *q, struct model *m, double level, uint64_t seed,
                              struct error *err);
/* Frees the values and limits and leaves *q zero. */
void posterior_release(struct posterior *q);
/* Of a sorted list, between order statistics, (n - 1) p from the first (Hyndman and Fan 1996,
 * type 7); and the order to sort by. */
double posterior_quantile(const double *x, uint32_t n, double p);
/* Compares two doubles for qsort, the smaller first. */
int posterior_by_value(const void *a, const void *b);

#endif
