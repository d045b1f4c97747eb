/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"

#include "base/proto_read.h"

#include <stdlib.h>
#include <string.h>

/* Walks a copy that ends where the message does, so that a sanitizer sees a byte too much. */
static const char *walk(const char *bytes, size_t len, size_t *fields, size_t *at)
{
    uint8_t *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    struct proto in = proto_walk(proto_bytes(copy, len));
    struct proto_field f;
    for (*fields = 0; proto_next(&in, &f); ++*fields)
        if ((f.tag & 7) == PROTO_BYTES)
            assert_true(f.bytes.at >= copy && f.bytes.end <= copy + len);
    *at = (size_t)(in.at - copy);
    if (!in.fault)
        assert_int_equal(*at, len);
    free(copy);
    return in.fault;
}

/* The examples of protobuf.dev, "Encoding". */
static void the_documented_examples_are_read(void **state)
{
    struct proto_field f;
    struct proto in = proto_walk(proto_bytes("\x08\x96\x01", 3));
    assert_true(proto_next(&in, &f));
    assert_int_equal(f.tag, PROTO_TAG(1, PROTO_VARINT));
    assert_int_equal(f.value, 150);
    assert_false(proto_next(&in, &f));
    in = proto_walk(proto_bytes("\x12\x07testing", 9));
    assert_true(proto_next(&in, &f));
    assert_int_equal(f.tag, PROTO_TAG(2, PROTO_BYTES));
    assert_int_equal(proto_len(f.bytes), 7);
    assert_memory_equal(f.bytes.at, "testing", 7);
    in = proto_walk(proto_bytes("\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11));
    assert_true(proto_next(&in, &f));
    assert_true((int64_t)f.value == -2);
}

static void fixed_numbers_are_little_endian(void **state)
{
    struct proto_field f;
    struct proto in =
        proto_walk(proto_bytes("\x39\x01\x02\x03\x04\x05\x06\x07\x80\x85\x01\x01\x00\x00\xff", 15));
    assert_true(proto_next(&in, &f));
    assert_int_equal(f.tag, PROTO_TAG(7, PROTO_FIXED64));
    assert_true(f.value == 0x8007060504030201);
    assert_true(proto_next(&in, &f));
    assert_int_equal(f.tag, PROTO_TAG(16, PROTO_FIXED32));
    assert_true(f.value == 0xff000001);
    assert_false(proto_next(&in, &f));
    assert_null(in.fault);
}

static void what_is_no_field_is_refused_where_it_begins(void **state)
{
    /* clang-format off */
    static const struct {
        const char *bytes;
        size_t len, fields, at;
        const char *why;
    } cases[] = {
        {"\x0a\x00\x0b", 3, 1, 2, "group"},
        {"\x0c", 1, 0, 0, "group"},
        {"\x0e\x00", 2, 0, 0, "wire type that does not exist"},
        {"\x0f\x00", 2, 0, 0, "wire type that does not exist"},
        {"\x00\x00", 2, 0, 0, "number that does not exist"},
        {"\x02\x00", 2, 0, 0, "number that does not exist"},
        {"\xf8\xff\xff\xff\x7f\x00", 6, 0, 0, "number that does not exist"},
        {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11, 0, 0, "more than 64 bits"},
        {"\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 12, 0, 0, "more than 64 bits"},
        {"\x0a\x05" "abcd", 6, 0, 0, "longer than what it lies in"},
        {"\x08\x01\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13, 1, 2, "longer than what it"},
        {"\x09\x01\x02\x03\x04\x05\x06\x07", 8, 0, 0, "longer than what it lies in"},
        {"\x0d\x01\x02\x03", 4, 0, 0, "longer than what it lies in"},
        {"\x08\x80", 2, 0, 0, "longer than what it lies in"},
        {"\x08", 1, 0, 0, "longer than what it lies in"},
        {"\x80", 1, 0, 0, "longer than what it lies in"},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t fields, at;
        const char *why = walk(cases[i].bytes, cases[i].len, &fields, &at);
        if (!why || !strstr(why, cases[i].why) || fields != cases[i].fields || at != cases[i].at)
            fail_msg("case %zu: %s after %zu fields at %zu", i, why ? why : "fine", fields, at);
    }
}

static void every_cut_of_a_message_is_told_from_its_end(void **state)
{
    static const char bytes[] = "\x0a\x03"
                                "abc\x10\x96\x01\x19"
                                "01234567\x25"
                                "0123\x2a\x80\x01";
    static const bool whole[] = {true, [5] = true, [8] = true, [17] = true, [22] = true};
    for (size_t len = 0; len < 25; len++) {
        size_t fields, at;
        bool fine = !walk(bytes, len, &fields, &at);
        if (fine != (len < sizeof whole && whole[len]))
            fail_msg("%zu bytes", len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_documented_examples_are_read),
        cmocka_unit_test(fixed_numbers_are_little_endian),
        cmocka_unit_test(what_is_no_field_is_refused_where_it_begins),
        cmocka_unit_test(every_cut_of_a_message_is_told_from_its_end),
    };
    return cmocka_run_group_tests_name("proto_read", tests, NULL, NULL);
}
