/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intervals of the calibration and ranking measures, in one pass over the tie groups.
 *
 * Each measure is a function of the distribution of (confidence, truth); to the first order it
 * moves by the mean of its influence function over the labels (Hampel 1974; van der Vaart 1998, ch.
 * 20), whose variance gives the standard error.  For AUROC that is DeLong, DeLong and
 * Clarke-Pearson 1988, taken on the logit scale.  Measures that are sums of absolute or squared
 * gaps are pushed up by noise: their lower ends go down by the most that this can be, so that well
 * calibrated labels keep 0 inside (the bias of Broecker 2012, Climate Dynamics 39).  Where all
 * labels are right, or all wrong, or the ranking is perfect, influence is 0 and the ends are those
 * of a binomial. */
#include "math/calibration.h"

#include "base/buf.h"
#include "math/interval.h"
#include "math/risk.h"

#include <math.h>

struct tie_group {
    double confidence, size, wrong, before, wrong_before; /* before: more confident ones */
    size_t bin;
};

struct sums {
    const struct calibration *c;
    const struct tie_group *group;
    size_t n_groups;
    double n, z; /* z: of the two-sided level, Student's */
    double level;
};

static struct interval around(const struct sums *s, double value, double variance, double low,
                              double high)
{
    double half = s->z * sqrt(variance / s->n);
    return (struct interval){fmax(low, value - half), fmin(high, value + half)};
}

static struct tie_group *groups_of(const struct risk_point *point, size_t n_points, size_t bins)
{
    struct tie_group *group = mem_alloc(n_points * sizeof *group);
    for (size_t i = 0; i < n_points; i++) {
        double m = i ? (double)point[i - 1].m : 0, k = i ? (double)point[i - 1].k : 0;
        group[i] = (struct tie_group){.confidence = point[i].threshold,
                                      .size = (double)point[i].m - m,
                                      .wrong = (double)point[i].k - k,
                                      .before = m,
                                      .wrong_before = k,
                                      .bin = calibration_bin_of(point[i].threshold, bins)};
    }
    return group;
}

/* --- sums over bins */

struct bin_noise {
    double share, gap, error; /* of the mean gap between truth and confidence, and its error */
};

static void noise_of_bins(const struct sums *s, struct bin_noise *out)
{
    double square[CALIBRATION_BINS_MAX] = {0};
    for (size_t i = 0; i < s->n_groups; i++) {
        const struct tie_group *g = &s->group[i];
        double p = g->confidence;
        square[g->bin] += (g->size - g->wrong) * (1 - p) * (1 - p) + g->wrong * p * p;
    }
    for (size_t b = 0; b < s->c->bins; b++) {
        const struct calibration_bin *bin = &s->c->bin[b];
        double size = (double)bin->n;
        if (bin->n == 0) {
            out[b] = (struct bin_noise){0};
            continue;
        }
        double gap = bin->accuracy - bin->confidence;
        /* one label has no spread of its own: it is given that of a fair coin */
        double variance =
            bin->n > 1 ? fmax(square[b] / size - gap * gap, 0) * size / (size - 1) : 0.25;
        /* nor have few labels that are all right or all wrong: half a label of the other kind
           (Agresti and Coull 1998) */
        variance = fmax(variance, (size + 0.5) * 0.5 / (size + 1) / (size + 1));
        out[b] = (struct bin_noise){size / s->n, gap, sqrt(variance / size)};
    }
}

/* Mean and variance of |N(mu, sd)| (Leone, Nelson and Nottingham 1961). */
struct folded {
    double mean, variance;
};

static struct folded fold(double mu, double sd)
{
    if (sd <= 0)
        return (struct folded){mu, 0};
    double t = mu / sd;
    double mean = sd * sqrt(2 / M_PI) * exp(-t * t / 2) + mu * erf(t / M_SQRT2);
    return (struct folded){mean, mu * mu + sd * sd - mean * mean};
}

/* The bias of a bin is largest where its true gap is 0, so that two errors less than the gap seen
 * are taken for the truth. */
static struct interval of_ece(const struct sums *s, const struct bin_noise *bin)
{
    double up = 0, down = 0, bias = 0;
    for (size_t b = 0; b < s->c->bins; b++) {
        double sd = bin[b].share * bin[b].error, seen = bin[b].share * fabs(bin[b].gap);
        double least = fmax(seen - 2 * sd, 0);
        struct folded f = fold(least, sd);
        bias += f.mean - least;
        down += f.variance;
        up += fold(seen, sd).variance;
    }
    return (struct interval){fmax(0, s->c->ece - bias - s->z * sqrt(down)),
                             fmin(1, s->c->ece + s->z * sqrt(up))};
}

/* Reliability: sum of share * gap^2.  Its influence is 2 gap d - gap^2 in the label's bin, d being
 * truth less confidence; resolution = reliability + uncertainty - Brier has the sum of theirs. */
static void of_brier_parts(const struct sums *s, const struct bin_noise *bin,
                           struct interval out[MEASURE_COUNT])
{
    const struct calibration *c = s->c;
    double reliability = 0, resolution = 0, noise = 0, bias = 0, p = c->accuracy;
    for (size_t i = 0; i < s->n_groups; i++) {
        const struct tie_group *g = &s->group[i];
        double gap = bin[g->bin].gap;
        for (int right = 0; right < 2; right++) {
            double d = right - g->confidence, count = right ? g->size - g->wrong : g->wrong;
            double a = 2 * gap * d - gap * gap - c->brier_reliability;
            double b = a + (1 - 2 * p) * (right - p) - (d * d - c->brier);
            reliability += count * a * a;
            resolution += count * b * b;
        }
    }
    for (size_t b = 0; b < c->bins; b++) {
        double square = bin[b].error * bin[b].error;
        bias += bin[b].share * square;
        noise += 2 * bin[b].share * bin[b].share * square * square;
    }
    double half = s->z * sqrt(reliability / s->n / s->n + noise);
    out[MEASURE_BRIER_RELIABILITY] = (struct interval){fmax(0, c->brier_reliability - bias - half),
                                                       fmin(1, c->brier_reliability + half)};
    half = s->z * sqrt(resolution / s->n / s->n + noise);
    out[MEASURE_BRIER_RESOLUTION] = (struct interval){fmax(0, c->brier_resolution - bias - half),
                                                      fmin(0.25, c->brier_resolution + half)};
    struct interval share = interval_wilson(c->n_correct, c->n, s->level);
    double low = share.low * (1 - share.low), high = share.high * (1 - share.high);
    out[MEASURE_BRIER_UNCERTAINTY] = (struct interval){
        fmin(low, high), share.low <= 0.5 && share.high >= 0.5 ? 0.25 : fmax(low, high)};
}

/* --- means */

static void of_means(const struct sums *s, struct interval out[MEASURE_COUNT])
{
    double brier = 0, loss = 0;
    for (size_t i = 0; i < s->n_groups; i++) {
        const struct tie_group *g = &s->group[i];
        double p = g->confidence, right = g->size - g->wrong;
        double if_right = (1 - p) * (1 - p) - s->c->brier, if_wrong = p * p - s->c->brier;
        brier += right * if_right * if_right + g->wrong * if_wrong * if_wrong;
        if_right = right > 0 ? -log(p) - s->c->log_loss : 0;
        if_wrong = g->wrong > 0 ? -log1p(-p) - s->c->log_loss : 0;
        loss += right * if_right * if_right + g->wrong * if_wrong * if_wrong;
    }
    out[MEASURE_BRIER] = around(s, s->c->brier, brier / (s->n - 1), 0, 1);
    out[MEASURE_LOG_LOSS] = around(s, s->c->log_loss, loss / (s->n - 1), 0, INFINITY);
}

/* --- ranking */

static struct interval of_auroc(const struct sums *s)
{
    double right = (double)s->c->n_correct, wrong = s->n - right, area = s->c->auroc;
    double below = wrong, of_right = 0, of_wrong = 0;
    if (!(right > 0 && wrong > 0))
        return (struct interval){NAN, NAN};
    for (size_t i = 0; i < s->n_groups; i++) {
        const struct tie_group *g = &s->group[i];
        double right_here = g->size - g->wrong, right_before = g->before - g->wrong_before;
        below -= g->wrong;
        double v = (below + g->wrong / 2) / wrong - area;
        double w = (right_before + right_here / 2) / right - area;
        of_right += right_here * v * v;
        of_wrong += g->wrong * w * w;
    }
    double few = fmin(right, wrong);
    double variance = of_right / right / fmax(right - 1, 1) + of_wrong / wrong / fmax(wrong - 1, 1);
    /* as if the class with fewer labels had been ranked right, or wrong, each time */
    double edge = pow((1 - s->level) / 2, 1 / few);
    if (area >= 1 || area <= 0 || !(variance > 0))
        return area >= 1   ? (struct interval){edge, 1}
               : area <= 0 ? (struct interval){0, 1 - edge}
                           : (struct interval){fmin(area, 1 - edge), fmax(area, edge)};
    double logit = log(area / (1 - area)), half = s->z * sqrt(variance) / (area * (1 - area));
    return (struct interval){1 / (1 + exp(half - logit)), 1 / (1 + exp(-half - logit))};
}

/* AURC = mean over the labels j of R_j, the error rate of those ranked up to j.  A label i adds
 * R_i, and moves each R_j ranked at or after it by (wrong_i - R_j) / j.  Inside a tie all orders
 * are as likely. */
static double aurc_variance(const struct sums *s)
{
    double ones = 0, rates = 0, sum = 0; /* over labels ranked after the group: 1 / j, R_j / j */
    for (size_t i = s->n_groups; i-- > 0;) {
        const struct tie_group *g = &s->group[i];
        double rate = g->wrong / g->size, mean = 0, ones_here = 0, rates_here = 0, own_ones = 0,
               own_rates = 0;
        for (double j = 1; j <= g->size; j++) {
            double above = g->before + j, r = (g->wrong_before + rate * j) / above;
            mean += r / g->size;
            ones_here += 1 / above;
            rates_here += r / above;
            own_ones += j / g->size / above;
            own_rates += j / g->size * r / above;
        }
        double right = mean - s->c->aurc - rates - own_rates, wrong = right + ones + own_ones;
        sum += (g->size - g->wrong) * right * right + g->wrong * wrong * wrong;
        ones += ones_here;
        rates += rates_here;
    }
    return sum / (s->n - 1);
}

/* AUGRC = P(wrong_i and c_i >= c_j): a U-statistic (Hoeffding 1948), ties counting one half. */
static double augrc_variance(const struct sums *s)
{
    double sum = 0;
    for (size_t i = 0; i < s->n_groups; i++) {
        const struct tie_group *g = &s->group[i];
        double at_most = (s->n - g->before - g->size / 2) / s->n;
        double right = (g->wrong_before + g->wrong / 2) / s->n - 2 * s->c->augrc;
        double wrong = right + at_most;
        sum += (g->size - g->wrong) * right * right + g->wrong * wrong * wrong;
    }
    return sum / (s->n - 1);
}

/* Areas of risk are small and skewed: on the scales of logarithms and of square roots. */
static struct interval on_log_scale(const struct sums *s, double value, double variance,
                                    double high)
{
    double half = value > 0 ? s->z * sqrt(variance / s->n) / value : 0;
    return (struct interval){value * exp(-half), fmin(high, value * exp(half))};
}

static struct interval on_root_scale(const struct sums *s, double value, double variance,
                                     double high)
{
    double root = sqrt(value), half = value > 0 ? s->z * sqrt(variance / s->n) / (2 * root) : 0;
    double low = fmax(root - half, 0);
    return (struct interval){low * low, fmin(high, (root + half) * (root + half))};
}

static void of_risk_areas(const struct sums *s, struct interval out[MEASURE_COUNT])
{
    uint64_t wrong = s->c->n - s->c->n_correct;
    out[MEASURE_AURC] = on_log_scale(s, s->c->aurc, aurc_variance(s), 1);
    out[MEASURE_AUGRC] = on_root_scale(s, s->c->augrc, augrc_variance(s), 0.5);
    if (wrong > 0 && s->c->n_correct > 0)
        return;
    /* a share u of the other kind, all ranked first, moves AURC by u (1 - ln u) and AUGRC by u */
    double u = interval_upper(0, s->c->n, (1 - s->level) / 2), most = u * (1 - log(u));
    if (wrong == 0) {
        out[MEASURE_AURC] = (struct interval){0, fmin(1, most)};
        out[MEASURE_AUGRC] = (struct interval){0, fmin(0.5, u)};
    } else {
        out[MEASURE_AURC] = (struct interval){fmax(0, 1 - most), 1};
        out[MEASURE_AUGRC] = (struct interval){fmax(0, s->c->augrc - u), 0.5};
    }
}

void calibration_measures(const struct scored *rows, size_t n, const struct calibration *c,
                          double level, double value[MEASURE_COUNT],
                          struct interval out[MEASURE_COUNT])
{
    struct bin_noise bin[CALIBRATION_BINS_MAX];
    struct risk_point *point;
    size_t n_points;
    const double values[MEASURE_COUNT] = {
        [MEASURE_ECE] = c->ece,
        [MEASURE_BRIER] = c->brier,
        [MEASURE_BRIER_RELIABILITY] = c->brier_reliability,
        [MEASURE_BRIER_RESOLUTION] = c->brier_resolution,
        [MEASURE_BRIER_UNCERTAINTY] = c->brier_uncertainty,
        [MEASURE_LOG_LOSS] = c->log_loss,
        [MEASURE_AUROC] = c->auroc,
        [MEASURE_AURC] = c->aurc,
        [MEASURE_AUGRC] = c->augrc,
    };
    for (int k = 0; k < MEASURE_COUNT; k++)
        value[k] = values[k];
    if (n < 2) {
        for (int k = 0; k < MEASURE_COUNT; k++)
            out[k] = (struct interval){0, k == MEASURE_LOG_LOSS ? INFINITY : 1};
        return;
    }
    risk_frontier(rows, n, &point, &n_points);
    struct tie_group *group = groups_of(point, n_points, c->bins);
    mem_free(point);
    const struct sums s = {.c = c,
                           .group = group,
                           .n_groups = n_points,
                           .n = (double)n,
                           .z = student_quantile(0.5 + level / 2, (double)(n - 1)),
                           .level = level};
    noise_of_bins(&s, bin);
    out[MEASURE_ECE] = of_ece(&s, bin);
    of_brier_parts(&s, bin, out);
    of_means(&s, out);
    out[MEASURE_AUROC] = of_auroc(&s);
    of_risk_areas(&s, out);
    mem_free(group);
}

const char *calibration_measure_name(enum calibration_measure k)
{
    static const char *const names[MEASURE_COUNT] = {
        [MEASURE_ECE] = "ece",
        [MEASURE_BRIER] = "brier",
        [MEASURE_BRIER_RELIABILITY] = "brier_reliability",
        [MEASURE_BRIER_RESOLUTION] = "brier_resolution",
        [MEASURE_BRIER_UNCERTAINTY] = "brier_uncertainty",
        [MEASURE_LOG_LOSS] = "log_loss",
        [MEASURE_AUROC] = "auroc",
        [MEASURE_AURC] = "aurc",
        [MEASURE_AUGRC] = "augrc",
    };
    return names[k];
}
