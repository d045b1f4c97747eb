/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which audit would tell?
 *
 * The labels needed are those of a threshold fixed beforehand (math/power).  For as many labels,
 * the width of the estimate under three designs: uniform; strata of equal numbers by confidence,
 * with Neyman's allocation (1934), proportional to the standard deviation in a stratum; and half
 * uniform, half near the threshold (the scenario's near_threshold), for who wants to move it.  The
 * chance that an item is wrong is guessed as 1 - its confidence: a bad guess costs width, never
 * validity, because the probabilities are logged. */
#include "decide/audit.h"

#include "base/units.h"
#include "decide/plan.h"
#include "math/interval.h"
#include "math/power.h"
#include "math/risk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STRATA = 5, DAYS = 30 };
static const double LEAST_PART = 0.2; /* of the mean probability: bounds the weights */
static const double LEAST_WRONG = 0.002;

struct proposal {
    const struct audit_sample *s;
    const struct audit_options *o;
    struct result *out;
    double target, d, threshold;
    double shipped_per_day, share; /* NaN: not known */
    uint64_t labels;
    double *shipped; /* [n] ascending; owned */
    size_t n;
};

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double guess(double confidence)
{
    return fmax(1 - confidence, LEAST_WRONG);
}

struct stratum {
    size_t from, to; /* of the shipped, ascending */
    double wrong;    /* the mean guess */
    double part;     /* of all labels */
};

/* Strata of as many items each, ties together; their parts of the labels by Neyman. */
static size_t make_strata(const struct proposal *p, struct stratum out[STRATA])
{
    size_t n = 0, from = 0;
    double sum = 0;
    for (size_t h = 1; h <= STRATA && from < p->n; h++) {
        size_t to = h * p->n / STRATA;
        while (to > 0 && to < p->n && p->shipped[to] == p->shipped[to - 1])
            to++;
        if (to <= from)
            continue;
        struct stratum s = {.from = from, .to = to};
        for (size_t i = from; i < to; i++)
            s.wrong += guess(p->shipped[i]) / (double)(to - from);
        s.part = (double)(to - from) * sqrt(s.wrong * (1 - s.wrong));
        sum += s.part;
        out[n++] = s;
        from = to;
    }
    double again = 0;
    for (size_t h = 0; h < n; h++) {
        double share = (double)(out[h].to - out[h].from) / (double)p->n;
        out[h].part = fmax(out[h].part / sum, LEAST_PART * share);
        again += out[h].part;
    }
    for (size_t h = 0; h < n; h++)
        out[h].part /= again;
    return n;
}

enum design { UNIFORM, STRATIFIED, NEAR, DESIGNS };

/* Probability that item i is drawn, as a multiple of the mean. */
static double drawn(const struct proposal *p, enum design design, const struct stratum *strata,
                    size_t n_strata, size_t i)
{
    if (design == UNIFORM)
        return 1;
    if (design == NEAR) /* at a share so small that no probability is cut at 1 */
        return 0.5 +
               0.5 * audit_probability(AUDIT_NEAR_THRESHOLD, 1e-3, p->shipped[i], p->threshold) /
                   1e-3;
    for (size_t h = 0; h < n_strata; h++)
        if (i < strata[h].to)
            return strata[h].part * (double)p->n / (double)(strata[h].to - strata[h].from);
    return 1;
}

/* Half-width of the estimate over the first `n` of the shipped (ascending), from labels drawn by
 * the design: the variance of the ratio of the weighted sums, with the strata's own means where
 * they are drawn by strata. */
static double half_width(const struct proposal *p, enum design design, const struct stratum *strata,
                         size_t n_strata, size_t n)
{
    double mean = 0, variance = 0, all = 0;
    for (size_t i = 0; i < p->n; i++)
        all += drawn(p, design, strata, n_strata, i);
    for (size_t i = 0; i < n; i++)
        mean += guess(p->shipped[i]) / (double)n;
    for (size_t i = 0, h = 0; i < n; i++) {
        while (design == STRATIFIED && i >= strata[h].to)
            h++;
        double centre = design == STRATIFIED ? strata[h].wrong : mean, q = guess(p->shipped[i]);
        double expected = (double)p->labels * drawn(p, design, strata, n_strata, i) / all;
        variance += (q - 2 * q * centre + centre * centre) / expected;
    }
    return normal_quantile(0.5 + (1 - p->d) / 2) * sqrt(variance) / (double)n;
}

/* How far above the estimate the certified bound will lie: Clopper and Pearson's for the expected
 * errors of a uniform audit, sqrt(2 ln(1 / d)) deviations for a bet (math/betting). */
static double bound_above(const struct proposal *p, enum design design, double half)
{
    double wrong = 0;
    if (design != UNIFORM)
        return half / normal_quantile(1 - p->d / 2) * sqrt(2 * log(1 / p->d));
    for (size_t i = 0; i < p->n; i++)
        wrong += guess(p->shipped[i]) / (double)p->n;
    uint64_t k = (uint64_t)llround(wrong * (double)p->labels);
    return interval_upper(k, p->labels, p->d) - (double)k / (double)p->labels;
}

static void put_cost(const struct proposal *p, struct row *row)
{
    if (!isnan(p->share))
        metrics_add_exact(&row->metrics, "audit_share", p->share, "1");
    if (!isnan(p->shipped_per_day)) {
        metrics_add_exact(&row->metrics, "audits_a_day", p->share * p->shipped_per_day, "1");
        metrics_add_exact(&row->metrics, "days",
                          ceil((double)p->labels / (p->share * p->shipped_per_day)), "1");
    }
    metrics_add_count(&row->metrics, "labels", p->labels);
}

static void put_designs(const struct proposal *p)
{
    static const char *const names[DESIGNS] = {"uniform", "stratified by confidence",
                                               "half near the threshold"};
    struct stratum strata[STRATA];
    size_t n_strata = make_strata(p, strata);
    for (int design = 0; design < DESIGNS; design++) {
        if (design != UNIFORM && n_strata < 2)
            continue;
        if (design == NEAR && isnan(p->threshold))
            continue;
        struct row *row = result_add_row(p->out, plan, names[design]);
        row->kind = "design";
        put_cost(p, row);
        if (p->n < 2 * STRATA)
            continue;
        double half = half_width(p, design, strata, n_strata, p->n);
        metrics_add_exact(&row->metrics, "half_width", half, "1");
        metrics_add_exact(&row->metrics, "bound_above", bound_above(p, design, half), "1");
        metrics_add_exact(&row->metrics, "half_width_near",
                          half_width(p, design, strata, n_strata, p->n / STRATA), "1");
    }
    for (size_t h = 0; h < n_strata && n_strata > 1; h++) {
        const struct stratum *s = &strata[h];
        double of_all = (double)(s->to - s->from) / (double)p->n;
        struct row *row = result_add_row(
            p->out, plan,
            result_text(p->out, "%.4g to %.4g", p->shipped[s->from], p->shipped[s->to - 1]));
        row->kind = "stratum";
        metrics_add_exact(&row->metrics, "share", of_all, "1");
        metrics_add_exact(&row->metrics, "assumed_error", s->wrong, "1");
        if (!isnan(p->share))
            metrics_add_exact(&row->metrics, "audit_share", fmin(1, p->share * s->part / of_all),
                              "1");
        if (!isnan(p->shipped_per_day))
            metrics_add_exact(&row->metrics, "audits_a_day",
                              fmin(of_all, p->share * s->part) * p->shipped_per_day, "1");
    }
}

static void put_answer(const struct proposal *p)
{
    struct buf b;
    buf_init(&b);
    buf_puts(&b, "These labels are of reviewed items alone: what ships unseen may err more or "
                 "less, and nothing here tells. Audit a random share of what ships: ");
    units_put_count(&b, p->labels);
    buf_printf(&b,
               " labels certify auto_error at most %.4g%% at the threshold in use, if it errs "
               "half as often",
               100 * p->target);
    if (!isnan(p->shipped_per_day)) {
        double a_day = p->share * p->shipped_per_day;
        buf_printf(&b, "; %.3g%% of %.4g shipped a day cost %.3g reviews a day and take %.0f days",
                   100 * p->share, p->shipped_per_day, a_day, ceil((double)p->labels / a_day));
    } else {
        buf_puts(&b, "; --traffic 200/d tells what that costs a day");
    }
    buf_putc(&b, '.');
    p->out->answer = (struct answer){.present = true,
                                     .threshold = NAN,
                                     .bound = NAN,
                                     .level = 1 - p->d,
                                     .labels_needed = p->labels,
                                     .review_load = NAN,
                                     .risk_value = NAN,
                                     .best_attainable = NAN,
                                     .risk = "auto_error",
                                     .population = "reviewed items only",
                                     .ending = risk_ending_name(RISK_NOT_IDENTIFIABLE),
                                     .sentence = result_text(p->out, "%s", buf_text(&b))};
    buf_release(&b);
}

/* The least whole percentage that brings the labels within a month; all where none does. */
static double share_for(double labels, double shipped_per_day)
{
    return fmin(1, fmax(1, ceil(100 * labels / (shipped_per_day * DAYS) - 1e-9)) / 100);
}

int audit_propose(const struct audit_sample *s, const struct audit_options *options,
                  struct result *out, struct error *err)
{
    struct proposal p = {.s = s,
                         .o = options,
                         .out = out,
                         .d = 1 - options->level,
                         .threshold = isnan(options->threshold) ? s->threshold : options->threshold,
                         .share = NAN,
                         .n = s->n_shipped};
    const struct target *risk, *load;
    if (plan_targets(options->targets, options->n_targets, "judged", &risk, &load, err))
        return -1;
    p.target = risk->value;
    p.labels = power_labels(p.target, p.target / 2, p.d, PLAN_POWER).stays;
    if (!p.labels)
        return error_set(err, ERR_USAGE, "auto_error at most %g: more audits than can be counted",
                         p.target);
    double known = !isnan(s->share_shipped) ? s->share_shipped : load ? 1 - load->value : 1;
    p.shipped_per_day = s->items_per_day * known;
    if (!(p.shipped_per_day > 0))
        p.shipped_per_day = NAN;
    if (!isnan(p.shipped_per_day))
        p.share = share_for((double)p.labels, p.shipped_per_day);
    p.shipped = mem_alloc((p.n + 1) * sizeof *p.shipped);
    if (p.n)
        memcpy(p.shipped, s->shipped, p.n * sizeof *p.shipped);
    qsort(p.shipped, p.n, sizeof *p.shipped, ascending);
    put_answer(&p);
    put_designs(&p);
    if (!isnan(p.shipped_per_day))
        plan_audits(p.shipped_per_day, p.labels, out);
    if (isnan(s->share_shipped) && !load && !isnan(p.shipped_per_day))
        result_assume(out, "how much ships unseen is not known from these labels: all items are "
                           "counted as shipped");
    if (p.n) {
        double claimed = 0;
        for (size_t i = 0; i < p.n; i++)
            claimed += (1 - p.shipped[i]) / (double)p.n;
        result_warn(out,
                    "by their own confidence %.3g%% of what ships is wrong; labels of reviewed "
                    "items cannot say whether that is so, nor can a recalibration on them",
                    100 * claimed);
    }
    result_assume(out, "the chance to be wrong is guessed as 1 - confidence to share out audits; a "
                       "bad guess costs width, never validity, as long as every audited item is "
                       "kept with its probability (column weight: 1 / probability)");
    out->passed = PASSED_FALSE;
    out->run.present = true;
    out->run.method = "reviewed items only";
    out->run.engine = "audit";
    mem_free(p.shipped);
    return 0;
}
