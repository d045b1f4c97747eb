/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/store_logs.h"

#include "base/units.h"
#include "store/logs.h"

#include <string.h>
#include <unistd.h>

struct log_options cli_log_options(const struct cli *cli)
{
    const struct options *o = cli->options;

    return (struct log_options){
        .stage_by = option_text(o, OPTION_STAGE_BY, NULL),
        .item_by = option_text(o, OPTION_ITEM_BY, NULL),
        .task_by = option_text(o, OPTION_TASK_BY, NULL),
        .confidence = option_text(o, OPTION_CONFIDENCE, NULL),
        .decision = option_text(o, OPTION_DECISION, NULL),
        .reviewer_by = option_text(o, OPTION_REVIEWER_BY, NULL),
        .cost = option_text(o, OPTION_COST, NULL),
        .failure_when = option_text(o, OPTION_FAILURE_WHEN, NULL),
        .prices = o->value[OPTION_PRICE].all.at,
        .n_prices = o->value[OPTION_PRICE].all.len,
        .documents = option_given(o, OPTION_RELEVANCE),
        .strict = option_given(o, OPTION_STRICT),
        .threads = (uint32_t)option_count(o, OPTION_THREADS, 0),
    };
}

/* Options that decide what is read of a log. */
enum { SETTLED = 9 };
static const char *const settled_names[SETTLED] = {"stage-by",   "item-by",      "task-by",
                                                   "confidence", "decision",     "reviewer-by",
                                                   "cost",       "failure-when", "price"};
/* Of several prices the first. */
static const char *settled_value(const struct log_options *o, size_t i)
{
    const char *const values[SETTLED] = {
        o->stage_by,   o->item_by,      o->task_by,
        o->confidence, o->decision,     o->reviewer_by,
        o->cost,       o->failure_when, o->n_prices ? o->prices[0] : NULL};
    return values[i];
}

/* ---- into the store --------------------------------------------------------------------- */

struct facts {
    struct stored_fact *at;
    size_t len, cap;
};

/* In the log's arena. */
static const char *folded_wait_text(struct trace_log *log, size_t i)
{
    struct buf text = {0};
    units_put_exact(&text, log->folded.list.at[i].wait_s);
    const char *kept = arena_strdup(&log->arena, buf_text(&text));
    buf_release(&text);
    return kept;
}

static void gather_facts(struct trace_log *log, const struct log_options *options, struct facts *f)
{
    const struct quality *q = &log->quality;
    for (size_t i = 0; i < log->files.len; i++)
        vec_push(f, ((struct stored_fact){.kind = STORED_FILE, .name = log->files.at[i]}));
    for (size_t i = 0; i < SETTLED; i++)
        if (settled_value(options, i))
            vec_push(f, ((struct stored_fact){.kind = STORED_OPTION,
                                              .name = settled_names[i],
                                              .text = settled_value(options, i)}));
    for (size_t i = 1; i < options->n_prices; i++)
        vec_push(f, ((struct stored_fact){
                        .kind = STORED_OPTION, .name = "price", .text = options->prices[i]}));
    vec_push(f,
             ((struct stored_fact){.kind = STORED_COUNT, .name = "records", .number = q->records}));
    if (q->asides)
        vec_push(
            f, ((struct stored_fact){.kind = STORED_COUNT, .name = "asides", .number = q->asides}));
    for (size_t i = 0; i < log->folded.list.len; i++)
        vec_push(f, ((struct stored_fact){.kind = STORED_FOLDED,
                                          .name = log->folded.names.of[i].at,
                                          .text = folded_wait_text(log, i),
                                          .number = log->folded.list.at[i].tries}));
    if (log->folded.untold && !log->folded.alone)
        vec_push(f, ((struct stored_fact){
                        .kind = STORED_COUNT, .name = "untold", .number = log->folded.untold}));
    for (size_t k = 0; k < QUALITY_KIND_COUNT; k++) {
        const char *name = quality_kind_name((enum quality_kind)k);
        if (q->count[k])
            vec_push(f, ((struct stored_fact){
                            .kind = STORED_COUNT, .name = name, .number = q->count[k]}));
        for (size_t i = 0; i < q->count[k] && i < QUALITY_PLACES; i++)
            vec_push(f, ((struct stored_fact){.kind = STORED_PLACE,
                                              .name = name,
                                              .text = k == QUALITY_UNKNOWN ? log->unknown[i] : NULL,
                                              .file = q->place[k][i].file,
                                              .line = q->place[k][i].line}));
    }
}

int store_logs_keep(const char *path, struct trace_log *log, const struct log_options *options,
                    struct error *err)
{
    struct store *store = NULL;
    struct facts facts = {0};
    char now[32];
    int64_t id;

    gather_facts(log, options, &facts);
    cli_time_text(now);
    int status = store_open(path, &store, err);
    if (!status)
        status = store_add_log(store, log->format ? log->format : "", &log->spans, facts.at,
                               facts.len, now, &id, err);
    store_close(store);
    vec_release(&facts);
    return status;
}

/* ---- out of the store ------------------------------------------------------------------- */

struct loading {
    struct trace_log *log;
    struct log_options settled;        /* which of them any log was imported with */
    size_t places[QUALITY_KIND_COUNT]; /* taken so far */
};

static void take_log(void *arg, const char *format, uint64_t spans)
{
    struct trace_log *log = ((struct loading *)arg)->log;
    bool same = !log->format || !strcmp(log->format, format);
    log->format = same ? arena_strdup(&log->arena, format) : "mixed";
}

static void take_option(struct loading *l, const char *name)
{
    if (!strcmp(name, "stage-by"))
        l->settled.stage_by = "";
    if (!strcmp(name, "item-by"))
        l->settled.item_by = "";
    if (!strcmp(name, "decision"))
        l->settled.decision = "";
}

static void take_quality(struct loading *l, const struct stored_fact *f)
{
    struct quality *q = &l->log->quality;
    if (f->kind == STORED_COUNT && !strcmp(f->name, "records"))
        q->records += f->number;
    if (f->kind == STORED_COUNT && !strcmp(f->name, "asides"))
        q->asides += f->number;
    if (f->kind == STORED_COUNT && !strcmp(f->name, "untold"))
        l->log->folded.untold += f->number;
    for (size_t k = 0; k < QUALITY_KIND_COUNT; k++) {
        if (strcmp(f->name, quality_kind_name((enum quality_kind)k)))
            continue;
        if (f->kind == STORED_COUNT) {
            q->count[k] += f->number;
        } else if (l->places[k] < QUALITY_PLACES) {
            if (k == QUALITY_UNKNOWN && f->text)
                l->log->unknown[l->places[k]] = arena_strdup(&l->log->arena, f->text);
            q->place[k][l->places[k]].file = f->file;
            q->place[k][l->places[k]++].line = f->line;
        }
    }
}

static void take_folded(struct trace_log *log, const struct stored_fact *f)
{
    struct folded_node node = {.tries = f->number < UINT32_MAX ? (uint32_t)f->number : 0};
    struct error ignored = {0};
    if (f->text && units_number(f->text, &node.wait_s, &ignored) == 0 && node.wait_s >= 0)
        folded_note(&log->folded, f->name, strlen(f->name), node);
}

static void take_fact(void *arg, const struct stored_fact *f)
{
    struct loading *l = arg;
    switch (f->kind) {
    case STORED_FILE:
        vec_push(&l->log->files, (const char *)arena_strdup(&l->log->arena, f->name));
        return;
    case STORED_OPTION:
        take_option(l, f->name);
        return;
    case STORED_FOLDED:
        take_folded(l->log, f);
        return;
    case STORED_COUNT:
    case STORED_PLACE:
        take_quality(l, f);
        return;
    }
}

static int refuse_settled(const char *path, const struct log_options *options, struct error *err)
{
    for (size_t i = 0; i < SETTLED; i++)
        if (settled_value(options, i))
            return error_set(err, ERR_USAGE,
                             "%s: --%s is settled when a log is imported into a store: give it to "
                             "`seam import log`, into a new one",
                             path, settled_names[i]);
    return 0;
}

/* Places of spans and faults name files by their index: one that a store lacks would name none. */
static int check_files(const char *path, const struct trace_log *log, struct error *err)
{
    bool sound = true;
    for (size_t i = 0; i < log->spans.len; i++)
        sound = sound && log->spans.file[i] < log->files.len;
    for (size_t k = 0; k < QUALITY_KIND_COUNT; k++)
        for (size_t i = 0; i < log->quality.count[k] && i < QUALITY_PLACES; i++)
            sound = sound && log->quality.place[k][i].file < log->files.len;
    return sound ? 0 : error_set(err, ERR_INPUT, "%s: a file of its logs is not named", path);
}

int store_logs_read(const char *path, const struct log_options *options, struct trace_log *out,
                    struct error *err)
{
    struct loading l = {.log = out};
    const struct stored_reader reader = {&l, take_log, take_fact};
    struct store *store = NULL;

    log_init(out);
    if (refuse_settled(path, options, err))
        return -1;
    if (access(path, F_OK))
        return error_set(err, ERR_IO, "%s: there is no such store; --db FILE names one", path);
    int status = store_open(path, &store, err);
    if (!status)
        status = store_read_logs(store, &reader, &out->spans, err);
    store_close(store);
    l.settled.strict = options->strict;
    if (!status)
        status = check_files(path, out, err);
    return status ? -1 : log_settle(out, &l.settled, err);
}
