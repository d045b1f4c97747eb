/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verdict in plain words.
 *
 * Shares are told of 1,000 items as well: counts of things are understood where percentages are not
 * (Gigerenzer and Hoffrage, Psychological Review 102, 1995). */
#include "report/build_parts.h"

#include "report/format.h"

#include <math.h>
#include <string.h>

/* --- drift and architectures, which judge by other things than targets */

static bool any_ending(const struct build *b, const char *command, const char *ending)
{
    for (size_t i = 0; i < b->n; i++)
        if (!strcmp(b->r[i]->command, command) && b->r[i]->answer.ending &&
            !strcmp(b->r[i]->answer.ending, ending))
            return true;
    return false;
}

static bool all_of(const struct build *b, const char *command)
{
    for (size_t i = 0; i < b->n; i++)
        if (strcmp(b->r[i]->command, command))
            return false;
    return b->n > 0;
}

/* Of drift alone: its ending is no verdict on targets. */
static void add_drift(const struct build *b)
{
    bool alarm = any_ending(b, "drift", "alarm");
    bool shifted = any_ending(b, "drift", "scores have shifted");
    document_text(b->d, BLOCK_VERDICT,
                  alarm     ? TONE_BAD
                  : shifted ? TONE_UNSURE
                            : TONE_PLAIN,
                  "%s",
                  alarm     ? "Alarm: something has changed."
                  : shifted ? "Confidences have shifted, which proves nothing about errors."
                            : "No alarm, which is no proof that nothing has changed.");
}

static void add_architectures(const struct build *b)
{
    bool met = any_ending(b, "compare", "met"), none = any_ending(b, "compare", "infeasible");
    for (size_t i = 0; i < b->n; i++)
        if (!strcmp(b->r[i]->command, "compare") && b->r[i]->answer.choice) {
            document_text(b->d, BLOCK_VERDICT, TONE_GOOD,
                          "Yes: %s meets the objective, and nothing simpler does.",
                          b->r[i]->answer.choice);
            return;
        }
    document_text(b->d, BLOCK_VERDICT,
                  met    ? TONE_GOOD
                  : none ? TONE_BAD
                         : TONE_PLAIN,
                  "%s",
                  met    ? "Yes: one of them at least meets the objective."
                  : none ? "No: none of them meets the objective."
                         : "No objective was set: here is what each of them attains.");
}

/* --- reliability in words */

/* ": the truth is known of 25.0% of them": why the reliability is a pair of bounds. */
static void put_known_share(struct buf *out, const struct result *r)
{
    const struct metric *m = metrics_find(&r->metrics, "label_coverage");
    if (!m) {
        buf_puts(out, ": the truth is not known of all of them");
    } else if (m->value == 0) {
        buf_puts(out, ": nobody has judged what shipped");
    } else {
        buf_puts(out, ": the truth is known of ");
        format_value(out, m, NULL);
        buf_puts(out, " of them");
    }
}

/* Is the answer of another policy than the one that the items went through? */
static bool is_as_it_ran(const struct build *b, const struct result *r)
{
    bool other = false;
    for (size_t i = 0; i < b->n; i++)
        other = other ||
                (b->r[i] != r && b->r[i]->answer.sentence && !strcmp(b->r[i]->command, "size"));
    return other && (r->data.present || !strcmp(r->command, "run"));
}

/* "Of all items, 99.5% (97.2-99.9) end right", from the first result that knows; "" otherwise. */
static const char *reliability_words(const struct build *b, const struct metric **which)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct metric *m = metrics_find(&b->r[i]->metrics, "reliability");
        struct buf text = {0};
        if (!m)
            continue;
        buf_puts(&text, is_as_it_ran(b, b->r[i]) ? "As it ran, of all items " : "Of all items, ");
        format_both(&text, m, NULL);
        buf_puts(&text, " end right");
        if (isnan(m->value))
            put_known_share(&text, b->r[i]);
        const char *words = arena_strdup(&b->d->arena, buf_text(&text));
        buf_release(&text);
        *which = m;
        return words;
    }
    *which = NULL;
    return "";
}

enum { MANY = 1000 };

static void put_count(struct buf *out, double share, const char *one, const char *more)
{
    double n = round(share * MANY);
    if (share <= 0)
        return;
    if (n < 1)
        buf_printf(out, ", fewer than one %s", one);
    else
        buf_printf(out, ", %.0f %s", n, n == 1 ? one : more);
}

/* "Of 1,000 such items some 977 end right, 23 ship although they are wrong; people look at 487",
 * behind `lead`. */
static void add_counts(const struct build *b, const char *lead)
{
    static const struct {
        const char *metric, *one, *more;
    } ends[] = {
        {"share_wrong",      "ships although it is wrong",   "ship although they are wrong"},
        {"share_rejected",   "is turned down by a reviewer", "are turned down by reviewers"},
        {"share_failed",     "fails in sight",               "fail in sight"               },
        {"share_abandoned",  "is given up",                  "are given up"                },
        {"share_unfinished", "is still under way",           "are still under way"         }
    };
    const struct result *r = b->n ? b->r[build_main(b, 0)] : NULL;
    const struct metric *m = r ? metrics_find(&r->metrics, "reliability") : NULL;
    struct buf text = {0};
    if (!m || !isfinite(m->value)) {
        if (*lead)
            document_text(b->d, BLOCK_PARAGRAPH, TONE_PLAIN, "%s.", lead);
        return;
    }
    buf_printf(&text, "%s%s 1,000 such items ", lead,
               *lead                ? ": of"
               : is_as_it_ran(b, r) ? "As it ran, of"
                                    : "Of");
    if (m->value >= 1)
        buf_puts(&text, "all end right");
    else if (round(m->value * MANY) >= MANY)
        buf_printf(&text, "more than %d end right", MANY - 1);
    else
        buf_printf(&text, "some %.0f end right", round(m->value * MANY));
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const struct metric *share = metrics_find(&r->metrics, ends[i].metric);
        if (share && isfinite(share->value))
            put_count(&text, share->value, ends[i].one, ends[i].more);
    }
    const struct metric *load = metrics_find(&r->metrics, "review_load");
    if (load && isfinite(load->value) && load->value > 0)
        buf_printf(&text, "; people look at %.0f of them", fmax(1, round(load->value * MANY)));
    document_text(b->d, BLOCK_PARAGRAPH, TONE_PLAIN, "%s.", buf_text(&text));
    buf_release(&text);
}

/* --- what came of what was expected, and of feedback */

static void count_held(const struct result *r, size_t *held, size_t *known)
{
    *held = *known = 0;
    for (size_t k = 0; k < r->predictions.len; k++) {
        const struct prediction *p = &r->predictions.at[k];
        *known += p->windows && p->covered != COVERAGE_UNKNOWN;
        *held += p->windows && p->covered == COVERAGE_YES;
    }
}

/* Forecasts alone: whether they held is the verdict. */
static bool add_forecast_verdict(const struct build *b)
{
    size_t held, known;
    if (b->n != 1)
        return false;
    count_held(b->r[0], &held, &known);
    if (!known)
        return false;
    document_text(b->d, BLOCK_VERDICT,
                  held == known ? TONE_GOOD
                  : held        ? TONE_UNSURE
                                : TONE_BAD,
                  "The forecast %s: of %zu number%s %zu came within their intervals.",
                  held == known ? "held"
                  : held        ? "held in part"
                                : "did not hold",
                  known, known == 1 ? "" : "s", held);
    return true;
}

static void add_forecast(const struct build *b)
{
    for (size_t i = 0; i < b->n; i++) {
        size_t held, known;
        count_held(b->r[i], &held, &known);
        if (known)
            document_text(b->d, BLOCK_PARAGRAPH, TONE_PLAIN,
                          "Of %zu numbers that were predicted, %zu came within their intervals%s.",
                          known, held,
                          held == known ? ", all of them"
                                        : "; the section on the headline numbers shows which");
    }
}

/* "Under the other policy 9.5% of the items go to review instead of 25%." */
static void add_policy(const struct build *b)
{
    for (size_t i = 0; i < b->n; i++)
        for (size_t k = 0; k < b->r[i]->predictions.len; k++) {
            const struct prediction *p = &b->r[i]->predictions.at[k];
            if (p->windows || strcmp(p->metric, "review_load") || isnan(p->value) || isnan(p->seen))
                continue;
            document_text(b->d, BLOCK_PARAGRAPH, TONE_PLAIN,
                          "Under the other policy %.3g%% of the items go to review instead of "
                          "%.3g%%; the section on the headline numbers says what else changes.",
                          100 * p->value, 100 * p->seen);
        }
}

/* Its size, for words that say themselves that it is less than nothing. */
static struct metric size_of(const struct metric *m)
{
    struct metric size = *m;
    if (m->value < 0) {
        size.value = -m->value;
        size.low = -m->high;
        size.high = -m->low;
    }
    return size;
}

static void add_learning(const struct build *b)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct metric *m = metrics_find(&b->r[i]->metrics, "learning_gain");
        struct buf text = {0};
        if (!m || !isfinite(m->value))
            continue;
        struct metric size = size_of(m);
        format_both(&text, m->high < 0 ? &size : m, NULL);
        document_text(b->d, BLOCK_PARAGRAPH, TONE_PLAIN,
                      m->low > 0    ? "What people correct is learnt: from the first cycle to the "
                                      "last, reliability gains %s of all items."
                      : m->high < 0 ? "Reliability falls from cycle to cycle, in all by %s of all "
                                      "items."
                                    : "That feedback changes reliability is not shown: from the "
                                      "first cycle to the last %s of all items.",
                      buf_text(&text));
        buf_release(&text);
        return;
    }
}

/* Has an earlier result said that the line of this resource grows? */
static bool is_told_before(const struct build *b, size_t i, const char *id)
{
    for (size_t k = 0; k < i; k++)
        for (size_t j = 0; j < b->r[k]->resources.len; j++) {
            const struct row *row = &b->r[k]->resources.at[j];
            const struct metric *m = metrics_find(&row->metrics, "backlog_growth");
            if (m && m->low > 0 && !strcmp(row->id, id))
                return true;
        }
    return false;
}

/* A line that grows is seen in no share of the items, and by nobody who watches failures. */
static void add_backlog(const struct build *b)
{
    for (size_t i = 0; i < b->n; i++)
        for (size_t k = 0; k < b->r[i]->resources.len; k++) {
            const struct row *row = &b->r[i]->resources.at[k];
            const struct metric *m = metrics_find(&row->metrics, "backlog_growth");
            struct buf text = {0};
            if (!m || !(m->low > 0) || is_told_before(b, i, row->id))
                continue;
            format_both(&text, m, NULL);
            document_text(b->d, BLOCK_PARAGRAPH, TONE_PLAIN,
                          "What comes to %s is more than it can do: its line grows by %s items a "
                          "day, for as long as nothing changes.",
                          row->id, buf_text(&text));
            buf_release(&text);
        }
}

/* What a month is worth, where right and wrong items have a worth. */
static void add_money(const struct build *b)
{
    const struct result *r = b->n ? b->r[build_main(b, 0)] : NULL;
    const struct metric *m = r ? metrics_find(&r->metrics, "net_per_month") : NULL;
    struct buf text = {0};
    if (!m || !isfinite(m->value))
        return;
    struct metric size = size_of(m);
    format_both(&text, &size, r->currency);
    document_text(b->d, BLOCK_PARAGRAPH, TONE_PLAIN,
                  m->value < 0
                      ? "A month loses %s: what right items are worth does not pay for "
                        "the wrong ones and the work."
                      : "A month earns %s: what right items are worth, less the wrong ones "
                        "and all that the work costs.",
                  buf_text(&text));
    buf_release(&text);
}

static bool is_planned(const struct build *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->r[i]->answer.ending && !strcmp(b->r[i]->answer.ending, "planned"))
            return true;
    return false;
}

static const struct curve *sweep_of(const struct result *r, const char *metric)
{
    for (size_t i = 0; i < r->curves.len; i++) {
        const struct curve *c = &r->curves.at[i];
        if (!strcmp(c->id, "sweep") && c->points.len > 1 && (!metric || !strcmp(c->y, metric)))
            return c;
    }
    return NULL;
}

static void put_swept(struct buf *out, const struct curve *c, size_t i, const char *currency)
{
    const struct metric_def *def = metric_def(c->y);
    const struct point *p = &c->points.at[i];
    struct metric m = {
        .name = c->y, .unit = def ? def->unit : "1", .value = p->y, .low = p->low, .high = p->high};
    format_both(out, &m, currency);
    buf_printf(out, " at %.6g", p->x);
}

/* "With flow.generate.error changed, reliability is 85.87% at 0 and 77.29% at 0.1." */
static bool add_sweep(const struct build *b)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct curve *c = sweep_of(b->r[i], "reliability");
        struct buf text = {0};
        c = c ? c : sweep_of(b->r[i], NULL);
        if (!c)
            continue;
        format_name(&text, c->y);
        buf_puts(&text, " is ");
        put_swept(&text, c, 0, b->r[i]->currency);
        buf_puts(&text, " and ");
        put_swept(&text, c, c->points.len - 1, b->r[i]->currency);
        document_text(b->d, BLOCK_VERDICT, TONE_PLAIN, "With %s changed, %s.", c->x,
                      buf_text(&text));
        buf_release(&text);
        return true;
    }
    return false;
}

static void add_plain(const struct build *b)
{
    const struct metric *m;
    const char *words = reliability_words(b, &m);
    if (!m && add_sweep(b))
        return;
    if (is_planned(b))
        document_text(b->d, BLOCK_VERDICT, TONE_PLAIN, "A plan: its labels are still to come.");
    else if (!m)
        document_text(b->d, BLOCK_VERDICT, TONE_PLAIN, "No target was set.");
    else
        document_text(b->d, BLOCK_VERDICT, TONE_PLAIN, "%s.%s", words,
                      isnan(m->value) ? "" : " No target was set to hold that against.");
}

/* What was stopped says so at once. */
static void add_partial(const struct build *b)
{
    for (size_t i = 0; i < b->n; i++) {
        const char *label = build_label(b, i);
        if (b->r[i]->run.present && b->r[i]->run.partial)
            document_text(b->d, BLOCK_PARAGRAPH, TONE_PLAIN,
                          "%s%sStopped before the end: these are the numbers of what was done by "
                          "then.",
                          label ? label : "", label ? ": " : "");
    }
}

void build_verdict(const struct build *b)
{
    enum verdict worst = build_worst(b);
    const struct metric *m;
    const char *reliability = reliability_words(b, &m);
    bool forecast = false;
    if (build_sided(b)) {
        build_sides_verdict(b);
        add_partial(b);
        build_target_lines(b);
        return;
    }
    if (all_of(b, "drift"))
        add_drift(b);
    else if (all_of(b, "compare"))
        add_architectures(b);
    else if (all_of(b, "backtest") && worst == VERDICT_NONE && add_forecast_verdict(b))
        forecast = true;
    else if (worst == VERDICT_NONE)
        add_plain(b);
    else
        build_targets(b, worst);
    add_partial(b);
    add_counts(b, worst != VERDICT_NONE && m && m->verdict == VERDICT_NONE ? reliability : "");
    for (size_t i = 0; i < b->n; i++)
        if (b->r[i]->answer.present && b->r[i]->answer.sentence)
            document_text(b->d, BLOCK_PARAGRAPH, TONE_PLAIN, "%s", b->r[i]->answer.sentence);
    build_target_lines(b);
    add_backlog(b);
    add_money(b);
    add_learning(b);
    add_policy(b);
    if (!forecast)
        add_forecast(b);
}
