/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two sides, such as before and after, or planned and come: every number of both with its
 * difference, whose interval (model/result.h) says whether it is more than chance. */
#include "report/build_parts.h"

#include "report/cells.h"
#include "report/format.h"
#include "report/headline.h"

#include <math.h>
#include <string.h>

/* Which way is better; what is not here is neither. */
static const struct {
    const char *metric;
    int better; /* 1: more, -1: less */
} known[] = {
    {"reliability",         1 },
    {"completion",          1 },
    {"share_wrong",         -1},
    {"share_rejected",      -1},
    {"share_failed",        -1},
    {"share_abandoned",     -1},
    {"shipped_error",       -1},
    {"auto_error",          -1},
    {"joint_error",         -1},
    {"review_load",         -1},
    {"review_precision",    1 },
    {"latency_mean",        -1},
    {"latency_p50",         -1},
    {"latency_p95",         -1},
    {"latency_p99",         -1},
    {"slo_attainment",      1 },
    {"wait_mean",           -1},
    {"cost_per_item",       -1},
    {"cost_per_correct",    -1},
    {"cost_per_month",      -1},
    {"net_per_item",        1 },
    {"net_per_month",       1 },
    {"review_backlog",      -1},
    {"capability",          1 },
    {"gap",                 -1},
    {"ece",                 -1},
    {"auroc",               1 },
    {"accuracy",            1 },
    {"success_rate",        1 },
    {"ok_rate",             1 },
    {"first_try_rate",      1 },
    {"retry_success_rate",  1 },
    {"error_rate",          -1},
    {"wrong_rate",          -1},
    {"malformed_rate",      -1},
    {"timeout_rate",        -1},
    {"attempts_per_item",   -1},
    {"attempt_latency_p50", -1},
    {"attempt_latency_p95", -1},
    {"visit_latency_p50",   -1},
    {"visit_latency_p95",   -1},
    {"escape_rate",         -1},
    {"loss",                -1},
    {"utilisation",         0 },
    {"queue_wait_mean",     -1},
    {"queue_wait_p95",      -1},
    {"abandon_rate",        -1},
    {"visits_per_item",     0 },
    {"threshold",           0 },
    {"share",               0 },
};
enum { KNOWN = sizeof known / sizeof *known };

static int better_way(const char *metric)
{
    for (size_t i = 0; i < KNOWN; i++)
        if (!strcmp(known[i].metric, metric))
            return known[i].better;
    return 0;
}

static bool is_known(const char *metric)
{
    for (size_t i = 0; i < KNOWN; i++)
        if (!strcmp(known[i].metric, metric))
            return true;
    return false;
}

/* One metric of both sides. */
struct both {
    const struct metric *at[2]; /* NULL: the side has it not */
    struct metric difference;   /* second less first; value NaN: not known */
    int way;                    /* 1 better, -1 worse, 0 neither */
    bool differs;               /* by more than chance, as far as the interval says */
};

/* A time or a cost of exactly nothing is one that nobody stated. */
static bool is_stated(const struct metric *m)
{
    bool measured = m->unit && (!strcmp(m->unit, "s") || !strcmp(m->unit, "$"));
    return !measured || !strncmp(m->name, "wait", 4) || !strncmp(m->name, "queue", 5) ||
           m->value != 0 || m->high > 0;
}

static struct both both_of(const struct metrics *first, const struct metrics *second,
                           const char *name)
{
    struct both m = {
        .at = {metrics_find(first,   name), metrics_find(second, name)},
        .difference = {.value = NAN}
    };
    if (!m.at[0] || !m.at[1] || !isfinite(m.at[0]->value) || !isfinite(m.at[1]->value) ||
        is_stated(m.at[0]) != is_stated(m.at[1]))
        return m;
    m.difference = metric_difference(m.at[0], m.at[1]);
    double least = 1e-12 * fmax(fabs(m.at[0]->value), fabs(m.at[1]->value));
    int sign = m.difference.low > least ? 1 : m.difference.high < -least ? -1 : 0;
    m.differs = sign != 0;
    m.way = sign * better_way(name);
    return m;
}

static const struct result *side_result(const struct build *b, int side)
{
    return b->r[build_main(b, side)];
}

static struct both top(const struct build *b, const char *name)
{
    return both_of(&side_result(b, 0)->metrics, &side_result(b, 1)->metrics, name);
}

/* The same with "%" written as `unit`: a difference of shares is one of points. */
static void put_points(struct buf *out, const struct metric *m, const char *currency,
                       const char *unit)
{
    struct buf text = {0};
    if (isfinite(m->low) && isfinite(m->high))
        format_both(&text, m, currency);
    else
        format_value(&text, m, currency);
    for (const char *at = buf_text(&text); *at; at++)
        if (*at == '%' && format_is_share(m->name))
            buf_puts(out, unit);
        else
            buf_putc(out, *at);
    buf_release(&text);
}

/* With its sign, as "+4.1 points (3.9-4.3)". */
static void put_difference(struct buf *out, const struct metric *m, const char *currency)
{
    if (m->value > 0)
        buf_putc(out, '+');
    put_points(out, m, currency, " points");
}

static const char *reading(const struct both *m)
{
    return isnan(m->difference.value) ? ""
           : !m->differs              ? "not shown"
           : m->way > 0               ? "better"
           : m->way < 0               ? "worse"
                                      : "differs";
}

static enum tone tone_of(const struct both *m)
{
    return !m->differs || m->way == 0 ? TONE_PLAIN : m->way > 0 ? TONE_GOOD : TONE_BAD;
}

/* --- tables */

static void side_columns(const struct build *b, struct table *t)
{
    table_column(b->d, t, "metric", false);
    table_column(b->d, t, b->options->side[0], true);
    table_column(b->d, t, b->options->side[1], true);
    table_column(b->d, t, "difference", true);
    table_column(b->d, t, "it is", false);
}

static void side_cells(const struct build *b, struct table *t, const char *name,
                       const struct both *m)
{
    const char *currency = side_result(b, 0)->currency;
    struct buf text = {0};
    cell_name(b->d, t, name);
    for (int side = 0; side < 2; side++) {
        const struct metric *own = m->at[side], *other = m->at[!side];
        bool unstated = own && other && !is_stated(own) && is_stated(other);
        cell_metric(b->d, t, unstated ? NULL : own, currency, format_both);
    }
    if (!isnan(m->difference.value))
        put_difference(&text, &m->difference, currency);
    table_cell(b->d, t, TONE_PLAIN, buf_text(&text));
    table_cell(b->d, t, tone_of(m), reading(m));
    buf_release(&text);
}

static bool has_intervals(const struct result *const both[2])
{
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < both[side]->metrics.list.len; i++) {
            const struct metric *m = &both[side]->metrics.list.at[i];
            if (m->low < m->value || m->high > m->value || isnan(m->value))
                return true;
        }
    return false;
}

static bool is_stated_once(const struct both *m)
{
    return (m->at[0] && is_stated(m->at[0])) || (m->at[1] && is_stated(m->at[1]));
}

/* The metrics in front, or the others. */
static struct table *headline(const struct build *b, const char *caption, bool front)
{
    const struct result *both[2] = {side_result(b, 0), side_result(b, 1)};
    struct metric_names names = {0};
    struct table *t = document_table(b->d, caption);
    metric_names_add(&names, &both[0]->metrics);
    metric_names_add(&names, &both[1]->metrics);
    metric_names_sort(&names);
    side_columns(b, t);
    t->note =
        has_intervals(both)
            ? "In brackets: the interval. A difference is shown where its interval leaves out "
              "0; not shown is no proof that there is none."
            : NULL;
    for (size_t i = 0; i < names.list.len; i++) {
        const char *name = names.list.at[i];
        struct both m = top(b, name);
        if (headline_shows(both, 2, name) == front && (front || is_stated_once(&m)))
            side_cells(b, t, name, &m);
    }
    metric_names_release(&names);
    return table_rows(t) ? t : NULL;
}

/* --- 1 */

struct tally {
    size_t better, worse;
};

/* Of what people pay: errors, their own time, waiting, money. */
static struct tally count_ways(const struct build *b)
{
    struct tally n = {0};
    for (size_t i = 0; i < KNOWN; i++) {
        struct both m = top(b, known[i].metric);
        n.better += m.way > 0;
        n.worse += m.way < 0;
    }
    return n;
}

static struct metric turned(const struct metric *m)
{
    struct metric t = *m;
    t.value = -m->value;
    t.low = -m->high;
    t.high = -m->low;
    return t;
}

/* No more items end right than are shipped, whatever the truth of those that nobody judged. */
static double most_right(const struct build *b, int side, const struct metric *m)
{
    const struct metric *shipped = metrics_find(&side_result(b, side)->metrics, "completion");
    return m && isfinite(m->value) ? m->high : shipped ? shipped->high : INFINITY;
}

/* Where the reliability of one side, or of both, is not a number. */
static void say_unknown(const struct build *b, const struct both *m)
{
    const char *const *side = b->options->side;
    int sure = -1; /* the side that is known to be the better one */
    bool is_known[2];
    for (int i = 0; i < 2; i++)
        is_known[i] = m->at[i] && isfinite(m->at[i]->value);
    for (int i = 0; i < 2; i++)
        if (is_known[i] && m->at[i]->low > most_right(b, !i, m->at[!i]))
            sure = i;
    if (sure >= 0)
        document_text(b->d, BLOCK_VERDICT, sure ? TONE_GOOD : TONE_BAD,
                      "%s: with %s %s items end right, whatever the truth of those that nobody "
                      "judged.",
                      sure ? "Better" : "Worse", side[1], sure ? "more" : "fewer");
    else if (is_known[0] || is_known[1])
        document_text(b->d, BLOCK_VERDICT, TONE_UNSURE,
                      "Which of the two is more reliable is not known, as it is not known of all "
                      "items of %s whether they are right.",
                      side[is_known[0]]);
    else
        document_text(b->d, BLOCK_VERDICT, TONE_UNSURE,
                      "Which of the two is more reliable is not known, as it is not known of all "
                      "their items whether they are right.");
}

static void say_reliability(const struct build *b, const struct both *m)
{
    const char *second = b->options->side[1];
    struct tally n = count_ways(b);
    struct metric d = m->differs && m->way < 0 ? turned(&m->difference) : m->difference;
    struct buf by = {0};
    if (isnan(d.value)) {
        say_unknown(b, m);
        return;
    }
    if (m->differs)
        put_points(&by, &d, NULL, "");
    else
        put_difference(&by, &d, NULL);
    if (!m->differs)
        document_text(b->d, BLOCK_VERDICT, TONE_UNSURE,
                      "No difference in reliability is shown: %s with %s.", buf_text(&by), second);
    else if (m->way > 0)
        document_text(b->d, BLOCK_VERDICT, n.worse ? TONE_UNSURE : TONE_GOOD,
                      "%s: with %s, %s more of every 100 items end right.",
                      n.worse ? "Better, at a price" : "Better", second, buf_text(&by));
    else
        document_text(b->d, BLOCK_VERDICT, TONE_BAD,
                      "Worse: with %s, %s fewer of every 100 items end right.", second,
                      buf_text(&by));
    buf_release(&by);
}

static void say_values(const struct build *b, const struct both *m)
{
    struct buf text = {0};
    if (!m->at[0] || !m->at[1])
        return;
    buf_puts(&text, "Of all items, ");
    for (int side = 0; side < 2; side++) {
        format_both(&text, m->at[side], NULL);
        buf_printf(&text, "%s with %s%s", side ? "" : " end right", b->options->side[side],
                   side ? "." : ", ");
    }
    document_text(b->d, BLOCK_PARAGRAPH, TONE_PLAIN, "%s", buf_text(&text));
    buf_release(&text);
}

static void say_metric(const struct build *b, const char *name, const struct both *m)
{
    const char *currency = side_result(b, 0)->currency;
    struct buf text = {0};
    format_name(&text, name);
    buf_puts(&text, m->difference.value > 0 ? " rises from " : " falls from ");
    format_value(&text, m->at[0], currency);
    buf_puts(&text, " to ");
    format_value(&text, m->at[1], currency);
    buf_puts(&text, ": ");
    put_difference(&text, &m->difference, currency);
    buf_printf(&text, ", %s.", reading(m));
    document_text(b->d, BLOCK_BULLET, TONE_PLAIN, "%s", buf_text(&text));
    buf_release(&text);
}

void build_sides_verdict(const struct build *b)
{
    static const char *const said[] = {"shipped_error", "auto_error",    "share_failed",
                                       "review_load",   "latency_p50",   "latency_p95",
                                       "cost_per_item", "net_per_month", "cost_per_month"};
    struct both m = top(b, "reliability");
    struct buf same = {0}, name = {0};
    say_reliability(b, &m);
    say_values(b, &m);
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        m = top(b, said[i]);
        if (m.differs)
            say_metric(b, said[i], &m);
        else if (!isnan(m.difference.value) && (m.at[0]->value != 0 || m.at[1]->value != 0)) {
            buf_clear(&name);
            format_name(&name, said[i]);
            buf_printf(&same, "%s%s", same.len ? ", " : "", buf_text(&name));
        }
    }
    if (same.len)
        document_text(b->d, BLOCK_BULLET, TONE_PLAIN, "Not shown to differ: %s.", buf_text(&same));
    buf_release(&same);
    buf_release(&name);
}

/* --- 2 */

static void add_card(const struct build *b, const char *name)
{
    const char *currency = side_result(b, 0)->currency;
    struct both m = top(b, name);
    struct buf title = {0}, text = {0}, more = {0};
    if (!m.at[0] || !m.at[1] || (m.at[0]->value == 0 && m.at[1]->value == 0) ||
        is_stated(m.at[0]) != is_stated(m.at[1]))
        return;
    format_name(&title, name);
    for (int side = 0; side < 2; side++) {
        if (isnan(m.at[side]->value))
            format_interval(&text, m.at[side], currency);
        else
            format_value(&text, m.at[side], currency);
        buf_puts(&text, side ? "" : " \xe2\x86\x92 ");
    }
    if (!isnan(m.difference.value)) {
        put_difference(&more, &m.difference, currency);
        buf_printf(&more, ": %s", reading(&m));
    }
    document_number(b->d, tone_of(&m), buf_text(&title), buf_text(&text), buf_text(&more));
    buf_release(&title);
    buf_release(&text);
    buf_release(&more);
}

void build_sides_headline(const struct build *b)
{
    static const char *const cards[] = {"reliability", "review_load", "auto_error", "latency_p95",
                                        "cost_per_item"};
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++)
        add_card(b, cards[i]);
    document_add_table(b->d, headline(b, "Side by side", true));
    struct table *rest = headline(b, "Further metrics, side by side", false);
    document_fold(b->d, "All further metrics of both", &rest, 1);
}

/* --- 6 */

struct difference_rows {
    struct table *shown, *others;
};

/* The time of an attempt where that of the visit is told as well. */
static bool is_said_by_visits(const struct metrics *metrics, const char *name)
{
    return !strncmp(name, "attempt_latency", strlen("attempt_latency")) &&
           metrics_find(metrics, "visit_latency_p50");
}

/* What both sides have under one name. */
static void compare_rows(const struct build *b, const char *id, const struct metrics *first,
                         const struct metrics *second, struct difference_rows *out)
{
    for (size_t i = 0; i < second->list.len; i++) {
        const char *name = second->list.at[i].name;
        struct both m = both_of(first, second, name);
        if (!is_known(name) || isnan(m.difference.value) || (!m.at[0]->value && !m.at[1]->value) ||
            is_said_by_visits(second, name))
            continue;
        struct table *t = m.differs ? out->shown : out->others;
        table_cell(b->d, t, TONE_PLAIN, id);
        side_cells(b, t, name, &m);
    }
}

static const struct row *row_of(const struct row *rows, size_t n, const char *id)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(rows[i].id, id))
            return &rows[i];
    return NULL;
}

static const struct edge_row *edge_of(const struct result *r, const struct edge_row *e)
{
    for (size_t i = 0; i < r->edges.len; i++)
        if (!strcmp(r->edges.at[i].from, e->from) && !strcmp(r->edges.at[i].to, e->to))
            return &r->edges.at[i];
    return NULL;
}

static struct table *difference_table(const struct build *b, const char *caption)
{
    struct table *t = document_table(b->d, caption);
    table_column(b->d, t, "where", false);
    side_columns(b, t);
    return t;
}

/* "Only in A: draft, review." */
static void say_only(const struct build *b, int side)
{
    const struct result *own = side_result(b, side), *other = side_result(b, !side);
    struct buf text = {0};
    for (size_t i = 0; i < own->stages.len; i++)
        if (!row_of(other->stages.at, other->stages.len, own->stages.at[i].id))
            buf_printf(&text, "%s%s", text.len ? ", " : "", own->stages.at[i].id);
    if (text.len && other->stages.len)
        document_text(b->d, BLOCK_BULLET, TONE_PLAIN, "Only with %s: %s.", b->options->side[side],
                      buf_text(&text));
    buf_release(&text);
}

static void compare_all(const struct build *b, struct difference_rows *rows)
{
    const struct result *one = side_result(b, 0), *two = side_result(b, 1);
    for (size_t i = 0; i < two->stages.len; i++) {
        const struct row *at = &two->stages.at[i];
        const struct row *was = row_of(one->stages.at, one->stages.len, at->id);
        if (was)
            compare_rows(b, at->id, &was->metrics, &at->metrics, rows);
    }
    for (size_t i = 0; i < two->resources.len; i++) {
        const struct row *at = &two->resources.at[i];
        const struct row *was = row_of(one->resources.at, one->resources.len, at->id);
        if (was)
            compare_rows(b, at->id, &was->metrics, &at->metrics, rows);
    }
    for (size_t i = 0; i < two->edges.len; i++) {
        const struct edge_row *at = &two->edges.at[i], *was = edge_of(one, at);
        if (was)
            compare_rows(b, arena_printf(&b->d->arena, "%s \xe2\x86\x92 %s", at->from, at->to),
                         &was->metrics, &at->metrics, rows);
    }
}

void build_sides_stages(const struct build *b)
{
    struct difference_rows rows = {difference_table(b, "What differs"),
                                   difference_table(b, "What is not shown to differ")};
    if (!side_result(b, 0)->stages.len && !side_result(b, 1)->stages.len)
        return;
    say_only(b, 0);
    say_only(b, 1);
    compare_all(b, &rows);
    size_t others = table_rows(rows.others), all = others + table_rows(rows.shown);
    if (table_rows(rows.shown)) {
        rows.shown->note =
            arena_printf(&b->d->arena,
                         "Of %zu numbers that both sides have; of those that are the same, one in "
                         "20 looks different by chance where intervals are of 95%%.",
                         all);
        document_add_table(b->d, rows.shown);
    } else if (all) {
        document_text(b->d, BLOCK_PARAGRAPH, TONE_PLAIN,
                      "None of the %zu numbers that both sides have is shown to differ.", all);
    }
    if (others)
        document_fold(
            b->d, arena_printf(&b->d->arena, "%zu numbers that are not shown to differ", others),
            &rows.others, 1);
}

/* --- 11 */

/* The step whose mistakes grew most. */
void build_sides_advice(const struct build *b)
{
    static const char *const rates[] = {"wrong_rate", "error_rate", "timeout_rate",
                                        "malformed_rate"};
    const struct result *one = side_result(b, 0), *two = side_result(b, 1);
    struct both most = {.difference = {.value = 0}};
    const char *id = NULL;
    for (size_t i = 0; i < two->stages.len; i++) {
        const struct row *at = &two->stages.at[i];
        const struct row *was = row_of(one->stages.at, one->stages.len, at->id);
        for (size_t k = 0; was && k < sizeof rates / sizeof *rates; k++) {
            struct both m = both_of(&was->metrics, &at->metrics, rates[k]);
            if (m.way < 0 && m.difference.value > most.difference.value) {
                most = m;
                id = at->id;
            }
        }
    }
    if (!id)
        return;
    struct buf name = {0}, by = {0};
    format_name(&name, most.difference.name);
    put_difference(&by, &most.difference, NULL);
    document_text(b->d, BLOCK_BULLET, TONE_PLAIN,
                  "Look at %s first: of all steps that both have, its %s grew most with %s, by %s.",
                  id, buf_text(&name), b->options->side[1], buf_text(&by));
    buf_release(&name);
    buf_release(&by);
}
