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
    double n = (double)c->n, brier = 0, loss = 0;
    for (size_t i = 0; i < n_points; i++) {
        struct tie t = tie_at(point, i);
        double p = t.confidence, wrong = (double)t.errors, right = (double)(t.size - t.errors);
        brier += right * (1 - p) * (1 - p) + wrong * p * p;
        loss -= (right > 0 ? right * log(p) : 0) + (wrong > 0 ? wrong * log1p(-p) : 0);
    }
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

size_t calibration_bin_of(double confidence, size_t bins)
{
    return bin_of(confidence, bins, false);
}
