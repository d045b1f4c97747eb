/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Differences to the first: model/result.h, with the correlation of the two (compare_pairs.c). */
#include "decide/compare.h"

#include "report/format.h"

#include <math.h>
#include <string.h>

const char *const compared_metrics[] = {
    "reliability",     "shipped_error",         "auto_error",
    "share_failed",    "review_load",           "gap",
    "capability",      "latency_mean",          "latency_p50",
    "latency_p95",     "cost_per_item",         "cost_per_correct",
    "cost_per_month",  "fixed_per_month",       "calls_per_month",
    "units_per_month", "wages_per_month",       "net_per_item",
    "net_per_month",   "full_cost_per_correct",
};
const size_t compared_metrics_count = sizeof compared_metrics / sizeof *compared_metrics;

/* The row's own copy, whose texts are the result's. */
static void add_metric(struct result *out, struct row *row, const struct metric *m)
{
    struct metric *copy =
        metrics_add(&row->metrics, result_text(out, "%s", m->name), m->value, m->low, m->high,
                    m->level, m->n, result_text(out, "%s", m->unit));

    copy->target = m->target ? result_text(out, "%s", m->target) : NULL;
    copy->verdict = m->verdict;
}

/* Prices in another currency than the first's do not stand beside them. */
static bool is_foreign(const struct metric *m, const struct alternative *a,
                       const struct alternative *first)
{
    const char *own = a->result->currency, *theirs = first->result->currency;

    return strcmp(m->unit, "$") == 0 && own && theirs && strcmp(own, theirs);
}

static void add_alternative(struct result *out, const struct alternative *a,
                            const struct alternative *first)
{
    struct row *row = result_add_row(out, alternatives, a->name);

    row->kind = result_text(out, "%s", a->file);
    metrics_add_count(&row->metrics, "steps", a->pipeline->n_steps);
    for (size_t i = 0; i < compared_metrics_count; i++) {
        const struct metric *m = metrics_find(&a->result->metrics, compared_metrics[i]);
        if (m && isfinite(m->value) && !is_foreign(m, a, first))
            add_metric(out, row, m);
    }
    for (size_t i = 0; i < a->result->metrics.list.len; i++) { /* what else a target asks for */
        const struct metric *m = &a->result->metrics.list.at[i];
        if (m->target && !metrics_find(&row->metrics, m->name))
            add_metric(out, row, m);
    }
}

static void add_differences(struct result *out, const struct alternative *first,
                            const struct alternative *a)
{
    struct row *row = result_add_row(out, differences, a->name);

    row->kind = result_text(out, "less %s", first->name);
    for (size_t i = 0; i < compared_metrics_count; i++) {
        const struct metric *m = metrics_find(&a->result->metrics, compared_metrics[i]),
                            *base = metrics_find(&first->result->metrics, compared_metrics[i]);
        if (!m || !base || !isfinite(m->value) || !isfinite(base->value) || is_foreign(m, a, first))
            continue;
        struct metric d = metric_difference_of(base, m, compare_correlation(first, a, i));
        add_metric(out, row, &d);
    }
}

static void add_layers(struct result *out, const struct alternative *a)
{
    for (size_t i = 0; i < a->result->layers.len; i++) {
        const struct row *from = &a->result->layers.at[i];
        struct row *row = result_add_row(out, layers, from->id);
        row->kind = result_text(out, "%s", a->name);
        for (size_t k = 0; k < from->metrics.list.len; k++)
            add_metric(out, row, &from->metrics.list.at[k]);
    }
}

/* --- the answer */

static double value_of(const struct alternative *a, const char *metric, double otherwise)
{
    const struct metric *m = metrics_find(&a->result->metrics, metric);

    return m && isfinite(m->value) ? m->value : otherwise;
}

static const char whole_price[] = "full_cost_per_correct", part_price[] = "cost_per_correct";

/* What a correct item costs: with a month's fixed prices where all of them know it. */
static const char *price_for(const struct alternative *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(value_of(&a[i], whole_price, NAN)))
            return part_price;
    return whole_price;
}

static double price_of(const struct alternative *a, const char *price)
{
    return value_of(a, price, value_of(a, "cost_per_item", INFINITY));
}

/* Fewer steps, then cheaper? */
static bool is_simpler(const struct alternative *a, const struct alternative *b, const char *price)
{
    if (a->pipeline->n_steps != b->pipeline->n_steps)
        return a->pipeline->n_steps < b->pipeline->n_steps;
    return price_of(a, price) < price_of(b, price);
}

/* The first target that is not met, in words: "shipped error 15.4%, not at most 5%". */
static void put_miss(struct buf *out, const struct alternative *a)
{
    for (size_t i = 0; i < a->result->metrics.list.len; i++) {
        const struct metric *m = &a->result->metrics.list.at[i];
        if (!m->target || m->verdict == VERDICT_PASS || m->verdict == VERDICT_NONE)
            continue;
        format_name(out, m->name);
        buf_putc(out, ' ');
        format_value(out, m, a->result->currency);
        buf_printf(out, ", %s %s", m->verdict == VERDICT_NOT_SHOWN ? "not shown to be" : "not",
                   m->target);
        return;
    }
    buf_puts(out, "not all targets are shown");
}

static void put_price(struct buf *out, const struct alternative *a, const char *price)
{
    const struct metric *m = metrics_find(&a->result->metrics, price);

    if (m)
        format_value(out, m, a->result->currency);
    else
        buf_puts(out, "no price");
}

/* Those that meet the objective too, and do more than is asked. */
static void put_more_than_needed(struct buf *out, const struct alternative *a, size_t n,
                                 const struct alternative *chosen)
{
    const char *price = price_for(a, n);
    size_t listed = 0;

    for (size_t i = 0; i < n; i++) {
        if (&a[i] == chosen || a[i].result->passed != PASSED_TRUE)
            continue;
        buf_printf(out, "%s%s (", listed ? ", " : " More than the job needs: ", a[i].name);
        put_price(out, &a[i], price);
        if (listed++ == 0) {
            buf_puts(out, price == whole_price
                              ? " a correct item, fixed prices included, instead of "
                              : " a correct item instead of ");
            put_price(out, chosen, price);
        }
        buf_putc(out, ')');
    }
    buf_puts(out, listed ? "." : "");
}

static void put_misses(struct buf *out, const struct alternative *a, size_t n, const char *lead)
{
    size_t listed = 0;

    for (size_t i = 0; i < n; i++) {
        if (a[i].result->passed == PASSED_TRUE)
            continue;
        buf_printf(out, "%s%s (", listed++ ? "; " : lead, a[i].name);
        put_miss(out, &a[i]);
        buf_putc(out, ')');
    }
    buf_puts(out, listed ? "." : "");
}

static const struct alternative *best_by(const struct alternative *a, size_t n, const char *metric,
                                         double sign)
{
    const struct alternative *best = NULL;

    for (size_t i = 0; i < n; i++) {
        double value = sign * value_of(&a[i], metric, NAN);
        if (isfinite(value) && (!best || value > sign * value_of(best, metric, NAN)))
            best = &a[i];
    }
    return best;
}

static void put_without_objective(struct buf *out, const struct alternative *a, size_t n)
{
    const struct alternative *right = best_by(a, n, "reliability", 1),
                             *cheap = best_by(a, n, price_for(a, n), -1);

    buf_puts(out, "No objective is given (--target).");
    if (right)
        buf_printf(out, " %s is right most often", right->name);
    if (right && cheap && price_of(cheap, price_for(a, n)) > 0)
        buf_printf(out, "; a correct item is cheapest from %s.", cheap->name);
    else
        buf_puts(out, right ? "." : "");
}

/* What is to be `least` or `most`, by the first one's targets; NULL. */
static const struct target *goal_of(const struct alternative *a)
{
    for (uint32_t i = 0; i < a->pipeline->n_targets; i++)
        if (a->pipeline->target[i].kind == TARGET_LEAST ||
            a->pipeline->target[i].kind == TARGET_MOST)
            return &a->pipeline->target[i];
    return NULL;
}

/* The best by the goal, of those that meet all else. */
static void put_best(struct buf *out, const struct alternative *a, size_t n,
                     const struct target *goal)
{
    const struct alternative *best = NULL;
    double sign = goal->kind == TARGET_MOST ? 1 : -1;

    for (size_t i = 0; i < n; i++) {
        double value = sign * value_of(&a[i], goal->metric, NAN);
        if (isfinite(value) && a[i].result->passed != PASSED_FALSE &&
            (!best || value > sign * value_of(best, goal->metric, NAN)))
            best = &a[i];
    }
    if (!best)
        return;
    buf_putc(out, ' ');
    buf_puts(out, goal->kind == TARGET_MOST ? "The most " : "The least ");
    format_name(out, goal->metric);
    buf_printf(out, " is that of %s: ", best->name);
    format_value(out, metrics_find(&best->result->metrics, goal->metric), best->result->currency);
    buf_putc(out, '.');
}

static void answer(const struct alternative *a, size_t n, struct result *out)
{
    const struct target *goal = goal_of(&a[0]);
    const struct alternative *chosen = NULL;
    struct buf sentence = {0};
    bool asked = false;

    for (size_t i = 0; i < n; i++) {
        asked = asked || a[i].result->passed != PASSED_NULL;
        if (a[i].result->passed == PASSED_TRUE &&
            (!chosen || is_simpler(&a[i], chosen, price_for(a, n))))
            chosen = &a[i];
    }
    if (!asked && !goal)
        put_without_objective(&sentence, a, n);
    else if (!asked)
        buf_puts(&sentence, "No bound is given (--target).");
    else if (chosen) {
        buf_printf(&sentence, "The simplest that meets the objective is %s (%u step%s).",
                   chosen->name, chosen->pipeline->n_steps,
                   chosen->pipeline->n_steps == 1 ? "" : "s");
        put_misses(&sentence, a, n, " Not enough: ");
        put_more_than_needed(&sentence, a, n, chosen);
    } else {
        buf_printf(&sentence, "None of the %zu meets the objective: ", n);
        put_misses(&sentence, a, n, "");
    }
    if (goal && (!asked || chosen))
        put_best(&sentence, a, n, goal);
    out->answer = (struct answer){.present = true,
                                  .threshold = NAN,
                                  .bound = NAN,
                                  .level = NAN,
                                  .review_load = NAN,
                                  .risk_value = NAN,
                                  .best_attainable = NAN};
    out->answer.sentence = result_text(out, "%s", buf_text(&sentence));
    out->answer.ending = asked ? chosen ? "met" : "infeasible" : NULL;
    if (asked)
        out->passed = chosen ? PASSED_TRUE : PASSED_FALSE;
    buf_release(&sentence);
}

/* --- what does not compare */

static bool same_targets(const struct pipeline *a, const struct pipeline *b)
{
    bool same = a->n_targets == b->n_targets;

    for (uint32_t i = 0; i < a->n_targets && same; i++)
        same = a->target[i].kind == b->target[i].kind && a->target[i].value == b->target[i].value &&
               strcmp(a->target[i].metric, b->target[i].metric) == 0;
    return same;
}

static void warn_unlike(const struct alternative *first, const struct alternative *a,
                        struct result *out)
{
    const struct pipeline *p = first->pipeline, *q = a->pipeline;
    const char *own = a->result->currency, *theirs = first->result->currency;
    double x = arrivals_rate(&p->arrivals) * 86400, y = arrivals_rate(&q->arrivals) * 86400;

    if (own && theirs && strcmp(own, theirs))
        result_warn(out,
                    "%s: its prices are in %s, those of %s in %s: they are left out, and so are "
                    "differences of them",
                    a->name, own, first->name, theirs);
    if (!same_targets(p, q))
        result_warn(out,
                    "%s: its objective is not that of %s, and each is judged by its own; --target "
                    "sets one for all",
                    a->name, first->name);
    if ((p->arrivals.kind == ARRIVALS_NONE) != (q->arrivals.kind == ARRIVALS_NONE))
        result_warn(out,
                    "%s: %s `arrivals`, and %s has%s: waiting and costs of a month are known of "
                    "one of them alone",
                    a->name, q->arrivals.kind == ARRIVALS_NONE ? "it has no" : "it has",
                    first->name, p->arrivals.kind == ARRIVALS_NONE ? " none" : "");
    else if (fabs(x - y) > 1e-9 * fmax(x, y))
        result_warn(out,
                    "%s: %.4g items a day come to it, to %s %.4g: waiting and costs of a month are "
                    "of different work",
                    a->name, y, first->name, x);
}

void compare_alternatives(const struct alternative *a, size_t n, struct result *out)
{
    for (size_t i = 0; i < n; i++) {
        add_alternative(out, &a[i], &a[0]);
        if (i > 0) {
            add_differences(out, &a[0], &a[i]);
            warn_unlike(&a[0], &a[i], out);
        }
        add_layers(out, &a[i]);
        for (size_t k = 0; k < a[i].result->warnings.len; k++)
            result_warn(out, "%s: %s", a[i].name, a[i].result->warnings.at[k]);
    }
    answer(a, n, out);
}
