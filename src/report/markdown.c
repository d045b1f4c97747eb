/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CommonMark 0.31 and GitHub Flavored Markdown 0.29.  What could mean something there is written
 * with a backslash or as a character reference; a line never begins with a text of ours or theirs
 * that could open a block. */
#include "report/markdown.h"

#include <stdio.h>
#include <string.h>

enum { ROWS_MOST = 200, PAD_MOST = 48 };

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (unsigned char)c >= 0x80;
}

/* What dialects make links, mentions and addresses of without any markup. */
static bool links(const char *text, const char *at)
{
    bool starts = at == text || !is_word(at[-1]);
    if (*at == '@')
        return true;
    if (*at == ':')
        return at[1] == '/';
    return *at == '.' && at >= text + 3 && !memcmp(at - 3, "www", 3) && !starts;
}

static void put_char(struct buf *out, const char *text, const char *at)
{
    static const char active[] = "\\`*[]|~$#!";
    bool inside = at > text && is_word(at[-1]) && is_word(at[1]);
    if (*at == '<')
        buf_puts(out, "&lt;");
    else if (*at == '>')
        buf_puts(out, "&gt;");
    else if (*at == '&')
        buf_puts(out, "&amp;");
    else if (links(text, at))
        buf_printf(out, "&#%d;", (unsigned char)*at);
    else if (strchr(active, *at) || (*at == '_' && !inside))
        buf_printf(out, "\\%c", *at);
    else
        buf_putc(out, *at);
}

void markdown_escape(struct buf *out, const char *s)
{
    struct buf clean = {0};
    text_clean(&clean, s);
    const char *text = buf_text(&clean);
    for (const char *at = text; *at; at++)
        put_char(out, text, at);
    buf_release(&clean);
}

/* Where a line begins with it: no list, no heading, no line below a heading, no indented code. */
static void put_line(struct buf *out, const char *s)
{
    s += strspn(s, " \t");
    size_t digits = strspn(s, "0123456789");
    if (digits && (s[digits] == '.' || s[digits] == ')')) {
        buf_add(out, s, digits);
        buf_putc(out, '\\');
        buf_putc(out, s[digits]);
        s += digits + 1;
    } else if (*s == '-' || *s == '+' || *s == '=' || *s == ':') {
        buf_putc(out, '\\');
        buf_putc(out, *s++);
    }
    markdown_escape(out, s);
}

/* --- tables */

static size_t cell_width(const char *text)
{
    struct buf escaped = {0};
    markdown_escape(&escaped, text);
    size_t width = text_width(buf_text(&escaped));
    buf_release(&escaped);
    return width;
}

static void put_cell(struct buf *out, const char *text, size_t width, bool number)
{
    size_t own = cell_width(text), pad = width > own ? width - own : 0;
    buf_puts(out, " ");
    if (number)
        buf_printf(out, "%*s", (int)pad, "");
    markdown_escape(out, text);
    if (!number)
        buf_printf(out, "%*s", (int)pad, "");
    buf_puts(out, " |");
}

/* Columns are filled up, so that the table can be read as it stands; long texts stick out. */
static size_t *measure(const struct table *t, size_t rows)
{
    size_t n = t->columns.len, *width = mem_zero(n + 1, sizeof *width);
    for (size_t c = 0; c < n; c++) {
        width[c] = cell_width(t->columns.at[c].title);
        width[c] = width[c] < 3 ? 3 : width[c];
        for (size_t r = 0; r < rows; r++) {
            size_t own = cell_width(t->cells.at[r * n + c].text);
            if (own > width[c])
                width[c] = own < PAD_MOST ? own : PAD_MOST;
        }
    }
    return width;
}

static void put_rule(struct buf *out, const struct table *t, const size_t *width)
{
    buf_putc(out, '|');
    for (size_t c = 0; c < t->columns.len; c++) {
        bool number = t->columns.at[c].number;
        buf_putc(out, ' ');
        for (size_t i = number; i < width[c]; i++)
            buf_putc(out, '-');
        buf_puts(out, number ? ": |" : " |");
    }
    buf_putc(out, '\n');
}

static void put_table(struct buf *out, const struct table *t)
{
    size_t n = t->columns.len, all = table_rows(t), rows = all < ROWS_MOST ? all : ROWS_MOST;
    size_t *width = measure(t, rows);
    buf_puts(out, "**");
    markdown_escape(out, t->caption);
    buf_puts(out, "**");
    if (rows < all)
        buf_printf(out, " (the first %zu of %zu rows)", rows, all);
    buf_puts(out, "\n\n|");
    for (size_t c = 0; c < n; c++)
        put_cell(out, t->columns.at[c].title, width[c], t->columns.at[c].number);
    buf_putc(out, '\n');
    put_rule(out, t, width);
    for (size_t r = 0; r < rows; r++) {
        buf_putc(out, '|');
        for (size_t c = 0; c < n; c++)
            put_cell(out, t->cells.at[r * n + c].text, width[c], t->columns.at[c].number);
        buf_putc(out, '\n');
    }
    if (t->note) {
        buf_putc(out, '\n');
        put_line(out, t->note);
        buf_putc(out, '\n');
    }
    mem_free(width);
}

/* --- blocks */

static void open_fold(struct buf *out, const char *heading)
{
    buf_puts(out, "<details>\n<summary>");
    markdown_escape(out, heading);
    buf_puts(out, "</summary>\n");
}

static void put_figure(const struct document *d, const struct figure *f, struct buf *out)
{
    char file[FIGURE_FILE_MAX];
    buf_puts(out, "**");
    markdown_escape(out, f->title);
    buf_puts(out, ".** ");
    markdown_escape(out, f->description);
    buf_puts(out, "\n\n");
    if (f->svg) {
        figure_file(d, f, file);
        buf_puts(out, "![");
        markdown_escape(out, f->title);
        buf_printf(out, "](%s)\n", file);
    } else {
        buf_puts(out, "The picture is not here: ");
        markdown_escape(out, f->missing ? f->missing : "it was not drawn");
        buf_puts(out, ".\n");
    }
    if (!f->data)
        return;
    buf_putc(out, '\n');
    open_fold(out, "Its data");
    buf_putc(out, '\n');
    put_table(out, f->data);
    buf_puts(out, "\n</details>\n");
}

/* The fence is longer than any run of backquotes in the text. */
static void put_code(const char *text, struct buf *out)
{
    size_t run = 0, most = 2;
    for (const char *at = text; *at; at++) {
        run = *at == '`' ? run + 1 : 0;
        most = run > most ? run : most;
    }
    for (int twice = 0; twice < 2; twice++) {
        for (size_t i = 0; i <= most; i++)
            buf_putc(out, '`');
        buf_putc(out, '\n');
        if (!twice)
            buf_printf(out, "%s\n", text);
    }
}

static void put_number(const struct block *b, struct buf *out)
{
    buf_puts(out, "- **");
    markdown_escape(out, b->note);
    buf_puts(out, ": ");
    markdown_escape(out, b->text);
    buf_puts(out, "**");
    if (*b->more) {
        buf_putc(out, ' ');
        markdown_escape(out, b->more);
    }
    buf_putc(out, '\n');
}

static void put_marked(const char *before, const char *text, const char *behind, struct buf *out)
{
    buf_puts(out, before);
    if (*before)
        markdown_escape(out, text);
    else
        put_line(out, text);
    buf_puts(out, behind);
}

static void put_block(const struct document *d, const struct block *b, struct buf *out)
{
    switch (b->kind) {
    case BLOCK_PARAGRAPH:
        put_marked("", b->text, "\n", out);
        break;
    case BLOCK_BULLET:
        buf_puts(out, "- ");
        put_marked("", b->text, "\n", out);
        break;
    case BLOCK_VERDICT:
        put_marked("> **", b->text, "**\n", out);
        break;
    case BLOCK_HEADING:
        put_marked("### ", b->text, "\n", out);
        break;
    case BLOCK_ABSENT:
        buf_printf(out, "*%s*\n", b->text); /* our own words, in Markdown */
        break;
    case BLOCK_NUMBER:
        put_number(b, out);
        break;
    case BLOCK_CODE:
        put_code(b->text, out);
        break;
    case BLOCK_TABLE:
        put_table(out, b->table);
        break;
    case BLOCK_FIGURE:
        put_figure(d, b->figure, out);
        break;
    case BLOCK_FOLD:
        open_fold(out, b->text);
        break;
    case BLOCK_UNFOLD:
        buf_puts(out, "</details>\n");
        break;
    case BLOCK_PAIR:
    case BLOCK_UNPAIR:
        break;
    }
}

static bool is_listed(const struct section *s, size_t i)
{
    return i + 1 < s->blocks.len && s->blocks.at[i].kind == s->blocks.at[i + 1].kind &&
           !document_run_ends(s, i) &&
           (s->blocks.at[i].kind == BLOCK_BULLET || s->blocks.at[i].kind == BLOCK_NUMBER);
}

void markdown_page(const struct document *d, struct buf *out)
{
    put_marked("# ", d->title, "\n", out);
    if (*d->subtitle) {
        buf_putc(out, '\n');
        put_marked("", d->subtitle, "\n", out);
    }
    for (size_t i = 0; i < d->sections.len; i++) {
        const struct section *s = &d->sections.at[i];
        if (!s->blocks.len)
            continue;
        buf_putc(out, '\n');
        put_marked("## ", s->title, "\n\n", out);
        for (size_t k = 0; k < s->blocks.len; k++) {
            enum block_kind kind = s->blocks.at[k].kind;
            put_block(d, &s->blocks.at[k], out);
            if (kind != BLOCK_PAIR && kind != BLOCK_UNPAIR && !is_listed(s, k) &&
                k + 1 < s->blocks.len)
                buf_putc(out, '\n');
        }
    }
    buf_puts(out, "\n---\n\nMade by Seam.\n");
}
