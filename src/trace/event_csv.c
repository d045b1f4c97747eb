/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Event logs in CSV: a row for each event.  An event with one time is an instant; with two, or with
 * lifecycle rows, it has a duration. */
#include "trace/event_csv.h"

#include "base/csv_read.h"
#include "base/utf8.h"
#include "trace/event_log.h"
#include "trace/timestamp.h"

#include <string.h>
#include <strings.h>

static const char *const case_names[] = {"case_id", "case",   "case:concept:name",
                                         "case id", "caseid", "trace_id",
                                         "traceid", "item",   NULL};
static const char *const activity_names[] = {"activity",  "concept:name", "activity_name",
                                             "event",     "stage",        "step",
                                             "operation", "name",         NULL};
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
    out->start = csv_column(c, event_start_names);
    out->end = csv_column(c, event_end_names);
    out->lifecycle = csv_column(c, event_lifecycle_names);
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

/* A cell's time; 0 when the column is absent or the cell empty, and for what is no time, which is
 * counted. */
static int64_t read_time(const struct csv *c, size_t row, int column, struct sink *sink)
{
    struct error ignored = {0};
    int64_t ns = 0;
    const char *text = column < 0 ? "" : csv_cell(c, row, (size_t)column);
    if (!*text || (timestamp_parse(text, &ns, &ignored) == 0 && ns > 0))
        return ns;
    quality_note(sink->quality, QUALITY_BAD_TIME, sink->file_index, c->line[row]);
    return 0;
}

static enum event_transition transition_at(const struct csv *c, const struct columns *at,
                                           size_t row)
{
    return at->lifecycle < 0 ? EVENT_OTHER
                             : event_transition_of(csv_cell(c, row, (size_t)at->lifecycle));
}

/* Has the step of a row without an end begun and not ended? */
static bool is_open(const struct csv *c, const struct columns *at, size_t row)
{
    return transition_at(c, at, row) == EVENT_START ||
           (at->end >= 0 && !*csv_cell(c, row, (size_t)at->end));
}

static void add_row(const struct csv *c, const struct columns *at, size_t row, int64_t start,
                    int64_t end, bool failed, struct sink *sink)
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
    if (start && !end && is_open(c, at, row))
        span->flags |= SPAN_OPEN;
    for (size_t k = 0; k < c->columns; k++) {
        const char *cell = csv_cell(c, row, k);
        struct attribute a = {.key = c->header[k], .key_len = strlen(c->header[k])};
        a.kind = ATTRIBUTE_TEXT;
        a.text = cell;
        a.text_len = strlen(cell);
        if (*cell)
            vocabulary_attribute(sink->words, &a);
    }
    vocabulary_status(sink->words, failed, NULL, 0);
    vocabulary_close(sink->words);
}

/* Do the rows tell starts apart from ends? */
static bool has_both(const struct csv *c, const struct columns *at)
{
    bool start = false, complete = false;
    for (size_t row = 0; row < c->rows; row++) {
        start = start || transition_at(c, at, row) == EVENT_START;
        complete = complete || transition_at(c, at, row) == EVENT_COMPLETE;
    }
    return start && complete;
}

/* Rows of other transitions (schedule, suspend, ...) are no work of their own. */
static void read_lifecycle(const struct csv *c, const struct columns *at, struct sink *sink)
{
    struct event_waits waits;
    int64_t *start_ns = mem_zero(c->rows, sizeof *start_ns);
    event_waits_init(&waits);
    for (size_t row = 0; row < c->rows; row++) {
        int64_t ns = read_time(c, row, at->end >= 0 ? at->end : at->start, sink);
        enum event_transition t = transition_at(c, at, row);
        const char *item = csv_cell(c, row, (size_t)at->item);
        const char *activity = csv_cell(c, row, (size_t)at->activity);
        if (t == EVENT_START) {
            start_ns[row] = ns;
            event_waits_add(&waits, item, activity, (uint32_t)row);
        } else if (t != EVENT_OTHER) {
            uint32_t from = event_waits_take(&waits, item, activity);
            add_row(c, at, row, from == UINT32_MAX ? 0 : start_ns[from], ns, t == EVENT_ABORT,
                    sink);
        }
    }
    for (size_t row = 0; row < c->rows; row++)
        if (event_waits_has(&waits, (uint32_t)row))
            add_row(c, at, row, start_ns[row], 0, false, sink);
    event_waits_release(&waits);
    mem_free(start_ns);
}

static void read_rows(const struct csv *c, const struct columns *at, struct sink *sink)
{
    for (size_t row = 0; row < c->rows; row++) {
        int64_t start = read_time(c, row, at->start, sink), end = read_time(c, row, at->end, sink);
        bool failed = transition_at(c, at, row) == EVENT_ABORT;
        add_row(c, at, row, start, at->end < 0 ? start : end, failed, sink);
    }
}

/* Counts bytes that are no UTF-8 where they are first met, and mends all. */
static void mend_text(const char *text, size_t len, struct sink *sink, struct buf *out)
{
    uint64_t line = 1;
    for (size_t i = 0, n; i < len && (n = utf8_length(text + i, len - i)); i += n)
        line += text[i] == '\n';
    quality_note(sink->quality, QUALITY_BAD_TEXT, sink->file_index, line);
    utf8_mend(text, len, out);
}

static int read_table(const char *text, size_t len, struct sink *sink, struct error *err)
{
    struct csv c = {0};
    struct columns at;
    if (csv_read_rows(sink->file, text, len, &c, err))
        return err->line > 1 ? -1
                             : error_at(err, ERR_INPUT, sink->file, 1, 0,
                                        "not a trace log: neither JSON, which begins with { or [, "
                                        "nor CSV with a header");
    int status = find_columns(&c, sink->options, &at, err);
    if (!status && has_both(&c, &at))
        read_lifecycle(&c, &at, sink);
    else if (!status)
        read_rows(&c, &at, sink);
    for (size_t i = 0; i < c.n_bad && !status; i++)
        quality_note(sink->quality, QUALITY_UNREADABLE, sink->file_index, c.bad[i]);
    if (!status)
        sink->quality->records += c.rows + c.n_bad;
    csv_release(&c);
    return status;
}

int event_csv_read(const char *text, size_t len, struct sink *sink, struct error *err)
{
    struct buf mended = {0};
    if (!utf8_valid(text, len)) {
        mend_text(text, len, sink, &mended);
        text = buf_text(&mended);
        len = mended.len;
    }
    int status = read_table(text, len, sink, err);
    buf_release(&mended);
    return status;
}
