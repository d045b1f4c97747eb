/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why no threshold is certified: because none is good enough, or because the labels are too few. */
#include "math/interval.h"
#include "math/power.h"
#include "math/risk_parts.h"

#include <math.h>

static double risk_of(const struct risk_point *p)
{
    return (double)p->k / (double)p->m;
}

/* sqrt(2 m KL(k/m, b)) with the sign of b - k/m.  P(Bin(m, b) <= k) is at least
 * P(N > this) for a standard normal N: Zubkov and Serov 2013, Theory of Probability and its
 * Applications 57(3). */
static double deviance_root(uint64_t k, uint64_t m, double b)
{
    double q = (double)k / (double)m;
    double kl = (k > 0 ? q * log(q / b) : 0) + (k < m ? (1 - q) * log((1 - q) / (1 - b)) : 0);
    double root = sqrt(2 * (double)m * fmax(kl, 0));
    return q < b ? root : -root;
}

/* The smallest upper bound over all thresholds: a bound is computed only where it may be smaller
 * than the best so far. */
static double smallest_bound(const struct frontier *f, double d)
{
    double best = 1, z = normal_quantile(1 - d);
    enum { FIRST = 64 }; /* evenly spaced, so that the scan starts with a good one */
    for (size_t i = 0; i < FIRST; i++) {
        const struct risk_point *p = &f->at[i * (f->len - 1) / (FIRST - 1)];
        best = fmin(best, interval_upper(p->k, p->m, d));
    }
    for (size_t i = 0; i < f->len; i++) {
        const struct risk_point *p = &f->at[i];
        bool hopeless = i + 1 < f->len && p[1].k == p->k; /* the next is better */
        if (hopeless || risk_of(p) >= best || deviance_root(p->k, p->m, best) < z)
            continue;
        if (binomial_cdf(p->k, p->m, best) < d)
            best = interval_upper(p->k, p->m, d);
    }
    return best;
}

/* Most points are far enough away for the inequality to say so. */
bool risk_excludes(const struct risk_point *p, double target, double d)
{
    if (risk_of(p) <= target)
        return false;
    if (-deviance_root(p->k - 1, p->m, target) >= normal_quantile(1 - d))
        return true;
    return 1 - binomial_cdf(p->k - 1, p->m, target) <= d;
}

/* Does one of the targets exclude this threshold?  p NULL: everything is reviewed. */
static bool is_excluded(const struct demand *want, const struct frontier *f,
                        const struct risk_point *p, double d)
{
    for (size_t i = 0; i < want->n; i++) {
        const struct risk_target *t = &want->at[i];
        double each = d / (double)want->n;
        if (t->kind == RISK_AUTO ? p && risk_excludes(p, t->at_most, each)
                                 : risk_lower(t->kind, want->reviewer, f, p, each) > t->at_most)
            return true;
    }
    return false;
}

/* Thresholds that ship fewer labels than certify when none is wrong say nothing of auto_error. */
static bool is_infeasible(const struct frontier *f, const struct demand *want, double d)
{
    uint64_t enough = 1;
    bool can_ship_none = true;
    for (size_t i = 0; i < want->n; i++) {
        if (want->at[i].kind != RISK_AUTO)
            continue;
        uint64_t m = power_labels(want->at[i].at_most, 1, d / (double)want->n, 0.8).zero_errors;
        if (m == 0)
            return false;
        can_ship_none = false;
        enough = m > enough ? m : enough;
    }
    if (f->n < enough || (can_ship_none && !is_excluded(want, f, NULL, d)))
        return false;
    for (size_t i = frontier_shipping(f, enough); i < f->len; i++)
        if (!is_excluded(want, f, &f->at[i], d))
            return false;
    return true;
}

static double smallest_upper(const struct frontier *f, const struct demand *want, double d)
{
    enum risk_kind kind = want->at[0].kind;
    double best = kind == RISK_AUTO ? 1 : risk_upper(kind, want->reviewer, f, NULL, d);
    if (kind == RISK_AUTO)
        return smallest_bound(f, d);
    size_t len, *at = frontier_grid(f, 400, &len);
    for (size_t i = 0; i < len; i++)
        best = fmin(best, risk_upper(kind, want->reviewer, f, &f->at[at[i]], d));
    mem_free(at);
    return best;
}

/* --- how many labels would do */

/* Of auto_error: m of n ship with truth r; in labels of the certifying part. */
static double needed_there(const struct risk_target *t, const struct demand *want,
                           const struct frontier *f, const struct risk_point *p, double d)
{
    double a = t->at_most, r = risk_value_of_many(t->kind, want->reviewer, f, p, d);
    double ships = t->kind == RISK_AUTO ? (double)p->m / (double)f->n : 1;
    if (!(r < a))
        return INFINITY;
    /* by the normal law: exact only for the one target that has a power of its own */
    double root =
        (normal_quantile(1 - d) * sqrt(a * (1 - a)) + normal_quantile(0.8) * sqrt(r * (1 - r))) /
        (a - r);
    return fmax(root * root, log(d) / log1p(-a)) / ships;
}

uint64_t risk_labels_needed(const struct frontier *f, const struct demand *want, double d,
                            double share)
{
    double fewest = INFINITY, coverage = 1, each = d / (double)want->n;
    const struct risk_target *first = &want->at[0];
    const struct risk_point *best = NULL;
    for (size_t i = 0; i < f->len; i++) {
        double all = 0;
        for (size_t k = 0; k < want->n; k++)
            all = fmax(all, needed_there(&want->at[k], want, f, &f->at[i], each));
        if (all < fewest) {
            fewest = all;
            best = &f->at[i];
        }
    }
    /* where every threshold errs as much as the target, plan for a truth of half of it; labels
       enough for that plan say that it is not so, and no number would do */
    bool planned = best == NULL;
    if (planned && first->kind == RISK_SHIPPED)
        return 0;
    if (planned || (want->n == 1 && first->kind != RISK_SHIPPED)) {
        double truth =
            planned ? first->at_most / 2 : risk_value(first->kind, want->reviewer, f, best);
        uint64_t m = power_labels(first->at_most, truth, each, 0.8).first;
        if (m == 0)
            return 0;
        if (!planned && first->kind == RISK_AUTO)
            coverage = (double)best->m / (double)f->n;
        fewest = (double)m / coverage;
    }
    double all = ceil(fewest * (1 - 1e-12));
    all = ceil(all / share * (1 - 1e-12));
    if (all > 1e15)
        return 0;
    if (all > (double)f->n)
        return (uint64_t)all;
    return planned ? 0 : f->n + 1;
}

void risk_explain(const struct frontier *f, const struct demand *want, double d, double each,
                  double share, struct risk_answer *out)
{
    if (is_infeasible(f, want, d)) {
        out->ending = RISK_INFEASIBLE;
        out->best_attainable = want->n == 1 ? smallest_upper(f, want, d) : NAN;
    } else {
        out->ending = RISK_TOO_FEW;
        out->labels_needed = risk_labels_needed(f, want, each, share);
    }
}
