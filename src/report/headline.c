/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which metrics stand in front, and the tables of both kinds.  Times, money and reviews that no
 * result has would be rows of zeros, so they are chosen only where there are some. */
#include "report/headline.h"

#include "report/cells.h"
#include "report/format.h"
#include "report/table.h"

#include <math.h>
#include <string.h>

/* When a metric is in front. */
enum when {
    ALWAYS,
    NOT_ZERO,
    REVIEWED, /* some items are reviewed */
    APART     /* more than a twentieth away from latency_mean */
};

static const struct {
    const char *name;
    enum when when;
} chosen[] = {
    {"reliability",       ALWAYS  },
    {"share_wrong",       NOT_ZERO},
    {"share_rejected",    NOT_ZERO},
    {"share_failed",      NOT_ZERO},
    {"share_abandoned",   NOT_ZERO},
    {"share_unfinished",  NOT_ZERO},
    {"completion",        ALWAYS  },
    {"shipped_error",     ALWAYS  },
    {"auto_error",        REVIEWED},
    {"review_load",       REVIEWED},
    {"review_precision",  REVIEWED},
    {"learning_gain",     ALWAYS  },
    {"unaided_gain",      ALWAYS  },
    {"latency_mean",      NOT_ZERO},
    {"latency_p50",       NOT_ZERO},
    {"latency_p95",       NOT_ZERO},
    {"latency_p99",       NOT_ZERO},
    {"latency_all_mean",  APART   },
    {"slo_attainment",    ALWAYS  },
    {"wait_mean",         NOT_ZERO},
    {"visits_mean",       ALWAYS  },
    {"cost_per_item",     NOT_ZERO},
    {"cost_per_correct",  NOT_ZERO},
    {"cost_per_month",    NOT_ZERO},
    {"budget_attainment", ALWAYS  },
    {"net_per_item",      ALWAYS  },
    {"net_per_month",     ALWAYS  },
    {"review_backlog",    NOT_ZERO},
    {"coverage",          ALWAYS  },
    {"capability",        ALWAYS  },
    {"gap",               ALWAYS  },
    {"label_coverage",    ALWAYS  },
    {"ece",               ALWAYS  },
    {"auroc",             ALWAYS  },
    {"ece_recalibrated",  ALWAYS  },
    {"accuracy",          ALWAYS  },
};

/* An unknown value with an interval above 0 counts as something. */
static bool is_something(const struct metric *m)
{
    return m && (isnan(m->value) ? m->high > 0 : m->value != 0);
}

static bool is_apart(const struct result *r)
{
    const struct metric *all = metrics_find(&r->metrics, "latency_all_mean");
    const struct metric *shipped = metrics_find(&r->metrics, "latency_mean");
    if (!is_something(all))
        return false;
    return !shipped || !(fabs(all->value - shipped->value) <= 0.05 * shipped->value);
}

static bool has_reviews(const struct result *const *results, size_t n)
{
    bool known = false;
    for (size_t i = 0; i < n; i++) {
        const struct metric *m = metrics_find(&results[i]->metrics, "review_load");
        known = known || m;
        if (is_something(m))
            return true;
    }
    return !known;
}

static bool met(enum when when, const struct result *r, const struct metric *m, bool reviews)
{
    switch (when) {
    case ALWAYS:
        return true;
    case NOT_ZERO:
        return is_something(m);
    case REVIEWED:
        return reviews;
    case APART:
        return is_apart(r);
    }
    return true;
}

bool headline_shows(const struct result *const *results, size_t n, const char *name)
{
    size_t k = 0, count = sizeof chosen / sizeof *chosen;
    bool reviews = has_reviews(results, n);
    while (k < count && strcmp(chosen[k].name, name))
        k++;
    for (size_t i = 0; i < n; i++) {
        const struct metric *m = metrics_find(&results[i]->metrics, name);
        if (!m)
            continue;
        if (m->target || m->verdict != VERDICT_NONE)
            return true;
        if (k < count && met(chosen[k].when, results[i], m, reviews))
            return true;
    }
    return false;
}

enum tone headline_tone(enum verdict v)
{
    return v == VERDICT_PASS                              ? TONE_GOOD
           : v == VERDICT_FAIL || v == VERDICT_INFEASIBLE ? TONE_BAD
           : v == VERDICT_NOT_SHOWN                       ? TONE_UNSURE
                                                          : TONE_PLAIN;
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
    return level != 0 ? arena_printf(&d->arena, "%.12g%% interval", 100 * level) : "interval";
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

static struct table *one(struct document *d, const struct result *r, const char *caption,
                         const struct metric_names *names)
{
    struct table *t = document_table(d, caption);
    bool intervals = any_interval(r), targets = any_target(r);
    table_column(d, t, "metric", false);
    table_column(d, t, "value", true);
    if (intervals)
        table_column(d, t, interval_title(d, &r, 1), true);
    if (targets) {
        table_column(d, t, "target", false);
        table_column(d, t, "verdict", false);
    }
    for (size_t k = 0; k < names->list.len; k++) {
        const struct metric *m = metrics_find(&r->metrics, names->list.at[k]);
        cell_name(d, t, m->name);
        cell_metric(d, t, m, r->currency, format_value);
        if (intervals)
            cell_metric(d, t, m, r->currency, format_interval);
        if (targets) {
            table_cell(d, t, TONE_PLAIN, m->target ? m->target : "");
            table_cell(d, t, headline_tone(m->verdict),
                       m->verdict != VERDICT_NONE ? verdict_name(m->verdict) : "");
        }
    }
    return t;
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
    table_cell(d, t, m ? headline_tone(m->verdict) : TONE_PLAIN, buf_text(&text));
    buf_release(&text);
}

static const char *target_of(const struct result *const *results, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        const struct metric *m = metrics_find(&results[i]->metrics, name);
        if (m && m->target)
            return m->target;
    }
    return "";
}

static struct table *side_by_side(struct document *d, const struct result *const *results, size_t n,
                                  const char *caption, const struct metric_names *names)
{
    struct table *t = document_table(d, caption);
    bool targets = false;
    for (size_t k = 0; k < names->list.len; k++)
        targets = targets || *target_of(results, n, names->list.at[k]);
    t->note = arena_printf(&d->arena, "In brackets: %s.", interval_title(d, results, n));
    table_column(d, t, "metric", false);
    for (size_t i = 0; i < n; i++)
        table_column(d, t, table_label(d, results, n, i), true);
    if (targets)
        table_column(d, t, "target", false);
    for (size_t k = 0; k < names->list.len; k++) {
        cell_name(d, t, names->list.at[k]);
        for (size_t i = 0; i < n; i++)
            side_cell(d, t, results[i], names->list.at[k]);
        if (targets)
            table_cell(d, t, TONE_PLAIN, target_of(results, n, names->list.at[k]));
    }
    return t;
}

static bool is_further(const struct result *const *results, size_t n, const char *name)
{
    return !headline_shows(results, n, name);
}

static const char *unit_of(const struct result *const *results, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        const struct metric *m = metrics_find(&results[i]->metrics, name);
        if (m && m->unit)
            return m->unit;
    }
    return "1";
}

/* Does one of the results have a metric of the unit that is not 0? */
static bool has_unit(const struct result *const *results, size_t n, const char *unit)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < results[i]->metrics.list.len; k++) {
            const struct metric *m = &results[i]->metrics.list.at[k];
            if (m->unit && !strcmp(m->unit, unit) && (is_something(m) || m->high > 0))
                return true;
        }
    return false;
}

/* Where nothing takes time, or nothing costs, rows of zeros would say so again and again. */
static bool is_worth_a_row(const struct result *const *results, size_t n, const char *name)
{
    const char *unit = unit_of(results, n, name);
    bool measured = !strcmp(unit, "s") || !strcmp(unit, "$");
    return is_further(results, n, name) && (!measured || has_unit(results, n, unit));
}

typedef bool (*wanted_fn)(const struct result *const *results, size_t n, const char *name);

static struct table *table_of(struct document *d, const struct result *const *results, size_t n,
                              const char *caption, wanted_fn wanted)
{
    struct metric_names all = {0}, names = {0};
    struct table *t = NULL;
    for (size_t i = 0; i < n; i++)
        metric_names_add(&all, &results[i]->metrics);
    for (size_t k = 0; k < all.list.len; k++)
        if (wanted(results, n, all.list.at[k]))
            vec_push(&names.list, all.list.at[k]);
    metric_names_sort(&names);
    if (names.list.len)
        t = n == 1 ? one(d, results[0], caption, &names)
                   : side_by_side(d, results, n, caption, &names);
    metric_names_release(&all);
    metric_names_release(&names);
    return t;
}

struct table *headline_table(struct document *d, const struct result *const *results, size_t n)
{
    return table_of(d, results, n, n == 1 ? "Headline" : "Headline, side by side", headline_shows);
}

struct table *headline_words(struct document *d, const struct result *const *results, size_t n)
{
    struct metric_names all = {0};
    struct table *t = document_table(d, "Words");
    for (size_t i = 0; i < n; i++)
        metric_names_add(&all, &results[i]->metrics);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < results[i]->alternatives.len; k++)
            metric_names_add(&all, &results[i]->alternatives.at[k].metrics);
    metric_names_sort(&all);
    t->plain = true;
    table_column(d, t, "word", false);
    table_column(d, t, "what it is", false);
    for (size_t k = 0; k < all.list.len; k++) {
        const struct metric_def *def = metric_def(all.list.at[k]);
        if (!def)
            continue;
        cell_name(d, t, def->name);
        table_cell(d, t, TONE_PLAIN, def->help);
    }
    metric_names_release(&all);
    return table_rows(t) ? t : NULL;
}

struct table *headline_rest(struct document *d, const struct result *const *results, size_t n)
{
    return table_of(d, results, n, "Further metrics", is_further);
}

struct table *headline_told(struct document *d, const struct result *const *results, size_t n)
{
    return table_of(d, results, n, "Further metrics", is_worth_a_row);
}
