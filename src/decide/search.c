/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors need not be monotone in a threshold, so the search is a grid over [0, 1]; where
 * feasibility changes between neighbours the edge is found by bisection, and minima are refined by
 * golden section (Kiefer 1953) and then by the root of a five-point derivative.
 *
 * With evidence, a point is evaluated at SEARCH_DRAWS parameter sets, the same at every threshold,
 * and a target counts as met when the whole interval meets it. */
#include "decide/search.h"

#include "math/rng.h"
#include "sim/exact.h"

#include <math.h>
#include <stdlib.h>

static void set_threshold(struct pipeline *p, uint32_t gate, double t)
{
    for (uint32_t c = 0; c < p->n_classes; c++)
        p->step[gate].numbers[c].threshold.value = t;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct estimate search_summary(double *value, uint32_t n, double level)
{
    double sum = 0;

    if (n == 1)
        return (struct estimate){value[0], value[0], value[0]};
    for (uint32_t i = 0; i < n; i++)
        sum += value[i];
    if (isnan(sum))
        return (struct estimate){NAN, NAN, NAN};
    qsort(value, n, sizeof *value, by_value);
    uint32_t tail = (uint32_t)floor((1 - level) / 2 * n);
    return (struct estimate){sum / n, value[tail], value[n - 1 - tail]};
}

static int evaluate(struct search *s, struct trial *x)
{
    double value[ASKED_MOST][SEARCH_DRAWS];

    for (uint32_t d = 0; d < s->n_draws; d++) {
        struct exact_point at;
        set_threshold(&s->draw[d], s->gate, x->t);
        if (exact_point(&s->draw[d], &at, s->err))
            return -1;
        for (uint32_t m = 0; m < s->asked->n_metrics; m++)
            value[m][d] = asked_of_point(&s->draw[d], &at, s->asked->metric[m]);
    }
    for (uint32_t m = 0; m < s->asked->n_metrics; m++)
        x->at[m] = search_summary(value[m], s->n_draws, s->options->level);
    return 0;
}

void search_pipeline(const struct search *s, double t, struct pipeline *out)
{
    double *theta = mem_zero(s->p->n_evidence + 1, sizeof *theta);

    for (uint32_t i = 0; i < s->p->n_evidence; i++)
        theta[i] = (double)s->p->evidence[i].k / (double)s->p->evidence[i].n;
    pipeline_with(s->p, theta, NULL, out);
    set_threshold(out, s->gate, t);
    mem_free(theta);
}

struct trial search_at(struct search *s, double t)
{
    struct trial x = {.t = t};

    if (s->failed)
        return x;
    if (evaluate(s, &x)) {
        s->failed = true;
        return x;
    }
    x.feasible = true;
    for (uint32_t i = 0; i < s->p->n_targets; i++) {
        const struct target *target = &s->p->target[i];
        x.feasible = x.feasible && asked_meets(target, &x.at[s->asked->of_target[i]]);
    }
    return x;
}

static double goal_of(const struct search *s, const struct trial *x)
{
    return asked_goal(s->asked, x->at);
}

/* The feasible end of [feasible, infeasible], to the last bits. */
static struct trial edge_between(struct search *s, struct trial in, struct trial out)
{
    double tolerance = s->n_draws > 1 ? 1e-6 : 1e-14;

    for (int i = 0; i < 60 && fabs(in.t - out.t) > tolerance && !s->failed; i++) {
        struct trial mid = search_at(s, in.t + (out.t - in.t) / 2);
        if (mid.feasible)
            in = mid;
        else
            out = mid;
    }
    return in;
}

/* The value to make least: a metric (sign 1) or its negative. */
struct aim {
    struct search *search;
    uint32_t metric;
    double sign;
    bool need_feasible;
};

static double aim_at(const struct aim *a, double t)
{
    struct trial x = search_at(a->search, t);
    double v = a->sign * x.at[a->metric].value;
    return isnan(v) || (a->need_feasible && !x.feasible) ? INFINITY : v;
}

static double derivative(const struct aim *a, double t, double h)
{
    return (aim_at(a, t - 2 * h) - 8 * aim_at(a, t - h) + 8 * aim_at(a, t + h) -
            aim_at(a, t + 2 * h)) /
           (12 * h);
}

/* A minimum found by golden section is known to the square root of the precision only; the root of
 * the derivative is known to nearly all of it. */
static double polish_minimum(const struct aim *a, double t)
{
    const double h = 1e-3;
    double low = t - 1e-4, high = t + 1e-4;

    if (low - 2 * h < 0 || high + 2 * h > 1 || !(derivative(a, low, h) < 0) ||
        !(derivative(a, high, h) > 0))
        return t;
    for (int i = 0; i < 50 && high - low > 1e-15; i++) {
        double mid = low + (high - low) / 2, slope = derivative(a, mid, h);
        if (!isfinite(slope))
            return t;
        if (slope < 0)
            low = mid;
        else
            high = mid;
    }
    double polished = low + (high - low) / 2;
    return aim_at(a, polished) <= aim_at(a, t) + 1e-15 ? polished : t;
}

static double minimise(const struct aim *a, double low, double high)
{
    const double ratio = 0.6180339887498949;
    double x1 = high - ratio * (high - low), x2 = low + ratio * (high - low);
    double f1 = aim_at(a, x1), f2 = aim_at(a, x2);

    for (int i = 0; i < 60 && high - low > 1e-9 && !a->search->failed; i++) {
        if (f1 <= f2) {
            high = x2;
            x2 = x1;
            f2 = f1;
            x1 = high - ratio * (high - low);
            f1 = aim_at(a, x1);
        } else {
            low = x1;
            x1 = x2;
            f1 = f2;
            x2 = low + ratio * (high - low);
            f2 = aim_at(a, x2);
        }
    }
    double t = f1 <= f2 ? x1 : x2;
    return a->search->n_draws == 1 ? polish_minimum(a, t) : t;
}

/* Best feasible point: grid points, the edges of feasible stretches, then a refined minimum. */
bool search_best(struct search *s, const struct trial *grid, size_t n, struct trial *best)
{
    bool found = false;
    size_t at = 0;

    for (size_t i = 0; i < n && !s->failed; i++) {
        struct trial candidate[2];
        int k = 0;
        if (grid[i].feasible)
            candidate[k++] = grid[i];
        if (i + 1 < n && grid[i].feasible != grid[i + 1].feasible)
            candidate[k++] = grid[i].feasible ? edge_between(s, grid[i], grid[i + 1])
                                              : edge_between(s, grid[i + 1], grid[i]);
        for (int j = 0; j < k; j++)
            if (!found || goal_of(s, &candidate[j]) < goal_of(s, best)) {
                *best = candidate[j];
                found = true;
                at = i;
            }
    }
    if (found && s->asked->goal != s->asked->load) {
        struct aim aim = {s, s->asked->goal, s->asked->goal_sign, true};
        double low = at ? grid[at - 1].t : 0, high = at + 1 < n ? grid[at + 1].t : 1;
        struct trial refined = search_at(s, minimise(&aim, low, high));
        if (refined.feasible && goal_of(s, &refined) < goal_of(s, best))
            *best = refined;
    }
    return found;
}

static double shortfall(const struct search *s, const struct trial *x, uint32_t target)
{
    return asked_shortfall(&s->p->target[target], &x->at[s->asked->of_target[target]]);
}

/* The target that stands in the way: one that no threshold meets, else the worst of the point that
 * comes nearest to meeting all.  Its best attainable value and where. */
const struct target *search_blocking(struct search *s, const struct trial *grid, size_t n,
                                     struct trial *best)
{
    const struct target *blocking = NULL;
    double least_worst = INFINITY;

    for (uint32_t k = 0; k < s->p->n_targets && !blocking; k++) {
        const struct target *t = &s->p->target[k];
        double least = INFINITY;
        size_t at = 0;
        for (size_t i = 0; i < n; i++)
            if (shortfall(s, &grid[i], k) < least)
                least = shortfall(s, &grid[i], k), at = i;
        if (least > 0) {
            struct aim aim = {s, s->asked->of_target[k], t->kind == TARGET_AT_MOST ? 1 : -1, false};
            double low = at ? grid[at - 1].t : 0, high = at + 1 < n ? grid[at + 1].t : 1;
            blocking = t;
            *best = grid[at];
            if (isfinite(least)) {
                struct trial refined = search_at(s, minimise(&aim, low, high));
                if (shortfall(s, &refined, k) < shortfall(s, best, k))
                    *best = refined;
                if (best->feasible) /* between two points of the grid after all */
                    return NULL;
            }
        }
    }
    s->joint = !blocking;
    for (size_t i = 0; i < n && !blocking; i++) {
        double worst = 0;
        for (uint32_t k = 0; k < s->p->n_targets; k++)
            worst = fmax(worst, shortfall(s, &grid[i], k));
        if (worst < least_worst)
            least_worst = worst, *best = grid[i];
    }
    for (uint32_t k = 0; k < s->p->n_targets && !blocking; k++)
        if (shortfall(s, best, k) == least_worst)
            blocking = &s->p->target[k];
    return blocking;
}

bool search_has_evidence(const struct pipeline *p)
{
    bool any = p->n_evidence > 0;

    for (uint32_t i = 0; i < p->n_steps; i++)
        for (uint32_t c = 0; c < p->n_classes; c++)
            any = any || p->step[i].numbers[c].confidence_good.evidence ||
                  p->step[i].numbers[c].confidence_bad.evidence;
    return any;
}

void search_draw(struct search *s)
{
    const struct pipeline *p = s->p;
    double *theta = mem_zero(p->n_evidence + 1, sizeof *theta);
    struct rng_seq rng = {rng_key(s->options->seed, 0, 0, 0, RNG_PARAMETER), 0};

    s->n_draws = search_has_evidence(p) && s->options->uncertainty ? SEARCH_DRAWS : 1;
    s->draw = mem_zero(s->n_draws, sizeof *s->draw);
    if (s->n_draws == 1)
        search_pipeline(s, 0, &s->draw[0]);
    for (uint32_t d = 0; s->n_draws > 1 && d < s->n_draws; d++) {
        pipeline_posterior_draw(p, &rng, theta);
        pipeline_with(p, theta, &rng, &s->draw[d]);
    }
    mem_free(theta);
}

void search_release(struct search *s)
{
    for (uint32_t d = 0; d < s->n_draws; d++)
        pipeline_release(&s->draw[d]);
    mem_free(s->draw);
    s->draw = NULL;
    s->n_draws = 0;
}
