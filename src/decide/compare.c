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

struct metric compare_difference(const struct alternative *before, const struct alternative *after,
                                 size_t metric, const struct metric *was, const struct metric *is)
{
    double r = metric < compared_metrics_count ? compare_correlation(before, after, metric) : 0;

    return metric_difference_of(was, is, r);
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
        struct metric d = compare_difference(first, a, i, base, m);
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

/* --- what does not compare */

bool compare_same_targets(const struct pipeline *a, const struct pipeline *b)
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
    if (!compare_same_targets(p, q))
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
    compare_answer(a, n, out);
}
