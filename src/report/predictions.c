/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was expected and what came.  A forecast has windows and intervals; another policy has what
 * the log knows of it, as bounds. */
#include "report/cells.h"
#include "report/format.h"
#include "report/table.h"

#include <math.h>
#include <string.h>

/* A value of this metric as the others of its kind are written. */
static struct metric as_metric(const char *name, double value, double low, double high,
                               double level)
{
    const struct metric_def *def = metric_def(name);
    return (struct metric){.name = name,
                           .value = value,
                           .low = low,
                           .high = high,
                           .level = level,
                           .unit = def ? def->unit : "1"};
}

/* A stage's name stands as it is written. */
static void cell_whose(struct document *d, struct table *t, const struct prediction *p)
{
    struct buf text = {0};
    if (p->stage)
        buf_printf(&text, "%s: ", p->stage);
    format_name(&text, p->metric);
    table_cell(d, t, TONE_PLAIN, buf_text(&text));
    buf_release(&text);
}

static void cell_seen(struct document *d, struct table *t, const struct result *r,
                      const struct prediction *p)
{
    bool known = !isnan(p->seen);
    struct metric m = as_metric(p->metric, p->seen, known ? p->seen : p->seen_low,
                                known ? p->seen : p->seen_high, 0);
    cell_metric(d, t, &m, r->currency, known ? format_value : format_both);
}

static void cell_width(struct document *d, struct table *t, const struct result *r,
                       const char *metric, double x)
{
    struct metric m = as_metric(metric, x, x, x, 0);
    cell_metric(d, t, isnan(x) ? NULL : &m, r->currency, format_value);
}

/* windowed: with how its windows held, where there are several. */
static void put_forecast(struct document *d, struct table *t, const struct result *r,
                         const struct prediction *p, bool windowed)
{
    static const char *const words[] = {
        [COVERAGE_UNKNOWN] = "not known", [COVERAGE_YES] = "yes", [COVERAGE_NO] = "no"};
    static const enum tone tones[] = {
        [COVERAGE_UNKNOWN] = TONE_UNSURE, [COVERAGE_YES] = TONE_GOOD, [COVERAGE_NO] = TONE_BAD};
    struct metric m = as_metric(p->metric, p->value, p->low, p->high, p->level);
    cell_whose(d, t, p);
    cell_metric(d, t, &m, r->currency, format_both);
    cell_seen(d, t, r, p);
    table_cell(d, t, tones[p->covered], words[p->covered]);
    if (!windowed)
        return;
    table_cell(d, t, TONE_PLAIN,
               p->scored ? arena_printf(&d->arena, "%llu of %llu", (unsigned long long)p->held,
                                        (unsigned long long)p->scored)
                         : "");
    cell_width(d, t, r, p->metric, p->width);
    cell_width(d, t, r, p->metric, p->score);
}

static struct table *forecasts(struct document *d, const struct result *r)
{
    struct table *t = document_table(
        d, !strcmp(r->command, "run") ? "What was expected of the change, and what came"
                                      : "What was expected of the rest of the log, and what came");
    table_column(d, t, "metric", false);
    table_column(d, t, "expected", true);
    table_column(d, t, "came", true);
    table_column(d, t, "held", false);
    bool windowed = false;
    for (size_t i = 0; i < r->predictions.len; i++)
        windowed |= r->predictions.at[i].windows > 1;
    if (windowed) {
        table_column(d, t, "windows", true);
        table_column(d, t, "width", true);
        table_column(d, t, "score", true);
    }
    for (size_t i = 0; i < r->predictions.len; i++)
        put_forecast(d, t, r, &r->predictions.at[i], windowed);
    if (windowed)
        t->note = arena_printf(
            &d->arena, "windows: those whose interval held, of those that are known; width and "
                       "interval score: means over these, smaller is better.");
    return t;
}

static struct table *policies(struct document *d, const struct result *r)
{
    struct table *t = document_table(d, "The log, and the same items under the other policy");
    table_column(d, t, "metric", false);
    table_column(d, t, "as logged", true);
    table_column(d, t, "expected", true);
    table_column(d, t, "what the log leaves possible", true);
    for (size_t i = 0; i < r->predictions.len; i++) {
        const struct prediction *p = &r->predictions.at[i];
        struct metric value = as_metric(p->metric, p->value, p->low, p->high, 0);
        struct metric bounds = as_metric(p->metric, NAN, p->low, p->high, 0);
        cell_name(d, t, p->metric);
        cell_seen(d, t, r, p);
        cell_metric(d, t, isnan(p->value) ? NULL : &value, r->currency, format_value);
        cell_metric(d, t, p->low == p->high ? NULL : &bounds, r->currency, format_interval);
    }
    return t;
}

struct table *table_predictions(struct document *d, const struct result *r)
{
    if (!r->predictions.len)
        return NULL;
    return r->predictions.at[0].windows ? forecasts(d, r) : policies(d, r);
}
