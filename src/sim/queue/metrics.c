/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and definitions are those of the metric table; which sums each is made of say the tables of
 * sim/queue/tally.c. */
#include "sim/queue/metrics.h"

#include "math/interval.h"
#include "sim/estimate.h"
#include "sim/exact/chain.h"
#include "sim/most.h"
#include "sim/queue.h"

#include <math.h>
#include <string.h>

struct filling {
    const struct queue_tally *tally;
    const struct queue_program *program;
    struct writer w;
    struct item_most most; /* of what is being written; 0 where that has none */
    bool has_time;
};

/* --- one ratio */

static double y_scale(const struct queue_program *g, enum pair_scale scale)
{
    double time = g->time_scale * (g->timed ? 0x1p-10 : 1), cost = g->cost_scale;
    const double of[] = {1, time, time * time, cost, cost * cost};
    return of[scale];
}

static const char *unit_name(const struct filling *f, enum pair_scale scale)
{
    return scale == PAIR_PLAIN ? "1" : scale == PAIR_TIME ? "s" : f->w.money;
}

static double student(const struct filling *f, double units)
{
    return f->w.options->brief ? 1 : student_quantile(0.5 + f->w.options->level / 2, units - 1);
}

static void put(const struct filling *f, const char *name, double value, double error, bool share,
                uint64_t n, const char *unit)
{
    double low = value - error, high = value + error;
    if (share && !f->w.options->brief) {
        low = fmax(low, fmin(0, value));
        high = fmin(high, fmax(1, value));
    }
    metrics_add(f->w.to, name, value, low, high, f->w.options->level, n, unit);
}

/* The half-width of a ratio over units, by the delta method (Law 2015, 9.4). */
static double pair_error(const struct filling *f, const struct pair_sums *p, double r)
{
    double n = (double)f->tally->closed, x = wide_value(&p->x);
    if (n < 2)
        return INFINITY;
    double squares = wide_value(&p->yy) - 2 * r * wide_value(&p->xy) + r * r * wide_value(&p->xx);
    double floor = 1e-13 * (wide_value(&p->yy) + r * r * wide_value(&p->xx));
    if (squares < floor)
        return 0;
    return student(f, n) * sqrt(squares / (n - 1) * n) / fabs(x);
}

static double most_in(const struct filling *f, enum pair_scale scale)
{
    return scale == PAIR_TIME   ? f->most.seconds
           : scale == PAIR_COST ? f->most.cost
                                : f->most.visits;
}

static double most_of(const struct filling *f, const struct pair_def *d)
{
    if (d->kind != PAIR_MEAN)
        return 0;
    if (!strcmp(d->name, "net_per_item"))
        return f->most.net;
    if (!strcmp(d->name, "latency_mean"))
        return f->most.shipped_s;
    if (!strcmp(d->name, "cost_per_correct") && f->most.net > 0)
        return f->most.cost > 0 ? f->most.cost : f->most.net;
    return strcmp(d->name, "attempts_per_item") ? most_in(f, d->scale) : f->most.attempts;
}

static void put_pair(const struct filling *f, const char *name, const struct pair_sums *p,
                     const struct pair_def *d)
{
    double y = wide_value(&p->y), x = wide_value(&p->x), scale = y_scale(f->program, d->scale);
    if (!(x != 0))
        return;
    bool counts = d->kind == PAIR_SHARE && y == floor(y) && x == floor(x) && y <= x;
    if (counts && !f->program->timed) {
        put_share(&f->w, name, (uint64_t)y, (uint64_t)x);
        return;
    }
    double r = y / x, error = pair_error(f, p, r), most = most_of(f, d);
    if (error == 0 && counts && !f->w.options->brief && x < 9e15) {
        struct interval at = interval_wilson((uint64_t)y, (uint64_t)x, f->w.options->level);
        metrics_add(f->w.to, name, r, at.low, at.high, f->w.options->level, (uint64_t)x, "1");
        return;
    }
    uint64_t n = x < 9e15 && x >= 1 ? (uint64_t)x : f->tally->closed;
    if (most == 0) {
        put(f, name, r / scale, error / scale, d->kind == PAIR_SHARE, n, unit_name(f, d->scale));
        return;
    }
    struct interval at = {(r - error) / scale, (r + error) / scale};
    at = allow_unseen(&f->w, at, r / scale, n, most);
    metrics_add(f->w.to, name, r / scale, at.low, at.high, f->w.options->level, n,
                unit_name(f, d->scale));
}

static const struct pair_sums *pair_at(const struct filling *f, enum pair_list list, uint32_t row,
                                       const struct pair_def *defs, uint32_t n, const char *name,
                                       const struct pair_def **def)
{
    for (uint32_t k = 0; k < n; k++) {
        if (!strcmp(defs[k].name, name)) {
            *def = &defs[k];
            return &f->tally->pair[tally_pair(f->tally, list, row, k)];
        }
    }
    BUG("no ratio %s", name);
}

static void put_class_pair(const struct filling *f, uint32_t c, const char *name, bool possible)
{
    const struct pair_def *d;
    const struct pair_sums *p = pair_at(f, PAIRS_CLASS, c, class_pairs, n_class_pairs, name, &d);
    if (possible || !wide_is_zero(&p->y))
        put_pair(f, name, p, d);
    else if (!wide_is_zero(&p->x))
        put_exact(&f->w, name, 0, unit_name(f, d->scale));
}

static void put_step_pair(const struct filling *f, uint32_t i, const char *name, bool possible)
{
    const struct pair_def *d;
    const struct pair_sums *p = pair_at(f, PAIRS_STEP, i, step_pairs, n_step_pairs, name, &d);
    if (possible || !wide_is_zero(&p->y))
        put_pair(f, name, p, d);
    else if (!wide_is_zero(&p->x))
        put_exact(&f->w, name, 0, unit_name(f, d->scale));
}

static double total_y(const struct filling *f, uint32_t c, uint32_t y, uint32_t x)
{
    for (uint32_t k = 0; k < n_class_pairs; k++)
        if (class_pairs[k].y == y && class_pairs[k].x == x)
            return wide_value(&f->tally->pair[tally_pair(f->tally, PAIRS_CLASS, c, k)].y) /
                   y_scale(f->program, class_pairs[k].scale);
    BUG("no total %u of %u", y, x);
}

static double total_x(const struct filling *f, uint32_t c, uint32_t x)
{
    for (uint32_t k = 0; k < n_class_pairs; k++)
        if (class_pairs[k].x == x)
            return wide_value(&f->tally->pair[tally_pair(f->tally, PAIRS_CLASS, c, k)].x);
    BUG("no total %u", x);
}

/* --- deviations and quantiles */

/* The pooled value, with the spread of the units' own values. */
static void put_spread(const struct filling *f, const char *name, double value,
                       const struct moments *m, enum pair_scale scale, double n)
{
    double units = (double)m->n, error = INFINITY;
    if (m->n > 1)
        error = student(f, units) * sqrt(moments_variance(m) / units) / y_scale(f->program, scale);
    double low = f->w.options->brief ? value - error : fmax(value - error, 0);
    metrics_add(f->w.to, name, value, low, value + error, f->w.options->level, (uint64_t)n,
                unit_name(f, scale));
}

static void put_sd(const struct filling *f, const char *name, uint32_t c, uint32_t sum,
                   uint32_t squares, uint32_t count, enum class_spread spread,
                   enum pair_scale scale, const struct sketch *values)
{
    double n = total_x(f, c, count);
    if (n < 1)
        return;
    double s = total_y(f, c, sum, count), q = total_y(f, c, squares, count);
    double variance = n > 1 ? fmax(q - s * s / n, 0) / (n - 1) : 0;
    if (variance < 1e-13 * q / n || (values && values->n && values->min == values->max))
        variance = 0;
    if (f->program->timed && n > 1)
        put_spread(f, name, sqrt(variance), &f->tally->spread[(size_t)c * CLASS_SPREADS + spread],
                   scale, n);
    else
        put_deviation(&f->w, name, variance,
                      values && values->n ? sketch_fourth(values, s / n) : 3 * variance * variance,
                      (uint64_t)n, unit_name(f, scale), most_in(f, scale));
}

static void put_quantiles(const struct filling *f, const char *const *name, const double *p,
                          uint32_t n, const struct sketch *s, const struct moments *m,
                          enum pair_scale scale)
{
    for (uint32_t k = 0; k < n && s->n; k++) {
        if (f->program->timed && s->min != s->max && m[k].n > 0)
            put_spread(f, name[k], sketch_quantile(s, p[k]), &m[k], scale, (double)s->n);
        else
            put_quantile(&f->w, name[k], s, p[k], unit_name(f, scale));
    }
}

/* --- a class, or all */

static void put_shares(const struct filling *f, uint32_t c)
{
    const struct queue_program *g = f->program;
    put_class_pair(f, c, "reliability", true);
    put_class_pair(f, c, "share_wrong", g->can_be_bad);
    put_class_pair(f, c, "share_rejected", g->can_reject);
    put_class_pair(f, c, "share_failed", g->can_fail);
    if (g->can_abandon || g->timed)
        put_class_pair(f, c, "share_abandoned", g->can_abandon);
    if (g->timed)
        put_class_pair(f, c, "share_unfinished", true);
    put_class_pair(f, c, "completion", true);
    put_class_pair(f, c, "shipped_error", g->can_be_bad);
    put_class_pair(f, c, "auto_error", g->can_be_bad);
    put_class_pair(f, c, "review_load", g->has_review);
    put_class_pair(f, c, "reviews_per_item", g->has_review);
    put_class_pair(f, c, "review_precision", g->can_be_bad);
}

static void put_times(const struct filling *whole, uint32_t c)
{
    struct filling own = *whole, *f = &own; /* of shipped items, then of all */
    own.most.seconds = own.most.shipped_s;
    own.w.alike = own.most.seconds == 0;
    static const char *const shipped[] = {"latency_p50", "latency_p90", "latency_p95",
                                          "latency_p99", "latency_p999"};
    static const char *const all[] = {"latency_all_p50", "latency_all_p90", "latency_all_p95",
                                      "latency_all_p99", "latency_all_p999"};
    const struct class_values *v = &f->tally->class[c];
    const struct moments *m = &f->tally->spread[(size_t)c * CLASS_SPREADS];
    struct sketch both;
    if (f->w.options->means_only) {
        put_class_pair(f, c, "latency_mean", true);
        return;
    }
    sketch_init(&both);
    if (v->shipped.sketch.hot)
        sketch_merge(&both, &v->shipped.sketch);
    put_class_pair(f, c, "latency_mean", true);
    put_sd(f, "latency_sd", c, CLASS_SHIPPED_TIME, CLASS_SHIPPED_TIME2, CLASS_SHIPPED,
           SPREAD_SHIPPED_SD, PAIR_TIME, &both);
    put_quantiles(f, shipped, class_quantiles, CLASS_QUANTILES, &both, &m[SPREAD_SHIPPED],
                  PAIR_TIME);
    own.most.seconds = whole->most.seconds;
    own.w.alike = own.most.seconds == 0;
    if (v->unshipped.sketch.hot)
        sketch_merge(&both, &v->unshipped.sketch);
    put_class_pair(f, c, "latency_all_mean", true);
    put_sd(f, "latency_all_sd", c, CLASS_TIME, CLASS_TIME2, CLASS_ENDED, SPREAD_TIME_SD, PAIR_TIME,
           &both);
    put_quantiles(f, all, class_quantiles, CLASS_QUANTILES, &both, &m[SPREAD_TIME], PAIR_TIME);
    sketch_release(&both);
    if (isfinite(f->program->pipeline->deadline_s))
        put_class_pair(f, c, "slo_attainment", true);
    if (f->program->timed)
        put_class_pair(f, c, "wait_mean", true);
}

static void put_money(const struct filling *f, uint32_t c)
{
    static const char *const quantile[] = {"cost_p95", "cost_p99"};
    const struct queue_program *g = f->program;
    if (g->has_cost) {
        const struct sketch *costs = &f->tally->class[c].costs.sketch;
        put_class_pair(f, c, "cost_per_item", true);
        if (!f->w.options->means_only)
            put_sd(f, "cost_sd", c, CLASS_COST, CLASS_COST2, CLASS_N, SPREAD_COST_SD, PAIR_COST,
                   costs);
        if (costs->hot && !f->w.options->means_only)
            put_quantiles(f, quantile, cost_quantiles, COST_QUANTILES, costs,
                          &f->tally->spread[(size_t)c * CLASS_SPREADS + SPREAD_COST], PAIR_COST);
        put_class_pair(f, c, "cost_per_correct", true);
    }
    if (isfinite(g->pipeline->budget))
        put_class_pair(f, c, "budget_attainment", true);
    if (g->has_worth)
        put_class_pair(f, c, "net_per_item", true);
}

static void put_class(const struct filling *whole, uint32_t c)
{
    struct filling own = *whole, *f = &own;
    if (total_x(f, c, CLASS_N) == 0)
        return;
    item_most(f->program->pipeline, &own.most);
    own.w.alike = own.most.seconds == 0;
    put_shares(f, c);
    put_times(f, c);
    put_class_pair(f, c, "visits_mean", true);
    put_sd(f, "visits_sd", c, CLASS_VISITS, CLASS_VISITS2, CLASS_N, SPREAD_VISITS_SD, PAIR_PLAIN,
           NULL);
    put_money(f, c);
    put_gap(&f->w, f->program->pipeline, c == tally_all(f->program) ? f->program->n_classes : c);
}

/* --- steps */

static const char *const attempt_names[] = {"attempt_latency_p50", "attempt_latency_p90",
                                            "attempt_latency_p95", "attempt_latency_p99"};
static const char *const visit_names[] = {"visit_latency_p50", "visit_latency_p90",
                                          "visit_latency_p95", "visit_latency_p99"};

/* How much more the mean of a step's times varies between units than that of as many independent
 * ones would; 1 where units say nothing of it. */
static double excess_of(const struct filling *f, uint32_t i, const char *mean,
                        const struct sketch *s)
{
    const struct pair_def *d;
    const struct pair_sums *p = pair_at(f, PAIRS_STEP, i, step_pairs, n_step_pairs, mean, &d);
    double units = (double)f->tally->closed, x = wide_value(&p->x),
           scale = y_scale(f->program, d->scale);
    if (!tally_depends(f->program, i) || units < 2 || !(x > 1))
        return 1;
    double error = pair_error(f, p, wide_value(&p->y) / x) / student(f, units) / scale;
    double alone = sketch_variance(s) / (double)s->n;
    return alone > 0 && isfinite(error) ? fmax(error * error / alone, 1) : 1;
}

static void put_attempt_times(const struct filling *f, uint32_t i)
{
    const struct queue_step *q = &f->program->step[i];
    const struct numbers *n = &q->step->numbers[0];
    if (!q->one_latency) {
        put_step_pair(f, i, "attempt_latency_mean", true);
        const struct sketch *s = &f->tally->step[i].attempts.sketch;
        double excess = s->hot ? excess_of(f, i, "attempt_latency_mean", s) : 1;
        for (int k = 0; k < 4 && s->hot; k++)
            put_quantile_of_clusters(&f->w, attempt_names[k], s, visit_quantiles[k], excess, "s");
        return;
    }
    double mean = dist_capped_moment(&n->latency, n->timeout_s, 1);
    if (isfinite(mean))
        put_exact(&f->w, "attempt_latency_mean", mean, "s");
    for (int k = 0; k < 4; k++)
        put_exact(&f->w, attempt_names[k],
                  fmin(dist_quantile(&n->latency, visit_quantiles[k]), n->timeout_s), "s");
}

static void put_visit_quantiles(const struct filling *f, uint32_t i)
{
    const struct step_values *v = &f->tally->step[i];
    const struct sketch *s = &v->visits.sketch;
    if (!s->hot)
        return;
    if (v->spread[0].n > 0) {
        put_quantiles(f, visit_names, visit_quantiles, VISIT_QUANTILES, s, v->spread, PAIR_TIME);
        return;
    }
    double excess = excess_of(f, i, "visit_latency_mean", s);
    for (int k = 0; k < VISIT_QUANTILES; k++)
        put_quantile_of_clusters(&f->w, visit_names[k], s, visit_quantiles[k], excess, "s");
}

static void put_visit_times(const struct filling *f, uint32_t i)
{
    const struct queue_step *q = &f->program->step[i];
    bool budgeted = false;
    put_step_pair(f, i, "visit_latency_mean", true);
    put_visit_quantiles(f, i);
    for (uint32_t c = 0; c < f->program->n_classes; c++)
        budgeted |= isfinite(q->step->numbers[c].budget_s);
    if (budgeted)
        put_step_pair(f, i, "within_budget", true);
}

static bool leads_to(const struct queue_program *g, uint32_t i, int32_t to)
{
    const struct queue_step *q = &g->step[i];
    for (uint32_t e = 0; e < q->n_edges; e++)
        if (g->edge[q->first_edge + e].to == to)
            return true;
    return false;
}

static void put_rates(const struct filling *f, uint32_t i)
{
    const struct queue_step *q = &f->program->step[i];
    bool any = false;
    for (int k = OUTCOME_WRONG; k <= OUTCOME_TIMEOUT; k++)
        any |= q->can_end[k];
    if (any)
        put_step_pair(f, i, "ok_rate", true);
    else
        put_exact(&f->w, "ok_rate", 1, "1");
    put_step_pair(f, i, "wrong_rate", q->can_end[OUTCOME_WRONG]);
    put_step_pair(f, i, "error_rate", q->can_end[OUTCOME_ERROR]);
    put_step_pair(f, i, "malformed_rate", q->can_end[OUTCOME_MALFORMED]);
    put_step_pair(f, i, "timeout_rate", q->can_end[OUTCOME_TIMEOUT]);
}

static void put_threshold(const struct filling *f, const struct step *s)
{
    for (uint32_t c = 1; c < f->program->n_classes; c++)
        if (s->numbers[c].threshold.value != s->numbers[0].threshold.value)
            return;
    put_exact(&f->w, "threshold", s->numbers[0].threshold.value, "1");
}

static void put_step(const struct filling *whole, uint32_t i)
{
    struct filling own = *whole, *f = &own;
    item_most(f->program->pipeline, &own.most);
    bool alike = own.most.visits == 0;
    step_most(f->program->pipeline, i, !alike, &own.most);
    own.most.visits = alike ? 0 : fmax(own.most.visits, 1);
    own.w.alike = own.most.seconds == 0;
    const struct queue_program *g = f->program;
    const struct queue_step *q = &g->step[i];
    bool makes_attempts = q->step->kind != STEP_PARALLEL;
    put_step_pair(f, i, "visits_per_item", true);
    if (makes_attempts) {
        put_step_pair(f, i, "attempts_per_item", true);
        put_rates(f, i);
    }
    if (q->can_fail) {
        put_step_pair(f, i, "success_rate", true);
        put_step_pair(f, i, "first_try_rate", true);
    } else {
        put_exact(&f->w, "success_rate", 1, "1");
        put_exact(&f->w, "first_try_rate", 1, "1");
    }
    put_step_pair(f, i, "retry_success_rate", true);
    if (makes_attempts)
        put_attempt_times(f, i);
    put_visit_times(f, i);
    put_step_pair(f, i, "exit_ship", leads_to(g, i, TO_SHIP));
    put_step_pair(f, i, "exit_reject", g->can_reject && leads_to(g, i, TO_REJECT));
    put_step_pair(f, i, "exit_fail", leads_to(g, i, TO_FAIL) && (q->can_fail || !q->step->parent));
    if (g->can_abandon)
        put_step_pair(f, i, "exit_abandon", true);
    if (q->step->kind == STEP_CHECK || q->step->kind == STEP_REVIEW)
        put_step_pair(f, i, "caught_rate", q->can_reject[0] || q->can_reject[1]);
    put_step_pair(f, i, "escape_rate", true);
    if (g->has_cost && makes_attempts)
        put_step_pair(f, i, "cost_per_item", true);
    if (q->step->kind == STEP_GATE)
        put_threshold(f, q->step);
}

static const char *place_name(const struct queue_program *g, int32_t to)
{
    return to >= 0           ? g->step[to].step->id
           : to == TO_SHIP   ? "ship"
           : to == TO_REJECT ? "reject"
           : to == TO_FAIL   ? "fail"
                             : "join";
}

static void put_edges(const struct filling *f, uint32_t i, struct result *out)
{
    static const struct pair_def share = {"share", 0, 0, PAIR_SHARE, PAIR_PLAIN, false};
    const struct queue_step *q = &f->program->step[i];
    for (uint32_t e = q->first_edge; e < q->first_edge + q->n_edges; e++) {
        const struct pair_sums *p = &f->tally->pair[tally_pair(f->tally, PAIRS_EDGE, e, 0)];
        if (wide_is_zero(&p->y) && !f->w.options->brief)
            continue;
        struct edge_row row = {.from = q->step->id,
                               .to = place_name(f->program, f->program->edge[e].to),
                               .count = (uint64_t)wide_value(&p->y)};
        struct filling here = *f;
        here.w.to = &row.metrics;
        put_pair(&here, "share", p, &share);
        if (!f->w.options->brief) {
            row.from = result_text(out, "%s", row.from);
            row.to = result_text(out, "%s", row.to);
        }
        vec_push(&out->edges, row);
    }
}

/* --- what is shared */

static void put_resource(const struct filling *f, uint32_t r)
{
    const struct resource *law = &f->program->pipeline->resource[r];
    for (uint32_t k = 0; k < n_desk_pairs; k++) {
        const struct pair_def *d = &desk_pairs[k];
        const struct pair_sums *p = &f->tally->pair[tally_pair(f->tally, PAIRS_DESK, r, k)];
        if (d->y == DESK_IN_TIME && !isfinite(law->answer_within_s))
            continue;
        if (wide_is_zero(&p->y) && ((d->y == DESK_BLOCKED && law->waiting_room == ROOM_UNLIMITED) ||
                                    (d->y == DESK_ABANDONED && !f->program->can_abandon)))
            put_exact(&f->w, d->name, 0, "1");
        else
            put_pair(f, d->name, p, d);
    }
    static const char *const name[] = {"queue_wait_p95"};
    static const double p95[] = {0.95};
    put_quantiles(f, name, p95, 1, &f->tally->wait[r].sketch, &f->tally->wait_p95[r], PAIR_TIME);
}

/* The deviation over horizons of a share of time, all horizons being equally long. */
static void put_availability_sd(const struct filling *f, const struct pair_sums *p)
{
    double n = (double)f->tally->closed, y = wide_value(&p->y) / n, x = wide_value(&p->x) / n;
    if (n < 2 || !(x > 0))
        return;
    double variance = fmax(wide_value(&p->yy) / n - y * y, 0) / (x * x) * n / (n - 1);
    put_deviation(&f->w, "availability_sd", variance, 3 * variance * variance, f->tally->closed,
                  "1", 1);
}

static void put_environment(const struct filling *f, uint32_t e)
{
    const struct pair_sums *p = &f->tally->pair[tally_pair(f->tally, PAIRS_WEATHER, e, 0)];
    put_pair(f, "availability", &p[0], &weather_pairs[0]);
    if (f->tally->n_units > 1)
        return; /* parts of one horizon */
    put_availability_sd(f, &p[0]);
    put_pair(f, "undisturbed", &p[1], &weather_pairs[1]);
}

static void put_shared(struct filling *f, struct result *out)
{
    const struct pipeline *p = f->program->pipeline;
    for (uint32_t r = 0; r < p->n_resources; r++) {
        if (!queue_uses(p, r))
            continue;
        f->w.to = &result_add_row(out, resources, p->resource[r].id)->metrics;
        put_resource(f, r);
    }
    for (uint32_t e = 0; e < p->n_environments; e++) {
        f->w.to = &result_add_row(out, environments, p->environment[e].id)->metrics;
        put_environment(f, e);
    }
    f->w.to = &out->metrics;
    for (uint32_t k = 0; k < n_top_pairs; k++) {
        struct pair_def d = top_pairs[k];
        const struct pair_sums *sums = &f->tally->pair[tally_pair(f->tally, PAIRS_TOP, 0, k)];
        if (wide_is_zero(&sums->y) || (k == 1 && !f->program->has_worth))
            continue;
        double r = wide_value(&sums->y) / wide_value(&sums->x);
        put(f, d.name, r, pair_error(f, sums, r), false, f->tally->closed, f->w.money);
    }
}

void queue_metrics(const struct queue_tally *t, const struct metrics_options *options,
                   struct result *out)
{
    const struct queue_program *g = t->program;
    struct filling f = {
        .tally = t, .program = g, .w = {&out->metrics, options, "$"}
    };
    uint32_t all = tally_all(g);
    put_class(&f, all);
    if (options->means_only)
        return;
    for (uint32_t c = 0; c < all; c++) {
        f.w.to = &result_add_row(out, classes, g->pipeline->class[c].id)->metrics;
        put_class(&f, c);
    }
    for (uint32_t i = 0; t->items > 0 && i < g->n_steps; i++) {
        const struct step *s = g->step[i].step;
        struct row *row = result_add_stage(out, s);
        f.w.to = &row->metrics;
        put_step(&f, i);
        put_edges(&f, i, out);
    }
    if (g->timed)
        put_shared(&f, out);
}
