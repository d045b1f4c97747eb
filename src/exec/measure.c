/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A tally as a result: what is told of all items, of each class and of each step. */
#include "exec/measure_parts.h"

#include "math/interval.h"
#include "model/learning.h"

#include <math.h>

enum { BINS = 10, SCORES_LEAST = 10, CDF_POINTS = 200 };

/* --- a class, or all */

static void put_shares(const struct run_filling *f, uint32_t c)
{
    struct run_column n = run_column_of_class(f, c, RUN_N),
                      unknown = run_column_of_class(f, c, RUN_UNKNOWN_SHIPPED);
    struct run_column shipped = run_column_of_class(f, c, RUN_SHIPPED);
    run_put_bounded(f, "reliability", run_column_of_class(f, c, RUN_CORRECT), unknown, n);
    run_put_bounded(f, "share_wrong", run_column_of_class(f, c, RUN_WRONG), unknown, n);
    run_put_share(f, "share_rejected", run_column_of_class(f, c, RUN_REJECTED), n);
    run_put_share(f, "share_failed", run_column_of_class(f, c, RUN_FAILED), n);
    run_put_share(f, "share_abandoned", run_column_of_class(f, c, RUN_ABANDONED), n);
    run_put_share(f, "share_unfinished", run_column_of_class(f, c, RUN_UNFINISHED), n);
    run_put_share(f, "completion", shipped, n);
    run_put_bounded(f, "shipped_error", run_column_of_class(f, c, RUN_WRONG), unknown, shipped);
    run_put_bounded(f, "auto_error", run_column_of_class(f, c, RUN_AUTO_WRONG),
                    run_column_of_class(f, c, RUN_AUTO_UNKNOWN),
                    run_column_of_class(f, c, RUN_AUTO));
    run_put_share(f, "review_load", run_column_of_class(f, c, RUN_REVIEWED), n);
    run_put_ratio(f, "reviews_per_item", run_column_of_class(f, c, RUN_REVIEWS), n, "1", 0);
    run_put_share(f, "review_precision", run_column_of_class(f, c, RUN_REVIEWED_BAD),
                  run_column_of_class(f, c, RUN_REVIEWED_KNOWN));
    if (run_column_total(unknown) > 0)
        run_put_share(f, "label_coverage", run_column_of_class(f, c, RUN_JUDGED), n);
}

/* Items are independent in untimed runs. */
static double excess_of_class(const struct run_filling *f, const struct values *v, uint32_t c,
                              enum run_class_sum y, enum run_class_sum x)
{
    return f->tally->end.timed
               ? run_excess_of(f, v, run_column_of_class(f, c, y), run_column_of_class(f, c, x))
               : 1;
}

static void put_times(const struct run_filling *f, uint32_t c)
{
    static const struct run_quantile shipped[] = {
        {"latency_p50",  0.5  },
        {"latency_p90",  0.9  },
        {"latency_p95",  0.95 },
        {"latency_p99",  0.99 },
        {"latency_p999", 0.999},
    };
    static const struct run_quantile all[] = {
        {"latency_all_p50",  0.5  },
        {"latency_all_p90",  0.9  },
        {"latency_all_p95",  0.95 },
        {"latency_all_p99",  0.99 },
        {"latency_all_p999", 0.999},
    };
    struct run_class_tally *t = &f->tally->class[c];
    double excess = excess_of_class(f, &t->shipped_s, c, RUN_TIME_SHIPPED, RUN_SHIPPED);
    run_put_ratio(f, "latency_mean", run_column_of_class(f, c, RUN_TIME_SHIPPED),
                  run_column_of_class(f, c, RUN_SHIPPED), "s", 0);
    run_put_spread(f, "latency_sd", &t->shipped_s, excess, "s");
    run_put_quantiles(f, &t->shipped_s, shipped, 5, excess, "s");
    excess = excess_of_class(f, &t->all_s, c, RUN_TIME, RUN_ENDED);
    run_put_ratio(f, "latency_all_mean", run_column_of_class(f, c, RUN_TIME),
                  run_column_of_class(f, c, RUN_ENDED), "s", 0);
    run_put_spread(f, "latency_all_sd", &t->all_s, excess, "s");
    run_put_quantiles(f, &t->all_s, all, 5, excess, "s");
    if (isfinite(f->tally->pipeline->deadline_s) &&
        run_column_total(run_column_of_class(f, c, RUN_UNKNOWN_SHIPPED)) == 0)
        run_put_share(f, "slo_attainment", run_column_of_class(f, c, RUN_IN_DEADLINE),
                      run_column_of_class(f, c, RUN_N));
    if (f->tally->end.timed)
        run_put_ratio(f, "wait_mean", run_column_of_class(f, c, RUN_WAIT),
                      run_column_of_class(f, c, RUN_N), "s", 0);
}

static void put_visits(const struct run_filling *f, uint32_t c)
{
    struct run_column n = run_column_of_class(f, c, RUN_N);
    double items = run_column_total(n),
           mean = run_column_total(run_column_of_class(f, c, RUN_VISITS)) / items;
    double m2 = run_column_total(run_column_of_class(f, c, RUN_VISITS2)) / items,
           m3 = run_column_total(run_column_of_class(f, c, RUN_VISITS3)) / items,
           m4 = run_column_total(run_column_of_class(f, c, RUN_VISITS4)) / items;
    double variance = fmax(m2 - mean * mean, 0);
    double fourth = m4 - 4 * mean * m3 + 6 * mean * mean * m2 - 3 * pow(mean, 4);
    run_put_ratio(f, "visits_mean", run_column_of_class(f, c, RUN_VISITS), n, "1", 0);
    if (variance < 1e-13 * m2)
        variance = fourth = 0;
    run_put_deviation(f, "visits_sd", items > 1 ? variance * items / (items - 1) : 0,
                      fmax(fourth, variance * variance), (uint64_t)items, 1, "1");
}

static void put_money(const struct run_filling *f, uint32_t c)
{
    static const struct run_quantile costs[] = {
        {"cost_p95", 0.95},
        {"cost_p99", 0.99},
    };
    const struct pipeline *p = f->tally->pipeline;
    struct run_column n = run_column_of_class(f, c, RUN_N),
                      cost = run_column_of_class(f, c, RUN_COST);
    bool known = run_column_total(run_column_of_class(f, c, RUN_UNKNOWN_SHIPPED)) == 0;
    if (run_column_total(cost) != 0) {
        run_put_ratio(f, "cost_per_item", cost, n, f->money, 0);
        struct values *v = &f->tally->class[c].costs;
        double excess = excess_of_class(f, v, c, RUN_COST, RUN_N);
        run_put_spread(f, "cost_sd", v, excess, f->money);
        run_put_quantiles(f, v, costs, 2, excess, f->money);
        if (known)
            run_put_ratio(f, "cost_per_correct", cost, run_column_of_class(f, c, RUN_CORRECT),
                          f->money, 0);
    }
    if (isfinite(p->budget))
        run_put_share(f, "budget_attainment", run_column_of_class(f, c, RUN_IN_BUDGET), n);
    if (known && isfinite(p->worth_correct))
        run_put_ratio(f, "net_per_item", run_column_of_class(f, c, RUN_WORTH), n, f->money,
                      -INFINITY);
}

static void put_class(const struct run_filling *f, uint32_t c)
{
    if (!(run_column_total(run_column_of_class(f, c, RUN_N)) > 0))
        return;
    put_shares(f, c);
    put_times(f, c);
    put_visits(f, c);
    put_money(f, c);
    run_put_gap(f, c);
}

/* --- steps */

static void put_attempts(const struct run_filling *f, uint32_t i, struct run_column items)
{
    static const struct run_quantile times[] = {
        {"attempt_latency_p50", 0.5 },
        {"attempt_latency_p90", 0.9 },
        {"attempt_latency_p95", 0.95},
        {"attempt_latency_p99", 0.99},
    };
    struct run_column n = run_column_of_step(f, i, RUN_STEP_ANSWERS);
    run_put_ratio(f, "attempts_per_item", run_column_of_step(f, i, RUN_STEP_ATTEMPTS), items, "1",
                  0);
    run_put_share_of_steps(f, "ok_rate", run_column_of_step(f, i, RUN_STEP_OK), n);
    run_put_share_of_steps(f, "wrong_rate", run_column_of_step(f, i, RUN_STEP_WRONG), n);
    run_put_share_of_steps(f, "error_rate", run_column_of_step(f, i, RUN_STEP_ERROR), n);
    run_put_share_of_steps(f, "malformed_rate", run_column_of_step(f, i, RUN_STEP_MALFORMED), n);
    run_put_share_of_steps(f, "timeout_rate", run_column_of_step(f, i, RUN_STEP_TIMEOUT), n);
    run_put_ratio(f, "attempt_latency_mean", run_column_of_step(f, i, RUN_STEP_ATTEMPT_TIME), n,
                  "s", 0);
    struct values *v = &f->tally->step[i].attempts_s;
    run_put_quantiles(f, v, times, 4,
                      run_excess_of(f, v, run_column_of_step(f, i, RUN_STEP_ATTEMPT_TIME), n), "s");
}

static void put_visits_of(const struct run_filling *f, uint32_t i, struct run_column items)
{
    static const struct run_quantile times[] = {
        {"visit_latency_p50", 0.5 },
        {"visit_latency_p90", 0.9 },
        {"visit_latency_p95", 0.95},
        {"visit_latency_p99", 0.99},
    };
    const struct step *s = &f->tally->pipeline->step[i];
    struct run_column n = run_column_of_step(f, i, RUN_STEP_ENDED);
    bool budgeted = false;
    run_put_share_of_steps(f, "success_rate", run_column_of_step(f, i, RUN_STEP_ENDED_OK), n);
    run_put_share_of_steps(f, "first_try_rate", run_column_of_step(f, i, RUN_STEP_FIRST_OK), n);
    run_put_share_of_steps(f, "retry_success_rate", run_column_of_step(f, i, RUN_STEP_RETRIED_OK),
                           run_column_of_step(f, i, RUN_STEP_RETRIED));
    run_put_ratio(f, "visit_latency_mean", run_column_of_step(f, i, RUN_STEP_VISIT_TIME), n, "s",
                  0);
    struct values *v = &f->tally->step[i].visits_s;
    run_put_quantiles(f, v, times, 4,
                      run_excess_of(f, v, run_column_of_step(f, i, RUN_STEP_VISIT_TIME), n), "s");
    for (uint32_t c = 0; c < f->tally->pipeline->n_classes; c++)
        budgeted |= isfinite(s->numbers[c].budget_s);
    if (budgeted)
        run_put_share_of_steps(f, "within_budget", run_column_of_step(f, i, RUN_STEP_IN_BUDGET), n);
    run_put_share(f, "exit_ship", run_column_of_step(f, i, RUN_STEP_SHIPS), items);
    run_put_share(f, "exit_reject", run_column_of_step(f, i, RUN_STEP_REJECTS), items);
    run_put_share(f, "exit_fail", run_column_of_step(f, i, RUN_STEP_FAILS), items);
    if (f->tally->pipeline->leave_after_s || f->tally->end.timed)
        run_put_share(f, "exit_abandon", run_column_of_step(f, i, RUN_STEP_ABANDONS), items);
    if (s->kind == STEP_CHECK || s->kind == STEP_REVIEW)
        run_put_share(f, "caught_rate", run_column_of_step(f, i, RUN_STEP_CAUGHT),
                      run_column_of_step(f, i, RUN_STEP_VISITS));
    run_put_share(f, "escape_rate", run_column_of_step(f, i, RUN_STEP_BAD_SHIPPED),
                  run_column_of_step(f, i, RUN_STEP_BAD));
}

static void put_threshold(const struct run_filling *f, const struct step *s)
{
    for (uint32_t c = 1; c < f->tally->pipeline->n_classes; c++)
        if (s->numbers[c].threshold.value != s->numbers[0].threshold.value)
            return;
    metrics_add_exact(f->to, "threshold", s->numbers[0].threshold.value, "1");
}

/* How far the confidences of a step could be believed, where it is known what was right. */
static void put_scores(const struct run_filling *f, uint32_t i)
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

static void put_step(const struct run_filling *f, uint32_t i)
{
    const struct step *s = &f->tally->pipeline->step[i];
    struct run_column items = run_column_of_class(f, f->tally->pipeline->n_classes, RUN_N);
    if (!(run_column_total(items) > 0))
        return;
    run_put_ratio(f, "visits_per_item", run_column_of_step(f, i, RUN_STEP_VISITS), items, "1", 0);
    if (s->kind != STEP_PARALLEL)
        put_attempts(f, i, items);
    put_visits_of(f, i, items);
    if (run_column_total(run_column_of_class(f, f->tally->pipeline->n_classes, RUN_COST)) != 0 &&
        s->kind != STEP_PARALLEL)
        run_put_ratio(f, "cost_per_item", run_column_of_step(f, i, RUN_STEP_COST), items, f->money,
                      0);
    if (s->kind == STEP_GATE)
        put_threshold(f, s);
    put_scores(f, i);
}

static void put_edges(const struct run_filling *f, uint32_t i, struct result *out)
{
    static const char *const ends[] = {"ship", "reject", "fail", "join"};
    const struct pipeline *p = f->tally->pipeline;
    uint64_t visits = (uint64_t)run_column_total(run_column_of_step(f, i, RUN_STEP_VISITS));
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
static void put_cdf(const struct run_filling *f, struct result *out)
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
void run_measure(struct run_tally *t, double level, struct result *out)
{
    const struct pipeline *p = t->pipeline;
    struct run_filling f = {.tally = t, .to = &out->metrics, .level = level, .money = "$"};
    put_class(&f, p->n_classes);
    put_cdf(&f, out);
    for (uint32_t c = 0; p->n_classes > 1 && c < p->n_classes; c++) {
        f.to = &result_add_row(out, classes, p->class[c].id)->metrics;
        put_class(&f, c);
    }
    for (uint32_t i = 0; i < p->n_steps; i++) {
        struct row *row = result_add_stage(out, &p->step[i]);
        f.to = &row->metrics;
        put_step(&f, i);
        put_edges(&f, i, out);
    }
    if (t->end.timed)
        run_put_timed(&f, out);
    learning_assume(p, out);
    if (t->endless > 0)
        result_warn(out,
                    "%llu items were still going round after a million visits, and were failed: a "
                    "loop without a bound does not end",
                    (unsigned long long)t->endless);
}
