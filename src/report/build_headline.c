/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The numbers that stand in front: a card for each of the few that everybody asks for, all of them
 * in a table, and what was asked besides: architectures, changes, objectives, forecasts. */
#include "report/build_parts.h"

#include "report/brief.h"
#include "report/format.h"
#include "report/headline.h"
#include "report/table.h"

#include <math.h>
#include <string.h>

/* Does a model stand on a log that does not say of all items whether they were right?  Then it
 * takes those that nobody judged for right. */
static bool is_hopeful(const struct build *b, size_t i)
{
    bool unknown = false;
    for (size_t k = 0; k < b->n; k++) {
        const struct metric *m = metrics_find(&b->r[k]->metrics, "reliability");
        unknown = unknown || (b->r[k]->data.present && m && isnan(m->value));
    }
    return unknown && !strcmp(b->r[i]->command, "fit");
}

/* The first result that has a target for the metric, else the first that knows it. */
static size_t who_knows(const struct build *b, const char *name)
{
    size_t found = b->n;
    for (size_t i = 0; i < b->n; i++) {
        const struct metric *m = metrics_find(&b->r[i]->metrics, name);
        if (is_hopeful(b, i))
            continue;
        if (m && m->target)
            return i;
        if (m && found == b->n)
            found = i;
    }
    return found;
}

/* The target stands below the value. */
static void add_card(const struct build *b, const char *name, const char *words)
{
    size_t i = who_knows(b, name);
    struct buf note = {0}, text = {0}, more = {0};
    if (i == b->n || !headline_shows(b->r, b->n, name))
        return;
    const struct metric *m = metrics_find(&b->r[i]->metrics, name);
    format_name(&note, name);
    if (build_front_label(b, i))
        buf_printf(&note, " (%s)", build_front_label(b, i));
    format_both(&text, m, b->r[i]->currency);
    buf_puts(&more, words);
    if (m->target && m->verdict != VERDICT_NONE)
        buf_printf(&more, "; target %s: %s", m->target, verdict_name(m->verdict));
    document_number(b->d, headline_tone(m->verdict), buf_text(&note), buf_text(&text),
                    buf_text(&more));
    buf_release(&note);
    buf_release(&text);
    buf_release(&more);
}

static void add_cards(const struct build *b)
{
    static const struct {
        const char *name, *words;
    } cards[] = {
        {"reliability",   "of all items end right"            },
        {"review_load",   "of the items are seen by people"   },
        {"auto_error",    "of what ships unseen is wrong"     },
        {"latency_p95",   "in which 95 of 100 items are done" },
        {"cost_per_item", "on average, whether right or wrong"}
    };
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++)
        add_card(b, cards[i].name, cards[i].words);
}

static void say_hope(const struct build *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (is_hopeful(b, i))
            document_text(b->d, BLOCK_PARAGRAPH, TONE_PLAIN,
                          "The fitted model takes what nobody judged for right, so that its "
                          "reliability is the best that can be hoped for, and its errors are the "
                          "fewest. Labels of a random share of all items would tell.");
}

static void add_words(const struct build *b)
{
    struct table *words = headline_words(b->d, b->r, b->n);
    document_fold(b->d, "What these words mean", &words, 1);
}

static void add_objectives(const struct build *b)
{
    bool done = false;
    for (size_t i = 0; i < b->n; i++) {
        struct table *tables[] = {table_objectives(b->d, b->r[i]), table_windows(b->d, b->r[i]),
                                  table_tasks(b->d, b->r[i]), table_retrieval(b->d, b->r[i])};
        for (size_t k = 0; k < sizeof tables / sizeof *tables; k++) {
            if (!tables[k])
                continue;
            build_heading(b, &done, "Objectives, repeated tasks, retrieval");
            document_add_table(b->d, build_caption(b, tables[k], i));
        }
    }
    build_pictures(b, PLOT_BUDGET);
    build_pictures(b, PLOT_REPEATS);
}

static void add_changes(const struct build *b)
{
    bool done = false;
    for (size_t i = 0; i < b->n; i++) {
        struct table *t = table_changes(b->d, b->r[i], true);
        if (!t)
            continue;
        build_heading(b, &done, "What has changed");
        document_add_table(b->d, build_caption(b, t, i));
    }
    build_pictures(b, PLOT_EVIDENCE);
}

static void add_alternatives(const struct build *b)
{
    for (size_t i = 0; i < b->n; i++) {
        if (b->r[i]->alternatives.len)
            plot_add(PLOT_COST, b->r[i], build_label(b, i), b->d);
        document_add_table(b->d, table_alternatives(b->d, b->r[i]));
        document_add_table(b->d, table_alternative_costs(b->d, b->r[i]));
        document_add_table(b->d, table_differences(b->d, b->r[i]));
    }
}

/* The same numbers by several ways: predicted and come, solved and run. */
static void add_ways(const struct build *b)
{
    bool expected = false, compared = false;
    for (size_t i = 0; i < b->n; i++) {
        struct table *t = table_predictions(b->d, b->r[i]);
        if (t)
            build_heading(b, &expected, "Expected, and what came");
        plot_add(PLOT_COVERAGE, b->r[i], build_label(b, i), b->d);
        document_add_table(b->d, build_caption(b, t, i));
    }
    for (size_t i = 0; i < b->n; i++) {
        struct table *t = table_compared(b->d, b->r[i], 0);
        if (t)
            build_heading(b, &compared, "The same by several ways");
        document_add_table(b->d, t);
    }
}

void build_headline(const struct build *b)
{
    if (build_sided(b)) {
        build_sides_headline(b);
    } else {
        add_cards(b);
        add_alternatives(b);
        document_add_table(b->d, headline_table(b->d, b->r, b->n));
        for (size_t i = 0; i < b->n; i++)
            document_add_table(b->d, build_caption(b, brief_sweep(b->d, b->r[i]), i));
        say_hope(b);
        struct table *rest = headline_told(b->d, b->r, b->n);
        if (rest)
            document_fold(b->d,
                          arena_printf(&b->d->arena, "%zu further metric%s", table_rows(rest),
                                       table_rows(rest) == 1 ? "" : "s"),
                          &rest, 1);
    }
    add_words(b);
    add_changes(b);
    add_objectives(b);
    add_ways(b);
}
