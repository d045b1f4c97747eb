/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of a span: its events and status, the notes that people left on it, and what it then was:
 * the outcome, the cost of its tokens, who decided. */
#include "trace/vocabulary_parts.h"

#include "trace/failure.h"
#include "trace/opinion.h"
#include "trace/voices.h"

#include <math.h>

/* What the tokens of the open span cost, when it does not say so itself. */
static void price_tokens(struct vocabulary *v)
{
    const struct usage *u = &v->usage;
    const struct price *p;
    if (v->rank_cost || !(u->rank_input || u->rank_output))
        return;
    p = prices_find(&v->prices, buf_text(&u->model), u->model.len);
    if (p)
        vocabulary_cost(v, RANK_USER, false, u->input * p->input + u->output * p->output);
}

/* A score that belongs to the evaluation the user named. */
static void end_event(struct vocabulary *v)
{
    if (v->event_score_named && !isnan(v->event_score))
        vocabulary_score(v, RANK_USER, v->event_score);
    v->event_score = NAN;
    v->event_score_named = false;
}

void vocabulary_event(struct vocabulary *v, const char *name, size_t len)
{
    static const char interrupt[] = "interrupt";
    size_t n = sizeof interrupt - 1;
    end_event(v);
    v->in_event = true;
    if (len >= n && strncasecmp(name + len - n, interrupt, n) == 0 &&
        (len == n || name[len - n - 1] == '.'))
        v->interrupted = true;
}

void vocabulary_status(struct vocabulary *v, bool failed, const char *message, size_t len)
{
    v->failed = v->failed || failed;
    if (message)
        vocabulary_error_text(v, message, len);
}

/* Hands on what annotations say: of the span they are linked to, else of this one or its trace.
 * Of a session there is no span. */
static void put_notes(struct vocabulary *v)
{
    const struct span *s = &v->span;
    bool linked = v->link_trace != SPAN_NONE;
    for (size_t i = 0; i < v->notes.at.len && v->later; i++) {
        const struct note *n = &v->notes.at.at[i];
        const char *text = buf_text(&v->notes.text);
        struct said said = {.name = n->name_len ? text + n->name : NULL,
                            .name_len = n->name_len,
                            .label = n->label_len ? text + n->label : NULL,
                            .label_len = n->label_len,
                            .who = n->who_len ? text + n->who : NULL,
                            .who_len = n->who_len,
                            .score = n->score,
                            .human = n->human};
        struct judgement j = {.trace = linked ? v->link_trace : s->trace,
                              .span = linked ? v->link_span : s->id,
                              .file = s->file,
                              .line = s->line};
        if (n->target == NOTE_TRACE)
            j.span = 0;
        vocabulary_met(v, said.name, said.name_len);
        if (!opinion_judge(&said, v->options, v->set, v->quality, &j))
            continue;
        if (n->target == NOTE_SESSION)
            quality_note(v->quality, QUALITY_STRAY, s->file, s->line);
        else
            settle_judgement(v->later, &j);
    }
}

/* Decides what the open span is. */
static const struct span *settle_span(struct vocabulary *v)
{
    struct span *s = &v->span;
    const char *text = buf_text(&v->error_text);
    end_event(v);
    if (v->outcome >= 0)
        s->outcome = (uint8_t)v->outcome;
    else if (v->interrupted || (v->failed && failure_is_interrupt(text)))
        s->flags |= SPAN_INTERRUPT;
    else if (v->failed)
        s->outcome = (uint8_t)failure_outcome(text);
    if (v->prices.n)
        price_tokens(v);
    if (v->reviewer_text.len) {
        const char *what = span_string(v->set, s->decision);
        buf_clear(&v->scratch);
        buf_puts(&v->scratch, what);
        s->said_by = voices_put(v->set, v->reviewer_text.data, v->reviewer_text.len,
                                buf_text(&v->scratch), v->scratch.len);
    }
    if (v->documents.len)
        s->documents = span_text(v->set, v->documents.data, v->documents.len);
    span_mark_times(s);
    return s;
}

void vocabulary_close(struct vocabulary *v)
{
    const struct span *s = settle_span(v);
    put_notes(v);
    if (v->notes.at.len && v->link_trace != SPAN_NONE)
        return;
    if (v->response && v->later)
        settle_response(v->later, v->response, v->set->len);
    span_set_add(v->set, s);
}

void vocabulary_take(struct vocabulary *v, struct span *out)
{
    *out = *settle_span(v);
    put_notes(v);
}

void vocabulary_settle(struct vocabulary *v, struct settle *later)
{
    v->later = later;
}

void vocabulary_link(struct vocabulary *v, uint32_t trace, uint64_t span)
{
    if (v->link_trace != SPAN_NONE || !span)
        return;
    v->link_trace = trace;
    v->link_span = span;
}
