/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/scenario.h"
#include "tests/support/support.h"

#include <string.h>

static struct pipeline read_text(const char *text)
{
    struct pipeline p;
    struct faults faults = {0};
    struct error err = {0};

    ok(scenario_parse("f.yaml", text, strlen(text), NULL, &p, &faults, &err), &err);
    faults_release(&faults);
    return p;
}

static void how_a_step_is_run_is_kept_as_json(void **state)
{
    struct pipeline p = read_text("seam: 1\nflow:\n  - stage: a\n    exec: {builtin: retrieve, "
                                  "anything: [1, 2]}\n  - stage: b\n");
    const char *text = "seam: 1\nflow:\n  - stage: a\n    exec: {command: [run, '7', 7, 0x7], "
                       "deep: {yes: true, none: null, say: \"a\\tb\", limit: 250ms}}\n";
    struct pipeline q = read_text(text);

    assert_string_equal(p.step[0].exec, "{\"builtin\":\"retrieve\",\"anything\":[1,2]}");
    assert_null(p.step[1].exec);
    assert_string_equal(q.step[0].exec,
                        "{\"command\":[\"run\",\"7\",7,\"0x7\"],\"deep\":{\"yes\":true,"
                        "\"none\":null,\"say\":\"a\\tb\",\"limit\":\"250ms\"}}");
    assert_int_equal(q.step[0].exec_line, 4);
    assert_int_equal(q.step[0].exec_column, 11);
    assert_int_equal(q.step[0].n_exec_keys, 2);
    assert_string_equal(q.step[0].exec_key[1].key, "deep");
    assert_int_equal(q.step[0].exec_key[1].line, 4);
    assert_int_equal(q.step[0].exec_key[1].column, 41);

    struct buf written = {0};
    scenario_write(&q, NULL, NULL, &written);
    struct pipeline again = read_text(buf_text(&written));
    assert_string_equal(again.step[0].exec, q.step[0].exec);
    buf_release(&written);
    pipeline_release(&again);
    pipeline_release(&q);
    pipeline_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(how_a_step_is_run_is_kept_as_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
