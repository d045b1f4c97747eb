/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calibration and ranking from tie groups.
 *
 * The rows are sorted once into groups of equal confidence (risk_frontier); all measures are sums
 * over groups, so that the order of the rows cannot matter.  Inside a tie the i most confident
 * rows hold the expected number of errors under a random order.
 * Sources: ECE and MCE: Guo et al. 2017, arXiv 1706.04599; Brier's parts: Murphy 1973 with the
 * resolution of Stephenson, Coelho and Jolliffe 2008, which counts what varies inside a bin and
 * makes Brier = reliability - resolution + uncertainty exact; AUROC: Mann and Whitney 1947; AURC
 * and E-AURC: Geifman, Uziel and El-Yaniv 2019, arXiv 1805.08206; AUGRC: Traub et al. 2024,
 * arXiv 2407.01032. */
#include "math/calibration.h"

#include "base/units.h"
#include "math/interval.h"
#include "math/risk.h"
#include <math.h>
#include <stdlib.h>

const char *const label_source_words[LABEL_SOURCES] = {"all", "reviewed", "audit"};

bool confidence_parse(const char *text, double *out, bool *rounded)
{
    struct error why = {0};
    double c;
    *rounded = false;
    if (units_number(text, &c, &why))
        return units_probability(text, out, NULL, NULL, &why) == 0;
    if (!(c >= -CONFIDENCE_SLACK && c <= 1 + CONFIDENCE_SLACK))
        return false;
    *out = fmin(fmax(c, 0), 1);
    *rounded = *out != c;
    return true;
}

struct tie {
    double confidence;
    uint64_t size, errors, size_before, errors_before; /* before: more confident ones */
};

static struct tie tie_at(const struct risk_point *point, size_t i)
{
    uint64_t m = i ? point[i - 1].m : 0, k = i ? point[i - 1].k : 0;
    return (struct tie){point[i].threshold, point[i].m - m, point[i].k - k, m, k};
}

static size_t bin_of(double confidence, size_t bins, bool right_closed)
{
    double width = (double)bins;
    double scaled = confidence * width;
    size_t i = scaled > 0 ? (size_t)scaled : 0;
    if (i >= bins)
        i = bins - 1;
    /* the edge i / bins is what people write, and the product may miss it by a rounding */
    if (right_closed) {
        while (i > 0 && confidence <= (double)i / width)
            i--;
        while (i + 1 < bins && confidence > (double)(i + 1) / width)
            i++;
    } else {
        while (i > 0 && confidence < (double)i / width)
            i--;
        while (i + 1 < bins && confidence >= (double)(i + 1) / width)
            i++;
    }
    return i;
}

static void fill_bins(const struct risk_point *point, size_t n_points, bool right_closed,
                      struct calibration *c)
{
    for (size_t i = 0; i < c->bins; i++)
        c->bin[i] = (struct calibration_bin){.low = (double)i / (double)c->bins,
                                             .high = (double)(i + 1) / (double)c->bins};
    for (size_t i = 0; i < n_points; i++) {
        struct tie t = tie_at(point, i);
        struct calibration_bin *b = &c->bin[bin_of(t.confidence, c->bins, right_closed)];
        b->n += t.size;
        b->correct += t.size - t.errors;
        b->confidence += t.confidence * (double)t.size;
    }
    c->ece = c->mce = c->brier_reliability = 0;
    for (size_t i = 0; i < c->bins; i++) {
        struct calibration_bin *b = &c->bin[i];
        struct interval ci = interval_clopper_pearson(b->correct, b->n, 0.95);
        b->accuracy_low = ci.low;
        b->accuracy_high = ci.high;
        b->confidence = b->n ? b->confidence / (double)b->n : NAN;
        b->accuracy = b->n ? (double)b->correct / (double)b->n : NAN;
        if (b->n == 0)
            continue;
        double share = (double)b->n / (double)c->n, gap = fabs(b->accuracy - b->confidence);
        c->ece += share * gap;
        c->mce = fmax(c->mce, gap);
        c->brier_reliability += share * gap * gap;
    }
}

/* Bin j holds the ranks floor(j n / bins) to floor((j + 1) n / bins); a tie that reaches over an
 * edge is shared out in proportion. */
static double equal_mass_ece(const struct risk_point *point, size_t n_points, uint64_t n,
                             size_t bins)
{
    double ece = 0, gap = 0;
    uint64_t done = 0;
    size_t bin = 0;
    for (size_t i = n_points; i-- > 0;) {
        struct tie t = tie_at(point, i);
        double accuracy = 1 - (double)t.errors / (double)t.size;
        for (uint64_t left = t.size; left > 0;) {
            uint64_t edge = (uint64_t)((__uint128_t)n * (bin + 1) / bins);
            uint64_t take = edge - done < left ? edge - done : left;
            gap += (double)take * (accuracy - t.confidence);
            done += take;
            left -= take;
            if (done == edge) {
                ece += fabs(gap) / (double)n;
                gap = 0;
                bin++;
            }
        }
    }
    return ece;
}

static void fill_scores(const struct risk_point *point, size_t n_points, struct calibration *c)
{
    double n = (double)c->n, confidence = 0, brier = 0, loss = 0;
    for (size_t i = 0; i < n_points; i++) {
        struct tie t = tie_at(point, i);
        double p = t.confidence, wrong = (double)t.errors, right = (double)(t.size - t.errors);
        confidence += p * (double)t.size;
        brier += right * (1 - p) * (1 - p) + wrong * p * p;
        loss -= (right > 0 ? right * log(p) : 0) + (wrong > 0 ? wrong * log1p(-p) : 0);
    }
    c->mean_confidence = confidence / n;
    c->brier = brier / n;
    c->log_loss = loss / n;
    c->brier_uncertainty = c->accuracy * (1 - c->accuracy);
    c->brier_resolution = c->brier_reliability + c->brier_uncertainty - c->brier;
}

static void fill_ranking(const struct risk_point *point, size_t n_points, struct calibration *c)
{
    double n = (double)c->n, right_all = (double)c->n_correct, wrong_all = n - right_all;
    double pairs = 0, aurc = 0, least = 0, most = 0, augrc = 0, optimal = 0;
    for (size_t i = 0; i < n_points; i++) {
        struct tie t = tie_at(point, i);
        double size = (double)t.size, wrong = (double)t.errors, rate = wrong / size;
        double before = (double)t.size_before, wrong_before = (double)t.errors_before;
        pairs += wrong * (before - wrong_before + (size - wrong) / 2);
        for (uint64_t j = 1; j <= t.size; j++) {
            double above = before + (double)j, right = size - wrong;
            aurc += (wrong_before + rate * (double)j) / above;
            least += (wrong_before + fmax(0, (double)j - right)) / above;
            most += (wrong_before + fmin(wrong, (double)j)) / above;
        }
        augrc += size * wrong_before + rate * size * (size + 1) / 2;
    }
    for (uint64_t i = c->n_correct + 1; i <= c->n; i++)
        optimal += (double)(i - c->n_correct) / (double)i;
    c->auroc = right_all > 0 && wrong_all > 0 ? pairs / right_all / wrong_all : NAN;
    c->aurc = aurc / n;
    c->aurc_least = least / n;
    c->aurc_most = most / n;
    c->aurc_optimal = optimal / n;
    c->eaurc = c->aurc - c->aurc_optimal;
    c->augrc = augrc / n / n;
}

void calibration_compute(const struct scored *s, size_t n, size_t bins, bool right_closed,
                         struct calibration *out)
{
    if (n == 0 || bins == 0 || bins > CALIBRATION_BINS_MAX)
        BUG("calibration of %zu rows in %zu bins", n, bins);
    struct risk_point *point;
    size_t n_points;
    risk_frontier(s, n, &point, &n_points);
    *out = (struct calibration){.n = n, .bins = bins};
    out->n_correct = n - point[n_points - 1].k;
    out->accuracy = (double)out->n_correct / (double)n;
    fill_bins(point, n_points, right_closed, out);
    fill_scores(point, n_points, out);
    fill_ranking(point, n_points, out);
    out->ece_mass = equal_mass_ece(point, n_points, n, bins);
    mem_free(point);
}

/* ---- resamples --------------------------------------------------------------------------- */

struct ranked {
    double confidence;
    uint32_t row;
};

static int by_confidence(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    return x->confidence > y->confidence ? -1 : x->confidence < y->confidence;
}

void calibration_sample_init(struct calibration_sample *c, const struct scored *s, size_t n,
                             size_t bins)
{
    if (n == 0 || bins == 0 || bins > CALIBRATION_BINS_MAX)
        BUG("resamples of %zu rows in %zu bins", n, bins);
    struct ranked *order = mem_alloc(n * sizeof *order);
    *c = (struct calibration_sample){
        .n = n,
        .bins = bins,
        .bin = mem_alloc(n * sizeof *c->bin),
        .confidence = mem_alloc(n * sizeof *c->confidence),
        .correct = mem_alloc(n * sizeof *c->correct),
        .place = mem_alloc(n * sizeof *c->place),
        .count = mem_zero(n, sizeof *c->count),
    };
    for (size_t i = 0; i < n; i++)
        order[i] = (struct ranked){s[i].confidence, (uint32_t)i};
    qsort(order, n, sizeof *order, by_confidence);
    for (size_t k = 0; k < n; k++) {
        c->confidence[k] = order[k].confidence;
        c->correct[k] = s[order[k].row].correct;
        c->bin[k] = (uint8_t)bin_of(order[k].confidence, bins, false);
        c->place[order[k].row] = (uint32_t)k;
    }
    mem_free(order);
}

void calibration_sample_release(struct calibration_sample *c)
{
    mem_free(c->confidence);
    mem_free(c->correct);
    mem_free(c->place);
    mem_free(c->count);
    mem_free(c->bin);
}

/* Sums over ties, from the most confident one down. */
struct sums {
    double before, wrong_before; /* rows gone by */
    double brier, pairs, aurc, augrc;
    double size[CALIBRATION_BINS_MAX], right[CALIBRATION_BINS_MAX], mean[CALIBRATION_BINS_MAX];
};

static void add_tie(struct sums *s, double p, size_t bin, double size, double wrong)
{
    double rate = wrong / size, right = size - wrong;
    s->size[bin] += size;
    s->right[bin] += right;
    s->mean[bin] += p * size;
    s->brier += right * (1 - p) * (1 - p) + wrong * p * p;
    s->pairs += wrong * (s->before - s->wrong_before + right / 2);
    for (double j = 1; j <= size; j++)
        s->aurc += (s->wrong_before + rate * j) / (s->before + j);
    s->augrc += size * s->wrong_before + rate * size * (size + 1) / 2;
    s->before += size;
    s->wrong_before += wrong;
}

void calibration_sample_measures(struct calibration_sample *c, double out[MEASURE_COUNT])
{
    struct sums s = {0};
    for (size_t i = 0; i < c->n;) {
        double p = c->confidence[i];
        uint64_t size = 0, wrong = 0;
        size_t bin = c->bin[i];
        for (; i < c->n && c->confidence[i] == p; i++) {
            size += c->count[i];
            wrong += c->correct[i] ? 0 : c->count[i];
            c->count[i] = 0;
        }
        if (size)
            add_tie(&s, p, bin, (double)size, (double)wrong);
    }
    if (s.before == 0)
        BUG("a resample without rows");
    double n = s.before, right = n - s.wrong_before;
    out[MEASURE_ECE] = 0;
    for (size_t b = 0; b < c->bins; b++)
        if (s.size[b] > 0)
            out[MEASURE_ECE] +=
                s.size[b] / n * fabs(s.right[b] / s.size[b] - s.mean[b] / s.size[b]);
    out[MEASURE_BRIER] = s.brier / n;
    out[MEASURE_AUROC] = right > 0 && s.wrong_before > 0 ? s.pairs / right / s.wrong_before : NAN;
    out[MEASURE_AURC] = s.aurc / n;
    out[MEASURE_AUGRC] = s.augrc / n / n;
}
