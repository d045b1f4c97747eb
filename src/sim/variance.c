/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shares of a metric's variance over the posterior: y = b'x + e by least squares over the draws,
 * and the share of feature j is b_j (S b)_j / Var(y), S being the covariance of the features.
 *
 * For independent features this is the squared correlation, the first-order index of Sobol (1993)
 * where the metric is straight in the feature; outcomes that share a Dirichlet posterior get their
 * parts of what they explain together (the product measure of Pratt, 1987).  S is known for numbers
 * with evidence (Dirichlet moments) and taken from the draws for distributions.  The noise of the
 * draws' own items is taken off: Var(y) less the mean of their squared errors, and from each part
 * what chance adds to it, the residual variance over the degrees of freedom.  Intervals are normal,
 * with the variance of the shares' influence functions (the infinitesimal jackknife: Efron and
 * Tibshirani, "An Introduction to the Bootstrap", 1993, ch. 21). */
#include "sim/variance.h"

#include "base/buf.h"
#include "math/interval.h"
#include "math/rng.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { METRICS = SENSITIVITY_METRICS, JOINT_MAX = 150, DRAWS_LEAST = 30 };
static const double CAP = 0.9999, COLLINEAR = 1e-9, SEEN = 2;

/* --- features */

struct variance_dist {
    const char *path;
    uint32_t step, class, at; /* at: a row of `places` */
    double cap;
};

static bool any(const struct step *s)
{
    (void)s;
    return true;
}
static bool has_confidence(const struct step *s)
{
    return s->has_confidence;
}
static bool draws_threshold(const struct step *s)
{
    return s->draws_threshold;
}
static bool has_cache(const struct step *s)
{
    return s->has_cache;
}

static const struct place {
    const char *key;
    size_t offset;
    bool (*of)(const struct step *s);
} places[] = {
    {"latency",         offsetof(struct numbers, latency),         any            },
    {"confidence.good", offsetof(struct numbers, confidence_good), has_confidence },
    {"confidence.bad",  offsetof(struct numbers, confidence_bad),  has_confidence },
    {"threshold",       offsetof(struct numbers, threshold_dist),  draws_threshold},
    {"cache.latency",   offsetof(struct numbers, cache_latency),   has_cache      },
};
enum { PLACES = sizeof places / sizeof *places };

static const struct dist *dist_of(const struct pipeline *p, uint32_t step, uint32_t class,
                                  uint32_t at)
{
    return (const struct dist *)((const char *)&p->step[step].numbers[class] + places[at].offset);
}

static bool has_evidence(const struct dist *d)
{
    size_t parts = d->family == DIST_MIXTURE                               ? d->n
                   : d->family == DIST_SHIFTED || d->family == DIST_MAPPED ? 1
                                                                           : 0;
    bool found = d->evidence > 0;
    for (size_t i = 0; i < parts && !found; i++)
        found = has_evidence(&d->part[i]);
    return found;
}

static bool same(const struct dist *a, const struct dist *b)
{
    return dist_same(a, b) && a->evidence == b->evidence;
}

/* One distribution of the file is one, whichever classes it stands for. */
static void add_dists(struct variance *v, uint32_t step, uint32_t at)
{
    const struct pipeline *p = v->pipeline;
    bool shared = true;
    for (uint32_t c = 1; c < p->n_classes; c++)
        shared = shared && same(dist_of(p, step, c, at), dist_of(p, step, 0, at));
    for (uint32_t c = 0; c < (shared ? 1 : p->n_classes); c++) {
        const struct dist *d = dist_of(p, step, c, at);
        bool known = !has_evidence(d);
        for (uint32_t k = 0; k < c && !known; k++)
            known = same(dist_of(p, step, k, at), d);
        if (known)
            continue;
        v->dist[v->n_dists++] = (struct variance_dist){
            .path = arena_printf(&v->arena, "flow.%s.%s%s%s", p->step[step].id, places[at].key,
                                 shared ? "" : ".", shared ? "" : p->class[c].id),
            .step = step,
            .class = c,
            .at = at,
            .cap = dist_quantile(d, CAP)};
    }
}

void variance_init(struct variance *v, const struct pipeline *p, uint32_t n_draws)
{
    *v = (struct variance){.pipeline = p, .n_draws = n_draws};
    arena_init(&v->arena);
    v->dist = mem_zero((size_t)p->n_steps * p->n_classes * PLACES + 1, sizeof *v->dist);
    for (uint32_t i = 0; i < p->n_steps; i++)
        for (uint32_t at = 0; at < PLACES; at++)
            if (places[at].of(&p->step[i]))
                add_dists(v, i, at);
    v->n_features = p->n_evidence + 2 * v->n_dists;
    v->x = mem_zero((size_t)n_draws * v->n_features + 1, sizeof *v->x);
    v->y = mem_zero((size_t)n_draws * METRICS + 1, sizeof *v->y);
    v->fuzz = mem_zero((size_t)n_draws * METRICS + 1, sizeof *v->fuzz);
    for (size_t i = 0; i < (size_t)n_draws * METRICS; i++)
        v->y[i] = NAN;
}

void variance_release(struct variance *v)
{
    mem_free(v->dist);
    mem_free(v->x);
    mem_free(v->y);
    mem_free(v->fuzz);
    arena_release(&v->arena);
    *v = (struct variance){0};
}

void variance_put_features(struct variance *v, uint32_t draw, const double *theta,
                           const struct pipeline *drawn)
{
    double *x = v->x + (size_t)draw * v->n_features;
    for (uint32_t i = 0; i < v->pipeline->n_evidence; i++)
        *x++ = theta[i];
    for (uint32_t i = 0; i < v->n_dists; i++) {
        const struct variance_dist *d = &v->dist[i];
        const struct dist *law = dist_of(drawn, d->step, d->class, d->at);
        *x++ = dist_capped_moment(law, d->cap, 1);
        *x++ = dist_capped_moment(law, d->cap, 2);
    }
}

void variance_put_value(struct variance *v, uint32_t draw, uint32_t metric, double value,
                        double error)
{
    size_t at = (size_t)metric * v->n_draws + draw;
    v->y[at] = value;
    v->fuzz[at] = error * error;
}

/* --- regression of one metric */

struct fit {
    const struct variance *v;
    uint32_t n, p;       /* draws with a value, features */
    bool joint;          /* all features at once, else those that belong together */
    double *x, *y;       /* [n][p] centred and in units of their deviation; [n] centred */
    double *fuzz, *left; /* [n]: of the values; residuals */
    double *unit;        /* [p]: deviations; 0: does not move */
    double *gram;        /* [p][p]: of the draws, then its Cholesky factor */
    double *cov;         /* [p][p]: S */
    bool *out;           /* [p]: adds nothing to those before it */
    double *b, *along;   /* [p]: coefficients, S b */
    double *part;        /* [p] */
    double mean;         /* of y */
    double noise, total; /* residual variance; of y by the parameters */
};

static void fit_init(struct fit *f, const struct variance *v)
{
    uint32_t n = v->n_draws, p = v->n_features;
    *f = (struct fit){.v = v, .p = p};
    f->x = mem_zero((size_t)n * p + 1, sizeof *f->x);
    f->y = mem_zero(n + 1, sizeof *f->y);
    f->fuzz = mem_zero(n + 1, sizeof *f->fuzz);
    f->left = mem_zero(n + 1, sizeof *f->left);
    f->unit = mem_zero(p + 1, sizeof *f->unit);
    f->gram = mem_zero((size_t)p * p + 1, sizeof *f->gram);
    f->cov = mem_zero((size_t)p * p + 1, sizeof *f->cov);
    f->out = mem_zero(p + 1, sizeof *f->out);
    f->b = mem_zero(p + 1, sizeof *f->b);
    f->along = mem_zero(p + 1, sizeof *f->along);
    f->part = mem_zero(p + 1, sizeof *f->part);
}

static void fit_release(struct fit *f)
{
    mem_free(f->x);
    mem_free(f->y);
    mem_free(f->fuzz);
    mem_free(f->left);
    mem_free(f->unit);
    mem_free(f->gram);
    mem_free(f->cov);
    mem_free(f->out);
    mem_free(f->b);
    mem_free(f->along);
    mem_free(f->part);
}

/* Are they of one posterior? */
static bool together(const struct variance *v, uint32_t i, uint32_t j)
{
    uint32_t n = v->pipeline->n_evidence;
    if (i < n && j < n)
        return v->pipeline->evidence[i].group == v->pipeline->evidence[j].group;
    return i >= n && j >= n && (i - n) / 2 == (j - n) / 2;
}

static void load(struct fit *f, uint32_t metric)
{
    const struct variance *v = f->v;
    const double *y = v->y + (size_t)metric * v->n_draws;
    double mean = 0;
    f->n = 0;
    for (uint32_t r = 0; r < v->n_draws; r++) {
        if (!isfinite(y[r]))
            continue;
        memcpy(f->x + (size_t)f->n * f->p, v->x + (size_t)r * f->p, f->p * sizeof *f->x);
        f->fuzz[f->n] = v->fuzz[(size_t)metric * v->n_draws + r];
        f->y[f->n++] = y[r];
    }
    for (uint32_t r = 0; r < f->n; r++)
        mean += f->y[r] / f->n;
    for (uint32_t r = 0; r < f->n; r++)
        f->y[r] -= mean;
    f->mean = mean;
    f->joint = f->p <= JOINT_MAX && f->p <= f->n / 3;
}

static void scale(struct fit *f)
{
    for (uint32_t j = 0; j < f->p; j++) {
        double mean = 0, squares = 0;
        for (uint32_t r = 0; r < f->n; r++)
            mean += f->x[(size_t)r * f->p + j] / f->n;
        for (uint32_t r = 0; r < f->n; r++) {
            f->x[(size_t)r * f->p + j] -= mean;
            squares += f->x[(size_t)r * f->p + j] * f->x[(size_t)r * f->p + j];
        }
        double deviation = sqrt(squares / (f->n - 1));
        f->unit[j] = isfinite(deviation) && deviation > 1e-12 * fabs(mean) ? deviation : 0;
        for (uint32_t r = 0; r < f->n; r++)
            f->x[(size_t)r * f->p + j] *= f->unit[j] > 0 ? 1 / f->unit[j] : 0;
    }
}

/* Covariances of a Dirichlet posterior, per unit of both. */
static void known_covariances(struct fit *f)
{
    const struct pipeline *p = f->v->pipeline;
    for (uint32_t i = 0, end; i < p->n_evidence; i = end) {
        double rest = (double)p->evidence[i].n, total;
        for (end = i; end < p->n_evidence && p->evidence[end].group == p->evidence[i].group; end++)
            rest -= (double)p->evidence[end].k;
        total = fmax(rest, 0) + 0.5;
        for (uint32_t j = i; j < end; j++)
            total += (double)p->evidence[j].k + 0.5;
        for (uint32_t j = i; j < end; j++)
            for (uint32_t k = i; k < end; k++) {
                double a = ((double)p->evidence[j].k + 0.5) / total;
                double b = ((double)p->evidence[k].k + 0.5) / total;
                double unit = f->unit[j] * f->unit[k];
                f->cov[j * f->p + k] =
                    unit > 0 ? ((j == k ? a : 0) - a * b) / (total + 1) / unit : 0;
            }
    }
}

static void covariances(struct fit *f)
{
    uint32_t p = f->p, known = f->v->pipeline->n_evidence;
    memset(f->gram, 0, (size_t)p * p * sizeof *f->gram);
    memset(f->cov, 0, (size_t)p * p * sizeof *f->cov);
    for (uint32_t r = 0; r < f->n; r++) {
        const double *x = f->x + (size_t)r * p;
        for (uint32_t i = 0; i < p; i++)
            for (uint32_t j = 0; j <= i; j++)
                if (f->joint || together(f->v, i, j))
                    f->gram[i * p + j] += x[i] * x[j] / (f->n - 1);
    }
    for (uint32_t i = known; i < p; i++)
        for (uint32_t j = known; j <= i; j++)
            if (together(f->v, i, j))
                f->cov[i * p + j] = f->cov[j * p + i] = f->gram[i * p + j];
    known_covariances(f);
}

/* Cholesky factor in place of the lower half; features that others make up are left out. */
static void factor(struct fit *f)
{
    uint32_t p = f->p;
    double *g = f->gram;
    for (uint32_t i = 0; i < p; i++) {
        for (uint32_t j = 0; j <= i; j++) {
            double s = g[i * p + j];
            for (uint32_t k = 0; k < j; k++)
                s -= g[i * p + k] * g[j * p + k];
            if (i == j) {
                f->out[i] = !(s > COLLINEAR);
                g[i * p + i] = f->out[i] ? 1 : sqrt(s);
            } else {
                g[i * p + j] = f->out[j] ? 0 : s / g[j * p + j];
            }
        }
        for (uint32_t j = 0; f->out[i] && j < i; j++)
            g[i * p + j] = 0;
    }
}

/* x := inverse of the Gram matrix times x. */
static void unravel(const struct fit *f, double *x)
{
    uint32_t p = f->p;
    const double *g = f->gram;
    for (uint32_t i = 0; i < p; i++) {
        for (uint32_t k = 0; k < i; k++)
            x[i] -= g[i * p + k] * x[k];
        x[i] = f->out[i] ? 0 : x[i] / g[i * p + i];
    }
    for (uint32_t i = p; i-- > 0;) {
        for (uint32_t k = i + 1; k < p; k++)
            x[i] -= g[k * p + i] * x[k];
        x[i] = f->out[i] ? 0 : x[i] / g[i * p + i];
    }
}

static void multiply(const struct fit *f, const double *x, double *out)
{
    for (uint32_t i = 0; i < f->p; i++) {
        out[i] = 0;
        for (uint32_t j = 0; j < f->p; j++)
            out[i] += f->cov[i * f->p + j] * x[j];
    }
}

static void regress(struct fit *f)
{
    uint32_t p = f->p, used = 0;
    double squares = 0, fuzz = 0, explained = 0;
    scale(f);
    covariances(f);
    factor(f);
    memset(f->b, 0, p * sizeof *f->b);
    for (uint32_t r = 0; r < f->n; r++) {
        for (uint32_t j = 0; j < p; j++)
            f->b[j] += f->x[(size_t)r * p + j] * f->y[r] / (f->n - 1);
        fuzz += f->fuzz[r] / f->n;
    }
    unravel(f, f->b);
    multiply(f, f->b, f->along);
    for (uint32_t r = 0; r < f->n; r++) {
        f->left[r] = f->y[r];
        for (uint32_t j = 0; j < p; j++)
            f->left[r] -= f->b[j] * f->x[(size_t)r * p + j];
        squares += f->left[r] * f->left[r];
    }
    for (uint32_t j = 0; j < p; j++)
        used += !f->out[j];
    double freedom = f->joint ? f->n - 1.0 - used : f->n - 1.0;
    f->noise = squares / freedom;
    for (uint32_t j = 0; j < p; j++) {
        f->part[j] = f->out[j] ? 0 : f->b[j] * f->along[j] - f->noise / freedom;
        explained += f->part[j];
    }
    f->total = explained + f->noise - fuzz;
}

/* --- shares */

/* Which row of the result a feature belongs to. */
static uint32_t row_of(const struct variance *v, uint32_t feature)
{
    uint32_t n = v->pipeline->n_evidence;
    return feature < n ? feature : n + (feature - n) / 2;
}

struct shares {
    uint32_t n;
    double *value, *squares; /* [n]: shares; sums of their squared influences */
    double *influence;       /* [n] of one draw */
    double *move, *turned;   /* [p] */
    double total_squares;    /* of the total's influence */
};

static void shares_init(struct shares *s, const struct variance *v)
{
    *s = (struct shares){.n = v->pipeline->n_evidence + v->n_dists};
    s->value = mem_zero(s->n + 1, sizeof *s->value);
    s->squares = mem_zero(s->n + 1, sizeof *s->squares);
    s->influence = mem_zero(s->n + 1, sizeof *s->influence);
    s->move = mem_zero(v->n_features + 1, sizeof *s->move);
    s->turned = mem_zero(v->n_features + 1, sizeof *s->turned);
}

static void shares_release(struct shares *s)
{
    mem_free(s->value);
    mem_free(s->squares);
    mem_free(s->influence);
    mem_free(s->move);
    mem_free(s->turned);
}

/* What draw r adds to b_j (S b)_j. */
static double part_influence(const struct fit *f, const struct shares *s, const double *x,
                             uint32_t j)
{
    double d = s->move[j] * f->along[j] + f->b[j] * s->turned[j], here = 0;
    if (j < f->v->pipeline->n_evidence)
        return d;
    for (uint32_t k = 0; k < f->p; k++)
        here += together(f->v, j, k) ? x[k] * f->b[k] : 0;
    return d + f->b[j] * (x[j] * here - f->along[j]);
}

static void add_influence(const struct fit *f, struct shares *s, uint32_t r, double fuzz)
{
    const double *x = f->x + (size_t)r * f->p;
    double total = f->left[r] * f->left[r] - f->noise - (f->fuzz[r] - fuzz);
    for (uint32_t j = 0; j < f->p; j++)
        s->move[j] = x[j] * f->left[r];
    unravel(f, s->move);
    multiply(f, s->move, s->turned);
    memset(s->influence, 0, s->n * sizeof *s->influence);
    for (uint32_t j = 0; j < f->p; j++) {
        double d = part_influence(f, s, x, j);
        s->influence[row_of(f->v, j)] += d;
        total += d;
    }
    for (uint32_t i = 0; i < s->n; i++) {
        double d = (s->influence[i] - s->value[i] * total) / f->total;
        s->squares[i] += d * d;
    }
    s->total_squares += total * total;
}

/* False: the variance by the parameters is not seen. */
static bool share_out(const struct fit *f, struct shares *s)
{
    double fuzz = 0;
    for (uint32_t r = 0; r < f->n; r++)
        fuzz += f->fuzz[r] / f->n;
    memset(s->value, 0, s->n * sizeof *s->value);
    memset(s->squares, 0, s->n * sizeof *s->squares);
    s->total_squares = 0;
    if (!(f->total > DBL_MIN))
        return false;
    for (uint32_t j = 0; j < f->p; j++)
        s->value[row_of(f->v, j)] += f->part[j] / f->total;
    for (uint32_t r = 0; r < f->n; r++)
        add_influence(f, s, r, fuzz);
    return f->total > SEEN * sqrt(s->total_squares) / f->n;
}

/* Nine places, beyond which there is but rounding. */
static double in_range(double x)
{
    return rint(fmin(fmax(x, 0), 1) * 1e9) / 1e9;
}

static void put_shares(const struct fit *f, const struct shares *s, uint32_t metric, double level,
                       struct result *out)
{
    const struct variance *v = f->v;
    double z = normal_quantile(0.5 + level / 2);
    for (uint32_t i = 0; i < s->n; i++) {
        double error = z * sqrt(s->squares[i]) / f->n, share = s->value[i];
        bool number = i < v->pipeline->n_evidence;
        if (!isfinite(share) || !isfinite(error))
            continue;
        struct sensitivity *row = result_sensitivity(
            out, number ? v->pipeline->evidence[i].path : v->dist[i - v->pipeline->n_evidence].path,
            sensitivity_metrics[metric]);
        row->shared = true;
        row->variance_share = in_range(share);
        row->variance_share_low = in_range(share - error);
        row->variance_share_high = in_range(share + error);
    }
}

/* By more than rounding. */
static bool moves(const struct fit *f)
{
    double most = 0;
    for (uint32_t r = 0; r < f->n; r++)
        most = fmax(most, fabs(f->y[r]));
    return most > 1e-10 * fabs(f->mean);
}

void variance_put(const struct variance *v, double level, struct result *out)
{
    struct fit f;
    struct shares s;
    uint32_t n = 0;
    bool joint = true;
    fit_init(&f, v);
    shares_init(&s, v);
    for (uint32_t m = 0; m < METRICS && v->n_features; m++) {
        load(&f, m);
        if (f.n < DRAWS_LEAST || !moves(&f))
            continue;
        regress(&f);
        if (!share_out(&f, &s))
            continue;
        put_shares(&f, &s, m, level, out);
        n = f.n > n ? f.n : n;
        joint = joint && f.joint;
    }
    if (n)
        result_assume(out,
                      "shares of the variance by parameter are first-order, by %s regression over "
                      "%u draws; outcomes of one step that share a Dirichlet posterior are told "
                      "apart by their covariances with the result",
                      joint ? "linear" : "separate linear", n);
    shares_release(&s);
    fit_release(&f);
}
