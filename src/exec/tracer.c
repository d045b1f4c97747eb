/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events to spans.
 *
 * Items fall into SHARDS by their number, each with a request of its own under way and a lock, so
 * that threads seldom wait for each other; a request is handed over when it holds enough spans.
 * Ids are hashes of (run, item, path, step, visit, attempt): what is told again after a resume has
 * the ids of the first time. */
#include "exec/tracer.h"

#include "exec/stage.h"
#include "exec/stated.h"
#include "trace/otlp_write.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

enum { SHARDS = 16, SPANS_A_REQUEST = 256, BYTES_A_REQUEST = 1 << 20, ATTRIBUTES = 24 };

/* An attempt of a gate that went well, until the visit says what the gate decided. */
struct pending {
    uint64_t item;
    uint32_t path, step, attempt;
    double asked_s, begin_s, end_s, cost;
};

struct shard {
    pthread_mutex_t lock;
    struct buf text, more; /* the request under way; attributes of an answer, as a map */
    struct otlp_write write;
    struct json_reader *json;
    VEC(struct pending) gates;
    bool open;
};
struct tracer {
    const struct tracer_options *options;
    uint64_t run;
    char root[160];
    pthread_mutex_t sink_lock;
    struct shard shard[SHARDS];
};

/* A span that is being put together. */
struct draft {
    struct otlp_out span;
    struct attribute attribute[ATTRIBUTES], of_event[4];
    struct otlp_event event;
};

/* ---- small things ------------------------------------------------------------------------ */

static void add(struct draft *d, struct attribute a)
{
    if (d->span.n == ATTRIBUTES)
        BUG("a span with more than %d attributes of ours", (int)ATTRIBUTES);
    d->attribute[d->span.n++] = a;
}

static void add_flag(struct draft *d, const char *key)
{
    struct attribute a = otlp_whole(key, 1);
    a.kind = ATTRIBUTE_BOOL;
    add(d, a);
}

static int64_t instant(const struct tracer *t, double s)
{
    return t->options->start_unix_ns + llround(s * 1e9);
}

static const char *outcome_word(enum outcome o)
{
    return o == OUTCOME_ERROR       ? "error"
           : o == OUTCOME_MALFORMED ? "malformed"
           : o == OUTCOME_TIMEOUT   ? "timeout"
                                    : "ok"; /* wrong is silent */
}

static const char *error_type(enum outcome o)
{
    return o == OUTCOME_TIMEOUT ? "timeout" : o == OUTCOME_MALFORMED ? "malformed" : "_OTHER";
}

/* The kind of work, in the words of OpenInference. */
static const char *work_word(const struct step *s)
{
    if (s->kind == STEP_CHECK)
        return "GUARDRAIL";
    switch (s->layer) {
    case LAYER_MODEL:
        return "LLM";
    case LAYER_TOOL:
        return "TOOL";
    case LAYER_DATA:
        return "RETRIEVER";
    case LAYER_AGENT:
        return s->kind == STEP_GATE ? "CHAIN" : "AGENT";
    default:
        return "CHAIN";
    }
}

static const char *exit_word(enum exit_kind e)
{
    switch (e) {
    case EXIT_PASS:
        return "pass";
    case EXIT_FAIL:
        return "fail";
    case EXIT_REJECT:
        return "reject";
    case EXIT_ABOVE:
        return "above";
    case EXIT_BELOW:
        return "below";
    case EXIT_BETWEEN:
        return "between";
    case EXIT_AUDIT:
        return "audit";
    default:
        return "";
    }
}

static const char *quality_word(enum run_quality q)
{
    return q == RUN_GOOD ? "good" : "bad";
}

/* ---- spans ------------------------------------------------------------------------------- */

enum part { PART_ROOT, PART_ATTEMPT, PART_VISIT };

static void begin(const struct tracer *t, const struct run_event *e, enum part part,
                  struct draft *d)
{
    uint64_t item[2] = {t->run, e->item}, root[3] = {t->run, e->item, 1};
    uint64_t own[7] = {t->run, e->item, part, e->path, e->step, e->visit, e->attempt};
    d->span = (struct otlp_out){.kind = OTLP_INTERNAL,
                                .attribute = d->attribute,
                                .event = &d->event,
                                .start_ns = instant(t, e->begin_s),
                                .end_ns = instant(t, e->end_s)};
    d->span.trace[0] = otlp_id(item, 2);
    d->span.trace[1] = otlp_id(root, 3);
    d->span.id = part == PART_ROOT ? d->span.trace[1] : otlp_id(own, 7);
    d->span.parent = part == PART_ROOT ? 0 : d->span.trace[1];
}

static void add_failure(struct draft *d, const char *type, const char *says)
{
    add(d, otlp_text("error.type", type));
    d->span.status = OTLP_ERROR;
    d->span.message = *says ? says : NULL;
}

/* What every span of a step begins with. */
static void add_step(const struct run_event *e, const struct step *s, uint32_t attempt,
                     struct draft *d)
{
    d->span.name = s->id;
    if (s->kind != STEP_STAGE)
        add(d, otlp_text("seam.step.kind", step_kind_name(s->kind)));
    add(d, otlp_text("openinference.span.kind", work_word(s)));
    add(d, otlp_whole("seam.visit", e->visit));
    if (e->path)
        add(d, otlp_whole("seam.path", e->path));
    add(d, otlp_whole("seam.attempt", attempt));
    add(d, otlp_text("seam.outcome", outcome_word(e->cancelled ? OUTCOME_OK : e->outcome)));
    if (!e->cancelled && e->outcome != OUTCOME_OK && e->outcome != OUTCOME_WRONG)
        add_failure(d, error_type(e->outcome), e->says);
}

/* A person's word, or a verifier's. */
static void add_verdict(const struct run_event *e, const struct step *s, struct draft *d)
{
    const char *word = e->verdict == STAGE_PASS   ? "approved"
                       : e->verdict == STAGE_EDIT ? "corrected"
                                                  : "rejected";
    bool said = e->verdict >= 0 && !e->cancelled && e->outcome == OUTCOME_OK;
    if (said && (s->kind == STEP_REVIEW || s->kind == STEP_CHECK)) {
        add(d, otlp_text(s->kind == STEP_REVIEW ? "seam.decision" : "seam.check.result", word));
        if (*e->says)
            add(d, otlp_text("seam.reason", e->says));
    }
    bool named = *e->who && strcmp(e->who, STATED_REVIEWER); /* nobody's name tells nothing */
    if (named)
        add(d, otlp_text(s->kind == STEP_REVIEW ? "seam.reviewer" : "seam.by", e->who));
}

static void add_confidence(const struct tracer *t, const struct run_event *e, struct draft *d)
{
    if (isnan(e->confidence))
        return;
    d->of_event[0] = otlp_text("gen_ai.evaluation.name", "confidence");
    d->of_event[1] = otlp_real("gen_ai.evaluation.score.value", e->confidence);
    d->event =
        (struct otlp_event){"gen_ai.evaluation.result", instant(t, e->end_s), d->of_event, 2};
    d->span.n_events = 1;
}

/* Attributes that the answer gave; those that are no JSON are kept as text. */
static void add_more(struct shard *s, const struct run_event *e, struct draft *d)
{
    struct error ignored = {0};
    if (!*e->attributes)
        return;
    buf_clear(&s->more);
    buf_putc(&s->more, '{');
    buf_puts(&s->more, e->attributes);
    buf_putc(&s->more, '}');
    if (json_parse(s->json, s->more.data, s->more.len, &d->span.more, &ignored) == 0 &&
        json_type(d->span.more) == JSON_MAP)
        return;
    d->span.more = (struct json){0};
    add(d, otlp_text("seam.attributes", e->attributes));
}

static void draft_attempt(const struct tracer *t, struct shard *s, const struct run_event *e,
                          struct draft *d)
{
    const struct step *step = &t->options->pipeline->step[e->step];
    begin(t, e, PART_ATTEMPT, d);
    add_step(e, step, e->attempt, d);
    if (e->copy)
        add(d, otlp_whole("seam.copy", e->copy));
    if (e->cancelled)
        add_flag(d, "seam.cancelled");
    if (e->asked_s < e->begin_s) {
        d->span.start_ns = instant(t, e->asked_s);
        add(d,
            otlp_real("seam.wait_s", (double)(instant(t, e->begin_s) - d->span.start_ns) * 1e-9));
    }
    if (e->cost > 0)
        add(d, otlp_real("seam.cost", e->cost));
    add_verdict(e, step, d);
    if (!e->cancelled)
        add_confidence(t, e, d);
    add_more(s, e, d);
}

/* A visit without attempt. */
static void draft_visit(const struct tracer *t, const struct run_event *e, struct draft *d)
{
    begin(t, e, PART_VISIT, d);
    add_step(e, &t->options->pipeline->step[e->step], 0, d);
    if (e->cached)
        add_flag(d, "seam.cached");
}

/* What a gate compared, and what it knew of it. */
static void add_gate(const struct run_event *e, struct draft *d)
{
    add(d, otlp_text("seam.gate.way", exit_word(e->exit)));
    if (!isnan(e->threshold))
        add(d, otlp_real("seam.threshold", e->threshold));
    if (!isnan(e->confidence))
        add(d, otlp_real("seam.gate.score", e->confidence));
    if (e->quality != RUN_UNKNOWN)
        add(d, otlp_text("seam.draft.quality", quality_word(e->quality)));
}

static void draft_root(const struct tracer *t, const struct run_event *e, struct draft *d)
{
    const struct pipeline *p = t->options->pipeline;
    begin(t, e, PART_ROOT, d);
    d->span.name = t->root;
    add(d, otlp_text("gen_ai.operation.name", "invoke_workflow"));
    add(d, otlp_text("gen_ai.workflow.name", p->name ? p->name : ""));
    add(d, otlp_text("session.id", t->options->run));
    add(d, otlp_text("seam.item.id", e->id));
    if (*p->class[e->class].id)
        add(d, otlp_text("seam.item.class", p->class[e->class].id));
    add(d, otlp_text("seam.item.end", run_end_name(e->end)));
    if (e->quality != RUN_UNKNOWN)
        add(d, otlp_text("seam.item.quality", quality_word(e->quality)));
    if (e->cost > 0)
        add(d, otlp_real("seam.item.cost", e->cost));
    if (e->reviewed)
        add_flag(d, "seam.item.reviewed");
    if (e->audited)
        add_flag(d, "seam.item.audited");
    if (e->end == RUN_END_FAILED || e->end == RUN_END_ABANDONED)
        add_failure(d, run_end_name(e->end), e->says);
}

/* ---- requests ----------------------------------------------------------------------------- */

static int hand_over(struct tracer *t, struct shard *s, struct error *err)
{
    otlp_end(&s->write);
    s->open = false;
    pthread_mutex_lock(&t->sink_lock);
    int status = t->options->sink.lines(t->options->sink.arg, buf_text(&s->text), s->text.len,
                                        s->write.spans, err);
    pthread_mutex_unlock(&t->sink_lock);
    buf_clear(&s->text);
    return status;
}

static int put(struct tracer *t, struct shard *s, const struct draft *d, struct error *err)
{
    struct attribute run = otlp_text("seam.run", t->options->run);
    struct otlp_from from = {"seam run", t->options->version, &run, 1};
    if (!s->open)
        otlp_begin(&s->write, &s->text, &from);
    s->open = true;
    otlp_span(&s->write, &d->span);
    if (s->write.spans < SPANS_A_REQUEST && s->text.len < BYTES_A_REQUEST)
        return 0;
    return hand_over(t, s, err);
}

static bool is_gate(const struct tracer *t, const struct run_event *e)
{
    return t->options->pipeline->step[e->step].kind == STEP_GATE;
}

static void wait_for_gate(struct shard *s, const struct run_event *e)
{
    vec_push(&s->gates, ((struct pending){e->item, e->path, e->step, e->attempt, e->asked_s,
                                          e->begin_s, e->end_s, e->cost}));
}

/* The attempt that waited for this visit, as an event; false: none did. */
static bool gate_decided(struct shard *s, const struct run_event *visit, struct run_event *out)
{
    for (size_t i = s->gates.len; i-- > 0;) {
        const struct pending p = s->gates.at[i];
        if (p.item != visit->item || p.path != visit->path || p.step != visit->step)
            continue;
        s->gates.at[i] = s->gates.at[--s->gates.len];
        *out = *visit;
        out->attempt = p.attempt;
        out->asked_s = p.asked_s;
        out->begin_s = p.begin_s;
        out->end_s = p.end_s;
        out->cost = p.cost;
        return true;
    }
    return false;
}

/* Gates of an item that ended before they could decide. */
static void forget_gates(struct shard *s, uint64_t item)
{
    for (size_t i = s->gates.len; i-- > 0;)
        if (s->gates.at[i].item == item)
            s->gates.at[i] = s->gates.at[--s->gates.len];
}

/* Does the end of a visit have a span of its own?  A parallel has none: its branches' have. */
static bool has_span(const struct tracer *t, const struct run_event *e)
{
    return e->attempts == 0 && t->options->pipeline->step[e->step].kind != STEP_PARALLEL;
}

/* False: the event has no span, or not yet. */
static bool draft_event(const struct tracer *t, struct shard *s, const struct run_event *e,
                        struct draft *d)
{
    struct run_event gate;
    bool passes = e->kind == RUN_ATTEMPT_ENDED && !e->cancelled && e->outcome <= OUTCOME_WRONG;
    if (passes && is_gate(t, e)) {
        wait_for_gate(s, e);
    } else if (e->kind == RUN_ATTEMPT_ENDED) {
        draft_attempt(t, s, e, d);
        return true;
    } else if (e->kind == RUN_VISIT_ENDED && is_gate(t, e) && gate_decided(s, e, &gate)) {
        gate.confidence = NAN;
        draft_attempt(t, s, &gate, d);
        add_gate(e, d);
        return true;
    } else if (e->kind == RUN_VISIT_ENDED && has_span(t, e)) {
        draft_visit(t, e, d);
        if (is_gate(t, e))
            add_gate(e, d);
        return true;
    } else if (e->kind == RUN_ITEM_ENDED) {
        forget_gates(s, e->item);
        draft_root(t, e, d);
        return true;
    }
    return false;
}

static int hear(void *arg, const struct run_event *e, struct error *err)
{
    struct tracer *t = arg;
    struct shard *s = &t->shard[e->item % SHARDS];
    struct draft d;
    if (e->kind == RUN_ITEM_BEGAN || e->kind == RUN_ATTEMPT_BEGAN)
        return 0;
    pthread_mutex_lock(&s->lock);
    int status = draft_event(t, s, e, &d) ? put(t, s, &d, err) : 0;
    pthread_mutex_unlock(&s->lock);
    return status;
}

/* ---- life --------------------------------------------------------------------------------- */

struct tracer *tracer_new(const struct tracer_options *options)
{
    struct tracer *t = mem_zero(1, sizeof *t);
    const char *name = options->pipeline->name;
    struct buf root = {0};
    t->options = options;
    t->run = otlp_id_of_text(options->run);
    buf_puts(&root, "invoke_workflow ");
    buf_puts(&root, name ? name : "pipeline");
    size_t n = root.len < sizeof t->root - 1 ? root.len : sizeof t->root - 1;
    memcpy(t->root, root.data, n);
    buf_release(&root);
    pthread_mutex_init(&t->sink_lock, NULL);
    for (size_t i = 0; i < SHARDS; i++) {
        pthread_mutex_init(&t->shard[i].lock, NULL);
        t->shard[i].json = json_reader_new();
    }
    return t;
}

struct run_listener tracer_listener(struct tracer *t)
{
    return (struct run_listener){t, hear};
}

int tracer_end(struct tracer *t, struct error *err)
{
    int status = 0;
    for (size_t i = 0; i < SHARDS; i++) {
        pthread_mutex_lock(&t->shard[i].lock);
        if (t->shard[i].open && !status)
            status = hand_over(t, &t->shard[i], err);
        pthread_mutex_unlock(&t->shard[i].lock);
    }
    return status;
}

void tracer_free(struct tracer *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *s = &t->shard[i];
        buf_release(&s->text);
        buf_release(&s->more);
        json_reader_free(s->json);
        vec_release(&s->gates);
        pthread_mutex_destroy(&s->lock);
    }
    pthread_mutex_destroy(&t->sink_lock);
    mem_free(t);
}
