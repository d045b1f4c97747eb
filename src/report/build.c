/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report's sections in their order; one that has nothing to say stays empty and is not drawn.
 * Every sentence is made from the numbers of the results. */
#include "report/html.h"

#include "report/advice.h"
#include "report/brief.h"
#include "report/flow.h"
#include "report/format.h"
#include "report/headline.h"
#include "report/measure.h"
#include "report/table.h"

#include <math.h>
#include <string.h>

struct build {
    struct document *d;
    const struct result *const *r;
    size_t n;
    const struct html_options *options;
};

/* NULL where one result needs no name of its own. */
static const char *label(const struct build *b, size_t i)
{
    return b->n > 1 ? table_label(b->d, b->r, b->n, i) : NULL;
}

static bool ends_badly(const struct answer *a)
{
    static const char *const bad[] = {"infeasible", "too few labels", "not identifiable"};
    for (size_t i = 0; a->present && a->ending && i < sizeof bad / sizeof *bad; i++)
        if (!strcmp(a->ending, bad[i]))
            return true;
    return false;
}

/* --- 1 verdict */

static enum verdict worst_of(const struct build *b)
{
    enum verdict worst = VERDICT_NONE;
    for (size_t i = 0; i < b->n; i++) {
        const struct result *r = b->r[i];
        for (size_t k = 0; k < r->metrics.list.len; k++) {
            enum verdict v = r->metrics.list.at[k].verdict;
            if (v == VERDICT_NONE)
                continue;
            bool bad = v == VERDICT_FAIL || v == VERDICT_INFEASIBLE;
            bool was_bad = worst == VERDICT_FAIL || worst == VERDICT_INFEASIBLE;
            if (worst == VERDICT_NONE || bad || (v == VERDICT_NOT_SHOWN && !was_bad))
                worst = v;
        }
        bool failed = r->passed == PASSED_FALSE || ends_badly(&r->answer);
        if (failed && (worst == VERDICT_NONE || worst == VERDICT_PASS))
            worst = VERDICT_NOT_SHOWN;
    }
    return worst;
}

/* "Of all items, 99.5% (97.2–99.9) end right", from the first result that knows; "" otherwise. */
static const char *reliability_words(const struct build *b, const struct metric **which)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct metric *m = metrics_find(&b->r[i]->metrics, "reliability");
        struct buf text;
        if (!m)
            continue;
        buf_init(&text);
        buf_puts(&text, "Of all items, ");
        format_both(&text, m, NULL);
        buf_puts(&text,
                 isnan(m->value) ? " end right: the truth of the rest is not known" : " end right");
        const char *words = arena_strdup(&b->d->arena, buf_text(&text));
        buf_release(&text);
        *which = m;
        return words;
    }
    *which = NULL;
    return "";
}

static void add_plain_verdict(const struct build *b)
{
    const struct metric *m;
    const char *words = reliability_words(b, &m);
    bool planned = false;
    for (size_t i = 0; i < b->n; i++)
        planned |= b->r[i]->answer.ending && !strcmp(b->r[i]->answer.ending, "planned");
    if (planned)
        document_text(b->d, BLOCK_VERDICT, TONE_PLAIN, "A plan: its labels are still to come.");
    else if (!m)
        document_text(b->d, BLOCK_VERDICT, TONE_PLAIN, "No target was set.");
    else
        document_text(b->d, BLOCK_VERDICT, TONE_PLAIN, "%s.%s", words,
                      isnan(m->value) ? "" : " No target was set to hold that against.");
}

static void add_verdict_lines(const struct build *b)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct result *r = b->r[i];
        for (size_t k = 0; k < r->metrics.list.len; k++) {
            const struct metric *m = &r->metrics.list.at[k];
            struct buf text;
            if (m->verdict == VERDICT_NONE || !m->target)
                continue;
            buf_init(&text);
            format_name(&text, m->name);
            buf_puts(&text, " is ");
            format_both(&text, m, r->currency);
            buf_printf(&text, ", the target is %s: %s", m->target, verdict_name(m->verdict));
            document_text(b->d, BLOCK_BULLET, TONE_PLAIN, "%s%s%s.", label(b, i) ? label(b, i) : "",
                          label(b, i) ? ": " : "", buf_text(&text));
            buf_release(&text);
        }
    }
}

/* Of drift alone: its ending is no verdict on targets.  False: others are here too. */
static bool add_drift_verdict(const struct build *b)
{
    bool alarm = false, shifted = false;
    for (size_t i = 0; i < b->n; i++) {
        const char *ending = b->r[i]->answer.ending ? b->r[i]->answer.ending : "";
        if (strcmp(b->r[i]->command, "drift"))
            return false;
        alarm |= !strcmp(ending, "alarm");
        shifted |= !strcmp(ending, "scores have shifted");
    }
    document_text(b->d, BLOCK_VERDICT,
                  alarm     ? TONE_BAD
                  : shifted ? TONE_UNSURE
                            : TONE_PLAIN,
                  "%s",
                  alarm     ? "Alarm: something has changed."
                  : shifted ? "Confidences have shifted, which proves nothing about errors."
                            : "No alarm, which is no proof that nothing has changed.");
    return true;
}

static void add_verdict(const struct build *b)
{
    static const struct {
        enum tone tone;
        const char *text;
    } words[] = {
        [VERDICT_PASS] = {TONE_GOOD,   "Yes: every target is met, by the whole of its interval."        },
        [VERDICT_FAIL] = {TONE_BAD,    "No: a target is missed."                                        },
        [VERDICT_NOT_SHOWN] = {TONE_UNSURE, "Not shown: what there is does not settle whether "
                                            "every target is met."},
        [VERDICT_INFEASIBLE] = {TONE_BAD,    "No: no setting meets every target."                             },
    };
    enum verdict worst = worst_of(b);
    document_section(b->d, "verdict", "Verdict");
    if (add_drift_verdict(b))
        worst = VERDICT_NONE;
    else if (worst == VERDICT_NONE)
        add_plain_verdict(b);
    else
        document_text(b->d, BLOCK_VERDICT, words[worst].tone, "%s", words[worst].text);
    for (size_t i = 0; i < b->n; i++)
        if (b->r[i]->answer.present && b->r[i]->answer.sentence)
            document_text(b->d, BLOCK_PARAGRAPH, TONE_PLAIN, "%s", b->r[i]->answer.sentence);
    add_verdict_lines(b);
    const struct metric *m;
    const char *reliability = reliability_words(b, &m);
    if (worst != VERDICT_NONE && m && m->verdict == VERDICT_NONE)
        document_text(b->d, BLOCK_PARAGRAPH, TONE_PLAIN, "%s.", reliability);
}

/* --- 2 headline */

static void add_card(const struct build *b, const char *name)
{
    if (!headline_shows(b->r, b->n, name))
        return;
    for (size_t i = 0; i < b->n; i++) {
        const struct metric *m = metrics_find(&b->r[i]->metrics, name);
        struct buf note, text;
        if (!m)
            continue;
        buf_init(&note);
        buf_init(&text);
        format_name(&note, name);
        if (label(b, i))
            buf_printf(&note, " (%s)", label(b, i));
        format_both(&text, m, b->r[i]->currency);
        document_number(b->d, headline_tone(m->verdict), buf_text(&note), buf_text(&text));
        buf_release(&note);
        buf_release(&text);
        return;
    }
}

static void add_headline(const struct build *b)
{
    static const char *const cards[] = {"reliability", "review_load", "auto_error", "latency_p95",
                                        "cost_per_item"};
    document_section(b->d, "headline", "Headline numbers");
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++)
        add_card(b, cards[i]);
    document_add_table(b->d, headline_table(b->d, b->r, b->n));
    struct table *rest = headline_rest(b->d, b->r, b->n);
    if (rest)
        document_fold(b->d,
                      arena_printf(&b->d->arena, "%zu further metric%s", table_rows(rest),
                                   table_rows(rest) == 1 ? "" : "s"),
                      &rest, 1);
    for (size_t i = 0; i < b->n; i++)
        document_add_table(b->d, table_answer(b->d, b->r[i]));
}

/* --- 3 flow: of the first result that knows its edges, else of the first with stages */

static void add_flow(const struct build *b)
{
    size_t best = b->n;
    for (size_t i = 0; i < b->n; i++)
        if (b->r[i]->stages.len && (best == b->n || (!b->r[best]->edges.len && b->r[i]->edges.len)))
            best = i;
    document_section(b->d, "flow", "The flow");
    if (best < b->n)
        flow_add(b->r[best], label(b, best), b->d);
}

/* --- 4 to 10 */

static bool same_model(const struct result *x, const struct result *y)
{
    return x->scenario_sha256 && y->scenario_sha256 && *x->scenario_sha256 &&
           !strcmp(x->scenario_sha256, y->scenario_sha256) && !x->data.present && !y->data.present;
}

/* One picture for a scenario that was both solved and simulated. */
static void add_pictures(const struct build *b, enum plot_kind k)
{
    for (size_t i = 0; i < b->n; i++) {
        bool drawn = false;
        for (size_t j = 0; j < i; j++)
            drawn = drawn || (same_model(b->r[i], b->r[j]) && plot_has(k, b->r[j]));
        if (!drawn)
            plot_add(k, b->r[i], label(b, i), b->options ? &b->options->plot : NULL, b->d);
    }
}

/* Prediction and log in one picture. */
static void add_latency(const struct build *b)
{
    size_t first = 0, beside = 0;
    while (first < b->n && !plot_has(PLOT_LATENCY, b->r[first]))
        first++;
    if (first == b->n)
        return;
    while (beside < b->n && (beside == first || !plot_beside(b->r[beside])))
        beside++;
    if (beside == b->n) {
        add_pictures(b, PLOT_LATENCY);
        return;
    }
    plot_add_beside(PLOT_LATENCY, b->r[first], label(b, first), b->r[beside], label(b, beside),
                    b->options ? &b->options->plot : NULL, b->d);
    for (size_t i = first + 1; i < b->n; i++)
        if (i != beside && plot_has(PLOT_LATENCY, b->r[i]) && !same_model(b->r[i], b->r[first]) &&
            !same_model(b->r[i], b->r[beside]))
            plot_add(PLOT_LATENCY, b->r[i], label(b, i), b->options ? &b->options->plot : NULL,
                     b->d);
}

static void set_caption(const struct build *b, struct table *t, size_t i)
{
    if (t && label(b, i))
        t->caption = arena_printf(&b->d->arena, "%s (%s)", t->caption, label(b, i));
}

/* Groups of labels and models of a cascade belong to the threshold. */
static void add_groups(const struct build *b)
{
    for (size_t i = 0; i < b->n; i++) {
        if (!table_is_sized(b->r[i]))
            continue;
        struct table *t = table_classes(b->d, b->r[i]);
        set_caption(b, t, i);
        document_add_table(b->d, t);
    }
}

/* All that the rows of a result hold, folded away. */
static void add_all_rows(const struct build *b, size_t i)
{
    const struct result *r = b->r[i];
    struct table *tables[TABLE_STAGE_GROUPS + 5];
    size_t n = 0;
    for (size_t g = 0; g < TABLE_STAGE_GROUPS; g++)
        tables[n++] = table_stages(b->d, r, g);
    tables[n++] = table_rows_of(b->d, r, "Layers", "layer", r->layers.at, r->layers.len);
    if (!table_is_sized(r))
        tables[n++] = table_classes(b->d, r);
    tables[n++] = table_rows_of(b->d, r, "Environments", "environment", r->environments.at,
                                r->environments.len);
    tables[n++] =
        table_rows_of(b->d, r, "Reviewers", "reviewer", r->reviewers.at, r->reviewers.len);
    tables[n++] = table_rows_of(b->d, r, "Span names", "name", r->names.at, r->names.len);
    for (size_t k = 0; k < n; k++)
        set_caption(b, tables[k], i);
    document_fold(b->d,
                  label(b, i)
                      ? arena_printf(&b->d->arena, "All metrics of the stages (%s)", label(b, i))
                      : "All metrics of the stages",
                  tables, n);
}

enum { STAGE_WIDTH = 92 }; /* characters that the page has room for */

static void add_stages(const struct build *b)
{
    document_section(b->d, "stages", "Stage by stage");
    for (size_t i = 0; i < b->n; i++) {
        const struct result *r = b->r[i];
        struct table *front[] = {
            brief_stages(b->d, r, STAGE_WIDTH, "All intervals: in the fold below."),
            brief_confidence(b->d, r),
            table_rows_of(b->d, r, "Resources", "resource", r->resources.at, r->resources.len),
            table_reviewers(b->d, r, "Intervals: in the fold below."), table_agreement(b->d, r)};
        for (size_t k = 0; k < sizeof front / sizeof *front; k++) {
            set_caption(b, front[k], i);
            document_add_table(b->d, front[k]);
        }
        add_all_rows(b, i);
    }
    add_pictures(b, PLOT_STAGES);
}

/* --- 12 to 14 */

/* As a sentence, and once. */
static void add_once(struct document *d, const char *text)
{
    const struct section *s = &d->sections.at[d->sections.len - 1];
    size_t len = strlen(text);
    char *sentence = arena_printf(&d->arena, "%s%s", text, len && text[len - 1] == '.' ? "" : ".");
    if (*sentence >= 'a' && *sentence <= 'z')
        *sentence = (char)(*sentence - 'a' + 'A');
    for (size_t i = 0; i < s->blocks.len; i++)
        if (!strcmp(s->blocks.at[i].text ? s->blocks.at[i].text : "", sentence))
            return;
    document_text(d, BLOCK_BULLET, TONE_PLAIN, "%s", sentence);
}

static void add_method(const struct build *b, size_t i)
{
    const struct run_info *run = &b->r[i]->run;
    struct buf text;
    if (!run->present || !run->method)
        return;
    buf_init(&text);
    buf_printf(&text, "%s: ", b->r[i]->command);
    format_method(&text, b->r[i]);
    if (run->covers)
        buf_printf(&text, "; the intervals cover %s", run->covers);
    if (run->partial)
        buf_puts(&text, "; stopped before the end, so the numbers are of what was done by then");
    add_once(b->d, buf_text(&text));
    buf_release(&text);
}

static void add_assumptions(const struct build *b)
{
    document_section(b->d, "assumptions", "Assumptions and methods");
    for (size_t i = 0; i < b->n; i++)
        add_method(b, i);
    for (size_t i = 0; i < b->n; i++)
        for (size_t k = 0; k < b->r[i]->assumptions.len; k++)
            add_once(b->d, b->r[i]->assumptions.at[k]);
    for (size_t i = 0; i < b->n; i++)
        for (size_t k = 0; k < b->r[i]->warnings.len; k++)
            add_once(b->d, arena_printf(&b->d->arena, "Warning: %s", b->r[i]->warnings.at[k]));
}

static void add_data(const struct build *b)
{
    document_section(b->d, "data", "Data quality");
    document_add_table(b->d, table_data(b->d, b->r, b->n));
    for (size_t i = 0; i < b->n; i++) {
        const struct data_quality *q = &b->r[i]->data;
        if (!q->present)
            continue;
        if (q->format)
            document_text(b->d, BLOCK_PARAGRAPH, TONE_PLAIN, "Read as %s; percentiles are %s.",
                          q->format, q->percentiles ? q->percentiles : "exact");
        if (!q->places.len)
            continue;
        struct table *t = document_table(b->d, "Where the log is at fault");
        set_caption(b, t, i);
        table_column(b->d, t, "what", false);
        table_column(b->d, t, "place", false);
        for (size_t k = 0; k < q->places.len && k < 200; k++) {
            table_cell(b->d, t, TONE_PLAIN, q->places.at[k].kind);
            table_cell(b->d, t, TONE_PLAIN, q->places.at[k].place);
        }
        document_add_table(b->d, t);
    }
}

static void fact(struct document *d, struct table *t, const char *what, const char *value)
{
    if (!value || !*value)
        return;
    table_cell(d, t, TONE_PLAIN, what);
    table_cell(d, t, TONE_PLAIN, value);
}

static void add_again(const struct build *b)
{
    document_section(b->d, "again", "How to make it again");
    if (b->options && b->options->command)
        document_text(b->d, BLOCK_CODE, TONE_PLAIN, "%s", b->options->command);
    if (b->options && b->options->time)
        document_text(b->d, BLOCK_PARAGRAPH, TONE_PLAIN, "Made at %s.", b->options->time);
    for (size_t i = 0; i < b->n; i++) {
        const struct result *r = b->r[i];
        struct table *t = document_table(b->d, "What it was made from");
        set_caption(b, t, i);
        t->plain = true;
        table_column(b->d, t, "what", false);
        table_column(b->d, t, "value", false);
        fact(b->d, t, "command", r->command);
        fact(b->d, t, "scenario", r->scenario_name);
        fact(b->d, t, "file", r->scenario_file);
        fact(b->d, t, "SHA-256 of the scenario", r->scenario_sha256);
        if (r->run.present && r->run.trials && strcmp(r->run.method ? r->run.method : "", "log")) {
            fact(b->d, t, "seed",
                 arena_printf(&b->d->arena, "%llu", (unsigned long long)r->run.seed));
            fact(b->d, t, "trials",
                 arena_printf(&b->d->arena, "%llu", (unsigned long long)r->run.trials));
        }
        fact(b->d, t, "version", r->run.present ? r->run.version : NULL);
        document_add_table(b->d, t);
    }
}

static void add_learning(const struct build *b)
{
    bool any = false;
    for (size_t i = 0; i < b->n; i++)
        any = any || result_curve(b->r[i], "learning");
    if (any)
        document_section(b->d, "feedback", "Feedback");
    add_pictures(b, PLOT_LEARNING);
}

static void add_architectures(const struct build *b)
{
    document_section(b->d, "architectures", "Architectures side by side");
    for (size_t i = 0; i < b->n; i++) {
        document_add_table(b->d, table_alternatives(b->d, b->r[i]));
        document_add_table(b->d,
                           table_gap(b->d, b->r[i], "loss", "Where reliability is lost, by layer"));
        document_add_table(b->d, table_gap(b->d, b->r[i], "closes", "What each layer closes"));
        document_add_table(b->d, table_differences(b->d, b->r[i]));
    }
}

/* Labels and audits that are still to come. */
static void add_plan(const struct build *b)
{
    document_section(b->d, "plan", "Labels and audits to come");
    add_pictures(b, PLOT_PLANNER);
    for (size_t i = 0; i < b->n; i++) {
        struct table *tables[] = {table_plan_labels(b->d, b->r[i]), table_plan_pilot(b->d, b->r[i]),
                                  table_plan_designs(b->d, b->r[i]),
                                  table_plan_strata(b->d, b->r[i]),
                                  table_plan_audits(b->d, b->r[i])};
        for (size_t k = 0; k < sizeof tables / sizeof *tables; k++) {
            set_caption(b, tables[k], i);
            document_add_table(b->d, tables[k]);
        }
    }
}

static const char *subject(const struct build *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->r[i]->scenario_name && *b->r[i]->scenario_name)
            return b->r[i]->scenario_name;
    for (size_t i = 0; i < b->n; i++)
        if (b->r[i]->scenario_file && *b->r[i]->scenario_file)
            return b->r[i]->scenario_file;
    return b->n ? b->r[0]->command : "nothing";
}

static void start(const struct build *b)
{
    struct buf sub;
    buf_init(&sub);
    buf_puts(&sub, "Reliability report");
    for (size_t i = 0; i < b->n; i++)
        buf_printf(&sub, "%s%s", i ? ", " : ": ", table_label(b->d, b->r, b->n, i));
    if (b->options && b->options->time)
        buf_printf(&sub, "; %s", b->options->time);
    struct document named;
    document_init(&named, b->options && b->options->title ? b->options->title : subject(b),
                  buf_text(&sub));
    document_release(b->d);
    *b->d = named;
    buf_release(&sub);
}

void report_build(const struct result *const *results, size_t n, const struct html_options *options,
                  struct document *out)
{
    struct build b = {.d = out, .r = results, .n = n, .options = options};
    document_init(out, "", "");
    start(&b);
    add_verdict(&b);
    add_headline(&b);
    add_flow(&b);
    add_architectures(&b);
    document_section(out, "losses", "Where reliability is lost");
    add_pictures(&b, PLOT_LOSS);
    add_pictures(&b, PLOT_IMPROVEMENT);
    document_section(out, "frontier", "The review frontier");
    add_pictures(&b, PLOT_FRONTIER);
    add_groups(&b);
    add_pictures(&b, PLOT_LABELS);
    add_plan(&b);
    add_stages(&b);
    document_section(out, "objectives", "Objectives, repeated tasks, retrieval");
    add_pictures(&b, PLOT_BUDGET);
    for (size_t i = 0; i < n; i++) {
        document_add_table(out, table_objectives(out, results[i]));
        document_add_table(out, table_windows(out, results[i]));
        document_add_table(out, table_tasks(out, results[i]));
        document_add_table(out, table_retrieval(out, results[i]));
    }
    document_section(out, "changes", "What has changed");
    for (size_t i = 0; i < n; i++)
        document_add_table(out, table_changes(out, results[i], true));
    add_pictures(&b, PLOT_EVIDENCE);
    document_section(out, "latency", "Latency");
    add_latency(&b);
    for (size_t i = 0; i < n; i++)
        document_add_table(out, table_time(out, results[i]));
    document_section(out, "backlog", "Review backlog");
    add_pictures(&b, PLOT_BACKLOG);
    document_section(out, "compared", "Side by side: solved, simulated, executed, replayed");
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < table_compared_groups(results[i]); k++)
            document_add_table(out, table_compared(out, results[i], k));
    document_section(out, "predictions", "Expected, and what came");
    for (size_t i = 0; i < n; i++) {
        struct table *t = table_predictions(out, results[i]);
        set_caption(&b, t, i);
        document_add_table(out, t);
    }
    document_section(out, "calibration", "Calibration");
    add_pictures(&b, PLOT_CALIBRATION);
    add_learning(&b);
    document_section(out, "sensitivities", "Sensitivities");
    add_pictures(&b, PLOT_TORNADO);
    for (size_t i = 0; i < n; i++)
        document_add_table(out, measure_table(out, results[i], 12));
    document_section(out, "advice", "What to do");
    advice_add(results, n, out);
    add_assumptions(&b);
    add_data(&b);
    add_again(&b);
}
