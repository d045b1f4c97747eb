/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"
#include "tests/unit/sample_result.h"

#include "base/json_read.h"
#include "report/build.h"
#include "report/markdown.h"
#include "report/report_json.h"
#include "report/svg.h"

static const struct report_options no_gnuplot = {
    .command = "seam report result.json", .time = "2024-05-01", .plot = {.gnuplot = "/no/gnuplot"}};

static void page_of(const char *name, struct buf *out)
{
    struct result r;
    struct document d;
    const struct result *results[] = {&r};
    sample_result(&r, name);
    report_build(results, 1, &no_gnuplot, &d);
    markdown_page(&d, out);
    document_release(&d);
    result_release(&r);
}

static void escaped(const char *text, const char *want)
{
    struct buf out = {0};
    markdown_escape(&out, text);
    assert_string_equal(buf_text(&out), want);
    buf_release(&out);
}

static void markup_comes_out_as_text(void **state)
{
    escaped("<b>&amp;</b>", "&lt;b&gt;&amp;amp;&lt;/b&gt;");
    escaped("`x` *y* ~~z~~", "\\`x\\` \\*y\\* \\~\\~z\\~\\~");
    escaped("[a](b) ![c]", "\\[a\\](b) \\!\\[c\\]");
    escaped("a|b \\ $x$ #12", "a\\|b \\\\ \\$x\\$ \\#12");
    escaped("https://x.y www.x.y a@b", "https&#58;//x.y www&#46;x.y a&#64;b");
}

static void names_stay_readable(void **state)
{
    escaped("tool_call", "tool_call");
    escaped("_call_ a_", "\\_call\\_ a\\_");
    escaped("12:30, 97.69% (97.6\xe2\x80\x93"
            "97.8)",
            "12:30, 97.69% (97.6\xe2\x80\x93"
            "97.8)");
    escaped("\xd8\xb4\xd8\xb3 \xf0\x9f\x98\x80", "\xd8\xb4\xd8\xb3 \xf0\x9f\x98\x80");
    escaped("right\xe2\x80\xaeleft \033[31mred", "rightleft  \\[31mred");
}

/* --- a strict reader: lines that open a block are ours, and nothing else is markup */

static bool starts(const char *line, const char *with)
{
    return !strncmp(line, with, strlen(with));
}

static bool is_ours(const char *line)
{
    static const char *const ours[] = {"<details>", "</details>", "<summary>", "![", "---"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (starts(line, ours[i]))
            return true;
    return false;
}

/* Unescaped, in a line that is not ours. */
static void check_line(const char *line)
{
    bool absent = line[0] == '*' && line[1] != '*';
    for (const char *at = line; *at && !absent; at++) {
        if ((unsigned char)*at < 0x20)
            fail_msg("control character %d: %s", *at, line);
        if (*at == '\\' && at[1]) {
            at++;
            continue;
        }
        bool bold = *at == '*' && (at[1] == '*' || (at > line && at[-1] == '*'));
        if (strchr("<`[]~$", *at) || (*at == '*' && !bold))
            fail_msg("%c is markup: %s", *at, line);
        if (starts(at, "http://") || starts(at, "https://") || *at == '@')
            fail_msg("a link: %s", line);
    }
}

static size_t pipes(const char *line)
{
    size_t n = 0;
    for (const char *at = line; *at; at++) {
        n += *at == '|';
        at += *at == '\\' && at[1];
    }
    return n;
}

static void check_page(char *text)
{
    size_t columns = 0, folds = 0;
    bool code = false;
    for (char *line = text, *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        assert_non_null(end);
        *end = '\0';
        if (starts(line, "```"))
            code = !code;
        folds += starts(line, "<details>") - starts(line, "</details>");
        if (line[0] == '|') {
            if (columns)
                assert_int_equal(pipes(line), columns);
            columns = pipes(line);
        } else {
            columns = 0;
        }
        if (starts(line, "<summary>")) {
            char *close = strstr(line, "</summary>");
            assert_non_null(close);
            *close = '\0';
            check_line(line + strlen("<summary>"));
        } else if (!code && !is_ours(line) && !starts(line, "```")) {
            check_line(line);
        }
    }
    assert_int_equal(folds, 0);
    assert_false(code);
}

static void no_canary_gets_out_of_its_text(void **state)
{
    for (size_t i = 0; i < SAMPLE_CANARIES; i++) {
        struct buf page = {0};
        page_of(sample_canaries[i], &page);
        assert_null(strstr(page.data, "\xe2\x80\xae"));
        assert_null(strstr(page.data, "\xff"));
        check_page(page.data);
        buf_release(&page);
    }
}

static void a_line_of_a_text_opens_no_block(void **state)
{
    static const struct {
        const char *text, *line;
    } cases[] = {
        {"# not a heading", "\n\\# not a heading\n"},
        {"- not a list",    "\n\\- not a list\n"   },
        {"12. not a list",  "\n12\\. not a list\n" },
        {"    not code",    "\nnot code\n"         },
        {"=== not a rule",  "\n\\=== not a rule\n" }
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct document d;
        struct buf out = {0};
        document_init(&d, "t", "");
        document_section(&d, "s", "s");
        document_text(&d, BLOCK_PARAGRAPH, TONE_PLAIN, "%s", cases[i].text);
        markdown_page(&d, &out);
        text_has(out.data, cases[i].line);
        document_release(&d);
        buf_release(&out);
    }
}

static void a_command_with_backquotes_stays_in_its_fence(void **state)
{
    struct document d;
    struct buf out = {0};
    document_init(&d, "t", "");
    document_section(&d, "s", "s");
    document_text(&d, BLOCK_CODE, TONE_PLAIN, "seam report ```` x");
    markdown_page(&d, &out);
    text_has(out.data, "\n`````\nseam report ```` x\n`````\n");
    document_release(&d);
    buf_release(&out);
}

static void tables_are_filled_up_and_numbers_stand_right(void **state)
{
    struct document d;
    struct buf out = {0};
    document_init(&d, "t", "");
    document_section(&d, "s", "s");
    struct table *t = document_table(&d, "Values");
    table_column(&d, t, "metric", false);
    table_column(&d, t, "value", true);
    table_cell(&d, t, TONE_PLAIN, "reliability");
    table_cell(&d, t, TONE_PLAIN, "97%");
    document_add_table(&d, t);
    markdown_page(&d, &out);
    text_has(out.data,
             "| metric      | value |\n| ----------- | ----: |\n| reliability |   97% |\n");
    document_release(&d);
    buf_release(&out);
}

/* --- two sides, and the same for machines */

static void sides_of(struct result *a, struct result *b)
{
    sample_result(a, NULL);
    sample_result(b, NULL);
    b->scenario_sha256 = "another";
    for (size_t i = 0; i < b->metrics.list.len; i++)
        if (!strcmp(b->metrics.list.at[i].name, "reliability")) {
            b->metrics.list.at[i].value = 0.873;
            b->metrics.list.at[i].low = 0.8722;
            b->metrics.list.at[i].high = 0.8738;
        }
}

static void two_sides_differ_by_points_with_their_interval(void **state)
{
    struct result a, b;
    struct document d;
    struct buf out = {0};
    const struct result *results[] = {&a, &b};
    struct report_options options = no_gnuplot;
    options.before = 1;
    options.side[0] = "june";
    options.side[1] = "july <b>";
    sides_of(&a, &b);
    report_build(results, 2, &options, &d);
    markdown_page(&d, &out);
    /* 87.30 - 83.30; halves sqrt(0.08^2 + 0.07^2) = 0.106 points */
    text_has(out.data, "> **Better: with july &lt;b&gt;, 4.00 (3.89\xe2\x80\x93"
                       "4.11) more of every 100 items end right.**");
    text_has(out.data, "reliability is 87.30% (87.22\xe2\x80\x93"
                       "87.38), the target is at least 95%");
    text_has(out.data, "None of the ");
    text_has(out.data, " numbers that both sides have is shown to differ.");
    check_page(out.data);
    document_release(&d);
    buf_release(&out);
    result_release(&a);
    result_release(&b);
}

static void the_json_holds_the_words_and_the_results(void **state)
{
    for (size_t i = 0; i < SAMPLE_CANARIES; i++) {
        struct result r, again;
        struct document d;
        struct buf out = {0}, one = {0}, want = {0}, got = {0};
        struct error err = {0};
        struct json root;
        struct json_reader *reader = json_reader_new();
        const struct result *results[] = {&r};
        const char *text;
        size_t len;
        sample_result(&r, sample_canaries[i]);
        report_build(results, 1, &no_gnuplot, &d);
        report_json(&d, results, 1, 0, &out);
        ok(json_parse(reader, buf_text(&out), out.len, &root, &err), &err);
        assert_true(json_text(json_get(root, "schema"), &text, &len));
        assert_memory_equal(text, "seam.report/1", len);
        assert_int_equal(json_count(json_get(root, "sections")), 14);
        json_dump(json_pointer(root, "/results/0"), &one);
        ok(result_read_json("one", buf_text(&one), one.len, &again, &err), &err);
        result_write_json(&r, &want);
        result_write_json(&again, &got);
        assert_string_equal(buf_text(&want), buf_text(&got));
        json_reader_free(reader);
        document_release(&d);
        result_release(&r);
        result_release(&again);
        buf_release(&out);
        buf_release(&one);
        buf_release(&want);
        buf_release(&got);
    }
}

static void pictures_are_files_with_names_of_ours(void **state)
{
    struct document d;
    struct buf out = {0};
    char file[FIGURE_FILE_MAX];
    document_init(&d, "t", "");
    document_section(&d, "s", "s");
    for (int i = 0; i < 2; i++) {
        struct figure *f = document_figure(&d, i ? "fig-../x" : "fig-flow-3", "T <&", "what");
        f->svg = "<path/>";
        f->width = 10;
        f->height = 5;
        document_add_figure(&d, f);
    }
    figure_file(&d, d.sections.at[0].blocks.at[0].figure, file);
    assert_string_equal(file, "report-01-flow.svg");
    figure_file(&d, d.sections.at[0].blocks.at[1].figure, file);
    assert_string_equal(file, "report-02-.svg");
    svg_put_file(&out, d.sections.at[0].blocks.at[0].figure);
    text_has(out.data, "<title>T &lt;&amp;</title>");
    text_has(out.data, "prefers-color-scheme:dark");
    document_release(&d);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markup_comes_out_as_text),
        cmocka_unit_test(names_stay_readable),
        cmocka_unit_test(no_canary_gets_out_of_its_text),
        cmocka_unit_test(a_line_of_a_text_opens_no_block),
        cmocka_unit_test(a_command_with_backquotes_stays_in_its_fence),
        cmocka_unit_test(tables_are_filled_up_and_numbers_stand_right),
        cmocka_unit_test(two_sides_differ_by_points_with_their_interval),
        cmocka_unit_test(the_json_holds_the_words_and_the_results),
        cmocka_unit_test(pictures_are_files_with_names_of_ours),
    };
    return cmocka_run_group_tests_name("markdown", tests, NULL, NULL);
}
