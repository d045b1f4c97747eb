/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One thread reads the lines and answers what needs no work; calls of tools go into a queue that a
 * few threads empty.  Lines are written whole, one at a time. */
#include "service/mcp_server.h"

#include "base/json_read.h"
#include "base/json_write.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 8, QUEUE_MAX = 1024 };
enum { PARSE_ERROR = -32700, INVALID_REQUEST = -32600, NO_METHOD = -32601, BAD_PARAMS = -32602 };

/* A call that waits or runs. */
struct call {
    size_t tool;
    struct buf id, arguments; /* JSON */
    bool cancelled;
    struct call *next;
};

struct serving {
    const struct mcp_server *server;
    const atomic_bool *stop;
    int in, out;
    struct json_reader *json;
    pthread_mutex_t lock; /* of the lists */
    pthread_cond_t news;
    struct call *first, **last; /* wait */
    struct call *running;
    size_t n_waiting;
    uint64_t calls;
    bool over;               /* no more calls come */
    pthread_mutex_t writing; /* one line at a time */
    bool gone;               /* nobody reads what is written */
};

/* --- lines out */

static void send_line(struct serving *s, const struct buf *line)
{
    size_t at = 0;

    pthread_mutex_lock(&s->writing);
    while (!s->gone && at < line->len) {
        ssize_t n = write(s->out, line->data + at, line->len - at);
        if (n > 0)
            at += (size_t)n;
        else if (n < 0 && errno == EAGAIN)
            poll(&(struct pollfd){.fd = s->out, .events = POLLOUT}, 1, 100);
        else if (n < 0 && errno != EINTR)
            s->gone = true;
    }
    pthread_mutex_unlock(&s->writing);
}

/* {"jsonrpc":"2.0","id":ID, up to the member that follows. */
static void begin_answer(struct buf *out, const struct buf *id, const char *member)
{
    buf_printf(out, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"%s\":", id->len ? buf_text(id) : "null",
               member);
}

static void send_error(struct serving *s, const struct buf *id, int code, const char *sentence)
{
    struct buf line = {0};
    struct json_write w;

    begin_answer(&line, id, "error");
    buf_printf(&line, "{\"code\":%d,\"message\":", code);
    json_init(&w, &line, 0);
    json_string(&w, sentence);
    buf_puts(&line, "}}\n");
    send_line(s, &line);
    buf_release(&line);
}

/* An answer whose result is JSON text. */
static void send_result(struct serving *s, const struct buf *id, const struct buf *result)
{
    struct buf line = {0};

    begin_answer(&line, id, "result");
    buf_add(&line, result->data, result->len);
    buf_puts(&line, "}\n");
    send_line(s, &line);
    buf_release(&line);
}

/* --- methods */

/* The client's revision where it is one of ours, else the latest. */
static void put_revision(struct json params, struct json_write *w)
{
    static const char *const known[] = {"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"};
    const char *text;
    size_t len, chosen = 0;

    if (json_text(json_get(params, "protocolVersion"), &text, &len))
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (strlen(known[i]) == len && memcmp(known[i], text, len) == 0)
                chosen = i;
    json_string(w, known[chosen]);
}

static void initialize(struct serving *s, const struct buf *id, struct json params)
{
    struct buf result = {0};
    struct json_write w;

    json_init(&w, &result, 0);
    json_open(&w, '{');
    json_key(&w, "protocolVersion");
    put_revision(params, &w);
    json_key(&w, "capabilities");
    json_open(&w, '{');
    json_key(&w, "tools");
    json_open(&w, '{');
    json_close(&w, '}');
    json_close(&w, '}');
    json_key(&w, "serverInfo");
    json_open(&w, '{');
    json_key(&w, "name");
    json_string(&w, s->server->name);
    json_key(&w, "version");
    json_string(&w, SEAM_VERSION);
    json_close(&w, '}');
    if (s->server->about) {
        json_key(&w, "instructions");
        json_string(&w, s->server->about);
    }
    json_close(&w, '}');
    send_result(s, id, &result);
    buf_release(&result);
}

static void list_tools(struct serving *s, const struct buf *id)
{
    struct buf result = {0};
    struct json_write w;

    buf_puts(&result, "{\"tools\":[");
    for (size_t i = 0; i < s->server->n_tools; i++) {
        const struct mcp_tool *tool = &s->server->tool[i];
        buf_puts(&result, i ? ",{\"name\":" : "{\"name\":");
        json_init(&w, &result, 0);
        json_string(&w, tool->name);
        buf_puts(&result, ",\"description\":");
        json_init(&w, &result, 0);
        json_string(&w, tool->about);
        buf_printf(&result, ",\"inputSchema\":%s}", tool->schema);
    }
    buf_puts(&result, "]}");
    send_result(s, id, &result);
    buf_release(&result);
}

static struct call *call_new(struct json id, struct json arguments, size_t tool)
{
    struct call *call = mem_zero(1, sizeof *call);

    call->tool = tool;
    json_dump(id, &call->id);
    if (json_present(arguments))
        json_dump(arguments, &call->arguments);
    else
        buf_puts(&call->arguments, "{}");
    return call;
}

static void call_free(struct call *call)
{
    buf_release(&call->id);
    buf_release(&call->arguments);
    mem_free(call);
}

static void queue_call(struct serving *s, const struct buf *id, struct json message,
                       struct json params)
{
    const char *name = "";
    size_t len = 0, tool = 0;
    bool full;

    json_text(json_get(params, "name"), &name, &len);
    while (tool < s->server->n_tools && (strlen(s->server->tool[tool].name) != len ||
                                         memcmp(s->server->tool[tool].name, name, len)))
        tool++;
    if (tool == s->server->n_tools) {
        struct buf sentence = {0};
        buf_printf(&sentence, "unknown tool: %.*s", (int)(len < 100 ? len : 100), name);
        send_error(s, id, BAD_PARAMS, buf_text(&sentence));
        buf_release(&sentence);
        return;
    }
    pthread_mutex_lock(&s->lock);
    full = s->n_waiting >= QUEUE_MAX;
    if (!full) {
        struct call *call = call_new(json_get(message, "id"), json_get(params, "arguments"), tool);
        *s->last = call;
        s->last = &call->next;
        s->n_waiting++;
        pthread_cond_signal(&s->news);
    }
    pthread_mutex_unlock(&s->lock);
    if (full)
        send_error(s, id, -32000, "too many calls wait: ask again later");
}

/* What the client does not wait for any more is not answered. */
static void cancel(struct serving *s, struct json params)
{
    struct buf id = {0};

    json_dump(json_get(params, "requestId"), &id);
    pthread_mutex_lock(&s->lock);
    for (struct call *c = s->first; c; c = c->next)
        c->cancelled |= strcmp(buf_text(&c->id), buf_text(&id)) == 0;
    for (struct call *c = s->running; c; c = c->next)
        c->cancelled |= strcmp(buf_text(&c->id), buf_text(&id)) == 0;
    pthread_mutex_unlock(&s->lock);
    buf_release(&id);
}

static bool is(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(text, word, len) == 0;
}

static void take_message(struct serving *s, struct json message)
{
    struct json own = json_get(message, "id"), params = json_get(message, "params");
    struct buf id = {0};
    const char *method = "", *version = "";
    size_t len = 0, n = 0;

    if (json_present(own))
        json_dump(own, &id);
    if (!json_text(json_get(message, "jsonrpc"), &version, &n) || !is(version, n, "2.0") ||
        !json_text(json_get(message, "method"), &method, &len)) {
        /* an answer to a request that was never made is ignored */
        if (!json_present(json_get(message, "result")) && !json_present(json_get(message, "error")))
            send_error(s, &id, INVALID_REQUEST, "no JSON-RPC 2.0 request");
    } else if (!json_present(own)) {
        if (is(method, len, "notifications/cancelled"))
            cancel(s, params);
    } else if (is(method, len, "initialize"))
        initialize(s, &id, params);
    else if (is(method, len, "ping"))
        send_result(s, &id, &(struct buf){(char[]){"{}"}, 2, 0});
    else if (is(method, len, "tools/list"))
        list_tools(s, &id);
    else if (is(method, len, "tools/call"))
        queue_call(s, &id, message, params);
    else
        send_error(s, &id, NO_METHOD, "no such method");
    buf_release(&id);
}

static void take_line(struct serving *s, const char *line, size_t len)
{
    struct error err = {0};
    struct json root;
    static const struct buf no_id = {0};

    if (len > 0 && line[len - 1] == '\r')
        len--;
    if (len == 0)
        return;
    if (json_parse(s->json, line, len, &root, &err))
        send_error(s, &no_id, PARSE_ERROR, err.text);
    else if (json_type(root) != JSON_MAP)
        send_error(s, &no_id, INVALID_REQUEST, "a message is one JSON object");
    else
        take_message(s, root);
}

/* --- calls */

/* The result of a tool as the protocol wants it: structured, and as text. */
static void put_content(const struct buf *result, bool failed, struct buf *out)
{
    struct json_write w;

    buf_puts(out, "{\"content\":[{\"type\":\"text\",\"text\":");
    json_init(&w, out, 0);
    json_string_n(&w, buf_text(result), result->len);
    buf_puts(out, "}]");
    if (!failed)
        buf_printf(out, ",\"structuredContent\":%s", buf_text(result));
    buf_printf(out, ",\"isError\":%s}", failed ? "true" : "false");
}

static void make_call(struct serving *s, struct call *call, uint64_t number)
{
    const struct mcp_server *server = s->server;
    struct error err = {0};
    struct buf result = {0}, line = {0};
    bool failed = server->call(server->arg, call->tool, call->arguments.data, call->arguments.len,
                               &result, &err) != 0;

    if (failed) {
        buf_clear(&result);
        buf_puts(&result, err.text);
    }
    begin_answer(&line, &call->id, "result");
    put_content(&result, failed, &line);
    buf_puts(&line, "}\n");
    if (server->disturb)
        server->disturb(server->arg, number, &line);
    pthread_mutex_lock(&s->lock);
    bool wanted = !call->cancelled;
    pthread_mutex_unlock(&s->lock);
    if (wanted)
        send_line(s, &line);
    buf_release(&result);
    buf_release(&line);
}

/* The next call that waits; NULL when there are no more. */
static struct call *next_call(struct serving *s, uint64_t *number)
{
    struct call *call;

    pthread_mutex_lock(&s->lock);
    while (!s->first && !s->over)
        pthread_cond_wait(&s->news, &s->lock);
    call = s->first;
    if (call) {
        s->first = call->next;
        if (!s->first)
            s->last = &s->first;
        s->n_waiting--;
        call->next = s->running;
        s->running = call;
        *number = s->calls++;
    }
    pthread_mutex_unlock(&s->lock);
    return call;
}

static void end_call(struct serving *s, struct call *call)
{
    pthread_mutex_lock(&s->lock);
    for (struct call **at = &s->running; *at; at = &(*at)->next)
        if (*at == call) {
            *at = call->next;
            break;
        }
    pthread_mutex_unlock(&s->lock);
    call_free(call);
}

static void *work(void *arg)
{
    struct serving *s = arg;
    struct call *call;
    uint64_t number = 0;

    while ((call = next_call(s, &number))) {
        make_call(s, call, number);
        end_call(s, call);
    }
    return NULL;
}

/* --- lines in */

static int read_lines(struct serving *s, struct error *err)
{
    struct buf text = {0};
    int status = 0;

    while (!s->gone && !(s->stop && atomic_load(s->stop))) {
        struct pollfd p = {.fd = s->in, .events = POLLIN};
        size_t from = 0;
        char *end;
        if (poll(&p, 1, 200) <= 0) /* a signal: maybe to stop */
            continue;
        ssize_t n = read(s->in, buf_reserve(&text, 65536), 65536);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n < 0)
            status =
                error_set(err, ERR_IO, "the client's messages cannot be read: %s", strerror(errno));
        if (n <= 0)
            break;
        buf_extend(&text, (size_t)n);
        while (from < text.len && (end = memchr(text.data + from, '\n', text.len - from))) {
            take_line(s, text.data + from, (size_t)(end - text.data) - from);
            from = (size_t)(end - text.data) + 1;
        }
        memmove(text.data, text.data + from, text.len - from);
        text.len -= from;
        if (text.len > MCP_SERVER_LINE_MAX) {
            status = error_set(err, ERR_LIMIT, "a message of the client is longer than 16 MiB");
            break;
        }
    }
    buf_release(&text);
    return status;
}

int mcp_serve(const struct mcp_server *server, int in, int out, const atomic_bool *stop,
              struct error *err)
{
    struct serving s = {.server = server, .stop = stop, .in = in, .out = out};
    uint32_t asked = server->threads ? server->threads : THREADS, n = 0;
    pthread_t *thread = mem_zero(asked, sizeof *thread);
    sigset_t pipe_alone, before;

    s.last = &s.first;
    s.json = json_reader_new();
    pthread_mutex_init(&s.lock, NULL);
    pthread_mutex_init(&s.writing, NULL);
    pthread_cond_init(&s.news, NULL);
    sigemptyset(&pipe_alone);
    sigaddset(&pipe_alone, SIGPIPE); /* inherited by the threads: a client that goes is no fault */
    pthread_sigmask(SIG_BLOCK, &pipe_alone, &before);
    while (n < asked && pthread_create(&thread[n], NULL, work, &s) == 0)
        n++;
    int status = n ? read_lines(&s, err)
                   : error_set(err, ERR_IO, "the system gives no thread to serve with");
    pthread_mutex_lock(&s.lock);
    s.over = true;
    pthread_cond_broadcast(&s.news);
    pthread_mutex_unlock(&s.lock);
    for (uint32_t i = 0; i < n; i++)
        pthread_join(thread[i], NULL);
    sigtimedwait(&pipe_alone, NULL, &(struct timespec){0});
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_cond_destroy(&s.news);
    pthread_mutex_destroy(&s.writing);
    pthread_mutex_destroy(&s.lock);
    json_reader_free(s.json);
    mem_free(thread);
    return status;
}
