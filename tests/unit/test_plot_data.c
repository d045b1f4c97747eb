/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a picture draws is what its result says: the blocks of its data file, and the table beside
 * it, of small results whose numbers are worked out by hand. */
#include "tests/support/support.h"

#include "model/result.h"
#include "report/plot.h"
#include "report/table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define EMPTY    "nan\n" /* a block without lines */
#define BETWEEN  "\n\n"  /* blocks */
#define MINUS    "\xe2\x88\x92"
#define COUNT(x) (sizeof(x) / sizeof *(x))

/* The rows of a table, cells parted by |. */
static void put_rows(struct buf *out, const struct table *t)
{
    size_t columns = t->columns.len;
    for (size_t i = 0; i < table_rows(t) * columns; i++)
        buf_printf(out, "%s%c", t->cells.at[i].text, (i + 1) % columns ? '|' : '\n');
}

/* The data file begins with `points`, and is no longer unless `more`; rows: of the table; NULL. */
static void drawn(enum plot_kind k, const struct result *r, const char *points, bool more,
                  const char *rows)
{
    struct document d;
    struct buf got = {0};
    document_init(&d, "t", "");
    document_section(&d, "s", "s");
    assert_true(plot_has(k, r));
    plot_add(k, r, NULL, &d);
    const struct figure *f = d.sections.at[0].blocks.at[0].figure;
    buf_puts(&got, f->points);
    if (more && got.len > strlen(points))
        got.data[strlen(points)] = '\0';
    assert_string_equal(buf_text(&got), points);
    buf_clear(&got);
    if (rows) {
        put_rows(&got, f->data);
        assert_string_equal(buf_text(&got), rows);
    }
    buf_release(&got);
    document_release(&d);
}

static void add_curve(struct result *r, const char *id, const char *x, const char *y,
                      const char *resource, const struct point *points, size_t n)
{
    struct curve *c = result_add_curve(r, id, x, y);
    c->resource = resource;
    for (size_t i = 0; i < n; i++)
        vec_push(&c->points, points[i]);
}

static struct row *stage(struct result *r, const char *id, const char *metric, double value,
                         double low, double high)
{
    struct row *row = result_add_row(r, stages, id);
    metrics_add(&row->metrics, metric, value, low, high, 0.95, 1000, "1");
    return row;
}

/* 100 - 5 - 1.25 - 10 - 12.5 = 71.25; the axis begins at 60. */
static void a_waterfall_goes_down_by_each_loss(void **state)
{
    struct result r;
    result_init(&r, "solve");
    metrics_add_exact(&r.metrics, "reliability", 0.7125, "1");
    metrics_add_exact(&r.metrics, "share_wrong", 0.125, "1");
    metrics_add_exact(&r.metrics, "share_failed", 0.0625, "1");
    metrics_add_exact(&r.metrics, "share_rejected", 0.1, "1");
    stage(&r, "draft", "exit_fail", 0.05, 0.04, 0.06);
    stage(&r, "review", "exit_reject", 0.1, 0.09, 0.11);
    drawn(PLOT_LOSS, &r,
          "row\tfrom\tto\tplace of the number\tnumber\tstep\n"
          "0\t60\t100\t100\t100%\tall items\n"
          "5\t60\t71.25\t71.25\t71.25%\tright answers\n" BETWEEN
          "row\tfrom\tto\tplace of the number\tnumber\tstep\n"
          "1\t100\t95\t100\t" MINUS "5.00%\tdraft: fails\n"
          "2\t95\t93.75\t95\t" MINUS "1.25%\tfails\n"
          "3\t93.75\t83.75\t93.75\t" MINUS "10.00%\treview: rejected\n"
          "4\t83.75\t71.25\t83.75\t" MINUS "12.50%\tshipped, but wrong\n",
          false,
          "all items|100%\ndraft: fails|" MINUS "5.00%\nfails|" MINUS
          "1.25%\nreview: rejected|" MINUS "10.00%\nshipped, but wrong|" MINUS
          "12.50%\nright answers|71.25%\n");
    result_release(&r);
}

/* Does the picture's script say so? */
static bool says(enum plot_kind k, const struct result *r, const char *words)
{
    struct document d;
    document_init(&d, "t", "");
    document_section(&d, "s", "s");
    plot_add(k, r, NULL, &d);
    bool said = strstr(d.sections.at[0].blocks.at[0].figure->script, words) != NULL;
    document_release(&d);
    return said;
}

/* Bars are cut, and show the gap, only where the cut lets a loss be seen. */
static void a_pipeline_that_loses_nothing_has_whole_bars(void **state)
{
    struct result r;
    result_init(&r, "solve");
    metrics_add_exact(&r.metrics, "reliability", 1, "1");
    metrics_add_exact(&r.metrics, "share_wrong", 0, "1");
    stage(&r, "draft", "success_rate", 1, 1, 1);
    metrics_add_exact(&result_add_row(&r, layers, "model")->metrics, "loss", 0, "1");
    drawn(PLOT_LOSS, &r,
          "row\tfrom\tto\tplace of the number\tnumber\tstep\n0\t0\t100\t100\t100%\tall items\n"
          "1\t0\t100\t100\t100%\tright answers\n" BETWEEN,
          true, NULL);
    assert_false(says(PLOT_LOSS, &r, "axis not from 0"));
    assert_true(says(PLOT_STAGES, &r, "set xtics -20,20,100"));
    assert_true(says(PLOT_LAYERS, &r, "set xrange [0:1.15]"));
    assert_true(says(PLOT_LAYERS, &r, "set key off\nset tmargin")); /* all words stand in bars */
    r.metrics.list.at[0].value = 0.75;
    r.metrics.list.at[1].value = 0.25;
    assert_true(says(PLOT_LOSS, &r, "axis not from 0"));
    assert_true(says(PLOT_LOSS, &r, "nohead lw 5 lc rgb '#ffffff'"));
    result_release(&r);
}

static void bars_of_stages_have_their_values_and_intervals(void **state)
{
    struct result r;
    result_init(&r, "solve");
    metrics_add_exact(&stage(&r, "draft", "improvement", 0.025, 0.02, 0.0375)->metrics,
                      "success_rate", 0.875, "1");
    metrics_add(&stage(&r, "send", "improvement", 0.01, 0.01, 0.01)->metrics, "success_rate", 0.96,
                0.955, 0.964, 0.95, 1000, "1");
    drawn(PLOT_IMPROVEMENT, &r,
          "row\tpercent\tstage\n0\t2.5\tdraft\n1\t1\tsend\n" BETWEEN
          "row\tpercent\tlow\thigh\n0\t2.5\t2\t3.75\n" BETWEEN
          "row\tend\tnumber\n0\t3.75\t2.5%\n1\t1\t1.00%\n",
          false, "draft|2.5% (2.0–3.8)\nsend|1.00%\n");
    drawn(PLOT_STAGES, &r,
          "row\tpercent\tstage\n0\t87.5\tdraft\n1\t96\tsend\n" BETWEEN
          "row\tpercent\tlow\thigh\n1\t96\t95.5\t96.4\n" BETWEEN
          "row\tend\tnumber\n0\t87.5\t87.50%\n1\t96.4\t96.0%\n",
          false, "draft|87.50%\nsend|96.0% (95.5–96.4)\n");
    result_release(&r);
}

static void add_layer(struct result *r, const char *side, const char *layer, double loss)
{
    struct row *row = result_add_row(r, layers, layer);
    row->kind = side;
    metrics_add_exact(&row->metrics, "loss", loss, "1");
}

/* plain: 20 - 5 = 15 points, its human layer left of 0; reviewed: 3.125 + 10. */
static void layers_stand_end_to_end(void **state)
{
    struct result r;
    result_init(&r, "compare");
    (void)result_add_row(&r, alternatives, "plain");
    (void)result_add_row(&r, alternatives, "reviewed");
    add_layer(&r, "plain", "model", 0.2);
    add_layer(&r, "plain", "human", -0.05);
    add_layer(&r, "reviewed", "model", 0.1);
    add_layer(&r, "reviewed", "data", 0.03125);
    drawn(PLOT_LAYERS, &r,
          "row\tfrom\tto\n1\t0\t3.125\n" BETWEEN "row\tfrom\tto\n" EMPTY BETWEEN
          "row\tfrom\tto\n" EMPTY BETWEEN "row\tfrom\tto\n0\t0\t-5\n" BETWEEN
          "row\tfrom\tto\n" EMPTY BETWEEN "row\tfrom\tto\n0\t0\t20\n1\t3.125\t13.125\n" BETWEEN
          "row\tzero\tname\n0\t0\tplain\n1\t0\treviewed\n" BETWEEN
          "row\tend\tsum\n0\t20\t15\n1\t13.125\t13.125\n" BETWEEN,
          true, NULL);
    assert_true(says(PLOT_LAYERS, &r, "set key off\nset tmargin"));
    r.layers.at[3].metrics.list.at[0].value = 0.001; /* no room for its word */
    assert_false(says(PLOT_LAYERS, &r, "set key off\nset tmargin"));
    result_release(&r);
}

static void add_side(struct result *r, const char *name, double cost, double right,
                     enum verdict verdict)
{
    struct row *row = result_add_row(r, alternatives, name);
    metrics_add(&row->metrics, "cost_per_item", cost, 0.5 * cost, 1.5 * cost, 0.95, 100, "$");
    metrics_add(&row->metrics, "reliability", right, right - 0.0125, right + 0.0125, 0.95, 100, "1")
        ->verdict = verdict;
}

/* Of those that pass, the one at $0.4 is the cheapest; the one at $0.1 misses its target. */
/* Of more than eight the names stand in a column, 19 pixels apart, the lowest above the axis. */
static void crowded_names_keep_off_the_axis(void **state)
{
    enum { SIDES = 20 };
    struct result r;
    struct document d;
    double low, place;
    result_init(&r, "compare");
    for (int i = 0; i < SIDES; i++)
        add_side(&r, "a name", 1 + i, 0.5, VERDICT_NONE);
    document_init(&d, "t", "");
    document_section(&d, "s", "s");
    plot_add(PLOT_COST, &r, NULL, &d);
    const struct figure *f = d.sections.at[0].blocks.at[0].figure;
    const char *names = strstr(f->points, "cost\treliability\tname\n");
    assert_int_equal(sscanf(strstr(f->script, "set yrange ["), "set yrange [%lf:", &low), 1);
    assert_int_equal(sscanf(names, "cost\treliability\tname\n%*f\t%lf\t", &place), 1);
    near(place, low + 3.25 * 19 / 399, 1e-6); /* 3.25 points high, 21 lines of 19 pixels */
    document_release(&d);
    result_release(&r);
}

static void costs_stand_with_their_reliabilities(void **state)
{
    static const char heads[] =
        "cost\treliability\tcost low\tcost high\treliability low\treliability high\tname\n";
    struct buf want = {0};
    struct result r;
    result_init(&r, "compare");
    add_side(&r, "twice", 0.8, 0.9625, VERDICT_PASS);
    add_side(&r, "plain", 0.1, 0.7, VERDICT_FAIL);
    add_side(&r, "reviewed", 0.4, 0.95, VERDICT_PASS);
    buf_printf(&want,
               "%s0.1\t70\t0.05\t0.15\t68.75\t71.25\tplain\n" BETWEEN
               "%s0.4\t95\t0.2\t0.6\t93.75\t96.25\treviewed\n"
               "0.8\t96.25\t0.4\t1.2\t95\t97.5\ttwice\n" BETWEEN
               "cost\treliability\n0.4\t95\n" BETWEEN,
               heads, heads);
    drawn(PLOT_COST, &r, buf_text(&want), true, NULL);
    assert_true(says(PLOT_COST, &r, "the cheapest that meets"));
    r.answer.choice = "twice"; /* has fewer steps */
    want.len -= strlen("0.4\t95\n" BETWEEN);
    buf_puts(&want, "0.8\t96.25\n" BETWEEN);
    drawn(PLOT_COST, &r, buf_text(&want), true, NULL);
    assert_true(says(PLOT_COST, &r, "the simplest that meets"));
    buf_release(&want);
    result_release(&r);
}

/* Do these lines follow one another among the points of a picture? */
static bool holds(enum plot_kind k, const struct result *r, const char *lines)
{
    struct document d;
    document_init(&d, "t", "");
    document_section(&d, "s", "s");
    plot_add(k, r, NULL, &d);
    bool held = strstr(d.sections.at[0].blocks.at[0].figure->points, lines) != NULL;
    document_release(&d);
    return held;
}

/* Right of the middle names stand left of their dots, but for one that would cover the next dot. */
static void a_name_goes_to_the_side_where_no_dot_is(void **state)
{
    struct result r;
    result_init(&r, "compare");
    add_side(&r, "far", 0.2, 0.7, VERDICT_NONE);
    add_side(&r, "talking", 1.90, 0.90, VERDICT_NONE);
    add_side(&r, "crew of roles", 1.96, 0.895, VERDICT_NONE);
    add_side(&r, "dear", 2, 0.98, VERDICT_NONE);
    /* from the 16th pixel of 590, where the axis ends at 1.12 * 3: of far and crew of roles */
    assert_true(holds(PLOT_COST, &r,
                      "cost\treliability\tname\n0.2911186441\t70\tfar\n"
                      "2.051118644\t89.5\tcrew of roles\n"));
    assert_true(holds(PLOT_COST, &r, "x\ty\tdx\tdy\nnan\n")); /* and no name has to give way */
    result_release(&r);
}

/* 585 pixels across are 100%, 325 up are 15%: 10 to the right of the dot its words would stand on
 * the target, 15 above, and on the curve, 15 below; 34 above nothing runs. */
static void a_frontier_has_its_curves_target_and_point(void **state)
{
    const struct point plain[] = {
        {0,    0.1,   0.08, 0.125,  "threshold=0"  },
        {0.25, 0.05,  0.04, 0.0625, "threshold=0.8"},
        {1,    0.001, NAN,  NAN,    NULL           }
    };
    const struct point certified[] = {
        {0.25, 0.0625, NAN, NAN, NULL},
        {1,    0.015,  NAN, NAN, NULL}
    };
    struct result r;
    result_init(&r, "size");
    add_curve(&r, "frontier", "review_load", "auto_error", NULL, plain, COUNT(plain));
    add_curve(&r, "frontier_certified", "review_load", "auto_error", NULL, certified,
              COUNT(certified));
    metrics_add_exact(&r.metrics, "review_load", 0.25, "1");
    metrics_add_exact(&r.metrics, "auto_error", 0.05, "1")->target = "at most 6%";
    drawn(PLOT_FRONTIER, &r,
          "x\ty\tlow\thigh\n0\t10\t8\t12.5\n25\t5\t4\t6.25\n100\t0.1\t0.1\t0.1\n" BETWEEN
          "x\ty\tlow\thigh\n25\t6.25\t6.25\t6.25\n100\t1.5\t1.5\t1.5\n" BETWEEN
          "x\ty\n0\t6\n100\t6\n" BETWEEN "x\ty\n25\t5\n" BETWEEN
          "x\ty\twords\n26.70940171\t6.569230769\t25% reviewed, 5% wrong\n",
          false,
          "0|0.1|0.08|0.125|threshold=0|estimate\n"
          "0.25|0.05|0.04|0.0625|threshold=0.8|estimate\n"
          "1|0.001||||estimate\n"
          "0.25|0.0625||||certified bound\n1|0.015||||certified bound\n");
    result_release(&r);
}

static void review_load_by_labels_has_every_point(void **state)
{
    const struct point load[] = {
        {100, 1,     1,   1,    NULL},
        {200, 0.625, 0.5, 0.75, NULL},
        {400, 0.5,   NAN, NAN,  NULL}
    };
    struct result r;
    result_init(&r, "size");
    add_curve(&r, "load_by_labels", "labels", "review_load", NULL, load, COUNT(load));
    drawn(PLOT_LABELS, &r,
          "labels\tload\tlow\thigh\n100\t100\t100\t100\n200\t62.5\t50\t75\n400\t50\t50\t50\n",
          false, "100|1|1|1\n200|0.625|0.5|0.75\n400|0.5||\n");
    assert_true(says(PLOT_LABELS, &r, "set logscale x\nset xtics (\"100\" 100, \"200\" 200)"));
    result_release(&r);
}

static void way(struct result *r, const char *from, const char *to, double share)
{
    vec_push(&r->edges, ((struct edge_row){.from = from, .to = to}));
    metrics_add_exact(&r->edges.at[r->edges.len - 1].metrics, "share", share, "1");
}

/* 2% + 0.5% of attempts fail; 6 corrected and 2 rejected of 40 visits are 20%; of the only way out
 * of a step nothing is said. */
static void a_flow_says_what_fails_in_its_boxes(void **state)
{
    struct result r;
    struct document d;
    result_init(&r, "replay");
    struct row *draft = stage(&r, "draft", "success_rate", 1, 0.98, 1);
    draft->layer = "model";
    metrics_add(&draft->metrics, "wrong_rate", 0.07, 0.05, 0.1, 0.95, 100, "1");
    metrics_add_exact(&draft->metrics, "error_rate", 0.02, "1");
    metrics_add_exact(&draft->metrics, "timeout_rate", 0.005, "1");
    struct row *desk = stage(&r, "desk", "caught_rate", 0.05, 0.01, 0.1);
    desk->kind = "review";
    metrics_add_exact(&desk->metrics, "corrected", 6, "count");
    metrics_add_exact(&desk->metrics, "visits", 40, "count");
    stage(&r, "send", "success_rate", 1, 0.9, 1)->layer = "tool";
    stage(&r, "store", "wrong_rate", NAN, 0.0625, 0.375);
    stage(&r, "keep", "wrong_rate", NAN, 0.25, 1);
    stage(&r, "log", "wrong_rate", 1e-7, 1e-7, 1e-7);
    way(&r, "draft", "desk", 1 - 1e-14);
    way(&r, "desk", "send", 0.95);
    way(&r, "desk", "reject", 0.05);
    way(&r, "send", "store", 1);
    way(&r, "store", "ship", 0.999999);
    document_init(&d, "t", "");
    document_section(&d, "s", "s");
    plot_add(PLOT_FLOW, &r, NULL, &d);
    const char *svg = d.sections.at[0].blocks.at[0].figure->svg;
    text_has(svg, ">model, 7% wrong, 2.5% fail<");
    text_has(svg, ">review, rejects or mends 20%<");
    text_has(svg, ">tool, no failure<");
    text_has(svg, ">step, 6.2–38% wrong<"); /* all that is known is its interval */
    text_has(svg, ">95%<");
    text_has(svg, ">reject 5%<");
    text_has(svg, ">step, 25–100% wrong<");
    text_has(svg, ">step, 0.00001% wrong<");
    text_has(svg, "99.9999%<");
    assert_null(strstr(svg, ">100%"));
    assert_null(strstr(svg, " 100%"));
    document_release(&d);
    result_release(&r);
}

static void add_latencies(struct result *r)
{
    const struct point cdf[] = {
        {1, 0.25, 0.2, 0.3, NULL},
        {2, 0.5,  0.4, 0.6, NULL},
        {4, 1,    1,   1,   NULL}
    };
    add_curve(r, "latency_cdf", "latency", "share", NULL, cdf, COUNT(cdf));
    metrics_add(&r->metrics, "latency_p50", 2, 1.5, 2.5, 0.95, 100, "s");
    metrics_add_exact(&r->metrics, "latency_p95", 3.75, "s");
}

/* The first quarter is done at 1 s: the line rises there from 0. */
static void a_distribution_of_latency_has_every_step(void **state)
{
    struct result r;
    result_init(&r, "replay");
    add_latencies(&r);
    drawn(PLOT_LATENCY, &r,
          "seconds\tpercent\n1\t0\n1\t25\n2\t50\n4\t100\n" BETWEEN
          "seconds\tpercent\tlow\thigh\tlabel\n2\t50\t1.5\t2.5\tp50 2.0 s\n"
          "3.75\t95\t3.75\t3.75\tp95 3.75 s\n" BETWEEN
          "seconds\tpercent\tlabel\n2\t50\tp50 2.0 s\n" BETWEEN
          "seconds\tpercent\tlabel\n3.75\t95\tp95 3.75 s\n",
          false, "1|0.25|0.2|0.3\n2|0.5|0.4|0.6\n4|1|1|1\n");
    result_release(&r);
}

/* log10(1/9) = -0.9542425094, of 1/3 -0.4771212547, of 1/4 -0.6020599913, of 2/3 -0.1760912591, of
 * 3/7 -0.3679767853.  The slowest, at 100%, has no odds; p95 is beyond the line and left out. */
static void percentiles_stand_at_their_log_odds(void **state)
{
    struct result r;
    result_init(&r, "replay");
    add_latencies(&r);
    drawn(PLOT_PERCENTILES, &r,
          "log-odds\tseconds\tpercentile\n-0.9542425094\t1\t10\n-0."
          "4771212547\t1\t25\n0\t2\t50\n" BETWEEN
          "log-odds\tseconds\n-0.6020599913\t1\n-0.1760912591\t2\n0\t4\n0\t4\n0\t2\n"
          "-0.3679767853\t1\n" BETWEEN "log-odds\tseconds\tpercentile\n" EMPTY BETWEEN
          "log-odds\tseconds\tlow\thigh\tlabel\n0\t2\t1.5\t2.5\tp50 2.0 s\n" BETWEEN
          "log-odds\tseconds\tlabel\n0\t2\tp50 2.0 s\n" BETWEEN
          "log-odds\tseconds\tlabel\n" EMPTY BETWEEN "log-odds\tseconds\tlabel\n" EMPTY BETWEEN
          "log-odds\tseconds\tlabel\n" EMPTY,
          false, "1|0.25|0.2|0.3\n2|0.5|0.4|0.6\n4|1|1|1\n");
    result_release(&r);
}

/* Nothing waits below 0, whatever the interval of the mean says. */
/* All at 13.5 s: the words of p95 (log-odds 1.278753601) and p99 (1.995635195) would stand on each
 * other. */
static void words_of_percentiles_give_way(void **state)
{
    const struct point cdf[] = {
        {13.5, 0.001, NAN, NAN, NULL},
        {13.5, 0.999, NAN, NAN, NULL}
    };
    struct result r;
    result_init(&r, "solve");
    add_curve(&r, "latency_cdf", "latency", "share", NULL, cdf, COUNT(cdf));
    metrics_add_exact(&r.metrics, "latency_p50", 13.5, "s");
    metrics_add_exact(&r.metrics, "latency_p95", 13.5, "s");
    metrics_add_exact(&r.metrics, "latency_p99", 13.5, "s");
    drawn(
        PLOT_PERCENTILES, &r,
        "log-odds\tseconds\tpercentile\n-2.999565488\t13.5\t0.1\n2.999565488\t13.5\t99.9\n" BETWEEN
        "log-odds\tseconds\n" EMPTY BETWEEN "log-odds\tseconds\tpercentile\n" EMPTY BETWEEN
        "log-odds\tseconds\tlow\thigh\tlabel\n0\t13.5\t13.5\t13.5\tp50 13.5 s\n"
        "1.278753601\t13.5\t13.5\t13.5\tp95 13.5 s\n1.995635195\t13.5\t13.5\t13.5\tp99 13.5 "
        "s\n" BETWEEN
        "log-odds\tseconds\tlabel\n0\t13.5\tp50 13.5 s\n1.278753601\t13.5\tp95 13.5 s\n" BETWEEN
        "log-odds\tseconds\tlabel\n" EMPTY BETWEEN
        "log-odds\tseconds\tlabel\n1.995635195\t13.5\tp99 13.5 s\n" BETWEEN
        "log-odds\tseconds\tlabel\n" EMPTY,
        false, NULL);
    result_release(&r);
}

static void a_backlog_has_its_band(void **state)
{
    const struct point desk[] = {
        {0,     0.125, -0.5, 0.75, NULL},
        {7200,  3,     2,    4,    NULL},
        {14400, 1.5,   NAN,  NAN,  NULL}
    };
    const struct point other[] = {
        {0,     0, 0, 0, NULL},
        {14400, 1, 1, 2, NULL}
    };
    struct result r;
    result_init(&r, "simulate");
    add_curve(&r, "backlog", "time", "items", "desk", desk, COUNT(desk));
    add_curve(&r, "backlog", "time", "items", "lab", other, COUNT(other));
    drawn(PLOT_BACKLOG, &r,
          "time\titems\tlow\thigh\tdesk\n0\t0.125\t0\t0.75\t\n2\t3\t2\t4\t\n4\t1.5\t1.5\t1."
          "5\t\n" BETWEEN "time\titems\tlow\thigh\tlab\n0\t0\t0\t0\t\n4\t1\t1\t2\t\n",
          false, "desk|0|0.125|-0.5|0.75\ndesk|2|3|2|4\ndesk|4|1.5||\nlab|0|0|0|0\nlab|4|1|1|2\n");
    result_release(&r);
}

static void a_reliability_diagram_has_every_bin_and_its_items(void **state)
{
    const struct point bins[] = {
        {0.25, 0.5,   0.375, 0.625, "n=40" },
        {0.75, 0.625, 0.5,   0.75,  "n=160"}
    };
    const struct point mended[] = {
        {0.5,   0.5,  0.25, 0.75,   NULL},
        {0.625, 0.65, 0.6,  0.7125, NULL}
    };
    struct result r;
    result_init(&r, "replay");
    add_curve(&r, "calibration", "confidence", "accuracy", NULL, bins, COUNT(bins));
    add_curve(&r, "calibration_recalibrated", "confidence", "accuracy", NULL, mended,
              COUNT(mended));
    drawn(PLOT_CALIBRATION, &r,
          "confidence\tright\tlow\thigh\n25\t50\t37.5\t62.5\n75\t62.5\t50\t75\n" BETWEEN
          "confidence\titems\n25\t40\n75\t160\n" BETWEEN
          "confidence\tright\tlow\thigh\n50\t50\t25\t75\n62.5\t65\t60\t71.25\n",
          false, "0.25|0.5|0.375|0.625|n=40\n0.75|0.625|0.5|0.75|n=160\n");
    result_release(&r);
}

/* As many bins as a picture shows: none of them is passed over. */
static void no_bin_is_left_out(void **state)
{
    enum { BINS = 60 };
    struct buf want = {0};
    struct result r;
    result_init(&r, "replay");
    struct curve *c = result_add_curve(&r, "calibration", "confidence", "accuracy");
    buf_puts(&want, "confidence\tright\tlow\thigh\n");
    for (int i = 0; i < BINS; i++) {
        vec_push(&c->points, ((struct point){i / 64.0, 0.5, 0.25, 0.75, NULL}));
        buf_printf(&want, "%.10g\t50\t25\t75\n", 100 * i / 64.0);
    }
    buf_puts(&want, BETWEEN "confidence\titems\n" EMPTY);
    drawn(PLOT_CALIBRATION, &r, buf_text(&want), false, NULL);
    buf_release(&want);
    result_release(&r);
}

static void what_is_thinned_keeps_its_ends(void **state)
{
    static const size_t six_of_11[] = {0, 2, 4, 6, 8, 10}, seven_of_12[] = {0, 2, 4, 6, 8, 10, 11};
    size_t n = 0;
    assert_int_equal(table_thin(0, 6), 1);
    assert_int_equal(table_thin(6, 6), 1);
    assert_int_equal(table_thin(7, 6), 2);
    for (size_t i = 0; i < 11; i = table_thin_next(i, 11, 2))
        assert_int_equal(i, six_of_11[n++]);
    assert_int_equal(n, COUNT(six_of_11));
    n = 0;
    for (size_t i = 0; i < 12; i = table_thin_next(i, 12, 2))
        assert_int_equal(i, seven_of_12[n++]);
    assert_int_equal(n, COUNT(seven_of_12));
}

static void learning_has_every_cycle(void **state)
{
    const struct point wrong[] = {
        {0, 0.1,  NAN,  NAN,    NULL},
        {1, 0.05, 0.04, 0.0625, NULL}
    };
    const struct point load[] = {
        {0, 0.5,  0.4, 0.6, NULL},
        {1, 0.25, 0.2, 0.3, NULL}
    };
    struct result r;
    result_init(&r, "simulate");
    add_curve(&r, "learning", "cycle", "shipped_error", NULL, wrong, COUNT(wrong));
    add_curve(&r, "learning", "cycle", "review_load", NULL, load, COUNT(load));
    drawn(PLOT_LEARNING, &r,
          "cycle\tpercent\tlow\thigh\n0\t10\t10\t10\n1\t5\t4\t6.25\n" BETWEEN
          "cycle\tpercent\tlow\thigh\n0\t50\t40\t60\n1\t25\t20\t30\n",
          false, NULL);
    result_release(&r);
}

/* What sways another metric is not in it. */
static void a_tornado_has_the_derivatives_largest_first(void **state)
{
    struct result r;
    result_init(&r, "solve");
    vec_push(&r.sensitivities,
             ((struct sensitivity){
                 .parameter = "flow.send.error", .metric = "reliability", .value = 0.25}));
    vec_push(&r.sensitivities,
             ((struct sensitivity){
                 .parameter = "flow.send.cost", .metric = "cost_per_item", .value = 0.75}));
    vec_push(&r.sensitivities,
             ((struct sensitivity){
                 .parameter = "flow.draft.wrong", .metric = "reliability", .value = -0.5}));
    drawn(PLOT_TORNADO, &r,
          "row\tfrom\tto\tnumber\tparameter\n1\t0\t0.25\t0.25\tsend.error\n" BETWEEN
          "row\tfrom\tto\tnumber\tparameter\n0\t0\t-0.5\t" MINUS "0.5\tdraft.wrong\n",
          false, NULL);
    result_release(&r);
}

/* Where the numbers are known: 0.1 * 0.02 * -0.5 and, since 0.95 is 0.05 from 1, 0.1 * 0.05 * 1 of
 * the reliability, and 0.1 * 3600 * 0.00002 by an hour that is a tenth longer. */
static void a_tornado_has_the_effects_of_a_tenth(void **state)
{
    struct result r;
    result_init(&r, "solve");
    vec_push(&r.sensitivities, ((struct sensitivity){.parameter = "flow.draft.wrong",
                                                     .metric = "reliability",
                                                     .value = -0.5,
                                                     .at = 0.02,
                                                     .probability = true}));
    vec_push(&r.sensitivities, ((struct sensitivity){.parameter = "environments.net.up.lasts",
                                                     .metric = "reliability",
                                                     .value = 0.00002,
                                                     .at = 3600}));
    vec_push(&r.sensitivities, ((struct sensitivity){.parameter = "flow.desk.sensitivity",
                                                     .metric = "reliability",
                                                     .value = 1,
                                                     .at = 0.95,
                                                     .probability = true}));
    drawn(PLOT_TORNADO, &r,
          "row\tfrom\tto\tnumber\tparameter\n0\t0\t0.72\t0.72\tnet.up.lasts\n"
          "1\t0\t0.5\t0.5\tdesk.sensitivity\n" BETWEEN
          "row\tfrom\tto\tnumber\tparameter\n2\t0\t-0.1\t" MINUS "0.1\tdraft.wrong\n",
          false,
          "environments.net.up.lasts|3600|0.72\nflow.desk.sensitivity|0.95|0.5\n"
          "flow.draft.wrong|0.02|" MINUS "0.1\n");
    assert_true(says(PLOT_TORNADO, &r, "points of reliability for a number a tenth larger"));
    r.sensitivities.at[1].at = NAN; /* of one it is not known: none can be compared but as it is */
    assert_true(says(PLOT_TORNADO, &r, "change of reliability per 1 of a share or s"));
    result_release(&r);
}

/* sqrt(0.64) of a deviation of 5 points is 4, sqrt(0.25) of it 2.5. */
static void a_tornado_of_evidence_has_deviations_to_both_sides(void **state)
{
    struct result r;
    result_init(&r, "solve");
    metrics_add(&r.metrics, "reliability", 0.8, 0.7, 0.9, 0.95, 100, "1")->sd_parameters = 0.05;
    vec_push(&r.sensitivities, ((struct sensitivity){.parameter = "flow.send.error",
                                                     .metric = "reliability",
                                                     .value = -0.9,
                                                     .shared = true,
                                                     .variance_share = 0.25}));
    vec_push(&r.sensitivities, ((struct sensitivity){.parameter = "flow.draft.wrong",
                                                     .metric = "reliability",
                                                     .value = -0.5,
                                                     .shared = true,
                                                     .variance_share = 0.64}));
    drawn(PLOT_TORNADO, &r,
          "row\tfrom\tto\tnumber\tparameter\n0\t-4\t4\t±4\tdraft.wrong\n"
          "1\t-2.5\t2.5\t±2.5\tsend.error\n" BETWEEN "row\tfrom\tto\tnumber\tparameter\n" EMPTY,
          false, NULL);
    result_release(&r);
}

static void evidence_has_every_label(void **state)
{
    const struct point at[] = {
        {0,  0,     NAN, NAN, NULL},
        {10, -0.25, NAN, NAN, NULL},
        {20, 1.5,   NAN, NAN, NULL}
    };
    struct result r;
    result_init(&r, "drift");
    add_curve(&r, "evidence", "label", "evidence", "errors", at, COUNT(at));
    drawn(PLOT_EVIDENCE, &r,
          "x\ty\tlow\thigh\terrors\n0\t0\t0\t0\t\n10\t-0.25\t-0.25\t-0.25\t\n"
          "20\t1.5\t1.5\t1.5\t\n",
          false, "errors|0|0\nerrors|10|-0.25\nerrors|20|1.5\n");
    result_release(&r);
}

/* The last state of a budget lasts to the end of the windows. */
static void budgets_have_their_windows_and_what_is_left(void **state)
{
    const struct point windows[] = {
        {0,   0.995, 0.99,  1,   NULL},
        {300, 0.98,  0.975, NAN, NULL}
    };
    const struct point left[] = {
        {0,   1,     NAN, NAN, NULL},
        {240, -0.25, NAN, NAN, NULL}
    };
    struct result r;
    result_init(&r, "replay");
    add_curve(&r, "attainment", "time", "attainment", "fast", windows, COUNT(windows));
    add_curve(&r, "budget_left", "time", "budget_left", "fast", left, COUNT(left));
    drawn(PLOT_BUDGET, &r,
          "x\ty\tlow\thigh\tfast\n0\t99.5\t99\t100\t\n5\t98\t98\t98\t\n" BETWEEN
          "x\ty\tlow\thigh\tfast\n0\t100\t100\t100\t\n4\t-25\t-25\t-25\t\n5\t-25\t-25\t-25\t\n",
          false, "fast|0|0.995\nfast|5|0.98\nfast|0|1\nfast|4|-0.25\n");
    result_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_waterfall_goes_down_by_each_loss),
        cmocka_unit_test(a_pipeline_that_loses_nothing_has_whole_bars),
        cmocka_unit_test(bars_of_stages_have_their_values_and_intervals),
        cmocka_unit_test(layers_stand_end_to_end),
        cmocka_unit_test(crowded_names_keep_off_the_axis),
        cmocka_unit_test(costs_stand_with_their_reliabilities),
        cmocka_unit_test(a_name_goes_to_the_side_where_no_dot_is),
        cmocka_unit_test(a_frontier_has_its_curves_target_and_point),
        cmocka_unit_test(review_load_by_labels_has_every_point),
        cmocka_unit_test(a_distribution_of_latency_has_every_step),
        cmocka_unit_test(percentiles_stand_at_their_log_odds),
        cmocka_unit_test(a_flow_says_what_fails_in_its_boxes),
        cmocka_unit_test(words_of_percentiles_give_way),
        cmocka_unit_test(a_backlog_has_its_band),
        cmocka_unit_test(a_reliability_diagram_has_every_bin_and_its_items),
        cmocka_unit_test(no_bin_is_left_out),
        cmocka_unit_test(what_is_thinned_keeps_its_ends),
        cmocka_unit_test(learning_has_every_cycle),
        cmocka_unit_test(a_tornado_has_the_derivatives_largest_first),
        cmocka_unit_test(a_tornado_has_the_effects_of_a_tenth),
        cmocka_unit_test(a_tornado_of_evidence_has_deviations_to_both_sides),
        cmocka_unit_test(evidence_has_every_label),
        cmocka_unit_test(budgets_have_their_windows_and_what_is_left),
    };
    return cmocka_run_group_tests_name("plot data", tests, NULL, NULL);
}
