/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kind `mcp`: a stage that is a tool of a server of the Model Context Protocol.
 *
 *     exec: {mcp: [server, --flag], tool: lookup, arguments: {limit: 3}, from: {subject: /who}}
 *     exec: {mcp: "https://tools.example/mcp", key_env: TOOLS_KEY, tool: lookup}
 *
 * `headers: {Name: value}` and `key_env` are as those of exec/endpoint.h.
 *
 * `arguments` are handed over as they are; `from` takes one from the payload by a JSON pointer, and
 * one that is not there is left out; with neither, the payload is the arguments.  A program called
 * `seam` is this program.  What the tool answers (its structured content, else its text where that
 * is a JSON object, else {"text": ...}) goes through exec/answer.h; isError is OUTCOME_ERROR.
 *
 * Stages that call the same server share one connection through the world, so that one child serves
 * them all.  The server is started, and asked for its tools, when the stage is opened: a wrong name
 * is a mistake of the scenario, not of a thousand items. */
#include "base/json_write.h"
#include "base/utf8.h"
#include "exec/answer.h"
#include "exec/kinds.h"
#include "exec/mcp_client.h"
#include "exec/request.h"
#include "exec/world.h"

#include <string.h>

/* How long a server may take to begin and to list its tools. */
static const double BEGIN_S = 30;

struct stage {
    struct mcp_client *client;
    bool shared; /* the client is the world's */
    double (*clock_s)(void);
    struct json_readers *readers;
    struct json_reader *options; /* holds `arguments` and `from` */
    struct json arguments, from;
    struct answer_rules *rules;
    char *tool;
};

/* --- opening */

/* A list of texts as a NULL-terminated array in the arena; -1 with a fault. */
static int text_list(const struct stage_setting *s, struct json list, const char *key,
                     struct arena *a, const char *const **out, struct error *err)
{
    const char **at = arena_alloc(a, (json_count(list) + 1) * sizeof *at), *text;
    size_t n = 0, len;

    if (json_present(list) && json_type(list) != JSON_LIST)
        return exec_fault(s, err, "`%s` is a list of texts", key);
    for (struct json_iter it = json_each(list); json_next(&it);) {
        if (json_text(it.value, &text, &len))
            at[n++] = arena_strndup(a, text, len);
        else {
            struct buf plain = {0};
            json_dump(it.value, &plain);
            at[n++] = arena_strndup(a, buf_text(&plain), plain.len);
            buf_release(&plain);
        }
    }
    *out = at;
    return 0;
}

struct wanted {
    const struct stage_setting *setting;
    struct mcp_options options;
    struct arena arena;
};

static int read_server(const struct stage_setting *s, struct wanted *w, struct error *err)
{
    struct json server = json_get(s->exec, "mcp");
    const char *text, **headers;
    size_t len;

    w->options.environment = s->environment;
    w->options.folder = s->folder;
    w->options.clock_s = s->clock_s;
    w->options.stop = s->stop;
    if (request_headers(s, 0, &w->arena, &headers, err))
        return -1;
    w->options.headers = headers;
    if (json_text(server, &text, &len)) {
        w->options.url = arena_strndup(&w->arena, text, len);
        if (strncmp(w->options.url, "http://", 7) && strncmp(w->options.url, "https://", 8))
            return exec_fault(s, err,
                              "`mcp` is a list [program, argument, ...] or an http(s) address");
        return 0;
    }
    if (json_type(server) != JSON_LIST || json_count(server) == 0)
        return exec_fault(s, err, "`mcp` is a list [program, argument, ...] or an http(s) address");
    if (text_list(s, server, "mcp", &w->arena, &w->options.command, err))
        return -1;
    if (s->program && strcmp(w->options.command[0], "seam") == 0)
        ((const char **)w->options.command)[0] = s->program;
    return 0;
}

static int open_shared(struct world *world, const void *arg, void **part, struct error *err)
{
    const struct wanted *w = arg;
    struct mcp_client *client;

    mcp_open(&w->options, &client);
    *part = client;
    return 0;
}

static void close_shared(void *part)
{
    mcp_close(part);
}

static int open_client(struct stage *self, const struct stage_setting *s, struct wanted *w,
                       struct error *err)
{
    static const struct world_part kind = {open_shared, close_shared};
    struct buf name = {0};
    void *part;
    int status = 0;

    self->shared = s->world != NULL;
    if (!self->shared) {
        mcp_open(&w->options, &self->client);
        return 0;
    }
    buf_puts(&name, "mcp ");
    json_dump(json_get(s->exec, "mcp"), &name);
    json_dump(json_get(s->exec, "headers"), &name);
    json_dump(json_get(s->exec, "key_env"), &name);
    status = world_share(s->world, buf_text(&name), &kind, w, &part, err);
    self->client = status ? NULL : part;
    buf_release(&name);
    return status;
}

/* Is there a tool of this name?  Starts the server. */
static int find_tool(const struct stage *self, const struct stage_setting *s, struct error *err)
{
    struct process_limit limit = {s->clock_s, s->clock_s() + BEGIN_S, s->stop};
    struct mcp_reply reply;
    struct buf names = {0};
    const char **name, *near = NULL;
    size_t n = 0, at = 0, i = 0;
    int status = 0;

    mcp_reply_init(&reply);
    mcp_list_tools(self->client, &limit, &names, &n, &reply);
    name = mem_zero(n + 1, sizeof *name);
    for (size_t k = 0; k < n; k++, at += strlen(names.data + at) + 1)
        name[k] = names.data + at;
    while (i < n && strcmp(name[i], self->tool))
        i++;
    if (reply.outcome != OUTCOME_OK)
        status = error_set(err, ERR_IO, "`%s`: %s", s->pipeline->step[s->step].id,
                           buf_text(&reply.says));
    else if (i == n) {
        near = nearest_word(self->tool, name, n);
        status = near ? exec_fault(s, err, "the server has no tool `%.60s`; did you mean `%.60s`?",
                                   self->tool, near)
                      : exec_fault(s, err, "the server has no tool `%.60s`, but %zu others",
                                   self->tool, n);
    }
    mem_free(name);
    buf_release(&names);
    mcp_reply_release(&reply);
    return status;
}

static int is_map(const struct stage_setting *s, const char *key, struct json *out,
                  struct error *err)
{
    *out = json_get(s->exec, key);
    if (json_present(*out) && json_type(*out) != JSON_MAP)
        return exec_fault(s, err, "`%s` is a map from arguments to %s", key,
                          strcmp(key, "from") ? "values" : "JSON pointers into the payload");
    return 0;
}

/* A copy of the two maps with a reader of its own: `exec` is the caller's. */
static int keep_arguments(struct stage *self, const struct stage_setting *s, struct error *err)
{
    struct json arguments, from, root;
    struct buf text = {0};
    const char *pointer;
    size_t len;
    int status;

    if (is_map(s, "arguments", &arguments, err) || is_map(s, "from", &from, err))
        return -1;
    for (struct json_iter it = json_each(from); json_next(&it);)
        if (!json_text(it.value, &pointer, &len) || len == 0 || pointer[0] != '/')
            return exec_fault(s, err,
                              "`from` is a map from arguments to JSON pointers into the "
                              "payload, such as {subject: /who}");
    buf_puts(&text, "{\"arguments\":");
    json_dump(arguments, &text);
    buf_puts(&text, ",\"from\":");
    json_dump(from, &text);
    buf_putc(&text, '}');
    self->options = json_reader_new();
    status = json_parse(self->options, text.data, text.len, &root, err);
    if (!status) {
        self->arguments = json_get(root, "arguments");
        self->from = json_get(root, "from");
    }
    buf_release(&text);
    return status;
}

static void stage_close(void *arg)
{
    struct stage *self = arg;

    if (!self->shared)
        mcp_close(self->client);
    json_readers_free(self->readers);
    json_reader_free(self->options);
    answer_rules_free(self->rules);
    mem_free(self->tool);
    mem_free(self);
}

static int stage_open(const struct stage_setting *s, void **out, struct error *err)
{
    static const char *const known[] = {"mcp",     "tool",    "arguments", "from",
                                        "headers", "key_env", NULL};
    struct stage *self = mem_zero(1, sizeof *self);
    struct wanted wanted = {.setting = s};
    const char *text;
    size_t len;
    int status = -1;

    arena_init(&wanted.arena);
    self->clock_s = s->clock_s;
    self->readers = json_readers_new();
    if (exec_known(s, known, err) || answer_rules_new(s, &self->rules, err) ||
        read_server(s, &wanted, err) || keep_arguments(self, s, err))
        goto out;
    if (!json_text(json_get(s->exec, "tool"), &text, &len) || len == 0) {
        exec_fault(s, err, "`tool` names the tool of the server");
        goto out;
    }
    self->tool = mem_zero(len + 1, 1);
    memcpy(self->tool, text, len);
    if (!s->only_read && (open_client(self, s, &wanted, err) || find_tool(self, s, err)))
        goto out;
    *out = self;
    status = 0;
out:
    arena_release(&wanted.arena);
    if (status)
        stage_close(self);
    return status;
}

/* --- calling */

static void put_member(struct buf *out, bool *any, const char *key, size_t len, struct json value)
{
    struct json_write w;

    buf_puts(out, *any ? "," : "");
    *any = true;
    json_init(&w, out, 0);
    json_string_n(&w, key, len);
    buf_putc(out, ':');
    json_dump(value, out);
}

/* The arguments of a call for this payload. */
static void put_arguments(const struct stage *self, const struct stage_call *c, struct buf *out)
{
    struct json_reader *reader;
    struct error ignored = {0};
    struct json payload;
    bool any = false;

    if (json_type(self->arguments) != JSON_MAP && json_type(self->from) != JSON_MAP) {
        buf_add(out, c->payload, c->payload_len);
        return;
    }
    reader = json_readers_take(self->readers);
    buf_putc(out, '{');
    for (struct json_iter it = json_each(self->arguments); json_next(&it);)
        put_member(out, &any, it.key, it.key_len, it.value);
    if (json_parse(reader, c->payload, c->payload_len, &payload, &ignored) == 0)
        for (struct json_iter it = json_each(self->from); json_next(&it);) {
            char pointer[512] = "";
            const char *text;
            size_t len;
            json_text(it.value, &text, &len);
            memcpy(pointer, text, len < sizeof pointer ? len : sizeof pointer - 1);
            struct json value = json_pointer(payload, pointer);
            if (json_present(value))
                put_member(out, &any, it.key, it.key_len, value);
        }
    buf_putc(out, '}');
    json_readers_give(self->readers, reader);
}

/* The text parts of a result, one after the other. */
static void put_texts(struct json result, struct buf *out)
{
    const char *text;
    size_t len;

    for (struct json_iter it = json_each(json_get(result, "content")); json_next(&it);)
        if (json_text(json_get(it.value, "text"), &text, &len))
            buf_add(out, text, len);
}

static void take_text(const struct stage *self, const struct buf *text, struct stage_answer *a)
{
    struct json_reader *reader = json_readers_take(self->readers);
    struct error ignored = {0};
    struct json root;
    struct buf wrapped = {0};
    struct json_write w;

    if (text->len > 0 && json_parse(reader, text->data, text->len, &root, &ignored) == 0 &&
        json_type(root) == JSON_MAP)
        answer_read(self->rules, text->data, text->len, a);
    else {
        json_init(&w, &wrapped, 0);
        json_open(&w, '{');
        json_key(&w, "text");
        json_string_n(&w, buf_text(text), text->len);
        json_close(&w, '}');
        answer_read(self->rules, wrapped.data, wrapped.len, a);
    }
    buf_release(&wrapped);
    json_readers_give(self->readers, reader);
}

static void take_reply(const struct stage *self, const struct mcp_reply *reply,
                       struct stage_answer *a)
{
    struct json_reader *reader = json_readers_take(self->readers);
    struct error ignored = {0};
    struct json root, result, structured;
    struct buf text = {0};
    bool failed = false;

    if (json_parse(reader, reply->text.data, reply->text.len, &root, &ignored))
        BUG("an answer that was parsed before is no JSON");
    result = json_get(root, "result");
    structured = json_get(result, "structuredContent");
    json_as_bool(json_get(result, "isError"), &failed);
    if (failed || json_type(structured) != JSON_MAP)
        put_texts(result, &text);
    else
        json_dump(structured, &text);
    if (failed) {
        struct buf quoted = {0};
        utf8_quote(&quoted, buf_text(&text), text.len, 300);
        stage_answer_fail(a, OUTCOME_ERROR, "%s: %s", self->tool, buf_text(&quoted));
        buf_release(&quoted);
    } else if (json_type(structured) == JSON_MAP)
        answer_read(self->rules, text.data, text.len, a);
    else
        take_text(self, &text, a);
    buf_release(&text);
    json_readers_give(self->readers, reader);
}

/* What the conventions for MCP and generative AI call it. */
static void put_attributes(const struct stage *self, const struct mcp_reply *reply,
                           struct stage_answer *a)
{
    char *session = mcp_session(self->client);
    struct json_write w;

    buf_puts(&a->attributes, "\"gen_ai.operation.name\":\"execute_tool\","
                             "\"mcp.method.name\":\"tools/call\",\"gen_ai.tool.name\":");
    json_init(&w, &a->attributes, 0);
    json_string(&w, self->tool);
    buf_printf(&a->attributes, ",\"jsonrpc.request.id\":\"%llu\"", (unsigned long long)reply->id);
    if (*session) {
        buf_puts(&a->attributes, ",\"mcp.session.id\":");
        json_init(&w, &a->attributes, 0);
        json_string(&w, session);
    }
    mem_free(session);
}

static void stage_call(void *arg, const struct stage_call *c, struct stage_answer *a)
{
    const struct stage *self = arg;
    struct process_limit limit = {self->clock_s, self->clock_s() + c->time_limit_s, c->cancelled};
    struct buf arguments = {0};
    struct mcp_reply reply;

    mcp_reply_init(&reply);
    put_arguments(self, c, &arguments);
    mcp_call_tool(self->client, self->tool, arguments.data, arguments.len, &limit, &reply);
    if (reply.outcome == OUTCOME_OK)
        take_reply(self, &reply, a);
    else
        stage_answer_fail(a, reply.outcome, "%s", buf_text(&reply.says));
    put_attributes(self, &reply, a);
    buf_release(&arguments);
    mcp_reply_release(&reply);
}

const struct stage_kind mcp_kind = {
    .word = "mcp",
    .open = stage_open,
    .call = stage_call,
    .close = stage_close,
};
