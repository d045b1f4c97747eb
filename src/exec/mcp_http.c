/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Streamable HTTP: each message is a POST of its own, answered by one JSON object or by a stream of
 * Server-Sent Events (html.spec.whatwg.org, server-sent events) in which the answer comes among
 * notifications and requests of the server.  A session that the server has forgotten (404) is begun
 * anew by the next call. */
#include "base/http_client.h"
#include "base/json_read.h"
#include "exec/mcp_transport.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

enum { HEADERS_MAX = 40 };

struct http_server {
    char *url;
    struct buf headers; /* of the options, with a NUL behind each */
    struct http_client *client;

    pthread_mutex_t lock; /* of all below */
    uint64_t number;      /* of the session; a new one may not have begun yet */
    char *session;        /* its id, NULL where the server gives none */
    const char *revision; /* NULL until it is agreed */
    struct mcp_counts counts;
};

/* The headers of one request; texts live in `text`. */
struct headers {
    const char *at[HEADERS_MAX + 1];
    struct buf text;
};

static void put_header(struct buf *out, const char *name, const char *value)
{
    buf_puts(out, name);
    buf_add(out, value, strlen(value) + 1);
}

/* Fills the list. */
static void put_headers(struct http_server *s, struct headers *h)
{
    size_t n = 0, from = 0;

    h->text = (struct buf){0};
    put_header(&h->text, "Content-Type: ", "application/json");
    put_header(&h->text, "Accept: ", "application/json, text/event-stream");
    pthread_mutex_lock(&s->lock);
    if (s->revision)
        put_header(&h->text, "MCP-Protocol-Version: ", s->revision);
    if (s->session)
        put_header(&h->text, "Mcp-Session-Id: ", s->session);
    pthread_mutex_unlock(&s->lock);
    buf_add(&h->text, s->headers.data, s->headers.len);
    for (; from < h->text.len && n < HEADERS_MAX; from += strlen(h->text.data + from) + 1)
        h->at[n++] = h->text.data + from;
    h->at[n] = NULL;
}

static double time_left(const struct process_limit *limit)
{
    double left = limit->until_s - limit->clock_s();
    return left > 1e-3 ? left : 1e-3;
}

/* --- one request and what comes back */

struct exchange {
    struct http_server *server;
    const struct process_limit *limit;
    uint64_t id;
    struct mcp_reply *reply;
    struct json_reader *json;
    struct buf line, data, body; /* of the stream; of an answer that is none */
    bool answered, too_large;
};

static void post_back(struct exchange *x, struct json request)
{
    struct buf out = {0};
    struct headers headers;
    struct http_answer answer;
    struct error ignored = {0};

    mcp_answer_server(request, &out);
    put_headers(x->server, &headers);
    http_answer_init(&answer);
    struct http_request r = {.url = x->server->url,
                             .headers = headers.at,
                             .body = out.data,
                             .body_len = out.len,
                             .time_limit_s = fmin(time_left(x->limit), 5),
                             .cancelled = x->limit->cancelled};
    int status = http_call(x->server->client, &r, &answer, &ignored);
    (void)status; /* what it asked for is its own loss */
    http_answer_release(&answer);
    buf_release(&headers.text);
    buf_release(&out);
}

static void count_stray(struct exchange *x, bool garbage)
{
    pthread_mutex_lock(&x->server->lock);
    if (garbage)
        x->server->counts.garbage++;
    else
        x->server->counts.strays++;
    pthread_mutex_unlock(&x->server->lock);
}

static void take_message(struct exchange *x, struct json message)
{
    uint64_t id;
    enum mcp_message kind = mcp_message_kind(message, &id);

    if (kind == MCP_REQUEST)
        post_back(x, message);
    else if (kind == MCP_GARBAGE || (kind == MCP_ANSWER && (id != x->id || x->answered)))
        count_stray(x, kind == MCP_GARBAGE);
    else if (kind == MCP_ANSWER) {
        buf_clear(&x->reply->text);
        json_dump(message, &x->reply->text);
        x->answered = true;
    }
}

/* A text that should be a message, or a batch of them. */
static void take_text(struct exchange *x, const char *text, size_t len)
{
    struct error ignored = {0};
    struct json root;

    if (json_parse(x->json, text, len, &root, &ignored)) {
        count_stray(x, true);
        return;
    }
    if (json_type(root) != JSON_LIST)
        take_message(x, root);
    for (struct json_iter it = json_each(root); json_type(root) == JSON_LIST && json_next(&it);)
        take_message(x, it.value);
}

/* A line of the stream: data, the empty line that ends an event, or what is of no use here. */
static void take_line(struct exchange *x, const char *line, size_t len)
{
    if (len == 0) {
        if (x->data.len)
            take_text(x, x->data.data, x->data.len);
        buf_clear(&x->data);
        return;
    }
    if (len < 5 || memcmp(line, "data:", 5))
        return;
    size_t skip = len > 5 && line[5] == ' ' ? 6 : 5;
    if (x->data.len)
        buf_putc(&x->data, '\n');
    buf_add(&x->data, line + skip, len - skip);
}

static void take_stream(struct exchange *x, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len && !x->answered; i++) {
        if (bytes[i] != '\n') {
            buf_putc(&x->line, bytes[i]);
            continue;
        }
        if (x->line.len && x->line.data[x->line.len - 1] == '\r')
            x->line.data[--x->line.len] = '\0';
        take_line(x, buf_text(&x->line), x->line.len);
        buf_clear(&x->line);
    }
}

static bool is_stream(const struct http_answer *a)
{
    static const char type[] = "text/event-stream";
    const char *value;
    size_t len;

    return a->status == 200 && http_answer_header(a, "Content-Type", &value, &len) &&
           len >= sizeof type - 1 && memcmp(value, type, sizeof type - 1) == 0;
}

/* Takes the body as it comes; false once the answer is there. */
static bool take_chunk(void *arg, const struct http_answer *a, const char *bytes, size_t len)
{
    struct exchange *x = arg;

    if (is_stream(a))
        take_stream(x, bytes, len);
    else
        buf_add(&x->body, bytes, len);
    x->too_large = x->line.len + x->data.len > MCP_MESSAGE_MAX || x->body.len > MCP_MESSAGE_MAX;
    return !x->answered && !x->too_large;
}

/* The id that the server gives the session with its answer to initialize. */
static void keep_session(struct http_server *s, const struct http_answer *a)
{
    const char *value;
    size_t len;

    if (!http_answer_header(a, "Mcp-Session-Id", &value, &len))
        return;
    pthread_mutex_lock(&s->lock);
    if (!s->session) {
        s->session = mem_alloc(len + 1);
        memcpy(s->session, value, len);
        s->session[len] = '\0';
    }
    pthread_mutex_unlock(&s->lock);
}

/* The server knows it no more: the next connect has another number. */
static void lose_session(struct http_server *s)
{
    pthread_mutex_lock(&s->lock);
    mem_free(s->session);
    s->session = NULL;
    s->revision = NULL;
    s->number++;
    pthread_mutex_unlock(&s->lock);
}

static bool in_session(struct http_server *s)
{
    pthread_mutex_lock(&s->lock);
    bool in = s->revision != NULL;
    pthread_mutex_unlock(&s->lock);
    return in;
}

/* An HTTP answer without the one that was asked for. */
static void explain_status(struct exchange *x, int status)
{
    const char *url = x->server->url;

    if (status == 404 && in_session(x->server)) {
        lose_session(x->server);
        mcp_fail(x->reply, OUTCOME_ERROR, "%.200s: the server has forgotten the session", url);
    } else if (status == 408 || status == 504)
        mcp_fail(x->reply, OUTCOME_TIMEOUT, "%.200s: HTTP status %d", url, status);
    else if (status < 200 || status > 299)
        mcp_fail(x->reply, OUTCOME_ERROR, "%.200s: HTTP status %d", url, status);
    else
        mcp_fail(x->reply, OUTCOME_MALFORMED,
                 "%.200s: HTTP status %d without an answer to the request", url, status);
}

static void explain_failure(struct exchange *x, enum http_failure failure, const struct error *err)
{
    bool malformed = failure == HTTP_GARBLED || failure == HTTP_TOO_LARGE;

    if (x->too_large)
        mcp_fail(x->reply, OUTCOME_MALFORMED, "%.200s: the answer is longer than 16 MiB",
                 x->server->url);
    else
        mcp_fail(x->reply,
                 failure == HTTP_LATE || failure == HTTP_CANCELLED ? OUTCOME_TIMEOUT
                 : malformed                                       ? OUTCOME_MALFORMED
                                                                   : OUTCOME_ERROR,
                 "%s", err->text);
}

static void exchange(struct exchange *x, const char *message, size_t len)
{
    struct headers headers;
    struct http_answer answer;
    struct error err = {0};

    put_headers(x->server, &headers);
    http_answer_init(&answer);
    struct http_request r = {.url = x->server->url,
                             .headers = headers.at,
                             .body = message,
                             .body_len = len,
                             .time_limit_s = isfinite(x->limit->until_s) ? time_left(x->limit) : 0,
                             .cancelled = x->limit->cancelled,
                             .chunk = take_chunk,
                             .arg = x};
    int status = http_call(x->server->client, &r, &answer, &err);
    if (!status && x->body.len)
        take_text(x, x->body.data, x->body.len);
    if (!status && !x->answered && is_stream(&answer)) /* an event that no empty line ended */
        take_line(x, "", 0);
    keep_session(x->server, &answer);
    if (x->answered)
        x->reply->outcome = OUTCOME_OK;
    else if (status)
        explain_failure(x, answer.failure, &err);
    else
        explain_status(x, answer.status);
    http_answer_release(&answer);
    buf_release(&headers.text);
}

static void post(void *self, uint64_t id, const char *message, size_t len,
                 const struct process_limit *limit, struct mcp_reply *reply)
{
    struct exchange x = {.server = self, .limit = limit, .id = id, .reply = reply};

    x.json = json_reader_new();
    exchange(&x, message, len);
    json_reader_free(x.json);
    buf_release(&x.line);
    buf_release(&x.data);
    buf_release(&x.body);
}

static void http_notify(void *self, const char *message, size_t len,
                        const struct process_limit *limit)
{
    struct mcp_reply nobody = {0};

    post(self, UINT64_MAX - 1, message, len, limit, &nobody);
    mcp_reply_release(&nobody);
}

static void http_request(void *self, uint64_t id, const char *message, size_t len,
                         const struct process_limit *limit, struct mcp_reply *reply)
{
    struct buf cancelled = {0};

    post(self, id, message, len, limit, reply);
    if (reply->outcome != OUTCOME_TIMEOUT)
        return;
    bool hurry = limit->cancelled && atomic_load(limit->cancelled);
    struct process_limit soon = {limit->clock_s, limit->clock_s() + (hurry ? 0.1 : 0.5), NULL};
    mcp_put_cancelled(id, &cancelled);
    http_notify(self, cancelled.data, cancelled.len, &soon);
    buf_release(&cancelled);
}

/* --- its life */

static uint64_t http_connect(void *self, const struct process_limit *limit, struct mcp_reply *reply)
{
    struct http_server *s = self;

    pthread_mutex_lock(&s->lock);
    uint64_t number = s->number;
    pthread_mutex_unlock(&s->lock);
    return number;
}

static void http_agreed(void *self, const char *revision)
{
    struct http_server *s = self;

    pthread_mutex_lock(&s->lock);
    s->revision = revision;
    s->counts.starts++;
    pthread_mutex_unlock(&s->lock);
}

static struct mcp_counts http_counts(void *self)
{
    struct http_server *s = self;

    pthread_mutex_lock(&s->lock);
    struct mcp_counts counts = s->counts;
    pthread_mutex_unlock(&s->lock);
    return counts;
}

static char *http_session(void *self)
{
    struct http_server *s = self;

    pthread_mutex_lock(&s->lock);
    char *session = mem_strdup(s->session ? s->session : "");
    pthread_mutex_unlock(&s->lock);
    return session;
}

/* Tells the server that the session is over, for at most a second. */
static void end_session(struct http_server *s)
{
    struct headers headers;
    struct http_answer answer;
    struct error ignored = {0};

    put_headers(s, &headers);
    http_answer_init(&answer);
    struct http_request r = {
        .method = "DELETE", .url = s->url, .headers = headers.at, .time_limit_s = 1};
    int status = http_call(s->client, &r, &answer, &ignored);
    (void)status; /* a server may refuse: it forgets sessions by itself */
    http_answer_release(&answer);
    buf_release(&headers.text);
}

static void http_close(void *self)
{
    struct http_server *s = self;

    if (s->session)
        end_session(s);
    http_client_free(s->client);
    pthread_mutex_destroy(&s->lock);
    buf_release(&s->headers);
    mem_free(s->session);
    mem_free(s->url);
    mem_free(s);
}

const struct mcp_transport *mcp_http_open(const struct mcp_options *options, void **self)
{
    static const struct mcp_transport transport = {
        http_connect, http_request, http_notify, http_agreed, http_counts, http_session, http_close,
    };
    struct http_server *s = mem_zero(1, sizeof *s);

    s->url = mem_strdup(options->url);
    for (const char *const *h = options->headers; h && *h; h++)
        buf_add(&s->headers, *h, strlen(*h) + 1);
    s->client = http_client_new();
    s->number = 1;
    pthread_mutex_init(&s->lock, NULL);
    *self = s;
    return &transport;
}
