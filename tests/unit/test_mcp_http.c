/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client over Streamable HTTP, against a scripted endpoint: JSON, streams of events, sessions
 * that are forgotten, and what is no answer. */
#include "exec/mcp_client.h"
#include "tests/support/http_server.h"
#include "tests/support/support.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double clock_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* What the endpoint does, and what it has seen. */
struct endpoint {
    const char *how;
    atomic_int calls, begun, ended, pings, bad_headers;
};

static unsigned long long id_of(const char *body)
{
    const char *at = strstr(body, "\"id\":");
    return at ? strtoull(at + 5, NULL, 10) : 0;
}

static bool reply_json(int fd, const char *headers, unsigned long long id, const char *result)
{
    char body[512], head[256];

    snprintf(body, sizeof body, "{\"jsonrpc\":\"2.0\",\"id\":%llu,\"result\":%s}", id, result);
    snprintf(head, sizeof head, "Content-Type: application/json\r\n%s", headers);
    return http_reply(fd, 200, head, body);
}

/* Events: a comment, a notification over two data lines, a ping, then the answer, after which the
 * stream stays open. */
static bool reply_stream(int fd, unsigned long long id)
{
    char text[1024];
    int len = snprintf(
        text, sizeof text,
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
        ": hello\r\n\r\nid: 1\r\nevent: message\r\ndata: {\"jsonrpc\":\"2.0\",\r\n"
        "data: \"method\":\"notifications/progress\"}\r\n\r\n"
        "data: {\"jsonrpc\":\"2.0\",\"id\":\"p\",\"method\":\"ping\"}\n\n"
        "data: {\"jsonrpc\":\"2.0\",\"id\":%llu,\"result\":{\"content\":[],\"by\":\"stream\"}}\n\n",
        id);

    if (http_send(fd, text, (size_t)len))
        http_wait(fd, 10);
    return false;
}

static bool answer_call(struct endpoint *e, int fd, unsigned long long id)
{
    static const char broken[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                                 "Connection: close\r\n\r\ndata: {\"jsonrpc\n\n";
    int n = atomic_fetch_add(&e->calls, 1);

    if (!strcmp(e->how, "stream"))
        return reply_stream(fd, id);
    if (!strcmp(e->how, "forgets") && n == 0)
        return http_reply(fd, 404, "", "");
    if (!strcmp(e->how, "busy"))
        return http_reply(fd, 503, "", "");
    if (!strcmp(e->how, "accepts"))
        return http_reply(fd, 202, "", "");
    if (!strcmp(e->how, "html"))
        return http_reply(fd, 200, "Content-Type: text/html\r\n", "<p>hello</p>");
    if (!strcmp(e->how, "broken"))
        return http_send(fd, broken, sizeof broken - 1) && false;
    if (!strcmp(e->how, "slow"))
        return http_wait(fd, 10) && false;
    return reply_json(fd, "", id, "{\"content\":[],\"by\":\"json\"}");
}

static bool answer(void *arg, int fd, const struct http_asked *asked)
{
    struct endpoint *e = arg;
    unsigned long long id = id_of(asked->body);

    if (!strcmp(asked->method, "DELETE")) {
        atomic_fetch_add(&e->ended, http_asked_has(asked, "Mcp-Session-Id: s1"));
        return http_reply(fd, 200, "", "");
    }
    if (!http_asked_has(asked, "Accept: application/json, text/event-stream") ||
        !http_asked_has(asked, "Content-Type: application/json") ||
        !http_asked_has(asked, "X-Key: k"))
        atomic_fetch_add(&e->bad_headers, 1);
    if (strstr(asked->body, "\"method\":\"initialize\"")) {
        atomic_fetch_add(&e->begun, 1);
        return reply_json(fd, "Mcp-Session-Id: s1\r\n", id,
                          "{\"protocolVersion\":\"2025-03-26\",\"capabilities\":{}}");
    }
    if (!http_asked_has(asked, "Mcp-Session-Id: s1") ||
        !http_asked_has(asked, "MCP-Protocol-Version: 2025-03-26"))
        atomic_fetch_add(&e->bad_headers, 1);
    if (strstr(asked->body, "\"id\":\"p\",\"result\":{}"))
        atomic_fetch_add(&e->pings, 1);
    if (strstr(asked->body, "\"method\":\"tools/call\""))
        return answer_call(e, fd, id);
    return http_reply(fd, 202, "", "");
}

/* Makes the calls against an endpoint of this kind; the last one's reply is held against outcome
 * and a part of its text or sentence. */
static void calls_end(struct endpoint *e, int calls, double limit_s, enum outcome outcome,
                      const char *part)
{
    static const char *const headers[] = {"X-Key: k", NULL};
    struct http_server *server = http_server_start(answer, e);
    struct mcp_client *client;
    struct mcp_reply reply;

    mcp_open(&(struct mcp_options){.url = http_server_url(server),
                                   .headers = headers,
                                   .clock_s = clock_s},
             &client);
    mcp_reply_init(&reply);
    for (int i = 0; i < calls; i++) {
        struct process_limit limit = {clock_s, clock_s() + limit_s, NULL};
        mcp_call_tool(client, "a", "{}", 2, &limit, &reply);
    }
    assert_int_equal(reply.outcome, outcome);
    const char *told = buf_text(outcome == OUTCOME_OK ? &reply.text : &reply.says);
    if (!strstr(told, part))
        fail_msg("\"%s\" is not in: %s", part, told);
    mcp_reply_release(&reply);
    mcp_close(client);
    http_server_stop(server);
    assert_int_equal(e->bad_headers, 0);
}

static void a_session_begins_once_and_is_ended(void **state)
{
    struct endpoint e = {"json"};

    calls_end(&e, 3, 5, OUTCOME_OK, "\"by\":\"json\"");
    assert_int_equal(e.begun, 1);
    assert_int_equal(e.calls, 3);
    assert_int_equal(e.ended, 1);
}

static void the_answer_is_found_in_a_stream_that_stays_open(void **state)
{
    struct endpoint e = {"stream"};

    calls_end(&e, 1, 5, OUTCOME_OK, "\"by\":\"stream\"");
    assert_int_equal(e.pings, 1);
}

static void a_forgotten_session_is_begun_anew(void **state)
{
    struct endpoint e = {"forgets"}, again = {"forgets"};

    calls_end(&e, 1, 5, OUTCOME_ERROR, "the server has forgotten the session");
    calls_end(&again, 2, 5, OUTCOME_OK, "\"by\":\"json\"");
    assert_int_equal(again.begun, 2);
}

static void what_is_no_answer_has_its_outcome(void **state)
{
    static const struct {
        const char *how;
        double limit_s;
        enum outcome outcome;
        const char *part;
    } rows[] = {
        {"busy",    5,   OUTCOME_ERROR,     "HTTP status 503"                                 },
        {"accepts", 5,   OUTCOME_MALFORMED, "HTTP status 202 without an answer to the request"},
        {"html",    5,   OUTCOME_MALFORMED, "HTTP status 200 without an answer to the request"},
        {"broken",  5,   OUTCOME_MALFORMED, "HTTP status 200 without an answer to the request"},
        {"slow",    0.1, OUTCOME_TIMEOUT,   ""                                                },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct endpoint e = {rows[i].how};
        calls_end(&e, 1, rows[i].limit_s, rows[i].outcome, rows[i].part);
    }
}

static void nobody_at_the_url_is_an_error(void **state)
{
    struct mcp_client *client;
    struct mcp_reply reply;
    struct process_limit limit = {clock_s, clock_s() + 60, NULL};

    mcp_open(&(struct mcp_options){.url = "http://127.0.0.1:9/mcp", .clock_s = clock_s}, &client);
    mcp_reply_init(&reply);
    mcp_call_tool(client, "a", "{}", 2, &limit, &reply);
    assert_int_equal(reply.outcome, OUTCOME_ERROR);
    mcp_reply_release(&reply);
    mcp_close(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_begins_once_and_is_ended),
        cmocka_unit_test(the_answer_is_found_in_a_stream_that_stays_open),
        cmocka_unit_test(a_forgotten_session_is_begun_anew),
        cmocka_unit_test(what_is_no_answer_has_its_outcome),
        cmocka_unit_test(nobody_at_the_url_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
