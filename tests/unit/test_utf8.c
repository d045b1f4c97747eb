/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"

#include "base/utf8.h"

#include <string.h>

/* The ends of each row of table 3-7 of the Unicode Standard, and their neighbours. */
static const struct {
    const char *text;
    bool valid;
} cases[] = {
    {"",                                     true },
    {"\x7f",                                 true },
    {"\x80",                                 false},
    {"\xc1\xbf",                             false},
    {"\xc2\x80",                             true },
    {"\xdf\xbf",                             true },
    {"\xe0\x9f\xbf",                         false},
    {"\xe0\xa0\x80",                         true },
    {"\xed\x9f\xbf",                         true },
    {"\xed\xa0\x80",                         false},
    {"\xee\x80\x80",                         true },
    {"\xef\xbf\xbf",                         true },
    {"\xf0\x8f\xbf\xbf",                     false},
    {"\xf0\x90\x80\x80",                     true },
    {"\xf4\x8f\xbf\xbf",                     true },
    {"\xf4\x90\x80\x80",                     false},
    {"\xf5\x80\x80\x80",                     false},
    {"\xff",                                 false},
    {"\xc3",                                 false},
    {"\xe2\x82",                             false},
    {"\xf0\x9f\x98",                         false},
    {"\xc3\x28",                             false},
    {"\xe2\x82\xac and plain text after it", true },
};

static void well_formed_sequences_alone_are_valid_wherever_they_stand(void **state)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t shift = 0; shift < 20; shift++)
            for (size_t tail = 0; tail < 20; tail++) {
                char text[128] = "";
                memset(text, 'x', shift);
                strcpy(text + shift, cases[i].text);
                memset(text + strlen(text), 'y', tail);
                if (utf8_valid(text, shift + strlen(cases[i].text) + tail) != cases[i].valid)
                    fail_msg("case %zu between %zu and %zu letters", i, shift, tail);
            }
}

static void each_wrong_byte_becomes_one_replacement(void **state)
{
    struct buf b;
    buf_init(&b);
    utf8_mend("a\xe2\x82zz\xff\xc3\xa9\xf0\x9f", 10, &b);
    assert_string_equal(buf_text(&b), "a\xEF\xBF\xBD\xEF\xBF\xBDzz\xEF\xBF\xBD\xc3\xa9"
                                      "\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_true(utf8_valid(b.data, b.len));
    buf_release(&b);
}

static void what_acts_on_a_terminal_or_turns_the_text_is_taken_out(void **state)
{
    static const struct {
        const char *text, *want;
    } shown[] = {
        {"a\x1b[31mb\a\x7f",                       "a [31mb  "                             },
        {"two\nlines\tand\rmore",                  "two lines and more"                    },
        {"c1 \xc2\x9b"
         "2J \xc2\x85.",                  "c1  2J  ."                             },
        {"a\xe2\x80\xae"
         "b\xe2\x81\xa6"
         "c\xef\xbb\xbf",                 "abc"                                   },
        {"line\xe2\x80\xa8"
         "separator",                     "line separator"                        },
        {"\xd8\xb4 \xf0\x9f\x98\x80 \xe2\x80\x8f", "\xd8\xb4 \xf0\x9f\x98\x80 \xe2\x80\x8f"},
        {"cut \xe2\x82",                           "cut \xef\xbf\xbd\xef\xbf\xbd"          },
    };
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        struct buf b = {0};
        utf8_clean(shown[i].text, strlen(shown[i].text), &b);
        assert_string_equal(buf_text(&b), shown[i].want);
        buf_release(&b);
    }
}

static void what_yaml_may_not_hold_is_replaced(void **state)
{
    static const char text[] = "\xef\xbf\xbe|\xef\xbf\xbf|\xef\xbf\xbd";
    struct buf b = {0};

    utf8_clean(text, strlen(text), &b);
    assert_string_equal(buf_text(&b), "\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd");
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_yaml_may_not_hold_is_replaced),
        cmocka_unit_test(well_formed_sequences_alone_are_valid_wherever_they_stand),
        cmocka_unit_test(what_acts_on_a_terminal_or_turns_the_text_is_taken_out),
        cmocka_unit_test(each_wrong_byte_becomes_one_replacement),
    };
    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
