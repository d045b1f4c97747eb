/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CrewAI's events (crewai.events: BaseEvent and its kinds; the tracing listener's TraceEvent, which
 * keeps the fields in event_data).
 *
 * An end names its start by started_event_id; where it does not, the oldest open start of that kind
 * and name is taken.  No event names its run: it is the run of its parent, else the one in which
 * its flow's id was seen, for a flow that a person held up goes on without parents; what has none
 * is then of the event that began the run.  A pause ends a method, and a flow only when it never
 * goes on.  What a person said is of the method that asked. */
#include "trace/crewai.h"

#include "trace/crewai_event.h"
#include "trace/crewai_plain.h"
#include "trace/event_log.h"
#include "trace/ids.h"
#include "trace/pieces.h"
#include "trace/record.h"
#include "trace/window.h"

#include <math.h>
#include <string.h>

/* A span of which one event is read, or two when the second is a pause of the flow. */
struct half {
    struct span span, paused;
    const char *stem;
    bool begins, waits, pauses, has_paused;
    bool queued; /* in `unnamed` */
};

struct crewai {
    struct crewai_plain *plain; /* events without ids */
    struct crewai_ids ids;      /* of the last of these */
    struct intern known;        /* ids of events and flows */
    VEC(uint32_t) trace;        /* by known id */
    VEC(uint32_t) root;         /* by trace: 1 + known id of the start that began it; 0: none */
    struct intern keys;         /* ids of starts */
    VEC(uint32_t) half_of;      /* by key: 1 + half; 0: none waits */
    VEC(struct half) halves;
    struct event_waits unnamed; /* starts by kind and name, for ends that name none */
    VEC(bool) touched;          /* by trace: events of it came since the last time */
    bool *stays;                /* [texts] by trace, from crewai_texts to crewai_keep */
    struct closed over;         /* ids of events and flows that were forgotten */
    bool forgets;
    uint64_t passed;
};

bool crewai_is(struct json v)
{
    static const char *const marks[] = {"event_data", "emission_sequence", "started_event_id",
                                        "fingerprint_metadata", "source_fingerprint"};
    size_t len;
    if (!record_text(json_get(v, "type"), &len) || !json_present(json_get(v, "timestamp")))
        return false;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (json_present(json_get(v, marks[i])))
            return true;
    const char *type = record_text(json_get(v, "type"), &len);
    enum crewai_role role;
    const struct crewai_stem *stem = crewai_stem_of(type, len, &role);
    return stem && stem->field && json_present(crewai_field(v, stem->field));
}

/* ---- the run ------------------------------------------------------------------------------- */

static uint32_t known_trace(const struct crewai *c, const char *id, size_t len)
{
    uint32_t at = id ? intern_find(&c->known, id, len) : UINT32_MAX;
    return at == UINT32_MAX ? SPAN_NONE : c->trace.at[at];
}

static void learn_trace(struct crewai *c, const char *id, size_t len, uint32_t trace)
{
    if (id && intern_put(&c->known, id, len) == c->trace.len)
        vec_push(&c->trace, trace);
}

static uint32_t trace_of(struct sink *sink, const struct crewai_event *e)
{
    struct crewai *c = sink->crewai;
    const char *own = e->id ? e->id : e->started;
    size_t own_len = e->id ? e->id_len : e->started_len;
    uint32_t trace = known_trace(c, e->started, e->started_len);
    if (trace == SPAN_NONE)
        trace = known_trace(c, e->parent, e->parent_len);
    if (trace == SPAN_NONE)
        trace = known_trace(c, e->flow, e->flow_len);
    if (trace == SPAN_NONE && e->parent)
        trace = ids_trace(sink->set, e->parent, e->parent_len);
    if (trace == SPAN_NONE && own)
        trace = ids_trace(sink->set, own, own_len);
    learn_trace(c, e->parent, e->parent_len, trace);
    learn_trace(c, own, own_len, trace);
    learn_trace(c, e->flow, e->flow_len, trace);
    return trace;
}

/* The start that began this run, the first without a parent; NULL when it is not read. */
static const char *root_of(struct crewai *c, const struct crewai_event *e, uint32_t trace)
{
    while (c->root.len <= trace)
        vec_push(&c->root, 0);
    if (!c->root.at[trace] && e->role == ROLE_BEGIN && !e->parent && e->id)
        c->root.at[trace] = 1 + intern_find(&c->known, e->id, e->id_len);
    return c->root.at[trace] ? c->known.of[c->root.at[trace] - 1].at : NULL;
}

/* Ties an event without parent or start to what began its run. */
static void tie_to_run(struct crewai *c, struct crewai_event *e, uint32_t trace)
{
    const char *root = trace == SPAN_NONE ? NULL : root_of(c, e, trace);
    size_t len = root ? strlen(root) : 0;
    bool of_flow = strcmp(e->stem->text, "flow") == 0;
    if (!root || (e->id && e->id_len == len && memcmp(e->id, root, len) == 0))
        return;
    if (of_flow && e->role != ROLE_BEGIN && !e->started) {
        e->started = root;
        e->started_len = len;
    }
    if (!of_flow && !e->parent) {
        e->parent = root;
        e->parent_len = len;
    }
}

/* ---- events to halves ---------------------------------------------------------------------- */

/* What was decided, of the method that asked. */
static void read_feedback(struct sink *sink, const struct crewai_event *e, uint32_t trace)
{
    static const char *const fields[] = {"outcome", "response", "feedback"};
    size_t len = 0;
    const char *text = NULL;
    for (size_t i = 0; i < 3 && !text; i++)
        text = crewai_field_text(e->v, fields[i], &len);
    if (e->role != ROLE_END || !text || !e->parent || sink->options->decision)
        return;
    struct judgement j = {.span = ids_span(e->parent, e->parent_len),
                          .trace = trace,
                          .decision = span_text(sink->set, text, len),
                          .said_by = SPAN_NONE,
                          .score = NAN,
                          .file = sink->file_index,
                          .line = sink->line};
    settle_judgement(&sink->later, &j);
}

/* The state of a flow is handed on from method to method: it says nothing of this one, unless the
 * user names what it holds. */
static void read_fields(struct sink *sink, const struct crewai_event *e)
{
    static const char *const skipped[] = {"state", "inputs", "params", "messages", "context"};
    struct json fields = json_get(e->v, "event_data");
    if (json_type(fields) != JSON_MAP)
        fields = e->v;
    for (struct json_iter it = json_each(fields); json_next(&it);) {
        bool skip = false;
        for (size_t i = 0; i < sizeof skipped / sizeof skipped[0]; i++)
            skip = skip || (strlen(skipped[i]) == it.key_len &&
                            memcmp(skipped[i], it.key, it.key_len) == 0);
        if (!skip)
            record_field(sink, it.key, it.key_len, it.value);
    }
    record_named(sink, "state", crewai_field(e->v, "state"));
    record_payload(sink, "output", crewai_field(e->v, "result"));
    record_payload(sink, "output", crewai_field(e->v, "output"));
}

static void read_outcome(struct sink *sink, const struct crewai_event *e)
{
    bool passed = true;
    size_t len = 0;
    struct json failure = crewai_field(e->v, "failure"), error = crewai_field(e->v, "error");
    const char *text = record_text(error, &len);
    if (!text)
        text = record_text(json_get(error, "message"), &len);
    if (!text)
        text = record_text(json_get(failure, "message"), &len);
    if (json_as_bool(crewai_field(e->v, "success"), &passed) && !passed)
        vocabulary_status(sink->words, true, NULL, 0);
    if (e->role == ROLE_PAUSE)
        vocabulary_event(sink->words, "interrupt", 9);
    vocabulary_status(sink->words, e->role == ROLE_FAIL || json_type(failure) != JSON_NULL, text,
                      len);
}

static struct half read_half(struct sink *sink, struct crewai_event *e)
{
    uint32_t trace = trace_of(sink, e);
    tie_to_run(sink->crewai, e, trace);
    struct half h = {.begins = e->role == ROLE_BEGIN, .waits = true, .stem = e->stem->text};
    h.pauses = e->role == ROLE_PAUSE && strcmp(e->stem->text, "flow") == 0;
    const char *key = h.begins || !e->started ? e->id : e->started;
    size_t key_len = h.begins || !e->started ? e->id_len : e->started_len;
    struct span *span = vocabulary_open(sink->words);
    int64_t at_ns = record_moment(sink, json_get(e->v, "timestamp"));
    span->file = sink->file_index;
    span->line = sink->line;
    span->trace = trace;
    span->id = key ? ids_span(key, key_len) : 0;
    span->parent = e->parent ? ids_span(e->parent, e->parent_len) : 0;
    span->name = span_text(sink->set, e->name, e->name_len);
    if (h.begins)
        span->start_ns = at_ns;
    else
        span->end_ns = at_ns;
    span->kind = (uint8_t)e->stem->kind;
    if (e->flow)
        span->session = span_text(sink->set, e->flow, e->flow_len);
    read_fields(sink, e);
    if (!h.begins)
        read_outcome(sink, e);
    if (e->stem->kind == SPAN_HUMAN)
        read_feedback(sink, e, span->trace);
    vocabulary_take(sink->words, &h.span);
    h.span.kind = (uint8_t)e->stem->kind;
    return h;
}

/* ---- halves to spans ----------------------------------------------------------------------- */

/* What the end says counts; what it leaves open the start says. */
static void join(const struct half *a, const struct half *b, struct span *out)
{
    const struct span *start = a->begins ? &a->span : &b->span;
    const struct span *end = a->begins ? &b->span : &a->span;
    *out = *end;
    out->id = start->id;
    out->trace = start->trace;
    out->parent = start->parent;
    out->name = start->name;
    out->start_ns = start->start_ns;
    out->file = start->file;
    out->line = start->line;
    if (isnan(end->confidence))
        out->confidence = start->confidence;
    if (isnan(end->cost))
        out->cost = start->cost;
    if (isnan(end->threshold))
        out->threshold = start->threshold;
    out->node = end->node != SPAN_NONE ? end->node : start->node;
    out->session = end->session != SPAN_NONE ? end->session : start->session;
    out->stage_key = end->stage_key != SPAN_NONE ? end->stage_key : start->stage_key;
    out->item_key = end->item_key != SPAN_NONE ? end->item_key : start->item_key;
    out->decision = end->decision != SPAN_NONE ? end->decision : start->decision;
    out->said_by = end->said_by != SPAN_NONE ? end->said_by : start->said_by;
    if (end->tries < start->tries)
        out->tries = start->tries;
    if (end->outcome == 0)
        out->outcome = start->outcome;
    span_mark_times(out);
}

static const char *name_of(const struct sink *sink, const struct span *s)
{
    return span_string(sink->set, s->name);
}

/* 1 + the half that this one completes; 0 when it must wait. */
static uint32_t partner_of(struct sink *sink, const struct crewai_event *e, const struct half *h,
                           uint32_t **slot)
{
    struct crewai *c = sink->crewai;
    const char *key = h->begins ? e->id : e->started;
    *slot = NULL;
    if (key) {
        uint32_t at = intern_put(&c->keys, key, h->begins ? e->id_len : e->started_len);
        if (at == c->half_of.len)
            vec_push(&c->half_of, 0);
        *slot = &c->half_of.at[at];
        uint32_t mark = **slot;
        return mark && c->halves.at[mark - 1].waits && c->halves.at[mark - 1].begins != h->begins
                   ? mark
                   : 0;
    }
    while (!h->begins) {
        uint32_t at = event_waits_take(&c->unnamed, e->stem->text, name_of(sink, &h->span));
        if (at == UINT32_MAX)
            return 0;
        c->halves.at[at].queued = false;
        if (c->halves.at[at].waits)
            return at + 1;
    }
    return 0;
}

static void take_half(struct sink *sink, const struct crewai_event *e, const struct half *h)
{
    struct crewai *c = sink->crewai;
    uint32_t *slot, mark = partner_of(sink, e, h, &slot);
    if (mark) {
        struct half *other = &c->halves.at[mark - 1];
        struct span span;
        join(other, h, &span);
        other->waits = other->has_paused = h->pauses;
        other->paused = span;
        if (!h->pauses)
            span_set_add(sink->set, &span);
        return;
    }
    uint32_t at = (uint32_t)c->halves.len;
    vec_push(&c->halves, *h);
    if (slot)
        *slot = at + 1;
    if (h->begins)
        event_waits_add(&c->unnamed, e->stem->text, name_of(sink, &h->span), at);
    c->halves.at[at].queued = h->begins;
}

/* ---- forgetting ---------------------------------------------------------------------------- */

static bool is_known(const struct crewai *c, const char *id, size_t len)
{
    return id && intern_find(&c->known, id, len) != UINT32_MAX;
}

static bool is_over(const struct crewai *c, const char *id, size_t len)
{
    char text[256];
    if (!id || len >= sizeof text)
        return false;
    memcpy(text, id, len);
    text[len] = '\0';
    return closed_has(&c->over, text);
}

/* Is the event of a run that was forgotten?  Then those that follow from it are, too. */
static bool pass_over(struct sink *sink, const struct crewai_event *e)
{
    struct crewai *c = sink->crewai;
    if (!c->forgets || is_known(c, e->started, e->started_len) ||
        is_known(c, e->parent, e->parent_len) || is_known(c, e->flow, e->flow_len))
        return false;
    if (!is_over(c, e->started, e->started_len) && !is_over(c, e->parent, e->parent_len) &&
        !is_over(c, e->flow, e->flow_len))
        return false;
    if (e->id) {
        char *id = mem_alloc(e->id_len + 1);
        memcpy(id, e->id, e->id_len);
        id[e->id_len] = '\0';
        closed_add(&c->over, id);
        mem_free(id);
    }
    c->passed += e->role != ROLE_BEGIN;
    if (!sink->later.sampled && e->role != ROLE_BEGIN)
        quality_note(sink->quality, QUALITY_LATE, sink->file_index, sink->line);
    return true;
}

static void touch(struct crewai *c, uint32_t trace)
{
    if (trace == SPAN_NONE)
        return;
    while (c->touched.len <= trace)
        vec_push(&c->touched, false);
    c->touched.at[trace] = true;
}

void crewai_open(const struct crewai *c, bool *open)
{
    for (size_t k = 0; k < c->halves.len; k++)
        if (c->halves.at[k].waits && c->halves.at[k].span.trace != SPAN_NONE)
            open[c->halves.at[k].span.trace] = true;
}

/* A run stays while something of it goes on; where idle ones go, something of it must have come. */
void crewai_texts(struct crewai *c, const bool *gone, bool idle, bool *used)
{
    for (size_t k = 0; k < c->halves.len; k++)
        if (c->halves.at[k].waits)
            touch(c, c->halves.at[k].span.trace);
    for (uint32_t k = 0; k < c->known.count && !idle; k++)
        touch(c, c->trace.at[k]);
    mem_free(c->stays);
    c->stays = mem_zero(c->touched.len + 1, sizeof *c->stays);
    for (size_t t = 0; t < c->touched.len; t++) {
        c->stays[t] = c->touched.at[t] && !gone[t];
        used[t] = used[t] || c->stays[t];
    }
    for (size_t k = 0; k < c->halves.len; k++) {
        const struct half *h = &c->halves.at[k];
        if (!h->waits || h->span.trace == SPAN_NONE || !c->stays[h->span.trace])
            continue;
        pieces_use(&h->span, used);
        if (h->has_paused)
            pieces_use(&h->paused, used);
    }
}

static bool run_stays(const struct crewai *c, uint32_t trace)
{
    return trace < c->touched.len && c->stays[trace];
}

/* Ids of events and flows of the runs that stay. */
static void keep_known(struct crewai *c, const uint32_t *new_text)
{
    struct intern known = c->known;
    uint32_t *new_id = mem_alloc((known.count + (size_t)1) * sizeof *new_id);
    VEC(uint32_t) root = {0};
    size_t n = 0;
    intern_init(&c->known);
    for (uint32_t k = 0; k < known.count; k++) {
        uint32_t trace = c->trace.at[k];
        bool stays = run_stays(c, trace);
        new_id[k] = stays ? intern_put(&c->known, known.of[k].at, known.of[k].len) : UINT32_MAX;
        if (stays)
            c->trace.at[n++] = new_text[trace];
        else
            closed_add(&c->over, known.of[k].at);
        c->forgets = c->forgets || !stays;
    }
    c->trace.len = n;
    for (uint32_t t = 0; t < c->root.len; t++) {
        if (!c->root.at[t] || !run_stays(c, t))
            continue;
        while (root.len <= new_text[t])
            vec_push(&root, 0);
        root.at[new_text[t]] = 1 + new_id[c->root.at[t] - 1];
    }
    vec_release(&c->root);
    c->root.at = root.at;
    c->root.len = root.len;
    c->root.cap = root.cap;
    intern_release(&known);
    mem_free(new_id);
}

/* Halves that wait, of the runs that stay. */
static void keep_halves(struct crewai *c, const uint32_t *new_text)
{
    struct intern keys = c->keys;
    uint32_t *new_half = mem_alloc((c->halves.len + 1) * sizeof *new_half);
    size_t n = 0, kept = 0;
    for (size_t k = 0; k < c->halves.len; k++) {
        struct half *h = &c->halves.at[k];
        new_half[k] = 0;
        if (!h->waits || !run_stays(c, h->span.trace))
            continue;
        pieces_move(&h->span, new_text);
        if (h->has_paused)
            pieces_move(&h->paused, new_text);
        c->halves.at[n++] = *h;
        new_half[k] = (uint32_t)n;
    }
    c->halves.len = n;
    intern_init(&c->keys);
    for (uint32_t k = 0; k < keys.count; k++) {
        uint32_t mark = c->half_of.at[k];
        if (!mark || !new_half[mark - 1])
            continue;
        (void)intern_put(&c->keys, keys.of[k].at, keys.of[k].len);
        c->half_of.at[kept++] = new_half[mark - 1];
    }
    c->half_of.len = kept;
    intern_release(&keys);
    mem_free(new_half);
}

void crewai_keep(struct sink *sink, const bool *gone, const uint32_t *new_text)
{
    struct crewai *c = sink->crewai;
    keep_known(c, new_text);
    keep_halves(c, new_text);
    event_waits_clear(&c->unnamed);
    for (size_t k = 0; k < c->halves.len; k++)
        if (c->halves.at[k].queued)
            event_waits_add(&c->unnamed, c->halves.at[k].stem, name_of(sink, &c->halves.at[k].span),
                            (uint32_t)k);
    c->touched.len = 0;
    mem_free(c->stays);
    c->stays = NULL;
}

size_t crewai_held(const struct crewai *c)
{
    return c->halves.len + c->known.count / 2;
}

uint64_t crewai_passed(struct crewai *c)
{
    uint64_t passed = c->passed;
    c->passed = 0;
    return passed;
}

/* An event without ids has those of its place. */
static void place_plain(struct sink *sink, struct crewai_event *e)
{
    struct crewai *c = sink->crewai;
    if (!c->plain)
        c->plain = crewai_plain_new();
    crewai_plain_next(c->plain, sink->file_index, e->stem->text, e->name, e->name_len,
                      e->role == ROLE_BEGIN, &c->ids);
    e->id = c->ids.own;
    e->id_len = strlen(c->ids.own);
    e->started = *c->ids.started ? c->ids.started : NULL;
    e->started_len = strlen(c->ids.started);
    e->parent = *c->ids.parent ? c->ids.parent : NULL;
    e->parent_len = strlen(c->ids.parent);
}

int crewai_read(struct json v, struct sink *sink, struct error *err)
{
    struct crewai_event e;
    sink->quality->records++;
    if (!sink->crewai) {
        sink->crewai = mem_zero(1, sizeof *sink->crewai);
        intern_init(&sink->crewai->known);
        intern_init(&sink->crewai->keys);
        event_waits_init(&sink->crewai->unnamed);
    }
    if (!crewai_understand(v, &e))
        return 0;
    if (!e.id && !e.started && !json_present(json_get(v, "event_data")) &&
        !json_present(json_get(v, "emission_sequence")))
        place_plain(sink, &e);
    if (!e.id && !e.started) {
        record_unreadable(sink);
        return 0;
    }
    if (pass_over(sink, &e))
        return 0;
    struct half h = read_half(sink, &e);
    touch(sink->crewai, h.span.trace);
    take_half(sink, &e, &h);
    return 0;
}

/* A start alone never ended; an end alone tells where it stood in the run, and no duration. */
void crewai_end(struct sink *sink)
{
    struct crewai *c = sink->crewai;
    for (size_t k = 0; c && k < c->halves.len; k++) {
        struct half *h = &c->halves.at[k];
        if (!h->waits)
            continue;
        if (h->has_paused)
            h->span = h->paused;
        if (!h->begins) {
            h->span.start_ns = h->span.end_ns;
            h->span.end_ns = 0;
        }
        if (h->begins && !h->span.end_ns)
            h->span.flags |= SPAN_OPEN;
        span_mark_times(&h->span);
        span_set_add(sink->set, &h->span);
        h->waits = false;
    }
}

void crewai_release(struct sink *sink)
{
    struct crewai *c = sink->crewai;
    if (!c)
        return;
    crewai_plain_free(c->plain);
    intern_release(&c->known);
    intern_release(&c->keys);
    vec_release(&c->trace);
    vec_release(&c->root);
    vec_release(&c->half_of);
    vec_release(&c->halves);
    vec_release(&c->touched);
    mem_free(c->stays);
    closed_release(&c->over);
    event_waits_release(&c->unnamed);
    mem_free(c);
    sink->crewai = NULL;
}
