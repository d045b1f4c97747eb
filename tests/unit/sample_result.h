/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A result with every part filled, for the tests of result, report and store; `name` goes into
 * every text that an input can reach. */
#ifndef SEAM_TESTS_SAMPLE_RESULT_H
#define SEAM_TESTS_SAMPLE_RESULT_H

#include "model/pipeline.h"
#include "model/result.h"

#include <math.h>
#include <string.h>

static void sample_stages(struct result *r, const char *const *ids, size_t n)
{
    static const double success[] = {0.9702, 0.991, 0.9412, 0.9, 1.0, 0.98};
    static const double better[] = {0.021, 0.008, 0.083, 0.0, 0.012, 0.004};
    static const double latency[] = {0.045, 0.38, 1.2, 0.0, 95, 0.12};
    static const char *const layer[] = {"data", "tool", "model", "agent", "human", "feedback"};
    for (size_t i = 0; i < n; i++) {
        struct row *row = result_add_row(r, stages, ids[i]);
        row->layer = layer[i % 6];
        row->kind = i == 3 ? "gate" : i == 4 ? "review" : "stage";
        struct metrics *m = &row->metrics;
        metrics_add(m, "attempts_per_item", 1.03 + 0.01 * (double)i, 1.02, 1.11, 0.95, 10000, "1");
        if (i != 3)
            metrics_add(m, "success_rate", success[i % 6], success[i % 6] - 0.011,
                        fmin(1, success[i % 6] + 0.009), 0.95, 10000, "1");
        metrics_add(m, "error_rate", 0.02, 0.0173, 0.0229, 0.95, 10000, "1");
        metrics_add(m, "attempt_latency_p50", latency[i % 6], latency[i % 6] * 0.97,
                    latency[i % 6] * 1.04, 0.95, 10000, "s");
        metrics_add(m, "cost_per_item", 0.002 * (double)i, 0.0019 * (double)i, 0.0021 * (double)i,
                    0.95, 10000, "$");
        metrics_add(m, "exit_fail", i == 0 ? 0.012 : 0.003, 0.002, 0.013, 0.95, 10000, "1");
        metrics_add(m, "exit_reject", i == 4 ? 0.031 : 0, i == 4 ? 0.028 : 0, i == 4 ? 0.034 : 0,
                    0.95, 10000, "1");
        metrics_add(m, "improvement", better[i % 6], better[i % 6] * 0.8, better[i % 6] * 1.2, 0.95,
                    10000, "1");
        if (i == 3)
            metrics_add_exact(m, "threshold", 0.85, "1");
    }
}

static void sample_edge(struct result *r, const char *from, const char *to, double share,
                        uint64_t count)
{
    struct edge_row e = {
        .from = result_text(r, "%s", from), .to = result_text(r, "%s", to), .count = count};
    metrics_add(&e.metrics, "share", share, share * 0.98, fmin(1, share * 1.02), 0.95, 10000, "1");
    vec_push(&r->edges, e);
}

static void sample_change(struct result *r, const char *name)
{
    struct row *row = result_add_row(r, changes, name);
    row->kind = "error_rate";
    metrics_add(&row->metrics, "before", 0.015, 0.005, 0.043, 0.95, 200, "1");
    metrics_add(&row->metrics, "now", 0.062, 0.031, 0.09, 0.95, 400, "1");
    metrics_add_exact(&row->metrics, "evidence", 4.7, "1");
    metrics_add(&row->metrics, "since", 1.78e9, 1.7799e9, 1.7801e9, 0.95, 400, "time");
}

static void sample_plan(struct result *r, const char *name)
{
    for (int i = 0; i < 3; i++) {
        struct row *row = result_add_row(r, plan, result_text(r, "%d %s", i, name));
        row->kind = "labels";
        metrics_add_exact(&row->metrics, "assumed_error", 0.01 * i, "1");
        metrics_add_exact(&row->metrics, "review_load", 0, "1");
        metrics_add_count(&row->metrics, "labels_fixed", 59 << i);
        metrics_add_count(&row->metrics, "labels_split", 79 << i);
    }
}

static void sample_curves(struct result *r, const char *name)
{
    struct curve *c = result_add_curve(r, "frontier", "review_load", "auto_error");
    for (int i = 0; i <= 50; i++) {
        double x = i / 50.0, y = 0.15 * pow(1 - x, 1.6) + 0.004;
        struct point p = {x, y, y * 0.85, y * 1.18, result_text(r, "threshold=%g %s", x, name)};
        vec_push(&c->points, p);
    }
    c = result_add_curve(r, "frontier_certified", "review_load", "auto_error");
    for (int i = 0; i <= 45; i++) {
        double x = i / 50.0;
        vec_push(&c->points, ((struct point){x, 0.16 * pow(1 - x, 1.4) + 0.013, NAN, NAN, NULL}));
    }
    c = result_add_curve(r, "load_by_labels", "labels", "review_load");
    for (int i = 0; i < 8; i++) {
        double x = 0.3 + 0.7 * exp(-0.5 * i);
        vec_push(&c->points,
                 ((struct point){100 * pow(2, i), x, fmax(0, x - 0.05), fmin(1, x + 0.05), NULL}));
    }
    c = result_add_curve(r, "calibration_recalibrated", "confidence", "accuracy");
    for (int i = 0; i < 10; i++) {
        double x = 0.05 + 0.1 * i;
        vec_push(&c->points, ((struct point){x, x, fmax(0, x - 0.05), fmin(1, x + 0.05), NULL}));
    }
    c = result_add_curve(r, "calibration", "confidence", "accuracy");
    for (int i = 0; i < 10; i++) {
        double x = 0.05 + 0.1 * i, y = 0.25 + 0.68 * x, half = 0.16 - 0.012 * i;
        vec_push(&c->points, ((struct point){x, y, fmax(0, y - half), fmin(1, y + half), NULL}));
    }
    c = result_add_curve(r, "latency_cdf", "latency", "share");
    for (int i = 0; i <= 200; i++) {
        double z = -3 + 6 * i / 200.0;
        vec_push(&c->points,
                 ((struct point){2.1 * exp(0.7 * z), 0.5 * erfc(-z / sqrt(2)), NAN, NAN, NULL}));
    }
}

static void sample_time_curves(struct result *r, const char *name)
{
    static const char *const resource[] = {"reviewers", "render"};
    for (int k = 0; k < 2; k++) {
        struct curve *c = result_add_curve(r, "backlog", "time", "items");
        c->resource = result_text(r, "%s %s", resource[k], name);
        for (int i = 0; i <= 48; i++) {
            double y = 6 + 5 * sin(i / 4.0 + k);
            vec_push(&c->points, ((struct point){3600.0 * i, y, y - 1, y + 1, NULL}));
        }
    }
    static const char *const learnt[] = {"shipped_error", "review_load"};
    for (int k = 0; k < 2; k++) {
        struct curve *c = result_add_curve(r, "learning", "cycle", learnt[k]);
        for (int i = 0; i <= 6; i++) {
            double y = (0.02 + 0.4 * k) / (1 + i);
            vec_push(&c->points, ((struct point){i, y, 0.9 * y, 1.1 * y, NULL}));
        }
    }
}

static void sample_watch_curves(struct result *r, const char *name)
{
    static const struct {
        const char *id, *x, *y;
        double from, to;
    } curve[] = {
        {"labels_needed", "assumed_error", "labels",      299, 20000},
        {"labels_needed", "assumed_error", "labels",      399, 26000},
        {"power",         "labels",        "power",       0.1, 0.97 },
        {"evidence",      "time",          "evidence",    0,   4    },
        {"attainment",    "time",          "attainment",  0.9, 0.99 },
        {"budget_left",   "time",          "budget_left", 1,   -0.5 }
    };
    for (size_t k = 0; k < sizeof curve / sizeof *curve; k++) {
        struct curve *c = result_add_curve(r, curve[k].id, curve[k].x, curve[k].y);
        c->resource = result_text(r, "of %s", name);
        for (int i = 0; i <= 20; i++) {
            double y = curve[k].from + (curve[k].to - curve[k].from) * i / 20;
            vec_push(&c->points, ((struct point){i, y, NAN, NAN, NULL}));
        }
    }
}

static void sample_headline(struct result *r)
{
    struct metrics *m = &r->metrics;
    struct metric *first =
        metrics_add(m, "reliability", 0.8330, 0.8323, 0.8337, 0.95, 1000000, "1");
    first->sd_sampling = 0.00029;
    first->sd_parameters = 0.00021;
    metrics_add(m, "share_wrong", 0.109, 0.1084, 0.1096, 0.95, 1000000, "1");
    metrics_add(m, "share_rejected", 0.031, 0.0307, 0.0313, 0.95, 1000000, "1");
    metrics_add(m, "share_failed", 0.027, 0.0267, 0.0273, 0.95, 1000000, "1");
    metrics_add(m, "auto_error", 0.0471, 0.0462, 0.048, 0.95, 740000, "1");
    metrics_add(m, "review_load", 0.25, 0.2491, 0.2509, 0.95, 1000000, "1");
    metrics_add(m, "latency_p50", 2.1, 2.09, 2.11, 0.95, 943000, "s");
    metrics_add(m, "latency_p95", 6.64, 6.6, 6.69, 0.95, 943000, "s");
    metrics_add(m, "latency_p99", 10.7, 10.6, 10.8, 0.95, 943000, "s");
    metrics_add(m, "cost_per_item", 0.0213, 0.0212, 0.0214, 0.95, 1000000, "$");
    metrics_add_exact(m, "ece", 0.0714, "1");
    const struct target targets[] = {
        {"reliability", TARGET_AT_LEAST, 0.95, "at least 95%"},
        {"auto_error",  TARGET_AT_MOST,  0.05, "at most 5%"  },
        {"review_load", TARGET_LEAST,    0,    "least"       }
    };
    result_judge(r, targets, 3);
}

static void sample_rest(struct result *r, const char *name)
{
    const char *parameters[] = {"flow.draft.wrong", "flow.retrieve.error", "flow.call.error"};
    const double slope[] = {-0.91, -0.88, -0.3};
    for (size_t i = 0; i < 3; i++) {
        struct sensitivity s = {result_text(r, "%s%s", parameters[i], name), "reliability",
                                slope[i], slope[i], slope[i]};
        s.at = i < 2 ? 0.02 : NAN;
        s.probability = i == 0;
        if (i < 2) {
            s.shared = true;
            s.variance_share = i ? 0.23 : 0.71;
            s.variance_share_low = s.variance_share - 0.04;
            s.variance_share_high = s.variance_share + 0.05;
        }
        vec_push(&r->sensitivities, s);
    }
    r->answer =
        (struct answer){.present = true,
                        .threshold = 0.85,
                        .bound = 0.0497,
                        .level = 0.95,
                        .m = 4000,
                        .k = 171,
                        .tests = 1,
                        .review_load = 0.25,
                        .risk_value = 0.0471,
                        .best_attainable = NAN,
                        .method = "split",
                        .risk = "auto_error",
                        .population = result_text(r, "items of %s", name),
                        .ending = "certified",
                        .sentence = result_text(r, "Ship from a confidence of 0.85 %s", name)};
    r->data = (struct data_quality){.present = true,
                                    .format = "otlp-json",
                                    .percentiles = "exact",
                                    .records = 1204,
                                    .spans = 1204,
                                    .traces = 250,
                                    .items = 200,
                                    .roots = 250,
                                    .orphans = 2};
    vec_push(&r->data.places, ((struct data_place){"orphan", result_text(r, "%s.jsonl:12", name)}));
    struct row *row = result_add_row(r, names, name);
    metrics_add_count(&row->metrics, "spans", 200);
    metrics_add_count(&row->metrics, "errors", 1);
    result_assume(r, "Items are independent (%s).", name);
    result_warn(r, "two spans have no parent %s", name);
}

/* name NULL: plain names. */
static void sample_result(struct result *r, const char *name)
{
    const char *n = name ? name : "triage";
    const char *ids[] = {name ? name : "retrieve", "call", "draft", "gate", "review", "send"};
    result_init(r, "simulate");
    r->scenario_name = result_text(r, "%s", n);
    r->scenario_file = result_text(r, "scenarios/%s.yaml", n);
    r->scenario_sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    r->run = (struct run_info){.present = true,
                               .method = "monte-carlo",
                               .engine = "batch",
                               .version = "0.1.0",
                               .covers = "sampling",
                               .seed = UINT64_MAX,
                               .trials = 1000000,
                               .threads = 2,
                               .elapsed_s = 0.1};
    sample_headline(r);
    sample_stages(r, ids, 6);
    for (size_t i = 0; i < 5; i++)
        if (i != 3)
            sample_edge(r, ids[i], ids[i + 1], i == 0 ? 0.988 : 0.997, 9880);
    sample_edge(r, ids[0], "fail", 0.012, 120);
    sample_edge(r, ids[1], ids[0], 0.04, 400);
    sample_edge(r, "gate", "ship", 0.75, 7500);
    sample_edge(r, "gate", "review", 0.25, 2500);
    sample_edge(r, "review", "draft", 0.08, 200);
    sample_edge(r, "review", "reject", 0.12, 310);
    sample_edge(r, "send", "ship", 1, 2300);
    sample_change(r, n);
    sample_plan(r, n);
    sample_curves(r, n);
    sample_time_curves(r, n);
    sample_watch_curves(r, n);
    sample_rest(r, n);
}

/* Where an output would break: markup, quotes, shell and gnuplot code, SQL, formulas, controls,
 * direction marks, emoji, bytes that are not UTF-8. */
static const char *const sample_canaries[] = {
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "`touch /tmp/seam-canary`",
    "<touch /tmp/seam-canary",
    "'; system('touch /tmp/seam-canary'); '",
    "\" . system(\"touch /tmp/seam-canary\") . \"",
    "a\nset output 'canary'\nplot x",
    "Robert'); DROP TABLE run;--",
    "=cmd|' /C calc'!A0",
    "\033[31mred\033[0m\a\b",
    "right\xe2\x80\xaeleft",
    "\xf0\x9f\x98\x80 \xd8\xb4\xd8\xb3",
    "bad\xff\xfe\xc0\xaf bytes\xed\xa0\x80",
    "%s%n%d \\n \\101 $HOME ${x} {/Symbol a} ^2_3",
    "https://canary.invalid/x.js",
    "tab\tand\rreturn",
};
enum { SAMPLE_CANARIES = sizeof sample_canaries / sizeof *sample_canaries };

#endif
