/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"
#include "tests/unit/sample_result.h"

#include "report/plot.h"
#include "report/svg.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t entries(const char *dir)
{
    size_t n = 0;
    DIR *d = opendir(dir);
    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2;
}

static void add_points(struct result *r, const char *id, const char *x, const char *y, size_t n)
{
    struct curve *c = result_add_curve(r, id, x, y);
    for (size_t i = 0; i < n; i++) {
        double at = (double)(i + 1);
        vec_push(&c->points, ((struct point){at, 0.9 / at, 0.8 / at, 0.95 / at, NULL}));
    }
}

/* What sample_result leaves out: alternatives with their layers, windows, tasks run again. */
static void add_sides(struct result *r, const char *const *names, size_t n)
{
    static const double cost[] = {0.1, 0.4, 0.9, 0.2}, right[] = {0.7, 0.96, 0.98, 0.81};
    for (size_t i = 0; i < n; i++) {
        struct row *row = result_add_row(r, alternatives, names[i]);
        metrics_add(&row->metrics, "cost_per_item", cost[i % 4], 0.9 * cost[i % 4],
                    1.1 * cost[i % 4], 0.95, 100, "$");
        struct metric *m = metrics_add(&row->metrics, "reliability", right[i % 4],
                                       right[i % 4] - 0.01, right[i % 4] + 0.01, 0.95, 100, "1");
        m->target = "at least 95%";
        m->verdict = right[i % 4] > 0.95 ? VERDICT_PASS : VERDICT_FAIL;
        struct row *layer = result_add_row(r, layers, "model");
        layer->kind = names[i];
        metrics_add_exact(&layer->metrics, "loss", 1 - right[i % 4], "1");
        layer = result_add_row(r, layers, "human");
        layer->kind = names[i];
        metrics_add_exact(&layer->metrics, "loss", -0.01, "1");
    }
    add_points(r, "backtest", "time", "reliability", 3);
    add_points(r, "pass_at_k", "k", "pass_at_k", 4);
    add_points(r, "pass_all_k", "k", "pass_all_k", 4);
}

/* All canaries as stage names, in every picture that shows names. */
static void hostile_names_are_drawn_and_never_run(void **state)
{
    char dir[] = "/tmp/seam-plot-test-XXXXXX";
    struct result r;
    struct document d;
    assert_non_null(mkdtemp(dir));
    unlink("/tmp/seam-canary");
    result_init(&r, "simulate");
    sample_stages(&r, sample_canaries, SAMPLE_CANARIES);
    sample_headline(&r);
    add_sides(&r, sample_canaries, SAMPLE_CANARIES);
    for (size_t i = 0; i < SAMPLE_CANARIES; i++)
        vec_push(&r.sensitivities,
                 ((struct sensitivity){sample_canaries[i], "reliability", -0.5, -0.5, -0.5}));
    document_init(&d, "t", "");
    document_section(&d, "s", "s");
    const struct plot_options options = {.temp_dir = dir};
    const enum plot_kind kinds[] = {PLOT_LOSS, PLOT_IMPROVEMENT, PLOT_STAGES, PLOT_TORNADO,
                                    PLOT_FLOW, PLOT_COST,        PLOT_LAYERS};
    enum { DRAWN = sizeof kinds / sizeof *kinds };
    for (size_t i = 0; i < DRAWN; i++)
        plot_add(kinds[i], &r, sample_canaries[i], &d);
    plot_draw(&d, &options);
    assert_int_equal(d.sections.at[0].blocks.len, DRAWN);
    for (size_t i = 0; i < DRAWN; i++) {
        const struct figure *f = d.sections.at[0].blocks.at[i].figure;
        if (!f->svg)
            fail_msg("%s: %s", f->id, f->missing);
        assert_null(strstr(f->svg, "<script"));
        assert_null(strstr(f->svg, "<img"));
        assert_null(strchr(f->svg, '\033'));
    }
    text_has(d.sections.at[0].blocks.at[1].figure->svg, "&lt;script&gt;alert(1)&lt;/script&gt;");
    text_has(d.sections.at[0].blocks.at[1].figure->svg, "`touch /tmp/seam-canary`");
    assert_int_equal(access("/tmp/seam-canary", F_OK), -1);
    assert_int_equal(entries(dir), 0); /* nothing is left behind */
    rmdir(dir);
    document_release(&d);
    result_release(&r);
}

/* Where it stands alone a picture says its title, and of what it is; the script holds neither. */
static void a_picture_that_stands_alone_has_a_heading(void **state)
{
    static const char subject[] = "`touch /tmp/seam-canary` <b> 'x' $(y): 83.3%";
    const enum plot_kind kinds[] = {PLOT_LOSS, PLOT_FLOW, PLOT_CALIBRATION};
    struct result r;
    sample_result(&r, NULL);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct document d;
        struct error err = {0};
        struct buf out, script;
        buf_init(&out);
        buf_init(&script);
        document_init(&d, "t", "");
        document_section(&d, "s", "s");
        plot_add(kinds[i], &r, NULL, &d);
        struct figure *f = d.sections.at[0].blocks.at[0].figure;
        assert_true(plot_heading(f) == 0);
        plot_subject(&d, f, subject);
        assert_true(plot_heading(f) == 48);
        if (f->svg)
            svg_put_file(&out, f);
        else if (plot_picture(f, PLOT_SVG, NULL, &out, &err))
            fail_msg("%s", err.text);
        text_has(buf_text(&out), "`touch /tmp/seam-canary` &lt;b&gt;");
        assert_non_null(strstr(strstr(buf_text(&out), "</style>"), f->title));
        plot_script(f, PLOT_PNG, "x", &script);
        assert_null(strstr(buf_text(&script), "touch"));
        text_has(buf_text(&script), "set label 2 subject");
        buf_release(&out);
        buf_release(&script);
        document_release(&d);
    }
    assert_int_equal(access("/tmp/seam-canary", F_OK), -1);
    result_release(&r);
}

static void a_missing_gnuplot_is_told_with_the_way_to_get_it(void **state)
{
    struct error err = {0};
    const struct plot_options options = {.gnuplot = "/no/such/gnuplot"};
    assert_int_equal(plot_run("plot x\n", NULL, 0, NULL, 0, &options, &err), -1);
    error_is(&err, ERR_IO, "apt install gnuplot-nox");
}

static void gnuplots_own_words_are_passed_on(void **state)
{
    struct error err = {0};
    assert_int_equal(plot_run("plot 'missing.tsv' nonsense\n", NULL, 0, NULL, 0, NULL, &err), -1);
    error_is(&err, ERR_IO, "gnuplot failed: ");
    error_is(&err, ERR_IO, "plot.gp");
}

static void a_picture_that_takes_too_long_is_stopped(void **state)
{
    struct error err = {0};
    const struct plot_options options = {.seconds = 1};
    assert_int_equal(plot_run("while (1) { x = 1 }\n", NULL, 0, NULL, 0, &options, &err), -1);
    error_is(&err, ERR_IO, "more than 1 s");
}

static void a_folder_that_cannot_be_made_is_told(void **state)
{
    struct error err = {0};
    const struct plot_options options = {.temp_dir = "/no/such/folder"};
    assert_int_equal(plot_run("plot x\n", NULL, 0, NULL, 0, &options, &err), -1);
    error_is(&err, ERR_IO, "/no/such/folder");
}

static void a_name_keeps_to_its_cell(void **state)
{
    struct buf out;
    buf_init(&out);
    plot_put_name(&out, "a\tb\nc\"d\\e");
    assert_string_equal(out.data, "a b c\u201dd\u2216e");
    buf_clear(&out);
    plot_put_name(&out, "0123456789012345678901234567890123456789");
    assert_string_equal(out.data, "012345678901234\u20264567890123456789");
    buf_release(&out);
}

static void cleaned(const char *svg, const char *want)
{
    struct buf out;
    struct error err = {0};
    double width, height;
    buf_init(&out);
    ok(svg_clean(svg, strlen(svg), "f1", &out, &width, &height, &err), &err);
    near(width, 10, 0);
    near(height, 20, 0);
    assert_string_equal(buf_text(&out), want);
    buf_release(&out);
}

#define SVG(inside) "<?xml version=\"1.0\"?><svg viewBox=\"0 0 10 20\">" inside "</svg>"

static void only_listed_svg_passes(void **state)
{
    cleaned(SVG("<path d='M0,0 L1,1' onclick='x()'/>"), "<path d=\"M0,0 L1,1\"/>");
    cleaned(SVG("<script>alert(1)</script><g>a</g>"), "<g>a</g>");
    cleaned(SVG("<style>*{}</style><image href='x'/><foreignObject/>"), "");
    cleaned(SVG("<a xlink:href='https://x'><text>t</text></a>"), "<text>t</text>");
    cleaned(SVG("<use xlink:href='#p'/><use xlink:href='http://x#p'/>"),
            "<use href=\"#f1-p\"/><use/>");
    cleaned(SVG("<path id='p' fill='url(#x)' d='M\"'/>"), "<path id=\"f1-p\"/>");
    cleaned(SVG("<text>&lt;b> &amp;amp; \"q\"</text>"),
            "<text>&lt;b&gt; &amp;amp; &quot;q&quot;</text>");
    cleaned(SVG("<rect stroke='rgb(  0, 114, 178)' fill='black'/>"),
            "<rect fill=\"currentColor\" style=\"stroke:var(--c1,#0072b2);\"/>");
}

/* What a typesetter does not hand down into a mark, its colour, stands in it on paper. */
static void marks_on_paper_have_their_colour(void **state)
{
    struct figure f = {.id = "f", .title = "t", .description = "d", .width = 10, .height = 5};
    struct buf out;
    buf_init(&out);
    f.svg = "<defs><circle id=\"f-a\" r=\"1\" stroke=\"currentColor\"/>"
            "<use href=\"#f-a\" id=\"f-b\" fill=\"currentColor\" stroke=\"none\"/></defs>"
            "<use href=\"#f-b\" transform=\"scale(3)\" style=\"color:var(--c2,#000);\"/>"
            "<use href=\"#f-a\"/><text>a &lt;use b</text>";
    svg_put_paper(&out, &f);
    text_has(buf_text(&out),
             "<g transform=\"scale(3)\"><g fill=\"#d55e00\" stroke=\"none\">"
             "<circle r=\"1\" stroke=\"#d55e00\"/></g></g><use xlink:href=\"#f-a\"/>"
             "<text>a &lt;use b</text>");
    buf_release(&out);
}

static void what_is_no_svg_is_refused(void **state)
{
    static const char *const bad[] = {"", "<p>", "<svg>", "<svg viewBox=\"0 0 1", "no picture"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf out;
        struct error err = {0};
        double width, height;
        buf_init(&out);
        assert_int_equal(svg_clean(bad[i], strlen(bad[i]), "f", &out, &width, &height, &err), -1);
        error_is(&err, ERR_INPUT, "picture");
        buf_release(&out);
    }
}

static void every_picture_is_drawn_of_a_full_result(void **state)
{
    struct result r;
    struct document d;
    sample_result(&r, NULL);
    add_sides(&r, (const char *const[]){"plain", "reviewed", "twice", "crew"}, 4);
    document_init(&d, "t", "");
    document_section(&d, "s", "s");
    for (int k = 0; k < PLOT_KIND_COUNT; k++)
        plot_add((enum plot_kind)k, &r, NULL, &d);
    plot_draw(&d, NULL);
    assert_int_equal(d.sections.at[0].blocks.len, PLOT_KIND_COUNT);
    for (int k = 0; k < PLOT_KIND_COUNT; k++) {
        const struct figure *f = d.sections.at[0].blocks.at[k].figure;
        if (!f->svg)
            fail_msg("%s: %s", f->id, f->missing);
        near(f->width, PLOT_WIDTH, 0);
        assert_true(f->data && table_rows(f->data) > 0);
        text_has(f->svg, "var(--");
    }
    document_release(&d);
    result_release(&r);
}

static void a_result_without_the_numbers_has_no_picture(void **state)
{
    struct result r;
    struct document d;
    result_init(&r, "solve");
    document_init(&d, "t", "");
    document_section(&d, "s", "s");
    for (int k = 0; k < PLOT_KIND_COUNT; k++) {
        assert_false(plot_has((enum plot_kind)k, &r));
        plot_add((enum plot_kind)k, &r, NULL, &d);
    }
    assert_int_equal(d.sections.at[0].blocks.len, 0);
    document_release(&d);
    result_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_names_are_drawn_and_never_run),
        cmocka_unit_test(a_picture_that_stands_alone_has_a_heading),
        cmocka_unit_test(a_missing_gnuplot_is_told_with_the_way_to_get_it),
        cmocka_unit_test(gnuplots_own_words_are_passed_on),
        cmocka_unit_test(a_picture_that_takes_too_long_is_stopped),
        cmocka_unit_test(a_folder_that_cannot_be_made_is_told),
        cmocka_unit_test(a_name_keeps_to_its_cell),
        cmocka_unit_test(only_listed_svg_passes),
        cmocka_unit_test(marks_on_paper_have_their_colour),
        cmocka_unit_test(what_is_no_svg_is_refused),
        cmocka_unit_test(every_picture_is_drawn_of_a_full_result),
        cmocka_unit_test(a_result_without_the_numbers_has_no_picture),
    };
    return cmocka_run_group_tests_name("plot", tests, NULL, NULL);
}
