/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A column is a title and a function that finds its value in a row; a table keeps the columns that
 * say something.  To add one: a line in `stage_columns`. */
#include "report/brief.h"

#include "report/cells.h"
#include "report/format.h"
#include "report/text.h"

#include <math.h>
#include <string.h>

/* What a column wants to know of a row; false: the row has it not. */
typedef bool find_fn(const struct row *row, struct metric *out);

struct brief_column {
    const char *title;
    find_fn *find;
    double dull;   /* a column of this value alone is left out */
    bool interval; /* keeps its interval longest */
};

static bool find_named(const struct row *row, const char *name, const char *otherwise,
                       struct metric *out)
{
    const struct metric *m = metrics_find(&row->metrics, name);
    if (!m && otherwise)
        m = metrics_find(&row->metrics, otherwise);
    if (m)
        *out = *m;
    return m;
}

static bool find_attempts(const struct row *row, struct metric *out)
{
    struct metric visits;
    if (!find_named(row, "attempts_per_item", NULL, out))
        return false;
    if (!find_named(row, "visits_per_item", NULL, &visits) || visits.value == 1)
        return true;
    if (!(visits.value > 0))
        return false;
    out->value = out->low = out->high = out->value / visits.value;
    out->level = 0;
    return true;
}

/* Sums what shows that an attempt failed.  The digits are those of its least certain part. */
static bool find_fails(const struct row *row, struct metric *out)
{
    static const char *const parts[] = {"error_rate", "malformed_rate", "timeout_rate"};
    double sum = 0, half = 0;
    size_t found = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct metric m;
        if (!find_named(row, parts[i], NULL, &m) || !isfinite(m.value))
            continue;
        sum += m.value;
        half = m.value > 0 ? fmax(half, fmax(m.high - m.value, m.value - m.low)) : half;
        found++;
    }
    *out = (struct metric){
        .name = "error_rate", .unit = "1", .value = sum, .low = sum - half, .high = sum + half};
    return found;
}

static bool find_first_try(const struct row *row, struct metric *out)
{
    return find_named(row, "first_try_rate", NULL, out);
}

static bool find_success(const struct row *row, struct metric *out)
{
    return find_named(row, "success_rate", "ok_rate", out);
}

static bool find_wrong(const struct row *row, struct metric *out)
{
    return find_named(row, "wrong_rate", NULL, out);
}

static bool find_p50(const struct row *row, struct metric *out)
{
    return find_named(row, "visit_latency_p50", "attempt_latency_p50", out);
}

static bool find_p95(const struct row *row, struct metric *out)
{
    return find_named(row, "visit_latency_p95", "attempt_latency_p95", out);
}

static bool find_cost(const struct row *row, struct metric *out)
{
    return find_named(row, "cost_per_item", NULL, out);
}

enum { ATTEMPTS, FIRST_TRY, SUCCESS, FAILS, WRONG, P50, P95, COST, STAGE_COLUMNS };
static const struct brief_column stage_columns[STAGE_COLUMNS] = {
    [ATTEMPTS] = {"attempts",  find_attempts,  1, false},
    [FIRST_TRY] = {"first try", find_first_try, 1, false},
    [SUCCESS] = {"success",   find_success,   0, false},
    [FAILS] = {"fails",     find_fails,     0, false},
    [WRONG] = {"wrong",     find_wrong,     0, true },
    [P50] = {"p50",       find_p50,       0, false},
    [P95] = {"p95",       find_p95,       0, false},
    [COST] = {"cost",      find_cost,      0, false},
};

static bool is_dull(const struct brief_column *c, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct metric m;
        if (c->find(&rows[i], &m) && (isnan(m.value) ? m.high > 0 : m.value != c->dull))
            return false;
    }
    return true;
}

enum intervals { INTERVALS_ALL, INTERVALS_FEW, INTERVALS_NONE };

/* An unknown value is told by its interval in any case, a sum of parts has none of its own. */
static format_fn form_of(const struct brief_column *c, const struct metric *m, enum intervals which)
{
    if (isnan(m->value))
        return format_both;
    if (c->find == find_fails)
        return format_value;
    return which == INTERVALS_ALL || (which == INTERVALS_FEW && c->interval) ? format_both
                                                                             : format_value;
}

static struct table *stages_with(struct document *d, const struct result *r, const bool *shown,
                                 enum intervals which)
{
    struct table *t = document_table(d, "Stages");
    table_column(d, t, "stage", false);
    for (size_t c = 0; c < STAGE_COLUMNS; c++)
        if (shown[c])
            table_column(d, t, stage_columns[c].title, true);
    for (size_t i = 0; i < r->stages.len; i++) {
        cell_row(d, t, &r->stages.at[i]);
        for (size_t c = 0; c < STAGE_COLUMNS; c++) {
            struct metric m;
            if (!shown[c])
                continue;
            bool found = stage_columns[c].find(&r->stages.at[i], &m);
            cell_metric(d, t, found ? &m : NULL, r->currency,
                        found ? form_of(&stage_columns[c], &m, which) : format_value);
        }
    }
    return t;
}

/* What the numbers of the shown columns are of. */
static const char *stage_note(struct document *d, const bool *shown, enum intervals which,
                              const char *elsewhere)
{
    const char *what = shown[FAILS] && shown[WRONG] ? "fails (seen), wrong (unseen)"
                       : shown[FAILS]               ? "fails (seen)"
                       : shown[WRONG]               ? "wrong (unseen)"
                                                    : NULL;
    const char *more = which == INTERVALS_ALL ? "" : elsewhere;
    if (!what)
        return *more ? more : NULL;
    return arena_printf(&d->arena, "%s: of attempts; the rest: of visits.%s%s", what,
                        *more ? " " : "", more);
}

static bool any_interval(const struct result *r, const bool *shown)
{
    for (size_t c = 0; c < STAGE_COLUMNS; c++)
        for (size_t i = 0; shown[c] && i < r->stages.len; i++) {
            struct metric m;
            if (stage_columns[c].find(&r->stages.at[i], &m) && m.level != 0)
                return true;
        }
    return false;
}

struct table *brief_stages(struct document *d, const struct result *r, size_t width,
                           const char *elsewhere)
{
    static const struct {
        enum intervals intervals;
        bool first_try;
    } forms[] = {
        {INTERVALS_ALL,  true },
        {INTERVALS_FEW,  true },
        {INTERVALS_FEW,  false},
        {INTERVALS_NONE, false}
    };
    bool shown[STAGE_COLUMNS], any = false;
    struct table *t = NULL;
    for (size_t c = 0; c < STAGE_COLUMNS; c++) {
        shown[c] = !is_dull(&stage_columns[c], r->stages.at, r->stages.len);
        any = any || shown[c];
    }
    bool retried = shown[ATTEMPTS], intervals = any_interval(r, shown);
    for (size_t i = 0; any && i < sizeof forms / sizeof *forms; i++) {
        enum intervals which = intervals ? forms[i].intervals : INTERVALS_ALL;
        shown[FIRST_TRY] = shown[FIRST_TRY] && retried && forms[i].first_try;
        t = stages_with(d, r, shown, which);
        t->note = stage_note(d, shown, which, elsewhere);
        if (text_table_width(t) <= width)
            break;
    }
    return t;
}

/* Rows with a value above zero in one of these metrics, columns likewise. */
static struct table *named(struct document *d, const char *currency, const char *caption,
                           const char *first, const struct row *rows, size_t n_rows,
                           const char *const *names, size_t n)
{
    struct table *t = document_table(d, caption);
    bool shown[8] = {false};
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < n_rows && !shown[k]; i++) {
            const struct metric *m = metrics_find(&rows[i].metrics, names[k]);
            shown[k] = m && m->value > 0;
        }
    table_column(d, t, first, false);
    for (size_t k = 0; k < n; k++)
        if (shown[k])
            column_name(d, t, names[k]);
    for (size_t i = 0; i < n_rows; i++) {
        bool any = false;
        for (size_t k = 0; k < n; k++) {
            const struct metric *m = metrics_find(&rows[i].metrics, names[k]);
            any = any || (m && m->value > 0);
        }
        if (!any)
            continue;
        cell_row(d, t, &rows[i]);
        for (size_t k = 0; k < n; k++)
            if (shown[k])
                cell_metric(d, t, metrics_find(&rows[i].metrics, names[k]), currency, format_both);
    }
    return table_rows(t) ? t : NULL;
}

struct table *brief_losses(struct document *d, const struct result *r)
{
    static const char *const names[] = {"exit_fail", "exit_reject", "exit_abandon", "loss",
                                        "improvement"};
    return named(d, r->currency, "Where reliability is lost, of all items", "stage", r->stages.at,
                 r->stages.len, names, sizeof names / sizeof *names);
}

struct table *brief_layers(struct document *d, const struct result *r)
{
    static const char *const names[] = {"loss", "closes"};
    return named(d, r->currency, "Reliability lost, by layer", "layer", r->layers.at, r->layers.len,
                 names, sizeof names / sizeof *names);
}

struct table *brief_confidence(struct document *d, const struct result *r)
{
    static const char *const names[] = {"threshold", "ece", "auroc"};
    for (size_t i = 0; i < r->stages.len; i++)
        for (size_t k = 1; k < sizeof names / sizeof *names; k++)
            if (metrics_find(&r->stages.at[i].metrics, names[k]))
                return named(d, r->currency, "Confidence", "stage", r->stages.at, r->stages.len,
                             names, sizeof names / sizeof *names);
    return NULL; /* thresholds alone are the scenario's own */
}

struct table *brief_names(struct document *d, const struct result *r)
{
    static const struct {
        const char *name, *title;
    } columns[] = {
        {"spans",           "spans"     },
        {"errors",          "errors"    },
        {"latency_p50",     "p50"       },
        {"latency_p95",     "p95"       },
        {"confidence_mean", "confidence"}
    };
    enum { N = sizeof columns / sizeof *columns };
    struct table *t = document_table(d, "Span names");
    if (!r->names.len)
        return NULL;
    table_column(d, t, "name", false);
    for (size_t k = 0; k < N; k++)
        table_column(d, t, columns[k].title, true);
    for (size_t i = 0; i < r->names.len; i++) {
        table_cell(d, t, TONE_PLAIN, r->names.at[i].id);
        for (size_t k = 0; k < N; k++)
            cell_metric(d, t, metrics_find(&r->names.at[i].metrics, columns[k].name), r->currency,
                        format_value);
    }
    return t;
}

static bool is_swept(const struct curve *c)
{
    bool any = false;

    if (strcmp(c->id, "sweep"))
        return false;
    for (size_t i = 0; i < c->points.len; i++)
        any = any || c->points.at[i].y != 0;
    return any;
}

struct table *brief_sweep(struct document *d, const struct result *r)
{
    const struct curve *first = NULL;
    struct table *t = document_table(d, "Sweep");

    for (size_t i = 0; i < r->curves.len; i++) {
        const struct curve *c = &r->curves.at[i];
        if (!is_swept(c))
            continue;
        if (!first)
            table_column(d, t, c->x, true);
        first = first ? first : c;
        column_name(d, t, c->y);
    }
    for (size_t k = 0; first && k < first->points.len; k++) {
        cell_number(d, t, first->points.at[k].x, 6);
        for (size_t i = 0; i < r->curves.len; i++) {
            const struct curve *c = &r->curves.at[i];
            if (!is_swept(c))
                continue;
            struct point p = k < c->points.len ? c->points.at[k] : (struct point){.y = NAN};
            const struct metric_def *def = metric_def(c->y);
            struct metric m = {.name = c->y,
                               .value = p.y,
                               .low = p.low,
                               .high = p.high,
                               .unit = def ? def->unit : "1"};
            cell_metric(d, t, &m, r->currency, format_value);
        }
    }
    return first ? t : NULL;
}

struct table *brief_data(struct document *d, const struct result *r)
{
    size_t n;
    const struct data_count *counts = data_counts(&n);
    struct buf none;
    if (!r->data.present)
        return NULL;
    struct table *t = document_table(d, "Data quality");
    table_column(d, t, "count of", false);
    table_column(d, t, "number", true);
    buf_init(&none);
    for (size_t k = 0; k < n; k++) {
        uint64_t count = data_count_get(&r->data, &counts[k]);
        if (!count && counts[k].rare)
            continue;
        if (!count) {
            buf_printf(&none, "%s%s", none.len ? ", " : "None: ", counts[k].words);
            continue;
        }
        table_cell(d, t, TONE_PLAIN, counts[k].words);
        cell_count(d, t, count);
    }
    if (none.len)
        t->note = arena_printf(&d->arena, "%s.", buf_text(&none));
    buf_release(&none);
    return t;
}
