/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"
#include "tests/unit/sample_result.h"

#include "base/csv_read.h"
#include "report/csv.h"

#include <stdlib.h>

static void cell(const char *text, const char *want)
{
    struct buf out;
    buf_init(&out);
    csv_put_text(&out, text);
    assert_string_equal(buf_text(&out), want);
    buf_release(&out);
}

static void what_a_spreadsheet_would_compute_is_guarded(void **state)
{
    cell("plain", "plain");
    cell("", "");
    cell("=1+1", "'=1+1");
    cell("+1", "'+1");
    cell("-1", "'-1");
    cell("@SUM(A1)", "'@SUM(A1)");
    cell("\t=1", "\"' =1\"");
    cell("\r=1", "\"' =1\"");
    cell("  =1", "\"'  =1\"");
    cell("\xe2\x80\xae=1", "'=1");
    cell("\xef\xbc\x9d"
         "1+1",
         "'\xef\xbc\x9d"
         "1+1");
    cell(" \xef\xbc\xa0", "\"' \xef\xbc\xa0\"");
    cell("a,b", "\"a,b\"");
    cell("say \"x\"", "\"say \"\"x\"\"\"");
    cell("two\nlines", "two lines");
}

static void numbers_stay_numbers(void **state)
{
    struct result r;
    struct buf out;
    buf_init(&out);
    result_init(&r, "solve");
    metrics_add(&r.metrics, "gap", -0.5, -0.625, -0.375, 0.95, 10, "1");
    report_csv(&r, &out);
    text_has(out.data, "result,solve,gap,,-0.5,-0.625,-0.375,0.95,10,1,,,\n");
    buf_release(&out);
    result_release(&r);
}

/* Every text cell of every canary, read back by our own reader. */
static void canaries_stay_in_their_cells(void **state)
{
    for (size_t i = 0; i < SAMPLE_CANARIES; i++) {
        struct result r;
        struct buf out;
        struct csv csv;
        struct error err = {0};
        buf_init(&out);
        sample_result(&r, sample_canaries[i]);
        report_csv(&r, &out);
        ok(csv_read("x.csv", out.data, out.len, &csv, &err), &err);
        assert_int_equal(csv.columns, 13);
        within((double)csv.rows, 400, 700);
        for (size_t row = 0; row < csv.rows; row++)
            for (size_t c = 0; c < csv.columns; c++) {
                const char *s = csv_cell(&csv, row, c);
                char *end;
                strtod(s, &end);
                if (*s && strchr("=+-@", *s) && *end)
                    fail_msg("row %zu: %s", row, s);
            }
        csv_release(&csv);
        buf_release(&out);
        result_release(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_spreadsheet_would_compute_is_guarded),
        cmocka_unit_test(numbers_stay_numbers),
        cmocka_unit_test(canaries_stay_in_their_cells),
    };
    return cmocka_run_group_tests_name("report csv", tests, NULL, NULL);
}
