/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A log from its files to items: read, assemble, discover. */
#include "trace/log.h"

#include "base/folder.h"
#include "base/json_read.h"
#include "trace/assemble.h"
#include "trace/discover.h"
#include "trace/log_parts.h"
#include "trace/reader.h"
#include "trace/runs.h"
#include "trace/tree.h"
#include "trace/unknown.h"
#include "trace/vocabulary.h"

#include <math.h>
#include <string.h>

void log_init(struct trace_log *log)
{
    memset(log, 0, sizeof *log);
    arena_init(&log->arena);
    span_set_init(&log->spans);
    folded_init(&log->folded);
    log->review = log->gate = log->scorer = -1;
    log->threshold = NAN;
}

void log_release(struct trace_log *log)
{
    vec_release(&log->files);
    vec_release(&log->items);
    vec_release(&log->visits);
    vec_release(&log->attempts);
    vec_release(&log->stages);
    vec_release(&log->edges);
    vec_release(&log->pairs);
    mem_free(log->item_of);
    mem_free(log->span_item);
    mem_free(log->cost);
    span_set_release(&log->spans);
    folded_release(&log->folded);
    arena_release(&log->arena);
    memset(log, 0, sizeof *log);
}

/* What to read: files, or one text in memory. */
struct source {
    const char *const *paths;
    size_t n;
    const char *text; /* NULL: files */
    size_t len;
};

static int read_one(struct trace_log *log, const struct source *from, const char *path,
                    struct sink *sink, struct error *err)
{
    const char *format = NULL;
    sink->file = arena_strdup(&log->arena, path);
    sink->file_index = (uint32_t)log->files.len;
    sink->line = 1;
    vec_push(&log->files, sink->file);
    if (from->text ? reader_text(from->text, from->len, sink, &format, err)
                   : reader_file(path, sink, &format, err))
        return -1;
    bool same = !log->format || !format || strcmp(log->format, format) == 0;
    log->format = !same ? "mixed" : format ? format : log->format;
    return 0;
}

/* Of several files one whose first line or document is too long is counted, and passed over. */
static int read_some(struct trace_log *log, const struct source *from, const char *path,
                     struct sink *sink, struct error *err)
{
    struct error why = {0};
    if (read_one(log, from, path, sink, &why) == 0)
        return 0;
    if (why.code == ERR_LIMIT && why.line && !sink->failed && !sink->options->strict) {
        quality_note(&log->quality, QUALITY_UNREADABLE, sink->file_index, why.line);
        return 0;
    }
    *err = why;
    return -1;
}

/* What else lies in the folder is counted. */
static int read_folder(struct trace_log *log, const struct source *from, const char *path,
                       struct sink *sink, struct error *err)
{
    struct folder_files files = {0};
    size_t logs = 0;
    int status = folder_list(path, &files, err);
    for (size_t i = 0; i < files.paths.len && !status; i++) {
        struct error why = {0};
        uint64_t records = log->quality.records;
        if (read_some(log, from, files.paths.at[i], sink, &why) == 0) {
            logs++;
        } else if (why.code == ERR_INPUT && log->quality.records == records) {
            quality_note(&log->quality, QUALITY_FOREIGN, sink->file_index, 0);
        } else {
            *err = why;
            status = -1;
        }
    }
    if (!status && !logs)
        status = error_set(err, ERR_INPUT, "%s: the folder holds no trace log", path);
    folder_release(&files);
    return status;
}

static int read_files(struct trace_log *log, const struct source *from, struct sink *sink,
                      struct error *err)
{
    for (size_t i = 0; i < from->n; i++) {
        const char *path = from->paths[i];
        bool folder = !from->text && folder_is(path);
        bool alone = from->n == 1 && !folder;
        if (folder  ? read_folder(log, from, path, sink, err)
            : alone ? read_one(log, from, path, sink, err)
                    : read_some(log, from, path, sink, err))
            return -1;
    }
    return 0;
}

static int check_spans(const struct trace_log *log, struct error *err)
{
    const char *first = log->files.len ? log->files.at[0] : "log";
    const struct quality *q = &log->quality;
    uint64_t line = q->place[QUALITY_UNREADABLE][0].line;
    if (log->pass.spans)
        return 0;
    if (log->spans.len == 0 && q->count[QUALITY_UNREADABLE] && !(line & PLACE_BYTE))
        return error_at(err, ERR_INPUT, log->files.at[q->place[QUALITY_UNREADABLE][0].file],
                        (uint32_t)line, 0,
                        "the log holds no spans: here a record lacks an id, is cut off or has the "
                        "wrong shape");
    if (log->spans.len == 0)
        return error_at(err, ERR_INPUT, first, 0, 0, "the log holds no spans");
    if (log->spans.len >= SPAN_NONE)
        return error_at(err, ERR_LIMIT, first, 0, 0, "more than 4 billion spans");
    return 0;
}

static void note_times(struct trace_log *log)
{
    const struct span_set *s = &log->spans;
    for (size_t i = 0; i < s->len; i++) {
        if (s->flags[i] & SPAN_DUPLICATE)
            continue;
        if (s->flags[i] & SPAN_NO_DURATION)
            quality_note(&log->quality, QUALITY_NO_DURATION, s->file[i], s->line[i]);
        if (s->flags[i] & SPAN_NEGATIVE)
            quality_note(&log->quality, QUALITY_NEGATIVE, s->file[i], s->line[i]);
    }
}

static int check_stages(const struct trace_log *log, struct error *err)
{
    size_t n = log->stages.len;
    if (n <= LOG_STAGES_MAX)
        return 0;
    return error_at(err, ERR_LIMIT, log->files.at[0], 0, 0,
                    "%zu names of steps (the last are `%s` and `%s`), more than %d: names with a "
                    "number or an id in them are no steps; --stage-by ATTRIBUTE tells what is",
                    n, log->stages.at[n - 2].id, log->stages.at[n - 1].id, LOG_STAGES_MAX);
}

/* The trees of all traces, once runs that share one have been parted. */
static void build_trees(struct trace_log *log, bool by_item, struct log_book *book,
                        struct tree *tree)
{
    struct quality parted = log->quality;
    tree_build(&log->spans, &log->quality, book, log->threads, tree);
    if (!runs_part(tree, by_item, &log->spans, &parted))
        return;
    tree_release(tree);
    log->quality = parted;
    tree_build(&log->spans, &log->quality, book, log->threads, tree);
}

int log_assemble(struct trace_log *log, const struct log_options *options, struct log_book *book,
                 struct error *err)
{
    struct tree tree;
    struct operations ops = {0};
    build_trees(log, options->item_by != NULL, book, &tree);
    operations_find(&tree, options->stage_by != NULL, book, log->threads, &ops);
    assemble(log, &tree, &ops, book);
    operations_release(&ops);
    tree_release(&tree);
    if (check_stages(log, err))
        return -1;
    note_times(log);
    log->user_decision = options->decision != NULL;
    return 0;
}

/* hooks: NULL, or see log_collect_with. */
static int read_source(const struct source *from, const struct log_options *options,
                       const struct log_hooks *hooks, struct trace_log *out, struct error *err)
{
    static const struct log_options none = {0};
    struct sink sink = {.options = options ? options : &none};
    int status = -1;
    log_init(out);
    out->threads = sink.options->threads;
    sink.set = &out->spans;
    sink.quality = &out->quality;
    sink.folded = &out->folded;
    sink.json = json_reader_new();
    if (vocabulary_new(sink.options, &out->spans, &out->quality, &sink.words, err))
        goto done;
    vocabulary_settle(sink.words, &sink.later);
    sink.relief = hooks ? hooks->relief : NULL;
    if (read_files(out, from, &sink, err))
        goto done;
    if (hooks)
        status = hooks->end(hooks->arg, &sink, err);
    else
        reader_end(&sink);
    unknown_count(vocabulary_unknown(sink.words), out);
    vocabulary_missing(sink.words, out);
    if (!hooks || !status)
        status = check_spans(out, err);
done:
    reader_release(&sink);
    vocabulary_free(sink.words);
    json_reader_free(sink.json);
    return status;
}

int log_end_of(const char *word, size_t len)
{
    static const char *const words[] = {
#define X(name, word) word,
        LOG_ENDS(X)
#undef X
    };
    for (int end = 0; end < LOG_END_COUNT; end++)
        if (strlen(words[end]) == len && memcmp(words[end], word, len) == 0)
            return end;
    return -1;
}

int32_t log_end_target(enum log_end end)
{
    if (end == LOG_SHIPPED)
        return TO_SHIP;
    if (end == LOG_REJECTED)
        return TO_REJECT;
    return log_end_fails(end) ? TO_FAIL : TO_SKIP;
}

int log_settle(struct trace_log *log, const struct log_options *options, struct error *err)
{
    static const struct log_options none = {0};
    options = options ? options : &none;
    if (check_spans(log, err) || log_assemble(log, options, NULL, err))
        return -1;
    discover(log);
    return options->strict ? log_check_strict(log, err) : 0;
}

int log_collect(const char *const *paths, size_t n, const struct log_options *options,
                struct trace_log *out, struct error *err)
{
    return log_collect_with(paths, n, options, NULL, out, err);
}

int log_collect_with(const char *const *paths, size_t n, const struct log_options *options,
                     const struct log_hooks *hooks, struct trace_log *out, struct error *err)
{
    struct source from = {.paths = paths, .n = n};
    return read_source(&from, options, hooks, out, err);
}

int log_read(const char *const *paths, size_t n, const struct log_options *options,
             struct trace_log *out, struct error *err)
{
    return log_collect(paths, n, options, out, err) ? -1 : log_settle(out, options, err);
}

int log_read_text(const char *name, const char *text, size_t len, const struct log_options *options,
                  struct trace_log *out, struct error *err)
{
    struct source from = {.paths = &name, .n = 1, .text = text, .len = len};
    return read_source(&from, options, NULL, out, err) ? -1 : log_settle(out, options, err);
}

void log_forget_items(struct trace_log *log)
{
    log->items.len = log->visits.len = log->attempts.len = log->edges.len = log->pairs.len = 0;
    mem_free(log->item_of);
    mem_free(log->span_item);
    mem_free(log->cost);
    log->item_of = log->span_item = NULL;
    log->cost = NULL;
}

void log_keep(struct trace_log *log, const bool *keep)
{
    uint32_t kept = 0;
    uint32_t *new_of = mem_alloc((log->items.len + 1) * sizeof *new_of);
    for (size_t i = 0; i < log->items.len; i++) {
        new_of[i] = keep[i] ? kept : SPAN_NONE;
        if (keep[i])
            log->items.at[kept++] = log->items.at[i];
    }
    for (size_t t = 0; t < log->spans.text.count; t++)
        if (log->item_of[t] != SPAN_NONE)
            log->item_of[t] = new_of[log->item_of[t]];
    for (size_t i = 0; i < log->spans.len; i++)
        if (log->span_item[i] != SPAN_NONE)
            log->span_item[i] = new_of[log->span_item[i]];
    for (size_t v = 0; v < log->visits.len; v++)
        if (log->visits.at[v].item != SPAN_NONE)
            log->visits.at[v].item = new_of[log->visits.at[v].item];
    log->items.len = kept;
    for (size_t s = 0; s < log->stages.len; s++)
        log->stages.at[s].visits = log->stages.at[s].attempts = 0;
    for (size_t v = 0; v < log->visits.len; v++)
        if (log->visits.at[v].item != SPAN_NONE) {
            log->stages.at[log->visits.at[v].stage].visits++;
            log->stages.at[log->visits.at[v].stage].attempts += log_attempts(&log->visits.at[v]);
        }
    discover_edges(log);
    mem_free(new_of);
}
