/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Manual pages: no text is a request or an escape, and the manual holds all that the tables hold.
 */
#include "tests/support/support.h"

#include "cli/help.h"
#include "cli/manual.h"
#include "model/commands.h"
#include "model/result.h"
#include "report/document.h"
#include "report/man.h"

#include <string.h>

static void text_is_never_a_request(void **state)
{
    struct buf out;
    buf_init(&out);
    man_put_text(&out, ".SH x");
    buf_putc(&out, '\n');
    man_put_text(&out, "'br");
    buf_putc(&out, '\n');
    man_put_text(&out, "\\fBa\\fR --b 'c' `d` \"e\" ~ ^ µ 😀\n.SH");
    assert_string_equal(buf_text(&out),
                        "\\&.SH x\n\\&\\(aqbr\n\\(rsfBa\\(rsfR \\-\\-b \\(aqc\\(aq \\(gad\\(ga "
                        "\\(dqe\\(dq \\(ti \\(ha \\[u00B5] \\[u1F600] .SH");
    buf_release(&out);
}

static void words_in_backticks_are_bold_and_lone_ones_stay(void **state)
{
    static const struct man_head head = {"X", "1", "2026-01-31", "x 1", "Commands"};
    struct document d;
    struct buf out;
    buf_init(&out);
    document_init(&d, "x", "");
    document_section(&d, "a", "A");
    document_text(&d, BLOCK_PARAGRAPH, TONE_PLAIN, "take `--set` or a ` alone");
    man_document(&d, &head, &out);
    assert_string_equal(
        buf_text(&out),
        ".TH \"X\" \"1\" \"2026-01-31\" \"x 1\" \"Commands\"\n.nr HY 0\n.nh\n.ad l\n"
        ".SH \"A\"\ntake \\fB\\-\\-set\\fR or a \\(ga alone\n");
    document_release(&d);
    buf_release(&out);
}

/* `name` as the page writes it. */
static void page_has(const char *page, const char *name)
{
    struct buf text;
    buf_init(&text);
    man_put_text(&text, name);
    text_has(page, buf_text(&text));
    buf_release(&text);
}

/* The same in lines that each fit a terminal and go on behind a backslash. */
static void page_has_command(const char *page, const char *command)
{
    struct buf lines;
    char *rest = NULL;
    size_t all = 0;
    buf_init(&lines);
    help_put_example(&lines, command, 0, 71);
    for (char *line = strtok_r(lines.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        assert_true(text_width(line) <= 71);
        page_has(page, line);
        all += strlen(line) - (all ? 4 : 0) - (rest && *rest ? 1 : 0);
    }
    assert_int_equal(all, strlen(command));
    buf_release(&lines);
}

static void the_manual_holds_every_command_option_and_metric(void **state)
{
    struct buf page, option;
    buf_init(&page);
    buf_init(&option);
    manual_put_man(&page);
    for (int c = 0; c < COMMAND_COUNT; c++) {
        buf_clear(&option);
        buf_printf(&option, "seam %s", command_defs[c].name);
        page_has(buf_text(&page), buf_text(&option));
        for (size_t i = 0; i < 6 && command_defs[c].examples[i]; i++)
            page_has_command(buf_text(&page), command_defs[c].examples[i]);
    }
    for (int i = 0; i < OPTION_COUNT; i++) {
        buf_clear(&option);
        buf_printf(&option, "--%s", option_defs[i].name);
        page_has(buf_text(&page), buf_text(&option));
    }
    for (size_t i = 0; i < metric_defs_count; i++)
        page_has(buf_text(&page), metric_defs[i].name);
    buf_release(&page);
    buf_release(&option);
}

/* Chapters are found by their id, which is no command's: `seam help ID` means one thing. */
static void chapters_have_names_of_their_own(void **state)
{
    for (size_t i = 0; i < manual_chapters_count; i++) {
        const struct manual_chapter *c = &manual_chapters[i];
        assert_ptr_equal(manual_chapter(c->id), c);
        for (int k = 0; k < COMMAND_COUNT; k++)
            if (!strcmp(command_defs[k].name, c->id))
                fail_msg("%s is a command and a chapter", c->id);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_never_a_request),
        cmocka_unit_test(words_in_backticks_are_bold_and_lone_ones_stay),
        cmocka_unit_test(the_manual_holds_every_command_option_and_metric),
        cmocka_unit_test(chapters_have_names_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
