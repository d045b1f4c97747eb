/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What labels look like beside the answer: calibration with its measures, the three frontiers, and
 * the review load that smaller sets of labels would have been certified at. */
#include "decide/size_labels.h"

#include "math/rng.h"

#include <math.h>
#include <string.h>

enum { CURVE_POINTS = 200, FEW = 10 };

/* --- calibration */

static void put_diagram(const struct calibration *c, double level, struct result *out)
{
    struct curve *curve = result_add_curve(out, "calibration", "confidence", "accuracy");

    for (size_t i = 0; i < c->bins; i++) {
        const struct calibration_bin *b = &c->bin[i];
        if (b->n == 0)
            continue;
        struct interval ci = interval_clopper_pearson(b->correct, b->n, level);
        struct point p = {b->confidence, b->accuracy, ci.low, ci.high,
                          result_text(out, "n=%llu", (unsigned long long)b->n)};
        vec_push(&curve->points, p);
    }
}

void labels_put_calibration(const struct labels_case *k, struct result *out)
{
    struct calibration *c = mem_zero(1, sizeof *c);
    double value[MEASURE_COUNT], level = k->options->level;
    struct interval range[MEASURE_COUNT];

    size_t bins = k->options->bins ? k->options->bins : SIZE_BINS;
    calibration_compute(k->at, k->n, bins, false, c);
    struct interval ci = interval_wilson(c->n_correct, k->n, level);
    metrics_add(&out->metrics, "accuracy", c->accuracy, ci.low, ci.high, level, k->n, "1");
    if (k->n >= FEW) {
        calibration_measures(k->at, k->n, c, level, value, range);
        for (int i = 0; i < MEASURE_COUNT; i++) {
            if (isnan(value[i]))
                continue;
            if (!isfinite(value[i])) {
                result_warn(out, "log_loss is infinite: an answer with confidence 0 or 1 was "
                                 "the other way");
                continue;
            }
            metrics_add(&out->metrics, calibration_measure_name((enum calibration_measure)i),
                        value[i], range[i].low, range[i].high, level, k->n, "1");
        }
        put_diagram(c, level, out);
        result_assume(out,
                      "the calibration error (ece) and the parts of the Brier score are over %zu "
                      "bins of equal width, closed on the left; intervals of the measures by their "
                      "influence functions (auroc: "
                      "DeLong)",
                      bins);
    }
    mem_free(c);
}

/* --- frontiers */

/* Points evenly spaced among n, the last one always. */
static bool is_shown(size_t i, size_t n)
{
    size_t every = n / CURVE_POINTS + 1;
    return i % every == 0 || i + 1 == n;
}

/* The best that any ranking could do: every error is reviewed before any correct item. */
static void put_perfect(const struct labels_case *c, enum risk_kind kind, struct result *out)
{
    struct curve *curve =
        result_add_curve(out, "frontier_perfect", "review_load", risk_kind_name(kind));

    for (size_t i = 0; i < CURVE_POINTS; i++) {
        uint64_t reviewed = (uint64_t)c->n * i / CURVE_POINTS;
        uint64_t left = c->errors > reviewed ? c->errors - reviewed : 0;
        struct risk_point ideal = {0, c->n - reviewed, left, (double)reviewed / (double)c->n};
        struct risk_shown s;
        risk_at(kind, c->options->reviewer, &ideal, c->n, c->errors, c->options->level, &s);
        struct point p = {ideal.review_load, s.value, NAN, NAN, NULL};
        vec_push(&curve->points, p);
    }
}

void labels_put_frontiers(const struct labels_case *c, struct result *out)
{
    enum risk_kind kind = c->ask->n_risks ? c->ask->risk[0].kind : RISK_AUTO;
    const char *name = risk_kind_name(kind);
    VEC(struct point) certified = {0};
    struct curve *plain = result_add_curve(out, "frontier", "review_load", name);

    for (size_t i = 0; i < c->n_points; i++) {
        const struct risk_point *at = &c->point[i];
        struct risk_shown s;
        if (!is_shown(i, c->n_points))
            continue;
        risk_at(kind, c->options->reviewer, at, c->n, c->errors, c->options->level, &s);
        const char *text = result_text(out, "threshold=%.6g", at->threshold);
        vec_push(&plain->points, ((struct point){at->review_load, s.value, s.low, s.high, text}));
        vec_push(&certified, ((struct point){at->review_load, s.bound, NAN, NAN, text}));
    }
    struct curve *sure = result_add_curve(out, "frontier_certified", "review_load", name);
    for (size_t i = 0; i < certified.len; i++)
        vec_push(&sure->points, certified.at[i]);
    vec_release(&certified);
    put_perfect(c, kind, out);
}

/* --- review load against labels */

enum { LOAD_POINTS = 12, LOAD_LEAST = 30, LOAD_ROWS = 40000, LOAD_DRAWS = 100 };

/* The first `size` of row are a random sample of all (Fisher and Yates 1938). */
static void draw_sample(struct scored *row, size_t n, size_t size, struct rng_seq *rng)
{
    for (size_t i = 0; i < size; i++) {
        size_t j = i + rng_below(rng, n - i);
        struct scored swap = row[i];
        row[i] = row[j];
        row[j] = swap;
    }
}

static void put_load_point(const struct labels_case *c, struct scored *row, size_t size,
                           struct rng_seq *rng, struct curve *curve)
{
    size_t draws = LOAD_ROWS / size < 1 ? 1 : LOAD_ROWS / size;
    double sum = 0, square = 0;
    struct error ignored = {0};

    draws = size == c->n ? 1 : draws > LOAD_DRAWS ? LOAD_DRAWS : draws;
    for (size_t i = 0; i < draws; i++) {
        struct risk_options risk = {.target = c->ask->risk[0].at_most,
                                    .level = c->options->level,
                                    .seed = c->options->seed,
                                    .grid = c->options->grid,
                                    .targets = c->ask->risk,
                                    .n_targets = c->ask->n_risks,
                                    .reviewer = c->options->reviewer};
        struct risk_answer a;
        if (size < c->n)
            draw_sample(row, c->n, size, rng);
        if (risk_choose(c->options->method, size < c->n ? row : c->at, size, &risk, &a, &ignored))
            return;
        double load = a.found ? a.review_load : 1;
        sum += load;
        square += load * load;
    }
    double all = (double)draws, mean = sum / all;
    struct point p = {(double)size, mean, NAN, NAN, NULL};
    if (draws > 1) {
        struct interval ci =
            interval_mean(mean, fmax(square - sum * mean, 0) / (all - 1), draws, c->options->level);
        p.low = fmax(ci.low, 0);
        p.high = fmin(ci.high, 1);
    }
    vec_push(&curve->points, p);
}

/* Means over random parts of the labels; what is not certified is reviewed. */
void labels_put_load_curve(const struct labels_case *c, struct result *out)
{
    const struct size_labels_options *o = c->options;
    bool certifies = o->method == RISK_SPLIT || o->method == RISK_SGR || o->method == RISK_GRID;

    if (!certifies || !c->ask->n_risks || c->n < 2 * LOAD_LEAST)
        return;
    struct curve *curve = result_add_curve(out, "load_by_labels", "labels", "review_load");
    struct scored *row = mem_alloc(c->n * sizeof *row);
    struct rng_seq rng = {rng_key(o->seed, 1, 0, 0, RNG_SPLIT), 0};
    size_t last = 0, most = c->n < LOAD_ROWS ? c->n : LOAD_ROWS;

    memcpy(row, c->at, c->n * sizeof *row);
    for (size_t i = 0; i < LOAD_POINTS; i++) {
        double share = (double)i / (LOAD_POINTS - 1);
        size_t size = (size_t)llround(LOAD_LEAST * pow((double)most / LOAD_LEAST, share));
        if (size > last && size < c->n)
            put_load_point(c, row, size, &rng, curve);
        last = size;
    }
    put_load_point(c, row, c->n, &rng, curve);
    mem_free(row);
}
