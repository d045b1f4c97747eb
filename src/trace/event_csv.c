/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Event logs in CSV.
 *
 * Headers follow XES (IEEE 1849: concept:name, time:timestamp, lifecycle:transition) and the names
 * that exports use.  An event with one time is an instant; with two, or with lifecycle rows, it
 * has a duration. */
#include "trace/event_csv.h"

#include "base/csv_read.h"
#include "trace/timestamp.h"

#include <string.h>
#include <strings.h>

static const char *const case_names[] = {"case_id", "case",   "case:concept:name",
                                         "case id", "caseid", "trace_id",
                                         "traceid", "item",   NULL};
static const char *const activity_names[] = {"activity",  "concept:name", "activity_name",
                                             "event",     "stage",        "step",
                                             "operation", "name",         NULL};
static const char *const start_names[] = {
    "start_time", "start", "start_timestamp", "started_at", "starttime", "time:start", NULL};
static const char *const end_names[] = {"end_time",     "end",     "complete_timestamp",
                                        "completed_at", "endtime", "time:timestamp",
                                        "timestamp",    "time",    NULL};
static const char *const lifecycle_names[] = {"lifecycle:transition", "lifecycle", "transition",
                                              NULL};

struct columns {
    int item, activity, start, end, lifecycle;
};

static int column_of(const struct csv *c, const char *const *names, const char *named)
{
    const char *const own[] = {named, NULL};
    int at = named ? csv_column(c, own) : -1;
    return at >= 0 ? at : csv_column(c, names);
}

static int find_columns(const struct csv *c, const struct log_options *options, struct columns *out,
                        struct error *err)
{
    out->item = column_of(c, case_names, options->item_by);
    out->activity = column_of(c, activity_names, options->stage_by);
    out->start = csv_column(c, start_names);
    out->end = csv_column(c, end_names);
    out->lifecycle = csv_column(c, lifecycle_names);
    if (out->item < 0)
        return error_at(err, ERR_INPUT, c->file, 1, 0,
                        "not a log: no column says which item a row is of (case_id, case, "
                        "case:concept:name; or name it with --item-by)");
    if (out->activity < 0)
        return error_at(err, ERR_INPUT, c->file, 1, 0,
                        "not a log: no column names the step (activity, concept:name; or name it "
                        "with --stage-by)");
    if (out->start < 0 && out->end < 0)
        return error_at(err, ERR_INPUT, c->file, 1, 0,
                        "not a log: no column holds a time (start_time, end_time, timestamp, "
                        "time:timestamp)");
    return 0;
}

/* *ns of a cell, 0 when the column is absent or the cell empty. */
static int read_time(const struct csv *c, size_t row, int column, int64_t *ns, struct error *err)
{
    *ns = 0;
    const char *text = column < 0 ? "" : csv_cell(c, row, (size_t)column);
    if (!*text)
        return 0;
    if (timestamp_parse(text, ns, err))
        return error_prefix(err, "%s:%u", c->file, c->line[row]);
    return 0;
}

static void add_row(const struct csv *c, const struct columns *at, size_t row, int64_t start,
                    int64_t end, struct sink *sink)
{
    const char *item = csv_cell(c, row, (size_t)at->item);
    const char *activity = csv_cell(c, row, (size_t)at->activity);
    struct span *span = vocabulary_open(sink->words);
    span->file = sink->file_index;
    span->line = c->line[row];
    span->trace = span_text(sink->set, item, strlen(item));
    span->name = span_text(sink->set, activity, strlen(activity));
    span->start_ns = start ? start : end;
    span->end_ns = end;
    for (size_t k = 0; k < c->columns; k++) {
        const char *cell = csv_cell(c, row, k);
        struct attribute a = {.key = c->header[k], .key_len = strlen(c->header[k])};
        a.kind = ATTRIBUTE_TEXT;
        a.text = cell;
        a.text_len = strlen(cell);
        if (*cell)
            vocabulary_attribute(sink->words, &a);
    }
    vocabulary_close(sink->words);
}

/* Rows of lifecycle `start` wait here, by case and activity, for their `complete`. */
struct open_rows {
    struct intern keys;
    VEC(uint32_t) first; /* by key: 1 + row that waits longest; 0: none */
    VEC(uint32_t) last;
    uint32_t *next;    /* [rows] */
    int64_t *start_ns; /* [rows] */
    bool *waits;       /* [rows] */
};

static uint32_t key_of(struct open_rows *o, const struct csv *c, const struct columns *at,
                       size_t row, struct buf *scratch)
{
    buf_clear(scratch);
    buf_puts(scratch, csv_cell(c, row, (size_t)at->item));
    buf_putc(scratch, '\0');
    buf_puts(scratch, csv_cell(c, row, (size_t)at->activity));
    uint32_t key = intern_put(&o->keys, buf_text(scratch), scratch->len);
    if (key == o->first.len) {
        vec_push(&o->first, 0);
        vec_push(&o->last, 0);
    }
    return key;
}

static void wait_for_end(struct open_rows *o, uint32_t key, size_t row, int64_t start)
{
    uint32_t mark = (uint32_t)row + 1;
    o->start_ns[row] = start;
    o->waits[row] = true;
    if (o->first.at[key])
        o->next[o->last.at[key] - 1] = mark;
    else
        o->first.at[key] = mark;
    o->last.at[key] = mark;
}

/* The start of the oldest row that waits under this key; 0 when none does. */
static int64_t take_start(struct open_rows *o, uint32_t key)
{
    uint32_t mark = o->first.at[key];
    if (!mark)
        return 0;
    o->first.at[key] = o->next[mark - 1];
    o->waits[mark - 1] = false;
    return o->start_ns[mark - 1];
}

static bool has_both(const struct csv *c, int column)
{
    bool start = false, complete = false;
    for (size_t row = 0; column >= 0 && row < c->rows; row++) {
        start = start || strcasecmp(csv_cell(c, row, (size_t)column), "start") == 0;
        complete = complete || strcasecmp(csv_cell(c, row, (size_t)column), "complete") == 0;
    }
    return start && complete;
}

static int read_lifecycle(const struct csv *c, const struct columns *at, struct sink *sink,
                          struct error *err)
{
    struct open_rows o = {0};
    struct buf scratch;
    int status = -1;
    intern_init(&o.keys);
    buf_init(&scratch);
    o.next = mem_zero(c->rows, sizeof *o.next);
    o.start_ns = mem_zero(c->rows, sizeof *o.start_ns);
    o.waits = mem_zero(c->rows, sizeof *o.waits);
    for (size_t row = 0; row < c->rows; row++) {
        int64_t ns;
        if (read_time(c, row, at->end >= 0 ? at->end : at->start, &ns, err))
            goto out;
        const char *transition = csv_cell(c, row, (size_t)at->lifecycle);
        uint32_t key = key_of(&o, c, at, row, &scratch);
        if (strcasecmp(transition, "start") == 0)
            wait_for_end(&o, key, row, ns);
        else if (strcasecmp(transition, "complete") == 0)
            add_row(c, at, row, take_start(&o, key), ns, sink);
    }
    for (size_t row = 0; row < c->rows; row++)
        if (o.waits[row])
            add_row(c, at, row, o.start_ns[row], 0, sink);
    status = 0;
out:
    intern_release(&o.keys);
    vec_release(&o.first);
    vec_release(&o.last);
    mem_free(o.next);
    mem_free(o.start_ns);
    mem_free(o.waits);
    buf_release(&scratch);
    return status;
}

static int read_rows(const struct csv *c, const struct columns *at, struct sink *sink,
                     struct error *err)
{
    for (size_t row = 0; row < c->rows; row++) {
        int64_t start, end;
        if (read_time(c, row, at->start, &start, err) || read_time(c, row, at->end, &end, err))
            return -1;
        if (at->end < 0)
            end = start;
        add_row(c, at, row, start, end, sink);
    }
    return 0;
}

int event_csv_read(const char *text, size_t len, struct sink *sink, struct error *err)
{
    struct csv c = {0};
    struct columns at;
    if (csv_read(sink->file, text, len, &c, err))
        return err->line > 1 ? -1
                             : error_at(err, ERR_INPUT, sink->file, 1, 0,
                                        "not a trace log: neither JSON, which begins with { or [, "
                                        "nor CSV with a header");
    int status = find_columns(&c, sink->options, &at, err);
    if (!status)
        status = has_both(&c, at.lifecycle) ? read_lifecycle(&c, &at, sink, err)
                                            : read_rows(&c, &at, sink, err);
    sink->quality->records += c.rows;
    csv_release(&c);
    return status;
}
