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

/* All rows of a text that comes in pieces, each cleared from memory once it is told, as in
 * is_table; then the lines left out: "!4". */
static struct buf in_pieces(const char *text, size_t len, size_t piece)
{
    struct csv c = {0};
    struct error err = {0};
    struct buf out = {0};
    struct csv_rows *r = csv_rows_new("t.csv", &c);
    for (size_t at = 0; at <= len; at += piece) {
        size_t n = len - at < piece ? len - at : piece;
        ok(csv_rows_feed(r, text + at, n, len - at <= piece, &err), &err);
        for (size_t i = 0; i < c.rows; i++)
            for (size_t j = 0; j < c.columns; j++) {
                if (j == 0)
                    buf_printf(&out, "/%u:", (unsigned)c.line[i]);
                buf_printf(&out, "%s%s", j ? "|" : "", csv_cell(&c, i, j));
            }
        for (size_t i = 0; i < c.n_bad; i++)
            buf_printf(&out, "!%u", (unsigned)c.bad[i]);
        csv_rows_clear(r);
        assert_int_equal(c.rows + c.n_bad, 0);
        if (len - at <= piece)
            break;
    }
    csv_rows_free(r);
    csv_release(&c);
    return out;
}

static void rows_are_the_same_in_pieces_of_any_size(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"a,b\n1,2\n3,4\n",                                       "/2:1|2/3:3|4"           },
        {"\xEF\xBB\xBF\n\na;b\r\n1;2\r\n\r\n3;\"x\r\ny\"\r\n5;6", "/4:1|2/6:3|x\r\ny/8:5|6"},
        {"a,b\r1,2\r3,4",                                         "/2:1|2/3:3|4"           },
        {"a,b\n1,2,3\n4,x\"y\n5,6\na,b\n7,8\n",                   "/4:5|6/6:7|8!2!3"       },
        {"a,b\n1,2\n3,\"open\n5,6\n7,8\n",                        "/2:1|2/4:5|6/5:7|8!3"   },
        {"a,b\n1,2\n\"q\"\"q\",4\n5",                             "/2:1|2/3:q\"q|4!4"      },
        {"a\tb\n1\n",                                             "/2:1|"                  },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t piece = 1; piece < 60; piece += piece < 9 ? 1 : 13) {
            struct buf got = in_pieces(cases[i].text, strlen(cases[i].text), piece);
            char rows[400] = "", bad[100] = "";
            for (const char *s = buf_text(&got); *s;) { /* rows, then what was left out */
                size_t n = 1 + strcspn(s + 1, "/!");
                strncat(*s == '!' ? bad : rows, s, n);
                s += n;
            }
            strcat(rows, bad);
            assert_string_equal(rows, cases[i].want);
            buf_release(&got);
        }
}

static void a_row_that_never_ends_is_left_out_with_its_line_alone(void **state)
{
    struct buf text = {0};
    buf_puts(&text, "a,b\n1,2\n3,\"open\n");
    while (text.len < (size_t)17 << 20)
        buf_puts(&text, "555555555555555555555555555555,6666666666666666666666666666666666\n");
    buf_puts(&text, "7,8\n");
    struct csv c = {0};
    struct error err = {0};
    struct csv_rows *r = csv_rows_new("t.csv", &c);
    uint64_t rows = 0, bad = 0;
    for (size_t at = 0, piece = 1 << 20; at < text.len; at += piece) {
        bool last = text.len - at <= piece;
        ok(csv_rows_feed(r, text.data + at, last ? text.len - at : piece, last, &err), &err);
        rows += c.rows;
        bad += c.n_bad;
        assert_true(!last || !strcmp(csv_cell(&c, c.rows - 1, 1), "8"));
        csv_rows_clear(r);
    }
    assert_int_equal(bad, 1);
    assert_int_equal(rows, 2 + (text.len - 20) / 66);
    csv_rows_free(r);
    csv_release(&c);
    buf_release(&text);
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
        cmocka_unit_test(rows_are_the_same_in_pieces_of_any_size),
        cmocka_unit_test(a_row_that_never_ends_is_left_out_with_its_line_alone),
    };
    return cmocka_run_group_tests_name("csv_read", tests, NULL, NULL);
}
