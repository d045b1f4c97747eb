/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Label files, by csv_read: any order of columns, other columns passed over. */
#include "trace/labels.h"

#include "base/csv_read.h"
#include "base/file.h"
#include "base/units.h"
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

/* ---- labels of a log -------------------------------------------------------------------- */

uint32_t labels_item(const struct trace_log *log, const char *name)
{
    uint32_t text = intern_find(&log->spans.text, name, strlen(name));
    if (text == UINT32_MAX || log->item_of[text] == SPAN_NONE) {
        struct span_set probe; /* the same id in upper case or base64 */
        span_set_init(&probe);
        uint32_t id = ids_trace(&probe, name, strlen(name));
        const char *normal = span_string(&probe, id);
        text = intern_find(&log->spans.text, normal, strlen(normal));
        span_set_release(&probe);
    }
    return text == UINT32_MAX ? SPAN_NONE : log->item_of[text];
}

static int set_label(const struct csv *c, size_t row, const char *what, int8_t label, int8_t *field,
                     struct error *err)
{
    if (label == LOG_UNKNOWN)
        return 0;
    if (*field != LOG_UNKNOWN && *field != label)
        return error_at(err, ERR_INPUT, c->file, c->line[row], 0,
                        "%s contradicts an earlier row of the same item", what);
    *field = label;
    return 0;
}

static int label_row(struct trace_log *log, const struct csv *c, size_t row, const int at[3],
                     uint64_t *known, struct error *err)
{
    int8_t draft = LOG_UNKNOWN, shipped = LOG_UNKNOWN;
    const char *name = cell(c, row, at[0]);
    if (!*name)
        return error_at(err, ERR_INPUT, c->file, c->line[row], 0, "item is empty");
    if (at[1] >= 0 && read_truth(c, row, at[1], &draft, err))
        return -1;
    if (at[2] >= 0 && read_truth(c, row, at[2], &shipped, err))
        return -1;
    uint32_t item = labels_item(log, name);
    if (item == SPAN_NONE)
        return 0;
    ++*known;
    struct log_item *it = &log->items.at[item];
    if (set_label(c, row, "correct", draft, &it->label, err))
        return -1;
    return set_label(c, row, "shipped_correct", shipped, &it->shipped_label, err);
}

int log_labels(struct trace_log *log, const char *labels_path, struct error *err)
{
    struct buf text;
    struct csv c = {0};
    uint64_t known = 0;
    int status = -1;
    buf_init(&text);
    if (read_csv(labels_path, &text, &c, err))
        goto out;
    const int at[3] = {column(&c, "item"), column(&c, "correct"), column(&c, "shipped_correct")};
    if (at[0] < 0 || (at[1] < 0 && at[2] < 0)) {
        error_at(err, ERR_INPUT, labels_path, 1, 0,
                 "labels of a log need the columns item, and correct or shipped_correct");
        goto out;
    }
    for (size_t row = 0; row < c.rows; row++)
        if (label_row(log, &c, row, at, &known, err))
            goto out;
    if (!known) {
        error_at(err, ERR_INPUT, labels_path, 0, 0,
                 "no label fits the log: item holds neither trace ids nor item ids of it");
        goto out;
    }
    log->labelled = true;
    discover_truth(log);
    status = 0;
out:
    csv_release(&c);
    buf_release(&text);
    return status;
}

/* ---- labelled confidences --------------------------------------------------------------- */

struct scored_columns {
    int confidence, correct, group, weight, source;
};

static int read_confidence(const struct csv *c, size_t row, int at, double *out, struct error *err)
{
    struct error why = {0};
    const char *text = cell(c, row, at);
    if (units_number(text, out, &why) || !(*out >= -1e-5 && *out <= 1 + 1e-5))
        return error_at(err, ERR_INPUT, c->file, c->line[row], 0,
                        "confidence is \"%.40s\": write a number from 0 to 1", text);
    *out = fmin(fmax(*out, 0), 1); /* sums of token probabilities exceed 1 by rounding */
    return 0;
}

static int read_weight(const struct csv *c, size_t row, int at, double *out, struct error *err)
{
    struct error why = {0};
    const char *text = cell(c, row, at);
    *out = 1;
    if (!*text)
        return 0;
    if (units_number(text, out, &why) || !(*out >= 1) || !isfinite(*out))
        return error_at(err, ERR_INPUT, c->file, c->line[row], 0,
                        "weight is \"%.40s\": write 1 / probability of being labelled, 1 or more",
                        text);
    if (*out != 1)
        return error_at(err, ERR_UNSUPPORTED, c->file, c->line[row], 0,
                        "not supported yet: a threshold from weighted labels (weight %.40s)", text);
    return 0;
}

/* What a row's label came from; two kinds in one file are no sample of anything. */
static int read_source(const struct csv *c, size_t row, int at, const char **seen,
                       struct error *err)
{
    static const char *const sources[] = {"all", "reviewed", "audit"};
    const char *text = cell(c, row, at), *found = NULL;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (!strcasecmp(*text ? text : "all", sources[i]))
            found = sources[i];
    if (!found)
        return error_at(err, ERR_INPUT, c->file, c->line[row], 0,
                        "source is \"%.40s\": write all, reviewed or audit", text);
    if (*seen && *seen != found)
        return error_at(err, ERR_UNSUPPORTED, c->file, c->line[row], 0,
                        "not supported yet: a threshold from labels of two sources (%s and %s)",
                        *seen, found);
    *seen = found;
    return 0;
}

static int scored_row(const struct csv *c, size_t row, const struct scored_columns *at,
                      struct intern *groups, struct scored_labels *out, struct error *err)
{
    struct scored s = {.weight = 1, .line = c->line[row]};
    int8_t truth;
    const char *group = cell(c, row, at->group);
    if (read_confidence(c, row, at->confidence, &s.confidence, err) ||
        read_truth(c, row, at->correct, &truth, err) ||
        read_weight(c, row, at->weight, &s.weight, err) ||
        read_source(c, row, at->source, &out->source, err))
        return -1;
    if (truth == LOG_UNKNOWN)
        return error_at(err, ERR_INPUT, c->file, c->line[row], 0,
                        "correct is empty: write 1, 0, true or false");
    s.correct = truth == LOG_GOOD;
    s.group = intern_put(groups, group, strlen(group));
    vec_push(out, s);
    return 0;
}

int labels_read(const char *path, struct scored_labels *out, struct error *err)
{
    struct buf text;
    struct csv c = {0};
    struct intern groups;
    int status = -1;
    memset(out, 0, sizeof *out);
    arena_init(&out->arena);
    buf_init(&text);
    intern_init(&groups);
    if (read_csv(path, &text, &c, err))
        goto done;
    const struct scored_columns at = {column(&c, "confidence"), column(&c, "correct"),
                                      column(&c, "group"), column(&c, "weight"),
                                      column(&c, "source")};
    if (at.confidence < 0 || at.correct < 0) {
        error_at(err, ERR_INPUT, path, 1, 0, "labels need the columns confidence and correct");
        goto done;
    }
    for (size_t row = 0; row < c.rows; row++)
        if (scored_row(&c, row, &at, &groups, out, err))
            goto done;
    if (out->len == 0) {
        error_at(err, ERR_INPUT, path, 0, 0, "the file holds no labels");
        goto done;
    }
    out->reviewed_only = !strcmp(out->source, "reviewed");
    out->groups = groups.count;
    out->group = arena_alloc(&out->arena, groups.count * sizeof *out->group);
    for (size_t g = 0; g < groups.count; g++)
        out->group[g] = arena_strdup(&out->arena, groups.text[g]);
    status = 0;
done:
    intern_release(&groups);
    csv_release(&c);
    buf_release(&text);
    return status;
}

void labels_release(struct scored_labels *l)
{
    vec_release(l);
    arena_release(&l->arena);
    memset(l, 0, sizeof *l);
}
