/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Labels and audits that are still to come, one table for each kind of row of a plan. */
#include "report/table.h"

#include "report/cells.h"
#include "report/format.h"

#include <math.h>
#include <string.h>

static bool is_kind(const struct row *row, const char *kind)
{
    return row->kind && !strcmp(row->kind, kind);
}

static double value_of(const struct row *row, const char *name)
{
    const struct metric *m = metrics_find(&row->metrics, name);
    return m ? m->value : NAN;
}

static const struct row *first_of(const struct result *r, const char *kind)
{
    for (size_t i = 0; i < r->plan.len; i++)
        if (is_kind(&r->plan.at[i], kind))
            return &r->plan.at[i];
    return NULL;
}

static const char *share(struct document *d, double p)
{
    return arena_printf(&d->arena, "%.4g%%", 100 * p);
}

static const char *count(struct document *d, double n)
{
    struct buf b;
    buf_init(&b);
    if (isfinite(n))
        units_put_count(&b, (uint64_t)n);
    const char *text = arena_strdup(&d->arena, buf_text(&b));
    buf_release(&b);
    return text;
}

/* A row for each assumed error, a column for each review load. */
struct table *table_plan_labels(struct document *d, const struct result *r)
{
    const struct row *first = first_of(r, "labels"), *at = r->plan.at;
    if (!first)
        return NULL;
    struct table *t = document_table(d, "Labels needed: threshold fixed beforehand / chosen by a "
                                        "quarter of them");
    double lead = value_of(first, "assumed_error");
    table_column(d, t, "wrong", false);
    table_column(d, t, "first at", true);
    for (size_t i = 0; i < r->plan.len; i++)
        if (is_kind(&at[i], "labels") && value_of(&at[i], "assumed_error") == lead)
            table_column(
                d, t,
                arena_printf(&d->arena, "%s reviewed", share(d, value_of(&at[i], "review_load"))),
                true);
    double now = NAN;
    for (size_t i = 0; i < r->plan.len; i++) {
        if (!is_kind(&at[i], "labels"))
            continue;
        if (value_of(&at[i], "assumed_error") != now) {
            now = value_of(&at[i], "assumed_error");
            table_cell(d, t, TONE_PLAIN, share(d, now));
            table_cell(d, t, TONE_PLAIN, count(d, value_of(&at[i], "labels_first")));
        }
        table_cell(d, t, TONE_PLAIN,
                   arena_printf(&d->arena, "%s / %s", count(d, value_of(&at[i], "labels_fixed")),
                                count(d, value_of(&at[i], "labels_split"))));
    }
    t->note =
        "wrong: of what ships unseen, if it is so; first at: shipped labels at which the power "
        "is first enough; then labels of all items, from which on it stays enough, where "
        "that much is reviewed";
    return t;
}

struct plan_column {
    const char *title, *metric;
    format_fn format;
};

/* A plain table of one kind of row; a column that no row has is left out. */
static struct table *plain(struct document *d, const struct result *r, const char *kind,
                           const char *caption, const char *id, const struct plan_column *columns,
                           size_t n)
{
    if (!first_of(r, kind))
        return NULL;
    struct table *t = document_table(d, caption);
    bool shown[8] = {false};
    table_column(d, t, id, false);
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < r->plan.len; i++)
            shown[k] |= is_kind(&r->plan.at[i], kind) &&
                        metrics_find(&r->plan.at[i].metrics, columns[k].metric);
        if (shown[k])
            table_column(d, t, columns[k].title, true);
    }
    for (size_t i = 0; i < r->plan.len; i++) {
        if (!is_kind(&r->plan.at[i], kind))
            continue;
        table_cell(d, t, TONE_PLAIN, r->plan.at[i].id);
        for (size_t k = 0; k < n; k++)
            if (shown[k])
                cell_metric(d, t, metrics_find(&r->plan.at[i].metrics, columns[k].metric),
                            r->currency, columns[k].format);
    }
    return t;
}

struct table *table_plan_audits(struct document *d, const struct result *r)
{
    static const struct plan_column columns[] = {
        {"audits a day", "audits_a_day", format_value},
        {"labels",       "labels",       format_value},
        {"days",         "days",         format_value}
    };
    return plain(d, r, "audit", "Audits of what ships unseen", "share audited", columns,
                 sizeof columns / sizeof *columns);
}

struct table *table_plan_pilot(struct document *d, const struct result *r)
{
    static const struct plan_column columns[] = {
        {"reviewed",       "review_load",   format_value},
        {"assumed wrong",  "assumed_error", format_value},
        {"further labels", "labels_more",   format_both }
    };
    struct table *t = plain(d, r, "pilot", "Further labels of all items, by threshold",
                            "fixed now at", columns, sizeof columns / sizeof *columns);
    if (t)
        t->note = "in brackets: at the first tooth of the power that reaches 80%, and if the "
                  "pilot was lucky";
    return t;
}

struct table *table_plan_designs(struct document *d, const struct result *r)
{
    static const struct plan_column columns[] = {
        {"labels",         "labels",          format_value},
        {"share",          "audit_share",     format_value},
        {"a day",          "audits_a_day",    format_value},
        {"width \u00b1",   "half_width",      format_value},
        {"bound +",        "bound_above",     format_value},
        {"near it \u00b1", "half_width_near", format_value}
    };
    struct table *t = plain(d, r, "design", "Audit designs for as many labels", "design", columns,
                            sizeof columns / sizeof *columns);
    if (t && metrics_find(&first_of(r, "design")->metrics, "half_width_near"))
        t->note = "expected: half the width of the interval of the error of what ships; how far "
                  "above the estimate the certified bound lies (exact where all are drawn alike, "
                  "by betting where not); and half the width for the fifth nearest the threshold";
    return t;
}

struct table *table_plan_strata(struct document *d, const struct result *r)
{
    static const struct plan_column columns[] = {
        {"of what ships",      "share",         format_value},
        {"assumed wrong",      "assumed_error", format_value},
        {"probability to log", "audit_share",   format_value},
        {"audits a day",       "audits_a_day",  format_value}
    };
    return plain(d, r, "stratum",
                 "The stratified design (Neyman allocation): what to audit, and to log",
                 "confidence", columns, sizeof columns / sizeof *columns);
}
