/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results to tables.  A cell holds the value with its interval, because an estimate is never shown
 * without one. */
#include "report/table.h"

#include "report/cells.h"
#include "report/format.h"

#include <math.h>
#include <string.h>

/* For people who never typed a command. */
static const char *command_words(const char *command)
{
    static const struct {
        const char *command, *words;
    } known[] = {
        {"replay",   "the log"           },
        {"solve",    "the exact solution"},
        {"simulate", "the simulation"    },
        {"run",      "the run"           },
        {"fit",      "the fitted model"  },
        {"size",     "the sizing"        },
        {"backtest", "the backtest"      },
        {"compare",  "the comparison"    },
        {"drift",    "the test of drift" }
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(known[i].command, command))
            return known[i].words;
    return command;
}

static const char *name_of(const struct result *r)
{
    return r->scenario_name ? r->scenario_name : r->scenario_file ? r->scenario_file : "";
}

/* Are there scenarios of two names?  A fitted model is of the log beside it. */
static bool is_mixed(const struct result *const *results, size_t n, size_t i)
{
    const char *name = results[i]->scenario_name;
    bool mixed = false;
    for (size_t k = 0; k < n && name && strcmp(results[i]->command, "fit"); k++)
        mixed = mixed || (results[k]->scenario_name && strcmp(results[k]->command, "fit") &&
                          strcmp(results[k]->scenario_name, name));
    return mixed;
}

const char *table_label(struct document *d, const struct result *const *results, size_t n, size_t i)
{
    const char *words = command_words(results[i]->command);
    size_t twins = 0, place = 0, named = 0;
    for (size_t k = 0; k < n; k++) {
        if (strcmp(results[k]->command, results[i]->command))
            continue;
        place += k <= i;
        twins += k != i;
        named += k != i && !strcmp(name_of(results[k]), name_of(results[i]));
    }
    if (!twins && !is_mixed(results, n, i))
        return words;
    if (named)
        return arena_printf(&d->arena, "%s %zu", words, place);
    return arena_printf(&d->arena, "%s of %s", words, name_of(results[i]));
}

/* The columns of a group. */
static const struct stage_group {
    const char *caption;
    const char *names[14];
} groups[TABLE_STAGE_GROUPS] = {
    {"Stages: outcomes",
     {"attempts_per_item", "success_rate", "error_rate", "wrong_rate", "malformed_rate",
      "timeout_rate", "recall_at_k", "ok_rate", "first_try_rate", "retry_success_rate",
      "caught_rate", "escape_rate"}                                                                            },
    {"Stages: time and cost",
     {"attempt_latency_p50", "attempt_latency_p95", "cost_per_item", "attempt_latency_mean",
      "attempt_latency_p99", "visit_latency_mean", "visit_latency_p50", "visit_latency_p95",
      "visit_latency_p99", "within_budget", "visits_per_item"}                                                 },
    {"Stages: where items end and reliability is lost",
     {"exit_ship", "exit_reject", "exit_fail", "exit_abandon", "loss", "improvement", "birnbaum"}              },
    {"Stages: confidence",                              {"threshold", "ece", "brier", "auroc", "aurc", "augrc"}},
};

/* Is there a number other than an exact 0 in this column? */
static bool worth_showing(const struct row *rows, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        const struct metric *m = metrics_find(&rows[i].metrics, name);
        if (m && !(m->value == 0 && !(m->high > 0)))
            return true;
    }
    return false;
}

static bool has_any(const struct row *row, const struct metric_names *names)
{
    for (size_t k = 0; k < names->list.len; k++)
        if (metrics_find(&row->metrics, names->list.at[k]))
            return true;
    return false;
}

/* Rows that have none of the metrics are left out. */
static void put_rows(struct document *d, struct table *t, const struct result *r,
                     const struct row *rows, size_t n, const struct metric_names *names)
{
    for (size_t k = 0; k < names->list.len; k++)
        column_name(d, t, names->list.at[k]);
    for (size_t i = 0; i < n; i++) {
        if (!has_any(&rows[i], names))
            continue;
        cell_row(d, t, &rows[i]);
        for (size_t k = 0; k < names->list.len; k++)
            cell_metric(d, t, metrics_find(&rows[i].metrics, names->list.at[k]), r->currency,
                        format_both);
    }
}

struct table *table_stages(struct document *d, const struct result *r, size_t group)
{
    const struct stage_group *g = &groups[group];
    struct metric_names names = {0};
    struct table *t = NULL;
    for (size_t i = 0; i < sizeof g->names / sizeof *g->names && g->names[i]; i++)
        if (worth_showing(r->stages.at, r->stages.len, g->names[i]))
            vec_push(&names.list, g->names[i]);
    if (names.list.len) {
        t = document_table(d, g->caption);
        table_column(d, t, "stage", false);
        put_rows(d, t, r, r->stages.at, r->stages.len, &names);
    }
    metric_names_release(&names);
    return t;
}

struct table *table_rows_of(struct document *d, const struct result *r, const char *caption,
                            const char *first, const struct row *rows, size_t n)
{
    struct metric_names names = {0};
    struct table *t = NULL;
    for (size_t i = 0; i < n; i++)
        metric_names_add(&names, &rows[i].metrics);
    if (names.list.len) {
        t = document_table(d, caption);
        table_column(d, t, first, false);
        put_rows(d, t, r, rows, n, &names);
    }
    metric_names_release(&names);
    return t;
}

struct table *table_edges(struct document *d, const struct result *r)
{
    if (!r->edges.len)
        return NULL;
    bool counts = false;
    for (size_t i = 0; i < r->edges.len; i++)
        counts = counts || r->edges.at[i].count;
    struct table *t = document_table(d, "Edges");
    table_column(d, t, "from", false);
    table_column(d, t, "to", false);
    table_column(d, t, "share of visits", true);
    if (counts)
        table_column(d, t, "count", true);
    for (size_t i = 0; i < r->edges.len; i++) {
        const struct edge_row *e = &r->edges.at[i];
        cell_stage(d, t, r, e->from);
        cell_stage(d, t, r, e->to);
        cell_metric(d, t, metrics_find(&e->metrics, "share"), r->currency, format_both);
        if (counts)
            cell_count(d, t, e->count);
    }
    return t;
}

enum { CURVE_ROWS_MAX = 120 };

size_t table_thin(size_t n, size_t most)
{
    return n ? (n - 1) / most + 1 : 1;
}

size_t table_thin_next(size_t i, size_t n, size_t step)
{
    return i + 1 >= n || i + step < n ? i + step : n - 1;
}

struct table *table_curve(struct document *d, const struct result *r, const struct curve *c)
{
    struct table *t = document_table(d, arena_printf(&d->arena, "Data: %s", c->id));
    bool at = false, interval = false;
    for (size_t i = 0; i < c->points.len; i++) {
        at = at || c->points.at[i].at;
        interval = interval || !isnan(c->points.at[i].low);
    }
    column_name(d, t, c->x);
    column_name(d, t, c->y);
    if (interval) {
        table_column(d, t, "low", true);
        table_column(d, t, "high", true);
    }
    if (at)
        table_column(d, t, "at", false);
    size_t n = c->points.len, step = table_thin(n, CURVE_ROWS_MAX);
    for (size_t i = 0; i < n; i = table_thin_next(i, n, step)) {
        const struct point *p = &c->points.at[i];
        cell_number(d, t, p->x, 5);
        cell_number(d, t, p->y, 5);
        if (interval) {
            cell_number(d, t, p->low, 5);
            cell_number(d, t, p->high, 5);
        }
        if (at)
            table_cell(d, t, TONE_PLAIN, p->at ? p->at : "");
    }
    if (step > 1)
        t->note = arena_printf(&d->arena, "One point in %zu of %zu; the JSON holds all.", step,
                               c->points.len);
    return t;
}

static bool is_learning(const struct curve *c)
{
    return strcmp(c->id, "learning") == 0;
}

/* Shares in percent; labels as a plain count. */
static void cell_learnt(struct document *d, struct table *t, const struct curve *c, double x)
{
    for (size_t i = 0; i < c->points.len; i++) {
        const struct point *p = &c->points.at[i];
        struct metric m = {.name = "reliability",
                           .value = p->y,
                           .low = p->low,
                           .high = p->high,
                           .level = 0.95,
                           .unit = "1"};
        if (p->x != x)
            continue;
        if (strcmp(c->y, "labels") == 0)
            cell_number(d, t, round(p->y), 9);
        else
            cell_metric(d, t, &m, NULL, format_both);
        return;
    }
    table_cell(d, t, TONE_PLAIN, "");
}

struct table *table_learning(struct document *d, const struct result *r)
{
    const struct curve *first = result_curve(r, "learning");
    if (!first)
        return NULL;
    struct table *t = document_table(d, "Feedback, cycle by cycle");
    table_column(d, t, "cycle", true);
    for (size_t k = 0; k < r->curves.len; k++)
        if (is_learning(&r->curves.at[k]))
            column_name(d, t, r->curves.at[k].y);
    for (size_t i = 0; i < first->points.len; i++) {
        cell_number(d, t, first->points.at[i].x, 5);
        for (size_t k = 0; k < r->curves.len; k++)
            if (is_learning(&r->curves.at[k]))
                cell_learnt(d, t, &r->curves.at[k], first->points.at[i].x);
    }
    return t;
}

/* -1: not for the table.  Where items end instead, and visits, say again what reliability and cost
 * say: JSON and CSV hold them. */
static double strength(const struct sensitivity *s)
{
    static const char *const said[] = {"share_wrong", "share_rejected", "share_failed",
                                       "visits_mean"};
    for (size_t k = 0; k < sizeof said / sizeof *said; k++)
        if (!strcmp(s->metric, said[k]))
            return -1;
    return isfinite(s->value) ? fabs(s->value) : -1;
}

struct table *table_sensitivities(struct document *d, const struct result *r, size_t at_most)
{
    size_t n = r->sensitivities.len, known = 0;
    for (size_t i = 0; i < n; i++)
        known += strength(&r->sensitivities.at[i]) >= 0;
    if (!known)
        return NULL;
    struct table *t = document_table(d, "Sensitivities, strongest first");
    bool *taken = mem_zero(n, sizeof *taken);
    table_column(d, t, "parameter", false);
    table_column(d, t, "metric", false);
    table_column(d, t, "change per unit", true);
    for (size_t row = 0; row < n && row < at_most; row++) {
        size_t best = SIZE_MAX;
        for (size_t i = 0; i < n; i++)
            if (!taken[i] && strength(&r->sensitivities.at[i]) >= 0 &&
                (best == SIZE_MAX ||
                 strength(&r->sensitivities.at[i]) > strength(&r->sensitivities.at[best])))
                best = i;
        if (best == SIZE_MAX)
            break;
        taken[best] = true;
        const struct sensitivity *s = &r->sensitivities.at[best];
        table_cell(d, t, TONE_PLAIN, s->parameter);
        cell_name(d, t, s->metric);
        cell_number(d, t, s->value, 4);
    }
    mem_free(taken);
    return t;
}

static void fact(struct document *d, struct table *t, const char *what, const char *value)
{
    if (!value || !*value)
        return;
    table_cell(d, t, TONE_PLAIN, what);
    table_cell(d, t, TONE_PLAIN, value);
}

static void fact_number(struct document *d, struct table *t, const char *what, double x, bool share)
{
    struct buf text;
    if (isnan(x))
        return;
    buf_init(&text);
    format_number(&text, share ? 100 * x : x, 4);
    buf_puts(&text, share ? "%" : "");
    table_cell(d, t, TONE_PLAIN, what);
    table_cell(d, t, TONE_PLAIN, buf_text(&text));
    buf_release(&text);
}

static void fact_count(struct document *d, struct table *t, const char *what, uint64_t n)
{
    if (!n)
        return;
    table_cell(d, t, TONE_PLAIN, what);
    cell_count(d, t, n);
}

/* One rounded down would let more ship than was judged. */
static double rounded_up(double threshold)
{
    if (!(threshold > 0) || !isfinite(threshold))
        return threshold;
    double unit = pow(10, floor(log10(threshold)) - 5), up = ceil(threshold / unit) * unit;
    return fabs(up - unit - threshold) < 1e-6 * unit ? threshold : up;
}

void table_put_threshold(struct buf *out, const struct answer *a)
{
    if (a->threshold_shown != 0)
        units_put_exact(out, a->threshold_shown);
    else
        buf_printf(out, "%.6g", rounded_up(a->threshold));
}

/* Rows of this kind are no classes of items. */
static const struct {
    const char *kind, *caption;
} kinds_of_class[] = {
    {"group", "Groups"},
    {"model", "Models"}
};

static size_t kind_of_class(const struct result *r)
{
    size_t i = 0, n = sizeof kinds_of_class / sizeof *kinds_of_class;
    const char *kind = r->classes.len ? r->classes.at[0].kind : NULL;
    while (i < n && !(kind && !strcmp(kind, kinds_of_class[i].kind)))
        i++;
    return i;
}

bool table_is_sized(const struct result *r)
{
    return kind_of_class(r) < sizeof kinds_of_class / sizeof *kinds_of_class;
}

struct table *table_classes(struct document *d, const struct result *r)
{
    size_t i = kind_of_class(r);
    return table_is_sized(r)
               ? table_rows_of(d, r, kinds_of_class[i].caption, kinds_of_class[i].kind,
                               r->classes.at, r->classes.len)
               : table_rows_of(d, r, "Classes", "class", r->classes.at, r->classes.len);
}

static void fact_threshold(struct document *d, struct table *t, const struct answer *a)
{
    struct buf text = {0};
    table_put_threshold(&text, a);
    if (a->threshold_shown != 0) {
        buf_puts(&text, "; in full ");
        units_put_exact(&text, a->threshold);
        buf_puts(&text, ", and no label lies between");
    }
    fact(d, t, "threshold", buf_text(&text));
    buf_release(&text);
}

struct table *table_answer(struct document *d, const struct result *r)
{
    const struct answer *a = &r->answer;
    if (!a->present)
        return NULL;
    struct table *t = document_table(d, "Answer");
    t->plain = true;
    table_column(d, t, "what", false);
    table_column(d, t, "value", false);
    fact(d, t, "sized", a->parameter);
    for (size_t i = 0; i < a->n_settings && a->n_settings > 1; i++)
        if (a->settings[i].path)
            fact(d, t, a->settings[i].path, arena_printf(&d->arena, "%.6g", a->settings[i].value));
    if (!isnan(a->threshold))
        fact_threshold(d, t, a);
    fact_number(d, t, "review load", a->review_load, true);
    if (a->risk && !isnan(a->risk_value)) {
        struct buf name;
        buf_init(&name);
        format_name(&name, a->risk);
        fact_number(d, t, buf_text(&name), a->risk_value, format_is_share(a->risk));
        buf_release(&name);
    }
    if (!isnan(a->bound)) {
        struct buf text;
        buf_init(&text);
        format_number(&text, 100 * a->bound, 4);
        buf_putc(&text, '%');
        if (!isnan(a->level))
            buf_printf(&text, ", with %.12g%% confidence", 100 * a->level);
        fact(d, t, "certified bound", buf_text(&text));
        buf_release(&text);
    }
    fact_number(d, t, "best attainable", a->best_attainable, !a->risk || format_is_share(a->risk));
    for (size_t i = 0; i < a->n_rivals; i++)
        fact(d, t, "as good, as far as is shown", a->rivals[i].at);
    fact_count(d, t, "shipped labels (m)", a->m);
    if (a->m)
        fact(d, t, "errors among them (k)",
             arena_printf(&d->arena, "%llu", (unsigned long long)a->k));
    fact_count(d, t, "labels needed", a->labels_needed);
    fact(d, t, "method", a->method);
    fact_count(d, t, "tests that share the guarantee", a->tests);
    fact(d, t, "population", a->population);
    fact(d, t, "ending", a->ending);
    return t;
}

struct table *table_data(struct document *d, const struct result *const *results, size_t n)
{
    size_t n_counts, present = 0;
    const struct data_count *counts = data_counts(&n_counts);
    for (size_t i = 0; i < n; i++)
        present += results[i]->data.present;
    if (!present)
        return NULL;
    struct table *t = document_table(d, "Data quality");
    table_column(d, t, "count of", false);
    for (size_t i = 0; i < n; i++)
        if (results[i]->data.present)
            table_column(d, t, present == 1 ? "number" : table_label(d, results, n, i), true);
    for (size_t k = 0; k < n_counts; k++) {
        uint64_t any = 0;
        for (size_t i = 0; i < n; i++)
            any += results[i]->data.present ? data_count_get(&results[i]->data, &counts[k]) : 0;
        if (counts[k].rare && !any)
            continue;
        table_cell(d, t, TONE_PLAIN, counts[k].words);
        for (size_t i = 0; i < n; i++)
            if (results[i]->data.present)
                cell_count(d, t, data_count_get(&results[i]->data, &counts[k]));
    }
    return t;
}
