/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Label files, by csv_read: any order of columns, other columns passed over. */
#include "trace/labels.h"

#include "base/csv_read.h"
#include "base/file.h"
#include "base/units.h"
#include "math/sort.h"
#include "trace/discover.h"
#include "trace/ids.h"

#include <math.h>
#include <string.h>
#include <strings.h>

enum { LABELS_TEXT_MAX = 256 << 20 };

static int read_csv(const char *path, struct buf *text, struct csv *out, struct error *err)
{
    if (file_read(path, LABELS_TEXT_MAX, text, err))
        return -1;
    return csv_read(path, buf_text(text), text->len, out, err);
}

static int column(const struct csv *c, const char *name)
{
    const char *const names[] = {name, NULL};
    return csv_column(c, names);
}

static const char *cell(const struct csv *c, size_t row, int at)
{
    return at < 0 ? "" : csv_cell(c, row, (size_t)at);
}

/* "" is unknown. */
static int read_truth(const struct csv *c, size_t row, int at, int8_t *out, struct error *err)
{
    static const struct {
        const char *text;
        int8_t truth;
    } words[] = {
        {"",      LOG_UNKNOWN},
        {"0",     LOG_BAD    },
        {"1",     LOG_GOOD   },
        {"false", LOG_BAD    },
        {"true",  LOG_GOOD   },
        {"no",    LOG_BAD    },
        {"yes",   LOG_GOOD   }
    };
    const char *text = cell(c, row, at);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(text, words[i].text) == 0) {
            *out = words[i].truth;
            return 0;
        }
    return error_at(err, ERR_INPUT, c->file, c->line[row], 0,
                    "%s is \"%.40s\": write 1, 0, true, false, or nothing when unknown",
                    c->header[at], text);
}

static int read_weight_cell(const struct csv *c, size_t row, int at, double *out, struct error *err)
{
    struct error why = {0};
    const char *text = cell(c, row, at);
    if (units_number(text, out, &why) || !(*out >= 1) || !isfinite(*out))
        return error_at(err, ERR_INPUT, c->file, c->line[row], 0,
                        "weight is \"%.40s\": write 1 / probability of being labelled, 1 or more",
                        text);
    return 0;
}

/* ---- labels of a log -------------------------------------------------------------------- */

struct label_row {
    uint32_t line, next; /* next: row of the same name; SPAN_NONE */
    int8_t draft, shipped;
    double weight; /* 0: not said */
};

struct item_labels {
    const char *file;
    struct buf text;
    struct csv csv;
    struct intern names;
    VEC(struct label_row) rows;
    VEC(uint32_t) first, last; /* row of a name; SPAN_NONE */
    uint64_t known;
};

void item_labels_free(struct item_labels *l)
{
    if (!l)
        return;
    csv_release(&l->csv);
    buf_release(&l->text);
    intern_release(&l->names);
    vec_release(&l->rows);
    vec_release(&l->first);
    vec_release(&l->last);
    mem_free(l);
}

static void add_name(struct item_labels *l, const char *name, uint32_t row)
{
    uint32_t at = intern_put(&l->names, name, strlen(name));
    if (at == l->first.len) {
        vec_push(&l->first, SPAN_NONE);
        vec_push(&l->last, SPAN_NONE);
    }
    if (l->first.at[at] == SPAN_NONE)
        l->first.at[at] = row;
    else
        l->rows.at[l->last.at[at]].next = row;
    l->last.at[at] = row;
}

/* By its name, or where that is an id in another spelling by the usual one. */
static void add_row(struct item_labels *l, const char *name, struct label_row row)
{
    struct span_set probe;
    span_set_init(&probe);
    const char *normal = span_string(&probe, ids_trace(&probe, name, strlen(name)));
    uint32_t at = (uint32_t)l->rows.len;
    row.next = SPAN_NONE;
    vec_push(&l->rows, row);
    add_name(l, name, at);
    if (strcmp(name, normal) != 0) {
        vec_push(&l->rows, row);
        add_name(l, normal, at + 1);
    }
    span_set_release(&probe);
}

static int read_row(struct item_labels *l, size_t row, const int at[4], struct error *err)
{
    const struct csv *c = &l->csv;
    struct label_row out = {c->line[row], SPAN_NONE, LOG_UNKNOWN, LOG_UNKNOWN, 0};
    const char *name = cell(c, row, at[0]);
    if (!*name)
        return error_at(err, ERR_INPUT, c->file, c->line[row], 0, "item is empty");
    if (at[1] >= 0 && read_truth(c, row, at[1], &out.draft, err))
        return -1;
    if (at[2] >= 0 && read_truth(c, row, at[2], &out.shipped, err))
        return -1;
    if (at[3] >= 0 && *cell(c, row, at[3]) && read_weight_cell(c, row, at[3], &out.weight, err))
        return -1;
    add_row(l, name, out);
    return 0;
}

int item_labels_read(const char *path, struct item_labels **out, struct error *err)
{
    struct item_labels *l = *out = mem_zero(1, sizeof *l);
    struct csv *c = &l->csv;
    l->file = path;
    intern_init(&l->names);
    if (read_csv(path, &l->text, c, err))
        return -1;
    const int at[4] = {column(c, "item"), column(c, "correct"), column(c, "shipped_correct"),
                       column(c, "weight")};
    if (at[0] < 0 || (at[1] < 0 && at[2] < 0))
        return error_at(err, ERR_INPUT, path, 1, 0,
                        "labels of a log need the columns item, and correct or shipped_correct");
    for (size_t row = 0; row < c->rows; row++)
        if (read_row(l, row, at, err))
            return -1;
    csv_release(c);
    buf_release(&l->text);
    return 0;
}

static int set_label(const struct item_labels *l, const struct label_row *row, const char *what,
                     int8_t label, int8_t *field, struct error *err)
{
    if (label == LOG_UNKNOWN)
        return 0;
    if (*field != LOG_UNKNOWN && *field != label)
        return error_at(err, ERR_INPUT, l->file, row->line, 0,
                        "%s contradicts an earlier row of the same item", what);
    *field = label;
    return 0;
}

int item_labels_put(struct item_labels *l, struct trace_log *log, struct error *err)
{
    for (uint32_t text = 0; text < log->spans.text.count; text++) {
        const char *name = log->spans.text.of[text].at;
        if (log->item_of[text] == SPAN_NONE)
            continue;
        struct log_item *it = &log->items.at[log->item_of[text]];
        uint32_t at = intern_find(&l->names, name, strlen(name));
        for (uint32_t k = at == UINT32_MAX ? SPAN_NONE : l->first.at[at]; k != SPAN_NONE;
             k = l->rows.at[k].next) {
            const struct label_row *row = &l->rows.at[k];
            l->known++;
            if (set_label(l, row, "correct", row->draft, &it->label, err) ||
                set_label(l, row, "shipped_correct", row->shipped, &it->shipped_label, err))
                return -1;
            if (row->weight > 0)
                it->weight = row->weight;
        }
    }
    log->labelled = true;
    discover_truth(log);
    return 0;
}

int item_labels_check(const struct item_labels *l, struct error *err)
{
    return l->known ? 0
                    : error_at(err, ERR_INPUT, l->file, 0, 0,
                               "no label fits the log: item holds neither trace ids nor item ids "
                               "of it");
}

int log_labels(struct trace_log *log, const char *labels_path, struct error *err)
{
    struct item_labels *l = NULL;
    int status = item_labels_read(labels_path, &l, err);
    if (!status)
        status = item_labels_put(l, log, err);
    if (!status)
        status = item_labels_check(l, err);
    item_labels_free(l);
    return status;
}

/* ---- labelled confidences --------------------------------------------------------------- */

struct scored_columns {
    int confidence, correct, group, weight, source, id, confidence_2, correct_2;
};

/* What the rows read so far tell about each other. */
struct scored_rows {
    const struct csv *csv;
    struct scored_columns at;
    struct intern groups;
    VEC(uint64_t) id; /* hashes of the ids */
    struct scored_labels *out;
};

static int read_confidence(struct scored_rows *r, size_t row, int at, double *out,
                           struct error *err)
{
    const struct csv *c = r->csv;
    const char *text = cell(c, row, at);
    bool rounded;
    if (!confidence_parse(text, out, &rounded))
        return error_at(err, ERR_INPUT, c->file, c->line[row], 0,
                        "%s is \"%.40s\": write a number from 0 to 1 (as much as %g beyond "
                        "is taken as rounding)",
                        c->header[at], text, CONFIDENCE_SLACK);
    r->out->n_rounded += rounded;
    return 0;
}

static int read_weight(struct scored_rows *r, size_t row, double *out, struct error *err)
{
    *out = 1;
    if (!*cell(r->csv, row, r->at.weight))
        return 0;
    if (read_weight_cell(r->csv, row, r->at.weight, out, err))
        return -1;
    r->out->weighted |= *out != 1;
    return 0;
}

static int read_source(struct scored_rows *r, size_t row, uint8_t *out, struct error *err)
{
    const char *text = cell(r->csv, row, r->at.source);
    for (uint8_t i = 0; i < LABEL_SOURCES; i++)
        if (!strcasecmp(*text ? text : label_source_words[LABEL_ALL], label_source_words[i])) {
            *out = i;
            r->out->of_source[i]++;
            return 0;
        }
    return error_at(err, ERR_INPUT, r->csv->file, r->csv->line[row], 0,
                    "source is \"%.40s\": write all, reviewed or audit", text);
}

static void keep_id(struct scored_rows *r, size_t row)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325); /* Fowler, Noll and Vo 1991 */
    const char *text = cell(r->csv, row, r->at.id);
    if (!*text)
        return;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    vec_push(&r->id, h);
}

/* An item counts once: its id stands once.  Rows without an id are items of their own.  Sorted
 * hashes tell in most cases that all differ; else the ids themselves are looked at. */
static int check_ids(struct scored_rows *r, struct error *err)
{
    const struct csv *c = r->csv;
    struct intern ids;
    VEC(uint32_t) line = {0};
    size_t same = 0;
    int status = 0;
    sort_integers(r->id.at, r->id.len);
    for (size_t i = 1; i < r->id.len; i++)
        same += r->id.at[i] == r->id.at[i - 1];
    if (!same)
        return 0;
    intern_init(&ids);
    for (size_t row = 0; row < c->rows && !status; row++) {
        const char *text = cell(c, row, r->at.id);
        uint32_t id = *text ? intern_put(&ids, text, strlen(text)) : UINT32_MAX;
        if (id < line.len)
            status = error_at(err, ERR_INPUT, c->file, c->line[row], 0,
                              "id \"%.60s\" stands on line %u already: an item has one label", text,
                              line.at[id]);
        else if (*text)
            vec_push(&line, c->line[row]);
    }
    vec_release(&line);
    intern_release(&ids);
    return status;
}

static int scored_row(struct scored_rows *r, size_t row, struct error *err)
{
    struct scored s = {.weight = 1, .line = r->csv->line[row]};
    int8_t truth;
    const char *group = cell(r->csv, row, r->at.group);
    if (read_confidence(r, row, r->at.confidence, &s.confidence, err) ||
        read_truth(r->csv, row, r->at.correct, &truth, err) ||
        read_weight(r, row, &s.weight, err) || read_source(r, row, &s.source, err))
        return -1;
    if (truth == LOG_UNKNOWN)
        return error_at(err, ERR_INPUT, r->csv->file, s.line, 0,
                        "correct is empty: write 1, 0, true or false");
    s.correct = truth == LOG_GOOD;
    keep_id(r, row);
    s.group = intern_put(&r->groups, group, strlen(group));
    vec_push(r->out, s);
    return 0;
}

static int second_row(struct scored_rows *r, size_t row, struct error *err)
{
    struct second_answer *s = &r->out->second[row];
    int8_t truth;
    if (read_confidence(r, row, r->at.confidence_2, &s->confidence, err) ||
        read_truth(r->csv, row, r->at.correct_2, &truth, err))
        return -1;
    if (truth == LOG_UNKNOWN)
        return error_at(err, ERR_INPUT, r->csv->file, r->csv->line[row], 0,
                        "correct_2 is empty: write 1, 0, true or false");
    s->correct = truth == LOG_GOOD;
    return 0;
}

/* The answers of a second model, where the file has them. */
static int read_second(struct scored_rows *r, struct error *err)
{
    const struct csv *c = r->csv;
    if (r->at.confidence_2 < 0 && r->at.correct_2 < 0)
        return 0;
    if (r->at.confidence_2 < 0 || r->at.correct_2 < 0)
        return error_at(err, ERR_INPUT, c->file, 1, 0,
                        "a second model has both columns, confidence_2 and correct_2");
    r->out->second = mem_alloc((c->rows + 1) * sizeof *r->out->second);
    for (size_t row = 0; row < c->rows; row++)
        if (second_row(r, row, err))
            return -1;
    return 0;
}

static int scored_table(struct scored_rows *r, struct error *err)
{
    const struct csv *c = r->csv;
    struct scored_labels *out = r->out;
    r->at = (struct scored_columns){column(c, "confidence"),   column(c, "correct"),
                                    column(c, "group"),        column(c, "weight"),
                                    column(c, "source"),       column(c, "id"),
                                    column(c, "confidence_2"), column(c, "correct_2")};
    if (r->at.confidence < 0 || r->at.correct < 0)
        return error_at(err, ERR_INPUT, c->file, 1, 0,
                        "labels need the columns confidence and correct");
    for (size_t row = 0; row < c->rows; row++)
        if (scored_row(r, row, err))
            return -1;
    if (check_ids(r, err) || read_second(r, err))
        return -1;
    if (out->len == 0)
        return error_at(err, ERR_INPUT, c->file, 0, 0, "the file holds no labels");
    out->reviewed_only = out->of_source[LABEL_REVIEWED] == out->len;
    out->groups = r->groups.count;
    out->group = arena_alloc(&out->arena, out->groups * sizeof *out->group);
    for (size_t g = 0; g < out->groups; g++)
        out->group[g] = arena_strdup(&out->arena, r->groups.of[g].at);
    return 0;
}

int labels_read(const char *path, struct scored_labels *out, struct error *err)
{
    struct buf text;
    struct csv c = {0};
    struct scored_rows r = {.csv = &c, .out = out};
    memset(out, 0, sizeof *out);
    arena_init(&out->arena);
    buf_init(&text);
    intern_init(&r.groups);
    int status = read_csv(path, &text, &c, err);
    if (status == 0)
        status = scored_table(&r, err);
    intern_release(&r.groups);
    vec_release(&r.id);
    csv_release(&c);
    buf_release(&text);
    return status;
}

void labels_release(struct scored_labels *l)
{
    mem_free(l->second);
    vec_release(l);
    arena_release(&l->arena);
    memset(l, 0, sizeof *l);
}
