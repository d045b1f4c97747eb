/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Four ways to the same numbers, in four columns. */
#include "report/cells.h"
#include "report/format.h"
#include "report/table.h"

#include <math.h>
#include <string.h>

static struct metric metric_of(const char *name, double value, double low, double high)
{
    const struct metric_def *def = metric_def(name);
    return (struct metric){.name = name,
                           .value = value,
                           .low = low,
                           .high = high,
                           .level = low == high ? 0 : 0.95,
                           .unit = def ? def->unit : "1"};
}

static void cell_view(struct document *d, struct table *t, const struct result *r,
                      const struct side_by_side *c, enum view_way k)
{
    const struct view_value *v = &c->view[k];
    struct metric m = metric_of(c->metric, v->value, v->low, v->high);
    cell_metric(d, t, isnan(v->value) ? NULL : &m, r->currency, format_value);
}

/* With a sign, in the metric's unit; the tone says whether 0 lies within its interval. */
static void cell_difference(struct document *d, struct table *t, const struct result *r,
                            const struct side_by_side *c)
{
    struct metric m = metric_of(c->metric, fabs(c->difference), 0, 0);
    bool agrees = c->low <= 1e-12 && c->high >= -1e-12;
    struct buf text = {0}, width = {0};
    if (isnan(c->difference)) {
        table_cell(d, t, TONE_PLAIN, "");
        return;
    }
    double half = (c->high - c->low) / 2;
    m.low = m.value - half;
    m.high = m.value + half;
    m.level = half > 0 ? 0.95 : 0;
    format_value(&text, &m, r->currency);
    struct metric w = metric_of(c->metric, half, half - half / 2, half + half / 2);
    format_value(&width, &w, r->currency);
    table_cell(d, t, agrees ? TONE_PLAIN : TONE_BAD,
               arena_printf(&d->arena, "%s%s%s%s%s",
                            c->difference > 0   ? "+"
                            : c->difference < 0 ? "-"
                                                : "",
                            buf_text(&text), half > 0 ? " \xc2\xb1 " : "",
                            half > 0 ? buf_text(&width) : "", agrees ? "" : " !"));
    buf_release(&text);
    buf_release(&width);
}

/* One line for each reason that some row gives. */
static const char *reasons(struct document *d, const struct side_by_side *rows, size_t n)
{
    struct buf out = {0};
    buf_puts(
        &out,
        "Difference: executed less exact (else simulated); ! where 0 lies outside its interval, "
        "as one in 20 does by chance.");
    for (size_t i = 0; i < n; i++) {
        bool said = !rows[i].why;
        for (size_t k = 0; k < i && !said; k++)
            said = rows[k].why && !strcmp(rows[k].why, rows[i].why);
        if (!said)
            buf_printf(&out, " Empty, %s.", rows[i].why);
    }
    const char *text = arena_strdup(&d->arena, buf_text(&out));
    buf_release(&out);
    return text;
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

size_t table_compared_groups(const struct result *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->compared.len; i++)
        n += i == 0 || !same(r->compared.at[i].stage, r->compared.at[i - 1].stage);
    return n;
}

struct table *table_compared(struct document *d, const struct result *r, size_t group)
{
    size_t from = 0, to;
    for (size_t n = 0; from < r->compared.len; from++) {
        n += from > 0 && !same(r->compared.at[from].stage, r->compared.at[from - 1].stage);
        if (n == group)
            break;
    }
    if (from >= r->compared.len)
        return NULL;
    const char *stage = r->compared.at[from].stage;
    for (to = from; to < r->compared.len && same(r->compared.at[to].stage, stage); to++)
        continue;
    struct table *t = document_table(d, stage ? arena_printf(&d->arena, "Side by side: %s", stage)
                                              : "Side by side: all items");
    table_column(d, t, "metric", false);
    table_column(d, t, "exact", true);
    table_column(d, t, "simulated", true);
    table_column(d, t, "executed", true);
    table_column(d, t, "replayed", true);
    table_column(d, t, "difference", true);
    for (size_t i = from; i < to; i++) {
        const struct side_by_side *c = &r->compared.at[i];
        cell_name(d, t, c->metric);
        for (int k = 0; k < VIEW_COUNT; k++)
            cell_view(d, t, r, c, (enum view_way)k);
        cell_difference(d, t, r, c);
    }
    t->note = reasons(d, &r->compared.at[from], to - from);
    return t;
}
