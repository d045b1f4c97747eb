/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results to tables.  A cell holds the value with its interval, because an estimate is never shown
 * without one. */
#include "report/table.h"

#include "report/format.h"

#include <math.h>
#include <string.h>

static enum tone verdict_tone(enum verdict v)
{
    return v == VERDICT_PASS                              ? TONE_GOOD
           : v == VERDICT_FAIL || v == VERDICT_INFEASIBLE ? TONE_BAD
           : v == VERDICT_NOT_SHOWN                       ? TONE_UNSURE
                                                          : TONE_PLAIN;
}

typedef void (*format_fn)(struct buf *, const struct metric *, const char *);

static void metric_cell(struct document *d, struct table *t, const struct metric *m,
                        const char *currency, format_fn format)
{
    struct buf text;
    buf_init(&text);
    if (m)
        format(&text, m, currency);
    table_cell(d, t, TONE_PLAIN, buf_text(&text));
    buf_release(&text);
}

static void name_cell(struct document *d, struct table *t, const char *name)
{
    struct buf text;
    buf_init(&text);
    format_name(&text, name);
    table_cell(d, t, TONE_PLAIN, buf_text(&text));
    buf_release(&text);
}

static void name_column(struct document *d, struct table *t, const char *name)
{
    struct buf text;
    buf_init(&text);
    format_name(&text, name);
    table_column(d, t, buf_text(&text), true);
    buf_release(&text);
}

static void number_cell(struct document *d, struct table *t, double x, int digits)
{
    struct buf text;
    buf_init(&text);
    format_number(&text, x, digits);
    table_cell(d, t, TONE_PLAIN, buf_text(&text));
    buf_release(&text);
}

static void count_cell(struct document *d, struct table *t, uint64_t n)
{
    struct buf text;
    buf_init(&text);
    units_put_count(&text, n);
    table_cell(d, t, TONE_PLAIN, buf_text(&text));
    buf_release(&text);
}

const char *table_label(struct document *d, const struct result *const *results, size_t n, size_t i)
{
    bool twin = false;
    for (size_t k = 0; k < n; k++)
        twin = twin || (k != i && !strcmp(results[k]->command, results[i]->command));
    if (!twin)
        return results[i]->command;
    const char *name = results[i]->scenario_name   ? results[i]->scenario_name
                       : results[i]->scenario_file ? results[i]->scenario_file
                                                   : "";
    for (size_t k = 0; k < n; k++)
        if (k != i && !strcmp(results[k]->command, results[i]->command) &&
            !strcmp(results[k]->scenario_name ? results[k]->scenario_name : "", name))
            return arena_printf(&d->arena, "%s %zu", results[i]->command, i + 1);
    return arena_printf(&d->arena, "%s: %s", results[i]->command, name);
}

/* "95% interval" where all intervals are of one level, else "interval". */
static const char *interval_title(struct document *d, const struct result *const *results, size_t n)
{
    double level = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < results[i]->metrics.list.len; k++) {
            double l = results[i]->metrics.list.at[k].level;
            if (l != 0 && level != 0 && l != level)
                return "interval";
            level = l != 0 ? l : level;
        }
    return level != 0 ? arena_printf(&d->arena, "%g%% interval", 100 * level) : "interval";
}

static bool any_interval(const struct result *r)
{
    for (size_t i = 0; i < r->metrics.list.len; i++) {
        const struct metric *m = &r->metrics.list.at[i];
        if (m->level != 0 || (isnan(m->value) && !isnan(m->low)))
            return true;
    }
    return false;
}

static bool any_target(const struct result *r)
{
    for (size_t i = 0; i < r->metrics.list.len; i++)
        if (r->metrics.list.at[i].target)
            return true;
    return false;
}

/* Times and money that no result has are left out: a scenario without latencies or prices gives a
 * page of zeros otherwise. */
static bool is_nothing(const struct metric *m)
{
    return m->unit && (!strcmp(m->unit, "s") || !strcmp(m->unit, "$")) && m->value == 0 &&
           !(m->high > 0) && !m->target;
}

bool table_shows(const struct result *const *results, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        const struct metric *m = metrics_find(&results[i]->metrics, name);
        if (m && !is_nothing(m))
            return true;
    }
    return false;
}

static struct table *headline_one(struct document *d, const struct result *r)
{
    struct table *t = document_table(d, "Headline");
    bool intervals = any_interval(r), targets = any_target(r);
    table_column(d, t, "metric", false);
    table_column(d, t, "value", true);
    if (intervals)
        table_column(d, t, interval_title(d, &r, 1), true);
    if (targets) {
        table_column(d, t, "target", false);
        table_column(d, t, "verdict", false);
    }
    for (size_t i = 0; i < r->metrics.list.len; i++) {
        const struct metric *m = &r->metrics.list.at[i];
        if (is_nothing(m))
            continue;
        name_cell(d, t, m->name);
        metric_cell(d, t, m, r->currency, format_value);
        if (intervals)
            metric_cell(d, t, m, r->currency, format_interval);
        if (targets) {
            table_cell(d, t, TONE_PLAIN, m->target ? m->target : "");
            table_cell(d, t, verdict_tone(m->verdict),
                       m->verdict != VERDICT_NONE ? verdict_name(m->verdict) : "");
        }
    }
    return t;
}

/* Names of the metrics of all results, each once, in order of first sight. */
struct names {
    VEC(const char *) list;
};

static void add_names(struct names *names, const struct metrics *metrics)
{
    for (size_t i = 0; i < metrics->list.len; i++) {
        size_t k = 0;
        while (k < names->list.len && strcmp(names->list.at[k], metrics->list.at[i].name))
            k++;
        if (k == names->list.len)
            vec_push(&names->list, metrics->list.at[i].name);
    }
}

/* The order of the table of metrics; unknown names last, as they came. */
static size_t place_of(const char *name)
{
    const struct metric_def *def = metric_def(name);
    return def ? (size_t)(def - metric_defs) : metric_defs_count;
}

static void sort_names(struct names *names)
{
    for (size_t i = 1; i < names->list.len; i++) {
        const char *name = names->list.at[i];
        size_t k = i;
        for (; k > 0 && place_of(names->list.at[k - 1]) > place_of(name); k--)
            names->list.at[k] = names->list.at[k - 1];
        names->list.at[k] = name;
    }
}

static void side_cell(struct document *d, struct table *t, const struct result *r, const char *name)
{
    const struct metric *m = metrics_find(&r->metrics, name);
    struct buf text;
    buf_init(&text);
    if (m)
        format_both(&text, m, r->currency);
    if (m && m->verdict != VERDICT_NONE)
        buf_printf(&text, " %s", verdict_name(m->verdict));
    table_cell(d, t, m ? verdict_tone(m->verdict) : TONE_PLAIN, buf_text(&text));
    buf_release(&text);
}

struct table *table_headline(struct document *d, const struct result *const *results, size_t n)
{
    struct names names = {0};
    struct table *t = NULL;
    bool targets = false;
    if (n == 1)
        return results[0]->metrics.list.len ? headline_one(d, results[0]) : NULL;
    for (size_t i = 0; i < n; i++) {
        add_names(&names, &results[i]->metrics);
        targets = targets || any_target(results[i]);
    }
    if (!names.list.len)
        goto out;
    sort_names(&names);
    t = document_table(d, "Headline, by command");
    t->note = arena_printf(&d->arena, "In brackets: %s.", interval_title(d, results, n));
    table_column(d, t, "metric", false);
    if (targets)
        table_column(d, t, "target", false);
    for (size_t i = 0; i < n; i++)
        table_column(d, t, table_label(d, results, n, i), true);
    for (size_t k = 0; k < names.list.len; k++) {
        if (!table_shows(results, n, names.list.at[k]))
            continue;
        name_cell(d, t, names.list.at[k]);
        const char *target = "";
        for (size_t i = 0; i < n; i++) {
            const struct metric *m = metrics_find(&results[i]->metrics, names.list.at[k]);
            target = m && m->target ? m->target : target;
        }
        if (targets)
            table_cell(d, t, TONE_PLAIN, target);
        for (size_t i = 0; i < n; i++)
            side_cell(d, t, results[i], names.list.at[k]);
    }
out:
    vec_release(&names.list);
    return t;
}

/* The columns of a group; the first `brief` of them go to a terminal. */
static const struct stage_group {
    const char *caption;
    size_t brief;
    const char *names[14];
} groups[TABLE_STAGE_GROUPS] = {
    {"Stages: outcomes",
     7,                                                    {"attempts_per_item", "success_rate", "error_rate", "wrong_rate", "malformed_rate",
      "timeout_rate", "recall_at_k", "ok_rate", "first_try_rate", "retry_success_rate",
      "caught_rate", "escape_rate"}                                                                                                             },
    {"Stages: time and cost",
     3,                                                    {"attempt_latency_p50", "attempt_latency_p95", "cost_per_item", "attempt_latency_mean",
      "attempt_latency_p99", "visit_latency_mean", "visit_latency_p50", "visit_latency_p95",
      "visit_latency_p99", "within_budget", "visits_per_item"}                                                                                  },
    {"Stages: where items end and reliability is lost",
     7,                                                    {"exit_ship", "exit_reject", "exit_fail", "exit_abandon", "loss", "improvement", "birnbaum"}},
    {"Stages: confidence",                              5, {"threshold", "ece", "brier", "auroc", "aurc", "augrc"}                                     },
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

static bool has_any(const struct row *row, const struct names *names)
{
    for (size_t k = 0; k < names->list.len; k++)
        if (metrics_find(&row->metrics, names->list.at[k]))
            return true;
    return false;
}

/* Rows that have none of the metrics are left out. */
static void put_rows(struct document *d, struct table *t, const struct result *r,
                     const struct row *rows, size_t n, const struct names *names)
{
    for (size_t k = 0; k < names->list.len; k++)
        name_column(d, t, names->list.at[k]);
    for (size_t i = 0; i < n; i++) {
        if (!has_any(&rows[i], names))
            continue;
        table_cell(d, t, TONE_PLAIN, rows[i].id);
        for (size_t k = 0; k < names->list.len; k++)
            metric_cell(d, t, metrics_find(&rows[i].metrics, names->list.at[k]), r->currency,
                        format_both);
    }
}

struct table *table_stages(struct document *d, const struct result *r, size_t group, bool brief)
{
    const struct stage_group *g = &groups[group];
    struct names names = {0};
    struct table *t = NULL;
    for (size_t i = 0; i < sizeof g->names / sizeof *g->names && g->names[i]; i++)
        if ((!brief || i < g->brief) && worth_showing(r->stages.at, r->stages.len, g->names[i]))
            vec_push(&names.list, g->names[i]);
    if (names.list.len) {
        t = document_table(d, g->caption);
        table_column(d, t, "stage", false);
        put_rows(d, t, r, r->stages.at, r->stages.len, &names);
    }
    vec_release(&names.list);
    return t;
}

struct table *table_rows_of(struct document *d, const struct result *r, const char *caption,
                            const char *first, const struct row *rows, size_t n)
{
    struct names names = {0};
    struct table *t = NULL;
    for (size_t i = 0; i < n; i++)
        add_names(&names, &rows[i].metrics);
    if (names.list.len) {
        t = document_table(d, caption);
        table_column(d, t, first, false);
        put_rows(d, t, r, rows, n, &names);
    }
    vec_release(&names.list);
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
        table_cell(d, t, TONE_PLAIN, e->from);
        table_cell(d, t, TONE_PLAIN, e->to);
        metric_cell(d, t, metrics_find(&e->metrics, "share"), r->currency, format_both);
        if (counts)
            count_cell(d, t, e->count);
    }
    return t;
}

enum { CURVE_ROWS_MAX = 120 };

struct table *table_curve(struct document *d, const struct result *r, const struct curve *c)
{
    struct table *t = document_table(d, arena_printf(&d->arena, "Data: %s", c->id));
    bool at = false, interval = false;
    for (size_t i = 0; i < c->points.len; i++) {
        at = at || c->points.at[i].at;
        interval = interval || !isnan(c->points.at[i].low);
    }
    name_column(d, t, c->x);
    name_column(d, t, c->y);
    if (interval) {
        table_column(d, t, "low", true);
        table_column(d, t, "high", true);
    }
    if (at)
        table_column(d, t, "at", false);
    size_t step = c->points.len / CURVE_ROWS_MAX + 1;
    for (size_t i = 0; i < c->points.len; i += step) {
        const struct point *p = &c->points.at[i];
        number_cell(d, t, p->x, 5);
        number_cell(d, t, p->y, 5);
        if (interval) {
            number_cell(d, t, p->low, 5);
            number_cell(d, t, p->high, 5);
        }
        if (at)
            table_cell(d, t, TONE_PLAIN, p->at ? p->at : "");
        if (i + step >= c->points.len && i + 1 < c->points.len)
            i = c->points.len - 1 - step;
    }
    if (step > 1)
        t->note = arena_printf(&d->arena, "One point in %zu of %zu; the JSON holds all.", step,
                               c->points.len);
    return t;
}

static double strength(const struct sensitivity *s)
{
    return isnan(s->value) ? 0 : fabs(s->value);
}

struct table *table_sensitivities(struct document *d, const struct result *r, size_t at_most)
{
    size_t n = r->sensitivities.len;
    if (!n)
        return NULL;
    struct table *t = document_table(d, "Sensitivities, strongest first");
    bool *taken = mem_zero(n, sizeof *taken);
    table_column(d, t, "parameter", false);
    table_column(d, t, "metric", false);
    table_column(d, t, "change per unit", true);
    for (size_t row = 0; row < n && row < at_most; row++) {
        size_t best = SIZE_MAX;
        for (size_t i = 0; i < n; i++)
            if (!taken[i] && (best == SIZE_MAX || strength(&r->sensitivities.at[i]) >
                                                      strength(&r->sensitivities.at[best])))
                best = i;
        taken[best] = true;
        const struct sensitivity *s = &r->sensitivities.at[best];
        table_cell(d, t, TONE_PLAIN, s->parameter);
        name_cell(d, t, s->metric);
        number_cell(d, t, s->value, 4);
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
    count_cell(d, t, n);
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
    if (!isnan(a->threshold)) {
        struct buf text; /* all digits: a rounded threshold may miss its target */
        buf_init(&text);
        units_put_exact(&text, a->threshold);
        fact(d, t, "threshold", buf_text(&text));
        buf_release(&text);
    }
    fact_number(d, t, "review load", a->review_load, true);
    if (a->risk) {
        table_cell(d, t, TONE_PLAIN, "risk");
        name_cell(d, t, a->risk);
    }
    fact_number(d, t, "risk there", a->risk_value, true);
    fact_number(d, t, "certified bound", a->bound, true);
    fact_number(d, t, "level", a->level, true);
    fact_number(d, t, "best attainable", a->best_attainable, true);
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
        table_cell(d, t, TONE_PLAIN, counts[k].words);
        for (size_t i = 0; i < n; i++)
            if (results[i]->data.present)
                count_cell(d, t, data_count_get(&results[i]->data, &counts[k]));
    }
    return t;
}
