/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json_read.h"
#include "tests/support/support.h"

#include <string.h>

static struct json_reader *reader;

static int open_reader(void **state)
{
    reader = json_reader_new();
    return 0;
}

static int close_reader(void **state)
{
    json_reader_free(reader);
    return 0;
}

static struct json parsed(const char *text)
{
    struct json root = {0};
    struct error err = {0};
    ok(json_parse(reader, text, strlen(text), &root, &err), &err);
    return root;
}

static void text_is(struct json v, const char *want)
{
    const char *s = NULL;
    size_t len = 0;
    assert_true(json_text(v, &s, &len));
    assert_int_equal(len, strlen(want));
    assert_memory_equal(s, want, len);
}

static void refused(const char *text, enum error_code code, const char *part)
{
    struct json root = {0};
    struct error err = {0};
    assert_int_equal(json_parse(reader, text, strlen(text), &root, &err), -1);
    error_is(&err, code, part);
}

static void values_are_found_by_key_and_kind(void **state)
{
    struct json root = parsed("{\"a\": 1, \"b\": [true, null, \"x\", 2.5, 18446744073709551615]}");
    assert_int_equal(json_type(root), JSON_MAP);
    assert_int_equal(json_count(root), 2);
    assert_int_equal(json_type(json_get(root, "a")), JSON_INT);
    assert_false(json_present(json_get(root, "c")));
    assert_false(json_present(json_get(json_get(root, "a"), "a")));
    struct json list = json_get2(root, "bb", "b");
    enum json_type want[] = {JSON_BOOL, JSON_NULL, JSON_STRING, JSON_DOUBLE, JSON_UINT};
    size_t n = 0;
    for (struct json_iter it = json_each(list); json_next(&it); n++)
        assert_int_equal(json_type(it.value), want[n]);
    assert_int_equal(n, 5);
}

static void the_last_of_equal_keys_counts(void **state)
{
    int64_t x = 0;
    assert_true(json_as_i64(json_get(parsed("{\"k\": 1, \"k\": 2}"), "k"), &x));
    assert_int_equal(x, 2);
}

static void numbers_are_read_from_strings_too(void **state)
{
    struct json root = parsed("{\"t\": \"1795349010576000000\", \"m\": -7, \"n\": \"NaN\", "
                              "\"i\": \"-Infinity\", \"d\": \"0.5\", \"s\": \"12x\", "
                              "\"big\": \"18446744073709551616\", \"b\": false, \"e\": \"\"}");
    uint64_t u = 0;
    int64_t i = 0;
    double d = 0;
    bool b = true;
    assert_true(json_as_u64(json_get(root, "t"), &u));
    assert_true(u == 1795349010576000000ULL);
    assert_true(json_as_i64(json_get(root, "m"), &i));
    assert_int_equal(i, -7);
    assert_false(json_as_u64(json_get(root, "m"), &u));
    assert_true(json_as_double(json_get(root, "m"), &d));
    near(d, -7, 0);
    assert_true(json_as_double(json_get(root, "n"), &d));
    assert_true(d != d);
    assert_true(json_as_double(json_get(root, "i"), &d));
    assert_true(d < -1e308);
    assert_true(json_as_double(json_get(root, "d"), &d));
    near(d, 0.5, 0);
    assert_false(json_as_double(json_get(root, "s"), &d));
    assert_false(json_as_i64(json_get(root, "s"), &i));
    assert_false(json_as_u64(json_get(root, "big"), &u));
    assert_false(json_as_double(json_get(root, "e"), &d));
    assert_true(json_as_bool(json_get(root, "b"), &b));
    assert_false(b);
}

static void a_lone_surrogate_is_read_as_the_replacement_character(void **state)
{
    struct json root = parsed("[\"x\\ud800y\", \"\\udc00\", \"\\ud83d\\ude00\", \"\\\\ud800\", "
                              "\"\\ud800\\ud83d\\ude00\"]");
    text_is(json_pointer(root, "/0"), "x\xEF\xBF\xBDy");
    text_is(json_pointer(root, "/1"), "\xEF\xBF\xBD");
    text_is(json_pointer(root, "/2"), "\xF0\x9F\x98\x80");
    text_is(json_pointer(root, "/3"), "\\ud800");
    text_is(json_pointer(root, "/4"), "\xEF\xBF\xBD\xF0\x9F\x98\x80");
}

static void an_integer_beyond_64_bits_keeps_its_digits(void **state)
{
    struct json root = parsed("{\"v\": 100000000000000000000, \"w\": [-100000000000000000000], "
                              "\"s\": \"100000000000000000000 1e5\", \"ok\": 1.5e3}");
    double d = 0;
    uint64_t u = 0;
    assert_false(json_as_u64(json_get(root, "v"), &u));
    assert_true(json_as_double(json_get(root, "v"), &d));
    near(d, 1e20, 0);
    text_is(json_get(root, "v"), "100000000000000000000");
    assert_true(json_as_double(json_pointer(root, "/w/0"), &d));
    near(d, -1e20, 0);
    assert_true(json_as_double(json_get(root, "ok"), &d));
    near(d, 1500, 0);
    text_is(json_get(root, "s"), "100000000000000000000 1e5");
    /* the least and the largest that fit, and the first beyond them */
    int64_t i = 0;
    root = parsed("[-9223372036854775808, 18446744073709551615, -9223372036854775809, "
                  "18446744073709551616]");
    assert_true(json_as_i64(json_pointer(root, "/0"), &i) && i == INT64_MIN);
    assert_true(json_as_u64(json_pointer(root, "/1"), &u) && u == UINT64_MAX);
    assert_int_equal(json_type(json_pointer(root, "/1")), JSON_UINT);
    text_is(json_pointer(root, "/2"), "-9223372036854775809");
    text_is(json_pointer(root, "/3"), "18446744073709551616");
    refused("[00018446744073709551616]", ERR_INPUT, "unexpected '0' at byte 3");
}

static void pointers_follow_rfc_6901(void **state)
{
    /* the examples of its section 5 */
    struct json root = parsed("{\"foo\": [\"bar\", \"baz\"], \"\": 0, \"a/b\": 1, \"m~n\": 8}");
    int64_t x = -1;
    text_is(json_pointer(root, "/foo/1"), "baz");
    assert_true(json_as_i64(json_pointer(root, "/"), &x));
    assert_int_equal(x, 0);
    assert_true(json_as_i64(json_pointer(root, "/a~1b"), &x));
    assert_int_equal(x, 1);
    assert_true(json_as_i64(json_pointer(root, "/m~0n"), &x));
    assert_int_equal(x, 8);
    assert_int_equal(json_type(json_pointer(root, "")), JSON_MAP);
    assert_false(json_present(json_pointer(root, "/foo/2")));
    assert_false(json_present(json_pointer(root, "/foo/00")));
    assert_false(json_present(json_pointer(root, "foo")));
}

static void a_broken_text_is_refused_with_its_byte(void **state)
{
    refused("", ERR_INPUT, "nothing is there");
    refused("  \n", ERR_INPUT, "nothing is there");
    refused("{\"a\": [1, 2", ERR_INPUT, "ends in the middle, at byte 11");
    refused("{\"a\": \"cut he", ERR_INPUT, "ends in the middle, at byte 13");
    refused("{\"a\": 1,}", ERR_INPUT, "'}' at byte 9");
    refused("{'a': 1}", ERR_INPUT, "''' at byte 2");
    refused("[1, 2] x", ERR_INPUT, "'x' at byte 8");
    refused("[01]", ERR_INPUT, "'1' at byte 3");
    refused("[\"a\tb\"]", ERR_INPUT, "byte 0x09 at byte 4");
    refused("[\"\xff\"]", ERR_INPUT, "not UTF-8");
    refused("[\"\\q\"]", ERR_INPUT, "at byte 3");
}

static void depth_has_a_limit(void **state)
{
    struct buf b;
    buf_init(&b);
    for (int i = 0; i < 100000; i++)
        buf_putc(&b, '[');
    refused(buf_text(&b), ERR_LIMIT, "deeper");
    buf_release(&b);
}

static void the_values_of_a_document_have_a_limit(void **state)
{
    struct buf b;
    buf_init(&b);
    buf_putc(&b, '[');
    for (int i = 0; i < JSON_INDEX_MAX / 24; i++)
        buf_puts(&b, "1,");
    buf_puts(&b, "1]");
    refused(buf_text(&b), ERR_LIMIT, "write it as lines");
    buf_release(&b);
}

static void a_dump_reads_back_the_same(void **state)
{
    const char *text = "{\"a\":[1,-2,0.5,\"q\\\"\",null,true,{}],\"b\":18446744073709551615}";
    struct buf b;
    buf_init(&b);
    json_dump(parsed(text), &b);
    assert_string_equal(buf_text(&b), text);
    buf_release(&b);
}

static void tokens_are_found_outside_strings(void **state)
{
    static const char text[] = " {\"a,\":[1,\"\\\"]\" ,true]}\n[]";
    static const size_t want[] = {1, 2, 6, 7, 8, 9, 10, 16, 17, 21, 22, 24, 25};
    struct json_index *x = json_index_new();
    const uint32_t *at;
    size_t n;
    assert_true(json_index_find(x, text, sizeof text - 1, &at, &n));
    assert_int_equal(n, sizeof want / sizeof want[0]);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(at[i], want[i]);
    assert_int_equal(at[n], sizeof text - 1);
    assert_int_equal(at[n + 1], sizeof text - 1);
    assert_false(json_index_find(x, "[\"a]", 4, &at, &n));
    assert_false(json_index_find(x, "[\"a\nb\"]", 7, &at, &n));
    assert_false(json_index_find(x, "[\"\xff\"]", 5, &at, &n));
    assert_false(json_index_find(x, "", 0, &at, &n));
    json_index_free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found_by_key_and_kind),
        cmocka_unit_test(the_last_of_equal_keys_counts),
        cmocka_unit_test(numbers_are_read_from_strings_too),
        cmocka_unit_test(a_lone_surrogate_is_read_as_the_replacement_character),
        cmocka_unit_test(an_integer_beyond_64_bits_keeps_its_digits),
        cmocka_unit_test(pointers_follow_rfc_6901),
        cmocka_unit_test(a_broken_text_is_refused_with_its_byte),
        cmocka_unit_test(depth_has_a_limit),
        cmocka_unit_test(the_values_of_a_document_have_a_limit),
        cmocka_unit_test(a_dump_reads_back_the_same),
        cmocka_unit_test(tokens_are_found_outside_strings),
    };
    return cmocka_run_group_tests_name("json_read", tests, open_reader, close_reader);
}
