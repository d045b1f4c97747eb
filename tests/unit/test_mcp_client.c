/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client against servers that answer twice, out of order, with unknown ids, with garbage, not
 * at all, or end: this program is its own server when it is called with a word. */
#include "base/json_read.h"
#include "exec/mcp_client.h"
#include "service/mcp_server.h"
#include "tests/support/support.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double clock_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* --- servers */

static void say(const char *text)
{
    if (write(STDOUT_FILENO, text, strlen(text)) < 0)
        _exit(1);
}

static void say_result(unsigned long long id, const char *result)
{
    char line[512];
    snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"id\":%llu,\"result\":%s}\n", id, result);
    say(line);
}

static void say_text(unsigned long long id, const char *text)
{
    char result[256];
    snprintf(result, sizeof result, "{\"content\":[{\"type\":\"text\",\"text\":\"%s\"}]}", text);
    say_result(id, result);
}

static unsigned long long id_of(const char *line)
{
    const char *at = strstr(line, "\"id\":");
    return at ? strtoull(at + 5, NULL, 10) : 0;
}

/* What a server of this word does with call `n` (from 0). */
static void misbehave(const char *word, unsigned long long id, int n)
{
    static unsigned long long held;

    if (!strcmp(word, "twice")) {
        say_text(id, "first");
        say_text(id, "second");
    } else if (!strcmp(word, "unknown")) {
        say_text(id + 1000, "nobody's");
        say("{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"result\":{}}\n");
        say_text(id, "mine");
    } else if (!strcmp(word, "reversed")) { /* answers two calls at a time, the later one first */
        if (held) {
            say_text(id, "later");
            say_text(held, "earlier");
        }
        held = held ? 0 : id;
    } else if (!strcmp(word, "garbage")) {
        say("this is a log line\n");
        if (n == 0)
            say("{\"jsonrpc\":\"2.0\",\"id\":");
        say(n == 0 ? "broken\n" : "");
        if (n > 0)
            say_text(id, "clean");
    } else if (!strcmp(word, "wrong-shape"))
        say_result(id, "\"not an object\"");
    else if (!strcmp(word, "dies") && n == 1) {
        if (write(STDERR_FILENO, "out of luck\n", 12) < 0)
            _exit(1);
        _exit(7);
    } else if (!strcmp(word, "asks")) { /* a ping of its own, and only then the answer */
        char line[256];
        say("{\"jsonrpc\":\"2.0\",\"id\":\"p1\",\"method\":\"ping\"}\n");
        if (!fgets(line, sizeof line, stdin) || !strstr(line, "\"id\":\"p1\",\"result\":{}"))
            _exit(1);
        say("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{}}\n");
        say_text(id, "pinged");
    } else if (!strcmp(word, "late") && n == 0) {
        nanosleep(&(struct timespec){.tv_nsec = 150000000}, NULL);
        say_text(id, "too late");
    } else if (strcmp(word, "silent"))
        say_text(id, "fine");
}

static int serve(const char *word)
{
    static char line[65536];
    int calls = 0;

    while (fgets(line, sizeof line, stdin)) {
        if (strstr(line, "\"method\":\"initialize\""))
            say_result(id_of(line), strcmp(word, "future")
                                        ? "{\"protocolVersion\":\"2025-06-18\","
                                          "\"capabilities\":{},\"serverInfo\":{}}"
                                        : "{\"protocolVersion\":\"2999-01-01\"}");
        else if (strstr(line, "\"method\":\"tools/list\""))
            say_result(id_of(line), strstr(line, "page-2")
                                        ? "{\"tools\":[{\"name\":\"c\"}]}"
                                        : "{\"tools\":[{\"name\":\"a\"},{\"name\":\"b\"}],"
                                          "\"nextCursor\":\"page-2\"}");
        else if (strstr(line, "\"method\":\"tools/call\""))
            misbehave(word, id_of(line), calls++);
    }
    return 0;
}

/* --- the client */

static struct mcp_client *client_of(const char *word)
{
    static const char *argv[] = {"/proc/self/exe", NULL, NULL};
    static char self[4096];
    struct mcp_client *client;
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    assert_true(n > 0);
    self[n] = '\0';
    argv[0] = self;
    argv[1] = word;
    mcp_open(&(struct mcp_options){.command = argv, .clock_s = clock_s}, &client);
    return client;
}

static struct process_limit within_s(double s)
{
    return (struct process_limit){clock_s, clock_s() + s, NULL};
}

/* Calls, and holds the answer against `outcome` and a part of its text or sentence. */
static void call_ends(struct mcp_client *client, double limit_s, enum outcome outcome,
                      const char *part)
{
    struct process_limit limit = within_s(limit_s);
    struct mcp_reply reply;

    mcp_reply_init(&reply);
    mcp_call_tool(client, "a", "{}", 2, &limit, &reply);
    assert_int_equal(reply.outcome, outcome);
    const char *told = buf_text(outcome == OUTCOME_OK ? &reply.text : &reply.says);
    if (!strstr(told, part))
        fail_msg("\"%s\" is not in: %s", part, told);
    mcp_reply_release(&reply);
}

static void of_two_answers_the_first_counts(void **state)
{
    struct mcp_client *client = client_of("twice");

    call_ends(client, 5, OUTCOME_OK, "first");
    call_ends(client, 5, OUTCOME_OK, "first");
    assert_in_range(mcp_counts(client).strays, 1, 2);
    mcp_close(client);
}

static void answers_to_unknown_ids_are_counted_and_passed_over(void **state)
{
    struct mcp_client *client = client_of("unknown");

    call_ends(client, 5, OUTCOME_OK, "mine");
    assert_int_equal(mcp_counts(client).strays, 2);
    mcp_close(client);
}

static void *call_in_thread(void *arg)
{
    struct process_limit limit = within_s(60);
    struct mcp_reply *reply = mem_zero(1, sizeof *reply);

    mcp_call_tool(arg, "a", "{}", 2, &limit, reply);
    return reply;
}

static void answers_in_any_order_reach_their_callers(void **state)
{
    struct mcp_client *client = client_of("reversed");
    struct mcp_reply *reply[2];
    pthread_t thread[2];
    uint64_t first;

    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, call_in_thread, client), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(thread[i], (void **)&reply[i]);
    first = reply[0]->id < reply[1]->id ? 0 : 1;
    /* which of the two was written first is the system's choice: the answers say it */
    for (int i = 0; i < 2; i++) {
        char id[40];
        snprintf(id, sizeof id, "\"id\":%llu,", (unsigned long long)reply[i]->id);
        assert_int_equal(reply[i]->outcome, OUTCOME_OK);
        assert_non_null(strstr(buf_text(&reply[i]->text), id));
    }
    assert_true(strcmp(buf_text(&reply[first]->text), buf_text(&reply[1 - first]->text)) != 0);
    for (int i = 0; i < 2; i++) {
        mcp_reply_release(reply[i]);
        mem_free(reply[i]);
    }
    mcp_close(client);
}

static void a_broken_answer_is_malformed_and_the_next_one_is_fine(void **state)
{
    struct mcp_client *client = client_of("garbage");

    call_ends(client, 5, OUTCOME_MALFORMED, "no JSON-RPC message");
    call_ends(client, 5, OUTCOME_OK, "clean");
    assert_int_equal(mcp_counts(client).garbage, 3);
    mcp_close(client);
}

static void a_result_of_another_type_is_malformed(void **state)
{
    struct mcp_client *client = client_of("wrong-shape");

    call_ends(client, 5, OUTCOME_MALFORMED, "neither a result that is an object nor an error");
    mcp_close(client);
}

static void a_server_that_ends_is_told_with_its_last_words_and_started_again(void **state)
{
    struct mcp_client *client = client_of("dies");

    call_ends(client, 5, OUTCOME_OK, "fine");
    call_ends(client, 5, OUTCOME_ERROR, "the server has ended; it said: out of luck");
    call_ends(client, 5, OUTCOME_OK, "fine");
    assert_int_equal(mcp_counts(client).starts, 2);
    mcp_close(client);
}

static void requests_of_the_server_are_answered(void **state)
{
    struct mcp_client *client = client_of("asks");

    call_ends(client, 5, OUTCOME_OK, "pinged");
    mcp_close(client);
}

static void no_answer_is_a_timeout_and_a_late_one_is_nobodys(void **state)
{
    struct mcp_client *silent = client_of("silent"), *late = client_of("late");
    struct process_limit limit = within_s(60);
    struct mcp_reply reply;
    struct buf names = {0};
    size_t n;

    mcp_reply_init(&reply);
    mcp_list_tools(silent, &limit, &names, &n, &reply); /* so that its start is over */
    call_ends(silent, 0.02, OUTCOME_TIMEOUT, "no answer within the time limit");
    mcp_list_tools(late, &limit, &names, &n, &reply);
    call_ends(late, 0.05, OUTCOME_TIMEOUT, "no answer within the time limit");
    call_ends(late, 5, OUTCOME_OK, "fine");
    assert_int_equal(mcp_counts(late).strays, 1);
    mcp_reply_release(&reply);
    buf_release(&names);
    mcp_close(silent);
    mcp_close(late);
}

static void a_cancelled_call_returns_at_once(void **state)
{
    struct mcp_client *client = client_of("silent");
    atomic_bool cancelled = true;
    struct process_limit limit = {clock_s, INFINITY, NULL};
    struct mcp_reply reply;
    struct buf names = {0};
    size_t n;

    mcp_reply_init(&reply);
    mcp_list_tools(client, &limit, &names, &n, &reply);
    limit.cancelled = &cancelled;
    mcp_call_tool(client, "a", "{}", 2, &limit, &reply);
    assert_int_equal(reply.outcome, OUTCOME_TIMEOUT);
    mcp_reply_release(&reply);
    buf_release(&names);
    mcp_close(client);
}

static void tools_of_all_pages_are_listed(void **state)
{
    struct mcp_client *client = client_of("silent");
    struct process_limit limit = within_s(60);
    struct mcp_reply reply;
    struct buf names = {0};
    size_t n;

    mcp_reply_init(&reply);
    mcp_list_tools(client, &limit, &names, &n, &reply);
    assert_int_equal(reply.outcome, OUTCOME_OK);
    assert_int_equal(n, 3);
    assert_memory_equal(names.data, "a\0b\0c\0", 6);
    mcp_reply_release(&reply);
    buf_release(&names);
    mcp_close(client);
}

static void what_cannot_be_spoken_with_is_an_error(void **state)
{
    struct mcp_client *future = client_of("future"), *none;
    const char *argv[] = {"no-such-server", NULL};

    mcp_open(&(struct mcp_options){.command = argv, .clock_s = clock_s}, &none);
    call_ends(future, 5, OUTCOME_ERROR, "speaks no revision of the protocol from 2024-11-05");
    call_ends(none, 5, OUTCOME_ERROR, "no-such-server: cannot be started");
    mcp_close(future);
    mcp_close(none);
}

/* --- against our own server, over a pair of pipes */

static int tool_call(void *arg, size_t tool, const char *arguments, size_t len, struct buf *out,
                     struct error *err)
{
    if (tool == 1)
        return error_set(err, ERR_INPUT, "no such subject");
    buf_printf(out, "{\"got\":%.*s}", (int)len, arguments);
    return 0;
}

static void disturb(void *arg, uint64_t call, struct buf *line)
{
    if (call == 0) /* the first call takes longer than the second */
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
}

static int serve_tools(void)
{
    static const struct mcp_tool tool[] = {
        {"echo",  "Says what it got.", "{\"type\":\"object\"}"},
        {"fails", "Fails.",            "{\"type\":\"object\"}"},
    };
    struct mcp_server server = {
        .name = "test", .tool = tool, .n_tools = 2, .call = tool_call, .disturb = disturb};
    struct error err = {0};

    return mcp_serve(&server, STDIN_FILENO, STDOUT_FILENO, NULL, &err) ? 1 : 0;
}

static void our_server_serves_our_client(void **state)
{
    struct mcp_client *client = client_of("tools");
    struct process_limit limit = within_s(60);
    struct mcp_reply reply;

    mcp_reply_init(&reply);
    mcp_call_tool(client, "echo", "{\"a\":[1,\"\\n\"]}", 14, &limit, &reply);
    assert_int_equal(reply.outcome, OUTCOME_OK);
    assert_non_null(
        strstr(buf_text(&reply.text),
               "\"structuredContent\":{\"got\":{\"a\":[1,\"\\n\"]}},\"isError\":false"));
    mcp_call_tool(client, "fails", "{}", 2, &limit, &reply);
    assert_non_null(
        strstr(buf_text(&reply.text), "\"text\":\"no such subject\"}],\"isError\":true"));
    mcp_call_tool(client, "ecco", "{}", 2, &limit, &reply);
    assert_int_equal(reply.outcome, OUTCOME_ERROR);
    assert_string_equal(buf_text(&reply.says),
                        "tools/call: the server answered with error -32602: unknown tool: ecco");
    mcp_reply_release(&reply);
    mcp_close(client);
}

/* Feeds lines to our server and returns all that it answered. */
static char *answers_to(const char *lines)
{
    static const char *argv[] = {NULL, "tools", NULL};
    static char self[4096], text[8192];
    struct process p;
    struct process_limit limit = within_s(60);
    struct error err = {0};
    size_t len = 0;
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    self[n] = '\0';
    argv[0] = self;
    assert_int_equal(process_start(argv, NULL, NULL, &p, &err), 0);
    assert_int_equal(process_write(&p, lines, strlen(lines), &limit), PROCESS_READY);
    process_close_input(&p);
    while (n != 0 && process_wait(p.out, false, &limit) == PROCESS_READY) {
        n = read(p.out, text + len, sizeof text - 1 - len);
        len += n > 0 ? (size_t)n : 0;
    }
    text[len] = '\0';
    process_stop(&p, 1, &limit, NULL);
    return text;
}

static void our_server_refuses_what_is_no_request(void **state)
{
    const char *text = answers_to("{broken\n"
                                  "[1]\n"
                                  "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}\n"
                                  "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"nonsense\"}\n"
                                  "{\"jsonrpc\":\"2.0\",\"method\":\"nonsense\"}\n"
                                  "{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"method\":\"ping\"}\n");

    assert_non_null(strstr(text, "\"id\":null,\"error\":{\"code\":-32700"));
    assert_non_null(strstr(text, "\"id\":null,\"error\":{\"code\":-32600"));
    assert_non_null(strstr(text, "\"id\":1,\"error\":{\"code\":-32600"));
    assert_non_null(strstr(text, "\"id\":2,\"error\":{\"code\":-32601"));
    assert_non_null(strstr(text, "\"id\":\"p\",\"result\":{}"));
}

static void a_slow_call_holds_up_no_other_and_a_cancelled_one_is_not_answered(void **state)
{
    const char *text = answers_to(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"echo\"}}\n"
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"echo\"}}\n"
        "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/"
        "call\",\"params\":{\"name\":\"echo\"}}\n");
    const char *first = strstr(text, "\"id\":1,"), *second = strstr(text, "\"id\":2,");

    assert_non_null(first);
    assert_non_null(second);
    assert_true(second < first);
    text = answers_to(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"echo\"}}\n"
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
        "\"params\":{\"requestId\":1}}\n"
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}\n");
    assert_null(strstr(text, "\"id\":1,"));
    assert_non_null(strstr(text, "\"id\":2,"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_two_answers_the_first_counts),
        cmocka_unit_test(answers_to_unknown_ids_are_counted_and_passed_over),
        cmocka_unit_test(answers_in_any_order_reach_their_callers),
        cmocka_unit_test(a_broken_answer_is_malformed_and_the_next_one_is_fine),
        cmocka_unit_test(a_result_of_another_type_is_malformed),
        cmocka_unit_test(a_server_that_ends_is_told_with_its_last_words_and_started_again),
        cmocka_unit_test(requests_of_the_server_are_answered),
        cmocka_unit_test(no_answer_is_a_timeout_and_a_late_one_is_nobodys),
        cmocka_unit_test(a_cancelled_call_returns_at_once),
        cmocka_unit_test(tools_of_all_pages_are_listed),
        cmocka_unit_test(what_cannot_be_spoken_with_is_an_error),
        cmocka_unit_test(our_server_serves_our_client),
        cmocka_unit_test(our_server_refuses_what_is_no_request),
        cmocka_unit_test(a_slow_call_holds_up_no_other_and_a_cancelled_one_is_not_answered),
    };
    if (argc > 1)
        return strcmp(argv[1], "tools") ? serve(argv[1]) : serve_tools();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
