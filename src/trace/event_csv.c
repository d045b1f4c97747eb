/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Event logs in CSV: a row for each event.  An event with one time is an instant; with two, or with
 * lifecycle rows, it has a duration.  Whether rows are of a lifecycle is told by all of the first
 * LOOK_MAX bytes: they are kept until it is. */
#include "trace/event_csv.h"

#include "base/csv_read.h"
#include "base/utf8.h"
#include "trace/event_log.h"
#include "trace/timestamp.h"

#include <string.h>

static const char *const case_names[] = {"case_id", "case",   "case:concept:name",
                                         "case id", "caseid", "trace_id",
                                         "traceid", "item",   NULL};
static const char *const activity_names[] = {"activity",  "concept:name", "activity_name",
                                             "event",     "stage",        "step",
                                             "operation", "name",         NULL};
struct columns {
    int item, activity, start, end, lifecycle;
};

static int column_of(const struct csv *c, const char *const *names, const char *named,
                     struct vocabulary *words)
{
    const char *const own[] = {named, NULL};
    int at = named ? csv_column(c, own) : -1;
    if (at >= 0)
        vocabulary_met(words, named, strlen(named));
    return at >= 0 ? at : csv_column(c, names);
}

static int find_columns(const struct csv *c, const struct sink *sink, struct columns *out,
                        struct error *err)
{
    out->item = column_of(c, case_names, sink->options->item_by, sink->words);
    out->activity = column_of(c, activity_names, sink->options->stage_by, sink->words);
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

/* ---- rows --------------------------------------------------------------------------------- */

/* How rows become events. */
enum pairing { PAIRING_OPEN, PAIRING_NONE, PAIRING_ALL };
enum { LOOK_MAX = 4 << 20, PACK_LEAST = 4096 };

struct csv_row {
    const char *const *cell;
    uint32_t line;
};
/* A start that waits for its end; the cells are in one block. */
struct started {
    struct csv_row row;
    int64_t start_ns;
};

struct event_csv {
    struct sink *sink;
    struct csv csv;
    struct csv_rows *rows;
    struct columns at;
    struct buf carry;  /* a character that is cut */
    struct buf mended; /* the piece at hand */
    uint64_t lines;    /* read, until bytes that are no UTF-8 are met */
    size_t looked;     /* bytes read while the pairing is open */
    enum pairing pairing;
    bool known, bad_text, starts, completes;
    struct event_waits waits;
    VEC(struct started) started; /* by number in waits; row.cell NULL: taken */
};

static const char *cell(const struct csv_row *r, int column)
{
    return r->cell[column];
}

/* A cell's time; 0 when the column is absent or the cell empty, and for what is no time, which is
 * counted. */
static int64_t read_time(const struct event_csv *e, const struct csv_row *r, int column)
{
    struct error ignored = {0};
    int64_t ns = 0;
    const char *text = column < 0 ? "" : cell(r, column);
    if (!*text || (timestamp_parse(text, &ns, &ignored) == 0 && ns > 0))
        return ns;
    quality_note(e->sink->quality, QUALITY_BAD_TIME, e->sink->file_index, r->line);
    return 0;
}

static enum event_transition transition_of(const struct event_csv *e, const struct csv_row *r)
{
    return e->at.lifecycle < 0 ? EVENT_OTHER : event_transition_of(cell(r, e->at.lifecycle));
}

/* Has the step of a row without an end begun and not ended? */
static bool is_open(const struct event_csv *e, const struct csv_row *r)
{
    return transition_of(e, r) == EVENT_START || (e->at.end >= 0 && !*cell(r, e->at.end));
}

static void add_row(const struct event_csv *e, const struct csv_row *r, int64_t start, int64_t end,
                    bool failed)
{
    struct sink *sink = e->sink;
    const char *item = cell(r, e->at.item), *activity = cell(r, e->at.activity);
    struct span *span = vocabulary_open(sink->words);
    span->file = sink->file_index;
    span->line = r->line;
    span->trace = span_text(sink->set, item, strlen(item));
    span->name = span_text(sink->set, activity, strlen(activity));
    span->start_ns = start ? start : end;
    span->end_ns = end;
    if (start && !end && is_open(e, r))
        span->flags |= SPAN_OPEN;
    for (size_t k = 0; k < e->csv.columns; k++) {
        const char *text = r->cell[k];
        struct attribute a = {.key = e->csv.header[k], .key_len = strlen(e->csv.header[k])};
        a.kind = ATTRIBUTE_TEXT;
        a.text = text;
        a.text_len = strlen(text);
        if (*text)
            vocabulary_attribute(sink->words, &a);
    }
    vocabulary_status(sink->words, failed, NULL, 0);
    vocabulary_close(sink->words);
}

/* ---- starts and their ends ---------------------------------------------------------------- */

static const char *const *copy_cells(const struct event_csv *e, const struct csv_row *r)
{
    size_t n = e->csv.columns, bytes = n * sizeof *r->cell;
    for (size_t k = 0; k < n; k++)
        bytes += strlen(r->cell[k]) + 1;
    const char **copy = mem_alloc(bytes);
    char *to = (char *)(copy + n);
    for (size_t k = 0; k < n; k++) {
        size_t len = strlen(r->cell[k]) + 1;
        copy[k] = memcpy(to, r->cell[k], len);
        to += len;
    }
    return copy;
}

/* Where most of them have ended, the numbers begin anew. */
static void pack(struct event_csv *e)
{
    size_t n = 0, waiting = 0;
    for (size_t k = 0; k < e->started.len; k++)
        waiting += e->started.at[k].row.cell != NULL;
    if (e->started.len < PACK_LEAST || 2 * waiting > e->started.len)
        return;
    uint32_t *new_of = mem_alloc((e->waits.waits.len + 1) * sizeof *new_of);
    event_waits_pack(&e->waits, new_of);
    for (size_t k = 0; k < e->started.len; k++)
        if (e->started.at[k].row.cell)
            e->started.at[n++] = e->started.at[k];
    e->started.len = n;
    mem_free(new_of);
}

/* Rows of other transitions (schedule, suspend, ...) are no work of their own. */
static void pair_row(struct event_csv *e, const struct csv_row *r)
{
    int64_t ns = read_time(e, r, e->at.end >= 0 ? e->at.end : e->at.start), start = 0;
    enum event_transition t = transition_of(e, r);
    const char *item = cell(r, e->at.item), *activity = cell(r, e->at.activity);
    if (t == EVENT_START) {
        event_waits_add(&e->waits, item, activity, (uint32_t)e->started.len);
        vec_push(&e->started, ((struct started){
                                  {copy_cells(e, r), r->line},
                                  ns
        }));
    } else if (t != EVENT_OTHER) {
        uint32_t from = event_waits_take(&e->waits, item, activity);
        if (from != UINT32_MAX) {
            start = e->started.at[from].start_ns;
            mem_free((void *)e->started.at[from].row.cell);
            e->started.at[from].row.cell = NULL;
        }
        add_row(e, r, start, ns, t == EVENT_ABORT);
    }
}

static void end_pairs(struct event_csv *e)
{
    for (size_t k = 0; k < e->started.len; k++) {
        const struct started *s = &e->started.at[k];
        if (s->row.cell)
            add_row(e, &s->row, s->start_ns, 0, false);
    }
}

/* ---- pieces ------------------------------------------------------------------------------- */

static struct csv_row row_at(const struct event_csv *e, size_t i)
{
    return (struct csv_row){e->csv.cell + i * e->csv.columns, e->csv.line[i]};
}

/* Do the rows so far tell starts apart from ends? */
static void choose_pairing(struct event_csv *e, bool last)
{
    for (size_t i = 0; e->pairing != PAIRING_ALL && i < e->csv.rows; i++) {
        struct csv_row r = row_at(e, i);
        enum event_transition t = transition_of(e, &r);
        e->starts = e->starts || t == EVENT_START;
        e->completes = e->completes || t == EVENT_COMPLETE;
    }
    if (e->starts && e->completes)
        e->pairing = PAIRING_ALL;
    else if (e->pairing == PAIRING_OPEN && (last || e->at.lifecycle < 0 || e->looked > LOOK_MAX))
        e->pairing = PAIRING_NONE;
}

static void read_rows(struct event_csv *e)
{
    for (size_t i = 0; i < e->csv.rows; i++) {
        struct csv_row r = row_at(e, i);
        if (e->pairing == PAIRING_ALL) {
            pair_row(e, &r);
            continue;
        }
        int64_t start = read_time(e, &r, e->at.start), end = read_time(e, &r, e->at.end);
        add_row(e, &r, start, e->at.end < 0 ? start : end, transition_of(e, &r) == EVENT_ABORT);
    }
    for (size_t i = 0; i < e->csv.n_bad; i++)
        quality_note(e->sink->quality, QUALITY_UNREADABLE, e->sink->file_index, e->csv.bad[i]);
    e->sink->quality->records += e->csv.rows + e->csv.n_bad;
    pack(e);
}

/* Bytes that are no UTF-8 are counted where they are first met, and all are mended. */
static void mend(struct event_csv *e, const char **text, size_t *len)
{
    const char *s = *text;
    bool valid = utf8_valid(s, *len);
    for (size_t i = 0, n; !e->bad_text && i < *len; i += n) {
        n = valid ? 1 : utf8_length(s + i, *len - i);
        if (!n) {
            quality_note(e->sink->quality, QUALITY_BAD_TEXT, e->sink->file_index, e->lines + 1);
            e->bad_text = true;
            break;
        }
        e->lines += s[i] == '\n';
    }
    if (valid)
        return;
    buf_clear(&e->mended);
    utf8_mend(s, *len, &e->mended);
    *text = buf_text(&e->mended);
    *len = e->mended.len;
}

static int feed(struct event_csv *e, const char *text, size_t len, bool last, struct error *err)
{
    e->looked += len;
    mend(e, &text, &len);
    if (csv_rows_feed(e->rows, text, len, last, err))
        return err->line > 1 ? -1
                             : error_at(err, ERR_INPUT, e->sink->file, 1, 0,
                                        "not a trace log: neither JSON, which begins with { or [, "
                                        "nor CSV with a header");
    if (!e->known && e->csv.columns) {
        if (find_columns(&e->csv, e->sink, &e->at, err))
            return -1;
        e->known = true;
    }
    if (e->known)
        choose_pairing(e, last);
    if (e->pairing == PAIRING_OPEN)
        return 0;
    read_rows(e);
    csv_rows_clear(e->rows);
    return 0;
}

/* Bytes at the end that may begin a character which goes on. */
static size_t cut_len(const char *text, size_t len)
{
    for (size_t n = 1; n < 4 && n <= len; n++) {
        unsigned char c = (unsigned char)text[len - n];
        if (c < 0x80)
            return 0;
        if (c >= 0xC0)
            return utf8_length(text + len - n, n) ? 0 : n;
    }
    return 0;
}

int event_csv_feed(struct event_csv *e, const char *text, size_t len, struct error *err)
{
    struct buf joined = {0};
    if (e->carry.len) { /* a few bytes: the piece is put together */
        buf_add(&joined, e->carry.data, e->carry.len);
        buf_add(&joined, text, len);
        text = joined.data;
        len = joined.len;
        buf_clear(&e->carry);
    }
    size_t cut = cut_len(text, len);
    buf_add(&e->carry, text + len - cut, cut);
    int status = feed(e, text, len - cut, false, err);
    buf_release(&joined);
    return status;
}

int event_csv_end(struct event_csv *e, struct error *err)
{
    if (feed(e, buf_text(&e->carry), e->carry.len, true, err))
        return -1;
    end_pairs(e);
    return 0;
}

struct event_csv *event_csv_new(struct sink *sink)
{
    struct event_csv *e = mem_zero(1, sizeof *e);
    e->sink = sink;
    e->rows = csv_rows_new(sink->file, &e->csv);
    event_waits_init(&e->waits);
    return e;
}

void event_csv_free(struct event_csv *e)
{
    if (!e)
        return;
    csv_rows_free(e->rows);
    csv_release(&e->csv);
    for (size_t k = 0; k < e->started.len; k++)
        mem_free((void *)e->started.at[k].row.cell);
    vec_release(&e->started);
    event_waits_release(&e->waits);
    buf_release(&e->carry);
    buf_release(&e->mended);
    mem_free(e);
}
