/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A threshold from labelled confidences: the certificate of math/risk, the calibration and ranking
 * of the labels, and the three frontiers (plain, certified, perfect ranking). */
#include "decide/size.h"

#include "base/units.h"
#include "math/interval.h"

#include <math.h>
#include <string.h>

enum { CURVE_POINTS = 200, BINS = 15 };

static int find_target(const struct size_labels_options *o, const struct target **risk,
                       struct error *err)
{
    *risk = NULL;
    for (uint32_t i = 0; i < o->n_targets; i++) {
        const struct target *t = &o->targets[i];
        if (!strcmp(t->metric, "review_load"))
            continue;
        if (!strcmp(t->metric, "shipped_error"))
            return error_set(err, ERR_USAGE,
                             "labels alone say nothing about shipped_error, which also holds what "
                             "reviewers let through: ask for auto_error, or size the scenario");
        if (strcmp(t->metric, "auto_error"))
            return error_set(err, ERR_USAGE,
                             "labels alone say nothing about %s: ask for auto_error at most P",
                             t->metric);
        if (t->kind != TARGET_AT_MOST)
            return error_set(err, ERR_USAGE, "auto_error needs a bound: auto_error at most P");
        *risk = t;
    }
    if (!*risk)
        return error_set(err, ERR_USAGE,
                         "`seam size --labels` needs a target: --target "
                         "\"auto_error at most 1%%\"");
    return 0;
}

/* Points evenly spaced among n, the last one always. */
static bool is_shown(size_t i, size_t n)
{
    size_t every = n / CURVE_POINTS + 1;
    return i % every == 0 || i + 1 == n;
}

static void put_frontiers(const struct risk_point *point, size_t n_points, uint64_t n,
                          uint64_t errors, double level, struct result *out)
{
    struct curve *plain = result_add_curve(out, "frontier", "review_load", "auto_error");

    for (size_t i = 0; i < n_points; i++) {
        if (!is_shown(i, n_points))
            continue;
        struct interval ci = interval_clopper_pearson(point[i].k, point[i].m, level);
        struct point p = {point[i].review_load, (double)point[i].k / (double)point[i].m, ci.low,
                          ci.high, result_text(out, "threshold=%.6g", point[i].threshold)};
        vec_push(&plain->points, p);
    }
    struct curve *sure = result_add_curve(out, "frontier_certified", "review_load", "auto_error");
    for (size_t i = 0; i < n_points; i++) {
        if (!is_shown(i, n_points))
            continue;
        double bound = interval_upper(point[i].k, point[i].m, 1 - level);
        struct point p = {point[i].review_load, bound, NAN, NAN,
                          result_text(out, "threshold=%.6g", point[i].threshold)};
        vec_push(&sure->points, p);
    }
    /* the best that any ranking could do: every error is reviewed before any correct item */
    struct curve *ideal = result_add_curve(out, "frontier_perfect", "review_load", "auto_error");
    for (size_t i = 0; i < CURVE_POINTS; i++) {
        uint64_t reviewed = n * i / CURVE_POINTS, left = errors > reviewed ? errors - reviewed : 0;
        struct point p = {(double)reviewed / (double)n, (double)left / (double)(n - reviewed), NAN,
                          NAN, NULL};
        vec_push(&ideal->points, p);
    }
}

static void put_calibration(const struct scored *s, size_t n, struct result *out)
{
    struct calibration *c = mem_zero(1, sizeof *c);
    struct metrics *m = &out->metrics;

    calibration_compute(s, n, BINS, false, c);
    metrics_add(m, "accuracy", c->accuracy, NAN, NAN, 0, n, "1");
    struct interval ci = interval_wilson(c->n_correct, n, 0.95);
    m->list.at[m->list.len - 1].low = ci.low;
    m->list.at[m->list.len - 1].high = ci.high;
    m->list.at[m->list.len - 1].level = 0.95;
    const struct {
        const char *name;
        double value;
    } row[] = {
        {"ece",   c->ece  },
        {"brier", c->brier},
        {"auroc", c->auroc},
        {"aurc",  c->aurc },
        {"augrc", c->augrc}
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if (!isnan(row[i].value))
            metrics_add(m, row[i].name, row[i].value, NAN, NAN, 0, n, "1");
    struct curve *curve = result_add_curve(out, "calibration", "confidence", "accuracy");
    for (size_t i = 0; i < c->bins; i++) {
        const struct calibration_bin *b = &c->bin[i];
        if (b->n) {
            struct point p = {b->confidence, b->accuracy, b->accuracy_low, b->accuracy_high,
                              result_text(out, "n=%llu", (unsigned long long)b->n)};
            vec_push(&curve->points, p);
        }
    }
    mem_free(c);
}

/* The threshold to its last digit, the bound rounded up: what is said holds as it is said. */
static const char *certified_sentence(struct result *out, const struct risk_answer *a,
                                      double target, double level)
{
    struct buf threshold;

    buf_init(&threshold);
    units_put_exact(&threshold, a->threshold);
    const char *text = result_text(
        out,
        "Ship at confidence %s and above: %.1f%% of the items go to review, and with %.4g%% "
        "confidence at most %.2f%% of what ships unseen is wrong (target %.3g%%).",
        buf_text(&threshold), 100 * a->review_load, 100 * level, ceil(a->bound * 1e4) / 100,
        100 * target);
    buf_release(&threshold);
    return text;
}

static const char *sentence(struct result *out, const struct risk_answer *a, double target,
                            double level)
{
    switch (a->ending) {
    case RISK_CERTIFIED:
        return certified_sentence(out, a, target, level);
    case RISK_INFEASIBLE:
        if (a->method == RISK_EXACT)
            return result_text(
                out,
                "Not at threshold %.6g: what ships there errs more than %.3g%% (%.3g%% "
                "of %llu labels); nothing is said of other thresholds.",
                a->threshold, 100 * target, 100 * a->risk, (unsigned long long)a->m);
        return result_text(out,
                           "No threshold keeps the error of what ships at %.3g%%: the smallest "
                           "bound that these labels give is %.3g%%.",
                           100 * target, 100 * a->best_attainable);
    case RISK_TOO_FEW:
        if (!a->labels_needed)
            return result_text(
                out,
                "These %llu labels do not certify %.3g%% at %.4g%%, and more of them "
                "would not: what ships errs about as much as that or more.",
                (unsigned long long)a->n, 100 * target, 100 * level);
        return result_text(out,
                           "These %llu labels are too few to certify %.3g%% at %.4g%%: about %llu "
                           "in all would do, if what ships errs well below the target.",
                           (unsigned long long)a->n, 100 * target, 100 * level,
                           (unsigned long long)a->labels_needed);
    case RISK_NOT_IDENTIFIABLE:
        return "Labels of reviewed items alone say nothing about what ships unreviewed: audit a "
               "random share of the shipped items and label those.";
    case RISK_NONE:
        break;
    }
    return a->found ? result_text(out,
                                  "Plug-in threshold %.6g (review load %.1f%%): no guarantee; on "
                                  "new data it misses its target about half the time.",
                                  a->threshold, 100 * a->review_load)
                    : "No threshold meets the target even on these labels.";
}

static void put_answer(const struct risk_answer *a, const struct target *target,
                       const struct size_labels_options *o, struct result *out)
{
    struct answer *to = &out->answer;

    to->present = true;
    to->threshold = a->found ? a->threshold : NAN;
    to->bound = a->found ? a->bound : NAN;
    to->level = o->level;
    to->m = a->m;
    to->k = a->k;
    to->tests = a->tests;
    to->labels_needed = a->labels_needed;
    to->review_load = a->found ? a->review_load : NAN;
    to->risk_value = a->found ? a->risk : NAN;
    to->best_attainable = a->ending == RISK_INFEASIBLE ? a->best_attainable : NAN;
    to->method = risk_method_name(a->method);
    to->risk = "auto_error";
    to->population = o->reviewed_only ? "reviewed items only"
                                      : "items like the labelled ones (same model, prompt and mix)";
    to->ending = a->ending == RISK_NONE ? NULL : risk_ending_name(a->ending);
    to->sentence = sentence(out, a, target->value, o->level);
}

static void put_risk(const struct risk_answer *a, const struct target *target, size_t n,
                     double level, struct result *out)
{
    if (!a->found)
        return;
    struct interval ci = interval_clopper_pearson(a->k, a->m, level);
    /* what is certified is the one-sided bound, so that stands as the upper end */
    double high = a->ending == RISK_CERTIFIED ? a->bound : fmax(ci.high, a->bound);
    struct metric *m =
        metrics_add(&out->metrics, "auto_error", a->risk, ci.low, high, level, a->m, "1");
    m->target = result_text(out, "%s", target->text);
    m->verdict = a->ending == RISK_CERTIFIED    ? VERDICT_PASS
                 : a->ending == RISK_INFEASIBLE ? VERDICT_INFEASIBLE
                                                : VERDICT_NOT_SHOWN;
    ci = interval_wilson((uint64_t)n - a->m, n, level);
    metrics_add(&out->metrics, "review_load", a->review_load, ci.low, ci.high, level, n, "1");
}

/* A bound on review load beside the risk: the whole interval must meet it. */
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
            m->target = result_text(out, "%s", t->text);
            m->verdict = pass ? VERDICT_PASS : fail ? VERDICT_FAIL : VERDICT_NOT_SHOWN;
            met = met && pass;
        }
    }
    return met;
}

/* Weights, or labels of several sources, are no plain sample of the items. */
static int check_plain(const struct scored *s, size_t n, struct error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i].weight != 1)
            return error_set(err, ERR_UNSUPPORTED,
                             "line %u: not supported yet: a threshold from weighted labels",
                             s[i].line);
        if (s[i].source != s[0].source)
            return error_set(err, ERR_UNSUPPORTED,
                             "line %u: not supported yet: a threshold from labels of two sources "
                             "(%s and %s)",
                             s[i].line, label_source_words[s[0].source],
                             label_source_words[s[i].source]);
    }
    return 0;
}

int size_labels(const struct scored *labels, size_t n, const struct size_labels_options *options,
                struct result *out, bool *certified, struct error *err)
{
    const struct target *target;
    struct risk_answer answer;
    struct risk_point *point = NULL;
    size_t n_points;
    uint64_t errors = 0;

    if (find_target(options, &target, err) || check_plain(labels, n, err))
        return -1;
    struct risk_options risk = {.target = target->value,
                                .level = options->level,
                                .seed = options->seed,
                                .grid = options->grid,
                                .threshold = options->threshold};
    if (risk_choose(options->method, labels, n, &risk, &answer, err))
        return -1;
    if (options->reviewed_only) {
        answer.ending = RISK_NOT_IDENTIFIABLE;
        answer.found = false;
        result_warn(out, "the labels are of reviewed items only: the error of what ships unseen "
                         "cannot be known from them");
    }
    for (size_t i = 0; i < n; i++)
        errors += !labels[i].correct;
    put_risk(&answer, target, n, options->level, out);
    put_calibration(labels, n, out);
    risk_frontier(labels, n, &point, &n_points);
    put_frontiers(point, n_points, n, errors, options->level, out);
    mem_free(point);
    put_answer(&answer, target, options, out);
    bool load_met = load_is_met(options, out);
    *certified = answer.ending == RISK_CERTIFIED && load_met;
    out->passed = *certified ? PASSED_TRUE : PASSED_FALSE;
    out->run.present = true;
    out->run.method = risk_method_name(options->method);
    out->run.engine = "labels";
    out->run.seed = options->seed;
    out->run.covers = "sampling";
    result_assume(out, "the labels are a random sample of the items that will come: same model, "
                       "prompt and mix; a certificate expires when one of these changes");
    return 0;
}
