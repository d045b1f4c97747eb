/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"
#include "tests/unit/sample_result.h"

#include "report/build.h"
#include "report/html.h"

#include <stdio.h>
#include <stdlib.h>

static const struct report_options no_gnuplot = {
    .command = "seam report result.json", .time = "2024-05-01", .plot = {.gnuplot = "/no/gnuplot"}};

static int report_html(const struct result *const *results, size_t n,
                       const struct report_options *options, struct buf *out, struct error *err)
{
    struct document d;
    report_build(results, n, options, &d);
    int status = html_page(&d, out, err);
    document_release(&d);
    return status;
}

static void page_of(const char *name, const struct report_options *options, struct buf *out)
{
    struct result r;
    struct error err = {0};
    const struct result *results[] = {&r};
    sample_result(&r, name);
    buf_init(out);
    ok(report_html(results, 1, options, out, &err), &err);
    result_release(&r);
}

/* --- a strict reader of the page: tags nest, attributes are quoted, nothing runs or loads */

struct page {
    const char *at;
    const char *open[64]; /* names of open elements, borrowed */
    size_t open_len[64], depth;
    size_t tables, captions, pictures, titles, headers, scopes;
    VEC(char *) ids;
    VEC(char *) targets;
};

static bool name_is(const char *s, size_t len, const char *name)
{
    return len == strlen(name) && !memcmp(s, name, len);
}

static char *copy(const char *s, size_t len)
{
    char *c = mem_alloc(len + 1);
    memcpy(c, s, len);
    c[len] = '\0';
    return c;
}

static void check_attribute(struct page *p, const char *name, size_t n, const char *value,
                            size_t len)
{
    static const char *const known[] = {"lang",
                                        "charset",
                                        "name",
                                        "content",
                                        "http-equiv",
                                        "class",
                                        "id",
                                        "href",
                                        "scope",
                                        "role",
                                        "tabindex",
                                        "aria-label",
                                        "aria-labelledby",
                                        "open",
                                        "viewBox",
                                        "style",
                                        "fill",
                                        "stroke",
                                        "x",
                                        "y",
                                        "width",
                                        "height",
                                        "rx",
                                        "d",
                                        "transform",
                                        "points",
                                        "cx",
                                        "cy",
                                        "r",
                                        "font-size",
                                        "font-weight",
                                        "text-anchor",
                                        "stroke-width",
                                        "stroke-dasharray",
                                        "stroke-linecap",
                                        "stroke-linejoin",
                                        "opacity",
                                        "fill-opacity",
                                        "stroke-opacity"};
    bool listed = false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        listed = listed || name_is(name, n, known[i]);
    if (!listed)
        fail_msg("attribute %.*s", (int)n, name);
    if (name_is(name, n, "href") && (len < 2 || value[0] != '#'))
        fail_msg("href %.*s", (int)len, value);
    if (name_is(name, n, "id"))
        vec_push(&p->ids, copy(value, len));
    if (name_is(name, n, "href"))
        vec_push(&p->targets, copy(value + 1, len - 1));
    p->scopes += name_is(name, n, "scope");
    bool fetches = name_is(name, n, "style") || name_is(name, n, "fill");
    char *text = copy(value, len);
    if (fetches && (strstr(text, "url") || strstr(text, "http")))
        fail_msg("%.*s=%s", (int)n, name, text);
    if (name_is(name, n, "aria-labelledby"))
        for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
            vec_push(&p->targets, copy(word, strlen(word)));
    mem_free(text);
}

/* Past the attributes; true when the tag closes itself. */
static bool read_attributes(struct page *p)
{
    for (;;) {
        p->at += strspn(p->at, " \n");
        if (*p->at == '/' && p->at[1] == '>')
            return p->at += 2, true;
        if (*p->at == '>')
            return p->at++, false;
        const char *name = p->at;
        size_t n = strcspn(p->at, "= >/");
        assert_true(n > 0);
        p->at += n;
        if (*p->at != '=') {
            check_attribute(p, name, n, "", 0);
            continue;
        }
        assert_int_equal(p->at[1], '"');
        const char *value = p->at + 2, *end = strchr(value, '"');
        assert_non_null(end);
        check_attribute(p, name, n, value, (size_t)(end - value));
        p->at = end + 1;
    }
}

static void open_element(struct page *p, const char *name, size_t n)
{
    static const char *const known[] = {
        "html",     "head",    "meta",    "title",   "style", "body",   "header",     "h1",
        "h2",       "h3",      "p",       "nav",     "ol",    "ul",     "li",         "a",
        "main",     "section", "div",     "dl",      "dt",    "dd",     "table",      "caption",
        "thead",    "tbody",   "tr",      "th",      "td",    "figure", "figcaption", "strong",
        "span",     "svg",     "desc",    "g",       "path",  "rect",   "circle",     "text",
        "use",      "defs",    "details", "summary", "pre",   "code",   "footer",     "polygon",
        "polyline", "line",    "tspan"};
    bool listed = false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        listed = listed || name_is(name, n, known[i]);
    if (!listed)
        fail_msg("element %.*s", (int)n, name);
    p->tables += name_is(name, n, "table");
    p->captions += name_is(name, n, "caption");
    p->pictures += name_is(name, n, "svg");
    p->titles += name_is(name, n, "desc");
    p->headers += name_is(name, n, "th");
    if (name_is(name, n, "table"))
        assert_memory_equal(strchr(p->at, '>') + 1, "<caption>", 9);
    if (name_is(name, n, "svg"))
        assert_memory_equal(p->at, " role=\"img\"", 11);
    if (!read_attributes(p) && !name_is(name, n, "meta")) {
        assert_true(p->depth < 64);
        p->open[p->depth] = name;
        p->open_len[p->depth++] = n;
    }
}

static void read_page(struct page *p, const char *text)
{
    *p = (struct page){.at = text};
    assert_memory_equal(text, "<!DOCTYPE html>", 15);
    p->at += 15;
    while ((p->at = strchr(p->at, '<'))) {
        bool ends = p->at[1] == '/';
        const char *name = p->at + 1 + ends;
        size_t n = strcspn(name, " />\n");
        p->at = name + n;
        if (!ends) {
            open_element(p, name, n);
            continue;
        }
        assert_true(p->depth > 0);
        p->depth--;
        if (!name_is(name, n, "") &&
            (n != p->open_len[p->depth] || memcmp(name, p->open[p->depth], n)))
            fail_msg("</%.*s> closes <%.*s>", (int)n, name, (int)p->open_len[p->depth],
                     p->open[p->depth]);
    }
    assert_int_equal(p->depth, 0);
}

static void release_page(struct page *p)
{
    for (size_t i = 0; i < p->ids.len; i++)
        mem_free(p->ids.at[i]);
    for (size_t i = 0; i < p->targets.len; i++)
        mem_free(p->targets.at[i]);
    vec_release(&p->ids);
    vec_release(&p->targets);
}

static void check_ids(const struct page *p)
{
    for (size_t i = 0; i < p->ids.len; i++)
        for (size_t k = i + 1; k < p->ids.len; k++)
            if (!strcmp(p->ids.at[i], p->ids.at[k]))
                fail_msg("id %s twice", p->ids.at[i]);
    for (size_t i = 0; i < p->targets.len; i++) {
        size_t k = 0;
        while (k < p->ids.len && strcmp(p->ids.at[k], p->targets.at[i]))
            k++;
        if (k == p->ids.len)
            fail_msg("nothing has the id %s", p->targets.at[i]);
    }
}

/* Every kind that a full result has the data for. */
static size_t pictures_of_sample(void)
{
    struct result r;
    size_t n = 0;
    sample_result(&r, NULL);
    for (int k = 0; k < PLOT_KIND_COUNT; k++)
        n += plot_has((enum plot_kind)k, &r);
    result_release(&r);
    return n;
}

static void the_page_is_sound_and_accessible(void **state)
{
    struct buf page;
    struct page p;
    page_of(NULL, NULL, &page);
    read_page(&p, page.data);
    check_ids(&p);
    text_has(page.data, "<html lang=\"en\">");
    text_has(page.data, "<main>");
    text_has(page.data, "default-src 'none'");
    assert_null(strstr(page.data, "The picture is not here"));
    assert_int_equal(p.pictures, pictures_of_sample());
    assert_int_equal(p.titles, p.pictures);
    assert_int_equal(p.captions, p.tables);
    assert_int_equal(p.scopes, p.headers);
    assert_true(p.tables > 10);
    release_page(&p);
    buf_release(&page);
}

static void the_sections_come_in_their_order(void **state)
{
    static const char *const ids[] = {
        "verdict", "headline",    "flow",          "losses", "frontier",    "stages", "latency",
        "backlog", "calibration", "sensitivities", "advice", "assumptions", "data",   "again"};
    struct buf page;
    char part[64];
    page_of(NULL, &no_gnuplot, &page);
    const char *at = page.data;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        snprintf(part, sizeof part, "<h2 id=\"%s\">", ids[i]);
        at = strstr(at, part);
        if (!at)
            fail_msg("no section %s in its place", ids[i]);
    }
    text_has(page.data, "18446744073709551615");
    text_has(page.data, "seam report result.json");
    text_has(page.data, "9f86d081884c7d65");
    buf_release(&page);
}

static void the_verdict_is_said_in_words(void **state)
{
    struct buf page;
    page_of(NULL, &no_gnuplot, &page);
    text_has(page.data, "No: \u201cat least 95% of all items end right\u201d is missed.");
    text_has(page.data, "reliability is 83.30% (83.23–83.37), the target is at least 95%: fail");
    text_has(page.data, "Start with draft");
    buf_release(&page);
}

static void no_canary_gets_out_of_its_text(void **state)
{
    for (size_t i = 0; i < SAMPLE_CANARIES; i++) {
        struct buf page;
        struct page p;
        page_of(sample_canaries[i], &no_gnuplot, &page);
        read_page(&p, page.data);
        check_ids(&p);
        for (size_t k = 0; k < page.len; k++)
            if ((unsigned char)page.data[k] < 0x20 && page.data[k] != '\n')
                fail_msg("control character %d at %zu", page.data[k], k);
        assert_null(strstr(page.data, "\xe2\x80\xae"));
        assert_null(strstr(page.data, "\xff"));
        release_page(&p);
        buf_release(&page);
    }
}

static void without_gnuplot_the_page_stands_and_says_how_to_get_it(void **state)
{
    struct buf page;
    struct page p;
    page_of(NULL, &no_gnuplot, &page);
    text_has(page.data, "The picture is not here: /no/gnuplot is not installed: on Debian and "
                        "Ubuntu `apt install gnuplot-nox` brings it");
    read_page(&p, page.data);
    assert_int_equal(p.pictures, 1);
    release_page(&p);
    buf_release(&page);
}

static void several_results_stand_side_by_side(void **state)
{
    struct result a, b;
    struct error err = {0};
    struct buf page;
    struct page p;
    const struct result *results[] = {&a, &b};
    buf_init(&page);
    sample_result(&a, NULL);
    result_init(&b, "replay");
    metrics_add(&b.metrics, "reliability", NAN, 0.21, 0.96, 0, 200, "1");
    metrics_add(&b.metrics, "label_coverage", 0.25, 0.2, 0.31, 0.95, 200, "1");
    ok(report_html(results, 2, &no_gnuplot, &page, &err), &err);
    text_has(page.data, "<th scope=\"col\" class=\"n\">the simulation</th><th scope=\"col\" "
                        "class=\"n\">the log</th>");
    text_has(page.data, "21.0–96.0%");
    text_has(page.data, "The truth of 25.0% of the items is known");
    read_page(&p, page.data);
    check_ids(&p);
    release_page(&p);
    result_release(&a);
    result_release(&b);
    buf_release(&page);
}

/* Two results of one command are told apart by their scenarios' names: a way in for a canary. */
static void no_canary_gets_out_where_results_stand_side_by_side(void **state)
{
    for (size_t i = 0; i < SAMPLE_CANARIES; i++) {
        struct result a, b;
        struct error err = {0};
        struct buf page;
        struct page p;
        const struct result *results[] = {&a, &b};
        buf_init(&page);
        sample_result(&a, sample_canaries[i]);
        sample_result(&b, "other");
        b.scenario_sha256 = "another";
        ok(report_html(results, 2, &no_gnuplot, &page, &err), &err);
        read_page(&p, page.data);
        check_ids(&p);
        release_page(&p);
        result_release(&a);
        result_release(&b);
        buf_release(&page);
    }
}

static void log_and_model_share_one_picture_of_latency(void **state)
{
    struct result a, b;
    struct error err = {0};
    struct buf page;
    const struct result *results[] = {&a, &b};
    buf_init(&page);
    sample_result(&a, NULL);
    a.command = "replay";
    result_init(&b, "simulate");
    metrics_add(&b.metrics, "latency_p50", 2.2, 2.1, 2.3, 0.95, 1000, "s");
    metrics_add(&b.metrics, "latency_p95", 7, 6.5, 7.5, 0.95, 1000, "s");
    ok(report_html(results, 2, NULL, &page, &err), &err);
    text_has(page.data, "How long items take (the log, and by the simulation)");
    text_has(page.data, "By the simulation: p50 2.20 s (2.10–2.30), p95 7.0 s (6.5–7.5).");
    text_has(page.data, ">as logged<");
    text_has(page.data, ">simulated: p50, p90, p95, p99<");
    assert_null(strstr(page.data, "How long items take (the simulation)"));
    result_release(&a);
    result_release(&b);
    buf_release(&page);
}

static void further_metrics_are_folded_away(void **state)
{
    struct result r;
    struct error err = {0};
    struct buf page;
    const struct result *results[] = {&r};
    buf_init(&page);
    sample_result(&r, NULL);
    metrics_add_exact(&r.metrics, "visits_sd", 0.44, "1");
    ok(report_html(results, 1, &no_gnuplot, &page, &err), &err);
    text_has(page.data, "<details><summary>1 further metric</summary>");
    const char *fold = strstr(page.data, "further metric</summary>");
    assert_non_null(strstr(fold, "visits sd"));
    assert_true(strstr(page.data, "visits sd") > fold);
    result_release(&r);
    buf_release(&page);
}

static void advice_prefers_silent_mistakes_where_they_cost_more(void **state)
{
    struct result r;
    struct error err = {0};
    struct buf page;
    const struct result *results[] = {&r};
    buf_init(&page);
    result_init(&r, "replay");
    metrics_add_exact(&r.metrics, "share_wrong", 0.02, "1");
    metrics_add_exact(&r.metrics, "share_failed", 0.001, "1");
    struct row *row = result_add_row(&r, stages, "fetch");
    metrics_add_exact(&row->metrics, "exit_fail", 0.001, "1");
    row = result_add_row(&r, stages, "draft");
    metrics_add_exact(&row->metrics, "wrong_rate", 0.07, "1");
    ok(report_html(results, 1, &no_gnuplot, &page, &err), &err);
    text_has(page.data, "Look at draft:");
    r.metrics.list.at[1].value = 0.03;
    buf_clear(&page);
    ok(report_html(results, 1, &no_gnuplot, &page, &err), &err);
    text_has(page.data, "Start with fetch");
    result_release(&r);
    buf_release(&page);
}

static void a_huge_result_gives_a_page_of_two_megabytes_at_most(void **state)
{
    struct result r;
    struct error err = {0};
    struct buf page;
    const struct result *results[] = {&r};
    buf_init(&page);
    sample_result(&r, NULL);
    for (int i = 0; i < 3000; i++) {
        struct row *row = result_add_row(&r, stages, "another stage with a name");
        for (int k = 0; k < 6; k++)
            metrics_add(&row->metrics, k ? "error_rate" : "success_rate", 0.9, 0.89, 0.91, 0.95,
                        100, "1");
    }
    struct curve *c = result_add_curve(&r, "latency_cdf", "latency", "share");
    for (int i = 1; i < 100000; i++)
        vec_push(&c->points, ((struct point){i, i / 100000.0, NAN, NAN, NULL}));
    ok(report_html(results, 1, &no_gnuplot, &page, &err), &err);
    within((double)page.len, 10000, 2 * 1024 * 1024);
    text_has(page.data, "rows)");
    result_release(&r);
    buf_release(&page);
}

static void a_page_of_several_large_results_cuts_its_tables_shorter(void **state)
{
    struct result r;
    struct error err = {0};
    struct buf page;
    const struct result *results[] = {&r, &r, &r, &r, &r, &r, &r, &r};
    buf_init(&page);
    sample_result(&r, NULL);
    for (int i = 0; i < 900; i++) {
        struct row *row = result_add_row(&r, stages, "another stage with a name");
        metrics_add(&row->metrics, "success_rate", 0.9, 0.85, 0.95, 0.95, 100, "1");
        metrics_add(&row->metrics, "error_rate", 0.1, 0.05, 0.15, 0.95, 100, "1");
        metrics_add(&row->metrics, "visit_latency_p50", 1, 0.9, 1.1, 0.95, 100, "s");
        metrics_add(&row->metrics, "visit_latency_p95", 2, 1.9, 2.1, 0.95, 100, "s");
    }
    ok(report_html(results, 8, &no_gnuplot, &page, &err), &err);
    within((double)page.len, 1 << 20, REPORT_BYTES_MAX);
    result_release(&r);
    buf_release(&page);
}

static void a_section_without_anything_says_why(void **state)
{
    struct result r;
    struct error err = {0};
    struct buf page;
    const struct result *results[] = {&r};
    buf_init(&page);
    result_init(&r, "size");
    ok(report_html(results, 1, &no_gnuplot, &page, &err), &err);
    size_t sections = 0, absent = 0;
    for (const char *at = page.data; (at = strstr(at, "<h2 id=")); at++)
        sections++;
    for (const char *at = page.data; (at = strstr(at, "<p class=\"absent\">")); at++)
        absent++;
    assert_int_equal(sections, 14);
    assert_int_equal(absent, 12); /* all but the verdict and how to make it again */
    text_has(page.data, "(<code>seam report FILE LOG</code>) would show the steps here.");
    result_release(&r);
    buf_release(&page);
}

static void verdict_of(struct result *r, const char *words)
{
    struct error err = {0};
    struct buf page;
    const struct result *results[] = {r};
    buf_init(&page);
    ok(report_html(results, 1, &no_gnuplot, &page, &err), &err);
    text_has(page.data, words);
    result_release(r);
    buf_release(&page);
}

static void the_verdict_is_of_what_was_asked(void **state)
{
    struct result r;
    result_init(&r, "compare");
    r.answer.present = true;
    r.answer.ending = "infeasible";
    r.passed = PASSED_FALSE;
    verdict_of(&r, "No: none of them meets the objective.");
    result_init(&r, "backtest");
    for (int i = 0; i < 3; i++)
        vec_push(&r.predictions, ((struct prediction){.metric = "completion",
                                                      .value = 0.9,
                                                      .low = 0.8,
                                                      .high = 1,
                                                      .level = 0.95,
                                                      .seen = i ? 0.9 : 0.7,
                                                      .covered = i ? COVERAGE_YES : COVERAGE_NO,
                                                      .windows = 1}));
    verdict_of(&r, "The forecast held in part: of 3 numbers 2 came within their intervals.");
    result_init(&r, "replay");
    struct row *row = result_add_row(&r, objectives, "latency at most 2s for 95%");
    struct metric *m = metrics_add(&row->metrics, "attainment", 0.9, 0.88, 0.92, 0.95, 200, "1");
    m->target = "at least 95%";
    m->verdict = VERDICT_FAIL;
    r.passed = PASSED_FALSE;
    verdict_of(&r, "latency at most 2s for 95%, attainment is 90.0% (88.0\xe2\x80\x93"
                   "92.0), the target is at least 95%: fail.");
}

static void items_are_counted_where_shares_are_told(void **state)
{
    struct result r;
    result_init(&r, "simulate");
    metrics_add_exact(&r.metrics, "reliability", 0.9531, "1");
    metrics_add_exact(&r.metrics, "share_wrong", 0.0010, "1");
    metrics_add_exact(&r.metrics, "share_failed", 0.0004, "1");
    metrics_add_exact(&r.metrics, "share_rejected", 0.0455, "1");
    metrics_add_exact(&r.metrics, "review_load", 0.2, "1");
    verdict_of(&r, "Of 1,000 such items some 953 end right, 1 ships although it is wrong, 46 are "
                   "turned down by reviewers, fewer than one fails in sight; people look at 200 of "
                   "them.");
}

/* Relative luminance and contrast as WCAG 2.1 defines them. */
static double luminance(const char *hex)
{
    double part[3];
    unsigned rgb[3];
    if (strlen(hex) >= 7 && sscanf(hex, "#%2x%2x%2x", &rgb[0], &rgb[1], &rgb[2]) == 3)
        ;
    else if (sscanf(hex, "#%1x%1x%1x", &rgb[0], &rgb[1], &rgb[2]) == 3)
        for (int i = 0; i < 3; i++)
            rgb[i] *= 17;
    for (int i = 0; i < 3; i++) {
        double c = rgb[i] / 255.0;
        part[i] = c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
    }
    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
}

static double paint(const char *css, const char *name)
{
    char key[16], hex[8] = "";
    snprintf(key, sizeof key, "--%s:", name);
    const char *at = strstr(css, key);
    assert_non_null(at);
    at += strlen(key);
    size_t n = strspn(at + 1, "0123456789abcdef") + 1;
    memcpy(hex, at, n < 7 ? n : 7);
    return luminance(hex);
}

static void pictures_of_many_stages_show_those_that_matter(void **state)
{
    struct result r;
    struct error err = {0};
    struct buf page;
    const struct result *results[] = {&r};
    buf_init(&page);
    result_init(&r, "replay");
    metrics_add_exact(&r.metrics, "reliability", 0.4, "1");
    metrics_add_exact(&r.metrics, "share_wrong", 0, "1");
    metrics_add_exact(&r.metrics, "share_failed", 0.6, "1");
    for (int i = 0; i < 60; i++) {
        struct row *row = result_add_row(&r, stages, result_text(&r, "s%02d", i));
        metrics_add_exact(&row->metrics, "success_rate", 0.9 + 0.001 * i, "1");
        metrics_add_exact(&row->metrics, "exit_fail", 0.01 + 1e-5 * (i % 2), "1");
    }
    ok(report_html(results, 1, &no_gnuplot, &page, &err), &err);
    text_has(page.data, "The 40 stages with least of it, of 60.");
    const char *fall = strstr(page.data, "Where items are lost");
    assert_non_null(strstr(fall, "s59: fails"));
    assert_non_null(strstr(fall, "s18: fails"));
    assert_null(strstr(fall, "s58: fails")); /* the thirty of odd number fail most, ten more fit */
    assert_non_null(strstr(fall, ">fails<"));
    result_release(&r);
    buf_release(&page);
}

static void contrast_is_enough_in_light_and_dark(void **state)
{
    static const char *const texts[] = {"fg", "soft", "good", "bad", "unsure", "link"};
    static const char *const lines[] = {"c1", "c2", "c3", "c4", "c5", "c6"};
    struct buf page;
    page_of(NULL, &no_gnuplot, &page);
    const char *themes[] = {strstr(page.data, ":root{"), strstr(page.data, "dark){:root{")};
    near((luminance("#ffffff") + 0.05) / (luminance("#777777") + 0.05), 4.478, 0.001);
    for (size_t t = 0; t < 2; t++)
        for (size_t b = 0; b < 2; b++) {
            double ground = paint(themes[t], b ? "card" : "bg");
            for (size_t i = 0; i < 6; i++) {
                double text = paint(themes[t], texts[i]), line = paint(themes[t], lines[i]);
                within((fmax(text, ground) + 0.05) / (fmin(text, ground) + 0.05), 4.5, 21);
                within((fmax(line, ground) + 0.05) / (fmin(line, ground) + 0.05), 3, 21);
            }
        }
    buf_release(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_is_sound_and_accessible),
        cmocka_unit_test(the_sections_come_in_their_order),
        cmocka_unit_test(the_verdict_is_said_in_words),
        cmocka_unit_test(no_canary_gets_out_of_its_text),
        cmocka_unit_test(without_gnuplot_the_page_stands_and_says_how_to_get_it),
        cmocka_unit_test(several_results_stand_side_by_side),
        cmocka_unit_test(no_canary_gets_out_where_results_stand_side_by_side),
        cmocka_unit_test(log_and_model_share_one_picture_of_latency),
        cmocka_unit_test(further_metrics_are_folded_away),
        cmocka_unit_test(advice_prefers_silent_mistakes_where_they_cost_more),
        cmocka_unit_test(a_huge_result_gives_a_page_of_two_megabytes_at_most),
        cmocka_unit_test(a_page_of_several_large_results_cuts_its_tables_shorter),
        cmocka_unit_test(pictures_of_many_stages_show_those_that_matter),
        cmocka_unit_test(a_section_without_anything_says_why),
        cmocka_unit_test(the_verdict_is_of_what_was_asked),
        cmocka_unit_test(items_are_counted_where_shares_are_told),
        cmocka_unit_test(contrast_is_enough_in_light_and_dark),
    };
    return cmocka_run_group_tests_name("html", tests, NULL, NULL);
}
