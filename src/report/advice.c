/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules from numbers to sentences; each looks at all results and says one thing at most. */
#include "report/advice.h"

#include "report/format.h"
#include "report/measure.h"
#include "report/table.h"

#include <math.h>
#include <string.h>

struct best {
    const struct row *row;
    const struct metric *metric;
    const struct result *result;
};

static const double LEAST = 1e-13; /* what is below is rounding */

static const struct metric *positive(const struct row *row, const char *name)
{
    const struct metric *m = metrics_find(&row->metrics, name);
    return m && m->value > LEAST && isfinite(m->value) ? m : NULL;
}

static struct best largest(const struct result *const *results, size_t n, const char *name)
{
    struct best best = {0};
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < results[i]->stages.len; k++) {
            const struct row *row = &results[i]->stages.at[k];
            const struct metric *m = positive(row, name);
            if (m && (!best.metric || m->value > best.metric->value))
                best = (struct best){row, m, results[i]};
        }
    return best;
}

enum { RULES = 4, NAMED = 6 };
/* One stage: its name, the value, and how surely it is the first; several alike: their names and
 * the value. */
/* clang-format off */
static const struct rule {
    const char *metric, *one, *alike;
} rules[RULES] = {
    {"improvement",
     "Start with %s: made perfect, it would raise the reliability of the whole by %s of all "
     "items%s.",
     "Start with any of %s: made perfect, each would raise the reliability of the whole by %s of "
     "all items."},
    {"loss",
     "Start with %s: %s of all items are lost there%s.",
     "Start with any of %s: %s of all items are lost at each."},
    {"exit_fail",
     "Start with %s: %s of all items fail there in sight%s. A retry or a fallback catches such "
     "failures.",
     "Start with any of %s: %s of all items fail in sight at each. A retry or a fallback catches "
     "such failures."},
    {"wrong_rate",
     "Look at %s: %s of its attempts are silent mistakes%s. Nothing shows them but a check, a "
     "review or labels.",
     "Look at %s: %s of the attempts of each are silent mistakes. Nothing shows them but a check, "
     "a review or labels."},
};
/* clang-format on */

/* ", more than anywhere else", if that is shown; "" where there is no other. */
static const char *how_surely(const struct best *b, const char *name)
{
    const struct result *r = b->result;
    bool sure = true;
    for (size_t k = 0; k < r->stages.len; k++) {
        const struct metric *m = positive(&r->stages.at[k], name);
        sure = sure && (!m || m == b->metric || !(m->high > b->metric->low));
    }
    return r->stages.len < 2 ? ""
           : sure            ? ", more than anywhere else"
                             : ", as far as these numbers tell more than anywhere else";
}

/* "a, b and 4 more": the stages whose value is that of the best; their number is returned. */
static size_t put_alike(struct buf *out, const struct best *b, const char *name)
{
    const struct result *r = b->result;
    size_t n = 0;
    for (size_t k = 0; k < r->stages.len; k++) {
        const struct metric *m = positive(&r->stages.at[k], name);
        if (!m || m->value < b->metric->value * (1 - 1e-9))
            continue;
        if (n < NAMED)
            buf_printf(out, "%s%s", n ? ", " : "", row_called(&r->stages.at[k]));
        n++;
    }
    if (n > NAMED)
        buf_printf(out, " and %zu more", n - NAMED);
    return n;
}

/* Would the stage made perfect bring the reliability to its target? */
static const char *is_enough(const struct best *b)
{
    const struct metric *m = metrics_find(&b->result->metrics, "reliability");
    struct error ignored = {0};
    enum target_kind kind;
    double wanted;
    if (!m || m->verdict != VERDICT_FAIL || !m->target || strcmp(b->metric->name, "improvement") ||
        units_target(m->target, &kind, &wanted, &ignored) || kind != TARGET_AT_LEAST)
        return "";
    return m->value + b->metric->value < wanted ? " That alone would not meet the target."
                                                : " That alone would meet the target.";
}

static void say_stage(const struct rule *rule, const struct best *b, struct document *d)
{
    struct buf value = {0}, names = {0}, text = {0};
    bool alone = put_alike(&names, b, rule->metric) < 2;
    format_both(&value, b->metric, b->result->currency);
    const char *words =
        alone ? arena_printf(&d->arena, rule->one, row_called(b->row), buf_text(&value),
                             how_surely(b, rule->metric))
              : arena_printf(&d->arena, rule->alike, buf_text(&names), buf_text(&value));
    buf_printf(&text, "%s%s", words, is_enough(b));
    document_text(d, BLOCK_BULLET, TONE_PLAIN, "%s", buf_text(&text));
    buf_release(&value);
    buf_release(&names);
    buf_release(&text);
}

static double top(const struct result *r, const char *name)
{
    const struct metric *m = metrics_find(&r->metrics, name);
    return m && isfinite(m->value) ? m->value : 0;
}

/* Failures in sight are worth the first sentence only where they cost more than what ships wrong.
 */
static bool is_idle(const struct rule *rule, const struct result *r)
{
    return !strcmp(rule->metric, "exit_fail") && top(r, "share_failed") < top(r, "share_wrong");
}

/* The strongest statement that the numbers allow on where to work. */
static void where_to_work(const struct result *const *results, size_t n, struct document *d)
{
    for (size_t i = 0; i < RULES; i++) {
        struct best b = largest(results, n, rules[i].metric);
        if (!b.metric || is_idle(&rules[i], b.result))
            continue;
        say_stage(&rules[i], &b, d);
        return;
    }
}

/* ", down from 25.0% at 0.85": what another result says of the gate as it is. */
static void put_change(struct buf *out, const struct result *const *results, size_t n, double load)
{
    for (size_t i = 0; i < n; i++) {
        const struct metric *now = metrics_find(&results[i]->metrics, "review_load");
        const struct metric *threshold = NULL;
        if (results[i]->answer.present || !now || !isfinite(now->value))
            continue;
        for (size_t k = 0; k < results[i]->stages.len && !threshold; k++)
            threshold = metrics_find(&results[i]->stages.at[k].metrics, "threshold");
        if (!threshold || !isfinite(threshold->value))
            continue;
        buf_printf(out, ", %s from %.1f%% at %.6g", load <= now->value ? "down" : "up",
                   100 * now->value, threshold->value);
        return;
    }
}

static void put_bound(struct buf *out, const struct answer *a)
{
    static const struct {
        const char *risk, *words;
    } known[] = {
        {"auto_error",    "what ships unseen is wrong"},
        {"shipped_error", "what ships is wrong"       }
    };
    const char *words = "items are affected";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (a->risk && !strcmp(a->risk, known[i].risk))
            words = known[i].words;
    if (!isnan(a->bound) && !isnan(a->level))
        buf_printf(out, ". With %.12g%% confidence at most %.2f%% of %s", 100 * a->level,
                   ceil(a->bound * 1e4 * (1 - 1e-12)) / 100, words);
}

/* Not one that is planned, watched, not shown to hold, or the nearest to what cannot be had. */
static bool is_advised(const struct answer *a)
{
    return !a->ending || !strcmp(a->ending, "certified") || !strcmp(a->ending, "met");
}

/* What cannot be had, and what comes nearest. */
static void which_nearest(const struct result *r, struct document *d)
{
    const struct answer *a = &r->answer;
    const struct metric_def *def = a->risk ? metric_def(a->risk) : NULL;
    struct metric best = {.name = def ? def->name : "auto_error",
                          .unit = def ? def->unit : "1",
                          .value = a->best_attainable,
                          .low = a->best_attainable,
                          .high = a->best_attainable};
    struct buf text = {0};
    if (isnan(a->best_attainable))
        return;
    format_value(&text, &best, r->currency);
    if (a->parameter && !isnan(a->threshold)) {
        buf_printf(&text, ", with %s at ", a->parameter);
        table_put_threshold(&text, a);
    }
    document_text(d, BLOCK_BULLET, TONE_PLAIN,
                  "No %s meets the target; the best attainable value is %s. Improve the "
                  "confidence's ranking, the reviewers or the stages before the gate.",
                  a->n_settings > 1 ? "setting" : "threshold", buf_text(&text));
    buf_release(&text);
}

static void put_all_settings(const struct answer *a, struct document *d)
{
    struct buf text;

    buf_init(&text);
    for (size_t i = 0; i < a->n_settings; i++)
        buf_printf(&text, "%s%s to %.6g", i ? ", " : "Set ", a->settings[i].path,
                   a->settings[i].value);
    if (!isnan(a->review_load))
        buf_printf(&text, ": %.3g%% of the items then go to review", 100 * a->review_load);
    document_text(d, BLOCK_BULLET, TONE_PLAIN, "%s.", buf_text(&text));
    buf_release(&text);
}

static void which_threshold(const struct result *const *results, size_t n, size_t i,
                            struct document *d)
{
    const struct answer *a = &results[i]->answer;
    if (!a->present)
        return;
    if (a->n_settings > 1 && a->ending && !strcmp(a->ending, "met"))
        put_all_settings(a, d);
    else if (!isnan(a->threshold) && is_advised(a)) {
        struct buf text;
        buf_init(&text);
        buf_printf(&text, "Set %s to ", a->parameter ? a->parameter : "the threshold");
        table_put_threshold(&text, a);
        if (!isnan(a->review_load)) {
            buf_printf(&text, ": %.3g%% of the items then go to review", 100 * a->review_load);
            put_change(&text, results, n, a->review_load);
        }
        put_bound(&text, a);
        document_text(d, BLOCK_BULLET, TONE_PLAIN, "%s.", buf_text(&text));
        buf_release(&text);
    }
    if (a->labels_needed) {
        struct buf count;
        buf_init(&count);
        units_put_count(&count, a->labels_needed);
        const char *ending = a->ending ? a->ending : "", *many = buf_text(&count);
        if (!strcmp(ending, "not identifiable"))
            document_text(d, BLOCK_BULLET, TONE_PLAIN,
                          "Audit a random share of what ships unseen, until %s have labels.", many);
        else if (strcmp(ending, "planned"))
            document_text(d, BLOCK_BULLET, TONE_PLAIN,
                          "Gather labels: about %s in all are needed for an answer that holds.",
                          many);
        else
            document_text(d, BLOCK_BULLET, TONE_PLAIN,
                          "Gather %s %slabels of items drawn at random%s.", many,
                          isnan(a->threshold) ? "" : "further ",
                          isnan(a->threshold) ? "" : ", and judge them at this threshold");
        buf_release(&count);
    }
    which_nearest(results[i], d);
}

/* Of a desk that gets more than it can do, once. */
static void which_desk(const struct result *const *results, size_t n, struct document *d)
{
    struct best worst = {0};
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < results[i]->resources.len; k++) {
            const struct row *row = &results[i]->resources.at[k];
            const struct metric *m = metrics_find(&row->metrics, "backlog_growth");
            if (m && m->low > 0 && (!worst.metric || m->value > worst.metric->value))
                worst = (struct best){row, m, results[i]};
        }
    if (!worst.metric)
        return;
    struct buf value = {0};
    format_both(&value, worst.metric, NULL);
    document_text(d, BLOCK_BULLET, TONE_PLAIN,
                  "Give %s more capacity, or send it less: its line grows by %s items a day. Ask "
                  "seam size with --vary resources.%s.servers=1:10 how much it takes.",
                  worst.row->id, buf_text(&value), worst.row->id);
    buf_release(&value);
}

/* The first result that knows; others of the same scenario would say it again. */
static void which_evidence(const struct result *const *results, size_t n, struct document *d)
{
    const char *sentence = NULL;
    for (size_t i = 0; i < n && !sentence; i++)
        sentence = measure_advice(d, results[i]);
    if (sentence)
        document_text(d, BLOCK_BULLET, TONE_PLAIN, "%s", sentence);
}

static void which_labels(const struct result *r, struct document *d)
{
    const struct metric *m = metrics_find(&r->metrics, "label_coverage");
    struct buf share = {0};
    if (!m || !(m->value < 0.999))
        return;
    format_value(&share, m, NULL);
    if (m->value == 0)
        document_text(d, BLOCK_BULLET, TONE_PLAIN,
                      "Judge a random share of the items (--labels FILE): nobody has said of what "
                      "shipped whether it is right.");
    else
        document_text(d, BLOCK_BULLET, TONE_PLAIN,
                      "The truth of %s of the items is known. Review a random share of what ships "
                      "unseen: labels of reviewed items alone say nothing of the others.",
                      buf_text(&share));
    buf_release(&share);
}

/* What would narrow an interval of the result. */
static const char *more_of_what(const struct result *r, const struct metric *m)
{
    const struct run_info *run = &r->run;
    const char *covers = run->covers ? run->covers : "", *method = run->method ? run->method : "";
    if (strstr(covers, "parameters"))
        return "evidence";
    if (isnan(m->value) || (run->engine && !strcmp(run->engine, "labels")))
        return "labels";
    return !strcmp(method, "monte-carlo") ? "trials" : "items";
}

static void which_targets(const struct result *r, struct document *d)
{
    for (size_t i = 0; i < r->metrics.list.len; i++) {
        const struct metric *m = &r->metrics.list.at[i];
        if (m->verdict != VERDICT_NOT_SHOWN)
            continue;
        struct buf name = {0};
        format_name(&name, m->name);
        document_text(d, BLOCK_BULLET, TONE_PLAIN,
                      "Settle %s: its interval holds the target (%s); more %s would narrow it.",
                      buf_text(&name), m->target ? m->target : "", more_of_what(r, m));
        buf_release(&name);
    }
}

static const char *count_text(struct document *d, uint64_t n)
{
    struct buf text = {0};
    units_put_count(&text, n);
    const char *kept = arena_strdup(&d->arena, buf_text(&text));
    buf_release(&text);
    return kept;
}

static void which_data(const struct result *r, struct document *d)
{
    const struct data_quality *q = &r->data;
    uint64_t faults = q->orphans + q->cycles + q->no_duration + q->negative_duration;
    if (!q->present || !faults)
        return;
    document_text(d, BLOCK_BULLET, TONE_PLAIN,
                  "Mend the log: %s of %s spans %s a parent or a sound duration. The section on "
                  "data quality says where.",
                  count_text(d, faults), count_text(d, q->spans), faults == 1 ? "lacks" : "lack");
}

/* Of drift: where to look, and what no longer stands. */
static void which_change(const struct result *r, struct document *d)
{
    struct buf name = {0};
    if (!r->changes.len || !r->answer.ending || strcmp(r->answer.ending, "alarm"))
        return;
    const struct row *first = &r->changes.at[0];
    format_name(&name, first->kind ? first->kind : "");
    document_text(
        d, BLOCK_BULLET, TONE_PLAIN,
        "Look at %s first: that its %s has changed has the strongest evidence. Thresholds "
        "and fits from before no longer stand; make them again from what came since.",
        *first->id ? first->id : "the items as a whole", buf_text(&name));
    buf_release(&name);
}

/* Of a backtest: what the fit does not foresee. */
static void which_forecast(const struct result *r, struct document *d)
{
    struct buf missed = {0};
    for (size_t i = 0; i < r->predictions.len; i++) {
        const struct prediction *p = &r->predictions.at[i];
        if (!p->windows || p->covered != COVERAGE_NO)
            continue;
        buf_puts(&missed, missed.len ? ", " : "");
        format_name(&missed, p->metric);
    }
    if (missed.len)
        document_text(d, BLOCK_BULLET, TONE_PLAIN,
                      "Do not plan on %s as predicted: what came lay outside.%s", buf_text(&missed),
                      strcmp(r->command, "backtest")
                          ? ""
                          : " Ask seam drift whether something changed meanwhile.");
    buf_release(&missed);
}

void advice_add(const struct result *const *results, size_t n, struct document *d)
{
    for (size_t i = 0; i < n; i++)
        which_threshold(results, n, i, d);
    which_desk(results, n, d);
    where_to_work(results, n, d);
    which_evidence(results, n, d);
    for (size_t i = 0; i < n; i++) {
        which_targets(results[i], d);
        which_labels(results[i], d);
        which_change(results[i], d);
        which_forecast(results[i], d);
        which_data(results[i], d);
    }
}
