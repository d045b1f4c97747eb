/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Traces to items, operations to visits and attempts.
 *
 * A trace is an item.  One that was interrupted waits, under its session, for the next trace of
 * that session, which is its continuation.  Within an item the operations of one step, in order of
 * start, belong to one visit as long as the one before failed or was interrupted and no other step
 * came between. */
#include "trace/assemble.h"

#include "model/rules.h"
#include "trace/costs.h"

#include <math.h>
#include <string.h>

struct assembly {
    struct trace_log *log;
    const struct tree *tree;
    const struct operations *ops;
    uint32_t *trace_item; /* [n_traces] */
    uint32_t *stage_of;   /* [text.count] stage of a raw name; SPAN_NONE: not met yet */
    struct log_book *book;
    VEC(uint32_t) pending;    /* by item: stage that waits for a person; SPAN_NONE */
    VEC(uint32_t) last_visit; /* by stage: its last visit; of this item when >= first visit */
    VEC(uint32_t) item_ops, visit_of; /* operations of one item, and their visits */
};

/* ---- steps ------------------------------------------------------------------------------ */

enum { ID_MAX = 64, LOOK_BACK = 64, PASSES_BACK = 1024 };

/* Letters, digits, _ and - ; no target's name. */
static void clean_name(const char *s, struct buf *out)
{
    static const char *const targets[] = {"ship", "reject", "fail", "skip"};
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
        buf_puts(out, "unnamed");
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        if (strcmp(buf_text(out), targets[i]) == 0)
            buf_puts(out, "_step");
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
    struct log_stage stage = {.id = arena_strdup(&log->arena, buf_text(&id))};
    vec_push(&log->stages, stage);
    vec_push(&a->last_visit, SPAN_NONE);
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

static uint32_t stage_of_span(struct assembly *a, uint32_t i)
{
    const struct span_set *s = &a->log->spans;
    uint32_t raw = s->stage_key[i] != SPAN_NONE ? s->stage_key[i]
                   : s->node[i] != SPAN_NONE    ? s->node[i]
                                                : s->name[i];
    if (a->stage_of[raw] == SPAN_NONE)
        a->stage_of[raw] = stage_of_name(a, span_string(s, raw));
    return a->stage_of[raw];
}

/* ---- items ------------------------------------------------------------------------------ */

/* The first value of a column over the spans of a trace; SPAN_NONE. */
static uint32_t first_value(const struct tree *t, uint32_t trace, const uint32_t *column)
{
    for (uint32_t k = t->first[trace]; k < t->first[trace + 1]; k++)
        if (column[t->order[k]] != SPAN_NONE)
            return column[t->order[k]];
    return SPAN_NONE;
}

static uint32_t new_item(struct assembly *a, uint32_t id)
{
    struct log_item item = {.id = id, .confidence = NAN, .cost = NAN};
    item.label = item.shipped_label = item.said = item.said_shipped = LOG_UNKNOWN;
    item.draft = item.shipped = LOG_UNKNOWN;
    vec_push(&a->log->items, item);
    vec_push(&a->pending, SPAN_NONE);
    return (uint32_t)a->log->items.len - 1;
}

/* After the operations of this trace: which step of the item waits for a person? */
static void update_pending(struct assembly *a, uint32_t item, uint32_t trace)
{
    const struct span_set *s = &a->log->spans;
    for (uint32_t k = a->ops->first[trace]; k < a->ops->first[trace + 1]; k++) {
        uint32_t stage = stage_of_span(a, a->ops->span[k]);
        if (s->flags[a->ops->span[k]] & SPAN_INTERRUPT)
            a->pending.at[item] = stage;
        else if (a->pending.at[item] == stage)
            a->pending.at[item] = SPAN_NONE;
    }
}

/* Traces in order of their first start. */
static uint32_t *traces_by_start(const struct tree *t)
{
    uint32_t *first_span = mem_alloc((t->n_traces + 1) * sizeof *first_span);
    for (uint32_t k = 0; k < t->n_traces; k++)
        first_span[k] = t->order[t->first[k]];
    operations_sort(t->spans, first_span, t->n_traces);
    return first_span;
}

/* Counts a trace whose operations are of two sessions: an instrumentation's mistake when runs go on
 * side by side. */
static void note_mixed(struct assembly *a, uint32_t trace)
{
    const struct span_set *s = &a->log->spans;
    uint32_t first = SPAN_NONE;
    for (uint32_t k = a->ops->first[trace]; k < a->ops->first[trace + 1]; k++) {
        uint32_t i = a->ops->span[k];
        if (s->session[i] == SPAN_NONE || s->session[i] == first)
            continue;
        if (first != SPAN_NONE) {
            quality_note(&a->log->quality, QUALITY_MIXED, s->file[i], s->line[i]);
            return;
        }
        first = s->session[i];
    }
}

static void join_traces(struct assembly *a, const uint32_t *trace_of_span)
{
    struct trace_log *log = a->log;
    const struct span_set *s = &log->spans;
    uint32_t *first_span = traces_by_start(a->tree);
    uint32_t *open = mem_alloc(s->text.count * sizeof *open); /* by session: its last item */
    memset(open, 0xff, s->text.count * sizeof *open);
    for (uint32_t k = 0; k < a->tree->n_traces; k++) {
        uint32_t trace = trace_of_span[first_span[k]], id = s->trace[first_span[k]];
        uint32_t key = first_value(a->tree, trace, s->item_key);
        uint32_t session = first_value(a->tree, trace, s->session);
        uint32_t item = SPAN_NONE;
        if (key != SPAN_NONE)
            item = log->item_of[key];
        else if (session != SPAN_NONE && open[session] != SPAN_NONE &&
                 a->pending.at[open[session]] != SPAN_NONE)
            item = open[session];
        if (item == SPAN_NONE)
            item = new_item(a, key != SPAN_NONE ? key : id);
        if (key != SPAN_NONE)
            log->item_of[key] = item;
        if (session != SPAN_NONE)
            open[session] = item;
        log->item_of[id] = item;
        a->trace_item[trace] = item;
        note_mixed(a, trace);
        update_pending(a, item, trace);
    }
    mem_free(open);
    mem_free(first_span);
}

static void settle_spans(struct assembly *a)
{
    struct trace_log *log = a->log;
    const struct span_set *s = &log->spans;
    const struct tree *t = a->tree;
    int64_t *root_start = mem_zero(log->items.len, sizeof *root_start);
    for (uint32_t trace = 0; trace < t->n_traces; trace++) {
        uint32_t at = a->trace_item[trace];
        struct log_item *item = &log->items.at[at];
        for (uint32_t k = t->first[trace]; k < t->first[trace + 1]; k++) {
            uint32_t i = t->order[k];
            log->span_item[i] = at;
            if (t->up[i] == SPAN_NONE && !t->orphan[i]) {
                log->quality.roots++;
                item->rooted = true;
                if (s->item_end[i])
                    item->told_end = s->item_end[i];
                if (s->start_ns[i] >= root_start[at]) {
                    root_start[at] = s->start_ns[i];
                    item->root_failed = s->outcome[i] != OUTCOME_OK;
                }
            }
            log->quality.errors += s->outcome[i] != OUTCOME_OK;
            log->quality.interrupts += (s->flags[i] & SPAN_INTERRUPT) != 0;
            if (s->start_ns[i] && (!item->start_ns || s->start_ns[i] < item->start_ns))
                item->start_ns = s->start_ns[i];
            if (s->end_ns[i] > item->end_ns)
                item->end_ns = s->end_ns[i];
        }
    }
    mem_free(root_start);
}

/* ---- visits ----------------------------------------------------------------------------- */

static bool goes_on(const struct trace_log *log, const struct log_visit *v)
{
    return v->outcome != OUTCOME_OK || v->pending;
}

/* Does an operation of another step lie between the end of a visit that failed and the item's k-th
 * operation, and nothing else?  Then the item came back, and the step was not tried again. */
static bool came_back(struct assembly *a, const struct log_visit *v, size_t k)
{
    const struct span_set *s = &a->log->spans;
    int64_t start = s->start_ns[a->item_ops.at[k]];
    for (size_t j = k; !v->pending && j-- > 0 && k - j <= LOOK_BACK;) {
        uint32_t i = a->item_ops.at[j];
        if (s->start_ns[i] < v->end_ns)
            return false;
        if (stage_of_span(a, i) != v->stage && s->end_ns[i] && s->end_ns[i] <= start)
            return true;
    }
    return false;
}

/* A visit ends as its last attempt does; where calls race that is the one that answered last, and a
 * good answer ends the race. */
static void settle_outcome(const struct span_set *s, struct log_visit *v, uint32_t i)
{
    bool cancelled = (s->flags[i] & SPAN_CANCELLED) != 0, first = v->n_attempts == 1;
    bool later = s->end_ns[i] > v->answered_ns ||
                 (s->end_ns[i] == v->answered_ns && s->outcome[i] == OUTCOME_OK);
    if (first)
        v->cut = cancelled;
    if (cancelled || !(first || v->cut || !v->pass || later))
        return;
    v->cut = false;
    v->outcome = s->outcome[i];
    v->answered_ns = s->end_ns[i];
}

static void add_attempt(struct trace_log *log, struct log_visit *v, uint32_t i)
{
    const struct span_set *s = &log->spans;
    struct log_stage *stage = &log->stages.at[v->stage];
    v->n_attempts++;
    v->no_attempt = (s->flags[i] & SPAN_NO_ATTEMPT) != 0;
    settle_outcome(s, v, i);
    v->pending = (s->flags[i] & SPAN_INTERRUPT) != 0;
    if (s->start_ns[i] && (!v->start_ns || s->start_ns[i] < v->start_ns))
        v->start_ns = s->start_ns[i];
    if (s->end_ns[i] > v->end_ns)
        v->end_ns = s->end_ns[i];
    if (s->decision[i] != SPAN_NONE)
        v->decision = s->decision[i];
    if (!isnan(s->confidence[i]))
        v->confidence = s->confidence[i];
    stage->attempts += !v->no_attempt;
    stage->kinds[s->kind[i]]++;
    stage->interrupts += v->pending;
    stage->decisions += s->decision[i] != SPAN_NONE && !(s->flags[i] & SPAN_ANNOTATED);
    stage->confidences += !isnan(s->confidence[i]);
}

/* Was this span, which failed, tried again beside it?  Looks a few siblings ahead. */
static bool tried_again(const struct tree *t, uint32_t i)
{
    enum { AHEAD = 32 };
    const struct span_set *s = t->spans;
    uint32_t next = t->sibling[i];
    for (int k = 0; next != SPAN_NONE && k < AHEAD; next = t->sibling[next], k++)
        if (s->name[next] == s->name[i])
            return s->start_ns[next] >= s->end_ns[i];
    return false;
}

/* The kinds of work that an operation hides below itself (to eight levels).  Returns the tries
 * that it hides there: those that failed and were followed by another, or as many as were told. */
static uint32_t count_inner(struct assembly *a, uint32_t op, struct log_stage *stage)
{
    uint32_t seen = 0, told = 0;
    const struct tree *t = a->tree;
    bool met[SPAN_KIND_COUNT] = {false};
    unsigned depth = 0;
    uint32_t at = t->child[op];
    while (at != SPAN_NONE) {
        met[t->spans->kind[at]] = true;
        seen += t->spans->outcome[at] != OUTCOME_OK && tried_again(t, at);
        if (t->spans->tries[at] > told + 1)
            told = t->spans->tries[at] - 1u;
        if (t->child[at] != SPAN_NONE && depth < 8) {
            at = t->child[at];
            depth++;
            continue;
        }
        while (at != SPAN_NONE && t->sibling[at] == SPAN_NONE && depth > 0) {
            at = t->up[at];
            depth--;
        }
        at = t->sibling[at];
    }
    for (size_t k = 0; k < SPAN_KIND_COUNT; k++)
        stage->inner[k] += met[k];
    return seen > told ? seen : told;
}

/* Tries told by the attempts of a visit beyond those that are its spans, and those within them. */
static void count_hidden(struct assembly *a, uint32_t op, struct log_visit *v)
{
    struct log_stage *stage = &a->log->stages.at[v->stage];
    uint32_t inner = count_inner(a, op, stage), tries = a->log->spans.tries[op];
    uint32_t known = v->n_attempts + v->hidden;
    uint32_t more = inner + (tries > known ? tries - known : 0);
    v->hidden += more;
    stage->hidden += more;
}

/* The visit that a span belongs to by what it says of itself; SPAN_NONE: a new one. */
static uint32_t visit_told(struct assembly *a, const struct log_item *item, uint32_t stage,
                           uint64_t pass)
{
    const struct trace_log *log = a->log;
    uint32_t v = (uint32_t)log->visits.len, n = 0;
    while (v-- > item->first_visit && n++ < PASSES_BACK)
        if (log->visits.at[v].stage == stage && log->visits.at[v].pass == pass)
            return v;
    return SPAN_NONE;
}

/* The visit that the item's k-th operation belongs to; SPAN_NONE: a new one. */
static uint32_t visit_going_on(struct assembly *a, const struct log_item *item, uint32_t stage,
                               size_t k)
{
    const struct trace_log *log = a->log;
    uint64_t pass = log->spans.pass[a->item_ops.at[k]];
    uint32_t last = a->last_visit.at[stage];
    bool known = last != SPAN_NONE && last >= item->first_visit;
    if (pass)
        return visit_told(a, item, stage, pass);
    bool same =
        known && goes_on(log, &log->visits.at[last]) && !came_back(a, &log->visits.at[last], k);
    return same ? last : SPAN_NONE;
}

static void visit_item(struct assembly *a, uint32_t at)
{
    struct trace_log *log = a->log;
    struct log_item *item = &log->items.at[at];
    item->first_visit = (uint32_t)log->visits.len;
    operations_sort(&log->spans, a->item_ops.at, a->item_ops.len);
    a->visit_of.len = 0;
    for (size_t k = 0; k < a->item_ops.len; k++) {
        uint32_t i = a->item_ops.at[k], stage = stage_of_span(a, i);
        uint32_t last = visit_going_on(a, item, stage, k);
        if (last == SPAN_NONE) {
            struct log_visit fresh = {.stage = stage,
                                      .item = at,
                                      .decision = SPAN_NONE,
                                      .confidence = NAN,
                                      .pass = log->spans.pass[i]};
            last = (uint32_t)log->visits.len;
            vec_push(&log->visits, fresh);
            a->last_visit.at[stage] = last;
            log->stages.at[stage].visits++;
        }
        add_attempt(log, &log->visits.at[last], i);
        count_hidden(a, i, &log->visits.at[last]);
        vec_push(&a->visit_of, last);
    }
    item->n_visits = (uint32_t)log->visits.len - item->first_visit;
    if (a->item_ops.len) { /* what goes on at the end of the item waits for its end */
        uint32_t i = a->item_ops.at[a->item_ops.len - 1];
        struct log_visit *v = &log->visits.at[a->visit_of.at[a->visit_of.len - 1]];
        v->pending = v->pending || (log->spans.flags[i] & SPAN_OPEN) != 0;
    }
}

/* Attempts side by side, visit after visit. */
static void lay_out_attempts(struct assembly *a, const struct log_item *item)
{
    struct trace_log *log = a->log;
    uint32_t at = (uint32_t)log->attempts.len;
    for (uint32_t v = item->first_visit; v < item->first_visit + item->n_visits; v++) {
        log->visits.at[v].first_attempt = at;
        at += log->visits.at[v].n_attempts;
        log->visits.at[v].n_attempts = 0;
    }
    for (size_t k = 0; k < a->item_ops.len; k++)
        vec_push(&log->attempts, SPAN_NONE);
    for (size_t k = 0; k < a->item_ops.len; k++) {
        struct log_visit *v = &log->visits.at[a->visit_of.at[k]];
        log->attempts.at[v->first_attempt + v->n_attempts++] = a->item_ops.at[k];
    }
}

/* Traces of each item: next[trace] is the following trace of the same item. */
static void make_visits(struct assembly *a)
{
    struct trace_log *log = a->log;
    uint32_t n = a->tree->n_traces;
    vec_reserve(&log->visits, a->ops->n);
    vec_reserve(&log->attempts, a->ops->n);
    uint32_t *head = mem_alloc((log->items.len + 1) * sizeof *head);
    uint32_t *next = mem_alloc(((size_t)n + 1) * sizeof *next);
    memset(head, 0xff, (log->items.len + 1) * sizeof *head);
    for (uint32_t trace = n; trace-- > 0;) {
        next[trace] = head[a->trace_item[trace]];
        head[a->trace_item[trace]] = trace;
    }
    for (uint32_t at = 0; at < log->items.len; at++) {
        a->item_ops.len = 0;
        for (uint32_t trace = head[at]; trace != SPAN_NONE; trace = next[trace])
            for (uint32_t k = a->ops->first[trace]; k < a->ops->first[trace + 1]; k++)
                vec_push(&a->item_ops, a->ops->span[k]);
        visit_item(a, at);
        lay_out_attempts(a, &log->items.at[at]);
    }
    mem_free(head);
    mem_free(next);
}

static void assemble_with(struct trace_log *log, const struct tree *tree,
                          const struct operations *ops, struct log_book *book)
{
    size_t texts = log->spans.text.count, spans = log->spans.len;
    struct assembly a = {.log = log, .tree = tree, .ops = ops, .book = book};
    uint32_t *trace_of_span = mem_alloc(spans * sizeof *trace_of_span);
    for (size_t k = 0; k < log->stages.len; k++)
        vec_push(&a.last_visit, SPAN_NONE);
    a.trace_item = mem_alloc((tree->n_traces + 1) * sizeof *a.trace_item);
    a.stage_of = memset(mem_alloc(texts * sizeof(uint32_t)), 0xff, texts * sizeof(uint32_t));
    log->item_of = memset(mem_alloc(texts * sizeof(uint32_t)), 0xff, texts * sizeof(uint32_t));
    log->span_item = memset(mem_alloc(spans * sizeof(uint32_t)), 0xff, spans * sizeof(uint32_t));
    for (uint32_t trace = 0; trace < tree->n_traces; trace++)
        for (uint32_t k = tree->first[trace]; k < tree->first[trace + 1]; k++)
            trace_of_span[tree->order[k]] = trace;
    join_traces(&a, trace_of_span);
    settle_spans(&a);
    make_visits(&a);
    costs_sum(log, tree);
    log->quality.traces += tree->n_traces;
    mem_free(trace_of_span);
    mem_free(a.trace_item);
    mem_free(a.stage_of);
    vec_release(&a.pending);
    vec_release(&a.last_visit);
    vec_release(&a.item_ops);
    vec_release(&a.visit_of);
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
