/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"

#include "base/json_read.h"
#include "base/json_write.h"

#include <math.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Appends the same small document with any indentation. */
static void put_sample(struct buf *b, int indent)
{
    struct json_write w;
    json_init(&w, b, indent);
    json_open(&w, '{');
    json_key(&w, "a");
    json_open(&w, '[');
    json_number(&w, 1);
    json_string(&w, "x");
    json_bool(&w, true);
    json_null(&w);
    json_open(&w, '{');
    json_close(&w, '}');
    json_close(&w, ']');
    json_key(&w, "b");
    json_open(&w, '[');
    json_close(&w, ']');
    json_key(&w, "n");
    json_uint(&w, UINT64_MAX);
    json_close(&w, '}');
}

static void one_line_when_not_indented(void **state)
{
    struct buf b = {0};
    put_sample(&b, 0);
    assert_string_equal(buf_text(&b),
                        "{\"a\":[1,\"x\",true,null,{}],\"b\":[],\"n\":18446744073709551615}");
    buf_release(&b);
}

static void indented_by_levels(void **state)
{
    struct buf b = {0};
    put_sample(&b, 2);
    assert_string_equal(buf_text(&b), "{\n"
                                      "  \"a\": [\n"
                                      "    1,\n"
                                      "    \"x\",\n"
                                      "    true,\n"
                                      "    null,\n"
                                      "    {}\n"
                                      "  ],\n"
                                      "  \"b\": [],\n"
                                      "  \"n\": 18446744073709551615\n"
                                      "}");
    buf_release(&b);
}

static void writes(const char *text, size_t len, const char *want)
{
    struct buf b = {0};
    struct json_write w;
    json_init(&w, &b, 0);
    json_string_n(&w, text, len);
    assert_string_equal(buf_text(&b), want);
    buf_release(&b);
}

static void text_is_escaped(void **state)
{
    writes("", 0, "\"\"");
    writes("plain \"quoted\" back\\slash /", 27, "\"plain \\\"quoted\\\" back\\\\slash /\"");
    writes("\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\"");
    writes("\x01\x1f\0z", 4, "\"\\u0001\\u001f\\u0000z\"");
    writes("\x1b[31m", 5, "\"\\u001b[31m\"");
    writes("\x7f", 1, "\"\\u007f\"");
    writes("\xC2\x9B", 2, "\"\\u009b\""); /* the C1 form of ESC [ */
}

static void utf8_stays_as_it_is(void **state)
{
    writes("\xC2\xA0", 2, "\"\xC2\xA0\"");
    writes("\xE2\x82\xAC", 3, "\"\xE2\x82\xAC\"");
    writes("\xED\x9F\xBF\xEE\x80\x80", 6, "\"\xED\x9F\xBF\xEE\x80\x80\"");
    writes("\xF0\x9F\x8E\xAC", 4, "\"\xF0\x9F\x8E\xAC\"");
    writes("\xF4\x8F\xBF\xBF", 4, "\"\xF4\x8F\xBF\xBF\"");
}

#define FFFD "\xEF\xBF\xBD"

static void what_is_not_utf8_is_replaced(void **state)
{
    writes("a\xFFz", 3, "\"a" FFFD "z\"");
    writes("\x80", 1, "\"" FFFD "\"");
    writes("\xC0\xAF", 2, "\"" FFFD FFFD "\"");                   /* overlong */
    writes("\xE0\x80\xAF", 3, "\"" FFFD FFFD FFFD "\"");          /* overlong */
    writes("\xED\xA0\x80", 3, "\"" FFFD FFFD FFFD "\"");          /* a surrogate */
    writes("\xF4\x90\x80\x80", 4, "\"" FFFD FFFD FFFD FFFD "\""); /* above U+10FFFF */
    writes("\xE2\x82\xAC", 2, "\"" FFFD FFFD "\"");               /* cut */
    writes("\xE2\x82\"", 3, "\"" FFFD FFFD "\\\"\"");
    writes("\xF5", 1, "\"" FFFD "\"");
}

static void numbers_are_short_and_valid(void **state)
{
    static const struct {
        double x;
        const char *text;
    } rows[] = {
        {0,         "0"                  },
        {-3,        "-3"                 },
        {0.25,      "0.25"               },
        {0.1 + 0.2, "0.30000000000000004"},
        {1e15,      "1000000000000000"   },
        {1e300,     "1e300"              },
        {-1.5e-9,   "-1.5e-9"            },
        {NAN,       "null"               },
        {INFINITY,  "null"               },
        {-INFINITY, "null"               },
        {1e16,      "1e16"               },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf b = {0};
        struct json_write w;
        json_init(&w, &b, 0);
        json_number(&w, rows[i].x);
        assert_string_equal(buf_text(&b), rows[i].text);
        buf_release(&b);
    }
}

static void keys_are_escaped_too(void **state)
{
    struct buf b = {0};
    struct json_write w;
    json_init(&w, &b, 0);
    json_open(&w, '{');
    json_key(&w, "a\"\n");
    json_bool(&w, false);
    json_close(&w, '}');
    assert_string_equal(buf_text(&b), "{\"a\\\"\\n\":false}");
    buf_release(&b);
}

static int status_of(void (*misuse)(struct json_write *))
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        struct buf b = {0};
        struct json_write w;
        close(2);
        json_init(&w, &b, 0);
        misuse(&w);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void key_after_key(struct json_write *w)
{
    json_open(w, '{');
    json_key(w, "a");
    json_key(w, "b");
}

static void close_after_key(struct json_write *w)
{
    json_open(w, '{');
    json_key(w, "a");
    json_close(w, '}');
}

static void close_of_nothing(struct json_write *w)
{
    json_close(w, ']');
}

static void too_deep(struct json_write *w)
{
    for (int i = 0; i < JSON_LEVELS; i++)
        json_open(w, '[');
}

static void deep_enough(struct json_write *w)
{
    for (int i = 0; i < JSON_LEVELS - 1; i++)
        json_open(w, '[');
    for (int i = 0; i < JSON_LEVELS - 1; i++)
        json_close(w, ']');
}

static void misuse_is_a_bug(void **state)
{
    assert_int_equal(status_of(key_after_key), 5);
    assert_int_equal(status_of(close_after_key), 5);
    assert_int_equal(status_of(close_of_nothing), 5);
    assert_int_equal(status_of(too_deep), 5);
    assert_int_equal(status_of(deep_enough), 0);
}

static void whatever_the_parser_reads_is_written_again(void **state)
{
    enum { DEEP = 1000 };
    struct json_reader *reader = json_reader_new();
    struct buf in = {0}, out = {0};
    struct error err = {0};
    struct json root;

    for (int i = 0; i < DEEP; i++)
        buf_puts(&in, i % 2 ? "{\"a\":" : "[1,");
    buf_puts(&in, "2");
    for (int i = DEEP - 1; i >= 0; i--)
        buf_puts(&in, i % 2 ? ",\"b\":3}" : ",4]");
    ok(json_parse(reader, in.data, in.len, &root, &err), &err);
    json_dump(root, &out);
    assert_string_equal(buf_text(&out), buf_text(&in));
    buf_release(&in);
    buf_release(&out);
    json_reader_free(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_when_not_indented),
        cmocka_unit_test(indented_by_levels),
        cmocka_unit_test(text_is_escaped),
        cmocka_unit_test(utf8_stays_as_it_is),
        cmocka_unit_test(what_is_not_utf8_is_replaced),
        cmocka_unit_test(numbers_are_short_and_valid),
        cmocka_unit_test(keys_are_escaped_too),
        cmocka_unit_test(misuse_is_a_bug),
        cmocka_unit_test(whatever_the_parser_reads_is_written_again),
    };
    return cmocka_run_group_tests_name("json_write", tests, NULL, NULL);
}
