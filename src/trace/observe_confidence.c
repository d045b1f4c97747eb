/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far the confidence at the gate could be believed, where the truth is known. */
#include "trace/tally_parts.h"

#include "math/calibration.h"
#include "math/interval.h"
#include "math/risk.h"

#include <math.h>

enum { BINS = 10, LEAST = 10, FRONTIER_POINTS = 400 };

/* Halves the rows: every second one stays. */
static void thin(struct tally_scores *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->confidence.len; i += 2) {
        s->confidence.at[kept] = s->confidence.at[i];
        s->mark.at[kept++] = s->mark.at[i];
    }
    s->confidence.len = s->mark.len = kept;
    s->stride *= 2;
}

void tally_scores_add(struct tally_scores *s, const struct trace_log *log)
{
    s->stride += s->stride == 0;
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        if (isnan(it->confidence) || s->seen++ % s->stride)
            continue;
        vec_push(&s->confidence, it->confidence);
        vec_push(&s->mark,
                 (uint8_t)((it->reviewed ? TALLY_REVIEWED : 0) | (it->draft == LOG_GOOD ? TALLY_GOOD
                                                                  : it->draft == LOG_BAD ? TALLY_BAD
                                                                                         : 0)));
        if (s->confidence.len == TALLY_ROWS_MAX)
            thin(s);
    }
}

static size_t known_drafts(const struct tally_scores *rows, struct scored *out, uint64_t *unseen)
{
    size_t n = 0;
    *unseen = 0;
    for (size_t i = 0; i < rows->confidence.len; i++) {
        uint8_t mark = rows->mark.at[i];
        if (!(mark & (TALLY_GOOD | TALLY_BAD)))
            continue;
        out[n++] = (struct scored){
            .confidence = rows->confidence.at[i], .weight = 1, .correct = (mark & TALLY_GOOD) != 0};
        *unseen += !(mark & TALLY_REVIEWED);
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

void observe_confidence(const struct tally *t, const struct trace_log *log, double level,
                        struct result *out)
{
    struct scored *s = mem_alloc((t->scores.confidence.len + 1) * sizeof *s);
    uint64_t unseen;
    size_t n = known_drafts(&t->scores, s, &unseen);
    if (t->scores.stride > 1)
        result_assume(out,
                      "gate, calibration and frontier rest on every %llu-th of %llu items "
                      "with a confidence",
                      (unsigned long long)t->scores.stride, (unsigned long long)t->scores.seen);
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
