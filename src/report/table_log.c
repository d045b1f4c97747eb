/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What logs are held against: objectives, a baseline, tasks that were run again, judged documents.
 */
#include "report/table.h"

#include "report/cells.h"
#include "report/format.h"
#include "report/headline.h"

#include <math.h>
#include <string.h>

enum { CALM_SHOWN = 5 };

/* The rows of an objective's windows, or of the objectives. */
static void cell_of(struct document *d, struct table *t, const struct row *row, const char *name,
                    format_fn format)
{
    cell_metric(d, t, metrics_find(&row->metrics, name), NULL, format);
}

struct table *table_objectives(struct document *d, const struct result *r)
{
    if (!r->objectives.len)
        return NULL;
    struct table *t = document_table(d, "Objectives");
    table_column(d, t, "objective", false);
    table_column(d, t, "attained", true);
    table_column(d, t, "bad", true);
    table_column(d, t, "of", true);
    table_column(d, t, "budget spent", true);
    table_column(d, t, "verdict", false);
    for (size_t i = 0; i < r->objectives.len; i++) {
        const struct row *row = &r->objectives.at[i];
        const struct metric *m = metrics_find(&row->metrics, "attainment"),
                            *spent = metrics_find(&row->metrics, "budget_spent");
        table_cell(d, t, TONE_PLAIN, row->id);
        cell_metric(d, t, m, NULL, format_both);
        cell_of(d, t, row, "bad", format_value);
        cell_of(d, t, row, "events", format_value);
        table_cell(d, t, TONE_PLAIN,
                   spent ? arena_printf(&d->arena, "%.3g%%", 100 * spent->value) : "");
        table_cell(d, t, m ? headline_tone(m->verdict) : TONE_PLAIN,
                   m && m->verdict != VERDICT_NONE ? verdict_name(m->verdict) : "not shown");
    }
    return t;
}

struct table *table_windows(struct document *d, const struct result *r)
{
    if (!r->windows.len)
        return NULL;
    struct table *t = document_table(d, "Worst windows, and where the budget burns too fast");
    table_column(d, t, "objective", false);
    table_column(d, t, "why", false);
    table_column(d, t, "from", false);
    table_column(d, t, "attained", true);
    table_column(d, t, "of", true);
    table_column(d, t, "burn", true);
    for (size_t i = 0; i < r->windows.len; i++) {
        const struct row *row = &r->windows.at[i];
        table_cell(d, t, TONE_PLAIN, row->id);
        table_cell(d, t, TONE_PLAIN, row->kind ? row->kind : "");
        cell_of(d, t, row, "from", format_value);
        cell_of(d, t, row, "attainment", format_value);
        cell_of(d, t, row, "events", format_value);
        const struct metric *burn = metrics_find(&row->metrics, "burn_rate");
        table_cell(d, t, TONE_PLAIN, burn ? arena_printf(&d->arena, "%.3g", burn->value) : "");
    }
    return t;
}

struct table *table_time(struct document *d, const struct result *r)
{
    double rest = 1;
    for (size_t i = 0; i < r->stages.len; i++) {
        const struct metric *m = metrics_find(&r->stages.at[i].metrics, "critical_share");
        rest -= m ? m->value : 0;
    }
    if (rest == 1)
        return NULL;
    struct table *t = document_table(d, "Where the time of items goes: their critical paths");
    struct metric in_none = {
        .name = "critical_share", .value = fmax(rest, 0), .low = NAN, .high = NAN, .unit = "1"};
    table_column(d, t, "stage", false);
    table_column(d, t, "share of the time", true);
    table_column(d, t, "within its budget", true);
    for (size_t i = 0; i < r->stages.len; i++) {
        cell_row(d, t, &r->stages.at[i]);
        cell_of(d, t, &r->stages.at[i], "critical_share", format_both);
        cell_of(d, t, &r->stages.at[i], "within_budget", format_both);
    }
    table_cell(d, t, TONE_PLAIN, "(in no stage)");
    cell_metric(d, t, &in_none, NULL, format_value);
    table_cell(d, t, TONE_PLAIN, "");
    return t;
}

/* A metric of a change, as one of what changed. */
static void cell_change(struct document *d, struct table *t, const struct row *row,
                        const char *name)
{
    const struct metric *m = metrics_find(&row->metrics, name);
    struct metric shown;
    if (m) {
        shown = *m;
        shown.name = row->kind ? row->kind : m->name;
    }
    cell_metric(d, t, m ? &shown : NULL, NULL, format_value);
}

/* "5% → 14% above 212 ms" */
static void cell_cut(struct document *d, struct table *t, const struct row *row)
{
    const struct metric *cut = metrics_find(&row->metrics, "cut"),
                        *before = metrics_find(&row->metrics, "above_before"),
                        *now = metrics_find(&row->metrics, "above_now");
    struct buf text;
    buf_init(&text);
    if (cut && before && now) {
        buf_printf(&text, "%.3g%% → %.3g%% above ", 100 * before->value, 100 * now->value);
        format_value(&text, cut, NULL);
    }
    table_cell(d, t, TONE_PLAIN, buf_text(&text));
    buf_release(&text);
}

static void cell_evidence(struct document *d, struct table *t, const struct row *row)
{
    const struct metric *e = metrics_find(&row->metrics, "evidence");
    bool alarm = e && e->verdict == VERDICT_FAIL;
    const char *text = !e                ? ""
                       : e->value >= 3.5 ? arena_printf(&d->arena, "10^%.0f", e->value)
                       : e->value > 1e-9 ? arena_printf(&d->arena, "%.3g", pow(10, e->value))
                                         : "1";
    table_cell(d, t, alarm ? TONE_BAD : TONE_PLAIN, text);
}

/* The time since when, or the number of the label where no times are known. */
static void cell_since(struct document *d, struct table *t, const struct row *row)
{
    const struct metric *time = metrics_find(&row->metrics, "since"),
                        *label = metrics_find(&row->metrics, "since_label");
    if (time || !label)
        cell_metric(d, t, time, NULL, format_value);
    else
        table_cell(d, t, TONE_PLAIN, arena_printf(&d->arena, "label %.0f", label->value));
}

struct table *table_changes(struct document *d, const struct result *r, bool all)
{
    size_t calm = 0;
    if (!r->changes.len)
        return NULL;
    struct table *t = document_table(d, "Changes, the strongest evidence first");
    table_column(d, t, "stage", false);
    table_column(d, t, "what", false);
    table_column(d, t, "before", true);
    table_column(d, t, "now", true);
    table_column(d, t, "e-value", true);
    table_column(d, t, "since", false);
    if (all)
        table_column(d, t, "most different", false);
    for (size_t i = 0; i < r->changes.len; i++) {
        const struct row *row = &r->changes.at[i];
        if (!metrics_find(&row->metrics, "since") && !all && calm++ >= CALM_SHOWN)
            continue;
        table_cell(d, t, TONE_PLAIN, *row->id ? row->id : "(items)");
        const char *what = row->kind ? row->kind : "";
        cell_name(d, t, strncmp(what, "attempt_", 8) ? what : what + 8);
        cell_change(d, t, row, "before");
        cell_change(d, t, row, "now");
        cell_evidence(d, t, row);
        cell_since(d, t, row);
        if (all)
            cell_cut(d, t, row);
    }
    t->note = calm > CALM_SHOWN ? arena_printf(&d->arena,
                                               "An alarm says since when. %zu "
                                               "further numbers: --json",
                                               calm - CALM_SHOWN)
                                : "An alarm says since when.";
    return t;
}

/* --- repeated tasks, retrieval: curves over k */

static const struct point *point_at(const struct curve *c, double x)
{
    for (size_t i = 0; c && i < c->points.len; i++)
        if (c->points.at[i].x == x)
            return &c->points.at[i];
    return NULL;
}

static void cell_share(struct document *d, struct table *t, const struct point *p)
{
    struct metric m = {.name = "success_rate", .level = 0.95, .unit = "1"};
    if (p) {
        m.value = p->y;
        m.low = p->low;
        m.high = p->high;
    }
    cell_metric(d, t, p ? &m : NULL, NULL, format_both);
}

struct table *table_tasks(struct document *d, const struct result *r)
{
    const struct curve *one = result_curve(r, "pass_at_k"), *all = result_curve(r, "pass_all_k");
    if (!one || !all)
        return NULL;
    struct table *t = document_table(d, "Of k runs of a task");
    table_column(d, t, "k", true);
    table_column(d, t, "one at least is right (pass@k)", true);
    table_column(d, t, "all are right (pass^k)", true);
    for (size_t i = 0; i < one->points.len; i++) {
        cell_number(d, t, one->points.at[i].x, 3);
        cell_share(d, t, &one->points.at[i]);
        cell_share(d, t, point_at(all, one->points.at[i].x));
    }
    return t;
}

struct table *table_retrieval(struct document *d, const struct result *r)
{
    struct table *t = NULL;
    for (size_t i = 0; i < r->curves.len; i++) {
        const struct curve *c = &r->curves.at[i];
        const struct metric *mrr = NULL;
        if (strcmp(c->id, "recall_at_k") || !c->resource)
            continue;
        for (size_t k = 0; k < r->names.len && !mrr; k++)
            if (!strcmp(r->names.at[k].id, c->resource))
                mrr = metrics_find(&r->names.at[k].metrics, "mrr");
        if (!t) {
            t = document_table(d, "Retrieval: recall of the relevant documents");
            table_column(d, t, "span name", false);
            table_column(d, t, "first", true);
            table_column(d, t, "first 5", true);
            table_column(d, t, "first 10", true);
            table_column(d, t, "reciprocal rank", true);
        }
        table_cell(d, t, TONE_PLAIN, c->resource);
        cell_share(d, t, point_at(c, 1));
        cell_share(d, t, point_at(c, 5));
        cell_share(d, t, point_at(c, 10));
        cell_metric(d, t, mrr, NULL, format_both);
    }
    return t;
}
