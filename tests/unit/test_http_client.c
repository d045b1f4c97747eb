/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client against a server that answers as it should, and as it should not. */
#include "base/http_client.h"
#include "tests/support/http_server.h"
#include "tests/support/support.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* "hello" as gzip, made by another program (Python's gzip with mtime 0). */
static const unsigned char hello_gzip[] = {0x1f, 0x8b, 0x08, 0,    0,    0,    0,    0, 2,
                                           3,    0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0, 0x86,
                                           0xa6, 0x10, 0x36, 0x05, 0,    0,    0};

static bool send_text(int fd, const char *text)
{
    return http_send(fd, text, strlen(text));
}

static bool send_stream(int fd)
{
    return send_text(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                         "Transfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n") &&
           http_wait(fd, 0.03) && send_text(fd, "9\r\ndata: 2\n\n\r\n0\r\n\r\n");
}

static bool send_flood(int fd)
{
    char zeros[65536] = {0};
    bool there = send_text(fd, "HTTP/1.1 200 OK\r\n\r\n");

    while (there)
        there = http_send(fd, zeros, sizeof zeros);
    return false;
}

static bool send_many_headers(int fd)
{
    char line[1200];
    bool there = send_text(fd, "HTTP/1.1 200 OK\r\n");

    memset(line, 'x', sizeof line);
    memcpy(line, "X-Long: ", 8);
    memcpy(line + sizeof line - 2, "\r\n", 2);
    for (int i = 0; i < 100 && there; i++)
        there = http_send(fd, line, sizeof line);
    return there && send_text(fd, "Content-Length: 0\r\n\r\n");
}

static bool send_gzip(int fd, bool damaged)
{
    char bytes[sizeof hello_gzip];

    memcpy(bytes, hello_gzip, sizeof bytes);
    if (damaged)
        memset(bytes + 10, 0x55, 6);
    return send_text(fd,
                     "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 25\r\n\r\n") &&
           http_send(fd, bytes, sizeof bytes);
}

static bool echo(int fd, const struct http_asked *asked)
{
    char text[600];

    snprintf(text, sizeof text, "%s %s %u/%u %s%s", asked->method, asked->path, asked->connection,
             asked->number, http_asked_has(asked, "X-Note: kept") ? "noted " : "", asked->body);
    return http_reply(fd, 200, "X-Answer:  yes \r\n", text);
}

static bool answer(void *arg, int fd, const struct http_asked *asked)
{
    const char *path = asked->path;

    if (strcmp(path, "/slow") == 0)
        return http_wait(fd, 5) && http_reply(fd, 200, "", "late");
    if (strcmp(path, "/trickle") == 0) {
        bool there = send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        for (int i = 0; i < 1000 && there; i++)
            there = http_wait(fd, 0.01) && http_send(fd, "x", 1);
        return there;
    }
    if (strcmp(path, "/cut") == 0)
        return send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"half\":") && false;
    if (strcmp(path, "/nothing") == 0)
        return false;
    if (strcmp(path, "/garbage") == 0)
        return send_text(fd, "\x01\x02 this is no HTTP\r\n\r\nat all") && false;
    if (strcmp(path, "/flood") == 0)
        return send_flood(fd);
    if (strcmp(path, "/headers") == 0)
        return send_many_headers(fd);
    if (strcmp(path, "/gzip") == 0 || strcmp(path, "/broken-gzip") == 0)
        return send_gzip(fd, path[1] == 'b');
    if (strcmp(path, "/stream") == 0)
        return send_stream(fd);
    if (strcmp(path, "/busy") == 0)
        return http_reply(fd, 429, "Retry-After: 3\r\n", "{\"error\":\"busy\"}");
    if (strcmp(path, "/moved") == 0)
        return http_reply(fd, 307, "Location: /there\r\n", "");
    if (strcmp(path, "/away") == 0)
        return http_reply(fd, 302, "Location: file:///etc/passwd\r\n", "");
    return echo(fd, asked);
}

struct both {
    struct http_server *server;
    struct http_client *client;
};

static int begin(void **state)
{
    struct both *b = mem_zero(1, sizeof *b);
    b->server = http_server_start(answer, NULL);
    b->client = http_client_new();
    *state = b;
    return 0;
}

static int end(void **state)
{
    struct both *b = *state;
    http_client_free(b->client);
    http_server_stop(b->server);
    mem_free(b);
    return 0;
}

/* Calls a path of the server with what else the request holds. */
static int call(const struct both *b, const char *path, struct http_request request,
                struct http_answer *a, struct error *err)
{
    char url[400];

    snprintf(url, sizeof url, "%s%s", http_server_url(b->server), path);
    request.url = url;
    http_answer_init(a);
    return http_call(b->client, &request, a, err);
}

static void an_answer_comes_with_status_headers_and_body(void **state)
{
    const char *headers[] = {"X-Note: kept", NULL}, *value;
    struct error err = {0};
    struct http_answer a;
    size_t len;

    ok(call(*state, "/x?y=1", (struct http_request){.headers = headers}, &a, &err), &err);
    assert_int_equal(a.status, 200);
    text_has(buf_text(&a.body), "GET /x?y=1 ");
    text_has(buf_text(&a.body), "noted");
    assert_true(http_answer_header(&a, "x-answer", &value, &len));
    assert_int_equal(len, 3);
    assert_memory_equal(value, "yes", 3);
    assert_false(http_answer_header(&a, "x-answe", &value, &len));
    http_answer_release(&a);
}

static void a_body_is_posted_whole_and_statuses_are_no_failures(void **state)
{
    struct http_request r = {.body = "{\"a\": 1}", .body_len = 8, .time_limit_s = 60};
    struct error err = {0};
    struct http_answer a;
    const char *value;
    size_t len;

    ok(call(*state, "/post", r, &a, &err), &err);
    text_has(buf_text(&a.body), "POST /post ");
    text_has(buf_text(&a.body), "{\"a\": 1}");
    http_answer_release(&a);
    r.method = "PUT";
    ok(call(*state, "/put", r, &a, &err), &err);
    text_has(buf_text(&a.body), "PUT /put ");
    http_answer_release(&a);
    ok(call(*state, "/busy", r, &a, &err), &err);
    assert_int_equal(a.status, 429);
    assert_true(http_answer_header(&a, "Retry-After", &value, &len));
    http_answer_release(&a);
}

static void connections_are_used_again(void **state)
{
    for (int i = 1; i <= 3; i++) {
        struct error err = {0};
        struct http_answer a;
        char want[20];
        snprintf(want, sizeof want, " 1/%d ", i);
        ok(call(*state, "/again", (struct http_request){.time_limit_s = 60}, &a, &err), &err);
        text_has(buf_text(&a.body), want);
        http_answer_release(&a);
    }
}

static void gzip_is_inflated(void **state)
{
    struct error err = {0};
    struct http_answer a;

    ok(call(*state, "/gzip", (struct http_request){.time_limit_s = 60}, &a, &err), &err);
    assert_string_equal(buf_text(&a.body), "hello");
    http_answer_release(&a);
}

static void each_way_to_fail_has_its_name_and_sentence(void **state)
{
    static const struct {
        const char *path;
        struct http_request request;
        enum http_failure failure;
        enum error_code code;
        const char *part;
    } ways[] = {
        {"/slow",        {.time_limit_s = 0.05}, HTTP_LATE,       ERR_IO,    "no whole answer within 0.05 s"    },
        {"/trickle",     {.time_limit_s = 0.05}, HTTP_LATE,       ERR_IO,    "no whole answer within 0.05 s"    },
        {"/cut",         {.time_limit_s = 60},   HTTP_BROKEN,     ERR_IO,    "broke before the answer was whole"},
        {"/nothing",     {.time_limit_s = 60},   HTTP_BROKEN,     ERR_IO,    "broke before"                     },
        {"/garbage",     {.time_limit_s = 60},   HTTP_GARBLED,    ERR_IO,    "not HTTP"                         },
        {"/broken-gzip", {.time_limit_s = 60},   HTTP_GARBLED,    ERR_IO,    "not HTTP"                         },
        {"/flood",       {.time_limit_s = 60},   HTTP_TOO_LARGE,  ERR_LIMIT, "larger than 16777216 bytes"       },
        {"/gzip",        {.body_limit = 4},      HTTP_TOO_LARGE,  ERR_LIMIT, "larger than 4 bytes"              },
        {"/headers",     {.time_limit_s = 60},   HTTP_TOO_LARGE,  ERR_LIMIT, "head of the answer"               },
        {"/x",           {.method = "GET /y"},   HTTP_NO_REQUEST, ERR_INPUT, "not a method"                     },
    };

    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct error err = {0};
        struct http_answer a;
        assert_int_equal(call(*state, ways[i].path, ways[i].request, &a, &err), -1);
        assert_int_equal(a.failure, ways[i].failure);
        error_is(&err, ways[i].code, ways[i].part);
        http_answer_release(&a);
    }
}

static void headers_that_would_split_the_request_are_refused(void **state)
{
    const char *bad[] = {"X: a\r\nHost: other", "no colon", "X y: z", ": z"};

    for (size_t i = 0; i < 4; i++) {
        const char *headers[] = {bad[i], NULL};
        struct error err = {0};
        struct http_answer a;
        assert_int_equal(call(*state, "/", (struct http_request){.headers = headers}, &a, &err),
                         -1);
        error_is(&err, ERR_INPUT, "Name: value");
        http_answer_release(&a);
    }
}

static void only_http_is_spoken_and_secrets_are_not_told(void **state)
{
    const struct both *b = *state;
    struct error err = {0};
    struct http_answer a;
    char url[100];

    assert_true(http_is_url("https://host/v1?key=1"));
    assert_false(http_is_url("file:///etc/passwd"));
    assert_false(http_is_url("host:80"));
    assert_false(http_is_url(""));
    http_answer_init(&a);
    assert_int_equal(http_call(b->client, &(struct http_request){.url = "ftp://x/y"}, &a, &err),
                     -1);
    error_is(&err, ERR_INPUT, "not a URL of http or https");
    snprintf(url, sizeof url, "http://me:word@127.0.0.1:%s/p?key=%s", "1", "hidden");
    assert_int_equal(http_call(b->client, &(struct http_request){.url = url}, &a, &err), -1);
    assert_int_equal(a.failure, HTTP_NO_SERVER);
    error_is(&err, ERR_IO, "http://127.0.0.1:1/p: ");
    assert_null(strstr(err.text, "word"));
    assert_null(strstr(err.text, "hidden"));
    http_answer_release(&a);
}

static void redirects_are_followed_when_asked_alone(void **state)
{
    struct error err = {0};
    struct http_answer a;

    ok(call(*state, "/moved", (struct http_request){.time_limit_s = 60}, &a, &err), &err);
    assert_int_equal(a.status, 307);
    http_answer_release(&a);
    ok(call(*state, "/moved", (struct http_request){.redirects = 2, .body = "b", .body_len = 1}, &a,
            &err),
       &err);
    text_has(buf_text(&a.body), "POST /there ");
    http_answer_release(&a);
    assert_int_equal(call(*state, "/away", (struct http_request){.redirects = 2}, &a, &err), -1);
    assert_int_equal(a.body.len, 0);
    http_answer_release(&a);
}

struct taken {
    struct buf text;
    unsigned chunks, most;
    bool stream;
};

static bool take(void *arg, const struct http_answer *a, const char *bytes, size_t len)
{
    struct taken *t = arg;
    const char *type;
    size_t n;

    t->stream = http_answer_header(a, "Content-Type", &type, &n) && n == 17 && a->status == 200;
    buf_add(&t->text, bytes, len);
    return ++t->chunks < t->most;
}

static void a_stream_comes_piece_by_piece(void **state)
{
    struct taken t = {.most = 100};
    struct error err = {0};
    struct http_answer a;
    struct http_request r = {.chunk = take, .arg = &t, .body_limit = SIZE_MAX, .time_limit_s = 60};

    ok(call(*state, "/stream", r, &a, &err), &err);
    assert_string_equal(buf_text(&t.text), "data: 1\n\ndata: 2\n\n");
    assert_int_equal(t.chunks, 2);
    assert_true(t.stream);
    assert_int_equal(a.body.len, 0);
    http_answer_release(&a);
    buf_release(&t.text);
    t = (struct taken){.most = 1};
    assert_int_equal(call(*state, "/stream", r, &a, &err), -1);
    assert_int_equal(a.failure, HTTP_CANCELLED);
    assert_string_equal(buf_text(&t.text), "data: 1\n\n");
    http_answer_release(&a);
    buf_release(&t.text);
}

static void *cancel_soon(void *flag)
{
    nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
    atomic_store((atomic_bool *)flag, true);
    return NULL;
}

static void a_call_that_nobody_needs_ends_at_once(void **state)
{
    atomic_bool cancelled = false;
    struct error err = {0};
    struct http_answer a;
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &cancelled), 0);
    assert_int_equal(
        call(*state, "/slow", (struct http_request){.cancelled = &cancelled}, &a, &err), -1);
    pthread_join(thread, NULL);
    assert_int_equal(a.failure, HTTP_CANCELLED);
    http_answer_release(&a);
}

static void *call_often(void *arg)
{
    for (int i = 0; i < 25; i++) {
        struct error err = {0};
        struct http_answer a;
        int rc = call(arg, i % 5 == 4 ? "/cut" : "/often",
                      (struct http_request){.time_limit_s = 10}, &a, &err);
        if ((rc == 0) == (i % 5 == 4) || (rc == 0 && !strstr(buf_text(&a.body), "/often")))
            BUG("call %d: %s", i, err.text);
        http_answer_release(&a);
    }
    return NULL;
}

static void threads_share_a_client(void **state)
{
    pthread_t thread[8];

    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, call_often, *state), 0);
    for (int i = 0; i < 8; i++)
        pthread_join(thread[i], NULL);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(an_answer_comes_with_status_headers_and_body),
        WITH_SERVER(a_body_is_posted_whole_and_statuses_are_no_failures),
        WITH_SERVER(connections_are_used_again),
        WITH_SERVER(gzip_is_inflated),
        WITH_SERVER(each_way_to_fail_has_its_name_and_sentence),
        WITH_SERVER(headers_that_would_split_the_request_are_refused),
        WITH_SERVER(only_http_is_spoken_and_secrets_are_not_told),
        WITH_SERVER(redirects_are_followed_when_asked_alone),
        WITH_SERVER(a_stream_comes_piece_by_piece),
        WITH_SERVER(a_call_that_nobody_needs_ends_at_once),
        WITH_SERVER(threads_share_a_client),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
