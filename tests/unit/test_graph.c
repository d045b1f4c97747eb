/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drawings of flows: what they say, that they fit, and that no name breaks out of them. */
#include "tests/support/support.h"

#include "model/scenario.h"
#include "report/document.h"
#include "report/graph.h"

#include <string.h>

static const char flow[] = "seam: 1\n"
                           "name: Flow\n"
                           "flow:\n"
                           "  - stage: draft\n"
                           "    wrong: 5%\n"
                           "    error: 2%\n"
                           "    retry: {attempts: 3}\n"
                           "    confidence: {good: 0.9, bad: 0.4}\n"
                           "    fallback: human\n"
                           "  - parallel: look\n"
                           "    join: 1 of 2\n"
                           "    branches:\n"
                           "      - - stage: first\n"
                           "      - - stage: second\n"
                           "          error: 1%\n"
                           "  - check: critic\n"
                           "    sensitivity: 80%\n"
                           "    specificity: 90%\n"
                           "    on_reject: {goto: draft, at_most: 2, then: human}\n"
                           "  - gate: sure\n"
                           "    threshold: 70%\n"
                           "    above: ship\n"
                           "    below: human\n"
                           "  - review: human\n"
                           "    sensitivity: 93%\n"
                           "    specificity: 98%\n";

static const char *const canaries[] = {
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "`touch /tmp/x`; $(reboot)",
    "a\nset output 'canary'",
    "\033[31mred\033[0m\a\b",
    "right\xe2\x80\xaeleft",
    "\xf0\x9f\x98\x80 \xd8\xb4\xd8\xb3 \xe6\xbc\xa2\xe5\xad\x97",
    "bad\xff\xfe\xc0\xaf bytes\xed\xa0\x80",
    "%s%n%d \\n \\101 $HOME ${x}",
};

static void read_text(const char *text, struct pipeline *p)
{
    struct faults faults;
    struct error err = {0};
    faults_init(&faults);
    if (scenario_parse("flow.yaml", text, strlen(text), NULL, p, &faults, &err))
        fail_msg("%s", err.text);
    faults_release(&faults);
}

static void read_flow(struct pipeline *p)
{
    read_text(flow, p);
}

static void the_drawing_tells_ways_bounds_joins_and_ends(void **state)
{
    struct pipeline p;
    struct buf out;
    buf_init(&out);
    read_flow(&p);
    graph_put_text(&p, 80, &out);
    text_has(out.data, "■ draft   stage, agent, 5% wrong, 2% errors, up to 3 attempts\n"
                       "  ├─ failed ─▶ human\n");
    text_has(out.data, "├──┐ branch 2 of 2\n  │  ■ second");
    text_has(out.data, "│  ├─ failed ─▶ fail\n");
    text_has(out.data, "joined: the first 1 of 2 that end well");
    text_has(out.data, "├─ rejected ─▶ draft (at most 2 times, then human)\n");
    text_has(out.data, "├─ 70% and above ─▶ ship\n  │ below 70%\n  ● human");
    text_has(out.data, "◎ ship\n");
    buf_release(&out);
    pipeline_release(&p);
}

/* Of both branches one alone can fail: a join of all can, one of any cannot; the other one's stage
 * fails in an outage alone. */
static void failures_of_joins_and_in_outages_are_ways(void **state)
{
    static const char *const text = "seam: 1\n"
                                    "flow:\n"
                                    "  - parallel: look\n"
                                    "    join: %s\n"
                                    "    branches:\n"
                                    "      - [{stage: sure}]\n"
                                    "      - [{stage: first, error: 1%%}]\n"
                                    "  - stage: second\n"
                                    "environments:\n"
                                    "  net:\n"
                                    "    up: {lasts: 9h}\n"
                                    "    down: {lasts: 1h, steps: {second: {error: 90%%}}}\n";
    static const char *const join[] = {"all", "any"};
    for (int k = 0; k < 2; k++) {
        struct pipeline p;
        struct buf out, flow_text;
        buf_init(&out);
        buf_init(&flow_text);
        buf_printf(&flow_text, text, join[k]);
        read_text(buf_text(&flow_text), &p);
        graph_put_text(&p, 80, &out);
        text_has(out.data,
                 k ? "that ends well\n  │\n" : "all 2 must end well\n  ├─ failed ─▶ fail\n");
        text_has(out.data, "second  stage, agent, other numbers while net is down\n"
                           "  ├─ failed ─▶ fail\n");
        buf_release(&out);
        buf_release(&flow_text);
        pipeline_release(&p);
    }
}

/* Every line of the drawing within the width, and no control character in it. */
static void check_lines(const char *text, size_t width)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        char line[1024];
        assert_true(len < sizeof line);
        memcpy(line, text, len);
        line[len] = '\0';
        if (text_width(line) > width)
            fail_msg("%zu columns, not %zu: %s", text_width(line), width, line);
        for (size_t i = 0; i < len; i++)
            assert_true((unsigned char)line[i] >= 0x20 && line[i] != 0x7f);
        text += len + (text[len] == '\n');
    }
}

static void the_drawing_fits(void **state)
{
    for (int width = 40; width <= 120; width += 40) {
        struct pipeline p;
        struct buf out;
        buf_init(&out);
        read_flow(&p);
        graph_put_text(&p, width, &out);
        check_lines(buf_text(&out), (size_t)width);
        buf_release(&out);
        pipeline_release(&p);
    }
}

/* Quotes of a graphviz text come in pairs on each line, with none inside that is not escaped. */
static void check_quotes(const char *text)
{
    size_t quotes = 0;
    for (const char *c = text; *c; c++) {
        if (*c == '\\' && c[1])
            c++;
        else if (*c == '"')
            quotes++;
        else if (*c == '\n') {
            assert_int_equal(quotes % 2, 0);
            quotes = 0;
        }
    }
}

static void names_stay_inside_their_quotes(void **state)
{
    static const char hostile[] =
        "a\"]; x -> y; \\\" `b` <script> & #35; {c} | end\n%%{init}\x1b[31m";
    struct pipeline p;
    struct buf dot, mermaid;
    buf_init(&dot);
    buf_init(&mermaid);
    read_flow(&p);
    p.name = p.step[0].id = p.step[1].id = hostile;
    graph_put_dot(&p, &dot);
    graph_put_mermaid(&p, &mermaid);
    check_quotes(buf_text(&dot));
    text_has(dot.data, "a&quot;]; x -> y; \\\\&quot; `b` <script> &amp; #35; {c} | end");
    text_has(mermaid.data, "s0[\"a#34;#93;#59; x -#62; y#59; #92;#34; #96;b#96; #60;script#62; "
                           "#38; #35;35#59; #123;c#125; #124; end");
    assert_null(strchr(dot.data, '\x1b'));
    assert_null(strchr(mermaid.data, '\x1b'));
    assert_null(strstr(mermaid.data, "%%{"));
    buf_release(&dot);
    buf_release(&mermaid);
    pipeline_release(&p);
}

static void canaries_are_drawn_in_every_language(void **state)
{
    for (size_t i = 0; i < sizeof canaries / sizeof *canaries; i++) {
        struct pipeline p;
        struct buf text, dot, mermaid;
        buf_init(&text);
        buf_init(&dot);
        buf_init(&mermaid);
        read_flow(&p);
        p.step[0].id = canaries[i];
        graph_put_text(&p, 80, &text);
        graph_put_dot(&p, &dot);
        graph_put_mermaid(&p, &mermaid);
        check_quotes(buf_text(&dot));
        check_lines(buf_text(&text), 80);
        buf_release(&text);
        buf_release(&dot);
        buf_release(&mermaid);
        pipeline_release(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_drawing_tells_ways_bounds_joins_and_ends),
        cmocka_unit_test(failures_of_joins_and_in_outages_are_ways),
        cmocka_unit_test(the_drawing_fits),
        cmocka_unit_test(names_stay_inside_their_quotes),
        cmocka_unit_test(canaries_are_drawn_in_every_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
