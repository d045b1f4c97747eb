/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The blocks of a document as HTML (WCAG 2.1 A and AA): captions, header cells with their scope,
 * pictures with title and description, nothing told by colour alone. */
#include "report/html_parts.h"

#include "report/svg.h"

#include <string.h>

void html_escape(struct buf *out, const char *s)
{
    struct buf clean;
    buf_init(&clean);
    text_clean(&clean, s);
    for (const char *at = buf_text(&clean); *at; at++) {
        switch (*at) {
        case '&':
            buf_puts(out, "&amp;");
            break;
        case '<':
            buf_puts(out, "&lt;");
            break;
        case '>':
            buf_puts(out, "&gt;");
            break;
        case '"':
            buf_puts(out, "&quot;");
            break;
        case '\'':
            buf_puts(out, "&#39;");
            break;
        default:
            buf_putc(out, *at);
        }
    }
    buf_release(&clean);
}

void html_element(struct buf *out, const char *tag, const char *class, const char *text)
{
    buf_printf(out, "<%s", tag);
    if (class && *class)
        buf_printf(out, " class=\"%s\"", class);
    buf_putc(out, '>');
    html_escape(out, text);
    buf_printf(out, "</%s>", tag);
}

static const char *tone_class(enum tone tone)
{
    static const char *const classes[] = {
        [TONE_PLAIN] = "", [TONE_GOOD] = "good", [TONE_BAD] = "bad", [TONE_UNSURE] = "unsure"};
    return classes[tone];
}

/* Columns first..last-1 of a table, and the one that names its rows. */
struct part {
    size_t first, last;
};

static bool stands_in(const struct part *part, size_t column)
{
    return column == 0 || (column >= part->first && column < part->last);
}

/* Holds a word too long for a column of paper, such as a checksum? */
static bool has_long_word(const char *text)
{
    enum { LONG_WORD = 24 };
    size_t run = 0;
    for (; *text && run <= LONG_WORD; text++)
        run = *text == ' ' ? 0 : run + 1;
    return run > LONG_WORD;
}

/* ` class="..."` of a cell, or nothing. */
static void put_cell_class(bool number, const char *tone, const char *text, struct buf *out)
{
    const char *words[] = {number ? "n" : "", has_long_word(text) ? "w" : "", tone};
    bool open = false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!*words[i])
            continue;
        buf_printf(out, "%s%s", open ? " " : " class=\"", words[i]);
        open = true;
    }
    if (open)
        buf_putc(out, '"');
}

static void put_head_row(const struct table *t, const struct part *part, struct buf *out)
{
    buf_puts(out, "<thead><tr>");
    for (size_t c = 0; c < t->columns.len; c++) {
        if (!stands_in(part, c))
            continue;
        buf_puts(out, "<th scope=\"col\"");
        put_cell_class(t->columns.at[c].number, "", t->columns.at[c].title, out);
        buf_putc(out, '>');
        html_escape(out, t->columns.at[c].title);
        buf_puts(out, "</th>");
    }
    buf_puts(out, "</tr></thead>");
}

static void put_row(const struct table *t, size_t row, const struct part *part, struct buf *out)
{
    buf_puts(out, "<tr>");
    for (size_t c = 0; c < t->columns.len; c++) {
        const struct cell *cell = &t->cells.at[row * t->columns.len + c];
        bool number = t->columns.at[c].number;
        if (!stands_in(part, c))
            continue;
        if (c == 0 && !number) {
            buf_puts(out, "<th scope=\"row\"");
            put_cell_class(false, "", cell->text, out);
            buf_putc(out, '>');
            html_escape(out, cell->text);
            buf_puts(out, "</th>");
            continue;
        }
        buf_puts(out, "<td");
        put_cell_class(number, tone_class(cell->tone), cell->text, out);
        buf_putc(out, '>');
        html_escape(out, cell->text);
        buf_puts(out, "</td>");
    }
    buf_puts(out, "</tr>\n");
}

/* On paper: as wide as its columns ask for, and never wider than the text (176 mm). */
static void put_width(const struct part *part, struct buf *out)
{
    enum { TEXT_MM = 176, FIRST_MM = 48, NARROW_MM = 24, MIDDLE_MM = 32, BROAD_MM = 55 };
    size_t n = part->last - part->first;
    size_t width = FIRST_MM + (n > 4 ? NARROW_MM : n > 2 ? MIDDLE_MM : BROAD_MM) * n;
    buf_printf(out, "<table%s style=\"width:%zumm\">", n > 5 ? " class=\"broad\"" : "",
               width < TEXT_MM ? width : (size_t)TEXT_MM);
}

/* Rows of which one is put, for at most `most` of them: on paper every n-th of a long table. */
static size_t step_of(const struct page *page, size_t rows, size_t most)
{
    return page->aside && most && rows > most ? (rows + most - 1) / most : 1;
}

static void put_part(const struct page *page, const struct table *t, const struct part *part)
{
    enum { MANY_COLUMNS = 9 }; /* printed smaller */
    struct buf *out = page->out;
    size_t rows = table_rows(t), most = t->columns.len ? page->cells / t->columns.len : 0;
    size_t every = step_of(page, rows, most);
    if (page->aside)
        put_width(part, out);
    else
        buf_puts(out, t->columns.len > MANY_COLUMNS ? "<table class=\"many\">" : "<table>");
    if (part->first <= 1) {
        buf_puts(out, "<caption>");
        html_escape(out, t->caption);
        if (every > 1)
            buf_printf(out, " (one row in %zu of %zu)", every, rows);
        else if (rows > most)
            buf_printf(out, " (the first %zu of %zu rows)", most, rows);
        buf_puts(out, "</caption>");
    }
    put_head_row(t, part, out);
    buf_puts(out, "<tbody>\n");
    for (size_t r = 0, put = 0; r < rows && put < most; r += every, put++)
        put_row(t, r, part, out);
    buf_puts(out, "</tbody></table>\n");
}

/* A screen scrolls sideways; on paper what is too wide is told in several parts, and on a page that
 * may be printed what no small type would make fit. */
static void put_table(struct page *page, const struct table *t)
{
    enum { PAPER_COLUMNS = 7, PRINT_COLUMNS = 11, PRINT_MOST = 16 };
    struct buf *out = page->out;
    size_t others = t->columns.len ? t->columns.len - 1 : 0;
    size_t most = page->aside           ? (size_t)PAPER_COLUMNS
                  : others > PRINT_MOST ? (size_t)PRINT_COLUMNS
                                        : others;
    size_t parts = others ? (others + most - 1) / most : 1;
    if (!page->aside) {
        buf_puts(out, "<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"");
        html_escape(out, t->caption);
        buf_puts(out, "\">");
    }
    for (size_t i = 0; i < parts; i++) {
        struct part part = {1 + others * i / parts, 1 + others * (i + 1) / parts};
        put_part(page, t, &part);
    }
    if (!page->aside)
        buf_puts(out, "</div>");
    if (t->note)
        html_element(out, "p", "note", t->note);
}

static void swap(struct page *page)
{
    struct buf *out = page->out;
    page->out = page->aside;
    page->aside = out;
}

/* What is folded away on a screen, and stands at the end of a paper; a fold within a fold stays
 * there with it. */
static void fold(struct page *page, const char *before, const char *title, const char *after,
                 bool open)
{
    if (!page->aside) {
        buf_printf(page->out, "<details%s><summary>%s", open ? " open" : "", before);
        html_escape(page->out, title);
        buf_printf(page->out, "%s</summary>", after);
        return;
    }
    if (page->depth++)
        return;
    buf_printf(page->out, "<p class=\"note\"><a class=\"behind\" href=\"#behind-%zu\">",
               ++page->folds);
    buf_puts(page->out, before);
    html_escape(page->out, title);
    buf_puts(page->out, after);
    buf_puts(page->out, "</a></p>");
    swap(page);
    buf_printf(page->out, "<h3 id=\"behind-%zu\">", page->folds);
    html_escape(page->out, title);
    buf_puts(page->out, "</h3>\n");
}

static void unfold(struct page *page)
{
    if (!page->aside)
        buf_puts(page->out, "</details>");
    else if (--page->depth == 0)
        swap(page);
}

static void put_figure(struct page *page, const struct figure *f)
{
    struct buf *out = page->out;
    buf_puts(out, "<figure><figcaption>");
    html_element(out, "strong", NULL, f->title);
    html_element(out, "span", NULL, f->description);
    buf_puts(out, "</figcaption>");
    if (f->svg) {
        buf_puts(out, "<div class=\"pic\" tabindex=\"0\" role=\"group\" aria-label=\"");
        html_escape(out, f->title);
        buf_puts(out, "\">");
        page->aside ? svg_put_paper(out, f) : svg_put_figure(out, f);
        buf_puts(out, "</div>");
    } else {
        buf_puts(out, "<p class=\"note\">The picture is not here: ");
        html_escape(out, f->missing ? f->missing : "it was not drawn");
        buf_puts(out, ". Its data follows.</p>");
    }
    bool apart = page->aside && page->depth; /* its data goes on behind it, over many pages */
    if (apart)
        buf_puts(out, "</figure>\n");
    if (f->data) {
        fold(page, "Data of \u201c", f->title, "\u201d as a table", !f->svg);
        put_table(page, f->data);
        unfold(page);
    }
    if (!apart)
        buf_puts(out, "</figure>\n");
}

enum { LONG_VALUE = 11 }; /* characters of a card's value that stand in one line */

/* A card: the name, the value, and what stands in brackets behind it on a line of its own. */
static void put_number(const struct block *b, struct buf *out)
{
    const char *bracket = strstr(b->text, " (");
    size_t len = bracket ? (size_t)(bracket - b->text) : strlen(b->text);
    buf_puts(out, "<div>");
    html_element(out, "dt", NULL, b->note);
    buf_printf(out, "<dd class=\"%s%s\">", tone_class(b->tone), len > LONG_VALUE ? " long" : "");
    char *value = mem_alloc(len + 1);
    memcpy(value, b->text, len);
    value[len] = '\0';
    html_escape(out, value);
    mem_free(value);
    buf_puts(out, "</dd>");
    if (bracket)
        html_element(out, "dd", NULL, bracket + 1);
    if (*b->more)
        html_element(out, "dd", NULL, b->more);
    buf_puts(out, "</div>");
}

/* Our own words, in which `this` is to be typed. */
static void put_absent(const char *text, struct buf *out)
{
    bool code = false;
    buf_puts(out, "<p class=\"absent\">");
    for (const char *at = text; *at; at += *at == '`') {
        size_t len = strcspn(at, "`");
        char *part = mem_zero(len + 1, 1);
        memcpy(part, at, len);
        html_escape(out, part);
        mem_free(part);
        at += len;
        if (*at)
            buf_puts(out, code ? "</code>" : "<code>");
        code = *at ? !code : code;
    }
    buf_puts(out, code ? "</code></p>" : "</p>");
}

static void put_block(struct page *page, const struct block *b)
{
    struct buf *out = page->out;
    switch (b->kind) {
    case BLOCK_PARAGRAPH:
        html_element(out, "p", NULL, b->text);
        break;
    case BLOCK_VERDICT:
        buf_printf(out, "<p class=\"verdict %s\">", tone_class(b->tone));
        html_escape(out, b->text);
        buf_puts(out, "</p>");
        break;
    case BLOCK_BULLET:
        html_element(out, "li", NULL, b->text);
        break;
    case BLOCK_NUMBER:
        put_number(b, out);
        break;
    case BLOCK_CODE:
        buf_puts(out, "<pre><code>");
        html_escape(out, b->text);
        buf_puts(out, "</code></pre>");
        break;
    case BLOCK_TABLE:
        put_table(page, b->table);
        break;
    case BLOCK_FIGURE:
        put_figure(page, b->figure);
        break;
    case BLOCK_FOLD:
        fold(page, "", b->text, "", false);
        break;
    case BLOCK_UNFOLD:
        unfold(page);
        break;
    case BLOCK_HEADING:
        html_element(out, "h3", NULL, b->text);
        break;
    case BLOCK_ABSENT:
        put_absent(b->text, out);
        break;
    case BLOCK_PAIR:
        buf_puts(out, "<div class=\"pair\">");
        break;
    case BLOCK_UNPAIR:
        buf_puts(out, "</div>");
        break;
    }
    buf_putc(page->out, '\n');
}

void html_section(struct page *page, const struct section *s)
{
    struct buf *out = page->out;
    buf_printf(out, "<section aria-labelledby=\"%s\"><h2 id=\"%s\">", s->id, s->id);
    html_escape(out, s->title);
    buf_puts(out, "</h2>\n");
    for (size_t i = 0; i < s->blocks.len; i++) {
        bool bullets = s->blocks.at[i].kind == BLOCK_BULLET;
        if (document_run_starts(s, i))
            buf_puts(page->out, bullets ? "<ul>\n" : "<dl class=\"cards\">\n");
        put_block(page, &s->blocks.at[i]);
        if (document_run_ends(s, i))
            buf_puts(page->out, bullets ? "</ul>\n" : "</dl>\n");
    }
    buf_puts(page->out, "</section>\n");
}
