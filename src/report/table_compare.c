/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Architectures side by side: what each attains, what it differs by, which layers it closes. */
#include "report/cells.h"
#include "report/headline.h"
#include "report/table.h"

#include "model/pipeline.h"
#include "report/format.h"

#include <string.h>

static const char *const compared[] = {
    "steps",       "reliability",   "shipped_error",    "review_load",    "latency_p50",
    "latency_p95", "cost_per_item", "cost_per_correct", "cost_per_month", "net_per_month",
    "gap"};
enum { COMPARED = sizeof compared / sizeof *compared };

static bool any_has(const struct row *rows, size_t n, const char *metric)
{
    for (size_t i = 0; i < n; i++)
        if (metrics_find(&rows[i].metrics, metric))
            return true;
    return false;
}

static struct table *side_by_side(struct document *d, const struct result *r, const char *caption,
                                  const struct row *rows, size_t n, format_fn format)
{
    struct table *t;

    if (n == 0)
        return NULL;
    t = document_table(d, caption);
    table_column(d, t, "architecture", false);
    for (size_t k = 0; k < COMPARED; k++)
        if (any_has(rows, n, compared[k]))
            column_name(d, t, compared[k]);
    for (size_t i = 0; i < n; i++) {
        table_cell(d, t, TONE_PLAIN, rows[i].id);
        for (size_t k = 0; k < COMPARED; k++) {
            const struct metric *m = metrics_find(&rows[i].metrics, compared[k]);
            if (any_has(rows, n, compared[k]))
                cell_metric(d, t, m, r->currency, format);
        }
    }
    return t;
}

struct table *table_alternatives(struct document *d, const struct result *r)
{
    return side_by_side(d, r, "Side by side", r->alternatives.at, r->alternatives.len, format_both);
}

struct table *table_differences(struct document *d, const struct result *r)
{
    struct table *t = side_by_side(d, r, "Differences to the first", r->differences.at,
                                   r->differences.len, format_both);

    if (t)
        t->note = arena_printf(&d->arena, "each less %s",
                               r->alternatives.len ? r->alternatives.at[0].id : "the first");
    return t;
}

static const struct metric *layer_metric(const struct result *r, const char *layer,
                                         const char *alternative, const char *metric)
{
    for (size_t i = 0; i < r->layers.len; i++)
        if (r->layers.at[i].kind && strcmp(r->layers.at[i].id, layer) == 0 &&
            strcmp(r->layers.at[i].kind, alternative) == 0)
            return metrics_find(&r->layers.at[i].metrics, metric);
    return NULL;
}

struct table *table_gap(struct document *d, const struct result *r, const char *metric,
                        const char *caption)
{
    struct table *t;

    if (!r->alternatives.len || !r->layers.len)
        return NULL;
    t = document_table(d, caption);
    table_column(d, t, "architecture", false);
    for (int l = 0; l < LAYER_COUNT; l++)
        table_column(d, t, layer_name((enum layer)l), true);
    table_column(d, t, "gap", true);
    for (size_t i = 0; i < r->alternatives.len; i++) {
        const struct row *row = &r->alternatives.at[i];
        table_cell(d, t, TONE_PLAIN, row->id);
        for (int l = 0; l < LAYER_COUNT; l++)
            cell_metric(d, t, layer_metric(r, layer_name((enum layer)l), row->id, metric),
                        r->currency, format_value);
        cell_metric(d, t, metrics_find(&row->metrics, "gap"), r->currency, format_value);
    }
    return t;
}
