/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The line of the progress bar: what it tells, and that it never takes more than its room. */
#include "tests/support/support.h"

#include "cli/progress_bar.h"
#include "report/document.h"

#include <string.h>

static const char *line(const char *what, double done, double of, double elapsed_s, size_t width)
{
    static struct buf out;
    buf_clear(&out);
    progress_put_line(what, done, of, elapsed_s, width, &out);
    return buf_text(&out);
}

static void it_tells_share_rate_and_time_left(void **state)
{
    assert_string_equal(line("items", 25e6, 1e8, 2, 77),
                        "items [######..................]  25%  12.5 million items/s  6 s left");
    assert_string_equal(line("items", 1170, 1e6, 1, 77),
                        "items [........................]   0%  1,170 items/s  14 min left");
    assert_string_equal(line("log.jsonl.gz", 480e6, 640e6, 4, 77),
                        "log.jsonl.gz [##################......]  75%  120 MB/s  1 s left");
    assert_string_equal(line("draws", 3, 4, 2, 77),
                        "draws [##################......]  75%  1.5 draws/s  1 s left");
    assert_string_equal(line("items", 1, 1e9, 1, 77),
                        "items [........................]   0%  1 items/s  years left");
    assert_string_equal(line("items", 1, 7e5, 1, 77),
                        "items [........................]   0%  1 items/s  8 days left");
}

static void of_what_has_no_known_end_it_tells_the_rate(void **state)
{
    assert_string_equal(line("-", 90e6, 0, 1, 77), "- 90 MB/s");
    assert_string_equal(line("settings", 0, 0, 3, 77), "settings 3 s");
}

static void the_gauge_and_then_the_name_give_way(void **state)
{
    assert_string_equal(line("items", 25e6, 1e8, 2, 60),
                        "items [###............]  25%  12.5 million items/s  6 s left");
    assert_string_equal(line("items", 25e6, 1e8, 2, 42),
                        "items  25%  12.5 million items/s  6 s left");
    assert_string_equal(line("a-long-name.jsonl", 1e6, 2e6, 1, 30),
                        "a-long-  50%  1 MB/s  1 s left");
    assert_string_equal(line("記録.jsonl", 1e6, 2e6, 1, 26), "記  50%  1 MB/s  1 s left");
    for (size_t width = 1; width < 120; width++)
        assert_true(text_width(line("\x1b[31m記録 of a day", 1234567, 1e12, 3, width)) <= width);
    struct buf nameless = {0}; /* a file's name may be nothing but what is no text */
    progress_put_line("", 1e6, 2e6, 1, 10, &nameless);
    assert_string_equal(buf_text(&nameless), " 50%  1 MB");
    buf_release(&nameless);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_tells_share_rate_and_time_left),
        cmocka_unit_test(of_what_has_no_known_end_it_tells_the_rate),
        cmocka_unit_test(the_gauge_and_then_the_name_give_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
