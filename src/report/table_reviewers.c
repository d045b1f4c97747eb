/* SPDX-License-Identifier: GPL-3.0-or-later */
/* People who review, and how they agree. */
#include "report/table.h"

#include "report/cells.h"
#include "report/format.h"

#include <string.h>

struct reviewer_column {
    const char *name, *title;
    bool interval; /* shown with it */
};

static bool is_of(const struct row *row, const char *const kinds[2])
{
    return row->kind && (!strcmp(row->kind, kinds[0]) || !strcmp(row->kind, kinds[1]));
}

/* Rows of these kinds; columns that no row has are left out. */
static struct table *rows_of(struct document *d, const struct result *r, const char *caption,
                             const char *first, const char *const kinds[2],
                             const struct reviewer_column *columns, size_t n)
{
    struct table *t = document_table(d, caption);
    bool shown[8] = {false};
    table_column(d, t, first, false);
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < r->reviewers.len && !shown[k]; i++)
            shown[k] = is_of(&r->reviewers.at[i], kinds) &&
                       metrics_find(&r->reviewers.at[i].metrics, columns[k].name);
        if (shown[k])
            table_column(d, t, columns[k].title, true);
    }
    for (size_t i = 0; i < r->reviewers.len; i++) {
        const struct row *row = &r->reviewers.at[i];
        if (!is_of(row, kinds))
            continue;
        table_cell(d, t, TONE_PLAIN, row->id);
        for (size_t k = 0; k < n; k++)
            if (shown[k])
                cell_metric(d, t, metrics_find(&row->metrics, columns[k].name), NULL,
                            columns[k].interval ? format_both : format_value);
    }
    return table_rows(t) ? t : NULL;
}

static bool any_agrees(const struct result *r)
{
    for (size_t i = 0; i < r->reviewers.len; i++)
        if (metrics_find(&r->reviewers.at[i].metrics, "agreement"))
            return true;
    return false;
}

struct table *table_reviewers(struct document *d, const struct result *r, const char *more)
{
    static const char *const kinds[2] = {"reviewer", "reviewer"};
    static const struct reviewer_column columns[] = {
        {"reviews",         "reviews",     false},
        {"rejected_share",  "rejected",    false},
        {"corrected_share", "corrected",   false},
        {"review_time_p50", "time p50",    false},
        {"review_time_p90", "p90",         false},
        {"agreement",       "agrees",      false},
        {"sensitivity",     "sensitivity", false},
        {"specificity",     "specificity", false},
    };
    if (!r->reviewers.len)
        return NULL;
    struct table *t =
        rows_of(d, r, "Reviewers", "reviewer", kinds, columns, sizeof columns / sizeof *columns);
    if (t)
        t->note =
            any_agrees(r)
                ? arena_printf(&d->arena, "agrees: with others who judged the same draft. %s", more)
                : more;
    return t;
}

struct table *table_agreement(struct document *d, const struct result *r)
{
    static const char *const kinds[2] = {"pair", "all"};
    static const struct reviewer_column columns[] = {
        {"judged_both", "drafts",               false},
        {"agreement",   "agree",                true },
        {"kappa",       "kappa",                true },
        {"alpha",       "Krippendorff's alpha", true },
    };
    return r->reviewers.len ? rows_of(d, r, "Drafts that several reviewers judged", "reviewers",
                                      kinds, columns, sizeof columns / sizeof *columns)
                            : NULL;
}
