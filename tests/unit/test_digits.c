/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"

#include "base/digits.h"

#include <stdio.h>

static void eight_digits_are_read_as_printf_writes_them(void **state)
{
    uint64_t x = 1, got;
    uint32_t hex;
    char text[24];
    for (int i = 0; i < 20000; i++) {
        x = x * 6364136223846793005 + 1442695040888963407;
        snprintf(text, sizeof text, "%08u", (unsigned)(x >> 32) % 100000000);
        assert_true(digits_eight(text, &got) && got == (unsigned)(x >> 32) % 100000000);
        snprintf(text, sizeof text, i & 1 ? "%08x" : "%08X", (unsigned)(x >> 32));
        assert_true(digits_hex_eight(text, &hex) && hex == (unsigned)(x >> 32));
    }
}

static void any_other_byte_in_any_place_is_refused(void **state)
{
    for (int place = 0; place < 8; place++)
        for (int byte = 0; byte < 256; byte++) {
            char text[8] = {'1', '2', '3', '4', '5', '6', '7', '8'};
            uint64_t number;
            uint32_t hex;
            text[place] = (char)byte;
            bool decimal = byte >= '0' && byte <= '9';
            bool letter = (byte | 32) >= 'a' && (byte | 32) <= 'f' && byte < 128;
            assert_int_equal(digits_eight(text, &number), decimal);
            assert_int_equal(digits_hex_eight(text, &hex), decimal || letter);
        }
}

static void numbers_of_up_to_nineteen_digits_are_read(void **state)
{
    uint64_t got;
    assert_true(digits_number("1767225600000000001", 19, &got) && got == 1767225600000000001);
    assert_true(digits_number("9999999999999999999", 19, &got) && got == 9999999999999999999U);
    assert_true(digits_number("0007", 4, &got) && got == 7);
    assert_true(digits_number("123456789", 9, &got) && got == 123456789);
    assert_false(digits_number("", 0, &got));
    assert_false(digits_number("-1", 2, &got));
    assert_false(digits_number("12345678:", 9, &got));
    assert_false(digits_number("10000000000000000000", 20, &got));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_digits_are_read_as_printf_writes_them),
        cmocka_unit_test(any_other_byte_in_any_place_is_refused),
        cmocka_unit_test(numbers_of_up_to_nineteen_digits_are_read),
    };
    return cmocka_run_group_tests_name("digits", tests, NULL, NULL);
}
