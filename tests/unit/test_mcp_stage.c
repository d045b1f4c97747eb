/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tools of a server as stages; this program is the server when it is called with a word. */
#include "service/mcp_server.h"
#include "tests/support/stage_call.h"
#include "tests/support/support.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- the server */

static int tool_call(void *arg, size_t tool, const char *arguments, size_t len, struct buf *out,
                     struct error *err)
{
    if (tool == 1)
        return error_set(err, ERR_INPUT, "nobody knows this subject");
    if (tool == 2)
        _exit(9);
    buf_printf(out, "{\"confidence\":0.75,\"got\":%.*s}", (int)len, arguments);
    return 0;
}

static int serve(void)
{
    static const struct mcp_tool tool[] = {
        {"look", "Says what it got.", "{\"type\":\"object\"}"},
        {"fail", "Fails.",            "{\"type\":\"object\"}"},
        {"die",  "Ends the server.",  "{\"type\":\"object\"}"},
    };
    struct mcp_server server = {.name = "test", .tool = tool, .n_tools = 3, .call = tool_call};
    struct error err = {0};

    return mcp_serve(&server, STDIN_FILENO, STDOUT_FILENO, NULL, &err) ? 1 : 0;
}

/* --- the stage */

static char self[4096];

/* `exec` with this program as the server, and more keys. */
static const char *exec_of(const char *more)
{
    static char text[5000];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    assert_true(n > 0);
    self[n] = '\0';
    snprintf(text, sizeof text, "{mcp: [\"%s\", serve], %s}", self, more);
    return text;
}

static struct stage_answer run(const char *more, const char *payload)
{
    struct stage_bench b;
    struct stage_answer a;

    stage_bench_must(&b, false, exec_of(more));
    stage_bench_call(&b, payload, 10, NULL, &a);
    stage_bench_close(&b);
    return a;
}

static void arguments_come_from_the_scenario_and_the_payload(void **state)
{
    struct stage_answer a =
        run("tool: look, arguments: {n: 3, deep: {a: [1]}}, from: {who: /shot/who, no: /nowhere}",
            "{\"shot\":{\"who\":\"Ada \\\"L\\\"\"}}");

    answer_is(&a, OUTCOME_OK, "\"got\":{\"n\":3,\"deep\":{\"a\":[1]},\"who\":\"Ada \\\"L\\\"\"}");
    near(a.confidence, 0.75, 0);
    assert_non_null(strstr(buf_text(&a.attributes), "\"gen_ai.tool.name\":\"look\""));
    stage_answer_release(&a);
    a = run("tool: look", "{\"all\":[1,2]}");
    answer_is(&a, OUTCOME_OK, "\"got\":{\"all\":[1,2]}");
    stage_answer_release(&a);
}

static void what_the_tool_says_of_an_error_is_kept(void **state)
{
    struct stage_answer a = run("tool: fail", "{}");

    answer_is(&a, OUTCOME_ERROR, "fail: nobody knows this subject");
    stage_answer_release(&a);
    a = run("tool: die", "{}");
    answer_is(&a, OUTCOME_ERROR, "the server has ended");
    stage_answer_release(&a);
    a = run("tool: look, expects: {shot: object}", "{}");
    answer_is(&a, OUTCOME_MALFORMED, "shot");
    stage_answer_release(&a);
}

static void mistakes_of_the_scenario_are_told_when_it_is_opened(void **state)
{
    static const struct {
        const char *more;
        const char *part;
    } rows[] = {
        {"tool: lok",                  "the server has no tool `lok`; did you mean `look`?"},
        {"tol: look",                  "unknown key `tol` in `exec`; did you mean `tool`?" },
        {"arguments: {}",              "`tool` names the tool of the server"               },
        {"tool: look, from: {a: b}",   "JSON pointers into the payload"                    },
        {"tool: look, arguments: [1]", "`arguments` is a map from arguments to values"     },
    };
    struct error err = {0};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct stage_bench b;
        if (stage_bench_open(&b, false, exec_of(rows[i].more), &err) == 0)
            fail_msg("opened: %s", rows[i].more);
        if (!strstr(err.text, rows[i].part))
            fail_msg("\"%s\" is not in: %s", rows[i].part, err.text);
        stage_bench_close(&b);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_come_from_the_scenario_and_the_payload),
        cmocka_unit_test(what_the_tool_says_of_an_error_is_kept),
        cmocka_unit_test(mistakes_of_the_scenario_are_told_when_it_is_opened),
    };
    if (argc > 1)
        return serve();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
