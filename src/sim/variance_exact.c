/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shares of the variance by parameter from exact values at draws of the parameters: without any
 * noise of sampling, few draws fit the regression closely. */
#include "sim/variance.h"

#include "math/rng.h"

#include <math.h>

enum { DRAWS_MIN = 100, DRAWS_BASE = 300, DRAWS_EACH = 5, DRAWS_MAX = 1500 };
/* ns for all draws; a chain is built and solved in some 20 times the work of its sums */
static const double WORK_MAX = 1e9, BUILD = 20, BUILD_BASE = 5e4;

static double ratio(double y, double x)
{
    return x > 0 ? y / x : NAN;
}

/* NaN where no worth is stated. */
static double net_of(const struct pipeline *p, const struct exact_point *e)
{
    const double worth[3] = {p->worth_correct, p->worth_wrong, p->worth_rejected};
    const double of[3] = {e->correct, e->wrong, e->rejected};
    double sum = 0;
    bool stated = false;
    for (int k = 0; k < 3; k++)
        if (!isnan(worth[k])) {
            sum += worth[k] * of[k];
            stated = true;
        }
    return stated ? sum - e->cost : NAN;
}

static void put_values(struct variance *v, uint32_t draw, const struct exact_point *e)
{
    double shipped = e->correct + e->wrong;
    const double value[SENSITIVITY_METRICS] = {e->correct,
                                               ratio(e->wrong, shipped),
                                               ratio(e->auto_wrong, e->auto_shipped),
                                               e->reviewed,
                                               e->cost,
                                               ratio(e->cost, e->correct),
                                               ratio(e->latency_shipped, shipped),
                                               net_of(v->pipeline, e)};
    for (uint32_t m = 0; m < SENSITIVITY_METRICS; m++)
        variance_put_value(v, draw, m, value[m], 0);
}

static int draw_all(struct variance *v, uint64_t seed, struct error *err)
{
    const struct pipeline *p = v->pipeline;
    double *theta = mem_zero((size_t)p->n_evidence + 1, sizeof *theta);
    int status = 0;
    for (uint32_t d = 0; d < v->n_draws && !status; d++) {
        struct rng_seq rng = {.key = rng_key(seed, 3, d, 0, RNG_PARAMETER)};
        struct pipeline drawn;
        struct exact_point at;
        pipeline_posterior_draw(p, &rng, theta);
        pipeline_with(p, theta, &rng, &drawn);
        variance_put_features(v, d, theta, &drawn);
        status = exact_point(&drawn, &at, err);
        if (!status)
            put_values(v, d, &at);
        pipeline_release(&drawn);
    }
    mem_free(theta);
    return status;
}

int variance_exact(const struct pipeline *p, const struct exact_options *options, double work,
                   struct result *out, struct error *err)
{
    struct variance v;
    variance_init(&v, p, 0);
    double draws = fmin(DRAWS_BASE + DRAWS_EACH * (double)v.n_features, DRAWS_MAX);
    bool any = v.n_features > 0;
    variance_release(&v);
    draws = floor(fmin(draws, WORK_MAX / (BUILD * work + BUILD_BASE)));
    if (!any)
        return 0;
    if (draws < DRAWS_MIN) {
        result_assume(out, "shares of the variance by parameter are left out: the chain is large");
        return 0;
    }
    variance_init(&v, p, (uint32_t)draws);
    int status = draw_all(&v, options->seed, err);
    if (!status)
        variance_put(&v, options->level, out);
    variance_release(&v);
    return status;
}
