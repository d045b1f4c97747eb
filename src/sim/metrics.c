/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and definitions are those of the metric table (model/result_metrics); this file only says
 * which counters each is made of. */
#include "sim/metrics.h"

#include "sim/batch.h"
#include "sim/curve.h"
#include "sim/estimate.h"
#include "sim/exact/chain.h"
#include "sim/most.h"

#include <math.h>

struct quantile {
    const char *name, *all_name;
    double p;
};
static const struct quantile latency_quantiles[] = {
    {"latency_p50",  "latency_all_p50",  0.5  },
    {"latency_p90",  "latency_all_p90",  0.9  },
    {"latency_p95",  "latency_all_p95",  0.95 },
    {"latency_p99",  "latency_all_p99",  0.99 },
    {"latency_p999", "latency_all_p999", 0.999}
};
enum { LATENCY_QUANTILES = sizeof latency_quantiles / sizeof *latency_quantiles };

static const struct quantile step_quantiles[] = {
    {"attempt_latency_p50", "visit_latency_p50", 0.5 },
    {"attempt_latency_p90", "visit_latency_p90", 0.9 },
    {"attempt_latency_p95", "visit_latency_p95", 0.95},
    {"attempt_latency_p99", "visit_latency_p99", 0.99}
};
enum { STEP_QUANTILES = sizeof step_quantiles / sizeof *step_quantiles };

/* --- the top level and classes */

/* Rounding leaves a trace of variance where all values are equal. */
static double variance_above(const struct moments *m, double relative)
{
    double variance = moments_variance(m), mean = moments_mean(m);
    return variance > relative * mean * mean ? variance : 0;
}

static void put_shares(const struct writer *w, const struct program *g, const struct class_tally *c)
{
    uint64_t shipped = c->correct + c->wrong;
    put_share(w, "reliability", c->correct, c->n);
    put_share_if(w, "share_wrong", g->can_be_bad, c->wrong, c->n);
    put_share_if(w, "share_rejected", g->can_reject, c->rejected, c->n);
    put_share_if(w, "share_failed", g->can_fail, c->failed, c->n);
    put_share(w, "completion", shipped, c->n);
    put_share_if(w, "shipped_error", g->can_be_bad, c->wrong, shipped);
    put_share_if(w, "auto_error", g->can_be_bad, c->auto_wrong, c->auto_shipped);
    put_share_if(w, "review_load", g->has_review, c->reviewed, c->n);
    double visits = c->reviews.n ? moments_mean(&c->reviews) : 0;
    put_mean(w, "reviews_per_item", visits, variance_above(&c->reviews, 1e-17), c->n, "1",
             g->has_review ? 1 : 0);
    put_share_if(w, "review_precision", g->can_be_bad, c->reviewed_bad, c->reviewed);
}

/* Mean, deviation and quantiles of times; `scale` is that of the moments. */
static void put_times(const struct writer *w, const struct moments *m, const struct sketch *s,
                      double scale, double most, bool all)
{
    const char *mean_name = all ? "latency_all_mean" : "latency_mean";
    const char *sd_name = all ? "latency_all_sd" : "latency_sd";
    struct writer here = *w, *of = &here;
    here.alike = most == 0;
    if (m->n == 0)
        return;
    if (s->n == 0) { /* no time passes anywhere */
        put_exact(w, mean_name, 0, "s");
        put_exact(w, sd_name, 0, "s");
        for (int k = 0; k < LATENCY_QUANTILES; k++) {
            const struct quantile *q = &latency_quantiles[k];
            put_exact(w, all ? q->all_name : q->name, 0, "s");
        }
        return;
    }
    double mean = moments_mean(m) / scale;
    double variance = s->min == s->max ? 0 : moments_variance(m) / (scale * scale);
    put_mean(w, mean_name, mean, variance, m->n, "s", most);
    if (w->options->means_only)
        return;
    put_deviation(w, sd_name, variance, sketch_fourth(s, mean), m->n, "s", most);
    for (int k = 0; k < LATENCY_QUANTILES; k++) {
        const struct quantile *q = &latency_quantiles[k];
        put_quantile(of, all ? q->all_name : q->name, s, q->p, "s");
    }
}

static void put_latencies(const struct writer *w, const struct program *g,
                          const struct class_tally *c, const struct item_most *most)
{
    put_times(w, &c->shipped_time, &c->shipped, g->time_scale, most->shipped_s, false);
    if (w->options->means_only)
        return;
    struct moments time = c->shipped_time;
    moments_merge(&time, &c->unshipped_time);
    if (c->unshipped.n == 0) {
        put_times(w, &time, &c->shipped, g->time_scale, most->seconds, true);
    } else if (c->shipped.n == 0) {
        put_times(w, &time, &c->unshipped, g->time_scale, most->seconds, true);
    } else {
        struct sketch all;
        sketch_init(&all);
        sketch_merge(&all, &c->shipped);
        sketch_merge(&all, &c->unshipped);
        put_times(w, &time, &all, g->time_scale, most->seconds, true);
        sketch_release(&all);
    }
    if (isfinite(g->pipeline->deadline_s))
        put_share(w, "slo_attainment", c->in_deadline, c->n);
}

/* E[cost] / P(correct) over pairs (cost, is correct). */
static void put_cost_per_correct(const struct writer *w, const struct class_tally *c, double mean,
                                 double variance, double scale, double most)
{
    double n = (double)c->n, p = (double)c->correct / n;
    double joint = moments_mean(&c->correct_cost) / scale, unbias = n > 1 ? n / (n - 1) : 1;
    struct pair_moments m = {.mean_y = mean,
                             .mean_x = p,
                             .var_y = variance,
                             .var_x = p * (1 - p) * unbias,
                             .cov = (joint - mean * p) * unbias,
                             .n = c->n};
    put_ratio(w, "cost_per_correct", &m, w->money, most);
}

static void put_costs(const struct writer *w, const struct program *g, const struct class_tally *c,
                      const struct item_most *most)
{
    double scale = g->cost_scale;
    if (g->has_cost) {
        double mean = moments_mean(&c->cost) / scale;
        double variance =
            c->costs.min == c->costs.max ? 0 : moments_variance(&c->cost) / (scale * scale);
        put_mean(w, "cost_per_item", mean, variance, c->n, w->money, most->cost);
        put_cost_per_correct(w, c, mean, variance, scale,
                             most->net > 0 ? fmax(most->cost, mean) : most->cost);
        if (!w->options->means_only) {
            put_deviation(w, "cost_sd", variance, sketch_fourth(&c->costs, mean), c->n, w->money,
                          most->cost);
            put_quantile(w, "cost_p95", &c->costs, 0.95, w->money);
            put_quantile(w, "cost_p99", &c->costs, 0.99, w->money);
        }
    }
    if (isfinite(g->pipeline->budget))
        put_share(w, "budget_attainment", c->in_budget, c->n);
    if (g->has_worth)
        put_mean(w, "net_per_item", moments_mean(&c->net) / scale,
                 variance_above(&c->net, 1e-13) / (scale * scale), c->n, w->money, most->net);
}

static void put_visits(const struct writer *w, const struct class_tally *c, double most)
{
    double m1 = moments_mean(&c->visits), variance = variance_above(&c->visits, 1e-17);
    double m2 = moments_mean(&c->visits2), m3 = moments_mean(&c->visits3), n = (double)c->n;
    double m4 = moments_variance(&c->visits2) * (n - 1) / n + m2 * m2;
    double fourth = m4 - 4 * m1 * m3 + 6 * m1 * m1 * m2 - 3 * m1 * m1 * m1 * m1;
    put_mean(w, "visits_mean", m1, variance, c->n, "1", most);
    put_deviation(w, "visits_sd", variance, fmax(fourth, 0), c->n, "1", most);
}

static void put_class(const struct writer *w, const struct program *g, const struct class_tally *c,
                      uint32_t class)
{
    if (c->n == 0)
        return;
    struct item_most most;
    item_most(g->pipeline, &most);
    put_shares(w, g, c);
    put_latencies(w, g, c, &most);
    put_visits(w, c, most.visits);
    put_costs(w, g, c, &most);
    put_gap(w, g->pipeline, class);
}

/* --- steps */

/* Attempts of all kinds of items together. */
static struct plan_tally all_plans(const struct tally *t, const struct step_plan *s)
{
    struct plan_tally sum = {0};
    for (uint32_t k = 0; k < s->n_plans; k++) {
        const struct plan_tally *p = &t->plan[s->first_plan + k];
        sum.attempts += p->attempts;
        sum.squares += s->attempt_row >= 0 ? p->squares : p->attempts;
        for (int e = 0; e < TRY_COUNT; e++)
            sum.end[e] += p->end[e];
    }
    return sum;
}

static double variance_of(double sum, double squares, uint64_t n)
{
    double count = (double)n;
    return n > 1 ? fmax(squares - sum * sum / count, 0) / (count - 1) : 0;
}

static void put_counts(const struct writer *w, const struct step_tally *s, uint32_t i,
                       const struct step_plan *plan, const struct plan_tally *all, uint64_t n,
                       const struct item_most *most)
{
    double visits = (double)s->visits, attempts = (double)all->attempts, items = (double)n;
    double squares = plan->visit_row >= 0 ? (double)s->squares : visits;
    if (plan->visit_row < 0 && (i > 0 || s->visits < n))
        put_share(w, "visits_per_item", s->visits, n);
    else
        put_mean(w, "visits_per_item", visits / items, variance_of(visits, squares, n), n, "1",
                 most->visits);
    if (plan->attempt_row < 0 && (i > 0 || all->attempts < n))
        put_share(w, "attempts_per_item", all->attempts, n);
    else
        put_mean(w, "attempts_per_item", attempts / items,
                 variance_of(attempts, (double)all->squares, n), n, "1", most->attempts);
}

/* Which ways to end have a probability above 0 for some kind of item. */
struct possible {
    bool wrong, error, malformed, late, fail;
};

static struct possible possible_ends(const struct step_plan *s)
{
    struct possible can = {false};
    for (uint32_t k = 0; k < s->n_plans; k++) {
        const struct numbers *n = s->plan[k].numbers;
        can.wrong |= n->wrong.value > 0;
        can.error |= n->error.value > 0;
        can.malformed |= n->malformed.value > 0;
        can.late |= s->plan[k].can_be_late;
        can.fail |= s->plan[k].can_fail;
    }
    return can;
}

static void put_rates(const struct writer *w, const struct step_tally *s,
                      const struct step_plan *plan, const struct plan_tally *all)
{
    const struct possible can = possible_ends(plan);
    uint64_t n = 0; /* answers: calls that a hedge cancelled give none */
    for (int e = 0; e < TRY_COUNT; e++)
        n += all->end[e];
    if (n == 0)
        return;
    if (can.wrong || can.error || can.malformed || can.late)
        put_share(w, "ok_rate", all->end[TRY_OK] + all->end[TRY_REPAIRED], n);
    else
        put_exact(w, "ok_rate", 1, "1");
    put_share_if(w, "wrong_rate", can.wrong, all->end[TRY_WRONG], n);
    put_share_if(w, "error_rate", can.error, all->end[TRY_ERROR], n);
    put_share_if(w, "malformed_rate", can.malformed, all->end[TRY_SEEN] + all->end[TRY_UNSEEN], n);
    put_share_if(w, "timeout_rate", can.late, all->end[TRY_LATE], n);
    if (can.fail) {
        put_share(w, "success_rate", s->ok, s->visits);
        put_share(w, "first_try_rate", s->first_ok, s->visits);
    } else {
        put_exact(w, "success_rate", 1, "1");
        put_exact(w, "first_try_rate", 1, "1");
    }
    put_share(w, "retry_success_rate", s->retried_ok, s->retried);
}

static void put_exact_times(const struct writer *w, const struct plan *c, bool visit)
{
    const struct numbers *n = c->numbers;
    double mean = dist_capped_moment(&n->latency, n->timeout_s, 1);
    if (isfinite(mean))
        put_exact(w, visit ? "visit_latency_mean" : "attempt_latency_mean", mean, "s");
    for (int k = 0; k < STEP_QUANTILES; k++) {
        const struct quantile *q = &step_quantiles[k];
        put_exact(w, visit ? q->all_name : q->name,
                  fmin(dist_quantile(&n->latency, q->p), n->timeout_s), "s");
    }
}

static void put_seen_times(const struct writer *w, const struct sketch *s, bool visit)
{
    for (int k = 0; k < STEP_QUANTILES; k++) {
        const struct quantile *q = &step_quantiles[k];
        put_quantile(w, visit ? q->all_name : q->name, s, q->p, "s");
    }
}

/* What an attempt takes is known where all items share it and none is cancelled, and so is a visit
 * of one attempt; others are those of the sampled blocks. */
static void put_step_times(const struct writer *w, const struct program *g,
                           const struct step_tally *s, const struct step_plan *plan, double most)
{
    if (!s->attempt_times.hot)
        put_exact_times(w, &plan->plan[0], false);
    else
        put_seen_times(w, &s->attempt_times, false);
    if (!s->visit_times.hot) {
        put_exact_times(w, &plan->plan[0], true);
    } else {
        double scale = g->time_scale;
        put_mean(w, "visit_latency_mean", moments_mean(&s->visit_time) / scale,
                 s->visit_times.min == s->visit_times.max
                     ? 0
                     : moments_variance(&s->visit_time) / (scale * scale),
                 s->visit_time.n, "s", most);
        put_seen_times(w, &s->visit_times, true);
    }
    if (plan->budgeted)
        put_share(w, "within_budget", s->in_budget, s->visits);
}

static void put_step_cost(const struct writer *w, const struct tally *t,
                          const struct step_plan *plan, uint64_t n, double most)
{
    double sum = 0, squares = 0;
    for (uint32_t k = 0; k < plan->n_plans; k++) {
        const struct plan_tally *p = &t->plan[plan->first_plan + k];
        double each = plan->plan[k].cost;
        sum += each * (double)p->attempts;
        squares += each * each * (double)(plan->attempt_row >= 0 ? p->squares : p->attempts);
    }
    put_mean(w, "cost_per_item", sum / (double)n, variance_of(sum, squares, n), n, w->money, most);
}

static void put_threshold(const struct writer *w, const struct step *s, uint32_t n_classes)
{
    for (uint32_t c = 1; c < n_classes; c++)
        if (s->numbers[c].threshold.value != s->numbers[0].threshold.value)
            return;
    put_exact(w, "threshold", s->numbers[0].threshold.value, "1");
}

static bool leads_to(const struct program *g, uint32_t step, int32_t to)
{
    for (uint32_t k = 0; k < rules_starts(&g->rules, step); k++)
        for (int32_t r = rules_start(&g->rules, step, k); r >= 0; r = g->rules.route[r].otherwise)
            if (g->rules.route[r].to == to)
                return true;
    return false;
}

static void put_step(const struct writer *w, const struct tally *t, uint32_t i, uint64_t n)
{
    const struct program *g = t->program;
    const struct step_plan *plan = &g->step[i];
    const struct step_tally *s = &t->step[i];
    struct plan_tally all = all_plans(t, plan);
    struct item_most most;
    item_most(g->pipeline, &most);
    bool alike = most.visits == 0;
    step_most(g->pipeline, i, !alike && (i > 0 || plan->revisited), &most);
    most.visits = alike ? 0 : 1; /* whether an item comes here is told by the others */
    put_counts(w, s, i, plan, &all, n, &most);
    put_rates(w, s, plan, &all);
    put_step_times(w, g, s, plan, most.seconds);
    put_share_if(w, "exit_ship", leads_to(g, i, TO_SHIP), s->ship, n);
    put_share_if(w, "exit_reject", leads_to(g, i, TO_REJECT), s->reject, n);
    put_share_if(w, "exit_fail", leads_to(g, i, TO_FAIL), s->fail, n);
    if (plan->kind == STEP_CHECK || plan->kind == STEP_REVIEW)
        put_share(w, "caught_rate", s->caught, s->visits);
    put_share(w, "escape_rate", s->bad_shipped, s->bad);
    if (g->has_cost)
        put_step_cost(w, t, plan, n, most.cost);
    if (plan->kind == STEP_GATE)
        put_threshold(w, plan->step, g->n_classes);
}

/* --- edges: routes of a step that lead to the same place are one */

static const char *place_name(const struct program *g, int32_t to)
{
    if (to >= 0)
        return g->step[to].step->id;
    return to == TO_SHIP ? "ship" : to == TO_REJECT ? "reject" : "fail";
}

struct edge_count {
    int32_t to;
    uint64_t n;
};

static void put_edges(const struct tally *t, uint32_t step, const struct metrics_options *options,
                      struct result *out)
{
    const struct rules *rules = &t->program->rules;
    VEC(struct edge_count) edges = {0};
    for (uint32_t k = 0; k < rules_starts(rules, step); k++) {
        for (int32_t r = rules_start(rules, step, k); r >= 0; r = rules->route[r].otherwise) {
            size_t e = 0;
            while (e < edges.len && edges.at[e].to != rules->route[r].to)
                e++;
            if (e == edges.len)
                vec_push(&edges, ((struct edge_count){rules->route[r].to, 0}));
            edges.at[e].n += t->route[r];
        }
    }
    for (size_t e = 0; e < edges.len; e++) {
        if (edges.at[e].n == 0 && !options->brief)
            continue;
        struct edge_row row = {.from = t->program->step[step].step->id,
                               .to = place_name(t->program, edges.at[e].to),
                               .count = edges.at[e].n};
        struct writer w = {&row.metrics, options, "$"};
        put_share(&w, "share", edges.at[e].n, t->step[step].visits);
        if (!options->brief) {
            row.from = result_text(out, "%s", row.from);
            row.to = result_text(out, "%s", row.to);
        }
        vec_push(&out->edges, row);
    }
    vec_release(&edges);
}

/* --- words */

static void say(const struct tally *t, const struct class_tally *all, struct result *out)
{
    const struct program *g = t->program;
    bool sampled = false, judged = false, hedged = false;
    if (t->endless > 0)
        result_warn(out,
                    "%llu of %llu items were ended by the guard of loops without a bound (%d "
                    "visits of one item) and count as failed",
                    (unsigned long long)t->endless, (unsigned long long)all->n, VISITS_MAX);
    for (uint32_t i = 0; i < g->n_steps; i++) {
        sampled |= t->step[i].visit_times.hot != NULL;
        hedged |= g->step[i].step->hedge_copies > 0;
        judged |= g->step[i].kind == STEP_CHECK || g->step[i].kind == STEP_REVIEW;
    }
    if (sampled)
        result_assume(out,
                      "visit_latency of steps with retries is measured on every %dth block of "
                      "items, and its n says on how many visits",
                      SAMPLE_EVERY);
    if (hedged)
        say_hedged(out);
    if (judged)
        result_assume(out, "caught_rate counts what a check or reviewer rejects, mends or spoils");
}

void metrics_fill(const struct tally *t, const struct metrics_options *options, struct result *out)
{
    const struct program *g = t->program;
    struct class_tally sum, *all = &t->class[0];
    struct writer w = {&out->metrics, options, "$"};
    if (g->n_classes > 1) {
        all = &sum;
        class_tally_init(all);
        for (uint32_t c = 0; c < g->n_classes; c++)
            class_tally_merge(all, &t->class[c]);
    }
    put_class(&w, g, all, g->n_classes);
    bool whole = !options->means_only;
    for (uint32_t c = 0; whole && g->n_classes > 1 && c < g->n_classes; c++) {
        w.to = &result_add_row(out, classes, g->pipeline->class[c].id)->metrics;
        put_class(&w, g, &t->class[c], c);
    }
    for (uint32_t i = 0; whole && all->n > 0 && i < g->n_steps; i++) {
        const struct step *s = g->step[i].step;
        struct row *row = result_add_stage(out, s);
        w.to = &row->metrics;
        put_step(&w, t, i, all->n);
        put_edges(t, i, options, out);
    }
    if (whole && !options->brief) {
        curve_latency(&all->shipped, options->level, out);
        say(t, all, out);
    }
    if (g->n_classes > 1)
        class_tally_release(all);
}
