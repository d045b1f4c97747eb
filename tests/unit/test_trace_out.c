/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spans to a file, there whole or not at all, and to endpoints: busy, broken, absent. */
#include "exec/trace_out.h"
#include "tests/support/http_server.h"
#include "tests/support/support.h"

#include "base/file.h"

#include <dirent.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* An endpoint that answers what its script says, and keeps what it was sent. */
struct endpoint {
    const int *script; /* [n] statuses; the last one for ever */
    size_t n;
    atomic_size_t asked;
    char body[8][64], path[64];
    bool typed;
    const char *says;
};

static bool answer(void *arg, int fd, const struct http_asked *asked)
{
    struct endpoint *e = arg;
    size_t k = atomic_fetch_add(&e->asked, 1);
    if (k < 8)
        snprintf(e->body[k], sizeof e->body[k], "%.60s", asked->body);
    snprintf(e->path, sizeof e->path, "%.60s", asked->path);
    e->typed = http_asked_has(asked, "Content-Type: application/json");
    int status = e->script[k < e->n ? k : e->n - 1];
    return http_reply(fd, status, status == 429 ? "Retry-After: 0\r\n" : "",
                      e->says ? e->says : "{\"partialSuccess\":{}}");
}

/* Sends two requests of 10 and 5 spans to it. */
static struct trace_told send_two(struct endpoint *e, double patience_s)
{
    struct http_server *server = http_server_start(answer, e);
    struct trace_out *o = NULL;
    struct trace_told told;
    struct error err = {0};
    char url[64];
    snprintf(url, sizeof url, "%s", http_server_url(server));
    struct trace_out_options options = {.to = url, .clock_s = now_s, .patience_s = patience_s};
    ok(trace_out_open(&options, &o, &err), &err);
    struct trace_sink sink = trace_out_sink(o);
    ok(sink.lines(sink.arg, "{\"one\":1}\n", 10, 10, &err), &err);
    ok(sink.lines(sink.arg, "{\"two\":2}\n", 10, 5, &err), &err);
    ok(trace_out_close(o, &told, &err), &err);
    http_server_stop(server);
    return told;
}

static void a_busy_endpoint_is_asked_again_with_the_same_spans(void **state)
{
    static const int script[] = {503, 429, 200};
    struct endpoint e = {.script = script, .n = 3};
    (void)state;
    struct trace_told told = send_two(&e, 5);
    assert_int_equal(told.sent, 15);
    assert_int_equal(told.lost, 0);
    assert_int_equal(e.asked, 4);
    assert_string_equal(e.body[0], "{\"one\":1}\n");
    assert_string_equal(e.body[1], e.body[0]);
    assert_string_equal(e.body[2], e.body[0]);
    assert_string_equal(e.body[3], "{\"two\":2}\n");
    assert_string_equal(e.path, "/v1/traces");
    assert_true(e.typed);
}

static void what_an_endpoint_refuses_is_lost_and_counted(void **state)
{
    static const int script[] = {400, 200};
    struct endpoint e = {.script = script, .n = 2};
    (void)state;
    struct trace_told told = send_two(&e, 5);
    assert_int_equal(told.sent, 5);
    assert_int_equal(told.lost, 10);
    assert_int_equal(e.asked, 2);
    assert_string_equal(told.why, "the endpoint answered 400");
}

static void spans_that_are_kept_back_are_counted(void **state)
{
    static const int script[] = {200};
    struct endpoint e = {
        .script = script,
        .n = 1,
        .says = "{\"partialSuccess\":{\"rejectedSpans\":\"3\",\"errorMessage\":\"too old\"}}"};
    (void)state;
    struct trace_told told = send_two(&e, 5);
    assert_int_equal(told.sent, 9);
    assert_int_equal(told.lost, 6);
    assert_string_equal(told.why, "the endpoint kept back spans: too old");
}

static void an_endpoint_that_never_comes_right_costs_no_more_than_patience(void **state)
{
    static const int script[] = {503};
    struct endpoint e = {.script = script, .n = 1};
    (void)state;
    struct trace_told told = send_two(&e, 0.25);
    assert_int_equal(told.sent, 0);
    assert_int_equal(told.lost, 15);
    text_has(told.why, "the endpoint answered 503");
}

static void nobody_there_is_no_error_of_the_run(void **state)
{
    struct trace_out_options options = {
        .to = "http://127.0.0.1:1/v1/traces", .clock_s = now_s, .patience_s = 0.2};
    struct trace_out *o = NULL;
    struct trace_told told;
    struct error err = {0};
    (void)state;
    ok(trace_out_open(&options, &o, &err), &err);
    struct trace_sink sink = trace_out_sink(o);
    ok(sink.lines(sink.arg, "{}\n", 3, 7, &err), &err);
    ok(trace_out_close(o, &told, &err), &err);
    assert_int_equal(told.lost, 7);
    text_has(told.why, "127.0.0.1");
    options.to = "ftp://x/y";
    assert_int_equal(trace_out_open(&options, &o, &err), -1);
    error_is(&err, ERR_USAGE, "ftp://x/y: not the URL of an endpoint");
}

static int files_in(const char *folder)
{
    DIR *d = opendir(folder);
    int n = -2; /* . and .. */
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static void a_file_is_there_whole_or_not_at_all(void **state)
{
    char folder[] = "/tmp/seam-traces-XXXXXX", path[64];
    struct trace_out *o = NULL;
    struct trace_told told;
    struct error err = {0};
    struct buf text = {0};
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/run.jsonl", folder);
    struct trace_out_options options = {.to = path};
    for (int round = 0; round < 2; round++) {
        ok(trace_out_open(&options, &o, &err), &err);
        struct trace_sink sink = trace_out_sink(o);
        ok(sink.lines(sink.arg, "{\"a\":1}\n", 8, 2, &err), &err);
        assert_int_not_equal(access(path, F_OK), 0);
        ok(sink.lines(sink.arg, "{\"b\":2}\n", 8, 3, &err), &err);
        if (round == 0)
            trace_out_drop(o);
        else
            ok(trace_out_close(o, &told, &err), &err);
        assert_int_equal(files_in(folder), round);
    }
    assert_int_equal(told.sent, 5);
    ok(file_read(path, 1000, &text, &err), &err);
    assert_string_equal(buf_text(&text), "{\"a\":1}\n{\"b\":2}\n");
    buf_release(&text);
    unlink(path);
    rmdir(folder);
    options.to = "/nowhere/at/all.jsonl";
    assert_int_equal(trace_out_open(&options, &o, &err), -1);
    error_is(&err, ERR_IO, "/nowhere/at/all.jsonl: cannot be written");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_busy_endpoint_is_asked_again_with_the_same_spans),
        cmocka_unit_test(what_an_endpoint_refuses_is_lost_and_counted),
        cmocka_unit_test(spans_that_are_kept_back_are_counted),
        cmocka_unit_test(an_endpoint_that_never_comes_right_costs_no_more_than_patience),
        cmocka_unit_test(nobody_there_is_no_error_of_the_run),
        cmocka_unit_test(a_file_is_there_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
