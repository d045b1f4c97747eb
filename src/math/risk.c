/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Thresholds with a guarantee.
 *
 * The labels are sorted once into tie groups; every method walks over those.  A test of "the risk
 * at this threshold is above the target" rejects when P(Bin(m, target) <= k) <= its share of d
 * (Clopper and Pearson 1934).  Methods: exact, one test; split, a fixed sequence from a start that
 * other labels chose (Angelopoulos et al., "Learn then Test", arXiv 2110.01052); grid, Bonferroni
 * (same); SGR, binary search with d shared out (Geifman and El-Yaniv 2017, arXiv 1705.08500,
 * algorithm 1). */
#include "math/risk.h"

#include "math/interval.h"
#include "math/power.h"
#include "math/rng.h"
#include <math.h>
#include <string.h>

/* --- sorting: one integer a row, the confidence's bits above the bit for "wrong" */

static uint64_t key_of(const struct scored *s)
{
    double c = s->confidence > 0 ? s->confidence : 0; /* also takes the sign off -0 */
    uint64_t bits;
    memcpy(&bits, &c, sizeof bits);
    return bits << 1 | (s->correct ? 0 : 1);
}

static double key_confidence(uint64_t key)
{
    uint64_t bits = key >> 1;
    double c;
    memcpy(&c, &bits, sizeof c);
    return c;
}

/* Radix sort by 11 bits, highest first; passes in which all digits agree are left out. */
static void sort_keys(uint64_t *key, uint64_t *spare, size_t n)
{
    enum { BITS = 11, DIGITS = 1 << BITS };
    uint64_t *from = key, *to = spare;
    for (unsigned shift = 0; shift < 64; shift += BITS) {
        size_t at[DIGITS] = {0};
        for (size_t i = 0; i < n; i++)
            at[from[i] >> shift & (DIGITS - 1)]++;
        if (n == 0 || at[from[0] >> shift & (DIGITS - 1)] == n)
            continue;
        size_t sum = 0;
        for (size_t d = DIGITS; d-- > 0;) {
            size_t count = at[d];
            at[d] = sum;
            sum += count;
        }
        for (size_t i = 0; i < n; i++)
            to[at[from[i] >> shift & (DIGITS - 1)]++] = from[i];
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != key)
        memcpy(key, from, n * sizeof *key);
}

static uint64_t *sorted_keys(const struct scored *s, size_t n)
{
    uint64_t *key = mem_alloc((n + 1) * sizeof *key), *spare = mem_alloc((n + 1) * sizeof *spare);
    for (size_t i = 0; i < n; i++)
        key[i] = key_of(&s[i]);
    sort_keys(key, spare, n);
    mem_free(spare);
    return key;
}

/* --- the frontier */

struct frontier {
    struct risk_point *at; /* owned; strictest first */
    size_t len;
    uint64_t n;
};

static struct frontier frontier_of(const uint64_t *key, size_t n)
{
    size_t distinct = n > 0;
    for (size_t i = 1; i < n; i++)
        distinct += key[i] >> 1 != key[i - 1] >> 1;
    struct frontier f = {mem_alloc((distinct + 1) * sizeof *f.at), 0, n};
    uint64_t errors = 0;
    for (size_t i = 0; i < n; i++) {
        errors += key[i] & 1;
        if (i + 1 == n || key[i + 1] >> 1 != key[i] >> 1)
            f.at[f.len++] = (struct risk_point){key_confidence(key[i]), i + 1, errors,
                                                1 - (double)(i + 1) / (double)n};
    }
    return f;
}

void risk_frontier(const struct scored *s, size_t n, struct risk_point **out, size_t *n_out)
{
    uint64_t *key = sorted_keys(s, n);
    struct frontier f = frontier_of(key, n);
    mem_free(key);
    *out = f.at;
    *n_out = f.len;
}

/* The laxest point at or above a threshold; NULL when nothing ships. */
static const struct risk_point *point_at(const struct frontier *f, double threshold)
{
    size_t low = 0, high = f->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (f->at[middle].threshold >= threshold)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? &f->at[low - 1] : NULL;
}

/* The point with the first tie group that makes at least m labels ship. */
static size_t index_shipping(const struct frontier *f, uint64_t m)
{
    size_t low = 0, high = f->len - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (f->at[middle].m >= m)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* --- tests */

static double risk_of(const struct risk_point *p)
{
    return (double)p->k / (double)p->m;
}

static bool holds(const struct risk_point *p, double target, double d)
{
    return risk_of(p) < target && binomial_cdf(p->k, p->m, target) <= d;
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

/* P(Bin(m, target) >= k) <= d; most points are far enough away for the inequality to say so. */
static bool excludes_target(const struct risk_point *p, double target, double d)
{
    if (risk_of(p) <= target)
        return false;
    if (-deviance_root(p->k - 1, p->m, target) >= normal_quantile(1 - d))
        return true;
    return 1 - binomial_cdf(p->k - 1, p->m, target) <= d;
}

static bool is_infeasible(const struct frontier *f, double target, double d)
{
    uint64_t enough = power_labels(target, 1, d, 0.8).zero_errors;
    if (enough == 0 || f->n < enough)
        return false;
    for (size_t i = index_shipping(f, enough); i < f->len; i++)
        if (!excludes_target(&f->at[i], target, d))
            return false;
    return true;
}

static uint64_t labels_needed(const struct frontier *f, double target, double d, double share)
{
    double fewest = INFINITY, truth = NAN, coverage = 1;
    double z = normal_quantile(1 - d) * sqrt(target * (1 - target)), z_power = normal_quantile(0.8);
    double zero_errors = log(d) / log1p(-target);
    for (size_t i = 0; i < f->len; i++) {
        double r = risk_of(&f->at[i]), ships = (double)f->at[i].m / (double)f->n;
        if (r >= target)
            continue;
        /* by the normal law: only to choose the threshold that needs the fewest labels in all */
        double root = (z + z_power * sqrt(r * (1 - r))) / (target - r);
        double all = fmax(root * root, zero_errors) / ships;
        if (all < fewest) {
            fewest = all;
            truth = r;
            coverage = ships;
        }
    }
    /* where every threshold errs as much as the target, plan for a truth of half of it; labels
       enough for that plan say that it is not so, and no number would do */
    bool planned = isnan(truth);
    uint64_t m = power_labels(target, planned ? target / 2 : truth, d, 0.8).first;
    if (m == 0)
        return 0;
    double all = ceil((double)m / coverage * (1 - 1e-12));
    all = ceil(all / share * (1 - 1e-12));
    if (all > (double)f->n)
        return (uint64_t)all;
    return planned ? 0 : f->n + 1;
}

/* --- answers */

static void fill_point(const struct frontier *f, const struct risk_point *p, double d,
                       struct risk_answer *out)
{
    out->m = out->m_certify = p ? p->m : 0;
    out->k = out->k_certify = p ? p->k : 0;
    out->review_load = 1 - (double)out->m / (double)f->n;
    out->risk = p ? risk_of(p) : NAN;
    out->bound = interval_upper(out->k, out->m, d);
}

static void certify(const struct frontier *f, const struct risk_point *p, double d,
                    struct risk_answer *out)
{
    fill_point(f, p, d, out);
    out->found = true;
    out->ending = RISK_CERTIFIED;
    out->threshold = p->threshold;
}

/* Why there is no threshold.  `each` is the error share of one test, `share` the part of the labels
 * that certifies. */
static void explain(const struct frontier *f, const struct risk_options *o, double each,
                    double share, struct risk_answer *out)
{
    if (is_infeasible(f, o->target, 1 - o->level)) {
        out->ending = RISK_INFEASIBLE;
        out->best_attainable = smallest_bound(f, 1 - o->level);
    } else {
        out->ending = RISK_TOO_FEW;
        out->labels_needed = labels_needed(f, o->target, each, share);
    }
}

static void choose_plug_in(const struct frontier *f, const struct risk_options *o,
                           struct risk_answer *out)
{
    for (size_t i = f->len; i-- > 0;) {
        if (risk_of(&f->at[i]) <= o->target) {
            certify(f, &f->at[i], 1 - o->level, out);
            out->ending = RISK_NONE;
            out->bound = NAN;
            return;
        }
    }
}

static void choose_exact(const struct frontier *f, const struct risk_options *o,
                         struct risk_answer *out)
{
    double d = 1 - o->level;
    const struct risk_point *p = point_at(f, o->threshold);
    fill_point(f, p, d, out);
    out->threshold = o->threshold;
    out->tests = 1;
    out->found = p && holds(p, o->target, d);
    out->ending = RISK_CERTIFIED;
    if (out->found)
        return;
    out->ending = RISK_TOO_FEW;
    if (p && excludes_target(p, o->target, d)) {
        out->ending = RISK_INFEASIBLE;
        out->best_attainable = out->bound;
    } else if (p) {
        struct risk_point only = *p;
        out->labels_needed = labels_needed(&(struct frontier){&only, 1, f->n}, o->target, d, 1);
    }
}

/* Indices of the distinct tie groups at `grid` evenly spaced coverages, strictest first; from
 * mem_alloc. */
static size_t *grid_points(const struct frontier *f, size_t grid, size_t *len)
{
    size_t *at = mem_alloc(grid * sizeof *at);
    *len = 0;
    for (size_t j = 1; j <= grid; j++) {
        uint64_t m = (uint64_t)(((__uint128_t)f->n * j + grid - 1) / grid);
        size_t i = index_shipping(f, m);
        if (*len == 0 || at[*len - 1] != i)
            at[(*len)++] = i;
    }
    return at;
}

static void choose_grid(const struct frontier *f, const struct risk_options *o, size_t grid,
                        struct risk_answer *out)
{
    size_t len, *at = grid_points(f, grid, &len);
    double each = (1 - o->level) / (double)len;
    out->tests = (uint32_t)len;
    for (size_t i = len; i-- > 0 && !out->found;)
        if (holds(&f->at[at[i]], o->target, each))
            certify(f, &f->at[at[i]], each, out);
    mem_free(at);
    if (!out->found)
        explain(f, o, each, 1, out);
}

static size_t search_sgr(const struct frontier *f, double target, double level,
                         struct risk_step *steps, struct risk_step *converged)
{
    size_t n_steps = 0;
    while (((size_t)1 << n_steps) < f->len + 1)
        n_steps++;
    double each = (1 - level) / (double)n_steps;
    size_t low = 1, high = f->len; /* 1 is the laxest */
    for (size_t i = 0; i <= n_steps; i++) {
        struct risk_step *step = i < n_steps ? &steps[i] : converged;
        step->z = i < n_steps ? (low + high + 1) / 2 : high;
        step->point = f->at[f->len - step->z];
        step->bound = interval_upper(step->point.k, step->point.m, each);
        step->holds = holds(&step->point, target, each);
        if (step->holds)
            high = step->z;
        else
            low = step->z;
    }
    return n_steps;
}

size_t risk_sgr_trace(const struct scored *s, size_t n, double target, double level,
                      struct risk_step steps[RISK_STEPS_MAX], struct risk_step *converged)
{
    uint64_t *key = sorted_keys(s, n);
    struct frontier f = frontier_of(key, n);
    size_t n_steps = search_sgr(&f, target, level, steps, converged);
    mem_free(f.at);
    mem_free(key);
    return n_steps;
}

static void choose_sgr(const struct frontier *f, const struct risk_options *o,
                       struct risk_answer *out)
{
    struct risk_step steps[RISK_STEPS_MAX], converged;
    size_t n_steps = search_sgr(f, o->target, o->level, steps, &converged);
    double each = (1 - o->level) / (double)n_steps;
    out->tests = (uint32_t)n_steps;
    for (size_t i = n_steps; i-- > 0 && !out->found;)
        if (steps[i].holds)
            certify(f, &steps[i].point, each, out);
    if (!out->found)
        explain(f, o, each, 1, out);
}

/* A random quarter of the sorted keys to one side, still sorted: selection sampling (Fan, Muller
 * and Rezucha 1962; Knuth 3.4.2, algorithm S). */
static void draw_quarter(const uint64_t *key, size_t n, uint64_t seed, uint64_t *chosen,
                         uint64_t *rest)
{
    struct rng_seq rng = {rng_key(seed, 0, 0, 0, RNG_SPLIT), 0};
    size_t wanted = (n + 3) / 4, n_chosen = 0, n_rest = 0;
    for (size_t i = 0; i < n; i++) {
        if (rng_below(&rng, n - i) < wanted - n_chosen)
            chosen[n_chosen++] = key[i];
        else
            rest[n_rest++] = key[i];
    }
}

/* The threshold with the largest z = (a - R) sqrt(m / (a (1 - a))). */
static double start_of(const struct frontier *f, double target)
{
    double best = -INFINITY, threshold = INFINITY;
    for (size_t i = 0; i < f->len; i++) {
        double z = (target - risk_of(&f->at[i])) * sqrt((double)f->at[i].m);
        if (z > best) {
            best = z;
            threshold = f->at[i].threshold;
        }
    }
    return threshold;
}

/* From the first grid point at or laxer than `start`; when the start is laxer than all labels of
 * this part, from the last one, which ships them all just so.  Returns the last rejected point. */
static const struct risk_point *walk(const struct frontier *f, const struct risk_options *o,
                                     size_t grid, double start)
{
    size_t len, *at = grid_points(f, grid, &len), i = 0;
    const struct risk_point *last = NULL;
    while (i + 1 < len && f->at[at[i]].threshold > start)
        i++;
    for (; i < len && holds(&f->at[at[i]], o->target, 1 - o->level); i++)
        last = &f->at[at[i]];
    mem_free(at);
    return last;
}

static void choose_split(const struct frontier *f, const uint64_t *key, size_t n,
                         const struct risk_options *o, size_t grid, struct risk_answer *out)
{
    size_t n_first = (n + 3) / 4, n_rest = n - n_first;
    uint64_t *part = mem_alloc((n + 1) * sizeof *part);
    draw_quarter(key, n, o->seed, part, part + n_first);
    struct frontier first = frontier_of(part, n_first), rest = frontier_of(part + n_first, n_rest);
    out->tests = 1; /* each test has all of d */
    const struct risk_point *p = n_rest ? walk(&rest, o, grid, start_of(&first, o->target)) : NULL;
    if (p) {
        certify(f, point_at(f, p->threshold), 1 - o->level, out);
        out->m_certify = p->m;
        out->k_certify = p->k;
        out->bound = interval_upper(p->k, p->m, 1 - o->level);
    } else {
        explain(f, o, 1 - o->level, 0.75, out);
    }
    mem_free(rest.at);
    mem_free(first.at);
    mem_free(part);
}

static int check_options(size_t n, const struct risk_options *o, struct error *err)
{
    if (n == 0)
        return error_set(err, ERR_INPUT, "labels: there are none, so no threshold can be chosen");
    if (!(o->target > 0 && o->target < 1))
        return error_set(err, ERR_INPUT, "target: %g is not between 0 and 1", o->target);
    if (!(o->level > 0 && o->level < 1))
        return error_set(err, ERR_INPUT, "level: %g is not between 0 and 1", o->level);
    return 0;
}

int risk_choose(enum risk_method method, const struct scored *s, size_t n,
                const struct risk_options *options, struct risk_answer *out, struct error *err)
{
    if (check_options(n, options, err))
        return -1;
    if (method == RISK_EXACT && isnan(options->threshold))
        return error_set(err, ERR_INPUT, "threshold: method exact needs one, fixed beforehand");
    uint64_t *key = sorted_keys(s, n);
    struct frontier f = frontier_of(key, n);
    size_t grid = options->grid ? options->grid : 100;
    *out = (struct risk_answer){.method = method,
                                .threshold = NAN,
                                .n = n,
                                .review_load = 1,
                                .risk = NAN,
                                .bound = NAN,
                                .best_attainable = NAN};
    switch (method) {
    case RISK_SPLIT:
        choose_split(&f, key, n, options, grid, out);
        break;
    case RISK_SGR:
        choose_sgr(&f, options, out);
        break;
    case RISK_GRID:
        choose_grid(&f, options, grid, out);
        break;
    case RISK_EXACT:
        choose_exact(&f, options, out);
        break;
    case RISK_PLUG_IN:
        choose_plug_in(&f, options, out);
        break;
    case RISK_METHOD_COUNT:
        BUG("no such method");
    }
    mem_free(f.at);
    mem_free(key);
    return 0;
}

const char *risk_method_name(enum risk_method m)
{
    static const char *const name[] = {
#define X(id, word) [RISK_##id] = word,
        RISK_METHODS(X)
#undef X
    };
    return name[m];
}

const char *risk_ending_name(enum risk_ending e)
{
    static const char *const name[] = {
#define X(id, word) [RISK_##id] = word,
        RISK_ENDINGS(X)
#undef X
    };
    return name[e];
}
