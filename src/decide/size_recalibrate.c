/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recalibration from labels: how far a map would mend the confidences, and the map itself.
 *
 * What a map does is measured on labels that it was not fitted to: ten folds, each corrected by the
 * map of the other nine (Stone 1974).  Many labels are first gathered into bins of equal numbers,
 * whose means stand for them in the fits; what is measured are the labels themselves. */
#include "decide/size.h"

#include "base/units.h"
#include "math/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDS = 10, ROWS_MOST = 20000, GATHERED = 2000, KNOTS_EVEN = 100, KNOTS_LOGIT = 400 };

const char *const recalibrate_words[RECALIBRATE_METHODS] = {
    [FIT_ISOTONIC] = "isotonic",
    [FIT_PLATT] = "platt",
    [FIT_BETA] = "beta",
    [FIT_TEMPERATURE] = "temperature",
};

/* --- rows to fit to */

struct folded {
    struct scored *row; /* [n] owned; weights count labels */
    uint8_t *fold;      /* [n] of each row, owned */
    size_t n;
};

static int by_confidence(const void *x, const void *y)
{
    double a = ((const struct scored *)x)->confidence, b = ((const struct scored *)y)->confidence;
    return (a > b) - (a < b);
}

static uint8_t fold_of(uint64_t seed, size_t i)
{
    struct rng_seq rng = {rng_key(seed, 2, i, 0, RNG_SPLIT), 0};
    return (uint8_t)rng_below(&rng, FOLDS);
}

static struct folded folded_new(const struct scored *s, size_t n, const uint8_t *fold)
{
    size_t most = n <= ROWS_MOST ? n : GATHERED * 2 * FOLDS;
    struct folded f = {mem_alloc(most * sizeof *f.row), mem_alloc(most), 0};
    if (n <= ROWS_MOST) {
        memcpy(f.row, s, n * sizeof *f.row);
        memcpy(f.fold, fold, n);
        f.n = n;
        return f;
    }
    struct scored *sorted = mem_alloc(n * sizeof *sorted);
    for (size_t i = 0; i < n; i++) {
        sorted[i] = s[i];
        sorted[i].group = fold[i];
    }
    qsort(sorted, n, sizeof *sorted, by_confidence);
    for (size_t b = 0; b < GATHERED; b++) {
        size_t begin = n * b / GATHERED, end = n * (b + 1) / GATHERED;
        double weight[FOLDS][2] = {{0}}, sum = 0;
        for (size_t i = begin; i < end; i++) {
            sum += sorted[i].confidence;
            weight[sorted[i].group][sorted[i].correct]++;
        }
        for (int k = 0; k < FOLDS; k++)
            for (int right = 0; right < 2; right++)
                if (weight[k][right] > 0) {
                    f.row[f.n] = (struct scored){.confidence = sum / (double)(end - begin),
                                                 .weight = weight[k][right],
                                                 .correct = right};
                    f.fold[f.n++] = (uint8_t)k;
                }
    }
    mem_free(sorted);
    return f;
}

static void folded_release(struct folded *f)
{
    mem_free(f->row);
    mem_free(f->fold);
}

/* The labels of each fold corrected by the map of the others. */
static void cross_fit(enum calibration_fit method, const struct scored *s, size_t n,
                      const uint8_t *fold, const struct folded *f, struct scored *out)
{
    struct scored *rest = mem_alloc(f->n * sizeof *rest);
    for (int k = 0; k < FOLDS; k++) {
        struct calibration_map map;
        struct arena arena;
        size_t kept = 0;
        for (size_t i = 0; i < f->n; i++)
            if (f->fold[i] != k)
                rest[kept++] = f->row[i];
        arena_init(&arena);
        calibration_fit(method, rest, kept, &arena, &map);
        for (size_t i = 0; i < n; i++)
            if (fold[i] == k) {
                out[i] = s[i];
                out[i].confidence = fmin(fmax(calibration_map_at(&map, s[i].confidence), 0), 1);
            }
        arena_release(&arena);
    }
    mem_free(rest);
}

/* --- what it mends */

struct mended {
    struct calibration c;
    double value[MEASURE_COUNT];
    struct interval range[MEASURE_COUNT];
};

static void measure(const struct scored *s, size_t n, const struct recalibrate_options *o,
                    struct mended *out)
{
    calibration_compute(s, n, o->bins ? o->bins : SIZE_BINS, false, &out->c);
    calibration_measures(s, n, &out->c, o->level, out->value, out->range);
}

static void put_mended(const struct mended *m, size_t n, double level, struct result *out)
{
    static const struct {
        enum calibration_measure k;
        const char *name;
    } shown[] = {
        {MEASURE_ECE,   "ece_recalibrated"  },
        {MEASURE_BRIER, "brier_recalibrated"},
        {MEASURE_AUROC, "auroc_recalibrated"}
    };
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        metrics_add(&out->metrics, shown[i].name, m->value[shown[i].k], m->range[shown[i].k].low,
                    m->range[shown[i].k].high, level, n, "1");
    struct curve *curve =
        result_add_curve(out, "calibration_recalibrated", "confidence", "accuracy");
    for (size_t i = 0; i < m->c.bins; i++) {
        const struct calibration_bin *b = &m->c.bin[i];
        if (b->n == 0)
            continue;
        struct interval ci = interval_clopper_pearson(b->correct, b->n, level);
        vec_push(&curve->points,
                 ((struct point){b->confidence, b->accuracy, ci.low, ci.high,
                                 result_text(out, "n=%llu", (unsigned long long)b->n)}));
    }
}

/* --- the map that is kept */

static int ascending(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

/* The knots of the kept map: those of the isotonic one, else evenly spaced ones and such as are
 * evenly spaced on the logit scale, with `threshold` among them. */
static size_t knots_of(const struct calibration_map *m, double threshold, double **raw)
{
    size_t n = 0;
    if (m->n) {
        *raw = mem_alloc(m->n * sizeof **raw);
        memcpy(*raw, m->raw, m->n * sizeof **raw);
        return m->n;
    }
    double *x = mem_alloc((KNOTS_EVEN + KNOTS_LOGIT + 3) * sizeof *x);
    for (int i = 0; i <= KNOTS_EVEN; i++)
        x[n++] = (double)i / KNOTS_EVEN;
    for (int i = 0; i <= KNOTS_LOGIT; i++)
        x[n++] = 1 / (1 + exp(-14 + 28.0 * i / KNOTS_LOGIT));
    if (!isnan(threshold))
        x[n++] = threshold;
    qsort(x, n, sizeof *x, ascending);
    size_t kept = 1;
    for (size_t i = 1; i < n; i++)
        if (x[i] > x[kept - 1])
            x[kept++] = x[i];
    *raw = x;
    return kept;
}

static void put_csv(const struct calibration_map *kept, struct buf *out)
{
    buf_puts(out, "confidence,calibrated\n");
    for (size_t i = 0; i < kept->n; i++) {
        units_put_exact(out, kept->raw[i]);
        buf_putc(out, ',');
        units_put_exact(out, kept->corrected[i]);
        buf_putc(out, '\n');
    }
}

/* Where the kept map puts the answer's threshold, if it parts the same labels there. */
static void put_threshold(const struct calibration_map *kept, const struct scored *s, size_t n,
                          struct result *out)
{
    double t = out->answer.threshold, below = -1, under = -INFINITY;
    if (isnan(t) || !out->answer.sentence)
        return;
    double at = calibration_map_at(kept, t);
    for (size_t i = 0; i < n; i++)
        if (s[i].confidence < t)
            below = fmax(below, s[i].confidence);
    if (below >= 0)
        under = calibration_map_at(kept, below);
    if (under >= at) {
        result_warn(out,
                    "the map makes confidences about the threshold equal (%.6g and %.6g both "
                    "become %.6g), so that a gate behind it cannot part them there; platt, beta "
                    "or temperature keep them apart",
                    below, t, at);
        return;
    }
    struct buf text;
    buf_init(&text);
    units_put_exact(&text, units_shortest_above(under, at));
    metrics_add_exact(&out->metrics, "threshold_recalibrated", at, "1");
    out->answer.sentence =
        result_text(out, "%s  On recalibrated confidences the same threshold is %s.",
                    out->answer.sentence, buf_text(&text));
    buf_release(&text);
}

static void keep_map(enum calibration_fit method, const struct folded *f, const struct scored *s,
                     size_t n, struct result *out, struct buf *csv)
{
    struct calibration_map map, kept = {0};
    struct arena arena;
    double *raw;
    arena_init(&arena);
    calibration_fit(method, f->row, f->n, &arena, &map);
    if (calibration_map_is_level(&map))
        result_warn(out, "the best rising map is level: higher confidences are not right more "
                         "often, and behind this map no gate parts anything");
    kept.n = knots_of(&map, out->answer.threshold, &raw);
    double *corrected = mem_alloc(kept.n * sizeof *corrected);
    for (size_t i = 0; i < kept.n; i++)
        corrected[i] = fmin(fmax(calibration_map_at(&map, raw[i]), i ? corrected[i - 1] : 0), 1);
    kept.raw = raw;
    kept.corrected = corrected;
    if (!calibration_map_is_level(&map))
        put_threshold(&kept, s, n, out);
    if (csv)
        put_csv(&kept, csv);
    mem_free(corrected);
    mem_free(raw);
    arena_release(&arena);
}

int size_recalibrate(const struct scored *s, size_t n, const struct recalibrate_options *options,
                     struct result *out, struct buf *csv, struct error *err)
{
    int method = options->method;
    size_t right = 0;
    for (size_t i = 0; i < n; i++)
        right += s[i].correct;
    if (n < 2 * FOLDS || right == 0 || right == n)
        return error_set(err, ERR_INPUT,
                         "--recalibrate: %zu labels, %zu of them right: a map is fitted to %d "
                         "labels or more, of both kinds",
                         n, right, 2 * FOLDS);
    uint8_t *fold = mem_alloc(n);
    struct scored *corrected = mem_alloc(n * sizeof *corrected);
    struct mended *mended = mem_zero(RECALIBRATE_METHODS, sizeof *mended);
    int best = -1;
    for (size_t i = 0; i < n; i++)
        fold[i] = fold_of(options->seed, i);
    struct folded f = folded_new(s, n, fold);
    for (int m = 0; m < RECALIBRATE_METHODS; m++) {
        if (method != RECALIBRATE_BEST && m != method)
            continue;
        cross_fit((enum calibration_fit)m, s, n, fold, &f, corrected);
        measure(corrected, n, options, &mended[m]);
        if (best < 0 || mended[m].value[MEASURE_BRIER] < mended[best].value[MEASURE_BRIER])
            best = m;
    }
    put_mended(&mended[best], n, options->level, out);
    keep_map((enum calibration_fit)best, &f, s, n, out, csv);
    result_assume(out,
                  "recalibrated by %s%s; what it mends is measured on labels that its maps were "
                  "not fitted to (%d folds)",
                  recalibrate_words[best],
                  method == RECALIBRATE_BEST ? ", which has the least Brier score of the four" : "",
                  FOLDS);
    folded_release(&f);
    mem_free(mended);
    mem_free(corrected);
    mem_free(fold);
    return 0;
}
