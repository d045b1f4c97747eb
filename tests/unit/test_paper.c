/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page for paper, and what is told of a typesetter that does not do its work. */
#include "report/pdf.h"
#include "tests/support/support.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static double clock_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void build(struct document *d)
{
    document_init(d, "six <steps>", "");
    document_section(d, "flow", "The flow");
    struct figure *f = document_figure(d, "f1", "steps", "what leads where");
    f->svg = "<path class=\"way\" style=\"stroke:var(--c2,#d55e00);\" fill=\"currentColor\"/>";
    f->width = f->height = 10;
    f->data = document_table(d, "all ways");
    table_column(d, f->data, "step", false);
    table_column(d, f->data, "share", true);
    for (int i = 0; i < 200; i++) {
        char text[16];
        snprintf(text, sizeof text, "row%d", i);
        table_cell(d, f->data, TONE_PLAIN, i == 0 ? "\u05d0\u05d1 step" : text);
        table_cell(d, f->data, TONE_PLAIN, "1%");
    }
    document_add_figure(d, f);
    document_section(d, "empty", "Nothing is here");
}

static void the_numbers_of_pictures_stand_at_the_end(void **state)
{
    struct document d;
    struct buf page = {0};
    build(&d);
    report_paper(&d, &page);
    const char *text = buf_text(&page), *figure = strstr(text, "<figure>");
    const char *numbers = strstr(text, "id=\"numbers\"");
    assert_non_null(figure);
    assert_true(numbers > figure);
    assert_true(strstr(text, "all ways") > numbers);
    text_has(figure, "<a class=\"behind\" href=\"#behind-1\">");
    text_has(numbers, "<h3 id=\"behind-1\">");
    /* every third row, so that the last is no further away than the first */
    text_has(numbers, "one row in 3 of 200");
    text_has(numbers, ">row198<");
    assert_null(strstr(numbers, ">row197<"));
    assert_null(strstr(text, "Nothing is here"));
    document_release(&d);
    buf_release(&page);
}

static void what_the_typesetter_does_not_know_is_not_used(void **state)
{
    struct document d;
    struct buf page = {0};
    build(&d);
    report_paper(&d, &page);
    const char *text = buf_text(&page);
    assert_null(strstr(text, "var("));
    assert_null(strstr(text, "currentColor"));
    assert_null(strstr(text, "display:grid"));
    assert_null(strstr(text, "<script"));
    assert_null(strstr(text, "://"));
    text_has(text, "stroke:#d55e00;");
    text_has(text, "six &lt;steps&gt;");
    text_has(text, "\u2066\u05d0\u05d1 step\u2069"); /* turns nothing around it */
    document_release(&d);
    buf_release(&page);
}

static void a_typesetter_that_fails_is_told_with_its_words(void **state)
{
    static const struct {
        const char *program, *says;
    } rows[] = {
        {"no-such-typesetter", "apt-get install weasyprint"          },
        {"false",              "WeasyPrint failed: it gave no reason"},
        {"true",               "WeasyPrint failed: it gave no reason"},
        {"ls",                 "WeasyPrint failed: ls: "             },
    };
    struct buf page = {0}, pdf = {0};
    buf_puts(&page, "<html></html>");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct typeset_options o = {.program = rows[i].program, .clock_s = clock_s};
        struct error err = {0};
        assert_int_equal(typeset(&page, &o, &pdf, &err), -1);
        error_is(&err, ERR_IO, rows[i].says);
        assert_int_equal(pdf.len, 0);
    }
    buf_release(&page);
    buf_release(&pdf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_numbers_of_pictures_stand_at_the_end),
        cmocka_unit_test(what_the_typesetter_does_not_know_is_not_used),
        cmocka_unit_test(a_typesetter_that_fails_is_told_with_its_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
