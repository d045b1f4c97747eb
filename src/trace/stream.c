/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/stream.h"

#include "base/units.h"
#include "trace/assemble.h"
#include "trace/labels.h"
#include "trace/log_parts.h"
#include "trace/pieces.h"
#include "trace/window.h"

#include <string.h>

/* Measured: what the process takes before it holds a span, and for each span held, with all that is
 * made of an eighth of them at a time. */
enum { FIXED = 40 << 20, SPAN_BYTES = 320, VALUES_PART = 4 };

struct stream_room stream_room_of(uint64_t memory)
{
    uint64_t rest = memory > STREAM_LEAST ? memory - FIXED : STREAM_LEAST - FIXED;
    return (struct stream_room){(size_t)(rest / SPAN_BYTES), (size_t)(rest / VALUES_PART), memory};
}

struct stream {
    struct trace_log *log;
    const struct log_options *options;
    struct tally *tally;
    struct item_labels *labels;       /* NULL: none */
    const struct stream_watch *watch; /* NULL: nobody */
    struct relief relief;
    size_t room; /* spans that fit */
    struct log_book book;
    struct discovery found;
    struct closed closed;
};

/* ---- a batch ------------------------------------------------------------------------------ */

/* The spans of log->spans are all of their items. */
static int count_batch(struct stream *st, struct error *err)
{
    struct trace_log *log = st->log;
    if (log_assemble(log, st->options, &st->book, err))
        return -1;
    discover_batch(log, &st->found);
    if (st->labels && item_labels_put(st->labels, log, err))
        return -1;
    tally_add(st->tally, log);
    if (st->watch)
        st->watch->add(st->watch->arg, log, true);
    log->pass.batches++;
    log->pass.spans += log->spans.len;
    log->pass.items += log->items.len;
    return 0;
}

/* Counts the spans at[] apart from the others that are held. */
static int count_portion(struct stream *st, const uint32_t *at, size_t n, struct error *err)
{
    struct trace_log *log = st->log;
    struct span_set held = log->spans;
    span_set_init(&log->spans);
    span_set_take(&log->spans, &held, at, n);
    int status = count_batch(st, err);
    log_forget_items(log);
    span_set_release(&log->spans);
    log->spans = held;
    mem_trim();
    return status;
}

static size_t spans_of(const struct window *w, size_t n, uint32_t portion, uint32_t *at)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (w->portion[i] == portion)
            at[k++] = (uint32_t)i;
    return k;
}

static void note_late(struct trace_log *log, const struct window *w)
{
    for (size_t i = 0; i < log->spans.len; i++)
        if (w->portion[i] == WINDOW_LATE)
            quality_note(&log->quality, QUALITY_LATE, log->spans.file[i], log->spans.line[i]);
}

/* Forgets all spans but those that stay. */
static void forget(struct stream *st, struct sink *sink, const struct window *w, uint32_t *at)
{
    struct span_set *s = &st->log->spans;
    size_t n = s->len, texts = (size_t)s->text.count + 1, kept;
    uint32_t *new_span = mem_alloc((n + 1) * sizeof *new_span);
    uint32_t *new_text = mem_alloc(texts * sizeof *new_text);
    bool *used = mem_zero(texts, sizeof *used), *gone = mem_zero(texts, sizeof *gone);
    kept = spans_of(w, n, WINDOW_STAYS, at);
    memset(new_span, 0xff, (n + 1) * sizeof *new_span);
    for (size_t k = 0; k < kept; k++)
        new_span[at[k]] = (uint32_t)k;
    for (size_t i = 0; i < n; i++)
        gone[s->trace[i]] = gone[s->trace[i]] || w->portion[i] != WINDOW_STAYS;
    settle_texts(&sink->later, used);
    pieces_texts(sink, gone, true, used);
    span_set_keep(s, at, kept, used, new_text);
    settle_keep(&sink->later, new_span, new_text, st->room, &st->log->quality);
    pieces_keep(sink, gone, new_text);
    mem_free(gone);
    mem_free(new_span);
    mem_free(new_text);
    mem_free(used);
}

static int close_traces(struct stream *st, struct sink *sink, bool all, struct error *err)
{
    struct trace_log *log = st->log;
    struct window w;
    size_t came = log->spans.len;
    pieces_close(sink);
    struct window_rules rules = {.stretch = st->room / 4,
                                 .portion = log->pass.batches ? st->room / 8 : st->room / 4,
                                 .keep = st->room / 2,
                                 .all = all};
    uint32_t *at = mem_alloc((log->spans.len + 1) * sizeof *at);
    int status = 0;
    settle_window(&sink->later, &log->spans);
    bool *open = mem_zero((size_t)log->spans.text.count + 1, sizeof *open);
    pieces_open(sink, open);
    rules.open = open;
    rules.came = came;
    window_part(&log->spans, &rules, &st->closed, &w);
    note_late(log, &w);
    for (uint32_t k = 1; k <= w.portions && !status; k++)
        status = count_portion(st, at, spans_of(&w, log->spans.len, k, at), err);
    if (!all) {
        log->pass.early += w.traces;
        log->pass.waiting += w.waiting;
    }
    if (!status)
        forget(st, sink, &w, at);
    window_release(&w);
    mem_free(open);
    mem_free(at);
    return status;
}

/* Spans of servers that have their client's id wait for it to the end. */
static int relieve(void *arg, struct sink *sink, struct error *err)
{
    struct stream *st = arg;
    struct log_pass *pass = &st->log->pass;
    if (sink->later.shared.len) {
        st->relief.room = 2 * st->log->spans.len;
        pass->held = st->log->spans.len;
        return 0;
    }
    if (close_traces(st, sink, false, err))
        return -1;
    size_t stay = 2 * st->log->spans.len, more = pieces_held(sink);
    st->relief.room = stay + more > st->room ? stay + more : st->room;
    if (stay > st->room && stay > pass->held)
        pass->held = stay;
    return 0;
}

/* ---- the end ------------------------------------------------------------------------------ */

static void finish(struct stream *st)
{
    struct trace_log *log = st->log;
    uint32_t *new_of = mem_zero(log->stages.len + 1, sizeof *new_of);
    struct routed *items;
    bool *failed;
    size_t n;
    discover_order(log, &st->found, new_of);
    tally_renumber(st->tally, new_of);
    tally_routed(st->tally, log->stages.len, &items, &n, &failed);
    discover_finish(log, &st->found, items, n, failed);
    log->pass.other_review = st->found.other_review;
    log->pass.other_roots = (2 * st->found.rooted > st->found.items) != st->found.has_roots;
    log->pass.other_names = book_disagrees(&st->book);
    mem_free(items);
    mem_free(failed);
    mem_free(new_of);
}

/* After the last file.  A log that fitted is left to the ordinary way. */
static int end_of_files(void *arg, struct sink *sink, struct error *err)
{
    struct stream *st = arg;
    struct log_pass *pass = &st->log->pass;
    if (!pass->batches) {
        if (st->log->spans.len > st->room && !pass->held) /* of a format that asks for no relief */
            pass->held = st->log->spans.len;
        reader_end(sink);
        return 0;
    }
    reader_end_spans(sink);
    if (close_traces(st, sink, true, err))
        return -1;
    settle_end(&sink->later, &st->log->quality);
    finish(st);
    return 0;
}

static int read_logs(struct stream *st, const char *const *paths, size_t n, const char *labels,
                     struct error *err)
{
    struct trace_log *log = st->log;
    const struct log_hooks hooks = {&st->relief, end_of_files, st};
    if (labels && item_labels_read(labels, &st->labels, err))
        return -1;
    if (log_collect_with(paths, n, st->options, &hooks, log, err))
        return -1;
    if (!log->pass.batches) {
        if (log_settle(log, st->options, err) ||
            (st->labels && item_labels_put(st->labels, log, err)))
            return -1;
        tally_free(st->tally);
        st->tally = tally_new(0);
        tally_add(st->tally, log);
        if (st->watch)
            st->watch->add(st->watch->arg, log, false);
    } else if (st->options->strict && log_check_strict(log, err)) {
        return -1;
    }
    return st->labels ? item_labels_check(st->labels, err) : 0;
}

int log_read_tally(const char *const *paths, size_t n, const struct log_options *options,
                   const char *labels, const struct stream_room *room,
                   const struct stream_watch *watch, struct trace_log *log, struct tally **tally,
                   struct error *err)
{
    static const struct log_options none = {0};
    struct stream st = {
        .log = log, .options = options ? options : &none, .room = room->spans, .watch = watch};
    st.relief = (struct relief){st.room, relieve, &st};
    st.tally = tally_new(room->values);
    book_init(&st.book);
    log_init(log);
    int status = read_logs(&st, paths, n, labels, err);
    *tally = st.tally;
    log->pass.memory = room->memory;
    log->pass.stretch = st.room / 4;
    item_labels_free(st.labels);
    book_release(&st.book);
    discovery_release(&st.found);
    closed_release(&st.closed);
    return status;
}

/* ---- what is said of it ------------------------------------------------------------------- */

static void warn_of_others(const struct log_pass *p, struct result *out)
{
    static const char *const more = "a larger --memory shows more of the log at first";
    if (p->other_review)
        result_warn(out,
                    "all of the log shows another review than its first part, by which it was "
                    "read; %s",
                    more);
    if (p->other_roots)
        result_warn(out,
                    "whether items have a root span differs between the first part of the log "
                    "and all of it: which items are unfinished follows the first; %s",
                    more);
    if (p->other_names)
        result_warn(out,
                    "spans of some names lie at another level in later parts of the log: "
                    "steps are read by the first; %s",
                    more);
}

static void tell_held(const struct log_pass *p, struct result *out)
{
    if (p->held)
        result_warn(out,
                    "%llu spans had to be held at once, which takes more memory than --memory "
                    "allows: their traces were not over, or their format is read whole",
                    (unsigned long long)p->held);
}

void stream_report(const struct trace_log *log, struct result *out)
{
    const struct log_pass *p = &log->pass;
    struct buf stretch = {0};
    tell_held(p, out);
    if (!p->batches)
        return;
    units_put_count(&stretch, p->stretch);
    result_assume(out,
                  "the log was read in one pass within about %llu MiB: a trace is over when none "
                  "of its spans came for %s spans; %llu of %llu traces were counted before the end",
                  (unsigned long long)(p->memory >> 20), buf_text(&stretch),
                  (unsigned long long)p->early, (unsigned long long)log->quality.traces);
    buf_release(&stretch);
    if (log->quality.count[QUALITY_LATE])
        result_warn(out,
                    "%llu spans came after their trace was counted as over, and are left out; "
                    "a larger --memory waits longer",
                    (unsigned long long)log->quality.count[QUALITY_LATE]);
    if (p->waiting)
        result_warn(out,
                    "%llu traces were counted while they waited for a person, for want of "
                    "memory: what came of them later is in items of its own",
                    (unsigned long long)p->waiting);
    warn_of_others(p, out);
}
