/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far the confidence at the gate could be believed, where the truth is known. */
#include "trace/observe.h"

#include "math/calibration.h"
#include "math/interval.h"
#include "math/risk.h"

#include <math.h>

enum { BINS = 10, LEAST = 10, FRONTIER_POINTS = 400 };

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

static void put_measures(const struct scored *s, size_t n, double level, struct metrics *m)
{
    static const enum calibration_measure shown[] = {MEASURE_ECE, MEASURE_BRIER, MEASURE_AUROC,
                                                     MEASURE_AURC, MEASURE_AUGRC};
    struct calibration *c = mem_zero(1, sizeof *c);
    double value[MEASURE_COUNT];
    struct interval range[MEASURE_COUNT];
    calibration_compute(s, n, BINS, false, c);
    calibration_measures(s, n, c, level, value, range);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        enum calibration_measure k = shown[i];
        if (!isnan(value[k]))
            metrics_add(m, calibration_measure_name(k), value[k], range[k].low, range[k].high,
                        level, n, "1");
    }
    mem_free(c);
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
