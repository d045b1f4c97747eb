/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Thresholds with a guarantee.
 *
 * A test of "a risk at this threshold is above its target" (risk_test.c) rejects with its share of
 * d.  Methods: exact, one test; split, a fixed sequence from a start that other labels chose
 * (Angelopoulos et al., "Learn then Test", arXiv 2110.01052); grid, Bonferroni (same); SGR, binary
 * search with d shared out (Geifman and El-Yaniv 2017, arXiv 1705.08500, algorithm 1); crc, the
 * largest coverage with (k + 1) / (n + 1) within the target (Angelopoulos et al. 2022, arXiv
 * 2208.02814). */
#include "math/interval.h"
#include "math/risk_parts.h"
#include <math.h>

static void fill_point(const struct frontier *f, const struct demand *want,
                       const struct risk_point *p, double d, struct risk_answer *out)
{
    out->m = out->m_certify = p ? p->m : 0;
    out->k = out->k_certify = p ? p->k : 0;
    out->review_load = 1 - (double)out->m / (double)f->n;
    out->n_targets = want->n;
    for (size_t i = 0; i < want->n; i++) {
        enum risk_kind kind = want->at[i].kind;
        risk_at(kind, want->reviewer, p, f->n, f->errors, out->level, &out->at[i]);
        out->at[i].at_most = want->at[i].at_most;
        out->at[i].bound = risk_upper(kind, want->reviewer, f, p, d / (double)want->n);
    }
    out->risk = out->at[0].value;
    out->bound = out->at[0].bound;
}

static void certify(const struct frontier *f, const struct demand *want, const struct risk_point *p,
                    double d, struct risk_answer *out)
{
    fill_point(f, want, p, d, out);
    out->found = true;
    out->ending = RISK_CERTIFIED;
    out->threshold = p->threshold;
}

/* A threshold that is chosen and not shown. */
static void choose_unshown(const struct frontier *f, const struct demand *want,
                           const struct risk_point *p, double d, struct risk_answer *out)
{
    certify(f, want, p, d, out);
    out->ending = RISK_NONE;
    out->bound = NAN;
    for (size_t i = 0; i < want->n; i++)
        out->at[i].bound = NAN;
}

static void choose_plug_in(const struct frontier *f, const struct demand *want, double d,
                           struct risk_answer *out)
{
    for (size_t i = f->len; i-- > 0;)
        if (demand_looks_met(want, f, &f->at[i])) {
            choose_unshown(f, want, &f->at[i], d, out);
            return;
        }
}

static void choose_crc(const struct frontier *f, const struct demand *want, double d,
                       struct risk_answer *out)
{
    double n = (double)f->n;
    for (size_t i = f->len; i-- > 0;)
        if ((double)f->at[i].k + 1 <= want->at[0].at_most * (n + 1)) {
            choose_unshown(f, want, &f->at[i], d, out);
            return;
        }
}

static void choose_exact(const struct frontier *f, const struct demand *want,
                         const struct risk_options *o, struct risk_answer *out)
{
    double d = 1 - o->level;
    const struct risk_point *p = frontier_at(f, o->threshold);
    fill_point(f, want, p, d, out);
    out->threshold = o->threshold;
    out->tests = (uint32_t)want->n;
    out->found = p && demand_holds(want, f, p, d);
    out->ending = RISK_CERTIFIED;
    if (out->found)
        return;
    out->ending = RISK_TOO_FEW;
    for (size_t i = 0; p && i < want->n; i++) {
        double each = d / (double)want->n;
        const struct risk_target *t = &want->at[i];
        if (t->kind == RISK_AUTO ? !risk_excludes(p, t->at_most, each)
                                 : risk_lower(t->kind, want->reviewer, f, p, each) <= t->at_most)
            continue;
        out->ending = RISK_INFEASIBLE;
        out->best_attainable = out->at[i].bound;
        return;
    }
    if (p) {
        struct risk_point only = *p;
        struct frontier there = {&only, 1, f->n, f->errors};
        out->labels_needed = risk_labels_needed(&there, want, d, 1);
    }
}

static void choose_grid(const struct frontier *f, const struct demand *want, double d, size_t grid,
                        struct risk_answer *out)
{
    size_t len, *at = frontier_grid(f, grid, &len);
    double each = d / (double)len;
    out->tests = (uint32_t)(len * want->n);
    for (size_t i = len; i-- > 0 && !out->found;)
        if (demand_holds(want, f, &f->at[at[i]], each))
            certify(f, want, &f->at[at[i]], each, out);
    mem_free(at);
    if (!out->found)
        risk_explain(f, want, d, each, 1, out);
}

static size_t search_sgr(const struct frontier *f, const struct demand *want, double d,
                         struct risk_step *steps, struct risk_step *converged)
{
    size_t n_steps = 0;
    while (((size_t)1 << n_steps) < f->len + 1)
        n_steps++;
    double each = d / (double)n_steps;
    size_t low = 1, high = f->len; /* 1 is the laxest */
    for (size_t i = 0; i <= n_steps; i++) {
        struct risk_step *step = i < n_steps ? &steps[i] : converged;
        step->z = i < n_steps ? (low + high + 1) / 2 : high;
        step->point = f->at[f->len - step->z];
        step->bound =
            risk_upper(want->at[0].kind, want->reviewer, f, &step->point, each / (double)want->n);
        step->holds = demand_holds(want, f, &step->point, each);
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
    const struct risk_options options = {.target = target, .level = level};
    struct risk_target own;
    struct demand want = risk_demand(&options, &own);
    uint64_t *key = risk_sorted(s, n);
    struct frontier f = frontier_of(key, n);
    size_t n_steps = search_sgr(&f, &want, 1 - level, steps, converged);
    mem_free(f.at);
    mem_free(key);
    return n_steps;
}

static void choose_sgr(const struct frontier *f, const struct demand *want, double d,
                       struct risk_answer *out)
{
    struct risk_step steps[RISK_STEPS_MAX], converged;
    size_t n_steps = search_sgr(f, want, d, steps, &converged);
    double each = d / (double)n_steps;
    out->tests = (uint32_t)(n_steps * want->n);
    for (size_t i = n_steps; i-- > 0 && !out->found;)
        if (steps[i].holds)
            certify(f, want, &steps[i].point, each, out);
    if (!out->found)
        risk_explain(f, want, d, each, 1, out);
}

/* The threshold with the largest z = (a - R) sqrt(m / (a (1 - a))). */
static double start_of(const struct frontier *f, const struct demand *want)
{
    double best = -INFINITY, threshold = INFINITY;
    for (size_t i = 0; i < f->len; i++) {
        double z = demand_margin(want, f, &f->at[i]);
        if (z > best) {
            best = z;
            threshold = f->at[i].threshold;
        }
    }
    return threshold;
}

/* From the first grid point at or laxer than `start`; when the start is laxer than all labels of
 * this part, from the last one, which ships them all just so.  Returns the last rejected point. */
static const struct risk_point *walk(const struct frontier *f, const struct demand *want, double d,
                                     size_t grid, double start)
{
    size_t len, *at = frontier_grid(f, grid, &len), i = 0;
    const struct risk_point *last = NULL;
    while (i + 1 < len && f->at[at[i]].threshold > start)
        i++;
    for (; i < len && demand_holds(want, f, &f->at[at[i]], d); i++)
        last = &f->at[at[i]];
    mem_free(at);
    return last;
}

static void choose_split(const struct frontier *f, const uint64_t *key, const struct demand *want,
                         const struct risk_options *o, size_t grid, struct risk_answer *out)
{
    size_t n = f->n, n_first = (n + 3) / 4, n_rest = n - n_first;
    double d = 1 - o->level;
    uint64_t *part = mem_alloc((n + 1) * sizeof *part);
    risk_draw_quarter(key, n, o->seed, part, part + n_first);
    struct frontier first = frontier_of(part, n_first), rest = frontier_of(part + n_first, n_rest);
    out->tests = (uint32_t)want->n; /* along the sequence each test has all of its target's share */
    const struct risk_point *p = n_rest ? walk(&rest, want, d, grid, start_of(&first, want)) : NULL;
    if (p) {
        certify(f, want, frontier_at(f, p->threshold), d, out);
        out->m_certify = p->m;
        out->k_certify = p->k;
        for (size_t i = 0; i < want->n; i++)
            out->at[i].bound =
                risk_upper(want->at[i].kind, want->reviewer, &rest, p, d / (double)want->n);
        out->bound = out->at[0].bound;
    } else {
        risk_explain(f, want, d, d, 0.75, out);
    }
    mem_free(rest.at);
    mem_free(first.at);
    mem_free(part);
}

static int check_target(const struct risk_target *t, const struct risk_options *o,
                        enum risk_method method, struct error *err)
{
    if (!(t->at_most > 0 && t->at_most < 1))
        return error_set(err, ERR_INPUT, "target: %g is not between 0 and 1", t->at_most);
    if (t->kind == RISK_SHIPPED && !o->reviewer)
        return error_set(err, ERR_INPUT, "target: shipped_error needs the reviewers");
    if (method == RISK_CRC && (t->kind != RISK_JOINT || o->n_targets > 1))
        return error_set(err, ERR_INPUT,
                         "method crc bounds joint_error alone, and that in expectation");
    return 0;
}

static int check_options(enum risk_method method, size_t n, const struct risk_options *o,
                         const struct demand *want, struct error *err)
{
    if (n == 0)
        return error_set(err, ERR_INPUT, "labels: there are none, so no threshold can be chosen");
    if (!(o->level > 0 && o->level < 1))
        return error_set(err, ERR_INPUT, "level: %g is not between 0 and 1", o->level);
    if (want->n > RISK_TARGETS_MAX)
        return error_set(err, ERR_INPUT, "targets: more than %d", RISK_TARGETS_MAX);
    for (size_t i = 0; i < want->n; i++)
        if (check_target(&want->at[i], o, method, err))
            return -1;
    if (method == RISK_EXACT && isnan(o->threshold))
        return error_set(err, ERR_INPUT, "threshold: method exact needs one, fixed beforehand");
    return 0;
}

int risk_choose(enum risk_method method, const struct scored *s, size_t n,
                const struct risk_options *options, struct risk_answer *out, struct error *err)
{
    struct risk_target own;
    struct demand want = risk_demand(options, &own);
    double d = 1 - options->level;
    if (check_options(method, n, options, &want, err))
        return -1;
    uint64_t *key = risk_sorted(s, n);
    struct frontier f = frontier_of(key, n);
    size_t grid = options->grid ? options->grid : 100;
    *out = (struct risk_answer){.method = method,
                                .level = options->level,
                                .threshold = NAN,
                                .n = n,
                                .review_load = 1,
                                .risk = NAN,
                                .bound = NAN,
                                .best_attainable = NAN};
    switch (method) {
    case RISK_SPLIT:
        choose_split(&f, key, &want, options, grid, out);
        break;
    case RISK_SGR:
        choose_sgr(&f, &want, d, out);
        break;
    case RISK_GRID:
        choose_grid(&f, &want, d, grid, out);
        break;
    case RISK_EXACT:
        choose_exact(&f, &want, options, out);
        break;
    case RISK_PLUG_IN:
        choose_plug_in(&f, &want, d, out);
        break;
    case RISK_CRC:
        choose_crc(&f, &want, d, out);
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

const char *risk_kind_name(enum risk_kind k)
{
    static const char *const name[] = {
#define X(id, word) [RISK_##id] = word,
        RISK_KINDS(X)
#undef X
    };
    return name[k];
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
