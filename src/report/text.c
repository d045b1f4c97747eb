/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Terminal text.  Columns keep their natural width as long as the table fits; else text columns are
 * cut with an ellipsis as far as needed, to a quarter of the line at most, and what then is still
 * too wide is told in several parts, each with the first column. */
#include "report/text.h"

#include "report/brief.h"
#include "report/format.h"
#include "report/headline.h"
#include "report/measure.h"
#include "report/table.h"

#include <string.h>

enum { WIDTH_DEFAULT = 80, WIDTH_LEAST = 20, PROSE_MOST = 100, GAP = 2, ROWS_MOST = 100 };

static int width_of(const struct text_options *o)
{
    int width = o && o->width ? o->width : WIDTH_DEFAULT;
    return width < WIDTH_LEAST ? WIDTH_LEAST : width;
}

static void put_spaces(struct buf *out, size_t n)
{
    while (n--)
        buf_putc(out, ' ');
}

/* Words of `text` from column `indent` on; the first line is already indented. */
static void put_wrapped(struct buf *out, const char *text, size_t indent, size_t width)
{
    size_t at = indent;
    bool first = true;
    while (*text) {
        text += strspn(text, " ");
        size_t len = strcspn(text, " ");
        if (!len)
            break;
        char *word = mem_alloc(len + 1);
        memcpy(word, text, len);
        word[len] = '\0';
        const char *rest = word;
        if (!first && at + 1 + text_width(word) > width) {
            buf_putc(out, '\n');
            put_spaces(out, indent);
            at = indent;
            first = true;
        }
        if (!first)
            buf_putc(out, ' ');
        at += !first;
        while (*rest && at + text_width(rest) > width) { /* longer than a line: cut hard */
            size_t part = text_fit(rest, width > at ? width - at : 0);
            if (part == 0) /* not even one character: it stands out */
                part = text_fit(rest, 2);
            buf_add(out, rest, part);
            rest += part;
            buf_putc(out, '\n');
            put_spaces(out, indent);
            at = indent;
        }
        buf_puts(out, rest);
        at += text_width(rest);
        first = false;
        mem_free(word);
        text += len;
    }
    buf_putc(out, '\n');
}

/* Names and paths are cut in the middle, as often their ends alone tell them apart; sentences at
 * the end. */
static void put_cut(struct buf *out, const char *text, size_t width)
{
    text_cut(out, text, width, strchr(text, ' ') ? width - 1 : width / 2);
}

static size_t shown_width(const char *text, size_t most)
{
    size_t width = text_width(text);
    return width > most ? most : width;
}

static const char *tone_start(enum tone tone)
{
    return tone == TONE_GOOD ? "\033[32m" : tone == TONE_BAD ? "\033[31m" : "\033[33m";
}

static void put_cell(struct buf *out, const char *text, enum tone tone, size_t width, bool right,
                     bool last, bool color)
{
    size_t used = shown_width(text, width);
    if (right)
        put_spaces(out, width - used);
    color = color && tone != TONE_PLAIN && *text;
    if (color)
        buf_puts(out, tone_start(tone));
    put_cut(out, text, width);
    if (color)
        buf_puts(out, "\033[0m");
    if (!right && !last)
        put_spaces(out, width - used);
}

/* Widths with text columns of at most `most`; returns what the whole line takes. */
static size_t measure_with(const struct table *t, size_t line, size_t most, size_t *width)
{
    size_t total = 0;
    for (size_t c = 0; c < t->columns.len; c++) {
        size_t limit = t->columns.at[c].number ? line - line / 4 - GAP : most;
        width[c] = shown_width(t->columns.at[c].title, limit);
        for (size_t r = 0; r < table_rows(t); r++) {
            size_t w = shown_width(t->cells.at[r * t->columns.len + c].text, limit);
            width[c] = w > width[c] ? w : width[c];
        }
        total += width[c] + (c ? GAP : 0);
    }
    return total;
}

static void measure(const struct table *t, size_t line, size_t *width)
{
    size_t least = line / 4 < 12 ? 12 : line / 4;
    for (size_t most = line; measure_with(t, line, most, width) > line && most > least;)
        most--;
}

size_t text_table_width(const struct table *t)
{
    size_t *width = mem_zero(t->columns.len, sizeof *width), total;
    total = measure_with(t, SIZE_MAX / 2, SIZE_MAX / 2, width);
    mem_free(width);
    return total;
}

/* Columns first..last-1 (and column 0) of the table. */
static void put_part(const struct table *t, const size_t *width, size_t first, size_t last,
                     bool color, struct buf *out)
{
    size_t n = t->columns.len;
    for (size_t row = 0; row <= table_rows(t); row++) {
        size_t line_start = out->len;
        for (size_t c = 0; c < last; c++) {
            if (c > 0 && c < first)
                continue;
            const struct cell *cell = row ? &t->cells.at[(row - 1) * n + c] : NULL;
            if (c > 0)
                put_spaces(out, GAP);
            put_cell(out, cell ? cell->text : t->columns.at[c].title,
                     cell ? cell->tone : TONE_PLAIN, width[c], t->columns.at[c].number,
                     c + 1 == last, color);
        }
        while (out->len > line_start && out->data[out->len - 1] == ' ')
            out->len--;
        buf_putc(out, '\n');
    }
}

/* Two columns of texts: the second is wrapped. */
static void put_facts(const struct table *t, size_t line, struct buf *out)
{
    size_t width[2];
    measure(t, line, width);
    size_t most = line / 2;
    for (size_t r = 0; r < table_rows(t); r++) {
        size_t w = shown_width(t->cells.at[2 * r].text, most);
        width[0] = w > width[0] ? w : width[0];
    }
    for (size_t r = 0; r < table_rows(t); r++) {
        put_cell(out, t->cells.at[2 * r].text, TONE_PLAIN, width[0], false, false, false);
        put_spaces(out, GAP);
        put_wrapped(out, t->cells.at[2 * r + 1].text, width[0] + GAP, line);
    }
}

void text_table(const struct table *t, const struct text_options *options, struct buf *out)
{
    size_t line = (size_t)width_of(options), n = t->columns.len;
    if (*t->caption)
        put_wrapped(out, t->caption, 0, line);
    if (t->plain && n == 2) {
        put_facts(t, line, out);
        return;
    }
    size_t *width = mem_zero(n, sizeof *width);
    measure_with(t, line, line, width);
    size_t whole = width[0];
    measure(t, line, width);
    size_t cut = width[0];
    for (size_t first = 1, last; first < n || first == 1; first = last) {
        size_t used = cut;
        for (last = first; last < n && used + GAP + width[last] <= line; last++)
            used += GAP + width[last];
        if (last == first)
            last = first + 1 < n ? first + 1 : n;
        size_t spare = used < line ? line - used : 0; /* for names that were cut */
        width[0] = whole - cut > spare ? cut + spare : whole;
        if (first > 1)
            buf_putc(out, '\n');
        put_part(t, width, first, last, options && options->color, out);
        if (last >= n)
            break;
    }
    mem_free(width);
    if (t->note)
        put_wrapped(out, t->note, 0, line);
}

static void put_block(const struct block *b, const struct text_options *options, struct buf *out)
{
    size_t line = (size_t)width_of(options), prose = line < PROSE_MOST ? line : PROSE_MOST;
    switch (b->kind) {
    case BLOCK_NUMBER:
        buf_puts(out, b->note);
        buf_puts(out, ": ");
        put_wrapped(out, b->text, text_width(b->note) + 2, prose);
        if (*b->more)
            put_wrapped(out, b->more, 0, prose);
        break;
    case BLOCK_BULLET:
        buf_puts(out, "- ");
        put_wrapped(out, b->text, 2, prose);
        break;
    case BLOCK_TABLE:
        text_table(b->table, options, out);
        break;
    case BLOCK_FIGURE:
        put_wrapped(out, b->figure->title, 0, line);
        put_wrapped(out, b->figure->description, 0, prose);
        if (b->figure->data)
            text_table(b->figure->data, options, out);
        break;
    case BLOCK_UNFOLD:
    case BLOCK_PAIR:
    case BLOCK_UNPAIR:
        break;
    case BLOCK_CODE: /* its own spaces count */
        buf_puts(out, "  ");
        if (text_width(b->text) + 2 > line) {
            put_wrapped(out, b->text, 2, line);
            break;
        }
        buf_puts(out, b->text);
        buf_putc(out, '\n');
        break;
    case BLOCK_FOLD:
    case BLOCK_HEADING:
    case BLOCK_ABSENT:
    case BLOCK_PARAGRAPH:
    case BLOCK_VERDICT:
        put_wrapped(out, b->text, 0, prose);
        break;
    }
}

/* Is there a blank line before a block of prose?  Not within code and lists, nor behind headings.
 */
static bool stands_apart(const struct section *s, size_t k)
{
    enum block_kind kind = s->blocks.at[k].kind;
    enum block_kind before = k ? s->blocks.at[k - 1].kind : BLOCK_HEADING;
    if (kind == BLOCK_UNFOLD || kind == BLOCK_PAIR || kind == BLOCK_UNPAIR)
        return false;
    if (kind == before && (kind == BLOCK_CODE || kind == BLOCK_BULLET))
        return false;
    return k > 0 && (before != BLOCK_HEADING || kind == BLOCK_HEADING);
}

void text_document(const struct document *d, const struct text_options *options, struct buf *out)
{
    bool any = false;
    for (size_t i = 0; i < d->sections.len; i++) {
        const struct section *s = &d->sections.at[i];
        if (!s->blocks.len)
            continue;
        if (any)
            buf_putc(out, '\n');
        any = true;
        if (*s->title) {
            put_wrapped(out, s->title, 0, (size_t)width_of(options));
        }
        for (size_t k = 0; k < s->blocks.len; k++) {
            bool airy = options && options->airy;
            if (airy ? stands_apart(s, k) : k > 0 && s->blocks.at[k].kind == BLOCK_TABLE)
                buf_putc(out, '\n');
            put_block(&s->blocks.at[k], options, out);
        }
    }
}

static double level_among(const struct metrics *m)
{
    for (size_t i = 0; i < m->list.len; i++)
        if (m->list.at[i].level != 0)
            return m->list.at[i].level;
    return 0;
}

static double level_of(const struct result *r)
{
    double level = level_among(&r->metrics);

    for (size_t i = 0; i < r->alternatives.len && level == 0; i++)
        level = level_among(&r->alternatives.at[i].metrics);
    return level;
}

static void add_run(const struct result *r, struct document *d)
{
    const struct run_info *run = &r->run;
    struct buf text;
    if (!run->present)
        return;
    buf_init(&text);
    if (!r->scenario_name)
        buf_printf(&text, "%s: ", r->command);
    if (run->partial)
        buf_puts(&text, "partial, stopped before the end; ");
    format_method(&text, r);
    if (run->covers && level_of(r) != 0)
        buf_printf(&text, "; intervals: %.12g%%, %s", 100 * level_of(r), run->covers);
    document_text(d, BLOCK_PARAGRAPH, TONE_PLAIN, "%s", buf_text(&text));
    buf_release(&text);
}

static void add_section_table(struct document *d, struct table *t)
{
    if (!t)
        return;
    document_section(d, "table", "");
    document_add_table(d, t);
}

static void add_data(const struct result *r, struct document *d)
{
    add_section_table(d, brief_data(d, r));
    if (r->data.present && r->data.places.len) {
        struct table *t = document_table(d, "Where the log is at fault");
        table_column(d, t, "what", false);
        table_column(d, t, "place", false);
        t->plain = true;
        for (size_t i = 0; i < r->data.places.len && i < 20; i++) {
            table_cell(d, t, TONE_PLAIN, r->data.places.at[i].kind);
            table_cell(d, t, TONE_PLAIN, r->data.places.at[i].place);
        }
        document_add_table(d, t);
    }
}

static void add_headline(const struct result *r, struct document *d)
{
    struct table *t = headline_table(d, &r, 1), *rest = headline_rest(d, &r, 1);
    if (t && rest) {
        size_t n = table_rows(rest);
        t->note =
            arena_printf(&d->arena, "%zu further metric%s: --json or --csv", n, n == 1 ? "" : "s");
    }
    add_section_table(d, t ? t : rest);
    const char *split = measure_split(d, r);
    if (split)
        document_text(d, BLOCK_PARAGRAPH, TONE_PLAIN, "%s", split);
}

/* A list of which the first rows are enough to see what it is. */
static void add_list(struct document *d, struct table *t)
{
    if (t && table_rows(t) > ROWS_MOST) {
        size_t more = table_rows(t) - ROWS_MOST;
        t->cells.len = ROWS_MOST * t->columns.len;
        t->note = arena_printf(&d->arena, "%s%s%zu further rows: --json", t->note ? t->note : "",
                               t->note ? " " : "", more);
    }
    add_section_table(d, t);
}

static void add_rows(const struct result *r, struct document *d, size_t width)
{
    add_section_table(d, table_alternatives(d, r));
    add_section_table(d, table_alternative_costs(d, r));
    add_section_table(d, table_gap(d, r, "loss", "Where reliability is lost, by layer"));
    add_section_table(d, table_gap(d, r, "closes", "What each layer closes"));
    add_section_table(d, table_differences(d, r));
    add_list(d, table_objectives(d, r));
    add_list(d, table_windows(d, r));
    if (r->objectives.len)
        add_list(d, table_time(d, r));
    add_list(d, table_tasks(d, r));
    add_list(d, table_retrieval(d, r));
    add_list(d, table_changes(d, r, false));
    add_section_table(d, table_plan_labels(d, r));
    add_section_table(d, table_plan_pilot(d, r));
    add_section_table(d, table_plan_designs(d, r));
    add_section_table(d, table_plan_strata(d, r));
    add_section_table(d, table_plan_audits(d, r));
    add_list(d, brief_stages(d, r, width, "More: --json"));
    add_list(d, brief_losses(d, r));
    add_list(d, brief_confidence(d, r));
    add_section_table(d, table_learning(d, r));
    add_list(d, table_edges(d, r));
    add_list(d, table_rows_of(d, r, "Resources", "resource", r->resources.at, r->resources.len));
    add_list(d, table_reviewers(d, r, "Intervals: --json"));
    add_list(d, table_agreement(d, r));
    add_list(d, table_classes(d, r));
    if (!r->alternatives.len)
        add_list(d, table_rows_of(d, r, "Layers", "layer", r->layers.at, r->layers.len));
    add_list(d, table_rows_of(d, r, "Environments", "environment", r->environments.at,
                              r->environments.len));
    add_list(d, brief_names(d, r));
    add_list(d, table_sensitivities(d, r, 10));
    add_list(d, measure_table(d, r, 5));
    add_data(r, d);
}

void report_text(const struct result *r, const struct text_options *options, struct buf *out)
{
    struct document d;
    bool quiet = options && options->quiet;
    document_init(&d, r->command, "");
    document_section(&d, "head", "");
    if (!quiet && r->scenario_name)
        document_text(&d, BLOCK_PARAGRAPH, TONE_PLAIN, "%s: %s", r->command, r->scenario_name);
    if (!quiet)
        add_run(r, &d);
    if (r->answer.present) {
        document_section(&d, "answer", "");
        if (r->answer.sentence)
            document_text(&d, BLOCK_PARAGRAPH, TONE_PLAIN, "%s", r->answer.sentence);
        if ((!quiet || !r->answer.sentence) && !r->alternatives.len)
            document_add_table(&d, table_answer(&d, r));
    }
    add_headline(r, &d);
    for (size_t k = 0; k < table_compared_groups(r); k++)
        add_section_table(&d, table_compared(&d, r, k));
    add_section_table(&d, table_predictions(&d, r));
    add_section_table(&d, brief_sweep(&d, r));
    if (!quiet)
        add_rows(r, &d, (size_t)width_of(options));
    text_document(&d, options, out);
    document_release(&d);
}
