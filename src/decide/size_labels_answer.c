/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer from labels in fields and in words. */
#include "decide/size_labels.h"

#include "base/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What decides the same of all these labels with fewer digits: between the threshold, which is the
 * confidence of a label, and the next lower one there is none.  A threshold of six digits stays,
 * and one from the line. */
static double shown_threshold(const struct labels_case *c, const struct risk_answer *a)
{
    char six[32];
    if (!a->found || a->method == RISK_EXACT)
        return 0;
    snprintf(six, sizeof six, "%.6g", a->threshold);
    if (strtod(six, NULL) == a->threshold)
        return 0;
    size_t i = 0;
    while (i < c->n_points && c->point[i].threshold >= a->threshold)
        i++;
    double below = i < c->n_points ? c->point[i].threshold : -INFINITY;
    double shown = units_shortest_above(below, a->threshold);
    return shown < a->threshold ? shown : 0;
}

static const char *labels_threshold_text(const struct labels_case *c, const struct risk_answer *a,
                                         struct result *out)
{
    struct buf text;
    double shown = shown_threshold(c, a);

    buf_init(&text);
    units_put_exact(&text, shown != 0 ? shown : a->threshold);
    const char *kept = result_text(out, "%s", buf_text(&text));
    buf_release(&text);
    return kept;
}

/* auto_error's interval and bound, for any threshold of these labels. */
static const struct risk_point *labels_point(const struct labels_case *c, double threshold)
{
    size_t low = 0, high = c->n_points;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c->point[middle].threshold >= threshold)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? &c->point[low - 1] : NULL;
}

/* "of what ships unseen is wrong" */
static const char *of_whom(enum risk_kind kind)
{
    static const char *const words[RISK_KIND_COUNT] = {
        [RISK_AUTO] = "of what ships unseen is wrong",
        [RISK_JOINT] = "of all items ship wrong and unseen",
        [RISK_SHIPPED] = "of what ships after review is wrong",
    };
    return words[kind];
}

/* The bounds rounded up: what is said holds as it is said. */
static const char *certified_sentence(const struct labels_case *c, const struct risk_answer *a,
                                      struct result *out)
{
    struct buf text;

    buf_init(&text);
    buf_printf(
        &text,
        "Ship at confidence %s and above: %.1f%% of the items go to review, and with %.10g%% "
        "confidence",
        labels_threshold_text(c, a, out), 100 * a->review_load, 100 * c->options->level);
    for (size_t i = 0; i < a->n_targets; i++) {
        buf_printf(&text, "%s at most %.2f%% %s", i ? " and" : "",
                   ceil(a->at[i].bound * 1e4 * (1 - 1e-12)) / 100, of_whom(a->at[i].kind));
        if (!isnan(a->at[i].at_most))
            buf_printf(&text, " (target %.3g%%)", 100 * a->at[i].at_most);
    }
    buf_putc(&text, '.');
    const char *kept = result_text(out, "%s", buf_text(&text));
    buf_release(&text);
    return kept;
}

static const char *targets_text(const struct labels_case *c, struct result *out)
{
    struct buf text;

    buf_init(&text);
    for (size_t i = 0; i < c->ask->n_risks; i++)
        buf_printf(&text, "%s%s at most %.3g%%", i ? " and " : "",
                   risk_kind_name(c->ask->risk[i].kind), 100 * c->ask->risk[i].at_most);
    const char *kept = result_text(out, "%s", buf_text(&text));
    buf_release(&text);
    return kept;
}

static const char *infeasible_sentence(const struct labels_case *c, const struct risk_answer *a,
                                       struct result *out)
{
    if (a->method == RISK_EXACT)
        return result_text(out,
                           "Not at threshold %.6g: what ships there errs more than %.3g%% (%.3g%% "
                           "of %s labels); nothing is said of other thresholds.",
                           a->threshold, 100 * c->ask->risk[0].at_most, 100 * a->risk,
                           result_count(out, a->m));
    if (c->ask->n_risks > 1)
        return result_text(out,
                           "No threshold meets %s together: at each of them these labels show "
                           "that one is missed.",
                           targets_text(c, out));
    if (c->ask->risk[0].kind == RISK_SHIPPED)
        return result_text(out,
                           "No threshold keeps shipped_error at %.3g%% with these reviewers, who "
                           "err themselves: the smallest bound that these labels give is %.3g%%.",
                           100 * c->ask->risk[0].at_most, 100 * a->best_attainable);
    return result_text(out,
                       "No threshold keeps the error of what ships at %.3g%%: the smallest "
                       "bound that these labels give is %.3g%%.",
                       100 * c->ask->risk[0].at_most, 100 * a->best_attainable);
}

static const char *too_few_sentence(const struct labels_case *c, const struct risk_answer *a,
                                    struct result *out)
{
    uint64_t n = a->n, needed = a->labels_needed;
    const char *have = result_count(out, n), *in_all = result_count(out, needed);
    double level = 100 * c->options->level;

    if (n == 1)
        return result_text(out,
                           "One label certifies nothing: about %s in all would do, if what "
                           "ships errs well below the target.",
                           in_all);
    if (!c->ask->n_risks)
        return result_text(
            out,
            "These %s labels are too few to hold \"review_load %s\" as a whole "
            "%.10g%% interval: even a threshold that reviews none of them may review "
            "more.",
            have, c->ask->load->text, level);
    if (!needed && c->options->reviewer)
        return result_text(out,
                           "These %s labels do not certify %s at %.10g%%, and more of them would "
                           "not: the reviewers let through too much, or their rates rest on too "
                           "few reviews.",
                           have, targets_text(c, out), level);
    if (!needed)
        return result_text(out,
                           "These %s labels do not certify %s at %.10g%%, and more of them "
                           "would not: what ships errs about as much as that or more.",
                           have, targets_text(c, out), level);
    if (needed == n + 1)
        return result_text(out,
                           "These %s labels do not certify %s at %.10g%%: as many would in most "
                           "cases, but the tests that this method makes did not come so far; more "
                           "labels, or another method fixed beforehand, may.",
                           have, targets_text(c, out), level);
    return result_text(out,
                       "These %s labels are too few to certify %s at %.10g%%: about %s "
                       "in all would do, if what ships errs well below the target.",
                       have, targets_text(c, out), level, in_all);
}

static const char *unshown_sentence(const struct labels_case *c, const struct risk_answer *a,
                                    struct result *out)
{
    if (!a->found)
        return "No threshold meets the target even on these labels.";
    if (a->method == RISK_CRC)
        return result_text(
            out,
            "Ship at confidence %s and above: %.1f%% of the items go to review, and on average "
            "over label sets like this one at most %.3g%% of all items ship wrong and unseen; "
            "this set's own threshold may miss that.",
            labels_threshold_text(c, a, out), 100 * a->review_load, 100 * a->at[0].at_most);
    return result_text(out,
                       "Plug-in threshold %s (review load %.1f%%): no guarantee; on "
                       "new data it misses its target about half the time.",
                       labels_threshold_text(c, a, out), 100 * a->review_load);
}

static const char *sentence(const struct labels_case *c, const struct risk_answer *a,
                            struct result *out)
{
    switch (a->ending) {
    case RISK_CERTIFIED:
        return certified_sentence(c, a, out);
    case RISK_INFEASIBLE:
        return infeasible_sentence(c, a, out);
    case RISK_TOO_FEW:
        return too_few_sentence(c, a, out);
    case RISK_NOT_IDENTIFIABLE:
    case RISK_NONE:
        break;
    }
    return unshown_sentence(c, a, out);
}

void labels_put_answer(const struct labels_case *c, const struct risk_answer *a, struct result *out)
{
    struct answer *to = &out->answer;

    to->present = true;
    to->threshold = a->found ? a->threshold : NAN;
    to->threshold_shown = shown_threshold(c, a);
    to->bound = a->found ? a->bound : NAN;
    to->level = c->options->level;
    to->m = a->m;
    to->k = a->k;
    to->tests = a->tests;
    to->labels_needed = a->labels_needed;
    to->review_load = a->found ? a->review_load : NAN;
    to->risk_value = a->found ? a->risk : NAN;
    to->best_attainable = a->ending == RISK_INFEASIBLE ? a->best_attainable : NAN;
    to->method = risk_method_name(a->method);
    to->risk = risk_kind_name(c->ask->n_risks ? c->ask->risk[0].kind : RISK_AUTO);
    to->population = "items like the labelled ones (same model, prompt and mix)";
    to->ending = a->ending == RISK_NONE ? NULL : risk_ending_name(a->ending);
    to->sentence = sentence(c, a, out);
}

/* --- the metrics of the chosen threshold */

static void put_risk(const struct risk_shown *s, const struct risk_answer *a, uint64_t n,
                     const struct target *asked, struct result *out)
{
    /* what is certified is the one-sided bound, so that stands as the upper end */
    double high = isnan(s->bound)               ? s->high
                  : a->ending == RISK_CERTIFIED ? s->bound
                                                : fmax(s->high, s->bound);
    struct metric *m =
        metrics_add(&out->metrics, risk_kind_name(s->kind), s->value, fmin(s->low, s->value),
                    fmax(high, s->value), a->level, s->kind == RISK_AUTO ? a->m : n, "1");
    if (!asked)
        return;
    m->target = result_text(out, "%s", asked->text);
    m->verdict = a->ending == RISK_CERTIFIED    ? VERDICT_PASS
                 : a->ending == RISK_INFEASIBLE ? VERDICT_INFEASIBLE
                                                : VERDICT_NOT_SHOWN;
}

void labels_put_risks(const struct labels_case *c, const struct risk_answer *a, struct result *out)
{
    const struct size_labels_options *o = c->options;
    bool has[RISK_KIND_COUNT] = {false};

    if (!a->found)
        return;
    for (size_t i = 0; i < a->n_targets; i++) {
        put_risk(&a->at[i], a, c->n, i < c->ask->n_risks ? c->ask->of[i] : NULL, out);
        has[a->at[i].kind] = true;
    }
    for (int k = 0; k < RISK_KIND_COUNT; k++) {
        struct risk_shown s;
        if (has[k] || k == RISK_JOINT || (k == RISK_SHIPPED && !o->reviewer))
            continue;
        risk_at((enum risk_kind)k, o->reviewer, labels_point(c, a->threshold), c->n, c->errors,
                o->level, &s);
        s.bound = NAN;
        if (!isnan(s.value))
            put_risk(&s, a, c->n, NULL, out);
    }
    struct interval ci = interval_wilson((uint64_t)c->n - a->m, c->n, o->level);
    metrics_add(&out->metrics, "review_load", a->review_load, ci.low, ci.high, o->level, c->n, "1");
}
