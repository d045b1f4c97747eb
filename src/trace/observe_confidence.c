/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far the confidence at the gate could be believed, where the truth is known.
 *
 * Intervals of the calibration measures are percentiles of a bootstrap over items (Efron and
 * Tibshirani 1993, ch. 13) under a fixed seed. */
#include "trace/observe.h"

#include "math/calibration.h"
#include "math/interval.h"
#include "math/risk.h"
#include "math/rng.h"
#include "math/sort.h"

#include <math.h>

enum { BINS = 10, LEAST = 10, FRONTIER_POINTS = 400, RESAMPLES = 400, RESAMPLE_BUDGET = 2000000 };

static size_t known_drafts(const struct trace_log *log, struct scored *out, uint64_t *unseen)
{
    size_t n = 0;
    *unseen = 0;
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        if (it->draft == LOG_UNKNOWN || isnan(it->confidence))
            continue;
        out[n++] = (struct scored){
            .confidence = it->confidence, .weight = 1, .correct = it->draft == LOG_GOOD};
        *unseen += !it->reviewed;
    }
    return n;
}

static const char *const measure_names[MEASURE_COUNT] = {"ece", "brier", "auroc", "aurc", "augrc"};

static void measures_of(const struct scored *s, size_t n, double out[MEASURE_COUNT])
{
    struct calibration *c = mem_zero(1, sizeof *c);
    calibration_compute(s, n, BINS, false, c);
    out[MEASURE_ECE] = c->ece;
    out[MEASURE_BRIER] = c->brier;
    out[MEASURE_AUROC] = c->auroc;
    out[MEASURE_AURC] = c->aurc;
    out[MEASURE_AUGRC] = c->augrc;
    mem_free(c);
}

/* The measures of `rounds` resamples, those of one measure side by side. */
static void resample(const struct scored *s, size_t n, size_t rounds, double *x)
{
    struct calibration_sample sample;
    struct rng_seq rng = {rng_key(1, 0, 0, 0, RNG_SPLIT), 0};
    calibration_sample_init(&sample, s, n, BINS);
    for (size_t r = 0; r < rounds; r++) {
        double drawn[MEASURE_COUNT];
        for (size_t i = 0; i < n; i++)
            sample.count[sample.place[rng_below(&rng, n)]]++;
        calibration_sample_measures(&sample, drawn);
        for (size_t k = 0; k < MEASURE_COUNT; k++)
            x[k * rounds + r] = drawn[k];
    }
    calibration_sample_release(&sample);
}

static void put_measures(const struct scored *s, size_t n, double level, struct metrics *m)
{
    size_t rounds = RESAMPLE_BUDGET / n < RESAMPLES ? RESAMPLE_BUDGET / n + 20 : RESAMPLES;
    double value[MEASURE_COUNT], *x = mem_alloc(MEASURE_COUNT * rounds * sizeof *x);
    measures_of(s, n, value);
    resample(s, n, rounds, x);
    for (size_t k = 0; k < MEASURE_COUNT; k++) {
        size_t known = 0;
        double *at = x + k * rounds;
        for (size_t r = 0; r < rounds; r++)
            if (!isnan(at[r]))
                at[known++] = at[r];
        if (isnan(value[k]) || known < LEAST)
            continue;
        sort_doubles(at, known);
        size_t low = (size_t)((1 - level) / 2 * (double)known);
        size_t high = known - 1 - low;
        metrics_add(m, measure_names[k], value[k], fmin(at[low], value[k]),
                    fmax(at[high], value[k]), level, n, "1");
    }
    mem_free(x);
}

static void put_reliability_diagram(const struct scored *s, size_t n, double level,
                                    struct result *out)
{
    struct calibration *c = mem_zero(1, sizeof *c);
    struct curve *curve = result_add_curve(out, "calibration", "confidence", "accuracy");
    calibration_compute(s, n, BINS, false, c);
    for (size_t k = 0; k < c->bins; k++) {
        const struct calibration_bin *b = &c->bin[k];
        if (b->n == 0)
            continue;
        struct interval i = interval_wilson(b->correct, b->n, level);
        struct point at = {.x = b->confidence,
                           .y = b->accuracy,
                           .low = i.low,
                           .high = i.high,
                           .at = result_text(out, "n=%llu", (unsigned long long)b->n)};
        vec_push(&curve->points, at);
    }
    mem_free(c);
}

static void put_frontier(const struct scored *s, size_t n, double level, struct result *out)
{
    struct risk_point *p = NULL;
    size_t points = 0;
    risk_frontier(s, n, &p, &points);
    struct curve *c = result_add_curve(out, "frontier", "review_load", "auto_error");
    size_t step = points / FRONTIER_POINTS + 1;
    for (size_t k = 0; k < points; k += step) {
        if (p[k].m == 0)
            continue;
        struct interval i = interval_wilson(p[k].k, p[k].m, level);
        struct point at = {.x = p[k].review_load,
                           .y = (double)p[k].k / (double)p[k].m,
                           .low = i.low,
                           .high = i.high,
                           .at = result_text(out, "threshold=%.6g", p[k].threshold)};
        vec_push(&c->points, at);
    }
    mem_free(p);
}

void observe_confidence(const struct trace_log *log, double level, struct result *out)
{
    struct scored *s = mem_alloc(log->items.len * sizeof *s);
    uint64_t unseen;
    size_t n = known_drafts(log, s, &unseen);
    if (log->scorer >= 0 && n >= LEAST) {
        if (unseen == 0 && log->gate >= 0)
            result_warn(out, "calibration is of the reviewed items alone, whose confidences are "
                             "cut at the gate; it says nothing of those that shipped unseen");
        put_measures(s, n, level, &out->stages.at[log->scorer].metrics);
        put_reliability_diagram(s, n, level, out);
        if (unseen)
            put_frontier(s, n, level, out);
    }
    mem_free(s);
}
