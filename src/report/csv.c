/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One long table, a line for each number of the result (RFC 4180, ended by LF). */
#include "report/csv.h"

#include "report/document.h"

#include <math.h>
#include <string.h>

/* What spreadsheets take for the beginning of a formula, in its full width too (U+FF0B, U+FF0D,
 * U+FF1D, U+FF20). */
static bool begins_formula(const char *s)
{
    static const char *const wide[] = {"\uFF0B", "\uFF0D", "\uFF1D", "\uFF20"};
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (!strncmp(s, wide[i], strlen(wide[i])))
            return true;
    return *s && strchr("=+-@", *s);
}

void csv_put_text(struct buf *out, const char *s)
{
    struct buf clean;
    buf_init(&clean);
    text_clean(&clean, s);
    const char *text = buf_text(&clean);
    const char *first = text + strspn(text, " ");
    bool guard = *s == '\t' || *s == '\r' || begins_formula(first);
    bool quote = strpbrk(text, ",\"") || *text == ' ';
    if (quote)
        buf_putc(out, '"');
    if (guard)
        buf_putc(out, '\'');
    for (; *text; text++) {
        if (*text == '"')
            buf_putc(out, '"');
        buf_putc(out, *text);
    }
    if (quote)
        buf_putc(out, '"');
    buf_release(&clean);
}

/* One line; NaN and NULL are empty cells. */
struct line {
    const char *part, *id, *metric;
    double x, value, low, high, level;
    uint64_t n;
    const char *unit, *target, *verdict, *note;
};

static void put_text(struct buf *out, const char *s)
{
    if (s)
        csv_put_text(out, s);
    buf_putc(out, ',');
}

static void put_number(struct buf *out, double x)
{
    if (isfinite(x))
        units_put_exact(out, x);
    buf_putc(out, ',');
}

static void put_line(struct buf *out, const struct line *l)
{
    put_text(out, l->part);
    put_text(out, l->id);
    put_text(out, l->metric);
    put_number(out, l->x);
    put_number(out, l->value);
    put_number(out, l->low);
    put_number(out, l->high);
    put_number(out, l->level);
    if (l->n)
        buf_printf(out, "%llu", (unsigned long long)l->n);
    buf_putc(out, ',');
    put_text(out, l->unit);
    put_text(out, l->target);
    put_text(out, l->verdict);
    if (l->note)
        csv_put_text(out, l->note);
    buf_putc(out, '\n');
}

/* What part of an estimate is uncertain for which reason. */
static void put_deviation(struct buf *out, const char *kind, const char *id, const struct metric *m,
                          double deviation, const char *part)
{
    if (!(deviation > 0))
        return;
    put_line(out, &(struct line){.part = kind,
                                 .id = id,
                                 .metric = m->name,
                                 .x = NAN,
                                 .value = deviation,
                                 .low = NAN,
                                 .high = NAN,
                                 .level = NAN,
                                 .unit = m->unit,
                                 .note = part});
}

static void put_metrics(struct buf *out, const char *part, const char *id, const char *note,
                        const struct metrics *metrics)
{
    for (size_t i = 0; i < metrics->list.len; i++) {
        const struct metric *m = &metrics->list.at[i];
        put_line(out, &(struct line){
                          .part = part,
                          .id = id,
                          .metric = m->name,
                          .x = NAN,
                          .value = m->value,
                          .low = m->low,
                          .high = m->high,
                          .level = m->level != 0 ? m->level : NAN,
                          .n = m->n,
                          .unit = m->unit,
                          .target = m->target,
                          .verdict = m->verdict != VERDICT_NONE ? verdict_name(m->verdict) : NULL,
                          .note = note});
        put_deviation(out, "sd_sampling", id, m, m->sd_sampling, part);
        put_deviation(out, "sd_parameters", id, m, m->sd_parameters, part);
    }
}

static void put_rows(struct buf *out, const char *part, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (rows[i].name)
            put_line(out, &(struct line){.part = part,
                                         .id = rows[i].id,
                                         .metric = "name",
                                         .x = NAN,
                                         .value = NAN,
                                         .low = NAN,
                                         .high = NAN,
                                         .level = NAN,
                                         .note = rows[i].name});
        put_metrics(out, part, rows[i].id, rows[i].layer, &rows[i].metrics);
    }
}

static void put_kinds(struct buf *out, const char *part, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put_metrics(out, part, rows[i].id, rows[i].kind, &rows[i].metrics);
}

static void put_plain(struct buf *out, const char *part, const char *metric, double value,
                      const char *note)
{
    put_line(out, &(struct line){.part = part,
                                 .metric = metric,
                                 .x = NAN,
                                 .value = value,
                                 .low = NAN,
                                 .high = NAN,
                                 .level = NAN,
                                 .note = note});
}

static void put_curves(struct buf *out, const struct result *r)
{
    for (size_t i = 0; i < r->curves.len; i++) {
        const struct curve *c = &r->curves.at[i];
        for (size_t k = 0; k < c->points.len; k++) {
            const struct point *p = &c->points.at[k];
            put_line(out, &(struct line){.part = "curve",
                                         .id = c->id,
                                         .metric = c->y,
                                         .x = p->x,
                                         .value = p->y,
                                         .low = p->low,
                                         .high = p->high,
                                         .level = NAN,
                                         .note = p->at ? p->at : c->resource});
        }
    }
}

static void put_sensitivities(struct buf *out, const struct result *r)
{
    for (size_t i = 0; i < r->sensitivities.len; i++) {
        const struct sensitivity *s = &r->sensitivities.at[i];
        struct line line = {.part = "sensitivity",
                            .id = s->parameter,
                            .metric = s->metric,
                            .x = NAN,
                            .value = s->value,
                            .low = s->low,
                            .high = s->high,
                            .level = NAN};
        if (!isnan(s->value))
            put_line(out, &line);
        line.part = "variance_share";
        line.value = s->variance_share;
        line.low = s->variance_share_low;
        line.high = s->variance_share_high;
        if (s->shared)
            put_line(out, &line);
    }
}

static void put_predictions(struct buf *out, const struct result *r)
{
    static const char *const covered[] = {
        [COVERAGE_UNKNOWN] = NULL, [COVERAGE_YES] = "covered", [COVERAGE_NO] = "missed"};
    for (size_t i = 0; i < r->predictions.len; i++) {
        const struct prediction *p = &r->predictions.at[i];
        struct line line = {.part = "prediction",
                            .id = p->stage,
                            .metric = p->metric,
                            .x = NAN,
                            .value = p->value,
                            .low = p->low,
                            .high = p->high,
                            .level = p->level != 0 ? p->level : NAN,
                            .note = covered[p->covered]};
        put_line(out, &line);
        line.part = "seen";
        line.value = p->seen;
        line.low = p->seen_low;
        line.high = p->seen_high;
        line.level = NAN;
        put_line(out, &line);
    }
}

static void put_compared(struct buf *out, const struct result *r)
{
    for (size_t i = 0; i < r->compared.len; i++) {
        const struct side_by_side *c = &r->compared.at[i];
        struct line line = {.id = c->stage, .metric = c->metric, .x = NAN, .level = NAN};
        for (int k = 0; k < VIEW_COUNT; k++) {
            line.part = view_name((enum view_way)k);
            line.value = c->view[k].value;
            line.low = c->view[k].low;
            line.high = c->view[k].high;
            if (!isnan(line.value))
                put_line(out, &line);
        }
        line.part = "difference";
        line.value = c->difference;
        line.low = c->low;
        line.high = c->high;
        line.note = c->why;
        put_line(out, &line);
    }
}

static void put_answer(struct buf *out, const struct answer *a)
{
    if (!a->present)
        return;
    put_plain(out, "answer", "threshold", a->threshold, a->sentence);
    for (size_t i = 0; i < a->n_settings; i++)
        put_plain(out, "answer", "setting", a->settings[i].value, a->settings[i].path);
    for (size_t i = 0; i < a->n_rivals; i++)
        put_plain(out, "answer", "rival", a->rivals[i].difference, a->rivals[i].at);
    put_plain(out, "answer", "bound", a->bound, a->risk);
    put_plain(out, "answer", "level", a->level, NULL);
    put_plain(out, "answer", "m", (double)a->m, a->population);
    put_plain(out, "answer", "k", (double)a->k, NULL);
    put_plain(out, "answer", "tests", (double)a->tests, NULL);
    put_plain(out, "answer", "method", NAN, a->method);
    put_plain(out, "answer", "ending", NAN, a->ending);
    if (a->choice)
        put_plain(out, "answer", "choice", NAN, a->choice);
}

static void put_data(struct buf *out, const struct data_quality *d)
{
    size_t n;
    const struct data_count *counts = data_counts(&n);
    if (!d->present)
        return;
    put_plain(out, "data", "format", NAN, d->format);
    for (size_t i = 0; i < n; i++)
        if (!counts[i].rare || data_count_get(d, &counts[i]))
            put_plain(out, "data", counts[i].name, (double)data_count_get(d, &counts[i]), NULL);
    for (size_t i = 0; i < d->places.len; i++)
        put_plain(out, "data", d->places.at[i].kind, NAN, d->places.at[i].place);
}

void report_csv(const struct result *r, struct buf *out)
{
    buf_puts(out, "part,id,metric,x,value,low,high,level,n,unit,target,verdict,note\n");
    put_metrics(out, "result", r->command, r->scenario_name, &r->metrics);
    put_rows(out, "stage", r->stages.at, r->stages.len);
    for (size_t i = 0; i < r->edges.len; i++) {
        const struct edge_row *e = &r->edges.at[i];
        put_metrics(out, "edge", e->from, e->to, &e->metrics);
    }
    put_rows(out, "resource", r->resources.at, r->resources.len);
    put_rows(out, "environment", r->environments.at, r->environments.len);
    (r->alternatives.len ? put_kinds : put_rows)(out, "layer", r->layers.at, r->layers.len);
    put_rows(out, "class", r->classes.at, r->classes.len);
    put_kinds(out, "reviewer", r->reviewers.at, r->reviewers.len);
    put_kinds(out, "objective", r->objectives.at, r->objectives.len);
    put_kinds(out, "window", r->windows.at, r->windows.len);
    put_kinds(out, "change", r->changes.at, r->changes.len);
    put_kinds(out, "alternative", r->alternatives.at, r->alternatives.len);
    put_kinds(out, "difference", r->differences.at, r->differences.len);
    put_kinds(out, "plan", r->plan.at, r->plan.len);
    put_rows(out, "name", r->names.at, r->names.len);
    put_curves(out, r);
    put_sensitivities(out, r);
    put_predictions(out, r);
    put_compared(out, r);
    put_answer(out, &r->answer);
    put_data(out, &r->data);
    for (size_t i = 0; i < r->warnings.len; i++)
        put_plain(out, "warning", NULL, NAN, r->warnings.at[i]);
    for (size_t i = 0; i < r->assumptions.len; i++)
        put_plain(out, "assumption", NULL, NAN, r->assumptions.at[i]);
}
