/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What labels say about one threshold.
 *
 * auto_error is k of m, joint_error k of n: exact binomial tests (Clopper and Pearson 1934).
 * shipped_error, where everything ships after review, is a sum over the shares of all items that
 * ship wrong unseen, are reviewed wrong, and are reviewed right, of which 1, 1 - sensitivity and
 * 1 - specificity leave wrong: each share (and each rate of the reviewers, where it rests on
 * counts) has its own exact bound, and d is shared out among them (Bonferroni). */
#include "math/interval.h"
#include "math/risk_parts.h"

#include <math.h>

struct demand risk_demand(const struct risk_options *o, struct risk_target *own)
{
    *own = (struct risk_target){RISK_AUTO, o->target};
    if (o->n_targets)
        return (struct demand){o->targets, o->n_targets, o->reviewer};
    return (struct demand){own, 1, o->reviewer};
}

/* --- items that ship without a review, and the two kinds that people see */

struct shares {
    uint64_t n, unseen, wrong, right; /* unseen: shipped wrong; wrong, right: reviewed */
};

static struct shares shares_of(const struct frontier *f, const struct risk_point *p)
{
    uint64_t m = p ? p->m : 0, k = p ? p->k : 0;
    return (struct shares){f->n, k, f->errors - k, f->n - m - (f->errors - k)};
}

static double value_of(const struct shares *s, double sensitivity, double specificity)
{
    return ((double)s->unseen + (1 - sensitivity) * (double)s->wrong +
            (1 - specificity) * (double)s->right) /
           (double)s->n;
}

static double bound_lower(uint64_t k, uint64_t n, double d)
{
    return 1 - interval_upper(n - k, n, d);
}

/* How many bounds share d. */
static double parts_of(const struct risk_reviewer *r)
{
    return 3 + (r->sensitivity_n > 0) + (r->specificity_n > 0);
}

static double shipped_upper(const struct shares *s, const struct risk_reviewer *r, double d)
{
    double each = d / parts_of(r);
    double caught =
        r->sensitivity_n ? bound_lower(r->sensitivity_k, r->sensitivity_n, each) : r->sensitivity;
    double kept =
        r->specificity_n ? bound_lower(r->specificity_k, r->specificity_n, each) : r->specificity;
    return fmin(1, interval_upper(s->unseen, s->n, each) +
                       (1 - caught) * interval_upper(s->wrong, s->n, each) +
                       (1 - kept) * interval_upper(s->right, s->n, each));
}

static double shipped_lower(const struct shares *s, const struct risk_reviewer *r, double d)
{
    double each = d / parts_of(r);
    double caught = r->sensitivity_n ? interval_upper(r->sensitivity_k, r->sensitivity_n, each)
                                     : r->sensitivity;
    double kept = r->specificity_n ? interval_upper(r->specificity_k, r->specificity_n, each)
                                   : r->specificity;
    return bound_lower(s->unseen, s->n, each) + (1 - caught) * bound_lower(s->wrong, s->n, each) +
           (1 - kept) * bound_lower(s->right, s->n, each);
}

/* What is left when labels are without end: the reviewers' rates are still as bounded as before. */
static double value_of_many(const struct shares *s, const struct risk_reviewer *r, double d)
{
    double each = d / parts_of(r);
    return value_of(
        s,
        r->sensitivity_n ? bound_lower(r->sensitivity_k, r->sensitivity_n, each) : r->sensitivity,
        r->specificity_n ? bound_lower(r->specificity_k, r->specificity_n, each) : r->specificity);
}

double risk_value_of_many(enum risk_kind kind, const struct risk_reviewer *reviewer,
                          const struct frontier *f, const struct risk_point *p, double d)
{
    struct shares s = shares_of(f, p);
    return kind == RISK_SHIPPED ? value_of_many(&s, reviewer, d) : risk_value(kind, reviewer, f, p);
}

double risk_value(enum risk_kind kind, const struct risk_reviewer *reviewer,
                  const struct frontier *f, const struct risk_point *p)
{
    struct shares s = shares_of(f, p);
    if (kind == RISK_AUTO)
        return p ? (double)p->k / (double)p->m : NAN;
    if (kind == RISK_JOINT)
        return (double)s.unseen / (double)s.n;
    return value_of(&s, reviewer->sensitivity, reviewer->specificity);
}

double risk_upper(enum risk_kind kind, const struct risk_reviewer *reviewer,
                  const struct frontier *f, const struct risk_point *p, double d)
{
    struct shares s = shares_of(f, p);
    if (kind == RISK_AUTO)
        return p ? interval_upper(p->k, p->m, d) : 1;
    if (kind == RISK_JOINT)
        return p ? interval_upper(p->k, f->n, d) : 0;
    return shipped_upper(&s, reviewer, d);
}

double risk_lower(enum risk_kind kind, const struct risk_reviewer *reviewer,
                  const struct frontier *f, const struct risk_point *p, double d)
{
    struct shares s = shares_of(f, p);
    if (kind == RISK_AUTO)
        return p ? bound_lower(p->k, p->m, d) : 0;
    if (kind == RISK_JOINT)
        return p ? bound_lower(p->k, f->n, d) : 0;
    return fmax(0, shipped_lower(&s, reviewer, d));
}

void risk_at(enum risk_kind kind, const struct risk_reviewer *reviewer, const struct risk_point *p,
             uint64_t n, uint64_t errors, double level, struct risk_shown *out)
{
    const struct frontier f = {.n = n, .errors = errors};
    *out = (struct risk_shown){.kind = kind,
                               .at_most = NAN,
                               .value = risk_value(kind, reviewer, &f, p),
                               .low = risk_lower(kind, reviewer, &f, p, (1 - level) / 2),
                               .high = risk_upper(kind, reviewer, &f, p, (1 - level) / 2),
                               .bound = risk_upper(kind, reviewer, &f, p, 1 - level)};
}

/* --- tests */

/* P(Bin(m, target) <= k) <= d. */
static bool binomial_holds(uint64_t k, uint64_t m, double target, double d)
{
    return (double)k < target * (double)m && binomial_cdf(k, m, target) <= d;
}

static bool target_holds(const struct risk_target *t, const struct demand *want,
                         const struct frontier *f, const struct risk_point *p, double d)
{
    if (t->kind == RISK_AUTO)
        return binomial_holds(p->k, p->m, t->at_most, d);
    if (t->kind == RISK_JOINT)
        return binomial_holds(p->k, f->n, t->at_most, d);
    return risk_value(t->kind, want->reviewer, f, p) < t->at_most &&
           risk_upper(t->kind, want->reviewer, f, p, d) <= t->at_most;
}

bool demand_holds(const struct demand *want, const struct frontier *f, const struct risk_point *p,
                  double d)
{
    for (size_t i = 0; i < want->n; i++)
        if (!target_holds(&want->at[i], want, f, p, d / (double)want->n))
            return false;
    return true;
}

bool demand_looks_met(const struct demand *want, const struct frontier *f,
                      const struct risk_point *p)
{
    for (size_t i = 0; i < want->n; i++)
        if (!(risk_value(want->at[i].kind, want->reviewer, f, p) <= want->at[i].at_most))
            return false;
    return true;
}

double demand_margin(const struct demand *want, const struct frontier *f,
                     const struct risk_point *p)
{
    double least = INFINITY;
    for (size_t i = 0; i < want->n; i++) {
        const struct risk_target *t = &want->at[i];
        double a = t->at_most, m = (double)(t->kind == RISK_AUTO ? p->m : f->n);
        double value = risk_value(t->kind, want->reviewer, f, p);
        least = fmin(least, (a - value) * sqrt(m / (a * (1 - a))));
    }
    return least;
}
