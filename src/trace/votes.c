/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items are walked visit by visit; annotations fall in where their span stands.  Of one person the
 * last word on a draft counts. */
#include "trace/votes.h"

#include "trace/discover.h"
#include "trace/observe.h"
#include "trace/voices.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- who said what ------------------------------------------------------------------------- */

/* An annotated span. */
struct note_at {
    int64_t at_ns; /* where it stands */
    uint32_t span;
};
struct walk {
    const struct trace_log *log;
    struct votes *out;
    int32_t drafter;       /* stage; -1 */
    struct note_at *notes; /* by item, then place */
    uint32_t *first;       /* [items + 1] */
    uint32_t draft;        /* of the item being walked */
    uint32_t labelled;     /* the draft that a label is of */
    bool judged;           /* somebody has judged it */
    size_t from;           /* first vote of the item */
};

static void add(struct walk *w, const struct vote *v, const struct voice *said)
{
    struct vote fresh = *v;
    fresh.who = intern_put(&w->out->names, said->who, said->who_len);
    fresh.order = (uint32_t)w->out->list.len;
    vec_push(&w->out->list, fresh);
}

/* The word of a voice, or where it has none the decision of its span or visit. */
static const char *word_of(const struct voice *said, const char *decision, struct buf *text)
{
    if (!said->what_len)
        return decision;
    buf_clear(text);
    buf_add(text, said->what, said->what_len);
    return buf_text(text);
}

static enum log_verdict verdict_of_note(const char *word)
{
    enum log_verdict said = discover_verdict(word);
    enum log_truth truth = discover_annotation(word);
    if (truth == LOG_UNKNOWN)
        return LOG_NO_VERDICT;
    if (truth == LOG_GOOD)
        return LOG_APPROVED;
    return said == LOG_CORRECTED ? said : LOG_REJECTED_BY_REVIEW;
}

/* Annotations of the item that stand before `until_ns`, or all with INT64_MAX, of the draft there
 * is; *at moves on. */
static void hear_notes(struct walk *w, uint32_t item, uint32_t *at, int64_t until_ns)
{
    bool last = until_ns == INT64_MAX;
    const struct span_set *s = &w->log->spans;
    struct buf text = {0};
    struct voice said;
    for (; *at < w->first[item + 1] && (last || w->notes[*at].at_ns < until_ns); ++*at) {
        uint32_t i = w->notes[*at].span;
        struct vote v = {.item = item, .draft = w->draft, .visit = SPAN_NONE};
        const char *decision = span_string(s, s->decision[i]);
        for (const char *line = span_string(s, span_said_by(s, i)); voices_next(&line, &said);) {
            v.said = verdict_of_note(word_of(&said, decision, &text));
            if (v.said != LOG_NO_VERDICT)
                add(w, &v, &said);
        }
    }
    buf_release(&text);
}

/* The people of a visit where people decide. */
static void hear_visit(struct walk *w, uint32_t at)
{
    const struct log_visit *visit = &w->log->visits.at[at];
    const struct span_set *s = &w->log->spans;
    const char *decision = span_string(s, visit->decision);
    enum log_verdict last = discover_verdict(decision);
    struct buf text = {0};
    struct voice said;
    for (uint32_t k = 0; k < visit->n_attempts && !visit->pending; k++) {
        uint32_t i = w->log->attempts.at[visit->first_attempt + k];
        bool afterwards = s->flags[i] & SPAN_ANNOTATED;
        struct vote v = {.item = visit->item, .draft = w->draft, .visit = at};
        if (!afterwards && visit->start_ns && visit->end_ns > visit->start_ns) {
            v.asked_ns = visit->start_ns;
            v.decided_ns = visit->end_ns;
        }
        for (const char *line = span_string(s, span_said_by(s, i)); voices_next(&line, &said);) {
            v.said = discover_verdict(word_of(&said, decision, &text));
            if (v.said != LOG_AUTOMATIC)
                add(w, &v, &said);
        }
    }
    w->judged = w->judged || last != LOG_NO_VERDICT;
    if (last == LOG_CORRECTED) { /* who comes next sees another draft */
        w->draft++;
        w->judged = false;
    }
    buf_release(&text);
}

static void walk_item(struct walk *w, uint32_t item)
{
    const struct log_item *it = &w->log->items.at[item];
    uint32_t note = w->first[item];
    w->draft = w->labelled = 0;
    w->judged = false;
    w->from = w->out->list.len;
    for (uint32_t k = it->first_visit; k < it->first_visit + it->n_visits; k++) {
        const struct log_visit *v = &w->log->visits.at[k];
        hear_notes(w, item, &note, v->start_ns);
        if ((int32_t)v->stage == w->drafter && w->judged) {
            w->labelled = ++w->draft;
            w->judged = false;
        }
        if (w->log->stages.at[v->stage].people)
            hear_visit(w, k);
    }
    hear_notes(w, item, &note, INT64_MAX);
    for (size_t k = w->from; k < w->out->list.len; k++)
        w->out->list.at[k].truth =
            w->out->list.at[k].draft == w->labelled ? it->label : (int8_t)LOG_UNKNOWN;
}

/* ---- annotations ---------------------------------------------------------------------------- */

/* Is a span's voice an annotation of an item, and no word of a step where people decide? */
static bool is_note(const struct trace_log *log, const bool *of_people, size_t i)
{
    return span_said_by(&log->spans, i) != SPAN_NONE && log->spans.flags[i] & SPAN_ANNOTATED &&
           !of_people[i] && log->span_item[i] != SPAN_NONE;
}

/* An annotation of a run is of what left it: behind all its steps. */
static int64_t stands_at(const struct span_set *s, uint32_t i)
{
    return s->parent[i] == 0 ? INT64_MAX : s->start_ns[i];
}

static int by_place(const void *a, const void *b)
{
    const struct note_at *x = a, *y = b;
    if (x->at_ns != y->at_ns)
        return x->at_ns < y->at_ns ? -1 : 1;
    return x->span < y->span ? -1 : x->span > y->span;
}

static void find_notes(struct walk *w)
{
    const struct trace_log *log = w->log;
    const struct span_set *s = &log->spans;
    bool *of_people = mem_zero(s->len + 1, sizeof *of_people);
    for (size_t v = 0; v < log->visits.len; v++)
        for (uint32_t k = 0; k < log->visits.at[v].n_attempts; k++)
            of_people[log->attempts.at[log->visits.at[v].first_attempt + k]] =
                log->stages.at[log->visits.at[v].stage].people;
    w->first = mem_zero(log->items.len + 2, sizeof *w->first);
    for (size_t i = 0; i < s->len; i++)
        if (is_note(log, of_people, i))
            w->first[log->span_item[i] + 2]++;
    for (size_t i = 2; i <= log->items.len + 1; i++)
        w->first[i] += w->first[i - 1];
    w->notes = mem_alloc((w->first[log->items.len + 1] + (size_t)1) * sizeof *w->notes);
    for (uint32_t i = 0; i < s->len; i++)
        if (is_note(log, of_people, i))
            w->notes[w->first[log->span_item[i] + 1]++] = (struct note_at){stands_at(s, i), i};
    for (size_t i = 0; i < log->items.len; i++)
        if (w->first[i + 1] - w->first[i] > 1)
            qsort(w->notes + w->first[i], w->first[i + 1] - w->first[i], sizeof *w->notes,
                  by_place);
    mem_free(of_people);
}

/* ---- all of them ---------------------------------------------------------------------------- */

static int by_draft(const void *a, const void *b)
{
    const struct vote *x = a, *y = b;
    if (x->item != y->item)
        return x->item < y->item ? -1 : 1;
    if (x->draft != y->draft)
        return x->draft < y->draft ? -1 : 1;
    if (x->who != y->who)
        return x->who < y->who ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* Of one person the last word on a draft stays. */
static void keep_last(struct votes *v)
{
    size_t kept = 0;
    if (v->list.len)
        qsort(v->list.at, v->list.len, sizeof *v->list.at, by_draft);
    for (size_t k = 0; k < v->list.len; k++) {
        const struct vote *now = &v->list.at[k], *next = now + 1;
        if (k + 1 < v->list.len && next->item == now->item && next->draft == now->draft &&
            next->who == now->who)
            continue;
        v->list.at[kept++] = *now;
    }
    v->list.len = kept;
}

void votes_of(const struct trace_log *log, struct votes *out)
{
    struct walk w = {.log = log, .out = out, .drafter = observe_draft_stage(log)};
    bool any = false;
    memset(out, 0, sizeof *out);
    intern_init(&out->names);
    for (size_t i = 0; i < log->spans.len && !any; i++)
        any = span_said_by(&log->spans, i) != SPAN_NONE;
    if (!any)
        return;
    find_notes(&w);
    for (uint32_t i = 0; i < log->items.len; i++)
        walk_item(&w, i);
    keep_last(out);
    mem_free(w.notes);
    mem_free(w.first);
}

void votes_release(struct votes *v)
{
    intern_release(&v->names);
    vec_release(&v->list);
}

/* ---- how long they took --------------------------------------------------------------------- */

struct timed {
    uint32_t who, at;
    int64_t decided_ns;
};

static int by_decision(const void *a, const void *b)
{
    const struct timed *x = a, *y = b;
    if (x->who != y->who)
        return x->who < y->who ? -1 : 1;
    if (x->decided_ns != y->decided_ns)
        return x->decided_ns < y->decided_ns ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

void votes_times(const struct vote *at, size_t n, double *out)
{
    struct timed *order = mem_alloc((n + 1) * sizeof *order);
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        out[i] = NAN;
        if (at[i].decided_ns)
            order[m++] = (struct timed){at[i].who, (uint32_t)i, at[i].decided_ns};
    }
    qsort(order, m, sizeof *order, by_decision);
    for (size_t k = 0; k < m; k++) {
        const struct vote *v = &at[order[k].at];
        bool more = k && order[k - 1].who == order[k].who;
        int64_t free_ns = more ? order[k - 1].decided_ns : INT64_MIN;
        int64_t from = v->asked_ns > free_ns ? v->asked_ns : free_ns;
        out[order[k].at] = (double)(v->decided_ns - from) * 1e-9;
    }
    mem_free(order);
}
