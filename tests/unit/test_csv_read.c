/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"

#include "base/csv_read.h"

#include <stdio.h>
#include <string.h>

static void read_well(const char *text, struct csv *c)
{
    struct error err = {0};
    ok(csv_read("t.csv", text, strlen(text), c, &err), &err);
}

/* The table as "a|b/1:1|2/2:3|4": the header, then each row with its line. */
static void is_table(const char *text, const char *want)
{
    struct csv c;
    struct buf b = {0};
    read_well(text, &c);
    for (size_t j = 0; j < c.columns; j++)
        buf_printf(&b, "%s%s", j ? "|" : "", c.header[j]);
    for (size_t i = 0; i < c.rows; i++)
        for (size_t j = 0; j < c.columns; j++) {
            if (j == 0)
                buf_printf(&b, "/%u:", (unsigned)c.line[i]);
            buf_printf(&b, "%s%s", j ? "|" : "", csv_cell(&c, i, j));
        }
    assert_string_equal(buf_text(&b), want);
    buf_release(&b);
    csv_release(&c);
    assert_null(c.cell);
}

static void plain_tables_are_read(void **state)
{
    is_table("a,b\n1,2\n3,4\n", "a|b/2:1|2/3:3|4");
    is_table("a,b\n1,2\n3,4", "a|b/2:1|2/3:3|4");
    is_table("a\n1\n", "a/2:1");
    is_table("a,b\n", "a|b");
    is_table("a,b", "a|b");
    is_table(" a , b \n 1 , 2 2 \n", "a|b/2:1|2 2");
}

static void every_line_ending_counts_once(void **state)
{
    is_table("a,b\r\n1,2\r\n3,4\r\n", "a|b/2:1|2/3:3|4");
    is_table("a,b\r1,2\r3,4\r", "a|b/2:1|2/3:3|4");
    is_table("a,b\n\n\r\n1,2\n  \n3,4\n\n", "a|b/4:1|2/6:3|4");
    is_table("\n\na,b\n1,2\n", "a|b/4:1|2");
}

static void quoted_cells_hold_anything(void **state)
{
    is_table("a,b\n\"x,y\",\"say \"\"hi\"\"\"\n", "a|b/2:x,y|say \"hi\"");
    is_table("a,b\n\"one\ntwo\n\nfive\",2\n3,4\n", "a|b/2:one\ntwo\n\nfive|2/6:3|4");
    is_table("a,b\r\n\"one\r\ntwo\",2\r\n3,4\r\n", "a|b/2:one\r\ntwo|2/4:3|4");
    is_table("\"a\nb\",c\n1,2\n", "a\nb|c/3:1|2");
    is_table("a\n\"\"\n\" \"\n", "a/2:/3: ");
}

static void byte_order_mark_is_skipped(void **state)
{
    is_table("\xEF\xBB\xBF"
             "a,b\n1,2\n",
             "a|b/2:1|2");
    is_table("\xEF\xBB\xBF"
             "\"a\",b\n1,2\n",
             "a|b/2:1|2");
}

static void delimiter_is_told_from_the_header(void **state)
{
    is_table("a;b\n1,5;2\n", "a|b/2:1,5|2");
    is_table("a\tb\n1\t\n", "a|b/2:1|");
    is_table("\"x,y,z\";b\n1;2\n", "x,y,z|b/2:1|2");
    is_table("\n\na;b\n1,1,1;2\n", "a|b/4:1,1,1|2");
    is_table("\ta\n1\t2\n", "|a/2:1|2");
}

static void missing_cells_are_empty(void **state)
{
    is_table("a,b,c\n1\n1,\n,,3\n,\n", "a|b|c/2:1||/3:1||/4:||3/5:||");
}

static void refused(const char *text, size_t len, uint32_t line, const char *part)
{
    struct csv c = {.rows = 77};
    struct error err = {0};
    assert_int_equal(csv_read("t.csv", text, len, &c, &err), -1);
    error_is(&err, ERR_INPUT, part);
    assert_int_equal(err.line, line);
    assert_memory_equal(err.text, "t.csv:", 6);
}

static void faults_are_told_with_their_line(void **state)
{
    static const struct {
        const char *text;
        uint32_t line;
        const char *part;
    } rows[] = {
        {"",                             0, "empty"                             },
        {"\xEF\xBB\xBF",                 0, "empty"                             },
        {" \r\n\n\t\n",                  0, "empty"                             },
        {"a,b\n1,2,3\n",                 2, "more cells than the header (2)"    },
        {"a,b\n1,2\n\n\"x\ny\",2,3\n",   4, "more cells than the header"        },
        {"a,b\n1,2,3",                   2, "more cells than the header"        },
        {"a,b\n1,2\n3,\"open\n\nmore\n", 3, "opens on this line never closes"   },
        {"a,b\n\"x\ny\",\"open\n\n",     3, "opens on this line never closes"   },
        {"a,\"b\n1,2\n",                 1, "opens on this line never closes"   },
        {"a,b\n1,2\n5\" disk,3\n",       3, "a quote (\") stands where none can"},
        {"a,b\n1,2\n\"x\"y,3\n",         3, "a quote (\") stands where none can"},
        {"a,b\n\"x\n\ny\"z,3\n",         4, "a quote (\") stands where none can"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refused(rows[i].text, strlen(rows[i].text), rows[i].line, rows[i].part);
    refused("a,b\n1,\0\n", 8, 2, "NUL");
    refused("a,b\r\n1,2\r\n\0", 11, 3, "NUL");
    refused("\0", 1, 1, "NUL");
}

static void columns_are_found_by_any_of_their_names(void **state)
{
    static const char *const activity[] = {"activity", "concept:name", NULL};
    static const char *const time[] = {"timestamp", "time:timestamp", NULL};
    static const char *const absent[] = {"start", NULL};
    struct csv c;
    read_well("Case ID,Concept:Name,TIMESTAMP,Activity\n1,2,3,4\n", &c);
    assert_int_equal(csv_column(&c, activity), 3); /* the first name goes first */
    assert_int_equal(csv_column(&c, time), 2);
    assert_int_equal(csv_column(&c, absent), -1);
    csv_release(&c);
}

static void large_tables_keep_every_cell(void **state)
{
    struct buf b = {0};
    struct csv c;
    buf_puts(&b, "n,square,text\n");
    for (unsigned i = 0; i < 50000; i++)
        buf_printf(&b, "%u,%llu,\"row %u\"\n", i, (unsigned long long)i * i, i);
    read_well(buf_text(&b), &c);
    assert_int_equal(c.rows, 50000);
    for (unsigned i = 0; i < 50000; i += 777) {
        char want[32];
        snprintf(want, sizeof want, "%llu", (unsigned long long)i * i);
        assert_string_equal(csv_cell(&c, i, 1), want);
        assert_int_equal(c.line[i], i + 2);
    }
    buf_release(&b);
    csv_release(&c);
}

static void too_many_columns_are_refused(void **state)
{
    struct buf b = {0};
    struct csv c;
    struct error err = {0};
    for (int i = 0; i < 20000; i++)
        buf_puts(&b, "x,");
    assert_int_equal(csv_read("t.csv", b.data, b.len, &c, &err), -1);
    error_is(&err, ERR_LIMIT, "t.csv:1: the header has more than 10000 columns");
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_tables_are_read),
        cmocka_unit_test(every_line_ending_counts_once),
        cmocka_unit_test(quoted_cells_hold_anything),
        cmocka_unit_test(byte_order_mark_is_skipped),
        cmocka_unit_test(delimiter_is_told_from_the_header),
        cmocka_unit_test(missing_cells_are_empty),
        cmocka_unit_test(faults_are_told_with_their_line),
        cmocka_unit_test(columns_are_found_by_any_of_their_names),
        cmocka_unit_test(large_tables_keep_every_cell),
        cmocka_unit_test(too_many_columns_are_refused),
    };
    return cmocka_run_group_tests_name("csv_read", tests, NULL, NULL);
}
