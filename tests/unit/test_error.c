/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void every_code_has_its_name_and_exit_status(void **state)
{
    static const struct {
        enum error_code code;
        const char *name;
        int status;
    } rows[] = {
        {ERR_NONE,        "NONE",        0  },
        {ERR_USAGE,       "USAGE",       2  },
        {ERR_INPUT,       "INPUT",       3  },
        {ERR_UNSUPPORTED, "UNSUPPORTED", 3  },
        {ERR_LIMIT,       "LIMIT",       3  },
        {ERR_NUMERIC,     "NUMERIC",     3  },
        {ERR_IO,          "IO",          4  },
        {ERR_INTERNAL,    "INTERNAL",    5  },
        {ERR_INTERRUPTED, "INTERRUPTED", 130},
    };
    assert_int_equal(ERR_CODE_COUNT, sizeof rows / sizeof rows[0]);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(rows[i].code, i);
        assert_string_equal(error_code_name(rows[i].code), rows[i].name);
        assert_int_equal(error_exit_status(rows[i].code), rows[i].status);
    }
}

static void only_no_error_ends_well(void **state)
{
    for (int code = 0; code < ERR_CODE_COUNT; code++)
        assert_int_equal(error_exit_status(code) == 0, code == ERR_NONE);
}

static void set_fills_everything_and_returns_minus_one(void **state)
{
    struct error err = {.line = 7, .column = 9};
    assert_int_equal(error_set(&err, ERR_IO, "%s: %d", "x", 5), -1);
    assert_int_equal(err.code, ERR_IO);
    assert_int_equal(err.line, 0);
    assert_int_equal(err.column, 0);
    assert_string_equal(err.text, "x: 5");
}

static void place_is_written_in_front(void **state)
{
    struct error err = {0};
    assert_int_equal(error_at(&err, ERR_INPUT, "a.yaml", 3, 14, "no %s", "key"), -1);
    assert_string_equal(err.text, "a.yaml:3:14: no key");
    assert_int_equal(err.line, 3);
    assert_int_equal(err.column, 14);
    error_at(&err, ERR_INPUT, "a.yaml", 3, 0, "no key");
    assert_string_equal(err.text, "a.yaml:3: no key");
    error_at(&err, ERR_INPUT, "a.yaml", 0, 14, "no key");
    assert_string_equal(err.text, "a.yaml: no key");
    assert_int_equal(err.column, 0);
}

static void prefix_keeps_code_and_place(void **state)
{
    struct error err = {0};
    error_at(&err, ERR_LIMIT, "b", 2, 1, "too long");
    assert_int_equal(error_prefix(&err, "row %d", 8), -1);
    assert_string_equal(err.text, "row 8: b:2:1: too long");
    assert_int_equal(err.code, ERR_LIMIT);
    assert_int_equal(err.line, 2);
}

static void own_text_may_be_an_argument(void **state)
{
    struct error err = {0};
    error_set(&err, ERR_INPUT, "inner");
    error_set(&err, err.code, "outer (%s)", err.text);
    assert_string_equal(err.text, "outer (inner)");
}

static void long_sentences_are_cut_between_characters(void **state)
{
    struct error err = {0};
    char text[2 * ERROR_TEXT_MAX];
    for (size_t shift = 0; shift < 3; shift++) {
        memset(text, 'a', shift);
        for (size_t i = shift; i + 3 < sizeof text; i += 3)
            memcpy(text + i, "\xE2\x82\xAC", 4); /* the euro sign */
        error_set(&err, ERR_INPUT, "%s", text);
        size_t len = strlen(err.text);
        within((double)len, ERROR_TEXT_MAX - 3, ERROR_TEXT_MAX - 1);
        assert_int_equal((len - shift) % 3, 0);
        error_prefix(&err, "p");
        assert_true(strlen(err.text) < ERROR_TEXT_MAX);
        assert_memory_equal(err.text, "p: ", 3);
    }
}

static void bug_says_where_and_ends_with_status_5(void **state)
{
    int ends[2], status = 0;
    char said[512] = "";
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], 2);
        BUG("the %s is %d", "count", -1);
    }
    close(ends[1]);
    assert_true(read(ends[0], said, sizeof said - 1) > 0);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 5);
    text_has(said, "test_error.c:");
    text_has(said, "the count is -1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_its_name_and_exit_status),
        cmocka_unit_test(only_no_error_ends_well),
        cmocka_unit_test(set_fills_everything_and_returns_minus_one),
        cmocka_unit_test(place_is_written_in_front),
        cmocka_unit_test(prefix_keeps_code_and_place),
        cmocka_unit_test(own_text_may_be_an_argument),
        cmocka_unit_test(long_sentences_are_cut_between_characters),
        cmocka_unit_test(bug_says_where_and_ends_with_status_5),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
