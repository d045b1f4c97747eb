/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maximum likelihood of the labels, given their confidences x.
 *
 * Isotonic: pools adjacent violators (Ayer and others 1955; Zadrozny and Elkan 2002) and is linear
 * between the blocks, each level from its first to its last confidence.
 * The others are logistic regressions: on x (Platt 1999), on ln x and -ln(1 - x) (beta calibration;
 * Kull, Silva Filho and Flach 2017), on the logit of x without a constant (temperature; Guo and
 * others 2017).  Targets are Platt's, (N+ + 1) / (N+ + 2) and 1 / (N- + 2), so that labels which a
 * threshold parts cleanly still have a finite fit.  By Newton's method with a step that is halved
 * until the likelihood rises (Lin, Lin and Weng 2007).  Slopes below 0 are kept out by trying every
 * set of slopes that are left free: the likelihood is concave, so the best admissible one of those
 * is the constrained maximum. */
#include "math/recalibrate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Certain confidences are taken as this near to certain in a fit. */
static const double NEAREST = 1e-6;
enum { FEATURES = 3, STEPS_MOST = 100, HALVINGS_MOST = 60 };

/* --- logistic regression */

struct row {
    double feature[FEATURES], weight, target;
};
struct regression {
    const struct row *row;
    size_t n;
    enum calibration_fit method;
};

struct logistic {
    double slope[FEATURES]; /* of the features of the method, the last one the constant */
    double likelihood;
};

static void features_of(enum calibration_fit method, double x, double *f)
{
    x = fmin(fmax(x, NEAREST), 1 - NEAREST);
    f[0] = method == FIT_PLATT ? x : method == FIT_BETA ? log(x) : log(x) - log1p(-x);
    f[1] = method == FIT_BETA ? -log1p(-x) : 0;
    f[2] = 1;
}

/* ln(1 + e^z) without overflow. */
static double softplus(double z)
{
    return z > 0 ? z + log1p(exp(-z)) : log1p(exp(z));
}

static double logistic(double z)
{
    return z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z));
}

static double likelihood_of(const struct regression *r, const double *slope)
{
    double sum = 0;
    for (size_t i = 0; i < r->n; i++) {
        double z = 0;
        for (int k = 0; k < FEATURES; k++)
            z += slope[k] * r->row[i].feature[k];
        sum += r->row[i].weight * (r->row[i].target * z - softplus(z));
    }
    return sum;
}

struct derivatives {
    double gradient[FEATURES], curvature[FEATURES][FEATURES]; /* minus the second derivatives */
};

static void derive(const struct regression *r, const double *slope, struct derivatives *d)
{
    *d = (struct derivatives){{0}, {{0}}};
    for (size_t i = 0; i < r->n; i++) {
        const double *f = r->row[i].feature;
        double z = 0, w = r->row[i].weight;
        for (int k = 0; k < FEATURES; k++)
            z += slope[k] * f[k];
        double p = logistic(z), off = r->row[i].target - p;
        for (int k = 0; k < FEATURES; k++) {
            d->gradient[k] += w * off * f[k];
            for (int j = 0; j <= k; j++)
                d->curvature[k][j] += w * p * (1 - p) * f[k] * f[j];
        }
    }
}

/* Solves curvature * step = gradient over the free features by Cholesky's decomposition; a little
 * is added to the diagonal, which slows a degenerate fit down and leaves its maximum alone. */
static void newton_step(const struct derivatives *d, const bool *is_free, double *step)
{
    double l[FEATURES][FEATURES] = {{0}}, y[FEATURES];
    double trace = 0;
    for (int k = 0; k < FEATURES; k++)
        trace += is_free[k] ? d->curvature[k][k] : 0;
    for (int k = 0; k < FEATURES; k++) {
        y[k] = is_free[k] ? d->gradient[k] : 0;
        for (int j = 0; j <= k; j++) {
            double sum = is_free[k] && is_free[j] ? d->curvature[k][j] : 0;
            if (k == j)
                sum = is_free[k] ? sum + 1e-10 * trace + 1e-300 : 1;
            for (int i = 0; i < j; i++)
                sum -= l[k][i] * l[j][i];
            l[k][j] = k == j ? sqrt(fmax(sum, 1e-300)) : sum / l[j][j];
        }
        for (int j = 0; j < k; j++)
            y[k] -= l[k][j] * y[j];
        y[k] /= l[k][k];
    }
    for (int k = FEATURES - 1; k >= 0; k--) {
        step[k] = y[k];
        for (int j = k + 1; j < FEATURES; j++)
            step[k] -= l[j][k] * step[j];
        step[k] /= l[k][k];
    }
}

/* The maximum over the free slopes, the others being 0. */
static struct logistic maximum(const struct regression *r, const bool *is_free)
{
    struct logistic at = {.slope = {0}};
    at.likelihood = likelihood_of(r, at.slope);
    for (int n = 0; n < STEPS_MOST; n++) {
        struct derivatives d;
        double step[FEATURES], next[FEATURES], rise = 0, size = 1, better = at.likelihood;
        const double rounding = 1e-15 * (double)r->n * fabs(at.likelihood);
        derive(r, at.slope, &d);
        newton_step(&d, is_free, step);
        for (int k = 0; k < FEATURES; k++)
            rise += step[k] * d.gradient[k];
        if (!(rise > 1e-26 * fabs(at.likelihood)))
            break;
        for (int h = 0; h < HALVINGS_MOST; h++, size /= 2) {
            for (int k = 0; k < FEATURES; k++)
                next[k] = at.slope[k] + size * step[k];
            better = likelihood_of(r, next);
            if (better >= at.likelihood - rounding)
                break;
        }
        if (!(better >= at.likelihood - rounding))
            break;
        memcpy(at.slope, next, sizeof next);
        at.likelihood = better;
    }
    return at;
}

/* Of all sets of free slopes the best one that has none below 0. */
static struct logistic constrained(const struct regression *r)
{
    struct logistic best = {.likelihood = -INFINITY};
    for (int set = r->method == FIT_BETA ? 3 : 1; set >= 0; set--) {
        /* a temperature without a slope would say 1/2 of everything: there the constant serves */
        bool constant = r->method != FIT_TEMPERATURE || set == 0;
        const bool is_free[FEATURES] = {set & 1, set & 2, constant};
        struct logistic at = maximum(r, is_free);
        if (at.slope[0] >= 0 && at.slope[1] >= 0 && at.likelihood > best.likelihood) {
            best = at;
            if (set == 3 || (r->method == FIT_TEMPERATURE && at.slope[0] > 0))
                break;
        }
    }
    return best;
}

static void fit_logistic(enum calibration_fit method, const struct scored *s, size_t n,
                         struct calibration_map *out)
{
    double right = 0, wrong = 0;
    for (size_t i = 0; i < n; i++)
        *(s[i].correct ? &right : &wrong) += s[i].weight;
    struct row *row = mem_zero(n, sizeof *row);
    for (size_t i = 0; i < n; i++) {
        features_of(method, s[i].confidence, row[i].feature);
        row[i].weight = s[i].weight;
        row[i].target = s[i].correct ? (right + 1) / (right + 2) : 1 / (wrong + 2);
    }
    const struct regression r = {.row = row, .n = n, .method = method};
    struct logistic at = constrained(&r);
    *out = (struct calibration_map){.c = at.slope[2]};
    if (method == FIT_PLATT)
        out->linear = at.slope[0];
    else
        out->a = at.slope[0];
    out->b = method == FIT_BETA ? at.slope[1] : out->a;
    mem_free(row);
}

/* --- isotonic regression */

struct block {
    double first, last, weight, right;
};

static int by_confidence(const void *x, const void *y)
{
    double a = ((const struct scored *)x)->confidence, b = ((const struct scored *)y)->confidence;
    return (a > b) - (a < b);
}

static double share_of(const struct block *b)
{
    return fmin(b->right / b->weight, 1);
}

static size_t pool(const struct scored *sorted, size_t n, struct block *block)
{
    size_t top = 0;
    for (size_t i = 0; i < n;) {
        struct block b = {.first = sorted[i].confidence, .last = sorted[i].confidence};
        for (; i < n && sorted[i].confidence == b.first; i++) {
            b.weight += sorted[i].weight;
            b.right += sorted[i].correct ? sorted[i].weight : 0;
        }
        while (top > 0 && share_of(&block[top - 1]) >= share_of(&b)) {
            const struct block *under = &block[--top];
            b = (struct block){under->first, b.last, under->weight + b.weight,
                               under->right + b.right};
        }
        block[top++] = b;
    }
    return top;
}

static void fit_isotonic(const struct scored *s, size_t n, struct arena *arena,
                         struct calibration_map *out)
{
    struct scored *sorted = mem_zero(n, sizeof *sorted);
    struct block *block = mem_zero(n, sizeof *block);
    memcpy(sorted, s, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_confidence);
    size_t blocks = pool(sorted, n, block), knots = 0;
    double *raw = arena_alloc(arena, 4 * blocks * sizeof *raw), *corrected = raw + 2 * blocks;
    for (size_t i = 0; i < blocks; i++) {
        for (int end = 0; end < 1 + (block[i].last > block[i].first); end++) {
            raw[knots] = end ? block[i].last : block[i].first;
            corrected[knots++] = share_of(&block[i]);
        }
    }
    *out = (struct calibration_map){.n = knots, .raw = raw, .corrected = corrected};
    mem_free(sorted);
    mem_free(block);
}

void calibration_fit(enum calibration_fit method, const struct scored *s, size_t n,
                     struct arena *arena, struct calibration_map *out)
{
    if (n == 0)
        BUG("a calibration fitted to no labels");
    if (method == FIT_ISOTONIC)
        fit_isotonic(s, n, arena, out);
    else
        fit_logistic(method, s, n, out);
}

/* --- maps */

static double between(const struct calibration_map *m, double x)
{
    size_t low = 0, high = m->n - 1;
    if (x <= m->raw[0])
        return m->corrected[0];
    if (x >= m->raw[high])
        return m->corrected[high];
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        *(m->raw[middle] <= x ? &low : &high) = middle;
    }
    double place = (x - m->raw[low]) / (m->raw[high] - m->raw[low]);
    return m->corrected[low] + place * (m->corrected[high] - m->corrected[low]);
}

double calibration_map_at(const struct calibration_map *m, double x)
{
    if (m->n)
        return between(m, x);
    double z = m->linear * x + m->c;
    z += m->a > 0 ? m->a * log(x) : 0;
    z -= m->b > 0 ? m->b * log1p(-x) : 0;
    return logistic(z);
}

bool calibration_map_is_level(const struct calibration_map *m)
{
    if (m->n)
        return m->corrected[0] == m->corrected[m->n - 1];
    return m->linear == 0 && m->a == 0 && m->b == 0;
}

double calibration_map_last(const struct calibration_map *m, double y)
{
    double low = 0, high = 1;
    if (calibration_map_at(m, 1) <= y)
        return 1;
    if (!(calibration_map_at(m, 0) <= y))
        return -1;
    for (int i = 0; i < 1100 && low + (high - low) / 2 > low && low + (high - low) / 2 < high;
         i++) {
        double middle = low + (high - low) / 2;
        *(calibration_map_at(m, middle) <= y ? &low : &high) = middle;
    }
    return low;
}

double calibration_map_first(const struct calibration_map *m, double y)
{
    double low = 0, high = 1;
    if (calibration_map_at(m, 0) >= y)
        return 0;
    if (!(calibration_map_at(m, 1) >= y))
        return 2;
    for (int i = 0; i < 1100 && low + (high - low) / 2 > low && low + (high - low) / 2 < high;
         i++) {
        double middle = low + (high - low) / 2;
        *(calibration_map_at(m, middle) >= y ? &high : &low) = middle;
    }
    return high;
}

double calibration_map_back(const struct calibration_map *m, double y)
{
    double first = fmin(calibration_map_first(m, y), 1);
    double last = fmax(calibration_map_last(m, y), 0);
    return first + (last - first) / 2;
}
