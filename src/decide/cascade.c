/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A quarter of the labels orders pairs of thresholds: for each of a ladder of error rates the pair
 * of least cost that keeps it there (FrugalGPT, arXiv 2305.05176, chooses such a pair and stops).
 * The other labels walk that ladder from where the first ones saw most room, to laxer rates, each
 * pair tested with all of d, until the first that is not shown to hold (a fixed sequence; Learn
 * then Test, arXiv 2110.01052).  The same without one of the models tells whether it pays. */
#include "decide/cascade.h"

#include "base/units.h"
#include "math/interval.h"
#include "math/rng.h"
#include "math/sort.h"

#include <math.h>
#include <string.h>

enum { GRID = 60, RUNGS = 60 };
enum { BOTH, NO_CHEAP, NO_STRONG, WAYS };

/* Thresholds by index: those of cut[model], strictest first; index 0 lets nothing ship. */
struct cuts {
    double at[2][GRID + 1];
    size_t n[2];
};
struct pair {
    size_t i, j;
};
struct counts {
    uint64_t n, m[2], k[2]; /* shipped by each model, wrong among them */
};

static void make_cuts(const struct cascade_label *s, size_t n, struct cuts *out)
{
    double *x = mem_alloc(n * sizeof *x);
    for (int model = 0; model < 2; model++) {
        for (size_t i = 0; i < n; i++)
            x[i] = s[i].confidence[model];
        sort_doubles(x, n);
        out->at[model][0] = INFINITY;
        size_t kept = 1;
        for (size_t g = 1; g <= GRID; g++) {
            double t = x[n - (n * g + GRID - 1) / GRID];
            if (t < out->at[model][kept - 1])
                out->at[model][kept++] = t;
        }
        out->n[model] = kept;
    }
    mem_free(x);
}

static size_t cut_of(const struct cuts *c, int model, double confidence)
{
    size_t low = 1, high = c->n[model]; /* the first cut at or below it; n: none */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c->at[model][middle] <= confidence)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Counts for all pairs in one pass: labels by their two cuts, then sums. */
struct table {
    uint64_t cheap_m[GRID + 2], cheap_k[GRID + 2];                       /* [cut of the cheap] */
    uint64_t strong_m[GRID + 2][GRID + 2], strong_k[GRID + 2][GRID + 2]; /* [cheap][strong] */
    uint64_t n;
};

static void make_table(const struct cascade_label *s, size_t n, const struct cuts *c,
                       struct table *t)
{
    memset(t, 0, sizeof *t);
    t->n = n;
    for (size_t r = 0; r < n; r++) {
        size_t i = cut_of(c, 0, s[r].confidence[0]), j = cut_of(c, 1, s[r].confidence[1]);
        t->cheap_m[i]++;
        t->cheap_k[i] += !s[r].correct[0];
        t->strong_m[i][j]++;
        t->strong_k[i][j] += !s[r].correct[1];
    }
    for (size_t i = 1; i < c->n[0]; i++) { /* shipped at cut i: all at stricter ones too */
        t->cheap_m[i] += t->cheap_m[i - 1];
        t->cheap_k[i] += t->cheap_k[i - 1];
    }
    for (size_t i = 0; i <= c->n[0]; i++)
        for (size_t j = 1; j <= c->n[1]; j++) {
            t->strong_m[i][j] += t->strong_m[i][j - 1];
            t->strong_k[i][j] += t->strong_k[i][j - 1];
        }
    for (size_t i = c->n[0]; i-- > 0;) /* left by cut i: all that are beyond it */
        for (size_t j = 0; j <= c->n[1]; j++) {
            t->strong_m[i][j] += t->strong_m[i + 1][j];
            t->strong_k[i][j] += t->strong_k[i + 1][j];
        }
}

static struct counts counts_at(const struct table *t, struct pair p)
{
    return (struct counts){
        t->n,
        {t->cheap_m[p.i], t->strong_m[p.i + 1][p.j]},
        {t->cheap_k[p.i], t->strong_k[p.i + 1][p.j]}
    };
}

/* What the items cost that way; without the cheap model nobody calls it, nor the strong one. */
static double cost_of(const struct counts *c, const double cost[3], struct pair p)
{
    double n = (double)c->n, left = n - (double)c->m[0], people = left - (double)c->m[1];
    return (p.i ? cost[0] : 0) + (p.j ? cost[1] * left / n : 0) + cost[2] * people / n;
}

static uint64_t shipped(const struct counts *c)
{
    return c->m[0] + c->m[1];
}
static uint64_t wrong(const struct counts *c)
{
    return c->k[0] + c->k[1];
}

/* --- the choice */

struct chosen {
    bool found;
    struct pair pair;
    double t[2]; /* INFINITY: nothing ships */
    struct counts all;
    double bound, cost, cost_low, cost_high;
    uint64_t m_certify, k_certify;
};

static bool takes(int way, struct pair p)
{
    return way == NO_CHEAP    ? p.i == 0 && p.j > 0
           : way == NO_STRONG ? p.j == 0 && p.i > 0
                              : p.i > 0 && p.j > 0;
}

/* The pair of least cost among those whose error is at most `rate`. */
static bool cheapest(const struct table *t, const struct cuts *c, int way, const double cost[3],
                     double rate, struct pair *out)
{
    double best = INFINITY;
    for (size_t i = 0; i < c->n[0]; i++)
        for (size_t j = 0; j < c->n[1]; j++) {
            struct pair p = {i, j};
            struct counts k = counts_at(t, p);
            double m = (double)shipped(&k);
            if (!takes(way, p) || m == 0 || (double)wrong(&k) > rate * m)
                continue;
            double price = cost_of(&k, cost, p);
            if (price < best) {
                best = price;
                *out = p;
            }
        }
    return isfinite(best);
}

static struct chosen choose_way(const struct table *first, const struct table *rest,
                                const struct cuts *c, int way, double target, double d,
                                const double cost[3])
{
    struct chosen w = {0};
    struct pair rung[RUNGS];
    size_t n = 0, start = 0;
    double most = -INFINITY;
    for (int r = 0; r < RUNGS; r++) {
        struct pair p;
        if (!cheapest(first, c, way, cost, target * 1.5 * (r + 1) / RUNGS, &p))
            continue;
        if (n && rung[n - 1].i == p.i && rung[n - 1].j == p.j)
            continue;
        struct counts k = counts_at(first, p);
        double m = (double)shipped(&k), z = (target - (double)wrong(&k) / m) * sqrt(m);
        if (z > most) {
            most = z;
            start = n;
        }
        rung[n++] = p;
    }
    for (size_t r = start; r < n; r++) {
        struct counts k = counts_at(rest, rung[r]);
        uint64_t m = shipped(&k);
        if (m == 0 || (double)wrong(&k) >= target * (double)m ||
            binomial_cdf(wrong(&k), m, target) > d)
            break;
        w.found = true;
        w.pair = rung[r];
        w.bound = interval_upper(wrong(&k), m, d);
        w.m_certify = m;
        w.k_certify = wrong(&k);
    }
    w.t[0] = c->at[0][w.pair.i];
    w.t[1] = c->at[1][w.pair.j];
    return w;
}

static double item_cost(const struct cascade_label *s, const struct chosen *w, const double cost[3])
{
    double spent = w->pair.i ? cost[0] : 0;
    if (w->pair.i && s->confidence[0] >= w->t[0])
        return spent;
    spent += w->pair.j ? cost[1] : 0;
    return w->pair.j && s->confidence[1] >= w->t[1] ? spent : spent + cost[2];
}

static void describe(const struct cascade_label *s, size_t n, const double cost[3], double level,
                     struct chosen *w)
{
    double sum = 0, square = 0;
    w->all.n = n;
    for (size_t r = 0; r < n; r++) {
        double spent = item_cost(&s[r], w, cost);
        int model = s[r].confidence[0] >= w->t[0] ? 0 : s[r].confidence[1] >= w->t[1] ? 1 : 2;
        if (model < 2) {
            w->all.m[model]++;
            w->all.k[model] += !s[r].correct[model];
        }
        sum += spent;
        square += spent * spent;
    }
    double mean = sum / (double)n;
    struct interval ci =
        interval_mean(mean, fmax(square - sum * mean, 0) / ((double)n - 1), n, level);
    w->cost = mean;
    w->cost_low = fmax(ci.low, 0);
    w->cost_high = ci.high;
}

/* --- the answer */

static const char *threshold_text(struct result *out, double t)
{
    struct buf text;
    buf_init(&text);
    units_put_exact(&text, t);
    const char *kept = result_text(out, "%s", buf_text(&text));
    buf_release(&text);
    return kept;
}

/* What an item costs less in one way than in the other, item by item. */
static void warn_of_stage(const struct cascade_label *s, size_t n, const struct chosen *both,
                          const struct chosen *without, const char *stage,
                          const struct cascade_options *o, struct result *out)
{
    double sum = 0, square = 0;
    if (!without->found)
        return;
    for (size_t r = 0; r < n; r++) {
        double d = item_cost(&s[r], without, o->cost) - item_cost(&s[r], both, o->cost);
        sum += d;
        square += d * d;
    }
    double mean = sum / (double)n;
    struct interval ci =
        interval_mean(mean, fmax(square - sum * mean, 0) / ((double)n - 1), n, o->level);
    if (ci.low > 0)
        result_assume(out, "the %s model pays: without it an item costs %.4g more (%.4g to %.4g)",
                      stage, mean, ci.low, ci.high);
    else if (ci.high < 0)
        result_warn(out,
                    "the %s model does not pay: without it an item costs %.4g less (%.4g to %.4g) "
                    "at the same guarantee",
                    stage, -mean, -ci.high, -ci.low);
    else
        result_warn(out,
                    "whether the %s model pays is open: without it an item costs %.4g instead of "
                    "%.4g, and the difference may be chance",
                    stage, without->cost, both->cost);
}

static void put_stage(const char *name, double threshold, uint64_t m, uint64_t k, uint64_t n,
                      double level, struct result *out)
{
    struct row *row = result_add_row(out, classes, name);
    row->kind = "model";
    struct interval ci = interval_wilson(m, n, level);
    if (isfinite(threshold))
        metrics_add_exact(&row->metrics, "threshold", threshold, "1");
    metrics_add(&row->metrics, "exit_ship", (double)m / (double)n, ci.low, ci.high, level, n, "1");
    if (m && !isnan(threshold)) {
        ci = interval_clopper_pearson(k, m, level);
        metrics_add(&row->metrics, "auto_error", (double)k / (double)m, ci.low, ci.high, level, m,
                    "1");
    }
}

static void put_way(const struct chosen *w, const struct cascade_options *o, struct result *out)
{
    const struct counts *c = &w->all;
    uint64_t m = shipped(c), k = wrong(c), people = c->n - m;
    double value = (double)k / (double)m;
    struct interval ci = interval_clopper_pearson(k, m, o->level);
    struct metric *risk = metrics_add(&out->metrics, "auto_error", value, ci.low,
                                      fmax(w->bound, value), o->level, m, "1");
    risk->target = result_text(out, "%s", o->targets[0].text);
    risk->verdict = VERDICT_PASS;
    ci = interval_wilson(people, c->n, o->level);
    metrics_add(&out->metrics, "review_load", (double)people / (double)c->n, ci.low, ci.high,
                o->level, c->n, "1");
    metrics_add(&out->metrics, "cost_per_item", w->cost, w->cost_low, w->cost_high, o->level, c->n,
                "$");
    put_stage("cheap", w->t[0], c->m[0], c->k[0], c->n, o->level, out);
    put_stage("strong", w->t[1], c->m[1], c->k[1], c->n, o->level, out);
    put_stage("people", NAN, people, 0, c->n, o->level, out);
    struct answer *to = &out->answer;
    to->threshold = w->t[0];
    to->bound = w->bound;
    to->m = m;
    to->k = k;
    to->review_load = (double)people / (double)c->n;
    to->risk_value = value;
    to->ending = "certified";
    to->sentence = result_text(
        out,
        "Ship the cheap answer at confidence %s and above (%.1f%% of the items), else the strong "
        "one at %s and above (%.1f%%); people answer %.1f%%.  With %.10g%% confidence at most "
        "%.2f%% of what ships unseen is wrong (target %.3g%%): %llu of the %llu wrong ones come "
        "from the cheap model, %llu from the strong one.  An item costs %.4g.",
        threshold_text(out, w->t[0]), 100 * (double)c->m[0] / (double)c->n,
        threshold_text(out, w->t[1]), 100 * (double)c->m[1] / (double)c->n, 100 * to->review_load,
        100 * o->level, ceil(w->bound * 1e4) / 100, 100 * o->targets[0].value,
        (unsigned long long)c->k[0], (unsigned long long)k, (unsigned long long)c->k[1], w->cost);
}

static int check(size_t n, const struct cascade_options *o, struct error *err)
{
    if (o->n_targets != 1 || strcmp(o->targets[0].metric, "auto_error") ||
        o->targets[0].kind != TARGET_AT_MOST || !(o->targets[0].value > 0) ||
        !(o->targets[0].value < 1))
        return error_set(err, ERR_USAGE,
                         "labels of two models are sized for one target: --target \"auto_error at "
                         "most P\"");
    if (n < 8)
        return error_set(err, ERR_INPUT,
                         "%zu labels of two models: a quarter chooses and the others certify, "
                         "which takes 8 or more",
                         n);
    return 0;
}

/* A copy of the labels, a random quarter of them in front. */
static struct cascade_label *shuffled(const struct cascade_label *labels, size_t n, size_t n_first,
                                      uint64_t seed)
{
    struct cascade_label *s = mem_alloc(n * sizeof *s);
    struct rng_seq rng = {rng_key(seed, 3, 0, 0, RNG_SPLIT), 0};
    memcpy(s, labels, n * sizeof *s);
    for (size_t i = 0; i < n_first; i++) { /* Fisher and Yates 1938 */
        size_t j = i + rng_below(&rng, n - i);
        struct cascade_label swap = s[i];
        s[i] = s[j];
        s[j] = swap;
    }
    return s;
}

static void put_nothing_found(const struct chosen way[WAYS], size_t n,
                              const struct cascade_options *o, struct result *out)
{
    out->answer.sentence =
        result_text(out, "No pair of thresholds could be certified at %.3g%% with %zu labels%s.",
                    100 * o->targets[0].value, n,
                    way[NO_CHEAP].found    ? "; the strong model alone can"
                    : way[NO_STRONG].found ? "; the cheap model alone can"
                                           : "");
}

static void put_frame(const struct cascade_options *o, bool certified, struct result *out)
{
    out->answer =
        (struct answer){.present = true,
                        .threshold = NAN,
                        .bound = NAN,
                        .level = o->level,
                        .review_load = NAN,
                        .risk_value = NAN,
                        .best_attainable = NAN,
                        .tests = 1,
                        .method = "split",
                        .risk = "auto_error",
                        .ending = "too few labels",
                        .population = "items like the labelled ones (same models, prompt and mix)"};
    out->passed = certified ? PASSED_TRUE : PASSED_FALSE;
    out->run.present = true;
    out->run.method = "split";
    out->run.engine = "labels";
    out->run.seed = o->seed;
    out->run.covers = "sampling";
    result_assume(out, "the labels are a random sample of the items that will come, each answered "
                       "by both models; people are taken to be right");
}

int size_cascade(const struct cascade_label *labels, size_t n, const struct cascade_options *o,
                 struct result *out, bool *certified, struct error *err)
{
    if (check(n, o, err))
        return -1;
    size_t n_first = (n + 3) / 4;
    struct cascade_label *s = shuffled(labels, n, n_first, o->seed);
    struct table *first = mem_alloc(2 * sizeof *first), *rest = first + 1;
    struct cuts cuts;
    struct chosen way[WAYS];
    make_cuts(s, n_first, &cuts);
    make_table(s, n_first, &cuts, first);
    make_table(s + n_first, n - n_first, &cuts, rest);
    for (int k = 0; k < WAYS; k++) {
        way[k] = choose_way(first, rest, &cuts, k, o->targets[0].value, 1 - o->level, o->cost);
        if (way[k].found)
            describe(s, n, o->cost, o->level, &way[k]);
    }
    *certified = way[BOTH].found;
    put_frame(o, *certified, out);
    if (*certified) {
        put_way(&way[BOTH], o, out);
        warn_of_stage(s, n, &way[BOTH], &way[NO_CHEAP], "cheap", o, out);
        warn_of_stage(s, n, &way[BOTH], &way[NO_STRONG], "strong", o, out);
    } else {
        put_nothing_found(way, n, o, out);
    }
    mem_free(first);
    mem_free(s);
    return 0;
}
