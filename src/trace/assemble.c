/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Traces to items.
 *
 * A trace is an item.  One that was interrupted waits, under its session, for the next trace of
 * that session, which is its continuation.
 *
 * What a trace says by itself is looked up piece by piece (by any thread, in the order of their
 * starts); then one walk names the steps and joins the traces, which looks at operations only where
 * somebody waits for a person. */
#include "trace/assemble.h"

#include "base/spread.h"
#include "base/utf8.h"
#include "trace/costs.h"
#include "trace/visits.h"

#include <string.h>

enum { TRACES_EACH = 1024 };

/* What a trace says by itself. */
struct said {
    uint32_t trace, id; /* its number, its text */
    uint32_t key, session;
    bool interrupted; /* an operation of it */
};

/* What a piece of traces says besides. */
struct piece {
    struct quality faults;
    VEC(uint32_t) raw; /* names of steps that its thread had not met, in order of first sight */
};

struct assembly {
    struct trace_log *log;
    const struct tree *tree;
    const struct operations *ops;
    struct log_book *book;
    uint32_t *stage_of; /* [text.count] stage of a raw name; SPAN_NONE: no step has it */
    struct said *said;  /* [n_traces] in order of their first start */
    struct piece *pieces;
    bool **met;            /* [threads][text.count] raw names, in the piece at hand or before */
    VEC(uint32_t) ids;     /* by item */
    VEC(uint32_t) pending; /* by item: stage that waits for a person; SPAN_NONE */
    struct item_traces traces;
};

/* ---- steps ------------------------------------------------------------------------------ */

enum { ID_MAX = 64, LOOK_BACK = 64, NAME_SHOWN = 120 };

/* Letters, digits, _ and - ; no target's name. */
static void clean_name(const char *s, struct buf *out)
{
    static const char *const targets[] = {"ship", "reject", "fail", "skip"};
    const char *start = s;
    buf_clear(out);
    for (; *s && out->len < ID_MAX; s++) {
        bool good = (*s >= '0' && *s <= '9') || ((*s | 32) >= 'a' && (*s | 32) <= 'z') ||
                    *s == '_' || *s == '-';
        if (good)
            buf_putc(out, *s);
        else if (out->len && out->data[out->len - 1] != '_')
            buf_putc(out, '_');
    }
    while (out->len && out->data[out->len - 1] == '_')
        out->data[--out->len] = '\0';
    if (out->len == 0)
        buf_puts(out, utf8_beyond_ascii(start) ? "step" : "unnamed");
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        if (strcmp(buf_text(out), targets[i]) == 0)
            buf_puts(out, "_step");
}

/* The name as it was written, short enough to stand beside its numbers. */
static const char *name_kept(struct trace_log *log, const char *raw)
{
    struct buf name = {0};
    utf8_quote(&name, raw, strlen(raw), NAME_SHOWN);
    const char *kept = arena_strdup(&log->arena, buf_text(&name));
    buf_release(&name);
    return kept;
}

/* A stage of its own for a name: where the clean form is taken by another one, with a number. */
static uint32_t new_stage(struct assembly *a, const char *raw)
{
    struct trace_log *log = a->log;
    struct buf id;
    buf_init(&id);
    clean_name(raw, &id);
    uint32_t fresh = (uint32_t)log->stages.len, first = intern_put(&a->book->ids, id.data, id.len);
    size_t len = id.len;
    for (uint32_t got = first; got != fresh;) {
        id.len = len;
        buf_printf(&id, "_%u", ++a->book->twins.at[first] + 1);
        got = intern_put(&a->book->ids, id.data, id.len);
    }
    struct log_stage stage = {.id = arena_strdup(&log->arena, buf_text(&id)),
                              .name = utf8_beyond_ascii(raw) ? name_kept(log, raw) : NULL};
    vec_push(&log->stages, stage);
    vec_push(&a->book->twins, 0);
    buf_release(&id);
    return fresh;
}

static uint32_t stage_of_name(struct assembly *a, const char *raw)
{
    uint32_t name = intern_put(&a->book->raw, raw, strlen(raw));
    if (name == a->book->stage_of.len)
        vec_push(&a->book->stage_of, new_stage(a, raw));
    return a->book->stage_of.at[name];
}

/* The steps of all pieces in order of first sight. */
static void name_stages(struct assembly *a, uint64_t pieces)
{
    const struct span_set *s = &a->log->spans;
    for (uint64_t p = 0; p < pieces; p++)
        for (size_t k = 0; k < a->pieces[p].raw.len; k++) {
            uint32_t raw = a->pieces[p].raw.at[k];
            if (a->stage_of[raw] == SPAN_NONE)
                a->stage_of[raw] = stage_of_name(a, span_string(s, raw));
        }
}

/* ---- traces by themselves ---------------------------------------------------------------- */

/* The first value of a column (NULL: there are none) over the spans of a trace; SPAN_NONE. */
static uint32_t first_value(const struct tree *t, uint32_t trace, const uint32_t *column)
{
    for (uint32_t k = t->first[trace]; column && k < t->first[trace + 1]; k++)
        if (column[t->order[k]] != SPAN_NONE)
            return column[t->order[k]];
    return SPAN_NONE;
}

/* Traces in order of their first start. */
static void sort_traces(struct assembly *a)
{
    const struct tree *t = a->tree;
    const struct span_set *s = t->spans;
    uint32_t *first_span = mem_alloc(((size_t)t->n_traces + 1) * sizeof *first_span);
    uint32_t *trace_of = mem_alloc((s->len + 1) * sizeof *trace_of); /* by first span */
    for (uint32_t k = 0; k < t->n_traces; k++) {
        first_span[k] = t->order[t->first[k]];
        trace_of[first_span[k]] = k;
    }
    operations_sort(s, first_span, t->n_traces);
    for (uint32_t k = 0; k < t->n_traces; k++)
        a->said[k] = (struct said){.trace = trace_of[first_span[k]], .id = s->trace[first_span[k]]};
    mem_free(first_span);
    mem_free(trace_of);
}

/* Counts a trace whose operations are of two sessions: an instrumentation's mistake when runs go on
 * side by side. */
static void note_mixed(const struct assembly *a, uint32_t trace, struct quality *faults)
{
    const struct span_set *s = &a->log->spans;
    uint32_t first = SPAN_NONE;
    for (uint32_t k = a->ops->first[trace]; k < a->ops->first[trace + 1]; k++) {
        uint32_t i = a->ops->span[k];
        if (s->session[i] == SPAN_NONE || s->session[i] == first)
            continue;
        if (first != SPAN_NONE) {
            quality_note(faults, QUALITY_MIXED, s->file[i], s->line[i]);
            return;
        }
        first = s->session[i];
    }
}

static void look_at(void *arg, const struct spread_part *part)
{
    const struct assembly *a = arg;
    const struct span_set *s = &a->log->spans;
    struct piece *piece = &a->pieces[part->piece];
    bool *met = a->met[part->worker];
    for (size_t k = part->begin; k < part->end; k++) {
        struct said *said = &a->said[k];
        uint32_t trace = said->trace;
        said->key = first_value(a->tree, trace, s->rare.item_key);
        said->session = first_value(a->tree, trace, s->session);
        if (said->session != SPAN_NONE)
            note_mixed(a, trace, &piece->faults);
        for (uint32_t i = a->ops->first[trace]; i < a->ops->first[trace + 1]; i++) {
            uint32_t raw = span_step(s, a->ops->span[i]);
            said->interrupted |= (s->flags[a->ops->span[i]] & SPAN_INTERRUPT) != 0;
            if (!met[raw])
                vec_push(&piece->raw, raw);
            met[raw] = true;
        }
    }
}

static void look_at_traces(struct assembly *a)
{
    size_t texts = a->log->spans.text.count;
    struct spread spread = {
        .n = a->tree->n_traces, .each = TRACES_EACH, .piece = look_at, .arg = a};
    uint32_t threads = spread_threads(&spread, a->log->threads);
    uint64_t pieces = spread_pieces(&spread);
    a->pieces = mem_zero(pieces, sizeof *a->pieces);
    a->met = mem_zero(threads, sizeof *a->met);
    for (uint32_t i = 0; i < threads; i++)
        a->met[i] = mem_zero(texts, sizeof *a->met[i]);
    spread_run(&spread, threads);
    name_stages(a, pieces);
    for (uint64_t p = 0; p < pieces; p++) {
        quality_merge(&a->log->quality, &a->pieces[p].faults, 0);
        vec_release(&a->pieces[p].raw);
    }
    for (uint32_t i = 0; i < threads; i++)
        mem_free(a->met[i]);
    mem_free(a->met);
    mem_free(a->pieces);
}

/* ---- items ------------------------------------------------------------------------------ */

/* After the operations of this trace: which step of the item waits for a person? */
static void update_pending(struct assembly *a, uint32_t item, uint32_t trace)
{
    const struct span_set *s = &a->log->spans;
    for (uint32_t k = a->ops->first[trace]; k < a->ops->first[trace + 1]; k++) {
        uint32_t i = a->ops->span[k], stage = a->stage_of[span_step(s, i)];
        if (s->flags[i] & SPAN_INTERRUPT)
            a->pending.at[item] = stage;
        else if (a->pending.at[item] == stage)
            a->pending.at[item] = SPAN_NONE;
    }
}

/* Traces of each item in their order: head[item], next[trace]. */
static void link_traces(struct assembly *a, const uint32_t *trace_item)
{
    uint32_t n = a->tree->n_traces;
    struct item_traces *t = &a->traces;
    t->head = mem_alloc((a->ids.len + 1) * sizeof *t->head);
    t->next = mem_alloc(((size_t)n + 1) * sizeof *t->next);
    memset(t->head, 0xff, (a->ids.len + 1) * sizeof *t->head);
    for (uint32_t trace = n; trace-- > 0;) {
        t->next[trace] = t->head[trace_item[trace]];
        t->head[trace_item[trace]] = trace;
    }
}

static void join_traces(struct assembly *a)
{
    struct trace_log *log = a->log;
    size_t texts = log->spans.text.count;
    uint32_t *trace_item = mem_alloc(((size_t)a->tree->n_traces + 1) * sizeof *trace_item);
    uint32_t *open = mem_alloc((texts + 1) * sizeof *open); /* by session: its last item */
    memset(open, 0xff, texts * sizeof *open);
    for (uint32_t k = 0; k < a->tree->n_traces; k++) {
        const struct said *said = &a->said[k];
        uint32_t key = said->key, session = said->session, item = SPAN_NONE;
        if (key != SPAN_NONE)
            item = log->item_of[key];
        else if (session != SPAN_NONE && open[session] != SPAN_NONE &&
                 a->pending.at[open[session]] != SPAN_NONE)
            item = open[session];
        if (item == SPAN_NONE) {
            item = (uint32_t)a->ids.len;
            vec_push(&a->ids, key != SPAN_NONE ? key : said->id);
            vec_push(&a->pending, SPAN_NONE);
        }
        if (key != SPAN_NONE)
            log->item_of[key] = item;
        if (session != SPAN_NONE)
            open[session] = item;
        log->item_of[said->id] = item;
        trace_item[said->trace] = item;
        if (said->interrupted || a->pending.at[item] != SPAN_NONE)
            update_pending(a, item, said->trace);
    }
    link_traces(a, trace_item);
    mem_free(open);
    mem_free(trace_item);
}

static uint32_t *no_texts(size_t n)
{
    return memset(mem_alloc((n + 1) * sizeof(uint32_t)), 0xff, (n + 1) * sizeof(uint32_t));
}

static void assemble_with(struct trace_log *log, const struct tree *tree,
                          const struct operations *ops, struct log_book *book)
{
    struct assembly a = {.log = log, .tree = tree, .ops = ops, .book = book};
    a.said = mem_alloc(((size_t)tree->n_traces + 1) * sizeof *a.said);
    a.stage_of = no_texts(log->spans.text.count);
    log->item_of = no_texts(log->spans.text.count);
    log->span_item = no_texts(log->spans.len);
    sort_traces(&a);
    look_at_traces(&a);
    if (log->stages.len <= LOG_STAGES_MAX) {
        join_traces(&a);
        costs_add_up(log, tree);
        a.traces.id = a.ids.at;
        a.traces.items = a.ids.len;
        visits_make(log, tree, ops, a.stage_of, &a.traces);
        mem_free(a.traces.head);
        mem_free(a.traces.next);
    }
    log->quality.traces += tree->n_traces;
    mem_free(a.said);
    mem_free(a.stage_of);
    vec_release(&a.ids);
    vec_release(&a.pending);
}

void assemble(struct trace_log *log, const struct tree *tree, const struct operations *ops,
              struct log_book *book)
{
    struct log_book own;
    if (book) {
        assemble_with(log, tree, ops, book);
        return;
    }
    book_init(&own);
    assemble_with(log, tree, ops, &own);
    book_release(&own);
}
