/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sessions: initialize, the notification that ends it, then requests.  Messages are JSON-RPC 2.0
 * (jsonrpc.org/specification); the revisions of the protocol differ in nothing that tools/list and
 * tools/call need. */
#include "exec/mcp_client.h"

#include "base/json_write.h"
#include "exec/mcp_transport.h"

#include <pthread.h>
#include <string.h>

static const char *const revisions[] = {"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"};
enum { REVISIONS = sizeof revisions / sizeof *revisions, TOOL_PAGES_MAX = 1000 };

struct mcp_client {
    const struct mcp_transport *transport;
    void *self;
    pthread_mutex_t session; /* held while one is begun */
    uint64_t begun;          /* number of the session that is; 0: none */
    atomic_uint_fast64_t ids;
};

void mcp_reply_init(struct mcp_reply *r)
{
    *r = (struct mcp_reply){0};
}

void mcp_reply_release(struct mcp_reply *r)
{
    buf_release(&r->text);
    buf_release(&r->says);
    *r = (struct mcp_reply){0};
}

void mcp_fail(struct mcp_reply *reply, enum outcome outcome, const char *format, ...)
{
    va_list args;

    buf_clear(&reply->text);
    buf_clear(&reply->says);
    reply->outcome = outcome;
    va_start(args, format);
    buf_vprintf(&reply->says, format, args);
    va_end(args);
}

void mcp_fail_event(struct mcp_reply *reply, enum process_event event, const char *what)
{
    if (event == PROCESS_LATE)
        mcp_fail(reply, OUTCOME_TIMEOUT, "%s: no answer within the time limit", what);
    else if (event == PROCESS_CANCELLED)
        mcp_fail(reply, OUTCOME_TIMEOUT, "%s: cancelled", what);
    else
        mcp_fail(reply, OUTCOME_ERROR, "%s: the server has closed the connection", what);
}

void mcp_open(const struct mcp_options *options, struct mcp_client **out)
{
    struct mcp_client *c = mem_zero(1, sizeof *c);

    c->transport =
        options->command ? mcp_stdio_open(options, &c->self) : mcp_http_open(options, &c->self);
    pthread_mutex_init(&c->session, NULL);
    *out = c;
}

void mcp_close(struct mcp_client *c)
{
    if (!c)
        return;
    c->transport->close(c->self);
    pthread_mutex_destroy(&c->session);
    mem_free(c);
}

/* {"jsonrpc":"2.0","id":7,"method":...,"params":PARAMS}; returns the id. */
static uint64_t put_request(struct mcp_client *c, const char *method, const struct buf *params,
                            struct buf *out)
{
    uint64_t id = atomic_fetch_add(&c->ids, 1) + 1;

    buf_printf(out, "{\"jsonrpc\":\"2.0\",\"id\":%llu,\"method\":\"%s\",\"params\":",
               (unsigned long long)id, method);
    buf_add(out, params->data, params->len);
    buf_putc(out, '}');
    return id;
}

static void request(struct mcp_client *c, const char *method, const struct buf *params,
                    const struct process_limit *limit, struct mcp_reply *reply)
{
    struct buf message = {0};

    reply->id = put_request(c, method, params, &message);
    c->transport->request(c->self, reply->id, message.data, message.len, limit, reply);
    buf_release(&message);
}

/* Parses an answer: its `result`, which lives as long as the reader's document; false with the
 * reply made a failure. */
static bool result_of(struct json_reader *reader, const char *method, struct mcp_reply *reply,
                      struct json *result)
{
    struct error err = {0};
    struct json root, error;
    const char *text;
    size_t len;

    if (reply->outcome != OUTCOME_OK)
        return false;
    if (json_parse(reader, reply->text.data, reply->text.len, &root, &err)) {
        mcp_fail(reply, OUTCOME_MALFORMED, "%s: the answer is no JSON: %s", method, err.text);
        return false;
    }
    error = json_get(root, "error");
    *result = json_get(root, "result");
    if (json_present(error)) {
        int64_t code = 0;
        bool has_text = json_text(json_get(error, "message"), &text, &len);
        bool has_code = json_as_i64(json_get(error, "code"), &code);
        struct buf said = {0};
        buf_add(&said, has_text ? text : "no message", has_text ? len : strlen("no message"));
        mcp_fail(reply, OUTCOME_ERROR, "%s: the server answered with error %lld: %.*s", method,
                 has_code ? (long long)code : 0LL, (int)(said.len < 500 ? said.len : 500),
                 buf_text(&said));
        buf_release(&said);
        return false;
    }
    if (json_type(*result) == JSON_MAP)
        return true;
    mcp_fail(reply, OUTCOME_MALFORMED,
             "%s: the answer has neither a result that is an object nor "
             "an error",
             method);
    return false;
}

static const char *known_revision(struct json result)
{
    const char *text;
    size_t len;

    if (!json_text(json_get(result, "protocolVersion"), &text, &len))
        return NULL;
    for (int i = 0; i < REVISIONS; i++)
        if (strlen(revisions[i]) == len && memcmp(revisions[i], text, len) == 0)
            return revisions[i];
    return NULL;
}

/* The handshake of a fresh session; false with the reply filled. */
static bool initialize(struct mcp_client *c, const struct process_limit *limit,
                       struct mcp_reply *reply)
{
    static const char done[] = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}";
    struct json_reader *reader = json_reader_new();
    struct buf params = {0};
    struct json result;
    bool ok = false;

    buf_printf(&params,
               "{\"protocolVersion\":\"%s\",\"capabilities\":{},"
               "\"clientInfo\":{\"name\":\"seam\",\"version\":\"" SEAM_VERSION "\"}}",
               revisions[0]);
    request(c, "initialize", &params, limit, reply);
    if (result_of(reader, "initialize", reply, &result)) {
        const char *revision = known_revision(result);
        ok = revision != NULL;
        if (ok) {
            c->transport->agreed(c->self, revision);
            c->transport->notify(c->self, done, sizeof done - 1, limit);
        } else
            mcp_fail(reply, OUTCOME_ERROR,
                     "initialize: the server speaks no revision of the protocol from %s to %s",
                     revisions[REVISIONS - 1], revisions[0]);
    }
    buf_release(&params);
    json_reader_free(reader);
    return ok;
}

/* A session that has begun; false with the reply filled. */
static bool in_session(struct mcp_client *c, const struct process_limit *limit,
                       struct mcp_reply *reply)
{
    bool ok = true;

    pthread_mutex_lock(&c->session);
    uint64_t number = c->transport->connect(c->self, limit, reply);
    if (number == 0)
        ok = false;
    else if (number != c->begun) {
        ok = initialize(c, limit, reply);
        c->begun = ok ? number : 0;
    }
    pthread_mutex_unlock(&c->session);
    return ok;
}

/* Appends a page of names; the cursor of the next one, empty where there is none. */
static bool take_page(struct json result, struct buf *names, size_t *n, struct buf *cursor)
{
    struct json tools = json_get(result, "tools");
    const char *text;
    size_t len;

    buf_clear(cursor);
    if (json_type(tools) != JSON_LIST)
        return false;
    for (struct json_iter it = json_each(tools); json_next(&it);) {
        if (!json_text(json_get(it.value, "name"), &text, &len))
            return false;
        buf_add(names, text, len);
        buf_add(names, "", 1);
        ++*n;
    }
    if (json_text(json_get(result, "nextCursor"), &text, &len))
        buf_add(cursor, text, len);
    return true;
}

void mcp_list_tools(struct mcp_client *c, const struct process_limit *limit, struct buf *names,
                    size_t *n, struct mcp_reply *reply)
{
    struct json_reader *reader = json_reader_new();
    struct buf params = {0}, cursor = {0};
    struct json result;
    int pages = 0;

    *n = 0;
    do {
        struct json_write w;
        buf_clear(&params);
        json_init(&w, &params, 0);
        json_open(&w, '{');
        if (cursor.len) {
            json_key(&w, "cursor");
            json_string_n(&w, cursor.data, cursor.len);
        }
        json_close(&w, '}');
        if (!in_session(c, limit, reply))
            break;
        request(c, "tools/list", &params, limit, reply);
        if (!result_of(reader, "tools/list", reply, &result))
            break;
        if (!take_page(result, names, n, &cursor) || ++pages > TOOL_PAGES_MAX) {
            mcp_fail(reply, OUTCOME_MALFORMED, "tools/list: the answer is no list of tools");
            break;
        }
    } while (cursor.len);
    buf_release(&params);
    buf_release(&cursor);
    json_reader_free(reader);
}

void mcp_call_tool(struct mcp_client *c, const char *tool, const char *arguments, size_t len,
                   const struct process_limit *limit, struct mcp_reply *reply)
{
    struct json_reader *reader;
    struct buf params = {0};
    struct json_write w;
    struct json result;

    if (!in_session(c, limit, reply))
        return;
    reader = json_reader_new();
    json_init(&w, &params, 0);
    buf_puts(&params, "{\"name\":");
    json_string(&w, tool);
    buf_puts(&params, ",\"arguments\":");
    buf_add(&params, arguments, len);
    buf_putc(&params, '}');
    request(c, "tools/call", &params, limit, reply);
    result_of(reader, "tools/call", reply, &result);
    buf_release(&params);
    json_reader_free(reader);
}

struct mcp_counts mcp_counts(struct mcp_client *c)
{
    return c->transport->counts(c->self);
}

char *mcp_session(struct mcp_client *c)
{
    return c->transport->session(c->self);
}
