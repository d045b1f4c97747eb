/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A threshold from labelled confidences: what is asked, the choice by math/risk, and what else the
 * labels tell. */
#include "decide/size_labels.h"

#include <math.h>
#include <string.h>

enum { FEW = 10 };

/* --- what is asked */

static int ask_risk(const struct size_labels_options *o, const struct target *t, int kind,
                    struct labels_ask *out, struct error *err)
{
    if (kind == RISK_SHIPPED && !o->reviewer)
        return error_set(err, ERR_USAGE,
                         "labels alone say nothing about shipped_error, which also holds what "
                         "reviewers let through: say how good they are (--reviewer "
                         "sensitivity=93%%,specificity=98%%), ask for auto_error, or size the "
                         "scenario");
    if (t->kind != TARGET_AT_MOST)
        return error_set(err, ERR_USAGE, "%s needs a bound: %s at most P", t->metric, t->metric);
    if (!(t->value > 0 && t->value < 1))
        return error_set(err, ERR_USAGE,
                         "%s %s: no number of labels certifies 0%%, and 100%% needs none; ask for "
                         "something between",
                         t->metric, t->text);
    for (size_t i = 0; i < out->n_risks; i++)
        if (out->risk[i].kind == (enum risk_kind)kind) { /* the stricter one holds both */
            if (t->value < out->risk[i].at_most) {
                out->risk[i].at_most = t->value;
                out->of[i] = t;
            }
            return 0;
        }
    out->risk[out->n_risks] = (struct risk_target){(enum risk_kind)kind, t->value};
    out->of[out->n_risks++] = t;
    return 0;
}

static int labels_ask(const struct size_labels_options *o, struct labels_ask *out,
                      struct error *err)
{
    *out = (struct labels_ask){0};
    for (uint32_t i = 0; i < o->n_targets; i++) {
        const struct target *t = &o->targets[i];
        int kind = 0;
        if (!strcmp(t->metric, "review_load")) {
            if (t->kind == TARGET_AT_MOST && (!out->load || t->value < out->load->value))
                out->load = t;
            continue;
        }
        while (kind < RISK_KIND_COUNT && strcmp(t->metric, risk_kind_name((enum risk_kind)kind)))
            kind++;
        if (kind == RISK_KIND_COUNT)
            return error_set(err, ERR_USAGE,
                             "labels alone say nothing about %s: ask for auto_error at most P",
                             t->metric);
        if (ask_risk(o, t, kind, out, err))
            return -1;
    }
    if (o->method == RISK_CRC && (out->n_risks != 1 || out->risk[0].kind != RISK_JOINT))
        return error_set(err, ERR_USAGE,
                         "--method crc bounds joint_error alone, and that in expectation: ask for "
                         "joint_error at most P, or leave the method out");
    if (!out->n_risks && !out->load)
        return error_set(err, ERR_USAGE,
                         "`seam size --labels` needs a target: --target "
                         "\"auto_error at most 1%%\"");
    return 0;
}

/* --- what the labels cannot tell */

static void warn_of_labels(const struct labels_case *c, struct result *out)
{
    if (c->n_points == 1)
        result_warn(out,
                    "every label has the same confidence, %.6g: no threshold can tell the items "
                    "apart; all of them ship, or none",
                    c->point[0].threshold);
    if (c->errors == 0 || c->errors == c->n)
        result_warn(out, "all %zu labels are %s: nothing can be said of how confidence ranks them",
                    c->n, c->errors ? "wrong" : "right");
    if (c->n < FEW)
        result_warn(out,
                    "%zu labels are too few to measure calibration or ranking: those are left out",
                    c->n);
}

/* --- choices */

/* The strictest threshold whose review load is within the bound as a whole interval.  It depends on
 * the confidences alone, so that the errors above it are binomial. */
static double threshold_of_load(const struct labels_case *c)
{
    for (size_t i = 0; i < c->n_points; i++) {
        struct interval load = interval_wilson(c->n - c->point[i].m, c->n, c->options->level);
        if (load.high <= c->ask->load->value)
            return c->point[i].threshold;
    }
    return NAN;
}

static int choose_by_load(const struct labels_case *c, struct risk_answer *a, struct error *err)
{
    double threshold = threshold_of_load(c);
    struct risk_options risk = {.target = 0.5, .level = c->options->level, .threshold = threshold};
    if (isnan(threshold))
        risk.threshold = c->point[c->n_points - 1].threshold;
    if (risk_choose(RISK_EXACT, c->at, c->n, &risk, a, err))
        return -1;
    a->at[0].at_most = NAN;
    a->found = !isnan(threshold);
    a->ending = a->found ? RISK_CERTIFIED : RISK_TOO_FEW;
    a->best_attainable = NAN;
    a->labels_needed = 0;
    return 0;
}

static int choose(const struct labels_case *c, struct risk_answer *a, struct error *err)
{
    const struct size_labels_options *o = c->options;
    struct risk_options risk = {.target = c->ask->risk[0].at_most,
                                .level = o->level,
                                .seed = o->seed,
                                .grid = o->grid,
                                .threshold = o->threshold,
                                .targets = c->ask->risk,
                                .n_targets = c->ask->n_risks,
                                .reviewer = o->reviewer};
    return c->ask->n_risks ? risk_choose(o->method, c->at, c->n, &risk, a, err)
                           : choose_by_load(c, a, err);
}

/* Bounds on review load beside the risks: the whole interval must meet them. */
static bool load_is_met(const struct size_labels_options *o, struct result *out)
{
    bool met = true;

    for (uint32_t i = 0; i < o->n_targets; i++) {
        const struct target *t = &o->targets[i];
        for (size_t j = 0; j < out->metrics.list.len; j++) {
            struct metric *m = &out->metrics.list.at[j];
            if (strcmp(m->name, t->metric) || strcmp(m->name, "review_load"))
                continue;
            bool pass = t->kind == TARGET_AT_MOST    ? m->high <= t->value
                        : t->kind == TARGET_AT_LEAST ? m->low >= t->value
                                                     : true;
            bool fail = t->kind == TARGET_AT_MOST    ? m->low > t->value
                        : t->kind == TARGET_AT_LEAST ? m->high < t->value
                                                     : false;
            m->target = m->target ? result_text(out, "%s, %s", m->target, t->text)
                                  : result_text(out, "%s", t->text);
            enum verdict v = pass ? VERDICT_PASS : fail ? VERDICT_FAIL : VERDICT_NOT_SHOWN;
            if (m->verdict != VERDICT_FAIL && v != VERDICT_PASS)
                m->verdict = v;
            else if (m->verdict == VERDICT_NONE)
                m->verdict = v;
            met = met && pass;
        }
    }
    return met;
}

static int size_all(const struct labels_case *c, struct result *out, bool *certified,
                    struct error *err)
{
    struct risk_answer a;
    const char *groups = NULL;

    if (choose(c, &a, err))
        return -1;
    labels_put_risks(c, &a, out);
    if (c->options->n_groups > 1 && a.found)
        groups = labels_put_groups(c, &a, out);
    labels_put_answer(c, &a, out);
    bool load_met = load_is_met(c->options, out);
    if (a.ending == RISK_CERTIFIED && c->ask->load && !load_met)
        out->answer.sentence = result_text(
            out,
            a.review_load > c->ask->load->value
                ? "%s  That is more review than \"review_load %s\" allows: these labels meet no "
                  "two of them together."
                : "%s  That it is within \"review_load %s\" these labels do not show: more items "
                  "would.",
            out->answer.sentence, c->ask->load->text);
    if (groups)
        out->answer.sentence = result_text(out, "%s  %s", out->answer.sentence, groups);
    *certified = a.ending == RISK_CERTIFIED && load_met;
    return 0;
}

static void put_run(const struct size_labels_options *o, struct result *out)
{
    out->passed = PASSED_FALSE;
    out->run.present = true;
    out->run.method = risk_method_name(o->method);
    out->run.engine = "labels";
    out->run.seed = o->seed;
    out->run.covers = "sampling";
    result_assume(out, "the labels are a random sample of the items that will come: same model, "
                       "prompt and mix; a certificate expires when one of these changes");
    if (o->reviewer)
        result_assume(out,
                      "reviewers catch %.4g%% of the wrong items that they see and let %.4g%% of "
                      "the right ones pass%s; what they reject is mended and ships",
                      100 * o->reviewer->sensitivity, 100 * o->reviewer->specificity,
                      o->reviewer->sensitivity_n || o->reviewer->specificity_n
                          ? " (bounded from the counts given)"
                          : "");
}

int size_labels(const struct scored *labels, size_t n, const struct size_labels_options *options,
                struct result *out, bool *certified, struct error *err)
{
    struct labels_ask ask;
    struct labels_case c = {.at = labels, .n = n, .options = options, .ask = &ask};
    int status;

    if (labels_ask(options, &ask, err))
        return -1;
    if (n == 0)
        return error_set(err, ERR_INPUT, "labels: there are none, so no threshold can be chosen");
    risk_frontier(labels, n, &c.point, &c.n_points);
    c.errors = c.point[c.n_points - 1].k;
    bool per_group = options->per_group && options->n_groups > 1;
    status =
        per_group ? labels_by_group(&c, out, certified, err) : size_all(&c, out, certified, err);
    if (status == 0) {
        labels_put_calibration(&c, out);
        labels_put_frontiers(&c, out);
        if (!per_group)
            labels_put_load_curve(&c, out);
        put_run(options, out);
        warn_of_labels(&c, out);
        out->passed = *certified ? PASSED_TRUE : PASSED_FALSE;
    }
    mem_free(c.point);
    return status;
}
