/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A tally as a result.  Shares of independent items have Wilson intervals; ratios of sums, and all
 * of timed runs, whose items are not independent, come from the spread between the parts of the run
 * (batch means with the ratio estimator: Law, "Simulation Modeling and Analysis", 2015, 9.5);
 * quantiles have those of order statistics. */
#include "exec/tally.h"

#include "math/interval.h"
#include "model/learning.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { BINS = 10, SCORES_LEAST = 10, CDF_POINTS = 200 };

struct filling {
    const struct run_tally *tally;
    struct metrics *to;
    double level;
    const char *money;
};

/* Sums of one kind in each unit: of a class, a step. */
struct column {
    const double *first;
    size_t stride;
};

static double column_at(struct column c, uint32_t unit)
{
    return c.first[unit * c.stride];
}

static double total(struct column c)
{
    double sum = 0;
    for (uint32_t u = 0; u < RUN_UNITS; u++)
        sum += column_at(c, u);
    return sum;
}

static struct column of_class(const struct filling *f, uint32_t c, enum run_class_sum k)
{
    return (struct column){&f->tally->class[c].unit[0][k], RUN_CLASS_SUMS};
}

static struct column of_step(const struct filling *f, uint32_t i, enum run_step_sum k)
{
    return (struct column){&f->tally->step[i].unit[0][k], RUN_STEP_SUMS};
}

/* Half-width of y / x from the spread between units; INFINITY where fewer than two have any x. */
static double ratio_error(const struct filling *f, struct column y, struct column x)
{
    double n = 0, sx = total(x), r = total(y) / sx, ss = 0;
    for (uint32_t u = 0; u < RUN_UNITS; u++) {
        double off = column_at(y, u) - r * column_at(x, u);
        n += column_at(x, u) != 0 || column_at(y, u) != 0;
        ss += off * off;
    }
    if (n < 2)
        return INFINITY;
    double t = student_quantile(1 - (1 - f->level) / 2, n - 1);
    return t * sqrt(ss * n / (n - 1)) / fabs(sx);
}

static void put_ratio(const struct filling *f, const char *name, struct column y, struct column x,
                      const char *unit, double least)
{
    double sx = total(x), r = total(y) / sx;
    if (!(sx != 0))
        return;
    double error = ratio_error(f, y, x) + DBL_EPSILON * fabs(sx * r); /* and of rounding */
    metrics_add(f->to, name, r, fmax(r - error, least), r + error, f->level,
                (uint64_t)llround(fabs(sx)), unit);
}

/* k of n.  of_steps: several of one item, which may share its weather. */
static void put_share_of(const struct filling *f, const char *name, struct column k,
                         struct column n, bool of_steps)
{
    double sk = total(k), sn = total(n), p = sk / sn, error = 0;
    if (!(sn > 0))
        return;
    if (f->tally->end.timed || (of_steps && f->tally->pipeline->n_environments > 0))
        error = ratio_error(f, k, n);
    struct interval at = {p - error, p + error};
    if (!(error > 0))
        at = interval_wilson((uint64_t)sk, (uint64_t)sn, f->level);
    metrics_add(f->to, name, p, fmax(at.low, 0), fmin(at.high, 1), f->level, (uint64_t)sn, "1");
}

static void put_share(const struct filling *f, const char *name, struct column k, struct column n)
{
    put_share_of(f, name, k, n, false);
}

/* k of n known, and `unknown` more that may be. */
static void put_bounded(const struct filling *f, const char *name, struct column k,
                        struct column unknown, struct column n)
{
    double sn = total(n), may = total(unknown);
    if (may == 0)
        put_share(f, name, k, n);
    else if (sn > 0)
        metrics_add(f->to, name, NAN, total(k) / sn, (total(k) + may) / sn, 0, (uint64_t)sn, "1");
}

/* --- quantiles and deviations */

/* How much more the mean of values varies than that of as many independent ones would (a design
 * effect: Kish, "Survey Sampling", 1965, 8.2), from the spread between units; at least 1. */
static double excess_of(const struct filling *f, const struct values *v, struct column y,
                        struct column x)
{
    double mean, variance, n = (double)values_n(v);
    if (n < 2)
        return 1;
    values_moments(v, &mean, &variance);
    double error = ratio_error(f, y, x) / student_quantile(1 - (1 - f->level) / 2, RUN_UNITS - 1);
    return variance > 0 && isfinite(error) ? fmin(fmax(error * error * n / variance, 1), n) : 1;
}

struct named_quantile {
    const char *name;
    double p;
};

/* Ranks of as many independent values as these are worth, in these. */
static void put_quantiles(const struct filling *f, struct values *v, const struct named_quantile *q,
                          size_t n_quantiles, double excess, const char *unit)
{
    uint64_t n = values_n(v), worth = (uint64_t)fmax((double)n / excess, 1);
    if (n == 0)
        return;
    values_sort(v);
    for (size_t k = 0; k < n_quantiles; k++) {
        uint64_t low, high, rank = sample_rank(n, q[k].p);
        double lowest = 0, highest = INFINITY;
        interval_quantile_ranks(worth, q[k].p, f->level, &low, &high, NULL);
        double each = (double)n / (double)worth;
        uint64_t from = (uint64_t)fmax(floor((double)low * each), 1);
        uint64_t upto = (uint64_t)fmin(ceil((double)high * each), (double)n);
        if (low)
            values_rank(v, from, &lowest, NULL);
        if (high <= worth)
            values_rank(v, upto, NULL, &highest);
        metrics_add(f->to, q[k].name, values_rank(v, rank ? rank : 1, NULL, NULL), lowest, highest,
                    f->level, n, unit);
    }
}

/* The deviation of n values, with the interval that their fourth moment gives it (delta method). */
static void put_deviation(const struct filling *f, const char *name, double variance, double fourth,
                          uint64_t n, double excess, const char *unit)
{
    double sd = sqrt(fmax(variance, 0)), error = INFINITY;
    if (n < 1)
        return;
    if (n > 1 && sd > 0)
        error = normal_quantile(1 - (1 - f->level) / 2) *
                sqrt(fmax(fourth - variance * variance, 0) * excess / (double)n) / (2 * sd);
    else if (n > 1)
        error = 0;
    metrics_add(f->to, name, sd, fmax(sd - error, 0), sd + error, f->level, n, unit);
}

static void put_spread(const struct filling *f, const char *name, struct values *v, double excess,
                       const char *unit)
{
    double mean, variance, fourth = 0;
    uint64_t n = values_n(v);
    if (n == 0)
        return;
    values_moments(v, &mean, &variance);
    if (values_exact(v)) {
        for (size_t i = 0; i < v->len; i++)
            fourth += pow(v->at[i] - mean, 4) / (double)n;
    } else {
        fourth = 3 * variance * variance;
    }
    put_deviation(f, name, variance, fourth, n, excess, unit);
}

/* --- a class, or all */

static void put_shares(const struct filling *f, uint32_t c)
{
    struct column n = of_class(f, c, RUN_N), unknown = of_class(f, c, RUN_UNKNOWN_SHIPPED);
    struct column shipped = of_class(f, c, RUN_SHIPPED);
    put_bounded(f, "reliability", of_class(f, c, RUN_CORRECT), unknown, n);
    put_bounded(f, "share_wrong", of_class(f, c, RUN_WRONG), unknown, n);
    put_share(f, "share_rejected", of_class(f, c, RUN_REJECTED), n);
    put_share(f, "share_failed", of_class(f, c, RUN_FAILED), n);
    put_share(f, "share_abandoned", of_class(f, c, RUN_ABANDONED), n);
    put_share(f, "share_unfinished", of_class(f, c, RUN_UNFINISHED), n);
    put_share(f, "completion", shipped, n);
    put_bounded(f, "shipped_error", of_class(f, c, RUN_WRONG), unknown, shipped);
    put_bounded(f, "auto_error", of_class(f, c, RUN_AUTO_WRONG), of_class(f, c, RUN_AUTO_UNKNOWN),
                of_class(f, c, RUN_AUTO));
    put_share(f, "review_load", of_class(f, c, RUN_REVIEWED), n);
    put_ratio(f, "reviews_per_item", of_class(f, c, RUN_REVIEWS), n, "1", 0);
    put_share(f, "review_precision", of_class(f, c, RUN_REVIEWED_BAD),
              of_class(f, c, RUN_REVIEWED_KNOWN));
    if (total(unknown) > 0)
        put_share(f, "label_coverage", of_class(f, c, RUN_JUDGED), n);
}

/* Items are independent in untimed runs. */
static double excess_of_class(const struct filling *f, const struct values *v, uint32_t c,
                              enum run_class_sum y, enum run_class_sum x)
{
    return f->tally->end.timed ? excess_of(f, v, of_class(f, c, y), of_class(f, c, x)) : 1;
}

static void put_times(const struct filling *f, uint32_t c)
{
    static const struct named_quantile shipped[] = {
        {"latency_p50",  0.5  },
        {"latency_p90",  0.9  },
        {"latency_p95",  0.95 },
        {"latency_p99",  0.99 },
        {"latency_p999", 0.999},
    };
    static const struct named_quantile all[] = {
        {"latency_all_p50",  0.5  },
        {"latency_all_p90",  0.9  },
        {"latency_all_p95",  0.95 },
        {"latency_all_p99",  0.99 },
        {"latency_all_p999", 0.999},
    };
    struct run_class_tally *t = &f->tally->class[c];
    double excess = excess_of_class(f, &t->shipped_s, c, RUN_TIME_SHIPPED, RUN_SHIPPED);
    put_ratio(f, "latency_mean", of_class(f, c, RUN_TIME_SHIPPED), of_class(f, c, RUN_SHIPPED), "s",
              0);
    put_spread(f, "latency_sd", &t->shipped_s, excess, "s");
    put_quantiles(f, &t->shipped_s, shipped, 5, excess, "s");
    excess = excess_of_class(f, &t->all_s, c, RUN_TIME, RUN_ENDED);
    put_ratio(f, "latency_all_mean", of_class(f, c, RUN_TIME), of_class(f, c, RUN_ENDED), "s", 0);
    put_spread(f, "latency_all_sd", &t->all_s, excess, "s");
    put_quantiles(f, &t->all_s, all, 5, excess, "s");
    if (isfinite(f->tally->pipeline->deadline_s) && total(of_class(f, c, RUN_UNKNOWN_SHIPPED)) == 0)
        put_share(f, "slo_attainment", of_class(f, c, RUN_IN_DEADLINE), of_class(f, c, RUN_N));
    if (f->tally->end.timed)
        put_ratio(f, "wait_mean", of_class(f, c, RUN_WAIT), of_class(f, c, RUN_N), "s", 0);
}

static void put_visits(const struct filling *f, uint32_t c)
{
    struct column n = of_class(f, c, RUN_N);
    double items = total(n), mean = total(of_class(f, c, RUN_VISITS)) / items;
    double m2 = total(of_class(f, c, RUN_VISITS2)) / items,
           m3 = total(of_class(f, c, RUN_VISITS3)) / items,
           m4 = total(of_class(f, c, RUN_VISITS4)) / items;
    double variance = fmax(m2 - mean * mean, 0);
    double fourth = m4 - 4 * mean * m3 + 6 * mean * mean * m2 - 3 * pow(mean, 4);
    put_ratio(f, "visits_mean", of_class(f, c, RUN_VISITS), n, "1", 0);
    if (variance < 1e-13 * m2)
        variance = fourth = 0;
    put_deviation(f, "visits_sd", items > 1 ? variance * items / (items - 1) : 0,
                  fmax(fourth, variance * variance), (uint64_t)items, 1, "1");
}

static void put_money(const struct filling *f, uint32_t c)
{
    static const struct named_quantile costs[] = {
        {"cost_p95", 0.95},
        {"cost_p99", 0.99},
    };
    const struct pipeline *p = f->tally->pipeline;
    struct column n = of_class(f, c, RUN_N), cost = of_class(f, c, RUN_COST);
    bool known = total(of_class(f, c, RUN_UNKNOWN_SHIPPED)) == 0;
    if (total(cost) != 0) {
        put_ratio(f, "cost_per_item", cost, n, f->money, 0);
        struct values *v = &f->tally->class[c].costs;
        double excess = excess_of_class(f, v, c, RUN_COST, RUN_N);
        put_spread(f, "cost_sd", v, excess, f->money);
        put_quantiles(f, v, costs, 2, excess, f->money);
        if (known)
            put_ratio(f, "cost_per_correct", cost, of_class(f, c, RUN_CORRECT), f->money, 0);
    }
    if (isfinite(p->budget))
        put_share(f, "budget_attainment", of_class(f, c, RUN_IN_BUDGET), n);
    if (known && isfinite(p->worth_correct))
        put_ratio(f, "net_per_item", of_class(f, c, RUN_WORTH), n, f->money, -INFINITY);
}

static void put_class(const struct filling *f, uint32_t c)
{
    if (!(total(of_class(f, c, RUN_N)) > 0))
        return;
    put_shares(f, c);
    put_times(f, c);
    put_visits(f, c);
    put_money(f, c);
}

/* --- steps */

static void put_attempts(const struct filling *f, uint32_t i, struct column items)
{
    static const struct named_quantile times[] = {
        {"attempt_latency_p50", 0.5 },
        {"attempt_latency_p90", 0.9 },
        {"attempt_latency_p95", 0.95},
        {"attempt_latency_p99", 0.99},
    };
    struct column n = of_step(f, i, RUN_STEP_ANSWERS);
    put_ratio(f, "attempts_per_item", of_step(f, i, RUN_STEP_ATTEMPTS), items, "1", 0);
    put_share_of(f, "ok_rate", of_step(f, i, RUN_STEP_OK), n, true);
    put_share_of(f, "wrong_rate", of_step(f, i, RUN_STEP_WRONG), n, true);
    put_share_of(f, "error_rate", of_step(f, i, RUN_STEP_ERROR), n, true);
    put_share_of(f, "malformed_rate", of_step(f, i, RUN_STEP_MALFORMED), n, true);
    put_share_of(f, "timeout_rate", of_step(f, i, RUN_STEP_TIMEOUT), n, true);
    put_ratio(f, "attempt_latency_mean", of_step(f, i, RUN_STEP_ATTEMPT_TIME), n, "s", 0);
    struct values *v = &f->tally->step[i].attempts_s;
    put_quantiles(f, v, times, 4, excess_of(f, v, of_step(f, i, RUN_STEP_ATTEMPT_TIME), n), "s");
}

static void put_visits_of(const struct filling *f, uint32_t i, struct column items)
{
    static const struct named_quantile times[] = {
        {"visit_latency_p50", 0.5 },
        {"visit_latency_p90", 0.9 },
        {"visit_latency_p95", 0.95},
        {"visit_latency_p99", 0.99},
    };
    const struct step *s = &f->tally->pipeline->step[i];
    struct column n = of_step(f, i, RUN_STEP_ENDED);
    bool budgeted = false;
    put_share_of(f, "success_rate", of_step(f, i, RUN_STEP_ENDED_OK), n, true);
    put_share_of(f, "first_try_rate", of_step(f, i, RUN_STEP_FIRST_OK), n, true);
    put_share_of(f, "retry_success_rate", of_step(f, i, RUN_STEP_RETRIED_OK),
                 of_step(f, i, RUN_STEP_RETRIED), true);
    put_ratio(f, "visit_latency_mean", of_step(f, i, RUN_STEP_VISIT_TIME), n, "s", 0);
    struct values *v = &f->tally->step[i].visits_s;
    put_quantiles(f, v, times, 4, excess_of(f, v, of_step(f, i, RUN_STEP_VISIT_TIME), n), "s");
    for (uint32_t c = 0; c < f->tally->pipeline->n_classes; c++)
        budgeted |= isfinite(s->numbers[c].budget_s);
    if (budgeted)
        put_share_of(f, "within_budget", of_step(f, i, RUN_STEP_IN_BUDGET), n, true);
    put_share(f, "exit_ship", of_step(f, i, RUN_STEP_SHIPS), items);
    put_share(f, "exit_reject", of_step(f, i, RUN_STEP_REJECTS), items);
    put_share(f, "exit_fail", of_step(f, i, RUN_STEP_FAILS), items);
    if (f->tally->pipeline->leave_after_s || f->tally->end.timed)
        put_share(f, "exit_abandon", of_step(f, i, RUN_STEP_ABANDONS), items);
    if (s->kind == STEP_CHECK || s->kind == STEP_REVIEW)
        put_share(f, "caught_rate", of_step(f, i, RUN_STEP_CAUGHT), of_step(f, i, RUN_STEP_VISITS));
    put_share(f, "escape_rate", of_step(f, i, RUN_STEP_BAD_SHIPPED), of_step(f, i, RUN_STEP_BAD));
}

static void put_threshold(const struct filling *f, const struct step *s)
{
    for (uint32_t c = 1; c < f->tally->pipeline->n_classes; c++)
        if (s->numbers[c].threshold.value != s->numbers[0].threshold.value)
            return;
    metrics_add_exact(f->to, "threshold", s->numbers[0].threshold.value, "1");
}

/* How far the confidences of a step could be believed, where it is known what was right. */
static void put_scores(const struct filling *f, uint32_t i)
{
    static const enum calibration_measure shown[] = {MEASURE_ECE, MEASURE_BRIER, MEASURE_AUROC,
                                                     MEASURE_AURC, MEASURE_AUGRC};
    const struct run_scores *s = &f->tally->step[i].scores;
    double value[MEASURE_COUNT];
    struct interval range[MEASURE_COUNT];
    if (s->list.len < SCORES_LEAST)
        return;
    struct calibration *c = mem_zero(1, sizeof *c);
    calibration_compute(s->list.at, s->list.len, BINS, false, c);
    calibration_measures(s->list.at, s->list.len, c, f->level, value, range);
    for (size_t k = 0; k < sizeof shown / sizeof *shown; k++)
        if (!isnan(value[shown[k]]))
            metrics_add(f->to, calibration_measure_name(shown[k]), value[shown[k]],
                        range[shown[k]].low, range[shown[k]].high, f->level, s->list.len, "1");
    mem_free(c);
}

static void put_step(const struct filling *f, uint32_t i)
{
    const struct step *s = &f->tally->pipeline->step[i];
    struct column items = of_class(f, f->tally->pipeline->n_classes, RUN_N);
    if (!(total(items) > 0))
        return;
    put_ratio(f, "visits_per_item", of_step(f, i, RUN_STEP_VISITS), items, "1", 0);
    if (s->kind != STEP_PARALLEL)
        put_attempts(f, i, items);
    put_visits_of(f, i, items);
    if (total(of_class(f, f->tally->pipeline->n_classes, RUN_COST)) != 0 &&
        s->kind != STEP_PARALLEL)
        put_ratio(f, "cost_per_item", of_step(f, i, RUN_STEP_COST), items, f->money, 0);
    if (s->kind == STEP_GATE)
        put_threshold(f, s);
    put_scores(f, i);
}

static void put_edges(const struct filling *f, uint32_t i, struct result *out)
{
    static const char *const ends[] = {"ship", "reject", "fail", "join"};
    const struct pipeline *p = f->tally->pipeline;
    uint64_t visits = (uint64_t)total(of_step(f, i, RUN_STEP_VISITS));
    for (uint32_t k = 0; k < p->n_steps + 4; k++) {
        uint64_t n = f->tally->step[i].to[k];
        if (n == 0)
            continue;
        struct edge_row row = {
            .from = result_text(out, "%s", p->step[i].id),
            .to = result_text(out, "%s", k < p->n_steps ? p->step[k].id : ends[k - p->n_steps]),
            .count = n};
        struct interval at = interval_wilson(n, visits, f->level);
        metrics_add(&row.metrics, "share", (double)n / (double)visits, at.low, at.high, f->level,
                    visits, "1");
        vec_push(&out->edges, row);
    }
}

/* --- a curve */

/* Of shipped items, in the band of Dvoretzky, Kiefer, Wolfowitz and Massart (1990). */
static void put_cdf(const struct filling *f, struct result *out)
{
    const struct values *v = &f->tally->class[f->tally->pipeline->n_classes].shipped_s;
    uint64_t n = values_n(v), points = n < CDF_POINTS ? n : CDF_POINTS;
    double lowest = 0, highest = 0;
    if (n == 0)
        return;
    lowest = values_rank(v, 1, NULL, NULL);
    highest = values_rank(v, n, NULL, NULL);
    if (!(highest > lowest))
        return;
    struct curve *c = result_add_curve(out, "latency_cdf", "latency", "share");
    double band = sqrt(log(2 / (1 - f->level)) / (2 * (double)n));
    for (uint64_t k = 1; k <= points; k++) {
        uint64_t rank = k * n / points;
        double share = (double)rank / (double)n;
        struct point at = {.x = values_rank(v, rank, NULL, NULL),
                           .y = share,
                           .low = fmax(share - band, 0),
                           .high = fmin(share + band, 1)};
        vec_push(&c->points, at);
    }
}

/* --- what is shared */

static struct column of_desk(const struct filling *f, uint32_t k, enum run_desk_sum what)
{
    return (struct column){&f->tally->desk[k].unit[0][what], RUN_DESK_SUMS};
}

/* Over time: what it rests on are the units. */
static void put_over_time(const struct filling *f, const char *name, struct column y,
                          struct column x, double most)
{
    double sx = total(x), r = total(y) / sx;
    if (!(sx > 0))
        return;
    double error = ratio_error(f, y, x);
    metrics_add(f->to, name, r, fmax(r - error, 0), fmin(r + error, most), f->level, RUN_UNITS,
                "1");
}

static void put_resource(const struct filling *f, uint32_t k)
{
    static const struct named_quantile p95[] = {
        {"queue_wait_p95", 0.95}
    };
    struct values *v = &f->tally->desk[k].waits_s;
    struct column joined = of_desk(f, k, RUN_DESK_JOINED), asked = of_desk(f, k, RUN_DESK_ASKED),
                  span = of_desk(f, k, RUN_DESK_SPAN), wait = of_desk(f, k, RUN_DESK_WAIT);
    put_over_time(f, "utilisation", of_desk(f, k, RUN_DESK_BUSY), of_desk(f, k, RUN_DESK_OPEN), 1);
    put_ratio(f, "queue_wait_mean", wait, joined, "s", 0);
    put_ratio(f, "queue_wait_served_mean", of_desk(f, k, RUN_DESK_WAIT_SERVED),
              of_desk(f, k, RUN_DESK_SERVED), "s", 0);
    put_quantiles(f, v, p95, 1, excess_of(f, v, wait, joined), "s");
    put_share(f, "p_wait", of_desk(f, k, RUN_DESK_WAITED), joined);
    if (isfinite(f->tally->pipeline->resource[k].answer_within_s))
        put_share(f, "service_level", of_desk(f, k, RUN_DESK_IN_TIME), joined);
    put_over_time(f, "queue_length_mean", of_desk(f, k, RUN_DESK_WAITING), span, INFINITY);
    put_over_time(f, "in_system_mean", of_desk(f, k, RUN_DESK_SYSTEM), span, INFINITY);
    put_share(f, "block_rate", of_desk(f, k, RUN_DESK_BLOCKED), asked);
    put_share(f, "abandon_rate", of_desk(f, k, RUN_DESK_ABANDONED), asked);
}

static void put_shared(struct filling *f, struct result *out)
{
    const struct pipeline *p = f->tally->pipeline;
    for (uint32_t k = 0; k < p->n_resources; k++) {
        if (total(of_desk(f, k, RUN_DESK_ASKED)) == 0)
            continue;
        f->to = &result_add_row(out, resources, p->resource[k].id)->metrics;
        put_resource(f, k);
    }
    for (uint32_t e = 0; e < p->n_environments; e++) {
        const struct run_weather_time *w = f->tally->weather[e];
        struct column span = {&w->span_s, 2};
        if (!(total(span) > 0))
            continue;
        f->to = &result_add_row(out, environments, p->environment[e].id)->metrics;
        put_over_time(f, "availability", (struct column){&w->calm_s, 2}, span, 1);
    }
}

void run_measure(struct run_tally *t, double level, struct result *out)
{
    const struct pipeline *p = t->pipeline;
    struct filling f = {.tally = t, .to = &out->metrics, .level = level, .money = "$"};
    put_class(&f, p->n_classes);
    put_cdf(&f, out);
    for (uint32_t c = 0; p->n_classes > 1 && c < p->n_classes; c++) {
        f.to = &result_add_row(out, classes, p->class[c].id)->metrics;
        put_class(&f, c);
    }
    for (uint32_t i = 0; i < p->n_steps; i++) {
        struct row *row = result_add_row(out, stages, p->step[i].id);
        row->layer = layer_name(p->step[i].layer);
        row->kind = step_kind_name(p->step[i].kind);
        f.to = &row->metrics;
        put_step(&f, i);
        put_edges(&f, i, out);
    }
    if (t->end.timed)
        put_shared(&f, out);
    learning_assume(p, out);
    if (t->endless > 0)
        result_warn(out,
                    "%llu items were still going round after a million visits, and were failed: a "
                    "loop without a bound does not end",
                    (unsigned long long)t->endless);
}
