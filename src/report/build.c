/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report's sections in their order, and how results stand beside each other in them.  Every
 * sentence is made from the numbers of the results. */
#include "report/build_parts.h"

#include "report/table.h"

#include <stdio.h>
#include <string.h>

static const struct part {
    const char *id, *title;
    void (*add)(const struct build *b);
    const char *(*absent)(const struct build *b); /* NULL: it always has something to say */
} parts[] = {
    {"verdict",       "Verdict",                   build_verdict,       NULL                },
    {"headline",      "Headline numbers",          build_headline,      absent_headline     },
    {"flow",          "The flow",                  build_flow,          absent_flow         },
    {"losses",        "Where reliability is lost", build_losses,        absent_losses       },
    {"frontier",      "Review load against error", build_frontier,      absent_frontier     },
    {"stages",        "Stage by stage",            build_stages,        absent_flow         },
    {"latency",       "How long it takes",         build_latency,       absent_latency      },
    {"backlog",       "Review backlog",            build_backlog,       absent_backlog      },
    {"calibration",   "Confidence and truth",      build_calibration,   absent_calibration  },
    {"sensitivities", "What matters most",         build_sensitivities, absent_sensitivities},
    {"advice",        "What to do",                build_advice,        absent_advice       },
    {"assumptions",   "Assumptions and methods",   build_assumptions,   absent_assumptions  },
    {"data",          "Data quality",              build_data,          absent_data         },
    {"again",         "How to make it again",      build_again,         NULL                },
};

bool build_sided(const struct build *b)
{
    return b->options->before > 0 && b->options->before < b->n;
}

int build_side(const struct build *b, size_t i)
{
    return build_sided(b) && i >= b->options->before;
}

static size_t side_start(const struct build *b, int side)
{
    return side ? b->options->before : 0;
}

static size_t side_end(const struct build *b, int side)
{
    return build_sided(b) && !side ? b->options->before : b->n;
}

size_t build_main(const struct build *b, int side)
{
    for (size_t i = side_start(b, side); i < side_end(b, side); i++)
        if (metrics_find(&b->r[i]->metrics, "reliability"))
            return i;
    return side_start(b, side);
}

const char *build_label(const struct build *b, size_t i)
{
    if (!build_sided(b))
        return b->n > 1 ? table_label(b->d, b->r, b->n, i) : NULL;
    int side = build_side(b, i);
    size_t first = side_start(b, side), n = side_end(b, side) - first;
    if (n == 1 || i == build_main(b, side))
        return b->options->side[side];
    return arena_printf(&b->d->arena, "%s, %s", b->options->side[side],
                        table_label(b->d, b->r + first, n, i - first));
}

/* All of one model, told once: then what stands in front needs no label. */
static bool is_one_model(const struct build *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (!b->r[i]->scenario_sha256 || !*b->r[i]->scenario_sha256 || b->r[i]->data.present ||
            strcmp(b->r[i]->scenario_sha256, b->r[0]->scenario_sha256))
            return false;
    return true;
}

const char *build_front_label(const struct build *b, size_t i)
{
    return build_sided(b) || !is_one_model(b) ? build_label(b, i) : NULL;
}

struct table *build_caption(const struct build *b, struct table *t, size_t i)
{
    if (t && build_label(b, i))
        t->caption = arena_printf(&b->d->arena, "%s (%s)", t->caption, build_label(b, i));
    return t;
}

void build_heading(const struct build *b, bool *done, const char *title)
{
    if (!*done)
        document_text(b->d, BLOCK_HEADING, TONE_PLAIN, "%s", title);
    *done = true;
}

/* --- pictures of several results */

static bool same_model(const struct result *x, const struct result *y)
{
    return x->scenario_sha256 && y->scenario_sha256 && *x->scenario_sha256 &&
           !strcmp(x->scenario_sha256, y->scenario_sha256) && !x->data.present && !y->data.present;
}

bool build_is_twin(const struct build *b, size_t i, enum plot_kind k)
{
    for (size_t j = 0; j < i; j++)
        if (build_side(b, i) == build_side(b, j) && same_model(b->r[i], b->r[j]) &&
            plot_has(k, b->r[j]))
            return true;
    return false;
}

bool build_is_judged(const struct build *b, size_t i, const struct metric *m)
{
    for (size_t j = 0; j < i; j++) {
        const struct metric *other = metrics_find(&b->r[j]->metrics, m->name);
        if (build_side(b, i) == build_side(b, j) && same_model(b->r[i], b->r[j]) && other &&
            other->verdict == m->verdict)
            return true;
    }
    return false;
}

/* The one that stands in front: of frontiers the one with an answer. */
static size_t in_front(const struct build *b, int side, enum plot_kind k)
{
    size_t found = SIZE_MAX;
    for (size_t i = side_start(b, side); i < side_end(b, side); i++) {
        if (!plot_has(k, b->r[i]))
            continue;
        if (k == PLOT_FRONTIER && b->r[i]->answer.present)
            return i;
        found = found == SIZE_MAX ? i : found;
    }
    return found;
}

void build_pictures(const struct build *b, enum plot_kind k)
{
    size_t front[2] = {in_front(b, 0, k), build_sided(b) ? in_front(b, 1, k) : SIZE_MAX};
    bool pair = front[0] != SIZE_MAX && front[1] != SIZE_MAX, folded = false;

    if (pair)
        document_mark(b->d, BLOCK_PAIR);
    for (int side = 0; side < 2; side++)
        if (front[side] != SIZE_MAX)
            plot_add(k, b->r[front[side]], build_front_label(b, front[side]), b->d);
    if (pair)
        document_mark(b->d, BLOCK_UNPAIR);
    for (size_t i = 0; i < b->n; i++) {
        if (i == front[0] || i == front[1] || !plot_has(k, b->r[i]) || build_is_twin(b, i, k))
            continue;
        if (!folded)
            document_text(b->d, BLOCK_FOLD, TONE_PLAIN, "The same picture of the other results");
        folded = true;
        plot_add(k, b->r[i], build_label(b, i), b->d);
    }
    if (folded)
        document_mark(b->d, BLOCK_UNFOLD);
}

/* --- the document */

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

/* The scenario's name, else what the log or the labels are called. */
static const char *subject(const struct build *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->r[i]->scenario_name && *b->r[i]->scenario_name && strcmp(b->r[i]->command, "fit"))
            return b->r[i]->scenario_name;
    for (size_t i = 0; i < b->n; i++)
        if (b->r[i]->scenario_file && *b->r[i]->scenario_file)
            return base_of(b->r[i]->scenario_file);
    for (size_t i = 0; i < b->n; i++)
        if (b->r[i]->alternatives.len)
            return arena_printf(&b->d->arena, "%zu architectures, side by side",
                                b->r[i]->alternatives.len);
    char *words = arena_strdup(&b->d->arena, b->n ? table_label(b->d, b->r, b->n, 0) : "nothing");
    if (*words >= 'a' && *words <= 'z')
        *words = (char)(*words - 'a' + 'A');
    return words;
}

/* "23 November 2026, 14:58 UTC" of 2026-11-23T14:58:10Z; what is written otherwise stays. */
static void put_date(struct buf *out, const char *time)
{
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    int year, month, day, hour, minute;
    if (sscanf(time, "%4d-%2d-%2dT%2d:%2d:", &year, &month, &day, &hour, &minute) == 5 &&
        month >= 1 && month <= 12)
        buf_printf(out, "%d %s %d, %02d:%02d UTC", day, months[month - 1], year, hour, minute);
    else
        buf_puts(out, time);
}

static void start(struct build *b)
{
    struct buf sub = {0}, title = {0};
    struct document *d = b->d, named;
    if (build_sided(b)) {
        buf_printf(&title, "%s \u2192 %s", b->options->side[0], b->options->side[1]);
        buf_puts(&sub, "Comparison");
    } else {
        buf_puts(&title, subject(b));
        buf_puts(&sub, "Reliability report");
        for (size_t i = 0; i < b->n; i++)
            buf_printf(&sub, "%s%s", i ? ", " : ": ", table_label(d, b->r, b->n, i));
    }
    if (b->options->time) {
        buf_puts(&sub, "; ");
        put_date(&sub, b->options->time);
    }
    document_init(&named, b->options->title ? b->options->title : buf_text(&title), buf_text(&sub));
    document_release(d);
    *d = named;
    buf_release(&sub);
    buf_release(&title);
}

void report_build(const struct result *const *results, size_t n,
                  const struct report_options *options, struct document *out)
{
    static const struct report_options none = {0};
    struct build b = {.d = out, .r = results, .n = n, .options = options ? options : &none};
    document_init(out, "", "");
    start(&b);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        document_section(out, parts[i].id, parts[i].title);
        parts[i].add(&b);
        if (!document_said(out) && parts[i].absent)
            document_text(out, BLOCK_ABSENT, TONE_PLAIN, "%s", parts[i].absent(&b));
    }
    plot_draw(out, &b.options->plot);
}
