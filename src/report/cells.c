/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each function writes one cell. */
#include "report/cells.h"

#include "report/format.h"

#include <string.h>

void cell_metric(struct document *d, struct table *t, const struct metric *m, const char *currency,
                 format_fn format)
{
    struct buf text;
    buf_init(&text);
    if (m)
        format(&text, m, currency);
    table_cell(d, t, TONE_PLAIN, buf_text(&text));
    buf_release(&text);
}

void cell_row(struct document *d, struct table *t, const struct row *row)
{
    table_cell(d, t, TONE_PLAIN,
               row->name ? arena_printf(&d->arena, "%s (%s)", row->name, row->id) : row->id);
}

void cell_stage(struct document *d, struct table *t, const struct result *r, const char *id)
{
    const struct row *row = result_stage(r, id);
    if (row)
        cell_row(d, t, row);
    else
        table_cell(d, t, TONE_PLAIN, id);
}

void cell_name(struct document *d, struct table *t, const char *name)
{
    struct buf text;
    buf_init(&text);
    format_name(&text, name);
    table_cell(d, t, TONE_PLAIN, buf_text(&text));
    buf_release(&text);
}

void column_name(struct document *d, struct table *t, const char *name)
{
    struct buf text;
    buf_init(&text);
    format_name(&text, name);
    table_column(d, t, buf_text(&text), true);
    buf_release(&text);
}

void cell_number(struct document *d, struct table *t, double x, int digits)
{
    struct buf text;
    buf_init(&text);
    format_number(&text, x, digits);
    table_cell(d, t, TONE_PLAIN, buf_text(&text));
    buf_release(&text);
}

void cell_count(struct document *d, struct table *t, uint64_t n)
{
    struct buf text;
    buf_init(&text);
    units_put_count(&text, n);
    table_cell(d, t, TONE_PLAIN, buf_text(&text));
    buf_release(&text);
}

void metric_names_add(struct metric_names *names, const struct metrics *metrics)
{
    for (size_t i = 0; i < metrics->list.len; i++) {
        size_t k = 0;
        while (k < names->list.len && strcmp(names->list.at[k], metrics->list.at[i].name))
            k++;
        if (k == names->list.len)
            vec_push(&names->list, metrics->list.at[i].name);
    }
}

static size_t place_of(const char *name)
{
    const struct metric_def *def = metric_def(name);
    return def ? (size_t)(def - metric_defs) : metric_defs_count;
}

void metric_names_sort(struct metric_names *names)
{
    for (size_t i = 1; i < names->list.len; i++) {
        const char *name = names->list.at[i];
        size_t k = i;
        for (; k > 0 && place_of(names->list.at[k - 1]) > place_of(name); k--)
            names->list.at[k] = names->list.at[k - 1];
        names->list.at[k] = name;
    }
}

void metric_names_release(struct metric_names *names)
{
    vec_release(&names->list);
}
