/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AutoGen's events (autogen_core.logging: LLMCallEvent, ToolCallEvent, MessageEvent and the
 * exceptions), which tell neither runs nor durations.
 *
 * The key of an agent's id ("type/key") is the run.  A step is a turn of an agent: from the
 * delivery before its first event to its last event before another agent's, once it has sent
 * something.  A model call took from the agent's event before it, a tool call (tools are called
 * side by side) from the last event that was no tool's: both are upper bounds.  Managers of group
 * chats pass messages on and take no turn. */
#include "trace/autogen.h"

#include "trace/ids.h"
#include "trace/pieces.h"
#include "trace/record.h"
#include "trace/timestamp.h"

#include <math.h>
#include <string.h>

enum kind {
    KIND_NONE,
    KIND_MODEL,
    KIND_TOOL,
    KIND_MESSAGE,
    KIND_DROPPED,
    KIND_EXCEPTION,
    KIND_PASSED
};
static const struct {
    const char *type;
    enum kind kind;
} types[] = {
    {"LLMCall",                    KIND_MODEL    },
    {"LLMStreamEnd",               KIND_MODEL    },
    {"LLMStreamStart",             KIND_PASSED   },
    {"ToolCall",                   KIND_TOOL     },
    {"Message",                    KIND_MESSAGE  },
    {"MessageDropped",             KIND_DROPPED  },
    {"MessageHandlerException",    KIND_EXCEPTION},
    {"AgentConstructionException", KIND_EXCEPTION},
    {"LLMCallEvent",               KIND_MODEL    }, /* Magentic-One's log */
    {"OrchestrationEvent",         KIND_MESSAGE  },
    {"AgentEvent",                 KIND_MESSAGE  },
    {"WebSurferEvent",             KIND_MESSAGE  },
};

/* A turn of an agent that goes on.  span.name is the agent. */
struct turn {
    struct span span;
    int64_t last_ns, other_ns; /* its last event, and its last that was no tool's */
    bool open, sent, works;    /* works: it has called something, or handed on nothing */
};
/* What is known of a run. */
struct run {
    uint32_t trace;
    uint64_t last; /* number of its last event */
    int64_t delivered_ns;
    VEC(struct turn) turns; /* one for each agent */
};

struct autogen {
    VEC(struct run) runs;
    VEC(uint32_t) run_of; /* by text: 1 + run; 0: none */
    uint32_t last_trace;
    uint64_t made;    /* ids given so far */
    uint64_t events;  /* read so far */
    uint64_t base;    /* of them, when texts went last */
    uint64_t horizon; /* runs whose last event came before are over */
};

/* An agent's or topic's id, "type/key". */
struct agent {
    const char *type, *key;
    size_t type_len, key_len;
};

/* ---- lines --------------------------------------------------------------------------------- */

static enum kind kind_of(struct json v)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (record_is(json_get(v, "type"), types[i].type))
            return types[i].kind;
    return KIND_NONE;
}

bool autogen_is(struct json v)
{
    static const char *const marks[] = {"agent_id",      "payload",  "tool_name",
                                        "prompt_tokens", "messages", "source"};
    if (kind_of(v) == KIND_NONE)
        return false;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (json_present(json_get(v, marks[i])))
            return true;
    return false;
}

/* Where the event of a line begins; NULL when there is none. */
static const char *event_in(const char *line, size_t len)
{
    static const char *const begins[] = {"{\"type\": ",     "{\"payload\": ",  "{\"type\":\"",
                                         "{\"payload\":\"", "{\"agent_id\": ", "{\"tool_name\": "};
    static const char logger[] = "autogen_core.events";
    const char *at = memchr(line, '{', len);
    if (!at)
        return NULL;
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
        size_t n = strlen(begins[i]);
        if ((size_t)(line + len - at) >= n && memcmp(at, begins[i], n) == 0)
            return at;
    }
    for (const char *s = line; s + sizeof logger <= at; s++)
        if (memcmp(s, logger, sizeof logger - 1) == 0)
            return at;
    return NULL;
}

bool autogen_is_text(const char *text, size_t len)
{
    for (const char *s = text, *end = text + len; s < end;) {
        const char *newline = memchr(s, '\n', (size_t)(end - s));
        const char *stop = newline ? newline : end;
        if (event_in(s, (size_t)(stop - s)))
            return true;
        s = stop + 1;
    }
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The first "2024-12-11 10:00:00,123" in the prefix of a line; 0 when there is none. */
static int64_t time_in(const char *line, size_t len)
{
    struct error ignored = {0};
    int64_t ns;
    for (size_t i = 0; i + 16 <= len; i++) {
        char text[48] = {0};
        size_t n = 0, most = len - i < sizeof text - 1 ? len - i : sizeof text - 1;
        if (!is_digit(line[i]) || (i && is_digit(line[i - 1])) || line[i + 4] != '-')
            continue;
        while (n < most && (is_digit(line[i + n]) || strchr("-:.,T+Z", line[i + n]) || n == 10))
            n++;
        memcpy(text, line + i, n);
        if (timestamp_parse(text, &ns, &ignored) == 0 && ns > 0)
            return ns;
    }
    return 0;
}

/* ---- runs and turns ------------------------------------------------------------------------ */

static bool split_id(struct json v, struct agent *out)
{
    const char *s;
    size_t len;
    *out = (struct agent){0};
    s = record_text(v, &len);
    if (!s)
        return false;
    const char *slash = s + len;
    while (slash > s && slash[-1] != '/')
        slash--;
    while (len && s[len - 1] == ')' && memchr(s, '(', len)) /* "Orchestrator (thought)" */
        while (len && s[--len] != '(')
            ;
    while (len && s[len - 1] == ' ')
        len--;
    slash = slash > s + len ? s : slash;
    out->type = s;
    out->type_len = slash > s ? (size_t)(slash - 1 - s) : len;
    out->key = slash > s ? slash : s;
    out->key_len = slash > s ? (size_t)(s + len - slash) : 0;
    size_t n = out->key_len; /* teams name their agents "name_key/key" */
    if (n && out->type_len > n + 1 && out->type[out->type_len - n - 1] == '_' &&
        memcmp(out->type + out->type_len - n, out->key, n) == 0)
        out->type_len -= n + 1;
    return out->type_len > 0;
}

static struct run *run_of(struct sink *sink, const struct agent *a)
{
    struct autogen *g = sink->autogen;
    uint32_t trace = a->key_len ? ids_trace(sink->set, a->key, a->key_len) : SPAN_NONE;
    if (trace == SPAN_NONE)
        trace = g->last_trace != SPAN_NONE ? g->last_trace : span_text(sink->set, "run", 3);
    g->last_trace = trace;
    while (g->run_of.len <= trace)
        vec_push(&g->run_of, 0);
    if (!g->run_of.at[trace]) {
        vec_push(&g->runs, (struct run){.trace = trace});
        g->run_of.at[trace] = (uint32_t)g->runs.len;
    }
    struct run *run = &g->runs.at[g->run_of.at[trace] - 1];
    run->last = g->events;
    return run;
}

static uint64_t new_id(struct sink *sink)
{
    char digits[32];
    uint64_t n = ++sink->autogen->made;
    size_t at = sizeof digits;
    for (; n; n /= 10)
        digits[--at] = (char)('0' + n % 10);
    return ids_span(digits + at, sizeof digits - at);
}

static void end_turn(struct sink *sink, struct turn *t)
{
    if (!t->open)
        return;
    t->open = false;
    if (!t->works)
        return;
    t->span.end_ns = t->last_ns;
    span_mark_times(&t->span);
    span_set_add(sink->set, &t->span);
}

static bool ends_with(const char *s, size_t len, const char *end)
{
    size_t n = strlen(end);
    return len >= n && memcmp(s + len - n, end, n) == 0;
}

/* The turn of an agent, which begins now or goes on.  Turns of others that have sent are over. */
static struct turn *turn_of(struct sink *sink, struct run *run, const struct agent *a, int64_t ns)
{
    uint32_t name = span_text(sink->set, a->type, a->type_len);
    struct turn *mine = NULL;
    for (size_t k = 0; k < run->turns.len; k++) {
        struct turn *t = &run->turns.at[k];
        if (t->span.name == name)
            mine = t;
        else if (t->sent)
            end_turn(sink, t);
    }
    if (!mine) {
        vec_push(&run->turns, (struct turn){0});
        mine = &run->turns.at[run->turns.len - 1];
    }
    if (!mine->open) {
        *mine = (struct turn){.open = true};
        span_clear(&mine->span);
        mine->span.trace = run->trace;
        mine->span.id = new_id(sink);
        mine->span.name = name;
        mine->span.kind = SPAN_AGENT;
        mine->span.file = sink->file_index;
        mine->span.line = sink->line;
        mine->span.start_ns = run->delivered_ns ? run->delivered_ns : ns;
        mine->last_ns = mine->other_ns = mine->span.start_ns;
        mine->works = !ends_with(a->type, a->type_len, "GroupChatManager");
    }
    return mine;
}

/* ---- events -------------------------------------------------------------------------------- */

static bool names_person(const struct agent *a)
{
    static const char *const parts[] = {"human", "user", "review", "approv"};
    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
        size_t n = strlen(parts[p]);
        for (size_t i = 0; i + n <= a->type_len; i++) {
            size_t k = 0;
            while (k < n && (a->type[i + k] | 32) == parts[p][k])
                k++;
            if (k == n)
                return true;
        }
    }
    return false;
}

/* The words of a message: a chat message's, or a payload that is one itself. */
static struct json content_of(struct json payload)
{
    static const char *const paths[] = {"/content", "/message/content",
                                        "/response/chat_message/content", "/chat_message/content"};
    struct json found = {0};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0] && json_type(found) != JSON_STRING; i++)
        found = json_pointer(payload, paths[i]);
    return found;
}

/* What the payload, JSON in a string, says: a confidence in it, and the words of a person. */
static void read_payload(struct sink *sink, struct json v, bool person)
{
    struct error ignored = {0};
    struct json_reader *inner = json_reader_new();
    struct json payload;
    const char *text;
    size_t len;
    record_payload(sink, "payload", v);
    record_payload(sink, "output", v);
    if (json_text(v, &text, &len) && json_parse(inner, text, len, &payload, &ignored) == 0) {
        struct json content = content_of(payload);
        record_payload(sink, "output", content);
        if (person)
            record_attribute(sink, "decision", content);
    }
    json_reader_free(inner);
}

/* Takes over what an event of a turn says. */
static void add_to_turn(struct turn *t, const struct span *said)
{
    if (!isnan(said->confidence))
        t->span.confidence = said->confidence;
    if (!isnan(said->threshold))
        t->span.threshold = said->threshold;
    if (said->decision != SPAN_NONE)
        t->span.decision = said->decision;
    if (said->said_by != SPAN_NONE)
        t->span.said_by = said->said_by;
    if (said->stage_key != SPAN_NONE)
        t->span.stage_key = said->stage_key;
    if (said->item_key != SPAN_NONE)
        t->span.item_key = said->item_key;
    if (said->session != SPAN_NONE)
        t->span.session = said->session;
    t->span.outcome = said->outcome;
}

static void read_fields(struct sink *sink, struct json v)
{
    for (struct json_iter it = json_each(v); json_next(&it);)
        if (json_type(it.value) != JSON_MAP && json_type(it.value) != JSON_LIST)
            record_field(sink, it.key, it.key_len, it.value);
}

static void read_call(struct sink *sink, struct json v, enum kind kind, struct turn *t, int64_t ns)
{
    struct json name = json_get(v, "tool_name");
    size_t len = 0;
    const char *text = kind == KIND_TOOL ? record_text(name, &len) : NULL;
    struct span *span = vocabulary_open(sink->words);
    struct span said;
    span->file = sink->file_index;
    span->line = sink->line;
    span->trace = t->span.trace;
    span->id = new_id(sink);
    span->parent = t->span.id;
    span->name = text ? span_text(sink->set, text, len)
                      : span_text(sink->set, kind == KIND_TOOL ? "ToolCall" : "LLMCall",
                                  kind == KIND_TOOL ? 8 : 7);
    span->start_ns = kind == KIND_TOOL ? t->other_ns : t->last_ns;
    span->end_ns = ns;
    span->kind = kind == KIND_TOOL ? SPAN_TOOL : SPAN_MODEL;
    read_fields(sink, v);
    record_payload(sink, "output", json_pointer(v, "/response/choices/0/message/content"));
    record_payload(sink, "output", json_get(v, "result"));
    vocabulary_take(sink->words, &said);
    said.kind = kind == KIND_TOOL ? SPAN_TOOL : SPAN_MODEL;
    span_set_add(sink->set, &said);
    if (!isnan(said.confidence))
        t->span.confidence = said.confidence;
    t->works = true;
    if (kind != KIND_TOOL)
        t->other_ns = ns;
}

/* A message sent by an agent, or what became of one; its turn goes on until others act. */
static void read_words(struct sink *sink, struct json v, enum kind kind, const struct agent *a,
                       struct turn *t, int64_t ns)
{
    struct span said;
    size_t len = 0;
    const char *why = record_text(json_get(v, "exception"), &len);
    vocabulary_open(sink->words);
    read_fields(sink, v);
    if (kind == KIND_MESSAGE)
        read_payload(sink, json_get(v, "payload"), names_person(a));
    if (names_person(a))
        t->span.kind = SPAN_HUMAN;
    vocabulary_status(sink->words, kind != KIND_MESSAGE,
                      kind == KIND_DROPPED ? "message dropped" : why,
                      kind == KIND_DROPPED ? 15 : len);
    vocabulary_take(sink->words, &said);
    add_to_turn(t, &said);
    t->other_ns = ns;
    t->sent = true;
    t->last_ns = ns;
    if (kind == KIND_EXCEPTION)
        end_turn(sink, t);
}

static void read_event(struct sink *sink, struct json v, int64_t ns)
{
    enum kind kind = kind_of(v);
    struct json who = json_get(v, json_present(json_get(v, "source"))            ? "source"
                                  : kind == KIND_MESSAGE || kind == KIND_DROPPED ? "sender"
                                  : json_present(json_get(v, "handling_agent"))  ? "handling_agent"
                                                                                 : "agent_id");
    struct agent a, to;
    bool known = split_id(who, &a);
    if (kind == KIND_PASSED)
        return;
    if (kind == KIND_MESSAGE && record_is(json_get(v, "delivery_stage"), "DeliveryStage.DELIVER")) {
        bool addressed = split_id(json_get(v, "receiver"), &to);
        run_of(sink, addressed && to.key_len ? &to : &a)->delivered_ns = ns;
        return;
    }
    if (!known && kind == KIND_MESSAGE) { /* from outside: it begins a run */
        if (split_id(json_get(v, "receiver"), &to))
            run_of(sink, &to)->delivered_ns = ns;
        return;
    }
    if (!known)
        a = (struct agent){.type = "agent", .type_len = 5, .key = ""};
    struct turn *t = turn_of(sink, run_of(sink, &a), &a, ns);
    if (kind == KIND_MODEL || kind == KIND_TOOL)
        read_call(sink, v, kind, t, ns);
    else
        read_words(sink, v, kind, &a, t, ns);
    t->last_ns = ns;
    if (json_present(json_get(v, "source"))) /* such logs tell no deliveries: others go on now */
        run_of(sink, &a)->delivered_ns = ns;
}

static void begin(struct sink *sink)
{
    sink->quality->records++;
    if (!sink->autogen) {
        sink->autogen = mem_zero(1, sizeof *sink->autogen);
        sink->autogen->last_trace = SPAN_NONE;
    }
    sink->autogen->events++;
}

/* ---- forgetting ---------------------------------------------------------------------------- */

static bool is_over(const struct autogen *g, const struct run *run)
{
    return run->last < g->horizon;
}

void autogen_close(struct sink *sink)
{
    struct autogen *g = sink->autogen;
    g->horizon = g->events - (g->events - g->base) / 4;
    for (size_t r = 0; r < g->runs.len; r++)
        for (size_t k = 0; is_over(g, &g->runs.at[r]) && k < g->runs.at[r].turns.len; k++)
            end_turn(sink, &g->runs.at[r].turns.at[k]);
}

void autogen_open(const struct autogen *g, bool *open)
{
    for (size_t r = 0; r < g->runs.len; r++)
        if (!is_over(g, &g->runs.at[r]))
            open[g->runs.at[r].trace] = true;
}

void autogen_texts(const struct autogen *g, bool *used)
{
    if (g->last_trace != SPAN_NONE)
        used[g->last_trace] = true;
    for (size_t r = 0; r < g->runs.len; r++) {
        const struct run *run = &g->runs.at[r];
        if (is_over(g, run))
            continue;
        used[run->trace] = true;
        for (size_t k = 0; k < run->turns.len; k++)
            pieces_use(&run->turns.at[k].span, used);
    }
}

void autogen_keep(struct sink *sink, const uint32_t *new_text)
{
    struct autogen *g = sink->autogen;
    size_t n = 0;
    memset(g->run_of.at, 0, g->run_of.len * sizeof *g->run_of.at);
    g->run_of.len = 0;
    for (size_t r = 0; r < g->runs.len; r++) {
        struct run run = g->runs.at[r];
        if (is_over(g, &run)) {
            vec_release(&run.turns);
            continue;
        }
        run.trace = new_text[run.trace];
        for (size_t k = 0; k < run.turns.len; k++)
            pieces_move(&run.turns.at[k].span, new_text);
        g->runs.at[n++] = run;
        while (g->run_of.len <= run.trace)
            vec_push(&g->run_of, 0);
        g->run_of.at[run.trace] = (uint32_t)n;
    }
    g->runs.len = n;
    if (g->last_trace != SPAN_NONE)
        g->last_trace = new_text[g->last_trace];
    g->base = g->events;
}

int autogen_read(struct json v, struct sink *sink, struct error *err)
{
    static const char *const times[] = {"timestamp", "time", "asctime", "@timestamp", "ts"};
    struct json told = {0};
    begin(sink);
    for (size_t i = 0; i < sizeof times / sizeof times[0] && json_type(told) == JSON_NULL; i++)
        told = json_get(v, times[i]);
    read_event(sink, v, record_moment(sink, told));
    return 0;
}

/* Where the logger's next line begins, for a line break may be lost: behind the last } before its
 * name comes again; `len` when it does not. */
static size_t next_in(const char *line, size_t len, size_t from)
{
    static const char logger[] = "autogen_core.events";
    for (size_t i = from; i + sizeof logger <= len; i++)
        if (memcmp(line + i, logger, sizeof logger - 1) == 0)
            for (size_t end = i; end > from; end--)
                if (line[end - 1] == '}')
                    return end;
    return len;
}

int autogen_read_line(struct sink *sink, const char *line, size_t len, struct error *err)
{
    struct error ignored = {0};
    struct json v;
    const char *at = event_in(line, len);
    if (!at)
        return 0;
    size_t before = (size_t)(at - line), end = len;
    if (json_parse(sink->json, at, len - before, &v, &ignored)) {
        end = next_in(line, len, before);
        if (end < len && json_parse(sink->json, at, end - before, &v, &ignored))
            end = len;
    }
    begin(sink);
    if ((end == len && ignored.code) || kind_of(v) == KIND_NONE)
        record_unreadable(sink);
    else
        read_event(sink, v, time_in(line, before));
    return end < len ? autogen_read_line(sink, line + end, len - end, err) : 0;
}

void autogen_end(struct sink *sink)
{
    struct autogen *g = sink->autogen;
    for (size_t r = 0; g && r < g->runs.len; r++)
        for (size_t k = 0; k < g->runs.at[r].turns.len; k++)
            end_turn(sink, &g->runs.at[r].turns.at[k]);
}

void autogen_release(struct sink *sink)
{
    struct autogen *g = sink->autogen;
    if (!g)
        return;
    for (size_t r = 0; r < g->runs.len; r++)
        vec_release(&g->runs.at[r].turns);
    vec_release(&g->runs);
    vec_release(&g->run_of);
    mem_free(g);
    sink->autogen = NULL;
}
