/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Architectures side by side: what each attains, what it differs by, which layers it closes. */
#include "report/cells.h"
#include "report/headline.h"
#include "report/table.h"

#include "model/pipeline.h"
#include "report/format.h"

#include <string.h>

static const char *const compared[] = {
    "steps",          "reliability",   "shipped_error", "review_load",
    "latency_p50",    "latency_p95",   "cost_per_item", "cost_per_correct",
    "cost_per_month", "net_per_month", "gap",           NULL};
/* The parts of cost_per_month, and what they come to for a correct item. */
static const char *const costs[] = {"fixed_per_month",
                                    "calls_per_month",
                                    "units_per_month",
                                    "wages_per_month",
                                    "cost_per_month",
                                    "full_cost_per_correct",
                                    NULL};

/* Does any row have it, and other than 0 where it is money? */
static bool any_has(const struct row *rows, size_t n, const char *metric)
{
    for (size_t i = 0; i < n; i++) {
        const struct metric *m = metrics_find(&rows[i].metrics, metric);
        if (m && (strcmp(m->unit, "$") || m->value != 0))
            return true;
    }
    return false;
}

static struct table *side_by_side(struct document *d, const struct result *r, const char *caption,
                                  const struct row *rows, size_t n, const char *const *names)
{
    struct table *t;

    if (n == 0)
        return NULL;
    t = document_table(d, caption);
    table_column(d, t, "architecture", false);
    for (size_t k = 0; names[k]; k++)
        if (any_has(rows, n, names[k]))
            column_name(d, t, names[k]);
    for (size_t i = 0; i < n; i++) {
        table_cell(d, t, TONE_PLAIN, rows[i].id);
        for (size_t k = 0; names[k]; k++)
            if (any_has(rows, n, names[k]))
                cell_metric(d, t, metrics_find(&rows[i].metrics, names[k]), r->currency,
                            format_both);
    }
    return t;
}

struct table *table_alternatives(struct document *d, const struct result *r)
{
    return side_by_side(d, r, "Side by side", r->alternatives.at, r->alternatives.len, compared);
}

struct table *table_alternative_costs(struct document *d, const struct result *r)
{
    struct table *t;

    if (!any_has(r->alternatives.at, r->alternatives.len, "cost_per_month"))
        return NULL;
    t = side_by_side(d, r, "What a month costs", r->alternatives.at, r->alternatives.len, costs);
    t->note =
        arena_strdup(&d->arena, "fixed prices; calls; what is paid by the unit, as seconds of "
                                "footage; people; full cost: of a month, for each correct "
                                "item");
    return t;
}

struct table *table_differences(struct document *d, const struct result *r)
{
    struct table *t = side_by_side(d, r, "Differences to the first", r->differences.at,
                                   r->differences.len, compared);

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

/* What the model makes is nothing that another layer could be left with: `closes` is not told of
 * it.
 */
static bool gap_shows(const struct result *r, enum layer layer, const char *metric)
{
    bool any = false;

    if (layer == LAYER_MODEL && strcmp(metric, "closes") == 0)
        return false;
    for (size_t i = 0; i < r->alternatives.len; i++)
        any = any || layer_metric(r, layer_name(layer), r->alternatives.at[i].id, metric);
    return any;
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
        if (gap_shows(r, (enum layer)l, metric))
            table_column(d, t, layer_name((enum layer)l), true);
    table_column(d, t, "gap", true);
    for (size_t i = 0; i < r->alternatives.len; i++) {
        const struct row *row = &r->alternatives.at[i];
        table_cell(d, t, TONE_PLAIN, row->id);
        for (int l = 0; l < LAYER_COUNT; l++)
            if (gap_shows(r, (enum layer)l, metric))
                cell_metric(d, t, layer_metric(r, layer_name((enum layer)l), row->id, metric),
                            r->currency, format_both);
        cell_metric(d, t, metrics_find(&row->metrics, "gap"), r->currency, format_both);
    }
    if (strcmp(metric, "closes") == 0)
        t->note = arena_strdup(&d->arena, "what reliability falls by without the layer; below 0 it "
                                          "would rise");
    return t;
}
